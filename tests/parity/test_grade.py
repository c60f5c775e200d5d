"""parity grade: no wrong backward passes, no right one is refused, and nothing a student's code does is suffered."""

import json
import re
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from right_solutions import RIGHT
from wrong_solutions import WRONG

import parity
from parity import grade
from parity.__main__ import main
from parity.grade.cases import Seeded, Undrawable, draw_case
from parity.grade.catalogue import SHOWN_OPTIONS, catalogue, find
from parity.grade.command import verdicts_of
from parity.grade.declaration import Declaration
from parity.grade.grading import SEEDED
from parity.grade.oracle import Oracle
from parity.grade.signature import Source, readings
from parity.grade.solutions import one_solver
from parity.grade.verdict import verdict_text
from parity.libraries import torch_is_installed

FEW = 10  # cases that Hypothesis tries here beyond the seeded ones; the command tries twenty times as many


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    if torch_is_installed():
        import torch

        torch.set_num_threads(1)


@pytest.mark.parametrize(("solution", "kinds"), WRONG, ids=lambda one: getattr(one, "__name__", ""))
def test_wrong_solutions_are_rejected_with_the_hint_that_fits(solution, kinds):
    verdict = grade(solution, searched=0)
    assert verdict.status == "wrong"
    assert not kinds or verdict.hint_kind in kinds
    shown = verdict_text(verdict)
    assert "inputs " in shown
    assert "right " in shown


@pytest.mark.parametrize(("solution", "kinds"), WRONG[::5], ids=lambda one: getattr(one, "__name__", ""))
def test_counterexamples_are_small_and_show_what_the_hint_says(solution, kinds):
    verdict = grade(solution, searched=FEW)
    assert not kinds or verdict.hint_kind in kinds
    assert "<" not in verdict.counterexample[0]  # no array was too large to write out
    assert verdict.counterexample[0].count(",") <= 36


@pytest.mark.parametrize("solution", RIGHT, ids=lambda one: one.__name__)
def test_right_solutions_are_accepted_in_every_style(solution):
    verdict = grade(solution, searched=FEW)
    assert verdict.status == "right", verdict_text(verdict)


# --- what the report says -------------------------------------------------------------------------------


def relu_at_zero(dy, x):
    return dy * (x >= 0)


def test_the_counterexample_is_the_smallest_one():
    verdict = grade(parity.exercise("relu")(relu_at_zero))
    assert verdict.counterexample[:3] == [
        "inputs    dy = [1.0], x = [0.0]    (float64)",
        "returned  dx = [1.0]",
        "right     dx = [0.0]",
    ]
    assert "kink or a tie, as at x[0] = 0" in verdict.hint


def test_an_ordinary_counterexample_goes_before_the_smallest():
    @parity.exercise("tanh")
    def square_of_the_difference(dy, y):
        return dy * (1 - y) ** 2

    verdict = grade(square_of_the_difference)
    assert "inputs    dy = [-2.1, -0.4" in verdict.counterexample[0]
    assert verdict.hint == "What was computed is dy · (1 − y)²."


def test_the_hint_names_axis_shapes_and_the_functions_own_names():
    @parity.exercise("add")
    def plus(dy, left, right):
        return dy, dy

    verdict = grade(plus)
    assert "not summed over the broadcast axis 0" in verdict.hint
    assert "dleft has shape (2, 2), left has (2,)" in verdict.hint


def test_a_verdict_is_the_same_every_time():
    first, second = (grade(WRONG[0][0], searched=FEW).as_dict() for _ in range(2))
    assert first == second


def test_the_condition_under_which_it_fails_is_found():
    @parity.exercise("sum")
    def forgets_keepdims(dy, x, axis, keepdims):
        return np.broadcast_to(dy if axis is None else np.expand_dims(dy, axis), x.shape)

    verdict = grade(forgets_keepdims, searched=FEW)
    assert verdict.status == "wrong"
    assert "keepdim is True" in verdict.hint


def test_a_solution_that_draws_at_random_is_rejected():
    rng = np.random.default_rng(0)

    @parity.exercise("exp")
    def sometimes(dy, y):
        return dy * y * dy.dtype.type(1 + (rng.random() < 0.02))

    assert grade(sometimes).status == "wrong"


def test_it_says_so_where_a_solution_declines_nan():
    @parity.exercise("relu")
    def mask(dy, x):
        return dy * (x > 0)

    verdict = grade(mask, searched=FEW)
    assert verdict.status == "right"
    of_values, of_cotangents = verdict.remarks
    assert of_values.startswith("not on NaN or infinite values: dy = [")
    assert "nan" in of_values
    assert of_cotangents.startswith("not on NaN or infinite cotangents: dy = [")


