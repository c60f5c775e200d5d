"""Recurrent layers and their cells."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from numpynet import ops
from numpynet.composite.results import titled
from numpynet.core.tensor import Tensor
from numpynet.creation import empty, zeros
from numpynet.nn import init
from numpynet.nn.functional.recurrence import Weights, cell, layers, require_one_dtype
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter
from numpynet.nn.utils.rnn import PackedSequence
from numpynet.ops import recurrence
from numpynet.ops.arguments import is_number
from numpynet.ops.form import Op

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}
_OPERATIONS: dict[str, tuple[Op, dict[str, Any]]] = {
    "RNN_TANH": (recurrence.rnn, {"nonlinearity": "tanh"}),
    "RNN_RELU": (recurrence.rnn, {"nonlinearity": "relu"}),
    "GRU": (recurrence.gru, {}),
    "LSTM": (recurrence.lstm, {}),
}


def _drawn_anew(module: Module, hidden_size: int) -> None:
    """Draws all parameters uniformly from −1/√H to 1/√H, in their order."""
    bound = 1.0 / math.sqrt(hidden_size) if hidden_size > 0 else 0.0
    for weight in module.parameters():
        init.uniform_(weight, -bound, bound)


class RNNBase(Module):
    """What RNN, LSTM and GRU share: parameters, checks, and the way through layers and directions.

    mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU". ValueError for sizes and counts that are not positive and for a
    dropout outside [0, 1], TypeError for what is no integer or no bool.

    >>> from numpynet import nn
    >>> nn.RNNBase("GRU", 2, 3)
    RNNBase(2, 3)
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._require_sense()
        self.dropout = float(dropout)
        self._all_weights: list[list[str]] = []  # their names, by layer and direction
        rows, width = _GATES[mode] * hidden_size, proj_size or hidden_size
        for place in range(num_layers * self._directions):
            layer, reverse = divmod(place, self._directions)
            suffix = f"_l{layer}_reverse" if reverse else f"_l{layer}"
            columns = input_size if layer == 0 else width * self._directions
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, columns), "weight_hh": (rows, width)}
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)} if bias else {}
            shapes |= {"weight_hr": (proj_size, hidden_size)} if proj_size else {}
            for name, shape in shapes.items():
                setattr(self, name + suffix, Parameter(empty(shape, device=device, dtype=dtype)))
            self._all_weights.append([name + suffix for name in shapes])
        self.reset_parameters()

    def _require_sense(self) -> None:
        dropout = self.dropout
        if not is_number(dropout) or isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={self.num_layers}",
                stacklevel=4,
            )
        for name, kind in (("bias", bool), ("batch_first", bool), ("input_size", int), ("hidden_size", int)):
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
            if kind is int and value <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if self.proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.mode not in _GATES:
            raise ValueError(f"Unrecognized RNN mode: {self.mode}")

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters, by layer and direction.

        >>> from numpynet import nn
        >>> [weight.shape for weight in nn.RNN(2, 3).all_weights[0]]
        [torch.Size([3, 2]), torch.Size([3, 3]), torch.Size([3]), torch.Size([3])]
        """
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        """The names of the parameters, in one list."""
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        """The parameters, in one list."""
        return [getattr(self, name) for name in self._flat_weights_names]

    def flatten_parameters(self) -> None:
        """Does nothing: what torch does here concerns graphics processors.

        >>> from numpynet import nn
        >>> nn.RNN(2, 3).flatten_parameters()
        """

    def reset_parameters(self) -> None:
        """Draws all parameters anew, uniformly from −1/√H to 1/√H, from the default generator.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.RNN(1, 1)
        >>> _ = numpynet.manual_seed(0)
        >>> layer.reset_parameters()
        >>> bool(layer.weight_ih_l0.abs() <= 1)
        True
        """
        _drawn_anew(self, self.hidden_size)

    def _require_fit(self, input: Tensor, packed: bool, kind: Any) -> None:
        """ValueError where an input is not of the weights' dtype, RuntimeError where its sizes do not fit."""
        if input.dtype != kind:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({kind}). Convert input: "
                f"input.to({kind}), or convert model: model.to({input.dtype})"
            )
        wanted = 2 if packed else 3
        if input.dim() != wanted:
            raise RuntimeError(f"input must have {wanted} dimensions, got {input.dim()}")
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def _run(self, input: Any, hidden: Sequence[Tensor] | None, rank_error: str) -> tuple[Any, list[Tensor]]:
        """The output, and the states that all layers end with: one tensor for each kind of state.

        rank_error: what is said of an input that has neither 2 nor 3 dimensions.
        """
        packed = isinstance(input, PackedSequence)
        rows: Tensor = input.data if packed else input
        batched = packed or input.dim() == 3
        batch_dim = 0 if self.batch_first else 1
        if not packed and input.dim() not in (2, 3):
            raise ValueError(rank_error.format(input.dim()))
        if not batched:
            rows = rows.unsqueeze(batch_dim)
        if hidden is not None and not packed:
            self._require_rank(hidden, batched)
            hidden = hidden if batched else [state.unsqueeze(1) for state in hidden]
        weights: list[Any] = self.all_weights
        self._require_fit(rows, packed, weights[0][0].dtype)
        if packed:
            batch_sizes = tuple(input.batch_sizes.tolist())
            shape: tuple[int, ...] = (len(rows),)
            order, back = input.sorted_indices, input.unsorted_indices
        else:
            rows = rows.transpose(0, 1) if self.batch_first else rows
            shape = length, count = tuple(rows.shape[:2])
            if length == 0:
                raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
            batch_sizes, order, back = (count,) * length, None, None
            rows = rows.reshape(length * count, self.input_size)
        first = self._first_states(hidden, batch_sizes[0], rows, order)
        if not self.bias:
            weights = [[*one[:2], None, None, *one[2:]] for one in weights]
        operation, options = _OPERATIONS[self.mode]
        title = "CatBackward0" if packed else "StackBackward0"
        if self.mode == "LSTM" and not packed and rows._array.itemsize == 4:
            title = "MkldnnRnnLayerBackward0"
        output, ends = layers(
            operation, rows, first, weights, batch_sizes=batch_sizes, shape=shape, directions=self._directions,
            dropout=self.dropout if self.training else 0.0, title=title, **options,
        )  # fmt: skip
        if back is not None:
            ends = [end.index_select(1, back) for end in ends]
        if packed:
            return PackedSequence(output, input.batch_sizes, order, back), ends
        if self.batch_first:
            output = output.transpose(0, 1)
            if self.mode != "LSTM":
                titled(output, "TransposeBackward1")
        if not batched:
            output, ends = output.squeeze(batch_dim), [end.squeeze(1) for end in ends]
        return output, ends

    def _require_rank(self, hidden: Sequence[Tensor], batched: bool) -> None:
        rank = 3 if batched else 2
        if any(state.dim() != rank for state in hidden):
            words = "batched 3-D" if batched else "unbatched 2-D"
            if self.mode == "LSTM":
                ranks = ", ".join(f"{state.dim()}-D" for state in hidden)
                raise RuntimeError(f"For {words} input, hx and cx should also be {rank}-D but got ({ranks}) tensors")
            raise RuntimeError(f"For {words} input, hx should also be {rank}-D but got {hidden[0].dim()}-D tensor")

    def _first_states(
        self, hidden: Sequence[Tensor] | None, count: int, rows: Tensor, order: Tensor | None
    ) -> list[list[Tensor]]:
        """For each layer and direction its first states, (N, H) each."""
        places, width = self.num_layers * self._directions, self.proj_size or self.hidden_size
        widths = [width, self.hidden_size] if self.mode == "LSTM" else [width]
        if hidden is None:
            return [[zeros(count, width, dtype=rows.dtype) for width in widths]] * places
        for place, (state, width) in enumerate(zip(hidden, widths, strict=False)):
            if tuple(state.shape) != (places, count, width):
                which = f" hidden[{place}]" if self.mode == "LSTM" else " hidden"
                raise RuntimeError(f"Expected{which} size {(places, count, width)}, got {list(state.shape)}")
        require_one_dtype(rows, *hidden)
        if order is not None:
            hidden = [state.index_select(1, order) for state in hidden]
        return [list(states) for states in zip(*(state.unbind(0) for state in hidden), strict=True)]

    def extra_repr(self) -> str:
        shown = f"{self.input_size}, {self.hidden_size}"
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0}
        for name, value in {**usual, "bidirectional": False}.items():
            if getattr(self, name) != value:
                shown += f", {name}={getattr(self, name)}"
        return shown


