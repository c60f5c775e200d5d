"""printing: the text of a tensor, character for character what torch 2.13 prints.

Everything here works on plain arrays; a tensor's ``repr`` and ``format`` hand theirs in.

Rules, as read from PyTorch (BSD licence), ``torch/_tensor_str.py``:

1. A tensor of more than `threshold` elements shows only `edgeitems` at either end of each dimension, and
   what is not shown has no say in how the rest is written. So only the corners are ever looked at.
2. One notation serves all elements. Let a be the magnitudes of the nonzero finite ones: scientific if
   max a / min a > 1000, max a > 1e8 or min a < 1e-4 (or as `sci_mode` says); else whole (``1.``) if all
   are integers; else fixed point.
3. The column is as wide as the widest nonzero finite element. Zeros, infinities and NaNs are not measured
   and may stick out.
4. A row is broken when `linewidth` is full; n-dimensional blocks stand n - 1 line ends apart.
5. Complex numbers have a notation and a column for their real parts, and another one for their imaginary parts.
6. What the elements don't tell (size, dtype, grad_fn, requires_grad) follows, each on the last line if it
   still fits, else on a line of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from numpynet.core.dtypes import complex64, complex128, float64, from_numpy_dtype, get_default_dtype


class _Options(NamedTuple):
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": _Options(),
    "short": _Options(precision=2, edgeitems=2),
    "full": _Options(threshold=math.inf),
}
_options = _PROFILES["default"]


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Sets how tensors print from now on; what is left out stays as it is, except `sci_mode`.

    Args:
        precision: digits after the point of floating elements (at first 4).
        threshold: the number of elements above which a tensor is summarised (at first 1000).
        edgeitems: elements shown at either end of each dimension of a summarised tensor (at first 3).
        linewidth: characters in a line (at first 80).
        profile: where to start from: ``'default'``, ``'short'`` (precision 2, edgeitems 2) or ``'full'``
            (never summarise). Any other name is passed over, as torch does.
        sci_mode: scientific notation always (True), never (False), or as the elements ask (None). As in
            torch, every call sets it: leaving it out means None.

    Raises:
        Nothing: as in torch, a value that can't be printed with fails when a tensor is printed.

    >>> import numpy as np
    >>> from numpynet.core.printing import set_printoptions, tensor_repr
    >>> set_printoptions(precision=2)
    >>> tensor_repr(np.array([0.125, 1.0], np.float32))
    'tensor([0.12, 1.00])'
    >>> set_printoptions(profile="default")
    """
    global _options
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    start = _options if profile is None else _PROFILES.get(profile, _options)
    _options = start._replace(sci_mode=sci_mode, **changes)


