"""Sparse tensors in coordinates: the places of the elements that are not zero, and their values."""

from __future__ import annotations

import math
import re
from operator import index
from typing import Any

import numpy as np

from numpynet import creation, ops
from numpynet.core import dtypes
from numpynet.core.messages import class_name
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.ops.form import Array
from numpynet.ops.layout import layout

sparse_coo = layout("sparse_coo")
_DENSE = "of sparse tensors: make it dense first, by to_dense()"


class SparseTensor:
    """A tensor of which few elements are not zero, made by `sparse_coo_tensor` or `Tensor.to_sparse`.

    indices (sparse dimensions, nnz) are the places, values (nnz, dense dimensions...) what stands there; values of
    one place add up. Gradients reach the values. It is no `Tensor`: what it has no method for is refused.

    >>> import numpynet
    >>> A = numpynet.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0], (2, 3))
    >>> A @ numpynet.ones(3, 1)
    tensor([[3.],
            [9.]])
    >>> A.to_dense()
    tensor([[0., 0., 3.],
            [4., 0., 5.]])
    """

    layout = sparse_coo
    is_sparse = True
    is_sparse_csr = is_cuda = is_quantized = False

    def __init__(self, indices: Tensor, values: Tensor, size: Size, coalesced: bool) -> None:
        self._places, self._numbers, self.shape, self._coalesced = indices, values, size, coalesced

    # --- what it is ---

    @property
    def dtype(self) -> Any:
        """The dtype of its values."""
        return self._numbers.dtype

    @property
    def device(self) -> Any:
        """The CPU."""
        return self._numbers.device

    @property
    def requires_grad(self) -> bool:
        """Whether its values need gradients."""
        return self._numbers.requires_grad

    @property
    def ndim(self) -> int:
        """How many dimensions it has."""
        return len(self.shape)

    @property
    def T(self) -> SparseTensor:
        """The transposed matrix."""
        return self.t()

    def dim(self) -> int:
        """How many dimensions it has."""
        return len(self.shape)

    def sparse_dim(self) -> int:
        """How many of its dimensions are given by indices."""
        return self._places.shape[0]

    def dense_dim(self) -> int:
        """How many dimensions each of its values has."""
        return self._numbers.dim() - 1

    def size(self, dim: int | None = None) -> Any:
        """Its shape, or the size of one dimension."""
        return self.shape if dim is None else self.shape[dim]

    def numel(self) -> int:
        """How many elements the dense tensor has."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def _nnz(self) -> int:
        return self._places.shape[1]

    def _indices(self) -> Tensor:
        return self._places

    def _values(self) -> Tensor:
        return self._numbers

    def is_coalesced(self) -> bool:
        """Whether its places are known to be in order, each of them once."""
        return self._coalesced

    def indices(self) -> Tensor:
        """The places (sparse dimensions, nnz); RuntimeError before `coalesce`."""
        return self._once("indices")._places

    def values(self) -> Tensor:
        """The values (nnz, dense dimensions...); RuntimeError before `coalesce`."""
        return self._once("values")._numbers

    def _once(self, asked: str) -> SparseTensor:
        if not self._coalesced:
            raise RuntimeError(f"Cannot get {asked} on an uncoalesced tensor, please call .coalesce() first")
        return self

    # --- the same numbers in another way ---

    def coalesce(self) -> SparseTensor:
        """The same tensor with its places in order, each of them once, with the sum of its values.

        >>> import numpynet
        >>> numpynet.sparse_coo_tensor([[1, 0, 1]], [1.0, 2.0, 3.0]).coalesce().values()
        tensor([2., 4.])
        """
        if self._coalesced:
            return self
        dims = self.shape[: self.sparse_dim()]
        kept, where = np.unique(self._flat(), return_inverse=True)
        places = np.array(np.unravel_index(kept, dims), np.int64) if dims else np.zeros((0, len(kept)), np.int64)
        numbers = self._numbers.new_zeros((len(kept), *self._numbers.shape[1:]))
        numbers = numbers.index_add(0, creation.from_numpy(where.reshape(-1)), self._numbers)
        return SparseTensor(creation.from_numpy(places), numbers, self.shape, True)

    def _flat(self) -> Array:
        """The places as numbers in the order in which the dense tensor holds them."""
        flat = np.zeros(self._nnz(), np.int64)
        for place, size in zip(self._places.numpy(), self.shape, strict=False):
            flat = flat * size + place
        return flat

    def to_dense(self) -> Tensor:
        """The dense tensor.

        >>> import numpynet
        >>> numpynet.sparse_coo_tensor([[1]], [2.0], (3,)).to_dense()
        tensor([0., 2., 0.])
        """
        places = math.prod(self.shape[: self.sparse_dim()])
        zeros = self._numbers.new_zeros((places, *self._numbers.shape[1:]))
        dense: Tensor = zeros.index_add(0, creation.from_numpy(self._flat()), self._numbers).reshape(self.shape)
        return dense

    def to_sparse(self) -> SparseTensor:
        """Itself."""
        return self

    def _with(self, values: Tensor) -> SparseTensor:
        """Other values at the same places."""
        return SparseTensor(self._places, values, self.shape, self._coalesced)

    def to(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """Its values in another dtype; see `Tensor.to`."""
        return self._with(self._numbers.to(*args, **kwargs))

    def float(self) -> SparseTensor:
        """Its values in float32."""
        return self._with(self._numbers.float())

    def double(self) -> SparseTensor:
        """Its values in float64."""
        return self._with(self._numbers.double())

    def cpu(self) -> SparseTensor:
        """Itself: it is on the CPU."""
        return self

    def clone(self) -> SparseTensor:
        """A copy, through which gradients pass."""
        return SparseTensor(self._places.clone(), self._numbers.clone(), self.shape, self._coalesced)

    def detach(self) -> SparseTensor:
        """The same numbers without gradients."""
        return self._with(self._numbers.detach())

    def requires_grad_(self, requires_grad: bool = True) -> SparseTensor:
        """Itself, where nothing changes; NotImplementedError otherwise: its values need gradients, or do not."""
        if requires_grad == self.requires_grad:
            return self
        raise NotImplementedError(
            "requires_grad_(): gradients of sparse tensors are missing: make one of values that need gradients"
        )

    def t(self) -> SparseTensor:
        """The transposed matrix; RuntimeError for more than two sparse dimensions."""
        if self.dim() > 2 or self.dense_dim():
            raise RuntimeError(
                f"t() expects a tensor with <= 2 sparse and 0 dense dimensions, but got {self.sparse_dim()} sparse and "
                f"{self.dense_dim()} dense dimensions"
            )
        return SparseTensor(self._places.flip(0), self._numbers, Size(self.shape[::-1]), self.dim() < 2)

    # --- arithmetic ---

    def __neg__(self) -> SparseTensor:
        return self._with(-self._numbers)

    def __mul__(self, other: Any) -> SparseTensor:
        return self._with(self._numbers * other) if _is_number(other) else NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> SparseTensor:
        return self._with(self._numbers / other) if _is_number(other) else NotImplemented

    def __add__(self, other: Any) -> SparseTensor:
        if not isinstance(other, SparseTensor):
            return NotImplemented
        same = (other.shape, other.sparse_dim()) == (self.shape, self.sparse_dim())
        if not same:
            raise RuntimeError(f"add: expected sparse tensors of one size, but got {self.shape} and {other.shape}")
        places = ops.cat([self._places, other._places], 1)
        return SparseTensor(places, ops.cat([self._numbers, other._numbers]), self.shape, False).coalesce()

    def sum(self) -> Tensor:
        """The sum of all elements.

        >>> import numpynet
        >>> numpynet.sparse_coo_tensor([[1, 1]], [2.0, 3.0], (3,)).sum()
        tensor(5.)
        """
        return self._numbers.sum()

    def mm(self, mat2: Tensor) -> Tensor:
        """The product with a dense matrix; see `numpynet.sparse.mm`."""
        return mm(self, mat2)

    def __matmul__(self, other: Any) -> Tensor:
        if isinstance(other, Tensor) and other.dim() == 1:
            return mm(self, other.unsqueeze(1)).squeeze(1)
        return mm(self, other)

    matmul = __matmul__

    def __rmatmul__(self, other: Any) -> Tensor:
        return mm(other, self)

    # --- what is refused ---

    __array_ufunc__ = None  # no operand of NumPy's

    def _refused(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"indices, comparisons and the truth are missing {_DENSE}")

    __bool__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __getitem__ = __setitem__ = __contains__ = _refused
    __hash__ = object.__hash__
    __iter__ = None

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first.")

    numpy = __array__

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name} is missing {_DENSE}")

    def __repr__(self) -> str:
        kept = (dtypes.get_default_dtype(), dtypes.int64, dtypes.bool_)
        rest = [f"size={tuple(self.shape)}", f"nnz={self._nnz()}"]
        rest += [f"dtype={self.dtype}"] * (self.dtype not in kept) + [f"layout={self.layout}"]
        rest += ["requires_grad=True"] * self.requires_grad
        lines = (_told("indices=", self._places), _told("values=", self._numbers.detach()), ", ".join(rest))
        return f"tensor({(',' + chr(10) + ' ' * 7).join(lines)})"


def _told(name: str, tensor: Tensor) -> str:
    """A tensor's text behind a name, without its dtype, each further line below the first."""
    if not tensor.numel():
        return f"{name}tensor([], size={tuple(tensor.shape)})"
    text = re.sub(r",\s*dtype=torch\.\w+\)$", ")", repr(tensor))
    return name + text.replace("\n", "\n" + " " * (7 + len(name)))


