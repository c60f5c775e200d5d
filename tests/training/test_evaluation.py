"""What stands around the training: metrics, weights of samples, schedules, callbacks, early stopping, predictions."""

import json
import math

import numpy as np
import pytest

import numpynet
from numpynet import nn
from numpynet.optim import SGD
from numpynet.optim.lr_scheduler import ExponentialLR, OneCycleLR, ReduceLROnPlateau
from numpynet.training import Callback, EarlyStopping, History, Trainer, accuracy
from numpynet.utils.data import DataLoader, TensorDataset


def data(count=12, dtype=numpynet.float64):
    numpynet.manual_seed(0)
    x = numpynet.randn(count, 2, dtype=dtype)
    return x, x @ numpynet.tensor([[1.0], [-2.0]], dtype=dtype)


def line(dtype=numpynet.float64):
    numpynet.manual_seed(1)
    return nn.Linear(2, 1, dtype=dtype)


def fit(model, batches, *args, epochs=3, lr=0.1, loss=None, trainer=None, optimizer=None, **options):
    trainer = trainer or Trainer(epochs, progress=False)
    optimizer = optimizer or SGD(model.parameters(), lr=lr)
    return trainer.fit(model, batches, *args, loss=loss or nn.MSELoss(), optimizer=optimizer, **options)


# --- accuracy ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outputs", "targets", "right"),
    [
        ([[1.0, 2.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 5.0], [0.0, 1.0, 0.0]], [1, 0, 1, 1], 0.75),
        ([0.5, -0.5, 2.0], [1.0, 1.0, 0.0], 1 / 3),
        ([[0.5], [-0.5]], [[1.0], [0.0]], 1.0),
        ([[1.0, 1.0]], [0], 1.0),  # the first of equal scores, as argmax has it
    ],
)
def test_accuracy(outputs, targets, right):
    assert accuracy(numpynet.tensor(outputs), numpynet.tensor(targets)) == right


@pytest.mark.parametrize(("outputs", "targets"), [((3, 2), (2,)), ((3,), (3, 1)), ((2, 2, 2), (2, 2)), ((0, 2), (0,))])
def test_accuracy_of_other_shapes_is_refused(outputs, targets):
    with pytest.raises(ValueError, match="accuracy"):
        accuracy(numpynet.zeros(outputs), numpynet.zeros(targets))


# --- metrics -------------------------------------------------------------------------------------------------


def test_metrics_see_all_validation_data_at_once():
    x, y = data()

    def largest(outputs, targets):
        assert outputs.shape == targets.shape == (12, 1)
        return (outputs - targets).abs().max()

    model = line()
    loader = DataLoader(TensorDataset(x, y), batch_size=5)
    history = fit(model, [(x, y)], loader, metrics={"largest": largest, "two": lambda outputs, targets: 2})
    assert history.metrics["two"] == [2.0, 2.0, 2.0]
    assert history.metrics["largest"][-1] == float((model(x) - y).abs().max())
    assert list(history.epochs) == [
        "epoch", "step", "train_loss", "validation_loss", "largest", "two", "learning_rate"
    ]  # fmt: skip
    plain = fit(line(), [(x, y)], loader)
    assert plain.validation_losses == history.validation_losses


@pytest.mark.parametrize(
    ("metrics", "error", "match"),
    [
        ({"loss": accuracy}, ValueError, "'loss' is taken"),
        ([accuracy, accuracy], ValueError, "'accuracy' is taken"),
        ({"odd": lambda outputs, targets: "much"}, TypeError, "'odd' must give a number"),
    ],
)
def test_metrics_that_cannot_be_are_refused(metrics, error, match):
    x, y = data()
    with pytest.raises(error, match=match):
        fit(line(), [(x, y)], [(x, y)], metrics=metrics)


def test_metrics_without_validation_data_are_refused():
    with pytest.raises(TypeError, match="validation"):
        fit(line(), [data()], metrics=[accuracy])


# --- evaluate and predict ------------------------------------------------------------------------------------


