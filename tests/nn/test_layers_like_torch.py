"""Bilinear, CTCLoss, ParameterDict, and layers that mix channels: against torch."""

from __future__ import annotations

from collections import OrderedDict
from itertools import product

import numpy as np
import pytest
from nearness import FLOATS, assert_within, pair, torch

import numpynet
from numpynet import nn

LIBRARIES = (numpynet, torch)


def raised_by_both(call, **names):
    """Both libraries refuse a call with the same class, and torch's first words."""
    raised = []
    for library in LIBRARIES:
        with pytest.raises(Exception) as caught:  # noqa: PT011  whose class is compared
            eval(call, {"nn": library.nn, "F": library.nn.functional, "z": library.zeros, "lib": library, **names})
        raised.append(caught.value)
    assert type(raised[0]) is type(raised[1]), raised
    words = str(raised[1]).splitlines()[0].split(". ")[0].split(" (while checking")[0].rstrip(". ")
    assert words in str(raised[0]), raised


# --- bilinear -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("lead", [(), (5,), (2, 3)])
def test_bilinear(lead, bias, dtype):
    rng = np.random.default_rng(0)
    layers = []
    for library in LIBRARIES:
        library.manual_seed(1)
        layers.append(library.nn.Bilinear(2, 3, 4, bias=bias, dtype=getattr(library, dtype)))
    assert repr(layers[0]) == repr(layers[1])
    for p, q in zip(layers[0].parameters(), layers[1].parameters(), strict=True):
        assert p.tolist() == q.tolist()
    inputs = [pair(rng.normal(size=(*lead, size)).astype(dtype)) for size in (2, 3)]
    ours, theirs = (layer(*(one[place] for one in inputs)) for place, layer in enumerate(layers))
    assert ours.grad_fn.name() == theirs.grad_fn.name()
    dy = rng.normal(size=(*lead, 4)).astype(dtype)
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    # Sums of at most 6 · 5 terms, none above 20.
    bound = 30 * 20 * np.finfo(dtype).eps
    assert_within(ours, theirs, bound, "the result")
    for p, q in [*inputs, *zip(layers[0].parameters(), layers[1].parameters(), strict=True)]:
        assert_within(p.grad, q.grad, bound, "a gradient")


@pytest.mark.parametrize(
    "call",
    [
        "nn.Bilinear(0,2,3)",
        "nn.Bilinear(2,3,4)(z(5,2),z(4,3))",
        "nn.Bilinear(2,3,4)(z(5,3),z(5,3))",
        "nn.Bilinear(2,3,4)(z(5,2),z(5,2))",
        "nn.Bilinear(2,3,4)(z(5,2),z(3))",
        "nn.Bilinear(2,3,4)(z(5,2).double(),z(5,3).double())",
        "F.bilinear(z(5,2),z(5,3),z(4,2,3),z(3))",
        "F.bilinear(1,z(5,3),z(4,2,3))",
    ],
)
def test_bilinear_refuses(call):
    raised_by_both(call)


# --- connectionist temporal classification ------------------------------------------------------------------------

T, N, C = 6, 3, 4
TARGETS = np.array([[1, 2, 2], [3, 1, 0], [2, 2, 2]])


def ctc(library, x, **options):
    return library.nn.functional.ctc_loss(x, library.tensor(TARGETS), [6, 5, 6], [3, 2, 3], **options)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("options", [{}, {"blank": 3}, {"zero_infinity": True}])
def test_ctc_loss(options, reduction, dtype):
    rng = np.random.default_rng(0)
    ours, theirs = pair(rng.normal(size=(T, N, C)).astype(dtype))
    a = ctc(numpynet, ours.log_softmax(2), reduction=reduction, **options)
    b = ctc(torch, theirs.log_softmax(2), reduction=reduction, **options)
    assert a.grad_fn.name() == b.grad_fn.name()
    dy = rng.normal(size=tuple(b.shape)).astype(dtype)
    a.backward(numpynet.tensor(dy))
    b.backward(torch.tensor(dy))
    # Logarithms of about 10, each rounded a few times in each of 6 steps.
    bound = 10 * 6 * 8 * np.finfo(dtype).eps
    assert_within(a, b, bound, "the loss")
    assert_within(ours.grad, theirs.grad, bound, "the gradient")


