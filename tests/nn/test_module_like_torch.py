"""Module against torch's: the same program under both gives the same text, in prints and in errors."""

import copy
from collections import OrderedDict

import numpy as np
import pytest

import numpynet

torch = pytest.importorskip("torch")


def told(program, library):
    """What a program returns as text, or the class and the text of what it raises."""
    try:
        text = repr(program(library))
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
    return text.replace("numpynet.", "torch.")


def both(program):
    ours, theirs = told(program, numpynet), told(program, torch)
    assert ours == theirs
    return ours


def net_class(t):
    class Net(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = t.nn.Linear(3, 4)
            self.scale = t.nn.Parameter(t.ones(2))
            self.register_buffer("offset", t.zeros(2))
            self.out = t.nn.Sequential(t.nn.ReLU(), t.nn.Linear(4, 2, bias=False))

        def forward(self, x):
            return self.out(self.fc(x)) * self.scale + self.offset

    return Net


class Described:
    """Mixed into modules of either library: a description of several lines."""

    def extra_repr(self):
        return "first line\nsecond line"


ZOO = [
    lambda t: net_class(t)(),
    lambda t: t.nn.Module(),
    lambda t: t.nn.Linear(3, 4),
    lambda t: t.nn.Linear(3, 4, bias=False),
    lambda t: t.nn.Linear(in_features=0, out_features=2) if 0 else t.nn.Identity(54, unused=1),
    lambda t: t.nn.ReLU(),
    lambda t: t.nn.ReLU(inplace=True),
    lambda t: t.nn.Sigmoid(),
    lambda t: t.nn.Tanh(),
    lambda t: t.nn.Flatten(),
    lambda t: t.nn.Flatten(0, -2),
    lambda t: t.nn.Unflatten(1, (2, -1)),
    lambda t: t.nn.Unflatten(1, [2, 3]),
    lambda t: t.nn.Dropout(),
    lambda t: t.nn.Dropout(0.25, inplace=True),
    lambda t: t.nn.LeakyReLU(),
    lambda t: t.nn.LeakyReLU(0.2, inplace=True),
    lambda t: t.nn.ELU(),
    lambda t: t.nn.ELU(0.5, True),
    lambda t: t.nn.GELU(),
    lambda t: t.nn.GELU("tanh"),
    lambda t: t.nn.SiLU(),
    lambda t: t.nn.SiLU(inplace=True),
    lambda t: t.nn.Softplus(),
    lambda t: t.nn.Softplus(2, 10),
    lambda t: t.nn.Softmax(dim=1),
    lambda t: t.nn.Softmax(),
    lambda t: t.nn.LogSoftmax(dim=-1),
    lambda t: t.nn.LogSigmoid(),
    lambda t: t.nn.MSELoss(),
    lambda t: t.nn.L1Loss(reduction="sum"),
    lambda t: t.nn.SmoothL1Loss(),
    lambda t: t.nn.HuberLoss(delta=0.5),
    lambda t: t.nn.BCELoss(),
    lambda t: t.nn.BCEWithLogitsLoss(pos_weight=t.ones(2)),
    lambda t: t.nn.NLLLoss(),
    lambda t: t.nn.CrossEntropyLoss(weight=t.ones(2), label_smoothing=0.1),
    lambda t: t.nn.Sequential(),
    lambda t: t.nn.Sequential(t.nn.Linear(3, 4), t.nn.Sequential(t.nn.ReLU(), t.nn.Tanh()), t.nn.Dropout()),
    lambda t: t.nn.Sequential(OrderedDict(first=t.nn.Linear(1, 1), second=t.nn.ReLU())),
    lambda t: t.nn.ModuleList(),
    lambda t: t.nn.ModuleList([t.nn.Linear(1, 1), t.nn.ReLU(), t.nn.ReLU(), t.nn.Linear(1, 1)]),
    lambda t: t.nn.ModuleList(t.nn.Sequential(t.nn.Linear(1, 1), t.nn.ReLU()) for _ in range(3)),
    lambda t: t.nn.ModuleDict({"a": t.nn.Linear(1, 1), "b": t.nn.ModuleDict()}),
    lambda t: t.nn.ParameterList([t.ones(2), t.zeros(2, 3), t.tensor(1.0)]),
    lambda t: type("Net", (Described, t.nn.Module), {})(),
    lambda t: type("Net", (Described, t.nn.Sequential), {})(t.nn.ReLU()),
    lambda t: t.nn.Parameter(t.tensor([[1.5, -2.0]])),
    lambda t: t.nn.Parameter(t.tensor([1, 2]), requires_grad=False),
]


@pytest.mark.parametrize("make", ZOO)
def test_modules_print_alike(make):
    both(make)


def test_the_zoo_tells_a_difference():
    with pytest.raises(AssertionError):
        both(lambda t: t.nn.Sequential(t.nn.Linear(2, 2), t.nn.Linear(2, 2 if t is torch else 3)))


def assign(name, make):
    def program(t):
        net = net_class(t)()
        setattr(net, name, make(t))
        return net, list(net.state_dict())

    return program


def bare(t):
    """A module whose __init__ was never called."""
    return t.nn.Module.__new__(t.nn.Module)


def broken(statement):
    class_body = {}
    exec(f"def __init__(self):\n    {statement}", {}, class_body)
    return class_body["__init__"]


MISUSES = {
    "number as parameter": assign("scale", lambda t: 3.0),
    "tensor as parameter": assign("scale", lambda t: t.zeros(2)),
    "module as parameter": assign("scale", lambda t: t.nn.ReLU()),
    "None as parameter": assign("scale", lambda t: None),
    "number as module": assign("fc", lambda t: 3),
    "tensor as module": assign("fc", lambda t: t.zeros(2)),
    "None as module": assign("fc", lambda t: None),
    "parameter as module": assign("fc", lambda t: t.nn.Parameter(t.zeros(1))),
    "list as buffer": assign("offset", lambda t: [1]),
    "module as buffer": assign("offset", lambda t: t.nn.ReLU()),
    "parameter as buffer": assign("offset", lambda t: t.nn.Parameter(t.zeros(1))),
    "None as buffer": assign("offset", lambda t: None),
    "parameter too early": lambda t: setattr(bare(t), "w", t.nn.Parameter(t.zeros(1))),
    "module too early": lambda t: setattr(bare(t), "fc", t.nn.Linear(1, 1)),
    "register parameter too early": lambda t: bare(t).register_parameter("w", t.nn.Parameter(t.zeros(1))),
    "register buffer too early": lambda t: bare(t).register_buffer("w", t.zeros(1)),
    "plain attribute early": lambda t: setattr(bare(t), "w", 1),
    "missing attribute": lambda t: net_class(t)().nothing,
    "missing attribute of a layer": lambda t: t.nn.Linear(1, 1).weights,
    "delete missing": lambda t: delattr(net_class(t)(), "nothing"),
    "parameter name taken": lambda t: net_class(t)().register_parameter("fc", None),
    "parameter name with dot": lambda t: net_class(t)().register_parameter("a.b", None),
    "empty parameter name": lambda t: net_class(t)().register_parameter("", None),
    "parameter name no string": lambda t: net_class(t)().register_parameter(3, None),
    "no parameter": lambda t: net_class(t)().register_parameter("w", t.zeros(1)),
    "no parameter but text": lambda t: net_class(t)().register_parameter("w", "text"),
    "buffer name taken": lambda t: net_class(t)().register_buffer("forward", None),
    "buffer name with dot": lambda t: net_class(t)().register_buffer("a.b", None),
    "no buffer": lambda t: net_class(t)().register_buffer("w", 3),
    "module name taken": lambda t: net_class(t)().add_module("scale", t.nn.ReLU()),
    "module name with dot": lambda t: net_class(t)().add_module("a.b", t.nn.ReLU()),
    "empty module name": lambda t: net_class(t)().register_module("", t.nn.ReLU()),
    "module name no string": lambda t: net_class(t)().add_module(1, t.nn.ReLU()),
    "no module": lambda t: net_class(t)().add_module("a", 3),
    "class for an instance": lambda t: t.nn.Sequential(t.nn.Linear(1, 1), t.nn.ReLU),
    "no forward": lambda t: type("Net", (t.nn.Module,), {})()(1),
    "training no bool": lambda t: net_class(t)().train(1),
    "missing submodule": lambda t: net_class(t)().get_submodule("out.7"),
    "no submodule": lambda t: net_class(t)().get_submodule("scale"),
    "missing parameter": lambda t: net_class(t)().get_parameter("out.1.bias_"),
    "no parameter there": lambda t: net_class(t)().get_parameter("offset"),
    "no buffer there": lambda t: net_class(t)().get_buffer("scale"),
    "too many arguments": lambda t: t.nn.ReLU(True, 2),
    "unknown argument": lambda t: t.nn.Linear(1, 1, biases=True),
    "dropout out of range": lambda t: t.nn.Dropout(1.5),
    "index out of range": lambda t: t.nn.Sequential(t.nn.ReLU())[1],
    "list index out of range": lambda t: t.nn.ModuleList([t.nn.ReLU()])[-2],
    "missing key": lambda t: t.nn.ModuleDict()["a"],
    "key taken": lambda t: t.nn.ModuleDict({"keys": t.nn.ReLU()}),
    "list of no modules": lambda t: t.nn.ModuleList([1]),
    "list of a number": lambda t: t.nn.ModuleList(3),
    "dict of a number": lambda t: t.nn.ModuleDict(3),
    "insert nothing": lambda t: t.nn.Sequential().insert(3, t.nn.ReLU()),
    "add no sequence": lambda t: t.nn.Sequential() + t.nn.ModuleList(),
    "zero copies": lambda t: t.nn.Sequential() * 0,
    "half a copy": lambda t: t.nn.Sequential() * 0.5,
    "unflatten to a number": lambda t: t.nn.Unflatten(1, 3),
    "unflatten to floats": lambda t: t.nn.Unflatten(1, (1.0, 3)),
    "fan of a vector": lambda t: t.nn.init.kaiming_uniform_(t.zeros(3)),
    "unknown mode": lambda t: t.nn.init.kaiming_normal_(t.zeros(3, 3), mode="fan"),
    "unknown nonlinearity": lambda t: t.nn.init.calculate_gain("swish"),
    "bad slope": lambda t: t.nn.init.calculate_gain("leaky_relu", True),
    "eye of a vector": lambda t: t.nn.init.eye_(t.zeros(3)),
}


@pytest.mark.parametrize("program", MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_answered_in_the_same_words(program):
    both(program)


def changed_state(change):
    def program(t):
        net = net_class(t)()
        state = net.state_dict()
        change(t, state)
        return net.load_state_dict(state)

    return program


def without(*keys):
    def change(t, state):
        for key in keys:
            del state[key]

    return change


STATES = {
    "complete": lambda t, state: None,
    "missing": without("scale", "out.1.weight"),
    "unexpected": lambda t, state: state.update({"a": t.zeros(1), "fc.x": t.zeros(1), "out.1.bias": t.zeros(2)}),
    "unexpected below a layer": lambda t, state: state.update({"fc.weight.x": t.zeros(1), "offset.y": t.zeros(1)}),
    "sizes": lambda t, state: state.update({"scale": t.zeros(3), "out.1.weight": t.zeros(())}),
    "no tensor": lambda t, state: state.update({"scale": 3, "offset": [1.0]}),
    "everything": lambda t, state: (
        without("fc.bias")(t, state),
        state.update({"scale": t.zeros(3), "b": 1}),
    ),
}


@pytest.mark.parametrize("change", STATES.values(), ids=STATES.keys())
def test_loading_a_state_is_answered_in_the_same_words(change):
    both(changed_state(change))


def test_the_state_of_torch_gives_the_outputs_of_torch():
    """A product's error is at most its length in eps of the sum of absolute products; two layers of 3 and 4."""
    theirs = net_class(torch)()
    ours = net_class(numpynet)()
    state = OrderedDict((key, numpynet.tensor(value.numpy())) for key, value in theirs.state_dict().items())
    assert list(ours.state_dict()) == list(state)
    ours.load_state_dict(state)
    x = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    expected = theirs(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours(numpynet.tensor(x)).detach().numpy(), expected, rtol=0, atol=16 * 2.0**-23)
    back = {key: torch.tensor(value.numpy()) for key, value in ours.state_dict().items()}
    assert str(net_class(torch)().load_state_dict(back)) == "<All keys matched successfully>"


def test_lists_come_in_the_order_of_torch():
    def program(t):
        net = net_class(t)()
        net.shared = net.fc
        net.offset = t.nn.Parameter(t.zeros(1))
        net.fc = None
        net.out[1] = t.nn.Linear(4, 3)
        net.fc = t.nn.Tanh()
        return [
            [name for name, _ in pairs]
            for pairs in (
                net.named_parameters(),
                net.named_parameters("p", remove_duplicate=False),
                net.named_parameters(recurse=False),
                net.named_buffers(),
                net.named_modules(),
                net.named_modules(prefix="m", remove_duplicate=False),
                net.named_children(),
                net.state_dict(prefix="s.").items(),
            )
        ]

    both(program)


def test_containers_change_alike():
    def program(t):
        nn = t.nn
        steps = []
        net = nn.Sequential(nn.Linear(1, 2), nn.ReLU())
        steps.append(repr(net.append(nn.Linear(2, 3))))
        steps.append(repr(net.extend([nn.Tanh(), nn.Sigmoid()])))
        steps.append(repr(net.insert(1, nn.Identity())))
        steps.append(repr(net.insert(-1, nn.Dropout())))
        steps.append(repr(net.pop(0)))
        steps.append(repr(net[1:3]))
        steps.append(repr(net[-1]))
        del net[1:3]
        steps.append(repr(net))
        net[0] = nn.GELU()
        del net[-1]
        steps.append(repr(net))
        steps.append(repr((net + net) * 2))
        net += nn.Sequential(nn.ReLU())
        net *= 2
        steps.append((repr(net), len(net)))
        named = nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))
        steps.append((repr(named[1:]), repr(named.append(nn.ELU())), repr(named.b)))
        layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])
        layers.append(nn.ELU()).extend([nn.ReLU()])
        layers.insert(1, nn.Sigmoid())
        layers += [nn.ReLU()]
        layers[2] = nn.GELU()
        steps.append((repr(layers), repr(layers[1:3]), len(layers), [repr(one) for one in layers]))
        steps.append((repr(layers.pop(-1)), repr(layers + nn.ModuleList([nn.Tanh()]))))
        del layers[0]
        del layers[1:]
        steps.append(repr(layers))
        heads = nn.ModuleDict([("a", nn.ReLU())])
        heads["b"] = nn.Tanh()
        heads.update({"a": nn.ELU(), "c": nn.GELU()})
        steps.append((repr(heads), list(heads), "a" in heads, len(heads), [repr(one) for one in heads.values()]))
        steps.append((repr(heads.pop("a")), list(heads.keys()), [name for name, _ in heads.items()]))
        del heads["b"]
        heads.update(nn.ModuleDict({"z": nn.ReLU()}))
        steps.append(repr(heads))
        heads.clear()
        steps.append(repr(heads))
        weights = nn.ParameterList([t.ones(1)]).append(t.zeros(2)).extend([nn.Parameter(t.ones(3))])
        weights[0] = t.zeros(4)
        weights += [t.zeros(5)]
        steps.append((repr(weights), len(weights), repr(weights[1:3]), repr(weights[-1])))
        steps.append([name for name, _ in weights.named_parameters()])
        steps.append([tuple(one.shape) for one in weights])
        return steps

    both(program)


