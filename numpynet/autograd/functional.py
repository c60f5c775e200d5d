"""functional: Jacobians and vector products of functions on tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numpynet.core.absence import asked
from numpynet.core.backward import grad
from numpynet.core.modes import enable_grad
from numpynet.core.tensor import Tensor, wrap

__all__ = ["jacobian", "vjp"]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__


def _evaluated(func: Callable[..., Any], inputs: Any, name: str) -> tuple[list[Tensor], bool, list[Tensor], bool]:
    """Fresh leaves for the inputs, whether these were a tuple, the outputs, and whether those were a tuple."""
    many = isinstance(inputs, (tuple, list))
    leaves = []
    for position, tensor in enumerate(inputs if many else [inputs]):
        if not hasattr(tensor, "_array"):
            raise TypeError(
                f"The inputs given to {name} must be either a Tensor or a tuple of Tensors but the value at index "
                f"{position} has type {type(tensor)}."
            )
        leaves.append(tensor.detach().requires_grad_())
    with enable_grad():
        output = func(*leaves)
    several = isinstance(output, (tuple, list))
    outputs = list(output) if several else [output]
    for position, tensor in enumerate(outputs):
        if not hasattr(tensor, "_array"):
            raise TypeError(
                f"The outputs of the user-provided function given to {name} must be either a Tensor or a tuple of "
                f"Tensors but the value at index {position} has type {type(tensor)}."
            )
    return leaves, many, outputs, several


def _refuse_double(name: str, create_graph: bool) -> None:
    if create_graph:
        raise NotImplementedError(f"{name}: create_graph=True is missing: numpynet does not record its backward pass")


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """∂func(inputs)/∂inputs, by one backward pass for each element of the output.

    For one input and one output a tensor of the output's shape followed by the input's; for a tuple of inputs
    a tuple of these, and for a tuple of outputs a tuple of what each gives.

    strict: RuntimeError when an output does not depend on an input; otherwise there are zeros.
    vectorize: makes no difference.
    NotImplementedError for create_graph=True and for strategy="forward-mode".

    >>> import numpynet
    >>> numpynet.autograd.functional.jacobian(lambda x: x * x, numpynet.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    _refuse_double("jacobian", create_graph)
    if strategy != "reverse-mode":
        raise NotImplementedError(f"jacobian: strategy={strategy!r} is missing: there is only 'reverse-mode'")
    leaves, many, outputs, several = _evaluated(func, inputs, "jacobian")
    rows = []
    for number, output in enumerate(outputs):
        shape = output._array.shape
        blocks = [np.zeros((*shape, *leaf._array.shape), leaf._array.dtype) for leaf in leaves]
        for index in np.ndindex(shape) if output.requires_grad else ():
            cotangent = np.zeros(shape, output._array.dtype)
            cotangent[index] = 1
            found = grad(output, leaves, wrap(cotangent), retain_graph=True, allow_unused=True)
            for position, (block, gradient) in enumerate(zip(blocks, found, strict=True)):
                if gradient is not None:
                    block[index] = gradient._array
                elif strict:
                    raise RuntimeError(
                        f"Output {number} of the user-provided function is independent of input {position}. This is "
                        f"not allowed in strict mode."
                    )
        if strict and not output.requires_grad:
            raise RuntimeError(
                f"Output {number} of the user-provided function does not require gradients. The outputs must be "
                f"computed in a differentiable manner from the input when running in strict mode."
            )
        wrapped = tuple(wrap(block) for block in blocks)
        rows.append(wrapped if many else wrapped[0])
    return tuple(rows) if several else rows[0]


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """func(inputs), and the product of the cotangent v with its Jacobian: vᵀ ∂func/∂inputs.

    v: of the output's shape; it may be left away when the output is a scalar.

    >>> import numpynet
    >>> numpynet.autograd.functional.vjp(lambda x: x * x, numpynet.tensor([1.0, 2.0]), numpynet.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """

    _refuse_double("vjp", create_graph)
    leaves, many, outputs, several = _evaluated(func, inputs, "vjp")
    cotangents = None if v is None else list(v) if isinstance(v, (tuple, list)) else [v]
    gradients = grad(outputs, leaves, cotangents, allow_unused=True, materialize_grads=not strict)
    for position, gradient in enumerate(gradients):
        if gradient is None:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {position}. This is not allowed in "
                f"strict mode."
            )
    results = tuple(output.detach() for output in outputs)
    return results if several else results[0], gradients if many else gradients[0]


__getattr__ = asked(__name__)
