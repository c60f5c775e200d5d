"""Guesses: which formula was computed instead, found by trying many.

Other operations' gradients, other values of the options, short expressions in the numbers at hand, factors and terms
that are missing or too many, and the part of the inputs on which it goes wrong. A guess has to fit every wrong answer
at once, dozens of numbers, so that chance is no explanation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.grade.answer import VALUE, Answer
from parity.grade.catalogue import Exercise, catalogue
from parity.grade.hypotheses import GUESS, hypothesis, matches, right_of
from parity.grade.oracle import formulas_gradients

Array = NDArray[Any]


# --- gradients of something else ------------------------------------------------------------------------

SUBSTITUTES: dict[str, tuple[Any, ...]] = {
    "alpha": (1.0, 0.0, -1.0),
    "negative_slope": (0.0, 0.01, 0.1, 0.2, 0.3, 1.0),
    "beta": (1.0, 0.5),
    "delta": (1.0, 0.5),
    "correction": (0, 1),
    "value": (1.0, 0.0),
    "diagonal": (0, 1, -1),
    "reduction": ("mean", "sum"),
    "keepdim": (True, False),
    "approximate": ("tanh", "none"),
    "p": (0.0, 0.5),
    "stride": (1, 2),
    "padding": (0,),
    "eps": (0.0, 1e-5, 1e-3, 1e-8),
}
LIKE_OTHERS = frozenset(
    ["huber_loss", "smooth_l1_loss", "frac", "ceil", "floor", "round", "affine", "softplus", "square"]
)
LEFT_OUT = ("weight", "pos_weight", "low", "high")  # operands that may be missing


def _gradient(exercise: Exercise, answer: Answer, *, options: Any = None, operands: Any = None) -> Iterator[Array]:
    """The formula's gradient after a change, from the operands and from the result at hand."""
    case = replace(answer.case, options=options or answer.case.options, operands=operands or answer.case.operands)
    for y in (None, case.y):
        try:
            yield formulas_gradients(exercise, case, [answer.operand], y=y)[answer.operand]
        except (ValueError, IndexError, TypeError, RuntimeError, KeyError):
            continue


def _over_all(exercise: Exercise, answer: Answer) -> Iterator[Array]:
    """The formula's gradient where all elements stand in one row."""
    case = answer.case
    if case.y.shape != right_of(answer).shape:
        return
    operands = {name: one.ravel() if isinstance(one, np.ndarray) else one for name, one in case.operands.items()}
    flat = replace(case, operands=operands, options={**case.options, "dim": 0}, y=case.y.ravel(), dy=case.dy.ravel())
    for y in (None, flat.y):
        yield formulas_gradients(exercise, flat, [answer.operand], y=y)[answer.operand].reshape(case.y.shape)


def _fits(answer: Answer, guesses: Iterator[Array]) -> bool:
    return any(matches(answer, guess) for guess in guesses)


@hypothesis(VALUE, "option")
def has_another_option(exercise: Exercise, answer: Answer) -> str | None:
    """An option is not what it was, or an operand that may be left out was."""
    options = answer.case.options
    rank = max((one.ndim for one in answer.case.operands.values() if isinstance(one, np.ndarray)), default=0)
    for name, value in options.items():
        if name == "reduction" and name not in answer.taken:
            continue
        others = tuple(range(rank)) if name == "dim" else SUBSTITUTES.get(name, ())
        for other in others:
            same = other == value or (name == "dim" and isinstance(value, int) and other == value % max(rank, 1))
            if not same and _fits(answer, _gradient(exercise, answer, options={**options, name: other})):
                return _option_words(name, other, value)
        if name == "dim" and rank > 1 and _fits(answer, _over_all(exercise, answer)):
            return f"This is the gradient over all elements at once, where dim is {value}: a sum lacks its axis."
    for name in LEFT_OUT:
        if answer.case.operands.get(name) is not None:
            operands = {**answer.case.operands, name: None}
            if _fits(answer, _gradient(exercise, answer, operands=operands)):
                called = answer.called(name)
                return f"{called} is ignored: this is the gradient without {called}."
    return None


