"""torch's decompositions as numpynet's operations give theirs: all parts in one vector, matrices by columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops import linear_algebra as algebra


def packed(*parts: Any) -> Any:
    """The parts end to end."""
    import torch

    return torch.cat([part.reshape(-1) for part in parts])


def _signs(theirs: Any, ours: Any) -> Any:
    """Of each column, whether LAPACK's builds agree in its sign."""
    import torch

    return (theirs.detach() * torch.tensor(ours)).sum(-2, keepdim=True).sign()


def svd(x: Any, full_matrices: bool) -> Any:
    """The singular vectors with the signs that they have in NumPy."""
    import torch

    u, s, vh = torch.linalg.svd(x, full_matrices)
    array = x.detach().numpy()
    signs = _signs(u, algebra.svd_parts(algebra.svd.forward(array), array.shape)[0])
    return packed((u * signs).mT, s, (vh.mT * signs))


def lu(x: Any) -> Any:
    import torch

    both, pivots = torch.linalg.lu_factor(x)
    return packed(both.mT, pivots.to(x.dtype))


def qr(x: Any, mode: str) -> Any:
    import torch

    q, r = torch.linalg.qr(x, mode)
    return packed(q.mT, r.mT)


def eigh(x: Any, UPLO: str) -> Any:
    """The eigenvectors with the signs that they have in NumPy."""
    import torch

    values, vectors = torch.linalg.eigh(x, UPLO)
    signs = _signs(vectors, np.linalg.eigh(x.detach().numpy(), UPLO)[1])
    return packed(values, (vectors * signs).mT)
