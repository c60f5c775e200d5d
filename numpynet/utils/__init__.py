"""torch.utils: loading data."""

from numpynet.core.absence import asked
from numpynet.utils import data

__all__ = [
    "data",
]

__getattr__ = asked(__name__, "_foreach_utils", "_pytree", "benchmark", "checkpoint", "hooks")
