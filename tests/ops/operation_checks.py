"""The checks that every case of the table goes through; each fails by an AssertionError or an exception."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from operation_cases import Case, Drawn, cotangent

import numpynet
from numpynet import ops
from numpynet.ops import linear_algebra
from numpynet.ops.sums import sum_to

Values = dict[int, Any]
TRIGAMMA = 1e-8  # torch's ψ′ is exact to this alone, in float64 too


def generator() -> np.random.Generator:
    return np.random.default_rng(20240229)


# --- how near is near enough --------------------------------------------------------------------------------


def converted(values: list[Any], function: Callable[[Any], Any]) -> list[Any]:
    """The floating arrays among the values sent through a function."""
    return [
        np.asarray(function(value)) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
        for value in values
    ]


def wide(values: list[Any]) -> list[Any]:
    return converted(values, lambda array: array.astype(np.float64))


def forward_bound(case: Case, operands: list[Any], theirs: Any, dtype: Any) -> Any:
    """How far the result may be from torch's."""
    if case.shadow == "result":
        shadow = np.abs(theirs)
    elif case.shadow == "absolute":
        shadow = case.forward(converted(wide(operands), np.abs))
    else:
        shadow = case.shadow(*wide(operands), **case.options)  # type: ignore[operator]
    return case.k * np.finfo(dtype).eps * shadow + np.finfo(dtype).smallest_normal


def gradient_bounds(case: Case, dy: Any, operands: list[Any], theirs: Values, dtype: Any) -> Values:
    """How far each gradient may be from torch's."""
    many, dy = wide(operands), dy.astype(np.float64)
    y = case.forward(many)
    shadows: Values
    if case.gradient_shadow == "absolute":
        many = converted(many, np.abs)
        shadows = case.pull(np.abs(dy), many, case.forward(many))
    elif case.gradient_shadow == "result" and not case.op.broadcasts:
        shadows = theirs
    else:
        if case.gradient_shadow == "result":
            sizes = case.unsummed(dy, many, y)
        else:
            sizes = dict.fromkeys(theirs, case.gradient_shadow(dy, *many, y, **case.options))  # type: ignore[operator]
        shadows = sizes
        if case.op.broadcasts:  # what is summed away may cancel
            shadows = {
                at: sum_to(np.broadcast_to(np.abs(size), dy.shape), operands[at].shape) for at, size in sizes.items()
            }
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).smallest_normal
    relative = case.k * eps + (TRIGAMMA if case.op.name == "digamma" else 0)
    return {at: relative * np.abs(shadow) + tiny for at, shadow in shadows.items()}


def assert_near(ours: Any, theirs: Any, bound: Any, what: str, signed: bool = False) -> None:
    """Equal where either is not finite, else within the bound; shapes and dtypes equal."""
    assert ours.shape == theirs.shape, what
    assert ours.dtype == theirs.dtype, what
    both = np.isfinite(ours) & np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~both], theirs[~both], err_msg=what)
    zero = (ours == 0) & (theirs == 0)
    assert not signed or (np.signbit(ours) == np.signbit(theirs))[zero].all(), f"{what}: the sign of a zero"
    bound = np.broadcast_to(bound, ours.shape)
    excess = (np.abs(ours.astype(np.float64) - theirs.astype(np.float64)) > bound) & both
    if excess.any():
        at = tuple(np.argwhere(excess)[0])
        raise AssertionError(f"{what} at {at}: {ours[at]!r} for torch's {theirs[at]!r}, allowed {bound[at]:.3g}")


# --- against torch --------------------------------------------------------------------------------------------


def put(x: Any, index: Any, value: Any) -> Any:
    """torch's assignment, as a function."""
    y = x.clone()
    y[index] = value
    return y


def as_torch(value: Any) -> Any:
    """A constant as torch takes it."""
    if isinstance(value, tuple):
        return tuple(as_torch(one) for one in value)
    return importlib.import_module("torch").tensor(value) if isinstance(value, np.ndarray) else value


