"""Explanation: the backward pass of a loss, ready to be shown."""

from __future__ import annotations

import contextlib
import io
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

import numpy as np

from numpynet.core.listening import listening
from numpynet.core.tape import Nowhere
from numpynet.core.tensor import Tensor
from numpynet.explain.exercise import Exercise
from numpynet.explain.graph import PARAMETER, Graph, Value, read, same
from numpynet.explain.naming import name_values
from numpynet.explain.page import framed, page
from numpynet.explain.recording import Recording
from numpynet.explain.restoring import restored
from numpynet.explain.retracing import program_of
from numpynet.explain.text import number, table
from numpynet.explain.uses import Use, use_of
from numpynet.nn.modules.module import Module
from numpynet.ops.form import Array
from numpynet.random import default_generator
from numpynet.serialization.atomic_file import atomic_file

Index = tuple[int, ...]
NUDGE = 1e-3
MARGIN = 4  # a statement is not run to its end again that computes so many times what the loss was computed by


@dataclass
class Moment:
    """What one training step computed."""

    graph: Graph

    @property
    def loss(self) -> float:
        """The loss, NaN where it is not known."""
        loss = self.graph.loss.array
        return math.nan if loss is None else float(loss.reshape(-1)[0])


@dataclass(eq=False)
class Explanation:
    """How a loss was computed and how its gradients are: print it, or ask for one number, a page or an exercise.

    graph: the operations and values. moments: of every training step that was run, the first one being the graph's.
    program: runs the program once more, and returns the loss; None where only the tape is known.
    remarks: what the reader should know of it.

    >>> import numpynet
    >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
    >>> numpynet.explain(lambda: (w * w).sum()).moments[0].loss
    5.0
    """

    graph: Graph
    moments: list[Moment]
    program: Callable[[], float] | None = None
    remarks: list[str] = field(default_factory=list)
    title: str = ""

    def gradient(self, name: str) -> Array:
        """∂loss/∂name as an array; KeyError for a name that there is not, ValueError where there is no gradient.

        >>> import numpynet
        >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
        >>> explanation = numpynet.explain(lambda: (w * w).sum())
        >>> explanation.gradient("w")
        array([ 4., -2.], dtype=float32)
        """
        value = self.graph.find(name)
        if value.gradient is None:
            raise ValueError(f"{name} has no gradient: it does not require one, or does not act on the loss")
        return value.gradient

    def number(self, name: str) -> Number:
        """One element of a gradient, named as in "hidden.weight[1, 0]", as the sum of its terms.

        KeyError for a name that there is not, IndexError for an index out of range, ValueError where there is no
        gradient, or where no element is named.

        >>> import numpynet
        >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
        >>> explanation = numpynet.explain(lambda: (w * w).sum())
        >>> explanation.number("w[1]").value
        -2.0
        """
        value, index = self.element(name)
        self.gradient(value.name)
        return Number(self, value, index)

    def element(self, name: str) -> tuple[Value, Index]:
        """The value and the index that a name such as "hidden.weight[1, 0]" stands for; "d_" or "∂" may go before.

        >>> import numpynet
        >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
        >>> explanation = numpynet.explain(lambda: (w * w).sum())
        >>> explanation.element("∂w[-1]")
        (<value w, shape (2,)>, (1,))
        """
        found = re.fullmatch(r"\s*(?:∂|d_)?(.+?)\s*(?:\[([-\d,\s]*)\])?\s*", name)
        assert found is not None
        value = self.graph.find(found[1])
        given = tuple(int(one) for one in (found[2] or "").split(",") if one.strip())
        if len(given) != len(value.shape):
            raise ValueError(f"{found[1]} has shape {value.shape}: name one element, as in {_example(value)!r}")
        for place, (one, size) in enumerate(zip(given, value.shape, strict=True)):
            if not -size <= one < size:
                raise IndexError(
                    f"index {one} is out of range in dimension {place} of {value.name}, whose shape is {value.shape}"
                )
        return value, tuple(one % size for one, size in zip(given, value.shape, strict=True))

    def save(self, path: str | Path) -> None:
        """Writes the explanation as a page for a browser: one file, which needs no other.

        OSError where it cannot be written.

        >>> import numpynet
        >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
        >>> explanation = numpynet.explain(lambda: (w * w).sum())
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     explanation.save(os.path.join(folder, "explain.html"))
        ...     os.listdir(folder)
        ['explain.html']
        """
        with atomic_file(Path(path)) as file:
            file.write(page(self))

    def exercise(self, path: str | Path | None = None, *, only: str | None = None, fused: bool = False) -> Exercise:
        """This backward pass as an exercise, written to a file to fill in if a path is given: see `Exercise`.

        FileExistsError where there is such a file.

        >>> import numpynet
        >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
        >>> explanation = numpynet.explain(lambda: (w * w).sum())
        >>> explanation.exercise().check("d_mul", [1.0, 1.0])
          d_mul                      right, bit for bit
        """
        made = Exercise(self, only, fused=fused)
        if path is not None:
            made.write(path)
        return made

    def __repr__(self) -> str:
        return table(self)

    def _repr_html_(self) -> str:
        return framed(self)


