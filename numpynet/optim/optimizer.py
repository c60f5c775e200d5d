"""Optimizer: what all optimizers share. The parameters in groups, the state of each, saving and loading."""

from __future__ import annotations

import copy
import itertools
import math
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import MethodType
from typing import Any

import numpy as np

from numpynet.core import epoch, listening
from numpynet.core.dtypes import default_numpy_dtype
from numpynet.core.modes import enable_grad, silently
from numpynet.core.tensor import RemovableHandle, Tensor, wrap
from numpynet.ops.blocks import held
from numpynet.ops.form import Array
from numpynet.optim.together import Flat

Group = dict[str, Any]
Closure = Callable[[], Any]
LearningRate = float | Tensor


class _Required:
    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


class Optimizer:
    """Base of all optimizers.

    params: tensors, ``(name, tensor)`` pairs as of `Module.named_parameters`, or groups: dictionaries with
        such an iterable under "params" and options of their own beside it.
    defaults: the options of groups that do not set them; `required` where there is no default.

    A subclass either writes `_update`, the update of one group, or overrides `step` as a whole:

    >>> import numpynet
    >>> from numpynet.optim import Optimizer
    >>> class SignDescent(Optimizer):
    ...     def step(self, closure=None):
    ...         for group in self.param_groups:
    ...             for p in group["params"]:
    ...                 p.data -= group["lr"] * p.grad.sign()
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = SignDescent([w], {"lr": 0.5})
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.5000, -1.5000], requires_grad=True)
    """

    _takes_complex = False  # whether the update is the same for complex parameters
    _required_options: tuple[str, ...] = ()  # what every saved group must have
    _required_state: tuple[str, ...] = ()  # what the saved state of a parameter must have, if there is any
    _arrays_of_state: tuple[str, ...] = ()  # what is of the parameter's shape in its state
    # What `step` calls; the lists are made for the optimizers that have such hooks.
    _step_pre_hooks: Sequence[Callable[..., Any]] = ()
    _step_post_hooks: Sequence[Callable[..., Any]] = ()

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                f"params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{params.type()}: write [tensor] for a single one"
            )
        self.defaults = defaults
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._flats: dict[int, Flat] = {}
        if not isinstance(params, Iterable):
            hint = ": write model.parameters()" if callable(params) else ""
            raise TypeError(f"'{type(params).__name__}' object is not iterable{hint}")
        given = list(params)
        if not given:
            raise ValueError("optimizer got an empty parameter list")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def _patch_step_function(self) -> None:
        """Nothing: optimizers around others, which leave `__init__` away, call this of torch's."""

    def add_param_group(self, param_group: Group) -> None:
        """Adds tensors to be optimized, with options of their own.

        TypeError for what is no dictionary of tensors in a fixed order; ValueError for a computed tensor, one
        that another group has, a missing required option, or names given for some tensors and not for others.
        Warns when the group itself has a tensor twice.

        >>> import numpynet
        >>> from numpynet import optim
        >>> sgd = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=0.1)
        >>> sgd.add_param_group({"params": [numpynet.ones(2, requires_grad=True)], "lr": 0.01})
        >>> [group["lr"] for group in sgd.param_groups]
        [0.1, 0.01]
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in "
                "sets will change between runs. Please use a list instead."
            )
        entries = [given] if isinstance(given, Tensor) else list(given)
        tensors = [entry[1] if isinstance(entry, tuple) else entry for entry in entries]
        names = [entry[0] for entry in entries if isinstance(entry, tuple)]
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                hint = ": write model.parameters()" if hasattr(tensor, "parameters") else ""
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {_type_name(tensor)}{hint}"
                )
            if not (tensor.is_leaf or tensor.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
            if tensor.dtype.is_complex and not self._takes_complex:
                raise NotImplementedError(
                    f"{type(self).__name__} takes no complex parameters: make a real one, and view_as_complex() of it"
                )
        if names and len(names) != len(tensors):
            raise ValueError("all optimizer params should be with/without names. Some param names are missing")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
        named = bool(names) or "param_names" in param_group
        for group in self.param_groups:
            if named != ("param_names" in group):
                raise ValueError(
                    f"all optimizer param groups should be with/without names. cannot add param group "
                    f"{'with' if named else 'without'} names to the optimizer"
                )
            if not set(tensors).isdisjoint(group["params"]):
                raise ValueError("some parameters appear in more than one parameter group")
        if len(set(tensors)) != len(tensors):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an "
                "error; see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        param_group["params"] = tensors
        if names:
            param_group["param_names"] = names
        for name, default in self.defaults.items():
            param_group.setdefault(name, default)
        self.param_groups.append(param_group)
        epoch.count[0] += 1

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters.

        set_to_none: False to overwrite them with zeros in their own memory instead.

        >>> import numpynet
        >>> from numpynet import optim
        >>> w = numpynet.ones(2, requires_grad=True)
        >>> w.sum().backward()
        >>> optim.SGD([w], lr=0.1).zero_grad()
        >>> w.grad is None
        True
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter._grad = None
                elif parameter._grad is not None:
                    parameter._grad._array.fill(0)
                    parameter._grad._writes[0] += 1

    def step(self, closure: Closure | None = None) -> Any:
        """Updates all parameters that have a gradient.

        closure: called first, with recording on: clears the gradients, computes the loss, calls backward and
        returns the loss, which is then the result; None otherwise.

        >>> import numpynet
        >>> from numpynet import optim
        >>> w = numpynet.ones(2, requires_grad=True)
        >>> w.sum().backward()
        >>> optim.SGD([w], lr=0.1).step()
        >>> w
        tensor([0.9000, 0.9000], requires_grad=True)
        """
        loss = None if closure is None else computed(closure)
        for group in self.param_groups:
            silently(self._update, group)
        return loss

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls ``hook(optimizer, args, kwargs)`` before every `step`; it may return other (args, kwargs) for it.

        args begins with the optimizer.
        The handle returned removes the hook again. RuntimeError by `step` where it returns anything else.

        >>> import numpynet
        >>> from numpynet import optim
        >>> optimizer = optim.SGD([numpynet.ones(2, requires_grad=True)], lr=0.1)
        >>> handle = optimizer.register_step_pre_hook(lambda optimizer, args, kwargs: print("a step"))
        >>> optimizer.step()
        a step
        """
        return self._register_step_hook("_step_pre_hooks", hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls ``hook(optimizer, args, kwargs)`` after every `step`. The handle returned removes the hook again.

        >>> import numpynet
        >>> from numpynet import optim
        >>> w = numpynet.ones(2, requires_grad=True)
        >>> optimizer = optim.SGD([w], lr=0.5)
        >>> handle = optimizer.register_step_post_hook(lambda optimizer, args, kwargs: w.data.clamp_(min=0.75))
        >>> w.sum().backward()
        >>> optimizer.step()
        >>> w
        tensor([0.7500, 0.7500], requires_grad=True)
        """
        return self._register_step_hook("_step_post_hooks", hook)

    def _register_step_hook(self, name: str, hook: Callable[..., Any]) -> RemovableHandle:
        self.__dict__.setdefault("step", MethodType(_step_with_hooks, self))
        return RemovableHandle(self.__dict__.setdefault(name, []), hook)

    def _update(self, group: Group) -> None:
        """The update of one group's parameters."""
        raise NotImplementedError(f"{type(self).__name__} has neither step nor _update")

    def state_dict(self) -> dict[str, Any]:
        """The state and the options, with parameters replaced by their numbers over all groups.

        ``{"state": {0: {...}, ...}, "param_groups": [{"lr": ..., "params": [0, ...]}, ...]}``, as torch has
        it. The state's tensors are the optimizer's own: deepcopy the result to keep it as it is.

        >>> import numpynet
        >>> from numpynet import optim
        >>> optim.SGD([numpynet.ones(1, requires_grad=True)], lr=0.1).state_dict()["param_groups"][0]["lr"]
        0.1
        """
        numbers: dict[Any, int] = {}
        groups = []
        first = 0
        for group in self.param_groups:
            parameters = group["params"]
            for number, parameter in enumerate(parameters, first):
                numbers.setdefault(parameter, number)
            first += len(parameters)
            options = {name: value for name, value in group.items() if name != "params"}
            groups.append({**options, "params": [numbers[parameter] for parameter in parameters]})
        state = {numbers[key] if isinstance(key, Tensor) else key: value for key, value in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over state and options from what `state_dict` returned, matching parameters by position.

        Tensors are copied (torch shares them with the dictionary) and take the dtype of their parameter,
        except those named "step". AttributeError for what is no dictionary; ValueError when the groups differ in
        number or size; KeyError, in torch only at the next step, for the groups or the state of another optimizer,
        and RuntimeError for state of another shape than its parameter's.

        >>> import numpynet
        >>> from numpynet import optim
        >>> w = numpynet.ones(1, requires_grad=True)
        >>> one, other = optim.SGD([w], lr=0.1), optim.SGD([w], lr=0.5)
        >>> other.load_state_dict(one.state_dict())
        >>> other.param_groups[0]["lr"]
        0.1
        """
        if not hasattr(state_dict, "copy"):
            raise AttributeError(
                f"'{type(state_dict).__name__}' object has no attribute 'copy': load_state_dict() takes the dictionary "
                f"that state_dict() returned; numpynet.load() reads it from a file"
            )
        if isinstance(state_dict, dict) and "param_groups" not in state_dict:
            raise KeyError("'param_groups': this is no state of an optimizer: was it saved by a module?")
        saved = copy.deepcopy(state_dict["param_groups"])
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(ours["params"]) != len(theirs["params"]) for ours, theirs in self._paired(saved)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        for position, group in enumerate(saved):
            for name in self._required_options:
                if name not in group:
                    raise KeyError(
                        f"{name!r}: group {position} of the loaded state dict lacks this option of "
                        f"{type(self).__name__}: was it saved by another optimizer?"
                    )
        parameters = {
            number: parameter
            for ours, theirs in self._paired(saved)
            for number, parameter in zip(theirs["params"], ours["params"], strict=True)
        }
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in parameters:
                self._check_state(key, value, parameters[key])
                state[parameters[key]] = _fitted(value, parameters[key], None)
            else:
                state[key] = copy.deepcopy(value)
        for ours, theirs in self._paired(saved):
            theirs["params"] = ours["params"]
            if "param_names" in ours:
                theirs.setdefault("param_names", ours["param_names"])
        self.__setstate__({"state": state, "param_groups": saved})

    def _check_state(self, number: Any, state: Any, parameter: Tensor) -> None:
        """KeyError or RuntimeError for a parameter's state that a step could make nothing of."""
        if not isinstance(state, dict) or not state:
            return
        for name in self._required_state:
            if name not in state:
                raise KeyError(
                    f"{name!r}: the loaded state of parameter {number} lacks what {type(self).__name__} keeps under "
                    f"this name: was it saved by another optimizer?"
                )
        for name in self._arrays_of_state:
            value = state.get(name)
            if isinstance(value, Tensor) and value.shape != parameter.shape:
                raise RuntimeError(
                    f"the loaded {name!r} of parameter {number} has shape {list(value.shape)}, but the parameter has "
                    f"{list(parameter.shape)}"
                )

    def _paired(self, groups: list[Group]) -> Iterable[tuple[Group, Group]]:
        return zip(self.param_groups, groups, strict=True)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._flats = {}
        epoch.count[0] += 1
        for group, (name, default) in itertools.product(self.param_groups, self.defaults.items()):
            group.setdefault(name, default)
        if "step" in self._required_state:
            for value in self.state.values():
                step = value.get("step") if isinstance(value, dict) else None
                if isinstance(step, (int, float)):  # as old versions of torch saved it
                    value["step"] = wrap(np.array(float(step), default_numpy_dtype()))

    def __repr__(self) -> str:
        shown = f"{type(self).__name__} ("
        for number, group in enumerate(self.param_groups):
            shown += f"\nParameter Group {number}\n"
            shown += "".join(f"    {name}: {group[name]}\n" for name in sorted(group) if name != "params")
        return shown + ")"


def _step_with_hooks(*args: Any, **kwargs: Any) -> Any:
    optimizer: Optimizer = args[0]
    for hook in tuple(optimizer._step_pre_hooks):
        changed = listening.call(hook, optimizer, args, kwargs)
        if changed is None:
            continue
        if not isinstance(changed, tuple) or len(changed) != 2:
            raise RuntimeError(f"{hook} must return None or a tuple of (new_args, new_kwargs), but got {changed}.")
        args, kwargs = changed
    result = listening.call(type(optimizer).step, *args, **kwargs)
    for hook in tuple(optimizer._step_post_hooks):
        listening.call(hook, optimizer, args, kwargs)
    return result


def computed(closure: Closure) -> Any:
    """The loss that a closure returns, computed with recording on; TypeError for what is none."""
    if not callable(closure):
        raise TypeError(
            f"'{type(closure).__name__}' object is not callable: step() takes a function that computes the loss; after "
            f"loss.backward() write step()"
        )
    with enable_grad():
        return closure()


def with_gradient(group: Group) -> Iterator[tuple[Tensor, Array, Array]]:
    """The parameters of a group that have a gradient, each with its array θ, to be changed in place, and ∂L/∂θ."""
    for parameter in group["params"]:
        gradient = parameter._grad
        if gradient is not None:
            yield parameter, parameter._array, gradient._array
            parameter._writes[0] += 1


def scalar(dtype: np.dtype[Any], number: LearningRate) -> Array:
    """A number as a 0-d array of a dtype: the value that a Python number takes beside such an array, but quicker."""
    if type(number) is float:
        return held(number, dtype.char)
    if isinstance(number, Tensor):
        return number._array.astype(dtype).reshape(())
    if hasattr(number, "__scalar__"):
        return number.__scalar__(dtype)
    return np.array(float(+number), dtype)


def number(value: LearningRate) -> float:
    """An option as a Python number; a tensor's one element, RuntimeError for a tensor of several."""
    try:
        return only_number(value._array.reshape(())) if isinstance(value, Tensor) else value
    except ValueError:
        shape = list(value.shape)  # type: ignore[union-attr]
        raise RuntimeError(f"an optimizer takes one number where it was given a tensor of shape {shape}") from None


def step_counter() -> Tensor:
    """How many steps a parameter has made: 0, as a tensor, which is how torch keeps it."""
    return wrap(np.zeros((), default_numpy_dtype()))


def one_step_more(counter: Tensor) -> int:
    """Counts a step and returns its number, from 1."""
    array = counter._array
    if type(array) is np.ndarray:
        array[()] = array.item() + 1
    else:
        counter._array += 1
    return only_number(array)


def only_number(array: Any) -> Any:
    """The element of a 0-dimensional array as a Python number."""
    return array.__number__() if hasattr(array, "__number__") else array.item()


def square_root(x: float) -> float:
    """√x of a number."""
    return x.square_root() if hasattr(x, "square_root") else math.sqrt(x)


def either(condition: Any, a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """a() where a condition on numbers holds, else b(); where it may hold at one call and not at another, both."""
    symbolic = getattr(condition, "__either__", None)
    return (a() if condition else b()) if symbolic is None else symbolic(a, b)


def check_learning_rate(lr: LearningRate) -> None:
    """ValueError unless lr is a number or a tensor with one element, and not negative."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError(f"Tensor lr must be 1-element, but it has shape {list(lr.shape)}")
    check_not_negative("learning rate", lr)


def check_not_negative(name: str, value: LearningRate) -> None:
    """ValueError for a negative number and NaN, OverflowError for an integer beyond int64."""
    if not value >= 0.0:
        raise ValueError(f"Invalid {name}: {value}")
    if isinstance(value, int) and value >= 2**63:
        raise OverflowError(f"int too big to convert: {name} {value}")


def check_decay(weight_decay: LearningRate, decoupled: bool = False) -> None:
    """As `check_not_negative`, and RuntimeError for True, which torch takes for a decoupled decay only."""
    check_not_negative("weight_decay value", weight_decay)
    if weight_decay is True and not decoupled:
        raise RuntimeError("Boolean alpha only supported for Boolean results: weight_decay is a number such as 1e-4")


def check_betas(betas: Sequence[LearningRate]) -> None:
    """ValueError unless each share of a moving average that stays from step to step is in [0, 1)."""
    for position in (0, 1):
        if not 0.0 <= betas[position] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {position}: {betas[position]}")


def check_kernels(
    name: str, foreach: bool | None, fused: bool | None, differentiable: bool, capturable: bool = False
) -> None:
    """RuntimeError for two of torch's kernels at once; NotImplementedError for gradients through the update.

    AssertionError for what only a CUDA device has, which torch raises at the first step.
    """
    if bool(foreach) & bool(fused):
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
    if capturable:
        raise AssertionError(f"{name}(capturable=True): parameters must be on CUDA devices, not on the CPU")
    if differentiable is True:
        raise NotImplementedError(f"{name}(differentiable=True) is missing: updates are not recorded on the tape")
    if differentiable is not False:
        bool(differentiable)  # which a tensor of several elements refuses
        raise TypeError(f"{name}(): differentiable must be bool, not {type(differentiable).__name__}")


def _type_name(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _fitted(value: Any, parameter: Tensor, name: Any) -> Any:
    """A copy of a parameter's saved state, with tensors in the parameter's dtype."""
    if isinstance(value, Tensor):
        kept = name == "step" or not parameter.is_floating_point()
        return value.detach().to(value.dtype if kept else parameter.dtype, copy=True)
    if isinstance(value, dict):
        return {key: _fitted(part, parameter, key) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_fitted(part, parameter, None) for part in value)
    return copy.deepcopy(value)
