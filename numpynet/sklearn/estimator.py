"""Estimators: a network that is made, trained and asked as scikit-learn does it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from numpynet.core.tensor import Tensor, wrap
from numpynet.nn import CrossEntropyLoss, Module, MSELoss
from numpynet.nn.functional import softmax
from numpynet.ops.form import Array
from numpynet.optim import Adam, Optimizer
from numpynet.random import Generator
from numpynet.random.borrowing import borrowed
from numpynet.sklearn.perceptron import perceptron
from numpynet.training import Callback, EarlyStopping, Trainer
from numpynet.utils.data import DataLoader, TensorDataset

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "numpynet.sklearn needs scikit-learn 1.6 or newer: pip install scikit-learn, or numpynet-backprop[sklearn]",
        name=error.name,
    ) from error

BATCH_SIZE = 200


class _Net(BaseEstimator):  # type: ignore[misc]
    """What both estimators are: their parameters, and the fit."""

    def __init__(
        self,
        module: Callable[..., Module] | None = None,
        *,
        module_params: Mapping[str, Any] | None = None,
        loss: Callable[[Any, Any], Tensor] | None = None,
        optimizer: Callable[..., Optimizer] | None = None,
        optimizer_params: Mapping[str, Any] | None = None,
        lr: float = 0.01,
        batch_size: int | None = None,
        max_epochs: int = 200,
        gradient_clip_val: float = 0.0,
        shuffle: bool = True,
        tol: float = 1e-4,
        patience: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        callbacks: tuple[Callback | Callable[[Trainer], Any], ...] = (),
        compile: bool | None = None,
        progress: bool = False,
        random_state: Any = None,
    ) -> None:
        self.module = module
        self.module_params = module_params
        self.loss = loss
        self.optimizer = optimizer
        self.optimizer_params = optimizer_params
        self.lr = lr
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.gradient_clip_val = gradient_clip_val
        self.shuffle = shuffle
        self.tol = tol
        self.patience = patience
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.compile = compile
        self.progress = progress
        self.random_state = random_state

    # --- parameters of the network and of the optimizer, as in module__width --------------------------------

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; with `deep` those of the network and the optimizer too.

        >>> NetRegressor(module_params={"hidden": (8,)}).get_params()["module__hidden"]
        (8,)
        """
        params: dict[str, Any] = super().get_params(deep=deep)
        if deep:
            for owner in ("module", "optimizer"):
                inner = params[f"{owner}_params"]
                if isinstance(inner, Mapping):
                    params |= {f"{owner}__{name}": value for name, value in inner.items()}
        return params

    def set_params(self, **params: Any) -> _Net:
        """Sets parameters by name; ``module__width=8`` is an argument of the network's, ``optimizer__momentum=0.9``
        one of the optimizer's. Returns the estimator. ValueError for a name that is none.

        >>> NetRegressor().set_params(module__hidden=(8,)).module_params
        {'hidden': (8,)}
        """
        own = {}
        inner: dict[str, dict[str, Any]] = {}
        for name, value in params.items():
            owner, separator, rest = name.partition("__")
            if separator and owner in ("module", "optimizer"):
                inner.setdefault(f"{owner}_params", {})[rest] = value
            else:
                own[name] = value
        super().set_params(**own)
        for name, values in inner.items():
            setattr(self, name, {**(getattr(self, name) or {}), **values})
        return self

    # --- the fit ---------------------------------------------------------------------------------------------

    def _fit(self, X: Array, targets: Array, n_outputs: int, sample_weight: Any, labels: Array | None) -> None:
        """Makes the network, unless a warm start has one, and trains it."""
        random = check_random_state(self.random_state)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
            if not (weights > 0).any():
                raise ValueError("sample_weight: every sample has weight 0, so that there is nothing to learn from")
        parts = [X, targets] if weights is None else [part[weights > 0] for part in (X, targets, weights)]
        if labels is not None and weights is not None:
            labels = labels[weights > 0]
        validation = None
        if self.early_stopping:
            split = train_test_split(
                *parts, test_size=self.validation_fraction, stratify=labels, random_state=random.randint(2**31)
            )
            parts, validation = split[::2], [tuple(wrap(part) for part in split[1::2])]
        seed, warm = int(random.randint(2**31)), self.warm_start and hasattr(self, "module_")
        with borrowed(seed):
            if not warm:
                self.module_ = self._made(X.shape[1], n_outputs).to(wrap(X).dtype)
                make = Adam if self.optimizer is None else self.optimizer
                self.optimizer_ = make(self.module_.parameters(), lr=self.lr, **(self.optimizer_params or {}))
            self._train([wrap(part.copy()) for part in parts], validation, seed, weights is not None)

    def _made(self, n_features: int, n_outputs: int) -> Module:
        if isinstance(self.module, Module):
            raise TypeError(
                f"{type(self).__name__}: module makes a network, as in module=lambda n_features, n_outputs: ..., and "
                f"is no network itself: the estimator must be able to make another"
            )
        made = (self.module or perceptron)(n_features, n_outputs, **(self.module_params or {}))
        if not isinstance(made, Module):
            raise TypeError(f"{type(self).__name__}: module must give an nn.Module, but gave a {type(made).__name__}")
        return made

    def _train(self, parts: list[Tensor], validation: Any, seed: int, weighted: bool) -> None:
        count = len(parts[0])
        batch_size = min(BATCH_SIZE if self.batch_size is None else self.batch_size, count)
        batches: Any = [tuple(parts)]
        if batch_size < count:
            generator = Generator().manual_seed(seed)
            batches = DataLoader(TensorDataset(*parts), batch_size, shuffle=self.shuffle, generator=generator)
        # A copy: an estimator that is fitted twice begins anew.
        callbacks = [copy.deepcopy(one) if isinstance(one, Callback) else one for one in self.callbacks]
        stopping = EarlyStopping(patience=self.patience, min_delta=self.tol, restore_best=self.early_stopping)
        trainer = Trainer(
            self.max_epochs,
            self.gradient_clip_val,
            0.0,
            callbacks=[stopping, *callbacks],
            compile=self.compile,
            progress=self.progress,
        )
        loss = self._criterion(weighted)
        self.history_ = trainer.fit(self.module_, batches, validation, loss=loss, optimizer=self.optimizer_)
        self.n_iter_ = len(self.history_.epoch_ends)

    def _criterion(self, weighted: bool) -> Callable[[Any, Any], Tensor]:
        loss: Any = self._default_loss() if self.loss is None else self.loss
        if not weighted:
            return loss
        if not hasattr(loss, "reduction"):
            raise TypeError(
                f"{type(self).__name__}: sample_weight needs one loss for each sample: let loss be a module with a "
                f"reduction, such as nn.MSELoss()"
            )
        loss = copy.deepcopy(loss)
        loss.reduction = "none"
        return loss

    def _default_loss(self) -> Module:
        raise NotImplementedError

    def _outputs(self, X: Any) -> Tensor:
        check_is_fitted(self, "module_")
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        inputs = wrap(np.array(X)).to(next(self.module_.parameters()).dtype)
        return Trainer(0).predict(self.module_, inputs)