def hooked_net(t, log):
    net = t.nn.Sequential(t.nn.Linear(2, 2), t.nn.BatchNorm1d(2))

    def logged(title):
        return lambda module, *others: log.append((title, type(module).__name__, *map(repr, others)))

    return net, logged


def test_hooks_are_kept_by_the_number_of_their_handle():
    def program(t):
        layer, calls = t.nn.ReLU(), []

        def hook(name):
            return lambda *_, **__: calls.append(name)

        first, second = (layer.register_forward_hook(hook(name)) for name in "ab")
        layer.register_forward_hook(hook("c"), prepend=True)
        layer.register_forward_pre_hook(hook("d"), with_kwargs=True)
        layer.register_full_backward_hook(hook("e"))
        layer(t.ones(1, requires_grad=True)).sum().backward()
        del layer._forward_hooks[first.id]
        layer._forward_pre_hooks.clear()
        layer(t.ones(1))
        layer._forward_hooks = OrderedDict()
        second.remove()
        layer(t.ones(1))
        layer.register_forward_hook(hook("f"))
        layer(t.ones(1))
        kinds = (layer._forward_pre_hooks, layer._forward_hooks, layer._backward_hooks, layer._backward_pre_hooks)
        return calls, [(type(kind).__name__, len(kind)) for kind in kinds], layer._forward_pre_hooks

    both(program)


