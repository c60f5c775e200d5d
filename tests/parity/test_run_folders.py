"""python -m parity run: each run has its own files, the user's stay as they are, and what is written is compared."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import numpynet
from parity.__main__ import main
from parity.run import command, folder
from parity.run.command import linked
from parity.run.folder import Copy, plan
from parity.run.running import Run, Runs
from parity.run.written import lines_of


def run(path, library="numpynet"):
    ran = Runs(path, 0).together([Run(library)], 60)[0]
    assert ran.went_well, ran.trouble()
    return ran


def texts(lines):
    return [line.text for line in lines]


def tree(path):
    return {one.relative_to(path): one.read_bytes() for one in path.rglob("*") if one.is_file()}


SCRIPT = """\
import os, pathlib, sys, tempfile
import torch
import helper
assert os.getcwd() == str(pathlib.Path(__file__).parent), (os.getcwd(), __file__)
print(os.getcwd(), __file__, tempfile.gettempdir(), helper.name)
print(open("../data/numbers.txt").read(), len([one for one in os.listdir(".") if one != "__pycache__"]))
os.mkdir("out")
torch.save({"w": torch.rand(2), "step": 3}, "out/model.pt")
assert list(torch.load("out/model.pt")) == ["w", "step"]
with open("log.txt", "a") as log:
    log.write(f"loss {torch.rand(1).item()}\\n")
