"""The command line: what it runs, what it writes, and how it fails."""

import json
import os
import signal
import subprocess
import sys

import pytest

pytest.importorskip("sklearn")

import numpynet
from numpynet.studies import command_line
from numpynet.studies.command_line import main
from numpynet.training import LearningRateDecay

SWEEP = ["widths", "--epochs", "100", "--seeds", "2"]


def failing(arguments, capsys):
    """The exit code and the last line of a call that argparse refuses."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    captured = capsys.readouterr()
    assert captured.out == ""
    return stopped.value.code, captured.err.splitlines()[-1]


def test_regression(capsys):
    assert main(["regression", "--epochs", "1", "--seed", "3"]) == 0
    captured = capsys.readouterr()
    assert "seed 3" in captured.out
    assert "0.009523" in captured.out
    assert captured.err == ""


def test_iris_in_float64(capsys):
    assert main(["iris", "--epochs", "3", "--dtype", "float64"]) == 0
    printed = capsys.readouterr().out
    assert "float64" in printed
    assert "follows SGD bit for bit: all 3 losses" in printed


def test_widths(capsys):
    assert main(SWEEP) == 0
    printed = capsys.readouterr().out
    assert "2 seeds from 0" in printed
    assert "Does the loss at epoch 100 fall with the width?" in printed


def test_without_a_name_all_three_run(monkeypatch, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    for name, epochs in (("regression", 1), ("iris", 3), ("widths", 100)):
        study = getattr(command_line, name)
        monkeypatch.setattr(command_line, name, lambda *a, study=study, epochs=epochs, **k: study(*a, epochs, **k))
    out, figure = tmp_path / "all.json", tmp_path / "all.png"
    assert main(["--seed", "2", "--seeds", "1", "--json", str(out), "--plot", str(figure)]) == 0
    printed = capsys.readouterr().out
    assert printed.index("Linear regression") < printed.index("Iris, versicolor") < printed.index("Hidden widths")
    content = json.loads(out.read_text())
    assert list(content) == ["numpynet", "regression", "iris", "widths"]
    assert content["numpynet"] == numpynet.version.numpynet
    assert content["widths"]["seeds"] == [2]
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert sorted(os.listdir(tmp_path)) == ["all.json", "all.png"]


@pytest.mark.parametrize("place", ["before", "after"])
def test_shared_options_go_before_and_after_the_name(place, capsys):
    def ran(name, *options):
        assert main([*options, name] if place == "before" else [name, *options]) == 0
        return capsys.readouterr().out

    assert "seed 9" in ran("regression", "--seed", "9", "--epochs", "1")
    assert "2 seeds from 9" in ran("widths", "--seed", "9", "--seeds", "2", "--epochs", "100")


def test_numbers_and_figure_of_one_study(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    out, figure = tmp_path / "numbers.json", tmp_path / "figure.svg"
    assert main(["regression", "--epochs", "1", "--json", str(out), "--plot", str(figure)]) == 0
    content = json.loads(out.read_text())
    assert list(content) == ["numpynet", "regression"]
    assert len(content["regression"]["steps"]["loss"]) == 312
    assert figure.read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "invalid choice: 'nonsense'"),
        (["--epochs", "3"], "--epochs must be at least that, not 3"),
        (["regression", "--epochs", "0"], "must be a positive integer, not '0'"),
        (["regression", "--epochs", "many"], "must be a positive integer, not 'many'"),
        (["regression", "--seeds", "3"], "regression has one --seed"),
        (["--seeds", "3", "iris"], "iris has one --seed"),
        (["regression", "--seed", "x"], "invalid int value: 'x'"),
        (["regression", "--seed", str(2**64)], "seeds go from"),
        (["regression", "--seed", str(-(2**63) - 1)], "seeds go from"),
        (["widths", "--seed", str(2**64 - 2), "--seeds", "3"], "seeds go from"),
        (["widths", "--seeds", "0"], "must be a positive integer"),
        (["widths", "--epochs", "99"], "--epochs must be at least"),
        (["iris", "--dtype", "float16"], "invalid choice: 'float16'"),
        (["iris", "--json", ""], "needs the name of a file"),
    ],
)
def test_arguments_without_sense_are_usage_errors(arguments, message, capsys):
    code, line = failing(arguments, capsys)
    assert code == 2
    assert message in line
    assert line.startswith("numpynet")


@pytest.mark.parametrize("option", ["--json", "--plot"])
def test_an_unwritable_file_is_known_before_the_work(option, monkeypatch, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(command_line, "regression", lambda *a, **k: pytest.fail("the work has begun"))
    code, line = failing(["regression", option, str(tmp_path / "missing" / "file.png")], capsys)
    assert code == 2
    assert "cannot write" in line
    assert "No such file or directory" in line
    code, line = failing(["regression", option, str(tmp_path)], capsys)
    assert code == 2
    assert "Is a directory" in line


def test_an_unknown_figure_format_is_known_before_the_work(monkeypatch, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(command_line, "regression", lambda *a, **k: pytest.fail("the work has begun"))
    code, line = failing(["regression", "--plot", str(tmp_path / "figure.docx")], capsys)
    assert code == 2
    assert "png" in line
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("modules", "arguments"),
    [
        (["sklearn", "sklearn.datasets"], ["iris"]),
        (["sklearn", "sklearn.datasets"], []),
        (["matplotlib"], ["regression", "--plot", "figure.png"]),
    ],
)
def test_a_missing_package_is_named_before_the_work(modules, arguments, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(command_line, "regression", lambda *a, **k: pytest.fail("the work has begun"))
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert "numpynet-backprop[studies]" in captured.err


def test_regression_needs_no_extra_packages(monkeypatch, capsys):
    for module in ("sklearn", "sklearn.datasets", "matplotlib"):
        monkeypatch.setitem(sys.modules, module, None)
    assert main(["regression", "--epochs", "1"]) == 0


def test_ctrl_c_ends_cleanly(monkeypatch, capsys, tmp_path):
    step, calls = LearningRateDecay.step, []

    def interrupted(self):
        calls.append(1)
        if len(calls) == 5:
            signal.raise_signal(signal.SIGINT)
        step(self)

    monkeypatch.setattr(LearningRateDecay, "step", interrupted)
    assert main(["--json", str(tmp_path / "out.json")]) == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "numpynet: interrupted: regression, iris, widths not finished\n"
    assert os.listdir(tmp_path) == []


def test_after_ctrl_c_what_is_finished_is_printed_and_written(monkeypatch, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    study = command_line.regression
    monkeypatch.setattr(command_line, "regression", lambda *a, **k: study(*a, 1, **k))
    monkeypatch.setattr(command_line, "iris", lambda *a, **k: signal.raise_signal(signal.SIGINT))
    out, figure = tmp_path / "out.json", tmp_path / "out.png"
    assert main(["--json", str(out), "--plot", str(figure)]) == 130
    captured = capsys.readouterr()
    assert "0.009523" in captured.out
    assert captured.err == "numpynet: interrupted: iris, widths not finished\n"
    content = json.loads(out.read_text())
    assert list(content) == ["numpynet", "regression", "interrupted"]
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_numbers_to_the_standard_output_are_alone_there(name):
    command = [sys.executable, "-m", "numpynet", "regression", "--epochs", "1", "--json", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert list(json.loads(done.stdout)) == ["numpynet", "regression"]
    assert "0.009523" in done.stderr


def test_numbers_that_are_not_finite_are_valid_json(monkeypatch, capsys):
    def diverged(*a, **k):
        result = study(*a, **k)
        result.b_error = numpynet.tensor([float("nan"), float("-inf")])
        return result

    def refused(name):
        raise AssertionError(f"{name} is not JSON")

    study = command_line.regression
    monkeypatch.setattr(command_line, "regression", diverged)
    assert main(["regression", "--epochs", "1", "--json", "-"]) == 0
    content = json.loads(capsys.readouterr().out, parse_constant=refused)
    assert content["regression"]["b_error"] == ["nan", "-inf"]


def test_a_figure_is_drawn_though_the_numbers_cannot_be_written(monkeypatch, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    out, figure = tmp_path / "folder" / "out.json", tmp_path / "out.png"
    out.parent.mkdir()
    study = command_line.regression

    def removing(*a, **k):
        out.parent.rmdir()
        return study(*a, **k)

    monkeypatch.setattr(command_line, "regression", removing)
    assert main(["regression", "--epochs", "1", "--json", str(out), "--plot", str(figure)]) == 1
    captured = capsys.readouterr()
    assert "0.009523" in captured.out
    assert captured.err.startswith(f"numpynet: {out}: ")
    assert figure.exists()


def test_a_write_that_fails_after_all_is_one_line(monkeypatch, capsys, tmp_path):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command_line, "write_json", full)
    out = tmp_path / "out.json"
    assert main(["regression", "--epochs", "1", "--json", str(out)]) == 1
    assert capsys.readouterr().err == f"numpynet: {out}: [Errno 28] No space left on device\n"


def test_a_reader_that_leaves_early_gets_no_traceback():
    command = f'"{sys.executable}" -m numpynet regression --epochs 1 | head -c 1'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_as_a_module():
    done = subprocess.run([sys.executable, "-m", "numpynet", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"numpynet {numpynet.version.numpynet}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["regression", "--help"], ["iris", "--help"], ["widths", "--help"]])
def test_help(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0
    assert "--seed" in capsys.readouterr().out