def call_torch(case: Case, operands: list[Any], positions: list[int] | None = None) -> tuple[Any, Values]:
    """torch's result, and its leaves that require a gradient: those at these positions, or all that may."""
    given = [as_torch(one) for one in operands]
    leaves = {at: given[at].requires_grad_() for at in (case.differentiable if positions is None else positions)}
    names = {"torch": importlib.import_module("torch"), "put": put, "textbook": importlib.import_module("textbook")}
    names["decompositions"] = importlib.import_module("decompositions")
    names |= {name: as_torch(value) for name, value in case.options.items()}
    names |= {case.op.operands[0]: given} if case.op.variadic else dict(zip(case.op.operands, given, strict=False))
    return eval(case.torch, names), leaves


@np.errstate(all="ignore")
def like_torch(case: Case, dtype: Any) -> None:
    """On tensors: result, node and gradients under a random cotangent."""
    rng = generator()
    operands = case.draw(rng, dtype)
    expected, leaves = call_torch(case, operands)
    ours: list[Any] = [numpynet.tensor(one) if isinstance(one, np.ndarray) else one for one in operands]
    for at in case.differentiable:
        ours[at].requires_grad_()
    y: Any = case.op(*ours, **case.options)
    theirs = expected.detach().numpy()
    assert_near(y.detach().numpy(), theirs, forward_bound(case, operands, theirs, theirs.dtype), "the result")
    if not case.differentiable:
        return
    if case.title:
        assert y.grad_fn.name() == expected.grad_fn.name()
    dy = cotangent(rng, theirs, theirs.dtype)
    y.backward(numpynet.tensor(dy))
    expected.backward(as_torch(dy))
    gradients = {
        at: np.zeros(leaf.shape, dtype) if leaf.grad is None else leaf.grad.numpy() for at, leaf in leaves.items()
    }
    bounds = gradient_bounds(case, dy, operands, gradients, dtype)
    for at, gradient in gradients.items():
        assert_near(ours[at].grad.numpy(), gradient, bounds[at], f"the gradient by {case.names[at]}")


# A gradient of these has no derivative by an operand where torch has one of zero.
LESS_LINKED = ("remainder", "rnn", "grid_sampler", "batch_norm", "layer_norm", "convolution", "conv_transpose")


def _linked(library: Any, gradient: Any, tensors: list[Any]) -> set[int]:
    """The places of the tensors by which a gradient has a derivative, be it of zero."""
    if not gradient.requires_grad:
        return set()
    found = library.autograd.grad(gradient.sum(), tensors, retain_graph=True, allow_unused=True)
    return {place for place, one in enumerate(found) if one is not None}


def second_derivatives_like_torch(case: Case, dtype: Any) -> None:
    """Where all operands need a gradient and, in float64, where each alone does."""
    if case.op.name in ("cdist", "ctc_loss", "hardsigmoid", "segment_reduce"):
        return  # of which torch has none
    several = len(case.differentiable) > 1 and dtype == np.float64
    for wanted in [case.differentiable, *([[at] for at in case.differentiable] if several else [])]:
        _second_derivatives_like_torch(case, dtype, wanted)


