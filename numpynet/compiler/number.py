"""Number: the stand-in for a Python number that may be another at the next call, such as a learning rate."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from numpynet.compiler.errors import CompileError, place

if TYPE_CHECKING:
    from numpynet.compiler.recorder import Recorder


class Number:
    """A number of this run, and the Python expression that gives it in every run.

    text: the expression, over the names of options and, as {0}, {1} and so on, of the numbers that `reads` read.
    reads: the instructions that read numbers from arrays while the step runs; empty when only options are in it.

    Arithmetic gives Numbers. A question with a yes or no for an answer (``if momentum:``) is answered, and the
    answer noted: the step is traced again when it would be another. Python's conversions fix the value itself.
    """

    __slots__ = ("reads", "recorder", "text", "value")

    def __init__(self, recorder: Recorder, value: float, text: str, reads: tuple[Any, ...] = ()) -> None:
        self.recorder = recorder
        self.value = value
        self.text = text
        self.reads = reads

    # isinstance(number, float) holds, since a number takes a float's place
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return float if isinstance(self.value, float) else type(self.value)

    def _combined(self, other: Any, compute: Callable[..., Any], text: str) -> Any:
        if isinstance(other, Number):
            reads = tuple(dict.fromkeys((*self.reads, *other.reads)))
            value, theirs = other.value, other.written([f"{{{reads.index(one)}}}" for one in other.reads])
        elif isinstance(other, (int, float)):
            value, theirs, reads = other, repr(other), self.reads
        else:
            return NotImplemented
        return Number(self.recorder, compute(self.value, value), text.format(self.text, theirs), reads)

    def __add__(self, other: Any) -> Any:
        return self._combined(other, operator.add, "({} + {})")

    def __radd__(self, other: Any) -> Any:
        return self._combined(other, lambda a, b: b + a, "({1} + {0})")

    def __sub__(self, other: Any) -> Any:
        return self._combined(other, operator.sub, "({} - {})")

    def __rsub__(self, other: Any) -> Any:
        return self._combined(other, lambda a, b: b - a, "({1} - {0})")

    def __mul__(self, other: Any) -> Any:
        return self._combined(other, operator.mul, "({} * {})")

    def __rmul__(self, other: Any) -> Any:
        return self._combined(other, lambda a, b: b * a, "({1} * {0})")

    def __truediv__(self, other: Any) -> Any:
        return self._combined(other, operator.truediv, "({} / {})")

    def __rtruediv__(self, other: Any) -> Any:
        return self._combined(other, lambda a, b: b / a, "({1} / {0})")

    def __pow__(self, other: Any) -> Any:
        return self._combined(other, operator.pow, "({} ** {})")

    def __rpow__(self, other: Any) -> Any:
        return self._combined(other, lambda a, b: b**a, "({1} ** {0})")

    def __floordiv__(self, other: Any) -> Any:
        return self._combined(other, operator.floordiv, "({} // {})")

    def __rfloordiv__(self, other: Any) -> Any:
        return self._combined(other, lambda a, b: b // a, "({1} // {0})")

    def __mod__(self, other: Any) -> Any:
        return self._combined(other, operator.mod, "({} % {})")

    def __rmod__(self, other: Any) -> Any:
        return self._combined(other, lambda a, b: b % a, "({1} % {0})")

    @classmethod
    def applied(cls, recorder: Recorder, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """A function of the math module, of arguments with numbers among them."""
        values = [one.value if type(one) is cls else one for one in args]
        reads = tuple(dict.fromkeys(read for one in args if type(one) is cls for read in one.reads))
        texts = [
            one.written([f"{{{reads.index(read)}}}" for read in one.reads]) if type(one) is cls else repr(one)
            for one in args
        ]
        text = f"math.{function.__name__}({', '.join(texts)})"
        return cls(recorder, function(*values), text, reads)

    def __abs__(self) -> Number:
        return Number(self.recorder, abs(self.value), f"abs({self.text})", self.reads)

    def __pos__(self) -> Number:
        return self

    def written(self, names: Sequence[str]) -> str:
        """The expression with these names for the numbers that `reads` read."""
        return self.text.format(*names)

    def __neg__(self) -> Number:
        return Number(self.recorder, -self.value, f"(-{self.text})", self.reads)

    def square_root(self) -> Number:
        """√ of it, as math.sqrt gives it."""
        return Number(self.recorder, math.sqrt(self.value), f"math.sqrt({self.text})", self.reads)

    def __scalar__(self, dtype: Any) -> Any:
        """It as a 0-dimensional array."""
        return self.recorder.scalar(self, dtype)

    def _answer(self, text: str, outcome: Any) -> Any:
        if self.reads:
            raise CompileError(
                f"{place()}: Python needs the value of {self.text}, which the compiled step knows only when it runs"
            )
        self.recorder.answers.append((text.format(self.text), outcome))
        return outcome

    def __bool__(self) -> bool:
        return self._answer("bool({})", bool(self.value))

    def __float__(self) -> float:
        return self._answer("float({})", float(self.value))

    def __int__(self) -> int:
        return self._answer("int({})", int(self.value))

    def __index__(self) -> int:
        return self._answer("{}", operator.index(self.value))  # type: ignore[arg-type]

    def _compared(self, other: Any, compare: Callable[..., bool], sign: str) -> Any:
        if isinstance(other, Number):
            return (
                compare(self.value, other.value)
                if not other.reads
                and self._answer(f"{{}} {sign} {other.text}", compare(self.value, other.value)) is not None
                else NotImplemented
            )
        if not isinstance(other, (int, float)):
            return NotImplemented
        return self._answer(f"{{}} {sign} {other!r}", compare(self.value, other))

    def __eq__(self, other: object) -> Any:
        return self._compared(other, operator.eq, "==")

    def __ne__(self, other: object) -> Any:
        return self._compared(other, operator.ne, "!=")

    def __lt__(self, other: Any) -> Any:
        return self._compared(other, operator.lt, "<")

    def __le__(self, other: Any) -> Any:
        return self._compared(other, operator.le, "<=")

    def __gt__(self, other: Any) -> Any:
        return self._compared(other, operator.gt, ">")

    def __ge__(self, other: Any) -> Any:
        return self._compared(other, operator.ge, ">=")

    def __hash__(self) -> int:
        return hash(self._answer("{}", self.value))

    def __format__(self, how: str) -> str:
        return self._answer(f"format({{}}, {how!r})", format(self.value, how))

    def __str__(self) -> str:
        return self._answer("str({})", str(self.value))

    def __repr__(self) -> str:
        return repr(self.value)
