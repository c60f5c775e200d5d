"""The command `python -m parity run FILE`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from parity.libraries import TorchMissingError, torch_is_installed
from parity.run.comparison import Line, Pair, compare, excuse
from parity.run.folder import BYTES, FILES, Plan
from parity.run.names import missing_names
from parity.run.running import INTERRUPTED, Ran, Run, Runs
from parity.run.source import Source, read
from parity.run.verdict import DIFFER, UNUSABLE, Pairs, judge
from parity.run.written import LARGEST

TOLERANCE = 1e-3
TIMEOUT = 600.0
SHOWN = 200  # characters of a long line
DESCRIPTION = f"""\
Runs a torch script (.py) or Jupyter notebook (.ipynb) twice, once with torch and once with numpynet in its place,
each in its own process on one thread, from the same seeds (torch, random, numpy.random). The file is not changed.
What follows -- goes to the script: python -m parity run train.py -- --epochs 3

Compares what they print to the standard output, line by line; warnings, progress bars and figures do not count.
Compares likewise the files that they write, by name and by contents: text by its lines, and the arrays of .npy, .npz,
torch.save and numpynet.save; of figures, pickles and files above {LARGEST >> 20} MiB only the names.

Each run has its own copy of the file's folder and of the current one, so that none sees what the other writes, and
your files stay as they are; the copies are deleted afterwards. What is more than {FILES:,} files or {BYTES >> 20} MiB
is linked instead, and listed. A notebook runs in its own folder, a script in the current one.

Where numbers are too far apart, torch runs twice more, with kernels that round otherwise, as on other machines: MKL's
portable ones, and its own baseline build, whose random numbers have other last digits, too. What lies within torch's
own spread then is excused, and shown with what torch printed in those runs: no library could print the same."""

EXIT_CODES = """\
exit codes:
  0    AGREE: both ran to their ends, and everything that could be compared agrees
  1    DO NOT AGREE: something differs, or numpynet's run ended otherwise than torch's
  2    nothing was run: wrong arguments, an unreadable file, no torch
  3    UNDECIDED: nothing differs, but nothing is shown either: the file ends early with torch, too, uses nothing of
       torch, imports numpynet itself, or prints and writes nothing that can be compared
  130  INTERRUPTED by Ctrl-C: what both had printed until then is shown"""

OTHER_KERNELS = ({"MKL_CBWR": "COMPATIBLE"}, {"ATEN_CPU_CAPABILITY": "default"})
VARIATION = """
torch varies: this program amplifies rounding errors. In these lines torch itself, with kernels that round otherwise
("and torch": MKL_CBWR=COMPATIBLE, then ATEN_CPU_CAPABILITY=default), is as far from its own numbers as numpynet is
from the nearest of them. There is no one number to agree with, and what these lines show neither proves nor disproves
anything; --strict counts them as differences."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description, parser.epilog = DESCRIPTION, EXIT_CODES
    parser.add_argument("file", type=Path, metavar="FILE", help="a .py or .ipynb file")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of all generators (default: 0)")
    parser.add_argument(
        "--tolerance",
        type=_tolerance,
        default=TOLERANCE,
        metavar="T",
        help="numbers with a decimal point agree within T * max(1, |a|, |b|); 0 for equality (default: %(default)g)",
    )
    parser.add_argument(
        "--ignore", metavar="REGEX", type=_pattern, help="leave out lines, and files by name, with this"
    )
    parser.add_argument("--timeout", type=float, default=TIMEOUT, metavar="S", help="seconds (default: %(default)g)")
    parser.add_argument("--strict", action="store_true", help="excuse no difference by torch's own variation")
    parser.add_argument("--brief", action="store_true", help="show only lines that are not equal")


def execute(arguments: argparse.Namespace) -> int:
    """Returns the exit code."""
    try:
        source = read(arguments.file)
        if not torch_is_installed():
            raise TorchMissingError(
                "torch is not installed, and there is nothing to compare with: pip install torch==2.13.0"
            )
        runs = Runs(source.path, arguments.seed, arguments.passed_on)
        source.notes += linked(runs.plan)
        ours, theirs, pairs = _run(runs, arguments)
    except (OSError, UnicodeDecodeError, ValueError, TorchMissingError) as error:
        print(f"parity run: {error}", file=sys.stderr)
        return UNUSABLE
    print(report(source, ours, theirs, pairs, brief=arguments.brief, tolerance=arguments.tolerance))
    return judge(ours, theirs, pairs)[0]


def _run(runs: Runs, arguments: argparse.Namespace) -> tuple[Ran, Ran, dict[str, list[Pair]]]:
    """numpynet's run, torch's run, and what they did in pairs, with differences excused where that is due."""
    theirs, ours = runs.together([Run("torch"), Run("numpynet")], arguments.timeout)
    pairs = _compare(ours, theirs, arguments)
    excusable = not (arguments.strict or ours.shared or theirs.shared or ours.cut or theirs.cut)
    in_numbers = any(pair.differs_in_numbers for pair in chain(*pairs.values()))
    if excusable and in_numbers and judge(ours, theirs, pairs)[0] == DIFFER:
        others = runs.together([Run("torch", kernels) for kernels in OTHER_KERNELS], arguments.timeout)
        if any(other.was_interrupted for other in others):
            theirs.stopped, theirs.cut = INTERRUPTED, True
        for name, one in pairs.items():
            pairs[name] = excuse(one, [_channels(other, arguments.ignore).get(name, []) for other in others])
    return ours, theirs, pairs


