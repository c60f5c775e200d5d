"""Cases: inputs on which a backward is tried: shapes, values, options, dtypes, and a random cotangent.

One description serves two sources of choices: a seeded generator, for the cases that are always tried, and
Hypothesis, which searches further and reduces a failing case to the smallest one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from numpynet.ops.sums import sum_to
from numpynet.testing.formulas import with_defaults
from parity.grade.catalogue import Exercise
from parity.grade.signature import Signature, Source

Array = NDArray[Any]
Shape = tuple[int, ...]
Choice = TypeVar("Choice")

# The first values are those that a counterexample is reduced to. Quarters tie and cancel; the others do not.
PLAIN = (1.0, 2.0, 3.0, -1.0, 0.0, -0.0, 0.5, -2.0, 1.5, -0.25, 0.3, -1.7, 2.718, -0.6931, 0.1234, -3.1416)
EXTREME = (*PLAIN, 20.0, -20.0, 100.0, -100.0, 1000.0, -1000.0, 0.001, -0.001, 1e-8, -1e-8, 6.5, -6.5, 45.0, -30.0)
ORDINARY_VALUES = (0.3, -1.7, 2.5, -0.6, 1.2, -0.8, 0.9, -2.2, 0.4, 1.6, -1.1, 3.1, 0.7, -0.2)  # all different
NOT_FINITE = (1.0, -2.0, 0.0, 0.3, float("nan"), float("inf"), -float("inf"))
COTANGENT = (1.0, 2.0, -1.0, 3.0, 0.5, -0.75, 1.3, -2.1, 0.7, -0.4)
ORDINARY_COTANGENT = (1.3, -2.1, 0.7, -0.4, 1.9, -1.1, 0.8, -1.6, 2.3, 0.6)
EXTREME_COTANGENT = (*COTANGENT, 0.0, -0.0, 1e-6, -1e-12, 1e-20, 7.5, -40.0, 1e4, 12.5, -6.0)
NOT_FINITE_COTANGENT = (1.0, -2.0, 0.7, float("nan"), float("inf"), -float("inf"))
POSITIVE = (1.0, 2.0, 3.0, 0.5, 1.5, 0.3, 2.718, 0.1234)
PROBABILITIES = (0.5, 0.25, 0.75, 0.1, 0.9, 0.37)
EDGE_PROBABILITIES = (*PROBABILITIES, 0.0, 1.0, 0.01, 0.99, 1e-4, 0.9999, 1e-6, 1 - 1e-6)
TARGETS = (0.0, 1.0, 0.5, 0.25, 0.9)
EXPONENTS = (2.0, 3.0, 1.0, 0.5, -1.0, -2.0, 2.5, 0.0, 4.0)
POOLS = {  # of single operands whose values cannot be just anything
    ("pow", "b"): EXPONENTS,
    ("binary_cross_entropy", "x"): PROBABILITIES,
    ("binary_cross_entropy", "t"): TARGETS,
    ("binary_cross_entropy_with_logits", "t"): TARGETS,
}
TAME = frozenset(["prod", "cumprod", "pow", "binary_cross_entropy", "std", "var"])  # powers overflow float32


class Choices(Protocol):
    """Where the choices of a case come from."""

    def integer(self, low: int, high: int) -> int:
        """One of low, ..., high."""

    def pick(self, options: Sequence[Choice]) -> Choice:
        """One of the options, the first being the plainest."""

    def values(self, pool: Sequence[float], count: int) -> list[float]:
        """`count` numbers from a pool."""


class Seeded:
    """Choices of a generator."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def integer(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def pick(self, options: Sequence[Choice]) -> Choice:
        return options[self.integer(0, len(options) - 1)]

    def values(self, pool: Sequence[float], count: int) -> list[float]:
        return [pool[position] for position in self.rng.integers(0, len(pool), count)]


class Varied(Seeded):
    """Choices of a generator for an example that one reads: float64, and no number twice where there are enough."""

    def pick(self, options: Sequence[Choice]) -> Choice:
        return options[0] if options[0] == "float64" else super().pick(options)

    def values(self, pool: Sequence[float], count: int) -> list[float]:
        if count > len(pool):
            return super().values(pool, count)
        return [pool[position] for position in self.rng.permutation(len(pool))[:count]]


@dataclass(frozen=True)
class Scope:
    """What a case is to contain.

    values: the pool of the operands' values. cotangents: that of dy's.
    smallest, largest: size of a dimension.
    fewest_dims, most_dims: number of dimensions, where the exercise leaves it open.
    """

    values: Sequence[float] = PLAIN
    smallest: int = 1
    largest: int = 4
    fewest_dims: int = 1
    most_dims: int = 3
    cotangents: Sequence[float] = COTANGENT


