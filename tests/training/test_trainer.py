"""The trainer: what it computes, what it accepts, and what is left when something stops it."""

import copy
import math
import os
import random
import signal
import threading

import numpy as np
import pytest

import numpynet
from numpynet import nn
from numpynet.nn.utils import clip_grad_norm_
from numpynet.optim import SGD
from numpynet.training import History, Trainer
from numpynet.utils.data import DataLoader, TensorDataset


class Line:
    """A model with nothing but what `fit` asks for."""

    def __init__(self, lr=0.1, dtype=None):
        self.lr = lr
        self.w = numpynet.tensor([[0.5], [-0.25]], dtype=dtype, requires_grad=True)
        self.b = numpynet.zeros(1, dtype=dtype, requires_grad=True)

    def forward(self, X):
        return X @ self.w + self.b

    def loss(self, y_hat, y):
        return ((y_hat - y) ** 2 / 2).mean()

    def parameters(self):
        return [self.w, self.b]

    def weights(self):
        return [p.detach().clone().numpy() for p in self.parameters()]


def batches(count=5, size=8, dtype=np.float32, seed=0):
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        X = rng.standard_normal((size, 2))
        y = X @ [[2.0], [-3.4]] + 4.2
        made.append((numpynet.tensor(X.astype(dtype)), numpynet.tensor(y.astype(dtype))))
    return made


def quiet(max_epochs=3, **options):
    return Trainer(max_epochs, progress=False, **options)


def watched(max_epochs=3, **options):
    """A trainer of models whose Python code has to run at every step."""
    return quiet(max_epochs, compile=False, **options)


