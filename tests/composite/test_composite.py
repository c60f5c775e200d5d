"""Functions and methods composed of operations: torch's values, dtypes, names on the tape and gradients."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from expressions import ours, theirs

import numpynet

# Expressions of x (3, 4), y (3, 4), m (4, 4), v (4,), w (3,), all floating and requiring a gradient; of the
# integers i (3, 4), the mask b (3, 4), n (3, 4) with NaN, and k (3, 4) with ties.
EXPRESSIONS = """
t.div(x, y)
t.div(x, 2, rounding_mode="floor")
t.div(i, 4, rounding_mode="trunc")
i // 4
7 // i
1 / x
3 - x
2 ** x
x ** y.abs()
t.true_divide(i, 2)
t.subtract(x, y, alpha=2)
t.multiply(x, y)
t.negative(x)
t.absolute(x)
t.clip(x, min=-0.5)
t.clip(x, -0.5, 0.5)
t.fix(x)
t.arctan(x)
t.greater(x, y)
t.less_equal(x, 0)
t.not_equal(i, 3)
t.mm(x, m)
t.mv(x, v)
t.bmm(x[None], m[None])
t.dot(v, v)
t.inner(x, v)
t.inner(x, y)
t.outer(w, v)
t.addmm(w[:, None], x, m)
t.addmm(v, x, m, beta=2, alpha=-3)
t.addmv(w, x, v, beta=0)
t.baddbmm(v, x[None], m[None])
t.einsum("ij,j->i", x, v)
t.einsum("ij,kj->ik", [x, y])
t.tensordot(x, m, dims=1)
t.tensordot(x, y)
t.tensordot(x, y, dims=([0, 1], [0, 1]))
t.trace(m)
x.max()
x.min()
k.max()
x.max(1)
x.min(dim=0, keepdim=True)
t.max(x, y)
t.min(x, other=y)
t.max(x, axis=1, keepdims=True)
n.max(1)
n.max()
i.max(0)
t.aminmax(x, dim=1)
t.cummax(x, 1)
t.cummin(k, dim=0)
n.cummax(1)
x.sort()
x.sort(0, True)
x.sort(descending=True, dim=1)
k.sort(stable=True)
n.sort()
n.sort(descending=True)
t.sort(i, axis=0)
t.argsort(x, dim=0)
t.argsort(k, descending=True, stable=True)
t.msort(x)
x.topk(2)
x.topk(2, 0, largest=False)
x.kthvalue(2)
x.kthvalue(3, 0, True)
x.median()
x.median(1)
x.median(dim=0, keepdim=True)
n.median()
n.median(1)
i.mode(1)
i.mode(0, True)
x.quantile(0.3)
x.quantile(T([0.0, 0.25, 1.0]), dim=1)
x.quantile(0.6, dim=0, keepdim=True)
n.quantile(0.5, dim=1)
x.quantile(0.3, interpolation="nearest")
x.quantile(0.3, dim=1, interpolation="lower")
x.quantile(0.3, dim=1, interpolation="higher")
x.quantile(0.3, interpolation="midpoint")
t.unique(i)
t.unique(i, return_inverse=True, return_counts=True)
t.unique(i % 2, dim=0)
t.unique(i % 2, dim=1, return_inverse=True, return_counts=True)
t.unique_consecutive(T([1, 1, 2, 2, 1]), return_inverse=True, return_counts=True)
t.unique_consecutive(i[:1].expand(3, 4), dim=0)
t.searchsorted(T([1.0, 2.0, 4.0]), T([[0.0, 2.0], [3.0, 9.0]]))
t.searchsorted(T([[1, 3], [2, 4]]), T([[3], [3]]), right=True)
t.searchsorted(T([1, 3, 5]), 3, side="right", out_int32=True)
t.bucketize(T([0, 3, 6]), T([1, 3, 5]), right=True)
t.bucketize(x.detach(), T([-1.0, 0.0, 1.0]))
t.isin(i, T([2, 3]))
t.isin(i, 2, invert=True)
t.var(x)
x.var(1)
x.var(0, unbiased=False, keepdim=True)
t.var(x, dim=(0, 1), correction=0)
t.std(x, axis=1)
x.std()
x.std(0, False)
t.var_mean(x, 1)
t.std_mean(x)
t.nanmean(n)
t.nanmean(n, 1, keepdim=True)
t.nansum(n, dim=0)
t.cov(x)
t.cov(v)
t.corrcoef(x)
x.norm()
x.norm(1)
x.norm(dim=1)
x.norm(p=3, dim=0, keepdim=True)
x.norm(float("inf"))
t.norm(x, "fro")
t.dist(x, y)
t.dist(x, y, 1)
t.cdist(x, y).detach()
t.cdist(x, y[:2], p=1).detach()
t.diff(x)
t.diff(i, n=2, dim=0)
t.diff(b)
t.count_nonzero(i % 2)
t.count_nonzero(b, dim=1)
t.bincount(i.reshape(-1))
t.bincount(T([0, 1, 1]), T([0.5, 1.0, 2.0]), minlength=4)
t.bincount(T([0, 1, 1]), T([1, 1, 2]))
t.histc(x.detach(), 5)
t.histc(x.detach(), bins=4, min=-1, max=1)
t.histc(T([1.0, 1.0]), 4)
t.softmax(x, 1)
t.softmax(i, dim=0, dtype=t.float32)
t.log_softmax(x, axis=0)
x.softmax(-1)
x.flatten()
x.flatten(0, -1)
t.flatten(x[None], 1)
T(3.5).flatten()
x.unflatten(1, (2, -1))
x.ravel()
x.T.ravel()
z(2, 3, 4).movedim(0, -1).shape
x.movedim((0, 1), (1, 0))
t.moveaxis(x, 0, 1)
t.swapaxes(x, 0, 1)
x.fliplr()
x.flipud()
x.flip(0, 1)
x.narrow(1, 1, 2)
x.narrow(1, -2, 2)
x.select(1, -1)
x.split(2)
x.split([1, 3], dim=1)
x.chunk(2, 1)
x.chunk(3, axis=0)
z(0, 2).chunk(3)
x.tensor_split(2, 1)
x.tensor_split((1, 3), dim=1)
t.arange(7).tensor_split(3)
x.unbind()
x.unbind(1)
t.hstack([v, v])
t.hstack([x, y])
t.hstack([T(1), T(2)])
t.vstack([v, x])
t.dstack([x, y]).shape
t.dstack([v, v])
t.column_stack([w, w, x])
t.row_stack([v, v])
t.concat([x, y], 1)
t.concatenate((x, y))
t.cat([x, i])
t.cat([x, y], axis=1)
t.stack([x, y], dim=-1)
t.broadcast_to(v, (3, 4))
t.broadcast_tensors(v, w[:, None])
t.broadcast_shapes((2, 1), (3,), 4 - 1)
x.expand_as(z(2, 3, 4))
x.tile(2)
x.tile(2, 1, 2).shape
t.tile(x, (2, 1))
x.repeat(2, 2)
x.repeat(2, 1, 1).shape
x.repeat(0, 1)
x.repeat_interleave(2)
x.repeat_interleave(2, 0)
x.repeat_interleave(T([1, 0, 2]), dim=0)
t.repeat_interleave(T([1, 2]))
x.roll(1)
x.roll((1, -1), (0, 1))
m.diag()
m.diag(-1)
v.diag()
v.diag(2)
t.diagflat(x[:1])
x.diagonal(1)
t.diag_embed(v)
x.tril()
x.triu(1)
t.where(b, x, y)
t.where(b, x, 0)
t.where(b, 1.5, 2)
t.where(b, 1, 2)
t.where(b)
x.where(b, y)
x.masked_fill(b, 7)
i.masked_fill(b, 7.9)
x.masked_select(b)
v.masked_select(b)
t.nonzero(b)
t.nonzero(i, as_tuple=True)
t.nonzero(T(3)).shape
t.argwhere(i > 3)
x.take(T([[0, -1]]))
t.take_along_dim(x, x.argsort(1), 1)
t.take_along_dim(x, T([[0], [1], [3]]), dim=1)
t.take_along_dim(x, T([5, 1]))
x.gather(1, T([[0, 0], [3, 1]]))
x.scatter(1, T([[0], [1], [3]]), 9.0)
z(3, 4).scatter(1, T([[0], [1], [3]]), value=1)
x.scatter(0, T([[0, 1, 2, 0]]), y[:1])
x.scatter_add(0, T([[0, 1, 2, 0]]), y[:1])
z(3, 5).scatter_(1, T([[0], [1], [3]]), 1)
z(3, 4).scatter_add_(0, i % 3, t.ones(3, 4))
x.index_add(0, T([0, 0]), y[:2], alpha=2)
z(3, 4).index_add_(1, T([1]), t.ones(3, 1))
x.index_select(1, T([3, 3, 0]))
t.allclose(x, x + 1e-9)
t.allclose(n, n, equal_nan=True)
t.equal(i, i.clone())
t.equal(i, x)
t.numel(x)
t.is_tensor(3), t.is_tensor(x)
t.is_floating_point(i), t.is_complex(x)
t.is_nonzero(T([0.0]))
t.lerp(x, y, 0.3)
t.addcmul(x, x, y, value=0.5)
t.addcdiv(x, y, x.abs() + 1)
z(3).addcmul_(t.ones(3), t.ones(3), value=2)
z(3).addcdiv_(t.ones(3), t.ones(3) * 4)
z(3).lerp_(t.ones(3), 0.25)
t.nan_to_num(n)
t.deg2rad(x)
t.rad2deg(i)
t.vdot(v, v)
t.matrix_power(m, 1)
t.matrix_power(m, 5)
t.matrix_power(T([[2, 1], [0, 3]]), 0)
x.rot90()
x.rot90(2)
t.rot90(x, -1, (1, 0))
t.rot90(i, 4)
t.atleast_1d(T(1.0))
t.atleast_2d(v, T(1))
t.hypot(x, y)
t.logaddexp(x, y)
t.atan2(x, y)
t.erf(x)
t.exp2(x)
t.frac(x)
t.fmod(x, 0.7)
t.fmod(i, 3)
x % 0.7
i % -3
t.remainder(-i, 3)
t.remainder(5, i)
t.cumprod(x, 1)
t.cumprod(i, dim=0, dtype=t.float64)
t.cumsum(b, 0)
t.sum(b)
t.sum(i, dtype=t.float32)
x.sum(dtype=t.float64)
x.mean(1, dtype=t.float64)
t.mean(i, dtype=t.float32)
t.prod(i % 3, 1)
t.logsumexp(x, (0, 1))
t.amax(x, (0, 1))
t.all(b, dim=1)
t.any(T([0, 1], dtype=t.uint8))
t.isclose(x, y, atol=1.0)
t.logical_xor(b, i > 5)
t.bitwise_xor(i, 3)
~b
-i
t.round(x, decimals=1)
t.squeeze(x[None, :, None], (0, 2))
t.matmul(x, m, out=z(3, 4))
t.mul(x.detach(), 2, out=z(3, 4))
t.add(i, i, out=z(3, 4))
t.mm(x.detach(), m.detach(), out=z(3, 4))
""".strip().splitlines()


def inputs(library: Any) -> dict[str, Any]:
    """The operands that expressions name, the same under every library."""
    rng = np.random.default_rng(7)
    shapes = {"x": (3, 4), "y": (3, 4), "m": (4, 4), "v": (4,), "w": (3,)}
    drawn = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    made = {name: library.tensor(array, requires_grad=True) for name, array in drawn.items()}
    missing = drawn["x"].copy()
    missing[0, 1] = missing[2, 3] = np.nan
    made["i"] = library.tensor(rng.permutation(12).reshape(3, 4) + 1)
    made["b"] = library.tensor(drawn["y"] > 0)
    made["n"] = library.tensor(missing, requires_grad=True)
    made["k"] = library.tensor(rng.integers(0, 3, (3, 4)).astype(np.float32), requires_grad=True)
    return made


def tensors(value: Any, kind: type) -> list[Any]:
    """The tensors in a result, which may be a tuple."""
    return (
        [one for one in value if isinstance(one, kind)]
        if isinstance(value, tuple)
        else [value] * isinstance(value, kind)
    )


def gradients(value: Any, given: dict[str, Any], library: Any) -> dict[str, Any]:
    """The gradients of all inputs under random cotangents of every tensor in a result."""
    rng = np.random.default_rng(8)
    total = None
    for one in tensors(value, library.Tensor):
        weight = library.tensor(rng.normal(size=tuple(one.shape)))
        if one.requires_grad:
            term = (one.double() * weight).sum()
            total = term if total is None else total + term
    if total is not None:
        total.backward()
    return {name: one.grad.numpy() for name, one in given.items() if one.requires_grad and one.grad is not None}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_like_torch(expression: str) -> None:
    torch = pytest.importorskip("torch")
    mine, its = inputs(numpynet), inputs(torch)
    if "out=" in expression:
        mine = {name: one.detach() for name, one in mine.items()}
        its = {name: one.detach() for name, one in its.items()}
    found, expected = ours(expression, **mine), theirs(expression, **its)
    assert repr(found) == repr(expected)
    of_mine, of_its = gradients(found, mine, numpynet), gradients(expected, its, torch)
    for name, gradient in of_its.items():
        if name not in of_mine:
            assert not gradient.any(), name
            continue
        # Each is a handful of float32 terms of size one.
        np.testing.assert_allclose(of_mine[name], gradient, rtol=1e-4, atol=1e-4, err_msg=name)


def test_out_keeps_the_memory_and_refuses_gradients() -> None:
    x, out = numpynet.ones(2), numpynet.zeros(2)
    assert numpynet.add(x, 1, out=out) is out
    assert out.tolist() == [2, 2]
    assert numpynet.add(x, 1, out=None).tolist() == [2, 2]
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        numpynet.add(x.requires_grad_(), 1, out=out)
    with pytest.raises(RuntimeError, match="can't be cast"):
        numpynet.add(numpynet.ones(2), 0.5, out=numpynet.zeros(2, dtype=numpynet.int64))
    assert out.tolist() == [2, 2]
    plain = np.zeros(2)
    assert numpynet.exp(np.zeros(2), out=plain) is plain
    assert plain.tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="shape"):
        numpynet.exp(np.zeros(3), out=plain)
    for wrong in ([0.0, 0.0], (out,)):
        with pytest.raises(TypeError, match="'out' must be Tensor"):
            numpynet.add(x.detach(), 1, out=wrong)
    with pytest.raises(TypeError, match="'out' must be tuple of Tensors"):
        numpynet.sort(x.detach(), out=out)


@pytest.mark.parametrize("shape", [(0,), (3,), (2, 2), ()])
def test_out_of_another_shape_is_resized(shape: tuple[int, ...]) -> None:
    out, x = numpynet.zeros(shape, dtype=numpynet.float64), numpynet.tensor([[1.0, 2.0, 3.0]])
    with contextlib.ExitStack() as stack:
        if out.numel():
            stack.enter_context(pytest.warns(UserWarning, match="was resized"))
        assert numpynet.mul(x, 2, out=out) is out
    assert out.tolist() == [[2.0, 4.0, 6.0]]
    assert (out.dtype, out._version) == (numpynet.float64, 1)
    assert (x * 2).data_ptr() != out.data_ptr() != x.data_ptr()
    values, indices = numpynet.zeros(0), numpynet.zeros(0, dtype=numpynet.int64)
    numpynet.max(x, 1, out=(values, indices))
    assert (values.tolist(), indices.tolist()) == ([3.0], [2])


@pytest.mark.filterwarnings("ignore:An output with one or more")
def test_resized_views_share_memory_while_that_suffices() -> None:
    whole = numpynet.zeros(5)
    part = whole[1:3]
    numpynet.add(numpynet.ones(3), 1, out=part)
    assert (part.tolist(), whole.tolist()) == ([2, 2, 2], [0, 2, 2, 2, 0])
    part.mul_(2)
    assert whole.tolist() == [0, 4, 4, 4, 0]
    numpynet.add(numpynet.ones(6), 0, out=part)
    assert (part.tolist(), whole.tolist()) == ([1] * 6, [0, 1, 1, 1, 1])


def test_out_refuses_what_it_is_computed_from() -> None:
    x = numpynet.arange(4.0)
    with pytest.raises(RuntimeError, match="refer to a single memory location"):
        numpynet.add(x[:3], 1, out=x[1:])
    with pytest.raises(RuntimeError, match="doesn't match the broadcast shape"):
        numpynet.add(x, numpynet.ones(2, 4), out=x)
    assert x.tolist() == [0, 1, 2, 3]
    assert numpynet.add(x, 1, out=x).tolist() == [1, 2, 3, 4]
    leaf = numpynet.zeros(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        numpynet.exp(numpynet.zeros(2), out=leaf)
    with numpynet.no_grad():
        assert numpynet.exp(numpynet.zeros(2), out=leaf).requires_grad


def test_a_source_larger_than_its_index() -> None:
    """torch has no gradient for it; ours is 0 for what is not used."""
    source = numpynet.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    numpynet.zeros(3, 3).scatter(0, numpynet.tensor([[2]]), source).sum().backward()
    assert source.grad.tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("shape", [(3000,), (40, 80), (7, 3, 150)])
@pytest.mark.parametrize("step", [0.0, 0.05, 1.0, 50.0])
def test_the_order_of_many_elements(shape: tuple[int, ...], step: float, descending: bool) -> None:
    """Equal ones keep their order, of which there are none, some, many, and almost only such; NaN is the greatest."""
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32) * 50
    values = np.round(values / step) * step if step else values
    holes = np.where(np.arange(values.size).reshape(shape) % 97, values, np.nan)
    for array in (values, values.astype(np.int64), holes):
        for dim in range(array.ndim):
            rank = np.where(np.isnan(array), np.inf, array)
            order = np.argsort(-rank if descending else rank, axis=dim, kind="stable")
            x = numpynet.tensor(array)
            for k in (1, 3, array.shape[dim] // 8, array.shape[dim]):
                if 0 < k <= array.shape[dim]:
                    first = np.take(order, range(k), axis=dim)
                    assert (x.topk(k, dim, descending).indices.numpy() == first).all()
            ordered = x.sort(dim, descending)
            assert (ordered.indices.numpy() == order).all()
            np.testing.assert_array_equal(ordered.values.numpy(), np.take_along_axis(array, order, dim))


@pytest.mark.parametrize("kind", ["bool", "uint8", "int8", "int64", "float16", "float32", "float64"])
def test_the_order_downwards_of_extreme_numbers(kind: str) -> None:
    """The opposite of the smallest integer is none; of a NaN there is none either."""
    torch = pytest.importorskip("torch")
    dtype = np.dtype(kind)
    info: Any = np.finfo(dtype) if dtype.kind == "f" else None if kind == "bool" else np.iinfo(dtype)
    extremes = [0, 1] if info is None else [info.min, 0, 1, info.max]
    special = [[], [-0.0, np.inf, -np.inf], [np.inf, np.nan, -0.0, -np.nan]] if dtype.kind == "f" else [[]]
    for added in special:
        array = np.resize(np.array([*extremes, *added]).astype(dtype), 2 * (len(extremes) + len(added)) + 1)
        ours, theirs = (library.tensor(array).sort(stable=True, descending=True) for library in (numpynet, torch))
        assert ours.indices.tolist() == theirs.indices.tolist()
        assert ours.values.numpy().tobytes() == theirs.values.numpy().tobytes()


@pytest.mark.parametrize("function", ["sort", "topk", "kthvalue", "median", "mode", "max", "min", "cummax"])
def test_picked_values_pass_the_cotangent_to_where_they_come_from(function: str) -> None:
    x = numpynet.tensor([[3.0, 1.0, 2.0], [1.0, 1.0, 5.0]], requires_grad=True)
    options = {"topk": {"k": 2}, "kthvalue": {"k": 2}}.get(function, {})
    result = getattr(numpynet, function)(x, dim=1, **options)
    weights = numpynet.arange(1, result.values.numel() + 1).reshape(result.values.shape)
    (result.values * weights).sum().backward()
    expected = np.zeros((2, 3))
    indices = result.indices.reshape(2, -1).numpy()
    np.add.at(expected, (np.arange(2)[:, None], indices), weights.reshape(2, -1).numpy())
    assert x.grad.tolist() == expected.tolist()
