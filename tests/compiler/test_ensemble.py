"""An ensemble's members are what they would be alone."""

import itertools

import numpy as np
import pytest

import numpynet
import numpynet.nn.functional as F
from numpynet import nn
from numpynet.optim import SGD, Adam

SEEDS = [0, 3, 2**31, -1]


def data(dtype, classes=0):
    numpynet.manual_seed(7)
    x = numpynet.randn(20, 3, dtype=dtype)
    return x, numpynet.randint(0, classes, (20,)) if classes else (x.sum(1, keepdim=True) > 0).to(dtype)


def network(*sizes, activation=nn.ReLU, dtype=numpynet.float32):
    layers = []
    for i, o in itertools.pairwise(sizes):
        layers += [nn.Linear(i, o, dtype=dtype), activation()]
    return nn.Sequential(*layers[:-1])


def stepper(x, y, loss, make_optimizer):
    def make_step(model):
        optimizer = make_optimizer(model.parameters())

        def step():
            optimizer.zero_grad()
            value = loss(model(x), y)
            value.backward()
            optimizer.step()
            return value

        return step

    return make_step


def alone(make_model, seed):
    with numpynet.random.fork_rng():
        numpynet.manual_seed(seed)
        return make_model()


CASES = {
    "logits": ((3, 8, 1), nn.ReLU, F.binary_cross_entropy_with_logits, 0),
    "deep": ((3, 7, 5, 1), nn.Tanh, F.mse_loss, 0),
    "classes": ((3, 6, 4), nn.Sigmoid, F.cross_entropy, 4),
    "linear": ((3, 1), nn.ReLU, F.mse_loss, 0),
}
OPTIMIZERS = {
    "SGD": lambda parameters: SGD(parameters, lr=0.1),
    "momentum": lambda parameters: SGD(parameters, lr=0.1, momentum=0.9, weight_decay=0.01),
    "Adam": lambda parameters: Adam(parameters, lr=0.01),
}


@pytest.mark.parametrize("dtype", [numpynet.float32, numpynet.float64])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("seeds", [SEEDS, SEEDS[:1]], ids=["four", "one"])
def test_losses_and_parameters_are_those_of_each_alone(dtype, case, optimizer, seeds):
    sizes, activation, loss, classes = CASES[case]
    x, y = data(dtype, classes)
    make_model = lambda: network(*sizes, activation=activation, dtype=dtype)  # noqa: E731
    make_step = stepper(x, y, loss, OPTIMIZERS[optimizer])
    ensemble = numpynet.ensemble(make_model, seeds)
    models = [alone(make_model, seed) for seed in seeds]
    for ours, model in zip(ensemble.models, models, strict=True):  # the very bits of each seed
        for a, b in zip(ours.parameters(), model.parameters(), strict=True):
            assert np.array_equal(a.detach().numpy(), b.detach().numpy())
    step, steps = ensemble.compile(make_step), [make_step(model) for model in models]
    # Sums of at most 20 terms in another order differ by 20 eps of their terms; 12 steps hand that on, each amplifying
    # it a little. A wrong formula would be off by a hundredth and more.
    tolerance = 12 * 20 * 8 * np.finfo(dtype.numpy).eps
    for _ in range(12):
        losses = step()
        assert losses.shape == (len(seeds),)
        assert losses.dtype == dtype
        expected = [one().item() for one in steps]
        assert np.allclose(losses.numpy(), expected, rtol=tolerance, atol=tolerance)
    for ours, model in zip(ensemble.models, models, strict=True):
        for a, b in zip(ours.parameters(), model.parameters(), strict=True):
            assert np.allclose(a.detach().numpy(), b.detach().numpy(), rtol=20 * tolerance, atol=20 * tolerance)


def test_the_models_are_ordinary_ones_that_follow_the_training():
    x, y = data(numpynet.float32)
    ensemble = numpynet.ensemble(lambda: network(3, 8, 1), range(3))
    step = ensemble.compile(stepper(x, y, F.mse_loss, OPTIMIZERS["SGD"]))
    for _ in range(3):
        step()
    before = [F.mse_loss(model(x), y).item() for model in ensemble.models]
    assert np.allclose(step().numpy(), before, rtol=1e-5)
    stacked = list(ensemble.parameters())
    for position, model in enumerate(ensemble.models):
        for whole, part in zip(stacked, model.parameters(), strict=True):
            assert np.array_equal(whole.detach().numpy()[position], part.detach().numpy())


