"""atomic_file: a file is there whole or not at all, and what cannot be replaced is not."""

import errno
import json
import math
import os
import stat
import subprocess
import sys
import threading

import pytest

import numpynet
from numpynet.serialization.atomic_file import atomic_file, require_writable
from numpynet.serialization.json_file import write_json

posix = pytest.mark.skipif(os.name != "posix", reason="devices, pipes and permissions are those of POSIX")


def write(path, text):
    with atomic_file(path) as file:
        file.write(text)


def fail(path, error):
    with atomic_file(path) as file:
        file.write("half")
        file.flush()
        raise error


def test_a_file_is_new_or_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / ("n" * 255)  # as long as a name can be
    write(path, "one\n")
    write(path, "α\n")
    assert path.read_bytes() == "α\n".encode()
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_after_an_error_everything_is_as_before(tmp_path, error):
    path = tmp_path / "a"
    write(path, "before")
    for target in (path, tmp_path / "new"):
        with pytest.raises(error):
            fail(target, error)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a"]


@posix
def test_a_file_system_without_locks_is_written_to_all_the_same(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr("fcntl.flock", unsupported)
    with atomic_file(tmp_path / "a") as outer:
        write(tmp_path / "a", "inner")
        outer.write("outer")
    assert (tmp_path / "a").read_text() == "outer"
    assert os.listdir(tmp_path) == ["a"]


@posix
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o750])
def test_permissions_are_kept_and_hold_while_it_is_written(tmp_path, mode):
    path = tmp_path / "a"
    path.write_text("before")
    path.chmod(mode)
    with atomic_file(path) as file:
        file.write("after")
        (temporary,) = (one for one in tmp_path.iterdir() if one != path)
        assert stat.S_IMODE(temporary.stat().st_mode) == mode
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text() == "after"


@posix
def test_a_new_file_has_the_permissions_that_any_new_file_gets(tmp_path):
    (tmp_path / "a").touch()
    write(tmp_path / "b", "")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_is_kept(tmp_path):
    path = tmp_path / "a"
    path.touch()
    os.chown(path, 1234, 2345)
    write(path, "after")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


@posix
def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    link.symlink_to(os.path.join("folder", "target"))
    for text in ("new", "replaced"):
        write(link, text)
        assert link.is_symlink()
        assert target.read_text() == text
    assert os.listdir(tmp_path / "folder") == ["target"]


@posix
@pytest.mark.parametrize("writer", [lambda path: write(path, "x"), lambda path: numpynet.save([1], path)])
def test_a_read_only_file_is_refused(tmp_path, writer):
    path = tmp_path / "a"
    path.write_text("before")
    path.chmod(0o444)
    with pytest.raises(PermissionError):
        require_writable(path)
    with pytest.raises((PermissionError, RuntimeError), match="Permission denied"):
        writer(path)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize(("name", "error"), [(".", IsADirectoryError), ("missing/a", FileNotFoundError)])
def test_what_cannot_be_a_file(tmp_path, name, error):
    for attempt in (require_writable, lambda path: write(path, "x")):
        with pytest.raises(error):
            attempt(tmp_path / name)
    assert os.listdir(tmp_path) == []


@posix
def test_asking_writes_nothing(tmp_path):
    path = tmp_path / "a"
    require_writable(path)
    require_writable("/dev/null")
    path.write_text("before")
    require_writable(path)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a"]


@posix
@pytest.mark.parametrize("writer", [lambda path: write(path, "x"), lambda path: numpynet.save([1], path)])
def test_devices_stay_devices(writer):
    before = os.stat("/dev/null")
    writer("/dev/null")
    assert os.path.samestat(before, os.stat("/dev/null"))
    if os.path.exists("/dev/full"):
        with pytest.raises(OSError, match="No space left"):
            writer("/dev/full")


@posix
def test_a_pipe_gets_what_a_file_gets_and_nothing_of_what_failed(tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    with pytest.raises(ValueError):  # noqa: PT011  the one that is raised here
        fail(pipe, ValueError)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    numpynet.save({"a": numpynet.ones(2)}, pipe)
    reader.join(10)
    (tmp_path / "file").write_bytes(got[0])
    assert numpynet.load(tmp_path / "file")["a"].tolist() == [1, 1]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


PRINTING = """
import sys
from numpynet.serialization.atomic_file import atomic_file
print("before", end=" ")
with atomic_file(sys.argv[1]) as file:
    file.write("inside ")
print("after", end="")
"""


@posix
@pytest.mark.parametrize("kind", ["pipe", "file", "its name"])
def test_the_standard_output_is_written_to_in_its_turn(tmp_path, kind):
    out = tmp_path / "out"
    command = [sys.executable, "-c", PRINTING, str(out) if kind == "its name" else "/dev/stdout"]
    if kind == "pipe":
        printed = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    else:
        with out.open("wb") as file:
            subprocess.run(command, stdout=file, check=True)
        printed = out.read_bytes()
    assert printed == b"before inside after"


def test_json_has_no_nan(tmp_path, capsys):
    path, content = tmp_path / "a.json", {"a": [math.nan, (math.inf, -math.inf, 0.1)], "b": None}
    write_json(content, path)
    write_json(content, "-")
    assert path.read_text() == capsys.readouterr().out
    assert json.loads(path.read_text()) == {"a": ["nan", ["inf", "-inf", 0.1]], "b": None}
