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

import numpynet
from numpynet.core.tensor import Tensor

# name: (definitions, a factor or a summand in the model's forward, changes between calls)
# In definitions and uses, {n} is a number of the feature's own; x is a tensor, self the model.
FEATURES: dict[str, tuple[str, str, list[str]]] = {
    "global": ("g{n} = 1.5", "x * g{n}", ["g{n} = 0.5", "g{n} = 2", "g{n} = -0.0"]),
    "global of a helper": ("h{n} = 1.5\ndef f{n}(x): return x * h{n}", "f{n}(x)", ["h{n} = 0.25"]),
    "attribute": (
        "class C{n}: pass\nc{n} = C{n}(); c{n}.k = 1.25", "x * c{n}.k", ["c{n}.k = 0.75", "c{n} = C{n}(); c{n}.k = 2.0"],
    ),
    "private attribute": ("class C{n}:\n    _k = 1.25\nc{n} = C{n}()", "x * c{n}._k", ["c{n}._k = 0.5", "C{n}._k = 0.75"]),
    "attribute of an attribute": (
        "import types\nc{n} = types.SimpleNamespace(a=types.SimpleNamespace(k=1.5))", "x * c{n}.a.k",
        ["c{n}.a.k = 0.5", "c{n}.a = types.SimpleNamespace(k=0.25)"],
    ),
    "entry": ("d{n} = {{'k': 1.5}}", "x * d{n}['k']", ["d{n}['k'] = 0.5", "d{n} = {{'k': 0.75}}"]),
    "entry or default": ("d{n} = {{}}", "x * d{n}.get('k', 1.5)", ["d{n}['k'] = 0.5", "d{n}.pop('k', None)"]),
    "element": ("l{n} = [1.5, 2.0]", "x * l{n}[-1]", ["l{n}[1] = 0.5", "l{n}.append(0.25)", "l{n} = [0.75]"]),
    "loop over a list": ("l{n} = [0.5, 0.75]", "sum(x * one for one in l{n})", ["l{n}.append(0.25)", "l{n}[0] = 1.0"]),
    "loop over items": (
        "d{n} = {{'a': 0.5, 'b': 0.75}}", "sum([x * v for k, v in d{n}.items() if k != 'c'])",
        ["d{n}['c'] = 2.0", "d{n}['a'] = 1.0", "d{n}['e'] = 0.125"],
    ),
    "zip": ("l{n}, m{n} = [0.5, 1.0], [1.0, 0.5]", "sum(x * a * b for a, b in zip(l{n}, m{n}))", ["m{n}[0] = 2.0"]),
    "unpacked": ("l{n} = (0.5, 1.5)", "(lambda a, b: x * a + b)(*l{n})", ["l{n} = (0.25, 0.5)"]),
    "length": ("l{n} = [1, 2]", "x * len(l{n}) * 0.5", ["l{n}.append(3)", "l{n}.pop() if len(l{n}) > 1 else None"]),
    "membership": ("s{n} = {{1, 2}}", "(x * 0.5 if 3 in s{n} else x)", ["s{n}.add(3)", "s{n}.discard(3)"]),
    "class default": ("class C{n}:\n    k = 1.5\nc{n} = C{n}()", "x * c{n}.k", ["c{n}.k = 0.5", "C{n}.k = 0.75"]),
    "property": (
        "class C{n}:\n    k = 1.5\n    @property\n    def half(self): return self.k / 2\nc{n} = C{n}()", "x * c{n}.half",
        ["c{n}.k = 3.0", "C{n}.half = property(lambda self: 0.5)"],
    ),
    "slots": ("class C{n}:\n    __slots__ = ('k',)\nc{n} = C{n}(); c{n}.k = 1.5", "x * c{n}.k", ["c{n}.k = 0.5"]),
    "getattr": ("class C{n}: pass\nc{n} = C{n}()", "x * getattr(c{n}, 'k', 1.5)", ["c{n}.k = 0.5", "c{n}.__dict__.clear()"]),
    "hasattr": ("class C{n}: pass\nc{n} = C{n}()", "(x * 0.5 if hasattr(c{n}, 'k') else x)", ["c{n}.k = 1"]),
    "__getattr__": (
        "class C{n}:\n    def __init__(self): self.d = {{'k': 1.5}}\n    def __getattr__(self, name): return self.d[name]\n"
        "c{n} = C{n}()", "x * c{n}.k", ["c{n}.d['k'] = 0.5", "c{n}.k = 0.25"],
    ),
    "__getitem__": (
        "class C{n}:\n    def __init__(self): self.d = {{'k': 1.5}}\n    def __getitem__(self, name): return self.d[name]\n"
        "c{n} = C{n}()", "x * c{n}['k']", ["c{n}.d['k'] = 0.5"],
    ),
    "__call__": (
        "class C{n}:\n    k = 1.5\n    def __call__(self, x): return x * self.k\nc{n} = C{n}()", "c{n}(x)",
        ["c{n}.k = 0.5", "C{n}.__call__ = lambda self, x: x + self.k"],
    ),
    "__len__ and __bool__": (
        "class C{n}:\n    size = 2\n    def __len__(self): return self.size\nc{n} = C{n}()", "(x * len(c{n}) if c{n} else x)",
        ["c{n}.size = 0", "c{n}.size = 1"],
    ),
    "__iter__": (
        "class C{n}:\n    def __init__(self): self.l = [0.5, 1.0]\n    def __iter__(self): return iter(self.l)\nc{n} = C{n}()",
        "sum(x * one for one in c{n})", ["c{n}.l.append(0.25)"],
    ),
    "__mul__": (
        "class C{n}:\n    k = 1.5\n    def __rmul__(self, other): return other * self.k\n    __array_priority__ = 1\n"
        "c{n} = C{n}()", "(2.0 * c{n}) * x", ["c{n}.k = 0.5"],
    ),
    "context": (
        "class C{n}:\n    k = 1.5\n    def __enter__(self): return self.k\n    def __exit__(self, *error): return None\n"
        "c{n} = C{n}()\ndef f{n}(x):\n    with c{n} as k:\n        return x * k", "f{n}(x)", ["c{n}.k = 0.5"],
    ),
    "static method": ("k{n} = 1.5\nclass C{n}:\n    @staticmethod\n    def f(x): return x * k{n}", "C{n}.f(x)", ["k{n} = 0.5"]),
    "class method": (
        "class C{n}:\n    k = 1.5\n    @classmethod\n    def f(cls, x): return x * cls.k", "C{n}.f(x)", ["C{n}.k = 0.5"],
    ),
    "constructor": (
        "k{n} = 1.5\nclass C{n}:\n    def __init__(self, a): self.a = a * k{n}\n    def f(self, x): return x * self.a",
        "C{n}(0.5).f(x)", ["k{n} = 2.0"],
    ),
    "dataclass": (
        "import dataclasses\n@dataclasses.dataclass\nclass C{n}:\n    k: float = 1.5\nc{n} = C{n}()", "x * c{n}.k",
        ["c{n}.k = 0.5", "c{n} = dataclasses.replace(c{n}, k=0.75)"],
    ),
    "enumeration": (
        "import enum\nclass E{n}(enum.Enum):\n    A = 1\n    B = 2\ne{n} = E{n}.A", "(x * 0.5 if e{n} is E{n}.A else x)",
        ["e{n} = E{n}.B", "e{n} = E{n}.A"],
    ),
    "inherited": (
        "class B{n}:\n    k = 1.5\n    def f(self, x): return x * self.k\nclass C{n}(B{n}):\n"
        "    def f(self, x): return super().f(x) + self.k\nc{n} = C{n}()", "c{n}.f(x)", ["c{n}.k = 0.5", "B{n}.k = 0.25"],
    ),
    "lambda in a dictionary": ("d{n} = {{'f': lambda x: x * 1.5}}", "d{n}['f'](x)", ["d{n}['f'] = lambda x: x * 0.5"]),
    "function in an attribute": (
        "class C{n}: pass\nc{n} = C{n}(); c{n}.f = torch.tanh", "c{n}.f(x)", ["c{n}.f = torch.relu", "c{n}.f = lambda x: x * 2"],
    ),
    "function": ("def f{n}(x): return x * 1.5", "f{n}(x)", ["if f{n} is not torch.tanh: f{n}.__code__ = (lambda x: x * 0.5).__code__", "f{n} = torch.tanh"]),
    "function attribute": ("def f{n}(x): return x * f{n}.k\nf{n}.k = 1.5", "f{n}(x)", ["f{n}.k = 0.5"]),
    "defaults": ("def f{n}(x, k=1.5): return x * k", "f{n}(x)", ["f{n}.__defaults__ = (0.5,)"]),
    "keyword defaults": ("def f{n}(x, *, k=1.5): return x * k", "f{n}(x)", ["f{n}.__kwdefaults__['k'] = 0.5"]),
    "default list": ("def f{n}(x, k=[1.5]): return x * k[0]", "f{n}(x)", ["f{n}.__defaults__[0][0] = 0.5"]),
    "partial": (
        "import functools\np{n} = functools.partial(lambda x, k: x * k, k=1.5)", "p{n}(x)", ["p{n}.keywords['k'] = 0.5"],
    ),
    "closure": (
        "def make{n}():\n    k = 1.5\n    def f(x): return x * k\n    def change(v):\n        nonlocal k\n        k = v\n"
        "    return f, change\nf{n}, change{n} = make{n}()", "f{n}(x)", ["change{n}(0.5)", "change{n}(0.75)"],
    ),
    "decorated": (
        "import functools\nk{n} = 1.5\ndef deco{n}(f):\n    @functools.wraps(f)\n    def inside(x): return f(x) * k{n}\n"
        "    return inside\n@deco{n}\ndef f{n}(x): return x + 1", "f{n}(x)", ["k{n} = 0.5"],
    ),
    "generator": (
        "l{n} = [0.5, 1.0]\ndef f{n}():\n    for one in l{n}:\n        yield one * 0.5", "sum(x * one for one in f{n}())",
        ["l{n}.append(0.25)", "l{n}[0] = 1.0"],
    ),
    "caught error": (
        "d{n} = {{}}\ndef f{n}(x):\n    try:\n        return x * d{n}['k']\n    except KeyError:\n        return x", "f{n}(x)",
        ["d{n}['k'] = 0.5", "d{n}.pop('k', None)"],
    ),
    "loop with break": (
        "l{n} = [1, 2, 3]\ndef f{n}(x):\n    i = 0\n    while i < len(l{n}):\n        if l{n}[i] == 2: break\n        i += 1\n"
        "    return x * i", "f{n}(x)", ["l{n}[0] = 2", "l{n}.insert(0, 5)"],
    ),
    "text": ("t{n} = 'tanh'", "getattr(torch, t{n})(x)", ["t{n} = 'relu'", "t{n} = 'sigmoid'"]),
    "formatted key": ("i{n}, d{n} = 1, {{'k1': 1.5, 'k2': 0.5}}", "x * d{n}[f'k{{i{n}}}']", ["i{n} = 2", "d{n}['k1'] = 0.75"]),
    "comparison chain": ("k{n} = 1.5", "(x * 0.5 if 1 < k{n} <= 2 else x)", ["k{n} = 0.5", "k{n} = 3"]),
    "numpy number": ("import numpy\nk{n} = numpy.float32(1.5)", "x * float(k{n})", ["k{n} = numpy.float32(0.5)"]),
    "numpy array": ("import numpy\na{n} = numpy.array([1.5])", "x * float(a{n}[0])", ["a{n}[0] = 0.5", "a{n} = a{n} + 1"]),
    "mathematics": ("import math\nk{n} = 1.5", "x * math.sqrt(k{n})", ["k{n} = 0.25"]),
    "data": ("t{n} = torch.ones(())", "x * t{n}", ["t{n} = torch.full((), 0.5)", "t{n}.fill_(0.75)"]),
    "data in an attribute": (
        "class C{n}: pass\nc{n} = C{n}(); c{n}.t = torch.ones(())", "x * c{n}.t",
        ["c{n}.t = torch.full((), 0.5)", "c{n}.t.fill_(0.75)"],
    ),
    "attribute of a module": ("", "x * getattr(self, 'k{n}', 1.5)", ["model.k{n} = 0.5", "model.k{n} = 0.75"]),
    "dictionary of a module": ("", "x * self.options.get('k{n}', 1.5)", ["model.options['k{n}'] = 0.5"]),
    "class default of a module": ("", "x * self.scale", ["model.scale = 0.5", "Net.scale = 0.75"]),
    "mode": ("", "(x if self.training else x * 0.5)", ["model.eval()", "model.train()"]),
    "part": ("", "self.act(x)", ["model.act = torch.nn.ReLU()", "model.act = torch.nn.Sigmoid()"]),
    "forward replaced": ("", "self.act(x)", ["model.act.forward = lambda x: x * 0.5"]),
    "dropout": ("", "self.drop(x)", ["model.drop.p = 0.25", "model.drop.eval()", "model.drop.train()"]),
    "random numbers": ("", "x + torch.rand(3)", []),
    "seeded": ("", "x + torch.rand(3, generator=torch.Generator().manual_seed(5))", []),
    "hook of a module": (
        "", "self.act(x)", ["handle = model.act.register_forward_hook(lambda m, a, y: y * 0.5)", "handle and handle.remove()"],
    ),
    "requires_grad": ("", "(x * 0.5 if self.b.weight.requires_grad else x)", []),
    "counter of a module": ("", "self.counted(x)", ["model.calls = 0"]),
    "counter of an object": (
        "class C{n}:\n    t = 0\n    def f(self, x):\n        self.t += 1\n        return x / self.t\nc{n} = C{n}()", "c{n}.f(x)",
        ["c{n}.t = 5"],
    ),
    "global counter": ("t{n} = 0\ndef f{n}(x):\n    global t{n}\n    t{n} += 1\n    return x / t{n}", "f{n}(x)", ["t{n} = 3"]),
    "counter in a dictionary": (
        "d{n} = {{'t': 0}}\ndef f{n}(x):\n    d{n}['t'] += 1\n    return x * (1 - 0.5 ** d{n}['t'])", "f{n}(x)", ["d{n}['t'] = 2"],
    ),
    "nonlocal counter": (
        "def make{n}():\n    t = 0\n    def f(x):\n        nonlocal t\n        t = t + 1\n        return x * t\n    return f\n"
        "f{n} = make{n}()", "f{n}(x)", [],
    ),
    "every third call": (
        "t{n} = 0\ndef f{n}(x):\n    global t{n}\n    t{n} += 1\n    return x if t{n} % 3 else x * 0.5", "f{n}(x)", [],
    ),
    "average": (
        "a{n} = torch.zeros(3)\ndef f{n}(x):\n    global a{n}\n    a{n} = 0.5 * a{n} + 0.5 * x.detach().mean(0)\n"
        "    return x - a{n}", "f{n}(x)", ["a{n} = torch.ones(3)"],
    ),
    "kept": ("class C{n}: pass\nc{n} = C{n}()\ndef f{n}(x):\n    c{n}.last = x.detach().sum()\n    return x", "f{n}(x)", []),
    "appended": ("l{n} = []\ndef f{n}(x):\n    l{n}.append(x.detach().sum())\n    return x", "f{n}(x)", ["l{n}.clear()"]),
    "first call": (
        "m{n} = None\ndef f{n}(x):\n    global m{n}\n    if m{n} is None:\n        m{n} = torch.full((3,), 0.5)\n"
        "    return x * m{n}", "f{n}(x)", ["m{n} = None"],
    ),
    "cleared": ("l{n} = [1]\ndef f{n}(x):\n    l{n}.clear()\n    return x", "f{n}(x)", ["l{n}.append(2)"]),
}  # fmt: skip

