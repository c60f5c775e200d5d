"""Competitors: one file for each way to train.

A file has a function `prepare`, and libraries that may be missing are imported nowhere else.

STEPS: ``prepare(workload)`` sets everything up and returns the call to be timed: one whole step, which returns its
loss as a Python number, or None where there is none. A competitor whose loop is its own takes several steps in a call
and returns the list of their losses.
SGD_ALONE: those of them that know no other optimizer.
SWEEPS: ``prepare(sweep)`` returns a function of a number of steps, which takes them with all networks, or with those
of the first seeds, and returns the losses at the last step, (widths, seeds).
"""

from __future__ import annotations

STEPS = {
    "numpynet eager": "numpynet_eager",
    "numpynet compiled": "numpynet_compiled",
    "NumPy by hand": "numpy_by_hand",
    "bare matrix products": "matrix_products",
    "torch eager": "torch_eager",
    "torch manual update": "torch_manual",
    "torch.compile": "torch_compile",
    "JAX jit": "jax_jit",
    "JAX loop in one jit": "jax_loop",
    "scikit-learn": "scikit_learn",
    "MyGrad": "mygrad_tape",
    "autograd": "autograd_tape",
}
SWEEPS = {
    "numpynet eager": "sweep_numpynet_eager",
    "numpynet compiled": "sweep_numpynet_compiled",
    "numpynet ensemble": "sweep_numpynet_ensemble",
    "NumPy by hand": "sweep_by_hand",
    "torch eager": "sweep_torch_eager",
    "JAX vmap": "sweep_jax_vmap",
}
SGD_ALONE = {
    "torch manual update",
    "torch.compile",
    "JAX jit",
    "JAX loop in one jit",
    "scikit-learn",
    "MyGrad",
    "autograd",
}
COMPETITORS = tuple(dict.fromkeys([*STEPS, *SWEEPS]))
QUICK = (
    "numpynet eager",
    "numpynet compiled",
    "numpynet ensemble",
    "NumPy by hand",
    "bare matrix products",
    "torch eager",
)


class UnavailableError(Exception):
    """A competitor cannot do this, and why: a compiler or a function is missing, or it does not apply."""
