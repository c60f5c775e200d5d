"""explain: what it shows of a program, that it changes nothing, and that its gradients are those of backward()."""

import contextlib
import io
import itertools
import linecache
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from program import Net, training

import numpynet
import numpynet as torch
from numpynet import nn
from numpynet.core import listening
from numpynet.testing import strategies

TABLE = """\
loss = 0.7871    4 operations, 13 parameters, float32    (∂a is ∂loss/∂a)

  your line                       forward                    backward, from the last line up
  z = self.hidden(x)              linear: 4×2, 3×2, 3 → 4×3  ∂hidden.weight = ∂zᵀ x
                                                             ∂hidden.bias = Σₙ ∂z
  h = torch.tanh(z)               tanh: 4×3 → 4×3            ∂z = ∂h ⊙ (1 − h²)
  y = self.out(h)                 linear: 4×3, 1×3, 1 → 4×1  ∂h = ∂y out.weight
                                                             ∂out.weight = ∂yᵀ h
                                                             ∂out.bias = Σₙ ∂y
  loss = loss_function(model(x)…  bce_with_logits: → ()      ∂y = (σ(y) − target) ⊙ ∂loss / 4"""

NUMBER = """\
∂loss/∂hidden.weight[1, 0] = 0.0121948

  through z = linear(...)    z = self.hidden(x)
    element [1, 0] of  ∂hidden.weight = ∂zᵀ x
      ∂z[0, 1] · x[0, 0] = -0.005875 · -1.000000 = +0.005875
    + ∂z[1, 1] · x[1, 0] = +0.005807 · +1.500000 = +0.008710
    + ∂z[2, 1] · x[2, 0] = -0.003650 · +0.500000 = -0.001825
    + ∂z[3, 1] · x[3, 0] = +0.001132 · -0.500000 = -0.000566
                                                 = +0.012195

  a nudge of 0.001 to hidden.weight[1, 0] moves loss by +1.22e-05 (the gradient says +1.22e-05)"""


def test_a_step_as_a_table():
    assert repr(numpynet.explain(training()[1])) == TABLE
    assert max(map(len, TABLE.splitlines())) <= 100


def test_one_number_as_its_sum():
    assert repr(numpynet.explain(training()[1], "hidden.weight[1, 0]")) == NUMBER


def test_an_expression_as_coefficient():
    explanation = numpynet.explain(training()[1])
    assert "∂h[1, 1] · (1 − h[1, 1]²) = " in repr(explanation.number("z[1, 1]"))
    assert "(σ(y[2, 0]) − target[2, 0])" in repr(explanation.number("∂y[2, 0]"))
    assert "the backward pass begins here" in repr(explanation.number("loss"))


def test_a_loss_is_traced_back_to_the_lines_that_computed_it():
    model, _ = training()
    x, target = torch.randn(4, 2), torch.ones(4, 1)
    y = model(x)
    loss = nn.functional.mse_loss(y, target)
    explanation = numpynet.explain(loss)
    text = repr(explanation)
    assert "z = self.hidden(x)" in text
    assert "loss = nn.functional" in text
    assert explanation.graph.find("z").array.shape == (4, 3)
    assert explanation.remarks == []
    nudged = explanation.number("out.bias[0]").nudged()
    assert nudged == pytest.approx(1e-3 * explanation.gradient("out.bias")[0], rel=1e-2)
    assert "z = self.hidden(x)" in repr(numpynet.explain(nn.functional.mse_loss(model(x), target)))


def test_a_loss_whose_statement_does_something_else_now_is_explained_by_its_tape():
    model, _ = training()
    x = torch.randn(4, 2)
    loss = nn.functional.dropout(model(x), 0.5).sum()
    explanation = numpynet.explain(loss)
    assert "lines and values between are not known" in repr(explanation)
    assert "∂hidden.weight = ∂linearᵀ x" in repr(explanation)
    loss.backward()
    for name, parameter in model.named_parameters():
        assert np.array_equal(explanation.gradient(name), parameter.grad.numpy())


