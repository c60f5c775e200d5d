"""The modules of torch.nn, by subject. Each file is imported when it is first asked for."""

from typing import TYPE_CHECKING

from numpynet.core.absence import asked

if TYPE_CHECKING:
    from numpynet.nn.modules.activation import *
    from numpynet.nn.modules.adaptive import *
    from numpynet.nn.modules.attention import *
    from numpynet.nn.modules.container import *
    from numpynet.nn.modules.conv import *
    from numpynet.nn.modules.data_parallel import *
    from numpynet.nn.modules.distance import *
    from numpynet.nn.modules.dropout import *
    from numpynet.nn.modules.flatten import *
    from numpynet.nn.modules.lazy import *
    from numpynet.nn.modules.linear import *
    from numpynet.nn.modules.loss import *
    from numpynet.nn.modules.module import *
    from numpynet.nn.modules.normalization import *
    from numpynet.nn.modules.padding import *
    from numpynet.nn.modules.pooling import *
    from numpynet.nn.modules.rnn import *
    from numpynet.nn.modules.shuffling import *
    from numpynet.nn.modules.sparse import *
    from numpynet.nn.modules.transformer import *
    from numpynet.nn.modules.upsampling import *

LATER = {
    "numpynet.nn.modules.activation": """
        CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish PReLU RReLU
        ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink
        Threshold
    """,
    "numpynet.nn.modules.adaptive": "AdaptiveLogSoftmaxWithLoss",
    "numpynet.nn.modules.attention": "MultiheadAttention",
    "numpynet.nn.modules.container": "ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "numpynet.nn.modules.conv": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d",
    "numpynet.nn.modules.data_parallel": "DataParallel",
    "numpynet.nn.modules.distance": "CosineSimilarity PairwiseDistance",
    "numpynet.nn.modules.dropout": "AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout",
    "numpynet.nn.modules.flatten": "Flatten Unflatten",
    "numpynet.nn.modules.lazy": """
        LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d
        LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d LazyLinear
    """,
    "numpynet.nn.modules.linear": "Bilinear Identity Linear",
    "numpynet.nn.modules.loss": """
        BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss HingeEmbeddingLoss
        HuberLoss KLDivLoss L1Loss MSELoss MarginRankingLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss
        MultiMarginLoss NLLLoss PoissonNLLLoss SmoothL1Loss SoftMarginLoss TripletMarginLoss
        TripletMarginWithDistanceLoss
    """,
    "numpynet.nn.modules.module": "Module",
    "numpynet.nn.modules.normalization": """
        BatchNorm1d BatchNorm2d BatchNorm3d GroupNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d LayerNorm
        LocalResponseNorm RMSNorm _BatchNorm _InstanceNorm _NormBase
    """,
    "numpynet.nn.modules.padding": """
        CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d
        ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d
        ZeroPad3d
    """,
    "numpynet.nn.modules.pooling": """
        AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d
        AvgPool1d AvgPool2d AvgPool3d LPPool1d LPPool2d LPPool3d MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d
        MaxUnpool3d
    """,
    "numpynet.nn.modules.rnn": "GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell RNNCellBase",
    "numpynet.nn.modules.shuffling": "ChannelShuffle PixelShuffle PixelUnshuffle",
    "numpynet.nn.modules.sparse": "Embedding EmbeddingBag",
    "numpynet.nn.modules.transformer": """
        Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer
    """,
    "numpynet.nn.modules.upsampling": "Fold Unfold Upsample UpsamplingBilinear2d UpsamplingNearest2d",
}

if not TYPE_CHECKING:  # which sees what is imported above
    __all__ = [name for name in " ".join(LATER.values()).split() if name[0] != "_"]
    __dir__ = __all__.copy

__getattr__ = asked(__name__, later=LATER)
