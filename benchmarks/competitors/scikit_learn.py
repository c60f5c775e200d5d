"""scikit-learn's multilayer perceptron, fitted by SGD on one batch."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.workloads import Workload


def prepare(workload: Workload) -> Callable[[], list[float]]:
    """A call of `fit` that takes several steps, as its cost before the first is that of many.

    The regressors' loss is half the squared error; for the mean squared error the learning rate is doubled and so
    are the losses that are returned.
    """
    doubled = 2.0 if workload.loss == "mse" else 1.0
    kind = MLPClassifier if workload.loss in ("bce", "cross entropy") else MLPRegressor
    network = kind(
        hidden_layer_sizes=workload.widths[1:-1],
        solver="sgd",
        alpha=0,
        momentum=0,
        batch_size=workload.batch,
        shuffle=False,
        learning_rate_init=workload.lr * doubled,
        max_iter=workload.loop,
        n_iter_no_change=10**9,  # never stops early
        warm_start=True,
        random_state=0,
    )
    x, y = workload.x, workload.y.ravel()

    def fit() -> list[float]:
        with warnings.catch_warnings(action="ignore"):  # that it has not converged
            network.fit(x, y)
        losses = [float(loss) * doubled for loss in network.loss_curve_]
        network.loss_curve_.clear()
        return losses

    fit()  # makes the arrays that are now filled
    weights, biases = workload.parameters[::2], workload.parameters[1::2]
    network.coefs_ = [(w if workload.loss == "half squared error" else w.T).copy() for w in weights]
    network.intercepts_ = [b.copy() for b in biases]
    return fit
