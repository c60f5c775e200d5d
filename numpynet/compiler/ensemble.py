"""Ensemble: many models of one shape, trained as one."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from numpynet.compiler import kinds
from numpynet.compiler.batching import Batching, Differs, Match, equal_bits
from numpynet.compiler.build import Built
from numpynet.compiler.compiled import CompiledStep
from numpynet.compiler.errors import CompileError
from numpynet.compiler.places import same
from numpynet.compiler.structures import array_of, set_array_of, tensors_in
from numpynet.compiler.symbol import Kind, Memory, Symbol, same_place
from numpynet.compiler.trace import Trace
from numpynet.core import epoch
from numpynet.core.tensor import Tensor, wrap
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter
from numpynet.random import fork_rng, manual_seed

Step = Callable[..., Any]


@dataclass
class Stack:
    """One and the same tensor of all models. whole: (N, ...), which all of `tensors` look into."""

    whole: Tensor
    tensors: list[Tensor]


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
        self._stacks: dict[int, Stack] = {}
        self.stacked = {
            name: self._stack([dict(_members(model))[name] for model in self.models]) for name in self._names()
        }

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
        outlines = [[(name, (*one.shape,), one.dtype) for name, one in _members(model)] for model in self.models]
        for seed, outline in zip(self.seeds, outlines, strict=True):
            if outline != outlines[0]:
                raise ValueError(
                    f"ensemble: the model of seed {seed} has parameters {outline}, that of seed {self.seeds[0]} has "
                    f"{outlines[0]}: make one ensemble for each shape"
                )
        return [name for name, _, _ in outlines[0]]

    def _stack(self, tensors: list[Tensor]) -> Tensor:
        """What one and the same tensor of all models is in one memory, (N, ...), which all of them look into then."""
        known = self._stack_of(tensors[0])
        if known is None or any(one is not other for one, other in zip(known.tensors, tensors, strict=True)):
            whole = wrap(np.stack([tensor._array for tensor in tensors]))
            if isinstance(tensors[0], Parameter):
                whole = Parameter(whole, requires_grad=tensors[0]._requires_grad)
            known = self._stacks[id(tensors[0])] = Stack(whole, tensors)
            self._share()
        known.whole._requires_grad = tensors[0]._requires_grad
        return known.whole

    def _stack_of(self, tensor: Tensor) -> Stack | None:
        """The stack that a tensor of the first model is in."""
        known = self._stacks.get(id(tensor))
        return known if known is not None and known.tensors[0] is tensor else None

    def _share(self) -> None:
        """Lets every model's tensors look into the stacked ones."""
        for stack in self._stacks.values():
            for position, tensor in enumerate(stack.tensors):
                tensor._array = stack.whole._array[position, ...]
                tensor._writes = stack.whole._writes
        epoch.count[0] += 1

    def _is_shared(self) -> bool:
        """Whether all parameters still look into the stacked ones."""
        return not any(self._replaced())

    def _refuse_replaced(self) -> None:
        """RuntimeError where a model's parameter does not look into the stacked ones any more."""
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

        make_step: gives the training step of one model, as a function that returns its loss, with an optimizer of the
            model's own. The options of the first model's optimizer are those of all, and are read at each call. The
            steps of all models are traced, and must make the same calls; what differs between them (tensors, numbers
            that are constants, random numbers) is each model's own.

        The compiled step takes what a step takes, the same for all models, and returns the losses of all, (N,). They
        are what each model would have alone but for rounding: sums are taken in another order.

        CompileError where the steps are not the same, have an optimizer or a parameter in common, change objects of
        Python, or make a call that cannot be made for many models at once.

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
        self._steps = [make_step(model) for model in ensemble.models]
        super().__init__(self._steps[0])

    def _build(self, args: tuple[Any, ...]) -> tuple[Any, Built | None]:
        self.ensemble._refuse_replaced()
        for is_data in (True, False):
            traces = [Trace(step, args, [], is_data) for step in self._steps]
            data = [[(place.identity(), id(tensor)) for place, _, tensor in trace.data] for trace in traces]
            if all(one == data[0] for one in data):
                break  # the data is that of all models; else each has its own
        _refuse_effects(traces)
        _share_options(traces)
        if not all(trace.is_steady for trace in traces):
            return wrap(np.stack([step(*args)._array for step in self._steps])), None
        first = traces[0]
        self._batch(traces)
        for trace in traces[1:]:
            first.reads.guards.update(trace.reads.guards)
            first.touched.update(trace.touched)
            first.needed_gradients.update(trace.needed_gradients)
            first.others += trace.optimizers
        if any(gradient is not None for gradient in first.needed_gradients.values()):
            raise CompileError("an ensemble cannot add up gradients over steps: call zero_grad() in each")
        built = Built(args, self._argument_names(args), self._look_up, first)
        built.forget()  # there is nothing to verify: the trace has the values of one model, rounded in another order
        self.ensemble._share()
        built.settle()
        built.guards.also = self.ensemble._is_shared
        return None, built

    def _batch(self, traces: list[Trace]) -> None:
        """Turns the trace of the first model's step into that of all."""
        ensemble, first = self.ensemble, traces[0]
        memories: dict[Memory, Memory] = {}
        matches = [self._matched(first, trace, number) for number, trace in enumerate(traces) if number]
        numbers = {
            one.memory for call in first.program.instructions if call.kind is kinds.NUMBER for one in call.symbols()
        }
        overwritten = first.program.overwritten()
        for memory in {**dict.fromkeys(first.tensors), **(matches[0].memories if matches else {})}:
            alike = [memory, *(match.memories[memory] for match in matches if memory in match.memories)]
            if len(alike) < len(traces):
                continue
            if memory.kind is Kind.CONSTANT and not equal_bits([one.array for one in alike]):
                memories[memory] = Memory(Kind.CONSTANT, np.stack([one.array for one in alike]))
            elif memory.kind is Kind.TENSOR and (
                len(traces) == 1 or any(one.owner is not memory.owner for one in alike)
            ):
                owners = [one.owner for one in alike]
                if len({id(tensor) for tensor in owners}) < len(owners):
                    raise CompileError("an ensemble's models share a tensor that others of them do not have")
                if memory in numbers:
                    self._follow(first, memory, owners)
                elif len(traces) > 1 or memory in overwritten or ensemble._stack_of(memory.owner) is not None:
                    stacked = ensemble._stack(owners)
                    memories[memory] = Memory(Kind.TENSOR, stacked._array, stacked)
        self._refuse_shared_state(first, memories, numbers)
        tensors: dict[Memory, Tensor] = {}
        for memory, tensor in first.tensors.items():
            changed = memories.get(memory)
            tensors[memory if changed is None else changed] = tensor if changed is None else changed.owner
        batching = Batching(len(ensemble), memories)
        with np.errstate(all="ignore"):  # what is computed for its shape alone may be anything
            try:
                first.program.instructions = batching.batched(first.program.instructions)
            except NotImplementedError as error:
                raise CompileError(str(error)) from None
        origins = first.origins
        origins.values = {batching.memory(one): origin for one, origin in origins.values.items()}
        origins.cotangents = {batching.memory(one): batching.memory(of) for one, of in origins.cotangents.items()}
        first.sole = {memories.get(memory, memory) for memory in first.sole} | set(memories.values())
        first.tensors = tensors
        first.names = [(stacked, name) for name, stacked in ensemble.stacked.items()]
        gradients: dict[Tensor, Tensor | None] = {}
        for tensor, gradient in first.gradients.items():
            stack = ensemble._stack_of(tensor)
            if stack is None and len(traces) > 1:
                raise CompileError("an ensemble's models have a parameter in common: all would add to its gradient")
            whole = tensor if stack is None else stack.whole
            gradients[whole] = gradient
            first.members[id(whole)] = [] if stack is None else stack.tensors
        first.gradients = gradients
        for one in (*gradients.values(), *tensors_in(first.result)):
            if one is not None and type(array_of(one)) is Symbol:
                set_array_of(one, batching.symbol(array_of(one)))

    def _follow(self, first: Trace, memory: Memory, owners: list[Tensor]) -> None:
        """Has the program read the first model's number for all, whose own must be equal and are set as it is."""
        if not equal_bits([tensor._array for tensor in owners]):
            raise CompileError(
                f"ensemble: a number that the step reads from a tensor of each model's own, such as how many steps its "
                f"optimizer has made, is {', '.join(str(tensor._array) for tensor in owners)}: it must be equal in all"
            )
        if len(owners) > 1:
            first.followers[memory] = owners[1:]
        if self.ensemble._stack_of(memory.owner) is not None:
            first.sole.discard(memory)

    def _matched(self, first: Trace, other: Trace, number: int) -> Match:
        try:
            return Match(first, other)
        except Differs as error:
            raise CompileError(
                f"ensemble: the step of the model of seed {self.ensemble.seeds[number]} is another than that of seed "
                f"{self.ensemble.seeds[0]} ({error}): make one ensemble for each"
            ) from None

    def _refuse_shared_state(self, trace: Trace, memories: dict[Memory, Memory], numbers: set[Memory]) -> None:
        for memory in trace.program.overwritten():
            if memory.kind is not Kind.TEMPORARY and memory not in memories and memory not in numbers:
                raise CompileError(
                    f"an ensemble's step overwrites a tensor of shape {memory.array.shape} that is no parameter, no "
                    f"buffer and no optimizer's state of its model: all models would share it"
                )


