"""What parity grade takes for a solution: functions of any making, classes, notebooks, folders."""

import functools
import json

import numpy as np
import pytest

import parity
from parity.__main__ import main
from parity.grade.command import files_of, verdicts_in
from parity.libraries import torch_is_installed

STYLES = """
import functools
import numpy as np
from numpy import tanh as tanh_backward_of_somebody_else

relu_backward = lambda dy, x: dy * (x > 0)

def _rectifier(dy, x, slope):
    return np.where(x > 0, dy, dy * slope)

leaky_relu_backward = functools.partial(_rectifier, slope=0.01)

class _Sign:
    def __call__(self, dy, x):
        return dy * np.sign(x)

abs_backward = _Sign()

class Functions:
    @staticmethod
    def exp_backward(dy, y):
        return dy * y

    @classmethod
    def log_backward(cls, dy, x):
        return dy / x

    def neg_backward(self, dy):
        return -dy

class SigmoidLayer:
    def forward(self, x):
        self.out = 0.5 * (1 + np.tanh(0.5 * x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)

class Affine:
    def __init__(self, W, b):
        self.W, self.b, self.dW, self.db = W, b, None, None

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T

class SoftmaxWithLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.log(self.y[np.arange(len(t)), t]).mean()

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dx * dout / len(self.t)

class Square:
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return 2 * dy * x

class Tanh:
    @staticmethod
    def backward(dy, y):
        return dy * (1 - y * y)

class Value:
    def backward(self):
        raise NotImplementedError
"""
NAMES = [
    *["relu_backward", "leaky_relu_backward", "abs_backward", "Functions.exp_backward", "Functions.log_backward"],
    *["Functions.neg_backward", "SigmoidLayer", "Affine", "SoftmaxWithLoss", "Square", "Tanh"],
]


def test_functions_of_any_making_and_classes_are_solutions(tmp_path):
    (tmp_path / "styles.py").write_text(STYLES)
    verdicts = list(verdicts_in(tmp_path / "styles.py", with_torch=False, searched=5))
    assert [verdict.function for verdict in verdicts] == NAMES
    assert {verdict.status for verdict in verdicts} == {"right"}, verdicts


