"""Stateless: a module called with other parameters and buffers than its own, and those of several modules stacked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from numpynet import ops
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """module(*args, **kwargs), with these tensors in the place of its parameters and buffers, which stay as they are.

    parameter_and_buffer_dicts: one or several {name: tensor}, with the names of `named_parameters`.
    args: a tuple of arguments, or a single one. tie_weights: a parameter that the module has under several names is
        replaced under all of them. strict: RuntimeError unless there is a tensor for each name, and no other.
    Otherwise what the module does not have is left out. ValueError for a name that is given twice.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.Linear(1, 1)
    >>> numpynet.func.functional_call(layer, {"weight": numpynet.tensor([[2.0]]), "bias": numpynet.zeros(1)},
    ...                               numpynet.tensor([[3.0]]))
    tensor([[6.]])
    """
    given = (
        [parameter_and_buffer_dicts] if isinstance(parameter_and_buffer_dicts, Mapping) else parameter_and_buffer_dicts
    )
    if not isinstance(given, Sequence) or not all(isinstance(one, Mapping) for one in given):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(given)}"
        )
    tensors: dict[str, Tensor] = {}
    for one in given:
        for name, tensor in one.items():
            if name in tensors:
                raise ValueError(f"{name} appears in multiple dictionaries; behavior of functional call is ambiguous")
            tensors[name] = tensor
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _in_place_of_its_own(module, tensors, tie_weights, strict):
        return module(*arguments, **({} if kwargs is None else kwargs))


@contextmanager
def _in_place_of_its_own(module: Module, tensors: dict[str, Tensor], tie: bool, strict: bool) -> Iterator[None]:
    """Has the module hold the tensors until the end of the block."""
    places = {}  # of each name, which of the module's dictionaries holds it
    for path, part in module.named_modules(remove_duplicate=False):
        for held in (part._parameters, part._buffers):
            places.update({f"{path}.{name}".lstrip("."): (held, name) for name in held})
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise TypeError(f"functional_call(): {name} must be a Tensor, not {type(tensor).__name__}")
    problems = {
        "Unexpected": [name for name in tensors if name not in places],
        "Missing": [name for name in places if name not in tensors],
    }
    if strict and any(problems.values()):
        lines = [
            f"\t{kind} key(s): {', '.join(map(repr, sorted(names)))}." for kind, names in problems.items() if names
        ]
        raise RuntimeError("\n".join([f"Error(s) in reparametrizing for {type(module).__name__}:", *lines]))
    tensors = {name: tensor for name, tensor in tensors.items() if name in places}
    if tie:
        held_once = {id(held[own]): tensors[name] for name, (held, own) in places.items() if name in tensors}
        tensors = {
            name: tensors[name] if name in tensors else held_once[id(held[own])]
            for name, (held, own) in places.items()
            if name in tensors or (held[own] is not None and id(held[own]) in held_once)
        }
    before = [(held, own, held[own]) for held, own in (places[name] for name in tensors)]
    try:
        for name, tensor in tensors.items():
            held, own = places[name]
            held[own] = tensor
        yield
    finally:
        for held, own, value in before:
            held[own] = value


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters and the buffers of several modules of one class, stacked along a new first dimension, by name.

    RuntimeError when there are none, or they are not of one class, or not all in the same mode.

    >>> import numpynet
    >>> from numpynet import nn
    >>> parameters, buffers = numpynet.func.stack_module_state([nn.Linear(2, 1) for _ in range(3)])
    >>> {name: tensor.shape for name, tensor in parameters.items()}
    {'weight': torch.Size([3, 1, 2]), 'bias': torch.Size([3, 1])}
    """
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")

    def stacked(named: list[dict[str, Any]]) -> dict[str, Tensor]:
        return {name: _stacked([one[name] for one in named]) for name in named[0]}

    return (
        stacked([dict(model.named_parameters()) for model in models]),
        stacked([dict(model.named_buffers()) for model in models]),
    )


def _stacked(tensors: list[Tensor]) -> Tensor:
    wants = {one.requires_grad for one in tensors}
    if len(wants) > 1:
        raise RuntimeError("Expected parameters from all models to have the same .requires_grad")
    return ops.stack(tensors).detach().requires_grad_(wants.pop())
