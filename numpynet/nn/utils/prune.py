"""prune: weights of a module set to 0 by a mask, which is kept beside the weights and applied before each forward.

A pruned ``weight`` is no parameter any more: ``weight_orig`` is, the mask is the buffer ``weight_mask``, and ``weight``
is their product. `remove` makes that product the parameter again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import Any

from numpynet import creation, ops
from numpynet.composite import kthvalue, topk
from numpynet.core import epoch
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module
from numpynet.nn.utils.convert_parameters import parameters_to_vector

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


class BasePruningMethod(ABC):
    """A way to choose what is pruned: a class with `compute_mask` and a PRUNING_TYPE.

    PRUNING_TYPE: what a second pruning of the same weights looks at: "unstructured", the weights that are left;
    "structured", the slices along ``dim`` of which something is left; "global", everything.

    >>> import numpynet
    >>> from numpynet import nn
    >>> from numpynet.nn.utils.prune import BasePruningMethod
    >>> class Negative(BasePruningMethod):
    ...     PRUNING_TYPE = "unstructured"
    ...
    ...     def compute_mask(self, t, default_mask):
    ...         return default_mask * (t >= 0)
    >>> Negative().prune(numpynet.tensor([1.0, -1.0]))
    tensor([1., -0.])
    >>> layer = nn.Linear(2, 2)
    >>> method = Negative.apply(layer, "weight")
    >>> bool((layer.weight >= 0).all()), bool((method.apply_mask(layer) == layer.weight).all())
    (True, True)
    >>> method.remove(layer)
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'weight']
    """

    PRUNING_TYPE: str
    _tensor_name: Any = None

    def __call__(self, module: Module, inputs: Any) -> None:
        """Multiplies anew, before a forward of the module."""
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask, 0 where weights are pruned, from their importance t and the mask so far.

        >>> import numpynet
        >>> from numpynet.nn.utils.prune import L1Unstructured
        >>> L1Unstructured(1).compute_mask(numpynet.tensor([2.0, -1.0, 3.0]), numpynet.ones(3))
        tensor([1., 0., 1.])
        """

    def apply_mask(self, module: Module) -> Tensor:
        """The weights times their mask; AssertionError where the method was not applied."""
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned")
        original = getattr(module, f"{self._tensor_name}_orig")
        pruned: Tensor = getattr(module, f"{self._tensor_name}_mask").to(dtype=original.dtype) * original
        return pruned

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prunes a module's parameter, once more where it is pruned already. Further arguments go to the class."""
        older = _hooks_of(module, name)
        new = cls(*args, **kwargs)
        new._tensor_name = name
        before: Any = older[0][1] if older else None
        method = new
        if before is not None:
            container = before if isinstance(before, PruningContainer) else PruningContainer(before)
            container.add_pruning_method(new)
            method = container
        original = getattr(module, name)
        scores = original if importance_scores is None else importance_scores
        if scores.shape != original.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, got {scores.shape} vs "
                f"{original.shape}"
            )
        so_far = creation.ones_like(original) if before is None else getattr(module, f"{name}_mask").detach().clone()
        mask = method.compute_mask(scores.detach(), default_mask=so_far).detach()  # before anything is changed
        for number, _ in older:
            del module._forward_pre_hooks[number]
        if before is None:
            delattr(module, name)
            module.register_parameter(f"{name}_orig", original)
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """A tensor times the mask that this method computes for it; AssertionError where the scores do not fit."""
        if importance_scores is None:
            importance_scores = t
        elif importance_scores.shape != t.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as tensor t, got {importance_scores.shape} vs {t.shape}"
            )
        return t * self.compute_mask(importance_scores, creation.ones_like(t) if default_mask is None else default_mask)

    def remove(self, module: Module) -> None:
        """Makes the pruned weights the parameter; AssertionError where the method was not applied."""
        name = self._tensor_name
        if name is None:
            raise AssertionError(f"Module {module} has to be pruned before pruning can be removed")
        weight = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = getattr(module, f"{name}_orig")
        original.data = weight.data
        delattr(module, f"{name}_orig")
        delattr(module, f"{name}_mask")
        setattr(module, name, original)


