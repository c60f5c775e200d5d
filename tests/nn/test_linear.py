"""Linear and F.linear against torch: initial bits, values and gradients in every number of dimensions, refusals.

A product of length I differs by at most 4 eps |x| |w|ᵀ + eps |b| (worst seen: 2.7), elementwise.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nearness import FLOATS, assert_within, eps, pair, torch

import numpynet
import numpynet.nn.functional as F
from numpynet import nn

SIZES = [(1, 1), (2, 1), (4, 8), (8, 1), (3, 5), (7, 31), (17, 16), (64, 33), (1, 0), (13, 301)]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("seed", [0, 1, 42, -1])
def test_initial_bits(dtype, seed):
    numpynet.manual_seed(seed)
    torch.manual_seed(seed)
    for position, (inputs, outputs) in enumerate(SIZES):
        with pytest.warns(UserWarning, match="zero-element") if not outputs else _nothing():
            ours = nn.Linear(inputs, outputs, bias=position % 3 > 0, dtype=getattr(numpynet, dtype))
        with pytest.warns(UserWarning, match="zero-element") if not outputs else _nothing():
            theirs = torch.nn.Linear(inputs, outputs, bias=position % 3 > 0, dtype=getattr(torch, dtype))
        assert_within(ours.weight, theirs.weight, 0)
        assert (ours.bias is None) == (theirs.bias is None)
        if ours.bias is not None:
            assert_within(ours.bias, theirs.bias, 0)
    assert_within(numpynet.rand(3), torch.rand(3), 0)  # as many numbers were drawn


class _nothing:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


def test_the_default_dtype_is_followed():
    numpynet.set_default_dtype(numpynet.float64)
    assert nn.Linear(2, 3).weight.dtype is numpynet.float64


def test_no_inputs_give_the_bias():
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        layer = nn.Linear(0, 3)
    assert (layer.bias == 0).all()
    assert (layer(numpynet.zeros(2, 0)) == layer.bias).all()


@pytest.mark.parametrize("dtype", FLOATS)
@settings(max_examples=40)
@given(
    leading=st.sampled_from([(), (1,), (5,), (0,), (2, 3), (2, 0), (2, 1, 3)]),
    inputs=st.integers(0, 9),
    outputs=st.integers(1, 9),
    bias=st.sampled_from([None, "vector"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_values_and_gradients(dtype, leading, inputs, outputs, bias, seed):
    rng = np.random.default_rng(seed)
    x, w, b = (rng.standard_normal(shape).astype(dtype) for shape in ((*leading, inputs), (outputs, inputs), outputs))
    operands = [pair(x), pair(w), *([pair(b)] if bias else [])]
    ours = F.linear(*(one for one, _ in operands))
    theirs = torch.nn.functional.linear(*(other for _, other in operands))
    u = eps(x)
    assert_within(ours, theirs, 4 * u * (abs(x) @ abs(w).T + abs(b) * bool(bias)))
    assert ours.grad_fn.name() == theirs.grad_fn.name()
    dy = rng.standard_normal(theirs.shape).astype(dtype)
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    rows, dy_rows = (
        abs(x).reshape(-1, inputs) if x.size else np.zeros((0, inputs)),
        abs(dy).reshape(-1, outputs),
    )
    dw = dy_rows.T @ rows if x.size else np.zeros((outputs, inputs))
    bounds = [4 * u * (abs(dy) @ abs(w)), 4 * u * dw, 4 * u * dy_rows.sum(axis=0)]
    for (one, other), bound in zip(operands, bounds, strict=False):
        assert_within(one.grad, other.grad, bound)


def test_a_layer_is_the_function_of_its_parameters():
    layer = nn.Linear(3, 2)
    x = numpynet.ones(4, 3)
    assert (layer(x) == F.linear(x, layer.weight, layer.bias)).all()
    layer.bias = None
    assert (layer(x) == F.linear(x, layer.weight)).all()


REFUSED = {
    "features": lambda F, x, w, b: F.linear(x[:, :2], w, b),
    "features of a vector": lambda F, x, w, b: F.linear(x[0, :2], w, b),
    "features in three dimensions": lambda F, x, w, b: F.linear(x[None, :, :2], w, b),
    "features without bias": lambda F, x, w, b: F.linear(x[None, :, :2], w),
    "number": lambda F, x, w, b: F.linear(x[0, 0], w, b),
    "number without bias": lambda F, x, w, b: F.linear(x[0, 0], w),
    "bias too long": lambda F, x, w, b: F.linear(x, w, x[0]),
    "vector as weight": lambda F, x, w, b: F.linear(x, w[0], b),
    "three dimensions of weight": lambda F, x, w, b: F.linear(x, w[None], b),
    "dtypes": lambda F, x, w, b: F.linear(x.double(), w, b),
    "integers": lambda F, x, w, b: F.linear(x.long(), w, b),
    "list": lambda F, x, w, b: F.linear([[1.0, 2.0, 3.0]], w, b),
    "list as weight": lambda F, x, w, b: F.linear(x, [[1.0, 2.0, 3.0]], b),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_class_of_torch(call):
    with pytest.raises((RuntimeError, TypeError)) as theirs:
        call(torch.nn.functional, torch.ones(4, 3), torch.ones(2, 3), torch.ones(2))
    with pytest.raises(theirs.type):
        call(F, numpynet.ones(4, 3), numpynet.ones(2, 3), numpynet.ones(2))


def test_negative_sizes_are_refused():
    with pytest.raises(RuntimeError, match="negative dimension"):
        nn.Linear(-1, 2)
