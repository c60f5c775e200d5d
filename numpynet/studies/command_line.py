"""The command line: `numpynet`, and the studies as its subcommands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import numpynet
from numpynet.core.dtypes import float32
from numpynet.serialization.atomic_file import require_writable
from numpynet.serialization.json_file import require_json_writable, words_beside, write_json
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

    0 when all went well, 1 when something needed is missing or a file could not be written, 130 after Ctrl-C: then
    the studies that are finished are printed, drawn and written like those of a whole run.
    SystemExit with code 2 for arguments that make no sense, and with 0 after --help and --version.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    chosen = [options.study] if options.study else list(STUDIES)
    try:
        _check(parser, options, chosen)
        results: dict[str, Result] = {}
        code = _run_all(chosen, options, results)
        return max(code, _store(results, options, interrupted=code == INTERRUPTED)) if results else code
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:  # whoever read the output has had enough, as in `numpynet | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (ModuleNotFoundError, OSError) as error:
        return _fail(str(error), FAILED)


def _fail(message: str, code: int) -> int:
    print(f"numpynet: {message}", file=sys.stderr)
    return code


def _run_all(chosen: Sequence[str], options: argparse.Namespace, results: dict[str, Result]) -> int:
    """Runs the studies one after the other, prints each, and adds it to the results. Returns the exit code."""
    words = words_beside(options.json)
    try:
        for name in chosen:
            result = _run(name, options)
            print("\n" * bool(results) + result.report(), file=words, flush=True)
            results[name] = result
    except KeyboardInterrupt:
        lost = [name for name in chosen if name not in results]
        return _fail(f"interrupted: {', '.join(lost)} not finished", INTERRUPTED)
    return 0


def _store(results: dict[str, Result], options: argparse.Namespace, *, interrupted: bool) -> int:
    """Writes the files that were asked for, each whether or not another fails. Returns the exit code."""
    code = 0
    if options.json is not None:
        content = {
            "numpynet": numpynet.version.numpynet,
            **{name: result.to_dict() for name, result in results.items()},
        }
        try:
            write_json(content | ({"interrupted": True} if interrupted else {}), options.json)
        except BrokenPipeError:
            raise
        except OSError as error:
            code = _fail(f"{options.json}: {error}", FAILED)
    if options.plot is not None:
        try:
            plot_all(list(results.values()), options.plot)
        except OSError as error:
            code = _fail(f"{options.plot}: {error}", FAILED)
    return code


def _run(name: str, options: argparse.Namespace) -> Result:
    shared = {"dtype": getattr(numpynet, options.dtype), "progress": options.progress and sys.stderr.isatty()}
    if options.epochs is not None:
        shared["epochs"] = options.epochs
    if name == "regression":
        return regression(options.seed, **shared)
    if name == "iris":
        return iris(options.seed, **shared)
    return widths(range(options.seed, options.seed + (options.seeds or SEEDS)), **shared)


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace, chosen: list[str]) -> None:
    """Finds out before the work what would fail after it: usage errors, files not writable, packages missing."""
    last = options.seed + ((options.seeds or SEEDS) - 1 if "widths" in chosen else 0)
    if not -(2**63) <= options.seed <= last < 2**64:
        parser.error(f"seeds go from -2**63 to 2**64 - 1, but these would be {options.seed} to {last}")
    if "widths" in chosen and options.epochs is not None and options.epochs < EARLY:
        parser.error(f"widths looks at the loss at epoch {EARLY}: --epochs must be at least that, not {options.epochs}")
    if options.seeds is not None and "widths" not in chosen:
        parser.error(f"--seeds N trains N networks of each width in widths; {chosen[0]} has one --seed")
    for path, check in ((options.json, require_json_writable), (options.plot, require_writable)):
        try:
            if path is not None:
                check(path)
        except OSError as error:
            parser.error(f"cannot write {path}: {error.strerror}")
    if options.plot is not None:
        try:
            figure_format(options.plot)
        except ValueError as error:
            parser.error(str(error))
    if chosen != ["regression"]:
        versicolor_data(float32)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="numpynet",
        description="Three studies in training small networks. Without a name, all three.",
        epilog="`numpynet run FILE` runs a script that was written for torch, "
        "`numpynet explain FILE` shows the backward pass of a script, `numpynet lessons` lists lessons. "
        "Options may stand before a study's name and after it. Exit codes: 0; 1 where a package is missing or a file "
        "could not be written; 2 for wrong arguments; 130 after Ctrl-C, when the studies that are finished have "
        "been printed and written.",
    )
    parser.add_argument("--version", action="version", version=f"numpynet {numpynet.version.numpynet}")
    _add_shared(parser, "4 for regression, 1000 for iris and widths")
    studies = parser.add_subparsers(dest="study", title="studies", metavar="STUDY")
    for name, epochs, summary in (
        ("regression", "4", "fit a plane through noisy points, from scratch, with a learning rate that decays"),
        ("iris", "1000", "tell versicolor from other iris flowers: SGD, and an update by hand with and without a bug"),
        ("widths", "1000", "ask many seeds whether a wider hidden layer learns faster"),
    ):
        # What is not given must not overwrite what stood before the study's name, hence no defaults here.
        study = studies.add_parser(name, help=summary, description=summary, argument_default=argparse.SUPPRESS)
        _add_shared(study, epochs)
    parser.set_defaults(seed=0, seeds=None, dtype="float32", plot=None, json=None, progress=True, epochs=None)
    return parser


def _add_shared(parser: argparse.ArgumentParser, epochs: str) -> None:
    """The options that may stand before a study's name and after it. epochs: their default, in words."""
    parser.add_argument("--epochs", type=_positive, metavar="N", help=f"passes through the data (default: {epochs})")
    parser.add_argument("--seed", type=int, metavar="S", help="start of the random streams, as in torch (default: 0)")
    parser.add_argument(
        "--seeds",
        type=_positive,
        metavar="N",
        help=f"widths alone: networks of each width, from seeds S ... S+N-1 (default: {SEEDS})",
    )
    parser.add_argument("--dtype", choices=["float32", "float64"], help="numbers to compute with (default: float32)")
    parser.add_argument("--plot", type=_path, metavar="FILE", help="draw the outcome into a PNG, SVG or PDF file")
    parser.add_argument(
        "--json",
        type=_path,
        metavar="FILE",
        help='write all numbers into a JSON file, what is not finite as "nan" or "inf"; - is the standard output, and '
        "the tables then go to the standard error",
    )
    parser.add_argument(
        "--no-progress", dest="progress", action="store_false", default=argparse.SUPPRESS, help="show no progress bars"
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
