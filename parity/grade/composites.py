"""Composites: exercises that are no single operation of `numpynet.ops`, or none at all.

Each is written in the form of an operation: a forward on plain arrays, and the gradient of each operand. What torch
computes for them is in `BY_TORCH`, where no function of torch has the same name and arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from numpynet.ops import log_softmax
from numpynet.ops.form import Array, op
from numpynet.ops.loss import nll_loss
from numpynet.testing.formulas import gradients


def _reduced(losses: Array, reduction: str) -> Any:
    return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()


def _spread(dy: Array, shape: tuple[int, ...], reduction: str) -> Any:
    """The cotangent of each sample's loss."""
    return np.broadcast_to(dy, shape) / (max(shape[0], 1) if reduction == "mean" else 1)


# --- losses ------------------------------------------------------------------------------------------------


@op(torch="input target weight")
def cross_entropy(z: Array, t: Array, weight: Array | None = None, *, reduction: str = "mean") -> Any:
    """ℓ = w[t] (ln Σ eᶻ − z[t])        logits z (N, C), classes t (N,), weights of the classes w (C,) or None"""
    return nll_loss.forward(log_softmax.forward(z, dim=1), t, weight, reduction=reduction)


def _by_logits(dy: Array, z: Array, t: Array, weight: Array | None, reduction: str) -> Array:
    """Through the logarithms of the probabilities: ∂L/∂z = (softmax(z) − one-hot(t)) dy."""
    y = np.asarray(log_softmax.forward(z, dim=1))
    by_logarithms = gradients(nll_loss, [y, t, weight], dy, {"reduction": reduction})[0]
    return gradients(log_softmax, [z], by_logarithms, {"dim": 1})[0]


cross_entropy.gradients(z=_by_logits)


@op(torch="input target")
def svm_loss(x: Array, t: Array, *, reduction: str = "mean") -> Any:
    """ℓ = Σⱼ max(0, 1 + xⱼ − x[t]) over the classes j ≠ t        scores x (N, C), classes t (N,)"""
    return _reduced(_margins(x, t).sum(axis=1), reduction)


def _margins(x: Array, t: Array) -> Array:
    rows = np.arange(len(t))
    margins = np.maximum(1 + x - x[rows, t][:, None], 0)
    margins[rows, t] = 0
    return np.asarray(margins)


def _svm_by_scores(dy: Array, x: Array, t: Array, reduction: str) -> Array:
    """Each class inside the margin gets dy, the right one loses as much as all of them get"""
    inside = (_margins(x, t) > 0).astype(x.dtype)
    inside[np.arange(len(t)), t] = -inside.sum(axis=1)
    return np.asarray(inside * _spread(dy, t.shape, reduction)[:, None])


svm_loss.gradients(x=_svm_by_scores)


@op(torch="input target")
def hinge_loss(x: Array, t: Array, *, reduction: str = "mean") -> Any:
    """ℓ = max(0, 1 − t x)        scores x and targets t = ±1 of one shape"""
    return _reduced(np.maximum(1 - t * x, 0), reduction)


hinge_loss.gradients(
    x=lambda dy, x, t, reduction: np.where(1 - t * x > 0, -t, 0) * (dy / (max(x.size, 1) if reduction == "mean" else 1))
)


# --- layers ------------------------------------------------------------------------------------------------


@op(torch="input weight bias")
def affine(x: Array, w: Array, b: Array | None = None) -> Any:
    """y = x w + b        x (N, I), w (I, O), b (O,) -> y (N, O)"""
    return x @ w if b is None else x @ w + b


affine.gradients(x=lambda dy, w: dy @ w.T, w=lambda dy, x: x.T @ dy, b=lambda dy: dy.sum(axis=0))


@op(torch="input")
def dropout(x: Array, *, mask: Array, p: float = 0.0) -> Any:
    """y = mask x / (1 − p)        mask, of zeros and ones, has x's shape; without p it is scaled already"""
    return x * (mask / x.dtype.type(1 - p))


dropout.gradients(x=lambda dy, mask, p: dy * (mask / dy.dtype.type(1 - p)))


def _windows(height: int, width: int, kernel: tuple[int, int], stride: int) -> Iterator[tuple[int, int, Any, Any]]:
    """The place of each output in the plane, and the rows and columns that it sees."""
    for i in range((height - kernel[0]) // stride + 1):
        for j in range((width - kernel[1]) // stride + 1):
            yield i, j, slice(i * stride, i * stride + kernel[0]), slice(j * stride, j * stride + kernel[1])


def _padded(x: Array, padding: int) -> Array:
    return np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])


def _cropped(x: Array, padding: int) -> Array:
    return x[:, :, padding : x.shape[2] - padding, padding : x.shape[3] - padding]


