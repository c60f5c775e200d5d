"""Right solutions of exercises, in the styles that people write them."""

from collections import namedtuple

import numpy as np

import parity

RIGHT = []


def right(operation, wrt=None):
    """Registers a function as a right solution."""

    def register(function):
        RIGHT.append(parity.exercise(operation, wrt)(function))
        return function

    return register


def unbroadcast(dy, shape):
    while dy.ndim > len(shape):
        dy = dy.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            dy = dy.sum(axis=axis, keepdims=True)
    return dy


def stable_sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


@right("relu")
def relu_where(dy, x):
    return np.where(x > 0, dy, 0)


@right("relu")
def relu_mask(dout, x):
    return dout * (x > 0)


@right("relu")
def relu_copy(grad_output, input):
    grad = grad_output.copy()
    grad[input <= 0] = 0
    return grad


@right("relu")
def relu_loops(dy, x):
    dx = np.zeros_like(dy)
    for place in np.ndindex(x.shape):
        if x[place] > 0:
            dx[place] = dy[place]
    return dx


@right("relu")
def relu_wide(dy, x):
    dx = np.zeros(x.shape)
    dx[x > 0] = dy[x > 0]
    return dx


@right("relu")
def relu_cached(dout, cache):
    return {"dx": dout * np.heaviside(cache, 0).astype(dout.dtype)}


@right("sigmoid")
def sigmoid_of_the_result(dy, out):
    return dy * out * (1 - out)


@right("sigmoid")
def sigmoid_anew(dy, x):
    with np.errstate(all="ignore"):
        s = 1 / (1 + np.exp(-x))
    return dy * s * (1 - s)


@right("sigmoid")
def sigmoid_both_tails(dy, x):
    return dy * stable_sigmoid(x) * stable_sigmoid(-x)


@right("tanh")
def tanh_by_cosh(dy, x):
    with np.errstate(over="ignore"):
        return dy / np.cosh(x) ** 2


@right("abs")
def abs_sign(dy, x):
    return dy * np.sign(x)


@right("pow")
def pow_number(dy, x, n):
    return dy * n * x ** (n - 1)


@right("add")
def add_returns_the_same_array(dy, a, b):
    return unbroadcast(dy, a.shape), unbroadcast(dy, b.shape)


@right("add")
def add_of_shapes(dy, a_shape, b_shape):
    return [unbroadcast(dy, a_shape), unbroadcast(dy, b_shape)]


@right("add")
def add_without_broadcasting(dy):
    return dy, dy


@right("mul")
def mul_dict(dy, a, b):
    return {"a": unbroadcast(dy * b, a.shape), "b": unbroadcast(dy * a, b.shape)}


@right("mul", wrt="b")
def mul_right_only(dy, a, b):
    return unbroadcast(a * dy, b.shape)


@right("maximum")
def maximum_halves(dy, a, b):
    tie = (a == b) * dy / 2
    return unbroadcast(dy * (a > b) + tie, a.shape), unbroadcast(dy * (b > a) + tie, b.shape)


@right("linear")
def linear_products(dy, x, w, b):
    return dy @ w, dy.T @ x, dy.sum(axis=0)


@right("linear")
def linear_einsum(dy, x, weight, bias):
    return np.einsum("no,oi->ni", dy, weight), np.einsum("no,ni->oi", dy, x), np.einsum("no->o", dy)


@right("linear")
def linear_loops(dy, X, W, b):
    dx, dw, db = np.zeros_like(X), np.zeros_like(W), np.zeros_like(b)
    for n in range(X.shape[0]):
        for o in range(W.shape[0]):
            db[o] += dy[n, o]
            for i in range(X.shape[1]):
                dx[n, i] += dy[n, o] * W[o, i]
                dw[o, i] += dy[n, o] * X[n, i]
    return dx, dw, db


@right("linear")
def linear_without_bias(dy, x, w):
    return [dy @ w, dy.T @ x]


@right("linear")
def linear_named(dy, x, w, b):
    gradients = namedtuple("gradients", "dx dw db")
    return gradients(dx=dy.dot(w), dw=np.tensordot(dy, x, axes=(0, 0)), db=np.ones(len(dy), dy.dtype) @ dy)


@right("linear", wrt="w")
def linear_weight_only(dz, x):
    return dz.T.dot(x)


@right("mm")
def matmul_of_matrices(dy, a, b):
    return dy @ b.T, a.T @ dy


