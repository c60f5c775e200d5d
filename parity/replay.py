"""Replay: which operation of a step is the first to give something else, when it is given the same.

The operations of the step are known from numpynet's tape. Each is evaluated by both libraries on what torch's
operations before it gave, and then, in reverse, differentiated by both with torch's cotangent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from numpynet.autograd.differences import numerical_gradient
from numpynet.ops.form import Op
from numpynet.ops.layout import layout
from numpynet.testing.formulas import gradients
from parity.bounds import K, excess
from parity.failure import Operation, Values, unlike
from parity.tape import Call, Entry
from parity.trace import Array

BOUND = f"k = {{k}}, allowed {K}"


@dataclass
class Played:
    """An operation of a step with everything copied, so that nothing later overwrites it.

    operands: arrays, numbers or None; sources: for each the place in the list of the entry that made it, or None.
    wanted: positions of the operands that need a gradient.
    """

    operation: Op
    operands: list[Any]
    options: dict[str, Any]
    sources: list[int | None]
    wanted: list[int]

    @property
    def name(self) -> str:
        """The operation's."""
        return self.operation.name


def copied(entries: Sequence[Entry]) -> list[Played]:
    """What a tape holds, made to last."""
    made: dict[Any, int] = {}
    played = []
    for place, entry in enumerate(entries):
        operands = list(entry.call.operands)
        sources = [made.get(entry.keys.get(position)) for position in range(len(operands))]
        wanted = [position for position, one in entry.operands.items() if one.requires_grad]
        played.append(Played(entry.operation, operands, entry.call.options, sources, wanted))
        made[entry.key] = place
    return played


def first_divergence(played: Sequence[Played], torch: Any) -> Operation | None:
    """The first operation that differs from torch's, forwards and then backwards; None when all agree."""
    results: list[Array] = []
    for one in played:
        operands = _fed(one, results)
        theirs = np.array(TorchCall(torch, one, operands).y.detach().numpy())
        ours = _numpynet_forward(one, operands)
        call = Call(one.operation, operands, [_absolute(operand) for operand in operands], one.options, theirs)
        found = _compared(one, "forward", ours, theirs, call.result_shadow())
        if found is not None:
            return found
        results.append(theirs)
    cotangents: dict[int, Any] = {len(played) - 1: np.ones_like(results[-1])} if played else {}
    for place in reversed(range(len(played))):
        one, dy = played[place], cotangents.get(place)
        if dy is None:
            continue
        operands = _fed(one, results)
        right = TorchCall(torch, one, operands).gradients(dy)
        call = Call(one.operation, operands, [_absolute(operand) for operand in operands], one.options, results[place])
        ours_all = _numpynet_gradients(one, operands, dy)
        for position in one.wanted:
            ours, theirs = ours_all[position], right[position]
            what = f"gradient by {_operand_name(one, position)}"
            found = _compared(one, what, ours, theirs, call.gradient_shadow(position, np.abs(dy)))
            if found is not None:
                return found
            source = one.sources[position]
            if source is not None:
                before = cotangents.get(source)
                cotangents[source] = theirs if before is None else before + theirs
    return None


def first_inconsistency(played: Sequence[Played]) -> Operation | None:
    """The first operation, from the loss back, whose gradient is not that of its own forward, by finite differences.

    For want of torch: a forward that is wrong in itself is not found.
    """
    for one in reversed(played):
        operands = [_doubled(operand) for operand in one.operands]
        result = _numpynet_forward(one, operands)
        dy = np.random.default_rng(0).standard_normal(result.shape)
        found = _numpynet_gradients(one, operands, dy)
        for position in one.wanted:
            what = f"gradient by {_operand_name(one, position)}"
            if found[position].shape != operands[position].shape:
                return Operation(one.name, what + unlike(found[position], operands[position]))
            direction = np.random.default_rng(1).standard_normal(operands[position].shape)
            slope = float((found[position] * direction).sum())
            expected = numerical_gradient(partial(_terms, one, operands, position, dy, direction), np.zeros(1))
            if (
                abs(slope - expected.value[0])
                > 1e-5 * np.abs(found[position] * direction).sum() + 10 * expected.error[0]
            ):
                return Operation(
                    one.name,
                    f"{what}: along a random direction it rises by {slope:.6g}, but by finite differences of its "
                    f"forward by {expected.value[0]:.6g}",
                )
    return None


def _terms(one: Played, operands: Sequence[Any], position: int, dy: Array, direction: Array, t: Array) -> Array:
    """The terms of L = Σ dy y, with one operand moved by t in that direction."""
    moved = operands[position] + t[0] * direction
    return dy * _numpynet_forward(one, [*operands[:position], moved, *operands[position + 1 :]])


