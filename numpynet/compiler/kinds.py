"""Kinds: the kinds of calls that a program is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class CallKind:
    """A kind of calls; those below are all there are, and everything that is true of a kind is said there.

    by_element: each element of the result depends only on the elements at its place.
    is_pure: of equal inputs it gives equal results, and does nothing else.
    computes: it is arithmetic, and does not only move values.
    lasts: it must be made though nobody reads its result.
    noun: what a result is called, "" where its function tells that.
    How calls of a kind are written is said in `numpynet.compiler.emit`, how they are made for many models in
    `numpynet.compiler.batching`: by a table of kinds each.
    """

    by_element: bool = False
    is_pure: bool = False
    computes: bool = False
    lasts: bool = False
    noun: str = ""


UFUNC = CallKind(by_element=True, is_pure=True, computes=True)  # but for those of matrices, such as np.matmul
REDUCE = CallKind(is_pure=True, computes=True)
DOT = CallKind(is_pure=True, computes=True)
FUNCTION = CallKind(is_pure=True, computes=True)  # of NumPy, with out=
ASSIGN = CallKind(is_pure=True, computes=True)  # of NumPy, without out=
COPY = CallKind(by_element=True, is_pure=True, noun="copy")
WHERE = CallKind(by_element=True, is_pure=True, computes=True)
GATHER = CallKind(is_pure=True, noun="selected")  # x[index]
SCATTER = CallKind()  # x[index] = ...
AT = CallKind(computes=True)  # np.add.at and its kin
REFUSE = CallKind(lasts=True)  # raises an error where a condition holds
DRAW = CallKind(lasts=True, noun="random")
DO = CallKind(lasts=True)  # what is done at every call, and gives nothing, such as seeding
NUMBER = CallKind()  # reads a Python number from an array
SCALAR = CallKind(noun="number")  # puts a Python number into an array
