"""parametrize: a parameter that is computed, at each use, from others that are learned.

``register_parametrization(module, "weight", f)`` makes ``module.weight`` the result of ``f(original)``. What is learned
is ``module.parametrizations.weight.original``; assigning to ``module.weight`` assigns ``f.right_inverse(value)`` to it.
"""

from __future__ import annotations

import copyreg
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from typing import Any

from numpynet.core import epoch
from numpynet.core.modes import no_grad
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.container import ModuleDict, ModuleList
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "type_before_parametrizations",
]

_caching: list[dict[tuple[int, str], Tensor]] = []  # one for each block of cached() that is open


@contextmanager
def cached() -> Iterator[None]:
    """Within it each parametrized tensor is computed once.

    >>> import numpynet
    >>> from numpynet import nn
    >>> from numpynet.nn.utils.parametrize import cached, register_parametrization
    >>> layer = register_parametrization(nn.Linear(1, 1), "weight", nn.Tanh())
    >>> with cached():
    ...     layer.weight is layer.weight
    True
    """
    _caching.append(_caching[0] if _caching else {})
    try:
        yield
    finally:
        _caching.pop()


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _require_alike(what: str, before: Tensor, after: Any, names: tuple[str, str], flag: str = "`unsafe` flag") -> None:
    """ValueError for what is no tensor, or one of another dtype or shape."""
    if not isinstance(after, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(after).__name__}.")
    for kind, a, b in (("dtype", before.dtype, after.dtype), ("shape", before.shape, after.shape)):
        if a != b:
            first, second = (name.format(kind) for name in names)
            raise ValueError(
                f"{what} may not change the {kind} of the tensor, unless {flag} is enabled.\n{first}: {a}\n"
                f"{second}: {b}"
            )


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, each of which is given the result of the one before.

    original: what the first of them is given, and is learned; or original0, original1, ... where its `right_inverse`
    gives several tensors. unsafe: whether dtype and shape may change.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.parametrize import register_parametrization
    >>> register_parametrization(nn.Linear(2, 1), "weight", nn.Tanh()).parametrizations.weight
    ParametrizationList(
      (0): Tanh()
    )
    """

    original: Tensor

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        new: Any = original
        with no_grad():
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    with suppress(NotImplementedError):
                        new = module.right_inverse(new)
        self.is_tensor = isinstance(new, Tensor)
        if not self.is_tensor and not isinstance(new, Sequence):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(new).__name__}"
            )
        self.ntensors = 1 if self.is_tensor else len(new)
        before = original.detach()
        if self.is_tensor:
            if original.dtype != new.dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {new.dtype}"
                )
            if new is not original:
                original.data = new.detach()
            _register(self, "original", original)
        else:
            for place, one in enumerate(new):
                if not isinstance(one, Tensor):
                    raise ValueError(
                        "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                        f"Got element {place} of the sequence with type {type(one).__name__}."
                    )
                if isinstance(original, Parameter):
                    one = Parameter(one.detach(), original.requires_grad)
                _register(self, f"original{place}", one.requires_grad_(original.requires_grad))
        if not unsafe:
            try:
                names = ("unparametrized {}", "parametrized {}")
                _require_alike("Registering a parametrization", before, self(), names)
            except ValueError:
                if self.is_tensor:
                    original.data = before
                raise

    def right_inverse(self, value: Tensor) -> None:
        """Has the parametrizations give that value, as far as they can.

        RuntimeError where one of them has no `right_inverse`, ValueError where it gives something else.

        >>> from numpynet import nn
        >>> from numpynet.nn.utils.parametrize import register_parametrization
        >>> layer = register_parametrization(nn.Linear(1, 1), "weight", nn.Tanh())
        >>> layer.parametrizations.weight.right_inverse(layer.weight)
        Traceback (most recent call last):
        RuntimeError: parametrization Tanh does not implement right_inverse.
        """
        given: Any = value
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                given = module.right_inverse(given)
        if self.is_tensor:
            if not isinstance(given, Tensor):
                raise ValueError(f"`right_inverse` should return a tensor. Got {type(given).__name__}")
            if given.dtype != self.original.dtype:
                raise ValueError(
                    f"The tensor returned by `right_inverse` has dtype {given.dtype} while `original` has dtype "
                    f"{self.original.dtype}"
                )
            self.original.data = given.detach()
            return
        if not isinstance(given, Sequence):
            raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(given).__name__}.")
        if len(given) != self.ntensors:
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of "
                f"length {len(given)}."
            )
        originals = [getattr(self, f"original{place}") for place in range(self.ntensors)]
        for place, (one, original) in enumerate(zip(given, originals, strict=True)):
            if one.dtype != original.dtype:
                raise ValueError(
                    f"Tensor {place} returned by `right_inverse` has dtype {one.dtype} while `original{place}` has "
                    f"dtype {original.dtype}"
                )
        for one, original in zip(given, originals, strict=True):
            original.data = one.detach()

    def forward(self) -> Tensor:
        """What the last of them gives."""
        first, *others = list(self)
        if self.is_tensor:
            x: Tensor = first(self.original)
        else:
            x = first(*[getattr(self, f"original{place}") for place in range(self.ntensors)])
        for module in others:
            x = module(x)
        return x


def _lists(module: Any) -> Any:
    """The parametrizations of a module, by the names of its tensors."""
    return module.parametrizations


def _of_class(module: Module) -> None:
    """Gives a module a class of its own, which can have properties."""
    kind = type(module)

    def copied(self: Any, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            replica = memo[id(self)] = self.__new__(type(self))
            replica.__dict__ = deepcopy(self.__dict__, memo)
            for slot in copyreg._slotnames(type(self)):  # type: ignore[attr-defined]
                if hasattr(self, slot):
                    setattr(replica, slot, deepcopy(getattr(self, slot), memo))
        return memo[id(self)]

    def refuse(self: Any) -> Any:
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict(): save that, and register the "
            "parametrizations anew before load_state_dict()"
        )

    own = {"__getstate__": refuse, "__module__": kind.__module__}
    if not hasattr(kind, "__deepcopy__"):
        own["__deepcopy__"] = copied
    module.__class__ = type(f"Parametrized{kind.__name__}", (kind,), own)


def _of_property(module: Module, name: str) -> None:
    """Makes the tensor of that name what its parametrizations give."""

    def get(self: Any) -> Tensor:
        of_tensor = self.parametrizations[name]
        if not _caching:
            return of_tensor()
        key = id(self), name
        if key not in _caching[-1]:
            _caching[-1][key] = of_tensor()
        return _caching[-1][key]

    def assign(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(get, assign))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Makes a parameter or buffer of a module the result of a parametrization; returns the module.

    Where there is one already, the new one is given its result. unsafe: whether dtype and shape may change. ValueError
    where they do otherwise, and where the module has no tensor of that name; the module then is what it was.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.parametrize import register_parametrization
    >>> register_parametrization(nn.Linear(1, 1), "weight", nn.Tanh())
    ParametrizedLinear(
      in_features=1, out_features=1, bias=True
      (parametrizations): ModuleDict(
        (weight): ParametrizationList(
          (0): Tanh()
        )
      )
    )
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            y = getattr(module, tensor_name)
            x = parametrization(y)
            names = (f"module.{tensor_name}.{{}}", f"parametrization(module.{tensor_name}).{{}}")
            _require_alike("Registering a parametrization", y, x, names, "the `unsafe` flag")
            if hasattr(parametrization, "right_inverse"):
                try:
                    z = parametrization.right_inverse(x)
                except NotImplementedError:
                    pass
                else:
                    _require_inverse(tensor_name, y, z)
        of_tensor: Any = _lists(module)[tensor_name]
        of_tensor.append(parametrization)
        of_tensor.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        of_tensor = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _of_class(module)
            module.parametrizations = ModuleDict()
        _of_property(module, tensor_name)
        _lists(module)[tensor_name] = of_tensor
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    epoch.count[0] += 1
    return module


def _require_inverse(name: str, y: Tensor, z: Any) -> None:
    """ValueError where a right_inverse gives no tensor, or one of another dtype or shape."""
    if not isinstance(z, Tensor):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {type(z).__name__}")
    for kind, a, b in (("dtype", y.dtype, z.dtype), ("shape", y.shape, z.shape)):
        if a != b:
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same {kind} as module.{name}, "
                f"unless the `unsafe` flag is enabled.\nmodule.{name}.{kind}: {a}\nreturned {kind}: {b}"
            )


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a tensor of a module, or that of that name, is parametrized.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.parametrize import is_parametrized, register_parametrization
    >>> is_parametrized(register_parametrization(nn.Linear(1, 1), "weight", nn.Tanh()), "bias")
    False
    """
    of_tensors = getattr(module, "parametrizations", None)
    if not isinstance(of_tensors, ModuleDict):
        return False
    return len(of_tensors) > 0 if tensor_name is None else tensor_name in of_tensors


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Makes a tensor what it was before it was parametrized; returns the module.

    leave_parametrized: whether it keeps the value that the parametrizations give, and not that of the original.
    ValueError where it is not parametrized.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.parametrize import register_parametrization, remove_parametrizations
    >>> layer = register_parametrization(nn.Linear(1, 1), "weight", nn.Tanh())
    >>> remove_parametrizations(layer, "weight")
    Linear(in_features=1, out_features=1, bias=True)
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    of_tensors = _lists(module)
    of_tensor = of_tensors[tensor_name]
    if of_tensor.is_tensor:
        original = of_tensor.original
        if leave_parametrized:
            with no_grad():
                original.data = getattr(module, tensor_name).detach()
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value.detach()) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del of_tensors[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    epoch.count[0] += 1
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had before it was parametrized.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.parametrize import register_parametrization, type_before_parametrizations
    >>> type_before_parametrizations(register_parametrization(nn.Linear(1, 1), "weight", nn.Tanh())).__name__
    'Linear'
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)
