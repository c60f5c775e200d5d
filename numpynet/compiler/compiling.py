"""compile: a step, or a module, compiled; what it makes of an `nn.Module`, and `Module.compile` of its forward."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numpynet.compiler.compiled import CompiledStep
from numpynet.compiler.structures import tensors_in
from numpynet.compiler.trace import is_tracing
from numpynet.core import listening
from numpynet.core.modes import flags as grad_flags
from numpynet.nn.modules.module import Module

MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")  # of torch's compilers


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
        computes with tensors. It is traced when it is called first, and again for arguments of another shape or dtype,
        32 times; with further ones it runs as it is. Of an `nn.Module` it makes another with the same parameters,
        whose forward is compiled for calls without gradients (`OptimizedModule`). Left out, the result is a decorator.
    fullgraph: True makes a module that cannot be compiled a CompileError; otherwise it runs as it is, with a warning.
        A step that cannot be is always one.
    disable: True gives the step back as it is. dynamic, backend, mode, options: accepted as in torch, where they
        choose among compilers. RuntimeError for a mode that torch has not, and for mode and options together.
    readable: True makes a program to be read: with the lines of the step, the names of its variables, and formulas;
        each value has memory of its own, and `values` gives them all. The same bits, in more time.

    What comes back is called as the step is. Its `source` is the program as Python that needs only NumPy, `save`
    writes that to a file, and `report()` tells what a call costs. CompileError, when it is called, where the step
    does what cannot be compiled: the message names the line and the reason.

    The functions of the step's own author, and those that they call, are followed from their source while the step is
    traced. What they read outside themselves counts at the next call: globals, variables of functions around,
    attributes and defaults of classes, containers, properties, hooks, modes, options and state of optimizers, and what
    functions with a cache (`functools.lru_cache`) give; numbers that the step counts up and tensors that it replaces
    are read at each call. What they write there happens at each call: attributes, variables, entries and options of
    optimizers set, lists, sets and deques changed, texts printed. Numbers read by `item()` are returned and kept like
    tensors. `report()` names all that was taken for granted. Anything else is refused: random numbers that are not
    numpynet's, files, the time, functions without source, schedulers stepped, what asks a tensor's values for the way
    to go, objects compared or written as text by methods of their own, `match`, attributes and entries deleted, and
    what is not known.

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
    >>> start = step.source.index("    # backward")
    >>> print(step.source[start : step.source.index("# ---", start)].strip())
    # backward
        np.multiply(two, difference, d_difference)  # (2, 1) -> (2, 1)
        d_difference_T.dot(x, w_grad)               # (1, 2) (2, 1) -> (1, 1)
    <BLANKLINE>
        # update
        np.multiply(lr_array, w_grad, product_3)    # (1, 1) -> (1, 1)
        np.subtract(w, product_3, w)                # (1, 1) (1, 1) -> (1, 1)
    <BLANKLINE>
        return loss.copy()
    >>> report = step.report()
    >>> report.calls, report.flops, report.buffers
    (9, 22, 4)
    """
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if mode not in (None, *MODES):
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(MODES)}")
    if model is None:
        return partial(compile, fullgraph=fullgraph, disable=disable, readable=readable)
    if disable:
        return model
    return OptimizedModule(model, fullgraph) if isinstance(model, Module) else CompiledStep(model, readable=readable)


def compile_forward(module: Module, **options: Any) -> None:
    """Compiles a module's forward in its place: `Module.compile`, which takes the options of `compile`."""
    compiled = compile(module, **options)
    if compiled is not module:
        forward = CompiledForward(module, type(module).forward.__get__(module), compiled._fullgraph)
        vars(module)["forward"] = forward


class CompiledForward:
    """A function of a module's, compiled for calls without gradients; with gradients it is called as it is.

    fullgraph: whether a CompileError is raised where it cannot be compiled; otherwise there is a warning.
    """

    without_gradients = is_compiled = True

    def __init__(self, module: Module, function: Callable[..., Any], fullgraph: bool) -> None:
        self._module, self.__wrapped__ = module, function
        self.step = CompiledStep(function, asked=fullgraph)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives."""
        if is_tracing():  # a step around it, of which it becomes a part
            return listening.call(self.__wrapped__, *args, **kwargs)
        given = (tensor.requires_grad for tensor in tensors_in(args))
        learned = (parameter.requires_grad for parameter in self._module.parameters())
        if kwargs or any(given) or (grad_flags.enabled and any(learned)):
            return self.__wrapped__(*args, **kwargs)
        return self.step(*args)


class OptimizedModule(Module):
    """A module around another, whose parameters, buffers, modes and parts it has; made by `compile`.

    Without gradients (`no_grad`, or where nothing requires one) its forward is a compiled program; with gradients it
    is the module's own, to be walked back as ever: to compile that too, compile the whole step. ``forward.step`` is
    the compiled step, with its `source` and its `report`.

    The names in its state_dict begin with "_orig_mod.", as torch's do; ``_orig_mod`` is the module itself.

    >>> import numpynet
    >>> from numpynet import nn
    >>> model = nn.Linear(2, 1)
    >>> compiled = numpynet.compile(model)
    >>> with numpynet.no_grad():
    ...     print(numpynet.equal(compiled(numpynet.ones(3, 2)), model(numpynet.ones(3, 2))))
    True
    >>> compiled.weight is model.weight
    True
    """

    _orig_mod: Module

    def __init__(self, mod: Module, fullgraph: bool = False) -> None:
        super().__init__()
        self._orig_mod = mod
        self._fullgraph = fullgraph
        self.forward = CompiledForward(mod, mod, fullgraph)  # type: ignore[method-assign]

    @property
    def training(self) -> bool:
        """The module's own mode."""
        return self._orig_mod.training

    @training.setter
    def training(self, mode: bool) -> None:
        self._orig_mod.training = mode

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":  # which is not there before it is made
            raise AttributeError(name)
        return getattr(self._orig_mod, name)

    def __len__(self) -> int:
        return len(self._orig_mod)  # type: ignore[arg-type]

    def __reduce__(self) -> Any:
        return OptimizedModule, (self._orig_mod, self._fullgraph)
