"""Exercise: the backward pass of the user's own program, to be filled in and graded line by line.

Every line is computed with the right values of all lines above it, so that a mistake counts once. A wrong value is
compared with what usual mistakes give: parts left out, a sign, a transpose, another variable, the formula with one
thing changed. What is said about it has been tried out: it gives the student's own numbers.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import itertools
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet.core.modes import silently
from numpynet.explain.graph import Call, Graph, Value
from numpynet.explain.naming import title
from numpynet.explain.notation import Text, written
from numpynet.explain.repairs import repaired
from numpynet.explain.text import shape_of
from numpynet.explain.uses import formula_of
from numpynet.ops.form import Array
from numpynet.ops.normalization import standardized
from numpynet.ops.sums import sum_to
from numpynet.serialization.atomic_file import atomic_file

if TYPE_CHECKING:
    from numpynet.explain.explanation import Explanation

_HEAD = '''"""{title}: fill in the backward pass.

Replace each ... by NumPy on the values of the forward, which go by the names in the parameters, and on the gradients
above. More lines may be added. Each line is graded by itself, with the right values of those above it.
"""

import numpy as np


def backward({parameters}):
    {first} = {seed}
'''

_VAGUE = ("too much is summed up", "a gradient has its value's shape")  # which tell less than where a line is wrong
_KNOWN = [
    *("exp", "log", "log1p", "sqrt", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sign", "abs", "absolute"),
    *("square", "maximum", "minimum", "where", "clip"),
]


def variable(name: str) -> str:
    """The name of a value as a variable of Python: hidden_weight."""
    return re.sub(r"\W", "_", name)


@dataclass(frozen=True)
class Verdict:
    """What became of one line. hint: what the mistake is, where that is found."""

    name: str
    line: int | None
    right: bool
    words: str
    hint: str = ""

    def __repr__(self) -> str:
        where = f"line {self.line}" if self.line is not None else ""
        hint = f"\n{'':28}{self.hint}" if self.hint else ""
        return f"  {self.name:<18} {where:<8}{self.words}{hint}"


@dataclass(frozen=True)
class Report:
    """The verdicts on all lines; it is true when all are right."""

    verdicts: list[Verdict]

    def __bool__(self) -> bool:
        return all(one.right for one in self.verdicts)

    def __repr__(self) -> str:
        right = sum(one.right for one in self.verdicts)
        return "\n".join([*map(repr, self.verdicts), f"  {right} of {len(self.verdicts)} right"])


class Exercise:
    """The gradients of a program, to be written by hand.

    only: the name of a value or a module: no gradients but those of it and its parameters are asked for.
    fused: whether log_softmax and nll_loss, which make a cross entropy, are one line.

    ValueError where nothing is asked for, or where the values between are not known.

    >>> import numpynet
    >>> from numpynet.explain import Exercise
    >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
    >>> def step():
    ...     h = numpynet.tanh(w)
    ...     return h.sum()
    >>> Exercise(numpynet.explain(step)).check("d_w", [1.0, 1.0])
      d_w                        WRONG
                                that is d_h alone: multiply by the derivative of tanh
    """

    def __init__(self, explanation: Explanation, only: str | None = None, *, fused: bool = False) -> None:
        self.graph: Graph = explanation.graph
        self.title = explanation.title or self.graph.loss.name
        self.path: Path | None = None
        unknown = [value.name for value in self.graph.values if value.array is None]
        if unknown:
            raise ValueError(
                f"exercise: the values of {', '.join(unknown)} are not known: explain a function that computes the loss"
            )
        within = {id(call.result) for call in self._fusible()} if fused else set()
        self.asked: list[Value] = []
        for call in reversed(self.graph.calls):
            for _, value in call.by_operand:
                if value is not None and value.uses and value.uses[-1][0] is call and id(value) not in within:
                    self.asked.append(value)
        self.asked = list(dict.fromkeys(self.asked))
        if only is not None:
            self.asked = [one for one in self.asked if _belongs(one, only)]
        if not self.asked:
            raise ValueError(f"exercise: no gradient of {only!r} is computed" if only else "exercise: no gradients")
        self.right = {
            f"d_{variable(value.name)}": value.gradient for value in self.graph.values if value.gradient is not None
        }
        self.values = {variable(value.name): value.array for value in self.graph.values}

    @property
    def given(self) -> SimpleNamespace:
        """All values and gradients as arrays, under their names: exercise.given.h, exercise.given.d_h."""
        return SimpleNamespace(**self._fresh())

    def _fusible(self) -> Iterator[Call]:
        for call in self.graph.calls:
            users = [use.operation.name for use, _ in call.result.uses if use.operation is not None]
            if call.operation is not None and call.operation.name == "log_softmax" and users == ["nll_loss"]:
                yield call

    def __repr__(self) -> str:
        return self.text()

    def text(self) -> str:
        """The file to fill in.

        >>> import numpynet
        >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
        >>> print(numpynet.explain(lambda: (w * w).sum()).exercise().text()[-62:].rstrip())
        d_w = ...                           # 2, used in 2 operations
        """
        loss = f"d_{variable(self.graph.loss.name)}"
        seed = np.array2string(np.asarray(self.right[loss]), separator=", ")
        lines = [_HEAD.format(title=self.title, parameters=", ".join(self.values), first=loss, seed=seed)]
        for call in reversed(self.graph.calls):
            operands = dict.fromkeys(one for _, one in call.by_operand)  # y * y has one
            asked = [one for one in operands if one in self.asked and one.uses[-1][0] is call]
            place = f"{call.place.text}        " if call.place is not None else ""
            names = ", ".join(one.name if isinstance(one, Value) else f"{one}" for one in call.operands.values())
            said = f"    # {place}{variable(call.result.name)} = {title(call)}({names})"
            lines.append(said[:120])
            for value in asked:
                name = f"d_{variable(value.name)}"
                several = f", used in {len(value.uses)} operations" if len(value.uses) > 1 else ""
                lines.append(f"    {name + ' = ...':<36}# {shape_of(value)}{several}")
            lines.append("")
        return "\n".join(lines).rstrip() + "\n"

    def write(self, path: str | Path) -> None:
        """Writes the file to fill in; FileExistsError where there is one, which may hold somebody's work.

        >>> import numpynet, os, tempfile
        >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     numpynet.explain(lambda: (w * w).sum()).exercise().write(os.path.join(folder, "backward.py"))
        ...     os.listdir(folder)
        ['backward.py']
        """
        self.path = Path(path)
        if self.path.exists():
            raise FileExistsError(f"{path} is there already: delete it, or choose another name")
        with atomic_file(self.path) as file:
            file.write(self.text())

    def grade(self, solution: str | Path | None = None) -> Report:
        """The verdicts on a solution: a file's path, or by default the file written.

        SyntaxError for what is no Python, ValueError where there is no function `backward` in it.

        >>> import numpynet, os, tempfile
        >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     exercise = numpynet.explain(lambda: w.sum()).exercise(os.path.join(folder, "backward.py"))
        ...     exercise.grade()
          d_w                line 14 not filled in
          0 of 1 right
        """
        path = Path(solution) if solution is not None else self.path
        if path is None:
            raise ValueError("grade: give the file that holds the solution")
        return self.grade_text(path.read_text(encoding="utf-8"), str(path))

    def grade_text(self, text: str, name: str = "<solution>") -> Report:
        """The verdicts on a solution's text; errors as of `grade`.

        >>> import numpynet
        >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
        >>> exercise = numpynet.explain(lambda: w.sum()).exercise()
        >>> exercise.grade_text(exercise.text().replace("...  ", "np.ones(2) * d_loss"))
          d_w                line 14 right, bit for bit
          1 of 1 right
        """
        tree = ast.parse(text, name)
        function = next((one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "backward"), None)
        if function is None:
            raise ValueError(f"{name} has no function backward")
        scope: dict[str, Any] = {"np": np}
        before = [one for one in tree.body if isinstance(one, (ast.Import, ast.ImportFrom, ast.FunctionDef))]
        exec(compile(ast.Module([one for one in before if one is not function], []), name, "exec"), scope)
        asked = [f"d_{variable(one.name)}" for one in self.asked]
        verdicts: dict[str, Verdict] = {}
        for target, statements in _grouped(function.body, {*asked}):
            line = next(one.lineno for one in statements if target in _written(one))
            below = {one for one in asked if one not in verdicts}
            scope = {name: one for name, one in scope.items() if name not in below}
            scope |= {name: one for name, one in self._fresh().items() if name not in below}
            try:
                silently(exec, compile(ast.Module(list(statements), []), name, "exec"), scope)
            except Exception as error:
                verdicts[target] = Verdict(target, line, False, f"{type(error).__name__}: {error}")
            else:
                verdicts[target] = self._verdict(target, scope[target], line)
            verdict = verdicts[target]
            if not verdict.right and (not verdict.hint or verdict.hint.endswith(_VAGUE)):
                known = {**scope, **{name: one for name, one in self._fresh().items() if name not in below}}
                hint = "; ".join(filter(None, (verdict.hint, self._repair(target, statements, known))))
                verdicts[target] = dataclasses.replace(verdict, hint=hint)
        return Report([verdicts.get(one, Verdict(one, None, False, "not there")) for one in asked])

    def check(self, name: str, value: Any) -> Verdict:
        """The verdict on one gradient, for notebooks: check("d_z", d_h * (1 - h ** 2)). KeyError for another name.

        >>> import numpynet
        >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
        >>> numpynet.explain(lambda: w.sum()).exercise().check("d_w", [-1.0, -1.0])
          d_w                        WRONG
                                    the sign is wrong
        """
        asked = [f"d_{variable(one.name)}" for one in self.asked]
        if name not in asked:
            raise KeyError(f"{name!r} is not asked for: {', '.join(asked)} are")
        return self._verdict(name, value, None)

    def _repair(self, target: str, statements: list[ast.stmt], scope: dict[str, Any]) -> str:
        """What single change makes a line right, or else which value is missing in it."""
        last = next(one for one in reversed(statements) if target in _written(one))
        expression = getattr(last, "value", None)
        if not isinstance(last, (ast.Assign, ast.AnnAssign)) or expression is None:
            return ""
        value = next(one for one in self.asked if f"d_{variable(one.name)}" == target)
        right = value.gradient
        assert right is not None
        names = [name for name in (*self.values, *self.right) if name in scope]
        if isinstance(expression, ast.Constant) and expression.value is ...:
            return ""
        return repaired(expression, scope, names, lambda found: _agree(found, right)) or _missing(value, expression)

    def _fresh(self) -> dict[str, Any]:
        """Copies of all values and gradients: a solution may write into them."""
        known = {**self.values, **self.right}
        return {name: array.copy() for name, array in known.items() if array is not None}

    def _verdict(self, name: str, given: Any, line: int | None) -> Verdict:
        if given is ...:
            return Verdict(name, line, False, "not filled in")
        value = next(one for one in self.asked if f"d_{variable(one.name)}" == name)
        mine = np.asarray(given._array if hasattr(given, "_array") else given)
        right = value.gradient
        assert right is not None
        if mine.dtype.kind not in "fiub":
            return Verdict(name, line, False, f"WRONG    {type(given).__name__} is no array of numbers")
        if mine.shape == right.shape and np.array_equal(mine, right, equal_nan=True):
            return Verdict(name, line, True, "right, bit for bit")
        if _agree(mine, right):
            return Verdict(name, line, True, "right, to rounding")
        return Verdict(name, line, False, "WRONG", _Hints(self, value, mine).found())


def _belongs(value: Value, only: str) -> bool:
    made_by = value.made_by.path if value.made_by is not None else ""
    return value.name == only or value.name.startswith(f"{only}.") or (bool(made_by) and made_by == only)


def _missing(value: Value, line: ast.expr) -> str:
    """The values of the formula that a line does not name."""
    (call, slot), *others = value.uses
    found = formula_of(call, call.by_operand[slot][0])
    if others or found is None or found.expression is None:
        return ""
    wanted = {one.id for one in ast.walk(found.expression) if isinstance(one, ast.Name)}
    operands = {"y": call.result, **{name: one for name, one in call.operands.items() if isinstance(one, Value)}}
    named = {variable(operands[name].name) for name in sorted(wanted & operands.keys())}
    if call.result.shape:
        named.add(f"d_{variable(call.result.name)}")
    used = {one.id for one in ast.walk(line) if isinstance(one, ast.Name)}
    missing = sorted(named - used)
    return f"{' and '.join(missing)} not named in it: the derivative of {title(call)} goes by that" if missing else ""


def _grouped(body: list[ast.stmt], asked: set[str]) -> Iterator[tuple[str, list[ast.stmt]]]:
    """The statements of a solution, each gradient's together: up to the last that writes into it before the next one.

    What stands between belongs to the next gradient.
    """
    starts: dict[str, int] = {}
    for place, statement in enumerate(body):
        for name in _written(statement) & asked:
            starts.setdefault(name, place)
    ordered = sorted(starts.items(), key=lambda one: one[1])
    done = 0
    for (name, start), (_, end) in itertools.pairwise([*ordered, ("", len(body))]):
        last = max(place for place in range(start, max(end, start + 1)) if name in _written(body[place]))
        yield name, body[done : last + 1]
        done = last + 1


def _written(statement: ast.stmt) -> set[str]:
    """The names that a statement assigns to, or into."""
    nodes = [statement, *(one for one in ast.walk(statement) if isinstance(one, ast.stmt))]
    targets = [target for one in nodes for target in (*getattr(one, "targets", ()), getattr(one, "target", None))]
    return {one.id for target in targets if target for one in ast.walk(target) if isinstance(one, ast.Name)}


def _agree(mine: Array, right: Array) -> bool:
    """Whether two gradients differ by rounding at most: some hundred units in the last place of the largest element."""
    if mine.shape != right.shape:
        return False
    eps = float(np.finfo(right.dtype).eps)
    largest = float(np.max(np.abs(right), initial=0.0, where=np.isfinite(right)))
    close = np.abs(np.asarray(mine, np.float64) - right) <= 256 * eps * largest
    return bool(np.all(close | (np.isnan(mine) & np.isnan(right)) | (mine == right)))


class _Hints:
    """What mistake gives a wrong gradient."""

    def __init__(self, exercise: Exercise, value: Value, mine: Array) -> None:
        self.exercise, self.value, self.mine = exercise, value, mine
        assert value.gradient is not None
        self.right: Array = value.gradient
        self.call, self.slot = value.uses[0]
        self.operand = self.call.by_operand[self.slot][0]
        self.dy = np.asarray(self.call.result.gradient)
        self.what = title(self.call)
        self.d = f"d_{variable(self.call.result.name)}"

    def found(self) -> str:
        """The first explanation that gives the student's numbers; nothing where none does."""
        tried = (self._shape, self._sign, self._part, self._alone, self._whole_factor, self._elements, self._changed)
        for explanation in (*tried, self._ratio):
            hint = silently(explanation)
            if hint:
                return hint
        return ""

    def _is(self, other: Any) -> bool:
        return bool(np.any(other)) and _agree(self.mine, np.asarray(other, self.right.dtype))

    def _shape(self) -> str:
        mine, right, name = self.mine, self.right, self.value.name
        if mine.shape == right.shape:
            return ""
        head = f"the shape is {mine.shape}, and that of {name} is {right.shape}: "
        if mine.ndim == right.ndim and mine.T.shape == right.shape and _agree(mine.T, right):
            return head + "it is the transpose"
        if mine.size == right.size and _agree(mine.reshape(right.shape), right):
            return head + "the numbers are right"
        if mine.size > right.size:
            for axes in ((0,), (1,), (0, 1), None):
                try:
                    summed = np.sum(mine, axis=axes)
                except (ValueError, np.exceptions.AxisError):
                    continue
                if summed.size == right.size and _agree(summed.reshape(right.shape), right):
                    over = "over all elements" if axes is None else f"over dimension {', '.join(map(str, axes))}"
                    return head + f"the sum {over} is missing, since {name} acts on the loss through each of them"
        if mine.size == 1 and _agree(mine.reshape(()), np.sum(right)):
            return head + "everything is summed up"
        if mine.size < right.size:
            return head + _VAGUE[0]
        return head + _VAGUE[1]

    def _sign(self) -> str:
        return "the sign is wrong" if self._is(-self.right) else ""

    def _part(self) -> str:
        if len(self.value.uses) < 2:
            return ""
        for call, slot in self.value.uses:
            if self._is(call.contributions[slot]):
                others = ", ".join(title(other) for other, _ in self.value.uses if other is not call)
                return f"that comes back through {title(call)}; {self.value.name} is used in {others} too: add it up"
        return ""

    def _constant(self) -> float | None:
        """The number that the right gradient was multiplied by, if that is all."""
        chosen = np.isfinite(self.right) & (self.right != 0)
        if not chosen.any() or not np.isfinite(self.mine[chosen]).all():
            return None
        ratio = float(np.median(self.mine[chosen] / self.right[chosen]))
        return ratio if ratio != 0 and self._is(self.right * ratio) else None

    def _whole_factor(self) -> str:
        ratio = self._constant()
        if ratio is None:
            return ""
        for factor, way in ((ratio, "large"), (1 / ratio, "small")):
            near = round(factor)
            if near > 1 and abs(factor - near) < 1e-3 * near:
                return f"{near} times too {way}{self._mean_over(near) if way == 'large' else ''}"
        return ""

    def _ratio(self) -> str:
        ratio = self._constant()
        return "" if ratio is None or self.right.size == 1 else f"{ratio:.4g} times what is right"

    def _mean_over(self, count: int) -> str:
        """What a mean of so many may have been taken of."""
        known = [value for value in self.exercise.graph.values if value.array is not None]
        for values in (self._operands(), known):
            for value in values:
                if math.prod(value.shape) == count:
                    return f": a mean divides by the {count} elements of {value.name}"
            for value in values:
                if value.shape and value.shape[0] == count:
                    return f": a mean divides by the {count} rows of {value.name}"
        return ""

    def _operands(self) -> list[Value]:
        return [one for one in self.call.operands.values() if isinstance(one, Value)]

    def _alone(self) -> str:
        if self._is(np.broadcast_to(self.dy, self.right.shape) if self.dy.size == 1 else self.dy):
            return f"that is {self.d} alone: multiply by the derivative of {self.what}"
        derivative = self.call.pull(np.ones_like(self.dy))[self.slot]
        if self._is(derivative):
            return f"that is the derivative alone: multiply by {self.d}, what arrives from above"
        return ""

    def _elements(self) -> str:
        if self.right.ndim == 2 and self.right.shape[0] == self.right.shape[1] and self._is(self.right.T):
            return "rows and columns are exchanged: it is the transpose"
        return "the rows are in another order" if self.right.ndim and self._is(self.right[::-1]) else ""

    def _changed(self) -> str:
        """The formula with one thing changed: a value in the place of another, a sign, a factor left out."""
        found = formula_of(self.call, self.operand)
        if found is None or found.expression is None or len(self.value.uses) > 1:
            return ""
        labels = {"dy": (f"∂{self.call.result.name}", "g"), "y": (self.call.result.name, "v")}
        scope: dict[str, Any] = {"dy": self.dy, **self.call.formula_needs(self.operand), **self._functions()}
        for name, operand in self.call.operands.items():
            if isinstance(operand, Value):
                labels[name] = operand.name, "v"
        other: dict[str, Array | None] = {}
        for i, one in enumerate(self.exercise.graph.values):
            labels[f"v{i}"], other[f"v{i}"] = (one.name, "v"), one.array
            if one.gradient is not None and one is not self.value:
                labels[f"g{i}"], other[f"g{i}"] = (f"∂{one.name}", "g"), one.gradient
        scope |= other
        for changed in _changes(found.expression, [*other]):
            try:
                result = np.asarray(eval(compile(_whole(changed), "<formula>", "eval"), {}, scope))
                result = sum_to(result, self.right.shape)
            except Exception:  # most changes make no sense
                continue
            if self._is(result):
                return f"you computed {written(changed, labels, Text())}: see what the derivative of {self.what} is"
        return ""

    def _functions(self) -> dict[str, Callable[..., Any]]:
        shape = self.right.shape
        return {
            **{name: getattr(np, name) for name in _KNOWN},
            "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
            "zero_where": lambda condition, x: np.where(condition, 0, x),
            "choose": np.where,
            "column_sums": lambda x: np.sum(x, axis=0),
            "total": lambda x: sum_to(x, shape),
            "spread": lambda x, *options: np.broadcast_to(x, shape),
            "_mean": lambda x, axes: np.mean(x, axis=axes, keepdims=True),
            "standardized": standardized,
            "sum_over": lambda x, dim, keepdim=False: np.sum(x, axis=dim, keepdims=keepdim),
        }


