"""torch.optim.swa_utils: averages of a model's parameters over its training, and the schedule that goes with them.

Averaging Weights Leads to Wider Optima and Better Generalization, P. Izmailov et al. (2018).
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any

from numpynet.core.modes import no_grad
from numpynet.core.tensor import Tensor
from numpynet.creation import tensor
from numpynet.nn.modules.module import Module
from numpynet.nn.modules.normalization import _BatchNorm
from numpynet.optim.lr_scheduler.scheduler import LRScheduler, one_for_each_group
from numpynet.optim.optimizer import LearningRate, Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__


Average = Callable[[Tensor, Tensor, Tensor], Tensor]
MultiAverage = Callable[[list[Tensor], list[Tensor], Tensor], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The exponential moving average of one parameter: w ← decay w + (1 − decay) w_model.

    ValueError for a decay outside of [0, 1].

    >>> import numpynet
    >>> from numpynet.optim import swa_utils
    >>> swa_utils.get_ema_avg_fn(0.75)(numpynet.tensor([0.0]), numpynet.tensor([4.0]), 1)
    tensor([1.])
    """
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")

    @no_grad()
    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Tensor) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Average:
    """The mean of all models so far, of one parameter: w ← w + (w_model − w) / (n + 1) after n of them.

    >>> import numpynet
    >>> from numpynet.optim import swa_utils
    >>> swa_utils.get_swa_avg_fn()(numpynet.tensor([0.0]), numpynet.tensor([4.0]), 1)
    tensor([2.])
    """

    @no_grad()
    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Tensor) -> Tensor:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """As `get_ema_avg_fn`, in place and for lists of parameters.

    >>> import numpynet
    >>> from numpynet.optim import swa_utils
    >>> w = numpynet.tensor([0.0])
    >>> swa_utils.get_ema_multi_avg_fn(0.75)([w], [numpynet.tensor([4.0])], 1)
    >>> w
    tensor([1.])
    """
    average = get_ema_avg_fn(decay)

    @no_grad()
    def ema_update(ema_param_list: list[Tensor], current_param_list: list[Tensor], num_averaged: Tensor) -> None:
        for averaged, current in zip(ema_param_list, current_param_list, strict=True):
            if averaged.is_floating_point():
                averaged.lerp_(current, 1 - decay)
            else:
                averaged.copy_(average(averaged, current, num_averaged))

    return ema_update


