"""_dynamo: where torch has the part of its compiler that follows Python, which programs give hints and settings to."""

from __future__ import annotations

from typing import Any

from numpynet._dynamo import config
from numpynet.compiler.compiling import OptimizedModule
from numpynet.compiler.marks import allow_in_graph, assume_constant_result, disable, is_compiling, reset

__all__ = [
    "OptimizedModule",
    "allow_in_graph",
    "assume_constant_result",
    "config",
    "disable",
    "is_compiling",
    "mark_dynamic",
    "mark_static",
    "maybe_mark_dynamic",
    "reset",
]


def mark_dynamic(
    t: Any,
    index: Any,
    *,
    hint_override: int | None = None,
    min: int | None = None,
    max: int | None = None,
    specialize_on: Any = None,
) -> None:
    """Does nothing: a compiled step is traced anew for another shape.

    >>> import numpynet
    >>> from numpynet._dynamo import mark_dynamic
    >>> mark_dynamic(numpynet.zeros(2), 0)
    """


def maybe_mark_dynamic(t: Any, index: Any) -> None:
    """Does nothing: a compiled step is traced anew for another shape.

    >>> import numpynet
    >>> from numpynet._dynamo import maybe_mark_dynamic
    >>> maybe_mark_dynamic(numpynet.zeros(2), 0)
    """


def mark_static(t: Any, index: Any = None) -> None:
    """Does nothing: shapes are taken for granted, and a compiled step is traced anew for another one.

    >>> import numpynet
    >>> from numpynet._dynamo import mark_static
    >>> mark_static(numpynet.zeros(2))
    """
