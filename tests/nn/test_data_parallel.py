"""DataParallel without graphics cards, as torch has it there."""

from typing import Any

import pytest

import numpynet


def seen(library: Any) -> Any:
    library.manual_seed(0)
    model = library.nn.DataParallel(library.nn.Sequential(library.nn.Linear(3, 2), library.nn.ReLU()), device_ids=None)
    model(library.ones(4, 3)).sum().backward()
    gradients = [(name, one.grad.tolist()) for name, one in model.named_parameters()]
    return repr(model), list(model.state_dict()), gradients, model.device_ids, model.module is next(model.children())


def test_the_module_is_called_as_it_is() -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("torch would use the graphics card")
    assert seen(numpynet) == seen(torch)
    model = numpynet.nn.DataParallel(numpynet.nn.Linear(3, 2))
    with numpynet.no_grad():
        assert numpynet.equal(numpynet.compile(model)(numpynet.ones(1, 3)), model(numpynet.ones(1, 3)))
