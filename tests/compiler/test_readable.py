"""A readable step: the program's own lines and names, a formula and a value for everything, the bits of the eager step.

That it has these bits whatever the layers, the loss and the optimizer are, is looked at with those of any other step,
in test_layers_losses_optimizers and test_random_networks.
"""

from __future__ import annotations

import re
import runpy

import numpy as np
import pytest
from agreement import Setting, assert_agree

import numpynet
import numpynet.nn.functional as F
from numpynet import nn, optim
from numpynet.testing import assert_close


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.output = nn.Linear(4, 5), nn.Linear(5, 3)

    def forward(self, x):
        z = self.hidden(x)
        h = F.relu(z)
        return self.output(h)


def training(make_optimizer=lambda parameters: optim.SGD(parameters, lr=0.1)):
    """A step, and the model that it trains."""
    model = Network()
    optimizer = make_optimizer(model.parameters())

    def step(x, t):
        optimizer.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits, t)
        loss.backward()
        optimizer.step()
        return loss

    return step, model, optimizer


def batch(rows=6):
    return numpynet.randn(rows, 4), numpynet.randint(0, 3, (rows,))


def compiled(*args, **options):
    step = numpynet.compile(training(**options)[0], readable=True)
    step(*args)
    return step


def lines(step):
    """The lines of the program without what follows them, and the comments that stand alone."""
    text = step.source
    start = text.index("def step(")
    body = text[start : text.find("\n\n\n", start)].splitlines()
    return [line.strip() if line.strip().startswith("#") else line.partition("  #")[0].strip() for line in body]


def test_each_line_of_the_program_is_there_with_its_formulas_and_names():
    found = lines(compiled(*batch()))
    for line in ("z = self.hidden(x)", "h = F.relu(z)", "return self.output(h)", "loss = F.cross_entropy(logits, t)"):
        assert f"# {line}" in found
        assert f"# backward through {line}" in found
    assert "# optimizer.step()" in found
    for comment, *code in [
        ("# linear: y = x wᵀ + b", "product[...] = x.dot(hidden_weight.T)", "z[...] = product + hidden_bias"),
        ("# relu: y = max(x, 0)", "h[...] = np.maximum(0.0, z)"),
        ("# linear: d_h = d_logits output_weight", "d_h[...] = d_logits.dot(output_weight)"),
        ("# linear: output_weight_grad = d_logitsᵀ h", "output_weight_grad[...] = d_logits.T.dot(h)"),
        ("# relu: d_z = d_h ⊙ [h > 0]", "mask_2[...] = h <= 0.0", "d_z[...] = np.where(mask_2, 0.0, d_h)"),
        ("# linear: hidden_bias_grad = Σₙ d_z", "hidden_bias_grad[...] = ones_2.dot(d_z)"),
    ]:
        place = found.index(comment)
        assert found[place + 1 : place + 1 + len(code)] == code


def test_what_broadcasting_had_copied_is_added_up():
    x, w, b = numpynet.randn(5, 2), numpynet.randn(2, 3, requires_grad=True), numpynet.zeros(3, requires_grad=True)

    @numpynet.compile(readable=True)
    def step():
        w.grad = b.grad = None
        y = x @ w + b
        loss = (y * y).sum()
        loss.backward()
        return loss

    step()
    found = lines(step)
    place = found.index("# add: what broadcasting had copied is added up")
    assert found[place + 1].startswith("b_grad[...] = ones")
    assert "# matmul: w_grad = xᵀ d_y" in found


def test_softmax_minus_one_hot_is_seen():
    found = lines(compiled(*batch()))
    start = found.index("# backward through loss = F.cross_entropy(logits, t)")
    end = found.index("", start)
    assert [line for line in found[start:end] if not line.startswith("#")] == [
        "d_log_softmax[...] = 0.0",
        "d_log_softmax[index] = -1 / 6",
        "d_log_softmax_by_columns[...] = d_log_softmax.reshape((6, 3))",
        "softmax[...] = np.exp(log_softmax)",
        "total_3[...] = d_log_softmax_by_columns.dot(ones)",
        "product_3[...] = softmax * total_3.reshape((6, 1))",
        "d_logits[...] = d_log_softmax_by_columns - product_3",
    ]


def test_there_are_no_tricks():
    text = "\n".join(lines(compiled(*batch(200))))
    assert not re.search(r"copysign|putmask|view\(np\.u?int32\)|np\.sign\(|astype|ignore", text)
    assert re.search(r"d_z\[\.\.\.\] = np\.where\(mask_2, 0\.0, d_h\)", text)


def test_no_two_values_share_memory():
    step = compiled(*batch())
    space = step._current.step.__globals__
    found = [space[name] for name in step.values]
    assert len(found) > 30
    assert not any(np.may_share_memory(a, b) for place, a in enumerate(found) for b in found[:place])


