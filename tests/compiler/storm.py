"""Ctrl-C, threads and forks while steps compile: nothing may break, and no number may change.

``python -m tests.compiler.storm --signals 500 --seconds 60 --forks 50`` is the whole of it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import threading
import time

from tqdm import tqdm

import numpynet
from numpynet import nn
from numpynet.core import listening
from numpynet.optim import SGD, Adam
from numpynet.optim.lr_scheduler import StepLR
from numpynet.training import Trainer

X = numpynet.linspace(-1, 1, 30).reshape(10, 3)
Y = X.sum(1, keepdim=True)


def network(width):
    """Weights that no generator draws, since threads share the one there is."""
    model = nn.Sequential(nn.Linear(3, width), nn.Tanh(), nn.Linear(width, 1))
    with numpynet.no_grad():
        for parameter in model.parameters():
            parameter.copy_(numpynet.linspace(-0.5, 0.5, parameter.numel()).reshape(parameter.shape))
    return model


def fitted(compile, width=5, make=Adam):
    """The losses and weights of a fit, as bytes."""
    model = network(width)
    optimizer = make(model.parameters(), lr=0.05)
    trainer = Trainer(5, 1.0, 1e-3, compile=compile, progress=False)
    history = trainer.fit(model, [(X, Y)], loss=nn.MSELoss(), optimizer=optimizer, scheduler=StepLR(optimizer, 2))
    if history.interrupted:
        raise KeyboardInterrupt
    return repr(history.losses).encode(), [one.detach().numpy().tobytes() for one in model.parameters()]


def interrupted(trials: int, longest: float, seed: int = 0) -> int:
    """Fits that are interrupted by a real SIGINT after a random while; returns how many were.

    AssertionError where anything is another afterwards.
    """
    moments, hits = random.Random(seed), 0
    wanted = fitted(False)
    for _ in tqdm(range(trials), desc="Ctrl-C", disable=not sys.stderr.isatty()):
        pause = moments.uniform(0, longest)

        def strike(pause=pause):
            time.sleep(pause)
            os.kill(os.getpid(), signal.SIGINT)

        striker = threading.Thread(target=strike)
        try:
            striker.start()
            while striker.is_alive():
                fitted(True)
            time.sleep(0.05)  # the signal may be on its way
        except KeyboardInterrupt:
            hits += 1
        while striker.is_alive():
            with contextlib.suppress(KeyboardInterrupt):
                striker.join()
        assert listening.count[0] == 0
        assert listening.of_thread.listeners == ()
        assert fitted(False) == wanted
        assert fitted(True) == wanted
    return hits


def besieged(seconds: float, threads: int = 4) -> int:
    """Threads that compile, step and make optimizers and schedules for a while; returns the number of fits.

    AssertionError where one ends in an error, or with other bits.
    """
    tasks = [(compile, width, make) for compile in (True, False) for width in (4, 7) for make in (SGD, Adam)]
    wanted = {task: fitted(*task) for task in tasks}
    errors: list[BaseException] = []
    count = [0] * threads
    end = time.monotonic() + seconds

    def work(number: int) -> None:
        order = random.Random(number)
        try:
            while time.monotonic() < end and not errors:
                task = order.choice(tasks)
                assert fitted(*task) == wanted[task], task
                count[number] += 1
        except BaseException as error:
            errors.append(error)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise AssertionError("a thread ended in an error") from errors[0]
    assert listening.count[0] == 0
    return sum(count)


def forked(times: int) -> None:
    """Forks while another thread compiles; AssertionError where a child cannot compile, or hangs for 30 seconds."""
    wanted, over = fitted(True), threading.Event()

    def compile_on() -> None:
        while not over.is_set():
            fitted(True)

    worker = threading.Thread(target=compile_on)
    worker.start()
    try:
        for _ in tqdm(range(times), desc="fork", disable=not sys.stderr.isatty()):
            time.sleep(random.uniform(0, 0.1))
            child = os.fork()
            if not child:
                signal.alarm(30)
                os._exit(fitted(True) != wanted or fitted(False) != wanted)
            _, status = os.waitpid(child, 0)
            assert status == 0, status
    finally:
        over.set()
        worker.join()


def main() -> int:
    """Runs the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.compiler.storm", description=__doc__)
    parser.add_argument("--signals", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--forks", type=int, default=50)
    options = parser.parse_args()
    print(
        f"{interrupted(options.signals, 0.3)} of {options.signals} signals struck a fit that compiled; all bits equal"
    )
    print(f"{besieged(options.seconds)} fits of 4 threads in {options.seconds:g} s; all bits equal")
    forked(options.forks)
    print(f"{options.forks} forks beside a thread that compiles; all bits equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
