"""Random programs run by numpynet and by torch side by side, and compared after every statement.

All values are small integers, so that every sum and product is exact and the two must agree to the last bit,
in whatever order they add.
"""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

import numpynet

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

LARGE = 1e6  # what has grown beyond is not computed with any more: 1e6 cubed is still exact in float64

UNARY = {
    "neg": lambda x: -x,
    "relu": lambda x: x.relu(),
    "abs": lambda x: x.abs(),
    "square": lambda x: x**2,
    "double": lambda x: x * 2,
    "increment": lambda x: 1 + x,
    "from_three": lambda x: 3 - x,
    "clone": lambda x: x.clone(),
    "detach": lambda x: x.detach(),
    "sum": lambda x: x.sum(),
    "sum_rows": lambda x: x.sum(0),
    "sum_keeping": lambda x: x.sum(-1, keepdim=True),
    "cumsum": lambda x: x.cumsum(0),
    "clamp": lambda x: x.clamp(-2, 2),
    "flip": lambda x: x.flip(0),
}
BINARY = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "matmul": lambda x, y: x @ y,
    "max": lambda x, y: x.relu() - y.relu(),
}
VIEWS = {
    "first": lambda x: x[0],
    "tail": lambda x: x[1:],
    "head": lambda x: x[:2],
    "column": lambda x: x[:, 0],
    "all": lambda x: x[...],
    "every_other": lambda x: x[::2],
    "new_axis": lambda x: x[None],
    "flat": lambda x: x.view(-1),
    "reshaped": lambda x: x.reshape(-1),
    "transposed": lambda x: x.t(),
    "T": lambda x: x.T,
    "squeezed": lambda x: x.squeeze(),
    "unsqueezed": lambda x: x.unsqueeze(-1),
    "expanded": lambda x: x.expand(2, *x.shape),
    "unbound": lambda x: x.unbind(0)[-1],
    "split": lambda x: x.split(1)[0],
}
COPIES = {
    "positions": lambda library, x: x[library.tensor([0, 0, -1])],
    "list": lambda library, x: x[[1, 0]],
    "mask": lambda library, x: x[x > 0],
    "mixed": lambda library, x: x[0, [0, 0]],
}
IN_PLACE = {
    "add_": lambda x: x.add_(1),
    "mul_": lambda x: x.mul_(2),
    "neg_": lambda x: x.neg_(),
    "relu_": lambda x: x.relu_(),
    "abs_": lambda x: x.abs_(),
    "pow_": lambda x: x.pow_(2),
    "clamp_": lambda x: x.clamp_(-3, 3),
    "zero_": lambda x: x.zero_(),
    "fill_": lambda x: x.fill_(2),
    "set_first": lambda x: x.__setitem__(0, 5),
    "set_tail": lambda x: x.__setitem__(slice(1, None), -1),
    "set_list": lambda x: x.__setitem__([0, -1], 4),
    "set_mask": lambda x: x.__setitem__(x < 0, 1),
    "fill_mask": lambda x: x.masked_fill_(x > 1, 0),
}
IN_PLACE_BINARY = {
    "+=": lambda x, y: x.__iadd__(y),
    "-=": lambda x, y: x.__isub__(y),
    "*=": lambda x, y: x.__imul__(y),
    "copy_": lambda x, y: x.copy_(y),
    "set_first": lambda x, y: x.__setitem__(0, y),
    "set_tail": lambda x, y: x.__setitem__(slice(1, None), y),
    "set_list": lambda x, y: x.__setitem__([0, -1], y),
    "increment_first": lambda x, y: x.__setitem__(0, x[0].__iadd__(y)),
}


MOSTLY = st.sampled_from([True, True, True, False])
SELDOM = st.sampled_from([False, False, False, True])


class Pair:
    """One tensor in both libraries."""

    def __init__(self, ours, theirs):
        self.ours, self.theirs = ours, theirs
        self.given_up = False
        self.gradient_is_replaced = False

    @property
    def readable(self):
        """Whether torch still answers for it: it does not for views made under no_grad once their memory changed."""
        if self.given_up:
            return False
        try:
            _ = self.theirs.requires_grad, self.theirs.grad_fn
        except RuntimeError:
            return False
        return True


def outcome(function, *arguments):
    try:
        return function(*arguments), None
    except Exception as error:
        return None, error


def agree(ours, theirs):
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_array_equal(ours.detach().numpy(), theirs.detach().numpy())


