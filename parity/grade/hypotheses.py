"""Hypotheses: questions to a wrong answer, such as "is it the right gradient with the other sign?".

Each is a function that looks at the data of one wrong answer and returns the sentence that explains it, or None
when it does not; an empty sentence where the answer does not contradict the hypothesis but shows nothing either.
They are listed by symptom, the more specific before the more general.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.ops.sums import sum_to
from parity.grade.answer import COUNT, MUTATION, NOTHING, SHAPE, VALUE, Answer
from parity.grade.calling import CRASH, EXIT, MEMORY
from parity.grade.catalogue import Exercise
from parity.grade.oracle import formulas_gradients, in_float64

Array = NDArray[Any]
Explanation = Callable[[Exercise, Answer], str | None]
HYPOTHESES: dict[str, list[tuple[str, Explanation]]] = {}
PASSES_ON = "passes on"
# Wrong values again: what is tried when nothing more particular fits.
FACTOR, GUESS, MISTAKE = "factor", "guess", "mistake"


def hypothesis(symptom: str, kind: str) -> Callable[[Explanation], Explanation]:
    """Lists a hypothesis about answers with a symptom; those listed first are tried first."""

    def listed(explanation: Explanation) -> Explanation:
        HYPOTHESES.setdefault(symptom, []).append((kind, explanation))
        return explanation

    return listed


def matches(answer: Answer, guess: Array, returned: Array | None = None) -> bool:
    """Whether a guess is what was returned, to rounding, wherever the guess is finite."""
    returned = answer.returned[answer.operand] if returned is None else returned
    if np.shape(guess) != returned.shape or not returned.size or not np.isfinite(guess).any():
        return False
    eps = np.finfo(answer.case.dy.dtype).eps
    scale = np.max(np.abs(np.where(np.isfinite(guess), guess, 0)), initial=0)
    near = np.abs(returned - guess) <= 64 * eps * (np.abs(guess) + scale)
    return bool((near | (returned == guess) | ~np.isfinite(guess)).all())


def returned_of(answer: Answer) -> Array:
    """The gradient that is wrong."""
    return answer.returned[answer.operand]


def right_of(answer: Answer) -> Array:
    """What it ought to be."""
    return answer.right[answer.operand]


# --- wrong values -------------------------------------------------------------------------------------


@hypothesis(VALUE, "NaN lost")
def loses_nan(exercise: Exercise, answer: Answer) -> str | None:
    wrong = answer.wrong
    right = right_of(answer)[wrong]
    if not np.isfinite(returned_of(answer)[wrong]).all() or np.isfinite(right).any():
        return None
    what = "NaN" if np.isnan(right).all() else "infinite" if np.isinf(right).all() else "NaN or infinite"
    return (
        f"NaN lost: the gradient is {what} there and a number was returned. NaN and infinity must pass on, or nobody "
        f"notices that something went wrong before."
    )


@hypothesis(VALUE, "kink")
def fails_at_kinks(exercise: Exercise, answer: Answer) -> str | None:
    wrong = [tuple(int(step) for step in index) for index in np.argwhere(answer.wrong)]
    if not all(_is_at_a_jump(exercise, answer, index) for index in wrong):
        return None
    value, right, returned = answer.case.operands[answer.operand], right_of(answer), returned_of(answer)
    at = f"{answer.called()}{list(wrong[0])} = {value[wrong[0]]:g}"
    return (
        f"Everything is right except where {exercise.name} has a kink or a tie, as at {at}: there its derivative is a "
        f"convention, and by torch's the gradient is {right[wrong[0]]:g}, not {returned[wrong[0]]:g}."
    )


def _is_at_a_jump(exercise: Exercise, answer: Answer, index: tuple[int, ...]) -> bool:
    """Whether the gradient by one element jumps just there: it differs on the element's two sides."""
    case = in_float64(answer.case)
    value = case.operands[answer.operand]
    sides = []
    for sign in (1, -1):
        moved = np.array(value)
        moved[index] += sign * 1e-12 * max(1.0, abs(value[index]))
        beside = replace(case, operands={**case.operands, answer.operand: moved})
        sides.append(formulas_gradients(exercise, beside, [answer.operand])[answer.operand][index])
    return bool(np.isfinite(sides).all() and abs(sides[0] - sides[1]) > 1e-3 * (abs(sides[0]) + abs(sides[1])))


