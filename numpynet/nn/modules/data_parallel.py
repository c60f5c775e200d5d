"""DataParallel: a module on several devices, of which there are none."""

from __future__ import annotations

from typing import Any

from numpynet.nn.modules.module import Module


class DataParallel(Module):
    """Calls the module as it is, as torch does where there is no graphics card. Its parameters are named "module....".

    module: what is called. device_ids, output_device, dim: taken, and not used.

    >>> import numpynet
    >>> from numpynet.nn import DataParallel
    >>> model = DataParallel(numpynet.nn.Linear(2, 1))
    >>> [name for name, _ in model.named_parameters()]
    ['module.weight', 'module.bias']
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module gives."""
        return self.module(*inputs, **kwargs)
