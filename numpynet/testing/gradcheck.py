"""gradcheck: whether a gradient is the derivative of its forward, by what the forward's values alone tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.autograd import grad, no_grad
from numpynet.autograd.differences import NumericalGradient, numerical_gradient
from numpynet.creation import from_numpy, tensor
from numpynet.ops.form import Op
from numpynet.testing.conversion import is_tensor
from numpynet.testing.formulas import gradients, with_defaults

Array = NDArray[Any]
_TOLERANCES = {"float16": (1e-1, 1e-1), "float32": (1e-4, 1e-5), "float64": (1e-6, 1e-7)}  # rtol, atol


@dataclass
class Wrong:
    """One element of a gradient that is not the derivative: what it is, what it ought to be, what is allowed."""

    operand: str
    index: tuple[int, ...]
    gradient: float
    derivative: float
    allowed: float

    def __str__(self) -> str:
        return (
            f"∂L/∂{self.operand} at {self.index} is {self.gradient:.6g}, but the derivative is {self.derivative:.6g} "
            f"({abs(self.gradient - self.derivative):.2g} apart, {self.allowed:.2g} allowed)"
        )


@dataclass
class GradientCheck:
    """What `gradcheck` found. True as a condition when every element that was checked is right.

    name: of the function.
    checked: how many elements of gradients were compared with a derivative.
    methods: for each operand how its derivative was found.
    skipped: (operand, index, reason) of the elements without a derivative.
    wrong: the elements that differ.

    >>> import numpynet
    >>> from numpynet.testing import gradcheck
    >>> x = numpynet.tensor([1.0, 2.0], dtype=numpynet.float64, requires_grad=True)
    >>> found = gradcheck(numpynet.exp, x)
    >>> bool(found), found.checked
    (True, 2)
    """

    name: str
    checked: int
    methods: dict[str, str]
    skipped: list[tuple[str, tuple[int, ...], str]]
    wrong: list[Wrong]

    def __bool__(self) -> bool:
        return not self.wrong

    def __str__(self) -> str:
        lines = [f"gradcheck of {self.name}: {self.checked} elements checked, {len(self.wrong)} wrong"]
        lines += [f"  {operand}: by {method}" for operand, method in self.methods.items()]
        lines += [f"  skipped {operand}{list(index)}: {reason}" for operand, index, reason in self.skipped]
        lines += [f"  {wrong}" for wrong in self.wrong[:5]]
        if len(self.wrong) > 5:
            lines.append(f"  and {len(self.wrong) - 5} more")
        return "\n".join(lines)


def gradcheck(
    function: Callable[..., Any],
    inputs: Any,
    *,
    backward: Callable[..., Any] | None = None,
    options: Mapping[str, Any] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
    raise_exception: bool = True,
) -> GradientCheck:
    """Checks gradients against finite differences, and against the complex step where the function is analytic.

    L = Σ dy · function(*inputs) with a random cotangent dy is differentiated by each element of each floating
    input, once by the gradient under test and once by moving that element alone. Elements where L has a kink,
    a jump, or is not finite nearby are skipped and listed with the reason.

    function: one of three:
        an operation of `numpynet.ops` with arrays as inputs: its formulas are tested;
        a function on arrays, with `backward(dy, *inputs)` returning a gradient per floating input (None: not
        tested), in order, or the only one: that is tested;
        a function on tensors: the tape is tested, for the inputs with requires_grad=True.
    inputs: a sequence of them, or the only one. The forward is evaluated in float64 at the inputs' values,
        the gradient in the inputs' own dtype.
    options: keyword arguments of the function.
    rtol, atol: allowed difference, relative to the derivative and absolute (for a cotangent of about 1). By
        default 1e-6 and 1e-7 in float64, 1e-4 and 1e-5 in float32; what the difference quotients themselves
        may be off by is added.
    seed: of the cotangent.
    raise_exception: False returns the result even when something is wrong.

    `numpynet.autograd.gradcheck` is torch's: the whole Jacobian, a fixed step, float64, and no regard for kinks.

    AssertionError when a gradient is wrong or has a wrong shape, and when there is nothing to check.
    ValueError when no input can be differentiated.

    >>> from numpynet.ops import matmul, relu
    >>> import numpy as np
    >>> from numpynet.testing import gradcheck
    >>> bool(gradcheck(matmul, [np.eye(2), np.ones((2, 3))]))
    True
    >>> print(gradcheck(relu, np.array([-1.0, 0.0, 2.0]), seed=1))
    gradcheck of relu: 2 elements checked, 0 wrong
      x: by complex step
      skipped x[1]: a kink: slope 0 on the left, 0.8216 on the right
    >>> gradcheck(np.square, np.array([3.0]), backward=lambda dy, x: dy * x, seed=4)
    Traceback (most recent call last):
        ...
    AssertionError: gradcheck of square: 1 elements checked, 1 wrong
      input 0: by complex step
      ∂L/∂input 0 at (0,) is -1.95537, but the derivative is -3.91075 (2 apart, 4e-06 allowed)
    """
    operands = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
    keywords = dict(options or {})
    if any(getattr(getattr(one, "_array", one), "dtype", np.dtype(bool)).kind == "c" for one in operands):
        raise NotImplementedError("gradcheck: complex inputs are checked by numpynet.autograd.gradcheck alone")
    name = str(getattr(function, "__name__", type(function).__name__))
    rng = np.random.default_rng(seed)
    if backward is None and any(is_tensor(one) for one in operands):
        subject = _of_tensors(function, operands, keywords)
    elif backward is not None:
        subject = _of_arrays(function, backward, operands, keywords)
    elif isinstance(function, Op):
        subject = _of_operation(function, operands, keywords)
    else:
        raise ValueError(
            f"gradcheck of {name}: give it tensors with requires_grad=True, or arrays and the backward to check"
        )
    if not subject.names:
        raise ValueError(f"gradcheck of {name}: none of the inputs can be differentiated")
    arrays = [np.array(one, np.float64) if isinstance(one, np.ndarray) and one.dtype.kind == "f" else one
              for one in subject.arrays]  # fmt: skip
    cotangents = [rng.standard_normal(np.shape(y)) for y in subject.forward(arrays)]
    found = subject.gradients(cotangents)
    result = GradientCheck(name, 0, {}, [], [])
    for position, operand in subject.names.items():
        tolerances = _TOLERANCES[subject.arrays[position].dtype.name]
        allowed = tolerances[0] if rtol is None else rtol, tolerances[1] if atol is None else atol
        if found[position].shape != arrays[position].shape:
            raise AssertionError(
                f"gradcheck of {name}: ∂L/∂{operand} has shape {found[position].shape}, the input "
                f"{arrays[position].shape}"
            )

        def terms(x: Array, position: int = position) -> Array:
            outputs = subject.forward([*arrays[:position], x, *arrays[position + 1 :]])
            return np.concatenate([np.ravel(dy * y) for dy, y in zip(cotangents, outputs, strict=True)])

        derivative = numerical_gradient(terms, arrays[position], complex_step=subject.plain)
        _judge(result, operand, found[position], derivative, *allowed)
    if raise_exception and not result:
        raise AssertionError(str(result))
    if raise_exception and not result.checked:
        raise AssertionError(f"{result}\nnothing could be checked: move the inputs away from such places")
    return result


def _judge(
    result: GradientCheck, operand: str, gradient: Array, derivative: NumericalGradient, rtol: float, atol: float
) -> None:
    """Adds one operand's elements to the result."""
    result.methods[operand] = derivative.method
    for index in np.ndindex(gradient.shape):
        if index in derivative.skipped:
            result.skipped.append((operand, index, derivative.skipped[index]))
            continue
        result.checked += 1
        have, want = float(gradient[index]), float(derivative.value[index])
        allowed = atol + rtol * abs(want) + float(derivative.error[index])
        if not abs(have - want) <= allowed:
            result.wrong.append(Wrong(operand, index, have, want, allowed))