def _second_derivatives_like_torch(case: Case, dtype: Any, positions: list[int]) -> None:
    """The gradients of the gradients, by operands and first cotangent, under random cotangents of both passes.

    Each is a sum of some products that were rounded a few times, and may cancel; a wrong one is off by its own size.
    """
    torch = importlib.import_module("torch")
    rng = generator()
    operands = case.draw(rng, dtype)
    expected, leaves = call_torch(case, operands, positions)
    ours: list[Any] = [numpynet.tensor(one) if isinstance(one, np.ndarray) else one for one in operands]
    for at in positions:
        ours[at].requires_grad_()
    y: Any = case.op(*ours, **case.options)
    dy = cotangent(rng, expected.detach().numpy(), dtype)
    our_dy, their_dy = numpynet.tensor(dy).requires_grad_(), as_torch(dy).requires_grad_()
    our_inputs, their_inputs = [ours[at] for at in leaves], list(leaves.values())
    plain = numpynet.autograd.grad(y, our_inputs, our_dy, retain_graph=True, allow_unused=True)
    first = numpynet.autograd.grad(y, our_inputs, our_dy, create_graph=True, allow_unused=True)
    for with_graph, without in zip(first, plain, strict=True):
        near = 16 * np.finfo(dtype).eps  # the same formula, whose products and sums may be taken in another order
        size = np.max(np.abs(without.numpy()), initial=0)
        np.testing.assert_allclose(
            with_graph.detach().numpy(), without.numpy(), near, near * size, err_msg="with a graph"
        )
    theirs = torch.autograd.grad(expected, their_inputs, their_dy, create_graph=True, allow_unused=True)
    pairs = []
    for own, other in zip(first, theirs, strict=True):
        if other is not None and other.requires_grad:
            if case.op.name not in LESS_LINKED and other.numel() and dy.size:
                linked = _linked(numpynet, own, [*our_inputs, our_dy])
                assert linked >= _linked(torch, other, [*their_inputs, their_dy])
            pairs.append((own, other, cotangent(rng, other.detach().numpy(force=True), dtype)))
    if not pairs:
        return
    own, other, cotangents = zip(*pairs, strict=True)
    # With what is certainly on the tape beside it, a gradient of zeros may be off it.
    beside = sum((one * 0).sum() for one in [*our_inputs, our_dy])
    product = sum(((one * numpynet.tensor(v)).sum() for one, v in zip(own, cotangents, strict=True)), beside)
    second = numpynet.autograd.grad(product, [*our_inputs, our_dy])
    expected_second = torch.autograd.grad(
        other, [*their_inputs, their_dy], list(map(as_torch, cotangents)), materialize_grads=True
    )
    # torch adds 1e-12 to the x and the 1 - x by which it divides.
    slack = 1e-9 if case.op.name == "binary_cross_entropy" else 0
    slack = TRIGAMMA if case.op.name in ("lgamma", "digamma", "polygamma") else slack
    for position, (found, wanted) in enumerate(zip(second, expected_second, strict=True)):
        array = wanted.numpy(force=True)
        assert (found.shape, found.numpy().dtype) == (array.shape, array.dtype)
        size = np.max(np.abs(array), where=np.isfinite(array), initial=1)
        bound = (2000 * np.finfo(dtype).eps + slack) * size
        np.testing.assert_allclose(found.numpy(), array, rtol=0, atol=bound, err_msg=f"by operand {position}")


def has_specials(case: Case) -> bool:
    """Whether an elementwise case takes a list of values for each operand, the same number for all."""
    drawn = [one for one in case.operands if isinstance(one, Drawn)]
    return case.op.broadcasts and bool(case.differentiable) and all(one.shape == (3, 4) for one in drawn)


