"""L-BFGS: Newton's steps, with a Hessian that is known from the last gradients only."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any

import numpy as np

from numpynet.core.modes import silently
from numpynet.core.tensor import Tensor, wrap
from numpynet.ops.form import Array
from numpynet.optim.line_search import Point, magnitude, strong_wolfe
from numpynet.optim.optimizer import Closure, LearningRate, Optimizer, check_learning_rate, computed, number


class LBFGS(Optimizer):
    """θ ← θ - t H g, with an approximate inverse Hessian H; each `step` makes up to `max_iter` of these.

    params: tensors or named tensors, in one group.
    lr: t. With line_search_fn="strong_wolfe" it is where the search for t begins.
    max_iter, max_eval: how many iterations a step makes, and how often it calls the closure, by default 5/4 as often.
    tolerance_grad, tolerance_change: a step ends where no element of the gradient, or of the change of θ, or the change
        of the loss, is greater.
    history_size: how many changes of θ and of the gradient make H.

    ValueError for options out of range and for several groups; RuntimeError for another line search.

    >>> import numpynet
    >>> from numpynet.optim import LBFGS
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 3) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure)
    tensor(29., grad_fn=<SumBackward0>)
    >>> closure().item() < 1e-10
    True
    """

    _required_options = ("lr", "max_iter", "max_eval", "tolerance_grad", "tolerance_change", "history_size")

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_learning_rate(lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure: Closure | None = None) -> Any:
        """Minimises the loss that `closure` computes, as far as the options allow; returns the first loss.

        closure: clears the gradients, computes the loss, calls backward and returns the loss; TypeError without it.

        >>> import numpynet
        >>> w = numpynet.tensor([2.0], requires_grad=True)
        >>> optimizer = LBFGS([w], max_iter=1)
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = (w ** 2).sum()
        ...     loss.backward()
        ...     return loss
        >>> optimizer.step(closure).item(), w.item()
        (4.0, 1.0)
        """
        if closure is None:
            raise TypeError("LBFGS.step() missing 1 required positional argument: 'closure'")
        (group,) = self.param_groups
        first = computed(closure)
        silently(self._minimise, group, closure, first)
        return first

    def _minimise(self, group: dict[str, Any], closure: Closure, first: Any) -> None:
        parameters: list[Tensor] = group["params"]
        state = self.state[parameters[0]]
        lr = number(group["lr"])
        search, tolerance_change = group["line_search_fn"], group["tolerance_change"]
        loss, g, calls = loss_of(first), flat_gradient(parameters), 1
        state["func_evals"] = state.get("func_evals", 0) + 1
        state.setdefault("n_iter", 0)
        if is_within(g, group["tolerance_grad"]):
            return
        iteration = 0
        while iteration < group["max_iter"]:
            iteration += 1
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                d = -g
                state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            else:
                remember(state, g, index(group["history_size"]))
                d = direction(state, g)
            state["d"], state["prev_flat_grad"], state["prev_loss"] = wrap(d), wrap(g), loss
            previous = loss
            t = min(1.0, 1.0 / np.abs(g).sum()) * lr if state["n_iter"] == 1 else lr
            state["t"] = t
            slope = g.dot(d)
            if wrap(np.asarray(slope)) > -tolerance_change:
                break
            evaluations = 0
            if search is not None:
                if search != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                before = [parameter._array.copy() for parameter in parameters]

                def at(t: Any, before: list[Array] = before, d: Array = d) -> Point:
                    move(parameters, before, t, d)
                    found = evaluated(closure)
                    gradient = flat_gradient(parameters)
                    return Point(t, found, gradient, gradient.dot(d))

                point, evaluations = strong_wolfe(
                    at, Point(0, loss, g, slope), t, magnitude(d), max_ls=group["max_eval"] - calls
                )
                t, loss, g = point.t, point.loss, point.gradient
                state["t"] = t
                move(parameters, before, t, d)
            else:
                move(parameters, [parameter._array for parameter in parameters], t, d)
                if iteration < group["max_iter"]:
                    loss, g, evaluations = evaluated(closure), flat_gradient(parameters), 1
            calls += evaluations
            state["func_evals"] += evaluations
            is_flat = bool(evaluations) and is_within(g, group["tolerance_grad"])
            has_stopped = is_within(d * t, tolerance_change) or abs(loss - previous) < tolerance_change
            if calls >= group["max_eval"] or is_flat or has_stopped:
                break


def evaluated(closure: Closure) -> float:
    """The closure's loss, computed with recording on."""
    return loss_of(computed(closure))


def loss_of(returned: Any) -> float:
    """What a closure returned, as a number; TypeError where it is none."""
    try:
        return float(returned.detach() if isinstance(returned, Tensor) else returned)
    except TypeError as error:
        raise TypeError(f"{error}: the closure of LBFGS.step() must return the loss") from None


def is_within(x: Array, tolerance: float) -> bool:
    """Whether no element of x is greater than the tolerance by magnitude."""
    return bool(wrap(np.asarray(magnitude(x))) <= tolerance)


def flat_gradient(parameters: list[Tensor]) -> Array:
    """All gradients one after the other, zeros where there is none."""
    parts = [np.zeros(p.shape, p._array.dtype) if p._grad is None else p._grad._array for p in parameters]
    return np.concatenate([part.reshape(-1) for part in parts])


def move(parameters: list[Tensor], before: list[Array], t: Any, d: Array) -> None:
    """θ ← before + t d, in place."""
    place = 0
    for parameter, array in zip(parameters, before, strict=True):
        part = d[place : place + array.size].reshape(array.shape)
        np.add(array, array.dtype.type(t) * part, out=parameter._array)
        parameter._writes[0] += 1
        place += array.size


def remember(state: dict[str, Any], g: Array, history_size: int) -> None:
    """Adds the last change s = t d of θ, and that of the gradient, y, where the curvature y s between them is positive.

    H₀ = (y s / y y) I is the first guess of the inverse Hessian.
    """
    y, s = g - state["prev_flat_grad"]._array, state["d"]._array * state["t"]
    curvature = y.dot(s)
    if curvature <= 1e-10:
        return
    if len(state["old_dirs"]) == history_size:
        for name in ("old_dirs", "old_stps", "ro"):
            state[name].pop(0)
    state["old_dirs"].append(wrap(y))
    state["old_stps"].append(wrap(s))
    state["ro"].append(wrap(np.asarray(1.0 / curvature)))
    state["H_diag"] = wrap(np.asarray(curvature / y.dot(y)))


def direction(state: dict[str, Any], g: Array) -> Array:
    """-H g, by the two loops of J. Nocedal, "Updating quasi-Newton matrices with limited storage" (1980)."""
    changes = [
        (y._array, s._array, ro._array)
        for y, s, ro in zip(state["old_dirs"], state["old_stps"], state["ro"], strict=True)
    ]
    d = -g
    weights = []
    for y, s, ro in reversed(changes):
        weights.append(s.dot(d) * ro)
        d = d - weights[-1] * y
    first = state["H_diag"]
    d = d * (first._array if isinstance(first, Tensor) else first)
    for y, s, ro in changes:
        d = d + s * (weights.pop() - y.dot(d) * ro)
    return d
