"""Formulas: an operation's gradients on plain arrays, put together as the tape puts them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.ops.form import Op
from numpynet.ops.sums import sum_to

Array = NDArray[Any]


def with_defaults(operation: Op, options: Mapping[str, Any]) -> dict[str, Any]:
    """All options of a call, in the operation's order, those not given at their defaults."""
    missing = [name for name in operation.options if name not in options and name not in operation.option_defaults]
    if missing:
        raise TypeError(f"{operation.name} needs the option {missing[0]!r}")
    return {name: options.get(name, operation.option_defaults.get(name)) for name in operation.options}


def gradients(
    operation: Op,
    operands: Sequence[Any],
    dy: Array,
    options: Mapping[str, Any] | None = None,
    *,
    y: Array | None = None,
    wanted: Sequence[int] | None = None,
) -> dict[int, Array]:
    """∂L/∂operand for the operands at the positions `wanted`, given dy = ∂L/∂y; each has its operand's shape.

    operands: arrays, numbers or None, as the operation's forward takes them.
    y: the result, where it is known already.
    wanted: by default every floating array that the operation has a formula for.

    >>> from numpynet.ops import mul
    >>> gradients(mul, [np.array([[1.0], [2.0]]), np.array([3.0, 4.0])], np.ones((2, 2)))[0]
    array([[7.],
           [7.]])
    """
    all_options = with_defaults(operation, options or {})
    positions = differentiable(operation, operands) if wanted is None else list(wanted)
    if y is None:
        y = np.asarray(operation.forward(*operands, **all_options))
    if operation.variadic:
        plan = operation.plans[1]
        found = plan.gradients(dy, plan.kept([list(operands)], y, all_options))
        return {position: np.asarray(found[position]) for position in positions}
    plan = operation.plans[sum(1 << position for position in positions)]
    result = {}
    for position, found in zip(plan.positions, plan.gradients(dy, plan.kept(operands, y, all_options)), strict=True):
        gradient = np.asarray(found)
        result[position] = sum_to(gradient, operands[position].shape) if operation.broadcasts else gradient
    return result


def differentiable(operation: Op, operands: Sequence[Any]) -> list[int]:
    """The positions of the operands that have a gradient formula and are floating arrays."""
    names = operation.operands * len(operands) if operation.variadic else operation.operands
    return [
        position
        for position, (name, operand) in enumerate(zip(names, operands, strict=True))
        if name in operation.gradients and isinstance(operand, np.ndarray) and operand.dtype.kind == "f"
    ]
