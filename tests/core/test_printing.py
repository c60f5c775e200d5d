"""How tensors print: recorded texts of torch 2.13, and torch itself beside random arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet
from numpynet.core import dtypes
from numpynet.core.printing import get_printoptions, printoptions, set_printoptions, tensor_format, tensor_repr

inf, nan = float("inf"), float("nan")
FLOATS = ["float16", "float32", "float64"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64"]


@pytest.fixture(scope="module")
def torch() -> ModuleType:
    module: ModuleType = pytest.importorskip("torch")
    return module


@pytest.fixture(autouse=True)
def _default_options() -> Iterator[None]:
    yield
    set_printoptions(profile="default")
    dtypes.set_default_dtype(dtypes.float32)


def f32(values: Any) -> np.ndarray:
    return np.array(values, np.float32)


def for_torch(array: np.ndarray) -> np.ndarray:
    """torch takes neither swapped bytes nor negative strides."""
    return np.array(array, array.dtype.newbyteorder("="), order="C")


RECORDED = [
    # 0-dimensional
    (f32(3), "tensor(3.)"),
    (f32(0.1), "tensor(0.1000)"),
    (f32(-0.0), "tensor(-0.)"),
    (f32(nan), "tensor(nan)"),
    (f32(-inf), "tensor(-inf)"),
    (f32(1e-5), "tensor(1.0000e-05)"),
    (f32(123456789), "tensor(1.2346e+08)"),
    (np.array(7), "tensor(7)"),
    (np.array(True), "tensor(True)"),
    (np.array(0.5), "tensor(0.5000, dtype=torch.float64)"),
    # whole, fixed point, scientific
    (f32([1, 2]), "tensor([1., 2.])"),
    (f32([1, 2.5]), "tensor([1.0000, 2.5000])"),
    (f32([1.5, 1500]), "tensor([   1.5000, 1500.0000])"),
    (f32([1.5, 1501]), "tensor([1.5000e+00, 1.5010e+03])"),
    (f32([1, 1000, 1001]), "tensor([1.0000e+00, 1.0000e+03, 1.0010e+03])"),
    (f32([1e8, 1e6]), "tensor([100000000.,   1000000.])"),
    (f32([100000008, 1e7]), "tensor([1.0000e+08, 1.0000e+07])"),
    (np.array([1e-4, 0.01]), "tensor([0.0001, 0.0100], dtype=torch.float64)"),
    (f32([1e-4]), "tensor([1.0000e-04])"),  # float32's 1e-4 lies a little below
    (np.array([0.1, 6e-8], np.float16), "tensor([9.9976e-02, 5.9605e-08], dtype=torch.float16)"),
    # what is not finite, and zeros, are not measured
    (f32([1, nan]), "tensor([1., nan])"),
    (f32([10, inf, -inf, nan]), "tensor([10., inf, -inf, nan])"),
    (f32([0.5, nan, inf]), "tensor([0.5000,    nan,    inf])"),
    (f32([1e-10, inf, 0]), "tensor([1.0000e-10,        inf, 0.0000e+00])"),
    (f32([nan, inf, 0, -0.0]), "tensor([nan, inf, 0., -0.])"),
    (f32([-1, 0, -0.0]), "tensor([-1.,  0., -0.])"),
    # integers and booleans
    (np.array([[1, -20], [300, 4]]), "tensor([[  1, -20],\n        [300,   4]])"),
    (np.array([1, 2], np.uint8), "tensor([1, 2], dtype=torch.uint8)"),
    (np.array([True, False]), "tensor([ True, False])"),
    # empty
    (np.zeros(0, np.float32), "tensor([])"),
    (np.zeros((0, 3), np.float32), "tensor([], size=(0, 3))"),
    (np.zeros(0, np.int64), "tensor([], dtype=torch.int64)"),
    (np.zeros((2, 0), bool), "tensor([], size=(2, 0), dtype=torch.bool)"),
    (np.zeros(0), "tensor([], dtype=torch.float64)"),
    # brackets and lines
    (
        f32([[[0, 1], [2, 3]], [[4, 5], [6, 7]]]),
        "tensor([[[0., 1.],\n         [2., 3.]],\n\n        [[4., 5.],\n         [6., 7.]]])",
    ),
    (np.ones((1, 1, 2, 1, 1), np.float32), "tensor([[[[[1.]],\n\n          [[1.]]]]])"),
    (
        np.arange(20),
        "tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n        18, 19])",
    ),
    (  # a column of zeros is taken for one character wide, so 24 of them overrun the 80 characters
        np.zeros(26, np.float32),
        "tensor([0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., "
        "0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.,\n        0., 0.])",
    ),
    (np.arange(6).reshape(2, 3).T, "tensor([[0, 3],\n        [1, 4],\n        [2, 5]])"),
    (np.arange(4)[::-1].astype(">i4"), "tensor([3, 2, 1, 0], dtype=torch.int32)"),
    # summarised
    (np.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    (
        np.arange(2000).reshape(2, 1000),
        "tensor([[   0,    1,    2,  ...,  997,  998,  999],\n        [1000, 1001, 1002,  ..., 1997, 1998, 1999]])",
    ),
    (
        np.arange(1010).reshape(505, 2) % 7,
        "tensor([[0, 1],\n        [2, 3],\n        [4, 5],\n        ...,\n"
        "        [3, 4],\n        [5, 6],\n        [0, 1]])",
    ),
]


@pytest.mark.parametrize(("array", "text"), RECORDED)
def test_prints_what_torch_printed(array: np.ndarray, text: str) -> None:
    assert tensor_repr(array) == text


@pytest.mark.parametrize(("array", "text"), RECORDED)
def test_the_recorded_texts_are_torchs(torch: ModuleType, array: np.ndarray, text: str) -> None:
    assert repr(torch.tensor(for_torch(array))) == text


def test_blocks_of_a_summarised_3d_tensor_stand_apart() -> None:
    block = "[[7, 7],\n         [7, 7]]"
    with printoptions(threshold=10, edgeitems=1):
        text = tensor_repr(np.full((3, 2, 2), 7))
    assert text == f"tensor([{block},\n\n        ...,\n\n        {block}])"


@pytest.mark.parametrize(
    ("array", "suffix", "text"),
    [
        (f32([1]), {"requires_grad": True}, "tensor([1.], requires_grad=True)"),
        (f32([1]), {"grad_fn": "MulBackward0"}, "tensor([1.], grad_fn=<MulBackward0>)"),
        (f32(2), {"grad_fn": "SumBackward0", "requires_grad": True}, "tensor(2., grad_fn=<SumBackward0>)"),
        (
            np.zeros((0, 3)),
            {"requires_grad": True},
            "tensor([], size=(0, 3), dtype=torch.float64, requires_grad=True)",
        ),
        (
            f32([0, 1 / 7, 2 / 7, 3 / 7, 4 / 7, 5 / 7, 6 / 7]),
            {"grad_fn": "DivBackward0"},
            "tensor([0.0000, 0.1429, 0.2857, 0.4286, 0.5714, 0.7143, 0.8571],\n       grad_fn=<DivBackward0>)",
        ),
        (
            np.arange(12.0).reshape(1, 12) / 7,
            {"requires_grad": True},
            "tensor([[0.0000, 0.1429, 0.2857, 0.4286, 0.5714, 0.7143, 0.8571, 1.0000, 1.1429,\n"
            "         1.2857, 1.4286, 1.5714]], dtype=torch.float64, requires_grad=True)",
        ),
        (f32([[1], [2]]), {"name": "Weights"}, "Weights([[1.],\n         [2.]])"),
    ],
)
def test_suffixes_and_names(array: np.ndarray, suffix: dict[str, Any], text: str) -> None:
    assert tensor_repr(array, **suffix) == text


def test_the_dtype_is_shown_unless_it_is_the_default() -> None:
    dtypes.set_default_dtype(dtypes.float64)
    assert tensor_repr(np.ones(1)) == "tensor([1.])"
    assert tensor_repr(f32([1])) == "tensor([1.], dtype=torch.float32)"
    assert tensor_repr(f32([])) == "tensor([], dtype=torch.float32)"


def test_an_array_that_torch_has_no_dtype_for_is_refused() -> None:
    with pytest.raises(TypeError, match=r"can't convert np\.ndarray"):
        tensor_repr(np.array(["text"]))


@pytest.mark.parametrize("shape", [(10**12,), (10**6, 10**6), (7, 10**9), (10**5, 2, 10**5)])
def test_only_the_corners_are_read(shape: tuple[int, ...]) -> None:
    """The elements would fill terabytes if anything of the array's full size were made."""
    text = tensor_repr(np.broadcast_to(f32(0.5), shape))
    assert text.startswith("tensor([")
    assert "0.5000, 0.5000,  ..., 0.5000" in text


