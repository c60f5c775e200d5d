"""CompileError: what cannot be compiled, and the line of the user's code where it stands."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import FrameType

SCOPE = "__scope__"  # by which rewritten code finds what it leads everything through
GLOBALS, CELLS = "__globals__", "__cells__"  # the function's own
_OWN = str(Path(__file__).resolve().parent.parent)


class CompileError(RuntimeError):
    """A step that cannot be compiled. The message names the line and the reason, and nothing was changed.

    >>> import numpynet
    >>> def step(x):
    ...     return 1.0 if x.sum().item() > 0 else 0.0
    >>> try:
    ...     numpynet.compile(step)(numpynet.ones(2))
    ... except numpynet.CompileError:
    ...     print("it asks for a value, which is not known while it is traced")
    it asks for a value, which is not known while it is traced
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)


def unknown() -> CompileError:
    """The error where Python needs values that are not known while a step is traced."""
    return CompileError(
        f"{here()}: the values of a tensor are needed by Python here, but a compiled step knows them only when it "
        f"runs: compute with tensors alone (where() in place of if), or do this outside the compiled step"
    )


def here() -> str:
    """The file, line and text of the innermost frame that is followed, else of that outside numpynet and NumPy."""
    own = (_OWN, str(Path(sys.modules["numpy"].__file__ or "").parent), "<string>")  # the last of what is made of text
    frame: FrameType | None = sys._getframe(1)
    found = None
    while frame is not None and SCOPE not in frame.f_globals:
        found = found or (None if frame.f_code.co_filename.startswith(own) else frame)
        frame = frame.f_back
    frame = frame or found or sys._getframe(1)
    code = frame.f_code
    text = linecache.getline(code.co_filename, frame.f_lineno, frame.f_globals).strip()
    return f"{code.co_filename}, line {frame.f_lineno}, in {code.co_name}{text and f': `{text}`'}"
