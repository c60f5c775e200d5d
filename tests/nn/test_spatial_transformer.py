"""Affine grids, and images looked up on grids: against torch."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from nearness import FLOATS, assert_within, pair, torch

import numpynet

LIBRARIES = (numpynet, torch)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize(
    ("mode", "dims"), [("bilinear", 2), ("nearest", 2), ("bicubic", 2), ("bilinear", 3), ("nearest", 3)]
)
@pytest.mark.parametrize("lengths", [(4, 5, 3), (1, 6, 2)])
def test_grid_sample(lengths, mode, dims, padding, align_corners, dtype):
    rng = np.random.default_rng(0)
    image = rng.normal(size=(2, 3, *lengths[:dims])).astype(dtype)
    grid = rng.uniform(-3, 3, (2, *(3, 4, 2)[:dims], dims)).astype(dtype)
    operands = [pair(one) for one in (image, grid)]
    ours, theirs = (
        library.nn.functional.grid_sample(*(one[place] for one in operands), mode, padding, align_corners)
        for place, library in enumerate(LIBRARIES)
    )
    # Sums of up to 16 pixels below 4; a place of up to 12 pixels, known to its rounding, moves their weights.
    bound = 16 * 4 * 12 * np.finfo(dtype).eps
    assert_within(ours, theirs, bound, "the result")
    assert ours.grad_fn.name() == theirs.grad_fn.name()
    dy = rng.normal(size=tuple(theirs.shape)).astype(dtype)
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    for (one, other), what in zip(operands, ("the image's gradient", "the grid's gradient"), strict=True):
        assert_within(one.grad, other.grad, 3 * 4 * bound, what)


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_a_grid_of_the_pixels_themselves_gives_the_image(mode):
    image = numpynet.randn(2, 3, 4, 5, dtype=numpynet.float64)
    for align_corners in (False, True):
        identity = numpynet.eye(2, 3, dtype=numpynet.float64).expand(2, 2, 3)
        grid = numpynet.nn.functional.affine_grid(identity, image.shape, align_corners)
        y = numpynet.nn.functional.grid_sample(image, grid, mode, align_corners=align_corners)
        np.testing.assert_allclose(y.numpy(), image.numpy(), rtol=0, atol=64 * np.finfo(np.float64).eps)


def test_places_that_are_no_numbers_or_far_away():
    image = numpynet.ones(1, 1, 2, 3)
    x = numpynet.tensor([float("nan"), float("inf"), -1e30, 0.0])
    grid = numpynet.stack([x, 0 * x.nan_to_num(0, 0, 0)], -1)[None, None]
    y = numpynet.nn.functional.grid_sample(image, grid, align_corners=False).flatten()
    assert y.isnan().tolist() == [True, False, False, False]
    assert y[1:].tolist() == [0, 0, 1]
    y = numpynet.nn.functional.grid_sample(image, grid, padding_mode="border", align_corners=False).flatten()
    assert y[1:].tolist() == [1, 1, 1]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("size", [(2, 3, 4, 5), (2, 1, 1, 3), (2, 3, 4, 5, 2)])
def test_affine_grid(size, align_corners, dtype):
    dims = len(size) - 2
    rng = np.random.default_rng(0)
    ours, theirs = pair(rng.normal(size=(2, dims, dims + 1)).astype(dtype))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        a = numpynet.nn.functional.affine_grid(ours, size, align_corners)
        b = torch.nn.functional.affine_grid(theirs, size, align_corners)
    bound = 4 * 4 * 4 * np.finfo(dtype).eps  # products of numbers below 4, up to 4 of them
    assert_within(a, b, bound, "the grid")
    assert a.grad_fn.name() == b.grad_fn.name()
    dy = rng.normal(size=tuple(b.shape)).astype(dtype)
    a.backward(numpynet.tensor(dy))
    b.backward(torch.tensor(dy))
    assert_within(ours.grad, theirs.grad, 40 * bound, "the gradient")


def test_a_default_that_has_changed_warns():
    for library in LIBRARIES:
        functions = library.nn.functional
        with pytest.warns(UserWarning, match="behavior has changed to align_corners=False since"):
            grid = functions.affine_grid(library.ones(1, 2, 3), (1, 1, 2, 2))
        with pytest.warns(UserWarning, match="behavior has changed to align_corners=False since"):
            functions.grid_sample(library.ones(1, 1, 2, 2), grid)
        with pytest.warns(UserWarning, match="behavior has changed for unit-size grids"):
            functions.affine_grid(library.ones(1, 2, 3), (1, 1, 1, 2), align_corners=True)


@pytest.mark.parametrize(
    "call",
    [
        "grid_sample(z(1,2,3,4), z(1,2,2,2), 'other')",
        "grid_sample(z(1,2,3,4), z(1,2,2,2), padding_mode='other')",
        "grid_sample(z(1,2,3,4), z(2,2,2,2))",
        "grid_sample(z(1,2,3,4), z(1,2,2,3))",
        "grid_sample(z(1,2,0,4), z(1,2,2,2))",
        "grid_sample(z(1,2,3,4,5), z(1,2,2,2,3), 'bicubic')",
        "affine_grid(z(1,2,3).long(), (1,2,3,4))",
        "affine_grid(z(1,2,3), (1,2,3))",
        "affine_grid(z(1,2,2), (1,2,3,4))",
        "affine_grid(z(1,2,3), (1,2,3,0))",
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_refused_like_torch(call):
    raised = []
    for library in LIBRARIES:
        with pytest.raises(Exception) as caught:  # noqa: PT011  whose class is compared
            eval(f"F.{call}", {"F": library.nn.functional, "z": library.zeros})
        raised.append(caught.value)
    assert type(raised[0]) is type(raised[1]), raised
    assert str(raised[1]).split(" and grid")[0].rstrip(".") in str(raised[0]), raised


@pytest.mark.filterwarnings("ignore")
def test_other_dtypes_and_ranks_are_refused():
    functions = numpynet.nn.functional
    for image, grid in (((1, 2, 3, 4), (1, 2, 2, 2, 2)), ((1, 2, 3), (1, 2, 1))):
        for library in LIBRARIES:
            with pytest.raises(RuntimeError, match="input and grid with same number of dimensions"):
                library.nn.functional.grid_sample(library.zeros(image), library.zeros(grid))
    with pytest.raises(RuntimeError, match="expected scalar type Float but found Double"):
        functions.grid_sample(numpynet.zeros(1, 1, 2, 2), numpynet.zeros(1, 1, 1, 2).double())
    with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
        functions.grid_sample(numpynet.zeros(1, 1, 2, 2).long(), numpynet.zeros(1, 1, 1, 2).long())
    with pytest.raises(RuntimeError, match="a batch of 1 maps"):
        functions.affine_grid(numpynet.zeros(1, 2, 3), (2, 1, 2, 2))