def _option_words(name: str, other: Any, value: Any) -> str:
    if name == "dim":
        return f"This is the gradient along dimension {other} where dim is {value}: the axis is fixed, or another one."
    if name == "correction":
        belongs = "N − 1" if value == 1 else "N"
        return f"It divides by {'N' if other == 0 else 'N − 1'} where {belongs} belongs (correction = {value})."
    return f"{name} is ignored: this is the gradient for {name} = {other!r}, here it is {value!r}."


@hypothesis(GUESS, "another gradient")
def is_another_operations_gradient(exercise: Exercise, answer: Answer) -> str | None:
    """The gradient of an operation with operands of the same names."""
    own, case = exercise.operation, answer.case
    for name, other in catalogue().items():
        if other.operation is own or not set(own.operands) <= {*other.operation.operands} | set(own.operand_defaults):
            continue
        if set(other.operation.operands) - set(own.operands) - set(other.operation.operand_defaults):
            continue
        if other.family != exercise.family:
            continue
        if answer.operand not in other.operation.gradients or {name, exercise.name} & LIKE_OTHERS:
            continue
        options = {one: case.options[one] for one in other.operation.options if one in case.options}
        operands = {one: case.operands.get(one) for one in other.operation.operands}
        changed = replace(case, options=options, operands=operands)
        try:
            guess = formulas_gradients(other, changed, [answer.operand])[answer.operand]
        except (ValueError, IndexError, TypeError, RuntimeError, KeyError, AttributeError):
            continue
        if guess.any() and not (guess == guess.flat[0]).all() and matches(answer, guess):
            return f"This is the gradient of {name} ({other.convention}), not of {exercise.name}."
    return None


@hypothesis(GUESS, "the forward of dy")
def applies_the_forward(exercise: Exercise, answer: Answer) -> str | None:
    """The operation itself applied to the cotangent, instead of its transpose."""
    if exercise.family != "one" or exercise.is_elementwise or answer.case.dy.shape != right_of(answer).shape:
        return None
    guess = np.asarray(exercise.operation.forward(answer.case.dy, **answer.case.options))
    if matches(answer, guess):
        return f"It applies {exercise.name} itself to dy. The gradient goes the other way: from each y back to its x."
    return None


@hypothesis(GUESS, "constants")
def takes_statistics_for_constants(exercise: Exercise, answer: Answer) -> str | None:
    """A normalization whose mean or variance is not differentiated."""
    if exercise.family != "norm" or answer.operand != "x":
        return None
    case, axis = answer.case, 0 if exercise.operation.name == "batch_norm" else -1
    x, w = case.operands["x"], case.operands["w"]
    dy = case.dy if w is None else case.dy * w
    scale = 1 / np.sqrt(x.var(axis=axis, keepdims=True) + case.options["eps"])
    standard = (x - x.mean(axis=axis, keepdims=True)) * scale
    through_mean = dy.mean(axis=axis, keepdims=True)
    through_variance = standard * (dy * standard).mean(axis=axis, keepdims=True)
    for text, guess in (
        ("The mean and the variance are taken for constants", scale * dy),
        ("The variance is taken for a constant", scale * (dy - through_mean)),
        ("The mean is taken for a constant", scale * (dy - through_variance)),
        ("w is left out", scale / (1 if w is None else w) * (dy - through_mean - through_variance)),
    ):
        if matches(answer, guess):
            return f"{text}, but every x acts on them, and through them on all y." if "const" in text else f"{text}."
    return None


@hypothesis(GUESS, "wrong axis")
def normalizes_over_the_batch(exercise: Exercise, answer: Answer) -> str | None:
    """The softmax inside a cross entropy, along the wrong axis."""
    if exercise.operation.name != "cross_entropy" or answer.case.options["reduction"] == "none":
        return None
    z, t = answer.case.operands["z"], answer.case.operands["t"]
    e = np.exp(z - z.max(axis=0, keepdims=True))
    guess = e / e.sum(axis=0, keepdims=True)
    guess[np.arange(len(t)), t] -= 1
    if matches(answer, answer.case.dy * guess / (len(t) if answer.case.options["reduction"] == "mean" else 1)):
        return "The softmax in it is taken along axis 0, over the batch: it belongs along axis 1, over the classes."
    return None


