"""scikit-learn's estimators around any module: for pipelines, cross-validation and grid search.

The only room that imports scikit-learn as a whole, which the extra `sklearn` brings.
"""

from numpynet.sklearn.estimator import NetClassifier, NetRegressor
from numpynet.sklearn.perceptron import perceptron

__all__ = ["NetClassifier", "NetRegressor", "perceptron"]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
