"""SGD: its rule by hand and by torch, its bits by the manual update, its errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from optimizer_lockstep import lockstep

import numpynet
from numpynet.optim import SGD
from numpynet.optim import sgd as sgd_module

DTYPES = (np.float32, np.float64)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@st.composite
def programs(draw, options):
    """A dtype, parameters, the gradients of three steps, and options."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    numbers = st.floats(-1e3, 1e3, width=dtype.itemsize * 8) | st.sampled_from([0.0, -0.0, 1.0])
    shapes = draw(st.lists(SHAPES, min_size=1, max_size=3))
    arrays = [draw(hnp.arrays(dtype, shape, elements=numbers)) for shape in shapes]
    steps = [[draw(hnp.arrays(dtype, shape, elements=numbers)) for shape in shapes] for _ in range(3)]
    return arrays, steps, draw(options)


OPTIONS = st.fixed_dictionaries(
    {
        "lr": st.floats(0, 2),
        "momentum": st.sampled_from([0, 0.5, 0.9, 1.5]),
        "dampening": st.sampled_from([0, 0.1, 1]),
        "weight_decay": st.sampled_from([0, 0.01, 0.5]),
        "nesterov": st.booleans(),
        "maximize": st.booleans(),
        "foreach": st.sampled_from([None, False]),
    }
).filter(lambda options: not options["nesterov"] or (options["momentum"] > 0 and options["dampening"] == 0))


def rounding_bounds(options):
    """How far parameter and buffer may be from torch's, which computes each a + c·b with one rounding, not two.

    The inputs of a stage being equal, its results differ by eps/2 |c·b| for the product's rounding and eps/2
    of either result: 3/2 eps (|a| + |c·b|). There are at most four stages, two up to the buffer, each a sum with
    positive weights of the ones before when signs are ignored; so 3/2 eps for each stage, times the same step
    on absolute values, bounds all.
    """
    lr, momentum, decay = options["lr"], options["momentum"], options["weight_decay"]

    def buffer_size(θ, g, before):
        size = np.abs(g).astype(np.float64) + decay * np.abs(θ)
        return size if before is None else momentum * np.abs(before) + size

    def bound(θ, g, state, new):
        limits = np.finfo(θ.dtype)
        size = buffer_size(θ, g, None)
        if momentum:
            buffer = buffer_size(θ, g, state.get("momentum_buffer"))
            size = size + momentum * buffer if options["nesterov"] else buffer
        return 4 * 1.5 * limits.eps * (np.abs(θ) + lr * size) + 8 * limits.smallest_subnormal

    def state_bound(θ, g, before, new):
        limits = np.finfo(θ.dtype)
        return 2 * 1.5 * limits.eps * buffer_size(θ, g, before) + 8 * limits.smallest_subnormal

    return bound, state_bound


@given(programs(OPTIONS))
@settings(max_examples=80)
def test_a_step_is_torchs_up_to_the_fused_rounding(program):
    torch = pytest.importorskip("torch")
    arrays, steps, options = program
    lockstep(torch, lambda library, p: library.optim.SGD(p, **options), arrays, steps, *rounding_bounds(options))


@given(programs(st.floats(0, 2)))
@settings(max_examples=60)
def test_a_step_has_the_bits_of_the_manual_update(program):
    arrays, steps, lr = program
    by_optimizer = [numpynet.tensor(array, requires_grad=True) for array in arrays]
    by_hand = [numpynet.tensor(array, requires_grad=True) for array in arrays]
    by_assignment = [numpynet.tensor(array, requires_grad=True) for array in arrays]
    optimizer = SGD(by_optimizer, lr=lr)
    for gradients in steps:
        for parameters in (by_optimizer, by_hand, by_assignment):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = numpynet.tensor(gradient)
        optimizer.step()
        with numpynet.no_grad():
            for parameter in by_hand:
                parameter -= lr * parameter.grad
        for parameter in by_assignment:
            parameter.data = parameter.data - lr * parameter.grad
    for one, two, three in zip(by_optimizer, by_hand, by_assignment, strict=True):
        bits = one.detach().numpy().tobytes()
        assert bits == two.detach().numpy().tobytes()
        assert bits == three.detach().numpy().tobytes()


