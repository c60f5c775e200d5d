"""Trial: the tests run against a copy of numpynet, or of parity, with one wrong line.

The run is a forked process in which torch is already imported, so that a trial costs little more than its
tests; numpynet itself is imported there, from the copy.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
from importlib.util import cache_from_source
from pathlib import Path

from tests.mutation.mutants import Mutant

ROOT = Path(__file__).resolve().parents[2]
NOTICED, ALL_PASSED = 1, 0  # pytest's exit codes
LIMIT = 120  # seconds, of which most trials take one
OUT_OF_TIME = -signal.SIGALRM
PROFILE = "trial"  # of Hypothesis


def preload() -> None:
    """Imports, before the first fork, what every trial needs and no mutant touches.

    Hypothesis is told not to reduce counterexamples: it takes longer than to find them, and nobody reads these.
    """
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    from hypothesis import HealthCheck, Phase, settings

    settings.register_profile(
        PROFILE,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )

    with contextlib.suppress(ImportError):
        import torch

        torch.set_num_threads(1)
        torch.ones(1)


def mutated(text: str, mutant: Mutant) -> str:
    """The source with the wrong line; ValueError unless the original stands there exactly once."""
    if text.count(mutant.original) != 1:
        raise ValueError(f"{mutant.file} has {text.count(mutant.original)} places that read {mutant.original!r}, not 1")
    return text.replace(mutant.original, mutant.wrong)


def is_noticed(mutant: Mutant) -> bool:
    """Whether the mutant's tests fail, or do not end; RuntimeError where they could not be run at all."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(mutant.file).parts[0]
        shutil.copytree(ROOT / package, Path(folder) / package)
        file = Path(folder) / mutant.file
        Path(cache_from_source(file)).unlink(missing_ok=True)  # of the right line
        file.write_text(mutated(file.read_text(encoding="utf-8"), mutant), encoding="utf-8")
        child = os.fork()
        if child == 0:
            os._exit(_run_tests(folder, mutant))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (NOTICED, ALL_PASSED, OUT_OF_TIME):
        raise RuntimeError(f"pytest ended with code {code} instead of running {mutant.tests} -k {mutant.keyword!r}")
    return code != ALL_PASSED


def _run_tests(folder: str, mutant: Mutant) -> int:
    import pytest

    os.chdir(ROOT)
    signal.alarm(LIMIT)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    for name in [name for name in sys.modules if name.split(".")[0] in ("numpynet", "parity")]:
        del sys.modules[name]
    options = ["-x", "-q", "-p", "no:cacheprovider", f"--hypothesis-profile={PROFILE}"]
    copy_first = ["-o", f"pythonpath={folder} {ROOT}"]
    selection = ["-k", mutant.keyword] if mutant.keyword else []
    return int(pytest.main([*options, *copy_first, *selection, mutant.tests]))
