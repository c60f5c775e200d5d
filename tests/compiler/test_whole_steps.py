"""The steps of the studies, and larger networks: the same bits over many steps."""

from __future__ import annotations

import pytest
from agreement import Setting, assert_agree

import numpynet
from numpynet import nn, optim

DTYPES = [numpynet.float32, numpynet.float64]


def training(layers, loss_function, lr, dtype, data):
    def make():
        model = layers().to(dtype)
        optimizer = optim.SGD(model.parameters(), lr=lr)
        x, y = data()

        def step():
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    return make


@pytest.mark.parametrize("dtype", DTYPES)
def test_regression(dtype):
    def data():
        x = numpynet.randn(32, 2, dtype=dtype)
        return x, x @ numpynet.tensor([[2.0], [-3.4]], dtype=dtype) + 4.2

    assert_agree(training(lambda: nn.Linear(2, 1), nn.MSELoss(), 0.03, dtype, data), [()] * 200)


@pytest.mark.parametrize("dtype", DTYPES)
def test_regression_by_hand(dtype):
    def make():
        w = numpynet.normal(0, 0.01, (2, 1)).to(dtype).requires_grad_()
        b = numpynet.zeros(1, dtype=dtype, requires_grad=True)

        def step(x, y):
            loss = ((x @ w + b - y.reshape(x.shape[0], 1)) ** 2 / 2).sum()
            loss.backward()
            with numpynet.no_grad():
                for parameter in (w, b):
                    parameter -= 0.03 * parameter.grad / len(x)
                    parameter.grad.zero_()
            return loss

        return Setting(step, w, b)

    numpynet.manual_seed(2)
    batches = [(numpynet.randn(n, 2, dtype=dtype), numpynet.randn(n, dtype=dtype)) for n in [10, 10, 10, 10, 4] * 10]
    assert_agree(make, batches)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [1, 8, 64])
def test_iris(width, dtype):
    def layers():
        return nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 1))

    def data():
        return numpynet.randn(150, 4, dtype=dtype), (numpynet.rand(150, 1) > 0.6).to(dtype)

    assert_agree(training(layers, nn.BCEWithLogitsLoss(), 0.1, dtype, data), [()] * 100)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_wider_network_for_classes(dtype):
    def layers():
        return nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 10))

    def data():
        return numpynet.randn(128, 64, dtype=dtype), numpynet.randint(0, 10, (128,))

    assert_agree(training(layers, nn.CrossEntropyLoss(), 0.1, dtype, data), [()] * 20)


def test_compile_takes_torchs_arguments():
    def double(x):
        return x * 2

    x = numpynet.ones(2)
    assert numpynet.compile(double, disable=True) is double
    decorated = numpynet.compile(fullgraph=True, mode="max-autotune")(double)
    assert decorated(x).tolist() == decorated(x).tolist() == [2.0, 2.0]
    assert decorated.source
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        numpynet.compile(double, full_graph=True)