@hypothesis(GUESS, "another operand's")
def is_another_operands_gradient(exercise: Exercise, answer: Answer) -> str | None:
    """Right, but by another operand."""
    undecided = False
    for name, right in answer.right.items():
        if name != answer.operand:
            if right.shape != right_of(answer).shape:
                undecided = True
            elif matches(answer, right):
                return f"What is returned as d{answer.called()} is d{answer.called(name)}."
    return "" if undecided else None


# --- all numbers at once --------------------------------------------------------------------------------


@dataclass
class Pool:
    """Elements of many answers side by side: what the gradient of one operand was, what it ought to be, and of what.

    values: the numbers that belong to each element, by their names in formulas. wrong: which elements are wrong.
    is_scaled: whether dy is the cotangent of a mean, and already divided by N.
    """

    returned: Array
    right: Array
    dy: Array
    values: dict[str, Array]
    wrong: Array
    is_scaled: bool

    def part(self, chosen: Array) -> Pool:
        """Some of the elements."""
        values = {name: one[chosen] for name, one in self.values.items()}
        return Pool(
            self.returned[chosen], self.right[chosen], self.dy[chosen], values, self.wrong[chosen], self.is_scaled
        )

    @property
    def usable_part(self) -> Pool:
        """The elements that are numbers."""
        return self.part(np.isfinite(self.returned) & np.isfinite(self.right))

    @property
    def wrong_part(self) -> Pool:
        """The elements that are wrong, and usable."""
        return self.part(self.wrong & np.isfinite(self.returned) & np.isfinite(self.right))


def pool_of(exercise: Exercise, answers: Sequence[Answer], operand: str) -> Pool | None:
    """The elements of all answers in which every operand has the same shape, or else of all answers."""
    columns: dict[str, list[Array]] = {}
    alike = [answer for answer in answers if _is_of_one_shape(answer)]
    for answer in alike if len(alike) >= 3 else answers:
        case = answer.case
        if operand not in answer.returned or answer.returned[operand].shape != answer.right[operand].shape:
            continue
        shape = answer.right[operand].shape
        scale = 1.0
        if exercise.family in ("alike", "hinge", "classes") and case.options.get("reduction") == "mean":
            scale = 1 / max(
                case.dy.size, shape[0] if exercise.family == "classes" and shape else answer.right[operand].size
            )
        row: dict[str, Any] = {answer.called(name): one for name, one in case.operands.items() if one is not None}
        row = {name: one for name, one in row.items() if np.shape(one) in (shape, ())}
        if case.y.shape == shape and ("y" in answer.taken or not row):
            row["y"] = case.y
        row.update({name: one for name, one in case.options.items() if type(one) in (int, float)})
        if case.dy.shape not in (shape, ()):
            row["dy"] = np.full(shape, np.nan)
        else:
            row["dy"] = case.dy * scale
        row["·returned"], row["·right"] = answer.returned[operand], answer.right[operand]
        row["·wrong"] = (
            answer.wrong if answer.operand == operand and answer.wrong.shape == shape else np.zeros(shape, bool)
        )
        for name, one in row.items():
            columns.setdefault(name, []).append(np.broadcast_to(np.asarray(one, np.float64), shape).ravel())
    if not columns or not columns["·returned"]:
        return None
    whole = len(columns["·returned"])
    joined = {name: np.concatenate(parts) for name, parts in columns.items() if len(parts) == whole}
    returned, right, dy, wrong = (joined.pop(name) for name in ("·returned", "·right", "dy", "·wrong"))
    is_mean = any(answer.case.options.get("reduction") == "mean" for answer in answers)
    return Pool(returned, right, dy, joined, wrong.astype(bool), is_mean) if returned.size else None


