"""assert_close says what torch.testing.assert_close says, word by word."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import numpynet
from numpynet.testing import assert_close

NAN, INF = float("nan"), float("inf")


def said(compare, *args, **kwargs):
    """The class and the text of what a comparison raises, or None."""
    try:
        compare(*args, **kwargs)
    except (AssertionError, TypeError, ValueError) as error:
        return type(error), str(error)
    return None


PAIRS = [
    (np.array([1, 2]), np.array([1, 3])),
    (np.array([True]), np.array([False])),
    (np.array([1.0, NAN]), np.array([1.0, NAN])),
    (np.array([1.0, INF], np.float32), np.array([1.0, 2.0], np.float32)),
    (np.array([INF, -INF]), np.array([INF, INF])),
    (np.array([0.0, 1.0]), np.array([1.0, 0.0])),
    (np.zeros((2, 3)), np.zeros((3, 2))),
    (np.zeros((2, 3)), np.zeros((3, 2)).T),
    (np.array(1.5), np.array(2.5)),
    (np.array(1), np.array(2)),
    (np.array(1.0), np.array(1.0, np.float32)),
    (np.array([1, 2], np.uint8), np.array([3, 1], np.uint8)),
    (np.float32([[1, 2], [3, 4]]), np.float32([[1, 2.1], [3.3, 4]])),
    (np.float16([1.0]), np.float16([1.01])),
    (np.zeros(0), np.zeros(0)),
]
OPTIONS = [
    {},
    {"rtol": 0, "atol": 0},
    {"rtol": 0.5, "atol": 0.25},
    {"equal_nan": True},
    {"check_dtype": False},
    {"check_stride": True},
    {"rtol": 1.0},
    {"atol": 1.0},
    {"msg": "mine"},
    {"msg": lambda text: f"before\n{text}\nafter"},
]
OTHERS = [
    (1, 2),
    (1, 1.0),
    (1.0, 1.0 + 1e-8),
    (1.0, 2.0),
    (0.5, 0),
    (NAN, NAN),
    (1.0, NAN),
    (1 + 2j, 1 + 3j),
    (True, False),
    (True, True),
    (None, None),
    (None, 1),
    ("a", "a"),
    (np.float64(1), np.float64(2)),
    (np.float32(1), 1.0),
    ([1, 2], [1]),
    ([1, 2], (1, 2)),
    ([1, [2, 3]], [1, [2, 4]]),
    ({"a": 1}, {"b": 1}),
    ({"a": [1, 2]}, {"a": [1, 3]}),
    ({"b": 1, "a": 2}, {"a": 3, "b": 4}),
    (object(), object()),
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: ",".join(options) or "defaults")
def test_says_what_torch_says(options):
    torch = pytest.importorskip("torch")
    for a, b in PAIRS:
        wanted = said(torch.testing.assert_close, torch.from_numpy(a), torch.from_numpy(b), **options)
        assert said(assert_close, numpynet.from_numpy(a), numpynet.from_numpy(b), **options) == wanted
        assert said(assert_close, a, b, **options) == wanted
        assert said(assert_close, torch.from_numpy(a), numpynet.from_numpy(b), **options) == wanted
    for a, b in OTHERS:
        assert said(assert_close, a, b, **options) == said(torch.testing.assert_close, a, b, **options)


@given(st.data(), hnp.array_shapes(min_dims=0, max_dims=2, max_side=3), st.sampled_from([np.float32, np.float64]))
def test_agrees_with_torch_near_the_tolerance(data, shape, dtype):
    torch = pytest.importorskip("torch")
    near = st.sampled_from([0.0, -0.0, 1.0, -2.0, 1e-5, 1e30, INF, -INF, NAN])
    step = st.sampled_from([0.0, 1e-9, 9.9e-8, 1.01e-7, 1.29e-6, 1.31e-6, 9.9e-6, 1.01e-5, 1.0])
    b = data.draw(hnp.arrays(dtype, shape, elements=near, fill=st.nothing()))
    with np.errstate(all="ignore"):
        a = np.asarray(b + b * data.draw(hnp.arrays(dtype, shape, elements=step, fill=st.nothing())), dtype)
    equal_nan = data.draw(st.booleans())
    wanted = said(torch.testing.assert_close, torch.from_numpy(a), torch.from_numpy(b), equal_nan=equal_nan)
    assert said(assert_close, a, b, equal_nan=equal_nan) == wanted


def test_allow_subclasses_false_demands_one_type():
    x = numpynet.ones(2)
    assert_close(numpynet.nn.Parameter(x), x)
    with pytest.raises(TypeError, match="No comparison pair"):
        assert_close(numpynet.nn.Parameter(x), x, allow_subclasses=False)


def test_arrays_and_tensors_may_meet_but_numbers_and_tensors_may_not():
    assert_close(np.ones(2, np.float32), numpynet.ones(2, requires_grad=True))
    assert_close(numpynet.tensor(2.0), np.float32(2))
    with pytest.raises(TypeError, match="No comparison pair"):
        assert_close(numpynet.tensor(2.0), 2.0)


def test_importing_numpynet_does_not_import_testing_nor_testing_hypothesis():
    code = "import sys, numpynet; print('numpynet.testing' in sys.modules); import numpynet.testing"
    code += "; print('hypothesis' in sys.modules, 'torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["False", "False", "False"]
