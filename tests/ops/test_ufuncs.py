"""NumPy's universal functions on tensors: each is recorded as the operation that computes the same."""

from __future__ import annotations

import numpy as np
import pytest

import numpynet
from numpynet.ops.ufuncs import OPERATION_OF_UFUNC

INTEGERS = [np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert]


@pytest.mark.parametrize("ufunc", OPERATION_OF_UFUNC, ids=lambda ufunc: ufunc.__name__)
def test_the_operation_of_a_universal_function(ufunc: np.ufunc) -> None:
    kind = np.int64 if ufunc in INTEGERS else np.float32
    values = [[4, 2], [7, 1]] if kind is np.int64 else [[1.25, 1.5]] if ufunc is np.arccosh else [[0.25, 0.5, 0.75]]
    arrays = [np.array(values, kind) for _ in range(ufunc.nin)]
    if ufunc is np.matmul:
        arrays[1] = arrays[1].T
    expected = ufunc(*arrays)
    found = ufunc(*(numpynet.tensor(array) for array in arrays))
    assert isinstance(found, numpynet.Tensor)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)
    if kind is np.float32:
        leaves = [numpynet.tensor(array, requires_grad=True) for array in arrays]
        result = ufunc(*leaves)
        assert result.requires_grad == (expected.dtype.kind == "f")
