"""Copies: what torch's functions of views give, in memory of its own. Imported when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from numpynet import composite, ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled
from numpynet.core.messages import normal_dim
from numpynet.core.tensor import Tensor
from numpynet.ops.layout import contiguous_format


@composed
def alias(input: Tensor) -> Tensor:
    """All elements."""
    return input


@composed
def slice_along(input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """The slices from `start` to `end` along `dim`."""
    if not input.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if step <= 0:
        raise RuntimeError("slice step must be positive in slice_copy()")
    return input[(*(slice(None),) * normal_dim(dim, input.ndim, "slice_copy"), slice(start, end, step))]


def _view(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The elements in another shape or dtype, wherever they lie."""
    return input.contiguous().view(*args, **kwargs)


@composed(out=True)
def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """What `narrow` gives, copied into memory of its own.

    >>> import numpynet
    >>> numpynet.narrow_copy(numpynet.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    return _copied(composite.narrow(input, dim, start, length), "NarrowCopyBackward0")


def _copied(view: Tensor, title: str) -> Tensor:
    copy: Tensor = ops.clone(view, memory_format=contiguous_format)
    return titled(copy, title)


def _copying(viewing: str, function: Callable[..., Any], arguments: str) -> Callable[..., Any]:
    """The copying form of a function that gives views. arguments: of the example in its docstring."""
    name = f"{viewing}_copy"
    title = "".join(map(str.capitalize, viewing.split("_"))) + "Backward0_copy"

    @wraps(function)
    def copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
        views = function(input, *args, **kwargs)
        if isinstance(views, tuple):
            return tuple(_copied(one, title) for one in views)
        return _copied(views, title)

    copy.__name__ = copy.__qualname__ = name
    copy.__module__ = __name__
    copy.__doc__ = f"""What `{viewing}` gives, copied into memory of its own.

    >>> import numpynet
    >>> x = numpynet.zeros(2, 3)
    >>> copied = numpynet.{name}({", ".join(filter(None, ("x", arguments)))})
    >>> x += 1
    >>> (copied[0] == 0).all().item()
    True
    """
    return copy


alias_copy = _copying("alias", alias, "")
as_strided_copy = _copying("as_strided", Tensor.as_strided, "(2,), (1,)")
diagonal_copy = _copying("diagonal", Tensor.diagonal, "")
expand_copy = _copying("expand", Tensor.expand, "(2, 2, 3)")
permute_copy = _copying("permute", Tensor.permute, "(1, 0)")
select_copy = _copying("select", Tensor.select, "0, 0")
slice_copy = _copying("slice", slice_along, "0, 1")
split_copy = _copying("split", Tensor.split, "1")
split_with_sizes_copy = _copying("split_with_sizes", Tensor.split_with_sizes, "(1, 1)")
squeeze_copy = _copying("squeeze", Tensor.squeeze, "")
t_copy = _copying("t", Tensor.t, "")
transpose_copy = _copying("transpose", Tensor.transpose, "0, 1")
unbind_copy = _copying("unbind", Tensor.unbind, "")
unfold_copy = _copying("unfold", Tensor.unfold, "1, 2, 1")
unsqueeze_copy = _copying("unsqueeze", Tensor.unsqueeze, "0")
view_copy = _copying("view", _view, "(3, 2)")
