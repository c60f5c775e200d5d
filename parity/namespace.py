"""Namespace: a library as a program sees it, every random number drawn through it noted by the recorder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from parity.recorder import Recorder

_DRAWING = "rand randn randint randperm normal bernoulli multinomial rand_like randn_like randint_like"
DRAWING = frozenset(_DRAWING.split())


class Namespace:
    """A `torch`-shaped module, or a part of it, with the drawing functions and the DataLoader noted."""

    def __init__(self, module: Any, recorder: Recorder, path: str = "") -> None:
        self._module = module
        self._recorder = recorder
        self._path = path

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        path = f"{self._path}{name}"
        if path in DRAWING:
            value = self._noting(name, value)
        elif path in ("utils", "utils.data"):
            value = Namespace(value, self._recorder, f"{path}.")
        elif path == "utils.data.DataLoader":
            value = self._noting_loader(value)
        setattr(self, name, value)
        return value

    def _noting(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        recorder = self._recorder

        def drawing(*args: Any, **kwargs: Any) -> Any:
            drawn = function(*args, **kwargs)
            recorder.draw(name, drawn)
            return drawn

        return drawing

    def _noting_loader(self, loader: Any) -> Any:
        recorder = self._recorder

        def batches(self: Any) -> Iterator[Any]:
            for batch in loader.__iter__(self):
                for tensor in batch:
                    recorder.draw("DataLoader", tensor)
                yield batch

        return type("DataLoader", (loader,), {"__iter__": batches})
