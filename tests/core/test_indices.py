"""What stands in x[...]: the same elements, views, gradients and errors as in torch."""

import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import numpynet


def tensor(library, *shape):
    return library.arange(float(np.prod(shape)), dtype=library.float64).reshape(shape).clone()


@pytest.mark.parametrize(
    ("index", "shape", "first", "is_view"),
    [
        (0, [3, 4], 0, True),
        (-1, [3, 4], 12, True),
        (slice(1, None), [1, 3, 4], 12, True),
        (slice(None, None, 2), [1, 3, 4], 0, True),
        (slice(5, 100), [0, 3, 4], None, True),
        (..., [2, 3, 4], 0, True),
        (None, [1, 2, 3, 4], 0, True),
        ((0, 1), [4], 4, True),
        ((1, 2, 3), [], 23, True),
        ((..., 1), [2, 3], 1, True),
        ((None, 0, None), [1, 1, 3, 4], 0, True),
        ([0, 1, 0], [3, 3, 4], 0, False),
        (([0, 1], [1, 2]), [2, 4], 4, False),
        ((0, [1, 2]), [2, 4], 4, False),
        (([0, 1], 1), [2, 4], 4, False),
        ((0, slice(None), [1, 2]), [3, 2], 1, False),
        (([0, 1], slice(None), 1), [2, 3], 1, False),
        (([0, 1], slice(None), [1, 2]), [2, 3], 1, False),
        ((0, ..., [0, 1]), [3, 2], 0, False),
        ((None, [0, 1]), [1, 2, 3, 4], 0, False),
        ((..., [-1, -2]), [2, 3, 2], 3, False),
        ([True, False], [1, 3, 4], 0, False),
        (([True, False], 0), [1, 4], 0, False),
        (True, [1, 2, 3, 4], 0, False),
        (False, [0, 2, 3, 4], None, False),
        ([], [0, 3, 4], None, False),
        (np.array([1, 0]), [2, 3, 4], 12, False),
        (np.int64(1), [3, 4], 12, True),
        (range(2), [2, 3, 4], 0, False),
    ],
)
def test_an_index(library, index, shape, first, is_view):
    x = tensor(library, 2, 3, 4)
    y = x[index]
    assert list(y.shape) == shape
    assert y.numel() == 0 or y.reshape(-1)[0].item() == first
    assert y._is_view() is is_view
    picked = {*y.reshape(-1).tolist()}
    x[index] = -1
    assert bool((x[index] == -1).all())
    assert (x == -1).sum().item() == len(picked)


def test_tensors_as_indices(library):
    x = tensor(library, 2, 3)
    assert x[library.tensor(1)].tolist() == [3, 4, 5]
    assert x[library.tensor(1)]._is_view()
    assert x[library.tensor([1, 0]), library.tensor(2)].tolist() == [5, 2]
    assert x[x > 2].tolist() == [3, 4, 5]
    assert x[library.tensor([[1], [0]]), library.tensor([0, 2])].tolist() == [[3, 5], [0, 2]]
    assert x[: library.tensor(1)].tolist() == [[0, 1, 2]]
    assert x[library.tensor([1], dtype=library.int32)].tolist() == [[3, 4, 5]]


def test_bytes_are_masks(library):
    with warnings.catch_warnings(action="ignore"):
        assert tensor(library, 2)[library.tensor([0, 1], dtype=library.uint8)].tolist() == [1]


def test_a_list_of_lists_is_still_a_tuple(library):
    with pytest.warns(UserWarning, match="non-tuple sequence"):
        assert tensor(library, 2, 3)[[[0, 1], [1, 2]]].tolist() == [1, 5]


@pytest.mark.parametrize(
    ("index", "error", "words"),
    [
        (7, IndexError, "index 7 is out of bounds for dimension 0 with size 2"),
        (-3, IndexError, "out of bounds"),
        ((0, 0, 0), IndexError, "too many indices for tensor of dimension 2"),
        ([7], IndexError, "index 7 is out of bounds for dimension 0 with size 2"),
        ([True, False, True], IndexError, "shape of the mask"),
        (1.5, IndexError, "only integers, slices"),
        (slice(None, None, -1), ValueError, "step must be greater than zero"),
        (slice(None, None, 0), ValueError, "step must be greater than zero|cannot be zero"),
        (([0, 1], [0, 1, 2]), IndexError, "shape mismatch: indexing tensors could not be broadcast"),
    ],
)
@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("recorded", [False, True])
def test_what_is_no_index(library, index, error, words, write, recorded):
    x = tensor(library, 2, 3)
    h = x.requires_grad_() * 1 if recorded else x
    before = h.tolist()
    statement = (lambda: h.__setitem__(index, 0)) if write else (lambda: h[index])
    with pytest.raises(error, match=words):
        statement()
    assert h.tolist() == before


