"""The forms in which creation functions are called: sizes, keywords, `out`, memory formats, numbers of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from expressions import ours, theirs

import numpynet


class Frame:
    """What is an array to NumPy and a sequence to others, as a column of a table is."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.values, dtype)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, position: int) -> Any:
        return self.values[position]


class Index:
    def __index__(self) -> int:
        return 3


def operands(library: Any) -> dict[str, Any]:
    x = library.arange(6.0).reshape(2, 3)
    return {
        "x": x,
        "xt": x.t(),
        "xi": library.tensor([[1, 2], [3, 4]]),
        "p": library.ones(2, requires_grad=True),
        "y": library.zeros(2, 3),
        "e": library.empty(0),
        "images": library.zeros(2, 3, 4, 5),
        "Frame": Frame,
        "Index": Index,
    }


def told(value: Any) -> Any:
    """What a user can see of a result."""
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [told(one) for one in value]
    if not hasattr(value, "stride"):
        return repr(value)
    values = value.detach()
    strides = tuple(value.stride()) if value.numel() else None
    kind = str(value.dtype), tuple(value.shape), strides, value.requires_grad, value.is_leaf
    return repr(values.tolist()), kind


TAKEN = """
z(t.Size([2,3]))
z(x.shape)
z(*x.shape)
z((t.tensor(2),3))
z(Index(),2)
z(np.int64(2),3)
z(size=[2,3])
z(2,layout=t.strided,device=t.device('cpu'),pin_memory=False,requires_grad=True)
z(2,requires_grad=None,pin_memory=None)
z(2,3,out=y)
z((4,),out=e)
z((3,2),out=y)
z((2,2),out=xi)
z((3,2),out=xt)
z((2,3),out=y,requires_grad=True)
t.ones((3,2),out=xt)
t.ones(2,out=None)
t.empty(2,3,memory_format=t.contiguous_format).stride()
t.empty(1,2,3,4,memory_format=t.channels_last).stride()
t.empty(1,2,3,4,5,memory_format=t.channels_last_3d).stride()
t.full((2,),np.bool_(1))
t.full((2,),np.float32(1.5))
t.full((2,),np.int8(1))
t.full((2,),2**63,dtype=t.float32)
t.full((2,),inf,dtype=t.float16)
t.full((2,),nan,dtype=t.bool)
t.full((2,),-255,dtype=t.uint8)
t.full((2,),-0.0)
t.full((2,2),1.5,out=xi)
t.full((2,3),1,out=y)
t.zeros_like(xt)
t.ones_like(xt,dtype=t.int64)
t.full_like(xt,2,requires_grad=True)
t.zeros_like(xt,memory_format=t.contiguous_format)
t.zeros_like(xt,memory_format=t.preserve_format,layout=t.strided)
t.empty_like(images.permute(0,3,1,2)).stride()
t.empty_like(images,memory_format=t.channels_last).stride()
t.empty_like(images[:,::2]).stride()
t.zeros_like(x[:,:1].expand(2,3))
t.zeros_like(x.expand(4,2,3)).stride()
t.zeros_like(x.expand(4,2,3).transpose(0,1)).stride()
xt.clone()
x.expand(4,2,3).clone().stride()
t.clone(xt,memory_format=t.contiguous_format)
xt.contiguous(memory_format=t.contiguous_format)
images.contiguous(memory_format=t.channels_last).stride()
images.is_contiguous(memory_format=t.channels_last)
xt.to(t.float64)
xt.to(t.float64,memory_format=t.contiguous_format)
x.to('cpu',t.float64,False,True)
x.to(t.float64,non_blocking=True,copy=True)
x.to(float)
x.to(xi)
x.to(dtype=int)
t.arange(end=4)
t.arange(1,end=4)
t.arange(start=1,end=7,step=2)
t.arange(-0.0,-3,-1)
t.arange(-0.5,0.25,0.1,dtype=t.float64)
t.arange(0,1,inf)
t.arange(-1.5,3,dtype=t.int64)
t.arange(2**63-3,2**63-1)
t.arange(6,out=e)
t.arange(6.,out=x)
t.linspace(0,1,3,out=y[0])
t.linspace(-5,5,4,dtype=t.uint8)
t.linspace(-0.,-0.,1)
t.linspace(-1,-0.,4)
t.linspace(0,T(1),3,pin_memory=False)
t.linspace(0,9,4,out=T([1,2,3,4]))
t.logspace(0,1,4,base=2.5)
t.logspace(4.6,1,1,2,dtype=t.int64)
t.logspace(0,inf,3)
t.logspace(0,3,4,2,dtype=t.int64)
t.eye(2,out=e)
t.eye(3,2,dtype=t.bool)
t.eye(Index())
t.eye(2,out=xi)
t.tril_indices(2,5,2,dtype=t.int32,pin_memory=False)
t.triu_indices(5,2,-2)
t.tril_indices(3,3,2**40)
t.meshgrid(p,p)
t.scalar_tensor(True)
t.scalar_tensor(2,dtype=t.int64)
t.scalar_tensor(np.float64(2),pin_memory=False,layout=t.strided)
T([1,np.float64(2)])
T([1.5,np.float32(2)])
T([np.int8(1),np.int16(2)])
T([[3,4],np.array([1.,2.])])
T([1,T(2.5)])
T([T(True),2])
T(Frame([1.,2.]))
T(Frame([1,2]))
T([Frame([1.,2.]),Frame([3.,4.])])
T(np.matrix([[1.,2.]])).tolist()
T(np.ma.masked_array([1.,2.],[0,1]))
T(np.arange(4).reshape(2,2).T)
T(np.array([1,2],np.uint16),dtype=t.float32)
T([])
T([[],[1]])
T(range(3),dtype=t.float32)
T(x.shape)
T([300.5,2],dtype=t.int64)
T([nan,0.],dtype=t.bool)
T([2**63,1.])
T(np.True_)
T([np.True_,False])
T(-1,dtype=t.uint8)
T([-255],dtype=t.uint8)
T([1e39,-1e39])
T(bytearray(b'abc'))
T(Index(),dtype=t.float32)
t.as_tensor(np.matrix([[1.,2.]])).tolist()
t.as_tensor(np.ones(2),dtype=t.float32)
t.asarray(p)
t.asarray(p,requires_grad=False)
t.asarray(np.float64(2))
t.asarray(x,dtype=t.float64,copy=True)
t.Tensor([1,2])
t.Tensor((2,3))
t.Tensor(xi)
t.Tensor(np.array([1,2]))
t.Tensor(t.Size([2,3])).shape
t.Tensor(size=(2,3)).shape
t.Tensor(2,3,device='cpu').shape
t.Tensor(np.int64(3)).shape
t.Tensor()
t.Tensor(data=[1])
x.new_zeros(2,3,dtype=t.int64)
x.new_zeros(size=(2,3),device='cpu',layout=t.strided)
xi.new_ones((2,),requires_grad=False)
xi.new_full((2,),2.5)
xi.new_tensor([1.5])
x.new_tensor(p)
x.new_empty(2,3).shape
(1,)+x.shape
2*x.shape
x.shape[:1]
x.shape[0]
t.Size([T(2),True])
x.size(-1)
x.stride(-1)
z(0,3).stride()
z(2,0,3).stride()
x.layout
t.contiguous_format
isinstance(t.channels_last,t.memory_format)
""".strip().splitlines()


