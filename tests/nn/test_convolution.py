"""Convolutions, padding and pools against torch and against their definitions: values, gradients, names, refusals.

A convolution is a sum of products, of which each order of summation gives a result within 4 eps |x| ∗ |w| + eps |b|
(worst seen: 1.5); the same holds of its gradients. Maxima are exact.
"""

import itertools
import math

import numpy as np
import pytest
from nearness import FLOATS, torch

import numpynet
import numpynet.nn.functional as F
from numpynet import nn, ops
from numpynet.ops import windows
from numpynet.ops.convolution import directly

T = torch.nn.functional


def drawn(seed, *shapes, dtype="float64"):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def both(name, arrays, **options):
    """The function on the same arrays in both libraries: leaves and results."""
    found = []
    for library, functions in ((numpynet, F), (torch, T)):
        leaves = [None if one is None else library.tensor(one).requires_grad_() for one in arrays]
        found.append((leaves, getattr(functions, name)(*leaves, **options)))
    return found


def assert_alike(name, arrays, bound=1e-12, **options):
    """Values, gradients under a random cotangent, names of nodes, strides."""
    (ours, y), (theirs, expected) = both(name, arrays, **options)
    if isinstance(expected, tuple):
        np.testing.assert_array_equal(y[1].numpy(), expected[1].numpy())
        assert y[1].dtype is numpynet.int64
        y, expected = y[0], expected[0]
    assert y.shape == tuple(expected.shape)
    assert y.stride() == expected.stride()
    assert y.grad_fn.name() == expected.grad_fn.name()
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=bound, atol=bound)
    (dy,) = drawn(1, y.shape)
    y.backward(numpynet.tensor(dy))
    expected.backward(torch.tensor(dy))
    for one, other in zip(ours, theirs, strict=True):
        if one is not None:
            np.testing.assert_allclose(one.grad.numpy(), other.grad.numpy(), rtol=bound, atol=bound)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("batched", [True, False])
