"""A program run by numpynet and by torch side by side, and compared after every statement.

A program is a list of lines of Python over the name ``torch``, which is bound to the one library or the other. After
each line every variable must agree: what was raised, values, dtype, shape, strides, requires_grad, the name of
grad_fn, the version counter, the memory shared with other variables, and gradients. After an exception everything
must be as it was before; where torch has changed half of it (it writes until it meets the wrong index), the program
ends there.

**Values.** What moves elements, computes with integers, compares, or is rounded correctly by IEEE 754 has one right
result, to the last bit and to the sign of a zero. A line whose arithmetic depends on the order of additions or on a
library's exp ends in ``# rounded``: its floating-point results may differ by `ENVELOPE` times what the same line
does in torch when its operands are moved by one eps up or down at random, plus `LAST_BITS` eps of the result. Moving
each term of a sum by ±eps moves the sum by about eps·√(Σ terms²), and Σ|terms|, which bounds the error of any order
of summation by n·eps·Σ|terms|, is at most √n of that; programs have n ≤ 30 terms. Where a function adds its operand
to a constant and cancels, as torch's gelu does far below 0, the line ends in ``# rounded as its operands``, and
`LAST_BITS` eps of the largest operand are allowed. numpynet then takes torch's values over, so that errors do not add
up from line to line: each line answers for itself.

**Gradients.** The perturbed runs of a line that goes back through the tape move every gradient that reaches a
variable by ±eps, and the results of all rounded lines, for the same reason. One operation may add terms of which
none reaches a variable, as the gradient of a normalization does, and these may cancel: `LAST_BITS` eps of the largest
gradient that reached any variable are therefore allowed.
"""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import numpynet
import numpynet.nn.functional

torch = pytest.importorskip("torch")

ROUNDED = "  # rounded"
AS_OPERANDS = "  # rounded as its operands"
ENVELOPE = 32
LAST_BITS = 8
TRIALS = 8


@dataclass(frozen=True)
class Disagreement:
    """The line of the program after which the libraries differ, in what, and what each of them has."""

    line: int
    kind: str
    variable: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        of = f" of {self.variable}" if self.variable else ""
        return f"line {self.line + 1}: {self.kind}{of} differs\n  numpynet: {self.ours}\n  torch:    {self.theirs}"


def overlapping(tensors: list[Any]) -> bool:
    """Whether two of the tensors share memory in different layouts."""
    return any(np.shares_memory(array(a), array(b)) and a is not b for a in tensors for b in tensors)


def odd(tensors: list[Any]) -> bool:
    """Whether one of the tensors holds NaN, an infinity or a zero, or repeats elements."""
    return any(not bool(x.isfinite().all()) or bool((x == 0).any()) or 0 in x.stride() for x in tensors)


def integers_with_gradients(tensors: list[Any]) -> bool:
    """Whether one of the tensors is of integers, or a mask, and requires a gradient."""
    return any(x.requires_grad and not x.is_floating_point() for x in tensors)


class Deliberate(NamedTuple):
    """A difference that is meant: regular expressions that find the line, what each library has, its kind, and why."""

    line: str
    kind: str
    theirs: str
    reason: str
    ours: str = ""
    after: str = ""  # finds the line or one before
    when: Callable[[list[Any]], bool] = bool  # of the tensors that the line names, in torch

    def explains(self, lines: Sequence[str], found: Disagreement, tensors: dict[str, Any]) -> bool:
        line, program = lines[-1], "\n".join(lines)
        texts = ((self.line, line), (self.theirs, found.theirs), (self.ours, found.ours), (self.after, program))
        named = [tensors[name] for name in set(re.findall(r"\b[a-z]\d?\b", line)) & tensors.keys()]
        return (
            bool(re.fullmatch(self.kind, found.kind))
            and all(re.search(wanted, text) for wanted, text in texts)
            and (self.when is bool or self.when(named))
        )


