"""Training: the loop around the model, with its learning rate, its record and its progress.

torch leaves this to its users; the names are those that Lightning and scikit-learn have made familiar.
"""

from numpynet.training.decay import LearningRateDecay
from numpynet.training.history import History
from numpynet.training.trainer import Trainer

__all__ = ["History", "LearningRateDecay", "Trainer"]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
