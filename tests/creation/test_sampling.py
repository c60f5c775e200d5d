"""One seed, one stream: whatever draws from it, in whatever order, draws torch's bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet

torch = pytest.importorskip("torch")

SEEDS = [0, 1, 42, 2**31, 2**32 + 5, -1]
SIZES = [*range(71), 1000, 4097]


def array(result):
    return result.detach().numpy()


def linear(library, size, dtype):
    layer = library.nn.Linear(size % 7 + 1, size, dtype=dtype)
    return np.concatenate([array(layer.weight).reshape(-1), array(layer.bias)])


def shuffled(library, size, dtype):
    data = library.utils.data.TensorDataset(library.arange(size))
    loader = library.utils.data.DataLoader(data, batch_size=size // 8 + 1, shuffle=True)
    return np.concatenate([array(batch) for (batch,) in loader])


def dropped(library, size, dtype):
    return array(library.nn.functional.dropout(library.ones(size, dtype=dtype), 0.3))


DRAWS = {
    "rand": lambda library, size, dtype: array(library.rand(size, dtype=dtype)),
    "randn": lambda library, size, dtype: array(library.randn(size, dtype=dtype)),
    "randint": lambda library, size, dtype: array(library.randint(-5, 1000, (size,))),
    "randperm": lambda library, size, dtype: array(library.randperm(size)),
    "normal": lambda library, size, dtype: array(library.normal(1.0, 0.3, (size,), dtype=dtype)),
    "bernoulli": lambda library, size, dtype: array(library.bernoulli(library.full((size,), 0.4, dtype=dtype))),
    "bernoulli_": lambda library, size, dtype: array(library.empty(size, dtype=dtype).bernoulli_(0.4)),
    "uniform_": lambda library, size, dtype: array(library.empty(size, dtype=dtype).uniform_(-2, 3)),
    "transposed normal_": lambda library, size, dtype: array(library.empty(size, 2, dtype=dtype).t().normal_()),
    "like": lambda library, size, dtype: array(library.randn_like(library.zeros(size, dtype=dtype))),
    "transposed like": lambda library, size, dtype: array(library.randn_like(library.zeros(size, 2, dtype=dtype).t())),
    "rand_like": lambda library, size, dtype: array(library.rand_like(library.zeros(3, size, dtype=dtype).t())),
    "randint_like": lambda library, size, dtype: array(library.randint_like(library.zeros(size, dtype=dtype), 3, 90)),
    "Linear": lambda library, size, dtype: linear(library, size + 1, dtype),
    "dropout": dropped,
    "DataLoader": lambda library, size, dtype: shuffled(library, size + 1, dtype),
}


def assert_equal_draws(seed, draws):
    """The same draws, each (name, size, dtype), under both libraries, to the last bit; and equal states after."""
    numpynet.manual_seed(seed)
    torch.manual_seed(seed)
    for name, size, dtype in draws:
        ours = DRAWS[name](numpynet, size, getattr(numpynet, dtype))
        theirs = DRAWS[name](torch, size, getattr(torch, dtype))
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        assert ours.tobytes() == theirs.tobytes(), (name, size, dtype)
    assert numpynet.get_rng_state().numpy().tobytes() == torch.get_rng_state().numpy().tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", DRAWS)
def test_every_draw_at_every_size(name, seed, dtype):
    assert_equal_draws(seed, [(name, size, dtype) for size in SIZES])


@given(
    st.sampled_from(SEEDS),
    st.lists(
        st.tuples(st.sampled_from(list(DRAWS)), st.sampled_from(SIZES), st.sampled_from(["float32", "float64"])),
        max_size=12,
    ),
)
@settings(max_examples=60)
def test_draws_interleaved(seed, draws):
    assert_equal_draws(seed, draws)


@pytest.mark.parametrize("odd", [1, 3, 621, 623, 4001])
@pytest.mark.parametrize("size", [1, 155, 311, 312, 313, 2047, 2048, 40_001])
def test_pairs_of_words_from_odd_places(odd, size):
    assert_equal_draws(0, [("rand", odd, "float32"), ("rand", 2, "float32"), ("rand", size, "float64")] * 2)


# Around the ends of the generator's 624 words, of the stock of words, and of the blocks of large draws.
AT_THE_ENDS = [0, 1, 3, 15, 16, 17, 207, 208, 311, 312, 313, 623, 624, 625, 2047, 2048, 4095, 4096, 16_385, 32_769]
DRAWS_AND_SIZES = st.tuples(
    st.just("draw"),
    st.sampled_from([*DRAWS, "exponential_", "normal of mean", "float16", "multinomial", "generator"]),
    st.integers(0, 40) | st.integers(0, 1300) | st.sampled_from(AT_THE_ENDS),
    st.sampled_from(["float32", "float64"]),
)
ACTIONS = (
    DRAWS_AND_SIZES
    | st.tuples(st.just("seed"), st.integers(-(2**63), 2**64 - 1))
    | st.tuples(st.sampled_from(["save", "restore", "exchange", "fork"]))
)
MORE_DRAWS = {
    **DRAWS,
    "exponential_": lambda library, size, dtype: array(library.empty(size, dtype=dtype).exponential_(1.5)),
    "normal of mean": lambda library, size, dtype: array(library.normal(library.zeros(size, dtype=dtype), 0.5)),
    "float16": lambda library, size, dtype: array(library.empty(size, dtype=library.float16).normal_()),
    "multinomial": lambda library, size, dtype: array(
        library.multinomial(library.arange(1, size + 2, dtype=dtype), size % 7 + 1, True)
    ),
    "generator": lambda library, size, dtype: array(
        library.rand(size, dtype=dtype, generator=library.Generator().manual_seed(size))
    ),
}


@given(st.lists(ACTIONS, max_size=25))
@settings(max_examples=150)
def test_draws_of_all_kinds_between_seeds_and_states(actions):
    """And at every step the generators are in the same state, which one library may take over from the other."""
    saved = []
    numpynet.manual_seed(0)
    torch.manual_seed(0)
    for action, *arguments in actions:
        if action == "draw":
            name, size, dtype = arguments
            ours = MORE_DRAWS[name](numpynet, size, getattr(numpynet, dtype))
            theirs = MORE_DRAWS[name](torch, size, getattr(torch, dtype))
            assert ours.dtype == theirs.dtype
            assert ours.tobytes() == theirs.tobytes(), (name, size, dtype)
        elif action == "seed":
            for library in (numpynet, torch):
                library.manual_seed(*arguments)
        elif action == "save":
            saved.append((numpynet.get_rng_state(), torch.get_rng_state()))
        elif action == "restore" and saved:
            ours, theirs = saved.pop()
            numpynet.set_rng_state(ours)
            torch.set_rng_state(theirs)
        elif action == "exchange":
            ours, theirs = numpynet.get_rng_state().numpy(), torch.get_rng_state()
            numpynet.set_rng_state(theirs)
            torch.set_rng_state(torch.from_numpy(ours))
        elif action == "fork":
            for library in (numpynet, torch):
                with library.random.fork_rng():
                    library.randn(3)
        assert numpynet.get_rng_state().numpy().tobytes() == torch.get_rng_state().numpy().tobytes(), action


def test_the_state_goes_to_torch_and_back():
    numpynet.manual_seed(3)
    numpynet.randn(5)
    torch.set_rng_state(torch.from_numpy(numpynet.get_rng_state().numpy()))
    assert array(numpynet.randn(7)).tobytes() == array(torch.randn(7)).tobytes()
    numpynet.set_rng_state(torch.get_rng_state())
    assert array(numpynet.rand(7)).tobytes() == array(torch.rand(7)).tobytes()


@pytest.mark.parametrize(
    ("weights", "samples", "replacement"),
    [([0.0, 10.0, 3.0, 0.5], 3, False), ([1.0, 2.0, 3.0], 50, True), ([[1.0, 2.0], [3.0, 0.1]], 1, False)],
)
def test_multinomial(weights, samples, replacement):
    for seed in SEEDS:
        numpynet.manual_seed(seed)
        torch.manual_seed(seed)
        ours = numpynet.multinomial(numpynet.tensor(weights), samples, replacement)
        theirs = torch.multinomial(torch.tensor(weights), samples, replacement)
        assert ours.tolist() == theirs.tolist()


def test_a_leaf_is_not_filled_while_recording_and_nothing_is_drawn():
    for library in (numpynet, torch):
        library.manual_seed(0)
        leaf = library.ones(3, requires_grad=True)
        with pytest.raises(RuntimeError, match="leaf Variable"):
            leaf.normal_()
    assert array(numpynet.rand(2)).tobytes() == array(torch.rand(2)).tobytes()


@pytest.mark.parametrize(
    "bounds", [((10,), {}), ((), {"high": 10}), ((2,), {"high": 10}), ((), {"low": 2, "high": 10})]
)
def test_randint_like_takes_its_bounds_by_place_and_by_name(bounds):
    places, names = bounds
    draws = []
    for library in (numpynet, torch):
        library.manual_seed(3)
        draws.append(array(library.randint_like(library.zeros(40), *places, **names)))
    assert draws[0].tobytes() == draws[1].tobytes()


@pytest.mark.parametrize(("name", "numbers"), [("rand_like", ()), ("randn_like", ()), ("randint_like", (90,))])
@pytest.mark.parametrize("wanted", ["preserve_format", "contiguous_format", "channels_last"])
@pytest.mark.parametrize("axes", [(0, 1, 2, 3), (3, 0, 2, 1)])
def test_what_is_like_another_is_drawn_in_the_order_of_memory_wanted(name, numbers, wanted, axes):
    drawn = []
    for library in (numpynet, torch):
        library.manual_seed(3)
        given = library.zeros(2, 3, 4, 5).permute(axes)
        made = getattr(library, name)(given, *numbers, memory_format=getattr(library, wanted))
        drawn.append((array(made).tobytes(), made.stride(), library.get_rng_state().tolist()))
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("options", [{"layout": 3}, {"memory_format": 3}, {"pin_memory": 3}])
def test_what_is_like_another_takes_torchs_options_alone(options):
    for library in (numpynet, torch):
        with pytest.raises(TypeError, match=next(iter(options))):
            library.rand_like(library.zeros(2), **options)


def test_randint_like_without_a_bound():
    with pytest.raises(TypeError, match="high"):
        numpynet.randint_like(numpynet.zeros(2))


@pytest.mark.parametrize(
    "refused",
    [
        lambda library: library.rand(3, layout=3),
        lambda library: library.randn(3, device="nowhere"),
        lambda library: library.randn(3, out=3),
        lambda library: library.rand(3, out=library.zeros(3, dtype=library.float64), dtype=library.float32),
        lambda library: library.randint(3, (3,), pin_memory=3),
        lambda library: library.randperm(5, device="nowhere"),
        lambda library: library.normal(0.0, 1.0, (3,), device="nowhere"),
        lambda library: library.rand_like(library.zeros(3), layout=3),
        lambda library: library.randn_like(library.zeros(3), device="nowhere"),
        lambda library: library.randint_like(library.zeros(3), 9, requires_grad=3),
    ],
)
def test_what_is_refused_draws_nothing(refused):
    for library in (numpynet, torch):
        state = library.get_rng_state().tolist()
        with pytest.raises((TypeError, RuntimeError)):
            refused(library)
        assert library.get_rng_state().tolist() == state


def test_what_is_drawn_with_a_number_for_probability_has_no_gradient(library):
    p = library.full((3,), 0.5, requires_grad=True)
    library.bernoulli(p).sum().backward()
    assert p.grad.tolist() == [0, 0, 0]
    with pytest.raises(RuntimeError, match="derivative for aten::bernoulli is not implemented"):
        p.bernoulli(0.5).sum().backward()
