"""Unpooling, power-mean pooling and the adaptive softmax: against torch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from nearness import FLOATS, assert_within, pair, torch

import numpynet
from numpynet import nn

LIBRARIES = (numpynet, torch)
SHAPES = {1: (2, 3, 7), 2: (2, 3, 6, 5), 3: (2, 2, 4, 5, 4)}


def gradients_agree(run, array, bound):
    """run(library, x) gives the same result, node and gradient in both."""
    ours, theirs = pair(array)
    a, b = run(numpynet, ours), run(torch, theirs)
    assert_within(a, b, bound, "the result")
    assert a.grad_fn.name() == b.grad_fn.name()
    dy = np.random.default_rng(1).normal(size=tuple(b.shape)).astype(array.dtype)
    a.backward(numpynet.tensor(dy))
    b.backward(torch.tensor(dy))
    assert_within(ours.grad, theirs.grad, bound, "the gradient")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("dims", SHAPES)
@pytest.mark.parametrize("options", [(2, None, 0), (3, 2, 1)])
@pytest.mark.parametrize("batched", [True, False])
def test_max_unpool(dims, options, batched, dtype):
    array = np.random.default_rng(0).normal(size=SHAPES[dims][0 if batched else 1 :]).astype(dtype)

    def run(library, x):
        pool = getattr(library.nn, f"MaxPool{dims}d")(*options, return_indices=True)
        unpool = getattr(library.nn, f"MaxUnpool{dims}d")(*options)
        y, places = pool(x)
        assert repr(unpool) == repr(getattr(torch.nn, f"MaxUnpool{dims}d")(*options))
        return unpool(y, places, output_size=x.size()[-dims:])

    gradients_agree(run, array, 0)  # values are moved, and at most two added up
    even = numpynet.tensor(array)[(..., *(slice(0, n // 2 * 2) for n in SHAPES[dims][2:]))]
    y, places = getattr(nn, f"MaxPool{dims}d")(2, return_indices=True)(even)
    assert getattr(nn, f"MaxUnpool{dims}d")(2)(y, places).shape == even.shape


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("dims", SHAPES)
@pytest.mark.parametrize("p", [1, 2, 3.0, math.inf, -math.inf])
@pytest.mark.parametrize("options", [(2,), (3, 2), (2, 3, True)])
def test_lp_pool(dims, p, options, dtype):
    array = np.random.default_rng(0).uniform(0.5, 2, SHAPES[dims]).astype(dtype)

    def run(library, x):
        pool = getattr(library.nn, f"LPPool{dims}d")(p, *options)
        assert repr(pool) == repr(getattr(torch.nn, f"LPPool{dims}d")(p, *options))
        return pool(x)

    # Up to 27 terms of at most 8, and powers that are a few roundings each.
    gradients_agree(run, array, 27 * 8 * 8 * np.finfo(dtype).eps)


@pytest.mark.parametrize(
    "call",
    [
        "F.max_unpool1d(z(2,3,4),z(2,3,4).long(),2,output_size=(10,))",
        "F.max_unpool2d(z(2,3,4,4),z(2,3,4,4).long(),2,output_size=(8,8,8))",
        "F.max_unpool2d(z(2,3,4,4),z(2,3,4,3).long(),2)",
        "F.max_unpool2d(z(1,1,2,2),z(1,1,2,2).long()+99,2)",
        "nn.AdaptiveLogSoftmaxWithLoss(4,5,[])",
        "nn.AdaptiveLogSoftmaxWithLoss(4,5,[2,2])",
        "nn.AdaptiveLogSoftmaxWithLoss(4,5,[5])",
        "nn.AdaptiveLogSoftmaxWithLoss(4,5,[2])(z(3,4),z(2).long())",
        "nn.AdaptiveLogSoftmaxWithLoss(4,5,[2])(z(3),z(3).long())",
        "nn.AdaptiveLogSoftmaxWithLoss(4,5,[2])(z(3,4),z(()).long())",
        "nn.AdaptiveLogSoftmaxWithLoss(4,5,[2])(z(3,4),z(3,1).long())",
        "nn.AdaptiveLogSoftmaxWithLoss(4,5,[2])(z(3,4),z(3).long()+5)",
    ],
)
def test_refused_like_torch(call):
    raised = []
    for library in LIBRARIES:
        with pytest.raises(Exception) as caught:  # noqa: PT011  whose class is compared
            eval(call, {"nn": library.nn, "F": library.nn.functional, "z": library.zeros})
        raised.append(caught.value)
    assert type(raised[0]) is type(raised[1]), raised
    assert str(raised[1]).split(" (")[0].rstrip(". ") in str(raised[0]), raised


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("bias", [True, False])
def test_adaptive_log_softmax(bias, dtype):
    layers = []
    for library in LIBRARIES:
        library.manual_seed(2)
        layers.append(
            library.nn.AdaptiveLogSoftmaxWithLoss(
                8, 12, [3, 6], div_value=2.0, head_bias=bias, dtype=getattr(library, dtype)
            )
        )
    assert repr(layers[0]) == repr(layers[1])
    assert list(layers[0].state_dict()) == list(layers[1].state_dict())
    bound = 64 * np.finfo(dtype).eps  # logarithms below 8, each a few roundings off
    array = np.random.default_rng(0).normal(size=(6, 8)).astype(dtype)
    for classes in ([0, 11, 4, 2, 7, 3], [0, 1, 2, 0, 1, 2], [6, 11, 7, 8, 9, 10]):
        results = []
        for library, layer in zip(LIBRARIES, layers, strict=True):
            layer.zero_grad()
            x = library.tensor(array, requires_grad=True)
            output, loss = layer(x, library.tensor(classes))
            (loss + (output * library.arange(6)).sum()).backward()
            results.append([output, loss, x.grad, *(p.grad for p in layer.parameters())])
        for one, other in zip(*results, strict=True):
            assert (one is None) == (other is None)
            if one is not None:
                assert_within(one, other, 16 * bound, "an output or a gradient")
    both = [layer.log_prob(lib.tensor(array)) for lib, layer in zip(LIBRARIES, layers, strict=True)]
    assert_within(*both, bound, "log p")
    for layer in layers:
        layer.head.weight.data[:] *= 20  # so that the likeliest classes are everywhere
    predicted = [layer.predict(lib.tensor(array)).tolist() for lib, layer in zip(LIBRARIES, layers, strict=True)]
    assert predicted[0] == predicted[1]
    single = [layer(lib.tensor(array[0]), lib.tensor(7)).output for lib, layer in zip(LIBRARIES, layers, strict=True)]
    assert_within(*single, 20 * bound, "of one")
