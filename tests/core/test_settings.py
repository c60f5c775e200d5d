"""The switches that programs set at their beginning. Every expectation with `library` holds of torch too."""

import sys

import numpy as np
import pytest

import numpynet
from numpynet.core import settings


def test_the_usual_beginning_of_a_reproducible_program(library):
    device = library.device("cuda" if library.cuda.is_available() else "cpu")
    library.manual_seed(0)
    library.cuda.manual_seed(0)
    library.cuda.manual_seed_all(0)
    library.backends.cudnn.deterministic = True
    library.backends.cudnn.benchmark = False
    library.backends.cuda.matmul.allow_tf32 = False
    with pytest.raises(AttributeError):
        library.backends.cuda.matmul.allow_tf33  # noqa: B018
    assert library.ones(1, device=device).item() == 1
    assert library.cuda.device_count() == 0
    assert not library.backends.mps.is_available()
    assert not library.backends.cudnn.is_available()
    assert library.backends.cudnn.deterministic
    library.cuda.empty_cache()


def test_deterministic_algorithms():
    assert not numpynet.are_deterministic_algorithms_enabled()
    numpynet.use_deterministic_algorithms(True, warn_only=True)
    assert numpynet.are_deterministic_algorithms_enabled()
    numpynet.use_deterministic_algorithms(False)


def test_cudnn_may_be_imported_by_its_own_name():
    import numpynet.backends.cudnn as cudnn

    cudnn.benchmark = True
    assert numpynet.backends.cudnn.benchmark
    cudnn.benchmark = False
    assert cudnn.version() is None
    assert not numpynet.backends.mps.is_built()


@pytest.mark.parametrize("name", ["current_device", "get_device_name", "synchronize"])
def test_there_is_no_device_to_speak_of(library, name):
    with pytest.raises((AssertionError, RuntimeError)):
        getattr(library.cuda, name)()


def test_threads(library):
    before = library.get_num_threads()
    try:
        library.set_num_threads(1)
        assert library.get_num_threads() == 1
    finally:
        library.set_num_threads(before)
    assert library.get_num_threads() == before


@pytest.mark.parametrize("count", [0, -1, 1.5, "1"])
def test_threads_are_a_positive_number(library, count):
    before = library.get_num_threads()
    with pytest.raises(RuntimeError, match="set_num_threads"):
        library.set_num_threads(count)
    assert library.get_num_threads() == before


def test_threads_without_threadpoolctl(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    monkeypatch.setattr(settings, "_threads", None)
    assert numpynet.get_num_threads() >= 1
    numpynet.set_num_threads(3)
    assert numpynet.get_num_threads() == 3


def test_the_default_device():
    numpynet.set_default_device("cpu")
    assert str(numpynet.get_default_device()) == "cpu"
    assert str(numpynet.ones(1).device) == "cpu"
    with pytest.raises(RuntimeError, match="CPU only"):
        numpynet.set_default_device("cuda")


def test_precision_of_products(library):
    assert library.get_float32_matmul_precision() == "highest"
    library.set_float32_matmul_precision("high")
    assert library.get_float32_matmul_precision() == "high"
    library.set_float32_matmul_precision("highest")


def test_an_unknown_precision():
    with pytest.raises(RuntimeError, match="precision"):
        numpynet.set_float32_matmul_precision("lowest")


def test_what_code_asks_about_tensors(library):
    assert library.is_tensor(library.ones(1))
    assert not library.is_tensor(np.ones(1))
    assert library.is_grad_enabled()
    assert not library.is_anomaly_enabled()
    assert not library.is_inference_mode_enabled()
