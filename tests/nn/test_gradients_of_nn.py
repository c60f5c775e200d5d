"""Gradients of losses, activations and layers against differences of their values, without torch."""

from itertools import permutations

import numpy as np
import pytest

import numpynet
import numpynet.nn.functional as F
from numpynet.testing import gradcheck

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 3))
T = RNG.standard_normal((4, 3))
P = RNG.random((4, 3)) * 0.8 + 0.1
Q = RNG.random((4, 3)) * 0.8 + 0.1
W = RNG.random((4, 3)) + 0.5
V = RNG.random(3) + 0.5
CLASSES = np.array([0, 2, 1, 2])
REDUCTIONS = ["none", "mean", "sum"]


def constant(array):
    return numpynet.tensor(array)


LOSSES = {
    "mse": (lambda x, t, **o: F.mse_loss(x, t, **o), [X, T]),
    "mse, broadcast": (lambda x, t, **o: F.mse_loss(x, t, **o), [X[:, :1], T[0]]),
    "mse, weighted": (lambda x, t, w, **o: F.mse_loss(x, t, weight=w, **o), [X, T, W]),
    "l1": (lambda x, t, **o: F.l1_loss(x, t, **o), [X, T]),
    "smooth l1": (lambda x, t, **o: F.smooth_l1_loss(x, t, beta=0.7, **o), [X, T]),
    "huber": (lambda x, t, **o: F.huber_loss(x, t, delta=0.7, **o), [X, T]),
    "huber, weighted": (lambda x, t, w, **o: F.huber_loss(x, t, weight=w, **o), [X, T, W]),
    "bce with logits": (lambda x, t, **o: F.binary_cross_entropy_with_logits(x, t, **o), [X, P]),
    "bce with logits, weighted": (
        lambda x, t, **o: F.binary_cross_entropy_with_logits(x, t, constant(W), pos_weight=constant(V), **o),
        [X, P],
    ),
    "bce": (lambda x, t, **o: F.binary_cross_entropy(x, t, constant(W), **o), [P, Q]),
    "nll": (lambda x, **o: F.nll_loss(x, constant(CLASSES), constant(V), ignore_index=1, **o), [X]),
    "cross entropy": (lambda x, **o: F.cross_entropy(x, constant(CLASSES), **o), [X]),
    "cross entropy, smoothed": (
        lambda x, **o: F.cross_entropy(x, constant(CLASSES), constant(V), label_smoothing=0.2, **o),
        [X],
    ),
    "cross entropy of images": (
        lambda x, **o: F.cross_entropy(x, constant(CLASSES.reshape(2, 2)), **o),
        [RNG.standard_normal((2, 3, 2))],
    ),
    "cross entropy of probabilities": (lambda x, p, **o: F.cross_entropy(x, p, constant(V), **o), [X, P]),
}


def leaves(arrays):
    return [numpynet.tensor(array, requires_grad=True) for array in arrays]


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("loss", "arrays"), LOSSES.values(), ids=LOSSES.keys())
def test_losses(loss, arrays, reduction):
    gradcheck(lambda *tensors: loss(*tensors, reduction=reduction), leaves(arrays))


FUNCTIONS = {
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.3), [X]),
    "elu": (lambda x: F.elu(x, 0.5), [X]),
    "silu": (F.silu, [X]),
    "gelu": (F.gelu, [X]),
    "gelu(tanh)": (lambda x: F.gelu(x, approximate="tanh"), [X]),
    "softplus": (lambda x: F.softplus(x, 2.0, 5.0), [X]),
    "logsigmoid": (F.logsigmoid, [X]),
    "softmax": (lambda x: F.softmax(x, 1), [X]),
    "log_softmax": (lambda x: F.log_softmax(x, 0), [X]),
    "normalize": (F.normalize, [X]),
    "linear": (F.linear, [X, T, W[:, 0]]),
    "linear of a vector": (F.linear, [X[0], T, W[:, 0]]),
    "linear of three dimensions": (F.linear, [X.reshape(2, 2, 3), T]),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (3,), w, b), [X, V, X[0]]),
    "batch_norm": (lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), [X, V, X[0]]),
    "batch_norm, known": (lambda x, w, b: F.batch_norm(x, constant(T[0]), constant(V), w, b), [X, V, X[0]]),
    "embedding": (lambda w: F.embedding(constant(CLASSES), w), [X]),
}


