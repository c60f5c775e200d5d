"""Initialisation: torch's bits, its bounds, its refusals, and nothing on the tape."""

import numpy as np
import pytest
from nearness import FLOATS, assert_within, torch

import numpynet
from numpynet import nn

FILLS = {
    "uniform_": lambda init, x: init.uniform_(x),
    "uniform_(-1, 3)": lambda init, x: init.uniform_(x, -1, 3),
    "normal_": lambda init, x: init.normal_(x),
    "normal_(2, 0.1)": lambda init, x: init.normal_(x, 2, std=0.1),
    "constant_": lambda init, x: init.constant_(x, 0.3),
    "ones_": lambda init, x: init.ones_(x),
    "zeros_": lambda init, x: init.zeros_(x),
    "eye_": lambda init, x: init.eye_(x),
    "xavier_uniform_": lambda init, x: init.xavier_uniform_(x),
    "xavier_uniform_(5/3)": lambda init, x: init.xavier_uniform_(x, gain=init.calculate_gain("tanh")),
    "xavier_normal_": lambda init, x: init.xavier_normal_(x, 2.0),
    "kaiming_uniform_": lambda init, x: init.kaiming_uniform_(x),
    "kaiming_uniform_(relu)": lambda init, x: init.kaiming_uniform_(x, mode="fan_out", nonlinearity="relu"),
    "kaiming_normal_": lambda init, x: init.kaiming_normal_(x, a=0.2),
    "kaiming_normal_(selu)": lambda init, x: init.kaiming_normal_(x, 0, "fan_out", "selu"),
    "trunc_normal_": lambda init, x: init.trunc_normal_(x),
    "trunc_normal_(narrow)": lambda init, x: init.trunc_normal_(x, 1.0, 0.5, 0.9, 1.4),
    "trunc_normal_(tail)": lambda init, x: init.trunc_normal_(x, 0.0, 1.0, 1.0, 2.5),
    "trunc_normal_(both tails)": lambda init, x: init.trunc_normal_(x, std=0.02, a=-0.02, b=0.05),
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (8, 4), (40, 7)])
@pytest.mark.parametrize("fill", FILLS.values(), ids=FILLS.keys())
def test_bits(fill, shape, dtype):
    numpynet.manual_seed(42)
    torch.manual_seed(42)
    ours, theirs = (
        numpynet.empty(shape, dtype=getattr(numpynet, dtype)),
        torch.empty(shape, dtype=getattr(torch, dtype)),
    )
    assert fill(nn.init, ours) is ours
    fill(torch.nn.init, theirs)
    assert_within(ours, theirs, 0)
    assert_within(numpynet.rand(1), torch.rand(1), 0)


@pytest.mark.parametrize("fill", FILLS.values(), ids=FILLS.keys())
def test_parameters_are_filled_off_the_tape(fill):
    parameter = nn.Parameter(numpynet.full((4, 4), np.nan))
    assert fill(nn.init, parameter) is parameter
    assert parameter.is_leaf
    assert parameter.requires_grad
    assert not parameter.isnan().any()


def test_after_a_refusal_recording_goes_on():
    with pytest.raises(RuntimeError):
        nn.init.normal_(nn.Parameter(numpynet.zeros(4)), std=-1.0)
    assert numpynet.is_grad_enabled()


def test_fans_and_gains():
    for shape in [(3, 5), (2, 3, 4), (2, 3, 4, 5)]:
        ours = nn.init._calculate_fan_in_and_fan_out(numpynet.empty(shape))
        assert ours == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    for name in ["linear", "conv1d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]:
        assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert nn.init.calculate_gain("leaky_relu", 0.2) == torch.nn.init.calculate_gain("leaky_relu", 0.2)


def test_a_generator_of_ones_own():
    ours, theirs = numpynet.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    for name in ["uniform_", "normal_", "xavier_normal_", "kaiming_uniform_", "trunc_normal_"]:
        x = getattr(nn.init, name)(numpynet.empty(5, 3), generator=ours)
        assert_within(x, getattr(torch.nn.init, name)(torch.empty(5, 3), generator=theirs), 0)


def test_warnings_and_refusals():
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        nn.init.kaiming_normal_(numpynet.empty(0, 3))
    with pytest.warns(UserWarning, match="mean is more than 2 std from"):
        nn.init.trunc_normal_(numpynet.empty(3), mean=5.0)
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        nn.init.xavier_uniform_(numpynet.empty(3))
    with pytest.raises(ValueError, match="Mode fan not supported"):
        nn.init.kaiming_uniform_(numpynet.empty(3, 3), mode="fan")
