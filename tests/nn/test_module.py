"""Module: what assigning to it registers, what it lists, changes, calls, copies, saves and refuses."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import numpynet
from numpynet import nn


class Net(nn.Module):
    """Two layers, one of them inside a container, a buffer and a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
        self.scale = nn.Parameter(numpynet.ones(1))
        self.head = nn.Linear(4, 2, bias=False)
        self.register_buffer("offset", numpynet.zeros(2))
        self.register_buffer("scratch", numpynet.zeros(1), persistent=False)

    def forward(self, x):
        return self.head(self.body(x)) * self.scale + self.offset


def names(pairs):
    return [name for name, _ in pairs]


def values(module):
    return {name: tensor.detach().numpy().copy() for name, tensor in module.state_dict(keep_vars=True).items()}


def assert_same_values(module, before):
    after = values(module)
    assert after.keys() == before.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array, err_msg=name)


# --- registering --------------------------------------------------------------------------------------


def test_lists_come_in_the_order_of_registration():
    net = Net()
    assert names(net.named_parameters()) == ["scale", "body.0.weight", "body.0.bias", "head.weight"]
    assert names(net.named_parameters("net", recurse=False)) == ["net.scale"]
    assert names(net.named_buffers()) == ["offset", "scratch"]
    assert names(net.named_children()) == ["body", "head"]
    assert names(net.named_modules()) == ["", "body", "body.0", "body.1", "head"]
    assert [type(module).__name__ for module in net.modules()] == [
        "Net",
        "Sequential",
        "Linear",
        "ReLU",
        "Linear",
    ]
    assert list(net.children()) == [net.body, net.head]
    assert len(list(net.parameters())) == 4


def test_what_is_shared_is_listed_once_unless_told_otherwise():
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, shared)
    assert names(net.named_parameters()) == ["0.weight", "0.bias"]
    assert names(net.named_parameters(remove_duplicate=False)) == [
        "0.weight",
        "0.bias",
        "1.weight",
        "1.bias",
    ]
    assert names(net.named_children()) == ["0"]
    assert list(net.modules()) == [net, shared]
    assert len(list(net.modules(remove_duplicate=False))) == 3
    other = nn.Linear(2, 2, bias=False)
    other.weight = shared.weight
    assert names(nn.Sequential(shared, other).named_parameters()) == ["0.weight", "0.bias"]


def test_a_name_may_change_its_kind_and_goes_to_the_end_of_the_new_one():
    module = nn.Module()
    module.register_buffer("a", numpynet.zeros(1))
    module.b = nn.Parameter(numpynet.zeros(1))
    module.a = nn.Parameter(numpynet.ones(1))
    assert names(module.named_buffers()) == []
    assert names(module.named_parameters()) == ["b", "a"]
    del module.b
    module.b = nn.ReLU()
    module.plain = 3
    module.plain = nn.Tanh()
    assert names(module.named_parameters()) == ["a"]
    assert names(module.named_children()) == ["b", "plain"]


def test_assigning_again_keeps_the_place():
    net = Net()
    net.body = nn.Identity()
    net.scale = nn.Parameter(numpynet.zeros(1))
    net.offset = numpynet.ones(2)
    assert names(net.named_children()) == ["body", "head"]
    assert names(net.named_buffers()) == ["offset", "scratch"]
    assert "scratch" not in net.state_dict()
    assert net.scale.item() == 0


def test_none_leaves_the_name_registered():
    net = Net()
    net.scale = None
    net.body = None
    net.offset = None
    assert names(net.named_parameters()) == ["head.weight"]
    assert names(net.named_children()) == ["head"]
    assert names(net.named_buffers()) == ["scratch"]
    assert list(net.state_dict()) == ["head.weight"]
    with pytest.raises(TypeError, match="as parameter 'scale'"):
        net.scale = 1.0


def test_deleting_takes_the_name_away():
    net = Net()
    del net.scale, net.body, net.offset
    assert names(net.named_parameters()) == ["head.weight"]
    assert not hasattr(net, "scale")
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'scale'"):
        _ = net.scale
    net.scale = 3  # a plain attribute now
    assert net.scale == 3


def test_the_registers_can_be_written_to_as_dicts():
    net = Net()
    assert list(net._modules) == ["body", "head"]
    net._modules["head"] = nn.Identity()
    assert isinstance(net.head, nn.Identity)
    net._modules["extra"] = nn.ReLU()
    assert names(net.named_children()) == ["body", "head", "extra"]
    del net._modules["extra"]
    assert not hasattr(net, "extra")
    assert "scale" in net._parameters
    assert net._parameters["scale"] is net.scale
    assert "body" not in net._parameters
    with pytest.raises(KeyError):
        _ = net._buffers["scale"]


