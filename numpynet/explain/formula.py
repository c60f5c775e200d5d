"""Formula: what a gradient formula computes for the operands at hand, as an expression of the values it names.

The Python of the formula is read as a syntax tree, and followed along the way that it takes for these operands:
conditions on shapes and options are decided, numbers are put in, functions of numpynet.ops that are not mathematics of
their own are replaced by what they compute. `numpynet.explain.notation` writes what remains as text or as MathML.
"""

from __future__ import annotations

import ast
import inspect
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from numpynet.core.modes import silently
from numpynet.ops.form import Op
from numpynet.ops.source import text_of, tree_of

_PLAIN = (int, float, bool, str, type(None))  # and not the numbers of NumPy, which are values of the program
PRIMITIVES = frozenset(
    ("sum_over", "column_sums", "total", "spread", "zero_where", "choose", "standardized", "put_back", "rows", "_mean")
)
LONGEST = 60  # nodes of a syntax tree, beyond which the formula's own words say more


@dataclass(frozen=True)
class Formula:
    """A gradient formula for the operands at hand.

    expression: None where the function is more than one expression can say. words: the first line of its docstring.
    source: its Python. origin: the file in numpynet, and the line.
    """

    expression: ast.expr | None
    words: str
    source: str
    origin: str


def formula(function: Callable[..., Any], values: Mapping[str, Any]) -> Formula:
    """The formula that a function computes, given the values of all its parameters, dy among them.

    >>> import ast
    >>> import numpy as np
    >>> from numpynet.ops import tanh
    >>> ast.unparse(formula(tanh.gradients.x, {"dy": np.ones(3), "y": np.zeros(3)}).expression)
    'dy * (1 - y * y)'
    """
    code = function.__code__
    file = code.co_filename.replace("\\", "/")
    _, inside, rest = file.rpartition("/numpynet/")
    origin = f"{inside.strip('/')}/{rest}:{code.co_firstlineno}" if inside else f"{file}:{code.co_firstlineno}"
    words = _words(function)
    expression: ast.expr | None
    try:
        symbols = {name: ast.Name(name) for name in values if not _is_plain(values[name])}
        expression = silently(_Reader(0).body, function, symbols, dict(values))
        if sum(not isinstance(one, ast.expr_context) for one in ast.walk(expression)) > LONGEST:
            expression = None
    except _TooMuch:
        expression = None
    return Formula(expression, words, text_of(function), origin)


def _words(function: Callable[..., Any]) -> str:
    """The first line of a function's docstring, or of that of the function of numpynet's that a lambda calls."""
    tree = tree_of(function)
    if isinstance(tree, ast.Lambda) and isinstance(tree.body, ast.Call):
        called = tree.body.func
        if isinstance(called, ast.Attribute) and called.attr in ("of", "forward"):
            called = called.value
        if isinstance(called, ast.Name):
            function = function.__globals__.get(called.id, function)
            function = getattr(function, "forward", function)
    return re.split(r" {4,}", (function.__doc__ or "").strip().split("\n")[0])[0]


class _TooMuch(Exception):
    """A formula is not one expression."""


