"""Every layer, loss and optimizer leaves the same bits behind compiled as it does eagerly."""

from __future__ import annotations

import warnings

import pytest
from agreement import Setting, assert_agree

import numpynet
import numpynet.nn.functional as F
from numpynet import nn, optim

FLOATS = [numpynet.float32, numpynet.float64]
Linear, Sequential = nn.Linear, nn.Sequential

LAYERS = {
    "linear": lambda: Linear(6, 4),
    "linear without bias": lambda: Linear(6, 4, bias=False),
    "relu": lambda: Sequential(Linear(6, 5), nn.ReLU(), Linear(5, 4)),
    "relu in place": lambda: Sequential(Linear(6, 5), nn.ReLU(inplace=True), Linear(5, 4)),
    "leaky_relu": lambda: Sequential(Linear(6, 5), nn.LeakyReLU(0.2), Linear(5, 4)),
    "sigmoid": lambda: Sequential(Linear(6, 5), nn.Sigmoid(), Linear(5, 4)),
    "tanh": lambda: Sequential(Linear(6, 5), nn.Tanh(), Linear(5, 4)),
    "elu": lambda: Sequential(Linear(6, 5), nn.ELU(0.5), Linear(5, 4)),
    "silu": lambda: Sequential(Linear(6, 5), nn.SiLU(), Linear(5, 4)),
    "gelu": lambda: Sequential(Linear(6, 5), nn.GELU(), Linear(5, 4)),
    "gelu by tanh": lambda: Sequential(Linear(6, 5), nn.GELU(approximate="tanh"), Linear(5, 4)),
    "softplus": lambda: Sequential(Linear(6, 5), nn.Softplus(), Linear(5, 4)),
    "log_sigmoid": lambda: Sequential(Linear(6, 5), nn.LogSigmoid(), Linear(5, 4)),
    "softmax": lambda: Sequential(Linear(6, 5), nn.Softmax(dim=1), Linear(5, 4)),
    "log_softmax": lambda: Sequential(Linear(6, 5), nn.LogSoftmax(dim=1), Linear(5, 4)),
    "dropout": lambda: Sequential(Linear(6, 20), nn.Dropout(0.3), Linear(20, 4), nn.Dropout(0.5)),
    "dropout in place": lambda: Sequential(Linear(6, 20), nn.Dropout(0.3, inplace=True), Linear(20, 4)),
    "all dropped": lambda: Sequential(Linear(6, 20), nn.Dropout(1.0), Linear(20, 4)),
    "alpha dropout": lambda: Sequential(Linear(6, 20), nn.SELU(), nn.AlphaDropout(0.3), Linear(20, 4)),
    "layer_norm": lambda: Sequential(Linear(6, 5), nn.LayerNorm(5), nn.ReLU(), Linear(5, 4)),
    "plain layer_norm": lambda: Sequential(Linear(6, 5), nn.LayerNorm(5, elementwise_affine=False), Linear(5, 4)),
    "batch_norm": lambda: Sequential(Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), Linear(5, 4)),
    "batch_norm, plain": lambda: Sequential(Linear(6, 5), nn.BatchNorm1d(5, affine=False), Linear(5, 4)),
    "batch_norm, untracked": lambda: Sequential(
        Linear(6, 5), nn.BatchNorm1d(5, track_running_stats=False), Linear(5, 4)
    ),
    "batch_norm, evaluated": lambda: Sequential(Linear(6, 5), nn.BatchNorm1d(5), Linear(5, 4)).eval(),
    "flatten": lambda: Sequential(nn.Flatten(), Linear(6, 4)),
    "identity": lambda: Sequential(nn.Identity(), Linear(6, 4)),
}


def in_two(parameters, **options):
    """Two groups of parameters, the second with options of its own."""
    first, second, *others = parameters
    return [{"params": [first, second]}, {"params": others, **options}]


OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "dampened": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.3),
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "decay": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.01),
    "maximize": lambda p: optim.SGD(p, lr=0.01, momentum=0.5, maximize=True),
    "tensor lr": lambda p: optim.SGD(p, lr=numpynet.tensor(0.1), momentum=0.5),
    "adam": lambda p: optim.Adam(p, lr=0.01),
    "adam, tensor lr": lambda p: optim.Adam(p, lr=numpynet.tensor(0.01)),
    "amsgrad": lambda p: optim.Adam(p, lr=0.01, amsgrad=True, weight_decay=0.1),
    "adam, maximize": lambda p: optim.Adam(p, lr=0.01, maximize=True),
    "adamw": lambda p: optim.AdamW(p, lr=0.01),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01),
    "rmsprop, all": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True, weight_decay=0.1),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.1),
    "two groups": lambda p: optim.SGD(in_two(p, lr=0.01, momentum=0.9), lr=0.1),
    "adam in groups": lambda p: optim.Adam(in_two(p, betas=(0.5, 0.6)), lr=0.1),
}


