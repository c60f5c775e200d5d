"""Running: the user's file in processes of their own, side by side, each in its own copy of the user's folder."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parity import child_process
from parity.run.child import Task
from parity.run.comparison import Line
from parity.run.folder import Copy, Plan, plan
from parity.run.written import lines_of

INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Run:
    """What to run a file with: a library, and variables of its environment."""

    library: str
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Ran:
    """One library's run.

    lines: what was printed. written: the files that were written or removed, by name, as lines; none where the run was
    stopped. shared: files that it wrote outside its own folder.
    end: how it ended; empty when all went well, None when the process was ended from outside: `stopped` says how, in
    words. cut: whether it was stopped by us, and would have printed more.
    uses_torch: whether it took anything from torch, as numpynet's run knows. imports_numpynet: as torch's run knows.
    """

    library: str
    lines: list[Line] = field(default_factory=list)
    written: dict[str, list[Line]] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)
    end: dict[str, Any] | None = None
    seconds: float = 0.0
    stopped: str = ""
    cut: bool = False
    uses_torch: bool = True
    imports_numpynet: bool = False

    @property
    def went_well(self) -> bool:
        """Whether the file ran to its end."""
        return self.end == {}

    @property
    def was_interrupted(self) -> bool:
        """Whether Ctrl-C stopped it."""
        return self.cut and self.stopped == INTERRUPTED

    def trouble(self) -> str:
        """What went wrong, in words."""
        if self.end is None:
            return f"{self.library}: {self.stopped}"
        place = f"{self.end['place']}: " if self.end.get("place") else ""
        missing = self.end.get("missing")
        lacks = f"numpynet lacks {missing}. " if missing and self.library == "numpynet" else ""
        return f"{self.library}: {place}{lacks}{self.end['type']}: {self.end['message']}"


class Runs:
    """A file to be run in several ways, its folder copied for each.

    path: a script, which runs in the current folder as under Python, or a notebook, which runs in its own.
    """

    def __init__(self, path: Path, seed: int, arguments: Sequence[str] = ()) -> None:
        self.file = path.resolve()
        self.seed = seed
        self.arguments = list(arguments)
        self.working = self.file.parent if path.suffix == ".ipynb" else Path.cwd()
        self.plan: Plan = plan(self.file, self.working)

    def together(self, runs: Sequence[Run], timeout: float) -> list[Ran]:
        """Runs the file side by side. After Ctrl-C, and when time is up, returns what was printed until then."""
        processes: list[_Process] = []
        with tempfile.TemporaryDirectory(prefix="parity-", ignore_cleanup_errors=True) as directory:
            try:
                for number, run in enumerate(runs):
                    processes.append(_Process(run, self, Path(directory).resolve() / str(number)))
                deadline = time.monotonic() + timeout
                for one in processes:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        one.process.wait(max(0.0, deadline - time.monotonic()))
                reason = f"stopped after {timeout:g} s (--timeout)"
            except KeyboardInterrupt:
                if len(processes) < len(runs):
                    raise
                reason = INTERRUPTED
            finally:
                for one in processes:
                    one.cut = one.process.poll() is None
                    child_process.end(one.process)
            return [one.result(reason) for one in processes]


class _Process:
    """A child that runs the file with one library.

    own: a folder for it alone, with the copy of the user's files, temporary files, and what is said of the run.
    """

    def __init__(self, run: Run, runs: Runs, own: Path) -> None:
        self.library = run.library
        self.working = runs.working
        self.cut = False
        self.temporary = own / "temporary"
        self.temporary.mkdir(parents=True)
        self.copy = Copy(runs.plan, own / "files")
        self.report, self.errors = own / "report", own / "errors"
        file = str(self.copy.inside(runs.file))
        task = Task(file, run.library, runs.seed, runs.arguments, str(own), str(self.report))
        with self.errors.open("wb") as errors:
            self.process = child_process.start(
                "parity.run.child",
                [task.as_argument()],
                stdout=subprocess.DEVNULL,
                stderr=errors,
                folder=self.copy.inside(self.working),
                environment={
                    "MPLBACKEND": "Agg",  # no window
                    "OMP_NUM_THREADS": "1",
                    "OPENBLAS_NUM_THREADS": "1",
                    "PYTHONIOENCODING": "utf-8",
                    **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.temporary)),
                    **run.environment,
                },
            )

    def result(self, reason: str) -> Ran:
        """What it did. reason: why it was stopped, if it was."""
        ran = Ran(self.library, cut=self.cut)
        if self.cut:
            ran.stopped = reason
        elif self.process.returncode:
            ran.stopped = f"the process ended with code {self.process.returncode}: {self._last_words()}"
        written = self.report.read_text(encoding="utf-8").splitlines() if self.report.exists() else []
        for row in written:
            try:
                content = json.loads(row)
            except ValueError:
                break  # the process was ended in the middle of it
            if "text" in content:
                ran.lines.append(Line(content["place"], self._in_place(content["text"])))
            elif "shared" in content:
                ran.shared.append(content["shared"])
            else:
                ran.end, ran.seconds = content["end"], content["seconds"]
                ran.uses_torch, ran.imports_numpynet = content["uses torch"], content["imports numpynet"]
        if ran.end:
            ran.end["message"] = self._in_place(ran.end["message"])
        if not self.cut:
            ran.written = dict(self._written())
        return ran

    def _written(self) -> Iterator[tuple[str, list[Line]]]:
        for path, copy in self.copy.changed():
            name = os.path.relpath(path, self.working)
            lines = [Line(name, "was removed")] if copy is None else lines_of(copy, name)
            yield name, [Line(line.place, self._in_place(line.text)) for line in lines]

    def _in_place(self, text: str) -> str:
        """A text with paths as they would be without the copy."""
        return text.replace(str(self.copy.root), "").replace(str(self.temporary), tempfile.gettempdir())

    def _last_words(self) -> str:
        lines = self.errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return self._in_place(lines[-1]) if lines else "it left no message"
