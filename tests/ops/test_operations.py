"""Every operation, in all cases of the table: against torch, against differences, and against itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from operation_cases import Case
from operation_checks import (
    complex_steps,
    dtypes_shapes_and_memory,
    has_specials,
    layouts_do_not_matter,
    like_torch,
    limits_of_differences,
    second_derivatives_like_torch,
    special_values_like_torch,
)
from operation_table import CASES

from numpynet import ops
from numpynet.ops.form import Op

OPERATIONS = list(dict.fromkeys(case.op for case in CASES))
every_operation = pytest.mark.parametrize("op", OPERATIONS, ids=[op.name for op in OPERATIONS])


@contextmanager
def naming(*case: Any) -> Iterator[None]:
    """Adds to a failure the case in which it occurred."""
    try:
        yield
    except BaseException as failure:
        failure.add_note(f"in the case {' in '.join(str(one) for one in case)}")
        raise


def in_every_case(op: Op, check: Callable[..., None], *arguments: Any) -> None:
    for case in CASES:
        if case.op is op:
            with naming(case, *arguments):
                check(case, *arguments)


def test_every_differentiable_operand_of_every_operation_has_a_row() -> None:
    operations = [op for op in vars(ops).values() if isinstance(op, Op)]
    wanted = {(op.name, operand) for op in operations for operand in op.operands if operand in op.gradients}
    found = {(case.op.name, case.names[at]) for case in CASES for at in case.differentiable}
    assert wanted - found == set()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_operation
def test_second_derivatives_like_torch(op: Op, dtype: Any) -> None:
    pytest.importorskip("torch")
    in_every_case(op, second_derivatives_like_torch, dtype)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_operation
def test_like_torch(op: Op, dtype: Any) -> None:
    pytest.importorskip("torch")
    in_every_case(op, like_torch, dtype)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_operation
def test_special_values_like_torch(op: Op, dtype: Any) -> None:
    pytest.importorskip("torch")

    def check(case: Case, dtype: Any) -> None:
        if has_specials(case):
            special_values_like_torch(case, dtype)

    in_every_case(op, check, dtype)


@every_operation
def test_gradients_are_the_limits_of_differences(op: Op) -> None:
    in_every_case(op, limits_of_differences)


@every_operation
def test_gradients_are_complex_steps(op: Op) -> None:
    in_every_case(op, complex_steps)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@every_operation
def test_dtypes_shapes_and_memory(op: Op, dtype: Any) -> None:
    in_every_case(op, dtypes_shapes_and_memory, dtype)


@every_operation
def test_layouts_in_memory_do_not_matter(op: Op) -> None:
    in_every_case(op, layouts_do_not_matter)


@pytest.mark.parametrize("shape", [(7, 33), (32, 32), (5, 1)])
def test_extremes_of_zeros_that_differ_in_sign_are_those_of_numpy(shape):
    x = np.random.default_rng(3).choice(np.array([0.0, -0.0], np.float32), shape)
    for operation, extreme in (ops.amax, np.maximum), (ops.amin, np.minimum):
        for dim in (0, 1):
            assert operation.forward(x, dim=dim).tobytes() == extreme.reduce(x, axis=dim).tobytes()
