"""The grammar of random programs: each production writes one line that torch, running along, mostly accepts.

Numbers are multiples of one half, so that sums and products of a few are exact in every floating-point dtype and
their gradients agree to the last bit; ties, zeros of both signs, infinities and NaN are among them. A few lines are
wrong on purpose (a dimension too many, shapes that do not fit, a dtype that an operation refuses): both libraries
must then raise the same class of exception and leave everything as it was.
"""

from __future__ import annotations

import contextlib
import random
import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from tests.differential.programs import AS_OPERANDS, ROUNDED, Run, array, asked, goes_back

FLOATS = ["float16", "float32", "float64"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64"]
DTYPES = [*FLOATS, *INTEGERS, "bool"]
SHAPES = [(), (1,), (3,), (4,), (2, 3), (3, 2), (2, 2), (1, 3), (3, 1), (2, 1, 3), (2, 3, 2), (0,), (0, 3), (2, 0)]
MAXIMUM = 30  # elements
LARGE = 2**10  # numbers beyond are not computed with any more
RESHAPED = re.compile(r"(\w+)\.(?:squeeze_|unsqueeze_|t_|transpose_|swapdims_|swapaxes_)\(")


class Author:
    """Writes a program: remembers what torch has computed so far, and draws everything else."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.guide = Run(torch)
        self.lines: list[str] = []
        self.productions: list[str] = []  # of each line
        self.stopped = False

    # --- what lines are made of ---

    def pick(self, options: str | Iterable[Any]) -> Any:
        return self.random.choice(options.split() if isinstance(options, str) else list(options))

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def new(self) -> str:
        """A name that is not in use."""
        return next(name for name in self.names() if name not in self.guide.names)

    def pair(self) -> str:
        names = [name for name in self.names() if name not in self.guide.names]
        return f"{names[0]}, {names[1]}"

    @staticmethod
    def names() -> list[str]:
        letters = "abcdeghijklmnopqrstuvwxyz"
        return [*letters, *(f"{letter}{number}" for number in range(1, 9) for letter in letters)]

    def usable(self) -> dict[str, Any]:
        return {name: x for name, x in self.guide.tensors.items() if x.numel() <= MAXIMUM}

    def tensor(self, *tests: Callable[[Any], Any]) -> str:
        """The name of a tensor, one that passes the tests if there is any; recent ones more often."""
        usable = self.usable()
        fitting = [name for name, x in usable.items() if all(test(x) for test in tests)]
        names = fitting if fitting and not self.chance(0.03) else list(usable)
        return self.random.choice(names[-4:] if self.chance(0.5) else names)

    def like(self, name: str, **wanted: Any) -> str:
        """The name of a tensor that broadcasts with another."""

        def fits(x: Any) -> bool:
            try:
                torch.broadcast_shapes(x.shape, self[name].shape)
            except RuntimeError:
                return False
            return True

        return self.tensor(fits, *wanted.get("tests", ()))

    def __getitem__(self, name: str) -> Any:
        return self.guide.names[name]

    def dim(self, x: str) -> int:
        count = max(self[x].ndim, 1)
        return self.random.randint(-count - 1, count) if self.chance(0.05) else self.random.randrange(-count, count)

    def dims(self, x: str) -> str:
        count = max(self[x].ndim, 1)
        some = self.random.sample(range(count), self.random.randint(1, count))
        return repr(tuple(dim - count if self.chance(0.3) else dim for dim in some))

    def number(self, dtype: str = "float32") -> Any:
        if dtype == "bool":
            return self.chance(0.5)
        if dtype in INTEGERS:
            return self.random.randint(0 if dtype == "uint8" else -3, 4)
        if self.chance(0.02):
            return self.pick([float("nan"), float("inf"), -float("inf"), -0.0])
        return self.random.randint(-6, 6) / 2

    def scalar(self) -> Any:
        return self.pick([2, 3, -1, 0, 1, 0.5, 1.5, -2.0, 0.1, True, False])

    def nested(self, shape: tuple[int, ...], dtype: str) -> Any:
        if not shape:
            return self.number(dtype)
        return [self.nested(shape[1:], dtype) for _ in range(shape[0])]

    def literal(self, shape: Any, dtype: str, more: str = "") -> str:
        shape = tuple(shape)
        suffix = f".reshape({shape})" if 0 in shape and shape != (0,) else ""
        return f"torch.tensor({self.nested(shape, dtype)}, dtype=torch.{dtype}{more}){suffix}"

    def basic_index(self, x: str) -> str:
        """An index of numbers, slices, None and Ellipsis."""
        parts = []
        for size in self[x].shape[: self.random.randint(0, self[x].ndim)]:
            kind = self.pick("number number slice slice step all none")
            if kind == "number":
                parts.append(str(self.random.randint(-size - self.chance(0.05), max(size - 1, 0))))
            elif kind == "slice":
                ends = [self.pick(["", "", *range(-size - 1, size + 2)]) for _ in range(2)]
                parts.append(f"{ends[0]}:{ends[1]}")
            elif kind == "step":
                parts.append(f"{self.pick(['', '0', '1'])}::2")
            else:
                parts.append(":" if kind == "all" else "None")
        if self.chance(0.3):
            parts.insert(self.random.randint(0, len(parts)), "...")
        return ", ".join(parts) or self.pick(["...", ":", "None", "0"])

    def positions(self, size: int, count: int) -> list[int]:
        if not size:
            return []
        return [self.random.randint(-size - self.chance(0.02), size - 1) for _ in range(count)]

    def array_index(self, x: str) -> str:
        """An index by lists, integer tensors or a mask, alone or among slices."""
        shape = tuple(self[x].shape)
        if not shape or self.chance(0.25):
            return self.pick([f"{x} > 0", f"{x} == {x}", f"{x} != {self.scalar()}", "True", f"{x} < 0"])
        if self.chance(0.15):
            return f"torch.tensor({self.nested(shape[:1], 'bool')}), ..."
        count = self.random.randint(1, 3)
        parts = []
        for size in shape[: self.random.randint(1, len(shape))]:
            kind = self.pick("list tensor tensor slice number column np")
            positions = self.positions(size, count)
            if kind in ("list", "np") or not positions:
                parts.append(f"np.array({positions}, dtype=int)" if kind == "np" else str(positions))
            elif kind == "tensor":
                parts.append(f"torch.tensor({positions}, dtype=torch.{self.pick('int64 int64 int32 uint8 int16')})")
            elif kind == "column":
                parts.append(f"torch.tensor({[[one] for one in positions]})")
            else:
                parts.append(":" if kind == "slice" else str(positions[0]))
        if self.chance(0.2):
            parts.append("...")
        return ", ".join(parts)

    def signed(self, operand: Any) -> Any:
        """The operand without NaN, whose sign depends on the processor; a number as it is."""
        is_nan = operand in self.guide.names and bool(self[operand].detach().isnan().any())
        return f"{operand}.nan_to_num()" if is_nan else operand

    def unrecorded(self, line: str) -> str:
        reshaped = RESHAPED.match(line)  # past torch's tape, which looks at the shape of what it holds
        if reshaped and self[reshaped[1]].requires_grad:
            return line
        return f"with torch.no_grad(): {line}" if self.chance(0.3) else line

    # --- the program ---

    def write(self, length: int) -> list[str]:
        """Appends lines until there are so many."""
        for _ in range(2):
            self.append(leaf(self), "leaf")
        while len(self.lines) < length and not self.stopped:
            production = self.random.choices(PRODUCTIONS, WEIGHTS)[0] if self.usable() else leaf
            line = production(self)
            if line is not None:
                self.append(line, production.__name__)
        return self.lines

    def append(self, line: str, production: str) -> None:
        self.lines.append(line)
        self.productions.append(production)
        error = self.guide.execute(line)
        if error is not None and goes_back(line):
            self.stopped = True  # a walk that stops half way leaves gradients half added, and the tape half freed
        for name, x in list(self.guide.tensors.items()):
            unusable = isinstance(asked(lambda x=x: x.grad_fn), type)  # as torch finds some views made under no_grad
            if unusable or (is_float(x) and bool(((x.detach().abs() > LARGE) & ~x.isinf()).any())):
                self.lines.append(f"del {name}")
                self.productions.append("del")
                del self.guide.names[name]


PRODUCTIONS: list[Callable[[Author], str | None]] = []
WEIGHTS: list[int] = []


def production(weight: int) -> Callable[[Callable[[Author], str | None]], Callable[[Author], str | None]]:
    def register(function: Callable[[Author], str | None]) -> Callable[[Author], str | None]:
        PRODUCTIONS.append(function)
        WEIGHTS.append(weight)
        return function

    return register


def is_float(x: Any) -> bool:
    return bool(x.is_floating_point())


def is_small(x: Any) -> bool:
    return x.numel() * 3 <= MAXIMUM


def of_ndim(*counts: int) -> Callable[[Any], bool]:
    return lambda x: x.ndim in counts


# --- creation ---


@production(6)
def leaf(a: Author) -> str:
    dtype = a.pick([*FLOATS, "float32", "float32", "float64", *DTYPES])
    more = ", requires_grad=True" if dtype in FLOATS and a.chance(0.6) else ""
    return f"{a.new()} = {a.literal(a.pick(SHAPES), dtype, more)}"


@production(3)
def by_rule(a: Author) -> str:
    shape, dtype = a.pick(SHAPES), a.pick(DTYPES)
    call = a.pick(
        [
            f"zeros({shape}, dtype=torch.{dtype})",
            f"ones({', '.join(map(str, shape)) or '()'})",
            f"full({shape}, {a.scalar()})",
            f"full({shape}, {a.scalar()}, dtype=torch.{dtype})",
            f"arange({a.random.randint(0, 6)})",
            f"arange({a.random.randint(-3, 2)}, {a.random.randint(0, 5)}, {a.pick([1, 2, 0.5, -1])})",
            f"arange({a.random.randint(0, 5)}, dtype=torch.{dtype})",
            f"eye({a.random.randint(0, 4)}, {a.random.randint(1, 4)})",
            f"linspace({a.random.randint(-3, 2)}, {a.random.randint(0, 5)}, {a.random.randint(0, 6)}){ROUNDED}",
            f"tensor({a.nested(shape, dtype)})",
            f"as_tensor({a.nested(shape, dtype)})",
            f"scalar_tensor({a.scalar()})",
            f"from_numpy(np.arange(6.0).reshape(2, 3)[:, ::{a.pick([1, 2])}])",
            f"zeros({shape}, requires_grad={a.chance(0.5)})",
            f"tril_indices({a.random.randint(1, 4)}, {a.random.randint(1, 4)}, {a.random.randint(-1, 1)})",
        ]
    )
    return f"{a.new()} = torch.{call}"


@production(3)
def like_another(a: Author) -> str:
    x, dtype = a.tensor(), a.pick(DTYPES)
    return f"{a.new()} = " + a.pick(
        [
            f"torch.zeros_like({x})",
            f"torch.ones_like({x}, dtype=torch.{dtype})",
            f"torch.full_like({x}, {a.scalar()})",
            f"{x}.new_zeros({a.pick(SHAPES)})",
            f"{x}.new_ones({a.pick(SHAPES)}, requires_grad={a.chance(0.3)})",
            f"{x}.new_full({a.pick(SHAPES)}, {a.scalar()})",
            f"{x}.new_tensor({a.nested((2,), 'float32')})" if is_float(a[x]) else f"{x}.new_tensor([1, 0])",
            f"torch.tensor({x}.tolist())",
            f"torch.as_tensor({x})",
            f"torch.tensor({x}.detach().clone().numpy())",
        ]
    )


@production(2)
def by_chance(a: Author) -> str:
    shape = a.pick(SHAPES)
    call = a.pick(
        [
            f"rand({shape})",
            f"randn({shape})",
            f"randn({shape}, dtype=torch.float64)",
            f"randint({a.random.randint(1, 9)}, {shape})",
            f"randint(-2, 3, {shape}, dtype=torch.{a.pick(DTYPES[:-1])})",
            f"randperm({a.random.randint(0, 6)})",
            f"rand_like({a.tensor(is_float)})",
            f"randn({shape}).uniform_(-1, 1)",
            f"zeros({shape}).normal_(1, 2)",
            f"bernoulli(torch.full({shape}, 0.5))",
        ]
    )
    return f"torch.manual_seed({a.random.randint(0, 99)}); {a.new()} = torch.{call}"


# --- arithmetic ---


@production(6)
def operator(a: Author) -> str:
    x = a.tensor()
    y = a.like(x)
    sign = a.pick("+ - * / + - * // % ** & | ^ @")
    other = a.scalar() if a.chance(0.3) and sign != "@" else y
    left, right = (x, other) if a.chance(0.6) else (other, x)
    rounded = sign in ("**", "@")
    if isinstance(left, bool) and sign == "**":
        left = int(left)  # torch's gradient of True ** x is an internal error
    if isinstance(left, float | int) and left < 0:
        left = f"({left})"
    return f"{a.new()} = {left} {sign} {right}{ROUNDED * rounded}"


@production(3)
def two_operands(a: Author) -> str:
    x = a.tensor()
    y = a.like(x)
    name = a.pick(
        "add sub mul div maximum minimum fmod remainder floor_divide true_divide fmax fmin copysign heaviside gcd "
        "bitwise_and bitwise_or bitwise_xor"
    )
    y = a.signed(y) if name == "copysign" else y
    rounding = a.pick(["", "", ", rounding_mode='floor'", ", rounding_mode='trunc'"]) if name == "div" else ""
    if name in ("add", "sub") and a.chance(0.4):
        return f"{a.new()} = torch.{name}({x}, {y}, alpha={a.pick([2, -1, 0.5])}){ROUNDED}"
    return f"{a.new()} = " + a.pick([f"torch.{name}({x}, {y}{rounding})", f"{x}.{name}({y}{rounding})"])


@production(2)
def two_operands_rounded(a: Author) -> str:
    x = a.tensor()
    y = a.like(x)
    names = "pow atan2 logaddexp hypot dist xlogy float_power logaddexp2"
    kinds = {a[x].dtype, a[y].dtype}
    if kinds & {torch.uint8, torch.bool}:  # which torch negates in the gradient of atan2, and subtracts in the others
        names = "pow hypot dist xlogy float_power"
    if len(kinds) > 1:  # torch computes the gradient of atan2 in the lesser dtype
        names = names.replace("atan2", "hypot")
    name = a.pick(names)
    return f"{a.new()} = torch.{name}({x}, {y}){AS_OPERANDS if name.startswith('log') else ROUNDED}"


@production(2)
def three_operands(a: Author) -> str:
    x = a.tensor(is_float)
    y, z = a.like(x), a.like(x)
    call = a.pick(
        [
            f"lerp({x}, {y}, {z})",
            f"lerp({x}, {y}, 0.5)",
            f"addcmul({x}, {y}, {z}, value=2)",
            f"addcdiv({x}, {y}.to({x}.dtype), {z}.to({x}.dtype))",  # whose gradients torch computes in each one's dtype
        ]
    )
    return f"{a.new()} = torch.{call}{ROUNDED}"


@production(3)
def exact_function(a: Author) -> str:
    x = a.tensor()
    name = a.pick(
        "neg abs relu sign square floor ceil trunc round isnan isinf isfinite logical_not clone frac nan_to_num "
        "bitwise_not signbit isposinf isneginf positive"
    )
    x = a.signed(x) if name == "signbit" else x
    return f"{a.new()} = " + a.pick([f"torch.{name}({x})", f"{x}.{name}()"])


@production(3)
def rounded_function(a: Author) -> str:
    x = a.tensor()
    name = a.pick(
        "exp log sqrt rsqrt reciprocal sigmoid tanh sin cos tan asin acos atan sinh cosh expm1 log1p log2 log10 exp2 "
        "erf asinh acosh atanh deg2rad rad2deg erfc logit"
    )
    return f"{a.new()} = " + a.pick([f"torch.{name}({x})", f"{x}.{name}()"]) + ROUNDED


@production(3)
def activation(a: Author) -> str:
    x = a.tensor(is_float)
    if bool(a[x].detach().isnan().any()):  # torch's gradient there depends on how long the tensor is
        return f"{a.new()} = F.{a.pick(['relu', 'sigmoid', 'tanh', 'silu'])}({x}){AS_OPERANDS}"
    call = a.pick(
        [
            f"relu({x})",
            f"leaky_relu({x}, 0.25)",
            f"elu({x})",
            f"gelu({x})"
            if bool(a[x].isfinite().all())
            else f"gelu({x}.nan_to_num(0, 1, -1))",  # torch's of ∞ may be NaN
            f"silu({x})",
            f"softplus({x})",
            f"logsigmoid({x})",
            f"softmax({x}, dim={a.dim(x)})",
            f"log_softmax({x}, dim={a.dim(x)})",
            f"gelu({x}, approximate='tanh')",
            f"normalize({x}, dim={a.dim(x)})",
            f"hardswish({x})",
            f"hardsigmoid({x})",
            f"celu({x}, 0.5)",
            f"threshold({x}, 0.5, {a.pick([-1, 0, 2])})",
            f"hardshrink({x})",
            f"softshrink({x})",
            f"tanhshrink({x})",
            f"softmin({x}, dim={a.dim(x)})",
        ]
    )
    return f"{a.new()} = F.{call}{AS_OPERANDS}"


@production(2)
def normalized(a: Author) -> str | None:
    x = a.tensor(is_float, of_ndim(2, 3))
    shape = tuple(a[x].shape)
    if not is_float(a[x]) or not a[x].numel() or len(shape) < 2:
        return None
    kind = str(a[x].dtype).removeprefix("torch.")
    channels = shape[1] if len(shape) > 1 else 1

    def finite(size: int) -> str:
        return f"torch.tensor({[a.random.randint(-4, 4) / 2 for _ in range(size)]}, dtype=torch.{kind})"

    weight, bias, last = finite(channels), finite(channels), finite(shape[-1])
    running = f"torch.zeros({channels}, dtype=torch.{kind}), torch.ones({channels}, dtype=torch.{kind})"
    call = a.pick(
        [
            f"layer_norm({x}, {shape[-1:]}, {last})",
            f"layer_norm({x}, {shape[-2:]})",
            f"rms_norm({x}, {shape[-1:]}, {last})",
            f"group_norm({x}, 1, {weight}, {bias})",
            f"group_norm({x}, {channels})",
            f"instance_norm({x})",
            f"batch_norm({x}, {running}, {weight}, {bias})",
            f"batch_norm({x}, {running}, training=True)",
        ]
    )
    return f"{a.new()} = F.{call}{AS_OPERANDS}"


@production(2)
def clamped(a: Author) -> str:
    x = a.tensor()
    low, high = a.pick([None, -1, 0, 0.5, -1.5]), a.pick([None, 1, 2, 1.5, 0])
    call = a.pick([f"clamp({low}, {high})", f"clamp(min={low})", f"clamp(max={high})", f"clamp(max={a.like(x)})"])
    return f"{a.new()} = {x}.{call}"


@production(3)
def comparison(a: Author) -> str:
    x = a.tensor()
    other = a.scalar() if a.chance(0.4) else a.like(x)
    if a.chance(0.3):
        y = a.like(x)
        name = a.pick("isclose allclose equal logical_and logical_or logical_xor eq ne lt le gt ge")
        return f"{a.new()} = torch.{name}({x}, {y})"
    return f"{a.new()} = {x} {a.pick('< <= > >= == !=')} {other}"


@production(2)
def chosen(a: Author) -> str:
    x = a.tensor()
    y = a.like(x)
    condition = a.pick([f"{x} > 0", f"{x} == {x}", a.like(x, tests=[lambda t: t.dtype == torch.bool])])
    other = a.pick([y, y, a.scalar()])
    return f"{a.new()} = " + a.pick(
        [
            f"torch.where({condition}, {x}, {other})",
            f"{x}.where({condition}, {other})",
            f"{x}.masked_fill({condition}, {a.scalar()})",
        ]
    )


@production(3)
def converted(a: Author) -> str | None:
    x, dtype = a.tensor(), a.pick(DTYPES)
    values = a[x].detach()
    if is_float(values) and dtype in INTEGERS:  # C leaves open what becomes of a number that does not fit
        if not bool(torch.isfinite(values).all()) or (values.numel() and float(values.abs().max()) > 100):
            return None
        if dtype == "uint8" and bool((values < 0).any()):
            return None
    method = {"float32": "float()", "float64": "double()", "int64": "long()", "bool": "bool()", "float16": "half()"}
    call = a.pick([f"to(torch.{dtype})", method.get(dtype, f"to(dtype=torch.{dtype})"), f"type(torch.{dtype})"])
    return f"{a.new()} = {x}.{call}"


# --- indexing and views ---


@production(6)
def read(a: Author) -> str:
    x = a.tensor()
    index = a.basic_index(x) if a.chance(0.6) else a.array_index(x)
    return f"{a.new()} = {x}[{index}]"


@production(5)
def written(a: Author) -> str | None:
    x = a.tensor()
    index = a.basic_index(x) if a.chance(0.6) else a.array_index(x)
    target: Any = None
    numbered = torch.arange(a[x].numel()).reshape(a[x].shape)
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target = eval(f"numbered[{index}]", {**a.guide.names, "numbered": numbered})
    if target is not None and target.unique().numel() < target.numel():
        return None  # which of two numbers written to one place stays is not defined
    value = a.scalar()
    if a.chance(0.6):
        shape = tuple(target.shape) if target is not None else ()
        # What an expanded tensor repeats is not written into it: NumPy does not keep which of its parts are whole.
        repeats = any(stride == 0 for stride in a[x].stride())
        value = a.tensor(lambda t: broadcasts_to(tuple(t.shape), shape))
        if repeats and np.shares_memory(array(a[x]), array(a[value])):
            return None
    sign = a.pick(["=", "=", "=", "+=", "*=", "-="])
    if sign != "=" and target is not None and target.shape == a[x].shape and a[x]._is_view():
        return None  # torch takes a view for a leaf until its grad_fn is asked for, as after any other line
    return a.unrecorded(f"{x}[{index}] {sign} {value}")


def broadcasts_to(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    try:
        return tuple(torch.broadcast_shapes(shape, target)) == target
    except RuntimeError:
        return False


@production(7)
def view(a: Author) -> str:
    x = a.tensor()
    shape = list(a[x].shape)
    other = a.random.sample(shape, len(shape))
    order = a.random.sample(range(len(shape)), len(shape))
    call = a.pick(
        [
            "t()",
            "T",
            "mT",
            f"transpose({a.dim(x)}, {a.dim(x)})",
            f"swapaxes({a.dim(x)}, {a.dim(x)})",
            f"permute({order})",
            f"movedim({a.dim(x)}, {a.dim(x)})",
            "view(-1)",
            f"view({tuple(other)})",
            "reshape(-1)",
            f"reshape({tuple(other)})",
            f"reshape({a.pick([1, 2, 3])}, -1)",
            "flatten()",
            f"flatten({a.dim(x)}, {a.dim(x)})",
            "ravel()",
            "squeeze()",
            f"squeeze({a.dim(x)})",
            f"unsqueeze({a.dim(x)})",
            f"expand(2, {', '.join(map(str, shape)) or '1'})",
            f"expand({', '.join(str(3 if size == 1 else -1) for size in shape) or '2'})",
            f"expand_as({a.like(x)})",
            f"broadcast_to({(2, *shape)})",
            f"diagonal({a.pick([0, 1, -1])})",
            f"narrow({a.dim(x)}, {a.pick([0, 1])}, {a.pick([1, 2])})",
            f"select({a.dim(x)}, {a.pick([0, -1, 1])})",
            "contiguous()",
            "detach()",
            "data",
            f"unflatten({a.dim(x)}, ({a.pick([1, 2, -1])}, -1))",
            f"view_as({a.tensor()})",
            f"reshape_as({a.tensor()})",
            f"swapdims({a.dim(x)}, 0)",
            f"squeeze({a.dims(x)})",
            f"permute(*{order})",
            f"movedim({a.dims(x)}, {a.dims(x)})",
        ]
    )
    return a.unrecorded(f"{a.new()} = {x}.{call}")


@production(2)
def parts(a: Author) -> str:
    x = a.tensor()
    dim = a.dim(x)
    call = a.pick(
        [
            f"split({a.pick([1, 2, 3])}, {dim})",
            f"chunk({a.pick([1, 2, 3])}, {dim})",
            f"unbind({dim})",
            f"split([1, {a.pick([0, 1, 2])}], dim={dim})",
            f"tensor_split(2, {dim})",
            f"tensor_split((1, {a.pick([0, 1, 2])}), {dim})",
        ]
    )
    return f"{a.new()} = {x}.{call}[{a.pick([0, -1])}]"


@production(3)
def rearranged(a: Author) -> str:
    x = a.tensor(is_small)
    dim = a.dim(x)
    call = a.pick(
        [
            f"flip({dim})",
            f"flip({a.dims(x)})",
            f"roll({a.pick([1, -1, 2])}, {dim})",
            f"roll({a.pick([1, -2])})",
            f"repeat({', '.join(['2', *['1'] * (a[x].ndim - 1)])})",
            f"tile((2,{' 1' * bool(a[x].ndim)}))",
            f"repeat_interleave(2, {dim})",
            "repeat_interleave(2)",
            f"rot90(1, ({a.dim(x)}, {a.dim(x)}))",
            f"tril({a.pick([0, 1, -1])})",
            f"triu({a.pick([0, 1, -1])})",
            "diag()",
            f"diag_embed({a.pick([0, 1])})",
            f"index_select({dim}, torch.tensor({a.positions(2, 2)}))",
            f"take(torch.tensor({a.positions(2, 3)}))",
            f"masked_select({x} > 0)",
            "nonzero()",
            "argwhere()",
            "unique()",
            f"gather({dim}, torch.zeros({[min(size, 1) for size in a[x].shape]}, dtype=torch.int64))",
            f"sort(dim={dim}, stable=True)[0]",
            f"sort(dim={dim}, descending=True, stable=True)[1]",
            f"argsort(dim={dim}, stable=True)",
            f"diff(dim={dim})",
            "unique_consecutive()",
            f"nanmedian({dim})[0]",
            "combinations()" if a[x].ndim == 1 else "flatten()",
        ]
    )
    return f"{a.new()} = {x}.{call}"


@production(3)
def picked(a: Author) -> str:
    """Elements taken or added by random positions."""
    x = a.tensor(is_small, lambda t: t.ndim)
    dim = a.dim(x)
    shape = list(a[x].shape)
    size = shape[dim] if -len(shape) <= dim < len(shape) else 1
    some = [a.random.randint(0, max(size - 1, 0)) for _ in range(2)]
    chosen = [a.random.randint(1, one) if one else 0 for one in shape]
    grid = a.random.choices(range(max(size, 1)), k=torch.Size(chosen).numel())
    index = f"torch.tensor({grid}, dtype=torch.int64).reshape({chosen})"
    source = a.literal([2 if place == dim % max(len(shape), 1) else one for place, one in enumerate(shape)], "float32")
    kind = f".to({x}.dtype)"
    return f"{a.new()} = " + a.pick(
        [
            f"{x}.gather({dim}, {index})",
            f"torch.take_along_dim({x}, {index}, {dim})",
            f"{x}.scatter({dim}, {index}, {a.scalar()})",
            f"{x}.scatter_add({dim}, {index}, {a.literal(chosen, 'float32')}{kind}){ROUNDED}",
            f"{x}.index_add({dim}, torch.tensor({some}), {source}{kind}){ROUNDED}",
            f"F.embedding(torch.tensor({some}), {x})",
            f"F.one_hot(torch.tensor({some}), {a.pick([-1, size, size + 1])})",
            f"torch.bincount(torch.tensor({some}))",
            f"torch.searchsorted(torch.tensor([-1.0, 0.0, 1.5]), {x})",
            f"torch.bucketize({x}, torch.tensor([-1.0, 0.0, 1.5]), right=True)",
            f"torch.isin({x}, torch.tensor([0, 1]))",
            f"{x}.index_select({dim}, torch.tensor({some}))",
        ]
    )


@production(3)
def joined(a: Author) -> str:
    x = a.tensor(is_small)
    same = a.tensor(is_small, lambda t: t.ndim == a[x].ndim and t.shape[1:] == a[x].shape[1:])
    twin = a.tensor(is_small, lambda t: t.shape == a[x].shape)
    return f"{a.new()} = " + a.pick(
        [
            f"torch.cat([{x}, {same}])",
            f"torch.cat(({x}, {same}), dim={a.dim(x)})",
            f"torch.concat([{x}, {x}], {a.dim(x)})",
            f"torch.stack([{x}, {twin}])",
            f"torch.stack([{x}, {twin}], dim={a.dim(x)})",
            f"torch.hstack([{x}, {twin}])",
            f"torch.vstack([{x}, {twin}])",
            f"torch.column_stack([{x}, {twin}])",
            f"torch.dstack([{x}, {twin}])",
            f"torch.cat([{x}, {twin}, {same}], {a.dim(x)})",
            f"torch.stack(({x}, {twin}, {x}), -1)",
            f"torch.cat([{x}, {same}.to(torch.{a.pick(DTYPES)})])",
            f"torch.cat([{x}, {x}], {a.dim(x)}).chunk(2, {a.dim(x)})[-1]",
            f"torch.hstack(({x}, {twin})).split(2)[0]",
            f"torch.vstack(({x}, {twin})).unbind()[0]",
            f"F.pad({x}, ({a.pick([0, 1])}, 1), value={a.pick([0, 2])})",
            f"F.pad({x}, (1, {a.pick([0, 1, -1])}), mode='{a.pick(['reflect', 'replicate'])}')",
            f"F.pad({x}, (1, {a.pick([0, 1])}), mode='circular')",  # which torch fills from unwritten memory after −1
            f"torch.block_diag({x}, {same})" if a[x].numel() and a[same].numel() else f"torch.atleast_3d({x})",
            f"torch.row_stack([{x}, {twin}])",
            f"torch.atleast_2d({x})",
            f"torch.cat([{x}.t(), {twin}.t()])",
            f"torch.cat([{x}[:0], {same}, {x}.to(torch.{a.pick(DTYPES)})])",
            f"torch.stack([{x}.to(torch.{a.pick(DTYPES)}), {twin}], {a.dim(x)})",
            f"torch.kron({x}, {a.tensor(lambda t: t.numel() < 4)})",
            f"torch.broadcast_tensors({x}, {a.like(x)})[{a.pick([0, 1])}]",
            f"torch.meshgrid({x}, {same}, indexing='{a.pick(['ij', 'xy'])}')[{a.pick([0, 1])}]",
        ]
    )


# --- in place ---


@production(6)
def in_place(a: Author) -> str:
    x = a.tensor()
    y = a.tensor(lambda t: broadcasts_to(tuple(t.shape), tuple(a[x].shape)))
    other = a.pick([y, y, a.scalar()])
    call = a.pick(
        [
            f"add_({other})",
            f"sub_({other})",
            f"mul_({other})",
            f"div_({other})",
            "zero_()",
            f"fill_({a.scalar()})",
            "neg_()",
            "abs_()",
            "relu_()",
            "square_()",
            "floor_()",
            "sign_()",
            "clamp_(-1, 1)",
            f"copy_({y})",
            f"masked_fill_({x} > 0, {a.scalar()})",
            f"remainder_({other})",
            "t_()",
            f"transpose_({a.dim(x)}, {a.dim(x)})",
            f"unsqueeze_({a.dim(x)})",
            "squeeze_()",
            "detach_()",
            f"requires_grad_({a.pick(['', 'False', 'True'])})",
            f"index_add_({a.dim(x)}, torch.tensor([0]), {x}.narrow({a.dim(x)}, 0, 1).detach().clone())",
            f"scatter_({a.dim(x)}, torch.zeros({[min(size, 1) for size in a[x].shape]}, dtype=torch.int64), 2)",
        ]
    )
    return a.unrecorded(f"{x}.{call}")


@production(3)
def in_place_further(a: Author) -> str:
    """The same, of what is used less often."""
    x = a.tensor()
    y = a.tensor(lambda t: broadcasts_to(tuple(t.shape), tuple(a[x].shape)))
    other = a.pick([y, y, a.scalar()])
    call = a.pick(
        [
            f"fmod_({other})",
            f"floor_divide_({other})",
            f"bitwise_and_({y})",
            f"bitwise_xor_({y})",
            f"logical_and_({y})",
            "logical_not_()",
            f"eq_({other})",
            f"ne_({other})",
            f"lt_({other})",
            f"clamp_min_({a.scalar()})",
            "nan_to_num_()",
            "trunc_()",
            "ceil_()",
            "round_()",
            "frac_()",
            f"copysign_({a.signed(other)})",
            f"squeeze_({a.dim(x)})",
            f"swapdims_({a.dim(x)}, {a.dim(x)})",
            f"div_({other}, rounding_mode='{a.pick(['floor', 'trunc'])}')",
            f"masked_fill_({x} != {a.scalar()}, {a.scalar()})",
            f"add_({y}, alpha={a.pick([2, -1])})",
            f"copy_({y}.t())" if a[x].is_contiguous() else f"copy_({y})",  # which torch may read as it is written
        ]
    )
    return a.unrecorded(f"{x}.{call}")


@production(2)
def in_place_rounded(a: Author) -> str:
    x = a.tensor(is_float)
    y = a.tensor(lambda t: broadcasts_to(tuple(t.shape), tuple(a[x].shape)))
    call = a.pick(
        "exp_() sqrt_() tanh_() sigmoid_() reciprocal_() pow_(2) log_() sin_() erf_() rsqrt_() log1p_() expm1_() cos_()"
    )
    further = [
        f"lerp_({y}, 0.5)",
        f"addcmul_({y}, {y}, value=2)",
        f"add_({y}, alpha=0.5)",
        f"addcdiv_({y}, {y}.to({x}.dtype))",
    ]
    call = a.pick([call, call, *further, f"hypot_({y})", f"pow_({y})"])
    return a.unrecorded(f"{x}.{call}") + ROUNDED


@production(4)
def augmented(a: Author) -> str:
    x = a.tensor()
    y = a.tensor(lambda t: broadcasts_to(tuple(t.shape), tuple(a[x].shape)))
    sign = a.pick("+= -= *= /= //= %= **= &= |=")
    return a.unrecorded(f"{x} {sign} {a.pick([y, y, a.scalar()])}") + ROUNDED * (sign == "**=")


@production(1)
def out_given(a: Author) -> str:
    x, y = a.tensor(), a.tensor()
    if a[x] is a[y] or a.chance(0.5):  # of itself torch writes a sum before it reads
        call = f"{a.pick('add mul sub maximum')}({x}, {a.like(x)}"
        return a.unrecorded(f"torch.{call}, out={room(a, call, y)})")
    call = a.pick(
        [
            f"abs({x}",
            f"neg({x}",
            f"sum({x}, {a.dim(x)}",
            f"cat([{x}, {x}], {a.dim(x)}",
            f"eq({x}, {a.like(x)}",
            f"clamp({x}, -1, 1",
            f"amax({x}, {a.dim(x)}",
            f"where({x} > 0, {x}, {a.like(x)}",
            f"index_select({x}, {a.dim(x)}, torch.tensor([0])",
        ]
    )
    return a.unrecorded(f"torch.{call}, out={room(a, call, y)})") + ROUNDED * call.startswith("sum")


def room(a: Author, call: str, y: str) -> str:
    """The tensor y, or a new one where the result would resize a tensor past torch's tape, which looks at its shape."""
    if a[y].requires_grad:
        with contextlib.suppress(Exception), torch.no_grad():
            if eval(f"torch.{call})", dict(a.guide.names)).shape != a[y].shape:
                return "torch.empty(0)"
    return y


@production(4)
def through_view(a: Author) -> str:
    """A part of a tensor overwritten, by way of a view that has no name."""
    x = a.tensor(lambda t: t.ndim)
    view = a.pick(
        [
            f"[{a.basic_index(x)}]",
            ".t()",
            ".T",
            ".view(-1)",
            f".select({a.dim(x)}, 0)",
            f".narrow({a.dim(x)}, 0, 1)",
            ".diagonal()",
            f".unbind({a.dim(x)})[0]",
            f".split(1, {a.dim(x)})[-1]",
            f".transpose({a.dim(x)}, {a.dim(x)})",
            f".unsqueeze({a.dim(x)})",
            ".squeeze()",
            ".detach()",
            ".flatten()",
        ]
    )
    y = a.tensor(lambda t: t.numel() == 1 or t.shape == a[x].shape[1:])
    change = a.pick(
        [
            f".add_({a.scalar()})",
            f".mul_({y})",
            ".zero_()",
            ".neg_()",
            f".copy_({y})",
            f".fill_({a.scalar()})",
            f".masked_fill_({x} > 0, {a.scalar()})",
            "[..., 0] = 2",
            "[0] *= 2",
            f"[0] = {y}",
            ".relu_()",
            f".clamp_(max={a.scalar()})",
            f".sub_({y}, alpha=2)",
            f".eq_({a.scalar()})",
            f".index_fill_(0, torch.tensor([0]), {a.scalar()})",
            f"[torch.tensor([0])] = {a.scalar()}",
            f"[[0]] += {a.scalar()}",
            f"[{x} > 0] = {a.scalar()}",
            f".squeeze().add_({a.scalar()})",
        ]
    )
    return a.unrecorded(f"{x}{view}{change}")


@production(3)
def written_at(a: Author) -> str:
    """Elements written where a mask or several arrays say, perhaps in a part of a tensor."""
    x = a.tensor(is_small, lambda t: t.ndim)
    part = a.pick(["", "", f"[{a.basic_index(x)}]", ".T", ".view(-1)", f".select({a.dim(x)}, 0)"])
    shape: tuple[int, ...] = ()
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shape = tuple(eval(f"{x}{part}.shape", dict(a.guide.names)))
    dtype = str(a[x].dtype).removeprefix("torch.")
    mask = a.nested(shape, "bool")
    count = int(torch.tensor(mask).sum())
    rows = [a.random.sample(range(size), min(size, 2)) for size in shape]
    places = ", ".join(str(one[: min(map(len, rows))]) for one in rows) or "..."
    kind = f", dtype=torch.{dtype}"
    call = a.pick(
        [
            f"[torch.tensor({mask})] = torch.tensor({[a.number(dtype) for _ in range(count)]}{kind})",
            f"[torch.tensor({mask})] {a.pick(['=', '+=', '*='])} {a.scalar()}",
            f"[torch.tensor({mask})] = {a.tensor(of_ndim(0, 1))}",
            f"[{places}] {a.pick(['=', '+=', '-='])} {a.scalar()}",
            f"[{places}] = {a.tensor(of_ndim(0, 1))}",
            f"[..., {rows[-1] if rows else 0}] *= {a.scalar()}",
            f".masked_fill_(torch.tensor({mask}), {a.scalar()})",
            f".index_put_((torch.tensor({mask}),), torch.tensor({a.number(dtype)}{kind}))",
        ]
    )
    return a.unrecorded(f"{x}{part}{call}")


@production(2)
def put(a: Author) -> str:
    """Elements and slices put at positions, in place."""
    x = a.tensor(is_small, lambda t: t.ndim)
    dim = a.dim(x)
    size = a[x].shape[0] if a[x].ndim else 1
    rows = a.positions(size, 2)
    values = a.literal(a[x].shape[1:], "float32") + f".to({x}.dtype)"
    grid = f"torch.zeros({[min(one, 1) for one in a[x].shape]}, dtype=torch.int64)"
    call = a.pick(
        [
            f"index_fill_({dim}, torch.tensor([0]), {a.scalar()})",
            f"index_put_((torch.tensor({sorted(set(rows))}),), {values})",
            f"index_put_((torch.tensor({rows}),), {values}, accumulate=True)",
            f"masked_fill_({x} != 0, {a.tensor(of_ndim(0))})",
            f"scatter_({dim}, {grid}, 3, reduce='{a.pick(['add', 'multiply'])}')",
            f"scatter_add_({dim}, {grid}, {x}.detach().clone())",
            f"tril_({a.pick([0, -1])})",
            f"triu_({a.pick([0, 1])})",
            f"{a.pick(['cumsum_', 'cumprod_'])}({dim})" if a[x].dtype != torch.bool else "logical_not_()",
            f"swapaxes_({dim}, 0)",
            f"ge_({a.like(x)})",
        ]
    )
    return a.unrecorded(f"{x}.{call}") + ROUNDED


# --- reductions and products ---


@production(5)
def reduction(a: Author) -> str:
    x = a.tensor()
    dim, dims = a.dim(x), a.dims(x)
    keep = a.pick(["", ", keepdim=True"])
    name = a.pick("sum mean sum amax amin")
    rounded = a.pick(
        [
            f"{name}()",
            f"{name}({dim}{keep})",
            f"{name}({dims}{keep})",
            f"sum({dim}, dtype=torch.{a.pick(DTYPES)})",
            f"prod({dim}{keep})",
            "prod()",
            f"var({dim}{keep})",
            f"var({dim}, correction=0)",
            "std()",
            f"std({dims}{keep})",
            f"cumsum({dim})",
            f"cumprod({dim})",
            f"logsumexp({dim}{keep})",
            "norm()",
            f"norm(dim={dim}{keep})",
            f"norm({a.pick([1, 2, 3])}, dim={dim})",
            "nansum()",
            f"var({dims}, correction={a.pick([0, 2])}{keep})",
            f"prod(dtype=torch.{a.pick(DTYPES)})",
            f"mean({dims}, dtype=torch.{a.pick(FLOATS)})",
            f"cumsum({dim}, dtype=torch.{a.pick(DTYPES[:-1])})",
            f"norm(float('inf'), dim={dims})",
            f"quantile(0.5, {dim})",
            f"nanmean({dim})",
            "trace()",
            f"nansum({dim}{keep})",
            "mean()",
        ]
    )
    return f"{a.new()} = {x}.{rounded}{ROUNDED}"


@production(3)
def exact_reduction(a: Author) -> str:
    x = a.tensor()
    dim = a.dim(x)
    keep = a.pick(["", ", keepdim=True"])
    call = a.pick(
        [
            "max()",
            "min()",
            f"amax({dim}{keep})",
            f"amin({a.dims(x)}{keep})",
            "argmax()",
            f"argmax({dim}{keep})",
            f"argmin({dim}{keep})",
            "any()",
            "all()",
            f"any({dim}{keep})",
            f"all({dim}{keep})",
            "count_nonzero()",
            f"count_nonzero({dim})",
            "median()",
            f"max({dim}{keep})[0]",
            f"min({dim}{keep})[1]",
            f"max({a.like(x)})",
            # torch's gradient of nothing is the operand itself, to which it then adds others.
            f"cummax({dim})[0]" if a[x].numel() else "any()",
            f"topk(1, {dim})[0]",
            f"kthvalue(1, {dim})[0]",
            f"median({dim}{keep})[0]",
            f"mode({dim}{keep})[0]",
            f"cummin({dim})[1]",
            f"topk(1, {dim}, largest=False)[0]",
            f"aminmax(dim={dim})[1]",
            f"min({a.tensor()})",
        ]
    )
    return f"{a.new()} = {x}.{call}"


@production(2)
def both_results(a: Author) -> str:
    x = a.tensor()
    call = a.pick([f"max({a.dim(x)})", f"min({a.dim(x)}, keepdim=True)", f"sort(dim={a.dim(x)}, stable=True)"])
    return f"{a.pair()} = {x}.{call}"


@production(3)
def product(a: Author) -> str:
    x = a.tensor(lambda t: t.ndim in (1, 2, 3))
    size = a[x].shape[-1] if a[x].ndim else 1
    y = a.tensor(lambda t: t.ndim and t.shape[max(t.ndim - 2, 0)] == size and t.dtype == a[x].dtype)
    w = a.tensor(lambda t: t.ndim == 2 and t.shape[-1] == size and t.dtype == a[x].dtype)
    call = a.pick(
        [
            f"{x} @ {y}",
            f"torch.matmul({x}, {y})",
            f"torch.mm({x}, {y})",
            f"torch.mv({x}, {y})",
            f"torch.dot({x}, {y})",
            f"torch.outer({x}, {y})",
            f"torch.bmm({x}, {y})",
            f"F.linear({x}, {w})",
            f"F.linear({x}, {w}, {a.tensor(of_ndim(0, 1))})",
            f"torch.einsum('ij,jk->ik', {x}, {y})",
            f"torch.einsum('...i->...', {x})",
            f"torch.inner({x}, {w})",
            f"torch.tensordot({x}, {y}, 1)",
            f"torch.addmm({a.tensor()}, {x}, {y})",
        ]
    )
    return f"{a.new()} = {call}{ROUNDED}"


@production(3)
def loss(a: Author) -> str:
    x = a.tensor(is_float)
    y = a.tensor(lambda t: t.shape == a[x].shape and t.dtype == a[x].dtype)
    reduction = a.pick(["", ", reduction='sum'", ", reduction='none'"])
    shape = a[x].shape
    classes = shape[1] if len(shape) > 1 else (shape[0] if shape else 1)
    rows = shape[:1] + shape[2:] if len(shape) > 1 else ()
    labels = [a.random.randrange(max(classes, 1)) for _ in range(int(torch.tensor(rows).prod()) if rows else 1)]
    target = f"torch.tensor({labels}).reshape({tuple(rows)})"
    call = a.pick(
        [
            f"mse_loss({x}, {y}{reduction})",
            f"l1_loss({x}, {y}{reduction})",
            f"smooth_l1_loss({x}, {y}{reduction})",
            f"huber_loss({x}, {y}{reduction}, delta=0.5)",
            f"binary_cross_entropy_with_logits({x}, ({y} > 0).to({x}.dtype){reduction})",
            f"binary_cross_entropy({x}.sigmoid(), ({y} > 0).to({x}.dtype){reduction})",
            f"cross_entropy({x}, {target}{reduction})",
            f"nll_loss({x}, {target}{reduction})",
            f"cross_entropy({x}, {target}{reduction}, label_smoothing=0.25)",
            f"layer_norm({x}, {tuple(shape[-1:])})",
        ]
    )
    positive = f"{y}.detach().abs().clamp(max=9)"
    further = a.pick(
        [
            f"cross_entropy({x}, {target}{reduction}, weight=torch.ones({classes}, dtype={x}.dtype) * 2)",
            f"cross_entropy({x}, {target}{reduction}, ignore_index=0)",
            f"cross_entropy({x}, {y}.softmax(-1){reduction})",
            f"nll_loss({x}, {target}{reduction}, ignore_index=1)",
            f"kl_div({x}, {y}.sigmoid(){reduction})",
            f"kl_div({x}, {y}, log_target=True{reduction})",
            f"soft_margin_loss({x}, {y}.sign(){reduction})",
            f"margin_ranking_loss({x}, {y}, {y}.sign(){reduction})",
            f"hinge_embedding_loss({x}, {y}.sign(){reduction})",
            f"poisson_nll_loss({x}, {y}{reduction})",
            f"gaussian_nll_loss({x}, {y}, {x}.detach().abs() + 1{reduction})",
            f"mse_loss({x}, {y}{reduction}, weight={y}.detach().abs())",
            f"binary_cross_entropy_with_logits({x}, {y}.sigmoid().detach(), pos_weight={positive}{reduction})",
            f"cosine_similarity({x}, {y}, dim={a.dim(x)})",
            f"pairwise_distance({x}, {y})",
            f"glu({x}, {a.dim(x)})",
            f"hardtanh({x}.nan_to_num())",
            f"relu6({x}.nan_to_num())",
            f"mish({x})",
            f"selu({x}.nan_to_num())",
            f"softsign({x})",
            f"multi_margin_loss({x}, {target}{reduction})" if a[x].numel() else f"relu6({x}.nan_to_num())",
            f"triplet_margin_loss({x}, {y}, {x}.detach() + 1{reduction})",
            f"multilabel_soft_margin_loss({x}, ({y} > 0).to({x}.dtype){reduction})",
            f"cosine_embedding_loss({x}, {y}, torch.ones({list(shape[:1])}){reduction})",
            f"smooth_l1_loss({x}, {y}{reduction}, beta={a.pick([0, 0.5])})",
            f"cross_entropy({x}, {target}{reduction}, label_smoothing=0.5, ignore_index=1)",
            f"cross_entropy({x}, {y}.softmax(0){reduction}, label_smoothing=0.25)",
        ]
    )
    return f"{a.new()} = F.{further if is_float(a[x]) and a.chance(0.5) else call}{AS_OPERANDS}"


@production(2)
def slid(a: Author) -> str | None:
    """Windows that slide over the last dimension: products, extremes, means, and other sizes."""
    x = a.tensor(is_float, of_ndim(3))
    shape = tuple(a[x].shape)
    kind = str(a[x].dtype).removeprefix("torch.")
    if not is_float(a[x]) or kind == "float16" or not a[x].numel() or len(shape) != 3:
        return None
    weight = [[[a.random.randint(-2, 2) / 2 for _ in range(2)] for _ in range(shape[-2])] for _ in range(2)]
    kernel = f"torch.tensor({weight}, dtype=torch.{kind})"
    call = a.pick(
        [
            f"conv1d({x}.contiguous(), {kernel}, padding={a.pick([0, 1])})",
            f"conv1d({x}.contiguous(), {kernel}, {x}.detach().reshape(-1)[:2], stride=2, padding=1)",
            f"conv_transpose1d({x}.contiguous(), {kernel})",
            f"max_pool1d({x}.contiguous(), {a.pick([1, 2])})",
            f"avg_pool1d({x}.contiguous(), {a.pick([1, 2])}, padding={a.pick([0, 1])})",
            f"adaptive_avg_pool1d({x}.contiguous(), {a.pick([1, 2])})",
            f"adaptive_max_pool1d({x}.contiguous(), {a.pick([1, 2])})",
            f"interpolate({x}.contiguous(), scale_factor=2, mode='{a.pick(['nearest', 'linear', 'area'])}')",
            f"max_pool2d({x}.contiguous()[None], {a.pick([1, (1, 2)])})",
            f"unfold({x}.contiguous()[None, None].flatten(1, -3), (1, {a.pick([1, 2])}))",
        ]
    )
    return f"{a.new()} = F.{call}{AS_OPERANDS}"


@production(2)
def solved(a: Author) -> str | None:
    """Linear algebra of a matrix that is far from singular, and distances."""
    x = a.tensor(is_float, of_ndim(2), lambda t: t.dtype != torch.float16 and t.numel())
    if a[x].ndim != 2 or not a[x].numel() or not bool(a[x].isfinite().all()):
        return None
    y = a.tensor(of_ndim(2), lambda t: t.dtype == a[x].dtype and t.shape[-1:] == a[x].shape[-1:])
    square = f"({x} @ {x}.mT + 4 * torch.eye({x}.shape[0], dtype={x}.dtype))"
    call = a.pick(
        [
            f"linalg.inv({square})",
            f"linalg.det({square})",
            f"linalg.solve({square}, {x})",
            f"linalg.cholesky({square})",
            f"linalg.matrix_power({square}, {a.pick([0, 2, -1])})",
            f"linalg.slogdet({square})[1]",
            f"linalg.vector_norm({x}, {a.pick([1, 2, 3])})",
            f"linalg.matrix_norm({x}, {a.pick([1, 'inf', repr('fro')])})",
            f"linalg.solve_triangular({square}.tril(), {x}, upper=False)",
            f"cdist({x}, {y}, p={a.pick([1.0, 2.0])})",
            f"addmv({x}.sum(1), {x}, {x}[0])",
            f"addr({x}, {x}[:, 0], {x}[0])",
            f"baddbmm({x}[None], {square}[None], {x}[None], beta=0.5)",
            f"vdot({x}.flatten(), {x}.flatten())",
            f"cov({x})",
        ]
    )
    return f"{a.new()} = torch.{call}{AS_OPERANDS}"


@production(2)
def further_function(a: Author) -> str:
    x = a.tensor(is_small)
    dim = a.dim(x)
    size = a[x].shape[dim] if -a[x].ndim <= dim < a[x].ndim else 1
    call = a.pick(
        [
            f"torch.{a.pick('erfinv lgamma angle special.entr special.expit special.ndtr')}({x})",
            f"torch.sgn({x}.detach())",  # whose gradient in torch is memory that was never allocated
            f"torch.std_mean({x}, {dim})[0]",
            f"torch.var_mean({x})[0]",
            f"torch.{a.pick(['bitwise_left_shift', 'bitwise_right_shift'])}({x}, {a.pick([0, 1, 2])})",
            f"torch.{a.pick('ldexp float_power')}({x}, {a.like(x)}.double())",  # for torch's 2⁻¹ may be 0
            f"{x}.index_copy({dim}, torch.tensor([0]), {x}.narrow({dim}, 0, 1))",
            f"{x}.masked_scatter({x} > 0, {x}.flatten())",
            f"{x}.clone().select_scatter({x}.select({dim}, 0), {dim}, -1)",
            f"{x}.clone().slice_scatter({x}.narrow({dim}, 0, 1), {dim}, 0, 1)",
            f"{x}.unfold({dim}, {a.pick([1, 2])}, 1)",
            f"{x}.renorm(2, {dim}, 1.5)",
            f"{x}.sum_to_size({[1] * a[x].ndim})",
            f"{x}.cumsum({dim}).flip({dim}).clamp(min={a.like(x)})",
            f"torch.histc({x}, 3, -1, 2)",
            f"torch.trapezoid({x}, dim={dim})",
            f"torch.gradient({x}, dim={dim})[0]" if size > 1 else f"torch.fliplr({x})",
            f"torch.cross({x}, {a.like(x)}, dim={dim})",
            f"torch.as_strided({x}.contiguous(), ({min(a[x].numel(), 2)},), (1,))",
            f"F.prelu({x}, torch.tensor([0.25], dtype={x}.dtype))",
            f"F.embedding_bag(torch.tensor([[0, 0]]), {x}, mode='{a.pick(['sum', 'mean', 'max'])}')",
        ]
    )
    return f"{a.new()} = {call}{AS_OPERANDS}"


# --- the tape ---


@production(2)
def twice(a: Author) -> str | None:
    """A gradient of a gradient, and what hooks make of gradients."""
    x = a.tensor(is_float, lambda t: t.requires_grad and not t.is_leaf and t.numel() and t.dtype != torch.float16)
    leaves = [n for n, t in a.usable().items() if t.is_leaf and t.requires_grad and t.numel()]
    if not a[x].requires_grad or not leaves or not a[x].numel() or a[x].dtype == torch.float16:
        return None
    # The second derivative of the one torch computes in another place, 10⁻¹² beside it, of the other in another shape.
    unlike = any("binary_cross_entropy(" in line or ".data = " in line for line in a.lines)
    if unlike or not bool(a[x].isfinite().all()):
        return None
    y = a.pick(leaves)
    if a.chance(0.3):
        return f"{a.new()} = str({x}.register_hook(lambda g: g * {a.pick([2, 0.5])}))[:0]"
    slope = f"torch.autograd.grad({x}.square().sum(), {y}, create_graph=True, allow_unused=True)[0]"
    again = f"torch.autograd.grad({slope}.square().sum(), {y}, allow_unused=True, retain_graph=True)[0]"
    if "is not implemented" in str(a.guide.execute(again)):  # as torch has no second derivative of some functions
        return None
    return f"{a.new()} = {again}{ROUNDED}"


@production(6)
def backward(a: Author) -> str:
    x = a.tensor(is_float, lambda t: t.requires_grad and not t.is_leaf)
    y = a[x]
    retain = a.pick(["retain_graph=True", "retain_graph=True", ""])
    if not y.ndim and a.chance(0.5):
        return f"{x}.backward({retain}){ROUNDED}"
    dtype = str(y.dtype).removeprefix("torch.")
    cotangent = torch.tensor([a.random.randint(-4, 4) / 2 for _ in range(y.numel())]).reshape(y.shape).tolist()
    text = f"torch.tensor({cotangent}, dtype=torch.{dtype})" + (f".reshape({tuple(y.shape)})" if not y.numel() else "")
    leaves = [n for n, t in a.usable().items() if t.is_leaf and t.requires_grad]
    if leaves and a.chance(0.25):
        more = a.pick(["", ", allow_unused=True", ", allow_unused=True", ", retain_graph=True"])
        return f"{a.new()}, = torch.autograd.grad({x}, [{a.pick(leaves)}], {text}{more}){ROUNDED}"
    return f"{x}.backward({', '.join(filter(None, [text, retain]))}){ROUNDED}"


@production(2)
def tape_state(a: Author) -> str:
    x = a.tensor(is_float)
    y, z = a.tensor(lambda t: t.dtype == a[x].dtype), a.tensor()
    if a[x].requires_grad:  # torch's tape looks at the shape of what it holds
        y, z = (one if a[one].shape == a[x].shape else x for one in (y, z))
    data = [f"{x}.data = {y}.detach().clone()", f"{x}.data = {z}.clone()"]
    if a[x]._is_view():  # which torch looks for in its base by the new strides
        data = [f"{x}.grad = None"] * 2
    return a.pick(
        [
            f"{x}.requires_grad = {a.chance(0.7)}",
            f"{x}.retain_grad()",
            f"{x}.grad = None",
            f"{x}.grad = torch.ones_like({x})",
            f"{x}.requires_grad_()",
            f"{a.new()} = {x}.grad",
            *data,
            f"with torch.no_grad(): {a.new()} = {x} * 2",
            f"with torch.no_grad(): {x} -= 0.5 * {x}.grad",
        ]
    )


@production(3)
def told(a: Author) -> str:
    """What a tensor says of itself in plain Python."""
    x = a.tensor()
    return f"{a.new()} = " + a.pick(
        [
            f"{x}.item()",
            f"{x}.tolist()",
            f"len({x})",
            f"bool({x})",
            f"float({x})",
            f"int({x})",
            f"repr({x})",
            f"repr({x}.detach())",
            f"{x}.shape",
            f"{x}.size({a.dim(x)})",
            f"f'{{{x}}}'",
            f"f'{{{x}:.2f}}'",
            f"{a.scalar()} in {x}",
            f"[one for one in {x}]",
            f"{x}.dtype",
            f"{x}.numpy().dtype.name" if a[x].numel() else f"{x}.dtype",  # torch crashes where that is resized
            f"list(range(5))[{x}]",
        ]
    )


def program(seed: int, length: int = 12) -> list[str]:
    """A program of so many lines, or a few more: the same for the same seed."""
    return Author(seed).write(length)
