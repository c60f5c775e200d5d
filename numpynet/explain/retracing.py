"""Retracing: the statements of the caller that computed a loss, found again, so that they can be run once more.

A tape keeps neither lines nor names, nor all values. The source of the caller has them: the loss is a variable there,
and the statement that assigned it stands above. What is found is run, with everything put back afterwards, and taken
only if it computes the same as the tape, to the last bit.
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.explain.program import Span, span_of

_UNREPEATABLE = {"next", "input", "open", "exec", "eval", "pop", "popleft", "popitem", "read", "readline", "send"}
_NOTEBOOKS = ("ipykernel", "<ipython-input")


@dataclass
class Program:
    """The statements that computed a loss. names: the variables that they read, with their values."""

    run: Callable[[], Any]
    names: dict[str, Any]


def program_of(loss: Tensor, frame: FrameType) -> Program | None:
    """What in the source of a frame computed a loss; None where that is not to be found."""
    scope = {**frame.f_globals, **frame.f_locals}
    file = frame.f_code.co_filename
    tree = _parsed("".join(linecache.getlines(file, frame.f_globals)))
    if tree is None:
        return None
    given = _argument(tree, frame)
    if given is not None and not isinstance(given, ast.Name):
        return _program([], given, file, scope)
    name = next((name for name, value in scope.items() if value is loss), None)
    if name is None:
        return None
    blocks = [(file, [one for one in _statements(tree, frame) if (one.end_lineno or 0) < frame.f_lineno])]
    for other in reversed(list(linecache.cache)):
        if other != file and any(mark in other for mark in _NOTEBOOKS):
            cell = _parsed("".join(linecache.getlines(other)))
            blocks += [(other, cell.body)] if cell is not None else []
    for where, statements in blocks:
        found = _slice(name, statements, scope)
        if found:
            return _program(found, ast.Name(name, ast.Load()), where, scope)
    return None


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def _argument(tree: ast.Module, frame: FrameType) -> ast.expr | None:
    """The first argument of the call that the frame carries out."""
    span = span_of(frame)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _span(node) == span:
            return node.args[0]
    return None


def _span(node: ast.expr) -> Span:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def _statements(tree: ast.Module, frame: FrameType) -> list[ast.stmt]:
    """The simple statements of the frame's function, or of the file, in the order of the text."""
    body: list[ast.stmt] = tree.body
    code = frame.f_code
    if code.co_name != "<module>":
        body = next(
            (
                node.body
                for node in ast.walk(tree)
                if isinstance(node, ast.FunctionDef)
                and node.name == code.co_name
                and code.co_firstlineno in (node.lineno, *(one.lineno for one in node.decorator_list))
            ),
            [],
        )
    found: list[ast.stmt] = []
    waiting = list(reversed(body))
    while waiting:
        one = waiting.pop()
        if isinstance(one, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            continue
        inner = [*getattr(one, "body", []), *getattr(one, "orelse", []), *getattr(one, "finalbody", [])]
        if inner:
            waiting.extend(reversed(inner))
        else:
            found.append(one)
    return found


def _slice(name: str, statements: list[ast.stmt], scope: dict[str, Any]) -> list[ast.stmt]:
    """The last assignment to a name, before it those to the computed tensors that it reads, and so on."""
    wanted = {name}
    found: list[ast.stmt] = []
    for statement in reversed(statements):
        if isinstance(statement, ast.Assign):
            targets = {one.id for target in statement.targets for one in ast.walk(target) if isinstance(one, ast.Name)}
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            targets = {statement.target.id}
        else:
            continue
        if targets & wanted:
            found.append(statement)
            wanted -= targets
            read = {one.id for one in ast.walk(statement) if isinstance(one, ast.Name)} - targets
            values = {one: scope.get(one) for one in read}
            wanted |= {one for one, value in values.items() if isinstance(value, Tensor) and value.grad_fn is not None}
    return found[::-1]


def _program(statements: list[ast.stmt], result: ast.expr, file: str, scope: dict[str, Any]) -> Program | None:
    """The statements as a function; None where running them again may do something else."""
    nodes = [node for tree in (*statements, result) for node in ast.walk(tree)]
    for node in nodes:
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in _UNREPEATABLE:
                return None
        if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)):
            return None
    first = compile(ast.Module(list(statements), []), file, "exec")
    last = compile(ast.fix_missing_locations(ast.Expression(result)), file, "eval")
    read = {node.id for node in nodes if isinstance(node, ast.Name)}

    def run() -> Any:
        variables = dict(scope)
        with contextlib.redirect_stdout(io.StringIO()):
            exec(first, variables)
            return eval(last, variables)

    return Program(run, {name: scope[name] for name in read if name in scope})
