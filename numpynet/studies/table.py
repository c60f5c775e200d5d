"""Tables of text, for reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lines of cells, each column aligned at the right and as wide as its widest cell.

    >>> print(table(["step", "loss"], [["1", "0.5000"], ["10", "0.2500"]]))
    step    loss
       1  0.5000
      10  0.2500
    """
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
