"""torch.utils: loading data."""

from numpynet.utils import data

__all__ = [
    "data",
]
