"""Datasets, their combinations, and splitting at random."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet
from numpynet.random import Generator
from numpynet.utils import data


def test_tensor_dataset():
    dataset = data.TensorDataset(numpynet.arange(6).reshape(3, 2), numpynet.arange(3))
    assert len(dataset) == 3
    x, y = dataset[1]
    assert x.tolist() == [2, 3]
    assert y.item() == 1
    x, y = dataset[1:]
    assert x.tolist() == [[2, 3], [4, 5]]
    with pytest.raises(AssertionError, match="Size mismatch between tensors"):
        data.TensorDataset(numpynet.ones(2), numpynet.ones(3))


def test_concatenation():
    dataset = data.TensorDataset(numpynet.arange(2)) + data.TensorDataset(numpynet.arange(2, 5))
    assert isinstance(dataset, data.ConcatDataset)
    assert [dataset[index][0].item() for index in range(-5, 5)] == [*range(5), *range(5)]
    with pytest.raises(ValueError, match="should not exceed dataset length"):
        dataset[-6]
    with pytest.raises(IndexError):
        dataset[5]
    with pytest.raises(AssertionError, match="should not be an empty iterable"):
        data.ConcatDataset([])
    with pytest.raises(AssertionError, match="does not support IterableDataset"):
        data.ConcatDataset([Count(1)])


class Count(data.IterableDataset):
    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return iter(range(self.count))

    def __len__(self):
        return self.count


def test_chains():
    chain = Count(2) + Count(3)
    assert list(chain) == [0, 1, 0, 1, 2]
    assert len(chain) == 5
    with pytest.raises(AssertionError, match="only supports IterableDataset"):
        list(Count(2) + data.TensorDataset(numpynet.ones(1)))


def test_stacks():
    assert data.StackDataset("ab", [1, 2])[1] == ("b", 2)
    assert len(data.StackDataset(x="ab")) == 2
    loader = data.DataLoader(data.StackDataset(x=[1, 2, 3], y="abc"), batch_size=2)
    batch = next(iter(loader))
    assert batch["x"].tolist() == [1, 2]
    assert batch["y"] == ["a", "b"]
    for wrong in (
        lambda: data.StackDataset(),
        lambda: data.StackDataset("a", x="b"),
        lambda: data.StackDataset("a", "bc"),
    ):
        with pytest.raises(ValueError, match=r"Supported either|At least one|Size mismatch"):
            wrong()


def test_subsets():
    subset = data.Subset([10, 20, 30, 40], [3, 0])
    assert len(subset) == 2
    assert [subset[0], subset[1], subset[-1]] == [40, 10, 10]
    assert subset.__getitems__([1, 0]) == [10, 40]
    inner = data.Subset(data.TensorDataset(numpynet.arange(4)), [3, 1, 2])
    assert inner[[0, 2]][0].tolist() == [3, 2]
    assert data.Subset(data.Subset("abcd", [3, 2, 1]), [2, 0]).__getitems__([0, 1]) == ["b", "d"]


def test_a_subset_that_forgets_half_is_refused():
    class Wrong(data.Subset):
        def __getitem__(self, index):
            return 0

    with pytest.raises(NotImplementedError, match="Wrong overrides __getitem__ but not __getitems__"):
        Wrong([1], [0])


def test_a_dataset_without_samples_says_so():
    with pytest.raises(NotImplementedError, match="should implement __getitem__"):
        data.Dataset()[0]
    with pytest.raises(TypeError):
        len(data.Dataset())


LENGTHS = st.lists(st.integers(0, 20), min_size=1, max_size=4) | st.sampled_from(
    [[0.5, 0.5], [0.8, 0.1, 0.1], [0.3, 0.3, 0.4], [1.0], [0.01, 0.99], [0.333, 0.667]]
)


@given(st.sampled_from([0, 1, 2**32 + 5]), st.integers(1, 60), LENGTHS, st.booleans())
@settings(max_examples=30)
def test_splits_are_torchs(seed, n, lengths, own):
    torch = pytest.importorskip("torch")
    if sum(lengths) > 1 or all(isinstance(length, int) for length in lengths):
        n = sum(lengths)
    runs = []
    for library, module, generator in ((numpynet, data, Generator), (torch, torch.utils.data, torch.Generator)):
        (numpynet.random if library is numpynet else torch).manual_seed(seed)
        options = {"generator": generator().manual_seed(seed)} if own else {}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            subsets = module.random_split(range(n), lengths, **options)
        runs.append(([subset.indices for subset in subsets], [str(one.message) for one in caught]))
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("lengths", "message"),
    [([3, 3], "Sum of input lengths does not equal"), ([1.5, -0.5], "Fraction at index 0 is not between 0 and 1")],
)
def test_wrong_lengths_are_refused(lengths, message):
    with pytest.raises(ValueError, match=message):
        data.random_split(range(5), lengths)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda library: ([1, 2], [3, 4]), AttributeError),
        (lambda library: ((library.ones(2), library.ones(2)),), AttributeError),
        (lambda library: (library.ones(2).numpy(), library.ones(2).numpy()), TypeError),
    ],
)
def test_a_tensor_dataset_is_of_tensors(library, wrong, error):
    with pytest.raises(error):
        library.utils.data.TensorDataset(*wrong(library))


def test_numbers_of_samples_are_integers(library):
    with pytest.raises(TypeError):
        library.utils.data.random_split(range(5), [3.0, 2.0])
