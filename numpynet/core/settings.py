"""Settings of the whole process: the number of threads, and switches that have nothing to switch here."""

from __future__ import annotations

import importlib
import os
from typing import Any

from numpynet.core.device import CPU, device, require_cpu

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_default_device",
    "get_float32_matmul_precision",
    "get_num_threads",
    "set_default_device",
    "set_float32_matmul_precision",
    "set_num_threads",
    "use_deterministic_algorithms",
]

_threads: int | None = None
_deterministic = False
_precision = "highest"


def set_num_threads(num: int) -> None:
    """Sets how many threads matrix products run on; everything else runs on one.

    That number belongs to the BLAS library behind NumPy, which is reached through the package threadpoolctl.
    Where that is not installed only `get_num_threads` learns of it; set the environment variable
    OPENBLAS_NUM_THREADS before Python starts instead.

    RuntimeError for what is not a positive integer.

    >>> import numpynet
    >>> numpynet.set_num_threads(1)
    """
    if not isinstance(num, int) or isinstance(num, bool):
        raise RuntimeError(f"set_num_threads expects an int, but got {type(num).__name__}")
    if num <= 0:
        raise RuntimeError(f"set_num_threads expects a positive integer, but got {num}")
    global _threads
    _threads = num
    pools = _thread_pools()
    if pools is not None:
        pools.threadpool_limits(num, user_api="blas")


def get_num_threads() -> int:
    """How many threads matrix products run on.

    >>> import numpynet
    >>> numpynet.get_num_threads() >= 1
    True
    """
    pools = _thread_pools()
    found = [] if pools is None else [p["num_threads"] for p in pools.threadpool_info() if p["user_api"] == "blas"]
    return max(found, default=_threads or os.cpu_count() or 1)


def _thread_pools() -> Any:
    """The package threadpoolctl, or None where it is not installed."""
    try:
        return importlib.import_module("threadpoolctl")
    except ImportError:
        return None


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Remembers the wish. Every operation is deterministic anyway: the same program gives the same bits.

    >>> import numpynet
    >>> numpynet.use_deterministic_algorithms(True)
    >>> numpynet.are_deterministic_algorithms_enabled()
    True
    >>> numpynet.use_deterministic_algorithms(False)
    """
    global _deterministic
    _deterministic = bool(mode)


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was asked for.

    >>> import numpynet
    >>> numpynet.are_deterministic_algorithms_enabled()
    False
    """
    return _deterministic


def set_float32_matmul_precision(precision: str) -> None:
    """Remembers the wish ("highest", "high" or "medium"). Products are always computed in full precision.

    >>> import numpynet
    >>> numpynet.set_float32_matmul_precision("highest")
    >>> numpynet.get_float32_matmul_precision()
    'highest'
    """
    if precision not in ("highest", "high", "medium"):
        raise RuntimeError(f"Float32 matmul precision must be 'highest', 'high' or 'medium', not {precision!r}")
    global _precision
    _precision = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was last given.

    >>> import numpynet
    >>> numpynet.get_float32_matmul_precision()
    'highest'
    """
    return _precision


def set_default_device(device: Any) -> None:
    """RuntimeError for any device but the CPU, which is the default.

    >>> import numpynet
    >>> numpynet.set_default_device("cpu")
    >>> numpynet.get_default_device()
    device(type='cpu')
    """
    require_cpu(device)


def get_default_device() -> device:
    """The CPU.

    >>> import numpynet
    >>> numpynet.get_default_device()
    device(type='cpu')
    """
    return CPU
