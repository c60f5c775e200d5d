"""Return types: the named pairs that some functions return, printed as torch prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpynet.core.tensor import Tensor


class _Pair(NamedTuple):
    values: Tensor
    indices: Tensor


def shown(result: Any) -> str:
    """A named tuple as torch prints it."""
    fields = ",\n".join(f"{name}={value!r}" for name, value in zip(result._fields, result, strict=True))
    return f"torch.return_types.{type(result).__name__}(\n{fields})"


def _pair(name: str) -> type[_Pair]:
    """A pair (values, indices) that prints under torch's name of it."""
    return type(name, (_Pair,), {"__repr__": shown, "__slots__": (), "__module__": __name__})


class aminmax(NamedTuple):
    """The pair (min, max) that aminmax returns."""

    min: Tensor
    max: Tensor

    def __repr__(self) -> str:
        return shown(self)


class frexp(NamedTuple):
    """The pair (mantissa, exponent) that frexp returns."""

    mantissa: Tensor
    exponent: Tensor

    def __repr__(self) -> str:
        return shown(self)


class histogram(NamedTuple):
    """The pair (hist, bin_edges) that histogram returns."""

    hist: Tensor
    bin_edges: Tensor

    def __repr__(self) -> str:
        return shown(self)


class histogramdd(NamedTuple):
    """The pair (hist, bin_edges) that histogramdd returns, the edges of each dimension apart."""

    hist: Tensor
    bin_edges: tuple[Tensor, ...]

    def __repr__(self) -> str:
        return shown(self)


max = _pair("max")
min = _pair("min")
sort = _pair("sort")
topk = _pair("topk")
median = _pair("median")
nanmedian = _pair("nanmedian")
kthvalue = _pair("kthvalue")
mode = _pair("mode")
cummax = _pair("cummax")
cummin = _pair("cummin")
