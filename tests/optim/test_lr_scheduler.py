"""Schedules: learning rates equal to torch's to the last bit, states that go on, warnings, errors."""

import copy
import math
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet
from numpynet.optim import SGD, Adam, lr_scheduler
from numpynet.optim.lr_scheduler import factor as factor_module

EPOCHS = 50


def optimizer_of(library, rates=(0.1, 0.03), kind="SGD", **options):
    """An optimizer with a group for each learning rate."""
    groups = [{"params": [library.zeros(1)], "lr": rate} for rate in rates]
    return getattr(library.optim, kind)(groups, **options)


def course(library, make, epochs=EPOCHS, metrics=None, kind="SGD", rates=(0.1, 0.03), **options):
    """The learning rates, momentums and reported rates of the epochs."""
    optimizer = optimizer_of(library, rates, kind, **options)
    scheduler = make(library.optim.lr_scheduler, optimizer)
    seen = []
    for epoch in range(epochs):
        seen.append(
            [
                ([group["lr"] for group in optimizer.param_groups]),
                ([group.get("momentum", group.get("betas")) for group in optimizer.param_groups]),
                scheduler.get_last_lr(),
                scheduler.last_epoch if hasattr(scheduler, "last_epoch") else None,
            ]
        )
        optimizer.step()
        if metrics is None:
            scheduler.step()
        else:
            scheduler.step(metrics[epoch])
    return seen


def chained(schedule, optimizer):
    return schedule.ChainedScheduler(
        [schedule.ExponentialLR(optimizer, 0.97), schedule.CosineAnnealingLR(optimizer, 13, eta_min=1e-3)]
    )


def in_turn(schedule, optimizer):
    parts = [
        schedule.LinearLR(optimizer, 0.1, total_iters=5),
        schedule.CosineAnnealingLR(optimizer, 20),
        schedule.StepLR(optimizer, 4, 0.7),
    ]
    return schedule.SequentialLR(optimizer, parts, milestones=[5, 25])


SCHEDULES = {
    "lambda": lambda s, o: s.LambdaLR(o, lambda epoch: 0.95**epoch),
    "lambdas": lambda s, o: s.LambdaLR(o, [lambda epoch: epoch // 3, lambda epoch: 1 / (1 + 0.1 * epoch)]),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 0.95 + 0.001 * epoch),
    "step": lambda s, o: s.StepLR(o, 7, 0.3),
    "step 1": lambda s, o: s.StepLR(o, 1),
    "multi step": lambda s, o: s.MultiStepLR(o, [3, 3, 10, 40], 0.3),
    "constant": lambda s, o: s.ConstantLR(o, 0.3, 9),
    "linear": lambda s, o: s.LinearLR(o, 0.3, 0.9, 17),
    "linear to 0": lambda s, o: s.LinearLR(o, 1.0, 0.0, 17),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.93),
    "polynomial": lambda s, o: s.PolynomialLR(o, 31, 1.7),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 11, 1e-4),
    "cosine once": lambda s, o: s.CosineAnnealingLR(o, EPOCHS),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 5, 2, 1e-4),
    "equal restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 7),
    "one cycle": lambda s, o: s.OneCycleLR(o, [0.5, 0.2], total_steps=EPOCHS),
    "one cycle in epochs": lambda s, o: s.OneCycleLR(o, 0.5, epochs=5, steps_per_epoch=11, anneal_strategy="linear"),
    "one cycle in three": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=60, three_phase=True, pct_start=0.21),
    "one cycle, lr alone": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=EPOCHS, cycle_momentum=False),
    "cyclic": lambda s, o: s.CyclicLR(o, [0.01, 0.1], 0.5, step_size_up=7),
    "cyclic, halving": lambda s, o: s.CyclicLR(o, 0.01, [0.5, 1], 3, 5, mode="triangular2"),
    "cyclic, shrinking": lambda s, o: s.CyclicLR(o, 0.01, 0.5, 6, mode="exp_range", gamma=0.97),
    "cyclic, lr alone": lambda s, o: s.CyclicLR(o, 0.01, 0.5, 6, 2, cycle_momentum=False),
    "cyclic by function": lambda s, o: s.CyclicLR(o, 0.01, 0.5, 6, scale_fn=lambda x: 1 / x, base_momentum=0.1),
    "cyclic by step": lambda s, o: s.CyclicLR(
        o, 0.01, 0.5, 6, scale_fn=lambda x: 0.9**x, scale_mode="iterations", max_momentum=[0.9, 0.95]
    ),
    "chained": chained,
    "in turn": in_turn,
}


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_learning_rates_are_torchs(name, kind):
    torch = pytest.importorskip("torch")
    assert course(numpynet, SCHEDULES[name], kind=kind) == course(torch, SCHEDULES[name], kind=kind)


