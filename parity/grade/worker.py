"""Worker: the process in which a student's file is imported and its functions are called.

It tells the process that started it, line by line in JSON, what it is about to do, so that whatever the
student's code does to it (an endless loop, a crash of the interpreter, an exit) is known and survived there.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from parity.child_process import end_with_parent

MODULE = "students_file"


def import_file(path: Path) -> ModuleType:
    """The module made from a file, whose folder can be imported from."""
    folder = str(path.parent)
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(MODULE, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    spec.loader.exec_module(module)
    sys.path.remove(folder)
    sys.path.append(folder)  # from now on nothing in it stands in for what libraries import when they first need it
    return module


def limit_memory(mebibytes: int) -> None:
    """Makes allocations beyond what this process has now fail with MemoryError, where the system can do that."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        return
    now = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + mebibytes * 2**20, resource.RLIM_INFINITY))


def speak() -> Callable[..., None]:
    """A function that sends a message; from now on what is printed goes nowhere."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)

    def say(event: str, **content: Any) -> None:
        channel.write(json.dumps({"event": event, **content}) + "\n")
        channel.flush()

    return say


def main() -> None:
    """Grades the functions of a file: all, or those named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--formulas", action="store_true")
    arguments = parser.parse_args()
    say = speak()

    from parity.grade.declaration import exercises_of
    from parity.grade.grading import grade
    from parity.libraries import torch_is_installed

    with_torch = torch_is_installed() and not arguments.formulas
    if with_torch:
        import torch

        torch.set_num_threads(1)
    limit_memory(arguments.memory)

    @contextlib.contextmanager
    def watch(inputs: str) -> Iterator[None]:
        say("calling", inputs=inputs)
        try:
            yield
        finally:
            say("returned")

    say("importing")
    try:
        module = import_file(arguments.file)
    except BaseException as error:  # whatever the file does, SystemExit included
        say("refused", reason=f"importing it raised {type(error).__name__}: {error}")
        return
    functions = exercises_of(module)
    say("found", functions=list(functions))
    for name, function in functions.items():
        if arguments.only is None or name in arguments.only:
            say("grading", function=name)
            try:
                verdict = grade(function, watch=watch, with_torch=with_torch)
            except Exception:  # ours, not the student's
                say("broken", trace=traceback.format_exc())
                return
            say("verdict", **verdict.as_dict())
    say("done")


if __name__ == "__main__":
    end_with_parent()
    main()
