"""What is changed around a compiled step counts at its next call, as it does eagerly; what cannot is refused."""

from __future__ import annotations

import copy
import pickle
import threading

import numpy as np
import pytest
from agreement import Setting, assert_agree, content, define, state

import numpynet
import numpynet.nn.functional as F
from numpynet import CompileError, nn, optim

numpynet.manual_seed(3)
BATCHES = [(numpynet.randn(8, 3), numpynet.randn(8, 2)) for _ in range(6)]


class Training(Setting):
    """A small network with all that goes with it."""

    def __init__(self, optimizer_of=lambda p: optim.SGD(p, lr=0.1, momentum=0.5), **options):
        self.model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 2))
        self.optimizer = optimizer_of(self.model.parameters(), **options)
        super().__init__(self._step, self.model, self.optimizer)

    def _step(self, x, y):
        self.optimizer.zero_grad()
        loss = F.mse_loss(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss


def twins():
    numpynet.manual_seed(0)
    first = Training()
    numpynet.manual_seed(0)
    return first, Training()


def at(number, change):
    """Changes a setting before the step of that number."""
    return lambda setting, now: change(setting) if now == number else None


def set_option(name, value):
    return lambda one: one.optimizer.param_groups[0].__setitem__(name, value)


def replace_weight(one):
    one.model[0].weight = nn.Parameter(numpynet.ones(4, 3))


def replace_layer(one):
    numpynet.manual_seed(5)
    one.model[0] = nn.Linear(3, 4)


def replace_data(one):
    one.model[0].weight.data = numpynet.ones(4, 3)


def freeze(one):
    one.model[0].weight.requires_grad_(False)


def grow(one):
    numpynet.manual_seed(5)
    one.extra = nn.Linear(2, 2)
    one.model.append(one.extra)
    one.optimizer.add_param_group({"params": one.extra.parameters(), "lr": 0.05})
    one.parts = (one.model, one.optimizer)


def reload_model(one):
    one.model.load_state_dict({name: value + 1 for name, value in one.model.state_dict().items()})


def reload_optimizer(one):
    kept = copy.deepcopy(one.optimizer.state_dict())
    kept["param_groups"][0]["lr"] = 0.03
    for values in kept["state"].values():
        for name, value in values.items():
            if isinstance(value, numpynet.Tensor):
                values[name] = value + 1
    one.optimizer.load_state_dict(kept)


def write_into(one):
    with numpynet.no_grad():
        one.model[0].weight[0, 0] = 7
        one.model[3].bias.mul_(3)


def hook(one):
    one.model[0].weight.register_hook(lambda gradient: gradient * 2)


def hook_module(one):
    one.model[1].register_forward_hook(lambda module, args, output: output * 2)


def hook_module_twice(one):
    hook_module(one)
    one.step(*BATCHES[0])
    hook_module(one)


CHANGES = {
    "lr": set_option("lr", 0.02),
    "lr 0": set_option("lr", 0),
    "lr tensor": set_option("lr", numpynet.tensor(0.02)),
    "momentum": set_option("momentum", 0.8),
    "no momentum": set_option("momentum", 0),
    "nesterov": set_option("nesterov", True),
    "weight decay": set_option("weight_decay", 0.1),
    "dampening": set_option("dampening", 0.1),
    "maximize": set_option("maximize", True),
    "weight": replace_weight,
    "layer": replace_layer,
    "data": replace_data,
    "frozen": freeze,
    "group added": grow,
    "model loaded": reload_model,
    "optimizer loaded": reload_optimizer,
    "written from outside": write_into,
    "evaluation": lambda one: one.model.eval(),
    "part in evaluation": lambda one: one.model[2].eval(),
    "dropout": lambda one: setattr(one.model[2], "p", 0.1),
    "gradients set to None": lambda one: one.model.zero_grad(),
    "hook": hook,
    "module hook": hook_module,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_counts_at_the_next_call(name):
    assert_agree(Training, BATCHES, at(3, CHANGES[name]))


@pytest.mark.parametrize("change", ["hook", "module hook"])
def test_a_second_hook_counts_too_and_a_removed_one_no_longer(change):
    def between(one, number):
        if number == 2:
            one.first = register(one)
        if number == 3:
            register(one)
        if number == 4:
            one.first.remove()

    def register(one):
        if change == "hook":
            return one.model[0].weight.register_hook(lambda gradient: gradient * 2)
        return one.model[1].register_forward_hook(lambda module, args, output: output * 2)

    assert_agree(Training, BATCHES, between)


@pytest.mark.parametrize("name", ["betas", "eps", "weight_decay", "lr"])
def test_options_of_adam(name):
    value = {"betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1, "lr": 0.5}[name]
    assert_agree(
        lambda: Training(lambda p: optim.Adam(p, lr=0.1)),
        BATCHES,
        at(3, set_option(name, value)),
    )


def test_numbers_are_read_at_each_call_without_another_program():
    one = Training()
    step = numpynet.compile(one.step)
    for lr in (0.5, 0.4, 0.3, 0.2, 0.1):
        one.optimizer.param_groups[0]["lr"] = lr
        step(*BATCHES[0])
    assert len(step._programs) == 1


def test_batches_of_other_shapes_dtypes_and_strides():
    x, y = BATCHES[0]
    assert_agree(
        Training,
        [(x, y), (x, y), (x[:5], y[:5]), (x, y), (x[:1], y[:1]), (x.T.contiguous().T, y), (x[::2], y[::2]), (x, y)],
    )


def test_another_dtype():
    x, y = BATCHES[0]

    def to_double(one):
        one.model.double()
        one.optimizer = optim.SGD(one.model.parameters(), lr=0.1)
        one.parts = (one.model, one.optimizer)

    assert_agree(Training, [(x, y)] * 3 + [(x.double(), y.double())] * 3, at(3, to_double))


@pytest.mark.filterwarnings("ignore:Detected call of:UserWarning")
def test_a_learning_rate_that_decays_outside():
    class Scheduled(Training):
        def __init__(self):
            super().__init__()
            self.scheduler = optim.lr_scheduler.ExponentialLR(self.optimizer, 0.5)

    assert_agree(Scheduled, BATCHES, lambda one, number: one.scheduler.step())


def test_the_default_dtype():
    def make():
        w = numpynet.tensor([1.0, 2.0], requires_grad=True)

        def step():
            loss = (w * numpynet.tensor([1.0, 2.0]) + numpynet.ones(2)).sum()
            loss.backward()
            return loss

        return Setting(step, w)

    def between(one, number):
        numpynet.set_default_dtype(numpynet.float32 if number < 2 else numpynet.float64)

    assert_agree(make, between=between)


# --- variables and attributes ------------------------------------------------------------------------------


def in_namespace(text, **names):
    """A step defined by a text, with globals of its own, as in a notebook."""

    def make():
        space = {"numpynet": numpynet, "nn": nn, "F": F, **{name: copy.deepcopy(one) for name, one in names.items()}}
        define(text, space)
        one = Setting(space["step"])
        one.space = space
        return one

    return make


REBINDINGS = {
    "a number": ("def step(): return x * factor", {"factor": 2.0}, {"factor": 3.0}),
    "an integer for a float": ("def step(): return ones // factor", {"factor": 2.0}, {"factor": 2}),
    "zero's sign": ("def step(): return x * factor", {"factor": 0.0}, {"factor": -0.0}),
    "data": ("def step(): return x * 2", {}, {"x": BATCHES[1][0]}),
    "data of another shape": ("def step(): return x * 2", {}, {"x": BATCHES[1][0][:3]}),
    "a number of a helper": (
        "def half(a): return a * factor\ndef step(): return half(x)",
        {"factor": 2.0},
        {"factor": 3.0},
    ),
    "data of a helper": (
        "def half(a): return a * other\ndef step(): return half(x)",
        {"other": numpynet.ones(3)},
        {"other": numpynet.zeros(3)},
    ),
    "a helper": ("def step(): return activation(x)", {"activation": F.relu}, {"activation": F.tanh}),
    "an entry": ("def step(): return x * options['factor']", {"options": {"factor": 2.0}}, "options['factor'] = 3.0"),
    "an element": (
        "def step(): return x * weights[0]",
        {"weights": [numpynet.ones(3)]},
        "weights[0] = numpynet.zeros(3)",
    ),
    "an entry of an entry": (
        "def step(): return x * options['a']['b']",
        {"options": {"a": {"b": 2}}},
        "options['a']['b'] = 3",
    ),
    "an inner function": (
        "def step():\n    def inner(a): return a * factor\n    return inner(x)",
        {"factor": 2.0},
        {"factor": 3.0},
    ),
    "in no_grad": ("@numpynet.no_grad()\ndef step(): return x * factor", {"factor": 2.0}, {"factor": 3.0}),
    "data in no_grad": ("@numpynet.no_grad()\ndef step(): return x * 2", {}, {"x": BATCHES[1][0]}),
    "a module's own global": (
        "class Net(nn.Module):\n    def forward(self, a): return a * factor\n"
        "model = Net()\ndef step(): return model(x)",
        {"factor": 2.0},
        {"factor": 3.0},
    ),
    "an attribute": (
        "class Options: pass\noptions = Options(); options.factor = 2.0\ndef step(): return x * options.factor",
        {},
        "options.factor = 3.0",
    ),
    "an attribute of the owner": (
        "class Loop:\n    factor = 2\n    def __init__(self): self.factor = 2.0\n"
        "    def half(self, a): return a * self.factor\n"
        "    def step(self): return self.half(x)\nloop = Loop(); step = loop.step",
        {},
        "loop.factor = 3.0",
    ),
    "an attribute of an attribute": (
        "class Some: pass\nclass Loop:\n    def step(self): return x * self.options.factor\n"
        "loop = Loop(); loop.options = Some(); loop.options.factor = 2.0; step = loop.step",
        {},
        "loop.options.factor = 3.0",
    ),
}


@pytest.mark.parametrize("name", REBINDINGS)
def test_a_rebinding_counts(name):
    text, names, change = REBINDINGS[name]

    def between(one, number):
        if number == 2:
            if isinstance(change, str):
                exec(change, one.space)
            else:
                one.space.update(change)

    assert_agree(in_namespace(text, **{"x": BATCHES[0][0], "ones": numpynet.full((3,), 5), **names}), between=between)


def test_closure_variables():
    def make():
        factor, x = 2.0, numpynet.ones(3)

        def step():
            return x * factor

        def change(to, data):
            nonlocal factor, x
            factor, x = to, data

        one = Setting(step)
        one.change = change
        return one

    assert_agree(make, between=lambda one, number: one.change(number % 3, numpynet.full((2 + number // 2,), 3.0)))


def test_data_in_globals_rebound_in_a_loop_needs_one_program():
    one = in_namespace("def step(): return (x * y).sum()", x=BATCHES[0][0], y=BATCHES[1][0])()
    step = numpynet.compile(one.step)
    for x, _ in BATCHES:
        one.space["x"] = x
        assert content(step()) == content(one.step())
    assert len(step._programs) == 1


# --- the grad mode, arguments -------------------------------------------------------------------------------


def test_recording_switched_off():
    def make():
        w = numpynet.ones(3, requires_grad=True)

        def step(x):
            y = (w * x).sum()
            if y.requires_grad:
                y.backward()
            return y

        return Setting(step, w)

    x = numpynet.ones(3)
    one = make()
    step = numpynet.compile(one.step)
    step(x)
    with numpynet.no_grad():
        step(x * 2)
    assert one.parts[0].grad.tolist() == [1, 1, 1]
    with numpynet.set_grad_enabled(True):
        step(x * 2)
    assert one.parts[0].grad.tolist() == [3, 3, 3]


def test_numbers_as_arguments():
    x = numpynet.ones(3, dtype=numpynet.int64)
    assert_agree(lambda: Setting(lambda x, n: x * n), [(x, 2), (x, 2), (x, 3), (x, 2.0), (x, True), (x, 2)])


def test_the_same_tensor_for_two_arguments_and_then_two():
    a, b = numpynet.ones(3), numpynet.full((3,), 5.0)
    assert_agree(
        lambda: Setting(lambda x, y: x - y * 2), [(a, a), (a, b), (b, a), (b, b), (a[:2], a[1:]), (a[1:], a[:2])]
    )


def test_arguments_in_containers_and_by_keyword():
    a, b = numpynet.ones(3), numpynet.full((3,), 5.0)
    assert_agree(
        lambda: Setting(lambda pair, more: pair[0] * more["b"] + pair[1]), [((a, b), {"b": b}), ((b, a), {"b": a})]
    )
    step = numpynet.compile(lambda x, y=3.0: x * y)
    assert step(x=a).tolist() == [3, 3, 3]
    assert step(a, y=2.0).tolist() == [2, 2, 2]
    assert step(a).tolist() == [3, 3, 3]


def test_an_argument_that_changes_its_memory():
    a = numpynet.ones(3)
    step = numpynet.compile(lambda x: x * 2)
    step(a), step(a)
    a.data = numpynet.ones(2, dtype=numpynet.float64)
    assert content(step(a)) == content(a * 2)


def test_an_argument_written_in_place():
    def make():
        return Setting(lambda x: x.mul_(2).sum())

    numpynet.manual_seed(0)
    for step in (make().step, numpynet.compile(make().step)):
        x = numpynet.ones(3)
        assert [step(x).item() for _ in range(3)] == [6, 12, 24]
        assert x.tolist() == [8, 8, 8]
        assert x._version == 3


# --- refusals -----------------------------------------------------------------------------------------------


def refusing(body):
    """A step with one line that cannot be compiled, after lines that change whatever they can."""
    text = f"""
def step(x, y):
    one.optimizer.zero_grad()
    out = one.model(x)
    loss = F.mse_loss(out, y)
    loss.backward()
    one.optimizer.step()
    {body}  # the culprit
    return loss
"""
    space = {"F": F, "numpynet": numpynet, "np": np, "one": Training()}
    space["schedule"] = optim.lr_scheduler.StepLR(space["one"].optimizer, 1)
    define(text, space)
    return space["step"], space["one"], space


REFUSALS = {
    "item": "assert loss.item() < 1e9",
    "float": "f'{float(loss):.3f}'",
    "int": "range(int(loss))",
    "a number as an index": "[loss] * loss.long().item()",
    "a condition as a number": "(loss > 1).item()",
    "numbers in an array": "np.mean([loss.item()])",
    "tolist": "out.tolist()",
    "bool": "bool(loss)",
    "if": "loss.mul(2) if loss < 1 else None",
    "while": "while loss > 1: break",
    "mask": "out[out > 0]",
    "masked assignment": "out.detach()[out > 0] = 0",
    "nonzero": "numpynet.nonzero(out)",
    "print": "print(loss)",
    "format": "f'{loss:.3f}'",
    "numpy's values": "float(loss.detach().numpy())",
    "into numpy": "np.zeros((8, 2))[...] = out.detach().numpy()",
    "scheduler": "schedule.step()",
    "option": "one.optimizer.param_groups[0].update(lr=0.5)",
    "unique": "numpynet.unique(out)",
    "comparison": "assert loss == loss",
    "allclose": "numpynet.allclose(out, out)",
    "index": "list(range(10))[out.argmax()]",
    "slice": "out[: out.argmax()]",
    "membership": "1.0 in out",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_needs_values_is_refused_with_the_line_and_nothing_is_changed(name):
    step, one, space = refusing(REFUSALS[name])
    one.step(*BATCHES[0])
    one.step(*BATCHES[0])
    schedule = space["schedule"].state_dict()
    before, gradients = state(one), [parameter.grad for parameter in one.model.parameters()]
    with pytest.raises(CompileError) as caught:
        numpynet.compile(step)(*BATCHES[1])
    assert ", line 8, in step" in str(caught.value)
    assert state(one) == before
    assert all(parameter.grad is old for parameter, old in zip(one.model.parameters(), gradients, strict=True))
    assert space["schedule"].state_dict() == schedule
    one.step(*BATCHES[1])  # and all works as ever


def test_an_error_of_the_step_itself_passes_and_nothing_is_changed():
    one = Training()

    def step(x, y):
        one.step(x, y)
        raise LookupError("mine")

    one.step(*BATCHES[0])
    before = state(one)
    with pytest.raises(LookupError, match="mine"):
        numpynet.compile(step)(*BATCHES[1])
    assert state(one) == before


class Remembering(nn.Linear):
    def forward(self, x):
        self.last = super().forward(x)
        return self.last


class Counting(nn.Linear):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x) * self.calls


class Growing(nn.Linear):
    def forward(self, x):
        self.extra = nn.Linear(2, 2)
        return super().forward(x)


@pytest.mark.parametrize("kind", [Remembering, Counting])
def test_attributes_of_modules_are_set_at_each_call(kind):
    numpynet.manual_seed(0)
    eager, model = kind(3, 2).requires_grad_(False), kind(3, 2).requires_grad_(False)
    model.load_state_dict(eager.state_dict())
    step = numpynet.compile(model)
    for x, _ in BATCHES:
        assert content(step(x)) == content(eager(x))
        assert content(getattr(model, "last", 0)) == content(getattr(eager, "last", 0))
        assert model.calls == eager.calls if kind is Counting else model.last is not None
    assert len(step.forward.step._programs) <= 3


def test_a_module_made_inside_is_refused_and_put_back():
    model = Growing(3, 2).requires_grad_(False)
    before = list(model.__dict__)
    with pytest.raises(CompileError, match=r"in forward.* the attribute 'extra' of a module is set"):
        numpynet.compile(model, fullgraph=True)(BATCHES[0][0])
    assert list(model.__dict__) == before


CHANGES_INSIDE = {
    "a global": "def step(x):\n    global count\n    count += 1\n    return x * count",
    "a tensor": "def step(x):\n    global total\n    total = total + x.sum()\n    return total",
    "a list": "def step(x):\n    seen.append((x * 2).sum())\n    return x",
    "an entry": "def step(x):\n    options['n'] = options['n'] + 1\n    return x * options['n']",
    "an attribute": "def step(x):\n    thing.n += 1\n    return x * thing.n",
    "emptied and filled": "def step(x):\n    seen.clear()\n    seen.insert(0, x * 2)\n    return x",
}


def with_a_thing(text):
    class Thing:
        n = 0

    def make():
        space = {"count": 0, "total": numpynet.zeros(()), "seen": [], "options": {"n": 0}, "thing": Thing()}
        define(text, space)
        return space

    return make(), make()


@pytest.mark.parametrize("name", CHANGES_INSIDE)
def test_variables_are_changed_at_each_call(name):
    eager, compiled = with_a_thing(CHANGES_INSIDE[name])
    step = numpynet.compile(compiled["step"])
    for x, _ in BATCHES:
        assert content(step(x)) == content(eager["step"](x))
        for one in ("count", "total", "seen", "options"):
            assert content(compiled[one]) == content(eager[one])
        assert compiled["thing"].n == eager["thing"].n
    assert len(step._programs) <= 2


UNKNOWN_CHANGES = {
    "its length": "def step(x):\n    seen.append(1)\n    return x * len(seen)",
    "its last": "def step(x):\n    seen.append(x * 2)\n    return seen[-1].sum()",
    "sorted": "def step(x):\n    seen.sort()\n    return x",
    "its last, taken": "def step(x):\n    seen.append(1)\n    seen.pop()\n    return x",
    "an object": "def step(x):\n    options['n'] = type(thing)()\n    return x",
}


@pytest.mark.parametrize("name", UNKNOWN_CHANGES)
def test_other_changes_are_refused(name):
    space, _ = with_a_thing(UNKNOWN_CHANGES[name])
    with pytest.raises(CompileError, match=r"line [23], in step"):
        numpynet.compile(space["step"])(BATCHES[0][0])
    assert space["seen"] == []
    assert space["options"] == {"n": 0}


def test_a_parameter_as_argument_is_refused():
    w = numpynet.ones(3, requires_grad=True)
    with pytest.raises(CompileError, match="requires a gradient"):
        numpynet.compile(lambda x: x * 2)(w)


def test_a_numpy_array_as_argument_is_refused():
    with pytest.raises(CompileError, match="NumPy array"):
        numpynet.compile(lambda x: numpynet.from_numpy(x) * 2)(np.ones(3))


@pytest.mark.filterwarnings("ignore:Anomaly Detection:UserWarning")
def test_anomaly_mode_is_refused():
    step = numpynet.compile(lambda x: x * 2)
    step(BATCHES[0][0])
    with numpynet.autograd.detect_anomaly(), pytest.raises(CompileError, match="detect_anomaly"):
        step(BATCHES[0][0])
    step(BATCHES[0][0])


def test_wrong_classes_are_refused_at_every_call_and_nothing_is_changed():
    model = nn.Linear(3, 4)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    one = Setting(None, model, optimizer)

    @numpynet.compile
    def step(x, t):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
        return loss

    x = BATCHES[0][0][:2]
    for _ in range(2):  # while it is traced, and when it has been
        before = state(one)
        with pytest.raises(IndexError, match="Target 7 is out of bounds"):
            step(x, numpynet.tensor([0, 7]))
        assert state(one) == before
        step(x, numpynet.tensor([0, 1]))


def test_a_compiled_step_is_neither_copied_nor_pickled():
    step = numpynet.compile(lambda x: x)
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="compile"):
            attempt(step)


# --- threads ------------------------------------------------------------------------------------------------


def test_threads_get_an_error_or_the_right_values():
    step = numpynet.compile(lambda x: (x * 2 + 1).sum())
    wrong, refused = [], []

    def run(value):
        x = numpynet.full((200, 200), float(value))
        expected = float((value * 2 + 1) * x.numel())
        for _ in range(50):
            try:
                if step(x).item() != expected:
                    wrong.append(value)
            except RuntimeError as error:
                refused.append(error)

    threads = [threading.Thread(target=run, args=(value,)) for value in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not wrong
    assert all("thread" in str(error) for error in refused)


def test_another_thread_computes_while_a_step_is_traced():
    stopped, results = threading.Event(), []
    shared = Training()

    def other():
        while not stopped.is_set():
            optimizer = optim.SGD([numpynet.ones(3, requires_grad=True)], lr=0.1)
            optim.lr_scheduler.StepLR(optimizer, 1).step()
            results.append((numpynet.ones(3) * 2).tolist() == [2, 2, 2])
            results.append(shared.model[0](BATCHES[0][0]).shape == (8, 4))

    thread = threading.Thread(target=other)
    thread.start()
    for _ in range(20):
        assert numpynet.compile(lambda x: shared.model[0](x).detach() * 2)(BATCHES[0][0]).shape == (8, 4)
    stopped.set()
    thread.join()
    assert results
    assert all(results)


# --- beside eager steps -------------------------------------------------------------------------------------


def test_eager_and_compiled_steps_alternate():
    eager, mixed = twins()
    step = numpynet.compile(mixed.step)
    for number, batch in enumerate(BATCHES * 2):
        numpynet.manual_seed(number)
        expected = eager.step(*batch)
        numpynet.manual_seed(number)
        actual = (step if number % 3 else mixed.step)(*batch)
        assert content(actual) == content(expected)
        assert state(mixed) == state(eager)


def test_views_taken_before_follow_the_parameters():
    one = Training(lambda p: optim.SGD(p, lr=0.1))
    row, whole, array = one.model[0].weight[0], one.model[0].weight.data, one.model[3].bias.detach().numpy()
    step = numpynet.compile(one.step)
    for batch in BATCHES:
        step(*batch)
    assert row.tolist() == one.model[0].weight[0].tolist()
    assert whole.tolist() == one.model[0].weight.tolist()
    assert array.tolist() == one.model[3].bias.tolist()


def test_saving_and_loading(tmp_path):
    eager, compiled = twins()
    step = numpynet.compile(compiled.step)
    for number, batch in enumerate(BATCHES):
        numpynet.manual_seed(number)
        eager.step(*batch)
        numpynet.manual_seed(number)
        step(*batch)
        if number == 3:
            for one in (eager, compiled):
                numpynet.save(
                    {"model": one.model.state_dict(), "optimizer": one.optimizer.state_dict()}, tmp_path / "a"
                )
                kept = numpynet.load(tmp_path / "a")
                one.model.load_state_dict(kept["model"])
                one.optimizer.load_state_dict(kept["optimizer"])
    assert state(eager) == state(compiled)


def test_a_deep_copy_of_a_trained_model_stays_as_it_is():
    one = Training()
    step = numpynet.compile(one.step)
    step(*BATCHES[0]), step(*BATCHES[0])
    twin = copy.deepcopy(one.model)
    before = [content(parameter) for parameter in twin.parameters()]
    step(*BATCHES[1])
    assert [content(parameter) for parameter in twin.parameters()] == before


def test_results_are_new_at_every_call():
    step = numpynet.compile(lambda x: (x * 2, {"y": x + 1}))
    first = step(numpynet.ones(2))
    step(numpynet.zeros(2))
    assert first[0].tolist() == [2, 2]
    assert first[1]["y"].tolist() == [2, 2]


def test_a_method_of_a_class_is_compiled_object_by_object():
    class Loop:
        @numpynet.compile
        def step(self, x):
            return x * 2

    with pytest.raises(TypeError, match=r"self.step = numpynet.compile\(self.step\)"):
        Loop().step(numpynet.ones(2))


def test_variables_of_one_name_in_different_functions_are_different():
    def with_factor(factor, offset):
        def scaled(x):
            return x * factor + offset

        def change(value):
            nonlocal factor
            factor = value

        return scaled, change

    ones, twos = numpynet.ones(3), numpynet.full((3,), 2.0)
    first, _ = with_factor(2.0, ones)
    second, change = with_factor(2.0, twos)
    step = numpynet.compile(lambda x: first(x) - second(x))
    assert step(ones).tolist() == [-1, -1, -1]
    change(3.0)
    assert step(ones).tolist() == [-2, -2, -2]


def test_a_learning_rate_that_is_a_tensor_may_be_replaced():
    w = numpynet.zeros(2, requires_grad=True)
    optimizer = optim.SGD([w], lr=numpynet.tensor(0.5))

    @numpynet.compile
    def step():
        optimizer.zero_grad()
        w.sum().backward()
        optimizer.step()
        return w.detach()[0]

    group = optimizer.param_groups[0]
    assert step().item() == step().item() + 0.5
    group["lr"].fill_(2.0)
    assert step().item() == -3
    group["lr"] = numpynet.tensor(4.0)
    assert step().item() == -7
    group["lr"] = 1.0
    assert step().item() == -8


@pytest.mark.parametrize("name", ["gone", "known"])
def test_a_variable_that_is_deleted_is_missed_as_python_does(name):
    space = {"gone": numpynet.ones(2), "known": 2.0}
    define("def step(): return gone * known", space)
    step = numpynet.compile(space["step"])
    assert step().tolist() == [2, 2]
    kept = space.pop(name)
    with pytest.raises(NameError, match=f"name '{name}' is not defined"):
        step()
    space[name] = kept
    assert step().tolist() == [2, 2]


def test_a_variable_of_a_function_that_is_deleted_is_missed_as_python_does():
    gone = numpynet.ones(2)
    step = numpynet.compile(lambda: gone * 2)
    assert step().tolist() == [2, 2]
    del gone
    with pytest.raises(NameError, match="gone"):
        step()
    gone = numpynet.zeros(2)
    assert step().tolist() == [0, 0]
