"""The compiler: records one training step and replays it as straight-line NumPy on memory of its own.

`compile` traces a step (`trace`), with symbols in the place of arrays (`symbol`, `recorder`), into a list of NumPy
calls (`program`), makes the list shorter (`passes`), lays parameters and gradients out flat (`flat`), lets
temporaries share memory (`buffers`), and writes the result as Python (`emit`), which is what runs (`build`). A program
to be read goes the same way without what only saves time (`readable`).
"""

from numpynet.compiler.compiled import CompiledStep
from numpynet.compiler.compiling import OptimizedModule, compile, compile_forward
from numpynet.compiler.ensemble import Ensemble, ensemble
from numpynet.compiler.errors import CompileError
from numpynet.compiler.marks import allow_in_graph, assume_constant_result, disable, is_compiling, reset

__all__ = [
    "CompileError",
    "CompiledStep",
    "Ensemble",
    "OptimizedModule",
    "allow_in_graph",
    "assume_constant_result",
    "compile",
    "disable",
    "ensemble",
    "is_compiling",
    "reset",
]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
