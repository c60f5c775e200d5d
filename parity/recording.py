"""Recording: torch's traces in files of a few kilobytes, so that they can be proved against without torch.

A file of NumPy's npz format, without pickled objects, holds one program: for every dtype and seed the digests of all
draws and of the generator's state, the initial parameters, the loss and the learning rate of each step, and the
gradients, parameters and buffers of the steps in `DETAILED`, so that those steps can be locked. Its `about` tells
which torch it was, which build, on which kind of CPU, and when.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from numpynet.serialization.atomic_file import atomic_file
from parity.trace import Array, Arrays, Draw, Evaluation, Model, Step, Trace

DIRECTORY = Path(__file__).with_name("recorded")
DETAILED = frozenset([*range(10), 99, 100, 499, 500, 998, 999])  # a locked step needs the state of the one before


def is_detailed(step: int) -> bool:
    """Whether the gradients, parameters and buffers of that step, counted from 0, are recorded."""
    return step in DETAILED


class Packer:
    """Gathers arrays of one dtype into one, and remembers their shapes."""

    def __init__(self) -> None:
        self.arrays: list[Array] = []

    def put(self, array: Array) -> list[int]:
        """Adds an array. Returns its shape, which `Unpacker.take` wants."""
        self.arrays.append(array)
        return list(array.shape)

    def put_all(self, arrays: Arrays) -> list[list[Any]]:
        """Adds named arrays. Returns names and shapes."""
        return [[name, self.put(array)] for name, array in arrays.items()]

    def packed(self, dtype: str) -> Array:
        """All of them, one after the other."""
        for array in self.arrays:
            if array.dtype != dtype:
                raise TypeError(f"a trace in {dtype} holds an array of {array.dtype}")
        return np.concatenate([np.zeros(0, dtype), *(array.reshape(-1) for array in self.arrays)])


class Unpacker:
    """Takes arrays out again, in the order in which they were put."""

    def __init__(self, packed: Array) -> None:
        self.packed = packed
        self.place = 0

    def take(self, shape: list[int]) -> Array:
        """The next array, of that shape."""
        size = int(np.prod(shape, dtype=np.int64))
        array = self.packed[self.place : self.place + size].reshape(shape).copy()
        self.place += size
        return array

    def take_all(self, named: list[list[Any]]) -> Arrays:
        """The next arrays, by name."""
        return {name: self.take(shape) for name, shape in named}


def pack(trace: Trace, dtype: str) -> dict[str, Array]:
    """A trace as a few arrays; a description in JSON is one of them."""
    packer = Packer()
    described: dict[str, Any] = {
        "draws": [[draw.place, draw.function] for draw in trace.draws],
        "streams": sorted(trace.streams),
        "models": [[model.name, model.first, packer.put_all(model.initial)] for model in trace.models],
        "steps": len(trace.steps),
        "accuracies": trace.accuracies,
    }
    packer.put(np.array([step.loss for step in trace.steps], dtype))
    described["details"] = [
        [number, *(packer.put_all(one or {}) for one in (step.gradients, step.parameters, step.buffers))]
        for number, step in enumerate(trace.steps)
        if step.parameters is not None
    ]
    described["evaluations"] = [
        [name, packer.put(one.result), [packer.put(gradient) for gradient in one.gradients]]
        for name, one in trace.evaluations.items()
    ]
    digests = [draw.digest for draw in trace.draws] + [trace.streams[step] for step in described["streams"]]
    return {
        "description": np.frombuffer(json.dumps(described).encode(), np.uint8),
        "digests": np.array(digests, np.uint64),
        "learning_rates": np.array([step.learning_rate for step in trace.steps], np.float64),
        "values": packer.packed(dtype),
    }


def unpack(packed: dict[str, Array]) -> Trace:
    """The trace that `pack` packed."""
    described = json.loads(packed["description"].tobytes())
    values, digests = Unpacker(packed["values"]), [int(one) for one in packed["digests"]]
    trace = Trace()
    count = len(described["draws"])
    draws = zip(described["draws"], digests[:count], strict=True)
    trace.draws = [Draw(place, function, one) for (place, function), one in draws]
    trace.streams = dict(zip(described["streams"], digests[count:], strict=True))
    trace.models = [Model(name, first, values.take_all(initial)) for name, first, initial in described["models"]]
    losses = values.take([described["steps"]])
    rates = packed["learning_rates"].tolist()
    trace.steps = [Step(loss.copy(), rate) for loss, rate in zip(losses, rates, strict=True)]
    for number, gradients, parameters, buffers in described["details"]:
        step = trace.steps[number]
        step.gradients = values.take_all(gradients)
        step.parameters = values.take_all(parameters)
        step.buffers = values.take_all(buffers)
    for name, shape, shapes in described["evaluations"]:
        trace.evaluations[name] = Evaluation(values.take(shape), [values.take(one) for one in shapes])
    trace.accuracies = {name: (right, total) for name, (right, total) in described["accuracies"].items()}
    return trace


Runs = dict[tuple[str, int], Trace]  # by dtype and seed


def save(path: Path, about: dict[str, str], runs: Runs) -> None:
    """Writes the runs of one program into a file, replacing it whole."""
    arrays = {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)}
    for (dtype, seed), trace in runs.items():
        for name, array in pack(trace, dtype).items():
            arrays[f"{dtype}/{seed}/{name}"] = array
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path, "wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


class Recording:
    """One program's file, opened.

    about: torch's version and build, the CPU, the date. FileNotFoundError when there is no such file.
    """

    def __init__(self, program: str, directory: Path = DIRECTORY) -> None:
        path = directory / f"{program}.npz"
        if not path.exists():
            raise FileNotFoundError(
                f"nothing is recorded of {program}: {path} does not exist; run python -m parity record"
            )
        with np.load(path, allow_pickle=False) as file:
            self._arrays = {name: file[name] for name in file.files}
        self.about: dict[str, str] = json.loads(self._arrays["about"].tobytes())

    def runs(self) -> list[tuple[str, int]]:
        """The dtypes and seeds that were recorded."""
        names = [name.split("/") for name in self._arrays if name.endswith("/description")]
        return [(dtype, int(seed)) for dtype, seed, _ in names]

    def trace(self, dtype: str, seed: int) -> Trace:
        """What torch did from that seed."""
        prefix = f"{dtype}/{seed}/"
        return unpack({name.removeprefix(prefix): one for name, one in self._arrays.items() if name.startswith(prefix)})
