"""Training programs whose surroundings change between the calls of a step.

Each is given a library and what makes a step of its function: `numpynet.compile`, or nothing. It returns numbers that
show every update.
"""

# ruff: noqa: B006, B007, B010, C408, E731, NPY002, PERF401, RUF005, RUF023, RUF051, RUF059, SIM401, UP031, UP034  as users write

from __future__ import annotations

import abc
import builtins
import collections
import contextlib
import copy
import dataclasses
import datetime
import enum
import functools
import io
import itertools
import math
import operator
import random
import types
import weakref

import numpy as np

PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


def net(torch, *sizes):
    layers = []
    for a, b in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def data(torch, n=8, i=3, optimizer=1):
    return (torch.randn(n, i), torch.randn(n, optimizer))


def sgd(torch, model, lr=0.1, **k):
    return torch.optim.SGD(model.parameters(), lr=lr, **k)


SCALE = 1.0
CONFIG = {"lr": {"decay": 0.5}, "clip": 1.0}


class Mode(enum.Enum):
    A = 1
    B = 2


@program
def global_rebound(torch, compile):
    global SCALE
    x, y = data(torch)
    model = net(torch, 3, 4, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * SCALE
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for s in (1.0, 1.0, 2.0, 0.5):
        SCALE = s
        out.append(compiled().item())
    SCALE = 1.0
    return out


@program
def nested_config_changes(torch, compile):
    c = copy.deepcopy(CONFIG)
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * c["lr"]["decay"]
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for d in (0.5, 0.5, 0.25, 4):
        c["lr"]["decay"] = d
        out.append(compiled().item())
    return out


@program
def enum_mode(torch, compile):
    s = types.SimpleNamespace(mode=Mode.A)
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        e = model(x) - y
        loss = e.abs().mean() if s.mode is Mode.A else (e * e).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for k in (Mode.A, Mode.B, Mode.B, Mode.A):
        s.mode = k
        out.append(compiled().item())
    return out


@program
def deque_of_losses(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    hist = collections.deque(maxlen=2)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        if len(hist) == 2:
            loss = loss * 0.5
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for _ in range(5):
        v = compiled().item()
        hist.append(v)
        out.append(v)
    return out


@program
def itertools_count_in_step(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    c = itertools.count(1)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() / next(c)
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    return [compiled().item() for _ in range(4)]


@program
def generator_of_batches(torch, compile):
    x, y = data(torch, 12)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def batches():
        while True:
            for i in range(0, 12, 4):
                yield (x[i : i + 4], y[i : i + 4])

    g = batches()

    def step():
        a, b = next(g)
        optimizer.zero_grad()
        loss = ((model(a) - b) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    return [compiled().item() for _ in range(5)]


@program
def dataclass_config(torch, compile):

    @dataclasses.dataclass
    class C:
        p: float = 1.0
        q: list = dataclasses.field(default_factory=lambda: [1.0, 2.0])

    c = C()
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * c.p * c.q[-1]
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    c.q.append(3.0)
    out.append(compiled().item())
    c.p = 0.1
    out.append(compiled().item())
    c.q[-1] = 1.0
    out.append(compiled().item())
    return out


@program
def closure_rebound(torch, compile):
    k = 1.0
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * k
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for k in (1.0, 3.0, 3.0, 0.2):
        out.append(compiled().item())
    return out


@program
def lr_set_in_group(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model, momentum=0.9)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for t in range(6):
        optimizer.param_groups[0]["lr"] = 0.1 / (1 + t)
        out.append(compiled().item())
        if t == 3:
            optimizer.param_groups[0]["momentum"] = 0.0
    return out


@program
def weight_decay_switched(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for t in range(6):
        if t == 2:
            optimizer.param_groups[0]["weight_decay"] = 0.5
        if t == 4:
            optimizer.param_groups[0]["betas"] = (0.5, 0.9)
        out.append(compiled().item())
    return (out, [p.tolist() for p in model.parameters()])


@program
def add_param_group_later(torch, compile):
    x, y = data(torch)
    a, b = (net(torch, 3, 4), net(torch, 4, 1))
    optimizer = sgd(torch, a)

    def step():
        optimizer.zero_grad()
        loss = ((b(a(x)) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item(), compiled().item()]
    optimizer.add_param_group({"params": list(b.parameters()), "lr": 0.01})
    return out + [compiled().item(), compiled().item(), compiled().item()]


@program
def eval_mode_toggle(torch, compile):
    x, y = data(torch)
    model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.BatchNorm1d(5), torch.nn.Linear(5, 1))
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for t in range(6):
        model.train(t % 2 == 0)
        out.append(compiled().item())
    return (out, model[1].running_mean.tolist(), model[1].num_batches_tracked.item())


@program
def dropout_p_changed(torch, compile):
    x, y = data(torch)
    d = torch.nn.Dropout(0.5)
    model = torch.nn.Sequential(torch.nn.Linear(3, 6), d, torch.nn.Linear(6, 1))
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for p in (0.5, 0.5, 0.1, 0.9, 0.0):
        d.p = p
        out.append(compiled().item())
    return out


@program
def layer_replaced(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 4, 1)

    def step():
        for p in model.parameters():
            p.grad = None
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= 0.1 * p.grad
        return loss

    compiled = compile(step)
    out = [compiled().item(), compiled().item()]
    model[2] = torch.nn.Linear(4, 1)
    out += [compiled().item(), compiled().item()]
    model[1] = torch.nn.Tanh()
    return out + [compiled().item(), compiled().item()]


@program
def forward_hook_added(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 4, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item(), compiled().item()]
    h = model[0].register_forward_hook(lambda mod, i, r: r * 2)
    out += [compiled().item(), compiled().item()]
    h.remove()
    return out + [compiled().item()]


@program
def tensor_hook_scales(torch, compile):
    k = [1.0]
    w = torch.ones(3, requires_grad=True)
    w.register_hook(lambda g: g * k[0])
    x = torch.randn(5, 3)

    def step():
        w.grad = None
        loss = ((x @ w) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w.sub_(0.1 * w.grad)
        return loss

    compiled = compile(step)
    out = []
    for s in (1.0, 1.0, 2.0, 0.5):
        k[0] = s
        out.append(compiled().item())
    return (out, w.tolist())


@program
def buffer_ema(torch, compile):

    class M(torch.nn.Module):
        def __init__(s):
            super().__init__()
            s.l = torch.nn.Linear(3, 1)
            s.register_buffer("ema_grad", torch.zeros(1))
            s._n = 0

        def forward(s, x):
            z = s.l(x)
            s.ema_grad = 0.9 * s.ema_grad + 0.1 * z.detach().mean(0)
            return z - s.ema_grad

    x, y = data(torch)
    model = M()
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    return ([compiled().item() for _ in range(5)], model.ema_grad.tolist())


@program
def counter_in_forward(torch, compile):

    class M(torch.nn.Module):
        def __init__(s):
            super().__init__()
            s.l = torch.nn.Linear(3, 1)
            s.calls = 0

        def forward(s, x):
            s.calls += 1
            return s.l(x) * (1 + s.calls)

    x, y = data(torch)
    model = M()
    optimizer = sgd(torch, model, lr=0.001)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    return ([compiled().item() for _ in range(4)], model.calls)


@program
def property_of_class(torch, compile):

    class M(torch.nn.Module):
        temp = 2.0

        def __init__(s):
            super().__init__()
            s.l = torch.nn.Linear(3, 1)

        @property
        def t(s):
            return s.temp * 2

        def forward(s, x):
            return s.l(x) / s.t

    x, y = data(torch)
    model = M()
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    M.temp = 1.0
    out.append(compiled().item())
    model.temp = 5.0
    out.append(compiled().item())
    del model.temp
    out.append(compiled().item())
    return out


@program
def slots_object(torch, compile):

    class S:
        __slots__ = ("a", "_b")

        def __init__(s):
            s.a = 1.0
            s._b = 2.0

    s = S()
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * s.a * s._b
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    s._b = 1.0
    out.append(compiled().item())
    s.a = 0.3
    out.append(compiled().item())
    return out


@program
def getattr_dynamic(torch, compile):

    class C:
        def __init__(s):
            s.d = {"k": 1.0}

        def __getattr__(s, n):
            if n in s.__dict__.get("d", {}):
                return s.d[n]
            raise AttributeError(n)

    c = C()
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * c.k
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    c.d["k"] = 4.0
    out.append(compiled().item())
    c.k = 0.5
    out.append(compiled().item())
    return out


@program
def partial_arguments(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def weighted(a, b, k):
        return ((a - b) ** 2).mean() * k

    h = [functools.partial(weighted, k=1.0)]

    def step():
        optimizer.zero_grad()
        loss = h[0](model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    h[0] = functools.partial(weighted, k=3.0)
    out.append(compiled().item())
    h[0].keywords["k"] = 0.5
    out.append(compiled().item())
    return out


@program
def default_argument_mutable(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def scale(value, c=[1.0]):
        return value * c[0]

    def step():
        optimizer.zero_grad()
        loss = scale(((model(x) - y) ** 2).mean())
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    scale.__defaults__[0][0] = 2.0
    out.append(compiled().item())
    scale.__defaults__ = ([7.0],)
    out.append(compiled().item())
    return out


@program
def global_function_replaced(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    ns = types.SimpleNamespace(act=torch.tanh)

    def step():
        optimizer.zero_grad()
        loss = ((ns.act(model(x)) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    ns.act = torch.sigmoid
    out.append(compiled().item())
    ns.act = lambda z: z * 3
    out.append(compiled().item())
    return out


@program
def numpy_array_mutated(torch, compile):
    a = np.ones((8, 3), np.float32)
    w = torch.ones(3, requires_grad=True)

    def step():
        x = torch.from_numpy(a)
        w.grad = None
        loss = ((x @ w - 1) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w.sub_(0.1 * w.grad)
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    a *= 2
    out.append(compiled().item())
    a[0] = 5
    out.append(compiled().item())
    return out


@program
def numpy_scalar_weight(torch, compile):
    c = {"w": np.float64(1.0)}
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * c["w"]
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for v in (1.0, 2.0, 2.0, np.float32(0.1), np.int64(3)):
        c["w"] = np.float64(v) if isinstance(v, float) else v
        out.append(compiled().item())
    return out


@program
def python_random_in_step(torch, compile):
    random.seed(0)
    x, y = data(torch, 20)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        i = random.randrange(0, 16)
        optimizer.zero_grad()
        loss = ((model(x[i : i + 4]) - y[i : i + 4]) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    return [compiled().item() for _ in range(5)]


@program
def numpy_random_in_step(torch, compile):
    np.random.seed(0)
    x, y = data(torch, 20)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        i = np.random.permutation(20)[:4]
        optimizer.zero_grad()
        loss = ((model(x[i]) - y[i]) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    return [compiled().item() for _ in range(5)]


@program
def torch_random_batches(torch, compile):
    x, y = data(torch, 20)
    model = net(torch, 3, 4, 1)
    optimizer = sgd(torch, model)

    def step():
        i = torch.randint(0, 20, (4,))
        optimizer.zero_grad()
        loss = ((model(x[i]) - y[i]) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    return [compiled().item() for _ in range(5)]


@program
def noise_with_own_generator(torch, compile):
    g = torch.Generator()
    g.manual_seed(3)
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x + 0.1 * torch.randn(8, 3, generator=g)) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item() for _ in range(3)]
    g.manual_seed(3)
    return out + [compiled().item() for _ in range(3)]


@program
def loss_dependent_branch(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 4, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        if loss.item() > 0.9:
            loss = loss * 2
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    return [compiled().item() for _ in range(6)]


@program
def gradient_clip_threshold(torch, compile):
    c = {"clip": 1.0}
    x, y = data(torch)
    model = net(torch, 3, 4, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * 10
        loss.backward()
        n = torch.nn.utils.clip_grad_norm_(model.parameters(), c["clip"])
        optimizer.step()
        return (loss, n)

    compiled = compile(step)
    out = []
    for v in (1.0, 1.0, 0.1, 100.0, 2.0):
        c["clip"] = v
        out.append([t.item() for t in compiled()])
    return out


@program
def accumulate_then_step(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    s = {"i": 0}

    def step():
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        s["i"] += 1
        if s["i"] % 3 == 0:
            optimizer.step()
            optimizer.zero_grad()
        return loss

    compiled = compile(step)
    return ([compiled().item() for _ in range(7)], s["i"])


@program
def frozen_between(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 4, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    for p in model[0].parameters():
        p.requires_grad_(False)
    out += [compiled().item(), compiled().item()]
    for p in model[0].parameters():
        p.requires_grad_(True)
    return (out + [compiled().item()], [p.tolist() for p in model.parameters()])


@program
def state_dict_loaded(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 4, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    a = copy.deepcopy(model.state_dict())
    b = copy.deepcopy(optimizer.state_dict())
    out = [compiled().item() for _ in range(3)]
    model.load_state_dict(a)
    optimizer.load_state_dict(b)
    return out + [compiled().item() for _ in range(3)]


@program
def parameter_data_replaced(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    model[0].weight.data = torch.ones(1, 3)
    out.append(compiled().item())
    model[0].weight = torch.nn.Parameter(torch.zeros(1, 3))
    return out + [compiled().item(), compiled().item()]


@program
def dtype_switched(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)

    def step(a, b):
        for p in model.parameters():
            p.grad = None
        loss = ((model(a) - b) ** 2).mean()
        loss.backward()
        return loss

    compiled = compile(step)
    out = [compiled(x, y).item()]
    model.double()
    out.append(compiled(x.double(), y.double()).item())
    model.float()
    return (out + [compiled(x, y).item()], str(model[0].weight.grad.dtype))


@program
def default_dtype_changed(torch, compile):
    w = torch.ones(3, requires_grad=True)

    def step():
        w.grad = None
        loss = (w * torch.ones(3) * torch.tensor(0.1)).sum()
        loss.backward()
        return loss

    compiled = compile(step)
    out = [(v.item(), str(v.dtype)) for v in (compiled(),)]
    torch.set_default_dtype(torch.float64)
    try:
        v = compiled()
        out.append((v.item(), str(v.dtype)))
    finally:
        torch.set_default_dtype(torch.float32)
    return out


@program
def grad_mode_outside(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)

    def step():
        loss = ((model(x) - y) ** 2).mean()
        return (loss, loss.requires_grad)

    compiled = compile(step)
    out = [compiled()[1]]
    with torch.no_grad():
        out.append(compiled()[1])
    return out + [compiled()[1]]


@program
def shapes_vary(torch, compile):
    model = net(torch, 3, 4, 1)
    optimizer = sgd(torch, model)

    def step(x, y):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for n in (4, 4, 7, 1, 4, 2):
        x, y = data(torch, n)
        out.append(compiled(x, y).item())
    return out


@program
def strides_vary(torch, compile):
    model = net(torch, 3, 4, 1)
    optimizer = sgd(torch, model)

    def step(x, y):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for k in range(4):
        x = torch.randn(3, 6).t() if k % 2 else torch.randn(6, 3)
        y = torch.randn(12, 1)[::2]
        out.append(compiled(x, y).item())
    return out


@program
def python_number_argument(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step(k, power=2):
        optimizer.zero_grad()
        loss = ((model(x) - y).abs() ** power).mean() * k
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    return [
        compiled(1.0).item(),
        compiled(2.0).item(),
        compiled(2, power=3).item(),
        compiled(True).item(),
        compiled(2.0, 3).item(),
    ]


@program
def list_argument(torch, compile):
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step(batch):
        optimizer.zero_grad()
        loss = sum((((model(a) - b) ** 2).mean() for a, b in batch))
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    B = [data(torch, 2) for _ in range(4)]
    return [compiled(B[:2]).item(), compiled(B[2:]).item(), compiled(B).item(), compiled(B[:1]).item()]


@program
def dict_argument(torch, compile):
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step(batch):
        optimizer.zero_grad()
        loss = ((model(batch["x"]) - batch["y"]) ** 2).mean()
        loss = loss * batch.get("w", 1.0)
        loss.backward()
        optimizer.step()
        return {"loss": loss}

    compiled = compile(step)
    x, y = data(torch)
    return [
        compiled({"x": x, "y": y})["loss"].item(),
        compiled({"x": x, "y": y, "w": 2.0})["loss"].item(),
        compiled({"y": y, "x": x})["loss"].item(),
    ]


@program
def context_manager_own(torch, compile):
    log = []

    @contextlib.contextmanager
    def scope(n):
        log.append(n)
        yield
        log.append(-n)

    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        with scope(1):
            optimizer.zero_grad()
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

    compiled = compile(step)
    return ([compiled().item() for _ in range(3)], log)


@program
def try_finally(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    n = [0]

    def step():
        try:
            optimizer.zero_grad()
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss
        finally:
            n[0] += 1

    compiled = compile(step)
    return ([compiled().item() for _ in range(3)], n)


@program
def returns_parameters(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return (loss, model[0].weight, model[0].weight.grad, model(x))

    compiled = compile(step)
    a = compiled()
    b = compiled()
    return ([t.tolist() for t in a], [t.tolist() for t in b], a[1] is model[0].weight)


@program
def keeps_last_output(torch, compile):

    class M(torch.nn.Module):
        def __init__(s):
            super().__init__()
            s.l = torch.nn.Linear(3, 2)
            s.last = None

        def forward(s, x):
            h = s.l(x)
            s.last = h
            return h.sum(1, keepdim=True)

    x, y = data(torch)
    model = M()
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for _ in range(3):
        out.append(compiled().item())
        out.append(model.last.sum().item())
    return out


@program
def subclass_forward_super(torch, compile):

    class A(torch.nn.Module):
        gain = 1.0

        def __init__(s):
            super().__init__()
            s.l = torch.nn.Linear(3, 1)

        def forward(s, x):
            return s.l(x) * s.gain

    class B(A):
        def forward(s, x):
            return super().forward(x) + s.bias

        bias = 0.5

    x, y = data(torch)
    model = B()
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    A.gain = 2.0
    out.append(compiled().item())
    B.bias = -1.0
    out.append(compiled().item())
    model.gain = 0.5
    return out + [compiled().item()]


@program
def gan_two_optimizers(torch, compile):
    G, D = (net(torch, 2, 4, 3), net(torch, 3, 4, 1))
    og, od = (sgd(torch, G), sgd(torch, D))
    F = torch.nn.functional
    real = torch.randn(6, 3)
    s = types.SimpleNamespace(turn=0)

    def step():
        z = torch.randn(6, 2)
        if s.turn == 0:
            od.zero_grad()
            loss = F.binary_cross_entropy_with_logits(D(real), torch.ones(6, 1)) + F.binary_cross_entropy_with_logits(
                D(G(z).detach()), torch.zeros(6, 1)
            )
            loss.backward()
            od.step()
        else:
            og.zero_grad()
            loss = F.binary_cross_entropy_with_logits(D(G(z)), torch.ones(6, 1))
            loss.backward()
            og.step()
        return loss

    compiled = compile(step)
    out = []
    for t in range(6):
        s.turn = t % 2
        out.append(compiled().item())
    return out


@program
def scheduler_inside(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    sch = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        sch.step()
        return loss

    compiled = compile(step)
    return ([compiled().item() for _ in range(6)], sch.get_last_lr())


@program
def own_optimizer_class(torch, compile):

    class Mine(torch.optim.Optimizer):
        def __init__(s, p, lr):
            super().__init__(p, dict(lr=lr))

        @torch.no_grad()
        def step(s):
            for g in s.param_groups:
                for p in g["params"]:
                    st = s.state[p]
                    st["n"] = st.get("n", 0) + 1
                    st["v"] = st.get("v", torch.zeros_like(p)) * 0.9 + p.grad
                    p.add_(st["v"], alpha=-g["lr"] / st["n"])

    x, y = data(torch)
    model = net(torch, 3, 4, 1)
    optimizer = Mine(model.parameters(), 0.1)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    return [compiled().item() for _ in range(5)]


@program
def weakref_and_id(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    r = [weakref.ref(model)]

    def step():
        optimizer.zero_grad()
        loss = ((r[0]()(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    m2 = net(torch, 3, 1)
    r[0] = weakref.ref(m2)
    out.append(compiled().item())
    return out


@program
def set_membership(torch, compile):
    names = {"0.weight"}
    x, y = data(torch)
    model = net(torch, 3, 4, 1)

    def step():
        for p in model.parameters():
            p.grad = None
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            for n, p in model.named_parameters():
                if n in names:
                    p -= 0.1 * p.grad
        return loss

    compiled = compile(step)
    out = [compiled().item(), compiled().item()]
    names.add("2.bias")
    out += [compiled().item(), compiled().item()]
    names.discard("0.weight")
    return out + [compiled().item(), compiled().item()]


@program
def string_formatting(torch, compile):
    lab = {"n": "a"}
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return (loss, f"{lab['n']}-{len(lab)}")

    compiled = compile(step)
    out = [compiled()[1]]
    lab["n"] = "b"
    out.append(compiled()[1])
    lab["z"] = 1
    return out + [compiled()[1]]


@program
def modules_len_and_iteration(torch, compile):
    L = torch.nn.ModuleList([torch.nn.Linear(3, 3) for _ in range(2)])
    x, _ = data(torch)
    optimizer = sgd(torch, L)

    def step():
        optimizer.zero_grad()
        h = x
        for layer in L:
            h = torch.tanh(layer(h)) / len(L)
        s = (h**2).mean()
        s.backward()
        optimizer.step()
        return s

    compiled = compile(step)
    out = [compiled().item(), compiled().item()]
    L.append(torch.nn.Linear(3, 3))
    return out + [compiled().item(), compiled().item()]


@program
def out_argument_and_views(torch, compile):
    buf = torch.zeros(8, 1)
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        z = model(x)
        buf.copy_(z.detach())
        buf[0] = 1.0
        loss = ((z - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for _ in range(3):
        out.append(compiled().item())
        out.append(buf.sum().item())
        buf.zero_()
    return out


@program
def zero_grad_set_to_none_toggle(torch, compile):
    s = {"none": True}
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad(set_to_none=s["none"])
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    s["none"] = False
    out.append(compiled().item())
    g = model[0].weight.grad
    out.append(compiled().item())
    return out + [g is model[0].weight.grad]


@program
def grads_read_outside_accumulate(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)

    def step():
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        return loss

    compiled = compile(step)
    out = []
    for k in range(5):
        compiled()
        out.append(model[0].weight.grad.tolist())
        if k == 1:
            model[0].weight.grad = None
        if k == 2:
            model[0].weight.grad.zero_()
        if k == 3:
            model[0].weight.grad.data = torch.ones(1, 3)
    return out


@program
def retain_two_backwards(torch, compile):
    w = torch.ones(3, requires_grad=True)
    k = [2]

    def step():
        w.grad = None
        loss = (w**3).sum()
        for _ in range(k[0]):
            loss.backward(retain_graph=True)
        return w.grad.sum()

    compiled = compile(step)
    out = [compiled().item()]
    k[0] = 3
    return out + [compiled().item()]


@program
def autograd_grad_inside(torch, compile):
    w = torch.ones(3, requires_grad=True)
    c = {"p": 2}

    def step():
        (g,) = torch.autograd.grad((w ** c["p"]).sum(), [w])
        with torch.no_grad():
            w.sub_(0.1 * g)
        return g.sum()

    compiled = compile(step)
    out = [compiled().item(), compiled().item()]
    c["p"] = 3
    return out + [compiled().item()]


@program
def max_pool_like_topk(torch, compile):
    k = {"k": 2}
    x, y = data(torch)
    model = net(torch, 3, 4)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        v, i = model(x).topk(k["k"], dim=1)
        loss = v.sum()
        loss.backward()
        optimizer.step()
        return (loss, i)

    compiled = compile(step)
    out = []
    for n in (2, 2, 1, 3):
        k["k"] = n
        a, b = compiled()
        out.append((a.item(), b.tolist()))
    return out


@program
def nested_function_and_lambda(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    regs = [lambda p: (p**2).sum()]

    def step():

        def total():
            return sum((r(p) for r in regs for p in model.parameters()))

        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() + 0.1 * total()
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    regs.append(lambda p: p.abs().sum())
    out.append(compiled().item())
    regs[0] = lambda p: 0 * p.sum()
    return out + [compiled().item()]


@program
def time_dependent(torch, compile):
    now = [0.0]
    clock = lambda: now[0]
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * math.exp(-clock())
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = []
    for t in (0.0, 0.0, 1.0, 2.0):
        now[0] = t
        out.append(compiled().item())
    return out


@program
def chainmap_config(torch, compile):
    base = {"a": 1.0}
    over = {}
    c = collections.ChainMap(over, base)
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * c["a"]
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    over["a"] = 2.0
    out.append(compiled().item())
    base["a"] = 9.0
    del over["a"]
    return out + [compiled().item()]


@program
def defaultdict_created(torch, compile):
    d = collections.defaultdict(lambda: 1.0)
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * d["w"]
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item(), len(d)]
    d["w"] = 3.0
    return out + [compiled().item()]


@program
def operator_and_reduce(torch, compile):
    w = [1.0, 2.0]
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * functools.reduce(operator.mul, w)
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    w[0] = 3.0
    out.append(compiled().item())
    w.append(0.5)
    return out + [compiled().item()]


@program
def sorted_by_key(torch, compile):
    order = {"k": [2, 0, 1]}
    x, y = data(torch)
    W = [torch.ones(3, 3, requires_grad=True) for _ in range(3)]

    def step():
        h = x
        for i, _ in sorted(enumerate(order["k"]), key=lambda t: t[1]):
            h = torch.tanh(h @ W[i] * (i + 1))
        for v in W:
            v.grad = None
        loss = h.mean()
        loss.backward()
        with torch.no_grad():
            for v in W:
                v -= v.grad
        return loss

    compiled = compile(step)
    out = [compiled().item(), compiled().item()]
    order["k"].reverse()
    return out + [compiled().item()]


@program
def mutable_hyper_via_setattr(torch, compile):

    class H:
        pass

    h = H()
    setattr(h, "w", 1.0)
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    key = ["w"]

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * getattr(h, key[0], 5.0)
        loss.backward()
        optimizer.step()
        return loss

    compiled = compile(step)
    out = [compiled().item()]
    key[0] = "v"
    out.append(compiled().item())
    h.v = 0.5
    out.append(compiled().item())
    vars(h)["v"] = 2.0
    return out + [compiled().item()]


# --- what Python calls by itself ------------------------------------------------------------------------------------


def learner(torch):
    """A function that does a step with a loss of which it takes a multiple."""
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)

    def learn(factor=1.0):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() * factor
        loss.backward()
        optimizer.step()
        return loss

    return learn


def calls(compiled, *changes):
    """What it gives twice, and twice more after each of the changes."""
    out = [compiled().item(), compiled().item()]
    for change in changes:
        change()
        out += [compiled().item(), compiled().item()]
    return out


class Named:
    def __init__(self, name):
        self.name = name

    def __str__(self):
        return self.name

    def __eq__(self, other):
        return self.name == getattr(other, "name", other)

    def __hash__(self):
        return 1


@program
def partial_method(torch, compile):
    learn = learner(torch)

    class Scaled:
        factor = 1.0

        def learn(self, by):
            return learn(self.factor * by)

        half = functools.partialmethod(learn, by=0.5)

    one = Scaled()
    return calls(
        compile(lambda: one.half()),
        lambda: setattr(one, "factor", 2.0),
        lambda: setattr(Scaled, "half", functools.partialmethod(Scaled.learn, 0.25)),
    )


@program
def counter_updated(torch, compile):
    learn, seen = learner(torch), collections.Counter()

    def step():
        seen.update({"a": 2})
        return learn(seen["a"])

    return calls(compile(step))


@program
def present_time(torch, compile):
    learn = learner(torch)
    times = []

    def step():
        times.append(datetime.datetime.now())
        return learn()

    return [*calls(compile(step)), len(set(times)) > 1]


@program
def text_of_an_object(torch, compile):
    learn, factors, one = learner(torch), {"a": 1.0, "b": 2.0}, Named("a")
    return calls(compile(lambda: learn(factors[f"{one}"])), lambda: setattr(one, "name", "b"))


@program
def text_by_percent(torch, compile):
    learn, factors, one = learner(torch), {"a": 1.0, "b": 2.0}, Named("a")
    return calls(compile(lambda: learn(factors["%s" % (one,)])), lambda: setattr(one, "name", "b"))


@program
def lists_of_objects_compared(torch, compile):
    learn, some, others = learner(torch), [Named("a")], [Named("a")]
    return calls(compile(lambda: learn(2.0 if some == others else 1.0)), lambda: setattr(some[0], "name", "b"))


@program
def object_in_a_list(torch, compile):
    learn, one, others = learner(torch), Named("a"), [Named("a")]
    return calls(compile(lambda: learn(2.0 if one in others else 1.0)), lambda: setattr(one, "name", "b"))


@program
def object_as_a_key(torch, compile):
    learn, one, factors = learner(torch), Named("a"), {Named("a"): 2.0}
    return calls(compile(lambda: learn(factors.get(one, 1.0))), lambda: setattr(one, "name", "b"))


@program
def index_of_an_object(torch, compile):
    learn, one, others = learner(torch), Named("a"), [Named("b"), Named("a")]
    return calls(compile(lambda: learn(1.0 + others.index(one))), lambda: setattr(one, "name", "b"))


@program
def set_of_objects(torch, compile):
    learn, one, other = learner(torch), Named("a"), Named("a")
    return calls(compile(lambda: learn(len({one, other}))), lambda: setattr(one, "name", "b"))


@program
def abstract_class_in_the_step(torch, compile):
    learn, factor = learner(torch), 1.0

    class Base(abc.ABC):
        def __init__(self):
            self.factor = factor

        @abc.abstractmethod
        def get(self): ...

    class Real(Base):
        def get(self):
            return self.factor

    compiled = compile(lambda: learn(Real().get()))
    out = calls(compiled)
    factor = 2.0
    return out + calls(compiled)


@program
def plain_dataclass_in_the_step(torch, compile):
    learn, factor = learner(torch), 1.0

    @dataclasses.dataclass
    class Options:
        by: float
        base: float = 2.0
        product: float = dataclasses.field(init=False)

        def apply(self):
            self.product = self.base * self.by
            return self.product

    compiled = compile(lambda: learn(Options(factor).apply() + Options(by=0.5, base=factor).apply()))
    out = calls(compiled)
    factor = 2.0
    return out + calls(compiled)


@program
def dataclass_in_the_step(torch, compile):
    learn, factor = learner(torch), 1.0

    @dataclasses.dataclass
    class Options:
        by: dataclasses.InitVar[float]
        base: float = dataclasses.field(default_factory=lambda: factor)
        product: float = dataclasses.field(init=False)

        def __post_init__(self, by):
            self.product = self.base * by * factor

    compiled = compile(lambda: learn(Options(0.5).product + dataclasses.replace(Options(2.0), by=0.25).product))
    out = calls(compiled)
    factor = 2.0
    return out + calls(compiled)


@program
def tuple_with_a_constructor(torch, compile):
    learn, factor = learner(torch), 1.0

    class Pair(tuple):
        def __new__(cls, a):
            return tuple.__new__(cls, (a, factor))

    compiled = compile(lambda: learn(sum(Pair(1.0))))
    out = calls(compiled)
    factor = 2.0
    return out + calls(compiled)


@program
def class_attribute_of_a_new_object(torch, compile):
    learn = learner(torch)

    class Base:
        factor = 1.0

    return calls(compile(lambda: learn(Base().factor)), lambda: setattr(Base, "factor", 2.0))


@program
def class_attribute_of_a_subclass_of_a_module(torch, compile):
    learn = learner(torch)

    class Base(torch.nn.Module):
        factor = 1.0

        def forward(self):
            return learn(self.factor)

    class Derived(Base):
        pass

    model = Derived()
    return calls(compile(lambda: model()), lambda: setattr(Derived, "factor", 2.0))


@program
def descriptor_that_counts(torch, compile):
    learn = learner(torch)

    class Reads:
        def __get__(self, one, owner):
            one.reads += 1
            return one.reads

        def __set__(self, one, value):
            one.log.append(value)

    class Holder:
        count = Reads()

        def __init__(self):
            self.reads, self.log = 0, []

    holder = Holder()

    def step():
        holder.count = 1
        return learn(holder.count)

    return [*calls(compile(step)), holder.reads, holder.log]


@program
def attribute_and_entry(torch, compile):
    learn, holder = learner(torch), types.SimpleNamespace(count=0)

    def step():
        holder.count += 1
        return learn(holder.__dict__["count"])

    return [*calls(compile(step)), holder.count]


@program
def entry_and_attribute(torch, compile):
    learn, holder = learner(torch), types.SimpleNamespace(count=0)

    def step():
        holder.__dict__["count"] += 1
        return learn(holder.count)

    return [*calls(compile(step)), holder.count]


@program
def attribute_of_the_class_is_counted(torch, compile):
    learn = learner(torch)

    class Base:
        count = 0

        def counted(self):
            type(self).count += 1
            return self.count

    one = Base()
    return [*calls(compile(lambda: learn(one.counted())), lambda: setattr(Base, "count", 10)), Base.count]


@program
def bases_replaced(torch, compile):
    learn = learner(torch)

    class One:
        def factor(self):
            return 1.0

    class Two:
        def factor(self):
            return 2.0

    class Both(One):
        def factor(self):
            return super().factor() * 2

    one = Both()
    return calls(compile(lambda: learn(one.factor())), lambda: setattr(Both, "__bases__", (Two,)))


@program
def property_of_the_base(torch, compile):
    learn, factors = learner(torch), [1.0]

    class One:
        @property
        def factor(self):
            return factors[0]

    class Two(One):
        @property
        def factor(self):
            return super().factor * 2

    one = Two()
    return calls(compile(lambda: learn(one.factor)), lambda: factors.insert(0, 2.0))


@program
def array_added_to(torch, compile):
    learn, holder = learner(torch), types.SimpleNamespace(seen=np.zeros(2))

    def step():
        holder.seen += 1
        return learn()

    return [*calls(compile(step)), holder.seen.tolist()]


@program
def array_written_to(torch, compile):
    learn, seen = learner(torch), np.ones(2)

    def step():
        np.multiply(seen, 2.0, out=seen)
        return learn()

    return [*calls(compile(step)), seen.tolist()]


@program
def array_transposed(torch, compile):
    learn, factors = learner(torch), np.arange(1.0, 5.0).reshape(2, 2)
    return calls(compile(lambda: learn(float(factors.T[0, 1]))), lambda: factors.fill(2.0))


@program
def attribute_of_the_step(torch, compile):
    learn = learner(torch)

    @compile
    def step():
        step.count += 1
        return learn(step.count)

    step.count = 0
    return [*calls(step), step.count]


@program
def attributes_of_parameters(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    for one in model.parameters():
        one.count, one.average = 0, one.detach().clone()

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        for one in model.parameters():
            one.count += 1
            one.average = one.average * 0.5 + one.detach() / one.count
        return loss

    return [*calls(compile(step)), [(one.count, one.average.tolist()) for one in model.parameters()]]


@program
def dictionary_with_items_of_its_own(torch, compile):
    learn = learner(torch)

    class Doubled(dict):
        def __setitem__(self, key, value):
            super().__setitem__(key, value * 2)

        def __getitem__(self, key):
            return super().__getitem__(key) + 1

    factors = Doubled(a=1.0)
    return calls(compile(lambda: learn(factors.get("a"))), lambda: factors.update(a=2.0))


@program
def generator_left_early(torch, compile):
    learn, ended = learner(torch), []

    def factors():
        try:
            yield 1.0
            yield 2.0
        finally:
            ended.append(1)

    def step():
        for factor in factors():
            break
        return learn(factor)

    return [*calls(compile(step)), ended]


@program
def dispatch_by_class(torch, compile):
    learn, one = learner(torch), 1

    @functools.singledispatch
    def factor(one):
        return 1.0

    return calls(compile(lambda: learn(factor(one))), lambda: factor.register(int, lambda one: 2.0))


@program
def chain_of_dictionaries(torch, compile):
    learn, first, second = learner(torch), {"a": 1.0}, {"a": 2.0, "b": 3.0}
    return calls(compile(lambda: learn(collections.ChainMap(first, second)["b"])), lambda: first.update(b=2.0))


@program
def class_in_the_step(torch, compile):
    learn = learner(torch)

    def step():
        class Inner:
            factor = 2.0

        return learn(Inner.factor)

    return calls(compile(step))


@program
def comparison_of_dataclasses(torch, compile):
    learn = learner(torch)

    @dataclasses.dataclass(order=True)
    class One:
        size: float

    small, large = One(1.0), One(2.0)
    return calls(compile(lambda: learn(2.0 if small < large else 1.0)), lambda: setattr(small, "size", 3.0))


# --- what the step does to containers -------------------------------------------------------------------------------


@program
def lists_changed_by_methods(torch, compile):
    learn = learner(torch)
    holder = types.SimpleNamespace(losses=[], last=collections.deque(maxlen=2), seen=set(), kept=[1])

    def step():
        loss = learn()
        holder.losses += [loss.detach()]
        holder.losses.extend([1, loss.detach()])
        holder.last.append(loss.detach())
        holder.last.rotate()
        holder.seen.add(loss.shape)
        holder.kept.clear()
        holder.kept.insert(0, 2)
        return loss

    return [
        *calls(compile(step), lambda: holder.kept.append(3), lambda: setattr(holder, "losses", [])),
        [float(one) for one in [*holder.losses, *holder.last]], len(holder.seen), holder.kept,
    ]  # fmt: skip


@program
def entries_taken_away(torch, compile):
    learn, factors, holder = learner(torch), {"a": 1.0, "b": 2.0}, types.SimpleNamespace()

    def step():
        holder.scratch = factors.pop("b", 0.5)
        factor = holder.scratch
        del holder.scratch
        if "c" in factors:
            del factors["c"]
        return learn(factor)

    return [
        *calls(compile(step), lambda: factors.update(b=3.0), lambda: factors.update(c=4.0)),
        list(factors.items()), vars(holder),
    ]  # fmt: skip


@program
def list_read_after_a_change(torch, compile):
    learn, factors = learner(torch), [1.0, 2.0]

    def step():
        factors.reverse()
        return learn(factors[0])

    return calls(compile(step))


@program
def list_set_and_appended_to(torch, compile):
    learn, factors = learner(torch), [1.0, 2.0]

    def step():
        factors[-1] = 3.0
        factors.append(4.0)
        factors[-1] = 5.0
        return learn()

    return [*calls(compile(step)), factors]


@program
def emptied_and_filled(torch, compile):
    learn, some, factors = learner(torch), [1], {"a": 2.0}

    def step():
        return learn((1.0 if some else 0.5) + (factors["a"] if "a" in factors else 0.25) + (2.0 if not some else 0.125))

    return calls(
        compile(step), some.clear, factors.clear, lambda: some.append(1), lambda: factors.update(a=3.0), some.clear
    )


@program
def zero_with_a_sign(torch, compile):
    learn, factor, counts = learner(torch), 0.0, []

    def step():
        nonlocal factor
        counts.append(math.copysign(1, float(factor)))
        factor = -factor
        return learn()

    return [*calls(compile(step)), counts]


# --- learning rates that the step itself changes --------------------------------------------------------------------


SCHEDULES = {
    "step": lambda rates, optimizer: rates.StepLR(optimizer, 2, 0.5),
    "one_cycle": lambda rates, optimizer: rates.OneCycleLR(optimizer, 0.2, total_steps=12),
    "function": lambda rates, optimizer: rates.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch)),
    "sequence": lambda rates, optimizer: rates.SequentialLR(
        optimizer, [rates.LinearLR(optimizer, 0.1, total_iters=2), rates.ExponentialLR(optimizer, 0.9)], [2]
    ),
}


def with_a_scheduler(torch, compile, make, before=lambda scheduler: None, after=None, **options):
    """Losses and options where the step calls a scheduler, after something and before something else."""
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model, **options)
    scheduler = make(torch.optim.lr_scheduler, optimizer)

    def step():
        before(scheduler)
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        scheduler.step()
        return loss

    def longer_step():
        loss = step()
        after(optimizer)
        return loss

    return [
        *calls(compile(longer_step if after else step), lambda: optimizer.param_groups[0].update(lr=0.05)),
        [{key: one for key, one in group.items() if key != "params"} for group in optimizer.param_groups],
        scheduler.state_dict().get("last_epoch"), scheduler.get_last_lr(),
    ]  # fmt: skip


for _name, _make in SCHEDULES.items():

    def _scheduled(torch, compile, make=_make):
        return with_a_scheduler(torch, compile, make, momentum=0.9)

    _scheduled.__name__ = f"schedule_by_{_name}"
    program(_scheduled)


@program
def schedule_before_zero_grad(torch, compile):
    return with_a_scheduler(torch, compile, SCHEDULES["step"], after=lambda optimizer: optimizer.zero_grad())


@program
def schedule_then_an_option(torch, compile):
    return with_a_scheduler(torch, compile, SCHEDULES["step"], after=lambda optimizer: optimizer.param_groups[0]["lr"])


@program
def schedule_by_function_and_more(torch, compile):
    return with_a_scheduler(torch, compile, SCHEDULES["function"], after=lambda optimizer: optimizer.zero_grad())


@program
def schedule_twice(torch, compile):
    return with_a_scheduler(torch, compile, SCHEDULES["step"], before=lambda scheduler: scheduler.step())


@program
def schedule_on_plateau(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=0.5)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        scheduler.step(loss)
        return loss

    return [*calls(compile(step), lambda: setattr(scheduler, "patience", 5)), scheduler.best, scheduler.get_last_lr()]


@program
def options_set_in_the_step(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 3, 1)
    optimizer = torch.optim.AdamW([dict(params=model[0].parameters()), dict(params=model[2].parameters(), lr=0.5)])
    count = 0

    def step():
        nonlocal count
        count += 1
        for number, group in enumerate(optimizer.param_groups):
            group["lr"] = 0.1 / (count + number)
            group["weight_decay"] *= 0.5
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    out = calls(compile(step), lambda: optimizer.param_groups[0].update(weight_decay=0.5, lr=1.0))
    return [*out, [(group["lr"], group["weight_decay"]) for group in optimizer.param_groups]]


@program
def option_switched_off(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model, momentum=0.9)
    count = 0

    def step():
        nonlocal count
        count += 1
        optimizer.param_groups[0]["lr"] = 0 if count % 2 else 0.1
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return [*calls(compile(step)), optimizer.param_groups[0]["lr"]]


@program
def options_set_by_another_name(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)
    optimizer = sgd(torch, model)
    group = optimizer.param_groups[0]

    def step():
        group["lr"] = group["lr"] * 0.5
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return [*calls(compile(step)), group["lr"]]


# --- numbers that are known only when the step runs -----------------------------------------------------------------


@program
def losses_as_numbers(torch, compile):
    learn = learner(torch)
    holder = types.SimpleNamespace(total=0.0, count=0, losses=[], best=math.inf, last=None)
    printed = io.StringIO()

    def step():
        loss = learn()
        holder.total += loss.item() * 8
        holder.count += 8
        holder.losses.append(round(loss.item(), 4))
        holder.best = min(holder.best, loss.item())
        holder.last = float(loss), int(loss * 1000)
        print(loss.item())
        return holder.total / holder.count

    with contextlib.redirect_stdout(printed):
        compiled = compile(step)
        out = [compiled(), compiled()]
        holder.total, holder.best = 1.0, 0.0
        out += [compiled(), compiled()]
    return [*out, vars(holder), printed.getvalue()]


@program
def numbers_before_and_after_an_update(torch, compile):
    weights = [torch.tensor(one, requires_grad=True) for one in (0.5, 0.25, 2.0)]
    optimizer = torch.optim.SGD(weights, lr=0.1, momentum=0.9)
    x = torch.arange(4.0)

    def step():
        before = [one.item() for one in weights]
        optimizer.zero_grad()
        loss = ((weights[0] * x + weights[1] - weights[2]) ** 2).mean()
        (loss * loss.item()).backward()
        optimizer.step()
        return before, [one.item() for one in weights], weights[0].grad.item(), math.sqrt(loss.item())

    compiled = compile(step)
    return [compiled() for _ in range(4)]


@program
def counts_of_what_is_right(torch, compile):
    x, labels = torch.randn(8, 3), torch.arange(8) % 4
    model = net(torch, 3, 4)
    optimizer = sgd(torch, model)
    right = 0

    def step(x, labels):
        nonlocal right
        optimizer.zero_grad()
        out = model(x)
        loss = torch.nn.functional.cross_entropy(out, labels)
        loss.backward()
        optimizer.step()
        right += (out.argmax(1) == labels).sum().item()
        return {"loss": loss.item(), "right": right / len(labels), "first": x[0, 0].item()}

    compiled = compile(step)
    return [compiled(x, labels), compiled(x, labels), compiled(x[:4], labels[:4]), right]


@program
def arithmetic_of_counters(torch, compile):
    learn, count = learner(torch), 3

    def step():
        nonlocal count
        count += 1
        whole, rest = divmod(count, 3)
        bits = (count & 1) + (count | 4) + (count ^ 2) + (count << 1) + (count >> 1) + ~count + count.bit_length()
        arrays = float(np.mean([count, 1.0]) + np.sqrt(count) + np.float64(count))
        return learn((bits + whole + rest + arrays + round(count / 7, 1) + round(count / 7) + max(count, 5)) * 0.01)

    return calls(compile(step))


@program
def global_function_made(torch, compile):
    def step(x):
        global _twice

        def _twice(x):
            return x * 2

        return _twice(x)

    return [compile(step)(torch.ones(2)).tolist(), _twice(3)]


@program
def item_deleted_by_a_method(torch, compile):
    learn, factor = learner(torch), 1.0

    class Kept:
        def __delitem__(self, key):
            self.factor = factor

    def step():
        kept = Kept()
        del kept[0]
        return learn(kept.factor)

    compiled = compile(step)
    out = calls(compiled)
    factor = 2.0
    return out + calls(compiled)


@program
def order_of_an_assignment(torch, compile):
    def step(x):
        told, kept = [], {}

        def key():
            told.append("key")
            return len(told)

        def value():
            told.append("value")
            return x * len(told)

        kept[key()] = value()
        return {name: (one, told) for name, one in kept.items()}

    return str(compile(step)(torch.ones(2)))


@program
def match_of_values(torch, compile):
    learn, mode, limit = learner(torch), "a", 3

    class Kind(enum.Enum):
        FIRST = 1
        SECOND = 2

    def factor():
        match mode:
            case "a":
                found = 1.0
            case "b" | "c" | Kind.FIRST:
                found = 2.0
            case None | True:
                found = 0.5
            case (4 | 5) as number if number > limit:
                found = number
            case Kind.SECOND as kind:
                found = kind.value
            case other:
                found = len(str(other))
        match found:
            case 0.5:
                return found + 1
        return found

    compiled = compile(lambda: learn(factor()))
    out = []
    for mode in ("a", "c", Kind.FIRST, None, True, 1, 4, 4, Kind.SECOND, "other"):
        out += [compiled().item(), compiled().item()]
        limit = 4 if mode == 4 else 3
    return out


# --- what is called from what is not followed -----------------------------------------------------------------------


class Sized:
    def __init__(self, size):
        self.size = size

    def __bool__(self):
        return self.size > 1

    def __len__(self):
        return self.size


def with_sizes(compile, learn, factor):
    """What it gives where the size of an object changes."""
    first, second = Sized(1), Sized(2)
    return calls(compile(lambda: learn(factor([first, second]))), lambda: setattr(first, "size", 5))


@program
def sorted_by_an_attribute(torch, compile):
    by_size = operator.attrgetter("size")
    return with_sizes(compile, learner(torch), lambda some: 1.0 if sorted(some, key=by_size)[0] is some[0] else 2.0)


@program
def attributes_of_all(torch, compile):
    return with_sizes(compile, learner(torch), lambda some: sum(map(operator.attrgetter("size"), some)))


@program
def lengths_of_all(torch, compile):
    return with_sizes(compile, learner(torch), lambda some: sum(map(len, some)))


@program
def those_that_are_true(torch, compile):
    return with_sizes(compile, learner(torch), lambda some: len(list(filter(None, some))))


@program
def objects_made_by_map(torch, compile):
    learn, factor = learner(torch), 1.0

    class One:
        def __init__(self, size):
            self.size = size * factor

    compiled = compile(lambda: learn(sum(one.size for one in map(One, [1.0, 2.0]))))
    out = calls(compiled)
    factor = 2.0
    return out + calls(compiled)


@program
def greatest_by_entry(torch, compile):
    learn, sizes = learner(torch), {"a": 1.0, "b": 2.0}
    return calls(compile(lambda: learn(1.0 if max(sizes, key=sizes.get) == "a" else 2.0)), lambda: sizes.update(a=3.0))


@program
def print_replaced(torch, compile):
    learn, printed, before = learner(torch), [], builtins.print

    def step():
        print("a step")
        return learn()

    compiled = compile(step)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return [*calls(compiled, lambda: setattr(builtins, "print", printed.append)), printed]
    finally:
        builtins.print = before


# --- which containers are one ---------------------------------------------------------------------------------------


@program
def deep_copy_changed(torch, compile):
    learn, options = learner(torch), {"a": [1.0, 2.0]}

    def step():
        own = copy.deepcopy(options)
        own["a"][0] += 1
        return learn(own["a"][0])

    return [*calls(compile(step), lambda: options["a"].insert(0, 3.0)), options]


@program
def list_from_outside_returned(torch, compile):
    learn, losses = learner(torch), []

    def step():
        losses.append(learn().detach())
        return losses, {"all": losses}

    compiled = compile(step)
    found = [compiled() for _ in range(3)]
    return [all(one[0] is losses and one[1]["all"] is losses for one in found), [one.item() for one in losses]]


@program
def list_from_outside_kept(torch, compile):
    learn, holder = learner(torch), types.SimpleNamespace(losses=[], same=None)

    def step():
        holder.same = holder.losses
        holder.losses.append(1)
        return learn()

    return [*calls(compile(step)), holder.same is holder.losses, holder.same]


@program
def dictionary_returned_and_kept(torch, compile):
    learn, kept = learner(torch), []

    def step():
        metrics = {"loss": learn().detach()}
        kept.append(metrics)
        _first, *rest = [1, 2, 3]
        return metrics, [metrics], rest

    compiled = compile(step)
    for number in range(4):
        metrics, inside, rest = compiled()
        metrics["number"] = number
        inside.append(number)
        rest[0] += number
    return [[(one["loss"].item(), one["number"]) for one in kept], inside[0] is metrics, rest]


@program
def argument_changed(torch, compile):
    learn = learner(torch)

    def step(batch):
        batch["loss"] = learn()
        return batch["loss"]

    return [compile(step)({"x": torch.ones(1)}).item()]


@program
def argument_returned(torch, compile):
    def step(batch):
        return batch

    return [list(compile(step)({"x": torch.ones(1)}))]


@program
def step_of_the_base_class(torch, compile):
    x, y = data(torch)
    model = net(torch, 3, 1)

    class Scaled(torch.optim.SGD):
        factor = 1.0

        def step(self, closure=None):
            for group in self.param_groups:
                for one in group["params"]:
                    one.grad.mul_(self.factor)
            return super().step(closure)

    optimizer = Scaled(model.parameters(), lr=0.1, momentum=0.9)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return calls(compile(step), lambda: setattr(Scaled, "factor", 0.5))


# --- own containers that take what is in others ---------------------------------------------------------------------


def extended(some):
    own = [0.5]
    own.extend(some)
    return sum(own)


def updated(some):
    own = {0: 0.5}
    own.update(enumerate(some))
    return sum(own.values())


def joined(some):
    return sum({0.5}.union(some)) + len({1.0}.intersection(some))


def queued(some):
    own = collections.deque(maxlen=2)
    own.extend(some)
    return sum(own)


def sorted_by_text(some):
    own = list(some)
    own.sort(key=str, reverse=True)
    return own[0]


def of_arrays(some):
    return float(np.mean(some)) + np.array(some).sum()


TAKING = {
    "extended": extended, "updated": updated, "joined": joined, "queued": queued, "sorted_by_text": sorted_by_text,
    "of_arrays": of_arrays, "of_a_frozen_set": lambda some: len(frozenset(some) | {9.0}),
}  # fmt: skip

for _name, _taking in TAKING.items():

    def _taken(torch, compile, taking=_taking):
        learn, some = learner(torch), [1.0, 2.0]
        return calls(compile(lambda: learn(taking(some))), lambda: some.append(3.0), lambda: some.insert(0, 4.0))

    _taken.__name__ = f"numbers_{_name}"
    program(_taken)


class Weighed:
    def __init__(self, weight):
        self.weight = weight

    def __lt__(self, other):
        return self.weight < other.weight


@program
def objects_sorted_in_place(torch, compile):
    learn, some = learner(torch), [Weighed(1), Weighed(2)]

    def step():
        own = list(some)
        own.sort()
        return learn(1.0 if own[0] is some[0] else 2.0)

    return calls(compile(step), lambda: setattr(some[0], "weight", 3))


@program
def modes_set_and_read_in_the_step(torch, compile):
    class Noisy(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.count = torch.nn.Linear(3, 1), 0

        def forward(self, x):
            if self.training:
                self.count += 1
            return torch.nn.functional.dropout(self.linear(x), 0.5, training=self.training)

    x, y = data(torch)
    model = Noisy()
    optimizer = sgd(torch, model)

    def step():
        model.train()
        optimizer.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        optimizer.step()
        model.eval()
        with torch.no_grad():
            return ((model(x) - y) ** 2).mean()

    return [*calls(compile(step), model.train), model.count, model.training]
