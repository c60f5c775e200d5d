"""Layout: where an array's elements lie in memory, as torch lays them out."""

from __future__ import annotations

from typing import Any


def row_major(y: Any) -> Any:
    """y itself where its elements lie in the order of its indices, else a copy where they do.

    NumPy lays a result out like its operands; torch does so only for functions of each element by itself.
    """
    return y if y.flags.c_contiguous else y.copy()
