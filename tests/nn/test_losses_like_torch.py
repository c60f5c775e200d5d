"""Losses of margins and likelihoods, and distances: as functions and as modules, against torch."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import numpynet
from numpynet import nn

torch = pytest.importorskip("torch")

LOSSES = [
    *("kl_div(x, p)", "kl_div(x, y, log_target=True)", "kl_div(x, p * (p > 0.5))", "poisson_nll_loss(x, p)"),
    *("poisson_nll_loss(x, 5 * p, full=True)", "poisson_nll_loss(p, p, log_input=False)", "gaussian_nll_loss(x, y, p)"),
    *("gaussian_nll_loss(x, y, p[:, 0], True)", "gaussian_nll_loss(x, y, 2.0)", "gaussian_nll_loss(x, y, p[:, :1])"),
    *("margin_ranking_loss(x, y, s)", "margin_ranking_loss(x, y, s, 0.5)", "hinge_embedding_loss(x, s, 2.0)"),
    *(
        "cosine_embedding_loss(x, y, s[:, 0], 0.1)",
        "cosine_embedding_loss(x[0], y[0], s[0, 0])",
        "hinge_embedding_loss(x, s)",
    ),
    *("triplet_margin_loss(x, y, p)", "triplet_margin_loss(x, y, p, 2.0, 1, swap=True)", "soft_margin_loss(x, s)"),
    *("triplet_margin_with_distance_loss(x, y, p)", "triplet_margin_with_distance_loss(x, y, p, swap=True)"),
    *("multilabel_soft_margin_loss(x, (s + 1) / 2)", "multilabel_soft_margin_loss(x, (s + 1) / 2, p[0])"),
    *("multi_margin_loss(x, c)", "multi_margin_loss(x, c, 2, 0.5)", "multi_margin_loss(x, c, weight=p[0].detach())"),
    *("multi_margin_loss(x[0], c[0])", "multilabel_margin_loss(x, t)", "multilabel_margin_loss(x[0], t[0])"),
]
DISTANCES = [
    *(
        "cosine_similarity(x, y)",
        "cosine_similarity(x, y, 0)",
        "cosine_similarity(x, y[0], -1)",
        "cosine_similarity(x[0], y, 0)",
        "cosine_similarity(x[0], y)",
        "pairwise_distance(x, y)",
    ),
    *("cosine_similarity(x, 0 * y)", "pairwise_distance(x, y, 1)", "pairwise_distance(x, y[:1], 3.0, keepdim=True)"),
    *("cosine_similarity(x, y, eps=10.0)", "pairwise_distance(x[0], y[0])", "pairwise_distance(x, x - 1e-6)"),
]
REFUSED = [
    *("cosine_similarity(c, c, 0)", "gaussian_nll_loss(x, y, -p)", "gaussian_nll_loss(x, y, p[:2])"),
    *("gaussian_nll_loss(x, y, -1.0)", "margin_ranking_loss(x, y[:, 0], s)", "cosine_embedding_loss(x[0], y, s[:, 0])"),
    *("cosine_embedding_loss(x, y, s)", "triplet_margin_loss(x, y, p, margin=-1)", "triplet_margin_loss(x, y[0], p)"),
    *(
        "triplet_margin_with_distance_loss(x, y, p, margin=0)",
        "multi_margin_loss(x, c + 3)",
        "multi_margin_loss(x, c, 3)",
    ),
    *(
        "multi_margin_loss(x, c, weight=p[0])",
        "multi_margin_loss(x, c[:2])",
        "multi_margin_loss(x, c, weight=p)",
        "multi_margin_loss(x, c, weight=p[0, :2])",
    ),
    *("multi_margin_loss(x, s[:, 0])", "triplet_margin_with_distance_loss(x, y, p, reduction='a')", "kl_div(3, x)"),
    *("kl_div(x, p, reduction='a')", "poisson_nll_loss(x, p, reduction='a')", "soft_margin_loss(x, s, reduction='a')"),
    *("gaussian_nll_loss(x, y, p, reduction='a')", "multilabel_soft_margin_loss(x, s, reduction='a')"),
    *("multilabel_margin_loss(x, t + 1)", "multilabel_margin_loss(x, t - 1)", "multilabel_margin_loss(x, t.int())"),
    *("multilabel_margin_loss(x, t[0])", "multilabel_margin_loss(c, t)", "multilabel_margin_loss(x, t[:, :0])"),
    *("multilabel_margin_loss(x[None], t[None])", "multilabel_margin_loss(x, t, reduction='a')"),
    *("hinge_embedding_loss(x, s, reduction='a')", "poisson_nll_loss(x, p, reduction='batchmean')"),
    *("pairwise_distance(x, y[:, :2])", "soft_margin_loss(x, s[:2])"),
]


def outcome(library: Any, expression: str, dtype: Any) -> Any:
    """The result, its node's name and the gradients under fixed cotangents, or the class of what is raised."""
    random = np.random.default_rng(1)
    x, y = (library.tensor(random.normal(size=(3, 4)).astype(dtype), requires_grad=True) for _ in range(2))
    p = library.tensor(random.uniform(0.1, 2, (3, 4)).astype(dtype), requires_grad=True)
    s = library.tensor(random.choice([-1.0, 1.0], (3, 4)).astype(dtype))
    c = library.tensor([2, 0, 3])
    t = library.tensor([[3, 0, -1, 1], [0, 1, 2, 3], [2, 2, 1, -1]])
    surroundings = {"F": library.nn.functional, "x": x, "y": y, "p": p, "s": s, "c": c, "t": t}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = eval(f"F.{expression}", surroundings)
        except Exception as error:
            return type(error)
    result.backward(library.tensor(random.normal(size=tuple(result.shape)).astype(dtype)))
    grads = [None if one.grad is None else one.grad.numpy() for one in (x, y, p)]
    return result.grad_fn.name(), result.detach().numpy(), *grads


