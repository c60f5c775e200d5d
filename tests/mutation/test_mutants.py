"""The checks are checked: wrong lines put into numpynet must be noticed by its tests.

Here a fixed sample is tried; ``python -m tests.mutation`` tries all of them.
"""

import subprocess
import sys

import pytest

pytest.importorskip("torch")

from tests.mutation.mutants import MUTANTS
from tests.mutation.trial import ROOT, mutated

SAMPLE = [
    "np.where(y < 0, 0, dy))",
    "dy[:, ::-1].T.dot(x)",
    "sigmoid.forward(z) + t",
    "b *= 1",
    "self.step_count - 1",
    "2.0**-23",
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_still_fits_the_source(mutant):
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    compile(mutated(text, mutant), mutant.file, "exec")


def test_there_are_enough():
    assert len({mutant.name for mutant in MUTANTS}) >= 60


@pytest.mark.parametrize("word", SAMPLE)
def test_a_sample_is_noticed(word):
    assert sum(word in mutant.name for mutant in MUTANTS) == 1
    tried = subprocess.run(
        [sys.executable, "-m", "tests.mutation", word], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr
