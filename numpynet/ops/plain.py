"""Plain: functions of NumPy's for plain arrays alone, which are not asked whether they take the call over."""

from __future__ import annotations

from inspect import unwrap
from typing import Any

import numpy as np

concatenate: Any = unwrap(np.concatenate)
where: Any = unwrap(np.where)
putmask: Any = unwrap(np.putmask)