def setting(layers, loss_function, optimizer_of, dtype=numpynet.float32, after_backward=None):
    def make():
        model = layers().to(dtype)
        optimizer = optimizer_of(model.parameters())

        def step(x, t):
            optimizer.zero_grad()
            loss = loss_function(model(x), t)
            loss.backward()
            if after_backward is not None:
                after_backward(model)
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    return make


def batches(dtype=numpynet.float32, count=5, rows=7, target=None):
    numpynet.manual_seed(7)
    return [
        (numpynet.randn(rows, 6, dtype=dtype), numpynet.randn(rows, 4, dtype=dtype) if target is None else target())
        for _ in range(count)
    ]


@pytest.mark.parametrize("readable", [False, True])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, dtype, readable):
    make = setting(LAYERS[name], nn.MSELoss(), OPTIMIZERS["momentum"], dtype)
    assert_agree(make, batches(dtype), readable=readable)


@pytest.mark.parametrize("readable", [False, True])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name, dtype, readable):
    make = setting(LAYERS["tanh"], nn.MSELoss(), OPTIMIZERS[name], dtype)
    assert_agree(make, batches(dtype), readable=readable)


def probabilities(dtype):
    return lambda: numpynet.rand(7, 4, dtype=dtype)


def classes(dtype):
    return lambda: numpynet.randint(0, 4, (7,))


def several_classes(dtype):
    return lambda: numpynet.tensor([[0, 2, -1, 3], [3, 3, 1, 0], [-1, 1, 1, 1]])[numpynet.randint(0, 3, (7,))]


def ignoring(dtype):
    return lambda: numpynet.tensor([0, -100, 2, 3, -100, 1, 1])


def w(*values):
    return lambda dtype: numpynet.tensor(values, dtype=dtype)


LOSSES = {
    "mse": (lambda k: nn.MSELoss(), None),
    "mse sum": (lambda k: nn.MSELoss(reduction="sum"), None),
    "l1": (lambda k: nn.L1Loss(), None),
    "smooth l1": (lambda k: nn.SmoothL1Loss(beta=0.5), None),
    "huber": (lambda k: nn.HuberLoss(delta=0.7), None),
    "bce": (lambda k: lambda y, t: F.binary_cross_entropy(y.sigmoid(), t), probabilities),
    "bce with logits": (lambda k: nn.BCEWithLogitsLoss(), probabilities),
    "weighted bce with logits": (
        lambda k: nn.BCEWithLogitsLoss(weight=w(1, 2, 3, 4)(k), pos_weight=w(1, 2, 0.5, 3)(k)),
        probabilities,
    ),
    "cross entropy": (lambda k: nn.CrossEntropyLoss(), classes),
    "cross entropy sum": (lambda k: nn.CrossEntropyLoss(reduction="sum"), classes),
    "weighted cross entropy": (lambda k: nn.CrossEntropyLoss(weight=w(1, 2, 3, 4)(k)), classes),
    "smoothed cross entropy": (lambda k: nn.CrossEntropyLoss(label_smoothing=0.1), classes),
    "weighted smoothed cross entropy": (
        lambda k: nn.CrossEntropyLoss(weight=w(1, 2, 3, 4)(k), label_smoothing=0.1),
        classes,
    ),
    "ignoring cross entropy": (lambda k: nn.CrossEntropyLoss(), ignoring),
    "ignoring smoothed cross entropy": (lambda k: nn.CrossEntropyLoss(label_smoothing=0.1), ignoring),
    "ignoring class 1": (lambda k: nn.CrossEntropyLoss(ignore_index=1, weight=w(1, 2, 3, 4)(k)), classes),
    "cross entropy of probabilities": (lambda k: nn.CrossEntropyLoss(label_smoothing=0.2), probabilities),
    "nll": (lambda k: lambda y, t: F.nll_loss(F.log_softmax(y, dim=1), t), classes),
    "multi margin": (lambda k: nn.MultiMarginLoss(), classes),
    "multilabel margin": (lambda k: nn.MultiLabelMarginLoss(), several_classes),
    "none, then mean": (lambda k: lambda y, t: F.mse_loss(y, t, reduction="none").mean(), None),
}


@pytest.mark.parametrize("readable", [False, True])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, dtype, readable):
    loss, target = LOSSES[name]
    make = setting(LAYERS["relu"], loss(dtype), OPTIMIZERS["sgd"], dtype)
    assert_agree(make, batches(dtype, target=target and target(dtype)), readable=readable)


@pytest.mark.parametrize("limit", [0.01, 100.0])
@pytest.mark.parametrize("norm_type", [1.0, 2.0, float("inf")])
def test_clipping(limit, norm_type):
    make = setting(
        LAYERS["relu"],
        nn.MSELoss(),
        OPTIMIZERS["momentum"],
        after_backward=lambda model: nn.utils.clip_grad_norm_(model.parameters(), limit, norm_type),
    )
    assert_agree(make, batches())