# --- numpynet's side --------------------------------------------------------------------------------------


def _numpynet_forward(one: Played, operands: Sequence[Any]) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(one.operation.forward(*operands, **one.options))


def _numpynet_gradients(one: Played, operands: Sequence[Any], dy: Array) -> dict[int, Array]:
    with np.errstate(all="ignore"):
        return gradients(one.operation, operands, dy, one.options, wanted=one.wanted)


def _fed(one: Played, results: Sequence[Array]) -> list[Any]:
    """The operands, with torch's results in place of numpynet's."""
    pairs = zip(one.operands, one.sources, strict=True)
    return [operand if source is None else results[source] for operand, source in pairs]


def _absolute(operand: Any) -> Any:
    if operand is None:
        return None
    return np.abs(np.asarray(operand, np.float64)) if isinstance(operand, np.ndarray) else abs(operand)


def _doubled(operand: Any) -> Any:
    floating = isinstance(operand, np.ndarray) and operand.dtype.kind == "f"
    return operand.astype(np.float64) if floating else operand


def _operand_name(one: Played, position: int) -> str:
    return f"{one.operation.operands[0]}[{position}]" if one.operation.variadic else one.operation.operands[position]


def _compared(one: Played, what: str, ours: Array, theirs: Array, shadow: Array) -> Operation | None:
    ours = np.asarray(ours)
    if unlike(ours, theirs):
        return Operation(one.name, what + unlike(ours, theirs))
    k = excess(ours, theirs, shadow)
    return Operation(one.name, what, Values.worst(k, ours, theirs, BOUND)) if k.size and k.max() > K else None


# --- torch's side -----------------------------------------------------------------------------------------


class TorchCall:
    """One operation as torch computes it, on arrays."""

    def __init__(self, torch: Any, one: Played, operands: Sequence[Any]) -> None:
        self.torch = torch
        self.one = one
        self.tensors = [
            torch.tensor(operand, requires_grad=position in one.wanted) if isinstance(operand, np.ndarray) else operand
            for position, operand in enumerate(operands)
        ]
        options = {name: _torch_option(torch, value) for name, value in one.options.items()}
        self.y = _torch_function(torch, one.operation)(*self.tensors, **options)

    def gradients(self, dy: Array) -> dict[int, Array]:
        """∂L/∂operand, given dy = ∂L/∂y, for the operands wanted."""
        leaves = [self.tensors[position] for position in self.one.wanted]
        found = self.torch.autograd.grad(self.y, leaves, self.torch.tensor(dy), materialize_grads=True)
        return {position: np.array(one.numpy()) for position, one in zip(self.one.wanted, found, strict=True)}


def _packed(torch: Any, *parts: Any) -> Any:
    """The parts of a decomposition of one matrix end to end, matrices by columns, as its operation gives them."""
    return torch.cat([(part.mT if part.ndim > 1 else part).reshape(-1) for part in parts])


