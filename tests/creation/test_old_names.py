"""Names of old programs: types of tensors, constructors by them, what has been replaced, as in torch."""

from __future__ import annotations

import copy
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numpynet


def told(value: Any) -> Any:
    """What a user sees of a result; of what is uninitialised only the shape."""
    if hasattr(value, "stride") and not isinstance(value, type):
        return repr(value), str(value.dtype), tuple(value.shape)
    return repr(value)


def outcome(library: Any, expression: str) -> Any:
    """The value under a library, or the class of what is raised; and what is warned of."""
    x = library.tensor([1.5, 2.5])
    surroundings = {
        "torch": library,
        "np": np,
        "nn": library.nn,
        "Variable": library.autograd.Variable,
        "x": x,
        "n": library.tensor([1, 2, 3]),
        "y": library.arange(6.0).reshape(2, 3),
    }
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        library.manual_seed(0)
        result: Any
        try:
            result = told(eval(expression, surroundings))
        except Exception as error:
            result = type(error)
    # torch warns of typed storages once in a process, in its own words of where it does so, and of buffers that
    # nobody may write to, since it would write to them: numpynet refuses.
    told_of = [
        (one.category, str(one.message).partition(" (Triggered")[0])
        for one in seen
        if not any(word in str(one.message) for word in ("TypedStorage", "__torch_function__", "not writable"))
    ]
    return result, told_of


