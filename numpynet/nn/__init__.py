"""torch.nn: modules, parameters, layers, losses."""

from numpynet.nn import functional, init, modules, utils
from numpynet.nn.modules import *
from numpynet.nn.parameter import Parameter, UninitializedBuffer, UninitializedParameter


def __dir__() -> list[str]:
    """What completion shows."""
    return ["Parameter", "functional", "init", "utils", *modules.__all__]