TINY = Scope(largest=2, most_dims=1)
ORDINARY = Scope()
RECTANGULAR = Scope(smallest=2, largest=4, fewest_dims=2)
LARGE = Scope(smallest=5, largest=9, most_dims=2)
DEEP = Scope(largest=3, fewest_dims=4, most_dims=5)
BEYOND = Scope(values=EXTREME, cotangents=EXTREME_COTANGENT)
SPECIAL = Scope(values=NOT_FINITE)
SPECIAL_COTANGENT = Scope(cotangents=NOT_FINITE_COTANGENT)
EXAMPLE = Scope(ORDINARY_VALUES, smallest=2, largest=3, most_dims=2, cotangents=ORDINARY_COTANGENT)
EMPTY = Scope(smallest=0, largest=2)
SCALAR = Scope(smallest=0, largest=2, fewest_dims=0)


@dataclass
class Case:
    """Inputs of one call of a backward.

    operands: arrays (or numbers, where the exercise has them), by name; None for one that is left out.
    options: all of the operation's options.
    y: the result of the forward.
    dy: the cotangent, of y's shape and dtype.
    features: what makes this case one that a solution may decline: empty arrays, no dimensions, ...
    """

    operands: dict[str, Any]
    options: dict[str, Any]
    y: Array
    dy: Array
    features: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many numbers it consists of."""
        return self.dy.size + sum(one.size for one in self.operands.values() if isinstance(one, np.ndarray))

    @property
    def rank(self) -> int:
        """The number of dimensions of its first array."""
        return next((one.ndim for one in self.operands.values() if isinstance(one, np.ndarray)), 0)


class Undrawable(Exception):
    """Choices that the forward refuses, as the maximum of nothing."""


EMPTY_ARRAYS = "empty arrays"
NO_DIMENSIONS = "arrays without dimensions"
NOT_FINITE_VALUES = "NaN or infinite values"
NOT_FINITE_COTANGENTS = "NaN or infinite cotangents"
OUTSIDE = "values outside the domain"
NO_SPREAD = "equal numbers, whose standard deviation is 0"
VECTORS = "1-dimensional operands"
STACKS = "stacks of matrices"


def draw_case(signature: Signature, choices: Choices, scope: Scope = ORDINARY) -> Case:
    """One case for an exercise and the function that solves it."""
    exercise = signature.exercise
    operation = exercise.operation
    dtype: np.dtype[Any] = np.dtype(choices.pick(["float64", "float32"]))
    shapes = _SHAPES[exercise.family](signature, choices, scope)
    operands: dict[str, Any] = dict.fromkeys(operation.operands)
    for name, shape in shapes.items():
        operands[name] = _operand(signature, name, shape, choices, scope, dtype)
    if exercise.family == "classes":
        scores, classes = operands["z" if "z" in operands else "x"], operands["t"]
        operands["t"] = np.where(np.isfinite(classes), classes * 7, 0).astype(np.int64) % scores.shape[1]
    if exercise.family == "hinge":
        operands["t"] = np.where(operands["t"] > 0, 1, -1).astype(dtype)
    options = with_defaults(operation, _options(signature, operands, choices))
    try:
        with np.errstate(all="ignore"):
            y = np.asarray(operation.forward(*operands.values(), **options))
    except (ValueError, IndexError, RuntimeError) as error:
        raise Undrawable(str(error)) from None
    dy = np.array(choices.values(scope.cotangents, y.size), dtype).reshape(y.shape)
    if not signature.has_cotangent:
        dy = np.ones_like(dy)
    return Case(operands, options, y, dy, _features(exercise, operands, y, dy))


def _operand(
    signature: Signature, name: str, shape: Shape, choices: Choices, scope: Scope, dtype: np.dtype[Any]
) -> Any:
    operation = signature.exercise.operation
    pool = scope.values
    if operation.name in TAME and pool is EXTREME:
        pool = PLAIN
    if (operation.name, name) in POOLS:
        pool = POOLS[operation.name, name]
        if pool is PROBABILITIES and scope.values is EXTREME:
            pool = EDGE_PROBABILITIES
        pool = (*pool, float("nan"), float("inf")) if scope.values is NOT_FINITE else pool
    if name == "condition":
        return np.array(choices.values((1.0, 0.0), int(np.prod(shape))), bool).reshape(shape)
    if name in ("weight", "pos_weight"):
        pool = POSITIVE
    if name in ("low", "high"):
        return float(choices.pick((-1.0, -0.5) if name == "low" else (1.0, 0.5)))
    if operation.name == "pow" and name == "b" and signature.number:
        return choices.pick((2.0, 3.0, 1.0, -1.0, 0.5, 0.0, 4.0))
    return np.array(choices.values(pool, int(np.prod(shape))), dtype).reshape(shape)


CORNERS = {
    "pow": "powers and logarithms of 0",
    "atan2": "the origin",
    "hypot": "the origin",
    "binary_cross_entropy": "probabilities of exactly 0 or 1",
}


def corners(exercise: Exercise, case: Case, name: str) -> tuple[NDArray[np.bool_], bool]:
    """Elements where torch's gradient is a choice of its own, and whether NaN may be returned there too.

    These are powers of 0 below 1 and the logarithm of a base 0, the origin, and probabilities of exactly 0 or 1.
    """
    shape = case.operands[name].shape
    if exercise.operation.name == "pow":
        base, exponent = case.operands["a"], np.asarray(case.operands["b"])
        zero = (base == 0) & ((exponent < 1) | (name == "b"))
        return np.asarray(sum_to(zero.astype(float), shape) > 0), True
    if exercise.operation.name in ("atan2", "hypot"):
        origin = (case.operands["a"] == 0) & (case.operands["b"] == 0)
        return np.asarray(sum_to(origin.astype(float), shape) > 0), True
    if exercise.operation.name == "binary_cross_entropy" and name == "x":
        x = case.operands["x"]
        return (x == 0) | (x == 1), False
    return np.zeros(shape, bool), False


def _features(exercise: Exercise, operands: dict[str, Any], y: Array, dy: Array) -> tuple[str, ...]:
    arrays = [one for one in operands.values() if isinstance(one, np.ndarray)]
    floats = [one for one in arrays if one.dtype.kind == "f"]
    found = []
    if any(one.size == 0 for one in arrays):
        found.append(EMPTY_ARRAYS)
    if any(one.ndim == 0 for one in arrays):
        found.append(NO_DIMENSIONS)
    if not all(np.isfinite(one).all() for one in floats):
        found.append(NOT_FINITE_VALUES)
    elif y.size and not np.isfinite(y).all():
        found.append(OUTSIDE)
    if not np.isfinite(dy).all():
        found.append(NOT_FINITE_COTANGENTS)
    if exercise.operation.name == "std" and (y == 0).any():
        found.append(NO_SPREAD)
    if exercise.family == "matmul" and not exercise.ranks:
        ranks = [one.ndim for one in arrays]
        found += [VECTORS] * (min(ranks) == 1) + [STACKS] * (max(ranks) > 2)
    return tuple(found)


# --- shapes of the operands, by family ----------------------------------------------------------------


def _sizes(choices: Choices, scope: Scope, count: int) -> Shape:
    return tuple(choices.integer(scope.smallest, scope.largest) for _ in range(count))


def _any_shape(choices: Choices, scope: Scope) -> Shape:
    return _sizes(choices, scope, choices.integer(scope.fewest_dims, scope.most_dims))


def _one(signature: Signature, choices: Choices, scope: Scope) -> dict[str, Shape]:
    shape = _any_shape(choices, scope)
    if signature.takes("dim") and not shape:
        shape = _sizes(choices, scope, 1)
    name = signature.exercise.operation.name
    if name == "t" or (name in ("transpose", "tril", "triu") and len(shape) < 2):
        shape = _sizes(choices, scope, 2)
    return {signature.exercise.operation.operands[0]: shape}


def _picked(signature: Signature, choices: Choices, scope: Scope) -> dict[str, Shape]:
    return {"x": _sizes(choices, scope, choices.integer(1, max(3, scope.fewest_dims)))}


def _wanted(signature: Signature) -> list[str]:
    """The operands that take part: those without a default, and those the function asks for."""
    operation = signature.exercise.operation
    optional = operation.operand_defaults
    kept = (
        signature.cache is not None
        and signature.cache != "the needed"
        and signature.exercise.family in ("norm", "conv")
    )
    taken = [name for name in optional if kept or Source("operand", name) in signature.sources]
    return [name for name in operation.operands if name not in optional or name in taken]


def _broadcast(signature: Signature, choices: Choices, scope: Scope) -> dict[str, Shape]:
    """Shapes that broadcast; equal ones where the function is not told each operand's shape."""
    whole = _any_shape(choices, scope)
    names = _wanted(signature)
    shapes = dict.fromkeys(names, whole)
    if len(names) > 1 and all(signature.knows(name) for name in names):
        narrowed = choices.pick(names)
        for name in names:
            if choices.integer(0, 1) and (name == narrowed or choices.integer(0, 1)):
                ones = [1 if choices.integer(0, 2) == 2 else size for size in whole]
                shapes[name] = tuple(ones[choices.integer(0, len(ones)) :])
    return shapes


