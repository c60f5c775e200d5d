"""Losses and their gradients against torch, in both dtypes, over shapes, reductions, weights and extreme values.

Bounds. A loss per element is a handful of correctly rounded operations and at most two functions that are good
to 4 eps, on intermediate values whose size `Case.scale` tells: 16 eps of that size. A sum of n is added up in
blocks by both libraries, with an error of at most (log2(n) + 16) eps of the sum of sizes. Gradients likewise.
"""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nearness import FLOATS, REDUCTIONS, assert_within, eps, pair, torch

import numpynet
import numpynet.nn.functional as ours_F
from numpynet import nn, ops

theirs_F = torch.nn.functional
SHAPES = st.sampled_from([(), (1,), (0,), (7,), (3, 4), (2, 0), (5, 1), (2, 3, 4), (33,), (150, 3)])


def numbers(rng, shape, dtype):
    """Normal numbers of changing size, with ties, zeros of both signs and very large ones among them."""
    array = rng.standard_normal(shape) * rng.choice([1e-3, 1.0, 30.0])
    special = rng.choice([0.0, -0.0, 1.0, -1.0, 0.5, 100.0, -100.0, 1e4], shape)
    return np.where(rng.random(shape) < 0.3, special, array).astype(dtype)


def fractions(rng, shape, dtype):
    """Numbers in [0, 1], both ends among them."""
    return np.where(rng.random(shape) < 0.4, rng.integers(0, 2, shape), rng.random(shape)).astype(dtype)


class Case:
    """A loss of a prediction x and a target t per element: how to draw them, and how large its values are.

    slope and target_slope: the size of the gradients by x and by t.
    """

    def __init__(self, name, x, t, loss, slope, target_slope=None, **options):
        self.name, self.x, self.t, self.options = name, x, t, options
        self.loss, self.slope, self.target_slope = loss, slope, target_slope or slope


def cross_entropy(x, t):
    with np.errstate(divide="ignore"):
        return (1 - t) * np.minimum(-np.log1p(-x), 100) + t * np.minimum(-np.log(x), 100)


def logarithms(x, t):
    with np.errstate(divide="ignore"):
        return -np.log1p(-x) - np.log(x)


CASES = [
    Case("mse_loss", numbers, numbers, lambda x, t: (x - t) ** 2, lambda x, t: 2 * abs(x - t)),
    Case("l1_loss", numbers, numbers, lambda x, t: abs(x - t), lambda x, t: 1),
    Case("smooth_l1_loss", numbers, numbers, lambda x, t: abs(x - t), lambda x, t: 1),
    Case("smooth_l1_loss", numbers, numbers, lambda x, t: abs(x - t), lambda x, t: 1, beta=0.25),
    Case("huber_loss", numbers, numbers, lambda x, t: 3 * abs(x - t), lambda x, t: 3, delta=3.0),
    Case(
        "binary_cross_entropy_with_logits",
        numbers,
        fractions,
        loss=lambda z, t: abs(z) + 1,
        slope=lambda z, t: 1,
        target_slope=lambda z, t: abs(z) + 1,
    ),
    Case(
        "binary_cross_entropy",
        fractions,
        fractions,
        loss=cross_entropy,
        slope=lambda x, t: abs(x - t) / np.maximum((1 - x) * x, 1e-13),
        target_slope=logarithms,
    ),
]
IDS = [f"{case.name}{case.options or ''}" for case in CASES]


def check_loss(case, rng, shape, dtype, reduction, weights=None):
    """One loss and its gradients by both operands, with a random cotangent, under both libraries."""
    weights = weights or {}
    arrays = case.x(rng, shape, dtype), case.t(rng, shape, dtype)
    (our_x, their_x), (our_t, their_t) = map(pair, arrays)
    x, t = (array.astype(np.float64) for array in arrays)
    w = np.ones(shape)
    for name, array in weights.items():
        w = w * (array + (name == "pos_weight"))
    options = {**case.options, "reduction": reduction}
    our_weights = {name: numpynet.tensor(array) for name, array in weights.items()}
    their_weights = {name: torch.tensor(array) for name, array in weights.items()}
    ours = getattr(ours_F, case.name)(our_x, our_t, **options, **our_weights)
    theirs = getattr(theirs_F, case.name)(their_x, their_t, **options, **their_weights)
    count = max(x.size, 1)
    share = eps(arrays[0]) / (count if reduction == "mean" else 1)
    sizes = case.loss(x, t) * w
    bound = 16 * share * sizes if reduction == "none" else (math.log2(count) + 16) * share * sizes.sum()
    assert_within(ours, theirs, bound, f"{case.name} of {shape}")
    dy = rng.standard_normal(theirs.shape).astype(dtype)
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    assert_within(our_x.grad, their_x.grad, 16 * share * case.slope(x, t) * w * abs(dy), f"{case.name} by x")
    assert_within(our_t.grad, their_t.grad, 16 * share * case.target_slope(x, t) * w * abs(dy), f"{case.name} by t")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("case", CASES, ids=IDS)
