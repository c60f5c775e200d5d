"""LayerNorm, BatchNorm1d and Embedding against torch: values, gradients, running averages, states, refusals.

A standardized value is a difference divided by a root of a mean of squares. The mean of n is off by at most
(log2(n) + 2) eps of the mean of |x|; that goes, divided by σ, into x̂, and multiplied by |w| into y. torch adds
up in float64, numpynet in the dtype of x. The gradients hold three such means; 64 eps of the sizes covers n ≤ 60.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nearness import FLOATS, assert_within, eps, pair, torch

import numpynet
import numpynet.nn.functional as F
from numpynet import nn
from numpynet.ops import normalization

theirs_F = torch.nn.functional


def check(call, arrays, rng, spread, scale):
    """A function of tensors, None or not, and its gradients by all of them, under both libraries.

    spread: max |x| / √(σ² + eps), by which rounding errors of x grow; scale: max 1 / √(σ² + eps).
    """
    pairs = [(None, None) if array is None else pair(array) for array in arrays]
    ours, theirs = (
        call(nn.functional, *(one for one, _ in pairs)),
        call(theirs_F, *(other for _, other in pairs)),
    )
    largest = 1 + spread
    w = 1 if arrays[1] is None else abs(arrays[1]).max(initial=0)
    assert ours.grad_fn.name() == theirs.grad_fn.name()
    assert_within(ours, theirs, 64 * eps(arrays[0]) * largest * (1 + w))
    dy = rng.standard_normal(theirs.shape).astype(arrays[0].dtype)
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    total = abs(dy).sum() * (1 + w) * largest**2
    for (one, other), size in zip(pairs, (scale, 1, 1), strict=True):
        if one is not None:
            assert_within(one.grad, other.grad, 64 * eps(dy) * total * size)


@pytest.mark.parametrize("dtype", FLOATS)
@settings(max_examples=40)
@given(
    shape=st.sampled_from([(5,), (3, 4), (2, 3, 4), (1, 2), (0, 4), (60, 2)]),
    dims=st.integers(1, 2),
    given_=st.sampled_from([(True, True), (True, False), (False, True), (False, False)]),
    width=st.sampled_from([0.01, 1.0, 100.0]),
    offset=st.sampled_from([0.0, 10.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_layer_norm(dtype, shape, dims, given_, width, offset, seed):
    rng = np.random.default_rng(seed)
    sizes = shape[-dims:]
    x = ((rng.standard_normal(shape) + offset) * width).astype(dtype)
    weights = [rng.standard_normal(sizes).astype(dtype) if one else None for one in given_]
    axes = tuple(range(x.ndim - len(sizes), x.ndim))
    scale = (1 / np.sqrt(x.astype(np.float64).var(axis=axes) + 1e-5)).max() if x.size else 0
    spread = abs(x).max(initial=0) * scale
    check(lambda f, x, w, b: f.layer_norm(x, sizes, w, b), [x, *weights], rng, spread, scale)


@pytest.mark.parametrize("dtype", FLOATS)
@settings(max_examples=40)
@given(
    shape=st.sampled_from([(2, 3), (5, 1), (60, 4), (3, 2, 5), (2, 2, 3, 4), (1, 3, 4)]),
    given_=st.sampled_from([(True, True), (True, False), (False, True), (False, False)]),
    training=st.booleans(),
    offset=st.sampled_from([0.0, 10.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_batch_norm(dtype, shape, given_, training, offset, seed):
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal(shape) + offset).astype(dtype)
    weights = [rng.standard_normal(shape[1]).astype(dtype) if one else None for one in given_]
    mean, variance = rng.standard_normal(shape[1]).astype(dtype), (rng.random(shape[1]) + 0.1).astype(dtype)
    our_means, their_means = pair(mean, False)
    our_variances, their_variances = pair(variance, False)

    def call(f, x, w, b):
        known = (our_means, our_variances) if f is nn.functional else (their_means, their_variances)
        return f.batch_norm(x, *known, w, b, training, 0.3)

    axes = (0, *range(2, x.ndim))
    var = x.astype(np.float64).var(axis=axes) if training else variance
    scale = (1 / np.sqrt(var + 1e-5)).max()
    check(call, [x, *weights], rng, (abs(x).max() + abs(mean).max()) * scale, scale)
    assert_within(our_means, their_means, 64 * eps(x) * abs(x).max())
    assert_within(our_variances, their_variances, 64 * eps(x) * (1 + abs(x).max() ** 2))
    assert (our_means.numpy() == mean).all() != training


WRONG = {
    "shift left in": lambda dy, standard, scale, axes: scale * (dy - standard * (dy * standard).mean(axes)),
    "stretch left in": lambda dy, standard, scale, axes: scale * (dy - dy.mean(axes)),
    "scale left out": lambda dy, standard, scale, axes: dy - dy.mean(axes) - standard * (dy * standard).mean(axes),
    "sum for mean": lambda dy, standard, scale, axes: (
        scale * (dy - dy.sum(axes) - standard * (dy * standard).sum(axes))
    ),
}


@pytest.mark.parametrize("formula", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_gradient_is_caught(formula, monkeypatch):
    def wrong(dy, x, axes, eps):
        return formula(dy, *normalization.standardized(x, axes, eps), axes[0])

    monkeypatch.setattr(normalization, "through_standardization", wrong)
    rng = np.random.default_rng(0)
    x = rng.standard_normal(6)
    with pytest.raises(AssertionError):
        check(lambda f, x, w, b: f.layer_norm(x, (6,), w, b), [x, None, None], rng, 3.0, 1.0)


@pytest.mark.parametrize(
    "options", [{}, {"momentum": None}, {"affine": False}, {"track_running_stats": False}, {"bias": False}]
)
def test_a_network_with_batch_norm(options):
    """Three batches in training, then evaluation; state, texts and outputs as torch's."""
    ours, theirs = nn.BatchNorm1d(3, **options), torch.nn.BatchNorm1d(3, **options)
    assert repr(ours) == repr(theirs)
    rng = np.random.default_rng(0)
    for _ in range(3):
        x = (rng.standard_normal((8, 3)) * 2 + 1).astype(np.float32)
        assert_within(ours(numpynet.tensor(x)), theirs(torch.tensor(x)), 1e-5)
    state, expected = ours.state_dict(), theirs.state_dict()
    assert list(state) == list(expected)
    for name in state:
        assert_within(state[name], expected[name], 1e-5, name)
    ours.eval()
    theirs.eval()
    assert_within(ours(numpynet.tensor(x)), theirs(torch.tensor(x)), 1e-5)
    ours.reset_parameters()
    theirs.reset_parameters()
    for name, value in ours.state_dict().items():
        assert_within(value, theirs.state_dict()[name], 0, name)