ALLOWED = [  # at most ten, and each for one reason
    Deliberate(
        r"out=|[|&^*+/%-]=|\] =|_\(",
        "exception|storage_offset|shared memory|is_leaf",
        r"resize storage that is not resizable|^\d|^True|a view of a leaf|^<class 'RuntimeError'>$",
        "torch makes room for out= in the storage, for all that look into it, and not where NumPy was handed it; here "
        "the tensor alone moves to other memory, and is no view any more",
        ours="^None$|^0$|^False$",
        after="out=",
    ),
    Deliberate(
        r"\[.*\] =|_\(|[|&^*+/%-]=|backward\(|autograd\.grad\(| = ",
        "requires_grad|is_leaf|grad_fn|exception",
        r"True|Backward|False|not support dtype|INTERNAL ASSERT|(with|on) a bool tensor",
        "torch lets an integer tensor or a mask require a gradient, and fails where it is used; here none does",
        ours=r"False|None|True|Backward",
        when=integers_with_gradients,
    ),
    Deliberate(
        r"out=|[|&^*+/%-]=|\] =|_\(",
        "values|exception",
        r"^(float|u?int|bool)|ZeroDivision|^None$",
        "an operand that lies across the memory written, not dense itself: torch reads what it has just overwritten",
        ours=r"^(?!\w+Error)|single memory location",
        when=overlapping,
    ),
    Deliberate(
        r"amin|amax|max\(|min\(|topk|kthvalue|median\(|mode\(",
        "values",
        r"",
        "which of two zeros, or of numbers beside NaN, torch comes upon first depends on the order in which it looks",
        when=odd,
    ),
    Deliberate(
        r"out=|F\.(linear|pad)\(|addmm\(|softmax\(|index_fill_\(|(sum|prod|mean)\(.*dtype=|[|&]= |\] = ",
        "exception",
        r"Found dtype|same scalar type|for input and out to match|automatic differentiation|Padding size should"
        r"|Expected 2D or 3D|expanded size|IndexError\('Dimension out of range|is out of bounds|single memory location"
        r"|without overflow",
        "a line that is wrong in two ways: the libraries look for another one first",
        ours=r"IndexError|nothing to fill|not support dtype|not implemented for",
    ),
    Deliberate(
        r"[|&^*+/%-]=|\[.*\] =|_\(",
        "exception",
        r"^None$",
        "what is written into a tensor that repeats elements, which torch announces that it will refuse: it is refused",
        ours=r"more than one element of the written-to tensor",
    ),
    Deliberate(
        r"autograd\.grad\(|[|&^*+/%-]=|\] =|_\(",
        "strides|is_contiguous|shared memory|storage_offset|requires_grad|identity|grad_fn|exception",
        r"^(True|False|\[|\(|\d)|created in no_grad mode|AsStrided|Can't detach views",
        "what autograd.grad returns may be a view in torch, or what it was given; here it is a tensor of its own",
        after=r"autograd\.grad\(",
    ),
    Deliberate(
        r"backward\(|autograd\.grad\(",
        "exception",
        r"^None$",
        "torch does not notice that a factor of kron was overwritten before the backward pass, which goes wrong there",
        ours=r"modified by an inplace operation",
        after=r"kron\(",
    ),
    Deliberate(
        r"backward\(|autograd\.grad\(",
        "exception",
        r"a bool tensor|can't be cast to the desired output type",
        "torch's formulas compute with masks and integers as they came, and fail; here they are brought to floats",
        ours="^None$",
    ),
    Deliberate(
        r"backward\(|autograd\.grad\(",
        "values|grad",
        r"",
        "of equal numbers torch's kthvalue finds another one, to which the gradient goes",
        after=r"kthvalue",
    ),
]


class Run:
    """The state of a program in one library."""

    def __init__(self, library: Any) -> None:
        self.library = library
        self.names: dict[str, Any] = {"torch": library, "F": library.nn.functional, "np": np}
        self.names |= {"nan": float("nan"), "inf": float("inf")}
        self.given = set(self.names)

    def execute(self, line: str) -> BaseException | None:
        """Executes a line; returns what it raised."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                exec(line, self.names)
            except Exception as error:
                return error
        return None

    @property
    def variables(self) -> dict[str, Any]:
        """What the program has named, in the order of its lines."""
        return {
            name: value for name, value in self.names.items() if name not in self.given and not name.startswith("__")
        }

    @property
    def tensors(self) -> dict[str, Any]:
        """The variables that are tensors."""
        return {name: value for name, value in self.variables.items() if isinstance(value, self.library.Tensor)}

    def contents(self) -> dict[str, tuple[Any, ...]]:
        """What a line may change of each tensor: its version, its shape, its elements and its gradient."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {
                name: (
                    x._version,
                    x.shape,
                    array(x).tobytes(),
                    asked(lambda x=x: x.grad is None or array(x.grad).tobytes()),
                )
                for name, x in self.tensors.items()
            }


def asked(question: Callable[[], Any]) -> Any:
    """The answer, or the class of the exception: torch refuses some questions about some views."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return question()
        except Exception as error:
            return type(error)


def significant_strides(x: Any) -> Any:
    """The strides by which elements are found: none of an empty tensor, none of a dimension of one element."""
    return [stride for stride, size in zip(x.stride(), x.shape, strict=True) if size > 1] if x.numel() else []


PROPERTIES: dict[str, Callable[[Any], Any]] = {
    "dtype": lambda x: str(x.dtype).removeprefix("torch."),
    "shape": lambda x: tuple(x.shape),
    "strides": significant_strides,
    "is_contiguous": lambda x: x.is_contiguous(),
    "requires_grad": lambda x: x.requires_grad,
    "is_leaf": lambda x: x.is_leaf,
    "grad_fn": lambda x: x.grad_fn and x.grad_fn.name().removeprefix("torch::autograd::"),
    "storage_offset": lambda x: x.numel() and x.storage_offset(),
    "existence of grad": lambda x: x.grad is None,
}


def array(x: Any) -> Any:
    """The elements of a tensor of either library, in its memory: torch never resizes what NumPy was handed."""
    return np.from_dlpack(x.detach()) if isinstance(x, torch.Tensor) else x.detach().numpy()


def same_bits(ours: Any, theirs: Any) -> Any:
    """Whether elements are the same number: every NaN is one, and zeros have a sign."""
    if theirs.dtype.kind != "f":
        return ours == theirs
    return ((ours == theirs) & (np.signbit(ours) == np.signbit(theirs))) | (np.isnan(ours) & np.isnan(theirs))


def shown(value: Any) -> str:
    text = f"{value.dtype} {value.tolist()}" if isinstance(value, np.ndarray) else repr(value)
    return text if len(text) < 300 else f"{text[:300]} ..."


def plain(value: Any) -> Any:
    """A value that is no tensor, so that both libraries' are comparable: by its repr, with the names of its types."""
    if isinstance(value, (numpynet.Tensor, torch.Tensor)):
        return f"Tensor of shape {tuple(value.shape)}"
    if isinstance(value, (tuple, list)):
        return [type(value).__name__, [plain(one) for one in value]]
    return re.sub(r"\bnumpynet\b", "torch", f"{type(value).__name__}: {value!r}")


class Comparison:
    """Two runs of a program, line by line."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        self.ours, self.theirs = Run(numpynet), Run(torch)
        self.is_over = False
        self.versions: dict[int, tuple[Any, tuple[int, int]]] = {}  # of each tensor of torch's, when it was new

    def first_disagreement(self) -> Disagreement | None:
        """Runs the program until the libraries differ; None where that is meant: the states are two from there on."""
        for number, line in enumerate(self.lines):
            found = self.step(number, line)
            if found is not None:
                tensors = self.theirs.tensors
                meant = any(allowed.explains(self.lines[: number + 1], found, tensors) for allowed in ALLOWED)
                return None if meant else found
            if self.is_over:
                break
        return None

    def step(self, number: int, line: str) -> Disagreement | None:
        """Executes one line in both libraries and compares all there is."""
        before = self.ours.contents(), self.theirs.contents()
        errors = [run.execute(line) for run in (self.ours, self.theirs)]
        if type(errors[0]).__name__ != type(errors[1]).__name__:
            return Disagreement(number, "exception", "", *(repr(error) for error in errors))
        if errors[0] is not None:
            for name, was in before[0].items():
                if self.ours.contents()[name] != was:
                    return Disagreement(number, "state after an exception", name, "changed", "to be left as it was")
            self.is_over = self.theirs.contents() != before[1]
            if self.is_over:
                return None
        mine, other = self.ours.variables, self.theirs.variables
        for name in other:
            kinds = isinstance(mine[name], numpynet.Tensor), isinstance(other[name], torch.Tensor)
            if not all(kinds):
                values = plain(mine[name]), plain(other[name])
                if any(kinds) or values[0] != values[1]:
                    return Disagreement(number, "value", name, str(values[0]), str(values[1]))
        for name, theirs in self.theirs.tensors.items():
            for kind, question in PROPERTIES.items():
                answers = [asked(lambda x=x, q=question: q(x)) for x in (mine[name], theirs)]
                if answers[0] != answers[1]:
                    return Disagreement(number, kind, name, repr(answers[0]), repr(answers[1]))
        return self.differing_versions(number) or self.differing_values(number, line) or self.differing_aliases(number)

    def differing_versions(self, number: int) -> Disagreement | None:
        """Compares how often each tensor's memory was written to since it was first seen."""
        for name, theirs in self.theirs.tensors.items():
            now = self.ours.tensors[name]._version, theirs._version
            first = self.versions.setdefault(id(theirs), (theirs, now))[1]
            if now[0] - first[0] != now[1] - first[1]:
                return Disagreement(number, "version", name, *(str(b - a) for a, b in zip(first, now, strict=True)))
        return None

    def differing_values(self, number: int, line: str) -> Disagreement | None:
        """Compares values, then gradients; has numpynet take over torch's where they differ by rounding."""
        parts: list[tuple[str, Callable[[Any], Any]]] = [("values", lambda x: x), ("grad", lambda x: x.grad)]
        moved: list[dict[tuple[str, str], Any]] | None = None
        for kind, part in parts:
            for name, theirs in self.theirs.tensors.items():
                pair = [asked(lambda x=x, p=part: p(x)) for x in (self.ours.tensors[name], theirs)]
                if not isinstance(pair[1], torch.Tensor):
                    continue
                if pair[0].dtype != getattr(numpynet, str(pair[1].dtype).removeprefix("torch.")):
                    return Disagreement(number, f"dtype of {kind}", name, str(pair[0].dtype), str(pair[1].dtype))
                if pair[0].shape != tuple(pair[1].shape):
                    return Disagreement(number, f"shape of {kind}", name, str(pair[0].shape), str(pair[1].shape))
                ours, other = array(pair[0]), array(pair[1])
                same = same_bits(ours, other)
                if same.all():
                    continue
                if not line.endswith((ROUNDED, AS_OPERANDS)) or other.dtype.kind != "f":
                    return Disagreement(number, kind, name, shown(ours), shown(other))
                moved = moved or [perturbed(self.lines[: number + 1], trial) for trial in range(TRIALS)]
                floor = max(trial["largest", ""] for trial in moved)
                if not within_envelope(ours, other, [trial.get((kind, name)) for trial in moved], floor):
                    return Disagreement(number, kind, name, shown(ours), shown(other))
                take_over(pair[0], other)
        return None

    def differing_aliases(self, number: int) -> Disagreement | None:
        """Compares which variables are one tensor, and which share memory."""
        names = list(self.theirs.tensors)
        mine, other = self.ours.tensors, self.theirs.tensors
        arrays = [{name: array(tensors[name]) for name in names} for tensors in (mine, other)]
        for place, second in enumerate(names):
            for first in names[:place]:
                answers = [tensors[first] is tensors[second] for tensors in (mine, other)]
                if answers[0] != answers[1]:
                    return Disagreement(number, "identity", f"{first}, {second}", *map(repr, answers))
                answers = [np.shares_memory(one[first], one[second]) for one in arrays]
                if answers[0] != answers[1]:
                    return Disagreement(number, "shared memory", f"{first}, {second}", *map(repr, answers))
        return None


def take_over(tensor: Any, values: Any) -> None:
    """Writes values into a tensor's memory, past the tape."""
    target = tensor._array
    writeable = target.flags.writeable
    if not writeable and 0 in target.strides:
        return
    target.flags.writeable = True
    target[...] = values
    target.flags.writeable = writeable


