"""Seeding, the state's round trips, copies, and the functions of torch.random."""

import contextlib
import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet.random as random
from numpynet.random import Generator, default_generator, fork_rng
from numpynet.random.state import LAYOUT

SEEDS = [0, 1, 42, 2**31, 2**32 + 5, 2**64 - 1, -1, -(2**63)]

DRAWS = [
    lambda g: g.uniform((7,)),
    lambda g: g.uniform((311,), dtype="float64"),
    lambda g: g.normal((3,)),  # leaves the second of a pair waiting
    lambda g: g.normal((5,), dtype="float64"),
    lambda g: g.normal((40,)),
    lambda g: g.integers((2,), 0, 2**40),
    lambda g: g.permutation(625),
    lambda g: g.bernoulli((312,), 0.5),
    lambda g: g.uniform((0,)),
]
programs = st.lists(st.sampled_from(DRAWS), max_size=6)


@pytest.fixture(autouse=True)
def _keep_the_default_generator():
    with fork_rng():
        yield


@pytest.fixture
def torch():
    torch = pytest.importorskip("torch")
    state = torch.get_rng_state()
    yield torch
    torch.set_rng_state(state)


def assert_same_state(a, b):
    np.testing.assert_array_equal(a.state_array(), b.state_array())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fresh_state_is_torchs(torch, seed):
    ours, torchs = Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    np.testing.assert_array_equal(ours.state_array(), torchs.get_state().numpy())
    assert ours.initial_seed() == torchs.initial_seed()
    assert ours.state_array().dtype == np.uint8
    assert ours.state_array().shape == (5056,)


def test_an_unseeded_generator_is_torchs(torch):
    assert Generator().initial_seed() == torch.Generator().initial_seed()
    np.testing.assert_array_equal(Generator().state_array(), torch.Generator().get_state().numpy())


@settings(max_examples=60)
@given(st.integers(-(2**63), 2**64 - 1), programs, programs)
def test_the_state_goes_to_torch_and_back(seed, before, after):
    torch = pytest.importorskip("torch")
    ours = Generator().manual_seed(seed)
    for draw in before:
        draw(ours)
    torchs = torch.Generator()
    torchs.set_state(torch.from_numpy(ours.state_array()))
    np.testing.assert_array_equal(torchs.get_state().numpy(), ours.state_array())
    returned = Generator().set_state_array(torchs.get_state().numpy())
    assert returned.initial_seed() == ours.initial_seed() == torchs.initial_seed()
    for draw in after:
        np.testing.assert_array_equal(draw(returned), draw(ours))
    assert_same_state(returned, ours)
    found = ours.normal((3,)), ours.uniform((3,))
    expected = torch.empty(3).normal_(generator=returned_to(torch, returned)), None
    np.testing.assert_array_equal(found[0], expected[0].numpy())


def returned_to(torch, generator):
    torchs = torch.Generator()
    torchs.set_state(torch.from_numpy(generator.state_array()))
    return torchs


@given(programs, programs, st.sampled_from(["clone_state", "copy", "deepcopy", "pickle", "state"]))
def test_copies_continue_alike_and_independently(before, after, way):
    original = Generator().manual_seed(3)
    for draw in before:
        draw(original)
    twin = {
        "clone_state": lambda g: g.clone_state(),
        "copy": copy.copy,
        "deepcopy": copy.deepcopy,
        "pickle": lambda g: pickle.loads(pickle.dumps(g)),
        "state": lambda g: Generator().set_state_array(g.state_array()),
    }[way](original)
    assert twin is not original
    state = twin.state_array()
    expected = [draw(original) for draw in after]
    np.testing.assert_array_equal(twin.state_array(), state)
    for draw, values in zip(after, expected, strict=True):
        np.testing.assert_array_equal(draw(twin), values)
    assert_same_state(twin, original)


def test_the_float_cache_that_only_other_devices_use_survives():
    state = Generator().state_array()
    state[5048:5052] = np.array([1.5], np.float32).view(np.uint8)
    state[5052] = 1
    np.testing.assert_array_equal(Generator().set_state_array(state).state_array(), state)


