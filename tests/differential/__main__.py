"""``python -m tests.differential``: random programs under numpynet and torch; prints those that disagree."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import warnings

import torch
from grammar import program
from programs import Disagreement, choice_of_seeds, disagreement, minimised, pattern


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--length", type=int, default=12)
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    start = time.perf_counter()
    groups: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], list[str]] = {}
    wrong = 0
    for seed in choice_of_seeds(wanted.seed, wanted.programs):
        lines = program(seed, wanted.length)
        wrong += disagreement(lines) is not None
        while (found := disagreement(lines)) is not None:
            key = (found.kind, pattern(lines[found.line]))
            groups[key] += 1
            if key not in examples:
                least = minimised(lines)
                examples[key] = [*least, str(disagreement(least))]
            del lines[found.line]  # what else there is
    for key, count in groups.most_common():
        print(f"=== {count} x {key[0]}: {key[1]}")
        print("\n".join(examples[key]), end="\n\n")
    print(f"{wrong} of {wanted.programs} programs disagree, {time.perf_counter() - start:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
