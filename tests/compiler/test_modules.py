"""Compiled modules: all that a module is, with the bits of the one that was compiled; and steps of too many shapes."""

import copy
import pickle
import warnings

import pytest

import numpynet
from numpynet import nn
from numpynet.compiler import CompileError, OptimizedModule
from numpynet.compiler.compiled import PROGRAMS


def network():
    numpynet.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 2))


def compiled_in_place():
    model = network()
    model.compile()
    return model


MADE = [lambda: numpynet.compile(network()), compiled_in_place]
X = numpynet.linspace(-1, 1, 15).reshape(5, 3)


@pytest.mark.parametrize("make", MADE)
@pytest.mark.parametrize("train", [True, False])
def test_without_gradients_it_is_the_module_to_the_bit(make, train):
    model, plain = make().train(train), network().train(train)
    with numpynet.no_grad():
        for x in (X, X[:3], X, X * 2):
            numpynet.manual_seed(1)
            wanted = plain(x), numpynet.get_rng_state()
            numpynet.manual_seed(1)
            assert numpynet.equal(model(x), wanted[0])
            assert numpynet.equal(numpynet.get_rng_state(), wanted[1])
    assert len(model.forward.step._programs) == 2
    for one, other in zip(model.state_dict().values(), plain.state_dict().values(), strict=True):
        assert numpynet.equal(one, other)


@pytest.mark.parametrize("make", MADE)
@pytest.mark.parametrize("of_data", [False, True])
@pytest.mark.parametrize("of_weights", [False, True])
def test_with_gradients_it_is_walked_back(make, of_data, of_weights):
    model, plain = make().eval().requires_grad_(of_weights), network().eval().requires_grad_(of_weights)
    found = []
    for one in (model, plain):
        x = X.clone().requires_grad_(of_data)
        y = one(x)
        assert y.requires_grad == (of_data or of_weights)
        if y.requires_grad:
            y.sum().backward()
        found.append([y.detach(), *(leaf.grad for leaf in (x, *one.parameters()) if leaf.requires_grad)])
    assert all(numpynet.equal(a, b) for a, b in zip(*found, strict=True))
    assert len(model.forward.step._programs) == (0 if of_data or of_weights else 1)
    with numpynet.no_grad():
        assert numpynet.equal(model(X), found[0][0])
    assert len(model.forward.step._programs) >= 1  # it was not given up


@pytest.mark.parametrize("make", MADE)
def test_modes_hooks_and_weights_that_change_are_seen(make):
    model, plain = make().eval(), network().eval()
    with numpynet.no_grad():
        model(X)
        for one in (model, plain):
            next(one.parameters()).mul_(2)
        assert numpynet.equal(model(X), plain(X))
        handle = model.register_forward_hook(lambda module, inputs, output: output + 1)
        assert numpynet.equal(model(X), plain(X) + 1)
        handle.remove()
        inner = list(model.modules())[-3]
        inner.register_forward_hook(lambda module, inputs, output: output * 0)
        assert numpynet.equal(model(X), plain[4].bias.expand(5, 2))


def test_it_has_torchs_names(library):
    model = library.compile(library.nn.Sequential(library.nn.Linear(2, 1), library.nn.Dropout(0.1)))
    assert isinstance(model, library.nn.Module)
    assert list(model.state_dict()) == ["_orig_mod.0.weight", "_orig_mod.0.bias"]
    assert [name for name, _ in model.named_parameters()] == ["_orig_mod.0.weight", "_orig_mod.0.bias"]
    assert model.training
    model.eval()
    assert not model.training
    assert not model._orig_mod.training
    assert not model._orig_mod[1].training
    model.train()
    assert model._orig_mod.training
    assert model.append.__self__ is model._orig_mod
    assert len(model) == 2
    plain = library.nn.Linear(2, 1)
    assert plain.compile() is None
    assert list(plain.state_dict()) == ["weight", "bias"]


@pytest.mark.parametrize(
    "options",
    [{"mode": "max-autotune"}, {"fullgraph": True, "dynamic": False}, {"backend": "eager"}, {"options": {}}, {}],
)
def test_torchs_arguments_are_accepted(options):
    with numpynet.no_grad():
        for model in (numpynet.compile(network(), **options), numpynet.compile(**options)(network())):
            assert isinstance(model, OptimizedModule)
            assert model(X).shape == (5, 2)
        assert numpynet.compile(**options)(lambda x: x + 1)(X).shape == (5, 3)
        network().compile(**options)
    model = network()
    assert numpynet.compile(model, disable=True) is model


