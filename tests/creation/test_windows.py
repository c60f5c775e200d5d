"""Windows beside torch's, and a few numbers of them."""

from __future__ import annotations

import numpy as np
import pytest

import numpynet

NAMES = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]
K = 8  # eps: torch computes in the dtype itself, in some ten roundings of numbers of at most 1


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_like_torch(name: str, dtype: str) -> None:
    torch = pytest.importorskip("torch")
    for length in (0, 1, 2, 3, 5, 8, 51):
        for periodic in (True, False):
            ours = getattr(numpynet, name)(length, periodic, dtype=getattr(numpynet, dtype)).numpy()
            theirs = getattr(torch, name)(length, periodic, dtype=getattr(torch, dtype)).numpy()
            assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=K * np.finfo(ours.dtype).eps)


def test_parameters_like_torch() -> None:
    torch = pytest.importorskip("torch")
    for name, options in (("hamming_window", (0.5,)), ("hamming_window", (0.5, 0.4)), ("kaiser_window", (6.0,))):
        ours, theirs = (getattr(library, name)(7, True, *options).numpy() for library in (numpynet, torch))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=K * np.finfo(np.float32).eps)


def test_by_hand() -> None:
    assert numpynet.hann_window(4).tolist() == [0.0, 0.5, 1.0, 0.5]
    assert numpynet.hann_window(3, periodic=False).tolist() == [0.0, 1.0, 0.0]
    assert numpynet.bartlett_window(5, False).tolist() == [0.0, 0.5, 1.0, 0.5, 0.0]
    np.testing.assert_allclose(numpynet.hamming_window(2).numpy(), [0.08, 1.0], rtol=1e-6)
    np.testing.assert_allclose(numpynet.blackman_window(4).numpy(), [0.0, 0.34, 1.0, 0.34], atol=1e-6)
    assert numpynet.kaiser_window(5, False, 0.0).tolist() == [1.0] * 5


def test_what_is_refused() -> None:
    with pytest.raises(RuntimeError, match="requires non-negative window_length"):
        numpynet.hann_window(-1)
    with pytest.raises(RuntimeError, match="expects floating point dtypes"):
        numpynet.kaiser_window(4, dtype=numpynet.int64)
    with pytest.raises(NotImplementedError):
        numpynet.hann_window(4, dtype=numpynet.complex64)
    with pytest.raises(TypeError):
        numpynet.hann_window(4, 3)
