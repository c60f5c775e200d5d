"""Clipping gradients, and parameters as one vector, against torch."""

import importlib

import numpy as np
import pytest
from nearness import FLOATS, assert_within, eps, torch

import numpynet
from numpynet import nn


def parameters(dtype, scale=1.0, holes=True):
    """The same parameters with the same gradients in both libraries; every third has none."""
    rng = np.random.default_rng(1)
    ours, theirs = [], []
    for position, shape in enumerate([(3, 4), (4,), (2, 2), (), (1, 5)]):
        gradient = (rng.standard_normal(shape) * scale).astype(dtype)
        ours.append(nn.Parameter(numpynet.tensor(np.ones(shape, dtype))))
        theirs.append(torch.nn.Parameter(torch.tensor(np.ones(shape, dtype))))
        if not holes or position % 3 != 1:
            ours[-1].grad, theirs[-1].grad = numpynet.tensor(gradient), torch.tensor(gradient)
    return ours, theirs


def assert_same_gradients(ours, theirs, k):
    for one, other in zip(ours, theirs, strict=True):
        assert (one.grad is None) == (other.grad is None)
        if other.grad is not None:
            assert_within(one.grad, other.grad, k * eps(other.grad.numpy()) * other.grad.abs().numpy())


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("max_norm", [0.5, 1e3, 0.0])
@pytest.mark.parametrize("norm_type", [2, 1, 3.0, float("inf"), 0.5])
def test_clip_by_norm(dtype, max_norm, norm_type):
    ours, theirs = parameters(dtype)
    kept = ours[0].grad
    norm = nn.utils.clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    # The norm adds up 22 positive terms, each with at most a few roundings; powers are good to 4 eps.
    assert_within(norm, expected, 64 * eps(expected.numpy()) * expected.item())
    assert_same_gradients(ours, theirs, 128)
    assert ours[0].grad is kept


def test_clip_by_norm_takes_one_tensor_a_generator_and_nothing():
    ours, _ = parameters("float32", holes=False)
    assert nn.utils.clip_grad_norm_(ours[0], 1.0) > 0
    assert nn.utils.clip_grad_norm_((one for one in ours), 1.0) > 0
    assert nn.utils.clip_grad_norm_([], 1.0) == 0
    with pytest.warns(UserWarning, match="empty generator"):
        assert nn.utils.clip_grad_norm_((one for one in []), 1.0) == 0


def test_a_norm_that_is_not_finite():
    ours, theirs = parameters("float64", np.inf)
    with pytest.raises(RuntimeError, match=r"total norm of order 2.0 for gradients from `parameters` is non-finite"):
        nn.utils.clip_grad_norm_(ours, 1.0, error_if_nonfinite=True)
    nn.utils.clip_grad_norm_(ours, 1.0)
    torch.nn.utils.clip_grad_norm_(theirs, 1.0)
    assert_same_gradients(ours, theirs, 0)


@pytest.mark.parametrize("dtype", FLOATS)
def test_clip_by_value(dtype):
    ours, theirs = parameters(dtype)
    assert nn.utils.clip_grad_value_(ours, 0.4) is None
    torch.nn.utils.clip_grad_value_(theirs, 0.4)
    assert_same_gradients(ours, theirs, 0)
    nn.utils.clip_grad_value_(ours[0], 0.1)
    assert ours[0].grad.abs().max() <= 0.1


def test_a_vector_of_all_parameters_and_back():
    ours, theirs = parameters("float64")
    vector = nn.utils.parameters_to_vector(ours)
    assert_within(vector, torch.nn.utils.parameters_to_vector(theirs), 0)
    (vector * numpynet.arange(len(vector))).sum().backward()
    assert ours[1].grad.tolist() == [12.0, 13.0, 14.0, 15.0]
    new = numpynet.arange(len(vector)).double()
    identities = [id(one) for one in ours]
    nn.utils.vector_to_parameters(new, ours)
    assert [id(one) for one in ours] == identities
    assert [tuple(one.shape) for one in ours] == [(3, 4), (4,), (2, 2), (), (1, 5)]
    assert nn.utils.parameters_to_vector(ours).tolist() == new.tolist()
    new[0] = 99.0
    assert ours[0][0, 0] == 99


