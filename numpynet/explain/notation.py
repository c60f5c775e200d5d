"""Notation: an expression written as mathematics, as text for a terminal or as MathML for a browser."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

_COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, ATOM = range(6)
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Eq: "=", ast.NotEq: "≠",
}  # fmt: skip
_OPPOSITE = {"<": "≥", "≤": ">", ">": "≤", "≥": "<", "=": "≠", "≠": "="}
_FUNCTIONS = {
    "exp": "exp", "log": "ln", "log1p": "ln(1 +)", "sigmoid": "σ", "sign": "sign", "maximum": "max", "minimum": "min",
    "arcsin": "arcsin", "clip": "clip", "sum": "Σ", "reshape": "reshape", "erf": "erf",
}  # fmt: skip
Part = tuple[str, int]  # what is written, and how strongly it holds together


class Text:
    """Mathematics in one line of text."""

    def name(self, label: str, kind: str) -> str:
        """A named value or gradient."""
        return label

    def number(self, digits: str) -> str:
        """A number."""
        return digits

    def word(self, text: str) -> str:
        """The name of a function."""
        return text

    def operator(self, sign: str) -> str:
        """A sign between two operands."""
        return f" {sign} " if sign else " "

    def row(self, *parts: str) -> str:
        """One thing after another."""
        return "".join(parts)

    def brackets(self, inside: str, left: str = "(", right: str = ")") -> str:
        """Something in brackets."""
        return f"{left}{inside}{right}"

    def fraction(self, above: str, below: str) -> str:
        """A quotient."""
        return f"{above} / {below}"

    def power(self, base: str, exponent: str) -> str:
        """A power, or a transpose where the exponent is ᵀ."""
        raised = {"2": "²", "3": "³", "⊤": "ᵀ", "-1": "⁻¹", "0.5": "^½"}
        return base + raised.get(exponent, f"^{exponent if exponent.isalnum() else f'({exponent})'}")

    def root(self, inside: str) -> str:
        """A square root."""
        return f"√{inside}" if inside.isalnum() else f"√({inside})"

    def total(self, inside: str, over: str) -> str:
        """A sum over an index, or over all."""
        return f"Σ{over} {inside}" if over else f"Σ {inside}"

    def minus(self, inside: str) -> str:
        """The negative."""
        return f"−{inside}"


class MathML(Text):
    """Mathematics as MathML's presentation elements, which browsers set by themselves."""

    def name(self, label: str, kind: str) -> str:
        return f'<mi mathvariant="normal" class="{kind}">{escape(label)}</mi>'

    def number(self, digits: str) -> str:
        return f"<mn>{escape(digits)}</mn>"

    def word(self, text: str) -> str:
        return f"<mi>{escape(text)}</mi>"

    def operator(self, sign: str) -> str:
        return f"<mo>{escape(sign)}</mo>" if sign else '<mspace width="0.35em"></mspace>'

    def row(self, *parts: str) -> str:
        return f"<mrow>{''.join(parts)}</mrow>"

    def brackets(self, inside: str, left: str = "(", right: str = ")") -> str:
        return f"<mrow><mo>{left}</mo>{inside}<mo>{right}</mo></mrow>"

    def fraction(self, above: str, below: str) -> str:
        return f"<mfrac>{above}{below}</mfrac>"

    def power(self, base: str, exponent: str) -> str:
        return f"<msup>{base}{'<mi>⊤</mi>' if exponent == '⊤' else exponent}</msup>"

    def root(self, inside: str) -> str:
        return f"<msqrt>{inside}</msqrt>"

    def total(self, inside: str, over: str) -> str:
        sign = f"<munder><mo>∑</mo><mi>{'n' if over == 'ₙ' else over}</mi></munder>" if over else "<mo>∑</mo>"
        return f"<mrow>{sign}{inside}</mrow>"

    def minus(self, inside: str) -> str:
        return f"<mrow><mo>−</mo>{inside}</mrow>"


