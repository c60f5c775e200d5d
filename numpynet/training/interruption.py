"""Ctrl-C: held back while a step is being applied, so that it happens whole or not at all."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any


class InterruptGuard:
    """A context inside which Ctrl-C (SIGINT) waits from `hold` to `release`, and acts at once elsewhere.

    What Ctrl-C does is left as it was set up: as a rule it raises KeyboardInterrupt. A second one while the
    first waits is not held back, lest an update that hangs could not be stopped. Outside the main thread, where
    Python delivers no signals, and where SIGINT is ignored or handled by the system, this does nothing.
    """

    def __init__(self) -> None:
        self._held = False
        self._waiting = False
        self._previous: Any = None

    def __enter__(self) -> InterruptGuard:
        if threading.current_thread() is threading.main_thread():
            previous = signal.getsignal(signal.SIGINT)
            if callable(previous):
                self._previous = previous
                signal.signal(signal.SIGINT, self._receive)
        return self

    def __exit__(self, *error: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
        self.release()

    def hold(self) -> None:
        """From here on Ctrl-C waits."""
        self._held = True

    def release(self) -> None:
        """Ctrl-C acts again, and the one that waited acts now."""
        self._held = False
        if self._waiting:
            self._waiting = False
            self._previous(signal.SIGINT, None)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._held and not self._waiting:
            self._waiting = True
        else:
            self._waiting = False
            self._previous(number, frame)
