"""torch.utils.checkpoint: parts of a network whose intermediate values are computed anew in the backward pass."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from numpynet.autograd.graph import saved_tensors_hooks
from numpynet.core.modes import enable_grad, flags
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.container import Sequential
from numpynet.random import fork_rng, get_rng_state, set_rng_state
from numpynet.utils._pytree import tree_flatten

__all__ = ["CheckpointError", "checkpoint", "checkpoint_sequential", "noop_context_fn"]


class CheckpointError(RuntimeError):
    """A function under a checkpoint did something else when it ran again.

    >>> import numpynet
    >>> issubclass(numpynet.utils.checkpoint.CheckpointError, RuntimeError)
    True
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(message)


def noop_context_fn() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """Two contexts that do nothing, as `checkpoint` wants them for its two runs.

    >>> import numpynet
    >>> len(numpynet.utils.checkpoint.noop_context_fn())
    2
    """
    return nullcontext(), nullcontext()


class _Run:
    """A function's run under a checkpoint: of what its operations keep only the places, until they are wanted."""

    def __init__(self, again: Callable[[saved_tensors_hooks], Any], checked: bool) -> None:
        self.again, self.checked = again, checked
        self.kinds: list[tuple[Any, Any]] = []  # of the values that were to be kept: their shapes and dtypes
        self.found: dict[int, Tensor] = {}

    def pack(self, tensor: Tensor) -> int:
        self.kinds.append((tensor.shape, tensor.dtype))
        return len(self.kinds) - 1

    def unpack(self, place: int) -> Tensor:
        if place not in self.found:
            found: list[Tensor] = []
            self.again(saved_tensors_hooks(lambda tensor: found.append(tensor.detach()), _never))
            kinds = [(one.shape, one.dtype) for one in found]
            if len(kinds) != len(self.kinds) or (self.checked and kinds != self.kinds):
                raise CheckpointError(
                    f"checkpoint(): when it ran again, the function kept other values for the backward pass: {kinds}, "
                    f"not {self.kinds}. It must compute the same each time"
                )
            self.found = dict(enumerate(found))
        return self.found.pop(place)


def _never(kept: Any) -> Tensor:
    raise CheckpointError("checkpoint(): what a second run computes is never differentiated")


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """function(*args, **kwargs), of which nothing is kept for the backward pass: there it runs again.

    use_reentrant, debug, early_stop: make no difference; torch's way without reentrance is the only one here.
    context_fn: gives the contexts of the first run and of the second. determinism_check: "default", or "none".
    preserve_rng_state: whether the second run draws the random numbers of the first.
    CheckpointError where the second run does not compute what the first one did, RuntimeError where an argument was
    overwritten in between.

    >>> import numpynet
    >>> x = numpynet.tensor([1.0, 2.0], requires_grad=True)
    >>> y = numpynet.utils.checkpoint.checkpoint(lambda x: x * x, x, use_reentrant=False)
    >>> y.sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. use_reentrant=False is "
            "recommended.",
            UserWarning,
            stacklevel=2,
        )
    if determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of 'default' and 'none', but got {determinism_check}")
    before, behind = context_fn()
    if not flags.enabled:
        with before:
            return function(*args, **kwargs)
    state = get_rng_state() if preserve_rng_state else None
    given = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, Tensor)]
    versions = [one._version for one in given]

    def again(hooks: saved_tensors_hooks) -> None:
        if [one._version for one in given] != versions:
            raise RuntimeError(
                "checkpoint(): an argument was modified by an inplace operation since the function ran with it"
            )
        with fork_rng() if state is not None else nullcontext(), enable_grad(), behind, hooks:
            if state is not None:
                set_rng_state(state)
            function(*args, **kwargs)

    run = _Run(again, determinism_check == "default")
    with before, saved_tensors_hooks(run.pack, run.unpack):
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Sequential | Iterable[Callable[..., Any]],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """A chain of functions or modules applied to the input, in so many segments, all but the last under a `checkpoint`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> x = numpynet.ones(1, 2, requires_grad=True)
    >>> layers = nn.Sequential(nn.Tanh(), nn.Tanh())
    >>> y = numpynet.utils.checkpoint.checkpoint_sequential(layers, 2, x, use_reentrant=False)
    >>> bool((y == layers(x)).all())
    True
    """
    chain = list(functions.children() if isinstance(functions, Sequential) else functions)
    size = len(chain) // segments

    def run(part: list[Callable[..., Any]]) -> Callable[[Any], Any]:
        def through(value: Any) -> Any:
            for one in part:
                value = one(value)
            return value

        return through

    for start in range(0, size * (segments - 1), size):
        input = checkpoint(run(chain[start : start + size]), input, use_reentrant=use_reentrant, **kwargs)
    return run(chain[size * (segments - 1) :])(input)
