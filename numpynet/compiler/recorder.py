"""Recorder: writes down the NumPy calls made on symbols, while it carries them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numpynet.compiler import kinds
from numpynet.compiler.errors import CompileError, here
from numpynet.compiler.number import Number
from numpynet.compiler.program import Instruction, Origin, mapped
from numpynet.compiler.symbol import Kind, Memory, Symbol, same_place
from numpynet.compiler.views import DIAGONAL, INDEXED, RESHAPED, SPREAD, TRANSPOSED, WINDOWS, Array, Look

REORDERED = {np.transpose, np.swapaxes, np.moveaxis, np.rollaxis}
REARRANGED = {np.reshape, np.ravel, np.squeeze, np.expand_dims}
VIEWS = {*REORDERED, *REARRANGED, np.broadcast_to, np.flip, np.lib.stride_tricks.sliding_window_view}
INTO = {np.concatenate, np.stack, np.cumsum, np.cumprod, np.argmax, np.argmin, np.take, np.einsum, np.outer}
PLAIN = {
    np.take_along_axis, np.tensordot, np.triu, np.tril, np.nan_to_num, np.repeat, np.tile, np.roll, np.sort,
    np.argsort, np.isclose, np.diag, np.kron, np.cross, np.inner, np.vdot, np.trace, np.round,
    np.pad, np.rot90, np.isin, np.searchsorted, np.cov, np.logspace, np.linspace, np.select,
}  # fmt: skip
QUESTIONS = {  # to whose answers values don't matter
    np.ndim, np.shape, np.size, np.may_share_memory, np.shares_memory, np.result_type, np.can_cast,
}  # fmt: skip
CREATIONS = {np.zeros_like: 0, np.ones_like: 1, np.empty_like: 0}


class Recorder:
    """Carries out what symbols are asked for, and keeps the list of calls.

    instructions: the calls so far. answers: what Python was told about numbers, as (expression, answer).
    asked: the options in these.
    backups: the values that memories from outside had before they were written to.
    assumes: whether what does not occur in the trace is left out of the program (see `possible`).
    caught: how many blocks of the step are open that catch errors.
    is_closed: whether nothing may be asked for: what is computed now would be kept beyond the trace.
    """

    def __init__(self, origin: Callable[[], Origin], assumes: bool = False) -> None:
        self.instructions: list[Instruction] = []
        self.answers: list[tuple[str, Any]] = []
        self.asked: set[str] = set()
        self.active = True
        self.assumes = assumes
        self.caught = 0
        self.is_closed = False
        self._origin = origin
        self.backups: dict[Memory, Array] = {}
        self._constants: dict[Any, Symbol] = {}

    # --- symbols --------------------------------------------------------------------------------------

    def symbol(self, operand: Any) -> Symbol:
        """The symbol of an operand; a plain array is a constant of the program."""
        if type(operand) is Symbol:
            return operand
        if id(operand) not in self._constants:
            self._constants[id(operand)] = Symbol(self, Memory(Kind.CONSTANT, operand), operand)
        return self._constants[id(operand)]

    def _operand(self, operand: Any) -> Any:
        """An argument as it is noted: an array as a symbol, the rest as it is."""
        if type(operand) is not Symbol:
            return self.symbol(np.asarray(operand)) if isinstance(operand, (np.ndarray, np.generic)) else operand
        if operand.recorder is not self or not self.active:
            raise CompileError(
                f"{here()}: this tensor was computed while a step was traced, and has no values: return it from "
                f"the compiled step instead of keeping it"
            )
        return operand

    def _note(
        self, kind: kinds.CallKind, function: Any, inputs: tuple[Any, ...], options: dict[str, Any],
        result: Symbol | None, defines: bool = True,
    ) -> None:  # fmt: skip
        self._unless_closed()
        inputs, options = mapped((inputs, options), self._operand)
        defines = defines and result is not None
        self.instructions.append(Instruction(kind, function, inputs, options, result, defines, self._origin()))

    def _unless_closed(self) -> None:
        if self.is_closed:
            raise CompileError(f"{here()}: a tensor is computed that is kept for other calls")

    def _new(self, array: Any) -> Symbol:
        whole = np.asarray(array)
        return Symbol(self, Memory(Kind.TEMPORARY, whole), whole)

    def look(self, symbol: Symbol, look: Look) -> Symbol:
        """A view of a symbol."""
        self._unless_closed()
        return Symbol(self, symbol.memory, look.take(symbol.array), symbol, look)

    def scalar(self, number: Number, dtype: Any) -> Symbol:
        """A number that may change, as a 0-dimensional array."""
        result = self._new(np.array(number.value, dtype))
        result.memory.owner = number
        self._note(kinds.SCALAR, None, (number,), {}, result)
        return result

    def number_in(self, symbol: Symbol) -> Number:
        """The number that a 0-dimensional array holds at this point of the program."""
        self._note(kinds.NUMBER, None, (symbol,), {}, None)
        return Number(self, symbol.array.item(), "{0}", (self.instructions[-1],))

    # --- writing --------------------------------------------------------------------------------------

    def _about_to_write(self, symbol: Symbol) -> None:
        memory = symbol.memory
        low, high = np.lib.array_utils.byte_bounds(symbol.array)
        first, last = np.lib.array_utils.byte_bounds(memory.array)
        if memory.kind is Kind.TENSOR and symbol.size and not first <= low <= high <= last:
            raise CompileError(f"{here()}: a tensor is written to that overlaps with another one: clone() it first")
        if memory.kind is Kind.CONSTANT:
            raise CompileError(f"{here()}: a NumPy array is written to, which a compiled step takes as a constant")
        if memory.kind is not Kind.TEMPORARY and memory not in self.backups:
            self.backups[memory] = memory.array.copy()

    def forget(self) -> None:
        """Lets go of the calls and the values that it kept."""
        self.instructions = []
        self.backups.clear()
        self._constants.clear()

    def restore(self) -> None:
        """Gives all memories from outside the values back that they had before the trace."""
        for memory, before in self.backups.items():
            np.copyto(memory.array, before)

    def copy_into(self, target: Symbol, value: Any, casting: str = "unsafe") -> None:
        """target[...] = value"""
        self._about_to_write(target)
        self._note(kinds.COPY, np.copyto, (self._weak(value, target.dtype),), {}, target, defines=False)
        target.array[...] = _plain(value)

    def copied(self, symbol: Symbol, dtype: np.dtype[Any], order: Any = "K") -> Symbol:
        """A copy, perhaps in another dtype."""
        result = self._new(symbol.array.astype(dtype, order=order))
        self._note(kinds.COPY, np.copyto, (symbol,), {}, result)
        return result

    def scatter(self, target: Symbol, index: Any, value: Any) -> None:
        """target[index] = value, with arrays in the index."""
        _refuse_masks(index)
        self._about_to_write(target)
        self._note(kinds.SCATTER, None, (index, value), {}, target, defines=False)
        target.array[_plain(index)] = _plain(value)

    def gather(self, source: Symbol, index: Any) -> Symbol:
        """source[index], with arrays in the index."""
        _refuse_masks(index)
        result = self._new(source.array[_plain(index)])
        self._note(kinds.GATHER, None, (source, index), {}, result)
        return result

    def possible(self, condition: Symbol) -> bool:
        """Whether an element of a condition may be true at a call: yes, unless it is taken for granted that none is.

        It is where `assumes` is set, none is true now, and arguments alone decide: the program begins by looking at
        them, before it has changed anything.
        """
        made = self._made_from_arguments(condition.memory) if self.assumes else None
        if made is None or condition.array.any():
            return True
        self._note(kinds.REFUSE, _unforeseen, (condition,), {}, None)
        first = [*made, self.instructions.pop()]
        for one in first:
            one.origin = Origin("forward", "", "")
        first[0].remark = "what did not occur has no lines here; where it occurs, this ends with nothing changed"
        self.instructions = [*first, *(one for one in self.instructions if one not in made)]
        return False

    def _made_from_arguments(self, memory: Memory) -> list[Instruction] | None:
        """The calls that compute it from arguments and constants alone; None where it takes anything else."""
        made: list[Instruction] = []
        wanted = {memory}
        for one in reversed(self.instructions):
            if one.result is not None and one.result.memory in wanted:
                if not one.defines or not one.kind.is_pure:
                    return None
                made.insert(0, one)
                wanted = wanted - {one.result.memory} | {symbol.memory for symbol in one.symbols()}
        fixed = all(one.kind in (Kind.ARGUMENT, Kind.CONSTANT) and one not in self.backups for one in wanted)
        return made if fixed else None

    def refuse(self, wrong: Symbol, error: Callable[..., Exception], arrays: tuple[Any, ...]) -> None:
        """Notes that the step fails where an element of `wrong` is true, with the error of these arrays."""
        if self.caught:
            raise CompileError(
                f"{here()}: an error that depends on the values of a tensor is caught by the step, which a compiled "
                f"step cannot do: check the values outside of it"
            )
        self._note(kinds.REFUSE, error, (wrong, *arrays), {}, None)
        if wrong.array.any():
            raise error(*_plain(arrays))

    def draw(
        self, now: Callable[..., Array], draw: Callable[..., Array], name: str, args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Symbol:  # fmt: skip
        """Random numbers, drawn anew at every call. now: draws those of the trace."""
        result = self._new(now(*_plain(args), **_plain(kwargs)))
        self._note(kinds.DRAW, draw, args, {**kwargs, "name": name}, result)
        return result

    def do(self, function: Callable[..., Any], name: str, args: tuple[Any, ...]) -> None:
        """What is done anew at every call, and gives nothing."""
        self._note(kinds.DO, function, _plain(args), {"name": name}, None)

    # --- calls ----------------------------------------------------------------------------------------

    def ufunc(self, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """A universal function applied to operands of which one is a symbol."""
        if method == "at" and len(inputs) == 3:
            target = _written_to(inputs[0], ufunc)
            _refuse_masks(inputs[1])
            self._about_to_write(target)
            self._note(kinds.AT, ufunc, (inputs[1], self._weak(inputs[2], target.dtype)), {}, target, defines=False)
            ufunc.at(target.array, _plain(inputs[1]), _plain(inputs[2]))
            return None
        if method == "reduce":
            axis = inputs[1] if len(inputs) > 1 else options.pop("axis", 0)
            return self.reduce(ufunc, inputs[0], axis, options.pop("keepdims", False), **options)
        if method != "__call__" or ufunc.nout != 1:
            raise CompileError(
                f"{here()}: np.{ufunc.__name__}{'' if method == '__call__' else '.' + method} "
                f"cannot be compiled; do this outside the compiled step"
            )
        out = options.pop("out", None)
        chosen: dict[str, Any] = {}
        if "dtype" in options:
            chosen["signature"] = (*(None,) * ufunc.nin, np.dtype(options["dtype"]))
        dtypes = ufunc.resolve_dtypes((*map(_weak_dtype, inputs), None), **chosen)
        noted = tuple(self._weak(one, kind) for one, kind in zip(inputs, dtypes, strict=False))
        if out is None:
            result = self._new(ufunc(*_plain(inputs), **_plain(options)))
            self._note(kinds.UFUNC, ufunc, noted, options, result)
            return result
        target = _written_to(out[0], ufunc)
        self._about_to_write(target)
        last = self.instructions[-1] if self.instructions else None
        fresh = last is not None and last.result is target and last.defines and last.kind is kinds.COPY
        fresh = fresh and all(type(one) is not Symbol or one.memory is not target.memory for one in noted)
        if fresh:  # made by np.empty_like for this very call
            self.instructions.pop()
        self._note(kinds.UFUNC, ufunc, noted, options, target, defines=fresh)
        ufunc(*_plain(inputs), out=target.array, **_plain(options))
        return target

    def reduce(self, ufunc: np.ufunc, symbol: Any, axis: Any, keepdims: bool, **options: Any) -> Symbol:
        """A ufunc's reduction: np.add's is the sum."""
        given = {name: value for name, value in options.items() if value is not None}
        if given.keys() - {"dtype", "initial"}:
            raise CompileError(f"{here()}: np.{ufunc.__name__}.reduce with {', '.join(given)} cannot be compiled")
        symbol = self.symbol(symbol)
        result = self._new(ufunc.reduce(symbol.array, axis=axis, keepdims=keepdims, **given))
        self._note(kinds.REDUCE, ufunc, (symbol,), {"axis": axis, "keepdims": keepdims, **given}, result)
        return result

    def function(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Any other function of NumPy."""
        name = function.__name__
        if kwargs.get("out") is not None:
            target = _written_to(kwargs["out"], function)
            self.copy_into(target, self.function(function, args, {**kwargs, "out": None}))
            return target
        kwargs = {key: one for key, one in kwargs.items() if key != "out"}
        if function is np.real and args[0].dtype.kind != "c":
            return args[0]
        if function is np.diagonal:
            return self._diagonal(self.symbol(args[0]), *args[1:], **kwargs)
        if function in VIEWS:
            return self._viewing(function, args, kwargs)
        if function in CREATIONS or function is np.full_like:
            return self._created(function, args, kwargs)
        if function in (np.sum, np.prod, np.max, np.amax, np.min, np.amin, np.any, np.all):
            return getattr(self.symbol(args[0]), {"amax": "max", "amin": "min"}.get(name, name))(*args[1:], **kwargs)
        if function is np.atleast_1d and len(args) == 1:
            return args[0] if args[0].ndim else args[0].reshape(1)
        if function is np.dot:
            left, right = map(self.symbol, args)
            result = self._new(np.dot(left.array, right.array))
            self._note(kinds.DOT, function, (left, right), {}, result)
            return result
        if function is np.where and len(args) == 3:
            return self._where(*args)
        if function is np.copyto:
            target, value, *rest = args
            if rest or kwargs.keys() - {"casting"}:
                raise CompileError(f"{here()}: np.copyto cannot be compiled in this form")
            return self.copy_into(_written_to(target, function), value)
        if function is np.clip:
            low, high = (*args[1:], None, None)[:2]
            bounded = args[0] if low is None else np.maximum(args[0], low)
            return bounded if high is None else np.minimum(bounded, high)
        if function in QUESTIONS:
            return function(*_plain(args), **kwargs)
        if function in INTO or function in PLAIN:
            computed = function(*_plain(args), **_plain(kwargs))
            result = self._new(np.array(computed))
            self._note(kinds.FUNCTION if function in INTO else kinds.ASSIGN, function, args, kwargs, result)
            return result
        raise CompileError(f"{here()}: np.{name} cannot be compiled; do this outside the compiled step")

    def _viewing(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Symbol:
        source, *given = args
        rest = [tuple(one.tolist()) if isinstance(one, np.ndarray) else one for one in (*given, *kwargs.values())]
        source = self.symbol(source)
        array = function(source.array, *rest)
        if not (array is source.array or (array.base is not None and np.may_share_memory(array, source.array))):
            source = self.copied(source, source.dtype, "C")  # which can be viewed in any shape
            array = function(source.array, *rest)
        view = self.look(source, _look(function, source.array, array, rest))
        if array.size and not same_place(view.array, array):
            raise CompileError(f"{here()}: np.{function.__name__} cannot be compiled in this form")
        return view

    def _diagonal(self, source: Symbol, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Symbol:
        """np.diagonal as a view that can be written to."""
        first, second = (axis % source.ndim for axis in (axis1, axis2))
        length = np.diagonal(source.array, offset, axis1, axis2).shape[-1]
        corner: list[Any] = [slice(None)] * source.ndim
        for axis, start in ((first, max(-offset, 0)), (second, max(offset, 0))):
            corner[axis] = slice(start, start + length)
        letters = [chr(ord("a") + axis) for axis in range(source.ndim)]
        letters[second] = letters[first]
        others = [letter for axis, letter in enumerate(letters) if axis not in (first, second)]
        axes = f"{''.join(letters)}->{''.join(others)}{letters[first]}"
        return self.look(source[tuple(corner)], Look(DIAGONAL, (axes,)))

    def _created(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Symbol:
        like = args[0]
        value, *others = args[1:] if function is np.full_like else (CREATIONS[function], *args[1:])
        options = {name: one for name, one in kwargs.items() if one is not None}
        array = np.empty_like(_plain(like), *others, **options)
        result = self._new(array)
        array[...] = _plain(value)
        self._note(kinds.COPY, np.copyto, (self._weak(value, array.dtype),), {}, result)
        return result

    def _where(self, condition: Any, a: Any, b: Any) -> Symbol:
        computed = np.where(_plain(condition), _plain(a), _plain(b))
        result = self._new(computed)
        inputs = (condition, self._weak(a, computed.dtype), self._weak(b, computed.dtype))
        self._note(kinds.WHERE, np.where, inputs, {}, result)
        return result

    def _weak(self, operand: Any, kind: np.dtype[Any]) -> Any:
        """An operand as it is noted, Python numbers as 0-dimensional arrays of the dtype that NumPy gives them."""
        if isinstance(operand, Number):
            return self.scalar(operand, kind)
        if not isinstance(operand, (bool, int, float)):
            return mapped(operand, self._operand)
        key = repr(operand), kind.str
        if key not in self._constants:
            array = np.array(operand).astype(kind)
            self._constants[key] = Symbol(self, Memory(Kind.CONSTANT, array), array)
        return self._constants[key]


def _unforeseen() -> AssertionError:
    return AssertionError("this did not occur when the step was compiled, and the program is made without it")


def _look(function: Any, array: Array, found: Array, rest: list[Any]) -> Look:
    """How a function of NumPy looks at an array. found: what it gives. rest: what it takes besides the array."""
    if function in REORDERED:
        numbered = np.broadcast_to(0, range(1, array.ndim + 1))  # an axis for each size
        return Look(TRANSPOSED, (tuple(size - 1 for size in function(numbered, *rest).shape),))
    if function in REARRANGED:
        return Look(RESHAPED, (found.shape,))
    if function is np.broadcast_to:
        return Look(SPREAD, (found.shape,))
    if function is np.flip:
        (axes,) = rest or [None]
        chosen = range(array.ndim) if axes is None else np.atleast_1d(axes) % array.ndim
        return Look(INDEXED, (tuple(slice(None, None, -1 if axis in chosen else None) for axis in range(array.ndim)),))
    sizes, axes = (
        tuple(np.atleast_1d(one).tolist()) for one in (rest[0], rest[1] if len(rest) > 1 else range(array.ndim))
    )
    return Look(WINDOWS, (sizes, tuple(axis % array.ndim for axis in axes)))


def _plain(part: Any) -> Any:
    """A value of this run in the place of every symbol and number."""
    return mapped(part, of_this_run)


def of_this_run(part: Any) -> Any:
    """The value of a symbol or a number in this run."""
    return part.array if type(part) is Symbol else part.value if isinstance(part, Number) else part


def _written_to(target: Any, function: Any) -> Symbol:
    if type(target) is not Symbol:
        raise CompileError(f"{here()}: np.{function.__name__} writes into a plain NumPy array")
    return target


def _weak_dtype(operand: Any) -> Any:
    """What ufunc.resolve_dtypes wants of an operand: Python's own types stand for numbers that adapt."""
    if isinstance(operand, Number):
        return type(operand.value)
    if isinstance(operand, bool):
        return np.dtype(bool)
    return operand.dtype if hasattr(operand, "dtype") else type(operand)


def _refuse_masks(index: Any) -> None:
    for part in index if isinstance(index, tuple) else (index,):
        if getattr(part, "dtype", None) == np.dtype(bool) or isinstance(part, (bool, list)):
            raise CompileError(
                f"{here()}: how many elements a mask selects depends on its values, and a compiled step needs fixed "
                f"shapes: use where(), or do this outside the compiled step"
            )
