"""Module: what every part of a network is, from a layer to the whole."""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Self

import numpy as np

from numpynet.core import epoch, listening
from numpynet.core.absence import imported
from numpynet.core.device import require_cpu
from numpynet.core.dtypes import BY_NUMPY, of_wide_number, to_numpy_dtype
from numpynet.core.dtypes import dtype as Dtype
from numpynet.core.messages import class_name
from numpynet.core.modes import no_grad
from numpynet.core.shown_class import name_functions
from numpynet.core.tensor import RemovableHandle, Tensor, wrap
from numpynet.creation import empty_like
from numpynet.nn.modules.backward_hooks import BackwardHooks
from numpynet.nn.modules.summary import Summary
from numpynet.nn.parameter import Buffer, Parameter, is_lazy

_KINDS = ("_parameters", "_buffers", "_modules")
Hooks = OrderedDict[int, Callable[..., Any]]  # by the number of their handle
_NOTHING: Any = object()
_EXTRA_STATE = "_extra_state"  # the key of it
_LOADS = "loads"  # where the metadata of a module that is being loaded hold what is to be copied


class Registered(dict[str, Any]):
    """The parameters, the buffers or the children of a module, by name.

    They are ordinary attributes of the module too, which is what makes ``self.weight`` fast: what is changed here is
    changed there. Copies are plain dictionaries.
    """

    __slots__ = ("_owner",)

    def __init__(self, owner: Module) -> None:
        self._owner: Callable[[], Module | None] = weakref.ref(owner)

    def _attributes(self) -> dict[str, Any]:
        epoch.count[0] += 1
        owner = self._owner()
        return {} if owner is None else owner.__dict__

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._attributes()[name] = value

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._attributes().pop(name, None)

    def pop(self, name: str, *default: Any) -> Any:
        if name in self:
            self._attributes().pop(name, None)
        return super().pop(name, *default)

    def popitem(self) -> tuple[str, Any]:
        name, value = super().popitem()
        self._attributes().pop(name, None)
        return name, value

    def clear(self) -> None:
        for name in list(self):
            del self[name]

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def update(self, *others: Any, **named: Any) -> None:
        for name, value in dict(*others, **named).items():
            self[name] = value

    def __ior__(self, other: Any) -> Registered:  # type: ignore[override, misc]
        self.update(other)
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        return dict, (dict(self),)


def _take_over(tensor: Any, loaded: Tensor) -> None:
    """Gives an uninitialized parameter or buffer the shape and the values of a tensor."""
    tensor.materialize(loaded.shape)
    tensor._write(loaded._array)


def _nobody() -> None:
    """The owner of what is no module's any more."""


