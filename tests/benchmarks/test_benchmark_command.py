"""``python -m benchmarks``, as a user calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import install_size, own_process
from benchmarks.competitors import QUICK
from benchmarks.plan import NAMES, Effort, plan
from benchmarks.processes import in_turns, training
from benchmarks.results import Comparison

ROOT = Path(__file__).parents[2]


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_all_workloads():
    done = run("--help")
    assert done.returncode == 0
    words = " ".join(done.stdout.split())
    for name in NAMES:
        assert name in words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mnist"], "there is no workload mnist"),
        (["--competitors", "Theano"], "there is no competitor Theano"),
        (["iris", "--threads", "0"], "--threads can be 1 to"),
        (["--rounds", "0"], "at least 1"),
    ],
)
def test_wrong_arguments_are_explained(arguments, words, capsys):
    with pytest.raises(SystemExit) as refused:
        command.main(arguments)
    assert refused.value.code == 2
    assert words in capsys.readouterr().err


def test_a_quick_run_of_one_workload(tmp_path):
    history = tmp_path / "history.jsonl"
    without_torch = ("--competitors", "numpynet eager", "NumPy by hand")  # which takes seconds to import
    quick = ("iris", "--quick", "--rounds", 2, "--seconds", 0.001, *without_torch)
    first = run(*quick, "--history", history, "--json", tmp_path / "run.json")
    assert first.returncode == 0, first.stderr
    assert "iris: 4-8-1, batch 150, 1 thread" in first.stdout
    assert "round" in first.stderr  # the progress
    stored = json.loads((tmp_path / "run.json").read_text())
    assert stored == json.loads(history.read_text())
    (comparison,) = stored["comparisons"]
    assert len(comparison["figures"]["numpynet eager"]) == 2
    assert comparison["failed"] == []
    assert stored["machine"]["versions"]["numpy"]
    second = run(*quick, "--against", history)
    assert second.returncode == 0, second.stderr
    assert "before" in second.stdout


def test_figures_to_the_standard_output_are_alone_there(monkeypatch, capsys):
    monkeypatch.setattr(
        own_process, "compare", lambda comparison, task, on_round: comparison.add_round({"NumPy": 1e-4})
    )
    assert command.main(["iris", "--quick", "--json", "-"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["comparisons"][0]["figures"] == {"NumPy": [1e-4]}
    assert "iris:" in told.err


@pytest.mark.parametrize("option", ["--json", "--chart", "--history"])
def test_what_cannot_be_written_is_refused_before_anything_is_measured(option, monkeypatch, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(command, "carry_out", lambda jobs, run: pytest.fail("something was measured"))
    for name in ("missing/chart.png", ".", *["chart.docx"] * (option == "--chart")):
        with pytest.raises(SystemExit) as refused:
            command.main(["iris", option, str(tmp_path / name)])
        assert refused.value.code == 2
        assert "cannot write: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_all_names_are_planned():
    quick = Effort(rounds=3, seconds=0.1, quick=True, competitors=QUICK)
    planned = [(one.comparison.workload, one.comparison.threads) for one in plan(NAMES, [1, 2], quick)]
    trained = ("regression", "iris", "mlp-64", "mlp-64-adam", "mlp-256", "mlp-512", "mlp-1024", "sweep")
    footprints = [("import", None), ("process", 1), ("memory", 1), ("memory-1024", 1), ("size", None)]
    assert planned == [(name, threads) for name in trained for threads in (1, 2)] + footprints


def test_a_worker_that_breaks_down_is_heard():
    task = {"workload": "no such", "competitors": [], "rounds": 1, "seconds": 0.01}
    with pytest.raises(RuntimeError, match=r"no such on 1 threads broke down(.|\n)*KeyError: 'no such'"):
        own_process.compare(Comparison("no such", "", 1), task, lambda: None)


def test_an_interruption_keeps_what_was_measured(monkeypatch, capsys):
    def interrupted(comparison, task, on_round):
        comparison.add_round({"numpynet eager": 1e-4, "torch eager": 2e-4})
        on_round()
        if comparison.workload == "iris":
            raise KeyboardInterrupt

    monkeypatch.setattr(own_process, "compare", interrupted)
    assert command.main(["regression", "iris", "mlp-64", "--quick"]) == 130
    told = capsys.readouterr()
    assert "Interrupted" in told.err
    assert "regression:" in told.out
    assert "iris:" in told.out
    assert "mlp-64" not in told.out


def test_processes_take_turns_and_failures_are_left_out():
    commands = {"numpynet": ["-c", "pass"], "absent": ["-c", "import no_such_module"]}
    comparison, rounds = Comparison("import", ""), []
    in_turns(comparison, commands, 2, lambda: rounds.append(1))
    assert len(rounds) == 2
    assert [len(figures) for figures in comparison.figures.values()] == [2]
    assert all(seconds > 0 for seconds in comparison.figures["numpynet"])
    assert comparison.missing == {"absent": "ModuleNotFoundError: No module named 'no_such_module'"}


def test_peak_memory_is_what_the_process_prints():
    comparison = Comparison("memory", "", 1, "MiB")
    in_turns(comparison, training(["numpynet eager"], "regression", 3), 1, lambda: None)
    (peak,) = comparison.figures["numpynet eager"]
    assert 10 < peak < 1000


def test_install_sizes_add_up(monkeypatch):
    monkeypatch.setattr(install_size, "DISTRIBUTIONS", {"NumPy": "numpy", "absent": "no-such-distribution"})
    comparison = Comparison("size", "", unit="MiB")
    install_size.install_sizes(comparison, lambda: None)
    assert comparison.missing == {"absent": "no-such-distribution is not installed"}
    (own,), (numpy,) = comparison.figures["numpynet"], comparison.figures["NumPy"]
    assert numpy < own < numpy + 20


@pytest.mark.parametrize("text", [None, "no results"])
def test_results_that_cannot_be_read_are_refused_before_anything_is_measured(text, tmp_path, capsys):
    file = tmp_path / "earlier.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SystemExit):
        command.main(["iris", "--against", str(file)])
    assert "earlier.json" in capsys.readouterr().err


def test_a_chart_of_nothing_is_an_error(tmp_path, capsys, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(install_size, "DISTRIBUTIONS", {})
    assert command.main(["size", "--chart", str(tmp_path / "chart.png")]) == 1
    told = capsys.readouterr()
    assert "size:" in told.out
    assert "nothing can be drawn" in told.err
