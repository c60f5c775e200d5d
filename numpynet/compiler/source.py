"""Source: a compiled step as a file of its own, which needs only NumPy."""

from __future__ import annotations

import base64
import re
import textwrap
import zlib
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet.compiler.emit import WIDTH, Line, allocation, bare, number_text
from numpynet.compiler.flat import Flat
from numpynet.compiler.number import Number
from numpynet.compiler.structures import array_of, opened, structure_text
from numpynet.compiler.symbol import Memory, Symbol
from numpynet.compiler.views import Array
from numpynet.core.tensor import Tensor

if TYPE_CHECKING:
    from numpynet.compiler.build import Built

LITERAL = 64  # arrays of up to so many elements are written as numbers
TIMES = 10  # how often the file runs the step
SHARING = "# Names joined by = share their memory: each is written when the one before it is no longer needed."
FILL = '''
def fill(array, text):
    """Gives an array the values that a text holds: its bytes, compressed by zlib, in base64."""
    values = np.frombuffer(zlib.decompress(base64.b64decode(text)), array.dtype)
    array[...] = values.reshape(array.shape)
'''


def source(built: Built, name: str) -> str:
    """The text of the file. name: of the step."""
    emitter = built.emitter
    values = [line for array_name, array in _values(built) for line in _filled(array_name, array)]
    body = [
        *_memory(built),
        *_options(built),
        "",
        "",
        *emitter.step_lines(built.head, _ending(built)),
    ]
    if values:
        fills = [*FILL.splitlines(), ""] if any(line.startswith("fill(") for line in values) else []
        body += ["", "", *_title("the values, as they are when this is written"), *fills, *([""] if fills else [])]
        body += values
    body += ["", "", *_main(built)]
    text = "\n".join(body)
    imports = ["import base64", "import zlib"] if "fill(" in text else []
    imports += ["import math"] if re.search(r"\bmath\.", text) else []
    imports = [*sorted(imports), "", "import numpy as np"] if imports else ["import numpy as np"]
    return "\n".join([*_docstring(built, name), "", *imports, "", *body, ""])


def missing(built: Built) -> list[str]:
    """Why the file would not do what the step does; empty where it does."""
    trace = built.trace
    read = {place.identity() for place in [*trace.options.values(), *(place for place, _, _ in trace.data)]}
    changes = [
        f"what is set here is read at the next call: {effect.where}"
        for effect in trace.reads.effects
        if effect.place.identity() in read or trace.reads.is_guarded(effect.place)
    ]
    return [*built.emitter.unsaveable, *changes]


def _title(text: str) -> list[str]:
    return [f"# --- {text} {'-' * max(3, WIDTH - 7 - len(text))}"]


def _kind(array: Array) -> str:
    return f"{array.shape} {array.dtype.name}"


def _docstring(built: Built, name: str) -> list[str]:
    arguments = dict(zip(built.argument_names, built.guards.arrays, strict=True))
    results = [(tensor, text) for tensor, text in _tensors(built)]
    lines = [
        f'"""What one call of {name} computes, as numpynet compiled it: NumPy calls on memory that is made beforehand.',
        "",
        "It cannot run by itself:" if missing(built) else "It needs only NumPy.",
        *(f"    {reason}" for reason in missing(built)),
        "",
    ]
    lines += [f"    takes    {one:12} {_kind(array)}" for one, array in arguments.items()]
    lines += [f"    returns  {text:12} {_kind(array)}" for array, text in results]
    if any(name.startswith("d_") for name in built.emitter.names.values()):
        lines += ["", "d_a is the cotangent of a: the derivative of the loss with respect to a."]
    return [*lines, '"""']


def _tensors(built: Built) -> Iterator[tuple[Array, str]]:
    """The arrays that the step returns, with the expressions for them."""
    return ((symbol.array, built.emitter.name_of(symbol)) for symbol in built.trace.results().values())


# --- the memory ---------------------------------------------------------------------------------------------


def _memory(built: Built) -> Iterator[str]:
    emitter = built.emitter
    data = [Line(f"{name} = {allocation(array)}") for name, array in _data(built)]
    first = True
    for title, lines in {**emitter.sections, "data": data}.items():
        if lines:
            told = {"state": "state that is kept from step to step"}.get(title, title)
            yield from _title(told) if first else ["", *_title(told)]
            first = False
            if title == "buffers" and any(" = " in line.code.partition(" = ")[2] for line in lines):
                yield SHARING
            yield from (line.text(0) for line in lines)


