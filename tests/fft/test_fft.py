"""torch.fft beside torch's: values, dtypes, strides, gradients and those of gradients, errors; and the sums."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import numpynet
from numpynet import fft
from numpynet.ops import fourier

NORMS = [None, "backward", "ortho", "forward"]
ONE = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
SEVERAL = ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"]
OF_REALS = {"rfft", "ihfft", "rfft2", "rfftn"}
K = 8  # eps of the largest element: a transform takes log₂ n additions, each off by eps/2 of what it adds


def random_array(numbers: np.random.Generator, shape: tuple[int, ...], kind: str) -> Any:
    array = numbers.standard_normal(shape) + (1j * numbers.standard_normal(shape) if kind in "FD" else 0)
    return np.asarray(array).astype(kind)


def layouts(array: Any) -> list[Any]:
    return [array, np.asfortranarray(array), np.repeat(array, 2, -1)[..., ::2]]


def plain(tensor: Any) -> Any:
    return tensor.detach().resolve_conj().numpy()


def steps(tensor: Any) -> list[int]:
    """Its strides, without those of dimensions of one element, of which memory tells nothing."""
    return [step for step, size in zip(tensor.stride(), tensor.shape, strict=True) if size > 1]


def assert_alike(ours: Any, theirs: Any) -> None:
    have, want = plain(ours), plain(theirs)
    assert (have.dtype, have.shape) == (want.dtype, want.shape)
    eps = np.finfo(want.dtype).eps
    np.testing.assert_allclose(have, want, rtol=0, atol=K * eps * max(1, np.abs(want).max(initial=0)))


def check(torch: Any, name: str, array: Any, options: dict[str, Any], numbers: np.random.Generator) -> None:
    libraries = numpynet, torch
    leaves = [library.from_numpy(array).clone().requires_grad_() for library in libraries]
    results = []
    for library, leaf in zip(libraries, leaves, strict=True):
        try:
            results.append(getattr(library.fft, name)(leaf, **options))
        except Exception as error:
            results.append(error)
    ours, theirs = results
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), f"{ours!r} for {theirs!r}"
        return
    assert_alike(ours, theirs)
    assert steps(ours) == steps(theirs)
    dy = random_array(numbers, tuple(theirs.shape), plain(theirs).dtype.char)
    first = [
        library.autograd.grad(y, leaf, library.from_numpy(dy), create_graph=True)[0]
        for library, y, leaf in zip(libraries, results, leaves, strict=True)
    ]
    assert_alike(*first)
    cotangents = [library.from_numpy(dy).requires_grad_() for library in libraries]
    again = [
        library.autograd.grad(y, leaf, one, create_graph=True, retain_graph=True)[0]
        for library, y, leaf, one in zip(libraries, results, leaves, cotangents, strict=True)
    ]
    dz = random_array(numbers, array.shape, plain(again[1]).dtype.char)
    assert_alike(
        *(
            library.autograd.grad(gradient, one, library.from_numpy(dz))[0]
            for library, gradient, one in zip(libraries, again, cotangents, strict=True)
        )
    )


@pytest.mark.parametrize("kind", list("fdFD"))
@pytest.mark.parametrize("name", ONE)
def test_along_one_dimension(name: str, kind: str) -> None:
    torch = pytest.importorskip("torch")
    numbers = np.random.default_rng(1)
    for shape in ((6,), (5,), (1,), (4, 6), (3, 1, 7), (2, 3, 4)):
        for array in layouts(random_array(numbers, shape, kind)):
            for dim in range(-1, len(shape)):
                for n in (None, 1, 2, 4, 9):
                    norm = NORMS[numbers.integers(4)]
                    check(torch, name, array, {"n": n, "dim": dim, "norm": norm}, numbers)


@pytest.mark.parametrize("kind", list("fdFD"))
@pytest.mark.parametrize("name", SEVERAL)
def test_along_several_dimensions(name: str, kind: str) -> None:
    torch = pytest.importorskip("torch")
    numbers = np.random.default_rng(2)
    several = [{}, {"s": (4, 5)}, {"s": (-1, 3)}, {"dim": (0, 1)}, {"dim": (1, 0)}, {"s": (2, 4), "dim": (-1, 0)}]
    several += [
        {"dim": (1,)},
        {"dim": 0},
        {"s": (0, 3)},
        {"s": (1, 2, 3, 4)},
        {"dim": (0, 0)},
        {"s": (3,), "dim": (0, 1)},
    ]
    several += [{"dim": (5,)}, {"norm": "ortho"}, {"norm": "forward"}, {"norm": "other"}]
    for shape in ((4, 6), (3, 5), (2, 3, 4), (5,)):
        for array in layouts(random_array(numbers, shape, kind)):
            for options in several:
                check(torch, name, array, options, numbers)


CALLS = """
f.fft(t.ones(3, dtype=t.int64))
f.rfft(t.arange(5))
f.irfft(t.ones(3))
f.hfft(t.ones(3, dtype=t.bool))
f.fft(t.ones(3).half())
f.rfft(t.ones(3).half())
f.fft(t.tensor(1.0))
f.fft(t.zeros(0))
f.fft(t.ones(3), n=0)
f.fft(t.ones(3), n=-1)
f.fft(t.ones(3), n=2.5)
f.fft(t.ones(3), n=True)
f.fft(t.ones(3), dim=3)
f.fft(t.ones(3), norm="a")
f.fft(t.ones(3), norm=3)
f.fft([1.0])
f.fft()
f.fft(t.ones(3), 3, -1, None, 4)
f.fft(t.ones(3), unknown=1)
f.fft(input=t.ones(3), n=2, dim=0, norm="ortho")
f.rfft(t.ones(3, dtype=t.cfloat))
f.ihfft(t.ones(3, dtype=t.cfloat))
f.rfftn(t.ones(3, dtype=t.cfloat))
f.irfft(t.ones(1))
f.irfft(t.ones(4), n=1)
f.fft(t.ones(4), out=t.empty(0, dtype=t.cfloat))
f.fft(t.ones(4), out=t.empty(0))
f.fftn(t.tensor(1.0))
f.fftn(t.ones(2, 3), dim=())
f.rfftn(t.ones(2, 3), dim=())
f.irfftn(t.ones(2, 3), dim=())
f.rfftn(t.tensor(1.0))
f.fft2(t.ones(3))
f.fftn(t.ones(2, 3), s=3)
f.fftn(t.ones(2, 3), s="a")
f.fftfreq(5)
f.fftfreq(6)
f.fftfreq(1)
f.fftfreq(0)
f.fftfreq(-1)
f.fftfreq(5, 0.1)
f.fftfreq(5, d=0.0)
f.fftfreq(5, dtype=t.float64)
f.fftfreq(5, dtype=t.int64)
f.fftfreq(5, dtype=t.cfloat)
f.fftfreq(2.5)
f.fftfreq(5, requires_grad=True)
f.fftfreq(5, out=t.empty(5))
f.rfftfreq(5)
f.rfftfreq(6, d=0.25)
f.rfftfreq(0)
f.rfftfreq(1)
f.fftshift(t.arange(5))
f.ifftshift(t.arange(5))
f.fftshift(t.arange(12).view(3, 4))
f.fftshift(t.arange(12).view(3, 4), dim=1)
f.ifftshift(t.arange(12).view(3, 4), dim=(0,))
f.fftshift(t.arange(12).view(3, 4), 3)
f.fftshift(t.tensor(1))
f.fftshift([1])
"""


@pytest.mark.parametrize("call", CALLS.split("\n")[1:-1])
def test_calls(call: str) -> None:
    torch = pytest.importorskip("torch")
    found = []
    for library in (numpynet, torch):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found.append(eval(call, {"t": library, "f": library.fft}))
            except Exception as error:
                found.append(error)
    ours, theirs = found
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), f"{ours!r} for {theirs!r}"
    else:
        assert ours.requires_grad == theirs.requires_grad
        assert (ours.dtype.name, tuple(ours.shape)) == (str(theirs.dtype)[6:], tuple(theirs.shape))
        np.testing.assert_allclose(plain(ours), plain(theirs), atol=1e-6, equal_nan=True)  # a few eps of at most 5


@pytest.mark.parametrize("n", [1, 2, 5, 6])
def test_a_transform_is_its_sum(n: int) -> None:
    x = random_array(np.random.default_rng(n), (n,), "D")
    waves = np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n)
    np.testing.assert_allclose(fft.fft(numpynet.from_numpy(x)).numpy(), waves @ x, atol=1e-14)
    np.testing.assert_allclose(fft.ifft(numpynet.from_numpy(waves @ x)).numpy(), x, atol=1e-14)
    dy = random_array(np.random.default_rng(n + 1), (n,), "D")
    np.testing.assert_allclose(fourier.fftn.gradients.x(dy, dim=(0,), norm="backward"), waves.conj().T @ dy, atol=1e-13)


@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
@pytest.mark.parametrize(
    "operation", [fourier.fftn, fourier.ifftn, fourier.rfftn, fourier.irfftn], ids=lambda op: op.name
)
def test_gradients_are_derivatives(operation: Any, norm: str) -> None:
    for n in (5, 6):
        kind = "d" if operation is fourier.rfftn else "D"
        x = numpynet.from_numpy(random_array(np.random.default_rng(n), (3, 4), kind)).requires_grad_()
        options = {"n": n} if operation is fourier.irfftn else {}
        x = x if n == 6 or not options else x[:, :3].detach().requires_grad_()
        assert numpynet.autograd.gradcheck(lambda x, o=options: operation(x, dim=(0, 1), norm=norm, **o), x)


def test_a_compiled_step_refuses() -> None:
    with pytest.raises(numpynet.CompileError):
        numpynet.compile(lambda x: fft.rfft(x).abs().sum())(numpynet.ones(4))


def test_single_precision_stays_single() -> None:
    assert fft.fft(numpynet.ones(4)).dtype is numpynet.complex64
    assert fft.irfft(numpynet.ones(4)).dtype is numpynet.float32


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("fft2(x, dim=None)", TypeError),
        ("fftn(x, b'a')", TypeError),
        ("rfftn(x, {1, 2})", TypeError),
        ("fftshift(x, {0})", TypeError),
        ("fftfreq(4, ())", TypeError),
        ("fftfreq(4, 1j)", TypeError),
        ("fftfreq(4, [0.5])", TypeError),
    ],
)
def test_what_is_no_size_no_dimension_and_no_distance(call: str, error: type[Exception]) -> None:
    torch = pytest.importorskip("torch")
    for library in (numpynet, torch):
        with pytest.raises(error):
            eval(f"library.fft.{call}", {"library": library, "x": library.ones(2, 3)})
