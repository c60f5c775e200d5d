"""Homes: modules of torch whose names numpynet keeps elsewhere: `torch.distributions.normal` is that of Normal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from numpynet.core.absence import OURS, asked, is_home


class _Finder:
    """Makes those modules; it is asked last, for what is no file.

    It is a loader by what it does: importlib.abc, which has the class, takes 10 ms to import.
    """

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """The spec of a home; None for any other name."""
        return ModuleSpec(fullname, self) if is_home(fullname) else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """None: a module as usual."""

    def exec_module(self, module: ModuleType) -> None:
        """Lets it find its names when they are asked for."""
        from numpynet.core.torch_names import HOMES

        module.__getattr__ = asked(module.__name__)  # type: ignore[method-assign]
        module.__dir__ = HOMES[module.__name__.removeprefix(OURS)].split  # type: ignore[method-assign]


def open_homes() -> None:
    """Lets `import` find them."""
    sys.meta_path.append(_Finder())
