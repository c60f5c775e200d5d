"""What goes between the grader and the process with a student's code: plain trees, nothing that can be executed."""

import json
import struct

import numpy as np
import pytest

from parity.grade.plain import Context, Other, pack, plain, unpack

TREES = [
    None,
    True,
    3,
    -0.5,
    float("inf"),
    "text ∂",
    (),
    [1, (2, [3.0])],
    {"dx": 1, "db": {"a": None}},
    Other("object"),
    Context((1, 2), {"dim": 0}),
]


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_trees_come_back(tree):
    assert unpack(pack(tree)) == tree


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "bool", ">f8", "complex64"])
@pytest.mark.parametrize("shape", [(), (0, 2), (2, 3)])
def test_arrays_come_back_bit_by_bit(dtype, shape):
    array = np.asarray(np.arange(np.prod(shape, dtype=int)).reshape(shape) - 1.5).astype(dtype)
    (back, nan) = unpack(pack([array, np.array([np.nan, -0.0])]))
    assert back.dtype == array.dtype
    assert back.shape == shape
    assert back.tobytes() == array.tobytes()
    assert np.signbit(nan[1])
    assert back.flags.writeable


def message(header, rest=b""):
    text = json.dumps(header).encode()
    return struct.pack("<q", len(text)) + text + rest


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"short",
        struct.pack("<q", -1) + b"{}",
        struct.pack("<q", 10**12) + b"{}",
        struct.pack("<q", 2) + b"{]",
        message({"array": ["O", [1]]}, b"12345678"),
        message({"array": ["<f8", [10**9]]}, b"12345678"),
        message({"array": ["<f8", [-1]]}),
        message({"array": ["<f8", [1.5]]}),
        message({"array": ["nonsense", [1]]}),
        message({"array": 3}),
        message({"unknown": [], "two": []}),
        message([1], b"left over"),
        message({"dict": [[1]]}),
        message({"context": 1}),
        struct.pack("<q", 200_000) + b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=range(16),
)
def test_what_is_no_message_is_a_value_error(damaged):
    with pytest.raises(ValueError):  # noqa: PT011
        unpack(damaged)


def test_anything_becomes_plain_and_raises_nothing():
    class Odd:
        def __getattr__(self, name):
            raise SystemExit(name)

        def __len__(self):
            raise KeyboardInterrupt

    class Shown:
        def __array__(self, dtype=None, copy=None):
            return np.array([1.0])

    class Mine(np.ndarray):
        pass

    endless = []
    endless.append(endless)
    assert plain([np.float32(2), (1, 2)])[1] == (1, 2)
    assert type(plain(np.zeros(2).view(Mine))) is np.ndarray
    assert plain(Shown()).tolist() == [1.0]
    assert isinstance(plain(object()), Other)
    assert isinstance(plain(np.array([object()])), Other)
    assert "raises SystemExit" in plain(Odd()).kind
    assert "items" in plain(endless).kind
    assert "items" in plain([0] * 10**6).kind
