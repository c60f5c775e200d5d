"""The checks are checked: wrong lines put into numpynet must be noticed by its tests.

``python -m tests.mutation`` tries all of them; here it is tried whether that can tell right from wrong.
"""

import subprocess
import sys

import pytest

pytest.importorskip("torch")

from tests.mutation.mutants import MUTANTS
from tests.mutation.trial import ROOT, mutated


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_still_fits_the_source(mutant):
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    compile(mutated(text, mutant), mutant.file, "exec")


def test_there_are_enough():
    assert len({mutant.name for mutant in MUTANTS}) >= 60


TRIAL = """
from tests.mutation.mutants import DRAWS, ENGINE, Mutant
from tests.mutation.trial import is_noticed, preload
preload()
line = "_UNIT_24 = np.array(2.0**-24, np.float32)"
wrong = Mutant(ENGINE, line, line.replace("24,", "23,"), DRAWS, "every_size and rand")
right = Mutant(ENGINE, line, line.replace("2.0**-24", "1 / 2**24"), DRAWS, "every_size and rand")
print(is_noticed(wrong), is_noticed(right))
"""


def test_a_wrong_line_is_noticed_and_a_right_one_is_not():
    tried = subprocess.run([sys.executable, "-c", TRIAL], cwd=ROOT, capture_output=True, text=True, check=False)
    assert tried.stdout.split() == ["True", "False"], tried.stdout + tried.stderr
