"""Idioms of training loops and of Python: each call of the compiled step is the eager one, whatever changes between."""

# ruff: noqa: B018, B905, C416, E741, RUF005, RUF012  programs as their users write them

from __future__ import annotations

import argparse
import collections
import copy
import dataclasses
import enum
import functools
import itertools
import math
import operator
import types
from typing import cast

import numpy as np
import pytest
from agreement import content

import numpynet as torch
import numpynet.nn.functional as F
from numpynet import nn

CASES = {}  # each makes a step, the arguments of a call, what changes before it, and what the step leaves behind
# each call of these is a CompileError
REFUSED = {"cycle", "copied_object", "fork", "descriptor", "attrgetter"}


def case(make):
    CASES[make.__name__] = make
    return make


@case
def gan():
    torch.manual_seed(0)
    G, D = nn.Linear(2, 2), nn.Linear(2, 1)
    og, od = torch.optim.SGD(G.parameters(), lr=0.1, momentum=0.5), torch.optim.Adam(D.parameters(), lr=0.01)
    z = torch.randn(4, 2)

    def step():
        for p in D.parameters():
            p.requires_grad_(False)
        og.zero_grad()
        loss = -D(G(z)).mean()
        loss.backward()
        og.step()
        for p in D.parameters():
            p.requires_grad_(True)
        od.zero_grad()
        ld = D(G(z).detach()).mean()
        ld.backward()
        od.step()
        return loss.detach(), ld.detach()

    return step, lambda i: (), None, lambda: [p for p in [*G.parameters(), *D.parameters()]]


@case
def gan2():
    torch.manual_seed(0)
    G, D = nn.Linear(2, 2), nn.Linear(2, 1)
    og = torch.optim.SGD(G.parameters(), lr=0.1)
    z = torch.randn(4, 2)

    def step():
        D.requires_grad_(False)
        og.zero_grad()
        loss = -D(G(z)).mean()
        loss.backward()
        og.step()
        D.requires_grad_(True)
        return loss.detach()

    return step, lambda i: (), None, lambda: [p for p in [*G.parameters(), *D.parameters()]]


@case
def fork():
    def step():
        with torch.random.fork_rng():
            torch.manual_seed(1)
            a = torch.rand(2)
        return a + torch.rand(2)

    return step, lambda i: (), None, lambda: torch.rand(1)


@case
def dataclassarg():
    @dataclasses.dataclass
    class B:
        x: torch.Tensor
        k: float

    def step(b):
        return b.x * b.k

    b = B(torch.ones(2), 2.0)

    def ch(i):
        if i == 3:
            b.k = 3.0
        if i == 4:
            b.x = torch.zeros(2)

    return step, lambda i: (b if i < 2 else B(torch.ones(2) * i, i * 1.0) if i > 4 else b,), ch, lambda: 0


@case
def sched():
    w = torch.ones(2, requires_grad=True)
    o = torch.optim.SGD([w], lr=0.1)
    s = torch.optim.lr_scheduler.StepLR(o, 1, 0.5)

    def step():
        o.zero_grad()
        (w**2).sum().backward()
        o.step()
        return w.detach() * s.get_last_lr()[0] + s.last_epoch

    return step, lambda i: (), lambda i: s.step(), lambda: w


@case
def moduledict():
    heads = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Tanh()})

    def step(x):
        return sum(h(x) for h in heads.values()) * len(heads)

    def ch(i):
        if i == 2:
            heads.pop("b")
        if i == 3:
            heads["c"] = nn.Sigmoid()
        if i == 4:
            del heads["a"]

    return step, lambda i: (torch.ones(2) * i,), ch, lambda: 0


@case
def modulelist():
    ls = nn.ModuleList([nn.Linear(2, 2) for _ in range(2)])

    def step(x):
        with torch.no_grad():
            for i, l in enumerate(ls):
                x = l(x) * (i + 1)
            return x + ls[-1].bias

    torch.manual_seed(0)

    def ch(i):
        torch.manual_seed(i)
        if i == 2:
            ls.append(nn.Linear(2, 2))
        if i == 3:
            ls[0] = nn.Linear(2, 2)
        if i == 4:
            ls.insert(0, nn.ReLU())

    return step, lambda i: (torch.ones(2) * i,), ch, lambda: 0


@case
def seqappend():
    s = nn.Sequential(nn.Tanh())

    def step(x):
        return s(x)

    def ch(i):
        if i == 2:
            s.append(nn.Sigmoid())
        if i == 3:
            s[0] = nn.ReLU()
        if i == 4:
            s.forward = lambda x: x * 7
        if i == 5:
            del s.forward

    return step, lambda i: (torch.ones(2) * i,), ch, lambda: 0


@case
def ema_model():
    torch.manual_seed(0)
    m, e = nn.Linear(2, 1), nn.Linear(2, 1)
    o = torch.optim.SGD(m.parameters(), lr=0.1)
    x = torch.randn(4, 2)

    def step():
        o.zero_grad()
        l = (m(x) ** 2).mean()
        l.backward()
        o.step()
        with torch.no_grad():
            for p, q in zip(m.parameters(), e.parameters()):
                q.mul_(0.9).add_(p, alpha=0.1)
        return l

    return step, lambda i: (), None, lambda: [*m.parameters(), *e.parameters()]


@case
def swa_dict():
    torch.manual_seed(0)
    m = nn.Linear(2, 1)
    avg = {k: v.clone() for k, v in m.state_dict().items()}
    o = torch.optim.SGD(m.parameters(), lr=0.1)
    x = torch.randn(4, 2)
    n = [0]

    def step():
        o.zero_grad()
        l = (m(x) ** 2).mean()
        l.backward()
        o.step()
        n[0] += 1
        for k, v in m.state_dict().items():
            avg[k] = avg[k] + (v - avg[k]) / n[0]
        return l

    return step, lambda i: (), None, lambda: [*avg.values(), n[0]]


@case
def rnn_state():
    torch.manual_seed(0)
    w = torch.randn(2, 2, requires_grad=True)
    st = types.SimpleNamespace(h=torch.zeros(2))
    o = torch.optim.SGD([w], lr=0.1)

    def step(x):
        o.zero_grad()
        h = torch.tanh(st.h @ w + x)
        l = (h**2).sum()
        l.backward()
        o.step()
        st.h = h.detach()
        return l

    def ch(i):
        if i == 3:
            st.h = torch.ones(2)

    return step, lambda i: (torch.ones(2) * i,), ch, lambda: [w, st.h]


@case
def lr_warmup():
    w = torch.ones(2, requires_grad=True)
    o = torch.optim.SGD([w], lr=0.1)
    st = {"i": 0}

    def step():
        st["i"] += 1
        for g in o.param_groups:
            g["lr"] = 0.1 * min(1.0, st["i"] / 3)
        o.zero_grad()
        (w**2).sum().backward()
        o.step()
        return w.detach().sum()

    return step, lambda i: (), None, lambda: [w, st["i"], o.param_groups[0]["lr"]]


@case
def beta_schedule():
    w = torch.ones(2, requires_grad=True)
    o = torch.optim.Adam([w], lr=0.1)

    class T:
        def __init__(s):
            s.n = 0

        def beta(s):
            s.n += 1
            return 1 / (1 + s.n)

    t = T()

    def step():
        o.zero_grad()
        l = ((w * t.beta()) ** 2).sum()
        l.backward()
        o.step()
        return l

    return step, lambda i: (), None, lambda: [w, t.n]


@case
def history():
    w = torch.ones(2, requires_grad=True)
    o = torch.optim.SGD([w], lr=0.1)
    h = {"loss": [], "n": 0}

    def step():
        o.zero_grad()
        l = (w**2).sum()
        l.backward()
        o.step()
        h["loss"].append(l.detach())
        h["n"] += 1
        return l

    return step, lambda i: (), None, lambda: [w, h["loss"], h["n"]]