@pytest.mark.parametrize("options", [{"mode": "fastest"}, {"mode": "default", "options": {}}])
def test_arguments_that_torch_refuses_are_refused(options, library):
    model = library.nn.Linear(1, 1)
    for call in (lambda: library.compile(model, **options), lambda: model.compile(**options)):
        with pytest.raises(RuntimeError):
            call()


@pytest.mark.parametrize("make", MADE)
def test_copies_are_models_of_their_own(make):
    model = make().eval()
    with numpynet.no_grad():
        model(X)
        for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert numpynet.equal(other(X), model(X))
            next(other.parameters()).zero_()
            assert not numpynet.equal(other(X), model(X))
            assert isinstance(other, type(model))


@pytest.mark.parametrize("make", MADE)
def test_it_is_a_part_of_a_compiled_step(make):
    results = []
    for model in (make().eval(), network().eval()):
        optimizer = numpynet.optim.SGD(model.parameters(), lr=0.1)

        def step(model=model, optimizer=optimizer):
            optimizer.zero_grad()
            loss = (model(X) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        step = numpynet.compile(step)
        results.append([step().item() for _ in range(3)])
    assert results[0] == results[1]


class Deciding(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


def test_what_cannot_be_compiled_runs_with_a_warning_or_is_refused():
    model = numpynet.compile(Deciding())
    with pytest.warns(UserWarning, match="runs eagerly"):
        assert numpynet.equal(model(-X - 2), X + 2)
    assert numpynet.equal(model(X + 2), X + 2)
    with pytest.raises(CompileError, match=r"x\.sum"):
        numpynet.compile(Deciding(), fullgraph=True)(X)


def test_named_arguments_are_taken():
    class Scaled(nn.Module):
        def forward(self, x, scale=1.0):
            return x * scale

    model = numpynet.compile(Scaled())
    assert numpynet.equal(model(X, scale=2.0), X * 2)
    assert numpynet.equal(model(X), X)


def test_shapes_in_turns_go_to_their_programs():
    model, plain = nn.Linear(3, 2), nn.Linear(3, 2)
    plain.load_state_dict(model.state_dict())
    steps = []
    for one in (model, plain):
        optimizer = numpynet.optim.SGD(one.parameters(), lr=0.1, momentum=0.9)

        def step(x, one=one, optimizer=optimizer):
            optimizer.zero_grad()
            loss = (one(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        steps.append((step, optimizer))
    compiled = numpynet.compile(steps[0][0])
    for call, size in enumerate((4, 4, 3, 4, 3, 3, 4, 2, 3, 4)):
        x = numpynet.ones(size, 3) / size
        if size == 2:  # what programs take for granted is looked at for each shape
            for _, optimizer in steps:
                optimizer.param_groups[0]["lr"] = 0.05
                optimizer.param_groups[0]["momentum"] = 0.5
            model.weight.data, plain.weight.data = numpynet.ones(2, 3), numpynet.ones(2, 3)
        assert compiled(x).item() == steps[1][0](x).item()
        assert call == 0 or f"({size}, 3)" in compiled.source  # the first sets up the momentum, and is run as it is
    assert numpynet.equal(model.weight, plain.weight)


def test_after_too_many_shapes_the_step_runs_as_it_is():
    numpynet.manual_seed(0)
    models = [nn.Linear(3, 2), nn.Linear(3, 2)]
    models[1].load_state_dict(models[0].state_dict())
    losses = []
    for model, compiled in zip(models, (True, False), strict=True):
        optimizer = numpynet.optim.Adam(model.parameters())

        def step(x, model=model, optimizer=optimizer):
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        if compiled:
            step = numpynet.compile(step)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            sizes = [*range(1, PROGRAMS + 20), *range(1, PROGRAMS + 20)]
            losses.append([step(numpynet.ones(size, 3) / size).item() for size in sizes])
        if compiled:
            assert [str(one.message) for one in caught] == [
                f"step has been compiled for {PROGRAMS} shapes and values of its arguments: with further ones it runs "
                f"eagerly"
            ]
            assert len(step._programs) == PROGRAMS
    assert losses[0] == losses[1]
    assert numpynet.equal(models[0].weight, models[1].weight)


def test_the_call_of_a_module_is_compiled_as_the_module_is():
    class Doubled(nn.Linear):
        def __call__(self, x):
            return 2 * super().__call__(x)

    for model in (network().eval(), Doubled(3, 2)):
        step = numpynet.compile(model.__call__)
        with numpynet.no_grad():
            assert numpynet.equal(step(X), model(X))
            assert numpynet.equal(step(X * 2), model(X * 2))
