"""Uses: how an operation turns the cotangent of its result into those of its operands: formula, and terms."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import numpy as np

from numpynet.core.tape import OpNode
from numpynet.explain.formula import Formula, formula
from numpynet.explain.graph import Call, Value
from numpynet.explain.notation import ATOM, Text, Writer, written
from numpynet.explain.terms import Term, terms

Index = tuple[int, ...]
_MIXING = {"sum_over", "column_sums", "total", "sum", "_mean", "standardized", "dot", "matmul", "put_back", "spread"}
_MIXING |= {"amax", "amin", "flip", "roll", "cumsum", "reshape"}


def formula_of(call: Call, operand: str) -> Formula | None:
    """The formula for one operand of a call; None for what is no operation of numpynet's."""
    operation = call.operation
    if operation is None or not isinstance(call.node, OpNode):
        return None
    own = operation.operands[0] if operation.variadic else operand
    if own not in operation.gradients:
        return None
    dy = np.ones(call.result.shape, call.result.dtype)
    return formula(getattr(operation.gradients, own), {"dy": dy, **call.formula_needs(operand)})


def labels(call: Call) -> dict[str, tuple[str, str]]:
    """What the names in an operation's formulas are called in the program, and whether they are gradients."""
    found = {"dy": (f"∂{call.result.name}", "g"), "y": (call.result.name, "v")}
    for name, operand in call.operands.items():
        if isinstance(operand, Value):
            found[name] = operand.name, "v"
    return found


def gradient_in(call: Call, operand: str, style: Text) -> str | None:
    """The right side of ∂operand = ..., where it can be written as an expression."""
    found = formula_of(call, operand)
    if found is None or found.expression is None:
        return None
    return written(_summed(call, operand, found.expression), labels(call), style)


def _summed(call: Call, operand: str, expression: ast.expr) -> ast.expr:
    """With the sum over what broadcasting had copied, which the tape adds to the formulas of elementwise operations."""
    value = call.operands.get(operand)
    of_element = call.operation is not None and call.operation.broadcasts
    if not of_element or not isinstance(value, Value) or value.shape == call.result.shape:
        return expression
    over = "column_sums" if call.result.shape[1:] == value.shape else "total"
    return ast.Call(ast.Name(over), [expression], [])


@dataclass
class Use:
    """One operation through which an element acts on the loss, and the terms of what comes back through it.

    terms: None where they are not to be found out, as of some functions of the user's own.
    """

    call: Call
    operand: str
    index: Index
    terms: list[Term] | None

    def cotangent(self, term: Term) -> float:
        """What the term multiplies."""
        dy = self.call.result.gradient
        assert dy is not None
        return float(dy[term.at])


def use_of(call: Call, slot: int, index: Index) -> Use:
    """The terms of one element of the gradient that an operation computes for one of its operands."""
    operand = call.by_operand[slot][0]
    dtype = call.result.dtype
    if call.result.gradient is None:
        return Use(call, operand, index, None)
    if call.operation is None or not isinstance(call.node, OpNode):
        try:
            found = terms(lambda dy, kept: call.pull(dy)[slot], [], [], call.result.shape, index, dtype)
        except Exception:  # a function of the user's own may fail on such a cotangent, or its values were released
            return Use(call, operand, index, None)
        return Use(call, operand, index, found)
    assert call.kept is not None
    found = terms(
        lambda dy, kept: call.pull(dy, kept)[slot], call.kept, call.kept_names(), call.result.shape, index, dtype
    )
    return Use(call, operand, index, found)


@dataclass(frozen=True)
class Coefficient:
    """What a term's coefficient is in text, and the elements of values that it names."""

    text: str
    names: tuple[tuple[Value, Index], ...] = ()


def coefficient_of(call: Call, operand: str, index: Index, term: Term, slope: ast.expr | None) -> Coefficient:
    """A term's coefficient: an element, a number, or an expression of elements.

    index: of the operand's element. slope: see `slope_of`; None where it is not wanted.
    """
    if term.factor is not None:
        value = call.result if term.factor.name == "y" else call.operands.get(term.factor.name)
        if isinstance(value, Value):
            sign = "−" if term.factor.scale < 0 else ""
            return Coefficient(sign + value.label(term.factor.index), ((value, term.factor.index),))
    if term.is_fixed:
        return Coefficient(f"{term.coefficient:.6g}".replace("-", "−"))
    if slope is None:
        value = call.operands.get(operand)
        return Coefficient(
            f"∂{call.result.label(term.at)}/∂{value.label(index) if isinstance(value, Value) else operand}"
        )
    named: list[tuple[Value, Index]] = []

    def label(name: str) -> tuple[str, str]:
        value = call.result if name == "y" else call.operands.get(name)
        if not isinstance(value, Value):
            return name, "v"
        place = aligned(term.at if len(term.at) >= len(index) else index, value.shape)
        named.append((value, place))
        return value.label(place), "v"

    text = Writer(Text(), label).tight(slope, ATOM)
    return Coefficient(text, tuple(dict.fromkeys(named)))


def aligned(at: Index, shape: Index) -> Index:
    """The index of the element that broadcasting brings to an index of the result."""
    return tuple(0 if size == 1 else one for one, size in zip(at[len(at) - len(shape) :], shape, strict=True))


def slope_of(call: Call, operand: str) -> ast.expr | None:
    """∂y/∂x of an elementwise operation: its formula without dy. None for others, and where dy is not a factor."""
    found = formula_of(call, operand)
    if found is None or found.expression is None:
        return None
    shapes = {one.shape for one in call.operands.values() if isinstance(one, Value)}
    broadcasts = call.operation is not None and call.operation.broadcasts
    one_to_one = shapes == {call.result.shape} or (call.result.shape == () and len(shapes) == 1)
    if not broadcasts and not one_to_one:
        return None
    slope = _without_dy(found.expression)
    return None if slope is None or any(map(_mixes, ast.walk(slope))) else slope


def _mixes(node: ast.AST) -> bool:
    """Whether a part of an expression makes one element of several."""
    if isinstance(node, ast.Call):
        return (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in _MIXING
    return isinstance(node, (ast.Attribute, ast.MatMult))


def _without_dy(node: ast.expr) -> ast.expr | None:
    """What dy is multiplied by in an expression, if it is nothing but that."""
    if isinstance(node, ast.Name):
        return ast.Constant(1) if node.id == "dy" else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _without_dy(node.operand)
        return None if inner is None else ast.UnaryOp(node.op, inner)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
        inner = _without_dy(node.left)
        if inner is not None and not _has_dy(node.right):
            alone = isinstance(inner, ast.Constant) and isinstance(node.op, ast.Mult)
            return node.right if alone else ast.BinOp(inner, node.op, node.right)
        inner = _without_dy(node.right) if isinstance(node.op, ast.Mult) else None
        if inner is not None and not _has_dy(node.left):
            return node.left if isinstance(inner, ast.Constant) else ast.BinOp(node.left, node.op, inner)
        return None
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "zero_where":
        condition, passed = node.args
        inner = _without_dy(passed)
        return None if inner is None else ast.Call(node.func, [condition, inner], [])
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("column_sums", "total", "sum_to", "spread"):
        return _without_dy(node.args[0])
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("choose", "where"):
        condition, here, there = node.args
        parts = [one if not _has_dy(one) else _without_dy(one) for one in (here, there)]
        if any(part is None for part in parts) or _has_dy(condition):
            return None
        return ast.Call(node.func, [condition, *(part for part in parts if part is not None)], [])
    return None


def _has_dy(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "dy" for one in ast.walk(node))
