"""Documentation: every public callable has a signature, and a docstring with an example that the doctests run."""

from __future__ import annotations

import doctest
import importlib
import inspect
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


def public(space: ModuleType) -> list[str]:
    """The names that a package offers: those it lists, or those of its own that are not private."""
    listed = getattr(space, "__all__", None)
    return [name for name in (dir(space) if listed is None else listed) if not name.startswith("_")]


def own_methods(kind: type) -> Iterator[str]:
    """The public methods that a class adds to what its base classes have; what it overrides is documented there."""
    for name, member in vars(kind).items():
        if name.startswith("_") or isinstance(member, (property, type)) or not callable(getattr(kind, name)):
            continue
        if not any(hasattr(base, name) for base in kind.__mro__[1:]):
            yield name


def callables() -> dict[str, Any]:
    found: dict[int, tuple[str, Any]] = {}
    for place in SPACES:
        space = importlib.import_module(place)
        for name in public(space):
            member = getattr(space, name)
            if isinstance(member, ModuleType) or not callable(member):
                continue
            if not (getattr(member, "__module__", None) or "").startswith("numpynet"):
                continue
            found.setdefault(id(member), (f"{place}.{name}", member))
            if isinstance(member, type):
                for method in own_methods(member):
                    found.setdefault(id(getattr(member, method)), (f"{place}.{name}.{method}", getattr(member, method)))
    methods = vars(numpynet.Tensor).keys() | {name for base in numpynet.Tensor.__mro__[1:-1] for name in vars(base)}
    for name in sorted(methods):
        member = getattr(numpynet.Tensor, name)
        if not name.startswith("_") and callable(member):
            found.setdefault(id(member), (f"numpynet.Tensor.{name}", member))
    return dict(found.values())


CALLABLES = callables()


@pytest.mark.parametrize("name", CALLABLES)
def test_has_a_signature_and_an_example(name):
    member = CALLABLES[name]
    parameters = inspect.signature(member).parameters.values()
    swallows = [one.name for one in parameters if one.kind is one.VAR_KEYWORD and one.name != "kwargs"]
    assert not swallows, "it swallows keywords"
    text = inspect.getdoc(member)
    assert text, "it has no docstring"
    assert doctest.DocTestParser().get_examples(text), "its docstring has no example"


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
