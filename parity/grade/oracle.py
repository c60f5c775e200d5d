"""Oracle: what the gradients of a case are, and how far rounding alone may lead away from them.

The gradients are torch's where torch is installed, else numpynet's own. The bound is derived, not guessed: a
solution may lose to rounding what relative changes of k eps in the cotangent, the operands and the result would
change in the answer,

    |Δ| ≤ k eps Σᵥ |∂g/∂v| |v|,

which is what a backward-stable evaluation guarantees. The sum is measured on numpynet's formulas in float64.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.ops.sums import sum_to
from numpynet.testing.formulas import gradients
from parity.grade.cases import Case
from parity.grade.catalogue import TORCH_NAMES, Exercise
from parity.grade.composites import by_torch
from parity.libraries import torch_is_installed

Array = NDArray[Any]
Gradients = dict[str, Array]

ROUNDINGS = 32  # k: solutions may chain a few dozen rounded steps; a wrong formula is off by far more


class Oracle:
    """Knows the gradients of an exercise's cases.

    with_torch: False asks numpynet's formulas although torch is there.
    """

    def __init__(self, exercise: Exercise, *, with_torch: bool | None = None) -> None:
        self.exercise = exercise
        self.with_torch = torch_is_installed() if with_torch is None else with_torch

    @property
    def name(self) -> str:
        """Who says so."""
        if not self.with_torch:
            return "numpynet's own gradients" + " (torch is not installed)" * (not torch_is_installed())
        import torch

        return f"torch {torch.__version__}"

    def gradients(self, case: Case) -> Gradients:
        """∂L/∂operand of every operand that a solution may return, those not arrays left out."""
        wanted = [*self.exercise.required, *self.exercise.accepted]
        wanted = [name for name in wanted if isinstance(case.operands[name], np.ndarray)]
        if self.with_torch:
            return self._by_torch(case, wanted)
        return formulas_gradients(self.exercise, case, wanted)

    def _by_torch(self, case: Case, wanted: Sequence[str]) -> Gradients:
        import torch

        function = _torch_function(self.exercise.operation.name)
        operation = self.exercise.operation
        tensors: dict[str, Any] = {}
        keywords: dict[str, Any] = {}
        for position, (name, value) in enumerate(case.operands.items()):
            if value is None:
                continue
            if isinstance(value, np.ndarray):
                value = torch.tensor(value, requires_grad=name in wanted)
            tensors[name] = value
            keywords[operation.torch_name(position)] = value
        unspoken = {"mean", "variance", "dtype", "ignore_index"}
        for name, value in case.options.items():
            whole = name == "keepdim" and case.options.get("dim", 0) is None
            if value is not None and not whole and name not in unspoken:
                keywords[name] = torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = function(**keywords)
        leaves = [tensors[name] for name in wanted]
        found = torch.autograd.grad(y, leaves, torch.tensor(case.dy), materialize_grads=True)
        return {name: gradient.numpy() for name, gradient in zip(wanted, found, strict=True)}

    def bounds(self, case: Case, right: Gradients) -> Gradients:
        """How far from the right gradients a correctly rounded computation may end, element by element."""
        eps = float(np.finfo(case.dy.dtype).eps)
        largest = float(np.abs(case.dy[np.isfinite(case.dy)]).max(initial=0.0))
        floor = eps**2 * largest + float(np.finfo(case.dy.dtype).tiny)
        if self.exercise.family == "norm":
            bound = ROUNDINGS * eps * _spread_bound(self.exercise, case)
            return {name: np.full(right[name].shape, bound) for name in right}
        shadow = _shadow(self.exercise, case, list(right))
        return {name: ROUNDINGS * eps * shadow[name] + floor for name in right}

    def loose_bound(self, case: Case, name: str) -> Array:
        """What is still right but for digits lost in a difference, as in 1 − tanh² far from 0: k eps |dy|."""
        dy = np.nan_to_num(np.abs(case.dy.astype(np.float64)), posinf=0.0)
        shape = case.operands[name].shape
        k = ROUNDINGS * float(np.finfo(case.dy.dtype).eps)
        if self.exercise.family in ("linear", "matmul", "conv", "embedding", "gather", "index_select"):
            return np.zeros(shape)
        if not self.exercise.is_elementwise:
            return np.full(shape, k * dy.max(initial=0.0))
        whole = np.broadcast_shapes(*(one.shape for one in case.operands.values() if isinstance(one, np.ndarray)))
        return k * np.asarray(sum_to(np.broadcast_to(dy, np.broadcast_shapes(whole, dy.shape)), shape))

    def is_nearer_to_the_truth(self, case: Case, name: str, returned: Array, right: Array) -> Array:
        """Which elements are nearer than the right ones to what higher precision gives."""
        with np.errstate(all="ignore"):
            try:
                truth = formulas_gradients(self.exercise, _without_shortcut(in_float64(case)), [name])[name]
            except (ValueError, RuntimeError, TypeError, IndexError):
                return np.zeros(right.shape, bool)
            if case.dy.dtype == np.float64 and "threshold" not in case.options:  # there is no more precise truth
                return np.zeros(right.shape, bool)
            mine, torchs = np.abs(returned.astype(np.float64) - truth), np.abs(right.astype(np.float64) - truth)
            return np.asarray(np.isfinite(truth) & np.isfinite(returned) & ~(mine > torchs))


@functools.cache
def _torch_function(name: str) -> Callable[..., Any]:
    import torch

    own = by_torch(name)
    if own is not None:
        return own
    name = TORCH_NAMES.get(name, name)
    for place in (torch.nn.functional, torch, torch.Tensor):
        if hasattr(place, name):
            found: Callable[..., Any] = getattr(place, name)
            return found
    raise NotImplementedError(f"torch has no function {name!r} to compare with")


def formulas_gradients(exercise: Exercise, case: Case, wanted: Sequence[str], y: Array | None = None) -> Gradients:
    """The gradients by numpynet's formulas; `y` where the result is not to be computed from the operands."""
    positions = [exercise.operation.operands.index(name) for name in wanted]
    with np.errstate(all="ignore"):
        found = gradients(
            exercise.operation, list(case.operands.values()), case.dy, case.options, y=y, wanted=positions
        )
    return {exercise.operation.operands[position]: gradient for position, gradient in found.items()}


