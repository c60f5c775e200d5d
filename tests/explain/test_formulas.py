"""Formulas: what is written is what is computed, in text and in MathML."""

import ast
import copy
import sys
import xml.etree.ElementTree
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "ops"))

from operation_checks import generator
from operation_table import CASES

from numpynet import ops
from numpynet.explain.formula import formula
from numpynet.explain.notation import MathML, Text, written
from numpynet.ops.sums import sum_to

X, Y, W = np.full((4, 3), 0.5), np.full((4, 2), 0.25), np.ones((2, 3))
ONE = np.float64(1)


@pytest.mark.parametrize(
    ("function", "values", "text"),
    [
        (ops.linear.gradients.x, {"dy": Y, "w": W}, "∂y w"),
        (ops.linear.gradients.w, {"dy": Y, "x": X}, "∂yᵀ x"),
        (ops.linear.gradients.b, {"dy": Y, "b_shape": (2,)}, "Σₙ ∂y"),
        (ops.tanh.gradients.x, {"dy": X, "y": X}, "∂y ⊙ (1 − y²)"),
        (ops.sigmoid.gradients.x, {"dy": X, "y": X}, "∂y ⊙ (1 − y) ⊙ y"),
        (ops.relu.gradients.x, {"dy": X, "y": X}, "∂y ⊙ [y > 0]"),
        (ops.leaky_relu.gradients.x, {"dy": X, "x": X, "negative_slope": 0.1}, "∂y where x > 0, else 0.1 ∂y"),
        (ops.square.gradients.x, {"dy": X, "x": X}, "2 ∂y ⊙ x"),
        (ops.rsqrt.gradients.x, {"dy": X, "y": X}, "−0.5 ∂y ⊙ y³"),
        (ops.reshape.gradients.x, {"dy": X, "x_shape": (12,)}, "reshape(∂y)"),
        (ops.sub.gradients.b, {"dy": X, "alpha": 1}, "−∂y"),
        (ops.true_divide.gradients.b, {"dy": X, "a": X, "b": X}, "−∂y ⊙ a / b / b"),
        (ops.mean.gradients.x, {"dy": ONE, "x_shape": (4, 3), "dim": None, "keepdim": False}, "spread(∂y / 12)"),
        (ops.softmax.gradients.x, {"dy": X, "y": X, "dim": 1}, "y ⊙ (∂y − (Σ ∂y ⊙ y))"),
        (ops.mse_loss.gradients.x, {"dy": ONE, "x": X, "t": X, "reduction": "mean"}, "2 ∂y / 12 ⊙ (x − t)"),
        (ops.mse_loss.gradients.x, {"dy": X, "x": X, "t": X, "reduction": "none"}, "2 ∂y ⊙ (x − t)"),
        (ops.matmul.gradients.a, {"dy": Y, "b": W.T, "a_shape": (4, 3)}, "∂y bᵀ"),
        (ops.matmul.gradients.a, {"dy": X[:, 0], "b": X[0], "a_shape": (4, 3)}, "∂y ⊗ b"),
        (
            ops.binary_cross_entropy_with_logits.gradients.z,
            {"dy": ONE, "z": X, "t": X, "weight": None, "pos_weight": None, "reduction": "mean"},
            "(σ(z) − t) ⊙ ∂y / 12",
        ),
    ],
)
def test_formulas_as_text(function, values, text):
    assert written(formula(function, values).expression, {"dy": ("∂y", "g")}, Text()) == text


def test_names_are_the_programs_own():
    found = formula(ops.linear.gradients.w, {"dy": Y, "x": X})
    names = {"dy": ("∂z", "g"), "x": ("images", "v")}
    assert written(found.expression, names, Text()) == "∂zᵀ images"
    assert '<mi mathvariant="normal" class="g">∂z</mi>' in written(found.expression, names, MathML())
    assert (found.source, found.origin.split(":")[0]) == ("dy.T.dot(x)", "numpynet/ops/linear.py")


def test_what_is_more_than_an_expression_has_words():
    found = formula(ops.cumprod.gradients.x, {"dy": X, "x": X, "dim": 0})
    assert found.expression is None
    assert found.words.startswith("∂L/∂xᵢ = ")
    assert found.source.startswith("def _cumprod_gradient")


def calls():
    """Every formula in the table of operations, with the values of its parameters, and what it gives."""
    rng = generator()
    for case in CASES:
        if case.op.variadic:
            continue
        operands = case.draw(rng, np.float64)
        y = np.asarray(case.forward(operands))
        dy = rng.normal(size=y.shape)
        everything = [*operands, *[None] * (len(case.op.operands) - len(operands)), y, *case.full_options.values()]
        for position in case.differentiable:
            name = case.op.operands[position]
            values = {"dy": dy}
            for need in case.op.gradients.needs(name):
                place, attribute = case.op.whereabouts(need)
                values[need] = everything[place] if attribute is None else getattr(everything[place], attribute)
            yield case, position, getattr(case.op.gradients, name), values, operands


def evaluated(expression, values, shape):
    """An expression computed with functions of NumPy's own; NameError where there is none."""
    names = (
        "exp log log1p sqrt sin cos cosh sinh sign abs absolute square maximum minimum where floor_divide trunc clip"
    )
    scope = {name: getattr(np, name) for name in names.split()}
    scope |= {
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "zero_where": lambda c, x: np.where(c, 0, x), "choose": np.where,
        "column_sums": lambda x: x.sum(0), "total": lambda x: sum_to(x, shape), "π": np.pi, "isnan": np.isnan,
        "sum_over": lambda x, dim, keepdim=False: x.sum(axis=dim, keepdims=keepdim), "zeros_like": np.zeros_like,
    }  # fmt: skip
    tree = ast.Expression(copy.deepcopy(expression))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Tuple)):
            node.ctx = ast.Load()
    return eval(compile(ast.fix_missing_locations(tree), "", "eval"), scope, values)


@np.errstate(all="ignore")
def test_what_is_written_is_what_is_computed():
    compared = set()
    for case, position, function, values, operands in calls():
        expression = formula(function, values).expression
        if expression is None or (case.op.name == "matmul" and min(map(np.ndim, operands)) < 2):
            continue  # which moves axes to where they need no name
        shape = np.shape(operands[position])
        try:
            mine = np.asarray(evaluated(expression, values, shape))
        except NameError:
            continue
        real = np.asarray(function(*values.values()))
        assert mine.size == 0 or np.allclose(mine, real, rtol=1e-9, atol=1e-12, equal_nan=True), str(case)
        compared.add((case.op.name, position))
    assert len(compared) > 100


@np.errstate(all="ignore")
def test_mathml_is_well_formed():
    count = 0
    for _, _, function, values, _ in calls():
        expression = formula(function, values).expression
        if expression is not None:
            xml.etree.ElementTree.fromstring(f"<math>{written(expression, {}, MathML())}</math>")
            assert written(expression, {}, Text()).count("(") == written(expression, {}, Text()).count(")")
            count += 1
    assert count > 300
