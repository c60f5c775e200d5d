"""gradcheck: the Jacobian that the tape gives, compared with the one that finite differences give."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numpynet.autograd.differences import numerical_jacobian
from numpynet.core.backward import grad
from numpynet.core.modes import enable_grad
from numpynet.core.tensor import Tensor, wrap
from numpynet.ops.arguments import is_number
from numpynet.ops.complex_numbers import view_as_complex, view_as_real
from numpynet.ops.form import Array

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

Way = Callable[[Sequence[Any], list[Any]], list[list[Array]]]


class GradcheckError(RuntimeError):
    """The two Jacobians differ.

    >>> import numpynet
    >>> from numpynet.autograd import GradcheckError
    >>> issubclass(GradcheckError, RuntimeError)
    True
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)


def gradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the gradients of `func` are its derivatives, by central differences (f(x + eps) − f(x − eps)) / 2 eps.

    Complex numbers are checked as pairs of real ones, in a last dimension of 2.

    func: takes the inputs, gives a tensor or several. It is called twice for every element of the inputs that
        require a gradient; these should be float64, or rounding drowns the differences.
    atol, rtol: |analytical − numerical| ≤ atol + rtol |numerical| is right.
    raise_exception: False returns False in place of raising.
    nondet_tol: by how much the gradients of two backward passes may differ.
    check_backward_ad: False leaves the gradients of backward passes unchecked.
    check_forward_ad: whether the Jacobian's products with tangents are checked, as `numpynet.func.jvp` computes them.
    check_undefined_grad, check_grad_dtypes, check_batched_grad, check_batched_forward_grad, fast_mode, masked: taken
        as torch takes them; the whole Jacobian is always computed, a gradient always has its tensor's dtype, a batch of
        cotangents is pulled back one by one, and only sparse tensors have something to mask.

    GradcheckError names output, input and the element that is furthest off. ValueError when no input requires
    a gradient; RuntimeError for a negative tolerance and for an expanded input; AssertionError when nothing is to be
    checked, or batches of what is not.

    >>> import numpynet
    >>> x = numpynet.tensor([0.5, 2.0], dtype=numpynet.float64, requires_grad=True)
    >>> numpynet.autograd.gradcheck(numpynet.exp, x)
    True
    """
    _require_kinds(
        "gradcheck",
        {"eps": eps, "atol": atol, "rtol": rtol, "nondet_tol": nondet_tol},
        (raise_exception, check_undefined_grad, fast_mode, masked),
    )
    _require_checks("check_forward_ad", check_forward_ad, "check_backward_ad", check_backward_ad)
    for batched, wanted, name, checked in (
        ("check_batched_grad", check_batched_grad, "check_backward_ad", check_backward_ad),
        ("check_batched_forward_grad", check_batched_forward_grad, "check_forward_ad", check_forward_ad),
    ):
        if wanted and not checked:
            raise AssertionError(f"Setting {batched}=True requires {name} to be True")
    func, arguments = _of_real_numbers(func, tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,))
    ways: dict[str, Way] = {"Jacobian": _pulled} if check_backward_ad else {}
    if check_forward_ad:
        ways["Jacobian computed with forward mode"] = _pushed
    try:
        _check(func, arguments, ways, float(eps), float(atol), float(rtol), float(nondet_tol))
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _require_kinds(name: str, numbers: dict[str, Any], flags: tuple[Any, ...]) -> None:
    """TypeError for what is no number, RuntimeError for a negative tolerance and a tensor of several elements.

    OverflowError for a step, and for what may differ between two passes, beyond int64.
    """
    for keyword, number in numbers.items():
        if not is_number(number) or isinstance(number, complex):
            error = RuntimeError if isinstance(number, Tensor) and keyword in ("eps", "nondet_tol") else TypeError
            raise error(f"{name}(): argument '{keyword}' must be float, not {type(number).__name__}")
        if keyword in ("eps", "nondet_tol") and isinstance(number, int) and not -(2**63) <= number < 2**63:
            raise OverflowError(f"{name}(): int too big to convert: {number} as '{keyword}'")
        if keyword in ("atol", "rtol") and not number >= 0:
            raise RuntimeError(f"{keyword} must be greater than or equal to zero, but got {number}")
    for flag in flags:
        bool(flag)


def _require_checks(one: str, checks_one: Any, other: str, checks_other: Any) -> None:
    """AssertionError where neither is to be checked."""
    if not (checks_one or checks_other):
        raise AssertionError(f"Expected at least one of {one} or {other} to be True")


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Whether the gradients of the gradients of `func` are their derivatives: `gradcheck` of its backward pass.

    grad_outputs: the cotangents at which it is checked; by default numbers between −1 and 1, the same in every run.
    gen_non_contig_grad_outputs, check_grad_dtypes: taken as torch takes them, without effect.
    check_rev_over_rev, check_fwd_over_rev: what `gradcheck` calls check_backward_ad and check_forward_ad, here of the
        backward pass.

    The other arguments and the errors are those of `gradcheck`; ValueError also where no gradient leads to an input,
    AttributeError for grad_outputs that are no tensors.

    >>> import numpynet
    >>> x = numpynet.tensor([0.5, 2.0], dtype=numpynet.float64, requires_grad=True)
    >>> numpynet.autograd.gradgradcheck(numpynet.exp, x)
    True
    """
    numbers: dict[str, Any] = {"eps": eps, "atol": atol, "rtol": rtol, "nondet_tol": nondet_tol}
    flags = (raise_exception, gen_non_contig_grad_outputs, check_undefined_grad, fast_mode)
    _require_kinds("gradgradcheck", numbers, flags)
    _require_checks("check_fwd_over_rev", check_fwd_over_rev, "check_rev_over_rev", check_rev_over_rev)
    if check_undefined_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_undefined_grad=True requires check_rev_over_rev to be True")
    func, arguments = _of_real_numbers(func, tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,))
    if grad_outputs is None:
        drawn = np.random.default_rng(0)
        outputs = [one for one in _outputs(func, arguments) if one.requires_grad]
        cotangents: tuple[Any, ...] = tuple(
            wrap(drawn.uniform(-1, 1, one.shape).astype(one._array.dtype)).requires_grad_() for one in outputs
        )
    else:
        cotangents = tuple(grad_outputs) if isinstance(grad_outputs, (tuple, list)) else (grad_outputs,)
        for one in cotangents:
            if not isinstance(one, Tensor):
                raise AttributeError(f"'{type(one).__name__}' object has no attribute 'requires_grad': give a tensor")
        cotangents = tuple(_as_pairs(one) if _is_complex(one) else one for one in cotangents)

    def gradients(*given: Any) -> tuple[Any, ...]:
        operands, dy = given[: len(arguments)], given[len(arguments) :]
        outputs = [one for one in _outputs(func, operands) if one.requires_grad]
        wanted = [one for one in operands if hasattr(one, "_array") and one.requires_grad]
        found = grad(outputs, wanted, dy, create_graph=True, allow_unused=True)
        return tuple(one for one in found if one is not None)

    return gradcheck(
        gradients,
        (*arguments, *cotangents),
        **numbers,
        raise_exception=raise_exception,
        check_undefined_grad=check_undefined_grad,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )


def _is_complex(one: Any) -> bool:
    return isinstance(one, Tensor) and one.is_complex()


def _as_pairs(tensor: Tensor) -> Tensor:
    """A leaf of its own with the two parts of complex numbers side by side."""
    return view_as_real(tensor.detach().clone()).detach().requires_grad_(tensor.requires_grad)


def _of_real_numbers(
    func: Callable[..., Any], arguments: tuple[Any, ...]
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The function and its inputs with a pair of real numbers in the place of each complex one."""
    pairs = [place for place, one in enumerate(arguments) if _is_complex(one)]

    def of_pairs(*given: Any) -> tuple[Any, ...]:
        result = func(*(view_as_complex(one) if place in pairs else one for place, one in enumerate(given)))
        results = result if isinstance(result, (tuple, list)) else (result,)
        return tuple(view_as_real(one) if _is_complex(one) else one for one in results)

    return of_pairs, tuple(_as_pairs(one) if place in pairs else one for place, one in enumerate(arguments))


def _check(
    func: Callable[..., Any],
    arguments: tuple[Any, ...],
    ways: dict[str, Way],
    eps: float,
    atol: float,
    rtol: float,
    nondet_tol: float,
) -> None:
    """ways: what computes the Jacobians that are compared with the one by differences, and their names."""
    wanted = {position: one for position, one in enumerate(arguments) if hasattr(one, "_array") and one.requires_grad}
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for position, tensor in wanted.items():
        if any(stride == 0 and size > 1 for stride, size in zip(tensor.stride(), tensor.shape, strict=True)):
            raise RuntimeError(
                f"The {position}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                f"non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                f"on the input before passing it to gradcheck."
            )
        if tensor._array.dtype != np.float64:
            warnings.warn(
                f"Input #{position} requires gradient and is not a double precision floating point. This check will "
                f"likely fail if all the inputs are not of double precision floating point.",
                UserWarning,
                stacklevel=4,
            )
    outputs = _outputs(func, arguments)
    twice = {name: [way(outputs, list(wanted.values())) for _ in range(2)] for name, way in ways.items()}
    sizes = [output._array.size for output in outputs]
    for column, (position, tensor) in enumerate(wanted.items()):
        numerical = _numerical(func, arguments, tensor, eps, sizes)
        for (number, output), (name, pair) in itertools.product(enumerate(outputs), twice.items()):
            (have, again), want = (jacobian[number][column] for jacobian in pair), numerical[number]
            if not output.requires_grad and want.any():
                raise GradcheckError(
                    f"Numerical gradient for function expected to be zero: output {number} does not require grad, but "
                    f"depends on input {position}"
                )
            if not np.allclose(have, want, rtol, atol):
                raise GradcheckError(_mismatch(name, number, output, position, tensor, want, have, rtol))
            if (np.abs(have - again) > nondet_tol).any():
                raise GradcheckError(
                    f"Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                    f"gives different values, although analytical gradient matches numerical gradient. The tolerance "
                    f"for nondeterminism was {nondet_tol}."
                )


def _outputs(func: Callable[..., Any], arguments: Sequence[Any]) -> list[Any]:
    result = func(*arguments)
    results = result if isinstance(result, (tuple, list)) else [result]
    outputs = [one for one in results if hasattr(one, "_array") and one.is_floating_point()]
    if not outputs:
        raise GradcheckError("gradcheck: the function gives no floating point tensor")
    return outputs


def _unit(like: Tensor, place: int) -> Tensor:
    """A tensor of zeros, with a one at a place."""
    array = np.zeros(like._array.shape, like._array.dtype)
    array.flat[place] = 1
    return wrap(array)


def _pulled(outputs: Sequence[Any], wanted: list[Any]) -> list[list[Array]]:
    """For each output and each wanted input ∂output[j]/∂input[i], at row i and column j, by backward passes."""
    jacobians = []
    for output in outputs:
        blocks = [np.zeros((tensor._array.size, output._array.size)) for tensor in wanted]
        for j in range(output._array.size if output.requires_grad else 0):
            found = grad(output, wanted, _unit(output, j), retain_graph=True, allow_unused=True)
            for block, gradient in zip(blocks, found, strict=True):
                if gradient is not None:
                    block[:, j] = gradient._array.reshape(-1)
        jacobians.append(blocks)
    return jacobians


def _pushed(outputs: Sequence[Any], wanted: list[Any]) -> list[list[Array]]:
    """The same by products with tangents u: vᵀ J is linear in v, and its gradient by v is J u."""
    jacobians = []
    for output in outputs:
        blocks = [np.zeros((tensor._array.size, output._array.size)) for tensor in wanted]
        v = wrap(np.zeros_like(output._array)).requires_grad_()
        pulled = grad(output, wanted, v, create_graph=True, allow_unused=True) if output.requires_grad else ()
        for block, gradient in zip(blocks, pulled):  # noqa: B905  none of an output without gradient
            for i in range(0 if gradient is None else len(block)):
                (found,) = grad(gradient, v, _unit(gradient, i), retain_graph=True)
                block[i] = found._array.reshape(-1)
        jacobians.append(blocks)
    return jacobians


def _numerical(
    func: Callable[..., Any], arguments: Sequence[Any], tensor: Any, eps: float, sizes: Sequence[int]
) -> list[Array]:
    """For each output the same by moving one element of the input at a time, in its own memory.

    sizes: of the outputs.
    """

    array = tensor._array
    values = array.copy()

    def outputs(moved: Array) -> Array:
        array[...] = moved
        return np.concatenate([one._array.reshape(-1) for one in _outputs(func, arguments)])

    try:
        with enable_grad():  # in which the function may register hooks
            jacobian = numerical_jacobian(outputs, values, eps)
    finally:
        array[...] = values
    return np.split(jacobian, np.cumsum(sizes)[:-1], axis=1)


def _mismatch(
    name: str,
    number: int,
    output: Tensor,
    position: int,
    tensor: Tensor,
    numerical: Array,
    analytical: Array,
    rtol: float,
) -> str:

    distance = np.abs(analytical - numerical) - rtol * np.abs(numerical)
    i, j = np.unravel_index(np.argmax(np.nan_to_num(distance, nan=np.inf)), distance.shape)
    to = list(map(int, np.unravel_index(int(j), tuple(output.shape))))
    by = list(map(int, np.unravel_index(int(i), tuple(tensor.shape))))
    return (
        f"{name} mismatch for output {number} with respect to input {position}, worst in the derivative of "
        f"output{to} by input{by}: numerical {numerical[i, j]:.6g}, analytical {analytical[i, j]:.6g}\n"
        f"numerical:{wrap(numerical)}\nanalytical:{wrap(analytical)}\n"
    )