os.remove("old.txt")
pathlib.Path("../beside.txt").write_text("one\\n")
"""


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "numbers.txt").write_text("1 2 3")
    here = tmp_path / "lesson"
    here.mkdir()
    (here / "script.py").write_text(SCRIPT)
    (here / "helper.py").write_text("name = 'helper'")
    (here / "log.txt").write_text("loss 7.0\n")
    (here / "old.txt").write_text("old")
    monkeypatch.chdir(here)
    return here


def test_a_run_sees_the_users_files_and_leaves_them_alone(lesson):
    import tempfile

    before = tree(lesson.parent)
    ran = run(Path("script.py"))
    assert tree(lesson.parent) == before
    assert texts(ran.lines) == [
        f"{lesson} {lesson / 'script.py'} {tempfile.gettempdir()} helper",
        "1 2 3 4",
    ]
    assert list(ran.written) == ["../beside.txt", "log.txt", "old.txt", "out/model.pt"]
    assert texts(ran.written["log.txt"])[:2] == ["was written", "loss 7.0"]
    assert texts(ran.written["old.txt"]) == ["was removed"]
    assert texts(ran.written["../beside.txt"]) == ["was written", "one"]
    assert ran.written["out/model.pt"][1].place == "out/model.pt['w']"
    assert ran.written["out/model.pt"][2].text == "3"
    assert ran.shared == []


def test_two_runs_agree_on_checkpoints_folders_and_logs(lesson, capsys):
    pytest.importorskip("torch")
    before = tree(lesson.parent)
    code = main(["run", "script.py"])
    shown = capsys.readouterr().out
    assert code == 0, shown
    assert tree(lesson.parent) == before
    assert "equal  out/model.pt   was written" in shown
    assert "AGREE: 11 lines: 11 equal" in shown


def test_what_is_written_must_agree(lesson, capsys):
    pytest.importorskip("torch")
    (lesson / "script.py").write_text(
        "import torch, numpy as np\n"
        "own = 'numpynet' in torch.Tensor.__module__\n"
        "torch.rand(1)\n"
        "np.save('same.npy', np.ones(3))\n"
        "np.savez('other.npz', a=np.arange(3), b=np.array([1.0, 2.0 + own]))\n"
        "open('numpynet.txt' if own else 'torch.txt', 'w').write('x')\n"
        "open('log.txt', 'a').write('step 2' if own else 'step 3')\n"
    )
    assert main(["run", "script.py", "--strict"]) == 1
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["equal", "same.npy", "was", "written"] in rows
    assert ["differs", "other.npz['b']", "numpynet", "float64", "(2,)", "[1.0,", "3.0]"] in rows
    assert ["only", "numpynet", "numpynet.txt", "numpynet", "was", "written"] in rows
    assert ["only", "torch", "torch.txt", "torch", "was", "written"] in rows
    assert ["differs", "log.txt,", "line", "2", "numpynet", "step", "2"] in rows
    assert main(["run", "script.py", "--strict", "--ignore", "step|npz|torch.txt|numpynet.txt"]) == 0


def test_a_file_of_all_runs_is_named_and_excuses_nothing(lesson, tmp_path, capsys):
    pytest.importorskip("torch")
    (lesson / "script.py").write_text(
        "import torch, os\n"
        f"with open({str(tmp_path / 'all.txt')!r}, 'a') as file:\n    file.write('x')\n"
        "print(f'{torch.rand(1).item() + (\"numpynet\" in torch.Tensor.__module__):.4f}')\n"
    )
    assert main(["run", "script.py"]) == 1
    shown = capsys.readouterr().out
    assert f"and not compared: {tmp_path / 'all.txt'}" in shown
    assert (tmp_path / "all.txt").read_text() == "xx"  # torch was not run again


def test_a_script_works_in_the_current_folder_and_a_notebook_in_its_own(lesson, monkeypatch):
    monkeypatch.chdir(lesson.parent)
    text = "import os, torch; print(os.getcwd(), sorted(os.listdir()))"
    (lesson / "script.py").write_text(text)
    (lesson / "a.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": text}]}))
    assert texts(run(Path("lesson/script.py")).lines) == [f"{lesson.parent} ['data', 'lesson']"]
    files = ["a.ipynb", "helper.py", "log.txt", "old.txt", "script.py"]
    assert texts(run(Path("lesson/a.ipynb")).lines) == [f"{lesson} {files}"]


def test_modules_of_the_folder_do_not_hide_libraries(lesson):
    for name in ("random", "torch", "numpynet", "json"):
        (lesson / f"{name}.py").write_text("raise RuntimeError('not this one')")
    (lesson / "script.py").write_text("import torch, random, helper\nprint(torch.zeros(1))")
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    code = "from parity.run.running import *; print(Runs(Path('script.py'), 0).together([Run('numpynet')], 60)[0].end)"
    done = subprocess.run([sys.executable, "-P", "-c", code], env=here, capture_output=True, text=True, check=False)
    assert done.stdout == "{}\n", done.stdout + done.stderr
    command = [sys.executable, "-m", "parity", "run", "none.py"]
    done = subprocess.run(command, env=here, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "none.py" in done.stderr


# --- copying ----------------------------------------------------------------------------------------------


def copied(tmp_path, here, working=None):
    made = plan(here / "script.py", working or here)
    copy = Copy(made, tmp_path / "root")
    return made, copy


def test_large_folders_are_linked_and_said_to_be(lesson, tmp_path, monkeypatch):
    for module in (folder, command):
        monkeypatch.setattr(module, "BYTES", 2000)
        monkeypatch.setattr(module, "FILES", 10)
    (lesson / "big.bin").write_bytes(bytes(3000))
    (lesson / "images").mkdir()
    for number in range(12):
        (lesson / "images" / f"{number}.png").touch()
    made, copy = copied(tmp_path, lesson)
    assert sorted(path.name for path in made.too_much) == ["big.bin", "images"]
    assert copy.inside(lesson / "big.bin").is_symlink()
    assert copy.inside(lesson / "images").is_symlink()
    assert len(list(copy.inside(lesson / "images").iterdir())) == 12
    assert not copy.inside(lesson / "log.txt").is_symlink()
    assert list(copy.changed()) == []
    assert linked(made) == ["linked, not copied, because there are more than 10 files or 0 MiB: big.bin, images"]


def test_tools_and_environments_are_linked_and_links_stay_links(lesson, tmp_path):
    for name in (".git", "environment", "__pycache__"):
        (lesson / name).mkdir()
    (lesson / "environment" / "pyvenv.cfg").touch()
    (lesson / "latest").symlink_to("log.txt")
    (lesson / "outside").symlink_to(tmp_path / "data")
    made, copy = copied(tmp_path, lesson)
    assert made.too_much == []
    assert copy.inside(lesson / ".git").is_symlink()
    assert copy.inside(lesson / "environment").is_symlink()
    assert not copy.inside(lesson / "__pycache__").exists()
    assert copy.inside(lesson / "latest").resolve() == copy.inside(lesson / "log.txt").resolve()
    assert copy.inside(lesson / "outside").resolve() == (tmp_path / "data").resolve()


@pytest.mark.parametrize("hidden", ["", ".hidden"])
def test_a_script_deep_below_a_folder_that_is_too_large(tmp_path, monkeypatch, hidden):
    monkeypatch.setattr(folder, "FILES", 6)
    top = tmp_path / "top"
    here = top / hidden / "a" / "b"
    here.mkdir(parents=True)
    for number in range(8):
        (top / f"{number}.txt").touch()
        (top / hidden / "a" / f"{number}.txt").touch()
    (here / "script.py").touch()
    _, copy = copied(tmp_path, here, working=top)
    inside = copy.inside(here / "script.py")
    assert inside.exists()
    assert not any(one.is_symlink() for one in (inside, *inside.parents) if one.is_relative_to(copy.root))
    assert len(list(copy.inside(top).glob("*.txt"))) == 8


def test_the_copy_is_not_copied(tmp_path):
    (tmp_path / "script.py").touch()
    _, copy = copied(tmp_path, tmp_path)
    assert not copy.inside(copy.root).exists()


def test_changes_are_what_was_written_and_removed_since(lesson, tmp_path):
    _, copy = copied(tmp_path, lesson)
    copy.inside(lesson / "log.txt").write_text("changed")
    copy.inside(lesson / "old.txt").unlink()
    (copy.inside(lesson) / "__pycache__").mkdir()
    (copy.inside(lesson) / "__pycache__" / "x.pyc").touch()
    (copy.inside(lesson) / "new").mkdir()
    (copy.inside(lesson) / "new" / "a.txt").touch()
    assert [(path, inside is not None) for path, inside in copy.changed()] == [
        (lesson / "log.txt", True),
        (lesson / "new" / "a.txt", True),
        (lesson / "old.txt", False),
    ]


# --- reading ----------------------------------------------------------------------------------------------

UNREAD = ["was written (its contents are not compared)"]


def test_contents_are_read_where_they_can_be(tmp_path):
    def read(name, data):
        (tmp_path / name).write_bytes(data)
        return texts(lines_of(tmp_path / name, name))

    assert read("a.txt", "loss 0.5\nα\n".encode()) == ["was written", "loss 0.5", "α"]
    assert read("a.txt", b"") == ["was written"]
    assert read("a.bin", b"\xff\xfe") == UNREAD
    assert read("a.pkl", b"a\0b") == UNREAD
    assert read("a.svg", b"<svg/>") == UNREAD
    assert read("a.npy", b"\x93NUMPY damaged") == UNREAD
    assert read("a.zip", b"PK\x05\x06" + bytes(18)) == ["was written"]
    np.save(tmp_path / "b.npy", np.array([[1, 2]]))
    assert texts(lines_of(tmp_path / "b.npy", "b")) == ["was written", "int64 (1, 2) [[1, 2]]"]
    np.save(tmp_path / "b.npy", np.array([None]), allow_pickle=True)
    assert texts(lines_of(tmp_path / "b.npy", "b")) == UNREAD


def test_checkpoints_of_both_libraries_read_alike(tmp_path):
    torch = pytest.importorskip("torch")
    found = []
    for library in (torch, numpynet):
        model = library.nn.Linear(2, 1)
        library.nn.init.constant_(model.weight, 0.25)
        library.nn.init.zeros_(model.bias)
        state = {
            "model": model.state_dict(),
            "history": [0.5, 1],
            "dtype": library.float64,
            "flag": library.ones(1) > 0,
        }
        library.save(state, tmp_path / "a.pt")
        found.append(lines_of(tmp_path / "a.pt", "a.pt"))
    assert found[0] == found[1]
    assert [line.place for line in found[0]] == [
        "a.pt",
        "a.pt['model']['weight']",
        "a.pt['model']['bias']",
        "a.pt['history'][0]",
        "a.pt['history'][1]",
        "a.pt['dtype']",
        "a.pt['flag']",
    ]
    assert found[0][1].text == "float32 (1, 2) [[0.25, 0.25]]"
