"""Distribution: what all distributions have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from numpynet.core.shown_class import name_functions
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.parameters import lazy_property, library


class Distribution:
    """A batch of distributions of events, of the shapes `batch_shape` and `event_shape`.

    validate_args: whether parameters and values are checked (ValueError), as they are by default.

    >>> import numpynet
    >>> from numpynet.distributions import Normal
    >>> d = Normal(numpynet.zeros(3), 1.0)
    >>> d.batch_shape, d.event_shape
    (torch.Size([3]), torch.Size([]))
    """

    has_rsample = False
    has_enumerate_support = False
    arg_constraints: ClassVar[dict[str, Constraint]] = {}
    _validate_args = __debug__

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        name_functions(cls)

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether arguments are checked unless a distribution says so itself. ValueError for what is no bool.

        >>> from numpynet.distributions import Distribution
        >>> Distribution.set_default_validate_args(True)
        """
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    def __init__(self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()

    def _check_parameters(self) -> None:
        for name, constraint in self.arg_constraints.items():
            if constraints.is_dependent(constraint):
                continue
            if name not in self.__dict__ and isinstance(getattr(type(self), name), lazy_property):
                continue  # made of another parameter
            value = getattr(self, name)
            if not constraint.check(value).all():
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                    f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    # --- what it is -----------------------------------------------------------------------------------------

    @property
    def batch_shape(self) -> Size:
        """The shape of the batch: of the parameters, broadcast."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one event."""
        return self._event_shape

    @property
    def support(self) -> Constraint:
        """Where samples lie."""
        raise NotImplementedError

    @property
    def mean(self) -> Tensor:
        """The mean."""
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """The most probable event."""
        raise NotImplementedError(f"{type(self)} does not implement mode")

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.variance.sqrt()

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        """The same distribution with a larger batch, to which the parameters are broadcast.

        >>> from numpynet.distributions import Normal
        >>> Normal(0.0, 1.0).expand([3]).batch_shape
        torch.Size([3])
        """
        expanded = object.__new__(type(self))
        expanded.__dict__.update(self.__dict__)
        shape = Size(batch_shape)
        for name, event_dim in self._parameters().items():
            value = getattr(self, name)
            kept = tuple(value.shape[value.ndim - event_dim :])
            setattr(expanded, name, value.expand(shape + kept))
        expanded._batch_shape = shape
        return expanded

    def _parameters(self) -> dict[str, int]:
        """The names of the tensors that it holds, and how many of their last dimensions belong to an event."""
        known = {name: constraint for name, constraint in self.arg_constraints.items() if name in self.__dict__}
        return {name: constraint.event_dim for name, constraint in known.items()}

    # --- samples --------------------------------------------------------------------------------------------

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draws sample_shape + batch_shape + event_shape numbers, without gradients.

        >>> import numpynet
        >>> from numpynet.distributions import Bernoulli
        >>> Bernoulli(numpynet.tensor([0.0, 1.0])).sample((2,))
        tensor([[0., 1.],
                [0., 1.]])
        """
        with library.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """As `sample`, as a function of the parameters that has their gradients. NotImplementedError where it has none.

        >>> import numpynet
        >>> from numpynet.distributions import Normal
        >>> loc = numpynet.tensor(1.0, requires_grad=True)
        >>> Normal(loc, 1.0).rsample().backward()
        >>> loc.grad
        tensor(1.)
        """
        raise NotImplementedError

    def sample_n(self, n: int) -> Tensor:
        """As ``sample((n,))``.

        >>> from numpynet.distributions import Normal
        >>> Normal(0.0, 1.0).sample_n(3).shape
        torch.Size([3])
        """
        return self.sample(Size((n,)))

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        return Size(sample_shape) + self._batch_shape + self._event_shape

    # --- probabilities ----------------------------------------------------------------------------------------

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability, or its density, at each value. ValueError for one outside the support.

        >>> import numpynet
        >>> from numpynet.distributions import Bernoulli
        >>> Bernoulli(0.25).log_prob(numpynet.tensor(1.0))
        tensor(-1.3863)
        """
        raise NotImplementedError

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of what is at most the value.

        >>> import numpynet
        >>> from numpynet.distributions import Uniform
        >>> Uniform(0.0, 4.0).cdf(numpynet.tensor(1.0))
        tensor(0.2500)
        """
        raise NotImplementedError

    def icdf(self, value: Tensor) -> Tensor:
        """The inverse of `cdf`.

        >>> import numpynet
        >>> from numpynet.distributions import Uniform
        >>> Uniform(0.0, 4.0).icdf(numpynet.tensor(0.25))
        tensor(1.)
        """
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """−E ln p, of each distribution of the batch.

        >>> from numpynet.distributions import Bernoulli
        >>> Bernoulli(0.5).entropy()
        tensor(0.6931)
        """
        raise NotImplementedError

    def perplexity(self) -> Tensor:
        """The exponential of the entropy.

        >>> from numpynet.distributions import Bernoulli
        >>> Bernoulli(0.5).perplexity()
        tensor(2.)
        """
        return library.exp(self.entropy())

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values of a discrete distribution, in a first dimension.

        >>> from numpynet.distributions import Bernoulli
        >>> Bernoulli(0.5).enumerate_support()
        tensor([0., 1.])
        """
        raise NotImplementedError

    def _enumerated(self, values: Tensor, expand: bool) -> Tensor:
        values = values.view((-1, *(1,) * len(self._batch_shape)))
        return values.expand((-1, *self._batch_shape)) if expand else values

    def _validate_sample(self, value: Any) -> None:
        """ValueError unless the value is a tensor of a shape that fits, within the support."""
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        start = value.ndim - len(self._event_shape)
        if tuple(value.shape[max(start, 0) :]) != tuple(self._event_shape):
            raise ValueError(
                f"The right-most size of value must match event_shape: {value.shape} vs {self._event_shape}."
            )
        expected = self._batch_shape + self._event_shape
        for i, j in zip(reversed(value.shape), reversed(expected), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(
                    f"Value is not broadcastable with batch_shape+event_shape: {value.shape} vs {expected}."
                )
        try:
            support = self.support
        except NotImplementedError:
            return
        if not support.check(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the "
                f"support ({support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        shown = [
            f"{name}: {self.__dict__[name] if self.__dict__[name].numel() == 1 else self.__dict__[name].size()}"
            for name in self.arg_constraints
            if name in self.__dict__
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


class Symmetric(Distribution):
    """A distribution that is symmetric about `loc`, its mean and its mode."""

    loc: Tensor

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc
