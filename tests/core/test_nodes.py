"""Nodes of the tape: their names, what they keep, and what is refused. Every expectation holds of torch too."""

import copy
import io

import numpy as np
import pytest

NAMES = {
    "z.zero_()": "ZeroBackward0",
    "z.fill_(2)": "FillBackward2",
    "z.fill_(p)": "FillBackward3",
    "z[...] = 3.0": "FillBackward3",
    "z[:] = w": "torch::autograd::CopyBackwards",
    "z[()] = w": "torch::autograd::CopyBackwards",
    "z[-2:] = w": "torch::autograd::CopySlices",
    "z[0] = 3.0": "torch::autograd::CopySlices",
    "z[None] = 3.0": "torch::autograd::CopySlices",
    "z[True] = 3.0": "torch::autograd::CopySlices",
    "z[k] = 3.0": "IndexPutBackward0",
    "z.copy_(v)": "torch::autograd::CopyBackwards",
    "z.masked_fill_(k, 1)": "MaskedFillBackward0",
    "z.masked_fill_(k, p)": "MaskedFillBackward1",
    "z.index_fill_(0, i, 2.0)": "IndexFillBackward0",
    "z.uniform_()": "UniformBackward0",
    "z.normal_()": "NormalBackward0",
    "z.bernoulli_()": "BernoulliBackward2",
    "z.random_(5)": "RandomBackward1",
    "z.eq_(w)": "EqBackward1",
    "z.lt_(1)": "LtBackward0",
    "z.clamp_min_(0)": "ClampMinBackward0",
    "z.t_()": "TBackward1",
    "z.squeeze_()": "SqueezeBackward3",
    "z.squeeze_(0)": "SqueezeBackward4",
    "z.unsqueeze_(0)": "UnsqueezeBackward1",
    "z.transpose_(0, 1)": "TransposeBackward1",
    "z.deg2rad_()": "Deg2RadBackward0",
    "z = F.elu(z, inplace=True)": "EluBackward1",
    "z = torch.clamp_max(z, 1)": "ClampMaxBackward0",
    "z = z // 2": "torch::autograd::NotImplemented",
    "z = z[:]": "SliceBackward0",
    "z = z[:, :]": "AliasBackward0",
    "z = z.narrow(0, 0, 2)": "SliceBackward0",
    "z = z.T.reshape(4)": "UnsafeViewBackward0",
    "z = z.unique()": "Unique2Backward0",
    "z = torch.bernoulli(z * 0)": "BernoulliBackward0",
    "z = torch.normal(z, 1.0)": "NormalBackward1",
}


@pytest.mark.parametrize("statement", NAMES)
def test_names(library, statement):
    z = library.ones(2, 2, requires_grad=True) * 1
    names = {
        "torch": library,
        "F": library.nn.functional,
        "z": z,
        "p": library.tensor(2.0, requires_grad=True),
        "v": library.ones(2, requires_grad=True),
        "w": library.ones(2, 2, requires_grad=True),
        "k": library.tensor([[True, False], [True, True]]),
        "i": library.tensor([0, 1]),
    }
    exec(statement, names)
    name = NAMES[statement]
    assert names["z"].grad_fn.name() == name
    assert repr(names["z"]).endswith(f"grad_fn=<{name.rpartition('::')[2]}>)")


@pytest.mark.parametrize(
    "statement",
    ["z.zero_()", "z.fill_(2)", "z[...] = 3.0", "z.copy_(w)", "z.uniform_()", "z.eq_(w)", "z.ne_(1)", "z.fill_(p)"],
)
def test_what_is_overwritten_counts_no_more(library, statement):
    x, w = library.ones(2, 2, requires_grad=True), library.ones(2, 2)
    z = x * 1
    exec(statement, {"z": z, "w": w, "p": library.tensor(2.0, requires_grad=True)})
    z.sum().backward()
    assert x.grad.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("function", ["lerp", "deg2rad", "rad2deg", "repeat_interleave", "neg", "sum"])
def test_what_keeps_nothing_goes_back_twice(library, function):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    arguments = {"lerp": (x, 0.5), "repeat_interleave": (2,)}.get(function, ())
    y = getattr(x, function)(*arguments).sum()
    y.backward()
    first = x.grad.tolist()
    y.backward()
    assert x.grad.tolist() == [2 * one for one in first]


def test_the_factor_of_a_product_is_kept_for_one_pass(library):
    y = (library.ones(2, requires_grad=True) * 2).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_an_absolute_loss_keeps_signs_and_not_its_input(library):
    w = library.tensor([1.0, -1.0], requires_grad=True)
    x = w * 3
    loss = library.nn.functional.l1_loss(x, library.zeros(2), reduction="sum")
    x.mul_(2)
    loss.backward()
    assert w.grad.tolist() == [3, -3]


def test_the_norm_that_counts_hands_on_no_gradient(library):
    x = library.tensor([1.0, 0.0], requires_grad=True)
    x.norm(0).backward()
    assert x.grad is None


