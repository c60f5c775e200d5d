"""as_torch: `import torch` finds numpynet, in one process and for as long as it is wanted."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpynet
from numpynet.alias.missing import MissingModule
from numpynet.core.absence import is_home
from numpynet.core.torch_names import MODULES
from numpynet.version import __version__

OURS, THEIRS = "numpynet", "torch"
SAFETENSORS = "safetensors.torch"  # which is torch's side of that package


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds torch's modules in numpynet, and where `placeholders` are wanted those that it has not."""

    def __init__(self, placeholders: bool) -> None:
        self.placeholders = placeholders
        self.specs: dict[str, ModuleSpec | None] = {}  # of numpynet's modules, which the import system would replace
        self.made: list[str] = []

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """The spec of a module of torch's; None for any other's."""
        room, _, rest = fullname.partition(".")
        if fullname == SAFETENSORS:
            return ModuleSpec(fullname, self)
        if room == THEIRS and (self._ours(rest) is not None or self._may_be_missing(fullname)):
            return ModuleSpec(fullname, self)
        if room == OURS and self._may_be_missing(fullname) and not _exists(fullname, path):
            return ModuleSpec(fullname, self)  # what `from torch import name` asks for where there is no such name
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module of numpynet, or a placeholder."""
        room, _, rest = spec.name.partition(".")
        if spec.name == SAFETENSORS:
            room, rest = THEIRS, "safetensors"
        module = self._ours(rest) if room == THEIRS else None
        if module is not None:
            self.specs[spec.name] = module.__spec__
            return module
        return MissingModule(spec.name.replace(OURS, THEIRS, 1))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing has to be run: numpynet's modules have been imported, as themselves."""
        spec = module.__spec__
        assert spec is not None
        self.made.append(spec.name)
        if spec.name in self.specs:
            module.__spec__ = self.specs[spec.name]

    def find_distributions(self, context: Any = None) -> Iterable[importlib.metadata.Distribution]:
        """What libraries ask for torch's version by."""
        if getattr(context, "name", None) == THEIRS:
            yield _Distribution()

    def forget(self) -> None:
        """Takes every module out of the way again."""
        for name in self.made:
            module = sys.modules.pop(name, None)
            parent, _, last = name.rpartition(".")
            holder = sys.modules.get(parent.replace(THEIRS, OURS, 1))
            if isinstance(module, MissingModule) and holder is not None:
                vars(holder).pop(last, None)

    def _ours(self, rest: str) -> ModuleType | None:
        """numpynet's module of torch's name, imported."""
        name = f"{OURS}.{rest}" if rest else OURS
        parent = name.rpartition(".")[0]
        if parent and (parent not in sys.modules or not _exists(name, getattr(sys.modules[parent], "__path__", None))):
            found = sys.modules.get(name)
            return found if isinstance(found, ModuleType) and not isinstance(found, MissingModule) else None
        return importlib.import_module(name)

    def _may_be_missing(self, fullname: str) -> bool:
        last = fullname.rpartition(".")[2]
        return self.placeholders and not last.startswith("__")


class _Distribution(importlib.metadata.Distribution):
    """torch, as far as its version goes."""

    def read_text(self, filename: str) -> str | None:
        """Its metadata."""
        if filename != "METADATA":
            return None
        return f"Metadata-Version: 2.1\nName: {THEIRS}\nVersion: {__version__}\n"

    def locate_file(self, path: Any) -> Any:
        """It has no files."""
        return path


def _exists(name: str, path: Sequence[str] | None) -> bool:
    """Whether numpynet has a module of that name, as a file or as the home of names that it keeps elsewhere."""
    from importlib.machinery import PathFinder

    return path is not None and (PathFinder.find_spec(name, path) is not None or is_home(name))


@contextmanager
def as_torch(placeholders: bool = True) -> Iterator[ModuleType]:
    """Lets ``import torch`` and ``import torch.nn`` find numpynet, in this process, until the context ends.

    placeholders: names of torch that numpynet lacks can be imported by ``import`` and ``from``, so that a library that
        needs them somewhere else can be used; they raise NotImplementedError when they are called. ``hasattr`` tells
        of them that they are not there. False makes such imports an ImportError.

    What is imported inside keeps what it has imported; ``import torch`` is afterwards what it was before. RuntimeError
    where torch itself has been imported: start a new process, or write ``python -m numpynet run script.py``.

    >>> import numpynet
    >>> with numpynet.as_torch():  # doctest: +SKIP
    ...     import torch
    ...     from torch.nn import functional as F
    >>> torch is numpynet, F is numpynet.nn.functional  # doctest: +SKIP
    (True, True)
    """
    present = sys.modules.get(THEIRS)
    if present is not None and present is not numpynet:
        raise RuntimeError(
            "as_torch: torch has been imported already, and cannot be another in this process: start a new one, or run "
            "the script by `python -m numpynet run script.py`"
        )
    if present is numpynet:  # inside of another
        yield numpynet
        return
    finder = _Finder(placeholders)
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module(THEIRS)
        for room, names in MODULES.items() if placeholders else ():
            for name in names.split():
                importlib.import_module(".".join(filter(None, (THEIRS, room, name))))
        if placeholders:  # what libraries tell torch of themselves
            importlib.import_module("torch._C")._log_api_usage_once = lambda *event: None  # type: ignore[attr-defined]
        yield numpynet
    finally:
        sys.meta_path.remove(finder)
        finder.forget()
