"""Culprit: which expression of a student's function makes its result wider than its inputs."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from typing import Any

from parity.grade.solutions import Solver

MAKERS = frozenset(["zeros", "ones", "eye", "identity", "full", "empty", "linspace", "tri", "diag", "arange"])
NUMBERS = frozenset(["log", "sqrt", "exp", "float64", "prod", "log2", "log10", "sum", "mean", "double", "abs", "sin"])
WIDENERS = frozenset(["float64", "double", "float", "float_"])


def culprit(solver: Solver, dtype: Any) -> str:
    """The expression and its line, as far as the source tells."""
    for text, line, why in _suspects(solver):
        return f"{text} (line {line}) {why}"
    return f"a NumPy number or array of {dtype.name} takes part somewhere"


def _suspects(solver: Solver) -> Iterator[tuple[str, int, str]]:
    """Expressions that make float64 whatever goes in, the likeliest first."""
    try:
        tree = ast.parse(textwrap.dedent(solver.source))
    except SyntaxError:
        return
    found: list[tuple[int, str, int, str]] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        line = solver.first_line + node.lineno - 1
        keywords = {one.arg for one in node.keywords}
        text = ast.unparse(node)
        if name == "astype" and node.args and ast.unparse(node.args[0]).split(".")[-1].strip("'\"") in WIDENERS:
            found.append((0, text, line, "makes it so"))
        elif name in MAKERS and "dtype" not in keywords and len(node.args) < 2 + (name == "full"):
            found.append((1, text, line, "makes float64 unless it is given dtype=dy.dtype"))
        elif name == "where" and len(node.args) == 3 and all(isinstance(one, ast.Constant) for one in node.args[1:]):
            found.append((1, text, line, "makes float64 of two Python numbers"))
        elif name in ("array", "asarray") and "dtype" not in keywords and len(node.args) == 1:
            found.append((2, text, line, "makes float64 of Python numbers unless it is given dtype=dy.dtype"))
        elif name in NUMBERS and isinstance(node.func, ast.Attribute) and _is_constant(node):
            found.append((1, text, line, "is a NumPy float64, which widens float32 arrays: float(...) of it does not"))
        elif name in ("sum", "count_nonzero", "prod") and isinstance(node.func, ast.Attribute):
            found.append((3, text, line, "counts in int64, which makes float64 with float32: give it dtype=dy.dtype"))
        elif name in ("asarray", "array", "float64") or "dtype" in keywords:
            found.append((4, text, line, "chooses a dtype"))
    for _, text, line, why in sorted(found, key=lambda one: one[0]):
        yield text, line, why


def _is_constant(node: ast.Call) -> bool:
    """Whether a call's arguments are numbers, or shapes."""
    names = [one.attr for argument in node.args for one in ast.walk(argument) if isinstance(one, ast.Attribute)]
    others = [one for argument in node.args for one in ast.walk(argument) if isinstance(one, ast.Name)]
    return bool(node.args) and (not others or any(name in ("shape", "size", "pi", "e") for name in names))
