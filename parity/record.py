"""record: writes what torch does into files that ship with the package, or compares it with them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from numpynet.serialization.atomic_file import require_writable
from parity.build import about_torch, headline, is_baseline
from parity.ladder import Ladder
from parity.libraries import DTYPES, TorchMissingError, run, torch_library
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
    """Returns the exit code.

    1 when torch is missing or unsuitable, and when a comparison does not hold; 2 when the files cannot be written.
    """
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
    if not arguments.compare:
        try:
            arguments.directory.mkdir(parents=True, exist_ok=True)
            for name in arguments.programs:
                require_writable(arguments.directory / f"{name}.npz")
        except OSError as error:
            print(f"parity record: cannot write {error.filename}: {error.strerror}", file=sys.stderr)
            return 2
    print(headline(about, recorded=False))
    differs = 0
    for name in arguments.programs:
        program = PROGRAMS[name]
        if arguments.compare:
            problems = differences(program, record(program), Recording(name, arguments.directory))
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


def differences(program: Program, now: Runs, before: Recording) -> list[str]:
    """What torch does otherwise now than was recorded before, beyond the bounds of a free run.

    Another CPU or another version of torch adds in another order; random bits may not differ at all.
    """
    problems = []
    for dtype, seed in before.runs():
        if (dtype, seed) not in now:
            problems.append(f"{dtype}, seed {seed}: is not recorded any more")
            continue
        ladder = Ladder(program, before.trace(dtype, seed), dtype=dtype, seed=seed, steps=program.steps)
        problems += [f"{dtype}, seed {seed}: {failure}" for failure in ladder.check_free(now[dtype, seed]).failures]
    return problems
