"""Wrong only on inputs of one kind: each of these kinds is tried."""

import numpy as np
import pytest

import parity


def un(dy, like):
    dy = dy.sum(axis=tuple(range(dy.ndim - like.ndim)))
    axes = tuple(axis for axis, size in enumerate(like.shape) if size == 1)
    return dy.sum(axis=axes, keepdims=True).reshape(like.shape)


def relu(dy, x):
    return np.where(x > 0, dy, 0)


def zero_cotangent(dy, x):
    return np.where(dy == 0, 1, relu(dy, x)).astype(dy.dtype)


def tiny_cotangent(dy, x):
    return relu(dy, x) * (np.abs(dy) > 1e-10)


def large_cotangent(dy, x):
    return np.clip(relu(dy, x), -5, 5)


def nan_cotangent(dy, x):
    return np.nan_to_num(relu(dy, x), posinf=np.inf, neginf=-np.inf)


def infinite_cotangent(dy, x):
    return relu(np.clip(dy, -1e30, 1e30).astype(dy.dtype), x)


def four_dimensions(dy, x):
    return relu(dy, x) if x.ndim < 4 else dy


def negative_base(dy, x, n):
    return dy * n * np.sign(x) * np.abs(x) ** (n - 1)


def probability_near_one(dy, p, t):
    return dy * (p - t) / np.maximum(p * (1 - p), 1e-3) / p.size


def shape_that_is_split(dy, x, shape):
    return dy.reshape(x.shape) if len(shape) < 2 else dy.reshape(x.shape[::-1]).T


def one_negative_number(dy, x):
    return dy / x * np.where((x < 0).any(), 2, 1)


def repeated_index(dy, w, index):
    dw = np.zeros_like(w)
    dw[index] += dy
    return dw


def operand_of_one_row(dy, x, w, b):
    return dy @ w, (dy.T @ x if len(x) > 1 else dy.T @ x * 2), dy.sum(axis=0)


REACH = [
    ("relu", zero_cotangent),
    ("relu", tiny_cotangent),
    ("relu", large_cotangent),
    ("relu", nan_cotangent),
    ("relu", infinite_cotangent),
    ("relu", four_dimensions),
    ("pow", negative_base),
    ("bce", probability_near_one),
    ("reshape", shape_that_is_split),
    ("log", one_negative_number),
    ("embedding", repeated_index),
    ("linear", operand_of_one_row),
]


@pytest.mark.parametrize(("operation", "solution"), REACH, ids=lambda one: getattr(one, "__name__", one))
def test_inputs_of_every_kind_are_tried(operation, solution):
    verdict = parity.grade(solution, operation, with_torch=False, searched=0)
    assert verdict.status == "wrong"
    assert verdict.hint


def test_nothing_right_is_refused_for_what_nobody_agrees_on():
    def power(dy, x, n):
        return dy * n * x ** (n - 1)

    def angle(dy, y, x):
        r = x * x + y * y
        return un(dy * x / r, y), un(-dy * y / r, x)

    def clipped(dy, p, t):
        eps = np.finfo(p.dtype).eps
        p = np.clip(p, eps, 1 - eps)
        return dy * (p - t) / (p * (1 - p)) / p.size

    def deviation(dy, x, y):
        return dy * (x - x.mean()) / (y * (x.size - 1))

    for operation, solution in (("pow", power), ("atan2", angle), ("bce", clipped)):
        verdict = parity.grade(solution, operation, searched=0)
        assert verdict.status == "right", verdict
        assert verdict.remarks
    assert parity.grade(deviation, "std", searched=0).status == "right"
