"""A row of the table: a piece of code that runs under either library, and how equal its results must be."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any, Literal, NamedTuple

import numpy as np

from benchmarks.operations.operands import LARGE, SMALL
from benchmarks.timing import Call

Size = Literal["small", "large"]
Mode = Literal["", "recorded", "backward"]

SEED = 2147483647


class Prepared(NamedTuple):
    """call: is timed, and its result compared. state: what else must be equal after the first call."""

    call: Call
    state: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Row:
    """setup: is given a library, seeded, and prepares the same call with either.

    terms: how many terms a number of the result sums up, which says how far roundings may drive two libraries apart
        (`benchmarks.operations.agreement`); 0 demands equal bits.
    """

    name: str
    family: str
    size: Size
    setup: Callable[[Any], Prepared]
    terms: int

    def prepare(self, library: Any) -> Prepared:
        """The row under this library, whose generator is seeded before the setup and again before the call."""
        library.manual_seed(SEED)
        prepared = self.setup(library)
        library.manual_seed(SEED)
        return prepared


def code(
    family: str, lines: str, *, size: Size = "small", modes: tuple[Mode, ...] = ("",), terms: int = 1
) -> Iterator[Row]:
    """One row for each line of code in each mode; the code is the row's name.

    In a line `torch` is either library, `F`, `nn` and `optim` are its modules, and other names are `operands`.

    modes: "" runs the line as it is. "recorded": its floating operands require gradients. "backward": so they do, and
        the gradients of the line's value are pulled back to them, from a random cotangent where it has a shape.
    """
    for line in filter(None, map(str.strip, lines.splitlines())):
        for mode in modes:
            yield Row(", ".join(filter(None, (line, mode))), family, size, Line(line, size, mode), terms)


@dataclass(frozen=True)
class Line:
    """The setup of a line of code."""

    line: str
    size: Size
    mode: Mode

    def __call__(self, library: Any) -> Prepared:
        """Compiles the line to a function of no arguments, whose globals are the operands that it names."""
        makers = SMALL if self.size == "small" else LARGE
        names = [node.id for node in ast.walk(ast.parse(self.line)) if isinstance(node, ast.Name)]
        operands = {name: makers[name](library) for name in sorted(set(names) & set(makers))}
        if self.mode:
            for operand in operands.values():
                if isinstance(operand, library.Tensor) and operand.is_floating_point():
                    operand.requires_grad_()
        modules = {"torch": library, "F": library.nn.functional, "nn": library.nn, "optim": library.optim}
        call = function(self.line, modules, operands)
        if self.mode == "backward":
            leaves = [leaf for operand in operands.values() for leaf in tensors_of(operand) if leaf.requires_grad]
            call = backward_of(call, leaves, library)
        return Prepared(call, lambda: [tensors_of(operand) for operand in operands.values()])


def function(line: str, modules: dict[str, Any], operands: dict[str, Any]) -> Callable[[], Any]:
    """The line as a function, which returns its value where it is an expression."""
    tree = ast.parse(line)
    declared = f"    global {', '.join(operands)}\n" if operands else ""
    result = "return " if isinstance(tree.body[0], ast.Expr) else ""
    compiled: CodeType = compile(f"def call():\n{declared}    {result}{line}", line, "exec")
    namespace = {**modules, **operands}
    exec(compiled, namespace)
    return namespace["call"]


def backward_of(forward: Callable[[], Any], leaves: list[Any], library: Any) -> Callable[[], list[Any]]:
    """Forward and backward, with the gradients cleared as `zero_grad` does; they are returned."""
    y = forward()
    shape = tuple(y.shape)
    cotangent = () if shape == () else (library.tensor(np.random.default_rng(1).standard_normal(shape, np.float32)),)

    def call() -> list[Any]:
        for leaf in leaves:
            leaf.grad = None
        forward().backward(*cotangent)
        return [leaf.grad for leaf in leaves]

    return call


def tensors_of(operand: Any) -> list[Any]:
    """The tensors that an operand is, or has: a module's parameters and buffers, the parameters of an optimizer."""
    if hasattr(operand, "state_dict") and hasattr(operand, "buffers"):
        return [*operand.parameters(), *operand.buffers()]
    if hasattr(operand, "param_groups"):
        return [parameter for group in operand.param_groups for parameter in group["params"]]
    return [operand] if hasattr(operand, "requires_grad") else []