def test_a_vector_too_short_changes_nothing():
    ours, _ = parameters("float64")
    with pytest.raises(RuntimeError, match="the vector has 3 elements"):
        nn.utils.vector_to_parameters(numpynet.zeros(3).double(), ours)
    assert all((one == 1).all() for one in ours)
    with pytest.raises(TypeError, match=r"expected torch\.Tensor, but got: list"):
        nn.utils.vector_to_parameters([1.0], ours)


@pytest.mark.parametrize("clip", [nn.utils.clip_grad_norm_, nn.utils.clip_grad_value_])
def test_clipping_counts_versions_and_refuses_what_cannot_be_written(clip):
    p = numpynet.zeros(3, requires_grad=True)
    p.grad = numpynet.ones(3) * 5
    clip([p], 1.0)
    assert p.grad._version == 1
    p.grad = (numpynet.ones(1) * 5).expand(3)
    with pytest.raises(RuntimeError, match="clone"):
        clip([p], 1.0)


def test_clipping_gradients_of_two_dtypes():
    parameters = [numpynet.zeros(2, dtype=kind, requires_grad=True) for kind in (numpynet.float32, numpynet.float64)]
    for parameter in parameters:
        parameter.grad = numpynet.ones_like(parameter)
    norm = nn.utils.clip_grad_norm_(parameters, 1.0)
    assert norm.item() == pytest.approx(2.0)
    assert [parameter.grad.dtype for parameter in parameters] == [numpynet.float32, numpynet.float64]
    assert [parameter.grad.tolist() for parameter in parameters] == [pytest.approx([0.5, 0.5], rel=1e-5)] * 2


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("norm_type", [2, 1, float("inf")])
def test_clip_by_a_norm_that_is_known(dtype, norm_type):
    ours, theirs = parameters(dtype)
    norms = []
    for library, some in ((numpynet, ours), (torch, theirs)):
        utils = library.nn.utils
        norms.append(utils.get_total_norm([one.grad for one in some if one.grad is not None], norm_type))
        assert utils.clip_grads_with_norm_(some, 0.5, norms[-1]) is None
        assert utils.get_total_norm([]) == 0
        assert utils.get_total_norm(some[0].grad, norm_type) > 0
    assert_within(norms[0], norms[1], 64 * eps(norms[1].numpy()) * norms[1].item())
    assert_same_gradients(ours, theirs, 128)
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.get_total_norm(numpynet.tensor([np.inf]), error_if_nonfinite=True)


def trained(library, layer, normalization, shape):
    """A layer and a normalization that have seen a batch, in evaluation; and the batch."""
    library.manual_seed(0)
    layer, normalization = layer(library.nn), normalization(library.nn)
    x = library.randn(*shape)
    for _ in range(3):
        normalization(layer(x))
    if normalization.affine:
        library.nn.init.uniform_(normalization.weight, 0.5, 2)
        library.nn.init.uniform_(normalization.bias)
    return layer.eval(), normalization.eval(), x


@pytest.mark.parametrize(
    ("layer", "normalization", "shape", "options"),
    [
        (lambda nn: nn.Conv2d(2, 3, 3), lambda nn: nn.BatchNorm2d(3), (4, 2, 5, 5), {}),
        (lambda nn: nn.Conv1d(2, 3, 2, bias=False), lambda nn: nn.BatchNorm1d(3, affine=False), (4, 2, 5), {}),
        (lambda nn: nn.ConvTranspose2d(2, 3, 2), lambda nn: nn.BatchNorm2d(3), (4, 2, 3, 3), {"transpose": True}),
        (lambda nn: nn.Linear(2, 3), lambda nn: nn.BatchNorm1d(3), (5, 2), {}),
        (lambda nn: nn.Linear(2, 3, bias=False), lambda nn: nn.BatchNorm1d(3), (5, 2), {}),
    ],
)
def test_a_layer_and_its_normalization_become_one(layer, normalization, shape, options):
    found = []
    for library in (numpynet, torch):
        before, after, x = trained(library, layer, normalization, shape)
        kind = "linear" if isinstance(before, library.nn.Linear) else "conv"
        fused = getattr(library.nn.utils, f"fuse_{kind}_bn_eval")(before, after, **options)
        assert fused is not before
        assert (fused(x) - after(before(x))).abs().max() < 1e-5
        assert all(type(one) is library.nn.Parameter and one.is_leaf for one in (fused.weight, fused.bias))
        found.append((fused.weight.detach().numpy(), fused.bias.detach().numpy(), repr(fused)))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-5, atol=1e-6)
    assert found[0][2] == found[1][2]


