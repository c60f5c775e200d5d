"""strategies: Hypothesis strategies for tests of layers, losses and gradients. Needs the package hypothesis.

    from hypothesis import given
    from numpynet.testing import strategies

    @given(strategies.batches("mse_loss"))
    def test_my_loss(batch):
        assert_close(my_mse(batch.input, batch.target), mse_loss(batch.input, batch.target))

Everything is drawn by Hypothesis, nothing from a random generator, so that a failing example is reproduced and
reduced to the smallest shapes and the plainest numbers that still fail.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from numpynet import nn
from numpynet.core import dtypes
from numpynet.core.tensor import Tensor, wrap

Shape = tuple[int, ...]
FLOATING = (dtypes.float32, dtypes.float64)


def broadcastable_shapes(
    count: int = 2, *, min_dims: int = 0, max_dims: int = 3, min_side: int = 0, max_side: int = 4
) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Tuples of `count` shapes that broadcast together.

    min_dims, max_dims, min_side, max_side: bounds of each shape's rank and sizes; a size may be 1 in any case.

    >>> import numpy as np
    >>> shapes = broadcastable_shapes().example()                                   # doctest: +SKIP
    >>> np.broadcast_shapes(*shapes)                                                # doctest: +SKIP
    (3, 2)
    """
    shapes = hnp.mutually_broadcastable_shapes(
        num_shapes=count, min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side
    )
    return shapes.map(lambda drawn: tuple(drawn.input_shapes))


def numbers(
    low: float = -10.0, high: float = 10.0, *, allow_nan: bool = False, allow_infinity: bool = False
) -> st.SearchStrategy[float]:
    """Floats that float32 holds exactly: ones that tie and cancel (multiples of 1/4, both zeros) and others.

    NaN and the infinities, where allowed, come besides `low` and `high`.
    """
    special = [np.nan] * allow_nan + [np.inf, -np.inf] * allow_infinity
    plain = st.integers(int(np.ceil(low * 4)), int(np.floor(high * 4))).map(lambda quarters: quarters / 4)
    zeros = [st.just(-0.0)] if low <= 0 <= high else []
    others = st.floats(np.float32(low).item(), np.float32(high).item(), width=32, allow_subnormal=False)
    return st.one_of(plain, others, *zeros, *([st.sampled_from(special)] if special else []))


@st.composite
def tensors(
    draw: st.DrawFn,
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    *,
    dtype: Any = None,
    elements: st.SearchStrategy[Any] | None = None,
    requires_grad: bool = False,
    allow_nan: bool = False,
    allow_infinity: bool = False,
) -> Tensor:
    """Tensors.

    shape: one, or a strategy for it; by default up to 3 dimensions of up to 4 elements, empty and 0-dimensional
        ones included.
    dtype: a numpynet dtype, or a strategy for it; by default float32 or float64.
    elements: a strategy for the elements; by default `numbers`, integers from -8 (or 0) to 8, or booleans.
    requires_grad: of the tensor.
    allow_nan, allow_infinity: whether the default elements include these.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=20)
    ... @given(tensors((2, 3), requires_grad=True))
    ... def the_sum_has_gradient_one(x):
    ...     x.sum().backward()
    ...     assert (x.grad == 1).all()
    >>> the_sum_has_gradient_one()
    """
    if shape is None:
        shape = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    drawn_shape = draw(shape) if isinstance(shape, st.SearchStrategy) else tuple(shape)
    if dtype is None:
        dtype = st.sampled_from(FLOATING)
    kind: np.dtype[Any] = (draw(dtype) if isinstance(dtype, st.SearchStrategy) else dtype).numpy
    if elements is None:
        if kind.kind == "f":
            elements = numbers(allow_nan=allow_nan, allow_infinity=allow_infinity)
        else:
            elements = st.booleans() if kind.kind == "b" else st.integers(0 if kind.kind == "u" else -8, 8)
    count = int(np.prod(drawn_shape))
    values = draw(st.lists(elements, min_size=count, max_size=count))
    tensor = wrap(np.array(values, kind).reshape(drawn_shape))
    return tensor.requires_grad_() if requires_grad else tensor


class Batch(NamedTuple):
    """What a loss takes: a prediction that requires a gradient, and its target."""

    input: Tensor
    target: Tensor


def _class_name(loss: Any) -> str:
    """mse_loss, F.mse_loss, nn.MSELoss and nn.MSELoss() name one loss."""
    if isinstance(loss, nn.Module) or (isinstance(loss, type) and issubclass(loss, nn.Module)):
        name = loss.__name__ if isinstance(loss, type) else type(loss).__name__
    else:
        name = loss if isinstance(loss, str) else loss.__name__
    return {"binary_cross_entropy_with_logits": "bcewithlogits", "binary_cross_entropy": "bce"}.get(
        name, name.lower().removesuffix("loss").replace("_", "")
    )


LOGITS = [0.0, 1.0, -1.0, 20.0, -20.0, 100.0, -100.0, 1000.0, -1000.0]  # where naive formulas overflow or round to 0