def _is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float, np.generic)) or (isinstance(value, Tensor) and not value.dim())


def sparse_coo_tensor(
    indices: Any = None,
    values: Any = None,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> SparseTensor:
    """A sparse tensor of values (nnz, ...) at the places indices (sparse dimensions, nnz).

    size: its shape, by default the smallest that holds them. ``sparse_coo_tensor(size)`` holds nothing.

    RuntimeError for indices that are no matrix, another number of values, and a size that does not hold them, which
    torch looks for only with `check_invariants`. NotImplementedError for `requires_grad`, as gradients reach the
    values, which may need them.

    >>> import numpynet
    >>> numpynet.sparse_coo_tensor([[0, 1], [2, 0]], [3.0, 4.0], (2, 3))
    tensor(indices=tensor([[0, 1],
                           [2, 0]]),
           values=tensor([3., 4.]),
           size=(2, 3), nnz=2, layout=torch.sparse_coo)
    """
    if requires_grad:
        raise NotImplementedError(
            "sparse_coo_tensor(): gradients of sparse tensors are missing: give it values that need gradients"
        )
    if values is None:
        size = indices if size is None else size
        size = Size(map(index, size))
        places = creation.zeros((len(size), 0), dtype=dtypes.int64)
        return SparseTensor(places, creation.zeros(0, dtype=dtype, device=device), size, False)
    places = creation.as_tensor(indices).detach().to(dtypes.int64)
    numbers = creation.as_tensor(values, dtype=dtype, device=device)
    numbers = numbers.reshape(1) if not numbers.dim() else numbers
    if places.dim() != 2:
        raise RuntimeError(f"indices must be sparse_dim x nnz, but got: {list(places.shape)}")
    dims, nnz = places.shape
    if nnz != numbers.shape[0]:
        raise RuntimeError(
            f"indices and values must have same nnz, but got nnz from indices: {nnz}, nnz from values: "
            f"{numbers.shape[0]}"
        )
    if nnz and places.numel() and int(places.min()) < 0:
        raise RuntimeError(f"found negative index {int(places.min())} in the indices of a sparse tensor")
    found = [int(one.max()) + 1 if nnz else 0 for one in places]
    size = Size([*found, *numbers.shape[1:]] if size is None else map(index, size))
    if len(size) != dims + numbers.dim() - 1:
        raise RuntimeError(
            f"number of dimensions must be sparse_dim ({dims}) + dense_dim ({numbers.dim() - 1}), but got {len(size)}"
        )
    if tuple(size[dims:]) != tuple(numbers.shape[1:]):
        raise RuntimeError(
            f"values has incorrect size, expected {[nnz, *size[dims:]]}, got {list(numbers.shape)} in sparse_coo_tensor"
        )
    for dim, (wanted, least) in enumerate(zip(size, found, strict=False)):
        if wanted < least:
            raise RuntimeError(
                f"size is inconsistent with indices: for dim {dim}, size is {wanted} but found index {least - 1}"
            )
    return SparseTensor(places, numbers, size, bool(is_coalesced))


def to_sparse(self: Tensor) -> SparseTensor:
    """The sparse tensor of the elements that are not zero, through which gradients pass; see `sparse_coo_tensor`.

    >>> import numpynet
    >>> numpynet.tensor([0.0, 2.0]).to_sparse().indices()
    tensor([[1]])
    """
    places = self.detach().nonzero().t().contiguous()
    values = self[tuple(places)] if self.dim() else self.reshape(1)[: places.shape[1]]
    return SparseTensor(places, values, self.shape, True)


def mm(mat1: Any, mat2: Any) -> Tensor:
    """The product (N, M) (M, K) -> (N, K) of a sparse and a dense matrix, in either order, dense.

    RuntimeError for sizes that do not fit and for two dtypes, NotImplementedError for two sparse ones.

    >>> import numpynet
    >>> A = numpynet.eye(2).to_sparse()
    >>> numpynet.sparse.mm(A, numpynet.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    for one in (mat1, mat2):
        if not isinstance(one, (Tensor, SparseTensor)):
            raise TypeError(f"mm(): both arguments must be Tensor, not {class_name(type(one))}")
    if isinstance(mat1, SparseTensor) and isinstance(mat2, SparseTensor):
        raise NotImplementedError("mm(): the product of two sparse tensors is missing: make one dense, by to_dense()")
    sizes = tuple(mat1.shape), tuple(mat2.shape)
    if len(sizes[0]) != 2 or len(sizes[1]) != 2 or sizes[0][1] != sizes[1][0]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied: mm() takes matrices, but got {sizes}")
    if mat1.dtype != mat2.dtype:
        raise RuntimeError(f"mm(): expected one dtype, but got {mat1.dtype} and {mat2.dtype}")
    if isinstance(mat1, Tensor) and isinstance(mat2, Tensor):
        return mat1 @ mat2
    if isinstance(mat1, Tensor):
        return mm(mat2.t(), mat1.t()).t()
    if mat1.dense_dim():
        raise RuntimeError(
            f"mm(): the sparse matrix has values of shape {tuple(mat1._values().shape[1:])}, not numbers"
        )
    rows, columns = mat1._indices()
    products = mat1._values().unsqueeze(1) * mat2.index_select(0, columns)
    product: Tensor = products.new_zeros((sizes[0][0], sizes[1][1])).index_add(0, rows, products)
    return product