def _data(built: Built) -> Iterator[tuple[str, Array]]:
    """The tensors around the step that it takes as arguments: their names, and what they are now."""
    names = built.argument_names[len(built.guards.explicit) :]
    for name, (place, _, _) in zip(names, built.trace.data, strict=True):
        value = place.get()
        if isinstance(value, Tensor):
            yield name, value._array


def _options(built: Built) -> Iterator[str]:
    """Options that are read when the step runs. What others were decided when it was traced is only told."""
    used = {name: option for name, option in built.options.items() if name in built.run_options}
    decided = [f"{name} = {option.get()!r}" for name, option in built.options.items() if name not in used]
    if not used and not decided:
        return
    yield from ["", *_title("options")]
    yield from (f"{name} = {option.get()!r}" for name, option in used.items())
    if decided:
        yield f"# {', '.join(decided)}: what depends on these was decided when the step was compiled"
    if used:
        yield from ["", "", *built.emitter.options_lines(), "", "", "set_options()"]


def _ending(built: Built) -> list[str]:
    text = structure_text(_plainly(built.trace.result), partial(_result, built))
    return [f"return {text}"] if text != "None" else []


def _plainly(whole: Any) -> Any:
    """A result made of tuples, lists and dictionaries alone, which need no class of another library."""
    found = opened(whole)
    if found is None:
        return whole
    parts = list(map(_plainly, found[1]))
    if found[0] is None:
        return parts if type(whole) is list else tuple(parts)
    return dict(zip(found[0], parts, strict=True))


def _result(built: Built, part: Any) -> str:
    """The expression for a part of what the step returns."""
    if isinstance(part, Tensor):
        for name, tensor in zip(built.argument_names, built.guards.tensors, strict=True):
            if tensor is part:
                return f"{name}.copy()"
        array = array_of(part)
        return f"{built.emitter.name_of(array)}.copy()" if type(array) is Symbol else repr(array.tolist())
    if type(part) is Number:
        return bare(built.emitter.text(part))
    return repr(part) if isinstance(part, (bool, int, float, str)) else "None"


# --- the values ---------------------------------------------------------------------------------------------


def _values(built: Built) -> Iterator[tuple[str, Array]]:
    """Names of arrays from outside the step, and what they hold now."""
    flats = {flat.memory: flat for flat in built.flats}
    for name, thing in built.emitter.bound.items():
        if not isinstance(thing, Memory):
            continue
        flat: Flat | None = flats.get(thing)
        for memory in [thing] if flat is None else flat.members:
            owner = memory.owner
            yield (
                name if flat is None else built.emitter.names[memory],
                array_of(owner) if isinstance(owner, Tensor) else memory.array,
            )
    yield from _data(built)


def _filled(name: str, array: Array) -> list[str]:
    """The lines that give an array its values."""
    if not array.size:
        return []
    if array.size > LITERAL:
        packed = base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes())).decode()
        return [f'fill({name}, """', *textwrap.wrap(packed, WIDTH), '""")']
    return textwrap.wrap(
        f"{name}[...] = {_numbers(array)}", WIDTH, subsequent_indent="    ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _numbers(array: Array) -> str:
    if array.ndim:
        return f"[{', '.join(map(_numbers, array))}]"
    return number_text(array.item(), array.dtype)


def _main(built: Built) -> list[str]:
    call = f"step({', '.join(built.argument_names)})"
    lines = ['if __name__ == "__main__":']
    if built.guards.explicit:
        names = built.argument_names[: len(built.guards.explicit)]
        shapes = [f"{name} {_kind(array)}" for name, array in zip(names, built.guards.arrays, strict=False)]
        return [*lines, f'    print("import this file, and call {call} with {", ".join(shapes)}")']
    lines += [
        '    np.seterr(all="ignore")  # infinities and NaN pass in silence',
        f"    for _ in range({TIMES}):",
    ]
    result = built.trace.result
    if not _ending(built):
        return [*lines, f"        {call}"]
    if isinstance(result, Tensor) and type(array_of(result)) is Symbol and not array_of(result).ndim:
        call += ".item()"
    return [*lines, f"        print({call})"]
