"""What the operations of a row take alone: their forwards on plain arrays, without tensors, tape and arguments.

Where torch is faster than these, no way of calling them can be as fast as torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from benchmarks.timing import Call
from numpynet.core.listening import Listener, listening
from numpynet.core.tensor import Tensor


class _Forwards(Listener):
    """The forwards that a call carries out, each with its arrays and options."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], Any]] = []

    def recorded(self, operation: Any, operands: Sequence[Any], options: dict[str, Any], result: Any) -> None:
        chosen = {name: _array(one) for name, one in options.items()}
        self.calls.append(partial(operation.forward, *map(_array, operands), **chosen))


def _array(value: Any) -> Any:
    return value.detach().numpy() if isinstance(value, Tensor) else value


def formulas_of(call: Call) -> Call | None:
    """Runs the forwards that numpynet's call carries out, one after the other; None where it carries out none."""
    heard = _Forwards()
    with listening(heard):
        call()
    if not heard.calls:
        return None

    def formulas() -> None:
        for forward in heard.calls:
            forward()

    return formulas
