"""Complex tensors beside torch's: values, dtypes, strides, nodes, gradients and those of gradients; what is refused.

Cotangents are random and complex. All numbers are of the order of 1, and an expression takes some ten operations, each
of which is off by a few eps of the largest element at most; a second gradient takes the gradient's again.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import numpynet
from tests.differential.public_calls import FUNCTIONS, METHODS, NETWORKS, OPERANDS, Operands

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

K = 60  # eps of the largest element

# Of complex z and w, real x and y, all of shape (2, 3).
EXPRESSIONS = {
    "arithmetic": """
        z+w; z-w; z*w; z/w; z+x; x-z; x*z; x/z; z*2; z+1j; x*2j; x+1j; 2j-z; 2/z; -z; z**2; z**3; z**-1; z**-2
        z**0.5; z**(1+2j); (2+1j)**z; z**w; z**x; x**(1j); z**0; z**1; z**2.5
    """,
    "analytic functions": """
        torch.exp(z); torch.log(z); torch.sqrt(z); torch.sin(z); torch.cos(z); torch.tan(z); torch.sinh(z)
        torch.cosh(z); torch.tanh(z); torch.sigmoid(z); torch.asin(z); torch.acos(z); torch.atan(z); torch.asinh(z)
        torch.atanh(z); torch.rsqrt(z); torch.reciprocal(z); torch.square(z); torch.expm1(z); torch.log1p(z)
        torch.log2(z); torch.log10(z); torch.exp2(z)
    """,
    "parts": """
        z.abs(); z.angle(); z.conj(); z.real; z.imag; torch.view_as_real(z); torch.complex(x,y)
        torch.view_as_complex(torch.stack([x,y],-1)); x.angle(); abs(z); z.real*z.imag; z.imag.exp()
        (z*z.conj()).real; z.mT.conj(); z.mH; z.adjoint(); z.H; torch.adjoint(z); z.T
    """,
    "reductions": """
        z.sum(); z.sum(0); z.sum(1,keepdim=True); z.mean(); z.mean(1); z.prod(); z.prod(1); z.cumsum(1)
        z.cumprod(1); x.to(z.dtype); z.to(torch.complex128); z.to(torch.complex64); torch.trace(z); z.norm()
        torch.linalg.norm(z); torch.linalg.vector_norm(z,1)
    """,
    "products": """
        z@w.T; z@w[0]; z[0]@w.T; z[0]@w[0]; torch.dot(z[0],w[0]); torch.vdot(z[0],w[0]); torch.mm(z,w.t())
        torch.mv(z,w[0]); torch.outer(z[0],w[0]); torch.inner(z[0],w[0]); torch.bmm(z[None],w.T[None])
        torch.einsum('ij,kj->ik',z,w); torch.einsum('ij,ij->',z,w); torch.nn.functional.linear(z,w)
        torch.nn.functional.linear(z,w,w[:,0]); torch.matmul(z[None],w.T); torch.addmm(w@w.T,z,w.T); torch.kron(z,w)
        torch.tensordot(z,w,2); torch.linalg.multi_dot([z,w.T,z])
        torch.baddbmm((w@w.T)[None],z[None],w.T[None],alpha=2j,beta=1j)
    """,
    "views and places": """
        z[0]; z[:,1]; z[[0,1]]; z[z.abs()>1]; z.t(); z.reshape(-1); z.permute(1,0); z[None]; z.squeeze()
        z.unsqueeze(1); z.expand(2,*z.shape); z.flip(0); z.roll(1,0); torch.cat([z,w]); torch.stack([z,w])
        torch.cat([z,x]); z.repeat(2,1); z.tile(2); z.tril(); z.triu(); torch.diag(z[0]); z.diagonal()
        torch.diag_embed(z); z.gather(0,torch.tensor([[0,1,0]])); z.index_select(0,torch.tensor([1,0]))
        torch.where(x>0,z,w); torch.where(x>0,z,0); z.masked_fill(x>0,1j); z.masked_fill(x>0, 2); z.clone()
        z.contiguous(); z.chunk(2)[0]; z.unbind(1)[1]; z.flatten(); z.split(1)[0]; z.movedim(0,1)
        z.index_add(0,torch.tensor([0]),w[:1]); torch.nn.functional.pad(z,(1,1)); z.repeat_interleave(2,0)
        torch.take_along_dim(z,torch.tensor([[0,1,0]]),0); z.select(0,1); z.narrow(0,0,1)
        z.take(torch.tensor([0,1])); z.rot90(); torch.meshgrid(z[0],w[0])[0]; z.diff()
    """,
    "further arithmetic": """
        torch.lerp(z,w,0.3); torch.addcmul(z,w,z,value=2); torch.addcdiv(z,w,z); torch.add(z,w,alpha=1j)
        torch.sub(z,w,alpha=2-1j); torch.rsub(z,w); torch.addcmul(z,w,z,value=2j)
    """,
    "questions": """
        z==w; z!=w; z==z; z.isnan(); z.isinf(); z.isfinite(); torch.isclose(z,w); torch.allclose(z,z)
        torch.equal(z,z); z.isreal(); z.any(); z.all(0); torch.logical_not(z); torch.logical_and(z,x)
        z.count_nonzero(); z.nonzero(); torch.zeros_like(z); torch.ones_like(z); torch.full_like(z,1j)
        z.new_zeros(2); z.new_full((2,),1j); z.numel(); z.is_complex(); torch.is_complex(x); z.dtype
        z.element_size(); torch.result_type(z,x); torch.result_type(x,1j)
        torch.promote_types(torch.float64,torch.complex64); torch.can_cast(torch.cfloat,torch.float)
        torch.tensor([1,1j]); torch.full((2,),1j); torch.eye(2,dtype=torch.cfloat)
        torch.zeros(2,dtype=torch.cdouble); z.tolist(); z[0,0].item(); z.to(torch.bool); z.is_conj()
        torch.tensor(2)+1j; torch.tensor([2])*1j; x.double()*torch.tensor(1j)
        torch.tensor([2])+torch.tensor(1j,dtype=torch.complex128); torch.isreal(x); x.conj() is x; x.real is x
        z.is_floating_point(); complex(z[0,0]); z.stride(); z.T.stride(); z.real.stride(); z.imag.storage_offset()
        z[1].imag.storage_offset(); z.type(); 1j in z; torch.finfo(torch.complex64).eps; f"{z[0,0]:.2f}"
        torch.linspace(0,1,3,dtype=torch.cfloat); z.nelement()
    """,
    "compositions": """
        z.real.sum()+z.imag.sum(); (z.abs()**2).sum(); z.sum().real; z.sum().abs(); (z*x).real; (x+1j*y).abs()
        torch.exp(1j*x); torch.exp(1j*x).real; (z.conj()*w).sum(); ((z@w.T).abs()**2).sum()
    """,
    "linear algebra": """
        torch.linalg.inv(z@w.T); torch.linalg.solve(z@w.T,z); torch.linalg.solve(z@w.T,z[:,0])
        torch.linalg.matrix_exp(z@w.T); torch.linalg.matrix_power(z@w.T,3); torch.linalg.matrix_power(z@w.T,-2)
        torch.linalg.vecdot(z,w); torch.linalg.vecdot(z,w,dim=0); torch.linalg.multi_dot([z,w.T,z])
        torch.inverse(z@w.T)
        torch.linalg.cross(z.contiguous(),w.contiguous())
        torch.linalg.eigvals(z@w.T); torch.linalg.eig(z@w.T)[0]; torch.linalg.eig(z@w.T)[1].abs()
        torch.linalg.eigvals(x@y.T); torch.linalg.eig(x@y.T)[1].abs(); torch.linalg.eig(x@y.T).eigenvalues.abs()
    """,
}
CASES = [one.strip() for lines in EXPRESSIONS.values() for one in lines.replace("\n", ";").split(";") if one.strip()]


def leaves(library: Any, arrays: dict[str, Any]) -> dict[str, Any]:
    return {name: library.from_numpy(array.copy(order="K")).requires_grad_() for name, array in arrays.items()}


def random_array(numbers: np.random.Generator, shape: tuple[int, ...], kind: Any, complex_: bool) -> Any:
    array = numbers.standard_normal(shape) + (1j * numbers.standard_normal(shape) if complex_ else 0)
    return np.asarray(array).astype(kind)


def evaluated(expression: str, library: Any, names: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        return eval(expression, {"torch": library, **names})


def plain(tensor: Any) -> Any:
    return tensor.detach().resolve_conj().numpy()


def assert_alike(ours: Any, theirs: Any, eps: float) -> None:
    have, want = plain(ours), plain(theirs)
    assert (have.dtype, have.shape) == (want.dtype, want.shape)
    if want.dtype.kind in "fc":
        size = max(1.0, float(np.abs(want).max(initial=0)))
        np.testing.assert_allclose(have, want, rtol=K * eps, atol=K * eps * size)
    else:
        np.testing.assert_array_equal(have, want)


def assert_gradients_alike(ours: Any, theirs: Any, eps: float) -> None:
    """Of two lists of gradients, where None is as good as zeros."""
    for have, want in zip(ours, theirs, strict=True):
        if have is None or want is None:
            rest = want if have is None else have
            assert rest is None or not plain(rest).any()
        else:
            assert_alike(have, want, eps)


@pytest.mark.parametrize("expression", CASES)
def test_values_and_gradients(expression: str) -> None:
    for kind, complex_kind in ((np.float32, np.complex64), (np.float64, np.complex128)):
        for order in "CF":
            numbers = np.random.default_rng(ord(order))
            arrays = {name: random_array(numbers, (2, 3), complex_kind, True) for name in "zw"}
            arrays |= {name: random_array(numbers, (2, 3), kind, False) for name in "xy"}
            arrays = {name: np.array(array, order=order) for name, array in arrays.items()}
            check(expression, arrays, numbers, float(np.finfo(kind).eps))


def check(expression: str, arrays: dict[str, Any], numbers: np.random.Generator, eps: float) -> None:
    inputs = [leaves(library, arrays) for library in (numpynet, torch)]
    ours, theirs = (evaluated(expression, *one) for one in zip((numpynet, torch), inputs, strict=True))
    if not isinstance(theirs, torch.Tensor):
        if isinstance(theirs, (complex, float, list)):
            np.testing.assert_allclose(ours, theirs, rtol=K * eps)
        else:
            assert str(ours) == str(theirs)
        return
    assert_alike(ours, theirs, eps)
    assert ours.stride() == theirs.stride()
    assert ours.requires_grad == theirs.requires_grad
    if not theirs.requires_grad:
        return
    assert str(ours.grad_fn).split()[0] == str(theirs.grad_fn).split()[0]
    dy = random_array(numbers, theirs.shape, plain(theirs).dtype, theirs.is_complex())
    plainly = numpynet.autograd.grad(
        ours, list(inputs[0].values()), numpynet.from_numpy(dy), retain_graph=True, allow_unused=True
    )
    first = [
        library.autograd.grad(y, list(one.values()), library.from_numpy(dy), create_graph=True, allow_unused=True)
        for library, y, one in zip((numpynet, torch), (ours, theirs), inputs, strict=True)
    ]
    assert_gradients_alike(first[0], first[1], eps)
    assert_gradients_alike(plainly, first[1], eps)
    both = [pair for pair in zip(*first, strict=True) if None not in pair and all(one.requires_grad for one in pair)]
    if both:
        cotangents = [random_array(numbers, b.shape, plain(b).dtype, b.is_complex()) for _, b in both]
        second = [
            library.autograd.grad(
                [pair[side] for pair in both],
                list(inputs[side].values()),
                [library.from_numpy(one) for one in cotangents],
                allow_unused=True,
            )
            for side, library in enumerate((numpynet, torch))
        ]
        assert_gradients_alike(*second, 8 * eps)


def test_the_gradient_of_polar_is_right_where_torch_has_another_sign() -> None:
    """At a negative radius; elsewhere they agree."""
    r, phi = (numpynet.tensor(one, dtype=numpynet.float64, requires_grad=True) for one in ([-2.0, 0.5], [0.3, 4.0]))
    assert numpynet.autograd.gradcheck(numpynet.polar, (r, phi))
    dy = np.array([0.3 - 0.7j, 1.1 + 0.2j])
    (ours,) = numpynet.autograd.grad(numpynet.polar(r, phi), r, numpynet.from_numpy(dy))
    radius = torch.from_numpy(r.detach().numpy().copy()).requires_grad_()
    y = torch.polar(radius, torch.from_numpy(phi.detach().numpy()))
    (theirs,) = torch.autograd.grad(y, radius, torch.from_numpy(dy))
    np.testing.assert_allclose(ours.numpy() * [-1, 1], theirs.numpy(), rtol=1e-14)


# --- programs, which print alike, or end in an error of one class ---------------------------------------------

PROGRAMS = """
z=T([1+2j,3-1j]); z.real+=5; return z
z=T([1+2j,3-1j]); z.imag[0]=7; return z
z=T([1+2j,3-1j]); z.real=torch.tensor([9.,8.]); return z
z=T([1+2j,3-1j]); z.imag=2.; return z
z=T([1+2j,3-1j]); z*=1j; return z
z=T([1+2j,3-1j]); z+=torch.tensor([1.,2.]); return z
z=T([1+2j,3-1j]); z/=2; z-=1; return z
z=T([1+2j,3-1j]); z.add_(1j); z.mul_(z); z.exp_(); return z
z=T([1+2j,3-1j]); z[0]=4j; z[1]=2; return z
z=T([1+2j,3-1j]); z[torch.tensor([0])]=4j; return z
z=T([1+2j,3-1j]); z[torch.tensor([True,False])]=4j; return z
z=T([1+2j,3-1j]); z[z.real>1]=0; return z
z=T([1+2j,3-1j]); z.zero_(); z.fill_(3); return z
z=T([1+2j,3-1j]); z.copy_(torch.tensor([1.,2.])); return z
z=T([1+2j,3-1j]); z.masked_fill_(z.real>1,1j); return z
z=T([1+2j,3-1j]); z.maximum_(z)
z=T([1+2j,3-1j]); z.fmod_(z)
z=T([1+2j,3-1j]); z.remainder_(2); return z
z=T([1+2j,3-1j]); z//=2
z=T([1+2j,3-1j]); z.clamp_(0,1)
z=T([1+2j,3-1j]); z.lt_(z)
z=T([1+2j,3-1j]); z.eq_(z); return z
z=T([1+2j,3-1j]); z.pow_(2); return z
z=T([1+2j,3-1j]); z**=2; return z
x=T([1.,2.]); x+=1j
x=T([1.,2.]); x*=T([1j,2j])
x=T([1.,2.]); x[0]=T(1j); return x
x=T([1.,2.]); x[0]=1j
x=T([1.,2.]); x.copy_(T([1j,2.])); return x
x=T([1.,2.]); x[:]=T([1j,2.]); return x
x=T([1.,2.]); x[torch.tensor([0])]=T([1j])
x=T([1.,2.]); x.fill_(T(1j)); return x
x=T([1.,2.]); x.fill_(1+0j); return x
x=T([1.,2.]); return x.masked_fill(x>1,T(2+0j))
x=T([1,2]); return x.to(torch.complex64)
z=T([1+2j,3-1j],requires_grad=True); y=z*1; y.real.mul_(2); (y.abs()**2).sum().backward(); return z.grad
z=T([1+2j,3-1j],requires_grad=True); y=z*z; y.imag.zero_(); (y.abs()**2).sum().backward(); return z.grad
z=T([1+2j,3-1j],requires_grad=True); y=z*z; v=y[0:1]; v.mul_(1j); (y.abs()**2).sum().backward(); return z.grad
x=T([[1.,2.]]).requires_grad_(); y=x*2; torch.view_as_complex(y).mul_(1j); (y**3).sum().backward(); return x.grad
x=T([1.,2.]).requires_grad_(); y=T([0j,0]); y.real.copy_(x); y.imag.copy_(x); y.abs().sum().backward(); return x.grad
x=T([1.,2.]).requires_grad_(); y=T([0j,0]); y[0]=x[1]; y[1]=1j*x[0]; (y.abs()**4).sum().backward(); return x.grad
x=T([1.,2.]).requires_grad_(); y=T([0j,0]); y.copy_(x); (y*(1+2j)).real.sum().backward(); return x.grad
z=T([1+2j,3-1j],requires_grad=True); y=torch.zeros(2); y.copy_(z); (y*y).sum().backward(); return z.grad
z=T([1+2j,3-1j],requires_grad=True); z.to(torch.float64).sum().backward(); return z.grad
z=T([1+2j,3-1j],requires_grad=True); z.sum().backward()
z=T([1+2j,3-1j],requires_grad=True); z.sum().backward(T(1.))
z=T([1+2j,3-1j],requires_grad=True); z.real.sum().backward(T(1j))
z=T([1+2j,3-1j],requires_grad=True); z.sum().backward(T(1+1j)); z.abs().sum().backward(); return z.grad
z=T([1+2j,3-1j],requires_grad=True); z.register_hook(lambda g:g*1j); z.abs().sum().backward(); return z.grad
z=T([1+2j,3-1j],requires_grad=True); z.grad=T([1.,2.])
z=T([1+2j,3-1j],requires_grad=True); y=z.exp(); y.retain_grad(); y.abs().sum().backward(); return y.grad
z=T([1+2j,3-1j],requires_grad=True); return z
z=T([1+2j,3-1j],requires_grad=True); return z*2
z=T([0j,3-1j],requires_grad=True); z.abs().sum().backward(); return z.grad
z=T([0j,3-1j],requires_grad=True); z.angle().sum().backward(); return z.grad
z=T([1j,3-1j]); return float(z[0])
z=T([1+0j,3-1j]); return float(z[0])
z=T([1+0j,3-1j]); return int(z[0]),bool(z[0]),complex(z[0])
z=T([1j,3-1j]); return z.int()
z=T([1j,3-1j]); return z.bool()
z=T([1j,3-1j]); return [z.max(0)]
z=T([1j,3-1j]); return z.min()
z=T([1j,3-1j]); return z.median()
z=T([1j,3-1j]); return z.median(0)
z=T([1j,3-1j]); return z.argmax()
z=T([1j,3-1j]); return z.sort()
z=T([1j,3-1j]); return z.quantile(0.5)
z=T([1j,3-1j]); return ~z
z=T([1j,3-1j]); return z&z
z=T([1j,3-1j]); return T([0,1])[z]
z=T([1j,3-1j]); return torch.arange(3,dtype=torch.cfloat)
z=T([1j,3-1j]); return torch.arange(1j)
z=T([1j,3-1j]); return torch.rand(5,dtype=torch.cfloat)
z=T([1j,3-1j]); return torch.randn(5,dtype=torch.cfloat)
z=T([1j,3-1j]); return torch.randn(50,dtype=torch.cdouble)
z=T([1j,3-1j]); return torch.randn(3,4,dtype=torch.cdouble)
z=T([1j,3-1j]); return torch.empty(4,5,dtype=torch.cfloat).t().normal_(1,2)
z=T([1j,3-1j]); return torch.empty(4,5,dtype=torch.cfloat).t().uniform_(1,2)
z=T([1j,3-1j]); return torch.empty(30,dtype=torch.cfloat).normal_(1,2)
z=T([1j,3-1j]); return torch.randn_like(z)
z=T([1j,3-1j]); return torch.rand_like(z)
z=T([1j,3-1j]); return torch.randint(3,(2,),dtype=torch.cfloat)
z=T([1j,3-1j]); return torch.nn.functional.dropout(z,0.5)
z=T([1j,3-1j]); return torch.full((2,),1j,dtype=torch.float32)
z=T([1j,3-1j]); return torch.full_like(z,2.)
z=T([1j,3-1j]); return torch.full_like(z.real,2j)
z=T([1j,3-1j]); return torch.complex(z.real,z)
z=T([1j,3-1j]); return torch.complex(T(1.),z.real)
z=T([1j,3-1j]); return torch.complex(T([1]),T([1]))
z=T([1j,3-1j]); return torch.complex(T([1.]),T([1.]).double())
z=T([1j,3-1j]); return torch.view_as_complex(torch.zeros(3))
z=T([1j,3-1j]); return torch.view_as_complex(torch.zeros(2,4)[:,::2])
z=T([1j,3-1j]); return torch.view_as_complex(torch.zeros(2,2).t())
z=T([1j,3-1j]); return torch.view_as_complex(torch.zeros(2,2).long())
z=T([1j,3-1j]); return torch.view_as_complex(torch.zeros(0,2))
z=T([1j,3-1j]); return torch.view_as_real(z.real)
z=T([1j,3-1j]); return torch.view_as_real(torch.zeros(0,3,dtype=torch.cfloat))
z=T([1j,3-1j]); return z.real.imag
z=T([1j,3-1j]); return torch.tensor([1j],dtype=torch.float32)
z=T([1j,3-1j]); return torch.tensor([1j],dtype=torch.int64)
z=T([1j,3-1j]); return torch.tensor([1j,0],dtype=torch.bool)
z=T([1j,3-1j]); return torch.tensor([[1,2.5],[1j,True]])
z=T([1j,3-1j]); return torch.tensor([[1,2],[1j]])
z=T([1j,3-1j]); return torch.tensor(np.array([1j,2]))
z=T([1j,3-1j]); return torch.tensor(np.complex64(1j))
z=T([1j,3-1j]); return torch.tensor([z[0],2.])
z=T([1j,3-1j]); return torch.as_tensor([1j])
z=T([1j,3-1j]); return torch.scalar_tensor(1j,dtype=torch.cfloat)
z=T([1j,3-1j]); return z*np.complex128(2j)
z=T([1j,3-1j]); return z.tolist(), z[0].item()
z=T([1j,3-1j]); return z.type(), z.dtype.is_complex, z.dtype.itemsize, z.dtype.is_signed
z=T([1j,3-1j]); return torch.zeros(2,dtype=complex)
z=T([1j,3-1j]); return torch.Tensor([1j])
z=T([1j,3-1j]); return z.new_tensor([1]), z.new_ones(2), z.new([1,2])
z=T([1j,3-1j]); return z.expand(3,2).contiguous().stride()
z=T([1j,3-1j]); return torch.nn.Linear(2,3,dtype=torch.cfloat)(z).shape
z=T([1j,3-1j]); return torch.nn.Linear(2,3).to(torch.cfloat).weight.dtype
z=T([1j,3-1j]); torch.set_default_dtype(torch.cfloat)
z=T([1j,3-1j]); return z.storage().dtype, z.untyped_storage().nbytes()
z=T([1j,3-1j]); return torch.finfo(z.dtype)
z=T([1j,3-1j]); return torch.allclose(z,z+1e-9), torch.equal(z,z.clone())
z=T([1j,3-1j]); return torch.add(z.real,z.real,alpha=1j)
z=T([1j,3-1j]); return torch.add(z,z.real,alpha=1j)
z=T([1j,3-1j]); return z.real+1j*T([1,2])
z=T([1j,3-1j]); return z.half()
z=T([1j,3-1j]); return z==1j, z!=T([1j,0]), z==1
z=T([1j,3-1j]); return z<1
z=T([1j,3-1j]); return z.real<1j
z=T([1j,3-1j]); return torch.maximum(z.real,z)
z=T([1j,3-1j]); return torch.clamp(z.real,1j)
z=T([1j,3-1j]); return torch.where(z.real>1,1j,2.)
z=T([1j,3-1j]); return torch.where(z.real>1,z.real,2j)
z=T([1j,3-1j]); return f'{z}', f'{z[0]}', f'{z[0]:.3f}'
z=T([1j,3-1j]); return torch.numel(z), len(z), z.shape, z.nbytes
z=T([[1j,3-1j]]); return z@z.real.T
z=T([[1j,3-1j]]); return torch.nn.functional.linear(z,z,z.real[0,:1])
z=T([[1j,3-1j]]); return torch.nn.functional.mse_loss(z,z)
z=T([[1j,3-1j]]); return torch.nn.functional.pad(z,(1,1),value=2.),
z=T([[1j,3-1j]]); return torch.stack([z,z.real])
z=T([[1j,3-1j]]); return torch.zeros(2,dtype=torch.cfloat,requires_grad=True)
z=T([[1j,3-1j]]); return torch.add(z,z,out=torch.zeros(1,2,dtype=torch.cfloat))
z=T([[1j,3-1j]]); return torch.abs(z,out=torch.zeros(1,2))
z=T([[1j,3-1j]]); return z.mT, z.H, z.mH, z.adjoint(), z.T
z=T([complex(1,float('inf')),2j]); return z.sum(), z.mean(), (z*2).sum(0), z.expand(3,2).sum(0)
z=T([[1j,3-1j]]); return torch.conj(z),torch.imag(z),torch.real(z),torch.angle(z),torch.is_conj(z),torch.resolve_conj(z)
z=T([[1j,3-1j]]); return z.sum(dtype=torch.float32)
z=T([[1j,3-1j]]); return z.real.sum(dtype=torch.cfloat), z.real.mean(dtype=torch.cdouble), z.cumsum(0)
z=T([[1j,3-1j]]); return np.exp(z.numpy()), z.numpy().dtype
"""


def outcome(library: Any, program: str) -> Any:
    *statements, last = program.split("; ")
    text = "\n    ".join(["def run():", *statements, last if last.startswith("return") else f"{last}; return None"])
    names: dict[str, Any] = {"torch": library, "T": library.tensor, "np": np}
    library.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        exec(text, names)
        try:
            return repr(names["run"]())
        except Exception as error:
            return error


@pytest.mark.parametrize("program", filter(None, PROGRAMS.splitlines()))
def test_programs(program: str) -> None:
    ours, theirs = outcome(numpynet, program), outcome(torch, program)
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), f"{ours!r} for {theirs!r}"
    else:
        assert ours == theirs


def test_dtypes_of_mixtures() -> None:
    names = ["float32", "float64", "int64", "uint8", "bool", "complex64", "complex128"]

    def mixtures(library: Any) -> list[Any]:
        tensors = [library.ones(shape, dtype=getattr(library, name)) for name in names for shape in ((2,), ())]
        return [*tensors, 1, 2.0, 1j, True]

    ours, theirs = mixtures(numpynet), mixtures(torch)
    for i, a in enumerate(theirs[: 2 * len(names)]):
        for j, b in enumerate(theirs):
            assert repr(numpynet.result_type(ours[i], ours[j])) == repr(torch.result_type(a, b)), f"{a} {b}"
            assert repr((ours[i] * ours[j]).dtype) == repr((a * b).dtype), f"{a} {b}"


# --- every public call with complex numbers -----------------------------------------------------------------

ELSEWHERE = {"empty", "new", "new_empty", "empty_like", "data_ptr", "__hash__"}  # what holds or tells any memory,
ELSEWHERE |= {"triplet_margin_loss"}  # and what torch does not reduce


def operands(library: Any) -> dict[str, Any]:
    """Those of the table, with complex numbers in the place of floating ones."""
    real = Operands(library)
    names = {name: real[name] for name in (*real, *OPERANDS)}
    for place, name in enumerate("xyvwmbcpr"):
        x = names[name].detach()
        names[name] = (x + (0.5 - place / 8) * 1j * (x + 0.25)).requires_grad_(name == "r")
    return names


def called(library: Any, prefix: str, name: str, arguments: list[str]) -> Any:
    names = operands(library)
    library.manual_seed(0)
    first, rest = (f"({arguments[0]}).", arguments[1:]) if not prefix else (prefix, arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            result = eval(f"{first}{name}({', '.join(rest)})", names)
            return (result, eval(arguments[0], names)) if name.endswith("_") and arguments else result
        except Exception as error:
            return error


def flat(result: Any) -> list[Any]:
    return [part for one in result for part in flat(one)] if isinstance(result, (tuple, list)) else [result]


@pytest.mark.parametrize(("prefix", "table"), [("torch.", FUNCTIONS), ("", METHODS), ("F.", NETWORKS)])
def test_every_call_gives_what_torch_gives_or_refuses(prefix: str, table: dict[str, list[str]]) -> None:
    same = 0
    for name, arguments in table.items():
        if name in ELSEWHERE:
            continue
        ours, theirs = (called(library, prefix, name, arguments) for library in (numpynet, torch))
        what = f"{prefix}{name}: {ours!r} and torch {theirs!r}"
        if isinstance(ours, Exception):
            kinds = RuntimeError, type(theirs) if isinstance(theirs, Exception) else RuntimeError
            assert isinstance(ours, kinds), what
            continue
        assert not isinstance(theirs, Exception), what
        have, want = flat(ours), flat(theirs)
        assert len(have) == len(want), what
        for a, b in zip(have, want, strict=True):
            if isinstance(b, torch.Tensor):
                a, b = plain(a), plain(b)
                assert (a.dtype, a.shape) == (b.dtype, b.shape), what
                assert np.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True), what  # some ten operations in float32
            elif type(b) in (bool, int, float, complex, str):
                assert a == b, what
        same += 1
    assert same > 15


# Of z (2, 3), t the library, n and F its rooms of networks: where torch has a result, the same one or an error.
FURTHER = """
    z.max(0); z.min(1); z.amax(0); z.argmax(0); t.max(z,z); t.min(z,z); z.aminmax(); z.std(0); z.var_mean()
    t.nanmean(z); z.nanmean(1); t.nansum(z); t.bincount(z); t.histc(z); z.quantile(.5,0)
    t.cartesian_prod(z[0],z[1]); t.combinations(z[0]); t.vander(z[0]); t.trapezoid(z); t.cumulative_trapezoid(z)
    t.renorm(z,2,0,1); z.renorm(2,0,.1); t.tensordot(z,z,2); t.chain_matmul(z,z.T); t.block_diag(z,z); t.cdist(z,z)
    t.pdist(z); F.pdist(z); F.cosine_similarity(z,z); F.normalize(z); F.l1_loss(z,z*2); F.mse_loss(z,z*2)
    F.l1_loss(z,z*2,reduction="none"); F.mse_loss(z,z*2,reduction="sum"); F.huber_loss(z,z*2)
    F.smooth_l1_loss(z,z*2); F.layer_norm(z,(3,)); F.batch_norm(z,None,None,training=True); F.dropout(z,.5)
    F.dropout1d(z,.5); F.alpha_dropout(z,.5,True); F.embedding(t.tensor([0]),z)
    F.interpolate(z[None],scale_factor=2); F.avg_pool1d(z[None],2)
    F.pixel_shuffle(z[None,:,:2].repeat(1,2,1)[...,None].repeat(1,1,1,2),2); F.pad(z[None],(1,1),"reflect")
    F.pad(z[None],(1,1),"circular"); F.unfold(z[None,None],2); F.one_hot(z); n.Linear(3,2,dtype=t.cfloat)(z).shape
    n.RNN(3,2,dtype=t.cfloat)(z); n.LSTM(3,2,dtype=t.cfloat)(z); n.GRUCell(3,2,dtype=t.cfloat)(z)
    n.MultiheadAttention(3,1,dtype=t.cfloat)(z,z,z); n.BatchNorm1d(3,dtype=t.cfloat)(z); n.PReLU(dtype=t.cfloat)(z)
    n.Sequential(n.Linear(3,2,dtype=t.cfloat),n.Tanh())(z).shape; n.utils.parameters_to_vector([z])
    n.utils.clip_grad_norm_([z],1.); t.gradient(z[0]); t.unravel_index(z,(2,)); t.searchsorted(z[0].real,z)
    t.bucketize(z,z[0].real); t.isin(z,z); t.clamp(z,0,1); z.clamp_min(0); t.where(z,z,z)
    t.masked_select(z,z.real>0); t.take(z,t.tensor([0])); z.put_(t.tensor([0]),t.tensor([1j]))
    z.index_fill(0,t.tensor([0]),1j); z.index_fill_(0,t.tensor([0]),2j); z.index_copy(0,t.tensor([0]),z[:1])
    z.fill_diagonal_(1j); z.index_put((t.tensor([0]),),t.tensor(1j)); z.scatter(0,t.tensor([[0]]),1j)
    z.scatter_reduce(0,t.tensor([[0,0,0]]),z,"sum"); z.scatter_reduce(0,t.tensor([[0,0,0]]),z,"amax")
    z.index_reduce(0,t.tensor([0]),z[:1],"prod"); t.segment_reduce(z[0],"sum",lengths=t.tensor([3]))
    z.masked_scatter(z.real>0,z); t.select_scatter(z,z[0],0,0); t.slice_scatter(z,z); t.diagonal_scatter(z,z[:,0])
    t.nextafter(z,z); t.heaviside(z,z); t.logaddexp(z,z); t.hypot(z,z); t.atan2(z,z); t.copysign(z,z); t.fmax(z,z)
    t.gcd(z,z); t.ldexp(z,z); t.xlogy(z,z); t.cov(z); t.corrcoef(z); z.sum_to_size(1,3); t.count_nonzero(z,0)
    t.argwhere(z); t.nonzero(z); z.logical_xor(z); z.cumprod(0); z.logcumsumexp(0); z.logsumexp(0); z.softmax(0)
    t.sparse_coo_tensor(t.tensor([[0],[0]]),t.tensor([1j])).to_dense(); t.cumsum(z,0); t.addmv(z[:,0],z,z[0])
    t.addr(z,z[:,0],z[0],beta=1j,alpha=2j); t.addbmm(z[:,:2],z[None],z.T[None],beta=1j); z.bernoulli(); t.poisson(z)
    z.exponential_(); t.multinomial(z,1); z.unique_consecutive(); t.nan_to_num(z); t.frac(z); t.sigmoid(z)
    F.softsign(z); F.tanhshrink(z); F.silu(z); F.gelu(z); F.glu(z[:,:2]); F.elu(z); F.logsigmoid(z); F.hardtanh(z)
    F.threshold(z,0,1); F.leaky_relu(z); F.relu6(z); F.softplus(z); F.mish(z); z.round(decimals=1)
    t.linalg.vecdot(z,z); t.inner(z,z); t.kron(z,z); t.cross(z,z); t.outer(z[0],z[1]); t.dist(z,z*2)
    t.linalg.matrix_norm(z); t.linalg.norm(z,1); t.linalg.vector_norm(z,0); z.norm(float("inf"))
    t.tensor_split(z,2); z.view(t.float32); t.allclose(z,z); z.lerp(z*2,.3); z.lerp(z,z); t.meshgrid(z[0],z[1])
    t.equal(z,z); t.mode(z); t.trapz(z,z); t.diff(z); F.local_response_norm(z[None],2); F.pairwise_distance(z,z*2)
    F.triplet_margin_loss(z,z*2,z*3); F.cosine_embedding_loss(z,z,t.ones(2)); F.kl_div(z,z)
    F.ctc_loss(z[:,None],t.tensor([[1]]),(2,),(1,)); F.cross_entropy(z,t.tensor([0,1]))
    F.nll_loss(z,t.tensor([0,1])); F.bilinear(z,z,t.ones(2,3,3,dtype=t.cfloat)); F.rms_norm(z,(3,))
    F.group_norm(z,1); F.instance_norm(z[None]); F.scaled_dot_product_attention(z,z,z)
    F.grid_sample(z[None,None],t.zeros(1,1,1,2)); F.affine_grid(z[None],(1,1,2,2))
    F.fold(z[None].repeat(1,2,1)[:,:,:1],(2,2),2)
