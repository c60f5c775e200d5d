"""mps: whether Apple's graphics cards can be computed with."""


def is_available() -> bool:
    """Always False."""
    return False


def is_built() -> bool:
    """Always False."""
    return False
