"""Rewriting: a function made anew from its source, so that what it reads, writes and calls goes through a scope.

``net.scale * x[0]`` becomes ``__scope__.binary("mul", __scope__.attribute(__scope__.name(__globals__, "net"), "scale"),
...)``, much as in TensorFlow's AutoGraph; the scope is the `Calls` of a trace. Local variables and control flow stay
Python's own. What is not listed here is refused. Rewritten are functions that are the user's own, and not a library's.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import copy
import functools
import inspect
import linecache
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from numpynet.compiler.errors import CELLS, GLOBALS, SCOPE, CompileError
from numpynet.nn.modules.module import Module

OPERATORS = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.MatMult: "matmul", ast.LShift: "lshift", ast.RShift: "rshift", ast.BitOr: "or",
    ast.BitXor: "xor", ast.BitAnd: "and", ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert",
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip
_PLAIN = (
    ast.Constant, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.Return, ast.Tuple, ast.Starred, ast.JoinedStr,
    ast.FormattedValue, ast.Raise, ast.Import, ast.ImportFrom, ast.ExceptHandler, ast.If, ast.IfExp, ast.While,
    ast.Assert, ast.Yield, ast.YieldFrom, ast.expr_context, ast.keyword, ast.alias, ast.boolop, ast.operator,
    ast.unaryop, ast.cmpop,
)  # fmt: skip
_LED = {  # of these, a field that is led through the scope, and by which method
    ast.Starred: ("value", "each"), ast.YieldFrom: ("value", "each"), ast.FormattedValue: ("value", "formatted"),
    ast.If: ("test", "tested"), ast.IfExp: ("test", "tested"), ast.While: ("test", "tested"),
    ast.Assert: ("test", "tested"),
}  # fmt: skip
_PROGRAMS = {"training", "studies"}  # rooms of numpynet that are written as a user would
_CONSTRUCTING = {"__init__", "__new__", "__post_init__", "__init_subclass__", "__call__"}  # which are followed
_HEAP_TYPE = 1 << 9  # CPython's flag of classes that are made by Python code
_files: dict[str, tuple[list[str], dict[int, list[tuple[Any, str]]], dict[int, list[CodeType]]]] = {}
_codes: dict[int, tuple[CodeType, CodeType]] = {}  # by the id of the first, which is kept


def rewritten(function: FunctionType) -> CodeType:
    """The code of a function with all it does outside itself led through `__scope__`.

    CompileError where the source is not there, is not that of the function, or has something that is not understood.
    """
    code = function.__code__
    if id(code) not in _codes:
        node, owner = _node_of(function)
        rewriter = _Rewriter(code, owner)
        try:
            made = builtins.compile(rewriter.module(node), code.co_filename, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise CompileError(f"{code.co_filename}, in {code.co_name}: cannot be followed: {error}") from None
        found = next(one for one in made.co_consts if isinstance(one, CodeType))
        _codes[id(code)] = code, found.replace(co_name=code.co_name)
    return _codes[id(code)][1]


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """A code and those of the functions inside it."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from codes_in(one)


# --- what is rewritten ---------------------------------------------------------------------------------------


def is_users_module(name: str) -> bool:
    top, _, rest = (name or "").partition(".")
    if top == "numpynet":
        return rest.partition(".")[0] in _PROGRAMS
    return top not in ("numpy", "numpynet") and (top not in sys.stdlib_module_names or top == "__main__")


def is_users_class(kind: type) -> bool:
    if kind.__module__ == "builtins":  # as is that of a class in a text without a name
        return bool(kind.__flags__ & _HEAP_TYPE)
    return is_users_module(kind.__module__)


def module_of(function: Any) -> str:
    """The module that a function was written in, whatever its decorators say."""
    module = getattr(function, "__globals__", {}).get("__name__") or getattr(function, "__module__", None) or ""
    return "" if isinstance(function, FunctionType) and module == "builtins" else module  # of a text without a name


