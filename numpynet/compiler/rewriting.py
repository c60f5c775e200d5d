"""Rewriting: a function made anew from its source, so that what it reads, writes and calls goes through a scope.

``net.scale * x[0]`` becomes ``__scope__.binary("mul", __scope__.attribute(__scope__.name("net"), "scale"), ...)``, much
as in TensorFlow's AutoGraph. Local variables and control flow stay Python's own. What is not listed here is refused.
"""

from __future__ import annotations

import ast
import builtins
import copy
import linecache
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from numpynet.compiler.errors import CompileError

SCOPE = "__scope__"  # the name by which rewritten code finds its scope
OPERATORS = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.MatMult: "matmul", ast.LShift: "lshift", ast.RShift: "rshift", ast.BitOr: "or",
    ast.BitXor: "xor", ast.BitAnd: "and", ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert",
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip
_PLAIN = (
    ast.Constant, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.Return, ast.Tuple, ast.Starred, ast.JoinedStr,
    ast.Raise, ast.Import, ast.ImportFrom, ast.expr_context, ast.arguments, ast.arg, ast.keyword, ast.alias,
    ast.withitem, ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.Yield,
)  # fmt: skip
_files: dict[str, tuple[list[str], dict[int, list[tuple[Any, str]]], list[Any]]] = {}
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


# --- the source ---------------------------------------------------------------------------------------------


def _node_of(function: FunctionType) -> tuple[Any, str]:
    """The function's syntax tree, and the class that its private names belong to, or ""."""
    code = function.__code__
    for is_second in (False, True):
        if is_second:
            linecache.checkcache(code.co_filename)  # the file may have changed since its lines were kept
        lines = linecache.getlines(code.co_filename, function.__globals__)
        known = _files.get(code.co_filename)
        if known is None or known[0] is not lines:
            try:
                tree = ast.parse("".join(lines))
            except SyntaxError:
                continue
            nodes: dict[int, list[tuple[Any, str]]] = {}
            _gather(tree, "", nodes)
            known = _files[code.co_filename] = lines, nodes, list(_imports(tree))
        for node, owner in known[1].get(code.co_firstlineno, ()):
            if _same(code, _plain_code(node, owner, code, known[2])):
                return node, owner
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


def _function(arguments: ast.arguments, body: list[Any]) -> Any:
    fields: dict[str, Any] = {"decorator_list": [], "returns": None, "type_params": []}
    return ast.FunctionDef(name="function", args=arguments, body=body, **fields)


def _bare(node: Any, owner: str) -> ast.FunctionDef:
    """The function alone: without decorators, annotations and the values of its defaults."""
    node = copy.deepcopy(node)
    if isinstance(node, ast.Lambda):
        body = [ast.copy_location(ast.Return(node.body), node.body)]
        node = ast.copy_location(_function(node.args, body), node)
    node.decorator_list, node.returns, node.name = [], None, "function"
    arguments = node.args
    arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
    arguments.kw_defaults = [one and ast.Constant(None) for one in arguments.kw_defaults]
    _Mangler(owner).visit(node)
    return node


