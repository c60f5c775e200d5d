"""Redirection: `import torch`, and everything below it, gives numpynet's modules under torch's names."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import re
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, ClassVar

LIBRARY = "torch"
OWN = "numpynet"


def own_name(name: str) -> str:
    """numpynet's module in the place of one of torch's."""
    return OWN + name.removeprefix(LIBRARY)


def torch_name(name: str) -> str:
    """torch's name of a module of numpynet; other names are left alone."""
    return LIBRARY + name.removeprefix(OWN) if name.partition(".")[0] == OWN else name


class Mirror(ModuleType):
    """A module of torch's name that has everything which numpynet's module of that place has.

    used: whether anything was taken from one.
    """

    used: ClassVar[bool] = False

    def __init__(self, name: str, module: ModuleType) -> None:
        super().__init__(name, module.__doc__)
        self.__dict__["_module"] = module

    def __getattr__(self, name: str) -> Any:
        module = self.__dict__["_module"]
        if name == "__all__":
            return getattr(module, name, [public for public in dir(module) if not public.startswith("_")])
        Mirror.used |= not name.startswith("__")
        try:
            return getattr(module, name)
        except AttributeError:
            words = f"numpynet has no {self.__name__}.{name}"
            raise AttributeError(words, name=name, obj=self) from None

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["_module"])


class Redirection(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds numpynet's modules for torch's names; ModuleNotFoundError where numpynet has no such module."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] != LIBRARY:
            return None
        try:
            found = importlib.util.find_spec(own_name(fullname)) is not None
        except ModuleNotFoundError:
            found = False
        if not found:
            raise ModuleNotFoundError(f"numpynet has no module {fullname}", name=fullname)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return Mirror(spec.name, importlib.import_module(own_name(spec.name)))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to do: numpynet's module is there already."""


def redirect() -> None:
    """From now on this process gets numpynet where it imports torch."""
    if LIBRARY in sys.modules:
        raise RuntimeError("torch was imported before its imports could be redirected")
    sys.meta_path.insert(0, Redirection())


def missing_name(error: BaseException) -> str | None:
    """torch's dotted name of what numpynet lacks, where the error says that it lacks something."""
    if isinstance(error, AttributeError):
        return _missing_attribute(error)
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] in (LIBRARY, OWN):
        found = re.match(r"cannot import name '(\w+)'", str(error))
        module = torch_name(error.name or "")
        return f"{module}.{found[1]}" if found else module
    return None


def _missing_attribute(error: AttributeError) -> str | None:
    owner, name = error.obj, error.name
    if name is None or owner is None:
        return None
    if isinstance(owner, ModuleType):
        module = owner.__name__
        return f"{torch_name(module)}.{name}" if module.partition(".")[0] in (LIBRARY, OWN) else None
    kind = owner if isinstance(owner, type) else type(owner)
    if kind.__module__.partition(".")[0] != OWN:
        return None
    return f"{kind.__name__}.{name}"