@case
def best():
    st = types.SimpleNamespace(best=None)

    def step(x):
        l = (x**2).sum()
        st.best = l if st.best is None else torch.minimum(st.best, l)
        return l

    return step, lambda i: (torch.ones(2) * (5 - i),), None, lambda: [st.best]


@case
def lbfgs_closure():
    w = torch.ones(2, requires_grad=True)
    o = torch.optim.SGD([w], lr=0.1)
    k = [1.0]

    def step():
        def closure():
            o.zero_grad()
            l = ((w * k[0]) ** 2).sum()
            l.backward()
            return l

        return o.step(closure)

    def ch(i):
        k[0] = 1.0 + i // 2

    return step, lambda i: (), ch, lambda: [w]


@case
def accumulate():
    w = torch.ones(2, requires_grad=True)
    o = torch.optim.SGD([w], lr=0.1)
    c = [0]

    def step(x):
        l = ((w * x) ** 2).sum()
        l.backward()
        c[0] += 1
        if c[0] % 2 == 0:
            o.step()
            o.zero_grad()
        return l

    return step, lambda i: (torch.ones(2) * i,), None, lambda: [w, w.grad, c[0]]


@case
def setattr_dyn():
    class A:
        pass

    a = A()

    def step(x):
        for n in ("p", "q"):
            setattr(a, n, getattr(a, n, 0) + 1)
        return x * a.p + a.q

    def ch(i):
        if i == 3:
            a.p = 10

    return step, lambda i: (torch.ones(2),), ch, lambda: [a.p, a.q]


@case
def weight_tying():
    torch.manual_seed(0)
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    b.weight = a.weight
    o = torch.optim.SGD([*a.parameters(), b.bias], lr=0.1)
    x = torch.randn(3, 2)

    def step():
        o.zero_grad()
        l = b(a(x)).pow(2).mean()
        l.backward()
        o.step()
        return l

    def ch(i):
        if i == 3:
            b.weight = nn.Parameter(torch.ones(2, 2))

    return step, lambda i: (), ch, lambda: [*a.parameters(), *b.parameters(), a.weight.grad]


@case
def class_attr_list():
    class M(nn.Module):
        ks = [1.0, 2.0]

        def forward(s, x):
            return sum(x * k for k in s.ks)

    m = M()

    def ch(i):
        if i == 2:
            M.ks.append(3.0)
        if i == 3:
            m.ks = [5.0]

    return (lambda x: m(x)), lambda i: (torch.ones(2),), ch, lambda: 0


@case
def inherit_module():
    class B(nn.Module):
        def __init__(s):
            super().__init__()
            s.k = 2.0
            s._h = {"a": 1.0}

        def scale(s, x):
            return x * s.k

        def forward(s, x):
            return s.scale(x) + s._h["a"]

    class C(B):
        def forward(s, x):
            return super().forward(x) * 2

    m = C()

    def ch(i):
        if i == 2:
            m.k = 3.0
        if i == 3:
            m._h["a"] = 9.0
        if i == 4:
            C.forward = lambda s, x: x

    return (lambda x: m(x)), lambda i: (torch.ones(2),), ch, lambda: 0


@case
def arg_scalar():
    def step(x, k, flag=True, mode="a"):
        return x * k if flag and mode == "a" else x - k

    args = [(2.0,), (3.0,), (3.0, False), (3.0, True, "b"), (3,), (2.0,)]
    return step, lambda i: (torch.ones(2), *args[i % 6]), None, lambda: 0


@case
def walrus_comp():
    l = [1.0, 2.0, 3.0]

    def step(x):
        return [y for k in l if (y := x * k).shape[0] == 2 and k > 1.5]

    def ch(i):
        if i == 2:
            l[0] = 5.0

    return step, lambda i: (torch.ones(2),), ch, lambda: 0


@case
def dropout_rate_global():
    st = {"p": 0.5}

    def step(x):
        return F.dropout(x, st["p"], training=True)

    def ch(i):
        st["p"] = 0.5 if i < 3 else 0.2

    return step, lambda i: (torch.ones(20),), ch, lambda: torch.rand(1)


