"""Worker: the process in which a student's file is imported and its functions are called.

It answers with arrays only. It has neither the right gradients nor the means to judge: neither torch nor numpynet
is imported here unless the student's file does so, and that is told.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from parity.child_process import end_with_parent
from parity.grade.calling import Local
from parity.grade.plain import pack, safe_text, type_name, unpack
from parity.grade.solutions import Solver, import_file, solvers_of
from parity.grade.watching import Watch

WHILE_IMPORTING = 16 * 1024  # MiB: libraries that a file imports reserve much that they never use


def limit_memory(mebibytes: int) -> None:
    """Makes allocations beyond what this process has now fail with MemoryError, where the system can do that."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        return
    now = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + mebibytes * 2**20, resource.RLIM_INFINITY))


def silence() -> None:
    """From now on what is printed goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def serve(connection: Connection, file: Path, mebibytes: int) -> None:
    """Imports a file, tells what is in it, and calls what it is asked to, until nobody asks any more."""

    def say(event: str, **content: Any) -> None:
        connection.send_bytes(pack({"event": event, **content}))

    watch = Watch(with_events=True, told=lambda kind, what: say("seen", kind=kind, what=what))
    limit = sys.getrecursionlimit()
    limit_memory(WHILE_IMPORTING)
    say("importing")
    found: list[tuple[Solver, Callable[..., Any]]] = []
    try:
        found = solvers_of(import_file(file))
    except BaseException as error:  # whatever the file does, SystemExit included
        sys.setrecursionlimit(limit)
        say("refused", reason=f"importing it raised {type_name(error)}: {safe_text(error)}")
        return
    sys.setrecursionlimit(limit)
    limit_memory(mebibytes)
    callees = [Local(solver, function, watch, interactive=False) for solver, function in found]
    say("found", solvers=[solver.as_dict() for solver, _ in found])
    while True:
        number, positional, keywords = unpack(connection.recv_bytes())
        outcome = callees[number].call(positional, keywords)
        try:
            say("answer", **vars(outcome))
        except MemoryError:
            say("answer", symptom="memory", text="it ran out of memory: nothing is left to answer with")


def main() -> None:
    """Connects with whoever started this process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("key")
    parser.add_argument("file", type=Path)
    parser.add_argument("--memory", type=int, required=True)
    arguments = parser.parse_args()
    with Client(arguments.address, authkey=bytes.fromhex(arguments.key)) as connection:
        sys.argv[1:] = []
        silence()
        with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
            serve(connection, arguments.file, arguments.memory)


if __name__ == "__main__":
    end_with_parent()
    main()