def test_evaluation_is_not_changed_by_training_after_it():
    layer = nn.BatchNorm1d(2).eval()
    x = numpynet.tensor(np.random.default_rng(0).standard_normal((4, 2)), requires_grad=True)
    layer.double()
    y = layer(x).sum()
    layer.train()(x)
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), 1 / np.sqrt(1 + 1e-5), rtol=1e-14)


NORMS = {
    "a vector": lambda t: t.nn.BatchNorm1d(3)(t.ones(3)),
    "an image": lambda t: t.nn.BatchNorm1d(3)(t.ones(2, 3, 1, 1)),
    "a single sample": lambda t: t.nn.BatchNorm1d(3)(t.ones(1, 3)),
    "other channels": lambda t: t.nn.BatchNorm1d(3)(t.ones(2, 4)),
    "other weights": lambda t: t.nn.functional.batch_norm(t.ones(2, 3), None, None, t.ones(2), training=True),
    "no statistics": lambda t: t.nn.functional.batch_norm(t.ones(2, 3), None, None),
    "no eps": lambda t: t.nn.functional.batch_norm(t.ones(2, 3), None, None, training=True, eps=0.0),
    "other features": lambda t: t.nn.LayerNorm(3)(t.ones(2, 4)),
    "no features": lambda t: t.nn.functional.layer_norm(t.ones(2, 4), ()),
    "other weights of features": lambda t: t.nn.functional.layer_norm(t.ones(2, 4), (4,), t.ones(3)),
    "too large a number": lambda t: t.nn.Embedding(3, 2)(t.tensor([3])),
    "a negative number": lambda t: t.nn.Embedding(3, 2)(t.tensor([-1])),
    "no whole number": lambda t: t.nn.Embedding(3, 2)(t.tensor([1.0])),
    "no such padding": lambda t: t.nn.Embedding(3, 2, padding_idx=3),
    "another weight": lambda t: t.nn.Embedding(3, 2, _weight=t.ones(2, 2)),
    "a vector for a table": lambda t: t.nn.Embedding.from_pretrained(t.ones(3)),
}


