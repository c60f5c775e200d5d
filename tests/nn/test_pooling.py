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


# --- sizes, columns, groups -----------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_other_sizes_like_torch(dims):
    linear = ("linear", "bilinear", "trilinear")[dims - 1]
    for seed, (mode, corners) in enumerate(
        (("nearest", None), ("nearest-exact", None), ("area", None), (linear, False), (linear, True))
    ):
        arrays = drawn(seed, (2, 3, *(5, 4, 3)[:dims]))
        for options in (
            {"size": 7},
            {"size": (1, 6, 3)[:dims]},
            {"scale_factor": 2},
            {"scale_factor": 1.7},
            {"scale_factor": 1.7, "recompute_scale_factor": True},
            {"scale_factor": (0.5, 2.5, 1.5)[:dims]},
        ):
            assert_alike("interpolate", arrays, mode=mode, align_corners=corners, **options)


@pytest.mark.parametrize(
    ("mode", "antialias"),
    [("bicubic", False), ("bilinear", True), ("bicubic", True), ("lanczos", True)],
    ids=["cubic", "smooth linear", "smooth cubic", "smooth lanczos"],
)
def test_images_of_other_sizes_like_torch(mode, antialias):
    for seed, corners in enumerate((None, False) if mode == "lanczos" else (None, False, True)):
        for size in (
            {"size": 7},
            {"size": (1, 6)},
            {"size": (12, 2)},
            {"scale_factor": 0.3},
            {"scale_factor": (0.5, 2.5)},
            {"scale_factor": 0.7, "recompute_scale_factor": True},
        ):
            arrays = drawn(seed, (2, 3, 7, 9))
            assert_alike("interpolate", arrays, mode=mode, antialias=antialias, align_corners=corners, **size)


def test_old_names_of_other_sizes():
    x = numpynet.rand(1, 2, 3, 4)
    for name, options in (("nearest", {}), ("bilinear", {"align_corners": True})):
        with pytest.warns(UserWarning, match="Use `nn.functional.interpolate` instead"):
            y = getattr(F, f"upsample_{name}")(x, scale_factor=2)
        assert numpynet.equal(y, F.interpolate(x, scale_factor=2, mode=name, **options))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, ValueError, "either size or scale_factor should be defined"),
        ({"size": 2, "scale_factor": 2}, ValueError, "only one of size or scale_factor should be defined"),
        ({"size": (2, 2, 2)}, ValueError, "must have the same number of spatial dimensions"),
        ({"size": 2, "align_corners": True}, ValueError, "align_corners option can only be set with"),
        ({"size": 2, "mode": "linear"}, NotImplementedError, "Got 4D input, but linear mode needs 3D input"),
        ({"size": 2, "mode": "other"}, NotImplementedError, "Input Error: Only 3D, 4D and 5D input Tensors"),
        ({"size": 2, "mode": "nearest", "antialias": True}, ValueError, "Anti-alias option is restricted to"),
        ({"size": 2, "mode": "lanczos"}, ValueError, "Lanczos mode requires antialias=True"),
        (
            {"size": 2, "mode": "lanczos", "antialias": True, "align_corners": True},
            ValueError,
            "Lanczos mode does not support align_corners=True",
        ),
        ({"size": 0}, RuntimeError, "Input and output sizes should be greater than 0"),
    ],
)
def test_sizes_that_cannot_be(options, error, message):
    for library, functions in ((numpynet, F), (torch, T)):
        with pytest.raises(error, match=message):
            functions.interpolate(library.zeros(1, 2, 3, 4), **options)


def test_columns_like_torch():
    for seed, (k, stride, padding, dilation) in enumerate(itertools.product((1, (2, 3)), (1, 2), (0, 1), (1, (2, 1)))):
        options = {"kernel_size": k, "stride": stride, "padding": padding, "dilation": dilation}
        arrays = drawn(seed, (2, 3, 5, 6))
        assert_alike("unfold", arrays, **options)
        columns = F.unfold(numpynet.tensor(arrays[0]), **options)
        assert_alike("fold", drawn(seed, columns.shape), output_size=(5, 6), **options)
    one = numpynet.randn(3, 5, 6)
    assert numpynet.equal(F.unfold(one, 2), F.unfold(one[None], 2)[0])


