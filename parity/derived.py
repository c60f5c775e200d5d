"""Derived: the shadow of any operation, from how it answers when what it is given is moved.

A careful evaluation of f is the exact one of operands that are off by a few roundings, rounded once more (backward
stability; N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., section 1.5). To first order it
is then off by at most

    k eps (|f| + Σᵥ |∂f/∂v| V),

the sum over all numbers v that f is computed from, with V ≥ |v| the shadow of v. The parenthesis is the shadow of f.
Of a gradient f is the formula, and v is in the cotangent, the operands and the result.

|∂f/∂v| is measured, in float64, on numpynet's own forward and formula: a wrong one would be bounded by a multiple of
what is right, and be off by a million such bounds all the same. Numbers are moved by `STEPS` of their size, up and
down. An operation that works element by element is asked once for all elements; else each number is moved alone. A
formula is linear in the cotangent: what each of its numbers contributes is found with that number alone, and is summed.

Where an operand is itself computed, its rounding may decide on which side of a jump or a kink it falls. It is
therefore also moved by all that rounding may move it, K eps V, and a jump is allowed as it is. A jump that an operand
stands beside which is known exactly is no rounding error, and adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.ops.form import Op
from numpynet.testing.formulas import gradients

Array = NDArray[Any]
Function = Callable[[list[Any]], Array]

STEPS = (1e-5, 1e-7)
K = 4  # the k within which values must agree: see parity.bounds
SMOOTH = 8  # times: a quotient over a step a hundred times shorter that is larger by so much is a jump's
JUMP = 1000  # times what a smooth function changes by


def result_shadow(operation: Op, operands: Sequence[Any], shadows: Sequence[Any], options: dict[str, Any]) -> Array:
    """|y| + Σ |∂y/∂v| V over the operands."""
    eps = _eps(operands)
    values, known = _spread(operation, operands, shadows)

    def forward(moved: list[Any]) -> Array:
        return np.asarray(operation.forward(*moved, **options), np.float64)

    with np.errstate(all="ignore"):
        return np.abs(forward(values)) + sensitivity(forward, values, known, eps, alone=operation.broadcasts)


def gradient_shadow(
    operation: Op,
    operands: Sequence[Any],
    shadows: Sequence[Any],
    options: dict[str, Any],
    position: int,
    DY: Array,
    Y: Array,
) -> Array:
    """|∂g/∂dy| DY + Σ |∂g/∂v| V of the gradient g by the operand at that position, over what its formula names.

    DY, Y: the shadows of the cotangent and of the result. Of an operation that works element by element the shadow
    has the shape of the result: it has yet to be summed where the operand was broadcast.
    """
    eps = _eps(operands)
    values, known = _spread(operation, operands, shadows)
    y = np.asarray(operation.forward(*values, **options), np.float64)
    name = operation.operands[0 if operation.variadic else position]
    needs = operation.gradients.needs(name)
    named = [operation.variadic or one in needs for one in (operation.operands * len(values))[: len(values)]]
    known = [V if is_named else None for V, is_named in zip(known, named, strict=True)]
    known.append(np.asarray(Y, np.float64) if "y" in needs else None)

    def formula(dy: Array, moved: list[Any]) -> Array:
        *changed, result = moved
        return gradients(operation, changed, dy, options, y=result, wanted=[position])[position]

    with np.errstate(all="ignore"):
        total: Any = 0.0
        for dy in [DY] if operation.broadcasts else _one_by_one(DY):
            g = partial(formula, dy)
            total = total + np.abs(g([*values, y])) + sensitivity(g, [*values, y], known, eps, operation.broadcasts)
        return np.asarray(total) if np.ndim(total) or DY.size else np.zeros(np.shape(operands[position]))


def sensitivity(
    f: Function, values: Sequence[Any], shadows: Sequence[Any], eps: float, alone: bool, steps: Sequence[float] = STEPS
) -> Array:
    """Σ |∂f/∂v| V over the numbers v of all values that have a shadow, and what jumps where rounding may decide.

    alone: whether each element of f depends on one element of each value, which all have its shape.
    """
    centre = f(list(values))
    total = np.zeros(np.shape(centre))
    for position, (value, V) in enumerate(zip(values, shadows, strict=True)):
        if V is None or not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            continue
        for place in [...] if alone else np.ndindex(value.shape):
            if np.any(V[place]):
                moved = partial(_moved, f, values, position, place)
                total += _change(moved, centre, np.abs(value[place]), V[place], eps, steps)
    return total


def _moved(f: Function, values: Sequence[Any], position: int, place: Any, distance: Any) -> Array:
    """f where the numbers at one place of one value are moved; NaN where it is not defined."""
    changed = values[position].copy()
    changed[place] += distance
    try:
        return f([*values[:position], changed, *values[position + 1 :]])
    except RuntimeError:  # a probability beyond 1
        return np.asarray(np.nan)


def _change(moved: Callable[[Any], Array], centre: Array, size: Any, V: Any, eps: float, steps: Sequence[float]) -> Any:
    """|∂f/∂v| V for numbers v of a size, and the jumps that are nearer than K eps V."""
    scale = np.where(size > 0, size, V)
    is_exact = not np.any(size * (1 + 1e-12) < V)
    quotients: list[Any] = []
    for step in steps:
        quotients.append(np.abs(moved(step * scale) - moved(-step * scale)) / (2 * step))
        if is_exact and not np.any(quotients[0]):
            return 0.0  # most numbers of a gradient do not depend on most of what it is computed from
    quotients = [np.where(np.isfinite(one), one, quotients[-1]) for one in quotients]
    wide, narrow = quotients[0], quotients[-1]
    smooth = np.isfinite(narrow) & (narrow <= SMOOTH * wide + 1e-7 * np.abs(centre))
    found = np.where(smooth, np.minimum(wide, narrow), 0) * np.nan_to_num(V / scale)
    if not is_exact:
        jumps = [np.abs(moved(side * K * eps * V) - centre) for side in (1, -1)]
        jump = np.nan_to_num(np.maximum(*jumps), posinf=0)
        found = found + np.where(jump > JUMP * K * eps * found, jump / (K * eps), 0)
    return found


def _one_by_one(DY: Array) -> Iterator[Array]:
    """Cotangents of which each has one number of DY."""
    for place in np.ndindex(DY.shape):
        one = np.zeros_like(DY)
        one[place] = DY[place]
        if one[place]:
            yield one


def _eps(operands: Sequence[Any]) -> float:
    """That of the operands' dtype."""
    kinds = [one.dtype for one in operands if isinstance(one, np.ndarray) and one.dtype.kind == "f"]
    return float(np.finfo(kinds[0]).eps)


def _spread(operation: Op, operands: Sequence[Any], shadows: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Operands and shadows in float64; those that are broadcast are copied to the shape of the result.

    Python's numbers become arrays: they are rounded where they meet one.
    """
    values = [np.asarray(one, np.float64) if _is_real(one) else one for one in operands]
    known = [np.asarray(V, np.float64) if _is_real(one) else None for one, V in zip(operands, shadows, strict=True)]
    if operation.broadcasts:
        shape = np.broadcast_shapes(*(np.shape(one) for one in values if one is not None))
        values = [np.broadcast_to(one, shape).copy() if isinstance(one, np.ndarray) else one for one in values]
        known = [None if V is None else np.broadcast_to(V, shape) for V in known]
    return values, known


def _is_real(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
