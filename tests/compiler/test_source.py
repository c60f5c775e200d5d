"""What a compiled step is written out as: it runs alone with NumPy, gives the same bits, and can be read."""

from __future__ import annotations

import ast
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numpynet
from numpynet import nn, optim
from numpynet.studies.iris import manual_step, sgd_step
from numpynet.studies.regression import LinearRegressionScratch

FLOATS = [numpynet.float32, numpynet.float64]
ALONE = """
import sys
sys.path.append({folder!r})
sys.modules["numpynet"] = sys.modules["torch"] = None
import numpy
before = set(sys.modules)
{script}
foreign = {{name.partition(".")[0] for name in set(sys.modules) - before}} - set(sys.stdlib_module_names) - {{"numpy"}}
assert not foreign - {{"saved"}}, foreign
"""
RUN = "import runpy; runpy.run_path({path!r}, run_name='__main__')"


def alone(script: str) -> str:
    """What a script prints that runs without numpynet, torch and anything installed but NumPy."""
    code = ALONE.format(folder=str(Path(np.__file__).parent.parent), script=script)
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, env=dict(os.environ))
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr
    return ran.stdout


def regression_step(dtype: Any) -> Callable[[], Any]:
    model = LinearRegressionScratch(2, 0.03, generator=numpynet.random.default_generator, dtype=dtype)
    x = numpynet.randn(32, 2, dtype=dtype)
    y = x @ numpynet.tensor([[2.0], [-3.4]], dtype=dtype) + 4.2
    optimizer = optim.SGD(model.parameters(), lr=model.lr)

    def step() -> Any:
        optimizer.zero_grad()
        loss = model.loss(model.forward(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def network_step(
    dtype: Any, make_optimizer: Callable[[Any], Any], *between: nn.Module, classes: int = 3
) -> Callable[[], Any]:
    model = nn.Sequential(nn.Linear(4, 8), *(between or (nn.Tanh(),)), nn.Linear(8, classes)).to(dtype)
    x = numpynet.randn(30, 4, dtype=dtype)
    y = numpynet.randint(0, classes, (30,))
    optimizer, loss_function = make_optimizer(model.parameters()), nn.CrossEntropyLoss()

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def iris_step(dtype: Any, make: Callable[..., Any] = sgd_step, **options: Any) -> Callable[[], Any]:
    """The step of the study, on data of its shapes."""
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1)).to(dtype)
    x = numpynet.randn(150, 4, dtype=dtype)
    y = (numpynet.rand(150, 1) > 0.6).to(dtype)
    return make(model, x, y, **options)


STEPS: dict[str, Callable[[Any], Callable[[], Any]]] = {
    "regression": regression_step,
    "iris": iris_step,
    "cross entropy and momentum": lambda dtype: network_step(
        dtype, lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01)
    ),
    "adam": lambda dtype: network_step(dtype, lambda p: optim.Adam(p, lr=0.01)),
    "batch norm": lambda dtype: network_step(dtype, lambda p: optim.SGD(p, lr=0.1), nn.BatchNorm1d(8), nn.GELU()),
}


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", STEPS)
def test_a_saved_step_runs_alone_and_gives_the_same_losses(name: str, dtype: Any, tmp_path: Path) -> None:
    numpynet.manual_seed(0)
    step = numpynet.compile(STEPS[name](dtype))
    for _ in range(5):
        step()
    step.save(tmp_path / "saved.py")
    expected = [step().item() for _ in range(10)]  # after it was saved
    printed = alone(RUN.format(path=str(tmp_path / "saved.py")))
    assert [float(line) for line in printed.split()] == expected


