"""``numpynet run``: a script, or a module, that was written for torch."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from collections.abc import Sequence

from numpynet.alias.finder import as_torch


def main(arguments: Sequence[str]) -> int:
    """Runs a script, whose ``import torch`` finds numpynet; its exit code is this one's."""
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
    with as_torch(placeholders=not options.strict):
        if options.module:
            sys.path.insert(0, os.getcwd())
            runpy.run_module(options.target, run_name="__main__", alter_sys=True)
        else:
            sys.path.insert(0, os.path.dirname(os.path.abspath(options.target)))
            runpy.run_path(options.target, run_name="__main__")
    return 0
