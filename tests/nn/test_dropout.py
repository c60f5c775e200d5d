"""Dropout: torch's random bits and values, in training, in evaluation, at the ends, in any order of memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nearness import FLOATS, assert_within, pair, torch

import numpynet
import numpynet.nn.functional as F
from numpynet import nn

LAYOUTS = [lambda x: x, lambda x: x.T, lambda x: x[:, ::2], lambda x: x[:1].expand(3, 6), lambda x: x[1:].T]


@pytest.mark.parametrize("dtype", FLOATS)
@settings(max_examples=60)
@given(
    shape=st.sampled_from([(), (1,), (0,), (15,), (16,), (17,), (70,), (4, 6), (3, 5, 7)]),
    p=st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.75, 0.9, 1.0]),
    training=st.booleans(),
    seed=st.sampled_from([0, 1, 42, 2**31, 2**32 + 5, -1]),
)
def test_bits(dtype, shape, p, training, seed):
    rng = np.random.default_rng(0)
    our_x, their_x = pair(rng.standard_normal(shape).astype(dtype))
    numpynet.manual_seed(seed)
    torch.manual_seed(seed)
    ours, theirs = F.dropout(our_x, p, training), torch.nn.functional.dropout(their_x, p, training)
    assert_within(ours, theirs, 0)
    assert (ours is our_x) == (theirs is their_x)
    dy = rng.standard_normal(shape).astype(dtype)
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    assert_within(our_x.grad, their_x.grad, 0)
    assert_within(numpynet.rand(2), torch.rand(2), 0)  # as many numbers were drawn


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_draws_follow_the_order_of_memory(layout):
    our_x, their_x = pair(np.arange(1.0, 19.0).reshape(3, 6))
    numpynet.manual_seed(7)
    torch.manual_seed(7)
    ours, theirs = F.dropout(layout(our_x), 0.4), torch.nn.functional.dropout(layout(their_x), 0.4)
    assert_within(ours, theirs, 0)


def test_a_network_draws_as_torchs_does():
    def make(t):
        t.manual_seed(3)
        return t.nn.Sequential(t.nn.Linear(4, 20), t.nn.Dropout(0.2), t.nn.ReLU(), t.nn.Dropout(0.5))

    ours, theirs = make(numpynet), make(torch)
    for _ in range(3):
        dropped = (ours(numpynet.ones(5, 4)) == 0).numpy()
        np.testing.assert_array_equal(dropped, (theirs(torch.ones(5, 4)) == 0).numpy())
    numpynet.manual_seed(0)
    torch.manual_seed(0)
    ours.eval()
    theirs.eval()
    x = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    assert_within(ours(numpynet.tensor(x)), theirs(torch.tensor(x)), 1e-5)
    assert_within(numpynet.rand(1), torch.rand(1), 0)


def test_in_place():
    x = numpynet.ones(50)
    numpynet.manual_seed(0)
    expected = F.dropout(x, 0.5)
    numpynet.manual_seed(0)
    assert nn.Dropout(0.5, inplace=True)(x) is x
    assert (x == expected).all()
    assert set(x.tolist()) == {0.0, 2.0}


def test_the_mean_is_preserved():
    """Of 40,000 values with standard deviation 1 the mean is within 5 σ = 0.025 of 1."""
    numpynet.manual_seed(0)
    assert abs(F.dropout(numpynet.ones(40000), 0.5).mean().item() - 1) < 0.025


def test_refused():
    for p in (-0.1, 1.1):
        with pytest.raises(ValueError, match="dropout probability has to be between 0 and 1"):
            F.dropout(numpynet.ones(2), p)
        with pytest.raises(ValueError, match="dropout probability has to be between 0 and 1"):
            nn.Dropout(p)
    with pytest.raises(RuntimeError, match="can't be cast"):
        F.dropout(numpynet.tensor([1, 2]))
    with pytest.raises(TypeError, match="must be Tensor"):
        F.dropout([1.0])


@pytest.mark.parametrize("dtype", ["float16", *FLOATS])
@pytest.mark.parametrize("name", ["AlphaDropout", "FeatureAlphaDropout"])
@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("shape", [(2, 3), (3, 17), (4, 5, 7), (0, 3)])
def test_alpha_dropout_has_torchs_bits(name, p, shape, dtype):
    array = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    our_x, their_x = pair(array)
    layers = [getattr(library.nn, name)(p) for library in (numpynet, torch)]
    assert repr(layers[0]) == repr(layers[1])
    numpynet.manual_seed(3)
    torch.manual_seed(3)
    ours, theirs = layers[0](our_x), layers[1](their_x)
    assert_within(ours, theirs, 0)
    assert (ours is our_x) == (theirs is their_x)
    if p and array.size:
        assert ours.grad_fn.name() == theirs.grad_fn.name()
    dy = np.random.default_rng(1).standard_normal(shape).astype(dtype)
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    assert_within(our_x.grad, their_x.grad, 0)
    assert_within(numpynet.rand(2), torch.rand(2), 0)
    numpynet.manual_seed(3)
    written = numpynet.tensor(array)
    function = getattr(F, "alpha_dropout" if name == "AlphaDropout" else "feature_alpha_dropout")
    assert function(written, p, True, inplace=True) is written
    assert_within(written, ours, 0)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_alpha_dropout_draws_in_the_order_of_memory(layout):
    our_x, their_x = pair(np.arange(1.0, 19.0).reshape(3, 6))
    numpynet.manual_seed(7)
    torch.manual_seed(7)
    assert_within(
        F.alpha_dropout(layout(our_x), 0.4, True), torch.nn.functional.alpha_dropout(layout(their_x), 0.4, True), 0
    )


@pytest.mark.parametrize(
    "call",
    [
        "alpha_dropout(t.ones(2), 1.1, True)",
        "alpha_dropout(t.ones(2), float('nan'), True)",
        "alpha_dropout(t.ones(2).long(), 0.5, True)",
        "feature_alpha_dropout(t.ones(2), 0.5, True)",
        "feature_alpha_dropout(t.ones(2), -1)",
    ],
)
def test_alpha_dropout_refuses_like_torch(call):
    raised = []
    for library in (numpynet, torch):
        with pytest.raises(Exception) as caught:  # noqa: PT011  whose class is compared
            eval(f"t.nn.functional.{call}", {"t": library})
        raised.append(type(caught.value))
    assert raised[0] is raised[1]
