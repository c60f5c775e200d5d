"""The command line: `numpynet`, and the studies as its subcommands."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

import numpynet
from numpynet.core.dtypes import float32
from numpynet.serialization.atomic_file import atomic_file, require_writable
from numpynet.studies.iris import iris
from numpynet.studies.iris_classifier import versicolor_data
from numpynet.studies.regression import regression
from numpynet.studies.result import Result, plot_all
from numpynet.studies.widths import EARLY, SEEDS, widths
from numpynet.training.plotting import figure_format

STUDIES = ("regression", "iris", "widths")
FAILED, USAGE, INTERRUPTED = 1, 2, 130  # exit codes; 130 is what shells give for Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line with these arguments, by default the process's own; returns the exit code.

    0 when all went well, 1 when something needed is missing or a file could not be written, 130 after Ctrl-C.
    SystemExit with code 2 for arguments that make no sense, and with 0 after --help and --version.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    chosen = [options.study] if options.study else list(STUDIES)
    try:
        _check(parser, options, chosen)
        results: dict[str, Result] = {}
        for name in chosen:
            if results:
                print()
            results[name] = _run(name, options)
            print(results[name].report(), flush=True)
        if options.json is not None:
            _write_json(options.json, results)
        if options.plot is not None:
            plot_all(list(results.values()), options.plot)
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:  # whoever read the output has had enough, as in `numpynet | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (ModuleNotFoundError, OSError) as error:
        return _fail(str(error), FAILED)
    return 0


def _fail(message: str, code: int) -> int:
    print(f"numpynet: {message}", file=sys.stderr)
    return code


def _run(name: str, options: argparse.Namespace) -> Result:
    shared = {"dtype": getattr(numpynet, options.dtype), "progress": options.progress and sys.stderr.isatty()}
    if options.epochs is not None:
        shared["epochs"] = options.epochs
    if name == "regression":
        return regression(options.seed, **shared)
    if name == "iris":
        return iris(options.seed, **shared)
    return widths(range(options.seed, options.seed + options.seeds), **shared)


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace, chosen: list[str]) -> None:
    """Finds out before the work what would fail after it: usage errors, files not writable, packages missing."""
    last = options.seed + (options.seeds - 1 if "widths" in chosen else 0)
    if not -(2**63) <= options.seed <= last < 2**64:
        parser.error(f"seeds go from -2**63 to 2**64 - 1, but these would be {options.seed} to {last}")
    if "widths" in chosen and options.epochs is not None and options.epochs < EARLY:
        parser.error(f"widths looks at the loss at epoch {EARLY}: --epochs must be at least that, not {options.epochs}")
    for path in filter(None, (options.json, options.plot)):
        try:
            require_writable(path)
        except OSError as error:
            parser.error(f"cannot write {path}: {error.strerror}")
    if options.plot is not None:
        try:
            figure_format(options.plot)
        except ValueError as error:
            parser.error(str(error))
    if chosen != ["regression"]:
        versicolor_data(float32)


def _write_json(path: str, results: dict[str, Result]) -> None:
    content = {"numpynet": numpynet.__version__, **{name: result.to_dict() for name, result in results.items()}}
    with atomic_file(path) as file:
        json.dump(content, file)
        file.write("\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="numpynet",
        description="Three studies in training small networks. Without a name, all three.",
        epilog="numpynet STUDY --help tells more about one of them.",
    )
    parser.add_argument("--version", action="version", version=f"numpynet {numpynet.__version__}")
    _add_shared(parser)
    _add_seeds(parser)
    studies = parser.add_subparsers(dest="study", title="studies", metavar="STUDY")
    for name, epochs, summary in (
        ("regression", 4, "fit a plane through noisy points, from scratch, with a learning rate that decays"),
        ("iris", 1000, "tell versicolor from other iris flowers: SGD, and an update by hand with and without a bug"),
        ("widths", 1000, "ask many seeds whether a wider hidden layer learns faster"),
    ):
        # What is not given must not overwrite what stood before the study's name, hence no defaults here.
        study = studies.add_parser(name, help=summary, description=summary, argument_default=argparse.SUPPRESS)
        study.add_argument("--epochs", type=_positive, metavar="N", help=f"passes through the data (default: {epochs})")
        _add_shared(study)
        if name == "widths":
            _add_seeds(study)
    parser.set_defaults(seed=0, seeds=SEEDS, dtype="float32", plot=None, json=None, progress=True, epochs=None)
    return parser


def _add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, metavar="S", help="start of the random streams, as in torch (default: 0)")
    parser.add_argument("--dtype", choices=["float32", "float64"], help="numbers to compute with (default: float32)")
    parser.add_argument("--plot", type=_path, metavar="FILE", help="draw the outcome into a PNG, SVG or PDF file")
    parser.add_argument("--json", type=_path, metavar="FILE", help="write all numbers into a JSON file")
    parser.add_argument(
        "--no-progress", dest="progress", action="store_false", default=argparse.SUPPRESS, help="show no progress bars"
    )


def _add_seeds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seeds",
        type=_positive,
        metavar="N",
        help=f"networks of each width in widths: seeds S ... S+N-1 (default: {SEEDS})",
    )


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer, not {text!r}")
    return number


def _path(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("needs the name of a file")
    return text
