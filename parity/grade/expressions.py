"""Expressions: which short formula was computed, found by trying many on a pool of numbers.

Also by which factor or term it differs from the right one, on which part of the inputs it goes wrong, and what makes it
only nearly right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.grade.guesses import SUBSTITUTES
from parity.grade.pool import Pool

Array = NDArray[Any]


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
    ("1/(1 + {v})²", lambda v: 1 / (1 + v) ** 2),
    ("1/(1 − {v})²", lambda v: 1 / (1 - v) ** 2),
    ("(1 − {v})/{v}", lambda v: (1 - v) / v),
    ("{v}/(1 − {v})", lambda v: v / (1 - v)),
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
    ("{v} exp({v})", lambda v: v * np.exp(v)),
    ("{v} exp({v} − 1)", lambda v: v * np.exp(v - 1)),
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
    ("(1 − exp(−|{v}|))", lambda v: 1 - np.exp(-np.abs(v))),
    ("(1 − exp(−{v}))", lambda v: 1 - np.exp(-v)),
    ("(1 + {v}) σ({v})", lambda v: (1 + v) * _sigma(v)),
    ("{v} σ({v})²", lambda v: v * _sigma(v) ** 2),
    ("σ({v}) (1 + {v} σ({v}))", lambda v: _sigma(v) * (1 + v * _sigma(v))),
    ("σ({v})²", lambda v: _sigma(v) ** 2),
    ("(1 − tanh {v})", lambda v: 1 - np.tanh(v)),
    ("σ({v})", _sigma),
    ("(1 − σ({v})²)", lambda v: 1 - _sigma(v) ** 2),
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
                yield f"{first}^({second} + 1)/({second} + 1)", a ** (b + 1) / (b + 1)
                yield f"{first}^{second} ln {first}", a**b * np.log(a)
                yield f"{first}^{second} ln {second}", a**b * np.log(b)
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
    formula, factor, term, alone = None, None, None, None
    if not pool.returned.any():
        return None
    with np.errstate(all="ignore"):
        plain, ratio = pool.returned / pool.dy, pool.returned / pool.right
        live = ~((pool.returned == 0) & (pool.right == 0))  # 0 times anything is 0
        has_factor = live.any() and np.isfinite(ratio[pool.wrong]).all() and ratio[pool.wrong].all()
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
            if text and factor is None and has_factor and (expression.size == 1 or _informative(expression[live])):
                if (name := _named(1 / ratio[live], expression[live])) is not None:
                    factor = f"a factor {_joined(name, text)} is missing"
                elif (name := _named(ratio[live], expression[live])) is not None:
                    factor = f"it is {_joined(name, text)} times what is right"
            if term is None and pool.right.any() and (name := _named(difference, expression)) is not None:
                term = " · ".join(filter(None, ["dy", _joined(name, text)]))
            if text and alone is None and (name := _named(pool.returned, expression)) is not None:
                alone = _joined(name, text)
    if formula is not None:
        missing = factor or (f"the term {term} is missing" if term and "·" not in term else "")
        return "another formula", f"{formula}{f': {missing}' if missing else ''}."
    if factor is not None:
        return "factor", f"{factor[0].upper()}{factor[1:]}."
    if term is not None:
        return "missing term", f"The term {term} is missing: with it added, it would be right."
    return None if alone is None else ("missing cotangent", f"What was computed is {alone}, without dy.")


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


IT_IS = ": there it is "


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
    said = f"{IT_IS}{_there(there, own)}" if there.returned.size and _there(there, own) else ""
    if not said and there.returned.size > 3 and (formula := explain_expression(there, own)) is not None:
        said = f". There: {formula[1].removesuffix('.').partition(': ')[0]}"
    return "in part", f"It is wrong only where {where}{said}."


def explain_pieces(pool: Pool, own: str) -> tuple[str, str] | None:
    """What was computed on either side of 0, where it is wrong on both and another formula on each."""
    for name, one in pool.values.items():
        sides = [pool.part(one > 0), pool.part(one <= 0)]
        if min(side.returned.size for side in sides) < 6:
            continue
        said = [explain_expression(side, own) for side in sides]
        if said[0] is not None and said[1] is not None:
            texts = [text.partition(": ")[0].rstrip(".") for _, text in (said[0], said[1])]
            return "in pieces", f"Where {name} > 0: {texts[0]}. Where {name} ≤ 0: {texts[1]}."
    return None


def _where(pool: Pool) -> str | None:
    for text, marked in _predicates(pool):
        by_chance = marked & ~pool.wrong
        if marked[pool.wrong].all() and by_chance.sum() <= 0.1 * pool.wrong.sum():
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
            yield f"{first} − {second} > {option}", a - b > size
            yield f"{first} − {second} < −{option}", a - b < -size
            yield f"|{first} − {second}| ≥ {option}", np.abs(a - b) >= size
            yield f"|{first} − {second}| > {option}", np.abs(a - b) > size


def _threshold(pool: Pool) -> str | None:
    """A size from which on all is wrong."""
    for name, one in (pool.values if pool.is_scaled else {"dy": pool.dy, **pool.values}).items():
        sizes = [(f"|{name}| is large", np.abs(one)), (f"{name} is large", one), (f"{name} is low", -one)]
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
        for name, one in pool.values.items():
            for text, size in ((name, one), (f"1/{name}", 1 / one)):
                if _constant(ratio / size) is not None and abs((_constant(ratio / size) or 0) - 1) < 1e-9:
                    return f"{text} times what is right"
        constant = _constant(ratio)
        if constant is not None:
            return f"{constant_name(constant) or format(constant, '.6g')} times what is right"
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