def get_swa_multi_avg_fn() -> MultiAverage:
    """As `get_swa_avg_fn`, in place and for lists of parameters.

    >>> import numpynet
    >>> from numpynet.optim import swa_utils
    >>> w = numpynet.tensor([0.0])
    >>> swa_utils.get_swa_multi_avg_fn()([w], [numpynet.tensor([4.0])], 1)
    >>> w
    tensor([2.])
    """

    @no_grad()
    def swa_update(averaged_param_list: list[Tensor], current_param_list: list[Tensor], num_averaged: Tensor) -> None:
        for averaged, current in zip(averaged_param_list, current_param_list, strict=True):
            if averaged.is_floating_point():
                averaged.lerp_(current, float(1 / (num_averaged + 1)))
            else:
                averaged.addcdiv_(current - averaged, num_averaged + 1)

    return swa_update


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of that model's; its buffers are the model's latest.

    avg_fn: (average, parameter, number averaged) -> the new average; the mean of all if neither it nor multi_avg_fn
        is given, which is handed lists of them and changes the averages in place.
    use_buffers: averages buffers too.
    AssertionError where both functions are given.

    >>> import numpynet
    >>> from numpynet import nn
    >>> from numpynet.optim import swa_utils
    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = swa_utils.AveragedModel(model)
    >>> for weight in (1.0, 2.0, 6.0):
    ...     _ = nn.init.constant_(model.weight, weight)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item(), averaged.n_averaged
    (3.0, tensor(3))
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        try:
            self.module = copy.deepcopy(model)
        except TypeError as error:
            hint = "" if isinstance(model, Module) else f": AveragedModel takes a module, not {type(model).__name__}"
            raise TypeError(f"{error}{hint}") from None
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model computes."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Takes the model's parameters into the averages.

        >>> from numpynet import nn
        >>> from numpynet.optim import swa_utils
        >>> model = nn.Linear(1, 1)
        >>> averaged = swa_utils.AveragedModel(model, avg_fn=swa_utils.get_ema_avg_fn(0.9))
        >>> averaged.update_parameters(model)
        >>> averaged.n_averaged.item()
        1
        """
        averages = [one.detach() for one in self._averaged(self.module)]
        currents = [one.detach() for one in self._averaged(model)]
        if self.n_averaged == 0:
            for average, current in zip(averages, currents, strict=False):
                average.copy_(current)
        elif self.multi_avg_fn is not None:
            self.multi_avg_fn(averages, currents, self.n_averaged)
        else:
            avg_fn = self.avg_fn or get_swa_avg_fn()
            for average, current in zip(averages, currents, strict=True):
                average.copy_(avg_fn(average, current, self.n_averaged))
        if not self.use_buffers:
            for mine, its in zip(self.module.buffers(), model.buffers(), strict=True):
                mine.detach().copy_(its.detach())
        self.n_averaged += 1

    def _averaged(self, model: Module) -> Iterable[Tensor]:
        return itertools.chain(model.parameters(), model.buffers()) if self.use_buffers else model.parameters()


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Computes the running averages of a model's batch normalizations anew, as means over the loader's batches.

    loader: gives the model's inputs, or lists and tuples whose first element is one.

    >>> import numpynet
    >>> from numpynet import nn
    >>> from numpynet.optim import swa_utils
    >>> model = nn.BatchNorm1d(1)
    >>> swa_utils.update_bn([numpynet.tensor([[1.0], [3.0]]), numpynet.tensor([[5.0], [7.0]])], model)
    >>> model.running_mean, model.momentum
    (tensor([4.]), 0.1)
    """
    momenta = {module: module.momentum for module in model.modules() if isinstance(module, _BatchNorm)}
    if not momenta:
        return
    training = model.training
    model.train()
    try:
        for module in momenta:
            module.reset_running_stats()
            module.momentum = None
        for batch in loader:
            x = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(x if device is None else x.to(device))
    finally:
        for module, momentum in momenta.items():
            module.momentum = momentum
        model.train(training)


class SWALR(LRScheduler):
    """The learning rate goes within anneal_epochs from what it is to swa_lr, by half a cosine or in a line, and stays.

    ValueError for a strategy other than "cos" and "linear", and for anneal_epochs below 0.

    >>> import numpynet
    >>> from numpynet.optim import swa_utils
    >>> optimizer = numpynet.optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = swa_utils.SWALR(optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.75]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = one_for_each_group("swa_lr", optimizer, swa_lr)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        for rate, group in zip(rates, optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def anneal_func(self, t: float) -> float:
        """The share of swa_lr after the share t of the epochs.

        >>> import numpynet
        >>> from numpynet.optim import swa_utils
        >>> optimizer = numpynet.optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
        >>> swa_utils.SWALR(optimizer, swa_lr=0.5).anneal_func(0.5)
        0.49999999999999994
        """
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list[LearningRate]:
        """The learning rates of this epoch, from those before."""
        self._warn_outside_step()
        epochs = max(1, self.anneal_epochs)
        step = self._step_count - 1 if self.anneal_epochs else max(1, self._step_count - 1)
        before, now = (self.anneal_func(max(0, min(1, one / epochs))) for one in (step - 1, step))
        rates = []
        for group in self.optimizer.param_groups:
            swa_lr = group["swa_lr"]
            initial = swa_lr if before == 1 else (group["lr"] - before * swa_lr) / (1 - before)
            rates.append(swa_lr * now + initial * (1 - now))
        return rates
