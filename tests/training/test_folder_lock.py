"""Folders that one run at a time may write into: the second is refused, and a lock ends with its process."""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import numpynet
from numpynet import nn
from numpynet.optim import SGD
from numpynet.training import Trainer, folder_lock
from numpynet.training.folder_lock import locked_folder
from tests.training.killed import fitted, start
from tests.training.sweeping import make_model, train

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from numpynet.training.folder_lock import locked_folder
with locked_folder(sys.argv[1]):
    print("locked", flush=True)
    sys.stdin.read()
"""
HOLD_BESIDE_A_CHILD = """
import os, sys, time
from numpynet.training.folder_lock import locked_folder
with locked_folder(sys.argv[1]):
    if not os.fork():
        print(os.getpid(), flush=True)  # by the child, which has let go of the lock when fork() returns in it
        os.close(1)
        time.sleep(60)
        os._exit(0)
    sys.stdin.read()
"""


@contextmanager
def holder(folder, program=HOLD):
    """A process that has locked a folder, and what it printed first."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [".", os.environ.get("PYTHONPATH")]))}
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    with process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def fit(folder, **options):
    model = nn.Linear(1, 1)
    optimizer = SGD(model.parameters(), lr=0.1)
    data = [(numpynet.ones(2, 1), numpynet.ones(2, 1))]
    trainer = Trainer(1, progress=False, **options)
    return trainer.fit(model, data, loss=nn.MSELoss(), optimizer=optimizer, checkpoint=folder, resume=True)


def sweep(folder):
    return numpynet.sweep(make_model, train, {"lr": [0.1]}, folder=folder, n_jobs=1, progress=False)


@pytest.mark.parametrize("run", [fit, sweep])
def test_the_second_run_is_refused_until_the_first_has_ended(run, tmp_path):
    folder = tmp_path / "run"
    with holder(folder) as (process, _):
        with pytest.raises(BlockingIOError, match=r"run' right now: wait for it to end, or name another folder"):
            run(folder)
        assert list(folder.iterdir()) == []
        process.stdin.close()
        process.wait()
        run(folder)
    assert [path.suffix for path in folder.iterdir()] == [".pt"]


@pytest.mark.parametrize("run", [fit, sweep])
def test_a_lock_ends_with_a_process_that_is_killed(run, tmp_path):
    with holder(tmp_path) as (process, _):
        with pytest.raises(BlockingIOError):
            run(tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        run(tmp_path)


def test_a_run_ends_with_the_same_bits_though_others_want_its_folder(tmp_path):
    folder = tmp_path / "run"
    process = start("plain", folder)
    while process.poll() is None and not (folder / "checkpoint.pt").exists():
        time.sleep(0.001)
    while process.poll() is None:
        with suppress(BlockingIOError), locked_folder(folder):
            break
    output, _ = process.communicate()
    assert process.returncode == 0
    assert int(output) == fitted("plain", None)


def test_threads_and_callbacks_of_one_process_are_refused_too(tmp_path):
    errors = []

    def intrude(_):
        try:
            fit(tmp_path)
        except BlockingIOError as error:
            errors.append(error)

    def intrude_from_a_thread(trainer):
        thread = threading.Thread(target=intrude, args=(trainer,))
        thread.start()
        thread.join()

    fit(tmp_path, callbacks=[intrude, intrude_from_a_thread])
    assert len(errors) == 2


def test_another_name_of_a_folder_is_no_way_in(tmp_path, monkeypatch):
    folder, link = tmp_path / "run", tmp_path / "link"
    folder.mkdir()
    link.symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    with locked_folder(folder):
        for name in (link, "run", "./link/../run", os.fspath(folder) + "/"):
            with pytest.raises(BlockingIOError), locked_folder(name):
                pass
        with locked_folder(tmp_path), locked_folder(tmp_path / "other"):
            pass


def test_an_error_ends_a_lock(tmp_path):
    fit(tmp_path)
    for _ in range(2):
        with pytest.raises(FileExistsError, match="resume=True"):
            Trainer(1, progress=False).fit(
                model := nn.Linear(1, 1),
                [(numpynet.ones(1, 1), numpynet.ones(1, 1))],
                loss=nn.MSELoss(),
                optimizer=SGD(model.parameters(), lr=0.1),
                checkpoint=tmp_path,
            )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks nothing")
def test_a_child_that_outlives_a_killed_run_holds_nothing(tmp_path):
    with holder(tmp_path, HOLD_BESIDE_A_CHILD) as (process, child):
        process.send_signal(signal.SIGKILL)
        process.wait()
        try:
            os.kill(int(child), 0)
            with locked_folder(tmp_path):
                pass
        finally:
            os.kill(int(child), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks nothing")
def test_a_child_that_ends_leaves_its_parents_lock(tmp_path):
    with locked_folder(tmp_path):
        child = os.fork()
        if not child:
            try:
                with locked_folder(tmp_path):
                    os._exit(1)
            except BlockingIOError:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        with pytest.raises(BlockingIOError), locked_folder(tmp_path):
            pass
    with locked_folder(tmp_path):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks on every file system")
def test_a_file_system_without_locks_is_told_of(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(folder_lock.fcntl, "flock", unsupported)
    with pytest.warns(UserWarning, match="cannot be locked .Function not implemented.: see to it") as told:
        fit(tmp_path)
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning):
            fit(tmp_path)
    assert folder_lock._held == set()
