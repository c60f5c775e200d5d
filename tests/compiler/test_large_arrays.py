"""On arrays so large that the eager step computes them in blocks, a compiled step gives the same bits."""

import pytest
from agreement import Setting, assert_agree

import numpynet
import numpynet.nn.functional as F

ROWS, COLUMNS = 700, 411  # more elements than a few blocks, and no multiples of anything

FUNCTIONS = {
    "sigmoid": numpynet.sigmoid,
    "relu": numpynet.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "silu": F.silu,
    "softplus": F.softplus,
    "logsigmoid": F.logsigmoid,
    "gelu": F.gelu,
    "gelu by tanh": lambda x: F.gelu(x, approximate="tanh"),
    "erf": numpynet.erf,
    "clamp": lambda x: numpynet.clamp(x, -0.5, 0.5),
    "softmax of rows": lambda x: numpynet.softmax(x, 1),
    "softmax of columns": lambda x: numpynet.softmax(x, 0),
    "softmax of short rows": lambda x: numpynet.softmax(x[:, :408].reshape(-1, 6), 1),
    "softmax of single elements": lambda x: numpynet.softmax(x.reshape(-1, 1), 1),
    "log_softmax": lambda x: numpynet.log_softmax(x, 1),
    "layer_norm": lambda x: F.layer_norm(x, (COLUMNS,)),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "cumsum of rows": lambda x: x.cumsum(1),
    "cumsum of columns": lambda x: x.cumsum(0),
    "cumsum of all": lambda x: x.reshape(-1).cumsum(0),
    "cumprod": lambda x: (1 + x / 1000).cumprod(0),
    "sum of rows": lambda x: x.sum(1),
    "sum of columns": lambda x: x.sum(0),
    "sum of a transposed one": lambda x: x.T.sum(0),
    "mean": lambda x: x.mean(),
    "var of columns": lambda x: x.var(0),
    "std": lambda x: x.std(),
    "norm": lambda x: x.norm(),
    "norm of rows": lambda x: x.norm(dim=1),
    "logsumexp": lambda x: x.logsumexp(0),
    "bias": lambda x: F.linear(x, numpynet.ones(3, COLUMNS, dtype=x.dtype), x[:3, 0]),
    "middle": lambda x: x.reshape(7, 100, COLUMNS).sum(1),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_large_arrays(name, dtype):
    def make():
        x = numpynet.randn(ROWS, COLUMNS, dtype=getattr(numpynet, dtype)).requires_grad_()
        shape = FUNCTIONS[name](x.detach()).shape
        cotangent = numpynet.randn(shape, dtype=x.dtype)

        def step():
            x.grad = None
            y = FUNCTIONS[name](x)
            y.backward(cotangent)
            return y.detach()

        return Setting(step, x)

    assert_agree(make, ((),) * 2)
