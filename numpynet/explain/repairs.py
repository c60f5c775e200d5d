"""Repairs: which one change makes a wrong line right, so that a hint can point at the place.

The line's own expression is changed in one place at a time: another sign, another order, another name, a transpose, the
dimension of a sum. What is said of a change has been tried out: it gives the right numbers.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from numpynet.core.modes import silently

Repair = tuple[ast.expr, str]  # what to put in a node's place, and what is said of it

_OTHERS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_OPPOSITE = {ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.Lt: ast.GtE, ast.GtE: ast.Lt}


def repaired(line: ast.expr, scope: Mapping[str, Any], names: Sequence[str], is_right: Callable[[Any], bool]) -> str:
    """What is to be changed in a line that is wrong; nothing where no single change makes it right.

    names: those that may stand in the place of others.

    >>> line = ast.parse("d_y @ h", mode="eval").body
    >>> scope = {"d_y": np.ones((2, 3)), "h": np.ones((2, 4))}
    >>> repaired(line, scope, ["d_y", "h"], lambda value: value.shape == (3, 4))
    'd_y must be transposed in `d_y @ h`: (2, 3) times (2, 4) does not go'
    """
    for node in ast.walk(line):
        if isinstance(node, ast.expr):
            for new, told in _repairs(node, names):
                value = _value(_with(line, node, new), scope)
                if value is not None and is_right(value):
                    return f"{told}{_why(node, scope)}"
    return ""


def _repairs(node: ast.expr, names: Sequence[str]) -> Iterator[Repair]:
    text = ast.unparse(node)
    if isinstance(node, ast.BinOp):
        left, right = node.left, node.right
        if isinstance(node.op, ast.MatMult):
            for one, other in ((left, right), (right, left)):
                turned, what = _turned(one)
                pair = (turned, other) if one is left else (other, turned)
                yield ast.BinOp(pair[0], node.op, pair[1]), f"{what} in `{text}`"
            yield ast.BinOp(right, node.op, left), f"the factors are in the wrong order in `{text}`"
            turned_left, turned_right = _turned(left)[0], _turned(right)[0]
            yield ast.BinOp(turned_right, node.op, turned_left), f"that is the transpose: `{text}`"
            for first, second in ((turned_left, right), (left, turned_right)):
                yield ast.BinOp(second, node.op, first), f"look at the order and at what is transposed in `{text}`"
        sign = _OTHERS.get(type(node.op))
        if sign is not None:
            yield ast.BinOp(left, sign(), right), f"all is right but the {_SIGNS[type(node.op)]} in `{text}`"
        if isinstance(node.op, (ast.Sub, ast.Div)):
            yield ast.BinOp(right, node.op, left), f"all is right but the order in `{text}`"
    elif isinstance(node, ast.Call) and _called(node) in ("sum", "mean"):
        others = [one for one in node.keywords if one.arg not in ("axis", "keepdims")]
        array = node.args[:1] if isinstance(node.func, ast.Attribute) and _is_numpy(node.func.value) else []
        for axis in (0, 1, None):
            for keeps in (False, True):
                chosen = [ast.keyword("axis", ast.Constant(axis)), ast.keyword("keepdims", ast.Constant(keeps))]
                yield ast.Call(node.func, array, [*others, *chosen]), f"all is right but the dimension of `{text}`"
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _OPPOSITE:
        turned_sign = _OPPOSITE[type(node.ops[0])]()
        yield ast.Compare(node.left, [turned_sign], node.comparators), f"all is right but the sign in `{text}`"
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value, f"{ast.unparse(node.value)} must not be transposed"
    elif isinstance(node, ast.Name):
        for name in names:
            if name != node.id:
                yield ast.Name(name), f"all is right but {node.id}: another value belongs in its place"


def _turned(node: ast.expr) -> tuple[ast.expr, str]:
    """The transpose, and what is said where it is wanted."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value, f"{ast.unparse(node.value)} must not be transposed"
    return ast.Attribute(node, "T"), f"{ast.unparse(node)} must be transposed"


def _why(node: ast.expr, scope: Mapping[str, Any]) -> str:
    """The shapes of a product that does not go."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.MatMult) or _value(node, scope) is not None:
        return ""
    shapes = [np.shape(_value(one, scope)) for one in (node.left, node.right)]
    return f": {shapes[0]} times {shapes[1]} does not go"


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _is_numpy(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "np"


def _with(tree: ast.expr, old: ast.expr, new: ast.expr) -> ast.expr:
    """The tree with one node replaced."""

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return new if node is old else self.generic_visit(copy.copy(node))

    if tree is old:
        return new
    twin = copy.deepcopy(tree)
    for one, its_twin in zip(ast.walk(tree), ast.walk(twin), strict=True):
        if one is old:
            old = its_twin  # type: ignore[assignment]
            break
    replaced: ast.expr = Replace().visit(twin)
    return replaced


def _value(node: ast.expr, scope: Mapping[str, Any]) -> Any:
    """The value of an expression; None where it has none."""
    whole = ast.Expression(copy.deepcopy(node))
    for one in ast.walk(whole):
        if isinstance(one, (ast.Name, ast.Attribute, ast.Subscript, ast.Tuple)):
            one.ctx = ast.Load()
    try:
        found = silently(eval, compile(ast.fix_missing_locations(whole), "<line>", "eval"), dict(scope))
        return np.asarray(found)
    except Exception:  # most changes make no sense
        return None