@hypothesis(VALUE, "overflow")
def overflows(exercise: Exercise, answer: Answer) -> str | None:
    wrong = answer.wrong
    if np.isfinite(returned_of(answer)[wrong]).any() or not np.isfinite(right_of(answer)[wrong]).all():
        return None
    value = answer.case.operands[answer.operand]
    if np.isnan(returned_of(answer)[wrong]).all() and (value[wrong] < 0).all():
        return (
            f"Where it is wrong the result is NaN although the gradient is not: a logarithm or a root of a negative "
            f"number is taken, as of {answer.called()} = {value[wrong].flat[0]:g}."
        )
    arrays = [one for one in answer.case.operands.values() if isinstance(one, np.ndarray) and one.size]
    largest = max(float(np.abs(one).max()) for one in arrays)
    return (
        f"Where it is wrong the result is not finite although the gradient is: something in between overflows or "
        f"divides by 0. The largest input there is {largest:g}."
    )


@hypothesis(VALUE, PASSES_ON)
def passes_the_cotangent_on(exercise: Exercise, answer: Answer) -> str | None:
    if exercise.is_elementwise and exercise.family == "one" and matches(answer, answer.case.dy):
        return f"It passes dy on unchanged, as if {exercise.name} had the slope 1 everywhere."
    return None


@hypothesis(VALUE, "inverted")
def has_its_branches_exchanged(exercise: Exercise, answer: Answer) -> str | None:
    """Of the two slopes that the gradient has, each element got the other one."""
    right, dy = right_of(answer), answer.case.dy
    if not exercise.is_elementwise or dy.shape != right.shape or not (dy != 0).any():
        return None
    usable = dy != 0
    slopes = right[usable] / dy[usable]
    low, high = slopes.min(), slopes.max()
    if not np.isclose(low, high) and not (np.isclose(slopes, low) | np.isclose(slopes, high)).all():
        return None
    both = not np.isclose(low, high)
    if both and not matches(answer, (low + high) * dy - right):
        return None
    if both and low == 0:
        return "The condition is the wrong way round: dy passes exactly where it must not."
    return f"The two branches are exchanged: the slope {low:.3g} stands where {high:.3g} belongs." if both else ""


@hypothesis(VALUE, "swapped")
def is_swapped(exercise: Exercise, answer: Answer) -> str | None:
    for name in answer.right:
        if name != answer.operand and name in answer.returned and answer.right[name].shape == right_of(answer).shape:
            there = matches(answer, right_of(answer), answer.returned[name])
            if there and matches(answer, answer.right[name]):
                both = f"d{answer.called()} and d{answer.called(name)}"
                return f"{both} are exchanged: return them in the order of the operands."
    return None


@hypothesis(VALUE, "sign")
def is_negated(exercise: Exercise, answer: Answer) -> str | None:
    return f"Wrong sign: −d{answer.called()} is right." if matches(answer, -right_of(answer)) else None


@hypothesis(VALUE, "missing cotangent")
def lacks_cotangent(exercise: Exercise, answer: Answer) -> str | None:
    ones = replace(answer.case, dy=np.ones_like(answer.case.dy))
    if matches(answer, formulas_gradients(exercise, ones, [answer.operand])[answer.operand]):
        return "The cotangent dy is missing: this is the gradient that dy = 1 would give. Multiply by dy."
    return None


