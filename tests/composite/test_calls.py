"""Every keyword, dtype, layout and wrong argument of the composed functions: the answer that torch gives."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from calls import ELEMENTWISE, LINEAR_ALGEBRA, ORDER, PRODUCTS, SHAPES

import numpynet
from numpynet.ops import warning

OVER_MANY = "sum mean amax amin nansum nanmean norm std var std_mean var_mean count_nonzero"
OVER_ONE = "max min median mode cummax cummin sort argsort argmax argmin prod cumsum cumprod"
OPERANDS = ["x", "g", "s", "gs", "i", "b", "k", "xt", "e"]
REDUCTIONS = [
    f"t.{function}({operand}, dim={dim})"
    for functions, dims in ((f"{OVER_MANY} all any", "0 -1 (0,) [0] () []"), (OVER_ONE, "0 -1"))
    for function, operand, dim in product(
        functions.split(), ["x", "g", "s", "gs", "i", "b", "k", "xt", "e"], dims.split()
    )
]
REDUCTIONS += [
    f"t.{function}(x, axis=0)" for function in f"{OVER_MANY} {OVER_ONE} all any".split() if function != "norm"
]
REDUCTIONS += [f"t.{function}(x, dim=(0, 0))" for function in OVER_MANY.split() if function != "norm"]
REDUCTIONS += [f"t.{function}(x, nonsense=1)" for function in f"{OVER_MANY} {OVER_ONE}".split()]
REDUCTIONS += [f"t.sum({operand}, dtype=t.{kind})" for operand in "xib" for kind in ("int32", "float64", "uint8")]


def operands(t: Any) -> dict[str, Any]:
    """What the calls name, with the same values in both libraries."""
    rng = np.random.default_rng(3)
    x, g, n = (rng.normal(size=(3, 4)).astype(np.float32) for _ in range(3))
    v, gv = (rng.normal(size=4).astype(np.float32) for _ in range(2))
    n[0, 1] = n[2, 3] = np.nan
    whole = rng.integers(0, 5, (3, 4))
    made = {name: t.tensor(value) for name, value in (("x", x), ("n", n), ("v", v), ("d", x.astype(np.float64)))}
    made |= {name: t.tensor(value).requires_grad_() for name, value in (("g", g), ("gv", gv))}
    made |= {"s": t.tensor(2.5), "gs": t.tensor(1.5, requires_grad=True), "i": t.tensor(whole)}
    kinds = {"j": np.int32, "k": np.int8, "u": np.uint8}
    made |= {name: t.tensor(whole.astype(kind)) for name, kind in kinds.items()}
    made |= {"b": t.tensor(x > 0), "bv": t.tensor([True, False, True, True]), "iv": t.tensor([2, 0, 1, 1])}
    made |= {"ix": t.tensor(rng.integers(0, 4, (3, 4))), "e": t.zeros(0), "e2": t.zeros(2, 0), "one": t.ones(1, 3, 1)}
    made["m"] = t.tensor(rng.normal(size=(4, 4)).astype(np.float32))
    made["gm"] = t.tensor(made["m"].numpy()).requires_grad_()
    made["pd"] = made["m"] @ made["m"].T
    made["x3"] = t.tensor(rng.normal(size=(2, 3, 4)).astype(np.float32))
    return made | {"xt": made["m"][:3].t(), "gt": made["g"].t(), "p": made["x3"].permute(2, 0, 1)}


def answer(expression: str, t: Any) -> tuple[Any, list[str]]:
    """What a call gives, or the exception that it raises, and the kinds of warnings."""
    t.manual_seed(0)
    names = {**operands(t), "t": t, "np": np, "inf": float("inf"), "nan": float("nan")}
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            result = eval(expression, names)
        except Exception as error:
            result = error
    return result, sorted({one.category.__name__ for one in heard})


def assert_alike(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, (tuple, list)):
        assert type(ours).__name__ == type(theirs).__name__.removesuffix("_out")
        assert len(ours) == len(theirs)
        for one, its in zip(ours, theirs, strict=True):
            assert_alike(one, its)
        return
    if not hasattr(theirs, "grad_fn"):
        assert repr(ours) == repr(theirs)
        return
    assert str(ours.dtype) == str(theirs.dtype)
    assert tuple(ours.shape) == tuple(theirs.shape)
    assert ours.is_contiguous() or not theirs.is_contiguous()
    # Each is a sum or a product of a few float32 numbers, added up in another order.
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-5, atol=1e-6)
    assert ours.requires_grad == theirs.requires_grad
    names = [None if one.grad_fn is None else one.grad_fn.name().rpartition("::")[2] for one in (ours, theirs)]
    assert names[0] == names[1]


@pytest.fixture(autouse=True)
def warnings_are_given_each_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Not only the first time in a process, which may have been in another test."""
    torch = pytest.importorskip("torch")
    torch.set_warn_always(True)
    monkeypatch.setattr(warning, "_given", set())
    yield
    torch.set_warn_always(False)