def _is_of_one_shape(answer: Answer) -> bool:
    return len({one.shape for one in answer.case.operands.values() if isinstance(one, np.ndarray)}) == 1


def _same(returned: Array, guess: Array, eps: float = 1e-9) -> bool:
    """Whether two columns of float64 are one and the same."""
    usable = np.isfinite(guess)
    if usable.sum() < max(4, 0.8 * usable.size) or not np.isfinite(returned[usable]).all():
        return False
    difference = np.abs(returned[usable] - guess[usable])
    return bool((difference <= eps * (np.abs(guess[usable]) + 1e-3 * np.abs(guess[usable]).max(initial=0))).all())


Formula = tuple[str, Callable[[Array], Array]]


def _sigma(v: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-v)))


EXPRESSIONS: tuple[Formula, ...] = (
    ("{v}", lambda v: v),
    ("{v}²", lambda v: v**2),
    ("{v}³", lambda v: v**3),
    ("√{v}", np.sqrt),
    ("1/{v}", lambda v: 1 / v),
    ("1/{v}²", lambda v: 1 / v**2),
    ("1/√{v}", lambda v: 1 / np.sqrt(v)),
    ("|{v}|", np.abs),
    ("sign({v})", np.sign),
    ("(1 − {v})", lambda v: 1 - v),
    ("(1 + {v})", lambda v: 1 + v),
    ("(1 − {v}²)", lambda v: 1 - v**2),
    ("(1 + {v}²)", lambda v: 1 + v**2),
    ("(1 − {v})²", lambda v: (1 - v) ** 2),
    ("(1 + {v})²", lambda v: (1 + v) ** 2),
    ("(1 − 2{v})", lambda v: 1 - 2 * v),
    ("(1 + 2{v})", lambda v: 1 + 2 * v),
    ("{v} (1 − {v})", lambda v: v * (1 - v)),
    ("{v} (1 + {v})", lambda v: v * (1 + v)),
    ("{v} (1 − {v}²)", lambda v: v * (1 - v**2)),
    ("1/(1 + {v})", lambda v: 1 / (1 + v)),
    ("1/(1 − {v})", lambda v: 1 / (1 - v)),
    ("1/(1 + 2{v})", lambda v: 1 / (1 + 2 * v)),
    ("1/(1 + {v}²)", lambda v: 1 / (1 + v**2)),
    ("1/(1 − {v}²)", lambda v: 1 / (1 - v**2)),
    ("1/({v} (1 − {v}))", lambda v: 1 / (v * (1 - v))),
    ("1/√(1 + {v}²)", lambda v: 1 / np.sqrt(1 + v**2)),
    ("1/√(1 − {v}²)", lambda v: 1 / np.sqrt(1 - v**2)),
    ("1/√({v}² − 1)", lambda v: 1 / np.sqrt(v**2 - 1)),
    ("√(1 + {v}²)", lambda v: np.sqrt(1 + v**2)),
    ("√(1 − {v}²)", lambda v: np.sqrt(1 - v**2)),
    ("√({v}² − 1)", lambda v: np.sqrt(v**2 - 1)),
    ("exp({v})", np.exp),
    ("exp(−{v})", lambda v: np.exp(-v)),
    ("exp(−{v}²)", lambda v: np.exp(-(v**2))),
    ("exp(−{v}²/2)", lambda v: np.exp(-(v**2) / 2)),
    ("{v} exp(−{v}²/2)", lambda v: v * np.exp(-(v**2) / 2)),
    ("exp(−|{v}|)", lambda v: np.exp(-np.abs(v))),
    ("(exp({v}) − 1)", np.expm1),
    ("2^{v}", np.exp2),
    ("ln {v}", np.log),
    ("ln |{v}|", lambda v: np.log(np.abs(v))),
    ("sin {v}", np.sin),
    ("cos {v}", np.cos),
    ("tan {v}", np.tan),
    ("1/sin {v}", lambda v: 1 / np.sin(v)),
    ("1/cos {v}", lambda v: 1 / np.cos(v)),
    ("1/cos² {v}", lambda v: 1 / np.cos(v) ** 2),
    ("sin² {v}", lambda v: np.sin(v) ** 2),
    ("cos² {v}", lambda v: np.cos(v) ** 2),
    ("sinh {v}", np.sinh),
    ("cosh {v}", np.cosh),
    ("tanh {v}", np.tanh),
    ("1/cosh {v}", lambda v: 1 / np.cosh(v)),
    ("1/cosh² {v}", lambda v: 1 / np.cosh(v) ** 2),
    ("1/sinh {v}", lambda v: 1 / np.sinh(v)),
    ("(1 − tanh {v})", lambda v: 1 - np.tanh(v)),
    ("σ({v})", _sigma),
    ("σ(−{v})", lambda v: _sigma(-v)),
    ("σ({v}) σ(−{v})", lambda v: _sigma(v) * _sigma(-v)),
    ("{v} σ({v}) σ(−{v})", lambda v: v * _sigma(v) * _sigma(-v)),
    ("{v} σ({v})", lambda v: v * _sigma(v)),
    ("[{v} > 0]", lambda v: v > 0),
    ("[{v} < 0]", lambda v: v < 0),
    ("[{v} ≤ 0]", lambda v: v <= 0),
    ("⌊{v}⌋", np.floor),
    ("[{v} is whole]", lambda v: v == np.trunc(v)),
)


