"""Einstein's sums: products of arrays summed over the indices that the result does not have."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from string import ascii_letters
from typing import NamedTuple

import numpy as np

from numpynet.ops.form import Array, op
from numpynet.ops.linear import matmul
from numpynet.ops.sums import sum_over, sum_to

Shape = tuple[int, ...]


def subscripts(equation: str, shapes: list[Shape]) -> tuple[list[str], str]:
    """The letters of every operand's dimensions, and those of the result's, with ... written out.

    RuntimeError, in torch's words, for an equation that does not fit the operands.

    >>> subscripts("i...,ij", [(2, 3), (2, 4)])
    (['iA', 'ij'], 'Aj')
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    for position, character in enumerate(equation):
        if character not in ascii_letters + " .,->":
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {position} in the equation string, subscripts must be in "
                f"[a-zA-Z]"
            )
    if len(terms) != len(shapes):
        fewer = "fewer" if len(shapes) < len(terms) else "more"
        raise RuntimeError(
            f"einsum(): {fewer} operands were provided than specified in the equation: {len(shapes)} for {equation!r}"
        )
    unused = [letter for letter in ascii_letters[26:] + ascii_letters[:26] if letter not in equation]
    widths = [len(shape) - len(term.replace("...", "")) for term, shape in zip(terms, shapes, strict=True)]
    for position, (term, width) in enumerate(zip(terms, widths, strict=True)):
        if width < 0 or (width and "..." not in term):
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(term.replace('...', ''))}) does not match "
                f"the number of dimensions ({len(shapes[position])}) for operand {position}"
                f"{'' if '...' in term else ' and no ellipsis was given'}"
            )
    # Dimensions under an ellipsis are counted from the last, as in broadcasting.
    hidden = "".join(unused[: max(widths)])
    terms = [term.replace("...", hidden[len(hidden) - width :]) for term, width in zip(terms, widths, strict=True)]
    if not arrow:
        once = sorted(letter for letter in set(left) & set(ascii_letters) if left.count(letter) == 1)
        return terms, hidden + "".join(once)
    result = right.replace("...", hidden)
    for letter in result:
        if result.count(letter) > 1:
            raise RuntimeError(f"einsum(): output subscript {letter} appears more than once in the output")
        if not any(letter in term for term in terms):
            raise RuntimeError(
                f"einsum(): output subscript {letter} does not appear in the equation for any input operand"
            )
    return terms, result


def require_sizes(terms: list[str], shapes: list[Shape]) -> dict[str, int]:
    """The size that each letter stands for; RuntimeError where two operands do not agree on it."""
    sizes: dict[str, int] = {}
    for position, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        within: dict[str, int] = {}
        for letter, size in zip(term, shape, strict=True):
            if within.setdefault(letter, size) != size:
                raise RuntimeError(
                    f"einsum(): subscript {letter} is repeated for operand {position} but the sizes don't match, "
                    f"{size} != {within[letter]}"
                )
            if sizes.get(letter, 1) == 1:
                sizes[letter] = size
            elif size not in (1, sizes[letter]):
                raise RuntimeError(
                    f"einsum(): subscript {letter} has size {size} for operand {position} which does not broadcast "
                    f"with previously seen size {sizes[letter]}"
                )
    return sizes


class _Alone(NamedTuple):
    """What is done to an operand by itself."""

    diagonal: str  # the rule that takes it, or ""
    shape: Shape  # without the dimensions of size 1, along which the others are spread
    summed: tuple[int, ...]  # the dimensions that neither another operand nor the result has


class _Pair(NamedTuple):
    """How what was put together so far is multiplied by the next operand: as matrices, or else element by element."""

    right: _Alone
    as_matrices: bool
    left_axes: tuple[int, ...]
    left_shape: Shape
    right_axes: tuple[int, ...]
    right_shape: Shape
    shape: Shape  # of the result


class _Plan(NamedTuple):
    backwards: bool  # of two operands the second comes first, as in torch, where that gives the order of the result
    first: _Alone
    pairs: list[_Pair]
    axes: list[int]
    shape: Shape


