"""The backward pass from tensors: where the walk back starts, and what is done with the gradients that it finds."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.core.higher_order import Differentiable, pull, tensor_of
from numpynet.core.tape import Edge, Nowhere, Resized, pass_by, walk_back
from numpynet.core.tensor import Tensor, wrap
from numpynet.ops.form import Array
from numpynet.ops.layout import dense
from numpynet.ops.warning import warn_once

Roots = list[tuple[Edge, Array]]

CYCLES = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you "
    "have to use this function, make sure to reset the .grad fields of your parameters to None after use to break the "
    "cycle and avoid the leak."
)


def _tensors(function: str, one_or_many: Any, error: type[Exception], expected: str) -> list[Tensor]:
    """One tensor or several as a list; TypeError for what is neither, the given error for several of anything else."""
    if not isinstance(one_or_many, Tensor) and not hasattr(one_or_many, "__iter__"):
        raise TypeError(f"{function}() expected a Tensor or several, but got {type(one_or_many).__name__}")
    several = [one_or_many] if isinstance(one_or_many, Tensor) else list(one_or_many)
    for one in several:
        if not isinstance(one, Tensor):
            raise error(f"{function}(): {expected}, but got {type(one).__name__}")
    return several


def _outputs(function: str, one_or_many: Any) -> list[Tensor]:
    return _tensors(function, one_or_many, AssertionError, "Expected output to be a torch.Tensor")


def _inputs(function: str, one_or_many: Any) -> list[Tensor]:
    wanted = _tensors(function, one_or_many, RuntimeError, "all inputs have to be Tensors")
    if not wanted:
        raise RuntimeError(f"`inputs` argument to `{function}()` cannot be empty.")
    return wanted


def _cotangents(given: Any) -> list[Tensor | None]:
    """One gradient or several as a list; TypeError for what is neither a tensor nor None."""
    several = list(given) if hasattr(given, "__iter__") and not isinstance(given, Tensor) else [given]
    for one in several:
        if one is not None and not isinstance(one, Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(one).__name__}")
    return several


def require_flags(*flags: Any) -> None:
    """TypeError and OverflowError for what cannot be cast to one byte, as torch casts its flags."""
    for flag in flags:
        if flag is not True and flag is not False and not 0 <= index(flag) < 256:
            raise OverflowError(f"unsigned byte integer is out of range: {flag}")


def _walk(
    roots: Roots, retain_graph: bool | None, create_graph: bool, targets: set[Edge] | None = None
) -> dict[Edge, Array]:
    """The walk back, recorded with `create_graph`, which then keeps the graph unless it is told otherwise."""
    retain_graph = create_graph if retain_graph is None else bool(retain_graph)
    return walk_back(roots, retain_graph=retain_graph, targets=targets, pull=pull if create_graph else None)


def _reached(roots: Roots, wanted: list[Tensor], retain_graph: bool | None, create_graph: bool) -> list[Array | None]:
    """The cotangents of the wanted tensors, None for those that the roots do not depend on."""
    for tensor in wanted:
        if not tensor.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad: set requires_grad=True on it")
    edges = [tensor._edge() for tensor in wanted]
    targets = {edge for edge in edges if not isinstance(edge, Nowhere)}
    reached = _walk(roots, retain_graph, create_graph, targets)
    return [reached.get(edge) for edge in edges]


def _roots(outputs: list[Tensor], cotangents: Sequence[Tensor | None], create_graph: bool) -> Roots:
    """Where the walk starts: every output with its cotangent, which is 1 for a scalar."""
    if len(outputs) != len(cotangents):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(cotangents)} gradients: give one gradient for each")
    roots = []
    for position, (output, dy) in enumerate(zip(outputs, cotangents, strict=True)):
        array = output._array
        if not output.requires_grad or isinstance(output._edge(), Nowhere):
            raise RuntimeError(
                f"element {position} of tensors does not require grad and does not have a grad_fn: nothing was "
                f"recorded, because no tensor that it was computed from has requires_grad=True, or under no_grad()"
            )
        if dy is None:
            if array.size != 1:
                raise RuntimeError(
                    f"grad can be implicitly created only for scalar outputs, and this one has shape "
                    f"{tuple(array.shape)}: reduce it, as in y.sum(), or pass gradient="
                )
            if array.dtype.kind == "c":
                raise RuntimeError(
                    f"grad can be implicitly created only for real scalar outputs but got {output.dtype}: take y.abs() "
                    f"or y.real, or pass gradient="
                )
            cotangent: Any = Differentiable(wrap(np.ones_like(array))) if create_graph else np.ones_like(array)
        else:
            if dy._array.shape != array.shape:
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{position}] has a shape of {dy.shape} and output[{position}] "
                    f"has a shape of {output.shape}."
                )
            if dy._array.dtype != array.dtype and "c" in (dy._array.dtype.kind, array.dtype.kind):
                raise RuntimeError(
                    f"For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch "
                    f"in dtype: grad_output[{position}] has a dtype of {dy.dtype} and output[{position}] has a dtype "
                    f"of {output.dtype}."
                )
            cotangent = (Differentiable(dy) if create_graph else dy._array).astype(array.dtype)
        edge = output._edge()
        if isinstance(edge, Resized):
            edge.require(cotangent)
        roots.append((edge, cotangent))
    return roots


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Sequence[Tensor] | None = None,
) -> None:
    """Adds the gradients of the tensors to the `grad` of every leaf behind them, or of `inputs` only.

    See `numpynet.Tensor.backward`; this function takes several tensors at once. grad_variables: the old name of
    grad_tensors; RuntimeError for both.

    >>> import numpynet
    >>> x = numpynet.tensor([3.0], requires_grad=True)
    >>> numpynet.autograd.backward([x * 2, x * x], [numpynet.ones(1), numpynet.ones(1)])
    >>> x.grad
    tensor([8.])
    """
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError("`grad_tensors` and `grad_variables` (deprecated) arguments both passed: give one")
        grad_tensors = grad_variables
    require_flags(create_graph, create_graph if retain_graph is None else retain_graph)
    outputs = _outputs("backward", tensors)
    cotangents = [None] * len(outputs) if grad_tensors is None else _cotangents(grad_tensors)
    roots = _roots(outputs, cotangents, create_graph)
    if create_graph:
        warn_once(CYCLES, stacklevel=4)
    if inputs is None:
        _walk(roots, retain_graph, create_graph)
        return
    wanted = _inputs("backward", inputs)
    for tensor in wanted:
        tensor.retain_grad()  # computed tensors are given theirs on the way
    for tensor, gradient in zip(wanted, _reached(roots, wanted, retain_graph, create_graph), strict=True):
        if gradient is not None and tensor._node is None:
            tensor._accumulate(gradient.copy())


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """The gradients of the outputs by the inputs, without touching any `grad`.

    create_graph: puts the backward pass itself on the tape: the gradients have gradients. NotImplementedError where an
        operation's formula cannot be differentiated.
    is_grads_batched: whether there are several of each of the grad_outputs, in their first dimension; the gradients
        then have them too. ValueError where they are not as many.
    RuntimeError when an input was not used, unless `allow_unused` (then None) or `materialize_grads` (zeros).

    >>> import numpynet
    >>> x = numpynet.tensor(3.0, requires_grad=True)
    >>> numpynet.autograd.grad(x * x, x)
    (tensor(6.),)
    >>> (slope,) = numpynet.autograd.grad(x**3, x, create_graph=True)
    >>> numpynet.autograd.grad(slope, x)
    (tensor(18.),)
    """
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for "
            "other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    require_flags(*(flag for flag in (retain_graph, allow_unused) if flag is not None), create_graph)
    if is_grads_batched:
        return _grads_of_many(
            _cotangents(grad_outputs),
            lambda one, keep: grad(
                outputs, inputs, one, keep or retain_graph, create_graph, True, allow_unused, False, materialize_grads
            ),
        )
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    require_flags(materialize_grads)
    results, wanted = _outputs("grad", outputs), _inputs("grad", inputs)
    cotangents = [None] * len(results) if grad_outputs is None else _cotangents(grad_outputs)
    gradients: list[Any] = []
    roots = _roots(results, cotangents, create_graph)
    reached = _reached(roots, wanted, retain_graph, create_graph)
    for position, (tensor, gradient) in enumerate(zip(wanted, reached, strict=True)):
        if gradient is not None:
            gradients.append(tensor_of(dense(gradient).astype(tensor._array.dtype)))
        elif materialize_grads:
            gradients.append(wrap(np.zeros_like(tensor._array)))
        elif allow_unused:
            gradients.append(None)
        else:
            raise RuntimeError(
                f"The differentiated Tensor at index {position} appears to not have been used in the graph. Set "
                f"allow_unused=True if this is the desired behavior."
            )
    if len(roots) == 1 and all(one is None for one in reached):
        pass_by(*roots[0])
    return tuple(gradients)


def _grads_of_many(cotangents: Sequence[Any], pull: Callable[[list[Any], bool], tuple[Any, ...]]) -> tuple[Any, ...]:
    """The gradients for each of several cotangents, stacked; the graph is kept for all but the last of them."""
    sizes = {len(one) if isinstance(one, Tensor) and one.ndim else 0 for one in cotangents}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError(
            f"grad(): with is_grads_batched=True all grad_outputs are tensors with as many cotangents in their first "
            f"dimension, at least one, but there are {sorted(sizes)}"
        )
    (count,) = sizes
    each = [pull([one[place] for one in cotangents], place < count - 1) for place in range(count)]
    return tuple(None if of_one[0] is None else ops.stack(list(of_one)) for of_one in zip(*each, strict=True))
