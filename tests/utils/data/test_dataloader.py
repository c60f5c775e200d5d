"""DataLoader: torch's order and torch's draws, options, batches taken at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet
from numpynet.random import Generator, default_generator
from numpynet.utils import data
from numpynet.utils.data.dataloader import taken_at_once


def twins(torch):
    """For both libraries: a data module, a function that seeds, one that draws, and the class Generator."""
    return [
        (numpynet, data, numpynet.random.manual_seed, lambda: default_generator.random_int64(), Generator),
        (
            torch,
            torch.utils.data,
            torch.manual_seed,
            lambda: torch.empty((), dtype=torch.int64).random_().item(),
            torch.Generator,
        ),
    ]


def order(loader):
    """The samples of a pass, batch by batch."""
    return [batch[0].tolist() for batch in loader]


# --- order --------------------------------------------------------------------------------------------------


def test_what_torch_once_gave():
    """Recorded from torch 2.13.0."""
    numpynet.random.manual_seed(0)
    loader = data.DataLoader(data.TensorDataset(numpynet.arange(10)), batch_size=4, shuffle=True)
    assert order(loader) == [[6, 7, 1, 4], [2, 0, 9, 8], [3, 5]]
    assert order(loader) == [[2, 4, 7, 0], [8, 9, 5, 3], [6, 1]]
    assert default_generator.random_int64() == 7815051614634499795
    generator = Generator().manual_seed(42)
    assert [subset.indices for subset in data.random_split(range(7), [4, 3], generator)] == [[1, 6, 3, 5], [4, 0, 2]]
    assert list(data.RandomSampler(range(5), True, 8, generator)) == [0, 4, 0, 3, 3, 4, 0, 4]


@given(
    seed=st.sampled_from([0, 1, 42, 2**31, 2**32 + 5]),
    samples=st.integers(1, 70) | st.sampled_from([1000]),
    batch=st.integers(1, 40),
    shuffle=st.booleans(),
    own=st.booleans(),
    drop=st.booleans(),
)
@settings(max_examples=40)
def test_two_epochs_and_the_draws_between_are_torchs(seed, samples, batch, shuffle, own, drop):
    torch = pytest.importorskip("torch")
    runs = []
    for library, module, manual_seed, draw, generator_class in twins(torch):
        manual_seed(seed)
        generator = generator_class().manual_seed(seed + 1) if own else None
        loader = module.DataLoader(
            module.TensorDataset(library.arange(samples)),
            batch_size=batch,
            shuffle=shuffle,
            drop_last=drop,
            generator=generator,
        )
        run = [len(loader)]
        for _ in range(2):
            run += [order(loader), draw()]
        if own:
            run.append(bytes(generator.state_array()) if library is numpynet else bytes(generator.get_state().numpy()))
        runs.append(run)
    assert runs[0] == runs[1]


def test_draws_between_batches_are_torchs():
    torch = pytest.importorskip("torch")
    runs = []
    for library, module, manual_seed, draw, _ in twins(torch):
        manual_seed(5)
        loader = module.DataLoader(module.TensorDataset(library.arange(10)), batch_size=3, shuffle=True)
        run = [draw()]
        first = iter(loader)
        run.append(draw())
        run.append(next(first)[0].tolist())
        second = iter(loader)  # two passes at once
        for one, two in zip(first, second, strict=False):
            run += [one[0].tolist(), draw(), two[0].tolist()]
        runs.append(run)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing(workers):
    torch = pytest.importorskip("torch")
    runs = []
    for library, module, manual_seed, draw, _ in twins(torch):
        manual_seed(3)
        loader = module.DataLoader(
            module.TensorDataset(library.arange(11)), batch_size=3, shuffle=True, num_workers=workers
        )
        runs.append([order(loader), order(loader), draw()])
    assert runs[0] == runs[1]


@pytest.mark.parametrize("workers", [{"num_workers": 1}, {"num_workers": 2, "prefetch_factor": 1}])
@pytest.mark.parametrize("persistent_workers", [False, True])
def test_samplers_draw_as_far_ahead_as_workers_take_batches(workers, persistent_workers):
    torch = pytest.importorskip("torch")
    runs = []
    for library, module, manual_seed, draw, _ in twins(torch):

        class Chances(module.Sampler):
            def __init__(self):
                pass

            def __iter__(self, draw=draw):
                return (draw() % 9 for _ in range(7))

        manual_seed(4)
        run = []
        for sampler in (None, Chances()):
            loader = module.DataLoader(
                module.TensorDataset(library.arange(9)),
                batch_size=2,
                sampler=sampler,
                shuffle=sampler is None,
                persistent_workers=persistent_workers,
                **workers,
            )
            for _ in range(2):
                batches = iter(loader)
                run.append(draw())
                for batch in batches:
                    run += [batch[0].tolist(), draw()]
        runs.append(run)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("batch_size", [4, None])
def test_other_samplers_give_torchs_order(batch_size):
    torch = pytest.importorskip("torch")
    runs = []
    for library, module, manual_seed, draw, _ in twins(torch):
        manual_seed(9)
        dataset = module.TensorDataset(library.arange(12))
        run = []
        for sampler in (
            module.SubsetRandomSampler([1, 3, 5, 7, 9]),
            module.WeightedRandomSampler([0.1, 2, 3, 0, 1], 9),
            module.RandomSampler(dataset, replacement=True, num_samples=40),
            [4, 4, -1, 0],
        ):
            run.append(order(module.DataLoader(dataset, batch_size=batch_size, sampler=sampler)))
            run.append(draw())
        runs.append(run)
    assert runs[0] == runs[1]


def test_a_batch_sampler_gives_the_batches():
    dataset = data.TensorDataset(numpynet.arange(6))
    loader = data.DataLoader(dataset, batch_sampler=[[5, 0], [1], [2, 2, 2]])
    assert order(loader) == [[5, 0], [1], [2, 2, 2]]
    assert len(loader) == 3
    assert loader.batch_size is None


# --- what a batch is ------------------------------------------------------------------------------------------


class Squares(data.Dataset):
    """Samples of Python numbers, with a count of how they were asked for."""

    def __init__(self, size):
        self.size = size
        self.asked = []

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        self.asked.append(index)
        return index, index / 2


class SquaresAtOnce(Squares):
    def __getitems__(self, indices):
        self.asked.append(list(indices))
        return [(index, index / 2) for index in indices]


def test_samples_are_asked_for_one_by_one_and_collated():
    dataset = Squares(3)
    batches = list(data.DataLoader(dataset, batch_size=2))
    assert dataset.asked == [0, 1, 2]
    assert [part.tolist() for part in batches[0]] == [[0, 1], [0, 0.5]]
    assert [part.dtype for part in batches[0]] == [numpynet.int64, numpynet.float64]


def test_samples_are_asked_for_at_once_where_the_dataset_can():
    dataset = SquaresAtOnce(3)
    batches = list(data.DataLoader(dataset, batch_size=2))
    assert dataset.asked == [[0, 1], [2]]
    assert batches[1][1].tolist() == [1.0]


def test_a_list_is_a_dataset():
    assert [batch.tolist() for batch in data.DataLoader([3, 1, 2], batch_size=2)] == [[3, 1], [2]]


def test_a_collate_function_of_the_users():
    loader = data.DataLoader(Squares(3), batch_size=2, collate_fn=lambda samples: [index for index, _ in samples])
    assert list(loader) == [[0, 1], [2]]


@pytest.mark.parametrize("wrong", [(), 0, "stack"])
def test_what_collates_can_be_called(library, wrong):
    loader = library.utils.data.DataLoader([1, 2, 3], batch_size=2, collate_fn=wrong)
    with pytest.raises(TypeError, match="object is not callable"):
        next(iter(loader))


def test_without_batches_samples_come_as_they_are():
    loader = data.DataLoader([np.float32(1), {"x": np.arange(2)}, "word"], batch_size=None)
    number, mapping, word = loader
    assert number.dtype == numpynet.float32
    assert mapping["x"].tolist() == [0, 1]
    assert word == "word"
    assert len(loader) == 3


@given(
    shape=st.lists(st.integers(0, 3), max_size=2),
    samples=st.integers(1, 9),
    indices=st.lists(st.integers(0, 8), min_size=1, max_size=6),
    dtype=st.sampled_from([np.float32, np.float64, np.int64, np.bool_]),
    strange=st.booleans(),
)
@settings(max_examples=40)
def test_a_batch_taken_at_once_is_the_collated_one(shape, samples, indices, dtype, strange):
    indices = [index % samples - samples * (index % 2) for index in indices]
    size = (samples, *shape)
    array = np.arange(np.prod(size)).reshape(size).astype(dtype)
    if strange:
        array = np.asfortranarray(np.repeat(array, 2, axis=0))[::2]
    dataset = data.TensorDataset(numpynet.from_numpy(array), numpynet.arange(samples))
    taken = taken_at_once(dataset, indices)
    collated = data.default_collate([dataset[index] for index in indices])
    assert type(taken) is type(collated)
    for ours, expected in zip(taken, collated, strict=True):
        assert ours.dtype == expected.dtype
        assert ours.shape == expected.shape
        assert ours.is_contiguous()
        assert ours.tolist() == expected.tolist()
        ours.zero_()
    assert np.array_equal(dataset.tensors[0].numpy(), array)
    assert dataset.tensors[1].tolist() == list(range(samples))


def test_a_subset_of_a_subset_is_taken_at_once():
    whole = data.TensorDataset(numpynet.arange(10))
    subset = data.Subset(data.Subset(whole, [9, 8, 7, 6]), numpynet.tensor([3, 1, 0]).tolist())
    assert taken_at_once(subset, [2, 0])[0].tolist() == [9, 6]
    assert order(data.DataLoader(subset, batch_size=2)) == [[6, 8], [9]]


class Negated(data.TensorDataset):
    def __getitem__(self, index):
        return tuple(-part for part in super().__getitem__(index))


class ReversedSubset(data.Subset):
    def __getitem__(self, index):
        return super().__getitem__(len(self) - 1 - index)

    def __getitems__(self, indices):
        return [self[index] for index in indices]


def test_a_subclass_with_samples_of_its_own_is_respected():
    assert order(data.DataLoader(Negated(numpynet.arange(3)), batch_size=2)) == [[0, -1], [-2]]
    subset = ReversedSubset(data.TensorDataset(numpynet.arange(3)), [0, 1, 2])
    assert order(data.DataLoader(subset, batch_size=2)) == [[2, 1], [0]]


def test_samples_that_require_a_gradient_get_it():
    samples = numpynet.ones(4, 2, requires_grad=True)
    for (batch,) in data.DataLoader(data.TensorDataset(samples), batch_size=3):
        (2 * batch).sum().backward()
    assert samples.grad.tolist() == [[2, 2]] * 4


def test_an_index_out_of_range_is_an_error():
    loader = data.DataLoader(data.TensorDataset(numpynet.arange(3)), batch_size=2, sampler=[0, 3])
    with pytest.raises(IndexError, match="out of bounds"):
        next(iter(loader))


def test_an_error_in_a_sample_does_not_end_the_pass():
    class Broken(data.Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            if index == 1:
                raise KeyError(index)
            return index

    batches = iter(data.DataLoader(Broken()))
    assert next(batches).item() == 0
    with pytest.raises(KeyError):
        next(batches)
    assert next(batches).item() == 2


# --- streams --------------------------------------------------------------------------------------------------


class Stream(data.IterableDataset):
    def __iter__(self):
        return iter(range(7))


class SizedStream(Stream):
    def __len__(self):
        return 7


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"batch_size": 3}, [[0, 1, 2], [3, 4, 5], [6]]),
        ({"batch_size": 3, "drop_last": True}, [[0, 1, 2], [3, 4, 5]]),
        ({"batch_size": 9, "drop_last": True}, []),
        ({"batch_size": None, "collate_fn": lambda sample: numpynet.tensor([sample])}, [[i] for i in range(7)]),
    ],
)
def test_streams(options, expected):
    loader = data.DataLoader(SizedStream(), **options)
    assert [batch.tolist() for batch in loader] == expected
    assert len(loader) == len(expected)


def test_a_stream_draws_one_number_too():
    torch = pytest.importorskip("torch")
    runs = []
    for _, module, manual_seed, draw, _ in twins(torch):
        manual_seed(1)
        kind = type("Numbers", (module.IterableDataset,), {"__iter__": lambda self: iter(range(4))})
        runs.append([[batch.tolist() for batch in module.DataLoader(kind(), batch_size=3)], draw()])
    assert runs[0] == runs[1]


def test_a_stream_has_no_length_of_its_own():
    with pytest.raises(TypeError):
        len(data.DataLoader(Stream()))


def test_a_stream_with_workers_is_missing():
    with pytest.raises(NotImplementedError, match="num_workers=2"):
        data.DataLoader(Stream(), num_workers=2)


# --- options --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"sampler": [0], "shuffle": True},
        {"batch_sampler": [[0]], "batch_size": 2},
        {"batch_sampler": [[0]], "shuffle": True},
        {"batch_sampler": [[0]], "sampler": [0]},
        {"batch_sampler": [[0]], "drop_last": True},
        {"batch_size": None, "drop_last": True},
        {"batch_size": 0},
        {"batch_size": -1},
        {"batch_size": 2.0},
        {"batch_size": True},
        {"drop_last": 1},
        {"num_workers": -1},
        {"timeout": -1},
        {"persistent_workers": True},
        {"prefetch_factor": -1, "num_workers": 1},
        {"multiprocessing_context": "fork"},
    ],
)
def test_options_out_of_range_are_refused_in_torchs_words(options):
    def refusal(module):
        with pytest.raises(ValueError, match=r"option|should be|can only") as raised:
            module.DataLoader([1, 2, 3], **options)
        return str(raised.value)

    ours = refusal(data)
    torch = pytest.importorskip("torch")
    assert ours == refusal(torch.utils.data)


def test_an_empty_dataset_is_no_ground_for_shuffling():
    with pytest.raises(ValueError, match="num_samples should be a positive integer value, but got num_samples=0"):
        data.DataLoader([], shuffle=True)
    assert list(data.DataLoader([])) == []


@pytest.mark.parametrize("option", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}])
def test_a_stream_takes_no_order(option):
    (name,) = option
    with pytest.raises(ValueError, match=f"expected unspecified {name} option"):
        data.DataLoader(Stream(), **option)


def test_what_was_decided_at_the_start_stays():
    loader = data.DataLoader([1, 2, 3], batch_size=2)
    for name in ("batch_size", "sampler", "batch_sampler", "drop_last", "dataset", "persistent_workers"):
        with pytest.raises(ValueError, match=f"{name} attribute should not be set after DataLoader is initialized"):
            setattr(loader, name, None)
    loader.collate_fn = list
    assert list(loader) == [[1, 2], [3]]


def test_what_only_concerns_devices_and_workers_is_taken():
    loader = data.DataLoader(
        [1, 2],
        num_workers=2,
        pin_memory=True,
        timeout=3,
        worker_init_fn=pytest.fail,
        prefetch_factor=4,
        persistent_workers=True,
        pin_memory_device="cuda",
        in_order=False,
    )
    assert [batch.item() for batch in loader] == [1, 2]
    assert loader.prefetch_factor == 4
    assert data.DataLoader([1], num_workers=1).prefetch_factor == 2


# --- these checks, checked --------------------------------------------------------------------------------------


def test_a_draw_left_out_is_caught(monkeypatch):
    torch = pytest.importorskip("torch")

    def run(twin):
        library, module, manual_seed, draw, _ = twin
        manual_seed(0)
        loader = module.DataLoader(module.TensorDataset(library.arange(8)), batch_size=3, shuffle=True)
        return [order(loader), draw()]

    ours, theirs = twins(torch)
    expected = run(theirs)
    assert run(ours) == expected
    monkeypatch.setattr(data.DataLoader, "_draw_base_seed", lambda self: None)
    assert run(ours) != expected


def test_a_loader_says_what_it_gives():
    loader = numpynet.utils.data.DataLoader
    assert loader[int].__origin__ is loader


def test_a_stream_that_asks_for_its_worker(library):
    class Numbers(library.utils.data.IterableDataset):
        def __iter__(self):
            info = library.utils.data.get_worker_info()
            return iter(range(4)) if info is None else iter(())

    assert [batch.tolist() for batch in library.utils.data.DataLoader(Numbers(), batch_size=3)] == [[0, 1, 2], [3]]
