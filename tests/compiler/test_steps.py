"""Training steps in the many ways in which people write them agree with themselves compiled."""

from __future__ import annotations

import pytest
from agreement import Setting, assert_agree, content

import numpynet
import numpynet.nn.functional as F
from numpynet import nn, optim

numpynet.manual_seed(3)
X, Y = numpynet.randn(10, 3), numpynet.randn(10, 1)


def leaves():
    return numpynet.randn(3, 1, requires_grad=True), numpynet.zeros(1, requires_grad=True)


def manual(update):
    """A step on leaf tensors without a module or an optimizer."""

    def make():
        w, b = leaves()

        def step():
            loss = ((X @ w + b - Y) ** 2).mean()
            loss.backward()
            update(w, b)
            return loss

        return Setting(step, w, b)

    return make


def in_place(w, b):
    with numpynet.no_grad():
        for one in (w, b):
            one -= 0.1 * one.grad
            one.grad = None


def in_place_zeroing(w, b):
    with numpynet.no_grad():
        for one in (w, b):
            one.sub_(one.grad, alpha=0.1)
            one.grad.zero_()


def through_data(w, b):
    for one in (w, b):
        one.data -= 0.1 * one.grad
        one.grad = None


def new_data(w, b):
    for one in (w, b):
        one.data = one.data - 0.1 * one.grad.data
        one.grad = None


def copied(w, b):
    with numpynet.no_grad():
        for one in (w, b):
            one.copy_(one - 0.1 * one.grad)
            one.grad = None


def accumulated(w, b):
    with numpynet.no_grad():
        for one in (w, b):
            one -= 0.01 * one.grad


def by_parts(w, b):
    with numpynet.no_grad():
        w[0] -= 0.1 * w.grad[0]
        w[1:] -= 0.2 * w.grad[1:]
    w.grad = b.grad = None


@pytest.mark.parametrize("update", [in_place, in_place_zeroing, through_data, new_data, copied, accumulated, by_parts])
def test_manual_updates(update):
    assert_agree(manual(update), [()] * 6)


def test_gradients_that_are_never_zeroed():
    def make():
        model = nn.Linear(3, 1)
        optimizer = optim.SGD(model.parameters(), lr=0.01)

        def step():
            loss = F.mse_loss(model(X), Y)
            loss.backward()
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    assert_agree(make, [()] * 6)


def test_gradients_assigned_after_the_update():
    def make():
        model = nn.Linear(3, 1)
        optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.5)

        def step():
            optimizer.zero_grad()
            loss = F.mse_loss(model(X), Y)
            loss.backward()
            optimizer.step()
            for parameter in model.parameters():
                parameter.grad = parameter.grad * 2
            return loss

        return Setting(step, model, optimizer)

    assert_agree(make, [()] * 4)


def test_a_step_that_sets_the_mode_itself():
    def make():
        model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(), nn.BatchNorm1d(4), nn.Linear(4, 1))
        optimizer = optim.Adam(model.parameters())

        def step():
            model.train()
            optimizer.zero_grad()
            loss = F.mse_loss(model(X), Y)
            loss.backward()
            optimizer.step()
            model.eval()
            with numpynet.no_grad():
                return loss, F.mse_loss(model(X), Y)

        return Setting(step, model, optimizer)

    assert_agree(make, [()] * 4, lambda one, number: one.parts[0].train(number % 2 == 0))


def test_gradients_asked_for():
    def make():
        model = nn.Linear(3, 1)

        def step():
            loss = F.mse_loss(model(X), Y)
            gradients = numpynet.autograd.grad(loss, list(model.parameters()))
            with numpynet.no_grad():
                for parameter, gradient in zip(model.parameters(), gradients, strict=True):
                    parameter -= 0.1 * gradient
            return loss.detach(), gradients

        return Setting(step, model)

    assert_agree(make, [()] * 4)


def test_gradients_of_several_batches():
    def make():
        model = nn.Linear(3, 1)
        optimizer = optim.Adam(model.parameters(), lr=0.01)

        def step(*batches):
            optimizer.zero_grad(set_to_none=False)
            for x in batches:
                F.mse_loss(model(x), Y[: len(x)]).backward()
            optimizer.step()

        return Setting(step, model, optimizer)

    assert_agree(make, [(X[:4], X[4:])] * 3 + [(X,)] * 2)


def test_an_evaluation():
    def make():
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 2)).eval()

        @numpynet.no_grad()
        def evaluate(x):
            logits = model(x)
            return {"classes": logits.argmax(dim=1), "sure": logits.softmax(dim=1).max(dim=1).values, "none": None}

        return Setting(evaluate, model)

    assert_agree(make, [(X,), (X[:3],), (X,)])


