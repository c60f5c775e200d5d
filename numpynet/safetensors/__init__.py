"""safetensors: files of named tensors and nothing else, as many libraries exchange them. The extra `safetensors`.

The names are those of ``safetensors.torch``.
"""

from numpynet.safetensors.files import load, load_file, load_model, save, save_file, save_model

__all__ = ["load", "load_file", "load_model", "save", "save_file", "save_model"]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
