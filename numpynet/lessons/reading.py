"""Reading: lessons from their files, and scripts and notebooks made of them.

A lesson is written as Markdown with pieces of Python. A piece headed `exercise` has ... in it for the reader to fill
in; what answers it and what mistakes look like stands in pieces headed `answer` and `wrong`, which only tests read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpynet.serialization.atomic_file import atomic_file

_PIECE = re.compile(r"^```python(?: (exercise|answer|wrong)(?:: ([^\n]*))?)?\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Part:
    """One part of a lesson.

    kind: "text", "code", "exercise", "answer" or "wrong". hint: what a wrong answer is told.

    >>> from numpynet.lessons import lesson
    >>> lesson(3).parts[0].kind
    'text'
    """

    kind: str
    text: str
    hint: str = ""


@dataclass(frozen=True)
class Lesson:
    """A lesson: its number, its title and its parts.

    >>> from numpynet.lessons import lesson
    >>> lesson(3).title
    'A value used twice'
    """

    number: int
    title: str
    parts: tuple[Part, ...]

    @property
    def shown(self) -> list[Part]:
        """What the reader gets."""
        return [part for part in self.parts if part.kind in ("text", "code", "exercise")]

    def script(self) -> str:
        """The lesson as a script: its text as comments, and cells as editors know them.

        >>> from numpynet.lessons import lesson
        >>> print(lesson(2).script()[:30])
        # %% [markdown]
        # # 2. A chain
        """
        cells = []
        for part in self.shown:
            if part.kind == "text":
                cells.append("# %% [markdown]\n" + "\n".join(f"# {line}".rstrip() for line in part.text.splitlines()))
            else:
                cells.append("# %%\n" + part.text)
        return "\n\n".join(cells) + "\n"

    def notebook(self) -> str:
        """The lesson as a Jupyter notebook.

        >>> import json
        >>> from numpynet.lessons import lesson
        >>> json.loads(lesson(2).notebook())["cells"][0]["source"][0]
        '# 2. A chain\\n'
        """
        cells: list[dict[str, Any]] = []
        for place, part in enumerate(self.shown):
            cell: dict[str, Any] = {
                "id": f"part-{place}",
                "metadata": {},
                "source": part.text.splitlines(keepends=True),
            }
            code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
            cells.append({**({"cell_type": "markdown"} if part.kind == "text" else code), **cell})
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"

    def copy(self, folder: str | Path = ".") -> list[Path]:
        """Writes script and notebook into a folder, and returns their paths.

        FileExistsError where one of them is there, which may hold somebody's work.

        >>> import tempfile
        >>> from numpynet.lessons import lesson
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in lesson(3).copy(folder)]
        ['lesson_03.py', 'lesson_03.ipynb']
        """
        texts = {Path(folder) / f"lesson_{self.number:02}.{ending}": text for ending, text in self._files().items()}
        for path in texts:
            if path.exists():
                raise FileExistsError(f"{path} is there already: move it away, or copy the lesson to another folder")
        for path, text in texts.items():
            with atomic_file(path) as file:
                file.write(text)
        return list(texts)

    def _files(self) -> dict[str, str]:
        return {"py": self.script(), "ipynb": self.notebook()}


def lessons() -> list[Lesson]:
    """All lessons, in their order.

    >>> from numpynet.lessons import lessons
    >>> [lesson.number for lesson in lessons()]
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    """
    return [_read(path) for path in sorted(Path(__file__).parent.glob("*.md"))]


def lesson(number: int) -> Lesson:
    """The lesson of that number; ValueError where there is none.

    >>> from numpynet.lessons import lesson
    >>> lesson(4).title
    'Broadcasting forward, sums backward'
    """
    for one in lessons():
        if one.number == number:
            return one
    raise ValueError(f"there is no lesson {number}: they are numbered from 1 to {len(lessons())}")


def _read(path: Path) -> Lesson:
    text = path.read_text(encoding="utf-8")
    parts: list[Part] = []
    end = 0
    for piece in _PIECE.finditer(text):
        if before := text[end : piece.start()].strip():
            parts.append(Part("text", before))
        parts.append(Part(piece[1] or "code", piece[3].rstrip("\n"), piece[2] or ""))
        end = piece.end()
    if after := text[end:].strip():
        parts.append(Part("text", after))
    title = text.split("\n", 1)[0].lstrip("# ").partition(". ")[2]
    return Lesson(int(path.stem.split("_")[0]), title, tuple(parts))
