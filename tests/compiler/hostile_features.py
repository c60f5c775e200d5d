# ruff: noqa: E501  the texts of programs
"""What a hostile program's model reads, writes or calls in some way of Python's, and what may change of it."""

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
    "hook that reads": (
        "k{n} = 1.5\ndef hook{n}(m, a, y): return y * k{n}", "self.act(x)",
        ["handle = model.act.register_forward_hook(hook{n})", "k{n} = 0.5", "handle and handle.remove()"],
    ),
    "hook before": (
        "k{n} = 1.5\ndef hook{n}(m, a): return (a[0] * k{n},)", "self.act(x)",
        ["handle = model.act.register_forward_pre_hook(hook{n})", "k{n} = 0.5", "handle and handle.remove()"],
    ),
    "hook of a result": (
        "k{n} = 0.5\ndef f{n}(x):\n    y = x * 1.0\n    if y.requires_grad:\n        y.register_hook(lambda g: g * k{n})\n    return y",
        "f{n}(x)", ["k{n} = 0.25"],
    ),
    "hook that counts": (
        "s{n} = [0]\ndef hook{n}(g):\n    s{n}[0] += 1\n    return g * 0.5", "x",
        ["model.a.weight.register_hook(hook{n})", "s{n}[0] = 5"],
    ),
    "hook of a parameter that reads": (
        "k{n} = 0.5\ndef hook{n}(g): return g * k{n}", "x", ["model.b.weight.register_hook(hook{n})", "k{n} = 2.0"],
    ),
    "hook of what is accumulated": (
        "k{n} = 0.5\ndef hook{n}(p): p.grad.mul_(k{n})", "x",
        ["model.a.bias.register_post_accumulate_grad_hook(hook{n})", "k{n} = 0.25"],
    ),
    "generator of random numbers": (
        "r{n} = torch.Generator().manual_seed(3)", "x + torch.rand(3, generator=r{n})",
        ["r{n}.manual_seed(4)", "r{n} = torch.Generator().manual_seed(9)", "torch.rand(2, generator=r{n})"],
    ),
    "permutation": ("", "x[torch.randperm(len(x))]", []),
    "random factor": ("k{n} = 0.5", "x + k{n} * torch.randn_like(x)", ["k{n} = 0.25", "k{n} = 0"]),
    "bernoulli": ("p{n} = 0.5", "x * torch.bernoulli(torch.full((3,), p{n}))", ["p{n} = 0.25"]),
    "dropout by a global": (
        "p{n} = 0.5", "torch.nn.functional.dropout(x, p{n}, self.training)", ["p{n} = 0.25", "p{n} = 0.0", "model.eval()"],
    ),
    "nested containers": ("l{n} = ([0.5], {{'a': [1.5]}})", "x * l{n}[0][0] * l{n}[1]['a'][-1]", ["l{n}[0][0] = 1.0", "l{n}[1]['a'].append(0.5)", "l{n}[1]['a'] = [2.0]"]),
    "defaultdict": (
        "import collections\nk{n} = 1.5\nd{n} = collections.defaultdict(lambda: k{n})", "x * d{n}['k']",
        ["d{n}['k'] = 0.5", "d{n}.clear(); k{n} = 0.25", "k{n} = 3.0"],
    ),
    "ordered dictionary": (
        "import collections\nd{n} = collections.OrderedDict(a=0.5, b=1.5)", "x * next(iter(d{n}.values()))",
        ["d{n}.move_to_end('a')", "d{n}.move_to_end('b', last=False)"],
    ),
    "deque": (
        "import collections\nq{n} = collections.deque([0.5, 1.5], maxlen=2)", "x * q{n}[0] * len(q{n})",
        ["q{n}.append(0.25)", "q{n}.rotate()", "q{n}[0] = 2.0"],
    ),
    "counter of things": ("import collections\nd{n} = collections.Counter('aab')", "x * d{n}['a'] * (d{n}['z'] + 1)", ["d{n}['a'] = 1", "d{n}['z'] += 1"]),
    "named tuple": (
        "import collections\nP{n} = collections.namedtuple('P{n}', 'k j')\np{n} = P{n}(1.5, 2.0)", "x * p{n}.k + p{n}[1]",
        ["p{n} = p{n}._replace(k=0.5)", "p{n} = P{n}(0.75, 1.0)"],
    ),
    "slice": ("l{n} = [0.5, 0.75, 1.0]", "sum(x * v for v in l{n}[1:])", ["l{n}.append(0.25)", "l{n}[2] = 2.0", "l{n}[0] = 9.0"]),
    "enumerated": ("l{n} = [0.5, 0.75]", "sum(x * v * i for i, v in enumerate(l{n}, 1))", ["l{n}.append(0.25)", "l{n}.reverse()"]),
    "reversed and sorted": ("l{n} = [0.75, 0.5]", "x * sorted(l{n})[0] + list(reversed(l{n}))[0]", ["l{n}.append(0.25)", "l{n}[1] = 2.0"]),
    "sorted by key": ("k{n} = 1\nl{n} = [0.75, 0.5]", "x * sorted(l{n}, key=lambda v: v * k{n})[0]", ["k{n} = -1", "l{n}.append(0.25)"]),
    "extremes": ("l{n} = [0.75, 0.5]", "x * max(l{n}) + min(l{n}, default=1)", ["l{n}.append(0.25)", "l{n}[0] = 2.0"]),
    "sums": ("l{n} = [0.75, 0.5]", "x * sum(l{n})", ["l{n}.append(0.25)", "l{n}.clear()"]),
    "any and all": ("l{n} = [1, 1]", "(x * 0.5 if all(l{n}) else x * 2 if any(l{n}) else x)", ["l{n}[0] = 0", "l{n} = [0, 0]", "l{n} = [1]"]),
    "lists compared": ("l{n} = [1, 2]", "(x * 0.5 if l{n} == [1, 2] else x)", ["l{n}[0] = 2", "l{n} = [1, 2]"]),
    "set operations": ("s{n} = {{1, 2}}", "(x * 0.5 if s{n} & {{3}} else x * len(s{n} | {{7}}))", ["s{n}.add(3)", "s{n}.discard(1)"]),
    "texts": ("t{n} = 'abc'", "(x * 0.5 if t{n}.startswith('a') else x * len(t{n}))", ["t{n} = 'bcd'", "t{n} = 'b'"]),
    "converted": ("k{n} = 1.5", "x * int(k{n}) + round(k{n}, 1)", ["k{n} = 2.25", "k{n} = 1.75"]),
    "isinstance": ("k{n} = 2", "(x * 0.5 if isinstance(k{n}, bool) else x * 2 if isinstance(k{n}, int) else x)", ["k{n} = 2.0", "k{n} = True", "k{n} = 3"]),
    "type": ("k{n} = 2.0", "(x * 0.5 if type(k{n}) is float else x)", ["k{n} = 2", "k{n} = 3.0"]),
    "None or a number": ("k{n} = None", "(x if k{n} is None else x * k{n})", ["k{n} = 0.5", "k{n} = None"]),
    "named on the way": ("k{n} = 1.5", "(x * q if (q := k{n}) > 1 else x)", ["k{n} = 0.5", "k{n} = 3.0"]),
    "keyword arguments": ("d{n} = dict(k=1.5)\ndef f{n}(x, k=1.0, j=1.0): return x * k * j", "f{n}(x, **d{n})", ["d{n}['k'] = 0.5", "d{n}['j'] = 0.25", "d{n} = {{}}"]),
    "default of a lambda": ("k{n} = 1.5", "(lambda x, k=k{n}: x * k)(x)", ["k{n} = 0.5"]),
    "comprehensions": (
        "d{n} = {{'a': 0.5, 'b': 1.5}}", "x * sum({{k: v for k, v in d{n}.items()}}.values()) * len({{v for v in d{n}}})",
        ["d{n}['c'] = 1.0", "d{n}['a'] = 0.25"],
    ),
    "nested comprehension": ("l{n} = [[0.5, 1.0], [0.25]]", "sum([x * v for one in l{n} for v in one if v > 0.3])", ["l{n}[1].append(0.75)", "l{n}[0][0] = 0.1"]),
    "list of tensors": (
        "l{n} = [torch.ones(()), torch.full((), 0.5)]", "sum(x * t for t in l{n})",
        ["l{n}.append(torch.full((), 0.25))", "l{n}[0].fill_(0.5)", "l{n}[0] = torch.full((), 2.0)"],
    ),
    "dictionary of tensors": ("d{n} = {{'t': torch.ones(3)}}", "x * d{n}['t']", ["d{n}['t'].mul_(0.5)", "d{n}['t'] = torch.full((3,), 2.0)", "d{n}['t'] = torch.ones(())"]),
    "attribute of a tensor": ("t{n} = torch.ones(3)\nt{n}.k = 1.5", "x * t{n} * t{n}.k", ["t{n}.k = 0.5", "t{n} = torch.ones(3); t{n}.k = 2.0"]),
    "shape of a tensor": ("t{n} = torch.ones(2)", "x * t{n}.shape[0] + t{n}.numel()", ["t{n} = torch.ones(5)", "t{n} = torch.ones(1, 2)"]),
    "dtype of a tensor": ("t{n} = torch.ones(2)", "(x * 0.5 if t{n}.dtype == torch.float32 else x)", ["t{n} = t{n}.double()", "t{n} = t{n}.long()"]),
    "tensor with a gradient": (
        "t{n} = torch.ones((), requires_grad=True)", "x * t{n}",
        ["t{n}.data.fill_(0.5)", "t{n}.requires_grad_(False)", "t{n} = torch.full((), 2.0, requires_grad=True)", "t{n}.grad = None", "t{n}.requires_grad_(True)"],
    ),
    "buffer": (
        "", "x * self.k", ["model.k = torch.full((3,), 0.5)", "model.k.fill_(0.25)", "model.k.data = torch.ones(3)"],
    ),
    "buffer that is written": ("def f{n}(m, x):\n    m.k.mul_(0.5).add_(x.detach().mean(0), alpha=0.5)\n    return x * m.k", "f{n}(self, x)", ["model.k.fill_(0.25)", "model.k = torch.ones(3)"]),
    "buffer that is replaced": ("def f{n}(m, x):\n    m.k = m.k * 0.5 + x.detach().mean(0)\n    return x * m.k", "f{n}(self, x)", ["model.k.fill_(0.25)", "model.k = torch.ones(3)"]),
    "NumPy's float64": ("import numpy\nk{n} = numpy.float64(1.5)", "x * k{n}", ["k{n} = numpy.float64(0.5)", "k{n} = 0.25", "k{n} = numpy.float32(0.25)"]),
    "NumPy's float32": ("import numpy\nk{n} = numpy.float32(1.5)", "(x * k{n} if k{n} > 1 else x)", ["k{n} = numpy.float32(0.5)", "k{n} = numpy.float32(3.0)"]),
    "NumPy's int64": ("import numpy\nk{n} = numpy.int64(2)", "x * int(k{n})", ["k{n} = numpy.int64(3)", "k{n} = 1"]),
    "NumPy's bool": ("import numpy\nk{n} = numpy.bool_(True)", "(x * 0.5 if k{n} else x)", ["k{n} = numpy.bool_(False)"]),
    "NumPy's array of a number": ("import numpy\na{n} = numpy.array(1.5)", "x * float(a{n})", ["a{n}[()] = 0.5", "a{n} = numpy.array(0.25)"]),
    "NumPy's array in an object": (
        "import numpy\nclass C{n}: pass\nc{n} = C{n}(); c{n}.a = numpy.ones(3, numpy.float32)", "x * torch.from_numpy(c{n}.a)",
        ["c{n}.a[0] = 0.5", "c{n}.a = numpy.full(3, 0.25, numpy.float32)"],
    ),
    "__getitem__ that counts": (
        "class C{n}:\n    reads = 0\n    def __getitem__(self, k):\n        self.reads += 1\n        return self.reads * k\nc{n} = C{n}()",
        "x * c{n}[0.5]", ["c{n}.reads = 0"],
    ),
    "__getattr__ of another object": (
        "class I{n}: k = 1.5\nclass C{n}:\n    def __init__(self): self.inner = I{n}()\n    def __getattr__(self, name): return getattr(self.inner, name)\nc{n} = C{n}()",
        "x * c{n}.k", ["c{n}.inner.k = 0.5", "I{n}.k = 0.75", "c{n}.k = 2.0", "c{n}.inner = I{n}()"],
    ),
    "__getattr__ of a dictionary": (
        "class C{n}(dict):\n    def __getattr__(self, name): return self[name]\nc{n} = C{n}(k=1.5)", "x * c{n}.k", ["c{n}['k'] = 0.5"],
    ),
    "__setattr__": (
        "class C{n}:\n    k = 1.0\n    def __setattr__(self, name, value): object.__setattr__(self, name, value * 0.5)\nc{n} = C{n}()\n"
        "def f{n}(x):\n    c{n}.k = 3.0\n    return x * c{n}.k", "f{n}(x)", ["C{n}.__setattr__ = object.__setattr__"],
    ),
    "__contains__": ("class C{n}:\n    k = 1\n    def __contains__(self, one): return one == self.k\nc{n} = C{n}()", "(x * 0.5 if 1 in c{n} else x)", ["c{n}.k = 2"]),
    "__eq__": ("class C{n}:\n    k = 1\n    def __eq__(self, other): return other == self.k\nc{n} = C{n}()", "(x * 0.5 if c{n} == 1 else x)", ["c{n}.k = 2", "C{n}.__eq__ = lambda self, other: False"]),
    "__lt__": ("class C{n}:\n    k = 1\n    def __lt__(self, other): return self.k < other\nc{n} = C{n}()", "(x * 0.5 if c{n} < 2 else x)", ["c{n}.k = 2"]),
    "__add__": ("class C{n}:\n    k = 1.5\n    def __add__(self, other): return self.k + other\nc{n} = C{n}()", "x * (c{n} + 1.0)", ["c{n}.k = 0.5", "C{n}.__add__ = lambda self, other: other"]),
    "__neg__ and __abs__": ("class C{n}:\n    k = 1.5\n    def __neg__(self): return -self.k\n    def __abs__(self): return self.k\nc{n} = C{n}()", "x * -c{n}", ["c{n}.k = 0.5"]),
    "__float__": ("class C{n}:\n    k = 1.5\n    def __float__(self): return self.k\nc{n} = C{n}()", "x * float(c{n})", ["c{n}.k = 0.5"]),
    "__missing__": ("k{n} = 1.5\nclass C{n}(dict):\n    def __missing__(self, key): return k{n}\nc{n} = C{n}()", "x * c{n}['k']", ["k{n} = 0.5", "c{n}['k'] = 0.25"]),
    "context of a generator": (
        "import contextlib\nk{n} = 1.5\n@contextlib.contextmanager\ndef c{n}(): yield k{n}\ndef f{n}(x):\n    with c{n}() as k:\n        return x * k",
        "f{n}(x)", ["k{n} = 0.5"],
    ),
    "descriptor": (
        "class D{n}:\n    k = 1.5\n    def __get__(self, thing, owner): return self.k\nclass C{n}: d = D{n}()\nc{n} = C{n}()", "x * c{n}.d", ["D{n}.k = 0.5", "C{n}.d.k if 0 else None", "C{n}.d = 0.25"],
    ),
    "cached property": (
        "import functools\nclass C{n}:\n    k = 1.5\n    @functools.cached_property\n    def half(self): return self.k / 2\nc{n} = C{n}(); c{n}.half", "x * c{n}.half",
        ["c{n}.k = 3.0", "del c{n}.half", "c{n}.half = 0.5"],
    ),
    "kept calls": ("import functools\nk{n} = 1.5\n@functools.lru_cache\ndef f{n}(i): return i * k{n}", "x * f{n}(1)", ["k{n} = 0.5", "f{n}.cache_clear(); k{n} = 0.25"]),
    "attribute of the class": ("", "x * type(self).scale * self.__class__.scale", ["Net.scale = 0.75", "model.scale = 0.5"]),
    "property with a setter": (
        "class C{n}:\n    _k = 1.0\n    @property\n    def k(self): return self._k\n    @k.setter\n    def k(self, v): self._k = v * 0.5\nc{n} = C{n}()\n"
        "def f{n}(x):\n    c{n}.k = c{n}.k + 1.0\n    return x * c{n}.k", "f{n}(x)", ["c{n}._k = 3.0"],
    ),
    "frozen dataclass": (
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass C{n}:\n    k: float = 1.5\n    l: list = dataclasses.field(default_factory=lambda: [0.5])\nc{n} = C{n}()",
        "x * c{n}.k * c{n}.l[0]", ["c{n}.l[0] = 1.0", "c{n} = C{n}(0.5)"],
    ),
    "value of an enumeration": ("import enum\nclass E{n}(enum.IntEnum):\n    A = 1\n    B = 2\ne{n} = E{n}.A", "x * e{n}.value * e{n}", ["e{n} = E{n}.B"]),
    "attribute of a module of Python": ("import types\nm{n} = types.ModuleType('m{n}')\nm{n}.k = 1.5", "x * m{n}.k", ["m{n}.k = 0.5"]),
    "iterator of a class": (
        "class C{n}:\n    def __init__(self): self.l = [0.5, 1.0]\n    def __iter__(self):\n        self.i = 0\n        return self\n    def __next__(self):\n"
        "        self.i += 1\n        if self.i > len(self.l): raise StopIteration\n        return self.l[self.i - 1]\nc{n} = C{n}()", "sum(x * v for v in c{n})", ["c{n}.l.append(0.25)"],
    ),
    "recursion": ("k{n} = 3\ndef f{n}(x, i): return x if i == 0 else f{n}(x * 0.5, i - 1)", "f{n}(x, k{n})", ["k{n} = 1", "k{n} = 0"]),
    "error raised and caught": (
        "k{n} = 1\nclass E{n}(Exception): pass\ndef f{n}(x):\n    try:\n        if k{n} > 1: raise E{n}('big')\n        return x\n    except E{n}:\n        return x * 0.5\n    finally:\n        pass",
        "f{n}(x)", ["k{n} = 2", "k{n} = 0"],
    ),
    "for and else": (
        "l{n} = [1, 2]\ndef f{n}(x):\n    for v in l{n}:\n        if v == 3: break\n        if v == 1: continue\n        x = x * v\n    else:\n        return x * 0.5\n    return x",
        "f{n}(x)", ["l{n}.append(3)", "l{n}[0] = 3", "l{n}[1] = 0.5"],
    ),
    "function inside": ("k{n} = 1.5\ndef f{n}(x):\n    j = 0.5\n    def inner(y):\n        nonlocal j\n        j += k{n}\n        return y * j\n    return inner(x) + inner(x)", "f{n}(x)", ["k{n} = 0.5"]),
    "method kept": ("class C{n}:\n    k = 1.5\n    def f(self, x): return x * self.k\nc{n} = C{n}(); m{n} = c{n}.f", "m{n}(x)", ["c{n}.k = 0.5", "m{n} = C{n}().f", "C{n}.f = lambda self, x: x"]),
    "partial of a method": ("import functools\nclass C{n}:\n    k = 1.5\n    def f(self, x, j): return x * self.k * j\nc{n} = C{n}(); p{n} = functools.partial(c{n}.f, j=0.5)", "p{n}(x)", ["c{n}.k = 0.5", "p{n}.keywords['j'] = 1.0"]),
    "attrgetter": ("import operator, types\nc{n} = types.SimpleNamespace(a=types.SimpleNamespace(k=1.5))\ng{n} = operator.attrgetter('a.k')", "x * g{n}(c{n})", ["c{n}.a.k = 0.5", "c{n}.a = types.SimpleNamespace(k=2.0)", "g{n} = lambda c: 1.0"]),
    "itemgetter": ("import operator\nd{n} = {{'k': 1.5, 'j': 1.0}}", "x * operator.itemgetter('k')(d{n})", ["d{n}['k'] = 0.5"]),
    "reduce": ("import functools\nl{n} = [0.5, 1.5]", "functools.reduce(lambda a, b: a * b, l{n}, x)", ["l{n}.append(0.25)", "l{n}[0] = 1.0"]),
    "map and filter": ("l{n} = [0.5, 1.5]\nk{n} = 1.0", "sum(map(lambda v: x * v, filter(lambda v: v >= k{n}, l{n})))", ["l{n}.append(2.5)", "k{n} = 0.25"]),
    "chain": ("import itertools\nl{n}, m{n} = [0.5], (1.5,)", "sum(x * v for v in itertools.chain(l{n}, m{n}))", ["l{n}.append(2.5)", "m{n} = (1.0,)"]),
    "vars": ("class C{n}: pass\nc{n} = C{n}(); c{n}.k = 1.5", "x * vars(c{n})['k'] * len(c{n}.__dict__)", ["c{n}.k = 0.5", "c{n}.j = 1"]),
    "list of modules": ("", "[layer(x) for layer in self.layers][-1]", ["model.layers.append(torch.nn.Sigmoid())", "model.layers[0] = torch.nn.ReLU()", "model.layers.insert(0, torch.nn.Tanh())"]),
    "dictionary of modules": ("", "(self.parts['b'] if 'b' in self.parts else self.parts['a'])(x)", ["model.parts['b'] = torch.nn.Sigmoid()", "model.parts.pop('b') if 'b' in model.parts else None", "model.parts['a'] = torch.nn.ReLU()"]),
    "modules counted": ("", "x * len(self.layers) * len(list(self.children()))", ["model.layers.append(torch.nn.Sigmoid())", "model.extra = torch.nn.Tanh()"]),
    "penalty": ("k{n} = 0.01", "x + k{n} * sum(p.pow(2).sum() for p in self.parameters() if p.requires_grad)", ["k{n} = 0.1", "model.a.bias.requires_grad_(False)"]),
    "penalty by name": ("k{n} = 'weight'", "x + 0.01 * sum(p.abs().sum() for name, p in self.named_parameters() if name.endswith(k{n}))", ["k{n} = 'bias'", "model.b.weight.data = torch.ones(3, 3)"]),
    "batch normalization": ("", "self.norm(x)", ["model.norm.momentum = 0.5", "model.norm.momentum = None", "model.norm.eval()", "model.norm.train()", "model.norm.eps = 0.125", "model.norm.running_mean.fill_(1)", "model.norm.reset_running_stats()"]),
    "layer normalization": ("", "self.layer(x)", ["model.layer.eps = 0.125", "model.layer.weight.data.fill_(0.5)"]),
    "function of one's own": (
        "k{n} = 2.0\nclass F{n}(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        ctx.save_for_backward(x)\n        return x * x * k{n}\n"
        "    @staticmethod\n    def backward(ctx, g):\n        (x,) = ctx.saved_tensors\n        return 2 * x * g * k{n}", "F{n}.apply(x)", ["k{n} = 0.5"],
    ),
    "without gradients": ("k{n} = True\ndef f{n}(x):\n    with torch.set_grad_enabled(k{n}):\n        y = x * 0.5\n    return x + y", "f{n}(x)", ["k{n} = False", "k{n} = True"]),
    "rate of a scheduler": (
        "s{n} = torch.optim.lr_scheduler.StepLR(torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0), 1, gamma=0.5)", "x * s{n}.get_last_lr()[0]",
        ["s{n}.optimizer.step(); s{n}.step()"],
    ),
    "epoch of a scheduler": (
        "s{n} = torch.optim.lr_scheduler.StepLR(torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0), 1, gamma=0.5)", "x * (1 + s{n}.last_epoch)",
        ["s{n}.optimizer.step(); s{n}.step()"],
    ),
    "option of another optimizer": ("o{n} = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0)", "x * o{n}.param_groups[0]['lr']", ["o{n}.param_groups[0]['lr'] = 0.5"]),
    "mask": ("k{n} = 0.0", "torch.where(x > k{n}, x, x * 0.5)", ["k{n} = 0.5", "k{n} = float('inf')", "k{n} = -float('inf')"]),
    "infinite numbers": ("k{n} = 1.5", "x * min(k{n}, float('inf')) if k{n} < float('inf') else x", ["k{n} = 0.5", "k{n} = float('inf')"]),
    "powers": ("k{n} = 2", "x.abs() ** k{n} + (-0.5) ** k{n}", ["k{n} = 3", "k{n} = 1"]),
    "powers of a counter": ("t{n} = 0\ndef f{n}(x):\n    global t{n}\n    t{n} += 1\n    return x * (-0.5) ** t{n} - 2 ** -t{n}", "f{n}(x)", ["t{n} = 1"]),
    "divided by a counter": ("t{n} = 1\ndef f{n}(x):\n    global t{n}\n    t{n} += 1\n    return x * (7 // t{n} + t{n} % 3) / -t{n}", "f{n}(x)", ["t{n} = 4"]),
    "counter of a branch": ("t{n} = 0\ndef f{n}(x):\n    global t{n}\n    t{n} = t{n} + 1 if t{n} < 2 else 0\n    return x * 0.5 if t{n} == 2 else x", "f{n}(x)", []),
    "counter in a list": ("l{n} = [0, 0.5]\ndef f{n}(x):\n    l{n}[0] += 1\n    l{n}[1] *= 0.5\n    return x * l{n}[0] + l{n}[1]", "f{n}(x)", ["l{n}[0] = 4"]),
    "two counters": ("class C{n}:\n    a, b = 0, 1\nc{n} = C{n}()\ndef f{n}(x):\n    c{n}.a, c{n}.b = c{n}.b, c{n}.a + c{n}.b\n    return x / c{n}.b", "f{n}(x)", ["c{n}.a = 2"]),
    "history": ("d{n} = {{'l': []}}\ndef f{n}(x):\n    d{n}['l'].append(x.detach().mean())\n    return x", "f{n}(x)", ["d{n}['l'].clear()", "d{n}['l'] = []"]),
    "history that is read": ("l{n} = []\ndef f{n}(x):\n    l{n}.append(x.detach().mean())\n    return x + l{n}[-1]", "f{n}(x)", ["l{n}.clear()"]),
    "best so far": ("b{n} = torch.full((), -1.0)\ndef f{n}(x):\n    global b{n}\n    b{n} = torch.maximum(b{n}, x.detach().max())\n    return x - b{n}", "f{n}(x)", ["b{n} = torch.zeros(())"]),
    "average in a dictionary": ("d{n} = {{'a': torch.zeros(3)}}\ndef f{n}(x):\n    d{n}['a'] = 0.5 * d{n}['a'] + x.detach().mean(0)\n    return x - d{n}['a']", "f{n}(x)", ["d{n}['a'] = torch.ones(3)", "d{n}['a'].fill_(2)"]),
    "average in place": ("a{n} = torch.zeros(3)\ndef f{n}(x):\n    a{n}.lerp_(x.detach().mean(0), 0.5)\n    return x - a{n}", "f{n}(x)", ["a{n} = torch.ones(3)", "a{n}.zero_()"]),
    "kept from call to call": ("class C{n}: last = None\nc{n} = C{n}()\ndef f{n}(x):\n    before, c{n}.last = c{n}.last, x.detach().clone()\n    return x if before is None or before.shape != x.shape else x - 0.5 * before", "f{n}(x)", ["c{n}.last = None"]),
}  # fmt: skip