@right("matmul")
def matmul_matrices_only(dy, a, b):
    return dy @ b.T, a.T @ dy


@right("matmul")
def matmul_in_full(dy, a, b):
    row, column = a.ndim == 1, b.ndim == 1
    a2, b2 = a[None] if row else a, b[:, None] if column else b
    if row:
        dy = dy[..., None, :]
    if column:
        dy = dy[..., None]
    da, db = dy @ np.swapaxes(b2, -1, -2), np.swapaxes(a2, -1, -2) @ dy
    return unbroadcast(da, a2.shape).reshape(a.shape), unbroadcast(db, b2.shape).reshape(b.shape)


@right("sum")
def sum_along(dy, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        dy = np.expand_dims(dy, axis)
    return np.broadcast_to(dy, x.shape)


@right("mean")
def mean_full(dy, x_shape):
    return np.full(x_shape, dy / np.prod(x_shape, dtype=dy.dtype), dy.dtype)


@right("mean")
def mean_along(dy, x, dim, keepdim):
    if dim is None:
        return np.broadcast_to(dy / x.dtype.type(x.size), x.shape)
    dy = dy if keepdim else np.expand_dims(dy, dim)
    return np.repeat(dy, x.shape[dim], axis=dim) / x.dtype.type(x.shape[dim])


@right("mean")
def mean_of_lists(dy, x):
    return (np.ones_like(x) * dy / x.size).tolist()


@right("amax")
def amax_shares(dy, x, axis, keepdims):
    top = x == x.max(axis=axis, keepdims=True)
    if axis is not None and not keepdims:
        dy = np.expand_dims(dy, axis)
    return top * dy / top.sum(axis=axis, keepdims=True, dtype=x.dtype)


@right("softmax")
def softmax_of_the_result(dy, s):
    return s * (dy - np.sum(dy * s, axis=-1, keepdims=True))


@right("softmax")
def softmax_jacobian(dy, x, axis):
    rows, grads = np.moveaxis(x, axis, -1), np.moveaxis(dy, axis, -1)
    result = np.empty_like(grads)
    for place in np.ndindex(rows.shape[:-1]):
        e = np.exp(rows[place] - rows[place].max(initial=-np.inf))
        y = e / e.sum()
        result[place] = (np.diag(y) - np.outer(y, y)) @ grads[place]
    return np.moveaxis(result, -1, axis)


@right("log_softmax")
def log_softmax_of_the_result(dy, y):
    return dy - np.exp(y) * dy.sum(axis=-1, keepdims=True)


@right("mse_loss")
def mse_mean(dy, x, t):
    return 2 * dy * (x - t) / x.size


@right("mse_loss")
def mse_both(dy, pred, target):
    d = dy * (2 / pred.size) * (pred - target)
    return d, -d


@right("mse_loss")
def mse_reductions(dy, x, t, reduction="mean"):
    d = 2 * dy * (x - t)
    return d / x.size if reduction == "mean" else d


@right("l1_loss")
def l1_sign(dy, x, t):
    return dy * np.sign(x - t) / x.size


@right("bce_with_logits")
def bce_naive_sigmoid(dy, logits, target):
    with np.errstate(all="ignore"):
        return (1 / (1 + np.exp(-logits)) - target) * (dy / logits.size)


@right("cross_entropy")
def cross_entropy_one_hot(dy, z, t):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return dy * (p - np.eye(z.shape[1], dtype=z.dtype)[t]) / len(t)


@right("index_select")
def index_select_adds(dy, x, dim, index):
    dx = np.zeros_like(x)
    np.add.at(dx, (slice(None),) * (dim % x.ndim) + (index,), dy)
    return dx


@right("gather")
def gather_adds(dy, x, dim, index):
    dx = np.zeros_like(x)
    for place in np.ndindex(index.shape):
        target = list(place)
        target[dim] = index[place]
        dx[tuple(target)] += dy[place]
    return dx


@right("cumsum")
def cumsum_flipped(dy, x, axis):
    return np.flip(np.cumsum(np.flip(dy, axis), axis), axis)


@right("where")
def where_masks(dy, condition, a, b):
    return unbroadcast(dy * condition, a.shape), unbroadcast(dy * ~condition, b.shape)


@right("clamp")
def clamp_includes_the_bounds(dy, x, low, high):
    return dy * ((x >= low) & (x <= high))


@right("reshape")
def reshape_back(dy, x_shape):
    return dy.reshape(x_shape)