@dataclass
class _Subject:
    """What is under test, brought to one form.

    names: of the operands to differentiate, by position.
    arrays: the operands' values, in their own dtype.
    forward: the outputs for other values of the operands.
    gradients: for the outputs' cotangents, the gradients by position.
    plain: whether the forward is plain NumPy, which takes complex arrays too.
    """

    names: dict[int, str]
    arrays: list[Any]
    forward: Callable[[Sequence[Any]], list[Array]]
    gradients: Callable[[Sequence[Array]], dict[int, Array]]
    plain: bool


def _floating(operands: Sequence[Any]) -> list[int]:
    return [p for p, one in enumerate(operands) if isinstance(one, np.ndarray) and one.dtype.kind == "f"]


def _of_operation(operation: Op, operands: list[Any], options: dict[str, Any]) -> _Subject:
    options = with_defaults(operation, options)
    names = operation.operands
    if operation.variadic:
        names = tuple(f"{names[0]}[{position}]" for position in range(len(operands)))
    else:
        operands = operands + [None] * (len(names) - len(operands))
    taken = operation.operands[0] in operation.gradients if operation.variadic else True
    positions = [p for p in _floating(operands) if taken and (operation.variadic or names[p] in operation.gradients)]

    def forward(arrays: Sequence[Any]) -> list[Array]:
        return [np.asarray(operation.forward(*arrays, **options))]

    def found(cotangents: Sequence[Array]) -> dict[int, Array]:
        kind = np.result_type(*(operands[p].dtype for p in positions))
        dy = np.asarray(cotangents[0]).astype(kind)
        return gradients(operation, operands, dy, options, wanted=positions)

    return _Subject({p: names[p] for p in positions}, operands, forward, found, plain=True)


