# ruff: noqa: E501  the texts of programs
"""Hostile ensembles: random small models of which each has something of its own, and whose surroundings change.

`check` trains them as an ensemble and one by one, and compares losses, parameters, buffers, gradients and the stream
of random numbers after each call. ``python tests/compiler/hostile_ensembles.py 300`` checks that many.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from typing import Any

import numpy as np
from agreement import define

import numpynet
from numpynet.core.tensor import Tensor

USES = [
    "self.act(x)", "self.drop(x)", "self.norm(x)", "self.layer(x)", "x * self.k", "x * self.t", "x + self.shift",
    "x * scale", "x + x[:, :2].sum(1, keepdim=True)", "x.reshape(-1).reshape(x.shape)", "x.t().t() * 0.5", "x.t()[:, :].t()",
    "torch.where(x > self.k, x, 0.5 * x)", "torch.cat([x, x * 2], 1)[:, :3]", "x + torch.rand(3, dtype=x.dtype)",
    "x.softmax(1)", "x - x.mean(0)", "x / (1 + x.std())", "x + x.max(1, keepdim=True).values", "torch.clamp(x, -self.k, self.k)",
    "x @ self.b.weight", "x @ self.b.weight.t()", "x.view(-1, 3)", "x.unsqueeze(0).squeeze(0)", "x.flip(0)", "x.cumsum(0)",
    "x * (x > 0)", "x + x.sum()", "x.abs()", "torch.log_softmax(x, 0)", "torch.nn.functional.dropout(x, self.k / 4, self.training)",
    "x.clone().mul_(0.5)", "torch.stack([x, x * self.k]).sum(0)", "x[torch.tensor([0, 0, 1])[:len(x)]]", "x.square().mean(1, keepdim=True) + x",
    "x[0] + x", "x[:, 0:1] + x", "x * self.b.weight[0]", "x * self.b.bias", "x * (self.number + 1)", "x.norm() + x", "x.prod(1, keepdim=True) + x",
    "x.logsumexp(1, keepdim=True) + x", "torch.outer(x[0], x[1])[:2] + x[:2] if len(x) > 1 else x", "x.expand(2, *x.shape).mean(0)",
    "torch.nn.functional.pad(x, (1, 0))[:, :3]", "x.roll(1, 0)", "x.tril()", "torch.einsum('ij,jk->ik', x, self.b.weight)",
    "x.detach() * 0.5 + x", "x * self.options['k']", "x.where(x > 0, x * self.k)", "x.sort(1).values", "x.gather(1, x.argmax(1, keepdim=True)) + x",
]  # fmt: skip
OPTIMIZERS = [
    "torch.optim.SGD(model.parameters(), lr=0.1)", "torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5, weight_decay=0.1)",
    "torch.optim.Adam(model.parameters(), lr=0.01)", "torch.optim.AdamW(model.parameters(), lr=0.01)",
    "torch.optim.RMSprop(model.parameters(), lr=0.01)", "torch.optim.RAdam(model.parameters(), lr=0.01)",
    "torch.optim.NAdam(model.parameters(), lr=0.01)", "torch.optim.ASGD(model.parameters(), lr=0.01)", "torch.optim.Rprop(model.parameters(), lr=0.01)",
    "torch.optim.SGD([{'params': model.a.parameters()}, {'params': model.b.parameters(), 'lr': 0.05}], lr=0.1)",
    "torch.optim.SGD(model.parameters(), lr=0.1 * (1 + model.number))",
    "torch.optim.SGD(model.b.parameters(), lr=0.1)",
]  # fmt: skip
CHANGES = [
    "models[1].k = 0.25", "for m in models: m.k *= 0.5", "models[0].k = 2.0", "for m in models: m.k = 1.0",
    "for m in models: m.a.weight.data.mul_(0.5)", "models[1].a.weight.data.add_(0.5)", "models[2].b.bias.data = torch.ones(3).double()",
    "models[1].load_state_dict({k: v + 0.125 for k, v in models[1].state_dict().items()})",
    "for m in models: m.a.weight.requires_grad_(False)", "for m in models: m.a.weight.requires_grad_(True)",
    "models[0].a.weight.requires_grad_(False)", "models[1].b.weight.requires_grad_(False)", "for m in models: m.eval()", "for m in models: m.train()",
    "models[1].eval()", "models[0].eval()", "scale = 0.5", "for o in leaders: o.param_groups[0]['lr'] *= 0.5",
    "for o in leaders: o.param_groups[0]['weight_decay'] = 0.25", "optimizers[1].param_groups[0]['lr'] = 0.05",
    "models[2].shift = torch.ones(3).double()", "models[2].shift.fill_(0.5)", "for m in models: m.zero_grad()",
    "models[0].act = torch.nn.ReLU()", "for m in models: m.act = torch.nn.Sigmoid()", "models[1].a.weight.grad = None",
    "models[1].drop.p = 0.25", "for m in models: m.drop.p = 0.25", "x = x * 0.5", "x, y = x[:1], y[:1]", "x, y = torch.ones(4, 4).double(), torch.zeros(4, 3).double()",
    "models[1].t = torch.full((), 0.75)", "models[1].t.fill_(0.5)", "for m in models: m.t = torch.full((3,), 0.5).double()", "models[2].options['k'] = 0.5",
    "models[1].norm.momentum = 0.5", "for m in models: m.norm.eval()", "models[1].norm.running_mean.fill_(0.5)", "for m in models: m.norm.reset_running_stats()",
    "loss_of = torch.nn.functional.l1_loss", "loss_of = torch.nn.functional.smooth_l1_loss", "for o in optimizers: o.state.clear()", "optimizers[1].state.clear()",
    "for o in optimizers: o.step()", "optimizers[1].step()",
    "for m in models: m.b.bias.data.zero_()", "optimizers[2].load_state_dict(optimizers[2].state_dict())",
    "models[1].b.weight.register_hook(lambda g: g * 0.5)", "for m in models: m.b.weight.register_hook(lambda g: g * 0.5)",
    "for m in models: m.a.weight.grad = torch.ones(3, 4).double()", "models[1].scale = 3", "Net.scale = 0.5",
]  # fmt: skip
FRAME = """
scale = 1.5
class Net(torch.nn.Module):
    scale = 1.25
    def __init__(self):
        super().__init__()
        self.a, self.b = torch.nn.Linear(4, 3), torch.nn.Linear(3, 3)
        self.act, self.drop = torch.nn.Tanh(), torch.nn.Dropout(0.5)
        self.norm, self.layer = torch.nn.BatchNorm1d(3), torch.nn.LayerNorm(3)
        self.register_buffer("shift", torch.rand(3))
        self.t, self.k, self.number, self.options = torch.full((3,), 0.5).double(), 0.5, 0, {{"k": 1.5}}
        self.double()
    def forward(self, x):
        x = self.a(x) * self.scale
{uses}
        return self.b(x)
