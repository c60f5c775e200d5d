"""The checks are checked: wrong forwards and wrong formulas, one at a time, are all caught."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import test_operations_by_hand as by_hand
from operation_checks import (
    complex_steps,
    dtypes_shapes_and_memory,
    has_specials,
    layouts_do_not_matter,
    like_torch,
    limits_of_differences,
    special_values_like_torch,
)
from operation_table import CASES

from numpynet import ops
from numpynet.ops import linear_algebra as algebra
from numpynet.ops import placing, special
from numpynet.ops.form import Op
from numpynet.ops.indexing import places_along
from numpynet.ops.reduction import count, spread
from numpynet.ops.sums import column_sums, sum_to

Mutant = tuple[Op, str, Callable[..., Any]]


def _of_singular_values(dy: Any, y: Any, x_shape: Any, full_matrices: Any) -> Any:
    u, _, vh = algebra.svd_parts(y, x_shape, full_matrices)
    return (u * algebra.svd_parts(dy, x_shape, full_matrices)[1][..., None, :]) @ vh


def _twice_the_turns(dy: Any, y: Any, x_shape: Any) -> Any:
    (values, v), (dl, dv) = (algebra.eigh_parts(one, x_shape) for one in (y, dy))
    identity = np.eye(x_shape[-1])
    turns = v.mT @ dv - dv.mT @ v
    return v @ (dl[..., None] * identity + turns / (values[..., None, :] - values[..., None] + identity)) @ v.mT


def _cholesky(dy: Any, y: Any, triangle: Any) -> Any:
    inverse = np.linalg.inv(y)
    inner = triangle(y.mT @ dy)
    return inverse.mT @ (inner + inner.mT) @ inverse / 2


# What is replaced (an operand's gradient, or the forward), and by what.
MUTANTS: dict[str, Mutant] = {
    "relu: the gradient at 0 is 1": (ops.relu, "x", lambda dy, y: np.where(y < 0, 0, dy)),
    "relu: NaN is stopped": (ops.relu, "x", lambda dy, x: dy * (x > 0)),
    "relu: −0 becomes 0": (ops.relu, "forward", lambda x: np.where(x > 0, x, 0 * np.abs(x))),
    "sub: wrong sign": (ops.sub, "b", lambda dy, alpha: alpha * dy),
    "sub: alpha forgotten": (ops.sub, "b", lambda dy: -dy),
    "mul: the other factor forgotten": (ops.mul, "a", lambda dy: dy),
    "mul: its own factor": (ops.mul, "b", lambda dy, b: dy * b),
    "true_divide: wrong sign": (ops.true_divide, "b", lambda dy, a, b: dy * ((a / b) / b)),
    "true_divide: widened": (ops.true_divide, "a", lambda dy, b: dy / np.float64(1) / b),
    "remainder: rounded towards zero": (ops.remainder, "forward", lambda a, b: np.fmod(a, b)),
    "remainder: a zero takes the divisor's sign": (ops.remainder, "forward", lambda a, b: np.remainder(a, b)),
    "pow: exponent forgotten": (ops.pow, "a", lambda dy, a, b: dy * np.power(a, b - 1)),
    "pow: NaN at 0⁰": (ops.pow, "a", lambda dy, a, b: dy * (b * np.power(a, b - 1.0))),
    "pow: ln 0": (ops.pow, "b", lambda dy, a, y: dy * (y * np.log(a))),
    "exp: x for y": (ops.exp, "x", lambda dy, x: dy * x),
    "exp: widened": (ops.exp, "x", lambda dy, y: dy * y.astype(np.float64)),
    "exp: forward widened": (ops.exp, "forward", lambda x: np.exp(np.asarray(x, np.float64))),
    "log1p: inexact near 0": (ops.log1p, "forward", lambda x: np.log(1 + x)),
    "hypot: overflows": (ops.hypot, "forward", lambda a, b: np.sqrt(a * a + b * b)),
    "sqrt: 2 forgotten": (ops.sqrt, "x", lambda dy, y: dy / y),
    "abs: the gradient at 0 is 1": (ops.abs, "x", lambda dy, x: np.where(x < 0, -dy, dy)),
    "atan2: exchanged": (ops.atan2, "forward", lambda a, b: np.arctan2(b, a)),
    "round: halves upwards": (
        ops.round,
        "forward",
        lambda x, decimals=0: np.floor(x * 10**decimals + 0.5) / 10**decimals,
    ),
    "rounded_divide: always down": (ops.rounded_divide, "forward", lambda a, b, rounding_mode: np.floor_divide(a, b)),
    "maximum: ties to the first": (ops.maximum, "a", lambda dy, a, b: np.where(a >= b, dy, 0)),
    "maximum: NaN lost": (ops.maximum, "forward", lambda a, b: np.fmax(a, b)),
    "clamp: stopped at a bound": (ops.clamp, "x", lambda dy, x, y: np.where((y == x) & (np.abs(x) != 1), dy, 0)),
    "where: exchanged": (ops.where, "a", lambda dy, condition: np.where(condition, 0, dy)),
    "sigmoid: 1 − y forgotten": (ops.sigmoid, "x", lambda dy, y: dy * y),
    "tanh: not squared": (ops.tanh, "x", lambda dy, y: dy * (1 - y)),
    "softmax: no sum": (ops.softmax, "x", lambda dy, y: y * dy),
    "softmax: summed over everything": (ops.softmax, "x", lambda dy, y: y * (dy - (dy * y).sum())),
    "log_softmax: no sum": (ops.log_softmax, "x", lambda dy, y: dy - np.exp(y) * dy),
    "sum: mean for sum": (
        ops.sum,
        "x",
        lambda dy, x_shape, dim, keepdim: spread(dy / max(count(x_shape, dim), 1), x_shape, dim, keepdim),
    ),
    "mean: not divided": (ops.mean, "x", lambda dy, x_shape, dim, keepdim: spread(dy, x_shape, dim, keepdim)),
    "mean: divided by all": (
        ops.mean,
        "x",
        lambda dy, x_shape, dim, keepdim: spread(dy / np.prod(x_shape), x_shape, dim, keepdim),
    ),
    "amax: each of equal ones gets all": (
        ops.amax,
        "x",
        lambda dy, x, y, dim, keepdim: (x == spread(y, x.shape, dim, keepdim)) * spread(dy, x.shape, dim, keepdim),
    ),
    "prod: divided by zeros": (ops.prod, "x", lambda dy, x, y, dim, keepdim: spread(dy * y, x.shape, dim, keepdim) / x),
    "cumsum: in the wrong direction": (ops.cumsum, "x", lambda dy, dim: np.cumsum(dy, axis=dim).reshape(dy.shape)),
    "var: n for n − 1": (
        ops.var,
        "forward",
        lambda x, dim=None, correction=1, keepdim=False: x.var(axis=dim, keepdims=keepdim),
    ),
    "std: NaN where it is 0": (ops.std, "x", lambda dy, x, y: dy / (2 * y) * 2 * (x - x.mean()) / max(x.size - 1, 0)),
    "norm: NaN where it is 0": (ops.norm, "x", lambda dy, x, y: dy * x / y),
    "logsumexp: no shift": (
        ops.logsumexp,
        "forward",
        lambda x, dim, keepdim=False: np.log(np.exp(x).sum(axis=dim, keepdims=keepdim)) + 1e-6,
    ),
    "matmul: columns permuted": (ops.matmul, "a", lambda dy, b: dy.dot(b.T)[:, ::-1]),
    "matmul: factors exchanged": (ops.matmul, "b", lambda dy, a: a.dot(dy)),
    "linear: mean of the bias gradients": (ops.linear, "b", lambda dy: column_sums(dy) / max(len(dy), 1)),
    "linear: bias gradients not summed": (ops.linear, "b", lambda dy: dy),
    "linear: bias added twice": (ops.linear, "forward", lambda x, w, b=None: x.dot(w.T) + (0 if b is None else 2 * b)),
    "expand: one of the copies": (ops.expand, "x", lambda dy, x_shape: np.resize(dy, x_shape)),
    "flip: not turned back": (ops.flip, "x", lambda dy: dy),
    "permute: the same order again": (ops.permute, "x", lambda dy, dims: np.transpose(dy, dims)),
    "cat: parts exchanged": (
        ops.cat,
        "tensors",
        lambda dy, tensors_shape: [dy[-shape[0] :] for shape in tensors_shape],
    ),
    "index: the last of several": (ops.index, "x", lambda dy, x_shape, index: _assigned(dy, x_shape, index)),
    "index_copy: what was overwritten": (placing.index_copy, "x", lambda dy: dy),
    "index_fill: repeated indices counted twice": (
        placing.index_fill,
        "value",
        lambda dy, dim, index: np.take(dy, np.atleast_1d(index), dim).sum(),
    ),
    "put: what was overwritten": (placing.put, "x", lambda dy: dy),
    "masked_scatter: not in turn": (
        placing.masked_scatter,
        "source",
        lambda dy, mask, source_shape: np.resize(np.where(mask, dy, 0), source_shape),
    ),
    "diagonal_scatter: what was overwritten": (placing.diagonal_scatter, "x", lambda dy: dy),
    "gather: the last of several": (
        ops.gather,
        "x",
        lambda dy, x_shape, dim, index: _assigned(dy, x_shape, places_along(index, dim)),
    ),
    "index_put: what was overwritten": (ops.index_put, "x", lambda dy: dy),
    "clone: no copy": (ops.clone, "forward", lambda x, memory_format: x),
    "neg: written into its operand": (ops.neg, "forward", lambda x: np.negative(x, out=x)),
    "mse_loss: 2 forgotten": (
        ops.mse_loss,
        "x",
        lambda dy, x, t, reduction: (x - t) * (dy / x.size if reduction == "mean" else dy),
    ),
    "mse_loss: sum for mean": (ops.mse_loss, "x", lambda dy, x, t: 2 * (x - t) * dy),
    "l1_loss: a gradient where nothing is wrong": (
        ops.l1_loss,
        "x",
        lambda dy, x, t, reduction: np.where(x >= t, 1, -1) * (dy / x.size if reduction == "mean" else dy),
    ),
    "binary cross entropy: target and prediction exchanged": (
        ops.binary_cross_entropy_with_logits,
        "z",
        lambda dy, z, t: (t - 1 / (1 + np.exp(-z))) * dy,
    ),
    "nll_loss: weights forgotten": (
        ops.nll_loss,
        "forward",
        lambda x, t, weight, **options: ops.nll_loss.forward.original(x, t, None, **options),
    ),
    "layer_norm: the mean of dy left in": (
        ops.layer_norm,
        "x",
        lambda dy, x, w, dims, eps: (dy if w is None else dy * w) / np.sqrt(x.var(-1, keepdims=True) + eps),
    ),
    "inv: not transposed": (algebra.inv, "x", lambda dy, y: -y @ dy @ y),
    "solve: A for Aᵀ": (algebra.solve, "b", lambda dy, a: np.linalg.solve(a, dy)),
    "solve: wrong sign": (algebra.solve, "a", lambda dy, a, y: np.linalg.solve(a.mT, dy) @ y.mT),
    "solve_triangular: both triangles": (
        algebra.solve_triangular,
        "a",
        lambda dy, a, y, upper, unitriangular: -np.linalg.solve(a.mT, dy) @ y.mT,
    ),
    "det: 0 where it is 0": (algebra.det, "x", lambda dy, x, y: (dy * y)[..., None, None] * np.linalg.pinv(x).mT),
    "slogdet: not transposed": (algebra.slogdet, "x", lambda dy, x: dy[1][..., None, None] * np.linalg.inv(x)),
    "svd: singular values alone": (algebra.svd, "x", _of_singular_values),
    "eigh: not halved": (algebra.eigh, "x", _twice_the_turns),
    "qr: not mirrored": (algebra.qr, "x", lambda dy, y, x_shape: algebra.qr_parts(dy, x_shape, "reduced")[0] + 0),
    "cholesky: the diagonal not halved": (algebra.cholesky, "x", lambda dy, y: _cholesky(dy, y, np.tril)),
    "pinv: of the inverse": (algebra.pinv, "x", lambda dy, y: -y.mT @ dy @ y.mT),
    "lstsq: of A Y = B": (
        algebra.lstsq,
        "a",
        lambda dy, a, y: -np.linalg.pinv(a).mT @ dy @ y.mT,
    ),
    "matrix_exp: as of numbers": (algebra.matrix_exp, "x", lambda dy, y: y.mT @ dy),
    "lgamma: its own value": (special.lgamma, "x", lambda dy, y: dy * y),
    "digamma: of order 2": (special.digamma, "x", lambda dy, x: dy * special.polygamma(x, n=2)),
    "digamma: a short series": (special.digamma, "forward", lambda x: (np.log(x) - 0.5 / x).astype(x.dtype)),
    "polygamma: of the same order": (special.polygamma, "x", lambda dy, y: dy * y),
    "erfc: wrong sign": (special.erfc, "x", lambda dy, x: dy * (2 / np.sqrt(np.pi) * np.exp(-x * x))),
    "erfc: it cancels": (special.erfc, "forward", lambda x: (1 - ops.erf(x)).astype(x.dtype)),
    "erfinv: x for y": (special.erfinv, "x", lambda dy, x: dy * (np.sqrt(np.pi) / 2 * np.exp(x * x)).astype(x.dtype)),
    "igamma: not divided": (special.igamma, "b", lambda dy, a, b: dy * np.exp((a - 1) * np.log(b) - b)),
    "igammac: wrong sign": (special.igammac, "b", lambda dy, a, b: dy * special._density(a, b)),
    "sinc: NaN at 0": (special.sinc, "x", lambda dy, x, y: dy * ((np.cos(np.pi * x) - y) / x)),
    "logaddexp2: exchanged": (special.logaddexp2, "a", lambda dy, a, b: dy / (1 + np.exp2(a - b))),
    "logcumsumexp: in the wrong direction": (
        special.logcumsumexp,
        "x",
        lambda dy, x, y, dim: np.exp(x - y) * np.cumsum(dy, dim),
    ),
    "xlog1py: ln b": (special.xlog1py, "a", lambda dy, b: dy * np.log(b)),
    "entr: −1 forgotten": (special.entr, "x", lambda dy, x: -dy * np.log(x)),
    "cross: exchanged": (algebra.cross, "a", lambda dy, b, a_shape: sum_to(algebra.cross(dy, b), a_shape)),
}


def _assigned(dy: Any, shape: Any, index: Any) -> Any:
    dx = np.zeros(shape, dy.dtype)
    dx[index] = dy
    return dx


def caught(op: Op) -> bool:
    """Whether some check of that operation fails."""
    have_torch = importlib.util.find_spec("torch") is not None
    for row in by_hand.HAND:
        if row[0] is op and _fails(by_hand.test_worked_out, *row):
            return True
    for case in CASES:
        if case.op is not op:
            continue
        if any(_fails(check, case) for check in (limits_of_differences, complex_steps, layouts_do_not_matter)):
            return True
        for dtype in (np.float32, np.float64):
            checks: list[Callable[..., None]] = [dtypes_shapes_and_memory]
            if have_torch:
                checks += [like_torch, *([special_values_like_torch] if has_specials(case) else [])]
            if any(_fails(check, case, dtype) for check in checks):
                return True
    return False


def _fails(check: Callable[..., Any], *arguments: Any) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(*arguments)
    except (AssertionError, ValueError):  # a ValueError where something read-only was written into, or a shape is wrong
        return True
    return False


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_wrong_operation_is_caught(monkeypatch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    op, where, wrong = mutant
    if where == "forward":
        wrong.original = op.forward  # type: ignore[attr-defined]
        monkeypatch.setattr(op, "forward", wrong)
    else:
        code = wrong.__code__
        monkeypatch.setitem(op.gradients._needs, where, code.co_varnames[1 : code.co_argcount])
        monkeypatch.setattr(op.gradients, where, wrong)
    assert caught(op)


def test_right_operations_are_not() -> None:
    assert not any(caught(op) for op in (ops.relu, ops.mul, ops.softmax, ops.index))


def _off(result: Any) -> Any:
    """The result with its last element wrong by 2 %, or as little as its dtype allows."""
    if isinstance(result, (list, tuple)):
        return type(result)(_off(one) for one in result)
    wrong = np.array(result)
    if wrong.size:
        last = wrong.reshape(-1)[-1]
        by = not last if wrong.dtype.kind == "b" else last * 1.02 + 0.02 if wrong.dtype.kind == "f" else last + 1
        wrong[(-1,) * wrong.ndim] = by
    return wrong


def _everything() -> list[tuple[Op, str]]:
    operations = dict.fromkeys(case.op for case in CASES)
    return [(op, where) for op in operations for where in ("forward", *op.gradients._needs)]


@pytest.mark.parametrize(("op", "where"), _everything(), ids=lambda one: one if isinstance(one, str) else one.name)
def test_one_wrong_element_is_caught(monkeypatch: pytest.MonkeyPatch, op: Op, where: str) -> None:
    """Of the forward and of every formula of every operation. Where there are steps only torch shows some."""
    pytest.importorskip("torch")
    right = op.forward if where == "forward" else getattr(op.gradients, where)

    def wrong(*args: Any, **kwargs: Any) -> Any:
        return _off(right(*args, **kwargs))

    monkeypatch.setattr(*((op, "forward") if where == "forward" else (op.gradients, where)), wrong)
    assert caught(op)
