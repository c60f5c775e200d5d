"""Entry: the function that is called in the place of a step.

It looks whether its program fits what is there now, runs it, and makes tensors of what that returns. It is written out
for each program: a loop over all there is to look at would take as long as a small program itself.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import CellType, FunctionType
from typing import Any

import numpy as np

from numpynet.compiler.arrays import array_of
from numpynet.compiler.emit import structure_text
from numpynet.compiler.guards import Guards
from numpynet.compiler.surroundings import Variable, contents
from numpynet.compiler.symbol import Array, Symbol
from numpynet.compiler.trace import Option
from numpynet.core import epoch
from numpynet.core.modes import flags as grad_flags
from numpynet.core.modes import silencer
from numpynet.core.tensor import Tensor, wrap

ABSENT: Any = object()


class Entry:
    """Writes and makes that function.

    guards: what the program takes for granted. step: the program, which takes arrays and returns copies of its
    results. set_options: sets its options. options: where they stand. gradients: `.grad` of tensors as the step leaves
    it. otherwise: what is called, with the arguments, where the program does not fit. alike: arrays of which each must
    have equal elements.

    call: the function.
    """

    def __init__(
        self,
        guards: Guards,
        step: Callable[..., Any],
        set_options: Callable[..., None],
        options: dict[str, Option],
        gradients: Sequence[tuple[Tensor, Tensor | None]],
        otherwise: Callable[..., Any],
        alike: Sequence[Array] = (),
    ) -> None:
        self._guards, self._options, self._gradients, self._alike = guards, options, gradients, alike
        self._given: list[Any] = []
        self._arguments = [f"argument_{position}" for position in range(len(guards.explicit))]
        self._data = {one: f"data_{position}" for position, one in enumerate(guards.implicit)}
        self._tensors = [*self._arguments, *self._data.values()]
        self._known = dict(zip(map(id, guards.tensors), self._tensors, strict=True))
        self._groups = list({id(group): group for group, _, _ in guards.trace.fixed_options}.values())
        result = self._result(guards.trace.result)
        space = self._space = self._names_bound()

        def again(*args: Any, **kwargs: Any) -> Any:
            return otherwise(*(one for one in args if one is not ABSENT), **kwargs)

        space.update(step=step, otherwise=again)
        cells = {
            f"variable_{position}": one.holder
            for position, one in enumerate(guards.variables)
            if isinstance(one.holder, CellType)
        }
        self._set = self._setter(set_options)
        space["set_options"] = self._set
        text = [f"def around({', '.join(cells)}):", *(f"    {line}" for line in [*self._lines(result), "return call"])]
        made: FunctionType = _executed("\n".join(text), space)["around"](*cells.values())
        closure = tuple(cells[name] for name in made.__code__.co_freevars)  # the very variables of the step
        self.call: Callable[..., Any] = FunctionType(made.__code__, space, "step", made.__defaults__, closure)

    def settle(self) -> None:
        """Takes what is there now for that which the guards know."""
        self._space["seen"] = epoch.count[0]

    def refresh(self) -> bool:
        """Reads the options anew; False where the program was made for others, or for equal counters."""
        if not all(_equal(counters.tolist()) for counters in self._alike):
            return False
        values = [option.value() for option in self._options.values()]
        if not self._set(*values):
            return False
        self._space.update((f"option_{position}", value) for position, value in enumerate(values))
        return True

    def _names_bound(self) -> dict[str, Any]:
        guards, trace = self._guards, self._guards.trace
        space: dict[str, Any] = {
            "count": epoch.count, "seen": -1, "flags": grad_flags, "still_hold": guards.still_hold,
            "fits": guards.fits, "contents": contents, "attributes": guards.attributes, "run": silencer(),
            "absent": ABSENT, "overlap": np.may_share_memory, "busy": _busy, "wrapped": wrap,
            "equal": _equal,
        }  # fmt: skip
        for position, variable in enumerate(guards.variables):
            space[f"holder_{position}"], space[f"value_{position}"] = variable.holder, guards.values[position]
        for position, (value, before) in enumerate(guards.insides):
            space[f"outside_{position}"], space[f"inside_{position}"] = value, before
        for position in range(len(guards.arrays)):
            space[f"last_{position}"] = None
        for position, group in enumerate(self._groups):
            space[f"group_{position}"], space[f"parameters_{position}"] = group, group["params"]
        for position, (_, _, value) in enumerate(self._fixed()):
            space[f"fixed_{position}"] = value
        for number, optimizer in enumerate(trace.optimizers):
            space[f"optimizer_{number}"], space[f"groups_{number}"] = optimizer, optimizer.param_groups
            for position, (parameter, state) in enumerate(optimizer.state.items()):
                at = f"{number}_{position}"
                space[f"stated_{at}"], space[f"state_{at}"] = parameter, state
                if isinstance(state, dict):
                    space.update((f"state_{at}_{place}", value) for place, value in enumerate(state.values()))
        for position, (tensor, gradient) in enumerate(trace.needed_gradients.items()):
            space[f"needing_{position}"], space[f"needed_{position}"] = tensor, gradient
        for position, (counter, _) in enumerate(trace.counters):
            space[f"counter_{position}"] = counter
        for position, (tensor, gradient) in enumerate(self._gradients):
            space[f"of_{position}"], space[f"gradient_{position}"] = tensor, gradient
        for position, counters in enumerate(self._alike):
            space[f"counters_{position}"] = counters
        for position, value in enumerate(self._given):
            space[f"given_{position}"] = value
        return space

    # --- options --------------------------------------------------------------------------------------

    def _fixed(self) -> list[tuple[str, str, Any]]:
        """The options that are no numbers and that must stay, with their groups' names."""
        names = {id(group): f"group_{position}" for position, group in enumerate(self._groups)}
        return [
            (names[id(group)], key, value) for group, key, value in self._guards.trace.fixed_options if key != "params"
        ]

    def _option(self, option: Option) -> str:
        """How the value of an option is read."""
        position = next(position for position, group in enumerate(self._groups) if group is option.group)
        return f"group_{position}[{option.key!r}]" + ("" if option.position is None else f"[{option.position}]")

    def _setter(self, set_options: Callable[..., None]) -> Callable[..., bool]:
        """A function of the options that sets them; it gives False where the program was made for others."""
        answers = dict.fromkeys(self._guards.trace.recorder.answers)
        text = [
            f"def setter({', '.join(self._options)}):",
            *(f"    if ({expression}) != {answer!r}: return False" for expression, answer in answers),
            f"    set_options({', '.join(f'{name}={name}' for name in self._options)})",
            "    return True",
        ]
        setter: Callable[..., bool] = _executed("\n".join(text), {"set_options": set_options, "math": math})["setter"]
        return setter

    def _optimizer_checks(self) -> Iterator[str]:
        """Whether groups, lists of parameters, options that are no numbers or the tensors of states are others."""
        trace = self._guards.trace
        for position in range(len(trace.optimizers)):
            yield f"optimizer_{position}.param_groups is not groups_{position}"
        for position, group in enumerate(self._groups):
            number, place = next(
                (number, place)
                for number, optimizer in enumerate(trace.optimizers)
                for place, one in enumerate(optimizer.param_groups)
                if one is group
            )
            yield f"groups_{number}[{place}] is not group_{position}"
            yield f"group_{position}['params'] is not parameters_{position}"
            yield f"len(parameters_{position}) != {len(group['params'])}"
        for position, (group_name, key, value) in enumerate(self._fixed()):
            yield f"{group_name}[{key!r}] {'!=' if isinstance(value, list) else 'is not'} fixed_{position}"
        for number, optimizer in enumerate(trace.optimizers):
            for position, state in enumerate(optimizer.state.values()):
                if isinstance(state, dict):
                    at = f"{number}_{position}"
                    yield f"optimizer_{number}.state.get(stated_{at}) is not state_{at}"
                    for place, (name, value) in enumerate(state.items()):
                        if isinstance(value, Tensor):
                            yield f"state_{at}.get({name!r}) is not state_{at}_{place}"

    # --- the call -------------------------------------------------------------------------------------

    def _lines(self, result: list[str]) -> list[str]:
        guards = self._guards
        texts = {
            one: f"variable_{position}" if isinstance(one.holder, CellType) else f"holder_{position}[{one.name!r}]"
            for position, one in enumerate(guards.variables)
        }
        data, arguments, tensors = self._data, self._arguments, self._tensors
        lasts = [f"last_{position}" for position in range(len(tensors))]
        options = {f"option_{position}": self._option(option) for position, option in enumerate(self._options.values())}
        otherwise = f"return otherwise({', '.join([*arguments, '*others'])}, **named)"
        lines = [
            f"def call({', '.join([*(f'{one}=absent' for one in arguments), '*others'])}, **named):",
            f"    global {', '.join(['seen', *lasts, *options])}",
            f"    if others or named: {otherwise}",
            "    try:",
            *(f"        {name} = {texts[one]}" for one, name in data.items()),
            f"        may_have_changed = {' or '.join(self._checks(texts))}",
            "    except (KeyError, NameError):",  # of a variable or an option that is there no longer
            f"        {otherwise}",
            "    if may_have_changed:",
            f"        if not still_hold(): {otherwise}",
            f"        {' = '.join([*lasts, 'seen'])} = None",
            "        seen = count[0]",
        ]
        for position, (tensor, last) in enumerate(zip(tensors, lasts, strict=True)):
            lines += [
                f"    if {tensor} is not {last}:",
                f"        if not fits({position}, {tensor}): {otherwise}",
                f"        {last} = {tensor}",
            ]
        for first, second in guards.twins:
            lines.append(f"    if {tensors[first]}._array is not {tensors[second]}._array: {otherwise}")
        for first, second in guards.apart:
            lines.append(f"    if overlap({tensors[first]}._array, {tensors[second]}._array): {otherwise}")
        if options:
            lines += [
                f"    if {' or '.join(f'{text} is not {name}' for name, text in options.items())}:",
                f"        if not set_options({', '.join(options.values())}): {otherwise}",
                f"        {', '.join(options)} = {', '.join(options.values())}",
            ]
        if self._alike:
            unequal = (f"not equal(counters_{position}.tolist())" for position in range(len(self._alike)))
            lines.append(f"    if {' or '.join(unequal)}: {otherwise}")
        return [
            *lines,
            "    try:",
            f"        found = run({', '.join(['step', *(f'{tensor}._array' for tensor in tensors)])})",
            "    except RuntimeError as error:",
            "        raise busy(error) from None",
            *(f"    {counter}[0] += {times}" for counter, times in self._counters()),
            *(f"    of_{position}._grad = gradient_{position}" for position in range(len(self._gradients))),
            *(f"    {line}" for line in result),
        ]

    def _counters(self) -> Iterator[tuple[str, int]]:
        """The counters of writes, and how many are made; those of arguments are of the arguments of each call."""
        of_argument = {
            id(one._writes): name for one, name in zip(self._guards.tensors[::-1], self._tensors[::-1], strict=True)
        }
        for position, (counter, times) in enumerate(self._guards.trace.counters):
            name = of_argument.get(id(counter))
            yield (f"counter_{position}" if name is None else f"{name}._writes"), times

    def _checks(self, texts: dict[Variable, str]) -> list[str]:
        """Conditions of which each is quick to look at, and asks for a closer look where it is true."""
        guards = self._guards
        checks = ["count[0] != seen", f"flags.enabled is not {guards.grad_enabled}"]
        if not guards.grad_enabled:
            checks.append(f"flags.inference is not {guards.inference}")
        checks += [
            f"{text} is not value_{position}"
            for position, (one, text) in enumerate(texts.items())
            if one not in guards.implicit
        ]
        checks += self._optimizer_checks()
        checks += [
            f"needing_{position}._grad is not needed_{position}"
            for position in range(len(guards.trace.needed_gradients))
        ]
        return checks + [
            f"contents(outside_{position}, attributes) != inside_{position}" for position in range(len(guards.insides))
        ]

    def _result(self, result: Any) -> list[str]:
        """The lines that make what the step returns of the arrays found."""
        arrays: list[Symbol] = []
        text = structure_text(result, partial(self._expression, arrays))
        if text == "wrapped(found[0])":  # the commonest result, without a call
            return ["return wrapped(found)"]
        return [f"return {text.replace('found[0]', 'found') if len(arrays) == 1 else text}"]

    def _expression(self, arrays: list[Symbol], part: Any) -> str:
        """The expression for a part of what the step returns. arrays: those found, to which its own is added."""
        if isinstance(part, Tensor):
            array = array_of(part)
            if type(array) is Symbol:
                arrays.append(array)
                return f"wrapped(found[{len(arrays) - 1}])"
            if id(part) in self._known:
                return self._known[id(part)]
        self._given.append(part)
        return f"given_{len(self._given) - 1}"


def _equal(numbers: list[float]) -> bool:
    return numbers.count(numbers[0]) == len(numbers)


def _busy(error: RuntimeError) -> RuntimeError:
    """What to raise for an error out of a program: a context is entered once at a time."""
    if str(error).startswith("cannot enter context"):
        return RuntimeError("a compiled step is called while another thread runs it: compile one for each thread")
    return error


def _executed(text: str, space: dict[str, Any]) -> dict[str, Any]:
    exec(builtins.compile(text, "<entry of a compiled step>", "exec"), space)
    return space
