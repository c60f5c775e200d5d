"""Children end with their parents, and Ctrl-C ends both with what is finished."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parity.libraries import torch_is_installed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and sessions are those of POSIX")

ROOT = Path(__file__).parents[2]
LOOP = """\
import torch, os, pathlib, subprocess
child = subprocess.Popen(["sleep", "60"])
pathlib.Path({folder!r}, str(os.getpid())).touch()
pathlib.Path({folder!r}, str(child.pid)).touch()
print(torch.zeros(1))
{end}
"""
ENDLESS = {"python": "while True: pass", "sleep": "import time; time.sleep(60)", "locked": "10 ** 10 ** 9"}
HOMEWORK = """\
import os, pathlib
pathlib.Path({folder!r}, str(os.getpid())).touch()

def relu_backward(dy, x):
    return dy * (x > 0)

def tanh_backward(dy, y):
    {end}
"""


def start(*arguments, cwd):
    """python -m parity, on which Ctrl-C acts though its parent may ignore it."""
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import runpy, sys; " + (
        "sys.argv[0] = 'parity'; runpy.run_module('parity', run_name='__main__', alter_sys=True)"
    )
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(cwd)},  # where a killed one leaves its files
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def runs(number):
    """Whether the process is there and is no zombie."""
    try:
        os.kill(number, 0)
        return (
            "Z" not in subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True).stdout
        )
    except ProcessLookupError:
        return False


def pids(folder, count):
    return wait_for(lambda: len(found := [int(one.name) for one in folder.iterdir()]) >= count and found)


@pytest.fixture
def noted(tmp_path):
    folder = tmp_path / "noted"
    folder.mkdir()
    yield folder
    for one in folder.iterdir():
        if runs(int(one.name)):
            os.kill(int(one.name), signal.SIGKILL)


@pytest.mark.skipif(not torch_is_installed(), reason="torch is not installed")
@pytest.mark.parametrize(
    ("end", "number"),
    [
        ("python", signal.SIGKILL),
        pytest.param(
            *("locked", signal.SIGKILL),
            marks=pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is a thread that waits for the end"),
        ),
        ("sleep", signal.SIGTERM),
        ("sleep", signal.SIGHUP),
    ],
)
def test_the_runs_end_with_whoever_started_them(tmp_path, noted, end, number):
    (tmp_path / "script.py").write_text(LOOP.format(folder=str(noted), end=ENDLESS[end]))
    parent = start("run", "script.py", cwd=tmp_path)
    children = pids(noted, 4)
    assert all(map(runs, children))
    parent.send_signal(number)
    wait_for(lambda: not any(map(runs, children)), seconds=2)
    printed, told = parent.communicate()
    assert parent.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert (printed, told) == ("", "")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_grader_ends_with_whoever_started_it(tmp_path, noted, number):
    (tmp_path / "homework.py").write_text(HOMEWORK.format(folder=str(noted), end=ENDLESS["locked"]))
    parent = start("grade", "homework.py", "--without-torch", "--time-limit", "60", cwd=tmp_path)
    (child,) = pids(noted, 1)
    assert parent.stdout.readline().startswith("relu_backward: right")
    parent.send_signal(number)
    wait_for(lambda: not runs(child), seconds=2)
    assert parent.communicate()[1] == ""


@pytest.mark.skipif(not torch_is_installed(), reason="torch is not installed")
def test_after_ctrl_c_what_was_printed_is_compared(tmp_path, noted):
    (tmp_path / "script.py").write_text(LOOP.format(folder=str(noted), end=ENDLESS["sleep"]))
    parent = start("run", "script.py", cwd=tmp_path)
    children = pids(noted, 4)
    time.sleep(0.3)  # until the lines are printed
    parent.send_signal(signal.SIGINT)
    printed, told = parent.communicate()
    assert parent.returncode == 130
    assert told == ""
    assert "equal  line 5  tensor([0.])" in printed
    assert "INTERRUPTED" in printed.splitlines()[-1]
    assert not any(map(runs, children))


def test_after_ctrl_c_the_verdicts_until_then_are_printed_and_written(tmp_path, noted):
    (tmp_path / "homework.py").write_text(HOMEWORK.format(folder=str(noted), end=ENDLESS["sleep"]))
    command = ("grade", "homework.py", "--without-torch", "--time-limit", "60", "--json", "out.json")
    parent = start(*command, cwd=tmp_path)
    pids(noted, 1)
    assert parent.stdout.readline().startswith("relu_backward: right")
    parent.send_signal(signal.SIGINT)
    printed, told = parent.communicate()
    assert parent.returncode == 130
    assert told == "parity grade: interrupted\n"
    assert printed.endswith("1 right, 0 wrong\n")
    (verdict,) = json.loads((tmp_path / "out.json").read_text())
    assert verdict["function"] == "relu_backward"
    left = set(os.listdir(tmp_path)) - {"__pycache__"}
    assert left == {"homework.py", "noted", "out.json"}  # no .hypothesis, no temporary files


def test_ctrl_c_in_the_check_of_all_programs_leaves_nothing_running(tmp_path):
    command = ("--recorded", "--processes", "2", "--no-progress", "--json", "out.json")
    parent = start(*command, cwd=tmp_path)
    assert "recorded" in parent.stdout.readline()
    time.sleep(1)
    parent.send_signal(signal.SIGINT)
    printed, told = parent.communicate()
    assert parent.returncode == 130
    assert told.startswith("parity: interrupted after ")
    assert len(told.splitlines()) == 1
    if printed:
        assert "INTERRUPTED: until then all agree" in printed
        assert json.loads((tmp_path / "out.json").read_text())["interrupted"] is True
