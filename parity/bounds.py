"""Bounds: how closely numpynet must agree with torch, and why.

eps is the distance from 1 to the next number of the dtype: 2⁻²³ for float32, 2⁻⁵² for float64.

**Random bits and initial parameters: equal.** Both follow from the seed by the same sequence of roundings.

**Locked step: k ≤ 4.** numpynet takes torch's parameters, gradients and optimizer buffers before a step, and makes
the same step. Every loss, gradient, buffer and updated parameter then differs by at most k·eps·S, S the shadow, which
`parity.derived` measures for any operation, `parity.shadow` has by hand for a few, and `parity.updates` measures for
any optimizer: both libraries compute the same sums of the same products and differ in the order of additions, in
fused multiply-adds and in the last place of exp and its kin. In the worst case k grows with the number of roundings
in a row; these have both signs, and what is measured stays below 2 (1.2 in the first measurements over 16 runs of
400 to 1,000 steps, 2.7 for single products), while a wrong formula gives a k of a million in float32. A bound in ULP of
the result would be useless: where a sum cancels to near 0 two good evaluations can be thousands of ULP apart.

**Elementwise operations: ULP.** A correctly rounded operation (+, −, ·, /, selection) has one right result: 0 ULP.
Other functions have an error of their own in each library, below 1 ULP for most, and two such may be 2 apart
(torch takes √ from Intel's vector library, which rounds it to either side): `ULP`.

**Free run, float64: 1e-12.** Errors of 1e-16 a step that are neither amplified nor damped add up, over 1,000 steps, to
1e-13 at most; relative to the loss, and for a parameter to the largest of its model.

**Free run, float32: the first 10 steps.** After i steps errors of i locked steps have met: losses differ by at
most (i + 1)·k·eps·S, parameters by k·eps times the sum of the updates' shadows so far. At the end the accuracy is the
same but for one sample, which may lie on the border.

**A program that amplifies errors** has no bound of that kind: in a few hundred steps it carries one eps to the size
of its results, as the iris network does whose gradients are never zeroed, and from some seeds also the one trained by
SGD, whose learning rate is large. Where a free run leaves the bounds above, the measure is therefore taken from the
program itself: numpynet runs it again with every parameter moved by one eps up or down, at random, after each step,
which is the size of the roundings in which two libraries differ. The free run must stay within `ENVELOPE` times the
farthest that such runs have gone by that step, or eps·S of the loss if that is farther; 1.5 times is the most that was
measured. A program that does not amplify thus gains next to nothing. Once the envelope is wider than `LOST`, nothing
can be asserted of a free run, and the locked steps alone speak.

**torch's baseline build** (ATEN_CPU_CAPABILITY=default, or a CPU without AVX2) draws other last bits: float32
normals differ by up to 17 eps, uniform numbers of a range by one rounding. Draws must then agree within `BASELINE_DRAW`
eps of the largest; the locked steps, which take torch's draws over, keep k ≤ 4; the first free
steps in float32 get `BASELINE_FACTOR` times the room, since the data differ before anything is computed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.testing import ulp_distance
from parity.derived import K as K

FREE_FLOAT64 = 1e-12
EARLY_STEPS = 10
ENVELOPE = 8
LOST = 1e-2
BASELINE_DRAW = 32
BASELINE_FACTOR = 8

# The largest distance of the two libraries in ULP, (float32, float64). The shadow bounds cases that are not listed.
_EXACT = """
    add sub rsub mul div neg abs square reciprocal relu maximum minimum clamp where masked_fill amax amin reshape view
    transpose t permute expand flip squeeze cat stack gather index_select
"""
ULP: dict[str, tuple[int, int]] = {
    **dict.fromkeys(_EXACT.split(), (0, 0)),
    "pow, 2": (0, 0),
    "pow, 3": (0, 0),
    "max, all": (0, 0),
    "min, dim": (0, 0),
    "index, basic": (0, 0),
    "index, repeated": (0, 0),
    "index, mask": (0, 0),
    "sqrt": (1, 1),
    "exp": (2, 1),
    "expm1": (2, 2),
    "log": (2, 1),
    "log1p": (2, 1),
    "sin": (2, 1),
    "cos": (2, 1),
    "rsqrt": (2, 2),
    "tanh": (4, 2),
    "sigmoid": (4, 4),
}


def ulp_excess(ours: Any, theirs: Any) -> NDArray[np.uint64]:
    """The distance in ULP, element by element; 0 where both are below the smallest normal number (see `excess`)."""
    vanishing = (np.abs(ours) < np.finfo(ours.dtype).tiny) & (np.abs(theirs) < np.finfo(theirs.dtype).tiny)
    return np.where(vanishing, np.uint64(0), ulp_distance(ours, theirs))


DTYPE_INDEX = {"float32": 0, "float64": 1}


def excess(ours: Any, theirs: Any, shadow: Any) -> NDArray[np.float64]:
    """k = |ours − theirs| / (eps·shadow), element by element; 0 where both are equal, infinite or NaN included.

    Infinite where one has a number and the other not, where shapes or dtypes differ, and where a shadow that is no
    number would allow anything. Below the smallest normal number digits are lost, and torch has 0 where it goes
    through an overflow, as its sigmoid does below −88 in float32: so much is allowed besides.
    """
    if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
        return np.full(max(theirs.size, 1), np.inf)
    kind = np.finfo(theirs.dtype)
    with np.errstate(all="ignore"):
        difference = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
        k = difference / (float(kind.eps) * np.asarray(shadow, np.float64) + float(kind.tiny))
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        return np.where(same, 0.0, np.where(np.isfinite(difference) & np.isfinite(shadow), k, np.inf))