def _expressions(values: dict[str, Array]) -> Iterator[tuple[str, Array]]:
    """Short expressions in the numbers at hand, one number before two."""
    yield "", np.ones(1)
    names = [name for name, one in values.items() if one.size]
    with np.errstate(all="ignore"):
        for text, function in EXPRESSIONS:
            for name in names:
                yield text.format(v=name), np.asarray(function(values[name]), np.float64)
        for first in names:
            for second in names:
                if first == second:
                    continue
                a, b = values[first], values[second]
                if names.index(first) < names.index(second):
                    yield f"({first} − {second})", a - b
                    yield f"|{first} − {second}|", np.abs(a - b)
                    yield f"sign({first} − {second})", np.sign(a - b)
                    yield f"({first} − {second})²", (a - b) ** 2
                    yield f"({first} + {second})", a + b
                    yield f"{first} {second}", a * b
                    yield f"1/({first} {second})", 1 / (a * b)
                    yield f"1/√({first}² + {second}²)", 1 / np.hypot(a, b)
                    yield f"1/({first}² + {second}²)", 1 / (a**2 + b**2)
                    yield f"1/({first} − {second})", 1 / (a - b)
                yield f"{first}/{second}", a / b
                yield f"{first}/{second}²", a / b**2
                yield f"{first}² {second}", a**2 * b
                yield f"{first}²/{second}²", a**2 / b**2
                yield f"{first} (1 − {second})", a * (1 - b)
                yield f"(1 − {first})/(1 − {second})", (1 - a) / (1 - b)
                yield f"⌊{first}/{second}⌋", np.floor(a / b)
                yield f"trunc({first}/{second})", np.trunc(a / b)
                yield f"{first}^{second}", a**b
                yield f"{first}^({second} − 1)", a ** (b - 1)
                yield f"{second} {first}^({second} − 1)", b * a ** (b - 1)
                yield f"{second} {first}^{second}", b * a**b
                yield f"{first}^{second} ln {first}", a**b * np.log(a)
                yield f"{first}/√({first}² + {second}²)", a / np.hypot(a, b)
                yield f"{first}/({first}² + {second}²)", a / (a**2 + b**2)
                yield f"exp({first} − {second})", np.exp(a - b)
                yield f"σ({first} − {second})", _sigma(a - b)