def _hooks(module: Module) -> list[Any]:
    """The hooks of a module that prune a parameter of it, with their numbers."""
    return [entry for entry in module._forward_pre_hooks.items() if isinstance(entry[1], BasePruningMethod)]


def _hooks_of(module: Module, name: str) -> list[Any]:
    """The hooks of a module that prune its parameter of that name, with their numbers."""
    return [entry for entry in _hooks(module) if entry[1]._tensor_name == name]


class PruningContainer(BasePruningMethod):
    """Several methods that prune the same weights, one after another: each prunes what the others have left.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.prune import RandomUnstructured, l1_unstructured
    >>> layer = l1_unstructured(nn.Linear(4, 1), "weight", 1)
    >>> container = RandomUnstructured.apply(layer, "weight", 1)
    >>> [type(method).__name__ for method in container]
    ['L1Unstructured', 'RandomUnstructured']
    >>> int(layer.weight_mask.sum())
    2
    """

    def __init__(self, *methods: BasePruningMethod) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if len(methods) == 1:
            self._tensor_name = methods[0]._tensor_name
        for method in methods:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Adds a method; TypeError for what is none, ValueError for one of another parameter.

        >>> from numpynet.nn.utils.prune import L1Unstructured, PruningContainer
        >>> container = PruningContainer()
        >>> container.add_pruning_method(L1Unstructured(1))
        >>> len(container)
        1
        """
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to "
                f"PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: Any) -> Any:
        return self._pruning_methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask so far, with what the last method adds to it."""
        method = self._pruning_methods[-1]
        mask = default_mask.to(dtype=t.dtype).clone()
        left: Any
        if method.PRUNING_TYPE == "unstructured":
            left = default_mask == 1
        elif method.PRUNING_TYPE == "structured":
            if not hasattr(method, "dim"):
                raise AttributeError(
                    'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.'
                )
            dim = method.dim + t.dim() if method.dim < 0 else method.dim
            if dim < 0:
                raise IndexError(f"Index is out of bounds for tensor with dimensions {t.dim()}")
            others = [one for one in range(t.dim()) if one != dim]
            left = (*(slice(None),) * dim, default_mask.sum(dim=others) != 0)
        elif method.PRUNING_TYPE == "global":
            left = ...
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        mask[left] = method.compute_mask(t[left], default_mask=default_mask[left]).to(dtype=mask.dtype)
        return mask


# --- how many are pruned ------------------------------------------------------------------------------------


def _require_amount(amount: Any) -> None:
    """TypeError for what is no number, ValueError for a share outside [0, 1] and a negative count."""
    if not isinstance(amount, Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 or (not isinstance(amount, Integral) and float(amount) > 1):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _count(amount: float, size: int) -> int:
    """How many of that many; ValueError for more than there are."""
    count = amount if isinstance(amount, Integral) else round(amount * size)
    if count > size:
        raise ValueError(f"amount={count} should be smaller than the number of parameters to prune={size}")
    return count


def _require_slices(t: Tensor, dim: int) -> None:
    if t.dim() <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
            f"{t.shape} with {t.dim()} dims"
        )
    if dim >= t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")


def _without(mask: Tensor, places: Tensor) -> Tensor:
    """The mask with 0 at these places of its elements, counted through."""
    pruned = mask.clone().reshape(-1)
    pruned[places] = 0
    return pruned.reshape(mask.shape)


def _only(t: Tensor, dim: int, kept: Tensor, mask: Tensor) -> Tensor:
    """The mask, and 0 in all slices along a dimension but those that are kept."""
    slices = creation.zeros_like(t)
    slices[(*(slice(None),) * (dim % t.dim()), kept)] = 1
    return slices * mask.to(dtype=slices.dtype)


# --- methods ------------------------------------------------------------------------------------------------


