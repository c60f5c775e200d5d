"""mps: whether Apple's graphics cards can be computed with."""


def is_available() -> bool:
    """Always False.

    >>> import numpynet
    >>> numpynet.backends.mps.is_available()
    False
    """
    return False


def is_built() -> bool:
    """Always False.

    >>> import numpynet
    >>> numpynet.backends.mps.is_built()
    False
    """
    return False