def test_floats_index_nothing(library):
    with pytest.raises(IndexError, match="tensors used as indices must be long, int, byte or bool tensors"):
        tensor(library, 2)[library.tensor([0.0])]


def test_a_single_number_has_no_elements(library):
    with pytest.raises(IndexError, match="0-dim tensor"):
        library.tensor(1.0)[0]
    assert library.tensor(1.0)[...].item() == 1
    assert library.tensor(1.0)[None].tolist() == [1]
    assert library.tensor(1.0)[()].item() == 1


# --- assignment ------------------------------------------------------------------------------------------------


def test_values_are_broadcast_and_cast(library):
    x = library.zeros(2, 3)
    x[0] = library.tensor([1, 2, 3])
    x[:, 1] = 7.9
    x[1:] = library.tensor([[[5.0]]], dtype=library.float64)
    assert x.tolist() == [[1, np.float32(7.9), 3], [5, 5, 5]]
    i = library.zeros(3, dtype=library.int64)
    i[0], i[1:] = 1.7, library.tensor([2.9, -2.9])
    assert i.tolist() == [1, 2, -2]
    b = library.zeros(2, dtype=library.bool)
    b[1] = 3
    assert b.tolist() == [False, True]


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize(
    ("index", "value_shape", "words"),
    [
        (slice(0, 2), (3, 3), "must match|shape mismatch"),
        (0, (2,), "must match|shape mismatch"),
        ([0, 1], (3, 3), "must match|shape mismatch"),
        ([True, False], (2, 3), "shape mismatch"),
    ],
)
def test_values_that_do_not_fit(library, recorded, index, value_shape, words):
    x = tensor(library, 2, 3)
    x = x.requires_grad_() * 1 if recorded else x
    before = x.tolist()
    with pytest.raises(RuntimeError, match=words):
        x[index] = library.ones(value_shape, dtype=library.float64)
    assert x.tolist() == before


def test_of_a_place_written_twice_the_last_value_stays(library):
    x = library.zeros(2)
    x[[0, 0]] = library.tensor([1.0, 2.0])
    assert x.tolist() == [2, 0]


@pytest.mark.parametrize("value", [[1, 2], (1,), np.ones(2), None, "a"], ids=lambda value: type(value).__name__)
def test_tensors_and_numbers_only_may_be_assigned(library, value):
    x = library.zeros(3)
    for index in (slice(2), 0, library.tensor([0, 1]), x == 0):
        with pytest.raises(TypeError, match=r"can't assign a [\w.]+ to a torch\.FloatTensor"):
            x[index] = value
    x[2] = np.float64(3)
    assert x.tolist() == [0, 0, 3]


def test_a_value_of_another_dtype_at_an_index_of_arrays(library):
    x, at, mask = library.zeros(3), library.tensor([0, 1]), library.tensor([True, False, True])
    for index, value in ((at, library.tensor([1, 2])), (at, library.tensor(1)), (mask, library.ones(2).double())):
        with pytest.raises(RuntimeError, match="Index put requires the source and destination dtypes match"):
            x[index] = value
    x[mask] = library.tensor(1)  # as masked_fill_ takes it
    x[1:2] = library.tensor([2])
    assert x.tolist() == [1, 2, 1]
    x[mask] = library.tensor([[5.0, 6.0]])
    assert x.tolist() == [5, 2, 6]
    with pytest.raises(RuntimeError, match="shape mismatch"):
        x[mask] = library.ones(2, 1)


@pytest.mark.parametrize(
    ("dtype", "value", "stored"),
    [("uint8", -1, 255), ("uint8", 1.7, 1), ("int8", -128, -128), ("bool", 2, True), ("float32", 3, 3.0)],
)
def test_a_number_is_stored_in_the_tensors_dtype(library, dtype, value, stored):
    x = library.zeros(2, dtype=getattr(library, dtype))
    x[0] = value
    x[1:].fill_(value)
    assert x.tolist() == [stored, stored]


