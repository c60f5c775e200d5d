"""Training: the loop around the model, with its learning rate, its record and its progress.

torch leaves this to its users; the names are those that Lightning and scikit-learn have made familiar.
"""

from numpynet.training.callbacks import Callback, EarlyStopping
from numpynet.training.decay import LearningRateDecay
from numpynet.training.history import History
from numpynet.training.metrics import accuracy
from numpynet.training.trainer import Trainer

__all__ = ["Callback", "EarlyStopping", "History", "LearningRateDecay", "Trainer", "accuracy"]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