def test_a_statement_that_would_take_from_an_iterator_is_not_run_again():
    model, _ = training()
    batches = iter([torch.ones(4, 2), torch.zeros(4, 2)])
    loss = model(next(batches)).sum()
    assert "not known" in repr(numpynet.explain(loss))
    assert next(batches).tolist() == torch.zeros(4, 2).tolist()


def test_printing_in_the_program_is_not_repeated(capsys):
    w = torch.ones(2, requires_grad=True)

    def computed():
        print("computing")
        return (w * 2).sum()

    loss = computed()
    numpynet.explain(loss)
    assert capsys.readouterr().out == "computing\n"


def state(model, optimizer, *others):
    """Everything of a training that a step changes, as bytes."""
    parts = [(name, p.detach().numpy().tobytes(), p._version, p.grad is None) for name, p in model.named_parameters()]
    parts += [(name, b.numpy().tobytes()) for name, b in model.named_buffers()]
    parts += [p.grad.numpy().tobytes() for p in model.parameters() if p.grad is not None]
    kept = optimizer.state_dict()
    states = {key: {name: str(value) for name, value in one.items()} for key, one in kept["state"].items()}
    parts.append(repr(states))
    parts.append(
        (repr(kept["param_groups"]), torch.get_rng_state().numpy().tobytes(), random.getstate(), model.training)
    )
    return [*parts, *map(repr, others)]


