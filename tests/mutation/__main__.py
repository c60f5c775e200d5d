"""``python -m tests.mutation``: every mutant in turn, and whether the tests notice it. Exit code 1 if one survives."""

from __future__ import annotations

import argparse
import sys

from tqdm import tqdm

from tests.mutation.mutants import MUTANTS
from tests.mutation.trial import is_noticed, preload


def main() -> int:
    """Tries all mutants, or those whose name contains a word."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("word", nargs="?", default="", help="only mutants with this in their name")
    word = parser.parse_args().word
    preload()
    chosen = [mutant for mutant in MUTANTS if word in mutant.name]
    survivors = [mutant for mutant in tqdm(chosen, unit="mutant") if not is_noticed(mutant)]
    for mutant in survivors:
        print(f"survived: {mutant.name}   (tests: {mutant.tests} {mutant.keyword})")
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants noticed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
