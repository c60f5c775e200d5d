"""``python -m benchmarks operations``: its rows, who is not timed, and what is printed and stored."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import numpynet
from benchmarks import __main__ as benchmarks
from benchmarks.agreement import DisagreementError
from benchmarks.operations import command
from benchmarks.operations.agreement import assert_agree, compare
from benchmarks.operations.formulas import formulas_of
from benchmarks.operations.operands import LARGE, SMALL
from benchmarks.operations.report import report
from benchmarks.operations.results import Measured, Results, Summary
from benchmarks.operations.row import Line, Prepared, Row, code
from benchmarks.operations.table import ROWS
from numpynet import tensor

ROOT = Path(__file__).parents[2]
MACHINE = {"processor": "?", "cores": 2, "load": 0, "system": "?", "commit": "?", "time": "?", "python": "?"}


def results(*rows):
    return Results({**MACHINE, "versions": {}}, {}, list(rows))


def row(name, ratios, size="small", family="arithmetic", wrong="", formulas=()):
    figures = {"numpynet": [1e-6] * len(ratios), "torch": [1e-6 * ratio for ratio in ratios]} if ratios else {}
    if formulas:
        figures["formulas"] = list(formulas)
    return Measured(name, family, size, figures, wrong)


def test_the_table_is_large_and_its_names_are_unique():
    assert len({row.name for row in ROWS}) == len(ROWS) >= 200
    assert sum(row.size == "large" for row in ROWS) >= 50
    assert {"steps", "programs"} < {row.family for row in ROWS}


def test_all_operands_are_used():
    words = {
        size: set(" ".join(row.name for row in ROWS if row.size == size).translate(SEPARATE).split())
        for size in ("small", "large")
    }
    assert set(SMALL) <= words["small"]
    assert set(LARGE) <= words["large"]


SEPARATE = {ord(mark): " " for mark in "()[]{},.:*/+-=<>~&|@%\"'"}


def test_all_small_rows_agree_with_torch():
    torch = pytest.importorskip("torch")
    wrong = {}
    for row in ROWS:
        if row.size == "small" and row.family != "programs":
            try:
                assert_agree(row.prepare(numpynet), row.prepare(torch), row.terms)
            except DisagreementError as error:
                wrong[row.name] = str(error)
    assert wrong == {}


@pytest.mark.parametrize("name", ["letters", "moons", "polynomial", "digits"])
def test_the_losses_of_programs_fall(name):
    pytest.importorskip("sklearn")
    (program,) = (row for row in ROWS if row.family == "programs" and row.name.startswith(name))
    losses = np.array(program.prepare(numpynet).call())
    assert losses[-len(losses) // 4 :].mean() < 0.8 * losses[: len(losses) // 4].mean()
    np.testing.assert_array_equal(program.prepare(numpynet).call(), losses)


def test_a_line_is_an_expression_or_a_statement():
    x = Line("x + x", "small", "forward")(numpynet)
    np.testing.assert_array_equal(x.call().numpy(), 2 * SMALL["x"](numpynet).numpy())
    changed = Line("x += x", "small", "forward")(numpynet)
    assert changed.call() is None
    np.testing.assert_array_equal(changed.state()[0].numpy(), 2 * SMALL["x"](numpynet).numpy())


def test_modes():
    recorded, backward = (Line("x * y", "small", mode)(numpynet) for mode in ("recorded", "backward"))
    assert recorded.call().requires_grad
    x, y = (SMALL[name](numpynet).numpy() for name in "xy")
    first, second = backward.call(), backward.call()  # gradients do not add up
    for dx, dy in (first, second):
        np.testing.assert_allclose(dx.numpy() / y, dy.numpy() / x, rtol=1e-6)  # both are the cotangent
    np.testing.assert_array_equal(first[0].numpy(), second[0].numpy())
    assert len(set((first[0].numpy() / y).round(4).tolist())) == 10  # which is not ones


def test_a_scalar_is_pulled_back_without_a_cotangent():
    (gradient,) = Line("x.sum()", "small", "backward")(numpynet).call()
    np.testing.assert_array_equal(gradient.numpy(), np.ones(10))


def test_modules_and_optimizers_show_their_parameters():
    assert len(Line("batch_norm(m)", "small", "backward")(numpynet).call()) == 3  # m, weight, bias
    stepped = Line("sgd.step()", "small", "forward")(numpynet)
    before = [parameter.detach().clone() for parameter in stepped.state()]
    stepped.call()
    assert len(before) == 4
    assert all((one != other).any() for one, other in zip(before, stepped.state(), strict=True))


@pytest.mark.parametrize(
    ("own", "other", "words"),
    [
        (tensor([1.0, 2.0]), tensor([1.0, 2.001]), r"result is off by 1\.0e-03, and roundings explain 1\.9e-06"),
        (tensor([1.0]), tensor([1.0], dtype=numpynet.float64), "tensor of float32, .* instead of tensor of float64"),
        (tensor([1.0]), tensor(1.0), r"\(1,\) instead of tensor of float32, \(\)"),
        (tensor([1.0]), tensor([1.0], requires_grad=True), "instead of .* requires_grad"),
        (tensor([1.0, float("nan")]), tensor([1.0, float("inf")]), "differs in 1 of 2 numbers"),
        (tensor([1, 2]), tensor([1, 3]), "differs in 1 of 2 numbers"),
        (1.0, 1, "float .* instead of int"),
        ("tensor(1.)", "tensor(1.5000)", r"'tensor\(1.\)' instead of"),
        ([1, (2, 3)], [1, (2, 4)], r"result\[1\]\[1\]"),
        ([1], [1, 2], r"\[1\] instead of \[1, 2\]"),
        ((1, 2), [1, 2], r"\(1, 2\) instead of \[1, 2\]"),
        (None, tensor([1.0]), "NoneType instead of tensor"),
    ],
)
def test_what_differs(own, other, words):
    compare(other, other, 1, "result")
    with pytest.raises(DisagreementError, match=words):
        compare(own, other, 1, "result")


def test_roundings_may_differ_unless_equal_numbers_are_demanded():
    own, other = tensor([1e-7, 1.0]), tensor([2e-7, 1.0])
    compare(own, other, 1, "result")
    with pytest.raises(DisagreementError, match="differs in 1 of 2"):
        compare(own, other, 0, "result")
    further = tensor([1e-5, 1.0])
    compare(further, other, 1024, "result")
    with pytest.raises(DisagreementError):
        compare(further, other, 1, "result")


def test_a_changed_operand_is_compared_too():
    zeros, ones = ([tensor([number])] for number in (0.0, 1.0))
    with pytest.raises(DisagreementError, match=r"state\[0\]"):
        assert_agree(Prepared(lambda: None, lambda: zeros), Prepared(lambda: None, lambda: ones), 1)


@pytest.fixture
def worker(monkeypatch):
    pytest.importorskip("torch")
    from benchmarks.operations import worker

    monkeypatch.setattr(worker, "TURN", {"small": 1e-4, "large": 1e-4})
    return worker


def test_a_row_that_disagrees_or_breaks_down_is_not_timed(worker):
    def setup(values):
        return lambda library: Prepared(lambda: values[library.__name__])

    def broken(library):
        return Prepared(lambda: 1 / 0)

    agreeing = Row("same", "tensor", "small", setup({"numpynet": 1, "torch": 1}), 0)
    differing = Row("other", "tensor", "small", setup({"numpynet": 1, "torch": 2}), 0)
    measured = worker.measured(agreeing, 4)
    assert {library: len(figures) for library, figures in measured["figures"].items()} == {"numpynet": 4, "torch": 4}
    assert measured["wrong"] == ""
    assert worker.measured(differing, 4) == {
        "name": "other",
        "figures": {},
        "wrong": "result differs in 1 of 1 numbers",
    }
    wrong = worker.measured(Row("broken", "tensor", "small", broken, 0), 4)
    assert wrong == {"name": "broken", "figures": {}, "wrong": "ZeroDivisionError: division by zero"}


def test_a_row_that_takes_long_has_three_rounds(worker, monkeypatch):
    monkeypatch.setattr(worker, "BUDGET", 0.0)
    (sum_row,) = code("reduction", "x.sum()", terms=10)
    assert len(worker.measured(sum_row, 9)["figures"]["torch"]) == 3


def test_the_sums():
    rows = [row("a", [0.25]), row("b", [1.0]), row("c", [4.0, 4.0, 64.0]), row("d", [], wrong="differs")]
    assert Summary.of(rows) == Summary(rows=3, at_speed=2, mean=pytest.approx(1.0), slow=1, slow_in_formulas=0)
    assert Summary.of([row("a", [0.4]), row("b", [0.4], size="large")]).slow == 1  # large: below 0.3
    assert Summary.of(rows[3:]) is None


def test_what_is_slow_by_its_formulas_alone():
    slow = row("a", [0.2, 0.2], formulas=[0.8e-6, 0.8e-6])  # torch takes a fourth of that
    called_slowly = row("b", [0.2, 0.2], formulas=[0.2e-6, 0.2e-6])
    assert Summary.of([slow, called_slowly, row("c", [0.2])]).slow_in_formulas == 1


def test_the_formulas_are_the_forwards_of_what_a_row_computes():
    x = tensor([1.0, 2.0], requires_grad=True)
    heard = []
    formulas = formulas_of(lambda: heard.append((x * 2).sum()))
    heard.clear()
    formulas()
    assert not heard  # nothing but the forwards is run
    assert formulas_of(lambda: x.shape) is None


def test_the_formulas_of_random_numbers_are_the_draws():
    drawn = []
    formulas = formulas_of(lambda: drawn.append(numpynet.multinomial(tensor([0.5, 0.2]), 1) * 2))
    numpynet.manual_seed(3)
    formulas()
    after = numpynet.get_rng_state()
    numpynet.manual_seed(3)
    numpynet.multinomial(tensor([0.5, 0.2]), 1)
    assert numpynet.equal(numpynet.get_rng_state(), after)  # once, though it draws exponential numbers for that
    assert len(drawn) == 1


def test_the_report_begins_with_the_worst_and_ends_with_what_is_wrong():
    text = report(results(row("fast", [4.0]), row("slow", [0.25]), row("odd", [], wrong="result is off")))
    assert text.index("  slow ") < text.index("  fast ")
    lines = [line.split() for line in text.splitlines()]
    assert ["small", "2", "50%", "1.00", "1", "0"] in lines
    assert lines[-2:] == [["1", "not", "timed:"], ["odd:", "result", "is", "off"]]


def test_a_report_of_nothing():
    assert "not timed" in report(results(row("odd", [], wrong="result is off")))


def said(name, wrong=""):
    figures = {} if wrong else {"numpynet": [1e-6, 1e-6], "torch": [2e-6, 2e-6]}
    return {"name": name, "figures": figures, "wrong": wrong}


def test_a_row_in_which_something_is_wrong_makes_the_run_fail(monkeypatch, capsys):
    pytest.importorskip("torch")
    monkeypatch.setattr(command, "lines_of", lambda *_: [said("x + y"), said("m + n")])
    assert command.main(["--only", "x + y", "m + n"]) == 0
    monkeypatch.setattr(command, "lines_of", lambda *_: [said("x + y"), said("m + n", "result is off")])
    assert benchmarks.main(["operations", "--only", "x + y", "m + n"]) == 1
    assert "m + n: result is off" in capsys.readouterr().out


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (RuntimeError("the worker broke down"), 1)])
def test_what_was_measured_until_an_interruption_is_shown(error, code, monkeypatch, capsys):
    def lines(*_):
        yield said("x + y")
        raise error

    pytest.importorskip("torch")
    monkeypatch.setattr(command, "lines_of", lines)
    assert command.main(["--only", "x + y"]) == code
    told = capsys.readouterr()
    assert "  x + y  " in told.out
    assert "Interrupted" in told.err or "broke down" in told.err


def test_only_and_json(tmp_path):
    pytest.importorskip("torch")
    options = ["--only", "x + Y", "step of reg", "--size", "small", "--rounds", "2", "--json", tmp_path / "run.json"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "operations", *map(str, options)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "row" in done.stderr  # the progress
    stored = json.loads((tmp_path / "run.json").read_text())
    names = [row["name"] for row in stored["rows"]]
    assert "x + y" in names
    assert "x + y, backward" in names
    assert all("x + y" in name or name.startswith("step of regression") for name in names)
    assert all(name in done.stdout for name in names)
    assert {len(row["figures"]["torch"]) for row in stored["rows"]} == {2}
    assert stored["summaries"]["size"]["small"]["rows"] == len(names)
    assert stored["machine"]["versions"]["torch"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "no such row"], "no row has no such row"),
        (["--rounds", "0"], "at least 1"),
        (["--size", "huge"], "invalid choice"),
        (["iris"], "unrecognized arguments"),
    ],
)
def test_wrong_arguments_are_explained(arguments, words, capsys):
    with pytest.raises(SystemExit) as refused:
        benchmarks.main(["operations", *arguments])
    assert refused.value.code == 2
    assert words in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_measured(monkeypatch, tmp_path, capsys):
    pytest.importorskip("torch")
    monkeypatch.setattr(command, "lines_of", lambda *_: pytest.fail("something was measured"))
    with pytest.raises(SystemExit) as refused:
        command.main(["--only", "x + y", "--json", str(tmp_path / "no" / "run.json")])
    assert refused.value.code == 2
    assert "cannot write: [Errno 2] No such file or directory" in capsys.readouterr().err


def test_json_to_the_standard_output_is_alone_there(monkeypatch, capsys):
    pytest.importorskip("torch")
    monkeypatch.setattr(command, "lines_of", lambda *_: [said("x + y")])
    assert command.main(["--only", "x + y", "--json", "-"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["rows"][0]["name"] == "x + y"
    assert "  x + y  " in told.err