def test_hooks_of_a_state_dict():
    def program(t):
        log = []
        net, logged = hooked_net(t, log)
        for module in (net, net[0]):
            module.register_state_dict_pre_hook(logged("before"))
        net[0].register_state_dict_post_hook(lambda module, state, *others: log.append((list(state), others)))
        net[1]._register_state_dict_hook(lambda *others: {"unseen": 1})
        net.register_state_dict_post_hook(lambda module, state, *others: state.update(more=1))
        replacing = net._register_state_dict_hook(lambda module, state, *others: {"first": 1, **state})
        names = [list(net.state_dict())]
        replacing.remove()
        names.append(list(net.state_dict(keep_vars=True)))
        names.append(list(copy.deepcopy(net).state_dict()))
        net.register_state_dict_post_hook(lambda *others: 3)
        try:
            net.state_dict()
        except RuntimeError as error:
            names.append(str(error))
        return names, log

    assert "unseen" not in both(program)


def test_hooks_of_loading_a_state_dict():
    def program(t):
        log = []
        net, _ = hooked_net(t, log)
        for module in net.modules():
            module.register_load_state_dict_pre_hook(lambda m, state, *others: log.append((list(state), others[0])))
        net[1]._register_load_state_dict_pre_hook(lambda state, *others: log.append((list(state), others[3:])))
        see = lambda module, keys: log.append((type(module).__name__, repr(keys), net[0].bias.tolist()))  # noqa: E731
        net[0].register_load_state_dict_post_hook(see)
        net.register_load_state_dict_post_hook(see)
        net.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
        state = {name: t.full_like(tensor, 3) for name, tensor in net.state_dict().items()}
        del state["1.running_mean"]
        told = [repr(net.load_state_dict(state)), net[0].bias.tolist()]
        state["q"] = t.ones(1)
        try:
            net.load_state_dict(state)
        except RuntimeError as error:
            told.append(str(error))
        told.append(repr(net.load_state_dict(state, strict=False)))
        net.register_load_state_dict_post_hook(lambda module, keys: 1)
        try:
            net.load_state_dict(state, strict=False)
        except AssertionError:
            told.append("refused")
        return told, log

    assert "refused" in both(program)


