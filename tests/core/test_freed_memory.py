"""Freed memory is used again, and not asked for page by page."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpynet

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

x = numpynet.ones(1_000_000)  # of which one array takes about a thousand pages
for _ in range(3):
    y = (x * 2 + 1).sigmoid()
before = faults()
for _ in range(10):
    y = (x * 2 + 1).sigmoid()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries free memory by other rules")
def test_large_arrays_take_the_memory_of_those_before():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1000
