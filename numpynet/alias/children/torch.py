"""torch, in a process of the same environment as the program that started it: numpynet, as there."""

from __future__ import annotations

import atexit
import importlib.util
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT, STRICT = (
    "NUMPYNET_RUN",
    "NUMPYNET_RUN_STRICT",
)  # variables: sys.prefix, and what is set where none are given


def open_for_good() -> None:
    """Lets `import torch` find numpynet until the process ends; in another environment, what torch is there."""
    del sys.modules["torch"]
    sys.path[:] = [place for place in sys.path if Path(place or ".").resolve() != HERE]
    if os.environ.get(ENVIRONMENT) != sys.prefix:
        importlib.import_module("torch")
        return
    if importlib.util.find_spec("numpynet") is None:  # not installed: the program ran in a checkout
        sys.path.append(str(HERE.parents[2]))
    door = importlib.import_module("numpynet").as_torch(placeholders=STRICT not in os.environ)
    atexit.register(door.__exit__, None, None, None)
    door.__enter__()


if __name__ == "torch":
    open_for_good()
