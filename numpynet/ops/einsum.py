"""Einstein's sums: products of arrays summed over the indices that the result does not have."""

from __future__ import annotations

from string import ascii_letters

import numpy as np

from numpynet.ops.form import Array, op
from numpynet.ops.sums import sum_to

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


@op(torch="operands", promotes="same", grad_fn="ViewBackward0")
def einsum(*operands: Array, equation: str) -> Array:
    """The products of the operands' elements, summed over every index that the result does not have.

    equation: letters for the dimensions of each operand, separated by commas, and after -> those of the
    result; without an arrow the result has, in alphabetical order, those that occur once. An ellipsis stands
    for dimensions that broadcast. RuntimeError for an equation that does not fit the operands.

    >>> import numpynet
    >>> numpynet.einsum("ij,j->i", numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]), numpynet.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    shapes = [operand.shape for operand in operands]
    terms, result = subscripts(equation, shapes)
    require_sizes(terms, shapes)
    if operands[0].dtype.kind == "b" and len(operands) > 1:
        raise NotImplementedError("\"einsum\" not implemented for 'Bool': convert it first, as in x.int()")
    product: Array = np.einsum(f"{','.join(terms)}->{result}", *operands, optimize=True)
    return product if product.base is None else product.copy()


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
        gradient = np.einsum(rule, *(array for _, array in others), optimize=True)
        gradient = sum_to(gradient, tuple(shape[term.index(letter)] for letter in wanted))
        if len(wanted) < len(term):
            spread = np.zeros_like(gradient, shape=shape)
            places: dict[str, Array] = dict(zip(wanted, np.indices(gradient.shape, sparse=True), strict=True))
            spread[tuple(places[letter] for letter in term)] = gradient
            gradient = spread
        gradients.append(gradient)
    return gradients


einsum.gradients(operands=_einsum_gradients)
