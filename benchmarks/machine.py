"""The machine and the software of a run: without them its numbers mean nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

LIBRARIES = ("numpy", "torch", "jax", "scikit-learn", "mygrad", "autograd")
REPOSITORY = Path(__file__).parent.parent


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def version(library: str) -> str | None:
    """The version that is installed, or None."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def commit() -> str | None:
    """The commit that is checked out, with a plus sign when files differ from it; None outside of a repository."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(REPOSITORY), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def facts() -> dict[str, Any]:
    """Processor, cores, load, system, versions and commit."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {library: version(library) for library in LIBRARIES},
    }
