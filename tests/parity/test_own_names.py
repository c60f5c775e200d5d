"""A folder with files of the user's that have the names of libraries."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("arguments", [["grade", "homework.py"], ["--help"], ["grade", "--list"]])
def test_parity_takes_none_of_them_for_a_library(arguments, tmp_path):
    for name in ("random", "torch", "numpy", "tqdm", "hypothesis"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('the {name} of the user')")
    (tmp_path / "homework.py").write_text("def relu_backward(dy, x):\n    return dy * (x > 0)\n")
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    command = [sys.executable, "-m", "parity", *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "of the user" not in done.stdout + done.stderr
    if arguments[-1] == "homework.py":
        assert "1 right, 0 wrong" in done.stdout
