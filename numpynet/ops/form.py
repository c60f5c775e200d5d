"""op: the form in which every operation of numpynet is written.

An operation is a forward on plain arrays and, beside it, one gradient formula per argument:

    @op(torch="input weight bias")
    def linear(x, w, b):
        return x.dot(w.T) + b

    linear.gradients(                       # given dy = ∂L/∂y
        x=lambda dy, w: dy.dot(w),
        w=lambda dy, x: dy.T.dot(x),
        b=lambda dy: column_sums(dy),
    )

What stands where:

- The forward's positional parameters are its operands (arrays, numbers or None); what comes after ``*``
  are its options (a dimension, a shape, a reduction). ``*operands`` makes an operation variadic, as
  ``cat`` is; its one formula then returns a list.
- A formula's first parameter is ``dy``, the cotangent of the result. Its others name what it needs:
  an operand, the result ``y``, an option, or the ``x_shape`` or ``x_dtype`` of the operand ``x``. Nothing
  else is kept alive for the backward pass: the signature is the memory plan.
- ``torch="input weight bias"`` gives the names under which torch's users pass the operands by keyword.
- ``@elementwise`` is an ``@op`` whose operands broadcast together and share one dtype. Its formulas are
  written as though nothing were broadcast; ``sum_to`` adds up what broadcasting had copied.

The same object has three callers: arrays give an array; an argument whose class has ``__operation__``
(a Tensor) takes the call over; and ``linear.gradients.w(dy, x=x)`` evaluates one formula by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from types import MethodType
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from numpynet.ops.sums import sum_to as sum_to

if TYPE_CHECKING:
    from numpynet.tensor import Tensor

Array = NDArray[Any]
Formula = Callable[..., Any]
Acceptance = Callable[..., None] | None
GradFnName = str | Callable[..., str] | None

NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}  # torch takes NumPy's words for these two


def possible(condition: Array) -> bool:
    """Whether an element of a condition may be true: what a formula asks that takes a short cut where none is.

    Of an array this is whether one is true; of a symbol, whose values are not known, it is always True.
    """
    symbolic = getattr(condition, "__possible__", None)
    return bool(np.count_nonzero(condition)) if symbolic is None else symbolic()


def refuse(wrong: Array, error: Callable[..., Exception], *arrays: Array) -> None:
    """Raises ``error(*arrays)`` where an element of `wrong` is true; of a symbol, each time when it is computed."""
    symbolic = getattr(wrong, "__refuse__", None)
    if symbolic is not None:
        symbolic(error, *arrays)
    elif np.count_nonzero(wrong):
        raise error(*arrays)


class Plan:
    """What the tape does for one operation when a certain set of its operands needs a gradient.

    The values of a call are its operands, its result, its options in order, and then `attributes`: the
    shapes and dtypes that formulas name, as (position of the operand, attribute).

    positions: of the operands that need a gradient.
    steps: for each of them its formula, and what picks that formula's arguments out of the values.
    watch: positions of the arrays among those arguments, which must not be overwritten before the backward.
    """

    __slots__ = ("attributes", "positions", "steps", "watch")

    def __init__(self, operation: Op, needed: int) -> None:
        self.positions = tuple(p for p in range(len(operation.operands)) if needed >> p & 1)
        self.attributes: list[tuple[int, str]] = []
        self.steps: list[tuple[Formula, Callable[[list[Any]], Sequence[Any]]]] = []
        picked: set[int] = set()
        first_attribute = len(operation.operands) + 1 + len(operation.options)
        for name in (operation.operands[position] for position in self.positions):
            formula = getattr(operation.gradients, name)
            sources = []
            for wanted in operation.gradients.needs(name):
                position, attribute = operation.whereabouts(wanted)
                if attribute is not None:
                    if (position, attribute) not in self.attributes:
                        self.attributes.append((position, attribute))
                    position = first_attribute + self.attributes.index((position, attribute))
                sources.append(position)
            self.steps.append((formula, _picker(sources)))
            picked.update(sources)
        self.watch = tuple(sorted(picked & set(range(len(operation.operands) + 1))))


def _picker(positions: list[int]) -> Callable[[list[Any]], Sequence[Any]]:
    """What takes the elements at these positions out of a list."""
    if len(positions) > 1:
        return itemgetter(*positions)
    first = positions[0] if positions else 0
    return itemgetter(slice(first, first + len(positions)))


class Gradients:
    """The gradient formulas of one operation, one attribute for each operand that has one.

    >>> from numpynet.ops import mul
    >>> mul.gradients.a(np.array([1.0, 10.0]), b=np.array([2.0, 3.0]))
    array([ 2., 30.])
    """

    def __init__(self, operation: Op) -> None:
        self._operation = operation
        self._needs: dict[str, tuple[str, ...]] = {}

    def __call__(self, **formulas: Formula) -> None:
        """Gives the operation its formulas; TypeError when one names what the operation does not have."""
        for name, formula in formulas.items():
            if name not in self._operation.operands:
                raise TypeError(f"{self._operation.name} has no operand {name!r}")
            code = formula.__code__
            first, *needs = code.co_varnames[: code.co_argcount]
            if first != "dy":
                raise TypeError(f"the gradient of {self._operation.name} by {name} must take dy first")
            for wanted in needs:
                self._operation.whereabouts(wanted)
            self._needs[name] = tuple(needs)
            setattr(self, name, formula)

    def __getattr__(self, name: str) -> Formula:
        if name in self._operation.operands:
            raise RuntimeError(
                f"the derivative for '{name}' of {self._operation.name} is not implemented: "
                f"pass it without requires_grad, or detach() it"
            )
        raise AttributeError(f"{self._operation.name}.gradients has no attribute {name!r}")

    def __contains__(self, name: str) -> bool:
        return name in self._needs

    def needs(self, name: str) -> tuple[str, ...]:
        """What the formula of that operand needs besides dy, in its own order."""
        return self._needs[name]


class Op:
    """One operation: its forward on arrays, its gradient formulas, its names. Made by `op` or `elementwise`."""

    def __init__(
        self,
        forward: Callable[..., Any],
        *,
        torch: str = "",
        broadcasts: bool = False,
        promotes: str | None = None,
        accepts: Acceptance = None,
        view: bool = False,
        grad_fn: GradFnName = None,
    ) -> None:
        code = forward.__code__
        count = code.co_argcount
        self.forward = forward
        self.name = self.__name__ = forward.__name__.rstrip("_")
        self.__doc__ = forward.__doc__
        self.__module__ = forward.__module__
        self.variadic = bool(code.co_flags & 0x04)
        self.operands: tuple[str, ...] = code.co_varnames[:count]
        self.options: tuple[str, ...] = code.co_varnames[count : count + code.co_kwonlyargcount]
        if self.variadic:
            self.operands = (code.co_varnames[count + code.co_kwonlyargcount],)
        self.option_defaults: dict[str, Any] = forward.__kwdefaults__ or {}
        defaults = forward.__defaults__ or ()
        self.operand_defaults = dict(zip(self.operands[len(self.operands) - len(defaults) :], defaults, strict=True))
        self.keywords = dict(zip(torch.split(), self.operands, strict=False))
        self.keywords.update((name, name) for name in self.operands)
        self.broadcasts = broadcasts
        self.promotes = promotes
        self.accepts = accepts
        self.view = view
        # The name that torch's tape gives this operation's node, or what tells it of the operands and options.
        self.grad_fn = grad_fn or "".join(map(str.capitalize, self.name.split("_"))) + "Backward0"
        self.gradients = Gradients(self)
        self._plans: dict[int, Plan] = {}

    @overload
    def __call__(self, *operands: Array, **options: Any) -> Array: ...
    @overload
    def __call__(self, *operands: Any, **options: Any) -> Tensor: ...
    def __call__(self, *operands: Any, **options: Any) -> Any:
        if options and "out" in options:
            return self._into(options.pop("out"), operands, options)
        if self.variadic:
            if operands and isinstance(operands[0], (list, tuple)):
                operands, positional = tuple(operands[0]), operands[1:]
                options.update(zip(self.options, positional, strict=False))
            elif not operands and self.keywords.keys() & options.keys():
                operands = tuple(options.pop(next(name for name in self.keywords if name in options)))
            options = {NUMPY_NAMES.get(keyword, keyword): value for keyword, value in options.items()}
        elif options or len(operands) != len(self.operands):
            operands, options = self._bind(operands, options)
        for operand in operands:
            take_over = getattr(operand, "__operation__", None)
            if take_over is not None:
                return take_over(self, operands, options)
        for operand in operands:
            if isinstance(operand, (list, tuple, str)):
                raise TypeError(
                    f"{self.name}(): argument '{self.torch_name(0)}' (position 1) must be Tensor, not "
                    f"{type(operand).__name__}: make one with tensor(...)"
                )
        return self.forward(*operands, **options)

    def __get__(self, instance: Any, owner: type | None = None) -> Callable[..., Tensor]:
        """As an attribute of a class, an operation is a method of its instances."""
        return MethodType(self, instance) if instance is not None else self

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def _bind(self, positional: Sequence[Any], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Operands and options from a call's arguments, torch's keywords translated into ours."""
        count = len(self.operands)
        if len(positional) > count + len(self.options):
            raise TypeError(f"{self.name}() takes at most {count + len(self.options)} arguments, not {len(positional)}")
        operands = dict(zip(self.operands, positional, strict=False))
        options = dict(zip(self.options, positional[count:], strict=False))
        for keyword, value in named.items():
            name = self.keywords.get(keyword) or NUMPY_NAMES.get(keyword, keyword)
            if name in operands or name in options:
                raise TypeError(f"{self.name}() got multiple values for argument '{keyword}'")
            if name in self.operands:
                operands[name] = value
            elif name in self.options:
                options[name] = value
            else:
                raise TypeError(f"{self.name}() got an unexpected keyword argument '{keyword}'")
        for name in self.operands:
            if name not in operands:
                if name not in self.operand_defaults:
                    keyword = self.torch_name(self.operands.index(name))
                    raise TypeError(f"{self.name}() missing a required argument: '{keyword}'")
                operands[name] = self.operand_defaults[name]
        if options.get("dtype") is not None:
            # torch casts the operand first. The gradient returns through that cast, and no formula need know.
            first = self.operands[0]
            if hasattr(operands[first], "__operation__"):
                operands[first] = operands[first].to(options["dtype"])
        return tuple(operands[name] for name in self.operands), options

    def torch_name(self, position: int) -> str:
        """torch's name of the operand at that position."""
        return next(keyword for keyword, own in self.keywords.items() if own == self.operands[position])

    def _into(self, out: Any, operands: Sequence[Any], options: dict[str, Any]) -> Any:
        """The result written into `out`, an array or tensor of its shape, which is returned.

        RuntimeError when the result would need a gradient, and when `out` has another shape or a dtype of a
        lower category.
        """
        result = self(*operands, **options)
        if out is None:
            return result
        if getattr(result, "requires_grad", False):
            raise RuntimeError(
                f"{self.name}(): functions with out=... arguments don't support automatic differentiation, but one "
                f"of the arguments requires grad: compute without out=, or under no_grad()"
            )
        if tuple(out.shape) != tuple(result.shape):
            raise RuntimeError(
                f"{self.name}(): out has shape {tuple(out.shape)}, the result {tuple(result.shape)}: "
                f"make out of that shape, or leave it away"
            )
        have, wanted = (np.dtype(getattr(one.dtype, "numpy", one.dtype)) for one in (result, out))
        if not np.can_cast(have, wanted, "same_kind"):
            raise RuntimeError(
                f"{self.name}(): result type {have.name} can't be cast to the desired output type {wanted.name}"
            )
        out[...] = result
        return out

    def whereabouts(self, name: str) -> tuple[int, str | None]:
        """Where a formula finds what it names among the values of a call, and which attribute of it."""
        if name in self.operands:
            return self.operands.index(name), None
        if name == "y":
            return len(self.operands), None
        if name in self.options:
            return len(self.operands) + 1 + self.options.index(name), None
        operand, _, attribute = name.rpartition("_")
        if operand in self.operands and attribute in ("shape", "dtype"):
            return self.operands.index(operand), attribute
        raise TypeError(f"a gradient of {self.name} names {name!r}, which {self.name} does not have")

    def plan(self, needed: int) -> Plan:
        """The plan for the operands whose bits are set in `needed`."""
        plan = self._plans.get(needed)
        if plan is None:
            plan = self._plans[needed] = Plan(self, needed)
        return plan