def get_printoptions() -> dict[str, Any]:
    """The print options in force, as keyword arguments for `set_printoptions`.

    >>> from numpynet.core.printing import get_printoptions
    >>> get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return _options._asdict()


@contextmanager
def printoptions(**kwargs: Any) -> Iterator[None]:
    """Within the ``with`` block tensors print with the options given, afterwards as before.

    Takes what `set_printoptions` takes; TypeError for a name it doesn't know. (In torch this one lives at
    ``torch._tensor_str.printoptions``.)

    >>> import numpy as np
    >>> from numpynet.core.printing import printoptions, tensor_repr
    >>> with printoptions(precision=1):
    ...     tensor_repr(np.array([0.25], np.float32))
    'tensor([0.2])'
    """
    before = get_printoptions()
    set_printoptions(**kwargs)
    try:
        yield
    finally:
        set_printoptions(**before)


def tensor_repr(
    array: np.ndarray[Any, Any],
    *,
    name: str = "tensor",
    grad_fn: str | None = None,
    requires_grad: bool = False,
) -> str:
    """What ``repr`` of a tensor with these elements gives in torch.

    Args:
        array: the elements, any shape, any dtype torch has, any byte order and strides.
        name: the word before the parenthesis: ``tensor``, or the class name of a subclass.
        grad_fn: the name of the node that made the tensor, e.g. ``AddBackward0``.
        requires_grad: whether to print ``requires_grad=True``; a `grad_fn` already says so.

    Raises:
        TypeError: the array's dtype is none of torch's (strings, objects, ...).

    >>> import numpy as np
    >>> from numpynet.core.printing import tensor_repr
    >>> tensor_repr(np.array([1, 2.5], np.float32), grad_fn="AddBackward0")
    'tensor([1.0000, 2.5000], grad_fn=<AddBackward0>)'
    >>> print(tensor_repr(np.eye(2)))
    tensor([[1., 0.],
            [0., 1.]], dtype=torch.float64)
    """
    kind = from_numpy_dtype(array.dtype)
    default = kind in (get_default_dtype(), complex128 if get_default_dtype() is float64 else complex64)
    if array.size:
        size_shown = not _options.edgeitems
        dtype_shown = not default and kind.name not in ("int64", "bool")
    else:  # no element tells the shape or the kind of number
        size_shown = array.ndim != 1
        dtype_shown = kind is not get_default_dtype()

    suffixes = []
    if size_shown:
        suffixes.append(f"size={array.shape}")
    if dtype_shown:
        suffixes.append(f"dtype={kind}")
    if grad_fn is not None:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")

    opening = f"{name}("
    text = opening + _bracketed(array, len(opening))
    return _with_suffixes(text, suffixes, len(opening)) + ")"


def tensor_format(array: np.ndarray[Any, Any], format_spec: str, *, tensor: object, plain: bool = True) -> str:
    """What ``format(tensor, format_spec)`` gives in torch.

    A plain 0-dimensional tensor is formatted as its Python number, whether or not it requires grad; a
    float32 therefore shows the digits it has as a float64. Any other tensor takes only the empty
    specification, and gives ``str(tensor)``.

    Args:
        array: the elements of `tensor`.
        format_spec: what follows the colon in ``f"{tensor:.3f}"``.
        tensor: the tensor itself, for its ``str`` and the name of its class.
        plain: False if the tensor's class is not the tensor class itself but made from it (a parameter).

    Raises:
        TypeError: a specification for a tensor that has dimensions or is not plain.
        ValueError: a specification that Python's number doesn't take, e.g. ``d`` for a float.

    >>> import numpy as np
    >>> from numpynet.core.printing import tensor_format
    >>> pi = np.array(3.14159, np.float32)
    >>> tensor_format(pi, ".2f", tensor=pi), tensor_format(pi, "", tensor=pi)
    ('3.14', '3.141590118408203')
    """
    if plain and array.ndim == 0:
        return format(array.item(), format_spec)
    if not format_spec:
        return str(tensor)
    raise TypeError(
        f"unsupported format string passed to {type(tensor).__name__}.__format__: {format_spec!r} is for one "
        f"number, and this tensor has shape {array.shape}: format its .item(), or each of its .tolist()"
    )


def _bracketed(array: np.ndarray[Any, Any], indent: int) -> str:
    """The elements in their brackets, the first bracket standing in column `indent`."""
    if not array.size:
        return "[]"
    edge = _options.edgeitems
    summarised = array.size > _options.threshold
    if summarised and array.ndim and not edge:
        return "[...]"
    cut = [summarised and length > 2 * edge for length in array.shape]
    if any(cut):
        ends = [*range(edge), *range(-edge, 0)]
        array = array[np.ix_(*(ends if cut[axis] else range(length) for axis, length in enumerate(array.shape)))]

    pieces, width = _numbers(array)
    for axis in reversed(range(array.ndim)):  # the innermost brackets first
        innermost = axis == array.ndim - 1
        line_end = "," + "\n" * max(1, array.ndim - 1 - axis) + " " * (indent + axis + 1)
        per_line = max(1, math.floor((_options.linewidth - indent - axis) / (width + 2))) if innermost else 1
        length = array.shape[axis]
        blocks = []
        for first in range(0, len(pieces), length):
            block = pieces[first : first + length]
            if cut[axis]:
                block.insert(edge, " ..." if innermost else "...")
            lines = [", ".join(block[i : i + per_line]) for i in range(0, len(block), per_line)]
            blocks.append("[" + line_end.join(lines) + "]")
        pieces = blocks
    return pieces[0]


def _numbers(array: np.ndarray[Any, Any]) -> tuple[list[str], int]:
    """The elements' texts in C order, padded to the width of the column, and that width."""
    values = array.ravel()
    if array.dtype.kind == "c":
        reals, width = _numbers(values.real)
        imaginaries, further = _numbers(values.imag)
        parts = [text.lstrip() for text in imaginaries]
        signed = [text if text[0] in "+-" else f"+{text}" for text in parts]
        return [f"{a}{b}j" for a, b in zip(reals, signed, strict=True)], width + further + 1
    write: Callable[[Any], str]
    if array.dtype.kind == "f":
        measured = np.isfinite(values) & (values != 0)
        write = _notation(values[measured])
    else:
        measured = np.ones(values.shape, bool)
        write = str
    texts = [write(value) for value in values.tolist()]
    widths = (len(text) for text, counts in zip(texts, measured.tolist(), strict=True) if counts)
    width = max(widths, default=1)
    return [text.rjust(width) for text in texts], width


def _notation(measured: np.ndarray[Any, Any]) -> Callable[[float], str]:
    """How to write the elements of a floating tensor whose nonzero finite elements are `measured`."""
    if not measured.size:
        return _write_whole
    magnitudes = np.abs(measured)
    smallest, largest = float(magnitudes.min()), float(magnitudes.max())
    scientific = _options.sci_mode
    if scientific is None:
        scientific = largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4
    if scientific:
        return f"{{:.{_options.precision}e}}".format
    if (measured == np.ceil(measured)).all():
        return _write_whole
    return f"{{:.{_options.precision}f}}".format


def _write_whole(value: float) -> str:
    return f"{value:.0f}." if math.isfinite(value) else str(value)


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """`text` followed by the suffixes, those that don't fit on the last line on new, indented ones."""
    filled = len(text.rpartition("\n")[2]) + 2  # torch counts two too many until it breaks the line
    for suffix in suffixes:
        if filled + 2 + len(suffix) > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            filled = indent + len(suffix)
        else:
            text += ", " + suffix
            filled += 2 + len(suffix)
    return text