@case
def param_property():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.w = nn.Parameter(torch.ones(2))
            s.t = 1.0

        @property
        def eff(s):
            return s.w * s.t

        def forward(s, x):
            return (x * s.eff).sum()

    m = M()

    def step(x):
        m.w.grad = None
        l = m(x)
        l.backward()
        return l

    def ch(i):
        if i == 2:
            m.t = 4.0
        if i == 4:
            m.w = nn.Parameter(torch.zeros(2))

    return step, lambda i: (torch.ones(2),), ch, lambda: [m.w, m.w.grad]


@case
def tensor_list_global():
    ts = [torch.ones(2), torch.zeros(2)]

    def step(x):
        return x + ts[0] * 2 + sum(ts)

    def ch(i):
        if i == 2:
            ts[0] = torch.full((2,), 5.0)
        if i == 3:
            ts[1].fill_(3.0)
        if i == 4:
            ts.append(torch.ones(2))

    return step, lambda i: (torch.ones(2),), ch, lambda: 0


@case
def same_tensor_two_paths():
    a = torch.ones(2)
    st = types.SimpleNamespace(t=a)
    g = {"x": a}
    x = a

    def step():
        return x * 2 + st.t + g["x"]

    def ch(i):
        nonlocal x
        if i == 2:
            x = torch.zeros(2)
        if i == 3:
            st.t = torch.full((2,), 3.0)
        if i == 4:
            g["x"] = x

    return step, lambda i: (), ch, lambda: 0


@case
def arg_is_attr():
    st = types.SimpleNamespace(t=torch.ones(2))

    def step(x):
        return x * 2 + st.t

    def ch(i):
        if i == 3:
            st.t = torch.full((2,), 3.0)

    return step, lambda i: (st.t if i % 2 else torch.zeros(2),), ch, lambda: 0


@case
def buffer_arg():
    bn = nn.BatchNorm1d(2)

    def step(x):
        return bn.running_mean + x

    return step, lambda i: (bn.running_mean if i == 0 else torch.ones(2) * i,), None, lambda: 0


@case
def np_const():
    a = np.ones(2, np.float32)

    def step(x):
        return x + torch.from_numpy(a)

    def ch(i):
        if i == 2:
            a[0] = 7

    return step, lambda i: (torch.ones(2),), ch, lambda: 0


@case
def torch_tensor_of_list():
    l = [1.0, 2.0]

    def step(x):
        return x + torch.tensor(l)

    def ch(i):
        if i == 2:
            l[0] = 7

    return step, lambda i: (torch.ones(2),), ch, lambda: 0


@case
def str_format_key():
    ws = {"w0": torch.ones(2), "w1": torch.zeros(2)}
    n = 2

    def step(x):
        for i in range(n):
            x = x + ws[f"w{i}"] * (i + 1)
        return x

    def ch(i):
        nonlocal n
        if i == 2:
            n = 1
        if i == 3:
            ws["w0"] = torch.full((2,), 4.0)

    return step, lambda i: (torch.ones(2),), ch, lambda: 0


ONE = torch.ones(2)


def simple(name, make):
    """make() -> step, list of changes"""

    def f():
        step, changes = make()
        return (
            step,
            lambda i: (ONE * (i + 1),),
            lambda i: changes[i - 1]() if 0 < i <= len(changes) else None,
            lambda: 0,
        )

    CASES[name] = f


def mk(name):
    def deco(make):
        simple(name, make)
        return make

    return deco


@mk("eq_contains")
def _():
    class V:
        def __init__(s):
            s.v = 1

        def __eq__(s, o):
            return s.v == o

        def __contains__(s, o):
            return o < s.v + 1

        def __neg__(s):
            return -s.v

        def __add__(s, o):
            return s.v + o

        __hash__ = None

    v = V()
    return (lambda x: x * (2 if v == 1 else 3) * (5 if 2 in v else 7) * (-v) * (v + 1)), [
        lambda: setattr(v, "v", 2),
        lambda: setattr(v, "v", 5),
    ]


