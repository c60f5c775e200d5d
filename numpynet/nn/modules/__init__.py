"""The modules of torch.nn, by subject."""

from numpynet.core.absence import asked
from numpynet.nn.modules.activation import (
    ELU,
    GELU,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from numpynet.nn.modules.container import ModuleDict, ModuleList, ParameterList, Sequential
from numpynet.nn.modules.dropout import Dropout
from numpynet.nn.modules.flatten import Flatten, Unflatten
from numpynet.nn.modules.linear import Identity, Linear
from numpynet.nn.modules.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from numpynet.nn.modules.module import Module
from numpynet.nn.modules.normalization import BatchNorm1d, LayerNorm
from numpynet.nn.modules.sparse import Embedding

LATER = {
    "numpynet.nn.modules.further_activation": """
        CELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh Mish PReLU RReLU ReLU6 SELU Softmax2d Softmin Softshrink
        Softsign Tanhshrink Threshold
    """,
    "numpynet.nn.modules.further_loss": """
        CosineEmbeddingLoss CosineSimilarity GaussianNLLLoss HingeEmbeddingLoss KLDivLoss MarginRankingLoss
        MultiMarginLoss MultiLabelSoftMarginLoss PairwiseDistance PoissonNLLLoss SoftMarginLoss TripletMarginLoss
        TripletMarginWithDistanceLoss
    """,
}

__all__ = [
    "ELU",
    "GELU",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "HuberLoss",
    "Identity",
    "L1Loss",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "ParameterList",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "Softmax",
    "Softplus",
    "Tanh",
    "Unflatten",
]

__getattr__ = asked(__name__, later=LATER)
