"""Transforms: the arguments of torch.fft, as `numpynet.ops.fourier` has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled
from numpynet.composite.shapes import narrow
from numpynet.core.dtypes import as_complex, default_numpy_dtype
from numpynet.core.messages import normal_dim
from numpynet.core.tensor import Tensor
from numpynet.ops import complex_numbers, fourier
from numpynet.ops.acceptance import scalar_name
from numpynet.ops.arguments import integers

Dims = int | Sequence[int] | None


def _norm(norm: str | None, opposite: bool = False) -> fourier.Norm:
    """The name of a norm; RuntimeError where it is none."""
    if norm is not None and norm not in fourier.OPPOSITE:
        raise RuntimeError(f'Invalid normalization mode: "{norm}": it is "backward", "ortho" or "forward"')
    name: Any = norm or "backward"
    return fourier.OPPOSITE[name] if opposite else name


def _reals(name: str, input: Tensor) -> Tensor:
    """A real tensor as it is transformed; RuntimeError for a complex one and for float16."""
    kind = input._array.dtype
    if kind.kind == "c":
        raise RuntimeError(f"{name} expects a real input tensor, but got {scalar_name(input._array)}: take x.real")
    if kind.itemsize == 2 and kind.kind == "f":
        raise RuntimeError(f"{name}: Unsupported dtype Half: convert it, as in x.float()")
    return input if kind.kind == "f" else ops.cast(input, kind=default_numpy_dtype())


def _complexes(name: str, input: Tensor) -> Tensor:
    """A tensor as complex numbers; RuntimeError for float16."""
    if input._array.dtype.kind == "c":
        return input
    input = _reals(name, input)
    return ops.cast(input, kind=as_complex(input._array.dtype))


def _resized(input: Tensor, dim: int, n: int) -> Tensor:
    """The first n along a dimension, with zeros where there are not as many."""
    size = input._array.shape[dim]
    if n < size:
        return narrow(input, dim, 0, n)
    margins = tuple((0, n - size if axis == dim else 0) for axis in range(input.ndim))
    return input if n == size else ops.constant_pad(input, margins=margins)


def _require_points(n: int) -> None:
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified")


def _one(name: str, input: Tensor, n: int | None, dim: int, half: bool = False) -> tuple[int, int]:
    """The dimension and its size after the transform; of half as many numbers by default twice as many, less 2."""
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions: {name}() needs one")
    dim = normal_dim(dim, input.ndim, name)
    size = input._array.shape[dim]
    n = n if n is not None else 2 * (size - 1) if half else size
    _require_points(n)
    return dim, n


def _several(name: str, input: Tensor, s: Dims, dim: Dims, half: bool = False) -> tuple[tuple[int, ...], list[int]]:
    """The dimensions and their sizes after the transform; see `_one`."""
    s = None if s is None else integers(f"fft_{name}", "s", s)
    if dim is not None:
        dims = tuple(normal_dim(one, input.ndim, name) for one in integers(f"fft_{name}", "dim", dim))
        if len(set(dims)) < len(dims):
            raise RuntimeError(f"FFT dims must be unique, but they are {dim} in {name}()")
        if s is not None and len(s) != len(dims):
            raise RuntimeError(f"When given, dim and shape arguments must have the same length in {name}()")
    elif s is not None:
        if len(s) > input.ndim:
            raise RuntimeError(f"Got shape with {len(s)} values but input tensor only has {input.ndim} dimensions.")
        dims = tuple(range(input.ndim - len(s), input.ndim))
    else:
        dims = tuple(range(input.ndim))
    sizes = [input._array.shape[one] for one in dims]
    if half and sizes:
        sizes[-1] = 2 * (sizes[-1] - 1)
    if s is not None:
        sizes = [size if wanted == -1 else wanted for size, wanted in zip(sizes, s, strict=True)]
    for n in sizes:
        _require_points(n)
    return dims, sizes


def _prepared(input: Tensor, dims: tuple[int, ...], sizes: Sequence[int]) -> Tensor:
    for dim, n in zip(dims, sizes, strict=True):
        input = _resized(input, dim, n)
    return input


@composed(out=True)
def fft_fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """yₖ = Σⱼ xⱼ exp(−2πi jk/n) along a dimension: complex numbers.

    n: so many of the x, which are cut off or get zeros behind; by default all. norm: "backward" (the sum), "ortho"
    (divided by √n) or "forward" (by n). RuntimeError for another norm, for no points and for float16.

    >>> import numpynet
    >>> numpynet.fft.fft(numpynet.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
    """
    dim, n = _one("fft", input, n, dim)
    x = _resized(_complexes("fft", input), dim, n)
    y: Tensor = fourier.fftn(x, dim=(dim,), norm=_norm(norm))
    return y if input.is_complex() else titled(y, "FftR2CBackward0")


@composed(out=True)
def fft_ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """xⱼ = 1/n Σₖ yₖ exp(2πi jk/n) along a dimension: what `fft` of the same norm has transformed. See there.

    >>> import numpynet
    >>> numpynet.fft.ifft(numpynet.tensor([10 + 0j, -2 + 2j, -2, -2 - 2j]))
    tensor([1.+0.j, 2.+0.j, 3.+0.j, 4.+0.j])
    """
    dim, n = _one("ifft", input, n, dim)
    return fourier.ifftn(_resized(_complexes("ifft", input), dim, n), dim=(dim,), norm=_norm(norm))


@composed(out=True)
def fft_rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The first n/2 + 1 numbers of the `fft` of real ones: the others are their conjugates.

    RuntimeError for complex ones.

    >>> import numpynet
    >>> numpynet.fft.rfft(numpynet.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j])
    """
    x = _reals("rfft", input)
    dim, n = _one("rfft", input, n, dim)
    return fourier.rfftn(_resized(x, dim, n), dim=(dim,), norm=_norm(norm))


def _irfft(name: str, input: Tensor, n: int | None, dim: int, norm: fourier.Norm) -> Tensor:
    dim, n = _one(name, input, n, dim, half=True)
    return fourier.irfftn(_resized(_complexes(name, input), dim, n // 2 + 1), dim=(dim,), n=n, norm=norm)


@composed(out=True)
def fft_irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The real numbers, n of them, whose `rfft` these are. n: even by default, 2 (size − 1).

    >>> import numpynet
    >>> numpynet.fft.irfft(numpynet.tensor([10 + 0j, -2 + 2j, -2]))
    tensor([1., 2., 3., 4.])
    """
    return _irfft("irfft", input, n, dim, _norm(norm))


@composed(out=True)
def fft_hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The `fft`, of real numbers, of what has xₙ₋ⱼ = conj(xⱼ), from the first n/2 + 1 of it.

    n: by default 2 (size − 1).

    >>> import numpynet
    >>> numpynet.fft.hfft(numpynet.tensor([1 + 0j, 2 + 1j, 3]))
    tensor([ 8.,  0.,  0., -4.])
    """
    conjugate = complex_numbers.conj(input) if input.is_complex() else input
    return _irfft("hfft", conjugate, n, dim, _norm(norm, opposite=True))


@composed(out=True)
def fft_ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """What `hfft` has transformed: the first n/2 + 1 numbers of the `ifft` of real ones.

    >>> import numpynet
    >>> numpynet.fft.ihfft(numpynet.tensor([8.0, 0.0, 0.0, -4.0]))
    tensor([1.-0.j, 2.+1.j, 3.-0.j])
    """
    x = _reals("ihfft", input)
    dim, n = _one("ihfft", input, n, dim)
    return complex_numbers.conj(fourier.rfftn(_resized(x, dim, n), dim=(dim,), norm=_norm(norm, opposite=True)))


def _fftn(name: str, operation: Any, input: Tensor, s: Any, dim: Dims, norm: str | None) -> Tensor:
    dims, sizes = _several(name, input, s, dim)
    x = _prepared(_complexes(name, input), dims, sizes)
    return operation(x, dim=dims, norm=_norm(norm)) if dims else ops.clone(x)


@composed(out=True)
def fft_fftn(input: Tensor, s: Dims = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """`fft` along several dimensions, by default all, or as many of the last as there are sizes.

    s: the sizes, −1 where they stay. RuntimeError where these are no sizes, and for dimensions named twice.

    >>> import numpynet
    >>> numpynet.fft.fftn(numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[10.+0.j, -2.+0.j],
            [-4.+0.j,  0.+0.j]])
    """
    return _fftn("fftn", fourier.fftn, input, s, dim, norm)


@composed(out=True)
def fft_ifftn(input: Tensor, s: Dims = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """`ifft` along several dimensions; see `fftn`.

    >>> import numpynet
    >>> numpynet.fft.ifftn(numpynet.tensor([[10 + 0j, -2], [-4, 0]]))
    tensor([[1.+0.j, 2.+0.j],
            [3.+0.j, 4.+0.j]])
    """
    return _fftn("ifftn", fourier.ifftn, input, s, dim, norm)


@composed(out=True)
def fft_rfftn(input: Tensor, s: Dims = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """`rfft` along the last of several dimensions, and `fft` along the others; see `fftn`.

    >>> import numpynet
    >>> numpynet.fft.rfftn(numpynet.ones(2, 4)).shape
    torch.Size([2, 3])
    """
    x = _reals("rfftn", input)
    dims, sizes = _several("rfftn", input, s, dim)
    if not dims:
        raise RuntimeError("rfftn must transform at least one axis")
    return fourier.rfftn(_prepared(x, dims, sizes), dim=dims, norm=_norm(norm))


@composed(out=True)
def fft_irfftn(input: Tensor, s: Dims = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """`irfft` along the last of several dimensions, and `ifft` along the others; see `fftn`.

    >>> import numpynet
    >>> numpynet.fft.irfftn(numpynet.fft.rfftn(numpynet.tensor([[1.0, 2.0], [3.0, 4.0]])))
    tensor([[1., 2.],
            [3., 4.]])
    """
    dims, sizes = _several("irfftn", input, s, dim, half=True)
    if not dims:
        raise RuntimeError("irfftn must transform at least one axis")
    x = _prepared(_complexes("irfftn", input), dims, [*sizes[:-1], sizes[-1] // 2 + 1])
    return fourier.irfftn(x, dim=dims, n=sizes[-1], norm=_norm(norm))


@composed(out=True)
def fft_fft2(input: Tensor, s: Dims = None, dim: int | Sequence[int] = (-2, -1), norm: str | None = None) -> Tensor:
    """`fftn` along the last two dimensions.

    >>> import numpynet
    >>> numpynet.fft.fft2(numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[10.+0.j, -2.+0.j],
            [-4.+0.j,  0.+0.j]])
    """
    return fft_fftn(input, s, integers("fft_fft2", "dim", dim), norm)


@composed(out=True)
def fft_ifft2(input: Tensor, s: Dims = None, dim: int | Sequence[int] = (-2, -1), norm: str | None = None) -> Tensor:
    """`ifftn` along the last two dimensions.

    >>> import numpynet
    >>> numpynet.fft.ifft2(numpynet.tensor([[10 + 0j, -2], [-4, 0]]))
    tensor([[1.+0.j, 2.+0.j],
            [3.+0.j, 4.+0.j]])
    """
    return fft_ifftn(input, s, integers("fft_ifft2", "dim", dim), norm)


@composed(out=True)
def fft_rfft2(input: Tensor, s: Dims = None, dim: int | Sequence[int] = (-2, -1), norm: str | None = None) -> Tensor:
    """`rfftn` along the last two dimensions.

    >>> import numpynet
    >>> numpynet.fft.rfft2(numpynet.ones(3, 2, 4)).shape
    torch.Size([3, 2, 3])
    """
    return fft_rfftn(input, s, integers("fft_rfft2", "dim", dim), norm)


@composed(out=True)
def fft_irfft2(input: Tensor, s: Dims = None, dim: int | Sequence[int] = (-2, -1), norm: str | None = None) -> Tensor:
    """`irfftn` along the last two dimensions.

    >>> import numpynet
    >>> numpynet.fft.irfft2(numpynet.fft.rfft2(numpynet.tensor([[1.0, 2.0], [3.0, 4.0]])))
    tensor([[1., 2.],
            [3., 4.]])
    """
    return fft_irfftn(input, s, integers("fft_irfft2", "dim", dim), norm)
