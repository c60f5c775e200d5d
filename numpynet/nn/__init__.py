"""torch.nn: modules, parameters, layers, losses."""

from numpynet.core.absence import asked
from numpynet.nn import functional, init, modules, utils
from numpynet.nn.modules import *
from numpynet.nn.parameter import Parameter, UninitializedBuffer, UninitializedParameter

__getattr__ = asked(__name__, later=modules.LATER)


def __dir__() -> list[str]:
    """What completion shows."""
    return [
        "Parameter",
        "UninitializedBuffer",
        "UninitializedParameter",
        "functional",
        "init",
        "utils",
        *modules.__all__,
        *" ".join(modules.LATER.values()).split(),
    ]