loss_of, leaders, optimizers = torch.nn.functional.mse_loss, [], []
def number(models):
    for i, model in enumerate(models):
        {own}
def make_step(model):
    optimizer = {optimizer}
    optimizers.append(optimizer)
    {data}
    def step({arguments}):
        {body}
    return step
torch.manual_seed(3)
x, y = torch.randn(2, 4).double(), torch.randn(2, 3).double()
def given(): return ({arguments})
"""
OWN = [
    "pass", "model.number = i", "model.k = 0.5 + i", "model.t = torch.full((3,), 0.5 + i).double()", "model.drop.p = 0.2 * i",
    "model.options['k'] = i - 1.0", "model.norm.momentum = 0.1 * (i + 1)", "model.a.bias.requires_grad_(False)",
]  # fmt: skip
DATA = ["pass", "pass", "own = torch.randn(3).double()", "x = torch.randn(2, 4).double()"]
BODIES = [
    """optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss""",
    """loss = loss_of(model(x), y)
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        return loss""",
    """with torch.no_grad():
            return loss_of(model(x), y)""",
    """optimizer.zero_grad()
        loss = loss_of(model(x), y) + 0.01 * sum(p.pow(2).sum() for p in model.parameters())
        loss.backward()
        optimizer.step()
        return loss.detach()""",
]
SEEDS = [0, 3, 5]


def program(seed: int) -> tuple[str, list[list[str]]]:
    """A text, and the changes before each call."""
    chance = random.Random(seed)
    uses = "\n".join(f"        x = {one}" for one in chance.sample(USES, chance.choice([1, 2, 3])))
    data = chance.choice(DATA)
    text = FRAME.format(
        uses=uses,
        optimizer=chance.choice(OPTIMIZERS),
        own=chance.choice(OWN),
        data=data,
        arguments=chance.choice(["x, y", ""]) if "x =" not in data else "",
        body=chance.choice([BODIES[0], *BODIES]).replace("y)", "y + own)" if "own =" in data else "y)"),
    )
    changes = chance.sample(CHANGES, 6)
    return text, [chance.sample(changes, chance.choice([0, 1, 1])) if number > 1 else [] for number in range(6)]


def left(models: list[Any]) -> dict[str, Any]:
    """The models' parameters, buffers and gradients."""
    found: dict[str, Any] = {}
    for number, model in enumerate(models):
        for name, one in [*model.named_parameters(), *model.named_buffers()]:
            found[f"{number} {name}"] = one
            found[f"{number} {name}.grad"] = one.grad if one.is_leaf else None
    return found


