"""__config__: what numpynet computes with, told where torch tells what it was built with."""

import os
import platform
from typing import Any

import numpy as np

from numpynet import version
from numpynet.core.settings import get_num_threads


def _libraries() -> dict[str, Any]:
    """What NumPy says of the linear algebra that it was built with, and of the processor."""
    config: dict[str, Any] = np.show_config(mode="dicts")  # type: ignore[assignment]
    return config


def show() -> str:
    """The versions of numpynet, Python and NumPy, and the library that makes NumPy's products.

    >>> import numpynet
    >>> numpynet.__config__.show().splitlines()[0]
    'numpynet, which runs in the place of PyTorch and has nothing built of its own:'
    """
    blas = _libraries().get("Build Dependencies", {}).get("blas", {})
    simd = _libraries().get("SIMD Extensions", {}).get("found", [])
    lines = (
        f"numpynet {version.numpynet}, which follows torch {version.__version__}",
        f"Python {platform.python_version()} on {platform.machine()}",
        f"NumPy {np.__version__}, with {' '.join(simd) or 'no SIMD extensions'} beyond its baseline",
        f"BLAS of NumPy: {blas.get('name', 'not known')} {blas.get('version', '')}".rstrip(),
        "no CUDA, no MKL-DNN",
    )
    head = "numpynet, which runs in the place of PyTorch and has nothing built of its own:"
    return "\n".join([head, *(f"  - {line}" for line in lines), ""])


def parallel_info() -> str:
    """On how many threads what is computed.

    >>> import numpynet
    >>> print(numpynet.__config__.parallel_info().splitlines()[0])
    numpynet computes on the thread that calls it; only products of matrices are made on several, by NumPy's BLAS
    """
    asked = {name: os.environ.get(name, "[not set]") for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    lines = (
        "numpynet computes on the thread that calls it; only products of matrices are made on several, by NumPy's BLAS",
        f"\tnumpynet.get_num_threads() : {get_num_threads()}",
        f"os.cpu_count() : {os.cpu_count()}",
        "Environment variables:",
        *(f"\t{name} : {value}" for name, value in asked.items()),
    )
    return "\n".join([*lines, ""])
