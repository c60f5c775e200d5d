"""The 5,056 bytes in which torch keeps a CPU generator's state (`torch.get_rng_state`)."""

from __future__ import annotations

import numpy as np

STATE_SIZE = 5056

# The struct in memory: numbers little-endian, each aligned to its own size, hence the gaps.
LAYOUT = np.dtype(
    {
        "names": [
            "seed",
            "left",  # words until the engine's next turn, counted from 1
            "seeded",
            "position",  # words used up since the last turn
            "key",  # the engine's 624 words, each in 8 bytes
            "cached_double",  # the second normal of a pair, waiting to be handed out …
            "cached_double_valid",  # … if there is one
            "cached_float",  # its float32 twin: CPU kernels never set it, but it must survive a round trip
            "cached_float_valid",
        ],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", 624), "<f8", "<i4", "<f4", "u1"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040, 5048, 5052],
        "itemsize": STATE_SIZE,
    }
)
