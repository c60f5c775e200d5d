"""A compiled step: a list of NumPy calls that is replayed."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable
from typing import Any

from numpynet.compiler.build import Built
from numpynet.compiler.entry import MISFIT
from numpynet.compiler.errors import CompileError
from numpynet.compiler.guards import ANOTHER_ARGUMENT, ANOTHER_SHAPE, outline
from numpynet.compiler.places import Place
from numpynet.compiler.reads import Again
from numpynet.compiler.report import Report, report
from numpynet.compiler.source import missing, source
from numpynet.compiler.structures import tensors_in
from numpynet.compiler.trace import Trace, is_tracing
from numpynet.core import listening
from numpynet.core.tensor import Tensor

PROGRAMS = 32  # how many are kept; and how many are made for other arguments, after which such calls run eagerly


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

    is_compiled = True  # a step around it follows what it wraps
    __call__: Callable[..., Any]

    def __init__(self, step: Callable[..., Any], asked: bool = True, readable: bool = False) -> None:
        self.__wrapped__ = step
        self._asked = asked
        self._readable = readable
        self.__doc__ = step.__doc__
        self.__name__ = getattr(step, "__name__", type(step).__name__)
        self._programs: list[Built] = []
        self._latest: Built | None = None
        self._made_for_arguments = 0
        self._of_shapes: dict[Any, Built] = {}  # the program that ran last for arguments of these shapes
        self._eager: set[Any] = set()  # outlines of arguments for which no more programs are made
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
        if self._eager and _outline(args) in self._eager:
            return step(*args)
        shapes = _shapes(args)
        known = self._of_shapes.get(shapes)
        for built in self._programs if known is None else (known, *self._programs):
            result = built.run(args)
            if result is not MISFIT:
                return self._comes_from(built, result, shapes)
        if self._made_for_arguments >= PROGRAMS and self._differs_in_arguments():
            if not self._eager:
                warnings.warn(
                    f"{self.__name__} has been compiled for {PROGRAMS} shapes and values of its arguments: with "
                    f"further ones it runs eagerly",
                    stacklevel=2,
                )
            self._eager.add(_outline(args))
            return step(*args)
        try:
            result, made = self._build(args)
        except CompileError as error:
            if self._asked:
                raise
            warnings.warn(f"{self.__name__} runs eagerly, since it cannot be compiled: {error}", stacklevel=2)
            self.__call__ = step
            return step(*args)
        if made is None:
            return result
        result = made.run(args)
        if result is MISFIT:  # another thread has changed something meanwhile
            return self._look_up(*args)
        self._made_for_arguments += self._differs_in_arguments()
        made.changed = "" if self._latest is None else self._latest.guards.changed
        self._programs = [made, *self._programs[: PROGRAMS - 1]]
        return self._comes_from(made, result, shapes)

    def _comes_from(self, built: Built, result: Any, shapes: tuple[Any, ...]) -> Any:
        """The result of a program, to which the next call goes at first."""
        self._latest = built
        self.__call__ = built.entry.call if built.guards.takes_tensors else self._look_up
        if built.guards.takes_tensors and self._of_shapes.get(shapes) is not built:
            self._of_shapes[shapes] = built
            if len(self._of_shapes) > PROGRAMS:
                del self._of_shapes[next(iter(self._of_shapes))]
        return result

    def _differs_in_arguments(self) -> bool:
        """Whether the program that ran last does not fit because the arguments are others."""
        return self._latest is not None and self._latest.guards.changed in (ANOTHER_SHAPE, ANOTHER_ARGUMENT)

    def _build(self, args: tuple[Any, ...]) -> tuple[Any, Built | None]:
        step = self.__wrapped__
        outline(args)  # which refuses what cannot be an argument
        trace = self._traced(args)
        if not trace.is_steady:
            trace.dispose()
            return step(*args), None  # an optimizer sets up its state in its first step: that one is run as it is
        return None, Built(args, self._argument_names(args), self._look_up, trace)

    def _traced(self, args: tuple[Any, ...]) -> Trace:
        """The step traced, and again with each number that it counts up and each tensor that it replaces a variable."""
        variables: list[Place] = []
        while True:
            try:
                return Trace(self.__wrapped__, args, variables, reader=self._reader())
            except Again as again:
                variables.append(again.place)

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


def _shapes(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([getattr(one, "shape", one.__class__) for one in args])


def _outline(args: tuple[Any, ...]) -> str:
    """The arguments as text: shapes and dtypes in the place of tensors."""
    return repr((outline(args), [(one.shape, one.dtype) for one in tensors_in(args)]))
