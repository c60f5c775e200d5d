"""Type information: the limits of floating and of integer dtypes, under torch's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.core import dtypes


def _dtype(function: str, kind: Any) -> dtypes.dtype:
    return dtypes.from_numpy_dtype(dtypes.to_numpy_dtype(kind, function, "type"))


class finfo:
    """The limits of a floating dtype, by default of the default one, or of a complex one's parts.

    TypeError for an integer dtype.

    bits: its size. eps: the distance from 1 to the next larger number. min, max: the finite numbers farthest
    from 0. smallest_normal, tiny: the smallest positive number of full precision. resolution: ten to the minus
    number of decimal digits that it holds. dtype: its name.

    >>> import numpynet
    >>> numpynet.finfo(numpynet.float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type: dtypes.dtype | None = None) -> None:
        kind = dtypes.get_default_dtype() if type is None else _dtype("finfo", type)
        if not (kind.is_floating_point or kind.is_complex):
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'"
            )
        limits = np.finfo(kind.numpy)
        self.bits = int(limits.bits)
        self.eps = float(limits.eps)
        self.min = float(limits.min)
        self.max = float(limits.max)
        self.tiny = self.smallest_normal = float(limits.smallest_normal)
        self.resolution = float(str(limits.resolution))
        self.dtype = limits.dtype.name

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        numbers = ", ".join(f"{name}={getattr(self, name):g}" for name in names)
        return f"finfo({numbers}, dtype={self.dtype})"


class iinfo:
    """The limits of an integer dtype. TypeError for another.

    bits: its size. min, max: the smallest and the largest number. dtype: its name.

    >>> import numpynet
    >>> numpynet.iinfo(numpynet.uint8).max
    255
    """

    def __init__(self, type: dtypes.dtype) -> None:
        kind = _dtype("iinfo", type)
        if kind.is_floating_point:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        if kind is dtypes.bool_:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        limits = np.iinfo(kind.numpy)
        self.bits = int(limits.bits)
        self.min = int(limits.min)
        self.max = int(limits.max)
        self.dtype = kind.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