"""


@pytest.mark.parametrize("line", FURTHER.splitlines()[1:])
def test_further_calls_give_what_torch_gives_or_refuse(line: str) -> None:
    z = np.array([[0.5 + 0.25j, 0.25 - 0.5j, 0.75j], [0.125, -0.5 + 1j, 0.375 - 1j]], np.complex64)
    for call in filter(None, map(str.strip, line.split(";"))):
        found = []
        for library in (numpynet, torch):
            names = {"t": library, "z": library.from_numpy(z.copy()), "n": library.nn, "F": library.nn.functional}
            library.manual_seed(0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                try:
                    found.append(eval(call, names))
                except Exception as error:
                    found.append(error)
        ours, theirs = found
        if isinstance(ours, Exception):
            kinds = type(theirs) if isinstance(theirs, Exception) else RuntimeError
            assert isinstance(ours, (RuntimeError, AttributeError, kinds)), f"{call}: {ours!r} and torch {theirs!r}"
            continue
        assert not isinstance(theirs, Exception), f"{call}: {ours!r} and torch {theirs!r}"
        for a, b in zip(flat(ours), flat(theirs), strict=True):
            if isinstance(b, torch.Tensor):
                a, b = plain(a), plain(b)
                assert (a.dtype, a.shape) == (b.dtype, b.shape), call
                assert np.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True), call  # some ten operations in float32


# --- numbers beside tensors of every dtype ------------------------------------------------------------------

# Of x (3,), m (3, 3), b (2, 3, 3) and i, an index; s a number. What each gives, or the class of what it raises.
BESIDE = """
    x+s; s+x; x-s; s-x; x*s; s*x; x/s; s/x; x//s; s//x; x%s; s%x; x**s; s**x; x==s; x!=s; x<s; s<=x; x&s; s|x; x<<s
    t.add(s,x); t.sub(s,x); t.rsub(x,s); t.mul(s,x); t.div(s,x); t.div(x,s,rounding_mode="floor"); t.remainder(s,x)
    t.fmod(x,s); t.pow(s,x); t.float_power(s,x); t.eq(x,s); t.lt(x,s); t.where(x==1,x,s); t.where(x==1,s,x)
    t.where(x==1,s,2); t.fill(x,s); x.fill_(s); x.masked_fill(x==1,s); x.masked_fill_(x==1,s); t.index_fill(x,0,i,s)
    t.full_like(x,s); x.new_full((2,),s); t.full((2,),s,dtype=x.dtype); t.tensor(s,dtype=x.dtype); t.xlogy(s,x)
    t.special.xlog1py(x,s); t.special.xlog1py(s,x); t.special.zeta(s,x); t.copysign(x,s); t.ldexp(x,s)
    t.bitwise_and(s,x); t.bitwise_left_shift(s,x); t.bitwise_right_shift(x,s); t.maximum(x,s); t.isin(x,s)
    t.isclose(x,x,rtol=s); F.celu(x,s); F.softshrink(x,s); x.add_(s); x.mul_(s); x.div_(s); x.pow_(s); x.float_power_(s)
    x.__setitem__(0,s); x.__setitem__(x==1,s); x.scatter(0,i,s); x.scatter(0,i,s,reduce="multiply"); t.nan_to_num(x,s)
    x.scatter(0,i,s,reduce="add"); x.put_(i,t.tensor([s])); t.arange(0,s); t.linspace(s,2,3); t.searchsorted(x,s)
    t.linspace(0,s,3,dtype=x.dtype); t.scalar_tensor(s,dtype=x.dtype); t.histc(x,3,s,2); t.bucketize(s,x)
    x.masked_scatter(x==1,x*s); x.index_copy(0,i,(x*s)[:1]); t.cartesian_prod(x,t.tensor([s]))