FRACTIONS = st.floats(0.01, 1)


@given(
    rates=st.tuples(st.floats(1e-6, 10), st.integers(0, 3)),
    gamma=FRACTIONS,
    start=FRACTIONS,
    end=st.floats(0, 1),
    period=st.integers(1, 60),
    data=st.data(),
)
@settings(max_examples=40)
def test_learning_rates_are_torchs_for_any_options(rates, gamma, start, end, period, data):
    torch = pytest.importorskip("torch")
    make = data.draw(
        st.sampled_from(
            [
                lambda s, o: s.StepLR(o, period, gamma),
                lambda s, o: s.ExponentialLR(o, gamma),
                lambda s, o: s.ConstantLR(o, gamma, period),
                lambda s, o: s.LinearLR(o, start, end, period),
                lambda s, o: s.PolynomialLR(o, period, 3 * gamma),
                lambda s, o: s.CosineAnnealingLR(o, period, gamma),
                lambda s, o: s.CosineAnnealingWarmRestarts(o, period, 1 + period % 3, gamma),
            ]
        )
    )
    ours, theirs = (course(library, make, rates=rates) for library in (numpynet, torch))
    # compared as text, which is exact too and tells an integer from a float
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"patience": 0, "factor": 0.5, "cooldown": 3},
        {"mode": "max", "patience": 1},
        {"mode": "max", "threshold_mode": "abs", "threshold": 0.2, "patience": 1},
        {"threshold_mode": "abs", "threshold": 0.05, "patience": 3, "min_lr": [1e-3, 1e-2]},
        {"patience": 0, "factor": 0.9, "eps": 1e-3},
    ],
)
def test_plateaus_are_torchs(options):
    torch = pytest.importorskip("torch")
    metrics = [abs(math.cos(epoch / 5)) + 1 / (1 + epoch) for epoch in range(EPOCHS)]
    metrics[30] = math.nan

    def make(schedule, optimizer):
        return schedule.ReduceLROnPlateau(optimizer, **options)

    assert course(numpynet, make, metrics=metrics) == course(torch, make, metrics=metrics)


IN_CLOSED_FORM = ["step", "multi step", "constant", "linear", "linear to 0", "exponential", "polynomial", "cosine"]


@pytest.mark.parametrize("name", IN_CLOSED_FORM)
def test_the_chain_of_factors_leads_to_the_closed_form(name):
    optimizer = optimizer_of(numpynet)
    scheduler = SCHEDULES[name](lr_scheduler, optimizer)
    for _ in range(EPOCHS):
        # a few roundings an epoch, of numbers no larger than the rates at the start
        assert scheduler.get_last_lr() == pytest.approx(scheduler._get_closed_form_lr(), rel=1e-12, abs=1e-14)
        optimizer.step()
        scheduler.step()


def test_warm_up_then_decay_by_hand():
    optimizer = optimizer_of(numpynet, rates=(1.0,))
    parts = [lr_scheduler.LinearLR(optimizer, 0.25, total_iters=3), lr_scheduler.StepLR(optimizer, 2, 0.5)]
    scheduler = lr_scheduler.SequentialLR(optimizer, parts, milestones=[3])
    seen = []
    for _ in range(8):
        seen += scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()
    assert seen == pytest.approx([0.25, 0.5, 0.75, 1, 1, 0.5, 0.5, 0.25])


