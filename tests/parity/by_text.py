"""The solutions that are written out, as what the grader finds in a file with their text."""

from __future__ import annotations

import linecache
import types

import right_by_text
import wrong_by_text

from parity.grade.calling import Local
from parity.grade.grading import grade_callee
from parity.grade.solutions import MODULE, solvers_of
from parity.grade.watching import Watch


def entries(table):
    """(name, what it is about, words, text) for each solution of a table, "WRONG" or "RIGHT"."""
    found = []
    for entry in (wrong_by_text.WRONG if table == "WRONG" else right_by_text.RIGHT).split("\n@@ ")[1:]:
        head, text = entry.split("\n", 1)
        name, about, words, *_ = [part.strip() for part in f"{head} | ".split(" | ")]
        found.append((name, about, words, text))
    return found


def graded(name, text, searched):
    """The verdicts on the functions in a text."""
    text = f"import numpy as np\n{text}"
    filename = f"<{name}>"
    linecache.cache[filename] = len(text), None, text.splitlines(keepends=True), filename
    module = types.ModuleType(MODULE)
    exec(compile(text, filename, "exec"), vars(module))
    callees = [Local(solver, function, Watch(), interactive=True) for solver, function in solvers_of(module)]
    return [grade_callee(callee, searched=searched) for callee in callees]
