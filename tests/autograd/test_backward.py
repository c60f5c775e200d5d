"""The backward pass as a user sees it. Every expectation is checked against torch as well."""

import warnings

import numpy as np
import pytest

AGAIN = "Trying to backward through the graph a second time"


def leaf(library, *values, dtype=None):
    return library.tensor(values, dtype=dtype or library.float64, requires_grad=True)


def test_a_leaf_gets_its_gradient_and_a_computed_tensor_does_not(library):
    x = leaf(library, 1.0, 2.0)
    y = x * x
    y.sum().backward()
    assert x.grad.tolist() == [2, 4]
    with pytest.warns(UserWarning, match="not a leaf Tensor is being accessed"):
        assert y.grad is None


def test_a_value_used_twice_gets_both_cotangents(library):
    x = leaf(library, 3.0)
    b = x + x
    c = b * b + b
    c.sum().backward()
    assert x.grad.tolist() == [2 * (2 * 6 + 1)]


def test_an_operand_given_twice(library):
    x = leaf(library, 3.0)
    (x * x * x).sum().backward()
    assert x.grad.tolist() == [27]


def test_gradients_add_up_in_the_same_object(library):
    x = leaf(library, 1.0, 2.0)
    (x * 2).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    assert x.grad is first
    assert first.tolist() == [5, 5]


def test_the_gradient_belongs_to_the_leaf_alone(library):
    """Adding passes one cotangent to both operands; their gradients must still be separate memory."""
    x, y = leaf(library, 1.0), leaf(library, 2.0)
    given = library.ones(1, dtype=library.float64)
    (x + y).backward(given)
    x.grad += 1
    assert y.grad.tolist() == [1]
    assert given.tolist() == [1]


def test_a_leaf_may_be_its_own_root(library):
    x = library.tensor(3.0, requires_grad=True)
    x.backward()
    x.backward()
    assert x.grad.item() == 2


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_gradients_have_the_dtype_and_shape_of_their_tensor(library, dtype):
    x = library.ones((2, 1), dtype=getattr(library, dtype), requires_grad=True)
    y = library.ones(3, dtype=library.float64, requires_grad=True)
    (x * y).sum().backward()
    assert x.grad.dtype == x.dtype
    assert tuple(x.grad.shape) == (2, 1)
    assert y.grad.dtype == y.dtype
    assert x.grad.tolist() == [[3], [3]]


def test_a_cotangent_for_what_is_no_scalar(library):
    x = leaf(library, 1.0, 2.0)
    (x * x).backward(library.tensor([1.0, 10.0], dtype=library.float64))
    assert x.grad.tolist() == [2, 40]
    (x * x).backward(gradient=library.tensor([1, 1]))  # of another dtype: it is converted
    assert x.grad.tolist() == [4, 44]


@pytest.mark.parametrize("dtype", ["float64", "float32"])  # the tensor's, and another one
def test_a_cotangent_is_neither_changed_nor_kept(library, dtype):
    x = leaf(library, 1.0, 2.0)
    given = library.tensor([3.0, 4.0], dtype=getattr(library, dtype))
    for y in (x.clone(), x.view(2), x + 0):
        y.retain_grad()
        y.backward(given)
    x.grad += 100
    assert given.tolist() == [3, 4]
    given.zero_()
    assert x.grad.tolist() == [109, 112]


@pytest.mark.parametrize(
    ("start", "error", "words"),
    [
        (lambda library, x: (x * 2).backward(), RuntimeError, "implicitly created only for scalar outputs"),
        (lambda library, x: (x * 2).backward(library.ones(3)), RuntimeError, "Mismatch in shape: grad_output"),
        (lambda library, x: (x * 2).backward(2.0), TypeError, "float"),
        (lambda library, x: x.detach().sum().backward(), RuntimeError, "element 0 of tensors does not require grad"),
        (lambda library, x: library.ones(()).backward(), RuntimeError, "does not require grad"),
        (lambda library, x: x.sum().backward(inputs=[]), RuntimeError, "cannot be empty"),
        (lambda library, x: x.sum().backward(inputs=[library.ones(1)]), RuntimeError, "require"),
        (lambda library, x: library.autograd.grad(x * 2, x), RuntimeError, "implicitly created only for scalar"),
        (lambda library, x: library.autograd.grad(x.sum(), library.ones(1)), RuntimeError, "does not require grad"),
        (lambda library, x: library.autograd.grad(x.sum(), [x, leaf(library, 1.0)]), RuntimeError, "at index 1"),
    ],
)
def test_what_cannot_be_differentiated_says_so(library, start, error, words):
    x = leaf(library, 1.0, 2.0)
    with pytest.raises(error, match=words):
        start(library, x)
    assert x.grad is None


