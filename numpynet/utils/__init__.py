"""torch.utils: loading data."""

from typing import TYPE_CHECKING

from numpynet.core.absence import asked

if TYPE_CHECKING:
    from numpynet.utils import data

__all__ = [
    "data",
]

__getattr__ = asked(__name__, "_foreach_utils", "_pytree", "benchmark", "checkpoint", "data", "hooks")