@settings(max_examples=20)
@given(shape=SHAPES, reduction=st.sampled_from(REDUCTIONS), seed=st.integers(0, 2**32 - 1))
def test_losses_of_elements(case, dtype, shape, reduction, seed):
    check_loss(case, np.random.default_rng(seed), shape, dtype, reduction)


@pytest.mark.parametrize("dtype", FLOATS)
@settings(max_examples=30)
@given(
    shape=st.sampled_from([(3,), (4, 3), (2, 4, 3)]),
    reduction=st.sampled_from(REDUCTIONS),
    which=st.sampled_from([("weight",), ("pos_weight",), ("weight", "pos_weight")]),
    broadcast=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_weighted_logits(dtype, shape, reduction, which, broadcast, seed):
    rng = np.random.default_rng(seed)
    weights = {name: rng.random(shape[-1:] if broadcast else shape).astype(dtype) * 3 for name in which}
    case = next(case for case in CASES if case.name == "binary_cross_entropy_with_logits")
    check_loss(case, rng, shape, dtype, reduction, weights)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss", "binary_cross_entropy"])
def test_weighted_elements(name, reduction, dtype):
    rng = np.random.default_rng(5)
    draw = fractions if name == "binary_cross_entropy" else numbers
    w = (rng.random((4, 3)) + 0.5).astype(dtype)
    our_x, their_x = pair(draw(rng, (4, 3), dtype))
    our_t, their_t = pair(draw(rng, (4, 3), dtype))
    our_w, their_w = pair(w, requires_grad=name != "binary_cross_entropy")
    ours = getattr(ours_F, name)(our_x, our_t, weight=our_w, reduction=reduction)
    theirs = getattr(theirs_F, name)(their_x, their_t, weight=their_w, reduction=reduction)
    scale = 16 * eps(w) * theirs.detach().abs().max().item()
    assert_within(ours, theirs, scale, name)
    dy = rng.standard_normal(theirs.shape).astype(dtype)
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    for one, other in [(our_x, their_x), (our_t, their_t), (our_w, their_w)]:
        if other.requires_grad:
            finite = other.grad[other.grad.isfinite()]
            assert_within(one.grad, other.grad, 64 * eps(w) * finite.abs().max().item(), name)


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_tails_of_the_logits_are_more_accurate_than_torchs(dtype):
    """At z = −20, t = 0 torch's float32 gives 0; the loss is ln(1 + e⁻²⁰)."""
    z = numpynet.tensor(np.array([-20.0, 20.0, -700.0, 80.0], dtype), requires_grad=True)
    t = numpynet.tensor(np.array([0, 1, 0, 0], dtype))
    loss = ours_F.binary_cross_entropy_with_logits(z, t, reduction="none")
    exact = [math.log1p(math.exp(-20)), math.log1p(math.exp(-20)), math.exp(-700), 80.0]
    assert_within(loss, np.array(exact, dtype), 4 * eps(z.detach().numpy()) * np.array(exact))
    loss.sum().backward()
    sigma = 1 / (1 + math.exp(-20))
    assert_within(z.grad, np.array([1 - sigma, -(1 - sigma), 0.0, 1.0], dtype), eps(z.detach().numpy()))


def by_class(rng, shape, dtype, ignored=()):
    classes = shape[1] if len(shape) > 1 else shape[0]
    t = rng.integers(0, classes, (shape[:1] + shape[2:]) if len(shape) > 1 else ())
    for one in ignored:
        t = np.where(rng.random(t.shape) < 0.3, one, t)
    return numbers(rng, shape, dtype), np.asarray(t, np.int64)


CLASS_SHAPES = st.sampled_from([(1, 1), (5, 3), (1, 4), (4,), (2, 3, 5), (2, 3, 2, 2), (150, 3), (2, 3, 1, 2, 2)])


def check_cross_entropy(name, rng, shape, dtype, reduction, weighted, ignored, smoothing):
    """A loss of classes and its gradient, under both libraries."""
    z, t = by_class(rng, shape, dtype, () if ignored is None else (ignored,))
    classes = shape[1] if len(shape) > 1 else shape[0]
    w = (rng.random(classes) + 0.1).astype(dtype) if weighted else None
    options = {"reduction": reduction, **({} if ignored is None else {"ignore_index": ignored})}
    if name == "cross_entropy":
        options["label_smoothing"] = smoothing
    our_z, their_z = pair(z)
    ours = getattr(ours_F, name)(our_z, numpynet.tensor(t), None if w is None else numpynet.tensor(w), **options)
    theirs = getattr(theirs_F, name)(their_z, torch.tensor(t), None if w is None else torch.tensor(w), **options)
    largest = 2 * np.abs(z).max() + math.log(classes)  # of a log-probability
    count = t.size if reduction == "sum" else 1
    assert_within(ours, theirs, 32 * eps(z) * count * largest * classes, name)
    dy = rng.standard_normal(theirs.shape).astype(dtype)
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    # A probability e^(z − max − ln Σ) is off by eps of its exponent, relatively.
    assert_within(our_z.grad, their_z.grad, 32 * eps(z) * np.abs(dy).max(initial=0) * (1 + largest) * classes, name)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["nll_loss", "cross_entropy"])
