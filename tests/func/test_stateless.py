"""Modules called with other parameters than their own. Every expectation holds of torch too."""

import importlib

import pytest


@pytest.fixture
def func(library):
    return importlib.import_module(f"{library.__name__}.func")


@pytest.fixture
def nn(library):
    return importlib.import_module(f"{library.__name__}.nn")


def test_other_parameters_and_then_its_own_again(library, func, nn):
    net = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    before = dict(net.named_parameters())
    given = {"0.weight": library.tensor([[2.0]]), "0.bias": library.tensor([1.0])}
    given |= {"1.weight": library.tensor([[3.0]]), "1.bias": library.tensor([0.0])}
    assert func.functional_call(net, given, library.tensor([[5.0]])).tolist() == [[33]]
    assert func.functional_call(net, given, (library.tensor([[5.0]]),)).tolist() == [[33]]
    assert all(one is before[name] for name, one in net.named_parameters())
    assert net[0].weight is before["0.weight"]


def test_some_of_them_and_after_an_error(library, func, nn):
    layer = nn.Linear(2, 1)
    weight = layer.weight
    found = func.functional_call(layer, {"weight": library.zeros(1, 2)}, library.ones(1, 2))
    assert found.tolist() == [layer.bias.tolist()]
    with pytest.raises(RuntimeError):
        func.functional_call(layer, {"weight": library.zeros(1, 3)}, library.ones(1, 2))
    assert layer.weight is weight
    with pytest.raises(RuntimeError, match="bias"):
        func.functional_call(layer, {"weight": library.zeros(1, 2)}, library.ones(1, 2), strict=True)
    with pytest.raises(ValueError, match="multiple"):
        func.functional_call(layer, [{"weight": weight}, {"weight": weight}], library.ones(1, 2))


def test_buffers_and_keywords(library, func, nn):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("shift", library.zeros(1))

        def forward(self, x, factor=1):
            return x * factor + self.shift

    found = func.functional_call(Net(), {"shift": library.tensor([7.0])}, library.ones(1), {"factor": 2})
    assert found.tolist() == [9]


def test_parameters_that_are_one(library, func, nn):
    net = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    net[1].weight = net[0].weight
    given, x = {"0.weight": library.tensor([[2.0]])}, library.tensor([[3.0]])
    assert func.functional_call(net, given, x).tolist() == [[12]]
    alone = func.functional_call(net, given, x, tie_weights=False)
    assert alone.item() == pytest.approx(6 * net[0].weight.item())


def test_stacked_states_are_called_together(library, func, nn):
    models = [nn.Linear(2, 1) for _ in range(3)]
    parameters, buffers = func.stack_module_state(models)
    assert (parameters["weight"].shape, parameters["weight"].requires_grad, buffers) == ((3, 1, 2), True, {})
    x = library.tensor([[1.0, 2.0]])
    call = lambda p, b: func.functional_call(models[0], (p, b), (x,))  # noqa: E731
    together = func.vmap(call)(parameters, buffers)
    assert together.detach().tolist() == [model(x).detach().tolist() for model in models]
    with pytest.raises(RuntimeError, match="class"):
        func.stack_module_state([nn.Linear(1, 1), nn.ReLU()])
    with pytest.raises(RuntimeError, match="at least one"):
        func.stack_module_state([])


def test_models_and_keywords_are_told_from_nothing(library, func):
    nn = library.nn
    for models, error in ((None, TypeError), ((one for one in [nn.Linear(1, 1)]), TypeError), ([1], AttributeError)):
        with pytest.raises(error):
            func.stack_module_state(models)
    with pytest.raises(TypeError, match="must be a mapping, not tuple"):
        func.functional_call(nn.Linear(1, 1), {}, (library.ones(1),), ())
