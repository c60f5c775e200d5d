"""For each tensor of a list: torch's ``_foreach_add_`` and its kin, which optimizers of others are written with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpynet.core.tensor import Tensor

# Under the names that take numbers too, and have a form that overwrites.
_METHODS = {"maximum": "clamp_min", "minimum": "clamp_max", "maximum_": "clamp_min_", "minimum_": "clamp_max_"}


def foreach(name: str) -> Callable[..., Any]:
    """The function ``_foreach_name``: calls the method of that name on each tensor of a list.

    Its arguments are lists, of which each tensor takes its own, or what all of them take. It returns the tuple of
    results, and the list itself where the name ends in an underscore. RuntimeError for lists of different lengths, and
    for an empty one.

    >>> import numpynet
    >>> x = [numpynet.ones(1), numpynet.zeros(2)]
    >>> numpynet._foreach_add_(x, [1.0, 2.0])
    [tensor([2.]), tensor([2., 2.])]
    >>> numpynet._foreach_mul(x, 3)
    (tensor([6.]), tensor([6., 6.]))
    """
    method = _METHODS.get(name, name)

    def function(self: Any, *args: Any, **kwargs: Any) -> Any:
        if name.rstrip("_") in ("addcdiv", "addcmul") and len(args) == 3:
            *args, kwargs["value"] = args  # type: ignore[assignment]
        if "ord" in kwargs:
            kwargs["p"] = kwargs.pop("ord")
        of_one_base = name == "pow" and not isinstance(self, (list, tuple))
        count = len(args[0] if of_one_base else self)
        tensors = [self] * count if of_one_base else self
        _require_one_length(count, (*args, *kwargs.values()))
        results = []
        for place, tensor in enumerate(tensors):
            given = [_of(one, place) for one in args]
            named = {key: _of(one, place) for key, one in kwargs.items()}
            results.append(tensor ** given[0] if of_one_base else getattr(tensor, method)(*given, **named))
        return self if name.endswith("_") else tuple(results)

    function.__name__ = function.__qualname__ = f"_foreach_{name}"
    return function


def exists(name: str) -> bool:
    """Whether there is such a function."""
    return not name.startswith("_") and callable(getattr(Tensor, _METHODS.get(name, name), None))


def _of(argument: Any, place: int) -> Any:
    """What one tensor takes of an argument."""
    return argument[place] if isinstance(argument, (list, tuple)) else argument


def _require_one_length(count: int, arguments: tuple[Any, ...]) -> None:
    if not count:
        raise RuntimeError("Tensor list must have at least one tensor.")
    for one in arguments:
        if isinstance(one, (list, tuple)) and len(one) != count:
            raise RuntimeError(f"Tensor lists must have the same number of tensors, got {count} and {len(one)}")