def _alike(signature: Signature, choices: Choices, scope: Scope) -> dict[str, Shape]:
    return dict.fromkeys(_wanted(signature), _any_shape(choices, scope))


def _linear(signature: Signature, choices: Choices, scope: Scope) -> dict[str, Shape]:
    n, features, out = _sizes(choices, scope, 3)
    is_affine = signature.exercise.operation.name == "affine"
    return {"x": (n, features), "w": (features, out) if is_affine else (out, features), "b": (out,)}


def _norm(signature: Signature, choices: Choices, scope: Scope) -> dict[str, Shape]:
    n, count = (max(one, choices.integer(scope.smallest, scope.largest)) for one in (2, 1))
    shapes = {"x": (n, count), "w": (count,), "b": (count,)}
    return {name: shapes[name] for name in _wanted(signature)}


def _embedding(signature: Signature, choices: Choices, scope: Scope) -> dict[str, Shape]:
    rows, columns = _sizes(choices, scope, 2)
    return {"w": (max(rows, 1), columns)}


def _conv(signature: Signature, choices: Choices, scope: Scope) -> dict[str, Shape]:
    n, channels, filters = (choices.integer(1, 2) for _ in range(3))
    rows, columns = choices.integer(1, 2), choices.integer(1, 2)
    plane = rows + choices.integer(0, 2), columns + choices.integer(0, 2)
    shapes = {"x": (n, channels, *plane), "w": (filters, channels, rows, columns), "b": (filters,)}
    return {name: shapes[name] for name in _wanted(signature)}


def _pool(signature: Signature, choices: Choices, scope: Scope) -> dict[str, Shape]:
    n, channels = choices.integer(1, 2), choices.integer(1, 2)
    return {"x": (n, channels, 2 * choices.integer(1, 2), 2 * choices.integer(1, 2))}


def _matmul(signature: Signature, choices: Choices, scope: Scope) -> dict[str, Shape]:
    n, k, m = _sizes(choices, scope, 3)
    ranks = signature.exercise.ranks or choices.pick([(2, 2), (2, 2), (2, 2), (3, 3), (2, 3), (3, 2), (1, 2), (2, 1)])
    batch = _sizes(choices, scope, 1)
    left, right = (batch if rank == 3 else () for rank in ranks)
    if ranks == (3, 3) and not signature.exercise.ranks:
        narrow = choices.integer(0, 2)
        left, right = ((1,) if narrow == 1 else batch), ((1,) if narrow == 2 else batch)
    return {
        "a": (*left, n, k) if ranks[0] > 1 else (k,),
        "b": (*right, k, m) if ranks[1] > 1 else (k,),
    }


def _classes(signature: Signature, choices: Choices, scope: Scope) -> dict[str, Shape]:
    n, count = _sizes(choices, scope, 2)
    count = max(count, 1)
    shapes = {signature.exercise.operation.operands[0]: (n, count), "t": (n,)}
    if Source("operand", "weight") in signature.sources and (signature.needs("weight") or choices.integer(0, 1)):
        shapes["weight"] = (count,)
    return shapes


_SHAPES: dict[str, Callable[[Signature, Choices, Scope], dict[str, Shape]]] = {
    "one": _one,
    "broadcast": _broadcast,
    "alike": _alike,
    "linear": _linear,
    "norm": _norm,
    "embedding": _embedding,
    "conv": _conv,
    "pool": _pool,
    "hinge": _alike,
    "masked": _one,
    "matmul": _matmul,
    "classes": _classes,
    "gather": _picked,
    "index_select": _picked,
}


# --- options ------------------------------------------------------------------------------------------


