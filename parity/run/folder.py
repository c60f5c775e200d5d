"""Folders: each run has its own copy of the user's files, so that none sees what another writes.

Below a folder of the run's own, its root, the path to the user's files is built again: /home/me/lesson becomes
ROOT/home/me/lesson. The file's folder and the one to work in are copied with all that they hold; what lies beside their
path is linked, so that ../data is found, too. What is too much to be copied is linked as well. Whoever writes into what
is linked, or names another place, writes where the other runs do: `tell_of_shared_files` says so.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FILES, BYTES = 2_000, 64 * 2**20  # that are copied for each run
NOT_COUNTED = ("__pycache__",)  # neither copied nor looked at, like hidden folders


@dataclass
class Plan:
    """What is made anew, copied and linked, by absolute paths. too_much: what is linked for its size or number."""

    folders: list[Path] = field(default_factory=list)
    copies: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)
    too_much: list[Path] = field(default_factory=list)


def plan(file: Path, working: Path) -> Plan:
    """How to copy the folders of the user's file and of the work. Both are absolute, without symbolic links."""
    made = Plan(copies=[file])
    waiting, seen = deque([file.parent, working]), {file}
    on_the_way = {file.parent, working, *file.parents, *working.parents}
    files, size = FILES, BYTES
    while waiting:
        folder = waiting.popleft()
        if folder in seen:
            continue
        seen.add(folder)
        entries = _entries(folder)
        files -= 1
        if len(entries) > files and folder not in on_the_way:
            made.too_much.append(folder)
            continue
        made.folders.append(folder)
        for entry in sorted(entries, key=_size):  # so that large files do not keep small ones out
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                if path in on_the_way or not _is_left_out(path):
                    waiting.append(path)
                elif entry.name not in NOT_COUNTED:
                    made.links.append(path)
            elif path in seen:
                continue
            elif not entry.is_file(follow_symlinks=False) or not os.access(path, os.R_OK):
                made.links.append(path)
            elif files > 0 and _size(entry) <= size:
                files, size = files - 1, size - _size(entry)
                made.copies.append(path)
            else:
                made.too_much.append(path)
    _link_what_lies_beside(made)
    return made


def _link_what_lies_beside(made: Plan) -> None:
    """Adds to the links whatever the folders above those that are copied hold."""
    above = {parent for folder in made.folders for parent in folder.parents}.difference(made.folders)
    for folder in above:
        paths = (folder / entry.name for entry in _entries(folder))
        made.links += [path for path in paths if path not in above and path not in made.folders]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:  # a folder that may be passed through, but not listed
        return []


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def _is_left_out(folder: Path) -> bool:
    """Folders of tools, such as .git, virtual environments, and other file systems, such as /proc."""
    hidden = folder.name.startswith(".") or folder.name in NOT_COUNTED
    return hidden or (folder / "pyvenv.cfg").exists() or os.path.ismount(folder)


def tell_of_shared_files(own: Path, tell: Callable[[str], None]) -> None:
    """Calls `tell`, once for each, with the files outside its own folder that this process from now on writes.

    Devices do not count, nor what programs keep in hidden folders for themselves.
    """
    told: set[str] = set()

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], (str, bytes)) or not arguments[2] & WRITING:
            return
        path = os.path.realpath(os.fsdecode(arguments[0]))
        counts = not any(part.startswith(".") or part in NOT_COUNTED for part in Path(path).parts)
        if counts and path not in told and not path.startswith("/dev/") and not Path(path).is_relative_to(own):
            told.add(path)
            tell(path)

    sys.addaudithook(look)


class Copy:
    """A run's own copy, as planned, below its root."""

    def __init__(self, plan: Plan, root: Path) -> None:
        self.root = root
        for folder in plan.folders:
            self.inside(folder).mkdir(parents=True, exist_ok=True)
        for path in plan.copies:
            with contextlib.suppress(FileNotFoundError):  # it is gone since
                shutil.copy2(path, self.inside(path))
        for path in [*plan.links, *plan.too_much]:
            if not root.is_relative_to(path):  # the temporary files that this is one of
                self._link(path)
        self._before = dict(self._files())

    def inside(self, path: Path) -> Path:
        """Where the copy of an absolute path is."""
        return self.root / path.relative_to(path.anchor)

    def _link(self, path: Path) -> None:
        target = self.inside(path)
        if path.is_symlink() and not os.path.isabs(os.readlink(path)):
            target.symlink_to(os.readlink(path))  # to a copy, if there is one
        else:
            target.symlink_to(path)

    def changed(self) -> Iterator[tuple[Path, Path | None]]:
        """Each file that was written or removed since: its path as the user would name it, and in the copy if it is."""
        now = dict(self._files())
        for path in sorted(self._before.keys() | now.keys()):
            if self._before.get(path) != now.get(path):
                yield Path(path.anchor or "/") / path.relative_to(self.root), path if path in now else None

    def _files(self) -> Iterator[tuple[Path, tuple[int, int]]]:
        """Each file in the copy, with what changes when it is written."""
        for folder, folders, names in os.walk(self.root):
            folders[:] = [one for one in folders if not one.startswith(".") and one not in NOT_COUNTED]
            for path in (Path(folder) / name for name in names):
                if not path.is_symlink() and path.is_file():
                    status = path.stat()
                    yield path, (status.st_mtime_ns, status.st_size)
