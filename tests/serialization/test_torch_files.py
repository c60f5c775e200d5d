"""torch's files, both ways: the same bits, dtypes, strides and shared memory; and nothing of them is run."""

import io
import os
import pickle
import tracemalloc
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet
from numpynet.serialization.pickling import Name, Pickler

torch = pytest.importorskip("torch")

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


def written(library, obj, **options):
    file = io.BytesIO()
    library.save(obj, file, **options)
    return file.getvalue()


def read(library, content, **options):
    return library.load(io.BytesIO(content), **options)


def described(obj):
    """Everything about an object that both libraries have."""
    if hasattr(obj, "detach"):
        values = obj.detach().contiguous().numpy()
        kind = type(obj).__name__
        strides = obj.stride() if obj.numel() else None  # of nothing NumPy keeps none
        return kind, str(obj.dtype), tuple(obj.shape), strides, obj.requires_grad, values.tobytes()
    if isinstance(obj, dict):
        pairs = [(repr(key), described(value)) for key, value in obj.items()]
        return type(obj).__name__, pairs, repr(getattr(obj, "_metadata", None))
    if isinstance(obj, (list, tuple)):
        return type(obj).__name__, [described(one) for one in obj]
    return type(obj).__name__, repr(obj)


views = st.sampled_from(
    [
        lambda x: x,
        lambda x: x.t() if x.ndim == 2 else x,
        lambda x: x[1:] if x.ndim else x,
        lambda x: x[..., ::2] if x.ndim else x,
        lambda x: x.unsqueeze(0).expand(2, *x.shape),
        lambda x: x.transpose(0, -1) if x.ndim else x,
    ]
)
recipes = st.recursive(
    st.one_of(
        st.tuples(st.just("tensor"), st.sampled_from(DTYPES), st.lists(st.integers(0, 3), max_size=3), views),
        st.tuples(
            st.just("parameter"), st.sampled_from(["float32", "float64"]), st.lists(st.integers(0, 3), max_size=2)
        ),
        st.tuples(st.just("shared"), st.lists(views, min_size=1, max_size=3)),
        st.tuples(
            st.just("plain"),
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(min_size=1)),
        ),
        st.tuples(st.just("kind"), st.sampled_from(DTYPES)),
        st.tuples(st.just("size"), st.lists(st.integers(0, 3), max_size=3)),
    ),
    lambda inner: st.one_of(
        st.tuples(st.just("list"), st.lists(inner, max_size=3)),
        st.tuples(st.just("tuple"), st.lists(inner, max_size=3)),
        st.tuples(st.just("dict"), st.lists(st.tuples(st.text(), inner), max_size=3)),
        st.tuples(st.just("ordered"), st.lists(st.tuples(st.integers(), inner), max_size=3)),
    ),
    max_leaves=6,
)


def cooked(library, recipe):
    """The same object in either library."""
    kind, *parts = recipe
    if kind == "tensor":
        dtype, shape, view = parts
        return view(library.arange(int(np.prod(shape))).reshape(shape).to(getattr(library, dtype)))
    if kind == "parameter":
        return library.nn.Parameter(library.ones(parts[1], dtype=getattr(library, parts[0])))
    if kind == "shared":
        whole = library.arange(12.0).reshape(3, 4)
        return [whole, *(view(whole) for view in parts[0])]
    if kind == "plain":
        return parts[0]
    if kind == "kind":
        return getattr(library, parts[0])
    if kind == "size":
        return library.zeros(parts[0]).shape
    if kind in ("list", "tuple"):
        return {"list": list, "tuple": tuple}[kind](cooked(library, one) for one in parts[0])
    return {"dict": dict, "ordered": OrderedDict}[kind]((key, cooked(library, one)) for key, one in parts[0])


@settings(max_examples=300, deadline=None)
@given(recipes)
def test_what_torch_writes_is_read_and_what_is_written_torch_reads(recipe):
    ours, theirs = cooked(numpynet, recipe), cooked(torch, recipe)
    expected = described(theirs)
    assert described(ours) == expected
    for zipped in (True, False):
        content = written(numpynet, ours, _use_new_zipfile_serialization=zipped)
        assert described(read(torch, content)) == described(read(numpynet, content)) == expected
        content = written(torch, theirs, _use_new_zipfile_serialization=zipped)
        assert described(read(numpynet, content)) == expected


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(("writer", "reader"), [(numpynet, torch), (torch, numpynet), (numpynet, numpynet)])
def test_shared_memory_is_shared_again(writer, reader, zipped):
    x = writer.arange(6.0).reshape(2, 3)
    content = written(writer, [x, x.t(), x[1], x], _use_new_zipfile_serialization=zipped)
    whole, turned, row, twice = read(reader, content)
    assert twice is whole
    row.zero_()
    assert whole.tolist() == [[0.0, 1.0, 2.0], [0.0, 0.0, 0.0]]
    assert turned.tolist() == [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]


def trained(library):
    library.manual_seed(0)
    model = library.nn.Sequential(library.nn.Linear(3, 4), library.nn.BatchNorm1d(4), library.nn.Linear(4, 1))
    optimizer = library.optim.Adam(model.parameters(), lr=0.01)
    scheduler = library.optim.lr_scheduler.StepLR(optimizer, 2)
    x = library.arange(12.0).reshape(4, 3) / 10

    def steps(n):
        losses = []
        for _ in range(n):
            optimizer.zero_grad()
            loss = model(x).pow(2).mean()
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
        return losses

    return model, optimizer, scheduler, steps