OPTIMIZERS = [
    "torch.optim.SGD(model.parameters(), lr=0.1)",
    "torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)",
    "torch.optim.Adam(model.parameters(), lr=0.01)",
    "torch.optim.RMSprop(model.parameters(), lr=0.01)",
    "Own(model.parameters())",
]
CHANGES = [
    "optimizer.param_groups[0]['lr'] = 0.05", "optimizer.param_groups[0]['lr'] *= 0.5",
    "optimizer.param_groups[0]['weight_decay'] = 0.1", "model.a.weight.requires_grad_(False)",
    "model.a.weight.requires_grad_(True)", "model.b.weight.data = model.b.weight.data * 0.5",
    "model.b.bias.grad = None", "model.load_state_dict({k: v + 0.125 for k, v in model.state_dict().items()})",
    "x = torch.ones(2, 4)", "x = x * 0.5", "x, y = torch.ones(5, 4), torch.zeros(5, 3)", "model.zero_grad()",
    "loss_of = torch.nn.functional.l1_loss", "loss_of = torch.nn.MSELoss()", "norm = 0.5", "norm = None",
    "handle = model.a.weight.register_hook(lambda g: g * 0.5)", "handle and handle.remove()",
    "model.double(); x, y = x.double(), y.double()", "optimizer.state.clear()",
]  # fmt: skip
FRAME = """
handle = None
{definitions}
class Own(torch.optim.Optimizer):
    def __init__(self, parameters):
        super().__init__(parameters, dict(lr=0.05, weight_decay=0.0))
        self.t = 0
    @torch.no_grad()
    def step(self):
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
def step({arguments}):
    optimizer.zero_grad()
    loss = loss_of(model(x), y)
    loss.backward()
    if norm is not None:
        torch.nn.utils.clip_grad_norm_(model.parameters(), norm)
    optimizer.step()
    return loss{ending}
"""


