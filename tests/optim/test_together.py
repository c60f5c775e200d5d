"""Parameters updated together come out as those updated one by one: to the bit, whatever was done in between."""

import copy
import itertools
import pickle

import numpy as np
import pytest

import numpynet

OPTIMIZERS = {
    "sgd": lambda params: numpynet.optim.SGD(params, lr=0.1, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda params: numpynet.optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda params: numpynet.optim.Adam(params, lr=0.1, weight_decay=0.01),
    "amsgrad": lambda params: numpynet.optim.Adam(params, lr=0.1, amsgrad=True, maximize=True),
    "adamw": lambda params: numpynet.optim.AdamW(params, lr=0.1),
    "rmsprop": lambda params: numpynet.optim.RMSprop(params, lr=0.1, momentum=0.5, centered=True),
    "adagrad": lambda params: numpynet.optim.Adagrad(params, lr=0.1, lr_decay=0.1),
}
SHAPES = [(3, 2), (), (5,), (1, 1), (0, 4), (2, 3, 2), (70, 70), (4,)]


@pytest.fixture(params=OPTIMIZERS)
def make(request):
    return OPTIMIZERS[request.param]


class Pair:
    """The same parameters twice: in one optimizer, and each in an optimizer of its own."""

    def __init__(self, make, dtypes=(np.float32,), seed=0):
        self.random = np.random.default_rng(seed)
        arrays = [
            np.asarray(self.random.standard_normal(shape), dtypes[number % len(dtypes)])
            for number, shape in enumerate(SHAPES)
        ]
        self.together = [numpynet.tensor(array, requires_grad=True) for array in arrays]
        self.alone = [numpynet.tensor(array, requires_grad=True) for array in arrays]
        self.optimizer = make(self.together)
        self.optimizers = [make([parameter]) for parameter in self.alone]

    def step(self, without=()):
        for number, (one, other) in enumerate(zip(self.together, self.alone, strict=True)):
            gradient = np.asarray(self.random.standard_normal(one.shape), one._array.dtype)
            one.grad = None if number in without else numpynet.tensor(gradient)
            other.grad = None if number in without else numpynet.tensor(gradient)
        self.optimizer.step()
        for optimizer in self.optimizers:
            optimizer.step()
        self.check()

    def check(self):
        for one, other, optimizer in zip(self.together, self.alone, self.optimizers, strict=True):
            assert one.dtype == other.dtype
            assert one._array.tobytes() == other._array.tobytes()
            mine, theirs = self.optimizer.state.get(one, {}), optimizer.state.get(other, {})
            assert list(mine) == list(theirs)
            for name in mine:
                assert mine[name].shape == theirs[name].shape
                assert mine[name]._array.tobytes() == theirs[name]._array.tobytes()


def test_steps(make):
    pair = Pair(make)
    for _ in range(4):
        pair.step()


def test_parameters_without_a_gradient_for_a_while(make):
    pair = Pair(make)
    for without in [(), (0, 5), (), (1, 2, 3), range(7), ()]:
        pair.step(without)


def test_two_dtypes(make):
    pair = Pair(make, (np.float32, np.float64))
    for _ in range(3):
        pair.step()


def test_data_replaced(make):
    pair = Pair(make)
    pair.step()
    for parameters in (pair.together, pair.alone):
        parameters[2].data = numpynet.arange(5.0)
    pair.step()


def test_data_replaced_by_that_of_another_parameter(make):
    """Parameters 2 and 7 in overlapping memory: the second update sees what the first has written."""
    pair = Pair(make)
    pair.step()
    for parameters in (pair.together, pair.alone):
        memory = numpynet.arange(6.0)
        parameters[2].data, parameters[7].data = memory[:5], memory[2:]
    pair.step()
    pair.step()


def test_state_replaced(make):
    pair = Pair(make)
    pair.step()
    for optimizer in (pair.optimizer, *pair.optimizers):
        optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    pair.step()
    for optimizer in (pair.optimizer, *pair.optimizers):
        for state in optimizer.state.values():
            for name in state:
                if name != "step":
                    state[name] = state[name] * 2
    pair.step()


def test_memory_is_shared_as_before(make):
    pair = Pair(make)
    arrays = [parameter.detach().numpy() for parameter in pair.together]
    rows = pair.together[0].detach()[1]
    for _ in range(3):
        pair.step()
    assert all(parameter._array is array for parameter, array in zip(pair.together, arrays, strict=True))
    assert rows._array.tobytes() == pair.together[0]._array[1].tobytes()


def test_versions_are_counted(make):
    pair = Pair(make)
    pair.step()
    before = [parameter._version for parameter in pair.together]
    pair.step(without=[3])
    assert [parameter._version for parameter in pair.together] == [
        version + (number != 3) for number, version in enumerate(before)
    ]


def test_a_gradient_that_is_another_parameter():
    """What the first update has written is the gradient of the second."""
    parameters = [numpynet.tensor([1.0, 2.0 * i], requires_grad=True) for i in range(3)]
    parameters[0].grad = numpynet.ones(2)
    for before, parameter in itertools.pairwise(parameters):
        parameter.grad = before.data
    numpynet.optim.Adagrad(parameters, lr=1.0).step()
    assert parameters[0].tolist() == [0.0, -1.0]
    assert parameters[1].tolist() == [1.0, 3.0]  # a gradient of 0 moves nothing


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda optimizer: pickle.loads(pickle.dumps(optimizer))])
def test_copies_go_their_own_way(make, copied):
    pair = Pair(make)
    pair.step()
    twin = copied(pair.optimizer)
    before = [parameter._array.copy() for parameter in pair.together]
    for group in twin.param_groups:
        for parameter in group["params"]:
            parameter.grad = numpynet.ones_like(parameter)
    twin.step()
    assert all(np.array_equal(one._array, array) for one, array in zip(pair.together, before, strict=True))
    pair.step()


def test_an_optimizer_is_saved_without_what_served_for_a_step(make):
    pair = Pair(make)
    pair.step()
    assert set(pair.optimizer.__getstate__()) == {"defaults", "state", "param_groups"}


@pytest.mark.parametrize("shared", ["parameters", "gradient"])
def test_what_shares_memory_is_updated_one_after_the_other(make, shared):
    """The second sees what the update of the first has left: here together, there in an optimizer for each."""
    results = []
    for as_one in (True, False):
        whole = np.linspace(-1.0, 1.0, 8)
        parts = [whole[:4], whole[3:7]] if shared == "parameters" else [whole[:4].copy(), whole[4:].copy()]
        parameters = [numpynet.from_numpy(part).requires_grad_() for part in parts]
        optimizers = [make(parameters)] if as_one else [make([parameter]) for parameter in parameters]
        for step in range(4):
            parameters[0].grad = numpynet.tensor(np.arange(4.0) - step)
            parameters[1].grad = numpynet.tensor(np.arange(4.0) * step)
            if shared == "gradient":
                parameters[1].grad = parameters[0].detach().view(2, 2).view(4)
            for optimizer in optimizers:
                optimizer.step()
        results.append([parameter.tolist() for parameter in parameters])
    assert results[0] == results[1]
