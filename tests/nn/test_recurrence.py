"""Recurrent layers and packed sequences: against torch, from the same seeds."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nearness import FLOATS, torch
from torch.nn.utils import rnn as theirs

import numpynet
from numpynet import nn
from numpynet.nn.utils import rnn as ours

LAYERS = {
    "RNN": [{}, {"nonlinearity": "relu"}],
    "GRU": [{}],
    "LSTM": [{}, {"proj_size": 2}],
}
FORMS = [
    {},
    {"bidirectional": True},
    {"num_layers": 2, "dropout": 0.4, "batch_first": True},
    {"num_layers": 2, "bidirectional": True, "dropout": 0.4, "bias": False},
]
CASES = [(kind, {**one, **form}) for kind, own in LAYERS.items() for one in own for form in FORMS]


def both(kind, dtype="float32", *sizes, **options):
    """The same layer, drawn from the same seed in both libraries."""
    made = []
    for library in (numpynet, torch):
        library.manual_seed(3)
        made.append(getattr(library.nn, kind)(*sizes, dtype=getattr(library, dtype), **options))
    return made


def tensors(result):
    """All floating-point tensors in a result, one after another."""
    if isinstance(result, (tuple, list)):
        return [one for part in result for one in tensors(part)]
    return [result] if result is not None and result.is_floating_point() else []


def compare(a, b, what):
    """Equal but for rounding. The states and slopes are at most about 1, a few dozen terms are added up in each sum,
    and a cotangent passes at most 5 steps of 2 layers, whose weights are below 1/2: 64 eps of the largest element.
    """
    a, b = a.detach().numpy(), b.detach().numpy()
    assert a.dtype == b.dtype, what
    assert a.shape == b.shape, what
    np.testing.assert_allclose(
        a, b, rtol=0, atol=64 * np.finfo(b.dtype).eps * max(1, np.abs(b).max(initial=0)), err_msg=what
    )


def like_torch(kind, dtype, options, shape, lengths=None, states=True):
    """Parameters and draws to the bit; outputs, nodes, strides and all gradients under random cotangents."""
    modules = both(kind, dtype, 3, 4, **options)
    for (name, p), (other, q) in zip(*(one.named_parameters() for one in modules), strict=True):
        assert name == other
        assert np.array_equal(p.detach().numpy(), q.detach().numpy())
    places = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    batched = len(shape) == 3
    results = []
    for library, module, rnn in ((numpynet, modules[0], ours), (torch, modules[1], theirs)):
        rng = np.random.default_rng(1)

        def drawn(shape, rng=rng, library=library):
            return library.tensor(rng.normal(size=shape).astype(dtype), requires_grad=True)

        x = drawn(shape)
        hidden = []
        if states:
            widths = [options.get("proj_size", 4), 4] if kind == "LSTM" else [4]
            hidden = [drawn((places, 2, width) if batched else (places, width)) for width in widths]
        library.manual_seed(5)
        given = x
        if lengths is not None:
            given = rnn.pack_padded_sequence(x, lengths, options.get("batch_first", False), enforce_sorted=False)
        arguments = [] if not states else [tuple(hidden)] if kind == "LSTM" else hidden
        made = tensors(module(given, *arguments))
        loss = sum((one * drawn(tuple(one.shape)).detach()).sum() for one in made)
        loss.backward()
        results.append((made, [one.grad for one in (x, *hidden, *module.parameters())]))
    for one, other in zip(results[0][0], results[1][0], strict=True):
        compare(one, other, "a result")
        assert one.stride() == other.stride()
        assert one.grad_fn.name() == other.grad_fn.name()
    for one, other in zip(results[0][1], results[1][1], strict=True):
        compare(one, other, "a gradient")


@pytest.mark.filterwarnings("ignore:dropout option")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("kind", "options"), CASES)
@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_layers_like_torch(kind, options, dtype):
    shape = (2, 5, 3) if options.get("batch_first") else (5, 2, 3)
    like_torch(kind, dtype, options, shape)
    like_torch(kind, dtype, options, shape, states=False)
    like_torch(kind, dtype, options, (5, 3))
    like_torch(kind, dtype, options, shape, [3, 5])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
def test_cells_like_torch(kind, bias, dtype):
    for options in [{}, {"nonlinearity": "relu"}] if kind == "RNNCell" else [{}]:
        modules = both(kind, dtype, 3, 4, bias=bias, **options)
        assert repr(modules[0]) == repr(modules[1])
        for batch in ((2,), ()):
            results = []
            for library, module in zip((numpynet, torch), modules, strict=True):
                module.zero_grad()
                rng = np.random.default_rng(1)
                x, *hidden = (
                    library.tensor(rng.normal(size=(*batch, size)).astype(dtype), requires_grad=True)
                    for size in ((3, 4, 4) if kind == "LSTMCell" else (3, 4))
                )
                made = tensors(module(x, tuple(hidden) if kind == "LSTMCell" else hidden[0]))
                made += tensors(module(x))
                sum((one * library.tensor(rng.normal(size=one.shape).astype(dtype))).sum() for one in made).backward()
                results.append((made, [one.grad for one in (x, *hidden, *module.parameters())]))
            for one, other in zip(results[0][0], results[1][0], strict=True):
                compare(one, other, "a result")
                assert one.grad_fn.name() == other.grad_fn.name()
            for one, other in zip(results[0][1], results[1][1], strict=True):
                compare(one, other, "a gradient")


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_second_derivatives_like_torch(kind):
    """Of the states and of all gates, through two layers in both directions."""
    results = []
    array = np.random.default_rng(0).normal(size=(5, 2, 3))
    for library, layer in zip((numpynet, torch), both(kind, "float64", 3, 4, 2, bidirectional=True), strict=True):
        x = library.tensor(array, requires_grad=True)
        first, *ends = tensors(layer(x))
        loss = first.square().sum() + sum((end**3).sum() for end in ends)
        (gradient,) = library.autograd.grad(loss, x, create_graph=True)
        gradient.square().sum().backward()
        results.append([gradient, x.grad, *(one.grad for one in layer.parameters())])
    for one, other in zip(*results, strict=True):
        compare(one, other, "a first or second derivative")


@pytest.mark.filterwarnings("ignore:dropout option")
@pytest.mark.parametrize(("kind", "options"), CASES)
def test_weights_in_one_list(kind, options):
    layer, theirs = (getattr(one, kind)(2, 3, **options) for one in (nn, torch.nn))
    assert layer._flat_weights_names == theirs._flat_weights_names
    pairs = zip(layer._flat_weights, layer._flat_weights_names, strict=True)
    assert all(one is layer._parameters[name] for one, name in pairs)


def test_reprs_like_torch():
    for kind, options in CASES:
        one, other = both(kind, "float32", 3, 4, **options)
        assert repr(one) == repr(other)


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_states_are_interchangeable(kind, options):
    one, other = getattr(nn, kind)(3, 4, **options), getattr(torch.nn, kind)(3, 4, **options)
    one.load_state_dict({name: numpynet.tensor(value.numpy()) for name, value in other.state_dict().items()})
    assert list(one.state_dict()) == list(other.state_dict())
    other.load_state_dict({name: torch.tensor(value.numpy()) for name, value in one.state_dict().items()})
    one.eval(), other.eval()
    x = np.random.default_rng(0).normal(size=(4, 2, 3)).astype(np.float32)
    for a, b in zip(tensors(one(numpynet.tensor(x))), tensors(other(torch.tensor(x))), strict=True):
        compare(a, b, "a result")


def test_copies_and_pickles_compute_the_same():
    layer = nn.LSTM(3, 4, bidirectional=True)
    x = numpynet.randn(5, 2, 3)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert numpynet.equal(layer(x)[0], other(x)[0])
    layer.flatten_parameters()
    assert [[one.shape for one in weights] for weights in layer.all_weights] == [
        [one.shape for one in weights] for weights in torch.nn.LSTM(3, 4, bidirectional=True).all_weights
    ]


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_replaced_parameter_counts(kind):
    layer = getattr(nn, kind)(3, 4)
    x = numpynet.randn(5, 2, 3)
    before = layer(x)[0]
    layer.weight_ih_l0 = nn.Parameter(layer.weight_ih_l0 * 2)
    assert not numpynet.equal(layer(x)[0], before)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True, "dropout": 0.3}])
def test_compiled_to_the_bit(kind, options):
    results = []
    for compiled in (False, True):
        numpynet.manual_seed(0)
        layer = getattr(nn, kind)(3, 4, **options)
        optimizer = numpynet.optim.SGD(layer.parameters(), 0.1)

        def step(x, layer=layer, optimizer=optimizer):
            optimizer.zero_grad()
            loss = layer(x)[0].square().mean()
            loss.backward()
            optimizer.step()
            return loss

        taken = numpynet.compile(step) if compiled else step
        losses = [taken(numpynet.randn(5, 2, 3)).item() for _ in range(4)]
        results.append([losses, [one.tolist() for one in layer.parameters()]])
    assert results[0] == results[1]


REFUSED = [
    "nn.RNN(2,3,nonlinearity='x')", "nn.RNN(2,3,dropout=2)", "nn.RNN(0,3)", "nn.RNN(2.,3)", "nn.GRU(2,3,proj_size=1)",
    "nn.RNN(2,3,proj_size=1)", "nn.LSTM(2,3,proj_size=3)", "nn.LSTM(2,3,proj_size=-1)", "nn.LSTM(2,3,bias=1)",
    "nn.LSTM(2,3,batch_first=1)", "nn.LSTM(2,3,num_layers=0)", "nn.LSTM(2,0)",
    "nn.RNN(2,3)(z(0,2,2))", "nn.LSTM(2,3)(z(3,2,2).double())", "nn.GRU(2,3)(z(3,2,2),z(1,2,3).double())",
    "nn.LSTM(2,3)(z(3,2,2),z(1,2,3))", "nn.LSTM(2,3)(z(3,2,2),z(2,2,3))", "nn.LSTM(2,3)([1])",
    "nn.GRU(2,3)(z(3,2,2),(z(1,2,3),z(1,2,3)))", "nn.RNN(2,3)(z(2))", "nn.LSTM(2,3)(z(2))", "nn.GRU(2,3)(z(2))",
    "nn.GRU(2,3)(z(2,2),z(1,1,3))", "nn.GRU(2,3)(z(2,2,2),z(1,3))", "nn.GRU(2,3)(z(2,2,2),z(1,3,3))",
    "nn.LSTM(2,3)(z(2,2,2),(z(1,2,3),z(1,2,4)))", "nn.GRU(2,3)(z(2,2,3))",
    "nn.RNNCell(2,3,nonlinearity='x')(z(2))", "nn.LSTMCell(2,3)(z(2,2),z(2,3))", "nn.LSTMCell(2,3)(z(4,3))",
    "nn.LSTMCell(2,3)(z(4,2),(z(3,3),z(4,3)))", "nn.LSTMCell(2,3)(z(4,2),(z(4,2),z(4,3)))",
    "nn.GRUCell(2,3)(z(4,2),z(4,2))", "nn.GRUCell(2,3)(z(4,2,2))", "nn.GRUCell(2,3)(z(4,2),z(1,1,3))",
    "nn.RNNCell(2,3)(z(4,2),z(3))", "nn.LSTMCell(2,3)(z(2),(z(1,3),z(3)))",
    "R.pack_padded_sequence(z(4,3,2),[4,2,0])", "R.pack_padded_sequence(z(4,3,2),[2,4,1])",
    "R.pack_padded_sequence(z(4,3,2),[4,1])", "R.pack_padded_sequence(z(4),[4,1])",
    "R.pack_padded_sequence(z(0,3,2),[0,0,0])", "R.pack_sequence([z(2),z(3)])", "R.PackedSequence(z(2))",
    "R.pad_packed_sequence(R.pack_padded_sequence(z(4,3,2),[4,2,1]),total_length=2)",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", REFUSED)
def test_refused_like_torch(call):
    raised = []
    for library, rnn in ((numpynet, ours), (torch, theirs)):
        with pytest.raises(Exception) as caught:  # noqa: PT011  whose class is compared
            eval(call, {"nn": library.nn, "z": library.zeros, "R": rnn})
        raised.append(caught.value)
    assert type(raised[0]) is type(raised[1])
    # Beyond torch's words ours may name the way out.
    assert str(raised[1]).rstrip(".") in str(raised[0]), raised


def test_a_length_beyond_the_input_is_refused():
    with pytest.raises(RuntimeError, match="a length of 5 exceeds the 4 steps"):  # torch reads memory of others there
        ours.pack_padded_sequence(numpynet.zeros(4, 2), [5, 4])


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=5),
    batch_first=st.booleans(),
    width=st.integers(0, 3),
    extra=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_packed_like_torch(lengths, batch_first, width, extra, seed):
    """Packing moves elements: all is equal to the bit, there and back, and so are the gradients."""
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=(length, width) if width else (length,)) for length in lengths]
    total = max(lengths) + extra
    results = []
    for library, rnn in ((numpynet, ours), (torch, theirs)):
        sequences = [library.tensor(part, requires_grad=True) for part in parts]
        packed = rnn.pack_sequence(sequences, enforce_sorted=False)
        padded, counts = rnn.pad_packed_sequence(packed, batch_first, padding_value=-1.5, total_length=total)
        again = rnn.pack_padded_sequence(padded, counts, batch_first, enforce_sorted=False)
        cotangent = np.random.default_rng(seed + 1).normal(size=tuple(again.data.shape))
        again.data.backward(library.tensor(cotangent))
        unpacked = rnn.unpack_sequence(packed)
        results.append([
            *(one.tolist() for one in (*packed, padded, counts, *again, *unpacked)),
            padded.stride(), again.data.grad_fn.name(), [one.grad.tolist() for one in sequences],
        ])  # fmt: skip
        assert [one.tolist() for one in unpacked] == [part.tolist() for part in parts]
    assert results[0] == results[1]


def test_packed_sequences_print_and_convert_like_torch():
    shown = []
    for library, rnn in ((numpynet, ours), (torch, theirs)):
        packed = rnn.pack_sequence([library.tensor([1, 2]), library.tensor([3])])
        assert packed.to(library.int64) is packed
        assert packed.cpu() is packed
        shown.append([
            repr(packed), repr(packed.double()), repr(packed.float().long()), repr(packed.to(library.float64)),
            packed.is_cuda, packed.is_pinned(), repr(rnn.PackedSequence((packed.data, packed.batch_sizes))),
        ])  # fmt: skip
    assert shown[0] == shown[1]
