"""testing: what one needs to test one's own layers and gradients.

`assert_close` and `ulp_distance` compare values, `gradcheck` compares gradients with what the forward alone
tells, and `numpynet.testing.strategies` (which needs Hypothesis) makes tensors, shapes that broadcast,
batches for a loss and small networks.
"""

from numpynet.testing.assert_close import assert_close
from numpynet.testing.gradcheck import GradientCheck, gradcheck
from numpynet.testing.ulp import ulp_distance

__all__ = ["GradientCheck", "assert_close", "gradcheck", "ulp_distance"]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
