"""A row of the table: a piece of code that runs under either library, and how equal its results must be."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from benchmarks.operations.operands import LARGE, SMALL
from benchmarks.timing import Call

Size = Literal["small", "large"]
Mode = Literal["forward", "recorded", "backward"]

SEED = 2147483647


class Prepared(NamedTuple):
    """call: is timed, and its result compared. state: gives what else must be equal after the first call."""

    call: Call
    state: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Row:
    """setup: prepares the same call with whichever library it is given.

    terms: how many roundings of a result lie one behind the other, most of which are those of a sum of so many terms;
        they say how far apart two libraries may be (`benchmarks.operations.agreement`). 0 demands equal numbers.
    """

    name: str
    family: str
    size: Size
    setup: Callable[[Any], Prepared]
    terms: int

    @property
    def goes_back(self) -> bool:
        """Whether more than operations is timed: a backward pass, a step, a program."""
        return not isinstance(self.setup, Line) or self.setup.mode == "backward"

    def prepare(self, library: Any) -> Prepared:
        """The row under this library, whose generator is seeded before the setup and again before the call."""
        library.manual_seed(SEED)
        prepared = self.setup(library)
        library.manual_seed(SEED)
        return prepared


def code(
    family: str, *lines: str, size: Size = "small", modes: tuple[Mode, ...] = ("forward",), terms: int = 0
) -> Iterator[Row]:
    """One row for each line of code in each mode; the code is the row's name.

    In a line `torch` is either library, `F` and `nn` are its modules, and other names are `operands` of the size.

    modes: "forward" runs the line as it is. "recorded": its floating operands require gradients. "backward": so they
        do, and the gradients are pulled back to them, from a random cotangent where the line's value has a shape.
    """
    for line in lines:
        for mode in modes:
            yield Row(line if mode == "forward" else f"{line}, {mode}", family, size, Line(line, size, mode), terms)


@dataclass(frozen=True)
class Line:
    """The setup of a line of code."""

    line: str
    size: Size
    mode: Mode

    def __call__(self, library: Any) -> Prepared:
        """The line as a function, and of the operands that it names what it might have changed."""
        makers = SMALL if self.size == "small" else LARGE
        names = {node.id for node in ast.walk(ast.parse(self.line)) if isinstance(node, ast.Name)}
        operands = {name: makers[name](library) for name in sorted(names & set(makers))}
        if self.mode != "forward":
            for operand in operands.values():
                if isinstance(operand, library.Tensor) and operand.is_floating_point():
                    operand.requires_grad_()
        tensors = [tensor for operand in operands.values() for tensor in tensors_of(operand)]
        call = function(self.line, {"torch": library, "F": library.nn.functional, "nn": library.nn}, operands)
        if self.mode == "backward":
            call = backward_of(call, [tensor for tensor in tensors if tensor.requires_grad], library)
        return Prepared(call, lambda: tensors)


def tensors_of(operand: Any) -> list[Any]:
    """The tensors that an operand is or has: a module's parameters and buffers, an optimizer's parameters."""
    if hasattr(operand, "buffers"):
        return [*operand.parameters(), *operand.buffers()]
    if hasattr(operand, "param_groups"):
        return [parameter for group in operand.param_groups for parameter in group["params"]]
    return [operand] if hasattr(operand, "requires_grad") else []


def function(line: str, modules: dict[str, Any], operands: dict[str, Any]) -> Callable[[], Any]:
    """A function that runs the line, and returns its value where it is an expression."""
    declared = f"global {', '.join(operands)}" if operands else "pass"  # for lines such as x += y
    result = "return " if isinstance(ast.parse(line).body[0], ast.Expr) else ""
    namespace = {**modules, **operands}
    exec(f"def call():\n    {declared}\n    {result}{line}", namespace)
    call: Callable[[], Any] = namespace["call"]
    return call


def backward_of(forward: Callable[[], Any], leaves: list[Any], library: Any) -> Callable[[], list[Any]]:
    """Forward and backward, after the leaves' gradients are cleared as `zero_grad` does it; they are returned."""
    shape = tuple(forward().shape)
    cotangent = np.random.default_rng(SEED).standard_normal(shape, np.float32)
    arguments = (library.tensor(cotangent),) if shape else ()

    def call() -> list[Any]:
        for leaf in leaves:
            leaf.grad = None
        forward().backward(*arguments)
        return [leaf.grad for leaf in leaves]

    return call
