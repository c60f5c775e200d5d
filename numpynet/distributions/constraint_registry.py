"""Registries: which transform takes unconstrained numbers into a constraint's region."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.composition import ComposeTransform, IndependentTransform, Transform, identity_transform
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.elementwise import AffineTransform, ExpTransform, SigmoidTransform
from numpynet.distributions.joint_transforms import (
    CatTransform,
    CorrCholeskyTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    SoftmaxTransform,
    StackTransform,
    StickBreakingTransform,
)

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]

Factory = Callable[[Any], Transform]


class ConstraintRegistry:
    """The transforms of constraints, by the class of these. NotImplementedError for what is not registered.

    `biject_to` has bijections; `transform_to` may have several x for one y, where that is easier to optimize.

    >>> import numpynet
    >>> from numpynet.distributions import Normal, transform_to
    >>> transform_to(Normal.arg_constraints["scale"])(numpynet.zeros(2))
    tensor([1., 1.])
    """

    def __init__(self) -> None:
        self._registry: dict[type[Constraint], Factory] = {}

    def register(self, constraint: Any, factory: Factory | None = None) -> Any:
        """Makes a function what gives the transforms of a class of constraints; decorates one. TypeError for another.

        >>> from numpynet.distributions import ExpTransform, constraints
        >>> from numpynet.distributions.constraint_registry import ConstraintRegistry
        >>> registry = ConstraintRegistry()
        >>> @registry.register(constraints.positive)
        ... def exponential(constraint): return ExpTransform()
        >>> registry(constraints.positive)
        ExpTransform()
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = type(constraint) if isinstance(constraint, Constraint) else constraint
        if not isinstance(kind, type) or not issubclass(kind, Constraint):
            raise TypeError(f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}")
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Constraint) -> Transform:
        if type(constraint) not in self._registry:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return self._registry[type(constraint)](constraint)


biject_to, transform_to = ConstraintRegistry(), ConstraintRegistry()


def _in_both(factory: Factory, *kinds: Any) -> None:
    for kind in kinds:
        biject_to.register(kind, factory)
        transform_to.register(kind, factory)


def _to_interval(region: Any) -> Transform:
    low, high = region.lower_bound, region.upper_bound
    if not isinstance(low, Tensor) and not isinstance(high, Tensor) and (low, high) == (0, 1):
        return SigmoidTransform()
    return ComposeTransform([SigmoidTransform(), AffineTransform(low, high - low)])


def _beyond(bound: Any, direction: int) -> Transform:
    return ComposeTransform([ExpTransform(), AffineTransform(bound, direction)])


_in_both(lambda _: identity_transform, constraints.real)
_in_both(lambda region: _beyond(region.lower_bound, 1), constraints.greater_than, constraints.greater_than_eq)
_in_both(lambda region: _beyond(region.upper_bound, -1), constraints.less_than)
_in_both(_to_interval, constraints.interval, constraints.half_open_interval)
_in_both(lambda _: CorrCholeskyTransform(), constraints.corr_cholesky)
biject_to.register(constraints.simplex, lambda _: StickBreakingTransform())
transform_to.register(constraints.simplex, lambda _: SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda _: LowerCholeskyTransform())
transform_to.register(constraints.positive_definite, lambda _: PositiveDefiniteTransform())
transform_to.register(constraints.positive_semidefinite, lambda _: PositiveDefiniteTransform())


def _register_of_others(registry: ConstraintRegistry) -> None:
    """Of constraints that are made of others."""

    def independent(region: Any) -> Transform:
        return IndependentTransform(registry(region.base_constraint), region.reinterpreted_batch_ndims)

    def cat(region: Any) -> Transform:
        return CatTransform([registry(one) for one in region.cseq], region.dim, region.lengths)

    def stack(region: Any) -> Transform:
        return StackTransform([registry(one) for one in region.cseq], region.dim)

    registry.register(constraints.independent, independent)
    registry.register(constraints.cat, cat)
    registry.register(constraints.stack, stack)


_register_of_others(biject_to)
_register_of_others(transform_to)
