"""Watching: which libraries a student's function calls while it answers, and what else it does besides computing.

An exercise is to write the gradient, not to have it computed. So calls are watched (`sys.setprofile`): a pass of
automatic differentiation is told from arithmetic. In the worker's process Python's audit events are heard too, which
no code can switch off: another process, a library loaded on the way, a look at the grader's own process.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

LIBRARIES = frozenset(["torch", "numpynet", "parity", "jax", "jaxlib", "autograd", "mygrad", "tensorflow", "tinygrad"])
DIFFERENTIATES = ("grad", "backward", "vjp", "jacobian", "jacrev", "jacfwd", "jvp", "differentiate", "autodiff")
AUTOGRAD, LIBRARY, DEED = "autograd", "library", "deed"

Seen = dict[str, str]  # the kind of what was seen, and the first of it in words


def _is_gradient(library: str, frame: FrameType | None, name: str) -> bool:
    """Whether a call into a library is one of differentiation."""
    words = name.lower()
    if library in ("numpynet", "parity"):
        module = "" if frame is None else str(frame.f_globals.get("__name__", ""))
        formula = module.startswith("numpynet.ops.") and frame is not None and "dy" in frame.f_code.co_varnames[:1]
        return formula or module == "numpynet.core.tape" or words in ("backward", "grad", "gradients")
    if words in ("no_grad", "set_grad_enabled", "requires_grad_", "inference_mode", "is_grad_enabled", "zero_grad"):
        return False
    if "set_grad_enabled" in words or "requires_grad" in words or "no_grad" in words:
        return False
    return any(one in words for one in DIFFERENTIATES)


class Watch:
    """Notes what is seen during calls.

    with_events: hears Python's audit events too, for as long as this process lives, and forbids those that reach for
    other processes. told: is given what was seen at once, so that it is known though the process may end.
    """

    def __init__(self, *, with_events: bool = False, told: Callable[[str, str], None] | None = None) -> None:
        self.seen: Seen = {}
        self.told = told or (lambda kind, what: None)
        self.is_calling = False
        if with_events:
            sys.addaudithook(self._event)

    def _note(self, kind: str, what: str) -> None:
        if kind not in self.seen:
            self.seen[kind] = what
            self.told(kind, what)

    @contextmanager
    def call(self) -> Iterator[Seen]:
        """Surrounds one call."""
        self.seen = {}
        before = sys.getprofile()
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)
        self.is_calling = True
        try:
            yield self.seen
        finally:
            self.is_calling = False
            sys.setprofile(before)
            threading.setprofile(before)

    def _profile(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            if not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
                return  # the body of a module or a class, while it is imported
            library = str(frame.f_globals.get("__name__", "")).partition(".")[0]
            if library in LIBRARIES and not self._is_ours(frame):
                self._library(library, frame, frame.f_code.co_name)
        elif event == "c_call":
            try:
                owner = getattr(argument, "__self__", None)
                module = argument.__module__ or (type(owner).__module__ if owner is not None else "")
                library = str(module).partition(".")[0]
                if library in LIBRARIES:
                    self._library(library, None, argument.__name__)
            except Exception:
                return

    @staticmethod
    def _is_ours(frame: FrameType) -> bool:
        return str(frame.f_globals.get("__name__", "")).startswith("parity.grade.")

    def _library(self, library: str, frame: FrameType | None, name: str) -> None:
        caller = frame.f_code.co_qualname if frame is not None and sys.version_info >= (3, 11) else name
        module = "" if frame is None else str(frame.f_globals.get("__name__", ""))
        if _is_gradient(library, frame, name) or module == "torch._ops":
            self._note(AUTOGRAD, f"{module or library}.{caller}")
        else:
            self._note(LIBRARY, f"{module or library}.{caller}")

    def _event(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook. What it raises, the deed raises."""
        if event in ("os.kill", "os.killpg", "ptrace"):
            self._note(DEED, f"it sends signals to other processes ({event})")
            raise PermissionError(f"{event} is not allowed while backward passes are graded")
        if event == "open" and arguments and isinstance(arguments[0], str):
            path = os.path.normpath(arguments[0])
            process = re.match(r"/proc/(\d+)/", path)
            if path.startswith(("/dev/tty", "/dev/pts")) or (process and int(process[1]) != os.getpid()):
                self._note(DEED, f"it reaches for another process ({path})")
                raise PermissionError(f"{path} is not to be opened while backward passes are graded")
        if not self.is_calling:
            return
        if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"):
            self._note(DEED, f"it starts another process ({event}), and what computes there is not seen")
        elif event == "sys.setprofile" and sys._getframe(1).f_globals.get("__name__") not in (__name__, "threading"):
            self._note(DEED, "it switches off the watching of its calls (sys.setprofile)")
        elif event == "import" and arguments[0].partition(".")[0] in LIBRARIES - {"parity"}:
            self._note(LIBRARY, f"import {arguments[0]}")
        elif event == "ctypes.dlopen":
            self._note(DEED, f"it loads machine code ({arguments[0]})")
