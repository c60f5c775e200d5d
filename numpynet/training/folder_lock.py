"""A lock on a folder: one run at a time writes there. It ends with the process, however that ends, and leaves nothing.

POSIX locks the folder itself; Windows, which cannot, locks a file in it that goes when it is closed. The systems lock
for the processes of one machine, not for those of several that share a disk.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from numpynet.core.forking import held_for_forks

FILE = ".numpynet-lock"  # on Windows

_held: set[int] = set()  # the descriptors of all locks


def _close_in_child() -> None:
    """A lock is held for as long as a descriptor is open: a child must not hold on to its parent's."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


_changing = held_for_forks(threading.RLock(), _close_in_child)


@contextmanager
def locked_folder(folder: str | os.PathLike[str] | None) -> Iterator[None]:
    """Makes a folder if need be, and locks it for as long as the block runs; does nothing for None.

    BlockingIOError where another process or thread, or a block around this one, has locked it. UserWarning where the
    file system knows no locks: the block then runs without.
    """
    if folder is None:
        yield
        return
    os.makedirs(folder, exist_ok=True)
    with _changing:
        descriptor = _open(folder)
        _held.add(descriptor)
    try:
        try:
            _lock(descriptor)
        except (BlockingIOError, PermissionError):  # the latter is Windows'
            raise BlockingIOError(
                f"another run is writing into {os.fspath(folder)!r} right now: wait for it to end, or name another "
                f"folder"
            ) from None
        except OSError as error:
            warnings.warn(
                f"{os.fspath(folder)!r} cannot be locked ({error.strerror}): see to it that no other run writes there",
                stacklevel=4,
            )
        yield
    finally:
        with _changing:
            if descriptor in _held:  # or else this is a child, which has closed it
                _held.discard(descriptor)
                _unlock(descriptor)
                os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _open(folder: str | os.PathLike[str]) -> int:
        return os.open(os.path.join(folder, FILE), os.O_CREAT | os.O_RDWR | os.O_TEMPORARY)

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        pass  # closing does

else:
    import fcntl

    def _open(folder: str | os.PathLike[str]) -> int:
        return os.open(folder, os.O_RDONLY)

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        with suppress(OSError):  # where there is no lock
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # at once, though a program that starts may share the descriptor
