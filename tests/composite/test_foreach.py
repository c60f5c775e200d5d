"""Functions that do the same to each tensor of a list, beside torch's."""

from __future__ import annotations

from typing import Any

import pytest

import numpynet


def outcome(library: Any, call: str) -> Any:
    x, y = library.tensor([1.5, 2.5]), library.arange(6.0).reshape(2, 3)
    names = {"torch": library, "x": x, "y": y}
    try:
        return repr((eval(f"torch._foreach_{call}", names), x, y))
    except Exception as error:
        return type(error)


@pytest.mark.parametrize(
    "call",
    [
        *("mul([x, y], [x, y])", "mul([x, y], 2.0)", "mul([x, y], torch.tensor(2.0))", "mul([x, y], [2.0, 3.0])"),
        *("mul_([x, y], [x, y])", "mul_((x, y), 2.0)", "add([x, y], [x, y], alpha=2)", "add_([x, y], [1.0, 2.0])"),
        *("add([x], [x, y])", "sub([x, y], 1)", "sub_([x, y], [x, y])", "div([x, y], [x, y + 1])", "div_([x, y], 2)"),
        *("lerp([x, y], [2 * x, 2 * y], 0.25)", "lerp_([x, y], [2 * x, 2 * y], [x, y])", "neg([x, y])", "neg_([x])"),
        *("addcmul([x, y], [x, y], [x, y], value=2)", "addcmul_([x, y], [x, y], [x, y], [2.0, 3.0])"),
        *("addcdiv([x, y], [x, y], [x, y + 1], 2.0)", "addcdiv_([x, y], [x, y], [x, y + 1])", "sqrt([x, y])"),
        *("copy_([x, y], [x * 0, y * 0])", "copy_([x], [x + 1], non_blocking=True)", "norm([x, y])", "norm([x, y], 1)"),
        *("norm([x, y], float('inf'))", "norm([x, y], ord=1)", "pow([x, y], 2)", "pow([x, y], [2, 3.0])"),
        *("pow(2.0, [x, y])", "pow_([x, y], 2)", "maximum([x, y], 1.75)", "maximum_([x, y], [x, y * 2])"),
        *("minimum([x, y], [1.0, 2.0])", "minimum_([x, y], 2.0)", "abs([-x])", "sign([-x, y])", "clamp_min([x, y], 2)"),
        *("clamp_max_([x, y], [x - 1, y])", "reciprocal([x])", "rsqrt_([x])", "sigmoid([x])", "zero_([x, y])"),
        *("exp([x])", "max([x, y])", "trunc([x])", "round([x])", "nothing([x])", "mul([], 2)", "add([x, y], [1.0])"),
    ],
)
def test_as_in_torch(call: str) -> None:
    torch = pytest.importorskip("torch")
    assert outcome(numpynet, call) == outcome(torch, call)


def test_groups_of_one_dtype() -> None:
    from numpynet.utils._foreach_utils import _group_tensors_by_device_and_dtype

    torch = pytest.importorskip("torch")
    from torch.utils import _foreach_utils

    def grouped(library: Any, group: Any) -> str:
        tensors = [library.ones(1), library.ones(2, dtype=library.float64), library.ones(3)]
        groups = group([tensors, [None, tensors[0], tensors[1]]], with_indices=True)
        return repr(sorted(groups.items(), key=repr))

    theirs = grouped(torch, _foreach_utils._group_tensors_by_device_and_dtype)
    assert grouped(numpynet, _group_tensors_by_device_and_dtype) == theirs
