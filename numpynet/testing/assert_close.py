"""assert_close: torch.testing's comparison of tensors, numbers and nested structures, with its defaults and words.

The tolerances and the wording follow torch 2.13 (BSD licence), so that a test moved from torch keeps its meaning.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.core.size import Size
from numpynet.testing.conversion import as_array, is_tensor

Path = tuple[Any, ...]
Message = str | Callable[[str], str] | None

_TOLERANCES = {  # dtype: (rtol, atol); other dtypes must be equal
    "float16": (1e-3, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}
_NUMBERS = (int, float, complex, np.number)
_BOOLEANS = (bool, np.bool_)


class _Mismatch(Exception):
    """What does not agree, as the exception to raise, and at which place of a nested structure."""

    def __init__(self, kind: type[Exception], text: str, path: Path) -> None:
        self.kind, self.text, self.path = kind, text, path

    def to_error(self, msg: Message) -> Exception:
        """The user's exception; a callable `msg` may frame the text, a string replaces it."""
        text = self.text
        if self.path:
            text += f"\n\nThe failure occurred for item {''.join(f'[{part!r}]' for part in self.path)}"
        return self.kind(msg if isinstance(msg, str) else text if msg is None else msg(text))


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Message = None,
) -> None:
    """Asserts |actual − expected| ≤ atol + rtol |expected|, element by element, in torch's words.

    actual, expected: tensors (numpynet's or torch's), arrays, numbers, booleans, None, or nested sequences and
        mappings of these. Tensors and arrays may be compared with each other, which torch refuses.
    allow_subclasses: False demands that the types be the same.
    rtol, atol: both or neither. By default those of the dtype: float32 1.3e-6 and 1e-5, float64 1e-7 and 1e-7,
        float16 1e-3 and 1e-5, the greater where two dtypes meet, and 0 for integers and booleans.
    equal_nan: whether two NaN agree. Infinities agree when they are equal.
    check_device, check_layout: taken as torch takes them; everything that can be compared here is a strided
        array in the CPU's memory.
    check_dtype: False compares different dtypes in their common one.
    check_stride: True also compares the strides.
    msg: replaces the message, or is called with it and returns another.

    AssertionError when they differ; ValueError when only one tolerance is given; TypeError for what cannot be
    compared.

    >>> import numpynet
    >>> from numpynet.testing import assert_close
    >>> assert_close(numpynet.tensor([1.0, 2.0]), numpynet.tensor([1.0, 2.000001]))
    >>> assert_close(numpynet.tensor([1.0, 2.0]), numpynet.tensor([1.0, 2.5]))
    Traceback (most recent call last):
        ...
    AssertionError: Tensor-likes are not close!
    <BLANKLINE>
    Mismatched elements: 1 / 2 (50.0%)
    Greatest absolute difference: 0.5 at index (1,) (up to 1e-05 allowed)
    Greatest relative difference: 0.20000000298023224 at index (1,) (up to 1.3e-06 allowed)
    """
    __tracebackhide__ = True
    mismatch, words = None, None  # a wrong structure is told in torch's own words, whatever `msg` says
    try:
        pairs = list(_pairs(actual, expected, (), allow_subclasses, (rtol, atol)))
        words = msg
        for one, other, path in pairs:
            if is_tensor_like(one) or is_tensor_like(other):
                _compare_tensors(one, other, path, (rtol, atol), equal_nan, check_dtype, check_stride)
            elif one is None or other is None:
                if one is not other:
                    raise _Mismatch(AssertionError, f"None mismatch: {one} is not {other}", path)
            elif isinstance(one, _BOOLEANS):
                if bool(one) is not bool(other):
                    raise _Mismatch(AssertionError, f"Booleans mismatch: {one} is not {other}", path)
            else:
                _compare_numbers(one, other, path, (rtol, atol), equal_nan, check_dtype)
    except _Mismatch as found:
        mismatch = found
    if mismatch is not None:
        raise mismatch.to_error(words)