@hypothesis(VALUE, "wrong variable")
def uses_another_variable(exercise: Exercise, answer: Answer) -> str | None:
    """The right formula with one of the numbers at hand in place of another."""
    operation, case = exercise.operation, answer.case
    values = {name: one for name, one in case.operands.items() if isinstance(one, np.ndarray)}
    values["y"] = case.y
    shape = right_of(answer).shape
    turned = {name: one.T for name, one in values.items() if one.ndim == 2 and one.shape[0] == one.shape[1] > 1}
    products = exercise.family in ("linear", "matmul")
    needs = operation.gradients.needs(answer.operand)

    def is_at_hand(name: str) -> bool:
        return name in answer.taken or "cache" in answer.taken

    for needed in [name for name in needs if name in values and name != "condition"]:
        others = {name: one for name, one in values.items() if name != needed and is_at_hand(name)}
        others.update({f"{needed}ᵀ": turned[needed]} if products and needed in turned else {})
        for used, other in others.items():
            arguments = [other if name == needed else _value(exercise, answer, name) for name in needs]
            try:
                guess = np.asarray(getattr(operation.gradients, answer.operand)(case.dy, *arguments))
                guess = sum_to(guess, shape) if operation.broadcasts else guess
            except (ValueError, IndexError):
                continue
            if matches(answer, guess):
                result = ", the result," if needed == "y" else ""
                belongs = answer.called(needed) + result
                if used.endswith("ᵀ"):
                    return (
                        f"With {belongs} transposed it would be right: a square {belongs} does not tell by its shape."
                    )
                return f"The formula is right, but {answer.called(used)} stands in it where {belongs} belongs."
    return None


def _value(exercise: Exercise, answer: Answer, name: str) -> Any:
    """What a formula calls by that name."""
    case = answer.case
    if name in case.operands:
        return case.operands[name]
    if name in case.options:
        return case.options[name]
    operand, _, attribute = name.rpartition("_")
    return case.y if name == "y" else getattr(case.operands[operand], attribute)


@hypothesis(VALUE, "forward")
def is_the_forward(exercise: Exercise, answer: Answer) -> str | None:
    return "This is the result of the forward, not its gradient." if matches(answer, answer.case.y) else None


@hypothesis(VALUE, "spilled")
def writes_where_nothing_is_due(exercise: Exercise, answer: Answer) -> str | None:
    right, returned = right_of(answer), returned_of(answer)
    due = right != 0
    if exercise.is_elementwise or not due.any() or due.all() or not returned[~due].any():
        return None
    if not matches(answer, right[due], returned[due]):
        return None
    index = [int(step) for step in np.argwhere(~due & (returned != 0))[0]]
    return f"It is right where the gradient is not 0, but it is not 0 elsewhere either, as at {index}."


@hypothesis(VALUE, "cross terms")
def lacks_cross_terms(exercise: Exercise, answer: Answer) -> str | None:
    right, case = right_of(answer), answer.case
    if right.shape != case.dy.shape or right.size < 2 or exercise.operation.broadcasts:
        return None
    columns = np.array(_contributions(exercise, answer)).reshape(right.size, right.size)
    if matches(answer, np.diagonal(columns).reshape(right.shape)):
        return "Only ∂yᵢ/∂xᵢ was used, but every x acts on several results: the terms ∂yⱼ/∂xᵢ with j ≠ i are missing."
    if matches(answer, case.dy * case.y):
        return "This is dy · y: y is taken for its own derivative, and the terms through the other results are missing."
    return None


def _contributions(exercise: Exercise, answer: Answer) -> list[Array]:
    """The gradient that each single element of the cotangent alone would give; of a convolution, each place's."""
    case, found = in_float64(answer.case), []
    together = 1 if exercise.family == "conv" else None
    for index in np.ndindex(*(1 if axis == together else size for axis, size in enumerate(case.dy.shape))):
        place = tuple(slice(None) if axis == together else one for axis, one in enumerate(index))
        dy = np.zeros_like(case.dy)
        dy[place] = case.dy[place]
        found.append(formulas_gradients(exercise, replace(case, dy=dy), [answer.operand])[answer.operand])
    return found


