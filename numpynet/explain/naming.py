"""Naming: what the values of a graph are called, each by its own name.

A parameter goes by its name in the model; a result by the variable that it is assigned to, or else by the module or the
operation that made it; what a variable of the program refers to by that. A name that is taken gets a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from numpynet.core.tensor import Tensor
from numpynet.explain.graph import INPUT, RESULT, Call, Graph, Value
from numpynet.nn.modules.module import Module

SHORT = {"binary_cross_entropy_with_logits": "bce_with_logits", "binary_cross_entropy": "bce", "true_divide": "div"}


def short(operation: str) -> str:
    """The name of an operation as tables show it."""
    return SHORT.get(operation, operation)


def title(call: Call) -> str:
    """What the operation is called: by numpynet, or by the tape where it is none of numpynet's."""
    return call.title.split(":")[-1] if call.operation is None else short(call.operation.name)


def name_values(
    graph: Graph, variables: Mapping[int, tuple[str, Tensor]], modules: Iterable[tuple[str, Module]]
) -> None:
    """Gives every value of a graph its name, and every operation the path of the module that it belongs to.

    variables: the program's names of tensors, by their ids. modules: the outermost ones, with the program's names.
    """
    parameters: dict[int, str] = {}
    paths: dict[int, str] = {}
    roots = [(name, module) for name, module in modules if any(True for _ in module.parameters())]
    for name, root in roots:
        prefix = f"{name}." if len(roots) > 1 and name else ""
        for path, parameter in root.named_parameters():
            parameters.setdefault(id(parameter), prefix + path)
        for path, module in root.named_modules():
            paths.setdefault(id(module), (prefix + path).rstrip("."))
    nodes = {id(tensor._node): name for name, tensor in variables.values() if tensor._node is not None}
    taken: dict[str, Value] = {}
    for call in graph.calls:
        call.path = next((paths[id(one)] for one in reversed(call.modules) if paths.get(id(one))), "")
    for value in sorted(graph.values, key=lambda value: value.kind == RESULT):
        if value.kind == RESULT:
            made_by = value.made_by
            wanted = value.name or (nodes.get(id(made_by.node), "") if made_by else "")
            if value is graph.loss and not wanted:
                wanted = "loss"
            if not wanted and made_by is not None:
                wanted = _fallback(made_by)
        else:
            wanted = parameters.get(id(value.tensor), "") or variables.get(id(value.tensor), ("", None))[0]
            wanted = wanted or value.name or ("input" if value.kind == INPUT else "leaf")
        value.name = _free(wanted, taken)
        taken[value.name] = value


def _fallback(call: Call) -> str:
    """The name of a result that no variable has: its module's, or its operation's."""
    operation = title(call)
    if operation == "CopySlices" and call.by_operand[0][1] is not None:
        return re.sub(r"_\d+$", "", call.by_operand[0][1].name)  # the same tensor, written into
    if call.path and not call.path.split(".")[-1].isdigit():
        last = call.path.split(".")[-1]
        return f"{last}_out" if operation == "linear" else f"{last}_{operation}"
    return operation


def _free(name: str, taken: Mapping[str, Value]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
