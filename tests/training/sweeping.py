"""What the tests sweep over: functions of a module, which other processes can import."""

import os
import signal
import time
from pathlib import Path

import numpy as np

import numpynet
from numpynet import nn
from numpynet.optim import SGD


def make_model(width=2, **params):
    return nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1))


def sgd_step(model, lr):
    optimizer = SGD(model.parameters(), lr=lr)
    x = numpynet.linspace(-1, 1, 9).reshape(9, 1)

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - x**2) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return step


def train(model, width=2, lr=0.1):
    """Fails for a negative learning rate."""
    if lr < 0:
        raise ArithmeticError(f"lr is {lr}")
    step = sgd_step(model, lr)
    return {"loss": [step().item() for _ in range(5)][-1], "noise": np.random.random()}  # noqa: NPY002


def train_all(models, width=2, lr=0.1):
    step = models.compile(lambda model: sgd_step(model, lr))
    return {"losses": [step() for _ in range(5)][-1]}


def train_slowly(model, number, folder):
    """Leaves a file for each start, and takes its time."""
    Path(folder, f"{number}-{os.getpid()}-{time.monotonic_ns()}").touch()
    time.sleep(0.3)
    return {"noise": numpynet.rand(1)}


def train_or_die(model, number, doomed=()):
    """Kills its own process for some numbers."""
    if number in doomed:
        os.kill(os.getpid(), signal.SIGKILL)
    return number