def test_a_state_dict_into_a_dict_given_by_position():
    def program(t):
        state = {}
        with pytest.warns(FutureWarning):
            t.nn.Linear(1, 1).state_dict(state, "p.")
        return list(state)

    assert both(program) == "['p.weight', 'p.bias']"


def test_a_submodule_has_a_name(library):
    with pytest.raises(AttributeError):
        library.nn.Module().get_submodule(None)
    with pytest.raises(TypeError):
        library.nn.Module().get_submodule(library.ones(2))


def test_parameters_of_integers_are_refused(library):
    for wrong in (library.nn.UninitializedParameter, lambda dtype: library.nn.LazyLinear(2, dtype=dtype)):
        with pytest.raises(
            RuntimeError, match="Only Tensors of floating point and complex dtype can require gradients"
        ):
            wrong(dtype=library.int64)


@pytest.mark.parametrize("wrong", ["'a'", "np.ones(2)", "lib.ones(2, 3)", "lib.zeros(0)", "None"])
@pytest.mark.parametrize(
    "call",
    [
        "nn.BatchNorm1d(3, eps={})(lib.ones(2, 3))",
        "nn.functional.dropout(lib.ones(2), {})",
        "nn.LocalResponseNorm(2, k={})(lib.ones(2, 2, 2))",
        "nn.PReLU(init={})(lib.ones(2))",
    ],
)
def test_what_is_compared_is_refused_by_its_comparison(call, wrong):
    refused = []
    for library in (numpynet, torch):
        with pytest.raises((TypeError, ValueError, RuntimeError)) as error:
            eval(call.format(wrong), {"lib": library, "nn": library.nn, "np": np})
        refused.append(error.type)
    assert refused[0] is refused[1]