CONSTRUCTED = [
    *("torch.FloatTensor()", "torch.FloatTensor(2, 3).shape", "torch.FloatTensor([1, 2])", "torch.FloatTensor((2, 3))"),
    *("torch.FloatTensor(torch.Size([2, 2])).shape", "torch.FloatTensor(np.ones(2))", "torch.FloatTensor(x)"),
    *("torch.FloatTensor(n)", "torch.FloatTensor(3).shape", "torch.FloatTensor(3.5)", "torch.FloatTensor('a')"),
    *("torch.FloatTensor(data=[1])", "torch.FloatTensor(size=(2,)).shape", "torch.FloatTensor([x[0], x[1]])"),
    *("torch.LongTensor([1.7, 2])", "torch.LongTensor(np.array([1.0, 2]))", "torch.LongTensor(x)"),
    *("torch.ByteTensor([300])", "torch.ByteTensor([True, False])", "torch.BoolTensor([1, 0])"),
    *("torch.HalfTensor([1.5])", "torch.IntTensor(range(3))", "torch.IntTensor([[1, 2], [3, 4]])"),
    *(
        "torch.DoubleTensor([[1]])",
        "torch.ShortTensor([3])",
        "torch.CharTensor([-3])",
        "torch.FloatTensor(x.storage())",
    ),
    *("torch.LongTensor(x.storage())", "torch.Tensor(x.storage())", "torch.Tensor(torch.Size([2, 3])).shape"),
    *("torch.tensor([1], dtype=torch.FloatTensor)", "torch.FloatTensor(2, device='cpu').shape"),
]
TYPES = [
    *("torch.FloatTensor", "torch.FloatTensor.dtype", "torch.FloatTensor.__name__", "torch.LongTensor.is_cuda"),
    *("isinstance(x, torch.FloatTensor)", "isinstance(n, torch.FloatTensor)", "isinstance(n, torch.LongTensor)"),
    *("isinstance(nn.Parameter(x), torch.FloatTensor)", "isinstance(1.5, torch.FloatTensor)"),
    *("x.type(torch.LongTensor)", "x.type('torch.LongTensor')", "x.type(torch.float64)", "x.type('torch.FooTensor')"),
    *("x.type(torch.Tensor)", "x.type('torch.Tensor')", "x.type(3)", "x.type(float)", "x.type('LongTensor')"),
    *("x.type('torch.cuda.FloatTensor')", "x.type()", "x.type(dtype=torch.int32)", "x.type(torch.HalfTensor, True)"),
    *("x.to(torch.FloatTensor)", "torch.ones(2, dtype=torch.FloatTensor)", "x.short()", "x.char()"),
]
NEW = [
    *("x.new()", "x.new(2, 3).shape", "x.new([1, 2])", "x.new(n)", "x.new(x)", "x.new(torch.Size([2])).shape"),
    *("n.new([1.5])", "n.new(x)", "x.new(np.ones(2))", "x.new(3.5)", "x.new(data=[1])", "x.new(size=(2,)).shape"),
]
RANGES = [
    *("torch.range(1, 4)", "torch.range(1, 2, 0.5)", "torch.range(0, 3, dtype=torch.int64)", "torch.range(4, 1)"),
    *("torch.range(4, 1, -1)", "torch.range(1, 4, 0)", "torch.range(3)", "torch.range(0, 1, 0.1)"),
    *("torch.range(0, 5, 2)", "torch.range(1, 4, out=torch.empty(0))", "torch.range(0, float('inf'))"),
    *("torch.range(0, 10, 1.5, dtype=torch.int32)", "torch.range(0.0, 1.0, 0.1, dtype=torch.float16)"),
    *("torch.range(0, 3, dtype=torch.bool)", "torch.range(0, 2, requires_grad=True)", "torch.range(0, 7, 1 / 3)"),
    "torch.range(-1, 1, 0.013, dtype=torch.float64)",
]
RESIZED = [
    *(
        "x.resize_(1)",
        "x.resize_(3)[:2]",
        "x.resize_(1, 2)",
        "x.resize_((2, 1))",
        "y.t().resize_(4)",
        "y[1].resize_(2)",
    ),
    *("torch.ones(2, requires_grad=True).resize_(1)", "x.resize_(-1)", "x.resize_as_(y).shape", "y.resize_as_(x)"),
    *("y[:, 1].resize_(3)", "(x.resize_(1), x.resize_(2))[1]", "torch.resize_as_(y, x)"),
]
VARIABLES = [
    *("Variable(x)", "Variable(x, volatile=True)", "Variable(x, True, True)", "Variable(x, volatile=False)"),
    *("Variable()", "Variable(x).volatile", "Variable([1.0])", "Variable(x, requires_grad=True).requires_grad"),
]
STORAGES = [
    *("x.storage()", "x.storage()[0]", "x.storage()[-1]", "len(x.storage())", "x.storage().tolist()", "n.storage()"),
    *("x[1:].storage()", "y.t().storage().tolist()", "x.storage().size()", "x.storage().nbytes()", "(n > 1).storage()"),
    *("x.storage().dtype", "x.untyped_storage()", "x.untyped_storage()[0]", "len(x.untyped_storage())"),
    *("x.storage()[0:1]", "x.storage()[5]", "x.storage()['a']", "list(x.storage())", "x.storage().element_size()"),
    *("(x.storage().__setitem__(0, 5), x)[1]", "(x.storage().fill_(3), x)[1]", "x.storage().clone()"),
    *("x.storage().data_ptr() == x.data_ptr()", "torch.tensor(x.storage())", "x.storage().device"),
    *("y[:, 1].storage().tolist()", "torch.empty(0).storage()", "x.expand(2, 2).storage().tolist()"),
    *("x.storage().cpu().is_shared()", "x.storage().untyped().tolist()", "x.storage().copy_(x.clone().storage())"),
    *("x.untyped_storage()[0:4]", "x.untyped_storage()[0:4:2]", "x.untyped_storage()[::-1]", "x.storage()[::2]"),
    *("(x.untyped_storage().__setitem__(3, 300), x)[1]", "x.untyped_storage().__setitem__(0, 1.5)"),
    *("x.untyped_storage().__setitem__(slice(0, 4, 2), 1)", "(x.storage().__setitem__(slice(0, 2, 2), 3), x)[1]"),
    *("torch.UntypedStorage()", "torch.UntypedStorage(3).size()", "torch.UntypedStorage([1, 300, -1])"),
    *("torch.UntypedStorage(b'ab')", "torch.UntypedStorage(range(3))", "torch.UntypedStorage('a')"),
    *(
        "torch.UntypedStorage(2.5)",
        "torch.UntypedStorage(-2)",
        "torch.UntypedStorage(x)",
        "torch.UntypedStorage([1.0])",
    ),
    *("torch.asarray(x.storage())", "torch.asarray(x.untyped_storage())", "torch.tensor(x.untyped_storage())"),
    *("torch.as_tensor(x.untyped_storage(), dtype=torch.float32)", "torch.tensor(x.storage(), dtype=torch.int64)"),
    *("torch.asarray(x.untyped_storage()[:7], dtype=torch.uint8)", "torch.tensor(x.untyped_storage()[:7])"),
    *("torch.as_tensor(x.storage()).data_ptr() == x.data_ptr()", "torch.Tensor(x.untyped_storage())"),
    *("torch.asarray(x.untyped_storage()).data_ptr() == x.data_ptr()", "torch.LongTensor(x.untyped_storage())"),
    *("torch.is_storage(x)", "torch.is_storage(x.untyped_storage())", "torch.is_storage(x.storage())"),
]
BUFFERS = [
    *("torch.frombuffer(b'abcd', dtype=torch.int16)", "torch.frombuffer(b'abcde', dtype=torch.int32)"),
    *("torch.frombuffer(b'', dtype=torch.int64)", "torch.frombuffer(b'abcd', dtype=torch.int8, count=0)"),
    *("torch.frombuffer(b'abcd', dtype=torch.int8, count=-2)", "torch.frombuffer(b'abc', dtype=torch.int8, count=4)"),
    *("torch.frombuffer(b'abc', dtype=torch.int8, offset=3)", "torch.frombuffer(b'abc', dtype=torch.int8, offset=-1)"),
    *("torch.frombuffer(b'abcd', dtype=torch.int16, offset=1)", "torch.frombuffer(b'abcd', dtype=torch.bool)"),
    *("torch.frombuffer(b'abcd', dtype=torch.int16, offset=1, count=1)", "torch.frombuffer(x, dtype=torch.int64)"),
    *("torch.frombuffer(np.arange(6).reshape(2, 3), dtype=torch.int64)", "torch.frombuffer(3, dtype=torch.int64)"),
    *("torch.frombuffer(np.arange(6)[::2], dtype=torch.int64)", "torch.frombuffer('abc', dtype=torch.int64)"),
    *("torch.frombuffer(bytearray(4), dtype=torch.float32, requires_grad=True)", "torch.frombuffer(b'abcd')"),
    *("torch.frombuffer(bytearray(4), dtype=torch.int32, requires_grad=True)", "torch.frombuffer(b'a', dtype='a')"),
    *("torch.frombuffer(b'a', dtype=torch.int8, count=1.5)", "torch.frombuffer(b'a', dtype=torch.int8, count=True)"),
]
INITIAL = [
    *(
        "nn.init.normal(torch.zeros(2))",
        "nn.init.uniform(torch.zeros(2), -1, 1)",
        "nn.init.constant(torch.zeros(2), 3)",
    ),
    *("nn.init.eye(torch.zeros(2, 2))", "nn.init.xavier_normal(torch.zeros(2, 2))", "nn.init.normal.__name__"),
    *("nn.init.kaiming_normal(torch.zeros(2, 2))", "nn.init.xavier_uniform(torch.zeros(2, 2))"),
    *("nn.init.kaiming_uniform(torch.zeros(2, 2))", "nn.init.dirac(torch.zeros(3, 2, 3))"),
    *("nn.init.orthogonal_(torch.zeros(3, 5))", "torch.Tensor(x.double().storage())"),
    *("nn.init.orthogonal(torch.zeros(2, 2))", "nn.init.orthogonal_(torch.zeros(3))", "nn.init.sparse_(x, 0.5)"),
    *("nn.init.sparse(torch.zeros(4, 3), 0.3)", "nn.init.sparse_(torch.zeros(4, 3), 0.5, 2.0)"),
    *("nn.init.dirac_(torch.zeros(4, 2, 3, 3), 2)", "nn.init.dirac_(torch.zeros(3, 2, 3), 2)", "nn.init.dirac_(x)"),
    "nn.init.orthogonal_(torch.zeros(0, 2))",
]
OVERWRITING = [
    *("(torch.sin_(x), x)", "torch.relu_(x)", "torch.clamp_(x, 2)", "torch.zero_(x)", "torch.fill_(x, 2)"),
    *("torch.abs_(3)", "torch.sqrt_(n)", "torch.round_(x)", "torch.clamp_max_(x, max=2)", "torch.sin_()"),
]
HISTOGRAMS = [
    *("torch.histogram(y, 4)", "torch.histogram(y, 4, range=(0.0, 3.0))", "torch.histogram(y, 4, density=True)"),
    *("torch.histogram(x, x.new([0, 2, 2.5]))", "torch.histogram(n, 4)", "torch.histogram(x / 0 * 0, 4)"),
    *("torch.histogram(torch.tensor([]), 3)", "torch.histogram(torch.ones(2), 3)", "torch.histogram(y, 0)"),
    *("torch.histogram(y, 3, range=(2.0, 1.0))", "torch.histogram(x, x.double())", "torch.histogram(x, y)"),
    *("torch.histogram(x, 3, weight=y)", "torch.histogram(x, x, range=(0.0, 1.0))", "torch.histogram(x, x[:1])"),
    *("torch.histogram(x, 3, weight=torch.tensor([0.5, 2.0]))", "torch.histogram(x, 3, weight=x.double())"),
    *(
        "torch.histogram(y.double(), 4)",
        "y.histogram(3).hist",
        "torch.histogramdd(y, 3)",
        "torch.histogramdd(y, [2, 3, 4])",
    ),
    *("torch.histogramdd(y, [2, 2, 1], density=True)", "torch.histogramdd(x, [2])", "torch.histogramdd(y, [2])"),
    *("torch.histogramdd(y, [2, 2, 2], range=[0.0, 3.0, 0.0, 4.0, 2.0, 3.0])", "torch.histogramdd(y, 2, weight=x)"),
    *("torch.histogramdd(y, [x.new([0, 2, 4]), x.new([1, 3, 9]), x.new([0, 9])])",),
]


