"""compile: a training step as a list of NumPy calls that is replayed."""

from __future__ import annotations

import gc
import inspect
import os
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from numpynet.compiler.build import Built
from numpynet.compiler.errors import CompileError
from numpynet.compiler.guards import outline
from numpynet.compiler.places import Place
from numpynet.compiler.reads import Again
from numpynet.compiler.report import Report, report
from numpynet.compiler.source import missing, source
from numpynet.compiler.structures import tensors_in
from numpynet.compiler.trace import Trace, is_tracing
from numpynet.core import listening
from numpynet.core.tensor import Tensor

PROGRAMS = 32  # how many are kept for arguments of different shapes


class CompiledStep:
    """A compiled step; made by `compile`.

    asked: whether compiling was asked for. Where it was not, a step that cannot be compiled runs as it is, with a
        warning. readable: whether the program is to be read.

    >>> import numpynet
    >>> step = numpynet.compile(lambda x: (x * x).sum())
    >>> step(numpynet.tensor([1.0, 2.0]))
    tensor(5.)
    """

    __slots__ = ("__call__", "__dict__", "__weakref__")  # Python calls what it finds in this slot without a detour

    __call__: Callable[..., Any]

    def __init__(self, step: Callable[..., Any], asked: bool = True, readable: bool = False) -> None:
        self.__wrapped__ = step
        self._asked = asked
        self._readable = readable
        self.__doc__ = step.__doc__
        self.__name__ = getattr(step, "__name__", type(step).__name__)
        self._programs: list[Built] = []
        self._latest: Built | None = None
        self.__call__ = self._look_up

    def _positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        bound = inspect.signature(self.__wrapped__).bind(*args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise TypeError(
                f"{self.__name__}() is compiled: it takes no keyword-only arguments and no **kwargs; pass "
                f"{', '.join(bound.kwargs)} by position"
            )
        return bound.args

    def _look_up(self, *args: Any, **kwargs: Any) -> Any:
        """Finds the program for these arguments, or makes it, and runs it; the next call goes to it directly."""
        step = self.__wrapped__
        if kwargs:
            args = self._positional(args, kwargs)
        if is_tracing():
            return listening.call(step, *args)
        built = next((one for one in self._programs if one.matches(args)), None)
        if built is None:
            try:
                result, built = self._build(args)
            except CompileError as error:
                if self._asked:
                    raise
                warnings.warn(f"{self.__name__} runs eagerly, since it cannot be compiled: {error}", stacklevel=2)
                self.__call__ = step
                return step(*args)
            if built is None:
                return result
        result = built.run(args)
        if built not in self._programs:
            built.changed = "" if self._latest is None else self._latest.guards.changed
            self._programs = [built, *self._programs[: PROGRAMS - 1]]
        self._latest = built
        self.__call__ = built.entry.call if built.guards.takes_tensors else self._look_up
        return result

    def _build(self, args: tuple[Any, ...]) -> tuple[Any, Built | None]:
        step = self.__wrapped__
        outline(args)  # which refuses what cannot be an argument
        trace = self._traced(args)
        if not trace.is_steady:
            # An optimizer sets up its state in its first step: that one is run as it is.
            del trace
            gc.collect()  # or else the trace would seem to hold the parameters' arrays, which are to be laid out flat
            return step(*args), None
        return None, Built(args, self._argument_names(args), self._look_up, trace)

    def _traced(self, args: tuple[Any, ...]) -> Trace:
        """The step traced, and again with each number that it counts up and each tensor that it replaces a variable."""
        variables: list[Place] = []
        while True:
            try:
                return Trace(self.__wrapped__, args, variables, reader=self._reader())
            except Again as again:
                variables.append(again.place)
                gc.collect()  # as below

    def _reader(self) -> Any:
        if not self._readable:
            return None
        from numpynet.compiler.readable import Reader  # which is imported with numpynet.explain, for few

        return Reader(assumes=not any(one.is_surprised for one in self._programs))

    def _argument_names(self, args: tuple[Any, ...]) -> list[str]:
        try:
            names = list(inspect.signature(self.__wrapped__).bind(*args).arguments.items())
        except (TypeError, ValueError):
            names = [(f"input_{position}", value) for position, value in enumerate(args)]
        found = []
        for name, value in names:
            count = len(list(tensors_in(value)))
            found += [name] if count == 1 else [f"{name}_{position}" for position in range(count)]
        return found

    # --- what it is ----------------------------------------------------------------------------------------

    @property
    def _current(self) -> Built:
        if self._latest is None:
            raise RuntimeError(f"{self.__name__} is compiled when it is called for the first time: call it before")
        return self._latest

    @property
    def source(self) -> str:
        """The program that ran last, as a file of Python that needs only NumPy.

        It holds the values that parameters, optimizer's state and the tensors around the step have now.
        RuntimeError before the first call.
        """
        return source(self._current, self.__name__)

    @property
    def values(self) -> dict[str, Tensor]:
        """What the last call computed, by the names that `source` has: copies, in the order of the program.

        RuntimeError before the first call, and of a step that was not compiled with readable=True, in which values
        share memory.

        >>> import numpynet
        >>> @numpynet.compile(readable=True)
        ... def step(x):
        ...     square = x * x
        ...     return square.sum()
        >>> step(numpynet.tensor([1.0, 2.0]))
        tensor(5.)
        >>> step.values
        {'square': tensor([1., 4.]), 'loss': tensor(5.)}
        """
        if not self._readable:
            raise RuntimeError(f"{self.__name__}: its values share memory, in turns: compile it with readable=True")
        return self._current.values()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes `source` to a file, which appears whole or not at all.

        Run alone, the file makes ten steps from here, with the losses of the step itself to the last bit.
        NotImplementedError, and no file, where it would do something else: where the step draws random numbers.
        RuntimeError before the first call. OSError when the file cannot be written.

        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpynet
        >>> step = numpynet.compile(lambda x: (x * x).sum())
        >>> _ = step(numpynet.tensor([1.0, 2.0]))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     step.save(Path(folder) / "step.py")
        ...     print("import numpy as np" in (Path(folder) / "step.py").read_text())
        True
        """
        from numpynet.serialization.atomic_file import atomic_file  # which is imported with the trainer, a user of this

        reasons = missing(self._current)
        if reasons:
            raise NotImplementedError(
                f"{self.__name__} cannot be saved as a file that needs only NumPy: {'; '.join(reasons)}"
            )
        text = self.source
        with atomic_file(path) as file:
            file.write(text)

    def report(self) -> Report:
        """What a call of the program that ran last costs (calls, bytes, flops), and what it takes for granted.

        RuntimeError before the first call.

        >>> import numpynet
        >>> step = numpynet.compile(lambda x: (x * x).sum())
        >>> _ = step(numpynet.tensor([1.0, 2.0]))
        >>> type(step.report()).__name__
        'Report'
        """
        return report(self._current, self.__name__, self._current.changed)

    def __get__(self, instance: Any, owner: type | None = None) -> CompiledStep:
        if instance is None:
            return self
        raise TypeError(
            f"{self.__name__}() is compiled as a function of its class: compile the method of each object instead, as "
            f"in self.{self.__name__} = numpynet.compile(self.{self.__name__})"
        )

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(
            f"{self!r} can be neither copied nor pickled: it works on the very tensors that it was compiled with. "
            f"Copy the model, and compile a step for the copy"
        )

    def __repr__(self) -> str:
        return f"<compiled step {self.__name__}, {len(self._programs)} programs>"


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = "inductor",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
    readable: bool = False,
) -> Any:
    """Compiles a training step: a list of NumPy calls on memory made beforehand, with the same results to the bit.

    model: the step, a function that computes a loss, calls backward() and updates parameters, or any other that
        computes with tensors. It is traced when it is called first, and again for arguments of another shape or dtype.
        Left out, the result is a decorator.
    disable: True gives the step back as it is. fullgraph, dynamic, backend, mode, options: accepted as in torch, where
        they choose among compilers.
    readable: True makes a program to be read: with the lines of the step, the names of its variables, and formulas;
        each value has memory of its own, and `values` gives them all. The same bits, in more time.

    What comes back is called as the step is. Its `source` is the program as Python that needs only NumPy, `save`
    writes that to a file, and `report()` tells what a call costs. CompileError, when it is called, where the step
    does what cannot be compiled: the message names the line and the reason.

    The functions of the step's own author, and those that they call, are followed from their source while the step is
    traced. What they read outside themselves counts at the next call: globals, variables of functions around,
    attributes and defaults of classes, containers, properties, hooks, modes, options and state of optimizers; numbers
    that the step counts up and tensors that it replaces are read at each call. What they write there happens at each
    call: attributes, variables and entries set, results appended to a list, texts printed. `report()` names all that
    was taken for granted. Anything else is refused: random numbers that are not numpynet's, files, the time,
    functions without source, what needs the values of a tensor, and what is not known.

    Parameters, their `.grad` and the state of optimizers are changed in place, so that eager and compiled steps may
    alternate; a gradient that is to be kept has to be cloned. Results are new tensors without a history. Of the bits
    of a NaN, its sign may be another one.

    >>> import numpynet
    >>> x, y = numpynet.tensor([[1.0], [2.0]]), numpynet.tensor([[2.0], [4.0]])
    >>> w = numpynet.zeros(1, 1, requires_grad=True)
    >>> optimizer = numpynet.optim.SGD([w], lr=0.25)
    >>> @numpynet.compile
    ... def step():
    ...     optimizer.zero_grad()
    ...     loss = ((x @ w - y) ** 2).sum()
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> step(), step()
    (tensor(20.), tensor(45.))
    >>> start = step.source.index("def step(")
    >>> print(step.source[start : step.source.index("# ---", start)].strip())
    def step(x, y):
        # matmul, sub, pow and sum, forward
        x.dot(w, product)                         # (2, 1) (1, 1) -> (2, 1)
        np.subtract(product, y, difference)       # (2, 1) (2, 1) -> (2, 1)
        np.square(difference, power)              # (2, 1) -> (2, 1)
        ones.dot(power_flat, loss)                # (2,) (2,) -> ()
    <BLANKLINE>
        # pow and matmul, backward
        np.multiply(two, difference, d_product)   # (2, 1) -> (2, 1)
        d_product_T.dot(x, w_grad)                # (1, 2) (2, 1) -> (1, 1)
    <BLANKLINE>
        # update
        np.multiply(lr_array, w_grad, product_2)  # (1, 1) -> (1, 1)
        np.subtract(w, product_2, w)              # (1, 1) (1, 1) -> (1, 1)
    <BLANKLINE>
        return loss.copy()
    >>> report = step.report()
    >>> report.calls, report.flops, report.buffers
    (8, 20, 4)
    """
    if model is None:
        return partial(compile, disable=disable, readable=readable)
    return model if disable else CompiledStep(model, readable=readable)
