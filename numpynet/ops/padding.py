"""Padding: elements set around an array, of one value or taken from the array itself, and elements cut off."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from numpynet.ops.acceptance import as_held
from numpynet.ops.form import Array, op

Pairs = tuple[tuple[int, int], ...]


def _overlap(shape: tuple[int, ...], margins: Pairs) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """What is left of an array where margins are negative, and where it stands in the padded one."""
    kept = tuple(slice(max(-before, 0), n - max(-after, 0)) for n, (before, after) in zip(shape, margins, strict=True))
    sizes = [one.stop - one.start for one in kept]
    return kept, tuple(slice(max(before, 0), max(before, 0) + n) for n, (before, _) in zip(sizes, margins, strict=True))


@op(torch="input", grad_fn="ConstantPadNdBackward0", complex="analytic")
def constant_pad(x: Array, *, margins: Pairs, value: float = 0) -> Array:
    """x with so many elements of that value before and after it in each dimension; negative numbers cut off.

    >>> constant_pad(np.ones(2), margins=((1, -1),))
    array([0., 1.])
    """
    kept, inside = _overlap(x.shape, margins)
    shape = tuple(n + before + after for n, (before, after) in zip(x.shape, margins, strict=True))
    y = np.full_like(x, as_held(value, x), shape=shape, order="C")
    y[inside] = x[kept]
    return y


def _without_margins(dy: Array, x_shape: tuple[int, ...], margins: Pairs) -> Array:
    kept, inside = _overlap(x_shape, margins)
    if kept == tuple(slice(0, n) for n in x_shape):
        return dy[inside]
    dx = np.zeros_like(dy, shape=x_shape)
    dx[kept] = dy[inside]
    return dx


constant_pad.gradients(x=_without_margins)


# --- elements picked along dimensions -----------------------------------------------------------------------


@lru_cache(256)
def _turns(sources: tuple[int, ...]) -> list[tuple[Array, Array]]:
    """Places in turns, in each of which no source comes twice: the sources, and the places that have them."""
    seen: dict[int, int] = {}
    turns: list[list[tuple[int, int]]] = []
    for place, source in enumerate(sources):
        turn = seen[source] = seen.get(source, -1) + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append((source, place))
    return [(np.array([source for source, _ in turn]), np.array([place for _, place in turn])) for turn in turns]


def add_back(dy: Array, axis: int, length: int, sources: tuple[int, ...]) -> Array:
    """Σ of the slices of dy at all places that have the same source, along an axis: the adjoint of taking them.

    >>> add_back(np.array([1.0, 2.0, 3.0]), 0, 2, (0, 1, 1))
    array([1., 5.])
    """
    shape = (*dy.shape[:axis], length, *dy.shape[axis + 1 :])
    dx = np.zeros_like(dy, shape=shape, order="C")
    before: tuple[Any, ...] = (slice(None),) * axis
    for chosen, places in _turns(sources):
        dx[(*before, chosen)] = np.take(dx, chosen, axis) + np.take(dy, places, axis)
    return dx


def border_sources(length: int, before: int, after: int, mode: str) -> tuple[int, ...]:
    """Of which element each of a padded dimension is a copy; negative numbers cut off, before anything is copied.

    mode: "reflect" mirrors at the first and the last element, "replicate" repeats them, "circular" starts anew.

    >>> border_sources(3, 2, 1, "reflect")
    (2, 1, 0, 1, 2, 1)
    """
    places = np.arange(-before, length + after)
    if mode == "circular":
        kept = np.arange(max(-before, 0), length - max(-after, 0))
        places = kept[np.arange(-max(before, 0), len(kept) + max(after, 0)) % max(len(kept), 1)]
    elif mode == "replicate":
        places = places.clip(0, length - 1)
    else:
        places = length - 1 - abs(length - 1 - abs(places))
    return tuple(places.tolist())


@op(torch="input", piecewise_linear=True, grad_fn=lambda title: title, complex="analytic")
def taken_along(x: Array, *, sources: tuple[tuple[int, ...], ...], title: str = "ReflectionPad2DBackward0") -> Array:
    """y[p, q, ...] = x[sources₀[p], sources₁[q], ...] over the last dimensions        x (..., *L) -> y (..., *P)

    title: of the node on the tape.

    >>> taken_along(np.array([5, 7]), sources=((1, 0, 1),))
    array([7, 5, 7])
    """
    y: Any = x
    for axis, chosen in enumerate(sources, x.ndim - len(sources)):
        if chosen != tuple(range(x.shape[axis])):
            y = np.take(y, np.array(chosen, np.intp), axis)
    return y.copy() if y is x else y


def _to_sources(dy: Array, x_shape: tuple[int, ...], sources: tuple[tuple[int, ...], ...]) -> Array:
    """The cotangents of all copies of an element, added up"""
    dx = dy
    for axis, chosen in enumerate(sources, len(x_shape) - len(sources)):
        if chosen != tuple(range(x_shape[axis])):
            dx = add_back(dx, axis, x_shape[axis], chosen)
    return dx


taken_along.gradients(x=_to_sources)