def _options(signature: Signature, operands: dict[str, Any], choices: Choices) -> dict[str, Any]:
    """Values for the options that the function takes, and for those that the operation has no default for."""
    operation = signature.exercise.operation
    x = operands[operation.operands[0]]
    options: dict[str, Any] = {}
    for name in operation.options:
        if signature.takes(name):
            options[name] = _option(signature, name, x, options, choices)
        elif name not in operation.option_defaults:
            options[name] = {"dim": -1, "dim0": 0, "dim1": -1}.get(name)
            if name == "shape":
                options[name] = _new_shape(x, choices)
    if signature.exercise.family in ("gather", "index_select"):
        if not signature.takes("dim"):
            options["dim"] = 0
        options["index"] = _index(signature, x, options["dim"], choices)
    if signature.exercise.family == "embedding":
        shape = tuple(choices.integer(1, 4) for _ in range(choices.integer(1, 2)))
        numbers = choices.values([float(one) for one in range(len(x))], int(np.prod(shape)))
        options["index"] = np.array(numbers, np.int64).reshape(shape)
    if signature.exercise.name == "dropout":
        options["p"] = choices.pick((0.5, 0.25, 0.2)) if signature.takes("p") else 0.0
        kept = 1.0 if signature.takes("p") else 2.0
        options["mask"] = np.array(choices.values((kept, 0.0), x.size), x.dtype).reshape(x.shape)
    return options


def _option(signature: Signature, name: str, x: Array, chosen: dict[str, Any], choices: Choices) -> Any:
    rank = x.ndim
    if name == "dim":
        along: list[Any] = list(range(rank)) + list(range(-rank, 0)) or [0]
        return choices.pick(along + [None] * (signature.exercise.operation.option_defaults.get("dim", 0) is None))
    if name == "keepdim" and chosen.get("dim", 0) is None:
        return False
    if name in ("dim0", "dim1"):
        return choices.integer(-rank, rank - 1) if rank else 0
    if name == "shape":
        return _new_shape(x, choices)
    if name == "stride" and signature.exercise.name == "max_pool2d":
        return choices.pick((2, 1))
    values: dict[str, tuple[Any, ...]] = {
        "keepdim": (False, True),
        "reduction": ("mean", "sum", "none"),
        "alpha": (1.0, 2.0, -0.5) if signature.exercise.name != "elu" else (1.0, 0.5),
        "negative_slope": (0.01, 0.2),
        "beta": (1.0, 0.5),
        "delta": (1.0, 0.5),
        "correction": (1, 0),
        "value": (1.0, 2.0),
        "diagonal": (0, 1, -1),
        "eps": (1e-5, 1e-3),
        "kernel_size": (2, 1),
        "padding": (0, 1),
        "stride": (1, 2),
    }
    if name in values:
        return choices.pick(values[name])
    return signature.exercise.operation.option_defaults.get(name)


def _new_shape(x: Array, choices: Choices) -> Shape:
    """Another shape of as many elements: flat, the sizes exchanged, two of them joined, one of them split."""
    if not x.size:
        return (0,)
    shapes: list[Shape] = [(-1,), x.shape[::-1], (x.size, 1), (1, *x.shape)]
    if x.ndim > 1:
        shapes += [(x.shape[0] * x.shape[1], *x.shape[2:]), (x.shape[0], -1), (-1, x.shape[-1])]
    shapes += [(parts, x.size // parts) for parts in (2, 3) if x.size % parts == 0]
    return choices.pick(shapes)


def _index(signature: Signature, x: Array, dim: int, choices: Choices) -> Array:
    """Positions along `dim`, some of them repeated."""
    size = x.shape[dim] if x.ndim else 1
    length = choices.integer(0 if not size else 1, 4) if size else 0
    shape: Shape = (length,)
    if signature.exercise.family == "gather":
        shape = tuple(length if axis == dim % x.ndim else one for axis, one in enumerate(x.shape))
    positions = choices.values([float(one) for one in range(size)] or [0.0], int(np.prod(shape)))
    return np.array(positions, np.int64).reshape(shape)


# --- the source that searches ---------------------------------------------------------------------------


class Drawn:
    """Choices that Hypothesis makes, and reduces."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw

    def integer(self, low: int, high: int) -> int:
        from hypothesis import strategies as st

        return int(self.draw(st.integers(low, high)))

    def pick(self, options: Sequence[Choice]) -> Choice:
        from hypothesis import strategies as st

        drawn: Choice = self.draw(st.sampled_from(options))
        return drawn

    def values(self, pool: Sequence[float], count: int) -> list[float]:
        from hypothesis import strategies as st

        # One draw of bytes is reduced as well as many draws of numbers, and is much faster.
        drawn: bytes = self.draw(st.binary(min_size=count, max_size=count))
        return [pool[byte % len(pool)] for byte in drawn]