def test_a_thousand_elements_are_all_shown() -> None:
    assert "..." not in tensor_repr(np.zeros((10, 100)))
    assert "..." in tensor_repr(np.zeros((7, 143)))


def test_what_is_not_shown_has_no_say_in_the_notation() -> None:
    array = np.ones(2000, np.float32)
    array[1000] = 1e-30
    assert tensor_repr(array) == "tensor([1., 1., 1.,  ..., 1., 1., 1.])"


def test_extreme_and_signalling_values_print_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    signalling = np.array([0x7F800001, 0x3F800000], np.uint32).view(np.float32)
    assert tensor_repr(signalling) == "tensor([nan, 1.])"
    text = "tensor([1.7977e+308, 4.9407e-324], dtype=torch.float64)"
    assert tensor_repr(np.array([np.finfo(float).max, 5e-324])) == text
    assert not recwarn.list


# --- options ---


def test_options_are_set_and_read_as_in_torch() -> None:
    default = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}
    assert get_printoptions() == default
    set_printoptions(precision=2, sci_mode=True)
    assert get_printoptions() == default | {"precision": 2, "sci_mode": True}
    set_printoptions(linewidth=40)  # what is left out stays, but for sci_mode
    assert get_printoptions() == default | {"precision": 2, "linewidth": 40}
    set_printoptions(profile="short", edgeitems=1)
    assert get_printoptions() == default | {"precision": 2, "edgeitems": 1}
    set_printoptions(profile="full")
    assert get_printoptions() == default | {"threshold": inf}
    set_printoptions(precision=7, profile="no such profile")
    assert get_printoptions() == default | {"threshold": inf, "precision": 7}
    get_printoptions()["precision"] = 1
    assert get_printoptions()["precision"] == 7