CONSTANTS: tuple[tuple[str, float], ...] = (
    ("", 1.0),
    ("2", 2.0),
    ("1/2", 0.5),
    ("3", 3.0),
    ("1/3", 1 / 3),
    ("4", 4.0),
    ("1/4", 0.25),
    ("ln 2", math.log(2)),
    ("1/ln 2", 1 / math.log(2)),
    ("ln 10", math.log(10)),
    ("1/ln 10", 1 / math.log(10)),
    ("(ln 2)²", math.log(2) ** 2),
    ("(ln 10)²", math.log(10) ** 2),
    ("√2", math.sqrt(2)),
    ("1/√2", math.sqrt(0.5)),
    ("π", math.pi),
    ("√π", math.sqrt(math.pi)),
    ("1/√π", 1 / math.sqrt(math.pi)),
    ("2/√π", 2 / math.sqrt(math.pi)),
    ("√π/2", math.sqrt(math.pi) / 2),
    ("1/√(2π)", 1 / math.sqrt(2 * math.pi)),
    ("√(2π)", math.sqrt(2 * math.pi)),
    ("2/√(2π)", 2 / math.sqrt(2 * math.pi)),
)


def constant_name(value: float) -> str | None:
    """A constant by its usual name, with its sign; None where it has none, "" for 1."""
    for text, known in CONSTANTS:
        if abs(abs(value) - known) <= 1e-9 * known:
            return text if value > 0 else f"−{text}" if text else "−1"
    return None


def _constant(quotient: Array, eps: float = 1e-9) -> float | None:
    """The one number that a column consists of."""
    usable = quotient[np.isfinite(quotient)]
    if usable.size < max(4, 0.8 * quotient.size):
        return None
    middle = float(np.median(usable))
    return middle if middle and np.abs(usable - middle).max() <= eps * abs(middle) else None


def _multiple(target: Array, expression: Array) -> float | None:
    """The one number by which an expression has to be multiplied to give a column; both are 0 at the same places."""
    usable = np.isfinite(target) & np.isfinite(expression)
    if usable.sum() < max(4, 0.8 * target.size):
        return None
    target, expression = target[usable], expression[usable]
    zero = expression == 0
    if (target[zero] != 0).any() or (~zero).sum() < 3:
        return None
    quotient = target[~zero] / expression[~zero]
    middle = float(np.median(quotient))
    return middle if middle and np.abs(quotient - middle).max() <= 1e-9 * abs(middle) else None


def _informative(expression: Array) -> bool:
    usable = expression[np.isfinite(expression)]
    return usable.size > 3 and np.ptp(usable) > 1e-6 * np.abs(usable).max()


def explain_expression(pool: Pool, own: str) -> tuple[str, str] | None:
    """The short expression that the returned numbers are, and by which they differ from the right ones."""
    formula, factor, term = None, None, None
    with np.errstate(all="ignore"):
        plain, ratio = pool.returned / pool.dy, pool.returned / pool.right
        live = ~((pool.returned == 0) & (pool.right == 0))  # 0 times anything is 0
        difference = (pool.right - pool.returned) / pool.dy
        for text, expression in _expressions(pool.values):
            is_of_two = sum(name in text for name in pool.values) > 1
            if is_of_two and (formula or term):
                break  # one number at hand explains it: no need of two
            if expression.size == 1:
                expression = np.ones_like(plain)
            elif not _informative(expression):
                continue
            if formula is None and (name := _named(plain, expression)) is not None:
                formula = _formula_words(name, text, own)
            if text and factor is None:
                if (name := _named(1 / ratio[live], expression[live])) is not None:
                    factor = f"a factor {_joined(name, text)} is missing"
                elif (name := _named(ratio[live], expression[live])) is not None:
                    factor = f"it is {_joined(name, text)} times what is right"
            if term is None and (name := _named(difference, expression)) is not None:
                term = " · ".join(filter(None, ["dy", _joined(name, text)]))
    if formula is not None:
        missing = factor or (term and f"the term {term} is missing")
        return "another formula", f"{formula}{f': {missing}' if missing else ''}."
    if factor is not None:
        return "factor", f"{factor[0].upper()}{factor[1:]}."
    return None if term is None else ("missing term", f"The term {term} is missing: with it added, it would be right.")


def _named(target: Array, expression: Array) -> str | None:
    """The name of the number by which an expression has to be multiplied; None where there is none."""
    constant = _multiple(target, expression)
    return None if constant is None else constant_name(constant)