def program(seed: int) -> tuple[str, list[list[str]], bool, list[str]]:
    """A text, the changes before each call, whether x and y are arguments, and the features in it."""
    chance = random.Random(seed)
    names = chance.sample(sorted(FEATURES), chance.randint(1, 4))
    definitions, uses, changes = [], [], list(chance.sample(CHANGES, 3))
    for number, name in enumerate(names):
        definition, use, own = (FEATURES[name][0], FEATURES[name][1], FEATURES[name][2])
        definitions.append(definition.format(n=number))
        uses.append(f"        x = {use.format(n=number)}")
        changes += [one.format(n=number) for one in own] * 2
    is_called = chance.random() < 0.5
    text = FRAME.format(
        definitions="\n".join(definitions),
        uses="\n".join(uses),
        optimizer=chance.choice(OPTIMIZERS),
        arguments="x, y" if is_called else "",
        ending=chance.choice(["", ".detach()", ", model.b.weight.grad"]),
    )
    calls = [chance.sample(changes, chance.choice([0, 0, 1, 1, 2])) if number > 1 else [] for number in range(8)]
    return text, calls, is_called, names


def left(space: dict[str, Any]) -> dict[str, Any]:
    """What a call has left behind."""
    model, optimizer = space["model"], space["optimizer"]
    found: dict[str, Any] = {name: content(one) for name, one in model.state_dict().items()}
    found.update({f"{name}.grad": content(one.grad) for name, one in model.named_parameters()})
    found["attributes"] = {key: one for key, one in model.__dict__.items() if isinstance(one, (int, float))}
    states = optimizer.state_dict()["state"]
    found["state"] = {key: {name: content(one) for name, one in sorted(value.items())} for key, value in states.items()}
    found["t"] = getattr(optimizer, "t", 0)
    for name, one in space.items():
        if isinstance(one, (bool, int, float, list, dict, Tensor)) and name[-1:].isdigit():
            found[name] = content(one) if not isinstance(one, dict) else str(list(one))
        elif name[:1] == "c" and hasattr(one, "__dict__"):
            found[name] = {
                key: content(value) for key, value in vars(one).items() if isinstance(value, (float, Tensor))
            }
    found["random numbers"] = numpynet.get_rng_state().numpy().tobytes()
    return found


