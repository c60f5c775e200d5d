"""``python -m tests.differential``: random programs under numpynet and torch; prints those that disagree.

Exits with 1 if any does, but for the differences that are meant: `tests.differential.programs.ALLOWED` lists them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

import torch

from tests.differential.grammar import Author
from tests.differential.programs import choice_of_seeds, disagreement, minimised, pattern


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--length", type=int, default=12)
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    start = time.perf_counter()
    groups: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    productions: Counter[str] = Counter()
    failing: Counter[str] = Counter()
    wrong = 0
    for seed in choice_of_seeds(wanted.seed, wanted.programs):
        author = Author(seed)
        lines = author.write(wanted.length)
        origins = list(author.productions)
        productions.update(origins)
        wrong += disagreement(lines) is not None
        while (found := disagreement(lines)) is not None:
            key = (found.kind, pattern(lines[found.line]))
            groups[key] += 1
            failing[origins[found.line]] += 1
            if key not in examples:
                least = minimised(lines)
                examples[key] = "\n".join([*least, str(disagreement(least))])
            del lines[found.line], origins[found.line]  # what else there is
    for key, count in groups.most_common():
        print(f"=== {count} x {key[0]}: {key[1]}\n{examples[key]}\n")
    for name, count in failing.most_common():
        print(f"{name}: {count} of {productions[name]} lines disagree")
    print(f"{wrong} of {wanted.programs} programs disagree, {time.perf_counter() - start:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
