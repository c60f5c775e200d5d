"""Plans: what the tape keeps of a recorded operation, and how its formulas are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet.ops.sums import HALF, product_with_one

if TYPE_CHECKING:
    from numpynet.ops.form import Formula, Op

IN_FLOAT32 = 1 << 62  # beside the bits of operands: formulas on float16 are computed in float32, and rounded once
CONJUGATED = 1 << 61  # and those of analytic functions are conjugated, where the operands are complex
OF_ONE = 1 << 60  # likewise: a factor of the formulas' products is a single number


class Plan:
    """What the tape does for one operation when a certain set of its operands needs a gradient.

    positions: of the operands that need a gradient.
    kept: what their formulas name, of a call's arrays, result and options: a tuple. Of a variadic operation the arrays
        are one list.
    places: of each thing that is kept, which operand it is or, after these, the result or an option, and the attribute
        that is kept in its place, or None.
    gradients: the formulas, each called with dy and its part of what was kept: a list.
    keeps_arrays: whether an option that may be an array is among what is kept.
    shared: which of a call's values torch keeps whichever operands need a gradient: what several formulas name, or the
        only one. It keeps others only where their formula is wanted.
    remember: gives a new node of the tape what it is to hold of a call, and the result the node; see
        `numpynet.core.tape.OpNode`. It takes the operands one by one, then their arrays; of a variadic operation both
        as one list each.

    These functions are made of the formulas' signatures, so that ``mul`` with two gradients has

        def kept(arrays, y, options):
            a_array, b_array, = arrays
            return (a_array, b_array,)
        def gradients(dy, kept):
            return [a(dy, kept[1],), b(dy, kept[0],)]
        def remember(node, number, result, options, a, b, a_array, b_array):
            y = result._array
            node.number = number; node.plan = plan; node._hooks = node.retained = None
            result._node = node; result._requires_grad = True
            node.edges = (a._node or a, b._node or b,)
            node.title = title
            node.kept = (a_array, b_array,)
            node.watched = ((a._writes, a._writes[0], a._array), (b._writes, b._writes[0], b._array),)
            if a._writes[0] < 0 or b._writes[0] < 0:
                refuse_inference()
            shape = y.shape
            node.shapes = None if shape == a_array.shape == b_array.shape else (a_array.shape, b_array.shape,)
    """

    __slots__ = ("gradients", "keeps_arrays", "kept", "operation", "places", "positions", "remember", "shared")

    gradients: Callable[[Any, Sequence[Any]], list[Any]]
    kept: Callable[[Sequence[Any], Any, dict[str, Any]], tuple[Any, ...]]
    remember: Callable[..., None]

    def __init__(self, operation: Op, needed: int) -> None:
        self.operation: Any = operation  # an Op, which mypy would take for a method of this class
        self.positions = tuple(p for p in range(len(operation.operands)) if needed >> p & 1)
        sources: dict[tuple[int, str | None], str] = {}  # where what is named stands, and how it is got at
        formulas: dict[str, Any] = {"version": _version, "refuse_inference": refuse_inference}
        formulas |= {"plan": self, "title": operation.grad_fn, "defaults": operation.option_defaults}
        formulas["usual"] = self._usual_title()
        formulas["plans"] = operation.plans
        calls: list[tuple[str, list[tuple[int, str | None]]]] = []
        for name in (operation.operands[position] for position in self.positions):
            if operation.gradients._needs:
                formula = getattr(operation.gradients, name)
            else:  # torch has none either, and says so in the backward pass
                formula = partial(no_derivative, operation.name)
            places = [operation.whereabouts(need) for need in operation.gradients.needs(name)]
            if needed & OF_ONE and any(attribute is None for _, attribute in places):
                formula = _summing(formula)
            if needed & (IN_FLOAT32 | CONJUGATED):
                formula = _in_float32(formula) if needed & IN_FLOAT32 else _conjugated(formula)
            formulas[f"gradient_{name}"] = formula
            sources.update((place, self._source(*place)) for place in places)
            calls.append((f"gradient_{name}", places))
        needs = [set(names) for names in operation.gradients._needs.values()]
        values = [*operation.operands, "y", *operation.options]
        self.shared = tuple(
            place
            for place, one in enumerate(values)
            if sum(one in names for names in needs) > (len(needs) > 1) and not operation.variadic
        )
        self.places = order = sorted(sources, key=lambda place: (place[1] is not None, place))
        first = len(operation.operands) + 1
        options = [operation.options[place - first] for place, _ in order if place >= first]
        self.keeps_arrays = any(name in operation.array_options for name in options)
        names = operation.operands
        arrays = [f"{name}_array" for name in names]
        kept = _tuple(sources[place] for place in order)
        gradients = ", ".join(
            f"{name}({_listed(['dy', *(f'kept[{order.index(place)}]' for place in places)])})" for name, places in calls
        )
        text = f"""