def check(seed: int) -> list[str]:
    """Runs a program; returns the refusals. AssertionError where a call differs."""
    text, calls, is_called, names = program(seed)
    spaces: list[dict[str, Any]] = []
    for _ in range(2):
        space: dict[str, Any] = {"torch": numpynet, "__name__": "agreement"}
        define(text, space)
        spaces.append(space)
    step = numpynet.compile(spaces[1]["step"])
    refusals = []
    for number, changes in enumerate(calls):
        outcomes = []
        for is_compiled, space in enumerate(spaces):
            numpynet.manual_seed(number)
            for change in changes:
                with contextlib.suppress(LookupError, RuntimeError):  # of what another change has taken away
                    define(change, space)
            given = (space["x"], space["y"]) if is_called else ()
            numpynet.manual_seed(number)
            try:
                try:
                    outcome = content((step if is_compiled else space["step"])(*given))
                except numpynet.CompileError as error:
                    refusals.append(str(error))
                    outcome = content(space["step"](*given))
            except Exception as error:  # a change may be one that the program cannot bear
                outcomes.append((type(error).__name__, str(error).split("\n")[0][:40]))
                continue
            outcomes.append((outcome, left(space)))
        errors = [one for one in outcomes if isinstance(one[1], str)]
        assert len(errors) != 1, (seed, number, names, changes, errors)
        if isinstance(outcomes[0][1], str):
            assert outcomes[0] == outcomes[1], (seed, number, names, changes)
            break  # what is left after an error is another matter
        for one in outcomes[0][1]:
            assert outcomes[0][1][one] == outcomes[1][1].get(one), (seed, number, names, changes, one)
        assert outcomes[0][0] == outcomes[1][0], (seed, number, names, changes, "result")
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
    print(f"{done} programs: {wrong} differ, {refused} refused ({100 * refused / max(done, 1):.1f} %)")
    for reason, number in reasons.most_common(20):
        print(f"{number:5}  {reason}")


if __name__ == "__main__":
    main()
