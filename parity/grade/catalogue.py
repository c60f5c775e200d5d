"""Catalogue: what can be an exercise. Every operation of `numpynet.ops` whose inputs we know how to draw.

An exercise is an operation, the family that tells what shapes its operands have together, and which gradients
a solution must return. Nothing here knows a gradient: those come from the operation and from torch.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpynet
from numpynet import nn, ops
from numpynet.ops.form import Op
from parity.grade.composites import COMPOSITES

ALIASES = {
    "dense": "affine",
    "fc": "affine",
    "fully_connected": "affine",
    "batchnorm": "batch_norm",
    "batch_norm1d": "batch_norm",
    "bn": "batch_norm",
    "layernorm": "layer_norm",
    "conv": "conv2d",
    "max_pool": "max_pool2d",
    "pool": "max_pool2d",
    "hinge": "hinge_loss",
    "svm": "svm_loss",
    "multiclass_hinge": "svm_loss",
    "softmax_with_loss": "cross_entropy",
    "softmax_with_cross_entropy": "cross_entropy",
    "lookup": "embedding",
    "log_sigmoid": "logsigmoid",
    "binary_cross_entropy_loss": "binary_cross_entropy",
    "binary_cross_entropy_with_logits_loss": "binary_cross_entropy_with_logits",
    "mean_squared_error": "mse_loss",
    "ln": "log",
    "arctan": "atan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "variance": "var",
    "flatten": "reshape",
    "inv": "reciprocal",
    "bce_with_logits": "binary_cross_entropy_with_logits",
    "bce_with_logits_loss": "binary_cross_entropy_with_logits",
    "bce_logits": "binary_cross_entropy_with_logits",
    "bce": "binary_cross_entropy",
    "bce_loss": "binary_cross_entropy",
    "mse": "mse_loss",
    "l1": "l1_loss",
    "mae": "l1_loss",
    "mae_loss": "l1_loss",
    "smooth_l1": "smooth_l1_loss",
    "huber": "huber_loss",
    "nll": "nll_loss",
    "cross_entropy_loss": "cross_entropy",
    "softmax_cross_entropy": "cross_entropy",
    "softmax_loss": "cross_entropy",
    "plus": "add",
    "subtract": "sub",
    "minus": "sub",
    "multiply": "mul",
    "divide": "div",
    "power": "pow",
    "negative": "neg",
    "absolute": "abs",
    "logistic": "sigmoid",
    "swish": "silu",
    "max": "amax",
    "min": "amin",
    "clip": "clamp",
    "mm": "matmul",
    "bmm": "matmul",
    "mv": "matmul",
    "dot": "matmul",
}
TORCH_NAMES = {"true_divide": "div", "log_sigmoid": "logsigmoid"}  # of operations that have another name there
MATMUL_RANKS = {"mm": (2, 2), "bmm": (3, 3), "mv": (2, 1), "dot": (1, 1)}
LOSSES = frozenset(
    ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"]
)
LOSSES_WITHOUT_DY = LOSSES | {
    "cross_entropy",
    "nll_loss",
    "hinge_loss",
    "svm_loss",
}  # dy = 1 where the function takes none
FAMILIES = {
    "linear": "linear",
    "affine": "linear",
    "batch_norm": "norm",
    "layer_norm": "norm",
    "embedding": "embedding",
    "conv2d": "conv",
    "max_pool2d": "pool",
    "svm_loss": "classes",
    "hinge_loss": "hinge",
    "dropout": "masked",
    "matmul": "matmul",
    "where": "broadcast",
    "nll_loss": "classes",
    "cross_entropy": "classes",
    "gather": "gather",
    "index_select": "index_select",
    **dict.fromkeys(LOSSES, "alike"),
}
DRAWN_OPTIONS = frozenset(  # cases.py knows values for these; another option needs a default
    {"dim", "keepdim", "reduction", "alpha", "negative_slope", "beta", "delta", "correction", "value", "dim0", "dim1"}
    | {"shape", "diagonal", "index", "mask", "p", "stride", "padding", "kernel_size", "eps"}
)
NOT_DIFFERENTIATED = ("t", "weight", "pos_weight", "condition", "low", "high")  # accepted, but not asked for
NOT_EXERCISES = frozenset(
    {"clone", "index_add", "scatter", "scatter_add", "masked_fill", "nan_to_num", "nansum", "norm", "lerp"}
    | {"diag_embed", "diagonal", "squeeze", "trace"}
)


SHOWN_OPTIONS = ("dim", "keepdim", "reduction", "index", "mask", "p", "stride", "padding", "kernel_size")


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    name: torch's name of it.
    operation: whose gradients are wanted.
    family: how its operands' shapes hang together: "one" (a single array), "broadcast", "alike" (equal shapes),
        "linear", "matmul", "classes" (scores and their classes), "hinge" (scores and ±1), "norm", "embedding", "conv",
        "pool", "masked" (a single array and a mask), "gather" or "index_select".
    required: the operands whose gradients a solution returns, in order.
    accepted: those it may return besides.
    ranks: of matmul's operands, where the name fixes them.
    """

    name: str
    operation: Op
    family: str
    required: tuple[str, ...]
    accepted: tuple[str, ...] = ()
    ranks: tuple[int, ...] = ()

    @property
    def convention(self) -> str:
        """The forward whose gradient is wanted, as a formula."""
        line = (self.operation.__doc__ or "").strip().split("\n")[0]
        formula = re.split(r"\s{4,}|;\s", line)[0].rstrip(".")
        short = re.split(r",\s(?=[a-zNΦ])", formula)[0]
        return short if "=" in short and short.count("(") == short.count(")") else formula

    @property
    def is_elementwise(self) -> bool:
        """Whether each element of a gradient comes from one of each operand, besides a sum over what broadcast."""
        return self.operation.broadcasts or self.family in ("alike", "broadcast", "hinge", "masked")

    def of(self, operand: str) -> Exercise:
        """The exercise of returning the gradient of one operand only."""
        return replace(self, required=(operand,), accepted=())

    def asked_by(self, operands: Collection[str]) -> Exercise:
        """The exercise for a function with these operands: the gradient of one it may leave out is not asked for."""
        optional = [name for name in self.operation.operand_defaults if name not in operands]
        required = tuple(name for name in self.required if name not in optional) or self.required
        also = tuple(name for name in self.required if name not in required)
        return replace(self, required=required, accepted=self.accepted + also)


