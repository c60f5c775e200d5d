"""``python -m tests.release``: builds what is released, checks it, and tests it installed from each archive."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

from tqdm import tqdm

from numpynet.version import numpynet as VERSION

ROOT = Path(__file__).resolve().parents[1]
TESTS = ("tests/core", "tests/training/test_history.py", "tests/serialization")  # a part: the whole is run by pytest
CHANGELOG = ROOT / "numpynet" / "CHANGELOG.md"
NEEDED = ("numpynet/py.typed", "numpynet/explain/page.html", "numpynet/lessons/01_slope.md", "numpynet/CHANGELOG.md")


def run(*command: str | Path, cwd: Path) -> str:
    """Runs a command and returns its standard output; SystemExit with what it printed where it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def require_clean() -> None:
    """SystemExit where the checkout is not what is committed."""
    done = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True)
    if done.stdout:
        raise SystemExit(f"there is what is not committed:\n{done.stdout}")


def require_told() -> None:
    """SystemExit where the list of changes does not tell of the version."""
    if f"## {VERSION} " not in CHANGELOG.read_text(encoding="utf-8"):
        raise SystemExit(f"{CHANGELOG.relative_to(ROOT)} has no section for {VERSION}")


def names_in(archive: Path) -> set[str]:
    """The files in a wheel, or in a source archive below its folder."""
    if archive.suffix == ".whl":
        return set(zipfile.ZipFile(archive).namelist())
    with tarfile.open(archive) as files:
        return {name.partition("/")[2] for name in files.getnames()}


def require_whole(archive: Path) -> None:
    """SystemExit where an archive lacks a module or a file that is read, or is of another version."""
    names = names_in(archive)
    modules = {str(path.relative_to(ROOT)) for room in ("numpynet", "parity") for path in (ROOT / room).rglob("*.py")}
    missing = sorted((modules | set(NEEDED)) - names)
    if missing:
        raise SystemExit(f"{archive.name} lacks {', '.join(missing)}")
    if VERSION not in archive.name:
        raise SystemExit(f"{archive.name} is not of version {VERSION}")


def try_installed(archive: Path, folder: Path) -> None:
    """Installs an archive into an environment of its own, without the checkout, and runs tests there."""
    venv.create(folder / "environment", with_pip=True)
    python = folder / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", archive, cwd=folder)
    run(python, "-c", "import numpynet; numpynet.ones(2).sum()", cwd=folder)  # with NumPy and tqdm alone
    run(python, "-m", "numpynet", "regression", "--no-progress", cwd=folder)
    run(python, "-m", "pip", "install", "--quiet", "pytest", "pytest-xdist", "hypothesis", cwd=folder)
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", folder)
    run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS, cwd=folder)


def main() -> int:
    """Runs the command line; exit code 1, with the reason, where there is nothing to release."""
    parser = argparse.ArgumentParser(prog="python -m tests.release", description=__doc__)
    parser.add_argument("--dirty", action="store_true", help="although there is what is not committed")
    options = parser.parse_args()
    if not options.dirty:
        require_clean()
    require_told()
    with tempfile.TemporaryDirectory() as place, tqdm(total=5, disable=not sys.stderr.isatty()) as bar:
        folder = Path(place)
        run(sys.executable, "-m", "build", "--outdir", folder / "dist", ROOT, cwd=folder)
        bar.update()
        archives = sorted((folder / "dist").iterdir())
        run(sys.executable, "-m", "twine", "check", "--strict", *archives, cwd=folder)
        for archive in archives:
            require_whole(archive)
        bar.update()
        for archive in archives:
            (folder / archive.name.replace(".", "_")).mkdir()
            try_installed(archive, folder / archive.name.replace(".", "_"))
            bar.update()
            print(f"{archive.name}: {archive.stat().st_size / 2**20:.1f} MiB, built, checked, installed, tested")
    return 0


if __name__ == "__main__":
    sys.exit(main())
