"""Common divisors and multiples of integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_floats
from numpynet.ops.form import elementwise


@elementwise(promotes="common", accepts=no_floats)
def gcd(a: Any, b: Any) -> Any:
    """The greatest common divisors of integers        broadcast together.

    >>> import numpynet
    >>> numpynet.gcd(numpynet.tensor([12, 7]), numpynet.tensor([18, 3]))
    tensor([6, 1])
    """
    return np.gcd(a, b)


@elementwise(promotes="common", accepts=no_floats)
def lcm(a: Any, b: Any) -> Any:
    """The least common multiples of integers        broadcast together.

    >>> import numpynet
    >>> numpynet.lcm(numpynet.tensor([4, 7]), numpynet.tensor([6, 3]))
    tensor([12, 21])
    """
    return np.lcm(a, b)
