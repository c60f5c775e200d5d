"""Thread counts: the same number for every library, and only that."""

from __future__ import annotations

from typing import Any

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")  # the last is read by XLA


def environment(threads: int) -> dict[str, str]:
    """Variables with which a new process has so many threads in OpenMP, OpenBLAS, MKL and XLA."""
    return dict.fromkeys(VARIABLES, str(threads))


def hold(threads: int) -> list[dict[str, Any]]:
    """Limits all libraries loaded so far to that many threads, and tells of each pool what it is.

    A RuntimeError names a pool that does not obey. Without threadpoolctl only the environment counts, and nothing
    is told.
    """
    try:
        from threadpoolctl import threadpool_info, threadpool_limits
    except ModuleNotFoundError:
        return []
    threadpool_limits(threads)
    pools = threadpool_info()
    for pool in pools:
        if pool["num_threads"] != threads:
            raise RuntimeError(f"{pool['internal_api']} has {pool['num_threads']} threads instead of {threads}")
    told = ("user_api", "internal_api", "prefix", "version", "architecture", "num_threads")
    return [{key: pool[key] for key in told if key in pool} for pool in pools]
