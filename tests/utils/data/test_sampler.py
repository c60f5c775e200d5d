"""Samplers: torch's indices from torch's seeds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet
from numpynet.random import Generator, default_generator
from numpynet.utils import data

SEEDS = st.sampled_from([0, 1, 42, 2**31, 2**32 + 5])


def both(seed, own, make):
    """Two passes of a sampler and the next draw, under numpynet and under torch."""
    torch = pytest.importorskip("torch")
    numpynet.random.manual_seed(seed)
    torch.manual_seed(seed)
    ours = make(numpynet.utils.data, Generator().manual_seed(seed) if own else None)
    theirs = make(torch.utils.data, torch.Generator().manual_seed(seed) if own else None)
    assert len(ours) == len(theirs)
    return (
        [list(ours), list(ours), default_generator.random_int64()],
        [list(theirs), list(theirs), torch.empty((), dtype=torch.int64).random_().item()],
    )


@given(SEEDS, st.booleans(), st.integers(1, 70), st.booleans(), st.none() | st.integers(1, 150))
@settings(max_examples=30)
def test_random_sampler(seed, own, n, replacement, num_samples):
    ours, theirs = both(seed, own, lambda d, g: d.RandomSampler(range(n), replacement, num_samples, g))
    assert ours == theirs


@given(SEEDS, st.integers(0, 12), st.integers(1, 9), st.booleans(), st.booleans(), st.integers(0, 3))
@settings(max_examples=40)
def test_distributed_sampler(seed, n, replicas, shuffle, drop_last, epoch):
    torch = pytest.importorskip("torch")
    runs = []
    for library in (numpynet, torch):
        run = []
        for rank in range(replicas):
            sampler = library.utils.data.DistributedSampler(range(n), replicas, rank, shuffle, seed, drop_last)
            sampler.set_epoch(epoch)
            run.append([list(sampler), len(sampler), sampler.num_samples, sampler.total_size])
        runs.append(run)
    assert runs[0] == runs[1]


def test_the_rank_of_a_distributed_sampler_is_below_the_number_of_processes():
    for rank in (-1, 2):
        with pytest.raises(ValueError, match=rf"Invalid rank {rank}, rank should be in the interval \[0, 1\]"):
            data.DistributedSampler([1], 2, rank)
    for some in ({}, {"rank": 0}, {"num_replicas": 2}):
        with pytest.raises(RuntimeError, match="Requires distributed package"):
            data.DistributedSampler([1], **some)


@given(SEEDS, st.booleans(), st.lists(st.integers(), max_size=50))
@settings(max_examples=20)
def test_subset_random_sampler(seed, own, indices):
    ours, theirs = both(seed, own, lambda d, g: d.SubsetRandomSampler(indices, g))
    assert ours == theirs


@given(SEEDS, st.booleans(), st.lists(st.floats(0.1, 10), min_size=1, max_size=30), st.integers(1, 30), st.booleans())
@settings(max_examples=30)
def test_weighted_random_sampler(seed, own, weights, count, replacement):
    count = count if replacement else min(count, len(weights))
    ours, theirs = both(seed, own, lambda d, g: d.WeightedRandomSampler(weights, count, replacement, g))
    assert ours == theirs


def test_weights_may_be_a_tensor():
    sampler = data.WeightedRandomSampler(numpynet.tensor([0.0, 1.0]), 3)
    assert list(sampler) == [1, 1, 1]
    assert sampler.weights.dtype == numpynet.float64


def test_the_sampler_follows_a_growing_dataset():
    source = [0]
    sampler = data.RandomSampler(source)
    source.append(1)
    assert sorted(sampler) == [0, 1]
    assert sampler.num_samples == 2


@pytest.mark.parametrize(("drop_last", "expected"), [(False, [[0, 1, 2], [3, 4]]), (True, [[0, 1, 2]])])
def test_batches(drop_last, expected):
    sampler = data.BatchSampler(data.SequentialSampler("abcde"), 3, drop_last)
    assert list(sampler) == expected
    assert len(sampler) == len(expected)
    assert list(data.BatchSampler(iter(range(5)), 3, drop_last)) == expected


def test_a_sampler_of_the_users():
    class Backwards(data.Sampler[int]):
        def __init__(self, source):
            self.source = source

        def __iter__(self):
            return iter(range(len(self.source) - 1, -1, -1))

    loader = data.DataLoader([10, 20, 30], sampler=Backwards([10, 20, 30]))
    assert [batch.item() for batch in loader] == [30, 20, 10]
    with pytest.raises(TypeError):
        len(loader)
    with pytest.raises(NotImplementedError):
        iter(data.Sampler())


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda d: d.RandomSampler([]), ValueError),
        (lambda d: d.RandomSampler([1], replacement=1), TypeError),
        (lambda d: d.RandomSampler([1], num_samples=0), ValueError),
        (lambda d: d.RandomSampler([1], num_samples=1.5), ValueError),
        (lambda d: d.WeightedRandomSampler([1.0], 0), ValueError),
        (lambda d: d.WeightedRandomSampler([1.0], True), ValueError),
        (lambda d: d.WeightedRandomSampler([1.0], 1, replacement=1), ValueError),
        (lambda d: d.WeightedRandomSampler([[1.0]], 1), ValueError),
        (lambda d: d.BatchSampler([1], 0, False), ValueError),
        (lambda d: d.BatchSampler([1], 1, 0), ValueError),
    ],
)
def test_wrong_options_are_refused_in_torchs_words(make, error):
    with pytest.raises(error) as ours:
        make(data)
    torch = pytest.importorskip("torch")
    with pytest.raises(error) as theirs:
        make(torch.utils.data)
    assert str(ours.value) == str(theirs.value)