def agree(a: Tensor | None, b: Tensor | None) -> bool:
    """Whether the two are equal up to rounding: float64, six steps, each of sums of a few terms."""
    if a is None or b is None:
        return a is b
    return np.allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-8, atol=1e-10, equal_nan=True)


def check(seed: int) -> str:
    """Runs a program; returns a refusal, or "". AssertionError where a model is not what it is alone."""
    text, calls = program(seed)
    spaces = []
    for is_ensemble in (False, True):
        space: dict[str, Any] = {"torch": numpynet, "__name__": "agreement"}
        define(text, space)
        if is_ensemble:
            ensemble = numpynet.ensemble(space["Net"], SEEDS)
            space["models"] = ensemble.models
        else:
            space["models"] = []
            for one in SEEDS:
                numpynet.manual_seed(one)
                space["models"].append(space["Net"]())
        space["number"](space["models"])
        numpynet.manual_seed(1)
        if is_ensemble:
            space["step"] = ensemble.compile(space["make_step"])
        else:
            space["steps"] = [space["make_step"](model) for model in space["models"]]
        space["leaders"] += space["optimizers"][: 1 if is_ensemble else None]
        spaces.append(space)
    alone, together = spaces
    for number, changes in enumerate(calls):
        for space in spaces:
            numpynet.manual_seed(number)
            for change in changes:
                try:
                    define(change, space)
                except (LookupError, AttributeError):  # of what another change has taken away
                    continue
                except numpynet.CompileError as error:
                    return f"CompileError: {error}"
        before = {name: None if one is None else one.detach().clone() for name, one in left(together["models"]).items()}
        numpynet.manual_seed(number)
        try:
            results = together["step"](*together["given"]())
        except (RuntimeError, ValueError) as error:  # a CompileError, or one that each model alone would raise
            after = left(together["models"])
            assert all(agree(after[name], one) for name, one in before.items()), (seed, number, changes, "half done")
            return f"{type(error).__name__}: {error}"
        stream = numpynet.get_rng_state().numpy().tobytes()
        numpynet.manual_seed(number)
        expected = numpynet.stack([step(*alone["given"]()).detach() for step in alone["steps"]])
        assert stream == numpynet.get_rng_state().numpy().tobytes(), (seed, number, changes, "random numbers")
        assert agree(results, expected), (seed, number, changes, "losses", results, expected)
        wanted, found = left(alone["models"]), left(together["models"])
        for name, one in wanted.items():
            assert agree(found[name], one), (seed, number, changes, name)
    return ""


def main() -> None:
    """Checks as many programs as are asked for, from a first seed on, and says how many were refused, and why."""
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    reasons: Counter[str] = Counter()
    wrong = 0
    for seed in range(first, first + count):
        try:
            found = check(seed)
        except AssertionError as error:
            wrong += 1
            print("differs:", str(error)[:600], flush=True)
        except Exception as error:
            wrong += 1
            print("fails:", seed, type(error).__name__, str(error)[:300], flush=True)
        else:
            reasons.update([found.rpartition("`: ")[2][:140]] if found else [])
    print(f"{count} programs: {wrong} differ, {sum(reasons.values())} refused")
    for reason, number in reasons.most_common(40):
        print(f"{number:5}  {reason}")


if __name__ == "__main__":
    main()
