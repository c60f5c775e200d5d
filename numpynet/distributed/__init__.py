"""distributed: what a program asks about other processes. There are none: numpynet computes in one."""

from __future__ import annotations

from typing import Any

__all__ = [
    "get_rank",
    "get_world_size",
    "init_process_group",
    "is_available",
    "is_gloo_available",
    "is_initialized",
    "is_mpi_available",
    "is_nccl_available",
]

_ABSENT = "numpynet computes in one process: ask distributed.is_available() first"


def is_available() -> bool:
    """Always False.

    >>> from numpynet.distributed import is_available
    >>> is_available()
    False
    """
    return False


is_gloo_available = is_mpi_available = is_nccl_available = is_available


def is_initialized() -> bool:
    """Always False.

    >>> import numpynet
    >>> numpynet.distributed.is_initialized()
    False
    """
    return False


def init_process_group(*args: Any, **kwargs: Any) -> None:
    """RuntimeError: there are no other processes.

    >>> import numpynet
    >>> numpynet.distributed.init_process_group("gloo")
    Traceback (most recent call last):
    RuntimeError: numpynet computes in one process: ask distributed.is_available() first
    """
    raise RuntimeError(_ABSENT)


def get_rank(group: Any = None) -> int:
    """ValueError, as in torch before a group of processes is made.

    >>> import numpynet
    >>> numpynet.distributed.get_rank() if numpynet.distributed.is_initialized() else 0
    0
    """
    raise ValueError(f"Default process group has not been initialized: {_ABSENT}")


def get_world_size(group: Any = None) -> int:
    """ValueError, as in torch before a group of processes is made.

    >>> import numpynet
    >>> numpynet.distributed.get_world_size() if numpynet.distributed.is_initialized() else 1
    1
    """
    raise ValueError(f"Default process group has not been initialized: {_ABSENT}")