def _example(value: Value) -> str:
    return value.label(tuple(0 for _ in value.shape))


@dataclass
class Number:
    """One element of a gradient, as the sum of its terms; print it, or look at `uses`, `value` and `nudged`.

    >>> import numpynet
    >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
    >>> number = numpynet.explain(lambda: (w * w).sum(), "w[0]")
    >>> [(use.operand, use.terms[0].coefficient) for use in number.uses], number.total
    ([('a', 2.0), ('b', 2.0)], 4.0)
    """

    explanation: Explanation
    of: Value
    index: Index

    @property
    def value(self) -> float:
        """∂loss/∂element."""
        assert self.of.gradient is not None
        return float(self.of.gradient[self.index])

    @property
    def uses(self) -> list[Use]:
        """The terms, by the operations that the element goes into."""
        return [use_of(call, slot, self.index) for call, slot in self.of.uses]

    @property
    def total(self) -> float:
        """The sum of all terms, in float64; NaN where they are not known."""
        uses = self.uses
        if any(use.terms is None for use in uses):
            return math.nan
        return math.fsum(use.cotangent(term) * term.coefficient for use in uses for term in use.terms or ())

    @property
    def nudge(self) -> float:
        """A small step of the element: 0.001, or less in a tensor of small numbers."""
        array = self.of.array
        finite = np.array(1.0) if array is None else np.abs(array[np.isfinite(array)])
        largest = float(finite.max(initial=0.0))
        return NUDGE * min(1.0, 10.0 ** math.ceil(math.log10(largest)) if largest else 1.0)

    def nudged(self, by: float | None = None) -> float | None:
        """How much the loss changes when the element does, by `nudge` unless another step is given.

        None where the program cannot be run again as it was. It is run twice, with the same random numbers, and
        everything is put back.

        >>> import numpynet
        >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
        >>> round(numpynet.explain(lambda: (w * w).sum(), "w[0]").nudged(0.5), 3)
        2.25
        """
        by = self.nudge if by is None else by
        explanation = self.explanation
        if explanation.program is None or self.of.tensor is None:
            return None
        for leaf in explanation.graph.values:
            if leaf.tensor is None or leaf.array is None:
                continue
            if not np.array_equal(leaf.tensor._array, leaf.array, equal_nan=True):
                return None  # it was trained on since
        array = self.of.tensor._array
        before = array[self.index].copy()
        unmoved = explanation.program()
        try:
            array[self.index] = before + by
            return explanation.program() - unmoved
        finally:
            array[self.index] = before

    def __repr__(self) -> str:
        return number(self)


# --- making one -------------------------------------------------------------------------------------------


class _Runner:
    """Runs a program, listens to it, and reads the graph of its loss before the tape is released.

    most: the number of operations to which the program is limited, if it is to compute a loss and no more.
    """

    def __init__(self, most: int | None = None) -> None:
        self.graphs: list[tuple[Any, Graph]] = []
        self.recording = Recording(sys._getframe(), most=most)

    def run(self, program: Callable[[], Any]) -> Graph:
        """The graph of the loss that the program returns, or else of its first backward pass."""
        self.recording.until = sys._getframe()
        self.recording.on_backward = self._read
        with listening(self.recording):
            result = program()
        result = result[0] if isinstance(result, tuple) and result else result
        if isinstance(result, Tensor):
            node = result._edge() if result.requires_grad else None
            for root, graph in self.graphs:
                if root is node:
                    return graph
            if not self.graphs and node is not None and not isinstance(node, Nowhere):
                require_scalar(result)
                return read(node, np.ones_like(result._array), self.recording)
        if not self.graphs:
            raise RuntimeError(
                "explain: the step neither ran a backward pass nor returned a loss that requires a gradient: "
                "return the loss, and see that it was not detached, nor computed under no_grad()"
            )
        return self.graphs[0][1]

    def _read(self, roots: Sequence[tuple[Any, Array]]) -> None:
        if self.recording.most is not None:
            raise RuntimeError("explain: the program runs a backward pass of its own")
        root, cotangent = roots[0]
        self.graphs.append((root, read(root, cotangent, self.recording)))


