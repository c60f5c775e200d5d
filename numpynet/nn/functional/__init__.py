"""torch.nn.functional: the computations of layers and losses as functions, over `numpynet.ops`.

What is here is imported, file by file, when it is first asked for.
"""

from typing import TYPE_CHECKING

from numpynet.core.absence import asked

if TYPE_CHECKING:
    from numpynet.composite import pdist
    from numpynet.composite.convolution import *
    from numpynet.composite.padding import *
    from numpynet.composite.pooling import *
    from numpynet.composite.resampling import *
    from numpynet.nn.functional.activations import *
    from numpynet.nn.functional.attention import *
    from numpynet.nn.functional.classification_losses import *
    from numpynet.nn.functional.distances import *
    from numpynet.nn.functional.dropouts import *
    from numpynet.nn.functional.embeddings import *
    from numpynet.nn.functional.grids import *
    from numpynet.nn.functional.likelihood_losses import *
    from numpynet.nn.functional.linear_maps import *
    from numpynet.nn.functional.margin_losses import *
    from numpynet.nn.functional.normalizations import *
    from numpynet.nn.functional.pooling import *
    from numpynet.nn.functional.regression_losses import *
    from numpynet.nn.functional.sequence_losses import *
    from numpynet.nn.functional.softmaxes import *
    from numpynet.ops.shuffling import channel_shuffle, pixel_shuffle, pixel_unshuffle

_LATER = {
    "numpynet": "channel_shuffle pixel_shuffle pixel_unshuffle",
    "numpynet.composite": "pdist",
    "numpynet.composite.convolution": "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
    "numpynet.composite.padding": "pad",
    "numpynet.composite.pooling": """
        adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d
        adaptive_max_pool3d avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool2d max_pool3d
    """,
    "numpynet.composite.resampling": "fold interpolate unfold upsample upsample_bilinear upsample_nearest",
    "numpynet.nn.functional.activations": """
        celu celu_ elu elu_ gelu glu hardshrink hardsigmoid hardswish hardtanh hardtanh_ leaky_relu leaky_relu_
        logsigmoid mish prelu relu relu6 relu_ rrelu rrelu_ selu selu_ sigmoid silu softplus softshrink softsign tanh
        tanhshrink threshold threshold_
    """,
    "numpynet.nn.functional.attention": "multi_head_attention_forward scaled_dot_product_attention",
    "numpynet.nn.functional.classification_losses": """
        binary_cross_entropy binary_cross_entropy_with_logits cross_entropy nll_loss
    """,
    "numpynet.nn.functional.distances": "cosine_similarity pairwise_distance",
    "numpynet.nn.functional.dropouts": "alpha_dropout dropout dropout1d dropout2d dropout3d feature_alpha_dropout",
    "numpynet.nn.functional.embeddings": "embedding embedding_bag one_hot",
    "numpynet.nn.functional.grids": "affine_grid grid_sample",
    "numpynet.nn.functional.likelihood_losses": "gaussian_nll_loss kl_div poisson_nll_loss",
    "numpynet.nn.functional.linear_maps": "bilinear linear",
    "numpynet.nn.functional.margin_losses": """
        cosine_embedding_loss hinge_embedding_loss margin_ranking_loss multi_margin_loss multilabel_margin_loss
        multilabel_soft_margin_loss soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss
    """,
    "numpynet.nn.functional.normalizations": """
        batch_norm group_norm instance_norm layer_norm local_response_norm normalize rms_norm
    """,
    "numpynet.nn.functional.pooling": "lp_pool1d lp_pool2d lp_pool3d max_unpool1d max_unpool2d max_unpool3d",
    "numpynet.nn.functional.regression_losses": "huber_loss l1_loss mse_loss smooth_l1_loss",
    "numpynet.nn.functional.sequence_losses": "ctc_loss",
    "numpynet.nn.functional.softmaxes": "gumbel_softmax log_softmax softmax softmin",
}

if not TYPE_CHECKING:  # which sees what is imported above
    __all__ = " ".join(_LATER.values()).split()
    __dir__ = __all__.copy

__getattr__ = asked(__name__, later=_LATER)
