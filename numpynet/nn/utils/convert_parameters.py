"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from numpynet import ops
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import type_name


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters, one after the other: a copy that gradients pass through.

    >>> from numpynet import nn
    >>> nn.utils.parameters_to_vector(nn.Linear(3, 2).parameters()).shape
    torch.Size([8])
    """
    return ops.cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Makes the parameters views of consecutive pieces of a vector.

    TypeError when it is no tensor; RuntimeError when it is shorter than the parameters together, and then
    nothing has changed.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.Linear(2, 1)
    >>> nn.utils.vector_to_parameters(numpynet.tensor([1.0, 2.0, 3.0]), layer.parameters())
    >>> layer.bias
    Parameter containing:
    tensor([3.], requires_grad=True)
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type_name(vec)}")
    parameters = list(parameters)
    total = sum(parameter.numel() for parameter in parameters)
    if vec.numel() < total:
        raise RuntimeError(f"vector_to_parameters: the vector has {vec.numel()} elements, the parameters have {total}")
    start = 0
    for parameter in parameters:
        stop = start + parameter.numel()
        parameter.data = vec.data[start:stop].view(parameter.shape)
        start = stop
