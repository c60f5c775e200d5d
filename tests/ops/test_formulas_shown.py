"""Gradients that show themselves: the formulas of an operation when it is printed, and in its docstring."""

import inspect
import linecache
import pydoc
import sys
from pathlib import Path

import pytest

import numpynet
import numpynet.nn.functional as F
from numpynet import ops
from numpynet.ops.form import Op, op
from numpynet.ops.showing import _called_by
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


SHOWN = {
    "an operation": (ops.tanh, "return np.tanh(x)", "x: dy * (1 - y * y)"),
    "torch's function": (numpynet.tanh, "return np.tanh(x)", "x: dy * (1 - y * y)"),
    "a method": (numpynet.Tensor.tanh, "return np.tanh(x)", "x: dy * (1 - y * y)"),
    "with out=": (numpynet.matmul, "def matmul(a: Array, b: Array) -> Array:", "∂L/∂b = aᵀ dy"),
    "of many operands": (numpynet.cat, "def cat(*tensors", "cat.gradients, given dy = ∂L/∂y:"),
    "a layer's function": (F.linear, "ops.linear.call(input, weight, bias)", "w: dy.T.dot(x)"),
    "made of two operations": (F.cross_entropy, "ops.log_softmax", "∂L/∂x = −w[t] dy at each target t"),
    "composed": (numpynet.softmax, "ops.softmax(input", "y * (dy - sum_over(dy * y, dim, keepdim=True))"),
    "by a helper": (F.conv2d, '_convolution("conv2d"', "convolution.gradients, given dy = ∂L/∂y:"),
    "one of the further ones": (F.celu, "def celu(", "given dy = ∂L/∂y:"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_source_and_help_show_forward_and_gradients(name):
    function, forward, gradient = SHOWN[name]
    source = inspect.getsource(function)
    assert forward in source
    assert gradient in source[source.index(forward) :]
    assert "class Op" not in source
    assert gradient in inspect.getdoc(function)
    assert gradient in pydoc.plain(pydoc.render_doc(function))
    compile(inspect.cleandoc("\n" + source), "<source>", "exec")  # gradients are comments within the function


def test_source_is_found_again_when_the_lines_that_python_keeps_are_dropped(monkeypatch):
    before = inspect.getsource(numpynet.relu)
    monkeypatch.setattr(linecache, "cache", {})
    assert inspect.getsource(numpynet.relu) == before
    linecache.checkcache()
    assert inspect.getsource(F.relu).startswith("def relu(input: Tensor, inplace: bool = False)")


def test_line_numbers_are_those_of_the_file():
    lines, first = inspect.getsourcelines(F.relu)
    assert linecache.getline(sys.modules[F.relu.__module__].__file__, first) == lines[0]


def test_signatures_stay_torchs():
    assert str(inspect.signature(numpynet.tanh)) == "(input, *, out=None)"
    assert list(inspect.signature(F.relu).parameters) == ["input", "inplace"]
    assert list(inspect.signature(numpynet.softmax).parameters) == ["input", "dim", "dtype", "out"]


def test_a_docstring_is_the_forwards_own_text():
    assert str(numpynet.relu.__doc__) == ops.relu.forward.__doc__


@pytest.mark.parametrize("name", SHOWN)
def test_ipython_shows_them(name):
    oinspect = pytest.importorskip("IPython.core.oinspect", reason="IPython is not installed: nothing to ask with ??")
    function, forward, gradient = SHOWN[name]
    source = oinspect.getsource(function, name)
    assert forward in source
    assert gradient in source
    assert gradient in oinspect.getdoc(function)
    assert oinspect.find_file(function).startswith(str(Path(numpynet.__file__).parent))


def _twice(x, again):
    return ops.exp(x) if not again else _twice(x, False)


def _there(x):
    return _back(x)


def _back(x):
    return _twice(x, True) or _there(x)


def test_helpers_may_call_each_other():
    assert [one.name for one in _called_by(_there)] == ["exp"]


def test_a_formula_given_anew_is_shown_and_used_at_once():
    @op
    def cube(x):
        return x**3

    def slope(at):
        x = numpynet.tensor(at, requires_grad=True)
        cube(x).backward()
        return x.grad.item()

    cube.gradients(x=lambda dy, x: dy * 3 * x**2)
    assert slope(2.0) == 12
    cube.gradients(x=lambda dy, x, y: dy * 3 * y / x)  # which needs something else
    assert repr(cube.gradients) == "x: dy * 3 * y / x"
    assert slope(2.0) == 12
    cube.gradients.x = lambda dy, x, y: dy * 0
    assert slope(2.0) == 0
