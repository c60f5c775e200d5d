"""``python -m tests.mutation``: every mutant in turn, and whether the tests notice it. Exit code 1 if one survives."""

from __future__ import annotations

import argparse
import sys
import time
from multiprocessing import get_context

from tqdm import tqdm

from tests.mutation.mutants import MUTANTS
from tests.mutation.trial import is_noticed, preload


def main() -> int:
    """Tries all mutants, or those whose name contains a word, as many at once as there are cores."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("word", nargs="?", default="", help="only mutants with this in their name")
    word = parser.parse_args().word
    start = time.perf_counter()
    preload()
    chosen = [mutant for mutant in MUTANTS if word in mutant.name]
    with get_context("fork").Pool() as pool:
        tried = tqdm(pool.imap(is_noticed, chosen), total=len(chosen), unit="mutant", disable=not sys.stderr.isatty())
        survivors = [mutant for mutant, noticed in zip(chosen, tried, strict=True) if not noticed]
    for mutant in survivors:
        print(f"survived: {mutant.name}   (tests: {mutant.tests} {mutant.keyword})")
    noticed = f"{len(chosen) - len(survivors)} of {len(chosen)} mutants noticed"
    print(f"{noticed} in {time.perf_counter() - start:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
