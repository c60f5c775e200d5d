"""Files that appear whole or not at all. Everything that numpynet writes is written here."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from typing import IO, Any

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

Path = str | os.PathLike[str]


@contextlib.contextmanager
def atomic_file(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Opens a temporary file beside `path` that takes its place when the block ends without an error.

    mode: "w" for text in UTF-8 with lines ending in a line feed, "wb" for bytes.

    A file that is replaced passes on its permissions and, where the system lets it, its owner. A symbolic link stays:
    its target is replaced. Devices, pipes, and whatever the standard output or error are connected to, cannot be
    replaced, and are written to at the end. OSError when `path` cannot be written, which a read-only file cannot, not
    even by an administrator. After any error `path` is as it was before, and the temporary file is gone. One that a
    killed process left of this file goes when the file is written next.
    """
    check_target(path)
    text: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    stream = standard_stream(path)
    if stream is not None or not _is_replaced(path):
        memory: IO[Any] = io.BytesIO() if "b" in mode else io.StringIO(newline="")  # formats that seek cannot in a pipe
        yield memory
        memory.seek(0)
        with open(path if stream is None else os.dup(stream), mode, **text) as file:
            file.write(memory.read())
        return
    path = os.path.realpath(path)
    temporary, opened = _open_temporary(path, mode.replace("w", "x"), text)
    try:
        with opened as file:
            _clear(path, but=temporary)
            with contextlib.suppress(FileNotFoundError):
                _pass_on(os.stat(path), temporary)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def require_writable(path: Path) -> None:
    """OSError unless `atomic_file` can write here, as far as can be known without writing."""
    check_target(path)
    if standard_stream(path) is None and _is_replaced(path):
        temporary = _temporary_name(os.path.realpath(path))
        with open(temporary, "x"):  # permissions tell nothing of read-only and full file systems
            os.unlink(temporary)


def check_target(path: Path) -> None:
    """OSError where `path` is a directory, read-only, or in no folder."""
    path = os.path.realpath(path) if _is_replaced(path) else path
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if os.path.exists(path):
        if not (os.access(path, os.W_OK) and os.stat(path).st_mode & 0o222):  # access() lets root write everywhere
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    elif not os.path.isdir(os.path.dirname(path)):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.path.dirname(path))


def _is_replaced(path: Path) -> bool:
    """Whether it is a file or is not there yet; not a device, pipe or socket."""
    return os.path.isfile(path) or not os.path.exists(path)


def standard_stream(path: Path) -> int | None:
    """The descriptor of the standard output or error where `path` is the same thing, as /dev/stdout is."""
    with contextlib.suppress(OSError):
        target = os.stat(path)
        for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
            with contextlib.suppress(OSError):
                if os.path.samestat(target, os.fstat(descriptor)):
                    stream.flush()  # what was printed before comes before
                    return descriptor
    return None


def _temporary_name(path: str) -> str:
    return f"{_temporary_start(path)}{os.urandom(4).hex()}"


def _temporary_start(path: str) -> str:
    """How the names of a file's temporary files begin; a checksum stands for its own name, which may be long."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".numpynet-{zlib.crc32(os.fsencode(name)):08x}-")


def _open_temporary(path: str, mode: str, text: dict[str, Any]) -> tuple[str, IO[Any]]:
    """A new temporary file of a file, locked; another one where a process that clears up was quicker."""
    while True:
        temporary = _temporary_name(path)
        file = open(temporary, mode, **text)  # noqa: SIM115
        try:
            if _is_mine(file) and os.fstat(file.fileno()).st_nlink:
                return temporary, file
        except OSError:  # where there are no locks nobody clears up
            return temporary, file
        file.close()


def _clear(path: str, but: str) -> None:
    """Removes what killed processes left of a file: its temporary files on which no process has a lock."""
    start = os.path.basename(_temporary_start(path))
    for entry in os.scandir(os.path.dirname(path)):
        if entry.name.startswith(start) and entry.path != but:
            with contextlib.suppress(OSError), open(entry.path, "rb") as file:
                if _is_mine(file):
                    os.unlink(entry.path)


def _is_mine(file: IO[Any]) -> bool:
    """Locks a file for as long as it is open; whether no other process has done so. OSError where nobody can."""
    if fcntl is None:  # Windows, which lets no open file be removed anyway
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pass_on(before: os.stat_result, path: str) -> None:
    """Gives a file the owner and the permissions of another."""
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):
            os.chown(path, before.st_uid, before.st_gid)
    os.chmod(path, stat.S_IMODE(before.st_mode))
