"""Terms: the products that one element of a gradient is the sum of.

Every gradient formula is linear in dy. So ∂L/∂x[i] = Σⱼ dy[j] · c[j], where c[j] = ∂y[j]/∂x[i] is what the formula
gives for a cotangent that is 1 at j and 0 elsewhere; that goes for every operation, with nothing written for any. Which
j take part is found by halves: a cotangent of random numbers on half of y's elements gives 0 at i where none does.

What a coefficient is, the formula tells when it is given distinct random numbers in the place of the forward's values:
a coefficient that comes out as one of them is that element of that array, `x[2, 0]`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numpynet.ops.form import Array

Index = tuple[int, ...]
RECOGNISED = 200  # of one element's terms, of which it is found out what their coefficients are
Pull = Callable[[Array], Any]


@dataclass(frozen=True)
class Factor:
    """A coefficient that is an element of an array, but for a number before it. name: the formula's own."""

    name: str
    index: Index
    scale: float = 1.0


@dataclass(frozen=True)
class Term:
    """One product dy[at] · coefficient.

    factor: the element that the coefficient is; None where it is none. is_fixed: whether it is the same number
    whatever the values are.
    """

    at: Index
    coefficient: float
    factor: Factor | None = None
    is_fixed: bool = False


def coefficients(pull: Pull, shape: Index, index: Index, dtype: Any = np.float64) -> dict[Index, float]:
    """∂y[j]/∂x[index] for all elements j of y that x[index] acts on, given the formula as a function of dy alone.

    shape: that of y.

    >>> from numpynet.ops import linear
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> coefficients(lambda dy: linear.gradients.w(dy, x=x), (2, 1), (0, 1))
    {(0, 0): 2.0, (1, 0): 4.0}
    """
    size = math.prod(shape)
    numbers = np.random.default_rng(1).uniform(1, 2, size)
    found: dict[Index, float] = {}
    waiting = [(0, size)] if size else []
    while waiting:
        start, stop = waiting.pop()
        dy = np.zeros(size, dtype)
        dy[start:stop] = 1 if stop - start == 1 else numbers[start:stop]
        value = float(np.asarray(pull(dy.reshape(shape)))[index])
        if value == 0:
            continue
        if stop - start == 1:
            found[tuple(map(int, np.unravel_index(start, shape)))] = value
            continue
        middle = (start + stop) // 2
        waiting += [(middle, stop), (start, middle)]
    return found


def terms(
    pull: Callable[[Array, Any], Any], kept: Any, names: Sequence[str], shape: Index, index: Index, dtype: Any
) -> list[Term]:
    """The terms of element `index` of a gradient, in the order of y's elements; of the first few, what they are.

    pull: the formula, of dy and of what was kept. kept: the values kept, one for each of the names. shape: that of y.
    """
    values = coefficients(lambda dy: pull(dy, kept), shape, index, dtype)
    places = sorted(values)
    probes = Probes(kept, names)
    found = probes.examined(lambda dy, kept: [pull(dy, kept)], shape, places[:RECOGNISED], [[index]])
    return [Term(at, values[at], *found[0].get((index, at), (None, False))) for at in places]


class Probes:
    """Distinct random numbers in the place of what was kept of a forward: they tell what coefficients are.

    There are two sets, of positive and of negative numbers: a coefficient that is the same with both is fixed.

    shown: for each name the indices of the elements that may be recognised; all of them unless it is given.
    """

    def __init__(self, kept: Sequence[Any], names: Sequence[str], shown: dict[str, list[Index]] | None = None) -> None:
        self.kept = [_probe(one, seed) for seed, one in enumerate(kept)]
        self.others = [_negative(_probe(one, seed + 100)) for seed, one in enumerate(kept)]
        self.elements: dict[float, Factor] = {}
        for name, values in zip(names, self.kept, strict=True):
            for place, array in enumerate(values if isinstance(values, list) else [values]):
                if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
                    continue
                called = f"{name}[{place}]" if isinstance(values, list) else name
                for index in np.ndindex(array.shape) if shown is None else shown.get(called, []):
                    self.elements[float(array[index])] = Factor(called, index)

    def examined(
        self, pull: Callable[[Array, Any], Any], shape: Index, at: Sequence[Index], wanted: Sequence[Sequence[Index]]
    ) -> list[dict[tuple[Index, Index], tuple[Factor | None, bool]]]:
        """What the coefficients are between elements of gradients and elements `at` of y: a factor, or fixed numbers.

        pull: gives a list of gradients; wanted: for each of them, the indices that are asked for.
        """
        found: list[dict[tuple[Index, Index], tuple[Factor | None, bool]]] = [{} for _ in wanted]
        for one in at:
            dy = np.zeros(shape)
            dy[one] = 1
            try:
                with np.errstate(all="ignore"):
                    pulled, again = pull(dy, self.kept), pull(dy, self.others)
            except Exception:  # a formula may refuse random values: then coefficients stay numbers
                return found
            for slot, indices in enumerate(wanted):
                if pulled[slot] is None:
                    continue
                for index in indices:
                    number = float(np.asarray(pulled[slot])[index])
                    is_fixed = number == float(np.asarray(again[slot])[index])
                    found[slot][index, one] = (None if is_fixed else self._recognised(number), is_fixed)
        return found

    def _recognised(self, number: float) -> Factor | None:
        """The element that a coefficient is, or minus it."""
        if number in self.elements:
            return self.elements[number]
        opposite = self.elements.get(-number)
        return None if opposite is None else Factor(opposite.name, opposite.index, -1.0)


def _probe(value: Any, seed: int) -> Any:
    """Distinct random numbers in the place of a value's own; what is no array of floats stays as it is."""
    if isinstance(value, list):
        return [_probe(one, 1000 * seed + place) for place, one in enumerate(value)]
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        return value
    return np.random.default_rng(7 + seed).uniform(1, 2, value.shape)


def _negative(value: Any) -> Any:
    if isinstance(value, list):
        return [_negative(one) for one in value]
    return -value if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