@st.composite
def batches(
    draw: st.DrawFn, loss: Any, *, min_batch: int = 1, max_batch: int = 6, max_features: int = 4, dtype: Any = None
) -> Batch:
    """Batches suited to a loss: predictions (requiring a gradient) and targets of the shapes and ranges it takes.

    loss: its name, its function or its module, as in "mse_loss", F.mse_loss, nn.MSELoss or nn.MSELoss().
        mse_loss, l1_loss, smooth_l1_loss, huber_loss: (N, K) both, some elements equal;
        binary_cross_entropy_with_logits: (N, K) both, logits as extreme as ±1000, targets in [0, 1], often 0 or 1;
        binary_cross_entropy: (N, K) both, probabilities and targets in [0, 1];
        cross_entropy: logits (N, C) and int64 classes (N,);  nll_loss: log-probabilities (N, C) and classes (N,).
    min_batch, max_batch, max_features: bounds of N and of K or C.
    dtype: a numpynet dtype, or a strategy for it; by default float32 or float64.
    ValueError for a loss that is none of these.

    >>> from hypothesis import given, settings
    >>> import numpynet.nn.functional as F
    >>> @settings(max_examples=20)
    ... @given(batches("binary_cross_entropy_with_logits"))
    ... def the_loss_is_never_negative(batch):
    ...     assert F.binary_cross_entropy_with_logits(batch.input, batch.target) >= 0
    >>> the_loss_is_never_negative()
    """
    name = _class_name(loss)
    shape = draw(st.integers(min_batch, max_batch)), draw(st.integers(1, max_features))
    if dtype is None:
        dtype = st.sampled_from(FLOATING)
    kind = draw(dtype) if isinstance(dtype, st.SearchStrategy) else dtype
    of = functools.partial(tensors, shape, dtype=kind)
    probabilities = st.one_of(st.sampled_from([0.0, 1.0]), numbers(0.0, 1.0))
    if name in ("mse", "l1", "smoothl1", "huber"):
        prediction, target = draw(of()), draw(of())
        ties = np.array(draw(st.lists(st.booleans(), min_size=target.numel(), max_size=target.numel())))
        target = wrap(np.where(ties.reshape(shape), prediction.numpy(), target.numpy()))
    elif name == "bcewithlogits":
        prediction = draw(of(elements=st.one_of(numbers(), st.sampled_from(LOGITS))))
        target = draw(of(elements=probabilities))
    elif name == "bce":
        prediction, target = draw(of(elements=probabilities)), draw(of(elements=probabilities))
    elif name in ("crossentropy", "nll"):
        prediction = draw(of(elements=st.one_of(numbers(), st.sampled_from(LOGITS))))
        if name == "nll":
            prediction = nn.functional.log_softmax(prediction, dim=1)
        classes = st.integers(0, shape[1] - 1)
        target = draw(tensors(shape[:1], dtype=dtypes.int64, elements=classes))
    else:
        raise ValueError(f"batches: no loss {loss!r} is known: draw its input and target with tensors()")
    return Batch(prediction.requires_grad_(), target)


ACTIVATIONS: Sequence[Callable[[], nn.Module]] = (nn.ReLU, nn.Tanh, nn.Sigmoid, nn.Identity)


class NetworkWithInput(NamedTuple):
    """A network and an input it takes."""

    network: nn.Sequential
    input: Tensor


@st.composite
def networks(
    draw: st.DrawFn,
    *,
    max_layers: int = 3,
    max_width: int = 4,
    max_batch: int = 5,
    activations: Sequence[Callable[[], nn.Module]] = ACTIVATIONS,
    dtype: Any = None,
) -> NetworkWithInput:
    """Small fully connected networks, each with an input (N, features) for it.

    Linear layers (some without bias) with activations between them; the parameters are drawn too, so that they
    are reduced with the rest.

    max_layers, max_width, max_batch: bounds of the number of linear layers, of features, and of N.
    activations: classes or functions that make the modules between the linear layers.
    dtype: of parameters and input: a numpynet dtype, or a strategy for it; by default float32 or float64.

    >>> from hypothesis import given, settings
    >>> from numpynet.testing import gradcheck
    >>> @settings(max_examples=5)
    ... @given(networks(activations=[nn.Tanh], dtype=dtypes.float64))
    ... def the_gradient_by_the_input_is_right(drawn):
    ...     network, x = drawn
    ...     assert gradcheck(network, x.requires_grad_())
    >>> the_gradient_by_the_input_is_right()
    """
    if dtype is None:
        dtype = st.sampled_from(FLOATING)
    kind = draw(dtype) if isinstance(dtype, st.SearchStrategy) else dtype
    widths = draw(st.lists(st.integers(1, max_width), min_size=2, max_size=max_layers + 1))
    modules: list[nn.Module] = []
    small = numbers(-2.0, 2.0)
    for features, out_features in itertools.pairwise(widths):
        if modules:
            modules.append(draw(st.sampled_from(list(activations)))())
        layer = nn.Linear(features, out_features, bias=draw(st.booleans()), dtype=kind)
        for parameter in layer.parameters():
            parameter.data = draw(tensors(tuple(parameter.shape), dtype=kind, elements=small))
        modules.append(layer)
    shape = draw(st.integers(1, max_batch)), widths[0]
    return NetworkWithInput(nn.Sequential(*modules), draw(tensors(shape, dtype=kind, elements=small)))