@settings(max_examples=40)
@given(
    shape=CLASS_SHAPES,
    reduction=st.sampled_from(REDUCTIONS),
    weighted=st.booleans(),
    ignored=st.sampled_from([None, -100, -1, 0]),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_losses_of_classes(name, dtype, shape, reduction, weighted, ignored, smoothing, seed):
    check_cross_entropy(name, np.random.default_rng(seed), shape, dtype, reduction, weighted, ignored, smoothing)


@pytest.mark.parametrize("dtype", FLOATS)
@settings(max_examples=30)
@given(
    shape=CLASS_SHAPES,
    reduction=st.sampled_from(REDUCTIONS),
    weighted=st.booleans(),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_cross_entropy_of_probabilities(dtype, shape, reduction, weighted, smoothing, seed):
    rng = np.random.default_rng(seed)
    z, p = numbers(rng, shape, dtype), rng.random(shape).astype(dtype)
    classes = shape[1] if len(shape) > 1 else shape[0]
    w = (rng.random(classes) + 0.1).astype(dtype) if weighted else None
    our_z, their_z = pair(z)
    our_p, their_p = pair(p)
    options = {"reduction": reduction, "label_smoothing": smoothing}
    ours = ours_F.cross_entropy(our_z, our_p, None if w is None else numpynet.tensor(w), **options)
    theirs = theirs_F.cross_entropy(their_z, their_p, None if w is None else torch.tensor(w), **options)
    largest = 2 * np.abs(z).max() + math.log(classes)
    count = z.size if reduction == "sum" else classes
    assert_within(ours, theirs, 32 * eps(z) * count * largest)
    dy = rng.standard_normal(theirs.shape).astype(dtype)
    ours.backward(numpynet.tensor(dy))
    theirs.backward(torch.tensor(dy))
    bound = 32 * eps(z) * np.abs(dy).max(initial=0) * (1 + largest) * classes
    assert_within(our_z.grad, their_z.grad, bound)
    assert_within(our_p.grad, their_p.grad, bound)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_no_targets_at_all(reduction):
    """The mean of nothing is NaN, the sum 0: with no samples, and with all of them ignored."""
    for z, t in [(np.zeros((0, 3)), np.zeros(0, np.int64)), (np.ones((2, 3)), np.full(2, -100))]:
        our_z, their_z = pair(z)
        ours = ours_F.cross_entropy(our_z, numpynet.tensor(t), reduction=reduction)
        theirs = theirs_F.cross_entropy(their_z, torch.tensor(t), reduction=reduction)
        assert_within(ours, theirs, 0)
        ours.backward(numpynet.ones_like(ours))
        theirs.backward(torch.ones_like(theirs))
        assert_within(our_z.grad, their_z.grad, 0)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_other_sizes_broadcast_with_a_warning(name):
    rng = np.random.default_rng(0)
    our_x, their_x = pair(rng.standard_normal((4, 1)))
    our_t, their_t = pair(rng.standard_normal(3))
    with pytest.warns(UserWarning, match=r"Using a target size \(torch.Size\(\[3\]\)\) that is different") as ours_said:
        ours = getattr(ours_F, name)(our_x, our_t)
    with pytest.warns(UserWarning, match="Using a target size") as theirs_said:
        theirs = getattr(theirs_F, name)(their_x, their_t)
    assert str(ours_said[0].message) == str(theirs_said[0].message)
    assert ours_said[0].filename == __file__
    ours.backward()
    theirs.backward()
    assert_within(ours, theirs, 16 * eps(their_x.detach().numpy()) * theirs.item())
    assert_within(our_x.grad, their_x.grad, 1e-14)
    assert_within(our_t.grad, their_t.grad, 1e-14)


def legacy(library, name, **arguments):
    functional = library.nn.functional
    x, t = library.tensor([0.25, 0.75]), library.tensor([1.0, 0.0])
    return getattr(functional, name)(x, t, **arguments)


@pytest.mark.parametrize("arguments", [{"size_average": False}, {"reduce": False}, {"size_average": True}])
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "binary_cross_entropy"])
def test_the_old_names_of_reductions_still_work_and_warn(name, arguments):
    with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated"):
        ours = legacy(numpynet, name, **arguments)
    with pytest.warns(UserWarning, match="will be deprecated"):
        theirs = legacy(torch, name, **arguments)
    assert_within(ours, theirs, 1e-6)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss", "binary_cross_entropy", "soft_margin_loss"])