def test_unused_inputs_must_not_both_be_forbidden_and_zero(library):
    x, z = leaf(library, 1.0), leaf(library, 1.0)
    with pytest.raises(ValueError, match="allow_unused"):
        library.autograd.grad(x.sum(), [x, z], allow_unused=False, materialize_grads=True)


# --- a second time -------------------------------------------------------------------------------------

SAVING = {  # operations whose gradient needs a value: that is let go, and a second pass must not be possible
    "mul": lambda t, x: x * x,
    "mul by a number": lambda t, x: x * 2,
    "mul by a tensor": lambda t, x: x * t.ones(3),
    "div": lambda t, x: x / 2,
    "reciprocal": lambda t, x: 1 / x,
    "pow": lambda t, x: x**2,
    "exp": lambda t, x: x.exp(),
    "log": lambda t, x: x.log(),
    "sqrt": lambda t, x: x.sqrt(),
    "tanh": lambda t, x: x.tanh(),
    "sigmoid": lambda t, x: x.sigmoid(),
    "relu": lambda t, x: x.relu(),
    "abs": lambda t, x: x.abs(),
    "matmul": lambda t, x: x @ t.ones(3, 2),
    "index by a tensor": lambda t, x: x[t.tensor([0, 2])],
    "index by a list": lambda t, x: x[[0, 2]],
    "index by a mask": lambda t, x: x[t.tensor([True, False, True])],
    "gather": lambda t, x: x.gather(0, t.tensor([0])),
    "index_select": lambda t, x: x.index_select(0, t.tensor([0])),
    "where": lambda t, x: t.where(x > 0, x, x),
    "maximum": lambda t, x: t.maximum(x, t.ones(3)),
    "clamp": lambda t, x: x.clamp(0, 1),
    "masked_fill": lambda t, x: x.masked_fill(x > 1, 0.0),
    "max": lambda t, x: x.max(0).values,
    "softmax": lambda t, x: x.softmax(0),
    "mse_loss": lambda t, x: t.nn.functional.mse_loss(x, t.zeros(3)),
    "linear": lambda t, x: t.nn.functional.linear(x, t.ones(2, 3)),
}
SAVING_NOTHING = {
    "add": lambda t, x: x + 1,
    "sub": lambda t, x: 1 - x,
    "neg": lambda t, x: -x,
    "sum": lambda t, x: x.sum(),
    "sum of rows": lambda t, x: x.sum(0),
    "mean": lambda t, x: x.mean(),
    "view": lambda t, x: x.view(3, 1),
    "reshape": lambda t, x: x.reshape(1, 3),
    "transpose": lambda t, x: x.view(3, 1).t(),
    "select": lambda t, x: x[0],
    "slice": lambda t, x: x[1:],
    "new axis": lambda t, x: x[None],
    "expand": lambda t, x: x.expand(2, 3),
    "cat": lambda t, x: t.cat([x, x]),
    "stack": lambda t, x: t.stack([x, x]),
    "clone": lambda t, x: x.clone(),
    "double": lambda t, x: x.double(),
    "cumsum": lambda t, x: x.cumsum(0),
    "flip": lambda t, x: x.flip(0),
    "round": lambda t, x: x.round(),
}


@pytest.mark.parametrize("name", SAVING)
def test_a_second_pass_needs_retain_graph(library, name):
    x = library.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = SAVING[name](library, x)
    y.backward(library.ones_like(y), retain_graph=True)
    y.backward(library.ones_like(y))
    once = x.grad.clone()
    with pytest.raises(RuntimeError, match=AGAIN):
        y.backward(library.ones_like(y))
    assert x.grad.tolist() == once.tolist()


