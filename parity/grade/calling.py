"""Calling: one call of a student's function, from arguments to an outcome in which nothing of the student's is left."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np

from parity.grade.plain import Context, plain, safe_text, type_name
from parity.grade.solutions import Solver
from parity.grade.watching import Seen, Watch

CRASH, MEMORY, EXIT = "crash", "memory", "exit"


@dataclass
class Outcome:
    """What came of one call.

    result: a plain tree. symptom, text: CRASH, MEMORY or EXIT and the words for it where nothing was returned.
    after: the arguments after the call, positional ones and keywords, to see what was changed in place.
    seen: what the function was seen to do besides NumPy.
    """

    result: Any = None
    symptom: str | None = None
    text: str = ""
    after: Any = None
    seen: Seen = field(default_factory=dict)


class Callee(Protocol):
    """A student's function, here or in another process."""

    solver: Solver

    def call(self, positional: Sequence[Any], keywords: Mapping[str, Any]) -> Outcome:
        """One call with plain arguments."""


class Local:
    """A function in this process. ours: whether Ctrl-C is the user's, not the student's."""

    def __init__(self, solver: Solver, function: Callable[..., Any], watch: Watch, *, interactive: bool) -> None:
        self.solver = solver
        self.function = function
        self.watch = watch
        self.interactive = interactive

    def call(self, positional: Sequence[Any], keywords: Mapping[str, Any]) -> Outcome:
        """One call; whatever the function raises is in the outcome."""
        given = [_given(one) for one in positional], {name: _given(one) for name, one in keywords.items()}
        limit = sys.getrecursionlimit()
        outcome = Outcome()
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(), self.watch.call() as outcome.seen:
                warnings.simplefilter("ignore")
                result = self.function(*given[0], **given[1])
            outcome.result = plain(result)
        except KeyboardInterrupt:
            if self.interactive:
                raise
            outcome.symptom, outcome.text = EXIT, "it ended the program with KeyboardInterrupt"
        except SystemExit as error:
            outcome.symptom, outcome.text = EXIT, f"it ended the program with SystemExit({safe_text(error, 80)})"
        except MemoryError as error:
            outcome.symptom, outcome.text = MEMORY, f"it ran out of memory: {safe_text(error, 200)}"
        except BaseException as error:
            outcome.symptom = CRASH
            outcome.text = f"it raised {type_name(error)}: {safe_text(error, 300)}{self._line(error)}"
        finally:
            if sys.getrecursionlimit() != limit:
                sys.setrecursionlimit(limit)
        outcome.after = plain(
            [[_taken(one) for one in given[0]], {name: _taken(one) for name, one in given[1].items()}]
        )
        return outcome

    def _line(self, error: BaseException) -> str:
        """Where in the student's file it happened."""
        try:
            frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == self.solver.filename]
        except Exception:
            return ""
        return f" (line {frames[-1].lineno}: {frames[-1].line})" if frames else ""


def _given(value: Any) -> Any:
    """An argument as the function gets it: copies of arrays, and objects in place of contexts."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, tuple):
        return tuple(map(_given, value))
    if isinstance(value, dict):
        return {key: _given(one) for key, one in value.items()}
    if isinstance(value, Context):
        attributes = {name: _given(one) for name, one in value.attributes.items()}
        saved = tuple(map(_given, value.saved))
        return SimpleNamespace(saved_tensors=saved, saved_values=saved, needs_input_grad=(True,) * 8, **attributes)
    return value


def _taken(value: Any) -> Any:
    """An argument after the call, as a plain tree."""
    return (
        list(value.saved_tensors) if isinstance(value, SimpleNamespace) and hasattr(value, "saved_tensors") else value
    )