def _torch_function(torch: Any, operation: Op) -> Callable[..., Any]:
    """torch's function of the same operands and options as an operation of numpynet."""
    F = torch.nn.functional
    own: dict[str, Callable[..., Any]] = {
        "index": lambda x, index: x[index],
        "index_put": _put,
        "index_put_accumulate": lambda x, value, index: x.index_put(_as_tuple(index), value, accumulate=True),
        "index_add": lambda x, source, dim, index, alpha: x.index_add(dim, index, source, alpha=alpha),
        "index_copy": lambda x, source, dim, index: x.index_copy(dim, index, source),
        "index_fill": lambda x, value, dim, index: x.index_fill(dim, index, value),
        "put": lambda x, source, index, accumulate: x.put(index, source, accumulate),
        "scatter_reduce": lambda x, source, dim, index, reduce, include_self: x.scatter_reduce(
            dim, index, source, reduce, include_self=include_self
        ),
        "segment_reduce": lambda x, dim, index, counts, reduce, initial: torch.segment_reduce(
            x, reduce.removeprefix("a"), lengths=counts.flatten(dim), axis=dim, initial=initial
        ),
        "squeeze": lambda x, dim: x.squeeze() if dim is None else x.squeeze(dim),
        "unfold": lambda x, **options: x.unfold(**options),
        "as_strided": lambda x, size, stride, offset: x.as_strided(size, stride, offset),
        "scatter": lambda x, source, dim, index: x.scatter(dim, index, source),
        "scatter_add": lambda x, source, dim, index: x.scatter_add(dim, index, source),
        "embedding": lambda w, index, padding_idx: F.embedding(index, w, padding_idx),
        "repeat": lambda x, repeats: x.repeat(repeats),
        "einsum": lambda *operands, equation: torch.einsum(equation, *operands),
        "rounded_divide": lambda a, b, rounding_mode: torch.div(a, b, rounding_mode=rounding_mode),
        "median_of_all": lambda x: x.median(),
        "layer_norm": lambda x, w, b, dims, eps: F.layer_norm(x, x.shape[-dims:], w, b, eps),
        "batch_norm": lambda x, w, b, mean, variance, eps: F.batch_norm(
            x, mean, variance, w, b, training=mean is None, eps=eps
        ),
        "expand": lambda x, size: x.expand(size),
        "view": lambda x, shape: x.reshape(shape),
        "cast": lambda x, kind: x.to(getattr(torch, np.dtype(kind).name)),
        "picked": lambda x, dim, positions, keepdim, title: (
            x.gather(dim, positions) if keepdim else x.gather(dim, positions).squeeze(dim)
        ),
        "max_of_all": lambda x: x.max(),
        "min_of_all": lambda x: x.min(),
        "sum": lambda x, dim, keepdim, dtype: x.sum() if dim is None else x.sum(dim, keepdim),
        "mean": lambda x, dim, keepdim, dtype: x.mean() if dim is None else x.mean(dim, keepdim),
        "prod": lambda x, dim, keepdim, dtype: x.prod() if dim is None else x.prod(dim, keepdim),
        "cumsum": lambda x, dim, dtype: x.cumsum(dim),
        "convolution": lambda x, w, b, stride, padding, dilation, groups: getattr(F, f"conv{x.ndim - 2}d")(
            x, w, b, stride, padding, dilation, groups
        ),
        "conv_transpose": lambda x, w, b, stride, padding, output_padding, dilation, groups: getattr(
            F, f"conv_transpose{x.ndim - 2}d"
        )(x, w, b, stride, padding, output_padding, groups, dilation),
        "grid_sampler": lambda x, grid, mode, padding, align_corners: F.grid_sample(
            x, grid, mode, padding, align_corners
        ),
        "group_norm": lambda x, w, b, groups, eps: F.group_norm(x, groups, w, b, eps),
        "rms_norm": lambda x, w, dims, eps: F.rms_norm(x, x.shape[-dims:], w, eps),
        "polygamma": lambda x, n: torch.polygamma(n, x),
        "norm": lambda x, p, dim, keepdim: torch.linalg.vector_norm(x, p, dim, keepdim),
        "log_sigmoid": F.logsigmoid,
        "prelu": lambda x, weight: F.prelu(x, weight.reshape(-1)),
        "slogdet": lambda x: torch.stack(torch.linalg.slogdet(x)),
        "svd": lambda x, full_matrices: _packed(torch, *torch.linalg.svd(x, full_matrices)),
        "eigh": lambda x, UPLO: _packed(torch, *torch.linalg.eigh(x, UPLO)),
        "qr": lambda x, mode: _packed(torch, *torch.linalg.qr(x, mode)),
        "lstsq": lambda a, b, rcond: torch.linalg.lstsq(a, b, rcond=rcond).solution,
        "cross": torch.linalg.cross,
        "solve": torch.linalg.solve,
        "cat": lambda *tensors, dim: torch.cat(tensors, dim),
        "stack": lambda *tensors, dim: torch.stack(tensors, dim),
        "binary_cross_entropy_with_logits": lambda z, t, weight, pos_weight, reduction: (
            F.binary_cross_entropy_with_logits(z, t, weight, pos_weight=pos_weight, reduction=reduction)
        ),
        "nll_loss": lambda x, t, weight, reduction, ignore_index: F.nll_loss(
            x, t, weight, reduction=reduction, ignore_index=ignore_index
        ),
    }
    if operation.name in own:
        return own[operation.name]
    for place in (torch, F, torch.linalg, torch.special):
        if hasattr(place, operation.name) and operation.name not in OTHERS:
            found: Callable[..., Any] = getattr(place, operation.name)
            return found
    raise NotImplementedError(f"parity knows no function of torch for the operation {operation.name}")


def _torch_option(torch: Any, value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_torch_option(torch, one) for one in value)
    if isinstance(value, layout):  # or a memory format
        return getattr(torch, str(value).removeprefix("torch."))
    return torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else value


OTHERS = ("rnn", "lstm", "gru", "lu", "embedding_bag")  # whose names torch gives to functions of other operands


def _put(x: Any, value: Any, index: Any) -> Any:
    y = x.clone()
    y[index] = value
    return y


def _as_tuple(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)