def test_evaluate_and_predict_leave_the_model_as_it_was():
    x, y = data()
    model = nn.Sequential(line(), nn.Dropout(0.5), nn.BatchNorm1d(1, dtype=numpynet.float64).eval())
    before = [module.training for module in model.modules()]
    state = numpynet.get_rng_state()
    trainer = Trainer(1)
    found = trainer.evaluate(
        model, [(x[:6], y[:6]), (x[6:], y[6:])], loss=nn.MSELoss(), metrics={"n": lambda a, b: len(a)}
    )
    model.eval()
    with numpynet.no_grad():
        halves = [nn.functional.mse_loss(model(one), two).item() for one, two in [(x[:6], y[:6]), (x[6:], y[6:])]]
        outputs = model(x)
    model.train()
    model[2].eval()
    assert found == {"loss": sum(halves) / 2, "n": 12.0}
    assert numpynet.equal(trainer.predict(model, x), outputs)
    assert numpynet.equal(trainer.predict(model, [(x[:5], y[:5]), (x[5:], y[5:])]), outputs)
    assert not trainer.predict(model, x).requires_grad
    assert [module.training for module in model.modules()] == before
    assert numpynet.equal(numpynet.get_rng_state(), state)
    for call in (lambda: trainer.evaluate(model, [], loss=nn.MSELoss()), lambda: trainer.predict(model, [])):
        with pytest.raises(ValueError, match="no batch"):
            call()


# --- weights of samples --------------------------------------------------------------------------------------


@pytest.mark.parametrize("compile", [False, True])
def test_a_weight_counts_as_so_many_samples(compile):
    x, y = data()
    counts = numpynet.tensor([0, 1, 2, 3] * 3)
    often = numpynet.repeat_interleave(x, counts, 0), numpynet.repeat_interleave(y, counts, 0)
    weighted, repeated = line(), line()
    trainer = Trainer(20, progress=False, compile=compile)
    a = fit(weighted, [(x, y, counts.double())], trainer=trainer, loss=nn.MSELoss(reduction="none"))
    b = fit(repeated, [often], trainer=trainer)
    # Both are float64 sums of at most 18 positive terms, in two orders, through 20 contracting steps.
    assert np.allclose(a.losses, b.losses, rtol=1e-12, atol=0)
    assert np.allclose(weighted.weight.detach(), repeated.weight.detach(), rtol=1e-12, atol=0)


def test_weights_that_do_not_fit_are_refused():
    x, y = data()
    with pytest.raises(ValueError, match="reduction='none'"):
        fit(line(), [(x, y, numpynet.ones(12))])
    with pytest.raises(ValueError, match="weights"):
        fit(line(), [(x, y, numpynet.ones(11))], loss=nn.MSELoss(reduction="none"))


# --- schedules -----------------------------------------------------------------------------------------------


def test_a_schedule_is_torchs_loop_written_out():
    x, y = data()
    for every in ("epoch", "step"):
        by_hand, by_trainer, rates = line(), line(), []
        optimizer = SGD(by_hand.parameters(), lr=0.1)
        make = (lambda o: ExponentialLR(o, 0.5)) if every == "epoch" else (lambda o: OneCycleLR(o, 0.2, total_steps=6))
        schedule = make(optimizer)
        for _ in range(3):
            for batch in ((x[:6], y[:6]), (x[6:], y[6:])):
                optimizer.zero_grad()
                nn.functional.mse_loss(by_hand(batch[0]), batch[1]).backward()
                optimizer.step()
                rates.append(optimizer.param_groups[0]["lr"])
                if every == "step":
                    schedule.step()
            if every == "epoch":
                schedule.step()
        optimizer = SGD(by_trainer.parameters(), lr=0.1)
        batches = [(x[:6], y[:6]), (x[6:], y[6:])]
        history = fit(by_trainer, batches, optimizer=optimizer, scheduler=make(optimizer), schedule_every=every)
        assert history.learning_rates == rates
        assert numpynet.equal(by_hand.weight, by_trainer.weight)


def test_a_plateau_is_one_of_the_validation_loss():
    model = line()
    optimizer = SGD(model.parameters(), lr=0.1)
    schedule = ReduceLROnPlateau(optimizer, patience=0, factor=0.5)
    x, y = data()
    validation = [(x, model(x).detach())]  # from which training leads away
    history = fit(model, [(x, y)], validation, optimizer=optimizer, scheduler=schedule, epochs=4)
    assert history.validation_losses == sorted(history.validation_losses)
    assert history.learning_rates == [0.1, 0.1, 0.05, 0.025]


