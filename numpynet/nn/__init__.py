"""torch.nn: modules, parameters, layers, losses."""

from numpynet.nn import functional, init, modules, utils
from numpynet.nn.modules import *
from numpynet.nn.parameter import Parameter
