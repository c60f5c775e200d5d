"""Contenders: competitors that are ready to take turns, and were found to compute what the others compute."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.agreement import CHECKED, DisagreementError, Losses, assert_equal
from benchmarks.competitors import SGD_ALONE, STEPS, SWEEPS, UnavailableError
from benchmarks.sweep import STEPS as SWEEP_STEPS
from benchmarks.sweep import sweep
from benchmarks.timing import Call
from benchmarks.workloads import WORKLOADS


@dataclass
class Contender:
    """call: is timed. share: how much of the workload it does. losses: of the first steps."""

    call: Call
    share: float
    losses: Losses


@dataclass
class Field:
    """Who is ready, who is missing with what reason, and which of the missing failed: by an error or wrong losses."""

    ready: dict[str, Contender] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def enter(self, name: str, prepare: Callable[[], Contender], tolerance: Callable[[int], float]) -> None:
        """Prepares a competitor and compares its losses with those of the first that is ready."""
        try:
            contender = prepare()
            for first in self.ready.values():
                assert_equal(contender.losses, first.losses, tolerance)
                break
            self.ready[name] = contender
        except UnavailableError as error:
            self.missing[name] = str(error)
        except ModuleNotFoundError as error:
            self.missing[name] = f"{error.name} is not installed"
            if str(error.name).startswith("numpynet"):
                self.failed.append(name)
        except DisagreementError as error:
            self.missing[name] = str(error)
            self.failed.append(name)
        except Exception as error:  # one that breaks down must not keep the others from being timed
            first_line = str(error).strip().partition("\n")[0]
            self.missing[name] = f"failed: {type(error).__name__}: {first_line}"
            self.failed.append(name)


def _prepare_in(file: str) -> Callable[..., Any]:
    prepare: Callable[..., Any] = import_module(f"benchmarks.competitors.{file}").prepare
    return prepare


def step_contenders(workload_name: str, names: Iterable[str]) -> Field:
    """For a workload's training step. The share of a call is its number of steps."""
    workload = WORKLOADS[workload_name]()

    def prepare(name: str) -> Contender:
        if workload.optimizer != "SGD" and name in SGD_ALONE:
            raise UnavailableError(f"is written with SGD, not {workload.optimizer}")
        call = _prepare_in(STEPS[name])(workload)
        loss = call()
        if isinstance(loss, list):
            return Contender(call, len(loss), {number: np.array([one]) for number, one in enumerate(loss)})
        losses = [loss, *(call() for _ in range(1, CHECKED))]
        return Contender(call, 1, {number: np.array([one]) for number, one in enumerate(losses) if one is not None})

    field = Field()
    for name in names:
        field.enter(name, partial(prepare, name), workload.tolerance)
    return field


def sweep_contenders(steps: int, names: Iterable[str]) -> Field:
    """For so many of the 1,000 steps of the width sweep; some competitors train fewer seeds, which is their share."""
    whole = sweep()

    def prepare(file: str) -> Contender:
        train = _prepare_in(file)(whole)
        losses = train(CHECKED)
        share = steps / SWEEP_STEPS * losses.shape[-1] / whole.seeds
        return Contender(partial(train, steps), share, {CHECKED - 1: losses})

    field = Field()
    for name in names:
        field.enter(name, partial(prepare, SWEEPS[name]), whole.tolerance)
    return field