def test_options_change_the_text() -> None:
    values = f32([0.123456, 2])
    with printoptions(precision=2):
        assert tensor_repr(values) == "tensor([0.12, 2.00])"
    with printoptions(sci_mode=True):
        assert tensor_repr(values) == "tensor([1.2346e-01, 2.0000e+00])"
    with printoptions(sci_mode=False):
        assert tensor_repr(f32([1e-6, 1000])) == "tensor([   0.0000, 1000.0000])"
    with printoptions(threshold=5):
        assert tensor_repr(np.arange(10)) == "tensor([0, 1, 2,  ..., 7, 8, 9])"
    with printoptions(threshold=5, edgeitems=0):
        assert tensor_repr(np.zeros((2, 3))) == "tensor([...], size=(2, 3), dtype=torch.float64)"
        assert tensor_repr(np.arange(5)) == "tensor([0, 1, 2, 3, 4], size=(5,))"
    with printoptions(threshold=0, edgeitems=0):
        assert tensor_repr(np.array(3)) == "tensor(3, size=())"
    with printoptions(profile="short", threshold=5):
        assert tensor_repr(f32([0.125] * 6)) == "tensor([0.12, 0.12,  ..., 0.12, 0.12])"
    with printoptions(profile="full"):
        assert "..." not in tensor_repr(np.arange(2000))


def test_a_line_is_filled_to_its_last_character() -> None:
    with printoptions(linewidth=13):
        assert tensor_repr(np.arange(3)) == "tensor([0, 1,\n        2])"
    with printoptions(linewidth=12):
        assert tensor_repr(np.arange(3)) == "tensor([0,\n        1,\n        2])"
    with printoptions(linewidth=16):
        assert tensor_repr(np.array([[10, 20]])) == "tensor([[10, 20]])"
    with printoptions(linewidth=15):
        assert tensor_repr(np.array([[10, 20]])) == "tensor([[10,\n         20]])"


def test_a_suffix_moves_to_a_new_line_where_torch_moves_it() -> None:
    with printoptions(linewidth=33):
        assert tensor_repr(f32([1]), requires_grad=True) == "tensor([1.], requires_grad=True)"
    with printoptions(linewidth=32):
        assert tensor_repr(f32([1]), requires_grad=True) == "tensor([1.],\n       requires_grad=True)"
    eight = np.ones(8)
    elements = "tensor([1., 1., 1., 1., 1., 1., 1., 1.],\n       dtype=torch.float64,"
    with printoptions(linewidth=46):
        assert tensor_repr(eight, requires_grad=True) == f"{elements} requires_grad=True)"
    with printoptions(linewidth=45):
        assert tensor_repr(eight, requires_grad=True) == f"{elements}\n       requires_grad=True)"


