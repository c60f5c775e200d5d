"""Page: an explanation as one file for a browser, with everything in it that it needs.

The page gets the program, the operations with their formulas, and for each training step the numbers. Of the terms it
gets which elements each one names, and the numbers only of coefficients that are no element of a value shown. Of large
tensors a few rows and columns are written out, the same rows of everything that has the batch's size; the rest is in a
small picture of the whole, and in the sum of the terms that are not shown.
"""

from __future__ import annotations

import ast
import html
import inspect
import json
import linecache
import math
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet.core.tape import OpNode
from numpynet.explain.graph import Call, Graph, Value
from numpynet.explain.naming import title
from numpynet.explain.notation import MathML
from numpynet.explain.program import Place
from numpynet.explain.terms import Probes, Term
from numpynet.explain.text import said, shape_of, table
from numpynet.explain.uses import Coefficient, coefficient_of, formula_of, gradient_in, labels, slope_of
from numpynet.ops.form import Array

if TYPE_CHECKING:
    from numpynet.explain.explanation import Explanation

Index = tuple[int, ...]
NUMBERS = 60_000  # about so many numbers go into a page
WORK = 60_000  # and about so much is computed to find terms, in evaluations of small formulas
ROWS, FEWEST = 16, 3  # of a tensor that are written out, at most and at least
PICTURE = 24  # a picture of a large tensor has so many points each way
CALLS = 400  # the page shows so many operations, those nearest to the loss


