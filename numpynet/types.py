"""types: torch's names of types in annotations."""

from __future__ import annotations

import os
from typing import IO, Any

from numpynet.core.device import device
from numpynet.core.size import Size as Size
from numpynet.core.storage import TypedStorage, UntypedStorage
from numpynet.core.tensor import Tensor as Tensor

__all__ = ["Device", "FileLike", "Number", "Storage"]

Number = int | float | bool
Device = device | str | int | None
FileLike = str | os.PathLike[str] | IO[bytes]
Storage = UntypedStorage | TypedStorage
_Number = (int, float, bool)
_TensorOrTensors = Tensor | tuple[Tensor, ...]
_size: Any = Size | list[int] | tuple[int, ...]