def is_tensor_like(value: Any) -> bool:
    """Whether this is compared as an array: a tensor or an array, of whatever library."""
    return isinstance(value, np.ndarray) or is_tensor(value)


def _pairs(
    actual: Any, expected: Any, path: Path, allow_subclasses: bool, tolerances: tuple[float | None, float | None]
) -> Iterator[tuple[Any, Any, Path]]:
    """What is to be compared with what, the structures walked through together."""
    both = (actual, expected)
    if all(isinstance(one, Sequence) and not isinstance(one, str) for one in both):
        if len(actual) != len(expected):
            text = f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
            raise _Mismatch(AssertionError, text, path)
        for position, (one, other) in enumerate(zip(actual, expected, strict=True)):
            yield from _pairs(one, other, (*path, position), allow_subclasses, tolerances)
    elif all(isinstance(one, Mapping) for one in both):
        if actual.keys() != expected.keys():
            raise _Mismatch(
                AssertionError,
                f"The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {sorted(expected.keys() - actual.keys())}\n"
                f"Additional keys in the actual mapping: {sorted(actual.keys() - expected.keys())}",
                path,
            )
        for key in sorted(actual, key=str):
            yield from _pairs(actual[key], expected[key], (*path, key), allow_subclasses, tolerances)
    else:
        if not _comparable(actual, expected) or (not allow_subclasses and type(actual) is not type(expected)):
            raise _Mismatch(
                TypeError,
                f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.",
                path,
            )
        numeric = not any(one is None or isinstance(one, _BOOLEANS) for one in both)
        if numeric and (tolerances[0] is None) != (tolerances[1] is None):
            raise _Mismatch(
                ValueError,
                f"Both 'rtol' and 'atol' must be either specified or omitted, but got no "
                f"{'rtol' if tolerances[0] is None else 'atol'}.",
                path,
            )
        yield actual, expected, path


def _comparable(actual: Any, expected: Any) -> bool:
    both = (actual, expected)
    if any(one is None for one in both):
        return True
    if any(is_tensor_like(one) for one in both):
        arrays = all(is_tensor_like(one) or isinstance(one, np.generic) for one in both)
        return arrays and all(as_array(one).dtype.kind in "biufc" for one in both)
    if all(isinstance(one, _BOOLEANS) for one in both):
        return True
    return all(isinstance(one, _NUMBERS) for one in both)


def _tolerances(kinds: Sequence[np.dtype[Any]], given: tuple[float | None, float | None]) -> tuple[float, float]:
    rtol, atol = given
    if rtol is not None and atol is not None:
        return rtol, atol
    defaults = [_TOLERANCES.get(kind.name, (0.0, 0.0)) for kind in kinds]
    return max(rtol for rtol, _ in defaults), max(atol for _, atol in defaults)


def _compare_numbers(
    actual: Any,
    expected: Any,
    path: Path,
    given: tuple[float | None, float | None],
    equal_nan: bool,
    check_dtype: bool,
) -> None:
    actual, expected = (one.item() if isinstance(one, np.generic) else one for one in (actual, expected))
    if check_dtype and type(actual) is not type(expected):
        text = f"The (d)types do not match: {type(actual)} != {type(expected)}."
        raise _Mismatch(AssertionError, text, path)
    if actual == expected or (equal_nan and cmath.isnan(actual) and cmath.isnan(expected)):
        return
    kinds = [np.dtype(type(one)) for one in (actual, expected)]
    rtol, atol = _tolerances(kinds, given)
    difference = abs(actual - expected)
    if not (cmath.isfinite(difference) and difference <= atol + rtol * abs(expected)):
        raise _Mismatch(AssertionError, _scalars_text(actual, expected, rtol, atol), path)