def _doubled(value: Any) -> Any:
    return value.astype(np.float64) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value


def in_float64(case: Case) -> Case:
    """The same case in float64, its result computed anew by whoever needs it."""
    operands = {name: _doubled(value) for name, value in case.operands.items()}
    return Case(operands, case.options, _doubled(case.y), _doubled(case.dy), case.features)


def _without_shortcut(case: Case) -> Case:
    """The case without torch's threshold, beyond which a curve is taken for its asymptote."""
    if "threshold" not in case.options:
        return case
    return replace(case, options={**case.options, "threshold": np.inf})


def _spread_bound(exercise: Exercise, case: Case) -> float:
    """|dy| |w| / σ (1 + |x| / σ), the largest of each: x − μ may lose what |x| / σ is large by."""
    x = case.operands["x"].astype(np.float64)
    variance = x.var(axis=0 if exercise.operation.name == "batch_norm" else -1)
    smallest = float(np.sqrt(variance.min(initial=np.inf) + case.options["eps"])) if x.size else 1.0
    w = case.operands["w"]
    sizes = [np.abs(one).max(initial=0.0) for one in (case.dy, x, np.ones(1) if w is None else w)]
    dy, largest, weight = (float(np.nan_to_num(one, posinf=0.0)) for one in sizes)
    return len(x) * dy * max(weight, 1.0) / smallest * (1 + largest / smallest)


STEPS = 1e-5, 1e-7  # relative


def _shadow(exercise: Exercise, case: Case, wanted: Sequence[str]) -> Gradients:
    """Σᵥ |∂g/∂v| |v| over every number v in the cotangent, the operands and the result."""
    case = in_float64(case)
    if exercise.family in (
        "linear",
        "matmul",
        "conv",
    ):  # products of two numbers each: the same formulas on absolute values
        operands = {name: None if one is None else np.abs(one) for name, one in case.operands.items()}
        absolute = formulas_gradients(exercise, replace(case, operands=operands, dy=np.abs(case.dy)), wanted, y=case.y)
        return {name: 2 * absolute[name] for name in wanted}
    shapes = {name: np.shape(case.operands[name]) for name in wanted}
    alone = exercise.is_elementwise
    if alone:  # every element of the answer depends on one element of each array: all can be moved at once
        case = _expanded(case)
    centre = formulas_gradients(exercise, case, wanted, y=case.y)
    total = {name: np.nan_to_num(np.abs(centre[name]), posinf=0) for name in wanted}
    arrays = {name: one for name, one in case.operands.items() if _is_floating(one)}
    for kind, values in {**arrays, RESULT: case.y, COTANGENT: case.dy}.items():
        for place in [...] if alone else np.ndindex(values.shape):
            for name, change in _change(exercise, case, centre, kind, place).items():
                total[name] += change
    return {name: sum_to(total[name], shapes[name]) for name in wanted}


RESULT, COTANGENT = "the result", "the cotangent"


def _is_floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _expanded(case: Case) -> Case:
    """The case with its arrays copied to the shape that they broadcast to."""
    arrays = [one for one in case.operands.values() if isinstance(one, np.ndarray)]
    shape = np.broadcast_shapes(*(one.shape for one in arrays))
    operands = {
        name: np.broadcast_to(one, shape).copy() if isinstance(one, np.ndarray) else one
        for name, one in case.operands.items()
    }
    return replace(case, operands=operands)


def _change(exercise: Exercise, case: Case, centre: Gradients, kind: str, place: Any) -> Gradients:
    """|∂g/∂v| |v| for the numbers v at one place of one array: a central difference with a relative step."""
    if kind == COTANGENT:  # gradients are linear in it: what it contributes needs no difference
        alone = np.zeros_like(case.dy)
        alone[place] = case.dy[place]
        found = formulas_gradients(exercise, replace(case, dy=alone), list(centre), y=case.y)
        return {name: np.nan_to_num(np.abs(found[name]), posinf=0) for name in centre}
    quotients = []
    for step in STEPS:
        sides = []
        for factor in (1 + step, 1 - step):
            changed, y = case, None  # computed anew from what was moved
            if kind == RESULT:
                y = _scaled(case.y, place, factor)
            else:
                moved = _scaled(case.operands[kind], place, factor)
                changed = replace(case, operands={**case.operands, kind: moved})
            try:
                sides.append(formulas_gradients(exercise, changed, list(centre), y=y))
            except RuntimeError:  # a probability beyond 1
                sides.append(centre)
        with np.errstate(all="ignore"):
            quotients.append({name: np.abs(sides[0][name] - sides[1][name]) / (2 * step) for name in centre})
        if not any(quotients[0][name].any() for name in centre):
            break
    found = {}
    for name in centre:
        wide, narrow = quotients[0][name], quotients[-1][name]
        smooth = narrow <= 2 * wide + 1e-7  # a jump's quotient grows as the step shrinks: that is no rounding error
        found[name] = np.nan_to_num(np.where(smooth, np.minimum(wide, narrow), 0), posinf=0, neginf=0)
    return found


def _scaled(values: Array, place: Any, factor: float) -> Array:
    moved = values.copy()
    moved[place] *= factor
    return moved