def test_dir_lists_what_can_be_written_after_a_dot():
    listed = dir(nn.Sequential(nn.Linear(1, 1)))
    assert "0" not in listed
    assert "forward" in listed
    assert {"scale", "body", "offset"} <= set(dir(Net()))


def test_get_by_dotted_name():
    net = Net()
    assert net.get_submodule("body.0") is net.body[0]
    assert net.get_submodule("") is net
    assert net.get_parameter("body.0.weight") is net.body[0].weight
    assert net.get_buffer("offset") is net.offset


# --- the whole network at once ------------------------------------------------------------------------


def test_train_and_eval_reach_every_module():
    net = Net()
    assert all(module.training for module in net.modules())
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert all(module.training for module in net.modules())


def test_apply_goes_from_the_inside_out():
    net, seen = Net(), []
    assert net.apply(seen.append) is net
    assert [type(module).__name__ for module in seen] == ["Linear", "ReLU", "Sequential", "Linear", "Net"]


def test_zero_grad_removes_or_zeroes():
    numpynet.manual_seed(0)  # with some numbers all units of the hidden layer are dead
    net = Net()
    net(numpynet.ones(5, 3)).sum().backward()
    gradient = net.head.weight.grad
    assert gradient.abs().sum() > 0
    net.zero_grad(set_to_none=False)
    assert net.head.weight.grad is gradient
    assert not gradient.any()
    net.zero_grad()
    assert all(parameter.grad is None for parameter in net.parameters())


def test_requires_grad_freezes_every_parameter():
    net = Net().requires_grad_(False)
    assert not net(numpynet.ones(1, 3)).requires_grad
    assert all(parameter.requires_grad for parameter in net.requires_grad_().parameters())


@pytest.mark.parametrize(
    "convert",
    [
        lambda net: net.double(),
        lambda net: net.to(numpynet.float64),
        lambda net: net.to("cpu", numpynet.float64),
        lambda net: net.to(dtype=numpynet.float64),
        lambda net: net.to(numpynet.zeros(1, dtype=numpynet.float64)),
        lambda net: net.type(numpynet.float64),
    ],
)
def test_conversions_keep_the_parameters_and_convert_all_that_floats(convert):
    net = Net()
    net.register_buffer("count", numpynet.tensor(3))
    before, parameters = values(net), list(net.parameters())
    net(numpynet.ones(1, 3)).sum().backward()
    assert convert(net) is net
    assert all(one is other for one, other in zip(net.parameters(), parameters, strict=True))
    assert {tensor.dtype for tensor in (*net.parameters(), net.offset)} == {numpynet.float64}
    assert {parameter.grad.dtype for parameter in net.parameters()} == {numpynet.float64}
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in net.parameters())
    assert_same_values(net, before)  # float64 holds every float32
    net(numpynet.ones(1, 3, dtype=numpynet.float64)).sum().backward()
    assert net.float().half().scale.dtype is numpynet.float16


def test_only_type_converts_integers():
    module = nn.Module()
    module.register_buffer("count", numpynet.tensor(3))
    assert module.double().count.dtype is numpynet.int64
    assert module.to("cpu").cpu().count.dtype is numpynet.int64
    assert module.type(numpynet.float64).count.dtype is numpynet.float64


def test_conversions_that_cannot_be_change_nothing():
    net = Net()
    before = values(net)
    with pytest.raises(TypeError, match=r"nn\.Module\.to only accepts floating point"):
        net.to(numpynet.int64)
    with pytest.raises(RuntimeError, match="CPU"):
        net.to("cuda")
    with pytest.raises(RuntimeError, match="CPU"):
        net.cuda()
    assert net.scale.dtype is numpynet.float32
    assert_same_values(net, before)


# --- calling and hooks --------------------------------------------------------------------------------


class Echo(nn.Module):
    def forward(self, *args, **kwargs):
        return args, kwargs


def test_a_call_passes_every_argument_on():
    echo = Echo()
    assert echo() == ((), {})
    assert echo(1) == ((1,), {})
    assert echo(None) == ((None,), {})
    assert echo(1, 2) == ((1, 2), {})
    assert echo(input=1) == ((), {"input": 1})
    assert echo(1, self_=2, args=3) == ((1,), {"self_": 2, "args": 3})


def test_a_forward_replaced_on_the_instance_is_called():
    echo = Echo()
    echo.forward = lambda x: x + 1
    assert echo(1) == 2


