"""torch's runs of parity's programs, made once for all tests that need them."""

from __future__ import annotations

from functools import cache

import pytest

from parity.build import about_torch, is_baseline
from parity.ladder import Ladder, Outcome
from parity.libraries import run, torch_library
from parity.programs import PROGRAMS
from parity.recorder import Recorder
from parity.trace import Trace


@cache
def torch_trace(name: str, dtype: str, seed: int, steps: int) -> Trace:
    """What torch does, in the builds whose random bits numpynet reproduces."""
    if is_baseline(about_torch()):
        pytest.skip("torch runs its baseline build here, whose random bits are others")
    return run(PROGRAMS[name], torch_library(), Recorder(), dtype=dtype, seed=seed, steps=steps)


def climbed(name: str, dtype: str = "float32", seed: int = 0, steps: int = 0) -> Outcome:
    """The ladder of one program against torch, as numpynet is at this moment."""
    reference = torch_trace(name, dtype, seed, steps)
    ladder = Ladder(PROGRAMS[name], reference, dtype=dtype, seed=seed, steps=steps, torch=torch_library())
    return ladder.climb()