def is_users(function: Any) -> bool:
    """Whether it is a function written in Python by the user."""
    function = getattr(function, "__func__", function)
    return isinstance(function, FunctionType) and is_users_module(module_of(function))


def follows(function: FunctionType) -> bool:
    """Whether a function is run from rewritten source: the user's are, and numpynet's that wrap one of these."""
    wrapped = getattr(function, "__wrapped__", None)
    if is_users(function):
        return True
    space = module_of(function)
    return wrapped is not None and is_users(inspect.unwrap(function)) and space.startswith("numpynet.")


def has_source(function: Any) -> bool:
    return not function.__code__.co_filename.startswith("<string>")


def has_special_methods(kind: type) -> bool:
    """Whether a class has methods of the user's that what is not followed may call, such as __len__."""
    return any(
        name.startswith("__") and name not in _CONSTRUCTING and is_users(found)
        for owner in (kind.__mro__ if is_users_class(kind) else ())
        for name, found in vars(owner).items()
    )


@functools.cache
def named_in(kind: type) -> set[str]:
    """The names in the code of a module's library classes."""
    found = set(Module.__dict__)
    for owner in kind.__mro__:
        for method in vars(owner).values() if not is_users_class(owner) else ():
            function = getattr(method, "__func__", getattr(method, "fget", method))
            for code in codes_in(function.__code__) if isinstance(function, FunctionType) else ():
                found.update(code.co_names)
    return found


# --- the source ---------------------------------------------------------------------------------------------


def _node_of(function: FunctionType) -> tuple[Any, str]:
    """The function's syntax tree, and the class that its private names belong to, or ""."""
    code = function.__code__
    linecache.checkcache(code.co_filename)  # the file may have changed since its lines were kept
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if code.co_filename not in _files or _files[code.co_filename][0] is not lines:
        nodes: dict[int, list[tuple[Any, str]]] = {}
        codes: dict[int, list[CodeType]] = {}
        with contextlib.suppress(SyntaxError):
            tree = ast.parse("".join(lines))
            _gather(tree, "", nodes)
            for one in codes_in(builtins.compile(tree, "", "exec", dont_inherit=True)):
                codes.setdefault(one.co_firstlineno, []).append(one)
        _files[code.co_filename] = lines, nodes, codes
    _, nodes, codes = _files[code.co_filename]
    if any(_same(code, one) for one in codes.get(code.co_firstlineno, ())):
        found = [one for one in nodes[code.co_firstlineno] if getattr(one[0], "name", "<lambda>") == code.co_name]
        found = found if len(found) == 1 else [one for one in found if _is_around(one[0], code)]
        if found:
            return found[-1]  # the innermost
    raise CompileError(
        f"{code.co_filename}, line {code.co_firstlineno}: {function.__qualname__} has no source that can be read, "
        f"which is how a compiled step finds what it depends on: define it in a file or a notebook"
    )


def _gather(node: Any, owner: str, nodes: dict[int, list[tuple[Any, str]]]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.Lambda)):
            decorators = getattr(child, "decorator_list", [])
            nodes.setdefault(min(one.lineno for one in (child, *decorators)), []).append((child, owner))
        _gather(child, child.name if isinstance(child, ast.ClassDef) else owner, nodes)


def _is_around(node: Any, code: CodeType) -> bool:
    """Whether a code is what is between the first and the last place of a function's body."""
    body = node.body if isinstance(node.body, list) else [node.body]
    first, last = (body[0].lineno, body[0].col_offset), (body[-1].end_lineno, body[-1].end_col_offset)
    return all(
        first <= (line, column) and (end_line, end_column) <= last
        for line, end_line, column, end_column in code.co_positions()
        if line and end_column  # which what begins a function has not
    )