def kept(arrays, y, options):
    {", ".join(arrays)}, = arrays
    return {kept}
def gradients(dy, kept):
    return {gradients if operation.variadic else f"[{gradients}]"}
def remember(node, number, result, options, {", ".join([*names, *arrays])}):
    y = result._array
    node.number = number; node.plan = plan; node._hooks = node.retained = None
    result._node = node; result._requires_grad = True
    {self._edges()}
    {self._title()}
    node.kept = {kept}
    {self._watched(order)}
    {self._shapes()}
    {self._of_one(needed)}
"""
        exec(text, formulas)
        self.kept, self.gradients, self.remember = (formulas[name] for name in ("kept", "gradients", "remember"))

    def _edges(self) -> str:
        """The statements that give a node its edges: the nodes of the operands, or the leaves that they are."""
        names = self.operation.operands
        if self.operation.variadic:
            requires = "getattr(one, '_requires_grad', False)"  # of a tensor, or of None
            return f"node.edges = [(one._node or one) if {requires} else None for one in {names[0]}]"
        edges = _tuple(f"{names[position]}._node or {names[position]}" for position in self.positions)
        return f"node.edges = {edges}"

    def _title(self) -> str:
        """The statement that gives a node torch's name for it."""
        grad_fn = self.operation.grad_fn
        if isinstance(grad_fn, str):
            return "node.title = title"
        options, needs = self.operation.options, list(signature(grad_fn).parameters)
        given = ", ".join(f"options[{need!r}]" if need in options else need for need in needs)
        is_usual = "usual if options is defaults else " if self._usual_title() else ""
        return f"node.title = {is_usual}title({given})"

    def _usual_title(self) -> str | None:
        """The name of a node whose options have their defaults; None where operands count too."""
        grad_fn, defaults = self.operation.grad_fn, self.operation.option_defaults
        if isinstance(grad_fn, str):
            return grad_fn
        needs = signature(grad_fn).parameters
        return grad_fn(**{need: defaults[need] for need in needs}) if all(need in defaults for need in needs) else None

    def _watched(self, kept: Sequence[tuple[int, str | None]]) -> str:
        """The statements that give a node what must not be overwritten; None where nothing that is kept could be."""
        names = self.operation.operands
        watched, others, leaves = [], [], []  # others: expressions of tuples, empty where an operand is a number
        for position, attribute in kept:
            if attribute is None and position == len(names):
                watched.append("(result._writes, result._writes[0], y)")
            elif attribute is None and position < len(names):
                name = names[position]
                if self.operation.variadic:
                    watched.append(f"*[part for one in {name} for part in version(one)]")
                elif position in self.positions:
                    watched.append(f"({name}._writes, {name}._writes[0], {name}._array)")
                    leaves.append(f"{name}._writes[0] < 0")
                else:
                    writes = f"{name}_writes"
                    others.append(
                        f"(({writes} := getattr({name}, '_writes', ())) and (({writes}, {writes}[0], {name}._array),))"
                    )
                    leaves.append(f"{writes} and {writes}[0] < 0")
        unnamed = [position for position in self.shared if position <= len(names) and (position, None) not in kept]
        others += [f"version({(*names, 'result')[position]})" for position in unnamed]
        if self.operation.keeps_result and (len(names), None) not in kept:
            tensors = [f"hasattr({one}, '_writes')" for place, one in enumerate(names) if place not in self.positions]
            others.append(f"(((result._writes, result._writes[0], y),) if {' and '.join(tensors) or True} else ())")
        if not watched and not others:
            return "node.watched = None"
        # Without a tensor nothing is kept for one backward pass only, unless numbers are.
        parts = " + ".join([*([_tuple(watched)] if watched else []), *others])
        watching = f"node.watched = {parts}{'' if self.operation.keeps_numbers else ' or None'}"
        return f"{watching}\n    if {' or '.join(leaves)}: refuse_inference()" if leaves else watching

    def _shapes(self) -> str:
        """The statements that give a node its operands' shapes where broadcasting must be summed away."""
        if not self.operation.broadcasts or len(self.operation.operands) == 1:
            return "node.shapes = None"
        shapes = [f"{self.operation.operands[position]}_array.shape" for position in self.positions]
        return f"shape = y.shape; node.shapes = None if {' == '.join(['shape', *shapes])} else {_tuple(shapes)}"

    def _of_one(self, needed: int) -> str:
        """The statement that has products computed otherwise where a factor, or dy, is a single number."""
        if not self.operation.multiplies:
            return ""
        a, b = self.operation.operands[:2]
        return f"if {a}_array.size == 1 or {b}_array.size == 1 or y.size == 1: node.plan = plans[{needed | OF_ONE}]"

    def _source(self, position: int, attribute: str | None) -> str:
        """The expression for one of a call's values."""
        count = len(self.operation.operands)
        if position == count:
            return "y"
        if position > count:
            return f"options[{self.operation.options[position - count - 1]!r}]"
        array = f"{self.operation.operands[position]}_array"
        if attribute is None:
            return array
        return f"[one.{attribute} for one in {array}]" if self.operation.variadic else f"{array}.{attribute}"


