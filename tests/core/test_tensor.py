"""Tensor as an object: its attributes, conversions, copies. Every expectation with `library` holds of torch too."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import numpynet
from numpynet import ops


def leaf(library, *values):
    return library.tensor(values, dtype=library.float64, requires_grad=True)


# --- what it is ------------------------------------------------------------------------------------------------


def test_attributes(library):
    x = library.zeros(2, 3, dtype=library.float64)
    assert x.shape == x.size() == (2, 3)
    assert repr(x.shape) == "torch.Size([2, 3])"
    assert (x.ndim, x.dim(), x.ndimension()) == (2, 2, 2)
    assert (x.numel(), x.nelement(), x.element_size(), x.itemsize, x.nbytes) == (6, 6, 8, 8, 48)
    assert (x.size(0), x.size(-1)) == (2, 3)
    assert (x.stride(), x.stride(0), x.T.stride()) == ((3, 1), 3, (1, 3))
    assert (x.storage_offset(), x[1, 1:].storage_offset()) == (0, 4)
    assert (x.is_contiguous(), x.T.is_contiguous()) == (True, False)
    assert (x.is_floating_point(), x.is_complex(), x.long().is_floating_point()) == (True, False, False)
    assert str(x.dtype) == "torch.float64"
    assert str(x.device) == "cpu"
    assert x[1].data_ptr() == x.data_ptr() + 24


@pytest.mark.parametrize("dim", [2, -3])
def test_a_dimension_out_of_range(library, dim):
    with pytest.raises(IndexError, match=r"Dimension out of range \(expected to be in range of \[-2, 1\], but got"):
        library.zeros(2, 3).size(dim)


def test_size_is_a_tuple(library):
    size = library.zeros(2, 3).shape
    assert isinstance(size, tuple)
    assert size.numel() == 6
    assert size[:1] == library.Size([2])
    assert isinstance(size[1:], library.Size)
    assert isinstance(size + size, library.Size)
    a, b = size
    assert (a, b) == (2, 3)
    assert {size: 1}[(2, 3)] == 1


def test_the_constructor_of_the_class(library):
    assert tuple(library.Tensor(2, 3).shape) == (2, 3)
    assert library.Tensor([1, 2]).tolist() == [1, 2]
    assert library.Tensor([1, 2]).dtype == library.float32
    assert library.Tensor().numel() == 0
    assert isinstance(library.ones(1), library.Tensor)


def test_numpynet_lives_on_the_cpu(library):
    x = library.ones(1)
    assert x.to("cpu") is x
    assert x.to(library.device("cpu")) is x
    assert not library.cuda.is_available()
    assert (x.is_cuda, x.get_device()) == (False, -1)
    with pytest.raises((RuntimeError, AssertionError)):
        x.cuda()


def test_a_number_that_is_no_device_is_a_dtype(library):
    x = library.ones(1)
    assert [x.to(one).dtype for one in (1.5, np.float32(1.5))] == [library.float64] * 2
    assert (x.to(True).dtype, x.to(1j).dtype) == (library.bool, library.complex128)
    assert library.nn.Linear(1, 1).to(1.5, True).weight.dtype == library.float64
    with pytest.raises(TypeError, match="only accepts floating point or complex"):
        library.nn.Linear(1, 1).to(True)
    with pytest.raises(TypeError):
        x.to(device=1.5)


@pytest.mark.parametrize(("flag", "wanted"), [(1, True), (np.int64(0), False), (255, True)])
def test_flags_of_variables_are_bytes(library, flag, wanted):
    assert library.autograd.Variable(library.ones(1), flag).requires_grad is wanted
    for wrong, error in ((256, OverflowError), (-1, OverflowError), (2**70, OverflowError), (1.5, TypeError)):
        with pytest.raises(error):
            library.autograd.Variable(library.ones(1), wrong)


def test_variables_are_tensors(library):
    x = library.ones(2)
    v = library.autograd.Variable(x, requires_grad=True)
    assert isinstance(v, library.Tensor)
    assert isinstance(x, library.autograd.Variable)
    assert not isinstance(1, library.autograd.Variable)
    assert (v.requires_grad, x.requires_grad, v.data_ptr() == x.data_ptr()) == (True, False, True)
    assert library.autograd.Variable(v * 1, requires_grad=True).is_leaf
    with pytest.raises(TypeError, match="Variable data has to be a tensor, but got int"):
        library.autograd.Variable(3)


# --- out of the tensor ------------------------------------------------------------------------------------------


def test_item(library):
    for value in (1.5, 3, True):
        assert library.tensor(value).item() == value
        assert type(library.tensor(value).item()) is type(value)
        assert library.tensor([[value]]).item() == value
    for size in (0, 2):
        with pytest.raises(RuntimeError, match=f"a Tensor with {size} elements cannot be converted to Scalar"):
            library.zeros(size).item()


def test_tolist(library):
    assert library.tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert library.tensor(1.5).tolist() == 1.5
    assert library.zeros(0, 2).tolist() == []
    assert leaf(library, 1.0).tolist() == [1]


def test_numbers(library):
    x = library.tensor(2.7)
    assert float(x) == x.item()
    assert int(x) == 2
    assert complex(x) == x.item()
    assert int(library.tensor([3])) == 3
    assert f"{library.tensor(3.14159):.2f}" == "3.14"
    with pytest.raises(ValueError, match="only one element tensors can be converted to Python scalars"):
        float(library.ones(2))
    with pytest.raises(ValueError, match="only one element tensors"):
        int(library.ones(0))


def test_truth(library):
    assert bool(library.tensor(1))
    assert not library.tensor([0.0])
    assert library.tensor(float("nan"))
    with pytest.raises(RuntimeError, match="Boolean value of Tensor with more than one value is ambiguous"):
        bool(library.ones(2))
    with pytest.raises(RuntimeError, match="Boolean value of Tensor with no values is ambiguous"):
        bool(library.ones(0))


def test_as_an_index_of_lists(library):
    assert [10, 20, 30][library.tensor(1)] == 20
    assert list(range(library.tensor([3]))) == [0, 1, 2]
    for wrong in (library.tensor(1.0), library.tensor([1, 2])):
        with pytest.raises(TypeError, match="only integer tensors of a single element can be converted to an index"):
            [10, 20, 30][wrong]


def test_len_iter_in(library):
    x = library.tensor([[1, 2], [3, 4]])
    assert len(x) == 2
    assert [row.tolist() for row in x] == [[1, 2], [3, 4]]
    assert 3 in x
    assert 7 not in x
    assert library.tensor(2) in x
    first, second = x
    assert (first.tolist(), second.tolist()) == ([1, 2], [3, 4])
    with pytest.raises(TypeError, match=r"len\(\) of a 0-d tensor"):
        len(library.tensor(1))
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        iter(library.tensor(1))
    with pytest.raises(RuntimeError, match=r"Tensor.__contains__ only supports Tensor or scalar"):
        "a" in x  # noqa: B015


def test_hash_is_identity_and_equality_is_elementwise(library):
    x, y = library.ones(2), library.ones(2)
    assert (x == y).tolist() == [True, True]
    table = {x: "x", y: "y"}
    assert table[x] == "x"
    assert table[y] == "y"
    assert len({x, y, x}) == 2
    assert (x != y).tolist() == [False, False]
    assert (x == None) is False  # noqa: E711
    assert (x != "a") is True


def test_comparisons(library):
    x = library.tensor([1.0, 2.0, float("nan")])
    assert (x < 2).tolist() == [True, False, False]
    assert (x <= 2).tolist() == [True, True, False]
    assert (x > library.tensor(1)).tolist() == [False, True, False]
    assert (2 >= x).tolist() == [True, True, False]  # noqa: SIM300
    assert (x == x).tolist() == [True, True, False]
    assert (~(x == 1)).tolist() == [False, True, True]
    with pytest.raises(TypeError):
        x < "a"  # noqa: B015


# --- copies ------------------------------------------------------------------------------------------------------


def test_clone_and_detach(library):
    x = leaf(library, 1.0, 2.0)
    c = x.clone()
    assert (c.requires_grad, c.is_leaf, c.data_ptr() == x.data_ptr()) == (True, False, False)
    d = x.detach().clone()
    assert (d.requires_grad, d.is_leaf) == (False, True)
    c.sum().backward()
    assert x.grad.tolist() == [1, 1]
    assert x.data.requires_grad is False
    assert x.data.data_ptr() == x.data_ptr()


def test_deepcopy(library):
    x = leaf(library, 1.0, 2.0)
    x.grad = library.ones(2, dtype=library.float64)
    x.note = ["kept"]
    twin = copy.deepcopy(x)
    assert twin.tolist() == [1, 2]
    assert twin.requires_grad
    assert twin.is_leaf
    assert twin.grad.tolist() == [1, 1]
    assert twin.grad is not x.grad
    assert twin.note == ["kept"]
    assert twin.note is not x.note
    with library.no_grad():
        twin += 1
        twin.grad += 1
    assert (x.tolist(), x.grad.tolist()) == ([1, 2], [1, 1])


def test_deepcopy_keeps_identities(library):
    x = leaf(library, 1.0)
    a, b, c = copy.deepcopy([x, x, x.detach()])
    assert a is b
    assert c is not a


def test_a_computed_tensor_is_not_deepcopied(library):
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(leaf(library, 1.0) * 1)


def test_a_shallow_copy_shares_memory(library):
    x = leaf(library, 1.0, 2.0)
    x.note = ["kept"]
    twin = copy.copy(x)
    assert twin is not x
    assert twin.requires_grad
    assert twin.data_ptr() == x.data_ptr()
    assert twin.note is x.note


@pytest.mark.parametrize("computed", [False, True])
def test_pickle(library, computed):
    x = leaf(library, 1.0, 2.0) * 1 if computed else leaf(library, 1.0, 2.0)
    twin = pickle.loads(pickle.dumps(x))
    assert twin.tolist() == [1, 2]
    assert (twin.requires_grad, twin.is_leaf, twin.grad) == (True, True, None)
    assert twin.dtype == library.float64


def test_new_tensors_of_the_same_kind(library):
    x = library.ones(2, dtype=library.float64, requires_grad=True)
    assert x.new_zeros(2, 3).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert x.new_ones((3,)).tolist() == [1, 1, 1]
    assert x.new_full((2,), 7).tolist() == [7, 7]
    assert x.new_tensor([1, 2]).tolist() == [1, 2]
    assert tuple(x.new_empty(2, 0).shape) == (2, 0)
    for made in (x.new_zeros(1), x.new_ones(1), x.new_full((1,), 7), x.new_tensor([1, 2]), x.new_empty(1)):
        assert made.dtype == library.float64
        assert not made.requires_grad
    assert x.new_zeros(1, dtype=library.int64).dtype == library.int64
    assert x.new_ones(1, requires_grad=True).requires_grad


# --- NumPy -------------------------------------------------------------------------------------------------------


def test_numpy_shares_memory(library):
    x = library.ones(2)
    array = x.numpy()
    array[0] = 5
    assert x.tolist() == [5, 1]
    assert np.asarray(x).tolist() == [5, 1]
    assert np.array(x, dtype=np.float64).dtype == np.float64
    back = library.from_numpy(array)
    back[1] = 7
    assert x.tolist() == [5, 7]


@pytest.mark.parametrize("convert", [lambda x: x.numpy(), np.asarray, np.array, lambda x: np.concatenate([x, x])])
def test_arrays_have_no_gradient(library, convert):
    x = leaf(library, 1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad. Use tensor.detach\(\)"):
        convert(x)
    with pytest.raises(RuntimeError, match="requires grad"):
        convert(x * 1)
    assert convert(x.detach()).tolist()[:2] == [1, 2]
    assert x.numpy(force=True).tolist() == [1, 2]


def test_operators_with_numpys_numbers():
    x = numpynet.tensor([1.0, 2.0], requires_grad=True)
    for y in (np.float64(2) * x, x * np.float64(2), np.float32(2) * x, np.int64(2) * x):
        assert isinstance(y, numpynet.Tensor)
        assert y.dtype == numpynet.float32  # a number does not widen
        assert y.requires_grad
    assert (np.float64(3) - x).grad_fn.name() == "RsubBackward1"
    assert (np.float64(3) / x).grad_fn.name() == "MulBackward0"
    assert (np.float64(2) > x).tolist() == [True, False]


def test_operators_with_arrays(library):
    x = library.tensor([1.0, 2.0])
    array = np.array([3.0, 4.0])
    for y, values in (
        (x * array, [3, 8]),
        (x - array, [-2, -2]),
        (array / x, [3, 2]),
        (x // array, [0, 0]),
        (x @ array, 11),
    ):
        assert isinstance(y, library.Tensor)
        assert y.dtype == library.float64  # as NumPy computes it
        assert y.tolist() == values
    assert (array == x).tolist() == [False, False]
    for call in (
        lambda: array * x,
        lambda: array + x,
        lambda: array - x,
        lambda: array**x,
        lambda: array @ x,
        lambda: array < x,
        lambda: x < array,
        lambda: x.add_(array),
        lambda: x.eq(array),
        lambda: library.add(x, array),
        lambda: library.cat([x, array]),
    ):
        with pytest.raises(TypeError):
            call()
    same = x
    x += array
    assert x is not same
    assert x.dtype == library.float64
    with pytest.raises(RuntimeError):
        same.requires_grad_() * array


def test_functions_take_tensors_and_not_arrays_or_numbers(library):
    array = np.array([[0.5, 0.25], [0.75, 0.5]])
    for call in (
        lambda: library.tanh(array),
        lambda: library.sum(array),
        lambda: library.reshape(array, (4,)),
        lambda: library.matmul(array, array),
        lambda: library.stack([array, array]),
        lambda: library.sin(np.float64(1)),
        lambda: library.sin(1.0),
        lambda: library.pow(2, 3),
        lambda: library.eq(1, 2),
        lambda: library.maximum(1, 2),
        lambda: library.nn.functional.relu(array),
        lambda: library.subtract(array, array),
        lambda: library.absolute(-1),
    ):
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize(
    ("call", "value", "dtype"),
    [
        (lambda t: t.add(1, 2.5), 3.5, "float32"),
        (lambda t: t.add(1, 2, alpha=3), 7, "int64"),
        (lambda t: t.add(np.float64(1), 2), 3, "float32"),
        (lambda t: t.mul(True, False), 0, "bool"),
        (lambda t: t.sub(3, 1), 2, "int64"),
        (lambda t: t.div(1, 2), 0.5, "float32"),
        (lambda t: t.div(1, 2, rounding_mode="floor"), 0, "int64"),
        (lambda t: t.floor_divide(7, 2), 3, "int64"),
        (lambda t: t.pow(self=2, exponent=t.tensor(3.0)), 8, "float32"),
        (lambda t: t.remainder(7, t.tensor(4)), 3, "int64"),
        (lambda t: t.bitwise_and(6, t.tensor(3)), 2, "int64"),
    ],
)
def test_functions_of_numbers(library, call, value, dtype):
    result = call(library)
    assert isinstance(result, library.Tensor)
    assert result.item() == value
    assert result.dtype == getattr(library, dtype)


def test_a_function_is_the_door_to_its_operation():
    assert numpynet.tanh is not ops.tanh
    assert numpynet.tanh.gradients is ops.tanh.gradients
    assert numpynet.absolute is numpynet.abs
    assert isinstance(ops.tanh(np.zeros(2)), np.ndarray)
    assert pickle.loads(pickle.dumps(numpynet.tanh)) is numpynet.tanh
    assert copy.deepcopy(numpynet.cat) is numpynet.cat


@pytest.mark.parametrize(
    ("function", "of_numpy", "arguments"),
    [
        ("exp", np.exp, 1),
        ("log", np.log, 1),
        ("sqrt", np.sqrt, 1),
        ("tanh", np.tanh, 1),
        ("abs", np.abs, 1),
        ("square", np.square, 1),
        ("add", np.add, 2),
        ("mul", np.multiply, 2),
        ("maximum", np.maximum, 2),
        ("pow", np.power, 2),
    ],
)
def test_numpys_functions_are_recorded(function, of_numpy, arguments):
    x = numpynet.tensor([1.0, 2.0], requires_grad=True)
    y = numpynet.tensor([3.0, 0.5], requires_grad=True)
    ours, named = of_numpy(*(x, y)[:arguments]), getattr(numpynet, function)(*(x, y)[:arguments])
    assert ours.tolist() == named.tolist()
    assert ours.grad_fn.name() == named.grad_fn.name()


def test_numpys_functions_without_a_gradient():
    x = numpynet.tensor([1.0, 2.0])
    assert isinstance(np.cbrt(x), numpynet.Tensor)
    assert np.add.reduce(x).item() == 3
    assert np.sum(x).item() == 3
    assert np.mean(x).item() == 1.5
    assert np.add.accumulate(x).tolist() == [1, 3]
    quotient, remainder = np.divmod(x, 2)
    assert (quotient.tolist(), remainder.tolist()) == ([0, 1], [1, 0])
    assert np.concatenate([x, x]).tolist() == [1, 2, 1, 2]
    assert np.exp(x, np.zeros(2)).tolist() == pytest.approx([np.e, np.e**2])
    result = np.add(x, 1, out=x)
    assert result is x
    assert x.tolist() == [2, 3]
    np.add.at(x, [0, 0], 1)
    assert x.tolist() == [4, 3]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.cbrt(x),
        lambda x: np.add.reduce(x),
        lambda x: np.add(x, 1, out=np.zeros(2)),
        lambda x: np.add(np.ones(2), 1, out=x),
        lambda x: np.add.at(x, [0], 1),
        lambda x: np.divmod(x, 2),
    ],
)
def test_what_numpy_cannot_record_says_so(call):
    x = numpynet.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"is not recorded.*detach\(\)"):
        call(x)
    assert x.tolist() == [1, 2]


def test_writing_through_numpy_is_noticed():
    h = numpynet.tensor([1.0, 2.0], requires_grad=True) * 1
    y = h * h
    np.add(h.detach(), 1, out=h.detach())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


# --- operators with what is no operand -----------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["a", None, [1.0, 2.0], {}, object()])
def test_foreign_operands(library, other):
    x = library.ones(2)
    with pytest.raises(TypeError):
        x + other
    with pytest.raises(TypeError):
        other * x
    with pytest.raises(TypeError):
        x -= other
    assert x.tolist() == [1, 1]


def test_another_class_may_answer(library):
    class Answering:
        def __radd__(self, other):
            return "answered"

    assert library.ones(2) + Answering() == "answered"


def test_warnings_are_rare(library):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = leaf(library, 1.0, 2.0)
        y = (x * 2).sum()
        y.backward()
        assert x.grad is not None
        assert y.item() == 6
        repr(y)


def test_a_gradient_can_be_deleted():
    x = numpynet.ones(2, requires_grad=True)
    x.sum().backward()
    del x.grad
    assert x.grad is None


@pytest.mark.parametrize(
    "call",
    [
        *("np.hypot(1, x)", "np.arctan2(1.0, x)", "np.hypot(np.ones(2), x)", "np.copysign(-1.0, x)"),
        *("np.logaddexp(np.ones(2), x)", "np.hypot(1, x.requires_grad_())", "np.arctan2(np.float32(1), x)"),
    ],
)
def test_functions_of_numpy_with_a_tensor_behind(call):
    torch = pytest.importorskip("torch")
    found = []
    for library in (numpynet, torch):
        try:
            found.append(repr(eval(call, {"np": np, "x": library.tensor([1.0, 2.0])})))
        except Exception as error:
            found.append(type(error))
    assert found[0] == found[1]