@op(torch="input weight bias")
def conv2d(x: Array, w: Array, b: Array | None = None, *, stride: int = 1, padding: int = 0) -> Any:
    """y[n, o, i, j] = Σ x[n, c, i + k, j + l] w[o, c, k, l] + b[o]        x (N, C, H, W), w (O, C, K, L), b (O,)"""
    x = _padded(x, padding)
    kernel = (w.shape[2], w.shape[3])
    sizes = [(x.shape[2 + axis] - kernel[axis]) // stride + 1 for axis in (0, 1)]
    y = np.zeros((len(x), len(w), *sizes), x.dtype)
    for i, j, rows, columns in _windows(x.shape[2], x.shape[3], kernel, stride):
        y[:, :, i, j] = np.tensordot(x[:, :, rows, columns], w, axes=([1, 2, 3], [1, 2, 3]))
    return y if b is None else y + b[:, None, None]


def _conv_by_input(dy: Array, x_shape: tuple[int, ...], w: Array, stride: int, padding: int) -> Array:
    """Each output's cotangent goes back to what it saw, through the kernel"""
    dx = _padded(np.zeros(x_shape, dy.dtype), padding)
    for i, j, rows, columns in _windows(dx.shape[2], dx.shape[3], (w.shape[2], w.shape[3]), stride):
        dx[:, :, rows, columns] += np.tensordot(dy[:, :, i, j], w, axes=1)
    return _cropped(dx, padding)


def _conv_by_kernel(dy: Array, x: Array, w_shape: tuple[int, ...], stride: int, padding: int) -> Array:
    """What each output saw, times its cotangent"""
    x = _padded(x, padding)
    dw = np.zeros(w_shape, dy.dtype)
    for i, j, rows, columns in _windows(x.shape[2], x.shape[3], (w_shape[2], w_shape[3]), stride):
        dw += np.tensordot(dy[:, :, i, j], x[:, :, rows, columns], axes=([0], [0]))
    return dw


conv2d.gradients(x=_conv_by_input, w=_conv_by_kernel, b=lambda dy: dy.sum(axis=(0, 2, 3)))


@op(torch="input")
def max_pool2d(x: Array, *, kernel_size: int = 2, stride: int | None = None) -> Any:
    """y[n, c, i, j] = max of x[n, c] over a window        x (N, C, H, W); the first of equal maxima counts"""
    steps = stride or kernel_size
    sizes = [(size - kernel_size) // steps + 1 for size in x.shape[2:]]
    y = np.zeros((*x.shape[:2], *sizes), x.dtype)
    for i, j, rows, columns in _windows(x.shape[2], x.shape[3], (kernel_size, kernel_size), steps):
        y[:, :, i, j] = x[:, :, rows, columns].max(axis=(2, 3))
    return y


def _pool_by_input(dy: Array, x: Array, kernel_size: int, stride: int | None) -> Array:
    """To the first maximum of each window"""
    dx = np.zeros_like(x)
    for i, j, rows, columns in _windows(x.shape[2], x.shape[3], (kernel_size, kernel_size), stride or kernel_size):
        for n, c in np.ndindex(x.shape[:2]):
            k, m = np.unravel_index(np.argmax(x[n, c, rows, columns]), (kernel_size, kernel_size))
            dx[n, c, rows.start + k, columns.start + m] += dy[n, c, i, j]
    return dx


max_pool2d.gradients(x=_pool_by_input)

COMPOSITES = (cross_entropy, svm_loss, hinge_loss, affine, dropout, conv2d, max_pool2d)


# --- the same in torch -------------------------------------------------------------------------------------


def by_torch(name: str) -> Callable[..., Any] | None:
    """torch's way to compute what no single function of it does with the same arguments."""
    import torch
    from torch.nn import functional

    def hinge(input: Any, target: Any, reduction: str = "mean") -> Any:
        return getattr(torch.relu(1 - target * input), "clone" if reduction == "none" else reduction)()

    def svm(input: Any, target: Any, reduction: str = "mean") -> Any:
        return functional.multi_margin_loss(input, target, reduction=reduction) * input.shape[1]

    def dropout(input: Any, mask: Any, p: float = 0.0) -> Any:
        return input * (mask / (1 - p))

    def affine(input: Any, weight: Any, bias: Any = None) -> Any:
        return functional.linear(input, weight.T, bias)

    def batch_norm(input: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
        return functional.batch_norm(input, None, None, weight, bias, True, 0.1, eps)

    def layer_norm(input: Any, weight: Any = None, bias: Any = None, dims: int = 1, eps: float = 1e-5) -> Any:
        return functional.layer_norm(input, input.shape[-dims:], weight, bias, eps)

    def embedding(weight: Any, index: Any, padding_idx: int | None = None) -> Any:
        return functional.embedding(index, weight, padding_idx)

    own: list[Callable[..., Any]] = [hinge, svm, dropout, affine, batch_norm, layer_norm, embedding]
    names = ["hinge_loss", "svm_loss", "dropout", "affine", "batch_norm", "layer_norm", "embedding"]
    return dict(zip(names, own, strict=True)).get(name)
