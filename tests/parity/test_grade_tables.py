"""parity grade on tables of solutions: wrong ones rejected with a hint that names the mistake, right ones not refused.

All of them are tried by `pytest tests/parity/test_grade_tables.py`; where CI is set, a part, another one in each table.
"""

import os

import pytest
from by_table import functions
from by_text import entries, graded
from cheats import AUTOGRAD, CHEATS, DECEIT, INNOCENT, MISCHIEF

import parity
from parity.grade.command import verdicts_of
from parity.grade.verdict import verdict_text
from parity.libraries import torch_is_installed

IN_CI = bool(os.environ.get("CI"))
FEW = 5  # cases that Hypothesis tries here beyond the seeded ones


def part(table, every):
    """The lines of a table, or in CI every few of them."""
    lines = [pytest.param(*line, id=f"{number} {line[0]}") for number, line in enumerate(table)]
    return lines[::every] if IN_CI else lines


@pytest.mark.parametrize(("head", "body", "words", "solution"), part(functions("WRONG"), 4))
def test_wrong_solutions_get_a_hint_that_names_the_mistake(head, body, words, solution):
    verdict = parity.grade(solution, searched=0)
    assert verdict.status == "wrong", verdict_text(verdict)
    assert any(word in verdict.hint for word in words), verdict_text(verdict)
    assert verdict.convention in verdict_text(verdict)


@pytest.mark.parametrize(("head", "body", "words", "solution"), part(functions("RIGHT"), 4))
def test_right_solutions_are_accepted_and_the_remarks_are_true(head, body, words, solution):
    verdict = parity.grade(solution, searched=FEW)
    assert verdict.status == "right", verdict_text(verdict)
    assert all(word in verdict_text(verdict) for word in words), verdict_text(verdict)


@pytest.mark.parametrize(("name", "about", "words", "text"), part(entries("WRONG"), 8))
def test_wrong_solutions_as_students_write_them(name, about, words, text):
    verdicts = graded(name, text, searched=0)
    wrong = [one for one in verdicts if one.status == "wrong"]
    assert wrong, verdicts
    assert words in wrong[0].hint, verdict_text(wrong[0])


@pytest.mark.parametrize(("name", "about", "words", "text"), part(entries("RIGHT"), 8))
def test_right_solutions_as_students_write_them(name, about, words, text):
    verdicts = graded(name, text, searched=0)
    assert verdicts
    assert [one.status for one in verdicts] == ["right"] * len(verdicts), verdicts
    assert words in repr(verdicts)


def test_the_tables_are_large():
    assert len(functions("WRONG")) >= 60
    assert len(functions("RIGHT")) >= 40
    assert len(entries("WRONG")) >= 240
    assert len(entries("RIGHT")) >= 130
    assert len(CHEATS) >= 20


SOME = [AUTOGRAD[3], DECEIT[0], DECEIT[1], DECEIT[2], MISCHIEF[0]] if IN_CI else CHEATS


@pytest.mark.parametrize(("text", "words"), [pytest.param(text, words, id=name) for name, text, words in SOME])
def test_cheats_are_seen_and_what_follows_is_graded(tmp_path, text, words):
    if "torch" in text and not torch_is_installed():
        pytest.skip("it cheats with torch")
    file = tmp_path / "solutions.py"
    file.write_text(text + INNOCENT)
    cheat, innocent = verdicts_of(file, time_limit=5, with_torch=False)
    assert cheat.status == "wrong"
    assert words in verdict_text(cheat)
    assert innocent.status == "right"
    assert [path.name for path in tmp_path.iterdir()] == ["solutions.py"]
