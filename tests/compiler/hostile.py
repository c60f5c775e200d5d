# ruff: noqa: E501  the texts of programs
"""Hostile programs: small random training programs whose surroundings change between calls, at random.

Each is a text with `torch` in it, put together of features: what a step reads, writes or calls in some way of Python's,
and what may change of that between calls. `check` runs it twice, eagerly and compiled, and compares what every call
returns and leaves behind, bit for bit. ``python tests/compiler/hostile.py 3000`` checks that many.
"""

from __future__ import annotations

import contextlib
import random
import sys
from collections import Counter
from typing import Any

from agreement import content, define
from hostile_features import FEATURES

import numpynet
from numpynet.core.tensor import Tensor

OPTIMIZERS = [
    "torch.optim.SGD(model.parameters(), lr=0.1)",
    "torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)",
    "torch.optim.SGD([{{'params': model.a.parameters()}}, {{'params': model.b.parameters(), 'lr': 0.01}}], lr=0.1, weight_decay=0.1)",
    "torch.optim.Adam(model.parameters(), lr=0.01)",
    "torch.optim.AdamW(model.parameters(), lr=0.01, amsgrad=True)",
    "torch.optim.RMSprop(model.parameters(), lr=0.01, momentum=0.5)",
    "torch.optim.Adagrad(model.parameters(), lr=0.01)",
    "torch.optim.RAdam(model.parameters(), lr=0.01)",
    "torch.optim.ASGD(model.parameters(), lr=0.01, t0=2)",
    "torch.optim.NAdam(model.parameters(), lr=0.01)",
    "Own(model.parameters())",
]
CHANGES = [
    "optimizer.param_groups[0]['lr'] = 0.05", "optimizer.param_groups[0]['lr'] *= 0.5",
    "optimizer.param_groups[0]['lr'] = 1", "optimizer.param_groups[0]['lr'] = torch.tensor(0.05)",
    "optimizer.param_groups[0]['weight_decay'] = 0.1", "optimizer.param_groups[0]['betas'] = (0.5, 0.9)",
    "optimizer.param_groups[0]['momentum'] = 0.9", "optimizer.param_groups[0]['maximize'] = True",
    "optimizer.param_groups[0]['momentum'] = 0", "optimizer.param_groups[0]['eps'] = 0.125",
    "optimizer.param_groups[0]['params'].pop()", "optimizer.param_groups[0]['params'].reverse()",
    "optimizer.add_param_group({'params': [model.norm.weight], 'lr': 0.5})",
    "optimizer.load_state_dict(optimizer.state_dict())",
    "optimizer = torch.optim.SGD(model.parameters(), lr=0.2)",
    "for group in optimizer.param_groups: group['lr'] *= 0.5",
    "model.a.weight.requires_grad_(False)", "model.a.weight.requires_grad_(True)",
    "model.b.weight.data = model.b.weight.data * 0.5", "model.b.bias.grad = None",
    "model.b.weight.grad = torch.ones(3, 3)", "model.a.bias.grad.add_(1) if model.a.bias.grad is not None else None",
    "model.load_state_dict({k: v + 0.125 for k, v in model.state_dict().items()})",
    "model.b.weight = torch.nn.Parameter(torch.full((3, 3), 0.125))", "model.b = torch.nn.Linear(3, 3)",
    "model.b.bias = None", "model.b = torch.nn.Identity()", "model.a.weight.data[0] = 0.5",
    "x = torch.ones(2, 4)", "x = x * 0.5", "x, y = torch.ones(5, 4), torch.zeros(5, 3)", "model.zero_grad()",
    "x = torch.ones(4, 2).t()", "x, y = torch.zeros(0, 4), torch.zeros(0, 3)", "y = x[:, :3]", "x.mul_(0.5)", "x[0] = 0.25",
    "x.data = x.data * 2", "x = x.clone()", "x, y = x[:1], y[:1]", "x = x.double()",
    "loss_of = torch.nn.functional.l1_loss", "loss_of = torch.nn.MSELoss()", "norm = 0.5", "norm = None",
    "loss_of = torch.nn.HuberLoss(delta=0.5)", "loss_of.delta = 0.25", "loss_of = lambda a, b: ((a - b) ** 4).mean()",
    "handle = model.a.weight.register_hook(lambda g: g * 0.5)", "handle and handle.remove()",
    "model.double(); x, y = x.double(), y.double()", "model.float(); x, y = x.float(), y.float()", "optimizer.state.clear()",
    "torch.set_default_dtype(torch.float64)", "torch.set_default_dtype(torch.float32)", "model.eval()", "model.train()",
    "import copy; model = copy.deepcopy(model)", "torch.manual_seed(5)", "step(*given())",
]  # fmt: skip
FRAME = """
handle = None
{definitions}
class Own(torch.optim.Optimizer):
    def __init__(self, parameters):
        super().__init__(parameters, dict(lr=0.05, weight_decay=0.0))
        self.t = 0
    @torch.no_grad()
    def step(self, closure=None):
        if closure is not None:
            with torch.enable_grad():
                closure()
        self.t += 1
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "m" not in state:
                    state["m"] = torch.zeros_like(p)
                    state["n"] = 0
                state["n"] += 1
                state["m"].mul_(0.5).add_(p.grad)
                p -= group["lr"] * state["m"] / (1 - 0.5 ** self.t)
class Net(torch.nn.Module):
    scale = 1.25
    calls = 0
    def __init__(self):
        super().__init__()
        self.a, self.b = torch.nn.Linear(4, 3), torch.nn.Linear(3, 3)
        self.act, self.drop, self.options = torch.nn.Tanh(), torch.nn.Dropout(0.5), {{}}
        self.norm, self.layer = torch.nn.BatchNorm1d(3), torch.nn.LayerNorm(3)
        self.layers = torch.nn.ModuleList([torch.nn.Tanh(), torch.nn.Identity()])
        self.parts = torch.nn.ModuleDict(dict(a=torch.nn.Tanh()))
        self.register_buffer("k", torch.full((3,), 1.5))
    def counted(self, x):
        self.calls += 1
        return x / self.calls
    def forward(self, x):
        x = self.a(x)
{uses}
        return self.b(x)
torch.manual_seed(3)
model, norm, loss_of = Net(), None, torch.nn.functional.mse_loss
optimizer = {optimizer}
x, y = torch.randn(2, 4), torch.randn(2, 3)
def clip():
    if norm is not None:
        torch.nn.utils.clip_grad_norm_(model.parameters(), norm)
"""
# What the step does, over `x` and `y`, and what it returns.
BODIES = [
    """
    optimizer.zero_grad()
    loss = loss_of(model(x), y)
    loss.backward()
    clip()
    optimizer.step()
    return loss""",
    """
    optimizer.zero_grad(set_to_none=False)
    out = model(x)
    loss = loss_of(out, y)
    loss.backward()
    clip()
    optimizer.step()
    return {{"loss": loss.detach(), "out": out.detach(), "rows": len(x)}}""",
    """
    for one in (0.5, 1.0):
        loss = loss_of(model(x) * one, y)
        loss.backward()
    clip()
    optimizer.step()
    optimizer.zero_grad()
    return loss, model.b.weight.detach().clone()""",
    """
    def closure():
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        clip()
        losses.append(loss.detach())
        return loss
    losses = []
    optimizer.step(closure)
    return losses""",
    """
    loss = loss_of(model(x), y)
    parameters = [p for p in model.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    with torch.no_grad():
        for p, g in zip(parameters, gradients):
            if g is not None:
                p -= optimizer.param_groups[0]["lr"] * g
    return loss.item() if 0 else loss""",
    """
    was = model.training
    optimizer.zero_grad()
    loss = loss_of(model(x), y)
    loss.backward()
    optimizer.step()
    model.eval()
    with torch.no_grad():
        after = loss_of(model(x), y)
    model.train(was)
    return loss, after, model.b.weight.grad""",
    """
    for p in model.a.parameters():
        p.requires_grad_(False)
    loss_of(model(x), y).backward()
    for p in model.a.parameters():
        p.requires_grad_(True)
    optimizer.step()
    model.zero_grad()
    loss = loss_of(model(x), y)
    loss.backward()
    optimizer.step()
    for p in model.parameters():
        p.grad = None
    return loss""",
    """
    with torch.no_grad():
        return model(x).sum(), (model(x) > 0).sum(), [len(x), x.shape[1]], None""",
]
# How the step is made of that body, and what it is given.
FORMS = [
    ("def step():{body}\n", "def given(): return ()"),
    ("def step(x, y):{body}\n", "def given(): return x, y"),
    ("def step(batch):\n    x, y = batch['x'], batch['y']{body}\n", "def given(): return (dict(x=x, y=y),)"),
    ("def step(x, y, number, *more):{body}, number\n", "i = 0\ndef given():\n    global i\n    i = (i + 1) % 3\n    return x, y, i, *[x] * (i // 2)"),
    ("class Loop:\n    def __init__(self, model): self.model, self.count = model, 0\n    def run(self):\n        self.count += 1\n        model = self.model{body}\nloop = Loop(model)\nstep = loop.run\n",
     "def given(): return ()"),
    ("def make():\n    seen = 0\n    def step(x, y, model=model):\n        nonlocal seen\n        seen += 1{body}, seen\n    return step\nstep = make()\n", "def given(): return x, y"),
]  # fmt: skip