@pytest.mark.parametrize("name", SAVING_NOTHING)
def test_operations_that_save_nothing_may_be_walked_again(library, name):
    x = library.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = SAVING_NOTHING[name](library, x)
    y.backward(library.ones_like(y))
    once = x.grad.clone()
    y.backward(library.ones_like(y))
    assert x.grad.tolist() == (2 * once).tolist()


def test_a_shared_part_is_let_go_by_the_first_pass(library):
    x = leaf(library, 2.0)
    shared = x * x
    first, second = shared.sum(), (shared + 1).sum()
    first.backward()
    with pytest.raises(RuntimeError, match=AGAIN):
        second.backward()
    assert x.grad.tolist() == [4]


# --- towards certain inputs -------------------------------------------------------------------------------


def test_grad_touches_no_grad(library):
    x, y = leaf(library, 2.0), leaf(library, 3.0)
    product = x * y
    dx, dproduct = library.autograd.grad((product * product).sum(), [x, product])
    assert (dx.tolist(), dproduct.tolist()) == ([2 * 6 * 3], [12])
    assert x.grad is None
    assert y.grad is None


def test_equal_tensors_are_not_the_same_input(library):
    """Inputs are found by identity: tensors compare by their elements."""
    x, y, z = leaf(library, 1.0), leaf(library, 1.0), leaf(library, 1.0)
    dy, dz = library.autograd.grad((x * 2 + y * 3).sum(), [y, z], allow_unused=True)
    assert dy.tolist() == [3]
    assert dz is None


def test_the_same_input_may_be_asked_for_twice(library):
    x = leaf(library, 2.0)
    first, second = library.autograd.grad((x * x).sum(), [x, x])
    assert first.tolist() == second.tolist() == [4]


def test_zeros_for_what_was_not_used(library):
    x, z = leaf(library, 2.0), leaf(library, 1.0, 1.0)
    _, dz = library.autograd.grad(x.sum(), [x, z], materialize_grads=True)
    assert dz.tolist() == [0, 0]


def test_several_outputs_with_their_cotangents(library):
    x = leaf(library, 2.0)
    (dx,) = library.autograd.grad([x * 3, x * x], [x], [library.ones(1), library.full((1,), 10.0)])
    assert dx.tolist() == [3 + 40]
    library.autograd.backward([x * 3, x.sum()], [library.ones(1), None])
    assert x.grad.tolist() == [4]


def test_what_lies_behind_an_input_is_left_for_later(library):
    x = leaf(library, 2.0)
    middle = x * x
    (dmiddle,) = library.autograd.grad((middle * middle).sum(), middle)
    middle.backward(dmiddle)
    assert x.grad.tolist() == [4 * 2**3]


def test_only_the_way_to_the_inputs_is_walked(library):
    x, y = leaf(library, 2.0), leaf(library, 3.0)
    seen = []
    left, right = x * x, y * y
    right.register_hook(lambda g: seen.append("right"))
    x.register_hook(lambda g: seen.append("x"))
    y.register_hook(lambda g: seen.append("y"))
    out = (left + right).sum()
    library.autograd.grad(out, x)
    assert seen == ["x"]
    right.sum().backward()  # its values were not let go
    assert y.grad.tolist() == [6]


def test_backward_into_chosen_leaves(library):
    x, y = leaf(library, 2.0), leaf(library, 3.0)
    (x * y).sum().backward(inputs=[x])
    assert x.grad.tolist() == [3]
    assert y.grad is None
    (x * y).sum().backward(inputs=y)
    assert y.grad.tolist() == [2]


def test_backward_into_a_computed_tensor_makes_it_retain(library):
    x = leaf(library, 2.0)
    h = x * x
    (h * 3).sum().backward(inputs=[h])
    assert h.grad.tolist() == [3]
    assert h.retains_grad
    assert x.grad is None


def test_an_input_that_was_not_used_gets_nothing(library):
    x, z = leaf(library, 2.0), leaf(library, 3.0)
    (x * x).sum().backward(inputs=[x, z])
    assert z.grad is None