class NetClassifier(ClassifierMixin, _Net):  # type: ignore[misc]
    """A classifier around any network, whose outputs are the logits of the classes.

    module: makes the network, ``module(n_features, n_outputs, **module_params)`` with an output for each class;
        `perceptron` by default. Its weights get X's dtype: float32 or float64.
    loss: of outputs (N, C) and the numbers of the classes (N,), ``nn.CrossEntropyLoss()`` by default.
    optimizer: makes the optimizer, ``optimizer(parameters, lr=lr, **optimizer_params)``; Adam by default.
    batch_size: 200 by default, or all samples where these are fewer.
    max_epochs, gradient_clip_val, callbacks, compile, progress: those of `numpynet.training.Trainer`.
    shuffle: whether batches are drawn anew in each epoch.
    tol, patience: the training ends when the loss has not fallen by `tol` for `patience` epochs in a row.
    early_stopping: looks at the loss of a part of the data that is not trained on, `validation_fraction` of it, and
        keeps the weights of the best epoch.
    warm_start: `fit` goes on with the network and the optimizer that it made before.
    random_state: an integer, a RandomState or None. The process's own random numbers are left alone.

    The names of the network's and the optimizer's arguments are parameters too: ``module__width``,
    ``optimizer__momentum``.

    After `fit`: `classes_`, `module_`, `optimizer_`, `history_`, `n_iter_` (epochs), `n_features_in_` and, where X has
    them, `feature_names_in_`.

    >>> import numpy as np
    >>> from numpynet.sklearn import NetClassifier
    >>> X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    >>> net = NetClassifier(random_state=0).fit(X, ["low", "low", "high", "high"])
    >>> net.predict([[-1.5], [1.5]])
    array(['low', 'high'], dtype='<U4')
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetClassifier:
        """Trains on samples X (N, features) with classes y (N,), of any type, and weights of samples (N,).

        Returns the estimator. ValueError for data that scikit-learn refuses, and in a warm start for classes that were
        not there before.

        >>> from numpynet.sklearn import NetClassifier
        >>> NetClassifier(max_epochs=1, random_state=0).fit([[0.0], [1.0]], [5, 7]).classes_
        array([5, 7])
        """
        warm = self.warm_start and hasattr(self, "module_")
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], reset=not warm)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        classes, numbers = np.unique(y, return_inverse=True)
        if warm:
            if not np.isin(classes, self.classes_).all():
                raise ValueError(f"warm_start: classes {classes} are not among those of the first fit, {self.classes_}")
            numbers = np.searchsorted(self.classes_, y).astype(numbers.dtype)
        else:
            self.classes_: Array = classes
        self._fit(X, numbers.astype(np.int64), len(self.classes_), sample_weight, numbers)
        return self

    def predict_proba(self, X: Any) -> Array:
        """The probabilities of the classes: (N, C), in the order of `classes_`.

        >>> from numpynet.sklearn import NetClassifier
        >>> NetClassifier(max_epochs=1, random_state=0).fit([[0.0], [1.0]], [5, 7]).predict_proba([[0.5]]).shape
        (1, 2)
        """
        return softmax(self._outputs(X), 1).numpy()

    def predict(self, X: Any) -> Array:
        """The most probable classes: (N,).

        >>> from numpynet.sklearn import NetClassifier
        >>> NetClassifier(max_epochs=1, random_state=0).fit([[0.0], [1.0]], [5, 5]).predict([[0.5]])
        array([5])
        """
        best = self.predict_proba(X).argmax(axis=1)
        chosen: Array = self.classes_[best]
        return chosen

    def _default_loss(self) -> Module:
        return CrossEntropyLoss()


class NetRegressor(RegressorMixin, _Net):  # type: ignore[misc]
    """A regressor around any network; its parameters are those of `NetClassifier`.

    module: has an output for each column of y. loss: of outputs and targets (N, columns), ``nn.MSELoss()`` by default.

    After `fit`: `module_`, `optimizer_`, `history_`, `n_iter_` (epochs), `n_features_in_` and, where X has them,
    `feature_names_in_`.

    >>> import numpy as np
    >>> from numpynet.sklearn import NetRegressor
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> net = NetRegressor(random_state=0, tol=0).fit(X, X[:, 0] ** 2)
    >>> bool(net.score(X, X[:, 0] ** 2) > 0.9)
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetRegressor:
        """Trains on samples X (N, features) with targets y, (N,) or (N, columns), and weights of samples (N,).

        Returns the estimator. ValueError for data that scikit-learn refuses.

        >>> from numpynet.sklearn import NetRegressor
        >>> NetRegressor(max_epochs=1, random_state=0).fit([[0.0], [1.0]], [5.0, 7.0]).n_features_in_
        1
        """
        warm = self.warm_start and hasattr(self, "module_")
        X, y = validate_data(
            self, X, y, dtype=[np.float64, np.float32], multi_output=True, y_numeric=True, reset=not warm
        )
        columns = y.reshape(len(y), -1)
        if warm and columns.shape[1] != self.n_outputs_:
            raise ValueError(f"warm_start: y has {columns.shape[1]} columns, in the first fit it had {self.n_outputs_}")
        self.n_outputs_: int = columns.shape[1]
        self._flat = y.ndim == 1
        self._fit(X, columns.astype(X.dtype), self.n_outputs_, sample_weight, None)
        return self

    def predict(self, X: Any) -> Array:
        """The predictions: (N,) or (N, columns), as y was.

        >>> from numpynet.sklearn import NetRegressor
        >>> NetRegressor(max_epochs=1, random_state=0).fit([[0.0], [1.0]], [5.0, 7.0]).predict([[0.5]]).shape
        (1,)
        """
        outputs = self._outputs(X).numpy()
        return outputs[:, 0] if self._flat else outputs

    def _default_loss(self) -> Module:
        return MSELoss()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
