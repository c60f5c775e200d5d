"""Checkpoints: a function runs again in the backward pass, and gives the gradients that it gives without one."""

import pytest

import numpynet
from numpynet import nn
from numpynet.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential


def test_a_checkpoint_keeps_nothing_and_runs_again():
    runs = []

    def function(x):
        runs.append(x)
        return (x * x).sin() * x

    x = numpynet.tensor([1.0, 2.0], requires_grad=True)
    (plain,) = numpynet.autograd.grad(function(x).sum(), x)
    y = checkpoint(function, x, use_reentrant=False)
    assert len(runs) == 2
    y.sum().backward(retain_graph=True)
    assert len(runs) == 3
    assert x.grad.equal(plain)
    y.sum().backward()
    assert len(runs) == 4
    assert x.grad.equal(plain * 2)


@pytest.mark.parametrize("preserves", [True, False])
def test_the_second_run_draws_the_same_random_numbers(preserves):
    numpynet.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.5), nn.Linear(16, 1)), numpynet.randn(3, 4)
    gradients = []
    for run in (model, lambda x: checkpoint(model, x, use_reentrant=False, preserve_rng_state=preserves)):
        numpynet.manual_seed(1)
        gradients.append(numpynet.autograd.grad(run(x).sum(), list(model.parameters())))
        after = numpynet.rand(1)
    assert all(one.equal(other) for one, other in zip(*gradients, strict=True)) == preserves
    numpynet.manual_seed(1)
    model(x)
    assert not preserves or after.equal(numpynet.rand(1))


def test_second_derivatives_pass_through_a_checkpoint():
    x = numpynet.tensor([1.0, 2.0], requires_grad=True)
    (slope,) = numpynet.autograd.grad(checkpoint(lambda x: x**3, x, use_reentrant=False).sum(), x, create_graph=True)
    assert numpynet.autograd.grad(slope.sum(), x)[0].tolist() == [6.0, 12.0]


def test_what_does_not_compute_the_same_again_is_refused():
    x = numpynet.ones(2, requires_grad=True)
    lengths = iter((2, 1))
    y = checkpoint(lambda x: x[: next(lengths)].exp(), x, use_reentrant=False)
    with pytest.raises(CheckpointError, match="must compute the same each time"):
        y.sum().backward()
    data = numpynet.ones(2)
    y = checkpoint(lambda a, b: (a * b).exp(), x, data, use_reentrant=False)
    data.add_(1)
    with pytest.raises(RuntimeError, match="an argument was modified by an inplace operation"):
        y.sum().backward()


def test_without_gradients_nothing_is_remembered():
    with numpynet.no_grad():
        assert checkpoint(lambda x: x + 1, numpynet.ones(1), use_reentrant=False).tolist() == [2.0]
    with pytest.warns(UserWarning, match="use_reentrant"):
        checkpoint(lambda x: x + 1, numpynet.ones(1))
    with pytest.raises(ValueError, match="determinism_check"):
        checkpoint(lambda x: x, numpynet.ones(1), use_reentrant=False, determinism_check="thorough")


@pytest.mark.parametrize("segments", [1, 2, 3])
def test_a_chain_in_segments_like_torch(segments):
    torch = pytest.importorskip("torch")
    results = []
    for library in (numpynet, torch):
        library.manual_seed(0)
        layers = [library.nn.Linear(3, 3), library.nn.Tanh(), library.nn.Linear(3, 3), library.nn.Tanh()]
        x = library.ones(2, 3, requires_grad=True)
        function = checkpoint_sequential if library is numpynet else torch.utils.checkpoint.checkpoint_sequential
        y = function(library.nn.Sequential(*layers), segments, x, use_reentrant=False)
        y.sum().backward()
        results.append((y.detach().numpy(), x.grad.numpy()))
    for one, other in zip(*results, strict=True):
        assert abs(one - other).max() < 1e-6