def test_clipping_values():
    make = setting(
        LAYERS["relu"],
        nn.MSELoss(),
        OPTIMIZERS["sgd"],
        after_backward=lambda model: nn.utils.clip_grad_value_(model.parameters(), 0.05),
    )
    assert_agree(make, batches())


def test_embedding():
    numpynet.manual_seed(7)

    def layers():
        return Sequential(nn.Embedding(10, 3, padding_idx=2), nn.Flatten(), Linear(12, 4))

    draws = [(numpynet.randint(0, 10, (7, 4)), numpynet.randn(7, 4)) for _ in range(4)]
    assert_agree(setting(layers, nn.MSELoss(), OPTIMIZERS["adam"]), draws)


def test_values_beyond_the_range_are_computed_in_silence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = numpynet.full((7, 6), 3e38)
        assert_agree(setting(LAYERS["relu"], nn.MSELoss(), OPTIMIZERS["sgd"]), [(x, numpynet.zeros(7, 4))] * 3)


class Smaller(nn.Module):
    """An image half as large, smoothed."""

    def forward(self, x):
        return F.interpolate(x, scale_factor=0.5, mode="bilinear", antialias=True)


class SpatialTransformer(nn.Module):
    """An image under an affine map that is learned."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(numpynet.tensor([[[0.9, 0.1, 0.05], [-0.1, 1.2, 0.0]]]))

    def forward(self, x):
        theta = self.theta.to(x.dtype).expand(len(x), 2, 3)
        grid = F.affine_grid(theta, x.shape, align_corners=False)
        return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


Conv2d = nn.Conv2d
IMAGES = {
    "conv2d": lambda: Conv2d(3, 4, 3, stride=2, padding=1),
    "conv2d in groups": lambda: Conv2d(3, 6, 3, groups=3, bias=False, dilation=2),
    "conv2d of even size": lambda: Conv2d(3, 4, 2, padding="same"),
    "conv2d, borders": lambda: Sequential(
        Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), Conv2d(4, 4, 3, padding=2, padding_mode="circular")
    ),
    "conv_transpose2d": lambda: nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1),
    "max_pool2d": lambda: Sequential(Conv2d(3, 4, 3), nn.MaxPool2d(2, ceil_mode=True)),
    "max_pool2d that overlaps": lambda: Sequential(Conv2d(3, 4, 3), nn.MaxPool2d(3, 1, padding=1)),
    "avg_pool2d": lambda: Sequential(Conv2d(3, 4, 3), nn.AvgPool2d(3, 2, padding=1, count_include_pad=False)),
    "adaptive pools": lambda: Sequential(nn.AdaptiveMaxPool2d(5), Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(2)),
    "global mean": lambda: Sequential(Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1)),
    "batch_norm2d": lambda: Sequential(Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()),
    "dropout2d": lambda: Sequential(Conv2d(3, 4, 3), nn.Dropout2d(0.5)),
    "feature_alpha_dropout": lambda: Sequential(Conv2d(3, 4, 3), nn.FeatureAlphaDropout(0.5)),
    "resized": lambda: Sequential(Conv2d(3, 4, 3), nn.Upsample((7, 6), mode="bicubic"), Smaller()),
    "spatial transformer": lambda: Sequential(Conv2d(3, 4, 3), SpatialTransformer()),
    "shuffled": lambda: Sequential(
        Conv2d(3, 8, 3), nn.ChannelShuffle(2), nn.PixelShuffle(2), nn.PixelUnshuffle(2), nn.LocalResponseNorm(3)
    ),
    "padding": lambda: Sequential(Conv2d(3, 4, 3), nn.ZeroPad2d((1, 2, -1, 0)), nn.ReplicationPad2d(1)),
    "group_norm": lambda: Sequential(Conv2d(3, 4, 3), nn.GroupNorm(2, 4)),
    "instance_norm": lambda: Sequential(Conv2d(3, 4, 3), nn.InstanceNorm2d(4, affine=True)),
    "upsampling": lambda: Sequential(Conv2d(3, 4, 3), nn.Upsample(scale_factor=2, mode="bilinear"), nn.Upsample(5)),
    "unfold and fold": lambda: Sequential(Conv2d(3, 4, 3), nn.Unfold(2), nn.Fold((4, 5), 2)),
    "a network": lambda: Sequential(
        Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), Linear(36, 5), nn.Tanh()
    ),
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", IMAGES)
def test_layers_of_images(name, dtype):
    numpynet.manual_seed(7)
    images = [(numpynet.randn(2, 3, 6, 7, dtype=dtype), 0.5) for _ in range(4)]
    make = setting(IMAGES[name], lambda y, t: (y - t).square().mean(), OPTIMIZERS["momentum"], dtype)
    assert_agree(make, images)
