"""accelerator: what a program asks about other devices than the CPU. There are none."""

from __future__ import annotations

from numpynet.core.device import device

__all__ = ["current_accelerator", "device_count", "is_available"]


def is_available() -> bool:
    """Always False.

    >>> from numpynet.accelerator import is_available
    >>> is_available()
    False
    """
    return False


def device_count() -> int:
    """Always 0.

    >>> import numpynet
    >>> numpynet.accelerator.device_count()
    0
    """
    return 0


def current_accelerator(check_available: bool = False) -> device | None:
    """Always None.

    >>> import numpynet
    >>> numpynet.accelerator.current_accelerator() or numpynet.device("cpu")
    device(type='cpu')
    """
    return None