@pytest.mark.parametrize("call", NORMS.values(), ids=NORMS.keys())
def test_refused_with_the_class_of_torch(call):
    with pytest.raises((RuntimeError, ValueError, IndexError, AssertionError)) as theirs:
        call(torch)
    with pytest.raises(theirs.type):
        call(numpynet)


TEXTS = [
    lambda t: t.nn.LayerNorm(3),
    lambda t: t.nn.LayerNorm([2, 3], eps=1e-6, bias=False),
    lambda t: t.nn.LayerNorm((3,), elementwise_affine=False),
    lambda t: t.nn.BatchNorm1d(3, momentum=None),
    lambda t: t.nn.BatchNorm1d(3, 1e-3, 0.2, affine=False, track_running_stats=False),
    lambda t: t.nn.Embedding(10, 3),
    lambda t: t.nn.Embedding(10, 3, padding_idx=-1),
]


@pytest.mark.parametrize("make", TEXTS)
def test_modules_print_and_are_saved_as_torchs(make):
    ours, theirs = make(numpynet), make(torch)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]


def test_layer_norm_as_a_module():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 4)).astype(np.float32)
    for sizes in (4, [3, 4]):
        assert_within(nn.LayerNorm(sizes)(numpynet.tensor(x)), torch.nn.LayerNorm(sizes)(torch.tensor(x)), 1e-5)