def test_the_old_name_of_the_mean_warns(name):
    with pytest.warns(UserWarning, match="reduction='elementwise_mean' is deprecated") as ours_said:
        ours = legacy(numpynet, name, reduction="elementwise_mean")
    with pytest.warns(UserWarning, match="elementwise_mean") as theirs_said:
        theirs = legacy(torch, name, reduction="elementwise_mean")
    assert [str(one.message) for one in ours_said] == [str(one.message) for one in theirs_said]
    assert_within(ours, theirs, 1e-6)


def flawed(t):
    return t.nn.functional, t.zeros(2, 3), t.tensor([0, 1])


REFUSED = {
    "unknown reduction": lambda F, x, t: F.mse_loss(x, x, reduction="average"),
    "unknown reduction of classes": lambda F, x, t: F.cross_entropy(x, t, reduction="average"),
    "unknown reduction of probabilities": lambda F, x, t: F.cross_entropy(x, x, reduction="average"),
    "unknown reduction, weighted": lambda F, x, t: F.l1_loss(x, x, weight=x, reduction="average"),
    "weights of another size": lambda F, x, t: F.mse_loss(x, x, weight=x[0]),
    "logits of another size": lambda F, x, t: F.binary_cross_entropy_with_logits(x, x[0]),
    "probabilities of another size": lambda F, x, t: F.binary_cross_entropy(x, x[0]),
    "probabilities of another dtype": lambda F, x, t: F.binary_cross_entropy(x, x.double()),
    "no probability": lambda F, x, t: F.binary_cross_entropy(x + 2, x),
    "no probability to aim at": lambda F, x, t: F.binary_cross_entropy(x, x - 1),
    "class too great": lambda F, x, t: F.nll_loss(x, t + 2),
    "class negative": lambda F, x, t: F.cross_entropy(x, t - 1),
    "other batch": lambda F, x, t: F.cross_entropy(x, t[:1]),
    "floating classes": lambda F, x, t: F.cross_entropy(x, t.float()),
    "32-bit classes": lambda F, x, t: F.cross_entropy(x, t.int()),
    "a column of classes": lambda F, x, t: F.cross_entropy(x, t[:, None]),
    "no classes": lambda F, x, t: F.nll_loss(x[0, 0], t[0]),
    "weights for other classes": lambda F, x, t: F.cross_entropy(x, t, x[:, 0]),
    "weights of another dtype": lambda F, x, t: F.cross_entropy(x, t, x[0].double()),
    "weights for other probabilities": lambda F, x, t: F.cross_entropy(x, x, x[:, 0]),
    "probabilities and ignored": lambda F, x, t: F.cross_entropy(x, x, ignore_index=1),
    "whole probabilities": lambda F, x, t: F.cross_entropy(x, x.long()),
    "images and vectors": lambda F, x, t: F.nll_loss(x[..., None], t),
    "too smooth": lambda F, x, t: F.cross_entropy(x, t, label_smoothing=1.5),
    "negative beta": lambda F, x, t: F.smooth_l1_loss(x, x, beta=-1.0),
    "no delta": lambda F, x, t: F.huber_loss(x, x, delta=0.0),
    "sizes that do not broadcast": lambda F, x, t: F.binary_cross_entropy_with_logits(x, x, x[:, 0]),
    "whole logits": lambda F, x, t: F.softplus(t),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_class_of_torch(call):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        call(*flawed(torch))
    with pytest.raises(theirs.type):
        call(*flawed(numpynet))


@pytest.mark.parametrize("name", ["linear", "mse_loss", "cross_entropy", "binary_cross_entropy", "nll_loss"])
def test_arrays_and_lists_are_refused(name):
    for value in ([1.0], np.ones((1, 1))):
        with pytest.raises((TypeError, AttributeError)) as theirs:
            getattr(theirs_F, name)(value, value)
        with pytest.raises(theirs.type, match="must be Tensor"):
            getattr(ours_F, name)(value, value)


def test_an_attribute_that_torch_asks_first_is_named():
    with pytest.raises(AttributeError) as theirs:
        theirs_F.margin_ranking_loss([1.0], torch.ones(1), torch.ones(1))
    with pytest.raises(AttributeError, match=rf"{theirs.value}: margin_ranking_loss.*'input1'.* must be Tensor"):
        ours_F.margin_ranking_loss([1.0], numpynet.ones(1), numpynet.ones(1))


MODULES = [
    (lambda t: t.nn.MSELoss(reduction="sum"), False),
    (lambda t: t.nn.L1Loss(), False),
    (lambda t: t.nn.SmoothL1Loss(beta=0.5), False),
    (lambda t: t.nn.HuberLoss("sum", 0.5), False),
    (lambda t: t.nn.BCELoss(t.tensor([1.0, 2.0, 3.0])), False),
    (
        lambda t: t.nn.BCEWithLogitsLoss(t.tensor([1.0, 2.0, 3.0]), pos_weight=t.tensor([3.0, 1.0, 2.0])),
        False,
    ),
    (lambda t: t.nn.NLLLoss(t.tensor([1.0, 2.0, 3.0]), ignore_index=1), True),
    (lambda t: t.nn.CrossEntropyLoss(t.tensor([1.0, 2.0, 3.0]), label_smoothing=0.2, reduction="none"), True),
]


@pytest.mark.parametrize(("make", "of_classes"), MODULES)
def test_modules_pass_their_options_on(make, of_classes):
    rng = np.random.default_rng(1)
    x = fractions(rng, (6, 3), "float32")
    t = rng.integers(0, 3, 6) if of_classes else fractions(rng, (6, 3), "float32")
    ours, theirs = make(numpynet), make(torch)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert_within(ours(numpynet.tensor(x), numpynet.tensor(t)), theirs(torch.tensor(x), torch.tensor(t)), 1e-4)


# --- the checks are checked ---------------------------------------------------------------------------


def wrong(formula, change):
    """A gradient formula whose result is changed; it keeps the names that the tape reads."""
    code = formula.__code__
    parameters = ", ".join(code.co_varnames[: code.co_argcount])
    scope = {"formula": formula, "change": change}
    exec(f"def changed({parameters}): return change(dy, formula({parameters}))", scope)
    return scope["changed"]


CHANGES = {
    "sign": lambda dy, dx: -dx,
    "factor": lambda dy, dx: 2 * dx,
    "cotangent left out": lambda dy, dx: dx / np.where(dy == 0, 1, dy) if dy.size == 1 else np.sign(dx),
    "mean for sum": lambda dy, dx: dx / dx.size,
    "turned over": lambda dy, dx: dx[::-1].copy(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("operand", [0, 1])
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_wrong_gradient_of_elements_is_caught(case, operand, change, monkeypatch):
    operation = getattr(ops, case.name)
    name = operation.operands[operand]
    monkeypatch.setattr(operation.gradients, name, wrong(getattr(operation.gradients, name), change))
    with pytest.raises(AssertionError):
        check_loss(case, np.random.default_rng(0), (7, 4), "float64", "sum")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_wrong_gradient_of_classes_is_caught(change, monkeypatch):
    operation = ops.nll_loss
    monkeypatch.setattr(operation.gradients, "x", wrong(operation.gradients.x, change))
    with pytest.raises(AssertionError):
        check_cross_entropy("nll_loss", np.random.default_rng(0), (7, 4), "float64", "sum", True, None, 0.0)


@pytest.mark.parametrize(
    "change",
    [lambda y: y * (1 + 1e-4), lambda y: y + 1e-4, lambda y: -y, lambda y: y.astype(np.float64)],
    ids=["factor", "offset", "sign", "dtype"],
)
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_wrong_loss_is_caught(case, change, monkeypatch, request):
    if case.name == "huber_loss" and "dtype" in request.node.callspec.id:
        pytest.skip("as torch does, F.huber_loss gives its loss in the input's dtype, whatever it was computed in")
    operation = getattr(ops, case.name)
    right = operation.forward
    monkeypatch.setattr(operation, "forward", lambda *a, **options: change(np.asarray(right(*a, **options))))

    def check_all():
        for reduction in REDUCTIONS:
            check_loss(case, np.random.default_rng(0), (7, 4), "float32", reduction)

    with pytest.raises(AssertionError):
        check_all()


def test_the_losses_of_a_network_train_it():
    """The whole chain once: a classifier of two blobs learns them."""
    numpynet.manual_seed(0)
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-2, 1, (20, 2)), rng.normal(2, 1, (20, 2))]).astype(np.float32)
    inputs, targets = numpynet.tensor(x), numpynet.tensor(np.repeat([0, 1], 20))
    net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
    loss_function = nn.CrossEntropyLoss()
    for _ in range(50):
        net.zero_grad()
        loss = loss_function(net(inputs), targets)
        loss.backward()
        with numpynet.no_grad():
            for parameter in net.parameters():
                parameter -= 0.5 * parameter.grad
    assert loss.item() < 0.1
    assert (net(inputs).argmax(1) == targets).float().mean() > 0.95


