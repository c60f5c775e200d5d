"""LU and reflections beside their samples in tests/composite: products of the parts, failures, orthogonal weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import numpynet
from numpynet import linalg, nn
from numpynet.nn.utils import parametrizations

EPS = np.finfo(np.float64).eps


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (2, 4, 4), (2, 3, 3, 2), (0, 3), (3, 0), (0, 2, 2)])
def test_a_matrix_is_the_product_of_its_triangles(shape: tuple[int, ...]) -> None:
    x = numpynet.tensor(np.random.default_rng(0).normal(size=shape))
    p, lower, upper = linalg.lu(x)
    np.testing.assert_allclose((p @ lower @ upper).numpy(), x.numpy(), rtol=0, atol=64 * EPS)
    assert numpynet.equal(p.mT @ p, numpynet.eye(shape[-2], dtype=x.dtype).expand(p.shape))
    assert (lower.abs() <= 1).all()
    both, pivots, info = linalg.lu_factor_ex(x)
    assert pivots.dtype is info.dtype is numpynet.int32
    assert not info.any()
    assert all(numpynet.equal(a, b) for a, b in zip(numpynet.lu_unpack(both, pivots), (p, lower, upper), strict=True))


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
def test_equations_of_a_matrix_that_was_taken_apart(left: bool, adjoint: bool) -> None:
    rng = np.random.default_rng(1)
    a, x = numpynet.tensor(rng.normal(size=(2, 4, 4))), numpynet.tensor(rng.normal(size=(2, 4, 3)))
    x = x if left else x.mT
    acting = a.mT if adjoint else a
    b = acting @ x if left else x @ acting
    found = linalg.lu_solve(*linalg.lu_factor(a), b, left=left, adjoint=adjoint)
    np.testing.assert_allclose(found.numpy(), x.numpy(), rtol=0, atol=1e4 * EPS)


def test_what_could_not_be_inverted_is_nan_and_the_rest_is_right() -> None:
    x = numpynet.tensor([[[2.0, 0.0], [0.0, 4.0]], [[1.0, 2.0], [2.0, 4.0]]], requires_grad=True)
    inverse, info = linalg.inv_ex(x)
    assert info.tolist() == [0, 2]
    assert inverse[0].tolist() == [[0.5, 0], [0, 0.25]]
    assert inverse[1].isnan().all()
    inverse[0].sum().backward()
    assert x.grad.tolist() == [[[-0.25, -0.125], [-0.125, -0.0625]], [[0, 0], [0, 0]]]
    result, info = linalg.solve_ex(x.detach(), numpynet.ones(2, 2))
    assert info.tolist() == [0, 2]
    assert result[0].tolist() == [0.5, 0.25]
    assert result[1].isnan().all()
    factor, info = linalg.cholesky_ex(numpynet.tensor([[[4.0, 0.0], [0.0, 9.0]], [[1.0, 2.0], [2.0, 1.0]]]))
    assert info.tolist() == [0, 2]
    assert factor[0].tolist() == [[2, 0], [0, 3]]
    assert factor[1].isnan().all()


def test_reflections_make_the_orthogonal_factor() -> None:
    x = numpynet.tensor(np.random.default_rng(2).normal(size=(2, 5, 3)))
    both, tau = numpynet.geqrf(x)
    q = linalg.householder_product(both, tau)
    reference = linalg.qr(x)
    np.testing.assert_allclose(q.numpy(), reference.Q.numpy(), rtol=0, atol=64 * EPS)
    np.testing.assert_allclose(both[:, :3].triu().numpy(), reference.R.numpy(), rtol=0, atol=64 * EPS)
    whole = numpynet.ormqr(both, tau, numpynet.eye(5, dtype=x.dtype).expand(2, 5, 5))
    np.testing.assert_allclose(whole[..., :3].numpy(), q.numpy(), rtol=0, atol=64 * EPS)
    back = numpynet.ormqr(both, tau, whole, transpose=True)
    np.testing.assert_allclose(back.numpy(), np.broadcast_to(np.eye(5), (2, 5, 5)), rtol=0, atol=64 * EPS)


def test_what_has_no_gradient_says_so() -> None:
    both, _ = numpynet.geqrf(numpynet.eye(2).requires_grad_())
    with pytest.raises(RuntimeError, match="derivative for aten::geqrf is not implemented"):
        both.sum().backward()


LAYERS: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
    ("Linear", (3, 3), {}),
    ("Linear", (3, 5), {}),
    ("Linear", (5, 3), {}),
    ("Linear", (3, 3), {"orthogonal_map": "cayley"}),
    ("Linear", (3, 5), {"orthogonal_map": "matrix_exp"}),
    ("Linear", (5, 3), {"orthogonal_map": "cayley"}),
    ("Linear", (4, 4), {"orthogonal_map": "householder"}),
    ("Linear", (3, 5), {"use_trivialization": False}),
    ("Linear", (5, 3), {"orthogonal_map": "cayley", "use_trivialization": False}),
    ("Linear", (3, 3), {"use_trivialization": False}),
]


@pytest.mark.parametrize(("name", "sizes", "options"), LAYERS)
def test_orthogonal_weights_train_as_torchs(name: str, sizes: tuple[int, ...], options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    weights, losses = [], []
    for library in (numpynet, torch):
        library.manual_seed(0)
        layer = getattr(library.nn, name)(*sizes, dtype=library.float64)
        library.nn.utils.parametrizations.orthogonal(layer, **options)
        optimizer = library.optim.SGD(layer.parameters(), lr=0.1)
        x = library.randn(6, sizes[0], dtype=library.float64)
        for _ in range(5):
            optimizer.zero_grad()
            loss = (layer(x) - 1).square().mean()
            loss.backward()
            optimizer.step()
        weights.append(layer.weight.detach().numpy())
        losses.append((repr(layer), list(layer.state_dict()), loss.item()))
    np.testing.assert_allclose(weights[0], weights[1], rtol=0, atol=1e-10)
    assert losses[0][:2] == losses[1][:2]
    assert abs(losses[0][2] - losses[1][2]) < 1e-10
    tall = weights[0] if sizes[1] >= sizes[0] else weights[0].T
    np.testing.assert_allclose(tall.T @ tall, np.eye(min(sizes)), rtol=0, atol=1e-10)


def test_orthogonal_weights_are_set_and_refused(library: Any) -> None:
    orthogonal = library.nn.utils.parametrizations.orthogonal
    layer = orthogonal(library.nn.Linear(2, 2))
    layer.weight = library.tensor([[0.0, 1.0], [1.0, 0.0]])
    assert (layer.weight - library.tensor([[0.0, 1.0], [1.0, 0.0]])).abs().max() < 1e-6
    with pytest.raises(ValueError, match="Expected a matrix or batch of matrices of shape"):
        layer.weight = library.ones(3, 3)
    with pytest.raises(ValueError, match="has no parameter or buffer with name 'other'"):
        orthogonal(library.nn.Linear(2, 2), "other")
    with pytest.raises(ValueError, match="Got a tensor of 1 dimensions"):
        orthogonal(library.nn.Linear(2, 2), "bias")
    with pytest.raises(ValueError, match="orthogonal_map has to be one of"):
        orthogonal(library.nn.Linear(2, 2), orthogonal_map="other")
    layer = orthogonal(library.nn.Linear(2, 2), use_trivialization=False)
    with pytest.raises(NotImplementedError, match="It is not possible to assign"):
        layer.weight = library.eye(2)


def test_a_weight_that_is_not_orthogonal_becomes_so() -> None:
    layer = nn.Linear(3, 3)
    layer.weight.data = numpynet.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    parametrizations.orthogonal(layer)
    weight = layer.weight.detach()
    assert numpynet.allclose(weight @ weight.T, numpynet.eye(3), atol=1e-6)
