"""dtypes: torch's names, the promotion of every pair, and the limits of each."""

from __future__ import annotations

import operator
from itertools import product
from math import inf, nan
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import numpynet
from numpynet.core import dtypes

NAMES = ["float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool"]


@pytest.fixture(scope="module")
def torch() -> ModuleType:
    module: ModuleType = pytest.importorskip("torch")
    return module


def outcome(function: Any, *operands: Any) -> Any:
    """dtype and values of a result, or the class of the exception and its message."""
    try:
        result = function(*operands)
    except Exception as error:
        return type(error), str(error)
    result = result[0] if isinstance(result, tuple) else result
    return repr(result.dtype), result.tolist()


def assert_same(mine: Any, its: Any, what: Any) -> None:
    """Equal dtypes and values, these up to rounding; or equal exceptions, ours beginning with torch's words."""
    assert mine[0] == its[0], what
    if isinstance(its[0], type):
        words = its[1].split(". ")[0].rstrip(".")
        if "not implemented for" in words:
            words = "not implemented for"  # a kernel whose name, and which of two operands, are torch's own affair
        assert words in mine[1], what
    elif "float" in its[0]:
        rtol = {"torch.float16": 2e-3, "torch.float32": 1e-6, "torch.float64": 1e-14}[its[0]]
        np.testing.assert_allclose(mine[1], its[1], rtol=rtol, err_msg=str(what))
    else:
        assert mine[1] == its[1], what


BINARY = """add sub mul true_divide div floor_divide remainder fmod pow maximum minimum eq ne lt le gt ge logical_and
    logical_or logical_xor bitwise_and bitwise_or bitwise_xor atan2 hypot logaddexp rsub where clamp"""


@pytest.mark.parametrize("name", BINARY.split())
def test_promotion_of_every_pair(torch: ModuleType, name: str) -> None:
    """Tensors with dimensions and without: the result's dtype and values, or the exception."""

    def function(library: Any) -> Any:
        if name == "where":
            return lambda a, b: library.where(library.tensor([True, False]), a, b)
        return getattr(library, name)

    for a, b in product(NAMES, NAMES):
        for first, second in (([3, 2], [2, 1]), (3, [2, 1]), ([3, 2], 2)):
            results = [
                outcome(
                    function(library),
                    library.tensor(first, dtype=getattr(library, a)),
                    library.tensor(second, dtype=getattr(library, b)),
                )
                for library in (numpynet, torch)
            ]
            assert_same(*results, (a, b, first, second))


OPERATORS = [
    getattr(operator, name) for name in ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "eq", "lt", "and_"]
]


@pytest.mark.parametrize("function", OPERATORS, ids=[one.__name__ for one in OPERATORS])
def test_numbers_beside_tensors(torch: ModuleType, function: Any) -> None:
    """On either side; a number beyond an integer dtype wraps around in it, as in torch."""
    for name, number, swapped in product(NAMES, (2, 2.0, True, -1, 0.5, 300), (False, True)):
        results = []
        for library in (numpynet, torch):
            tensor = library.tensor([3, 2], dtype=getattr(library, name))
            results.append(outcome(function, *((number, tensor) if swapped else (tensor, number))))
        assert_same(*results, (name, number, swapped))


UNARY = """abs neg exp log sqrt sin sign floor round relu sigmoid tanh square reciprocal isnan logical_not bitwise_not
    sum mean prod amax argmax all any cumsum logsumexp softmax std norm median max sort"""


@pytest.mark.parametrize("name", UNARY.split())
def test_dtypes_of_functions_of_one_tensor(torch: ModuleType, name: str) -> None:
    arguments = {"cumsum": (0,), "logsumexp": (0,), "softmax": (0,), "all": (0,), "any": (0,)}.get(name, ())
    for kind in NAMES:
        results = []
        for library in (numpynet, torch):
            tensor = library.tensor([3, 0, 2], dtype=getattr(library, kind))
            results.append(outcome(getattr(library, name), tensor, *arguments))
        assert_same(*results, kind)


def test_promote_types_result_type_and_can_cast(torch: ModuleType) -> None:
    for a, b in product(NAMES, NAMES):
        mine, its = ([getattr(library, name) for name in (a, b)] for library in (numpynet, torch))
        assert repr(numpynet.promote_types(*mine)) == repr(torch.promote_types(*its))
        assert numpynet.can_cast(*mine) == torch.can_cast(*its)
        for shape in ((2,), ()):
            x, y = numpynet.zeros((2,), dtype=mine[0]), numpynet.zeros(shape, dtype=mine[1])
            u, v = torch.zeros((2,), dtype=its[0]), torch.zeros(shape, dtype=its[1])
            assert repr(numpynet.result_type(x, y)) == repr(torch.result_type(u, v))
        for number in (True, 2, 2.5):
            x, u = numpynet.zeros(1, dtype=mine[0]), torch.zeros(1, dtype=its[0])
            assert repr(numpynet.result_type(x, number)) == repr(torch.result_type(u, number))
    assert numpynet.result_type(1, 2.5) is numpynet.float32