def program(seed: int) -> tuple[str, list[list[str]], list[str]]:
    """A text, the changes before each call, and the features in it."""
    chance = random.Random(seed)
    names = chance.sample(sorted(FEATURES), chance.choice([1, 1, 1, 2, 2, 3, 4]))
    changes = [*chance.sample(CHANGES, 3), *own_changes(names), *own_changes(names)]
    body = chance.choice([BODIES[0], BODIES[0], *BODIES])
    text = written(names, chance.choice(OPTIMIZERS), body, chance.choice([*FORMS[:2], *FORMS]))
    calls = [chance.sample(changes, chance.choice([0, 0, 1, 1, 2])) if number > 1 else [] for number in range(8)]
    return text, calls, names


def program_of(name: str) -> tuple[str, list[list[str]], list[str]]:
    """The same of one feature alone, with each of its changes in turn."""
    return written([name], OPTIMIZERS[0], BODIES[0], FORMS[1]), [[], *([one] for one in own_changes([name]))], [name]


def own_changes(names: list[str]) -> list[str]:
    """What may change of features."""
    return [one.format(n=number) for number, name in enumerate(names) for one in FEATURES[name][2]]


def written(names: list[str], optimizer: str, body: str, form: tuple[str, str]) -> str:
    """The text of a program with these features."""
    frame = FRAME.format(
        definitions="\n".join(FEATURES[name][0].format(n=number) for number, name in enumerate(names)),
        uses="\n".join(f"        x = {FEATURES[name][1].format(n=number)}" for number, name in enumerate(names)),
        optimizer=optimizer.format(),
    )
    step, given = form
    body = body.format()
    if "def run" in step or "def make" in step:
        body = body.replace("\n", "\n    ")
    return f"{frame}{step.format(body=body)}{given}\n"


