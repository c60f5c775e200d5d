"""Gradients that show themselves: the formulas of an operation when it is printed, and in its docstring."""

import inspect

from numpynet import ops
from numpynet.ops.form import Op
from numpynet.ops.source import text_of


def test_gradients_print_their_formulas():
    assert repr(ops.linear.gradients) == "x: dy.dot(w)\nw: dy.T.dot(x)\nb: sum_to(dy, b_shape)"


def test_functions_among_them_are_shown_whole():
    shown = repr(ops.matmul.gradients)
    assert shown.startswith("a: _left_gradient(dy, b, a_shape)\n    def _left_gradient(dy: Array, b: Array")
    assert "∂L/∂b = aᵀ dy" in shown


def test_what_has_no_derivative_says_so():
    assert repr(ops.argmax.gradients) == "argmax has no gradients"


def test_every_formula_is_found_again():
    for operation in {one for one in vars(ops).values() if isinstance(one, Op)}:
        for name in operation.operands:
            if name in operation.gradients:
                assert text_of(getattr(operation.gradients, name)), f"{operation.name} by {name}"


def test_help_shows_forward_and_gradients():
    text = inspect.getdoc(ops.tanh)
    assert text.startswith("y = tanh x;  y′ = 1 − y².")
    assert text.endswith("tanh.gradients, given dy = ∂L/∂y:\n    x: dy * (1 - y * y)")
    assert Op.__doc__.startswith("One operation")


def test_a_function_without_source_has_no_text():
    scope = {}
    exec("f = lambda dy: dy", scope)
    assert text_of(scope["f"]) == ""