def _compare_tensors(
    actual: Any,
    expected: Any,
    path: Path,
    given: tuple[float | None, float | None],
    equal_nan: bool,
    check_dtype: bool,
    check_stride: bool,
) -> None:
    one, other = as_array(actual), as_array(expected)
    rtol, atol = _tolerances([one.dtype, other.dtype], given)
    for name, checked, have, wanted in (
        ("shape", True, Size(one.shape), Size(other.shape)),
        ("stride()", check_stride, _strides(one), _strides(other)),
        ("dtype", check_dtype, f"torch.{one.dtype.name}", f"torch.{other.dtype.name}"),
    ):
        if checked and have != wanted:
            text = f"The values for attribute '{name}' do not match: {have} != {wanted}."
            raise _Mismatch(AssertionError, text, path)
    common = np.promote_types(one.dtype, other.dtype)
    one, other = one.astype(common, copy=False), other.astype(common, copy=False)
    agree = _close(one, other, rtol, atol, equal_nan)
    if agree.all():
        return
    if one.shape == ():
        text = _scalars_text(one.item(), other.item(), rtol, atol)
    else:
        text = _tensors_text(one, other, agree, rtol, atol)
    raise _Mismatch(AssertionError, text, path)


def _strides(array: NDArray[Any]) -> tuple[int, ...]:
    return tuple(step // array.itemsize for step in array.strides)


def _close(
    actual: NDArray[Any], expected: NDArray[Any], rtol: float, atol: float, equal_nan: bool
) -> NDArray[np.bool_]:
    """Which elements agree: equal ones, and finite ones within the tolerance."""
    agree = np.asarray(actual == expected)
    if equal_nan and actual.dtype.kind in "fc":
        agree |= np.isnan(actual) & np.isnan(expected)
    if rtol or atol:
        with np.errstate(all="ignore"):
            if actual.dtype.kind in "biu":
                actual, expected = actual.astype(np.float64), expected.astype(np.float64)
            difference = np.abs(actual - expected)
            agree |= np.isfinite(difference) & (difference <= atol + rtol * np.abs(expected))
    return agree


def _differences_text(absolute: Any, relative: Any, places: Sequence[Path | None], rtol: float, atol: float) -> str:
    lines = []
    for name, difference, place, tolerance in (
        ("absolute", absolute, places[0], atol),
        ("relative", relative, places[1], rtol),
    ):
        line = f"{name.title()} difference: {difference}"
        if place is not None:
            line = f"Greatest {name} difference: {difference} at index {place}"
        lines.append(line + (f" (up to {tolerance} allowed)" if rtol or atol else ""))
    return "\n".join(lines)


def _scalars_text(actual: Any, expected: Any, rtol: float, atol: float) -> str:
    absolute = abs(actual - expected)
    relative = float("inf") if expected == 0 else absolute / abs(expected)
    return (
        f"Scalars are not {'close' if rtol or atol else 'equal'}!\n\nExpected {expected} but got {actual}.\n"
        + _differences_text(absolute, relative, (None, None), rtol, atol)
    )


def _tensors_text(
    actual: NDArray[Any], expected: NDArray[Any], agree: NDArray[np.bool_], rtol: float, atol: float
) -> str:
    if actual.dtype.kind in "biu":
        actual, expected = actual.astype(np.int64), expected.astype(np.int64)
    with np.errstate(all="ignore"):
        absolute = np.where(agree, 0, np.abs(actual - expected))
        size = np.abs(expected)
        if actual.dtype.kind == "i":  # torch divides integers as its default dtype
            relative = absolute.astype(np.float32) / size.astype(np.float32)
        else:
            relative = absolute / size
        relative = np.where(agree, 0, relative)
    count = int(agree.size - np.count_nonzero(agree))
    places = [
        tuple(int(step) for step in np.unravel_index(int(np.argmax(difference)), agree.shape))
        for difference in (absolute, relative)
    ]
    return (
        f"Tensor-likes are not {'close' if rtol or atol else 'equal'}!\n\n"
        f"Mismatched elements: {count} / {agree.size} ({count / agree.size:.1%})\n"
        + _differences_text(absolute[places[0]].item(), relative[places[1]].item(), places, rtol, atol)
    )