# --- callbacks -----------------------------------------------------------------------------------------------


def test_callbacks_are_called_in_order():
    heard = []

    class Ear(Callback):
        def on_fit_start(self, trainer):
            heard.append("start")

        def on_step_end(self, trainer):
            heard.append(len(trainer.history.losses))

        def on_epoch_end(self, trainer):
            heard.append("epoch")
            trainer.should_stop = len(trainer.history.epoch_ends) == 2

        def on_fit_end(self, trainer):
            heard.append("end")

    x, y = data()
    trainer = Trainer(5, callbacks=[Ear(), lambda trainer: heard.append("function")], progress=False)
    fit(line(), [(x, y), (x, y)], trainer=trainer)
    assert heard == ["start", 1, 2, "epoch", "function", 3, 4, "epoch", "function", "end"]
    fit(line(), [(x, y)], trainer=Trainer(1, callbacks=[Ear()], progress=False))
    assert heard[-1] == "end"


class Given:
    """A model whose validation losses are given."""

    def __init__(self, losses):
        self.w = numpynet.zeros(1, requires_grad=True)
        self.losses, self.count = losses, 0

    def forward(self, x):
        return x * self.w

    def loss(self, outputs, targets):
        if not numpynet.is_grad_enabled():
            self.count += 1
            return numpynet.tensor(self.losses[self.count - 1])
        return (outputs - targets).sum()

    def parameters(self):
        return [self.w]


@pytest.mark.parametrize(
    ("losses", "options", "epochs", "best"),
    [
        ([3.0, 2.0, 2.5, 2.0, 2.1], {"patience": 3}, 5, 2),
        ([3.0, 2.0, 2.5, 1.0, 2.0], {"patience": 2}, 5, 4),
        ([3.0, 2.0, 2.5], {"patience": 1}, 3, 2),
        ([3.0, 2.75, 2.75, 2.5], {"patience": 2, "min_delta": 0.25}, 3, 1),
        ([3.0, 4.0, 5.0, 4.0], {"patience": 1, "mode": "max"}, 4, 3),
        ([math.nan, 4.0, math.nan, 4.0], {"patience": 2}, 4, 2),
    ],
)
def test_early_stopping_stops_where_it_must(losses, options, epochs, best):
    model, one = Given(losses), (numpynet.ones(1), numpynet.ones(1))
    stopping = EarlyStopping(**options)
    trainer = Trainer(len(losses), 0, 0, callbacks=[stopping], compile=False, progress=False)
    history = trainer.fit(model, [one], [one], optimizer=SGD(model.parameters(), lr=1.0))
    assert len(history.epoch_ends) == epochs
    assert stopping.best_epoch == best
    assert model.w.item() == -best  # each step takes 1 away: the weights of the best epoch are back


def test_early_stopping_refuses_what_is_none():
    for options in ({"mode": "least"}, {"patience": 0}, {"min_delta": -1}):
        with pytest.raises(ValueError, match="must be"):
            EarlyStopping(**options)
    with pytest.raises(KeyError, match="f1"):
        fit(line(), [data()], trainer=Trainer(1, callbacks=[EarlyStopping("f1")], progress=False))


# --- the history ---------------------------------------------------------------------------------------------


def test_a_history_with_nan_is_valid_json(tmp_path):
    history = History()
    history.record_step(1.0, learning_rate=0.1)
    history.record_epoch(1.0, math.nan, {"most": math.inf})
    history.to_json(tmp_path / "run.json")

    def refuse(name):
        raise AssertionError(name)

    read = json.loads((tmp_path / "run.json").read_text(), parse_constant=refuse)
    assert read["epochs"] == {
        "epoch": [1], "step": [1], "train_loss": [1.0], "validation_loss": ["nan"], "most": ["inf"],
        "learning_rate": [0.1],
    }  # fmt: skip


def test_the_best_epoch_is_never_nan():
    history = History()
    assert history.best_epoch is None
    for loss in (math.nan, 2.0, 1.0, 1.0, math.nan):
        history.record_step(1.0, learning_rate=0.1)
        history.record_epoch(1.0, loss)
    assert history.best_epoch == 3
