"""What torch has and what of it numpynet has: the list of names in numpynet, and the table in the README."""

import importlib
import pkgutil
import textwrap
import types
from pathlib import Path

import numpynet

ROOT = Path(numpynet.__file__).parent.parent
LIST = ROOT / "numpynet" / "core" / "torch_names.py"
README = ROOT / "README.md"
PLACES = (
    *("", "Tensor", "nn", "nn.functional", "nn.init", "nn.utils", "optim", "optim.lr_scheduler"),
    *("utils.data", "autograd", "autograd.functional", "autograd.graph", "func", "linalg", "fft", "distributions"),
    "special",
)
MODULES = {
    "": "compiler export fx hub monitor mps mtia nested onnx overrides package profiler "
    "quantization signal sparse storage testing xpu",
    "nn": "attention intrinsic parallel qat quantized",
    "nn.utils": "parametrizations parametrize prune stateless",
    "optim": "swa_utils",
    "utils": "benchmark bottleneck checkpoint cpp_extension dlpack mobile_optimizer model_zoo tensorboard",
    "autograd": "forward_ad profiler",
}
DIVIDED = ("nn.modules", "optim", "distributions", "utils.data", "autograd", "nn.utils", "amp")
BASES = ("_BatchNorm", "_NormBase", "_InstanceNorm")  # which programs ask for by isinstance
SINGLE = ("functional", "storage")
HEAD = '''"""torch's names: the functions, classes and dtypes that it documents, place by place, as of torch 2.13.0.

Written by ``python -m tests.coverage``.
"""

'''


def at(library, place):
    """The module or class at a place of torch or numpynet."""
    if place == "Tensor":
        return library.Tensor
    return importlib.import_module(f"{library.__name__}.{place}".rstrip("."))


def documented(torch, place):
    """The public names of a place of torch that have a docstring, and its dtypes."""
    owner = at(torch, place)
    listed = getattr(owner, "__all__", None) if place else None
    names = []
    for name in dir(owner):
        member = getattr(owner, name)
        origin = str(getattr(member, "__module__", None) or "torch")
        if name.startswith("_") or isinstance(member, types.ModuleType) or (listed is not None and name not in listed):
            continue
        is_own = callable(member) and (origin == "torch" or origin.startswith("torch."))
        if isinstance(member, torch.dtype) or ((is_own or place == "Tensor") and str(member.__doc__ or "").strip()):
            names.append(name)
    return names


def homes(torch):
    """The public names of each module that torch divides its packages into, and of some beside them."""
    modules = list(SINGLE)
    for package in DIVIDED:
        inside = pkgutil.iter_modules(at(torch, package).__path__)
        modules += [
            f"{package}.{module.name}"
            for module in inside
            if not module.name.startswith("_")
            and not callable(getattr(at(torch, package), module.name, None))
            and module.name not in MODULES.get(package, "").split()
        ]
    names = {}
    for module in modules:
        members = vars(at(torch, module)).items()
        own = sorted(
            name
            for name, member in members
            if (not name.startswith("_") or name in BASES)
            and name != module.rpartition(".")[2]
            and getattr(member, "__module__", None) == f"torch.{module}"
            and callable(member)
        )
        if own:
            names[module] = own
    return names


def text_of_list(torch):
    """The text of the list of torch's names."""
    text = HEAD
    for variable, rooms in (
        ("NAMES", {place: documented(torch, place) for place in PLACES}),
        ("MODULES", {place: names.split() for place, names in MODULES.items()}),
        ("HOMES", homes(torch)),
    ):
        text += f"{variable} = {{\n"
        for place, names in rooms.items():
            lines = textwrap.wrap(" ".join(names), 112, break_on_hyphens=False)
            text += f'    "{place}": """\n' + "".join(f"        {line}\n" for line in lines) + '    """,\n'
        text += "}\n"
    return text


def table():
    """The README's table: of how many of torch's names numpynet has how many."""
    from numpynet.core.torch_names import NAMES

    lines = ["| place | names that torch documents | of these in numpynet |", "| --- | --- | --- |"]
    for place, names in NAMES.items():
        owner = at(numpynet, place)
        every = names.split()
        there = sum(hasattr(owner, name) for name in every)
        title = f"`torch.{place}`" if place else "`torch`"
        lines.append(f"| {title} | {len(every)} | {there} ({100 * there / len(every):.0f} %) |")
    return "\n".join(lines) + "\n"
