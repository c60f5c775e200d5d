"""Mistakes: well-known wrong gradients of losses, softmax and normalizations, by what is forgotten in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.grade.answer import Answer
from parity.grade.cases import Case
from parity.grade.catalogue import Exercise
from parity.grade.hypotheses import MISTAKE, hypothesis, matches, right_of

Array = NDArray[Any]
Known = Iterator[tuple[str, Array]]


@hypothesis(MISTAKE, "known mistake")
def is_a_known_mistake(exercise: Exercise, answer: Answer) -> str | None:
    """One of the wrong gradients below."""
    list_of = LISTS.get((exercise.operation.name, answer.operand))
    if list_of is None or answer.case.options.get("reduction") == "none":
        return None
    for text, guess in list_of(answer.case):
        if matches(answer, np.asarray(guess)) and not matches(answer, np.asarray(guess), right_of(answer)):
            return text
    return None


def _softmax(z: Array, axis: int | None) -> Array:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _of_cross_entropy(case: Case) -> Known:
    z, t = case.operands["z"], case.operands["t"]
    dy = case.dy / (max(len(t), 1) if case.options["reduction"] == "mean" else 1)
    p, rows = _softmax(z, 1), np.arange(len(t))
    hot, columns = np.zeros_like(p), np.zeros_like(p)
    hot[rows, t], columns[:, t] = 1, 1
    wrong_axis = "The softmax in it is taken along axis 0, over the batch: it belongs along axis 1, over the classes."
    yield wrong_axis, dy * (_softmax(z, 0) - hot)
    yield (
        "The softmax in it is taken over all elements: it belongs along axis 1, over the classes.",
        (dy * (_softmax(z, None) - hot)),
    )
    yield "The targets are not subtracted: this is softmax(z) alone.", dy * p
    last = np.arange(len(t))[:, None] == len(t) - 1
    yield "The target of the last row is not subtracted.", dy * (p - np.where(last, 0, hot))
    yield "The target of the first row is not subtracted.", dy * (p - np.where(last[::-1], 0, hot))
    yield "The 1 of the target is added: it is subtracted.", dy * (p + hot)
    yield "[:, t] takes whole columns: one place in each row is [arange(N), t].", dy * (p - columns)
    yield (
        "[:, t] takes whole columns, and those of several rows: one place in each row is [arange(N), t].",
        (dy * (p - np.stack([columns[n] for n in range(len(t))]))),
    )
    yield "This is the gradient by the probabilities, −1/p: by the logits it is softmax(z) − one-hot.", -dy * hot / p
    yield "Only the target's place is written: every logit of the row acts on the loss.", dy * (p - 1) * hot
    yield "The logits are taken for probabilities: the softmax is missing.", dy * (z - hot)
    yield "The logarithms of the probabilities stand where the probabilities belong.", dy * (np.log(p) - hot)
    yield "exp(z) is not divided by its sum.", dy * (np.exp(z - z.max(axis=1, keepdims=True)) - hot)
    yield (
        "A softmax's slope p (1 − p) is multiplied on once more: softmax(z) − one-hot contains it.",
        (dy * (p - hot) * p * (1 - p)),
    )


def _of_nll(case: Case) -> Known:
    x, t = case.operands["x"], case.operands["t"]
    weight = case.operands["weight"]
    hot = np.zeros_like(x)
    hot[np.arange(len(t)), t] = 1
    n = max(len(t), 1) if case.options["reduction"] == "mean" else 1
    yield "x holds logarithms of probabilities: −1/x is the gradient by probabilities.", -case.dy * hot / x / n
    yield "x holds logarithms of probabilities: this is the gradient by logits.", case.dy * (np.exp(x) - hot) / n
    if weight is not None:
        yield (
            "The mean divides by N: with weights it divides by the sum of the weights of the targets.",
            (-case.dy * hot * weight / n),
        )
        yield "The weights are ignored.", -case.dy * hot / n


def _of_softmax(case: Case) -> Known:
    y, dy, dim = case.y, case.dy, case.options["dim"]
    total, weighted = dy.sum(axis=dim, keepdims=True), (dy * y).sum(axis=dim, keepdims=True)
    yield "y (dy − Σ dy): the sum is of dy · y.", y * (dy - total)
    yield "y (dy − mean(dy · y)): it is the sum.", y * (dy - weighted / y.shape[dim])
    yield "y (1 − y) Σ dy: each dy belongs to its own column of the Jacobian.", y * (1 - y) * total
    yield "dy − y Σ dy · y: the first dy lacks its factor y.", dy - y * weighted
    yield "dy − Σ dy · y: the factor y is missing.", dy - weighted
    yield "y (dy + Σ dy · y): the sum is subtracted.", y * (dy + weighted)
    if y.ndim == 2 and y.shape[0] == y.shape[1]:
        yield "The sum lacks keepdims: it is broadcast along another axis.", y * (dy - (dy * y).sum(axis=dim))
    yield "The diagonal of the Jacobian is missing: only −y Σ dy · y is there.", -y * weighted
    yield (
        "This is the gradient of log_softmax with y for its result: y (dy − Σ dy · y) is not dy − y Σ dy.",
        dy - y * total,
    )


def _of_log_softmax(case: Case) -> Known:
    y, dy, dim = case.y, case.dy, case.options["dim"]
    p, total = np.exp(y), dy.sum(axis=dim, keepdims=True)
    if y.ndim == 2 and y.shape[0] == y.shape[1]:
        yield "The sum lacks keepdims: it is broadcast along another axis.", dy - p * dy.sum(axis=dim)
    yield "dy − softmax(x) mean(dy): it is the sum.", dy - p * total / y.shape[dim]
    yield "The result, a logarithm, stands where exp(y) belongs.", dy - y * total
    yield "dy + softmax(x) Σ dy: the sum is subtracted.", dy + p * total
    yield "This is the gradient of softmax.", p * (dy - (dy * p).sum(axis=dim, keepdims=True))
    yield (
        "dy − Σ dy · softmax(x): each dy is summed alone, softmax(x) stands outside the sum.",
        (dy - (dy * p).sum(axis=dim, keepdims=True)),
    )


def _of_logsumexp(case: Case) -> Known:
    x, dim = case.operands["x"], case.options["dim"]
    dy = case.dy if case.options["keepdim"] else np.expand_dims(case.dy, dim)
    yield "exp(x) is not divided by its sum.", dy * np.exp(x - x.max(axis=dim, keepdims=True))
    yield "exp(x) is not divided by its sum.", dy * np.exp(x)


def _of_binary_cross_entropy(case: Case) -> Known:
    p, t = case.operands["x"], case.operands["t"]
    dy = case.dy / (max(p.size, 1) if case.options["reduction"] == "mean" else 1)
    for exponent in range(3, 13):
        eps = 10.0**-exponent
        said = f"1e-{exponent:02d} is added to what is divided by: nothing may be added where the divisor is not 0."
        yield said, dy * (-t / (p + eps) + (1 - t) / (1 - p + eps))
        yield said, dy * (p - t) / (p * (1 - p) + eps)
    yield "The part of the zeros, (1 − t) / (1 − p), is missing.", -dy * t / p
    yield "The two parts have the same sign: −t/p and (1 − t)/(1 − p) have not.", -dy * (t / p + (1 - t) / (1 - p))


def _of_logits(case: Case) -> Known:
    z, t, pos_weight = case.operands["z"], case.operands["t"], case.operands["pos_weight"]
    dy = case.dy / (max(z.size, 1) if case.options["reduction"] == "mean" else 1)
    p = 0.5 * (1 + np.tanh(0.5 * z))
    yield "The logits are taken for probabilities: the sigmoid is missing.", dy * (z - t)
    yield "A sigmoid's slope p (1 − p) is multiplied on once more: σ(z) − t contains it.", dy * (p - t) * p * (1 - p)
    yield "t is added: it is subtracted.", dy * (p + t)
    if pos_weight is not None:
        yield "pos_weight multiplies everything: it weighs the ones only.", dy * pos_weight * (p - t)


def _of_norm(case: Case, axis: int) -> Known:
    """A normalization whose mean or variance is not differentiated."""
    x, w = case.operands["x"], case.operands["w"]
    dy = case.dy if w is None else case.dy * w
    scale = 1 / np.sqrt(x.var(axis=axis, keepdims=True) + case.options["eps"])
    standard = (x - x.mean(axis=axis, keepdims=True)) * scale
    through_mean = dy.mean(axis=axis, keepdims=True)
    through_variance = standard * (dy * standard).mean(axis=axis, keepdims=True)
    acts = "but every x acts on it, and through it on all y."
    yield f"The mean and the variance are taken for constants, {acts}", scale * dy
    yield f"The variance is taken for a constant, {acts}", scale * (dy - through_mean)
    yield f"The mean is taken for a constant, {acts}", scale * (dy - through_variance)
    yield (
        "It is divided by the variance: the standard deviation belongs there.",
        (scale**2 * (dy - through_mean - through_variance)),
    )
    for text, variance in _variances(x, axis, case.options["eps"]):
        other = 1 / np.sqrt(variance + case.options["eps"])
        hat = (x - x.mean(axis=axis, keepdims=True)) * other
        yield text, other * (dy - through_mean - hat * (dy * hat).mean(axis=axis, keepdims=True))
    across = -1 if axis == 0 else 0
    there, here = ("axis 1, within a sample", "axis 0, over the batch")[:: 1 if axis == 0 else -1]
    turned = (dy * standard).mean(axis=across, keepdims=True)
    yield (
        f"The means in it are taken along {there}: they belong along {here}.",
        scale * (dy - dy.mean(axis=across, keepdims=True) - standard * turned),
    )
    yield (
        "The sums in it are not divided by their number: they are means.",
        scale * (dy - x.shape[axis] * (through_mean + through_variance)),
    )
    for factor in (-1, 0.5, 2):
        word = {-1: "has the other sign", 0.5: "is halved", 2: "is doubled"}[factor]
        yield f"What comes back through the variance {word}.", scale * (dy - through_mean - factor * through_variance)
        yield f"What comes back through the mean {word}.", scale * (dy - factor * through_mean - through_variance)
    if w is not None:
        alone = case.dy - case.dy.mean(axis=axis, keepdims=True)
        alone = alone - standard * (case.dy * standard).mean(axis=axis, keepdims=True)
        yield "The weight is left out: dy · w stands where dy is.", scale * alone


def _variances(x: Array, axis: int, eps: float) -> Known:
    """Other numbers that are taken for the variance that a normalization divides by."""
    n = x.shape[axis]
    variance = x.var(axis=axis, keepdims=True)
    if n > 1:
        yield "The variance divides by N − 1: that of a normalization divides by N.", variance * n / (n - 1)
    yield "The standard deviation stands where the variance belongs.", np.sqrt(variance)
    yield (
        "eps is added to the standard deviation: it belongs to the variance, √(σ² + eps).",
        ((np.sqrt(variance) + eps) ** 2 - eps),
    )


def _of_scale(case: Case, axis: int) -> Known:
    """A normalization's gradient by its weight, the sum of dy x̂."""
    x, dy = case.operands["x"], case.dy
    over = tuple(range(dy.ndim - 1))
    centred = x - x.mean(axis=axis, keepdims=True)
    variance = x.var(axis=axis, keepdims=True) + case.options["eps"]
    yield "x stands where x̂, the standardized x, belongs.", (dy * x).sum(axis=over)
    yield "x − mean stands where x̂ belongs: it is not divided by the standard deviation.", (dy * centred).sum(axis=over)
    yield (
        "x̂ is divided by the variance: the standard deviation belongs there.",
        (dy * centred / variance).sum(axis=over),
    )
    yield "The result y stands where x̂ belongs.", (dy * case.y).sum(axis=over)
    yield "x̂ is missing: this is the gradient by the bias.", dy.sum(axis=over)
    standard = centred / np.sqrt(variance)
    yield "It is averaged over the samples: their cotangents are added up.", (dy * standard).mean(axis=over)
    for text, other in _variances(x, axis, case.options["eps"]):
        yield text, (dy * centred / np.sqrt(other + case.options["eps"])).sum(axis=over)


