"""func: functions of functions, as `torch.func` has them: gradients, Jacobians, and one function of many samples."""

from numpynet.core.absence import asked
from numpynet.func.batching import vmap
from numpynet.func.derivatives import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, vjp
from numpynet.func.stateless import functional_call, stack_module_state

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "stack_module_state",
    "vjp",
    "vmap",
]

__getattr__ = asked(__name__)


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