@mk("cached_prop")
def _():
    class V:
        k = 2.0

        @functools.cached_property
        def c(s):
            return s.k * 2

    v = V()
    v.c
    return (lambda x: x * v.c), [lambda: v.__dict__.update(c=9.0), lambda: v.__dict__.pop("c")]


@mk("lru")
def _():
    k = [2.0]

    @functools.lru_cache
    def f(a):
        return a * k[0]

    return (lambda x: x * f(1)), [lambda: k.append(k.pop() + 1), f.cache_clear]


@mk("lru_method")
def _():
    class M(nn.Module):
        k = 2.0

        @functools.lru_cache(maxsize=1)  # noqa: B019
        def parts(self, n, size, *, more=0):
            return [self.k, (n, *size, more)]

        def forward(self, x):
            k, (n, *rest) = self.parts(x.ndim, x.shape, more=4)
            return x * k * n + rest[-1]

    m = M()
    return m, [
        lambda: setattr(m, "k", 3.0),
        lambda: m.parts(1, ()),
        lambda: m.parts(1, torch.Size([2]), more=4).__setitem__(0, 5.0),
        M.parts.cache_clear,
    ]


@mk("cast")
def _():
    k = {"a": 2.0}
    return (lambda x: x * cast("float", k["a"])), [lambda: k.update(a=3.0)]


@mk("descriptor")
def _():
    class D:
        def __get__(s, o, t):
            return o.v * 2

    class V:
        d = D()
        v = 1.0

    o = V()
    return (lambda x: x * o.d), [lambda: setattr(o, "v", 3.0)]


@mk("metaclass")
def _():
    class M(type):
        k = 2.0

    class V(metaclass=M):
        pass

    return (lambda x: x * V.k), [lambda: setattr(M, "k", 3.0), lambda: setattr(V, "k", 5.0)]


@mk("class_changed")
def _():
    class A:
        k = 2.0

        def f(s, x):
            return x * s.k

    class B:
        k = 3.0

        def f(s, x):
            return x - s.k

    o = A()
    return (lambda x: o.f(x) * (2 if isinstance(o, A) else 5)), [lambda: setattr(o, "__class__", B)]


@mk("class_changed_isinstance_only")
def _():
    class A:
        pass

    class B:
        pass

    o = A()
    return (lambda x: x * (2 if isinstance(o, A) else 5)), [lambda: setattr(o, "__class__", B)]


@mk("type_name")
def _():
    class A:
        pass

    class B:
        pass

    o = A()
    return (lambda x: x * (2 if type(o).__name__ == "A" else 5)), [lambda: setattr(o, "__class__", B)]


@mk("namedtuple_cfg")
def _():
    C = collections.namedtuple("C", "a b")
    c = C(1.0, [2.0])

    def ch():
        nonlocal c
        c = c._replace(a=5.0)

    return (lambda x: x * c.a * c.b[0]), [lambda: c.b.__setitem__(0, 7.0), ch]


@mk("argparse")
def _():
    a = argparse.Namespace(k=1.0, m=[1, 2])
    return (lambda x: x * a.k * sum(a.m) * vars(a)["k"]), [lambda: setattr(a, "k", 2.0), lambda: a.m.append(4)]


@mk("vars_items")
def _():
    class A:
        pass

    a = A()
    a.p = 1.0
    return (lambda x: x * sum(v for v in vars(a).values())), [lambda: setattr(a, "q", 2.0)]


@mk("dunder_dict")
def _():
    class A:
        pass

    a = A()
    a.p = 1.0
    return (lambda x: x * a.__dict__["p"]), [lambda: setattr(a, "p", 2.0)]


@mk("attrgetter")
def _():
    class A:
        pass

    a = A()
    a.p = 1.0
    g = operator.attrgetter("p")
    return (lambda x: x * g(a)), [lambda: setattr(a, "p", 2.0)]


@mk("sorted_key")
def _():
    l = [3.0, 1.0, 2.0]
    w = {"s": 1}
    return (lambda x: x * sorted(l, key=lambda v: v * w["s"])[0]), [lambda: w.update(s=-1), lambda: l.append(9.0)]


