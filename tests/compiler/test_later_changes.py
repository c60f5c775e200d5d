"""What changes around a compiled step is noticed: the numbers of the step itself, or a refusal by line."""

from __future__ import annotations

import pytest

import numpynet
from tests.compiler.later_changes import PROGRAMS

REFUSED = {
    "itertools_count_in_step": "next() changes an iterator",
    "generator_of_batches": "next() changes an iterator",
    "python_random_in_step": "randrange is called",
    "numpy_random_in_step": "permutation is called",
    "loss_dependent_branch": "the values of a tensor are needed by Python here",
    "grad_mode_outside": "a tensor is returned that requires a gradient",
    "scheduler_inside": "a scheduler is called",
    "weakref_and_id": "ReferenceType is called",
    "chainmap_config": "an item of ChainMap is read",
}


def as_it_is(step):
    return step


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_gives_the_numbers_of_the_step_itself(program):
    numpynet.manual_seed(0)
    expected = program(numpynet, as_it_is)
    numpynet.manual_seed(0)
    if program.__name__ in REFUSED:
        with pytest.raises(
            numpynet.CompileError, match=REFUSED[program.__name__].replace("(", r"\(").replace(")", r"\)")
        ):
            program(numpynet, numpynet.compile)
    else:
        assert program(numpynet, numpynet.compile) == expected
