"""Whatever a step refers to may change: compiled steps give what the eager ones give afterwards."""

import functools
import types

import numpy as np
import pytest
from agreement import content

import numpynet
from numpynet import nn, optim

X = numpynet.tensor([1.0, -2.0])
factor = 2.0


def times(x):
    return x * factor


def set_factor():
    global factor
    factor = 3.0


class Owner:
    def __init__(self):
        self.k = 2.0

    @property
    def twice(self):
        return 2 * self.k

    def __call__(self, x):
        return x * self.k

    def run(self, x):
        return x * self.twice


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.options = {"k": 2.0}
        self.settings = types.SimpleNamespace(k=2.0)

    def helper(self, x):
        return times(x)

    def forward(self, x):
        return self.helper(x) * self.options["k"] * self.settings.k


def decorated(function):
    @functools.wraps(function)
    def inside(x):
        return function(x) * factor

    return inside


def in_a_set():
    members = {1}
    return (lambda x: x * 2 if 5 in members else x * 3), lambda: members.add(5)


def with_a_dictionary(make):
    options = {"k": 2.0}
    return make(options), lambda: options.update(k=3.0)


def of_an_owner(make):
    owner = Owner()
    return make(owner), lambda: setattr(owner, "k", 3.0)


def of_a_network(change):
    network = Network()
    return (lambda x: network(x)), lambda: change(network)


def default(options):
    def step(x, options=options):
        return x * options["k"]

    return lambda x: step(x)


SURROUNDINGS = {
    "an object that is called": lambda: of_an_owner(lambda owner: owner),
    "a property": lambda: of_an_owner(lambda owner: owner.run),
    "an argument of a partial function": lambda: with_a_dictionary(
        lambda options: functools.partial(lambda options, x: x * options["k"], options)
    ),
    "a default": lambda: with_a_dictionary(default),
    "a set": in_a_set,
    "a function in a list": lambda: ((lambda functions: lambda x: functions[0](x))([times]), set_factor),
    "a decorator": lambda: (decorated(lambda x: x + 1), set_factor),
    "a compiled function": lambda: ((lambda g: lambda x: g(x) + 0)(numpynet.compile(times)), set_factor),
    "a helper of a module": lambda: of_a_network(lambda network: set_factor()),
    "a module's dictionary": lambda: of_a_network(lambda network: network.options.update(k=3.0)),
    "a module's object": lambda: of_a_network(lambda network: setattr(network.settings, "k", 3.0)),
}


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_a_change_around_the_step_counts(name):
    global factor
    factor = 2.0
    step, change = SURROUNDINGS[name]()
    compiled = numpynet.compile(step)
    for _ in range(2):
        assert content(compiled(X)) == content(step(X))
    change()
    for _ in range(2):
        assert content(compiled(X)) == content(step(X))


def momentum_setting():
    w = numpynet.ones(2, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.125, momentum=0.5)

    def step():
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
        return w.detach().clone()

    return w, optimizer, step


OPTIMIZER_CHANGES = {
    "state": lambda optimizer, w: optimizer.state.clear(),
    "state of a parameter": lambda optimizer, w: optimizer.state[w].clear(),
    "buffer": lambda optimizer, w: optimizer.state[w].update(momentum_buffer=numpynet.zeros(2)),
    "group": lambda optimizer, w: optimizer.param_groups.__setitem__(0, {**optimizer.param_groups[0], "lr": 0.5}),
    "groups": lambda optimizer, w: setattr(optimizer, "param_groups", [{**optimizer.param_groups[0], "lr": 0.5}]),
    "parameters": lambda optimizer, w: optimizer.param_groups[0]["params"].clear(),
}


@pytest.mark.parametrize("name", OPTIMIZER_CHANGES)
def test_a_change_of_an_optimizer_counts(name):
    found = []
    for compiled in (False, True):
        w, optimizer, step = momentum_setting()
        run = numpynet.compile(step) if compiled else step
        results = [run() for _ in range(3)]
        OPTIMIZER_CHANGES[name](optimizer, w)
        results += [run() for _ in range(2)]
        found.append(content(results))
    assert found[0] == found[1]


def test_a_list_among_the_options_may_change_inside():
    found = []
    for compiled in (False, True):
        w = numpynet.ones(1, requires_grad=True)
        optimizer = optim.Adam([w], lr=0.125, betas=[0.5, 0.75])

        def step(w=w, optimizer=optimizer):
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()

        run = numpynet.compile(step) if compiled else step
        run(), run(), run()
        optimizer.param_groups[0]["betas"][0] = 0.25
        run(), run()
        found.append(content(w))
    assert found[0] == found[1]