"""


@pytest.mark.parametrize("number", [1j, 2 + 1j, 2, 2.5, True], ids=repr)
@pytest.mark.parametrize("line", BESIDE.strip().splitlines())
def test_numbers_beside_tensors_of_every_dtype(line: str, number: complex) -> None:
    for call in filter(None, map(str.strip, line.split(";"))):
        for name in ("float32", "float64", "int64", "int32", "uint8", "bool", "complex64", "complex128"):
            found = []
            for library in (numpynet, torch):
                x = library.tensor([1, 2, 0], dtype=getattr(library, name))
                x = x * library.tensor([1, 1 + 1j, 1], dtype=x.dtype) if name.startswith("complex") else x
                names = {"t": library, "F": library.nn.functional, "x": x, "s": number, "i": library.tensor([1])}
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    try:
                        found.append((eval(call, names), x)[call.startswith("x.__setitem__")])
                    except Exception as error:
                        found.append(error)
            ours, theirs = found
            what = f"{call} of {name}: {ours!r} and torch {theirs!r}"
            if isinstance(theirs, Exception):
                assert isinstance(ours, type(theirs)), what
                continue
            assert not isinstance(ours, Exception), what
            a, b = plain(ours), plain(theirs)
            assert (a.dtype, a.shape) == (b.dtype, b.shape), what
            assert np.allclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True), what  # a power is an exponential of a log
