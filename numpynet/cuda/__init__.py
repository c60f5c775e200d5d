"""cuda: what a program asks about graphics cards. There are none: numpynet computes on the CPU."""

from __future__ import annotations

from typing import Any

from numpynet.core.absence import asked

__all__ = [
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "synchronize",
]

_ABSENT = "numpynet computes on the CPU only: ask cuda.is_available() first, and use the device 'cpu'"


def is_available() -> bool:
    """Always False.

    >>> import numpynet
    >>> "cuda" if numpynet.cuda.is_available() else "cpu"
    'cpu'
    """
    return False


def device_count() -> int:
    """Always 0.

    >>> import numpynet
    >>> numpynet.cuda.device_count()
    0
    """
    return 0


def manual_seed(seed: int) -> None:
    """Does nothing: there is no generator to seed.

    >>> import numpynet
    >>> numpynet.cuda.manual_seed(0)
    """


def manual_seed_all(seed: int) -> None:
    """Does nothing: there is no generator to seed.

    >>> import numpynet
    >>> numpynet.cuda.manual_seed_all(0)
    """


def empty_cache() -> None:
    """Does nothing: there is no cache.

    >>> import numpynet
    >>> numpynet.cuda.empty_cache()
    """


def current_device() -> int:
    """AssertionError: there is no device.

    >>> import numpynet
    >>> numpynet.cuda.current_device()
    Traceback (most recent call last):
    AssertionError: numpynet computes on the CPU only: ask cuda.is_available() first, and use the device 'cpu'
    """
    raise AssertionError(_ABSENT)


def get_device_name(device: Any = None) -> str:
    """AssertionError: there is no device.

    >>> import numpynet
    >>> numpynet.cuda.get_device_name(0)
    Traceback (most recent call last):
    AssertionError: numpynet computes on the CPU only: ask cuda.is_available() first, and use the device 'cpu'
    """
    raise AssertionError(_ABSENT)


def synchronize(device: Any = None) -> None:
    """AssertionError: there is no device.

    >>> import numpynet
    >>> numpynet.cuda.synchronize()
    Traceback (most recent call last):
    AssertionError: numpynet computes on the CPU only: ask cuda.is_available() first, and use the device 'cpu'
    """
    raise AssertionError(_ABSENT)


__getattr__ = asked(__name__, "amp")
