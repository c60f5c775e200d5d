"""multiprocessing: Python's own processes, queues and locks under torch's name. Tensors are sent as copies."""

import multiprocessing as _own
from multiprocessing import *

__all__ = [*_own.__all__, "get_all_sharing_strategies", "get_sharing_strategy", "set_sharing_strategy"]


def get_all_sharing_strategies() -> set[str]:
    """Nothing is shared: there is one strategy alone.

    >>> import numpynet
    >>> numpynet.multiprocessing.get_all_sharing_strategies()
    {'file_system'}
    """
    return {"file_system"}


def get_sharing_strategy() -> str:
    """The only strategy.

    >>> import numpynet
    >>> numpynet.multiprocessing.get_sharing_strategy()
    'file_system'
    """
    return "file_system"


def set_sharing_strategy(new_strategy: str) -> None:
    """AssertionError for another than the only strategy.

    >>> import numpynet
    >>> numpynet.multiprocessing.set_sharing_strategy("file_system")
    """
    assert new_strategy in get_all_sharing_strategies(), f"numpynet shares no memory: {new_strategy!r} is unknown"
