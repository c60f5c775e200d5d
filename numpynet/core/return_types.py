"""Return types: the named pairs that some functions return, printed as torch prints them."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

_PAIRS = {
    "aminmax": "min max",
    "frexp": "mantissa exponent",
    "histogram": "hist bin_edges",
    "histogramdd": "hist bin_edges",
    **dict.fromkeys(("cummax", "cummin", "kthvalue", "max", "median"), "values indices"),
    **dict.fromkeys(("min", "mode", "nanmedian", "sort", "topk"), "values indices"),
}


def shown(result: Any) -> str:
    """A named tuple as torch prints it."""
    fields = ",\n".join(f"{name}={value!r}" for name, value in zip(result._fields, result, strict=True))
    return f"torch.return_types.{type(result).__name__}(\n{fields})"


def __getattr__(name: str) -> Any:
    """The type of a pair, which is made when it is first asked for."""
    if name not in _PAIRS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    pair = namedtuple(name, _PAIRS[name])  # type: ignore[misc]
    globals()[name] = type(name, (pair,), {"__repr__": shown, "__slots__": (), "__module__": __name__})
    return globals()[name]


def __dir__() -> list[str]:
    """What completion shows."""
    return list(_PAIRS)