@pytest.mark.parametrize(
    ("name", "shape", "arguments", "message"),
    [
        ("unfold", (2, 3, 4, 4), (9,), "calculated shape of the array of sliding blocks as"),
        ("unfold", (2, 3, 4, 4), (0,), "kernel size should be greater than zero"),
        ("fold", (2, 26, 36), ((8, 8), 3), "to be divisible by the product of kernel_size"),
        ("fold", (2, 27, 35), ((8, 8), 3), "match the calculated number of sliding blocks"),
        ("group_norm", (2, 4, 3), (3,), "to be divisible by num_groups"),
        ("group_norm", (2,), (1,), "Expected at least 2 dimensions for input tensor but received 1"),
    ],
)
def test_what_does_not_fit(name, shape, arguments, message):
    for library, functions in ((numpynet, F), (torch, T)):
        with pytest.raises(RuntimeError, match=message):
            getattr(functions, name)(library.zeros(shape), *arguments)


def test_normalization_of_groups_and_instances_like_torch():
    for seed, shape in enumerate(((2, 4, 5), (3, 4, 3, 2), (1, 4, 2, 2, 3))):
        x, w, b = drawn(seed, shape, (4,), (4,))
        for groups in (1, 2, 4):
            (ours, y), (theirs, expected) = (
                (
                    [library.tensor(one).requires_grad_() for one in (x, w, b)],
                    functions,
                )
                for library, functions in ((numpynet, F), (torch, T))
            )
            y, expected = y.group_norm(ours[0], groups, *ours[1:]), expected.group_norm(theirs[0], groups, *theirs[1:])
            assert y.grad_fn.name() == expected.grad_fn.name()
            np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-11, atol=1e-12)
            (dy,) = drawn(9, shape)
            y.backward(numpynet.tensor(dy))
            expected.backward(torch.tensor(dy))
            for one, other in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(one.grad.numpy(), other.grad.numpy(), rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("track", [True, False])
def test_instance_norm_layers(affine, track):
    options = {"affine": affine, "track_running_stats": track}
    for dims in (1, 2, 3):
        ours = getattr(nn, f"InstanceNorm{dims}d")(3, **options)
        theirs = getattr(torch.nn, f"InstanceNorm{dims}d")(3, **options)
        assert repr(ours) == repr(theirs)
        for training in (True, True, False):
            ours.train(training)
            theirs.train(training)
            (x,) = drawn(dims, (2, 3, 4, 5, 2)[: dims + 2], dtype="float32")
            for one in (x, x[0]):
                y, expected = ours(numpynet.tensor(one)), theirs(torch.tensor(one))
                np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-4, atol=1e-5)
        for key, value in theirs.state_dict().items():
            np.testing.assert_allclose(ours.state_dict()[key].numpy(), value.numpy(), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="expected 3D or 4D input"):
        nn.InstanceNorm2d(3)(numpynet.zeros(2, 3))
    with pytest.raises(ValueError, match="Expected more than 1 spatial element when training"):
        nn.InstanceNorm2d(3)(numpynet.zeros(2, 3, 1, 1))


@pytest.mark.parametrize(
    ("name", "arguments", "options"),
    [
        ("Upsample", (), {"scale_factor": 2}),
        ("Upsample", ((3, 4),), {"mode": "bilinear"}),
        ("UpsamplingNearest2d", (), {"scale_factor": 2}),
        ("UpsamplingBilinear2d", (5,), {}),
        ("Unfold", (2,), {"padding": 1}),
        ("GroupNorm", (2, 4), {}),
        ("GroupNorm", (2, 4), {"affine": False}),
    ],
)
def test_further_layers(name, arguments, options):
    ours, theirs = getattr(nn, name)(*arguments, **options), getattr(torch.nn, name)(*arguments, **options)
    assert repr(ours) == repr(theirs)
    (x,) = drawn(0, (2, 4, 5, 6), dtype="float32")
    y, expected = ours(numpynet.tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["avg", "max"])
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (None, TypeError),
        (np.int64(1), TypeError),
        (True, TypeError),
        (["a", "b"], TypeError),
        (np.ones(2), TypeError),
        (2**70, ValueError),
        ((1, 1, 1), ValueError),
        (b"a", RuntimeError),
        ((), RuntimeError),
        (-1, RuntimeError),
    ],
)
def test_adaptive_pools_refuse_sizes(library, kind, wrong, error):
    with pytest.raises(error):
        getattr(library.nn.functional, f"adaptive_{kind}_pool2d")(library.ones(2, 2, 2), wrong)