def test_the_learning_rate_is_read_at_each_call():
    x, y = data(numpynet.float64)
    ensemble = numpynet.ensemble(lambda: network(3, 1, dtype=numpynet.float64), range(2))
    optimizers = []

    def make_optimizer(parameters):
        optimizers.append(SGD(parameters, lr=0.1))
        return optimizers[-1]

    step = ensemble.compile(stepper(x, y, F.mse_loss, make_optimizer))
    step()
    before = [p.detach().clone() for p in ensemble.parameters()]
    optimizers[0].param_groups[0]["lr"] = 0.0
    step()
    assert all((a == b).all() for a, b in zip(before, ensemble.parameters(), strict=True))


def test_one_diverging_model_leaves_the_others_alone():
    x, y = data(numpynet.float32)
    make_step = stepper(x, y, F.mse_loss, OPTIMIZERS["SGD"])
    sound, spoiled = (numpynet.ensemble(lambda: network(3, 8, 1), range(3)) for _ in range(2))
    with numpynet.no_grad():
        next(iter(spoiled.models[1].parameters())).fill_(float("inf"))
    a, b = sound.compile(make_step), spoiled.compile(make_step)
    for _ in range(5):
        p, q = a().numpy(), b().numpy()
        assert np.array_equal(p[[0, 2]], q[[0, 2]])
        assert not np.isfinite(q[1])


def test_the_generator_is_left_alone():
    numpynet.manual_seed(5)
    before = numpynet.get_rng_state()
    numpynet.ensemble(lambda: network(3, 2), range(3))
    assert (numpynet.get_rng_state() == before).all()


def test_what_cannot_be_an_ensemble_says_so():
    with pytest.raises(ValueError, match="at least one seed"):
        numpynet.ensemble(lambda: network(3, 1), [])
    widths = iter([4, 5])
    with pytest.raises(ValueError, match=r"the model of seed 1 has parameters .*make one ensemble for each shape"):
        numpynet.ensemble(lambda: network(3, next(widths), 1), range(2))
    x, y = data(numpynet.float32)
    makers = iter([SGD, Adam] * 2)
    mixed = numpynet.ensemble(lambda: nn.Linear(3, 1), range(2))
    with pytest.raises(numpynet.CompileError, match="not alike"):
        mixed.compile(stepper(x, y, F.mse_loss, lambda parameters: next(makers)(parameters, lr=0.1)))()
    seen = numpynet.zeros(1)

    def counting(model):
        @numpynet.no_grad()
        def step():
            seen.add_(1)
            return model(x).sum()

        return step

    with pytest.raises(numpynet.CompileError, match="all models would share it"):
        numpynet.ensemble(lambda: network(3, 1), range(2)).compile(counting)()
    assert seen.item() == 0


def test_the_source_names_the_parameters():
    x, y = data(numpynet.float32)
    ensemble = numpynet.ensemble(lambda: network(3, 8, 1), range(3))
    step = ensemble.compile(stepper(x, y, F.mse_loss, OPTIMIZERS["SGD"]))
    step()
    assert "weight_0 = " in step.source
    assert "bias_2 = " in step.source


@pytest.mark.parametrize("make_optimizer", [SGD, Adam])
def test_options_set_between_calls_are_those_of_all(make_optimizer):
    x, y = data(numpynet.float64)
    made = []

    def make_step(model):
        made.append(make_optimizer(model.parameters(), lr=0.1))
        return stepper(x, y, F.mse_loss, lambda parameters, optimizer=made[-1]: optimizer)(model)

    def change(optimizer, number):
        optimizer.param_groups[0]["lr"] = 0.01 * (number + 1)
        if number == 2 and make_optimizer is SGD:  # which then sets up a state
            optimizer.param_groups[0]["momentum"] = 0.9

    make_model = lambda: network(3, 4, 1, dtype=numpynet.float64)  # noqa: E731
    ensemble = numpynet.ensemble(make_model, SEEDS)
    step, of_all = ensemble.compile(make_step), made[0]
    models = [alone(make_model, seed) for seed in SEEDS]
    made.clear()
    steps = [make_step(model) for model in models]
    singles = made[: len(steps)]
    for number in range(6):
        change(of_all, number)
        for optimizer in singles:
            change(optimizer, number)
        assert np.allclose(step().numpy(), [one().item() for one in steps], rtol=1e-12)  # 6 steps of sums of 20 terms


@pytest.mark.parametrize("position", [0, 2])
def test_a_parameter_that_is_replaced_is_refused(position):
    x, y = data(numpynet.float32)
    ensemble = numpynet.ensemble(lambda: network(3, 1), range(3))
    step = ensemble.compile(stepper(x, y, F.mse_loss, OPTIMIZERS["SGD"]))
    step()
    with numpynet.no_grad():
        ensemble.models[position][0].weight.zero_()
    step()
    before = ensemble.stacked["0.weight"].detach().clone()
    ensemble.models[position][0].weight.data = numpynet.zeros(1, 3)
    with pytest.raises(RuntimeError, match=f"model of seed {position} was replaced"):
        step()
    assert np.array_equal(before.numpy(), ensemble.stacked["0.weight"].detach().numpy())