def require_scalar(loss: Tensor) -> None:
    """RuntimeError unless a loss is one number."""
    if loss._array.size != 1:
        raise RuntimeError(
            f"explain: the loss must be one number, and this has shape {tuple(loss.shape)}: reduce it, as in "
            f"loss.mean()"
        )


def named(graph: Graph, recording: Recording) -> Graph:
    """The graph, with the names that the recorded program gives."""
    name_values(graph, recording.variables(), recording.modules().values())
    return graph


def of_loss(loss: Tensor, frame: FrameType) -> Explanation:
    """The explanation of a loss that a frame asks for, by what computed it there, or else from the tape alone.

    RuntimeError where the tape was released.
    """
    tape = _of_tape(loss, [frame.f_locals, frame.f_globals])
    program = program_of(loss, frame)
    if program is not None:
        try:
            retraced = of_step(program.run, 1, program.names, MARGIN * len(tape.graph.calls) + MARGIN)
        except Exception:  # as when the statement trains a model, or the user's code cannot be run again
            retraced = None
        if retraced is not None and same(tape.graph, retraced.graph):
            return retraced
    tape.remarks.append(
        "lines and values between are not known: the statement that computed the loss was not found, "
        "or computes something else now; explain(step) of a function shows them"
    )
    return tape


def of_step(step: Callable[[], Any], steps: int, reached: Any = None, most: int | None = None) -> Explanation:
    """The explanation of a training step, which is run so many times; then everything is put back as it was.

    reached: what the step can reach, where that is not to be read off itself. most: as of `_Runner`.
    """
    if type(step).__module__.startswith("numpynet.compiler"):
        step = step.__wrapped__  # type: ignore[attr-defined]
    moments: list[Moment] = []
    remarks: list[str] = []
    random_numbers = default_generator.state_array()
    with restored(step if reached is None else reached):
        first = _Runner(most)
        graph = named(first.run(step), first.recording)
        if len(first.graphs) > 1:
            remarks.append(f"{len(first.graphs)} backward passes were run; this is one of them")
        moments.append(Moment(graph))
        for number in range(1, steps):
            runner = _Runner()
            later = named(runner.run(step), runner.recording)
            if outline(later) != outline(graph):
                remarks.append(f"from training step {number} on the program computes something else: not shown")
                break
            moments.append(Moment(later))

    def program() -> float:
        with restored(step if reached is None else reached), contextlib.redirect_stdout(io.StringIO()):
            default_generator.set_state_array(random_numbers)
            return Moment(_Runner().run(step)).loss

    return Explanation(graph, moments, program, remarks, title_of(graph, first.recording, step))


def outline(graph: Graph) -> list[tuple[str, Index, tuple[str, ...]]]:
    """What a graph computes, by names and shapes: the same in every training step that can be compared."""
    return [
        (call.result.name, call.result.shape, tuple(getattr(one, "name", "") for one in call.operands.values()))
        for call in graph.calls
    ]


def title_of(graph: Graph, recording: Recording, step: Any = None) -> str:
    """The name of the model that was recorded, if there is one that has all parameters, or else of the step."""
    leaves = {id(value.tensor) for value in graph.values if value.kind == PARAMETER}
    for _, module in recording.modules().values():
        if leaves <= {id(one) for one in module.parameters()}:
            return type(module).__name__
    return step.__name__ if isinstance(step, FunctionType) and step.__name__.isidentifier() else ""


def _of_tape(loss: Tensor, scopes: Sequence[Mapping[str, Any]]) -> Explanation:
    """The explanation of a loss from its tape alone, with names from these variables."""
    node = loss._edge()
    graph = read(node, np.ones_like(loss._array))
    graph.loss.array = loss._array.copy()
    variables: dict[int, tuple[str, Tensor]] = {}
    modules: dict[int, tuple[str, Module]] = {}
    for scope in scopes:
        for name, value in list(scope.items()):
            if name.startswith("_"):
                continue
            if isinstance(value, Tensor):
                variables.setdefault(id(value), (name, value))
            elif isinstance(value, Module):
                modules.setdefault(id(value), (name, value))
    leaves = {id(value.tensor) for value in graph.values}
    used = [(n, one) for n, one in modules.values() if any(id(p) in leaves for p in one.parameters())]
    used = [(n, one) for n, one in used if not any(one in list(o.modules())[1:] for _, o in used)]
    for value in graph.values:
        known = variables.get(id(value.tensor))
        if known is not None and value.array is None:
            value.array = known[1]._array.copy()
    for _, tensor in variables.values():
        made = next((call.result for call in graph.calls if call.node is tensor._node), None)
        if made is not None and made.array is None:
            made.array = tensor._array.copy()
    name_values(graph, variables, used)
    title = type(used[0][1]).__name__ if used else ""
    return Explanation(graph, [Moment(graph)], title=title)
