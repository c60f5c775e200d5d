"""Views: shared memory, and gradients through what is written into it. Every expectation holds of torch."""

import itertools

import numpy as np
import pytest

import numpynet


def leaf(library, *values):
    return library.tensor(values, dtype=library.float64, requires_grad=True)


def matrix(library, rows=2, columns=3):
    return library.arange(float(rows * columns), dtype=library.float64).reshape(rows, columns).clone()


VIEWS = {
    "x[0]": lambda x: x[0],
    "x[:, 1:]": lambda x: x[:, 1:],
    "x[None]": lambda x: x[None],
    "x[...]": lambda x: x[...],
    "view": lambda x: x.view(-1),
    "view_as": lambda x: x.view_as(x),
    "reshape": lambda x: x.reshape(3, 2),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "t()": lambda x: x.t(),
    "transpose": lambda x: x.transpose(0, 1),
    "permute": lambda x: x.permute(1, 0),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x.squeeze(),
    "expand": lambda x: x.expand(2, 2, 3),
    "flatten": lambda x: x.flatten(),
    "narrow": lambda x: x.narrow(1, 0, 2),
    "select": lambda x: x.select(1, 2),
    "movedim": lambda x: x.movedim(0, 1),
    "unbind": lambda x: x.unbind(0)[1],
    "split": lambda x: x.split(2, 1)[0],
    "chunk": lambda x: x.chunk(2)[1],
    "view of a view": lambda x: x.T[1:].unsqueeze(0)[0],
}
COPIES = {
    "clone": lambda x: x.clone(),
    "x[[0]]": lambda x: x[[0]],
    "x[x > 1]": lambda x: x[x > 1],
    "reshape across strides": lambda x: x.T.reshape(-1),
    "contiguous": lambda x: x.T.contiguous(),
    "flip": lambda x: x.flip(0),
    "repeat": lambda x: x.repeat(1, 1),
    "float": lambda x: x.float(),
    "x + 0": lambda x: x + 0,
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_shows_what_is_written_into_its_base_and_the_other_way_round(library, name):
    x = matrix(library)
    v = VIEWS[name](x)
    assert v._is_view()
    assert v._base is x
    x += 100
    assert v.min() >= 100
    if name != "expand":
        v.zero_()
        assert (x == 0).sum() == v.numel()


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_has_memory_of_its_own(library, name):
    x = matrix(library)
    y = COPIES[name](x)
    assert not y._is_view() or y._base is not x
    before = y.tolist()
    x += 100
    assert y.tolist() == before


def test_what_gives_the_tensor_itself(library):
    x = matrix(library)
    assert x.contiguous() is x
    assert x.double() is x
    assert x.to(library.float64) is x
    assert x.cpu() is x
    assert x.expand_as(x) is not x


@pytest.mark.parametrize("make", [lambda x: x.T, lambda x: x.t(), lambda x: x.transpose(0, -1), lambda x: x.view(())])
def test_views_of_a_single_number(library, make):
    x = library.tensor(1.0)
    v = make(x)
    v += 1
    assert x.item() == 2
    h = library.tensor(3.0, requires_grad=True) * 1
    y = h * h
    make(h).add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_all_ways_of_looking_share_one_version(library):
    x = matrix(library).requires_grad_() * 1
    y = x.T * x.T
    x[0].view(-1)[1:].mul_(2)
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        y.sum().backward()


# --- gradients through memory that was written to ------------------------------------------------------------------


def test_a_tensor_without_dimensions_has_no_size_to_keep():
    with pytest.raises(RuntimeError):
        numpynet.tensor(1.0).expand(-1)


@pytest.mark.parametrize("name", [name for name in VIEWS if name not in ("expand", "unbind", "split", "chunk")])
def test_a_view_overwritten(library, name):
    """Each element that was in the view is multiplied, all others pass as they are."""
    x = matrix(library).requires_grad_()
    h = x * 1
    v = VIEWS[name](h)
    v.mul_(3)
    assert h.grad_fn.name().endswith("CopySlices")
    weights = matrix(library) + 1
    (h * weights).sum().backward()
    inside = library.zeros(2, 3, dtype=library.float64)
    VIEWS[name](inside).fill_(1)
    assert x.grad.tolist() == (weights * (1 + 2 * inside)).tolist()


@pytest.mark.parametrize("name", [name for name in VIEWS if name not in ("unbind", "split", "chunk")])
def test_a_view_taken_before_its_base_was_overwritten(library, name):
    x = matrix(library).requires_grad_()
    h = x * 1
    v = VIEWS[name](h)
    h.mul_(x.detach())
    assert v.grad_fn.name() == "AsStridedBackward0"
    (v * 10).sum().backward()
    count = library.zeros(2, 3, dtype=library.float64, requires_grad=True)
    VIEWS[name](count).sum().backward()
    assert x.grad.tolist() == (10 * x.detach() * count.grad).tolist()


def test_a_view_taken_before_its_base_had_a_gradient(library):
    base = library.zeros(2, 2, dtype=library.float64)
    view = base[0]
    w = leaf(library, 2.0, 3.0)
    assert not view.requires_grad
    base += w
    assert view.requires_grad
    assert not view.is_leaf
    (view * view).sum().backward()
    assert w.grad.tolist() == [4, 6]


def test_a_view_overwritten_is_seen_by_the_other_views(library):
    x = leaf(library, 1.0, 2.0, 3.0)
    h = x * 1
    head, tail, whole = h[:2], h[1:], h[...]
    head.mul_(10)
    assert tail.tolist() == [20, 3]
    (tail + whole[:2]).sum().backward()
    assert x.grad.tolist() == [10, 20, 1]


def test_a_transpose_overwritten(library):
    x = matrix(library).requires_grad_()
    h = x * 1
    h.T.mul_(library.tensor([[1.0, 10.0]]))
    h.sum().backward()
    assert x.grad.tolist() == [[1, 1, 1], [10, 10, 10]]


def test_a_chain_of_overwritten_views(library):
    x = matrix(library).requires_grad_()
    h = x * 1
    h[0] *= 2
    h[:, 1] += h[:, 0].clone()
    h.view(-1)[3:].mul_(5)
    row = h[1]
    row[0] = 0
    h.sum().backward()
    assert h.tolist() == [[0, 2, 4], [0, 35, 25]]
    assert x.grad.tolist() == [[4, 2, 2], [5, 5, 5]]


@pytest.mark.parametrize("order", itertools.permutations([0, 1, 2]))
def test_cotangents_in_another_layout_than_the_base(library, order):
    """The base lies in memory in any order of its axes, its cotangent in another; views are of the base's."""
    x = library.arange(24.0, dtype=library.float64).reshape(2, 3, 4).requires_grad_()
    laid = (x.permute(order) * 1).contiguous().permute(tuple(np.argsort(order).tolist())) + 0
    flat = laid.permute(order).reshape(-1) if not laid.permute(order).is_contiguous() else laid.permute(order).view(-1)
    flat[::5] *= 3
    expected = np.where(np.arange(24) % 5 == 0, 3.0, 1.0) if laid.permute(order).is_contiguous() else np.ones(24)
    (laid.mT * library.arange(1.0, 25.0, dtype=library.float64).reshape(2, 4, 3)).sum().backward()
    weights = np.arange(1.0, 25.0).reshape(2, 4, 3).swapaxes(1, 2)
    shape = tuple(np.array((2, 3, 4))[list(order)])
    factors = expected.reshape(shape).transpose(np.argsort(order))
    np.testing.assert_array_equal(x.grad.numpy(), weights * factors)


def test_retained_gradients_of_base_and_view(library):
    x = leaf(library, 1.0, 2.0, 3.0)
    h = x * 1
    h.retain_grad()
    v = h[:2]
    v.retain_grad()
    v.mul_(2)
    (h * 3).sum().backward()
    assert h.grad.tolist() == [3, 3, 3]
    assert x.grad.tolist() == [6, 6, 3]
    y = x * 1
    w = y[:2]
    w.retain_grad()
    y.mul_(5)
    (w * 7).sum().backward()
    assert w.grad.tolist() == [7, 7]


# --- views that may not be overwritten ---------------------------------------------------------------------------


@pytest.mark.parametrize("several", [lambda h: h.unbind(0), lambda h: h.split(1), lambda h: h.chunk(2), list])
def test_one_of_several_views(library, several):
    h = matrix(library).requires_grad_() * 1
    for view in several(h):
        with pytest.raises(RuntimeError, match="This view is the output of a function that returns multiple views"):
            view.add_(1)
        with pytest.raises(RuntimeError, match="multiple views"):
            view[0] = 1
    constants = matrix(library)
    several(constants)[1].zero_()
    assert constants[1].abs().sum() == 0


def test_one_of_several_views_after_its_base_was_overwritten(library):
    h = matrix(library).requires_grad_() * 1
    row = h.unbind(0)[0]
    h.mul_(2)
    with pytest.raises(RuntimeError, match="its base or another view of its base has been modified inplace"):
        row.sum()


def test_a_view_made_under_no_grad(library):
    h = matrix(library).requires_grad_() * 1
    with library.no_grad():
        row = h[0]
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode and is being modified inplace"):
        row.mul_(2)
    h.mul_(2)
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode and its base or another view"):
        _ = row.grad_fn


def test_a_view_of_a_leaf_made_under_no_grad_leads_nowhere(library):
    """Odd, but torch's: it requires a gradient, is a leaf, and gives its base nothing."""
    x = leaf(library, 1.0, 2.0)
    with library.no_grad():
        v = x[:1]
        assert not (v * 2).requires_grad
    assert (v.requires_grad, v.is_leaf, v.grad_fn) == (True, True, None)
    y = (v * x[1:]).sum()
    y.backward()
    assert v.grad is None
    assert x.grad.tolist() == [0, 1]


@pytest.mark.parametrize(
    "how", ["p.view(15)", "p.reshape(3, 5)[0:2]", "p.t()", "p.chunk(3)[1]", "p[0:2, 0:4].view(1, 2, 1, 4)"]
)
def test_a_view_of_a_leaf_is_written_to_again_and_again_under_no_grad(library, how):
    p = library.nn.Parameter(library.arange(15.0).reshape(3, 5))
    with library.no_grad():
        view = eval(how, {"p": p})
        view.mul_(0.5)
        view.add_(view.sum())
        view[0] = view.max()
        view += library.cat([view, view]).mean()
        assert str(view).endswith("grad_fn=<Invalid>)")
    plain = library.arange(15.0).reshape(3, 5)
    view = eval(how, {"p": plain})
    view.mul_(0.5)
    view.add_(view.sum())
    view[0] = view.max()
    view += library.cat([view, view]).mean()
    assert library.equal(p, plain)
    view = eval(how, {"p": p})
    assert view.grad_fn is not None


def test_a_view_that_was_written_to_under_no_grad_is_refused_where_gradients_are_recorded(library):
    p = library.nn.Parameter(library.ones(4))
    with library.no_grad():
        view = p.view(2, 2)
        view.mul_(0.5)
    with pytest.raises(RuntimeError, match="no_grad"):
        view * 2


def test_printing_under_no_grad_tells_of_the_base():
    w = numpynet.ones(2, 2, requires_grad=True)
    with numpynet.no_grad():
        assert str(w[0]) == "tensor([1., 1.], requires_grad=True)"
        assert str(w * 2) == "tensor([[2., 2.],\n        [2., 2.]])"


def test_iterating_gives_views(library):
    x = matrix(library).requires_grad_()
    rows = list(x)
    assert [row.tolist() for row in rows] == x.tolist()
    assert rows[0].grad_fn.name() == "UnbindBackward0"
    (rows[0] * rows[1]).sum().backward()
    assert x.grad.tolist() == [[3, 4, 5], [0, 1, 2]]
