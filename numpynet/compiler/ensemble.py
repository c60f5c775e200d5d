"""Ensemble: many models of one shape, trained as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from tqdm import tqdm

from numpynet.compiler.arrays import array_of, set_array_of
from numpynet.compiler.batching import Batching
from numpynet.compiler.build import Built
from numpynet.compiler.compiled import CompiledStep
from numpynet.compiler.errors import CompileError
from numpynet.compiler.near_equivalents import nearly_equal
from numpynet.compiler.surroundings import Code, is_data
from numpynet.compiler.symbol import Kind, Memory, Symbol, same_place
from numpynet.compiler.trace import Trace, tensors_in
from numpynet.core import epoch
from numpynet.core.tensor import Tensor, wrap
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter
from numpynet.optim.optimizer import Optimizer
from numpynet.random import fork_rng, manual_seed

Step = Callable[..., Any]


class Ensemble:
    """Models of one shape, whose parameters lie one behind the other; made by `ensemble`.

    models: the models, which can be used as any others. seeds: what each was made from.
    stacked: the parameters of all, by their name in a model, each (N, ...) for N models.

    >>> import numpynet
    >>> from numpynet import nn
    >>> models = numpynet.ensemble(lambda: nn.Linear(2, 1), seeds=range(3))
    >>> models
    <ensemble of 3 models: Linear>
    >>> models.stacked["weight"].shape
    torch.Size([3, 1, 2])
    """

    def __init__(self, make_model: Callable[[], Module], seeds: Iterable[int], progress: bool = False) -> None:
        self.seeds = list(seeds)
        if not self.seeds:
            raise ValueError("ensemble: there must be at least one seed")
        self.models: list[Module] = []
        with fork_rng():
            for seed in tqdm(self.seeds, desc="Ensemble", unit="model", disable=not progress):
                manual_seed(seed)
                self.models.append(make_model())
        self.stacked = {name: self._stack(name) for name in self._names()}
        self.share()

    def __len__(self) -> int:
        return len(self.models)

    def __repr__(self) -> str:
        return f"<ensemble of {len(self)} models: {type(self.models[0]).__name__}>"

    def parameters(self) -> Iterator[Tensor]:
        """The parameters of all models, stacked: (N, ...) each.

        >>> import numpynet
        >>> from numpynet import nn
        >>> [tuple(one.shape) for one in numpynet.ensemble(lambda: nn.Linear(2, 1), seeds=range(3)).parameters()]
        [(3, 1, 2), (3, 1)]
        """
        return (tensor for tensor in self.stacked.values() if tensor.requires_grad)

    def _names(self) -> list[str]:
        """The names of parameters and buffers, which must be those of every model; ValueError where they are not."""
        outlines = [
            [(name, one.shape, one.dtype) for name, one in _members(model)] for model in self.models
        ]  # fmt: skip
        for seed, outline in zip(self.seeds, outlines, strict=True):
            if outline != outlines[0]:
                raise ValueError(
                    f"ensemble: the model of seed {seed} has parameters {_summary(outline)}, that of seed "
                    f"{self.seeds[0]} has {_summary(outlines[0])}: make one ensemble for each shape"
                )
        return [name for name, _, _ in outlines[0]]

    def _stack(self, name: str) -> Tensor:
        tensors = [dict(_members(model))[name] for model in self.models]
        whole = wrap(np.stack([tensor._array for tensor in tensors]))
        return Parameter(whole) if isinstance(tensors[0], Parameter) else whole

    def share(self) -> None:
        """Lets every model's parameters look into the stacked ones.

        >>> import numpynet
        >>> from numpynet import nn
        >>> models = numpynet.ensemble(lambda: nn.Linear(2, 1), seeds=range(3))
        >>> models.share()
        >>> models.is_shared()
        True
        """
        for position, model in enumerate(self.models):
            for name, tensor in _members(model):
                tensor._array = self.stacked[name]._array[position, ...]
                tensor._writes = self.stacked[name]._writes
        epoch.count[0] += 1

    def is_shared(self) -> bool:
        """Whether all parameters still look into the stacked ones.

        >>> import numpynet
        >>> from numpynet import nn
        >>> numpynet.ensemble(lambda: nn.Linear(2, 1), seeds=range(3)).is_shared()
        True
        """
        return not any(self._replaced())

    def refuse_replaced(self) -> None:
        """RuntimeError where a model's parameter does not look into the stacked ones any more.

        >>> import numpynet
        >>> from numpynet import nn
        >>> models = numpynet.ensemble(lambda: nn.Linear(2, 1), seeds=range(3))
        >>> models.refuse_replaced()
        >>> len(models)
        3
        """
        for seed, name in self._replaced():
            raise RuntimeError(
                f"ensemble: {name} of the model of seed {seed} was replaced, and is no part of the ensemble any more: "
                f"write into it, as in {name}.copy_(...) under no_grad(), or make a new ensemble"
            )

    def _replaced(self) -> Iterator[tuple[int, str]]:
        for position, (seed, model) in enumerate(zip(self.seeds, self.models, strict=True)):
            for name, tensor in _members(model):
                whole = self.stacked.get(name)
                if whole is None or not same_place(tensor._array, whole._array[position, ...]):
                    yield seed, name

    def compile(self, make_step: Callable[[Module], Step]) -> EnsembleStep:
        """One step for all models.

        make_step: gives the training step of one model, as a function that returns its loss. The options of its
            optimizer are those of all, and are read at each call. The step is traced for the first model; that of
            another is only called where an optimizer sets up its state in its first step.

        The compiled step takes what a step takes, the same for all models, and returns the losses of all, (N,). They
        are what each model would have alone but for rounding: sums are taken in another order, biases inside of
        products, and ln(1 + e) of float32 from ln.

        NotImplementedError where a call cannot be made for many models at once, such as drawing random numbers.

        >>> import numpynet
        >>> from numpynet import nn
        >>> x, y = numpynet.randn(20, 2), numpynet.randn(20, 1)
        >>> models = numpynet.ensemble(lambda: nn.Linear(2, 1), seeds=range(3))
        >>> def make_step(model):
        ...     optimizer = numpynet.optim.SGD(model.parameters(), lr=0.1)
        ...     def step():
        ...         optimizer.zero_grad()
        ...         loss = nn.functional.mse_loss(model(x), y)
        ...         loss.backward()
        ...         optimizer.step()
        ...         return loss
        ...     return step
        >>> step = models.compile(make_step)
        >>> step().shape
        torch.Size([3])
        """
        return EnsembleStep(self, make_step)


class EnsembleStep(CompiledStep):
    """The step of an ensemble; made by `Ensemble.compile`."""

    def __init__(self, ensemble: Ensemble, make_step: Callable[[Module], Step]) -> None:
        self.ensemble = ensemble
        self._make_step = make_step
        self._states: dict[int, Tensor] = {}
        super().__init__(make_step(ensemble.models[0]))

    def _build(self, args: tuple[Any, ...]) -> tuple[Any, Built | None]:
        self.ensemble.refuse_replaced()
        step = self.__wrapped__
        code = Code(step)
        data = [variable.value() for variable in code.variables if is_data(variable.value())]
        trace = Trace(step, args, {}, data)
        if not trace.is_steady:
            return self._first_steps(args), None
        self._batch(trace)
        built = Built(step, args, self._argument_names(args), code, self._look_up, trace)
        built.forget()  # there is nothing to verify: the trace has the values of one model, rounded in another order
        self.ensemble.share()
        built.settle()
        built.guards.also = self.ensemble.is_shared
        return None, built

    def _first_steps(self, args: tuple[Any, ...]) -> Tensor:
        """The first step of each model by itself, in which its optimizer sets up its state."""
        losses, states = [], []
        of_first: list[Optimizer] = []
        for position, model in enumerate(self.ensemble.models):
            step = self.__wrapped__ if position == 0 else self._make_step(model)
            with _optimizers_used(of_first) as optimizers:
                losses.append(step(*args)._array)
            of_first = of_first or optimizers
            states.append([tensor for optimizer in optimizers for tensor in _state_tensors(optimizer)])
        for members in zip(*states, strict=True):
            if members[0].ndim:
                self._states[id(members[0])] = wrap(np.stack([member._array for member in members]))
        return wrap(np.stack(losses))

    def _batch(self, trace: Trace) -> None:
        """Turns the trace of the first model's step into that of all."""
        ensemble = self.ensemble
        of_first = {id(tensor): ensemble.stacked[name] for name, tensor in _members(ensemble.models[0])}
        memories: dict[Memory, Memory] = {}
        tensors: dict[Memory, Tensor] = {}
        for memory, tensor in trace.tensors.items():
            stacked = of_first.get(id(tensor), self._states.get(id(tensor)))
            if stacked is None:
                tensors[memory] = tensor
                continue
            memories[memory] = Memory(Kind.TENSOR, stacked._array, stacked)
            tensors[memories[memory]] = stacked
        self._refuse_shared_state(trace, memories)
        batching = Batching(len(ensemble), memories)
        with np.errstate(all="ignore"):  # what is computed for its shape alone may be anything
            trace.program.instructions = batching.batched(nearly_equal(trace.program.instructions))
        trace.values = {batching.memory(one): origin for one, origin in trace.values.items()}
        trace.cotangents = {batching.memory(one): batching.memory(of) for one, of in trace.cotangents.items()}
        trace.sole = {memories.get(memory, memory) for memory in trace.sole} | set(memories.values())
        trace.tensors = tensors
        trace.names = [(stacked, name) for name, stacked in ensemble.stacked.items()]
        trace.gradients = {
            of_first.get(id(tensor), tensor): _of_all(gradient, batching)
            for tensor, gradient in trace.gradients.items()
        }
        trace.needed_gradients = {
            of_first.get(id(tensor), tensor): gradient for tensor, gradient in trace.needed_gradients.items()
        }
        if any(gradient is not None for gradient in trace.needed_gradients.values()):
            raise NotImplementedError("an ensemble cannot add up gradients over steps: call zero_grad() in each")
        for result in tensors_in(trace.result):
            if type(array_of(result)) is Symbol:
                set_array_of(result, batching.symbol(array_of(result)))

    def _refuse_shared_state(self, trace: Trace, memories: dict[Memory, Memory]) -> None:
        for memory in trace.program.overwritten():
            if memory.kind is not Kind.TEMPORARY and memory not in memories and memory.array.ndim:
                raise CompileError(
                    f"an ensemble's step overwrites a tensor of shape {memory.array.shape} that is no parameter, no "
                    f"buffer and no optimizer's state of its model: all models would share it"
                )