def _compare(ours: Ran, theirs: Ran, arguments: argparse.Namespace) -> dict[str, list[Pair]]:
    """What was printed and written, in pairs."""
    a, b = (_channels(ran, arguments.ignore) for ran in (ours, theirs))
    if ours.cut or theirs.cut:  # whoever was stopped would have printed more, and written
        count = min(len(a[""]), len(b[""]))
        a, b = {"": a[""][:count]}, {"": b[""][:count]}
    names = ["", *sorted((a.keys() | b.keys()) - {""})]
    return {name: compare(a.get(name, []), b.get(name, []), arguments.tolerance) for name in names}


def _channels(ran: Ran, ignore: re.Pattern[str] | None) -> dict[str, list[Line]]:
    """The lines printed, by the name "", and those of the files written, without what is to be ignored."""
    return {
        name: [line for line in lines if ignore is None or not ignore.search(line.text)]
        for name, lines in {"": ran.lines, **ran.written}.items()
        if ignore is None or not name or not ignore.search(name)
    }


# --- telling ----------------------------------------------------------------------------------------------


def report(source: Source, ours: Ran, theirs: Ran, pairs: Pairs, *, brief: bool, tolerance: float) -> str:
    """Everything that is to be said, as text."""
    lines = list(source.notes)
    shown = [pair for name, one in pairs.items() for pair in _shown(name, one, brief=brief)]
    width = max((len(pair.verdict) for pair in shown), default=0)
    places = max((len(_place(pair)) for pair in shown), default=0)
    for pair in shown:
        start = f"{pair.verdict:<{width}}  {_place(pair):<{places}}  "
        texts = [line.text for line in (pair.ours, pair.theirs) if line is not None]
        if pair.verdict == "equal":
            lines.append(start + _shortened(texts)[0])
            continue
        names = [name for name, line in (("numpynet  ", pair.ours), ("torch     ", pair.theirs)) if line is not None]
        names += ["and torch "] * len(pair.otherwise)
        for name, text in zip(names, _shortened([*texts, *pair.otherwise]), strict=True):
            lines.append(start + name + text)
            start = " " * len(start)
    lines += [ran.trouble() for ran in (theirs, ours) if not ran.went_well]
    lines += [f"named but missing in numpynet: {name} ({', '.join(at)})" for name, at in missing_names(source).items()]
    lines += [
        f"written outside the runs' own folders, where each may see what the other wrote, and not compared: {path}"
        for path in sorted({*ours.shared, *theirs.shared})
    ]
    return "\n".join([*lines, "", _summary(ours, theirs, pairs, tolerance)])


def linked(plan: Plan) -> list[str]:
    """A note on what was not copied."""
    names = [path.name for path in plan.too_much]
    if not names:
        return []
    listed = ", ".join(names[:5]) + f" and {len(names) - 5:,} more" * (len(names) > 5)
    return [f"linked, not copied, because there are more than {FILES:,} files or {BYTES >> 20} MiB: {listed}"]


def _shortened(texts: Sequence[str]) -> list[str]:
    """The texts, and of long ones what stands around the first difference."""
    if max(map(len, texts)) <= SHOWN:
        return list(texts)
    columns = enumerate(zip(*texts, strict=False))
    first = next((place for place, letters in columns if len(set(letters)) > 1), min(map(len, texts)))
    first = 0 if len(set(texts)) == 1 else first
    start = max(0, min(first - SHOWN // 2, max(map(len, texts)) - SHOWN))
    return ["..." * (start > 0) + text[start : start + SHOWN] + "..." * (len(text) > start + SHOWN) for text in texts]


def _shown(name: str, pairs: Sequence[Pair], *, brief: bool) -> list[Pair]:
    """Not what is equal, when one is brief, and never the contents of a file that are."""
    return [pair for place, pair in enumerate(pairs) if pair.verdict != "equal" or not (brief or (name and place))]


def _place(pair: Pair) -> str:
    line = pair.ours or pair.theirs
    return line.place if line is not None else ""


def _summary(ours: Ran, theirs: Ran, pairs: Pairs, tolerance: float) -> str:
    counts: dict[str, int] = {}
    for pair in chain(*pairs.values()):
        kind = "equal to some digits" if pair.verdict.startswith("equal to") else pair.verdict
        counts[kind] = counts.get(kind, 0) + 1
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing printed or written"
    _, verdict = judge(ours, theirs, pairs)
    summary = (
        f"{verdict}: {sum(counts.values())} lines: {told} (tolerance {tolerance:g}); "
        f"torch {theirs.seconds:.1f} s, numpynet {ours.seconds:.1f} s"
    )
    if counts.get("torch varies"):
        summary += VARIATION
    return summary


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number that is not negative, not {text!r}")
    return value


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a regular expression: {error}") from None
