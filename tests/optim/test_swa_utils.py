"""Averaged models, their schedule, and the running averages of batch normalizations anew: as in torch."""

import copy
import importlib

import numpy as np
import pytest

STRATEGIES = [
    lambda swa: {},
    lambda swa: {"avg_fn": swa.get_ema_avg_fn(0.9)},
    lambda swa: {"avg_fn": swa.get_swa_avg_fn()},
    lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.9)},
    lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.9), "use_buffers": True},
    lambda swa: {"use_buffers": True},
    lambda swa: {"avg_fn": lambda averaged, current, n: 0.5 * averaged + current / (n + 2)},
]


def both(program):
    pytest.importorskip("torch")
    return [program(importlib.import_module(name)) for name in ("torch", "numpynet")]


def trained(library, **options):
    swa = importlib.import_module(f"{library.__name__}.optim.swa_utils")
    library.manual_seed(0)
    nn = library.nn
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1)).double()
    averaged = swa.AveragedModel(model, **options)
    optimizer = library.optim.SGD(model.parameters(), lr=0.1)
    batches = [library.randn(5, 3, dtype=library.float64) for _ in range(4)]
    for x in batches:
        optimizer.zero_grad()
        model(x).pow(2).mean().backward()
        optimizer.step()
        averaged.update_parameters(model)
    return swa, model, averaged, batches


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_averages(strategy):
    def program(library):
        swa = importlib.import_module(f"{library.__name__}.optim.swa_utils")
        _, _, averaged, batches = trained(library, **strategy(swa))
        values = {name: value.numpy() for name, value in averaged.state_dict().items()}
        return values, averaged(batches[0]).detach().numpy(), averaged.n_averaged.item()

    (theirs, y, n), (ours, our_y, our_n) = both(program)
    assert list(theirs) == list(ours)
    assert n == our_n == 4
    for name, value in theirs.items():
        assert value.dtype == ours[name].dtype
        np.testing.assert_allclose(ours[name], value, rtol=1e-12, atol=1e-14, err_msg=name)
    np.testing.assert_allclose(our_y, y, rtol=1e-12, atol=1e-14)


def test_the_copy_is_not_the_model_and_both_functions_are_refused():
    def program(library):
        swa, model, averaged, _ = trained(library)
        with pytest.raises(AssertionError, match="Only one of"):
            swa.AveragedModel(model, avg_fn=swa.get_swa_avg_fn(), multi_avg_fn=swa.get_swa_multi_avg_fn())
        for function in (swa.get_ema_avg_fn, swa.get_ema_multi_avg_fn):
            with pytest.raises(ValueError, match=r"Invalid decay value 1\.5"):
                function(1.5)
        return averaged.module is model, averaged.module[0].weight is model[0].weight, model[1].num_batches_tracked

    assert [str(one) for one in both(program)] == ["(False, False, tensor(4))"] * 2


def test_running_averages_anew():
    def program(library):
        swa, _, averaged, batches = trained(library)
        averaged.eval()
        swa.update_bn([(x, "label") for x in batches], averaged)
        norm = averaged.module[1]
        return averaged.training, norm.momentum, norm.running_mean.numpy(), norm.running_var.numpy()

    (training, momentum, mean, var), (ours, our_momentum, our_mean, our_var) = both(program)
    assert (training, momentum) == (ours, our_momentum) == (False, 0.1)
    np.testing.assert_allclose(our_mean, mean, rtol=1e-12)
    np.testing.assert_allclose(our_var, var, rtol=1e-12)


def test_running_averages_after_an_error_and_without_batch_normalization():
    import numpynet
    from numpynet import nn
    from numpynet.optim import swa_utils

    norm, x = nn.BatchNorm1d(2), numpynet.ones(3, 2)
    norm.eval()
    with pytest.raises(RuntimeError, match=r"."):
        swa_utils.update_bn([x, numpynet.ones(3, 5)], norm)
    assert (norm.momentum, norm.training) == (0.1, False)
    before = copy.deepcopy(nn.InstanceNorm1d(2, track_running_stats=True))
    swa_utils.update_bn(iter([1 / 0 for _ in ()]), before)  # torch asks batch normalizations only
    assert before.momentum == 0.1


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("epochs", [0, 1, 4])
@pytest.mark.parametrize("swa_lr", [0.05, [0.05, 0.3]])
def test_schedule(strategy, epochs, swa_lr):
    def program(library):
        swa = importlib.import_module(f"{library.__name__}.optim.swa_utils")
        groups = [{"params": [library.ones(1, requires_grad=True)]}, {"params": [library.ones(1)], "lr": 1.0}]
        optimizer = library.optim.SGD(groups, lr=0.1)
        schedule = swa.SWALR(optimizer, swa_lr, epochs, strategy)
        rates = [schedule.get_last_lr()]
        for _ in range(6):
            optimizer.step()
            schedule.step()
            rates.append(schedule.get_last_lr())
        again = swa.SWALR(optimizer, swa_lr, 9, "linear")
        again.load_state_dict(schedule.state_dict())
        optimizer.step()
        again.step()
        return rates, again.get_last_lr(), sorted(schedule.state_dict())

    theirs, ours = both(program)
    assert theirs == ours


def test_what_the_schedule_refuses():
    def program(library):
        swa = importlib.import_module(f"{library.__name__}.optim.swa_utils")
        optimizer = library.optim.SGD([library.ones(1)], lr=0.1)
        told = []
        for arguments in ((0.1, 3, "sine"), (0.1, -1), (0.1, 2.5), ([0.1, 0.2],)):
            with pytest.raises(ValueError, match=r".") as refusal:
                swa.SWALR(optimizer, *arguments)
            told.append(type(refusal.value).__name__)
        return told, "swa_lr" in optimizer.param_groups[0]

    theirs, ours = both(program)
    assert ours[0] == theirs[0]
    assert not ours[1]


def test_the_average_is_of_a_module(library):
    averaged = importlib.import_module(f"{library.__name__}.optim.swa_utils").AveragedModel
    with pytest.raises(TypeError, match="cannot pickle 'generator' object"):
        averaged(library.nn.Linear(1, 1).parameters())
