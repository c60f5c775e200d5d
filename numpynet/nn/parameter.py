"""Parameter: a tensor that a module learns; Buffer: one that it holds; and those whose shapes are not known yet."""

from __future__ import annotations

from typing import Any

from numpynet.core import epoch
from numpynet.core.tensor import Tensor, leaf, wrap
from numpynet.creation import empty
from numpynet.ops.form import Array


class Parameter(Tensor, torch_name="torch.nn.parameter.Parameter"):
    """A tensor that belongs to a module: assigned to an attribute, it is one of the module's `parameters()`.

    data: the tensor whose memory the parameter shares; without one it is empty.
    requires_grad: whether it is to be learned; True also inside `no_grad`.
    RuntimeError when data that are not floating should require a gradient.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Parameter(numpynet.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            raise AttributeError(
                f"'{type(data).__name__}' object has no attribute 'detach': a Parameter is made of a tensor, as in "
                f"Parameter(numpynet.tensor(data))"
            )
        parameter = leaf(cls, data._array, data._writes, False)
        parameter.requires_grad_(requires_grad)
        return parameter

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A parameter of the same values in memory of its own, without the gradient."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class _OfBuffers(type(Tensor)):  # type: ignore[misc]
    """The class of `Buffer`, whose instances are the tensors that it has marked."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(Tensor, metaclass=_OfBuffers, torch_name="torch.nn.parameter.Buffer"):
    """A tensor that is part of a module's state, but not learned: assigned to an attribute, it is registered as such.

    data: the tensor whose memory the buffer shares; without one it is empty. persistent: whether it is part of the
    state dict.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.Module()
    >>> layer.count = nn.Buffer(numpynet.tensor(0))
    >>> layer.state_dict()
    OrderedDict([('count', tensor(0))])
    """

    persistent: bool

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:
        data = empty(0) if data is None else data
        buffer: Any = data.detach().requires_grad_(data.requires_grad)
        buffer.persistent, buffer._is_buffer = persistent, True
        return buffer


# --- of shapes that are not known yet -----------------------------------------------------------------


class _Uninitialized:
    """A tensor without a shape: all it has is a dtype, which can be changed, until `materialize` gives it a shape."""

    cls_to_become: type[Any]
    requires_grad: Any

    def _remember(self) -> None:
        """Nothing: there are no data yet that others could take the place of."""

    @property
    def _array(self) -> Array:
        """What every use of a tensor asks for first: ValueError."""
        raise ValueError(
            f"Attempted to use an uninitialized {self._kind()}: call the module that it belongs to with a batch first, "
            f"from which the shapes of its parameters follow"
        )

    @_array.setter
    def _array(self, array: Array) -> None:
        Tensor._array.__set__(self, array)  # type: ignore[attr-defined]

    def _kind(self) -> str:
        return "parameter" if isinstance(self, Parameter) else "buffer"

    def _empty(self) -> Tensor:
        """A tensor of its dtype without elements."""
        return wrap(Tensor._array.__get__(self))  # type: ignore[attr-defined]

    @property
    def data(self) -> Tensor:
        """A tensor of its dtype without elements. Assigning another one chooses the dtype."""
        return self._empty()

    @data.setter
    def data(self, new: Tensor) -> None:
        self._array = new._array
        epoch.count[0] += 1

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Makes it an ordinary parameter or buffer of that shape, with values that are not set yet.

        It remains the same object: an optimizer that was given it goes on to optimize it.

        >>> from numpynet import nn
        >>> weight = nn.UninitializedParameter()
        >>> weight
        <UninitializedParameter>
        >>> weight.materialize((2, 3))
        >>> weight.shape
        torch.Size([2, 3])
        """
        self.data = empty(shape, device=device, dtype=self.dtype if dtype is None else dtype)
        self.__class__ = self.cls_to_become

    @property
    def shape(self) -> Any:
        """RuntimeError: there is none yet."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    @property
    def dtype(self) -> Any:
        """That of the tensor it will be."""
        return self._empty().dtype

    def is_floating_point(self) -> bool:
        """Whether its dtype is a floating type."""
        return self._empty().is_floating_point()

    def _converted(self, data: Tensor) -> Tensor:
        """What a conversion gives that made `data` of a tensor without elements: what its own data are then."""
        return data

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """In another dtype."""
        return self._converted(self._empty().to(*args, **kwargs))

    def type(self, *args: Any) -> Any:
        """In another dtype; or the name of its own."""
        return self._converted(self._empty().type(*args)) if args else self._empty().type()

    def half(self) -> Tensor:
        """In float16."""
        return self._converted(self._empty().half())

    def float(self) -> Tensor:
        """In float32."""
        return self._converted(self._empty().float())

    def double(self) -> Tensor:
        """In float64."""
        return self._converted(self._empty().double())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, dtype=self.dtype)  # type: ignore[call-arg]
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _uninitialized, (type(self), self.requires_grad, self.dtype)


def _uninitialized(kind: Any, requires_grad: bool, dtype: Any) -> Any:
    return kind(requires_grad, dtype=dtype)


class UninitializedParameter(_Uninitialized, Parameter):
    """A parameter whose shape is not known yet; see `numpynet.nn.modules.lazy`.

    ValueError when it is computed with, RuntimeError when its shape is asked for.

    >>> from numpynet import nn
    >>> nn.UninitializedParameter().requires_grad
    True
    """

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        data = empty(0, device=device, dtype=dtype)
        if not isinstance(requires_grad, bool):
            raise TypeError(f"{cls.__name__}(): requires_grad must be bool, not {type(requires_grad).__name__}")
        if requires_grad and data._array.dtype.kind not in "fc":
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        return leaf(cls, data._array, data._writes, requires_grad)


class UninitializedBuffer(_Uninitialized, Tensor):
    """A buffer whose shape is not known yet; as `UninitializedParameter`

    >>> from numpynet import nn
    >>> nn.UninitializedBuffer()
    <UninitializedBuffer>
    """

    cls_to_become = Tensor

    def __new__(cls, requires_grad: bool = False, device: Any = None, dtype: Any = None) -> Any:
        data = empty(0, device=device, dtype=dtype)
        if not isinstance(requires_grad, bool):
            raise TypeError(f"{cls.__name__}(): requires_grad must be bool, not {type(requires_grad).__name__}")
        return leaf(cls, data._array, data._writes, requires_grad)

    def _converted(self, data: Tensor) -> Tensor:
        return UninitializedBuffer(dtype=data.dtype)  # it takes the buffer's place, where a parameter keeps its own


def is_lazy(param: Any) -> bool:
    """Whether a tensor is an `UninitializedParameter` or an `UninitializedBuffer`.

    >>> from numpynet import nn
    >>> nn.parameter.is_lazy(nn.LazyLinear(2).weight)
    True
    """
    return isinstance(param, _Uninitialized)
