"""JSON as every command line of the project writes it: valid, whole, into a file or to the standard output."""

from __future__ import annotations

import json
import math
import os
import sys
from typing import Any, TextIO

from numpynet.serialization.atomic_file import atomic_file, require_writable, standard_stream

STANDARD_OUTPUT = "-"


def write_json(content: Any, path: str | os.PathLike[str], indent: int | None = None) -> None:
    """Writes numbers, strings, lists and dicts into a file as `atomic_file` does, or for "-" to the standard output.

    JSON has neither NaN nor infinities: they become the strings "nan", "inf" and "-inf", which `float` reads.
    OSError when the file cannot be written.
    """
    text = json_text(content, indent)
    if os.fspath(path) == STANDARD_OUTPUT:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        with atomic_file(path) as file:
            file.write(text)


def json_text(content: Any, indent: int | None = None) -> str:
    """The text that `write_json` writes."""
    return json.dumps(_finite(content), indent=indent, allow_nan=False) + "\n"


def require_json_writable(path: str | os.PathLike[str]) -> None:
    """OSError unless `write_json` can write here, as far as can be known without writing."""
    if os.fspath(path) != STANDARD_OUTPUT:
        require_writable(path)


def words_beside(path: str | os.PathLike[str] | None) -> TextIO:
    """Where a program prints its words while JSON goes to `path`: where that is the standard output, the error."""
    if path is not None and (os.fspath(path) == STANDARD_OUTPUT or standard_stream(path) == 1):
        return sys.stderr
    return sys.stdout


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
