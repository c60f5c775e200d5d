"""Lazy modules against torch: their draws, their printing, their state, optimizers made before, refusals."""

import copy
import pickle

import numpy as np
import pytest
from nearness import torch

import numpynet
from numpynet import nn
from numpynet.nn.modules.lazy import LazyModuleMixin

LAYERS = [
    ("LazyLinear", (4,), {}, (2, 3)),
    ("LazyLinear", (4,), {"bias": False}, (2, 5, 3)),
    ("LazyConv1d", (4, 3), {"padding": 1}, (2, 3, 8)),
    ("LazyConv2d", (4, 3), {"groups": 2, "padding": "same"}, (2, 6, 5, 5)),
    ("LazyConv2d", (4, 3), {"bias": False}, (3, 5, 5)),
    ("LazyConv3d", (4, 2), {}, (2, 3, 4, 4, 4)),
    ("LazyConvTranspose1d", (4, 3), {"stride": 2}, (2, 3, 8)),
    ("LazyConvTranspose2d", (4, 3), {"groups": 2, "dilation": 2}, (2, 6, 5, 5)),
    ("LazyConvTranspose3d", (4, 2), {}, (2, 3, 4, 4, 4)),
    ("LazyBatchNorm1d", (), {}, (4, 3)),
    ("LazyBatchNorm2d", (), {"affine": False}, (2, 3, 5, 5)),
    ("LazyBatchNorm3d", (), {"track_running_stats": False}, (2, 3, 2, 2, 2)),
    ("LazyInstanceNorm1d", (), {}, (4, 3, 5)),
    ("LazyInstanceNorm2d", (), {"affine": False}, (2, 3, 5, 5)),
    ("LazyInstanceNorm3d", (), {"track_running_stats": False}, (2, 3, 2, 2, 2)),
]


def pair(name, arguments, options):
    numpynet.manual_seed(4)
    torch.manual_seed(4)
    return getattr(nn, name)(*arguments, **options), getattr(torch.nn, name)(*arguments, **options)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "arguments", "options", "shape"), LAYERS)
def test_the_first_call_makes_an_ordinary_layer(name, arguments, options, shape):
    ours, theirs = pair(name, arguments, options)
    assert repr(ours) == repr(theirs)
    assert repr(list(ours.state_dict().items())) == repr(list(theirs.state_dict().items()))
    assert ours.has_uninitialized_params() == theirs.has_uninitialized_params()
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    y, expected = ours(numpynet.tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-4, atol=1e-5)
    assert type(ours).__name__ == type(theirs).__name__ == name.removeprefix("Lazy")
    assert repr(ours) == repr(theirs)
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key].numpy(), value.numpy(), rtol=1e-5, atol=1e-6)
    if "Norm" not in name:
        np.testing.assert_array_equal(ours.weight.detach().numpy(), theirs.weight.detach().numpy())
    assert numpynet.rand(1).item() == torch.rand(1).item()  # as many numbers were drawn


def networks():
    for library in (numpynet, torch):
        library.manual_seed(0)
        yield (
            library,
            library.nn.Sequential(
                library.nn.LazyConv2d(4, 3),
                library.nn.LazyBatchNorm2d(),
                library.nn.ReLU(),
                library.nn.Flatten(),
                library.nn.LazyLinear(5),
                library.nn.ReLU(),
                library.nn.Linear(5, 1),
            ),
        )


def test_an_optimizer_made_before_the_first_call_trains_it():
    losses = []
    for library, net in networks():
        optimizers = library.optim
        optimizer = optimizers.SGD(net.parameters(), lr=0.1, momentum=0.9)
        before = list(net.parameters())
        x = library.randn(6, 2, 5, 5)
        printed = []
        for _ in range(5):
            loss = net(x).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            printed.append(str(loss))
        assert all(one is other for one, other in zip(before, net.parameters(), strict=True))
        assert all(type(one) is library.nn.Parameter for one in before)
        losses.append(printed)
    assert losses[0] == losses[1]


