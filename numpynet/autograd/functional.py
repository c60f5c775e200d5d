"""functional: Jacobians, Hessians, and their products with vectors, of functions on tensors.

A backward pass gives vᵀ J, the product of a cotangent with the Jacobian J. It is linear in v, and its own backward pass
gives J u: a Jacobian's product with a tangent, by two passes back (J. Townsend, "A new trick for calculating Jacobian
vector products", 2017). The second derivatives are the Jacobian of the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numpynet import ops
from numpynet.core.absence import asked
from numpynet.core.backward import grad, require_flags
from numpynet.core.modes import enable_grad, flags, set_grad_enabled
from numpynet.core.tensor import Tensor
from numpynet.creation import zeros_like

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = tuple[Any, ...]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__


# --- what all of them do --------------------------------------------------------------------------------------


def _tensors(given: Any, role: str, name: str) -> Tensors:
    """One tensor or several as a tuple; TypeError for anything else."""
    several = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    for position, one in enumerate(several):
        if not isinstance(one, Tensor):
            raise TypeError(
                f"The {role} given to {name} must be either a Tensor or a tuple of Tensors but the value at index "
                f"{position} has type {type(one)}."
            )
    return several


def _like(given: Any, results: Tensors) -> Any:
    """A tuple where one was given, else the single result."""
    return results if isinstance(given, (tuple, list)) else results[0]


def _leaves(inputs: Any, create_graph: bool, name: str, role: str = "inputs") -> Tensors:
    """The inputs as tensors of their own, with a gradient: on the tape behind those given, with `create_graph`."""
    return tuple(
        ops.clone(one) if create_graph and one.requires_grad else one.detach().requires_grad_(role == "inputs")
        for one in _tensors(inputs, role, name)
    )


def _outputs(func: Callable[..., Any], leaves: Tensors, strict: bool, name: str) -> tuple[Any, Tensors]:
    """What the function returns, and that as a tuple; RuntimeError, when strict, for outputs without a gradient."""
    given = func(*leaves)
    outputs = _tensors(given, "outputs of the user-provided function", name)
    for position, output in enumerate(outputs):
        if strict and not output.requires_grad:
            raise RuntimeError(
                f"Output {position} of the user-provided function does not require gradients. The outputs must be "
                f"computed in a differentiable manner from the input when running in strict mode."
            )
    return given, outputs


def _vector(v: Any, like: Any, given: Any, create_graph: bool, name: str, missing: str) -> Tensors | None:
    """The vector, for tensors of these shapes; None where it is not given and one number is all there is."""
    if v is None:
        if len(like) != 1 or like[0]._array.size != 1:
            raise RuntimeError(f"The vector v can only be None if {missing} a single Tensor with a single element.")
        return None
    several = isinstance(given, (tuple, list))
    vectors = _leaves(v, create_graph, name, "v")
    if len(vectors) != len(like):
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(like)} but got {len(vectors)}."
            if several
            else "The given v should contain a single Tensor."
        )
    for position, (one, other) in enumerate(zip(vectors, like, strict=True)):
        if one.shape != other.shape:
            raise RuntimeError(
                f"{f'Entry {position} in ' if several else ''}v has invalid size: should be {other.shape} but got "
                f"{one.shape}."
            )
    return vectors


def _gradients(
    outputs: Sequence[Any], leaves: Tensors, cotangents: Tensors | None, create_graph: bool, retain_graph: bool = False
) -> Tensors:
    """The gradients of those outputs that have any; None for the leaves that none of them depends on."""
    pairs = list(zip(outputs, cotangents or [None] * len(outputs), strict=True))
    live = [(output, v) for output, v in pairs if output is not None and output.requires_grad]
    if not live:
        return (None,) * len(leaves)
    return grad(
        [output for output, _ in live],
        leaves,
        [v for _, v in live],
        retain_graph=retain_graph or create_graph,
        create_graph=create_graph,
        allow_unused=True,
    )


def _filled(found: Tensors, like: Tensors, strict: bool, create_graph: bool, absent: str, constant: str) -> Tensors:
    """Zeros in the place of None; RuntimeError when strict, also for what does not depend on the inputs any more.

    absent, constant: the messages, with {} for the position.
    """
    for position, one in enumerate(found):
        if strict and one is None:
            raise RuntimeError(absent.format(position))
        if strict and create_graph and not one.requires_grad:
            raise RuntimeError(
                f"The {constant} of the user-provided function is independent of input {position}. This is not allowed "
                f"in strict mode when create_graph=True."
            )
    return tuple(zeros_like(other) if one is None else one for one, other in zip(found, like, strict=True))


def _returned(tensors: Tensors, create_graph: bool) -> Tensors:
    """The results, without history unless that is wanted."""
    return tensors if create_graph else tuple(one.detach() for one in tensors)


# --- first derivatives ----------------------------------------------------------------------------------------


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

    create_graph: the result is itself on the tape.
    strict: RuntimeError when an output does not depend on an input; otherwise there are zeros.
    vectorize: makes no difference; RuntimeError together with strict.
    strategy: with "forward-mode" the result is the same; NotImplementedError without vectorize or with create_graph.

    >>> import numpynet
    >>> numpynet.autograd.functional.jacobian(lambda x: x * x, numpynet.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs '
            'than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode" and (create_graph or not vectorize):
        raise NotImplementedError(
            f"torch.autograd.functional.jacobian: `{'create_graph=True' if create_graph else 'vectorize=False'}` and "
            f'`strategy="forward-mode"` are not supported together: use strategy="reverse-mode"'
        )
    if bool(vectorize) and strict:
        raise RuntimeError(
            "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. "
            "Please either set `strict=False` or `vectorize=False`."
        )
    with enable_grad():
        leaves = _leaves(inputs, create_graph, "jacobian")
        given, outputs = _outputs(func, leaves, strict, "jacobian")
        rows = []
        for number, output in enumerate(outputs):
            absent = f"Output {number} of the user-provided function is independent of input {{}}. This is not allowed "
            found = [
                _filled(
                    _gradients([element], leaves, None, create_graph, retain_graph=True),
                    leaves,
                    strict,
                    create_graph,
                    absent + "in strict mode.",
                    "jacobian",
                )
                for element in output.reshape(-1)
            ]
            blocks = [
                ops.stack(column).reshape((*output.shape, *leaf.shape)) if column else _nothing(output, leaf)
                for column, leaf in zip(zip(*found, strict=True) if found else [()] * len(leaves), leaves, strict=True)
            ]
            rows.append(_like(inputs, _returned(tuple(blocks), create_graph)))
    return _like(given, tuple(rows))


def _nothing(output: Tensor, leaf: Tensor) -> Tensor:
    """The Jacobian of an output without elements."""
    return zeros_like(leaf).expand((*output.shape, *leaf.shape)) if output.ndim else zeros_like(leaf)


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """func(inputs), and the product of the cotangent v with its Jacobian: vᵀ ∂func/∂inputs.

    v: of the output's shape; it may be left away when the output is a single number. RuntimeError for another shape.
    create_graph, strict: as for `jacobian`.

    >>> import numpynet
    >>> numpynet.autograd.functional.vjp(lambda x: x * x, numpynet.tensor([1.0, 2.0]), numpynet.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        leaves = _leaves(inputs, create_graph, "vjp")
        given, outputs = _outputs(func, leaves, strict, "vjp")
        cotangents = _vector(v, outputs, given, create_graph, "vjp", "the user-provided function returns")
    require_flags(create_graph)
    with set_grad_enabled(bool(create_graph) or flags.enabled):
        found = _gradients(outputs, leaves, cotangents, create_graph)
        found = _filled(found, leaves, strict, create_graph, f"The output of {_INDEPENDENT}", "jacobian")
    return _like(given, _returned(outputs, create_graph)), _like(inputs, _returned(found, create_graph))


_INDEPENDENT = "the user-provided function is independent of input {}. This is not allowed in strict mode."


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """func(inputs), and the product of its Jacobian with the tangent v: (∂func/∂inputs) v.

    v: of the inputs' shapes; it may be left away when the input is a single number. RuntimeError for another shape.
    create_graph, strict: as for `jacobian`.

    >>> import numpynet
    >>> numpynet.autograd.functional.jvp(lambda x: x * x, numpynet.tensor([1.0, 2.0]), numpynet.tensor([1.0, 0.0]))
    (tensor([1., 4.]), tensor([2., 0.]))
    """
    with enable_grad():
        leaves = _leaves(inputs, create_graph, "jvp")
        tangents = _vector(v, leaves, inputs, create_graph, "jvp", "the input to the user-provided function is")
        given, outputs = _outputs(func, leaves, strict, "jvp")
        cotangents = tuple(zeros_like(output).requires_grad_() for output in outputs)
        pulled = _gradients(outputs, leaves, cotangents, True)
        if strict:
            _require_dependence(pulled)
    require_flags(create_graph)
    with set_grad_enabled(bool(create_graph) or flags.enabled):
        found = _gradients(pulled, cotangents, tangents, create_graph)
        found = _filled(found, outputs, strict, create_graph, _TRICK, "jacobian")
    return _like(given, _returned(outputs, create_graph)), _like(given, _returned(found, create_graph))


_TRICK = (
    "The gradient with respect to the input is independent of entry {} in the grad_outputs when using the double "
    "backward trick to compute forward mode gradients. This is not allowed in strict mode."
)


def _require_dependence(pulled: Tensors) -> None:
    for position, one in enumerate(pulled):
        if one is None:
            raise RuntimeError(f"The output of {_INDEPENDENT.format(position)}")
        if not one.requires_grad:
            raise RuntimeError(
                f"The gradient with respect to input {position} is independent of the inputs of the user-provided "
                f"function. This is not allowed in strict mode."
            )


# --- second derivatives ---------------------------------------------------------------------------------------


def _single(given: Any, outputs: Tensors, name: str) -> None:
    """RuntimeError unless a function returns one tensor of one element."""
    if isinstance(given, (tuple, list)):
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if outputs[0]._array.size != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """∂²func(inputs)/∂inputs², the Jacobian of the gradient of a function that returns a single number.

    For one input a tensor of its shape twice over; for a tuple of inputs a tuple of tuples, by the first and by the
    second. The other arguments are those of `jacobian`. RuntimeError when the function returns something else.

    >>> import numpynet
    >>> numpynet.autograd.functional.hessian(lambda x: (x**3).sum(), numpynet.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    _tensors(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("reverse-mode", "forward-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def value(*leaves: Any) -> Any:
        given = func(*leaves)
        outputs = _tensors(given, "outputs of the user-provided function", "hessian")
        _single(given, outputs, "hessian")
        return outputs[0].reshape(())

    def gradient(*leaves: Any) -> Any:
        found = jacobian(value, leaves, create_graph=True)
        for position, one in enumerate(found):
            if strict and not one.requires_grad:
                raise RuntimeError(_LINEAR.format(position))
        return found

    rows = jacobian(
        gradient,
        tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,),
        create_graph,
        strict,
        vectorize,
        outer_jacobian_strategy,
    )
    return _like(inputs, tuple(_like(inputs, row) for row in rows))


_LINEAR = (
    "While computing the hessian, found that the jacobian of the user-provided function with respect to input {} is "
    "independent of the input. This is not allowed in strict mode. You should ensure that your function is twice "
    "differentiable and that the jacobian depends on the inputs (this would be violated by a linear function for "
    "example)."
)


def _gradient_of(
    func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool, strict: bool, name: str
) -> tuple[Tensors, Tensors | None, Any, Tensors]:
    """Leaves, the vector, the value and its gradient by the leaves, on the tape."""
    leaves = _leaves(inputs, create_graph, name)
    vectors = _vector(v, leaves, inputs, create_graph, name, "the input to the user-provided function is")
    given, outputs = _outputs(func, leaves, strict, name)
    _single(given, outputs, name)
    gradient = _gradients(outputs, leaves, None, True)
    for position, one in enumerate(gradient):
        if strict and (one is None or not one.requires_grad):
            raise RuntimeError(f"The output of {_INDEPENDENT}" if one is None else _LINEAR.format(position))
    return leaves, vectors, given, gradient


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """func(inputs), and the product of the vector v with its Hessian: vᵀ ∂²func/∂inputs².

    v: of the inputs' shapes. RuntimeError for another shape, and when the function returns more than a number.
    create_graph, strict: as for `jacobian`.

    >>> import numpynet
    >>> numpynet.autograd.functional.vhp(lambda x: (x**3).sum(), numpynet.tensor([1.0, 2.0]), numpynet.ones(2))
    (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        leaves, vectors, given, gradient = _gradient_of(func, inputs, v, create_graph, strict, "vhp")
    require_flags(create_graph)
    with set_grad_enabled(bool(create_graph) or flags.enabled):
        found = _gradients(gradient, leaves, vectors, create_graph)
        found = _filled(found, leaves, strict, create_graph, f"The jacobian of {_INDEPENDENT}", "hessian")
    return _returned((given,), create_graph)[0], _like(inputs, _returned(found, create_graph))


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """func(inputs), and the product of its Hessian with the vector v: (∂²func/∂inputs²) v.

    It is `vhp` wherever the Hessian is symmetric, as that of a twice continuously differentiable function; `vhp` takes
    one backward pass less.

    >>> import numpynet
    >>> numpynet.autograd.functional.hvp(lambda x: (x**3).sum(), numpynet.tensor([1.0, 2.0]), numpynet.ones(2))
    (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        leaves, vectors, given, gradient = _gradient_of(func, inputs, v, create_graph, strict, "hvp")
        cotangents = tuple(zeros_like(leaf).requires_grad_() for leaf in leaves)
        pulled = _gradients(gradient, leaves, cotangents, True)
    require_flags(create_graph)
    with set_grad_enabled(bool(create_graph) or flags.enabled):
        found = _gradients(pulled, cotangents, vectors, create_graph)
        found = _filled(found, leaves, strict, create_graph, _TRICK_TWICE, "hessian")
    return _returned((given,), create_graph)[0], _like(inputs, _returned(found, create_graph))


_TRICK_TWICE = (
    "The hessian of the user-provided function is independent of entry {} in the grad_jacobian. This is not allowed in "
    "strict mode as it prevents from using the double backward trick to replace forward mode AD."
)

__getattr__ = asked(__name__)