def _same(a: CodeType, b: CodeType) -> bool:
    parts = ("co_code", "co_name", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_argcount")
    return (
        len(a.co_consts) == len(b.co_consts)
        and not (a.co_flags ^ b.co_flags) & 0x2F
        and all(getattr(a, part) == getattr(b, part) for part in parts)
        and all(
            _same(one, other)
            if isinstance(one, CodeType) and isinstance(other, CodeType)
            else type(one) is type(other) and repr(one) == repr(other)
            for one, other in zip(a.co_consts, b.co_consts, strict=True)
        )
    )


def _bare(node: Any, owner: str) -> ast.FunctionDef:
    """The function alone: without decorators, annotations and the values of its defaults."""
    node = copy.deepcopy(node)
    if isinstance(node, ast.Lambda):
        fields: dict[str, Any] = {"decorator_list": [], "returns": None, "type_params": []}
        body: list[Any] = [ast.copy_location(ast.Return(node.body), node.body)]
        node = ast.copy_location(ast.FunctionDef(name="", args=node.args, body=body, **fields), node)
    node.decorator_list, node.returns, node.name = [], None, "function"
    arguments: Any = node.args
    arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
    arguments.kw_defaults = [one and ast.Constant(None) for one in arguments.kw_defaults]
    _Mangler(owner).visit(node)
    return node


class _Mangler(ast.NodeTransformer):
    """Python's private names: ``self.__x`` in a class is ``self._Class__x``. It takes annotations away, too."""

    def __init__(self, owner: str) -> None:
        self.owner = owner.lstrip("_")

    def _mangled(self, name: str) -> str:
        private = self.owner and name.startswith("__") and not name.endswith("__")
        return f"_{self.owner}{name}" if private else name

    def visit_Name(self, node: ast.Name) -> Any:
        node.id = self._mangled(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        node.attr = self._mangled(node.attr)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> Any:
        node.arg, node.annotation = self._mangled(node.arg), None
        return node


# --- the rewriting ------------------------------------------------------------------------------------------


def _bound_by(node: Any) -> set[str]:
    """The names that a statement binds other than as targets, which stay local variables."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {one.asname or one.name.partition(".")[0] for one in node.names}
    return {node.name} if isinstance(node, (ast.FunctionDef, ast.ExceptHandler)) and node.name else set()


class _Names(ast.NodeVisitor):
    """The names that a function or a comprehension binds, without those of functions inside of it.

    declared: the names that it declares to be of outside, and by which statement.
    """

    def __init__(self, node: Any) -> None:
        self.bound: set[str] = set()
        self.declared: dict[str, Any] = {}
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            self.bound |= {one.arg for one in every if one is not None}
            parts: list[Any] = node.body if isinstance(node, ast.FunctionDef) else [node.body]
        else:
            parts = [generator.target for generator in node.generators]
        for one in parts:
            self.visit(one)
        self.bound -= self.declared.keys()

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bound.add(node.id)

    def visit_FunctionDef(self, node: Any) -> None:
        self.bound |= _bound_by(node)

    visit_Import = visit_ImportFrom = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Has names of its own."""

    def _visit_comprehension(self, node: Any) -> None:
        for one in ast.walk(node):
            if isinstance(one, ast.NamedExpr):  # which binds in the function around
                self.bound.add(one.target.id)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.bound |= _bound_by(node)
        self.generic_visit(node)

    def visit_Global(self, node: Any) -> None:
        self.declared.update(dict.fromkeys(node.names, type(node)))

    visit_Nonlocal = visit_Global


class _Rewriter(ast.NodeTransformer):
    """code: of the function as it is. owner: the class that its private names belong to."""

    def __init__(self, code: CodeType, owner: str) -> None:
        self.code, self.owner = code, owner
        self.scopes: list[_Names] = []
        self.first = code.co_varnames[:1]
        self.temporaries = 0

    def module(self, node: Any) -> ast.Module:
        """The rewritten function as the one thing in a module."""
        self.at = node
        function = self._inner(_bare(node, self.owner))
        if function.args.kwarg is not None:  # a dictionary made for this call
            name = ast.Name(function.args.kwarg.arg, ast.Load())
            function.body.insert(0, ast.copy_location(ast.Expr(self._hook("born", name)), function.body[0]))
        return ast.fix_missing_locations(ast.Module([function], []))

    def _hook(self, method: str, *arguments: Any) -> Any:
        line = self.at.lineno  # by which the call goes, too, where the node ends on another
        place = {"lineno": line, "end_lineno": line, "col_offset": 0, "end_col_offset": 0}
        scope = ast.Attribute(ast.Name(SCOPE, ast.Load()), method, ast.Load(), **place)
        return ast.copy_location(ast.Call(scope, [*arguments], []), self.at)

    def _temporary(self) -> str:
        self.temporaries += 1
        name = f"__temporary_{self.temporaries}__"
        self.scopes[-1].bound.add(name)
        return name

    def _home(self, name: str) -> str:
        """Where a name is found: "local", "cell", or "name" among the globals."""
        for scope in reversed(self.scopes):
            if name in scope.bound:
                return "local"
            if scope.declared.get(name) is ast.Global:
                return "name"
        return "cell" if name in self.code.co_freevars else "name"

    def _place(self, target: Any) -> tuple[str, list[Any]]:
        """What is read, set or deleted there: the method of the scope that reads it, and what that takes."""
        if isinstance(target, ast.Attribute):
            return "attribute", [self.visit(target.value), ast.Constant(target.attr)]
        if isinstance(target, ast.Subscript):
            return "item", [self.visit(target.value), self.visit(target.slice)]
        home = self._home(target.id)
        return home, [ast.Name(CELLS if home == "cell" else GLOBALS, ast.Load()), ast.Constant(target.id)]

    def _body(self, statements: list[Any]) -> list[Any]:
        return super().generic_visit(ast.Module(statements, [])).body  # type: ignore[attr-defined]

    def _refuse(self, what: str) -> Any:
        text = linecache.getline(self.code.co_filename, self.at.lineno).strip()
        raise CompileError(
            f"{self.code.co_filename}, line {self.at.lineno}, in {self.code.co_name}: `{text}`: {what} cannot be "
            f"followed in a compiled step: do this outside"
        )

    def visit(self, node: Any) -> Any:
        """What is put in the place of a node, on its line."""
        before, self.at = self.at, node if hasattr(node, "lineno") else self.at
        if any(self._home(name) != "local" for name in _bound_by(node)):
            self._refuse("such a statement with a variable from outside")
        made = super().visit(node)
        for one in made if isinstance(made, list) else [made]:
            if not hasattr(one, "lineno"):
                ast.copy_location(one, self.at)
        self.at = before
        return made

    def generic_visit(self, node: Any) -> Any:
        if not isinstance(node, _PLAIN):
            self._refuse(type(node).__name__)
        super().generic_visit(node)
        if type(node) in _LED:
            field, method = _LED[type(node)]
            setattr(node, field, self._hook(method, getattr(node, field)))
        return node

    # --- reading ----------------------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> Any:
        return node if self._home(node.id) == "local" else self._read(node)

    def _read(self, node: Any) -> Any:
        method, parts = self._place(node)
        return self._hook(method, *parts)

    visit_Attribute = visit_Subscript = _read

    def visit_Slice(self, node: ast.Slice) -> Any:
        parts = [ast.Constant(None) if one is None else self.visit(one) for one in (node.lower, node.upper, node.step)]
        return self._hook("slice", *parts)

    # --- computing --------------------------------------------------------------------------------------

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        name = ast.Constant(OPERATORS[type(node.op)])
        return self._hook("binary", name, self.visit(node.left), self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            node.operand = self._test(node.operand)
            return node
        return self._hook("unary", ast.Constant(OPERATORS[type(node.op)]), self.visit(node.operand))

    def visit_Compare(self, node: ast.Compare) -> Any:
        if len(node.ops) > 1:  # a < b < c is a < b and b < c, with b computed once
            name = self._temporary()
            middle = ast.NamedExpr(ast.Name(name, ast.Store()), node.comparators[0])
            first = ast.Compare(node.left, node.ops[:1], [middle])
            rest = ast.Compare(ast.Name(name, ast.Load()), node.ops[1:], node.comparators[1:])
            return self.visit(ast.BoolOp(ast.And(), [first, rest]))
        (operator,), left, (right,) = node.ops, self.visit(node.left), map(self.visit, node.comparators)
        if isinstance(operator, (ast.Is, ast.IsNot)):
            return ast.Compare(left, [operator], [right])
        if isinstance(operator, (ast.In, ast.NotIn)):
            found = self._hook("contains", right, left)
            return found if isinstance(operator, ast.In) else ast.UnaryOp(ast.Not(), found)
        return self._hook("binary", ast.Constant(OPERATORS[type(operator)]), left, right)

    def _test(self, node: Any) -> Any:
        return self._hook("tested", self.visit(node))

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        node.values = [*map(self._test, node.values[:-1]), self.visit(node.values[-1])]
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Any:
        if self._home(node.target.id) != "local":
            self._refuse(":= of a variable from outside")
        node.value = self.visit(node.value)
        return node

    def visit_List(self, node: Any) -> Any:
        node.elts = [self.visit(one) for one in node.elts]
        return self._hook("born", node)

    visit_Set = visit_List

    def _mapped(self, names: list[Any], values: list[Any]) -> list[Any]:
        """The values of a dictionary or of keywords; what has no name is **."""
        found = list(map(self.visit, values))
        return [self._hook("mapped", one) if name is None else one for name, one in zip(names, found, strict=True)]

    def visit_Dict(self, node: ast.Dict) -> Any:
        node.values = self._mapped(node.keys, node.values)
        node.keys = [one and self.visit(one) for one in node.keys]
        return self._hook("born", node)

    def _visit_comprehension(self, node: Any) -> Any:
        first = self._hook("each", self.visit(node.generators[0].iter))  # which the function around evaluates
        self.scopes.append(_Names(node))
        for position, generator in enumerate(node.generators):
            if generator.is_async or any(
                isinstance(one, (ast.Attribute, ast.Subscript)) for one in ast.walk(generator.target)
            ):
                self._refuse("such a comprehension")
            generator.iter = self._hook("each", self.visit(generator.iter)) if position else first
            generator.ifs = list(map(self._test, generator.ifs))
        for field in ("elt", "key", "value"):
            if hasattr(node, field):
                setattr(node, field, self.visit(getattr(node, field)))
        self.scopes.pop()
        return self._hook("born", node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def visit_Call(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args and self.first:
            node.args = [ast.Name("__class__", ast.Load()), ast.Name(self.first[0], ast.Load())]
        arguments = ast.Tuple([self.visit(one) for one in node.args], ast.Load())
        names = [one.arg for one in node.keywords]
        keywords = ast.Dict(
            [name and ast.Constant(name) for name in names],  # type: ignore[misc]
            self._mapped(names, [one.value for one in node.keywords]),
        )
        return self._hook("call", self.visit(node.func), arguments, keywords)

    def _inner(self, node: Any) -> Any:
        """A function, whose defaults the one around evaluates."""
        node.args.defaults = [self.visit(one) for one in node.args.defaults]
        node.args.kw_defaults = [one and self.visit(one) for one in node.args.kw_defaults]
        self.scopes.append(_Names(node))
        node.body = self.visit(node.body) if isinstance(node, ast.Lambda) else self._body(node.body)
        self.scopes.pop()
        return node

    visit_Lambda = _inner

    # --- statements -------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        decorators, node.decorator_list, node.returns = node.decorator_list, [], None
        made: list[Any] = [self._inner(node)]
        for decorator in reversed(decorators):
            call = ast.Call(decorator, [ast.Name(node.name, ast.Load())], [])
            made.append(ast.Assign([ast.Name(node.name, ast.Store())], self.visit(call)))
        return made

    def _stores(self, target: Any) -> tuple[Any, list[Any]]:
        """A target of plain local variables, and the statements that put these where they belong."""
        if isinstance(target, ast.Name) and self._home(target.id) == "local":
            return target, []
        if isinstance(target, ast.Starred):
            inner, after = self._stores(target.value)
            target.value = inner
            return target, [ast.Expr(self._hook("born", ast.Name(inner.id, ast.Load()))), *after]
        if isinstance(target, (ast.Tuple, ast.List)):
            parts = [self._stores(one) for one in target.elts]
            target.elts = [one for one, _ in parts]
            return target, [statement for _, after in parts for statement in after]
        name = self._temporary()
        method, places = self._place(target)
        return ast.Name(name, ast.Store()), [ast.Expr(self._hook(f"set_{method}", *places, ast.Name(name, ast.Load())))]

    def visit_Assign(self, node: ast.Assign) -> Any:
        value = self.visit(node.value)
        if any(isinstance(one, (ast.Tuple, ast.List)) for one in node.targets):
            value = self._hook("each", value)
        parts = [self._stores(one) for one in node.targets]
        return [
            ast.Assign([one for one, _ in parts], value), *(statement for _, after in parts for statement in after)
        ]  # fmt: skip

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return ast.Pass() if node.value is None else self.visit(ast.Assign([node.target], node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        name, target = ast.Constant(OPERATORS[type(node.op)]), node.target
        if isinstance(target, ast.Name) and self._home(target.id) == "local":
            loaded: Any = ast.Name(target.id, ast.Load())
            return ast.Assign([target], self._hook("inplace", name, loaded, self.visit(node.value)))
        method, parts = self._place(target)
        names = [self._temporary() for _ in parts]
        kept = [ast.Name(one, ast.Load()) for one in names]
        value = self._hook("inplace", name, self._hook(method, *kept), self.visit(node.value))
        return [
            *(ast.Assign([ast.Name(one, ast.Store())], part) for one, part in zip(names, parts, strict=True)),
            ast.Expr(self._hook(f"set_{method}", *kept, value)),
        ]

    def visit_Delete(self, node: ast.Delete) -> Any:
        if not all(isinstance(one, ast.Name) and self._home(one.id) == "local" for one in node.targets):
            self._refuse("this deletion")
        return node

    def visit_For(self, node: ast.For) -> Any:
        node.iter = self._hook("each", self.visit(node.iter))
        node.target, after = self._stores(node.target)
        node.body, node.orelse = [*after, *self._body(node.body)], self._body(node.orelse)
        return node

    def visit_With(self, node: ast.With) -> Any:
        after: list[Any] = []
        for item in node.items:
            item.context_expr = self._hook("context", self.visit(item.context_expr))
            if item.optional_vars is not None:
                item.optional_vars, more = self._stores(item.optional_vars)
                after += more
        node.body = [*after, *self._body(node.body)]
        return node

    def visit_Try(self, node: ast.Try) -> Any:
        """Refusals pass through all handlers, and the body knows that errors are caught."""
        super().generic_visit(node)
        if node.handlers:
            refusal = ast.Attribute(ast.Name(SCOPE, ast.Load()), "REFUSALS", ast.Load())
            node.handlers.insert(0, ast.ExceptHandler(refusal, None, [ast.Raise()]))
            node.body = [ast.With([ast.withitem(self._hook("catching"), None)], node.body)]
        return node

    def visit_Global(self, node: ast.Global) -> Any:
        return ast.Pass()

    def visit_Nonlocal(self, node: ast.Nonlocal) -> Any:
        inner = [name for name in node.names if self._home(name) == "local"]
        return ast.Nonlocal(inner) if inner else ast.Pass()