def test_the_shape_of_a_normalization_may_be_numpys(library):
    layer = library.nn.LayerNorm(np.int64(2))
    assert layer.normalized_shape == (2,)
    assert layer(library.tensor([1.0, 3.0])).shape == (2,)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("F.unfold(image, (2,))", RuntimeError),
        ("F.unfold(image, b'a')", RuntimeError),
        ("F.unfold(image, 2**70)", TypeError),
        ("F.unfold(lib.ones(2, 3), 2)", IndexError),
        ("F.fold(lib.ones(1, 4, 1), (), 2)", RuntimeError),
        ("F.lp_pool2d(image, 2, (1, 1, 1))", ValueError),
        ("F.lp_pool3d(image[None], 2, 'a')", ValueError),
        ("F.lp_pool2d(image, 2, 2**70)", ValueError),
        ("F.max_unpool2d(lib.ones(2), lib.zeros(2).long(), 2)", IndexError),
        ("F.max_unpool2d(image, lib.zeros(1, 2, 2).long(), (2, 2, 2))", IndexError),
        ("F.max_unpool2d(image, lib.zeros(1, 2, 2).long(), ())", RuntimeError),
        ("F.max_unpool2d(image, lib.zeros(1, 2, 2).long(), float('nan'))", ValueError),
        ("F.max_unpool2d(image, lib.zeros(1, 2, 2).long(), lib.ones(2, 3))", TypeError),
        ("F.avg_pool2d(lib.ones(2, 3), 2)", IndexError),
        ("F.dropout1d(image, float('nan'))", RuntimeError),
        ("F.dropout(image, 0.0, True, lib.ones(2))", RuntimeError),
        ("F.dropout2d(image[None], 0.0, True, lib.ones(2))", RuntimeError),
        ("F.rms_norm(image, (2,), eps='a')", TypeError),
        ("F.rms_norm(image, (2,), eps=(1.0, 2.0))", TypeError),
        ("F.rrelu(lib.ones(2, dtype=lib.int64), training=True)", NotImplementedError),
        ("F.soft_margin_loss(lib.ones(2, dtype=lib.int64), lib.ones(2))", RuntimeError),
        ("F.smooth_l1_loss(image, image, beta=lib.ones(2))", RuntimeError),
        ("F.smooth_l1_loss(image, image, beta=float('nan'))", RuntimeError),
        ("F.huber_loss(image, image, delta=float('nan'))", RuntimeError),
        ("F.cosine_similarity(image, image, eps=-1.0)", RuntimeError),
        ("F.triplet_margin_with_distance_loss(image, image, image, distance_function=())", TypeError),
        ("F.ctc_loss(lib.ones(2, 1, 3, dtype=lib.int64), lib.ones(1, 1).long(), (2,), (1,))", NotImplementedError),
        ("F.ctc_loss(lib.ones(2, 1, 3), lib.ones(1, 1).long(), lib.ones(2, 3).long(), (1,))", TypeError),
        ("lib.nn.CircularPad2d(1)(lib.ones(2, 3))", ValueError),
        ("lib.nn.ConvTranspose1d(1, 1, 1, padding='a')(image)", TypeError),
        ("lib.nn.utils.rnn.pack_padded_sequence(image, lib.ones(2, 3).long(), True, False)", IndexError),
        ("lib.nn.utils.rnn.pack_padded_sequence(image, lib.ones(1).long(), lib.ones(2), False)", RuntimeError),
        ("lib.nn.init.eye_(np.ones((2, 2)))", AttributeError),
        ("lib.nn.init.xavier_uniform_(np.ones((2, 2)))", AttributeError),
    ],
)
def test_wrong_arguments_of_layers(library, call, error):
    with pytest.raises(error):
        eval(call, {"lib": library, "F": library.nn.functional, "np": np, "image": library.ones(1, 2, 2)})


