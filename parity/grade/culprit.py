"""Culprit: which expression of a student's function gives its result another dtype than its inputs'."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from typing import Any

from parity.grade.solutions import Solver

MAKERS = frozenset(["zeros", "ones", "eye", "identity", "full", "empty", "linspace", "tri", "diag", "arange"])
NUMBERS = frozenset(["log", "sqrt", "exp", "float64", "prod", "log2", "log10", "sum", "mean", "double", "abs", "sin"])
SPELLED = {"float64": ("float64", "double", "float", "float_"), "float32": ("float32", "single", "f4", "f")}


def culprit(solver: Solver, dtype: Any) -> str:
    """The expression and its line, as far as the source tells."""
    for text, line, why in _suspects(solver, dtype.name):
        return f"{text} (line {line}) {why}"
    return f"a NumPy number or array of {dtype.name} takes part somewhere"


def _suspects(solver: Solver, dtype: str) -> Iterator[tuple[str, int, str]]:
    """Expressions that make a dtype whatever goes in, the likeliest first."""
    try:
        tree = ast.parse(textwrap.dedent(solver.source))
    except SyntaxError:
        return
    found: list[tuple[int, str, int, str]] = []
    masks = _masks(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and dtype == "float64":
            sides = node.left, node.right
            if any(_is_mask(one, masks) for one in sides) and any(_is_float(one) for one in sides):
                line = solver.first_line + node.lineno - 1
                found.append((2, ast.unparse(node), line, "makes float64 of a condition and a Python number"))
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        line = solver.first_line + node.lineno - 1
        keywords = {one.arg: one.value for one in node.keywords}
        text = ast.unparse(node)
        chosen = keywords.get("dtype", node.args[0] if name == "astype" and node.args else None)
        spelled = "" if chosen is None else ast.unparse(chosen).split(".")[-1].strip("'\"")
        converts = name in SPELLED.get(dtype, ()) and node.args and not _is_constant(node)
        if spelled in SPELLED.get(dtype, ()) or converts:
            found.append((0, text, line, "makes it so"))
        elif dtype != "float64":
            continue
        elif name in MAKERS and "dtype" not in keywords and len(node.args) < 2 + (name == "full"):
            found.append((1, text, line, "makes float64 unless it is given dtype=dy.dtype"))
        elif name == "where" and len(node.args) == 3 and all(isinstance(one, ast.Constant) for one in node.args[1:]):
            found.append((1, text, line, "makes float64 of two Python numbers"))
        elif name in ("array", "asarray") and "dtype" not in keywords and len(node.args) == 1:
            found.append((2, text, line, "makes float64 of Python numbers unless it is given dtype=dy.dtype"))
        elif name in NUMBERS and isinstance(node.func, ast.Attribute) and _is_constant(node):
            found.append((1, text, line, "is a NumPy float64, which widens float32 arrays: float(...) of it does not"))
        elif name in ("sum", "count_nonzero", "prod") and _counts(node, masks):
            found.append((3, text, line, "counts in int64, which makes float64 with float32: give it dtype=dy.dtype"))
        elif name in ("asarray", "array", "float64") or "dtype" in keywords:
            found.append((4, text, line, "chooses a dtype"))
    for _, text, line, why in sorted(found, key=lambda one: one[0]):
        yield text, line, why


def _masks(tree: ast.AST) -> set[str]:
    """Names of what conditions are assigned to."""
    known: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _is_mask(node.value, known):
            known |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    return known


def _is_mask(node: ast.expr, masks: set[str]) -> bool:
    """Whether an expression is a condition, or a count of some."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        return _is_mask(node.left, masks) or _is_mask(node.right, masks)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return _is_mask(node.operand, masks)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr.startswith(("logical_", "is"))
    return isinstance(node, ast.Compare) or (isinstance(node, ast.Name) and node.id in masks)


def _counts(node: ast.Call, masks: set[str]) -> bool:
    """Whether conditions are counted."""
    if not isinstance(node.func, ast.Attribute):
        return False
    return any(_is_mask(one, masks) for one in (node.func.value, *node.args[:1]))


def _is_float(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, float)


def _is_constant(node: ast.Call) -> bool:
    """Whether a call's arguments are numbers, or shapes."""
    names = [one.attr for argument in node.args for one in ast.walk(argument) if isinstance(one, ast.Attribute)]
    others = [one for argument in node.args for one in ast.walk(argument) if isinstance(one, ast.Name)]
    return bool(node.args) and (not others or any(name in ("shape", "size", "pi", "e") for name in names))