@pytest.mark.parametrize("name", IN_CLOSED_FORM)
def test_going_to_an_epoch_uses_torchs_closed_form(name):
    torch = pytest.importorskip("torch")

    def rates(library):
        optimizer = optimizer_of(library)
        scheduler = SCHEDULES[name](library.optim.lr_scheduler, optimizer)
        seen = []
        for epoch in (0, 1, 7, 8, 30, 2):
            optimizer.step()
            with pytest.warns(UserWarning, match="epoch parameter"):
                scheduler.step(epoch)
            seen.append(scheduler.get_last_lr())
        return seen

    assert rates(numpynet) == rates(torch)


def test_restarts_by_fractions_of_an_epoch_are_torchs():
    torch = pytest.importorskip("torch")

    def rates(library, repeat):
        scheduler = library.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer_of(library), 4, repeat, 1e-3)
        seen = []
        for batch in range(100):
            scheduler.step(batch / 4)
            seen.append((scheduler.get_last_lr(), scheduler.last_epoch))
        return seen

    for repeat in (1, 2):
        assert rates(numpynet, repeat) == rates(torch, repeat)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_loaded_state_goes_on(name):
    def run(scheduler, optimizer, epochs):
        for _ in range(epochs):
            optimizer.step()
            scheduler.step()
        return [group["lr"] for group in optimizer.param_groups]

    first = optimizer_of(numpynet)
    scheduler = SCHEDULES[name](lr_scheduler, first)
    run(scheduler, first, 20)
    second = optimizer_of(numpynet)
    resumed = SCHEDULES[name](lr_scheduler, second)
    saved = copy.deepcopy(scheduler.state_dict())
    before = copy.deepcopy(saved)
    resumed.load_state_dict(saved)
    assert saved == before
    second.load_state_dict(first.state_dict())
    assert run(resumed, second, 10) == run(scheduler, first, 10)


@pytest.mark.parametrize("name", SCHEDULES)
def test_state_dicts_hold_what_torchs_hold(name):
    torch = pytest.importorskip("torch")

    def keys(library):
        scheduler = SCHEDULES[name](library.optim.lr_scheduler, optimizer_of(library))
        return {key for key in scheduler.state_dict() if not key.startswith("_get_lr")}

    assert keys(numpynet) == keys(torch)


@pytest.mark.parametrize("name", ["step", "exponential", "linear", "cosine", "polynomial", "multi step"])
def test_resuming_by_last_epoch_is_torchs(name):
    torch = pytest.importorskip("torch")
    resumed = {
        "step": lambda s, o: s.StepLR(o, 7, 0.3, last_epoch=6),
        "exponential": lambda s, o: s.ExponentialLR(o, 0.9, last_epoch=6),
        "linear": lambda s, o: s.LinearLR(o, total_iters=9, last_epoch=6),
        "cosine": lambda s, o: s.CosineAnnealingLR(o, 9, last_epoch=6),
        "polynomial": lambda s, o: s.PolynomialLR(o, 9, last_epoch=6),
        "multi step": lambda s, o: s.MultiStepLR(o, [7], last_epoch=6),
    }[name]

    def rates(library):
        optimizer = optimizer_of(library)
        for group in optimizer.param_groups:
            group["initial_lr"] = 2 * group["lr"]
        scheduler = resumed(library.optim.lr_scheduler, optimizer)
        seen = []
        for _ in range(10):
            seen.append(scheduler.get_last_lr())
            optimizer.step()
            scheduler.step()
        return seen

    assert rates(numpynet) == rates(torch)


def test_resuming_needs_the_rates_at_the_start():
    with pytest.raises(KeyError, match=r"param 'initial_lr' is not specified in param_groups\[0\]"):
        lr_scheduler.StepLR(optimizer_of(numpynet), 1, last_epoch=3)


def test_a_tensor_learning_rate_stays_the_same_tensor():
    rate = numpynet.tensor(1.0)
    optimizer = SGD([numpynet.zeros(1)], lr=rate)
    scheduler = lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.5
    (last,) = scheduler.get_last_lr()
    assert last is not rate
    assert last.item() == 0.5
    assert scheduler.base_lrs[0].item() == 1


