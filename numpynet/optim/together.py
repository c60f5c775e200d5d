"""Together: small parameters are updated in one go, their arrays copied one behind the other.

NumPy takes about as long for 4 elements as for 400. Where a rule makes ten calls for each parameter, copying all
arrays into long ones, following the rule once and copying the results back makes three to five for each. All is
computed element by element, so that the results are the same to the bit.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from numpynet.ops.form import Array

SMALL = 4096  # of more elements, copying costs more than the calls that it saves

Rule = Callable[..., Any]


class Together:
    """The parameters of a group that are to be updated, and the long arrays that served for them last.

    rule: ``rule(t, θ, g, *state)`` makes step number t for a parameter θ with gradient g, in place.
    several: whether they are so many that copying may be worth its while.
    """

    def __init__(self, rule: Rule, known: dict[int, Flat], several: bool) -> None:
        self.rule = rule
        self.known = known
        self.limit = SMALL if several else -1
        self.steps: list[Any] = []
        self.arrays: list[Array] = []

    def add(self, t: Any, *arrays: Array) -> None:
        """A parameter's step number and its arrays (θ, g, *state): updated now, or by `finish`."""
        θ = arrays[0]
        if θ.size > self.limit or type(θ) is not np.ndarray:
            self.rule(t, *arrays)
        else:
            self.steps.append(t)
            self.arrays += arrays

    def finish(self) -> None:
        """Updates what is left."""
        steps, arrays = self.steps, self.arrays
        if not steps:
            return
        width = len(arrays) // len(steps)
        if len(steps) > 1 and steps.count(steps[0]) == len(steps):
            changed, gradients = arrays[:], arrays[1::width]
            del changed[1::width]
            key = id(arrays[0])
            flat = self.known.get(key)
            if flat is None or flat.ids != list(map(id, changed)):
                flat = self.known[key] = Flat(changed, width - 1)
                flat.end_with(changed, self.known, key)
            if flat.takes(gradients):
                flat.update(self.rule, steps[0], arrays)
                return
        for position, t in enumerate(steps):
            self.rule(t, *arrays[width * position : width * (position + 1)])


class Flat:
    """Long arrays, in which those of several parameters have their places.

    changed: the arrays that a step changes, (θ, *state) of each parameter in turn; `width` for each.
    """

    def __init__(self, changed: list[Array], width: int) -> None:
        self.ids = list(map(id, changed))
        parameters = changed[::width]
        self.dtype = parameters[0].dtype
        self.shapes = [θ.shape for θ in parameters]
        bounds = sorted(map(np.lib.array_utils.byte_bounds, changed))
        self.is_sound = all(array.dtype is self.dtype for array in changed) and (
            all(end <= start for (_, end), (start, _) in pairwise(bounds))
            and all([array.shape for array in changed[first::width]] == self.shapes for first in range(1, width))
        )
        self._memory = {*self.ids, *(id(array.base) for array in changed if array.base is not None)}
        self.wholes = [np.empty(sum(θ.size for θ in parameters), self.dtype) for _ in range(width + 1)]
        self.places: list[Array] = []
        start = 0
        for θ in parameters:
            stop = start + θ.size
            self.places += [whole[start:stop].reshape(θ.shape) for whole in self.wholes]
            start = stop
        self.width = width + 1

    def takes(self, gradients: list[Array]) -> bool:
        """Whether the parameters, with these gradients, are of one dtype and share no memory."""
        return (
            self.is_sound
            and [g.shape for g in gradients] == self.shapes
            and [g.dtype for g in gradients].count(self.dtype) == len(gradients)
            and self._memory.isdisjoint(map(id, gradients))
            and self._memory.isdisjoint(id(g.base) for g in gradients)
        )

    def end_with(self, changed: list[Array], known: dict[int, Flat], key: int) -> None:
        """It is forgotten with the first of its arrays: Python gives the id of what is gone to what comes next.

        Arrays that are held here would seem to be used elsewhere, and would not be laid flat by `compile`.
        """
        self._alive = [weakref.ref(array, lambda _: known.pop(key, None)) for array in changed]

    def update(self, rule: Rule, t: Any, arrays: list[Array]) -> None:
        """Follows the rule for all parameters. arrays: (θ, g, *state) of each in turn."""
        places = self.places
        for place, array in zip(places, arrays):  # noqa: B905  one each, and this is faster
            place[...] = array
        rule(t, *self.wholes)
        for first in (0, *range(2, self.width)):
            for place, array in zip(places[first :: self.width], arrays[first :: self.width]):  # noqa: B905
                array[...] = place
