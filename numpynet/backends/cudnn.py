"""cudnn: its switches may be set, as programs do that want to be reproducible; there is nothing behind them."""

enabled = True
deterministic = False
benchmark = False
allow_tf32 = True


def is_available() -> bool:
    """Always False.

    >>> import numpynet
    >>> numpynet.backends.cudnn.is_available()
    False
    """
    return False


def version() -> None:
    """None: it is not there.

    >>> import numpynet
    >>> print(numpynet.backends.cudnn.version())
    None
    """
    return