class RNN(RNNBase):
    """hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh), or relu(...), in one or more layers (Elman 1990).

    forward takes x (T, N, input_size), with `batch_first` (N, T, input_size), without a batch (T, input_size), or a
    PackedSequence; and h₀ (num_layers · directions, N, hidden_size), by default 0. It returns the states of the last
    layer for all steps, (T, N, directions · hidden_size), and the states that each layer ends with, as h₀.

    dropout: the probability with which outputs of layers but the last are dropped in training. bidirectional: each
    layer also runs from the last step to the first, and its outputs stand behind those of the other direction.
    Parameters are named as in torch: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, ...
    ValueError for a nonlinearity other than "tanh" and "relu".

    >>> import numpynet
    >>> from numpynet import nn
    >>> output, h = nn.RNN(2, 3)(numpynet.zeros(5, 4, 2))
    >>> output.shape, h.shape
    (torch.Size([5, 4, 3]), torch.Size([1, 4, 3]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        proj_size: int | None = None,
    ) -> None:
        _refuse_projection(proj_size)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(
            f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first, dropout,
            bidirectional, device=device, dtype=dtype,
        )  # fmt: skip
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        """The states of the last layer for all steps, and those that each layer ends with."""
        rank_error = "RNN: Expected input to be 2D or 3D, got {}D tensor instead"
        output, (h,) = self._run(input, None if hx is None else [hx], rank_error)
        return output, h


class LSTM(RNNBase):
    """Long short-term memory, in one or more layers (Hochreiter & Schmidhuber 1997):

    i, f, g, o = W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh;  cₜ = σ(f) cₜ₋₁ + σ(i) tanh(g),  hₜ = σ(o) tanh(cₜ)

    As `RNN`, but that there are two states: forward takes (h₀, c₀) and returns output, (h, c). proj_size: the size to
    which a further product W_hr hₜ brings the state h, 0 for none (Sak et al. 2014).

    >>> import numpynet
    >>> from numpynet import nn
    >>> output, (h, c) = nn.LSTM(2, 3, num_layers=2, bidirectional=True)(numpynet.zeros(5, 4, 2))
    >>> output.shape, h.shape, c.shape
    (torch.Size([5, 4, 6]), torch.Size([4, 4, 3]), torch.Size([4, 4, 3]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size,
            device=device, dtype=dtype,
        )  # fmt: skip

    def forward(self, input: Any, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Any, tuple[Tensor, Tensor]]:
        """The states of the last layer for all steps, and both kinds of states that each layer ends with."""
        rank_error = "LSTM: Expected input to be 2D or 3D, got {}D instead"
        output, (h, c) = self._run(input, None if hx is None else [hx[0], hx[1]], rank_error)
        return output, (h, c)


class GRU(RNNBase):
    """Gated recurrent units, in one or more layers (Cho et al. 2014):

    r = σ(W_ir xₜ + b_ir + W_hr hₜ₋₁ + b_hr),  u = σ(W_iu xₜ + b_iu + W_hu hₜ₋₁ + b_hu)
    n = tanh(W_in xₜ + b_in + r (W_hn hₜ₋₁ + b_hn)),  hₜ = (1 − u) n + u hₜ₋₁

    As `RNN`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> output, h = nn.GRU(2, 3, batch_first=True)(numpynet.zeros(4, 5, 2))
    >>> output.shape, h.shape
    (torch.Size([4, 5, 3]), torch.Size([1, 4, 3]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        proj_size: int | None = None,
    ) -> None:
        _refuse_projection(proj_size)
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device=device,
            dtype=dtype,
        )  # fmt: skip

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        """The states of the last layer for all steps, and those that each layer ends with."""
        rank_error = "GRU: Expected input to be 2D or 3D, got {}D instead"
        output, (h,) = self._run(input, None if hx is None else [hx], rank_error)
        return output, h


def _refuse_projection(proj_size: int | None) -> None:
    """ValueError where there is one."""
    if proj_size is not None:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNNCellBase(Module):
    """What the cells share: parameters and checks. num_chunks: how many gates there are.

    >>> from numpynet import nn
    >>> nn.GRUCell(2, 3).weight_hh.shape
    torch.Size([9, 3])
    """

    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty(rows, input_size, device=device, dtype=dtype))
        self.weight_hh = Parameter(empty(rows, hidden_size, device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            given = Parameter(empty(rows, device=device, dtype=dtype)) if bias else None
            self.register_parameter(name, given)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws all parameters anew, uniformly from −1/√H to 1/√H, from the default generator.

        >>> from numpynet import nn
        >>> cell = nn.RNNCell(1, 1)
        >>> cell.reset_parameters()
        >>> bool(cell.weight_ih.abs() <= 1)
        True
        """
        _drawn_anew(self, self.hidden_size)

    def _run(
        self, operation: Op, input: Tensor, hidden: Sequence[Tensor] | None, words: Sequence[str], **options: Any
    ) -> list[Tensor]:
        """The new states. words: how errors call each state."""
        name = type(self).__name__
        if input.dim() not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        for state, word in zip(hidden or (), words, strict=False):
            if state.dim() not in (1, 2):
                raise ValueError(f"{name}: Expected {word} to be 1D or 2D, got {state.dim()}D instead")
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
        if hidden is None:
            hidden = [zeros(len(input), self.hidden_size, dtype=input.dtype)] * len(words)
        elif not batched:
            hidden = [state.unsqueeze(0) for state in hidden]
        weights: Weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        new = cell(operation, input, hidden, weights, **options)
        return new if batched else [ops.squeeze(state, 0) for state in new]

    def extra_repr(self) -> str:
        shown = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            shown += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            shown += ", nonlinearity=relu"
        return shown


class RNNCell(RNNCellBase):
    """h′ = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu(...)        x (N, input_size), h (N, hidden_size), or without N

    RuntimeError when sizes do not fit, and for another nonlinearity.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.RNNCell(2, 3)(numpynet.zeros(4, 2)).shape
    torch.Size([4, 3])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The new state."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        hidden = None if hx is None else [hx]
        (h,) = self._run(recurrence.rnn, input, hidden, ["hidden"], nonlinearity=self.nonlinearity)
        return h


class LSTMCell(RNNCellBase):
    """One step of long short-term memory: x, (h, c) -> (h′, c′), each (N, hidden_size), or without N; see `LSTM`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> h, c = nn.LSTMCell(2, 3)(numpynet.zeros(4, 2))
    >>> h.shape, c.shape
    (torch.Size([4, 3]), torch.Size([4, 3]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The new states h and c."""
        if isinstance(hx, Tensor):
            raise TypeError("lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor")
        h, c = self._run(recurrence.lstm, input, hx, ["hx[0]", "hx[1]"])
        return h, c


class GRUCell(RNNCellBase):
    """One step of gated recurrent units: x, h -> h′, (N, hidden_size), or without N; see `GRU`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.GRUCell(2, 3)(numpynet.zeros(4, 2)).shape
    torch.Size([4, 3])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The new state."""
        (h,) = self._run(recurrence.gru, input, None if hx is None else [hx], ["hidden"])
        return h