# --- what each model has of its own ---------------------------------------------------------------------------


class Scaled(nn.Module):
    """A model with a number, a plain tensor and a buffer of its own, and random numbers of its own at each call."""

    def __init__(self, drop=0.5):
        super().__init__()
        self.linear, self.norm, self.drop = nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(drop)
        self.out, self.scale = nn.Linear(4, 1), nn.Parameter(numpynet.rand(()))
        self.number, self.plain = numpynet.rand(1).item() + 0.5, numpynet.rand(4)
        self.register_buffer("shift", numpynet.rand(()))

    def forward(self, x):
        hidden = self.drop(self.norm(self.linear(x)) * self.number + self.plain)
        return self.out(hidden) * self.scale + self.shift


def trained(make_model, make_step, between=None, steps=4, seeds=SEEDS):
    """The losses, models and last numbers of the generator: as an ensemble, and one model after the other."""
    found = []
    for is_ensemble in (True, False):
        numpynet.manual_seed(1)
        models = numpynet.ensemble(make_model, seeds).models if is_ensemble else [alone(make_model, s) for s in seeds]
        if is_ensemble:
            ensemble = numpynet.ensemble(make_model, seeds)
            models = ensemble.models
            step = ensemble.compile(make_step)
        else:
            each = [make_step(model) for model in models]
            step = lambda each=each: numpynet.stack([one().detach() for one in each])  # noqa: E731
        numpynet.manual_seed(1)
        losses = []
        for number in range(steps):
            for model in models if between is not None else ():
                between(model, number)
            losses.append(step().numpy().copy())
        found.append((losses, models, numpynet.rand(3).numpy()))
    return found


def assert_alike(found, tolerance=1e-4):
    (losses, models, numbers), (expected, singles, random_numbers) = found
    assert np.allclose(losses, expected, rtol=tolerance, atol=tolerance)
    assert np.array_equal(numbers, random_numbers)
    for ours, model in zip(models, singles, strict=True):
        for (name, a), b in zip(ours.state_dict().items(), model.state_dict().values(), strict=True):
            assert np.allclose(a.numpy(), b.numpy(), rtol=10 * tolerance, atol=10 * tolerance), name
        for a, b in zip(ours.parameters(), model.parameters(), strict=True):
            assert (a.grad is None) is (b.grad is None)
            assert a.grad is None or np.allclose(a.grad.numpy(), b.grad.numpy(), rtol=0.01, atol=0.001)
            assert a.requires_grad is b.requires_grad


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_numbers_tensors_buffers_and_random_numbers_are_each_models_own(optimizer):
    x, y = data(numpynet.float32)
    assert_alike(trained(Scaled, stepper(x, y, F.mse_loss, OPTIMIZERS[optimizer])), 0.01)


def test_frozen_parameters_stay_and_thawed_ones_go_on():
    x, y = data(numpynet.float32)

    def between(model, number):
        model[0].requires_grad_(number not in (1, 2))

    assert_alike(trained(lambda: network(3, 4, 1), stepper(x, y, F.mse_loss, OPTIMIZERS["SGD"]), between))


def test_evaluation_counts():
    x, y = data(numpynet.float32)
    between = lambda model, number: model.train(number != 2)  # noqa: E731
    assert_alike(trained(Scaled, stepper(x, y, F.mse_loss, OPTIMIZERS["SGD"]), between), 0.01)


def test_data_of_each_models_own():
    numpynet.manual_seed(2)
    batches = {}

    def make_step(model):
        x = batches.setdefault(round(model.weight.sum().item(), 4), (numpynet.randn(5, 3), numpynet.randn(5, 1)))
        return stepper(*x, F.mse_loss, OPTIMIZERS["SGD"])(model)

    assert_alike(trained(lambda: nn.Linear(3, 1), make_step))


def test_the_models_gradients_may_be_cleared_instead():
    x, y = data(numpynet.float32)

    def make_step(model):
        def step():
            model.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            with numpynet.no_grad():
                for parameter in model.parameters():
                    parameter -= 0.1 * parameter.grad
            return loss

        return step

    assert_alike(trained(lambda: network(3, 4, 1), make_step))