@pytest.mark.parametrize("expression", TAKEN)
def test_taken_as_by_torch(expression: str) -> None:
    torch = pytest.importorskip("torch")
    assert told(ours(expression, **operands(numpynet))) == told(theirs(expression, **operands(torch)))


RECORDED = [
    ("xt.clone().stride()", (1, 3)),
    ("t.zeros_like(xt).stride()", (1, 3)),
    ("xt.contiguous().stride()", (2, 1)),
    ("T([1, np.float64(2)]).dtype", numpynet.float64),
    ("T(Frame([1., 2.])).dtype", numpynet.float64),
    ("type(t.from_numpy(np.matrix([[1.]])).numpy())", np.ndarray),
    ("t.full((2,), -1, dtype=t.uint8).tolist()", [255, 255]),
    ("t.arange(6, out=e).dtype", numpynet.float32),
    ("t.Tensor(xi).dtype", numpynet.int64),
    ("t.linspace(-5, 5, 4, dtype=t.uint8).tolist()", [251, 169, 87, 5]),
]


@pytest.mark.parametrize(("expression", "expected"), RECORDED)
def test_recorded(expression: str, expected: Any) -> None:
    assert ours(expression, **operands(numpynet)) == expected


REFUSED: dict[type[Exception], list[str]] = {
    TypeError: """
z(2.)
z((2,None))
z(True)
z(np.True_)
z(t.tensor(2.5))
z(T([2,3]))
z(((2,3),))
z(2**70)
z(size=2)
z(2,size=(2,))
z((2,),3)
z(2,requires_gard=True)
z(2,requires_grad=1)
z(2,pin_memory=5)
z(2,layout='strided')
z(2,device=5.5)
z(2,dtype='float32')
z(2,out=5)
t.empty(2,memory_format=5)
t.zeros_like(x,memory_format=3)
t.zeros_like(x,out=y)
t.full((2,),T([3]))
t.full((2,),p[0])
t.full((2,),np.array(2.))
t.full((2,),value=2)
t.full_like(x,None)
t.full_like(x,T([3.]))
t.arange(start=1)
t.arange(4,step=2)
t.arange(1,None)
t.arange(None,5)
t.arange(1,2,3,4)
t.arange(T([3]))
t.arange(np.array(4))
t.linspace(0,1,5.)
t.linspace(0,1,True)
t.linspace(0,1,np.array(3))
t.linspace(None,1,3)
t.linspace('a',1,3)
t.logspace(0,1,4,base='a')
t.eye(True)
t.eye(2,2.5)
t.tril_indices(2.,3)
t.tril_indices(2,3,True)
t.meshgrid(T([1]),5)
t.meshgrid([1,2])
t.meshgrid(T([1]),foo=1)
t.scalar_tensor([1.])
t.scalar_tensor(None)
T(None,dtype=t.float32)
T([None],dtype=t.int64)
T([np.float32(1.5)],dtype=t.int64)
T([1,np.True_])
T([np.array(1.)])
T([T(2.5)],dtype=t.int64)
T([1.],requires_grad=None)
T([1.],pin_memory=None)
T([1.],layout=t.strided)
t.as_tensor([1],foo=1)
t.as_tensor([1],t.float64)
t.from_numpy(ndarray=np.ones(2))
t.Tensor(2.5)
t.Tensor(None)
t.Tensor('a')
t.Tensor([1],dtype=t.float64)
t.Tensor([],foo=1)
t.Tensor(2,2.5)
x.new_zeros()
x.new_zeros(2,foo=1)
x.new_zeros(2,out=y)
x.new_full(2,3)
x.new_tensor([1.],pin_memory=False)
x.to(dtyp=t.float64)
x.to(t.float64,foo=1)
x.to(other=xi)
x.to([1])
x.to(np.float32)
x.to(t.float64,t.float32)
x.clone(foo=1)
x.clone(t.preserve_format)
x.contiguous(foo=1)
x.numpy(foo=1)
x.requires_grad_(None)
x.requires_grad_(1)
x.size(True)
x.size(1.5)
x.shape+[1]
t.Size([2.5])
t.Size(5)
""".strip().splitlines(),
    RuntimeError: """
z(2**62,2**62)
z((2,-1))
z(2,device='foo')
z(2,device=0)
z(2,dtype=t.int64,requires_grad=True)
z((2,3),out=y,dtype=t.int64)
z((2,),out=p)
t.empty(2,3,memory_format=t.channels_last)
t.empty(2,3,memory_format=t.preserve_format)
t.full((2,),2**63)
t.full((2,),1e39)
t.full((2,),70000,dtype=t.float16)
t.full((2,),-1.5,dtype=t.uint8)
t.full((2,),-256,dtype=t.uint8)
t.full((2,),nan,dtype=t.int64)
t.full_like(xi,2**63)
t.arange(0,1,nan)
t.arange(2**63)
t.linspace(0,1e39,3)
t.linspace(0,300,4,dtype=t.uint8)
t.linspace(T([0.,1.]),T(1.),3)
t.tril_indices(-1,2)
t.triu_indices(2,3,requires_grad=True)
t.meshgrid()
t.meshgrid([])
t.scalar_tensor(1e39)
T([-0.5],dtype=t.uint8)
T(-256,dtype=t.uint8)
T([2**31],dtype=t.int32)
t.Tensor(-1)
""".strip().splitlines(),
    ValueError: """
t.arange(0,3,.5,dtype=t.int64)
T([np.array([1,2]),np.array([3])])
T(2**63,dtype=t.int64)
T([1.,2**63],dtype=t.int64)
T([2**64],dtype=t.uint8)
t.asarray(x,dtype=t.float64,copy=False)
t.from_numpy(np.ones(1)[::-1])
""".strip().splitlines(),
    OverflowError: ["t.full((2,),2**64)", "t.full_like(x,-2**63-1)", "t.arange(0,10**30,10**29)"],
    NotImplementedError: ["t.linspace(0,1,3,dtype=t.bool)", "t.tril_indices(2,3,dtype=t.uint8)"],
    IndexError: ["x.size(5)", "x.stride(5)", "T(1).size(0)"],
}
ROWS = [(expression, error) for error, expressions in REFUSED.items() for expression in expressions]


