"""Embeddings: rows of tables, what bags of them come to, and rows that tell classes apart."""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import keeping, titled
from numpynet.core.functions import placed
from numpynet.core.modes import no_grad
from numpynet.core.tensor import Tensor, heard, record, wrap
from numpynet.linalg import vector_norm
from numpynet.nn.functional.arguments import require_tensor
from numpynet.ops.arguments import refusal
from numpynet.ops.embedding import bags_of
from numpynet.ops.embedding import embedding_bag as bags_of_rows
from numpynet.ops.form import Array, possible, refuse
from numpynet.ops.indexing import outside
from numpynet.ops.showing import all_show_operations

FEW_CLASSES = 64  # whose rows are kept
LONG = np.dtype(np.int64)


def padding_row(padding_idx: int | None, rows: int, name: str = "Padding_idx") -> int | None:
    """The padding row of a table, counted from its start; AssertionError, which names it, when there is none."""
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise AssertionError(f"{name} must be within num_embeddings")
    return padding_idx % rows


def require_dense_embedding(max_norm: float | None, scale_grad_by_freq: bool, sparse: bool) -> None:
    """NotImplementedError for gradients that embeddings do not have here, TypeError for what torch's cannot do."""
    given = {"max_norm": max_norm, "scale_grad_by_freq": scale_grad_by_freq, "sparse": sparse}
    refused = refusal("embedding", (), given, complete=False)
    if refused is not None:
        raise refused
    for name, wanted in (("scale_grad_by_freq", scale_grad_by_freq), ("sparse", sparse)):
        if wanted:
            raise NotImplementedError(f"embedding: {name} is missing")


def _shorten_rows(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    """Scales those rows of a table that are asked for and are longer than `max_norm`, in place."""
    with no_grad():
        numbers = input.reshape(-1)
        rows = weight[numbers]
        norms = vector_norm(rows, norm_type, dim=1, keepdim=True).double()
        scales = (max_norm / (norms + 1e-7)).masked_fill(norms <= max_norm, 1)
        weight[numbers] = rows * scales.to(weight.dtype)


@composed
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of a table: input (...) integers, weight (V, D) -> (..., D)

    The row `padding_idx` gets no gradient. max_norm: rows whose norm, of the order `norm_type`, is larger are first
    scaled to it, in the table itself. IndexError for a number out of range, RuntimeError for an input that is neither
    int64 nor int32; NotImplementedError for `scale_grad_by_freq` and `sparse`.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.embedding(numpynet.tensor([1, 1]), numpynet.tensor([[0.0, 1.0], [2.0, 3.0]]))
    tensor([[2., 3.],
            [2., 3.]])
    """
    if not isinstance(input, Tensor) or not isinstance(weight, Tensor):
        require_tensor("embedding", "input", 1, input)
        require_tensor("embedding", "weight", 2, weight)
    if max_norm is not None or scale_grad_by_freq or sparse:
        require_dense_embedding(max_norm, scale_grad_by_freq, sparse)
    table, index = weight._array, input._array
    if table.ndim != 2:
        refusal = IndexError if weight.requires_grad and not table.ndim else RuntimeError
        raise refusal(f"embedding: 'weight' must be 2-D, but it is {table.ndim}-D")
    row = None if padding_idx is None else padding_row(padding_idx, table.shape[0])
    if max_norm is not None:
        _shorten_rows(weight, input, max_norm, norm_type)
    if table.dtype.char in "fd" and not heard[0] and (weight._view is None or weight._is_current()):
        try:
            y = ops.embedding.forward(table, index=index, padding_idx=row)
        except Exception:  # told below
            pass
        else:
            if not weight._requires_grad:
                return wrap(y)
            options = {"index": index, "padding_idx": row}
            return keeping(placed(y, ops.embedding, (weight,), (table,), 1, options), input)
    return record(ops.embedding, (weight,), {"index": input, "padding_idx": row})


def _sizes(index: Tensor, offsets: Any, include_last_offset: bool) -> tuple[int, ...]:
    """How many numbers each bag has; RuntimeError for offsets that do not say so."""
    starts = offsets.tolist()
    if include_last_offset and not starts:
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    if starts and starts[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
            f"However, got {starts[0]}"
        )
    if starts and starts[-1] > len(index):
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length({len(index)}) but got offsets[-1] of {starts[-1]}"
        )
    stops = starts if include_last_offset else [*starts, len(index)]
    sizes = tuple(stop - start for start, stop in pairwise(stops))
    if min(sizes, default=0) < 0:
        raise RuntimeError(f"embedding_bag(): offsets must not decrease, but they are {starts}")
    return sizes


@composed(asks="input.dim weight.dim")
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, the mean or the maximum of the rows of a table in each bag        weight (V, D) -> (bags, D)

    input: (bags, N) integers, or (N,) with all bags one after another and `offsets`, where each begins; with
    `include_last_offset` also where the last one ends. per_sample_weights: as input, factors of the rows, with the sum
    only. padding_idx: the number of a row that does not count. max_norm, norm_type: as for `embedding`. ValueError for
    what does not fit, RuntimeError for a number out of range, NotImplementedError for `scale_grad_by_freq` and
    `sparse`.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> table = numpynet.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> F.embedding_bag(numpynet.tensor([0, 1, 1]), table, numpynet.tensor([0, 2]))
    tensor([[1., 2.],
            [2., 3.]])
    """
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the "
            f"same shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                f"sequences. However, found offsets of type {type(offsets)}"
            )
        sizes: tuple[int, ...] = (input.size(1),) * input.size(0)
        input = input.reshape(-1)
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    elif input.dim() == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.dim() != 1:
            raise ValueError("offsets has to be a 1D Tensor")
        sizes = _sizes(input, offsets, include_last_offset)
        if sum(sizes) < len(input):  # what lies behind the last bag
            input = input[: sum(sizes)]
            per_sample_weights = None if per_sample_weights is None else per_sample_weights[: sum(sizes)]
    else:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
            f"(got mode='{mode}')."
        )
    require_dense_embedding(max_norm, scale_grad_by_freq, sparse)
    if not weight.is_floating_point():
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, "
            f"Float, Double; but got {weight.type()} instead: convert it, as in weight.float()"
        )
    if padding_idx is not None:
        rows = weight.size(0)
        if not -rows <= padding_idx < rows:
            raise RuntimeError(
                f"padding_idx must be within the number of embeddings, {-rows} through {rows - 1}, but got "
                f"{padding_idx}"
            )
        kept = (input != padding_idx % rows).nonzero()[:, 0]
        bags = np.repeat(np.arange(len(sizes)), sizes)[kept._array]
        sizes = tuple(np.bincount(bags, minlength=len(sizes)).tolist())
        input = input[kept]
        per_sample_weights = None if per_sample_weights is None else per_sample_weights[kept]
    if max_norm is not None:
        _shorten_rows(weight, input, max_norm, norm_type)
    rows = weight.size(0)
    refuse((input._array < 0) | (input._array >= rows), partial(_outside_table, rows))
    if mode == "max":
        return titled(_greatest(weight, input._array, sizes), "EmbeddingBagBackward0")
    options = {"index": input, "sizes": sizes, "mode": mode}
    return record(bags_of_rows, (weight, per_sample_weights), options)