class Program(RuleBasedStateMachine):
    tensors = Bundle("tensors")

    def __init__(self):
        super().__init__()
        self.pairs = []
        self.hooked = []

    def both(self, function, *pairs, unrecorded=False, library=False):
        """Runs a statement in both libraries: both raise the same kind of exception, or neither does."""
        if not all(pair.readable for pair in pairs):
            return None, None
        results = []
        for module, side in ((numpynet, "ours"), (torch, "theirs")):
            arguments = [getattr(pair, side) for pair in pairs]
            if library:
                arguments.insert(0, module)
            with module.set_grad_enabled(not unrecorded):
                results.append(outcome(function, *arguments))
        (ours, our_error), (theirs, their_error) = results
        if {type(our_error), type(their_error)} != {IndexError, RuntimeError}:  # two reasons to refuse one statement
            assert type(our_error) is type(their_error), f"numpynet: {our_error!r}, torch: {their_error!r}"
        return ours, theirs

    def keep(self, ours, theirs):
        """The results of a statement, for other statements to use."""
        if ours is None or bool((ours.detach().abs() > LARGE).any()):
            return multiple()
        known = next((pair for pair in self.pairs if pair.ours is ours), None)
        if known is not None:
            assert known.theirs is theirs
            return multiple()
        pair = Pair(ours, theirs)
        self.pairs.append(pair)
        return pair

    @initialize(target=tensors, shape=st.sampled_from([(3,), (2, 2), (2, 3)]), data=st.data())
    def first_tensors(self, shape, data):
        """Every program starts with a leaf that requires a gradient, and a tensor computed from it."""
        x = self.leaf(shape, True, data)
        return multiple(x, self.unary(x, "double", False))

    @rule(
        target=tensors,
        shape=st.sampled_from([(), (3,), (2, 3), (2, 2), (1, 3), (3, 1), (2, 1, 2), (0,), (4,)]),
        requires_grad=MOSTLY,
        data=st.data(),
    )
    def leaf(self, shape, requires_grad, data):
        size = int(np.prod(shape))
        values = np.array(data.draw(st.lists(st.integers(-3, 3), min_size=size, max_size=size)), float).reshape(shape)
        ours = numpynet.tensor(values, requires_grad=requires_grad)
        theirs = torch.tensor(values, requires_grad=requires_grad)
        return self.keep(ours, theirs)

    @rule(target=tensors, x=tensors, name=st.sampled_from(sorted(UNARY)), unrecorded=SELDOM)
    def unary(self, x, name, unrecorded):
        return self.keep(*self.both(UNARY[name], x, unrecorded=unrecorded))

    @rule(target=tensors, x=tensors, y=tensors, name=st.sampled_from(sorted(BINARY)))
    def binary(self, x, y, name):
        return self.keep(*self.both(BINARY[name], x, y))

    @rule(target=tensors, x=tensors, name=st.sampled_from(sorted(VIEWS)), unrecorded=SELDOM)
    def view(self, x, name, unrecorded):
        return self.keep(*self.both(VIEWS[name], x, unrecorded=unrecorded))

    @rule(target=tensors, x=tensors, name=st.sampled_from(sorted(COPIES)))
    def picked(self, x, name):
        return self.keep(*self.both(COPIES[name], x, library=True))

    @rule(x=tensors, name=st.sampled_from(sorted(IN_PLACE)), unrecorded=SELDOM)
    def in_place(self, x, name, unrecorded):
        if x.ours._array.flags.writeable:
            self.both(IN_PLACE[name], x, unrecorded=unrecorded)

    @rule(x=tensors, y=tensors, name=st.sampled_from(sorted(IN_PLACE_BINARY)), unrecorded=SELDOM)
    def in_place_binary(self, x, y, name, unrecorded):
        overlap = np.shares_memory(x.ours._array, y.ours._array) and not (
            x is y and name in ("+=", "-=", "*=", "copy_")
        )
        if x.ours._array.flags.writeable and not overlap:  # torch refuses overlaps, numpynet reads before it writes
            self.both(IN_PLACE_BINARY[name], x, y, unrecorded=unrecorded)

    @rule(x=tensors, wanted=st.booleans())
    def require(self, x, wanted):
        if not any(pair.theirs._base is x.theirs for pair in self.pairs):  # such views would lead nowhere
            self.both(lambda x: x.requires_grad_(wanted), x)

    @rule(x=tensors)
    def detach_in_place(self, x):
        self.both(lambda x: x.detach_(), x)
        self.give_up(
            [pair for pair in self.pairs if pair is not x]
        )  # torch refuses to use saved tensors that were detached

    @rule(x=tensors)
    def retain(self, x):
        self.both(lambda x: x.retain_grad(), x)

    @rule(x=tensors)
    def forget(self, x):
        self.both(lambda x: setattr(x, "grad", None), x)

    @rule(x=tensors, factor=st.sampled_from([None, 2, -1]))
    def hook(self, x, factor):
        """A hook that looks, or one that replaces the gradient."""
        if x.theirs._is_view():  # torch gives a view a new place whenever its memory changes, and forgets its hooks
            return
        seen = ([], [])

        def register(x):
            log = seen[isinstance(x, torch.Tensor)]
            x.register_hook(lambda g: (log.append(g.tolist()), None if factor is None else g * factor)[1])

        self.both(register, x)
        self.hooked.append(seen)
        x.gradient_is_replaced |= factor is not None

    def give_up(self, pairs):
        for pair in pairs:
            pair.given_up = True

    def after_backward(self, error, retain_graph):
        """After an error on the way torch has added to some gradients, and called some hooks, already."""
        if error and any(words in str(error) for words in ("second time", "modified by")):
            self.hooked.clear()
            for pair in self.pairs:
                pair.ours.grad = pair.theirs.grad = None
            if not retain_graph:
                self.give_up(self.pairs)

    def teardown(self):
        """In the end the gradients of all results by all leaves."""
        self.hooked.clear()
        usable = [pair for pair in self.pairs if pair.readable and pair.ours.requires_grad]
        leaves = [pair for pair in usable if pair.ours.is_leaf]
        for pair in usable:
            for one in leaves:
                self.grad(pair, one, one, retain_graph=True, allow_unused=True)

    @rule(x=tensors, retain_graph=MOSTLY)
    def backward(self, x, retain_graph):
        if not x.readable:
            return
        ours = outcome(lambda: x.ours.backward(numpynet.ones_like(x.ours) * 2, retain_graph=retain_graph))
        theirs = outcome(lambda: x.theirs.backward(torch.ones_like(x.theirs) * 2, retain_graph=retain_graph))
        assert type(ours[1]) is type(theirs[1]), (ours[1], theirs[1])
        self.after_backward(ours[1], retain_graph)

    @rule(x=tensors, y=tensors, z=tensors, retain_graph=MOSTLY, allow_unused=MOSTLY)
    def grad(self, x, y, z, retain_graph, allow_unused):
        if any(one.gradient_is_replaced and not one.ours.is_leaf for one in (y, z)):
            return  # torch gives the gradient from before or after the hook, depending on what else is asked for
        if not (x.readable and y.readable and z.readable):
            return
        ours = outcome(
            lambda: numpynet.autograd.grad(
                x.ours.sum(), [y.ours, z.ours], retain_graph=retain_graph, allow_unused=allow_unused
            )
        )
        theirs = outcome(
            lambda: torch.autograd.grad(
                x.theirs.sum(), [y.theirs, z.theirs], retain_graph=retain_graph, allow_unused=allow_unused
            )
        )
        assert type(ours[1]) is type(theirs[1]), (ours[1], theirs[1])
        if ours[1] is None:
            for mine, other in zip(ours[0], theirs[0], strict=True):
                assert (mine is None) == (other is None)
                if mine is not None:
                    agree(mine, other)
        self.after_backward(ours[1], retain_graph)

    @rule(x=tensors, y=tensors, retain_graph=MOSTLY)
    def backward_into(self, x, y, retain_graph):
        if not (
            x.readable and y.readable and y.ours.is_leaf
        ):  # torch would visit the node of y, and let go of its values
            return
        ours = outcome(lambda: x.ours.sum().backward(inputs=[y.ours], retain_graph=retain_graph))
        theirs = outcome(lambda: x.theirs.sum().backward(inputs=[y.theirs], retain_graph=retain_graph))
        assert type(ours[1]) is type(theirs[1]), (ours[1], theirs[1])
        self.after_backward(ours[1], retain_graph)

    @invariant()
    def everything_agrees(self):
        self.pairs = [pair for pair in self.pairs if pair.readable]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for pair in self.pairs:
                ours, theirs = pair.ours, pair.theirs
                agree(ours, theirs)
                assert ours.requires_grad == theirs.requires_grad
                assert ours.is_leaf == theirs.is_leaf
                assert ours._is_view() == theirs._is_view() or not theirs._is_view()
                assert ours.retains_grad == theirs.retains_grad
                assert (ours.grad is None) == (theirs.grad is None)
                if ours.grad is not None:
                    agree(ours.grad, theirs.grad)
        for mine, other in self.hooked:
            assert mine == other


TestProgram = Program.TestCase
TestProgram.settings = settings(
    max_examples=80,
    stateful_step_count=20,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