@pytest.mark.parametrize("expression", SHAPES + ORDER + PRODUCTS + REDUCTIONS + LINEAR_ALGEBRA + ELEMENTWISE)
def test_call_like_torch(expression: str) -> None:
    torch = pytest.importorskip("torch")
    (ours, heard), (theirs, its) = answer(expression, numpynet), answer(expression, torch)
    if isinstance(theirs, Exception):
        alike = type(ours).__name__ == type(theirs).__name__ == "_LinAlgError"
        assert alike or isinstance(ours, type(theirs)), ours
        return
    if isinstance(ours, Exception):
        raise ours
    assert heard == its
    assert_alike(ours, theirs)


NAMES = frozenset(operands(numpynet))


def named(expression: str) -> set[str]:
    """The operands that a call names."""
    return {node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name)} & NAMES


def gradient(expression: str, leaf: str, overwritten: str = "") -> Any:
    """That of a random combination of all results by one operand, where another is overwritten before the backward."""
    numpynet.manual_seed(0)
    given = {name: one.detach().clone() for name, one in operands(numpynet).items()}
    given[leaf].requires_grad_()
    results = eval(expression, {**given, "t": numpynet, "np": np, "inf": float("inf"), "nan": float("nan")})
    results = [one for one in numpynet.utils._pytree.tree_flatten(results)[0] if getattr(one, "requires_grad", False)]
    if overwritten:
        one = given[overwritten]
        one.copy_(~one if one.dtype is numpynet.bool else one.flip(list(range(one.ndim))) + one.is_floating_point())
    numpynet.autograd.backward(results, [numpynet.randn_like(one) for one in results])
    return given[leaf].grad


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "expression", [one for one in SHAPES + ORDER + PRODUCTS + LINEAR_ALGEBRA + ELEMENTWISE if len(named(one)) > 1]
)
def test_what_is_overwritten_before_the_backward_is_refused_or_does_not_count(expression: str) -> None:
    for leaf, other in permutations(sorted(named(expression)), 2):
        try:
            expected = gradient(expression, leaf)
        except Exception:  # what torch refuses too, or has no derivative
            continue
        try:
            found = gradient(expression, leaf, other)
        except RuntimeError as error:
            if "modified by an inplace operation" not in str(error):
                raise
            continue
        assert (found is None) == (expected is None)
        assert expected is None or numpynet.equal(found.nan_to_num(), expected.nan_to_num())


def test_flatten_of_one_dimension_is_the_tensor_itself() -> None:
    v = numpynet.ones(3, requires_grad=True)
    assert v.flatten() is v
    assert numpynet.ones(2, 3).flatten(1).shape == (2, 3)
    assert v.ravel() is not v


def test_distinct_values_have_no_derivative() -> None:
    values = numpynet.tensor([2.0, 1.0], requires_grad=True).unique()
    assert values.grad_fn.name() == "Unique2Backward0"
    with pytest.raises(NotImplementedError, match="derivative for '_unique2' is not implemented"):
        values.sum().backward()


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, float("inf")])
def test_equal_points_have_distance_and_gradient_0(p: float) -> None:
    x = numpynet.tensor([[1.0, 2.0]], requires_grad=True)
    distance = numpynet.cdist(x, x.detach(), p=p)
    distance.sum().backward()
    assert distance.tolist() == [[0]]
    assert x.grad.tolist() == [[0, 0]]


def test_floored_quotients_are_exact_where_rounding_reaches_the_next_integer() -> None:
    """1 / 0.1 rounds to 10, but 0.1 in binary is more than a tenth, so 9 of it fit into 1."""
    x = numpynet.tensor([1.0, -1.0, 0.3, 6.0, -0.0], dtype=numpynet.float64)
    y = numpynet.tensor([0.1, 0.1, 0.1, 3.0, 2.0], dtype=numpynet.float64)
    assert (x // y).tolist() == [9.0, -10.0, 2.0, 2.0, -0.0]
    many = numpynet.arange(10000, dtype=numpynet.float64) / 7
    assert (many // 0.1).tolist() == [one // 0.1 for one in many.tolist()]
    assert (many // (many + 0.1)).tolist() == [one // (one + 0.1) for one in many.tolist()]