@pytest.mark.parametrize(("writer", "reader"), [(numpynet, torch), (torch, numpynet)])
def test_training_goes_on_in_the_other_library(writer, reader):
    *parts, steps = trained(writer)
    steps(3)
    content = written(writer, [part.state_dict() for part in parts])
    *others, on = trained(reader)
    for part, state in zip(others, read(reader, content), strict=True):
        part.load_state_dict(state)
    np.testing.assert_allclose(on(3), steps(3), rtol=1e-5)  # float32, six steps of a dozen roundings


def test_tensors_of_other_devices_need_a_map_location():
    file = io.BytesIO(written(torch, torch.ones(2)))
    moved = io.BytesIO()
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(moved, "w") as copy:
        for name in archive.namelist():
            copy.writestr(name, archive.read(name).replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"))
    with pytest.raises(RuntimeError, match=r"deserialize object on cuda:0.*map_location='cpu'"):
        read(numpynet, moved.getvalue())
    assert read(numpynet, moved.getvalue(), map_location="cpu").tolist() == [1.0, 1.0]


@pytest.mark.parametrize("dtype", ["bfloat16"])
def test_a_dtype_that_no_tensor_has_is_refused(dtype):
    with pytest.raises(pickle.UnpicklingError, match="Storage"):
        read(numpynet, written(torch, torch.ones(2, dtype=getattr(torch, dtype))))


# --- files that somebody damaged, or made to do harm ------------------------------------------------------------

SMALL = {"w": torch.arange(4.0), "n": 3, "t": "text"}
CLEAR = (RuntimeError, pickle.UnpicklingError, EOFError)


def outcome(content):
    """What is read, or that there is a clear error."""
    try:
        return described(read(numpynet, content))
    except CLEAR:
        return None


@pytest.mark.parametrize("zipped", [True, False])
def test_every_truncation_is_an_error(zipped):
    content = written(torch, SMALL, _use_new_zipfile_serialization=zipped)
    assert outcome(content) is not None
    assert all(outcome(content[:length]) is None for length in range(len(content)))


@pytest.mark.parametrize("zipped", [True, False])
def test_no_flipped_byte_runs_anything_or_takes_much_memory(zipped):
    content = written(torch, SMALL, _use_new_zipfile_serialization=zipped)
    tracemalloc.start()
    try:
        for place in range(len(content)):
            outcome(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_a_flipped_byte_in_a_storage_is_noticed():
    content = written(torch, torch.arange(4.0))
    place = content.index(torch.arange(4.0).numpy().tobytes())
    assert outcome(content[: place + 5] + b"\x01" + content[place + 6 :]) is None


def archive_with(pickle_bytes, **entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle_bytes)
        for name, content in entries.items():
            archive.writestr(f"archive/data/{name}", content)
    return file.getvalue()


class Call:
    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


@pytest.mark.parametrize(
    "made",
    [
        pickle.dumps(Call(os.system, "touch ran"), 2),
        pickle.dumps(Call(eval, "open('ran', 'w')"), 2),
        pickle.dumps(Call(getattr, OrderedDict, "fromkeys"), 2),
        pickle.dumps(print, 2),
        pickle.dumps(Call(bytearray, 2**40), 2),
        b"cos\nsystem\n(S'touch ran'\ntR.",
        b"(S'touch ran'\nios\nsystem\n.",
        b"\x80\x02ctorch\nTensor\n}X\x05\x00\x00\x00shapeK\x01sb.",  # a state for a class
        b"\x80\x02ccollections\nOrderedDict\n}X\x05\x00\x00\x00itemsK\x01sb.",
        b"\x80\x02ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemsK\x01sb.",  # a method replaced
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}b.",
        b"\x80\x02X\xff\xff\xff\x7f.",  # text of 2 GB that is not there
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x00.",
        b"\x80\x02Vx\nQ.",  # a storage that is text
        b"\x80\x02" + b"]" * 50 + b"0" * 60 + b".",
    ],
)
def test_what_is_not_a_state_dict_is_refused_and_not_run(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for content in (archive_with(made), made):
        with pytest.raises(CLEAR):
            read(numpynet, content)
    assert os.listdir(tmp_path) == []
    assert list(OrderedDict(a=1).items()) == [("a", 1)]


def rebuilt(offset, sizes, strides, count):
    """A pickle of a tensor at any place in a storage."""
    ours = Pickler(2)
    storage = type("Storage", (), {})()
    ours.persistent_id = lambda obj: (
        ("storage", Name("torch", "FloatStorage"), "0", "cpu", count) if obj is storage else None
    )
    ours.dump(Call(Name("torch._utils", "_rebuild_tensor_v2"), storage, offset, sizes, strides, False, OrderedDict()))
    return archive_with(ours.file.getvalue(), **{"0": np.arange(4, dtype=np.float32).tobytes()})


@pytest.mark.parametrize(
    ("offset", "sizes", "strides", "count"),
    [
        (1, (4,), (1,), 4),
        (0, (5,), (1,), 4),
        (0, (2, 3), (2, 1), 4),
        (-1, (2,), (1,), 4),
        (3, (2,), (-1,), 4),
        (0, (2,), (2**62,), 4),
        (0, (2**61, 4), (0, 0), 4),
        (0, (4,), (1,), 2**40),
        (0, (4,), (1,), 3),
        (0, (4,), (1, 1), 4),
        (0, [4.0], (1,), 4),
    ],
)
def test_a_tensor_outside_its_storage_is_refused(offset, sizes, strides, count):
    assert read(numpynet, rebuilt(0, (2, 2), (2, 1), 4)).tolist() == [[0.0, 1.0], [2.0, 3.0]]
    with pytest.raises(RuntimeError, match="damaged"):
        read(numpynet, rebuilt(offset, sizes, strides, count))


def test_compressed_entries_are_refused_before_they_take_memory():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"0" * 2**26)
    tracemalloc.start()
    try:
        with pytest.raises(RuntimeError, match="compressed"):
            read(numpynet, file.getvalue())
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()