def test_targets_may_be_numbers(library):
    F = library.nn.functional
    x = library.tensor([[0.5, -1.0]], requires_grad=True)
    F.gaussian_nll_loss(x, 1.5, library.ones(1, 2)).backward()
    assert library.allclose(x.grad, (x - 1.5) / 2)
    x.grad = None
    F.multilabel_soft_margin_loss(x, 1.5).backward()
    assert library.allclose(x.grad, (x.sigmoid() - 1.5) / 2)


# --- buffers and submodules that are set, hooks that are always called --------------------------------------------


def test_a_buffer_that_is_assigned_is_registered(library):
    class Counter(library.nn.Module):
        def __init__(self):
            super().__init__()
            self.seen = library.nn.Buffer(library.zeros(2))
            self.latest = library.nn.Buffer(library.ones(1), persistent=False)

    counter = Counter()
    assert [name for name, _ in counter.named_buffers()] == ["seen", "latest"]
    assert list(counter.state_dict()) == ["seen"]
    assert isinstance(counter.seen, library.nn.Buffer)
    assert not isinstance(library.ones(1), library.nn.Buffer)
    assert repr(counter.seen) == "tensor([0., 0.])"
    counter.seen = library.nn.Buffer(library.ones(2), persistent=False)
    assert list(counter.state_dict()) == []
    assert library.nn.Buffer().shape == (0,)


