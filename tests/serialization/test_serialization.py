"""save and load: what goes in comes out, nothing is run, and nothing is left half-written."""

import io
import json
import os
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet
from numpynet import nn


def through(obj):
    file = io.BytesIO()
    numpynet.save(obj, file)
    file.seek(0)
    return numpynet.load(file)


def same(a, b):
    assert type(a) is type(b)
    if isinstance(a, numpynet.Tensor):
        assert a.dtype == b.dtype
        assert a.requires_grad == b.requires_grad
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
        assert a.shape == b.shape
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            same(one, other)
    else:
        assert repr(a) == repr(b)


numbers = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.floats(width=32).map(np.float64)
)
tensors = st.builds(
    lambda dtype, shape: numpynet.ones(shape).to(getattr(numpynet, dtype)),
    st.sampled_from(["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]),
    st.lists(st.integers(0, 3), max_size=3).map(tuple),
)
nested = st.recursive(
    numbers | tensors,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.text() | st.integers() | st.tuples(st.integers(), st.text()), inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(nested)
def test_anything_nested_comes_back(obj):
    same(obj, through(obj))


@pytest.mark.parametrize(
    "obj",
    [
        numpynet.tensor([1.0, float("nan"), float("inf"), -0.0], dtype=numpynet.float64),
        numpynet.tensor([1.0], requires_grad=True),
        numpynet.arange(6).reshape(2, 3).T,
        numpynet.ones(3).expand(2, 3),
        numpynet.tensor(3),
        np.arange(3),
        np.float32(1.5),
        OrderedDict(b=1, a=2),
        numpynet.float32,
        numpynet.Size([2, 3]),
        numpynet.device("cpu"),
        {"float": {"tensor": 1}, "dict": []},  # the words of the format as a user's own
        10**30,
        float("-inf"),
    ],
)
def test_kinds_of_objects(obj):
    same(obj, through(obj))


def test_a_tensor_saved_twice_is_one_tensor():
    x = numpynet.ones(2)
    a, b, c = through([x, x, x.clone()])
    assert a is b
    assert c is not a


def test_parameters_stay_parameters():
    loaded = through([nn.Parameter(numpynet.ones(2)), nn.Parameter(numpynet.ones(2), requires_grad=False)])
    assert [type(one) for one in loaded] == [nn.Parameter, nn.Parameter]
    assert [one.requires_grad for one in loaded] == [True, False]


def test_a_computed_tensor_becomes_a_leaf():
    x = through(numpynet.ones(2, requires_grad=True) * 2)
    assert x.is_leaf
    assert x.requires_grad


def test_training_goes_on_where_it_stopped(tmp_path):
    def make():
        numpynet.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        return model, numpynet.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def steps(model, optimizer, n):
        x = numpynet.arange(12.0).reshape(4, 3) / 10
        for _ in range(n):
            optimizer.zero_grad()
            model(x).pow(2).mean().backward()
            optimizer.step()
        return [p.tolist() for p in model.parameters()]

    model, optimizer = make()
    steps(model, optimizer, 3)
    path = tmp_path / "checkpoint.npn"
    numpynet.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, path)
    expected = steps(model, optimizer, 3)

    model, optimizer = make()
    checkpoint = numpynet.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    assert checkpoint["epoch"] == 3
    assert steps(model, optimizer, 3) == expected


@pytest.mark.parametrize("kind", [str, os.fspath, lambda path: path])
def test_paths(tmp_path, kind):
    path = kind(tmp_path / "x.npn")
    numpynet.save([1], path)
    numpynet.save([2], path)
    assert numpynet.load(path) == [2]
    assert os.listdir(tmp_path) == ["x.npn"]


@pytest.mark.parametrize("obj", [lambda: 1, {"a": [1, (x for x in ())]}, [open]])
def test_what_cannot_be_pickled_leaves_the_old_file(tmp_path, obj):
    path = tmp_path / "x.npn"
    numpynet.save("before", path)
    if obj == [open]:
        numpynet.save(obj, path)  # a name, which is not read again
        with pytest.raises(pickle.UnpicklingError, match=r"Unsupported global: GLOBAL _?io\.open"):
            numpynet.load(path)
        return
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError), match="pickle"):
        numpynet.save(obj, path)
    assert numpynet.load(path) == "before"
    assert os.listdir(tmp_path) == ["x.npn"]