def test_indices_that_were_returned_may_not_change(library):
    values, indices = (library.tensor([[1.0, 3.0], [2.0, 1.0]], requires_grad=True) * 1).max(1)
    indices.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        values.sum().backward()


# --- views of memory that was written -----------------------------------------------------------------------


def test_a_view_of_written_memory_is_made_again(library):
    y = library.ones(2, 2, requires_grad=True) * 1
    view = y[0]
    with library.no_grad():
        y.mul_(2)
    assert y.grad_fn.name() == "MulBackward0"
    assert view.grad_fn.name() == "AsStridedBackward0"


def test_parts_of_written_memory_are_refused(library):
    y = library.ones(2, 2, requires_grad=True) * 1
    part = y.unbind()[0]
    with library.no_grad():
        y.mul_(2)
    assert part.requires_grad
    with pytest.raises(RuntimeError, match="Output 0 of Unbind is a view"):
        part.sum().backward()
    parts = (library.ones(4, requires_grad=True) * 1).tensor_split(2)
    parts[0].mul_(2)  # ordinary views


def test_the_view_that_a_function_of_ones_own_returns_is_guarded(library):
    class Triple(library.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return (x.detach() * 3).view(-1)

        @staticmethod
        def backward(ctx, dy):
            return dy.view(2, 2) * 3

    y = Triple.apply(library.ones(2, 2, requires_grad=True))
    with library.no_grad():
        y.fill_(1)
    with pytest.raises(RuntimeError, match="custom Function"):
        y.sum().backward()


def test_a_shape_changed_under_no_grad_leaves_views_on_the_tape(library):
    y = library.ones(2, 3, requires_grad=True) * 2
    view = y[0]
    with library.no_grad():
        y.t_()
    assert not view.is_leaf
    assert view.grad_fn.name() == "AsStridedBackward0"


def test_rows_of_an_expanded_tensor_are_written(library):
    x = library.ones(2, requires_grad=True)
    y = x * 1
    y.expand(3, 2)[0].mul_(5)
    y.sum().backward()
    assert x.grad.tolist() == [5, 5]


# --- data and hooks -----------------------------------------------------------------------------------------


def test_data_replaced_before_the_backward_pass(library):
    w = library.tensor([2.0], requires_grad=True)
    x = library.tensor([3.0], requires_grad=True)
    y = w * x
    w.data = library.tensor([10.0])
    y.backward()
    assert (w.grad.tolist(), x.grad.tolist()) == ([3], [10])


def test_a_weight_whose_data_are_replaced_is_viewed_by_linear(library):
    """linear multiplies by a view of its weight, and a view stays with the old data."""
    w = library.ones(2, 3, requires_grad=True)
    x = library.ones(4, 3, requires_grad=True)
    y = library.nn.functional.linear(x, w)
    w.data, x.data = library.full((2, 3), 5.0), library.full((4, 3), 7.0)
    y.sum().backward()
    assert x.grad[0].tolist() == [2, 2, 2]
    assert w.grad[0].tolist() == [28, 28, 28]


def test_what_was_detached_in_place_is_no_longer_kept(library):
    y = library.ones(1, requires_grad=True) * 2
    z = y * y
    y.detach_()
    with pytest.raises(RuntimeError, match="detached in-place"):
        z.backward()
    y.requires_grad_()
    (y * y).backward()  # what came after
    assert y.grad.tolist() == [4]


def test_hooks_share_the_gradient(library):
    x = library.ones(2, requires_grad=True)
    seen = []
    for tensor in (x, x * 2):
        tensor.register_hook(seen.append)
        tensor.register_hook(seen.append)
        tensor.sum().backward()
        assert seen[-1] is seen[-2]


# --- inference mode -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [1.5, None, np.ones(2), np.True_])
def test_what_is_no_bool_is_no_inference_mode(library, mode):
    decorated = library.inference_mode(mode)  # as of a function
    with pytest.raises(TypeError), decorated:
        pass


@pytest.fixture
def inferred(library):
    with library.inference_mode():
        return library.ones(2, 2)


@pytest.mark.parametrize(
    "statement",
    [
        "t.add_(1)",
        "t += 1",
        "t[0] = 1",
        "t[0].mul_(2)",
        "t.zero_()",
        "t.fill_(1)",
        "t.copy_(w.detach())",
        "t.uniform_()",
        "t.t_()",
        "t.requires_grad_()",
        "t * w",
        "w * t[0]",
        "t @ w",
        "t._version",
        "torch.add(w.detach(), 1, out=t)",
    ],
)
def test_what_is_refused_of_memory_made_in_inference_mode(library, inferred, statement):
    with pytest.raises(RuntimeError, match=r"[Ii]nference"):
        exec(statement, {"torch": library, "t": inferred, "w": library.ones(2, 2, requires_grad=True)})
    if library.__name__ == "numpynet":  # torch has written by then
        assert inferred.tolist() == [[1, 1], [1, 1]]


def test_what_is_possible_with_memory_made_in_inference_mode(library, inferred):
    w = library.ones(2, 2, requires_grad=True)
    assert inferred.is_inference()
    assert library.is_inference(inferred[0])
    assert (inferred + w).requires_grad
    assert not (inferred * 2).is_inference()
    assert not inferred.clone().is_inference()
    assert inferred.clone().requires_grad_().requires_grad
    with library.inference_mode():
        assert inferred.add_(1).tolist() == [[2, 2], [2, 2]]
        assert not w[0].is_inference()
        with library.enable_grad():
            assert not (w * 2).requires_grad


# --- files, copies and layouts ------------------------------------------------------------------------------


def test_files_keep_shared_memory(library):
    x = library.arange(4.0)
    file = io.BytesIO()
    library.save([x, x[1::2], x.view(2, 2).t()], file)
    file.seek(0)
    whole, part, turned = library.load(file)
    part.mul_(0)
    assert whole.tolist() == [0, 0, 2, 0]
    assert turned.tolist() == [[0, 2], [0, 0]]
    assert (part.stride(), turned.stride()) == ((2,), (1, 2))


def test_functions_are_copied_as_themselves(library):
    assert copy.deepcopy([library.tanh, library.cat]) == [library.tanh, library.cat]


@pytest.mark.parametrize(
    ("expression", "strides"),
    [
        ("x.sort(0).values", (1, 3)),
        ("x.sort(0).indices", (1, 3)),
        ("x + c", (1, 3)),
        ("c + x", (2, 1)),
        ("x * 2", (1, 3)),
        ("x + e", (1, 3)),
        ("e.double()", (2, 1)),
        ("e.flip(0)", (2, 1)),
        ("torch.zeros_like(e)", (2, 1)),
        ("torch.rand_like(e)", (2, 1)),
        ("torch.where(x > 0, x, 0.0)", (1, 3)),
        ("x[:, ::1].ravel()", (1,)),
        ("s.ravel()", (1,)),
        ("F.logsigmoid(x)", (2, 1)),
        ("torch.isin(x, c)", (2, 1)),
        ("2**x", (2, 1)),
        ("torch.addmm(x, x, c[:2])", (2, 1)),
    ],
)
def test_layouts(library, expression, strides):
    names = {
        "torch": library,
        "F": library.nn.functional,
        "x": library.arange(6.0).reshape(2, 3).t(),
        "c": library.ones(3, 2),
        "e": library.ones(1, 2).expand(3, 2),
        "s": library.arange(12.0).reshape(3, 4)[:, ::2],
    }
    result = eval(expression, names)
    assert result.stride() == strides
    assert result.data_ptr() not in [names[name].data_ptr() for name in "xces"]


# --- as other people's code has it --------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:This overload")
@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("p.add_(2, m)", [7, 10]),
        ("p.addcdiv_(-1, m, d)", [-0.5, 1.5]),
        ("torch.addcmul(p, 2, m, d)", [13, 66]),
        ("torch.addmm(2, A, 3, A, A)", [[23, 34], [51, 74]]),
        ("A.addmm(2, A, A)", [[9, 14], [21, 30]]),
        ("torch.addmv(2, p, A, m)", [13, 29]),
        ("p.addmv_(2, A, m)", [13, 29]),
    ],
)
def test_old_forms(library, expression, values):
    names = {
        "torch": library,
        "p": library.tensor([1.0, 2.0]),
        "m": library.tensor([3.0, 4.0]),
        "d": library.tensor([2.0, 8.0]),
        "A": library.tensor([[1.0, 2.0], [3.0, 4.0]]),
    }
    assert eval(expression, names).tolist() == values


def test_gradients_of_what_a_generator_gives(library):
    model = library.nn.Linear(2, 1)
    gradients = library.autograd.grad(model(library.ones(2)).sum(), model.parameters())
    assert [tuple(one.shape) for one in gradients] == [(1, 2), (1,)]
    model(library.ones(2)).sum().backward(inputs=model.parameters())
    assert model.weight.grad.tolist() == [[1, 1]]


def test_reversed_tensors(library):
    assert reversed(library.tensor([[1, 2], [3, 4]])).tolist() == [[3, 4], [1, 2]]
    assert reversed(library.tensor(1)).item() == 1


def test_one_number_beyond_float16_is_infinite_there(library):
    assert library.full((1,), 1e6, dtype=library.float16).tolist() == [float("inf")]
    assert library.zeros(1, dtype=library.float16).fill_(65519.0).tolist() == [65504]
    with pytest.raises(RuntimeError, match="overflow"):
        library.full((2,), 1e6, dtype=library.float16)


def test_a_function_that_registers_hooks_is_checked(library):
    def function(x):
        y = x * 2
        y.register_hook(lambda dy: dy)
        return y * y

    assert library.autograd.gradcheck(function, (library.ones(2, dtype=library.float64, requires_grad=True),))
