"""Sweeps: the same table from one process, from many and from a cluster, whatever fails on the way."""

import math
import os
import signal
import threading
import time

import numpy as np
import pytest

import numpynet
from numpynet.random.borrowing import borrowed
from tests.training.sweeping import make_model, train, train_all, train_or_die, train_slowly

joblib = pytest.importorskip("joblib")

GRID = {"width": [2, 3], "lr": [0.1, 0.2]}


def sweep(*args, **options):
    return numpynet.sweep(*args, **{"progress": False, "n_jobs": 1, **options})


def test_rows_are_all_combinations_in_order():
    rows = sweep(make_model, train, GRID, [5, 6])
    assert [(row["width"], row["lr"], row["seed"]) for row in rows] == [
        (width, lr, seed) for width in (2, 3) for lr in (0.1, 0.2) for seed in (5, 6)
    ]
    numpynet.manual_seed(6)
    np.random.seed(6)  # noqa: NPY002
    assert rows[-1] == {"width": 3, "lr": 0.2, "seed": 6, **train(make_model(3), lr=0.2)}
    assert sweep(make_model, train, [{"lr": 0.1}, {"width": 3}], [5])[0].keys() == {"lr", "seed", "loss", "noise"}


def test_processes_give_the_same_table():
    assert sweep(make_model, train, GRID, range(3), n_jobs=2) == sweep(make_model, train, GRID, range(3))


def test_threads_give_the_same_table():
    with joblib.parallel_config("threading"):
        rows = sweep(make_model, train, GRID, range(3), n_jobs=3)
    assert rows == sweep(make_model, train, GRID, range(3))


def test_functions_of_no_module_go_to_processes_too():
    factor = 3
    rows = sweep(lambda: numpynet.nn.Linear(1, 1), lambda model: {"n": factor}, {}, [0, 1], n_jobs=2)
    assert rows == [{"seed": 0, "n": 3}, {"seed": 1, "n": 3}]


def test_random_numbers_of_the_process_are_left_alone():
    numpynet.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    wanted = numpynet.rand(1), np.random.random()  # noqa: NPY002
    numpynet.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    sweep(make_model, train, {"lr": [0.1, -1.0]})
    assert (numpynet.rand(1), np.random.random()) == wanted  # noqa: NPY002


def test_an_ensemble_gives_the_losses_of_its_models():
    together = sweep(make_model, train_all, GRID, range(3), ensemble=True)
    apart = sweep(make_model, train, GRID, range(3))
    for one, other in zip(together, apart, strict=True):
        assert [one[key] for key in ("width", "lr", "seed")] == [other[key] for key in ("width", "lr", "seed")]
        # float32 sums of at most 9 terms in another order, through 5 steps
        assert math.isclose(one["losses"], other["loss"], rel_tol=100 * float(np.finfo(np.float32).eps))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_failure_is_told_and_loses_no_other(n_jobs):
    rows = sweep(make_model, train, {"lr": [0.1, -1.0, 0.2]}, [0, 1], n_jobs=n_jobs)
    assert ["error" in row for row in rows] == [False, False, True, True, False, False]
    assert "ArithmeticError: lr is -1.0" in rows[2]["error"]
    assert "in train" in rows[2]["error"]


def test_a_process_that_dies_loses_no_other():
    grid = [{"number": number, "doomed": (2,)} for number in range(5)]
    rows = sweep(make_model, train_or_die, grid, n_jobs=2)
    assert [row.get("result") for row in rows] == [0, 1, None, 3, 4]
    assert "the process that ran it has failed" in rows[2]["error"]


@pytest.mark.parametrize(
    ("trained", "match"),
    [
        (lambda models: {"a": 1.0}, "2 values of 'a'"),
        (lambda models: {"a": [1.0]}, "2 values of 'a'"),
        (lambda models: object(), "there is a object"),
    ],
)
def test_results_that_make_no_row_are_a_failure(trained, match):
    rows = sweep(make_model, trained, {}, [0, 1], ensemble=True)
    assert all(match in row["error"] for row in rows)


@pytest.mark.parametrize(("grid", "seeds"), [({"width": []}, [0]), ([], [0]), ({}, [])])
def test_nothing_to_do_is_refused(grid, seeds):
    with pytest.raises(ValueError, match="a combination and a seed"):
        sweep(make_model, train, grid, seeds)


def test_a_sweep_that_was_broken_off_goes_on(tmp_path):
    calls = []

    def trained(model, lr):
        calls.append(lr)
        if len(calls) == 3:
            raise KeyboardInterrupt
        if lr == 0.4 and len(calls) < 6:
            raise ArithmeticError
        return {"lr twice": 2 * lr, "odd": [math.inf, None, "text"]}

    grid = {"lr": [0.1, 0.2, 0.3, 0.4]}
    with pytest.raises(KeyboardInterrupt):
        sweep(make_model, trained, grid, folder=tmp_path)
    rows = sweep(make_model, trained, grid, folder=tmp_path)
    assert calls == [0.1, 0.2, 0.3, 0.3, 0.4]
    assert "error" in rows[3]
    rows = sweep(make_model, trained, grid, folder=tmp_path)
    assert calls == [0.1, 0.2, 0.3, 0.3, 0.4, 0.4]
    assert rows == [{"lr": lr, "seed": 0, "lr twice": 2 * lr, "odd": [math.inf, None, "text"]} for lr in grid["lr"]]
    assert rows == sweep(make_model, trained, grid, folder=tmp_path)
    assert len(calls) == 6


def test_a_combination_without_a_name_cannot_go_on(tmp_path):
    with pytest.raises(TypeError, match="no name"):
        sweep(make_model, train, {"odd": [lambda: 0]}, folder=tmp_path)


def test_a_thread_waits_for_what_is_borrowed():
    order = []

    def other():
        with borrowed(1):
            order.append("other")

    with borrowed(0):
        thread = threading.Thread(target=other)
        thread.start()
        time.sleep(0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "other"]


def test_a_cluster_gives_the_same_table_though_a_worker_is_killed(tmp_path):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed: pip install '.[dask]'")
    grid = {"number": range(12), "folder": [str(tmp_path)]}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        workers = list(client.run(os.getpid).values())

        def kill():
            while len(list(tmp_path.iterdir())) < 4:
                time.sleep(0.01)
            os.kill(workers[0], signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with joblib.parallel_config("dask"):
            rows = sweep(make_model, train_slowly, grid, n_jobs=None)
        killer.join()
        assert set(client.run(os.getpid).values()) != set(workers)
    assert len(set(workers)) == 2
    assert rows == sweep(make_model, train_slowly, grid)
    assert not any("error" in row for row in rows)


def test_a_search_of_scikit_learn_on_a_cluster_gives_the_same_table():
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed: pip install '.[dask]'")
    pytest.importorskip("sklearn")
    from sklearn.datasets import load_digits
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from numpynet.sklearn import NetClassifier

    X, y = (part[:300] for part in load_digits(return_X_y=True))
    net = make_pipeline(StandardScaler(), NetClassifier(max_epochs=10, random_state=0))
    search = GridSearchCV(net, {"netclassifier__lr": [0.001, 0.01]}, cv=2)
    by_processes = search.set_params(n_jobs=2).fit(X, y).cv_results_["mean_test_score"].tolist()
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        assert search.fit(X, y).cv_results_["mean_test_score"].tolist() == by_processes
