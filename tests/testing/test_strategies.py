"""The strategies draw what they promise."""

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import numpynet
from numpynet import nn
from numpynet.testing import assert_close, strategies

LOSSES = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy_with_logits",
          "binary_cross_entropy", "cross_entropy", "nll_loss"]  # fmt: skip


@given(strategies.broadcastable_shapes(3, max_dims=2, max_side=3))
def test_shapes_broadcast(shapes):
    assert len(shapes) == 3
    assert len(np.broadcast_shapes(*shapes)) <= 2


@given(strategies.tensors(), strategies.tensors((2, 0)), strategies.tensors(st.just((3,)), requires_grad=True))
def test_tensors_by_default_shape_and_strategy(anything, empty, leaf):
    assert anything.ndim <= 3
    assert anything.dtype in (numpynet.float32, numpynet.float64)
    assert np.isfinite(anything.numpy()).all()
    assert empty.shape == (2, 0)
    assert leaf.requires_grad
    assert leaf.is_leaf


@pytest.mark.parametrize("dtype", [numpynet.int64, numpynet.uint8, numpynet.bool, numpynet.float16])
def test_other_dtypes(dtype):
    @settings(max_examples=10)
    @given(strategies.tensors((2, 2), dtype=dtype))
    def check(x):
        assert x.dtype == dtype

    check()


def test_special_values_come_only_when_asked_for():
    quick = settings(max_examples=500, database=None)
    asked = strategies.tensors((2,), allow_nan=True, allow_infinity=True)
    assert np.isnan(find(asked, lambda x: bool(x.isnan().any()), settings=quick).numpy()).any()
    assert np.isinf(find(asked, lambda x: bool(x.isinf().any()), settings=quick).numpy()).any()


@pytest.mark.parametrize("name", LOSSES)
def test_batches_suit_their_loss(name):
    loss = getattr(nn.functional, name)

    @settings(max_examples=30)
    @given(strategies.batches(name))
    def check(batch):
        value = loss(batch.input, batch.target)
        value.backward()
        assert np.isfinite(value.item())
        assert batch.input.grad.shape == batch.input.shape

    check()


def test_a_loss_is_named_by_string_function_class_or_module():
    @settings(max_examples=20)
    @given(st.data(), st.sampled_from(["mse_loss", nn.functional.mse_loss, nn.MSELoss, nn.MSELoss()]))
    def check(data, loss):
        batch = data.draw(strategies.batches(loss))
        assert batch.input.shape == batch.target.shape

    check()
    with pytest.raises(ValueError, match="no loss 'hinge' is known"):
        find(strategies.batches("hinge"), lambda batch: True)


@settings(max_examples=50)
@given(strategies.networks(max_layers=4))
def test_networks_run_and_differentiate(drawn):
    network, x = drawn
    y = network(x)
    assert y.shape == (x.shape[0], network[-1].out_features)
    assert y.dtype == x.dtype
    y.sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert_close(network(x), y)
