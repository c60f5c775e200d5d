"""scikit-learn's own checks, and what people do with estimators: pipelines, searches, copies, files."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

import numpynet
from numpynet import nn
from numpynet.optim import SGD

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from numpynet.sklearn import NetClassifier, NetRegressor, perceptron
from numpynet.training import Callback
from numpynet.training.trainer import COMPILED_FROM

CHECKS = [
    *estimator_checks_generator(NetClassifier()),
    *estimator_checks_generator(NetRegressor()),
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=lambda one: getattr(one, "func", one).__class__.__name__)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learns_own_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


def wide(n_features, n_outputs, width=8, activation=nn.Tanh):
    return nn.Sequential(nn.Linear(n_features, width), activation(), nn.Linear(width, n_outputs))


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def outputs(estimator, X):
    return estimator.predict_proba(X) if isinstance(estimator, NetClassifier) else estimator.predict(X)


def test_a_pipeline_learns_digits():
    X, y = load_digits(return_X_y=True)
    net = make_pipeline(StandardScaler(), NetClassifier(max_epochs=20, random_state=0))
    assert net.fit(X[:1200], y[:1200]).score(X[1200:], y[1200:]) > 0.9
    assert cross_val_score(NetClassifier(max_epochs=5, random_state=0), X[:300], y[:300], cv=3).shape == (3,)


def test_a_grid_is_searched_by_processes_with_the_result_of_one(iris):
    grid = {"netclassifier__module__width": [2, 8], "netclassifier__lr": [0.001, 0.05]}
    net = make_pipeline(StandardScaler(), NetClassifier(wide, max_epochs=20, random_state=0))
    tables = [GridSearchCV(net, grid, cv=2, n_jobs=jobs).fit(*iris) for jobs in (1, 2)]
    first, second = (one.cv_results_["mean_test_score"].tolist() for one in tables)
    assert first == second
    assert tables[0].best_params_ == tables[1].best_params_
    assert max(first) > 0.9 > min(first)


def test_threads_do_not_disturb_each_other(iris):
    from joblib import Parallel, delayed

    nets = [NetClassifier(wide, module_params={"width": 3}, max_epochs=5, random_state=seed) for seed in range(6)]
    alone = [outputs(clone(net).fit(*iris), iris[0]) for net in nets]
    beside = Parallel(4, backend="threading")(delayed(net.fit)(*iris) for net in nets)
    for a, net in zip(alone, beside, strict=True):
        assert np.array_equal(a, outputs(net, iris[0]))


@pytest.mark.parametrize("make", [NetClassifier, NetRegressor])
def test_copies_and_files(make, iris):
    X, y = iris
    net = make(wide, max_epochs=3, random_state=1, optimizer=SGD, optimizer_params={"momentum": 0.9}, lr=0.01).fit(X, y)
    again = clone(net)
    with pytest.raises(NotFittedError):
        again.predict(X)
    assert again.get_params(deep=False).keys() == net.get_params(deep=False).keys()
    assert np.array_equal(outputs(again.fit(X, y), X), outputs(net, X))
    assert np.array_equal(outputs(pickle.loads(pickle.dumps(net)), X), outputs(net, X))


def test_parameters_of_the_network_and_the_optimizer():
    net = NetClassifier(wide, module_params={"width": 4})
    copied = clone(net).set_params(module__width=6, optimizer__momentum=0.5, lr=0.1)
    assert net.module_params == {"width": 4}
    assert copied.module_params == {"width": 6}
    assert copied.get_params()["optimizer__momentum"] == 0.5
    assert copied.get_params()["module__width"] == 6
    with pytest.raises(ValueError, match="widht"):
        net.set_params(widht=3)


@pytest.mark.parametrize(
    ("labels", "kind"),  # all that scikit-learn itself takes
    [
        (["a", "b", "c"], None),
        (["a", "b", "c"], object),
        ([3, 5, 9], None),
        ([3, 5, 9], np.uint8),
        ([-1.0, 0.0, 2.0], None),
        ([False, True, True], None),
    ],
)
def test_classes_of_any_type(labels, kind, iris):
    X, y = iris
    named = np.array(labels, dtype=kind)[y]
    net = NetClassifier(max_epochs=60, random_state=0).fit(X, named)
    assert net.classes_.tolist() == sorted(set(labels))
    assert (net.predict(X) == named).mean() > 0.9
    assert set(net.predict(X).tolist()) <= set(labels)


@pytest.mark.parametrize("make", [NetClassifier, NetRegressor])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_that_of_the_data(make, dtype, iris):
    X, y = iris
    net = make(max_epochs=2, random_state=0).fit(X.astype(dtype), y)
    assert {parameter.dtype for parameter in net.module_.parameters()} == {numpynet.from_numpy(X.astype(dtype)).dtype}
    assert outputs(net, X).dtype == dtype


def test_early_stopping_keeps_the_best_weights(iris):
    X, y = iris
    net = NetClassifier(early_stopping=True, patience=3, tol=0, lr=0.3, random_state=0).fit(X, y)
    history = net.history_
    assert history.best_epoch == net.n_iter_ - 3 < 197
    assert min(history.validation_losses) == history.validation_losses[history.best_epoch - 1]


def test_a_warm_start_goes_on(iris):
    X, y = iris
    whole = NetClassifier(max_epochs=6, tol=0, random_state=0).fit(X, y)
    parts = NetClassifier(max_epochs=3, tol=0, random_state=0, warm_start=True).fit(X, y)
    first = parts.module_
    parts.fit(X, y)
    assert parts.module_ is first
    assert np.array_equal(outputs(whole, X), outputs(parts, X))
    assert len(parts.fit(X[y < 2], y[y < 2]).classes_) == 3
    with pytest.raises(ValueError, match="warm_start: classes"):
        parts.fit(X, y + 5)
    with pytest.raises(ValueError, match="features"):
        parts.fit(X[:, :2], y)
    with pytest.raises(ValueError, match="warm_start: y has 2 columns"):
        NetRegressor(max_epochs=1, warm_start=True).fit(X, y * 1.0).fit(X, X[:, :2])


def test_weights_count_as_so_many_samples(iris):
    X, y = iris
    counts = np.arange(len(y)) % 3
    weighted = NetClassifier(max_epochs=5, batch_size=1000, random_state=0).fit(X, y, counts)
    repeated = NetClassifier(max_epochs=5, batch_size=1000, random_state=0).fit(X.repeat(counts, 0), y.repeat(counts))
    # the same sums in another order, in float64, through 5 steps of Adam
    assert np.allclose(outputs(weighted, X), outputs(repeated, X), rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match=r"weight 0|non-zero"):
        NetClassifier().fit(X, y, np.zeros(len(y)))
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        NetClassifier().fit(X, y, -np.ones(len(y)))
    with pytest.raises(TypeError, match="reduction"):
        NetRegressor(loss=lambda a, b: ((a - b) ** 2).mean()).fit(X, y, counts)


def test_the_processs_own_random_numbers_are_left_alone(iris):
    numpynet.manual_seed(3)
    before = numpynet.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    NetClassifier(max_epochs=2, batch_size=20, random_state=0).fit(*iris)
    assert numpynet.equal(before[0], numpynet.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


def test_long_fits_are_compiled_and_short_ones_are_not(iris, monkeypatch):
    asked = []
    from numpynet.training import trainer

    original = trainer.Step
    monkeypatch.setattr(
        trainer, "Step", lambda *args, **options: asked.append(options["compile"]) or original(*args, **options)
    )
    for epochs in (COMPILED_FROM - 1, COMPILED_FROM):
        NetClassifier(max_epochs=epochs, patience=1, tol=10.0, random_state=0).fit(*iris)
    assert asked == [False, None]


def test_callbacks_are_called_and_not_kept(iris):
    class Count(Callback):
        def __init__(self):
            self.epochs = 0

        def on_epoch_end(self, trainer):
            self.epochs += 1
            trainer.should_stop = self.epochs == 2

    count = Count()
    net = NetClassifier(callbacks=(count,), random_state=0)
    assert [net.fit(*iris).n_iter_ for _ in range(2)] == [2, 2]
    assert count.epochs == 0


@pytest.mark.parametrize("module", [nn.Linear(4, 3), lambda n_features, n_outputs: "network"])
def test_what_makes_no_network_is_refused(module, iris):
    with pytest.raises(TypeError, match="module"):
        NetClassifier(module).fit(*iris)


def test_several_targets(iris):
    X, _ = iris
    net = NetRegressor(random_state=0, tol=0).fit(X[:, :2], X[:, 2:])
    assert net.predict(X[:, :2]).shape == (150, 2)
    assert net.score(X[:, :2], X[:, 2:]) > 0.8


def test_names_of_features(iris):
    pandas = pytest.importorskip("pandas")
    X, y = iris
    frame = pandas.DataFrame(X, columns=list("abcd"))
    net = NetClassifier(max_epochs=2, random_state=0).fit(frame, y)
    assert net.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        net.predict(frame[list("abdc")])


def test_a_network_of_ones_own():
    assert len(perceptron(3, 2, hidden=(5, 4))) == 5


def test_without_scikit_learn_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import numpynet\n"
        "try: import numpynet.sklearn\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "numpynet-backprop[sklearn]" in done.stdout


def test_numpynet_itself_does_not_import_scikit_learn():
    code = "import sys, numpynet, numpynet.training; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