class Plans(dict[int, Plan]):
    """The plans of one operation, each made when it is first asked for: by the bits of the operands."""

    def __init__(self, operation: Op) -> None:
        self.operation: Any = operation

    def __missing__(self, needed: int) -> Plan:
        plan = self[needed] = Plan(self.operation, needed)
        return plan


def _listed(expressions: Iterable[str]) -> str:
    return "".join(f"{one}, " for one in expressions)


def _tuple(expressions: Iterable[str]) -> str:
    return f"({_listed(expressions)})"


def _version(operand: Any) -> tuple[Any, ...]:
    """What tells whether an operand is overwritten, if it is a tensor."""
    if not hasattr(operand, "_writes"):
        return ()
    if operand._writes[0] < 0:
        refuse_inference()
    return ((operand._writes, operand._writes[0], operand._array),)


def refuse_inference() -> None:
    """RuntimeError: what is called where memory made in inference mode, whose version is negative, would be kept."""
    raise RuntimeError(
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
        "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use "
        "it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
    )


def _in_float32(formula: Formula) -> Formula:
    """A formula that computes in float32 where it is given float16, and rounds its result once."""

    def computed(*values: Any) -> Any:
        result = formula(*(one.astype(np.float32) if _is_half(one) else one for one in values))
        return result.astype(HALF) if result.dtype == np.float32 else result

    return computed


class _Summing:
    """A cotangent as a formula multiplies it where one factor is a single number."""

    def __init__(self, array: Any) -> None:
        self.array = array

    @property
    def T(self) -> _Summing:
        return _Summing(self.array.T)

    def dot(self, other: Any) -> Any:
        return product_with_one(self.array, other)


def _summing(formula: Formula) -> Formula:
    """A formula that multiplies dy by `dot`, with products that are sums from 0 on."""

    def computed(dy: Any, *values: Any) -> Any:
        return formula(_Summing(dy), *values)

    return computed


def _conjugated(formula: Formula) -> Formula:
    """The formula of an analytic function for complex numbers.

    The gradient of a real L by z = a + ib is ∂L/∂a + i ∂L/∂b, which points uphill. Through an analytic y = f(z) it is
    carried back by dz = dy · conj(f′(z)), every factor but dy conjugated: the conjugate of what the formula gives of
    conj(dy).
    """

    def computed(dy: Any, *values: Any) -> Any:
        turned = np.conj(dy)
        gradient = formula(np.asarray(turned) if isinstance(turned, np.generic) else turned, *values)
        return [np.conj(one) for one in gradient] if isinstance(gradient, list) else np.conj(gradient)

    return computed


NOT_IMPLEMENTED = "torch::autograd::NotImplemented"  # torch's node of what has no derivative


def no_derivative(function: str, *values: Any) -> Any:
    """RuntimeError: what is called in the place of a formula that torch does not have either."""
    raise RuntimeError(f"derivative for aten::{function} is not implemented: detach() its operands first")


def _is_half(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype == HALF