def test_the_state_is_a_copy():
    generator = Generator().manual_seed(1)
    state = generator.state_array()
    kept = state.copy()
    generator.uniform((5,))
    np.testing.assert_array_equal(state, kept)
    generator.set_state_array(state)
    state[:] = 0
    np.testing.assert_array_equal(generator.state_array(), kept)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (np.zeros(5056, np.uint8), RuntimeError),
        (np.zeros(5055, np.uint8), RuntimeError),
        (np.zeros((2, 2528), np.uint8), RuntimeError),
        (np.zeros(5056, np.float32), TypeError),
        (b"0" * 5056, TypeError),
        (None, TypeError),
    ],
)
def test_what_is_no_state_changes_nothing(state, error):
    generator = Generator().manual_seed(1)
    generator.normal((3,))
    before = generator.state_array()
    with pytest.raises(error, match=r"RNG state|mt19937"):
        generator.set_state_array(state)
    with pytest.raises(TypeError, match=r"expected a torch\.ByteTensor, but got list"):
        generator.set_state([[1, 2], [3]])
    np.testing.assert_array_equal(generator.state_array(), before)


@pytest.mark.parametrize("field", [(8, 4), (12, 4), (16, 8)])
def test_inconsistent_counts_are_no_state(field):
    start, size = field
    state = Generator().state_array()
    state[start : start + size] = 255
    with pytest.raises(RuntimeError, match="mt19937"):
        Generator().set_state_array(state)


def test_seeding_forgets_the_waiting_normal():
    generator = Generator().manual_seed(0)
    generator.normal((1,))
    assert_same_state(generator.manual_seed(0), Generator().manual_seed(0))


def test_manual_seed_returns_the_generator_and_takes_numpys_integers():
    generator = Generator()
    assert generator.manual_seed(np.int64(5)) is generator
    assert generator.initial_seed() == 5


@pytest.mark.parametrize("seed", [1.5, "1", None, True, np.ones(2)])
def test_a_generators_seed_must_be_an_integer(seed):
    generator = Generator().manual_seed(3)
    with pytest.raises((RuntimeError, TypeError)):
        generator.manual_seed(seed)
    assert_same_state(generator, Generator().manual_seed(3))


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_a_seed_has_64_bits(seed):
    with pytest.raises(ValueError, match=str(seed)):
        Generator().manual_seed(seed)


def test_seed_is_fresh_each_time():
    generator = Generator()
    seeds = {generator.seed() for _ in range(5)}
    assert len(seeds) == 5
    assert generator.initial_seed() in seeds
    assert_same_state(generator, Generator().manual_seed(generator.initial_seed()))


def test_the_device_is_the_cpu():
    assert repr(Generator().device) == "device(type='cpu')"
    assert str(Generator("cpu").device) == "cpu"
    assert Generator(device=Generator().device).device == Generator().device
    with pytest.raises(RuntimeError, match="cuda"):
        Generator(device="cuda")


def test_the_functions_speak_of_the_default_generator():
    assert random.manual_seed(5) is default_generator
    assert random.initial_seed() == 5
    assert_same_state(default_generator, Generator().manual_seed(5))
    assert random.manual_seed(-1).initial_seed() == 2**64 - 1
    assert random.manual_seed("7").initial_seed() == 7  # torch takes what int() does
    drawn = random.seed()
    assert random.initial_seed() == drawn


def test_fork_rng_restores_the_state_also_after_an_error():
    random.manual_seed(3)
    default_generator.normal((3,))
    before = default_generator.state_array()
    with contextlib.suppress(KeyError), fork_rng():
        random.manual_seed(4)
        default_generator.uniform((3,))
        raise KeyError
    np.testing.assert_array_equal(default_generator.state_array(), before)
    assert random.initial_seed() == 3
    with fork_rng(enabled=False):
        default_generator.uniform((3,))
    assert (default_generator.state_array() != before).any()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"devices": [0]}, AssertionError),
        ({"devices": 1}, TypeError),
        ({"device_type": "gpu"}, RuntimeError),
        ({"device_type": 1.5}, RuntimeError),
        ({"device_type": ["cuda"]}, TypeError),
    ],
)
def test_fork_rng_of_devices_that_are_none(library, options, error):
    with pytest.raises(error), library.random.fork_rng(**options):
        pass
    with library.random.fork_rng([], device_type="cuda"):
        library.rand(1)


@fork_rng()
def draw_decorated():
    return default_generator.uniform((2,))


def test_fork_rng_decorates():
    np.testing.assert_array_equal(draw_decorated(), draw_decorated())


def test_a_new_process_starts_from_a_seed_of_its_own():
    code = "import numpynet.random as r, sys; print(r.initial_seed(), 'numpy.random._mt19937' in sys.modules)"
    lines = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "ab"
    ]
    assert lines[0] != lines[1]
    assert all(line.endswith("False\n") for line in lines)  # importing stays cheap


