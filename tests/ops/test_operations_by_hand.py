"""Every operation on small numbers whose result and gradients were worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from numpynet import ops
from numpynet.ops import (
    floating_point,
    grid_sampling,
    group_reduction,
    normalization,
    placing,
    recurrence,
    shuffling,
    special,
)
from numpynet.ops import linear_algebra as algebra
from numpynet.ops import lu as factors
from numpynet.ops.embedding import embedding_bag
from numpynet.ops.form import Op
from numpynet.ops.strides import as_strided
from numpynet.ops.unfolding import unfold

inf, nan, e = math.inf, math.nan, math.e
ROOT2, ROOT3, LOG2, PI = math.sqrt(2), math.sqrt(3), math.log(2), math.pi

# operation, operands, options, result, cotangent, gradients by operands
HAND: list[tuple[Op, list[Any], dict[str, Any], Any, Any, dict[str, Any]]] = [
    (ops.add, [[1, 2], [10, 20]], {}, [11, 22], [3, -1], {"a": [3, -1], "b": [3, -1]}),
    (ops.add, [[1, 2], [10, 20]], {"alpha": 2}, [21, 42], [3, -1], {"a": [3, -1], "b": [6, -2]}),
    (ops.sub, [[1, 2], [10, 20]], {}, [-9, -18], [3, -1], {"a": [3, -1], "b": [-3, 1]}),
    (ops.sub, [[1, 2], [10, 20]], {"alpha": 0.5}, [-4, -8], [3, -1], {"a": [3, -1], "b": [-1.5, 0.5]}),
    (ops.rsub, [[1, 2], [10, 20]], {}, [9, 18], [3, -1], {"a": [-3, 1], "b": [3, -1]}),
    (ops.mul, [[2, 3], [5, 7]], {}, [10, 21], [1, 10], {"a": [5, 70], "b": [2, 30]}),
    (ops.true_divide, [[6, 1], [3, 2]], {}, [2, 0.5], [9, 8], {"a": [3, 4], "b": [-6, -2]}),
    (ops.rounded_divide, [[7, -7], [2, 2]], {"rounding_mode": "floor"}, [3, -4], [1, 1], {"a": [0, 0], "b": [0, 0]}),
    (ops.rounded_divide, [[7, -7], [2, 2]], {"rounding_mode": "trunc"}, [3, -3], [1, 1], {"a": [0, 0], "b": [0, 0]}),
    (ops.remainder, [[7, -7], [3, 3]], {}, [1, 2], [1, 2], {"a": [1, 2], "b": [-2, 6]}),
    (ops.remainder, [[6, -6], [-3, 3]], {}, [0, -0.0], [1, 2], {"a": [1, 2], "b": [2, 4]}),
    (ops.fmod, [[7, -7], [3, 3]], {}, [1, -1], [1, 2], {"a": [1, 2], "b": [-2, 4]}),
    (ops.neg, [[1, -2]], {}, [-1, 2], [5, 7], {"x": [-5, -7]}),
    (ops.lerp, [[1, 2], [3, 6], [0.25, 0.5]], {}, [1.5, 4], [1, 2], {"a": [0.75, 1], "b": [0.25, 1], "weight": [2, 8]}),
    (ops.addcmul, [[1], [2], [3]], {"value": 2}, [13], [5], {"x": [5], "a": [30], "b": [20]}),
    (ops.addcdiv, [[1], [6], [2]], {"value": 3}, [10], [4], {"x": [4], "a": [6], "b": [-18]}),
    (ops.pow, [[2, 3], [3, 2]], {}, [8, 9], [1, 1], {"a": [12, 6], "b": [8 * LOG2, 9 * math.log(3)]}),
    (ops.pow, [[0, 0, 2], [0, 2, 0]], {}, [1, 0, 1], [1, 1, 1], {"a": [0, 0, 0], "b": [0, 0, LOG2]}),
    (ops.sqrt, [[4, 9]], {}, [2, 3], [4, 6], {"x": [1, 1]}),
    (ops.rsqrt, [[4]], {}, [0.5], [16], {"x": [-1]}),
    (ops.reciprocal, [[4]], {}, [0.25], [16], {"x": [-1]}),
    (ops.square, [[3, -4]], {}, [9, 16], [1, 2], {"x": [6, -16]}),
    (ops.abs, [[3, -4, 0]], {}, [3, 4, 0], [5, 6, 7], {"x": [5, -6, 0]}),
    (ops.hypot, [[3], [4]], {}, [5], [10], {"a": [6], "b": [8]}),
    (ops.hypot, [[3e200], [4e200]], {}, [5e200], [10], {"a": [6], "b": [8]}),
    (ops.exp, [[0, 1]], {}, [1, e], [2, 3], {"x": [2, 3 * e]}),
    (ops.exp2, [[0, 3]], {}, [1, 8], [2, 1], {"x": [2 * LOG2, 8 * LOG2]}),
    (ops.expm1, [[0, 1]], {}, [0, e - 1], [2, 3], {"x": [2, 3 * e]}),
    (ops.log, [[1, e]], {}, [0, 1], [2, e], {"x": [2, 1]}),
    (ops.log1p, [[0, 1]], {}, [0, LOG2], [2, 4], {"x": [2, 2]}),
    (ops.log1p, [[1e-20]], {}, [1e-20], [2], {"x": [2]}),
    (ops.log2, [[8]], {}, [3], [8 * LOG2], {"x": [1]}),
    (ops.log10, [[100]], {}, [2], [100 * math.log(10)], {"x": [1]}),
    (ops.logaddexp, [[0], [0]], {}, [LOG2], [4], {"a": [2], "b": [2]}),
    (ops.erf, [[0]], {}, [0], [math.sqrt(PI)], {"x": [2]}),
    (ops.sin, [[0, PI / 6]], {}, [0, 0.5], [2, 2], {"x": [2, ROOT3]}),
    (ops.cos, [[0, PI / 3]], {}, [1, 0.5], [2, 2], {"x": [0, -ROOT3]}),
    (ops.tan, [[0, PI / 4]], {}, [0, 1], [2, 3], {"x": [2, 6]}),
    (ops.asin, [[0, 0.5]], {}, [0, PI / 6], [2, ROOT3], {"x": [2, 2]}),
    (ops.acos, [[0, 0.5]], {}, [PI / 2, PI / 3], [2, ROOT3], {"x": [-2, -2]}),
    (ops.atan, [[0, 1]], {}, [0, PI / 4], [2, 2], {"x": [2, 1]}),
    (ops.atan2, [[1, 0], [1, 0]], {}, [PI / 4, 0], [2, 2], {"a": [1, 0], "b": [-1, 0]}),
    (ops.sinh, [[0, LOG2]], {}, [0, 0.75], [2, 4], {"x": [2, 5]}),
    (ops.cosh, [[0, LOG2]], {}, [1, 1.25], [2, 4], {"x": [0, 3]}),
    (ops.asinh, [[0.75]], {}, [LOG2], [5], {"x": [4]}),
    (ops.acosh, [[1.25]], {}, [LOG2], [3], {"x": [4]}),
    (ops.atanh, [[0.5]], {}, [math.log(3) / 2], [3], {"x": [4]}),
    (ops.sign, [[-3, 0, 2, nan]], {}, [-1, 0, 1, 0], [1, 1, 1, 1], {"x": [0, 0, 0, 0]}),
    (ops.floor, [[1.5, -1.5]], {}, [1, -2], [1, 1], {"x": [0, 0]}),
    (ops.ceil, [[1.5, -1.5]], {}, [2, -1], [1, 1], {"x": [0, 0]}),
    (ops.trunc, [[1.5, -1.5]], {}, [1, -1], [1, 1], {"x": [0, 0]}),
    (ops.frac, [[1.5, -1.5]], {}, [0.5, -0.5], [1, 2], {"x": [1, 2]}),
    (ops.round, [[0.5, 1.5, -2.5]], {}, [0, 2, -2], [1, 1, 1], {"x": [0, 0, 0]}),
    (ops.maximum, [[1, 5, 2], [3, 4, 2]], {}, [3, 5, 2], [1, 2, 4], {"a": [0, 2, 2], "b": [1, 0, 2]}),
    (ops.maximum, [[nan, 1], [1, nan]], {}, [nan, nan], [1, 2], {"a": [1, 2], "b": [1, 2]}),
    (ops.minimum, [[1, 5, 2], [3, 4, 2]], {}, [1, 4, 2], [1, 2, 4], {"a": [1, 0, 2], "b": [0, 2, 2]}),
    (
        ops.clamp,
        [[-2, 0, 1, 3], [-1] * 4, [1] * 4],
        {},
        [-1, 0, 1, 1],
        [1, 2, 4, 8],
        {"x": [0, 2, 4, 0], "low": [1, 0, 0, 0], "high": [0, 0, 0, 8]},
    ),
    (ops.where, [np.array([True, False]), [1, 2], [3, 4]], {}, [1, 4], [5, 6], {"a": [5, 0], "b": [0, 6]}),
    (
        ops.masked_fill,
        [[1, 2, 3], np.array([True, False, True]), 9.0],
        {},
        [9, 2, 9],
        [1, 2, 4],
        {"x": [0, 2, 0], "value": 5},
    ),
    (ops.nan_to_num, [[nan, 2, inf]], {"posinf": 7}, [0, 2, 7], [1, 2, 4], {"x": [0, 2, 0]}),
    (ops.relu, [[-1, 0, -0.0, 2, nan]], {}, [0, 0, -0.0, 2, nan], [5, 6, 4, 7, 8], {"x": [0, 0, 0, 7, 8]}),
    (ops.sigmoid, [[0, math.log(3)]], {}, [0.5, 0.75], [4, 16], {"x": [1, 3]}),
    (ops.tanh, [[0, math.log(3) / 2]], {}, [0, 0.5], [2, 4], {"x": [2, 3]}),
    (ops.leaky_relu, [[-2, 0, 4]], {"negative_slope": 0.5}, [-1, 0, 4], [2, 2, 2], {"x": [1, 1, 2]}),
    (ops.elu, [[-LOG2, 0, 4]], {"alpha": 2.0}, [-1, 0, 4], [3, 3, 3], {"x": [3, 6, 3]}),
    (ops.silu, [[0]], {}, [0], [4], {"x": [2]}),
    (ops.softplus, [[0, 30]], {}, [LOG2, 30], [4, 5], {"x": [2, 5]}),
    (ops.log_sigmoid, [[0]], {}, [-LOG2], [4], {"x": [2]}),
    (ops.gelu, [[0]], {}, [0], [4], {"x": [2]}),
    # σ = (1/4, 3/4); σ (dy − Σ σ dy) with Σ σ dy = 7
    (ops.softmax, [[0, math.log(3)]], {"dim": 0}, [0.25, 0.75], [4, 8], {"x": [-0.75, 0.75]}),
    # dy − σ Σ dy with Σ dy = 12
    (ops.log_softmax, [[0, math.log(3)]], {"dim": 0}, [-2 * LOG2, math.log(0.75)], [4, 8], {"x": [1, -1]}),
    (ops.sum, [[[1, 2], [3, 4]]], {}, 10, 5, {"x": [[5, 5], [5, 5]]}),
    (ops.sum, [[[1, 2], [3, 4]]], {"dim": 0}, [4, 6], [5, 7], {"x": [[5, 7], [5, 7]]}),
    (ops.nansum, [[1, nan, 3]], {}, 4, 5, {"x": [5, 0, 5]}),
    (ops.mean, [[[1, 2], [3, 4]]], {"dim": 1}, [1.5, 3.5], [2, 4], {"x": [[1, 1], [2, 2]]}),
    (ops.prod, [[2, 3, 4]], {}, 24, 2, {"x": [24, 16, 12]}),
    (ops.prod, [[2, 0, 4]], {}, 0, 2, {"x": [0, 16, 0]}),
    (ops.prod, [[0, 0, 4]], {}, 0, 2, {"x": [0, 0, 0]}),
    (ops.amax, [[[1, 5], [7, 7]]], {"dim": 1}, [5, 7], [2, 4], {"x": [[0, 2], [2, 2]]}),
    (ops.amin, [[[1, 5], [7, 7]]], {"dim": 1}, [1, 7], [2, 4], {"x": [[2, 0], [2, 2]]}),
    (ops.max_of_all, [[1, 5, 5]], {}, 5, 4, {"x": [0, 2, 2]}),
    (ops.max_of_all, [[1, nan, nan]], {}, nan, 4, {"x": [0, 2, 2]}),
    (ops.median_of_all, [[5, 1, 1, 7, 1, 9]], {}, 1, 6, {"x": [0, 2, 2, 0, 2, 0]}),
    (ops.min_of_all, [[1, 5, 1]], {}, 1, 4, {"x": [2, 0, 2]}),
    (ops.logsumexp, [[0, math.log(3)]], {"dim": 0}, math.log(4), 8, {"x": [2, 6]}),
    (ops.cumsum, [[1, 2, 3]], {"dim": 0}, [1, 3, 6], [1, 10, 100], {"x": [111, 110, 100]}),
    (ops.cumprod, [[2, 3, 4]], {"dim": 0}, [2, 6, 24], [1, 1, 1], {"x": [16, 10, 6]}),
    (ops.cumprod, [[2, 0, 4]], {"dim": 0}, [2, 0, 0], [1, 10, 100], {"x": [1, 820, 0]}),
    (ops.var, [[1, 2, 6]], {}, 7, 1, {"x": [-2, -1, 3]}),
    (ops.var, [[1, 2, 6]], {"correction": 0}, 14 / 3, 3, {"x": [-4, -2, 6]}),
    (ops.std, [[1, 3, 8, 8]], {"correction": 0}, math.sqrt(9.5), math.sqrt(9.5), {"x": [-1, -0.5, 0.75, 0.75]}),
    (ops.std, [[2, 2]], {}, 0, 5, {"x": [0, 0]}),
    (ops.norm, [[3, -4]], {}, 5, 10, {"x": [6, -8]}),
    (ops.norm, [[0, 0]], {}, 0, 10, {"x": [0, 0]}),
    (ops.norm, [[3, -4]], {"p": 1.0}, 7, 2, {"x": [2, -2]}),
    (ops.norm, [[4, -4, 1]], {"p": inf}, 4, 2, {"x": [1, -1, 0]}),
    (
        ops.matmul,
        [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
        {},
        [[19, 22], [43, 50]],
        [[1, 0], [0, 10]],
        {"a": [[5, 7], [60, 80]], "b": [[1, 30], [2, 40]]},
    ),
    (ops.matmul, [[1, 2], [3, 4]], {}, 11, 2, {"a": [6, 8], "b": [2, 4]}),
    (
        ops.linear,
        [[[1, 2]], [[3, 4], [5, 6]], [10, 20]],
        {},
        [[21, 37]],
        [[1, 10]],
        {"x": [[53, 64]], "w": [[1, 2], [10, 20]], "b": [1, 10]},
    ),
    (ops.reshape, [[1, 2, 3, 4]], {"shape": (2, 2)}, [[1, 2], [3, 4]], [[5, 6], [7, 8]], {"x": [5, 6, 7, 8]}),
    (ops.view, [[1, 2, 3, 4]], {"shape": (2, 2)}, [[1, 2], [3, 4]], [[5, 6], [7, 8]], {"x": [5, 6, 7, 8]}),
    (ops.transpose, [[[1, 2, 3]]], {"dim0": 0, "dim1": 1}, [[1], [2], [3]], [[4], [5], [6]], {"x": [[4, 5, 6]]}),
    (ops.t, [[[1, 2, 3]]], {}, [[1], [2], [3]], [[4], [5], [6]], {"x": [[4, 5, 6]]}),
    (ops.permute, [[[1, 2, 3]]], {"dims": (1, 0)}, [[1], [2], [3]], [[4], [5], [6]], {"x": [[4, 5, 6]]}),
    (ops.expand, [[[1], [2]]], {"size": (2, 3)}, [[1, 1, 1], [2, 2, 2]], [[1, 2, 3], [4, 5, 6]], {"x": [[6], [15]]}),
    (ops.squeeze, [[[1, 2]]], {}, [1, 2], [3, 4], {"x": [[3, 4]]}),
    (ops.unsqueeze, [[1, 2]], {"dim": 1}, [[1], [2]], [[3], [4]], {"x": [3, 4]}),
    (ops.flip, [[1, 2, 3]], {"dims": (0,)}, [3, 2, 1], [4, 5, 6], {"x": [6, 5, 4]}),
    (ops.roll, [[1, 2, 3]], {"shifts": 1}, [3, 1, 2], [4, 5, 6], {"x": [5, 6, 4]}),
    (ops.tril, [[[1, 2], [3, 4]]], {}, [[1, 0], [3, 4]], [[5, 6], [7, 8]], {"x": [[5, 0], [7, 8]]}),
    (ops.triu, [[[1, 2], [3, 4]]], {}, [[1, 2], [0, 4]], [[5, 6], [7, 8]], {"x": [[5, 6], [0, 8]]}),
    (ops.diagonal, [[[1, 2], [3, 4]]], {}, [1, 4], [5, 6], {"x": [[5, 0], [0, 6]]}),
    (ops.trace, [[[1, 2, 3], [4, 5, 6]]], {}, 6, 7, {"x": [[7, 0, 0], [0, 7, 0]]}),
    (
        ops.cdist,
        [[[0, 0]], [[3, 4], [0, 2]]],
        {"p": 2.0},
        [[5, 2]],
        [[10, 7]],
        {"a": [[-6, -15]], "b": [[6, 8], [0, 7]]},
    ),
    (ops.repeat, [[1, 2]], {"repeats": (2, 2)}, [[1, 2, 1, 2]] * 2, [[1, 2, 3, 4], [5, 6, 7, 8]], {"x": [16, 20]}),
    (ops.repeat_interleave, [[1, 2]], {"repeats": 2, "dim": 0}, [1, 1, 2, 2], [1, 2, 3, 4], {"x": [3, 7]}),
    (ops.diag_embed, [[1, 2]], {}, [[1, 0], [0, 2]], [[5, 6], [7, 8]], {"x": [5, 8]}),
    (ops.index, [[1, 2, 3]], {"index": np.array([2, 0, 2])}, [3, 1, 3], [1, 10, 100], {"x": [10, 0, 101]}),
    (
        ops.index_put,
        [[1, 2, 3], [9]],
        {"index": slice(0, 2)},
        [9, 9, 3],
        [1, 10, 100],
        {"x": [0, 0, 100], "value": [11]},
    ),
    (
        ops.index_put_accumulate,
        [[1, 2, 3], [10, 20]],
        {"index": np.array([2, 2])},
        [1, 2, 33],
        [1, 10, 100],
        {"x": [1, 10, 100], "value": [100, 100]},
    ),
    (ops.gather, [[1, 2, 3]], {"dim": 0, "index": np.array([2, 0, 2])}, [3, 1, 3], [1, 10, 100], {"x": [10, 0, 101]}),
    (
        ops.picked,
        [[[1, 5], [7, 3]]],
        {"dim": 1, "positions": np.array([[1], [0]]), "keepdim": False},
        [5, 7],
        [1, 10],
        {"x": [[0, 1], [10, 0]]},
    ),
    (
        ops.scatter,
        [[1, 2, 3], [8, 9, 7]],
        {"dim": 0, "index": np.array([2, 0])},
        [9, 2, 8],
        [1, 10, 100],
        {"x": [0, 10, 0], "src": [100, 1, 0]},
    ),
    (
        ops.scatter_add,
        [[1, 2], [8, 9, 7]],
        {"dim": 0, "index": np.array([1, 1])},
        [1, 19],
        [1, 10],
        {"x": [1, 10], "src": [10, 10, 0]},
    ),
    (ops.index_select, [[1, 2, 3]], {"dim": 0, "index": np.array([2, 2])}, [3, 3], [1, 10], {"x": [0, 0, 11]}),
    (
        ops.index_add,
        [[1, 2], [8, 9]],
        {"dim": 0, "index": np.array([1, 1]), "alpha": 2},
        [1, 36],
        [1, 10],
        {"x": [1, 10], "source": [20, 20]},
    ),
    (
        group_reduction.scatter_reduce,
        [[1, 2, 3], [2, 2, 1, 5]],
        {"dim": 0, "index": np.array([0, 1, 0, 0]), "reduce": "prod"},
        [10, 4, 3],
        [1, 2, 3],
        {"x": [10, 4, 3], "src": [5, 4, 10, 2]},
    ),
    (
        group_reduction.scatter_reduce,
        [[0, 0, 7], [1, 2, 0, 3]],
        {"dim": 0, "index": np.array([0, 0, 1, 1]), "reduce": "prod", "include_self": False},
        [2, 0, 7],
        [1, 2, 3],
        {"x": [0, 0, 3], "src": [2, 1, 6, 0]},
    ),
    (
        group_reduction.scatter_reduce,
        [[2, 1, 7], [2, 2, 3, 3]],
        {"dim": 0, "index": np.array([0, 0, 1, 1]), "reduce": "amax"},
        [2, 3, 7],
        [3, 2, 5],
        {"x": [1, 0, 5], "src": [1, 1, 1, 1]},
    ),
    (
        group_reduction.scatter_reduce,
        [[1, 2], [5, 6]],
        {"dim": 0, "index": np.array([0, 0]), "reduce": "mean"},
        [4, 2],
        [3, 1],
        {"x": [1, 1], "src": [1, 1]},
    ),
    (  # as in torch equals share what is positive alone
        group_reduction.segment_reduce,
        [[3, 3, 1, 2, 2]],
        {"dim": 0, "index": np.array([0, 0, 0, 2, 2]), "counts": np.array([3, 0, 2]), "reduce": "amax"},
        [3, -math.inf, 2],
        [4, 1, -3],
        {"x": [2, 2, 0, -3, -3]},
    ),
    (
        group_reduction.segment_reduce,
        [[3, 0, 2, 0, 0, 7]],
        {
            "dim": 0,
            "index": np.array([0, 0, 1, 1, 1, 2]),
            "counts": np.array([2, 3, 1]),
            "reduce": "prod",
            "initial": 5,
        },
        [0, 0, 35],
        [1, 2, 3],
        {"x": [0, 15, 0, 0, 0, 15]},
    ),
    (
        as_strided,
        [[1, 2, 3]],
        {"size": (2, 2), "stride": (1, 1)},
        [[1, 2], [2, 3]],
        [[1, 10], [100, 1000]],
        {"x": [1, 110, 1000]},
    ),
    (
        unfold,
        [[1, 2, 3]],
        {"dimension": 0, "size": 2, "step": 1},
        [[1, 2], [2, 3]],
        [[1, 10], [100, 1000]],
        {"x": [1, 110, 1000]},
    ),
    (
        placing.index_copy,
        [[1, 2, 3], [8, 9]],
        {"dim": 0, "index": np.array([2, 0])},
        [9, 2, 8],
        [1, 10, 100],
        {"x": [0, 10, 0], "source": [100, 1]},
    ),
    (
        placing.index_fill,
        [[1, 2, 3], 9],
        {"dim": 0, "index": np.array([-1, 0, -1])},  # of which torch has no derivative by the value
        [9, 2, 9],
        [1, 10, 100],
        {"x": [0, 10, 0], "value": 101},
    ),
    (
        placing.put,
        [[[1, 2], [3, 4]], [8, 9]],
        {"index": np.array([-1, 0])},
        [[9, 2], [3, 8]],
        [[1, 10], [100, 1000]],
        {"x": [[0, 10], [100, 0]], "source": [1000, 1]},
    ),
    (
        placing.put,
        [[1, 2], [8, 9]],
        {"index": np.array([1, 1]), "accumulate": True},
        [1, 19],
        [1, 10],
        {"x": [1, 10], "source": [10, 10]},
    ),
    (
        placing.masked_scatter,
        [[1, 2, 3], np.array([True, False, True]), [7, 8, 9]],
        {},
        [7, 2, 8],
        [1, 10, 100],
        {"x": [0, 10, 0], "source": [1, 100, 0]},
    ),
    (
        placing.diagonal_scatter,
        [[[1, 2], [3, 4]], [8, 9]],
        {},
        [[8, 2], [3, 9]],
        [[1, 10], [100, 1000]],
        {"x": [[0, 10], [100, 0]], "src": [1, 1000]},
    ),
    (
        ops.embedding,
        [[[1, 2], [3, 4]]],
        {"index": np.array([1, 1])},
        [[3, 4], [3, 4]],
        [[1, 10], [2, 20]],
        {"w": [[0, 0], [3, 30]]},
    ),
    (ops.clone, [[1, 2]], {}, [1, 2], [3, 4], {"x": [3, 4]}),
    (ops.cast, [[1, 2]], {"kind": np.dtype(np.float32)}, [1, 2], [3, 4], {"x": [3, 4]}),
    (ops.mse_loss, [[3, 1], [1, 2]], {}, 2.5, 4, {"x": [8, -4], "t": [-8, 4]}),
    (ops.l1_loss, [[3, 2, 2], [1, 2, 5]], {}, 5 / 3, 3, {"x": [1, 0, -1], "t": [-1, 0, 1]}),
    (ops.smooth_l1_loss, [[3, 1.5], [1, 1]], {"reduction": "sum"}, 1.625, 2, {"x": [2, 1], "t": [-2, -1]}),
    (ops.huber_loss, [[4, 1.5], [1, 1]], {"reduction": "sum", "delta": 2.0}, 4.125, 2, {"x": [4, 1], "t": [-4, -1]}),
    # σ(ln 3) = 3/4; ℓ = −ln(3/4) where t = 1 and −ln(1/4) where t = 0
    (
        ops.binary_cross_entropy_with_logits,
        [[math.log(3)] * 2, [1, 0]],
        {},
        -math.log(3 / 16) / 2,
        8,
        {"z": [-1, 3], "t": [-4 * math.log(3)] * 2},
    ),
    (
        ops.binary_cross_entropy,
        [[0.75, 0.75], [1, 0]],
        {"reduction": "sum"},
        -math.log(3 / 16),
        3,
        {"x": [-4, 12], "t": [-3 * math.log(3)] * 2},
    ),
    (ops.nll_loss, [[[-1, -2], [-3, -4]], np.array([0, 1]), [1, 3]], {}, 13 / 4, 8, {"x": [[-2, 0], [0, -6]]}),
    # x̂ = (−1, 1), σ = 2: the mean of dy and that of dy x̂ are taken out, and nothing is left of two numbers
    (
        ops.layer_norm,
        [[[-2, 2]], [3, 5], [1, 1]],
        {"eps": 0.0},
        [[-2, 6]],
        [[1, 10]],
        {"x": [[0, 0]], "w": [-1, 10], "b": [1, 10]},
    ),
    (
        ops.batch_norm,
        [[[-2], [2]], [3], [1]],
        {"eps": 0.0},
        [[-2], [4]],
        [[1], [10]],
        {"x": [[0], [0]], "w": [9], "b": [11]},
    ),
    (
        ops.convolution,
        [[[[1, 2, 3]]], [[[10, 1]]], [5]],
        {"stride": (1,), "padding": (0,), "dilation": (1,)},
        [[[17, 28]]],
        [[[1, 2]]],
        {"x": [[[10, 21, 2]]], "w": [[[5, 8]]], "b": [3]},
    ),
    (
        ops.conv_transpose,
        [[[[1, 2]]], [[[10, 1]]], [5]],
        {"stride": (1,), "padding": (0,), "output_padding": (0,), "dilation": (1,)},
        [[[15, 26, 7]]],
        [[[1, 2, 3]]],
        {"x": [[[12, 23]]], "w": [[[5, 8]]], "b": [6]},
    ),
    (
        ops.im2col,
        [[[[1, 2, 3]]]],
        {"size": (2,), "stride": (1,), "padding": (0,), "dilation": (1,)},
        [[[1, 2], [2, 3]]],
        [[[1, 2], [3, 4]]],
        {"x": [[[1, 5, 4]]]},
    ),
    (
        ops.col2im,
        [[[[1, 2], [3, 4]]]],
        {"lengths": (3,), "size": (2,), "stride": (1,), "padding": (0,), "dilation": (1,)},
        [[[1, 5, 4]]],
        [[[1, 10, 100]]],
        {"x": [[[1, 10], [10, 100]]]},
    ),
    (
        ops.avg_pool,
        [[[[1, 3, 5]]]],
        {"size": (2,), "stride": (1,), "padding": (0,), "places": (2,)},
        [[[2, 4]]],
        [[[2, 4]]],
        {"x": [[[1, 3, 2]]]},
    ),
    (ops.adaptive_avg_pool, [[[[1, 3, 5, 7]]]], {"places": (2,)}, [[[2, 6]]], [[[2, 4]]], {"x": [[[1, 1, 2, 2]]]}),
    (
        ops.max_pool,
        [[[[3, 1, 1, 5]]]],
        {"dims": 1, "positions": np.array([[[0, 3]]])},
        [[[3, 5]]],
        [[[2, 7]]],
        {"x": [[[2, 0, 0, 7]]]},
    ),
    (ops.constant_pad, [[1, 2]], {"margins": ((1, 1),), "value": 7}, [7, 1, 2, 7], [1, 2, 3, 4], {"x": [2, 3]}),
    (ops.taken_along, [[[5, 7]]], {"sources": ((1, 0, 1),)}, [[7, 5, 7]], [[1, 2, 3]], {"x": [[2, 4]]}),
    (
        ops.interpolated,
        [[[[0, 4]]]],
        {"taps": ((((0, 0), (0.75, 0.5)), ((1, 1), (0.25, 0.5))),)},
        [[[1, 2]]],
        [[[4, 2]]],
        {"x": [[[4, 2]]]},
    ),
    # −0.25 is a quarter of a pixel behind the center of the first of two, and a step of 1 is one pixel.
    (
        grid_sampling.grid_sampler,
        [[[[[0, 4]]]], [[[[-0.25, 0]]]]],
        {"mode": "bilinear", "padding": "border", "align_corners": False},
        [[[[1]]]],
        [[[[8]]]],
        {"x": [[[[6, 2]]]], "g": [[[[32, 0]]]]},
    ),
    (
        shuffling.pixel_shuffle,
        [[[[1, 2]], [[3, 4]], [[5, 6]], [[7, 8]]]],
        {"upscale_factor": 2},
        [[[1, 3, 2, 4], [5, 7, 6, 8]]],
        [[[10, 20, 30, 40], [50, 60, 70, 80]]],
        {"x": [[[10, 30]], [[20, 40]], [[50, 70]], [[60, 80]]]},
    ),
    (
        shuffling.pixel_unshuffle,
        [[[[1, 3, 2, 4], [5, 7, 6, 8]]]],
        {"downscale_factor": 2},
        [[[1, 2]], [[3, 4]], [[5, 6]], [[7, 8]]],
        [[[10, 30]], [[20, 40]], [[50, 70]], [[60, 80]]],
        {"x": [[[10, 20, 30, 40], [50, 60, 70, 80]]]},
    ),
    (
        shuffling.channel_shuffle,
        [[[[1], [2], [3], [4], [5], [6]]]],
        {"groups": 2},
        [[[1], [4], [2], [5], [3], [6]]],
        [[[10], [20], [30], [40], [50], [60]]],
        {"x": [[[10], [30], [50], [20], [40], [60]]]},
    ),
    (
        ops.group_norm,
        [[[[-1, 1], [-1, 1]]], [1, 2], [0, 10]],
        {"groups": 1, "eps": 0.0},
        [[[-1, 1], [8, 12]]],
        [[[4, 0], [0, 0]]],
        {"x": [[[2, 0], [-2, 0]]], "w": [-4, 0], "b": [4, 0]},
    ),
    # √mean x² = 5, x̂ = (0.2, 1.4), dx̂ = w dy = (10, 10), mean(dx̂ x̂) = 8
    (
        normalization.rms_norm,
        [[[1, 7]], [10, 100]],
        {"eps": 0.0},
        [[2, 140]],
        [[1, 0.1]],
        {"x": [[1.68, -0.24]], "w": [0.2, 0.14]},
    ),
    (
        embedding_bag,
        [[[1, 2], [3, 4], [5, 6]], [2, 10, 1]],
        {"index": np.array([2, 0, 2]), "sizes": (2, 1), "mode": "sum"},
        [[20, 32], [5, 6]],
        [[1, 0], [0, 1]],
        {"w": [[10, 0], [0, 0], [2, 1]], "s": [5, 1, 6]},
    ),
    (
        recurrence.states,
        [[[[0, 0], [0, 0]], [[1, 2], [3, 4]]]],
        {"plane": 1, "rows": slice(1, 2), "shape": (2,), "title": ""},
        [3, 4],
        [5, 6],
        {"x": [[[0, 0], [0, 0]], [[0, 0], [5, 6]]]},
    ),
]
VARIADIC: list[tuple[Op, list[Any], dict[str, Any], Any, Any, list[Any]]] = [
    (ops.cat, [[1], [2, 3]], {}, [1, 2, 3], [4, 5, 6], [[4], [5, 6]]),
    (ops.stack, [[1, 2], [3, 4]], {"dim": 1}, [[1, 3], [2, 4]], [[5, 6], [7, 8]], [[5, 7], [6, 8]]),
    (
        ops.einsum,
        [[1, 2], [[3, 4], [5, 6]]],
        {"equation": "i,ij->j"},
        [13, 16],
        [1, 10],
        [[43, 65], [[1, 10], [2, 20]]],
    ),
    (ops.einsum, [[[1, 2], [3, 4]]], {"equation": "ii"}, 5, 2, [[[2, 0], [0, 2]]]),
    # 1 + 2·1 + 1 = 4, then 2 + 2·4 + 1 = 11; back 10, then 1 + 2·10 = 21
    (
        recurrence.rnn,
        [[[1], [2]], [[1]], [[2]], [1]],
        {"batch_sizes": (1, 1), "nonlinearity": "relu"},
        [[[4], [11]]],
        [[[1], [10]]],
        [[[21], [10]], [[42]], [[21 * 1 + 10 * 4]], [31]],
    ),
    # All gates are at 0: σ = 1/2 and σ′ = 1/4, tanh = 0 and tanh′ = 1.
    (
        recurrence.lstm,
        [[[0, 0, 0, 0]], [[0]], [[0]], [[1], [1], [4], [1]], [0, 0, 0, 0]],
        {"batch_sizes": (1,)},
        [[[0]], [[0]], [[0.5]], [[0.5]], [[0]], [[0.5]]],
        [[[1]], [[0]], [[0]], [[0]], [[0]], [[0]]],
        [[[0, 0, 0.25, 0]], [[1]], [[0.25]], [[0], [0], [0], [0]], [0, 0, 0.25, 0]],
    ),
    (
        recurrence.gru,
        [[[0, 0, 0]], [[2]], [[0], [0], [0]], [0, 0, 0]],
        {"batch_sizes": (1,)},
        [[[1]], [[0.5]], [[0.5]], [[0]], [[0]]],
        [[[4]], [[0]], [[0]], [[0]], [[0]]],
        [[[0, 2, 2]], [[2]], [[0], [4], [2]], [0, 2, 1]],
    ),
]


def test_every_differentiable_operand_is_worked_out() -> None:
    operations = [op for op in vars(ops).values() if isinstance(op, Op)]
    wanted = {(op.name, operand) for op in operations for operand in op.operands if operand in op.gradients}
    found = {(op.name, operand) for op, *_, gradients in HAND for operand in gradients}
    found |= {(op.name, op.operands[0]) for op, *_ in VARIADIC}
    assert wanted - found == set()


HAND += [
    (
        algebra.inv,
        [[[2, 0], [0, 4]]],
        {},
        [[0.5, 0], [0, 0.25]],
        [[1, 2], [3, 4]],
        {"x": [[-0.25, -0.25], [-0.375, -0.25]]},
    ),
    (
        algebra.solve,
        [[[2, 0], [0, 4]], [[2], [4]]],
        {},
        [[1], [1]],
        [[1], [2]],
        {"a": [[-0.5, -0.5], [-0.5, -0.5]], "b": [[0.5], [0.5]]},
    ),
    (  # db solves [[2, 1], [0, 4]] db = dy
        algebra.solve_triangular,
        [[[2, 0], [1, 4]], [[2], [5]]],
        {"upper": False},
        [[1], [1]],
        [[1], [4]],
        {"a": [[0, 0], [-1, -1]], "b": [[0], [1]]},
    ),
    (algebra.det, [[[1, 2], [3, 4]]], {}, -2, 1, {"x": [[4, -3], [-2, 1]]}),
    (algebra.det, [[[1, 2], [2, 4]]], {}, 0, 2, {"x": [[8, -4], [-4, 2]]}),
    (algebra.slogdet, [[[2, 0], [0, -4]]], {}, [-1, 3 * LOG2], [9, 4], {"x": [[2, 0], [0, -1]]}),
    # diag(S) alone, as U and V are the identity
    (
        algebra.svd,
        [[[3, 0], [0, 2]]],
        {},
        [1, 0, 0, 1, 3, 2, 1, 0, 0, 1],
        [0, 0, 0, 0, 5, 7, 0, 0, 0, 0],
        {"x": [[5, 0], [0, 7]]},
    ),
    # dV₂₁ = 4: the vectors turn by dx / (3 − 1)
    (
        algebra.eigh,
        [[[1, 0], [0, 3]]],
        {},
        [1, 3, 1, 0, 0, 1],
        [5, 7, 0, 4, 0, 0],
        {"x": [[5, -1], [-1, 7]]},
    ),
    # The rows are exchanged: L = 1 and U = diag(4, 2); tril(dL) + triu(dU Uᵀ) = ((4, 6), (2, 10)), divided by 4 and 2.
    (
        factors.lu,
        [[[0, 2], [4, 0]]],
        {},
        [4, 0, 0, 2, 2, 2],
        [1, 2, 3, 5, 7, 8],
        {"x": [[0.5, 5], [1, 3]]},
    ),
    (algebra.qr, [[[2]]], {}, [1, 2], [9, 3], {"x": [[3]]}),
    (  # A = [[4, 2], [2, 2]]; ∂L/∂A = −∂L/∂b yᵀ, and ∂L/∂f = (∂L/∂A + ∂L/∂Aᵀ) f
        algebra.cholesky_solve,
        [[[8], [6]], [[2, 7], [1, 1]]],
        {"upper": False},
        [[1], [2]],
        [[4], [0]],
        {"b": [[2], [-2]], "f": [[-10, -30], [4, -6]]},
    ),
    (
        algebra.cholesky_inverse,
        [[[2, 0], [7, 1]]],
        {"upper": True},
        [[0.25, 0], [0, 1]],
        [[4, 0], [8, 3]],
        {"f": [[-1, -4], [-5.5, -20]]},
    ),
    (
        algebra.cholesky,
        [[[4, 0], [0, 9]]],
        {},
        [[2, 0], [0, 3]],
        [[4, 0], [1, 6]],
        {"x": [[1, 0.25], [0.25, 1]]},
    ),
    (algebra.pinv, [[[2], [0]]], {}, [[0.5, 0]], [[4, 8]], {"x": [[-1], [2]]}),
    # y = Σ a b / Σ a²
    (algebra.lstsq, [[[1], [1]], [[1], [3]]], {}, [[2]], [[2]], {"a": [[-3], [-1]], "b": [[1], [1]]}),
    (algebra.matrix_exp, [[[0, 0], [0, 0]]], {}, [[1, 0], [0, 1]], [[1, 2], [3, 4]], {"x": [[1, 2], [3, 4]]}),
    (algebra.cross, [[1, 0, 0], [0, 1, 0]], {}, [0, 0, 1], [1, 2, 3], {"a": [3, 0, -1], "b": [0, 3, -2]}),
]
GAMMA = 0.5772156649015329  # Euler's constant
HAND += [
    (special.lgamma, [[1, 2, 4]], {}, [0, 0, math.log(6)], [1, 1, 1], {"x": [-GAMMA, 1 - GAMMA, 11 / 6 - GAMMA]}),
    (special.digamma, [[1, 2]], {}, [-GAMMA, 1 - GAMMA], [1, 2], {"x": [PI**2 / 6, PI**2 / 3 - 2]}),
    (special.polygamma, [[1, 2]], {"n": 1}, [PI**2 / 6, PI**2 / 6 - 1], [0, 0], {"x": [0, 0]}),
    (special.erfc, [[5]], {}, [1.5374597944280349e-12], [1], {"x": [-2 / math.sqrt(PI) * math.exp(-25)]}),
    (special.erfc, [[0, inf, -inf]], {}, [1, 0, 2], [1, 1, 1], {"x": [-2 / math.sqrt(PI), 0, 0]}),
    (special.erfinv, [[0, math.erf(1)]], {}, [0, 1], [2, 2], {"x": [math.sqrt(PI), math.sqrt(PI) * e]}),
    (special.ndtri, [[0.5, 1]], {}, [0, inf], [2, 0], {"x": [2 * math.sqrt(2 * PI), nan]}),
    (  # ψ′(1/2 − 30) = π² − ψ′(1/2 + 30), by reflection, as by thirty-one steps
        special.polygamma,
        [[-29.5]],
        {"n": 1},
        [PI**2 / 2 + sum(4 / (2 * k + 1) ** 2 for k in range(30))],
        [1],
        {},
    ),
    (special.igamma, [[1, 2], [1, 0]], {}, [1 - 1 / e, 0], [1, 1], {"b": [1 / e, 0]}),  # 1 − e^(−x) for a = 1
    (special.igammac, [[1, 1], [1, 0]], {}, [1 / e, 1], [1, 2], {"b": [-1 / e, -2]}),
    (special.sinc, [[0, 0.5]], {}, [1, 2 / PI], [3, 1], {"x": [0, -4 / PI]}),
    (special.logaddexp2, [[1, 2], [1, 0]], {}, [2, math.log2(5)], [2, 5], {"a": [1, 4], "b": [1, 1]}),
    (special.logcumsumexp, [[0, LOG2]], {"dim": 0}, [0, math.log(3)], [1, 3], {"x": [2, 2]}),
    (special.xlog1py, [[0, 2], [-1, e - 1]], {}, [0, 2], [1, 1], {"a": [0, 1], "b": [nan, 2 / e]}),
    (special.entr, [[1, e]], {}, [-0.0, -e], [1, 2], {"x": [-1, -4]}),
    (floating_point.heaviside, [[-1, 0, 2], [5, 6, 7]], {}, [0, 6, 1], [1, 1, 1], {}),
]


def floats(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) or value is None else np.array(value, np.float64)


@np.errstate(all="ignore")
@pytest.mark.parametrize(
    ("op", "operands", "options", "y", "dy", "gradients"),
    HAND,
    ids=[f"{row[0].name}-{i}" for i, row in enumerate(HAND)],
)
def test_worked_out(
    op: Op, operands: list[Any], options: dict[str, Any], y: Any, dy: Any, gradients: dict[str, Any]
) -> None:
    operands, dy = [floats(one) for one in operands], floats(dy)
    operands += [None] * (len(op.operands) - len(operands))
    result = op(*operands, **options)
    is_small = 0 < np.max(np.abs(floats(y)), initial=0) < 1e-9
    np.testing.assert_allclose(result, y, rtol=1e-14, atol=1e-40 if is_small else 1e-15)
    zeros = (np.asarray(result) == 0) & (floats(y) == 0)
    np.testing.assert_array_equal(np.signbit(result)[zeros], np.signbit(floats(y))[zeros], err_msg="the sign of a zero")
    known = {**op.option_defaults, **options, **dict(zip(op.operands, operands, strict=True)), "y": floats(result)}
    for operand in op.operands:
        if isinstance(known[operand], np.ndarray):
            known |= {f"{operand}_shape": known[operand].shape, f"{operand}_dtype": known[operand].dtype}
    for operand, expected in gradients.items():
        formula = getattr(op.gradients, operand)
        gradient = formula(dy, **{wanted: known[wanted] for wanted in op.gradients.needs(operand)})
        np.testing.assert_allclose(gradient, expected, rtol=1e-14, atol=1e-15, err_msg=operand)


@pytest.mark.parametrize(
    ("op", "operands", "options", "y", "dy", "gradients"), VARIADIC, ids=[row[0].name for row in VARIADIC]
)
def test_worked_out_of_many_operands(
    op: Op, operands: list[Any], options: dict[str, Any], y: Any, dy: Any, gradients: list[Any]
) -> None:
    arrays = [floats(one) for one in operands]
    result = op(*arrays, **options)
    np.testing.assert_array_equal(result, y)
    name = op.operands[0]
    known = {**op.option_defaults, **options, name: arrays, f"{name}_shape": [one.shape for one in arrays], "y": result}
    formula = getattr(op.gradients, name)
    found = formula(floats(dy), **{wanted: known[wanted] for wanted in op.gradients.needs(name)})
    for gradient, expected in zip(found, gradients, strict=True):
        np.testing.assert_array_equal(gradient, expected)