def perturbed(lines: Sequence[str], trial: int) -> dict[tuple[str, str], Any]:
    """The values and gradients after the last line in torch, with roundings moved by ±eps at random.

    The value of ("largest", "") is the largest gradient that reached a variable, or operand that may be cancelled.
    """
    generator = np.random.default_rng(trial)
    run = Run(torch)
    reached = [0.0]

    def moved(values: Any) -> Any:
        signs = torch.from_numpy(generator.choice([-1.0, 1.0], tuple(values.shape))).to(values.dtype)
        return values * (1 + torch.finfo(values.dtype).eps * signs)

    def hook(gradient: Any) -> Any:
        reached.append(largest(gradient))
        return moved(gradient)

    def move(x: Any) -> None:
        if x.is_floating_point() and (x.data.is_contiguous() or 0 not in x.stride()):  # else each element is many
            x.data.copy_(moved(x.data))

    for line in lines[:-1]:
        before = {id(x) for x in run.tensors.values()}
        run.execute(line)
        for x in run.tensors.values():
            if id(x) not in before:
                if line.endswith((ROUNDED, AS_OPERANDS)):
                    move(x)
                if asked(lambda x=x: x.requires_grad) is True:
                    x.register_hook(hook)
    if not goes_back(lines[-1]):
        for x in {id(x): x for x in run.tensors.values()}.values():
            move(x)
    reached.clear()
    if lines[-1].endswith(AS_OPERANDS):
        reached += [largest(x.detach()) for name, x in run.tensors.items() if re.search(rf"\b{name}\b", lines[-1])]
    run.execute(lines[-1])
    found: dict[tuple[str, str], Any] = {("values", name): array(x) for name, x in run.tensors.items()}
    grads = {name: asked(lambda x=x: x.grad) for name, x in run.tensors.items()}
    found |= {("grad", name): array(grad) for name, grad in grads.items() if isinstance(grad, torch.Tensor)}
    return found | {("largest", ""): max(reached, default=0.0)}


def largest(x: Any) -> float:
    """The largest finite absolute value."""
    return float(x.double().abs().nan_to_num(0, 0, 0).max()) if x.numel() else 0.0


def goes_back(line: str) -> bool:
    """Whether a line walks the tape."""
    return "backward(" in line or "autograd.grad(" in line


def within_envelope(ours: Any, theirs: Any, trials: list[Any], floor: float) -> bool:
    """Whether two results differ by no more than roundings explain."""
    eps, tiny = float(np.finfo(theirs.dtype).eps), float(np.finfo(theirs.dtype).tiny)
    trials = [trial for trial in trials if trial is not None and trial.shape == theirs.shape]
    with np.errstate(all="ignore"):
        mine, other = ours.astype(np.float64), theirs.astype(np.float64)
        spread = np.zeros(other.shape)
        for trial in trials:
            distance = np.abs(trial.astype(np.float64) - other)
            spread = np.fmax(spread, distance)
        bound = ENVELOPE * spread + LAST_BITS * eps * np.maximum(np.abs(other), floor) + tiny
        close = np.abs(mine - other) <= bound
        same = (mine == other) | (np.isnan(mine) & np.isnan(other))
    return bool((same | (close & np.isfinite(mine) & np.isfinite(other))).all())


def disagreement(lines: Sequence[str]) -> Disagreement | None:
    """The first line after which the libraries differ, or None."""
    return Comparison(lines).first_disagreement()


def minimised(lines: Sequence[str]) -> list[str]:
    """As few of the lines as still disagree in the same kind, after the same line."""
    lines = list(lines)
    found = disagreement(lines)
    assert found is not None, "the program agrees"
    lines = lines[: found.line + 1]
    place = len(lines) - 2
    while place >= 0:
        shorter = lines[:place] + lines[place + 1 :]
        still = disagreement(shorter)
        if still is not None and still.line == len(shorter) - 1 and likeness(still) == likeness(found):
            lines = shorter
        place -= 1
    return lines


def likeness(found: Disagreement) -> tuple[str, ...]:
    """What a smaller program must still show: the same kind of difference, between the same classes of exceptions."""
    raised = [re.match(r"\w*", text).group() for text in (found.ours, found.theirs)]  # type: ignore[union-attr]
    return (found.kind, *raised) if found.kind in ("exception", "grad_fn") else (found.kind,)


def report(lines: Sequence[str]) -> str:
    """A disagreeing program, minimised, with what differs."""
    least = minimised(lines)
    return "\n".join([*least, "", str(disagreement(least))])


def pattern(line: str) -> str:
    """A line without its names of variables and numbers: what findings are grouped by."""
    line = re.sub(r"\[[\[\]\d\s.,e+infaTrulFs-]*\]", "[]", line.split("  #")[0])
    line = re.sub(r"\b[a-z]\d*\b(?!\()", "x", line)
    return re.sub(r"-?\d+(\.\d+)?", "0", line)


def choice_of_seeds(seed: int, count: int) -> list[int]:
    """Seeds of programs, from one seed."""
    return random.Random(seed).sample(range(2**31), count)
