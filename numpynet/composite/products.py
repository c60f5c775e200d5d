"""Products: of vectors, matrices and stacks of matrices, of given ranks, where `matmul` takes all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache, wraps
from string import ascii_letters
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled, wrap
from numpynet.core.modes import flags
from numpynet.core.tensor import Tensor, leaf, record, view_of_nobody
from numpynet.ops import complex_numbers
from numpynet.ops.acceptance import no_booleans, scalar_name
from numpynet.ops.einsum import require_sizes, subscripts


@composed(out=True)
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices: (N, K) (K, M) -> (N, M). RuntimeError for other ranks.

    >>> import numpynet
    >>> numpynet.mm(numpynet.eye(2), numpynet.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    if input._array.ndim != 2 or mat2._array.ndim != 2:
        name, factor = ("self", input) if input._array.ndim != 2 else ("mat2", mat2)
        raise RuntimeError(f"{name} must be a matrix in mm(), but its shape is {tuple(factor.shape)}: use matmul()")
    return input @ mat2


@composed(out=True)
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector: (N, K) (K,) -> (N,). RuntimeError for other ranks.

    >>> import numpynet
    >>> numpynet.mv(numpynet.tensor([[1, 2], [3, 4]]), numpynet.tensor([1, 10]))
    tensor([21, 43])
    """
    if not input._array.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions in mv()")
    return _of_matrix_and_vector(input, vec)


def _of_matrix_and_vector(input: Tensor, vec: Tensor) -> Tensor:
    if input._array.ndim != 2 or vec._array.ndim != 1:
        raise RuntimeError(
            f"vector + matrix @ vector expected, got 1, {input.ndim}, {vec.ndim} dimensions in mv(): use matmul()"
        )
    return input @ vec


@composed(out=True)
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two stacks of matrices: (B, N, K) (B, K, M) -> (B, N, M). RuntimeError for other shapes.

    >>> import numpynet
    >>> numpynet.bmm(numpynet.ones(2, 1, 3), numpynet.ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    left, right = input._array.shape, mat2._array.shape
    if len(left) != 3 or len(right) != 3:
        name, shape = ("batch1", left) if len(left) != 3 else ("batch2", right)
        raise RuntimeError(f"{name} must be a 3D tensor in bmm(), but its shape is {shape}: use matmul()")
    if left[0] != right[0] or left[2] != right[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{left[0]}, {left[2]}] "
            f"but got: {list(right[:2])}."
        )
    return titled(input @ mat2, "BmmBackward0")


@composed(out=True)
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Σ aᵢ bᵢ of two vectors. RuntimeError for other ranks.

    >>> import numpynet
    >>> numpynet.dot(numpynet.tensor([1.0, 2.0]), numpynet.tensor([3.0, 4.0]))
    tensor(11.)
    """
    if input._array.ndim != 1 or tensor._array.ndim != 1:
        raise RuntimeError(
            f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors in dot(): use matmul()"
        )
    return input @ tensor


@composed(out=True)
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """Σ āᵢ bᵢ of two vectors, the first one conjugated.

    >>> import numpynet
    >>> numpynet.vdot(numpynet.tensor([1.0, 2.0]), numpynet.tensor([3.0, 4.0]))
    tensor(11.)
    """
    return titled(dot(complex_numbers.conj(input) if input.is_complex() else input, other), "VdotBackward0")


@composed(out=True)
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Σₖ a[..., k] b[..., k] for every pair of rows: (..., K) (..., K) -> the first's and the second's other sizes.

    >>> import numpynet
    >>> numpynet.inner(numpynet.tensor([1, 2]), numpynet.tensor([3, 4]))
    tensor(11)
    """
    left, right = input._array.shape, other._array.shape
    if not left or not right:
        return ops.mul(input, other)
    if left[-1] != right[-1]:
        raise RuntimeError(
            f"inner() the last dimension must match on both input tensors but got shapes {list(left)} and {list(right)}"
        )
    if len(left) == len(right) == 1 and left[0] != 1:  # of which tensordot takes copies
        return view_of_nobody(titled(input @ other, "ViewBackward0"))
    return tensordot(input, other, dims=([-1], [-1]))


