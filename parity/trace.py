"""Trace: what a program did, step by step, as arrays; from either library, and comparable."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = dict[str, Array]


def digest(array: Array) -> int:
    """64 bits that tell apart arrays of other bytes, shape or dtype (BLAKE2b)."""
    hashed = hashlib.blake2b(f"{array.dtype.str}{array.shape}".encode(), digest_size=8)
    hashed.update(np.ascontiguousarray(array).data)
    return int.from_bytes(hashed.digest(), "little")


@dataclass
class Draw:
    """Random numbers that the program asked for.

    place: the evaluation that they are for, "" where there is none. function: what it called.
    digest: of the numbers. values: the numbers; None where only the digest was recorded.
    """

    place: str
    function: str
    digest: int
    values: Array | None = None


@dataclass
class Model:
    """Parameters that the program began to train before step `first` (counted from 0), as they were then."""

    name: str
    first: int
    initial: Arrays


@dataclass
class Step:
    """One training step, after its update.

    loss: 0-dimensional, in its own dtype. buffers: the optimizer's, named "parameter.buffer".
    gradients, parameters and buffers are None where a recorded trace leaves them out.
    """

    loss: Array
    learning_rate: float
    gradients: Arrays | None = None
    parameters: Arrays | None = None
    buffers: Arrays | None = None


@dataclass
class Evaluation:
    """One operation evaluated, and differentiated with a random cotangent: a gradient for each operand."""

    result: Array
    gradients: list[Array]


@dataclass
class Trace:
    """All that a run of a program left behind.

    evaluations: by name, so that one that is new or gone is no concern of the others.
    streams: a digest of the generator's state after so many steps, where it was looked at.
    accuracies: samples right and samples in all, by name.
    stopped: how an exception ended the program, if one did.
    """

    draws: list[Draw] = field(default_factory=list)
    streams: dict[int, int] = field(default_factory=dict)
    models: list[Model] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    evaluations: dict[str, Evaluation] = field(default_factory=dict)
    accuracies: dict[str, tuple[int, int]] = field(default_factory=dict)
    stopped: str | None = None

    def draws_by_place(self) -> dict[str, list[Draw]]:
        """The draws for each evaluation, and under "" all others."""
        found: dict[str, list[Draw]] = {}
        for draw in self.draws:
            found.setdefault(draw.place, []).append(draw)
        return found

    def model_of(self, step: int) -> Model:
        """The model that is trained at that step."""
        return next(model for model in reversed(self.models) if model.first <= step)
