"""Here: grading a function in this process, as in a notebook."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity.grade.verdict import Verdict


def grade(
    function: Callable[..., Any] | type,
    operation: str | None = None,
    wrt: str | None = None,
    *,
    with_torch: bool | None = None,
    searched: int = 200,
) -> Verdict:
    """Grades a backward pass that was just written: a function, a callable object, or a class with `backward`.

    operation: what it is the gradient of, one of the names that `python -m parity grade --list` shows; by default
        what its own name says, as in relu_backward, or the decorator `parity.exercise`.
    wrt: the one operand whose gradient it returns; by default it returns all of them.
    with_torch: False compares with numpynet's own gradients though torch is installed.
    searched: how many inputs are tried beyond some hundred that always are.

    Returns the verdict, which shows itself; `status` is "right", "wrong" or "not graded". What the function raises is
    part of the verdict. ImportError where the package hypothesis is missing. The function runs in this process: an
    endless loop is ended by Ctrl-C, and `python -m parity grade FILE` guards against worse.

    >>> import parity
    >>> def tanh_backward(dy, y):
    ...     return dy * (1 - y)
    >>> verdict = parity.grade(tanh_backward, with_torch=False)
    >>> verdict.status
    'wrong'
    >>> print(verdict.hint)
    What was computed is dy · (1 − y): a factor (1 + y) is missing.
    """
    if importlib.util.find_spec("hypothesis") is None:
        raise ImportError("the search for counterexamples needs the package hypothesis: pip install hypothesis")
    from parity.grade.calling import Local
    from parity.grade.declaration import Declaration
    from parity.grade.grading import grade_callee
    from parity.grade.solutions import one_solver
    from parity.grade.verdict import UNGRADED, Verdict
    from parity.grade.watching import Watch

    found = one_solver(function, None if operation is None else Declaration(operation, wrt))
    if found is None:
        name = getattr(function, "__name__", type(function).__name__)
        said = "its name does not end in _backward: name the operation, as in parity.grade(function, 'relu')"
        return Verdict(name, status=UNGRADED, hint=said)
    solver, call = found
    return grade_callee(Local(solver, call, Watch(), interactive=True), with_torch=with_torch, searched=searched)