@composed(out=True)
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """aᵢ bⱼ of two vectors: (N,) (M,) -> (N, M). RuntimeError for other ranks.

    >>> import numpynet
    >>> numpynet.outer(numpynet.tensor([1, 2]), numpynet.tensor([1, 10]))
    tensor([[ 1, 10],
            [ 2, 20]])
    """
    a, b = input._array, vec2._array
    if a.ndim != 1 or b.ndim != 1:
        name, factor = ("self", input) if a.ndim != 1 else ("vec2", vec2)
        raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {factor.ndim}-D")
    if a.dtype is b.dtype and input._is_quiet() and vec2._is_quiet():
        return wrap(flags.silently(np.multiply, a[:, None], b))
    return ops.mul(ops.unsqueeze(input, 1), vec2)


def require_one_dtype(input: Tensor, *factors: Tensor) -> None:
    for factor in factors:
        if factor._array.dtype != input._array.dtype:
            kinds = f"{scalar_name(input._array)} and {scalar_name(factor._array)}"
            raise RuntimeError(f"self and mat2 must have the same dtype, but got {kinds}: convert one, as in x.float()")


def plus_product(
    title: str, input: Tensor, product: Tensor, beta: float, alpha: float, as_input: bool = False
) -> Tensor:
    """β input + α product. as_input: whether it is laid out in memory as the input, not as the product."""
    shape = product._array.shape
    if product._array.dtype.kind not in "fc":  # torch takes both in the dtype of the product
        beta, alpha = int(beta), int(alpha)
    if alpha != 1:
        product = product * alpha
    if beta != 0:
        given = input if beta == 1 else input * beta
        product = given + product if as_input else product + given
        if product._array.shape != shape:
            raise RuntimeError(
                f"The expanded size of the tensor {list(shape)} must match the existing size {list(input.shape)}: the "
                f"input must fit into the product"
            )
    return titled(product, title)


def old_forms(function: Any) -> Any:
    """Has a sum with a product also take torch's old forms, with β before the input and α before the factors.

    torch: addmm(β, input, mat1, mat2) and addmm(β, input, α, mat1, mat2); as a method, input.addmm(β, α, mat1, mat2).
    """

    @wraps(function)
    def call(*operands: Any, **options: Any) -> Any:
        if len(operands) > 3:
            numbers = [one for one in operands if not isinstance(one, Tensor)]
            operands = tuple(one for one in operands if isinstance(one, Tensor))
            options = {**dict(zip(("beta", "alpha"), numbers, strict=False)), **options}
        return function(*operands, **options)

    return call


@old_forms
@composed(out=True)
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """β input + α mat1 mat2, of matrices; with β = 0 the input is not looked at.

    >>> import numpynet
    >>> numpynet.addmm(numpynet.ones(2), numpynet.eye(2), numpynet.eye(2), alpha=10)
    tensor([[11.,  1.],
            [ 1., 11.]])
    """
    require_one_dtype(input, mat1, mat2)
    return plus_product("AddmmBackward0", input, mm(mat1, mat2), beta, alpha)


@old_forms
@composed(out=True)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """β input + α mat vec, of a matrix and a vector; with β = 0 the input is not looked at.

    >>> import numpynet
    >>> numpynet.addmv(numpynet.ones(2), numpynet.eye(2), numpynet.tensor([1.0, 2.0]), alpha=10)
    tensor([11., 21.])
    """
    require_one_dtype(input, mat, vec)
    return plus_product("AddmvBackward0", input, _of_matrix_and_vector(mat, vec), beta, alpha)


@old_forms
@composed(out=True)
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """β input + α batch1 batch2, of stacks of matrices; with β = 0 the input is not looked at.

    >>> import numpynet
    >>> numpynet.baddbmm(numpynet.ones(1), numpynet.ones(1, 1, 2), numpynet.ones(1, 2, 1))
    tensor([[[3.]]])
    """
    require_one_dtype(input, batch1, batch2)
    return plus_product("BaddbmmBackward0", input, bmm(batch1, batch2), beta, alpha)


