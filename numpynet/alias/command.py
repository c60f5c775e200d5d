"""``numpynet run``: a script, or a module, that was written for torch."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from numpynet.alias.children.torch import ENVIRONMENT, HERE, STRICT
from numpynet.alias.finder import as_torch


def main(arguments: Sequence[str]) -> int:
    """Runs a script, whose ``import torch`` finds numpynet; its exit code is this one's.

    The processes that it starts with the Python of the same environment find numpynet too, unless they are kept from
    the variable PYTHONPATH, as by ``python -I``.
    """
    parser = argparse.ArgumentParser(
        prog="numpynet run",
        usage="numpynet run [--strict] (script.py | -m module) [arguments]",
        description="Runs a script that was written for torch: `import torch` finds numpynet.",
    )
    parser.add_argument("--strict", action="store_true", help="no placeholders for what numpynet lacks")
    parser.add_argument("-m", dest="module", action="store_true", help="runs a module, as python -m does")
    parser.add_argument("target", metavar="script.py", help="the script, or with -m the module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what it is given")
    options = parser.parse_args(arguments)
    if not options.module and not os.path.exists(options.target):
        parser.error(f"there is no {options.target}")
    sys.argv = [options.target, *options.arguments]
    with as_torch(placeholders=not options.strict), _in_children(options.strict):
        if options.module:
            sys.path.insert(0, os.getcwd())
            runpy.run_module(options.target, run_name="__main__", alter_sys=True)
        else:
            sys.path.insert(0, os.path.dirname(os.path.abspath(options.target)))
            runpy.run_path(options.target, run_name="__main__")
    return 0


@contextmanager
def _in_children(strict: bool) -> Iterator[None]:
    """Has the processes that are started find numpynet as torch, by subprocess or by multiprocessing."""
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", ENVIRONMENT, STRICT)}
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(HERE), before["PYTHONPATH"])))
    os.environ[ENVIRONMENT] = sys.prefix
    if strict:
        os.environ[STRICT] = "1"
    sys.path.insert(0, str(HERE))  # which multiprocessing hands on
    try:
        yield
    finally:
        sys.path.remove(str(HERE))
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