class Writer:
    """Writes expressions in one style.

    label: what a name of the formula is called, and its kind: "g" of a gradient, "v" of a value.
    """

    def __init__(self, style: Text, label: Callable[[str], tuple[str, str]]) -> None:
        self.style = style
        self.label = label

    def write(self, node: ast.expr) -> str:
        """The whole expression."""
        return self.part(node)[0]

    def tight(self, node: ast.expr, level: int) -> str:
        """An operand that must hold together at least so strongly, or it gets brackets."""
        text, strength = self.part(node)
        return text if strength >= level else self.style.brackets(text)

    def part(self, node: ast.expr) -> Part:
        """What is written for a node."""
        method: Callable[[Any], Part] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        return (self.style.word(ast.unparse(node)), ATOM) if method is None else method(node)

    def _name(self, node: ast.Name) -> Part:
        return self.style.name(*self.label(node.id)), ATOM

    def _constant(self, node: ast.Constant) -> Part:
        value = node.value
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
            return self.style.minus(self.style.number(f"{-value:.6g}")), _SIGN
        shown = f"{value:.6g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
        return self.style.number(shown), ATOM

    def _unaryop(self, node: ast.UnaryOp) -> Part:
        if isinstance(node.op, ast.USub):
            return self._product(node)
        if isinstance(node.op, (ast.Invert, ast.Not)):
            return self.style.row(self.style.word("not "), self.tight(node.operand, ATOM)), _SIGN
        return self.part(node.operand)

    def _binop(self, node: ast.BinOp) -> Part:
        left, right, style = node.left, node.right, self.style
        if isinstance(node.op, ast.Add) and isinstance(right, ast.UnaryOp) and isinstance(right.op, ast.USub):
            return self._binop(ast.BinOp(left, ast.Sub(), right.operand))
        if isinstance(node.op, ast.Add):
            return style.row(self.tight(left, _SUM), style.operator("+"), self.tight(right, _SUM)), _SUM
        if isinstance(node.op, ast.Sub):
            return style.row(self.tight(left, _SUM), style.operator("−"), self.tight(right, _PRODUCT)), _SUM
        if isinstance(node.op, ast.Div):
            if type(style) is Text:
                return style.fraction(self.tight(left, _PRODUCT), self.tight(right, _POWER)), _PRODUCT
            return style.fraction(self.write(left), self.write(right)), _SIGN
        if isinstance(node.op, ast.Pow):
            return style.power(self.tight(left, ATOM), self.write(right)), _POWER
        if isinstance(node.op, ast.Mult):
            return self._product(node)
        if isinstance(node.op, (ast.MatMult, ast.BitAnd, ast.BitOr)):
            sign = {ast.MatMult: "", ast.BitAnd: "and", ast.BitOr: "or"}[type(node.op)]
            return style.row(self.tight(left, _SIGN), style.operator(sign), self.tight(right, _SIGN)), _PRODUCT
        return style.word(ast.unparse(node)), _COMPARE

    def _product(self, node: ast.expr) -> Part:
        """A product: its sign first, then its numbers, and equal factors as one power."""
        negative, factors = _factors(node)
        numbers = [one for one in factors if _is_number(one) and not _is(one, 1)]
        others = [one for one in factors if not _is_number(one)]
        style = self.style
        level = _SIGN if others and type(style) is Text else _PRODUCT
        parts: list[str] = [self.tight(one, level) for one in numbers]
        counted: dict[str, tuple[ast.expr, int]] = {}
        outer = any(isinstance(one, ast.Subscript) and _is_spacing(one.slice) for one in others)
        times = "⊗" if outer else "⊙"
        for one in others:
            _, count = counted.get(ast.dump(one), (one, 0))
            counted[ast.dump(one)] = one, count + 1
        for one, count in counted.values():
            if isinstance(one, (ast.Compare, ast.BoolOp)):
                factor = self._condition(one)
            elif count > 1:
                factor = style.power(self.tight(one, ATOM), style.number(str(count)))
            else:
                factor = self.tight(one, _PRODUCT)
            sign = times if parts and (len(parts) > len(numbers) or not numbers) else ""
            parts += [style.operator(sign), factor] if parts else [factor]
        product = style.row(*parts) if parts else style.number("1")
        if negative:
            return style.minus(product), _SUM
        alone = len(factors) == 1 or (len(counted) == 1 and not numbers)
        return product, _POWER if alone else _PRODUCT

    def _compare(self, node: ast.Compare, opposite: bool = False) -> Part:
        sign = _SIGNS.get(type(node.ops[0]), "?")
        sign = _OPPOSITE.get(sign, sign) if opposite else sign
        right = node.comparators[0]
        return self.style.row(self.tight(node.left, _SUM), self.style.operator(sign), self.tight(right, _SUM)), _COMPARE

    def _condition(self, node: ast.expr, opposite: bool = False) -> str:
        """1 where a condition holds, else 0: Iverson's brackets."""
        while isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Invert, ast.Not)):
            node, opposite = node.operand, not opposite
        if isinstance(node, ast.Compare):
            return self.style.brackets(self._compare(node, opposite)[0], "[", "]")
        inside = self.write(node)
        return self.style.brackets(self.style.row(self.style.word("not "), inside) if opposite else inside, "[", "]")

    def _attribute(self, node: ast.Attribute) -> Part:
        if node.attr in ("T", "mT"):
            return self.style.power(self.tight(node.value, ATOM), "⊤"), _POWER
        return self.style.word(ast.unparse(node)), ATOM

    def _subscript(self, node: ast.Subscript) -> Part:
        if _is_spacing(node.slice):
            return self.part(node.value)
        if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "standardized":
            if _is(node.slice, 1):
                return self.style.fraction(self.style.number("1"), self.style.word("σ")), _SUM
            text = self.style.word("standardized")
            return self.style.row(text, self.style.brackets(self.write(node.value.args[0]))), ATOM
        text = ast.unparse(node.slice)
        inside = self.style.word(text[1:-1] if text.startswith("(") and isinstance(node.slice, ast.Tuple) else text)
        return self.style.row(self.tight(node.value, ATOM), self.style.brackets(inside, "[", "]")), ATOM

    def _call(self, node: ast.Call) -> Part:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        arguments = [owner, *node.args] if owner is not None else list(node.args)
        style = self.style
        if name in ("dot", "matmul") and len(arguments) == 2:
            left, right = (self.tight(one, _SIGN) for one in arguments)
            return style.row(left, style.operator(""), right), _PRODUCT
        if name in ("column_sums", "total", "sum_over", "sum"):
            return style.total(self.tight(arguments[0], _PRODUCT), "ₙ" if name == "column_sums" else ""), _SUM
        if name == "zero_where":
            if _is(arguments[1], 1):
                return self._condition(arguments[0], True), ATOM
            passed = self.tight(arguments[1], _PRODUCT)
            return style.row(passed, style.operator("⊙"), self._condition(arguments[0], True)), _PRODUCT
        if name in ("choose", "where"):
            condition, here, there = arguments
            if _is(there, 0) or _is(here, 0):
                passed = self.tight(here if _is(there, 0) else there, _PRODUCT)
                return style.row(passed, style.operator("⊙"), self._condition(condition, _is(here, 0))), _PRODUCT
            parts = [self.write(here), style.word(" where "), self.write(condition)]
            return style.row(*parts, style.word(", else "), self.write(there)), _COMPARE
        if name in ("pow", "power", "float_power"):
            return style.power(self.tight(arguments[0], ATOM), self.write(arguments[1])), _POWER
        if name == "_mean":
            return style.row(style.word("mean"), style.brackets(self.write(arguments[0]))), ATOM
        if name == "sqrt":
            return style.root(self.write(arguments[0])), ATOM
        if name in ("abs", "absolute"):
            return style.brackets(self.write(arguments[0]), "|", "|"), ATOM
        if name == "square":
            return style.power(self.tight(arguments[0], ATOM), style.number("2")), _POWER
        if name == "exp" and type(style) is not Text:
            return style.power(style.word("e"), self.write(arguments[0])), _POWER
        if name == "log1p":
            return self._call(ast.Call(ast.Name("log"), [ast.BinOp(ast.Constant(1), ast.Add(), arguments[0])], []))
        if name in ("spread", "reshape", "zeros_like", "broadcast_to", "put_back", "standardized"):
            arguments = arguments[:1]
        comma = ", " if type(style) is Text else style.operator(",")
        inside = comma.join(self.write(one) for one in arguments)
        return style.row(style.word(_FUNCTIONS.get(name, name.strip("_"))), style.brackets(inside)), ATOM


