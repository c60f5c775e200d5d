# ruff: noqa: E501  the texts of programs
"""What a step reads, writes and calls: what is followed, what is refused, and what is left behind."""

from __future__ import annotations

import collections
import logging
import random
import threading
import time
import types

import numpy as np
import pytest
from agreement import content, define

import numpynet
from numpynet import CompileError, nn, optim

X = numpynet.tensor([1.0, -2.0])
Pair = collections.namedtuple("Pair", "a b")


def stepped(text, **names):
    """The step that a text defines, and its globals."""
    space = {
        "torch": numpynet,
        "nn": nn,
        "np": np,
        "random": random,
        "time": time,
        "logging": logging,
        "X": X,
        "Pair": Pair,
        **names,
    }
    define(text, space)
    return space["step"], space


REFUSED = {
    "random numbers of Python's": "def step(x):\n    return x * random.random()",
    "random numbers of NumPy's": "def step(x):\n    return x * float(np.random.rand())",
    "the time": "def step(x):\n    return x * time.time()",
    "a file": "def step(x):\n    open('/dev/null')\n    return x",
    "a log": "def step(x):\n    logging.warning('x')\n    return x",
    "an address": "def step(x):\n    return x * (id(x) % 2)",
    "the version": "def step(x):\n    return x * X._version",
    "the place in memory": "def step(x):\n    return x * X.storage_offset()",
    "a state of the generator": "def step(x):\n    torch.get_rng_state()\n    return x",
    "a random number of Python's kind": "def step(x):\n    return x * torch.default_generator.few_uniforms(1)[0]",
    "a generator's method without it": (
        "def step(x):\n    return x * torch.Generator.uniform(torch.default_generator, (1,))[0]"
    ),
    "an iterator": "steps = iter([1, 2])\ndef step(x):\n    return x * next(steps)",
    "a match": "def step(x):\n    match (1, 2):\n        case 1, two: return x * two\n    return -x",
    "a class": "def step(x):\n    class A: pass\n    return x",
    "a removed element": "options = [1]\ndef step(x):\n    del options[0]\n    return x",
    "an error that is caught": (
        "def step(x):\n    try: return torch.nn.functional.cross_entropy(x[None], torch.tensor([1]))\n"
        "    except IndexError: return x"
    ),
    "evaluation": "def step(x):\n    return eval('x * 2')",
    "an object handed on": "class A: pass\na = A()\ndef step(x):\n    return x * len(str(a))",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_is_refused_with_its_line(name):
    step, _ = stepped(REFUSED[name])
    with pytest.raises(CompileError, match=r"line \d+"):
        numpynet.compile(step)(X)


SPECIAL = """
factor = 1.0
class K:
    def __init__(self): pass
    def __abs__(self): return factor
    __round__ = __float__ = __neg__ = __abs__
    def __index__(self): return int(factor)
    __len__ = __int__ = __index__
    def __bool__(self): return factor > 1
    def __instancecheck__(self, one): return factor > 1
    __subclasscheck__ = __instancecheck__
    def __str__(self): return "a" * int(factor)
    def __reversed__(self): return iter([factor])
    def __array__(self, *args, **kwargs): return np.array(factor)
    def __getitem__(self, place):
        if place: raise IndexError
        return factor
def step(x):
    return x * {}
"""


@pytest.mark.parametrize(
    "read",
    [
        "abs(K())", "round(K())", "float(K())", "int(K())", "(2 if bool(K()) else 1)", "len(str(K()))",
        "next(reversed(K()))", "list(K())[0]", "sum(K())", "[one for _, one in enumerate(K())][0]", "[3.0, 4.0, 5.0][K()]",
        "len([1, 2, 3][:K()])", "len(range(K()))", "len('x' * K())", "len('{}'.format(K()))", "float(np.add(K(), 1))",
        "(2 if any([K()]) else 1)", "(2 if isinstance(5, K()) else 1)", "(2 if issubclass(int, K()) else 1)",
        "(lambda one: one)(*K())",
    ],
)  # fmt: skip
def test_a_method_of_an_object_of_the_steps_own_is_followed_or_refused(read):
    """What `K` reads counts at the next call, or the step is refused, where Python itself calls a method of it."""
    (step, space), (eager, theirs) = stepped(SPECIAL.format(read)), stepped(SPECIAL.format(read))
    compiled = numpynet.compile(step)
    try:
        for factor in (1.0, 2.0):
            space["factor"] = theirs["factor"] = factor
            assert content(compiled(X)) == content(eager(X))
    except numpynet.CompileError:
        pass  # as all are today


def test_a_function_without_source_is_refused():
    space = {}
    exec("def step(x): return x * 2", space)
    with pytest.raises(CompileError, match="has no source that can be read"):
        numpynet.compile(space["step"])(X)


def test_a_function_whose_source_was_edited_is_refused(tmp_path):
    file = tmp_path / "edited.py"
    file.write_text("def step(x): return x * 2\n")
    space = {}
    exec(compile(file.read_text(), str(file), "exec"), space)
    file.write_text("def step(x): return x * 3\n")
    with pytest.raises(CompileError, match="no source"):
        numpynet.compile(space["step"])(X)


EXACT = {
    "a text printed": "def step(x):\n    print('here', 1)\n    return x",
    "a text of a counter": "n = 0\ndef step(x):\n    global n\n    n += 1\n    print(f'step {n}')\n    return x * n",
    "a counter that wraps": "n = 0\ndef step(x):\n    global n\n    n = (n + 1) % 3\n    return x * n",
    "a counter in a condition": "n = 0\ndef step(x):\n    global n\n    n += 1\n    return x if n > 2 else -x",
    "a counter returned": "n = 0\ndef step(x):\n    global n\n    n += 1\n    return x, n, {'n': n * 0.5}",
    "a power of a counter": "n = 0\ndef step(x):\n    global n\n    n += 1\n    return x / (1 - 0.9 ** n)",
    "a cosine of a counter": "import math\nn = 0\ndef step(x):\n    global n\n    n += 1\n    return x * math.cos(n / 10)",
    "two effects in order": "log = []\ndef step(x):\n    log.append('a')\n    log.append(x.sum())\n    return x",
    "a new entry": "seen = {}\ndef step(x):\n    seen['last'] = x * 2\n    return x",
    "a default dictionary": (
        "import collections\nseen = collections.defaultdict(list)\ndef step(x):\n    seen['a'].append(x.sum())\n    return x"
    ),
    "a set default": "seen = {}\ndef step(x):\n    return x * seen.setdefault('k', 2.0)",
    "a buffer replaced": (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.register_buffer('mean', torch.zeros(2))\n    def forward(self, x):\n"
        "        self.mean = 0.5 * self.mean + 0.5 * x\n        return x - self.mean\n"
        "net = Net()\ndef step(x):\n    return net(x)"
    ),
    "modes set inside": "net = nn.Dropout()\ndef step(x):\n    net.eval()\n    y = net(x)\n    net.train()\n    return y",
    "a mode left behind": "net = nn.Dropout()\ndef step(x):\n    net.eval()\n    return net(x)",
    "a seed": "def step(x):\n    torch.manual_seed(3)\n    return x + torch.rand(2)",
    "the pair of max": "def step(x):\n    return torch.max(x, 0)",
    "an ordered dictionary": "import collections\ndef step(x):\n    return collections.OrderedDict(a=x * 2)",
    "a named tuple": "def step(x):\n    return Pair(x * 2, [x])",
    "a diagonal": "def step(x):\n    return torch.diag(x), torch.diag(torch.diag(x)), torch.trace(torch.outer(x, x))",
    "a diagonal written": "def step(x):\n    y = torch.zeros(2, 2)\n    y.diagonal().copy_(x)\n    y[0] += 1\n    return y",
    "integer sums": "def step(x):\n    return (x > 0).sum(), x.int().cumsum(0), x.int().prod(), torch.count_nonzero(x)",
}


@pytest.mark.parametrize("name", EXACT)
def test_effects_and_results_are_those_of_the_eager_step(name, capsys):
    (step, mine), (eager, theirs) = stepped(EXACT[name]), stepped(EXACT[name])
    compiled = numpynet.compile(step)
    for number in range(5):
        x = numpynet.tensor([1.0 + number, -2.0])
        numpynet.manual_seed(number)
        found, printed = compiled(x), capsys.readouterr().out
        numpynet.manual_seed(number)
        assert content(found) == content(eager(x))
        assert printed == capsys.readouterr().out
        for key, value in theirs.items():
            if key in ("n", "log", "seen"):
                assert content(mine[key]) == content(value)
            if isinstance(value, nn.Module):
                assert mine[key].training is value.training
                assert content(mine[key].state_dict()) == content(value.state_dict())


def test_a_function_of_the_users_own_autograd_compiles():
    class Square(numpynet.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, dy):
            (x,) = ctx.saved_tensors
            return 2 * x * dy * slope

    slope, w = 1.0, numpynet.ones(2, requires_grad=True)

    def step():
        w.grad = None
        Square.apply(w).sum().backward()
        return w.grad.clone()

    compiled = numpynet.compile(step)
    assert compiled().tolist() == [2, 2]
    slope = 3.0
    assert compiled().tolist() == [6, 6]


def test_what_hooks_refer_to_counts():
    w, factor = numpynet.ones(2, requires_grad=True), 1.0
    layer = nn.Tanh()
    w.register_hook(lambda gradient: gradient * factor)
    layer.register_forward_hook(lambda module, args, output: output * factor)

    def step():
        w.grad = None
        loss = layer(w).sum()
        loss.backward()
        return loss.detach(), w.grad.clone()

    compiled = numpynet.compile(step)
    assert content(compiled()) == content(step())
    factor = 3.0
    assert content(compiled()) == content(step())


def test_an_interruption_while_compiling_leaves_nothing_behind(monkeypatch):
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
    settings = types.SimpleNamespace(t=0)

    class Interrupting(nn.Module):
        def forward(self, x):
            settings.t += 1
            return numpynet.relu(x)

    part, original = Interrupting(), numpynet.Tensor.__dict__["_array"]

    def step(x):
        optimizer.zero_grad()
        loss = part(model(x)).sum()
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(3):
        step(X)
    from numpynet.compiler import recorder

    count, ufunc = 0, recorder.Recorder.ufunc

    def interrupted(self, *args, **kwargs):
        nonlocal count
        count += 1
        if count == stop:
            raise KeyboardInterrupt
        return ufunc(self, *args, **kwargs)

    before = content(list(model.parameters())), content([p.grad for p in model.parameters()]), settings.t
    monkeypatch.setattr(recorder.Recorder, "ufunc", interrupted)
    for place in (1, 2):
        stop, count = place, 0
        with pytest.raises(KeyboardInterrupt):
            numpynet.compile(step)(X)
        assert numpynet.Tensor.__dict__["_array"] is original
        assert (content(list(model.parameters())), content([p.grad for p in model.parameters()]), settings.t) == before
        assert type(optimizer.param_groups) is list
        assert "uniform" not in vars(numpynet.default_generator)
    monkeypatch.undo()
    assert numpynet.compile(step)(X).ndim == 0


def test_threads_compile_steps_of_their_own_at_once():
    found = {}

    def train(seed):
        generator = numpynet.Generator().manual_seed(seed)
        w = numpynet.ones(3, requires_grad=True)
        x = numpynet.rand(4, 3, generator=generator)
        optimizer = optim.SGD([w], lr=0.1)

        def step():
            optimizer.zero_grad()
            loss = ((x @ w) ** 2).sum()
            loss.backward()
            optimizer.step()
            return loss

        run = numpynet.compile(step) if threading.current_thread() is not threading.main_thread() else step
        found.setdefault(seed, []).append([run().item() for _ in range(5)])

    threads = [threading.Thread(target=train, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(4):
        train(seed)
        assert found[seed][0] == found[seed][1]
