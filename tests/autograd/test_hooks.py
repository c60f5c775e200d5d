"""Hooks: what they see, when they are called, and what they may change. Every expectation holds of torch too."""

import pytest


def leaf(library, *values):
    return library.tensor(values, dtype=library.float64, requires_grad=True)


def test_a_hook_sees_the_whole_gradient_once(library):
    x = leaf(library, 3.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    (x * x + x).sum().backward()
    assert seen == [[7]]


def test_a_hook_may_replace_the_gradient(library):
    x = leaf(library, 3.0)
    h = x * x
    h.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    h.sum().backward()
    assert x.grad.tolist() == [10 * 6 + 1]


def test_hooks_run_in_the_order_of_their_registration(library):
    x = leaf(library, 1.0)
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 10)
    x.sum().backward()
    assert x.grad.tolist() == [20]


def test_hooks_run_from_the_result_to_the_leaves(library):
    x = leaf(library, 1.0)
    calls = []
    h = x * 2
    y = h * 3
    x.register_hook(lambda g: calls.append("x"))
    h.register_hook(lambda g: calls.append("h"))
    y.register_hook(lambda g: calls.append("y"))
    y.sum().backward()
    assert calls == ["y", "h", "x"]


def test_leaves_are_told_in_the_order_in_which_their_gradients_are_complete(library):
    early, late = leaf(library, 1.0), leaf(library, 1.0)
    calls = []
    early.register_hook(lambda g: calls.append("early"))
    late.register_hook(lambda g: calls.append("late"))
    h = early * 1  # used first, and once more at the end: complete last
    h = h * late
    (h * early).sum().backward()
    assert calls == ["late", "early"]


def test_a_removed_hook_is_not_called(library):
    x = leaf(library, 1.0)
    kept, removed = [], []
    x.register_hook(lambda g: kept.append(1))
    handle = x.register_hook(lambda g: removed.append(1))
    x.sum().backward()
    handle.remove()
    handle.remove()
    x.sum().backward()
    assert (len(kept), len(removed)) == (2, 1)


def test_a_handle_is_a_context_manager(library):
    x = leaf(library, 1.0)
    calls = []
    with x.register_hook(lambda g: calls.append(1)):
        x.sum().backward()
    x.sum().backward()
    assert calls == [1]


def test_a_hook_may_remove_itself(library):
    x = leaf(library, 1.0)
    calls = []
    handle = x.register_hook(lambda g: (calls.append("first"), handle.remove())[0])
    x.register_hook(lambda g: calls.append("second"))
    x.sum().backward()
    x.sum().backward()
    assert calls == ["first", "second", "second"]


def test_what_a_hook_keeps_is_not_added_to_later(library):
    x = leaf(library, 1.0)
    kept = []
    x.register_hook(kept.append)
    x.sum().backward()
    (x * 5).sum().backward()
    assert [g.tolist() for g in kept] == [[1], [5]]
    assert x.grad.tolist() == [6]


def test_a_replacement_is_not_shared_with_grad(library):
    x = leaf(library, 1.0)
    mine = library.full((1,), 3.0, dtype=library.float64)
    x.register_hook(lambda g: mine)
    x.sum().backward()
    x.sum().backward()
    assert mine.tolist() == [3]
    assert x.grad.tolist() == [6]


@pytest.mark.parametrize("computed", [False, True])
@pytest.mark.parametrize(
    ("replace", "error", "words"),
    [
        (lambda g: g[:1], RuntimeError, "has changed the size of value"),
        (lambda g: g.float(), RuntimeError, "has changed the type of value"),
        (lambda g: 3, TypeError, "expected Variable, but hook"),
    ],
)
def test_a_replacement_must_be_of_the_same_kind(library, computed, replace, error, words):
    x = leaf(library, 1.0, 2.0)
    (x * 1 if computed else x).register_hook(replace)
    y = x * 1
    y.register_hook(replace)
    with pytest.raises(error, match=words):
        y.sum().backward()
    assert x.grad is None


def test_retained_gradients_are_those_that_hooks_left(library):
    x = leaf(library, 1.0)
    h = x * 2
    h.retain_grad()
    h.register_hook(lambda g: g * 5)
    h.sum().backward()
    assert h.grad.tolist() == [5]


