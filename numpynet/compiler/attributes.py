"""Attributes: how Python finds those of an object, with each place that it looks at taken for granted."""

from __future__ import annotations

import enum
import functools
import inspect
from types import (
    FunctionType,
    GeneratorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

import numpy as np

from numpynet.autograd.function import FunctionCtx
from numpynet.compiler.number import Number
from numpynet.compiler.places import ABSENT, PLAIN, Place, is_data_descriptor, kept
from numpynet.compiler.reads import CONTAINERS, Reads
from numpynet.compiler.users import is_users, is_users_class, is_users_module
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter
from numpynet.optim.lr_scheduler import LRScheduler
from numpynet.optim.optimizer import Optimizer
from numpynet.random.generator import Generator


class Attributes(Reads):
    """Reads and writes of attributes."""

    def attribute(self, thing: Any, key: str) -> Any:
        """thing.key"""
        kind = type(thing)
        if kind is Number:
            return getattr(thing.fixed(), key)
        if isinstance(thing, (*PLAIN, tuple, *CONTAINERS, GeneratorType)) and not is_users_class(kind):
            return getattr(thing, key)
        if isinstance(thing, ModuleType):
            if not is_users_module(thing.__name__):
                return getattr(thing, key)
            return self.attribute_or_lack(thing, key)
        if isinstance(thing, Tensor) and (not is_users_class(kind) or hasattr(Tensor, key)):
            return self._of_tensor(thing, key)
        if isinstance(thing, type):
            return self._of_class(thing, key)
        if isinstance(thing, super):
            return self._of_super(thing, key)
        if isinstance(thing, np.ndarray):
            return getattr(self.used(thing), key)
        if isinstance(thing, (FunctionType, MethodType)):
            return getattr(thing, key) if key.startswith("__") else self.attribute_or_lack(thing, key)
        if (
            isinstance(thing, LRScheduler)
            and key != "step"
            and (self.has_scheduled or (key not in thing.__dict__ and key != "get_last_lr"))
        ):
            self.refuse("a scheduler is called, or read after it was called")
        if self.special(thing, "__getattribute__") is not None:
            self.refuse(f"{kind.__name__} has a __getattribute__ of its own")
        return self._of_object(thing, key)

    def attribute_or_lack(self, thing: Any, key: str) -> Any:
        """An attribute that stands where it is asked for; that it does not is taken for granted, too."""
        if not hasattr(thing, key):
            self.lacks(f"hasattr({{0}}, {key!r})", (thing,), key, f"{self.called(thing)}.{key}")
        return self.attribute_at(thing, key)

    def attribute_at(self, thing: Any, key: str) -> Any:
        """An attribute that is read as it is, and taken for granted."""
        if self.is_born(thing):
            return getattr(thing, key)
        place = Place("attribute", thing, key)
        value = getattr(thing, key)  # which raises as Python does
        name = f"{self.called(thing)}.{key}"
        if isinstance(thing, Module) and key in thing.__dict__:
            place = Place("entry", thing, key)
            if self.was_set(thing, key):
                return value
            return self.read(place, name, rare=not isinstance(value, np.ndarray))
        if isinstance(value, MethodType):
            self.guard_place(place, value.__func__, name, f"{{0}}.{key}.__func__")
            return value
        return self.read(place, name)

    def _of_tensor(self, tensor: Tensor, key: str) -> Any:
        if key in ("_version", "data_ptr"):
            self.refuse(f"a tensor's {key} is asked for")
        if (key in tensor.__dict__ and key not in Tensor.__annotations__) or not hasattr(Tensor, key):
            self.trace.reach(tensor)  # no other tensor has this attribute of this one
            return self.attribute_or_lack(tensor, key)
        self.trace.touch(tensor)
        return getattr(tensor, key)

    def _of_super(self, thing: Any, key: str) -> Any:
        order = thing.__self_class__.__mro__
        place = Place("attribute", thing.__self_class__, "__mro__")
        self.guard_place(place, order, f"the bases of {thing.__self_class__.__name__}")
        for kind in order[order.index(thing.__thisclass__) + 1 :]:
            if key in kind.__dict__:
                found = kind.__dict__[key]
                self.class_guard(kind, key, found, f"{kind.__name__}.{key}")
                if isinstance(found, property) and is_users(found.fget):
                    return self.call(found.fget, (thing.__self__,), {})
                if self.special(found, "__get__") is not None:
                    self.refuse(f"super().{key} is a descriptor of a class of one's own")
                break
            if is_users_class(kind):
                self.lacks(f"{key!r} in {{0}}.__dict__", (kind,), key, f"{kind.__name__}.{key}")
        return getattr(thing, key)

    def kind_of(self, thing: Any) -> None:
        """Takes the class of an object for granted."""
        if is_users_class(type(thing)) and not self.is_born(thing) and not isinstance(thing, type):
            is_module = isinstance(thing, Module)
            self.guard(
                ("class", id(thing)), f"type({self.called(thing)})", "type({0})", (thing,), type(thing), rare=is_module
            )

    def _of_class(self, owner: type, key: str) -> Any:
        found = inspect.getattr_static(owner, key, ABSENT)
        if found is ABSENT:
            if is_users_class(owner):
                self.lacks(f"hasattr({{0}}, {key!r})", (owner,), key, f"{owner.__name__}.{key}")
            return getattr(owner, key)
        value = getattr(owner, key)
        if not is_users_class(owner) or isinstance(value, enum.Enum):
            return value
        if isinstance(found, (classmethod, MethodType)):
            if hasattr(value, "__func__"):
                self.guard_place(
                    Place("attribute", owner, key), value.__func__, f"{owner.__name__}.{key}", f"{{0}}.{key}.__func__"
                )
            return value
        if isinstance(found, (MemberDescriptorType, GetSetDescriptorType)):
            return value
        if found is not ABSENT and self.special(found, "__get__") is not None:
            self.refuse(f"{owner.__name__}.{key} is a descriptor of a class of one's own")
        return self.read(Place("attribute", owner, key), f"{owner.__name__}.{key}")

    def _of_object(self, thing: Any, key: str) -> Any:
        kind = type(thing)
        found = inspect.getattr_static(kind, key, ABSENT)
        is_module = isinstance(thing, Module)
        if isinstance(thing, Optimizer) and key in ("param_groups", "state"):
            value = getattr(thing, key)
            if key == "state" and not self.is_born(thing) and not self.trace.is_traced(value):
                self.guard_place(Place("attribute", thing, key), value, f"{self.called(thing)}.{key}")
            return value
        own = getattr(thing, "__dict__", {})
        if self.is_known(thing) and not isinstance(thing, (Module, Optimizer, LRScheduler)):
            stands = key in own and not isinstance(thing, (Generator, FunctionCtx))
            return self.attribute_at(thing, key) if stands else getattr(thing, key)
        name = f"{self.called(thing)}.{key}"
        if key not in own:
            self.kind_of(thing)
        if isinstance(found, property):
            self.class_guard(kind, key, found, name)
            if is_users(found.fget):
                return self.call(found.fget, (thing,), {})
            if is_module:
                self.whole(thing)
            return getattr(thing, key)
        descriptor = self.special(found, "__get__")
        if descriptor is not None and (key not in own or is_data_descriptor(found)):
            self.class_guard(kind, key, found, name)
            if not is_data_descriptor(found):
                self.lacks_own(thing, key, name)
            return self.call(descriptor, (found, thing, kind), {})
        if key in own and not isinstance(found, (MemberDescriptorType, GetSetDescriptorType)):
            return self.attribute_at(thing, key)
        if isinstance(found, functools.cached_property):
            self.refuse(f"{name} is computed and kept")
        if isinstance(
            found, (FunctionType, classmethod, staticmethod, MethodDescriptorType, functools._lru_cache_wrapper)
        ):
            self.class_guard(kind, key, found, name)
            if isinstance(thing, Optimizer) and not is_users_class(kind):
                count = len(own)
                self.guard(
                    ("count", id(thing)), f"len(vars({self.called(thing)}))", "len({0}.__dict__)", (thing,), count
                )
            else:
                self.lacks_own(thing, key, name)
            return getattr(thing, key)
        if found is not ABSENT:
            if is_module and not isinstance(found, (MemberDescriptorType, GetSetDescriptorType)):
                self.lacks(f"{key!r} in {{0}}.__dict__", (thing,), key, f"{name} of its own", rare=True)
                owner = next(one for one in kind.__mro__ if key in one.__dict__)
                for nearer in kind.__mro__[: kind.__mro__.index(owner)]:
                    if is_users_class(nearer):
                        self.lacks(f"{key!r} in {{0}}.__dict__", (nearer,), key, f"{nearer.__name__}.{key}")
                return self._of_class(owner, key)
            if key == "__dict__" and is_module:
                self.whole(thing)
            if key in ("__class__", "__dict__", "__doc__"):
                return getattr(thing, key)
            if ("attribute", id(kind), key) in self._written:
                self.lacks_own(thing, key, name)
                return getattr(thing, key)
            if self.is_born(thing) and not is_data_descriptor(found):
                self.class_guard(kind, key, found, name)
            return self.attribute_at(thing, key)
        text = f"{key!r} in {{0}}.__dict__" if hasattr(thing, "__dict__") else "False"
        self.lacks(text, (thing,), key, name, rare=is_module)
        method = self.special(thing, "__getattr__")
        return getattr(thing, key) if method is None else self.call(method, (thing, key), {})

    def guard_partial(self, function: Any) -> None:
        """Takes for granted what a partial function, or a method, calls with what."""
        for key in ("func", "args", "keywords"):
            self.attribute_at(function, key)
        for one in function.args:
            self.got(one, "an argument of partial()")
        for key in function.keywords:
            self.read(Place("item", function.keywords, key), f"{key} of partial()")

    def lacks_own(self, thing: Any, key: str, name: str) -> None:
        """Takes for granted that an object has nothing by the name of what its class has."""
        if not self.is_born(thing):
            own = "{0}.__dict__" if hasattr(thing, "__dict__") else "()"
            self.lacks(f"{key!r} in {own}", (thing,), key, f"{name} of its own", rare=isinstance(thing, Module))

    def special(self, thing: Any, key: str) -> Any:
        """The user's method of a special name, such as __len__, which Python looks up in the class; or None."""
        kind = type(thing)
        if not is_users_class(kind):
            return None
        found = inspect.getattr_static(kind, key, ABSENT)
        self.kind_of(thing)
        if found is ABSENT:
            self.lacks(f"hasattr({{0}}, {key!r})", (kind,), key, f"{kind.__name__}.{key}")
            return None
        self.class_guard(kind, key, found, f"{kind.__name__}.{key}")
        method = getattr(kind, key)
        return method if is_users(method) else None

    def class_guard(self, kind: type, key: str, found: Any, name: str) -> None:
        """Takes what a class of the user's has by a name for granted."""
        if not is_users_class(kind):
            return
        function, owner = getattr(found, "__func__", found), kind
        text = f"{{0}}.{key}.__func__" if isinstance(found, classmethod) else f"{{0}}.{key}"
        if is_users_class(type(found)):  # a class gives something else
            owner = next(one for one in kind.__mro__ if key in one.__dict__)
            text = f"{{0}}.__dict__[{key!r}]"
        self.guard_place(Place("attribute", owner, key), function, name, text)

    def called_module(self, module: Module) -> None:
        """Takes for granted what calling a module reads: its forward and its hooks, or all it has."""
        if is_users(getattr(type(module).forward, "__func__", type(module).forward)):
            self.attribute(module, "forward")
            for hooks in (
                *(module._forward_pre_hooks, module._forward_hooks),
                *(module._backward_pre_hooks, module._backward_hooks),
            ):
                key = ("hooks", id(hooks))
                self.guard(
                    key, f"the hooks of {self.called(module)}", "{0}", (hooks,), kept(hooks), of_content=True, rare=True
                )
        else:
            self.attributes_of(module)

    def set_attribute(self, thing: Any, key: str, value: Any) -> None:
        """thing.key = value"""
        kind = type(thing)
        method = self.special(thing, "__setattr__")
        if method is not None:
            self.call(method, (thing, key, value), {})
            return
        found = inspect.getattr_static(kind, key, ABSENT)
        if isinstance(found, property) and is_users(found.fset):
            self.class_guard(kind, key, found, f"{kind.__name__}.{key}")
            self.call(found.fset, (thing, value), {})
            return
        method = self.special(found, "__set__")
        if method is not None:
            self.class_guard(kind, key, found, f"{kind.__name__}.{key}")
            self.call(method, (found, thing, value), {})
            return
        if (
            self.is_born(thing)
            or (isinstance(thing, Tensor) and hasattr(Tensor, key))
            or isinstance(thing, FunctionCtx)
        ):
            if isinstance(thing, Tensor):
                self.trace.touch(thing)
            setattr(thing, key, value)
            return
        if isinstance(thing, LRScheduler):
            self.refuse("a scheduler is changed")
        if isinstance(thing, Tensor) and self.trace.is_made(thing):
            setattr(thing, key, value)
            return
        if isinstance(thing, Optimizer) and key in ("param_groups", "state", "defaults"):
            self.refuse(f"the {key} of an optimizer are replaced")
        if isinstance(thing, Module) and (
            isinstance(value, (Module, Parameter))
            or key in thing._parameters
            or key in thing._modules
            or key in Module.__dict__
            or key in ("_parameters", "_buffers", "_modules")
        ):
            self.refuse(f"the attribute {key!r} of a module is set to a parameter or a module")
        if isinstance(found, property) or (isinstance(found, (MemberDescriptorType,)) and isinstance(thing, Module)):
            self.refuse(f"{kind.__name__}.{key} is set")
        self.write(
            Place("entry" if isinstance(thing, Module) else "attribute", thing, key),
            value,
            f"{self.called(thing)}.{key}",
        )