@mk("map_method")
def _():
    class A:
        k = 2.0

        def f(s, v):
            return v * s.k

    a = A()
    l = [1.0, 2.0]
    return (lambda x: x * sum(map(a.f, l))), [lambda: setattr(a, "k", 5.0), lambda: l.append(1.0)]


@mk("any_gen")
def _():
    l = [1, 2]
    t = [2]
    return (lambda x: x * (2 if any(v > t[0] for v in l) else 3)), [lambda: l.append(5), lambda: t.__setitem__(0, 9)]


@mk("bound_method_var")
def _():
    class A:
        k = 2.0

        def f(s, x):
            return x * s.k

    a = A()
    f = a.f
    return (lambda x: f(x)), [lambda: setattr(a, "k", 5.0), lambda: setattr(A, "f", lambda s, x: x)]


@mk("recursion")
def _():
    d = [3]

    def f(x, n):
        return x if n == 0 else f(x * 2, n - 1)

    return (lambda x: f(x, d[0])), [lambda: d.__setitem__(0, 1)]


@mk("star")
def _():
    a, k = [1.0, 2.0], {"c": 3.0}

    def f(x, a, b, c=1.0, **r):
        return x * a + b * c + len(r)

    return (lambda x: f(x, *a, **k)), [lambda: a.__setitem__(0, 9.0), lambda: k.update(c=5.0), lambda: k.update(z=1)]


@mk("lambda_defaults")
def _():
    fs = [lambda x, k=k: x * k for k in (1.0, 2.0)]
    return (lambda x: sum(f(x) for f in fs)), [lambda: fs.pop(), lambda: fs.append(lambda x: x * 100)]


@mk("property_setter")
def _():
    class A:
        _k = 1.0

        @property
        def k(s):
            return s._k

        @k.setter
        def k(s, v):
            s._k = v * 2

    a = A()

    def step(x):
        y = x * a.k
        a.k = 3.0
        return y

    return step, [lambda: setattr(a, "k", 50.0)]


@mk("custom_setattr")
def _():
    class A:
        def __init__(s):
            object.__setattr__(s, "d", {"k": 1.0})

        def __setattr__(s, n, v):
            s.d[n] = v

        def __getattr__(s, n):
            return s.d[n]

    a = A()

    def step(x):
        a.k = a.k + 1
        return x * a.k

    return step, [lambda: setattr(a, "k", 50.0)]


@mk("slots_counter")
def _():
    class A:
        __slots__ = ("n",)

        def __init__(s):
            s.n = 0

    a = A()

    def step(x):
        a.n += 1
        return x * a.n

    return step, [lambda: setattr(a, "n", 50)]


@mk("deque_window")
def _():
    d = collections.deque([1.0, 2.0], maxlen=2)
    return (lambda x: x * d[0] + sum(d)), [lambda: d.append(7.0)]


@mk("cycle")
def _():
    c = itertools.cycle([1.0, 2.0])
    return (lambda x: x * next(c)), []


@mk("try_finally")
def _():
    n = [0]
    k = [1]

    def step(x):
        try:
            if k[0] > 1:
                return x * 2
            return x * 3
        finally:
            n[0] += 1

    return step, [lambda: k.__setitem__(0, 5)]


@mk("yield_from")
def _():
    l = [1.0, 2.0]

    def g():
        yield from l

    def h():
        yield 5.0
        yield from g()

    return (lambda x: sum(x * v for v in h())), [lambda: l.append(3.0)]


@mk("counter_obj")
def _():
    c = collections.Counter(a=1)
    return (lambda x: x * c["a"] + c["zz"]), [lambda: c.update(a=2), lambda: c.update(zz=2)]


@mk("defaultdict")
def _():
    c = collections.defaultdict(lambda: 2.0)
    return (lambda x: x * c["a"]), [lambda: c.update(a=5.0)]


@mk("enum_value")
def _():
    class E(enum.IntEnum):
        A = 1
        B = 2

    st = types.SimpleNamespace(m=E.A)
    return (lambda x: x * st.m.value * (2 if st.m == E.A else 3) * int(st.m)), [lambda: setattr(st, "m", E.B)]


