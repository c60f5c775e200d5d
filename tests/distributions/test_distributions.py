"""Every distribution as torch has it: bits, shapes, probabilities, gradients, printing, errors."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import numpynet
import numpynet.distributions

# Expressions over t, the library, D, its distributions, and parameters that require gradients: a (3,) and b (3,) with
# values in (0, 1), r (3,) real, m (2, 3) real, s (3, 3) positive definite. All in the dtype that is tried.
CASES = [
    "D.Normal(0.0, 1.0)",
    "D.Normal(r, a)",
    "D.Normal(m, 2.0)",
    "D.Normal(t.zeros(40, dtype=kind), 2.0)",
    "D.LogNormal(r, a)",
    "D.HalfNormal(a)",
    "D.Laplace(r, a)",
    "D.Laplace(0.0, 2.0)",
    "D.Cauchy(r, a)",
    "D.Uniform(r, r + a)",
    "D.Uniform(-1.0, 2.0)",
    "D.Exponential(a)",
    "D.Exponential(3.0)",
    "D.Gamma((a * 3).detach(), b)",
    "D.Gamma(2.0, 3.0)",
    "D.Chi2((a * 6).detach())",
    "D.Beta((a * 3).detach(), (b * 3).detach())",
    "D.Beta(2.0, 3.0)",
    "D.Dirichlet((m.exp()).detach())",
    "D.Bernoulli(a)",
    "D.Bernoulli(0.25)",
    "D.Bernoulli(logits=r)",
    "D.Geometric(a)",
    "D.Geometric(logits=r)",
    "D.Categorical(a)",
    "D.Categorical(probs=m.exp())",
    "D.Categorical(logits=m)",
    "D.OneHotCategorical(logits=m)",
    "D.Multinomial(5, a)",
    "D.Multinomial(total_count=4, logits=m)",
    "D.Binomial(10, a)",
    "D.Binomial(30, logits=r)",
    "D.Poisson(a * 20)",
    "D.Poisson(4.0)",
    "D.MultivariateNormal(r, s)",
    "D.MultivariateNormal(m, scale_tril=t.linalg.cholesky(s))",
    "D.MultivariateNormal(r, precision_matrix=s)",
    "D.Independent(D.Normal(m, 1.0), 1)",
    "D.Independent(D.Bernoulli(logits=m), 2)",
    "D.LowRankMultivariateNormal(r, s[:, :2], a)",
    "D.LowRankMultivariateNormal(m, s[:, :1], b)",
    "D.NegativeBinomial(5, a)",
    "D.NegativeBinomial((b * 9).detach(), logits=r)",
    "D.NegativeBinomial(3.0, 0.25)",
    "D.NegativeBinomial(t.tensor([0, 1, 2]), t.tensor([0.5, 0.0, 0.5], dtype=kind))",
    "D.OneHotCategoricalStraightThrough(a)",
    "D.OneHotCategoricalStraightThrough(logits=m)",
    "D.RelaxedBernoulli(t.tensor(0.7), a)",
    "D.RelaxedBernoulli(a[:1], logits=r)",
    "D.RelaxedBernoulli(t.tensor(0.7), 0.25)",
    "D.relaxed_bernoulli.LogitRelaxedBernoulli(a[:1], logits=m)",
    "D.RelaxedOneHotCategorical(t.tensor(0.7), a)",
    "D.RelaxedOneHotCategorical(a[0], logits=m)",
    "D.relaxed_categorical.ExpRelaxedCategorical(a[0], logits=m)",
    "D.StudentT((a * 9).detach(), r, b)",
    "D.StudentT(3.0)",
    "D.FisherSnedecor((a * 9).detach(), (b * 9).detach())",
    "D.StudentT(t.tensor([0.5, 1.0, 1.5, 2.0, 4.0], dtype=kind))",
    "D.FisherSnedecor(3.0, 7.0)",
    "D.FisherSnedecor(1.0, t.tensor([1.0, 3.0, 5.0], dtype=kind))",
    "D.HalfCauchy(a)",
    "D.InverseGamma((a * 3).detach(), b)",
    "D.InverseGamma(3.0, 2.0)",
    "D.InverseGamma(t.tensor([0.5, 1.0, 1.5, 2.0], dtype=kind), 2.0)",
    "D.Gumbel(r, a)",
    "D.Gumbel(0.0, 2.0)",
    "D.Weibull(a, b * 3)",
    "D.Weibull(1.0, 2.0)",
    "D.Weibull(1.0, t.tensor([0.5, 1.0], dtype=kind))",
    "D.Pareto(a, b * 5 + 2)",
    "D.Pareto(1.0, 3.0)",
    "D.Pareto(1.0, t.tensor([0.5, 1.0, 2.0], dtype=kind))",
    "D.GeneralizedPareto(r, a, b)",
    "D.GeneralizedPareto(0.0, 1.0, 0.0)",
    "D.GeneralizedPareto(t.zeros(3, dtype=kind), 1.0, t.tensor([0.4, 0.5, 2.0], dtype=kind))",
    "D.GeneralizedPareto(r, a, -b)",
    "D.Kumaraswamy(a * 3, b * 3)",
    "D.Kumaraswamy(2.0, 3.0)",
    "D.LogisticNormal(m, a)",
    "D.LogisticNormal(0.0, 1.0)",
    "D.ContinuousBernoulli(a)",
    "D.ContinuousBernoulli(logits=r)",
    "D.ContinuousBernoulli(0.5)",
    "D.VonMises(r, a)",
    "D.VonMises(0.0, 5.0)",
    "D.VonMises(t.zeros(50, dtype=kind), 1e-6)",
    "D.TransformedDistribution(D.Normal(r, a), [])",
    "D.TransformedDistribution(D.Normal(r, a), D.ExpTransform())",
    "D.TransformedDistribution(D.Uniform(0.0, 1.0), [D.SigmoidTransform().inv, D.AffineTransform(r, a)])",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), [D.AffineTransform(r, -a, cache_size=1), D.TanhTransform(1)])",
    "D.TransformedDistribution(D.Normal(m, 1.0), D.StickBreakingTransform())",
    "D.TransformedDistribution(D.MultivariateNormal(r, s), [D.AffineTransform(r, a), D.SoftplusTransform()])",
    "D.TransformedDistribution(D.Normal(m, 1.0), [D.ReshapeTransform((2, 3), (6,)), D.AffineTransform(0.0, 3.0)])",
    "D.TransformedDistribution(D.Normal(m, 1.0), D.CumulativeDistributionTransform(D.Normal(r, a + 2)))",
    "D.TransformedDistribution(D.Independent(D.Normal(m, 1.0), 1), D.ExpTransform())",
    "D.MixtureSameFamily(D.Categorical(a), D.Normal(r, b))",
    "D.MixtureSameFamily(D.Categorical(logits=m), D.Independent(D.Normal(t.stack([m, m + 1], -1), 1.0), 1))",
]
CONTINUOUS = (
    *("Normal", "LogNormal", "HalfNormal", "Laplace", "Cauchy", "Uniform", "Exponential", "Gumbel", "Weibull"),
    *("Pareto", "GeneralizedPareto", "Kumaraswamy", "HalfCauchy", "ContinuousBernoulli", "TransformedDistribution"),
)
PARAMETERS = "abrms"
kinds = pytest.mark.parametrize("kind", ["float32", "float64"])


def names(t: Any, kind: str) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    spread = rng.normal(size=(3, 3))
    values = {
        "a": rng.uniform(0.2, 0.9, 3),
        "b": rng.uniform(0.2, 0.9, 3),
        "r": rng.normal(size=3),
        "m": rng.normal(size=(2, 3)),
        "s": spread @ spread.T + 2 * np.eye(3),
    }
    made = {name: t.tensor(value.astype(kind)).requires_grad_() for name, value in values.items()}
    return {**made, "t": t, "D": t.distributions, "kind": getattr(t, kind)}


def both(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    torch = pytest.importorskip("torch")
    return names(numpynet, kind), names(torch, kind)


def assert_near(ours: Any, theirs: Any, kind: str, what: str) -> None:
    assert tuple(ours.shape) == tuple(theirs.shape), what
    assert str(ours.dtype) == str(theirs.dtype), what
    # Some dozens of roundings, of numbers of some size, that may cancel.
    bound = 400 * np.finfo(kind).eps
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=bound, atol=bound, err_msg=what)


def assert_gradients_near(
    ours: Any, theirs: Any, mine: dict[str, Any], its: dict[str, Any], kind: str, slack: float = 0
) -> None:
    """Under the same random cotangent."""
    assert ours.requires_grad == theirs.requires_grad
    if not ours.requires_grad:
        return
    cotangent = np.random.default_rng(1).normal(size=tuple(ours.shape)).astype(kind)
    for result, given, t in ((ours, mine, numpynet), (theirs, its, its["t"])):
        for name in PARAMETERS:
            given[name].grad = None
        result.backward(t.tensor(cotangent), retain_graph=True)
    for name in PARAMETERS:
        found, wanted = mine[name].grad, its[name].grad
        if wanted is None:
            assert found is None or not found.numpy().any()
        else:
            size = max(1.0, float(wanted.abs().max()))
            np.testing.assert_allclose(
                found.numpy(), wanted.numpy(), rtol=0, atol=(2000 * np.finfo(kind).eps + slack) * size, err_msg=name
            )


@kinds
@pytest.mark.parametrize("expression", CASES)
def test_like_torch(expression: str, kind: str) -> None:
    mine, its = both(kind)
    numpynet.set_default_dtype(mine["kind"])
    its["t"].set_default_dtype(its["kind"])
    try:
        compare(eval(expression, mine), eval(expression, its), mine, its, kind)
    finally:
        numpynet.set_default_dtype(numpynet.float32)
        its["t"].set_default_dtype(its["t"].float32)


def compare(ours: Any, theirs: Any, mine: dict[str, Any], its: dict[str, Any], kind: str) -> None:
    assert repr(ours) == repr(theirs)
    assert (tuple(ours.batch_shape), tuple(ours.event_shape)) == (tuple(theirs.batch_shape), tuple(theirs.event_shape))
    assert repr(ours.support) == repr(theirs.support).replace("torch.", "")
    assert ours.has_rsample == theirs.has_rsample
    assert ours.has_enumerate_support == theirs.has_enumerate_support
    drawn = []
    for shape in ((), (4,), (2, 3)):
        numpynet.manual_seed(3)
        its["t"].manual_seed(3)
        sample, wanted = ours.sample(shape), theirs.sample(shape)
        assert not sample.requires_grad
        assert_near(sample, wanted, kind, f"sample {shape}")
        if shape:
            drawn.append((sample, wanted))
        assert numpynet.rand(1).tolist() == its["t"].rand(1).tolist(), "the generator's state"
    if theirs.has_rsample:
        numpynet.manual_seed(4)
        its["t"].manual_seed(4)
        sample, wanted = ours.rsample((5,)), theirs.rsample((5,))
        assert_near(sample, wanted, kind, "rsample")
        assert_gradients_near(sample, wanted, mine, its, kind)
    for question in ("mean", "mode", "variance", "stddev"):
        ask(lambda one, question=question: getattr(one, question), ours, theirs, mine, its, kind)
    slack = 1e-8 if type(ours).__name__ == "Kumaraswamy" else 0  # torch's ψ′, as of divergences
    ask(lambda one: one.entropy(), ours, theirs, mine, its, kind, slack)
    for sample, wanted in drawn:
        found, expected = ours.log_prob(sample), theirs.log_prob(wanted)
        assert_near(found, expected, kind, "log_prob")
        assert_gradients_near(found, expected, mine, its, kind)
        if type(ours).__name__ in CONTINUOUS and not ours.event_shape:
            below, expected = ours.cdf(sample), theirs.cdf(wanted)
            assert_near(below, expected, kind, "cdf")
            assert_gradients_near(below, expected, mine, its, kind)
            share = np.linspace(0.1, 0.9, int(np.prod(sample.shape))).reshape(tuple(sample.shape)).astype(kind)
            at, expected = ours.icdf(numpynet.tensor(share)), theirs.icdf(its["t"].tensor(share))
            assert_near(at, expected, kind, "icdf")
            assert_gradients_near(at, expected, mine, its, kind)
    if theirs.has_enumerate_support:
        for expand in (True, False):
            ask(lambda one, expand=expand: one.enumerate_support(expand), ours, theirs, mine, its, kind)
    if "Mixture" in repr(theirs):
        return
    wider, expected = ours.expand((2, *theirs.batch_shape)), theirs.expand((2, *theirs.batch_shape))
    assert repr(wider) == repr(expected)
    assert tuple(wider.sample().shape) == tuple(expected.sample().shape)
    assert_near(wider.log_prob(drawn[0][0][:2]), expected.log_prob(drawn[0][1][:2]), kind, "expanded")


def ask(
    question: Any, ours: Any, theirs: Any, mine: dict[str, Any], its: dict[str, Any], kind: str, slack: float = 0
) -> None:
    try:
        expected = question(theirs)
    except NotImplementedError:
        with pytest.raises(NotImplementedError):
            question(ours)
        return
    found = question(ours)
    assert_near(found, expected, kind, "")
    assert_gradients_near(found, expected, mine, its, kind, slack)


SPREAD = [
    *("D.Beta(a, b)", "D.ContinuousBernoulli(b)", "D.Exponential(b)", "D.Gamma(b, a)", "D.Gumbel(r, b)"),
    *("D.Laplace(r, b)", "D.Normal(r, b)", "D.Pareto(a / 9, b + 0.5)", "D.Pareto(a, b * 9)", "D.Uniform(a / 9, a)"),
]
PAIRS = [
    ("D.Normal(r, a)", "D.Normal(0.0, b)"),
    ("D.LogNormal(r, a)", "D.LogNormal(0.0, b)"),
    ("D.HalfNormal(a)", "D.HalfNormal(b)"),
    ("D.Laplace(r, a)", "D.Laplace(0.0, b)"),
    ("D.Cauchy(r, a)", "D.Cauchy(0.0, b)"),
    ("D.Uniform(r, r + a)", "D.Uniform(r - 1, r + 2)"),
    ("D.Uniform(r, r + a)", "D.Uniform(r + 0.01, r + 2)"),
    ("D.Exponential(a)", "D.Exponential(b)"),
    ("D.Gamma(a, b)", "D.Gamma(b, a)"),
    ("D.Chi2(a)", "D.Gamma(b, a)"),
    ("D.Beta(a, b)", "D.Beta(b, a)"),
    ("D.Dirichlet(m.exp())", "D.Dirichlet(a)"),
    ("D.Bernoulli(a)", "D.Bernoulli(b)"),
    ("D.Bernoulli(logits=r)", "D.Bernoulli(b)"),
    ("D.Bernoulli(t.tensor([0.0, 1.0, 0.5], dtype=kind))", "D.Bernoulli(t.tensor([0.0, 0.0, 0.5], dtype=kind))"),
    ("D.Geometric(a)", "D.Geometric(b)"),
    ("D.Categorical(a)", "D.Categorical(b)"),
    ("D.Categorical(t.tensor([0.0, 1.0, 1.0], dtype=kind))", "D.Categorical(t.tensor([1.0, 1.0, 0.0], dtype=kind))"),
    ("D.OneHotCategorical(logits=m)", "D.OneHotCategorical(a)"),
    ("D.Binomial(5, a)", "D.Binomial(5, b)"),
    ("D.Binomial(5, a)", "D.Binomial(4, b)"),
    ("D.Poisson(a)", "D.Poisson(b)"),
    ("D.MultivariateNormal(r, s)", "D.MultivariateNormal(m, s + 2 * t.eye(3, dtype=kind))"),
    ("D.Independent(D.Normal(m, 1.0), 1)", "D.Independent(D.Normal(t.zeros(2, 3, dtype=kind), a), 1)"),
    ("D.Independent(D.Normal(m, 1.0), 1)", "D.Independent(D.Normal(m, 1.0), 2)"),
    ("D.Normal(r, a)", "D.Bernoulli(a)"),
    ("D.Gumbel(r, a)", "D.Gumbel(0.0, b)"),
    ("D.Pareto(a, b)", "D.Pareto(0.3, a)"),
    ("D.Pareto(a, b)", "D.Pareto(0.5, a)"),
    ("D.ContinuousBernoulli(a)", "D.ContinuousBernoulli(logits=r)"),
    ("D.LowRankMultivariateNormal(r, s[:, :2], a)", "D.LowRankMultivariateNormal(m, s[:, 1:], b)"),
    ("D.LowRankMultivariateNormal(r, s[:, :2], a)", "D.MultivariateNormal(m, s)"),
    ("D.MultivariateNormal(m, s)", "D.LowRankMultivariateNormal(r, s[:, :2], a)"),
    ("D.OneHotCategoricalStraightThrough(a)", "D.OneHotCategorical(logits=m)"),
    ("D.Weibull(a, b)", "D.Weibull(a, b)"),
    ("D.Weibull(a, b)", "D.Weibull(b, a)"),
    ("D.HalfCauchy(a)", "D.HalfCauchy(b)"),
    ("D.StudentT(a)", "D.StudentT(b)"),
    ("D.LogNormal(r, a)", "D.TransformedDistribution(D.Normal(0.0, b), D.ExpTransform())"),
    ("D.TransformedDistribution(D.Normal(r, a), D.ExpTransform())", "D.HalfNormal(a)"),
    ("D.LogisticNormal(m, a)", "D.LogisticNormal(r, b)"),
    ("D.LogisticNormal(m, a)", "D.LogisticNormal(m[:, :2], 1.0)"),
    *itertools.product(
        ("D.Bernoulli(a)", "D.Poisson(a)", "D.Binomial(3, a)"), ("D.Bernoulli(b)", "D.Poisson(b)", "D.Binomial(3, b)")
    ),
    *itertools.product(SPREAD, (*SPREAD, "D.Uniform(t.zeros(3, dtype=kind), a)", "D.Uniform(-a, 1 + b)")),
    ("D.Binomial(4, a)", "D.Binomial(5, b)"),
]


@kinds
@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_divergences_like_torch(p: str, q: str, kind: str) -> None:
    mine, its = both(kind)
    (ours_p, ours_q), (theirs_p, theirs_q) = ([eval(one, given) for one in (p, q)] for given in (mine, its))
    try:
        expected = its["D"].kl_divergence(theirs_p, theirs_q)
    except NotImplementedError:
        with pytest.raises(NotImplementedError):
            numpynet.distributions.kl_divergence(ours_p, ours_q)
        return
    found = numpynet.distributions.kl_divergence(ours_p, ours_q)
    assert_near(found, expected, kind, "")
    # torch's ψ′, the slope of ψ, is exact to 1e-9 alone, in float64 too.
    assert_gradients_near(found, expected, mine, its, kind, slack=1e-8 if "digamma" in its_functions(p) else 0)


def its_functions(expression: str) -> str:
    """The special functions that the divergence of such a distribution has."""
    return "digamma" if expression.startswith(("D.Gamma", "D.Chi2", "D.Beta", "D.Dirichlet")) else ""


WRONG = [
    "D.Normal(r, -a)",
    "D.Normal(r, t.zeros(3))",
    "D.Normal(t.tensor([0.0, float('nan')]), 1.0)",
    "D.Normal('x', 1.0)",
    "D.Normal(r, t.ones(2))",
    "D.Normal(0.0, 1.0).log_prob(0.5)",
    "D.Normal(r, a).log_prob(t.ones(2))",
    "D.Normal(r, a).log_prob(t.tensor([0.0, 1.0, float('nan')]))",
    "D.Bernoulli(a).log_prob(t.tensor(0.5))",
    "D.Bernoulli(a * 9)",
    "D.Bernoulli()",
    "D.Bernoulli(a, r)",
    "D.Geometric(t.zeros(2))",
    "D.Categorical(t.tensor([2.0, -1.0]))",
    "D.Categorical(t.tensor(1.0))",
    "D.Categorical(a).log_prob(t.tensor(3))",
    "D.Categorical(a).rsample()",
    "D.Uniform(1.0, 0.0)",
    "D.Uniform(0.0, 1.0).log_prob(t.tensor(2.0))",
    "D.Exponential(-1.0)",
    "D.Chi2(-1.0)",
    "D.Chi2(t.tensor([1.0, 0.0]))",
    "D.HalfNormal(-1.0)",
    "D.LogNormal(0.0, -1.0)",
    "D.Gamma(-1.0, 1.0)",
    "D.Poisson(-1.0)",
    "D.Poisson(3.0).log_prob(t.tensor(0.5))",
    "D.Binomial(3, 0.5).log_prob(t.tensor(4.0))",
    "D.Binomial(t.tensor([1, 2]), 0.5).entropy()",
    "D.Multinomial(t.tensor(3), a)",
    "D.Multinomial(3, a).log_prob(t.tensor([1.0, 1.0]))",
    "D.Dirichlet(t.tensor(1.0))",
    "D.Dirichlet(-a)",
    "D.Dirichlet(a).log_prob(t.tensor([0.5, 0.5, 0.5]))",
    "D.MultivariateNormal(r)",
    "D.MultivariateNormal(r, s, s)",
    "D.MultivariateNormal(t.tensor(1.0), s)",
    "D.MultivariateNormal(r, r)",
    "D.MultivariateNormal(r, -s)",
    "D.MultivariateNormal(r, m)",
    "D.MultivariateNormal(r, scale_tril=s)",
    "D.Independent(D.Normal(r, a), 2)",
    "D.LowRankMultivariateNormal(t.tensor(1.0), s, a)",
    "D.LowRankMultivariateNormal(r, r, a)",
    "D.LowRankMultivariateNormal(r, m, a)",
    "D.LowRankMultivariateNormal(r, s, a[:2])",
    "D.LowRankMultivariateNormal(r, s * 0, -a)",
    "D.kl_divergence(D.MultivariateNormal(r, s), D.MultivariateNormal(r[:2], s[:2, :2]))",
    "D.kl_divergence(D.LowRankMultivariateNormal(r, s, a), D.MultivariateNormal(r[:2], s[:2, :2]))",
    "D.kl_divergence(D.MultivariateNormal(r[:2], s[:2, :2]), D.LowRankMultivariateNormal(r, s, a))",
    "D.LowRankMultivariateNormal(m, s.expand(4, 3, 3), a)",
    "D.NegativeBinomial(-1, a)",
    "D.NegativeBinomial(1, 1.0)",
    "D.NegativeBinomial(1)",
    "D.NegativeBinomial(1, 0.5).log_prob(t.tensor(0.5))",
    "D.NegativeBinomial(1, 0.5).rsample()",
    "D.OneHotCategoricalStraightThrough(a, r)",
    "D.RelaxedBernoulli(t.tensor(1.0), a * 9)",
    "D.RelaxedBernoulli(t.tensor(1.0))",
    "D.RelaxedBernoulli(t.tensor(1.0), a).log_prob(a * 9)",
    "D.RelaxedBernoulli(0.5, a).log_prob(a)",
    "D.RelaxedOneHotCategorical(0.5, a).log_prob(a / a.sum())",
    "D.RelaxedBernoulli(t.tensor(1.0), a).cdf(a)",
    "D.RelaxedOneHotCategorical(t.tensor(1.0), t.tensor(1.0))",
    "D.RelaxedOneHotCategorical(t.tensor(1.0), a).log_prob(a)",
    "D.StudentT(-a)",
    "D.StudentT(a, r, -b)",
    "D.StudentT(a, t.tensor(float('nan')))",
    "D.StudentT(2.0).cdf(a)",
    "D.FisherSnedecor(a, -b)",
    "D.FisherSnedecor(1.0, 2.0).log_prob(-a)",
    "D.HalfCauchy(-1.0)",
    "D.HalfCauchy(1.0).log_prob(-a)",
    "D.HalfCauchy(1.0).log_prob(1.0)",
    "D.InverseGamma(-1.0, 1.0)",
    "D.InverseGamma(1.0, 1.0).log_prob(-a)",
    "D.Gumbel(r, -a)",
    "D.Weibull(-1.0, 1.0)",
    "D.Weibull(1.0, 1.0).log_prob(-a)",
    "D.Pareto(1.0, -1.0)",
    "D.Pareto(1.0, 1.0).log_prob(a)",
    "D.GeneralizedPareto(0.0, -1.0, 0.0)",
    "D.GeneralizedPareto(0.0, 1.0, 0.0).log_prob(-a)",
    "D.Kumaraswamy(-1.0, 1.0)",
    "D.Kumaraswamy(1.0, 1.0).log_prob(a * 9)",
    "D.LogisticNormal(0.0, -1.0)",
    "D.LogisticNormal(r, 1.0).log_prob(r)",
    "D.ContinuousBernoulli(a * 9, validate_args=True)",
    "D.ContinuousBernoulli(a, r)",
    "D.ContinuousBernoulli(a).log_prob(a * 9)",
    "D.VonMises(r, -a)",
    "D.VonMises(r, a).rsample()",
    "D.TransformedDistribution(D.Normal(r, a), D.Normal(r, a))",
    "D.TransformedDistribution(D.Normal(r, a), [D.Normal(r, a)])",
    "D.TransformedDistribution(D.Normal(r, a), (D.ExpTransform(),))",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform())",
    "D.TransformedDistribution(D.Normal(r, a), D.ExpTransform()).log_prob(-a)",
    "D.TransformedDistribution(D.Normal(r, a), D.ExpTransform()).mean",
    "D.TransformedDistribution(D.Normal(r, a), D.ExpTransform()).entropy()",
    "D.TransformedDistribution(D.Bernoulli(a), D.AffineTransform(0.0, 2.0)).rsample()",
    "D.MixtureSameFamily(D.Normal(r, a), D.Normal(r, a))",
    "D.MixtureSameFamily(D.Categorical(a), D.Normal(m[:, :2], 1.0))",
    "D.Distribution.set_default_validate_args(3)",
    "D.Distribution().sample()",
]


@pytest.mark.parametrize("expression", WRONG)
def test_errors_like_torch(expression: str) -> None:
    mine, its = both("float32")
    its["D"].Distribution.set_default_validate_args(True)  # which torch.compile turns off for the whole process
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        eval(expression, its)
    with pytest.raises(Exception) as ours:  # noqa: PT011
        eval(expression, mine)
    assert isinstance(ours.value, theirs.type), repr(ours.value)


def test_what_is_not_validated_is_not_refused() -> None:
    normal = numpynet.distributions.Normal(0.0, -1.0, validate_args=False)
    assert normal.scale.item() == -1
    assert numpynet.distributions.Bernoulli(0.5, validate_args=False).log_prob(numpynet.tensor(0.5)).item() < 0


def test_samples_without_gradients_say_so() -> None:
    """torch has approximations of its own for them."""
    shape = numpynet.tensor([2.0, 3.0], requires_grad=True)
    for distribution in (
        numpynet.distributions.Gamma(shape, 1.0),
        numpynet.distributions.Beta(shape, 1.0),
        numpynet.distributions.Dirichlet(shape),
        numpynet.distributions.StudentT(shape),
        numpynet.distributions.FisherSnedecor(1.0, shape),
        numpynet.distributions.InverseGamma(shape, 1.0),
    ):
        assert distribution.sample().shape[0] == 2
        with pytest.raises(NotImplementedError, match="detach"):
            distribution.rsample()


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_rejection_has_torchs_bits(kind: str) -> None:
    """Small and large parameters, where the method changes, and its borders; the stream goes on alike."""
    torch = pytest.importorskip("torch")
    rates = np.array([0, 0.001, 0.5, 3, 9.9, 10, 12, 50, 1000, 1e6] * 20, kind)
    counts = np.array([0, 1, 5, 20, 100, 1000, 30, 50] * 20, kind)
    chances = np.resize(np.array([0.5, 0.3, 0.9, 0.6, 0.01, 0.4, 0.99, 1, 0], kind), counts.shape)
    for seed in range(5):
        drawn = []
        for t in (numpynet, torch):
            t.manual_seed(seed)
            of_rates, of_counts = t.poisson(t.tensor(rates)), t.binomial(t.tensor(counts), t.tensor(chances))
            gamma = t.distributions.Gamma(t.tensor(rates[1:10]).repeat(20), 1.0).sample()
            shares = t.distributions.Dirichlet(t.tensor(rates[1:9].reshape(2, 4))).sample()
            drawn.append([one.numpy() for one in (of_rates, of_counts, gamma, shares, t.rand(1))])
        for ours, theirs in zip(*drawn, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda t: t.poisson(t.tensor([-1.0])), RuntimeError),
        (lambda t: t.poisson(t.tensor([1])), NotImplementedError),
        (lambda t: t.binomial(t.tensor([1]), t.tensor([0.5])), ValueError),
        (lambda t: t.binomial(t.tensor([1.0]), t.tensor([0.5]).double()), RuntimeError),
        (lambda t: t.poisson(1.0), TypeError),
    ],
)
def test_wrong_draws_are_refused(library: Any, call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call(library)


@pytest.mark.parametrize("name", ["Normal", "Laplace", "Cauchy"])
def test_a_missing_argument_is_told_of_the_class_itself(library: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name}\.__init__\(\) missing 1 required positional argument: 'scale'"):
        getattr(library.distributions, name)(0.0)
