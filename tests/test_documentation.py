"""Documentation: every public callable has a signature, and a docstring with an example that the doctests run."""

from __future__ import annotations

import ast
import builtins
import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import numpynet
from numpynet.ops.form import Op

SPACES = [
    "numpynet",
    "numpynet.nn",
    "numpynet.nn.functional",
    "numpynet.nn.init",
    "numpynet.nn.utils",
    "numpynet.nn.utils.rnn",
    "numpynet.optim",
    "numpynet.optim.lr_scheduler",
    "numpynet.optim.swa_utils",
    "numpynet.utils.data",
    "numpynet.autograd",
    "numpynet.autograd.functional",
    "numpynet.func",
    "numpynet.fft",
    "numpynet.linalg",
    "numpynet.distributions",
    "numpynet.special",
    "numpynet.random",
    "numpynet.testing",
    "numpynet.training",
    "numpynet.compiler",
    "numpynet.explain",
    "numpynet.lessons",
]


# Public callables without an example, and why.
NO_EXAMPLE = {
    "the walk back calls it, no user does": {
        *("numpynet.autograd.graph.Node.pull", "numpynet.autograd.graph.Node.retain"),
        *("numpynet.autograd.graph.Node.release", "numpynet.autograd.graph.Node.listing"),
    },
    "scikit-learn adds it": {
        f"numpynet.sklearn.{kind}.set_{one}_request"
        for kind in ("NetClassifier", "NetRegressor")
        for one in ("fit", "score")
    },
}


def public(space: ModuleType) -> list[str]:
    """The names that a package offers: those it completes or lists, or those of its own that are not private."""
    listed = None if "__dir__" in vars(space) else getattr(space, "__all__", None)
    return [name for name in (dir(space) if listed is None else listed) if not name.startswith("_")]


def own_methods(kind: type) -> Iterator[str]:
    """The public methods that a class adds to what its base classes have; what it overrides is documented there."""
    for name, member in vars(kind).items():
        if name.startswith("_") or isinstance(member, (property, type)) or not callable(getattr(kind, name)):
            continue
        if not any(hasattr(base, name) for base in kind.__mro__[1:]):
            yield name


def spaces() -> Iterator[ModuleType]:
    """Where names are public: SPACES, all packages, and the files that list what they offer."""
    yield from map(importlib.import_module, (*SPACES, "numpynet.distributions.constraints"))
    for one in pkgutil.walk_packages(numpynet.__path__, "numpynet."):
        try:
            space = importlib.import_module(one.name)
        except ModuleNotFoundError as error:  # an extra that is not installed
            if str(error.name).startswith("numpynet"):
                raise
            continue
        if one.ispkg or hasattr(space, "__all__"):
            yield space


def callables() -> dict[str, Any]:
    found: dict[int, tuple[str, Any]] = {}
    for space in spaces():
        for name in public(space):
            member, place = getattr(space, name), f"{space.__name__}.{name}"
            if isinstance(member, ModuleType) or not callable(member):
                continue
            if not (getattr(member, "__module__", None) or "").startswith("numpynet"):
                continue
            found.setdefault(id(member), (place, member))
            if isinstance(member, type):
                for method in own_methods(member):
                    bound = getattr(member, method)  # of a class method another one each time
                    found.setdefault(id(bound), (f"{place}.{method}", bound))
    methods = vars(numpynet.Tensor).keys() | {name for base in numpynet.Tensor.__mro__[1:-1] for name in vars(base)}
    for name in sorted(methods):
        member = getattr(numpynet.Tensor, name)
        if not name.startswith("_") and callable(member):
            found.setdefault(id(member), (f"numpynet.Tensor.{name}", member))
    return dict(found.values())


CALLABLES = callables()


def examples(member: Any) -> str:
    """The lines of code in a docstring."""
    return "".join(one.source for one in doctest.DocTestParser().get_examples(inspect.getdoc(member) or ""))