def page(explanation: Explanation) -> str:
    """The whole page."""
    parts = {name: _part(f"page.{name}") for name in ("html", "css", "js")}
    data = json.dumps(_Data(explanation).content(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    data = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return (
        parts["html"]
        .replace("{{title}}", html.escape(_heading(explanation)))
        .replace("{{css}}", parts["css"])
        .replace("{{text}}", html.escape(table(explanation)))
        .replace("{{js}}", parts["js"].replace("{{data}}", data))
    )


def framed(explanation: Explanation) -> str:
    """The page in a frame of its own, for notebooks, and as text for viewers that show no frames."""
    inside = html.escape(page(explanation), quote=True)
    return (
        f'<iframe srcdoc="{inside}" sandbox="allow-scripts" title="{html.escape(_heading(explanation), quote=True)}" '
        f'style="width:100%;height:640px;border:1px solid #8884;border-radius:6px"></iframe>'
        f"<details><summary>as text</summary><pre>{html.escape(table(explanation))}</pre></details>"
    )


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _heading(explanation: Explanation) -> str:
    return f"explain: {explanation.title or explanation.graph.loss.name}"


def _number(value: float) -> Any:
    """A number as JSON holds it: with six digits, and what is no finite number as a word."""
    value = float(value)
    if math.isfinite(value):
        short = float(f"{value:.6g}")
        return int(short) if short == int(short) and abs(short) < 1e6 else short
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _chosen(size: int, count: int) -> list[int]:
    """So many of the indices below a size, evenly spread, the first and the last among them."""
    if size <= count:
        return list(range(size))
    return sorted({round(one * (size - 1) / (count - 1)) for one in range(count)})


def _work(call: Call) -> float:
    """How long a formula takes, in evaluations of small ones: that of elements, and of the products among them."""
    sizes = [math.prod(one.shape) for one in (*call.operands.values(), call.result) if isinstance(one, Value)]
    products = call.operation is not None and call.operation.name in ("linear", "matmul", "einsum")
    multiplied = math.sqrt(math.prod(sorted(sizes)[-3:])) if products else 0  # of (N, K), (K, M) and (N, M) it is NKM
    return 1 + (10 * sum(sizes) + 4 * multiplied) / 300_000


class _Data:
    """What the page is told, made of an explanation."""

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation
        graph = explanation.graph
        self.calls = graph.calls[-CALLS:]
        values: dict[int, Value] = {}
        for call in self.calls:
            for one in (*call.operands.values(), call.result):
                if isinstance(one, Value):
                    values.setdefault(id(one), one)
        values.setdefault(id(graph.loss), graph.loss)
        self.values = list(values.values())
        self.number_of = {key: place for place, key in enumerate(values)}
        self._known: dict[str, list[dict[tuple[Index, Index], Any]]] = {}
        kinds = {(call.title, call.result.shape) for call in self.calls}
        moments = len(explanation.moments)
        for side in range(ROWS, FEWEST - 1, -1):
            self.rows = side
            self.shown = [self._elements(value) for value in self.values]
            flat = {id(value): len(shown) for value, shown in zip(self.values, self.shown, strict=True)}
            work = sum(flat[id(call.result)] * _work(call) for call in self.calls)
            work *= moments + 2 * len(kinds) / max(len(self.calls), 1)
            terms = side * sum(flat[id(one)] for call in self.calls for _, one in call.by_operand if one is not None)
            if 3 * moments * sum(flat.values()) + terms <= NUMBERS and work <= WORK:
                break
        self.flat = [{index: place for place, index in enumerate(shown)} for shown in self.shown]

    def _elements(self, value: Value) -> list[Index]:
        """The indices of the elements that are written out, row by row."""
        shape = value.shape
        if not shape:
            return [()]
        last = _chosen(shape[-1], self.rows)
        leading = math.prod(shape[:-1])
        if len(shape) > 2:
            heads = [tuple(map(int, np.unravel_index(row, shape[:-1]))) for row in _chosen(leading, self.rows)]
        else:
            heads = [(row,) for row in _chosen(leading, self.rows)] if len(shape) == 2 else [()]
        return [(*head, column) for head in heads for column in last] if leading * shape[-1] else []

    def content(self) -> dict[str, Any]:
        """Everything, as JSON takes it."""
        explanation = self.explanation
        sources = self._sources()
        graphs = [self._same_order(moment.graph) for moment in explanation.moments]
        terms, coefficients = self._terms(graphs)
        left_out = len(explanation.graph.calls) - len(self.calls)
        remarks = list(explanation.remarks)
        if left_out:
            remarks.append(f"the {left_out} operations farthest from the loss are left out")
        return {
            "title": explanation.title,
            "loss": self.number_of[id(explanation.graph.loss)],
            "remarks": remarks,
            "sources": [{"file": file, "start": start, "lines": lines} for file, start, lines in sources.values()],
            "values": [self._value(value, shown) for value, shown in zip(self.values, self.shown, strict=True)],
            "calls": [self._call(call, list(sources)) for call in self.calls],
            "terms": terms,
            "moments": [
                {
                    "loss": _number(moment.loss),
                    "v": [self._numbers(one.array, shown) for one, shown in zip(values, self.shown, strict=True)],
                    "g": [self._numbers(one.gradient, shown) for one, shown in zip(values, self.shown, strict=True)],
                    "c": coefficients[place],
                    "p": [_pictures(value) for value in values],
                }
                for place, (moment, (values, _)) in enumerate(zip(explanation.moments, graphs, strict=True))
            ],
        }

    def _same_order(self, graph: Graph) -> tuple[list[Value], list[Call]]:
        """The values and operations of a training step, in the order of the first one's."""
        by_name = {value.name: value for value in graph.values}
        return [by_name[value.name] for value in self.values], graph.calls[-CALLS:]

    def _numbers(self, array: Array | None, shown: Sequence[Index]) -> list[Any] | None:
        return None if array is None else [_number(array[index]) for index in shown]

    def _value(self, value: Value, shown: Sequence[Index]) -> dict[str, Any]:
        columns = len({index[-1] for index in shown}) if value.shape else 1
        return {
            "name": value.name,
            "kind": value.kind,
            "shape": list(value.shape),
            "index": [list(index) for index in shown],
            "columns": columns,
            "whole": len(shown) == math.prod(value.shape),
            "gradient": value.gradient is not None,
            "integers": value.dtype is not None and value.dtype.kind in "iub",
        }

    def _call(self, call: Call, places: list[Any]) -> dict[str, Any]:
        operation = call.operation
        operands = [self.number_of[id(one)] for one in call.operands.values() if isinstance(one, Value)]
        said_of = ", ".join(
            one.name if isinstance(one, Value) else f"{one}" for one in call.operands.values() if one is not None
        )
        line = None
        if call.place is not None and (call.place.file, call.place.code) in places:
            line = [places.index((call.place.file, call.place.code)), call.place.line]
        return {
            "name": title(call),
            "node": call.title,
            "result": self.number_of[id(call.result)],
            "operands": operands,
            "text": f"{title(call)}({said_of})",
            "doc": _first_line(operation.forward.__doc__ if operation is not None else ""),
            "line": line,
            "path": call.path,
            "module": type(call.modules[-1]).__name__ if call.modules else "",
            "gradients": [self._gradient(call, name, value) for name, value in call.by_operand if value is not None],
        }

    def _gradient(self, call: Call, operand: str, value: Value) -> dict[str, Any]:
        found = formula_of(call, operand)
        needs = [] if found is None else list(call.formula_needs(operand))
        named = labels(call)
        shapes = [f"∂{call.result.name} {shape_of(call.result)}"]
        for need in needs:
            one = call.result if need == "y" else call.operands.get(need)
            if isinstance(one, Value):
                shapes.append(f"{named[need][0]} {shape_of(one)}")
        return {
            "of": self.number_of[id(value)],
            "operand": operand,
            "math": gradient_in(call, operand, MathML()),
            "words": said(call, operand),
            "code": "" if found is None else found.source,
            "origin": "" if found is None else found.origin,
            "shapes": shapes,
            "turned": None if found is None or found.expression is None else _turned(call, found.expression),
        }

    def _sources(self) -> dict[Any, tuple[str, int, list[str]]]:
        """The functions of the program in which operations stand, the innermost ones first."""
        found: dict[Any, tuple[str, int, list[str]]] = {}
        for call in self.calls:
            if call.place is not None and (call.place.file, call.place.code) not in found:
                text = _function_source(call.place, [one.place.line for one in self.calls if one.place is not None])
                if text is not None:
                    found[call.place.file, call.place.code] = text
        return found

    def _terms(
        self, graphs: Sequence[tuple[list[Value], list[Call]]]
    ) -> tuple[dict[str, dict[int, list[Any]]], list[dict[str, list[Any]]]]:
        """For each gradient that an operation computes, the terms of its elements that are shown.

        A term is [element of y, what the coefficient is]: ["f", value, element, sign] or ["e", text, elements named,
        place of the coefficient in the training step's list].
        """
        terms: dict[str, dict[int, list[Any]]] = {}
        coefficients: list[dict[str, list[Any]]] = [{} for _ in graphs]
        for place, call in enumerate(self.calls):
            at = self.shown[self.number_of[id(call.result)]]
            wanted = [[] if value is None else self.shown[self.number_of[id(value)]] for _, value in call.by_operand]
            tables = []
            for _, calls in graphs:
                table = self._coefficients(calls[place], at, wanted)
                if table is None:
                    break
                tables.append(table)
            if len(tables) < len(graphs):
                continue
            known = self._examined(call, at, wanted)
            for slot, (operand, value) in enumerate(call.by_operand):
                if value is None:
                    continue
                key = f"{place}:{slot}"
                slope = slope_of(call, operand)
                rows: dict[int, list[Any]] = {}
                numbers: list[list[Any]] = [[] for _ in graphs]
                pairs = sorted({pair for table in tables for pair in table[slot]})
                for index, one in pairs:
                    values = [table[slot].get((index, one), 0.0) for table in tables]
                    factor, is_fixed = known[slot].get((index, one), (None, False))
                    term = Term(one, values[0], factor, is_fixed)
                    told = coefficient_of(call, operand, index, term, slope)
                    row = rows.setdefault(self.flat[self.number_of[id(value)]][index], [])
                    j = self.flat[self.number_of[id(call.result)]][one]
                    row.append([j, self._told(told, term, values, numbers, graphs)])
                terms[key] = rows
                for moment, column in zip(coefficients, numbers, strict=True):
                    moment[key] = column
        return terms, coefficients

    def _told(
        self,
        told: Coefficient,
        term: Term,
        values: list[float],
        numbers: list[list[Any]],
        graphs: Sequence[tuple[list[Value], list[Call]]],
    ) -> list[Any]:
        elements = [
            [self.number_of[id(value)], self.flat[self.number_of[id(value)]][index]]
            for value, index in told.names
            if id(value) in self.number_of and index in self.flat[self.number_of[id(value)]]
        ]
        if term.factor is not None and len(elements) == 1 and len(told.names) == 1:
            (place, _), index = elements[0], told.names[0][1]
            arrays = [known[place].array for known, _ in graphs]
            if all(
                array is not None and float(array[index]) * term.factor.scale == number
                for array, number in zip(arrays, values, strict=True)
            ):
                return ["f", *elements[0], int(term.factor.scale)]
        for column, number in zip(numbers, values, strict=True):
            column.append(_number(number))
        return ["e", told.text, elements, len(numbers[0]) - 1]

    def _coefficients(
        self, call: Call, at: Sequence[Index], wanted: Sequence[Sequence[Index]]
    ) -> list[dict[tuple[Index, Index], float]] | None:
        """The coefficients between the elements shown that are not 0; None where the formulas cannot be asked."""
        found: list[dict[tuple[Index, Index], float]] = [{} for _ in wanted]
        for one in at:
            dy = np.zeros(call.result.shape, call.result.dtype)
            dy[one] = 1
            try:
                pulled = call.pull(dy) if call.result.gradient is not None else None
            except Exception:  # a backward of the user's own, whose values were released
                return None
            if pulled is None:
                return None
            for slot, indices in enumerate(wanted):
                gradient = pulled[slot]
                if gradient is None or np.asarray(gradient).dtype.kind == "O":
                    continue
                for index in indices:
                    number = float(gradient[index])
                    if number != 0:
                        found[slot][index, one] = number
        return found

    def _examined(
        self, call: Call, at: Sequence[Index], wanted: Sequence[Sequence[Index]]
    ) -> list[dict[tuple[Index, Index], Any]]:
        if call.operation is None or not isinstance(call.node, OpNode) or call.kept is None:
            return [{} for _ in wanted]
        names = call.kept_names()
        shown: dict[str, list[Index]] = {}
        for name, operand in {**call.operands, "y": call.result}.items():
            if isinstance(operand, Value):
                shown[name] = self.shown[self.number_of[id(operand)]]
        key = repr((id(call.operation), call.result.shape, _outline(call.kept), at, wanted, shown))
        if key not in self._known:  # the same for every operation of the same kind on the same shapes
            self._known[key] = Probes(call.kept, names, shown).examined(call.pull, call.result.shape, at, wanted)
        return self._known[key]


def _outline(kept: Any) -> Any:
    """All that matters of what was kept to formulas that get random numbers in the place of floats."""
    if isinstance(kept, (list, tuple)):
        return [_outline(one) for one in kept]
    if isinstance(kept, np.ndarray):
        return kept.shape if kept.dtype.kind == "f" else (kept.shape, kept.tobytes())
    return kept


def _turned(call: Call, expression: ast.expr) -> dict[str, Any] | None:
    """The product of two in a formula of which one is transposed: rows are summed over if it is the left one."""
    values = {**call.operands, "dy": call.result, "y": call.result}
    for node in ast.walk(expression):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            factors = [node.left, node.right]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "dot":
            factors = [node.func.value, *node.args]
        else:
            continue
        bare = [one.value if isinstance(one, ast.Attribute) and one.attr in ("T", "mT") else one for one in factors]
        turned = [place for place, (one, other) in enumerate(zip(factors, bare, strict=True)) if one is not other]
        names = [one.id for one in bare if isinstance(one, ast.Name) and isinstance(values.get(one.id), Value)]
        if len(turned) == 1 and len(names) == 2:
            order = names[turned[0]], names[1 - turned[0]]
            return {
                "rows": turned[0] == 0,
                "names": [labels(call)[name][0] for name in order],
                "shapes": [list(values[name].shape) for name in order],
            }
    return None


def _first_line(docstring: str | None) -> str:
    """A formula, with what is said behind it in brackets."""
    line = (docstring or "").strip().split("\n")[0]
    return re.sub(r" {4,}(.*)$", r"  (\1)", line)


def _function_source(place: Place, lines: list[int]) -> tuple[str, int, list[str]] | None:
    """The file's name, the first line's number and the lines of the function that a place is in."""
    name = Path(place.file).name if not place.file.startswith("<") else place.file
    if place.code.co_name != "<module>":
        try:
            text, start = inspect.getsourcelines(place.code)
        except (OSError, TypeError):
            return None
        return name, start, [one.rstrip("\n") for one in text]
    everything = linecache.getlines(place.file)
    inside = [one for one in lines if one <= len(everything)]
    if not everything or not inside:
        return None
    first, last = max(min(inside) - 3, 1), min(max(inside) + 3, len(everything))
    return name, first, [one.rstrip("\n") for one in everything[first - 1 : last]]


def _pictures(value: Value) -> list[str | None] | None:
    """The values and gradients of a tensor too large to be written out, as points of 19 shades each."""
    if math.prod(value.shape) <= ROWS * ROWS:
        return None
    return [None if array is None else _picture(array) for array in (value.array, value.gradient)]


def _picture(array: Array) -> str:
    flat = np.asarray(array, np.float64).reshape(-1, array.shape[-1])
    rows, columns = (np.linspace(0, size, min(size, PICTURE) + 1).astype(int) for size in flat.shape)
    means = np.add.reduceat(np.add.reduceat(flat, rows[:-1], axis=0), columns[:-1], axis=1)
    means /= np.outer(np.diff(rows), np.diff(columns))
    means = np.nan_to_num(means)
    shades = np.rint(means / (np.abs(means).max() or 1) * 9).astype(int) + 9
    return "/".join("".join("abcdefghijklmnopqrs"[one] for one in row) for row in shades)