# --- the rule, in numbers that no rounding touches ---------------------------------------------------------


def positions(gradients, start=0.0, **options):
    """Where a parameter is after each of these gradients, with learning rate 1 unless told otherwise."""
    parameter = numpynet.tensor([start], dtype=numpynet.float64, requires_grad=True)
    optimizer = SGD([parameter], **{"lr": 1.0, **options})
    seen = []
    for gradient in gradients:
        parameter.grad = numpynet.tensor([gradient], dtype=numpynet.float64)
        optimizer.step()
        seen.append(parameter.item())
    return seen


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [-8, -16, -24]),
        ({"lr": 0.5}, [-4, -8, -12]),
        ({"maximize": True}, [8, 16, 24]),
        # buffers 8, 12, 14
        ({"momentum": 0.5}, [-8, -20, -34]),
        # buffers 8, 4 + 6, 5 + 6: dampening spares the first gradient
        ({"momentum": 0.5, "dampening": 0.25}, [-8, -18, -29]),
        # steps 8 + 4, 8 + 6, 8 + 7
        ({"momentum": 0.5, "nesterov": True}, [-12, -26, -41]),
        # gradients 8, 8 - 8/4, 6 - 6/4: decay pulls towards 0
        ({"weight_decay": 0.25}, [-8, -14, -18.5]),
        ({"weight_decay": 0.25, "maximize": True}, [8, 14, 18.5]),
        # gradients 8, 8 - 2, 8 - 4.5; buffers 8, 10, 8.5
        ({"weight_decay": 0.25, "momentum": 0.5}, [-8, -18, -26.5]),
    ],
)
def test_the_rule_by_hand(options, expected):
    assert positions([8.0, 8.0, 8.0], **options) == expected


def test_momentum_goes_on_without_gradient():
    assert positions([8.0, 0.0, 0.0], momentum=0.5) == [-8, -12, -14]


def test_a_parameter_without_gradient_stays():
    moved, still = numpynet.ones(2, requires_grad=True), numpynet.ones(2, requires_grad=True)
    optimizer = SGD([moved, still], lr=0.5, momentum=0.9, weight_decay=0.1)
    moved.grad = numpynet.ones(2)
    optimizer.step()
    assert still.tolist() == [1, 1]
    assert list(optimizer.state) == [moved]


@pytest.mark.parametrize("dtype", [numpynet.float32, numpynet.float64])
def test_infinities_and_nan_pass_in_silence(dtype):
    parameter = numpynet.zeros(4, dtype=dtype, requires_grad=True)
    parameter.grad = numpynet.tensor([np.inf, -np.inf, np.nan, 1e38], dtype=dtype)
    optimizer = SGD([parameter], lr=1e10, momentum=0.9)
    optimizer.step()
    optimizer.step()
    expected = [-np.inf, np.inf, np.nan, -np.inf if dtype == numpynet.float32 else -2.9e48]
    np.testing.assert_allclose(parameter.detach().numpy(), expected)


def test_the_learning_rate_may_be_a_tensor_and_is_read_at_each_step():
    rate = numpynet.tensor(0.5)
    parameter = numpynet.zeros(1, requires_grad=True)
    optimizer = SGD([parameter], lr=rate)
    parameter.grad = numpynet.ones(1)
    optimizer.step()
    rate.fill_(0.25)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 1
    optimizer.step()
    assert parameter.item() == -1.75


def test_a_step_goes_into_the_parameters_own_memory():
    memory = np.zeros((2, 3), np.float32)
    parameter = numpynet.from_numpy(memory.T).requires_grad_()
    parameter.grad = numpynet.ones(3, 2)
    SGD([parameter], lr=1.0).step()
    assert memory.tolist() == [[-1] * 3] * 2


