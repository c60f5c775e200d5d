"""The modules of torch.nn, by subject."""

from numpynet.nn.modules.activation import ReLU, Sigmoid, Tanh
from numpynet.nn.modules.container import ModuleDict, ModuleList, ParameterList, Sequential
from numpynet.nn.modules.flatten import Flatten
from numpynet.nn.modules.linear import Identity, Linear
from numpynet.nn.modules.loss import BCEWithLogitsLoss, L1Loss, MSELoss
from numpynet.nn.modules.module import Module

__all__ = [
    "BCEWithLogitsLoss",
    "Flatten",
    "Identity",
    "L1Loss",
    "Linear",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "ParameterList",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
]
