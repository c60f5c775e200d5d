"""torch.profiler: the names with which programs ask to be profiled. Labels pass; profiling says what does it here."""

from __future__ import annotations

from contextlib import ContextDecorator
from enum import Enum
from typing import Any

from numpynet.core.absence import asked

__all__ = ["ProfilerActivity", "profile", "record_function", "schedule", "tensorboard_trace_handler"]

_ABSENT = (
    "numpynet has no profiler: cProfile times the functions of a program, numpynet.compile(step).report() counts the "
    "calls, bytes and flops of a step, and numpynet.utils.benchmark.Timer times a line"
)


class ProfilerActivity(Enum):
    """What torch's profiler watches.

    >>> from numpynet.profiler import ProfilerActivity
    >>> ProfilerActivity.CPU.name
    'CPU'
    """

    CPU = 0
    CUDA = 2


class record_function(ContextDecorator):
    """A label for what runs in a block or function, for a profiler to show; without one it changes nothing.

    >>> from numpynet.profiler import record_function
    >>> with record_function("forward"):
    ...     1 + 1
    2
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name

    def __enter__(self) -> record_function:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def profile(
    *,
    activities: Any = None,
    schedule: Any = None,
    on_trace_ready: Any = None,
    record_shapes: bool = False,
    profile_memory: bool = False,
    with_stack: bool = False,
    with_flops: bool = False,
    with_modules: bool = False,
) -> Any:
    """NotImplementedError: there is no profiler; the message says what there is.

    >>> from numpynet.profiler import ProfilerActivity, profile
    >>> profile(activities=[ProfilerActivity.CPU])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    NotImplementedError: numpynet has no profiler: cProfile times the functions of a program, numpynet.compile(step)...
    """
    raise NotImplementedError(_ABSENT)


def schedule(*, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0) -> Any:
    """NotImplementedError: there is no profiler.

    >>> import numpynet
    >>> numpynet.profiler.schedule(wait=1, warmup=1, active=3)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    NotImplementedError: numpynet has no profiler: cProfile times the functions of a program, numpynet.compile(step)...
    """
    raise NotImplementedError(_ABSENT)


def tensorboard_trace_handler(dir_name: str, worker_name: str | None = None, use_gzip: bool = False) -> Any:
    """NotImplementedError: there is no profiler.

    >>> import numpynet
    >>> numpynet.profiler.tensorboard_trace_handler("log")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    NotImplementedError: numpynet has no profiler: cProfile times the functions of a program, numpynet.compile(step)...
    """
    raise NotImplementedError(_ABSENT)


__getattr__ = asked(__name__)
