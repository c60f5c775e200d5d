"""What all optimizers share: groups, names, state, zero_grad, closures, subclasses of the user's."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from optimizer_lockstep import from_torch

import numpynet
from numpynet.optim import SGD, Optimizer
from numpynet.optim.optimizer import required


def leaf(*numbers):
    return numpynet.tensor([float(number) for number in numbers], requires_grad=True)


def both_refuse(make, error):
    """Lets both libraries build the same wrong optimizer; returns their messages."""
    torch = pytest.importorskip("torch")
    messages = []
    for library in (numpynet, torch):
        with pytest.raises(error) as raised:
            make(library)
        messages.append(str(raised.value))
    return messages


# --- parameters and groups -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda library: library.optim.SGD([]), ValueError),
        (lambda library: library.optim.SGD([1]), TypeError),
        (lambda library: library.optim.SGD(["w"]), TypeError),
        (lambda library: library.optim.SGD([{"params": {library.ones(1)}}]), TypeError),
        (lambda library: library.optim.SGD([library.ones(1, requires_grad=True) * 2]), ValueError),
        (lambda library: library.optim.SGD([library.ones(1)]).add_param_group([library.ones(1)]), TypeError),
        (lambda library: library.optim.SGD([("w", library.ones(1)), library.ones(1)]), ValueError),
        (
            lambda library: library.optim.SGD([{"params": [("w", library.ones(1))]}, {"params": [library.ones(1)]}]),
            ValueError,
        ),
        (
            lambda library: library.optim.SGD([{"params": [library.ones(1)]}, {"params": [("w", library.ones(1))]}]),
            ValueError,
        ),
    ],
)
def test_wrong_parameters_are_refused_in_torchs_words(make, error):
    ours, theirs = both_refuse(make, error)
    assert ours == theirs


def test_a_single_tensor_is_refused():
    ours, theirs = both_refuse(lambda library: library.optim.SGD(library.ones(2)), TypeError)
    assert ours.startswith(theirs)


def test_a_parameter_of_two_groups_is_refused():
    def make(library):
        shared = library.ones(1)
        library.optim.SGD([{"params": [shared]}, {"params": [library.ones(1), shared]}])

    ours, theirs = both_refuse(make, ValueError)
    assert ours == theirs


def test_a_parameter_twice_in_a_group_warns_and_is_stepped_twice():
    weight = leaf(1)
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optimizer = SGD([weight, weight], lr=0.25)
    weight.grad = numpynet.ones(1)
    optimizer.step()
    assert weight.item() == 0.5


def test_a_missing_required_option_is_refused():
    with pytest.raises(ValueError, match="didn't specify a value of required optimization parameter lr"):
        Optimizer([leaf(1)], {"lr": required})
    assert Optimizer([{"params": [leaf(1)], "lr": 1}], {"lr": required}).param_groups[0]["lr"] == 1


def test_a_refused_group_leaves_no_trace():
    weight = leaf(1)
    optimizer = SGD([weight])
    refused = {"params": [leaf(2), weight]}
    with pytest.raises(ValueError, match="more than one"):
        optimizer.add_param_group(refused)
    assert list(refused) == ["params"]
    assert len(optimizer.param_groups) == 1


def test_groups_have_options_of_their_own():
    fast, slow = leaf(0), leaf(0)
    optimizer = SGD([{"params": fast, "lr": 1.0}, {"params": [slow], "momentum": 0.5}], lr=0.25)
    late = leaf(0)
    optimizer.add_param_group({"params": iter([late]), "maximize": True})
    for _ in range(2):
        for parameter in (fast, slow, late):
            parameter.grad = numpynet.ones(1)
        optimizer.step()
    assert [fast.item(), slow.item(), late.item()] == [-2, -0.625, 0.5]


def test_parameters_may_come_from_a_generator():
    weights = [leaf(1), leaf(2)]
    assert SGD(weight for weight in weights).param_groups[0]["params"] == weights


@pytest.mark.parametrize(
    "parameters",
    [
        lambda library: [library.zeros(1)],
        lambda library: [("weight", library.zeros(2)), ("bias", library.zeros(1))],
        lambda library: [{"params": library.zeros(1), "lr": 0.5}, {"params": library.zeros(1), "extra": "x"}],
    ],
)
def test_shown_as_in_torch(parameters):
    torch = pytest.importorskip("torch")
    shown = [repr(library.optim.SGD(parameters(library), momentum=0.9)) for library in (numpynet, torch)]
    assert shown[0] == shown[1]


# --- gradients and closures ------------------------------------------------------------------------------------


def test_zero_grad_forgets_gradients():
    weight, other = leaf(1), leaf(2)
    weight.grad = numpynet.ones(1)
    SGD([weight, other]).zero_grad()
    assert weight.grad is None
    assert other.grad is None


def test_zero_grad_can_keep_the_memory():
    weight, other = leaf(1), leaf(2)
    gradient = weight.grad = numpynet.ones(1)
    SGD([weight, other]).zero_grad(set_to_none=False)
    assert weight.grad is gradient
    assert gradient.item() == 0
    assert other.grad is None


def test_a_closure_is_recorded_even_under_no_grad():
    weight = leaf(3)
    optimizer = SGD([weight], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (weight * weight).sum()
        loss.backward()
        return loss

    with numpynet.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 9
    assert weight.item() == 0
    assert optimizer.step() is None


def test_the_users_own_optimizer_with_a_schedule():
    class Halving(Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": 1.0})

        def step(self, closure=None):
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter.data *= 0.5 * group["lr"]

    weight = leaf(8)
    optimizer = Halving([weight])
    schedule = numpynet.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            optimizer.step()
            schedule.step()
    assert weight.item() == 1


def test_an_optimizer_without_a_rule_says_so():
    with pytest.raises(NotImplementedError, match="Optimizer has neither step nor _update"):
        Optimizer([leaf(1)], {}).step()


# --- state ------------------------------------------------------------------------------------------------------


def trained(library, steps=3, **options):
    """An optimizer of two groups after some steps, and its parameters."""
    weights = [library.tensor([1.0, -2.0], requires_grad=True), library.tensor([[3.0]], requires_grad=True)]
    groups = [{"params": weights[:1]}, {"params": weights[1:], "lr": 0.5}]
    optimizer = library.optim.SGD(groups, **{"lr": 0.25, "momentum": 0.5, **options})
    step(library, optimizer, weights, steps)
    return optimizer, weights


def step(library, optimizer, weights, steps):
    for _ in range(steps):
        for weight in weights:
            weight.grad = library.ones(*weight.shape)
        optimizer.step()


def test_state_dict_is_torchs():
    torch = pytest.importorskip("torch")
    ours, theirs = (trained(library)[0].state_dict() for library in (numpynet, torch))
    assert ours["param_groups"] == theirs["param_groups"]
    assert list(ours) == list(theirs)
    assert {key: list(state) for key, state in ours["state"].items()} == {
        0: ["momentum_buffer"],
        1: ["momentum_buffer"],
    }
    for number in (0, 1):
        assert ours["state"][number]["momentum_buffer"].tolist() == theirs["state"][number]["momentum_buffer"].tolist()


def test_torchs_state_goes_on_here():
    torch = pytest.importorskip("torch")
    reference, weights = trained(torch)
    optimizer, ours = trained(numpynet, steps=0)
    for weight, theirs in zip(ours, weights, strict=True):
        weight.data = numpynet.tensor(theirs.tolist())
    optimizer.load_state_dict(from_torch(reference.state_dict()))
    step(torch, reference, weights, 2)
    step(numpynet, optimizer, ours, 2)
    assert [weight.tolist() for weight in ours] == [weight.tolist() for weight in weights]


def test_a_loaded_state_is_a_copy_in_the_parameters_dtype():
    optimizer, weights = trained(numpynet)
    saved = optimizer.state_dict()
    double = [numpynet.zeros(*weight.shape, dtype=numpynet.float64, requires_grad=True) for weight in weights]
    loaded = SGD([{"params": double[:1]}, {"params": double[1:]}])
    loaded.load_state_dict(saved)
    buffer = loaded.state[double[0]]["momentum_buffer"]
    assert buffer.dtype == numpynet.float64
    before = optimizer.state[weights[0]]["momentum_buffer"].tolist()
    buffer.zero_()
    loaded.param_groups[0]["lr"] = 9
    assert optimizer.state[weights[0]]["momentum_buffer"].tolist() == before
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.5]
    assert saved["param_groups"][0]["lr"] == 0.25


def test_the_count_of_steps_keeps_its_dtype_when_loaded():
    weight = numpynet.zeros(1, dtype=numpynet.float64, requires_grad=True)
    optimizer = numpynet.optim.Adam([weight])
    weight.grad = numpynet.ones(1, dtype=numpynet.float64)
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    assert optimizer.state[weight]["step"].dtype == numpynet.float32
    assert optimizer.state[weight]["exp_avg"].dtype == numpynet.float64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda saved: saved["param_groups"].pop(), "different number of parameter groups"),
        (lambda saved: saved["param_groups"][0]["params"].append(7), "doesn't match the size"),
    ],
)
def test_a_state_of_other_groups_is_refused_and_changes_nothing(change, message):
    optimizer, _ = trained(numpynet)
    saved = copy.deepcopy(optimizer.state_dict())
    change(saved)
    before = repr(optimizer), list(optimizer.state)
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(saved)
    assert (repr(optimizer), list(optimizer.state)) == before


def test_names_survive_loading():
    names = [("a", leaf(1)), ("b", leaf(2))]
    named = SGD(names)
    assert named.state_dict()["param_groups"][0]["param_names"] == ["a", "b"]
    named.load_state_dict(SGD([leaf(1), leaf(2)]).state_dict())
    assert named.param_groups[0]["param_names"] == ["a", "b"]
    assert named.param_groups[0]["params"] == [tensor for _, tensor in names]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_go_their_own_way(duplicate):
    optimizer, weights = trained(numpynet)
    numpynet.optim.lr_scheduler.StepLR(optimizer, 5)  # it wraps optimizer.step
    twin = duplicate(optimizer)
    copies = [weight for group in twin.param_groups for weight in group["params"]]
    assert list(twin.state) == copies
    before = [weight.tolist() for weight in weights]
    step(numpynet, twin, copies, 1)
    assert [weight.tolist() for weight in weights] == before
    step(numpynet, optimizer, weights, 1)
    assert [weight.tolist() for weight in weights] == [weight.tolist() for weight in copies]


def test_a_state_without_momentum_is_empty():
    weight = leaf(1)
    optimizer = SGD([weight], lr=0.5)
    weight.grad = numpynet.ones(1)
    optimizer.step()
    assert optimizer.state_dict()["state"] == {}
    assert np.isclose(weight.item(), 0.5)


def one_step(library, name, **options):
    """An optimizer of one parameter, after a step."""
    w = library.ones(2, requires_grad=True)
    optimizer = getattr(library.optim, name)([w], lr=0.1, **options)
    w.grad = library.ones(2)
    optimizer.step()
    return w, optimizer


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop", "Adagrad"])
def test_steps_saved_as_numbers(name):
    torch = pytest.importorskip("torch")
    found = []
    for library in (numpynet, torch):
        w, optimizer = one_step(library, name)
        state = copy.deepcopy(optimizer.state_dict())
        state["state"][0]["step"] = 1
        optimizer.load_state_dict(state)
        optimizer.step()
        assert isinstance(optimizer.state[w]["step"], library.Tensor)
        found.append((optimizer.state[w]["step"].item(), w.tolist()))
    assert found[0][0] == found[1][0] == 2.0
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-6)


@pytest.mark.parametrize(("saved", "loading"), [("SGD", "Adam"), ("Adam", "RMSprop"), ("RMSprop", "SGD")])
def test_the_state_of_another_optimizer(saved, loading):
    _, optimizer = one_step(numpynet, loading)
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(KeyError, match=f"lacks.*{loading}"):
        optimizer.load_state_dict(one_step(numpynet, saved)[1].state_dict())
    assert repr(optimizer.state_dict()) == repr(before)


def test_state_of_another_shape():
    _, optimizer = one_step(numpynet, "Adam")
    state = copy.deepcopy(optimizer.state_dict())
    state["state"][0]["exp_avg"] = numpynet.zeros(3)
    with pytest.raises(RuntimeError, match=r"'exp_avg' of parameter 0 has shape \[3\], but the parameter has \[2\]"):
        optimizer.load_state_dict(state)


@pytest.mark.parametrize("model", [numpynet.nn.Linear(1, 1), numpynet.nn.Sequential(numpynet.nn.Linear(1, 1))])
def test_a_model_in_the_place_of_its_parameters(model):
    with pytest.raises(TypeError, match=r"write model\.parameters\(\)"):
        numpynet.optim.SGD(model, lr=0.1)


def test_momentum_and_weight_decay_of_a_single_number():
    torch = pytest.importorskip("torch")
    found = []
    for library in (numpynet, torch):
        w = library.tensor(1.0, requires_grad=True)
        optimizer = library.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.1)
        for _ in range(3):
            w.grad = library.tensor(1.0)
            optimizer.step()
        found.append((w.item(), optimizer.state[w]["momentum_buffer"].item()))
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def gradient_of_one(library):
    w = library.ones(2, requires_grad=True)
    w.sum().backward()
    return w


@pytest.mark.parametrize("name", ["SGD", "Adam", "NAdam", "RAdam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "ASGD"])
def test_a_decay_is_no_bool(library, name):
    with pytest.raises(RuntimeError, match="Boolean alpha"):
        getattr(library.optim, name)([gradient_of_one(library)], lr=0.1, weight_decay=True).step()


def test_a_decoupled_decay_may_be_a_bool(library):
    w = gradient_of_one(library)
    library.optim.AdamW([w], lr=0.5, weight_decay=True).step()
    # (1 - 0.5) - 0.5 g / (|g| + eps), but for what eps = 1e-8 takes and float32 rounds
    assert w.tolist() == pytest.approx([0.0, 0.0], abs=2e-7)


def test_the_state_is_a_dictionary_and_no_path(library):
    with pytest.raises(AttributeError, match="'str' object has no attribute 'copy'"):
        library.optim.SGD([gradient_of_one(library)], lr=0.1).load_state_dict("optimizer.pt")


def test_options_of_averaged_sgd_may_be_tensors_of_one_element(library):
    w = gradient_of_one(library)
    library.optim.ASGD([w], lr=0.5, lambd=library.tensor(0.5), alpha=library.tensor(1.0)).step()
    assert w.tolist() == [0.25, 0.25]  # 1 - 0.5 · 0.5 - 0.5
    with pytest.raises(RuntimeError):
        library.optim.ASGD([w], lr=0.5, lambd=library.ones(2, 3)).step()


def test_the_two_step_sizes_may_come_from_what_can_be_unpacked(library):
    w = gradient_of_one(library)
    library.optim.Rprop([w], lr=0.5, step_sizes=(one for one in (0.25, 0.375))).step()
    assert w.tolist() == [0.625, 0.625]
    with pytest.raises(ValueError, match="unpack"):
        library.optim.Rprop([w], lr=0.5, step_sizes=()).step()


@pytest.mark.parametrize("name", ["SGD", "Adam", "LBFGS"])
def test_a_loss_in_the_place_of_a_closure(library, name):
    w = gradient_of_one(library)
    with pytest.raises(TypeError, match="'Tensor' object is not callable"):
        getattr(library.optim, name)([w]).step(w.sum())


def test_a_learning_rate_of_a_group_is_no_text(library):
    w = gradient_of_one(library)
    optimizer = library.optim.SGD([w], lr=0.5)
    optimizer.param_groups[0]["lr"] = "0.5"
    with pytest.raises(TypeError, match="bad operand type for unary"):
        optimizer.step()
    assert w.tolist() == [1, 1]


def test_hooks_of_steps(library):
    w = library.ones(2, requires_grad=True)
    optimizer, seen = library.optim.SGD([w], lr=0.5), []
    before = optimizer.register_step_pre_hook(lambda one, args, kwargs: seen.append((args == (one,), kwargs)))
    after = optimizer.register_step_post_hook(lambda one, args, kwargs: seen.append(w.tolist()))
    w.sum().backward()
    optimizer.step()
    assert seen == [(True, {}), [0.5, 0.5]]
    copy.deepcopy(optimizer).step()
    before.remove()
    after.remove()
    optimizer.step()
    assert len(seen) == 2
    with optimizer.register_step_pre_hook(lambda one, args, kwargs: (args, {"closure": lambda: 7})):
        assert optimizer.step() == 7
    with optimizer.register_step_pre_hook(lambda one, args, kwargs: 3), pytest.raises(RuntimeError, match="new_args"):
        optimizer.step()


def test_the_state_of_a_module_is_not_an_optimizers(library):
    with pytest.raises(KeyError, match="param_groups"):
        library.optim.SGD([gradient_of_one(library)]).load_state_dict(library.nn.Linear(2, 1).state_dict())


def test_parameters_that_were_not_asked_for(library):
    with pytest.raises(TypeError, match="'method' object is not iterable"):
        library.optim.SGD(library.nn.Linear(2, 1).parameters)