class _Reader:
    """Follows functions to the expression that they return."""

    def __init__(self, depth: int) -> None:
        self.depth = depth

    def body(self, function: Callable[..., Any], symbols: dict[str, ast.expr], values: dict[str, Any]) -> ast.expr:
        """What a function returns, in the symbols given for its parameters. _TooMuch where that is no expression."""
        tree = tree_of(function)
        if tree is None or self.depth > 6:
            raise _TooMuch
        free = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        scope = _Scope(function.__globals__, dict(symbols), {**{n: c.cell_contents for n, c in free.items()}, **values})
        if isinstance(tree, ast.Lambda):
            return self.expand(tree.body, scope)
        result = self.follow(tree.body, scope)
        if result is None:
            raise _TooMuch
        return result

    def follow(self, statements: list[ast.stmt], scope: _Scope) -> ast.expr | None:
        """What the statements return, or None where they come to their end."""
        for statement in statements:
            result = None
            if isinstance(statement, ast.Return) and statement.value is not None:
                return self.expand(statement.value, scope)
            if isinstance(statement, (ast.Assign, ast.AnnAssign)):
                target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
                if statement.value is None:
                    raise _TooMuch
                self.assign(target, self.expand(statement.value, scope), scope.evaluate(statement.value), scope)
            elif isinstance(statement, ast.If):
                branch = statement.body if scope.decide(statement.test) else statement.orelse
                result = self.follow(branch, scope)
            elif isinstance(statement, ast.With):
                result = self.follow(statement.body, scope)
            elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                raise _TooMuch
            if result is not None:
                return result
        return None

    def assign(self, target: ast.expr, symbol: ast.expr, value: Any, scope: _Scope) -> None:
        """Gives a name its meaning, or several names theirs."""
        if isinstance(target, ast.Name):
            scope.symbols[target.id], scope.values[target.id] = symbol, value
        elif isinstance(target, ast.Tuple) and isinstance(value, tuple) and len(target.elts) == len(value):
            for place, one in enumerate(target.elts):
                self.assign(one, ast.Subscript(symbol, ast.Constant(place)), value[place], scope)
        else:
            raise _TooMuch

    def expand(self, node: ast.expr, scope: _Scope) -> ast.expr:
        """An expression with everything put in that is known."""
        if isinstance(node, ast.Name):
            if node.id in scope.values and _is_plain(scope.values[node.id]):
                return ast.Constant(scope.values[node.id])
            if node.id in scope.symbols:
                return scope.symbols[node.id]
            return node
        if isinstance(node, ast.IfExp):
            return self.expand(node.body if scope.decide(node.test) else node.orelse, scope)
        if isinstance(node, ast.Call):
            return self.call(node, scope)
        if isinstance(node, ast.Attribute) and node.attr in ("size", "ndim", "pi", "e"):
            return (
                ast.Constant(scope.evaluate(node))
                if node.attr in ("size", "ndim")
                else ast.Name({"pi": "π"}.get(node.attr, node.attr))
            )
        if isinstance(node, ast.BoolOp):
            value = scope.evaluate(node)
            if not _is_plain(value):
                raise _TooMuch
            return ast.Constant(value)
        if isinstance(node, ast.Subscript):
            value = scope.evaluate(node)
            if _is_plain(value):
                return ast.Constant(value)
            return ast.Subscript(self.expand(node.value, scope), node.slice)
        if isinstance(node, ast.BinOp):
            left, right = self.expand(node.left, scope), self.expand(node.right, scope)
            if isinstance(left, ast.Constant) and isinstance(right, ast.Constant) and not isinstance(node.op, ast.Div):
                return ast.Constant(scope.evaluate(ast.BinOp(left, node.op, right)))
            return ast.BinOp(left, node.op, right)
        if isinstance(node, ast.UnaryOp):
            return ast.UnaryOp(node.op, self.expand(node.operand, scope))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return ast.Compare(self.expand(node.left, scope), node.ops, [self.expand(node.comparators[0], scope)])
        if isinstance(node, ast.Attribute):
            return ast.Attribute(self.expand(node.value, scope), node.attr)
        if isinstance(node, ast.Constant):
            return node
        if isinstance(node, ast.Tuple):
            return ast.Tuple([self.expand(one, scope) for one in node.elts])
        raise _TooMuch

    def call(self, node: ast.Call, scope: _Scope) -> ast.expr:
        """A call: mathematics stay, other functions are replaced by what they return."""
        if not isinstance(node.func, (ast.Name, ast.Attribute)):
            raise _TooMuch
        function = scope.evaluate(node.func)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        if name in ("astype", "copy") and isinstance(node.func, ast.Attribute):
            return self.expand(node.func.value, scope)
        of_module = isinstance(node.func, ast.Attribute) and isinstance(
            scope.evaluate(node.func.value), types.ModuleType
        )
        if name == "reshape" and isinstance(node.func, ast.Attribute) and not of_module:
            reshaped = self.expand(node.func.value, scope)
            if not any(isinstance(one, ast.Name) and one.id == "dy" for one in ast.walk(reshaped)):
                return reshaped  # as broadcasting wants it
        if name in ("row_major", "beside"):
            return self.expand(node.args[-1 if name == "beside" and len(node.args) < 2 else 0], scope)
        if name == "in_blocks":
            return self.applied(node.args[0], node.args[1:], scope)
        if name == "along":
            return self.applied(node.args[1], [*node.args[2:], node.args[0]], scope)
        if name == "sum_to":
            dy, shape = (scope.evaluate(one) for one in node.args)
            if dy.shape == shape:
                return self.expand(node.args[0], scope)
            leading = dy.ndim - len(shape) == 1 and dy.shape[1:] == shape
            return ast.Call(ast.Name("column_sums" if leading else "total"), [self.expand(node.args[0], scope)], [])
        if name in ("count", "len", "float", "int"):
            return ast.Constant(scope.evaluate(node))
        if isinstance(node.func, ast.Attribute) and name in ("forward", "of") and callable(function):
            owner = scope.evaluate(node.func.value)
            if isinstance(owner, Op):
                if not owner.broadcasts:  # of which words say more than a name
                    raise _TooMuch
                return ast.Call(ast.Name(owner.name), [self.expand(one, scope) for one in node.args], [])
        if isinstance(function, types.FunctionType) and name not in PRIMITIVES:
            bound = inspect.signature(function).bind(
                *node.args, **{one.arg: one.value for one in node.keywords if one.arg}
            )
            bound.apply_defaults()
            given: dict[str, Any] = bound.arguments
            if any(isinstance(one, tuple) for one in given.values()):
                raise _TooMuch
            trees = {n: one for n, one in given.items() if isinstance(one, ast.expr)}
            values = {n: scope.evaluate(one) if n in trees else one for n, one in given.items()}
            if not any(isinstance(one, (np.ndarray, np.generic)) for one in values.values()):
                known = scope.evaluate(node)
                if _is_plain(known) or (isinstance(known, tuple) and all(map(_is_plain, known))):
                    return ast.Constant(known)
                raise _TooMuch
            symbols = {n: self.expand(one, scope) for n, one in trees.items() if not _is_plain(values[n])}
            return _Reader(self.depth + 1).body(function, symbols, values)
        arguments = [self.expand(one, scope) for one in node.args]
        keywords = [ast.keyword(one.arg, self.expand(one.value, scope)) for one in node.keywords]
        if isinstance(node.func, ast.Attribute) and not of_module:
            return ast.Call(ast.Attribute(self.expand(node.func.value, scope), name), arguments, keywords)
        return ast.Call(ast.Name(name), arguments, keywords)

    def applied(self, function: ast.expr, arguments: list[ast.expr], scope: _Scope) -> ast.expr:
        """A function, or a lambda standing there, of these arguments."""
        symbols = [self.expand(one, scope) for one in arguments]
        values = [scope.evaluate(one) for one in arguments]
        if isinstance(function, ast.Lambda):
            names = [one.arg for one in function.args.args]
            inner = _Scope(
                scope.globals,
                {**scope.symbols, **dict(zip(names, symbols, strict=True))},
                {**scope.values, **dict(zip(names, values, strict=True))},
            )
            return self.expand(function.body, inner)
        called = scope.evaluate(function)
        names = list(inspect.signature(called).parameters)
        return _Reader(self.depth + 1).body(
            called, dict(zip(names, symbols, strict=True)), dict(zip(names, values, strict=True))
        )


@dataclass
class _Scope:
    """What names mean inside a function: as symbols, and as the values that they have."""

    globals: dict[str, Any]
    symbols: dict[str, ast.expr]
    values: dict[str, Any]

    def evaluate(self, node: ast.expr) -> Any:
        """The value of an expression."""
        try:
            return eval(compile(ast.fix_missing_locations(ast.Expression(node)), "<formula>", "eval"), self.around())
        except Exception as error:
            raise _TooMuch from error

    def around(self) -> dict[str, Any]:
        return {**self.globals, **self.values}

    def decide(self, test: ast.expr) -> bool:
        """Whether a condition holds."""
        try:
            return bool(self.evaluate(test))
        except ValueError as error:  # of an array
            raise _TooMuch from error


def _is_plain(value: Any) -> bool:
    return type(value) in _PLAIN
