"""DataLoader: a dataset as batches, epoch after epoch."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import numpy as np

from numpynet.core.tensor import wrap
from numpynet.random.generator import Generator, chosen
from numpynet.utils.data.collate import default_collate, default_convert
from numpynet.utils.data.dataset import IterableDataset, Subset, TensorDataset
from numpynet.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler, require_positive_integer

Sample = TypeVar("Sample", covariant=True)


class DataLoader(Generic[Sample]):
    """Iterating over it gives the batches of a dataset, in the order and with the random draws of torch.

    dataset: anything with `__getitem__` and `__len__`, or an `IterableDataset`.
    batch_size: samples per batch; None to get the samples themselves.
    shuffle: visits the samples in a new random order at each pass.
    sampler: gives the indices, in place of shuffle.
    batch_sampler: gives lists of indices, in place of batch_size, shuffle, sampler and drop_last.
    collate_fn: makes a batch of a list of samples; `default_collate`, or `default_convert` without batches.
    drop_last: leaves out a last batch that would be smaller.
    generator: where random numbers are drawn, the default generator if None. Each pass draws one number as it
        begins, even without shuffling.
    num_workers, timeout, worker_init_fn, multiprocessing_context, prefetch_factor, persistent_workers, in_order:
        taken and checked, but batches are always made in this process, when they are asked for. The order is
        the same, and so is when samplers draw: num_workers * prefetch_factor batches ahead. What a dataset itself
        draws comes from this process's generator instead of a worker's, and worker_init_fn is not called. Only for
        an IterableDataset, which every worker would repeat, is num_workers > 0 missing: NotImplementedError.
    pin_memory, pin_memory_device: without effect, there being no other device.

    ValueError for options that exclude each other or are out of range.

    >>> import numpynet
    >>> from numpynet.utils.data import DataLoader, TensorDataset
    >>> dataset = TensorDataset(numpynet.arange(5), numpynet.ones(5))
    >>> for x, y in DataLoader(dataset, batch_size=2):
    ...     print(x, y)
    tensor([0, 1]) tensor([1., 1.])
    tensor([2, 3]) tensor([1., 1.])
    tensor([4]) tensor([1.])
    """

    _initialized = False

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context)
        stream = isinstance(dataset, IterableDataset)
        if stream:
            for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
                if value is not None:
                    raise ValueError(
                        f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
                    )
            if num_workers:
                raise NotImplementedError(
                    f"DataLoader with IterableDataset: num_workers={num_workers} is missing: use num_workers=0"
                )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size = None
        elif batch_size is None:
            if drop_last:
                raise ValueError(
                    "batch_size=None option disables auto-batching and is mutually exclusive with drop_last"
                )
        elif stream:
            require_positive_integer("batch_size", batch_size)
        if sampler is None and not stream:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None and sampler is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        batches = batch_size is not None or batch_sampler is not None

        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.drop_last = drop_last
        if collate_fn is None:
            collate_fn = default_collate if batches else default_convert
        self.collate_fn = collate_fn
        self.generator = generator
        self.num_workers = num_workers
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.in_order = in_order
        self._has_workers = False
        self._initialized = True

    def __setattr__(self, name: str, value: Any) -> None:
        if self._initialized and name in _FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[Any]:
        """A pass over the dataset. It draws one number at once; without workers, the sampler's at the first batch."""
        if isinstance(self.dataset, IterableDataset):
            self._draw_base_seed()
            samples = iter(self.dataset)
            return self._stream(samples) if self.batch_size is not None else map(self.collate_fn, samples)
        return map(self._sample if self.batch_sampler is None else self._batch, self._indices())

    def _indices(self) -> Iterator[Any]:
        """What a pass makes its batches of: an index, or a list of them, for each."""
        indices = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]
        if not (self._has_workers and self.persistent_workers):  # which have been given theirs
            self._draw_base_seed()
        self._has_workers = True
        return _ahead(indices, self.num_workers * (self.prefetch_factor or 0)) if self.num_workers else indices

    def __len__(self) -> int:
        """How many batches a pass gives; TypeError where that depends on a dataset or sampler without length."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]
        count = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def _draw_base_seed(self) -> None:
        """Draws what torch seeds its workers with."""
        chosen(self.generator, "DataLoader").random_int64()

    def _sample(self, index: Any) -> Any:
        return self.collate_fn(self.dataset[index])

    def _batch(self, indices: list[Any]) -> Any:
        dataset = self.dataset
        if self.collate_fn is default_collate:
            taken = taken_at_once(dataset, indices)
            if taken is not None:
                return taken
        if getattr(dataset, "__getitems__", None):
            return self.collate_fn(dataset.__getitems__(indices))
        return self.collate_fn([dataset[index] for index in indices])

    def _stream(self, samples: Iterator[Any]) -> Iterator[Any]:
        while batch := list(itertools.islice(samples, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield self.collate_fn(batch)


def get_worker_info() -> None:
    """None, as torch says where no worker asks: here the process that reads the batches makes the samples too.

    >>> import numpynet
    >>> numpynet.utils.data.get_worker_info() is None
    True
    """
    return


def _ahead(indices: Iterator[Any], count: int) -> Iterator[Any]:
    """The indices, of which `count` are taken at once, and so many are ahead, as workers have them."""
    waiting = deque(itertools.islice(indices, count))

    def following() -> Iterator[Any]:
        while waiting:
            first = waiting.popleft()
            waiting.extend(itertools.islice(indices, 1))
            yield first

    return following()


_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


def _check_workers(
    num_workers: int,
    timeout: float,
    prefetch_factor: int | None,
    persistent_workers: bool,
    multiprocessing_context: Any,
) -> None:
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing: let num_workers > 0, or leave "
            "prefetch_factor at None."
        )
    if timeout and not num_workers:
        raise AssertionError("timeout option could only be specified in multiprocessing: let num_workers > 0")
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if multiprocessing_context is not None and num_workers == 0:
        raise ValueError(
            f"multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
            f"num_workers={num_workers}"
        )


def taken_at_once(dataset: Any, indices: list[Any]) -> list[Any] | None:
    """What collating the samples of a TensorDataset, or of a Subset of one, gives, without making the samples.

    None where that is not certain: for subclasses with a `__getitem__` of their own, indices other than
    integers in range, and tensors that require a gradient, which collating would record.
    """
    while type(dataset) is Subset:
        if not all(type(index) is int for index in indices):
            return None
        indices = [dataset.indices[index] for index in indices]
        dataset = dataset.dataset
    kind = type(dataset)
    if not isinstance(dataset, TensorDataset) or kind.__getitem__ is not TensorDataset.__getitem__:
        return None
    if hasattr(dataset, "__getitems__") or any(tensor.requires_grad for tensor in dataset.tensors):
        return None
    positions = np.array(indices)
    if positions.dtype != np.int64 or positions.ndim != 1:
        return None
    try:
        return [wrap(tensor._array.take(positions, axis=0)) for tensor in dataset.tensors]
    except IndexError:
        return None
