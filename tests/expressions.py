"""The same Python expression under numpynet and under torch: what it gives, and what it raises."""

from __future__ import annotations

import importlib
import math
import warnings
from typing import Any

import numpy as np

import numpynet
import numpynet.nn.functional


def names(library: Any) -> dict[str, Any]:
    """What an expression may use: t the library, T its tensor(), z its zeros(), F its functions of networks."""
    return {
        "t": library,
        "T": library.tensor,
        "z": library.zeros,
        "F": library.nn.functional,
        "np": np,
        "nan": math.nan,
        "inf": math.inf,
    }


def evaluate(library: Any, expression: str, **more: Any) -> Any:
    """The expression's value under a library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(expression, {**names(library), **more})


def ours(expression: str, **more: Any) -> Any:
    """The expression's value under numpynet."""
    return evaluate(numpynet, expression, **more)


def theirs(expression: str, **more: Any) -> Any:
    """The expression's value under torch."""
    return evaluate(importlib.import_module("torch"), expression, **more)
