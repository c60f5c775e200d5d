"""Libraries: numpynet and torch as runs of a program need them. torch is imported only when it is asked for."""

from __future__ import annotations

import importlib.util
import random
from typing import Any

import numpynet
from parity.namespace import Namespace
from parity.programs.program import Program
from parity.recorder import Recorder
from parity.trace import Trace

DTYPES = ("float32", "float64")


class TorchMissingError(RuntimeError):
    """torch is needed and not installed."""


def torch_is_installed() -> bool:
    """Whether torch can be imported."""
    return importlib.util.find_spec("torch") is not None


def torch_library() -> Any:
    """torch, on one thread so that its sums have one order; TorchMissingError where it is not installed."""
    if not torch_is_installed():
        raise TorchMissingError(
            "torch is not installed, and it is the oracle: pip install torch==2.13.0, or compare with what was "
            "recorded from it by python -m parity --recorded"
        )
    import torch

    torch.set_num_threads(1)
    return torch


def run(program: Program, library: Any, recorder: Recorder, *, dtype: str, seed: int, steps: int) -> Trace:
    """Runs a program with a library from a seed, in a dtype, and returns the recorder's trace.

    An exception that the program raises ends it and is noted in the trace. Default dtype, generators and threads
    are afterwards as they were.
    """
    recorder.library = library
    before = library.get_default_dtype(), library.get_rng_state(), random.getstate()
    library.set_default_dtype(getattr(library, dtype))
    library.manual_seed(seed)
    random.seed(seed)
    try:
        program.text(Namespace(library, recorder), recorder, steps)
    except Finished:
        pass
    except Exception as error:
        recorder.trace.stopped = f"{type(error).__name__}: {error}"
    finally:
        recorder.look_at_stream()
        library.set_default_dtype(before[0])
        library.set_rng_state(before[1])
        random.setstate(before[2])
    return recorder.trace


class Finished(BaseException):
    """A recorder has seen what it wanted, and ends the program."""


NUMPYNET: Any = numpynet