def einsum(equation: Any, *operands: Any) -> Tensor:
    """The products of the operands' elements, summed over every index that the result does not have.

    equation: letters for the dimensions of each operand, separated by commas, and after -> those of the
    result; without an arrow the result has, in alphabetical order, those that occur once. An ellipsis stands
    for dimensions that broadcast. Or, behind each operand and at the end, a list of numbers in their place.
    RuntimeError for an equation that does not fit the operands.

    >>> import numpynet
    >>> numpynet.einsum("ij,j->i", numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]), numpynet.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    if isinstance(equation, Tensor):
        equation, operands = _as_equation((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    if not isinstance(equation, str):
        raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {type(equation).__name__}")
    for position, operand in enumerate(operands):
        if not isinstance(operand, Tensor):
            raise TypeError(
                f"einsum(): argument 'operands' (position {position + 2}) must be Tensor, not {type(operand).__name__}"
            )
    if len(operands) == 1:
        return _rearranged(equation, operands[0])
    if len(operands) == 2:
        first, second = operands
        terms, result, is_plain, summed = _of_two(equation, first._array.shape, second._array.shape)
        if is_plain:
            kind, left = first._array.dtype, summed
            if summed and (kind.kind != "f" or second._array.dtype != kind):
                operands, terms = _summed_alone(operands, terms, summed)
                left = summed & set(terms[0])
                equation = f"{','.join(terms)}->{result}"
                if left and not (first.numel() and second.numel()):  # which torch does not look at
                    operands = (first.to(second.dtype), second)
            if not left:
                product = ops.mul(*(_aligned(x, term, result) for x, term in zip(operands, terms, strict=True)))
                return view_of_nobody(titled(product, "ViewBackward0")) if summed else product
    return view_of_nobody(record(ops.einsum, operands, {"equation": equation}))


@lru_cache(256)
def _of_two(equation: str, *shapes: tuple[int, ...]) -> tuple[Sequence[str], str, bool, frozenset[str]]:
    """The letters of two operands and of the result, whether none is repeated, and those that are summed."""
    terms, result = subscripts(equation, list(shapes))
    require_sizes(terms, list(shapes))
    is_plain = all(len(set(term)) == len(term) for term in terms)
    return terms, result, is_plain, frozenset("".join(terms)) - frozenset(result)


def _rearranged(equation: str, x: Tensor) -> Tensor:
    """An equation of one operand: diagonals and another order of dimensions, which are views, and a sum."""
    (term,), result = subscripts(equation, [x._array.shape])
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            if x._array.shape[first] != x._array.shape[second]:
                raise RuntimeError(
                    f"einsum(): subscript {letter} is repeated for operand 0 but the sizes don't match, "
                    f"{x._array.shape[second]} != {x._array.shape[first]}"
                )
            x = ops.diagonal(x, 0, first, second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + letter
    summed = [letter for letter in term if letter not in result]
    x = ops.permute(x, [term.index(letter) for letter in (*result, *summed)])
    return ops.sum(x, tuple(range(len(result), len(term)))) if summed else x


def _summed_alone(
    operands: Sequence[Tensor], terms: Sequence[str], summed: frozenset[str]
) -> tuple[tuple[Tensor, ...], list[str]]:
    """Both factors without the letters along which only one of them is longer than 1: that one is added up first."""
    factors, left = list(operands), list(terms)
    for letter in summed:
        sizes = [x.shape[term.index(letter)] if letter in term else 1 for x, term in zip(factors, left, strict=True)]
        if 1 not in sizes:
            continue
        for position, size in enumerate(sizes):
            if letter in left[position]:
                dim = left[position].index(letter)
                x = factors[position]
                factors[position] = ops.squeeze(x, dim) if size == 1 else ops.sum(x, dim)
                left[position] = left[position].replace(letter, "")
    return tuple(factors), left


def _aligned(x: Tensor, term: str, result: str) -> Tensor:
    """A factor with its dimensions in the order of the result's, and with size 1 for those it does not have."""
    order = [term.index(letter) for letter in result if letter in term]
    missing = tuple([slice(None) if letter in term else None for letter in result])
    if x._is_quiet():  # of what is multiplied at once nobody has a view
        return leaf(Tensor, x._array.transpose(order)[(*missing, ...)], x._writes, False)
    x = ops.permute(x, order)
    return x[missing] if None in missing else x


