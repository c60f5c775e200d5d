"""Entry: the function that is called in the place of a step.

It looks whether its program fits what is there now, runs it, and makes tensors of what that returns. It is written out
for each program: a loop over all there is to look at would take as long as a small program itself.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterator, Sequence
from types import CellType, FunctionType
from typing import Any

import numpy as np

from numpynet.compiler.guards import ANOTHER_ARGUMENT, ANOTHER_SHAPE, LOST, Guards
from numpynet.compiler.number import Number
from numpynet.compiler.places import ABSENT, PLAIN, Place
from numpynet.compiler.structures import Kept, array_of, structure_text, tensors_in
from numpynet.compiler.symbol import Symbol
from numpynet.compiler.trace import Trace
from numpynet.compiler.views import Array
from numpynet.core import epoch
from numpynet.core.modes import flags as grad_flags
from numpynet.core.modes import silencer
from numpynet.core.tensor import Tensor, wrap

MISFIT: Any = type("Misfit", (), {})()
ANOTHER_TENSOR, ANOTHER_OPTION = "an argument is another tensor", "an option of an optimizer is another"
OTHER_COUNTERS, SURPRISE = "the counters of steps are others", "what did not occur when it was traced occurs"


class Entry:
    """Writes and makes that function.

    guards: what the program takes for granted. step: the program, which takes arrays and returns copies of its
    results. set_options: sets its options. options: the places where they stand. gradients: `.grad` of tensors as the
    step leaves it. otherwise: what is called, with the arguments, where the program does not fit. alike: arrays of
    which each must have equal elements. followers: arrays, each with one whose rows must be equal to it before a call
    and are so after it. surprised: is called where the program was made without what occurs now.

    call: the function; with `MISFIT` behind the arguments, it gives that where the program does not fit.
    """

    def __init__(
        self,
        guards: Guards,
        step: Callable[..., Any],
        set_options: Callable[..., None],
        options: dict[str, Place],
        gradients: Sequence[tuple[Tensor, Tensor | None]],
        otherwise: Callable[..., Any],
        alike: Sequence[Array] = (),
        followers: Sequence[tuple[Array, Array]] = (),
        surprised: Callable[[], None] = lambda: None,
    ) -> None:
        self._guards, self._options, self._gradients = guards, options, gradients
        self._alike, self._followers = alike, followers
        self._arguments = [f"argument_{position}" for position in range(len(guards.explicit))]
        self._data = [f"data_{position}" for position in range(len(guards.trace.data))]
        self._tensors = [*self._arguments, *self._data]
        self._known = dict(zip(map(id, guards.tensors), self._tensors, strict=True))
        self._wraps = {key: f"tensor_{number}" for number, key in enumerate(guards.trace.results())}
        self._numbers = {id(one): number for number, one in enumerate(guards.trace.numbers(), len(self._wraps))}
        space = self._space = guards.space
        result = self._result(guards.trace)
        space.update(self._names_bound())

        def missed(why: str, *args: Any, **kwargs: Any) -> Any:
            if any(one is MISFIT for one in args):
                guards.changed = why or guards.changed
                return MISFIT
            return otherwise(*(one for one in args if one is not ABSENT), **kwargs)

        space.update(step=step, missed=missed, surprised=surprised, set_options=self._setter(set_options))
        lines = self._lines(result)
        cells = [name for name, thing in space.items() if isinstance(thing, CellType) and name.startswith("cell_")]
        text = [f"def around({', '.join(cells)}):", *(f"    {line}" for line in [*lines, "return call"])]
        made: FunctionType = _executed("\n".join(text), space)["around"](*cells)
        closure = tuple(space[name] for name in made.__code__.co_freevars)  # the very variables of the step
        self.call: Callable[..., Any] = FunctionType(made.__code__, space, "step", made.__defaults__, closure)

    def settle(self) -> None:
        """Takes what is there now for that which the guards know."""
        self._space["seen"] = epoch.count[0]

    def _names_bound(self) -> dict[str, Any]:
        guards = self._guards
        space: dict[str, Any] = {
            "count": epoch.count, "seen": -1, "flags": grad_flags, "still_hold": guards.still_hold,
            "fits": guards.fits, "run": silencer(), "absent": ABSENT, "overlap": np.may_share_memory, "busy": _busy,
            "wrapped": wrap, "lost": LOST, "follow": _follow, "misfit": MISFIT,
        }  # fmt: skip
        space.update(dict.fromkeys((f"last_{position}" for position in range(len(guards.arrays))), ABSENT))
        space.update(dict.fromkeys((f"option_{position}" for position in range(len(self._options))), ABSENT))
        return space

    def _setter(self, set_options: Callable[..., None]) -> Callable[..., bool]:
        """A function of the options that sets them; it gives False where the program was made for others."""
        answers = dict.fromkeys(self._guards.trace.recorder.answers)
        space: dict[str, Any] = {"set_options": set_options, "math": math, "np": np}
        space.update((f"type_{number}", place.get().__class__) for number, place in enumerate(self._options.values()))
        space.update((f"answer_{number}", answer) for number, (_, answer) in enumerate(answers))
        text = [
            f"def setter({', '.join(self._options)}):",
            *(
                f"    if type({name}) is not type_{position}: return False"
                for position, name in enumerate(self._options)
            ),
            *(f"    if ({one}) != answer_{number}: return False" for number, (one, _) in enumerate(answers)),
            f"    set_options({', '.join(f'{name}={name}' for name in self._options)})",
            "    return True",
        ]
        setter: Callable[..., bool] = _executed("\n".join(text), space)["setter"]
        return setter

    # --- the call -------------------------------------------------------------------------------------

    def _lines(self, result: list[str]) -> list[str]:
        guards = self._guards
        arguments, tensors = self._arguments, self._tensors
        places = [place for place, _, _ in guards.trace.data]
        lasts = [f"last_{position}" for position in range(len(tensors))]
        options = [f"option_{position}" for position in range(len(self._options))]
        assumes = guards.trace.recorder.assumes
        now = [f"now_{position}" for position in range(len(self._options))]

        def miss(why: str = "") -> str:
            return f"return missed({', '.join([repr(why), *arguments, '*others'])}, **named)"

        lines = [
            f"def call({', '.join([*(f'{one}=absent' for one in arguments), '*others'])}, **named):",
            f"    global {', '.join(['seen', *lasts, *options])}",
            f"    if named or others and others[0] is not misfit: {miss(ANOTHER_ARGUMENT)}",
            "    try:",
            *(f"        {name} = {self._read(place)}" for name, place in zip(self._data, places, strict=True)),
            *(f"        {name} = {self._read(place)}" for name, place in zip(now, self._options.values(), strict=True)),
            f"        may_have_changed = {' or '.join(['count[0] != seen', *guards.conditions()])}",
            f"    except lost: {miss('a variable or an option is gone')}",
            "    if may_have_changed:",
            f"        if not still_hold(): {miss()}",
            f"        {' = '.join([*lasts, 'seen'])} = absent",
            "        seen = count[0]",
            # `.grad` looks into the program's memory, and is made to do so again where its user gave it another
            *(
                f"        {self._bind(gradient)}._array = {self._bind(gradient._array)}"
                for _, gradient in self._gradients
                if gradient is not None
            ),
        ]
        for position, (tensor, last) in enumerate(zip(tensors, lasts, strict=True)):
            lines += [
                f"    if {tensor} is not {last}:",
                f"        if not fits({position}, {tensor}): {miss(ANOTHER_SHAPE)}",
                f"        {last} = {tensor}",
            ]
        for position, pinned in guards.pinned:
            lines.append(f"    if {tensors[position]} is not {self._bind(pinned)}: {miss(ANOTHER_TENSOR)}")
        for first, second in guards.twins:
            lines.append(f"    if {tensors[first]}._array is not {tensors[second]}._array: {miss(ANOTHER_TENSOR)}")
        for first, second in guards.apart:
            lines.append(f"    if overlap({tensors[first]}._array, {tensors[second]}._array): {miss(ANOTHER_TENSOR)}")
        if options:
            lines += [
                f"    if {' or '.join(f'{new} is not {old}' for new, old in zip(now, options, strict=True))}:",
                f"        if not set_options({', '.join(now)}): {miss(ANOTHER_OPTION)}",
                *(f"        {old} = {new}" for new, old in zip(now, options, strict=True)),
            ]
        if self._alike:
            unequal = (f"len(set({self._bind(counters)}.tolist())) > 1" for counters in self._alike)
            lines.append(f"    if {' or '.join(unequal)}: {miss(OTHER_COUNTERS)}")
        for leader, numbers in self._followers:
            lines.append(f"    if not follow({self._bind(leader)}, {self._bind(numbers)}): {miss(OTHER_COUNTERS)}")
        return [
            *lines,
            "    try:",
            f"        found = run({', '.join(['step', *(f'{tensor}._array' for tensor in tensors)])})",
            "    except RuntimeError as error:",
            "        raise busy(error) from None",
            *(["    except AssertionError:", "        surprised()", f"        {miss(SURPRISE)}"] if assumes else []),
            *(f"    {self._bind(numbers)}[...] = {self._bind(first)}" for first, numbers in self._followers),
            *(f"    {counter}[0] += {times}" for counter, times in self._counters()),
            *(f"    {self._bind(tensor)}._grad = {self._bind(gradient)}" for tensor, gradient in self._gradients),
            *(f"    {line}" for line in result),
        ]

    def _bind(self, thing: Any) -> str:
        return self._guards.bind(thing)

    def _bind_holder(self, thing: Any) -> str:
        name = self._bind(thing)
        if isinstance(thing, CellType):  # whose name stands for what is in it here
            name = f"holding_{name}"
            self._space[name] = thing
        return name

    def _read(self, place: Place) -> str:
        """How a variable is read here: one of a function is a variable of the call too."""
        return self._bind(place.holder) if place.kind == "cell" else place.expression(self._bind)

    def _counters(self) -> Iterator[tuple[str, int]]:
        """The counters of writes, and how many are made; those of arguments are of the arguments of each call."""
        of_argument = {
            id(one._writes): name for one, name in zip(self._guards.tensors[::-1], self._tensors[::-1], strict=True)
        }
        for counter, times in self._guards.trace.counters:
            name = of_argument.get(id(counter))
            yield (self._bind(counter) if name is None else f"{name}._writes"), times

    # --- what comes of it -----------------------------------------------------------------------------

    def _result(self, trace: Trace) -> list[str]:
        """The lines that do what the step did to objects from outside, and return what it returned."""
        effects = []
        foreseen = True
        for effect in trace.reads.effects:
            if effect.calls:
                args, kwargs = effect.value
                given = [structure_text(one, self._expression) for one in args]
                given += [f"{key}={structure_text(one, self._expression)}" for key, one in kwargs.items()]
                effects.append(f"{self._bind(effect.place.holder)}({', '.join(given)})")
            else:
                value = structure_text(effect.value, self._expression)
                effects.append(effect.place.assignment(self._bind_holder, value))
                foreseen = foreseen and not trace.reads.is_guarded(effect.place)
        text = structure_text(trace.result, self._expression)
        if effects and foreseen:  # what is set of a module is counted, but nothing depends on it here
            effects = ["was_seen = count[0] == seen", *effects, "if was_seen: seen = count[0]"]
        made = [f"tensor_{number} = wrapped({self._found(number)})" for number in range(len(self._wraps))]
        written = {id(tensor): tensor._writes[0] for tensor in tensors_in(trace.outcome)}
        made += [f"{name}._writes[0] = {written[key]}" for key, name in self._wraps.items() if written[key]]
        if text == "tensor_0" and len(made) == 1 and not effects:  # the commonest result, without a call
            return ["return wrapped(found)"]
        return [*made, *effects, f"return {text}"]

    def _found(self, position: int) -> str:
        """The expression for one of the things that the program returns."""
        return "found" if len(self._wraps) + len(self._numbers) == 1 else f"found[{position}]"

    def _expression(self, part: Any) -> str:
        """The expression for a part of what the step returns."""
        if isinstance(part, Tensor):
            array = array_of(part)
            if type(array) is Symbol:
                return self._wraps[id(part)]
            if id(part) in self._known:
                return self._known[id(part)]
        if type(part) is Kept:
            return self._bind(part.thing)
        if type(part) is Number:
            return self._found(self._numbers[id(part)])
        if isinstance(part, PLAIN) and type(part) in (bool, int, str, bytes, type(None)):
            return repr(part)
        return self._bind(part)


def _follow(first: Array, numbers: Array) -> bool:
    return numbers.tobytes() == first.tobytes() * len(numbers)


def _busy(error: RuntimeError) -> RuntimeError:
    """What to raise for an error out of a program: a context is entered once at a time."""
    if str(error).startswith("cannot enter context"):
        return RuntimeError("a compiled step is called while another thread runs it: compile one for each thread")
    return error


def _executed(text: str, space: dict[str, Any]) -> dict[str, Any]:
    exec(builtins.compile(text, "<entry of a compiled step>", "exec"), space)
    return space