def test_an_accuracy():
    def make():
        model = nn.Linear(3, 1)

        def accuracy(x, y):
            with numpynet.no_grad():
                return ((model(x) > 0) == (y > 0)).float().mean()

        return Setting(accuracy, model)

    assert_agree(make, [(X, Y)] * 3)


@pytest.mark.parametrize(
    "result",
    [
        lambda loss, model: None,
        lambda loss, model: (loss, loss),
        lambda loss, model: [loss, {"twice": loss * 2, "what": "text", "number": 3}],
        lambda loss, model: loss.detach(),
        lambda loss, model: model.weight.detach().clone(),
        lambda loss, model: model.weight.grad,
        lambda loss, model: model.weight.grad.norm(),
        lambda loss, model: (model.weight.sum(), loss.detach() + 1),
    ],
)
def test_results(result):
    def make():
        model = nn.Linear(3, 1)
        optimizer = optim.SGD(model.parameters(), lr=0.01)

        def step():
            optimizer.zero_grad()
            loss = F.mse_loss(model(X), Y)
            loss.backward()
            optimizer.step()
            return result(loss, model)

        return Setting(step, model, optimizer)

    assert_agree(make)


class Tied(nn.Module):
    """Two layers with one weight, and a buffer that counts."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.register_buffer("calls", numpynet.zeros(()))
        self.register_buffer("average", numpynet.zeros(3))

    def forward(self, x):
        self.calls += 1
        hidden = self.first(x).tanh()
        self.average.mul_(0.9).add_(hidden.detach().mean(dim=0), alpha=0.1)
        return self.second(hidden) + self.first(hidden)


@pytest.mark.parametrize("optimizer_of", [lambda p: optim.SGD(p, lr=0.1, momentum=0.9), optim.Adam])
def test_shared_weights_and_buffers(optimizer_of):
    def make():
        model = Tied()
        optimizer = optimizer_of(model.parameters())

        def step(x):
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    assert_agree(make, [(X,)] * 5)


EXPRESSIONS = {
    "twice the same": lambda w, x: (x @ w + x @ w) * (x @ w),
    "square of itself": lambda w, x: w * w,
    "slices": lambda w, x: x[:, :2] @ w[:2] + x[:, 2:] * w[2],
    "an index": lambda w, x: x[numpynet.tensor([0, 2, 2])] @ w,
    "an index of what is learned": lambda w, x: w[numpynet.tensor([0, 2, 2])] * 2,
    "an index behind a slice": lambda w, x: (x * w.T)[:, numpynet.tensor([0, 2, 2])] + (x * w.T)[..., [1, 1, 0]],
    "an index behind a slice of what is learned": lambda w, x: w[1:, numpynet.tensor([[0, 0], [0, 0]])] * 2,
    "cat": lambda w, x: numpynet.cat([x @ w, x @ w * 2], dim=1),
    "stack": lambda w, x: numpynet.stack([x @ w, (x @ w).relu()]),
    "chunks": lambda w, x: sum(part @ w for part in x.chunk(2)),
    "split and unbind": lambda w, x: sum(w.unbind(0)) * x.split(3)[1],
    "transposed": lambda w, x: (w.T @ x.T).T,
    "reshaped": lambda w, x: (x @ w).view(5, 2).sum(dim=1, keepdim=True).squeeze(1),
    "permuted": lambda w, x: (x @ w).view(5, 2, 1).permute(2, 0, 1).flatten(),
    "expanded": lambda w, x: w.expand(3, 4) * 2,
    "where": lambda w, x: numpynet.where(x > 0, x * w.T, -x),
    "clamp": lambda w, x: (x @ w).clamp(-0.5, 0.5),
    "max": lambda w, x: (x * w.T).max(dim=1).values,
    "amax": lambda w, x: (x * w.T).amax(dim=0),
    "mean and var": lambda w, x: (x @ w).var() + (x @ w).mean() + (x @ w).std(dim=0),
    "norm": lambda w, x: (x @ w).norm() + w.norm(p=1),
    "powers": lambda w, x: (x @ w).abs() ** 1.5 + (x @ w) ** 3 + 2 ** (x @ w),
    "exp and log": lambda w, x: ((x @ w).exp() + 1).log() + (x @ w).sin(),
    "cumsum": lambda w, x: (x @ w).cumsum(dim=0),
    "einsum": lambda w, x: numpynet.einsum("ni,io->no", x, w),
    "bmm": lambda w, x: numpynet.bmm(x.view(5, 2, 3), w.expand(5, 3, 1)),
    "logsumexp": lambda w, x: (x * w.T).logsumexp(dim=1),
    "masked_fill": lambda w, x: (x * w.T).masked_fill(x > 0, 0.0),
    "gather": lambda w, x: (x * w.T).gather(1, numpynet.tensor([[0], [2]] * 5)),
    "index_copy": lambda w, x: (x * w.T).index_copy(0, numpynet.tensor([3, 1]), x[:2] * w.T),
    "index_fill": lambda w, x: (x * w.T).index_fill(1, numpynet.tensor([0, -1]), w[0, 0]),
    "index_put": lambda w, x: (x * w.T).index_put((numpynet.tensor([0, 0, 2]),), w, accumulate=True),
    "put": lambda w, x: (x * w.T).put(numpynet.tensor([0, -7, 3]), w.flatten()),
    "masked_scatter": lambda w, x: (x * w.T).masked_scatter(x > 0, x.detach() * w.T),
    "diagonal_scatter": lambda w, x: (w @ w.T).diagonal_scatter(w.flatten()),
    "select_scatter": lambda w, x: (w @ w.T).select_scatter(w.flatten(), 1, 2),
    "slice_scatter": lambda w, x: (x * w.T).slice_scatter(w.T, 0, -1),
    "scatter_reduce": lambda w, x: (x * w.T).scatter_reduce(1, numpynet.tensor([[0, 2, 2]] * 9), x * w.T + 1, "prod"),
    "scatter_reduce, amax": lambda w, x: (x * w.T).scatter_reduce(
        0, numpynet.tensor([[0, 2, 2]] * 9), x * w.T, "amax", include_self=False
    ),
    "index_reduce": lambda w, x: (x * w.T).index_reduce(0, numpynet.tensor([1] * 10), x, "mean"),
    "unfold": lambda w, x: (x * w.T).unfold(0, 3, 2) * 2,
    "pdist": lambda w, x: numpynet.pdist(x * w.T),
    "gradient": lambda w, x: numpynet.gradient(x * w.T, edge_order=2)[0],
    "renorm": lambda w, x: (x * w.T).renorm(2, 0, 0.5),
    "sum_to_size": lambda w, x: (x * w.T).sum_to_size(1, 3),
    "cut apart": lambda w, x: sum(numpynet.vsplit(x * w.T, 2)) * numpynet.unsafe_chunk(x, 2)[0],
    "tril": lambda w, x: (w @ w.T).tril(),
    "in place": lambda w, x: (x @ w).mul_(2).add_(1).relu_(),
    "in place by parts": lambda w, x: half_doubled(x @ w),
    "minimum": lambda w, x: numpynet.minimum(x @ w, numpynet.zeros(10, 1)),
    "outer": lambda w, x: numpynet.outer(w.flatten(), w.flatten()),
    "repeat": lambda w, x: w.repeat(2, 2),
    "roll and flip": lambda w, x: w.roll(1, 0) * w.flip(0),
    "softmax": lambda w, x: (x * w.T).softmax(dim=-1),
    "division": lambda w, x: 1 / (2 + (x @ w) ** 2) + (x @ w).detach() // 0.1,
    "double": lambda w, x: (x.double() @ w.double()).float(),
    "random": lambda w, x: x @ w * numpynet.rand(10, 1) + numpynet.randn(10, 1),
    "random like": lambda w, x: x @ w + numpynet.rand_like(x @ w) * numpynet.randn_like(Y.T.contiguous().T),
    "random whole numbers": lambda w, x: w[numpynet.randint(0, 3, (4,))] * numpynet.randperm(4).view(4, 1),
    "bernoulli": lambda w, x: (x @ w) * numpynet.bernoulli((x @ w).sigmoid()),
    "noise with a mean": lambda w, x: numpynet.normal(x @ w, 0.1) * w[0],
    "new tensors": lambda w, x: x @ w + numpynet.arange(10.0).view(10, 1) + numpynet.full((1,), 2.0),
    "detached": lambda w, x: (x @ w) * (x @ w).detach(),
}


def half_doubled(y):
    y[:5] = y[:5] * 2
    y[5:] *= 3
    return y


@pytest.mark.parametrize("dtype", [numpynet.float32, numpynet.float64])
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expressions(name, dtype):
    if dtype == numpynet.float64 and ("random" in name or "new" in name):
        pytest.skip("the dtype is the default one")

    def make():
        w = numpynet.randn(3, 1, dtype=dtype, requires_grad=True)

        def step(x):
            w.grad = None
            y = EXPRESSIONS[name](w, x)
            if y.requires_grad:
                (y * y).sum().backward()
            return y

        return Setting(step, w)

    assert_agree(make, [(X.to(dtype),)] * 3 + [(X.to(dtype) * 2,)])


def test_a_step_of_two_models():
    def make():
        generator, critic = nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1))
        first, second = optim.Adam(generator.parameters(), lr=0.01), optim.Adam(critic.parameters(), lr=0.02)

        def step(real):
            noise = numpynet.randn(len(real), 2)
            second.zero_grad()
            fake = generator(noise)
            critic_loss = F.softplus(critic(fake.detach())).mean() + F.softplus(-critic(real)).mean()
            critic_loss.backward()
            second.step()
            first.zero_grad()
            generator_loss = F.softplus(-critic(fake)).mean()
            generator_loss.backward()
            first.step()
            return critic_loss, generator_loss

        return Setting(step, generator, critic, first, second)

    assert_agree(make, [(X,)] * 5 + [(X[:4],)] * 2)


def test_a_module_as_step():
    def make():
        model = nn.Sequential(nn.Linear(3, 4), nn.ReLU()).requires_grad_(False)
        return Setting(model, model)

    assert_agree(make, [(X,)] * 3)


def test_a_closure_handed_to_the_optimizer():
    def make():
        model = nn.Linear(3, 1)
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def closure():
            optimizer.zero_grad()
            loss = F.mse_loss(model(X), Y)
            loss.backward()
            return loss

        return Setting(lambda: optimizer.step(closure), model, optimizer)

    assert_agree(make)


def test_penalties_over_parameters():
    def make():
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step():
            optimizer.zero_grad()
            loss = F.mse_loss(model(X), Y)
            for name, parameter in model.named_parameters():
                if "weight" in name:
                    loss = loss + 0.01 * parameter.abs().sum() + 0.1 * (parameter**2).sum()
            loss.backward()
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    assert_agree(make)


def test_frozen_and_unused_parameters():
    def make():
        model = nn.ModuleDict({"used": nn.Linear(3, 1), "frozen": nn.Linear(1, 1), "unused": nn.Linear(5, 5)})
        model["frozen"].requires_grad_(False)
        optimizer = optim.Adam(model.parameters())

        def step():
            optimizer.zero_grad()
            loss = F.mse_loss(model["frozen"](model["used"](X)), Y)
            loss.backward()
            optimizer.step()
            return loss

        return Setting(step, model, optimizer)

    assert_agree(make)


def test_empty_batches_and_single_rows():
    def make():
        model = nn.Linear(3, 2)

        def step(x):
            model.zero_grad()
            loss = model(x).sum()
            loss.backward()
            return loss

        return Setting(step, model)

    assert_agree(make, [(X[:0],), (X[:1],), (X[:0],), (X,)])


def test_infinities_and_nan_pass():
    def make():
        w = numpynet.ones(3, requires_grad=True)

        def step(x):
            w.grad = None
            loss = (x * w).relu().sum()
            loss.backward()
            return loss

        return Setting(step, w)

    values = [[1.0, float("nan"), float("inf")], [-0.0, 0.0, -float("inf")]]
    assert_agree(make, [(numpynet.tensor(one),) for one in values * 2])


def test_a_compiled_step_inside_another_is_traced_with_it():
    inner = numpynet.compile(lambda x: x * 2)
    outer = numpynet.compile(lambda x: inner(x) + 1)
    x = numpynet.randn(3)
    for _ in range(2):
        assert content(inner(x)) == content(x * 2)
        assert content(outer(x)) == content(x * 2 + 1)
    assert len(inner._programs) == 1


def test_arguments_may_be_given_by_name_or_left_out():
    def step(x, y=None, *, scale=2.0):
        return x * scale if y is None else (x + y) * scale

    x, y = numpynet.randn(3), numpynet.randn(3)
    plain = numpynet.compile(lambda x, y=None: step(x, y))
    for _ in range(2):
        assert content(plain(x)) == content(step(x))
        assert content(plain(x, y)) == content(step(x, y))
        assert content(plain(y=y, x=x)) == content(step(x, y))
        assert content(plain(x, y=y)) == content(step(x, y))
        assert content(plain(x=x)) == content(step(x))
    with pytest.raises(TypeError, match="missing"):
        plain()
    with pytest.raises(TypeError):
        plain(x, y, x)
    with pytest.raises(TypeError, match="unexpected keyword"):
        plain(x, z=y)
    with pytest.raises(TypeError, match="keyword-only"):
        numpynet.compile(step)(x, scale=3.0)


def test_data_are_replaced():
    """By as many numbers: the parameter's memory stays, and takes the values."""

    def update(w, b):
        for one in (w, b):
            one.data = one.data - 0.1 * one.grad
            one.grad = None

    assert_agree(manual(update))