def test_a_mean_over_everything_is_of_any_images(library):
    pool = library.nn.functional.adaptive_avg_pool2d
    assert pool(library.tensor([[1.0, 2.0], [3.0, 6.0]]), 1).tolist() == [[3.0]]
    assert pool(library.ones(1, 1, 1, 2, 2), 1).shape == (1, 1, 1, 1, 1)
    assert pool(library.ones(1, 2, 0, 3), 1).isnan().all()
    with pytest.raises(IndexError):
        pool(library.ones(2), 1)
    with pytest.raises(RuntimeError):
        pool(library.ones(2, 3, dtype=library.int64), 1)


@pytest.mark.parametrize("kind", ["avg_pool", "max_pool"])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_windows_beyond_int64(library, kind, dims):
    pool = getattr(library.nn.functional, f"{kind}{dims}d")
    x = library.ones(2, *(2,) * dims)
    with pytest.raises(ValueError, match="Overflow when unpacking long"):
        pool(x, 2**70)
    with pytest.raises(TypeError):
        pool(x, (2**70,) * dims)


def test_windows_of_signals_are_anything_that_has_elements(library):
    assert library.nn.AvgPool1d([2], library.tensor([1]))(library.tensor([[1.0, 3.0, 5.0]])).tolist() == [[2.0, 4.0]]
    with pytest.raises(RuntimeError):
        library.nn.AvgPool1d({1, 2})(library.ones(1, 3))


def test_a_window_of_the_padding_alone_is_refused() -> None:
    """Of which torch takes −∞, and to which it gives the gradient outside of the input's memory."""
    x = numpynet.ones(1, 2, 1)
    with pytest.raises(RuntimeError, match="in the padding alone"):
        numpynet.nn.functional.max_pool1d(x, 2, 3, 1, 2)
    assert numpynet.nn.functional.max_pool1d(numpynet.ones(1, 2, 2), 2, 3, 1, 2).shape == (1, 2, 1)


@pytest.mark.parametrize("align_corners", [None, True])
@pytest.mark.parametrize(
    ("mode", "shape", "factors"),
    [
        ("linear", (1, 2, 7), 1.1),
        ("bilinear", (1, 2, 7, 9), (3.0, 1.1)),
        ("bilinear", (2, 2, 6, 5), (1.1, 1.7)),
        ("trilinear", (1, 2, 2, 4, 7), (1.3, 0.5, 2.0)),
        ("nearest", (1, 2, 8, 8), (1.1, 2.1)),
        ("nearest", (1, 2, 2, 9), (1.5, 1.1)),
        ("nearest", (1, 2, 80, 90), (1.01, 2.01)),
        ("nearest", (1, 2, 3, 3, 8), (2.0, 1.1, 2.1)),
        ("nearest", (1, 2, 7), 1.1),
        ("nearest-exact", (1, 2, 8, 8), (1.1, 2.1)),
        ("bicubic", (1, 2, 8, 8), (1.1, 1.3)),
    ],
)
def test_factors_that_leave_a_length_as_it_is(mode, shape, factors, align_corners):
    """Which torch takes for 1, or for 2, in some of its kernels: whatever they are."""
    if align_corners and "linear" not in mode:
        return
    x = np.random.default_rng(0).normal(size=shape)
    options = {"scale_factor": factors, "mode": mode, "align_corners": align_corners}
    y, expected = F.interpolate(numpynet.tensor(x), **options), T.interpolate(torch.tensor(x), **options)
    np.testing.assert_allclose(y.numpy(), expected.numpy(), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_a_length_that_stays_is_not_smoothed(mode):
    x = np.random.default_rng(0).normal(size=(1, 2, 8, 9))
    options = {"scale_factor": (1.1, 0.4), "mode": mode, "antialias": True}
    y, expected = F.interpolate(numpynet.tensor(x), **options), T.interpolate(torch.tensor(x), **options)
    np.testing.assert_allclose(y.numpy(), expected.numpy(), rtol=1e-13, atol=1e-13)