def test_hooks_see_and_replace_arguments_and_results():
    echo, seen = Echo(), []
    pre = echo.register_forward_pre_hook(lambda module, args: seen.append((module, args)))
    echo.register_forward_pre_hook(lambda module, args: args[0] + 1)
    echo.register_forward_pre_hook(lambda module, args, kwargs: (args, {"k": 5, **kwargs}), with_kwargs=True)
    echo.register_forward_hook(lambda module, args, result: seen.append((args, result)))
    echo.register_forward_hook(lambda module, args, kwargs, result: (kwargs, result), with_kwargs=True)
    assert echo(1) == ({"k": 5}, ((2,), {"k": 5}))
    assert seen == [(echo, (1,)), ((2,), ((2,), {"k": 5}))]
    pre.remove()
    pre.remove()
    echo(1, k=6)
    assert len(seen) == 3


def test_prepended_hooks_run_first_and_a_removed_one_no_more():
    echo, order = Echo(), []
    echo.register_forward_hook(lambda *call: order.append("first"))
    with echo.register_forward_hook(lambda *call: order.append("before it"), prepend=True):
        echo(1)
    echo(1)
    assert order == ["before it", "first", "first"]


def test_a_pre_hook_with_kwargs_returns_both():
    echo = Echo()
    echo.register_forward_pre_hook(lambda module, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="forward pre-hook must return None or a tuple"):
        echo(1)


def test_hooks_of_submodules_run_inside_a_network():
    net, shapes = Net(), []
    for module in net.modules():
        module.register_forward_hook(lambda module, args, result: shapes.append(tuple(result.shape)))
    net(numpynet.ones(5, 3))
    assert shapes == [(5, 4), (5, 4), (5, 4), (5, 2), (5, 2)]


# --- copies -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_is_equal_and_independent(twin):
    net = Net().eval()
    net.double()
    x = numpynet.ones(2, 3, dtype=numpynet.float64)
    before = values(net)
    other = twin(net)
    assert repr(other) == repr(net)
    assert not other.training
    assert names(other.named_parameters()) == names(net.named_parameters())
    assert list(other.state_dict()) == list(net.state_dict())
    assert isinstance(other.scale, nn.Parameter)
    assert isinstance(other.body[0].weight, nn.Parameter)
    assert (other(x) == net(x)).all()
    other(x).sum().backward()
    assert all(parameter.grad is None for parameter in net.parameters())
    with numpynet.no_grad():
        for parameter in other.parameters():
            parameter.add_(1)
        other.offset.add_(1)
    assert_same_values(net, before)


def test_a_copy_keeps_what_is_shared_shared_and_hooks_with_it():
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, shared)
    calls = []
    net.register_forward_hook(lambda *call: calls.append(1))
    other = copy.deepcopy(net)
    assert other[0] is other[1]
    assert other[0] is not shared
    other(numpynet.ones(1, 2))
    assert calls == [1]


def test_copies_of_parameters_are_parameters_without_gradient():
    parameter = nn.Parameter(numpynet.ones(2), requires_grad=False)
    parameter.grad = numpynet.ones(2)
    twin = copy.deepcopy(parameter)
    assert isinstance(twin, nn.Parameter)
    assert (twin.requires_grad, twin.grad) == (False, None)
    memo = {}
    assert copy.deepcopy(parameter, memo) is copy.deepcopy(parameter, memo)


def test_a_parameter_shares_the_memory_of_its_data():
    data = numpynet.zeros(2)
    parameter = nn.Parameter(data)
    data[0] = 5
    assert parameter[0] == 5
    assert parameter.is_leaf
    assert parameter.requires_grad
    assert not data.requires_grad
    assert nn.Parameter().shape == (0,)
    with numpynet.no_grad():
        assert nn.Parameter(data).requires_grad
    assert repr(parameter) == "Parameter containing:\ntensor([5., 0.], requires_grad=True)"
    assert repr(nn.Parameter(data, False)) == "Parameter containing:\ntensor([5., 0.])"
    assert type(parameter * 1) is numpynet.Tensor


def test_a_value_needed_backwards_may_not_be_overwritten_through_the_data():
    data = numpynet.ones(2)
    parameter = nn.Parameter(data)
    y = (parameter * parameter).sum()
    data.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


# --- the state ----------------------------------------------------------------------------------------


def test_the_state_shares_memory_and_keeps_variables_on_demand():
    net = Net()
    state = net.state_dict()
    assert isinstance(state, OrderedDict)
    assert not any(tensor.requires_grad for tensor in state.values())
    assert not any(isinstance(tensor, nn.Parameter) for tensor in state.values())
    with numpynet.no_grad():
        net.scale.fill_(7)
    assert state["scale"] == 7
    assert net.state_dict(keep_vars=True)["scale"] is net.scale
    there = {"kept": 1}
    assert net.state_dict(destination=there, prefix="net.") is there
    kept, *given = there
    assert kept == "kept"
    assert given == ["net.scale", "net.offset", "net.body.0.weight", "net.body.0.bias", "net.head.weight"]