def _of_spread(case: Case, *, is_root: bool) -> Known:
    """A variance, or its root, the standard deviation."""
    x, dim, correction = case.operands["x"], case.options["dim"], case.options["correction"]
    whole = dim is None or case.options["keepdim"]
    dy, y = (one if whole else np.expand_dims(one, dim) for one in (case.dy, case.y))
    n = x.size if dim is None else x.shape[dim]
    outer = dy / y if is_root else 2 * dy
    yield "The mean is not subtracted: x stands where x − mean belongs.", outer * x / (n - correction)
    for count in {n, x.size}:
        yield (
            "The mean over all elements stands where the mean along the dimension belongs.",
            (outer * (x - x.mean()) / (count - correction)),
        )
    centred = x - x.mean(axis=dim, keepdims=True)
    yield (
        "It divides by the number of all elements, not of those along the dimension.",
        (outer * centred / (x.size - correction)),
    )
    if is_root:
        yield (
            "The standard deviation is not divided by: this is half the gradient of the variance.",
            (dy * centred / (n - correction)),
        )
        yield "This is the gradient of the variance.", 2 * dy * centred / (n - correction)


def _of_svm(case: Case) -> Known:
    x, t = case.operands["x"], case.operands["t"]
    dy, rows = case.dy / (max(len(t), 1) if case.options["reduction"] == "mean" else 1), np.arange(len(t))
    margins = x - x[rows, t][:, None]
    inside = (1 + margins > 0).astype(x.dtype)
    inside[rows, t] = 0
    yield "The right class's column is missing: it loses as much as all other classes get.", dy * inside
    for text, loss in (
        ("The right class loses 1: it loses 1 for each class within the margin.", np.ones(len(t))),
        ("The right class loses 1 where any class is within the margin: it loses 1 for each.", inside.max(axis=1)),
    ):
        guess = inside.copy()
        guess[rows, t] = -loss
        yield text, dy * guess
    weighed = inside * (1 + margins)
    weighed[rows, t] = -weighed.sum(axis=1)
    yield "The margins themselves stand where 1 belongs for each class within them.", dy * weighed
    guess = inside.copy()
    guess[rows, t] = 1 - inside.sum(axis=1)
    yield "The right class is counted among those within its own margin.", dy * guess
    without = (margins > 0).astype(x.dtype)
    without[rows, t] = -without.sum(axis=1)
    yield "The margin is not 1: classes within it are left out.", dy * without


