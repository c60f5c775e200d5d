"""Wrong solutions of exercises, each with the kinds of hint that would name its mistake."""

import numpy as np

import parity

WRONG = []


def wrong(operation, *kinds, wrt=None):
    """Registers a function as a wrong solution; the hint's kind is to be one of `kinds`, or anything."""

    def register(function):
        WRONG.append((parity.exercise(operation, wrt)(function), kinds))
        return function

    return register


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


@wrong("relu", "kink")
def relu_one_at_zero(dy, x):
    return dy * (x >= 0)


@wrong("relu", "sign")
def relu_negated(dy, x):
    return np.where(x > 0, -dy, 0)


@wrong("relu", "missing cotangent")
def relu_without_cotangent(dy, x):
    return (x > 0).astype(dy.dtype)


@wrong("relu", "forward")
def relu_forward_again(dy, x):
    return np.maximum(x, 0)


@wrong("relu", "input mutated")
def relu_in_place(dy, x):
    dy[x <= 0] = 0
    return dy


@wrong("relu", "nothing returned")
def relu_forgets_to_return(dy, x):
    dx = dy * (x > 0)  # noqa: F841


@wrong("relu")
def relu_leaks(dy, x):
    return np.where(x > 0, dy, 1e-3 * dy)


@wrong("relu", "in part")
def relu_capped(dy, x):
    return dy * ((x > 0) & (x < 6))


@wrong("sigmoid", "wrong variable")
def sigmoid_of_the_input(dy, x):
    return dy * x * (1 - x)


@wrong("sigmoid", "missing factor")
def sigmoid_half(dy, y):
    return dy * (1 - y)


@wrong("sigmoid", "overflow")
def sigmoid_overflowing(dy, x):
    return dy * np.exp(-x) / (1 + np.exp(-x)) ** 2


@wrong("sigmoid", "NaN lost")
def sigmoid_hiding_nan(dy, x):
    y = sigmoid(x)
    return np.nan_to_num(dy * y * (1 - y))


@wrong("sigmoid", "accuracy")
def sigmoid_by_difference(dy, x):
    return (dy * ((sigmoid(x + 1e-4) - sigmoid(x - 1e-4)) / 2e-4)).astype(dy.dtype)


@wrong("log", "added")
def log_guarded(dy, x):
    return dy / (x + 1e-8)


@wrong("add", "not summed")
def add_not_summed(dy, a, b):
    return dy, dy


@wrong("add", "not summed")
def add_sums_leading_axes_only(dy, a, b):
    def reduce(shape):
        return dy.sum(axis=tuple(range(dy.ndim - len(shape))))

    return reduce(a.shape), reduce(b.shape)


@wrong("mul", "swapped", "wrong variable")
def mul_exchanged(dy, a, b):
    return unbroadcast(dy * a, a.shape), unbroadcast(dy * b, b.shape)


@wrong("mul", "count")
def mul_only_one(dy, a, b):
    return unbroadcast(dy * b, a.shape)


@wrong("div", "sign")
def div_forgets_the_minus(dy, a, b):
    return unbroadcast(dy / b, a.shape), unbroadcast(dy * a / b**2, b.shape)


@wrong("maximum", "kink")
def maximum_gives_ties_to_the_first(dy, a, b):
    return unbroadcast(dy * (a >= b), a.shape), unbroadcast(dy * (a < b), b.shape)


@wrong("linear", "transposed")
def linear_weight_transposed(dy, x, w, b):
    return dy @ w, x.T @ dy, dy.sum(axis=0)


@wrong("linear", "factor")
def linear_weight_averaged(dy, x, w, b):
    return dy @ w, dy.T @ x / len(x), dy.sum(axis=0)


@wrong("linear", "not summed")
def linear_bias_not_summed(dy, x, w, b):
    return dy @ w, dy.T @ x, dy


@wrong("linear", "shape")
def linear_bias_keeps_its_axis(dy, x, w, b):
    return dy @ w, dy.T @ x, dy.sum(axis=0, keepdims=True)


@wrong("linear", "permuted")
def linear_columns_permuted(dy, x, w, b):
    return dy @ w, (dy.T @ x)[:, ::-1], dy.sum(axis=0)


_total = {}