@pytest.mark.parametrize("name", NAMES)
def test_attributes(torch: ModuleType, name: str) -> None:
    mine, its = getattr(numpynet, name), getattr(torch, name)
    assert repr(mine) == str(mine) == repr(its)
    assert mine.itemsize == its.itemsize
    assert mine.is_floating_point == its.is_floating_point
    assert mine.is_signed == its.is_signed
    assert mine.is_complex == its.is_complex
    assert numpynet.zeros(1, dtype=mine).type() == torch.zeros(1, dtype=its).type()


def test_aliases() -> None:
    assert numpynet.float is numpynet.float32
    assert numpynet.double is numpynet.float64
    assert numpynet.half is numpynet.float16
    assert numpynet.short is numpynet.int16
    assert numpynet.int is numpynet.int32
    assert numpynet.long is numpynet.int64


def test_constants() -> None:
    assert (numpynet.pi, numpynet.e, numpynet.inf, numpynet.newaxis) == (np.pi, np.e, np.inf, None)
    assert numpynet.nan != numpynet.nan


@pytest.mark.parametrize("name", NAMES)
def test_limits(torch: ModuleType, name: str) -> None:
    for function in ("finfo", "iinfo"):
        results = []
        for library in (numpynet, torch):
            try:
                limits = getattr(library, function)(getattr(library, name))
            except TypeError as error:
                results.append(str(error))
            else:
                fields = ["bits", "min", "max", "dtype"]
                fields += ["eps", "tiny", "smallest_normal", "resolution"] if function == "finfo" else []
                results.append((repr(limits), [getattr(limits, field) for field in fields]))
        assert results[0] == results[1]


def test_the_default_dtype() -> None:
    with pytest.raises(TypeError, match="only floating-point types are supported as the default type"):
        numpynet.set_default_dtype(numpynet.int64)
    with pytest.raises(TypeError, match="invalid dtype object"):
        numpynet.set_default_dtype("float64")
    numpynet.set_default_dtype(numpynet.float64)
    assert numpynet.finfo().bits == 64
    assert (numpynet.tensor([1]) / 2).dtype is numpynet.float64
    assert (numpynet.tensor([1]) * 0.5).dtype is numpynet.float64


def test_foreign_dtypes_are_named() -> None:
    with pytest.raises(TypeError, match=r"longdouble|float128"):
        dtypes.from_numpy_dtype(np.dtype(np.longdouble))
    with pytest.raises(TypeError, match=r"write numpynet\.float32"):
        numpynet.zeros(1, dtype="float32")


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "float16", "float32", "bool"])
@pytest.mark.parametrize("value", [-1.5, -0.5, -1, -256, 255.5, 300, 1.7, 2**63, 2**64, 65519.0, 1e39, nan, inf])
def test_numbers_that_a_tensor_is_filled_with(dtype: str, value: float) -> None:
    """Two numbers: a single one torch writes by a shorter way, on which float16 overflows to inf."""
    torch = pytest.importorskip("torch")

    def outcomes(library: Any) -> list[str]:
        kind = getattr(library, dtype)
        found = []
        for fill in (
            lambda: library.full((2,), value, dtype=kind),
            lambda: library.full_like(library.zeros(2), value, dtype=kind),
            lambda: library.zeros(2, dtype=kind).fill_(value),
            lambda: library.zeros(2, dtype=kind).masked_fill_(library.tensor([True, True]), value),
            lambda: library.zeros(2).new_full((2,), value, dtype=kind),
        ):
            try:
                found.append(repr(fill().tolist()))
            except (RuntimeError, OverflowError) as error:
                found.append(type(error).__name__)
        return found

    assert outcomes(numpynet) == outcomes(torch)


def test_integers_beyond_64_bits_are_refused(library: Any) -> None:
    assert (library.tensor([1.0]) * 2.0**70).item() == 2.0**70
    for operation in (
        lambda: library.tensor([1]) + 2**64,
        lambda: library.tensor([1.0]) * 2**70,
        lambda: library.tensor([1]) < -(2**63) - 1,
        lambda: library.zeros(1).fill_(2**64),
    ):
        with pytest.raises(OverflowError):
            operation()


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
def test_integers_beyond_64_bits_are_no_options(library: Any, number: int) -> None:
    F = library.nn.functional
    for name in ("celu", "elu", "leaky_relu", "softplus", "hardshrink"):
        with pytest.raises(OverflowError):
            getattr(F, name)(library.ones(2), number)
    with pytest.raises(OverflowError):
        F.threshold(library.ones(2), 0.5, number)
    assert F.celu(library.ones(2), 2**64 - 1).tolist() == [1, 1]  # as 64 bits without a sign
    assert library.allclose(library.ones(2), library.zeros(2), rtol=0, atol=abs(number))  # which takes any float


def test_truth_of_numpy_is_a_float_to_torch(library: Any) -> None:
    assert (library.tensor([1, 2]) * np.True_).dtype == library.float32
    assert (np.True_ - library.ones(2)).tolist() == [0, 0]