# --- retain_grad ------------------------------------------------------------------------------------------


def test_retain_grad(library):
    x = leaf(library, 2.0)
    h = x * x
    h.retain_grad()
    (h * 3).sum().backward(retain_graph=True)
    assert (h.retains_grad, h.grad.tolist(), x.grad.tolist()) == (True, [3], [12])
    h.sum().backward()
    assert h.grad.tolist() == [4]


def test_retain_grad_of_a_leaf_changes_nothing_and_of_a_constant_is_refused(library):
    x = leaf(library, 2.0)
    x.retain_grad()
    assert not x.retains_grad
    with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=False"):
        x.detach().retain_grad()


# --- leaves and flags -------------------------------------------------------------------------------------


def test_what_is_a_leaf(library):
    x = leaf(library, 1.0)
    constant = library.ones(1)
    assert [one.is_leaf for one in (x, constant, constant * 2, x.detach(), x * 2, x.clone())] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]
    assert (constant * 2).requires_grad is False
    assert (constant * x).requires_grad is True
    assert (x > 0).requires_grad is False
    assert x.argmax().requires_grad is False
    assert x.long().requires_grad is False


def test_requires_grad_may_be_switched_on_leaves_only(library):
    x = library.ones(2)
    assert x.requires_grad_() is x
    assert x.requires_grad
    x.requires_grad = False
    assert not x.requires_grad
    y = (x * x.requires_grad_()).sum()
    with pytest.raises(RuntimeError, match="you can only change requires_grad flags of leaf variables"):
        y.requires_grad = False
    with pytest.raises(RuntimeError, match="leaf variables"):
        y.requires_grad = True
    with pytest.raises(RuntimeError, match="leaf variables"):
        y.requires_grad_(False)
    with pytest.raises(RuntimeError, match="must be a bool"):
        x.requires_grad = 1
    assert x.requires_grad


@pytest.mark.parametrize(
    "require",
    [
        lambda library, x: setattr(x, "requires_grad", True),
        lambda library, x: x.requires_grad_(),
        lambda library, x: library.tensor([1, 2], requires_grad=True),
    ],
)
def test_integers_have_no_derivative(library, require):
    x = library.tensor([1, 2])
    with pytest.raises(RuntimeError, match=r"[Oo]nly Tensors of floating point"):
        require(library, x)
    assert not x.requires_grad


def test_a_leaf_that_requires_grad_no_more_takes_none(library):
    x = leaf(library, 1.0)
    y = x * 2
    x.requires_grad_(False)
    y.sum().backward()
    assert x.grad is None


def test_grad_may_be_assigned_deleted_and_zeroed(library):
    x = leaf(library, 1.0, 2.0)
    x.grad = library.ones(2, dtype=library.float64)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [3, 3]
    x.grad.zero_()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2, 2]
    x.grad = None
    assert x.grad is None


@pytest.mark.parametrize(
    ("gradient", "error"),
    [
        (lambda library: library.ones(3, dtype=library.float64), RuntimeError),
        (lambda library: library.ones(2), RuntimeError),
        (lambda library: [1.0, 1.0], TypeError),
    ],
)
def test_a_grad_of_another_kind_is_refused(library, gradient, error):
    x = leaf(library, 1.0, 2.0)
    with pytest.raises(error):
        x.grad = gradient(library)
    assert x.grad is None


def test_grad_fn_names_and_their_operands(library):
    x = leaf(library, 1.0)
    y = (x * 2).exp()
    assert y.grad_fn.name() == "ExpBackward0"
    ((before, _),) = y.grad_fn.next_functions
    assert before.name() == "MulBackward0"
    assert before.next_functions[0][0].name().endswith("AccumulateGrad")
    assert before.next_functions[0][0].variable is x
    assert repr(y.grad_fn).startswith("<ExpBackward0 object at 0x")
    assert x.grad_fn is None


@pytest.mark.parametrize("wrong", ["loss", [1.0], {"loss": 1}])
def test_what_is_no_tensor_has_no_gradient(library, wrong):
    x = leaf(library, 1.0)
    for function in (library.autograd.backward, lambda loss: library.autograd.grad(loss, x)):
        with pytest.raises(AssertionError, match="Expected output to be a"):
            function(wrong)