def refused_steps():
    x, y = data(numpynet.float32)
    shared = SGD([numpynet.ones(1, requires_grad=True)], lr=0.1)
    rates, seen, deeper = iter([0.1, 0.2] * 9), [], iter([True, False] * 9)

    def with_shared(model):
        return stepper(x, y, F.mse_loss, lambda parameters: shared)(model)

    def with_rates(model):
        return stepper(x, y, F.mse_loss, lambda parameters: SGD(parameters, lr=next(rates)))(model)

    def appending(model):
        def step():
            loss = model(x).sum().detach()
            seen.append(loss)
            return loss

        return step

    def branching(model):
        deep = next(deeper)
        return lambda: (model(x).tanh() if deep else model(x)).sum().detach()

    return {
        "an optimizer in common": with_shared,
        "'lr' is": with_rates,
        "outside of it": appending,
        "is another": branching,
    }


@pytest.mark.parametrize("reason", refused_steps())
def test_steps_that_differ_or_share_are_refused(reason):
    ensemble = numpynet.ensemble(lambda: nn.Linear(3, 1), range(4))
    with pytest.raises(numpynet.CompileError, match=reason):
        ensemble.compile(refused_steps()[reason])()


def test_an_option_of_another_models_optimizer_is_refused():
    x, y = data(numpynet.float32)
    made = []

    def make_optimizer(parameters):
        made.append(SGD(parameters, lr=0.1))
        return made[-1]

    step = numpynet.ensemble(lambda: nn.Linear(3, 1), range(2)).compile(stepper(x, y, F.mse_loss, make_optimizer))
    step()
    with pytest.raises(numpynet.CompileError, match="set it in the optimizer of the first"):
        made[1].param_groups[0]["lr"] = 0.5
    made[0].param_groups[0]["lr"] = 0.5
    assert made[1].param_groups[0]["lr"] == 0.5


STATEFUL = {
    "Adam": lambda parameters: Adam(parameters, lr=0.01, amsgrad=True),
    "NAdam": lambda parameters: numpynet.optim.NAdam(parameters, lr=0.01),
    "ASGD": lambda parameters: numpynet.optim.ASGD(parameters, lr=0.01),
    "Rprop": lambda parameters: numpynet.optim.Rprop(parameters, lr=0.01),
}


@pytest.mark.parametrize("name", STATEFUL)
@pytest.mark.parametrize("by_hand", [[0, 1, 2], [1], [0]])
def test_every_model_counts_the_steps_of_its_own_optimizer(name, by_hand):
    """All are stepped by hand, and go on together; or only one is, whose counter is then another than the others'."""
    x, y = data(numpynet.float64)
    settings = []
    for is_ensemble in (False, True):
        optimizers = []

        def make_optimizer(parameters, optimizers=optimizers):
            optimizers.append(STATEFUL[name](parameters))
            return optimizers[-1]

        ensemble = numpynet.ensemble(lambda: network(3, 4, 1, dtype=numpynet.float64), range(3))
        make_step = stepper(x, y, F.mse_loss, make_optimizer)
        steps = [ensemble.compile(make_step)] if is_ensemble else list(map(make_step, ensemble.models))
        settings.append((ensemble, optimizers, steps))
    for ensemble, optimizers, steps in settings:
        for number in range(6):
            if number == 3:
                before = [[p.detach().clone() for p in model.parameters()] for model in ensemble.models]
                counts = [optimizer.state_dict()["state"][0]["step"].item() for optimizer in optimizers]
                assert counts == [3, 3, 3]
                for one in by_hand:
                    optimizers[one].step()
                counts = [optimizer.state_dict()["state"][0]["step"].item() for optimizer in optimizers]
                assert counts == [3 + (one in by_hand) for one in range(3)]
                others = [one for one in range(3) if one not in by_hand]
                assert all(
                    numpynet.equal(p, q)
                    for one in others
                    for p, q in zip(ensemble.models[one].parameters(), before[one], strict=True)
                )
                if others and len(steps) == 1:
                    with pytest.raises(numpynet.CompileError, match="how many steps"):
                        steps[0]()
                    return
            for step in steps:
                step()
    (alone, _, _), (together, _, _) = settings
    for one, other in zip(alone.models, together.models, strict=True):
        for p, q in zip(one.parameters(), other.parameters(), strict=True):
            np.testing.assert_allclose(q.detach(), p.detach(), rtol=1e-9)  # float64, sums in another order


def test_programs_for_two_shapes_leave_the_counters_where_they_are():
    x, y = data(numpynet.float32)

    def make_step(model):
        optimizer = Adam(model.parameters(), lr=0.01)

        def step(x, y):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step

    step = numpynet.ensemble(lambda: nn.Linear(3, 1), range(3)).compile(make_step)
    for _ in range(4):
        step(x, y), step(x[:5], y[:5])
    assert len(step._programs) == 2
