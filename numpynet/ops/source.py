"""Source: the Python in which a formula is written, found again from the function, and what is shown of functions.

``help``, ``inspect.getsource`` and IPython's ``?`` and ``??`` show an operation's gradients beside its forward. They
look for source where ``__wrapped__`` leads, and in linecache for a file that is none; it is read only when asked for.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

Tree = ast.Lambda | ast.FunctionDef | None


def tree_of(function: Callable[..., Any]) -> Tree:
    """The syntax tree of a function or a lambda; None where its source is not to be had."""
    return _tree_of(function.__code__)


def text_of(function: Callable[..., Any]) -> str:
    """The expression of a lambda, or the whole of a function; nothing where the source is not to be had.

    >>> from numpynet.ops import tanh
    >>> text_of(tanh.gradients.x)
    'dy * (1 - y * y)'
    """
    tree = tree_of(function)
    if isinstance(tree, ast.Lambda):
        return ast.unparse(tree.body)
    try:
        return inspect.getsource(function).strip()
    except OSError:
        return ""


class Docstring(str):
    """A docstring of which more is shown than it says: all that show one begin by expanding its tabs (PEP 257)."""

    _shown: Callable[[], str]

    def __new__(cls, text: str | None, shown: Callable[[], str]) -> Docstring:
        docstring = super().__new__(cls, text or "")
        docstring._shown = shown
        return docstring

    def expandtabs(self, tabsize: Any = 8) -> str:
        return self._shown().expandtabs(tabsize)


def annotated(function: Any, remarks: Callable[[], str]) -> Any:
    """The function as its source is to be shown: with remarks below its last line. It is not for being called."""
    code = function.__code__

    def text() -> str:
        lines, first = inspect.getsourcelines(code)
        margin = " " * (len(lines[0]) - len(lines[0].lstrip()) + 4)
        noted = [f"{margin}# {line}".rstrip() for line in remarks().splitlines()]
        return "\n" * (first - 1) + "".join(lines).rstrip() + "\n\n" + "\n".join(noted) + "\n"

    file = f"{code.co_filename}: {code.co_name}"
    linecache.cache[file] = (text,)  # which linecache calls when it is asked for lines
    replaced = code.replace(co_filename=file)
    shown = FunctionType(replaced, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    for name in ("__doc__", "__module__", "__kwdefaults__", "__annotations__"):
        setattr(shown, name, getattr(function, name))
    return shown


@lru_cache(64)
def _file(name: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse("".join(linecache.getlines(name)))))


@lru_cache(1024)
def _tree_of(code: CodeType) -> Tree:
    parameters = list(code.co_varnames[: code.co_argcount])
    for node in _file(code.co_filename):
        if isinstance(node, ast.FunctionDef):
            lines = {node.lineno, *(one.lineno for one in node.decorator_list)}
            if node.name == code.co_name and code.co_firstlineno in lines:
                return node
        if isinstance(node, ast.Lambda) and code.co_name == "<lambda>" and node.lineno == code.co_firstlineno:
            names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            names |= {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
            if [one.arg for one in node.args.args] == parameters and set(code.co_names) <= names:
                return node
    return None