# --- the order of steps ---------------------------------------------------------------------------------------


def messages(library, act):
    """What is warned of while an optimizer and its schedule do something."""
    optimizer = optimizer_of(library)
    scheduler = library.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        act(optimizer, scheduler)
    return [(str(one.message).split(". ")[0], one.category) for one in caught]


def wrong_order(optimizer, scheduler):
    scheduler.step()
    optimizer.step()
    scheduler.step()


def right_order(optimizer, scheduler):
    optimizer.step()
    scheduler.step()
    scheduler.step()


def overridden(optimizer, scheduler):
    optimizer.step = lambda: None
    optimizer.step()
    scheduler.step()


def asked_outside(optimizer, scheduler):
    scheduler.get_lr()


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (wrong_order, "Detected call of `lr_scheduler.step()` before `optimizer.step()`"),
        (right_order, None),
        (overridden, "Seems like `optimizer.step()` has been overridden"),
        (asked_outside, "To get the last learning rate computed by the scheduler"),
    ],
)
def test_warnings_come_when_torchs_do(act, expected):
    ours = messages(numpynet, act)
    assert [message.startswith(expected) for message, _ in ours] == [True] if expected else not ours
    torch = pytest.importorskip("torch")
    assert ours == messages(torch, act)


def test_two_schedules_count_one_optimizers_steps():
    optimizer = optimizer_of(numpynet)
    schedules = [lr_scheduler.ExponentialLR(optimizer, 0.5) for _ in range(2)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert optimizer.step(lambda: 7) == 7
        for scheduler in schedules:
            scheduler.step()
    assert optimizer.param_groups[0]["lr"] == 0.025


# --- errors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda s, o: s.StepLR("optimizer", 1), TypeError),
        (lambda s, o: s.ReduceLROnPlateau("optimizer"), TypeError),
        (lambda s, o: s.LambdaLR(o, [abs]), ValueError),
        (lambda s, o: s.MultiplicativeLR(o, [abs, 3]), TypeError),
        (lambda s, o: s.ConstantLR(o, 1.5), ValueError),
        (lambda s, o: s.LinearLR(o, 0.0), ValueError),
        (lambda s, o: s.LinearLR(o, 0.5, 2.0), ValueError),
        (lambda s, o: s.ReduceLROnPlateau(o, factor=1.0), ValueError),
        (lambda s, o: s.ReduceLROnPlateau(o, mode="least"), ValueError),
        (lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="sum"), ValueError),
        (lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]), ValueError),
        (lambda s, o: s.CosineAnnealingWarmRestarts(o, 0), ValueError),
        (lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 0), ValueError),
        (lambda s, o: s.CosineAnnealingWarmRestarts(o, 3).step(-1), ValueError),
        (lambda s, o: s.OneCycleLR(o, 0.1), ValueError),
        (lambda s, o: s.OneCycleLR(o, 0.1, total_steps=0), ValueError),
        (lambda s, o: s.OneCycleLR(o, 0.1, epochs=2, steps_per_epoch=0), ValueError),
        (lambda s, o: s.OneCycleLR(o, 0.1, total_steps=9, pct_start=1.5), ValueError),
        (lambda s, o: s.OneCycleLR(o, 0.1, total_steps=9, anneal_strategy="step"), ValueError),
        (lambda s, o: s.OneCycleLR(o, [0.1], total_steps=9), ValueError),
        (lambda s, o: s.CyclicLR(o, 0.1, 0.2, mode="square"), ValueError),
        (lambda s, o: s.CyclicLR(o, [0.1], 0.2), ValueError),
        (lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [3]), ValueError),
        (lambda s, o: s.SequentialLR(o, [3], []), TypeError),
        (lambda s, o: s.SequentialLR(o, [], []), ValueError),
        (lambda s, o: s.SequentialLR(o, None, []), TypeError),
        (lambda s, o: s.ChainedScheduler([s.StepLR(o, 1), s.ReduceLROnPlateau(o)]), ValueError),
    ],
)
def test_wrong_options_are_refused_in_torchs_words(make, error):
    with pytest.raises(error) as ours:
        make(lr_scheduler, optimizer_of(numpynet))
    torch = pytest.importorskip("torch")
    with pytest.raises(error) as theirs:
        make(torch.optim.lr_scheduler, optimizer_of(torch))
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("options", [{"mode": None}, {"mode": ["min"]}, {"threshold_mode": 1}])
def test_a_mode_that_is_no_string_is_a_type_error(library, options):
    with pytest.raises(TypeError):
        library.optim.lr_scheduler.ReduceLROnPlateau(optimizer_of(library), **options)


