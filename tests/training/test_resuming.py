"""Runs that go on from a checkpoint: to the bits of a run that was never stopped, or an error that says why not."""

import random
from pathlib import Path

import numpy as np
import pytest

import numpynet
from numpynet import nn
from numpynet.optim import SGD, Adam
from numpynet.training import Callback, Trainer
from numpynet.utils.data import DataLoader, TensorDataset
from tests.training.killed import SETUPS, fitted, kill_until_done


@pytest.mark.parametrize("setup", SETUPS)
def test_runs_that_are_killed_end_with_the_same_bits(setup, tmp_path):
    crc, killed = kill_until_done(setup, tmp_path / "run", random.Random(1), SETUPS[setup], kills=2)
    assert killed <= 2
    assert crc == fitted(setup, None)


class Stop(Exception):
    pass


class Stopper(Callback):
    def __init__(self, step):
        self.step = step

    def on_step_end(self, trainer):
        if len(trainer.history.losses) == self.step:
            raise Stop


def run(folder, stop_at=None, *, epochs=4, every=2, resume=True, make=Adam, loader=None, width=4, **options):
    """A run that is stopped at a step: in the next one all objects are new, and random numbers begin anew."""
    numpynet.manual_seed(1)
    x = numpynet.randn(20, 3)
    model = nn.Sequential(nn.Linear(3, width), nn.Dropout(0.5), nn.Linear(width, 1))
    if loader is None:
        loader = DataLoader(TensorDataset(x, x[:, :1]), batch_size=4, shuffle=True)
    trainer = Trainer(epochs, callbacks=[Stopper(stop_at)], progress=False, compile=False)
    optimizer = make(model.parameters(), lr=0.05)
    given = {} if folder is None else {"checkpoint": folder, "checkpoint_every": every, "resume": resume}
    history = trainer.fit(model, loader, loss=nn.MSELoss(), optimizer=optimizer, **given, **options)
    return history.to_dict(), [one.detach().numpy().tobytes() for one in model.parameters()]


@pytest.mark.parametrize("stop_at", [1, 2, 3, 5, 6, 7, 10, 19, 20])
def test_it_goes_on_at_any_step(stop_at, tmp_path):
    with pytest.raises(Stop):
        run(tmp_path, stop_at)
    assert run(tmp_path) == run(None)


def test_it_goes_on_several_times(tmp_path):
    for stop_at in (3, 4, 9, 17):
        with pytest.raises(Stop):
            run(tmp_path, stop_at)
    assert run(tmp_path) == run(None)


def test_a_run_that_is_finished_is_returned_or_trained_on(tmp_path):
    assert run(tmp_path, epochs=2) == run(None, epochs=2)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    assert run(tmp_path, epochs=2) == run(None, epochs=2)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert run(tmp_path, epochs=4) == run(None, epochs=4)


def test_without_steps_an_epoch_begins_anew(tmp_path):
    with pytest.raises(Stop):
        run(tmp_path, 8, every=None)
    assert run(tmp_path, every=None) == run(None)


class Lazy:
    """A sampler that draws while the epoch goes on, between the numbers that dropout draws."""

    def __iter__(self):
        for _ in range(20):
            yield int(numpynet.randint(0, 20, (1,)))

    def __len__(self):
        return 20


def test_an_order_that_cannot_be_drawn_again_is_an_error(tmp_path):
    def loader():
        return DataLoader(TensorDataset(numpynet.ones(20, 3), numpynet.ones(20, 1)), batch_size=4, sampler=Lazy())

    with pytest.raises(Stop):
        run(tmp_path, 4, loader=loader())
    with pytest.raises(RuntimeError, match="do not come again in the order"):
        run(tmp_path, loader=loader())


def test_a_run_is_not_overwritten(tmp_path):
    run(tmp_path, resume=False)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with pytest.raises(FileExistsError, match="resume=True"):
        run(tmp_path, resume=False)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"width": 5}, RuntimeError),
        ({"make": SGD}, (RuntimeError, ValueError, KeyError)),
        ({"loader": [(numpynet.ones(4, 3), numpynet.ones(4, 1))]}, ValueError),
    ],
)
def test_another_run_is_refused(change, error, tmp_path):
    with pytest.raises(Stop):
        run(tmp_path, 4)
    with pytest.raises(error):
        run(tmp_path, **change)


def test_after_a_refusal_nothing_is_changed(tmp_path):
    numpynet.manual_seed(0)
    model, other = nn.Linear(2, 1), nn.Linear(2, 1)
    x = numpynet.ones(3, 2)
    trainer = Trainer(1, progress=False)
    trainer.fit(model, [(x, x[:, :1])], loss=nn.MSELoss(), optimizer=Adam(model.parameters()), checkpoint=tmp_path)
    before = other.weight.detach().clone()
    optimizer = SGD([{"params": [other.weight]}, {"params": [other.bias]}], lr=0.1)
    with pytest.raises((RuntimeError, ValueError)):
        trainer.fit(other, [(x, x[:, :1])], loss=nn.MSELoss(), optimizer=optimizer, checkpoint=tmp_path, resume=True)
    assert numpynet.equal(before, other.weight)


def test_a_damaged_checkpoint_is_an_error(tmp_path):
    run(tmp_path, epochs=1)
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RuntimeError):
        run(tmp_path)
    numpynet.save({"parts": {}}, path)
    with pytest.raises(RuntimeError, match="no checkpoint of such a run"):
        run(tmp_path)


@pytest.mark.parametrize("options", [{"resume": True}, {"checkpoint_every": 2}])
def test_a_folder_is_needed(options):
    model = nn.Linear(1, 1)
    with pytest.raises(TypeError, match="checkpoint=FOLDER"):
        Trainer(1).fit(model, [], loss=nn.MSELoss(), optimizer=SGD(model.parameters(), lr=0.1), **options)


def test_a_model_that_is_no_module_goes_on_too(tmp_path):
    class Line:
        def __init__(self):
            self.w = numpynet.zeros(2, 1, requires_grad=True)

        def forward(self, x):
            return x @ self.w

        def parameters(self):
            return [self.w]

    data = [(numpynet.eye(2), numpynet.ones(2, 1))]

    def fit(epochs, **options):
        line = Line()
        optimizer = SGD(line.parameters(), lr=0.1, momentum=0.9)
        Trainer(epochs, progress=False).fit(line, data, loss=nn.MSELoss(), optimizer=optimizer, **options)
        return line.w.detach().numpy()

    fit(3, checkpoint=tmp_path)
    assert np.array_equal(fit(7, checkpoint=tmp_path, resume=True), fit(7))


def test_what_a_killed_process_left_is_cleared_but_not_what_one_is_writing(tmp_path):
    from numpynet.serialization.atomic_file import atomic_file

    path = tmp_path / "a file.txt"
    with atomic_file(path) as file:
        file.write("one")
        (left,) = (one for one in tmp_path.iterdir())
    dead = Path(str(left)[:-8] + "deadbeef")
    dead.write_text("half")
    other = tmp_path / ".numpynet-of-another"
    other.write_text("")
    with atomic_file(path) as outer:
        with atomic_file(path) as inner:
            inner.write("inner")
        outer.write("outer")
    assert path.read_text() == "outer"
    assert {one.name for one in tmp_path.iterdir()} == {"a file.txt", ".numpynet-of-another"}
