"""torch.sparse: matrices of which few elements are not zero, as far as graph networks and metrics use them."""

from numpynet.core.absence import asked
from numpynet.sparse.coordinates import mm

__all__ = ["mm"]

spmm = mm  # the older name, which torch keeps at its own place

__getattr__ = asked(__name__)
