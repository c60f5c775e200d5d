"""Checkpoints: all that a training run is, in one file, so that a run that was killed goes on as though it had not."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from numpynet.autograd import no_grad
from numpynet.creation import from_numpy
from numpynet.nn import Module
from numpynet.random import default_generator
from numpynet.random.generator import Generator
from numpynet.serialization import load, save

FILE = "checkpoint.pt"


class Stateful(Protocol):
    """What a checkpoint keeps the state of."""

    def state_dict(self) -> Any:
        """The state."""

    def load_state_dict(self, state_dict: Any) -> Any:
        """Takes the state over."""


class Weights:
    """The state of a model: its own `state_dict`, or where it has none its parameters."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def state_dict(self) -> Any:
        """The state, which shares the model's memory."""
        if isinstance(self._model, Module):
            return self._model.state_dict()
        return [parameter.detach() for parameter in self._model.parameters()]

    def load_state_dict(self, state_dict: Any) -> None:
        """Takes the state over; RuntimeError where it is another model's."""
        if isinstance(self._model, Module):
            self._model.load_state_dict(state_dict)
            return
        parameters = list(self._model.parameters())
        shapes, saved = [one.shape for one in parameters], [one.shape for one in state_dict]
        if shapes != saved:
            raise RuntimeError(f"the model's parameters have shapes {shapes}, those of the checkpoint {saved}")
        with no_grad():
            for parameter, value in zip(parameters, state_dict, strict=True):
                parameter.copy_(value)


class RandomStates:
    """Where numpynet's, NumPy's and Python's own random numbers are, and those of further generators of numpynet."""

    def __init__(self, generators: Sequence[Generator] = ()) -> None:
        self._generators = [default_generator, *(one for one in generators if one is not default_generator)]

    def state_dict(self) -> dict[str, Any]:
        """The states, as tensors and numbers."""
        numpys: Any = np.random.get_state(legacy=False)  # noqa: NPY002  # the state of this very generator is wanted
        version, words, gauss = random.getstate()
        return {
            "numpynet": [one.get_state() for one in self._generators],
            "numpy": {
                **numpys,
                "state": {**numpys["state"], "key": from_numpy(numpys["state"]["key"].astype(np.int64))},
            },
            "python": {"version": version, "words": from_numpy(np.array(words)), "gauss": gauss},
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Draws go on from there. RuntimeError where there were more or fewer generators."""
        states, numpys, pythons = state_dict["numpynet"], state_dict["numpy"], state_dict["python"]
        if len(states) != len(self._generators):
            raise RuntimeError(
                f"the loader draws from {len(self._generators)} generators, that of the checkpoint from {len(states)}"
            )
        for generator, state in zip(self._generators, states, strict=True):
            generator.set_state(state)
        key = numpys["state"]["key"].numpy().astype(np.uint32)
        np.random.set_state({**numpys, "state": {**numpys["state"], "key": key}})  # noqa: NPY002
        random.setstate((pythons["version"], tuple(pythons["words"].tolist()), pythons["gauss"]))


class Checkpoint:
    """A folder with the state of a run, in one file that is replaced whole.

    parts: what the run consists of, by name. settings: what it depends on and must find again.
    """

    def __init__(
        self, folder: str | os.PathLike[str], parts: Mapping[str, Stateful], settings: Mapping[str, Any]
    ) -> None:
        self.path = os.path.join(os.fspath(folder), FILE)
        self._parts, self._settings = dict(parts), dict(settings)

    def open(self, resume: bool) -> dict[str, Any] | None:
        """With `resume` puts every part into the state it has in the folder, and returns the place.

        None where there is nothing yet. FileExistsError where there is, and `resume` is False. ValueError where
        settings differ, RuntimeError where a part is another one's; all parts are then as before.
        """
        if not os.path.exists(self.path):
            return None
        if not resume:
            raise FileExistsError(
                f"{self.path} holds a run already: pass resume=True to go on with it, or name another folder"
            )
        content = load(self.path)
        missing = {"parts", "settings", "place"} - content.keys() if isinstance(content, dict) else {"parts"}
        if missing or content["parts"].keys() != self._parts.keys():
            raise RuntimeError(
                f"{self.path} is no checkpoint of such a run: it holds {', '.join(content.get('parts', content))}, and "
                f"this run has {', '.join(self._parts)}"
            )
        for name, value in self._settings.items():
            if content["settings"].get(name) != value:
                raise ValueError(
                    f"resume: {name} is {value!r}, but was {content['settings'].get(name)!r} in the run that "
                    f"{self.path} holds: give it the same value, or name another folder"
                )
        before = {name: copy.deepcopy(part.state_dict()) for name, part in self._parts.items()}
        try:
            for name, part in self._parts.items():
                part.load_state_dict(content["parts"][name])
        except BaseException:
            for name, part in self._parts.items():
                part.load_state_dict(before[name])
            raise
        place: dict[str, Any] = content["place"]
        return place

    def save(self, place: Mapping[str, Any]) -> None:
        """Writes every part, and the place that the run has come to."""
        parts = {name: part.state_dict() for name, part in self._parts.items()}
        save({"parts": parts, "settings": self._settings, "place": dict(place)}, self.path)
