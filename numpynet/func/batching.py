"""vmap: a function of one sample, of many: called for each of them, and the results stacked."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from operator import index
from typing import Any

from numpynet import ops
from numpynet.core.tensor import Tensor
from numpynet.random import default_generator
from numpynet.utils._pytree import TreeSpec, tree_flatten, tree_unflatten


def require_randomness(randomness: str) -> None:
    """RuntimeError for what is none of torch's three ways to draw random numbers."""
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")


def require_chunks(name: str, chunk_size: int | None) -> None:
    """ValueError for a size that is neither None nor positive, TypeError for one that is no integer."""
    if chunk_size is not None and not chunk_size > 0:
        raise ValueError(f"{name}: chunk_size should be None or greater than 0. (got {chunk_size})")
    if chunk_size is not None:
        index(chunk_size)


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function of all samples: `func` is called for one after the other, and sees none of their dimension.

    in_dims: along which dimension an argument's tensors hold the samples, None for what all of them share: one for all
        arguments, or a tuple of one for each, which may be a nest like the argument.
    out_dims: along which dimension the results are stacked: one for all, or a nest like the result.
    randomness: "error" is the only choice: RuntimeError where the function draws random numbers, NotImplementedError
        for torch's others, "different" and "same".
    chunk_size: makes no difference.

    ValueError where arguments hold no samples, or not as many, and where the function returns something else than
    tensors; RuntimeError where it overwrites what all samples share.

    >>> import numpynet
    >>> a, b = numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]), numpynet.tensor([1.0, 10.0])
    >>> numpynet.func.vmap(numpynet.dot, in_dims=(0, None))(a, b)
    tensor([21., 43.])
    """
    require_randomness(randomness)
    require_chunks("vmap", chunk_size)
    if randomness != "error":
        raise NotImplementedError(
            f"vmap: randomness={randomness!r} is missing: draw the random numbers outside, and map over them"
        )

    @wraps(func)
    def of_all(*args: Any, **kwargs: Any) -> Any:
        flat, spec = tree_flatten(args)
        dims = _dims(in_dims, flat, spec, func)
        size = _size(flat, dims)
        shared = [(one, one._writes[0]) for one, dim in zip(flat, dims, strict=True) if dim is None and _is_one(one)]
        before = default_generator.get_state()
        results = []
        for place in range(size):
            sample = [one if dim is None else one.select(dim, place) for one, dim in zip(flat, dims, strict=True)]
            results.append(_returned(func(*tree_unflatten(sample, spec), **kwargs)))
            if any(one._writes[0] != version for one, version in shared):
                raise RuntimeError(
                    "vmap: in-place arithmetic on a tensor that all samples share is not possible: write y = x + ... "
                    "in place of x += ..."
                )
        if not default_generator.get_state().equal(before):
            default_generator.set_state(before)
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode: draw the random numbers outside, and "
                "map over them"
            )
        return _stacked(results, out_dims)

    return of_all


def _is_one(value: Any) -> bool:
    return isinstance(value, Tensor)


def _spread(dims: Any, spec: TreeSpec, name: str) -> list[Any]:
    """A dimension for each leaf: one that is given for a nest counts for all that it holds."""
    if dims is None or isinstance(dims, int):
        return [dims] * spec.num_leaves
    own = dict if isinstance(dims, dict) else tuple if isinstance(dims, (tuple, list)) else None
    children = dims.values() if isinstance(dims, dict) else dims
    if own is None or spec.type is None or len(dims) != len(spec.children_specs):
        raise ValueError(
            f"vmap: {name} is not compatible with the structure of what it is for: got {dims!r} for {spec.num_leaves} "
            f"tensors; give one dimension for all, or a nest of the same structure"
        )
    return [
        one for part, child in zip(children, spec.children_specs, strict=True) for one in _spread(part, child, name)
    ]


def _dims(in_dims: Any, flat: list[Any], spec: TreeSpec, func: Callable[..., Any]) -> list[int | None]:
    if not isinstance(in_dims, (int, tuple, list, type(None))):
        raise ValueError(
            f"vmap: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, "
            f"got: {type(in_dims)}."
        )
    if not flat:
        raise ValueError(
            "vmap: got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
            "function with no inputs. The latter is unsupported."
        )
    dims = _spread(in_dims, spec, "in_dims")
    for place, (one, dim) in enumerate(zip(flat, dims, strict=True)):
        if dim is None:
            continue
        if isinstance(dim, bool):
            raise TypeError("vmap: in_dims must be int, not bool")
        if not _is_one(one):
            raise ValueError(
                f"vmap: Got in_dim={dim} for an input but the input is of type {type(one)}. We cannot vmap over "
                f"non-Tensor arguments, please use None as the respective in_dim"
            )
        if not -one.ndim <= dim < one.ndim:
            raise ValueError(
                f"vmap: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {one.ndim} so "
                f"expected in_dim to satisfy -{one.ndim} <= in_dim < {one.ndim}."
            )
        dims[place] = dim % one.ndim
    return dims


def _size(flat: list[Any], dims: list[int | None]) -> int:
    sizes = [one.shape[dim] for one, dim in zip(flat, dims, strict=True) if dim is not None]
    if not sizes:
        raise ValueError("vmap: at least one input must be a Tensor with samples: in_dims has None for all of them")
    if len(set(sizes)) > 1:
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the "
            f"mapped dimension"
        )
    if not sizes[0]:
        raise ValueError("vmap: there are no samples to call the function for")
    return sizes[0]


def _returned(result: Any) -> tuple[list[Tensor], TreeSpec]:
    flat, spec = tree_flatten(result)
    for one in flat:
        if not _is_one(one):
            raise ValueError(f"vmap: `f` must only return Tensors, got type {type(one)}.")
    return flat, spec


def _stacked(results: list[tuple[list[Tensor], TreeSpec]], out_dims: Any) -> Any:
    """The results of all samples side by side; of None that of the first sample, which all must share."""
    spec = results[0][1]
    dims = _spread(out_dims, spec, "out_dims")
    columns = zip(*(flat for flat, _ in results), strict=True)
    stacked = []
    for column, dim in zip(columns, dims, strict=True):
        if dim is None:
            if any(one is not column[0] for one in column):
                raise ValueError("vmap: `out_dims` is None for a result that is not the same for all samples")
            stacked.append(column[0])
            continue
        if not -column[0].ndim - 1 <= dim <= column[0].ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-column[0].ndim - 1}, {column[0].ndim}], but "
                f"got {dim})"
            )
        stacked.append(ops.stack(column, dim=int(dim)))
    return tree_unflatten(stacked, spec)