def test_inference_mode_counts():
    compiled = numpynet.compile(lambda x: x + (1 if numpynet.is_inference_mode_enabled() else 0))
    with numpynet.no_grad():
        assert content(compiled(X)) == content(X)
    with numpynet.inference_mode():
        assert content(compiled(X)) == content(X + 1)


# --- arguments and results ----------------------------------------------------------------------------------


def test_arguments_that_are_returned_are_those_of_the_call():
    first, second = numpynet.compile(lambda x: (x * 2, [x], {"x": x})), numpynet.tensor([7.0])
    first(X)
    _, [listed], named = first(second)
    assert listed is second
    assert named["x"] is second
    data = X
    step = numpynet.compile(lambda: (data * 2, data))
    assert step()[1] is X
    data = second
    assert step()[1] is second


def test_writes_to_arguments_count_for_the_argument_of_the_call():
    compiled = numpynet.compile(lambda x: x.add_(1) * 1)
    a, b = numpynet.ones(2), numpynet.ones(2)
    compiled(a), compiled(b), compiled(b)
    assert (a._version, b._version) == (1, 2)


def test_arguments_that_come_to_overlap_are_not_taken_for_others():
    def step(a, b):
        c = b * 2
        a.add_(1)
        return c + b * 2

    compiled = numpynet.compile(step)
    compiled(numpynet.tensor([1.0, 2.0]), numpynet.tensor([3.0, 4.0]))
    t, u = numpynet.tensor([1.0, 5.0]), numpynet.tensor([1.0, 5.0])
    assert content(compiled(t, t)) == content(step(u, u))
    whole = numpynet.tensor([1.0, 2.0, 3.0])
    with pytest.raises(numpynet.CompileError, match="shares memory"):
        compiled(whole[:2], whole[1:])


def test_a_parameters_own_memory_is_no_argument():
    w = numpynet.ones(2, requires_grad=True)

    def step(x):
        w.grad = None
        loss = (w * w * x).sum()
        loss.backward()
        return loss

    with pytest.raises(numpynet.CompileError, match="clone"):
        numpynet.compile(step)(w.data)


def test_a_parameter_may_be_returned_as_it_is():
    w = numpynet.ones(2, requires_grad=True)
    assert numpynet.compile(lambda: w.detach())().tolist() == [1, 1]


def test_gradients_of_constants_add_up_once_a_step():
    w = numpynet.ones(2, 2, requires_grad=True)

    def step():
        w.grad = None
        loss = w.sum() + w.mean() + (w + 1).sum()
        loss.backward()
        return loss

    compiled = numpynet.compile(step)
    for _ in range(3):
        assert content(compiled()) == content(step())
        compiled()
        gradient = content(w.grad)
        step()
        assert content(w.grad) == gradient


def test_booleans_have_no_squares():
    b = numpynet.tensor([True, False])
    assert content(numpynet.compile(lambda b: b * b)(b)) == content(b * b)


def test_a_mask_may_be_returned():
    def step(x):
        y = x.relu()
        mask = y <= 0
        return numpynet.where(mask, 0.0, x), mask

    assert content(numpynet.compile(step)(X)) == content(step(X))


def test_an_option_may_be_returned():
    w = numpynet.ones(1, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.5)
    step = numpynet.compile(lambda: (w.detach() * 1, 2 * optimizer.param_groups[0]["lr"]))
    assert step()[1] == 1.0
    optimizer.param_groups[0]["lr"] = 0.25
    assert step()[1] == 0.5
    assert len(step._programs) == 1


def test_numpys_numbers_are_arguments_of_their_own():
    compiled = numpynet.compile(lambda x, n: x * n)
    for n in (2.0, np.float32(3), np.float32(0.0), np.float32(-0.0)):
        assert content(compiled(X, n)) == content(X * n)


def test_what_is_shown_is_the_program_that_ran_last():
    compiled = numpynet.compile(lambda x: x * 2)
    for n in (2, 3, 2):
        compiled(numpynet.ones(n))
    assert "takes    x            (2,)" in compiled.source


def test_a_variable_that_is_no_longer_needed_may_be_deleted():
    k, on = 2.0, True
    compiled = numpynet.compile(lambda x: x * k if on else x)  # noqa: F821  k is deleted below
    assert content(compiled(X)) == content(X * 2)
    on = False
    del k
    assert content(compiled(X)) == content(X)


def test_single_numbers_are_parameters_of_ensembles():
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(numpynet.ones(()))

        def forward(self, x):
            return x * self.scale

    models = numpynet.ensemble(Scale, [0, 1])
    models.models[1].scale.data.fill_(3.0)
    assert models.stacked["scale"].tolist() == [1, 3]