class Identity(BasePruningMethod):
    """Prunes nothing.

    >>> import numpynet
    >>> from numpynet.nn.utils.prune import Identity
    >>> Identity().prune(numpynet.tensor([2.0, -1.0]))
    tensor([ 2., -1.])
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask so far."""
        return default_mask


class RandomUnstructured(BasePruningMethod):
    """Prunes weights by chance. amount: a share from 0 to 1, or how many.

    >>> import numpynet
    >>> from numpynet.nn.utils.prune import RandomUnstructured
    >>> int(RandomUnstructured(0.25).prune(numpynet.ones(8)).sum())
    6
    """

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        _require_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask with so many zeros more."""
        count = _count(self.amount, t.numel())
        if count == 0:
            return default_mask.clone()
        return _without(default_mask, topk(creation.rand_like(t).reshape(-1), count)[1])


class L1Unstructured(BasePruningMethod):
    """Prunes the smallest weights. amount: a share from 0 to 1, or how many.

    >>> import numpynet
    >>> from numpynet.nn.utils.prune import L1Unstructured
    >>> L1Unstructured(0.5).prune(numpynet.tensor([3.0, -1.0, 2.0, -4.0]))
    tensor([ 3., -0.,  0., -4.])
    """

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        _require_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask with zeros at the smallest |t|."""
        count = _count(self.amount, t.numel())
        if count == 0:
            return default_mask.clone()
        return _without(default_mask, topk(ops.abs(t).reshape(-1), count, largest=False)[1])


class RandomStructured(BasePruningMethod):
    """Prunes whole slices along a dimension by chance. amount: a share from 0 to 1, or how many.

    >>> import numpynet
    >>> from numpynet.nn.utils.prune import RandomStructured
    >>> RandomStructured(1, dim=0).prune(numpynet.ones(3, 2)).sum(0)
    tensor([2., 2.])
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        _require_amount(amount)
        self.amount = amount
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask with 0 in some slices."""
        _require_slices(t, self.dim)
        size = t.shape[self.dim]
        count = _count(self.amount, size)
        if count == 0:
            return default_mask
        drawn = creation.rand(size)
        return _only(t, self.dim, drawn > kthvalue(drawn, count)[0], default_mask)


class LnStructured(BasePruningMethod):
    """Prunes the slices along a dimension that have the smallest n-norms. amount: a share from 0 to 1, or how many.

    >>> import numpynet
    >>> from numpynet.nn.utils.prune import LnStructured
    >>> LnStructured(1, n=2, dim=0).prune(numpynet.tensor([[3.0, -1.0], [1.0, 1.0]]))
    tensor([[ 3., -1.],
            [ 0.,  0.]])
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        _require_amount(amount)
        self.amount = amount
        self.n = n
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask with 0 in the smallest slices."""
        _require_slices(t, self.dim)
        size = t.shape[self.dim]
        count = _count(self.amount, size)
        if count == 0:
            return default_mask
        others = [one for one in range(t.dim()) if one != self.dim % t.dim()]
        return _only(t, self.dim, topk(t.norm(self.n, others), size - count)[1], default_mask)