@hypothesis(VALUE, "not accumulated")
def keeps_one_of_several(exercise: Exercise, answer: Answer) -> str | None:
    contributions = np.array(_contributions(exercise, answer))
    many = np.count_nonzero(contributions, axis=0)
    if (many < 2).all():
        return None
    eps = np.finfo(answer.case.dy.dtype).eps
    returned = returned_of(answer)
    near = np.abs(contributions - returned) <= 64 * eps * np.abs(contributions).max()
    kept = (near & (contributions != 0)).any(axis=0)
    if (kept | (returned == 0)).all() and kept[many > 1].mean() >= 0.5:  # the one that was kept may be 0
        return (
            "Missing accumulation: every element holds one of several contributions that must be added up. What is "
            "used several times gets a cotangent from each use."
        )
    if exercise.family in ("embedding", "gather", "index_select", "conv", "pool") and matches(
        answer, right_of(answer) / np.maximum(many, 1)
    ):
        return "Averaged over the uses of each element: what comes back from several uses is added up."
    return None


@hypothesis(VALUE, "left out")
def leaves_a_row_out(exercise: Exercise, answer: Answer) -> str | None:
    """The gradient that a part of the cotangent's rows would give."""
    dy = answer.case.dy
    if dy.ndim == 0 or len(dy) < 2:
        return ""
    only_last = np.arange(len(dy)) == len(dy) - 1
    only_first = only_last[::-1]
    for text, kept in (
        ("The last row of dy is left out", ~only_last),
        ("The first row of dy is left out", ~only_first),
        ("Only the first row of dy is used", only_first),
        ("Only the last row of dy is used", only_last),
    ):
        some = np.where(kept.reshape(-1, *[1] * (dy.ndim - 1)), dy, 0)
        guess = formulas_gradients(exercise, replace(answer.case, dy=some), [answer.operand])[answer.operand]
        if guess.any() and matches(answer, guess) and not matches(answer, guess, right_of(answer)):
            return f"{text}: every row acts on the loss."
    return None


@hypothesis(VALUE, "shifted index")
def counts_from_one(exercise: Exercise, answer: Answer) -> str | None:
    """Classes or indices that are off by one."""
    case = answer.case
    for name, value in {**case.operands, **case.options}.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "i" or not value.size:
            continue
        size = _positions(exercise, answer)
        for step, way in ((-1, "before"), (1, "after")):
            moved = {name: (value + step) % size}
            operands = {**case.operands, **moved} if name in case.operands else case.operands
            options = {**case.options, **moved} if name in case.options else case.options
            guess = formulas_gradients(exercise, replace(case, operands=operands, options=options), [answer.operand])
            if matches(answer, guess[answer.operand]) and not matches(answer, guess[answer.operand], right_of(answer)):
                return f"It takes the place {way} the one that {answer.called(name)} names: they are counted from 0."
        return "" if size < 2 else None
    return None


def _positions(exercise: Exercise, answer: Answer) -> int:
    """How many classes or places there are to index."""
    shape = right_of(answer).shape
    axis = answer.case.options["dim"] if exercise.family in ("gather", "index_select") else 0
    return int(shape[1 if exercise.family == "classes" else axis])


@hypothesis(VALUE, "spread out")
def is_the_same_everywhere(exercise: Exercise, answer: Answer) -> str | None:
    """The right numbers' mean or sum, over all or along an axis, in each place of them."""
    right = right_of(answer)
    if right.size < 2:
        return ""
    told = False
    for axis in (None, *range(right.ndim)):
        mean = np.broadcast_to(right.mean(axis=axis, keepdims=True), right.shape)
        if matches(answer, mean, right):
            continue  # the right numbers are all the same there
        told = True
        over = "all elements" if axis is None else f"axis {axis}"
        for word, guess in (("mean", mean), ("sum", mean * (right.size if axis is None else right.shape[axis]))):
            if matches(answer, guess):
                return f"Every element holds the {word} of the right numbers over {over}: each has a number of its own."
    return None if told else ""


@hypothesis(VALUE, "transposed")
def is_transposed(exercise: Exercise, answer: Answer) -> str | None:
    if returned_of(answer).ndim > 1 and matches(answer, right_of(answer).mT):
        return f"Transposed: d{answer.called()}ᵀ is right."
    return None