class _IncompatibleKeys(namedtuple("_IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """The keys that a state dict lacked, and those that the module does not have."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


def indented(text: str) -> str:
    """The text with all its lines but the first moved two columns to the right."""
    return text.replace("\n", "\n  ")


def type_name(value: Any) -> str:
    """The name of a value's type, or of a class itself, as torch's messages give it: with its module."""
    if isinstance(value, Tensor):
        return str(value.type())
    return class_name(value if isinstance(value, type) else type(value))


class Module:
    """The base class of layers, losses and networks.

    A subclass calls ``super().__init__()``, assigns its parameters (`Parameter`) and its parts (modules) to
    attributes, and computes in `forward`. Calling the module runs its hooks around `forward`.

    training: whether the module is being trained, which matters to dropout and its like.

    >>> import numpynet
    >>> from numpynet import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden = nn.Linear(4, 8)
    ...         self.out = nn.Linear(8, 1)
    ...
    ...     def forward(self, x):
    ...         return self.out(self.hidden(x).relu())
    >>> net = Net()
    >>> net
    Net(
      (hidden): Linear(in_features=4, out_features=8, bias=True)
      (out): Linear(in_features=8, out_features=1, bias=True)
    )
    >>> net(numpynet.zeros(5, 4)).shape
    torch.Size([5, 1])
    >>> [name for name, _ in net.named_parameters()]
    ['hidden.weight', 'hidden.bias', 'out.weight', 'out.bias']
    """

    training: bool
    _version = 1  # of the module's state, which is saved beside it
    _parameters: Registered
    _buffers: Registered
    _non_persistent_buffers_set: set[str]  # the buffers that are no part of the state dict
    _modules: Registered
    _forward_pre_hooks: Hooks
    _forward_hooks: Hooks
    _backward_pre_hooks: Hooks
    _backward_hooks: Hooks
    _with_kwargs: frozenset[int] = frozenset()  # the numbers of the hooks that are given keyword arguments too
    _always_called: frozenset[int] = frozenset()  # those of the forward hooks that errors do not keep from being called
    _hooked: bool = False  # whether there was ever a hook
    # What saving and loading call; the lists are made for the modules that have such hooks.
    _state_dict_pre_hooks: Sequence[Callable[..., Any]] = ()
    _state_dict_hooks: Sequence[tuple[Callable[..., Any], bool]] = ()  # and whether it may return another dict
    _load_state_dict_pre_hooks: Sequence[tuple[Callable[..., Any], bool]] = ()  # and whether it is given the module
    _load_state_dict_post_hooks: Sequence[Callable[..., Any]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        name_functions(cls)

    def __init__(self) -> None:
        attributes = self.__dict__
        attributes["training"] = True
        attributes["_parameters"] = Registered(self)
        attributes["_buffers"] = Registered(self)
        attributes["_non_persistent_buffers_set"] = set()
        attributes["_modules"] = Registered(self)
        attributes["_forward_pre_hooks"] = OrderedDict()
        attributes["_forward_hooks"] = OrderedDict()
        attributes["_backward_pre_hooks"] = OrderedDict()
        attributes["_backward_hooks"] = OrderedDict()

    # --- computing ------------------------------------------------------------------------------------

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass defines it. NotImplementedError where it does not.

        >>> import numpynet
        >>> from numpynet import nn
        >>> class Double(nn.Module):
        ...     def forward(self, x):
        ...         return 2 * x
        >>> Double()(numpynet.tensor([1, 2]))
        tensor([2, 4])
        """
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, input: Any = _NOTHING, /, *others: Any, **named: Any) -> Any:
        # Most modules take one argument, and passing on just that is faster than passing on *args and **kwargs.
        if named or input is _NOTHING or self._hooked or listening.count[0]:
            args = () if input is _NOTHING else (input, *others)
            listener = listening.follower() if listening.count[0] else None
            if listener is not None:
                return listener.module(self, args, named)
            return self._call_with_hooks(args, named) if self._hooked else self.forward(*args, **named)
        return self.forward(input, *others) if others else self.forward(input)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        called: set[int] = set()
        try:
            return self._called_between_hooks(args, kwargs, called)
        except Exception:
            for number, hook in tuple(self._forward_hooks.items()):
                if number in called or number not in self._always_called:
                    continue
                try:
                    self._tell(number, hook, args, kwargs, None)
                except Exception as error:
                    warnings.warn(
                        "module forward hook with ``always_call=True`` raised an exception that was silenced as "
                        f"another error was raised in forward: {error}",
                        stacklevel=2,
                    )
            raise

    def _called_between_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any], called: set[int]) -> Any:
        """The result; `called` is told the forward hooks that were called."""
        for number, hook in tuple(self._forward_pre_hooks.items()):
            with_kwargs = number in self._with_kwargs
            given = (self, args, kwargs) if with_kwargs else (self, args)
            changed = listening.call(hook, *given)
            if changed is None:
                continue
            if not with_kwargs:
                args = changed if isinstance(changed, tuple) else (changed,)
            elif isinstance(changed, tuple) and len(changed) == 2:
                args, kwargs = changed
            else:
                raise RuntimeError(
                    f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                )
        backward = None
        if self._backward_hooks or self._backward_pre_hooks:
            backward = BackwardHooks(
                self, tuple(self._backward_hooks.values()), tuple(self._backward_pre_hooks.values())
            )
            args = backward.enter(args)
        result = listening.call(self.forward, *args, **kwargs)
        for number, hook in tuple(self._forward_hooks.items()):
            called.add(number)
            changed = self._tell(number, hook, args, kwargs, result)
            if changed is not None:
                result = changed
        return result if backward is None else backward.leave(result)

    def _tell(self, number: int, hook: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
        """What the forward hook of that number returns."""
        given = (args, kwargs) if number in self._with_kwargs else (args,)
        return listening.call(hook, self, *given, result)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Calls ``hook(module, args)`` before every `forward`; what it returns replaces the arguments.

        prepend: before the hooks there are. with_kwargs: as ``hook(module, args, kwargs)``, which returns
        both. The handle returned removes the hook again.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.Identity()
        >>> handle = layer.register_forward_pre_hook(lambda module, inputs: (inputs[0] * 10,))
        >>> layer(numpynet.tensor([1, 2]))
        tensor([10, 20])
        """
        return self._register_hook(self._forward_pre_hooks, hook, prepend, with_kwargs)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Calls ``hook(module, args, output)`` after every `forward`; what it returns replaces the output.

        prepend: before the hooks there are. with_kwargs: as ``hook(module, args, kwargs, output)``. always_call: also
        when an error was raised before, with None in the place of the output. The handle returned removes the hook
        again.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.ReLU()
        >>> handle = layer.register_forward_hook(lambda module, inputs, output: print(output))
        >>> _ = layer(numpynet.tensor([-1.0, 2.0]))
        tensor([0., 2.])
        """
        handle = self._register_hook(self._forward_hooks, hook, prepend, with_kwargs)
        if always_call:
            self._always_called = self._always_called | {handle.id}
        return handle

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls ``hook(module, grad_input, grad_output)`` when the gradients of the module's inputs are known.

        Both are tuples, with one gradient for each positional argument and each output, None where there is none. What
        the hook returns replaces grad_input. Where no input needs a gradient it is called with Nones, and a warning,
        when those of the outputs are known.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.ReLU()
        >>> handle = layer.register_full_backward_hook(lambda module, grad_input, grad_output: print(grad_input))
        >>> layer(numpynet.tensor([-1.0, 2.0], requires_grad=True)).sum().backward()
        (tensor([0., 1.]),)
        """
        return self._register_hook(self._backward_hooks, hook, prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls ``hook(module, grad_output)`` when the gradients of the module's outputs are known.

        What it returns replaces them.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.ReLU()
        >>> handle = layer.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 10,))
        >>> x = numpynet.tensor([-1.0, 2.0], requires_grad=True)
        >>> layer(x).sum().backward()
        >>> x.grad
        tensor([ 0., 10.])
        """
        return self._register_hook(self._backward_pre_hooks, hook, prepend)

    def _register_hook(self, hooks: Hooks, hook: Any, prepend: bool, with_kwargs: bool = False) -> RemovableHandle:
        self._hooked = True  # which a compiled step notices
        handle = RemovableHandle(hooks, hook)
        if with_kwargs:
            self._with_kwargs = self._with_kwargs | {handle.id}
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        return handle

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compiles `forward` in its place, for calls without gradients; with gradients it computes as before.

        The arguments are those of `numpynet.compile` after the first. Parameters, hooks, modes and the state dict are
        what they were; a copy of the module is not compiled.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.Linear(2, 1)
        >>> layer.compile()
        >>> with numpynet.no_grad():
        ...     layer(numpynet.ones(3, 2)).shape
        torch.Size([3, 1])
        """
        imported("numpynet.compiler").compile_forward(self, *args, **kwargs)

    # --- registering ----------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        if hasattr(state.get("forward"), "without_gradients"):  # which belongs to this very module
            del state["forward"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(
            {"_backward_pre_hooks": OrderedDict(), "_backward_hooks": OrderedDict()}
        )  # not in old files
        self.__dict__.update(state)
        for kind in _KINDS:
            if kind in state:
                self.__dict__[kind] = Registered(self)
                self.__dict__[kind].update(state[kind])

    def __setattr__(self, name: str, value: Any) -> None:
        epoch.count[0] += 1
        attributes = self.__dict__
        parameters = attributes.get("_parameters")
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, but=parameters)
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            if parameters is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._refuse_unless_none(name, value, parameters, "parameter", "torch.nn.Parameter")
            self._forget(name, but=self._modules)
            self._register("_modules", name, value)
        elif parameters is None:
            if isinstance(value, Buffer):
                raise AttributeError("cannot assign buffer before Module.__init__() call")
            object.__setattr__(self, name, value)
        elif name in parameters:
            self._refuse_unless_none(name, value, parameters, "parameter", "torch.nn.Parameter")
            self._register("_parameters", name, value)
        elif name in attributes["_modules"]:
            self._refuse_unless_none(name, value, self._modules, "child module", "torch.nn.Module")
            self._register("_modules", name, value)
        elif isinstance(value, Buffer):
            self._forget(name, but=self._buffers)
            self.register_buffer(name, value, value.persistent)
        elif name in attributes["_buffers"]:
            if not isinstance(value, Tensor):
                self._refuse_unless_none(name, value, self._buffers, "buffer", "torch.nn.Buffer, torch.Tensor")
            self._register("_buffers", name, value)
        elif name in _KINDS:
            before = attributes[name]
            for one in before:
                attributes.pop(one, None)
            if isinstance(before, Registered):
                before._owner = _nobody
            attributes[name] = Registered(self)
            attributes[name].update(value)
        else:
            object.__setattr__(self, name, value)

    def _register(self, kind: str, name: str, value: Any) -> None:
        """Puts a value among those of one of the `_KINDS`, and into the attribute of that name."""
        attributes = self.__dict__
        dict.__setitem__(attributes[kind], name, value)
        attributes[name] = value
        epoch.count[0] += 1

    def _forget(self, name: str, but: dict[str, Any]) -> None:
        """Makes room for an attribute that is about to be registered among `but`."""
        if name in but:
            return
        attributes = self.__dict__
        if name in attributes:
            for kind in _KINDS:
                attributes[kind].pop(name, None)
            self._non_persistent_buffers_set.discard(name)
            attributes.pop(name, None)

    @staticmethod
    def _refuse_unless_none(name: str, value: Any, values: dict[str, Any], kind: str, wanted: str) -> None:
        """TypeError when a name registered for one kind of value is given another than None."""
        if name in values and value is not None:
            raise TypeError(f"cannot assign '{type_name(value)}' as {kind} '{name}' ({wanted} or None expected)")

    def __delattr__(self, name: str) -> None:
        epoch.count[0] += 1
        for kind in _KINDS:
            if name in self.__dict__.get(kind, ()):
                self._non_persistent_buffers_set.discard(name)
                del self.__dict__[kind][name]
                self.__dict__.pop(name, None)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted(name for name in object.__dir__(self) if not name[0].isdigit())

    def _check_new_name(self, kind: str, name: Any, names: dict[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type_name(name)}")
        if "." in name:
            got = f", got: {name}" if kind == "module" else ""
            raise KeyError(f'{kind} name can\'t contain "."{got}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if name not in names and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Makes `param` the parameter of that name; None stands for one that is left out.

        AttributeError before ``super().__init__()``; KeyError for a name that is empty, has a dot or is
        taken; TypeError for what is no Parameter.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.Module()
        >>> layer.register_parameter("w", nn.Parameter(numpynet.ones(2)))
        >>> [name for name, _ in layer.named_parameters()]
        ['w']
        """
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._check_new_name("parameter", name, self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type_name(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        self._register("_parameters", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Makes `tensor` a buffer: part of the module's state, but not learned.

        persistent: whether it is part of the state dict. Raises as `register_parameter`.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.Module()
        >>> layer.register_buffer("count", numpynet.tensor(0))
        >>> layer.state_dict()
        OrderedDict([('count', tensor(0))])
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_new_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._register("_buffers", name, tensor)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def register_module(self, name: str, module: Module | None) -> None:
        """Makes `module` the child of that name. Raises as `register_parameter`.

        >>> from numpynet import nn
        >>> layer = nn.Module()
        >>> layer.register_module("first", nn.ReLU())
        >>> layer.first
        ReLU()
        """
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type_name(module)} is not a Module subclass")
        if "_modules" not in self.__dict__:
            raise AttributeError("cannot assign module before Module.__init__() call")
        self._check_new_name("module", name, self._modules)
        self._register("_modules", name, module)

    def add_module(self, name: str, module: Module | None) -> None:
        """As `register_module`.

        >>> from numpynet import nn
        >>> layer = nn.Module()
        >>> layer.add_module("first", nn.ReLU())
        >>> layer.first
        ReLU()
        """
        self.register_module(name, module)

    # --- what there is --------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all modules in it, at any depth, each with its dotted name.

        memo: modules to leave out, which those met are added to. remove_duplicate: whether a module in two
        places comes once.

        >>> from numpynet import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(2, 1), nn.ReLU()).named_modules()]
        ['', '0', '1']
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        start = prefix + "." if prefix else ""
        for name, module in self._modules.items():
            if module is None:
                continue
            if module._modules or type(module).named_modules is not Module.named_modules:
                yield from module.named_modules(memo, start + name, remove_duplicate)
            elif module not in memo:  # without a generator for each of those that have no modules in them
                if remove_duplicate:
                    memo.add(module)
                yield start + name, module

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all modules in it, at any depth.

        >>> from numpynet import nn
        >>> len(list(nn.Sequential(nn.Linear(2, 1), nn.ReLU()).modules()))
        3
        """
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly in this one, each once, with their names.

        >>> from numpynet import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(2, 1), nn.ReLU()).named_children()]
        ['0', '1']
        """
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly in this one, each once.

        >>> from numpynet import nn
        >>> list(nn.Sequential(nn.Linear(2, 1), nn.ReLU()).children())
        [Linear(in_features=2, out_features=1, bias=True), ReLU()]
        """
        for _, module in self.named_children():
            yield module

    def _named_tensors(
        self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        """The tensors of all modules that are kept in the attribute `kind`, with dotted names."""
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else ((prefix, self),)
        for path, module in modules:
            tensors = getattr(module, kind)
            if tensors:
                start = path + "." if path else ""
                for name, tensor in tensors.items():
                    if tensor is None or tensor in seen:
                        continue
                    if remove_duplicate:
                        seen.add(tensor)
                    yield start + name, tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names: of this module, then (recurse) of the modules in it.

        prefix: put before every name. remove_duplicate: whether a shared parameter comes once.

        >>> from numpynet import nn
        >>> [(name, tuple(one.shape)) for name, one in nn.Linear(2, 1).named_parameters()]
        [('weight', (1, 2)), ('bias', (1,))]
        """
        return self._named_tensors("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and (recurse) of all modules in it, each once.

        >>> from numpynet import nn
        >>> sum(one.numel() for one in nn.Linear(2, 1).parameters())
        3
        """
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their dotted names; see `named_parameters`.

        >>> from numpynet import nn
        >>> [name for name, _ in nn.BatchNorm1d(2).named_buffers()]
        ['running_mean', 'running_var', 'num_batches_tracked']
        """
        return self._named_tensors("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and (recurse) of all modules in it, each once.

        >>> from numpynet import nn
        >>> len(list(nn.BatchNorm1d(2).buffers()))
        3
        """
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The module of that dotted name, this one for ""; AttributeError when there is none.

        >>> from numpynet import nn
        >>> nn.Sequential(nn.Linear(2, 1), nn.ReLU()).get_submodule("1")
        ReLU()
        """
        module = self
        for name in () if target == "" else target.split("."):
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Puts a module in the place of that dotted name.

        strict: AttributeError where there is no module of that name yet. AttributeError too where there is something
        else, and for a path to nowhere; ValueError for an empty name and for what is no module.

        >>> from numpynet import nn
        >>> net = nn.Sequential(nn.Linear(2, 1), nn.ReLU())
        >>> net.set_submodule("1", nn.Tanh())
        >>> net.get_submodule("1")
        Tanh()
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            parent.get_submodule(name)
        setattr(parent, name, module)

    def _get_tensor(self, target: str) -> tuple[Module, str, Any]:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        return module, name, getattr(module, name)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of that dotted name; AttributeError when there is none.

        >>> from numpynet import nn
        >>> nn.Sequential(nn.Linear(2, 1)).get_parameter("0.weight").shape
        torch.Size([1, 2])
        """
        _, name, parameter = self._get_tensor(target)
        if not isinstance(parameter, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of that dotted name; AttributeError when there is none.

        >>> from numpynet import nn
        >>> nn.BatchNorm1d(2).get_buffer("running_mean")
        tensor([0., 0.])
        """
        module, name, buffer = self._get_tensor(target)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return buffer

    # --- changing all of it ---------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Puts this module and all in it into training mode; ValueError when `mode` is no bool.

        >>> from numpynet import nn
        >>> layer = nn.Dropout()
        >>> layer.eval().training, layer.train().training
        (False, True)
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        if self.training is not mode:
            self.training = mode
        for module in self._modules.values():
            if module is not None:
                module.train(mode)
        return self

    def eval(self) -> Self:
        """Puts this module and all in it into evaluation mode.

        >>> import numpynet
        >>> from numpynet import nn
        >>> nn.Dropout().eval()(numpynet.ones(3))
        tensor([1., 1., 1.])
        """
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Switches on or off for all parameters whether they are learned.

        >>> from numpynet import nn
        >>> layer = nn.Linear(2, 1).requires_grad_(False)
        >>> layer.weight.requires_grad
        False
        """
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Takes away the gradients of all parameters, or fills them with zeros.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.Linear(2, 1)
        >>> layer(numpynet.ones(1, 2)).sum().backward()
        >>> layer.zero_grad()
        >>> layer.weight.grad is None
        True
        """
        for parameter in self.parameters():
            if set_to_none:
                parameter._grad = None
            elif parameter._grad is not None:
                parameter._grad.detach_()
                parameter._grad.zero_()

    def apply(self, fn: Callable[[Module], None]) -> Self:
        """Calls ``fn(module)`` for every module in this one, innermost first, and then for this one.

        >>> from numpynet import nn
        >>> layer = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
        >>> _ = layer.apply(lambda module: print(type(module).__name__))
        Linear
        ReLU
        Sequential
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replaces the data of all parameters, of their gradients and of all buffers by `fn` of them."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        with no_grad():
            for parameter in self.parameters(recurse=False):
                parameter.data = fn(parameter)
                if parameter._grad is not None:
                    parameter._grad.data = fn(parameter._grad)
            for name, buffer in self._buffers.items():
                if buffer is not None:
                    self._register("_buffers", name, fn(buffer))
        return self

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Gives all parameters and buffers new memory that is not filled. RuntimeError for another device than the CPU.

        >>> from numpynet import nn
        >>> nn.Linear(2, 1).to_empty(device="cpu").weight.shape
        torch.Size([1, 2])
        """
        return self._apply(lambda tensor: empty_like(tensor, device=device), recurse)

    def to(self, *args: Any, device: Any = None, dtype: Any = None, non_blocking: bool = False) -> Self:
        """Converts all floating parameters and buffers, in place: to a dtype, or to that of a tensor.

        RuntimeError for a device other than the CPU; TypeError for a dtype that is not floating.

        >>> import numpynet
        >>> from numpynet import nn
        >>> nn.Linear(2, 1).to(numpynet.float64).weight.dtype
        torch.float64
        """
        if args and (of_number := of_wide_number(args[0])) is not None:
            dtype, args = of_number, args[1:]
        for argument in args:
            if isinstance(argument, Dtype):
                dtype = argument
            elif isinstance(argument, Tensor):
                dtype = argument.dtype
            elif not isinstance(argument, bool):
                device = argument
        require_cpu(device)
        if dtype is None:
            return self
        if to_numpy_dtype(dtype, "to").kind not in "fc":
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        return self._to_floating(dtype)

    def _to_floating(self, dtype: Dtype) -> Self:
        return self._apply(lambda tensor: tensor.to(dtype) if tensor.is_floating_point() else tensor)

    def type(self, dst_type: Any) -> Self:
        """Converts all parameters and buffers to a dtype, in place.

        >>> import numpynet
        >>> from numpynet import nn
        >>> nn.Linear(2, 1).type(numpynet.float64).weight.dtype
        torch.float64
        """
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self) -> Self:
        """Converts all floating parameters and buffers to float32, in place.

        >>> from numpynet import nn
        >>> nn.Linear(2, 1).double().float().weight.dtype
        torch.float32
        """
        return self._apply(lambda tensor: tensor.float() if tensor.is_floating_point() else tensor)

    def share_memory(self) -> Self:
        """Leaves parameters and buffers where forked processes share them; see `Tensor.share_memory_`

        >>> from numpynet import nn
        >>> nn.Linear(2, 1).share_memory()
        Linear(in_features=2, out_features=1, bias=True)
        """
        return self._apply(lambda tensor: tensor.share_memory_())

    def double(self) -> Self:
        """Converts all floating parameters and buffers to float64, in place.

        >>> from numpynet import nn
        >>> nn.Linear(2, 1).double().weight.dtype
        torch.float64
        """
        return self._apply(lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)

    def half(self) -> Self:
        """Converts all floating parameters and buffers to float16, in place.

        >>> from numpynet import nn
        >>> nn.Linear(2, 1).half().weight.dtype
        torch.float16
        """
        return self._apply(lambda tensor: tensor.half() if tensor.is_floating_point() else tensor)

    def cpu(self) -> Self:
        """Itself: it is on the CPU.

        >>> from numpynet import nn
        >>> nn.Linear(2, 1).cpu()
        Linear(in_features=2, out_features=1, bias=True)
        """
        return self

    def cuda(self, device: Any = None) -> Self:
        """RuntimeError: there is no other device than the CPU.

        >>> import numpynet
        >>> numpynet.cuda.is_available()
        False
        """
        require_cpu("cuda")
        return self

    # --- its state ------------------------------------------------------------------------------------

    def get_extra_state(self) -> Any:
        """What is to be saved of this module beside its tensors; a subclass that has such state writes this.

        >>> from numpynet import nn
        >>> class Counter(nn.Module):
        ...     def get_extra_state(self):
        ...         return 3
        >>> Counter().state_dict()
        OrderedDict([('_extra_state', 3)])
        """
        raise RuntimeError(
            "Reached a code path in Module.get_extra_state() that should never be called: a subclass writes it"
        )

    def set_extra_state(self, state: Any) -> None:
        """Takes over what `get_extra_state` returned; a subclass that has such state writes this.

        >>> from numpynet import nn
        >>> class Counter(nn.Module):
        ...     def get_extra_state(self):
        ...         return 3
        ...     def set_extra_state(self, state):
        ...         print(state)
        >>> Counter().load_state_dict(Counter().state_dict())
        3
        <All keys matched successfully>
        """
        raise RuntimeError(
            "Reached a code path in Module.set_extra_state() that should never be called: a subclass writes it"
        )

    def _named_state(self) -> Iterator[tuple[str, Tensor]]:
        """This module's own parameters and persistent buffers."""
        for name, tensor in self._parameters.items():
            if tensor is not None:
                yield name, tensor
        if self._buffers:
            for name, tensor in self._buffers.items():
                if tensor is not None and name not in self._non_persistent_buffers_set:
                    yield name, tensor

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Puts this module's own state into `destination`, a part of `state_dict` that subclasses may replace."""
        for name, tensor in self._named_state():
            destination[prefix + name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()
        if type(self).get_extra_state is not Module.get_extra_state:
            destination[prefix + _EXTRA_STATE] = self.get_extra_state()

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls ``hook(module, prefix, keep_vars)`` before this module's state is put into a state dict.

        >>> from numpynet import nn
        >>> layer = nn.Linear(1, 1, bias=False)
        >>> handle = layer.register_state_dict_pre_hook(lambda module, prefix, keep_vars: print("saving"))
        >>> list(layer.state_dict())
        saving
        ['weight']
        """
        return self._register_state_hook("_state_dict_pre_hooks", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls ``hook(module, state_dict, prefix, local_metadata)``, which may change the state dict in place.

        It is called once the module's and its children's state is there; RuntimeError when it returns something.

        >>> from numpynet import nn
        >>> layer = nn.Linear(1, 1, bias=False)
        >>> handle = layer.register_state_dict_post_hook(lambda module, state, *others: state.update(author="me"))
        >>> list(layer.state_dict())
        ['weight', 'author']
        """
        return self._register_state_hook("_state_dict_hooks", (hook, False))

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """As `register_state_dict_post_hook`, of a hook that may return another state dict."""
        return self._register_state_hook("_state_dict_hooks", (hook, True))

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls a hook before this module takes its state, which it may change in place.

        It is called as ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
        error_msgs)``.

        >>> from numpynet import nn
        >>> layer = nn.Linear(1, 1, bias=False)
        >>> def rename(module, state_dict, prefix, *others):
        ...     state_dict[prefix + "weight"] = state_dict.pop(prefix + "w")
        >>> handle = layer.register_load_state_dict_pre_hook(rename)
        >>> layer.load_state_dict({"w": layer.weight})
        <All keys matched successfully>
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        """As `register_load_state_dict_pre_hook`; without the module among its arguments, unless that is wanted."""
        return self._register_state_hook("_load_state_dict_pre_hooks", (hook, with_module))

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls ``hook(module, incompatible_keys)`` once state is loaded; it may change the lists of keys in place.

        Keys that it takes from them are no error. AssertionError when it returns something.

        >>> from numpynet import nn
        >>> layer = nn.Linear(1, 1)
        >>> handle = layer.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
        >>> layer.load_state_dict({"weight": layer.weight})
        <All keys matched successfully>
        """
        return self._register_state_hook("_load_state_dict_post_hooks", hook)

    def _register_state_hook(self, kind: str, hook: Any) -> RemovableHandle:
        return RemovableHandle(self.__dict__.setdefault(kind, []), hook)

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Tensor]:
        """All parameters and persistent buffers by dotted name, sharing their memory.

        destination: a dict to put them into. prefix: put before every name. keep_vars: gives the parameters
        themselves in place of detached tensors. By position, as older programs give them, with a FutureWarning.

        >>> from numpynet import nn
        >>> list(nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1, bias=False)).state_dict())
        ['0.weight', '0.bias', '1.weight']
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead: state_dict(destination=..., prefix=...)",
                FutureWarning,
                stacklevel=2,
            )
            given: Any = (*args, *(destination, prefix, keep_vars)[len(args) :])
            destination, prefix, keep_vars = given
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in tuple(self._state_dict_pre_hooks):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook, may_replace in tuple(self._state_dict_hooks):
            replaced = hook(self, destination, prefix, metadata)
            if replaced is not None:
                if not may_replace:
                    raise RuntimeError("state_dict post-hook must return None")
                destination = replaced
        return destination

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copies values into all parameters and persistent buffers by dotted name.

        strict: whether every key must be there and none besides. assign: takes over the tensors themselves
        in place of copying them; parameters stay parameters, learned or not as before. Values may also be arrays,
        or tensors of torch itself.

        RuntimeError, which lists every missing and unexpected key and every shape that does not fit. Unlike
        in torch nothing has been loaded then, unless a hook is to see what was loaded before keys are counted.

        >>> from numpynet import nn
        >>> nn.Linear(2, 1).load_state_dict(nn.Linear(2, 1).state_dict())
        <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        keys = _IncompatibleKeys([], [])
        errors: list[str] = []
        loads: list[Callable[[], Any]] = []
        metadata = getattr(state_dict, "_metadata", None) or {}
        state: Any = OrderedDict(state_dict)
        state._metadata = metadata
        self._load_parts(state, "", metadata, assign, keys, errors, loads)
        if strict:
            for title, listed in (("Unexpected", keys.unexpected_keys), ("Missing", keys.missing_keys)):
                if listed:
                    quoted = ", ".join(f'"{key}"' for key in listed)
                    errors.insert(0, f"{title} key(s) in state_dict: {quoted}. ")
        if errors:
            lines = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{lines}")
        _carry_out(loads)
        return keys

    def _load_parts(
        self,
        state: dict[str, Any],
        prefix: str,
        metadata: Mapping[str, Any],
        assign: bool,
        keys: _IncompatibleKeys,
        errors: list[str],
        loads: list[Callable[[], Any]],
    ) -> None:
        """Has this module and then its children take what is theirs of a state, whose keys begin with `prefix`."""
        local = {**metadata.get(prefix[:-1], {}), _LOADS: loads}
        if assign:
            local["assign_to_params_buffers"] = True
        self._load_from_state_dict(state, prefix, local, True, keys.missing_keys, keys.unexpected_keys, errors)
        for name, module in self._modules.items():
            if module is not None:
                start = f"{prefix}{name}."
                below = OrderedDict((key, value) for key, value in state.items() if key.startswith(start))
                module._load_parts(below, start, metadata, assign, keys, errors, loads)
        for hook in tuple(self._load_state_dict_post_hooks):
            if not errors:
                _carry_out(loads)
            if hook(self, keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                    "values: change incompatible_keys in place"
                )

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Takes this module's own state, a part of `load_state_dict` that subclasses may replace.

        Keys that are missing or unexpected, and errors, are added to those lists. What is to be loaded is copied
        once all modules have looked at their parts without an error.
        """
        for hook, with_module in tuple(self._load_state_dict_pre_hooks):
            given = (state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
            hook(self, *given) if with_module else hook(*given)
        now: list[Callable[[], Any]] = []
        loads = local_metadata.get(_LOADS, now)
        assign = local_metadata.get("assign_to_params_buffers", False)
        own = dict(self._named_state())
        for name, tensor in own.items():
            key = prefix + name
            if key not in state_dict:
                if strict:
                    missing_keys.append(key)
                continue
            loaded = _tensor_like(state_dict[key])
            if not isinstance(loaded, Tensor):
                error_msgs.append(
                    f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                    f"checkpoint but received {type(loaded)}"
                )
            elif is_lazy(loaded):
                if not is_lazy(tensor):
                    error_msgs.append(
                        f"{key} is uninitialized in the checkpoint, and has a shape in current model: call the module "
                        f"of the checkpoint with a batch before its state is saved"
                    )
            elif is_lazy(tensor):
                loads.append(
                    partial(self._assign, name, tensor, loaded) if assign else partial(_take_over, tensor, loaded)
                )
            elif tensor._array.shape != loaded._array.shape and (tensor.ndim or loaded.shape != (1,)):
                error_msgs.append(
                    f"size mismatch for {key}: copying a param with shape {loaded.shape} from checkpoint, "
                    f"the shape in current model is {tensor.shape}."
                )
            else:
                if loaded.ndim and not tensor.ndim:
                    loaded = loaded[0]
                loads.append(
                    partial(self._assign, name, tensor, loaded) if assign else partial(tensor._write, loaded._array)
                )
        extra = prefix + _EXTRA_STATE
        has_extra = type(self).set_extra_state is not Module.set_extra_state
        if has_extra and extra in state_dict:
            loads.append(partial(self.set_extra_state, state_dict[extra]))
        elif has_extra and strict:
            missing_keys.append(extra)
        if strict:
            for key in state_dict:
                if key.startswith(prefix) and not (has_extra and key == extra):
                    name, dot, _ = key[len(prefix) :].partition(".")
                    if name not in (self._modules if dot else own):
                        unexpected_keys.append(key)
        _carry_out(now)

    def _assign(self, name: str, present: Tensor, loaded: Tensor) -> None:
        """Puts a loaded tensor in the place of the present one."""
        if isinstance(present, Parameter):
            if not isinstance(loaded, Parameter):
                loaded = Parameter(loaded, present.requires_grad)
            loaded.requires_grad_(present.requires_grad)
        setattr(self, name, loaded)

    # --- printing -------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What to print of this module between its brackets; subclasses say.

        >>> from numpynet import nn
        >>> nn.Linear(2, 1).extra_repr()
        'in_features=2, out_features=1, bias=True'
        """
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def summary(self) -> Summary:
        """The parts of this module with their shapes and numbers of parameters; prints as a table.

        >>> from numpynet import nn
        >>> nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1, bias=False)).summary()
        Sequential
          0  Linear(in_features=4, out_features=8, bias=True)   weight 8×4, bias 8  40
          1  ReLU()                                                                  0
          2  Linear(in_features=8, out_features=1, bias=False)  weight 1×8           8
        48 parameters, 192 bytes
        """
        return Summary(self)

    def _repr_html_(self) -> str:
        """What a notebook shows of it: its text, and its summary to open."""
        from html import escape  # takes its time to import, and is seldom wanted

        summary = Summary(self)._repr_html_()  # the attribute of that name may be the user's own
        return f"<pre>{escape(repr(self))}</pre><details><summary>parameters</summary>{summary}</details>"

    def __repr__(self) -> str:
        extra = self.extra_repr()
        children = [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]
        if not children and "\n" not in extra:
            return f"{self._get_name()}({extra})"
        lines = (extra.split("\n") if extra else []) + children
        return "\n  ".join([f"{self._get_name()}(", *lines]) + "\n)"


def _carry_out(loads: list[Callable[[], Any]]) -> None:
    """Copies what is to be loaded, once."""
    with no_grad():
        while loads:
            loads.pop(0)()


def _tensor_like(value: Any) -> Any:
    """An array, or another library's tensor, as a tensor; anything else as it is."""
    if not isinstance(value, Tensor) and hasattr(value, "detach") and hasattr(value, "numpy"):
        value = value.detach().cpu().numpy()
    return wrap(np.asarray(value)) if isinstance(value, np.ndarray) and value.dtype in BY_NUMPY else value
