"""Grids, and images looked up on them: what spatial transformers are made of.

M. Jaderberg et al. 2015, "Spatial transformer networks".
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled
from numpynet.core.tensor import Tensor, record, wrap
from numpynet.ops.acceptance import scalar_name
from numpynet.ops.form import Array
from numpynet.ops.grid_sampling import grid_sampler


def _aligned(align_corners: Any) -> bool:
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please "
            "specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for "
            "details.",
            stacklevel=4,
        )
        return False
    return bool(align_corners)


@composed
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """What images show at the places of a grid        x (N, C, *L), grid (N, *P, d) -> y (N, C, *P), d = 2 or 3

    grid: coordinates from −1 to 1 over the image, the first one along its last dimension. mode: "nearest",
    "bilinear" (also of volumes) or "bicubic". padding_mode: what is beyond the image, "zeros", the "border" or its
    "reflection". align_corners: whether −1 and 1 are the centers of the outermost pixels, or (False) their edges.

    ValueError for another mode; RuntimeError where shapes do not fit or dtypes differ.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> image, grid = numpynet.tensor([[[[0.0, 4.0]]]]), numpynet.tensor([[[[-0.25, 0.0], [3.0, 0.0]]]])
    >>> F.grid_sample(image, grid, padding_mode="border", align_corners=False)
    tensor([[[[1., 4.]]]])
    """
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    aligned = _aligned(align_corners)
    sizes = f"input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
    if not input.ndim or not grid.ndim or input.shape[0] != grid.shape[0]:
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, but got {sizes}")
    if grid.shape[-1] != input.ndim - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {input.ndim - 2} in last dimension, but got grid with sizes "
            f"{list(grid.shape)}"
        )
    if input.ndim not in (4, 5) or input.ndim != grid.ndim:
        raise RuntimeError(
            f"grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got {sizes}"
        )
    for dim, n in enumerate(input.shape[2:], 2):
        if not n:
            raise RuntimeError(
                f"grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                f"{list(input.shape)} with dimension {dim} being empty"
            )
    if input.ndim == 5 and mode == "bicubic":
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if input.dtype != grid.dtype:
        kinds = [scalar_name(one._array) for one in (input, grid)]
        raise RuntimeError(f"grid_sampler(): expected scalar type {kinds[0]} but found {kinds[1]}: convert one")
    options = {"mode": mode, "padding": padding_mode, "align_corners": aligned}
    return record(grid_sampler, (input, grid), options)


def _centers(count: int, align_corners: bool, kind: Any) -> Array:
    """Where pixels lie from −1 to 1."""
    if count == 1:
        return np.zeros(1, kind)
    places = np.linspace(-1, 1, count, dtype=kind)
    return places if align_corners else places * (count - 1) / count


@composed(asks="theta.is_floating_point")
def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The places that affine maps make of the pixels of an image        θ (N, d, d + 1) -> grid (N, *L, d), d = 2 or 3

    grid[n, p] = θ[n] (p, 1)ᵀ, with coordinates from −1 to 1, the first one along the last dimension. size: (N, C, *L).
    align_corners: whether −1 and 1 are the centers of the outermost pixels, or (False) their edges. `grid_sample`
    takes the result. ValueError for shapes and dtypes that do not fit, NotImplementedError for other numbers of sizes.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.affine_grid(numpynet.tensor([[[2.0, 0.0, 1.0], [0.0, 1.0, 0.0]]]), (1, 3, 1, 2), align_corners=False)
    tensor([[[[0., 0.],
              [2., 0.]]]])
    """
    aligned = _aligned(align_corners)
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    sizes = tuple(size)
    dims = len(sizes) - 2
    if dims not in (2, 3):
        raise NotImplementedError(
            f"affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size {size}"
        )
    if theta.shape[1:] != (dims, dims + 1):
        raise ValueError(
            f"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size {size}. Got "
            f"{theta.shape}"
        )
    if aligned and min(sizes[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This "
            "is not an intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=3,
        )
    elif min(sizes) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    if theta.shape[0] != sizes[0]:
        raise RuntimeError(
            f"affine_grid(): theta is a batch of {theta.shape[0]} maps, but size {size} is of {sizes[0]} images"
        )
    kind = theta._array.dtype
    axes = np.meshgrid(*(_centers(n, aligned, kind) for n in sizes[2:]), indexing="ij")
    places = np.stack([*reversed(axes), np.ones(sizes[2:], kind)], -1).reshape(1, math.prod(sizes[2:]), dims + 1)
    grid = ops.matmul(wrap(places.astype(kind)), ops.transpose(theta, 1, 2))
    return titled(ops.reshape(grid, (sizes[0], *sizes[2:], dims)), "AffineGridGeneratorBackward0")
