"""Mutants: single wrong lines, each with the tests that must notice it.

`original` stands exactly once in `file`; `wrong` takes its place. `tests` is what pytest is given, and
`keyword` what it is to select of that.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One wrong line."""

    file: str
    original: str
    wrong: str
    tests: str
    keyword: str = ""

    @property
    def name(self) -> str:
        """What is wrong, for people."""
        return f"{self.file}: {self.wrong.strip()}"


OPS = "tests/ops"
COMPLEX, COMPLEX_TESTS = "numpynet/ops/complex_numbers.py", "tests/ops/test_complex_numbers.py"
ARITHMETIC, REDUCTION = "numpynet/ops/arithmetic.py", "numpynet/ops/reduction.py"
LOSS, ACTIVATION = "numpynet/ops/loss.py", "numpynet/ops/activation.py"
PLACING, UNFOLDING = "numpynet/ops/placing.py", "numpynet/ops/unfolding.py"
GROUPS, STRIDES = "numpynet/ops/group_reduction.py", "numpynet/ops/strides.py"
LINEAR, SELECTION = "numpynet/ops/linear.py", "numpynet/ops/selection.py"
EXPONENTIAL, SHAPE, INDEXING = "numpynet/ops/exponential.py", "numpynet/ops/shape.py", "numpynet/ops/indexing.py"
HIGHER, NODES = "numpynet/core/higher_order.py", "numpynet/autograd/graph.py"
DOUBLE, GRAPH_TESTS = "tests/autograd/test_double_backward.py", "tests/autograd/test_graph.py"
SUMS, TAPE, TENSOR = "numpynet/ops/sums.py", "numpynet/core/tape.py", "numpynet/core/tensor.py"
CONVOLUTION, WINDOWS = "numpynet/ops/convolution.py", "numpynet/ops/windows.py"
POOLING, PADDING = "numpynet/ops/pooling.py", "numpynet/ops/padding.py"
RESAMPLING, NORMALIZATION = "numpynet/ops/resampling.py", "numpynet/ops/normalization.py"
LU, EMBEDDINGS = "numpynet/ops/lu.py", "numpynet/nn/functional/embeddings.py"
IN_PLACE_TESTS = "tests/core/test_in_place.py"
SHUFFLING, GRIDS = "numpynet/ops/shuffling.py", "numpynet/ops/grid_sampling.py"
POOLING_TESTS = "tests/nn/test_pooling.py"
SGD, ADAM = "numpynet/optim/sgd.py", "numpynet/optim/adam.py"
RMSPROP, ADAGRAD = "numpynet/optim/rmsprop.py", "numpynet/optim/adagrad.py"
TOGETHER, FLAT, CALLS = "numpynet/optim/together.py", "numpynet/compiler/flat.py", "numpynet/compiler/kinds.py"
ENTRY, TOGETHER_TESTS = "numpynet/compiler/entry.py", "tests/optim/test_together.py"
FLAT_TESTS, PASSES_TESTS = "tests/compiler/test_flat_updates.py", "tests/compiler/test_passes.py"
ADAPTIVE_TESTS = "tests/optim/test_adaptive_optimizers.py"
DERIVED, DERIVED_TESTS = "parity/derived.py", "tests/parity/test_derived.py"
UPDATES, UPDATES_TESTS = "parity/updates.py", "tests/parity/test_updates.py"
LADDER, FAULTS_TESTS = "parity/ladder.py", "tests/parity/test_faults.py"
RECORDING_TESTS, SHADOW_TESTS = "tests/parity/test_recording.py", "tests/parity/test_shadow.py"
FACTOR, COSINE = "numpynet/optim/lr_scheduler/factor.py", "numpynet/optim/lr_scheduler/cosine.py"
SCHEDULES, SGD_TESTS = "tests/optim/test_lr_scheduler.py", "tests/optim/test_sgd.py"
DRAWS = "tests/creation/test_sampling.py"
GENERATOR, ENGINE = "numpynet/random/generator.py", "numpynet/random/engine.py"
BOX_MULLER, PERMUTATION = "numpynet/random/box_muller.py", "numpynet/random/permutation.py"
GRAPH, TERMS = "numpynet/explain/graph.py", "numpynet/explain/terms.py"
EXPLAIN, TERMS_TESTS = "tests/explain/test_explain.py", "tests/explain/test_terms.py"
FORMULAS_TESTS = "tests/explain/test_formulas.py"

RECURRENCE, EMBEDDING = "numpynet/ops/recurrence.py", "numpynet/ops/embedding.py"
LAYERS, ATTENTION = "numpynet/nn/functional/recurrence.py", "numpynet/nn/functional/attention.py"
RECURRENCE_TESTS, ATTENTION_TESTS = "tests/nn/test_recurrence.py", "tests/nn/test_attention.py"

GRADE, GRADE_TESTS = "parity/grade", "tests/parity/test_grade.py"
STYLES, REACH, CHEATS = (f"tests/parity/test_grade_{name}.py" for name in ("styles", "reach", "tables"))