def _make(name: str, operation: Op) -> Exercise | None:
    drawable = all(option in DRAWN_OPTIONS or option in operation.option_defaults for option in operation.options)
    differentiable = [operand for operand in operation.operands if operand in operation.gradients]
    if not differentiable or operation.variadic or not drawable or name in NOT_EXERCISES:
        return None
    family = FAMILIES.get(name, "one" if len(operation.operands) == 1 else "broadcast")
    if family == "broadcast" and not (operation.broadcasts or name == "where"):
        return None
    required = tuple(operand for operand in differentiable if operand not in NOT_DIFFERENTIATED)
    accepted = tuple(operand for operand in differentiable if operand in NOT_DIFFERENTIATED)
    return Exercise(name, operation, family, required, accepted)


@functools.cache
def catalogue() -> dict[str, Exercise]:
    """All exercises, by their names: the operations that are functions of the package, as they are of torch."""
    operations = {value.name: value for value in vars(ops).values() if isinstance(value, Op)}
    operations.update((operation.name, operation) for operation in COMPOSITES)
    named = {TORCH_NAMES.get(name, name): operation for name, operation in operations.items()}
    own = {operation.name for operation in COMPOSITES}
    public = [name for name in sorted(named) if name in own or hasattr(numpynet, name) or hasattr(nn.functional, name)]
    made = {name: _make(name, named[name]) for name in public}
    return {name: one for name, one in made.items() if one is not None}


OTHER_CONVENTION = {"linear": "affine", "affine": "linear"}  # the same exercise with the weight transposed
CLASS_ENDINGS = ("function", "layer", "backward", "module", "activation", "op", "fn", "node", "gate", "1d")


def find(name: str) -> Exercise | None:
    """The exercise of that name or alias, or None."""
    known = catalogue()
    found = known.get(name) or known.get(ALIASES.get(name, ""))
    return replace(found, name=name, ranks=MATMUL_RANKS[name]) if found and name in MATMUL_RANKS else found


def find_class(name: str) -> Exercise | None:
    """The exercise that a class is named after: ReLU, SigmoidLayer, MSELoss, BatchNorm1d; or None."""
    plain = name.lower().replace("_", "")
    known = {one.replace("_", ""): one for one in [*ALIASES, *catalogue()]}
    for ending in ("", *CLASS_ENDINGS):
        stem = plain.removesuffix(ending)
        if stem in known:
            return find(known[stem])
    return None


def similar(name: str) -> Sequence[str]:
    """Names of exercises close to one that is not known."""
    return difflib.get_close_matches(name, [*catalogue(), *ALIASES], n=3)


def listing() -> str:
    """All exercises with the parameters of a solution and their other names, a line each."""
    lines = []
    for name, one in catalogue().items():
        operation = one.operation
        operands = [operand for operand in operation.operands if operand not in ("weight", "pos_weight")]
        options = [option for option in operation.options if option in SHOWN_OPTIONS]
        also = ", ".join(alias for alias, meant in ALIASES.items() if meant == name)
        call = f"{name}_backward({', '.join(['dy', *operands, *options])})"
        lines.append(f"{call:<66}{'also: ' + also if also else ''}".rstrip())
    return "\n".join(lines)
