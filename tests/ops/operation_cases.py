"""The form in which operations are checked: where operands come from, and one call of an operation as a case."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from numpynet.ops.form import Op
from numpynet.ops.sums import sum_to

Shape = tuple[int, ...]
Shadow = str | Callable[..., Any]
inf, nan = math.inf, math.nan


@dataclass(frozen=True)
class Domain:
    """Where an operand's values come from: a way to draw them away from kinks, and interesting ones."""

    draw: Callable[[np.random.Generator, Shape], Any]
    special: tuple[float, ...]

    def __getitem__(self, shape: int | Shape) -> Drawn:
        return Drawn(self, shape if isinstance(shape, tuple) else (shape,))


@dataclass(frozen=True)
class Drawn:
    """An operand drawn from a domain in a certain shape."""

    domain: Domain
    shape: Shape


def _spaced(offset: float) -> Callable[[np.random.Generator, Shape], Any]:
    def draw(rng: np.random.Generator, shape: Shape) -> Any:
        count = math.prod(shape)
        return (rng.permutation(count).reshape(shape) - count // 2) * 0.4 + offset

    return draw


LIMITS = (0.0, -0.0, inf, -inf, nan, 1.0, -1.0, 0.5, -2.0, 3.0, 1e-30, -1e30, 100.0, -100.0)
MODERATE = tuple(value for value in LIMITS if abs(value) not in (1e-30, 1e30))
real = Domain(lambda rng, shape: rng.normal(size=shape) * 1.5, LIMITS)
positive = Domain(lambda rng, shape: rng.uniform(0.3, 3.0, shape), LIMITS)
above_one = Domain(lambda rng, shape: rng.uniform(1.2, 3.0, shape), LIMITS)
unit = Domain(lambda rng, shape: rng.uniform(-0.9, 0.9, shape), LIMITS)
nonzero = Domain(lambda rng, shape: rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape), LIMITS)
finite = Domain(real.draw, tuple(one for one in LIMITS if not math.isinf(one)))
moderate = Domain(real.draw, MODERATE)  # no product of two overflows
share = Domain(lambda rng, shape: rng.uniform(0.05, 0.95, shape), MODERATE)
divisor = Domain(nonzero.draw, MODERATE)
apart = Domain(_spaced(0.1), LIMITS)  # no two values nearer than 0.4, nor any to one of `between` than 0.2
between = Domain(_spaced(0.3), LIMITS)
beyond = Domain(_spaced(0.2), LIMITS)
broken = Domain(lambda rng, shape: rng.integers(-3, 3, shape) + rng.uniform(0.2, 0.4, shape), (*LIMITS, 2.5, 1.5))

SHAPES: dict[int, list[tuple[Shape, ...]]] = {
    1: [((3, 4),), ((),), ((0,),), ((2, 0, 3),), ((37,),)],
    2: [
        ((3, 4), (3, 4)),
        ((3, 1), (4,)),
        ((), (3,)),
        ((2, 1, 3), (1, 4, 1)),
        ((0, 3), (1, 3)),
        ((5, 3), (3,)),
        ((), ()),
    ],
    3: [((3, 4), (3, 4), (3, 4)), ((3, 1), (4,), ()), ((), (2, 3), (3,)), ((0,), (1,), ())],
}


@dataclass(frozen=True)
class Case:
    """One call of an operation: domains and shapes of its operands, or constants, and its options.

    torch: the same call as a Python expression of the operands' and options' names.
    shadow, gradient_shadow, k: how near to torch's the result and the gradients must be; `operation_table`
        explains it.
    analytic: whether the forward takes complex arrays, so that the complex step can be made.
    title: whether the node on the tape has the name it has in torch.
    derivative: whether the gradient is the derivative everywhere, which differences can then confirm.
    signed: whether zeros have the sign that torch's have.
    """

    op: Op
    operands: tuple[Any, ...]
    options: dict[str, Any]
    torch: str
    shadow: Shadow
    gradient_shadow: Shadow
    k: float
    analytic: bool
    title: bool
    derivative: bool
    signed: bool

    def __str__(self) -> str:
        shown = [_shown(one) for one in self.operands]
        shown += [f"{name}={_shown(value)}" for name, value in self.options.items()]
        return f"{self.op.name}({','.join(shown)})"

    @property
    def names(self) -> tuple[str, ...]:
        """For each operand the name of the formula that differentiates by it."""
        return self.op.operands * len(self.operands) if self.op.variadic else self.op.operands

    @property
    def full_options(self) -> dict[str, Any]:
        """The options, defaults included."""
        return {**self.op.option_defaults, **self.options}

    @property
    def differentiable(self) -> list[int]:
        """The positions of the drawn operands that have a gradient."""
        return [
            position
            for position, one in enumerate(self.operands)
            if isinstance(one, Drawn) and self.names[position] in self.op.gradients
        ]

    def draw(self, rng: np.random.Generator, dtype: Any) -> list[Any]:
        """Operands in that dtype, read-only, so that nothing can be written into them."""
        drawn = []
        for one in self.operands:
            if isinstance(one, Drawn):
                one = np.asarray(one.domain.draw(rng, one.shape), dtype)
                one.flags.writeable = False
            drawn.append(one)
        return drawn

    def forward(self, operands: list[Any]) -> Any:
        """The operation on arrays."""
        return self.op.forward(*operands, **self.full_options)

    def pull(self, dy: Any, operands: list[Any], y: Any) -> dict[int, Any]:
        """The gradients by the differentiable operands, each from its formula, broadcasting summed away."""
        return {at: self._summed(gradient, operands[at]) for at, gradient in self.unsummed(dy, operands, y).items()}

    def _summed(self, gradient: Any, operand: Any) -> Any:
        return sum_to(np.asarray(gradient), operand.shape) if self.op.broadcasts else gradient

    def unsummed(self, dy: Any, operands: list[Any], y: Any) -> dict[int, Any]:
        """What the formulas return: for elementwise operations in the shape of the result."""
        if self.op.variadic:
            name = self.op.operands[0]
            values = {name: operands, "y": y, **self.full_options}
            values |= {f"{name}_{one}": [getattr(array, one, None) for array in operands] for one in ("shape", "dtype")}
            gradients = enumerate(self._formula(name, dy, values))
            return {position: gradient for position, gradient in gradients if gradient is not None}
        values = {**dict(zip(self.names, operands, strict=False)), "y": y, **self.full_options}
        for name, operand in zip(self.names, operands, strict=False):
            if isinstance(operand, np.ndarray):
                values |= {f"{name}_shape": operand.shape, f"{name}_dtype": operand.dtype}
        for name in self.names[len(operands) :]:
            values[name] = None
        return {position: self._formula(self.names[position], dy, values) for position in self.differentiable}

    def _formula(self, name: str, dy: Any, values: dict[str, Any]) -> Any:
        formula = getattr(self.op.gradients, name)
        return formula(dy, *(values[wanted] for wanted in self.op.gradients.needs(name)))


def _shown(value: Any) -> str:
    if isinstance(value, Drawn):
        return "x".join(map(str, value.shape)) or "0d"
    if isinstance(value, np.ndarray):
        return f"{value.dtype.name}[{'x'.join(map(str, value.shape))}]"
    return repr(value).replace(" ", "")


def cotangent(rng: np.random.Generator, y: Any, dtype: Any) -> Any:
    """A random cotangent of a result: ones would be blind to permutations, and to what sums to 0."""
    dy = np.asarray(rng.normal(size=np.shape(y)), dtype)
    dy.flags.writeable = False
    return dy