def agree(expression: str, dtype: Any) -> None:
    ours, theirs = outcome(numpynet, expression, dtype), outcome(torch, expression, dtype)
    if isinstance(theirs, type):
        assert ours is theirs
        return
    assert not isinstance(ours, type), ours
    assert ours[0] == theirs[0]
    for one, other in zip(ours[1:], theirs[1:], strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.dtype == other.dtype
            assert one.shape == other.shape
            # Chains of some twenty roundings, and sums of a dozen terms, of numbers below 10.
            np.testing.assert_allclose(one, other, rtol=128 * np.finfo(dtype).eps, atol=128 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("expression", LOSSES)
def test_losses_as_in_torch(expression: str, reduction: str, dtype: Any) -> None:
    agree(f"{expression[:-1]}, reduction='{reduction}')", dtype)


@pytest.mark.parametrize("expression", [*DISTANCES, *REFUSED, "kl_div(x, p, reduction='batchmean')"])
def test_the_rest_as_in_torch(expression: str) -> None:
    agree(expression, np.float64)
    agree(expression, np.float32)


@pytest.mark.parametrize("name", ["kl_div", "poisson_nll_loss", "margin_ranking_loss", "hinge_embedding_loss"])
def test_old_reductions(name: str) -> None:
    more = ", s" if name == "margin_ranking_loss" else ""
    for old in ("size_average=False", "reduce=False", "size_average=True"):
        agree(f"{name}(x, p{more}, {old})", np.float64)


@pytest.mark.parametrize("reduction", ["", ", 0", ", 1", ", 2", ", 3", ", -1", ", reduction=2"])
@pytest.mark.parametrize(
    "call",
    [
        "hinge_embedding_loss(x, s, 2.0{})",
        "margin_ranking_loss(x, y, s, 0.5{})",
        "cosine_embedding_loss(x, y, s[:, 0], 0.1{})",
        "triplet_margin_loss(x, y, p, 1.0, 2.0, 1e-6, False{})",
        "kl_div(x, p.exp(){}, log_target=False)",
        "poisson_nll_loss(x, p, True, False, 1e-8{})",
        "ctc_loss(q.log_softmax(2), i, (3, 2), (2, 1), 0{})",
    ],
)
def test_losses_beside_tensors_take_the_number_of_the_reduction(call: str, reduction: str) -> None:
    rows = np.random.default_rng(0).normal(size=(3, 2, 4))
    found = []
    for library in (numpynet, torch):
        x, y, p = map(library.tensor, rows)
        values = {"x": x, "y": y, "p": p, "s": library.sign(p), "q": library.tensor(rows)}
        values["i"] = library.tensor([[1, 2], [3, 0]])
        try:
            found.append(eval(f"library.{call.format(reduction)}", {"library": library}, values).numpy())
        except TypeError:
            assert (call.startswith("poisson"), reduction) == (True, "")  # it has no default
            found.append(np.zeros(0))
        for number, error in (("'mean'", TypeError), ("True", TypeError), (str(2**70), ValueError)):
            with pytest.raises(error, match=r"must be int, not|invalid combination|Overflow"):
                eval(f"library.{call.format(f', {number}')}", {"library": library}, values)
    assert found[0].shape == found[1].shape
    np.testing.assert_allclose(*found, rtol=64 * np.finfo(np.float64).eps)  # of some twenty roundings


MODULES = {
    "KLDivLoss(reduction='batchmean')": "x, p",
    "KLDivLoss(reduction='sum', log_target=True)": "x, y",
    "PoissonNLLLoss()": "x, p",
    "PoissonNLLLoss(False, True)": "p, p",
    "GaussianNLLLoss(full=True)": "x, y, p",
    "MarginRankingLoss(0.5)": "x, y, s",
    "HingeEmbeddingLoss(2.0, reduction='sum')": "x, s",
    "CosineEmbeddingLoss(0.2)": "x, y, s[:, 0]",
    "SoftMarginLoss(reduction='none')": "x, s",
    "TripletMarginLoss(2.0, 1)": "x, y, p",
    "TripletMarginLoss(swap=True)": "x, y, p",
    "TripletMarginWithDistanceLoss(margin=0.5)": "x, y, p",
    "MultiLabelSoftMarginLoss()": "x, (s + 1) / 2",
    "MultiMarginLoss(2, 0.5)": "x, c",
    "CosineSimilarity(0)": "x, y",
    "PairwiseDistance(1.0, keepdim=True)": "x, y",
}


@pytest.mark.parametrize("expression", MODULES)
def test_modules_as_in_torch(expression: str) -> None:
    seen = []
    for library in (numpynet, torch):
        random = np.random.default_rng(1)
        x, y, p, s = (library.tensor(random.uniform(0.1, 2, (3, 4)).astype(np.float32)) for _ in range(4))
        given = {"x": x, "y": y, "p": p, "s": (s - 1).sign(), "c": library.tensor([2, 0, 3])}
        module = eval(f"nn.{expression}", {"nn": library.nn})
        result = module(*eval(f"({MODULES[expression]})", given))
        seen.append((repr(module), list(module.state_dict()), result.numpy()))
        if library is numpynet:
            for copied in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
                assert numpynet.equal(copied(*eval(f"({MODULES[expression]})", given)), result)
    ours, theirs = seen
    assert ours[:-1] == theirs[:-1]
    eps = np.finfo(np.float32).eps
    np.testing.assert_allclose(ours[-1], theirs[-1], rtol=64 * eps, atol=64 * eps)


def test_modules_refuse(library: Any) -> None:
    for make in (lambda: library.nn.TripletMarginLoss(0), lambda: library.nn.TripletMarginWithDistanceLoss(margin=-1)):
        with pytest.raises(ValueError, match="expected margin to be greater than 0"):
            make()
    with pytest.raises(ValueError, match="only p == 1 and p == 2"):
        library.nn.MultiMarginLoss(3)


def test_a_mean_divergence_warns(library: Any) -> None:
    with pytest.warns(UserWarning, match="batchmean"):
        library.nn.functional.kl_div(library.zeros(2), library.ones(2))


def test_compiled_is_eager_bit_for_bit() -> None:
    numpynet.manual_seed(0)
    model = nn.Linear(3, 4)
    x, y = numpynet.randn(5, 3), numpynet.randn(5, 4)

    def step() -> Any:
        model.zero_grad()
        loss = nn.functional.triplet_margin_loss(model(x), y, y + 1) + nn.functional.soft_margin_loss(
            model(x), y.sign()
        )
        loss.backward()
        return loss

    compiled = numpynet.compile(step)
    for _ in range(4):
        expected = step().item(), model.weight.grad.clone()
        assert compiled().item() == expected[0]
        assert numpynet.equal(model.weight.grad, expected[1])
