"""Convolution: a kernel laid down at every place of a signal, an image or a volume, and its transpose.

The windows that a kernel sees are copied into the columns of a matrix (im2col), so that one product with the weights,
which lie in the rows of another, gives all channels at all places. Its gradients are the two products that a product
has, and adding up where windows overlap; the transposed convolution is its gradient by the input, used forwards.
With g groups the channels are parted, and each part is convolved by itself.

What is copied is bounded (`numpynet.ops.windows.ELEMENTS`): samples, or rows of a large one, come one part after
another.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_booleans, no_integers
from numpynet.ops.form import Array, op
from numpynet.ops.sums import column_sums, sum_over
from numpynet.ops.windows import Sizes, add_windows, padded, parts, places_of, span, trailing, volume, windows, within


def directly(x: Array, w: Array, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> Array:
    """y[n, o, p] = Σ over c, k of w[o, c, k] x[n, c, p · stride + k · dilation − padding], one sum at a time

    The definition, for reading and for tests: `convolution` gives the same in far less time.

    >>> directly(np.ones((1, 1, 4)), np.ones((1, 1, 3)), (1,), (1,), (1,), 1)
    array([[[2., 3., 3., 2.]]])
    """
    x = padded(x, padding, padding)
    outputs, inputs, *size = w.shape
    places = places_of(x.shape[2:], tuple(size), stride, dilation)
    y = np.empty((len(x), outputs, *places), x.dtype)
    for n, o, *place in np.ndindex(y.shape):
        first = o // (outputs // groups) * inputs  # the first input channel of its group
        starts = [p * step for p, step in zip(place, stride, strict=True)]
        seen = [slice(a, a + span(k, gap), gap) for a, k, gap in zip(starts, size, dilation, strict=True)]
        y[(n, o, *place)] = (w[o] * x[(n, slice(first, first + inputs), *seen)]).sum()
    return y


# --- the three products -------------------------------------------------------------------------------------


def _matrices(w: Array, groups: int) -> Array:
    """The weights (O, C/g, *K) as matrices (g, O/g, C/g·∏K)."""
    return w.reshape(groups, w.shape[0] // groups, volume(w.shape[1:]))


def _columns(seen: Array, groups: int) -> Array:
    """Windows (n, C, *K, *P) as matrices (n, g, C/g·∏K, ∏P), a copy."""
    d = (seen.ndim - 2) // 2
    rows = seen.shape[1] // groups * volume(seen.shape[2 : 2 + d])
    return seen.reshape(len(seen), groups, rows, volume(seen.shape[2 + d :]))


def _channels(y: Array, groups: int) -> Array:
    """Results (n, O, *P) as matrices (n, g, O/g, ∏P)."""
    return y.reshape(len(y), groups, y.shape[1] // groups, volume(y.shape[2:]))


# Each is the derivative of the sum of g · y by one of x, w and g, and the derivatives of each are the two others.


@op(torch="input weight", grad_fn="ConvolutionBackward0")
def convolved(x: Array, w: Array, *, stride: Sizes, dilation: Sizes, groups: int) -> Array:
    """y = w · columns(x)        x (N, C, *L), w (O, C/g, *K) -> y (N, O, *P)"""
    d = len(stride)
    seen = windows(x, w.shape[2:], stride, dilation)
    places = seen.shape[-d:]
    y = np.empty_like(x, shape=(len(x), len(w), *places), order="C")
    matrices = _matrices(w, groups)
    for group in parts(len(x), places, volume(seen.shape[1:])):
        for samples, rows in group:
            columns = _columns(seen[(samples, *(slice(None),) * (d + 1), rows)], groups)
            np.matmul(matrices, columns, out=_channels(y[samples, :, rows], groups))
    return y


@op(torch="grad_output weight", grad_fn="ConvolutionBackwardBackward0")
def by_input(g: Array, w: Array, *, lengths: Sizes, stride: Sizes, dilation: Sizes, groups: int) -> Array:
    """dx = columns⁻¹(wᵀ · g), added up where windows overlap        g (N, O, *P) -> dx (N, C, *L)"""
    size, inputs = w.shape[2:], w.shape[1] * groups
    dx = np.zeros_like(g, shape=(len(g), inputs, *lengths), order="C")
    matrices = _matrices(w, groups).mT
    for group in parts(len(g), g.shape[2:], inputs * volume(size) * volume(g.shape[2:])):
        for samples, rows in group:
            seen = g[samples, :, rows]
            columns = np.matmul(matrices, _channels(seen, groups))
            values = columns.reshape(len(seen), inputs, *size, *seen.shape[2:])
            add_windows(dx[samples, :, rows.start * stride[0] :], values, stride, dilation)
    return dx


@op(torch="grad_output input", grad_fn="ConvolutionBackwardBackward0")
def by_weight(g: Array, x: Array, *, shape: Sizes, stride: Sizes, dilation: Sizes, groups: int) -> Array:
    """dw = Σₙ gₙ · columns(xₙ)ᵀ        g (N, O, *P), x (N, C, *L) -> dw (O, C/groups, *K), which is the shape given"""
    d = len(stride)
    seen = windows(x, shape[2:], stride, dilation)
    dw = np.zeros_like(g, shape=(groups, shape[0] // groups, volume(shape[1:])), order="C")
    each = max(x.shape[1] * volume(shape[2:]) * volume(g.shape[2:]), volume(shape))
    for group in parts(len(g), g.shape[2:], each):
        for samples, rows in group:
            columns = _columns(seen[(samples, *(slice(None),) * (d + 1), rows)], groups)
            products = np.matmul(_channels(g[samples, :, rows], groups), columns.mT)
            np.add(dw, column_sums(products), out=dw)
    return dw.reshape(shape)


convolved.gradients(
    x=lambda dy, w, x_shape, stride, dilation, groups: by_input.of(
        dy, w, lengths=x_shape[2:], stride=stride, dilation=dilation, groups=groups
    ),
    w=lambda dy, x, w_shape, stride, dilation, groups: by_weight.of(
        dy, x, shape=w_shape, stride=stride, dilation=dilation, groups=groups
    ),
)
by_input.gradients(
    g=lambda dy, w, g_shape, stride, dilation, groups: convolved.of(
        _seen(dy, g_shape[2:], w.shape[2:], stride, dilation), w, stride=stride, dilation=dilation, groups=groups
    ),
    w=lambda dy, g, w_shape, stride, dilation, groups: by_weight.of(
        g,
        _seen(dy, g.shape[2:], w_shape[2:], stride, dilation),
        shape=w_shape,
        stride=stride,
        dilation=dilation,
        groups=groups,
    ),
)
by_weight.gradients(
    g=lambda dy, x, stride, dilation, groups: convolved.of(x, dy, stride=stride, dilation=dilation, groups=groups),
    x=lambda dy, g, x_shape, stride, dilation, groups: by_input.of(
        g, dy, lengths=x_shape[2:], stride=stride, dilation=dilation, groups=groups
    ),
)


def _seen(x: Array, places: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """x (..., *L), and no more of it than the windows at these places see."""
    values = zip(places, size, stride, dilation, strict=True)
    return x[trailing(slice((count - 1) * step + span(k, gap)) for count, k, step, gap in values)]


def _with_bias(y: Array, b: Array | None) -> Array:
    """y (N, O, *P) with b (O,) added to each channel, in place."""
    return y if b is None else np.add(y, b.reshape(-1, *(1,) * (y.ndim - 2)), out=y)


def _sum_of_channels(dy: Array) -> Any:
    """db = Σ dy over the samples and the places"""
    return sum_over(dy, (0, *range(2, dy.ndim)))


# --- convolution --------------------------------------------------------------------------------------------


@op(torch="input weight bias", promotes="same", accepts=no_booleans, grad_fn="ConvolutionBackward0")
def convolution(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int = 1,
) -> Array:
    """y[n, o, p] = b[o] + Σ over c, k of w[o, c, k] x[n, c, p · stride + k · dilation − padding]

    x (N, C, *L), w (O, C/g, *K), b (O,) or None -> y (N, O, *P), with P = (L + 2 padding − span(K)) // stride + 1;
    x is 0 outside. The field calls it a convolution, though the kernel is not turned around.
    V. Dumoulin & F. Visin 2016, "A guide to convolution arithmetic for deep learning".
    """
    y = convolved.forward(padded(x, padding, padding), w, stride=stride, dilation=dilation, groups=groups)
    return _with_bias(y, b)


def _convolution_by_input(
    dy: Array, w: Array, x_shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Array:
    """dx = columns⁻¹(wᵀ · dy), added up where windows overlap"""
    lengths = tuple(n + 2 * margin for n, margin in zip(x_shape[2:], padding, strict=True))
    dx = by_input.of(dy, w, lengths=lengths, stride=stride, dilation=dilation, groups=groups)
    return dx[within(padding, x_shape[2:])]


def _convolution_by_weight(
    dy: Array, x: Array, w_shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Array:
    """dw = Σₙ dyₙ · columns(xₙ)ᵀ"""
    return by_weight.of(dy, padded(x, padding, padding), shape=w_shape, stride=stride, dilation=dilation, groups=groups)


convolution.gradients(
    x=_convolution_by_input,
    w=_convolution_by_weight,
    b=_sum_of_channels,
)


@op(torch="input weight bias", promotes="same", accepts=no_booleans, grad_fn="ConvolutionBackward0")
def conv_transpose(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    dilation: Sizes,
    groups: int = 1,
) -> Array:
    """y[n, o, p · stride + k · dilation − padding] += w[c, o, k] x[n, c, p] over all c, k, p; then b[o] is added

    x (N, C, *P), w (C, O/g, *K), b (O,) or None -> y (N, O, *L), with
    L = (P − 1) stride − 2 padding + span(K) + output_padding: the gradient of a convolution by its input.
    """
    lengths = _transposed_lengths(x.shape[2:], w.shape[2:], stride, output_padding, dilation)
    inside = tuple(n - 2 * margin for n, margin in zip(lengths, padding, strict=True))
    y = by_input.forward(x, w, lengths=lengths, stride=stride, dilation=dilation, groups=groups)
    y = y[within(padding, inside)]
    return _with_bias(y.copy() if any(padding) else y, b)


def _transposed_lengths(places: Sizes, size: Sizes, stride: Sizes, output_padding: Sizes, dilation: Sizes) -> Sizes:
    """The lengths of the result, with the padding that is cut off in the end."""
    sizes = zip(places, size, stride, output_padding, dilation, strict=True)
    return tuple((count - 1) * step + span(k, gap) + more for count, k, step, more, gap in sizes)


def _reached(y: Array, places: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Array:
    """y, padded again, and no more of it than the windows at these places see."""
    return _seen(padded(y, padding, padding), places, size, stride, dilation)


def _transpose_by_input(
    dy: Array, w: Array, x_shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Array:
    """dx = w · columns(dy)"""
    seen = _reached(dy, x_shape[2:], w.shape[2:], stride, padding, dilation)
    return convolved.of(seen, w, stride=stride, dilation=dilation, groups=groups)


def _transpose_by_weight(
    dy: Array, x: Array, w_shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Array:
    """dw = Σₙ xₙ · columns(dyₙ)ᵀ"""
    seen = _reached(dy, x.shape[2:], w_shape[2:], stride, padding, dilation)
    return by_weight.of(x, seen, shape=w_shape, stride=stride, dilation=dilation, groups=groups)


conv_transpose.gradients(x=_transpose_by_input, w=_transpose_by_weight, b=_sum_of_channels)


# --- the columns by themselves ------------------------------------------------------------------------------


@op(torch="input", accepts=no_integers, grad_fn="Im2ColBackward0")
def im2col(x: Array, *, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Array:
    """The windows as columns        x (N, C, *L) -> y (N, C·∏K, ∏P)

    >>> im2col(np.arange(4.0).reshape(1, 1, 4), size=(2,), stride=(1,), padding=(0,), dilation=(1,))
    array([[[0., 1., 2.],
            [1., 2., 3.]]])
    """
    d = len(size)
    seen = windows(padded(x, padding, padding), size, stride, dilation)
    shape = (len(x), x.shape[1] * volume(size), volume(seen.shape[-d:]))
    y = np.empty_like(x, shape=shape, order="C")
    y.reshape(seen.shape)[...] = seen
    return y


@op(torch="input", accepts=no_integers, grad_fn="Col2ImBackward0")
def col2im(x: Array, *, lengths: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Array:
    """Columns added up where their elements were seen: the adjoint of `im2col`        x (N, C·∏K, ∏P) -> (N, C, *L)

    >>> columns = np.array([[[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]]])
    >>> col2im(columns, lengths=(4,), size=(2,), stride=(1,), padding=(0,), dilation=(1,))
    array([[[0., 2., 4., 3.]]])
    """
    wide = tuple(n + 2 * margin for n, margin in zip(lengths, padding, strict=True))
    channels = x.shape[1] // volume(size)
    y = np.zeros_like(x, shape=(len(x), channels, *wide), order="C")
    places = places_of(wide, size, stride, dilation)
    add_windows(y, x.reshape(len(x), channels, *size, *places), stride, dilation)
    return y[within(padding, lengths)].copy() if any(padding) else y


im2col.gradients(
    x=lambda dy, x_shape, size, stride, padding, dilation: col2im.of(
        dy, lengths=x_shape[2:], size=size, stride=stride, padding=padding, dilation=dilation
    )
)
col2im.gradients(
    x=lambda dy, size, stride, padding, dilation: im2col.of(
        dy, size=size, stride=stride, padding=padding, dilation=dilation
    )
)
