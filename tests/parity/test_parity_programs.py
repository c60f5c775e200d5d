"""Programs in the style of common teaching material print the same under both libraries."""

from pathlib import Path

import pytest

from parity.__main__ import main

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=[program.stem for program in PROGRAMS])
def test_prints_the_same(program, capsys):
    pytest.importorskip("torch")
    code = main(["run", str(program), "--strict", "--brief"])
    assert code == 0, capsys.readouterr().out
