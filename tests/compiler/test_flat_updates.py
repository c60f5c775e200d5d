"""Updates of many parameters are one, give the same bits, and are never taken for what they are not any more."""

import copy

import numpy as np
import pytest

import numpynet
from numpynet import nn, optim
from numpynet.optim import Optimizer
from tests.compiler.agreement import Setting, assert_agree, content

OPTIMIZERS = {
    "sgd": (lambda p: optim.SGD(p, lr=0.1), 2),
    "momentum": (lambda p: optim.SGD(p, lr=0.1, momentum=0.9), 4),
    "nesterov, decay": (lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01), 8),
    "adam": (lambda p: optim.Adam(p, lr=0.01), 17),
    "amsgrad": (lambda p: optim.Adam(p, lr=0.01, amsgrad=True), 18),
    "adamw": (lambda p: optim.AdamW(p, lr=0.01), 18),
    "rmsprop": (lambda p: optim.RMSprop(p, lr=0.01), 10),
    "rmsprop, all": (lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True, weight_decay=0.1), 18),
    "adagrad": (lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.1), 10),
    "radam": (lambda p: optim.RAdam(p, lr=0.01), 23),
    "radam, decay": (lambda p: optim.RAdam(p, lr=0.01, weight_decay=0.1, decoupled_weight_decay=True), 24),
    "asgd": (lambda p: optim.ASGD(p, lr=0.1, lambd=0.01, t0=2), 20),
}


class Adam(Optimizer):
    """A user's, as it may be written in torch: the number of the step is a tensor of each parameter's state."""

    def __init__(self, params, lr=0.01, betas=(0.9, 0.99)):
        super().__init__(params, {"lr": lr, "betas": betas})

    @numpynet.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["t"] = numpynet.tensor(0.0)
                    state["m"], state["v"] = numpynet.zeros_like(p), numpynet.zeros_like(p)
                state["t"] += 1
                β1, β2 = group["betas"]
                m = state["m"].mul_(β1).add_(p.grad, alpha=1 - β1)
                v = state["v"].mul_(β2).addcmul_(p.grad, p.grad, value=1 - β2)
                p -= group["lr"] * (m / (1 - β1 ** state["t"])) / ((v / (1 - β2 ** state["t"])).sqrt() + 1e-8)


class Lion(Optimizer):
    """A user's: signs, and parameters replaced through `.data`."""

    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", numpynet.zeros_like(p.data))
                update = (0.9 * m + 0.1 * p.grad).sign()
                p.data = p.data * (1 - group["lr"] * 0.1) - group["lr"] * update
                m.mul_(0.99).add_(p.grad.clamp(-0.5, 0.5), alpha=0.01)


class Counting(Optimizer):
    """A user's: one counter for all parameters."""

    def __init__(self, params):
        super().__init__(params, {"lr": 0.1})
        self.t = numpynet.tensor(0.0)

    def step(self, closure=None):
        with numpynet.no_grad():
            self.t += 1
            for group in self.param_groups:
                for p in group["params"]:
                    p -= group["lr"] / self.t.sqrt() * p.grad


class ByRow(Optimizer):
    """A user's: one factor for each row, which is spread over the row."""

    def step(self, closure=None):
        with numpynet.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    v = self.state[p].setdefault("v", numpynet.ones(len(p), *[1] * (p.ndim - 1)))
                    v.mul_(0.9)
                    p -= group["lr"] * v * p.grad


USERS = {
    "adam": Adam,
    "lion": lambda p: Lion(p, {"lr": 0.01}),
    "counting": Counting,
}  # fmt: skip


def network(layers=2):
    return nn.Sequential(*[module for _ in range(layers) for module in (nn.Linear(5, 5), nn.Tanh())])


def setting(optimizer_of, model_of=network, before_update=None, loss_of=None):
    def make():
        model = model_of()
        optimizer = optimizer_of(model.parameters())
        x = numpynet.randn(7, 5)

        def step():
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean() if loss_of is None else loss_of(model, x)
            loss.backward()
            if before_update is not None:
                before_update(model)
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    return make