def test_the_state_is_torchs_wherever_a_stream_of_small_draws_stands(torch):
    ours, torchs = Generator().manual_seed(3), torch.Generator().manual_seed(3)
    for turn in range(60):
        count = (16, 304, 624, 1000, 1024, 4096)[turn % 6] + turn % 4 * (turn % 3)
        np.testing.assert_array_equal(ours.uniform((count,)), torch.rand(count, generator=torchs).numpy())
        np.testing.assert_array_equal(ours.state_array(), torchs.get_state().numpy())


def test_many_small_draws_of_several_kinds_are_torchs(torch):
    ours, torchs = Generator().manual_seed(4), torch.Generator().manual_seed(4)
    for turn in range(90):
        size = (turn % 7 * 16 + 16, 5 + turn % 5, 33)[turn % 3]
        normals = torch.empty(size, 16).normal_(0.5, 2.0, generator=torchs).numpy()
        np.testing.assert_array_equal(ours.normal((size, 16), 0.5, 2.0), normals)
        uniforms = torch.empty(size).uniform_(-0.3, 1.1, generator=torchs).numpy()
        np.testing.assert_array_equal(ours.uniform((size,), -0.3, 1.1), uniforms)
        symmetric = torch.empty(size, dtype=torch.float32).uniform_(-1, 1, generator=torchs).numpy()
        np.testing.assert_array_equal(ours.uniform((size,), -1, 1), symmetric)
        np.testing.assert_array_equal(
            ours.integers((9 * size,), 0, 10), torch.randint(10, (9 * size,), generator=torchs).numpy()
        )
        if turn % 30 == 29:
            np.testing.assert_array_equal(ours.normal((5000,)), torch.randn(5000, generator=torchs).numpy())
    np.testing.assert_array_equal(ours.state_array(), torchs.get_state().numpy())


@pytest.mark.parametrize("between", [0, 1, 4, 3000, 5000])
def test_runs_of_few_normals_are_torchs_whatever_comes_between(torch, between):
    ours, torchs = Generator().manual_seed(5), torch.Generator().manual_seed(5)
    for turn in range(400):
        count = (10, 9, 1, 15, 2)[turn % 5] if turn % 100 < 60 else 4
        np.testing.assert_array_equal(ours.normal((count,)), torch.randn(count, generator=torchs).numpy())
        if turn % 40 == 39:
            np.testing.assert_array_equal(ours.uniform((between,)), torch.rand(between, generator=torchs).numpy())
            np.testing.assert_array_equal(ours.state_array(), torchs.get_state().numpy())


def test_few_normals_of_a_state_that_was_gone_back_to_are_drawn_anew():
    generator = Generator().manual_seed(5)
    for _ in range(3):
        generator.normal((8,))
    state = generator.state_array()
    first = [generator.normal((8,)) for _ in range(9)]
    generator.set_state_array(state)
    np.testing.assert_array_equal([generator.normal((8,)) for _ in range(9)], first)


def test_a_normal_that_waits_in_a_state_needs_no_words(torch):
    ours, torchs = Generator().manual_seed(5), torch.Generator().manual_seed(5)
    ours.normal((3,))
    torch.randn(3, generator=torchs)
    alone = Generator().set_state_array(ours.state_array())
    np.testing.assert_array_equal(alone.normal((1,)), torch.randn(1, generator=torchs).numpy())
    np.testing.assert_array_equal(alone.state_array(), torchs.get_state().numpy())


@pytest.mark.parametrize("mean", [0.0, -0.0, -1e-40, -1e-46, 1e-46, -1.0])
@pytest.mark.parametrize("std", [0.0, 1.0, 0.5, 1e-30])
@pytest.mark.parametrize("count", [1, 2, 5, 9, 16, 40, 64, 432, 4096, 5008])
def test_zeros_have_torchs_signs(torch, count, std, mean):
    """The words of this state are zeros in turn with ones: of radii that are 0, and of angles in all quarters."""
    record = np.zeros((), LAYOUT)
    record["seeded"], record["position"], record["left"] = 1, 1, 624
    record["key"][1::3] = 2**32 - 1
    record["key"][2::5] = 2**31 + 12345
    state = np.frombuffer(record.tobytes(), np.uint8)
    ours, torchs = Generator().set_state_array(state), torch.Generator().set_state(torch.from_numpy(state.copy()))
    for _ in range(3):
        normals = torch.empty(count).normal_(mean, std, generator=torchs)
        assert ours.normal((count,), mean, std).tobytes() == normals.numpy().tobytes()
    np.testing.assert_array_equal(ours.state_array(), torchs.get_state().numpy())