def test_printoptions_restores_what_was_set_even_after_an_error() -> None:
    set_printoptions(precision=3, sci_mode=False)
    before = get_printoptions()
    with pytest.raises(ZeroDivisionError), printoptions(profile="short"):
        raise ZeroDivisionError
    assert get_printoptions() == before
    with pytest.raises(TypeError, match="digits"), printoptions(digits=3):
        pass
    assert get_printoptions() == before


# --- format ---


class Tensor:
    def __init__(self, values: Any, dtype: str = "float32") -> None:
        self.array = np.array(values, dtype)

    def __repr__(self) -> str:
        return tensor_repr(self.array)

    def __format__(self, format_spec: str) -> str:
        return tensor_format(self.array, format_spec, tensor=self)


class Parameter(Tensor):
    def __format__(self, format_spec: str) -> str:
        return tensor_format(self.array, format_spec, tensor=self, plain=False)


def test_a_0d_tensor_formats_as_its_number() -> None:
    assert f"{Tensor(3.14159):.2f}" == "3.14"
    assert f"{Tensor(0.1)}" == "0.10000000149011612"
    assert f"{Tensor(0.1, 'float16')}" == "0.0999755859375"
    assert f"{Tensor(0.1, 'float64')}" == "0.1"
    assert f"{Tensor(7, 'int64'):03d} {Tensor(7, 'uint8'):.1f} {Tensor(1.5):>6}" == "007 7.0    1.5"
    assert f"{Tensor(True, 'bool')} {Tensor(True, 'bool'):d}" == "True 1"
    assert f"{Tensor(3.5)!s}" == "tensor(3.5000)"
    with pytest.raises(ValueError, match="Unknown format code 'd' for object of type 'float'"):
        f"{Tensor(1.5):d}"


def test_a_tensor_with_dimensions_takes_no_specification() -> None:
    assert f"{Tensor([1, 2])}" == "tensor([1., 2.])"
    with pytest.raises(TypeError, match=r"^unsupported format string passed to Tensor.__format__: '.2f'"):
        f"{Tensor([1]):.2f}"


def test_a_parameter_takes_no_specification() -> None:
    assert f"{Parameter(3)}" == "tensor(3.)"
    with pytest.raises(TypeError, match=r"^unsupported format string passed to Parameter.__format__"):
        f"{Parameter(3):.2f}"


# --- beside torch ---


def families(kind: str) -> list[st.SearchStrategy[Any]]:
    """Elements that go together: of any magnitude, whole, near the bounds of a notation, special."""
    if kind == "bool":
        return [st.booleans()]
    if kind in INTEGERS:
        bounds = np.iinfo(kind)
        low, high = int(bounds.min), int(bounds.max)
        return [st.integers(max(low, -30), 30), st.integers(low, high)]
    largest = float(np.finfo(kind).max)
    bound = st.sampled_from([1e8, 1e8 + 8, 1e8 - 8, 1e-4, 1.0001e-4, 9.999e-5, 1e-5, 1e3, 1001.0, 999.0, 1.0])
    return [
        st.floats(-largest, largest, width=64) | st.floats(-1e-30, 1e-30),
        st.integers(-20, 20).map(float),
        st.integers(-(10**8), 10**8).map(float),
        st.integers(-20000, 20000).map(lambda n: n / 16),
        st.floats(-10, 10),
        st.sampled_from([0.0, -0.0, nan, inf, -inf]),
        st.sampled_from([2.0, 2000.0, 2001.0, 1999.5, 2.5, 2500.0, 2500.5, -1.0, 1000.0, 1001.0]),
        bound.filter(lambda value: value < largest),
    ]


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """Arrays of 0 to 5 dimensions from a few distinct elements, in any layout and byte order."""
    kind = draw(st.sampled_from([*FLOATS, *FLOATS, *INTEGERS, "bool"]))
    shape = draw(
        st.lists(st.integers(0, 4), max_size=5)
        | st.lists(st.integers(1, 9), max_size=3)
        | st.lists(st.integers(1, 60), min_size=1, max_size=2)
        | st.integers(995, 1005).map(lambda length: [length])
    )
    family = draw(st.sampled_from(families(kind)))
    values = draw(st.lists(family, min_size=1, max_size=6))
    if kind in FLOATS:
        values += draw(st.sampled_from([[], [], [], [0.0], [-0.0, nan], [inf], [-inf, 0.5]]))
    with np.errstate(over="ignore"):
        few = np.array(values).astype(kind)
    which = np.random.default_rng(draw(st.integers(0, 99))).integers(len(few), size=shape)
    array = np.asarray(few[which])
    layout = draw(st.sampled_from(["plain", "transposed", "reversed", "swapped"]))
    if layout == "transposed":
        return array.T
    if layout == "reversed":
        return array[(slice(None, None, -1),) * array.ndim]
    return array.astype(array.dtype.newbyteorder()) if layout == "swapped" else array


