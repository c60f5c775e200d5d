"""Straight: the code by which a call computes at once, where its tensors need nothing special.

`numpynet.ops.binding` puts it before the general way, `numpynet.core.tensor.record`, into the function of each
operation. It is for tensors that the forward may be given as they are, whose place on the tape is up to date, and while
nobody listens. What it does not do, and what fails, is left to the general way, which refuses it in torch's words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.core import tensor
from numpynet.core.modes import silencer
from numpynet.ops import binding
from numpynet.ops.form import Op


@dataclass(frozen=True)
class Straight:
    """What decides the code of an operation's straight way.

    views: whether it looks into its operand's memory, or copies where it cannot; reshapes: whether torch names its node
    by which it does. guards: whether its options may be arrays or tensors.
    laid_out: whether its result lies in the memory order of its operands. ufunc: whether NumPy has a function for it.
    formulas: whether it has gradients. floats: whether it takes float32, the dtype that is quickest to tell.
    backwards: whether it computes b ∘ a of its operands a and b, which is the order that its memory follows.
    sure: the position of an operand that is a tensor in every call.
    """

    views: bool
    reshapes: bool
    guards: bool
    laid_out: bool
    ufunc: bool
    formulas: bool
    floats: bool
    backwards: bool
    sure: int

    def lines(
        self, operands: Sequence[str], options: Sequence[str], tensors: Sequence[int], required: Sequence[int]
    ) -> list[str]:
        """The statements that return the result; they go on to the next one where they cannot.

        operands, options: the names of the variables; no options where these have their defaults. tensors: the
        positions of the operands that must be tensors, but for the `sure` one; others may be numbers, or None where
        they are not required.
        """
        sure = self.sure
        chosen = "{" + ", ".join(f"'{name}': {name}" for name in options) + "}" if options else "DEFAULTS"
        led = options[0] if len(options) == 1 else chosen if options else "LED"  # the options as a `View` has them
        others = [place for place in range(len(operands)) if place != sure]
        arrays = [f"_array{place}" for place in range(len(operands))]
        given = ", ".join(arrays)
        passed = ", **_options" if self.guards else "".join(f", {name}={name}" for name in options)
        by_ufunc = self.ufunc and not options
        function = "ufunc" if by_ufunc else "forward"
        lines = _checked(
            *(operands, arrays, others, tensors, required, by_ufunc, _is_current),
            lambda place: [f"if {operands[place]}._requires_grad:", f"    _needed += {1 << place}"],
        )
        # What has a gradient is a float, unless an option says otherwise.
        is_float = "" if self.views or (self.formulas and not options) else " and _y.dtype.kind in 'fc'"
        alone = "_array0.size == _y.size"
        in_order = f"_array0.flags.c_contiguous and ({f'{alone} or _array1.flags.c_contiguous' if by_ufunc else alone})"
        ordered = ", ".join(arrays[::-1]) if self.backwards else given
        looks = "_y.base is _array0 or _shares_memory(_y, _array0)"
        computed = [
            *([f"_options, _guards = _guarded(operation, {chosen})"] if self.guards else []),
            f"_y = operation.forward({given}{passed})"  # which only moves elements, and gives no warnings
            if self.views
            else f"_y = silently(operation.{function}, {given}{passed})",
            "if type(_y) is not ndarray:",
            f"    _y = asarray(_y) if isinstance(_y, generic) else _as_array(_y, operation, ({given},), {chosen})",
            *([f"if _y.ndim > 1 and not ({in_order}):"] if self.laid_out and others else []),
            *([f"    _y = laid_out(_y, ({ordered},))"] if self.laid_out and others else []),
            *([f"if {looks}:"] if self.views else []),
            *([f"    _result = viewed({operands[sure]}, _y, operation, {led})"] if self.views else []),
            *(["else:", *(f"    {line}" for line in _WRAPPED)] if self.views else _WRAPPED),
            f"if _needed and (not paused or flags.enabled){is_float}:",
            "    _plan = operation.plans[_needed]",
            f"    _plan.remember(OpNode(), next_number[0](), _result, {'_options' if self.guards else chosen}, "
            f"{', '.join(operands)}, {given})",
            *(["    if _guards is not None:", "        _guard(_result, _guards)"] if self.guards else []),
            *(["    _name_reshaped(_result, _array0)"] if self.reshapes else []),
            "return _result",
        ]
        if others:
            computed = [*lines, "if _quick:", *(f"    {line}" for line in computed)]
        kinds = f"{_takes(self.floats, by_ufunc or not others)} and "
        return [
            f"{arrays[sure]} = {operands[sure]}._array",
            *([] if self.views and not others else [f"_kind = {arrays[sure]}.dtype"]),
            f"if {'' if self.views else kinds}not heard[0] and {_is_current(operands[sure])}:",
            f"    _needed = {operands[sure]}._requires_grad{f' << {sure}' * (sure > 0)}",
            *(f"    {line}" for line in computed),
        ]


@dataclass(frozen=True)
class StraightInPlace:
    """What decides the code of the straight way of an operation that overwrites its first operand, off the tape.

    ufunc: whether NumPy has a function for it, which writes at once. floats: whether it takes float32.
    """

    ufunc: bool
    floats: bool

    def lines(
        self, operands: Sequence[str], options: Sequence[str], tensors: Sequence[int], required: Sequence[int]
    ) -> list[str]:
        """The statements that overwrite and return the first operand; as for `Straight.lines`."""
        first = operands[0]
        arrays = [f"_array{place}" for place in range(len(operands))]
        by_ufunc = self.ufunc and not options
        checked = _checked(
            *(operands, arrays, range(1, len(operands)), tensors, required, by_ufunc, "{0}._is_quiet()".format),
            lambda place: [
                f"if _array0.base is not None or {arrays[place]}.base is not None:",
                f"    refuse_overlap(_array0, {arrays[place]})",
            ],
        )
        given = ", ".join(arrays)
        written = [
            f"_y = silently(operation.forward, {given}{''.join(f', {name}={name}' for name in options)})",
            "if _y.dtype is _kind and _y.shape == _array0.shape:",
            "    _array0[...] = _y",
            f"    {first}._writes[0] += 1",
            f"    return {first}",
        ]
        if by_ufunc:
            written = [
                f"silently(operation.ufunc, {given}, _array0)",
                f"{first}._writes[0] += 1",
                f"return {first}",
            ]
        takes = _takes(self.floats, by_ufunc or len(operands) == 1)
        if len(operands) > 1:
            written = [*checked, "if _quick:", *(f"    {line}" for line in written)]
        return [
            f"_array0 = {first}._array",
            "_kind = _array0.dtype",
            f"if {takes} and {first}._is_quiet() and {first}._writes[0] >= 0:",
            *(f"    {line}" for line in written),
        ]


def _takes(floats: bool, others: bool) -> str:
    """Whether the dtype is one of those an operation takes without more ado, float32 told first; or a float's."""
    known = "_kind is FLOAT32 or " if floats else ""
    return f"({known}_kind.char in {'quick_kinds' if others else repr('fd')})"


