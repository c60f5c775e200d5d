"""Sparse tensors in coordinates, beside torch's and beside dense ones."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import numpynet

GIVEN = """
indices = torch.tensor([[0, 1, 1], [2, 0, 2]])
values = torch.tensor([3.0, 4, 5])
twice = torch.tensor([[1, 0, 1], [2, 0, 2]])
s = torch.sparse_coo_tensor(indices, values, (2, 3))
w = torch.tensor([3.0, 4, 5], requires_grad=True)
g = torch.sparse_coo_tensor(twice, w, (2, 3))
x = torch.tensor([[1.0, 2], [3, 4], [5, 6]], requires_grad=True)
nothing = torch.sparse_coo_tensor(torch.zeros(2, 0), torch.zeros(0), (2, 3))
"""


def outcome(library: Any, expression: str) -> Any:
    """What a user sees of the value under a library, or the class of what is raised."""
    names = {"torch": library}
    exec(GIVEN, names)
    try:
        return repr(eval(expression, names))
    except Exception as error:
        return type(error)


@pytest.mark.parametrize(
    "expression",
    [
        *("s", "s.coalesce()", "s.values()", "s.indices()", "s._values()", "s._indices()", "s._nnz()", "s.to_dense()"),
        *("s * 2", "2 * s", "s / 2", "-s", "s + s", "s + nothing", "s + s.t()", "s.t()", "s.T", "s.shape", "s.size()"),
        *("s.size(1)", "len(s)", "s.dim()", "s.ndim", "s.numel()", "s.sparse_dim(), s.dense_dim()", "s.is_coalesced()"),
        *("s.dtype, s.layout, s.device", "s.is_sparse", "s.requires_grad, g.requires_grad", "s.sum()", "s.clone()"),
        *("s @ torch.ones(3, 2)", "s @ torch.ones(3)", "s.mm(torch.ones(3, 2))", "torch.ones(2, 2) @ s"),
        *(
            "torch.sparse.mm(s, torch.ones(3, 2))",
            "torch.spmm(s, torch.ones(3, 2))",
            "torch.sparse.mm(x, x.t()).detach()",
        ),
        *(
            "torch.sparse.mm(s, torch.ones(2, 2))",
            "torch.sparse.mm(s, torch.ones(3, 2).double())",
            "nothing.coalesce()",
        ),
        *("torch.sparse.mm(s, 3)", "torch.sparse_coo_tensor(indices, values)", "torch.sparse_coo_tensor((2, 3))"),
        *("torch.sparse_coo_tensor(size=(2, 3))", "torch.sparse_coo_tensor([[0, 1], [0, 1]], [1, 2])"),
        *("torch.sparse_coo_tensor(indices.float(), values, (2, 3))", "torch.sparse_coo_tensor(indices[0], values)"),
        *("torch.sparse_coo_tensor(indices, values.repeat(2))", "torch.sparse_coo_tensor(indices, 2.0)"),
        *("torch.sparse_coo_tensor(indices, values, (2,))", "torch.sparse_coo_tensor(indices, torch.ones(3, 4))"),
        "torch.sparse_coo_tensor(indices, values, (2, 2), check_invariants=True)",
        "torch.sparse_coo_tensor(-indices, values, (2, 3), check_invariants=True)",
        "torch.sparse_coo_tensor(indices, values, (2, 3), dtype=torch.float64)",
        "torch.sparse_coo_tensor(indices, values, (2, 3), is_coalesced=True).values()",
        "torch.sparse_coo_tensor(indices, torch.ones(3, 4), (2, 3, 4)).to_dense()",
        "torch.sparse_coo_tensor(indices, torch.ones(3, 4), (2, 3, 5))",
        "torch.sparse_coo_tensor(twice, torch.ones(3, 4)).coalesce()",
        *("torch.eye(2).to_sparse()", "torch.zeros(2, 2).to_sparse()", "torch.tensor(3.0).to_sparse()"),
        *("torch.tensor(0.0).to_sparse()", "torch.tensor(3.0).to_sparse().to_dense()", "nothing.to_dense()"),
        *(
            "torch.ones(2, 2, 2).to_sparse().to_dense()",
            "torch.tensor([True, False]).to_sparse()",
            "s.to_sparse() is s",
        ),
        *("torch.eye(2).to_sparse().is_coalesced()", "torch.eye(2).to_dense()", "s.double()", "s.to(torch.float64)"),
        *("s.float().cpu().detach()", "g.detach()", "nothing @ torch.ones(3, 2)", "s.numpy()"),
        *("s == s", "g.t().detach().coalesce()", "s.t().is_coalesced()", "s.requires_grad_(False)"),
        *("torch.ones(2).to_sparse().t()", "torch.ones(2, 2, 2).to_sparse().t()"),
        "(g.to_dense() * torch.arange(6.0).reshape(2, 3)).sum().backward() or w.grad",
        "(g.coalesce().values() ** 2).sum().backward() or w.grad",
        "((g @ x) ** 2).sum().backward() or (w.grad, x.grad)",
        "((x.t()[:, :2] @ g) ** 2).sum().backward() or (w.grad, x.grad)",
        "(x.to_sparse().values() ** 2).sum().backward() or x.grad",
        "(torch.sparse.mm(x.to_sparse(), x.t()) ** 2).sum().backward() or x.grad",
    ],
)
def test_as_in_torch(expression: str) -> None:
    torch = pytest.importorskip("torch")
    assert outcome(numpynet, expression) == outcome(torch, expression)


@pytest.mark.parametrize("seed", range(5))
def test_products_and_their_gradients_are_those_of_the_dense_matrix(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, m, k, nnz = random.integers(1, 9, size=4)
    places = np.stack([random.integers(0, n, nnz), random.integers(0, m, nnz)])
    found = []
    for dense in (False, True):
        values = numpynet.tensor(np.random.default_rng(seed).normal(size=nnz), requires_grad=True)
        x = numpynet.tensor(np.random.default_rng(seed + 9).normal(size=(m, k)), requires_grad=True)
        matrix = numpynet.sparse_coo_tensor(places, values, (int(n), int(m)))
        product = matrix.to_dense() @ x if dense else matrix @ x
        cotangent = numpynet.tensor(np.random.default_rng(seed + 5).normal(size=(n, k)))
        product.backward(cotangent)
        found.append((product.detach().numpy(), values.grad.numpy(), x.grad.numpy()))
    for sparse, full in zip(*found, strict=True):
        # At most nnz products of numbers of a few ones are added up, in another order.
        np.testing.assert_allclose(sparse, full, rtol=0, atol=2 * nnz * 30 * np.finfo(np.float64).eps)


@pytest.mark.parametrize(
    ("expression", "error", "said"),
    [
        ("torch.sparse_coo_tensor(indices, values, (2, 2))", RuntimeError, "for dim 1, size is 2 but found index 2"),
        ("torch.sparse_coo_tensor(-indices, values, (2, 3))", RuntimeError, "negative index -2"),
        ("torch.sparse_coo_tensor(indices, values, requires_grad=True)", NotImplementedError, "values that need"),
        ("s.requires_grad_()", NotImplementedError, "values that need"),
        ("torch.sparse.mm(s, s.t())", NotImplementedError, "to_dense"),
        ("s[0]", NotImplementedError, "to_dense"),
        ("bool(s)", NotImplementedError, "to_dense"),
        ("s.relu()", AttributeError, "relu is missing of sparse tensors.*to_dense"),
        ("torch.relu(s)", TypeError, "must be Tensor, not .*SparseTensor"),
        ("torch.ones(2, 3) + s", TypeError, "unsupported operand"),
        ("s * torch.ones(2, 3)", TypeError, "unsupported operand"),
        ("torch.sparse_coo_tensor(indices, torch.ones(3, 4)) @ torch.ones(3, 2)", RuntimeError, "matrices"),
        ("[*s]", TypeError, "not iterable"),
    ],
)
def test_what_is_missing_is_refused(expression: str, error: type, said: str) -> None:
    names = {"torch": numpynet}
    exec(GIVEN, names)
    with pytest.raises(error, match=said):
        eval(expression, names)


def test_a_copy_is_a_sparse_tensor() -> None:
    made = copy.deepcopy(numpynet.eye(2).to_sparse())
    assert repr(made) == repr(numpynet.eye(2).to_sparse())


def test_a_compiled_step_with_a_sparse_matrix_follows_it() -> None:
    layer = numpynet.nn.Linear(3, 2)
    adjacency = numpynet.tensor([[0.0, 1, 0], [1, 0, 2], [0, 2, 0]]).to_sparse()

    def network(x: Any) -> Any:
        with numpynet.no_grad():
            return (adjacency @ layer(x)).relu().sum()

    compiled = numpynet.compile(network)
    for seed in range(6):
        x = numpynet.randn(3, 3, generator=numpynet.Generator().manual_seed(seed))
        assert numpynet.equal(compiled(x), network(x))
