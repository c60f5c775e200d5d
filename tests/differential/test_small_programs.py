"""Small programs, each about one thing, under numpynet and torch: all that can be seen of them agrees, line by line.

A program is lines of Python over the name ``torch``. What stands on a line of its own is a value to compare.
"""

import ast
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from tests.differential.programs import disagreement

torch.set_num_threads(1)

PROGRAMS = Path(__file__).with_name("small_programs.txt").read_text(encoding="utf-8").strip().split("\n\n")


def lines_of(program):
    """The program's lines, in which every value that stands for itself is given a name, and shown as text too."""
    lines = []
    for number, line in enumerate(program.splitlines()):
        if line.startswith("#"):
            continue
        if isinstance(ast.parse(line).body[0], ast.Expr):
            lines.append(f"r{number} = {line}")
            lines.append(f"t{number} = repr(r{number}).replace('numpynet.', 'torch.')")
        else:
            lines.append(line)
    return lines


@pytest.mark.parametrize("program", PROGRAMS, ids=[program.splitlines()[0].strip("# ") for program in PROGRAMS])
def test_program(program):
    found = disagreement(lines_of(program))
    assert found is None, f"{lines_of(program)[found.line]}\n{found}"


def test_each_program_says_what_it_is_about():
    titles = [program.splitlines()[0] for program in PROGRAMS]
    assert all(title.startswith("# ") for title in titles)
    assert len(set(titles)) == len(titles)