OPTIONS: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 8),
        "threshold": st.sampled_from([0, 1, 5, 20, 100, inf]),
        "edgeitems": st.integers(0, 4),
        "linewidth": st.integers(1, 130),
        "profile": st.sampled_from(["default", "short", "full"]),
        "sci_mode": st.sampled_from([None, None, True, False]),
    },
)


@settings(deadline=None, max_examples=400)
@given(arrays(), OPTIONS, st.sampled_from(["leaf", "plain", "clone", "view"]), st.sampled_from(FLOATS))
def test_prints_as_torch(
    torch: ModuleType, array: np.ndarray, options: dict[str, Any], history: str, default: str
) -> None:
    theirs = torch.tensor(for_torch(array))
    ours: dict[str, Any] = {}
    if array.dtype.kind == "f" and history != "plain":
        theirs.requires_grad_()
        ours["requires_grad"] = True
        if history != "leaf":
            theirs = theirs.clone() if history == "clone" else theirs.view(theirs.shape)
            ours["grad_fn"] = type(theirs.grad_fn).__name__
    with printoptions(**options), torch._tensor_str.printoptions(**options):
        assert get_printoptions() == torch._tensor_str.get_printoptions()
        torch.set_default_dtype(getattr(torch, default))
        dtypes.set_default_dtype(getattr(dtypes, default))
        try:
            assert tensor_repr(array, **ours) == repr(theirs)
        finally:
            torch.set_default_dtype(torch.float32)
            dtypes.set_default_dtype(dtypes.float32)


@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize(
    ("values", "moved"),
    [([2, 2000], 1), ([3.5, 3500], 1), ([1e8, 1e6], 0), ([-1e8, 1e6], 0), ([0.01, 1e-4], 1), ([-1e-4], 0)],
)
def test_the_notation_changes_at_the_same_number_as_in_torch(
    torch: ModuleType, kind: str, values: list[float], moved: int
) -> None:
    with np.errstate(over="ignore"):
        array = np.array(values).astype(kind)
        down, up = array.dtype.type(-inf), array.dtype.type(inf)
        array[moved] = np.nextafter(np.nextafter(array[moved], down), down)
        for _ in range(5):  # from two steps below to two steps above
            assert tensor_repr(array) == repr(torch.tensor(array))
            array[moved] = np.nextafter(array[moved], up)


@settings(deadline=None)
@given(st.data(), st.sampled_from([*FLOATS, *INTEGERS, "bool"]))
def test_formats_as_torch(torch: ModuleType, data: st.DataObject, kind: str) -> None:
    with np.errstate(over="ignore"):
        array = np.array(data.draw(st.one_of(families(kind)))).astype(kind)
    spec = data.draw(st.sampled_from(["", ".3f", "10.2e", "+g", "d", "05", "x", ">12", "%", "q"]))
    theirs = torch.tensor(array)

    def outcome(form: Callable[[], str]) -> str:
        try:
            return form()
        except ValueError as error:
            return f"ValueError: {error}"

    assert outcome(lambda: tensor_format(array, spec, tensor=array)) == outcome(lambda: format(theirs, spec))


def test_types_print_under_the_names_of_torch() -> None:
    torch = pytest.importorskip("torch")

    class Derived(numpynet.Tensor):
        pass

    for one in ("ones(2)", "nn.Parameter(it.ones(2))", "ones(2).shape", "float32", "device('cpu')", "Generator()"):
        shown = [str(type(eval(f"it.{one}", {"it": library}))) for library in (numpynet, torch)]
        assert shown[0] == shown[1], one
    assert __name__ in str(Derived)
