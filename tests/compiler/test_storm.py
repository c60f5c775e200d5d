"""A little of the storm; ``python -m tests.compiler.storm`` is the whole."""

import os

import pytest

from tests.compiler.storm import besieged, forked, interrupted


def test_ctrl_c_while_a_fit_compiles_breaks_nothing():
    assert interrupted(8, 0.3) > 0


def test_threads_do_not_disturb_each_other():
    assert besieged(3) > 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_beside_a_thread_that_compiles_works():
    forked(3)
