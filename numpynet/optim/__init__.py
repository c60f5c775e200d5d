"""torch.optim: optimizers, and schedules of their learning rates."""

from numpynet.optim.optimizer import Optimizer
from numpynet.optim.sgd import SGD

__all__ = [
    "SGD",
    "Optimizer",
]
