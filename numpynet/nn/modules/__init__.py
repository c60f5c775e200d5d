"""The modules of torch.nn, by subject."""

from numpynet.core.absence import asked
from numpynet.nn.modules import activation, container, conv, dropout, linear, loss, normalization, pooling, sparse
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
from numpynet.nn.modules.conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from numpynet.nn.modules.dropout import Dropout, Dropout1d, Dropout2d, Dropout3d
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
from numpynet.nn.modules.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    LayerNorm,
    _BatchNorm,
    _InstanceNorm,
    _NormBase,
)
from numpynet.nn.modules.pooling import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
)
from numpynet.nn.modules.sparse import Embedding

LATER = {
    "numpynet.nn.modules.further_activation": """
        CELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh Mish PReLU RReLU ReLU6 SELU Softmax2d Softmin Softshrink
        Softsign Tanhshrink Threshold
    """,
    "numpynet.nn.modules.lazy": """
        LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d
        LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d LazyLinear
    """,
    "numpynet.nn.modules.further_layer": "Bilinear CTCLoss EmbeddingBag RMSNorm",
    "numpynet.nn.modules.further_dropout": "AlphaDropout FeatureAlphaDropout",
    "numpynet.nn.modules.further_normalization": "LocalResponseNorm",
    "numpynet.nn.modules.shuffling": "ChannelShuffle PixelShuffle PixelUnshuffle",
    "numpynet.nn.modules.further_container": "ParameterDict",
    "numpynet.nn.modules.data_parallel": "DataParallel",
    "numpynet.nn.modules.further_pooling": "LPPool1d LPPool2d LPPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d",
    "numpynet.nn.modules.adaptive": "AdaptiveLogSoftmaxWithLoss",
    "numpynet.nn.modules.attention": "MultiheadAttention",
    "numpynet.nn.modules.transformer": """
        Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer
    """,
    "numpynet.nn.modules.rnn": "GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell RNNCellBase",
    "numpynet.nn.modules.padding": """
        CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d
        ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d
        ZeroPad3d
    """,
    "numpynet.nn.modules.upsampling": """
        Fold Unfold Upsample UpsamplingBilinear2d UpsamplingNearest2d
    """,
    "numpynet.nn.modules.further_loss": """
        CosineEmbeddingLoss CosineSimilarity GaussianNLLLoss HingeEmbeddingLoss KLDivLoss MarginRankingLoss
        MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss PairwiseDistance PoissonNLLLoss SoftMarginLoss
        TripletMarginLoss TripletMarginWithDistanceLoss
    """,
}

__all__ = [
    "ELU",
    "GELU",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "CrossEntropyLoss",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "Embedding",
    "Flatten",
    "GroupNorm",
    "HuberLoss",
    "Identity",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "L1Loss",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
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
for _room in (activation, container, conv, dropout, linear, loss, normalization, pooling, sparse):
    vars(_room)["__getattr__"] = asked(_room.__name__)  # torch has names of LATER there