def test_the_step_of_the_iris_study_on_its_data(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from numpynet.studies.iris_classifier import seeded_classifier, versicolor_data

    x, y = versicolor_data(numpynet.float32)
    step = numpynet.compile(sgd_step(seeded_classifier(0, 8, numpynet.float32), x, y))
    step()
    step.save(tmp_path / "saved.py")
    expected = [step().item() for _ in range(10)]
    assert [float(line) for line in alone(RUN.format(path=str(tmp_path / "saved.py"))).split()] == expected


def test_a_step_with_arguments_is_imported_and_called(tmp_path: Path) -> None:
    numpynet.manual_seed(0)
    model = nn.Linear(3, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @numpynet.compile
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    xs, ys = numpynet.randn(6, 8, 3), numpynet.randn(6, 8, 1)
    step(xs[0], ys[0])
    step.save(tmp_path / "saved.py")
    np.savez(tmp_path / "data.npz", x=xs.numpy(), y=ys.numpy())
    expected = []
    for number in range(6):
        optimizer.param_groups[0]["lr"] = 0.1 / (number + 1)
        expected.append(step(xs[number], ys[number]).item())
    printed = alone(
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        f"import saved\ndata = numpy.load({str(tmp_path / 'data.npz')!r})\nx, y = data['x'], data['y']\n"
        "kept = []\n"
        "for number in range(6):\n"
        "    saved.set_options(lr=0.1 / (number + 1))\n"
        "    kept.append(saved.step(x[number], y[number]))\n"
        "print(*(loss.item() for loss in kept))"
    )
    assert [float(word) for word in printed.split()] == expected
    assert "call step(x, y) with x (8, 3) float32, y (8, 1) float32" in alone(
        RUN.format(path=str(tmp_path / "saved.py"))
    )


# --- how it reads ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def iris_source() -> str:
    numpynet.manual_seed(0)
    step = numpynet.compile(iris_step(numpynet.float32))
    step()
    return step.source


def test_sections_stand_in_order(iris_source: str) -> None:
    titles = re.findall(r"^# --- ([\w ]+)", iris_source, re.M)
    assert [title.strip() for title in titles] == [
        "parameters", "gradients", "data", "constants", "buffers", "views", "options",
        "the values",
    ]  # fmt: skip
    tree = ast.parse(iris_source)
    assert ast.get_docstring(tree).startswith("What one call of step computes")
    assert "takes    x            (150, 4) float32" in ast.get_docstring(tree)
    assert "\nimport numpy as np\n" in iris_source
    assert "import math" not in iris_source
    assert iris_source.index("def step(") < iris_source.index("fill(x,") < iris_source.index("if __name__ ==")


def test_headings_tell_layer_and_direction(iris_source: str) -> None:
    assert re.findall(r"(?:\):|\n)\n    # (.*)", iris_source) == [
        "0: Linear, forward", "1: ReLU, forward", "2: Linear, forward", "loss: BCEWithLogitsLoss, forward",
        "loss: BCEWithLogitsLoss, backward", "2: Linear, backward", "1: ReLU, backward", "0: Linear, backward",
        "update",
    ]  # fmt: skip


def test_names_are_the_users_and_the_fields(iris_source: str) -> None:
    for line in [
        "weight_0 = parameters[0:32].reshape((8, 4))",
        "weight_0_grad = gradients[0:32].reshape((8, 4))",
        "x.dot(weight_0_T, product)",
        "np.log1p(exp, log1p)",
        "d_linear_2.dot(weight_2, d_relu_1)",
        "d_linear_2_T.dot(relu_1, weight_2_grad)",
        "return loss.copy()",
    ]:
        assert line in iris_source
    assert max(map(len, re.findall(r"\w+", iris_source[: iris_source.index("# --- the values")]))) <= 24
    assert re.search(r"x\.dot\(weight_0_T, product\) +# \(150, 4\) \(4, 8\) -> \(150, 8\)\n", iris_source)
    assert max(map(len, iris_source.splitlines())) <= 120


def test_arrays_that_share_memory_are_made_together(iris_source: str) -> None:
    assert "product = linear_0 = relu_1 = np.empty((150, 8), np.float32)" in iris_source
    assert "# Names joined by = share their memory" in iris_source
    assert re.search(r"= \w+\.reshape\(-1\)\[:49\]  # in the memory of \w+", iris_source)


def test_operations_outside_of_layers_are_told_by_direction() -> None:
    numpynet.manual_seed(0)
    step = numpynet.compile(regression_step(numpynet.float64))
    step()
    assert re.findall(r"^    # (.*)", step.source, re.M) == ["forward", "backward", "update"]
    assert "np.subtract(total, y, difference)" in step.source


def test_an_update_by_hand_is_told_as_one() -> None:
    numpynet.manual_seed(0)
    model = nn.Linear(4, 1)
    x, y = numpynet.randn(9, 4), numpynet.ones(9, 1)
    step = numpynet.compile(manual_step(model, x, y, optim.SGD(model.parameters(), lr=0.1)))
    step()
    headings = re.findall(r"^    # (.*)", step.source, re.M)
    assert headings[-1] == "update"
    assert "Linear, backward" in headings


def test_layers_by_attribute_and_functions_of_a_model_have_their_names() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encode, self.decode = nn.Linear(4, 3), nn.Linear(3, 4)

        def forward(self, x: Any) -> Any:
            return self.decode(numpynet.relu(self.encode(x)))

    numpynet.manual_seed(0)
    model, x = Net(), numpynet.randn(5, 4)

    @numpynet.compile
    def step() -> Any:
        model.zero_grad()
        loss = ((model(x) - x) ** 2).sum()
        loss.backward()
        return loss

    step()
    headings = re.findall(r"^    # (.*)", step.source, re.M)
    assert {"encode: Linear, forward", "Net, forward", "decode: Linear, backward", "Net, backward"} <= set(headings)
    assert "encode_weight_grad" in step.source
    assert ".dot(decode_weight_T, " in step.source
    assert re.search(r", encode\)|out=relu\)", step.source)


def test_a_learning_rate_in_a_tensor_keeps_its_name() -> None:
    numpynet.manual_seed(0)
    step = numpynet.compile(network_step(numpynet.float32, lambda p: optim.SGD(p, lr=numpynet.tensor(0.25))))
    step()
    assert "\nlr = np.empty((), np.float32)\n" in step.source
    assert "\nlr[...] = 0.25\n" in step.source
    assert run_from(step.source, 3) == [step().numpy().tobytes() for _ in range(3)]


# --- what cannot be saved, and what is refused ----------------------------------------------------------------


def test_a_step_that_draws_random_numbers_is_shown_but_not_saved(tmp_path: Path) -> None:
    numpynet.manual_seed(0)
    step = numpynet.compile(network_step(numpynet.float32, lambda p: optim.SGD(p, lr=0.1), nn.Dropout(0.5)))
    step()
    path = tmp_path / "saved.py"
    path.write_text("before")
    with pytest.raises(NotImplementedError, match=r"step cannot be saved as a file that needs only NumPy.*at random"):
        step.save(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    assert "It cannot run by itself:\n    mask is drawn at random" in step.source
    assert "1: Dropout, forward" in step.source


def test_a_step_that_sets_what_it_reads_is_shown_but_not_saved(tmp_path: Path) -> None:
    model = nn.Linear(2, 1)
    x, count = numpynet.ones(3, 2), 0

    @numpynet.compile
    def step() -> Any:
        nonlocal count
        count += 1
        return model(x).detach().sum() * count

    step()
    with pytest.raises(NotImplementedError, match=r"what is set here is read at the next call: .*, line \d+, in"):
        step.save(tmp_path / "step.py")
    assert not (tmp_path / "step.py").exists()


def test_a_refused_value_is_refused_by_the_saved_step(tmp_path: Path) -> None:
    numpynet.manual_seed(0)
    model = nn.Linear(3, 4)

    @numpynet.compile
    @numpynet.no_grad()
    def step(x: Any, y: Any) -> Any:
        return nn.functional.cross_entropy(model(x), y)

    x = numpynet.randn(2, 3)
    step(x, numpynet.tensor([0, 3]))
    with pytest.raises(IndexError) as eager:
        nn.functional.cross_entropy(model(x), numpynet.tensor([1, 4]))
    step.save(tmp_path / "saved.py")
    printed = alone(
        f"sys.path.insert(0, {str(tmp_path)!r})\nimport saved\n"
        "try:\n    saved.step(numpy.zeros((2, 3), numpy.float32), numpy.array([1, 4]))\n"
        "except IndexError as error:\n    print(error)"
    )
    assert printed.strip() == str(eager.value)


def test_there_is_nothing_to_show_before_the_first_call(tmp_path: Path) -> None:
    step = numpynet.compile(regression_step(numpynet.float32))
    for show in (lambda: step.source, lambda: step.save(tmp_path / "saved.py"), step.report):
        with pytest.raises(RuntimeError, match="compiled when it is called for the first time: call it before"):
            show()
    assert not list(tmp_path.iterdir())


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    numpynet.manual_seed(0)
    step = numpynet.compile(regression_step(numpynet.float32))
    step()
    with pytest.raises(FileNotFoundError):
        step.save(tmp_path / "missing" / "saved.py")
    step.save(tmp_path / "saved.py")
    assert [path.name for path in tmp_path.iterdir()] == ["saved.py"]
    assert (tmp_path / "saved.py").read_text(encoding="utf-8") == step.source


# --- values and results ---------------------------------------------------------------------------------------


def executed(source: str) -> dict[str, Any]:
    """The names that a source defines."""
    space: dict[str, Any] = {"__name__": "saved"}
    exec(source, space)
    return space


def test_values_are_those_of_the_moment(tmp_path: Path) -> None:
    model = nn.Linear(2, 2)

    @numpynet.compile
    @numpynet.no_grad()
    def step(x: Any) -> Any:
        return model(x).sum()

    step(numpynet.ones(3, 2))
    model.load_state_dict(
        {"weight": numpynet.full((2, 2), -0.0), "bias": numpynet.tensor([float("inf"), float("nan")])}
    )
    space = executed(step.source)
    assert np.signbit(space["weight"]).all()
    np.testing.assert_array_equal(space["bias"], np.array([np.inf, np.nan], np.float32))
    with numpynet.no_grad():
        model.weight += 0.1
    assert executed(step.source)["weight"].tolist() == model.weight.tolist()


def test_large_arrays_in_any_order_of_memory_keep_their_bits() -> None:
    numpynet.manual_seed(0)
    table = numpynet.randn(40, 30).t()
    table[3, 4] = float("nan")

    @numpynet.compile
    def step() -> Any:
        return table * 2

    with numpynet.no_grad():
        result = step()
    space = executed(step.source)
    assert space["table"].strides == table.numpy().strides
    assert space["table"].tobytes() == table.numpy().tobytes()
    assert space["step"](space["table"]).tobytes() == result.numpy().tobytes()


def run_from(source: str, times: int) -> list[bytes]:
    """The bits of the results when the step is run so many times on the data around it."""
    space = executed(source)
    names = re.search(r"^def step\((.*)\):", source, re.M)
    assert names
    arguments = [space[name] for name in names[1].split(", ") if name]
    return [space["step"](*arguments).tobytes() for _ in range(times)]


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_numbers_that_are_written_in_words_or_need_their_sign(dtype: Any) -> None:
    infinity = float("inf")
    x = numpynet.tensor([-0.0, 1.0, -2.0, infinity, float("nan")], dtype=dtype)
    minus_zeros, thirds = numpynet.full((5,), -0.0, dtype=dtype), numpynet.full((5,), 1 / 3, dtype=dtype)

    @numpynet.compile
    def step() -> Any:
        bounded = numpynet.where(x > 0, x, -infinity).clamp(min=-1e-300, max=infinity)
        return numpynet.stack([x * minus_zeros, bounded, x + thirds * 0.1, x.masked_fill(x < 1, -infinity)])

    expected = step().numpy().tobytes()
    with np.errstate(all="ignore"):
        assert run_from(step.source, 2) == [expected, expected]


ACTIVATIONS = [nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.Softplus, nn.ELU, nn.Identity]
OPTIMIZERS: list[Callable[[Any], Any]] = [
    lambda p: optim.SGD(p, lr=0.1),
    lambda p: optim.SGD(p, lr=0.1, momentum=0.5, nesterov=True),
    lambda p: optim.Adam(p, lr=0.01, weight_decay=0.1),
    lambda p: optim.RMSprop(p, lr=0.01),
]


@settings(max_examples=25, deadline=None)
@given(
    widths=st.lists(st.integers(1, 5), min_size=2, max_size=4),
    samples=st.integers(1, 7),
    activation=st.sampled_from(ACTIVATIONS),
    make_optimizer=st.sampled_from(OPTIMIZERS),
    dtype=st.sampled_from(FLOATS),
    seed=st.integers(0, 1000),
)
def test_any_network_gives_the_same_bits_from_its_source(
    widths: list[int], samples: int, activation: Any, make_optimizer: Any, dtype: Any, seed: int
) -> None:
    numpynet.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths):
        layers += [nn.Linear(inputs, outputs), activation()]
    model = nn.Sequential(*layers).to(dtype)
    x, y = numpynet.randn(samples, widths[0], dtype=dtype), numpynet.rand(samples, widths[-1], dtype=dtype)
    optimizer, loss_function = make_optimizer(model.parameters()), nn.MSELoss()

    @numpynet.compile
    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    step()
    step()
    source = step.source
    assert run_from(source, 4) == [step().numpy().tobytes() for _ in range(4)]


def test_results_of_any_structure_are_copies() -> None:
    @numpynet.compile
    def step(x: Any) -> Any:
        return {"sum": x.sum(), "parts": [x * 2, (x + 1,)], "name": "x"}

    step(numpynet.ones(3))
    run = executed(step.source)["step"]
    first = run(np.ones(3, np.float32))
    run(np.zeros(3, np.float32))
    assert first["sum"] == 3
    assert first["parts"][0].tolist() == [2, 2, 2]
    assert first["parts"][1][0].tolist() == [2, 2, 2]
    assert first["name"] == "x"


def test_names_of_the_user_that_mean_something_else_in_the_file_are_changed() -> None:
    lr = numpynet.full((2,), 3.0)
    w = numpynet.zeros(2, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.5)

    @numpynet.compile
    def run(np: Any, step: Any) -> Any:
        optimizer.zero_grad()
        loss = (w * np * lr + step).sum()
        loss.backward()
        optimizer.step()
        return loss

    ones = numpynet.ones(2)
    expected = [run(ones, ones).item() for _ in range(3)]
    w.data.zero_()
    space = executed(run.source)
    assert "def step(np_2, step_2, lr_2):" in run.source
    array = np.ones(2, np.float32)
    assert [space["step"](array, array, space["lr_2"]).item() for _ in range(3)] == expected
    assert space["lr"] == 0.5
