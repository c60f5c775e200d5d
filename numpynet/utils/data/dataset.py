"""Datasets: where samples come from, by index or as a stream."""

from __future__ import annotations

import bisect
import itertools
import math
import operator
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from numpynet.core.tensor import Tensor
from numpynet.random.generator import Generator, chosen

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """Base of datasets whose samples are found by an index.

    A subclass writes `__getitem__` and `__len__`. It may write `__getitems__`, which takes a list of indices and
    returns the list of those samples; `DataLoader` prefers it. Datasets are concatenated by ``+``.

    >>> from numpynet.utils import data
    >>> class Squares(data.Dataset):
    ...     def __getitem__(self, index):
    ...         return index * index
    >>> Squares()[3]
    9
    """

    def __getitem__(self, index: Any) -> Sample:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Sample], Iterable[Sample]):
    """Base of datasets that are a stream of samples: a subclass writes `__iter__`. Chained by ``+``.

    >>> from numpynet.utils import data
    >>> class Numbers(data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter([1, 2])
    >>> list(data.DataLoader(Numbers(), batch_size=2))
    [tensor([1, 2])]
    """

    def __add__(self, other: Dataset[Any]) -> ChainDataset:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Sample i is (a[i], b[i], ...) for tensors a, b, ... of one first size; AssertionError if they differ.

    AttributeError, or TypeError for arrays, for what is no tensor.

    >>> import numpynet
    >>> from numpynet.utils.data import TensorDataset
    >>> TensorDataset(numpynet.arange(3), numpynet.ones(3))[1]
    (tensor(1), tensor(1.))
    """

    def __init__(self, *tensors: Tensor) -> None:
        try:
            sizes = [tensor.size(0) for tensor in tensors]
        except (AttributeError, TypeError) as error:
            raise type(error)(f"{error}: TensorDataset takes tensors one by one: make them by torch.tensor()") from None
        if len(set(sizes)) > 1:
            raise AssertionError(f"Size mismatch between tensors: first sizes {sizes}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].size(0)


class StackDataset(Dataset[Any]):
    """Sample i is (a[i], b[i], ...) for datasets a, b, ... of one length; a dictionary where they have names.

    ValueError for no dataset, for some with and some without names, and for different lengths.

    >>> from numpynet.utils.data import StackDataset
    >>> StackDataset(letter="ab", number=range(2))[1]
    {'letter': 'b', 'number': 1}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or ``dict``- (via ``kwargs``) like input/output, but both "
                "types are given."
            )
        if not (args or kwargs):
            raise ValueError("At least one dataset should be passed")
        self.datasets: Any = args or kwargs
        lengths = [len(dataset) for dataset in args or kwargs.values()]
        if len(set(lengths)) > 1:
            raise ValueError(f"Size mismatch between datasets: lengths {lengths}")
        self._length = lengths[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[Any]):
    """The samples of several datasets one after the other.

    AssertionError for no dataset and for streams; indexing raises ValueError below -len.

    >>> from numpynet.utils.data import ConcatDataset
    >>> list(ConcatDataset(["ab", "cde"])[i] for i in range(5))
    ['a', 'b', 'c', 'd', 'e']
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = list(itertools.accumulate(len(dataset) for dataset in self.datasets))

    def __getitem__(self, idx: int) -> Any:
        if idx < 0:
            idx += len(self)
            if idx < 0:
                raise ValueError("absolute value of index should not exceed dataset length")
        which = bisect.bisect_right(self.cumulative_sizes, idx)
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][idx - before]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[Any]):
    """The samples of several streams one after the other; AssertionError for a dataset that is no stream.

    >>> from numpynet.utils import data
    >>> class Numbers(data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter([1, 2])
    >>> list(data.ChainDataset([Numbers(), Numbers()]))
    [1, 2, 1, 2]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def _streams(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield dataset

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self._streams())

    def __len__(self) -> int:
        return sum(len(stream) for stream in self._streams())


class Subset(Dataset[Sample]):
    """The samples of a dataset at the given indices.

    A subclass that overrides `__getitem__` must override `__getitems__` too, NotImplementedError otherwise.

    >>> from numpynet.utils.data import Subset
    >>> Subset("abcd", [3, 0])[0]
    'd'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices
        kind = type(self)
        if kind.__getitem__ is not Subset.__getitem__ and kind.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{kind.__name__} overrides __getitem__ but not __getitems__, which a DataLoader calls: write "
                f"def __getitems__(self, indices): return [self[i] for i in indices]"
            )

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, list):
            return self.dataset[[self.indices[i] for i in idx]]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        chosen = [self.indices[index] for index in indices]
        if callable(getattr(self.dataset, "__getitems__", None)):
            return self.dataset.__getitems__(chosen)
        return [self.dataset[index] for index in chosen]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None) -> list[Subset[Any]]:
    """Subsets of the given lengths that share out a dataset at random.

    lengths: numbers of samples, which sum to the dataset's length, or fractions, which sum to 1. Fractions are
        rounded down, and the samples left over go one each to the first subsets.

    ValueError for a wrong sum or a fraction outside [0, 1], TypeError for numbers of samples that are no integers.
    Warns when a fraction gives an empty subset.

    >>> import numpynet
    >>> from numpynet.utils.data import random_split
    >>> generator = numpynet.random.Generator().manual_seed(0)
    >>> [subset.indices for subset in random_split(range(5), [0.5, 0.5], generator)]
    [[4, 0, 1], [3, 2]]
    """
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"random_split(): argument 'generator' must be torch.Generator, not {type(generator).__name__}")
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _lengths_of_fractions(lengths, len(dataset))
        for number, length in enumerate(lengths):
            if length == 0:
                warnings.warn(
                    f"Length of split at index {number} is 0. This might result in an empty dataset.", stacklevel=2
                )
    total: Any = sum(lengths)
    if total != len(dataset):
        raise ValueError(
            f"Sum of input lengths does not equal the length of the input dataset! {total} != {len(dataset)}"
        )
    permuted = iter(chosen(generator, "random_split").permutation(operator.index(total)).tolist())
    return [Subset(dataset, list(itertools.islice(permuted, int(length)))) for length in lengths]


def _lengths_of_fractions(fractions: Sequence[float], total: int) -> list[int]:
    for number, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            raise ValueError(f"Fraction at index {number} is not between 0 and 1: {fraction}")
    lengths = [math.floor(total * fraction) for fraction in fractions]
    for number in range(total - sum(lengths)):
        lengths[number % len(lengths)] += 1
    return lengths
