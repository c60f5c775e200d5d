"""The command `numpynet explain FILE`."""

import json
import subprocess
import sys

import pytest

from numpynet.explain.command import main

SCRIPT = """\
import numpynet as torch
from numpynet import nn
torch.manual_seed(0)
model = nn.Linear(2, 1)
x, t = torch.randn(4, 2), torch.randn(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(100):
    optimizer.zero_grad()
    y = model(x)
    loss = nn.functional.mse_loss(y, t)
    loss.backward()
    optimizer.step()
    print("epoch", epoch)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def test_the_first_backward_pass_is_explained_and_nothing_after_it_run(script, capsys):
    assert main([str(script)]) == 0
    out = capsys.readouterr().out
    assert "y = model(x)                    linear: 4×2, 1×2, 1 → 4×1  ∂weight = ∂yᵀ x" in out
    assert "epoch" not in out


def test_steps_numbers_and_pages(script, tmp_path, capsys):
    page = tmp_path / "explain.html"
    assert main([str(script), "--steps", "3", "--number", "weight[0, 1]", "--save", str(page)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("epoch 0\nepoch 1\n∂loss/∂weight[0, 1] = ")
    assert page.read_text().count('"loss":') > 3


def test_a_notebook(tmp_path, capsys):
    before, loop = SCRIPT.split("for epoch")
    cells = [
        {"cell_type": "markdown", "source": ["# words"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", *before.splitlines(keepends=True)]},
        {"cell_type": "code", "source": ["for epoch" + loop]},
    ]
    (tmp_path / "book.ipynb").write_text(json.dumps({"cells": cells}))
    assert main([str(tmp_path / "book.ipynb")]) == 0
    assert "∂weight = ∂yᵀ x" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        (None, [], "No such file"),
        ("x = 1", [], "runs no backward pass"),
        (SCRIPT, ["--number", "wait[0, 0]"], "no value is called 'wait'"),
        (SCRIPT, ["--number", "weight[0, 5]"], "out of range"),
        (SCRIPT, ["--save", "nowhere/explain.html"], "nowhere"),
    ],
)
def test_what_goes_wrong_is_said(tmp_path, capsys, text, arguments, words):
    if text is not None:
        (tmp_path / "script.py").write_text(text)
    assert main([str(tmp_path / "script.py"), *arguments]) == 1
    assert words in capsys.readouterr().err


def test_the_scripts_own_errors_are_its_own(tmp_path):
    (tmp_path / "script.py").write_text("raise ValueError('mine')")
    with pytest.raises(ValueError, match="mine"):
        main([str(tmp_path / "script.py")])


def test_it_is_part_of_the_command_line(script):
    done = subprocess.run([sys.executable, "-m", "numpynet", "explain", str(script)], capture_output=True, text=True)
    assert done.returncode == 0
    assert "∂weight = ∂yᵀ x" in done.stdout
    wrong = subprocess.run([sys.executable, "-m", "numpynet", "explain", "--steps", "0", "x"], capture_output=True)
    assert wrong.returncode == 2
