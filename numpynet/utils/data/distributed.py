"""distributed: the part of a dataset that one of several processes takes."""

from __future__ import annotations

from collections.abc import Iterator, Sized

import numpy as np

from numpynet.random.generator import Generator
from numpynet.utils.data.sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """Every num_replicas-th index of a dataset, from the `rank`-th on, in an order of seed and epoch alone.

    num_replicas, rank: how many processes share the dataset, and which of them this one is. RuntimeError where one is
        left out: numpynet knows of no other process.
    shuffle: in a random order, another one for each epoch that `set_epoch` names.
    drop_last: leaves out the last samples where they do not suffice for all; otherwise the first come again.

    ValueError for a rank that is not in [0, num_replicas - 1].

    >>> from numpynet.utils.data import DistributedSampler
    >>> sampler = DistributedSampler(range(5), num_replicas=2, rank=1, shuffle=False)
    >>> list(sampler), len(sampler)
    ([1, 3, 0], 3)
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise RuntimeError(
                "Requires distributed package to be available: give num_replicas and rank, or take a RandomSampler"
            )
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        self.num_samples = len(dataset) // num_replicas if drop_last else -(-len(dataset) // num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        count = len(self.dataset)
        generator = Generator().manual_seed(self.seed + self.epoch)
        order = generator.permutation(count) if self.shuffle else np.arange(count)
        return iter(np.resize(order, self.total_size)[self.rank :: self.num_replicas].tolist())

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Says which epoch begins, for the order of its samples.

        >>> from numpynet.utils.data import DistributedSampler
        >>> sampler = DistributedSampler(range(4), num_replicas=1, rank=0)
        >>> sampler.set_epoch(1)
        >>> list(sampler)
        [1, 3, 2, 0]
        """
        self.epoch = epoch