def rich_training():
    """A step that changes everything there is to change."""
    torch.manual_seed(5)
    random.seed(5)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.3), nn.Linear(4, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    history, counts = [], {"steps": 0}
    fail = []

    def step():
        model.train()
        optimizer.zero_grad()
        loss = (model(torch.randn(8, 3)) ** 2).mean() * random.random()
        loss.backward()
        if fail:
            raise ZeroDivisionError
        optimizer.step()
        optimizer.param_groups[0]["lr"] *= 0.5
        history.append(loss.item())
        counts["steps"] += 1
        return loss

    model.eval()
    return model, optimizer, history, counts, fail, step


@pytest.mark.parametrize("warm", [False, True])
def test_everything_is_put_back(warm):
    model, optimizer, history, counts, _, step = rich_training()
    if warm:
        step()
    before = state(model, optimizer, history, counts)
    explanation = numpynet.explain(step, steps=3)
    explanation.number("0.bias[1]").nudged()
    assert state(model, optimizer, history, counts) == before
    assert listening.count[0] == 0
    expected = [moment.loss for moment in explanation.moments]
    assert [step().item() for _ in range(3)] == expected


def test_everything_is_put_back_after_an_error():
    model, optimizer, history, counts, fail, step = rich_training()
    step()
    fail.append(True)
    before = state(model, optimizer, history, counts)
    with pytest.raises(ZeroDivisionError):
        numpynet.explain(step)
    assert state(model, optimizer, history, counts) == before
    assert listening.count[0] == 0


def test_globals_and_nonlocal_variables_are_put_back():
    count = 0
    w = torch.ones(2, requires_grad=True)

    def step():
        nonlocal count
        global _made_by_a_step
        count += 1
        _made_by_a_step = count
        return (w * count).sum()

    numpynet.explain(step, steps=2)
    assert count == 0
    assert "_made_by_a_step" not in globals()


@settings(max_examples=20)
@given(strategies.networks(), st.data())
def test_gradients_have_the_bits_of_grad_and_are_the_sums_of_their_terms(drawn, data):
    network, x = drawn
    target = torch.zeros(x.shape[0], dtype=torch.int64)
    kind = data.draw(st.sampled_from(["mse", "cross entropy", "sum"]))

    def step():
        y = network(x)
        if kind == "mse":
            return nn.functional.mse_loss(y, y.detach() + 1)
        return nn.functional.cross_entropy(y, target) if kind == "cross entropy" else (y * y.sigmoid()).sum()

    explanation = numpynet.explain(step)
    step().backward()
    for name, parameter in network.named_parameters():
        assert np.array_equal(explanation.gradient(name), parameter.grad.numpy())
        gradient = parameter.grad.numpy()
        for index in np.ndindex(gradient.shape):
            number = explanation.number(f"{name}[{', '.join(map(str, index))}]")
            products = [use.cotangent(term) * term.coefficient for use in number.uses for term in use.terms]
            # n products and n − 1 sums are rounded, each by eps of what is added up at most
            bound = (2 * len(products) + 2) * np.finfo(gradient.dtype).eps * np.sum(np.abs(products))
            assert abs(number.total - gradient[index]) <= bound + np.finfo(gradient.dtype).tiny


def test_what_is_used_twice_adds_up():
    x = torch.tensor([1.0, 2.0], requires_grad=True)

    def step():
        a = x * 3
        return (a * x + a.exp()).sum()

    explanation = numpynet.explain(step)
    number = explanation.number("a[1]")
    assert [use.call.operation.name for use in number.uses] == ["exp", "mul"]
    assert number.total == pytest.approx(2 + np.exp(6))
    assert "the sum of these 2: " in repr(number)
    assert "∂a += ∂exp ⊙ exp" in repr(explanation)
    loss = step()
    loss.backward()
    assert np.array_equal(explanation.gradient("x"), x.grad.numpy())


def test_names_in_loops_and_of_several_models_stay_apart():
    encoder, decoder = nn.Linear(2, 2), nn.Linear(2, 2)
    x = torch.ones(1, 2)

    def step():
        h = encoder(x)
        for _ in range(2):
            h = torch.relu(decoder(h))
        return h.sum()

    explanation = numpynet.explain(step)
    names = [value.name for value in explanation.graph.values]
    assert {"encoder.weight", "decoder.weight", "x", "h", "h_2", "h_3"} <= set(names)
    assert len(names) == len(set(names))
    assert explanation.graph.find("h_3").made_by.operation.name == "relu"


def test_what_has_no_gradient_goes_by_the_name_that_it_had_just_then():
    torch.manual_seed(0)
    w, u, out = torch.randn(2, 3, requires_grad=True), torch.randn(3, 3, requires_grad=True), nn.Linear(3, 1)
    xs = torch.randn(4, 2, 2)

    def recurrent():
        h = torch.zeros(2, 3)
        for x in xs:
            h = torch.tanh(x @ w + h @ u)
        return out(nn.functional.dropout(h, 0.5)).sum()

    explanation = numpynet.explain(recurrent)
    names = [value.name for value in explanation.graph.values]
    assert {"h", "x", "x_2", "x_3", "x_4", "h_2", "h_5", "mask"} <= set(names)
    assert "∂w += xᵀ ∂matmul" in repr(explanation)
    assert "∂h_5 = ∂mul ⊙ mask" in repr(explanation)
    assert explanation.title == "recurrent"  # which is more than its one module


def test_one_tensor_that_several_layers_see_in_another_shape_is_one_value():
    torch.manual_seed(0)
    query, key = nn.Linear(4, 4), nn.Linear(4, 4)
    x = torch.randn(1, 3, 4)

    def step():
        return (query(x) * key(x)).sum()

    explanation = numpynet.explain(step)
    assert [value.shape for value in explanation.graph.values if value.kind == "input"] == [(3, 4)]
    assert "∂query.weight = ∂query_outᵀ x" in repr(explanation)


def test_a_nudge_that_moves_few_digits_of_the_loss_says_so():
    w = torch.tensor([1e-4], requires_grad=True)
    assert "float32 knows loss in steps of 1e-07" in repr(numpynet.explain(lambda: (w + 1).sum() * 1, "w[0]"))
    w = torch.tensor([1.0], requires_grad=True)
    assert "in steps" not in repr(numpynet.explain(lambda: (w * 2).sum(), "w[0]")).partition("a nudge")[2]


def test_operations_in_place_views_and_custom_functions_are_explained():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, dy):
            return dy * 2

    w = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)

    def step():
        y = w * 2
        y[0] = w[1] * 5
        y += 1
        z = Double.apply(y)
        return (z * z).sum()

    explanation = numpynet.explain(step)
    step().backward()
    assert np.array_equal(explanation.gradient("w"), w.grad.numpy())
    assert "<pre>" in explanation._repr_html_()


