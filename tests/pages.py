"""``python -m tests.pages FOLDER``: pages of all that is public, made of the docstrings by pdoc (``.[docs]``).

Docstrings are shown as they stand, in columns, since their formulas are no Markdown. Open index.html in FOLDER.
"""

from __future__ import annotations

import argparse
import html
import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pdoc
from markupsafe import Markup
from tqdm import tqdm

from numpynet.ops.form import Op
from numpynet.serialization.atomic_file import atomic_file
from tests.test_documentation import SPACES, public

PLACES = [*SPACES, "numpynet.ops"]


class Function(pdoc.doc.Function):
    """A function or operation with its own signature and docstring: pdoc looks at what is wrapped, their source."""

    decorators = ()  # which the pages leave out

    def __init__(self, modulename: str, qualname: str, func: Any, taken_from: tuple[str, str]) -> None:
        super().__init__(modulename, qualname, func, taken_from)
        if not isinstance(func, (classmethod, staticmethod)):
            self.obj = func


class Annotation(str):
    """An annotation as it is written. pdoc would evaluate it, and take a tensor's method for the type of that name."""

    __repr__ = str.__str__


def as_written(annotation: Any, *_: Any) -> Any:
    """The annotation of a parameter or a result, not evaluated."""
    return Annotation(annotation) if isinstance(annotation, str) else annotation


def page_of(place: str) -> pdoc.doc.Module:
    """What is public at a place, also what is only imported when it is asked for, as a module that pdoc can read."""
    module = importlib.import_module(place)
    page: Any = ModuleType(place, module.__doc__)
    names = public(module)
    if place == "numpynet.ops":  # also those that are no functions of numpynet's under this name
        names = sorted(name for name, member in vars(module).items() if isinstance(member, Op))
    members = {name: getattr(module, name) for name in names}
    page.__all__ = [name for name, member in members.items() if not isinstance(member, ModuleType)]
    vars(page).update((name, members[name]) for name in page.__all__)
    return pdoc.doc.Module(page)


def shown(docstring: str) -> Markup:
    """A docstring in its columns; `names` become code, which pdoc links."""
    text = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(docstring, quote=False))
    return Markup(f'<pre style="white-space: pre-wrap">{text}</pre>')


def write(folder: Path) -> None:
    """Writes the pages into a folder, which is made if need be; OSError where that cannot be."""
    pdoc.doc.Function = Function
    pdoc.doc.safe_eval_type = pdoc.doc_types.safe_eval_type = as_written
    pdoc.render.env.filters |= {"to_markdown": lambda text: text, "to_html": shown}
    pages = {place: page_of(place) for place in PLACES}
    texts = {"index.html": pdoc.render.html_index(pages)}
    for place, page in tqdm(pages.items(), unit="page", disable=not sys.stderr.isatty()):
        texts[f"{place.replace('.', '/')}.html"] = pdoc.render.html_module(page, pages)
    texts["search.js"] = pdoc.render.search_index(pages)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(folder / name) as file:
            file.write(text)


def main() -> int:
    """Runs the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.pages", description=__doc__)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
