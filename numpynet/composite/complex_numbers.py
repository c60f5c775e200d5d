"""Functions of complex tensors that are views, or the tensor itself where it is real."""

from __future__ import annotations

from numpynet.composite.arguments import composed
from numpynet.core.tensor import Tensor
from numpynet.ops import complex_numbers


@composed
def real(input: Tensor) -> Tensor:
    """The real parts, a view of the same memory; of a real tensor itself.

    >>> import numpynet
    >>> numpynet.real(numpynet.tensor([1 + 2j, 3 - 4j]))
    tensor([1., 3.])
    """
    return complex_numbers.view_as_real(input)[..., 0] if input.is_complex() else input


@composed
def imag(input: Tensor) -> Tensor:
    """The imaginary parts, a view of the same memory; RuntimeError for a real tensor.

    >>> import numpynet
    >>> numpynet.imag(numpynet.tensor([1 + 2j, 3 - 4j]))
    tensor([ 2., -4.])
    """
    if not input.is_complex():
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return complex_numbers.view_as_real(input)[..., 1]


@composed
def conj(input: Tensor) -> Tensor:
    """The conjugates a − ib of complex numbers a + ib, computed at once into new memory; of a real tensor itself.

    >>> import numpynet
    >>> numpynet.conj(numpynet.tensor([1 + 2j, 3 - 4j]))
    tensor([1.-2.j, 3.+4.j])
    """
    return complex_numbers.conj(input) if input.is_complex() else input


@composed
def resolve_conj(input: Tensor) -> Tensor:
    """Itself, since conjugates are computed at once.

    >>> import numpynet
    >>> numpynet.resolve_conj(numpynet.tensor([1 + 2j]).conj())
    tensor([1.-2.j])
    """
    return input


@composed
def is_conj(input: Tensor) -> bool:
    """Always False, since conjugates are computed at once.

    >>> import numpynet
    >>> numpynet.is_conj(numpynet.tensor([1 + 2j]).conj())
    False
    """
    return input.is_conj()
