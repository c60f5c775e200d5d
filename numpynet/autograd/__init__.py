"""autograd: the backward pass from tensors, and operations with a backward of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet.autograd import function as function
from numpynet.autograd import graph as graph
from numpynet.autograd.anomaly_mode import (
    detect_anomaly,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    set_detect_anomaly,
)
from numpynet.autograd.function import Function
from numpynet.autograd.variable import Variable
from numpynet.core.absence import asked
from numpynet.core.backward import backward, grad
from numpynet.core.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from numpynet.core.tensor import wrap
from numpynet.ops.form import Array

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "inference_mode",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

_LATER = {"numpynet.autograd.jacobian_check": "GradcheckError gradcheck gradgradcheck"}
__getattr__ = asked(__name__, "functional", later=_LATER)


def __dir__() -> list[str]:
    """What completion shows."""
    return [*__all__, "functional", *" ".join(_LATER.values()).split()]
