"""Complex tensors in the rooms that take none: a clear error, and never a wrong number."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

import numpynet
from numpynet import optim, testing
from numpynet.explain import explain

Z = numpynet.tensor([1 + 2j, 3 - 1j])

COMPILED = {
    "an argument": lambda x: Z.abs().sum() * x.sum(),
    "a number": lambda x: (x * 1j).abs().sum(),
    "a view": lambda x: numpynet.view_as_complex(x).abs().sum(),
    "parts": lambda x: numpynet.complex(x, x).abs().sum(),
    "polar": lambda x: numpynet.polar(x, x).abs().sum(),
}


@pytest.mark.parametrize("name", COMPILED)
def test_a_compiled_step_refuses(name: str) -> None:
    with pytest.raises(numpynet.CompileError):
        numpynet.compile(COMPILED[name])(numpynet.ones(3, 2))


def test_a_compiled_step_refuses_arguments() -> None:
    with pytest.raises(numpynet.CompileError, match="complex numbers are not compiled"):
        numpynet.compile(lambda z: (z * z).abs().sum())(Z)


def test_explanations_refuse() -> None:
    z = Z.clone().requires_grad_()
    for program in ((z * z).abs().sum(), lambda: (z * z).real.sum()):
        with pytest.raises(RuntimeError, match="complex numbers are not explained"):
            explain(program)


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop", "Adagrad", "LBFGS", "Rprop", "NAdam"])
def test_optimizers_refuse(name: str) -> None:
    with pytest.raises(NotImplementedError, match="no complex parameters"):
        getattr(optim, name)([Z.clone().requires_grad_()])


def test_sgd_solves_a_complex_equation() -> None:
    z = numpynet.tensor([1 + 2j], requires_grad=True)
    optimizer = optim.SGD([z], lr=0.1, momentum=0.5)
    for _ in range(100):
        optimizer.zero_grad()
        ((z * (1 + 1j) - 2).abs() ** 2).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(z.detach().numpy(), [1 - 1j], atol=1e-5)


def test_the_checker_of_formulas_refuses() -> None:
    with pytest.raises(NotImplementedError, match=r"autograd\.gradcheck alone"):
        testing.gradcheck(numpynet.exp, Z.clone().requires_grad_())


def test_a_wrong_gradient_of_complex_numbers_is_noticed() -> None:
    class Wrong(numpynet.autograd.Function):
        @staticmethod
        def forward(ctx: Any, z: Any) -> Any:
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx: Any, dy: Any) -> Any:
            return dy * 2 * ctx.saved_tensors[0]  # without the conjugate

    z = numpynet.tensor([1 + 2j], dtype=numpynet.complex128, requires_grad=True)
    with pytest.raises(numpynet.autograd.GradcheckError):
        numpynet.autograd.gradcheck(Wrong.apply, z)


def test_torch_reads_and_writes_them() -> None:
    torch = pytest.importorskip("torch")
    numbers = torch.tensor([1 + 2j, 3 - 1j], dtype=torch.complex128)
    for theirs in (numbers, numbers.conj(), numbers.conj().imag):
        file = io.BytesIO()
        torch.save(theirs, file)
        file.seek(0)
        assert repr(numpynet.load(file)) == repr(theirs)
    file = io.BytesIO()
    numpynet.save(Z, file)
    file.seek(0)
    assert repr(torch.load(file)) == repr(Z)


def test_printing_like_torch() -> None:
    torch = pytest.importorskip("torch")
    numbers = np.random.default_rng(0)
    special = [np.nan, np.inf, -0.0, 1 - 1j * np.inf, -0j, 0]
    for case in range(300):
        shape = tuple(numbers.integers(0 if case % 9 == 0 else 1, (41, 9, 5)[case % 3], case % 4))
        scales = [10.0 ** numbers.integers(-3, 4) for _ in range(2)]
        z = numbers.standard_normal(shape) * scales[0] + 1j * numbers.standard_normal(shape) * scales[1]
        z = np.array(np.round(z) if case % 2 else z, "F" if case % 5 else "D")
        if case % 7 == 0 and z.size:
            z.reshape(-1)[0] = special[case % len(special)]
        assert repr(numpynet.from_numpy(z)) == repr(torch.from_numpy(z))
