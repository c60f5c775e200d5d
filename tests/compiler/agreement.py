"""Runs a step eagerly and compiled, side by side, and compares all that it leaves behind, byte for byte."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

import numpynet
from numpynet import nn
from numpynet.core.tensor import Tensor
from numpynet.optim import Optimizer

Step = Callable[..., Any]


_texts = itertools.count()


def define(text: str, space: dict[str, Any]) -> None:
    """Runs a text as a notebook does its cells, so that the source of its functions is known."""
    name = f"<text {next(_texts)}>"
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    exec(compile(text, name, "exec"), space)


class Setting:
    """A step, and what it works on. tensors: those that it may change besides the model's and the optimizer's."""

    def __init__(self, step: Step, *parts: Any) -> None:
        self.step = step
        self.parts = parts

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """All tensors that the step may change, with a name."""
        for position, part in enumerate(self.parts):
            if isinstance(part, nn.Module):
                yield from part.named_parameters()
                yield from part.named_buffers()
            elif isinstance(part, Optimizer):
                for group in part.param_groups:
                    for place, parameter in enumerate(group["params"]):
                        for name, value in part.state.get(parameter, {}).items():
                            if isinstance(value, Tensor):
                                yield f"state {place} {name}", value
            else:
                yield f"tensor {position}", part


def content(value: Any) -> Any:
    """A result as something that is equal only to a result of the same bits.

    The sign of NaN is left out: of NaN + NaN a processor takes one, which depends on where they lie in an array.
    """
    if isinstance(value, Tensor):
        array = value.detach().numpy()
        if array.dtype.kind == "f":
            array = np.where(np.isnan(array), array.dtype.type(np.nan), array)
        return array.dtype.str, array.shape, array.tobytes()
    if isinstance(value, (list, tuple)):
        return type(value), [content(one) for one in value]
    if isinstance(value, dict):
        return {name: content(one) for name, one in value.items()}
    return value


def state(setting: Setting) -> dict[str, Any]:
    """What the step left: the values, the versions and the gradients of all tensors, and the random stream."""
    found: dict[str, Any] = {}
    for name, tensor in setting.tensors():
        gradient = tensor.grad if tensor.is_leaf else None
        found[name] = (
            content(tensor),
            tensor._version,
            tensor.requires_grad,
            None if gradient is None else content(gradient),
        )
    found["random stream"] = numpynet.get_rng_state().numpy().tobytes()
    return found


def assert_agree(
    make: Callable[[], Setting],
    batches: Iterable[tuple[Any, ...]] = ((),) * 4,
    between: Callable[..., Any] | None = None,
    readable: bool = False,
) -> Any:
    """Runs both over the batches.

    between: is told each setting and the number of the step that comes next. readable: whether to compile it so.

    Returns the compiled step.
    """
    numpynet.manual_seed(0)
    eager = make()
    numpynet.manual_seed(0)
    compiled = make()
    step = numpynet.compile(compiled.step, readable=readable)
    for number, batch in enumerate(batches):
        found = []
        for setting, run in ((eager, eager.step), (compiled, step)):
            numpynet.manual_seed(number)
            if between is not None:
                between(setting, number)
            result = run(*batch)
            found.append((content(result), state(setting)))
        (expected, left), (actual, right) = found
        assert actual == expected, f"result of step {number}"
        for name in left:
            assert right[name] == left[name], f"{name} after step {number}"
        assert right.keys() == left.keys()
    return step