def test_a_step_between_forward_and_backward_is_noticed():
    weight = numpynet.ones(2, requires_grad=True)
    loss = (weight * weight).sum()
    loss.backward(retain_graph=True)
    SGD([weight], lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_step_over_an_overwritten_buffer_is_noticed():
    weight = numpynet.ones(2, requires_grad=True)
    optimizer = SGD([weight], lr=0.1, momentum=0.9)
    weight.grad = numpynet.ones(2)
    optimizer.step()
    factor = numpynet.ones(2, requires_grad=True)
    loss = (factor * optimizer.state[weight]["momentum_buffer"]).sum()
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"lr": -1}, ValueError, "Invalid learning rate: -1"),
        ({"momentum": -0.5}, ValueError, "Invalid momentum value: -0.5"),
        ({"weight_decay": -0.5}, ValueError, "Invalid weight_decay value: -0.5"),
        ({"nesterov": True}, ValueError, "Nesterov momentum requires a momentum and zero dampening"),
        (
            {"nesterov": True, "momentum": 0.9, "dampening": 0.1},
            ValueError,
            "Nesterov momentum requires a momentum and zero dampening",
        ),
        ({"foreach": True, "fused": True}, RuntimeError, "`fused` and `foreach` cannot be `True` together."),
    ],
)
def test_options_out_of_range(options, error, message):
    def make(library):
        library.optim.SGD([library.zeros(1)], **options)

    with pytest.raises(error) as ours:
        make(numpynet)
    assert str(ours.value) == message
    torch = pytest.importorskip("torch")
    with pytest.raises(error) as theirs:
        make(torch)
    assert str(theirs.value) == message


def test_a_tensor_of_learning_rates_is_refused():
    with pytest.raises(ValueError, match="Tensor lr must be 1-element"):
        SGD([numpynet.zeros(1)], lr=numpynet.ones(2))


def test_differentiable_is_missing():
    with pytest.raises(NotImplementedError, match="differentiable"):
        SGD([numpynet.zeros(1)], differentiable=True)


# --- these checks, checked -----------------------------------------------------------------------------------


def stale_momentum(θ, g, b, lr, momentum=0, *rest):
    b_new = right(θ, g, None if b is None else b.copy(), lr, momentum, *rest)
    return b_new if b is None else b


def dampened_at_once(θ, g, b, lr, momentum, dampening, *rest):
    return right(θ, g, np.zeros_like(g) if b is None and momentum else b, lr, momentum, dampening, *rest)


def decay_after_momentum(θ, g, b, lr, momentum, dampening, weight_decay, *rest):
    before = θ.copy()
    b = right(θ, g, b, lr, momentum, dampening, 0, *rest)
    θ -= lr * weight_decay * before
    return b


def no_lookahead(θ, g, b, lr, momentum, dampening, weight_decay, nesterov, maximize):
    return right(θ, g, b, lr, momentum, dampening, weight_decay, False, maximize)


def always_down(θ, g, b, lr, momentum, dampening, weight_decay, nesterov, maximize):
    return right(θ, g, b, lr, momentum, dampening, weight_decay, nesterov, False)


def a_little_too_far(θ, g, b, lr, *rest):
    return right(θ, g, b, lr * np.float32(1 + 1e-5), *rest)


right = sgd_module.sgd


@pytest.mark.parametrize(
    ("wrong", "options"),
    [
        (stale_momentum, {"momentum": 0.9}),
        (dampened_at_once, {"momentum": 0.9, "dampening": 0.1}),
        (decay_after_momentum, {"momentum": 0.9, "weight_decay": 0.1}),
        (no_lookahead, {"momentum": 0.9, "nesterov": True}),
        (always_down, {"maximize": True}),
        (a_little_too_far, {}),
    ],
)
def test_wrong_rules_are_caught(wrong, options, monkeypatch):
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(0)
    arrays = [random.normal(size=(3, 2)).astype(np.float32)]
    steps = [[random.normal(size=(3, 2)).astype(np.float32)] for _ in range(3)]
    options = {"lr": 0.1, "momentum": 0, "weight_decay": 0, "nesterov": False, **options}

    def run():
        lockstep(torch, lambda library, p: library.optim.SGD(p, **options), arrays, steps, *rounding_bounds(options))

    run()
    monkeypatch.setattr(sgd_module, "sgd", wrong)
    with pytest.raises(AssertionError):
        run()
