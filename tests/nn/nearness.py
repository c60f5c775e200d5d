"""What the comparisons with torch have in common: the same values in both libraries, and a bound on the distance."""

import numpy as np
import pytest

import numpynet

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

FLOATS = ["float32", "float64"]
REDUCTIONS = ["none", "mean", "sum"]


def eps(array):
    return float(np.finfo(array.dtype).eps)


def pair(array, requires_grad=True):
    """The same values as a tensor of numpynet and one of torch, each in memory of its own."""
    ours = numpynet.tensor(array)
    theirs = torch.tensor(array)
    if requires_grad and array.dtype.kind == "f":
        ours.requires_grad_()
        theirs.requires_grad_()
    return ours, theirs


def assert_within(ours, theirs, bound, what=""):
    """Every element of two arrays the same in dtype, NaN and infinities, and no further apart than its bound."""
    ours = np.asarray(ours.detach() if hasattr(ours, "detach") else ours)
    theirs = np.asarray(theirs.detach() if hasattr(theirs, "detach") else theirs)
    assert ours.dtype == theirs.dtype, what
    assert ours.shape == theirs.shape, what
    with np.errstate(all="ignore"):
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        distance = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
        bound = np.broadcast_to(np.asarray(bound, np.float64), ours.shape)
        near = same | (np.isfinite(ours) & np.isfinite(theirs) & (distance <= bound))
    if not near.all():
        worst = np.unravel_index(np.argmin(near), near.shape)
        raise AssertionError(
            f"{what}: at {tuple(map(int, worst))} {ours[worst]!r} is {distance[worst]} from {theirs[worst]!r}, "
            f"and the bound is {bound[worst]}"
        )
