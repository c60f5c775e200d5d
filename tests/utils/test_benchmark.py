"""Timers: what they run, how often, and how they tell it. Nothing here depends on how long it takes."""

import pytest

import numpynet
from numpynet.utils.benchmark import Measurement, Timer


def counting(step=1.0):
    """A clock that goes on by so many seconds each time it is asked."""
    seconds = iter(range(10**6))
    return lambda: next(seconds) * step


def test_a_statement_runs_as_often_as_it_is_asked_to():
    runs = []
    measured = Timer("runs.append(k)", "k = 7", globals={"runs": runs}, timer=counting()).timeit(5)
    assert runs == [7] * 6
    assert (measured.number_per_run, measured.raw_times, measured.times) == (5, [1.0], [0.2])


def test_measurements_go_on_until_their_time_is_over():
    seen = []
    timer = Timer("pass", timer=counting(0.25))
    measured = timer.blocked_autorange(lambda number, seconds: seen.append((number, seconds)), min_run_time=1.0)
    assert measured.raw_times == [0.25] * 4
    assert seen == [(1, 0.25)] * 4


def test_what_is_shown_is_what_torch_shows():
    torch = pytest.importorskip("torch")
    from torch.utils import benchmark

    given = {"stmt": "a = 1\nb = 2", "setup": "c = 3", "description": "two"}
    for arguments in ({"stmt": "1 + 1", "sub_label": "small"}, {"stmt": "1", "label": "one", "sub_label": "x"}, given):
        for times in ([3e-5], [3e-5, 5e-5], [1e-3, 2e-3, 3e-3, 4e-3, 5e-3]):
            theirs = benchmark.Timer(**arguments).timeit(1)
            theirs.raw_times, theirs.number_per_run, theirs._sorted_times = times, 10, ()
            ours = Measurement(10, times, Timer(**arguments)._title)
            shown = repr(theirs).partition("  WARNING")[0].splitlines()  # which numpynet does not give
            assert repr(ours).splitlines()[1:] == shown[1:]
            assert (ours.median, ours.mean, ours.iqr) == pytest.approx((theirs.median, theirs.mean, theirs.iqr))
    assert torch.utils.benchmark is benchmark


def test_threads_are_as_many_again_afterwards():
    before = numpynet.get_num_threads()
    assert Timer("pass", num_threads=1).timeit(1).num_threads == 1
    assert numpynet.get_num_threads() == before
    with pytest.raises(ValueError, match="C\\+\\+"):
        Timer("pass", global_setup="#include <vector>")