@np.errstate(all="ignore")
def special_values_like_torch(case: Case, dtype: Any) -> None:
    """Zeros of both signs, infinities, NaN, ties, tiny and huge numbers, in all combinations.

    The arrays fill whole vector registers: torch treats the elements left over otherwise, and some differently.
    """
    drawn = [at for at, one in enumerate(case.operands) if isinstance(one, Drawn)]
    columns = np.array(list(product(*(case.operands[at].domain.special for at in drawn)))).T
    operands = list(case.operands)
    for at, column in zip(drawn, columns, strict=True):
        operands[at] = np.tile(column, 32 // math.gcd(32, column.size)).astype(dtype)
    expected, leaves = call_torch(case, operands)
    theirs = expected.detach().numpy()
    y = np.asarray(case.forward(operands))
    assert_near(y, theirs, forward_bound(case, operands, theirs, dtype), "the result", signed=case.signed)
    dy = cotangent(generator(), theirs, dtype)
    expected.backward(as_torch(dy))
    gradients = {at: leaf.grad.numpy() for at, leaf in leaves.items()}
    bounds = gradient_bounds(case, dy, operands, gradients, dtype)
    for at, gradient in case.pull(dy, operands, y).items():
        assert_near(np.asarray(gradient), gradients[at], bounds[at], f"the gradient by {case.names[at]}")


# --- against differences --------------------------------------------------------------------------------------


@np.errstate(all="ignore")
def limits_of_differences(case: Case) -> None:
    """⟨gradient, v⟩ = (L(x + hv) − L(x − hv)) / 2h + O(h²) for L = ⟨dy, y⟩ and a random direction v."""
    rng = generator()
    operands = case.draw(rng, np.float64)
    y = case.forward(operands)
    if not case.derivative or not np.isfinite(y).all():  # the mean of nothing
        return
    dy = cotangent(rng, y, np.float64)
    step = 1e-6
    for at, gradient in case.pull(dy, operands, y).items():
        direction = rng.normal(size=operands[at].shape)
        ends = []
        for sign in (1, -1):
            moved = [*operands]
            moved[at] = np.asarray(operands[at] + sign * step * direction)
            ends.append(np.vdot(dy, case.forward(moved)))
        slope = np.vdot(np.broadcast_to(gradient, operands[at].shape), direction)
        size = np.abs(dy).sum() + np.abs(gradient * direction).sum() + np.abs(ends).max(initial=0)
        # Of what is subtracted eps / h ≈ 1e−10 is lost, and what is curved counts with h² = 1e−12.
        assert abs((ends[0] - ends[1]) / (2 * step) - slope) <= 1e-8 * (size + 1), case.names[at]


@np.errstate(all="ignore")
def complex_steps(case: Case) -> None:
    """⟨gradient, v⟩ = Im L(x + ihv) / h for an analytic L: nothing is subtracted, so h may be as small as 1e−30."""
    rng = generator()
    operands = case.draw(rng, np.float64)
    y = case.forward(operands)
    if not case.analytic or not np.isfinite(y).all():
        return
    dy = cotangent(rng, y, np.float64)
    for at, gradient in case.pull(dy, operands, y).items():
        direction = rng.normal(size=operands[at].shape)
        moved = converted(operands, lambda array: array.astype(np.complex128))
        moved[at] = np.asarray(operands[at] + 1e-30j * direction)
        slope = np.sum(dy * np.imag(case.forward(moved))) / 1e-30
        # NumPy's complex functions are some roundings less exact than its real ones.
        bound = 64 * np.finfo(np.float64).eps * (np.abs(gradient * direction).sum() + np.abs(dy).sum())
        assert abs(slope - np.sum(gradient * direction)) <= bound, case.names[at]


# --- against themselves -----------------------------------------------------------------------------------------


def shares_memory(array: Any, others: list[Any]) -> bool:
    return any(isinstance(one, np.ndarray) and np.shares_memory(array, one) for one in others)


@np.errstate(all="ignore")
def dtypes_shapes_and_memory(case: Case, dtype: Any) -> None:
    """Results keep the dtype and gradients that of their operand, in its shape.

    Nothing is written into: operands and cotangent are read-only. Only views share memory with an operand.
    """
    if dtype == np.float16 and case.op.forward.__module__ == linear_algebra.__name__:
        return  # LAPACK has no such numbers
    rng = generator()
    operands = case.draw(rng, dtype)
    y = np.asarray(case.forward(operands))
    assert y.dtype == (np.float64 if case.op is ops.cast else dtype)
    assert case.op.view or not shares_memory(y, operands)
    for at, gradient in case.pull(cotangent(rng, y, y.dtype), operands, y).items():
        assert np.shape(gradient) == operands[at].shape, case.names[at]
        assert np.asarray(gradient).dtype == dtype, case.names[at]
        assert not shares_memory(gradient, operands), case.names[at]


def strange_layouts(array: Any) -> list[Any]:
    """The same values behind negative strides, in columns, and with gaps between them."""
    backwards = np.asarray(np.flip(array)).copy()
    gaps = np.zeros(tuple(2 * size for size in array.shape), array.dtype)
    every_second = gaps[(slice(None, None, 2),) * array.ndim] if array.ndim else gaps
    every_second[...] = array
    return [np.asarray(np.flip(backwards)), np.array(array, order="F"), every_second]


@np.errstate(all="ignore")
def layouts_do_not_matter(case: Case) -> None:
    """Strides and order in memory change nothing but the order in which sums are added up."""
    if case.op is ops.view:  # which exists for some layouts only
        return
    rng = generator()
    operands = case.draw(rng, np.float64)
    y = np.asarray(case.forward(operands))
    dy = cotangent(rng, y, np.float64)
    gradients = case.pull(dy, operands, y)
    layouts = {at: strange_layouts(operands[at]) for at, one in enumerate(case.operands) if isinstance(one, Drawn)}
    for which, strange_dy in enumerate(strange_layouts(dy)):
        strange = [layouts[at][which] if at in layouts else one for at, one in enumerate(operands)]
        again = np.asarray(case.forward(strange))
        np.testing.assert_allclose(again, y, rtol=1e-13, atol=1e-13)  # some dozens of terms, 1e-16 each
        for at, gradient in case.pull(strange_dy, strange, again).items():
            np.testing.assert_allclose(gradient, gradients[at], rtol=1e-12, atol=1e-12, err_msg=case.names[at])