@mk("frozen_dc")
def _():
    @dataclasses.dataclass(frozen=True)
    class C:
        k: float = 1.0

        def f(s, x):
            return x * s.k

    c = C()

    def ch():
        nonlocal c
        c = C(5.0)

    return (lambda x: c.f(x) + C(2.0).k), [ch]


@mk("global_rebound_fn")
def _():
    f = functools.partial(lambda x, k: x * k, k=2.0)

    def ch():
        nonlocal f
        f = functools.partial(lambda x, k: x * k, k=9.0)

    return (lambda x: f(x)), [lambda: f.keywords.update(k=4.0), ch]


@mk("nan_guard")
def _():
    k = [float("nan")]
    return (lambda x: x * k[0]), [
        lambda: k.__setitem__(0, float("nan")),
        lambda: k.__setitem__(0, -0.0),
        lambda: k.__setitem__(0, 0.0),
    ]


@mk("bool_int")
def _():
    k = [True]
    return (lambda x: x * k[0] if k[0] is True else x + k[0]), [
        lambda: k.__setitem__(0, 1),
        lambda: k.__setitem__(0, 1.0),
    ]


@mk("set_iter")
def _():
    s = {1, 2}
    return (lambda x: x * sum(s) + len(s)), [lambda: s.add(9), lambda: s.discard(1)]


@mk("nested_list")
def _():
    l = [[1.0], [2.0]]
    return (lambda x: sum(x * r[0] for r in l) + x * l[1][0]), [
        lambda: l[1].__setitem__(0, 7.0),
        lambda: l.append([3.0]),
    ]


@mk("list_eq")
def _():
    l = [1, 2]
    return (lambda x: x * 2 if l == [1, 2] else x), [lambda: l.append(1)]


@mk("list_plus")
def _():
    l = [1.0]
    return (lambda x: x * sum(l + [2.0]) * sum(l * 2)), [lambda: l.append(1.0)]


@mk("slice_read")
def _():
    l = [1.0, 2.0, 3.0]
    return (lambda x: x * sum(l[1:])), [lambda: l.append(1.0), lambda: l.__setitem__(2, 9.0)]


@mk("max_key")
def _():
    cs = [types.SimpleNamespace(k=1.0), types.SimpleNamespace(k=2.0)]
    return (lambda x: x * max(cs, key=lambda c: c.k).k), [lambda: setattr(cs[0], "k", 5.0)]


@mk("next_gen")
def _():
    cs = [1.0, 2.0]
    t = [1.5]
    return (lambda x: x * next(c for c in cs if c > t[0])), [
        lambda: cs.insert(0, 9.0),
        lambda: t.__setitem__(0, 9.5) or cs.append(10.0),
    ]


@mk("copied_object")
def _():
    c = types.SimpleNamespace(a=types.SimpleNamespace(k=1.0), b={"z": 1.0})

    def step(x):
        d = copy.copy(c)
        d.w = 3.0
        e = copy.deepcopy(c.b)
        e["z"] += 1
        return x * d.a.k * d.w * e["z"]

    return step, [lambda: setattr(c.a, "k", 5.0), lambda: c.b.update(z=4.0)]


@mk("kwonly_method")
def _():
    class A:
        s = 2.0

        def f(self, x, *, k=None):
            return x * (k if k is not None else self.s)

    a = A()
    return (lambda x: a.f(x) + a.f(x, k=3.0)), [lambda: setattr(a, "s", 9.0)]


@mk("math_consts")
def _():
    c = types.SimpleNamespace(k=2)
    return (lambda x: x * math.pi * math.floor(c.k / 2) + math.comb(4, c.k)), [lambda: setattr(c, "k", 3)]


@mk("while_counter")
def _():
    c = {"n": 3}

    def step(x):
        i = 0
        while True:
            i += 1
            if i >= c["n"]:
                break
            x = x * 2
        else:
            x = x * 100
        return x

    return step, [lambda: c.update(n=1)]


