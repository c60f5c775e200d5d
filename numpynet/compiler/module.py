"""Compiled modules: what `compile` makes of an `nn.Module`, and `Module.compile` of its forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpynet.compiler.compiled import CompiledStep
from numpynet.compiler.structures import tensors_in
from numpynet.compiler.trace import is_tracing
from numpynet.core import listening
from numpynet.core.modes import flags as grad_flags
from numpynet.nn.modules.module import Module


class CompiledForward:
    """A function of a module's, compiled for calls without gradients; with gradients it is called as it is.

    fullgraph: whether a CompileError is raised where it cannot be compiled; otherwise there is a warning.
    """

    without_gradients = is_compiled = True

    def __init__(self, module: Module, function: Callable[..., Any], fullgraph: bool) -> None:
        self._module, self.__wrapped__ = module, function
        self.step = CompiledStep(function, asked=fullgraph)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives."""
        if is_tracing():  # a step around it, of which it becomes a part
            return listening.call(self.__wrapped__, *args, **kwargs)
        given = (tensor.requires_grad for tensor in tensors_in(args))
        learned = (parameter.requires_grad for parameter in self._module.parameters())
        if kwargs or any(given) or (grad_flags.enabled and any(learned)):
            return self.__wrapped__(*args, **kwargs)
        return self.step(*args)


class OptimizedModule(Module):
    """A module around another, whose parameters, buffers, modes and parts it has; made by `compile`.

    Without gradients (`no_grad`, or where nothing requires one) its forward is a compiled program; with gradients it
    is the module's own, to be walked back as ever: to compile that too, compile the whole step. ``forward.step`` is
    the compiled step, with its `source` and its `report`.

    The names in its state_dict begin with "_orig_mod.", as torch's do; ``_orig_mod`` is the module itself.

    >>> import numpynet
    >>> from numpynet import nn
    >>> model = nn.Linear(2, 1)
    >>> compiled = numpynet.compile(model)
    >>> with numpynet.no_grad():
    ...     print(numpynet.equal(compiled(numpynet.ones(3, 2)), model(numpynet.ones(3, 2))))
    True
    >>> compiled.weight is model.weight
    True
    """

    _orig_mod: Module

    def __init__(self, mod: Module, fullgraph: bool = False) -> None:
        super().__init__()
        self._orig_mod = mod
        self._fullgraph = fullgraph
        self.forward = CompiledForward(mod, mod, fullgraph)  # type: ignore[method-assign]

    @property
    def training(self) -> bool:
        """The module's own mode."""
        return self._orig_mod.training

    @training.setter
    def training(self, mode: bool) -> None:
        self._orig_mod.training = mode

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":  # which is not there before it is made
            raise AttributeError(name)
        return getattr(self._orig_mod, name)

    def __len__(self) -> int:
        return len(self._orig_mod)  # type: ignore[arg-type]

    def __reduce__(self) -> Any:
        return OptimizedModule, (self._orig_mod, self._fullgraph)
