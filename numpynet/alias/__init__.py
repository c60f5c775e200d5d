"""alias: code that was written for torch runs on numpynet, unchanged: `as_torch`, and `numpynet run`."""

from numpynet.alias.finder import as_torch

__all__ = ["as_torch"]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
