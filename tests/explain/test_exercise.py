"""Exercises: what is to be filled in, and how it is graded, line by line."""

import re

import numpy as np
import pytest
from program import training

import numpynet
import numpynet as torch
from numpynet import nn
from numpynet.explain.exercise import Exercise

RIGHT = {
    "d_y": "(1 / (1 + np.exp(-y)) - target) * d_loss / 4",
    "d_h": "d_y @ out_weight",
    "d_out_weight": "d_y.T @ h",
    "d_out_bias": "d_y.sum(axis=0)",
    "d_z": "d_h * (1 - h ** 2)",
    "d_hidden_weight": "d_z.T @ x",
    "d_hidden_bias": "d_z.sum(axis=0)",
}


@pytest.fixture(scope="module")
def exercise():
    return numpynet.explain(training()[1]).exercise()


def filled(text, lines):
    for name, expression in lines.items():
        text, count = re.subn(rf"(?m)^(    {name} = )\.\.\.", lambda found, e=expression: found[1] + e, text)
        assert count == 1
    return text


def test_the_file_to_fill_in(tmp_path):
    exercise = numpynet.explain(training()[1]).exercise(tmp_path / "backward.py")
    text = (tmp_path / "backward.py").read_text()
    assert re.findall(r"(?m)^    (d_\w+) = \.\.\. +# (.+)$", text) == [
        ("d_y", "4×1"), ("d_h", "4×3"), ("d_out_weight", "1×3"), ("d_out_bias", "1"), ("d_z", "4×3"),
        ("d_hidden_weight", "3×2"), ("d_hidden_bias", "3"),
    ]  # fmt: skip
    assert "# h = torch.tanh(z)        h = tanh(z)" in text
    assert {one.words for one in exercise.grade().verdicts} == {"not filled in"}
    with pytest.raises(FileExistsError, match="already"):
        exercise.write(tmp_path / "backward.py")
    (tmp_path / "backward.py").write_text(filled(text, RIGHT))
    assert exercise.grade()


def test_right_lines(exercise):
    report = exercise.grade_text(filled(exercise.text(), RIGHT))
    assert report
    assert "7 of 7 right" in repr(report)
    assert [one.words for one in report.verdicts if one.name in ("d_h", "d_z")] == ["right, bit for bit"] * 2


def test_a_line_sees_no_gradients_but_those_above_it(exercise):
    for name, line in (("d_z", "d_z"), ("d_h", "d_z * (1 - h ** 2)")):
        verdicts = exercise.grade_text(filled(exercise.text(), {**RIGHT, name: line})).verdicts
        assert [(one.name, one.words) for one in verdicts if not one.right] == [
            (name, "NameError: name 'd_z' is not defined")
        ]


def test_the_gradient_of_another_value_is_named(exercise):
    verdict = exercise.check("d_hidden_weight", exercise.right["d_h"].T @ exercise.values["x"])
    assert "you computed ∂hᵀ x" in verdict.hint


def test_a_value_used_twice_in_one_operation_is_asked_for_once():
    w = torch.tensor([2.0, -1.0], requires_grad=True)
    text = numpynet.explain(lambda: (w * w).sum()).exercise().text()
    assert len(re.findall("(?m)^    d_w = ", text)) == 1


WRONG = {  # of a line: what is written, and what the hint must say
    "sign": ("d_z", "-d_h * (1 - h ** 2)", "the sign is wrong"),
    "inner sign": ("d_z", "d_h * (1 + h ** 2)", r"you computed ∂h ⊙ \(1 \+ h²\)"),
    "factor left out": ("d_y", "1 / (1 + np.exp(-y)) - target", "4 times too large: a mean divides by the 4 elements"),
    "factor": ("d_z", "2 * d_h * (1 - h ** 2)", "2 times too large"),
    "cotangent alone": ("d_z", "d_h", "that is d_h alone: multiply by the derivative of tanh"),
    "derivative alone": ("d_z", "1 - h ** 2", "derivative alone: multiply by d_h"),
    "transpose": ("d_hidden_weight", "x.T @ d_z", "it is the transpose"),
    "variable": ("d_z", "d_h * (1 - z ** 2)", r"you computed ∂h ⊙ \(1 − z²\)"),
    "power": ("d_z", "d_h * (1 - h)", r"you computed ∂h ⊙ \(1 − h\)"),
    "other factor": ("d_out_weight", "d_y.T @ z", "you computed ∂yᵀ z"),
    "missing sum": ("d_hidden_bias", "d_z", "the sum over dimension 0 is missing"),
    "axis": ("d_hidden_bias", "d_z.sum(axis=1)", r"shape is \(4,\), and that of hidden.bias is \(3,\)"),
    "everything summed": ("d_hidden_bias", "d_z.sum()", "everything is summed up"),
    "left out": ("d_y", "(1 / (1 + np.exp(-y))) / 4", r"you computed σ\(y\) ⊙ ∂loss / 4"),
    "an error": ("d_h", "d_y @ out_weight.T", "ValueError"),
    "a name": ("d_h", "d_y @ wieght", "NameError"),
}


