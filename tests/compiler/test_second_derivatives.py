"""Compiled steps that differentiate gradients: the same bits as eagerly, or a refusal."""

from __future__ import annotations

import warnings

import pytest
from agreement import Setting, assert_agree

import numpynet
import numpynet.nn.functional as F
from numpynet import nn, optim
from numpynet.autograd import grad


def batches(count=5, columns=2):
    numpynet.manual_seed(3)
    return [(numpynet.randn(6, columns),) for _ in range(count)]


def network(columns=2, make=optim.SGD):
    model = nn.Sequential(nn.Linear(columns, 8), nn.Tanh(), nn.Linear(8, 1))
    return model, make(model.parameters(), lr=0.05)


def descending(losses):
    """The setting of a step that descends along the gradient of a loss of the model and the batch."""

    def make():
        model, optimizer = network()

        def step(x):
            optimizer.zero_grad()
            loss = losses(model, x)
            loss.backward()
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    return make


def gradient_penalty(model, x):
    x = x.detach().requires_grad_()
    (gradient,) = grad(model(x).sum(), x, create_graph=True)
    return ((gradient.norm(dim=1) - 1) ** 2).mean()


def after_an_inner_step(model, x):
    weights = list(model.parameters())

    def error(w, x):
        return F.mse_loss(F.linear(numpynet.tanh(F.linear(x, w[0], w[1])), w[2], w[3]), x.sum(1, keepdim=True))

    inner = grad(error(weights, x), weights, create_graph=True)
    return error([w - 0.1 * g for w, g in zip(weights, inner, strict=True)], 2 * x)


def of_an_equation(model, x):
    x = x.detach().requires_grad_()
    u = model(x)
    (du,) = grad(u, x, numpynet.ones_like(u), create_graph=True)
    (ddu,) = grad(du, x, numpynet.ones_like(du), create_graph=True)
    return ((ddu + u) ** 2).mean()


def of_a_jacobian(model, x):
    found = numpynet.autograd.functional.jacobian(lambda x: model(x).sum(0), x, create_graph=True)
    return (found**2).sum()


@pytest.mark.parametrize("losses", [gradient_penalty, after_an_inner_step, of_an_equation, of_a_jacobian])
def test_second_derivatives(losses):
    assert_agree(descending(losses), batches())


@pytest.mark.parametrize(
    "activation",
    [nn.ReLU(), nn.LeakyReLU(0.2), nn.ELU(), nn.Hardtanh(), nn.Softshrink(0.1), nn.Hardswish(), nn.Softplus()],
    ids=repr,
)
@pytest.mark.parametrize("losses", [gradient_penalty, of_an_equation])
def test_second_derivatives_through_masks(losses, activation):
    def bent(model, x):
        return losses(lambda x: model[2](activation(model[0](x))), x)

    assert_agree(descending(bent), batches())


def test_second_derivatives_through_windows():
    filters = numpynet.tensor([[[[0.5, -1.0], [2.0, 0.25]]]])

    def seen(model, x):
        def score(x):
            picture = F.conv2d(model[0](x).view(6, 1, 2, 4), filters, padding=1)
            return F.avg_pool2d(F.pad(F.leaky_relu(picture), (1, 1, 0, 0)), 2).sum((1, 2, 3)) * model[2].weight.sum()

        return gradient_penalty(score, x)

    assert_agree(descending(seen), batches())


@pytest.mark.filterwarnings("ignore:Using backward")
def test_gradients_of_leaves_with_a_graph():
    def losses(model, x):
        model(x).square().sum().backward(create_graph=True)
        total = sum((p.grad**2).sum() for p in model.parameters())
        model.zero_grad()
        return total

    assert_agree(descending(losses), batches())


def test_backward_hooks_of_modules():
    def make():
        model, optimizer = network()
        model[1].register_full_backward_hook(lambda module, inputs, outputs: (inputs[0] * 2,))

        def step(x):
            optimizer.zero_grad()
            loss = model(x).square().sum()
            loss.backward()
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    assert_agree(make, batches())


def test_a_convolution():
    def make():
        model = nn.Sequential(nn.Conv1d(1, 2, 2), nn.Sigmoid(), nn.Flatten(), nn.Linear(4, 1))
        optimizer = optim.SGD(model.parameters(), lr=0.05)

        def step(x):
            x = x[:, None].detach().requires_grad_()
            (gradient,) = grad(model(x).sum(), x, create_graph=True)
            optimizer.zero_grad()
            loss = gradient.square().sum()
            loss.backward()
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    assert_agree(make, batches(columns=3))


REFUSED = {
    "func": lambda x: numpynet.func.grad(lambda x: (x**3).sum())(x).sum(),
    "a hook on a node": lambda x: (x * 2).grad_fn.register_hook(print),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_followed_is_refused(name):
    def step(x):
        return REFUSED[name](x)

    with pytest.raises(numpynet.CompileError), warnings.catch_warnings(action="ignore"):
        numpynet.compile(step)(numpynet.ones(3, requires_grad=True))
