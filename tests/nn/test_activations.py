"""Activations against torch: values, gradients with random cotangents, ties, extremes, NaN, in place, as modules.

Each is a handful of rounded operations around at most two functions good to 4 eps: 16 eps of the sizes involved.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nearness import FLOATS, assert_within, eps, pair, torch

import numpynet
from numpynet import nn, ops

SPECIAL = [0.0, -0.0, 1.0, -1.0, 20.0, 20.1, -20.0, 100.0, -100.0, 1e4, -1e4, 1e-20, -1e-20]

# How large what is added up in a value and in a slope is, for inputs x.
ACTIVATIONS = {
    "relu": (lambda t, x: t.nn.functional.relu(x), lambda x: 0 * x, lambda x: 0 * x),
    "sigmoid": (lambda t, x: t.nn.functional.sigmoid(x), lambda x: 0 * x + 1, lambda x: 0 * x + 1),
    "tanh": (lambda t, x: t.nn.functional.tanh(x), np.abs, lambda x: 0 * x + 1),
    "leaky_relu": (lambda t, x: t.nn.functional.leaky_relu(x, 0.3), np.abs, lambda x: 0 * x + 1),
    "elu": (lambda t, x: t.nn.functional.elu(x), np.abs, lambda x: 0 * x + 1),
    "elu(0.5)": (lambda t, x: t.nn.functional.elu(x, 0.5), np.abs, lambda x: 0 * x + 1),
    "silu": (lambda t, x: t.nn.functional.silu(x), np.abs, lambda x: 1 + abs(x)),
    "gelu": (lambda t, x: t.nn.functional.gelu(x), np.abs, lambda x: 1 + abs(x)),
    # The slope of the approximation is a difference of terms in x³.
    "gelu(tanh)": (
        lambda t, x: t.nn.functional.gelu(x, approximate="tanh"),
        lambda x: abs(x) + abs(x) ** 3,
        lambda x: 1 + abs(x) ** 3,
    ),
    "softplus": (lambda t, x: t.nn.functional.softplus(x), lambda x: abs(x) + 1, lambda x: 0 * x + 1),
    "softplus(2, 5)": (
        lambda t, x: t.nn.functional.softplus(x, beta=2, threshold=5),
        lambda x: abs(x) + 1,
        lambda x: 2 * abs(x) + 1,
    ),
    "logsigmoid": (lambda t, x: t.nn.functional.logsigmoid(x), lambda x: abs(x) + 1, lambda x: 0 * x + 1),
}


def check_activation(name, x, dy):
    call, size, slope = ACTIVATIONS[name]
    our_x, their_x = pair(x)
    ours, theirs = call(numpynet, our_x), call(torch, their_x)
    with np.errstate(all="ignore"):
        assert_within(ours, theirs, 16 * eps(x) * size(x.astype(np.float64)), name)
        assert ours.grad_fn.name() == theirs.grad_fn.name()
        ours.backward(numpynet.tensor(dy))
        theirs.backward(torch.tensor(dy))
        bound = 16 * eps(x) * slope(x.astype(np.float64)) * abs(dy)
        assert_within(our_x.grad, their_x.grad, bound, f"the gradient of {name}")


def numbers(rng, shape, dtype):
    array = rng.standard_normal(shape) * rng.choice([0.1, 1.0, 10.0])
    return np.where(rng.random(shape) < 0.4, rng.choice(SPECIAL, shape), array).astype(dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ACTIVATIONS)
@settings(max_examples=15)
@given(shape=st.sampled_from([(), (0,), (7,), (5, 3), (2, 3, 4)]), seed=st.integers(0, 2**32 - 1))
def test_values_and_gradients(name, dtype, shape, seed):
    rng = np.random.default_rng(seed)
    check_activation(name, numbers(rng, shape, dtype), rng.standard_normal(shape).astype(dtype))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in ("gelu", "gelu(tanh)", "silu")])
def test_nan_and_infinities(name, dtype):
    x = np.array([np.nan, np.inf, -np.inf], dtype)
    if name.startswith("elu"):
        x = x[1:]  # what torch's gradient makes of NaN depends on whether its vector kernel or its scalar one ran
    check_activation(name, x, np.ones(x.size, dtype))


@pytest.mark.parametrize(
    "change",
    [lambda dx: -dx, lambda dx: dx * (1 + 1e-6), lambda dx: dx + 1e-6, lambda dx: dx[::-1]],
    ids=["sign", "factor", "offset", "turned over"],
)
@pytest.mark.parametrize("name", ["leaky_relu", "elu", "silu", "gelu", "softplus", "log_sigmoid"])
def test_a_wrong_gradient_is_caught(name, change, monkeypatch):
    operation = getattr(ops, name)
    right = operation.gradients.x
    parameters = ", ".join(right.__code__.co_varnames[: right.__code__.co_argcount])
    scope = {"right": right, "change": change}
    exec(f"def wrong({parameters}): return change(right({parameters}))", scope)
    monkeypatch.setattr(operation.gradients, "x", scope["wrong"])
    rng = np.random.default_rng(0)
    with pytest.raises(AssertionError):
        check_activation(name.replace("log_s", "logs"), numbers(rng, (9,), "float64"), rng.standard_normal(9))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("dim", [0, 1, -1, None])
def test_softmax(name, dtype, dim):
    rng = np.random.default_rng(3)
    x = numbers(rng, (4, 5), dtype)
    our_x, their_x = pair(x)
    if dim is None:
        with pytest.warns(UserWarning, match=f"Implicit dimension choice for {name} has been deprecated"):
            ours = getattr(nn.functional, name)(our_x)
        with pytest.warns(UserWarning, match="Implicit"):
            theirs = getattr(torch.nn.functional, name)(their_x)
    else:
        ours = getattr(nn.functional, name)(our_x, dim)
        theirs = getattr(torch.nn.functional, name)(their_x, dim)
    largest = 1 + 2 * abs(x).max()  # an exponential is off by eps of its exponent, relatively
    assert_within(ours, theirs, 16 * eps(x) * largest)
    dy = rng.standard_normal(x.shape).astype(dtype)
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    assert_within(our_x.grad, their_x.grad, 16 * eps(x) * largest * abs(dy).sum())


def test_softmax_converts_first():
    x = numpynet.tensor([1.0, 2.0])
    assert nn.functional.softmax(x, 0, dtype=numpynet.float64).dtype is numpynet.float64
    assert nn.functional.log_softmax(x, 0, dtype=numpynet.float64).dtype is numpynet.float64


MODULES = {
    "ReLU": lambda t: t.nn.ReLU(),
    "Sigmoid": lambda t: t.nn.Sigmoid(),
    "Tanh": lambda t: t.nn.Tanh(),
    "Identity": lambda t: t.nn.Identity(1, 2, three=3),
    "LeakyReLU": lambda t: t.nn.LeakyReLU(0.3),
    "ELU": lambda t: t.nn.ELU(0.5),
    "GELU": lambda t: t.nn.GELU(),
    "GELU(tanh)": lambda t: t.nn.GELU("tanh"),
    "SiLU": lambda t: t.nn.SiLU(),
    "Softplus": lambda t: t.nn.Softplus(2, 5),
    "LogSigmoid": lambda t: t.nn.LogSigmoid(),
    "Softmax": lambda t: t.nn.Softmax(dim=0),
    "LogSoftmax": lambda t: t.nn.LogSoftmax(dim=1),
    "Flatten": lambda t: t.nn.Flatten(),
    "Flatten(0, 1)": lambda t: t.nn.Flatten(0, 1),
    "Unflatten": lambda t: t.nn.Unflatten(2, (2, -1)),
    "Unflatten(-1)": lambda t: t.nn.Unflatten(-1, (4, 1)),
}


@pytest.mark.parametrize("make", MODULES.values(), ids=MODULES.keys())
def test_modules(make):
    x = np.random.default_rng(2).standard_normal((2, 3, 4)).astype(np.float32)
    assert_within(make(numpynet)(numpynet.tensor(x)), make(torch)(torch.tensor(x)), 16 * eps(x) * (1 + abs(x).max()))


@pytest.mark.parametrize("make", [nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SiLU])
def test_in_place(make):
    x = numpynet.tensor([-1.0, 2.0])
    expected = make()(x)
    assert (x == numpynet.tensor([-1.0, 2.0])).all()
    assert make(inplace=True)(x) is x
    assert (x == expected).all()
    leaf = numpynet.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="in-place"):
        make(inplace=True)(leaf)
    z = numpynet.tensor([-1.0, 2.0], requires_grad=True)
    make(inplace=True)(z * 1).backward(numpynet.tensor([3.0, 5.0]))
    w = numpynet.tensor([-1.0, 2.0], requires_grad=True)
    make()(w).backward(numpynet.tensor([3.0, 5.0]))
    assert (z.grad == w.grad).all()


def test_unflatten_refuses_what_does_not_fit():
    for sizes in [(2, 3), (-1, 3), (-1, 0), (5, 1)]:
        with pytest.raises(RuntimeError, match="don't multiply up to the size of dim 1"):
            nn.Unflatten(1, sizes)(numpynet.zeros(2, 4))
    with pytest.raises(RuntimeError, match="the size -1 can be any value"):
        nn.Unflatten(1, (-1, 0))(numpynet.zeros(2, 0))
    with pytest.raises(IndexError):
        nn.Unflatten(3, (2, 2))(numpynet.zeros(2, 4))


@pytest.mark.parametrize("name", ["elu", "leaky_relu", "silu", "softplus", "gelu", "logsigmoid"])
def test_integers_are_refused(name):
    with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
        getattr(nn.functional, name)(numpynet.tensor([1, 2]))
    with pytest.raises(NotImplementedError):
        getattr(torch.nn.functional, name)(torch.tensor([1, 2]))


def test_gelu_refuses_an_unknown_approximation():
    with pytest.raises(RuntimeError, match="approximate argument must be either none or tanh"):
        nn.functional.gelu(numpynet.ones(1), approximate="erf")


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, float("inf")])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_normalize(p, dim):
    rng = np.random.default_rng(4)
    our_x, their_x = pair(rng.standard_normal((4, 5)))
    ours, theirs = nn.functional.normalize(our_x, p, dim), torch.nn.functional.normalize(their_x, p, dim)
    assert_within(ours, theirs, 1e-14)
    dy = rng.standard_normal((4, 5))
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    assert_within(our_x.grad, their_x.grad, 1e-13)


def test_normalize_leaves_zeros_alone():
    our_x, their_x = pair(np.array([[0.0, 0.0], [3.0, 4.0]]))
    nn.functional.normalize(our_x).sum().backward()
    torch.nn.functional.normalize(their_x).sum().backward()
    assert_within(our_x.grad, their_x.grad, 1e-3)


@settings(max_examples=30)
@given(
    shape=st.sampled_from([(), (0,), (5,), (2, 3)]),
    classes=st.sampled_from([-1, 4, 9, 100]),
    seed=st.integers(0, 2**32 - 1),
)
def test_one_hot(shape, classes, seed):
    x = np.random.default_rng(seed).integers(0, 4, shape)
    if not x.size and classes == -1:
        with pytest.raises(RuntimeError, match="Can not infer total number of classes"):
            nn.functional.one_hot(numpynet.tensor(x))
        return
    ours = nn.functional.one_hot(numpynet.tensor(x), classes)
    assert_within(ours, torch.nn.functional.one_hot(torch.tensor(x), classes), 0)


def test_one_hot_refuses_what_is_no_class():
    with pytest.raises(RuntimeError, match="LongTensor"):
        nn.functional.one_hot(numpynet.tensor([1.0]))
    with pytest.raises(RuntimeError, match="must be non-negative"):
        nn.functional.one_hot(numpynet.tensor([-1]))
    with pytest.raises(RuntimeError, match="must be smaller than num_classes"):
        nn.functional.one_hot(numpynet.tensor([3]), 3)
    with pytest.raises(RuntimeError, match="should be positive"):
        nn.functional.one_hot(numpynet.tensor([3]), 0)
    nn.functional.one_hot(numpynet.tensor([3]), 4)
    with pytest.raises(TypeError):
        nn.functional.one_hot(numpynet.tensor([3]), 4.0)


def test_rows_of_one_hot_are_not_shared():
    classes = numpynet.tensor([1, 1])
    nn.functional.one_hot(classes, 2).zero_()
    assert nn.functional.one_hot(classes, 2).tolist() == [[0, 1], [0, 1]]