def test_values_are_those_of_the_eager_step():
    numpynet.manual_seed(3)
    step, model, _ = training()
    x, t = batch()
    z = model.hidden(x)
    h = F.relu(z)
    logits = model.output(h)
    loss = F.cross_entropy(logits, t)
    results = {"z": z, "h": h, "logits": logits, "loss": loss}
    for one in results.values():
        one.retain_grad()
    loss.backward()
    expected = {**results, **{f"d_{name}": one.grad for name, one in results.items() if name != "loss"}}
    expected |= {f"{name.replace('.', '_')}_grad": one.grad for name, one in model.named_parameters()}
    expected["softmax"] = F.softmax(logits, dim=1)
    run = numpynet.compile(step, readable=True)
    run(x, t)
    for name, one in expected.items():
        if name == "softmax":
            assert_close(run.values[name], one.detach())
        else:
            assert run.values[name].numpy().tobytes() == one.detach().numpy().tobytes(), name


def test_values_are_copies_and_those_of_the_last_call():
    step = compiled(*batch())
    before = step.values
    before["h"].zero_()
    assert step.values["h"].any()
    step(*batch())
    assert not step.values["z"].equal(before["z"])


def test_a_result_goes_by_the_variable_that_has_it_in_the_end():
    @numpynet.compile(readable=True)
    def step(x):
        y = x * 2
        y = (y + 1).exp()
        return y.sum() + y.sum()

    step(numpynet.ones(3))
    assert [name for name in step.values if name.startswith("y")] == ["y", "y_2"]
    assert_close(step.values["y_2"], numpynet.tensor([3.0, 3.0, 3.0]).exp())


def test_the_file_gives_the_same_losses(tmp_path, capsys):
    numpynet.manual_seed(4)
    model, (x, t) = Network(), batch()
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    @numpynet.compile(readable=True)
    def step():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(3):
        step()
    step.save(tmp_path / "step.py")
    runpy.run_path(str(tmp_path / "step.py"), run_name="__main__")
    printed = [float(line) for line in capsys.readouterr().out.splitlines()]
    assert printed == [step().item() for _ in range(10)]


def test_masks_come_when_they_are_needed():
    x, t = batch()
    numpynet.manual_seed(5)
    eager, model, _ = training()
    numpynet.manual_seed(5)
    step, other, _ = training()
    step = numpynet.compile(step, readable=True)
    for ignored in (False, False, True, True, False):
        targets = t.clone()
        if ignored:
            targets[2] = -100
        assert step(x, targets).item() == eager(x, targets).item()
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        assert a.equal(b)
    assert "choice" in step.source


def test_a_target_that_is_no_class_is_refused_and_nothing_changes():
    numpynet.manual_seed(6)
    step, model, _ = training()
    step = numpynet.compile(step, readable=True)
    x, t = batch()
    step(x, t)
    before = [one.detach().clone() for one in model.parameters()]
    t[1] = 3
    with pytest.raises(IndexError, match="Target 3 is out of bounds"):
        step(x, t)
    assert all(a.equal(b) for a, b in zip(before, model.parameters(), strict=True))


def test_targets_that_are_computed_keep_their_masks():
    """They are not known before the program has begun, which could not go back from there."""

    def make():
        weight = numpynet.randn(4, 3, requires_grad=True)

        def step(x):
            logits = x @ weight
            loss = F.cross_entropy(logits, (-logits).argmax(dim=1))
            weight.grad = None
            loss.backward()
            with numpynet.no_grad():
                weight.sub_(0.1 * weight.grad)
            return loss

        return Setting(step, weight)

    numpynet.manual_seed(1)
    step = assert_agree(make, [(numpynet.randn(5, 4),) for _ in range(4)], readable=True)
    assert "AssertionError" not in step.source


@pytest.mark.parametrize("change", [lambda group: group.update(lr=0.3), lambda group: group.update(momentum=0.5)])
def test_options_are_read_at_each_call(change):
    def make():
        step, model, optimizer = training(lambda parameters: optim.SGD(parameters, lr=0.1, momentum=0.9))
        return Setting(step, model, optimizer)

    def between(setting, number):
        if number == 3:
            change(setting.parts[1].param_groups[0])

    numpynet.manual_seed(2)
    assert_agree(make, [batch() for _ in range(6)], between, readable=True)


def test_values_need_a_readable_step_and_a_call():
    step = numpynet.compile(lambda x: x + 1)
    step(numpynet.ones(1))
    with pytest.raises(RuntimeError, match="readable=True"):
        _ = step.values
    with pytest.raises(RuntimeError, match="call it before"):
        _ = numpynet.compile(lambda x: x + 1, readable=True).values