def _of_matmul(case: Case, operand: str) -> Known:
    a, b, dy = case.operands["a"], case.operands["b"], case.dy
    if a.ndim == b.ndim == 2:
        exchanged = "The factors stand in the other order: a product of matrices does not commute."
        yield exchanged, b.T @ dy if operand == "a" else dy @ a.T


def _of_hinge(case: Case) -> Known:
    x, t = case.operands["x"], case.operands["t"]
    dy = case.dy / (max(x.size, 1) if case.options["reduction"] == "mean" else 1)
    yield (
        "The condition is the wrong way round: the loss is 0, and so is its slope, where t x > 1.",
        dy * np.where(t * x > 1, -t, 0),
    )
    yield "The margin is 1: t x < 1, not t x < 0.", dy * np.where(t * x < 0, -t, 0)
    yield "t is left out of the condition: it is t x < 1.", dy * np.where(x < 1, -t, 0)
    yield "The condition is missing: where t x > 1 the loss is 0, and so is its slope.", -dy * t
    yield "This is the gradient of the squared hinge loss.", -2 * dy * t * np.maximum(1 - t * x, 0)


def _of_mse(case: Case) -> Known:
    x, t = case.operands["x"], case.operands["t"]
    d = x - t
    root = np.sqrt((d * d).mean())
    yield "This is the gradient of the root of the mean square.", case.dy * d / (root * d.size)
    yield "This is the gradient of the root of the sum of squares.", case.dy * d / np.sqrt((d * d).sum())


