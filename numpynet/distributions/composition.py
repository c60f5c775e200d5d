"""Transforms: invertible functions of tensors, their inverses, and what is composed of them."""

from __future__ import annotations

import math
from typing import Any

from numpynet.core.shown_class import name_functions
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.parameters import library, sum_rightmost


class Transform:
    """A function y = f(x), its inverse, and ln |det ∂y/∂x|: a base, of which `_call` and `_inverse` are defined.

    cache_size: 1 keeps the latest x and y, so that `inv` of what was just computed is exact, and costs nothing.

    >>> import numpynet
    >>> from numpynet.distributions.transforms import Transform
    >>> class Double(Transform):
    ...     bijective = True
    ...     def _call(self, x): return 2 * x
    ...     def _inverse(self, y): return y / 2
    >>> double = Double()
    >>> double(numpynet.tensor(3.0)), double.inv(numpynet.tensor(3.0))
    (tensor(6.), tensor(1.5000))
    """

    bijective = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        name_functions(cls)

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"cache_size must be 0 or 1, not {cache_size!r}")
        self._cache_size = cache_size
        self._cached_x_y: tuple[Any, Any] = (None, None)
        self._inv: Transform | None = None
        super().__init__()

    @property
    def domain(self) -> Constraint:
        """Where x lies."""
        raise NotImplementedError

    @property
    def codomain(self) -> Constraint:
        """Where y lies."""
        raise NotImplementedError

    @property
    def event_dim(self) -> int:
        """How many of the last dimensions are transformed together. ValueError where it is not the same of x and y."""
        if self.domain.event_dim == self.codomain.event_dim:
            return self.domain.event_dim
        raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")

    @property
    def sign(self) -> int | Tensor:
        """1 where the function rises, −1 where it falls."""
        raise NotImplementedError

    @property
    def inv(self) -> Transform:
        """The inverse, whose own inverse is this transform."""
        if self._inv is None:
            self._inv = _InverseTransform(self)
        return self._inv

    def _arguments(self) -> tuple[Any, ...]:
        """What it was made with."""
        if type(self).__init__ is Transform.__init__:
            return ()
        raise NotImplementedError(f"{type(self)}.with_cache is not implemented")

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same transform with a cache of that size.

        >>> from numpynet.distributions import ExpTransform
        >>> ExpTransform().with_cache()
        ExpTransform()
        """
        if cache_size == self._cache_size:
            return self
        made: Any = type(self)  # whose constructor takes what `_arguments` gives
        return made(*self._arguments(), cache_size=cache_size)

    def __call__(self, x: Tensor) -> Tensor:
        if self._cache_size and x is self._cached_x_y[0]:
            return self._cached_x_y[1]
        y = self._call(x)
        self._keep(x, y)
        return y

    def _inv_call(self, y: Tensor) -> Tensor:
        if self._cache_size and y is self._cached_x_y[1]:
            return self._cached_x_y[0]
        x = self._inverse(y)
        self._keep(x, y)
        return x

    def _keep(self, x: Tensor, y: Tensor) -> None:
        if self._cache_size:
            self._cached_x_y = x, y

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """ln |det ∂y/∂x| of each event.

        >>> import numpynet
        >>> from numpynet.distributions import AffineTransform
        >>> AffineTransform(1.0, numpynet.e).log_abs_det_jacobian(numpynet.tensor(1.0), numpynet.tensor(3.7183))
        tensor(1.)
        """
        raise NotImplementedError

    def forward_shape(self, shape: Size) -> Size:
        """The shape of y for x of that shape.

        >>> from numpynet.distributions import ExpTransform
        >>> ExpTransform().forward_shape((2, 3))
        (2, 3)
        """
        return shape

    def inverse_shape(self, shape: Size) -> Size:
        """The shape of x for y of that shape.

        >>> from numpynet.distributions import ExpTransform
        >>> ExpTransform().inverse_shape((2, 3))
        (2, 3)
        """
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _InverseTransform(Transform):
    """The inverse of a transform, which computes and caches."""

    def __init__(self, transform: Transform) -> None:
        super().__init__(transform._cache_size)
        self._inv: Transform = transform
        self.bijective = transform.bijective

    @property
    def domain(self) -> Constraint:
        return self._inv.codomain

    @property
    def codomain(self) -> Constraint:
        return self._inv.domain

    @property
    def sign(self) -> int | Tensor:
        return self._inv.sign

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self._inv.with_cache(cache_size).inv

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InverseTransform) and self._inv == other._inv

    def __call__(self, x: Tensor) -> Tensor:
        return self._inv._inv_call(x)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Size) -> Size:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Size) -> Size:
        return self._inv.forward_shape(shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._inv!r})"


def widened(region: Constraint, event_dim: int) -> Constraint:
    """A region of events with so many dimensions, of a region of events with as many or fewer."""
    further = event_dim - region.event_dim
    return constraints.independent(region, further) if further else region


class ComposeTransform(Transform):
    """The parts, one after the other: y = fₙ(... f₁(x)). They keep what is cached.

    >>> import numpynet
    >>> from numpynet.distributions import AffineTransform, ComposeTransform, ExpTransform
    >>> both = ComposeTransform([AffineTransform(1.0, 2.0), ExpTransform()])
    >>> both(numpynet.tensor(-0.5)), both.inv(numpynet.tensor(1.0))
    (tensor(1.), tensor(-0.5000))
    """

    def __init__(self, parts: list[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else parts
        self.bijective = all(part.bijective for part in parts)

    def _arguments(self) -> tuple[Any, ...]:
        return (self.parts,)

    @property
    def domain(self) -> Constraint:
        if not self.parts:
            return constraints.real
        dims = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            dims = max(part.domain.event_dim, dims + part.domain.event_dim - part.codomain.event_dim)
        return widened(self.parts[0].domain, dims)

    @property
    def codomain(self) -> Constraint:
        if not self.parts:
            return constraints.real
        dims = self.parts[0].domain.event_dim
        for part in self.parts:
            dims = max(part.codomain.event_dim, dims + part.codomain.event_dim - part.domain.event_dim)
        return widened(self.parts[-1].codomain, dims)

    @property
    def sign(self) -> int | Tensor:
        return math.prod(part.sign for part in self.parts)

    @property
    def inv(self) -> Transform:
        if self._inv is None:
            self._inv = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inv._inv = self
        return self._inv

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    def __call__(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return library.zeros_like(x)
        event_dim, terms = self.domain.event_dim, []
        for index, part in enumerate(self.parts, 1):
            after = y if index == len(self.parts) else part(x)
            terms.append(sum_rightmost(part.log_abs_det_jacobian(x, after), event_dim - part.domain.event_dim))
            event_dim += part.codomain.event_dim - part.domain.event_dim
            x = after
        return sum(terms[1:], terms[0])

    def forward_shape(self, shape: Size) -> Size:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Size) -> Size:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n    " + ",\n    ".join(map(repr, self.parts)) + "\n)"


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """The same transform, of which so many more of the last dimensions are part of the event.

    >>> import numpynet
    >>> from numpynet.distributions import ExpTransform, IndependentTransform
    >>> x = numpynet.tensor([1.0, 2.0])
    >>> IndependentTransform(ExpTransform(), 1).log_abs_det_jacobian(x, x.exp())
    tensor(3.)
    """

    def __init__(self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.bijective = base_transform.bijective

    def _arguments(self) -> tuple[Any, ...]:
        return self.base_transform, self.reinterpreted_batch_ndims

    @property
    def domain(self) -> Constraint:
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @property
    def codomain(self) -> Constraint:
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def sign(self) -> int | Tensor:
        return self.base_transform.sign

    def _call(self, x: Tensor) -> Tensor:
        if x.ndim < self.domain.event_dim:
            raise ValueError(f"Too few dimensions on input: {x.ndim}, of {self.domain.event_dim}")
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        if y.ndim < self.codomain.event_dim:
            raise ValueError(f"Too few dimensions on input: {y.ndim}, of {self.codomain.event_dim}")
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return sum_rightmost(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Size) -> Size:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Size) -> Size:
        return self.base_transform.inverse_shape(shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_transform!r}, {self.reinterpreted_batch_ndims})"
