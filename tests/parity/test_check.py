"""python -m parity: the table, the exit code, the JSON, and what it says of torch's baseline build."""

import json
import os
import subprocess
import sys

import pytest

from parity import check, record
from parity.__main__ import main
from parity.failure import Failure
from parity.ladder import Outcome
from parity.libraries import torch_is_installed
from parity.programs import PROGRAMS


def test_everything_passes_and_is_tabulated(capsys, tmp_path):
    pytest.importorskip("torch")
    file = tmp_path / "outcomes.json"
    code = main(["--programs", "operations", "--seeds", "2", "--processes", "1", "--no-progress", "--json", str(file)])
    assert code == 0
    shown = capsys.readouterr().out
    assert "against torch" in shown
    rows = [line.split() for line in shown.splitlines() if line.startswith("operations")]
    assert [row[1:3] + row[4:5] + row[-1:] for row in rows] == [
        ["float32", "2", "equal", "pass"],
        ["float64", "2", "equal", "pass"],
    ]
    content = json.loads(file.read_text())
    assert content["about"]["torch"].startswith("2.")
    assert len(content["outcomes"]) == 4
    assert all(0 < one["locked_k"] <= 4 for one in content["outcomes"])


def test_a_failure_is_told_and_changes_the_exit_code(monkeypatch, capsys):
    pytest.importorskip("torch")
    failure = Failure("locked step", "gradient w of line", 17)
    bad = Outcome("regression", "float32", 1, locked_k=float("inf"), free_error=0.5, free_steps=9, failures=[failure])
    good = Outcome("regression", "float32", 0, locked_k=1.0, free_error=0.25, free_steps=10, steps=40)
    monkeypatch.setattr(check, "outcomes", lambda jobs, processes: iter([bad, good]))
    arguments = ["--programs", "regression", "--seeds", "2", "--dtype", "float32", "--json", "-", "--no-progress"]
    assert main(arguments) == 1
    shown = capsys.readouterr()
    assert "FAIL (1 of 2)" in shown.err
    assert "regression, float32, seed 1: locked step at step 17: gradient w of line" in shown.err
    assert "1 of 2 runs FAILED" in shown.err
    content = json.loads(shown.out)
    assert content["outcomes"][1]["locked_k"] == "inf"
    assert content["passed"] is False


@pytest.mark.parametrize(
    "wrong", [["--programs", "nonsense"], ["--seeds", "0"], ["--dtype", "float16"], ["--seeds", "x"]]
)
def test_usage_errors(wrong, capsys):
    with pytest.raises(SystemExit) as error:
        main(wrong)
    assert error.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_what_cannot_be_written_is_refused_before_anything_is_run(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(check, "outcomes", lambda jobs, processes: pytest.fail("a program was run"))
    for path, words in ((tmp_path, "Is a directory"), (tmp_path / "missing" / "a.json", "No such file or directory")):
        assert main(["--recorded", "--json", str(path)]) == 2
        assert f"parity: cannot write {path}: {words}" in capsys.readouterr().err
    monkeypatch.setattr(record, "record", lambda program: pytest.fail("a program was run"))
    if torch_is_installed():
        (tmp_path / "file").touch()
        assert main(["record", "--directory", str(tmp_path / "file" / "folder")]) == 2
        assert "parity record: cannot write" in capsys.readouterr().err


def test_after_ctrl_c_what_is_finished_is_tabulated_and_written(monkeypatch, capsys, tmp_path):
    def interrupted(jobs, processes):
        yield Outcome("regression", "float32", 0, locked_k=1.0, free_error=0.25, free_steps=10, steps=40)
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "outcomes", interrupted)
    file = tmp_path / "outcomes.json"
    assert main(["--recorded", "--programs", "regression,iris-sgd", "--json", str(file), "--no-progress"]) == 130
    shown = capsys.readouterr()
    assert "INTERRUPTED: until then all agree (1 runs in" in shown.out
    assert shown.err.startswith("parity: interrupted after 1 of ")
    content = json.loads(file.read_text())
    assert content["interrupted"] is True
    assert len(content["outcomes"]) == 1


def test_help_names_every_program_and_command(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = " ".join(capsys.readouterr().out.split()).replace("- ", "-")
    for name in [*PROGRAMS, "run", "grade", "record"]:
        assert name in shown


def test_the_baseline_build_is_named_and_held_to_wider_bounds():
    pytest.importorskip("torch")
    code = "import sys; from parity.__main__ import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "--programs", "draws,operations", "--seeds", "1", "--processes", "1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "ATEN_CPU_CAPABILITY": "default"}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "baseline build (CPU capability DEFAULT)" in ran.stdout
    assert "within bounds" in ran.stdout
    assert "all agree, within the wider bounds of torch's baseline build" in ran.stdout
