"""Elementary functions have the C library's bits, whichever way they are computed."""

import math

import numpy as np
import pytest

from numpynet.random import c_library_math
from numpynet.random.c_library_math import by_element, of_array

ARGUMENTS = {
    math.log: lambda fractions: 1 - fractions,
    math.log1p: lambda fractions: -fractions,
    math.cos: lambda fractions: 2 * math.pi * fractions,
    math.sin: lambda fractions: 2 * math.pi * fractions,
    math.tan: lambda fractions: math.pi * (fractions - 0.5),
}


@pytest.mark.parametrize("numpy_agrees", [None, False])
@pytest.mark.parametrize("function", ARGUMENTS)
def test_elementary_functions(monkeypatch, function, numpy_agrees):
    if numpy_agrees is not None:
        monkeypatch.setattr(c_library_math, "_numpy_agrees", lambda function: numpy_agrees)
    x = ARGUMENTS[function](np.random.default_rng(0).random((50, 400)))
    np.testing.assert_array_equal(of_array(function, x), [[function(number) for number in row] for row in x.tolist()])


def test_a_function_of_numpys_with_other_bits_is_noticed(monkeypatch):
    monkeypatch.setattr(np, "log", lambda x: np.nextafter(by_element(math.log, x), np.inf, where=x < 0.01, out=x * 0))
    assert not c_library_math._numpy_agrees.__wrapped__(math.log)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (3, 4)])
def test_by_element_keeps_the_shape(shape):
    x = np.random.default_rng(0).random(shape)
    assert by_element(math.exp, x).shape == shape
    assert by_element(math.exp, np.ones((2, 3)).T).tolist() == [[math.e, math.e]] * 3
