"""Attention, transformers, bags of rows and RMSNorm: against torch, from the same seeds."""

from __future__ import annotations

import numpy as np
import pytest
from nearness import FLOATS, torch

import numpynet
from numpynet import nn

LIBRARIES = (numpynet, torch)


def compare(a, b, what):
    """Equal but for rounding. Sums are of a few dozen terms, all that is normalized has a size of about 1, and no
    input is moved further than a few layers carry it: 256 eps of the largest element.
    """
    a, b = np.asarray(a.detach()), np.asarray(b.detach())
    assert a.dtype == b.dtype, what
    assert a.shape == b.shape, what
    bound = 256 * np.finfo(b.dtype).eps * max(1, np.abs(b).max(initial=0, where=np.isfinite(b)))
    np.testing.assert_allclose(a, b, rtol=0, atol=bound, err_msg=what)


def made(build, dtype="float32"):
    """The same module from the same seed in both libraries, its parameters equal to the bit."""
    modules = []
    for library in LIBRARIES:
        library.manual_seed(3)
        modules.append(build(library.nn, getattr(library, dtype)))
    for (name, p), (other, q) in zip(*(module.named_parameters() for module in modules), strict=True):
        assert name == other
        assert np.array_equal(p.detach().numpy(), q.detach().numpy()), name
    assert repr(modules[0]) == repr(modules[1])
    return modules


