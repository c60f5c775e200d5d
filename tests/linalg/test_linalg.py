"""Linear algebra beside its samples: signs, layouts, singular matrices, errors, compilation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import numpynet
from numpynet import linalg


@pytest.mark.parametrize(
    "shape",
    [(2, 2), (3, 3), (8, 8), (3, 2), (4, 3), (9, 4), (100, 4), (2, 3), (3, 4), (3, 5), (2, 9), (4, 30), (3, 100)],
)
def test_singular_vectors_have_torchs_signs(shape: tuple[int, int]) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = rng.normal(size=shape)
        ours = linalg.svd(numpynet.tensor(x), full_matrices=False)
        theirs = torch.linalg.svd(torch.tensor(x), full_matrices=False)
        for one, its in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one.numpy(), its.numpy(), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5), (2, 4, 3), (0, 3), (3, 0), (2, 3, 7)])
@pytest.mark.parametrize("full_matrices", [True, False])
def test_a_matrix_is_the_product_of_its_parts(shape: tuple[int, ...], full_matrices: bool) -> None:
    x = numpynet.tensor(np.random.default_rng(1).normal(size=shape))
    u, s, vh = linalg.svd(x, full_matrices)
    k = s.shape[-1]
    assert numpynet.allclose((u[..., :k] * s.unsqueeze(-2)) @ vh[..., :k, :], x)
    for one in (u, vh.mT):
        assert numpynet.allclose(one.mT @ one, numpynet.eye(one.shape[-1], dtype=x.dtype))
    q, r = linalg.qr(x, "complete" if full_matrices else "reduced")
    assert numpynet.allclose(q @ r, x)
    assert numpynet.equal(r.triu(), r)


@pytest.mark.parametrize(
    "call",
    [
        lambda t, x: t.linalg.inv(x),
        lambda t, x: t.linalg.solve(x, x),
        lambda t, x: t.linalg.cholesky(x @ x.mT),
        lambda t, x: t.linalg.svd(x)[0],
        lambda t, x: t.linalg.svd(x)[2],
        lambda t, x: t.linalg.qr(x)[0],
        lambda t, x: t.linalg.qr(x)[1],
        lambda t, x: t.linalg.eigh(x)[1],
        lambda t, x: t.linalg.matrix_exp(x),
        lambda t, x: t.linalg.det(x),
        lambda t, x: t.linalg.lstsq(x, x)[0],
    ],
)
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3)])
def test_matrices_are_laid_out_as_torchs(call: Any, shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(2).normal(size=shape).astype(np.float32)
    ours, theirs = call(numpynet, numpynet.tensor(x)), call(torch, torch.tensor(x))
    assert ours.stride() == theirs.stride()


def test_the_parts_of_a_decomposition_are_one_in_the_backward_pass() -> None:
    x = numpynet.tensor([[3.0, 1.0], [1.0, 2.0]], requires_grad=True, dtype=numpynet.float64)
    values, vectors = linalg.eigh(x)
    (vectors @ numpynet.diag(values) @ vectors.T * numpynet.tensor([[1.0, 2.0], [2.0, 3.0]])).sum().backward()
    assert numpynet.allclose(x.grad, numpynet.tensor([[1.0, 2.0], [2.0, 3.0]], dtype=numpynet.float64))


def test_cofactors_of_singular_matrices() -> None:
    """Where torch gives zeros."""
    for matrix in ([[1.0, 2.0], [2.0, 4.0]], np.diag([0.0, 2.0, 3.0]), np.zeros((3, 3))):
        x = numpynet.tensor(np.array(matrix), requires_grad=True)
        linalg.det(x).backward()
        cofactors = np.array(
            [
                [
                    (-1) ** (i + j) * np.linalg.det(np.delete(np.delete(np.array(matrix), i, 0), j, 1))
                    for j in range(len(matrix))
                ]
                for i in range(len(matrix))
            ]
        )
        np.testing.assert_allclose(x.grad.numpy(), cofactors, atol=1e-13)


def test_errors_of_lapack(library: Any) -> None:
    assert issubclass(library.linalg.LinAlgError, RuntimeError)
    assert library.linalg.LinAlgError.__name__ == "_LinAlgError"
    nan = library.full((2, 2), float("nan"))
    for call in (
        lambda: library.linalg.inv(library.zeros(2, 2)),
        lambda: library.linalg.solve(library.zeros(2, 2), library.ones(2)),
        lambda: library.linalg.cholesky(-library.eye(2)),
        lambda: library.linalg.svd(nan),
        lambda: library.linalg.matrix_power(library.zeros(2, 2), -2),
    ):
        with pytest.raises(library.linalg.LinAlgError):
            call()
    with pytest.raises(library.linalg.LinAlgError, match=r"\(Batch element 1\): .*order 2 is not positive-definite"):
        library.linalg.cholesky(library.stack([library.eye(3), library.diag(library.tensor([1.0, -1.0, 1.0]))]))


def test_what_lapack_does_is_not_compiled() -> None:
    @numpynet.compile
    def step(x):
        return linalg.inv(x).sum()

    with pytest.raises(numpynet.CompileError, match="inv cannot be compiled"):
        step(numpynet.eye(2))

    @numpynet.compile
    def product(x):
        return linalg.multi_dot([x, x, x]).sum() + numpynet.kron(x, x).sum()

    assert product(numpynet.eye(2)).item() == 6


def test_methods_that_few_need_come_when_they_are_asked_for() -> None:
    code = (
        "import sys, numpynet as t; before = 'numpynet.linalg' in sys.modules; x = t.eye(2) * 2; "
        "print(before, x.det().item(), x.inverse().tolist(), t.ones(1).lgamma_().item(), callable(t.Tensor.svd))"
    )
    import subprocess
    import sys
    from pathlib import Path

    root = Path(numpynet.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout == "False 4.0 [[0.5, 0.0], [0.0, 0.5]] 0.0 True\n"


def test_a_matrix_is_put_together_of_its_eigenvectors() -> None:
    numbers = np.random.default_rng(5)
    for x in (numbers.normal(size=(2, 4, 4)), numbers.normal(size=(4, 4)) + 1j * numbers.normal(size=(4, 4))):
        values, vectors = linalg.eig(numpynet.from_numpy(x))
        assert values.dtype is vectors.dtype is numpynet.complex128
        np.testing.assert_allclose((vectors * values.unsqueeze(-2) @ linalg.inv(vectors)).numpy(), x, atol=1e-12)
        np.testing.assert_allclose(vectors.norm(dim=-2).numpy(), np.ones(x.shape[:-1]), atol=1e-14)


def test_losses_of_eigenvectors_that_are_ill_defined_are_refused() -> None:
    x = numpynet.tensor([[0.0, 1.0], [-2.0, 3.0]], requires_grad=True)
    (linalg.eig(x).eigenvectors.abs() ** 3).sum().backward()
    assert x.grad.dtype is numpynet.float32
    with pytest.raises(RuntimeError, match=r"up to multiplication by e\^\{i phi\}"):
        (linalg.eig(x).eigenvectors * 1j).sum().real.backward()
