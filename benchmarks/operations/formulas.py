"""What the operations of a row take alone: their forwards, and the generator's draws, on plain arrays, without tensors,
tape and arguments.

Where torch is faster than these, no way of calling them can be as fast as torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from benchmarks.timing import Call
from numpynet.compiler.trace import DRAWS
from numpynet.core.listening import Listener, listening
from numpynet.core.tensor import Tensor
from numpynet.random import default_generator


class _Forwards(Listener):
    """The forwards that a call carries out, each with its arrays and options."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], Any]] = []

    def recorded(self, operation: Any, operands: Sequence[Any], options: dict[str, Any], result: Any) -> None:
        chosen = {name: _array(one) for name, one in options.items()}
        self.calls.append(partial(operation.forward, *map(_array, operands), **chosen))


@contextmanager
def _draws(calls: list[Callable[[], Any]]) -> Iterator[None]:
    """Adds what the default generator draws to calls."""

    def heard(draw: Callable[..., Any], *args: Any, **options: Any) -> Any:
        calls.append(partial(draw, *args, **options))
        count = len(calls)
        drawn = draw(*args, **options)
        del calls[count:]  # what a draw itself draws
        return drawn

    for name in DRAWS:
        setattr(default_generator, name, partial(heard, getattr(default_generator, name)))
    try:
        yield
    finally:
        for name in DRAWS:
            delattr(default_generator, name)


def _array(value: Any) -> Any:
    return value.detach().numpy() if isinstance(value, Tensor) else value


def formulas_of(call: Call) -> Call | None:
    """Runs the forwards and draws that numpynet's call carries out, one after the other; None where there are none."""
    heard = _Forwards()
    with listening(heard), _draws(heard.calls):
        call()
    if not heard.calls:
        return None

    def formulas() -> None:
        for one in heard.calls:
            one()

    return formulas
