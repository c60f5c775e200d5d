"""Names: which of the torch names that a text mentions numpynet does not have. Found by reading, not by running."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from parity.run.redirection import LIBRARY, own_name
from parity.run.source import Source


def missing_names(source: Source) -> dict[str, list[str]]:
    """torch's dotted names that numpynet lacks, each with the places that mention it."""
    found: dict[str, list[str]] = {}
    aliases: dict[str, str] = {}  # the name in the text -> torch's dotted name
    for piece in source.pieces:
        try:
            tree = ast.parse(piece.text)
        except (SyntaxError, ValueError):
            continue  # running it will tell
        for node in ast.walk(tree):
            for name, bound in _imported(node):
                aliases[bound] = name if bound != LIBRARY else LIBRARY
                _note(found, name, piece.place(node.lineno))  # type: ignore[attr-defined]
        for node in ast.walk(tree):
            dotted = _dotted(node, aliases)
            if dotted is not None:
                _note(found, dotted, piece.place(node.lineno))  # type: ignore[attr-defined]
    return found


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(torch's dotted name, the name it is bound to) for every name of torch that a statement imports."""
    if isinstance(node, ast.Import):
        for one in node.names:
            if one.name.partition(".")[0] == LIBRARY:
                yield one.name, one.asname or LIBRARY
    elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == LIBRARY and not node.level:
        for one in node.names:
            if one.name != "*":
                yield f"{node.module}.{one.name}", one.asname or one.name


def _dotted(node: ast.AST, aliases: dict[str, str]) -> str | None:
    """torch's dotted name of an expression like nn.functional.relu, if it is one."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name) and node.id in aliases and parts:
        return ".".join([aliases[node.id], *reversed(parts)])
    return None


def _note(found: dict[str, list[str]], name: str, place: str) -> None:
    lacking = _first_missing(name)
    if lacking is not None and place not in found.setdefault(lacking, []):
        found[lacking].append(place)


def _first_missing(name: str) -> str | None:
    """The shortest beginning of a dotted name that numpynet does not have; beyond modules nothing is looked up."""
    _, *parts = name.split(".")
    module: Any = importlib.import_module(own_name(LIBRARY))
    for count, part in enumerate(parts, 1):
        if not isinstance(module, ModuleType):
            return None
        if hasattr(module, part):
            module = getattr(module, part)
            continue
        try:
            module = importlib.import_module(f"{module.__name__}.{part}")
        except ModuleNotFoundError:
            return ".".join([LIBRARY, *parts[:count]])
    return None
