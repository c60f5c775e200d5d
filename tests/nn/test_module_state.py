"""What a module consists of as dictionaries, and its state saved and loaded in parts, beside torch."""

import copy
import gc
import pickle
import weakref

import pytest
from nearness import torch

import numpynet
from numpynet import nn

BOTH = (numpynet, torch)


def net(library):
    return library.nn.Sequential(library.nn.Linear(2, 3), library.nn.BatchNorm1d(3), library.nn.Linear(3, 1))


def agree(program):
    """Runs a program under both libraries; what it returns must be equal."""
    ours, theirs = (program(library) for library in BOTH)
    assert ours == theirs
    return ours


# --- parameters, buffers and children as dictionaries -------------------------------------------------


def test_they_are_dictionaries():
    for values in (nn.Linear(1, 1)._parameters, nn.BatchNorm1d(1)._buffers, net(numpynet)._modules):
        assert isinstance(values, dict)
        assert list(reversed(values)) == list(values)[::-1]
        assert type(values.copy()) is type(copy.copy(values)) is dict
        assert values == dict(values)


CHANGES = {
    "set": lambda library, net: net._modules.__setitem__("0", library.nn.ReLU()),
    "set new": lambda library, net: net._modules.__setitem__("3", library.nn.ReLU()),
    "delete": lambda library, net: net._modules.__delitem__("1"),
    "pop": lambda library, net: net._modules.pop("1"),
    "pop a default": lambda library, net: net._modules.pop("training", None),
    "popitem": lambda library, net: net._modules.popitem(),
    "clear": lambda library, net: net._modules.clear(),
    "update": lambda library, net: net._modules.update({"0": library.nn.ReLU()}, last=library.nn.Tanh()),
    "setdefault": lambda library, net: net._modules.setdefault("0", library.nn.ReLU()),
    "setdefault new": lambda library, net: net._modules.setdefault("3", library.nn.ReLU()),
    "or": lambda library, net: net._modules.__ior__({"0": library.nn.ReLU()}),
    "replaced": lambda library, net: setattr(net, "_modules", {"first": library.nn.ReLU()}),
    "reversed": lambda library, net: setattr(net, "_modules", dict(reversed(net._modules.items()))),
    "parameter": lambda library, net: net[0]._parameters.__setitem__("bias", None),
    "parameters": lambda library, net: net[0]._parameters.pop("bias"),
    "buffer": lambda library, net: net[1]._buffers.pop("running_mean"),
    "attribute deleted": lambda library, net: net[1].__delattr__("running_mean"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_changes_are_seen_by_attributes(change):
    def program(library):
        model = net(library)
        change(library, model)
        attributes = [hasattr(model, name) for name in ("0", "1", "2", "3", "first", "last", "training")]
        parts = [(name, type(module).__name__) for name, module in model.named_modules()]
        return parts, list(model.state_dict()), attributes, [name for name, _ in model.named_parameters()]

    agree(program)


def test_dictionaries_put_away_and_back():
    model = net(numpynet)
    away = model._modules
    model._modules = {}
    assert not hasattr(model, "0")
    away["0"] = nn.ReLU()
    assert not hasattr(model, "0")
    model._modules = away
    assert isinstance(model[0], nn.ReLU)


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_have_dictionaries_of_their_own(copied):
    model = net(numpynet)
    twin = copied(model)
    twin._modules["0"] = nn.ReLU()
    assert isinstance(twin[0], nn.ReLU)
    assert isinstance(getattr(twin, "0"), nn.ReLU)
    assert isinstance(model[0], nn.Linear)
    twin[1]._buffers["running_mean"] = numpynet.ones(3)
    assert twin[1].running_mean.tolist() == [1, 1, 1]


class Restoring(nn.Module):
    """As classes are that people wrote for torch."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def __getstate__(self):
        return self.__dict__.copy()

    def __setstate__(self, state):
        self.__dict__.update(state)


def test_a_module_that_restores_itself():
    model = pickle.loads(pickle.dumps(Restoring()))
    model.layer = nn.Linear(2, 2)
    assert model.layer.in_features == 2
    assert model._modules["layer"] is model.layer
    del model.layer
    assert not hasattr(model, "layer")


def test_a_module_goes_when_nobody_holds_it():
    gc.disable()
    try:
        model = net(numpynet)
        gone = weakref.ref(model)
        del model
        assert gone() is None
    finally:
        gc.enable()


# --- state in parts -----------------------------------------------------------------------------------


def with_state(library):
    class Counting(library.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = library.nn.Linear(1, 1)
            self.count = 0

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    return Counting()


def test_extra_state():
    def program(library):
        model, other = with_state(library), with_state(library)
        model.count = 3
        state = model.state_dict()
        told = str(other.load_state_dict(state)), other.count, list(state), state["_extra_state"]
        del state["_extra_state"]
        missing = other.load_state_dict(state, strict=False)
        inner = library.nn.Sequential(model).state_dict()
        return *told, missing.missing_keys, list(inner)

    agree(program)


def test_extra_state_that_is_missing_or_unexpected():
    def program(library):
        found = []
        for state, model in (
            (with_state(library).layer.state_dict(), with_state(library).layer),
            (with_state(library).state_dict(), library.nn.ModuleDict({"layer": library.nn.Linear(1, 1)})),
            (library.nn.ModuleDict({"layer": library.nn.Linear(1, 1)}).state_dict(), with_state(library)),
        ):
            try:
                found.append(str(model.load_state_dict(state)))
            except RuntimeError as error:
                found.append(str(error).split())
        return found

    agree(program)


def test_extra_state_is_not_set_where_something_else_is_wrong():
    model = with_state(numpynet)
    state = {**with_state(numpynet).state_dict(), "_extra_state": {"count": 5}, "more": numpynet.ones(1)}
    with pytest.raises(RuntimeError, match="more"):
        model.load_state_dict(state)
    assert model.count == 0


def test_the_parts_of_saving_and_loading_may_be_replaced():
    def program(library):
        class Renamed(library.nn.Linear):
            _version = 7

            def _save_to_state_dict(self, destination, prefix, keep_vars):
                super()._save_to_state_dict(destination, prefix, keep_vars)
                destination[prefix + "kernel"] = destination.pop(prefix + "weight")

            def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing, unexpected, errors):
                self.loaded = local_metadata.get("version")
                if prefix + "kernel" in state_dict:
                    state_dict[prefix + "weight"] = state_dict.pop(prefix + "kernel")
                super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing, unexpected, errors)

        model, other = (library.nn.Sequential(Renamed(1, 1), library.nn.Linear(1, 1)) for _ in range(2))
        state = model.state_dict()
        before = list(state)
        told = str(other.load_state_dict(state))
        equal = all(bool((a == b).all()) for a, b in zip(model.parameters(), other.parameters(), strict=True))
        metadata = {name: dict(value) for name, value in state._metadata.items()}
        return before, told, equal, other[0].loaded, metadata, list(state) == before

    assert agree(program)[2:4] == (True, 7)


def test_a_part_that_loads_by_itself_loads_at_once():
    layer = nn.Linear(2, 1)
    other = nn.Linear(2, 1)
    missing, unexpected, errors = [], [], []
    layer._load_from_state_dict(dict(other.state_dict()), "", {}, True, missing, unexpected, errors)
    assert missing == unexpected == errors == []
    assert layer.weight.tolist() == other.weight.tolist()


def test_batch_norm_of_a_time_before_batches_were_counted():
    def program(library):
        layer = library.nn.BatchNorm1d(2)
        state = {name: value for name, value in layer.state_dict().items() if name != "num_batches_tracked"}
        return str(library.nn.BatchNorm1d(2).load_state_dict(state))

    agree(program)
