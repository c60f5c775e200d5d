"""Lessons: they run as they are, right answers are accepted, and wrong ones get the hint that is announced."""

import contextlib
import io
import json
import linecache
import re
import subprocess
import sys

import pytest

from numpynet.lessons import command, lesson, lessons

ALL = lessons()


def run(text, name, scope):
    """Runs a piece of a lesson as a file of its own, and returns what it prints."""
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(text, name, "exec"), scope)
    return printed.getvalue()


def answered(exercise, answer):
    """An exercise with an answer in the place of the dots, or of the dictionary of dots."""
    if answer.startswith("{"):
        return re.sub(r"\{\n.*?^\}", lambda _: answer, exercise, count=1, flags=re.S | re.M)
    assert exercise.count("...") in (1, 2)
    return exercise.replace("...", answer, 1)


@pytest.mark.parametrize("one", ALL, ids=lambda one: str(one.number))
def test_a_lesson_runs_as_it_is(one):
    scope = {"__name__": "__main__"}
    for place, part in enumerate(one.shown):
        if part.kind != "text":
            run(part.text, f"<lesson {one.number}, part {place}>", scope)


@pytest.mark.parametrize("one", ALL, ids=lambda one: str(one.number))
def test_answers_are_graded(one):
    scope = {"__name__": "__main__"}
    exercise, counts = "", {"answer": 0, "wrong": 0}
    for place, part in enumerate(one.parts):
        name = f"<lesson {one.number}, part {place}>"
        if part.kind == "code":
            run(part.text, name, scope)
        elif part.kind == "exercise":
            exercise = part.text
        elif part.kind in counts:
            counts[part.kind] += 1
            printed = run(answered(exercise, part.text), name, dict(scope) if part.kind == "wrong" else scope)
            if part.kind == "answer":
                assert re.search("right, |7 of 7 right|^right$", printed.strip()), printed
                assert "WRONG" not in printed
            else:
                assert part.hint in " ".join(printed.split()), printed
    assert counts["answer"] >= 1
    assert counts["wrong"] >= 1


def test_titles_and_order():
    assert [one.number for one in ALL] == list(range(1, 12))
    assert ALL[4].title == "The matrix product, and where the transpose comes from"
    for one in ALL:
        assert one.parts[0].text.startswith(f"# {one.number}. {one.title}")
    with pytest.raises(ValueError, match="from 1 to 11"):
        lesson(12)


@pytest.mark.parametrize("one", ALL, ids=lambda one: str(one.number))
def test_script_and_notebook_hold_the_lesson_without_its_answers(one, tmp_path):
    script, notebook = one.copy(tmp_path)
    code = [part.text for part in one.shown if part.kind != "text"]
    cells = json.loads(notebook.read_text())["cells"]
    assert ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"] == code
    compile(script.read_text(), str(script), "exec")
    assert all(text in script.read_text() for text in code)
    for part in one.parts:
        if part.kind == "answer":
            assert part.text not in script.read_text()
    with pytest.raises(FileExistsError, match="already"):
        one.copy(tmp_path)


def test_a_script_runs_by_itself(tmp_path):
    script, _ = lesson(2).copy(tmp_path)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "not filled in" in done.stdout
    assert "h = torch.tanh(u)" in done.stdout


def test_the_commands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command.listing([]) == 0
    assert " 5  The matrix product" in capsys.readouterr().out
    assert command.copying(["3"]) == 0
    assert (tmp_path / "lesson_03.py").exists()
    assert command.copying(["3"]) == 1
    assert "already" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.copying(["12"])


def test_the_commands_are_part_of_the_command_line(tmp_path):
    done = subprocess.run([sys.executable, "-m", "numpynet", "lessons"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 13
