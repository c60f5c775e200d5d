"""Settings for every test: reproducible Hypothesis runs, one thread, torch's promise of silence."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("numpynet", database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("numpynet"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "numpynet")

collect_ignore = [] if find_spec("pdoc") else ["pages.py"]  # which cannot be imported to look for examples


@pytest.fixture(params=["numpynet", "torch"])
def library(request):
    """numpynet, and then torch, where it is installed: what a test expects of the one must hold of the other."""
    return pytest.importorskip(request.param)


@pytest.fixture(autouse=True)
def _one_default_dtype():
    """A test that changes the default dtype or the print options leaves them as they were for the next."""
    import numpynet
    from numpynet.core import printing

    before, shown = numpynet.get_default_dtype(), printing.get_printoptions()
    yield
    numpynet.set_default_dtype(before)
    printing.set_printoptions(**shown)
