"""Training runs that are killed, and go on: each must end with the bits of a run that was not.

``python -m tests.training.killed --kills 300`` kills that often, at random moments of eager and compiled runs in turns;
``python -m tests.training.killed run FOLDER SETUP`` is such a run. It ends by printing a checksum of all that it made.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
from tqdm import tqdm

import numpynet
from numpynet import nn
from numpynet.optim import SGD, Adam
from numpynet.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau, StepLR
from numpynet.training import EarlyStopping, Trainer, accuracy
from numpynet.utils.data import DataLoader, Dataset, TensorDataset

SETUPS = {"plain": 0.4, "compiled": 3.0, "stream": 0.4}  # the longest while to a kill: compiled, a first save is late


class Noisy(Dataset):
    """Samples with noise of NumPy's and Python's own generators."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        noise = np.random.standard_normal() * random.random()  # noqa: NPY002
        return self.x[index] + 0.01 * noise, self.y[index]


def fitted(setup: str, folder: str | None, ready=lambda: None, epochs: int = 12) -> int:
    """Trains; returns the checksum. ready: called before the first step."""
    random.seed(3)
    np.random.seed(4)  # noqa: NPY002
    numpynet.manual_seed(5)
    x = numpynet.randn(70, 3)
    y = (x.sum(1) > 0).long()
    model = nn.Sequential(nn.Linear(3, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Dropout(0.2), nn.Linear(16, 2))
    loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)
    if setup == "plain":
        loader = DataLoader(Noisy(x, y), batch_size=8, shuffle=True, generator=numpynet.Generator().manual_seed(6))
        optimizer = Adam(model.parameters(), lr=0.02)
        options = {"scheduler": StepLR(optimizer, 3)}
    elif setup == "compiled":
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        options = {"scheduler": OneCycleLR(optimizer, 0.2, total_steps=9 * epochs), "schedule_every": "step"}
    else:
        loader = list(loader)
        optimizer = Adam(model.parameters(), lr=0.02, amsgrad=True)
        options = {"scheduler": ReduceLROnPlateau(optimizer, patience=1)}
    stopping = EarlyStopping("accuracy", patience=epochs, mode="max")
    trainer = Trainer(
        epochs,
        gradient_clip_val=1.0,
        decay_rate=1e-4,
        compile=setup == "compiled",
        callbacks=[stopping],
        progress=False,
    )
    ready()
    history = trainer.fit(
        model,
        loader,
        DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True),
        loss=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        metrics=[accuracy],
        checkpoint=folder,
        checkpoint_every=None if folder is None else 3,
        resume=folder is not None,
        **options,
    )
    made = [history.to_dict(), stopping.best_epoch, random.random(), np.random.random()]  # noqa: NPY002
    crc = zlib.crc32(repr(made).encode())
    for tensor in [*model.state_dict().values(), numpynet.get_rng_state(), numpynet.randn(3)]:
        crc = zlib.crc32(tensor.numpy().tobytes(), crc)
    for state in optimizer.state_dict()["state"].values():
        for value in state.values():
            crc = zlib.crc32(np.asarray(value.numpy() if numpynet.is_tensor(value) else value).tobytes(), crc)
    return crc


def start(setup: str, folder: Path) -> subprocess.Popen[str]:
    """A run in a process of its own, at the moment at which it begins to train."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.training.killed", "run", str(folder), setup],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [".", os.environ.get("PYTHONPATH")]))},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill_until_done(setup: str, folder: Path, moments: random.Random, longest: float, kills: int) -> tuple[int, int]:
    """Kills the run in a folder up to `kills` times, each after a random while; returns the checksum and the kills.

    longest: the longest while, in seconds. AssertionError where more than one temporary file is left after a kill, or
    any after the end.
    """
    killed = 0
    while True:
        process = start(setup, folder)
        if killed < kills:
            time.sleep(moments.uniform(0, longest))
            process.send_signal(signal.SIGKILL)
        output, _ = process.communicate()
        files = {path.name for path in folder.iterdir()} - {"checkpoint.pt"} if folder.exists() else set()
        if process.returncode == -signal.SIGKILL:
            killed += 1
            assert len(files) <= 1, files
            continue
        assert process.returncode == 0, process.returncode
        assert not files, files
        return int(output), killed


def main() -> int:
    """Runs the command line; exit code 1 when a run ended with other bits."""
    parser = argparse.ArgumentParser(prog="python -m tests.training.killed", description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("command", nargs="*", metavar="run FOLDER SETUP")
    options = parser.parse_args()
    if options.command:
        _, folder, setup = options.command
        print(fitted(setup, folder, ready=lambda: print("ready", flush=True)))
        return 0
    moments, wrong, runs, total = random.Random(options.seed), 0, 0, 0
    whole = {setup: fitted(setup, None) for setup in SETUPS}
    with tqdm(total=options.kills, unit="kill", disable=not sys.stderr.isatty()) as bar:
        while total < options.kills:
            setup, longest = list(SETUPS.items())[runs % len(SETUPS)]
            with tempfile.TemporaryDirectory() as folder:
                left = min(10, options.kills - total)
                crc, killed = kill_until_done(setup, Path(folder) / "run", moments, longest, kills=left)
            runs, total, wrong = runs + 1, total + killed, wrong + (crc != whole[setup])
            bar.update(killed)
    print(f"{total} kills in {runs} runs: {wrong} ended with other bits than a run that was not killed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