@pytest.mark.parametrize(("expression", "error"), ROWS, ids=[row[0] for row in ROWS])
def test_refused(expression: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        ours(expression, **operands(numpynet))
    assert caught.type is error


def test_torch_refuses_with_these_exceptions() -> None:
    torch = pytest.importorskip("torch")
    for expression, error in ROWS:
        with pytest.raises(error) as caught:
            theirs(expression, **operands(torch))
        assert caught.type is error, expression


def test_what_is_given_as_out_gets_the_shape(library: Any, recwarn: pytest.WarningsRecorder) -> None:
    y, empty = library.ones(2, 3), library.empty(0)
    assert library.zeros(2, 3, out=y) is y
    library.arange(4, out=empty)
    assert not recwarn.list
    assert empty.tolist() == [0, 1, 2, 3]
    assert library.ones(4, out=y).tolist() == y.tolist() == [1, 1, 1, 1]
    assert not recwarn.list
    with pytest.warns(UserWarning, match="The number of elements in the out tensor of shape"):
        library.arange(3, out=y)
    assert y.tolist() == [0, 1, 2]


def test_out_is_written_through_a_view_and_seen_by_the_tape(library: Any) -> None:
    x = library.zeros(2, 3)
    library.ones(3, out=x[1])
    assert x.tolist() == [[0, 0, 0], [1, 1, 1]]
    w = library.ones(3, requires_grad=True)
    y = (w * x[1]).sum()
    library.zeros(3, out=x[1])
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_a_refused_out_is_left_alone(library: Any) -> None:
    y = library.ones(2, 3)
    with pytest.raises(RuntimeError):
        library.zeros(2, 3, out=y, dtype=library.int64)
    with pytest.raises(TypeError):
        library.zeros(2, 3, out=y, layout=5)
    assert y.tolist() == [[1, 1, 1], [1, 1, 1]]


@pytest.mark.filterwarnings("ignore:An output with one or more")
def test_a_resized_view_stays_in_its_memory(library: Any) -> None:
    x = library.zeros(2, 3)
    assert library.ones(4, out=x[0]).tolist() == [1, 1, 1, 1]
    assert x.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_indices_of_triangles_are_ones_own(library: Any) -> None:
    library.tril_indices(3, 3).zero_()
    assert library.tril_indices(3, 3).tolist() == [[0, 1, 1, 2, 2, 2], [0, 0, 1, 0, 1, 2]]


def test_large_triangles(library: Any) -> None:
    indices = library.triu_indices(80, 90, 5)
    assert indices.shape == (2, sum(max(90 - max(row + 5, 0), 0) for row in range(80)))
    assert bool((indices[1] - indices[0] >= 5).all())


def test_memory_is_shared_or_not(library: Any) -> None:
    array = np.ones(2, np.float32)
    shared = library.Tensor(array)
    plain = library.as_tensor(np.matrix([[1.0, 2.0]]))
    array[0] = 5
    assert shared.tolist() == [5, 1]
    assert type(plain.numpy()) is np.ndarray
    x = library.ones(2)
    library.Tensor(x)[0] = 3
    assert x.tolist() == [3, 1]


def test_a_gradient_passes_through_a_clone_in_any_order() -> None:
    x = numpynet.arange(6.0).reshape(2, 3).requires_grad_()
    weights = numpynet.arange(6.0).reshape(3, 2)
    (x.t().clone(memory_format=numpynet.contiguous_format) * weights).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == weights.t().tolist()


def test_a_compiled_step_makes_tensors_like_those_it_is_given() -> None:
    x = numpynet.arange(6.0).reshape(2, 3).t()

    def step(x: Any) -> Any:
        made = numpynet.zeros_like(x)
        made += x
        return made + numpynet.ones_like(x) + numpynet.full_like(x, 2.0)

    assert numpynet.compile(step)(x).tolist() == step(x).tolist()


@pytest.mark.parametrize("dtype", [numpynet.float32, numpynet.float64])
def test_numbers_that_no_fixed_point_holds(dtype: numpynet.dtype) -> None:
    """Where neither float64 nor int64 is exact: ends of very different magnitude, and subnormal ones."""
    torch = pytest.importorskip("torch")
    if torch.backends.cpu.get_cpu_capability() == "DEFAULT":
        pytest.skip("a build without fused multiply-add")
    name = str(dtype).split(".")[1]
    for start, end in [(1e-30, 1.0), (-1.4e-28, -8.4e-40), (1e-40, 1e-38), (3e37, -3e38), (1e20, 1e21), (0.1, 1e9)]:
        for steps in (2, 7, 100):
            expected = torch.linspace(start, end, steps, dtype=getattr(torch, name)).numpy()
            found = numpynet.linspace(start, end, steps, dtype=dtype).numpy()
            np.testing.assert_array_equal(found.view(np.uint8), expected.view(np.uint8))
