"""torch.nn.utils: what is done to the parameters of a whole network at once."""

from numpynet.core.absence import asked
from numpynet.nn.utils.clip_grad import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)
from numpynet.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters

_LATER = {
    "numpynet.nn.utils.fusion": "fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights",
    "numpynet.nn.utils.reparametrization": "remove_spectral_norm remove_weight_norm spectral_norm weight_norm",
}

__getattr__ = asked(__name__, "parametrizations", "parametrize", "prune", "rnn", later=_LATER)

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "vector_to_parameters",
]


def __dir__() -> list[str]:
    """What completion shows."""
    return [*__all__, *" ".join(_LATER.values()).split()]
