"""Batches: data that can be gone through every epoch, and a pass over them that can begin in the middle."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from numpynet.core.tensor import Tensor
from numpynet.random.generator import Generator
from numpynet.utils.data import DataLoader, IterableDataset

Batches = Iterable[Any]


def given_data(data: Any, validation: Batches | None) -> tuple[Batches, Batches | None]:
    """Training and validation batches that can be gone through every epoch."""
    if hasattr(data, "get_dataloader"):
        if validation is not None:
            raise TypeError("validation is given twice: the data has a get_dataloader, which provides it")
        data, validation = repeatable(data.get_dataloader(True)), data.get_dataloader(False)
    return repeatable(data), None if validation is None else repeatable(validation)


def repeatable(batches: Any) -> Batches:
    """The batches themselves, or a list of them when they could be gone through only once."""
    if isinstance(batches, Tensor) or (isinstance(batches, tuple) and any(isinstance(one, Tensor) for one in batches)):
        raise TypeError(
            "data must be an iterable of batches, each a pair (inputs, targets), not tensors: for all data in one "
            "batch write [(x, y)], for more a DataLoader of a TensorDataset(x, y)"
        )
    return list(batches) if isinstance(batches, Iterator) else batches


def parts_of(batch: Any) -> tuple[Any, ...]:
    """A batch as (inputs, targets) or (inputs, targets, weights); TypeError where it is neither."""
    try:
        parts = tuple(batch)
    except TypeError:
        parts = ()
    if len(parts) == 2 or (len(parts) == 3 and isinstance(parts[2], Tensor) and parts[2].ndim == 1):
        return parts
    size = f" of {len(batch)}" if isinstance(batch, (tuple, list)) else ""
    raise TypeError(
        f"each batch must be a pair (inputs, targets), or a triple with weights (N,) of its N samples, but got a "
        f"{type(batch).__name__}{size}"
    )


class Pass:
    """Goes through batches once, leaving out those before `start`, and knows how far it has come.

    mark: the fingerprint of the way to `start`. ready: called when the way there is behind it, before the batch there
        is made. watched: whether fingerprints will be asked for.

    Of a `DataLoader` only the indices of what is left out are drawn; of anything else the batches themselves are made.

    RuntimeError where the way to `start` was another one than that of the fingerprint.
    """

    def __init__(
        self,
        batches: Batches,
        start: int = 0,
        mark: int = 0,
        ready: Callable[[], None] | None = None,
        watched: bool = False,
    ) -> None:
        self._batches, self._start, self._mark, self._ready = batches, start, mark, ready
        self._watched = watched or start > 0
        self._last: Any = None
        self._crc = 0

    def __iter__(self) -> Iterator[Any]:
        loader = self._batches
        by_index = (
            isinstance(loader, DataLoader)
            and type(loader).__iter__ is DataLoader.__iter__
            and not isinstance(loader.dataset, IterableDataset)
        )
        if not by_index or not self._watched:
            for position, batch in enumerate(loader, 1):
                self._last = batch
                if position > self._start:
                    yield batch
                elif position == self._start:
                    self._arrive()
            return
        assert isinstance(loader, DataLoader)
        make = loader._sample if loader.batch_sampler is None else loader._batch
        for position, index in enumerate(loader._indices(), 1):
            self._crc = zlib.crc32(repr(index).encode(), self._crc)
            if position > self._start:
                yield make(index)
            elif position == self._start:
                self._arrive()

    def fingerprint(self) -> int:
        """A number for the way so far: for all indices of a `DataLoader`, or for the last batch of anything else."""
        return self._crc or contents_crc(self._last)

    def _arrive(self) -> None:
        if self.fingerprint() != self._mark:
            raise RuntimeError(
                "resume: the data do not come again in the order of the run that is resumed: give fit the same data, "
                "and let their order depend on numpynet's, NumPy's or Python's seed alone"
            )
        if self._ready is not None:
            self._ready()


def contents_crc(batch: Any, start: int = 0) -> int:
    """A checksum of the numbers in a batch."""
    if isinstance(batch, Tensor):
        batch = batch._array
    if isinstance(batch, np.ndarray):
        return zlib.crc32(np.ascontiguousarray(batch).tobytes(), start)
    if isinstance(batch, dict):
        batch = list(batch.values())
    if isinstance(batch, (list, tuple)):
        for one in batch:
            start = contents_crc(one, start)
        return start
    text = repr(batch) if isinstance(batch, (int, float, str, bytes)) else type(batch).__name__
    return zlib.crc32(text.encode(), start)


def generators_of(batches: Batches) -> list[Generator]:
    """The generators that a loader and its samplers draw from, beside the default one."""
    found: dict[int, Generator] = {}
    waiting: list[Any] = [batches]
    for one in waiting:
        for name in ("generator", "sampler", "batch_sampler"):
            inner = getattr(one, name, None)
            if isinstance(inner, Generator):
                found.setdefault(id(inner), inner)
            elif inner is not None and not any(inner is other for other in waiting):
                waiting.append(inner)
    return list(found.values())
