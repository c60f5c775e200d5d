"""Arrays laid end to end in one buffer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.workloads import Array


def laid_flat(arrays: Sequence[Array]) -> tuple[Array, list[Array]]:
    """A buffer that holds copies of the arrays end to end, and for each a view of its part in its shape."""
    buffer = np.concatenate([array.ravel() for array in arrays])
    ends = np.cumsum([array.size for array in arrays])
    return buffer, [part.reshape(array.shape) for part, array in zip(np.split(buffer, ends[:-1]), arrays, strict=True)]
