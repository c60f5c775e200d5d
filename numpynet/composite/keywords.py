"""Keywords: NumPy's words for torch's, as torch itself takes them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from numpynet.ops.form import NUMPY_NAMES

Function = TypeVar("Function", bound=Callable[..., Any])


def takes_numpy_names(function: Function) -> Function:
    """Lets a function be called with ``axis=`` and ``keepdims=`` in place of ``dim=`` and ``keepdim=``."""

    @functools.wraps(function)
    def renaming(*args: Any, **kwargs: Any) -> Any:
        for theirs, ours in NUMPY_NAMES.items():
            if theirs in kwargs:
                kwargs[ours] = kwargs.pop(theirs)
        return function(*args, **kwargs)

    return renaming  # type: ignore[return-value]