class CustomFromMask(BasePruningMethod):
    """Prunes by a mask that is given.

    >>> import numpynet
    >>> from numpynet.nn.utils.prune import CustomFromMask
    >>> CustomFromMask(numpynet.tensor([0.0, 1.0])).prune(numpynet.tensor([2.0, 3.0]))
    tensor([0., 3.])
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Both masks together; AssertionError where their shapes differ."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)


# --- what is called -----------------------------------------------------------------------------------------


def identity(module: Module, name: str) -> Module:
    """Prunes nothing of a module's parameter, but has it looked at as pruned. Returns the module, as all of these do.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.prune import identity
    >>> [name for name, _ in identity(nn.Linear(1, 1), "weight").named_buffers()]
    ['weight_mask']
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: float) -> Module:
    """Prunes weights by chance. amount: a share from 0 to 1, or how many; ValueError for more than there are.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.prune import random_unstructured
    >>> int((random_unstructured(nn.Linear(4, 1), "weight", 0.5).weight == 0).sum())
    2
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: float, importance_scores: Tensor | None = None) -> Module:
    """Prunes the smallest weights, or those with the smallest scores. amount: a share from 0 to 1, or how many.

    >>> import numpynet
    >>> from numpynet import nn
    >>> from numpynet.nn.utils.prune import l1_unstructured
    >>> layer = nn.Linear(2, 1)
    >>> layer.weight.data = numpynet.tensor([[3.0, -1.0]])
    >>> l1_unstructured(layer, "weight", 1).weight_mask
    tensor([[1., 0.]])
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: float, dim: int) -> Module:
    """Prunes whole slices along a dimension by chance. amount: a share from 0 to 1, or how many.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.prune import random_structured
    >>> int(random_structured(nn.Linear(2, 4), "weight", 1, dim=0).weight_mask.sum())
    6
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Module, name: str, amount: float, n: Any, dim: int, importance_scores: Tensor | None = None
) -> Module:
    """Prunes the slices along a dimension with the smallest n-norms. amount: a share from 0 to 1, or how many.

    >>> import numpynet
    >>> from numpynet import nn
    >>> from numpynet.nn.utils.prune import ln_structured
    >>> layer = nn.Linear(2, 2)
    >>> layer.weight.data = numpynet.tensor([[3.0, -1.0], [1.0, 1.0]])
    >>> ln_structured(layer, "weight", 1, n=2, dim=0).weight_mask
    tensor([[1., 1.],
            [0., 0.]])
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Prunes by a mask that is given.

    >>> import numpynet
    >>> from numpynet import nn
    >>> from numpynet.nn.utils.prune import custom_from_mask
    >>> custom_from_mask(nn.Linear(2, 1), "weight", numpynet.tensor([[0.0, 1.0]])).weight_mask
    tensor([[0., 1.]])
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]], pruning_method: Any, importance_scores: Any = None, **kwargs: Any
) -> None:
    """Prunes the parameters of several modules as though they were one: by the same measure. kwargs: of the method.

    importance_scores: by (module, name), where they are not the parameters themselves. TypeError for what is no method
    for single weights.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.prune import L1Unstructured, global_unstructured
    >>> a, b = nn.Linear(2, 1), nn.Linear(2, 1)
    >>> global_unstructured([(a, "weight"), (b, "weight")], L1Unstructured, amount=3)
    >>> int(a.weight_mask.sum() + b.weight_mask.sum())
    1
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    places = list(parameters)
    values = parameters_to_vector([scores.get((module, name), getattr(module, name)) for module, name in places])
    masks = parameters_to_vector(
        [getattr(module, f"{name}_mask", creation.ones_like(getattr(module, name))) for module, name in places]
    )
    container = PruningContainer()
    container._tensor_name = "temp"
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method {pruning_method} of '
            f"type {method.PRUNING_TYPE}"
        )
    container.add_pruning_method(method)
    mask = container.compute_mask(values.detach(), masks)
    start = 0
    for module, name in places:
        parameter = getattr(module, name)
        custom_from_mask(module, name, mask[start : start + parameter.numel()].reshape(parameter.shape))
        start += parameter.numel()


def remove(module: Module, name: str) -> Module:
    """Makes the pruned weights a module's parameter again; ValueError where it is not pruned.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.prune import identity, remove
    >>> layer = remove(identity(nn.Linear(1, 1), "weight"), "weight")
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'weight']
    """
    for number, hook in _hooks_of(module, name):
        hook.remove(module)
        del module._forward_pre_hooks[number]
        epoch.count[0] += 1
        return module
    raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")


def is_pruned(module: Module) -> bool:
    """Whether a parameter of a module, or of one in it, is pruned.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils.prune import identity, is_pruned
    >>> is_pruned(nn.Sequential(identity(nn.Linear(1, 1), "weight")))
    True
    """
    return any(_hooks(one) for one in module.modules())
