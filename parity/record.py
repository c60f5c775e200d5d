"""record: writes what torch does into files that ship with the package, or compares it with them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parity.ladder import Ladder
from parity.libraries import DTYPES, TorchMissingError, run, torch_library
from parity.oracle import about_torch, headline, is_baseline
from parity.programs import PROGRAMS
from parity.programs.program import Program
from parity.recorder import Recorder
from parity.recording import DIRECTORY, Recording, Runs, is_detailed, save

SEEDS = (0,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `python -m parity record`."""
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where the files are (default: the package)")
    parser.add_argument("--programs", metavar="NAME", nargs="*", choices=list(PROGRAMS), default=list(PROGRAMS))
    parser.add_argument(
        "--compare", action="store_true", help="write nothing: compare what torch does now with what was recorded"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Returns the exit code: 1 when torch is missing or unsuitable, and when a comparison does not hold."""
    try:
        about = about_torch()
    except TorchMissingError as error:
        print(f"parity record: {error}", file=sys.stderr)
        return 1
    if is_baseline(about):
        print(
            f"parity record: this torch runs its {about['cpu_capability']} build, whose random bits are not those that "
            f"are recorded: unset ATEN_CPU_CAPABILITY, and use a CPU with AVX2",
            file=sys.stderr,
        )
        return 1
    print(headline(about, recorded=False))
    differs = 0
    for name in arguments.programs:
        program = PROGRAMS[name]
        if arguments.compare:
            problems = compare(program, arguments.directory)
            differs += bool(problems)
            print(f"{name}: " + ("as recorded" if not problems else "\n  ".join(["differs", *problems])))
        else:
            path = arguments.directory / f"{name}.npz"
            save(path, about, record(program))
            print(f"{name}: {path.stat().st_size / 1024:.0f} KiB")
    return 1 if differs else 0


def record(program: Program) -> Runs:
    """What torch does in every dtype from every seed recorded."""
    torch = torch_library()
    runs: Runs = {}
    for dtype in DTYPES:
        for seed in SEEDS:
            trace = run(program, torch, Recorder(is_detailed), dtype=dtype, seed=seed, steps=program.steps)
            if trace.stopped is not None:
                raise RuntimeError(f"{program.name} stopped under torch with {trace.stopped}")
            runs[dtype, seed] = trace
    return runs


def compare(program: Program, directory: Path = DIRECTORY, dtypes: Sequence[str] = DTYPES) -> list[str]:
    """What of a program torch does now otherwise than was recorded, beyond the bounds of a free run.

    Another CPU or another version of torch adds in another order; random bits may not differ at all.
    """
    torch = torch_library()
    recording = Recording(program.name, directory)
    problems = []
    for dtype, seed in recording.runs():
        if dtype not in dtypes:
            continue
        settings: dict[str, Any] = {"dtype": dtype, "seed": seed, "steps": program.steps}
        now = run(program, torch, Recorder(is_detailed), **settings)
        outcome = Ladder(program, recording.trace(dtype, seed), **settings).check_free(now)
        problems += [f"{dtype}, seed {seed}: {failure}" for failure in outcome.failures]
    return problems