@pytest.mark.parametrize("name", ["numpynet", "torch"])
def test_what_has_no_shape_cannot_be_used(name):
    library = {"numpynet": numpynet, "torch": torch}[name]
    weight = library.nn.LazyLinear(2).weight
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter"):
        weight.shape  # noqa: B018
    for use in (lambda: weight + 1, lambda: weight.sum(), lambda: weight.numel(), lambda: library.zeros(2) * weight):
        with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter"):
            use()
    with pytest.raises(RuntimeError, match=r"Expected 3D \(unbatched\) or 4D \(batched\) input to LazyConv2d"):
        library.nn.LazyConv2d(4, 3)(library.zeros(2, 2))
    with pytest.raises(ValueError, match="in_channels must be divisible by groups"):
        library.nn.LazyConv2d(4, 3, groups=2)(library.zeros(2, 3, 5, 5))


def test_a_refused_input_leaves_it_lazy():
    layer = nn.LazyConv2d(4, 3, groups=2)
    for shape in ((2, 2), (2, 3, 5, 5)):
        with pytest.raises((RuntimeError, ValueError)):
            layer(numpynet.zeros(shape))
    assert layer.has_uninitialized_params()
    assert layer.in_channels == 0
    assert layer(numpynet.zeros(2, 4, 5, 5)).shape == (2, 4, 3, 3)


def test_dtypes_are_chosen_before():
    net = nn.Sequential(nn.LazyLinear(2), nn.LazyBatchNorm1d()).double()
    assert net(numpynet.zeros(3, 4, dtype=numpynet.float64)).dtype is numpynet.float64
    assert nn.LazyLinear(2, dtype=numpynet.float64).weight.dtype is numpynet.float64


def test_state_goes_from_lazy_to_lazy_and_from_ordinary_to_lazy():
    full, lazy, other = (nn.Sequential(nn.LazyLinear(2), nn.LazyBatchNorm1d()) for _ in range(3))
    lazy.load_state_dict(other.state_dict())
    assert lazy[0].has_uninitialized_params()
    full(numpynet.randn(4, 3))
    kept = lazy[0].weight
    lazy.load_state_dict(full.state_dict())
    assert lazy[0].weight is kept
    assert numpynet.equal(lazy[0].weight, full[0].weight)
    assert numpynet.equal(lazy[1].running_mean, full[1].running_mean)
    x = numpynet.randn(4, 3)
    assert numpynet.equal(lazy(x), full(x))
    assert repr(lazy[0]) == "Linear(in_features=3, out_features=2, bias=True)"
    with pytest.raises(RuntimeError, match="uninitialized"):
        full.load_state_dict(other.state_dict())


def test_a_state_that_does_not_fit_leaves_it_lazy():
    lazy = nn.LazyLinear(2)
    with pytest.raises(RuntimeError, match="Missing key"):
        lazy.load_state_dict({"weight": numpynet.zeros(2, 3)})
    assert lazy.has_uninitialized_params()


def test_copies_are_lazy_too():
    layer = nn.LazyLinear(2)
    for copied in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert copied.weight is not layer.weight
        assert copied.has_uninitialized_params()
        assert copied(numpynet.zeros(1, 3)).shape == (1, 2)
    assert layer.has_uninitialized_params()


def test_a_lazy_module_of_ones_own():
    class Scale(LazyModuleMixin, nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.UninitializedParameter()

        def initialize_parameters(self, x):
            if self.has_uninitialized_params():
                self.scale.materialize(x.shape[1:])
                nn.init.ones_(self.scale)

        def forward(self, x):
            return x * self.scale

    module = Scale()
    assert module(numpynet.ones(2, 3)).tolist() == [[1.0] * 3] * 2
    assert type(module) is Scale

    class Unfinished(LazyModuleMixin, nn.Linear):
        pass

    with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented for Unfinished"):
        Unfinished(2, 3)(numpynet.zeros(1, 2))


def test_hooks_see_the_first_call():
    layer, seen = nn.LazyLinear(2), []
    layer.register_forward_hook(lambda module, args, y: seen.append(y.shape))
    layer(numpynet.zeros(1, 3))
    layer(numpynet.zeros(5, 3))
    assert seen == [(1, 2), (5, 2)]


def test_a_compiled_step_needs_the_first_call_before():
    net = nn.Sequential(nn.LazyLinear(4), nn.Tanh(), nn.LazyLinear(1))
    x = numpynet.randn(5, 3)

    @numpynet.compile
    def step(x):
        with numpynet.no_grad():
            return net(x).square().mean()

    with pytest.raises(numpynet.CompileError, match="another shape or dtype"):
        step(x)
    assert net[0].has_uninitialized_params()
    assert net[0].in_features == 0
    loss = net(x).square().mean().detach()
    assert step(x) == loss
