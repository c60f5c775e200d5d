"""Return types: the named pairs that some functions return, printed as torch prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpynet.core.tensor import Tensor


class _Pair(NamedTuple):
    values: Tensor
    indices: Tensor


def _pair(name: str) -> type[_Pair]:
    """A pair (values, indices) that prints under torch's name of it."""

    def show(self: Any) -> str:
        return f"torch.return_types.{name}(\nvalues={self.values!r},\nindices={self.indices!r})"

    return type(name, (_Pair,), {"__repr__": show, "__slots__": (), "__module__": __name__})


class aminmax(NamedTuple):
    """The pair (min, max) that aminmax returns."""

    min: Tensor
    max: Tensor

    def __repr__(self) -> str:
        return f"torch.return_types.aminmax(\nmin={self.min!r},\nmax={self.max!r})"


class histogram(NamedTuple):
    """The pair (hist, bin_edges) that histogram returns."""

    hist: Tensor
    bin_edges: Tensor

    def __repr__(self) -> str:
        return f"torch.return_types.histogram(\nhist={self.hist!r},\nbin_edges={self.bin_edges!r})"


class histogramdd(NamedTuple):
    """The pair (hist, bin_edges) that histogramdd returns, the edges of each dimension apart."""

    hist: Tensor
    bin_edges: tuple[Tensor, ...]

    def __repr__(self) -> str:
        return f"torch.return_types.histogramdd(\nhist={self.hist!r},\nbin_edges={self.bin_edges!r})"


max = _pair("max")
min = _pair("min")
sort = _pair("sort")
topk = _pair("topk")
median = _pair("median")
kthvalue = _pair("kthvalue")
mode = _pair("mode")
cummax = _pair("cummax")
cummin = _pair("cummin")