def _whole(node: ast.expr) -> ast.Expression:
    whole = ast.Expression(copy.deepcopy(node))
    for one in ast.walk(whole):
        if isinstance(one, (ast.Name, ast.Attribute, ast.Subscript, ast.Tuple)):
            one.ctx = ast.Load()
    return ast.fix_missing_locations(whole)


def _changes(node: ast.expr, names: list[str]) -> Iterator[ast.expr]:
    """The expression with one thing changed, the likely ones first."""
    places = list(ast.walk(node))
    for number, one in enumerate(places):
        if isinstance(one, ast.BinOp):
            if isinstance(one.op, (ast.Add, ast.Sub)):
                yield _put(
                    node,
                    number,
                    ast.BinOp(one.left, ast.Sub() if isinstance(one.op, ast.Add) else ast.Add(), one.right),
                )
            if isinstance(one.op, (ast.Mult, ast.Div, ast.Add, ast.Sub)):
                yield _put(node, number, one.left)
            if isinstance(one.op, (ast.Mult, ast.Add)):
                yield _put(node, number, one.right)
            if isinstance(one.left, ast.BinOp) and isinstance(one.left.op, (ast.Add, ast.Sub)):
                yield _put(node, number, one.left.left)
            if isinstance(one.op, (ast.Sub, ast.Div)):
                yield _put(node, number, ast.BinOp(one.right, one.op, one.left))
            if isinstance(one.op, ast.Div):
                yield _put(node, number, ast.BinOp(one.left, ast.Mult(), one.right))
        elif isinstance(one, ast.Attribute):
            yield _put(node, number, one.value)
        elif isinstance(one, ast.Call) and one.args and not isinstance(one.func, ast.Attribute):
            yield _put(node, number, one.args[-1])
        elif isinstance(one, ast.Compare):
            opposite = {ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.Lt: ast.GtE, ast.GtE: ast.Lt}.get(type(one.ops[0]))
            if opposite is not None:
                yield _put(node, number, ast.Compare(one.left, [opposite()], one.comparators))
    for number, one in enumerate(places):
        if isinstance(one, ast.Name):
            for name in names:
                if number and _is_function_name(node, one):
                    continue
                yield _put(node, number, ast.Name(name))
    named = {one.id for one in places if isinstance(one, ast.Name) and not _is_function_name(node, one)}
    for old in named - {"dy"}:
        for name in names:
            yield _Renamed(old, name).visit(copy.deepcopy(node))


class _Renamed(ast.NodeTransformer):
    """One name replaced by another wherever it stands."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.new) if node.id == self.old else node


def _is_function_name(tree: ast.expr, name: ast.Name) -> bool:
    return any(isinstance(one, ast.Call) and one.func is name for one in ast.walk(tree))


def _put(tree: ast.expr, number: int, new: ast.expr) -> ast.expr:
    """The tree with another node in the place of its number-th one."""
    old = list(ast.walk(tree))[number]
    if old is tree:
        return new

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return new if node is old else self.generic_visit(_shallow(node))

    return Replace().visit(tree)


def _shallow(node: ast.AST) -> ast.AST:
    twin = copy.copy(node)
    for name, value in ast.iter_fields(twin):
        if isinstance(value, list):
            setattr(twin, name, list(value))
    return twin