def _of_arrays(
    function: Callable[..., Any], backward: Callable[..., Any], operands: list[Any], options: dict[str, Any]
) -> _Subject:
    operands = [np.asarray(one) if isinstance(one, (float, np.ndarray, np.floating)) else one for one in operands]
    positions = _floating(operands)

    def forward(arrays: Sequence[Any]) -> list[Array]:
        outputs = function(*arrays, **options)
        return [np.asarray(y) for y in (outputs if isinstance(outputs, (tuple, list)) else [outputs])]

    y = forward(operands)
    kinds = [one.dtype for one in y]

    def found(cotangents: Sequence[Array]) -> dict[int, Array]:
        given = [np.asarray(dy).astype(kind) for dy, kind in zip(cotangents, kinds, strict=True)]
        returned = backward(given[0] if len(given) == 1 else given, *operands, **options)
        parts = list(returned) if isinstance(returned, (tuple, list)) else [returned]
        if len(parts) != len(positions):
            raise AssertionError(
                f"gradcheck: the backward returned {len(parts)} gradients for {len(positions)} floating inputs"
            )
        return {p: np.asarray(part) for p, part in zip(positions, parts, strict=True) if part is not None}

    tested = found([np.zeros(one.shape) for one in y])
    return _Subject({p: f"input {p}" for p in tested}, operands, forward, found, plain=True)


def _of_tensors(function: Callable[..., Any], operands: list[Any], options: dict[str, Any]) -> _Subject:
    positions = [p for p, one in enumerate(operands) if is_tensor(one) and one.requires_grad]
    arrays = [one.detach().numpy() if is_tensor(one) else one for one in operands]

    def outputs_of(tensors: Sequence[Any]) -> list[Any]:
        outputs = function(*tensors, **options)
        return list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]

    def forward(values: Sequence[Any]) -> list[Array]:
        with no_grad():
            moved = [from_numpy(v) if isinstance(v, np.ndarray) else v for v in values]
            return [y.numpy() for y in outputs_of(moved)]

    def found(cotangents: Sequence[Array]) -> dict[int, Array]:
        leaves = [tensor(arrays[p], requires_grad=True) if p in positions else operands[p]
                  for p in range(len(operands))]  # fmt: skip
        outputs = outputs_of(leaves)
        given = [tensor(dy.astype(y.detach().numpy().dtype)) for dy, y in zip(cotangents, outputs, strict=True)]
        pairs = [(y, dy) for y, dy in zip(outputs, given, strict=True) if y.requires_grad]
        wanted = [leaves[p] for p in positions]
        result = grad([y for y, _ in pairs], wanted, [dy for _, dy in pairs], materialize_grads=True)
        return {p: gradient.numpy() for p, gradient in zip(positions, result, strict=True)}

    return _Subject({p: f"input {p}" for p in positions}, arrays, forward, found, plain=False)