def test_gradients_changed_by_hooks_are_those_shown():
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    w.register_hook(lambda dy: dy * 10)
    explanation = numpynet.explain(lambda: (w * w).sum())
    (w * w).sum().backward()
    assert np.array_equal(explanation.gradient("w"), w.grad.numpy())


def test_a_compiled_step_is_explained_as_written():
    _, step = training()
    compiled = numpynet.compile(step)
    compiled()
    assert "z = self.hidden(x)" in repr(numpynet.explain(compiled))


def test_a_part_that_is_repeated_is_shown_once():
    torch.manual_seed(0)
    layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(6)])
    x = torch.ones(2, 3)

    def step():
        h = x
        for layer in layers:
            h = torch.tanh(layer(h))
        return h.sum()

    text = repr(numpynet.explain(step))
    assert "x 6, the first of them:" in text
    assert text.count("tanh: ") == 1


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        (lambda: numpynet.explain(3), TypeError, "give a loss or a function"),
        (lambda: numpynet.explain(nn.Linear(2, 1)), TypeError, "a loss with the Linear, as in explain"),
        (lambda: numpynet.explain(torch.ones(1)), RuntimeError, "does not require grad"),
        (lambda: numpynet.explain(torch.ones(2, requires_grad=True) * 2), RuntimeError, r"shape \(2,\)"),
        (lambda: numpynet.explain(lambda: None), RuntimeError, "neither ran a backward pass nor returned a loss"),
        (lambda: numpynet.explain(lambda: torch.ones(2, requires_grad=True) * 2), RuntimeError, "one number"),
        (lambda: numpynet.explain(training()[1], "hidden.wait[0, 0]"), KeyError, "there are .*hidden.weight"),
        (lambda: numpynet.explain(training()[1], "hidden.weight[3, 0]"), IndexError, r"\(3, 2\)"),
        (lambda: numpynet.explain(training()[1], "hidden.weight"), ValueError, r"hidden.weight\[0, 0\]"),
        (lambda: numpynet.explain(training()[1], "x[0, 0]"), ValueError, "no gradient"),
    ],
)
def test_what_cannot_be_explained(what, error, words):
    with pytest.raises(error, match=words):
        what()


def test_a_loss_whose_tape_was_released():
    model, _ = training()
    loss = model(torch.ones(1, 2)).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match="second time"):
        numpynet.explain(loss)


def test_explaining_a_loss_leaves_the_tape_for_backward():
    model, _ = training()
    x = torch.ones(1, 2)
    loss = model(x).sum()
    with contextlib.redirect_stdout(io.StringIO()):
        print(numpynet.explain(loss))
    assert all(parameter.grad is None for parameter in model.parameters())
    loss.backward()
    assert model.hidden.weight.grad is not None


def test_the_module_is_the_function():
    import numpynet.explain
    from numpynet import explain

    assert explain is numpynet.explain
    assert "training step" in explain.explain.__doc__


