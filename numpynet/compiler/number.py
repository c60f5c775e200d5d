"""Number: the stand-in for a Python number that may be another at the next call, such as a learning rate."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet.compiler.errors import unknown

if TYPE_CHECKING:
    from numpynet.compiler.recorder import Recorder

Compute = Callable[..., Any]


def _both_ways(compute: Compute, sign: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The methods of an operator, with the number on the left and with it on the right."""

    def forward(self: Number, other: Any) -> Any:
        return self._combined(compute, f"({{}} {sign} {{}})", self, other)

    def mirrored(self: Number, other: Any) -> Any:
        return self._combined(compute, f"({{}} {sign} {{}})", other, self)

    return forward, mirrored


def _comparison(compute: Compute, sign: str) -> Callable[..., Any]:
    """The method of a comparison: its answer, or a number where that is known only when the step runs."""

    def compare(self: Number, other: Any) -> Any:
        found = self._combined(compute, f"({{}} {sign} {{}})", self, other)
        return found if type(found) is not Number or found.reads else bool(found)

    return compare


class Number:
    """A number of this run, and the Python expression that gives it in every run.

    text: the expression, over the names of options and, as {0}, {1} and so on, of the numbers that `reads` read.
    reads: the instructions that read numbers from arrays while the step runs; empty when only options are in it.
    names: of the options in it.

    Arithmetic gives Numbers. A question with a yes or no for an answer (``if momentum:``) is answered, and the
    answer noted: the step is traced again when it would be another. Python's conversions fix the value itself.
    """

    __slots__ = ("names", "reads", "recorder", "text", "value")

    def __init__(
        self, recorder: Recorder, value: float, text: str, reads: tuple[Any, ...] = (), names: Iterable[str] = ()
    ) -> None:
        self.recorder = recorder
        self.value = value
        self.text = text
        self.reads = reads
        self.names = frozenset(names)

    # isinstance(number, float) holds, since a number takes a float's place
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return float if isinstance(self.value, float) else type(self.value)

    def applied(self, compute: Compute, template: str, *operands: Any) -> Number:
        """A function of numbers. template: its text, with the operands' in the place of braces."""
        numbers = [one for one in operands if type(one) is Number]
        reads = tuple(dict.fromkeys(read for one in numbers for read in one.reads))
        texts = [
            one.written([f"{{{reads.index(read)}}}" for read in one.reads]) if type(one) is Number else literal(one)
            for one in operands
        ]
        value = compute(*(one.value if type(one) is Number else one for one in operands))
        names = frozenset().union(*(one.names for one in numbers))
        return Number(self.recorder, value, template.format(*texts), reads, names)

    def _combined(self, compute: Compute, template: str, *operands: Any) -> Any:
        return self.applied(compute, template, *operands) if _are_numbers(*operands) else NotImplemented

    def written(self, names: Sequence[str]) -> str:
        """The expression with these names for the numbers that `reads` read."""
        return self.text.format(*names)

    # --- arithmetic -----------------------------------------------------------------------------------

    __add__, __radd__ = _both_ways(operator.add, "+")
    __sub__, __rsub__ = _both_ways(operator.sub, "-")
    __mul__, __rmul__ = _both_ways(operator.mul, "*")
    __truediv__, __rtruediv__ = _both_ways(operator.truediv, "/")
    __floordiv__, __rfloordiv__ = _both_ways(operator.floordiv, "//")
    __mod__, __rmod__ = _both_ways(operator.mod, "%")
    __pow__, __rpow__ = _both_ways(operator.pow, "**")

    __and__, __rand__ = _both_ways(operator.and_, "&")
    __or__, __ror__ = _both_ways(operator.or_, "|")
    __xor__, __rxor__ = _both_ways(operator.xor, "^")
    __lshift__, __rlshift__ = _both_ways(operator.lshift, "<<")
    __rshift__, __rrshift__ = _both_ways(operator.rshift, ">>")

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, digits: int | None = None) -> Number:
        given = (self,) if digits is None else (self, digits)
        return self.applied(round, f"round({', '.join(['{}'] * len(given))})", *given)

    def __invert__(self) -> Number:
        return self.applied(operator.invert, "(~{})", self)

    def __neg__(self) -> Number:
        return self.applied(operator.neg, "(-{})", self)

    def __abs__(self) -> Number:
        return self.applied(abs, "abs({})", self)

    def __pos__(self) -> Number:
        return self

    def square_root(self) -> Number:
        """√ of it, as math.sqrt gives it."""
        return self.applied(math.sqrt, "math.sqrt({})", self)

    def __scalar__(self, dtype: Any) -> Any:
        """It as a 0-dimensional array."""
        return self.recorder.scalar(self, dtype)

    # --- questions ------------------------------------------------------------------------------------

    __eq__ = _comparison(operator.eq, "==")
    __ne__ = _comparison(operator.ne, "!=")
    __lt__ = _comparison(operator.lt, "<")
    __le__ = _comparison(operator.le, "<=")
    __gt__ = _comparison(operator.gt, ">")
    __ge__ = _comparison(operator.ge, ">=")

    def __either__(self, a: Callable[[], Any], b: Callable[[], Any]) -> Any:
        """a() where it is true when the step runs, else b(); of what is known only then, both are computed."""
        if not self.reads:
            return a() if self else b()
        chosen, otherwise = a(), b()
        if all(type(one) is Number or isinstance(one, (int, float)) for one in (chosen, otherwise)):
            return self.applied(
                lambda condition, a, b: a if condition else b, "({1} if {0} else {2})", self, chosen, otherwise
            )
        return np.where(self.__scalar__(np.dtype(bool)), chosen, otherwise)

    def _answer(self, text: str, outcome: Any) -> Any:
        if self.reads:
            raise unknown()
        self.recorder.answers.append((text.format(self.text), outcome))
        self.recorder.asked |= self.names
        return outcome

    def __bool__(self) -> bool:
        return self._answer("bool({})", bool(self.value))

    def __float__(self) -> float:
        self._answer("float({}).hex()", float(self.value).hex())  # which tells −0 from 0
        return float(self.value)

    def __int__(self) -> int:
        return self._answer("int({})", int(self.value))

    def __index__(self) -> int:
        return self._answer("{}", operator.index(self.value))  # type: ignore[arg-type]

    def __hash__(self) -> int:
        return hash(self._answer("{}", self.value))

    def __format__(self, how: str) -> str:
        return self._answer(f"format({{}}, {how!r})", format(self.value, how))

    def __str__(self) -> str:
        return self._answer("str({})", str(self.value))

    def __repr__(self) -> str:
        return repr(self.value)

    def fixed(self) -> Any:
        """Its value, for which the program is made."""
        return float(self) if isinstance(self.value, float) else int(self)


def _are_numbers(*operands: Any) -> bool:
    return all(type(one) is Number or isinstance(one, (int, float)) for one in operands)


def literal(value: Any) -> str:
    """A plain number as it is written in an expression."""
    if isinstance(value, np.generic):
        return f"np.{type(value).__name__}({literal(value.item())})"
    text = repr(value) if math.isfinite(value) else f"math.{abs(value)}"
    return f"(-{text.removeprefix('-')})" if math.copysign(1, value) < 0 else text