@pytest.mark.parametrize(
    "expression",
    [
        *CONSTRUCTED,
        *TYPES,
        *NEW,
        *RANGES,
        *RESIZED,
        *VARIABLES,
        *STORAGES,
        *BUFFERS,
        *INITIAL,
        *OVERWRITING,
        *HISTOGRAMS,
    ],
)
def test_as_in_torch(expression: str) -> None:
    torch = pytest.importorskip("torch")
    assert outcome(numpynet, expression) == outcome(torch, expression)


@pytest.mark.parametrize(
    "expression",
    [
        *("from_file('{held}', size=2)", "from_file('{held}', True, 4)", "from_file('{held}', False, 4)"),
        *("from_file('{held}', dtype=torch.uint8)", "from_file('{held}', size=5, dtype=torch.uint8)"),
        *("from_file('{held}', size=-1)", "from_file('{held}', size=None)", "from_file('{missing}', size=1)"),
        *("from_file(3, size=1)", "from_file('{missing}', True, 3)", "from_file('{held}', True, 1).fill_(2)"),
        *("from_file('{held}', False, 1).fill_(2)", "UntypedStorage.from_file('{held}', True, 10)"),
        *("UntypedStorage.from_file('{held}', False, 10)", "UntypedStorage.from_file('{held}').size()"),
        *("UntypedStorage.from_file('{held}', nbytes=3)", "UntypedStorage.from_file('{held}', True, 3).is_shared()"),
        "UntypedStorage.from_file('{held}', 1, 1.5)",
        *("UntypedStorage.from_file(3, 1, 4)", "UntypedStorage.from_file('{missing}', False, 1)"),
        *("UntypedStorage.from_file('{missing}')", "UntypedStorage.from_file('{held}', False, -1)"),
    ],
)
def test_files_are_looked_into_as_in_torch(expression: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    found = []
    for library in (numpynet, torch):
        held, missing = tmp_path / library.__name__, tmp_path / f"{library.__name__} is missing"
        held.write_bytes(bytes(range(8)))
        result = outcome(library, "torch." + expression.format(held=held, missing=missing))
        found.append((result, held.read_bytes(), missing.read_bytes() if missing.exists() else None))
    assert found[0] == found[1]


def test_storages_tell_how_much_memory_they_take() -> None:
    assert sys.getsizeof(numpynet.ones(1000).untyped_storage()) > 4000


def test_a_buffer_that_nobody_may_write_to() -> None:
    x = numpynet.frombuffer(b"ab", dtype=numpynet.uint8)
    with pytest.raises(RuntimeError, match=r"read-only.*clone"):
        x.add_(1)
    shared = bytearray(b"ab")
    numpynet.frombuffer(shared, dtype=numpynet.uint8).add_(1)
    assert shared == b"bc"


def test_the_name_of_the_file_that_writing_changes(tmp_path: Path) -> None:
    name = str(tmp_path / "bytes")
    assert numpynet.UntypedStorage.from_file(name, True, 2).filename == name
    assert numpynet.UntypedStorage.from_file(name, False, 2).filename is None
    assert numpynet.UntypedStorage(2).filename is None


@pytest.mark.parametrize("shape", [(5, 2, 2), (3, 7), (6, 6)])
def test_orthogonal_weights(shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    made = []
    for library in (numpynet, torch):
        library.manual_seed(1)
        made.append(library.nn.init.orthogonal_(library.zeros(shape), 2).numpy().reshape(shape[0], -1))
    ours, theirs = made
    eps = np.finfo(np.float32).eps
    np.testing.assert_allclose(
        ours, theirs, atol=2 * 100 * eps
    )  # QR of well-conditioned normal numbers, by two LAPACKs
    product = ours @ ours.T if len(ours) <= ours.shape[1] else ours.T @ ours
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=4 * 50 * eps)


def test_random_histograms_are_torchs() -> None:
    torch = pytest.importorskip("torch")
    for seed, dtype in enumerate((np.float32, np.float64) * 5):
        random = np.random.default_rng(seed)
        values, weights = random.normal(size=(2, 500)).astype(dtype)
        for bins in (7, np.sort(random.normal(size=9)).astype(dtype)):
            ours, theirs = (
                library.histogram(
                    library.tensor(values),
                    library.tensor(bins) if isinstance(bins, np.ndarray) else bins,
                    weight=library.tensor(weights),
                )
                for library in (numpynet, torch)
            )
            assert np.array_equal(ours.bin_edges.numpy(), theirs.bin_edges.numpy())
            # Each bin adds up at most 500 weights, one after the other or in parts, as torch shares them out.
            sums = np.abs(weights).sum() * 500 * np.finfo(dtype).eps
            assert np.abs(ours.hist.numpy() - theirs.hist.numpy()).max() <= sums


@pytest.mark.parametrize(
    "name", ["torch.DoubleTensor", "'torch.DoubleTensor'", "torch.LongTensor", "torch.float64", "3"]
)
def test_the_default_type(library: Any, name: str) -> None:
    kind = eval(name, {"torch": library})
    try:
        if "Double" in name:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                library.set_default_tensor_type(kind)
            assert library.tensor([1.0]).dtype is library.float64
            assert library.Tensor([1]).type() == "torch.DoubleTensor"
        else:
            with pytest.raises(TypeError):
                library.set_default_tensor_type(kind)
            assert library.get_default_dtype() is library.float32
    finally:
        library.set_default_dtype(library.float32)


def test_types_are_copied_and_pickled() -> None:
    assert pickle.loads(pickle.dumps(numpynet.FloatTensor)) is numpynet.FloatTensor
    assert copy.deepcopy(numpynet.LongTensor) is numpynet.LongTensor
    made = pickle.loads(pickle.dumps(numpynet.LongTensor([1, 2])))
    assert isinstance(made, numpynet.LongTensor)


def test_what_a_storage_writes_is_known_to_the_tape() -> None:
    x = numpynet.ones(2, requires_grad=True)
    y = x.detach()
    z = (x * x).sum()
    y.storage()[0] = 5
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()
