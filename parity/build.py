"""Build: which torch it is that numpynet is compared with, and which of its builds the CPU makes it run."""

from __future__ import annotations

import datetime
import platform

import numpy as np

import numpynet
from parity.libraries import torch_library

BASELINE = ("DEFAULT", "NO AVX")  # torch's build without AVX2, whose random normals have other last bits


def about_torch() -> dict[str, str]:
    """Version, build and CPU of the torch installed, and today's date."""
    torch = torch_library()
    return {
        "torch": str(torch.__version__),
        "build": str(torch.version.git_version)[:12],
        "cpu_capability": str(torch.backends.cpu.get_cpu_capability()),
        "machine": platform.machine(),
        "numpy": np.__version__,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def headline(about: dict[str, str], *, recorded: bool) -> str:
    """One line that says who is compared with whom."""
    torch = f"torch {about['torch']} ({about['build']}, {about['cpu_capability']})"
    when = f"recorded {about['date']}" if recorded else "running now"
    return f"numpynet {numpynet.version.numpynet} on NumPy {np.__version__} against {torch}, {when}"


def is_baseline(about: dict[str, str]) -> bool:
    """Whether it is torch's build without AVX2."""
    return about["cpu_capability"] in BASELINE


BASELINE_NOTICE = """\
This torch runs its baseline build (CPU capability {capability}), not the AVX2 or AVX-512 build whose random bits
numpynet reproduces: ATEN_CPU_CAPABILITY asks for it, or the CPU lacks AVX2. Its random normals have other last digits
(38 % of them in float32), and numbers of a range are rounded once more. Draws are therefore held to {draw} eps of the
largest instead of equality, and the first free steps in float32 to {factor} times the usual bound; locked steps take
torch's draws over, and keep theirs."""