@pytest.mark.parametrize("wrong", ["weight", [1.0], {"weight": 1}])
def test_what_is_no_tensor_is_not_differentiated_by(library, wrong):
    x = leaf(library, 1.0)
    for function in (library.autograd.grad, lambda loss, one: library.autograd.backward(loss, inputs=one)):
        with pytest.raises(RuntimeError, match="all inputs have to be Tensors"):
            function(x * 2, wrong)


@pytest.mark.parametrize("options", [{"create_graph": None}, {"materialize_grads": None}, {"create_graph": "yes"}])
def test_flags_of_grad_are_bools(library, options):
    x = leaf(library, 1.0)
    with pytest.raises(TypeError):
        library.autograd.grad(x * 2, x, **options)
    library.autograd.grad(x * 2, x, retain_graph=None, allow_unused=None)


# --- what goes wrong leaves no trace ------------------------------------------------------------------------


def test_after_an_error_no_gradient_has_changed():
    """torch has by then added to some; numpynet gives the leaves theirs last of all."""
    import numpynet

    x = numpynet.ones(2, requires_grad=True)
    early = x * 1
    late = early * early
    early += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        (x * 3 + late).sum().backward()
    assert x.grad is None


# --- infinities and NaN -------------------------------------------------------------------------------------


def test_nan_and_infinity_go_through_in_silence(library):
    x = leaf(library, 0.0, -1.0, float("inf"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (x.log() * 2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [float("inf"), -2, 0])


# --- order ---------------------------------------------------------------------------------------------------


def test_gradients_add_up_in_the_order_of_torch():
    """Three cotangents of very different size: only torch's order of additions gives torch's bits."""
    torch = pytest.importorskip("torch")
    import numpynet

    def run(library, factors):
        x = library.tensor([1.0], requires_grad=True)
        h = x * 1.0
        total = x * 7.0
        for factor in factors:
            total = total + h * factor
        total.sum().backward()
        return x.grad.item()

    rng = np.random.default_rng(0)
    results = set()
    for _ in range(20):
        factors = rng.permutation([1e8, 3.0, 1e-3, -1e8]).tolist()
        results.add(run(numpynet, factors))
        assert run(numpynet, factors) == run(torch, factors)
    assert len(results) > 1


def test_gradients_of_a_batch_of_cotangents(library):
    x, w = library.tensor([1.0, 2.0], requires_grad=True), library.ones(2, requires_grad=True)
    found = library.autograd.grad(x * x, (x, w), library.eye(2), is_grads_batched=True, allow_unused=True)
    assert found[0].tolist() == [[2.0, 0.0], [0.0, 4.0]]
    assert found[1] is None
    (rows,) = library.autograd.grad(x**3, x, library.eye(2), is_grads_batched=True, create_graph=True)
    assert library.autograd.grad(rows.sum(), x)[0].tolist() == [6.0, 12.0]
    with pytest.raises(ValueError, match=r"grad_outputs|same size"):
        library.autograd.grad((x * x, x), x, (library.eye(2), library.ones(3, 2)), is_grads_batched=True)
    with pytest.raises(RuntimeError, match=r"shape|is_grads_batched"):
        library.autograd.grad(x * x, x, library.ones(2, 3), is_grads_batched=True)


def test_a_gradient_lies_in_the_order_of_its_leaf(library):
    """Of one without gaps, as torch lays it out; of others in the order of the indices."""
    dense = library.arange(24.0).reshape(2, 3, 4)
    for leaf, strides in (
        (dense, (12, 4, 1)),
        (dense.permute(2, 0, 1), (1, 12, 4)),
        (dense[0].t(), (1, 4)),
        (dense[:, :, ::2], (6, 2, 1)),
        (dense[:, :1].expand(2, 3, 4), (12, 4, 1)),
    ):
        leaf = leaf.detach().requires_grad_()
        (leaf * leaf).sum().backward()
        assert leaf.grad.stride() == strides
        assert leaf.grad.tolist() == (2 * leaf).tolist()
