"""Anomaly mode: it names the operation whose gradient became NaN, and where that was called."""

import warnings

import pytest

import numpynet
from numpynet.core import tape


@pytest.fixture(autouse=True)
def _off_again(library):
    yield
    library.autograd.set_detect_anomaly(False)


def root_of_zero(library):
    x = library.tensor([0.0, 1.0], requires_grad=True)
    return x, (x.sqrt() * 0).sum()


def root_called_here(library):
    return root_of_zero(library)[1]


def test_nan_names_the_operation_and_the_line(library):
    with (
        pytest.raises(RuntimeError, match=r"Function 'SqrtBackward0' returned nan values in its 0th output\."),
        pytest.warns(
            UserWarning, match="Error detected in SqrtBackward0.*Traceback of forward call(.|\n)*in root_called_here"
        ),
        library.autograd.set_detect_anomaly(True),
    ):
        root_called_here(library).backward()


def test_the_traceback_ends_in_the_users_code(library):
    with warnings.catch_warnings(record=True) as caught, library.autograd.set_detect_anomaly(True):
        warnings.simplefilter("always")
        with pytest.raises(RuntimeError, match="nan"):
            root_called_here(library).backward()
    lines = [line for line in str(caught[-1].message).splitlines() if line.strip().startswith("File")]
    assert "in root_of_zero" in lines[-1]


def test_the_operand_is_counted_as_torch_counts(library):
    z = library.zeros(1, requires_grad=True)
    with (
        pytest.raises(RuntimeError, match="'DivBackward0' returned nan values in its 1th output"),
        pytest.warns(UserWarning, match="Error detected in DivBackward0"),
        library.autograd.set_detect_anomaly(True),
    ):
        (library.zeros(1) / z).sum().backward()


def test_without_check_nan_the_pass_goes_on(library):
    with library.autograd.set_detect_anomaly(True, check_nan=False):
        assert not library.is_anomaly_check_nan_enabled()
        x, y = root_of_zero(library)
        y.backward()
    assert x.grad[0].isnan()
    assert library.is_anomaly_check_nan_enabled()


def test_a_forward_before_the_mode_has_no_traceback(library):
    y = root_called_here(library)
    with (
        pytest.raises(RuntimeError, match="nan values"),
        pytest.warns(UserWarning, match="No forward pass information available"),
        library.autograd.set_detect_anomaly(True),
    ):
        y.backward()


def test_other_errors_show_the_forward_too(library):
    x = library.ones(1, requires_grad=True)
    with library.autograd.set_detect_anomaly(True):
        h = x * 1
        y = h * h
        h.add_(1)
        with (
            pytest.raises(RuntimeError, match="modified by an inplace operation"),
            pytest.warns(UserWarning, match="Error detected in MulBackward0. Traceback of forward call"),
        ):
            y.sum().backward()


def test_detect_anomaly_warns_and_ends(library):
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"):
        mode = library.autograd.detect_anomaly()
    assert not library.is_anomaly_enabled()
    with mode:
        assert library.is_anomaly_enabled()
    assert not library.is_anomaly_enabled()


def test_switching_by_hand_and_nesting(library):
    library.autograd.set_detect_anomaly(True)
    assert library.is_anomaly_enabled()
    with library.autograd.set_detect_anomaly(False):
        assert not library.is_anomaly_enabled()
    assert library.is_anomaly_enabled()
    library.autograd.set_detect_anomaly(False)
    assert not library.is_anomaly_enabled()


def test_good_gradients_pass(library):
    with library.autograd.set_detect_anomaly(True):
        x = library.tensor([1.0, 4.0], requires_grad=True)
        (x.sqrt() * 2).sum().backward()
    assert x.grad.tolist() == [1, 0.5]


def test_it_costs_nothing_when_off():
    """The tape's own functions are back in their places."""
    number, pull = tape.next_number[0], tape.pull_examined
    with numpynet.autograd.set_detect_anomaly(True):
        assert tape.next_number[0] is not number
    assert tape.next_number[0] is number
    assert tape.pull_examined is pull is None