@pytest.mark.parametrize(
    ("dtype", "value", "error"),
    [
        ("uint8", 300, RuntimeError), ("int8", 128, RuntimeError), ("int64", float("nan"), RuntimeError),
        ("float32", 1j, RuntimeError), ("int64", 2**70, ValueError),
    ],
)  # fmt: skip
def test_a_number_that_does_not_fit(library, dtype, value, error):
    x = library.zeros(2, dtype=getattr(library, dtype))
    with pytest.raises(error, match=r"without overflow|Overflow when unpacking"):
        x[0] = value
    assert x.tolist() == [0, 0]


def test_the_index_must_not_change_before_the_backward(library):
    x = tensor(library, 3).requires_grad_()
    index = library.tensor([0, 1])
    y = x[index]
    index += 1
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation: \[torch.LongTensor \[2\]\]"):
        y.sum().backward()
    mask = library.tensor([True, False, True])
    h = x * 1
    h[mask] = 0
    mask.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        h.sum().backward()


# --- any index whatever ------------------------------------------------------------------------------------------


@st.composite
def shape_and_index(draw):
    shape = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=4)))
    broadcast = draw(st.sampled_from([(2,), (1,), (2, 1)]))  # one shape for all integer arrays
    parts, dims = [], list(shape)
    while dims and draw(st.integers(0, 5)):
        kind = draw(st.sampled_from(["int", "slice", "none", "array", "mask"]))
        if kind == "none":
            parts.append(None)
            continue
        size = dims.pop(0)
        if kind == "int":
            parts.append(draw(st.integers(-size, size - 1)))
        elif kind == "slice":
            bounds = st.none() | st.integers(-size - 1, size + 1)
            parts.append(slice(draw(bounds), draw(bounds), draw(st.none() | st.integers(1, 3))))
        elif kind == "array":
            count = int(np.prod(broadcast))
            values = draw(st.lists(st.integers(-size, size - 1), min_size=count, max_size=count))
            parts.append(np.array(values).reshape(broadcast))
        else:
            mask = np.zeros(size, bool)
            mask[draw(st.integers(0, size - 1))] = True  # one element: it broadcasts with any integer array
            parts.append(mask)
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), ...)
    return shape, tuple(parts)


@settings(max_examples=150)
@given(shape_and_index(), st.booleans())
@example(((2, 1, 1), (..., np.array([0, 1]), slice(0))), False)
@example(((2, 1), (slice(0), np.array([0, 5]))), False)
def test_any_index(case, write):
    """Elements, memory shared, gradient of x and of what is written into it."""
    torch = pytest.importorskip("torch")
    shape, index = case
    results = []
    for library in (numpynet, torch):
        own = tuple(library.tensor(part) if isinstance(part, np.ndarray) else part for part in index)
        x = tensor(library, *shape).requires_grad_()
        h = x * 1
        try:
            y = h[own]
            if write:
                value = tensor(library, *y.shape).requires_grad_()
                if not any(isinstance(part, np.ndarray) and part.dtype != bool for part in index):
                    h[own] = value  # of a place written twice torch does not say which value stays
                    (h * tensor(library, *shape)).sum().backward()
                    results.append((h.tolist(), x.grad.tolist(), value.grad.tolist()))
                    continue
            (y * tensor(library, *y.shape)).sum().backward()
            results.append((tuple(y.shape), y.tolist(), y._is_view(), x.grad.tolist()))
        except (IndexError, RuntimeError) as error:
            results.append(type(error))
    assert results[0] == results[1]


def test_a_tensor_that_is_an_integer_gives_a_view_with_its_gradient(library):
    x = library.arange(12.0).reshape(3, 4).requires_grad_()
    k = library.tensor([2, 1])
    picked = x[k[0], k[1]]
    assert picked.item() == 9
    assert picked.grad_fn.name() == "SelectBackward0"
    (picked * 5 + x[k[0]].sum()).backward()
    assert x.grad.tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [1, 6, 1, 1]]


@pytest.mark.parametrize(
    ("index", "name"),
    [
        (0, "Select"), ((0, ...), "Select"), ((slice(None), 1), "Select"), (slice(1, 3), "Slice"),
        (slice(0, 3), "Slice"),
        (slice(None), "Slice"), ((slice(None), None), "Unsqueeze"), ((None, ...), "Unsqueeze"), (..., "Alias"),
        ((slice(1, 2), slice(None)), "Slice"), ((..., slice(0, 2)), "Slice"), ((slice(None), slice(0, 4)), "Alias"),
        ((..., ...), "Alias"),
    ],
    ids=repr,
)  # fmt: skip
def test_the_name_of_a_basic_index_is_that_of_its_last_view(library, index, name):
    x = library.ones(3, 4, requires_grad=True)
    assert x[index].grad_fn.name() == f"{name}Backward0"
