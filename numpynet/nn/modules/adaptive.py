"""The adaptive softmax."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from numpynet import ops
from numpynet.core.tensor import Tensor
from numpynet.nn import functional as F
from numpynet.nn.modules.container import ModuleList, Sequential
from numpynet.nn.modules.linear import Linear
from numpynet.nn.modules.module import Module

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])


class AdaptiveLogSoftmaxWithLoss(Module):
    """log p(class) of many classes, the rare ones in clusters, each of which is computed only when it is needed.

    cutoffs: where the clusters begin, the classes being numbered from the most frequent to the rarest. The classes
    before the first cutoff, and the clusters themselves, are told apart by `head`; those in cluster i by ``tail[i]``,
    through in_features / div_valueⁱ⁺¹ features. (Grave et al. 2017, "Efficient softmax approximation for GPUs")

    forward takes x (N, in_features) and classes (N,), or one of each, and returns output, log p of each class, and
    loss, the mean of −output. ValueError for cutoffs that do not increase between 1 and n_classes − 1; RuntimeError for
    classes that are none.

    >>> import numpynet
    >>> from numpynet import nn
    >>> softmax = nn.AdaptiveLogSoftmaxWithLoss(8, 10, [2, 5])
    >>> output, loss = softmax(numpynet.zeros(3, 8), numpynet.tensor([0, 4, 9]))
    >>> output.shape, loss.shape
    (torch.Size([3]), torch.Size([]))
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cuts = list(cutoffs)
        if not cuts:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        increase = all(a < b for a, b in pairwise([0, *cuts, n_classes]))
        if not increase or any(int(one) != one for one in cuts):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
                "value is between 1 and n_classes-1"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cuts, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = cuts[0]
        self.n_clusters = len(cuts)
        self.head_size = self.shortlist_size + self.n_clusters
        where = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **where)
        self.tail = ModuleList()
        for place, (start, stop) in enumerate(pairwise(self.cutoffs)):
            width = int(in_features // div_value ** (place + 1))
            self.tail.append(
                Sequential(
                    Linear(in_features, width, bias=False, **where), Linear(width, stop - start, bias=False, **where)
                )
            )

    def reset_parameters(self) -> None:
        """Draws all weights anew, from the default generator.

        >>> from numpynet import nn
        >>> nn.AdaptiveLogSoftmaxWithLoss(8, 10, [2]).reset_parameters()
        """
        self.head.reset_parameters()
        for layers in self.tail:
            for layer in layers:
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> Any:
        """output and loss, as a named tuple."""
        rank = target_.dim()
        if rank > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if rank == 1 and input_.size(0) != target_.size(0):
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        if input_.dim() != rank + 1:
            raise RuntimeError(
                f"{rank}D target tensor expects {rank + 1}D input tensors, but found inputs with size {input_.size()}"
            )
        x, target = (input_, target_) if rank else (input_.unsqueeze(0), target_.unsqueeze(0))
        if target.numel() and not bool(((target >= 0) & (target < self.n_classes)).all()):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range [{target.min().item()}, "
                f"{target.max().item()}] were found. "
            )
        output, in_head = x.new_zeros(len(target)), target.clone()
        for place, (start, stop) in enumerate(pairwise(self.cutoffs)):
            rows = ((target >= start) & (target < stop)).nonzero()[:, 0]
            if rows.numel():
                within = F.log_softmax(self.tail[place](x.index_select(0, rows)), dim=1)
                output[rows] = within.gather(1, (target[rows] - start).unsqueeze(1)).squeeze(1)
                in_head[rows] = self.shortlist_size + place
        output = output + F.log_softmax(self.head(x), dim=1).gather(1, in_head.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output if rank else output.squeeze(0), loss)

    def _all(self, x: Tensor, of_head: Tensor) -> Tensor:
        """log p of all classes."""
        head = F.log_softmax(of_head, dim=1)
        parts = [head[:, : self.shortlist_size]]
        for place, layers in enumerate(self.tail):
            cluster = head[:, self.shortlist_size + place].unsqueeze(1)
            parts.append(F.log_softmax(layers(x), dim=1) + cluster)
        return ops.cat(parts, dim=1)

    def log_prob(self, input: Tensor) -> Tensor:
        """log p of all classes        x (N, in_features) -> (N, n_classes)

        >>> import numpynet
        >>> from numpynet import nn
        >>> nn.AdaptiveLogSoftmaxWithLoss(8, 10, [2, 5]).log_prob(numpynet.zeros(3, 8)).exp().sum(1).detach()
        tensor([1., 1., 1.])
        """
        return self._all(input, self.head(input))

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class        x (N, in_features) -> (N,); clusters are computed where they are the likeliest.

        >>> import numpynet
        >>> from numpynet import nn
        >>> nn.AdaptiveLogSoftmaxWithLoss(8, 10, [2, 5]).predict(numpynet.zeros(3, 8)).shape
        torch.Size([3])
        """
        of_head = self.head(input)
        best: Tensor = of_head.argmax(dim=1)
        rows = (best >= self.shortlist_size).nonzero()[:, 0]
        if rows.numel():
            best[rows] = self._all(input[rows], of_head[rows]).argmax(dim=1)
        return best