def left(space: dict[str, Any]) -> dict[str, Any]:
    """What a call has left behind."""
    model, optimizer = space["model"], space["optimizer"]
    found: dict[str, Any] = {name: content(one) for name, one in model.state_dict().items()}
    found.update({f"{name}.grad": content(one.grad) for name, one in model.named_parameters()})
    found.update({f"{name} is trained": one.requires_grad for name, one in model.named_parameters()})
    found["modes"] = [one.training for one in model.modules()]
    found["attributes"] = {key: one for key, one in model.__dict__.items() if isinstance(one, (int, float))}
    found["state"] = [{name: content(one) for name, one in value.items()} for value in optimizer.state.values()]
    found["options"] = [
        {key: content(one) for key, one in group.items() if key != "params"} for group in optimizer.param_groups
    ]
    found["t"] = getattr(optimizer, "t", 0)
    for name, one in space.items():
        if isinstance(one, (bool, int, float, list, dict, tuple, set, Tensor)) and name[-1:].isdigit():
            found[name] = plainly(one)
            if isinstance(one, Tensor) and one.is_leaf:
                found[f"{name}.grad"] = content(one.grad)
        elif name[:1] == "c" and hasattr(one, "__dict__") and not callable(one):
            found[name] = plainly(vars(one))
    found["x"], found["y"] = content(space["x"]), content(space["y"])
    found["count"] = getattr(space.get("loop"), "count", 0)
    found["random numbers"] = numpynet.get_rng_state().numpy().tobytes()
    return found


