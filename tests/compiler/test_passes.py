"""Each pass, on a step made for it; and the check that the first run gives what the trace gave."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from agreement import content

import numpynet
from numpynet import nn, optim
from numpynet.compiler import passes
from numpynet.compiler.kinds import REFUSE, UFUNC

numpynet.manual_seed(3)
X = numpynet.randn(6, 4)


def built(step, *args):
    """What was compiled of a step, after a call in which it gave what it gives eagerly."""
    expected = content(step(*args))
    compiled = numpynet.compile(step)
    assert content(compiled(*args)) == expected
    assert content(compiled(*args)) == expected
    return compiled._programs[0]


def functions(step, *args):
    """The names of the NumPy functions that a step calls, in order."""
    instructions = built(step, *args).trace.program.instructions
    return [getattr(one.function, "__name__", one.kind.noun) for one in instructions]


def test_dead_calls_are_dropped():
    def step(x):
        x.exp()
        (x * 3).sum().sin()
        return x + 1

    assert functions(step, X) == ["add"]


def test_dead_draws_are_made_all_the_same():
    def step(x):
        numpynet.rand(3)
        return x + 1

    compiled = numpynet.compile(step)
    for run in (step, compiled, compiled):
        numpynet.manual_seed(1)
        run(X)
        assert numpynet.rand(1).item() == pytest.approx(0.7347, abs=1e-4)


def test_common_calls_are_made_once():
    assert functions(lambda x: x.exp() * x.sin() + x.exp(), X) == ["exp", "sin", "multiply", "add"]


def test_a_value_is_checked_once():
    logits, targets = numpynet.randn(5, 3, requires_grad=True), numpynet.randint(0, 3, (5,))

    def step(t):
        logits.grad = None
        loss = nn.functional.cross_entropy(logits, t)  # forward and backward check the targets
        loss.backward()
        return loss

    program = built(step, targets).trace.program
    assert [one.kind for one in program.instructions].count(REFUSE) == 1


def test_calls_before_and_after_a_write_are_not_common():
    def step(x):
        y = x + 0.5
        first = y.exp()
        y.mul_(2)
        return first + y.exp()

    assert functions(step, X).count("exp") == 2


def test_equal_numbers_of_two_options_are_not_common():
    w = numpynet.ones(3, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.5, weight_decay=0.5)

    @numpynet.compile
    def step():
        optimizer.zero_grad()
        w.sum().backward()
        optimizer.step()

    step()
    optimizer.param_groups[0]["lr"] = 0.25
    step()
    assert w.tolist() == [0.25 - 0.25 * (1 + 0.5 * 0.25)] * 3


def test_casts_to_dtypes_of_one_size_are_not_common():
    def step(x):
        return x.double().long() + 0, x.double() + 0

    built(step, X)


def test_constants_are_folded():
    def step(x):
        return x * (numpynet.arange(4.0) * 2 + 1).exp().sum()

    assert functions(step, X) == ["multiply"]


def test_uniform_constants_become_scalars():
    def step(x):
        return x + numpynet.full((6, 4), 3.0)

    (instruction,) = built(step, X).trace.program.instructions
    assert instruction.inputs[1].shape == ()


def test_zeros_of_both_signs_are_not_uniform():
    def step(x):
        return x * 0.0 + numpynet.tensor([0.0, -0.0, 0.0, -0.0])

    built(step, -X)


def test_copies_that_are_only_read_are_not_made():
    assert functions(lambda x: x.clone() + x.detach().clone(), X) == ["add"]


def test_copies_of_what_is_overwritten_are_made():
    def step(x):
        y = x * 1.5
        before = y.clone()
        y.add_(1)
        return before + y

    assert "copyto" in functions(step, X)


def test_temporaries_share_buffers():
    def step(x):
        for _ in range(10):
            x = (x.T @ x).relu() @ numpynet.ones(4, 4) + 1
        return x.sum()

    one = built(step, X)
    arrays = [memory for memory in one.buffers if memory.array.ndim]
    assert len(arrays) > 20
    assert len({id(one.buffers[memory]) for memory in arrays}) <= 4


def test_elementwise_calls_are_made_in_place():
    one = built(lambda x: ((x * 2).exp() + 1).log().sum(), X)
    assert len({id(buffer) for memory, buffer in one.buffers.items() if memory.array.ndim}) == 1


def test_what_is_returned_has_a_buffer_of_its_own():
    def step(x):
        first = x * 2
        second = first.exp()
        third = second + first
        return first, second, third.sum()

    one = built(step, X)
    kept = [one.buffers[memory] for memory in one.trace.program.kept]
    assert len(set(map(id, kept))) == len(kept)


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_parameters_and_gradients_lie_flat_and_are_updated_at_once(momentum):
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=momentum)

    @numpynet.compile
    def step():
        optimizer.zero_grad()
        model(X).sum().backward()
        optimizer.step()

    step(), step(), step()
    parameters = list(model.parameters())
    for arrays in (
        [parameter.detach().numpy() for parameter in parameters],
        [parameter.grad.numpy() for parameter in parameters],
    ):
        starts = [array.__array_interface__["data"][0] for array in arrays]
        ends = [start + array.nbytes for start, array in zip(starts, arrays, strict=True)]
        assert starts[1:] == ends[:-1]
    update = [one for one in step._programs[0].trace.program.instructions if one.origin.direction == "update"]
    assert len([one for one in update if one.kind is UFUNC]) == (4 if momentum else 2)


def test_parameters_that_somebody_looks_into_stay_where_they_are():
    model = nn.Linear(4, 5)
    array = model.weight.detach().numpy()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @numpynet.compile
    def step():
        optimizer.zero_grad()
        model(X).sum().backward()
        optimizer.step()

    step(), step()
    assert model.weight.detach().numpy() is array


def test_extremes_are_taken_of_arrays():
    (instruction,) = built(lambda x: x.relu(), X).trace.program.instructions
    assert instruction.function is np.maximum
    assert {one.shape for one in instruction.inputs} == {(6, 4)}


def test_a_single_element_that_is_spread_loses_its_axes():
    b = numpynet.tensor([0.5], requires_grad=True)
    with numpynet.no_grad():
        (instruction,) = built(lambda x: x + b, X).trace.program.instructions
        assert [one.shape for one in instruction.inputs] == [(6, 4), ()]
        (instruction,) = built(lambda x: x + b, numpynet.ones(1)).trace.program.instructions
        assert [one.shape for one in instruction.inputs] == [(1,), (1,)]


def test_the_negative_of_an_absolute_value_is_one_call():
    special = numpynet.tensor([1.5, -2.0, 0.0, -0.0, float("inf"), float("-inf"), float("nan")])
    joined = numpynet.compile(lambda x: -x.abs())
    assert content(joined(special)) == content(-special.abs())
    assert functions(lambda x: -x.abs(), X) == ["copysign"]


def test_a_product_with_itself_is_a_square():
    assert functions(lambda x: x * x, X) == ["square"]
    assert functions(lambda x: x * x.T.T, X) == ["square"]
    assert functions(lambda x: x[:4] * x[2:], X) == ["multiply"]
    special = numpynet.tensor([1.5, -2.0, 0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1e-30])
    assert content(numpynet.compile(lambda x: x * x)(special)) == content(special * special)


def test_a_product_with_a_column_needs_no_view_of_an_argument():
    column = numpynet.randn(6, 1)
    step = numpynet.compile(lambda x: x.T @ column.exp())
    with numpynet.no_grad():
        assert content(step(X)) == content(X.T @ column.exp())
        assert ".T.dot" not in step.source
        two = numpynet.compile(lambda x: x.T @ x)  # no column: turned, its result would have to be copied
        assert content(two(X)) == content(X.T @ X)


def masked(dtype, count):
    """A step that keeps a cotangent where relu(x) > 0; with values on which masks go wrong."""
    numpynet.manual_seed(0)
    special = [0.0, -0.0, float("inf"), float("-inf"), float("nan"), -float("nan"), 1e-45, -1e-45, 3.0]
    pairs = numpynet.tensor([*itertools.product(special, special)], dtype=dtype)
    x, dy = numpynet.cat([pairs, numpynet.randn(count - len(pairs), 2, dtype=dtype)]).T.contiguous()
    x = x.clone().requires_grad_()

    def step():
        x.grad = None
        y = x.relu()
        y.backward(dy)
        return y.detach()

    return x, step


@pytest.mark.parametrize("count", [81, 5000])
@pytest.mark.parametrize("dtype", [numpynet.float32, numpynet.float64])
def test_masks_of_a_relu_are_signs_of_bits(dtype, count):
    x, step = masked(dtype, count)
    compiled = numpynet.compile(step)
    eager = content(step()), content(x.grad)
    assert (content(compiled()), content(x.grad)) == eager
    called = [one.function for one in compiled._programs[0].trace.program.instructions]
    assert called == [np.maximum, np.add, np.sign, np.multiply]


def test_a_program_that_does_not_give_what_was_traced_is_refused(monkeypatch):
    def spoil(program):
        for one in program.instructions:
            if one.function is np.exp:
                one.function = np.exp2

    w = numpynet.ones(4, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)

    def step():
        optimizer.zero_grad()
        (w * X).exp().sum().backward()
        optimizer.step()

    monkeypatch.setattr(passes, "PASSES", (*passes.PASSES, spoil))
    with pytest.raises(RuntimeError, match="went wrong"):
        numpynet.compile(step)()
    assert w.tolist() == [1, 1, 1, 1]
