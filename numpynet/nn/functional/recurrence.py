"""Recurrent layers as functions: several layers, in one direction or both, over packed rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.core.tensor import Tensor, record
from numpynet.nn.functional import dropouts
from numpynet.nn.functional.linear_maps import linear
from numpynet.ops import recurrence
from numpynet.ops.form import Op
from numpynet.ops.recurrence import Sizes, steps

Weights = Sequence[Tensor | None]


def cell(operation: Op, input: Tensor, hidden: Sequence[Tensor], weights: Weights, **options: Any) -> list[Tensor]:
    """One step: x (N, I) and the states (N, H) -> the new states, as many as were given.

    weights: w_ih, w_hh, b_ih and b_hh. RuntimeError when sizes do not fit.
    """
    w_ih, w_hh, b_ih, b_hh = weights
    x, size = input._array, w_hh._array.shape[1]  # type: ignore[union-attr]
    if x.shape[1] != w_ih._array.shape[1]:  # type: ignore[union-attr]
        raise RuntimeError(
            f"input has inconsistent input_size: got {x.shape[1]} expected {w_ih._array.shape[1]}"  # type: ignore[union-attr]
        )
    for place, state in enumerate(hidden):
        if len(state._array) != len(x):
            raise RuntimeError(f"Input batch size {len(x)} doesn't match hidden{place} batch size {len(state._array)}")
        if state._array.shape[1:] != (size,):
            raise RuntimeError(
                f"hidden{place} has inconsistent hidden_size: got {state._array.shape[1]}, expected {size}"
            )
    require_one_dtype(input, *hidden)
    z = record(ops.linear, (input, w_ih, b_ih), {})
    y = _layer(operation, w_hh, b_hh, options, z, hidden, (len(x),), False)
    titles = _CELL_TITLES[operation] if operation is not recurrence.rnn else (_RNN_TITLES[options["nonlinearity"]],)
    return [_states(y, plane, slice(None), (len(x), size), title) for plane, title in enumerate(titles)]


_CELL_TITLES = {recurrence.lstm: ("MulBackward0", "AddBackward0"), recurrence.gru: ("AddBackward0",)}
_RNN_TITLES = {"tanh": "TanhBackward0", "relu": "ReluBackward0"}


def require_one_dtype(input: Tensor, *others: Tensor) -> None:
    """RuntimeError where a state has another dtype than the input."""
    for other in others:
        if other._array.dtype != input._array.dtype:
            raise RuntimeError(
                f"mat1 and mat2 must have the same dtype, but got {_scalar_name(other)} and {_scalar_name(input)}: "
                f"convert the state, as in h.to(x.dtype)"
            )


def _scalar_name(tensor: Tensor) -> str:
    return tensor.type().removeprefix("torch.").removesuffix("Tensor")


def _layer(
    operation: Op,
    w: Tensor | None,
    b: Tensor | None,
    options: dict[str, Any],
    z: Tensor,
    hidden: Sequence[Tensor],
    batch_sizes: Sizes,
    reverse: bool,
) -> Tensor:
    """All planes of a layer's result."""
    return record(operation, (z, *hidden, w, b), {"batch_sizes": batch_sizes, "reverse": reverse, **options})


def _states(y: Tensor, plane: int, rows: Any, shape: tuple[int, ...], title: str) -> Tensor:
    return record(recurrence.states, (y,), {"plane": plane, "rows": rows, "shape": shape, "title": title})


def _last_rows(batch_sizes: Sizes, reverse: bool) -> Any:
    """Which rows hold the state that each sequence ends with."""
    if reverse:
        return slice(0, batch_sizes[0])
    if batch_sizes[0] == batch_sizes[-1]:
        return slice(batch_sizes[0] * (len(batch_sizes) - 1), None)
    last = np.empty(batch_sizes[0], np.int64)
    for rows in steps(batch_sizes):
        last[: rows.stop - rows.start] = np.arange(rows.start, rows.stop)
    return last


def layers(
    operation: Op,
    input: Tensor,
    hidden: Sequence[Sequence[Tensor]],
    weights: Sequence[Weights],
    *,
    batch_sizes: Sizes,
    shape: tuple[int, ...],
    directions: int,
    dropout: float,
    title: str,
    **options: Any,
) -> tuple[Tensor, list[Tensor]]:
    """The output of the last layer, (*shape, directions · H), and the states that each layer ends with, stacked.

    input: packed rows (M, I). hidden: for each layer and direction its first states (N, H). weights: likewise w_ih,
    w_hh, b_ih, b_hh and, where the state is projected, w_hr. dropout: the probability with which outputs of layers
    but the last are dropped. title: of the node of a single output.
    """
    count, alone = len(weights) // directions, len(weights) == 1
    title = title if directions == 1 else "StackBackward0"
    ends: list[Sequence[Tensor]] = []
    for layer in range(count):
        last = layer == count - 1
        outputs = []
        for direction in range(directions):
            place = layer * directions + direction
            w_ih, w_hh, b_ih, b_hh, *projection = weights[place]
            run = partial(_layer, operation, w_hh, b_hh, options)
            z, first, reverse = record(ops.linear, (input, w_ih, b_ih), {}), hidden[place], direction == 1
            wanted = shape if last else z._array.shape[:1]
            if projection:
                output, end = _projected(run, projection[0], z, first, batch_sizes, reverse, wanted)
            else:
                y, rows = run(z, first, batch_sizes, reverse), _last_rows(batch_sizes, reverse)
                output = _states(y, 0, slice(None), (*wanted, y._array.shape[2]), title)
                of_end = (*((1,) if alone else ()), batch_sizes[0], y._array.shape[2])
                end = [_states(y, plane, rows, of_end, "StackBackward0") for plane in range(len(first))]
            outputs.append(output)
            ends.append(end)
        input = outputs[0] if directions == 1 else ops.cat(outputs, -1)
        if dropout and not last:
            input = dropouts.dropout(input, dropout)
    if alone and len(weights[0]) == 4:
        return input, list(ends[0])
    return input, [ops.stack(list(end)) for end in zip(*ends, strict=True)]


def _projected(
    run: Callable[..., Tensor],
    projection: Tensor | None,
    z: Tensor,
    hidden: Sequence[Tensor],
    batch_sizes: Sizes,
    reverse: bool,
    shape: tuple[int, ...],
) -> tuple[Tensor, list[Tensor]]:
    """A layer whose state is a product of what the gates give: h = (σ(o) tanh(c)) w_hrᵀ (Sak et al. 2014)."""
    h, c = hidden
    outputs = []
    for rows in steps(batch_sizes, reverse):
        n = rows.stop - rows.start
        whole = n == len(h._array)
        old_h, old_c = (h, c) if whole else (h[:n], c[:n])
        y = run(z[rows], (old_h, old_c), (n,), False)
        wide, new_c = (_states(y, plane, slice(None), old_c._array.shape, "MulBackward0") for plane in (0, 1))
        new_h = linear(wide, projection)  # type: ignore[arg-type]
        outputs.append(new_h)
        h, c = (new_h, new_c) if whole else (ops.cat([new_h, h[n:]]), ops.cat([new_c, c[n:]]))
    outputs = outputs[::-1] if reverse else outputs
    return ops.cat(outputs) if len(shape) == 1 else ops.stack(outputs), [h, c]
