"""Verdict: whether two runs agree, from what was compared and how they ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from parity.run.comparison import Pair
from parity.run.running import Ran

AGREE, DIFFER, UNUSABLE, UNDECIDED, INTERRUPTED = 0, 1, 2, 3, 130  # the command's exit codes


Pairs = Mapping[str, Sequence[Pair]]  # of what was printed, by the name "", and written, by the files' names


def judge(ours: Ran, theirs: Ran, pairs: Pairs) -> tuple[int, str]:
    """The exit code, and the verdict in words."""
    if ours.was_interrupted or theirs.was_interrupted:
        return INTERRUPTED, "INTERRUPTED, before it was known whether they agree"
    doubt = _nothing_tested(ours, theirs)
    if doubt is not None:
        return UNDECIDED, f"UNDECIDED ({doubt})"
    compared = list(chain(*pairs.values()))
    if not all(pair.within or pair.otherwise for pair in compared) or not _end_alike(ours, theirs):
        return DIFFER, "DO NOT AGREE"
    doubt = _doubt(ours, theirs, pairs)
    if doubt is not None:
        return UNDECIDED, f"UNDECIDED ({doubt})"
    if any(pair.otherwise for pair in compared):
        return AGREE, "AGREE as far as torch agrees with itself"
    return AGREE, "AGREE"


def _nothing_tested(ours: Ran, theirs: Ran) -> str | None:
    """Why nothing follows whatever differs, or None."""
    if not (ours.went_well and theirs.went_well):
        return None
    if theirs.imports_numpynet:
        return "the file imports numpynet itself, and was not run by torch alone"
    if not ours.uses_torch:
        return "the file uses nothing of torch: both runs did the same"
    return None


def _end_alike(ours: Ran, theirs: Ran) -> bool:
    """Whether the files ended in the same way; where torch's run was stopped by us, nobody knows."""
    if theirs.cut:
        return True
    if ours.end is None or theirs.end is None:
        how = [ran.stopped.partition(":")[0] for ran in (ours, theirs)]  # without its last words
        return ours.end is theirs.end and not ours.cut and how[0] == how[1]
    return all(ours.end.get(key) == theirs.end.get(key) for key in ("type", "place"))


def _doubt(ours: Ran, theirs: Ran, pairs: Pairs) -> str | None:
    """Why nothing follows though nothing differs, or None."""
    evidence = [pair for name, one in pairs.items() for pair in (one[1:] if name else one)]  # not the files' names
    if not theirs.went_well:
        return "the file does not run to its end with torch either: what comes after was not compared"
    if not evidence:
        return "nothing was printed or written that could be compared"
    if not any(pair.within for pair in evidence):
        return "torch itself varies in everything that was compared"
    return None
