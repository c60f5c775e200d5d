"""Remote: the student's functions in a process of their own, called from here.

What comes from there are messages of `plain`: arrays to be judged, never code. A call that takes too long, ends the
process or answers with something else ends that process, and is one more thing to report.
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from parity import child_process
from parity.grade.calling import Outcome
from parity.grade.literal import argument
from parity.grade.plain import pack, unpack
from parity.grade.solutions import Solver

START_LIMIT = 60.0  # seconds for the process to start
IMPORT_LIMIT = 30.0  # seconds that importing a file may take, at least: it may import torch
LARGEST = 2**29  # bytes of a message
CALLS_LIMIT = 12  # a function may take this many time limits in all


class Refused(Exception):
    """A file that cannot be graded at all."""


class Ended(Exception):
    """The process had to be ended, or ended itself. kind: "hang", "slow" or "process ended"."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Worker:
    """The process with a student's file. solvers: what is in it."""

    def __init__(self, file: Path, *, time_limit: float, memory_limit: int) -> None:
        self.time_limit = time_limit
        self.seen: dict[str, str] = {}
        key = secrets.token_bytes(16)
        with Listener(authkey=key) as listener:
            self.process = child_process.start(
                "parity.grade.worker",
                [str(listener.address), key.hex(), str(file.resolve()), "--memory", str(memory_limit)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                environment={"PYTHONDONTWRITEBYTECODE": "1"},
            )
            try:
                self.connection = self._accept(listener)
            except BaseException:
                child_process.end(self.process)
                raise
        try:
            self.solvers = self._import()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process."""
        child_process.end(self.process)
        self.connection.close()

    def _accept(self, listener: Listener) -> Connection:
        accepted: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def accept() -> None:
            try:
                accepted.put(listener.accept())
            except Exception as error:
                accepted.put(error)

        threading.Thread(target=accept, daemon=True).start()
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(queue.Empty):
                found = accepted.get(timeout=0.2)
                if not isinstance(found, Exception):
                    return found
                break
        raise Refused("no process could be started for it")

    def _import(self) -> list[Solver]:
        limit = max(self.time_limit, IMPORT_LIMIT)
        while True:
            try:
                message = self.next(limit)
            except Ended as ended:
                how = f"took longer than {limit:g} s" if ended.kind == "hang" else str(ended)
                raise Refused(f"importing it {how}") from None
            if message["event"] == "refused":
                raise Refused(str(message["reason"]))
            if message["event"] == "found":
                try:
                    return [Solver.from_dict(one) for one in message["solvers"]]
                except (TypeError, KeyError) as error:
                    raise Refused(f"importing it left a process that answers nonsense: {error}") from None

    def next(self, limit: float) -> dict[str, Any]:
        """The next message; Ended where there is none within `limit` seconds, or nothing that is one."""
        try:
            if not self.connection.poll(limit):
                raise Ended("hang", f"It did not return within {limit:g} s: an endless loop?")
            message = unpack(self.connection.recv_bytes(LARGEST))
        except (EOFError, OSError):
            raise Ended("process ended", f"ended the process ({self._how()})") from None
        except ValueError:
            raise Ended("process ended", "broke the process, which answers nonsense") from None
        if not isinstance(message, dict) or "event" not in message:
            raise Ended("process ended", "broke the process, which answers nonsense")
        return message

    def _how(self) -> str:
        try:
            code = self.process.wait(2.0)
        except subprocess.TimeoutExpired:
            return "its connection was closed"
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


class Remote:
    """One function of a worker. inputs: those of the last call, in words."""

    def __init__(self, worker: Worker, number: int) -> None:
        self.worker = worker
        self.number = number
        self.solver = worker.solvers[number]
        self.spent = 0.0
        self.inputs = ""

    def call(self, positional: Sequence[Any], keywords: Mapping[str, Any]) -> Outcome:
        """One call; Ended where nothing comes of it."""
        start = time.monotonic()
        self.inputs = self._in_words(positional, keywords)
        seen: dict[str, str] = {}
        try:
            self.worker.connection.send_bytes(pack([self.number, list(positional), dict(keywords)]))
        except OSError:
            raise Ended("process ended", f"ended the process ({self.worker._how()})") from None
        while True:
            left = self.worker.time_limit - (time.monotonic() - start)
            try:
                message = self.worker.next(max(left, 0.0))
            except Ended as ended:
                if ended.kind == "hang":
                    doing = next((f"it had come to {one}" for one in seen.values()), "an endless loop?")
                    raise Ended("hang", f"It did not return within {self.worker.time_limit:g} s: {doing}") from None
                raise
            if message["event"] == "seen":
                seen.setdefault(str(message["kind"]), str(message["what"]))
            elif message["event"] == "answer":
                break
        self.spent += time.monotonic() - start
        if self.spent > CALLS_LIMIT * self.worker.time_limit:
            raise Ended("slow", f"Its calls on small arrays took {self.spent:.0f} s together: too slow to be searched.")
        symptom = message.get("symptom")
        known = symptom if isinstance(symptom, str) else None
        return Outcome(message.get("result"), known, str(message.get("text", "")), message.get("after"), seen)

    def _in_words(self, positional: Sequence[Any], keywords: Mapping[str, Any]) -> str:
        names = [one.name for one in self.solver.parameters]
        given = {**dict(zip(names, positional, strict=False)), **keywords}
        return ", ".join(f"{name} = {argument(value)}" for name, value in given.items())
