"""Samplers: in which order the samples of a dataset are visited, drawn as torch draws it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

from numpynet.core.tensor import Tensor, wrap
from numpynet.random.generator import Generator, chosen

Index = TypeVar("Index", covariant=True)


def require_positive_integer(name: str, value: Any) -> None:
    """ValueError unless `value` is an integer above 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


class Sampler(Generic[Index]):
    """Base of all samplers: iterating over one gives indices into a dataset, or lists of them (batches).

    A subclass writes `__iter__` and, where the length is known, `__len__`.

    >>> from numpynet.utils import data
    >>> class Evens(data.Sampler):
    ...     def __iter__(self):
    ...         return iter([0, 2])
    >>> list(data.DataLoader([10, 11, 12], sampler=Evens()))
    [tensor([10]), tensor([12])]
    """

    def __iter__(self) -> Iterator[Index]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__")


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ..., len(data_source) - 1.

    >>> from numpynet.utils.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """The indices of data_source in random order, or, with replacement, at random.

    num_samples: how many; the length of data_source by default. Without replacement each round visits every
        index once, and the next round begins when they are used up.
    generator: where the numbers are drawn. By default each pass draws one number from the default generator,
        at its first index, and goes on with a generator seeded by it.

    TypeError unless replacement is a bool; ValueError unless num_samples is a positive integer.

    >>> import numpynet
    >>> from numpynet.utils.data import RandomSampler
    >>> list(RandomSampler(range(5), generator=numpynet.random.Generator().manual_seed(0)))
    [4, 0, 1, 3, 2]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        require_positive_integer("num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices a pass gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n, count = len(self.data_source), self.num_samples
        generator = chosen(self.generator, type(self).__name__)
        if self.generator is None:
            generator = Generator().manual_seed(generator.random_int64())
        if self.replacement:
            for _ in range(count // 32):
                yield from generator.integers((32,), 0, n).tolist()
            yield from generator.integers((count % 32,), 0, n).tolist()
        else:
            for _ in range(count // n):
                yield from generator.permutation(n).tolist()
            # Drawn even when nothing of it is wanted: a given generator must be left in torch's state.
            yield from generator.permutation(n)[: count % n].tolist()

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order.

    >>> import numpynet
    >>> from numpynet.utils.data import SubsetRandomSampler
    >>> list(SubsetRandomSampler([10, 20, 30], generator=numpynet.random.Generator().manual_seed(0)))
    [30, 10, 20]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        generator = chosen(self.generator, type(self).__name__)
        for position in generator.permutation(len(self.indices)).tolist():
            yield self.indices[position]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with probabilities in proportion to their weights.

    weights: a number for each index; they need not sum to 1.
    replacement: False so that no index comes twice.

    ValueError for a num_samples that is no positive integer, a replacement that is no bool, and weights that
    are not one-dimensional.

    >>> import numpynet
    >>> from numpynet.utils.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0, 1, 3], 4, generator=numpynet.random.Generator().manual_seed(0)))
    [2, 2, 2, 2]
    """

    def __init__(
        self,
        weights: Sequence[float] | Tensor,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        require_positive_integer("num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        values = weights._array if isinstance(weights, Tensor) else weights
        self.weights = wrap(np.array(values, np.float64))
        if self.weights.ndim != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        generator = chosen(self.generator, type(self).__name__)
        yield from generator.multinomial(self.weights._array, self.num_samples, self.replacement).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler in lists of batch_size.

    drop_last: leaves out a last list that would be shorter.

    ValueError unless batch_size is a positive integer and drop_last a bool.

    >>> from numpynet.utils.data import BatchSampler, SequentialSampler
    >>> list(BatchSampler(SequentialSampler(range(5)), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        require_positive_integer("batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