def test_a_buffer_takes_the_place_of_no_parameter(library):
    layer = library.nn.Linear(1, 1)
    with pytest.raises(TypeError, match=r"cannot assign 'torch\.FloatTensor' as parameter 'weight'"):
        layer.weight = library.nn.Buffer(library.ones(1))

    class Early(library.nn.Module):
        def __init__(self):
            self.seen = library.nn.Buffer(library.zeros(2))

    with pytest.raises(AttributeError, match=r"cannot assign buffer before Module.__init__\(\) call"):
        Early()


def test_a_submodule_is_set_by_its_path(library):
    nn = library.nn
    net = nn.Sequential(nn.Sequential(nn.Linear(1, 1)), nn.ReLU())
    net.set_submodule("0.0", nn.Tanh())
    net.set_submodule("0.more", nn.Sigmoid())
    assert repr(net[0]) == "Sequential(\n  (0): Tanh()\n  (more): Sigmoid()\n)"
    net.set_submodule("1", nn.Tanh(), strict=True)
    for error, target, module, strict in (
        (ValueError, "", nn.ReLU(), False),
        (ValueError, "1", None, False),
        (AttributeError, "2", nn.ReLU(), True),
        (AttributeError, "nowhere.0", nn.ReLU(), False),
        (AttributeError, "1.training", nn.ReLU(), False),
    ):
        with pytest.raises(error):
            net.set_submodule(target, module, strict)


def test_an_empty_copy_keeps_shapes_and_dtypes(library):
    layer = library.nn.Linear(3, 2).double().to_empty(device="cpu")
    assert (layer.weight.shape, layer.weight.dtype) == ((2, 3), library.float64)
    assert isinstance(layer.weight, library.nn.Parameter)


def test_a_hook_that_is_always_called_is_called_after_an_error(library):
    class Fails(library.nn.Module):
        def forward(self, x):
            raise KeyError("no")

    for always, expected in ((True, [None]), (False, [])):
        seen, module = [], Fails()
        module.register_forward_hook(lambda _, inputs, output, seen=seen: seen.append(output), always_call=always)
        with pytest.raises(KeyError):
            module(library.ones(1))
        assert seen == expected
    module = library.nn.Identity()
    seen = []
    module.register_forward_hook(lambda _, inputs, output: seen.append(1), always_call=True)
    module.register_forward_hook(lambda *_: 1 / 0)
    module.register_forward_hook(lambda _, inputs, named, output: seen.append(2), always_call=True, with_kwargs=True)
    with pytest.raises(ZeroDivisionError):
        module(library.ones(1))
    assert seen == [1, 2]


def test_an_error_of_a_hook_after_an_error_is_a_warning(library):
    module = library.nn.Identity()
    module.register_forward_pre_hook(lambda *_: 1 / 0)
    module.register_forward_hook(lambda *_: [][0], always_call=True)
    with pytest.warns(UserWarning, match="silenced as another error"), pytest.raises(ZeroDivisionError):
        module(library.ones(1))


def test_a_module_that_was_not_initialized_says_so(library):
    class Early(library.nn.Module):
        def __init__(self):
            pass

    for ask in (lambda one: list(one.parameters()), lambda one: list(one.children()), lambda one: one.state_dict()):
        with pytest.raises(AttributeError, match="'Early' object has no attribute '_"):
            ask(Early())
