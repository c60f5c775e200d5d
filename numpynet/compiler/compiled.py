"""compile: a training step as a list of NumPy calls that is replayed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpynet.compiler.build import Built
from numpynet.compiler.surroundings import is_data, variables
from numpynet.compiler.trace import Trace, is_tracing

PROGRAMS = 32  # how many are kept for arguments of different shapes


class CompiledStep:
    """A compiled step; made by `compile`."""

    def __init__(self, step: Callable[..., Any]) -> None:
        self.__wrapped__ = step
        self.__doc__ = step.__doc__
        self.__name__ = getattr(step, "__name__", type(step).__name__)
        self._programs: list[Built] = []
        self._call: Callable[..., Any] = self._look_up
        self._count = -1

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs:
            args = self._positional(args, kwargs)
        return self._call(*args) if len(args) == self._count else self._look_up(*args)

    def _positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        bound = inspect.signature(self.__wrapped__).bind(*args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise TypeError(
                f"{self.__name__}() is compiled: it takes no keyword-only arguments and no **kwargs; pass "
                f"{', '.join(bound.kwargs)} by position"
            )
        return bound.args

    def _look_up(self, *args: Any) -> Any:
        """Finds the program for these arguments, or makes it."""
        step = self.__wrapped__
        if is_tracing():
            return step(*args)
        built = next((one for one in self._programs if one.matches(args)), None)
        if built is None:
            result, built = self._build(args)
            if built is None:
                return result
            self._programs = [built, *self._programs[: PROGRAMS - 1]]
        self._call, self._count = (built.call, len(args)) if built.takes_tensors else (self._look_up, -1)
        return built.run(args)

    def _build(self, args: tuple[Any, ...]) -> tuple[Any, Built | None]:
        step = self.__wrapped__
        around = variables(step)
        data = [variable.value() for variable in around if is_data(variable.value())]
        trace = Trace(step, args, {}, data)
        if not trace.is_steady:
            # An optimizer sets up its state in its first step: that one is run as it is.
            return step(*args), None
        return None, Built(step, args, self._argument_names(args), around, self._look_up, trace)

    def _argument_names(self, args: tuple[Any, ...]) -> list[str]:
        from numpynet.compiler.trace import tensors_in

        try:
            names = list(inspect.signature(self.__wrapped__).bind(*args).arguments.items())
        except (TypeError, ValueError):
            names = [(f"input_{position}", value) for position, value in enumerate(args)]
        found = []
        for name, value in names:
            count = len(list(tensors_in(value)))
            found += [name] if count == 1 else [f"{name}_{position}" for position in range(count)]
        return found

    # --- what it is ----------------------------------------------------------------------------------------

    @property
    def _current(self) -> Built:
        if not self._programs:
            raise RuntimeError(f"{self.__name__} is compiled when it is called for the first time: call it before")
        return self._programs[0]

    @property
    def source(self) -> str:
        """The program for the arguments of the last compilation, as Python that needs only NumPy."""
        return self._current.source(self.__name__)

    def save(self, path: str | Path) -> None:
        """Writes `source` to a file."""
        Path(path).write_text(self.source, encoding="utf-8")

    def __repr__(self) -> str:
        return f"<compiled step {self.__name__}, {len(self._programs)} programs>"


def compile(step: Callable[..., Any]) -> CompiledStep:
    """Compiles a training step.

    >>> import numpynet
    >>> from numpynet import nn
    >>> _ = numpynet.manual_seed(0)
    >>> x, y = numpynet.randn(32, 2), numpynet.randn(32, 1)
    >>> model, loss_function = nn.Linear(2, 1), nn.MSELoss()
    >>> optimizer = numpynet.optim.SGD(model.parameters(), lr=0.1)
    >>> @numpynet.compile
    ... def step():
    ...     optimizer.zero_grad()
    ...     loss = loss_function(model(x), y)
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> first = step()
    >>> for _ in range(100):
    ...     last = step()
    >>> first > last
    tensor(True)
    """
    return CompiledStep(step)