def _as_equation(given: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The equation and the operands of ``einsum(a, [0, 1], b, [1, 2], [0, 2])``; an Ellipsis stands for itself."""
    count = len(given) // 2
    lists = [*given[1 : 2 * count : 2], *given[2 * count :]]
    for one in (label for labels in lists for label in labels):
        if one is not Ellipsis and not 0 <= one < len(ascii_letters):
            raise ValueError(f"einsum(): subscripts are numbers in [0, {len(ascii_letters)}), but one is {one}")
    letters = ascii_letters[26:] + ascii_letters[:26]
    terms = ["".join("..." if one is Ellipsis else letters[one] for one in labels) for labels in lists]
    equation = ",".join(terms[:count]) + (f"->{terms[count]}" if len(given) % 2 else "")
    return equation, given[: 2 * count : 2]


@composed(out=True, asks="a.dim b.dim")
def tensordot(a: Tensor, b: Tensor, dims: int | Sequence[Sequence[int]] = 2) -> Tensor:
    """The product of two tensors summed over pairs of dimensions.

    dims: how many, the last of a with the first of b; or two lists, the dimensions of a and those of b.
    RuntimeError when the sizes of a pair differ.

    >>> import numpynet
    >>> numpynet.tensordot(numpynet.ones(2, 3), numpynet.ones(3, 4), dims=1).shape
    torch.Size([2, 4])
    """
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims = (range(-dims, 0), range(dims))
    elif not isinstance(dims, (tuple, list)) or len(dims) != 2:
        raise RuntimeError(
            f"tensordot expects dims to be int or two lists of dimensions, one for each tensor, but got dims={dims}"
        )
    of_a, of_b = ((one,) if isinstance(one, int) else one for one in dims)
    if len(of_a) != len(of_b):
        raise RuntimeError(f"both dimension lists should have same length in tensordot(): {of_a} and {of_b}")
    for i, j in zip(of_a, of_b, strict=True):
        if b.shape[j] == 1:  # which is broadcast along the other's dimension
            a = ops.sum(a, i, keepdim=True, dtype=a.dtype)
        elif a.shape[i] == 1:
            b = ops.sum(b, j, keepdim=True, dtype=b.dtype)
        if a.shape[i] != b.shape[j]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[i]} in dim {i} and second has size "
                f"{b.shape[j]} in dim {j} in tensordot()"
            )
    kept_of_a = [i for i in range(a.ndim) if i - a.ndim not in of_a and i not in of_a]
    kept_of_b = [j for j in range(b.ndim) if j - b.ndim not in of_b and j not in of_b]
    rows, columns = [a.shape[i] for i in kept_of_a], [b.shape[j] for j in kept_of_b]
    if not kept_of_a and not kept_of_b and a._array.dtype == b._array.dtype:
        no_booleans("dot", a._array)
    inner = math.prod([a.shape[i] for i in of_a])
    left = a.permute([*kept_of_a, *of_a]).reshape(math.prod(rows), inner)
    right = b.permute([*of_b, *kept_of_b]).reshape(inner, math.prod(columns))
    return (left @ right).reshape([*rows, *columns])


@composed
def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal.

    >>> import numpynet
    >>> numpynet.trace(numpynet.tensor([[1, 2], [3, 4]]))
    tensor(5)
    """
    no_booleans("trace", input._array)
    if input._array.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    return record(ops.trace, (input,), {})