def test_ctc_loss_is_the_sum_over_all_paths():
    rng = np.random.default_rng(1)
    x = numpynet.tensor(rng.normal(size=(4, 3))).log_softmax(1)
    target, probability = [1, 2], 0.0
    for path in product(range(3), repeat=4):
        said = [label for place, label in enumerate(path) if place == 0 or label != path[place - 1]]
        if [label for label in said if label] == target:
            probability += np.exp(sum(x[step, label].item() for step, label in enumerate(path)))
    loss = nn.CTCLoss(reduction="sum")(x, numpynet.tensor(target), [4], [2])
    assert abs(loss.item() + np.log(probability)) < 1e-13


@pytest.mark.parametrize("zero_infinity", [True, False])
def test_an_impossible_target(zero_infinity):
    rng = np.random.default_rng(0)
    array = rng.normal(size=(3, 2, C))
    results = []
    for library in LIBRARIES:
        x = library.tensor(array, requires_grad=True)
        loss = library.nn.CTCLoss(reduction="none", zero_infinity=zero_infinity)(
            x.log_softmax(2), library.tensor([[1, 2, 2], [1, 3, 0]]), library.tensor([3, 2]), library.tensor([3, 2])
        )
        loss.backward(library.tensor([1.0, 2.0], dtype=library.float64))
        results.append((loss, x.grad))
    for one, other in zip(*results, strict=True):
        assert_within(one, other, 1e-13, "infinite or 0")


@pytest.mark.parametrize(
    ("targets", "inputs", "sizes"),
    [
        ([1, 2, 2, 3, 1], [6, 5], [3, 2]),
        ([[1], [2]], [6, 6], [1, 0]),
        ([[1], [2]], [0, 6], [0, 1]),
        ([[1, 1], [2, 1]], [2, 3], [2, 2]),
    ],
)
def test_ctc_loss_of_other_lengths(targets, inputs, sizes):
    array = np.random.default_rng(2).normal(size=(T, 2, C))
    results = []
    for library in LIBRARIES:
        x = library.tensor(array, requires_grad=True)
        loss = library.nn.functional.ctc_loss(
            x.log_softmax(2), library.tensor(targets), inputs, sizes, reduction="none", zero_infinity=True
        )
        loss.sum().backward()
        results.append((loss, x.grad))
    for one, other in zip(*results, strict=True):
        assert_within(one, other, 1e-13, str(sizes))


@pytest.mark.parametrize(
    "call",
    [
        "f(x,t,[7,4],[3,2])", "f(x,t,[5,4],[4,2])", "f(x,t,[5],[3,2])", "f(x,t,[5,4],[3])",
        "f(x,t,[5,4],[3,2],blank=4)",
        "f(x.half(),t,[5,4],[3,2])", "f(x,t,[5,4],[3,2],reduction='x')", "f(x,t.flatten()[:4],[5,4],[3,2])",
        "f(x,t,[5,-1],[3,2])", "f(x[0,0],t,[5,4],[3,2])",
    ],
)  # fmt: skip
def test_ctc_loss_refuses(call):
    for library in LIBRARIES:
        names = {"f": library.nn.functional.ctc_loss, "x": library.zeros(6, 2, 4)}
        names["t"] = library.tensor([[1, 2, 2], [3, 1, 0]])
        with pytest.raises(Exception) as caught:  # noqa: PT011  whose class is compared
            eval(call, names)
        if library is numpynet:
            ours = caught.value
    assert type(ours) is type(caught.value)
    assert str(caught.value).split(" (while checking")[0] in str(ours)


def test_a_label_that_is_none_is_refused():
    with pytest.raises(RuntimeError, match="a target has the label 7"):  # torch reads memory of others there
        nn.CTCLoss()(numpynet.zeros(3, 1, 4), numpynet.tensor([[7]]), [3], [1])


# --- parameters by name -------------------------------------------------------------------------------------------