@lru_cache(256)
def _plan(equation: str, *shapes: Shape) -> _Plan:
    """The products of pairs, from left to right, that give the sum; RuntimeError where the equation does not fit.

    A dimension that both of a pair have is summed by a matrix product as soon as nothing else needs it, one that the
    result needs too counts matrices, and those of one operand alone are rows or columns, as in torch.
    """
    terms, result = subscripts(equation, list(shapes))
    sizes = require_sizes(terms, list(shapes))
    order = (result + "".join(sorted(set("".join(terms)) - set(result)))).index
    long = [
        "".join(dict.fromkeys(letter for letter, size in zip(*one, strict=True) if size != 1))
        for one in zip(terms, shapes, strict=True)
    ]

    rows, columns = (
        set(map(order, set(one) - set(other))) for one, other in ((long[0], long[-1]), (long[-1], long[0]))
    )
    backwards = len(terms) == 2 and bool(rows and columns) and max(columns) < min(rows)
    if backwards:
        terms, long = terms[::-1], long[::-1]

    def alone(position: int) -> tuple[_Alone, str]:
        elsewhere = "".join([result, *long[:position], *long[position + 1 :]])
        unique = "".join(dict.fromkeys(terms[position]))
        left = "".join(letter for letter in long[position] if letter in elsewhere)
        summed = tuple(axis for axis, letter in enumerate(long[position]) if letter not in elsewhere)
        diagonal = f"{terms[position]}->{unique}" if len(unique) < len(terms[position]) else ""
        return _Alone(diagonal, tuple(sizes[letter] for letter in long[position]), summed), left

    first, term = alone(0)
    pairs = []
    for position in range(1, len(terms)):
        right, other = alone(position)
        both = sorted(set(term) & set(other), key=order)
        inner = [letter for letter in both if letter not in "".join([result, *long[position + 1 :]])]
        rows_only, columns_only = (sorted(set(one) - set(both), key=order) for one in (term, other))
        if inner:
            count = [letter for letter in both if letter not in inner]
            product = [*count, *rows_only, *columns_only]
            left_order, right_order = [*count, *rows_only, *inner], [*count, *inner, *columns_only]
            lengths = [prod(sizes[letter] for letter in letters) for letters in (rows_only, inner, columns_only)]
            counts = tuple(sizes[letter] for letter in count)
            left_shape, right_shape = (*counts, *lengths[:2]), (*counts, *lengths[1:])
        else:
            product = sorted({*term, *other}, key=order)
            left_order, right_order = sorted(term, key=order), sorted(other, key=order)
            left_shape, right_shape = (
                tuple(sizes[letter] if letter in one else 1 for letter in product) for one in (term, other)
            )
        left_axes, right_axes = tuple(map(term.index, left_order)), tuple(map(other.index, right_order))
        shape = tuple(sizes[letter] for letter in product)
        pairs.append(_Pair(right, bool(inner), left_axes, left_shape, right_axes, right_shape, shape))
        term = "".join(product)
    axes = [term.index(letter) for letter in result if letter in term]
    return _Plan(backwards, first, pairs, axes, tuple(sizes[letter] for letter in result))


def _by_itself(x: Array, how: _Alone) -> Array:
    if how.diagonal:
        x = np.einsum(how.diagonal, x)
    x = x.reshape(how.shape)
    return sum_over(x, how.summed) if how.summed else x


def _multiplied(a: Array, b: Array, how: _Pair) -> Array:
    a = a.transpose(how.left_axes).reshape(how.left_shape)
    b = _by_itself(b, how.right).transpose(how.right_axes).reshape(how.right_shape)
    y: Array = matmul.forward(a, b) if how.as_matrices else a * b
    return y.reshape(how.shape)


def _no_boolean_sums(name: str, first: Array, *others: Array) -> None:
    if first.dtype.kind == "b" and others and all(operand.size for operand in (first, *others)):
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool': convert it first, as in x.int()")


@op(torch="operands", promotes="same", accepts=_no_boolean_sums, grad_fn="ViewBackward0", complex="analytic")
def einsum(*operands: Array, equation: str) -> Array:
    """The products of the operands' elements, summed over every index that the result does not have.

    equation: letters for the dimensions of each operand, separated by commas, and after -> those of the
    result; without an arrow the result has, in alphabetical order, those that occur once. An ellipsis stands
    for dimensions that broadcast. RuntimeError for an equation that does not fit the operands.

    >>> import numpynet
    >>> numpynet.einsum("ij,j->i", numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]), numpynet.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    plan = _plan(equation, *(operand.shape for operand in operands))
    first, *others = operands[::-1] if plan.backwards else operands
    y = _by_itself(first, plan.first)
    for other, pair in zip(others, plan.pairs, strict=True):
        y = _multiplied(y, other, pair)
    y = y.transpose(plan.axes).reshape(plan.shape)
    return y.copy() if len(operands) == 1 and not plan.first.summed else y


def _einsum_gradients(dy: Array, operands: list[Array], equation: str) -> list[Array]:
    """∂L/∂operand is again a sum of products: of dy and the other operands, over the indices it does not have."""
    shapes = [operand.shape for operand in operands]
    terms, result = subscripts(equation, shapes)
    sizes = require_sizes(terms, shapes)
    gradients = []
    for position, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        wanted = "".join(dict.fromkeys(term))  # each letter once: repeated ones are a diagonal
        others = [(result, dy)] + [
            (terms[other], operand) for other, operand in enumerate(operands) if other != position
        ]
        # Along an index that nothing else has in full, all elements get the same cotangent.
        for letter in wanted:
            lengths = [array.shape[letters.index(letter)] for letters, array in others if letter in letters]
            if sizes[letter] not in lengths:
                others.append((letter, np.ones(sizes[letter], dy.dtype)))
        rule = f"{','.join(letters for letters, _ in others)}->{wanted}"
        gradient = einsum.forward(*(array for _, array in others), equation=rule)
        gradient = sum_to(gradient, tuple(shape[term.index(letter)] for letter in wanted))
        if len(wanted) < len(term):
            spread = np.zeros_like(gradient, shape=shape)
            places: dict[str, Array] = dict(zip(wanted, np.indices(gradient.shape, sparse=True), strict=True))
            spread[tuple(places[letter] for letter in term)] = gradient
            gradient = spread
        gradients.append(gradient)
    return gradients


einsum.gradients(operands=_einsum_gradients)
