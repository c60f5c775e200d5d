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

import textwrap
from collections.abc import Callable, Sequence
from functools import lru_cache
from inspect import Parameter, Signature, cleandoc
from types import MethodType
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from numpynet.ops import arguments
from numpynet.ops.binding import MISSING, bound
from numpynet.ops.plan import Plans
from numpynet.ops.source import annotated, text_of
from numpynet.ops.warning import warn_once

if TYPE_CHECKING:
    from numpynet.core.tensor import Tensor

Array = NDArray[Any]
Formula = Callable[..., Any]
Acceptance = Callable[..., None] | None
GradFnName = str | Callable[..., str] | None

NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}  # torch takes NumPy's words for these two


def possible(condition: Array) -> bool:
    """Whether an element of a condition may be true: what a formula asks that takes a short cut where none is.

    Of an array this is whether one is true; of a symbol, whose values are not known, it is always True.
    """
    if type(condition) is np.ndarray and condition.dtype.char == "?":
        return 1 in condition.tobytes()  # in half the time of NumPy's own functions
    symbolic = getattr(condition, "__possible__", None)
    return bool(np.count_nonzero(condition)) if symbolic is None else symbolic()


def has_nan(x: Array) -> bool:
    """Whether one of these floats may be NaN, as `possible` has it; NaN is the first of an array's maxima.

    >>> has_nan(np.array([1.0, np.nan, np.inf]))
    True
    """
    if type(x) is not np.ndarray or not x.size:
        return possible(x != x)
    top = x.item(x.argmax())
    return top != top


def refuse(wrong: Array, error: Callable[..., Exception], *arrays: Array) -> None:
    """Raises ``error(*arrays)`` where an element of `wrong` is true; of a symbol, each time when it is computed."""
    symbolic = getattr(wrong, "__refuse__", None)
    if symbolic is not None:
        symbolic(error, *arrays)
    elif possible(wrong):
        raise error(*arrays)