@hypothesis(FACTOR, "missing factor")
def lacks_factor(exercise: Exercise, answer: Answer) -> str | None:
    for name, value in _numbers_at_hand(answer):
        if matches(answer, right_of(answer), np.asarray(returned_of(answer) * value)):
            return f"A factor {answer.called(name)} is missing: times {answer.called(name)}, it would be right."
    return None


@hypothesis(FACTOR, "factor")
def has_factor_too_often(exercise: Exercise, answer: Answer) -> str | None:
    for name, value in _numbers_at_hand(answer):
        if matches(answer, np.asarray(right_of(answer) * value)):
            return f"A factor {answer.called(name)} is there once too often."
    return None


def _numbers_at_hand(answer: Answer) -> Iterator[tuple[str, Any]]:
    """What a formula may have forgotten or have used once too often."""
    for name, value in answer.case.operands.items():
        if isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind in "fb" and value.size > 1):
            yield name, value
    both = (("y", answer.case.y), ("dy", answer.case.dy))
    yield from [(name, one) for name, one in both if one.size > 1 and name in answer.taken]


# --- wrong shapes -------------------------------------------------------------------------------------


def _shapes(answer: Answer) -> str:
    operand = answer.called()
    return f"d{operand} has shape {returned_of(answer).shape}, {operand} has {right_of(answer).shape}"


@hypothesis(SHAPE, "swapped")
def is_in_another_order(exercise: Exercise, answer: Answer) -> str | None:
    for name, right in answer.right.items():
        if (
            name == answer.operand
            or name not in answer.returned
            or answer.returned[name].shape != right_of(answer).shape
        ):
            continue
        if matches(answer, right_of(answer), answer.returned[name]) and matches(answer, right):
            order = ", ".join(f"d{answer.called(one)}" for one in exercise.required)
            return f"d{answer.called()} and d{answer.called(name)} are exchanged: the order is {order}."
    return None


@hypothesis(SHAPE, "transposed")
def is_transposed_in_shape(exercise: Exercise, answer: Answer) -> str | None:
    if returned_of(answer).ndim > 1 and matches(answer, right_of(answer).mT):
        return f"{_shapes(answer)}. Transposed: d{answer.called()}ᵀ is right."
    return None


@hypothesis(SHAPE, "shape")
def is_reshaped(exercise: Exercise, answer: Answer) -> str | None:
    right = right_of(answer)
    if returned_of(answer).size == right.size and matches(answer, right, returned_of(answer).reshape(right.shape)):
        return f"{_shapes(answer)}: the numbers are right, reshaping mends it."
    return None


@hypothesis(SHAPE, "not summed")
def is_unsummed(exercise: Exercise, answer: Answer) -> str | None:
    returned, right = returned_of(answer), right_of(answer)
    if np.broadcast_shapes(returned.shape, right.shape) != returned.shape or not matches(
        answer, right, sum_to(returned, right.shape)
    ):
        return None
    if returned.size == right.size:
        return ""  # it fits, but tells nothing: there was one number to sum
    leading = returned.ndim - right.ndim
    stretched = [leading + a for a, size in enumerate(right.shape) if size == 1 and returned.shape[leading + a] != 1]
    axes = [*range(leading), *stretched]
    many = len(axes) > 1
    return (
        f"{_shapes(answer)}: not summed over the broadcast {'axes' if many else 'axis'} {', '.join(map(str, axes))}. "
        f"What broadcasting copied forwards is added up backwards: the sum of what was returned over "
        f"{'these axes' if many else 'this axis'} is right."
    )


@hypothesis(SHAPE, "not spread")
def is_unspread(exercise: Exercise, answer: Answer) -> str | None:
    right = right_of(answer)
    if matches(answer, right, np.broadcast_to(returned_of(answer), right.shape)):
        return (
            f"{_shapes(answer)}: each number is right, but belongs to many elements. Spread it, as with "
            f"np.broadcast_to or a product with np.ones_like."
        )
    return None