def _of_all(gradient: Tensor | None, batching: Batching) -> Tensor | None:
    if gradient is not None and type(array_of(gradient)) is Symbol:
        set_array_of(gradient, batching.symbol(array_of(gradient)))
    return gradient


def _members(model: Module) -> list[tuple[str, Tensor]]:
    """A model's parameters and buffers, with their names."""
    return [*model.named_parameters(), *((name, one) for name, one in model.named_buffers() if one.ndim)]


def _summary(outline: list[tuple[str, Any, Any]]) -> str:
    return ", ".join(f"{name} {tuple(shape)}" for name, shape, _ in outline)


def _state_tensors(optimizer: Optimizer) -> list[Tensor]:
    """The tensors that an optimizer keeps, in the order of its parameters."""
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    return [
        value
        for parameter in parameters
        for _, value in sorted(optimizer.state[parameter].items())
        if isinstance(value, Tensor)
    ]


@contextmanager
def _optimizers_used(examples: list[Optimizer]) -> Iterator[list[Optimizer]]:
    """The optimizers whose `step` is called meanwhile; they take the options that those of another model have."""
    used: list[Optimizer] = []
    original = Optimizer.step

    def noting(optimizer: Optimizer, closure: Any = None) -> Any:
        if len(used) < len(examples):
            for group, example in zip(optimizer.param_groups, examples[len(used)].param_groups, strict=True):
                group.update((key, value) for key, value in example.items() if not key.startswith("param"))
        used.append(optimizer)
        return original(optimizer, closure)

    Optimizer.step = noting  # type: ignore[method-assign, assignment]
    try:
        yield used
    finally:
        Optimizer.step = original  # type: ignore[method-assign]


def ensemble(make_model: Callable[[], Module], seeds: Iterable[int], *, progress: bool = False) -> Ensemble:
    """Many models of one shape, each made after ``manual_seed(seed)``, to be trained as one.

    make_model: makes a model. The generator's state is put back afterwards.
    progress: shows a bar while models are made.

    ValueError when there is no seed, or when parameters differ in names, shapes or dtypes.

    See `Ensemble.compile` for how they are trained.

    >>> import numpynet
    >>> models = numpynet.ensemble(lambda: numpynet.nn.Linear(2, 1), seeds=[0, 1, 2])
    >>> [tuple(parameter.shape) for parameter in models.parameters()]
    [(3, 1, 2), (3, 1)]
    """
    return Ensemble(make_model, seeds, progress)