def _joined(constant: str, text: str) -> str:
    return " ".join(filter(None, [constant, text]))


def _formula_words(constant: str, text: str, own: str) -> str:
    if not text:
        said = {"": "It passes dy on unchanged", "−1": "It returns −dy"}.get(constant, f"It returns {constant} dy")
        return f"{said}, whatever {own} is"
    said = " · ".join(filter(None, ["dy", constant, text]))
    said = said.replace("dy · 1/", "dy / ").replace("dy · −1 · ", "−dy · ").replace("dy · −1", "−dy")
    return f"What was computed is {said}"


# --- where it goes wrong -----------------------------------------------------------------------------------


def explain_part(pool: Pool, own: str) -> tuple[str, str] | None:
    """The part of the inputs on which it is wrong, and what it returns there."""
    telling = np.isfinite(pool.right) & ~((pool.returned == 0) & (pool.right == 0))  # 0 is right by chance
    chosen = pool.part(telling)
    if chosen.wrong.sum() < 3 or (~chosen.wrong).sum() < max(3, 0.1 * telling.sum()):
        return None
    if all(np.unique(one[~chosen.wrong]).size < 3 for one in list(chosen.values.values())[:1]):
        return None  # right by chance, at single numbers
    where = _where(chosen)
    if where is None:
        return None
    there = chosen.wrong_part
    said = f": there it is {_there(there, own)}" if there.returned.size and _there(there, own) else ""
    if not said and there.returned.size > 3 and (formula := explain_expression(there, own)) is not None:
        said = f". There: {formula[1].removesuffix('.')}"
    return "in part", f"It is wrong only where {where}{said}."


def _where(pool: Pool) -> str | None:
    for text, marked in _predicates(pool):
        if marked[pool.wrong].all() and not marked[~pool.wrong].any():
            return text
    return _threshold(pool)


def _predicates(pool: Pool) -> Iterator[tuple[str, Array]]:
    """Conditions on single elements."""
    values = pool.values if pool.is_scaled else {"dy": pool.dy, **pool.values}
    options = {name: one for name, one in values.items() if name in SUBSTITUTES}
    numbers = {name: one for name, one in values.items() if name not in options and name not in ("low", "high")}
    for low, high in (("low", "high"),):
        for name, one in numbers.items():
            if low in values:
                yield f"{name} < {low}", one < values[low]
            if high in values:
                yield f"{name} > {high}", one > values[high]
            if low in values and high in values:
                yield f"{name} lies between the bounds", (one >= values[low]) & (one <= values[high])
                yield f"{name} lies outside the bounds", (one < values[low]) | (one > values[high])
    for name, one in numbers.items():
        yield f"{name} is 0", one == 0
        yield f"{name} > 0", one > 0
        yield f"{name} < 0", one < 0
        yield f"{name} ≥ 0", one >= 0
        yield f"{name} ≤ 0", one <= 0
        yield f"{name} > 1", one > 1
        yield f"|{name}| > 1", np.abs(one) > 1
        yield f"{name} is whole", one == np.trunc(one)
        yield f"{name} is not whole", one != np.trunc(one)
    names = [name for name in numbers if name != "dy"]
    pairs = [(first, second) for place, first in enumerate(names) for second in names[place + 1 :]]
    for first, second in pairs:
        a, b = numbers[first], numbers[second]
        yield f"{first} > {second}", a > b
        yield f"{first} < {second}", a < b
        yield f"{first} = {second}", a == b
        yield f"{first} and {second} have different signs", a * b < 0
        yield f"{first} and {second} have the same sign", a * b > 0
        for option, size in options.items():
            yield f"|{first} − {second}| < {option}", np.abs(a - b) < size
            yield f"|{first} − {second}| ≥ {option}", np.abs(a - b) >= size
            yield f"|{first} − {second}| > {option}", np.abs(a - b) > size