MUTANTS = [
    # elementwise: signs, factors, forgotten operands, ties
    Mutant(ARITHMETIC, "b=lambda dy, alpha: -dy if alpha == 1 else -alpha * dy", "b=lambda dy, alpha: dy", OPS, "sub"),
    Mutant(ARITHMETIC, "b=lambda dy, alpha: dy if alpha == 1 else alpha * dy", "b=lambda dy, alpha: dy", OPS, "add"),
    Mutant(ARITHMETIC, "a=lambda dy, b: dy * b,", "a=lambda dy, b: dy,", OPS, "mul"),
    Mutant(ARITHMETIC, "a=lambda dy, b: dy / b,", "a=lambda dy, b: dy * b,", OPS, "true_divide"),
    Mutant(
        ARITHMETIC, "b=lambda dy, a, b: -dy * ((a / b) / b)", "b=lambda dy, a, b: dy * ((a / b) / b)", OPS, "divide"
    ),
    Mutant(ARITHMETIC, "neg.gradients(x=lambda dy: -dy)", "neg.gradients(x=lambda dy: dy)", OPS, "neg"),
    Mutant(ARITHMETIC, "else dy * b * pow.of(a, b - 1)", "else dy * b * pow.of(a, b)", OPS, "pow"),
    Mutant(EXPONENTIAL, "exp.gradients(x=lambda dy, y: dy * y)", "exp.gradients(x=lambda dy, y: y)", OPS, "exp"),
    Mutant(
        EXPONENTIAL,
        "expm1.gradients(x=lambda dy, y: dy * (y + 1))",
        "expm1.gradients(x=lambda dy, y: dy * y)",
        OPS,
        "expm1",
    ),
    Mutant(EXPONENTIAL, "log.gradients(x=lambda dy, x: dy / x)", "log.gradients(x=lambda dy, x: dy * x)", OPS, "log"),
    Mutant(
        EXPONENTIAL,
        "log1p.gradients(x=lambda dy, x: dy / (x + 1))",
        "log1p.gradients(x=lambda dy, x: dy / x)",
        OPS,
        "log1p",
    ),
    Mutant(EXPONENTIAL, "    return np.log1p(x)", "    return np.log(1 + x)", OPS, "log1p"),
    Mutant(
        SELECTION,
        "a=lambda dy, a, b: np.where(a == b, dy / 2, np.where(a < b, 0, dy))",
        "a=lambda dy, a, b: np.where(a < b, 0, dy)",
        OPS,
        "maximum",
    ),
    Mutant(
        SELECTION,
        "b=lambda dy, a, b: np.where(a == b, dy / 2, np.where(b > a, 0, dy))",
        "b=lambda dy, a, b: np.where(a == b, 0, np.where(b > a, 0, dy))",
        OPS,
        "minimum",
    ),
    Mutant(SELECTION, "(x >= low) & (x <= high)", "(x > low) & (x < high)", OPS, "clamp"),
    Mutant(
        SELECTION,
        "sum_to(np.where(condition, 0, dy), b_shape)",
        "sum_to(np.where(condition, dy, 0), b_shape)",
        OPS,
        "where",
    ),
    # numbers of rows that are overwritten before the backward pass
    Mutant(EMBEDDINGS, "(table,), 1, options), input)", "(table,), 1, options))", IN_PLACE_TESTS, "places"),
    Mutant(EMBEDDINGS, '{"index": input, "sizes"', '{"index": wrap(input._array), "sizes"', IN_PLACE_TESTS, "places"),
    Mutant(
        TENSOR,
        "        options, guards = _guarded(",
        "        options, _ = _guarded(",
        "tests/composite",
        "overwritten",
    ),
    Mutant(
        "numpynet/composite/group_reduction.py",
        "return keeping(reduced, *(one for one in (lengths, offsets) if one is not None))",
        "return reduced",
        IN_PLACE_TESTS,
        "places",
    ),
    # activations: kinks and derivatives
    Mutant(ACTIVATION, "zero_where(y <= 0, dy))", "zero_where(y < 0, dy))", OPS, "relu"),
    Mutant(
        ACTIVATION,
        "relu.gradients(x=lambda dy, y: zero_where(y <= 0, dy))",
        "relu.gradients(x=lambda dy, y: dy * (y > 0))",
        OPS,
        "relu",
    ),
    Mutant(ACTIVATION, "np.maximum(beside(0, x), x)", "np.maximum(x, beside(0, x))", OPS, "relu"),
    Mutant(ACTIVATION, "dy * ((1 - y) * y)", "dy * (1 - y)", OPS, "sigmoid"),
    Mutant(
        ACTIVATION,
        "tanh.gradients(x=lambda dy, y: dy * (1 - y * y))",
        "tanh.gradients(x=lambda dy, y: dy * (1 - y))",
        OPS,
        "tanh",
    ),
    Mutant(ACTIVATION, "y * (dy - sum_over(dy * y, dim, keepdim=True))", "y * dy", OPS, "softmax"),
    Mutant(ACTIVATION, "dy - np.exp(y) * sum_over(dy, dim, keepdim=True)", "dy - np.exp(y) * dy", OPS, "log_softmax"),
    # windows: kernels that are turned, places that are off by one, shares that are forgotten, ties
    Mutant(
        CONVOLUTION,
        "_channels(g[samples, :, rows], groups), columns.mT",
        "-_channels(g[samples, :, rows], groups), columns.mT",
        OPS,
        "convolution",
    ),
    Mutant(
        CONVOLUTION, "matrices = _matrices(w, groups).mT", "matrices = -_matrices(w, groups).mT", OPS, "conv_transpose"
    ),
    Mutant(
        CONVOLUTION,
        "return sum_over(dy, (0, *range(2, dy.ndim)))",
        "return 2 * sum_over(dy, (0, *range(2, dy.ndim)))",
        OPS,
        "convolution",
    ),
    Mutant(CONVOLUTION, "x=_convolution_by_input,", "x=lambda dy, x: 0 * x,", OPS, "convolution"),
    Mutant(
        CONVOLUTION,
        "x=lambda dy, x_shape, size, stride, padding, dilation: col2im.of(",
        "x=lambda dy, x_shape, size, stride, padding, dilation: -col2im.of(",
        OPS,
        "im2col",
    ),
    Mutant(
        CONVOLUTION,
        "x=lambda dy, size, stride, padding, dilation: im2col.of(",
        "x=lambda dy, size, stride, padding, dilation: -im2col.of(",
        OPS,
        "col2im",
    ),
    Mutant(WINDOWS, "starts = [k * gap for k, gap in", "starts = [k for k, gap in", OPS, "convolution"),
    Mutant(WINDOWS, "        np.add(part, values", "        np.maximum(part, values", OPS, "convolution"),
    Mutant(
        POOLING, "np.add.at(dx, at.reshape(-1), dy.reshape(-1))", "dx[at.reshape(-1)] = dy.reshape(-1)", OPS, "max_pool"
    ),
    Mutant(
        POOLING, "(seen > best) | (seen != seen)", "(seen >= best) | (seen != seen)", POOLING_TESTS, "hand or maxima"
    ),
    Mutant(POOLING, "(seen > best) | (seen != seen)", "seen > best", POOLING_TESTS, "maxima"),
    Mutant(POOLING, "share = _means(dy, lengths,", "share = 1.5 * _means(dy, lengths,", OPS, "avg_pool"),
    Mutant(
        POOLING, "share = dy[trailing(place)] / volume(part.shape[-d:])", "share = dy[trailing(place)]", OPS, "adaptive"
    ),
    Mutant(
        PADDING,
        "constant_pad.gradients(x=_without_margins)",
        "constant_pad.gradients(x=lambda dy, x: 0 * x)",
        OPS,
        "constant_pad",
    ),
    Mutant(PADDING, "np.take(dx, chosen, axis) + np.take", "np.take", OPS, "taken_along"),
    Mutant(RESAMPLING, "add_back(dy * _along(w, axis, dy), axis", "add_back(dy, axis", OPS, "interpolated"),
    Mutant(RESAMPLING, "+ 8 * a) * x - 4 * a", "+ 8 * a) * x - 5 * a", POOLING_TESTS, "cubic"),
    Mutant(RESAMPLING, "- centers + real(0.5)) / wide", "- centers) / wide", POOLING_TESTS, "smooth"),
    Mutant(
        "numpynet/nn/utils/fusion.py",
        "(bias - bn_rm) * reciprocal * gain + shift",
        "bias * reciprocal * gain + shift",
        "tests/nn/test_utils_of_nn.py",
        "become_one",
    ),
    Mutant(LU, "inner = np.tril(of_lower, -1) +", "inner = np.tril(of_lower) +", OPS, "lu and not elu"),
    Mutant(LU, "of_lower = of_lower - d[..., k:]", "of_lower = of_lower + d[..., k:]", OPS, "lu and not elu"),
    Mutant(LU, "back = np.argsort(order_of_rows", "back = (order_of_rows", OPS, "lu and not elu"),
    Mutant(
        "numpynet/linalg/factoring.py",
        "if transpose else reversed(range(count))",
        "if not transpose else reversed(range(count))",
        "tests/linalg",
        "reflections",
    ),
    Mutant(GRIDS, "return [far(t + 1), near(t), -near", "return [far(t + 1), near(t), near", OPS, "grid_sampler"),
    Mutant(GRIDS, "seen * _weight(chosen, dim) * _scale", "seen * _weight(chosen, dim) / _scale", OPS, "grid_sampler"),
    Mutant(
        GRIDS, "np.add.at(dx, at.reshape(-1), (dy *", "np.add.at(dx, at.reshape(-1), (2 * dy *", OPS, "grid_sampler"
    ),
    Mutant(GRIDS, "np.where(even, sign, -sign)", "sign", "tests/nn/test_spatial_transformer.py", "reflection"),
    Mutant(
        "numpynet/nn/functional/grids.py",
        "places * (count - 1) / count",
        "places",
        "tests/nn/test_spatial_transformer.py",
        "affine",
    ),
    Mutant(SHUFFLING, "transpose(0, 1, 4, 2, 5, 3)", "transpose(0, 1, 4, 3, 5, 2)", OPS, "pixel_shuffle"),
    Mutant(SHUFFLING, "transpose(0, 1, 3, 5, 2, 4)", "transpose(0, 1, 5, 3, 2, 4)", OPS, "pixel_unshuffle"),
    Mutant(SHUFFLING, "groups=max(dy.shape[1] // groups, 1)", "groups=groups", OPS, "channel_shuffle"),
    Mutant(
        "numpynet/nn/functional/dropouts.py",
        "add_(_LIMIT * a * p)",
        "add_(_LIMIT * a)",
        "tests/nn/test_dropout.py",
        "alpha",
    ),
    Mutant(
        "numpynet/nn/functional/normalizations.py",
        "(0, 0, size // 2, (size - 1) // 2)",
        "(0, 0, (size - 1) // 2, size // 2)",
        "tests/nn/test_layers_like_torch.py",
        "response",
    ),
    Mutant(
        NORMALIZATION,
        "_grouped(affine(dy, _by_channel(w, x.ndim), None), groups)",
        "_grouped(dy, groups)",
        OPS,
        "group_norm",
    ),
    # products: transposition, missing sums
    Mutant(LINEAR, "w=lambda dy, x: dy.T.dot(x),", "w=lambda dy, x: dy[:, ::-1].T.dot(x),", OPS, "linear"),
    Mutant(LINEAR, "w=lambda dy, x: dy.T.dot(x), ", "w=lambda dy, x: x.T.dot(dy), ", OPS, "linear"),
    Mutant(LINEAR, "sum_to(dy, b_shape),  # (N", "sum_to(dy, b_shape) / len(dy),  # (N", OPS, "linear"),
    Mutant(LINEAR, "sum_to(dy, b_shape),  # (N", "dy[0],  # (N", OPS, "linear"),
    Mutant(LINEAR, "    return sum_to(dy @ b.mT, a_shape)", "    return sum_to(dy @ b, a_shape)", OPS, "matmul"),
    Mutant(LINEAR, "        return a.T.dot(dy) if", "        return -a.T.dot(dy) if", OPS, "matmul"),
    Mutant(
        SUMS,
        "    summed: Array = sum_over(dy, axes).reshape(shape)",
        "    summed: Array = dy.mean(axis=axes).reshape(shape)",
        OPS,
        "mul",
    ),
    Mutant(
        SUMS,
        "        row = ones[kind][n]\n",
        '        row = ones["d"][n]\n',
        OPS,
        "linear",
    ),
    # reductions and shapes
    Mutant(
        REDUCTION,
        "spread(dy / (count(x_shape, dim) or 1), x_shape, dim, keepdim)",
        "spread(dy, x_shape, dim, keepdim)",
        OPS,
        "mean",
    ),
    Mutant(
        REDUCTION,
        "keepdim) / count(x.shape, dim)",
        "keepdim) / x.size",
        OPS,
        "mean",
    ),
    Mutant(
        REDUCTION,
        "    return attained * spread(dy / ties, x.shape, dim, keepdim)",
        "    return attained * spread(dy, x.shape, dim, keepdim)",
        OPS,
        "amax or amin",
    ),
    Mutant(REDUCTION, "before * after, np.nan)", "before, np.nan)", OPS, "prod"),
    Mutant(
        REDUCTION,
        "x.take(places + row_starts(*x.shape))",
        "x.take(places * row_starts(*x.shape))",
        OPS,
        "extremes or amax",
    ),
    Mutant(
        SHAPE, "np.transpose(dy, np.argsort([dim % dy.ndim for dim in dims]))", "np.transpose(dy, dims)", OPS, "permute"
    ),
    Mutant(
        SHAPE,
        "stack.gradients(tensors=lambda dy, dim: list(np.moveaxis(dy, dim, 0)))",
        "stack.gradients(tensors=lambda dy, dim: list(np.moveaxis(dy, dim, 0))[::-1])",
        OPS,
        "stack",
    ),
    Mutant(INDEXING, "        np.add.at(dx, index, dy)", "        dx[index] = dy", OPS, "index"),
    Mutant(INDEXING, "    x=lambda dy, index: _outside(dy, index),", "    x=lambda dy, index: dy,", OPS, "index_put"),
    Mutant(PLACING, "    np.atleast_1d(dx)[_slices(", "    np.atleast_1d(dx.copy())[_slices(", OPS, "index"),
    Mutant(PLACING, "    dx[index.reshape(-1)] = 0", "    dx[index.reshape(-1)] = 1", OPS, "put"),
    Mutant(GROUPS, "    return np.maximum(counts, 1)", "    return np.maximum(counts, 2)", OPS, "scatter_reduce"),
    Mutant(GROUPS, "    return dy / scatter_add", "    return dy * scatter_add", OPS, "scatter_reduce"),
    Mutant(
        GROUPS, "        gather.forward(dy * others, dim", "        gather.forward(others, dim", OPS, "scatter_reduce"
    ),
    Mutant(GROUPS, "np.where(dy_there > 0, how_many", "np.where(dy_there != 0, how_many", OPS, "segment_reduce"),
    Mutant(GROUPS, "without(is_nan), without(is_zero)", "without(is_nan), y_there", OPS, "segment_reduce"),
    Mutant(
        UNFOLDING,
        "strides = (*x.strides[:axis], stride * step,",
        "strides = (*x.strides[:axis], stride,",
        OPS,
        "unfold",
    ),
    Mutant(STRIDES, "places = places + place * step", "places = places + place", OPS, "as_strided"),
    Mutant(PLACING, ".reshape(-1).cumsum(0) - 1", ".reshape(-1).cumsum(0)", OPS, "masked_scatter"),
    Mutant(PLACING, "dim1=dim1, dim2=dim2)[...] = 0", "dim1=dim1, dim2=dim2)[...] = 1", OPS, "diagonal_scatter"),
    # losses
    Mutant(
        LOSS,
        '    return dy / (size or 1) if reduction == "mean" else dy',
        "    return dy",
        OPS,
        "loss or cross_entropy",
    ),
    Mutant(
        LOSS,
        "    slope = s - t if pos_weight is None",
        "    slope = s + t if pos_weight is None",
        OPS,
        "binary_cross_entropy",
    ),
    Mutant(
        LOSS,
        "        losses = (lone(1, t) - t) * z - below + softplus",
        "        losses = (lone(1, t) - t) * z - (below + softplus)",
        OPS,
        "binary_cross_entropy",
    ),
    Mutant(LOSS, "    return 2 * per_element(", "    return per_element(", OPS, "mse_loss"),
    Mutant(
        LOSS,
        "    return sign(difference) * per_element(",
        "    return np.where(difference >= 0, 1, -1) * per_element(",
        OPS,
        "l1_loss",
    ),
    Mutant(
        LOSS,
        "        return total(losses) / losses.size",
        "        return total(losses) / len(losses)",
        OPS,
        "loss or cross_entropy",
    ),
    # the tape and tensors
    Mutant(
        TAPE,
        "cotangents[edge] = as_array(cotangents[edge] + gradient)",
        "cotangents[edge] = as_array(gradient)",
        "tests/autograd/test_backward.py",
    ),
    Mutant(
        TAPE,
        "                total += gradient\n",
        "                total = np.array(gradient)\n",
        "tests/autograd/test_backward.py",
    ),
    Mutant(
        TAPE,
        "if counter[0] != version and self._counts(array):",
        "if False:",
        "tests/autograd",
    ),
    Mutant(
        TENSOR,
        "            self._grad._array += gradient",
        "            self._grad._array[...] = gradient",
        "tests/autograd/test_backward.py",
    ),
    # second derivatives and the inside of the graph
    Mutant(
        "numpynet/compiler/symbol.py",
        "if Differentiable in types:",
        "if False:",
        "tests/compiler/test_second_derivatives.py",
        "masks",
    ),
    Mutant(HIGHER, "(*edges, *own), shapes,", "(*own,), (),", DOUBLE, "straight_pieces"),
    Mutant(
        HIGHER, "own = [gradient._node or gradient] if gradient._requires_grad else []", "own: list[Any] = []", DOUBLE
    ),
    Mutant(
        "numpynet/ops/layout.py", "return y if is_dense(y) else y.copy()", "return y", "tests/autograd/test_hooks.py"
    ),
    Mutant(ARITHMETIC, "if b == 2 and type(a) is np.ndarray:", "if b == 2:", DOUBLE, "until_they_are_zero"),
    Mutant(EMBEDDINGS, ".masked_fill(norms <= max_norm, 1)", "", "tests/nn/test_normalization.py", "rows"),
    Mutant(
        "numpynet/distributions/transformed.py",
        "log_prob = log_prob - sum_rightmost(slope",
        "log_prob = log_prob + sum_rightmost(slope",
        "tests/distributions/test_distributions.py",
        "LogNormal",
    ),
    Mutant(HIGHER, "_put(target, ops.index_put_accumulate, index, values)", "None", OPS, "second"),
    Mutant(HIGHER, "_operand(value, edges.get(position), node)", "_operand(value, None, node)", DOUBLE),
    Mutant(HIGHER, "tensor._writes = counter", "pass", DOUBLE),
    Mutant(HIGHER, "np.minimum: np.greater_equal", "np.minimum: np.greater", DOUBLE, "kinks"),
    Mutant(CONVOLUTION, "g, dy, lengths=x_shape[2:]", "2 * g, dy, lengths=x_shape[2:]", OPS, "second and conv"),
    Mutant(CONVOLUTION, "convolved.of(x, dy, stride=", "convolved.of(x, -dy, stride=", OPS, "second and conv"),
    Mutant(TAPE, "if edge in leaves and expected[edge] == 0:", "if edge in leaves:", GRAPH_TESTS),
    Mutant(NODES, "node.kept, node.watched = list(values.values()), ()", "pass", GRAPH_TESTS),
    Mutant(NODES, "if innermost() is not self or", "if", GRAPH_TESTS),
    Mutant(
        "numpynet/nn/modules/backward_hooks.py",
        "ctx.set_materialize_grads(before)",
        "pass",
        "tests/nn/test_backward_hooks.py",
    ),
    # optimizers, schedules, the trainer's decay
    Mutant(SGD, "            b *= momentum", "            b *= 1", SGD_TESTS),
    Mutant(SGD, "(1 - dampening) * g if dampening else g", "g", SGD_TESTS),
    Mutant(SGD, "g = g + momentum * b if nesterov else b", "g = b", SGD_TESTS),
    Mutant(SGD, "        g = g + weight_decay * θ", "        g = g - weight_decay * θ", SGD_TESTS),
    Mutant(SGD, "    θ -= lr * g", "    θ += lr * g", SGD_TESTS),
    Mutant(ADAM, "    v += (1 - β2) * g * g", "    v += (1 - β2) * g", "tests/optim/test_adaptive_optimizers.py"),
    Mutant(
        FACTOR,
        "return 1 if self.last_epoch == 0 or self.last_epoch % self.step_size else self.gamma",
        "return 1 if (self.last_epoch + 1) % self.step_size else self.gamma",
        SCHEDULES,
    ),
    Mutant(FACTOR, "        return 1 if self._is_initial else self.gamma", "        return self.gamma", SCHEDULES),
    Mutant(
        COSINE,
        "factor = (1 + math.cos(math.pi * epoch / T))",
        "factor = (1 + math.cos(math.pi * (epoch + 1) / T))",
        SCHEDULES,
    ),
    Mutant(
        "numpynet/training/decay.py",
        "factor = 1 / (1 + self.decay_rate * self.step_count)",
        "factor = 1 / (1 + self.decay_rate * (self.step_count - 1))",
        "tests/training/test_decay.py",
    ),
    Mutant(
        "numpynet/nn/utils/clip_grad.py",
        "factor = np.minimum(max_norm / (norm + 1e-6), 1.0)",
        "factor = np.minimum(max_norm / (norm + 1e-6), 2.0)",
        "tests/nn/test_utils_of_nn.py",
    ),
    Mutant(ADAM, "lr / (1 - β1**t) * m", "lr / (1 - β1) * m", ADAPTIVE_TESTS),
    Mutant(ADAM, "        θ *= 1 - lr * weight_decay", "        θ *= 1 - weight_decay", ADAPTIVE_TESTS),
    Mutant(ADAM, "v = np.maximum(v_max, v, out=v_max)", "v = np.maximum(v_max, v)", ADAPTIVE_TESTS),
    Mutant(RMSPROP, "        root = np.sqrt(v - mean * mean)", "        root = np.sqrt(v - mean)", ADAPTIVE_TESTS),
    Mutant(ADAGRAD, "lr / (1 + (t - 1) * lr_decay)", "lr / (1 + t * lr_decay)", ADAPTIVE_TESTS),
    # updates of many parameters at once, eager and compiled
    Mutant(TOGETHER, "steps.count(steps[0]) == len(steps)", "True", TOGETHER_TESTS),
    Mutant(TOGETHER, "            all(end <= start for", "            all(True for", TOGETHER_TESTS, "memory"),
    Mutant(TOGETHER, "self._memory.isdisjoint(id(g.base) for g in gradients)", "True", TOGETHER_TESTS, "memory"),
    Mutant(TOGETHER, "lambda _: known.pop(key, None)", "lambda _: None", FLAT_TESTS, "gone"),
    Mutant(FLAT, "alike=first in counters", "alike=False", FLAT_TESTS, "counters"),
    Mutant(
        FLAT,
        "value = one.memory.array.tobytes() if one.memory in counters else None",
        "value = None",
        FLAT_TESTS,
        "counters",
    ),
    Mutant(FLAT, "one.memory.kind is not Kind.TENSOR or one.memory in self._changed", "False", FLAT_TESTS, "numbers"),
    Mutant(FLAT, "not Kind.TENSOR or one.memory in self._changed", "not Kind.TENSOR", FLAT_TESTS, "before_the_update"),
    Mutant(FLAT, "if first.kind is Kind.TENSOR and not movable(all_of_it):", "if False:", PASSES_TESTS, "looks_into"),
    Mutant(
        FLAT,
        "if first not in defined or not self._kept.isdisjoint(all_of_it):",
        "if first not in defined:",
        FLAT_TESTS,
        "element_by_element",
    ),
    Mutant(FLAT, "one.shape != result.shape):", "False):", FLAT_TESTS, "spreads"),
    Mutant(FLAT, "        calls, flats = [*self.shared], []", "        calls, flats = [], []", FLAT_TESTS, "adam"),
    Mutant(
        FLAT,
        "            if len(touched) == 1:\n                touched[0][0].update(things)",
        "            if touched:\n                touched[0][0].update(things)",
        FLAT_TESTS,
    ),
    Mutant(ENTRY, '.tolist())) > 1"', '.tolist())) > 99"', FLAT_TESTS, "counters"),
    Mutant(CALLS, "REFUSE = CallKind(lasts=True)", "REFUSE = CallKind()", PASSES_TESTS, "checked_once"),
    Mutant(
        CALLS, 'DRAW = CallKind(lasts=True, noun="random")', 'DRAW = CallKind(noun="random")', PASSES_TESTS, "draws"
    ),
    # parity: its bounds, and what it compares
    Mutant(
        DERIVED, "total = total + np.abs(g([*values, y])) + sensitivity(", "total = total + sensitivity(", DERIVED_TESTS
    ),
    Mutant(DERIVED, "moved(-step * scale)) / (2 * step))", "moved(-step * scale)) / step)", DERIVED_TESTS),
    Mutant(DERIVED, 'np.asarray(Y, np.float64) if "y" in needs else None', "None", DERIVED_TESTS, "one_operand"),
    Mutant(DERIVED, "    if not is_exact:", "    if False:", DERIVED_TESTS, "kink"),
    Mutant(DERIVED, "is_exact = not np.any(size * (1 + 1e-12) < V)", "is_exact = True", DERIVED_TESTS, "kink"),
    Mutant(
        DERIVED,
        "smooth = np.isfinite(narrow) & (narrow <= SMOOTH * wide + 1e-7 * np.abs(centre))",
        "smooth = np.isfinite(narrow)",
        DERIVED_TESTS,
        "kink",
    ),
    Mutant(UPDATES, "[np.abs(θ), twin.joined(gradients), ", "[np.abs(θ), np.abs(g), ", UPDATES_TESTS, "sgd"),
    Mutant(UPDATES, "found = np.abs(after) + sensitivity(", "found = sensitivity(", UPDATES_TESTS, "sgd"),
    Mutant(
        UPDATES,
        'self.kept[f"{name}.{key}"].copy()) for key in self.numbers',
        'self.kept[f"{name}.{key}"] + 1) for key in self.numbers',
        UPDATES_TESTS,
        "test_adam",
    ),
    Mutant(LADDER, "        if k.size and k.max() > K:", "        if k.size and k.max() > 1e9:", FAULTS_TESTS, "alone"),
    Mutant(
        LADDER,
        "            wrong = np.flatnonzero(k > K)",
        "            wrong = np.flatnonzero(k > 1e30)",
        UPDATES_TESTS,
        "named",
    ),
    Mutant(LADDER, "if (name in here) != (name in there)]", "if False]", RECORDING_TESTS, "new_case"),
    Mutant("parity/recorder.py", "        self._place = name", '        self._place = ""', RECORDING_TESTS, "new_case"),
    Mutant(
        "parity/programs/operations.py",
        "        torch.manual_seed(seed + crc32(name.encode()))",
        "        pass",
        RECORDING_TESTS,
        "new_case",
    ),
    Mutant(
        "parity/random_bits.py",
        "a.function == b.function and a.digest == b.digest",
        "a.function == b.function",
        FAULTS_TESTS,
        "changed_generator",
    ),
    Mutant(
        "parity/replay.py",
        "if k.size and k.max() > K else None",
        "if k.size and k.max() > 1e9 else None",
        FAULTS_TESTS,
        "alone",
    ),
    Mutant(
        "parity/shadow.py",
        "        y=lambda X: 2.13 * X,",
        "        y=lambda X: 0.01 * X,",
        SHADOW_TESTS,
        "gelu",
    ),
    Mutant(
        "parity/shadow.py",
        "        terms = D + self.mean(D) + self.size * self.mean(D * self.size)",
        "        terms = 1e-3 * D",
        SHADOW_TESTS,
        "norm",
    ),
    # random numbers
    Mutant(
        ENGINE,
        "_UNIT_24 = np.array(2.0**-24, np.float32)",
        "_UNIT_24 = np.array(2.0**-23, np.float32)",
        DRAWS,
        "rand",
    ),
    Mutant(
        "numpynet/random/words.py",
        "_LOW_53_BITS = np.array(2**53 - 1, np.uint64)",
        "_LOW_53_BITS = np.array(2**52 - 1, np.uint64)",
        DRAWS,
        "rand or bernoulli_",
    ),
    Mutant(
        "numpynet/random/words.py",
        "are_below |= alike & (low < low_threshold)",
        "are_below |= alike",
        "tests/random/test_words.py",
    ),
    Mutant(
        "numpynet/random/words.py", "for _ in range(4):", "for _ in range(3):", "tests/random", "stream_of_small_draws"
    ),
    Mutant(
        GENERATOR,
        "np.concatenate((values[: count - ROW], values[whole:]))",
        "values[:count]",
        DRAWS,
        "randn",
    ),
    Mutant(
        ENGINE,
        "        fresh = -self._used % STATE_WORDS  # to the end of the key",
        "        fresh = STATE_WORDS",
        "tests/random/test_generator_bits.py",
        "edges",
    ),
    Mutant(
        ENGINE,
        "kept = np.concatenate((kept, self._fetch(1)))",
        "kept = np.concatenate((kept, kept[:1]))",
        DRAWS,
        "odd_places",
    ),
    Mutant(BOX_MULLER, "    cosine ^= quarter", "    sine ^= quarter", DRAWS, "randn"),
    Mutant(
        PERMUTATION,
        "    inside = np.flatnonzero(partners < block.stop)",
        "    inside = again",
        "tests/random",
        "blocks",
    ),
    Mutant(
        "numpynet/nn/functional/dropouts.py",
        "default_generator.bernoulli(x.shape, 1 - p)",
        "default_generator.bernoulli(x.shape, p)",
        DRAWS,
        "dropout",
    ),
    Mutant(
        "numpynet/nn/functional/dropouts.py",
        "        mask.bernoulli_(1 - p)\n        mask._array",
        "        mask.bernoulli_(p)\n        mask._array",
        "tests/nn/test_dropout.py",
    ),
    Mutant(
        "numpynet/nn/modules/linear.py",
        "init.kaiming_uniform_(self.weight, a=math.sqrt(5))",
        "init.kaiming_uniform_(self.weight)",
        DRAWS,
        "Linear",
    ),
    # the grader: what it compares, asks for, excuses, tries, watches
    Mutant(
        f"{GRADE}/answer.py",
        "if answer.returned[name].shape != right[name].shape:",
        "if answer.returned[name].size != right[name].size:",
        GRADE_TESTS,
        "fits and linear_bias_keeps_its_axis",
    ),
    Mutant(
        f"{GRADE}/answer.py",
        "for name in self._changed(case, outcome.after):",
        "for name in self._changed(case, None):",
        GRADE_TESTS,
        "fits and relu_in_place",
    ),
    Mutant(
        f"{GRADE}/answer.py",
        "wrong = ~_close(gradient, wanted, bound)",
        "wrong = ~_close(gradient, wanted, 1e-3 * np.abs(wanted) + bound)",
        GRADE_TESTS,
        "rounding_is_forgiven",
    ),
    Mutant(
        f"{GRADE}/oracle.py",
        "ROUNDINGS = 32  # k",
        "ROUNDINGS = 32e12  # k",
        GRADE_TESTS,
        "rounding_is_forgiven",
    ),
    Mutant(
        f"{GRADE}/grading.py",
        "return bool((answer.wrong & ~self._unusual(answer)).any())",
        "return not excused",
        STYLES,
        "outside_the_domain",
    ),
    Mutant(
        f"{GRADE}/grading.py",
        "lost = np.isfinite(returned) & ((np.isnan(right) & from_nan) | (np.isinf(right) & from_infinity))",
        "lost = np.isfinite(returned) & (np.isinf(right) & from_infinity)",
        REACH,
        "nan_cotangent",
    ),
    Mutant(f"{GRADE}/grading.py", "    (DEEP, 6),\n", "", REACH, "four_dimensions"),
    Mutant(
        f"{GRADE}/grading.py",
        'graders = [one for one in graders if one.solution.signature.cache != "the needed"]',
        "pass",
        STYLES,
        "of_a_cache",
    ),
    Mutant(f"{GRADE}/grading.py", "if AUTOGRAD in seen:", "if DEED + AUTOGRAD in seen:", CHEATS, "cheats and numpynet"),
    Mutant(
        f"{GRADE}/cases.py",
        "BEYOND = Scope(values=EXTREME, cotangents=EXTREME_COTANGENT)",
        "BEYOND = Scope(values=EXTREME)",
        REACH,
        "tiny_cotangent",
    ),
    Mutant(
        f"{GRADE}/cases.py",
        "pool = EDGE_PROBABILITIES",
        "pool = PROBABILITIES",
        REACH,
        "probability_near_one",
    ),
    Mutant(
        f"{GRADE}/signature.py",
        'Source("dy") not in meant and low not in INPUT_NAMES:',
        'Source("dy") not in meant:',
        STYLES,
        "no_reading",
    ),
    Mutant(
        f"{GRADE}/signature.py",
        'if self.cache is not None and self.cache != "the needed":\n            known',
        'if self.cache == "the needed":\n            known',
        STYLES,
        "of_a_cache",
    ),
    Mutant(
        f"{GRADE}/calling.py",
        "        except BaseException as error:\n            outcome.symptom = CRASH",
        "        except Exception as error:\n            outcome.symptom = CRASH",
        STYLES,
        "ctrl_c",
    ),
    Mutant(
        f"{GRADE}/plain.py",
        "if end != len(message):",
        "if end > len(message):",
        "tests/parity/test_grade_plain.py",
        "no_message",
    ),
    Mutant(
        f"{GRADE}/composites.py",
        "inside[np.arange(len(t)), t] = -inside.sum(axis=1)",
        "inside[np.arange(len(t)), t] = -1",
        GRADE_TESTS,
        "agree and svm_loss",
    ),
    # explanations: sums, terms, names of what is computed, what is put back, grading
    Mutant(GRAPH, "np.asarray(cotangents[edge] + gradient) if edge in", "gradient if edge in", EXPLAIN, "twice"),
    Mutant(
        TERMS, "waiting += [(middle, stop), (start, middle)]", "waiting += [(start, middle)]", TERMS_TESTS, "linear"
    ),
    Mutant(
        TERMS, "opposite = self.elements.get(-number)", "opposite = self.elements.get(number)", TERMS_TESTS, "minus"
    ),
    Mutant(TERMS, "is_fixed = number == ", "is_fixed = number != ", TERMS_TESTS, "fixed"),
    Mutant(
        "numpynet/explain/restoring.py",
        "self.undo.append(partial(np.copyto, tensor._array, tensor._array.copy()))",
        "pass",
        EXPLAIN,
        "put_back",
    ),
    Mutant(
        "numpynet/explain/formula.py",
        "statement.body if scope.decide(statement.test) else statement.orelse",
        "statement.orelse if scope.decide(statement.test) else statement.body",
        FORMULAS_TESTS,
        "text",
    ),
    Mutant(
        "numpynet/explain/notation.py",
        "sign = _OPPOSITE.get(sign, sign) if opposite else sign",
        "sign = sign",
        FORMULAS_TESTS,
        "text",
    ),
    Mutant(
        "numpynet/explain/explanation.py",
        "if retraced is not None and same(tape.graph, retraced.graph):",
        "if retraced is not None:",
        EXPLAIN,
        "something_else",
    ),
    Mutant("numpynet/explain/exercise.py", "<= 256 * eps * largest", "<= largest", "tests/explain/test_exercise.py"),
    Mutant(TAPE, "listener.walking_back(roots)", "pass", "tests/core/test_listening.py"),
    # recurrence and attention: gates exchanged, a term of the way back left out, what is masked, what is drawn
    Mutant(RECURRENCE, "new_c += now[:, :size] * g", "new_c += g", OPS, "lstm"),
    Mutant(RECURRENCE, "now_h * c_by_h[rows]", "now_h", OPS, "lstm"),
    Mutant(RECURRENCE, "_carried(now_c * f[rows], dc)", "_carried(now_c, dc)", OPS, "lstm"),
    Mutant(RECURRENCE, "slopes[1] * _before(y[1], c, batch_sizes, reverse)", "slopes[1] * y[1]", OPS, "lstm"),
    Mutant(RECURRENCE, "if type(dy) is np.ndarray and not possible(dy != 0):", "if True:", OPS, "lstm"),
    Mutant(RECURRENCE, "_carried(now * u[rows] + ", "_carried(", OPS, "gru"),
    Mutant(RECURRENCE, "(before - n) * by_u, of_n * r, of_n]", "(before - n) * by_u, of_n, of_n]", OPS, "gru"),
    Mutant(RECURRENCE, "n += given[:, 2 * size :]", "n += given[:, :size]", OPS, "gru"),
    Mutant(RECURRENCE, "(y[0] > 0).astype(y.dtype)", "(y[0] >= 0).astype(y.dtype)", OPS, "rnn"),
    Mutant(RECURRENCE, "np.concatenate([new, state[len(new) :]])", "np.concatenate([new, new[:1]])", OPS, "rnn"),
    Mutant(RECURRENCE, "[states[n:], first] if reverse", "[first, states[:-n]] if reverse", OPS, "rnn"),
    Mutant(
        LAYERS,
        "run(z, first, batch_sizes, reverse)",
        "run(z, first, batch_sizes, False)",
        RECURRENCE_TESTS,
        "layers_like_torch",
    ),
    Mutant(LAYERS, "if dropout and not last:", "if dropout:", RECURRENCE_TESTS, "layers_like_torch"),
    Mutant(
        LAYERS, "return slice(0, batch_sizes[0])", "return slice(-batch_sizes[0], None)", RECURRENCE_TESTS, "layers"
    ),
    Mutant(
        "numpynet/nn/modules/rnn.py", "[end.index_select(1, back) for end in ends]", "ends", RECURRENCE_TESTS, "layers"
    ),
    Mutant("numpynet/nn/utils/rnn.py", "sizes[0] > length", "False", RECURRENCE_TESTS, "beyond"),
    Mutant(ATTENTION, "(q * scale) @ k.transpose(-2, -1)", "q @ k.transpose(-2, -1)", ATTENTION_TESTS, "scaled_dot"),
    Mutant(ATTENTION, "weights = weights.masked_fill(dead, 0.0)", "pass", ATTENTION_TESTS, "scaled_dot"),
    Mutant(ATTENTION, "mask = additive(~mask, query.dtype)", "mask = additive(mask, query.dtype)", ATTENTION_TESTS),
    Mutant(ATTENTION, "mask = padding if mask is None else mask + padding", "mask = padding", ATTENTION_TESTS),
    Mutant(ATTENTION, "dropout_p if training else 0.0", "dropout_p", ATTENTION_TESTS, "padding or multihead"),
    Mutant(ATTENTION, "weights = weights.mean(1)", "weights = weights[:, 0]", ATTENTION_TESTS, "multihead"),
    Mutant(
        "numpynet/nn/modules/transformer.py",
        "output = output.masked_fill(emptied, 0.0)",
        "pass",
        ATTENTION_TESTS,
        "padding",
    ),
    Mutant(NORMALIZATION, "dy - standard * _mean(dy * standard, axes)", "dy", OPS, "rms_norm"),
    Mutant(EMBEDDING, "dy = dy / _counts(sizes, dy.dtype)", "pass", OPS, "embedding_bag"),
    Mutant(EMBEDDING, "of_rows if s is None else of_rows * s[:, None]", "of_rows", OPS, "embedding_bag"),
    # training, and what stands around it
    Mutant(
        "numpynet/training/trainer.py",
        "        self.random.load_state_dict(self.epoch_start)  # the order of the epoch is drawn again",
        "        pass",
        "tests/training/test_resuming.py",
        "any_step",
    ),
    Mutant(
        "numpynet/training/trainer.py",
        'ready = partial(self.random.load_state_dict, place["random"])',
        "ready = None",
        "tests/training/test_resuming.py",
        "any_step",
    ),
    Mutant(
        "numpynet/training/batches.py",
        "if self.fingerprint() != self._mark:",
        "if False:",
        "tests/training/test_resuming.py",
        "order",
    ),
    Mutant(
        "numpynet/training/checkpoint.py",
        "                part.load_state_dict(before[name])",
        "                pass",
        "tests/training/test_resuming.py",
        "refusal",
    ),
    Mutant(
        "numpynet/training/callbacks.py",
        "elif epoch - self.best_epoch >= self.patience:",
        "elif epoch - self.best_epoch > self.patience:",
        "tests/training/test_evaluation.py",
        "early",
    ),
    Mutant(
        "numpynet/training/step.py",
        "return (each * weights).sum() / weights.sum()",
        "return (each * weights).mean()",
        "tests/training/test_evaluation.py",
        "weight",
    ),
    Mutant(
        "numpynet/serialization/atomic_file.py",
        "                if _is_mine(file):",
        "                if True:",
        "tests/training/test_resuming.py",
        "left",
    ),
    Mutant(
        "numpynet/training/folder_lock.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        "tests/training/test_folder_lock.py",
        "another_name",
    ),
    Mutant(
        "numpynet/training/folder_lock.py",
        "                _unlock(descriptor)\n                os.close(descriptor)",
        "                pass",
        "tests/training/test_folder_lock.py",
        "error_ends",
    ),
    Mutant(
        "numpynet/training/sweep.py",
        "if number in paths and not any(",
        "if number in paths and any(",
        "tests/training/test_sweep.py",
        "broken_off",
    ),
    Mutant(
        "numpynet/compiler/trace.py",
        "_, twin = self._twins[id(generator)] = generator, generator.clone_state()",
        "_, twin = self._twins[id(generator)] = generator, generator",
        "tests/random/test_generator_threads.py",
        "compiles",
    ),
    Mutant(
        "numpynet/compiler/compiled.py",
        "self._latest = built",
        "self._latest = self._latest or built",
        "tests/compiler/test_modules.py",
        "turns",
    ),
    Mutant(
        "numpynet/compiler/compiling.py",
        "if kwargs or any(given) or (grad_flags.enabled and any(learned)):",
        "if kwargs or any(given):",
        "tests/compiler/test_modules.py",
        "walked",
    ),
    Mutant("numpynet/ops/fourier.py", "    if n % 2 == 0:", "    if n % 2 == 1:", "tests/fft", "derivatives"),
    Mutant("numpynet/ops/fourier.py", '"backward": "forward",', '"backward": "backward",', "tests/fft", "derivatives"),
    Mutant(
        "numpynet/ops/linear_algebra.py",
        "within = slopes - vh @ (v * turning.real[..., None, :])",
        "within = slopes",
        "tests/differential/test_complex_calls.py",
        "linalg.eig",
    ),
    Mutant(
        "numpynet/creation/windows.py",
        "alpha - beta * np.cos",
        "alpha + beta * np.cos",
        "tests/creation/test_windows.py",
        "by_hand",
    ),
    Mutant(COMPLEX, "b=lambda dy: dy.imag,", "b=lambda dy: -dy.imag,", COMPLEX_TESTS),
    Mutant(COMPLEX, "dy[..., 0] + 1j * dy[..., 1]", "dy[..., 0] - 1j * dy[..., 1]", COMPLEX_TESTS),
    Mutant(COMPLEX, "1j * x * (dy /", "-1j * x * (dy /", COMPLEX_TESTS),
    Mutant(
        "numpynet/ops/plan.py",
        "turned = np.conj(dy)",
        "turned = dy",
        COMPLEX_TESTS,
    ),
    Mutant(
        "numpynet/ops/rounding.py",
        'if x.dtype.kind != "c":',
        'if x.dtype.kind == "c":',
        "tests/ops/test_complex_operations.py",
        "abs or norm",
    ),
    Mutant(TENSOR, "if not operation.complex:", "if operation.complex:", COMPLEX_TESTS),
    Mutant(
        "numpynet/sparse/coordinates.py",
        "return mm(mat2.t(), mat1.t()).t()",
        "return mm(mat2, mat1.t()).t()",
        "tests/sparse",
    ),
    Mutant("numpynet/sparse/coordinates.py", "flat = flat * size + place", "flat = flat + place", "tests/sparse"),
]