@pytest.mark.parametrize(("function", "arrays"), FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_functions(function, arrays):
    gradcheck(function, leaves(arrays))


OVERWRITTEN = {
    "embedding": (lambda w, i: F.embedding(i, w), [X, CLASSES]),
    "embedding_bag": (lambda w, i: F.embedding_bag(i, w, mode="mean"), [X, CLASSES.reshape(2, 2)]),
    "embedding_bag, weighted": (
        lambda w, i, s: F.embedding_bag(i, w, per_sample_weights=s, mode="sum"),
        [X, CLASSES.reshape(2, 2), W[:2, :2]],
    ),
    "nll": (lambda x, c, w: F.nll_loss(x, c, w), [X, CLASSES, V]),
    "cross entropy": (lambda x, c, w: F.cross_entropy(x, c, w, label_smoothing=0.1), [X, CLASSES, V]),
    "multi margin": (lambda x, c, w: F.multi_margin_loss(x, c, weight=w), [X, CLASSES, V]),
    "bce with logits": (
        lambda x, t, w, p: F.binary_cross_entropy_with_logits(x, t, w, pos_weight=p),
        [X, P, W, V],
    ),
    "kl_div": (F.kl_div, [X, P]),
    "gaussian nll": (F.gaussian_nll_loss, [X, T, W]),
    "cosine": (F.cosine_embedding_loss, [X, T, np.array([1, -1, 1, 1])]),
    "triplet": (F.triplet_margin_loss, [X, T, W]),
    "prelu": (F.prelu, [X, V]),
    "bilinear": (F.bilinear, [X, T, RNG.standard_normal((2, 3, 3)), V[:2]]),
    "batch_norm, known": (lambda x, m, v, w: F.batch_norm(x, m, v, w), [X, T[0], V, W[0]]),
    "group_norm": (lambda x, w, b: F.group_norm(x, 1, w, b), [X, V, W[0]]),
    "conv1d": (F.conv1d, [X.reshape(2, 2, 3), RNG.standard_normal((3, 2, 2)), V]),
    "attention": (F.scaled_dot_product_attention, [X, T, W, np.eye(4) > 0]),
    "grid_sample": (
        lambda x, g: F.grid_sample(x, g, align_corners=False),
        [X.reshape(1, 1, 4, 3), 0.3 * RNG.standard_normal((1, 2, 2, 2))],
    ),
}


@pytest.mark.filterwarnings("ignore:.*reduction")
@pytest.mark.parametrize(("function", "arrays"), OVERWRITTEN.values(), ids=OVERWRITTEN.keys())
def test_what_is_overwritten_before_the_backward_is_refused_or_does_not_count(function, arrays):
    def gradient(leaf, overwritten=None):
        tensors = [numpynet.tensor(array) for array in arrays]
        tensors[leaf].requires_grad_()
        y = function(*tensors)
        if overwritten is not None:
            one = tensors[overwritten]
            one.copy_(~one if one.dtype is numpynet.bool else one.flip(0) * 1.5 + 0.5)
        y.backward(numpynet.arange(1.0, y.numel() + 1, dtype=y.dtype).reshape(y.shape))
        return tensors[leaf].grad

    for leaf, other in permutations(range(len(arrays)), 2):
        try:
            expected = gradient(leaf)
        except RuntimeError:  # integers, and what torch has no derivative by
            continue
        try:
            found = gradient(leaf, other)
        except RuntimeError as error:
            assert "modified by an inplace operation" in str(error)  # noqa: PT017  it need not be raised
        else:
            assert found.tolist() == expected.tolist()