def test_parameter_dict_like_torch():
    shown = []
    for library in LIBRARIES:
        p = library.nn.Parameter(library.ones(2, 3))
        one = library.nn.ParameterDict({"w": p, "b": library.zeros(2)})
        one["count"] = 5
        one.update(OrderedDict(z=library.ones(1), a=library.ones(1) * 2))
        one.update([("pair", library.ones(1))])
        line = [repr(one), list(one), list(reversed(one)), len(one), "w" in one, one["w"] is p, one.get("none", 7)]
        line += [one.setdefault("w") is p, one.setdefault("new", 3), one.popitem()[0], one.pop("count")]
        line += [[name for name, _ in one.named_parameters()], list(one.state_dict()), list(one.copy().keys())]
        line += [list((one | {"x": 1}).keys())]
        line += [list(one.fromkeys(["q"], 1).items()), [tuple(value.shape) for value in one.values()]]
        one |= {"y": library.ones(2)}
        del one["b"]
        line += [list(one)]
        one.clear()
        shown.append([*line, len(one), repr(one), list(one.parameters())])
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    "call",
    [
        "nn.ParameterDict(5)", "nn.ParameterDict([5])", "nn.ParameterDict([(1,2,3)])", "nn.ParameterDict({5: 1})",
        "nn.ParameterDict()['w']", "nn.ParameterDict().pop('w')", "nn.ParameterDict().popitem()",
        "nn.ParameterDict()(1)", "nn.ParameterDict().__delitem__('w')",
    ],
)  # fmt: skip
def test_parameter_dict_refuses(call):
    raised_by_both(call)


# --- channels -----------------------------------------------------------------------------------------------------


def layers_agree(name, arguments, shape, dtype, bound):
    """A layer of both libraries prints, computes, names its node and differentiates alike."""
    layers = [getattr(library.nn, name)(*arguments) for library in LIBRARIES]
    assert repr(layers[0]) == repr(layers[1])
    rng = np.random.default_rng(0)
    ours, theirs = pair(rng.normal(size=shape).astype(dtype))
    a, b = layers[0](ours), layers[1](theirs)
    assert_within(a, b, bound, "the result")
    assert a.is_contiguous()
    if a is not ours:
        assert a.grad_fn.name() == b.grad_fn.name()
    dy = rng.normal(size=tuple(b.shape)).astype(dtype)
    a.backward(numpynet.tensor(dy))
    b.backward(torch.tensor(dy))
    assert_within(ours.grad, theirs.grad, bound, "the gradient")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("name", "factor", "shape"),
    [
        *(("PixelShuffle", r, (2, 2 * r * r, 3, 2)) for r in (1, 2, 3)),
        ("PixelShuffle", 2, (4, 1, 2)),
        ("PixelShuffle", 2, (2, 3, 4, 2, 1)),
        *(("PixelUnshuffle", r, (2, 2, 3 * r, 2 * r)) for r in (1, 2, 3)),
        *(("ChannelShuffle", groups, (2, 6, 3, 2)) for groups in (1, 2, 3, 6)),
        ("ChannelShuffle", 2, (2, 4, 3)),
    ],
)
def test_channels_are_shuffled(name, factor, shape, dtype):
    layers_agree(name, (factor,), shape, dtype, 0)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("arguments", [(1,), (2,), (3, 0.5), (4, 0.3, 0.5, 2.0), (9, 1.0, 1.5)])
@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 5, 3, 2), (1, 5, 2, 2, 2), (0, 5, 3)])
def test_local_response_norm(arguments, shape, dtype):
    # Sums of at most 5 squares below 16, which a power of at most 1.5 and a quotient carry on.
    layers_agree("LocalResponseNorm", arguments, shape, dtype, 5 * 16 * 8 * np.finfo(dtype).eps)


@pytest.mark.parametrize(
    "call",
    [
        "F.pixel_shuffle(z(3,2,2),2)",
        "F.pixel_shuffle(z(4,2),2)",
        "F.pixel_shuffle(z(4,2,2),0)",
        "F.pixel_unshuffle(z(1,3,2),2)",
        "F.pixel_unshuffle(z(1,2,3),2)",
        "F.pixel_unshuffle(z(2,2),2)",
        "F.pixel_unshuffle(z(1,2,2),-1)",
        "F.channel_shuffle(z(1,4,2),3)",
        "F.channel_shuffle(z(1,4,2),0)",
        "F.channel_shuffle(z(4,2),2)",
    ],
)
def test_channels_refuse(call):
    raised_by_both(call)


def test_no_images_are_shuffled():
    x = numpynet.zeros(0, 4, 2, 1, requires_grad=True)  # of which torch's backward pass raises
    nn.PixelShuffle(2)(x).sum().backward()
    assert x.grad.shape == x.shape


def test_local_response_norm_needs_channels():
    with pytest.raises(ValueError, match="Expected 3D or higher dimensionality"):
        nn.LocalResponseNorm(2)(numpynet.zeros(2, 3))
    with pytest.raises(RuntimeError, match="size should be greater than zero, but got 0"):
        nn.LocalResponseNorm(0)(numpynet.zeros(2, 3, 4))
