"""Elementary functions have the C library's bits, whichever way they are computed."""

import math

import numpy as np
import pytest

from numpynet.random import c_library_math
from numpynet.random.c_library_math import by_element, cosine_and_sine


@pytest.mark.parametrize("numpy_agrees", [None, False])
def test_cosine_and_sine(monkeypatch, numpy_agrees):
    if numpy_agrees is not None:
        monkeypatch.setattr(c_library_math, "_numpy_agrees", lambda: numpy_agrees)
    angles = 2 * math.pi * np.random.default_rng(0).random((50, 400))
    cosine, sine = cosine_and_sine(angles)
    np.testing.assert_array_equal(cosine, [[math.cos(x) for x in row] for row in angles.tolist()])
    np.testing.assert_array_equal(sine, [[math.sin(x) for x in row] for row in angles.tolist()])


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (3, 4)])
def test_by_element_keeps_the_shape(shape):
    x = np.random.default_rng(0).random(shape)
    assert by_element(math.exp, x).shape == shape
    assert by_element(math.exp, np.ones((2, 3)).T).tolist() == [[math.e, math.e]] * 3
