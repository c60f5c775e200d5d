"""Collating and converting samples, against torch."""

import collections

import numpy as np
import pytest

import numpynet
from numpynet.utils.data import default_collate, default_convert

Point = collections.namedtuple("Point", ["x", "y"])


class Bag(dict):
    """A dictionary with something more to it."""

    label = None


def plain(value):
    """A batch with its tensors as (dtype, numbers), and the types of its containers."""
    if type(value).__name__ == "Tensor":
        return str(value.dtype), value.tolist()
    if isinstance(value, dict):
        return type(value).__name__, {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(part) for part in value]
    return type(value).__name__, str(value)


BATCHES = {
    "integers": lambda t: [1, 2],
    "bools": lambda t: [True, False],
    "floats": lambda t: [1.5, 2],
    "integers and floats": lambda t: [1, 2.5],
    "words": lambda t: ["a", "b"],
    "bytes": lambda t: [b"a", b"b"],
    "tensors": lambda t: [t.ones(2), t.zeros(2)],
    "numbers as tensors": lambda t: [t.tensor(1), t.tensor(2)],
    "arrays": lambda t: [np.ones((2, 1), np.float32), np.zeros((2, 1), np.float32)],
    "numbers as arrays": lambda t: [np.array(1), np.array(2)],
    "NumPy numbers": lambda t: [np.float32(1), np.float32(2)],
    "NumPy doubles": lambda t: [np.float64(1), np.float64(2)],
    "NumPy bools": lambda t: [np.bool_(True), np.bool_(False)],
    "NumPy short integers": lambda t: [np.int16(1), np.int16(2)],
    "NumPy words": lambda t: [np.str_("a")],
    "pairs": lambda t: [(1, "a"), (2, "b")],
    "lists": lambda t: [[1, 2.0], [3, 4.0]],
    "named tuples": lambda t: [Point(1, 2.0), Point(3, 4.0)],
    "dictionaries": lambda t: [{"x": 1, "y": "a"}, {"x": 2, "y": "b", "z": 3}],
    "defaultdicts": lambda t: [collections.defaultdict(int, x=1), collections.defaultdict(int, x=2)],
    "subclasses of dictionaries": lambda t: [Bag(x=1), Bag(x=2)],
    "ranges": lambda t: [range(2), range(2)],
    "nested": lambda t: [{"x": (t.ones(1), [1, {"y": 2.0}])}, {"x": (t.zeros(1), [3, {"y": 4.0}])}],
}


@pytest.mark.parametrize("name", BATCHES)
def test_collating_is_torchs(name):
    torch = pytest.importorskip("torch")
    ours = default_collate(BATCHES[name](numpynet))
    theirs = torch.utils.data.default_collate(BATCHES[name](torch))
    assert plain(ours) == plain(theirs)


@pytest.mark.parametrize("name", BATCHES)
def test_converting_is_torchs(name):
    torch = pytest.importorskip("torch")
    for ours, theirs in zip(BATCHES[name](numpynet), BATCHES[name](torch), strict=True):
        assert plain(default_convert(ours)) == plain(torch.utils.data.default_convert(theirs))


def test_a_mapping_keeps_its_attributes():
    first = Bag(x=1)
    first.label = "seen"
    batch = default_collate([first, Bag(x=2)])
    assert batch.label == "seen"
    assert first["x"] == 1


def test_a_batch_is_a_list_of_tensors_and_no_tensor(library):
    with pytest.raises(TypeError, match="must be tuple of Tensors, not"):
        library.utils.data.default_collate(library.ones(2, 3))


@pytest.mark.parametrize(
    ("batch", "error"),
    [
        ([], IndexError),
        ([None], TypeError),
        ([{1, 2}], TypeError),
        ([np.array(["a"])], TypeError),
        ([np.array([None])], TypeError),
        ([(1, 2), (1,)], RuntimeError),
    ],
)
def test_samples_of_other_types_are_refused_in_torchs_words(batch, error):
    with pytest.raises(error) as ours:
        default_collate(batch)
    torch = pytest.importorskip("torch")
    with pytest.raises(error) as theirs:
        torch.utils.data.default_collate(batch)
    assert str(ours.value) == str(theirs.value)


def test_tensors_of_different_sizes_are_refused():
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        default_collate([numpynet.ones(2), numpynet.ones(3)])


def test_an_array_is_shared_and_a_batch_is_not():
    array = np.zeros(2, np.float32)
    default_convert(array)[0] = 1
    assert array.tolist() == [1, 0]
    default_collate([array])[0, 1] = 1
    assert array.tolist() == [1, 0]


def test_stacked_tensors_pass_the_gradient_on():
    weight = numpynet.ones(2, requires_grad=True)
    default_collate([weight, 2 * weight]).sum().backward()
    assert weight.grad.tolist() == [3, 3]


SAMPLES = {
    "rows": lambda t: list(t.arange(6.0).reshape(3, 2)),
    "numbers": lambda t: list(t.arange(3)),
    "nothing in them": lambda t: list(t.zeros(3, 0, 2)),
    "columns": lambda t: list(t.arange(6).reshape(2, 3).T),
    "two dtypes": lambda t: [t.tensor([1]), t.tensor([2.5])],
    "two floats": lambda t: [t.tensor([1.5]), t.tensor([2.5], dtype=t.float64)],
    "float and half": lambda t: [t.tensor([1.5]), t.tensor([2.5], dtype=t.float16)],
    "recorded": lambda t: [t.ones(2, requires_grad=True), t.zeros(2)],
    "rows of what is recorded": lambda t: list(t.ones(3, 2, requires_grad=True)),
    "parameters": lambda t: [t.nn.Parameter(t.ones(2)), t.nn.Parameter(t.ones(2))],
    "two sizes": lambda t: [t.zeros(2), t.zeros(3)],
    "two dimensions": lambda t: [t.zeros(2), t.zeros(2, 2)],
    "integers": lambda t: [1, 2, 3],
    "bools": lambda t: [True, False],
    "integers and bools": lambda t: [1, True],
    "integers and floats": lambda t: [1, 2.5],
    "large integers": lambda t: [2**63 - 1, -(2**63)],
    "arrays": lambda t: [np.arange(2), np.arange(2)],
    "arrays of two dtypes": lambda t: [np.arange(2), np.ones(2)],
    "lists of two lengths": lambda t: [[1], [1, 2]],
}


@pytest.mark.parametrize("samples", SAMPLES.values(), ids=SAMPLES.keys())
def test_batches_are_torchs(samples):
    torch = pytest.importorskip("torch")
    found = []
    for library in (numpynet, torch):
        try:
            batch = library.utils.data.default_collate(samples(library))
            kind = str(batch.dtype).rpartition(".")[2]
            found.append((batch.tolist(), kind, tuple(batch.shape), batch.requires_grad))
        except RuntimeError:
            found.append("refused")
    assert found[0] == found[1]


def test_a_batch_is_a_copy():
    rows = numpynet.zeros(2, 2)
    batch = default_collate(list(rows))
    batch += 1
    assert rows.tolist() == [[0, 0], [0, 0]]
