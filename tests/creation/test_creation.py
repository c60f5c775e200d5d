"""Creation: torch's values to the last bit, its dtypes, what it infers from data, and what it refuses."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from expressions import ours, theirs
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet

CREATED = """
T([])
T([[]])
T([[], []])
T(())
T(3)
T(2.5)
T(True)
T([True, 2])
T([True, 2.5])
T([1, 2.5])
T([2**40])
T(-2**63)
T([10**30, 1.5])
T([10**30], dtype=t.float32)
T(1e39)
T(nan)
T([1, 2], dtype=t.float64)
T([1.7, -1.7], dtype=t.int64)
T([2, 0.0], dtype=t.bool)
T([True], dtype=t.float32)
T([-1], dtype=t.uint8)
T([70000.0], dtype=t.float16)
T(range(3))
T([range(2), range(2)])
T([(1, 2), [3, 4]])
T(np.float64(1.5))
T([np.float64(1.5)])
T([np.float32(1.5)])
T([np.int32(1)])
T(np.True_)
T([np.array([1, 2]), np.array([3, 4])])
T(np.arange(4).reshape(2, 2))
T(np.arange(4).reshape(2, 2).T)
T([T(1.0), T(2.0)])
T([T(1), T(2.0)])
T([T([1.0]), T([2.0])])
T([[T(1), T(2)], [T(3), T(4)]])
T(T([1, 2]))
T([1.0], requires_grad=True)
T([1], dtype=float)
T([1.5], dtype=int)
T([1], dtype=bool)
t.as_tensor([1, 2])
t.as_tensor(3.5)
t.as_tensor(T([1.0]), dtype=t.float64)
t.as_tensor(np.arange(3), dtype=t.float32)
t.asarray([1.0, 2.0], dtype=t.float64)
t.asarray(T([1.0]), copy=True)
t.asarray([1.0], requires_grad=True)
t.from_numpy(np.ones(2, np.float32))
t.scalar_tensor(3)
t.scalar_tensor(3.5, dtype=t.float64)
z(2, 3)
z([2, 3])
z((2, 3), dtype=t.int64)
z(size=(2, 3))
z(())
z(0)
z(T(2))
z(np.int64(2))
t.ones(2, dtype=t.bool)
t.ones(2, 0)
t.ones(2, layout=None, pin_memory=False, device="cpu")
t.empty(2, 3).shape
t.full((2,), 1.5)
t.full((2,), True)
t.full((2,), T(3))
t.full(size=[2, 1], fill_value=2)
t.full((2,), 1.5, dtype=t.int64)
t.full((2,), -1, dtype=t.uint8)
t.full((2,), 2, dtype=t.bool)
t.full((), 2)
t.zeros_like(T([1, 2]))
t.ones_like(T([1, 2]), dtype=t.float64)
t.ones_like(T([1.0], requires_grad=True))
t.full_like(T([1, 2]), 1.5)
t.full_like(T([1.0, 2.0]), 2)
t.empty_like(T([1, 2])).dtype
t.arange(5)
t.arange(5.0)
t.arange(1, 5, 2)
t.arange(1, 2, 0.3)
t.arange(5, 1, -2)
t.arange(0)
t.arange(1, 5, dtype=t.float32)
t.arange(end=4)
t.arange(start=1, end=4)
t.arange(T(3))
t.arange(0.0, T(1.0), T(0.5))
t.arange(5, dtype=t.uint8)
t.arange(0, 2.5)
t.arange(0, 2.5, dtype=t.int64)
t.arange(1.0, 4, requires_grad=True)
t.linspace(0, 1, 5)
t.linspace(0, 1, 1)
t.linspace(0, 1, 0)
t.linspace(0, 9, 5, dtype=t.int64)
t.linspace(start=0, end=1, steps=2)
t.linspace(T(0.0), T(1.0), 3)
t.linspace(3, 3, 4)
t.logspace(0, 2, 3)
t.logspace(0, 1, 4, base=2)
t.logspace(0, 1, 1)
t.eye(2)
t.eye(2, 3)
t.eye(0)
t.eye(2, dtype=t.bool)
t.tril_indices(2, 3)
t.triu_indices(3, 3, 1)
t.meshgrid(T([1, 2]), T([3, 4, 5]))
t.meshgrid(T([1, 2]), T([3, 4, 5]), indexing="xy")
t.meshgrid([T([1, 2]), T([3]), T([4, 5])], indexing="xy")
t.meshgrid(T([1, 2]), T(3))
""".strip().splitlines()


@pytest.mark.parametrize("expression", CREATED)
def test_like_torch(expression: str) -> None:
    pytest.importorskip("torch")
    assert repr(ours(expression)) == repr(theirs(expression))


def test_the_default_dtype_is_for_floats_only() -> None:
    numpynet.set_default_dtype(numpynet.float64)
    assert numpynet.tensor([1.5]).dtype is numpynet.float64
    assert numpynet.tensor([1]).dtype is numpynet.int64
    assert numpynet.tensor(np.float32(1)).dtype is numpynet.float32
    assert numpynet.zeros(1).dtype is numpynet.arange(1.0).dtype is numpynet.full((1,), 1.0).dtype is numpynet.float64


def test_a_tensor_of_an_array_is_a_copy_and_from_numpy_shares() -> None:
    array = np.zeros(2)
    copied, shared, known = numpynet.tensor(array), numpynet.from_numpy(array), numpynet.as_tensor(array)
    array[0] = 5
    assert copied.tolist() == [0, 0]
    assert shared.tolist() == known.tolist() == [5, 0]
    assert numpynet.as_tensor(shared) is shared
    assert numpynet.asarray(array, copy=True).tolist() == [5, 0]
    with pytest.raises(ValueError, match="can't alias"):
        numpynet.asarray([1.0], copy=False)


def test_a_copy_of_a_tensor_warns() -> None:
    with pytest.warns(UserWarning, match="To copy construct from a tensor"):
        numpynet.tensor(numpynet.ones(1))


def test_grids_pass_gradients() -> None:
    x, y = numpynet.ones(2, requires_grad=True), numpynet.ones(3, requires_grad=True)
    rows, columns = numpynet.meshgrid(x, y, indexing="xy")
    assert rows.shape == (3, 2)
    (rows * 2 + columns).sum().backward()
    assert x.grad.tolist() == [6, 6]
    assert y.grad.tolist() == [2, 2, 2]


number = st.floats(-1000, 1000)


@pytest.fixture(scope="module")
def torch() -> ModuleType:
    module: ModuleType = pytest.importorskip("torch")
    return module


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(number, st.floats(1e-3, 10), st.floats(0, 200))
@settings(max_examples=60)
def test_arange_has_torchs_bits(torch: ModuleType, dtype: str, start: float, step: float, count: float) -> None:
    """Those of its AVX2 build, whose vectors decide what is counted up from where."""
    if torch.backends.cpu.get_cpu_capability() != "AVX2":
        pytest.skip("another build than the one that is followed")
    for sign in (1, -1):
        arguments = (start, start + sign * step * count, sign * step)
        expected = torch.arange(*arguments, dtype=getattr(torch, dtype)).numpy()
        found = numpynet.arange(*arguments, dtype=getattr(numpynet, dtype)).numpy()
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@given(number, number, st.integers(0, 100))
@settings(max_examples=60)
def test_linspace_has_torchs_bits(torch: ModuleType, dtype: str, start: float, end: float, steps: int) -> None:
    if torch.backends.cpu.get_cpu_capability() == "DEFAULT":
        pytest.skip("a build without fused multiply-add")
    expected = torch.linspace(start, end, steps, dtype=getattr(torch, dtype)).numpy()
    found = numpynet.linspace(start, end, steps, dtype=getattr(numpynet, dtype)).numpy()
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(st.floats(-5, 5), st.floats(-5, 5), st.integers(0, 100), st.floats(1.1, 10))
@settings(max_examples=60)
def test_logspace_is_torchs_up_to_the_last_bit(
    torch: ModuleType, dtype: str, start: float, end: float, steps: int, base: float
) -> None:
    """The powers are rounded once or, of float32, twice, and the C libraries need not agree on the last bit."""
    expected = torch.logspace(start, end, steps, base, dtype=getattr(torch, dtype)).numpy()
    found = numpynet.logspace(start, end, steps, base, dtype=getattr(numpynet, dtype)).numpy()
    np.testing.assert_array_max_ulp(found, expected, 1)


nested = st.recursive(
    st.one_of(st.integers(-100, 100), st.booleans(), st.floats(-100, 100, width=32), st.just("a"), st.none()),
    lambda children: st.lists(children, max_size=3),
    max_leaves=8,
)


@given(nested)
@settings(max_examples=50)
def test_nested_lists_as_torch_takes_or_refuses_them(torch: ModuleType, data: Any) -> None:
    try:
        expected = torch.tensor(data)
    except Exception as error:
        with pytest.raises(type(error)):
            numpynet.tensor(data)
        return
    found = numpynet.tensor(data)
    assert repr(found.dtype) == repr(expected.dtype)
    assert found.tolist() == expected.tolist()
    assert found.shape == expected.shape


# An expression (names as in `expressions`), what it raises, and words of the message.
REFUSED: list[tuple[str, type[Exception], str]] = [
    ("t.meshgrid(z(1,2))", RuntimeError, "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got"),
    ("t.meshgrid([T([1]),T([2.])])", RuntimeError, "meshgrid expects all tensors to have the same dtype"),
    ("t.finfo(t.int32)", TypeError, "torch.finfo() requires a floating point input type"),
    ("t.iinfo(t.float32)", TypeError, "torch.iinfo() requires an integer input type"),
    ("t.promote_types(1,t.int8)", TypeError, "promote_types(): argument 'type1'"),
    ("t.zeros()", TypeError, 'zeros() missing 1 required positional arguments: "size"'),
    ("t.ones(-1)", RuntimeError, "Trying to create tensor with negative dimension -1: [-1]"),
    ("t.zeros(2.5)", TypeError, "zeros(): argument 'size' (position 1) must be tuple of ints, not float"),
    ("t.zeros('a')", TypeError, "zeros(): argument 'size' (position 1) must be tuple of ints, not str"),
    ("t.zeros(2,foo=1)", TypeError, "zeros() got an unexpected keyword argument 'foo'"),
    ("t.full(2,1)", TypeError, "full(): argument 'size' (position 1) must be tuple of ints, not int"),
    ("t.full((2,),None)", TypeError, "full(): argument 'fill_value' (position 2) must be Number, not NoneTyp"),
    ("t.full((2,),300,dtype=t.uint8)", RuntimeError, "value cannot be converted to type uint8"),
    ("t.zeros_like([1,2])", TypeError, "zeros_like(): argument 'input' (position 1) must be Tensor, not list"),
    ("t.zeros_like(z(1),foo=2)", TypeError, "zeros_like() got an unexpected keyword argument 'foo'"),
    ("t.arange(5,1)", RuntimeError, "upper bound and lower bound inconsistent with step sign"),
    ("t.arange(0,1,0)", RuntimeError, "step must be nonzero"),
    ("t.arange(nan)", RuntimeError, "unsupported range: 0 -> nan"),
    ("t.arange(3,dtype=t.bool)", NotImplementedError, "not implemented for 'Bool'"),
    ("t.arange()", TypeError, ""),
    (
        "t.arange(1,4,requires_grad=True)",
        RuntimeError,
        "nly Tensors of floating point and complex dtype can require gradients",
    ),
    ("t.linspace(0,1,-1)", RuntimeError, "number of steps must be non-negative"),
    ("t.linspace(0,1)", TypeError, ""),
    ("t.eye(-1)", RuntimeError, "n must be greater or equal to 0, got -1"),
    ("t.eye(2,-3)", RuntimeError, "m must be greater or equal to 0, got -3"),
    ("t.eye(2.5)", TypeError, "eye(): argument 'n' (position 1) must be int, not float"),
    ("t.tensor([[1,2],[3]])", ValueError, "expected sequence of length 2 at dim 1 (got 1)"),
    ("t.tensor([1,[2]])", TypeError, "'list' object cannot be interpreted as an integer"),
    ("t.tensor([[1],2])", TypeError, ""),
    ("t.tensor([[[1],[2]],[[3],[4,5]]])", ValueError, "expected sequence of length 1 at dim 2 (got 2)"),
    ('t.tensor("a")', TypeError, "new(): invalid data type 'str'"),
    ('t.tensor(["a"])', ValueError, "too many dimensions 'str'"),
    ('t.tensor([1,"a"])', TypeError, "new(): invalid data type 'str'"),
    ("t.tensor(None)", RuntimeError, "Could not infer dtype of NoneType"),
    ("t.tensor([1,None])", RuntimeError, "Could not infer dtype of NoneType"),
    ("t.tensor({})", RuntimeError, "Could not infer dtype of dict"),
    ("t.tensor(object())", RuntimeError, "Could not infer dtype of object"),
    ("t.tensor([2**63])", ValueError, "Overflow when unpacking long long"),
    ("t.tensor([300],dtype=t.uint8)", RuntimeError, "value cannot be converted to type uint8 without overflow"),
    ("t.tensor([nan],dtype=t.int64)", RuntimeError, "value cannot be converted to type int64 without overflow"),
    ("t.tensor([-200],dtype=t.int8)", RuntimeError, "value cannot be converted to type int8 without overflow"),
    ("t.tensor([T([1.,2.]),T([1.,2.])])", ValueError, "only one element tensors can be converted to Python scalars"),
    ("t.tensor(np.array(['a']))", TypeError, "can't convert np.ndarray of type numpy"),
    (
        "t.tensor(np.array([1,2],dtype='>f4'))",
        ValueError,
        "given numpy array has byte order different from the native byte order",
    ),
    (
        "t.tensor(np.array([1,2])[::-1])",
        ValueError,
        "At least one stride in the given numpy array is negative, and tensors",
    ),
    (
        "t.from_numpy(np.array([1,2])[::-1])",
        ValueError,
        "At least one stride in the given numpy array is negative, and tensors",
    ),
    ("t.from_numpy(np.float32(1))", TypeError, "expected np.ndarray (got numpy.float32)"),
    ("t.from_numpy([1])", TypeError, "expected np.ndarray (got list)"),
    (
        "t.tensor([1],requires_grad=True)",
        RuntimeError,
        "nly Tensors of floating point and complex dtype can require gradients",
    ),
    ("t.tensor([1.],dtype='float32')", TypeError, "tensor(): argument 'dtype' must be torch.dtype, not str"),
    ("t.tensor([1.],t.float64)", TypeError, "tensor() takes 1 positional argument but 2 were given"),
    ("t.tensor()", TypeError, "tensor() missing 1 required positional argument"),
    ("t.tensor([1.],foo=1)", TypeError, "tensor() got an unexpected keyword argument 'foo'"),
    ("t.set_default_dtype(t.int64)", TypeError, "only floating-point types are supported as the default type"),
]


@pytest.mark.parametrize(("expression", "error", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(expression: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        ours(expression)
    assert error is not RuntimeError or caught.type is RuntimeError
    assert words in str(caught.value)


def test_torch_refuses_in_these_words() -> None:
    pytest.importorskip("torch")
    for expression, error, words in REFUSED:
        with pytest.raises(error) as caught:
            theirs(expression)
        assert caught.type is error, expression
        assert words in str(caught.value), expression


def test_what_is_missing_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"no tensors of torch\.complex32"):
        numpynet.tensor([1 + 2j], dtype=numpynet.complex32)