def test_it_is_not_imported_until_it_is_asked_for():
    import subprocess
    import sys

    code = """
import numpynet, sys
assert "numpynet.explain" not in sys.modules
numpynet.explain
assert "numpynet.explain" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_subclasses_of_modules_without_source_have_no_lines():
    scope = {"torch": torch, "w": torch.ones(2, requires_grad=True)}
    exec("def step():\n    loss = (w * 2).sum()\n    return loss", scope)
    text = repr(numpynet.explain(scope["step"]))
    assert "mul: " in text
    assert Net.__name__ not in text


def test_a_nudge_meets_the_same_random_numbers_and_parameters():
    torch.manual_seed(1)
    w = torch.ones(50, requires_grad=True)

    def step():
        print("a step")
        return (nn.functional.dropout(w, 0.5) * torch.randn(50)).sum()

    with contextlib.redirect_stdout(io.StringIO()) as out:
        explanation = numpynet.explain(step)
        torch.manual_seed(2)
        number = explanation.number("w[7]")
        assert number.nudged() == pytest.approx(1e-3 * number.value, rel=1e-2, abs=1e-6)
    assert out.getvalue() == "a step\n"
    with torch.no_grad():
        w += 1
    assert number.nudged() is None


def test_functions_with_several_results_and_writing_into_parts():
    class Both(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y, x + y

        @staticmethod
        def backward(ctx, da, db):
            x, y = ctx.saved_tensors
            return da * y + db, da * x + db

    u = torch.tensor([1.0, 2.0], requires_grad=True)
    v = torch.tensor([3.0, 4.0], requires_grad=True)

    def step():
        a, b = Both.apply(u, v)
        a[:1] *= 3
        loss = (a * b).sum()
        loss.backward()
        return loss

    explanation = numpynet.explain(step)
    step()
    assert np.array_equal(explanation.gradient("u"), u.grad.numpy())
    assert np.array_equal(explanation.gradient("v"), v.grad.numpy())
    assert "outside of what was written" in repr(explanation)
    assert "the terms are not known" in repr(explanation.number("u[0]"))
    assert "<details>" in explanation._repr_html_()


def test_batch_norm_is_written_out():
    model = nn.BatchNorm1d(2)
    x = torch.randn(4, 2, requires_grad=True)

    def step():
        y = model(x)
        return (y * y).sum()

    text = " ".join(repr(numpynet.explain(step)).split())
    assert "∂x = (1 / σ) ⊙ (∂y ⊙ weight − mean(∂y ⊙ weight) − standardized(x) ⊙ mean(∂y ⊙ weight ⊙" in text


def test_lines_stay_within_a_hundred_columns_and_small_numbers_keep_their_digits():
    a_very_long_name_for_a_weight = torch.full((2, 3), 1e-6, requires_grad=True)
    another_name_that_is_quite_long = torch.full((3, 2), 1e-3)

    def step():
        the_product_of_these_two_matrices = a_very_long_name_for_a_weight @ another_name_that_is_quite_long
        return (the_product_of_these_two_matrices**2).mean()

    text = repr(numpynet.explain(step, "a_very_long_name_for_a_weight[1, 0]"))
    assert max(map(len, text.splitlines())) <= 100
    assert "= +1.5000e-09 · +1.0000e-03 = +1.5000e-12" in text
    assert "moves" in text


def cell(number, text, variables):
    """Runs a cell as a notebook does, whose source is known under the name of a file that does not exist."""
    name = f"/tmp/ipykernel_7/{number}.py"
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    exec(compile(text, name, "exec"), variables)


def test_a_loss_of_an_earlier_cell_of_a_notebook():
    variables = {"torch": torch, "numpynet": numpynet}
    cell(1, "w = torch.ones(2, requires_grad=True)\ny = w * 3\nloss = y.sum()", variables)
    cell(2, "explanation = numpynet.explain(loss)", variables)
    assert "  y = w * 3  " in repr(variables["explanation"])
    assert variables["explanation"].remarks == []
    cell(3, "loss.backward()", variables)
    assert np.array_equal(variables["explanation"].gradient("w"), variables["w"].grad.numpy())


def test_a_statement_that_trains_is_not_run_again():
    model, step = training()
    x = torch.ones(1, 2)
    ticks = itertools.count()  # which nothing can put back

    def train():
        for _ in range(100):
            next(ticks)
            step()
        return model(x).sum()

    def long():
        for _ in range(100):
            next(ticks)
            model(x)
        return model(x).sum()

    loss = train()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    assert "not known" in repr(numpynet.explain(loss))
    assert all((a == b).all() for a, b in zip(before, model.parameters(), strict=True))
    assert next(ticks) == 101
    loss = long()
    assert "not known" in repr(numpynet.explain(loss))
    assert next(ticks) < 102 + 100 + 20
