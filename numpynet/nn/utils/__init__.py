"""torch.nn.utils: what is done to the parameters of a whole network at once."""

from typing import TYPE_CHECKING

from numpynet.core.absence import asked

if TYPE_CHECKING:
    from numpynet.nn.utils.clip_grad import *
    from numpynet.nn.utils.convert_parameters import *
    from numpynet.nn.utils.fusion import *
    from numpynet.nn.utils.reparametrization import *

_LATER = {
    "numpynet.nn.utils.clip_grad": """
        clip_grad_norm clip_grad_norm_ clip_grad_value_ clip_grads_with_norm_ get_total_norm
    """,
    "numpynet.nn.utils.convert_parameters": "parameters_to_vector vector_to_parameters",
    "numpynet.nn.utils.fusion": "fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights",
    "numpynet.nn.utils.reparametrization": "remove_spectral_norm remove_weight_norm spectral_norm weight_norm",
}

if not TYPE_CHECKING:  # which sees what is imported above
    __all__ = [*" ".join(_LATER.values()).split(), "parametrizations", "parametrize", "rnn"]  # noqa: F405
    __dir__ = __all__.copy

__getattr__ = asked(__name__, "parametrizations", "parametrize", "prune", "rnn", later=_LATER)
