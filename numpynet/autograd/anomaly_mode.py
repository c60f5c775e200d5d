"""Anomaly mode: finds the operation whose gradient became NaN, and shows where in the forward it stood.

While it is on, every node gets a number that carries the traceback of its making, and every gradient is
looked at. While it is off, it costs nothing: the tape asks its own two functions, not these.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from types import TracebackType

import numpy as np

from numpynet.core import epoch, tape
from numpynet.core.tape import Node, OpNode, Pull
from numpynet.ops.form import Array

__all__ = ["detect_anomaly", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "set_detect_anomaly"]

_INSIDE = tuple(os.path.dirname(file) + os.sep for file in (os.path.dirname(__file__), np.__file__))
_untraced_number = tape.next_number[0]
_check_nan = True


class _TracedNumber(int):
    """A node's number that remembers the calls that led to the node."""

    trace: str


def _traced_number() -> int:
    import traceback

    number = _TracedNumber(_untraced_number())
    frames = traceback.extract_stack()
    while frames and frames[-1].filename.startswith(_INSIDE):
        frames.pop()
    number.trace = "".join(frames.format())
    return number


def _pull_examined(pull: Pull, node: Node, dy: Array) -> Sequence[Array | None]:
    """What a pull through the node gives; RuntimeError when there is NaN in it."""
    try:
        gradients = pull(node, dy)
    except Exception:
        _tell_origin(node)
        raise
    if _check_nan:
        for position, gradient in enumerate(gradients):
            if gradient is not None and gradient.dtype.kind == "f" and np.isnan(gradient).any():
                _tell_origin(node)
                raise RuntimeError(
                    f"Function '{node.name()}' returned nan values in its {_operand(node, position)}th output."
                )
    return gradients


def _operand(node: Node, position: int) -> int:
    """Which operand of the operation a gradient belongs to; only operands that need one have any."""
    if not isinstance(node, OpNode) or node.plan.operation.variadic:
        return position
    return node.plan.positions[position]


def _tell_origin(node: Node) -> None:
    trace = getattr(node.number, "trace", None)
    told = (
        "No forward pass information available. Enable detect anomaly during forward pass for more information."
        if trace is None
        else f"Traceback of forward call that caused the error:\n{trace}"
    )
    warnings.warn(f"Error detected in {node.name()}. {told}", UserWarning, stacklevel=4)


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on.

    >>> import numpynet
    >>> numpynet.is_anomaly_enabled()
    False
    """
    return tape.pull_examined is not None


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode, when on, raises for NaN.

    >>> import numpynet
    >>> numpynet.is_anomaly_check_nan_enabled()
    True
    """
    return _check_nan


def _switch(enabled: bool, check_nan: bool) -> None:
    global _check_nan
    _check_nan = check_nan
    tape.next_number[0] = _traced_number if enabled else _untraced_number
    tape.pull_examined = _pull_examined if enabled else None
    epoch.count[0] += 1


class set_detect_anomaly:
    """Switches anomaly mode on or off at once; as a context manager, only until its end.

    mode: whether a failing backward pass tells, in a UserWarning, where the operation was called.
    check_nan: whether a gradient with NaN raises RuntimeError.

    >>> import numpynet, warnings
    >>> x = numpynet.tensor(0.0, requires_grad=True)
    >>> with numpynet.autograd.set_detect_anomaly(True), warnings.catch_warnings(action="ignore"):
    ...     (numpynet.sqrt(x) * 0).backward()
    Traceback (most recent call last):
        ...
    RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        for value in (mode, check_nan):
            if not isinstance(value, bool):
                kind = type(value).__name__
                raise TypeError(f"set_detect_anomaly(): argument 'enabled' (position 1) must be bool, not {kind}")
        self._before = is_anomaly_enabled(), is_anomaly_check_nan_enabled()
        _switch(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _switch(*self._before)


class detect_anomaly(set_detect_anomaly):
    """A context manager: anomaly mode inside, and a warning that it is slow.

    >>> import numpynet
    >>> with numpynet.autograd.detect_anomaly():
    ...     numpynet.is_anomaly_enabled()
    True
    >>> numpynet.is_anomaly_enabled()
    False
    """

    def __init__(self, check_nan: bool = True) -> None:
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            UserWarning,
            stacklevel=2,
        )
        self._wanted = check_nan

    def __enter__(self) -> None:
        super().__init__(True, self._wanted)