def test_rounding_is_forgiven_and_nothing_else():
    @parity.exercise("linear")
    def backwards(dy, x, w, b):
        return np.flip(dy, 1) @ np.flip(w, 0), np.flip(dy, 0).T @ np.flip(x, 0), np.flip(dy, 0).sum(axis=0)

    @parity.exercise("linear")
    def off_by_little(dy, x, w, b):
        return dy @ w, (dy.T @ x) * dy.dtype.type(1 + 1e-4), dy.sum(axis=0)

    assert grade(backwards, searched=FEW).status == "right"
    assert grade(off_by_little, searched=FEW).status == "wrong"


# --- how functions are recognised ---------------------------------------------------------------------------


def test_parameters_are_recognised_by_name_and_by_place():
    def sources(function):
        solver, _ = one_solver(function, Declaration("linear"))
        return [source for _, source in readings(solver, find("linear"))[0].parameters]

    wanted = [Source("dy"), Source("operand", "x"), Source("operand", "w"), Source("operand", "b")]
    assert sources(lambda dy, x, w, b: 0) == wanted
    assert sources(lambda grad_output, input, weight, bias: 0) == wanted
    assert sources(lambda delta2, h, theta, c: 0) == wanted
    assert sources(lambda b, w, x, dy: 0) == wanted[::-1]
    assert sources(lambda dy, x, w, verbose=False: 0) == wanted[:3]


def test_unknown_names_and_parameters_are_not_graded():
    def rleu_backward(dy, x):
        return dy

    def relu_backward(dy, x, magic):
        return dy

    assert "did you mean relu?" in grade(rleu_backward).hint
    verdict = grade(relu_backward)
    assert verdict.status == "not graded"
    assert "'magic' stands for nothing" in verdict.hint


# --- the oracle ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_torch_and_the_formulas_agree_on_every_exercise(name):
    pytest.importorskip("torch")
    exercise = find(name)
    options = [option for option in exercise.operation.options if option in SHOWN_OPTIONS]
    operands = [operand for operand in exercise.operation.operands if operand not in ("weight", "pos_weight")]
    scope = {}
    exec(f"def solution(dy, {', '.join([*operands, *options])}): pass", scope)
    signature = readings(one_solver(scope["solution"], Declaration(name))[0], exercise)[0]
    by_torch, by_formulas = Oracle(exercise, with_torch=True), Oracle(exercise, with_torch=False)
    compared = 0
    for seed in range(8):
        try:
            case = draw_case(signature, Seeded(seed), SEEDED[seed % 4][0])
        except Undrawable:
            continue
        right, own = by_torch.gradients(case), by_formulas.gradients(case)
        for operand, gradient in right.items():
            assert gradient.dtype == own[operand].dtype == case.dy.dtype
            if not np.array_equal(gradient, own[operand], equal_nan=True):
                bound = by_torch.bounds(case, {operand: gradient})[operand]
                equal = (gradient == own[operand]) | (np.isnan(gradient) & np.isnan(own[operand]))
                with np.errstate(invalid="ignore"):
                    assert (equal | (np.abs(gradient - own[operand]) <= bound)).all()
            compared += gradient.size
    assert compared > 10


@pytest.mark.parametrize("index", range(0, len(WRONG), 8))
def test_without_torch_wrong_solutions_are_rejected_too(index):
    verdict = grade(WRONG[index][0], with_torch=False, searched=0)
    assert verdict.status == "wrong"
    assert verdict.oracle.startswith("numpynet's own gradients")


@pytest.mark.parametrize("index", range(0, len(RIGHT), 12))
def test_without_torch_right_solutions_are_accepted_too(index):
    assert grade(RIGHT[index], with_torch=False, searched=FEW).status == "right"


# --- the command, and code that misbehaves ----------------------------------------------------------------------

MISBEHAVING = """
import os
import numpy as np
import helper
print("this must not be mistaken for a message")

def relu_backward(dy, x):
    return helper.twice(dy) * (x > 0) / 2

def sigmoid_backward(dy, y):
    while True:
        pass

def tanh_backward(dy, y):
    os._exit(7)

def exp_backward(dy, y):
    hoard = bytearray(2**20)
    while True:
        hoard = hoard + hoard

def log_backward(dy, x):
    raise SystemExit("enough")

def mean_backward(dy, x):
    return np.full_like(x, dy / x.size)
"""