KINDS = ["float32", "float64", "int64", "bool"]


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("prediction", KINDS)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["binary_cross_entropy_with_logits", "binary_cross_entropy", "mse_loss", "l1_loss",
                                  "smooth_l1_loss"])  # fmt: skip
def test_dtypes_are_taken_and_refused_as_by_torch(name, reduction, prediction, target):
    found = []
    for library in (numpynet, torch):
        x, t = (library.tensor([1, 0]).to(getattr(library, kind)) for kind in (prediction, target))
        try:
            getattr(library.nn.functional, name)(x, t, reduction=reduction)
            found.append("taken")
        except (RuntimeError, TypeError) as error:
            found.append(type(error))
    assert found[0] == found[1]


def test_classes_that_are_no_integers():
    with pytest.raises(RuntimeError, match=r"Long or Byte, but got Float.*target\.long\(\)"):
        ours_F.cross_entropy(numpynet.zeros(2, 3), numpynet.tensor([1.0, 0.0]))


@pytest.mark.parametrize("name", ["MSELoss", "L1Loss", "CrossEntropyLoss", "BCEWithLogitsLoss"])
def test_a_loss_made_of_what_it_should_be_called_with(name):
    with pytest.raises(RuntimeError, match=r"Boolean value of Tensor.*MSELoss\(\)\(input, target\)"):
        getattr(nn, name)(numpynet.zeros(2), numpynet.zeros(2))


@pytest.mark.parametrize("given", [(None, None), (True, None), (False, None), (None, False), (0, 1), (False, False)])
def test_deprecated_reductions(given):
    found = []
    for library in (numpynet, torch):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append(library.nn.MSELoss(*given).reduction)
    assert found[0] == found[1]