class Gradients:
    """The gradient formulas of one operation, one attribute for each operand that has one.

    >>> from numpynet.ops import mul
    >>> mul.gradients.a(np.array([1.0, 10.0]), b=np.array([2.0, 3.0]))
    array([ 2., 30.])
    >>> mul.gradients
    a: dy * b
    b: dy * a
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

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self._operation.plans.clear()  # which hold the formulas that there were

    def __getattr__(self, name: str) -> Formula:
        if name in self._operation.operands:
            raise RuntimeError(
                f"the derivative for '{name}' of {self._operation.name} is not implemented: "
                f"pass it without requires_grad, or detach() it"
            )
        raise AttributeError(f"{self._operation.name}.gradients has no attribute {name!r}")

    def __contains__(self, name: str) -> bool:
        return name in self._needs

    def __repr__(self) -> str:
        """The formulas as they are written, given dy = ∂L/∂y."""
        lines = []
        for name in self._needs:
            formula: Formula = getattr(self, name)
            text = text_of(formula)
            if formula.__name__ == "<lambda>":
                lines.append(f"{name}: {text}")
            else:
                lines.append(f"{name}: {formula.__name__}({', '.join(('dy', *self._needs[name]))})")
                lines += [f"    {line}".rstrip() for line in text.splitlines()]
        return "\n".join(lines) if self._needs else f"{self._operation.name} has no gradients"

    def needs(self, name: str) -> tuple[str, ...]:
        """What the formula of that operand needs besides dy, in its own order."""
        return self._needs.get(name, ())


@lru_cache
def _is_accepted(accepts: Callable[..., None], kind: str, count: int) -> bool:
    """Whether so many operands, all of that kind, are accepted."""
    try:
        accepts("", *[np.ones(1, kind)] * count)
    except (TypeError, RuntimeError, ValueError):
        return False
    return True


class _Documentation:
    """The docstring of a class, and of each of its objects their own."""

    def __init__(self, own: str) -> None:
        self.own = own

    def __get__(self, instance: Any, owner: type) -> str:
        return self.own if instance is None else instance.documentation()


class Op:
    __doc__ = _Documentation(
        """One operation: its forward on arrays, its gradient formulas, its names. Made by `op` or `elementwise`.

    call: binds arguments as torch does and carries the operation out. Calling the operation is calling this.
    """
    )

    __slots__ = ("__call__", "__dict__", "__weakref__")  # Python calls what it finds in this slot without a detour

    def __init__(
        self,
        forward: Callable[..., Any],
        *,
        torch: str = "",
        broadcasts: bool = False,
        per_element: bool = False,
        into: str = "",
        joins: Callable[[Sequence[Array], int], Array] | None = None,
        ufunc: np.ufunc | None = None,
        promotes: str | None = None,
        accepts: Acceptance = None,
        view: bool = False,
        arrays: str = "",
        viewed: str = "",
        multiplies: bool = False,
        scales: bool = False,
        keeps_numbers: bool = True,
        keeps_result: bool = False,
        piecewise_linear: bool = False,
        complex: str = "",
        grad_fn: GradFnName = None,
        listed: dict[str, str] | None = None,
    ) -> None:
        code = forward.__code__
        count = code.co_argcount
        self.forward = forward
        self.name = self.__name__ = forward.__name__.rstrip("_")
        self.__module__ = forward.__module__
        self.variadic = bool(code.co_flags & 0x04)
        self.operands: tuple[str, ...] = code.co_varnames[:count]
        self.options: tuple[str, ...] = code.co_varnames[count : count + code.co_kwonlyargcount]
        if self.variadic:
            self.operands = (code.co_varnames[count + code.co_kwonlyargcount],)
        self.option_defaults: dict[str, Any] = forward.__kwdefaults__ or {}
        self.kinds: dict[str, str] = forward.__annotations__  # of its parameters, as text
        defaults = forward.__defaults__ or ()
        self.operand_defaults = dict(zip(self.operands[len(self.operands) - len(defaults) :], defaults, strict=True))
        self.keywords = dict(zip(torch.split(), self.operands, strict=False))
        self.keywords.update((name, name) for name in self.operands)
        self.broadcasts = broadcasts
        self.into = into
        self.joins = joins
        self.is_laid_out = broadcasts or per_element  # in the memory order of its operands
        self.ufunc = ufunc
        self.promotes = promotes
        self.accepts = accepts
        self.view = view
        self.viewed = viewed
        self.multiplies = multiplies
        self.array_options = tuple(arrays.split())
        self.scales = scales
        self.keeps_numbers = keeps_numbers
        self.keeps_result = keeps_result
        self.piecewise_linear = piecewise_linear
        self.complex = complex or ("analytic" if view else "")
        # Kinds of operands that the forward may be given as they are: with nothing to promote or to refuse.
        self.quick_kinds = "fd" if promotes == "float" else "fdbhilq?"
        if accepts is not None and (count == 1 or ufunc is not None):
            self.quick_kinds = "".join(kind for kind in self.quick_kinds if _is_accepted(accepts, kind, count))
        # The name that torch's tape gives this operation's node, or what tells it of the operands and options.
        self.grad_fn = grad_fn or "".join(map(str.capitalize, self.name.split("_"))) + "Backward0"
        self.listed = {title: tuple(map(self.operands.index, names.split())) for title, names in (listed or {}).items()}
        self.plans = Plans(self)
        self.gradients = Gradients(self)
        self.call: Callable[..., Any] = self._variadic if self.variadic else bound(self)
        self.__call__ = self.call  # type: ignore[method-assign]

    if TYPE_CHECKING:

        @overload
        def __call__(self, *operands: Array, **options: Any) -> Array: ...
        @overload
        def __call__(self, *operands: Any, **options: Any) -> Tensor: ...
        def __call__(self, *operands: Any, **options: Any) -> Any: ...

    def __get__(self, instance: Any, owner: type | None = None) -> Callable[..., Tensor]:
        """As an attribute of a class, an operation is a method of its instances."""
        return MethodType(self.call, instance) if instance is not None else self

    def of(self, *operands: Any, **options: Any) -> Any:
        """The forward, within a formula; where the backward pass is recorded, the operation, with its own gradients."""
        for operand in operands:
            if type(operand) is not np.ndarray and hasattr(operand, "__operation__"):
                return operand.__operation__(self, operands, options)
        return self.forward(*operands, **options)

    @property
    def parameters(self) -> list[str]:
        """torch's names of the operands."""
        return [self.torch_name(position) for position in range(len(self.operands))]

    @property
    def __signature__(self) -> Signature:
        """torch's names of the operands and the options, with their defaults."""
        kind = Parameter.POSITIONAL_OR_KEYWORD
        names = self.parameters
        if self.variadic:
            parameters = [Parameter(names[0], kind)]
        else:
            parameters = [
                Parameter(name, kind, default=self.operand_defaults.get(own, Parameter.empty))
                for name, own in zip(names, self.operands, strict=True)
            ]
        for name in self.options:
            parameters.append(Parameter(name, kind, default=self.option_defaults.get(name, Parameter.empty)))
        return Signature(parameters)

    def documentation(self) -> str:
        """The forward's docstring, and the gradients."""
        return f"{cleandoc(self.forward.__doc__ or '')}\n\n{self.told_gradients()}".rstrip()

    def told_gradients(self) -> str:
        """The formulas of its gradients, under a line that says so; nothing where there are none."""
        if not self.gradients._needs:
            return ""
        return f"{self.name}.gradients, given dy = ∂L/∂y:\n{textwrap.indent(repr(self.gradients), ' ' * 4)}\n"

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """What is shown as its source: the forward, with the gradients."""
        return annotated(self.forward, self.told_gradients)

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def _variadic(self, *operands: Any, **options: Any) -> Any:
        """The call of an operation of many operands, given one by one or as a sequence."""
        if operands and isinstance(operands[0], (list, tuple)):
            operands, positional = tuple(operands[0]), operands[1:]
            if len(positional) > len(self.options):
                raise TypeError(
                    f"{self.name}() takes {1 + len(self.options)} positional arguments but {1 + len(positional)} were "
                    f"given"
                )
            if positional:
                options.update(zip(self.options, positional, strict=False))
        elif not operands and self.keywords.keys() & options.keys():
            operands = tuple(options.pop(next(name for name in self.keywords if name in options)))
        odd = False
        for keyword, value in options.items():
            odd |= keyword not in self.options or (keyword == "dim" and type(value) is not int)
        if odd:
            if "out" in options:
                return self._into(options.pop("out"), operands, options)
            options = {NUMPY_NAMES.get(keyword, keyword): value for keyword, value in options.items()}
            for keyword in options:
                if keyword not in self.options:
                    raise TypeError(f"{self.name}() got an unexpected keyword argument '{keyword}'")
            refused = self.refusal(self.name, operands, options)
            if refused is not None:
                raise refused
        if len(options) < len(self.options):
            options = {**self.option_defaults, **options}
        try:
            record = operands[0].__operation__ if operands else self.taken_by(operands)
        except AttributeError:
            record = self.taken_by(operands)
        try:
            return record(self, operands, options)
        except Exception as error:
            self.refuse(self.name, error, operands, options)
            raise

    def unusual(
        self,
        name: str,
        taken_over_by: str,
        taken_by: Callable[..., Any],
        convert: Callable[[Any, Any], Any],
        operands: Sequence[Any],
        options: dict[str, Any],
        others: dict[str, Any],
    ) -> Any:
        """A call with NumPy's words or the operands' own names among its keywords, with out=, or of odd arguments.

        name: of the function or method that was called. taken_over_by: the attribute of its first operand that carries
        the operation out; taken_by: finds what does where there is none. convert: brings it to the dtype wanted.

        TypeError for what torch refuses: keywords that mean nothing, what is given twice, what is missing, and
        arguments of another kind.
        """
        given = dict(zip(self.operands, operands, strict=True))
        options = dict(options)
        out = None if name.endswith("_") else others.pop("out", None)
        for keyword, value in others.items():
            own = self.keywords.get(keyword) or NUMPY_NAMES.get(keyword, keyword)
            place = given if own in given else options
            if own not in place:
                raise TypeError(f"{name}() got an unexpected keyword argument '{keyword}'")
            if place[own] is not MISSING and place[own] is not self.option_defaults.get(own, MISSING):
                raise TypeError(f"{name}() got multiple values for argument '{keyword}'")
            place[own] = value
        missing = [one for one, value in (*given.items(), *options.items()) if value is MISSING]
        if missing:
            words = ", ".join(self.torch_name(self.operands.index(one)) if one in given else one for one in missing)
            raise TypeError(f'{name}() missing {len(missing)} required positional arguments: "{words}"')
        operands, options = self._factor_last(name, tuple(given.values()), options)
        if any(map(arguments.is_tensor, operands)):
            refused = self.refusal(name, operands, options if out is None else options | {"out": out})
            if refused is not None:
                raise refused
        options = {one: arguments.plain(value, self.kinds.get(one, ""), operands) for one, value in options.items()}
        if out is not None:
            return self._into(out, operands, options)
        if options.get("dtype") is not None:
            operands = (convert(operands[0], options["dtype"]), *operands[1:])
        record = getattr(operands[0], taken_over_by, None) or taken_by(operands)
        try:
            return record(self, operands, options)
        except Exception as error:
            self.refuse(name, error, operands, options)
            raise

    def _factor_last(
        self, name: str, operands: tuple[Any, ...], options: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Operands and options of ``add(x, alpha, y)``, the form that torch had before ``add(x, y, alpha=alpha)``."""
        factor = next((one for one in options if one in ("alpha", "value")), None)
        if factor is None or len(operands) < 2 or not arguments.is_tensor(options[factor]):
            return operands, options
        first, *others = *operands[1:], options[factor]
        if arguments.is_tensor(first) or not arguments.is_number(first) or not all(map(arguments.is_tensor, others)):
            return operands, options
        named = ", ".join(f"Tensor {one}" for one in self.parameters[1:])
        warn_once(
            f"This overload of {name} is deprecated:\n\t{name}(Number {factor}, {named})\nConsider using one of "
            f"the following signatures instead:\n\t{name}({named}, *, Number {factor} = 1)",
            stacklevel=5,
            place="an overload",
        )
        return (operands[0], *others), {**options, factor: first}

    def refusal(
        self, name: str, operands: Sequence[Any], options: dict[str, Any] | None, arrays: bool = True
    ) -> Exception | None:
        """How torch refuses these arguments; None where it takes them, as far as their kinds go.

        options: None where the operands alone are looked at. arrays: whether arrays do for tensors.
        """
        if self.variadic:
            return arguments.refusal(name, (operands,), options, complete=options is not None, arrays=arrays)
        named = {
            self.torch_name(place): value
            for place, (one, value) in enumerate(zip(self.operands, operands, strict=True))
            if value is not self.operand_defaults.get(one, MISSING)
        }
        chosen = options or {}
        named |= {one: chosen[one] for one in chosen if chosen[one] is not self.option_defaults.get(one, MISSING)}
        return arguments.refusal(name, (), named, complete=options is not None, arrays=arrays)

    def refuse(self, name: str, error: Exception, operands: Sequence[Any], options: dict[str, Any]) -> None:
        """Raises, in the place of an error that a call has ended in, that with which torch refuses its arguments."""
        if arguments.is_ours(error) and any(map(arguments.is_tensor, operands)):
            refused = self.refusal(name, operands, options, arrays=False)
            if refused is not None:
                raise refused from None

    def taken_by(self, operands: Sequence[Any]) -> Callable[..., Any]:
        """What carries the operation out: the class of an operand, or the forward itself, on arrays.

        TypeError where an operand can be none: a list, text, or a number where there is no other operand.
        """
        for operand in operands:
            try:
                record = operand.__operation__
            except AttributeError:
                continue
            refused = self.refusal(self.name, operands, None)
            if refused is not None:
                raise refused
            return record
        if any(isinstance(operand, (np.ndarray, np.generic)) for operand in operands):
            wrong = [operand for operand in operands if isinstance(operand, (list, tuple, str))]
        else:  # numbers alone, or nothing that could be an operand
            refused = self.refusal(self.name, operands, None)
            if refused is not None:
                raise refused
            wrong = [one for one in operands if len(operands) == 1 or not isinstance(one, (bool, int, float, complex))]
        if wrong:
            place = next(position for position, operand in enumerate(operands) if operand is wrong[0])
            raise arguments.no_tensor(self.name, self.torch_name(0 if self.variadic else place), place + 1, wrong[0])
        return _by_hand

    def torch_name(self, position: int) -> str:
        """torch's name of the operand at that position."""
        return next(keyword for keyword, own in self.keywords.items() if own == self.operands[position])

    def _into(self, out: Any, operands: Sequence[Any], options: dict[str, Any]) -> Any:
        """The result written into `out`, which is returned: a tensor, or an array of its shape.

        TypeError when `out` is neither; RuntimeError when it cannot take the result over.
        """
        if out is None:
            return self(*operands, **options)
        if isinstance(out, np.ndarray):
            result = np.asarray(self(*operands, **options))
            if out.shape != result.shape or not np.can_cast(result.dtype, out.dtype, "same_kind"):
                raise RuntimeError(
                    f"{self.name}(): out has shape {out.shape} and dtype {out.dtype}, the result {result.shape} and "
                    f"{result.dtype}: make out like that, or leave it away"
                )
            out[...] = result
            return out
        take_over = getattr(out, "__take_over__", None)
        if take_over is None:
            raise TypeError(f"{self.name}(): argument 'out' must be Tensor, not {type(out).__name__}")
        if self.into and options["dtype"] is None and operands[0].dtype.numpy.kind in self.into:
            options = {**options, "dtype": out.dtype}
        return take_over(self.name, self(*operands, **options), operands)

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


def _by_hand(operation: Op, operands: Sequence[Any], options: dict[str, Any]) -> Any:
    """An operation on plain arrays."""
    return operation.forward(*operands, **options)


@overload
def op(forward: Callable[..., Any], /) -> Op: ...
@overload
def op(
    *,
    torch: str = "",
    view: bool = False,
    promotes: str | None = None,
    accepts: Acceptance = None,
    arrays: str = "",
    viewed: str = "",
    multiplies: bool = False,
    per_element: bool = False,
    into: str = "",
    joins: Callable[[Sequence[Array], int], Array] | None = None,
    piecewise_linear: bool = False,
    complex: str = "",
    grad_fn: GradFnName = None,
    listed: dict[str, str] | None = None,
) -> Callable[[Callable[..., Any]], Op]: ...
def op(
    forward: Callable[..., Any] | None = None,
    /,
    *,
    torch: str = "",
    view: bool = False,
    promotes: str | None = None,
    accepts: Acceptance = None,
    arrays: str = "",
    viewed: str = "",
    multiplies: bool = False,
    per_element: bool = False,
    into: str = "",
    joins: Callable[[Sequence[Array], int], Array] | None = None,
    piecewise_linear: bool = False,
    complex: str = "",
    grad_fn: GradFnName = None,
    listed: dict[str, str] | None = None,
) -> Op | Callable[[Callable[..., Any]], Op]:
    """Makes an operation of a forward on arrays.

    torch: torch's names of the operands, separated by blanks.
    view: whether the result shares its operand's memory.
    promotes: None, or how Tensor operands of differing dtypes are brought to one before the forward:
        "common" (torch's result type), "float" (the same, and integers become the default float) or "same"
        (they have one dtype already, or RuntimeError).
    accepts: is called with the operation's name and its Tensor operands' arrays as they come, before they
        are promoted, and raises where torch refuses their dtypes.
    arrays: the options that may be arrays or tensors, separated by blanks.
    viewed: the operand of which torch keeps a view, and so does not see that its data are replaced.
    multiplies: whether its formulas multiply dy by what they name, as matrices: by `dot`, which see `Plan`.
    per_element: whether it computes one number for each element of its operands, and then may reduce them.
    into: the kinds, as NumPy's letters, of operands of which torch computes the result in the dtype of ``out=``.
    joins: what does the same with plain arrays of one dtype, given as a sequence, and their dimension. It may raise
        anything where the forward raises what torch does.
    piecewise_linear: whether the gradients have a derivative of zero by the operands where none of their formulas does
        anything but compare these: as torch has it of some operations, so that a second derivative is zero and not
        missing.
    complex: how it takes complex tensors: "analytic", where its formulas are those of an analytic function, which the
        tape conjugates (see `numpynet.ops.plan.CONJUGATED`), or "written", where they are written for complex numbers
        as they are. By default it takes none, unless its result is a view.
    grad_fn: the name of torch's node where it is not the operation's own, or a function of the operands and options
        that it names.
    listed: for such names the operands that `next_functions` has, where these are not all with a gradient, in order.
    """

    def make(forward: Callable[..., Any]) -> Op:
        return Op(
            forward,
            torch=torch,
            view=view,
            promotes=promotes,
            accepts=accepts,
            arrays=arrays,
            viewed=viewed,
            multiplies=multiplies,
            per_element=per_element,
            into=into,
            joins=joins,
            piecewise_linear=piecewise_linear,
            complex=complex,
            grad_fn=grad_fn,
            listed=listed,
        )

    return make if forward is None else make(forward)


@overload
def elementwise(forward: Callable[..., Any], /) -> Op: ...
@overload
def elementwise(
    *,
    torch: str = "input other",
    ufunc: np.ufunc | None = None,
    promotes: str = "common",
    accepts: Acceptance = None,
    scales: bool = False,
    keeps_numbers: bool = True,
    keeps_result: bool = False,
    piecewise_linear: bool = False,
    complex: str = "",
    grad_fn: GradFnName = None,
    listed: dict[str, str] | None = None,
) -> Callable[[Callable[..., Any]], Op]: ...
def elementwise(
    forward: Callable[..., Any] | None = None,
    /,
    *,
    torch: str = "input other",
    ufunc: np.ufunc | None = None,
    promotes: str = "common",
    accepts: Acceptance = None,
    scales: bool = False,
    keeps_numbers: bool = True,
    keeps_result: bool = False,
    piecewise_linear: bool = False,
    complex: str = "",
    grad_fn: GradFnName = None,
    listed: dict[str, str] | None = None,
) -> Op | Callable[[Callable[..., Any]], Op]:
    """Makes an operation whose operands broadcast together and share one dtype.

    ufunc: NumPy's function that does the same with floats and the options' defaults.
    scales: whether numbers among the operands are factors, which torch takes in float32 beside float16, where it
        rounds others to float16 first.
    keeps_numbers: whether torch keeps a number among the operands as it keeps a tensor: only for one backward pass.
    keeps_result: whether torch keeps the result of tensors, so that it must not be overwritten, for formulas that name
        it or not.
    torch, promotes, accepts, piecewise_linear, complex, grad_fn, listed: as for `op`.
    """

    def make(forward: Callable[..., Any]) -> Op:
        return Op(
            forward,
            torch=torch,
            broadcasts=True,
            ufunc=ufunc,
            promotes=promotes,
            accepts=accepts,
            scales=scales,
            keeps_numbers=keeps_numbers,
            keeps_result=keeps_result,
            piecewise_linear=piecewise_linear,
            complex=complex,
            grad_fn=grad_fn,
            listed=listed,
        )

    return make if forward is None else make(forward)