@overload
def op(forward: Callable[..., Any], /) -> Op: ...
@overload
def op(
    *,
    torch: str = "",
    view: bool = False,
    promotes: str | None = None,
    accepts: Acceptance = None,
    grad_fn: GradFnName = None,
) -> Callable[[Callable[..., Any]], Op]: ...
def op(
    forward: Callable[..., Any] | None = None,
    /,
    *,
    torch: str = "",
    view: bool = False,
    promotes: str | None = None,
    accepts: Acceptance = None,
    grad_fn: GradFnName = None,
) -> Op | Callable[[Callable[..., Any]], Op]:
    """Makes an operation of a forward on arrays.

    torch: torch's names of the operands, separated by blanks.
    view: whether the result shares its operand's memory.
    promotes: None, or how Tensor operands of differing dtypes are brought to one before the forward:
        "common" (torch's result type), "float" (the same, and integers become the default float) or "same"
        (they have one dtype already, or RuntimeError).
    accepts: is called with the operation's name and its Tensor operands' arrays as they come, before they
        are promoted, and raises where torch refuses their dtypes.
    grad_fn: the name of torch's node where it is not the operation's own, or a function of the call.
    """

    def make(forward: Callable[..., Any]) -> Op:
        return Op(forward, torch=torch, view=view, promotes=promotes, accepts=accepts, grad_fn=grad_fn)

    return make if forward is None else make(forward)


@overload
def elementwise(forward: Callable[..., Any], /) -> Op: ...
@overload
def elementwise(
    *,
    torch: str = "input other",
    promotes: str = "common",
    accepts: Acceptance = None,
    grad_fn: GradFnName = None,
) -> Callable[[Callable[..., Any]], Op]: ...
def elementwise(
    forward: Callable[..., Any] | None = None,
    /,
    *,
    torch: str = "input other",
    promotes: str = "common",
    accepts: Acceptance = None,
    grad_fn: GradFnName = None,
) -> Op | Callable[[Callable[..., Any]], Op]:
    """Makes an operation whose operands broadcast together and share one dtype: `op`'s parameters."""

    def make(forward: Callable[..., Any]) -> Op:
        return Op(forward, torch=torch, broadcasts=True, promotes=promotes, accepts=accepts, grad_fn=grad_fn)

    return make if forward is None else make(forward)
