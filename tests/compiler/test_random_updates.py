"""Optimizers of every kind over parameters of every kind, with changes in between: compiled as eagerly, bit for bit."""

import copy
import random

import pytest

import numpynet
from numpynet import nn, optim
from numpynet.optim import Optimizer
from tests.compiler.agreement import Setting, assert_agree

PROGRAMS = 60
STEPS = 9
SHAPES = [(), (1,), (3,), (3, 4), (4, 3), (2, 3, 2), (0,), (5,), (3,), (3, 4)]


class Rule(Optimizer):
    """A user's: a rule put together at random, of what is done with each parameter alone."""

    def __init__(self, params, parts):
        super().__init__(params, {"lr": 0.05, "decay": 0.9})
        self.parts = parts

    def step(self, closure=None):
        with numpynet.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        self.update(p, self.state[p], group["lr"], group["decay"])

    def update(self, p, state, lr, decay):
        if not state:
            state["t"] = numpynet.tensor(0.0)
            state["m"], state["v"] = numpynet.zeros_like(p), numpynet.ones_like(p)
        g, m, v, t = p.grad, state["m"], state["v"], state["t"]
        if "count" in self.parts:
            t += 1
        if "clamp" in self.parts:
            g = g.clamp(-0.5, 0.5)
        if "mean" in self.parts:
            m.mul_(decay).add_(g, alpha=1 - decay)
            g = m / (1 - decay**t) if "count" in self.parts else m
        if "square" in self.parts:
            v.lerp_(g * g, 0.1)
            g = g / (v.sqrt() + 1e-6)
        if "sign" in self.parts:
            g = g.sign() * g.abs().clamp(max=0.25)
        if "where" in self.parts:
            g = numpynet.where(g * p > 0, g, 0.5 * g)
        if "data" in self.parts:
            p.data = p.data - lr * g
        elif "copy" in self.parts:
            p.copy_(p - lr * g)
        else:
            p.sub_(g, alpha=0.05)


PARTS = ["count", "clamp", "mean", "square", "sign", "where", "data", "copy"]


def optimizer_of(choose, parameters):
    groups = [parameters] if choose.random() < 0.5 or len(parameters) < 2 else [parameters[:1], parameters[1:]]
    if choose.random() < 0.4:
        parts = set(choose.sample(PARTS, choose.randint(0, 5)))
        return Rule([{"params": group} for group in groups], parts)
    decay = choose.choice([0, 0.1])
    kind, options = choose.choice(
        [
            (optim.SGD, {"momentum": choose.choice([0, 0.9]), "weight_decay": decay}),
            (optim.SGD, {"momentum": 0.5, "nesterov": True, "maximize": choose.random() < 0.3}),
            (optim.SGD, {"momentum": 0.5, "dampening": 0.25}),
            (optim.Adam, {"weight_decay": decay, "amsgrad": choose.random() < 0.3}),
            (optim.AdamW, {"betas": (0.5, 0.75)}),
            (optim.RMSprop, {"momentum": choose.choice([0, 0.5]), "centered": choose.random() < 0.5}),
            (optim.Adagrad, {"lr_decay": choose.choice([0, 0.1]), "weight_decay": decay}),
        ]
    )
    rates = [choose.choice([0.01, 0.1, numpynet.tensor(0.05)]) for _ in groups]
    return kind([{"params": group, "lr": lr} for group, lr in zip(groups, rates, strict=True)], **options)


def loss_of(choose, parameters):
    """Gradients of every layout: computed by element, by products, of transposed and broadcast parameters."""
    ways = [choose.randrange(4) for _ in parameters]

    def loss(unused):
        total = sum(p.sum() for p in parameters[:1])
        for number, (p, way) in enumerate(zip(parameters, ways, strict=True)):
            if number in unused:
                continue
            if way == 0:
                total = total + (p * p).sum()
            elif way == 1 and p.ndim == 2:
                total = total + (p.T @ p).tanh().sum()
            elif way == 2 and p.ndim:
                total = total + (p.transpose(0, -1) * 0.5).exp().mean(0).sum()
            else:
                total = total + (p + 1).sin().sum() * 0.3
        return total

    return loss


def made(seed):
    choose = random.Random(seed)
    dtype = choose.choice([numpynet.float32, numpynet.float64])
    shapes = choose.choices(SHAPES, k=choose.randint(1, 7))
    parameters = [nn.Parameter(numpynet.randn(shape, dtype=dtype)) for shape in shapes]
    if choose.random() < 0.2:
        parameters.append(nn.Parameter(numpynet.randn(3)))  # of another dtype, perhaps
    optimizer = optimizer_of(choose, parameters)
    loss_function = loss_of(choose, parameters)
    clip = choose.choice([None, None, nn.utils.clip_grad_norm_, nn.utils.clip_grad_value_])
    set_to_none = choose.random() < 0.7

    def step(unused):
        optimizer.zero_grad(set_to_none)
        loss = loss_function(unused)
        loss.backward()
        if clip is not None:
            clip(parameters, 0.1)
        optimizer.step()
        return loss

    return Setting(step, optimizer, *parameters)


def changing(seed):
    """What happens before a step: to both settings the same."""
    saved = {}

    def change(setting, number):
        choose = random.Random(f"{seed} {number}")
        optimizer, *parameters = setting.parts
        if number < 2:
            return
        event = choose.randrange(9)
        group = choose.choice(optimizer.param_groups)
        counters = [
            state[name]
            for state in optimizer.state.values()
            for name in ("step", "t")
            if isinstance(state, dict) and name in state
        ]
        if event == 0 and isinstance(group["lr"], float):
            group["lr"] = group["lr"] / 2
        elif event == 1 and isinstance(group["lr"], numpynet.Tensor):
            group["lr"].mul_(0.5)
        elif event == 2 and counters:
            choose.choice(counters).fill_(float(choose.randint(1, 4)))
        elif event == 3:
            saved[id(setting)] = copy.deepcopy(optimizer.state_dict())
        elif event == 4 and id(setting) in saved:
            optimizer.load_state_dict(saved[id(setting)])
        elif event == 5:
            with numpynet.no_grad():
                choose.choice(parameters).mul_(0.5)
        elif event == 6:
            one = choose.choice(parameters)
            one.data = one.data.clone()

    return change


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_compiled_updates_are_the_eager_ones(seed):
    choose = random.Random(f"batches {seed}")
    batches = [()]
    while len(batches) < STEPS:  # which parameters, but for the first, have no gradient
        batches.append(
            batches[-1] if choose.random() < 0.7 else tuple(choose.sample(range(1, 7), choose.choice([0, 1, 2])))
        )
    assert_agree(lambda: made(seed), [(batch,) for batch in batches], changing(seed))
