"""no_grad and its kin, as context managers and decorators. Every expectation holds of torch too."""

import threading

import pytest


def state(library):
    return library.is_grad_enabled(), library.is_inference_mode_enabled()


@pytest.mark.parametrize(
    ("name", "arguments", "inside"),
    [
        ("no_grad", (), (False, False)),
        ("enable_grad", (), (True, False)),
        ("inference_mode", (), (False, True)),
        ("inference_mode", (False,), (True, False)),
        ("set_grad_enabled", (False,), (False, False)),
        ("set_grad_enabled", (True,), (True, False)),
    ],
)
class TestModes:
    def test_as_a_context(self, library, name, arguments, inside):
        with getattr(library, name)(*arguments):
            assert state(library) == inside
        assert state(library) == (True, False)

    def test_within_no_grad(self, library, name, arguments, inside):
        with library.no_grad():
            with getattr(library, name)(*arguments):
                assert state(library) == inside
            assert state(library) == (False, False)

    def test_after_an_exception(self, library, name, arguments, inside):
        with pytest.raises(KeyError), getattr(library, name)(*arguments):
            raise KeyError
        assert state(library) == (True, False)

    def test_as_a_decorator(self, library, name, arguments, inside):
        @getattr(library, name)(*arguments)
        def function(value, *, other):
            "What it does."
            return value, other, state(library)

        assert state(library) == (True, False)
        assert function(1, other=2) == (1, 2, inside)
        assert state(library) == (True, False)
        assert (function.__name__, function.__doc__) == ("function", "What it does.")

    def test_as_a_decorator_of_a_function_that_raises(self, library, name, arguments, inside):
        @getattr(library, name)(*arguments)
        def function():
            raise KeyError

        with pytest.raises(KeyError):
            function()
        assert state(library) == (True, False)

    def test_as_a_decorator_of_a_recursive_function(self, library, name, arguments, inside):
        @getattr(library, name)(*arguments)
        def function(depth):
            return [state(library), *(function(depth - 1) if depth else [])]

        assert function(2) == [inside] * 3
        assert state(library) == (True, False)

    def test_as_a_decorator_of_a_generator(self, library, name, arguments, inside):
        """The mode holds while the generator runs, not while its user does."""

        @getattr(library, name)(*arguments)
        def generator():
            got = yield state(library)
            try:
                yield got, state(library)
            except ValueError:
                yield "caught", state(library)
            return "end"

        parts = generator()
        assert state(library) == (True, False)
        assert next(parts) == inside
        assert state(library) == (True, False)
        assert parts.send("sent") == ("sent", inside)
        assert state(library) == (True, False)
        assert parts.throw(ValueError()) == ("caught", inside)
        with pytest.raises(StopIteration) as end:
            next(parts)
        assert end.value.value == "end"
        assert state(library) == (True, False)

    def test_a_generator_may_be_closed(self, library, name, arguments, inside):
        closed = []

        @getattr(library, name)(*arguments)
        def generator():
            try:
                yield
            finally:
                closed.append(state(library))

        parts = generator()
        next(parts)
        parts.close()
        assert len(closed) == 1
        assert state(library) == (True, False)


def test_bare_decorators(library):
    @library.no_grad
    def without():
        return library.is_grad_enabled()

    @library.inference_mode
    def inference():
        return state(library)

    assert without() is False
    assert inference() == (False, True)


def test_one_object_may_be_entered_again_while_inside(library):
    mode = library.no_grad()
    with mode:
        with library.enable_grad():
            with mode:
                assert not library.is_grad_enabled()
            assert library.is_grad_enabled()
        assert not library.is_grad_enabled()
    assert library.is_grad_enabled()


def test_set_grad_enabled_acts_at_once(library):
    library.set_grad_enabled(False)
    try:
        assert not library.is_grad_enabled()
        x = library.ones(1, requires_grad=True)
        assert not (x * 2).requires_grad
    finally:
        library.set_grad_enabled(True)
    assert library.is_grad_enabled()


def test_what_is_computed_inside_is_not_recorded(library):
    x = library.ones(2, requires_grad=True)
    with library.no_grad():
        y = x * 2
        made = library.ones(1, requires_grad=True)
    assert (y.requires_grad, y.is_leaf, y.grad_fn) == (False, True, None)
    assert made.requires_grad
    z = (x * y).sum()
    z.backward()
    assert x.grad.tolist() == [2, 2]


def test_backward_within_no_grad(library):
    x = library.ones(2, requires_grad=True)
    y = (x * 3).sum()
    with library.no_grad():
        y.backward()
    assert x.grad.tolist() == [3, 3]


def test_each_thread_has_its_own(library):
    seen = []
    with library.no_grad():
        thread = threading.Thread(target=lambda: seen.append(library.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_a_decorated_function_in_several_threads_at_once(library):
    inside, leave = threading.Event(), threading.Event()

    @library.no_grad()
    def slow():
        inside.set()
        leave.wait(10)

    @library.no_grad()
    def quick():
        return library.is_grad_enabled()

    thread = threading.Thread(target=slow)
    thread.start()
    inside.wait(10)
    assert quick() is False
    assert library.is_grad_enabled()
    leave.set()
    thread.join()
    assert library.is_grad_enabled()


@pytest.mark.parametrize("mode", ["no_grad", "inference_mode"])
@pytest.mark.parametrize("leaves", [True, False])
def test_what_other_threads_do_is_recorded_all_the_same(library, mode, leaves):
    """Whether the thread with the mode leaves it before it ends or not."""
    entered, leave = threading.Event(), threading.Event()

    def waits():
        context = getattr(library, mode)()
        context.__enter__()
        entered.set()
        leave.wait(10)
        if leaves:
            context.__exit__(None, None, None)

    def computes():
        x = library.ones(2, 2, requires_grad=True)
        y = x * library.ones(2, 2)  # which is kept, as memory made in inference mode cannot be
        y[0].mul_(3)  # a view made under no_grad refuses that
        y.T.reshape(-1).sum().backward()
        return x.grad.tolist()

    thread = threading.Thread(target=waits)
    thread.start()
    entered.wait(10)
    assert computes() == [[3, 3], [1, 1]]
    leave.set()
    thread.join()
    assert computes() == [[3, 3], [1, 1]]
    with getattr(library, mode)():
        assert not (library.ones(1, requires_grad=True) * 2).requires_grad
    assert computes() == [[3, 3], [1, 1]]