def both(run, modules=(None, None), dtype="float32", *, nodes=True):
    """What run(library, module, drawn) gives in both libraries, and all gradients under random cotangents."""
    results = []
    for library, module in zip(LIBRARIES, modules, strict=True):
        rng, leaves = np.random.default_rng(1), []

        def drawn(*shape, library=library, rng=rng, leaves=leaves):
            leaves.append(library.tensor(rng.normal(size=shape).astype(dtype), requires_grad=True))
            return leaves[-1]

        library.manual_seed(5)
        given = run(library, module, drawn)
        tensors = [one for one in (given if isinstance(given, tuple) else (given,)) if one is not None]
        cotangents = [library.tensor(rng.normal(size=tuple(one.shape)).astype(dtype)) for one in tensors]
        loss = sum((one * dy).sum() for one, dy in zip(tensors, cotangents, strict=True))
        if loss.requires_grad:
            loss.backward()
        parameters = [] if module is None else list(module.parameters())
        results.append((tensors, [one.grad for one in (*leaves, *parameters)]))
    for one, other in zip(results[0][0], results[1][0], strict=True):
        compare(one, other, "a result")
        if nodes and other.grad_fn is not None:
            assert one.grad_fn.name() == other.grad_fn.name()
            assert one.stride() == other.stride()
    for one, other in zip(results[0][1], results[1][1], strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            compare(one, other, "a gradient")


# --- scaled dot product ---------------------------------------------------------------------------------------

MASKS = {
    "none": lambda library, drawn: {},
    "causal": lambda library, drawn: {"is_causal": True},
    "boolean": lambda library, drawn: {
        "attn_mask": library.tensor([[True, False, True, True], [False] * 4, [True] * 4])  # the second sees nothing
    },
    "added": lambda library, drawn: {"attn_mask": drawn(3, 4)},
    "scale": lambda library, drawn: {"scale": 0.3},
    "dropout": lambda library, drawn: {"dropout_p": 0.4},
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
def test_scaled_dot_product_attention(mask, lead, dtype):
    def run(library, _, drawn):
        q, k, v = drawn(*lead, 3, 5), drawn(*lead, 4, 5), drawn(*lead, 4, 5)
        return library.nn.functional.scaled_dot_product_attention(q, k, v, **MASKS[mask](library, drawn))

    both(run, dtype=dtype)


def test_heads_that_share_keys_and_values():
    def run(library, _, drawn):
        q, k, v = drawn(2, 4, 3, 5), drawn(2, 2, 4, 5), drawn(2, 2, 4, 5)
        return library.nn.functional.scaled_dot_product_attention(q, k, v, enable_gqa=True)

    both(run)


def test_the_result_is_laid_out_as_the_queries_are():
    def run(library, _, drawn):
        q, k, v = (drawn(2, 3, 2, 4).transpose(1, 2) for _ in range(3))
        y = library.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return y.transpose(1, 2).view(2, 3, 8), y  # which would not be possible otherwise

    both(run)


REFUSED = [
    "f(z(4),z(4),z(4))", "f(z(2,3,4),z(2,5,3),z(2,5,4))", "f(z(3,4),z(5,4),z(5,4),z(3,5),0.0,True)",
    "f(z(3,4),z(5,4),z(5,4).double())", "f(z(3,4),z(5,4),z(5,4),z(3,4))", "f(z(3,4),z(5,4),z(5,4),z(3,5).double())",
    "f(z(3,4),z(5,4),z(5,4),z(3,5).long())", "f(z(4,3,4),z(3,5,4),z(3,5,4),enable_gqa=True)",
    "f(z(3,4),z(5,4),z(5,4),dropout_p=1.5)", "f(z(2,3,4).long(),z(2,5,4).long(),z(2,5,4).long())", "f(1,z(3,4),z(3,4))",
    "nn.MultiheadAttention(0,1)", "nn.MultiheadAttention(5,2)", "m(z(4),z(4),z(4))", "m(z(3,4),z(3,1,4),z(3,1,4))",
    "m(z(3,1,4),z(3,4),z(3,4))", "m(z(3,1,4),z(3,1,4),z(3,1,4),key_padding_mask=z(3))",
    "m(z(3,1,4),z(3,1,4),z(3,1,4),attn_mask=z(3))", "m(z(3,1,4),z(3,1,4),z(3,1,4),attn_mask=z(3,4))",
    "m(z(3,1,4),z(3,1,4),z(3,1,4),attn_mask=z(3,3,3))", "m(z(3,4),z(3,4),z(3,4),attn_mask=z(3,3,3))",
    "m(z(3,1,4),z(3,1,4),z(3,1,4),is_causal=True)", "m(z(3,1,4),z(3,1,4),z(2,1,4))", "m(z(3,1,5),z(3,1,5),z(3,1,5))",
    "m(z(3,1,4),z(3,1,4),z(3,1,4),key_padding_mask=z(1,4))", "m(z(3,1,4),z(3,1,4),z(3,1,4),attn_mask=z(3,3).long())",
    "nn.TransformerEncoderLayer(4,2,activation='x')", "nn.Transformer(4,2,1,1,8)(z(3,2,4),z(3,1,4))",
    "nn.Transformer(4,2,1,1,8)(z(3,1,5),z(3,1,4))", "nn.functional.rms_norm(z(2,3),(2,))",
    "nn.functional.rms_norm(z(2,3),())", "nn.functional.rms_norm(z(2,3),3)",
    "nn.functional.rms_norm(z(2,3),(3,),z(2))", "nn.functional.rms_norm(z(2,3).long(),(3,))",
    "nn.EmbeddingBag(3,2,padding_idx=3)", "nn.EmbeddingBag(3,2,padding_idx=-4)", "nn.EmbeddingBag(3,2,_weight=z(2,2))",
    "b(z(2).long(),z(3,2))", "b(z(2,2).long(),z(3,2),z(1).long())", "b(z(2).long(),z(3),z(1).long())",
    "b(z(2).long(),z(3,2),z(1,1).long())", "b(z(2,2,2).long(),z(3,2))", "b(z(2,2).long(),z(3,2),mode='x')",
    "b(z(2,2).long(),z(3,2),per_sample_weights=z(2,3))", "b(z(2,2).long(),z(3,2),per_sample_weights=z(2,2))",
    "b(z(2).long(),z(3,2),z(1).long()+1)", "b(z(2,2).long(),z(3,2),padding_idx=3)",
    "b(z(2,2).long(),z(3,2),mode='max',sparse=True)", "b(z(2).long(),z(3,2),z(0).long(),include_last_offset=True)",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", REFUSED)
def test_refused_like_torch(call):
    raised = []
    for library in LIBRARIES:
        names = {"nn": library.nn, "z": library.zeros, "f": library.nn.functional.scaled_dot_product_attention}
        names |= {"m": library.nn.MultiheadAttention(4, 2), "b": library.nn.functional.embedding_bag}
        with pytest.raises(Exception) as caught:  # noqa: PT011  whose class is compared
            eval(call, names)
        raised.append(caught.value)
    assert type(raised[0]) is type(raised[1]), raised
    # Beyond torch's words ours may name the way out; torch's first sentence says what is wrong.
    words = str(raised[1]).splitlines()[0].split(". ")[0].split(" of type <")[0].rstrip(". ")
    assert words in str(raised[0]), raised


# --- several heads ----------------------------------------------------------------------------------------------

OPTIONS = [
    {},
    {"bias": False},
    {"batch_first": True},
    {"dropout": 0.4},
    {"add_bias_kv": True, "add_zero_attn": True},
    {"kdim": 3, "vdim": 5},
]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("need_weights", [True, False])
def test_multihead_attention(options, need_weights, dtype):
    modules = made(lambda nn, kind: nn.MultiheadAttention(4, 2, **options, dtype=kind), dtype)
    turned = options.get("batch_first")

    def run(library, module, drawn, masks=None, batch=(2,), same=False, **more):
        def sequence(length, width):
            return drawn(*((*batch, length, width) if turned and batch else (length, *batch, width)))

        q = sequence(3, 4)
        k = q if same else sequence(5, module.kdim)
        v = k if module.kdim == module.vdim else sequence(5, module.vdim)
        given = {} if masks is None else masks(library, drawn)
        y, weights = module(q, k, v, need_weights=need_weights, **given, **more)
        assert (weights is None) is not need_weights
        return y, weights

    def booleans(library, _):
        padding = library.tensor([[False] * 5, [False, False, True, False, True]])
        mask = library.tensor([[False, True, False, False, False], [True] + [False] * 4, [False] * 5])
        return {"key_padding_mask": padding, "attn_mask": mask}

    def numbers(library, drawn):
        return {"attn_mask": drawn(4, 3, 5).detach()}

    def causal(library, _):
        mask = library.nn.Transformer.generate_square_subsequent_mask(3, dtype=getattr(library, dtype))
        return {"attn_mask": mask, "is_causal": True}

    nodes = False  # of which the copies in between are torch's own
    for masks in (None, booleans, numbers):
        both(lambda *given, masks=masks: run(*given, masks=masks), modules, dtype, nodes=nodes)
    both(lambda *given: run(*given, average_attn_weights=False), modules, dtype, nodes=nodes)
    both(lambda *given: run(*given, batch=()), modules, dtype, nodes=nodes)
    if "kdim" not in options:
        both(lambda *given: run(*given, same=True), modules, dtype, nodes=nodes)
        if not options.get("add_bias_kv"):
            both(lambda *given: run(*given, masks=causal, same=True), modules, dtype, nodes=nodes)


def test_masks_of_two_kinds_are_warned_of():
    x = numpynet.zeros(2, 1, 4)
    with pytest.warns(UserWarning, match="mismatched key_padding_mask and attn_mask"):
        nn.MultiheadAttention(4, 2)(
            x, x, x, key_padding_mask=numpynet.tensor([[False, True]]), attn_mask=numpynet.zeros(2, 2)
        )


# --- transformers -------------------------------------------------------------------------------------------------

FORMS = [
    {},
    {"norm_first": True, "activation": "gelu", "bias": False},
    {"batch_first": True, "dropout": 0.3},
]


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("form", FORMS)
def test_transformer(form, dtype):
    modules = made(lambda nn, kind: nn.Transformer(4, 2, 2, 1, 6, **{"dropout": 0.0, **form}, dtype=kind), dtype)

    def run(library, module, drawn):
        source, target = ((2, 5, 4), (2, 3, 4)) if form.get("batch_first") else ((5, 2, 4), (3, 2, 4))
        padding = library.tensor([[False] * 5, [False] * 3 + [True] * 2])
        mask = module.generate_square_subsequent_mask(3, dtype=getattr(library, dtype))
        return module(
            drawn(*source), drawn(*target), tgt_mask=mask, src_key_padding_mask=padding, memory_key_padding_mask=padding
        )

    both(run, modules, dtype, nodes=False)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("form", FORMS)
def test_layers_alone(form, dtype):
    of_encoder = made(lambda nn, kind: nn.TransformerEncoderLayer(4, 2, 6, **form, dtype=kind), dtype)
    of_decoder = made(lambda nn, kind: nn.TransformerDecoderLayer(4, 2, 6, **form, dtype=kind), dtype)
    both(lambda _, module, drawn: module(drawn(3, 4)), of_encoder, dtype, nodes=False)
    both(lambda _, module, drawn: module(drawn(3, 2, 4), drawn(3, 2, 4)), of_decoder, dtype, nodes=False)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("mask", [[[False] * 4, [False, False, True, True]], [[False] * 4, [True, False, False, True]]])
def test_padding_in_evaluation(mask):
    """torch leaves out what lies behind the end of a sequence, and fills it up with 0 before the normalization."""

    def build(nn, kind):
        layer = nn.TransformerEncoderLayer(4, 2, 6, batch_first=True)
        return nn.TransformerEncoder(layer, 2)

    modules = made(build)
    for module in modules:
        module.eval()

    def run(library, module, drawn):
        with library.no_grad():
            return module(drawn(2, 4, 4), src_key_padding_mask=library.tensor(mask))

    both(run, modules)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_states_are_interchangeable():
    ours, theirs = made(lambda nn, _: nn.Transformer(4, 2, 1, 1, 6, dropout=0.0))
    other = torch.nn.Transformer(4, 2, 1, 1, 6, dropout=0.0)
    ours.load_state_dict({name: numpynet.tensor(value.numpy()) for name, value in other.state_dict().items()})
    assert list(ours.state_dict()) == list(other.state_dict())
    theirs.load_state_dict({name: torch.tensor(value.numpy()) for name, value in ours.state_dict().items()})
    x = np.random.default_rng(0).normal(size=(3, 2, 4)).astype(np.float32)
    compare(ours(*[numpynet.tensor(x)] * 2), other(*[torch.tensor(x)] * 2), "the result")


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize(
    "build",
    [
        lambda: nn.MultiheadAttention(4, 2, dropout=0.3),
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6), 2),
        lambda: nn.RMSNorm(4),
        lambda: nn.EmbeddingBag(7, 4),
    ],
)
def test_compiled_to_the_bit(build):
    results = []
    for compiled in (False, True):
        numpynet.manual_seed(0)
        module = build()
        optimizer = numpynet.optim.SGD(module.parameters(), 0.1)

        def step(x, module=module, optimizer=optimizer):
            optimizer.zero_grad()
            y = module(x, x, x)[0] if isinstance(module, nn.MultiheadAttention) else module(x)
            loss = y.square().mean() + y.sum()
            loss.backward()
            optimizer.step()
            return loss

        taken = numpynet.compile(step) if compiled else step
        inputs = [numpynet.randn(3, 2, 4) for _ in range(4)]
        if isinstance(module, nn.EmbeddingBag):
            inputs = [numpynet.randint(0, 7, (3, 5)) for _ in range(4)]
        results.append([[taken(x).item() for x in inputs], [one.tolist() for one in module.parameters()]])
    assert results[0] == results[1]


# --- bags of rows, and RMSNorm ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding_idx", [None, 1, -3])
def test_embedding_bag(mode, padding_idx, dtype):
    for last in (False, True):
        modules = made(
            lambda nn, kind, last=last: nn.EmbeddingBag(
                5, 3, mode=mode, padding_idx=padding_idx, include_last_offset=last, dtype=kind
            ),
            dtype,
        )
        both(lambda library, module, _: module(library.tensor([[0, 1, 4], [1, 1, 2]])), modules, dtype)
        offsets = [0, 2, 2, 4, 6] if last else [0, 2, 2, 4]  # one is empty, another all padding
        both(
            lambda library, module, _, offsets=offsets: module(
                library.tensor([0, 1, 1, 1, 4, 0]), library.tensor(offsets)
            ),
            modules,
            dtype,
        )
        if mode == "sum":
            both(
                lambda library, module, drawn: module(library.tensor([[0, 1], [1, 2]]), per_sample_weights=drawn(2, 2)),
                modules,
                dtype,
            )


def test_embedding_bag_of_given_rows():
    rows = [[0.0, 1.0], [2.0, 3.0]]
    shown = []
    for library in LIBRARIES:
        layer = library.nn.EmbeddingBag.from_pretrained(library.tensor(rows), mode="sum")
        shown.append([repr(layer), layer.weight.requires_grad, layer(library.tensor([[0, 1]])).tolist()])
        with pytest.raises((IndexError, RuntimeError)):
            layer(library.tensor([[0, 2]]))
    assert shown[0] == shown[1]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("options", [{}, {"eps": 0.1}, {"elementwise_affine": False}])
def test_rms_norm(options, dtype):
    modules = made(lambda nn, kind: nn.RMSNorm((3, 4), **options, dtype=kind), dtype)
    both(lambda _, module, drawn: module(drawn(2, 3, 4)), modules, dtype)