def equal(a, b):
    return all(np.array_equal(p, q) for p, q in zip(a, b, strict=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("clip", [0, 0.5, math.inf])
def test_it_does_what_the_loop_written_out_does(dtype, clip):
    data, validation = batches(dtype=dtype), batches(2, dtype=dtype, seed=1)
    kind = numpynet.float32 if dtype is np.float32 else numpynet.float64
    by_hand, by_trainer = Line(dtype=kind), Line(dtype=kind)

    lr, k = by_hand.lr, 0
    losses, rates, norms, train, val = [], [], [], [], []
    for _ in range(3):
        total = 0.0
        for X, y in data:
            loss = by_hand.loss(by_hand.forward(X), y)
            loss.backward()
            if clip:
                norms.append(clip_grad_norm_(by_hand.parameters(), clip).item())
            k += 1
            lr *= 1 / (1 + 0.01 * k)
            for p in by_hand.parameters():
                p.data = p.data - lr * p.grad
                p.grad.zero_()
            losses.append(loss.item())
            rates.append(lr)
            total += loss.item()
        train.append(total / len(data))
        with numpynet.no_grad():
            each = [by_hand.loss(by_hand.forward(X), y).item() for X, y in validation]
        val.append((each[0] + each[1]) / 2)

    history = quiet(gradient_clip_val=clip, decay_rate=0.01).fit(by_trainer, data, validation)
    assert equal(by_hand.weights(), by_trainer.weights())
    assert (history.losses, history.learning_rates, history.gradient_norms) == (losses, rates, norms)
    assert (history.train_losses, history.validation_losses) == (train, val)
    assert history.epoch_ends == [5, 10, 15]
    assert not history.interrupted


def test_a_module_with_loss_and_optimizer():
    numpynet.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    by_hand = copy.deepcopy(model)
    data = batches()
    optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    history = quiet(decay_rate=0).fit(model, data, loss=nn.MSELoss(), optimizer=optimizer)

    reference = SGD(by_hand.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    losses = []
    for _ in range(3):
        for X, y in data:
            reference.zero_grad()
            loss = nn.functional.mse_loss(by_hand(X), y)
            loss.backward()
            reference.step()
            losses.append(loss.item())
    assert history.losses == losses
    assert set(history.learning_rates) == {0.05}
    for p, q in zip(model.parameters(), by_hand.parameters(), strict=True):
        assert numpynet.equal(p, q)


def test_clipping_never_lets_a_norm_through():
    seen = []

    class Spy(SGD):
        def step(self, closure=None):
            squares = sum(float((p.grad**2).sum()) for group in self.param_groups for p in group["params"])
            seen.append(math.sqrt(squares))
            return super().step(closure)

    model = Line()
    history = watched(gradient_clip_val=1.5).fit(model, batches(), optimizer=Spy(model.parameters(), lr=0.1))
    assert max(history.gradient_norms) > 1.5
    # the coefficient and each product are rounded once in float32: 3 eps and a half for the square root
    assert max(seen) <= 1.5 * (1 + 4 * np.finfo(np.float32).eps)
    for before, after in zip(history.gradient_norms, seen, strict=True):
        assert after == pytest.approx(min(before, 1.5), rel=1e-5)


def test_gradients_from_before_do_not_count():
    clean, stale = Line(), Line()
    stale.loss(stale.forward(batches()[0][0]), batches()[0][1] * 100).backward()
    quiet().fit(clean, batches())
    quiet().fit(stale, batches())
    assert equal(clean.weights(), stale.weights())


# --- data ---------------------------------------------------------------------------------------------------


class Provider:
    """Data in the style of a class with `get_dataloader`."""

    def __init__(self, validation=True):
        self.asked = []
        self.validation = validation

    def get_dataloader(self, train):
        self.asked.append(train)
        found = batches() if train else batches(2, seed=1) if self.validation else []
        random.Random(0).shuffle(found)
        yield from found


def test_data_with_get_dataloader_is_asked_once_for_each():
    data, model = Provider(), Line()
    history = quiet().fit(model, data)
    assert data.asked == [True, False]
    assert len(history.validation_losses) == 3
    same = Line()
    quiet().fit(same, list(Provider().get_dataloader(True)), list(Provider().get_dataloader(False)))
    assert equal(model.weights(), same.weights())


def test_no_validation_batches_mean_no_validation_loss():
    assert quiet().fit(Line(), Provider(validation=False)).validation_losses == []
    assert quiet().fit(Line(), batches(), []).validation_losses == []


def test_a_generator_lasts_for_all_epochs():
    history = quiet().fit(Line(), (batch for batch in batches()), (batch for batch in batches(1)))
    assert history.epoch_ends == [5, 10, 15]
    assert len(history.validation_losses) == 3


def test_a_dataloader_shuffles_anew_each_epoch():
    X = numpynet.arange(6.0).reshape(3, 2)
    loader = DataLoader(TensorDataset(X, X[:, :1]), batch_size=1, shuffle=True)
    seen = []

    class Spy(Line):
        def forward(self, X):
            seen.append(int(X[0, 0]))
            return super().forward(X)

    numpynet.manual_seed(3)
    watched(6).fit(Spy(lr=0.001), loader)
    orders = [tuple(seen[start : start + 3]) for start in range(0, 18, 3)]
    assert all(sorted(order) == [0, 2, 4] for order in orders)
    assert len(set(orders)) > 1
    numpynet.manual_seed(3)
    drawn = [[int(X[0, 0]) for X, _ in loader] for _ in range(6)]  # nothing is drawn but what the epochs draw
    assert [list(order) for order in orders] == drawn


# --- being called again ---------------------------------------------------------------------------------------


def test_fit_again_trains_on_with_a_new_schedule_and_history():
    model, trainer = Line(), quiet(2, decay_rate=0.1)
    first = trainer.fit(model, batches())
    second = trainer.fit(model, batches())
    assert second is trainer.history
    assert second is not first
    assert second.learning_rates == first.learning_rates
    assert second.losses[0] < first.losses[-1] * 1.5
    assert second.losses[0] != first.losses[0]


def test_an_optimizer_given_keeps_its_rate_and_momentum():
    def trained(*epochs):
        model = Line()
        optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
        for count in epochs:
            trainer = quiet(count, decay_rate=0)
            trainer.fit(model, batches(), optimizer=optimizer)
            assert trainer.optimizer is optimizer
        return model.weights()

    assert equal(trained(4), trained(1, 3))

    model = Line()
    optimizer = SGD(model.parameters(), lr=0.01)
    quiet(1, decay_rate=1.0).fit(model, batches(2), optimizer=optimizer)
    again = quiet(1, decay_rate=1.0).fit(model, batches(1), optimizer=optimizer)
    assert again.learning_rates == [0.01 * (1 / 2) * (1 / 3) * (1 / 2)]


def test_no_epochs_leave_everything_alone():
    model = Line()
    before = model.weights()
    assert repr(quiet(0).fit(model, batches())) == repr(History())
    assert equal(before, model.weights())


# --- being stopped ----------------------------------------------------------------------------------------------


def stopping_after(count, data):
    yield from data[:count]
    raise KeyboardInterrupt


class Stopping:
    """Batches that can be gone through again, with an interruption on the way."""

    def __init__(self, data, passes, count):
        self.data, self.passes, self.count = data, passes, count

    def __iter__(self):
        self.passes -= 1
        return iter(self.data) if self.passes >= 0 else stopping_after(self.count, self.data)


@pytest.mark.parametrize(("passes", "count"), [(0, 0), (0, 3), (2, 0), (1, 2)])
def test_interrupted_between_steps(passes, count):
    data, model, same = batches(), Line(), Line()
    history = quiet(5).fit(model, Stopping(data, passes, count))
    assert history.interrupted
    assert len(history.losses) == 5 * passes + count
    assert len(history.epoch_ends) == passes
    done = 0
    reference = quiet(1, decay_rate=0.000001)
    optimizer = SGD(same.parameters(), lr=same.lr)
    lr = same.lr
    for _ in range(5 * passes + count):
        X, y = data[done % 5]
        done += 1
        lr *= 1 / (1 + reference.decay_rate * done)
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        same.loss(same.forward(X), y).backward()
        optimizer.step()
    assert equal(model.weights(), same.weights())
    assert history.learning_rates[-1:] == ([lr] if done else [])


def test_interrupted_in_the_loss_the_step_has_not_happened():
    class Interrupted(Line):
        calls = 0
        before = None

        def loss(self, y_hat, y):
            self.calls += 1
            if self.calls == 8:
                self.before = self.weights()
                raise KeyboardInterrupt
            return super().loss(y_hat, y)

    model, trainer = Interrupted(), watched()
    history = trainer.fit(model, batches())
    assert history is trainer.history
    assert history.interrupted
    assert len(history.losses) == len(history.learning_rates) == 7
    assert history.epoch_ends == [5]
    assert equal(model.before, model.weights())
    assert trainer.optimizer.param_groups[0]["lr"] == history.learning_rates[-1]


def test_interrupted_in_validation_the_epoch_has_no_record():
    history = quiet(4).fit(Line(), batches(), Stopping(batches(2, seed=1), passes=2, count=1))
    assert history.interrupted
    assert len(history.losses) == 15
    assert len(history.train_losses) == len(history.validation_losses) == 2
    assert numpynet.is_grad_enabled()


class SignalsInStep(SGD):
    """An optimizer in whose update Ctrl-C is pressed so many times, between two parameters."""

    presses = 1

    def step(self, closure=None):
        first, *others = self.param_groups[0]["params"]
        first.data -= self.param_groups[0]["lr"] * first.grad
        for _ in range(self.presses):
            signal.raise_signal(signal.SIGINT)
        for p in others:
            p.data -= self.param_groups[0]["lr"] * p.grad


def test_a_signal_within_an_update_waits_for_its_end():
    model, same = Line(), Line()
    before = signal.getsignal(signal.SIGINT)
    history = watched().fit(model, batches(), optimizer=SignalsInStep(model.parameters(), lr=0.1))
    assert history.interrupted
    assert len(history.losses) == 1
    quiet(1).fit(same, batches(1))
    assert equal(model.weights(), same.weights())
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_signal_does_not_wait():
    model = Line()
    optimizer = SignalsInStep(model.parameters(), lr=0.1)
    optimizer.presses = 2
    history = watched().fit(model, batches(), optimizer=optimizer)
    assert history.interrupted
    assert history.losses == []


def test_a_signal_outside_an_update_acts_at_once():
    class Signals(Line):
        def forward(self, X):
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("not reached")

    model = Signals()
    before = model.weights()
    assert quiet().fit(model, batches()).interrupted
    assert equal(before, model.weights())


def test_a_handler_of_the_users_own_is_called_and_kept():
    received = []

    def handler(number, frame):
        received.append(number)

    before = signal.signal(signal.SIGINT, handler)
    try:
        model = Line()
        history = watched(1).fit(model, batches(2), optimizer=SignalsInStep(model.parameters(), lr=0.1))
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert received == [signal.SIGINT] * 2
    assert not history.interrupted


def test_training_in_another_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(quiet().fit(Line(), batches())))
    thread.start()
    thread.join()
    assert len(found[0].losses) == 15


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_before_its_update(bad):
    data = batches()
    data[2][1][0, 0] = bad
    model, trainer, same = Line(), quiet(), Line()
    with pytest.raises(FloatingPointError, match=r"step 3 \(epoch 1, learning rate 0\.1\)"):
        trainer.fit(model, data)
    assert len(trainer.history.losses) == 2
    assert not trainer.history.interrupted
    quiet(1).fit(same, data[:2])
    assert equal(model.weights(), same.weights())


def test_an_error_in_the_model_passes_through():
    class Broken(Line):
        def forward(self, X):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        quiet().fit(Broken(), batches())


# --- modes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [True, False])
def test_train_and_eval_modes(training):
    modes = []

    class Spy(nn.Linear):
        def forward(self, input):
            modes.append((self.training, numpynet.is_grad_enabled()))
            return super().forward(input)

    model = Spy(2, 1).train(training)
    optimizer = SGD(model.parameters(), lr=0.01)
    watched(2).fit(model, batches(2), batches(1), loss=nn.MSELoss(), optimizer=optimizer)
    assert modes == [(True, True), (True, True), (False, False)] * 2
    assert model.training is training


# --- what is shown ----------------------------------------------------------------------------------------------


def test_verbose_prints_a_line_for_each_epoch(capsys):
    quiet(2, verbose=True).fit(Line(), batches(), batches(1))
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Epoch: 1/2, Step: 5, Train Loss: ")
    assert ", Validation Loss: " in first
    assert second.endswith(", Learning Rate: 0.099995")  # 0.1 (1 - 1e-6 (1 + ... + 10))


def test_silence_and_the_bar(capsys):
    quiet().fit(Line(), batches())
    assert capsys.readouterr() == ("", "")
    Trainer(3).fit(Line(), batches())
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Training" in shown.err
    assert "15/15" in shown.err


# --- arguments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"max_epochs": -1}, ValueError, "max_epochs"),
        ({"max_epochs": 1.5}, TypeError, "integer"),
        ({"max_epochs": "3"}, TypeError, "integer"),
        ({"max_epochs": 1, "gradient_clip_val": -1}, ValueError, "gradient_clip_val"),
        ({"max_epochs": 1, "gradient_clip_val": math.nan}, ValueError, "gradient_clip_val"),
        ({"max_epochs": 1, "decay_rate": -1}, ValueError, "decay_rate"),
        ({"max_epochs": 1, "decay_rate": math.nan}, ValueError, "decay_rate"),
    ],
)
def test_impossible_options_are_refused(options, error, match):
    with pytest.raises(error, match=match):
        Trainer(**options)