def _imports(node: Any) -> Iterator[Any]:
    """The imports of a module, for which Python compiles the calls of what is imported in another way."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            if getattr(child, "module", "") != "__future__":
                yield child
        elif not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield from _imports(child)


def _plain_code(node: Any, owner: str, code: CodeType, imports: list[Any]) -> CodeType | None:
    """What the source compiles to, to be compared with what the function runs."""
    inner = _bare(node, owner)
    arguments = ast.arguments([], [ast.arg(name) for name in code.co_freevars], None, [], [], None, [])
    outer = _function(arguments, [inner, ast.Return(ast.Name("function", ast.Load()))])
    module = ast.fix_missing_locations(ast.Module([*imports, ast.copy_location(outer, inner)], []))
    try:
        made = builtins.compile(module, "", "exec", dont_inherit=True)
    except SyntaxError:
        return None
    around = next(one for one in made.co_consts if isinstance(one, CodeType))
    return next((one for one in around.co_consts if isinstance(one, CodeType)), None)


def _same(a: CodeType, b: CodeType | None) -> bool:
    if b is None or len(a.co_consts) != len(b.co_consts) or (a.co_flags ^ b.co_flags) & 0x2F:
        return False
    parts = ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_argcount")
    return all(getattr(a, part) == getattr(b, part) for part in parts) and all(
        _same(one, other)
        if isinstance(one, CodeType) and isinstance(other, CodeType)
        else type(one) is type(other) and _inner(one) == _inner(other)
        for one, other in zip(a.co_consts, b.co_consts, strict=True)
    )


def _inner(constant: Any) -> str:
    """A constant as text; of the name of a class inside a function, what does not depend on where that is."""
    return repr(constant).rpartition(".<locals>.")[2]


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


class _Names(ast.NodeVisitor):
    """The names that a function binds, without those of functions inside of it."""

    def __init__(self, node: Any) -> None:
        self.bound: set[str] = set()
        self.declared_global: set[str] = set()
        self.declared_nonlocal: set[str] = set()
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            self.bound |= {one.arg for one in every if one is not None}
        if isinstance(node, ast.FunctionDef):
            for one in node.body:
                self.visit(one)
        elif isinstance(node, ast.Lambda):
            self.visit(node.body)
        else:  # a comprehension
            for generator in node.generators:
                self.visit(generator.target)
        self.bound -= self.declared_global | self.declared_nonlocal

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bound.add(node.id)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.bound.add(node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Has names of its own."""

    def _visit_comprehension(self, node: Any) -> None:
        for one in ast.walk(node):
            if isinstance(one, ast.NamedExpr):  # which binds in the function around
                self.bound.add(one.target.id)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def visit_Import(self, node: Any) -> None:
        self.bound |= {one.asname or one.name.partition(".")[0] for one in node.names}

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.bound |= {node.name} if node.name else set()
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.bound |= {node.name} if node.name else set()
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.declared_global |= set(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.declared_nonlocal |= set(node.names)


class _Rewriter(ast.NodeTransformer):
    """code: of the function as it is. owner: the class that its private names belong to."""

    def __init__(self, code: CodeType, owner: str) -> None:
        self.code, self.owner = code, owner
        self.scopes: list[_Names] = []
        self.first = code.co_varnames[:1]
        self.temporaries = 0

    def module(self, node: Any) -> ast.Module:
        """The rewritten function as the one thing in a module."""
        function = _bare(node, self.owner)
        self._enter(function)
        function.body = self._body(function.body)
        if function.args.kwarg is not None:  # a dictionary made for this call
            name = ast.Name(function.args.kwarg.arg, ast.Load())
            function.body.insert(0, ast.copy_location(ast.Expr(self._hook("born", node, name)), function.body[0]))
        return ast.fix_missing_locations(ast.Module([function], []))

    def _enter(self, node: Any) -> None:
        self.scopes.append(_Names(node))

    def _hook(self, method: str, node: Any, *arguments: Any) -> Any:
        scope = ast.Attribute(ast.Name(SCOPE, ast.Load()), method, ast.Load())
        return ast.copy_location(ast.Call(scope, [*arguments, ast.Constant(node.lineno)], []), node)

    def _temporary(self) -> str:
        self.temporaries += 1
        return f"__temporary_{self.temporaries}__"

    def _home(self, name: str) -> str:
        """Where a name is found: "local", "cell" or "global"."""
        for scope in reversed(self.scopes):
            if name in scope.bound:
                return "local"
            if name in scope.declared_global:
                return "global"
        return "cell" if name in self.code.co_freevars else "global"

    def _body(self, statements: list[Any]) -> list[Any]:
        found: list[Any] = []
        for one in statements:
            new = self.visit(one)
            found += new if isinstance(new, list) else [] if new is None else [new]
        return found or [ast.Pass()]

    def _refuse(self, node: Any, what: str) -> Any:
        text = linecache.getline(self.code.co_filename, node.lineno).strip()
        raise CompileError(
            f"{self.code.co_filename}, line {node.lineno}, in {self.code.co_name}: `{text}`: {what} cannot be followed "
            f"in a compiled step: do this outside"
        )

    def generic_visit(self, node: Any) -> Any:
        if not isinstance(node, _PLAIN):
            self._refuse(node, type(node).__name__)
        return super().generic_visit(node)

    # --- reading ----------------------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> Any:
        home = self._home(node.id)
        if (node.id == "__class__" and home == "cell") or (home != "local" and isinstance(node.ctx, ast.Load)):
            return self._hook("cell" if home == "cell" else "name", node, ast.Constant(node.id))
        return node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        return self._hook("attribute", node, self.visit(node.value), ast.Constant(node.attr))

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        return self._hook("item", node, self.visit(node.value), self.visit(node.slice))

    def visit_Slice(self, node: ast.Slice) -> Any:
        parts = [ast.Constant(None) if one is None else self.visit(one) for one in (node.lower, node.upper, node.step)]
        return self._hook("slice", node, *parts)

    def visit_Starred(self, node: ast.Starred) -> Any:
        node.value = self._hook("each", node, self.visit(node.value))
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> Any:
        node.value = self._hook("formatted", node, self.visit(node.value))
        node.format_spec = node.format_spec and self.visit(node.format_spec)
        return node

    # --- computing --------------------------------------------------------------------------------------

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        name = ast.Constant(OPERATORS[type(node.op)])
        return self._hook("binary", node, name, self.visit(node.left), self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            node.operand = self._test(node.operand)
            return node
        return self._hook("unary", node, ast.Constant(OPERATORS[type(node.op)]), self.visit(node.operand))

    def visit_Compare(self, node: ast.Compare) -> Any:
        if len(node.ops) > 1:  # a < b < c is a < b and b < c, with b computed once
            name = self._temporary()
            self.scopes[-1].bound.add(name)
            middle = ast.copy_location(ast.NamedExpr(ast.Name(name, ast.Store()), node.comparators[0]), node)
            first = ast.copy_location(ast.Compare(node.left, node.ops[:1], [middle]), node)
            rest = ast.copy_location(ast.Compare(ast.Name(name, ast.Load()), node.ops[1:], node.comparators[1:]), node)
            return self.visit(ast.copy_location(ast.BoolOp(ast.And(), [first, rest]), node))
        (operator,), left, (right,) = node.ops, self.visit(node.left), map(self.visit, node.comparators)
        if isinstance(operator, (ast.Is, ast.IsNot)):
            return ast.copy_location(ast.Compare(left, [operator], [right]), node)
        if isinstance(operator, (ast.In, ast.NotIn)):
            found = self._hook("contains", node, right, left)
            return found if isinstance(operator, ast.In) else ast.copy_location(ast.UnaryOp(ast.Not(), found), node)
        return self._hook("binary", node, ast.Constant(OPERATORS[type(operator)]), left, right)

    def _test(self, node: Any) -> Any:
        return self._hook("tested", node, self.visit(node))

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        node.values = [*map(self._test, node.values[:-1]), self.visit(node.values[-1])]
        return node

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        node.test, node.body, node.orelse = self._test(node.test), self.visit(node.body), self.visit(node.orelse)
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Any:
        if self._home(node.target.id) != "local":
            self._refuse(node, ":= of a variable from outside")
        node.value = self.visit(node.value)
        return node

    def visit_List(self, node: Any) -> Any:
        node.elts = [self.visit(one) for one in node.elts]
        return self._hook("born", node, node)

    visit_Set = visit_List

    def visit_Dict(self, node: ast.Dict) -> Any:
        node.values = [
            self.visit(value) if key is not None else self._hook("mapped", value, self.visit(value))
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        node.keys = [one and self.visit(one) for one in node.keys]
        return self._hook("born", node, node)

    def _visit_comprehension(self, node: Any) -> Any:
        first = self._hook("each", node, self.visit(node.generators[0].iter))  # which the function around evaluates
        self._enter(node)
        for position, generator in enumerate(node.generators):
            if generator.is_async or any(
                isinstance(one, (ast.Attribute, ast.Subscript)) for one in ast.walk(generator.target)
            ):
                self._refuse(node, "such a comprehension")
            generator.iter = self._hook("each", node, self.visit(generator.iter)) if position else first
            generator.ifs = list(map(self._test, generator.ifs))
        for field in ("elt", "key", "value"):
            if hasattr(node, field):
                setattr(node, field, self.visit(getattr(node, field)))
        self.scopes.pop()
        return self._hook("born", node, node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def visit_Call(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args and self.first:
            owner = ast.copy_location(ast.Name("__class__", ast.Load()), node)
            node.args = [owner, ast.copy_location(ast.Name(self.first[0], ast.Load()), node)]
        arguments = ast.Tuple([self.visit(one) for one in node.args], ast.Load())
        keys: list[Any] = [None if one.arg is None else ast.Constant(one.arg) for one in node.keywords]
        values = [
            self.visit(one.value) if one.arg is not None else self._hook("mapped", node, self.visit(one.value))
            for one in node.keywords
        ]
        return self._hook("call", node, self.visit(node.func), arguments, ast.Dict(keys, values))

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        self._defaults(node)
        self._enter(node)
        node.body = self.visit(node.body)
        self.scopes.pop()
        return node

    def _defaults(self, node: Any) -> None:
        node.args.defaults = [self.visit(one) for one in node.args.defaults]
        node.args.kw_defaults = [one and self.visit(one) for one in node.args.kw_defaults]

    def visit_YieldFrom(self, node: ast.YieldFrom) -> Any:
        node.value = self._hook("each", node, self.visit(node.value))
        return node

    # --- statements -------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self._defaults(node)
        decorators, node.decorator_list, node.returns = node.decorator_list, [], None
        self._enter(node)
        node.body = self._body(node.body)
        self.scopes.pop()
        made: list[Any] = [node]
        for decorator in reversed(decorators):
            call = ast.copy_location(
                ast.Call(decorator, [ast.copy_location(ast.Name(node.name, ast.Load()), node)], []), node
            )
            made.append(ast.copy_location(ast.Assign([ast.Name(node.name, ast.Store())], self.visit(call)), node))
        return made

    def _stores(self, target: Any) -> tuple[Any, list[Any]]:
        """A target of plain local variables, and the statements that put these where they belong."""
        if isinstance(target, ast.Name) and self._home(target.id) == "local":
            return target, []
        if isinstance(target, ast.Starred):
            inner, after = self._stores(target.value)
            target.value = inner
            made = self._hook("born", target, ast.Name(inner.id, ast.Load()))
            return target, [ast.copy_location(ast.Expr(made), target), *after]
        if isinstance(target, (ast.Tuple, ast.List)):
            parts = [self._stores(one) for one in target.elts]
            target.elts = [one for one, _ in parts]
            return target, [statement for _, after in parts for statement in after]
        name = self._temporary()
        value = ast.copy_location(ast.Name(name, ast.Load()), target)
        stored = ast.copy_location(ast.Expr(self._stored(target, value)), target)
        return ast.copy_location(ast.Name(name, ast.Store()), target), [stored]

    def _stored(self, target: Any, value: Any) -> Any:
        if isinstance(target, ast.Name):
            home = self._home(target.id)
            return self._hook(f"set_{'cell' if home == 'cell' else 'name'}", target, ast.Constant(target.id), value)
        if isinstance(target, ast.Attribute):
            return self._hook("set_attribute", target, self.visit(target.value), ast.Constant(target.attr), value)
        if isinstance(target, ast.Subscript):
            return self._hook("set_item", target, self.visit(target.value), self.visit(target.slice), value)
        return self._refuse(target, type(target).__name__)

    def visit_Assign(self, node: ast.Assign) -> Any:
        node.value = self.visit(node.value)
        if any(isinstance(one, (ast.Tuple, ast.List)) for one in node.targets):
            node.value = self._hook("each", node, node.value)
        if len(node.targets) == 1 and isinstance(node.targets[0], (ast.Attribute, ast.Subscript)):
            return ast.copy_location(ast.Expr(self._stored(node.targets[0], node.value)), node)
        parts = [self._stores(one) for one in node.targets]
        node.targets = [one for one, _ in parts]
        return [node, *(statement for _, after in parts for statement in after)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            return None
        return self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        name, target = ast.Constant(OPERATORS[type(node.op)]), node.target
        before: list[Any] = []

        def kept(part: Any) -> Any:
            local = self._temporary()
            before.append(ast.copy_location(ast.Assign([ast.Name(local, ast.Store())], self.visit(part)), node))
            self.scopes[-1].bound.add(local)
            return ast.copy_location(ast.Name(local, ast.Load()), node)

        if isinstance(target, ast.Attribute):
            target = ast.copy_location(ast.Attribute(kept(target.value), target.attr, ast.Store()), target)
        elif isinstance(target, ast.Subscript):
            target = ast.copy_location(ast.Subscript(kept(target.value), kept(target.slice), ast.Store()), target)
        loaded = copy.copy(target)
        loaded.ctx = ast.Load()
        value = self._hook("inplace", node, name, self.visit(loaded), self.visit(node.value))
        if isinstance(target, ast.Name) and self._home(target.id) == "local":
            return ast.copy_location(ast.Assign([target], value), node)
        return [*before, ast.copy_location(ast.Expr(self._stored(target, value)), node)]

    def visit_Delete(self, node: ast.Delete) -> Any:
        made: list[Any] = []
        for target in node.targets:
            if isinstance(target, ast.Name) and self._home(target.id) == "local":
                made.append(ast.copy_location(ast.Delete([target]), node))
            elif isinstance(target, ast.Subscript):
                removed = self._hook("delete_item", target, self.visit(target.value), self.visit(target.slice))
                made.append(ast.copy_location(ast.Expr(removed), node))
            elif isinstance(target, ast.Attribute):
                removed = self._hook("delete_attribute", target, self.visit(target.value), ast.Constant(target.attr))
                made.append(ast.copy_location(ast.Expr(removed), node))
            else:
                self._refuse(node, "this deletion")
        return made

    def visit_For(self, node: ast.For) -> Any:
        node.iter = self._hook("each", node, self.visit(node.iter))
        node.target, after = self._stores(node.target)
        node.body, node.orelse = [*after, *self._body(node.body)], self._body(node.orelse) if node.orelse else []
        return node

    def visit_While(self, node: Any) -> Any:
        node.test, node.body = self._test(node.test), self._body(node.body)
        node.orelse = self._body(node.orelse) if node.orelse else []
        return node

    visit_If = visit_While

    def visit_Match(self, node: ast.Match) -> Any:
        """Written as if and elif, which is what it means where its patterns are values, names and alternatives."""
        subject = self._temporary()
        self.scopes[-1].bound.add(subject)
        chain: list[Any] = []
        for case in reversed(node.cases):
            tests, names = self._pattern(case.pattern, subject)
            bound = (ast.NamedExpr(ast.Name(name, ast.Store()), ast.Name(subject, ast.Load())) for name in names)
            tests += [ast.List([one], ast.Load()) for one in bound]  # which is true, whatever is in it
            tests += [ast.Constant(True)] if case.guard is None else [case.guard]
            chosen = ast.If(ast.BoolOp(ast.And(), tests) if len(tests) > 1 else tests[0], case.body, chain)
            chain = [ast.fix_missing_locations(ast.copy_location(chosen, case.pattern))]
        given = ast.Assign([ast.Name(subject, ast.Store())], node.subject)
        return self._body([ast.fix_missing_locations(ast.copy_location(given, node)), *chain])

    def _pattern(self, pattern: Any, subject: str) -> tuple[list[Any], list[str]]:
        """What must be true where a pattern fits, and the names that it gives to what it fits."""
        value = ast.Name(subject, ast.Load())
        if isinstance(pattern, ast.MatchValue):
            return [ast.Compare(value, [ast.Eq()], [pattern.value])], []
        if isinstance(pattern, ast.MatchSingleton):
            return [ast.Compare(value, [ast.Is()], [ast.Constant(pattern.value)])], []
        if isinstance(pattern, ast.MatchAs):
            tests, names = ([], []) if pattern.pattern is None else self._pattern(pattern.pattern, subject)
            return tests, names if pattern.name is None else [*names, pattern.name]
        if isinstance(pattern, ast.MatchOr):
            found = [self._pattern(one, subject) for one in pattern.patterns]
            if all(len(tests) == 1 and not names for tests, names in found):
                return [ast.BoolOp(ast.Or(), [test for tests, _ in found for test in tests])], []
        return self._refuse(pattern, "such a pattern")

    def visit_Assert(self, node: ast.Assert) -> Any:
        node.test, node.msg = self._test(node.test), node.msg and self.visit(node.msg)
        return node

    def visit_With(self, node: ast.With) -> Any:
        after: list[Any] = []
        for item in node.items:
            item.context_expr = self._hook("context", node, self.visit(item.context_expr))
            if item.optional_vars is not None:
                item.optional_vars, more = self._stores(item.optional_vars)
                after += more
        node.body = [*after, *self._body(node.body)]
        return node

    def visit_Try(self, node: ast.Try) -> Any:
        """Refusals pass through all handlers, and the body knows that errors are caught."""
        if node.handlers:
            refusal = ast.Attribute(ast.Name(SCOPE, ast.Load()), "REFUSALS", ast.Load())
            passing = ast.copy_location(ast.ExceptHandler(refusal, None, [ast.Raise()]), node)
            for handler in node.handlers:
                handler.type = handler.type and self.visit(handler.type)
                handler.body = self._body(handler.body)
            node.handlers.insert(0, passing)
            watched = ast.withitem(self._hook("catching", node), None)
            node.body = [ast.copy_location(ast.With([watched], self._body(node.body)), node)]
        else:
            node.body = self._body(node.body)
        node.orelse = self._body(node.orelse) if node.orelse else []
        node.finalbody = self._body(node.finalbody) if node.finalbody else []
        return node

    def visit_Global(self, node: Any) -> Any:
        return None

    def visit_Nonlocal(self, node: Any) -> Any:
        inner = [name for name in node.names if self._home(name) == "local"]
        return ast.copy_location(ast.Nonlocal(inner), node) if inner else None
