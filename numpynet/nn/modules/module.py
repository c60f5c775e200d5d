"""Module: what every part of a network is, from a layer to the whole."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, TypeVar

from numpynet.core import epoch
from numpynet.core.device import require_cpu
from numpynet.core.dtypes import dtype as Dtype
from numpynet.core.dtypes import to_numpy_dtype
from numpynet.core.modes import no_grad
from numpynet.core.tensor import RemovableHandle, Tensor
from numpynet.nn.parameter import Parameter

Self = TypeVar("Self", bound="Module")
Hook = tuple[Callable[..., Any], bool]  # the function, and whether it is given keyword arguments too
_NOTHING: Any = object()


class Registered(MutableMapping[str, Any]):
    """The parameters, the buffers or the children of a module, by name.

    They are ordinary attributes of the module, which is what makes ``self.weight`` fast; the module only
    remembers which names are of which kind. This mapping looks at the attributes with names of one kind.
    """

    def __init__(self, attributes: dict[str, Any], names: dict[str, bool]) -> None:
        self._attributes = attributes
        self._names = names

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._attributes[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._names.setdefault(name, True)
        self._attributes[name] = value
        epoch.count[0] += 1

    def __delitem__(self, name: str) -> None:
        del self._names[name], self._attributes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return repr(dict(self))


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
    kind = value if isinstance(value, type) else type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


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
    _parameter_names: dict[str, bool]
    _buffer_names: dict[str, bool]  # whether the buffer is persistent: part of the state dict
    _module_names: dict[str, bool]
    _forward_pre_hooks: list[Hook]
    _forward_hooks: list[Hook]
    _hooked: bool = False  # whether there was ever a hook

    def __init__(self) -> None:
        self.__dict__.update(
            training=True,
            _parameter_names={},
            _buffer_names={},
            _module_names={},
            _forward_pre_hooks=[],
            _forward_hooks=[],
        )

    # --- computing ------------------------------------------------------------------------------------

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass defines it. NotImplementedError where it does not."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, input: Any = _NOTHING, /, *others: Any, **named: Any) -> Any:
        # Most modules take one argument, and passing on just that is faster than passing on *args and **kwargs.
        if named or input is _NOTHING or self._hooked:
            args = () if input is _NOTHING else (input, *others)
            return self._call_with_hooks(args, named) if self._hooked else self.forward(*args, **named)
        return self.forward(input, *others) if others else self.forward(input)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for hook, with_kwargs in tuple(self._forward_pre_hooks):
            changed = hook(self, args, kwargs) if with_kwargs else hook(self, args)
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
        result = self.forward(*args, **kwargs)
        for hook, with_kwargs in tuple(self._forward_hooks):
            changed = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
            if changed is not None:
                result = changed
        return result

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Calls ``hook(module, args)`` before every `forward`; what it returns replaces the arguments.

        prepend: before the hooks there are. with_kwargs: as ``hook(module, args, kwargs)``, which returns
        both. The handle returned removes the hook again.
        """
        return self._register_hook(self._forward_pre_hooks, (hook, with_kwargs), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Calls ``hook(module, args, output)`` after every `forward`; what it returns replaces the output.

        prepend: before the hooks there are. with_kwargs: as ``hook(module, args, kwargs, output)``. The
        handle returned removes the hook again. NotImplementedError for `always_call`.
        """
        if always_call:
            raise NotImplementedError("register_forward_hook: always_call=True is missing")
        return self._register_hook(self._forward_hooks, (hook, with_kwargs), prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Missing: hooks on a module's backward pass."""
        raise NotImplementedError(
            "register_full_backward_hook is missing: register_hook() of a tensor shows its gradient, as in a forward "
            "hook that calls output.register_hook(print)"
        )

    def _register_hook(self, hooks: list[Hook], hook: Hook, prepend: bool) -> RemovableHandle:
        self._hooked = True  # which a compiled step notices
        handle = RemovableHandle(hooks, hook)
        if prepend:
            hooks.insert(0, hooks.pop())
        return handle

    # --- registering ----------------------------------------------------------------------------------

    @property
    def _parameters(self) -> Registered:
        return Registered(self.__dict__, self._parameter_names)

    @property
    def _buffers(self) -> Registered:
        return Registered(self.__dict__, self._buffer_names)

    @property
    def _modules(self) -> Registered:
        return Registered(self.__dict__, self._module_names)

    def __setattr__(self, name: str, value: Any) -> None:
        epoch.count[0] += 1
        names = self.__dict__.get("_parameter_names")
        if isinstance(value, Parameter):
            if names is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, but=names)
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            if names is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._refuse_unless_none(name, value, names, "parameter", "torch.nn.Parameter")
            self._forget(name, but=self._module_names)
            self._modules[name] = value
        elif names is None:
            object.__setattr__(self, name, value)
        else:
            self._refuse_unless_none(name, value, names, "parameter", "torch.nn.Parameter")
            self._refuse_unless_none(name, value, self._module_names, "child module", "torch.nn.Module")
            if not isinstance(value, Tensor):
                self._refuse_unless_none(name, value, self._buffer_names, "buffer", "torch.nn.Buffer, torch.Tensor")
            object.__setattr__(self, name, value)

    def _forget(self, name: str, but: dict[str, bool]) -> None:
        """Makes room for an attribute that is about to be registered among the names `but`."""
        for names in (self._parameter_names, self._buffer_names, self._module_names):
            if names is not but:
                names.pop(name, None)
        if name not in but:
            self.__dict__.pop(name, None)

    @staticmethod
    def _refuse_unless_none(name: str, value: Any, names: dict[str, bool], kind: str, wanted: str) -> None:
        """TypeError when a name registered for one kind of value is given another than None."""
        if name in names and value is not None:
            raise TypeError(f"cannot assign '{type_name(value)}' as {kind} '{name}' ({wanted} or None expected)")

    def __delattr__(self, name: str) -> None:
        epoch.count[0] += 1
        object.__delattr__(self, name)
        for names in (self._parameter_names, self._buffer_names, self._module_names):
            names.pop(name, None)

    def __dir__(self) -> list[str]:
        return sorted(name for name in object.__dir__(self) if not name[0].isdigit())

    def _check_new_name(self, kind: str, name: Any, names: dict[str, bool]) -> None:
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
        """
        if "_parameter_names" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._check_new_name("parameter", name, self._parameter_names)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type_name(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Makes `tensor` a buffer: part of the module's state, but not learned.

        persistent: whether it is part of the state dict. Raises as `register_parameter`.
        """
        if "_buffer_names" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_new_name("buffer", name, self._buffer_names)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = tensor
        self._buffer_names[name] = persistent

    def register_module(self, name: str, module: Module | None) -> None:
        """Makes `module` the child of that name. Raises as `register_parameter`."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type_name(module)} is not a Module subclass")
        if "_module_names" not in self.__dict__:
            raise AttributeError("cannot assign module before Module.__init__() call")
        self._check_new_name("module", name, self._module_names)
        self._modules[name] = module

    def add_module(self, name: str, module: Module | None) -> None:
        """As `register_module`."""
        self.register_module(name, module)

    # --- what there is --------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all modules in it, at any depth, each with its dotted name.

        memo: modules to leave out, which those met are added to. remove_duplicate: whether a module in two
        places comes once.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        start = prefix + "." if prefix else ""
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, start + name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all modules in it, at any depth."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly in this one, each once, with their names."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly in this one, each once."""
        for _, module in self.named_children():
            yield module

    def _named_tensors(
        self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        """The tensors of all modules whose names are kept in the attribute `kind`, with dotted names."""
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else ((prefix, self),)
        for path, module in modules:
            attributes = module.__dict__
            for name in attributes[kind]:
                tensor = attributes[name]
                if tensor is None or tensor in seen:
                    continue
                if remove_duplicate:
                    seen.add(tensor)
                yield f"{path}.{name}" if path else name, tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names: of this module, then (recurse) of the modules in it.

        prefix: put before every name. remove_duplicate: whether a shared parameter comes once.
        """
        return self._named_tensors("_parameter_names", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and (recurse) of all modules in it, each once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their dotted names; see `named_parameters`."""
        return self._named_tensors("_buffer_names", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and (recurse) of all modules in it, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The module of that dotted name, this one for ""; AttributeError when there is none."""
        module = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def _get_tensor(self, target: str) -> tuple[Module, str, Any]:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        return module, name, getattr(module, name)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of that dotted name; AttributeError when there is none."""
        _, name, parameter = self._get_tensor(target)
        if not isinstance(parameter, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of that dotted name; AttributeError when there is none."""
        module, name, buffer = self._get_tensor(target)
        if name not in module._buffer_names:
            raise AttributeError(f"`{name}` is not a buffer")
        return buffer

    # --- changing all of it ---------------------------------------------------------------------------

    def train(self: Self, mode: bool = True) -> Self:
        """Puts this module and all in it into training mode; ValueError when `mode` is no bool."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: Self) -> Self:
        """Puts this module and all in it into evaluation mode."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Switches on or off for all parameters whether they are learned."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Takes away the gradients of all parameters, or fills them with zeros."""
        for parameter in self.parameters():
            if parameter._grad is None:
                continue
            if set_to_none:
                parameter._grad = None
            else:
                parameter._grad.detach_()
                parameter._grad.zero_()

    def apply(self: Self, fn: Callable[[Module], None]) -> Self:
        """Calls ``fn(module)`` for every module in this one, innermost first, and then for this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self: Self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
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
                    self._buffers[name] = fn(buffer)
        return self

    def to(self: Self, *args: Any, device: Any = None, dtype: Any = None, non_blocking: bool = False) -> Self:
        """Converts all floating parameters and buffers, in place: to a dtype, or to that of a tensor.

        RuntimeError for a device other than the CPU; TypeError for a dtype that is not floating.
        """
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
        if to_numpy_dtype(dtype, "to").kind != "f":
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        return self._to_floating(dtype)

    def _to_floating(self: Self, dtype: Dtype) -> Self:
        return self._apply(lambda tensor: tensor.to(dtype) if tensor.is_floating_point() else tensor)

    def type(self: Self, dst_type: Any) -> Self:
        """Converts all parameters and buffers to a dtype, in place."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self: Self) -> Self:
        """Converts all floating parameters and buffers to float32, in place."""
        return self._apply(lambda tensor: tensor.float() if tensor.is_floating_point() else tensor)

    def double(self: Self) -> Self:
        """Converts all floating parameters and buffers to float64, in place."""
        return self._apply(lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)

    def half(self: Self) -> Self:
        """Converts all floating parameters and buffers to float16, in place."""
        return self._apply(lambda tensor: tensor.half() if tensor.is_floating_point() else tensor)

    def cpu(self: Self) -> Self:
        """Itself: it is on the CPU."""
        return self

    def cuda(self: Self, device: Any = None) -> Self:
        """RuntimeError: there is no other device than the CPU."""
        require_cpu("cuda")
        return self

    # --- its state ------------------------------------------------------------------------------------

    def _named_state(self) -> Iterator[tuple[str, Tensor]]:
        """This module's own parameters and persistent buffers."""
        for name, tensor in self._parameters.items():
            if tensor is not None:
                yield name, tensor
        for name, tensor in self._buffers.items():
            if tensor is not None and self._buffer_names[name]:
                yield name, tensor

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Tensor]:
        """All parameters and persistent buffers by dotted name, sharing their memory.

        destination: a dict to put them into. prefix: put before every name. keep_vars: gives the parameters
        themselves in place of detached tensors.

        >>> from numpynet import nn
        >>> list(nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1, bias=False)).state_dict())
        ['0.weight', '0.bias', '1.weight']
        """
        state = OrderedDict() if destination is None else destination
        for name, tensor in self._named_state():
            state[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return state

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copies values into all parameters and persistent buffers by dotted name.

        strict: whether every key must be there and none besides. assign: takes over the tensors themselves
        in place of copying them; parameters stay parameters, learned or not as before.

        RuntimeError, which lists every missing and unexpected key and every shape that does not fit. Unlike
        in torch nothing has been loaded then.

        >>> from numpynet import nn
        >>> nn.Linear(2, 1).load_state_dict(nn.Linear(2, 1).state_dict())
        <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        keys = _IncompatibleKeys([], [])
        errors: list[str] = []
        loads: list[tuple[Module, str, Tensor, Tensor]] = []
        self._match_state(dict(state_dict), "", keys, errors, loads)
        if strict:
            for title, listed in (("Unexpected", keys.unexpected_keys), ("Missing", keys.missing_keys)):
                if listed:
                    quoted = ", ".join(f'"{key}"' for key in listed)
                    errors.insert(0, f"{title} key(s) in state_dict: {quoted}. ")
        if errors:
            lines = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{lines}")
        with no_grad():
            for module, name, present, loaded in loads:
                if not assign:
                    present.copy_(loaded)
                elif isinstance(present, Parameter):
                    if not isinstance(loaded, Parameter):
                        loaded = Parameter(loaded, present.requires_grad)
                    setattr(module, name, loaded.requires_grad_(present.requires_grad))
                else:
                    setattr(module, name, loaded)
        return keys

    def _match_state(
        self,
        state: dict[str, Any],
        prefix: str,
        keys: _IncompatibleKeys,
        errors: list[str],
        loads: list[tuple[Module, str, Tensor, Tensor]],
    ) -> None:
        """Pairs what this module has with the state, whose keys begin with `prefix`, and then its children."""
        own = dict(self._named_state())
        for name, tensor in own.items():
            key = prefix + name
            if key not in state:
                keys.missing_keys.append(key)
                continue
            loaded = state[key]
            if not isinstance(loaded, Tensor):
                errors.append(
                    f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                    f"checkpoint but received {type(loaded)}"
                )
            elif tensor.shape != loaded.shape and (tensor.ndim or loaded.shape != (1,)):
                errors.append(
                    f"size mismatch for {key}: copying a param with shape {loaded.shape} from checkpoint, "
                    f"the shape in current model is {tensor.shape}."
                )
            else:
                loads.append((self, name, tensor, loaded if tensor.ndim or not loaded.ndim else loaded[0]))
        for key in state:
            name, dot, _ = key[len(prefix) :].partition(".")
            if name not in (self._module_names if dot else own):
                keys.unexpected_keys.append(key)
        for name, module in self._modules.items():
            if module is not None:
                start = f"{prefix}{name}."
                below = {key: value for key, value in state.items() if key.startswith(start)}
                module._match_state(below, start, keys, errors, loads)

    # --- printing -------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What to print of this module between its brackets; subclasses say."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        children = [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]
        if not children and "\n" not in extra:
            return f"{self._get_name()}({extra})"
        lines = (extra.split("\n") if extra else []) + children
        return "\n  ".join([f"{self._get_name()}(", *lines]) + "\n)"
