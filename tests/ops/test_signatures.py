"""The door for arguments: which kinds a signature takes, and how what it does not take is refused."""

from __future__ import annotations

import numpy as np
import pytest

import numpynet
from numpynet.ops import signatures
from numpynet.ops.arguments import overloads, refusal, takes_numbers

X = numpynet.tensor([[0.5, 0.25], [0.75, 1.0]])
INT = numpynet.tensor(1)


@pytest.mark.parametrize(
    ("name", "positional", "named"),
    [
        ("sum", (X,), {}),
        ("sum", (X, 0, True), {"dtype": numpynet.float64}),
        ("sum", (X, (0, 1)), {}),
        ("sum", (X,), {"axis": 0, "keepdims": True}),
        ("cumsum", (X, np.int64(0)), {}),
        ("cumsum", (X, INT), {}),
        ("add", (X, 2), {"alpha": np.float32(0.5)}),
        ("add", (2, X), {}),
        ("pow", (2, X), {}),
        ("max", (X, X), {}),
        ("clamp", (X, None, 0.5), {}),
        ("roll", (X, (1, 1), (0, 1)), {}),
        ("flip", (X, [0, True]), {}),  # torch looks at the first alone
        ("cat", ([X, X], 1), {}),
        ("no such function", (object(),), {}),
    ],
)
def test_what_torch_takes_is_not_refused(name, positional, named):
    assert refusal(name, positional, named) is None


@pytest.mark.parametrize(
    ("name", "positional", "named", "words"),
    [
        ("cumsum", (X, "a"), {}, "cumsum(): argument 'dim' (position 2) must be int, not str"),
        ("cumsum", (X, True), {}, "argument 'dim' (position 2) must be int, not bool"),
        ("cumsum", (X, X), {}, "argument 'dim' (position 2) must be int, not Tensor"),
        ("cumsum", (X,), {}, 'cumsum() missing 1 required positional arguments: "dim"'),
        ("cumsum", (X, 0), {"dim": 0}, "cumsum() got multiple values for argument 'dim'"),
        ("cumsum", (X, 0), {"unknown": 0}, "cumsum() got an unexpected keyword argument 'unknown'"),
        ("cumsum", (X, 0, None, None), {}, "cumsum() takes 2 positional arguments but 4 were given"),
        ("atan2", (X, 1.0), {}, "argument 'other' (position 2) must be Tensor, not float: make one with tensor(...)"),
        ("flip", (X, (True, 0)), {}, "argument 'dims' (position 2) must be tuple of ints, not tuple of bool, int"),
        ("cat", ([X, 1],), {}, "expected Tensor as element 1 in argument 0, but got int in cat()"),
        (
            "sum",
            (X,),
            {"dtype": "float32"},
            "sum() received an invalid combination of arguments - got (Tensor, dtype",
        ),
        ("max", (X, "a"), {}, "but expected one of:\n * (Tensor input, Tensor out)\n"),
    ],
)
def test_what_torch_refuses_is_a_type_error(name, positional, named, words):
    refused = refusal(name, positional, named)
    assert type(refused) is TypeError
    assert words in str(refused)


def test_whole_numbers_beyond_64_bits():
    assert type(refusal("cumsum", (X, 2**70))) is ValueError
    assert type(refusal("add", (X, 2**70))) is OverflowError
    assert type(refusal("reshape", (X, (2**70,)))) is TypeError


def test_arrays_do_for_tensors_where_an_operation_is_called_by_hand():
    array = np.ones(2)
    assert refusal("atan2", (array, array), arrays=True) is None
    assert type(refusal("atan2", (X, array))) is TypeError


def test_methods_take_what_follows_the_tensor():
    assert refusal("cumsum", (0,), method=True) is None
    assert refusal("view", (2, 2), method=True) is None
    assert refusal("view", ((2, 2),), method=True) is None
    assert type(refusal("view", (2, "a"), method=True)) is TypeError
    assert type(refusal("max", (), {"out": X}, method=True)) is TypeError


def test_where_numbers_may_stand():
    assert takes_numbers("add", "other")
    assert takes_numbers("lerp", "weight")
    assert not takes_numbers("lerp", "end")
    assert not takes_numbers("maximum", "other")
    assert takes_numbers("no such function", "x")


def test_every_name_of_the_table_is_a_function_or_method():
    rooms = (numpynet, numpynet.nn.functional, numpynet.special, numpynet.nn.utils.rnn)
    known = {"linear", "split", "norm_except_dim"}  # the last is torch's name of what weight_norm computes
    for method, table in ((False, signatures.FUNCTIONS), (True, signatures.METHODS)):
        for line in table.strip().splitlines():
            if line.strip().startswith(":") or line.startswith("          "):
                continue
            for name in line.split():
                room, _, rest = name.partition("_")  # as torch calls what stands in a room: linalg_norm
                exists = any(hasattr(one, name) for one in ((numpynet.Tensor,) if method else rooms)) or name in known
                exists |= room in ("fft", "linalg") and hasattr(getattr(numpynet, room), rest)
                assert exists, f"{name} is in the table, but not in numpynet"
                assert overloads(name, method)


def test_an_operation_that_was_refused_changed_nothing():
    x = numpynet.ones(2)
    with pytest.raises(TypeError, match="must be"):
        x.add_("a")
    with pytest.raises(TypeError, match="clamp"):
        x.clamp_(None, "a")
    assert x.tolist() == [1.0, 1.0]
    assert x._version == 0


def test_an_error_of_the_values_stays_what_it_is():
    with pytest.raises(RuntimeError, match="must match the size"):
        numpynet.add(X, numpynet.ones(3))
    with pytest.raises(IndexError, match="Dimension out of range"):
        numpynet.cumsum(X, 5)


def test_what_is_too_many_is_told_by_the_name_of_the_function():
    with pytest.raises(TypeError, match=r"^cosh\(\) takes from 0 to 1 positional arguments but 3 were given"):
        numpynet.cosh(X, 1, 2)
