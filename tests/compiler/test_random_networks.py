"""Hypothesis: whatever network, loss and optimizer, a compiled step leaves the very bits of the eager one."""

from __future__ import annotations

from itertools import pairwise

from agreement import Setting, assert_agree
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet
from numpynet import nn, optim

WIDTHS = st.integers(1, 9)
ACTIVATIONS = st.sampled_from(
    [nn.ReLU, nn.Tanh, nn.Sigmoid, nn.LeakyReLU, nn.ELU, nn.SiLU, nn.GELU, nn.Softplus, nn.Identity, nn.Dropout]
)
NORMALIZATIONS = st.sampled_from([None, None, nn.LayerNorm, nn.BatchNorm1d])
LOSSES = {
    "mse": (nn.MSELoss, "real"),
    "l1": (nn.L1Loss, "real"),
    "smooth l1": (nn.SmoothL1Loss, "real"),
    "huber": (nn.HuberLoss, "real"),
    "binary": (nn.BCEWithLogitsLoss, "unit"),
    "classes": (nn.CrossEntropyLoss, "classes"),
    "smoothed": (lambda: nn.CrossEntropyLoss(label_smoothing=0.1), "classes"),
    "soft": (nn.CrossEntropyLoss, "unit"),
}
OPTIMIZERS = st.one_of(
    st.builds(
        lambda momentum, decay, maximize: (
            lambda p: optim.SGD(p, 0.1, momentum=momentum, weight_decay=decay, maximize=maximize)
        ),
        st.sampled_from([0, 0.9]),
        st.sampled_from([0, 0.1]),
        st.booleans(),
    ),
    st.builds(
        lambda amsgrad, decay: lambda p: optim.Adam(p, amsgrad=amsgrad, weight_decay=decay),
        st.booleans(),
        st.sampled_from([0, 0.1]),
    ),
    st.builds(lambda decay: lambda p: optim.AdamW(p, weight_decay=decay), st.sampled_from([0, 0.1])),
    st.builds(
        lambda momentum, centered: lambda p: optim.RMSprop(p, momentum=momentum, centered=centered),
        st.sampled_from([0, 0.9]),
        st.booleans(),
    ),
    st.builds(lambda decay: lambda p: optim.Adagrad(p, lr_decay=decay), st.sampled_from([0, 0.1])),
)


@st.composite
def networks(draw):
    """A function that makes a network, its inputs and its outputs."""
    widths = [draw(WIDTHS) for _ in range(draw(st.integers(2, 5)))]
    layers = []
    for wide, narrow in pairwise(widths):
        layers.append((nn.Linear, (wide, narrow, draw(st.booleans()))))
        normalization = draw(NORMALIZATIONS)
        if normalization is not None:
            layers.append((normalization, (narrow,)))
        layers.append((draw(ACTIVATIONS), ()))
    layers.append((nn.Linear, (widths[-1], widths[-1])))
    return lambda: nn.Sequential(*(kind(*args) for kind, args in layers)), widths[0], widths[-1]


@settings(max_examples=30)
@given(
    networks(),
    st.sampled_from(sorted(LOSSES)),
    st.sampled_from(["mean", "sum"]),
    OPTIMIZERS,
    st.lists(st.tuples(st.integers(2, 9), st.sampled_from([0.01, 0.1, 0.3])), min_size=3, max_size=6),
    st.sampled_from([numpynet.float32, numpynet.float64]),
    st.booleans(),
    st.booleans(),
)
def test_any_network(network, loss, reduction, optimizer_of, steps, dtype, zeroes, readable):
    layers, inputs, outputs = network
    make_loss, target = LOSSES[loss]

    class Training(Setting):
        def __init__(self):
            self.model = layers().to(dtype)
            self.optimizer = optimizer_of(self.model.parameters())
            self.loss = make_loss()
            self.loss.reduction = reduction
            super().__init__(self._step, self.model, self.optimizer)

        def _step(self, x, t):
            if zeroes:
                self.optimizer.zero_grad()
            loss = self.loss(self.model(x), t)
            loss.backward()
            self.optimizer.step()
            return loss

    def between(setting, number):
        setting.optimizer.param_groups[0]["lr"] = steps[number][1]

    numpynet.manual_seed(len(steps))
    batches = []
    for rows, _ in steps:
        t = {
            "real": lambda rows=rows: numpynet.randn(rows, outputs, dtype=dtype),
            "unit": lambda rows=rows: numpynet.rand(rows, outputs, dtype=dtype),
            "classes": lambda rows=rows: numpynet.randint(0, outputs, (rows,)),
        }[target]()
        batches.append((numpynet.randn(rows, inputs, dtype=dtype), t))
    assert_agree(Training, batches, between, readable)