def _is(node: ast.expr, number: float) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value == number


def _factors(node: ast.expr) -> tuple[bool, list[ast.expr]]:
    """What is multiplied in a product, and whether its negative is taken."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        negative, factors = _factors(node.operand)
        return not negative, factors
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        (one, left), (other, right) = _factors(node.left), _factors(node.right)
        return one != other, left + right
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and node.value < 0:
        return True, [ast.Constant(-node.value)]
    return False, [node]


def _is_spacing(index: ast.expr) -> bool:
    """Whether an index only adds dimensions of size 1: [..., None]."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return all(
        (isinstance(one, ast.Constant) and one.value in (None, ...))
        or (isinstance(one, ast.Slice) and one.lower is one.upper is one.step is None)
        for one in parts
    )


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return node.id in ("π", "e")
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", "") in ("sqrt", "log") and all(_is_number(one) for one in node.args)
    if isinstance(node, ast.BinOp):
        return _is_number(node.left) and _is_number(node.right)
    return isinstance(node, ast.Constant)


def written(node: ast.expr, labels: Mapping[str, tuple[str, str]], style: Text) -> str:
    """An expression in a style, with the labels given for the formula's names; others stand as they are."""
    return Writer(style, lambda name: labels.get(name, (name, "v"))).write(node)
