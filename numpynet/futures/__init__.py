"""futures: results of other processes, of which there are none."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

__all__ = ["Future", "collect_all", "wait_all"]

_ABSENT = "numpynet computes in one process: concurrent.futures has futures of Python's own"


Result = TypeVar("Result")


class Future(Generic[Result]):
    """The type of what annotations name ``Future[Tensor]``. RuntimeError when one is made.

    >>> from numpynet import Future
    >>> def later(x: "Future[int]") -> None: ...
    >>> Future[int].__origin__ is Future
    True
    """

    def __init__(self, *, devices: Any = None) -> None:
        raise RuntimeError(_ABSENT)


def collect_all(futures: Any) -> Any:
    """RuntimeError: there are no futures.

    >>> import numpynet
    >>> numpynet.futures.collect_all([])
    Traceback (most recent call last):
    RuntimeError: numpynet computes in one process: concurrent.futures has futures of Python's own
    """
    raise RuntimeError(_ABSENT)


def wait_all(futures: Any) -> Any:
    """RuntimeError: there are no futures.

    >>> import numpynet
    >>> numpynet.futures.wait_all([])
    Traceback (most recent call last):
    RuntimeError: numpynet computes in one process: concurrent.futures has futures of Python's own
    """
    raise RuntimeError(_ABSENT)
