"""Naming: what arrays, layers and numbers are called in the program that is emitted."""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass

from numpynet.compiler import kinds
from numpynet.compiler.program import Instruction
from numpynet.compiler.symbol import is_constant
from numpynet.compiler.views import Array

NOUNS = {
    "add": "total", "sum": "total", "sub": "difference", "subtract": "difference", "mul": "product",
    "multiply": "product", "matmul": "product", "mm": "product", "bmm": "product", "mv": "product", "dot": "product",
    "div": "quotient", "divide": "quotient", "true_divide": "quotient", "pow": "power", "neg": "negative",
    "abs": "absolute", "max": "maximum", "min": "minimum", "copyto": "copy", "concatenate": "joined", "sqrt": "root",
    "where": "choice",
    "binary_cross_entropy_with_logits": "bce", "binary_cross_entropy": "bce", "mse_loss": "mse", "l1_loss": "l1",
    "nll_loss": "nll", "smooth_l1_loss": "smooth_l1", "huber_loss": "huber", "kl_div": "kl",
}  # fmt: skip
WORDS = {"-1": "minus_one", "0": "zero", "1": "one", "2": "two", "0.5": "half", "inf": "infinity", "nan": "nan"}
RESERVED = frozenset({"np", "math", "base64", "zlib", "step", "set_options", "fill", "globals", "print", "range"})


def identifier(name: str) -> str:
    """A Python name: a dotted one with its last part first where that is needed, as weight_0 for 0.weight."""
    parts = [re.sub(r"\W", "_", part) for part in name.split(".")]
    text = "_".join(parts)
    if not text.isidentifier():
        text = "_".join([*parts[1:], *parts[:1]]) or "value"
    return text if text.isidentifier() and not keyword.iskeyword(text) else f"value_{text}"


def unique(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken. It is taken from then on."""
    stem, count = name, 1
    while name in taken:
        count += 1
        name = f"{stem}_{count}"
    taken.add(name)
    return name


def noun(called: str) -> str:
    """What the result of an operation or of a NumPy function is called."""
    name = NOUNS.get(called, called).strip("_")
    return f"{name}_result" if hasattr(builtins, name) or not name.isidentifier() or keyword.iskeyword(name) else name


@dataclass(frozen=True)
class Layer:
    """A module as headings and names speak of it: its class, and its place in the model ("" for a model itself)."""

    kind: str
    path: str

    @property
    def title(self) -> str:
        """What a heading calls it."""
        place = self.path or ("loss" if self.kind.endswith("Loss") else "")
        return f"{place}: {self.kind}" if place else self.kind


def helper_name(instruction: Instruction) -> str:
    """The name of a value inside an operation: after the NumPy function that gives it."""
    inputs = instruction.inputs
    if instruction.output.dtype == bool:
        return "mask"
    if instruction.kind is kinds.DOT and is_constant(inputs[0], 1):
        return "total" if inputs[0].ndim == 1 else "rows"
    if instruction.kind is kinds.DOT and inputs[1].ndim == 1 and is_constant(inputs[1], 1):
        return "total"
    if instruction.kind.noun:
        return instruction.kind.noun
    called: str = instruction.function.__name__
    if instruction.kind is kinds.REDUCE:
        called = {"add": "sum", "multiply": "prod"}.get(called, called)
    return noun(called)


def constant_name(array: Array) -> str:
    """The name of a constant: zero, c_0_25, ones."""
    first = array.reshape(-1)[0].item()
    text = f"{first:.6g}" if isinstance(first, float) else str(first)
    if array.ndim:
        return {"0": "zeros", "1": "ones"}.get(text, "constant")
    if text in WORDS:
        return WORDS[text]
    return "c_" + re.sub(r"\W", "_", text.replace("-", "minus_").replace("+", ""))


def common_name(names: list[str]) -> str:
    """What several arrays that lie together are called: the words at the end that all their names share."""
    shared: list[str] = []
    for words in zip(*(name.split("_")[::-1] for name in names), strict=False):
        if len(set(words)) > 1 or words[0].isdigit():
            break
        shared.insert(0, words[0])
    return f"{'_'.join(shared)}s" if shared else "state"