@pytest.mark.parametrize("name", CALLABLES)
def test_has_a_signature_and_an_example(name):
    member = CALLABLES[name]
    parameters = inspect.signature(member).parameters.values()
    swallows = [one.name for one in parameters if one.kind is one.VAR_KEYWORD and one.name != "kwargs"]
    assert not swallows, "it swallows keywords"
    assert inspect.getdoc(member), "it has no docstring"
    owner, _, method = name.rpartition(".")
    shown = examples(member) or f".{method}(" in examples(CALLABLES.get(owner))
    assert bool(shown) != (name in set().union(*NO_EXAMPLE.values())), "its docstring has no example, nor its class's"


@pytest.mark.parametrize("name", [name for name, member in CALLABLES.items() if examples(member)])
def test_an_example_can_be_copied(name):
    nodes = list(ast.walk(ast.parse(examples(CALLABLES[name]))))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    known = {node.id for node in names if not isinstance(node.ctx, ast.Load)} | set(dir(builtins))
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            known.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            known |= {(one.asname or one.name).partition(".")[0] for one in node.names}
        elif isinstance(node, ast.arg):
            known.add(node.arg)
    assert {node.id for node in names} <= known, "it uses what it does not import"


def test_nothing_is_missing_from_the_list():
    assert len(CALLABLES) > 700
    wanted = {
        "numpynet.add",
        "numpynet.Tensor.add_",
        "numpynet.nn.Linear",
        "numpynet.nn.Module.train",
        "numpynet.nn.functional.mse_loss",
        "numpynet.optim.SGD",
        "numpynet.optim.Optimizer.step",
        "numpynet.optim.lr_scheduler.StepLR",
        "numpynet.utils.data.DataLoader",
    }
    assert wanted <= CALLABLES.keys()


@pytest.mark.parametrize("space", SPACES)
def test_completion_shows_nothing_internal(space):
    shown = dir(importlib.import_module(space))
    assert not {"np", "Any", "annotations", "record", "wrap", "composed", "Op", "core", "composite"} & set(shown)
    assert not [name for name in shown if name.startswith("_") and not name.startswith("__")]


def test_a_tensor_shows_no_private_names_but_torchs():
    shown = {name for name in dir(numpynet.zeros(2)) if name.startswith("_") and not name.startswith("__")}
    assert shown <= {"_base", "_grad", "_is_view", "_version"}


def test_gradients_show_their_formulas():
    assert repr(numpynet.tanh.gradients) == "x: dy * (1 - y * y)"
    assert repr(numpynet.ops.linear.gradients).splitlines()[0] == "x: dy.dot(w)"
    assert repr(numpynet.ops.eq.gradients) == "eq has no gradients"


def test_every_formula_has_a_text():
    operations = [one for one in vars(numpynet.ops).values() if isinstance(one, Op) and one.gradients._needs]
    assert len(operations) > 80
    for operation in operations:
        lines = [line for line in repr(operation.gradients).splitlines() if line and not line.startswith(" ")]
        for line, name in zip(lines, operation.gradients._needs, strict=True):
            assert line.startswith(f"{name}: ")
            assert "<lambda>" not in line, line


@pytest.mark.parametrize(
    "call",
    [
        lambda **unknown: numpynet.randn(3, **unknown),
        lambda **unknown: numpynet.zeros(2).to(numpynet.float64, **unknown),
        lambda **unknown: numpynet.Tensor(2, **unknown),
        lambda **unknown: numpynet.autograd.gradcheck(numpynet.exp, numpynet.ones(1), **unknown),
        lambda **unknown: numpynet.nn.Linear(1, 1, **unknown),
        lambda **unknown: numpynet.optim.SGD([numpynet.ones(1, requires_grad=True)], lr=0.1, **unknown),
        lambda **unknown: numpynet.utils.data.DataLoader([1], **unknown),
        lambda **unknown: numpynet.einsum("i->i", numpynet.ones(2), **unknown),
    ],
)
def test_unknown_keywords_raise(call):
    with pytest.raises(TypeError, match="unexpected keyword argument 'requires_gard'"):
        call(requires_gard=True)
