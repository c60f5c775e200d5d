"""torch.optim: optimizers, and schedules of their learning rates."""

from typing import TYPE_CHECKING

from numpynet.core.absence import asked
from numpynet.optim.adagrad import Adagrad
from numpynet.optim.adam import Adam
from numpynet.optim.adamw import AdamW
from numpynet.optim.optimizer import Optimizer
from numpynet.optim.rmsprop import RMSprop
from numpynet.optim.sgd import SGD

if TYPE_CHECKING:
    from numpynet.optim import lr_scheduler

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]

LATER = {
    "numpynet.optim.adadelta": "Adadelta",
    "numpynet.optim.adamax": "Adamax",
    "numpynet.optim.asgd": "ASGD",
    "numpynet.optim.lbfgs": "LBFGS",
    "numpynet.optim.nadam": "NAdam",
    "numpynet.optim.radam": "RAdam",
    "numpynet.optim.rprop": "Rprop",
}

__getattr__ = asked(__name__, "lr_scheduler", "swa_utils", later=LATER)


def __dir__() -> list[str]:
    """What completion shows."""
    return [*__all__, *LATER.values()]