def _threshold(pool: Pool) -> str | None:
    """A size from which on all is wrong."""
    for name, one in (pool.values if pool.is_scaled else {"dy": pool.dy, **pool.values}).items():
        sizes = [(f"|{name}| is large", np.abs(one)), (f"{name} is large", one), (f"{name} is very negative", -one)]
        sizes.append((f"|{name}| is small", -np.abs(one)))
        if (np.abs(one - 0.5) <= 0.5).all():
            sizes.append((f"{name} is near 0 or 1", np.abs(one - 0.5)))
        for text, size in sizes:
            inside, outside = size[~pool.wrong], size[pool.wrong]
            if not np.isfinite(size).all() or inside.size < 6 or np.unique(inside).size < 3:
                continue
            if outside.min() > inside.max():
                wrong, right = (one[size == edge][0] for edge in (outside.min(), inside.max()))
                return f"{text} ({wrong:g} is wrong, {right:g} still right)"
    return None


def _there(pool: Pool, own: str) -> str:
    """What is returned on that part."""
    with np.errstate(all="ignore"):
        if not pool.returned.any():
            return "0"
        if _same(pool.returned, -pool.right):
            return "of the other sign"
        if _same(pool.returned, pool.dy):
            return "dy" + ", right is 0" * (not pool.right.any())
        ratio = pool.returned / pool.right
        constant = _constant(ratio)
        if constant is not None:
            return f"{constant_name(constant) or format(constant, '.6g')} times what is right"
        for name, one in pool.values.items():
            for text, size in ((name, one), (f"1/{name}", 1 / one)):
                if _constant(ratio / size) is not None and abs((_constant(ratio / size) or 0) - 1) < 1e-9:
                    return f"{text} times what is right"
        alone = _constant(pool.returned / pool.dy)
        if alone is not None:
            return f"{constant_name(alone) or format(alone, '.6g')} dy" + ", right is 0" * (not pool.right.any())
    return ""


# --- nearly right ------------------------------------------------------------------------------------------


def explain_constant(pool: Pool) -> tuple[str, str] | None:
    """A constant with a name of its own by which everything is too large or too small."""
    with np.errstate(all="ignore"):
        constant = _constant(pool.returned / pool.right)
    if constant is None or not (name := constant_name(constant)) or not set(name) & set("lπ√"):
        return None
    inverse = constant_name(1 / constant)
    if name.removeprefix("−").startswith("1/") or inverse in ("ln 2", "ln 10", "√π", "√2", "π"):
        return "factor", f"A factor {inverse} is missing: times that, it would be right."
    return "factor", f"It is {name} times what is right."


def explain_nearness(pool: Pool) -> tuple[str, str] | None:
    """What makes an answer nearly right: a rounded constant, or something added against division by 0."""
    with np.errstate(all="ignore"):
        ratio = pool.returned / pool.right
        constant = _constant(ratio - 1, 1e-3)
        if constant is not None and 1e-9 < abs(constant) < 0.02:
            return "rounded constant", (
                f"It is {1 + constant:.9g} times what is right, everywhere: a constant in it was rounded."
            )
        excess = 1 / ratio - 1
        usable = np.isfinite(excess) & (np.abs(excess) > 1e-14)
        if usable.sum() < 4:
            return None
        for name, one in pool.values.items():
            for text, value, times in (
                (name, one, 1),
                (f"|{name}|", np.abs(one), 1),
                (f"{name}²", one**2, 1),
                (name, one, 2),
                (f"1 − {name}²", 1 - one**2, 1),
                (f"1 + {name}²", 1 + one**2, 1),
            ):
                added = (excess * value / times)[usable]
                sure = added[np.abs(excess[usable]) > 1e-13]
                if sure.size < 3:
                    continue
                middle = float(np.median(sure))
                spread = np.abs(sure - middle).max()
                if 0 < abs(middle) < 1e-2 and spread <= 0.05 * abs(middle):
                    return "added", (
                        f"Nearly right: {middle:.2g} is added to {text} where it is divided by it. Nothing may be "
                        f"added against division by 0; where the divisor is 0 the case has to be decided."
                    )
    return None
