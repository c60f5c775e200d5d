"""torch.random: the default generator, its seed and its state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from numpynet.core.device import device
from numpynet.core.tensor import Tensor, wrap
from numpynet.random.generator import Generator, default_generator

__all__ = [
    "Generator",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__


def manual_seed(seed: Any) -> Generator:
    """Starts the default generator's stream of a seed, an integer from -2⁶³ to 2⁶⁴ - 1; returns the generator.

    As in torch, whatever `int` converts is taken. ValueError when it is out of range.

    >>> import numpynet
    >>> numpynet.random.manual_seed(0).initial_seed()
    0
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Starts the default generator's stream of a seed from the operating system's entropy, and returns it.

    >>> import numpynet
    >>> number = numpynet.seed()
    >>> numpynet.initial_seed() == number
    True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator's stream was started with.

    >>> import numpynet
    >>> _ = numpynet.random.manual_seed(-1)
    >>> numpynet.random.initial_seed()
    18446744073709551615
    """
    return default_generator.initial_seed()


@contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: str | device | None = None,
) -> Iterator[None]:
    """Puts the default generator back into its state when the block ends, however it ends.

    enabled: False to do nothing. The other arguments speak of devices besides the CPU, of which there are none here:
    AssertionError for any, RuntimeError for a device_type that names none, TypeError for one that is no key.

    >>> import numpynet
    >>> from numpynet.random import default_generator
    >>> _ = numpynet.random.manual_seed(0)
    >>> with numpynet.random.fork_rng():
    ...     first = default_generator.uniform((2,))
    >>> bool((default_generator.uniform((2,)) == first).all())
    True
    """
    kind = device_type.type if isinstance(device_type, device) else device_type
    hash(kind)  # or TypeError
    if kind not in (None, "cpu", "cuda", "mps", "meta", "xpu"):
        raise RuntimeError(f"Invalid value of device '{device_type}', expect torch.device, str, or None")
    if not enabled:
        yield
        return
    if devices is not None and list(devices):
        raise AssertionError("Torch not compiled with CUDA enabled: there is no device but the CPU: write devices=[]")
    state = default_generator.state_array()
    try:
        yield
    finally:
        default_generator.set_state_array(state)


def get_rng_state() -> Tensor:
    """The default generator's state: 5,056 bytes, uint8, which torch.set_rng_state takes too.

    >>> import numpynet
    >>> numpynet.get_rng_state().shape
    torch.Size([5056])
    """

    return wrap(default_generator.state_array())


def set_rng_state(new_state: Tensor) -> None:
    """Puts the default generator into a state that `get_rng_state`, here or in torch, has given.

    TypeError unless the state is a uint8 tensor; RuntimeError when its bytes are not such a state.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> state = numpynet.get_rng_state()
    >>> first = numpynet.rand(2)
    >>> numpynet.set_rng_state(state)
    >>> numpynet.equal(numpynet.rand(2), first)
    True
    """
    default_generator.set_state(new_state)