def test_endless_loops_exits_crashes_and_hoarding_are_reported_and_the_rest_is_graded(tmp_path):
    (tmp_path / "helper.py").write_text("def twice(x):\n    return 2 * x\n")
    (tmp_path / "solutions.py").write_text(MISBEHAVING)
    found = {
        verdict.function: verdict
        for verdict in verdicts_of(tmp_path / "solutions.py", time_limit=3, memory_limit=256, with_torch=False)
    }
    assert {name: verdict.hint_kind for name, verdict in found.items()} == {
        "relu_backward": "",
        "sigmoid_backward": "hang",
        "tanh_backward": "process ended",
        "exp_backward": "memory",
        "log_backward": "exit",
        "mean_backward": "",
    }
    assert [name for name, verdict in found.items() if verdict.status == "right"] == ["relu_backward", "mean_backward"]
    assert "exit code 7" in found["tanh_backward"].hint
    assert found["sigmoid_backward"].counterexample[0].startswith("inputs    dy = [")


def test_the_command_prints_verdicts_and_its_exit_code_tells(tmp_path, capsys):
    file = tmp_path / "solutions.py"
    file.write_text("def neg_backward(dy):\n    return -dy\n\ndef square_backward(dy, x):\n    return dy * x\n")
    assert main(["grade", str(file), "--without-torch"]) == 1
    printed = capsys.readouterr().out
    assert "neg_backward: right" in printed
    assert "square_backward: WRONG" in printed
    assert "1 right, 1 wrong" in printed
    file.write_text("import numpy as np\n\ndef relu_backward(dy, x):\n    return np.where(x > 0, dy, 0)\n")
    assert main(["grade", str(file), "--without-torch", "--json"]) == 0
    (verdict,) = json.loads(capsys.readouterr().out)
    assert verdict["status"] == "right"
    assert verdict["remarks"]
    assert main(["grade", str(file), "--without-torch", "--strict"]) == 1
    assert "0 right, 0 wrong, 1 right but for remarks" in capsys.readouterr().out


def test_json_goes_to_a_file_or_alone_to_the_standard_output(tmp_path, capsys):
    file, out = tmp_path / "solutions.py", tmp_path / "out.json"
    file.write_text("def neg_backward(dy):\n    return -dy\n")
    command = ["grade", str(file), "--without-torch", "--json"]
    assert main([*command, str(out)]) == 0
    assert "neg_backward: right" in capsys.readouterr().out
    assert main([*command, "-"]) == 0
    assert capsys.readouterr().out == out.read_text()
    assert main([*command, str(tmp_path)]) == 2
    assert "Is a directory" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "missing" / "out.json")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


def test_nothing_is_left_in_the_users_folder_and_nothing_there_hides_a_library(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("random", "numpy", "hypothesis", "torch", "fractions"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('not this one')")
    (tmp_path / "helper.py").write_text("sign = -1")
    (tmp_path / "solutions.py").write_text(
        "import random, numpy\n\ndef neg_backward(dy):\n    import helper\n    return helper.sign * dy\n"
    )
    before = {*tmp_path.iterdir()}
    (verdict,) = verdicts_of(tmp_path / "solutions.py", with_torch=False)
    assert verdict.status == "right"
    assert {path for path in tmp_path.iterdir() if path.name != "__pycache__"} == before


def test_the_readme_shows_what_the_command_prints(tmp_path, capsys):
    pytest.importorskip("torch")
    readme = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")
    indented = map(dedent, re.findall(r"(?:^ {4}.*\n)+", readme, re.MULTILINE))
    homework, printed = (block for block in indented if "softmax_backward" in block)
    (tmp_path / "homework.py").write_text(homework, encoding="utf-8")
    assert main(["grade", str(tmp_path / "homework.py")]) == 1
    shown, told = capsys.readouterr().out.splitlines(), printed.splitlines()
    assert len(shown) == len(told)
    for line, promised in zip(shown, told, strict=True):
        if "torch" not in promised and "distance" not in promised:  # torch's version, the processor's last digits
            assert line == promised


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("x = (", "importing it raised SyntaxError"),
        ("def f(x): pass", "it has no exercise"),
    ],
)
def test_files_that_cannot_be_graded_are_refused(tmp_path, capsys, content, problem):
    file = tmp_path / "solutions.py"
    file.write_text(content)
    assert main(["grade", str(file), "--without-torch"]) == 2
    assert problem in capsys.readouterr().err


def test_usage_errors(tmp_path, capsys):
    assert main(["grade"]) == 2
    assert main(["grade", str(tmp_path / "nowhere.py")]) == 2
    assert main(["grade", "--list"]) == 0
    assert "linear_backward(dy, x, w, b)" in capsys.readouterr().out