def _checked(
    operands: Sequence[str],
    arrays: Sequence[str],
    others: Sequence[int],
    tensors: Sequence[int],
    required: Sequence[int],
    by_ufunc: bool,
    ready: Callable[[str], str],
    further: Callable[[int], list[str]],
) -> list[str]:
    """The statements that tell whether the other operands may be taken as they are: _quick.

    ready: what must hold of one that is a tensor. further: the position's statements for such a one.
    """
    lines = ["_quick = True"]
    for place in others:
        operand, array = operands[place], arrays[place]
        lines += [
            f"if type({operand}) is Tensor or type({operand}) in tensor_types:",
            f"    {array} = {operand}._array",
            f"    _quick = {'_quick and ' * (place != others[0])}{array}.dtype is _kind and {ready(operand)}",
            *(f"    {line}" for line in further(place)),
            *([] if place in tensors else _number(operand, array, by_ufunc)),
            *([] if place in required else [f"elif {operand} is None:", f"    {array} = None"]),
            "else:",
            "    _quick = False",
        ]
    return lines


def _is_current(operand: str) -> str:
    """Whether a tensor's place on the tape is up to date."""
    return f"({operand}._view is None or {operand}._is_current())"


def _number(operand: str, array: str, by_ufunc: bool) -> list[str]:
    """The statements for a number, which NumPy takes in half the time as an array."""
    is_number = f"elif type({operand}) is float or type({operand}) is int"
    if not by_ufunc:
        return [f"{is_number} and -(2**63) <= {operand} < 2**63:", f"    {array} = {operand}"]
    return [
        f"{is_number}:",
        "    if _kind.char in 'fd':",
        f"        {array} = number_array({operand}, _kind)",
        "    else:",
        f"        {array} = {operand}",
        f"        _quick = type({operand}) is int and _kind.char != '?' and -128 <= {operand} < 128",
    ]


def straight(
    operation: Op, in_place: bool = False, sure: int = 0
) -> tuple[Straight | StraightInPlace | None, dict[str, Any]]:
    """The straight way of an operation, and what its names stand for; None where there is none.

    in_place: the way of its form that overwrites the first operand. sure: see `Straight`.
    """
    guards = bool(operation.array_options)
    if guards and (operation.view or in_place or len(operation.operands) > 1):
        return None, {}
    reshapes, backwards = operation is ops.reshape, operation is ops.rsub
    ufunc, formulas = operation.ufunc is not None, bool(operation.gradients._needs)
    floats, defaults = "f" in operation.quick_kinds, operation.option_defaults
    way: Straight | StraightInPlace = StraightInPlace(ufunc, floats)
    if not in_place:
        laid_out = operation.is_laid_out
        way = Straight(operation.view, reshapes, guards, laid_out, ufunc, formulas, floats, backwards, sure)
    return way, {
        **{name: getattr(tensor, name) for name in _NAMES},
        "operation": operation,
        "silently": _silently,
        "asarray": np.asarray,
        "generic": np.generic,
        "quick_kinds": operation.quick_kinds,
        "DEFAULTS": defaults,
        "LED": defaults.get(*operation.options) if len(operation.options) == 1 else defaults,
    }


# What `numpynet.core.tensor.wrap` does, without another call.
_WRAPPED = (
    "_result = blank()",
    "_result._array = _y",
    "_result._writes = [INFERENCE if inferring and flags.inference else 0]",
    "_result._requires_grad = False",
    "_result._node = _result._view = None",
)

# One for all threads: while one of them computes in it the others cannot enter it, and go the general way.
_silently = silencer()

# What the code finds by its name in numpynet.core.tensor.
_NAMES = (
    *("Tensor", "_as_array", "_guard", "_guarded", "_name_reshaped", "_shares_memory", "flags", "heard"),
    *("FLOAT32", "INFERENCE", "OpNode", "blank", "inferring", "laid_out", "ndarray", "next_number"),
    *("number_array", "paused", "refuse_overlap", "tensor_types", "viewed"),
)

binding.straight_ways.append(straight)