def plainly(one: Any) -> Any:
    """A value as something that can be compared: what is in containers, and of other objects their class."""
    if isinstance(one, dict):
        return [(str(key), plainly(value)) for key, value in one.items()]
    if isinstance(one, (list, tuple)):
        return list(map(plainly, one))
    if isinstance(one, Tensor):
        return content(one)
    return one if isinstance(one, (bool, int, float, str, type(None))) else type(one).__name__


def check(seed: int) -> list[str]:
    """Runs the program of a seed; returns the refusals. AssertionError where a call differs."""
    return compare(seed, *program(seed))


def compare(seed: Any, text: str, calls: list[list[str]], names: list[str]) -> list[str]:
    """Runs a program eagerly and compiled; returns the refusals. AssertionError where a call differs."""
    spaces: list[dict[str, Any]] = []
    for _ in range(2):
        space: dict[str, Any] = {"torch": numpynet, "__name__": "agreement"}
        define(text, space)
        spaces.append(space)
    eager, refusals = spaces[1]["step"], []
    compiled = numpynet.compile(eager)

    def step(*given: Any) -> Any:
        try:
            return compiled(*given)
        except numpynet.CompileError as error:
            refusals.append(str(error))
            return eager(*given)

    spaces[1]["step"] = step
    dtypes = [numpynet.get_default_dtype()] * 2
    first = dtypes[0]
    try:
        for number, changes in enumerate(calls):
            outcomes = []
            for is_compiled, space in enumerate(spaces):
                numpynet.set_default_dtype(dtypes[is_compiled])
                numpynet.manual_seed(number)
                for change in changes:
                    with contextlib.suppress(Exception):  # of what another change has taken away
                        define(change, space)
                dtypes[is_compiled] = numpynet.get_default_dtype()
                numpynet.manual_seed(number)
                try:
                    outcome = content(space["step"](*space["given"]()))
                except Exception as error:  # a change may be one that the program cannot bear
                    outcomes.append((type(error).__name__, str(error).split("\n")[0][:40]))
                    continue
                outcomes.append((outcome, left(space)))
            errors = [one for one in outcomes if isinstance(one[1], str)]
            assert len(errors) != 1, (seed, number, names, changes, errors)
            if isinstance(outcomes[0][1], str):
                assert outcomes[0] == outcomes[1], (seed, number, names, changes, outcomes)
                break  # what is left after an error is another matter
            for one in outcomes[0][1]:
                assert outcomes[0][1][one] == outcomes[1][1].get(one), (seed, number, names, changes, one)
            assert outcomes[0][0] == outcomes[1][0], (seed, number, names, changes, "result")
    finally:
        numpynet.set_default_dtype(first)
    return refusals


def main() -> None:
    """Checks as many programs as are asked for, from a first seed on, and says how many were refused, and why."""
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    reasons: Counter[str] = Counter()
    refused, wrong, done = 0, 0, 0
    for seed in range(first, first + count):
        try:
            found = check(seed)
        except KeyboardInterrupt:
            break
        except AssertionError as error:
            wrong, done = wrong + 1, done + 1
            print("differs:", str(error)[:600], flush=True)
            continue
        done += 1
        refused += bool(found)
        reasons.update({one.rpartition("`: ")[2][:90] for one in found})
        if done % 100 == 0:
            print(f"{done} programs: {wrong} differ, {refused} refused", file=sys.stderr, flush=True)
    print(f"{done} programs: {wrong} differ, {refused} refused ({100 * refused / max(done, 1):.1f} %)")
    for reason, number in reasons.most_common(20):
        print(f"{number:5}  {reason}")


if __name__ == "__main__":
    main()
