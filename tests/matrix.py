"""``python -m tests.matrix``: the tests under every Python that is promised and here, with the oldest and newest NumPy.

Each pair gets an environment of its own, without torch, whose tests are then skipped. What is promised stands in
setup.cfg; a Python is looked for in PATH and among pyenv's.
"""

from __future__ import annotations

import argparse
import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.release import ROOT, run

NEEDED = ("pytest", "pytest-xdist", "hypothesis", "joblib")
QUICK = ("tests/core", "tests/serialization", "tests/training/test_folder_lock.py", "tests/ops/test_formulas_shown.py")


def promised() -> tuple[list[str], str]:
    """The versions of Python, the oldest first, and the oldest of NumPy."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    pythons = re.findall(r"Python :: (3\.\d+)", settings["metadata"]["classifiers"])
    (oldest,) = re.findall(r"^numpy>=([\d.]+)$", settings["options"]["install_requires"], re.MULTILINE)
    return pythons, oldest


def interpreter(version: str) -> str | None:
    """The path of a Python that runs and has that version; None where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))]
    for path in filter(None, found):  # what pyenv has put into PATH may refuse to run
        asked = subprocess.run(
            [path, "-c", "import sys, ensurepip; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True
        )
        if asked.returncode == 0 and asked.stdout.strip() == version:
            return path
    return None


def pairs(quick: bool) -> Iterator[tuple[str, str]]:
    """Interpreters, and the requirement of NumPy: all pairs, or the two corners."""
    pythons, oldest = promised()
    here = {version: path for version in pythons if (path := interpreter(version)) is not None}
    for version in pythons:
        if version not in here:
            print(f"Python {version} is not here")
    paths, numpys = list(here.values()), (f"numpy=={oldest}.*", "numpy")
    if quick:
        yield from zip([paths[0], paths[-1]] if paths else [], numpys, strict=False)
    else:
        yield from ((path, numpy) for path in paths for numpy in numpys)


def passes(path: str, numpy: str, tests: list[str], folder: Path) -> bool:
    """Makes an environment, runs tests there, and prints how they ended."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    versions = "import sys, numpy; print('Python', sys.version.split()[0], 'and NumPy', numpy.__version__)"
    try:
        run(path, "-m", "venv", folder, cwd=ROOT)
        run(python, "-m", "pip", "install", "--quiet", numpy, *NEEDED, "-e", ROOT, cwd=ROOT)
        print(run(python, "-c", versions, cwd=ROOT).strip(), end=": ", flush=True)
        print(run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, cwd=ROOT).splitlines()[-1])
    except SystemExit as error:
        print(f"{path} with {numpy}: {error}")
        return False
    return True


def main() -> int:
    """Runs the command line; exit code 1 where something fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few tests, and only the oldest pair and the newest")
    parser.add_argument("tests", nargs="*", help="what pytest is given, by default everything")
    options = parser.parse_args()
    tests, good = options.tests or (list(QUICK) if options.quick else []), True
    for path, numpy in pairs(options.quick):
        with tempfile.TemporaryDirectory() as folder:
            good &= passes(path, numpy, tests, Path(folder))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