def test_a_missing_decay_is_not_a_constant_rate(library):
    optimizer = optimizer_of(library)
    scheduler = library.optim.lr_scheduler.ExponentialLR(optimizer, None)
    optimizer.step()
    with pytest.raises(TypeError, match="unsupported operand"):
        scheduler.step()


def test_the_share_of_the_rise_is_a_number(library):
    with pytest.raises(ValueError, match="could not convert string to float"):
        library.optim.lr_scheduler.OneCycleLR(optimizer_of(library), 0.1, total_steps=9, pct_start="half")


@pytest.mark.parametrize("name", ["LambdaLR", "MultiplicativeLR"])
def test_a_missing_function_is_told_of_the_class_itself(library, name):
    with pytest.raises(TypeError, match=rf"^{name}\.__init__\(\) missing 1 required positional argument: 'lr_lambda'"):
        getattr(library.optim.lr_scheduler, name)(optimizer_of(library))


def test_one_cycle_ends():
    optimizer = optimizer_of(numpynet)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=3)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    with pytest.raises(ValueError, match=r"Tried to step 4 times\. The specified number of total steps is 3"):
        scheduler.step()


def test_one_cycle_needs_momentum():
    optimizer = numpynet.optim.Adagrad([numpynet.zeros(1)])
    with pytest.raises(ValueError, match="must support momentum"):
        lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=3)


def test_schedules_of_different_optimizers_are_refused():
    one, other = optimizer_of(numpynet), optimizer_of(numpynet)
    with pytest.raises(ValueError, match="belong to the same optimizer"):
        lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(one, 1), lr_scheduler.StepLR(other, 1)])


def test_new_groups_get_the_common_least_rate_on_a_plateau():
    optimizer = Adam([numpynet.zeros(1)], lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=0, min_lr=0.5)
    optimizer.add_param_group({"params": [numpynet.zeros(1)], "lr": 2.0})
    for _ in range(2):
        scheduler.step(1.0)
    assert scheduler.get_last_lr() == [0.5, 0.5]


def test_what_a_plateau_does_can_be_replaced():
    for library in (numpynet, pytest.importorskip("torch")):
        optimizer, epochs = library.optim.SGD([library.zeros(1)], lr=1.0), []
        scheduler = library.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
        scheduler._reduce_lr = epochs.append
        for metric in (1.0, 1.0, 1.0, 0.5, 0.7, 0.6):
            scheduler.step(metric)
        assert epochs == [3, 6]
        assert scheduler.get_last_lr() == [1.0]


# --- these checks, checked --------------------------------------------------------------------------------------


def one_too_late(self):
    self.last_epoch -= 1
    try:
        return right(self)
    finally:
        self.last_epoch += 1


def at_the_start_too(self):
    return 1 if self.last_epoch % self.step_size else self.gamma


def twice(self):
    return right(self) ** 2


def next_float(self):
    return math.nextafter(right(self), 1)


right = factor_module.StepLR._factor


@pytest.mark.parametrize("wrong", [one_too_late, at_the_start_too, twice, next_float])
def test_wrong_decays_are_caught(wrong, monkeypatch):
    torch = pytest.importorskip("torch")
    expected = course(torch, SCHEDULES["step"])
    assert course(numpynet, SCHEDULES["step"]) == expected
    monkeypatch.setattr(factor_module.StepLR, "_factor", wrong)
    assert course(numpynet, SCHEDULES["step"]) != expected