def _of_conv(case: Case, operand: str) -> Known:
    """A convolution's gradient by its input or its kernel, with one thing of the loop changed."""
    x, w, dy = case.operands["x"], case.operands["w"], case.dy
    stride, padding = case.options["stride"], case.options["padding"]

    def by_loop(stride: int, w: Array) -> Array:
        padded = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
        found = {"x": np.zeros_like(padded), "w": np.zeros_like(w)}
        for i, j in np.ndindex(dy.shape[2:]):
            window = np.s_[:, :, i * stride : i * stride + w.shape[2], j * stride : j * stride + w.shape[3]]
            found["x"][window] += np.tensordot(dy[:, :, i, j], w, axes=1)
            found["w"] += np.tensordot(dy[:, :, i, j], padded[window], axes=([0], [0]))
        found["x"] = found["x"][:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
        return np.asarray(found[operand])

    yield "stride is ignored: the windows move by 1.", by_loop(1, w)
    flipped = "torch's conv2d is a correlation."
    if operand == "x":
        yield (
            f"The kernel is flipped, as in a convolution of mathematics: {flipped}",
            by_loop(stride, w[..., ::-1, ::-1]),
        )
    else:
        yield f"dw is flipped, as in a convolution of mathematics: {flipped}", by_loop(stride, w)[..., ::-1, ::-1]


def _of_pool(case: Case) -> Known:
    x, size = case.operands["x"], case.options["kernel_size"]
    step = case.options["stride"] or size
    whole, average, last, smallest = (np.zeros_like(x) for _ in range(4))
    for i, j in np.ndindex(case.dy.shape[2:]):
        window = np.s_[:, :, i * step : i * step + size, j * step : j * step + size]
        dy = case.dy[:, :, i, j][:, :, None, None]
        whole[window] += dy
        average[window] += dy / size**2
        for n, c in np.ndindex(x.shape[:2]):
            place = np.argmax(x[window][n, c, ::-1, ::-1])
            last[window][n, c, ::-1, ::-1].flat[place] += dy[n, c, 0, 0]
            smallest[window][n, c].flat[np.argmin(x[window][n, c])] += dy[n, c, 0, 0]
    yield "Every element of a window gets dy / size², as of a mean: the maximum alone gets dy.", average
    yield "Every element of a window gets dy: the maximum alone gets it.", whole
    apart = np.zeros_like(x)
    for n, c, i, j in np.ndindex(case.dy.shape):
        window = np.s_[n, c, i * size : i * size + size, j * size : j * size + size]
        if x[window].size:
            apart[window].flat[np.argmax(x[window])] += case.dy[n, c, i, j]
    yield "stride is ignored: the windows move by kernel_size.", apart
    yield "The smallest element of a window gets dy: the largest one was passed on.", smallest
    yield "The last of equal maxima gets dy: by torch's convention it is the first.", last


LISTS: dict[tuple[str, str], Callable[[Case], Known]] = {
    ("cross_entropy", "z"): _of_cross_entropy,
    ("nll_loss", "x"): _of_nll,
    ("softmax", "x"): _of_softmax,
    ("log_softmax", "x"): _of_log_softmax,
    ("logsumexp", "x"): _of_logsumexp,
    ("binary_cross_entropy", "x"): _of_binary_cross_entropy,
    ("binary_cross_entropy_with_logits", "z"): _of_logits,
    ("var", "x"): lambda case: _of_spread(case, is_root=False),
    ("std", "x"): lambda case: _of_spread(case, is_root=True),
    ("batch_norm", "x"): lambda case: _of_norm(case, 0),
    ("batch_norm", "w"): lambda case: _of_scale(case, 0),
    ("layer_norm", "x"): lambda case: _of_norm(case, -1),
    ("layer_norm", "w"): lambda case: _of_scale(case, -1),
    ("matmul", "a"): lambda case: _of_matmul(case, "a"),
    ("matmul", "b"): lambda case: _of_matmul(case, "b"),
    ("svm_loss", "x"): _of_svm,
    ("hinge_loss", "x"): _of_hinge,
    ("mse_loss", "x"): _of_mse,
    ("conv2d", "x"): lambda case: _of_conv(case, "x"),
    ("conv2d", "w"): lambda case: _of_conv(case, "w"),
    ("max_pool2d", "x"): _of_pool,
}
