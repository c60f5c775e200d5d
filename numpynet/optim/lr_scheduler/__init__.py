"""torch.optim.lr_scheduler: schedules that change the learning rate from epoch to epoch.

Learning rates are Python floats computed by torch's recurrences, so they equal torch's to the last bit.
"""

from numpynet.core.absence import asked
from numpynet.optim.lr_scheduler.composition import ChainedScheduler, SequentialLR
from numpynet.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from numpynet.optim.lr_scheduler.cyclic import CyclicLR
from numpynet.optim.lr_scheduler.factor import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from numpynet.optim.lr_scheduler.one_cycle import OneCycleLR
from numpynet.optim.lr_scheduler.plateau import ReduceLROnPlateau
from numpynet.optim.lr_scheduler.scheduler import LRScheduler, _LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "_LRScheduler",
]

__getattr__ = asked(__name__)


def __dir__() -> list[str]:
    """What completion shows."""
    return [name for name in __all__ if not name.startswith("_")]
