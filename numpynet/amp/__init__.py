"""amp: mixed precision, which is for graphics cards. Programs that ask for it there are told that it is off."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from numpynet.core.tensor import Tensor

__all__ = ["GradScaler", "autocast", "is_autocast_available", "is_autocast_enabled"]


class autocast:
    """A context, and a decorator, that changes nothing.

    For ``"cuda"`` it warns that it is off, as torch does where there is no such device. NotImplementedError where it is
    to be on for the CPU: there torch computes in bfloat16.

    >>> from numpynet import autocast
    >>> with autocast("cpu", enabled=False):
    ...     pass
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if enabled and device_type == "cpu":
            raise NotImplementedError("autocast('cpu') would compute in bfloat16, which numpynet lacks: enabled=False")
        if enabled:
            warnings.warn(
                f"{device_type.upper()} is not available or torch_xla is imported. Disabling autocast.",
                UserWarning,
                stacklevel=2,
            )
        self.device = device_type
        self.fast_dtype = dtype

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def unchanged(*args: Any, **kwargs: Any) -> Any:
            return func(*args, **kwargs)

        return unchanged


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Always False.

    >>> import numpynet
    >>> numpynet.is_autocast_enabled()
    False
    """
    return False


def is_autocast_available(device_type: str) -> bool:
    """Always False.

    >>> import numpynet
    >>> numpynet.amp.is_autocast_available("cpu")
    False
    """
    return False


class GradScaler:
    """Scales nothing: for ``"cuda"`` it warns that it is off, as torch does where there is no such device.

    NotImplementedError where it is to be on for the CPU.

    >>> import numpynet
    >>> layer = numpynet.nn.Linear(2, 1)
    >>> optimizer = numpynet.optim.SGD(layer.parameters(), lr=0.1)
    >>> scaler = numpynet.amp.GradScaler(enabled=False)
    >>> scaler.scale(layer(numpynet.ones(3, 2)).sum()).backward()
    >>> scaler.unscale_(optimizer)
    >>> scaler.step(optimizer)
    >>> scaler.update()
    >>> scaler.is_enabled(), scaler.get_scale()
    (False, 1.0)
    >>> scaler.load_state_dict(scaler.state_dict())
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if enabled and device == "cpu":
            raise NotImplementedError("GradScaler('cpu') is missing: losses of float32 need no scale; enabled=False")
        if enabled:
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.",
                UserWarning,
                stacklevel=2,
            )

    def scale(self, outputs: Tensor | Iterable[Tensor]) -> Any:
        """What it is given."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Does nothing."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """``optimizer.step(...)``"""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Does nothing."""

    def get_scale(self) -> float:
        """Always 1."""
        return 1.0

    def is_enabled(self) -> bool:
        """Always False."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Does nothing."""
