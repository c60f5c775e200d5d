"""Verdict: what became of one function, and its text."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

RIGHT, WRONG, UNGRADED = "right", "wrong", "not graded"


@dataclass(repr=False)
class Verdict:
    """What became of one function.

    function: its name.
    exercise: what it was taken for. convention: the forward whose gradient was wanted, as a formula.
    reading: what the parameters were taken for, where that is not what their names suggest first.
    status: "right", "wrong" or "not graded".
    oracle: who told the right gradients.
    tried: how many times it was called.
    remarks: where a right solution differs on inputs that it may decline.
    hint_kind, hint: the kind of the mistake and a sentence about it.
    counterexample: the smallest failing input, what was returned, and what is right, as lines of text.
    """

    function: str
    exercise: str = ""
    convention: str = ""
    reading: str = ""
    status: str = RIGHT
    oracle: str = ""
    tried: int = 0
    remarks: list[str] = field(default_factory=list)
    hint_kind: str = ""
    hint: str = ""
    counterexample: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def __repr__(self) -> str:
        return verdict_text(self)


def verdict_text(verdict: Verdict) -> str:
    """A verdict as the command line prints it."""
    name = verdict.function
    if verdict.status == UNGRADED:
        return f"{name}: NOT GRADED\n    {verdict.hint}"
    wanted = f"    {verdict.exercise}: {verdict.convention}"
    read = [f"    {verdict.reading}"] * bool(verdict.reading)
    if verdict.status == RIGHT:
        lines = [f"{name}: right    {verdict.tried} calls agree with {verdict.oracle}", wanted, *read]
        return "\n".join(lines + [f"    but {remark}" for remark in verdict.remarks])
    compared = f"    compared with {verdict.oracle}" if verdict.oracle else ""
    lines = [f"{name}: WRONG{compared}", *([wanted] if verdict.convention else []), *read]
    lines += [f"    {line}" for line in verdict.counterexample]
    if verdict.hint:
        lines.append(f"    hint      {verdict.hint}")
    return "\n".join(lines)