@wrong("linear", "accumulates")
def linear_with_memory(dy, x, w, b):
    key = x.shape, w.shape, dy.dtype, x.tobytes()
    _total[key] = _total.get(key, 0) + dy.T @ x
    return dy @ w, _total[key].copy(), dy.sum(axis=0)


@wrong("mm", "wrong variable")
def matmul_forgets_to_transpose(dy, a, b):
    return dy @ b, a @ dy


@wrong("matmul", "not summed")
def matmul_stack_not_summed(dy, a, b):
    if min(a.ndim, b.ndim) < 2:
        raise NotImplementedError
    return dy @ b.mT, a.mT @ dy


@wrong("mean", "mean not divided")
def mean_not_divided(dy, x):
    return np.full_like(x, dy)


@wrong("mean", "factor")
def mean_divided_by_rows(dy, x):
    return np.full_like(x, dy / x.shape[0])


@wrong("mean", "factor")
def mean_along_axis_divided_by_all(dy, x, axis, keepdims):
    if not keepdims and axis is not None:
        dy = np.expand_dims(dy, axis)
    return np.broadcast_to(dy / x.dtype.type(x.size), x.shape)


@wrong("sum", "not spread")
def sum_not_spread(dy, x):
    return dy


@wrong("sum", "option")
def sum_forgets_the_axis(dy, x, axis):
    return np.broadcast_to(dy, x.shape)


@wrong("amax", "kink")
def amax_gives_every_tie_everything(dy, x, axis):
    top = x.max(axis=axis, keepdims=True)
    return np.where(x == top, dy if axis is None else np.expand_dims(dy, axis), 0).astype(x.dtype)


@wrong("softmax", "cross terms")
def softmax_diagonal_only(dy, y):
    return dy * y * (1 - y)


@wrong("softmax", "overflow")
def softmax_overflowing(dy, x):
    e = np.exp(x)
    y = e / e.sum(axis=-1, keepdims=True)
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


@wrong("log_softmax", "not linear")
def log_softmax_without_sum(dy, y):
    return dy - np.exp(y)


@wrong("mse_loss", "mean not divided")
def mse_not_divided(dy, x, t):
    return dy * 2 * (x - t)


@wrong("mse_loss", "factor")
def mse_without_two(dy, x, t):
    return dy * (x - t) / x.size


@wrong("mse_loss", "missing cotangent")
def mse_without_cotangent(dy, x, t):
    return 2 * (x - t) / x.size


@wrong("l1_loss", "kink")
def l1_positive_at_ties(dy, x, t):
    return (np.where(x >= t, dy, -dy) / x.dtype.type(x.size)).astype(x.dtype)


@wrong("bce_with_logits", "mean not divided")
def bce_not_divided(dy, z, t):
    return dy * (sigmoid(z) - t)


@wrong("bce_with_logits", "overflow")
def bce_through_the_probability(dy, z, t):
    p = sigmoid(z)
    return dy * (-t / p + (1 - t) / (1 - p)) * p * (1 - p) / z.size


@wrong("cross_entropy", "known mistake")
def cross_entropy_without_target(dy, z, t):
    return dy * softmax(z) / len(t)


@wrong("index_select", "not accumulated")
def index_select_overwrites(dy, x, dim, index):
    dx = np.zeros_like(x)
    place = [slice(None)] * x.ndim
    place[dim] = index
    dx[tuple(place)] = dy
    return dx


@wrong("cumsum", "cross terms")
def cumsum_passes_through(dy, x):
    return dy


@wrong("prod", "overflow")
def prod_by_division(dy, x):
    return dy * x.prod() / x


@wrong("where", "another formula")
def where_passes_to_both(dy, condition, a, b):
    return unbroadcast(dy, a.shape), unbroadcast(dy, b.shape)


@wrong("clamp", "kink")
def clamp_excludes_the_bounds(dy, x, low, high):
    return np.where((x > low) & (x < high), dy, 0)


@wrong("pow", "missing factor")
def pow_forgets_the_exponent(dy, x, n):
    return dy * x ** (n - 1)


@wrong("relu", "crash")
def relu_crashes(dy, x):
    return dy * mask  # noqa: F821


@wrong("relu", "exit")
def relu_exits(dy, x):
    raise SystemExit(3)


def unbroadcast(dy, shape):
    dy = dy.sum(axis=tuple(range(dy.ndim - len(shape))))
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return dy.sum(axis=axes, keepdims=True).reshape(shape)
