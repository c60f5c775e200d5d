"""The house: every file of numpynet stands in a room, and imports lead one way. Imports inside functions count."""

import ast
import importlib
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import numpynet

ROOT = Path(numpynet.__file__).parent
# The list of names, the command, what stands above several rooms, and what torch has at these places.
LOOSE = {"__config__", "__init__", "__main__", "methods", "types", "version"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def imported(text: str, modules: set[str]) -> set[str]:
    """The modules that a source imports, but for what only type checkers see."""
    tree = ast.parse(text)
    unseen = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in modules else node.module)
    return found & modules


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of nodes that reach each other."""

    @cache
    def reached(start: str) -> frozenset[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for further in graph[waiting.pop()] - seen:
                seen.add(further)
                waiting.append(further)
        return frozenset(seen)

    found = {tuple(sorted(other for other in reached(one) if one in reached(other))) for one in graph}
    return [list(group) for group in found if len(group) > 1]


FILES = {name: imported(path.read_text(), set(MODULES)) - {name} for name, path in MODULES.items()}


def room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def rooms() -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {room(name): set() for name in FILES}
    for name, others in FILES.items():
        graph[room(name)] |= {room(other) for other in others} - {room(name)}
    return graph


def test_no_circle_of_imports_among_rooms():
    assert circles(rooms()) == []


def test_no_circle_of_imports_among_files():
    """A package's own list of names stands above its files, and may be imported by none of them."""
    inside = {name: {other for other in others if not name.startswith(f"{other}.")} for name, others in FILES.items()}
    assert circles(inside) == []


def test_every_file_has_a_room():
    assert {path.stem for path in ROOT.glob("*.py")} == LOOSE


def test_ops_know_nobody():
    """The mathematics can be read alone."""
    outside = {name: others for name, others in FILES.items() if room(name) == "numpynet.ops"}
    assert {other for others in outside.values() for other in others if room(other) != "numpynet.ops"} == set()


@pytest.mark.parametrize("place", ["nn", "nn.functional", "nn.modules", "nn.utils"])
def test_no_file_has_the_name_of_what_its_room_imports_when_asked(place):
    """Python would put the file, once it is imported, in the place of the function."""
    folder = importlib.import_module(f"numpynet.{place}")
    files = {path.stem for path in Path(folder.__file__).parent.iterdir()}
    assert [name for name in files & set(dir(folder)) if not isinstance(getattr(folder, name), ModuleType)] == []


def test_every_room_says_what_belongs_there():
    for name, path in MODULES.items():
        assert ast.get_docstring(ast.parse(path.read_text())), f"{name} has no docstring"


@pytest.mark.parametrize(
    "text", ["import a.b", "from a import b", "def f():\n    from a.b import c", "from a.b import *"]
)
def test_an_import_is_seen_wherever_it_stands(text):
    assert imported(text, {"a", "a.b"}) == {"a.b"}


def test_a_circle_is_found_and_types_are_none():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert imported("if TYPE_CHECKING:\n    import a", {"a"}) == set()