class MemberGroup(ChainMap[str, Any]):
    """A parameter group of another model's optimizer: its parameters, with the options of the first model's."""

    def __setitem__(self, key: str, value: Any) -> None:
        if key == "params":
            self.maps[0][key] = value
        elif not same(value, self.get(key)):
            raise CompileError(
                f"the option {key!r} is that of all models of an ensemble: set it in the optimizer of the first"
            )

    def __reduce_ex__(self, protocol: Any) -> Any:
        return dict, (dict(self),)


def _share_options(traces: list[Trace]) -> None:
    """Gives the optimizers of all models the options that those of the first have; CompileError where they differ."""
    first = traces[0].optimizers
    for trace in traces[1:]:
        if len(trace.optimizers) != len(first):
            raise CompileError("ensemble: the steps of its models have other numbers of optimizers")
        for ours, theirs in zip(first, trace.optimizers, strict=True):
            if ours is theirs:
                raise CompileError("ensemble: its models have an optimizer in common: make one for each")
            if type(ours) is not type(theirs) or len(ours.param_groups) != len(theirs.param_groups):
                raise CompileError("ensemble: the optimizers of its models are not alike")
            for number, (group, other) in enumerate(zip(ours.param_groups, theirs.param_groups, strict=True)):
                if isinstance(other, MemberGroup) and other.maps[1] is group:
                    continue
                for key in {**group, **other}:
                    value, known = other.get(key), theirs.defaults.get(key)
                    was_set = same(known, ours.defaults.get(key)) and same(value, known)  # the first's alone, since
                    if key != "params" and not same(value, group.get(key)) and not was_set:
                        raise CompileError(
                            f"ensemble: the option {key!r} is {group.get(key)!r} for one model and {value!r} for "
                            f"another: make one ensemble for each"
                        )
                theirs.param_groups[number] = MemberGroup({"params": other["params"]}, group)  # type: ignore[call-overload]


def _refuse_effects(traces: list[Trace]) -> None:
    for trace in traces:
        for effect in trace.reads.effects:
            raise CompileError(
                f"{effect.where}: an ensemble's step changes an object outside of it, which is one for all"
            )
        if any(number.reads for number in trace.numbers()):
            raise CompileError("an ensemble's step returns a number, which is one for all: return tensors")


def _members(model: Module) -> list[tuple[str, Tensor]]:
    """A model's parameters and buffers, with their names."""
    return [*model.named_parameters(), *model.named_buffers()]


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