def test_convolutions_like_torch(dims, groups, batched):
    for seed, (k, stride, padding, dilation) in enumerate(itertools.product((1, 3), (1, 2), (0, 2), (1, 2))):
        lead = (2, 4) if batched else (4,)
        size = (k, 2, 1)[:dims]
        arrays = drawn(seed, (*lead, *(6, 5, 4)[:dims]), (6, 4 // groups, *size), (6,))
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        assert_alike(f"conv{dims}d", arrays, **options)
        assert_alike(f"conv{dims}d", [*arrays[:2], None], **options)
        arrays = drawn(seed, (*lead, *(6, 5, 4)[:dims]), (4, 6 // groups, *size), (6,))
        options["padding"] = min(padding, 1)
        more = max(stride, dilation) - 1
        assert_alike(f"conv_transpose{dims}d", arrays, output_padding=more, **options)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_padding_by_a_word(padding):
    for k, dilation in itertools.product((1, 2, 3, 4), (1, 2)):
        arrays = drawn(k, (2, 3, 9, 10), (4, 3, k, 2), (4,))
        (_, y), (_, expected) = both("conv2d", arrays, padding=padding, dilation=dilation)
        np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-12, atol=1e-12)


def test_a_convolution_is_the_sum_over_its_windows():
    for seed, (stride, padding, dilation, groups) in enumerate(itertools.product((1, 2), (0, 1), (1, 2), (1, 2))):
        x, w = drawn(seed, (2, 4, 6, 5), (2, 4 // groups, 2, 3))
        options = {"stride": (stride, 1), "padding": (padding, 1), "dilation": (dilation, 1), "groups": groups}
        y = ops.convolution.forward(x, w, **options)
        np.testing.assert_allclose(y, directly(x, w, *options.values()), rtol=1e-13, atol=1e-13)


def test_by_hand():
    x = numpynet.tensor([[[1.0, 2.0, 4.0, 8.0]]], requires_grad=True)
    w = numpynet.tensor([[[1.0, -1.0]]], requires_grad=True)
    y = F.conv1d(x, w)
    assert y.tolist() == [[[-1.0, -2.0, -4.0]]]
    y.backward(numpynet.tensor([[[1.0, 10.0, 100.0]]]))
    assert w.grad.tolist() == [[[421.0, 842.0]]]  # 1 + 2·10 + 4·100 and 2 + 4·10 + 8·100
    assert x.grad.tolist() == [[[1.0, 9.0, 90.0, -100.0]]]


@pytest.mark.parametrize("dtype", FLOATS)
def test_rounding_of_long_sums(dtype):
    """64 · 25 products in each sum, with roundings that both libraries make in their own order."""
    eps = np.finfo(dtype).eps
    arrays = drawn(3, (4, 64, 9, 9), (8, 64, 5, 5), (8,), dtype=dtype)
    (ours, y), (theirs, expected) = both("conv2d", arrays, padding=2)
    sizes = [np.abs(one).astype(np.float64) for one in arrays]
    options = {"stride": (1, 1), "padding": (2, 2), "dilation": (1, 1), "groups": 1}
    bound = 4 * eps * ops.convolution.forward(*sizes, **options)
    assert (np.abs(y.detach().numpy() - expected.detach().numpy()) <= bound).all()
    (dy,) = drawn(4, y.shape, dtype=dtype)
    y.backward(numpynet.tensor(dy))
    expected.backward(torch.tensor(dy))
    x, w, _ = sizes
    size = np.abs(dy).astype(np.float64)
    bounds = [
        ops.convolution.gradients.x(size, w, x.shape, **options),
        ops.convolution.gradients.w(size, x, w.shape, **options),
        ops.convolution.gradients.b(size),
    ]
    for one, other, bound in zip(ours, theirs, bounds, strict=True):
        assert (np.abs(one.grad.numpy() - other.grad.numpy()) <= 4 * eps * bound).all()


@pytest.mark.parametrize("elements", [1, 60, 300])
def test_parts_give_the_same_as_the_whole(monkeypatch, elements):
    arrays = drawn(5, (5, 4, 6, 7), (6, 2, 3, 2), (6,))
    options = {"stride": (1, 2), "padding": 1, "groups": 2}
    results = []
    for limit in (1 << 18, elements):
        monkeypatch.setattr(windows, "ELEMENTS", limit)
        windows.parts.cache_clear()
        (leaves, y), _ = both("conv2d", arrays, **options)
        y.backward(numpynet.tensor(drawn(6, y.shape)[0]))
        results.append([y.detach().numpy(), *(leaf.grad.numpy() for leaf in leaves)])
    windows.parts.cache_clear()
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_the_memory_of_the_windows_is_bounded(monkeypatch):
    """Parts of a large image have no more elements than allowed, but for single rows."""
    for samples, places, each in ((64, (28, 28), 25 * 784), (2, (500, 500), 9 * 250_000), (3, (1,), 1 << 20)):
        for group in windows.parts(samples, places, each):
            for part, rows in group:
                count, height = part.stop - part.start, rows.stop - rows.start
                assert count * height * each // places[0] <= windows.ELEMENTS or count == height == 1
        rows = [rows for _, rows in windows.parts(samples, places, each)[0]]
        assert sum(one.stop - one.start for one in rows) == places[0]


def test_empty_batches():
    x = numpynet.zeros(0, 3, 5, 5, requires_grad=True)
    w = numpynet.ones(4, 3, 3, 3, requires_grad=True)
    y = F.max_pool2d(F.conv2d(x, w), 2)
    assert y.shape == (0, 4, 1, 1)
    y.sum().backward()
    assert x.grad.shape == x.shape
    assert (w.grad == 0).all()


REFUSED = [
    ("conv2d", (2, 4, 8, 8), (4, 3, 3, 3), {}, "to have 3 channels, but got 4 channels instead"),
    ("conv2d", (8, 8), (4, 3, 3, 3), {}, r"Expected 3D \(unbatched\) or 4D \(batched\) input to conv2d"),
    ("conv2d", (2, 3, 2, 2), (4, 3, 3, 3), {}, r"padded input size per channel: \(2 x 2\). Kernel size: \(3 x 3\)"),
    ("conv2d", (2, 3, 8, 8), (4, 3, 3, 3), {"stride": 0}, "non-positive stride is not supported"),
    ("conv2d", (2, 3, 8, 8), (4, 3, 3, 3), {"padding": -1}, "negative padding is not supported"),
    ("conv2d", (2, 3, 8, 8), (4, 3, 3, 3), {"dilation": 0}, "non-positive dilation is not supported"),
    ("conv2d", (2, 3, 8, 8), (4, 3, 3, 3), {"groups": 0}, "non-positive groups is not supported"),
    ("conv2d", (2, 9, 8, 8), (4, 3, 3, 3), {"groups": 3}, "divisible by 3 at dimension 0"),
    ("conv2d", (2, 3, 8, 8), (4, 3, 3, 3), {"padding": "full"}, "Invalid padding string: 'full'"),
    ("conv2d", (2, 3, 8, 8), (4, 3, 3, 3), {"padding": "same", "stride": 2}, "not supported for strided convolutions"),
    ("conv2d", (2, 3, 8, 8), (4, 3, 3, 3), {"stride": (1, 2, 3)}, "a list of 2 values to match the convolution"),
    ("conv2d", (2, 3, 8, 8), (0, 3, 3, 3), {}, "expected weight to be at least 1 at dimension 0"),
    ("conv_transpose2d", (2, 5, 8, 8), (3, 4, 3, 3), {}, "Given transposed=1, weight of size"),
    ("conv_transpose2d", (2, 3, 8, 8), (3, 4, 3, 3), {"output_padding": 1}, "smaller than either stride or dilation"),
]


@pytest.mark.parametrize(("name", "x", "w", "options", "message"), REFUSED)
def test_refusals(name, x, w, options, message):
    for library, functions in ((numpynet, F), (torch, T)):
        with pytest.raises(RuntimeError, match=message):
            getattr(functions, name)(library.zeros(x), library.zeros(w), **options)


@pytest.mark.parametrize(("library", "functions"), [(numpynet, F), (torch, T)])
def test_refusals_of_dtypes_and_arguments(library, functions):
    x, w = library.zeros(2, 3, 8, 8), library.zeros(4, 3, 3, 3)
    with pytest.raises(RuntimeError):
        functions.conv2d(x.double(), w)
    with pytest.raises(RuntimeError, match="expected bias to be 1-dimensional with 4 elements"):
        functions.conv2d(x, w, library.zeros(5))
    with pytest.raises(NotImplementedError, match="not implemented for 'Bool'"):
        functions.conv2d(x > 0, w > 0)
    with pytest.raises(TypeError):
        functions.conv2d(x, w, stride=1.5)
    with pytest.raises(TypeError):
        functions.conv2d(x.tolist(), w)


# --- layers -----------------------------------------------------------------------------------------------


LAYERS = [
    ("Conv1d", (3, 4, 5), {"padding": 2}),
    ("Conv2d", (4, 6, (3, 2)), {"stride": 2, "groups": 2, "bias": False}),
    ("Conv2d", (4, 6, 3), {"padding": "same", "padding_mode": "reflect"}),
    ("Conv2d", (4, 6, 3), {"padding": (1, 2), "padding_mode": "circular", "dilation": 2}),
    ("Conv2d", (4, 6, 3), {"padding": (1, 0), "padding_mode": "replicate"}),
    ("Conv3d", (2, 3, 2), {"dilation": (1, 2, 1)}),
    ("ConvTranspose1d", (3, 4, 5), {"stride": 2, "padding": 2, "output_padding": 1}),
    ("ConvTranspose2d", (4, 6, (3, 2)), {"stride": 2, "groups": 2, "dilation": 2}),
    ("ConvTranspose3d", (2, 3, 2), {"bias": False}),
]


@pytest.mark.parametrize(("name", "arguments", "options"), LAYERS)
def test_layers_like_torch(name, arguments, options):
    numpynet.manual_seed(3)
    torch.manual_seed(3)
    ours, theirs = getattr(nn, name)(*arguments, **options), getattr(torch.nn, name)(*arguments, **options)
    assert repr(ours) == repr(theirs)
    for key, value in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[key].numpy(), value.numpy())
    dims = int(name[-2])
    (x,) = drawn(1, (2, arguments[0], *(8, 7, 6)[:dims]), dtype="float32")
    y, expected = ours(numpynet.tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_the_size_of_a_transposed_convolution_can_be_chosen():
    layer = nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1)
    x = numpynet.zeros(1, 3, 5, 5)
    assert layer(x, output_size=(10, 9)).shape == (1, 4, 10, 9)
    assert layer(x, output_size=(1, 4, 9, 10)).shape == (1, 4, 9, 10)
    with pytest.raises(ValueError, match=r"requested an output size of .* valid sizes range from"):
        layer(x, output_size=(11, 9))
    with pytest.raises(ValueError, match="output_size must have 2 or 4 elements"):
        layer(x, output_size=(9,))


@pytest.mark.parametrize("library", [nn, torch.nn])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": 2}, "in_channels must be divisible by groups"),
        ({"groups": 0}, "groups must be a positive integer"),
        ({"padding": "full"}, "Invalid padding string 'full'"),
        ({"padding": "same", "stride": 2}, "not supported for strided convolutions"),
        ({"padding_mode": "mirror"}, "padding_mode must be one of"),
    ],
)
def test_layers_that_cannot_be(library, options, message):
    with pytest.raises(ValueError, match=message):
        library.Conv2d(3, 4, 3, **options)


# --- padding ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_padding_like_torch(mode):
    for shape, pad in (
        ((2, 3, 5), (2, 1)),
        ((3, 5), (0, 2)),
        ((2, 3, 4, 5), (1, 2, 3, 0)),
        ((2, 3, 4, 5), (-1, 2, 1, -2)),
        ((2, 2, 3, 4, 5), (1, 0, 2, 1, 0, 2)),
    ):
        assert_alike("pad", drawn(2, shape), 1e-15, pad=pad, mode=mode)


def test_padding_of_some_dimensions_and_with_a_value():
    x = numpynet.arange(6).reshape(2, 3)
    assert F.pad(x, (1, 0), value=7).tolist() == [[7, 0, 1, 2], [7, 3, 4, 5]]
    assert F.pad(x, (0, 0, 0, 1)).tolist() == [[0, 1, 2], [3, 4, 5], [0, 0, 0]]
    assert F.pad(x, (-1, -1)).tolist() == [[1], [4]]


@pytest.mark.parametrize(
    ("shape", "pad", "mode", "error", "message"),
    [
        ((2, 3, 8, 8), (1, 2, 3), "constant", RuntimeError, "Padding length must be divisible by 2"),
        ((2, 3), (1,) * 6, "constant", RuntimeError, "Padding length should be less than or equal to two times"),
        ((2, 3, 8), (-5, -5), "constant", RuntimeError, "length must be non-negative"),
        ((2, 3, 8), (8, 0), "reflect", RuntimeError, "Padding size should be less than the corresponding input"),
        ((2, 3, 8), (9, 0), "circular", RuntimeError, "wrapping around more than once"),
        ((2, 3, 8, 8), (1, 1), "reflect", NotImplementedError, "Padding size 2 is not supported for 4D input"),
        ((2, 3, 8), (1, 1), "mirror", NotImplementedError, "Unrecognised padding mode mirror"),
    ],
)
def test_padding_that_cannot_be(shape, pad, mode, error, message):
    for library, functions in ((numpynet, F), (torch, T)):
        with pytest.raises(error, match=message):
            functions.pad(library.zeros(shape), pad, mode)


@pytest.mark.parametrize("kind", ["Zero", "Reflection", "Replication", "Circular"])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_padding_layers(kind, dims):
    (x,) = drawn(1, (2, 3, 4, 5, 6)[: dims + 2])
    for padding in (1, tuple(range(2 * dims)) if kind == "Zero" else (1, 2) * dims):
        ours, theirs = getattr(nn, f"{kind}Pad{dims}d")(padding), getattr(torch.nn, f"{kind}Pad{dims}d")(padding)
        assert repr(ours) == repr(theirs)
        np.testing.assert_array_equal(ours(numpynet.tensor(x)).numpy(), theirs(torch.tensor(x)).numpy())
    constant = nn.ConstantPad2d(1, math.pi)
    assert repr(constant) == repr(torch.nn.ConstantPad2d(1, math.pi))
    assert constant(numpynet.zeros(1, 1, 1))[0, 0, 0] == numpynet.tensor(math.pi)


def test_a_network_of_images_trains_alike():
    """The losses that it prints, in float32, the classes that it finds, and how it is printed itself."""
    assert trained(numpynet) == trained(torch)


def trained(library):
    layers = library.nn
    library.manual_seed(0)
    net = layers.Sequential(
        layers.Conv2d(1, 6, 5, padding=2),
        layers.BatchNorm2d(6),
        layers.ReLU(),
        layers.MaxPool2d(2),
        layers.Conv2d(6, 16, 3),
        layers.ReLU(),
        layers.AvgPool2d(2),
        layers.Dropout2d(0.2),
        layers.ZeroPad2d((1, 0, 0, 0)),
        layers.AdaptiveAvgPool2d(2),
        layers.Flatten(),
        layers.Linear(64, 10),
    )
    optimizer = library.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    x, t = library.randn(16, 1, 14, 14), library.randint(0, 10, (16,))
    lines = [repr(net)]
    for _ in range(8):
        loss = layers.functional.cross_entropy(net(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        lines.append(str(loss))
    net.eval()
    return [*lines, str(net(x).argmax(1))]