def test_what_cannot_be_fused(library):
    nets, utils = library.nn, library.nn.utils
    for fuse, layer in (
        (utils.fuse_linear_bn_eval, nets.Linear(2, 3)),
        (utils.fuse_conv_bn_eval, nets.Conv1d(2, 3, 1)),
    ):
        with pytest.raises(AssertionError, match="Fusion only for eval!"):
            fuse(layer, nets.BatchNorm1d(3).eval())
        with pytest.raises(AssertionError, match=r"running_mean and bn\.running_var must not be None"):
            fuse(layer.eval(), nets.BatchNorm1d(3, track_running_stats=False).eval())
    with pytest.raises(AssertionError, match=r"To fuse, linear\.out_features == bn\.num_features"):
        utils.fuse_linear_bn_eval(nets.Linear(2, 3).eval(), nets.BatchNorm1d(2).eval())


@pytest.mark.parametrize(
    "kind",
    [
        "CustomFromMask(lib.ones(2, 3))",
        "Identity()",
        "L1Unstructured(2)",
        "LnStructured(1, 2, 0)",
        "RandomStructured(1, 0)",
        "RandomUnstructured(2)",
    ],
)
@pytest.mark.parametrize("wrong", ["None", "1.5", "'a'", "[[1.0, 2.0, 3.0]]", "np.ones((2, 3))", "int"])
def test_what_is_pruned_is_a_tensor(library, kind, wrong):
    prune = importlib.import_module(f"{library.__name__}.nn.utils.prune")
    with pytest.raises(TypeError):
        eval(f"prune.{kind}.prune({wrong})", {"prune": prune, "lib": library, "np": np})


def test_how_many_are_pruned_is_a_real_number(library):
    prune = importlib.import_module(f"{library.__name__}.nn.utils.prune")
    x = library.tensor([3.0, -1.0, 2.0])
    assert prune.L1Unstructured(np.int64(1)).prune(x).tolist() == [3.0, 0.0, 2.0]
    assert prune.L1Unstructured(np.float32(0.5)).prune(x).tolist() == [3.0, 0.0, 0.0]
    with pytest.raises(ValueError, match=r"amount=1\.5"):
        prune.L1Unstructured(np.float32(1.5))
    with pytest.raises(TypeError):
        prune.L1Unstructured(True).prune(x)


def test_what_is_not_pruned_cannot_be_made_whole(library):
    prune = importlib.import_module(f"{library.__name__}.nn.utils.prune")
    layer = prune.identity(library.nn.Linear(2, 1), "weight")
    for name in (None, "bias"):
        with pytest.raises(ValueError, match="has to be pruned"):
            prune.remove(layer, name)
    assert prune.is_pruned(layer)


def test_pairs_are_pruned_together(library):
    prune = importlib.import_module(f"{library.__name__}.nn.utils.prune")
    for wrong in ("a", ["a", "b"], [(library.nn.Linear(2, 1),)]):
        with pytest.raises(ValueError, match="unpack"):
            prune.global_unstructured(wrong, prune.L1Unstructured, amount=1)


def test_clipping_where_it_cannot_be_done(library):
    p = library.nn.Parameter(library.zeros(2))
    with pytest.raises(RuntimeError):
        library.nn.utils.clip_grad_value_([p], 1.0)
    library.nn.utils.clip_grads_with_norm_([p], 1.0, library.ones(2))  # there is nothing to scale
    p.grad = library.tensor([3.0, 4.0])
    with pytest.raises(RuntimeError, match="expected to be 0 dim but it has 1 dimensions and 2 elements"):
        library.nn.utils.clip_grads_with_norm_([p], 1.0, library.ones(2))
    with pytest.raises(RuntimeError, match="ambiguous"):
        library.nn.utils.get_total_norm([p.grad], foreach=library.ones(2))
    assert p.grad.tolist() == [3.0, 4.0]


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_weights_that_are_not_there(library):
    with pytest.raises(KeyError):
        library.nn.utils.spectral_norm(library.nn.Linear(2, 2), "length")
    for wrong in (1.5, ["cayley"], np.ones(2)):
        with pytest.raises(TypeError, match="string"):
            library.nn.utils.parametrizations.orthogonal(library.nn.Linear(2, 2), orthogonal_map=wrong)