def _outside_table(rows: int) -> RuntimeError:
    return RuntimeError(f"embedding_bag: input takes a value which is not in the valid range [0, {rows})")


def _greatest(weight: Tensor, index: Array, sizes: tuple[int, ...]) -> Tensor:
    """The greatest number of each column in each bag, of equal ones the first, as one element of the table."""
    rows = weight._array[index]
    filled = [(bag, part) for bag, part in enumerate(bags_of(sizes)) if part.stop > part.start]
    places = [index[part][rows[part].argmax(axis=0)] for _, part in filled]
    columns = np.arange(rows.shape[1])
    picked: Tensor = ops.index(weight, (np.stack(places) if places else np.zeros((0, len(columns)), int), columns))
    if len(filled) == len(sizes):
        return picked
    empty = weight.new_zeros(len(sizes), len(columns))
    return record(ops.index_put, (empty, picked), {"index": ([bag for bag, _ in filled],)})


@composed
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Classes (...) as int64 rows (..., num_classes) of zeros with a 1 at the class.

    num_classes: −1 for one more than the greatest class. RuntimeError for a dtype other than int64, and for
    a class that is negative or too great.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.one_hot(numpynet.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    require_tensor("one_hot", "tensor", 1, tensor)
    classes = tensor._array
    if classes.dtype != LONG or num_classes < 1 or possible(outside(classes, num_classes)):
        num_classes = _number_of_classes(tensor, num_classes)
    if num_classes <= FEW_CLASSES:
        return wrap(_rows(num_classes).take(classes, 0))
    rows = np.zeros((classes.size, num_classes), LONG)
    rows.reshape(-1)[classes.reshape(-1) + np.arange(0, rows.size, num_classes)] = 1
    return wrap(rows.reshape(*classes.shape, num_classes))


def _number_of_classes(tensor: Tensor, num_classes: int) -> int:
    """The number of classes that is wanted, or one more than the greatest; RuntimeError as `one_hot`."""
    classes = tensor._array
    if classes.dtype != LONG:
        raise RuntimeError(
            f"one_hot is only applicable to index tensor of type LongTensor, not {tensor.dtype}: write x.long()"
        )
    if not classes.size and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    greatest = int(classes.view(np.uint64).max()) if classes.size else -1  # of unsigned numbers; see below
    if greatest >= 1 << 63:  # what is negative without that
        raise RuntimeError(f"Class values must be non-negative, but one is {classes.min()}.")
    if num_classes == -1:
        num_classes = greatest + 1
    if num_classes < 1:
        raise RuntimeError("num_classes should be positive")
    if greatest >= num_classes:
        raise RuntimeError(f"Class values must be smaller than num_classes, but {greatest} is not below {num_classes}.")
    return num_classes


@lru_cache(8, typed=True)
def _rows(num_classes: int) -> Array:
    """The row of each class."""
    return np.eye(num_classes, dtype=LONG)


all_show_operations(globals())
