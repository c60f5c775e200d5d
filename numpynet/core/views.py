"""Views: how one tensor looks into another one's memory, and when it may be overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet import ops
from numpynet.core.tape import CopySlices, Edge
from numpynet.ops.form import Array, Op
from numpynet.ops.strides import as_strided, overlaps

if TYPE_CHECKING:
    from numpynet.core.tensor import Tensor

Steps = list[tuple[Op, dict[str, Any]]]

UNRECORDED = "no_grad"
CUSTOM = "custom Function"


def look(steps: Steps, array: Array) -> Array:
    """The view that the operations lead to, starting from an array that may be written to."""
    for operation, options in steps:
        array = operation.forward(array, **options)
    return writeable(array, repeating=True) if type(array) is np.ndarray else array


def steps_of_strides(memory: Array, size: Sequence[int], stride: Sequence[int], offset: int) -> Steps | None:
    """The operations that lead from an array to a view of its memory; None where there are gaps in that."""
    order = sorted(range(memory.ndim), key=lambda dim: -memory.strides[dim])
    if not memory.transpose(order).flags.c_contiguous:
        return None
    steps: Steps = [(ops.permute, {"dims": order})] if order != list(range(memory.ndim)) else []
    steps += [(ops.view, {"shape": (-1,)})] if memory.ndim != 1 else []
    return [*steps, (as_strided, {"size": tuple(size), "stride": tuple(stride), "offset": offset})]


def owner_of(array: Array) -> Array:
    """The array that owns the memory that this one looks into."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def writeable(array: Array, repeating: bool = False) -> Array:
    """An array to write into that is the same memory; RuntimeError where it is read-only or elements of it are one.

    repeating: whether that is no harm, since one value is written everywhere.

    What `expand` makes cannot be written to by way of NumPy, even where nothing of it is repeated.
    """
    if array.flags.writeable:
        return array
    owner = owner_of(array)
    if not owner.flags.writeable:
        raise RuntimeError(
            "unsupported operation: the memory of the written-to tensor is read-only. Please clone() it."
        )
    if type(array) is not np.ndarray and (repeating or not overlaps(array)):
        array.setflags(write=True)  # which a step that is compiled refuses
    if (not repeating and overlaps(array)) or type(array) is not np.ndarray:
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory "
            "location. Please clone() the tensor before performing the operation."
        )
    offset = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    memory = owner.ravel("K")  # as it lies there, in whatever order of its dimensions
    return np.ndarray(array.shape, array.dtype, memory, offset, array.strides) if array.size else array.copy()


class View:
    """One step of a tensor's way into the memory of its root, and the memory's version when that step was taken.

    When something is written into shared memory in place, the root's place on the tape may change, and the views'
    places are out of date; `version` tells. The whole way is put together only then.

    Made by `numpynet.core.tensor.viewed`.

    parent: the tensor that the operation was applied to, itself perhaps a view. options: those of the operation;
        of one that has a single option, the value alone, for which no dictionary need be made.
    origin: "" for an ordinary view. torch forbids to overwrite, with gradients on, the views that were made
        under `no_grad` (UNRECORDED) or in an autograd.Function (CUSTOM), and those that a function gives several
        of (its name, "Split" or "Unbind").
    """

    __slots__ = ("operation", "options", "origin", "parent", "root", "version")

    operation: Any  # an Op, which mypy would take for a method of this class
    options: Any
    origin: str
    parent: Tensor
    root: Tensor
    version: int

    def steps(self, array: Array) -> Steps:
        """The operations that lead from the root's memory to this view, with their options. array: the view's own."""
        steps: Steps = []
        view: View | None = self
        while view is not None:
            if view.version < self.root._reshaped:
                return [*self._strides(array), *steps[::-1]]
            names = view.operation.options
            steps.append((view.operation, {names[0]: view.options} if len(names) == 1 else view.options))
            array, view = view.parent._array, view.parent._view
        return steps[::-1]

    def _strides(self, array: Array) -> Steps:
        """The way to an array in the root's memory that was looked at before the root was given another shape.

        RuntimeError where there is none.
        """
        memory, steps = self.root._array, None
        if owner_of(memory) is owner_of(array) and memory.dtype == array.dtype:
            offset = array.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
            unit = array.itemsize
            strides = [step // unit for step in array.strides]
            steps = steps_of_strides(memory, array.shape, strides, offset // unit if array.size else 0)
        if steps is None:
            raise RuntimeError(
                "the shape of a tensor was changed in place (t_, transpose_, squeeze_, unsqueeze_), and a view made of "
                "it before cannot be followed: write x = x.t() in place of x.t_(), or clone() the view"
            )
        return steps

    def refuse(self, written: str = "is being modified inplace") -> None:
        """RuntimeError when this is a view that must not be overwritten with gradients on."""
        if self.origin == UNRECORDED:
            raise RuntimeError(
                f"A view was created in no_grad mode and {written} with grad mode enabled. Given that this use case "
                f"is ambiguous and error-prone, it is forbidden: do both inside no_grad(), or both outside, or "
                f"detach() the view."
            )
        if self.origin == CUSTOM:
            raise RuntimeError(
                f"The output of a custom Function is a view and {written}. This view was created inside a custom "
                f"Function (or because an input was returned as-is) and the autograd logic to handle view+inplace "
                f"would override the custom backward associated with the custom Function, leading to incorrect "
                f"gradients. This behavior is forbidden. You can fix this by cloning the output."
            )
        if self.origin:
            raise RuntimeError(
                f"Output 0 of {self.origin} is a view and {written}. This view is the output of a function that "
                f"returns multiple views. Such functions do not allow the output views to be modified inplace. You "
                f"should replace the inplace operation by an out-of-place one."
            )

    def overwritten(self, array: Array, before: Edge, written: Edge) -> CopySlices:
        """The root's new place on the tape after a result was written into this view's memory, which is the array's."""
        strides = np.abs(self.root._array.strides)
        axes: list[int] = np.argsort(-strides, kind="stable").tolist()
        return CopySlices(before, written, partial(look, self.steps(array)), axes)


def one_of_several(function: str, views: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The views as results of one function that gives several, which torch does not allow to be overwritten."""
    for tensor in views:
        if tensor._view is not None and function != "Slice":  # of which torch makes ordinary views, one by one
            tensor._view.origin = tensor._view.origin or function
        if tensor._node is not None:
            tensor._node.title = f"{function}Backward0"  # type: ignore[attr-defined]
    return tuple(views)
