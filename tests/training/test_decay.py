"""The decay of the learning rate: the rule, at every step, for every group."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import numpynet
from numpynet.training import LearningRateDecay


def optimizer(*rates):
    return numpynet.optim.SGD([{"params": [numpynet.zeros(1, requires_grad=True)], "lr": rate} for rate in rates])


def rates_after(lr, decay_rate, steps):
    sgd = optimizer(lr)
    decay = LearningRateDecay(sgd, decay_rate)
    for _ in range(steps):
        decay.step()
    return sgd.param_groups[0]["lr"]


@pytest.mark.parametrize(("epoch", "shown"), [(1, "0.009523"), (2, "0.008229"), (3, "0.006451"), (4, "0.004588")])
def test_four_epochs_of_312_steps(epoch, shown):
    assert f"{rates_after(0.01, 0.000001, 312 * epoch):.6f}" == shown


@given(lr=st.floats(1e-6, 1e3), decay_rate=st.floats(0, 2), steps=st.integers(0, 50))
def test_it_is_the_recursion_as_a_loop_writes_it(lr, decay_rate, steps):
    expected = lr
    for k in range(1, steps + 1):
        expected *= 1 / (1 + decay_rate * k)
    assert rates_after(lr, decay_rate, steps) == expected


def test_a_rate_of_zero_changes_nothing():
    assert rates_after(0.3, 0, 1000) == 0.3


def test_it_stays_near_the_exponential_it_approximates():
    # ln ∏ 1/(1 + rj) lies between -r Σj and -r Σj + r² Σj² / 2
    r, k = 1e-6, 1000
    exponent = math.log(rates_after(1.0, r, k))
    leading = -r * k * (k + 1) / 2
    assert leading <= exponent <= leading + r**2 * k**3 / 2


def test_groups_decay_each_from_their_own_rate():
    sgd = optimizer(1.0, 0.5)
    decay = LearningRateDecay(sgd, 1.0)
    assert decay.get_last_lr() == [1.0, 0.5]
    decay.step()
    assert decay.get_last_lr() == [0.5, 0.25]


def test_a_rate_held_in_a_tensor_stays_that_tensor():
    rate = numpynet.tensor(1.0)
    sgd = optimizer(rate)
    LearningRateDecay(sgd, 1.0).step()
    assert sgd.param_groups[0]["lr"] is rate
    assert rate.item() == 0.5


def test_a_rate_set_by_hand_decays_on():
    sgd = optimizer(1.0)
    decay = LearningRateDecay(sgd, 1.0)
    decay.step()
    sgd.param_groups[0]["lr"] = 3.0
    decay.step()
    assert decay.get_last_lr() == [3.0 * (1 / 3)]


def test_its_state_goes_on_where_it_was():
    first, second = optimizer(0.1), optimizer(0.7)
    original = LearningRateDecay(first, 0.25)
    for _ in range(5):
        original.step()
    twin = LearningRateDecay(second, 0.0)
    second.load_state_dict(first.state_dict())
    twin.load_state_dict(original.state_dict())
    original.step()
    twin.step()
    assert twin.get_last_lr() == original.get_last_lr()


@pytest.mark.parametrize("rate", [-1e-9, math.inf, math.nan])
def test_impossible_rates_are_refused(rate):
    with pytest.raises(ValueError, match="decay_rate"):
        LearningRateDecay(optimizer(0.1), rate)
