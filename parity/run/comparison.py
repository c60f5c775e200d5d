"""Comparison: two programs' printed lines, paired, their text equal and their numbers near."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?!\w)|(?<!\w)[-+]?(?:nan|inf)(?!\w)")
OBJECT = re.compile(r"<(?:\w+\.)*(\w+) object at 0x[0-9a-fA-F]+>")
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")
ALIGNED = 5_000  # lines beyond which unequal numbers of lines are paired by position: aligning takes quadratic time


@dataclass(frozen=True)
class Line:
    """A printed line and the place that printed it."""

    place: str
    text: str


@dataclass(frozen=True)
class Pair:
    """What numpynet and torch printed in one place, either of which may have printed nothing.

    digits: to how many significant digits all numbers agree; None when the lines are equal as text.
    within: whether the lines agree, numbers being allowed the tolerance.
    otherwise: what torch itself printed here when it rounded otherwise, where that excuses a difference.
    """

    ours: Line | None
    theirs: Line | None
    digits: int | None
    within: bool
    otherwise: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """In words."""
        if self.ours is None:
            return "only torch"
        if self.theirs is None:
            return "only numpynet"
        if self.digits is None and self.within:
            return "equal"
        if self.otherwise:
            return "torch varies"
        if not self.within:
            return "differs"
        return f"equal to {self.digits} digit{'s' if self.digits != 1 else ''}"

    @property
    def differs_in_numbers(self) -> bool:
        """Whether the lines have the same text, and only their numbers are too far apart."""
        if self.within or self.ours is None or self.theirs is None:
            return False
        return _masked(self.ours.text) == _masked(self.theirs.text)


def compare(ours: Sequence[Line], theirs: Sequence[Line], tolerance: float) -> list[Pair]:
    """Pairs the lines and judges each pair. tolerance: see `compare_lines`."""
    return [_judged(a, b, tolerance) for a, b in _paired(ours, theirs)]


def _judged(a: Line | None, b: Line | None, tolerance: float) -> Pair:
    if a is None or b is None:
        return Pair(a, b, None, False)
    return Pair(a, b, *compare_lines(a.text, b.text, tolerance))


def excuse(pairs: Sequence[Pair], others: Sequence[Sequence[Line]]) -> list[Pair]:
    """The pairs, those being excused in which torch differs from itself at least as much.

    others: what torch printed in further runs, which round otherwise. A number is excused when one of torch's runs
    is as near to it as torch's runs are to one another.
    """
    theirs = [pair.theirs for pair in pairs if pair.theirs is not None]
    fitting = [lines for lines in others if len(lines) == len(theirs)]
    excused, place = [], 0
    for pair in pairs:
        texts = tuple(lines[place].text for lines in fitting) if pair.theirs is not None else ()
        place += pair.theirs is not None
        excused.append(replace(pair, otherwise=texts) if pair.differs_in_numbers and _varies(pair, texts) else pair)
    return excused


def _varies(pair: Pair, texts: Sequence[str]) -> bool:
    assert pair.ours is not None
    assert pair.theirs is not None
    texts = [pair.theirs.text, *(text for text in texts if _masked(text) == _masked(pair.ours.text))]
    columns = zip(*(map(float, NUMBER.findall(text)) for text in texts), strict=True)
    for own, column in zip(map(float, NUMBER.findall(pair.ours.text)), columns, strict=True):
        if min(abs(own - one) for one in column) > max(column) - min(column):
            return False
    return True


def compare_lines(ours: str, theirs: str, tolerance: float) -> tuple[int | None, bool]:
    """To how many digits the numbers agree (None when the lines are equal as text), and whether the lines agree.

    Lines agree when they are equal but for numbers with a decimal point or exponent, and those differ by at most
    tolerance · max(1, |a|, |b|). Integers must be equal. Runs of blanks count as one: their number depends on digits.
    Addresses in memory do not count.

    >>> compare_lines("loss 0.12345", "loss 0.12349", 1e-3)
    (3, True)
    >>> compare_lines("step 10: 0.5", "step 11: 0.5", 1e-3)
    (1, False)
    """
    ours, theirs = _without_addresses(ours), _without_addresses(theirs)
    if ours == theirs:
        return None, True
    if _masked(ours) != _masked(theirs):
        return 0, False
    digits, within = 99, True
    for a, b in zip(NUMBER.findall(ours), NUMBER.findall(theirs), strict=True):
        if a == b:
            continue
        x, y = float(a), float(b)
        digits = min(digits, _digits(x, y))
        if a.lstrip("+-").isdigit() and b.lstrip("+-").isdigit():
            within = within and x == y
        elif not (x == y or (math.isnan(x) and math.isnan(y))):
            within = within and abs(x - y) <= tolerance * max(1.0, abs(x), abs(y))
    return (None if digits == 99 else digits), within


def _without_addresses(text: str) -> str:
    """The text without addresses in memory, which no two runs share; of an object shown by its address, the class."""
    return ADDRESS.sub("0x", OBJECT.sub(r"<\1 object>", text))


def _masked(text: str) -> str:
    """The text with every number replaced by the same sign, and blanks run together."""
    return " ".join(NUMBER.sub("#", text).split())


def _digits(x: float, y: float) -> int:
    """How many significant digits two numbers share, by their relative difference."""
    if x == y or (math.isnan(x) and math.isnan(y)):
        return 99
    if not (math.isfinite(x) and math.isfinite(y)):
        return 0
    return max(0, math.floor(-math.log10(abs(x - y) / max(abs(x), abs(y)))))


def _paired(ours: Sequence[Line], theirs: Sequence[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    """By position where there are as many of both, else so that as many as possible have the same text."""
    if len(ours) == len(theirs):
        yield from zip(ours, theirs, strict=True)
        return
    if max(len(ours), len(theirs)) > ALIGNED:
        yield from _padded(ours, theirs)
        return
    a_keys, b_keys = ([(line.place, _masked(line.text)) for line in lines] for lines in (ours, theirs))
    matcher = SequenceMatcher(None, a_keys, b_keys, autojunk=False)
    for _, a, to_a, b, to_b in matcher.get_opcodes():
        yield from _padded(ours[a:to_a], theirs[b:to_b])


def _padded(ours: Sequence[Line], theirs: Sequence[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    for number in range(max(len(ours), len(theirs))):
        yield (
            ours[number] if number < len(ours) else None,
            theirs[number] if number < len(theirs) else None,
        )
