"""The trainer compiles its steps by default, and nothing but the time tells."""

import numpy as np
import pytest

import numpynet
from numpynet import nn
from numpynet.optim import SGD, Adam
from numpynet.training import Trainer
from numpynet.training.trainer import COMPILED_FROM
from numpynet.utils.data import DataLoader, TensorDataset


def data(dtype=numpynet.float32):
    numpynet.manual_seed(0)
    x = numpynet.randn(50, 3, dtype=dtype)
    return x, (x.sum(1, keepdim=True) > 0).to(dtype)


def network(dtype, dropout=0.0):
    numpynet.manual_seed(1)
    layers = [nn.Linear(3, 8, dtype=dtype), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 1, dtype=dtype)]
    return nn.Sequential(*layers)


def fitted(compile, make_optimizer, dtype=numpynet.float32, dropout=0.0, **options):
    x, y = data(dtype)
    model = network(dtype, dropout)
    optimizer = make_optimizer(model.parameters())
    trainer = Trainer(4, decay_rate=0.01, progress=False, compile=compile, **options)
    loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)  # the last batch has 2 samples
    numpynet.manual_seed(2)
    history = trainer.fit(model, loader, [(x, y)], loss=nn.BCEWithLogitsLoss(), optimizer=optimizer)
    return history, model, numpynet.get_rng_state()


@pytest.mark.parametrize("dtype", [numpynet.float32, numpynet.float64])
@pytest.mark.parametrize("clip", [0.0, 0.5])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(
    "make_optimizer",
    [
        lambda parameters: SGD(parameters, lr=0.5),
        lambda parameters: SGD(parameters, lr=0.5, momentum=0.9, weight_decay=0.01),
        lambda parameters: Adam(parameters, lr=0.1),
    ],
    ids=["SGD", "momentum", "Adam"],
)
def test_histories_are_those_of_uncompiled_steps_bit_for_bit(dtype, clip, dropout, make_optimizer):
    options = {"dtype": dtype, "dropout": dropout, "gradient_clip_val": clip}
    eager, eager_model, eager_state = fitted(False, make_optimizer, **options)
    compiled, compiled_model, compiled_state = fitted(True, make_optimizer, **options)
    assert compiled.to_dict() == eager.to_dict()
    assert len(eager.losses) == 16
    for a, b in zip(eager_model.parameters(), compiled_model.parameters(), strict=True):
        assert np.array_equal(a.detach().numpy(), b.detach().numpy())
    assert (eager_state == compiled_state).all()


def test_a_model_that_cannot_be_compiled_says_which_line_and_is_left_alone():
    class Deciding(nn.Linear):
        def forward(self, input):
            if input.sum() > 0:
                return super().forward(input)
            return -super().forward(input)

    model = Deciding(3, 1)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    x, y = data()
    optimizer = SGD(model.parameters(), lr=0.1)
    with pytest.raises(numpynet.CompileError, match=r"if input\.sum\(\) > 0:"):
        Trainer(1, progress=False, compile=True).fit(model, [(x, y)], loss=nn.MSELoss(), optimizer=optimizer)
    assert all((a == b).all() for a, b in zip(before, model.parameters(), strict=True))
    history = Trainer(1, progress=False, compile=False).fit(model, [(x, y)], loss=nn.MSELoss(), optimizer=optimizer)
    assert len(history.losses) == 1
    with pytest.warns(UserWarning, match=r"runs eagerly, since it cannot be compiled: .*if input\.sum\(\) > 0:"):
        history = Trainer(COMPILED_FROM, progress=False).fit(model, [(x, y)], loss=nn.MSELoss(), optimizer=optimizer)
    assert len(history.losses) == COMPILED_FROM
