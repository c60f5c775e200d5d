"""vmap: one function of many samples. Every expectation holds of torch too, unless it is said."""

import importlib

import pytest

import numpynet


@pytest.fixture
def vmap(library):
    return importlib.import_module(f"{library.__name__}.func").vmap


def rows(library):
    return library.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def test_along_any_dimension_in_and_out(library, vmap):
    x = rows(library)
    assert vmap(lambda r: r.sum())(x).tolist() == [6, 15]
    assert vmap(lambda r: r.sum(), in_dims=1)(x).tolist() == [5, 7, 9]
    assert vmap(lambda r: r * 2, in_dims=-1)(x).tolist() == (x * 2).T.tolist()
    assert vmap(lambda r: r * 2, out_dims=1)(x).tolist() == (x * 2).T.tolist()
    assert vmap(lambda r: r * 2, in_dims=1, out_dims=-1)(x).tolist() == (x * 2).tolist()


def test_what_all_samples_share(library, vmap):
    x, b = rows(library), library.tensor([1.0, 10.0, 100.0])
    assert vmap(lambda r, b: (r * b).sum(), in_dims=(0, None))(x, b).tolist() == [321, 654]
    assert vmap(lambda r, k: r[0] * k, in_dims=(0, None))(x, 2).tolist() == [2, 8]
    assert vmap(lambda r: (r * b).sum())(x).tolist() == [321, 654]


def test_nests(library, vmap):
    x = rows(library)
    found = vmap(lambda d, pair: {"s": d["a"].sum() + pair[0], "p": (pair[1], d["a"])}, in_dims=({"a": 0}, (0, None)))(
        {"a": x}, (x[:, 0], x[0])
    )
    assert found["s"].tolist() == [7, 19]
    assert found["p"][0].tolist() == [x[0].tolist()] * 2
    a, b = vmap(lambda r: (r, r.sum()), out_dims=(1, 0))(x)
    assert (a.tolist(), b.tolist()) == (x.T.tolist(), [6, 15])


def test_in_itself(library, vmap):
    x = rows(library)
    outer = vmap(vmap(lambda a, b: a * b, in_dims=(None, 0)), in_dims=(0, None))
    assert outer(x[:, 0], x[0]).tolist() == [[1, 2, 3], [4, 8, 12]]


def test_gradients_pass_through(library, vmap):
    x = rows(library).requires_grad_()
    vmap(lambda r: r.prod())(x).sum().backward()
    assert x.grad.tolist() == [[6, 3, 2], [30, 24, 20]]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda t, vmap, x: vmap(lambda a, b: a)(x, x.T), ValueError),
        (lambda t, vmap, x: vmap(t.dot, in_dims=(None, None))(x, x), ValueError),
        (lambda t, vmap, x: vmap(t.dot, in_dims=(0,))(x, x), ValueError),
        (lambda t, vmap, x: vmap(t.sin, in_dims=2)(x), ValueError),
        (lambda t, vmap, x: vmap(t.sin)(t.tensor(1.0)), ValueError),
        (lambda t, vmap, x: vmap(lambda a: 3)(x), ValueError),
        (lambda t, vmap, x: vmap(lambda a, b: a)(x, 3), ValueError),
        (lambda t, vmap, x: vmap(lambda: x)(), ValueError),
        (lambda t, vmap, x: vmap(t.sin, in_dims="0")(x), ValueError),
        (lambda t, vmap, x: vmap(t.sin, out_dims=5)(x), IndexError),
        (lambda t, vmap, x: vmap(lambda r: r + t.rand(1))(x), RuntimeError),
        (lambda t, vmap, x: vmap(t.sin, randomness="none")(x), RuntimeError),
        (lambda t, vmap, x: vmap(lambda r, b: b.add_(r), in_dims=(0, None))(x, t.ones(())), RuntimeError),
    ],
)
def test_refusals(library, vmap, call, error):
    with pytest.raises(error):
        call(library, vmap, rows(library))


def test_what_is_shared_is_not_overwritten():
    with pytest.raises(RuntimeError, match="in-place"):
        numpynet.func.vmap(lambda r, b: b.add_(r), in_dims=(0, None))(numpynet.ones(2, 3), numpynet.ones(3))


def test_random_numbers_that_are_refused_have_not_been_drawn():
    numpynet.manual_seed(0)
    expected = numpynet.rand(1)
    numpynet.manual_seed(0)
    with pytest.raises(RuntimeError, match="random"):
        numpynet.func.vmap(lambda r: r + numpynet.rand(1))(numpynet.ones(2))
    assert numpynet.rand(1).equal(expected)
    for randomness in ("same", "different"):
        with pytest.raises(NotImplementedError, match="randomness"):
            numpynet.func.vmap(numpynet.sin, randomness=randomness)


def test_dimensions_and_chunks_are_integers(library, vmap):
    x = library.ones(2, 3)
    for make in (
        lambda: vmap(library.sin, in_dims=True)(x),
        lambda: vmap(library.sin, in_dims=(False,))(x),
        lambda: vmap(library.sin, chunk_size=1.5)(x),
    ):
        with pytest.raises(TypeError):
            make()
    assert vmap(library.sin, out_dims=True)(x).shape == (3, 2)
