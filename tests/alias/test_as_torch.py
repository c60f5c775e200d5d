"""Code that was written for torch, in processes of their own, where torch is not imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LIBRARY = """
import torch
import torch.nn as nn
import torch.utils.data
from torch.nn import functional as F
from torch.nn.modules.module import Module
from torch.quantization.observer import Observer
from torch import a_function_of_later_days
from importlib.metadata import version

class Net(Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)
    def forward(self, x):
        return F.relu(self.layer(x))

class Special(Observer):
    pass

def known():
    return hasattr(torch, "another_function_of_later_days"), isinstance(3, torch.quantization.Observer)
"""


def python(code, *arguments, folder, check=True):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code, *arguments] if code else [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "library.py").write_text(LIBRARY)
    return tmp_path


def test_a_library_finds_numpynet(folder):
    code = """
import sys, numpynet
before = set(vars(numpynet)), numpynet.__spec__, set(sys.modules)
with numpynet.as_torch():
    with numpynet.as_torch():
        import library
    import torch, torch.optim.lr_scheduler as s
    assert torch is library.torch is numpynet
    assert s is numpynet.optim.lr_scheduler and library.F is numpynet.nn.functional
    assert library.version("torch") == numpynet.__version__
    assert library.known() == (False, False)
    for missing in (library.Observer, library.Special, library.a_function_of_later_days):
        try:
            missing(0, 1)
        except NotImplementedError as error:
            print(error)
assert library.Net()(numpynet.ones(3, 2)).shape == (3, 1)
assert not [name for name in sys.modules if name.split(".")[0] == "torch"]
assert not {"quantization", "_C", "a_function_of_later_days"} & set(vars(numpynet))
assert numpynet.__spec__ is before[1] and numpynet.__name__ == numpynet.__spec__.name == "numpynet"
assert not any("alias" in type(one).__module__ for one in sys.meta_path)
"""
    lines = python(code, folder=folder).stdout.splitlines()
    assert [line.split(" is missing")[0] for line in lines] == [
        "torch.quantization.observer.Observer",
        "library.Special",
        "torch.a_function_of_later_days",
    ]


def test_without_placeholders_what_is_missing_cannot_be_imported(folder):
    code = """
import numpynet
with numpynet.as_torch(placeholders=False):
    import torch.nn
    for statement in ("import torch.quantization", "from torch import a_function_of_later_days", "import library"):
        try:
            exec(statement)
        except ImportError:
            continue
        raise AssertionError(statement)
"""
    python(code, folder=folder)


def test_where_torch_is_imported_it_stays(folder):
    (folder / "torch.py").write_text("mine = 1")
    code = """
import sys
sys.path.insert(0, ".")
import torch, numpynet
try:
    with numpynet.as_torch():
        raise AssertionError
except RuntimeError as error:
    print(error)
import torch
assert torch.mine == 1
"""
    assert "numpynet run script.py" in python(code, folder=folder).stdout


def test_torch_is_found_again_afterwards(folder):
    (folder / "torch.py").write_text("mine = 1")
    code = """
import sys
sys.path.insert(0, ".")
import numpynet
try:
    with numpynet.as_torch():
        import torch
        assert torch is numpynet
        raise KeyError
except KeyError:
    pass
import torch
assert torch.mine == 1
"""
    python(code, folder=folder)


SCRIPT = """
import sys
import torch
import beside
torch.manual_seed(0)
print(torch.rand(2), sys.argv[1:], __name__, beside.torch is torch)
sys.exit(7)
"""


@pytest.mark.parametrize("arguments", [["sub/script.py"], ["-m", "sub.script"]])
def test_a_script_is_run(arguments, folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "script.py").write_text(SCRIPT)
    (folder / "sub" / "beside.py").write_text("import torch")
    (folder / "beside.py").write_text("import torch")
    done = python("", "-m", "numpynet", "run", *arguments, "--lr", "3", folder=folder, check=False)
    assert done.stdout == "tensor([0.4963, 0.7682]) ['--lr', '3'] __main__ True\n", done.stderr
    assert done.returncode == 7


def test_an_error_in_a_script_is_shown_as_pythons_own(folder):
    (folder / "script.py").write_text("import torch\ntorch.linspace()")
    done = python("", "-m", "numpynet", "run", "script.py", folder=folder, check=False)
    assert done.returncode == 1
    assert "script.py" in done.stderr
    assert "line 2" in done.stderr


def test_a_script_that_is_not_there_is_a_usage_error(folder):
    done = python("", "-m", "numpynet", "run", "nothing.py", folder=folder, check=False)
    assert done.returncode == 2
    assert "there is no nothing.py" in done.stderr


def test_torchs_side_of_safetensors_is_numpynets(folder):
    pytest.importorskip("safetensors")
    code = """
import numpynet
with numpynet.as_torch():
    from safetensors.torch import load_file, save_file
save_file({"weight": numpynet.ones(2)}, "x.safetensors")
assert numpynet.equal(load_file("x.safetensors")["weight"], numpynet.ones(2))
"""
    python(code, folder=folder)


PARENT = """
import multiprocessing
import subprocess
import sys
import torch

def double(x):
    return torch.__name__, (x + x).tolist()

if __name__ == "__main__":
    for method in ("spawn", "fork"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(pool.map(double, [torch.ones(2)])[0])
    child = "from torch.nn import functional; import torch; print(torch.__name__, functional.__name__)"
    grandchild = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    for code in (child, grandchild, "from torch import a_function_of_later_days as f; print(f.__name__)"):
        print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.parametrize("options", [[], ["--strict"]])
def test_the_processes_that_a_script_starts_find_numpynet_too(options, folder):
    (folder / "script.py").write_text(PARENT)
    done = python("", "-m", "numpynet", "run", *options, "script.py", folder=folder)
    there = "" if options else "torch.a_function_of_later_days"
    names = "numpynet numpynet.nn.functional"
    assert done.stdout.splitlines() == [*["('numpynet', [2.0, 2.0])"] * 2, names, names, there], done.stderr


def test_processes_of_another_environment_find_what_torch_is_there(folder):
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "torch.py").write_text("mine = 1")
    (folder / "script.py").write_text("""
import os, subprocess, sys, torch
os.environ["PYTHONPATH"] += os.pathsep + "elsewhere"
os.environ["NUMPYNET_RUN"] = "another environment's"  # as a Python of it would see
subprocess.run([sys.executable, "-c", "import torch, sys; print(torch.mine, 'numpynet' in sys.modules)"], check=True)
""")
    assert python("", "-m", "numpynet", "run", "script.py", folder=folder).stdout == "1 False\n"
