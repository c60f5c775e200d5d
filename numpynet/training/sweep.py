"""Sweep: every combination of a grid from every seed, on as many processes or machines as there are."""

from __future__ import annotations

import itertools
import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from numpynet.compiler import ensemble as make_ensemble
from numpynet.core.tensor import Tensor
from numpynet.nn import Module
from numpynet.random.borrowing import borrowed
from numpynet.serialization import load, save
from numpynet.training.folder_lock import locked_folder

Row = dict[str, Any]
Grid = Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Group:
    """A combination with the seeds whose models are trained together: one, or all as an ensemble."""

    make_model: Callable[..., Module]
    train: Callable[..., Any]
    params: Mapping[str, Any]
    seeds: tuple[int, ...]
    together: bool

    def run(self) -> list[Row]:
        """Trains; returns a row for each seed, which has an "error" where it went wrong."""
        try:
            with borrowed(self.seeds[0]):
                if self.together:
                    results = self._of_all()
                else:
                    results = [_named(self.train(self.make_model(**self.params), **self.params))]
            rows = [{**self.params, "seed": seed, **one} for seed, one in zip(self.seeds, results, strict=True)]
        except Exception:
            rows = self.failed(traceback.format_exc())
        return rows

    def failed(self, error: str) -> list[Row]:
        """A row with the error for each seed."""
        return [{**self.params, "seed": seed, "error": error} for seed in self.seeds]

    def _of_all(self) -> list[Row]:
        """The results of an ensemble, each of which has one value for each seed."""
        models = make_ensemble(lambda: self.make_model(**self.params), self.seeds)
        results = _named(self.train(models, **self.params))
        for name, values in results.items():
            if not isinstance(values, list) or len(values) != len(self.seeds):
                raise ValueError(f"sweep: train must return {len(self.seeds)} values of {name!r}, one for each model")
        return [{name: values[position] for name, values in results.items()} for position in range(len(self.seeds))]

    def key(self) -> str:
        """A name for what it is, the same in every process; TypeError where there is none."""
        joblib = _joblib()
        try:
            return str(joblib.hash((sorted(self.params.items()), self.seeds, self.together)))
        except Exception as error:
            raise TypeError(
                f"sweep: the combination {dict(self.params)} has no name by which a sweep that goes on could know it "
                f"again: let the grid hold numbers, strings, and functions of modules"
            ) from error