def test_a_module_is_read_only_on_request():
    numpynet.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    file = io.BytesIO()
    numpynet.save(model, file)
    file.seek(0)
    with pytest.raises(pickle.UnpicklingError, match=r"Unsupported global: GLOBAL numpynet\..*state_dict\(\)"):
        numpynet.load(file)
    file.seek(0)
    again = numpynet.load(file, weights_only=False)
    assert repr(again) == repr(model)
    x = numpynet.ones(1, 2)
    assert again(x).tolist() == model(x).tolist()


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.npn"
    numpynet.save("before", path)

    def fail(*arguments, **keywords):
        raise OSError("disk full")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(OSError, match="disk full"):
        numpynet.save(numpynet.ones(2), path)
    assert numpynet.load(path) == "before"
    assert os.listdir(tmp_path) == ["x.npn"]


def test_a_missing_folder(tmp_path):
    with pytest.raises(RuntimeError, match=r"Parent directory .* does not exist"):
        numpynet.save([1], tmp_path / "missing" / "x.npn")
    with pytest.raises(FileNotFoundError):
        numpynet.load(tmp_path / "x.npn")


def test_only_the_cpu():
    file = io.BytesIO()
    numpynet.save([1], file)
    file.seek(0)
    with pytest.raises(RuntimeError, match="CPU only"):
        numpynet.load(file, map_location="cuda")
    with pytest.raises(NotImplementedError, match="mmap"):
        numpynet.load(file, mmap=True)


# --- foreign and damaged files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing of the kind",
        b"PK\x03\x04 half a zip",
        {"structure.json": b"{"},
        {"structure.json": b"[]"},
        {"structure.json": b'{"format": "numpynet 1"}'},
        {"structure.json": b'{"format": "numpynet 1", "object": {"tensor": 0, "requires_grad": false}}'},
        {"structure.json": b'{"format": "numpynet 1", "object": {"call": "os.system"}}'},
        {"structure.json": b'{"format": "numpynet 1", "object": {}}'},
        {"other.txt": b""},
    ],
)
def test_damaged_files(content):
    file = io.BytesIO()
    if isinstance(content, bytes):
        file.write(content)
    else:
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in content.items():
                archive.writestr(name, data)
    file.seek(0)
    with pytest.raises((RuntimeError, pickle.UnpicklingError)):
        numpynet.load(file)


def test_pickled_arrays_are_not_read():
    file = io.BytesIO()
    array = io.BytesIO()
    np.save(array, np.array([print], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("structure.json", json.dumps({"format": "numpynet 1", "object": {"array": 0}}))
        archive.writestr("0.npy", array.getvalue())
    file.seek(0)
    with pytest.raises(RuntimeError, match="damaged"):
        numpynet.load(file)


def test_a_later_format_is_named():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("structure.json", '{"format": "numpynet 2", "object": null}')
    file.seek(0)
    with pytest.raises(RuntimeError, match="format 'numpynet 2'"):
        numpynet.load(file)


def test_files_of_the_first_format_are_read():
    file = io.BytesIO()
    array = io.BytesIO()
    np.save(array, np.array([1.5, 2.5], np.float32))
    told = {"dict": [["w", {"parameter": 0, "requires_grad": True}], ["again", {"tensor": 0, "requires_grad": True}]]}
    told["dict"] += [["f", {"float": "0x1.8p+1"}], ["s", {"size": [2]}]]
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("structure.json", json.dumps({"format": "numpynet 1", "object": told}))
        archive.writestr("0.npy", array.getvalue())
    file.seek(0)
    loaded = numpynet.load(file)
    assert type(loaded["w"]) is nn.Parameter
    assert loaded["w"].tolist() == [1.5, 2.5]
    assert loaded["again"] is loaded["w"]
    assert loaded["f"] == 3.0
    assert loaded["s"] == numpynet.Size([2])