@pytest.mark.parametrize(("name", "expression", "hint"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_explained_and_counts_once(exercise, name, expression, hint):
    report = exercise.grade_text(filled(exercise.text(), {**RIGHT, name: expression}))
    assert [one.name for one in report.verdicts if not one.right] == [name]
    (verdict,) = (one for one in report.verdicts if not one.right)
    assert re.search(hint, verdict.words + verdict.hint)
    assert "6 of 7 right" in repr(report)


def test_more_lines_are_allowed(exercise):
    lines = {
        **RIGHT,
        "d_z": "d_h.copy()\n    slope = 1 - h * h\n    d_z *= slope",
        "d_y": "np.zeros_like(y)\n    d_y[...] = (1 / (1 + np.exp(-y)) - target) / 4",
    }
    text = filled(exercise.text(), lines)
    assert exercise.grade_text(text)


def test_what_a_line_overwrites_does_not_spoil_the_next(exercise):
    text = filled(exercise.text(), {**RIGHT, "d_z": "np.multiply(d_h, 0, out=d_h)"})
    assert [one.name for one in exercise.grade_text(text).verdicts if not one.right] == ["d_z"]


def test_single_values_in_a_notebook(exercise):
    assert exercise.check("d_h", exercise.right["d_h"]).right
    assert exercise.check("d_h", torch.from_numpy(exercise.right["d_h"].copy())).right
    assert not exercise.check("d_h", exercise.right["d_h"] + 1).right
    assert not exercise.check("d_h", "text").right
    with pytest.raises(KeyError, match="d_out_weight"):
        exercise.check("d_wieght", 1)


def test_rounding_is_no_mistake(exercise):
    right = exercise.right["d_hidden_weight"]
    assert exercise.check("d_hidden_weight", right * (1 + 4 * np.finfo(np.float32).eps)).words == "right, to rounding"
    assert not exercise.check("d_hidden_weight", right * 1.001).right


def test_one_layer_alone():
    only = numpynet.explain(training()[1]).exercise(only="hidden")
    assert [value.name for value in only.asked] == ["z", "hidden.weight", "hidden.bias"]
    assert {value.name for value in Exercise(numpynet.explain(training()[1]), "z").asked} == {"z"}
    with pytest.raises(ValueError, match="no gradient of 'nobody'"):
        numpynet.explain(training()[1]).exercise(only="nobody")


def test_softmax_and_cross_entropy_in_one_line():
    torch.manual_seed(0)
    model = nn.Linear(2, 3)
    x, t = torch.randn(4, 2), torch.tensor([0, 2, 1, 2])

    def step():
        logits = model(x)
        return nn.functional.cross_entropy(logits, t)

    fused = numpynet.explain(step).exercise(fused=True)
    assert [value.name for value in fused.asked] == ["logits", "weight", "bias"]
    line = "(np.exp(logits) / np.exp(logits).sum(1, keepdims=True) - np.eye(3)[t]) / 4"
    lines = {"d_logits": line, "d_weight": "d_logits.T @ x", "d_bias": "d_logits.sum(0)"}
    assert fused.grade_text(filled(fused.text(), lines))
    wrong = fused.grade_text(filled(fused.text(), {**lines, "d_logits": line.removesuffix(" / 4")}))
    assert "4 times too large: a mean divides by the 4 " in wrong.verdicts[0].hint
    assert [one.right for one in wrong.verdicts] == [False, True, True]
    assert len(numpynet.explain(step).exercise().asked) == 4


def test_what_is_used_twice_wants_both_parts():
    x = torch.tensor([1.0, 2.0], requires_grad=True)

    def step():
        a = x * 3
        y = a.exp()
        return (a * y).sum()

    exercise = numpynet.explain(step).exercise()
    assert "# 2, used in 2 operations" in exercise.text()
    names = {**exercise.values, **exercise.right}
    part = names["d_y"] * names["y"]
    assert re.search("comes back through exp; a is used in mul too", exercise.check("d_a", part).hint)


def test_values_must_be_known():
    w = torch.ones(2, requires_grad=True)
    loss = nn.functional.dropout(torch.tanh(w * 2) + 1, 0.5).sum()
    with pytest.raises(ValueError, match="explain a function that computes the loss"):
        numpynet.explain(loss).exercise()


def test_a_solution_must_have_the_function(exercise):
    with pytest.raises(ValueError, match="no function backward"):
        exercise.grade_text("x = 1")


ACTIVATIONS = {  # of y and what it was computed from, z
    nn.Tanh: ("1 - {y} ** 2", "1 - {z} ** 2"),
    nn.ReLU: ("({y} > 0)", "({y} <= 0)"),
    nn.Sigmoid: ("{y} * (1 - {y})", "{z} * (1 - {z})"),
}


@pytest.mark.parametrize("seed", range(10))
def test_mutated_lines_of_random_models_are_rejected_with_the_right_hint(seed):
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    batch, widths = int(rng.integers(3, 6)), [int(one) for one in rng.integers(2, 6, 3)]
    kind = list(ACTIVATIONS)[seed % 3]
    first, activation, second = nn.Linear(widths[0], widths[1]), kind(), nn.Linear(widths[1], widths[2])
    x, t = torch.randn(batch, widths[0]), torch.randn(batch, widths[2])

    def step():
        z = first(x)
        h = activation(z)
        y = second(h)
        return nn.functional.mse_loss(y, t)

    exercise = numpynet.explain(step).exercise()
    slope, other_slope = (text.format(y="h", z="z") for text in ACTIVATIONS[kind])
    n = batch * widths[2]
    right = {
        "d_y": f"2 * (y - t) / {n}", "d_h": "d_y @ second_weight", "d_second_weight": "d_y.T @ h",
        "d_second_bias": "d_y.sum(axis=0)", "d_z": f"d_h * ({slope})", "d_first_weight": "d_z.T @ x",
        "d_first_bias": "d_z.sum(axis=0)",
    }  # fmt: skip
    assert exercise.grade_text(filled(exercise.text(), right))
    wrong = [(name, f"-({line})", "the sign is wrong") for name, line in right.items()]
    wrong += [(name, f"3 * ({line})", "3 times too large") for name, line in right.items()]
    wrong += [
        ("d_y", "2 * (y - t)", f"{n} times too large: a mean divides by the {n}"),
        ("d_y", f"2 * (y + t) / {n}", r"you computed .*y \+ t"),
        ("d_y", f"2 * y / {n}", "you computed"),
        ("d_h", "second_weight", "shape" if batch != widths[2] else ""),
        ("d_second_weight", "h.T @ d_y", "transpose|rows and columns"),
        ("d_second_weight", "d_y.T @ z", "you computed ∂yᵀ z"),
        ("d_first_weight", "x.T @ d_z", "transpose|rows and columns"),
        ("d_second_bias", "d_y", "the sum over dimension 0 is missing"),
        ("d_first_bias", "d_z.sum()", "everything is summed up"),
        ("d_first_bias", "d_z.sum(axis=1)", "shape" if batch != widths[1] else ""),
        ("d_z", f"d_h * ({other_slope})", "you computed"),
        ("d_z", "d_h", "that is d_h alone"),
        ("d_z", f"1.0 * ({slope})", "derivative alone"),
    ]
    for name, line, hint in wrong:
        verdicts = exercise.grade_text(filled(exercise.text(), {**right, name: line})).verdicts
        assert [one.name for one in verdicts if not one.right] == [name], line
        (verdict,) = (one for one in verdicts if not one.right)
        assert re.search(hint, verdict.hint), (line, str(verdict))


REPAIRED = [
    ("d_h", "second_weight @ d_y", r"the factors are in the wrong order in `second_weight @ d_y`: .* does not go"),
    ("d_second_weight", "d_y @ h", r"d_y must be transposed in `d_y @ h`: \(5, 3\) times \(5, 4\) does not go"),
    ("d_h", "d_y @ first_weight", "all is right but first_weight"),
    ("d_y", "(np.exp(y) / np.exp(y).sum() - np.eye(3)[t]) / 5", r"the dimension of `np.exp\(y\).sum\(\)`"),
    ("d_y", "(np.exp(y) / np.exp(y).sum(axis=1, keepdims=True) + np.eye(3)[t]) / 5", r"right but the \+ in"),
    ("d_second_bias", "d_y.sum(axis=1)", r"a gradient has its value's shape; all is right but the dimension of"),
    ("d_z", "np.cos(h)", "d_h not named in it: the derivative of tanh goes by that"),
    ("d_y", "np.exp(y) / np.exp(y).sum(axis=1, keepdims=True) - np.eye(3)[t]", "the 5 rows of y"),
]


@pytest.mark.parametrize(("name", "line", "hint"), REPAIRED)
def test_a_hint_points_at_the_place_where_one_change_makes_a_line_right(name, line, hint):
    torch.manual_seed(5)
    first, second = nn.Linear(2, 4), nn.Linear(4, 3)
    x, t = torch.randn(5, 2), torch.tensor([0, 2, 1, 1, 0])

    def step():
        z = first(x)
        h = torch.tanh(z)
        y = second(h)
        return nn.functional.cross_entropy(y, t)

    exercise = numpynet.explain(step).exercise(fused=True)
    right = {
        "d_y": "(np.exp(y) / np.exp(y).sum(axis=1, keepdims=True) - np.eye(3)[t]) / 5", "d_h": "d_y @ second_weight",
        "d_second_weight": "d_y.T @ h", "d_second_bias": "d_y.sum(axis=0)", "d_z": "d_h * (1 - h ** 2)",
        "d_first_weight": "d_z.T @ x", "d_first_bias": "d_z.sum(axis=0)",
    }  # fmt: skip
    assert exercise.grade_text(filled(exercise.text(), right))
    verdicts = exercise.grade_text(filled(exercise.text(), {**right, name: line})).verdicts
    assert [one.name for one in verdicts if not one.right] == [name]
    assert re.search(hint, next(one for one in verdicts if not one.right).hint)
