"""distributed: the part of a dataset that one of several processes takes. There is one process only."""

from __future__ import annotations

from typing import Any

from numpynet.utils.data.sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """RuntimeError when one is made, as in torch where no other processes are.

    >>> import numpynet
    >>> numpynet.utils.data.distributed.DistributedSampler([1, 2])
    Traceback (most recent call last):
    RuntimeError: Requires distributed package to be available: take a RandomSampler
    """

    def __init__(self, dataset: Any, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("Requires distributed package to be available: take a RandomSampler")
