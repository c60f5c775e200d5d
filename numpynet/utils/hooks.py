"""hooks: what registering a hook returns."""

from numpynet.core.tensor import RemovableHandle

__all__ = ["RemovableHandle"]