def sweep(
    make_model: Callable[..., Module],
    train: Callable[..., Any],
    grid: Grid,
    seeds: Iterable[int] = (0,),
    *,
    ensemble: bool = False,
    n_jobs: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> list[Row]:
    """Makes and trains a model for every combination of a grid and every seed, on several processes at once.

    make_model: makes a model, ``make_model(**params)``.
    train: trains it and returns what came of it, ``train(model, **params)``: a number, or a dict of numbers, texts and
        lists.
    grid: the values of each parameter, of which every combination is tried; or a list of combinations.
    seeds: where all random numbers of the process begin before a model is made.
    ensemble: True trains the models of all seeds as one: ``train(models, **params)`` is given an `Ensemble`, and each
        of its results has one value for each model.
    n_jobs: how many processes, by default one for each core; 1 for this process alone.
    folder: keeps the result of each training that is finished. A sweep that was broken off goes on from there, and
        repeats what failed. It belongs to one make_model and train, and one sweep at a time has it.
    progress: shows a bar of the models on the standard error stream.

    It runs on joblib, which decides where: ``with joblib.parallel_config("dask"):`` around the same call uses all
    workers of a Dask cluster, whose loss it survives.

    Returns a list of rows, dicts, in the order of combinations and seeds: the parameters, "seed" and the results, or
    "error" with the traceback where something went wrong, which does not stop the others. ``pandas.DataFrame(rows)``
    makes a table of it. ValueError when there is no combination or no seed. BlockingIOError while another sweep on this
    machine has the folder. ModuleNotFoundError without joblib.

    >>> import numpynet
    >>> from numpynet import nn
    >>> def make_model(width):
    ...     return nn.Sequential(nn.Linear(1, width), nn.Linear(width, 1))
    >>> def train(model, width):
    ...     return {"parameters": sum(p.numel() for p in model.parameters())}
    >>> rows = numpynet.sweep(make_model, train, {"width": [2, 4]}, seeds=[0, 1], n_jobs=1, progress=False)
    >>> rows[0]
    {'width': 2, 'seed': 0, 'parameters': 7}
    >>> [(row["width"], row["parameters"]) for row in rows]
    [(2, 7), (2, 7), (4, 13), (4, 13)]
    """
    combinations, chosen = _combinations(grid), tuple(seeds)
    if not combinations or not chosen:
        raise ValueError(f"sweep: there must be a combination and a seed, but there are {combinations} and {chosen}")
    parts = [chosen] if ensemble else [(seed,) for seed in chosen]
    groups = [Group(make_model, train, params, part, ensemble) for params in combinations for part in parts]
    with locked_folder(folder):
        paths = {} if folder is None else {number: _path(folder, group) for number, group in enumerate(groups)}
        rows = {number: load(path) for number, path in paths.items() if os.path.exists(path)}
        total = len(combinations) * len(chosen)
        done = sum(map(len, rows.values()))
        with tqdm(desc="Sweep", unit="model", total=total, initial=done, disable=not progress) as bar:
            for number, found in _run(groups, [number for number in range(len(groups)) if number not in rows], n_jobs):
                rows[number] = found
                if number in paths and not any("error" in row for row in found):
                    save(found, paths[number])
                bar.update(len(found))
        return [row for number in range(len(groups)) for row in rows[number]]


def _run(groups: Sequence[Group], numbers: list[int], n_jobs: int | None) -> Iterator[tuple[int, list[Row]]]:
    """Runs groups, and gives each one's rows when it is finished.

    Where a worker process dies, joblib gives up all that it does: each of the others is then run once more, alone, and
    one whose process dies again has failed.
    """
    if n_jobs == 1:
        yield from ((number, groups[number].run()) for number in numbers)
        return
    joblib, waiting = _joblib(), set(numbers)

    def parallel(numbers: Iterable[int], n_jobs: int) -> Iterator[tuple[int, list[Row]]]:
        tasks = (joblib.delayed(_numbered)(number, groups[number]) for number in numbers)
        found: Iterator[tuple[int, list[Row]]] = joblib.Parallel(n_jobs, return_as="generator_unordered")(tasks)
        return found

    try:
        for number, rows in parallel(numbers, -1 if n_jobs is None else n_jobs):
            waiting.discard(number)
            yield number, rows
    except Exception:  # of joblib's: what a group itself raises is in its rows
        for number in sorted(waiting):
            try:
                ((_, rows),) = parallel([number], 2)  # one would be this process
            except Exception as error:
                rows = groups[number].failed(f"the process that ran it has failed: {type(error).__name__}: {error}")
            yield number, rows


def _joblib() -> Any:
    try:
        import joblib
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "sweep runs on joblib, unless n_jobs=1: pip install joblib, or numpynet-backprop[sweep]", name=error.name
        ) from error
    return joblib


def _numbered(number: int, group: Group) -> tuple[int, list[Row]]:
    return number, group.run()


def _combinations(grid: Grid) -> list[dict[str, Any]]:
    if not isinstance(grid, Mapping):
        return [dict(one) for one in grid]
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*map(list, grid.values()))]


def _path(folder: str | os.PathLike[str], group: Group) -> str:
    return os.path.join(os.fspath(folder), f"{group.key()}.pt")


def _named(result: Any) -> Row:
    """What a training returned, as plain numbers by name."""
    if not isinstance(result, Mapping):
        result = {"result": result}
    return {str(name): _plain(value) for name, value in result.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        value = value.detach().numpy()
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"sweep: train must return numbers, texts and lists of them, but there is a {type(value).__name__}")