def update_calls(step):
    return step.report().calls_by_direction["update"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_as_many_calls_whatever_the_number_of_parameters(name):
    optimizer_of, calls = OPTIMIZERS[name]
    for layers in (1, 4):
        step = assert_agree(setting(optimizer_of, lambda layers=layers: network(layers)), [()] * 5)
        assert update_calls(step) == calls


@pytest.mark.parametrize("name", USERS)
def test_a_users_optimizer_that_loops_over_parameters(name):
    few, many = (
        assert_agree(setting(USERS[name], lambda layers=layers: network(layers)), [()] * 5) for layers in (1, 4)
    )
    assert update_calls(few) == update_calls(many)


def test_a_users_optimizer_that_spreads_its_state():
    assert_agree(setting(lambda p: ByRow(p, {"lr": 0.1}), lambda: network(3)), [()] * 5)


@pytest.mark.parametrize("name", [*OPTIMIZERS, *USERS])
@pytest.mark.parametrize("clip", [nn.utils.clip_grad_norm_, nn.utils.clip_grad_value_])
def test_clipped_gradients(name, clip):
    optimizer_of = OPTIMIZERS[name][0] if name in OPTIMIZERS else USERS[name]
    assert_agree(setting(optimizer_of, before_update=lambda model: clip(model.parameters(), 0.01)), [()] * 5)


@pytest.mark.parametrize("name", ["adam", "amsgrad", "rmsprop", "adagrad"])
def test_counters_that_are_not_equal_any_more(name):
    """A counter is set by hand, in place, where no list of tensors changes; and later to what the others have."""

    def between(setting, number):
        _, optimizer = setting.parts
        states = [optimizer.state[p] for p in optimizer.param_groups[0]["params"] if optimizer.state.get(p)]
        if number == 4:
            states[1]["step"].fill_(100.0)
        if number == 7:
            states[1]["step"].copy_(states[0]["step"])

    step = assert_agree(setting(OPTIMIZERS[name][0]), [()] * 10, between)
    assert update_calls(step) <= 3 * OPTIMIZERS[name][1]  # of the others, those that lie together are updated at once


def test_counters_of_parameters_that_began_later():
    """The first layer has no gradient in the first steps, and takes fewer than the others."""

    def make():
        model = network(3)
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        x = numpynet.randn(7, 5)

        def step(begun):
            optimizer.zero_grad()
            y = model(x) if begun else model[2:](x)
            loss = (y**2).mean()
            loss.backward()
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    assert_agree(make, [(False,)] * 3 + [(True,)] * 4 + [(False,)] * 2 + [(True,)] * 2)


@pytest.mark.parametrize(("optimizer_of", "counter"), [(OPTIMIZERS["adam"][0], "step"), (Adam, "t")])
def test_state_is_loaded_between_calls(optimizer_of, counter):
    saved = {}

    def between(setting, number):
        _, optimizer = setting.parts
        key = id(setting)
        if number == 3:
            saved[key] = copy.deepcopy(optimizer.state_dict())
        if number == 6:
            saved[key]["state"][0][counter].fill_(50.0)
            optimizer.load_state_dict(saved[key])

    assert_agree(setting(optimizer_of), [()] * 9, between)


def test_the_state_dict_is_that_of_the_eager_optimizer():
    found = []
    for compiled in (False, True):
        numpynet.manual_seed(0)
        made = setting(lambda p: optim.Adam(p, lr=0.01, amsgrad=True))()
        step = numpynet.compile(made.step) if compiled else made.step
        for _ in range(4):
            step()
        found.append(made.parts[1].state_dict())
    eager, compiled = found
    assert compiled["param_groups"] == eager["param_groups"]
    assert compiled["state"].keys() == eager["state"].keys()
    for number, state in eager["state"].items():
        assert list(compiled["state"][number]) == list(state)
        assert {key: content(one) for key, one in compiled["state"][number].items()} == {
            key: content(one) for key, one in state.items()
        }


class Mixed(nn.Module):
    """A number, a row used as a column, one of another dtype's width and one without a gradient, among others."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(5, 5), nn.Linear(5, 5)
        self.scale = nn.Parameter(numpynet.tensor(1.5))
        self.turned = nn.Parameter(numpynet.randn(5, 5))
        self.one = nn.Parameter(numpynet.randn(1))
        self.unused = nn.Parameter(numpynet.randn(3))

    def forward(self, x):
        return self.last(numpynet.tanh(self.first(x)) * self.scale) @ self.turned.T + self.one + self.turned.sum() * 0


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_parameters_of_all_kinds(name):
    assert_agree(setting(OPTIMIZERS[name][0], Mixed), [()] * 5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_gradients_that_are_computed_element_by_element(name):
    """Calls of the backward pass are then part of the chains, and what they leave are gradients all the same."""

    def make():
        weights = [nn.Parameter(numpynet.randn(7)) for _ in range(3)]
        optimizer = OPTIMIZERS[name][0](weights)

        def step():
            optimizer.zero_grad()
            for w in weights:
                (w * w.exp()).sum().backward()
            optimizer.step()

        return Setting(step, optimizer, *weights)

    step = assert_agree(make, [()] * 5)
    assert update_calls(step) <= OPTIMIZERS[name][1]
    calls = sum(step.report().calls_by_direction.values())
    assert calls < 2 * OPTIMIZERS[name][1] + 6


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_numbers_that_are_equal_when_the_step_is_traced(name):
    """Clipped gradients of two parameters of no dimension are equal at first, and not any more when they are small."""

    def make():
        weights = [nn.Parameter(numpynet.tensor(one)) for one in (3.0, 4.0, 5.0)]
        optimizer = OPTIMIZERS[name][0](weights)

        def step(scale):
            optimizer.zero_grad()
            loss = sum(w * w * scale for w in weights)
            loss.backward()
            nn.utils.clip_grad_value_(weights, 0.1)
            optimizer.step()
            return loss

        return Setting(step, optimizer, *weights)

    assert_agree(make, [(numpynet.tensor(one),) for one in (1.0, 1.0, 1.0, 1e-3, 1e-3, 1.0)])


def test_counters_that_the_step_changes_before_the_update():
    """They are equal before each call, but not when the update begins."""

    def make():
        model = network(2)
        optimizer = Adam(model.parameters())
        x = numpynet.randn(7, 5)

        def step(more):
            optimizer.zero_grad()
            counted = optimizer.state.get(model[0].weight)
            if counted:
                with numpynet.no_grad():
                    counted["t"].add_(more)
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    assert_agree(make, [(numpynet.tensor(one),) for one in (0.0, 0.0, 0.0, 3.0, 3.0, 1.0)])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_groups_of_one_and_of_many(name):
    """A group of one parameter does not keep the others from being updated together."""

    def grouped(parameters):
        first, *others = parameters
        optimizer = OPTIMIZERS[name][0](others)
        optimizer.add_param_group({"params": [first], "lr": 0.003})
        return optimizer

    step = assert_agree(setting(grouped, lambda: network(4)), [()] * 5)
    assert update_calls(step) <= 2 * OPTIMIZERS[name][1]


@pytest.mark.parametrize("name", ["adam", "momentum"])
def test_parameters_that_share_memory_are_updated_one_after_the_other(name):
    found = []
    for compiled in (False, True):
        numpynet.manual_seed(0)
        made = setting(OPTIMIZERS[name][0])()
        model, _ = made.parts
        model[2].bias.data = model[0].bias.data
        step = numpynet.compile(made.step) if compiled else made.step
        losses = [step().item() for _ in range(5)]
        found.append((losses, [content(one) for one in model.parameters()]))
        assert model[2].bias.tolist() == model[0].bias.tolist()
    assert found[0] == found[1]


def test_eager_steps_after_compiled_ones_are_taken_together():
    """Arrays that were laid one behind the other are parts of one memory, but not of each other."""
    made = setting(lambda p: optim.Adam(p, lr=0.01), lambda: network(4))()
    step = numpynet.compile(made.step)
    for _ in range(3):
        step()
    _, optimizer = made.parts
    assert optimizer.param_groups[0]["params"][0]._array.base is not None
    made.step()
    *_, flat = optimizer._flats.values()
    assert flat.is_sound


def test_a_tensor_that_is_gone_is_not_known_by_its_number():
    """Python gives the id of what is gone to what comes next."""
    w = [numpynet.zeros(2, requires_grad=True) for _ in range(2)]
    optimizer = optim.Adam(w, lr=0.5)
    for one in w:
        one.grad = numpynet.ones(2)
    optimizer.step()
    assert optimizer._flats
    w[0].data = numpynet.zeros(2)
    assert not optimizer._flats
    optimizer.step()
    assert w[0].tolist() != w[1].tolist()
    assert np.allclose(w[0].detach().numpy(), -0.5)
