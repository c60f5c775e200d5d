"""Updates: the shadows of what any optimizer makes of its parameters and of what it keeps for them.

An update works element by element: what becomes of a parameter's element is a function f of that element θ, of its
gradient g, and of what the optimizer keeps for it. As for operations (`parity.derived`) its shadow is

    |f| + |∂f/∂θ| |θ| + |∂f/∂g| G + Σ |∂f/∂b| |b|,

with G the shadow of the gradient, and the state b known exactly, since both libraries start from the same. The
derivatives are measured in float64 on a twin of numpynet's own optimizer, of which each of these arrays in turn is
moved by a millionth of its size. That the first step of Adam or RMSprop is lr times the sign of g, whatever its size,
and has roundings of its own that no derivative shows, is covered too: the step is at most |f| + |θ|, both of which
are in the sum, since ∂f/∂θ is 1.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from numpynet.core.tensor import Tensor, wrap
from numpynet.optim.optimizer import Optimizer
from parity.derived import sensitivity
from parity.trace import Array, Arrays

STEP = (1e-6,)


def update_shadows(
    optimizer: Optimizer, parameters: dict[str, Tensor], before: Arrays, kept: Arrays, gradients: Arrays
) -> tuple[Arrays, Arrays]:
    """The shadows of the buffers, named "parameter.buffer", and of the parameters after a step.

    optimizer: after the step. parameters: by name. before, kept: the parameters' values and the buffers before it.
    gradients: their shadows; the gradients themselves are still in `.grad`.
    """
    twin = Twin(optimizer, parameters, kept)
    θ, g = twin.joined(before), twin.joined({name: one._grad._array for name, one in parameters.items()})  # type: ignore[union-attr]
    values = [θ, g, *(twin.joined({name: kept[f"{name}.{key}"] for name in parameters}) for key in twin.keys)]
    shadows = [np.abs(θ), twin.joined(gradients), *map(np.abs, values[2:])]
    with np.errstate(all="ignore"):
        after = twin.step(values)
        eps = float(np.finfo(θ.dtype).eps)
        found = np.abs(after) + sensitivity(twin.step, values, shadows, eps, alone=True, steps=STEP)
    of_parameters, *of_state = map(twin.parted, found)
    buffers = {
        f"{name}.{key}": S for key, parts in zip(twin.keys_after, of_state, strict=True) for name, S in parts.items()
    }
    return {**buffers, **twin.counters()}, of_parameters


class Twin:
    """An optimizer like another, on copies of its parameters in float64.

    kept: what the other keeps, before a step. keys: of what it keeps in the shape of the parameters; keys_after: the
    same after `step`, where an optimizer may begin to keep something.
    """

    def __init__(self, optimizer: Optimizer, parameters: dict[str, Tensor], kept: Arrays) -> None:
        self.kept = kept
        self.copies = {name: wrap(one._array.astype(np.float64)) for name, one in parameters.items()}
        copies = {one: self.copies[name] for name, one in parameters.items()}
        self.optimizer = copy.copy(optimizer)  # whose lists and dictionaries are still the other's
        self.optimizer.param_groups = [
            {**group, "params": [copies[one] for one in group["params"]]} for group in optimizer.param_groups
        ]
        self.optimizer._flats = {}
        first = next(iter(self.copies))
        self.keys = [key for key in self._keys_of(first) if kept[f"{first}.{key}"].shape == self.copies[first].shape]
        self.numbers = [key for key in self._keys_of(first) if key not in self.keys]
        self.keys_after: list[str] = []

    def _keys_of(self, name: str) -> list[str]:
        return [one.removeprefix(f"{name}.") for one in self.kept if one.rpartition(".")[0] == name]

    def step(self, values: Sequence[Array]) -> Array:
        """The parameters and what is kept in their shape, after a step from these: θ, g and what is kept."""
        θ, g, *state = map(self.parted, values)
        self.optimizer.state = defaultdict(dict)
        for name, parameter in self.copies.items():
            parameter._array, parameter._grad = θ[name].copy(), wrap(g[name])
            known = {key: wrap(self.kept[f"{name}.{key}"].copy()) for key in self.numbers}
            known |= {key: wrap(one[name].copy()) for key, one in zip(self.keys, state, strict=True)}
            if known:
                self.optimizer.state[parameter] = known
        self.optimizer.step()
        first = next(iter(self.copies.values()))
        self.keys_after = [
            key
            for key, one in self.optimizer.state[first].items()
            if isinstance(one, Tensor) and (key in self.keys or (one.shape == first.shape and one.ndim))
        ]
        rows = [{name: one._array for name, one in self.copies.items()}]
        rows += [
            {name: self.optimizer.state[one][key]._array for name, one in self.copies.items()}
            for key in self.keys_after
        ]
        return np.stack([self.joined(row) for row in rows])

    def counters(self) -> Arrays:
        """The numbers that are kept, after a step: they are bounded by their own size."""
        return {
            f"{name}.{key}": np.abs(value._array)
            for name, one in self.copies.items()
            for key, value in self.optimizer.state[one].items()
            if isinstance(value, Tensor) and key not in self.keys_after
        }

    def joined(self, arrays: Arrays) -> Array:
        """One behind the other, in float64; those of one element may be for all of a parameter's."""
        shapes = {name: one.shape for name, one in self.copies.items()}
        parts = [np.broadcast_to(np.asarray(arrays[name], np.float64), shape) for name, shape in shapes.items()]
        return np.concatenate([one.reshape(-1) for one in parts])

    def parted(self, joined: Array) -> Arrays:
        """What `joined` joined."""
        ends = np.cumsum([one.numel() for one in self.copies.values()])
        parts = np.split(joined, ends[:-1])
        return {name: part.reshape(one.shape) for part, (name, one) in zip(parts, self.copies.items(), strict=True)}
