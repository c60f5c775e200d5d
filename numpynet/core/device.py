"""device: where tensors live. numpynet computes on the CPU only; the class is there for code that asks."""

from __future__ import annotations

from typing import Any

from numpynet.core.shown_class import ShownAs
from numpynet.ops.arguments import is_integer


class device(metaclass=ShownAs, torch_name="torch.device"):
    """A device, as torch names it.

    >>> import numpynet
    >>> numpynet.device("cpu")
    device(type='cpu')
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, type: str | device | int, index: int | None = None) -> None:
        if isinstance(type, device):
            self.type, self.index = type.type, type.index
            return
        if isinstance(type, bytes):
            type = type.decode()
        if not isinstance(type, str) and is_integer(type):
            if not -(2**63) <= type < 2**63:
                raise ValueError(f"Overflow when unpacking long long: {type} as 'device'")
            raise RuntimeError("Cannot access accelerator device when none is available: write device='cpu'")
        if not isinstance(type, str):
            raise TypeError(f"argument 'device' must be torch.device, not {type.__class__.__name__}")
        name, _, number = type.partition(":")
        if name not in ("cpu", "cuda", "mps", "meta", "xpu"):
            raise RuntimeError(
                f"Expected one of cpu, cuda, xpu, mps, meta device type at start of device string: {type}"
            )
        self.type = name
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __enter__(self) -> device:
        require_cpu(self)
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __hash__(self) -> int:
        return hash((self.type, self.index))


CPU = device("cpu")


def require_cpu(place: Any) -> None:
    """RuntimeError unless the place is the CPU (or None)."""
    if place is not None and device(place).type != "cpu":
        raise RuntimeError(f"numpynet computes on the CPU only, not on '{place}': write device='cpu'")