def test_notebooks_and_folders_are_graded(tmp_path, capsys):
    cells = ["import numpy as np\n%matplotlib inline", "def relu_backward(dy, x):\n    return dy * (x >= 0)"]
    notebook = {"cells": [{"cell_type": "code", "source": cell} for cell in cells], "nbformat": 4}
    (tmp_path / "week1").mkdir()
    (tmp_path / "week1" / "lesson.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "neg.py").write_text("def neg_backward(dy):\n    return -dy\n")
    (tmp_path / "helpers.py").write_text("def twice(x):\n    return 2 * x\n")
    (tmp_path / "broken.py").write_text("x = (")
    (tmp_path / ".hidden.py").write_text("x = (")
    names = ["broken.py", "helpers.py", "neg.py", "week1/lesson.ipynb"]
    assert [str(path.relative_to(tmp_path)) for path in files_of(tmp_path)] == names
    before = sorted(tmp_path.rglob("*"))
    assert main(["grade", str(tmp_path), "--without-torch"]) == 1
    printed = capsys.readouterr().out
    assert "broken.py: NOT GRADED\n    importing it raised SyntaxError" in printed
    assert "neg.py: neg_backward: right" in printed
    assert "week1/lesson.ipynb: relu_backward: WRONG" in printed
    assert "1 right, 1 wrong, 1 not graded" in printed
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_without_exercises_is_refused(tmp_path, capsys):
    assert main(["grade", str(tmp_path)]) == 2
    assert "no script (.py) and no notebook" in capsys.readouterr().err
    (tmp_path / "helpers.py").write_text("def twice(x):\n    return 2 * x\n")
    assert main(["grade", str(tmp_path)]) == 2
    assert "it has no exercise" in capsys.readouterr().err


# --- parity.grade -----------------------------------------------------------------------------------------


def test_grade_takes_a_function_and_the_name_of_its_operation():
    verdict = parity.grade(lambda dy, x: dy * (x > 0), "relu", with_torch=False, searched=0)
    assert verdict.status == "right"
    assert repr(verdict).startswith("<lambda>: right")
    assert parity.grade(lambda dy, x: dy, "linear", "x", with_torch=False, searched=0).status == "wrong"
    assert parity.grade(functools.partial(np.multiply), "exp", with_torch=False, searched=0).status == "right"
    verdict = parity.grade(lambda dy, x: dy)
    assert verdict.status == "not graded"
    assert "name the operation, as in parity.grade(function, 'relu')" in verdict.hint


def test_grade_takes_classes_and_layers_that_are_made_already():
    class Tanh:
        def forward(self, x):
            self.y = np.tanh(x)

        def backward(self, dy):
            return dy * (1 - self.y)

    for one in (Tanh, Tanh()):
        verdict = parity.grade(one, with_torch=False, searched=0)
        assert verdict.status == "wrong"
        assert "(1 − tanh x)" in verdict.hint


def test_what_a_function_raises_is_part_of_the_verdict_but_ctrl_c_is_the_users():
    def relu_backward(dy, x):
        raise error

    error = BaseException("odd")
    assert "raises BaseException: odd" in parity.grade(relu_backward, with_torch=False).hint
    error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        parity.grade(relu_backward, with_torch=False)


# --- how the grader reads a function ------------------------------------------------------------------------


def test_another_reading_is_tried_and_told():
    def tanh_backward(dh, h):
        return dh * (1 - h * h)

    assert parity.grade(tanh_backward, with_torch=False, searched=0).reading == (
        "read with dh as the cotangent dy, h as the result y"
    )


def test_no_reading_makes_a_wrong_solution_right():
    def sigmoid_backward(dz, z):
        return dz * z * (1 - z)

    def mul_backward(dy, left, right):
        return dy * left, dy * right

    assert parity.grade(sigmoid_backward, with_torch=False, searched=0).status == "wrong"
    assert parity.grade(mul_backward, with_torch=False, searched=0).status == "wrong"


def test_of_a_cache_with_a_bias_the_biases_gradient_is_asked_for():
    def linear_backward(dy, cache):
        x, w, _ = cache
        return dy @ w, dy.T @ x

    def linear_backward_of_places(dy, cache):
        return dy @ cache[1], dy.T @ cache[0]

    for solution in (linear_backward, linear_backward_of_places):
        verdict = parity.grade(solution, "linear", with_torch=False, searched=0)
        assert verdict.hint_kind == "count"
        assert "x, w, b" in verdict.hint


def test_the_transposed_convention_is_recognised():
    def linear_backward(dy, x, w, b):
        return dy @ w.T, x.T @ dy, dy.sum(axis=0)

    verdict = parity.grade(linear_backward, with_torch=False, searched=0)
    assert verdict.status == "wrong"
    assert verdict.hint.startswith("It is right for y = x w + b")
    assert "linear: y = x wᵀ + b" in repr(verdict)
    assert parity.grade(linear_backward, "dense", with_torch=False, searched=0).status == "right"


def test_dtype_alone_is_a_remark_that_names_the_culprit():
    def relu_backward(dy, x):
        mask = np.ones(x.shape)
        mask[x <= 0] = 0
        return dy * mask

    verdict = parity.grade(relu_backward, with_torch=False, searched=0)
    assert verdict.status == "right"
    assert any("float32 in, float64 out: np.ones(x.shape) (line " in remark for remark in verdict.remarks)


def test_float32_that_is_nearer_to_the_truth_than_the_oracle_is_right():
    def log_softmax_backward(dy, x):
        x, dy = x.astype(np.float64), dy.astype(np.float64)
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        d = dy - e / e.sum(axis=-1, keepdims=True) * dy.sum(axis=-1, keepdims=True)
        return d.astype(np.float32) if dy.dtype == np.float32 else d

    assert parity.grade(log_softmax_backward, searched=0).status == "right"


def test_one_number_outside_the_domain_excuses_no_other():
    def log_backward(dy, x):
        return dy / x * np.where((x < 0).any(), 2, 1)

    assert parity.grade(log_backward, with_torch=False, searched=0).status == "wrong"


def test_computing_with_torch_is_a_remark():
    if not torch_is_installed():
        pytest.skip("it computes with torch")
    import torch

    def exp_backward(dy, x):
        return torch.tensor(dy) * torch.exp(torch.tensor(x))

    verdict = parity.grade(exp_backward, searched=0)
    assert verdict.status == "right"
    assert any("computes with another library: it calls torch" in remark for remark in verdict.remarks)
