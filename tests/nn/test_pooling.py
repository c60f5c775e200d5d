"""Pools against torch: values, places of maxima, gradients, names, ties, NaN and infinities, refusals."""

import itertools

import numpy as np
import pytest
from nearness import torch
from test_convolution import assert_alike, drawn

import numpynet
import numpynet.nn.functional as F
from numpynet import nn

T = torch.nn.functional
LENGTHS = (6, 7, 5)


def tied(seed, *shape, special=True):
    """Small integers, many of them equal, with NaN and −∞ among them."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 3, shape) * 1.0
    if special:
        x[rng.random(shape) < 0.2] = -np.inf
        x[rng.random(shape) < 0.1] = np.nan
        x[..., :2] = -np.inf
    return x


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("batched", [True, False])
def test_maxima_like_torch(dims, batched):
    shape = ((2, 3) if batched else (3,)) + LENGTHS[:dims]
    for seed, (k, stride, padding, dilation, ceil_mode) in enumerate(
        itertools.product((2, 3), (None, 1, 2), (0, 1), (1, 2), (True, False))
    ):
        options = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
        x = tied(seed, *shape)
        assert_alike(f"max_pool{dims}d", [x], kernel_size=k, return_indices=True, **options)


def test_by_hand():
    x = numpynet.tensor([[[1.0, 3.0, 3.0, 2.0]]], requires_grad=True)
    y, places = F.max_pool1d(x, 2, 1, return_indices=True)
    assert y.tolist() == [[[3.0, 3.0, 3.0]]]
    assert places.tolist() == [[[1, 1, 2]]]  # of equal ones the first
    y.backward(numpynet.tensor([[[1.0, 10.0, 100.0]]]))
    assert x.grad.tolist() == [[[0.0, 11.0, 100.0, 0.0]]]
    means = F.avg_pool1d(x.detach(), 2, padding=1)
    assert means.tolist() == [[[0.5, 3.0, 1.0]]]
    assert F.avg_pool1d(x.detach(), 2, padding=1, count_include_pad=False).tolist() == [[[1.0, 3.0, 2.0]]]


def test_the_sign_of_a_zero_is_that_of_the_first():
    x = numpynet.tensor([[[-0.0, 0.0] * 8, [0.0, -0.0] * 8]])
    assert np.signbit(F.max_pool1d(x, 2).numpy()).tolist() == [[[True] * 8, [False] * 8]]


def test_kernels_of_many_elements():
    x = tied(4, 2, 2, 40, 40)
    assert_alike("max_pool2d", [x], kernel_size=20, stride=7)


def test_integers_have_maxima():
    x = numpynet.arange(8).reshape(1, 2, 4)
    y, places = F.max_pool2d(x, (1, 2), padding=(0, 1), return_indices=True)
    assert y.tolist() == [[[0, 2, 3], [4, 6, 7]]]
    assert places.tolist() == [[[0, 2, 3], [4, 6, 7]]]


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("batched", [True, False])
def test_means_like_torch(dims, batched):
    shape = ((2, 3) if batched else (3,)) + LENGTHS[:dims]
    for seed, (k, stride, padding, ceil_mode, counted) in enumerate(
        itertools.product((2, 3), (None, 1, 2), (0, 1), (True, False), (True, False))
    ):
        options = {"stride": stride, "padding": padding, "ceil_mode": ceil_mode, "count_include_pad": counted}
        assert_alike(f"avg_pool{dims}d", drawn(seed, shape), kernel_size=k, **options)
    if dims > 1:
        assert_alike(f"avg_pool{dims}d", drawn(0, shape), kernel_size=2, divisor_override=3)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("batched", [True, False])
def test_adaptive_pools_like_torch(dims, batched):
    shape = ((2, 3) if batched else (3,)) + LENGTHS[:dims]
    for seed, places in enumerate((1, 2, 3, 9, (2, 3, 4)[:dims])):
        assert_alike(f"adaptive_avg_pool{dims}d", drawn(seed, shape), output_size=places)
        x = tied(seed, *shape)
        assert_alike(f"adaptive_max_pool{dims}d", [x], output_size=places, return_indices=True)
    if dims == 2:
        assert_alike("adaptive_avg_pool2d", drawn(9, shape), output_size=(None, 2))


def test_empty_batches():
    x = numpynet.zeros(0, 3, 4, 4)
    for pool in (nn.MaxPool2d(2), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(2), nn.AdaptiveMaxPool2d(2)):
        assert pool(x).shape == (0, 3, 2, 2)


REFUSED = [
    ("max_pool2d", (8, 8), (2,), {}, "3D or 4D"),
    ("max_pool2d", (2, 0, 8, 8), (2,), {}, r"optional 0 dim batch size for input, but got:\[2, 0, 8, 8\]"),
    ("max_pool2d", (2, 3, 8, 8), (2,), {"padding": 2}, "pad should be at most half of effective kernel size"),
    ("max_pool2d", (2, 3, 8, 8), (2,), {"padding": -1}, "pad must be non-negative, but got pad: -1"),
    ("max_pool2d", (2, 3, 8, 8), (9,), {}, r"Given input size: \(3x8x8\). Calculated output size: \(3x0x0\)"),
    ("max_pool2d", (2, 3, 8, 8), (2, 0), {}, "stride should not be zero"),
    ("max_pool2d", (2, 3, 8, 8), (2,), {"dilation": 0}, "dilation should be greater than zero"),
    ("max_pool2d", (2, 3, 8, 8), ((2, 2, 2),), {}, "kernel_size must either be a single int, or a tuple of two ints"),
    ("max_pool1d", (2, 3, 8, 8), (2,), {}, "Expected 2D or 3D"),
    ("avg_pool2d", (2, 3, 8, 8), (2,), {"divisor_override": 0}, "divisor must be not zero"),
    ("avg_pool2d", (2, 3, 8, 8), (9,), {}, "Output size is too small"),
    ("adaptive_avg_pool2d", (8, 8), (2,), {}, r"adaptive_avg_pool2d\(\): Expected 3D or 4D tensor, but got"),
    ("adaptive_avg_pool2d", (2, 3, 8, 8), (-1,), {}, "must be greater than or equal to 0 but received {-1, -1}"),
    ("adaptive_avg_pool2d", (2, 3, 8, 8), ((1, 2, 3),), {}, "adaptive_avg_pool2d: output_size must be 2"),
    ("adaptive_avg_pool2d", (2, 3, 0, 8), (2,), {}, "with dimension 2 being empty"),
]


@pytest.mark.parametrize(("name", "shape", "arguments", "options", "message"), REFUSED)
def test_refusals(name, shape, arguments, options, message):
    for library, functions in ((numpynet, F), (torch, T)):
        with pytest.raises(RuntimeError, match=message):
            getattr(functions, name)(library.zeros(shape), *arguments, **options)


@pytest.mark.parametrize(("library", "functions"), [(numpynet, F), (torch, T)])
def test_refusals_of_dtypes(library, functions):
    x = library.zeros(1, 2, 4, 4)
    with pytest.raises(NotImplementedError, match="not implemented for 'Bool'"):
        functions.max_pool2d(x > 0, 2)
    with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
        functions.max_pool1d(x[0].long(), 2)
    with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
        functions.adaptive_max_pool2d(x.long(), 2)
    with pytest.raises(TypeError):
        functions.max_pool2d(x, 2.5)


@pytest.mark.parametrize(
    ("name", "arguments", "options"),
    [
        ("MaxPool1d", (2,), {"padding": 1}),
        ("MaxPool2d", ((3, 2),), {"stride": (2, 1), "ceil_mode": True}),
        ("MaxPool3d", (2,), {"dilation": 2}),
        ("AvgPool1d", (2,), {"count_include_pad": False}),
        ("AvgPool2d", (2,), {"stride": 1, "divisor_override": 3}),
        ("AvgPool3d", (2,), {"ceil_mode": True}),
        *((f"Adaptive{kind}Pool{dims}d", (2,), {}) for kind in ("Avg", "Max") for dims in (1, 2, 3)),
        ("AdaptiveAvgPool2d", ((None, 3),), {}),
    ],
)
def test_layers(name, arguments, options):
    ours, theirs = getattr(nn, name)(*arguments, **options), getattr(torch.nn, name)(*arguments, **options)
    assert repr(ours) == repr(theirs)
    (x,) = drawn(0, (2, 3, *LENGTHS[: int(name[-2])]))
    np.testing.assert_allclose(ours(numpynet.tensor(x)).numpy(), theirs(torch.tensor(x)).numpy(), rtol=1e-14)