def test_none_means_no_clipping():
    assert quiet(1, gradient_clip_val=None).fit(Line(), batches()).gradient_norms == []


X, Y = batches(1)[0]


@pytest.mark.parametrize("data", [(X, Y), X, [(X, Y, Y)], [X[0, 0]], [5], [{"x": X}]])
def test_what_are_no_pairs_is_refused_with_advice(data):
    model = Line()
    before = model.weights()
    with pytest.raises(TypeError, match=r"pair \(inputs, targets\)"):
        quiet().fit(model, data)
    assert equal(before, model.weights())


@pytest.mark.parametrize("data", [[], iter([])])
def test_no_batches_are_refused(data):
    with pytest.raises(ValueError, match="no batch"):
        quiet().fit(Line(), data)


def test_a_missing_loss_or_rate_is_named():
    model = nn.Linear(2, 1)
    with pytest.raises(TypeError, match=r"Linear has no method loss"):
        quiet().fit(model, batches(), optimizer=SGD(model.parameters(), lr=0.1))
    with pytest.raises(TypeError, match=r"Linear has no learning rate"):
        quiet().fit(model, batches(), loss=nn.MSELoss())


def test_validation_given_twice_is_refused():
    with pytest.raises(TypeError, match="validation is given twice"):
        quiet().fit(Line(), Provider(), batches())


def test_the_optimizer_of_another_model_is_refused():
    model = nn.Linear(2, 1)
    clone = copy.deepcopy(model)
    with pytest.raises(ValueError, match="none of the parameters"):
        quiet().fit(clone, batches(), loss=nn.MSELoss(), optimizer=SGD(model.parameters(), lr=0.1))


def test_a_part_of_a_model_can_be_trained():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    frozen = model[0].weight.detach().clone()
    quiet().fit(model, batches(), loss=nn.MSELoss(), optimizer=SGD(model[1].parameters(), lr=0.1))
    assert numpynet.equal(model[0].weight, frozen)


def test_an_interrupted_run_leaves_no_temporary_state(tmp_path):
    history = quiet(5).fit(Line(), Stopping(batches(), 1, 2))
    history.to_csv(tmp_path / "steps.csv")
    assert len((tmp_path / "steps.csv").read_text().splitlines()) == 1 + 7
    assert os.listdir(tmp_path) == ["steps.csv"]