def test_loading_copies_into_the_parameters_there_are():
    net, other = Net(), Net()
    parameters, state = list(net.parameters()), other.state_dict()
    result = net.load_state_dict(state)
    assert repr(result) == str(result) == "<All keys matched successfully>"
    assert result == ([], [])
    assert all(one is two for one, two in zip(net.parameters(), parameters, strict=True))
    assert_same_values(net, values(other))
    with numpynet.no_grad():
        other.scale.fill_(7)
    assert net.scale == 1


def test_loading_casts_to_the_dtype_there_is():
    net = Net().double()
    net.load_state_dict(Net().state_dict())
    assert net.scale.dtype is numpynet.float64


def test_assigning_takes_the_tensors_over():
    net, state = Net(), Net().double().state_dict()
    net.scale.requires_grad_(False)
    net.load_state_dict(state, assign=True)
    assert net.head.weight.dtype is numpynet.float64
    assert isinstance(net.head.weight, nn.Parameter)
    assert (net.head.weight.requires_grad, net.scale.requires_grad) == (True, False)
    assert net.offset is state["offset"]
    assert net.head.weight.data_ptr() == state["head.weight"].data_ptr()


def test_without_strictness_the_odd_keys_are_only_listed():
    net = Net()
    state = net.state_dict()
    del state["offset"]
    state["head.bias"] = numpynet.zeros(2)
    state["scale"] = numpynet.tensor([3.0])
    result = net.load_state_dict(state, strict=False)
    assert result.missing_keys == ["offset"]
    assert result.unexpected_keys == ["head.bias"]
    assert repr(result) == "_IncompatibleKeys(missing_keys=['offset'], unexpected_keys=['head.bias'])"
    assert net.scale == 3


def test_a_number_is_loaded_from_a_vector_of_one():
    module = nn.Module()
    module.a = nn.Parameter(numpynet.tensor(1.0))
    module.load_state_dict({"a": numpynet.tensor([2.0])})
    assert module.a == 2


def test_after_an_error_nothing_has_been_loaded():
    net = Net()
    before = values(net)
    for change in (
        {"scale": numpynet.tensor([9.0]), "head.weight": numpynet.zeros(3, 3)},
        {"scale": numpynet.tensor([9.0]), "more": numpynet.zeros(1)},
        {"scale": numpynet.tensor([9.0]), "head.weight": 3},
    ):
        with pytest.raises(RuntimeError, match=r"Error\(s\) in loading state_dict for Net"):
            net.load_state_dict({**net.state_dict(), **change})
        assert_same_values(net, before)
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like"):
        net.load_state_dict([1])


def test_the_list_of_errors():
    """torch's words, kept here so that they hold without torch too."""
    net = Net()
    state = net.state_dict()
    del state["scale"], state["body.0.bias"]
    state["head.weight"] = numpynet.zeros(3, 3)
    state["body.0.extra"] = state["nobody.x"] = numpynet.zeros(1)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Net:\n"
        '\tMissing key(s) in state_dict: "scale", "body.0.bias". \n'
        '\tUnexpected key(s) in state_dict: "nobody.x", "body.0.extra". \n'
        "\tsize mismatch for head.weight: copying a param with shape torch.Size([3, 3]) from checkpoint, "
        "the shape in current model is torch.Size([2, 4])."
    )


@pytest.mark.parametrize("assign", [False, True])
def test_arrays_and_tensors_of_torch_are_loaded(assign):
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Linear(2, 3)
    arrays = {key: value.numpy() for key, value in theirs.state_dict().items()}
    for state in (theirs.state_dict(), arrays):
        model = nn.Linear(2, 3)
        model.load_state_dict(state, assign=assign)
        assert type(model.weight) is nn.Parameter
        assert model.weight.tolist() == theirs.weight.tolist()
        assert model.bias.tolist() == theirs.bias.tolist()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: nn.Conv1d(2, 3), "Conv1d.__init__() missing 1 required positional argument: 'kernel_size'"),
        (lambda: nn.LazyLinear(), "LazyLinear.__init__() missing 1 required positional argument: 'out_features'"),
        (lambda: nn.ZeroPad2d(1, 2), "ZeroPad2d.__init__() takes 2 positional arguments but 3 were given"),
        (lambda: nn.BatchNorm1d(2)(), "forward() missing 1 required positional argument: 'input'"),
        (lambda: nn.Sequential().append(), "append() missing 1 required positional argument: 'module'"),
    ],
)
def test_errors_of_python_name_no_private_class(call, said):
    with pytest.raises(TypeError) as refused:
        call()
    assert str(refused.value) == said


def test_classes_that_are_derived_by_users_keep_their_functions():
    class _Base(nn.Module):
        def __init__(self, scale):
            super().__init__()

        def forward(self, x):
            return x

    class Derived(_Base):
        pass

    assert Derived.__init__ is _Base.__init__
    assert _Base.forward.__qualname__.endswith("_Base.forward")
