"""torch.nn: modules, parameters, layers, losses."""

from typing import TYPE_CHECKING

from numpynet.core.absence import asked
from numpynet.nn import functional, modules, utils
from numpynet.nn.parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

if TYPE_CHECKING:
    from numpynet.nn import init
    from numpynet.nn.modules import *

else:
    __all__ = [
        "Buffer",
        "Parameter",
        "UninitializedBuffer",
        "UninitializedParameter",
        "functional",
        "init",
        "utils",
        *modules.__all__,
    ]
    __dir__ = __all__.copy

__getattr__ = asked(__name__, "init", later=modules.LATER)
