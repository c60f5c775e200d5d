"""Files of safetensors: equal to those of ``safetensors.torch`` in both directions, and refused where those are."""

import contextlib

import numpy as np
import pytest

import numpynet
from numpynet import nn

pytest.importorskip("safetensors")

from numpynet import safetensors

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_every_dtype_and_shape_comes_back(name, shape, tmp_path):
    array = (np.random.default_rng(0).standard_normal(shape) * 3).astype(name)
    tensors = {"one": numpynet.tensor(array), "other one": numpynet.ones(2)}
    safetensors.save_file(tensors, tmp_path / "x", {"a": "text"})
    found = safetensors.load_file(tmp_path / "x")
    assert list(found) == ["one", "other one"]
    assert found["one"].dtype == tensors["one"].dtype
    assert found["one"].shape == shape
    assert found["one"].numpy().tobytes() == array.tobytes()
    found["other one"].zero_()  # it owns its memory


def test_torchs_files_are_read_and_ours_by_torch(tmp_path):
    torch = pytest.importorskip("torch")
    theirs = pytest.importorskip("safetensors.torch")
    values = {name: (np.arange(6).reshape(2, 3) - 2).astype(name) for name in DTYPES}
    theirs.save_file({name: torch.tensor(array) for name, array in values.items()}, tmp_path / "theirs", {"a": "b"})
    safetensors.save_file(
        {name: numpynet.tensor(array) for name, array in values.items()}, tmp_path / "ours", {"a": "b"}
    )
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    for name, tensor in safetensors.load_file(tmp_path / "theirs").items():
        assert np.array_equal(tensor.numpy(), values[name])
    for name, tensor in theirs.load_file(tmp_path / "ours").items():
        assert np.array_equal(tensor.numpy(), values[name])


def test_a_module_goes_to_torch_and_back(tmp_path):
    torch = pytest.importorskip("torch")
    theirs = pytest.importorskip("safetensors.torch")
    ours = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    other = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    safetensors.save_model(ours, tmp_path / "a")
    assert theirs.load_model(other, tmp_path / "a") == (set(), [])
    with torch.no_grad():
        other[0].weight.add_(1)
    theirs.save_model(other, tmp_path / "b")
    assert safetensors.load_model(ours, tmp_path / "b") == (set(), [])
    assert np.array_equal(ours[0].weight.detach().numpy(), other[0].weight.detach().numpy())


def test_tied_weights_are_written_once(tmp_path):
    def tied():
        model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        model[1].weight = model[0].weight
        return model

    one, other = tied(), tied()
    with pytest.raises(RuntimeError, match="share memory"):
        safetensors.save_file(one.state_dict(), tmp_path / "x")
    assert not (tmp_path / "x").exists()
    safetensors.save_model(one, tmp_path / "x")
    assert sorted(safetensors.load_file(tmp_path / "x")) == ["0.bias", "0.weight", "1.bias"]
    assert safetensors.load_model(other, tmp_path / "x") == (set(), [])
    assert numpynet.equal(one[0].weight, other[1].weight)


def test_a_model_that_differs_is_refused_or_told(tmp_path):
    safetensors.save_model(nn.Linear(2, 1), tmp_path / "x")
    with pytest.raises(RuntimeError):
        safetensors.load_model(nn.Linear(2, 1, bias=False), tmp_path / "x")
    assert safetensors.load_model(nn.Linear(2, 1, bias=False), tmp_path / "x", strict=False) == (set(), ["bias"])
    with pytest.raises(RuntimeError, match="size"):
        safetensors.load_model(nn.Linear(3, 1), tmp_path / "x", strict=False)


def test_what_the_file_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="no tensor"):
        safetensors.save({"a": np.ones(2)})
    with pytest.raises(ValueError, match="not contiguous"):
        safetensors.save({"a": numpynet.ones(2, 3).t()})


def test_damaged_files_are_an_error():
    whole = safetensors.save({"weight": numpynet.arange(5), "bias": numpynet.ones(2)})
    for end in range(len(whole)):
        with pytest.raises(RuntimeError, match="safetensors"):
            safetensors.load(whole[:end])
    rng = np.random.default_rng(0)
    for _ in range(500):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        with contextlib.suppress(RuntimeError):  # what is left may be a file, with another number in it
            safetensors.load(bytes(damaged))