def test_a_hook_stays_with_the_value_that_it_was_registered_on(library):
    """After an in-place operation the tensor stands elsewhere on the tape; the hook does not follow it."""
    x = leaf(library, 1.0)
    h = x * 1
    seen = []
    h.register_hook(lambda g: seen.append(("before", g.item())))
    h.mul_(4)
    h.register_hook(lambda g: seen.append(("after", g.item())))
    h.sum().backward()
    assert seen == [("after", 1), ("before", 4)]


def test_hooks_run_for_grad_but_post_accumulate_hooks_do_not(library):
    x = leaf(library, 1.0)
    calls = []
    x.register_hook(lambda g: calls.append("hook"))
    x.register_post_accumulate_grad_hook(lambda t: calls.append("accumulated"))
    library.autograd.grad(x.sum(), x)
    assert calls == ["hook"]
    x.sum().backward()
    assert calls == ["hook", "hook", "accumulated"]
    x.sum().backward(inputs=[x])
    assert calls == ["hook", "hook", "accumulated", "hook", "accumulated"]


def test_post_accumulate_hooks_return_nothing(library):
    x = leaf(library, 1.0)
    x.register_post_accumulate_grad_hook(lambda t: t.grad)
    with pytest.raises(RuntimeError, match="post accumulate grad hooks should return None"):
        x.sum().backward()


def test_post_accumulate_hooks_see_the_sum_and_may_step(library):
    x = leaf(library, 1.0)

    def step(tensor):
        assert tensor is x
        with library.no_grad():
            tensor -= 0.5 * tensor.grad
        tensor.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * 2).sum().backward()
    assert x.grad is None
    assert x.item() == 0
    handle.remove()
    (x * 2).sum().backward()
    assert x.item() == 0


def test_where_hooks_are_refused(library):
    x = leaf(library, 1.0)
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't require gradient"):
        x.detach().register_hook(print)
    with pytest.raises(RuntimeError, match="cannot be registered on non-leaf tensors"):
        (x * 1).register_post_accumulate_grad_hook(print)
    with pytest.raises(RuntimeError, match="doesn't require gradient"):
        x.detach().register_post_accumulate_grad_hook(print)


def ways_to_be_seen(library):
    """Of a gradient that comes from a part of something larger, or is spread: how it is shown, each with the inputs."""
    functional = library.nn.functional
    functions = [
        lambda h: functional.pad(h, (1, 1, 1, 1)),
        lambda h: functional.conv2d(h, library.ones(1, 1, 3, 3, dtype=h.dtype), padding=1),
        lambda h: functional.avg_pool2d(h, 2, padding=1),
        lambda h: functional.adaptive_avg_pool2d(h, 1),
        lambda h: h.mean((2, 3)),
        lambda h: h[:, :, 1:3],
    ]
    for function in functions:
        x = library.arange(16, dtype=library.float64).view(1, 1, 4, 4).requires_grad_()
        h = x * 1
        yield function(h).sum(), h, x


def test_a_gradient_that_is_shown_may_be_viewed_and_written_into(library):
    def doubled(gradient):
        seen.append(gradient.view(-1).mul_(2).tolist())

    for loss, h, x in ways_to_be_seen(library):
        seen = []
        h.register_hook(doubled)
        loss.backward()
        assert seen == [x.grad.flatten().tolist()]
    for loss, h, x in ways_to_be_seen(library):
        seen = []
        h.grad_fn.register_prehook(lambda gradients: doubled(gradients[0]))
        loss.backward()
        assert seen == [x.grad.flatten().tolist()]


def test_a_gradient_with_a_graph_may_be_viewed(library):
    for loss, _, x in ways_to_be_seen(library):
        (gradient,) = library.autograd.grad(loss * loss, x, create_graph=True)
        assert gradient.view(-1).tolist() == gradient.flatten().tolist()


def test_a_function_may_write_into_its_cotangent(library):
    class Tripled(library.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, dy):
            return dy.mul_(3)

    x = leaf(library, 1.0, 2.0)
    Tripled.apply(x).mean().backward()
    assert x.grad.tolist() == [1.5, 1.5]