@mk("nested_funcs_share")
def _():
    base = 2.0

    def outer(x):
        k = base

        def inner(y):
            nonlocal k
            k += 1
            return y * k

        return inner(x) + inner(x)

    def ch():
        nonlocal base
        base = 10.0

    return outer, [ch]


@mk("del_attr")
def _():
    class A:
        k = 1.0

    a = A()
    a.k = 5.0
    return (lambda x: x * a.k), [lambda: delattr(a, "k"), lambda: setattr(A, "k", 3.0)]


@mk("private_name")
def _():
    class A:
        def __init__(s):
            s.__k = 2.0

        def f(s, x):
            return x * s.__k

        def set(s, v):
            s.__k = v

    a = A()
    return (lambda x: a.f(x)), [lambda: a.set(7.0)]


@mk("multiple_inherit")
def _():
    class P:
        def f(s, x):
            return x * 2

    class Q:
        def f(s, x):
            return x * 3

    class R(P, Q):
        def f(s, x):
            return super().f(x) + super(P, s).f(x)

    r = R()
    return (lambda x: r.f(x)), [
        lambda: setattr(P, "f", lambda s, x: x * 10),
        lambda: setattr(Q, "f", lambda s, x: x * 20),
    ]


@pytest.mark.filterwarnings("ignore:Detected call of:UserWarning")
@pytest.mark.parametrize("name", CASES)
def test_each_call_is_the_eager_one(name):
    settings = []
    for _ in range(2):
        torch.manual_seed(7)
        settings.append(CASES[name]())
    step = torch.compile(settings[1][0])
    for number in range(7):
        found = []
        for run, (eager, arguments, change, left) in zip((settings[0][0], step), settings, strict=True):
            if change is not None:
                change(number)
            torch.manual_seed(number)
            given = arguments(number)
            torch.manual_seed(number)
            try:
                result = run(*given)
            except torch.CompileError:
                assert name in REFUSED
                result = eager(*given)
            else:
                assert name not in REFUSED or run is eager
            found.append((content(result), content(left())))
        assert found[0] == found[1], number


@functools.cache
def remembered(*args):
    if not args:
        return 1 / len(args)
    if type(args[0]) is int:
        return remembered("tensor", "made inside").shape[0]
    return {"tensor": torch.eye, "view": WEIGHT.view}.get(args[0], lambda _: object())(2)


WEIGHT = torch.ones(1, 2)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (lambda x: x @ remembered("tensor"), "kept for other calls"),
        (lambda x: x @ remembered("view"), "kept for other calls"),
        (lambda x: x * remembered(2), "kept for other calls"),
        (lambda x: x * (remembered() is None), "raises ZeroDivisionError"),
        (lambda x: x * (remembered(x) is None), "made anew at each call"),
        (lambda x: x * (remembered(object()) is None), "made anew at each call"),
        (lambda x: x * (remembered(lambda: 1) is None), "made anew at each call"),
    ],
)
def test_what_a_function_remembers_of_the_trace_itself_is_refused(step, reason):
    with pytest.raises(torch.CompileError, match=reason):
        torch.compile(step)(torch.ones(2))
    for name in ("tensor", "view", ("tensor", "made inside")):
        assert type(remembered(*([name] if isinstance(name, str) else name)).numpy()) is np.ndarray
    remembered.cache_clear()


def test_tensors_that_were_remembered_before_are_like_others():
    step = torch.compile(lambda x: x @ remembered("tensor"))
    remembered("tensor")
    assert step(torch.ones(2)).tolist() == [1.0, 1.0]
    remembered("tensor").mul_(2)
    assert step(torch.ones(2)).tolist() == [2.0, 2.0]
    remembered.cache_clear()


def test_a_step_that_is_compiled_knows_it():
    def step(x):
        if torch.jit.is_scripting():
            return -x
        return x * 2 if torch.compiler.is_compiling() else x

    x = torch.ones(2)
    assert (step(x).tolist(), torch.compile(step)(x).tolist()) == ([1.0, 1.0], [2.0, 2.0])
    assert not torch.compiler.is_compiling()
