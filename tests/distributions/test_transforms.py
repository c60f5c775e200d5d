"""Every transform as torch has it: values, inverses, Jacobians, caches, compositions, registries, errors."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import numpynet
import numpynet.distributions
from tests.distributions.test_distributions import PARAMETERS, assert_gradients_near, assert_near, both, kinds

# Expressions over T, the transforms, and what test_distributions has, with an x of the domain each.
TRANSFORMS = [
    ("T.identity_transform", "m"),
    ("T.ExpTransform()", "m"),
    ("T.ExpTransform().inv", "a"),
    ("T.SigmoidTransform()", "m"),
    ("T.SigmoidTransform().inv", "a"),
    ("T.SoftplusTransform()", "m"),
    ("T.SoftplusTransform().inv", "a"),
    ("T.TanhTransform()", "m"),
    ("T.TanhTransform().inv", "a"),
    ("T.AbsTransform()", "m"),
    ("T.PowerTransform(2.5)", "m.exp()"),
    ("T.PowerTransform(-a)", "m.exp()"),
    ("T.AffineTransform(1.0, -2.0)", "m"),
    ("T.AffineTransform(r, a)", "m"),
    ("T.AffineTransform(r, a, event_dim=1)", "m"),
    ("T.AffineTransform(0.0, 3, event_dim=2)", "m"),
    ("T.AffineTransform(r, a).inv", "m"),
    ("T.CumulativeDistributionTransform(D.Normal(r, a))", "m * 0.1 + r"),
    ("T.SoftmaxTransform()", "m"),
    ("T.StickBreakingTransform()", "m"),
    ("T.StickBreakingTransform().inv", "t.softmax(m, -1)"),
    ("T.LowerCholeskyTransform()", "s"),
    ("T.PositiveDefiniteTransform()", "s * 0.1"),
    ("T.CorrCholeskyTransform()", "m"),
    ("T.CorrCholeskyTransform().inv", "T.CorrCholeskyTransform()(m)"),
    ("T.ReshapeTransform((3,), (3, 1))", "m"),
    ("T.ReshapeTransform((2, 3), (6,))", "m"),
    ("T.ReshapeTransform((6,), (2, 3)).inv", "m"),
    ("T.IndependentTransform(T.ExpTransform(), 1)", "m"),
    ("T.IndependentTransform(T.AffineTransform(r, a), 2)", "m"),
    ("T.ComposeTransform([T.AffineTransform(r, a), T.ExpTransform()])", "m"),
    ("T.ComposeTransform([T.AffineTransform(r, a, event_dim=1), T.TanhTransform()]).inv", "m.tanh()"),
    ("T.ComposeTransform([T.ExpTransform(), T.ExpTransform().inv, T.StickBreakingTransform()])", "m"),
    ("T.ComposeTransform([T.StickBreakingTransform(), T.AffineTransform(0.0, 2.0)])", "m"),
    ("T.ComposeTransform([T.ReshapeTransform((2, 3), (6,)), T.StickBreakingTransform()])", "m"),
    ("T.CatTransform([T.ExpTransform(), T.identity_transform], dim=1, lengths=[1, 2])", "m"),
    ("T.CatTransform([T.AffineTransform(0.0, 3.0), T.ExpTransform()])", "m"),
    ("T.CatTransform([T.AffineTransform(0.0, 3.0, 1), T.ExpTransform()], dim=-1, lengths=[1, 2])", "m"),
    ("T.CatTransform([T.AffineTransform(0.0, 3.0, 1), T.ExpTransform()])", "m"),
    ("T.StackTransform([T.ExpTransform(), T.TanhTransform()])", "m"),
    ("T.StackTransform([T.ExpTransform(), T.TanhTransform(), T.AbsTransform()], dim=-1)", "m"),
]


def named(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return tuple({**given, "T": given["D"].transforms} for given in both(kind))


def asked(question: Any, of: Any) -> Any:
    """The answer, or the class of the exception."""
    try:
        return question(of)
    except Exception as error:
        return type(error)


@kinds
@pytest.mark.parametrize(("expression", "x"), TRANSFORMS)
@pytest.mark.parametrize("cache_size", [0, 1])
def test_like_torch(expression: str, x: str, kind: str, cache_size: int) -> None:
    mine, its = named(kind)
    ours, theirs = (eval(expression, given).with_cache(cache_size) for given in (mine, its))
    assert repr(ours) == repr(theirs)
    assert ours.bijective == theirs.bijective
    for question in (
        lambda one: repr(one.domain),
        lambda one: repr(one.codomain),
        lambda one: (one.domain.event_dim, one.codomain.event_dim, one.domain.is_discrete),
        lambda one: one.event_dim,
        lambda one: one.sign if isinstance(one.sign, int) else one.sign.tolist(),
    ):
        assert asked(question, ours) == asked(question, theirs)
    our_x, their_x = eval(x, mine), eval(x, its)
    our_y, their_y = ours(our_x), theirs(their_x)
    assert_near(our_y, their_y, kind, "y")
    assert_gradients_near(our_y, their_y, mine, its, kind)
    assert (ours(our_x) is our_y) == (theirs(their_x) is their_y)
    shapes = (tuple(one.forward_shape(at.shape)) for one, at in ((ours, our_x), (theirs, their_x)))
    assert next(shapes) == next(shapes) == tuple(our_y.shape)
    shapes = (tuple(one.inverse_shape(at.shape)) for one, at in ((ours, our_y), (theirs, their_y)))
    assert next(shapes) == next(shapes) == tuple(our_x.shape)
    for region, x, its_region, its_x in (
        (ours.domain, our_x, theirs.domain, their_x),
        (ours.codomain, our_y, theirs.codomain, their_y),
    ):
        assert asked(lambda at, one=region: one.check(at).tolist(), x) == asked(
            lambda at, one=its_region: one.check(at).tolist(), its_x
        )
    back, expected = ours.inv(our_y), theirs.inv(their_y)
    assert (back is our_x) == (expected is their_x)
    # an inverse has what the function rounds away
    np.testing.assert_allclose(back.detach(), expected.detach(), rtol=1e-2 if kind == "float32" else 1e-7)
    slope = asked(lambda one: one.log_abs_det_jacobian(our_x, our_y), ours)
    expected = asked(lambda one: one.log_abs_det_jacobian(their_x, their_y), theirs)
    if isinstance(expected, type):
        assert slope is expected
    else:
        assert_near(slope, expected, kind, "log_abs_det_jacobian")
        assert_gradients_near(slope, expected, mine, its, kind)


@pytest.mark.parametrize(("expression", "x"), TRANSFORMS)
def test_the_determinant_is_that_of_the_jacobian(expression: str, x: str) -> None:
    """Of bijections, event by event; the last of shares that add up to 1 is no coordinate."""
    given, _ = named("float64")
    given = {name: one.detach() if name in PARAMETERS else one for name, one in given.items()}
    transform, x = eval(expression, given), eval(x, given)
    if not transform.bijective or any(
        one in expression for one in ("Cat", "CorrCholesky", "BreakingTransform(), T.Affine")
    ):
        return
    y, of_all = transform(x), numpynet.autograd.functional.jacobian(transform, x)
    event, result = transform.domain.event_dim, transform.codomain.event_dim
    batch, size = x.shape[: x.ndim - event].numel(), x.shape[x.ndim - event :].numel()
    rows = of_all.reshape(y.shape[: y.ndim - result].numel(), -1, batch, size)
    for row, slope in enumerate(transform.log_abs_det_jacobian(x, y).reshape(-1)):
        jacobian = rows[row, :, row]
        if "StickBreakingTransform().inv" in expression:
            jacobian = jacobian[:, :-1] - jacobian[:, -1:]
        square = jacobian[: jacobian.shape[1]]
        np.testing.assert_allclose(slope, numpynet.linalg.slogdet(square)[1], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    "expression",
    [
        "(T.ExpTransform() == T.ExpTransform(), T.ExpTransform() == T.TanhTransform(), T.ExpTransform() != 3)",
        "(T.ExpTransform().inv == T.ExpTransform().inv, T.ExpTransform().inv == T.ExpTransform())",
        "(T.AffineTransform(0.0, 1.0) == T.AffineTransform(0, 1), T.AffineTransform(r, 1) == T.AffineTransform(r, 2))",
        "(T.AffineTransform(r, a) == T.AffineTransform(r, a), T.AffineTransform(r, 1) == T.ExpTransform())",
        "(T.PowerTransform(2.0) == T.PowerTransform(2.0), T.PowerTransform(a) == T.PowerTransform(b))",
        "(T.ComposeTransform([T.ExpTransform()]) == T.ComposeTransform([T.ExpTransform()]), T.identity_transform == 1)",
        "(T.CorrCholeskyTransform() == T.CorrCholeskyTransform(), T.StickBreakingTransform() == T.SoftmaxTransform())",
        "(lambda one: (one.inv.inv is one, one.inv.inv.inv is one.inv))(T.ExpTransform())",
        "(lambda one: (one.inv.inv is one, one.with_cache(0) is one))(T.ComposeTransform([T.ExpTransform()]))",
        "(T.ExpTransform().inv.with_cache(1)._cache_size, T.AffineTransform(0, 1).with_cache()._cache_size)",
        "T.IndependentTransform(T.ExpTransform(), 1, cache_size=1).base_transform._cache_size",
        "[one._cache_size for one in T.ComposeTransform([T.ExpTransform(), T.TanhTransform()]).with_cache().parts]",
        "[one._cache_size for one in T.CatTransform([T.ExpTransform(), T.TanhTransform()]).with_cache().transforms]",
        "T.CatTransform([T.ExpTransform()], 0, [3]).length",
        "isinstance(D.LogNormal(0.0, 1.0), D.TransformedDistribution), repr(D.LogNormal(0.0, 1.0).transforms)",
        "repr(D.Gumbel(r, a).transforms), repr(D.HalfNormal(a).base_dist), repr(D.Weibull(1.0, 2.0).transforms)",
        "repr(D.LogisticNormal(m, 1.0).base_dist)",
        "repr(D.TransformedDistribution(D.Normal(0.0, 1.0), D.AffineTransform(r, a)).base_dist)",
        "D.TransformedDistribution(D.Normal(m, 1.0), D.StickBreakingTransform()).event_shape",
        "D.utils.vec_to_tril_matrix(t.arange(6.0)).tolist(), D.utils.vec_to_tril_matrix(t.arange(6.0), -1).tolist()",
        "D.utils.tril_matrix_to_vec(t.arange(9.0).reshape(3, 3)).tolist()",
        "D.utils.tril_matrix_to_vec(t.arange(18.0).reshape(2, 3, 3), 1).tolist()",
    ],
)
def test_answers_like_torch(expression: str) -> None:
    mine, its = named("float32")
    assert eval(expression, mine) == eval(expression, its)


REGIONS = [
    *("real", "positive", "nonnegative", "unit_interval", "simplex", "lower_cholesky", "positive_definite"),
    *("positive_semidefinite", "corr_cholesky", "real_vector", "greater_than(2.0)", "greater_than_eq(a)"),
    *("less_than(1.0)", "interval(-1.0, 2.0)", "interval(r, r + a)", "half_open_interval(0.0, 1.0)", "boolean"),
    *("independent(C.positive, 1)", "cat([C.positive, C.unit_interval], 1, [1, 2])", "square", "symmetric"),
    *("stack([C.positive, C.real], 0)", "dependent", "lower_triangular", "integer_interval(0, 3)", "one_hot"),
    *("cat([C.real, C.boolean], -1, [2, 1])", "stack([C.real_vector, C.simplex], -2)", "multinomial(3)"),
]


@pytest.mark.parametrize("registry", ["biject_to", "transform_to"])
@pytest.mark.parametrize("region", REGIONS)
def test_registries_like_torch(registry: str, region: str) -> None:
    is_matrix = "definite" in region or region == "lower_cholesky"

    def answer(given: dict[str, Any]) -> Any:
        transform = eval(f"D.{registry}(C.{region})", {**given, "C": given["D"].constraints})
        return repr(transform), transform(given["s" if is_matrix else "m"]).detach().numpy(), repr(transform.codomain)

    answers = [asked(answer, given) for given in named("float32")]
    if isinstance(answers[1], type):
        assert answers[0] is answers[1]
        return
    (shown, y, lies), (their_shown, their_y, they_lie) = answers
    assert (shown, lies) == (their_shown, they_lie)
    np.testing.assert_allclose(y, their_y, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(
    "value", ["m", "m.exp()", "s", "s.tril()", "t.eye(3)", "-t.eye(3)", "t.ones(2, 3)", "t.softmax(m, -1)"]
)
def test_regions_like_torch(region: str, value: str) -> None:
    found, expected = (
        asked(
            lambda given: (
                one := eval(f"C.{region}", {**given, "C": given["D"].constraints}),
                repr(one),
                asked(lambda one: (one.event_dim, one.is_discrete), one),
                one.check(eval(value, given)).tolist(),
            )[1:],
            given,
        )
        for given in named("float32")
    )
    assert found == expected


WRONG = [
    "T.ExpTransform(2)",
    "T.Transform()(r)",
    "T.Transform().inv(r)",
    "T.Transform().sign",
    "T.Transform().log_abs_det_jacobian(r, r)",
    "T.AbsTransform().log_abs_det_jacobian(r, r)",
    "T.AbsTransform().sign",
    "T.StickBreakingTransform().forward_shape(())",
    "T.SoftmaxTransform().inverse_shape(())",
    "T.CorrCholeskyTransform().forward_shape((4,))",
    "T.CorrCholeskyTransform()(a[:2])",
    "T.CorrCholeskyTransform().inverse_shape((2, 3))",
    "T.ReshapeTransform((2, 3), (5,))",
    "T.ReshapeTransform((2, 3), (6,)).forward_shape((3, 2))",
    "T.ReshapeTransform((2, 3), (6,)).inverse_shape(())",
    "T.ReshapeTransform((2, 3), (6,)).event_dim",
    "T.IndependentTransform(T.ExpTransform(), 2)(r)",
    "T.IndependentTransform(T.ExpTransform(), 2).inv(a)",
    "T.CatTransform([3])",
    "T.CatTransform([T.ExpTransform()], lengths=[1, 2])",
    "T.CatTransform([T.ExpTransform()], 0, [2])(r)",
    "T.CatTransform([T.ExpTransform()], 3, [3])(r)",
    "T.StackTransform([T.ExpTransform(), 3])",
    "T.StackTransform([T.ExpTransform()], 0)(r)",
    "T.StackTransform([T.ExpTransform()], -2)(r)",
    "D.transform_to.register(3, lambda one: one)",
    "D.biject_to(D.constraints.lower_cholesky)",
    "D.constraints.dependent.event_dim",
    "D.constraints.dependent.check(r)",
    "D.constraints.cat([3])",
    "D.constraints.cat([D.constraints.real], 0, [1, 2])",
    "D.constraints.stack([D.constraints.real], 4).check(r)",
    "D.utils.tril_matrix_to_vec(m[:, :2], 2)",
    "D.utils.vec_to_tril_matrix(t.ones(4))",
]


@pytest.mark.parametrize("expression", WRONG)
def test_errors_like_torch(expression: str) -> None:
    mine, its = named("float32")
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        eval(expression, its)
    with pytest.raises(Exception) as ours:  # noqa: PT011
        eval(expression, mine)
    assert isinstance(ours.value, theirs.type), repr(ours.value)


def coupling(t: Any) -> Any:
    """A layer of a normalizing flow, as programs write it: a module that is a transform too."""

    class Coupling(t.distributions.Transform, t.nn.Module):
        domain = codomain = t.distributions.constraints.real_vector
        bijective = True

        def __init__(self) -> None:
            super().__init__()
            self.net = t.nn.Linear(1, 2)

        __hash__ = t.nn.Module.__hash__

        def shift_and_scale(self, x: Any) -> Any:
            return self.net(x[..., :1]).chunk(2, -1)

        def _call(self, x: Any) -> Any:
            shift, scale = self.shift_and_scale(x)
            return t.cat([x[..., :1], x[..., 1:] * scale.exp() + shift], -1)

        def _inverse(self, y: Any) -> Any:
            shift, scale = self.shift_and_scale(y)
            return t.cat([y[..., :1], (y[..., 1:] - shift) * (-scale).exp()], -1)

        def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
            return self.shift_and_scale(x)[1].sum(-1)

    return Coupling()


def test_a_normalizing_flow_learns_as_under_torch() -> None:
    torch = pytest.importorskip("torch")
    losses = []
    for t in (numpynet, torch):
        t.manual_seed(0)
        layers = t.nn.ModuleList([coupling(t), coupling(t)])
        swap = t.distributions.AffineTransform(t.tensor([0.1, -0.1]), t.tensor([2.0, -0.5]), event_dim=1)
        base = t.distributions.Independent(t.distributions.Normal(t.zeros(2), 1.0), 1)
        flow = t.distributions.TransformedDistribution(base, [layers[0], swap, layers[1]])
        optimizer = t.optim.Adam(layers.parameters(), lr=0.05)
        x = t.randn(64, 2)
        x = t.stack([x[:, 0], x[:, 0] ** 2 + 0.1 * x[:, 1]], -1)
        found = []
        for _ in range(20):
            loss = -flow.log_prob(x).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        found += flow.rsample((2,)).flatten().tolist()
        losses.append(found)
    np.testing.assert_allclose(*losses, rtol=1e-4)
    assert losses[0][19] < losses[0][0]


def test_a_flow_can_be_copied() -> None:
    flow = numpynet.distributions.TransformedDistribution(
        numpynet.distributions.Normal(0.0, 1.0), [numpynet.distributions.TanhTransform().inv.inv]
    )
    y = numpynet.tensor(0.5)
    assert copy.deepcopy(flow).log_prob(y) == flow.log_prob(y)


def test_an_own_constructor_needs_an_own_way_to_a_cache(library: Any) -> None:
    class Shift(library.distributions.Transform):
        def __init__(self, by: float) -> None:
            super().__init__()

    with pytest.raises(NotImplementedError, match="with_cache"):
        Shift(1.0).with_cache()


def test_an_ambiguous_divergence_is_told_of(library: Any) -> None:
    D = library.distributions

    class Mine(D.Normal): ...

    D.register_kl(Mine, D.Normal)(lambda p, q: "by p")
    D.register_kl(D.Normal, Mine)(lambda p, q: "by q")
    with pytest.warns(RuntimeWarning, match=r"Ambiguous kl_divergence\(Mine, Mine\)"):
        assert D.kl_divergence(Mine(0.0, 1.0), Mine(0.0, 1.0)) == "by p"


def test_straight_through_gradients_are_those_of_the_probabilities(library: Any) -> None:
    logits = library.zeros(3, requires_grad=True)
    sample = library.distributions.OneHotCategoricalStraightThrough(logits=logits).rsample()
    sample[0].backward()
    np.testing.assert_allclose(logits.grad.tolist(), [2 / 9, -1 / 9, -1 / 9], rtol=1e-5)