@hypothesis(SHAPE, "summed too far")
def is_oversummed(exercise: Exercise, answer: Answer) -> str | None:
    returned, right = returned_of(answer), right_of(answer)
    guesses = [right.sum(axis=axis, keepdims=kept) for axis in range(right.ndim) for kept in (False, True)]
    for guess in [right.sum(), *guesses]:
        if matches(answer, np.asarray(guess), returned):
            return f"{_shapes(answer)}: summed over an axis that ought to stay."
    return None


@hypothesis(SHAPE, "not cropped")
def is_uncropped(exercise: Exercise, answer: Answer) -> str | None:
    returned, right = returned_of(answer), right_of(answer)
    margins = [(more - size) // 2 for more, size in zip(returned.shape, right.shape, strict=True)]
    if min(margins) < 0:
        return None
    inner = tuple(slice(margin, margin + size) for margin, size in zip(margins, right.shape, strict=True))
    if matches(answer, right, returned[inner]):
        return f"{_shapes(answer)}: this is the gradient of the padded {answer.called()}. Cut the padding off."
    return None


@hypothesis(SHAPE, "axis")
def sums_over_another_axis(exercise: Exercise, answer: Answer) -> str | None:
    returned, right, dy = returned_of(answer), right_of(answer), answer.case.dy
    if dy.ndim < 2 or dy.ndim <= right.ndim or not matches(answer, right, np.asarray(sum_to(dy, right.shape))):
        return None
    for axis in range(dy.ndim):
        if matches(answer, dy.sum(axis=axis, keepdims=returned.ndim == dy.ndim)):
            return f"{_shapes(answer)}: dy is summed over axis {axis}, which is not one that broadcasting added."
    return None


@hypothesis(SHAPE, "shape")
def has_another_shape(exercise: Exercise, answer: Answer) -> str | None:
    return f"{_shapes(answer)}: a gradient has the shape of what it is the gradient of."


# --- other symptoms -----------------------------------------------------------------------------------


@hypothesis(CRASH, "crash")
def crashes(exercise: Exercise, answer: Answer) -> str | None:
    said = answer.text.removeprefix("it raised ")
    ranks = {one.ndim for one in answer.case.operands.values() if isinstance(one, np.ndarray)}
    if ".T" in said and max(ranks, default=0) > 2:
        return f".T reverses all axes of a stack of matrices, use .mT or np.swapaxes(a, -1, -2): {said}."
    arrays = {"dy": answer.case.dy, **{answer.called(name): one for name, one in answer.case.operands.items()}}
    shapes = [f"{name} has shape {one.shape}" for name, one in arrays.items() if isinstance(one, np.ndarray)]
    if any(word in said for word in ("matmul", "not aligned", "broadcast", "dimension", "out of bounds")):
        return f"It raises {said}. The shapes do not fit: {', '.join(shapes)}."
    return f"It raises {said}."


@hypothesis(MUTATION, "input mutated")
def overwrites(exercise: Exercise, answer: Answer) -> str | None:
    name = answer.called()
    return f"It overwrites {name}, which others still need. Work on a copy, as in d = {name}.copy()."


@hypothesis(NOTHING, "nothing returned")
def returns_nothing(exercise: Exercise, answer: Answer) -> str | None:
    names = [answer.called(name) for name in exercise.required]
    return f"Return the gradient{'s' * (len(names) > 1)} of {', '.join(names)}."


@hypothesis(COUNT, "count")
def returns_too_few_or_many(exercise: Exercise, answer: Answer) -> str | None:
    names = ", ".join(answer.called(name) for name in exercise.required)
    return f"Return the gradients of {names}, in this order, or a dict by these names."


@hypothesis(MEMORY, "memory")
def runs_out_of_memory(exercise: Exercise, answer: Answer) -> str | None:
    size = sum(one.nbytes for one in answer.case.operands.values() if isinstance(one, np.ndarray))
    return f"The inputs take {size} bytes; the gradient needs no more than a few times as much."


@hypothesis(EXIT, "exit")
def ends_the_program(exercise: Exercise, answer: Answer) -> str | None:
    return "A function returns; it does not end the program."
