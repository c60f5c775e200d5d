"""Child processes for code that is not ours: they end when they are told to, and when whoever started them ends.

A parent that is killed can tell nobody. So each child holds the reading end of a pipe, its standard input, whose other
end only the parent has: the system closes that when the parent ends, in whatever way.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

POSIX = os.name == "posix"


def start(
    module: str,
    arguments: Sequence[str],
    *,
    stdout: int | IO[Any],
    stderr: int | IO[Any],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Starts a module that calls `end_with_parent`, in a session of its own.

    It imports the same parity as this process, and nothing from the current folder in place of a library.
    """
    path = [str(Path(__file__).resolve().parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), **(environment or {})},
        text=True,
        encoding="utf-8",
        start_new_session=POSIX,
    )


def end(process: subprocess.Popen[str]) -> None:
    """Ends a child, with whatever it has started."""
    if process.poll() is None:
        if POSIX:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def end_with_parent() -> None:
    """Called by the child, first of all: from now on it ends with its parent. Nothing is left in its standard input."""
    leash = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    if sys.platform == "linux":
        # The kernel itself kills the process group, even one that holds Python's lock in an endless calculation.
        import fcntl

        fcntl.fcntl(leash, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(leash, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(leash, fcntl.F_SETFL, fcntl.fcntl(leash, fcntl.F_GETFL) | os.O_ASYNC)
        if select.select([leash], [], [], 0)[0]:  # the parent had ended before
            _end_group()
    else:
        threading.Thread(target=_wait, args=(leash,), daemon=True).start()


def _wait(leash: int) -> None:
    os.read(leash, 1)  # nobody writes into it
    _end_group()


def _end_group() -> None:
    if POSIX:
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)