@pytest.mark.parametrize("dtype", FLOATS)
@settings(max_examples=30)
@given(
    shape=st.sampled_from([(), (0,), (7,), (3, 4)]),
    padding=st.sampled_from([None, 0, 2, -1]),
    kind=st.sampled_from(["int64", "int32"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_embedding(dtype, shape, padding, kind, seed):
    """Up to 12 cotangents are added up for a row, each time with half an eps of the sum of their sizes."""
    rng = np.random.default_rng(seed)
    index = rng.integers(0, 5, shape).astype(kind)
    numpynet.manual_seed(seed)
    torch.manual_seed(seed)
    ours = nn.Embedding(5, 4, padding, dtype=getattr(numpynet, dtype))
    theirs = torch.nn.Embedding(5, 4, padding, dtype=getattr(torch, dtype))
    assert_within(ours.weight, theirs.weight, 0)
    y, expected = ours(numpynet.tensor(index)), theirs(torch.tensor(index))
    assert_within(y, expected, 0)
    assert y.grad_fn.name() == expected.grad_fn.name()
    dy = rng.standard_normal(expected.shape).astype(dtype)
    y.backward(numpynet.tensor(dy))
    expected.backward(torch.tensor(dy))
    assert_within(ours.weight.grad, theirs.weight.grad, 12 * eps(dy) * abs(dy).sum())


def test_a_pretrained_embedding_is_frozen():
    table = numpynet.ones(3, 2)
    assert not nn.Embedding.from_pretrained(table).weight.requires_grad
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad
    assert nn.Embedding.from_pretrained(table).weight.data_ptr() == table.data_ptr()


@pytest.mark.parametrize("norm_type", [2.0, 1.0, float("inf")])
@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
def test_rows_that_are_asked_for_are_scaled_to_the_greatest_norm(library, name, norm_type):
    library.manual_seed(0)
    layer = getattr(library.nn, name)(5, 4, max_norm=0.75, norm_type=norm_type)
    before = layer.weight.detach().clone()
    with library.no_grad():
        layer.weight[1] = library.tensor([0.5, -0.25, 0.0, 0.0])  # short enough but for the order 1
    layer(library.tensor([[0, 1], [1, 4]])).sum().backward()
    norms = layer.weight.detach().norm(norm_type, dim=1)
    assert norms[[0, 4]].tolist() == pytest.approx([0.75, 0.75])
    assert norms[1].item() == pytest.approx({1.0: 0.75, 2.0: 0.3125**0.5, float("inf"): 0.5}[norm_type])
    assert layer.weight[2:4].tolist() == before[2:4].tolist()
    assert layer.weight.grad[[2, 3]].tolist() == [[0, 0, 0, 0]] * 2
    assert (layer.max_norm, layer.norm_type, layer.scale_grad_by_freq, layer.sparse) == (0.75, norm_type, False, False)


@pytest.mark.parametrize("norm_type", [2.0, 3.0])
def test_scaled_rows_are_torchs(norm_type):
    torch = pytest.importorskip("torch")
    table = np.random.default_rng(0).standard_normal((6, 5)).astype(np.float32)
    found = []
    for library in (numpynet, torch):
        weight = library.tensor(table)
        library.nn.functional.embedding(library.tensor([[3, 3, 0], [5, 1, 1]]), weight, None, 1.5, norm_type)
        found.append(weight.numpy())
    np.testing.assert_allclose(*found, rtol=4 * np.finfo(np.float32).eps)
    assert (found[0][[2, 4]] == table[[2, 4]]).all()


def test_embeddings_are_printed_as_torchs(library):
    layer = library.nn.Embedding(3, 2, padding_idx=0, max_norm=1.0, norm_type=1.0)
    assert repr(layer) == "Embedding(3, 2, padding_idx=0, max_norm=1.0, norm_type=1.0)"
    bag = library.nn.EmbeddingBag(3, 2, max_norm=1.0, padding_idx=1)
    assert repr(bag) == "EmbeddingBag(3, 2, max_norm=1.0, mode='mean', padding_idx=1)"


def test_what_embeddings_cannot_do_is_named():
    for options in ({"scale_grad_by_freq": True}, {"sparse": True}):
        name = next(iter(options))
        with pytest.raises(NotImplementedError, match=name):
            nn.Embedding(3, 2, **options)
        for layer in (nn.Embedding(3, 2), nn.EmbeddingBag(3, 2)):
            setattr(layer, name, True)
            with pytest.raises(NotImplementedError, match=name):
                layer(numpynet.tensor([[1, 1]]))
        with pytest.raises(NotImplementedError, match=name):
            F.embedding(numpynet.tensor([1]), numpynet.ones(3, 2), **options)


def test_batches_are_counted_only_where_they_are_tracked():
    torch = pytest.importorskip("torch")
    found = []
    for library in (numpynet, torch):
        layer = library.nn.BatchNorm1d(1)
        layer(library.tensor([[1.0], [3.0]]))
        layer.track_running_stats = False
        layer(library.tensor([[1.0], [3.0]]))
        found.append((layer.num_batches_tracked.item(), layer.running_mean.tolist()))
    assert found[0] == (1, pytest.approx(found[1][1]))
    assert found[1][0] == 1


def test_running_statistics_keep_their_memory_and_count_their_versions():
    layer = nn.BatchNorm1d(2)
    arrays = [buffer._array for buffer in layer.buffers()]
    versions = [buffer._version for buffer in layer.buffers()]
    layer(numpynet.tensor([[1.0, 2.0], [3.0, 5.0]]))
    assert all(buffer._array is array for buffer, array in zip(layer.buffers(), arrays, strict=True))
    assert [buffer._version for buffer in layer.buffers()] == [version + 1 for version in versions]
