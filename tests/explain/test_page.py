"""The page as a file: that it is one, what is in it, and how large it is."""

import html
import json
import re

import numpy as np
import pytest
from program import training

import numpynet
import numpynet as torch
from numpynet import nn
from numpynet.explain.page import page


def content(text):
    """The data in a page."""
    return json.loads(re.search(r"^const data = (\{.*\});$", text, re.M)[1])


@pytest.fixture(scope="module")
def explanation():
    return numpynet.explain(training()[1], steps=41)


@pytest.fixture(scope="module")
def text(explanation):
    return page(explanation)


def test_no_address_and_no_library(text):
    assert re.findall(r"(?:src|href)\s*=|@import|url\(|fetch\(|XMLHttpRequest|import\(|<link", text) == []
    assert set(re.findall(r"https?://[\w./-]+", text)) == {"http://www.w3.org/2000/svg"}
    assert len(text.encode()) < 1_000_000


def test_the_same_explanation_gives_the_same_page(explanation, text):
    assert page(explanation) == text


def test_all_numbers_of_every_training_step_are_in_it(explanation, text):
    data = content(text)
    names = [value["name"] for value in data["values"]]
    assert len(data["moments"]) == 41
    for shown, moment in zip(data["moments"], explanation.moments, strict=True):
        for kind, of in (("v", "array"), ("g", "gradient")):
            for place, name in enumerate(names):
                real = getattr(moment.graph.find(name), of)
                assert (shown[kind][place] is None) == (real is None)
                if real is not None:
                    assert np.allclose(shown[kind][place], real.reshape(-1), rtol=1e-5, atol=0)


def sums(data, moment):
    """For every gradient shown, the sum of its terms, over all operations that use the value."""
    now = data["moments"][moment]
    for v, value in enumerate(data["values"]):
        keys = [
            (f"{c}:{slot}", call)
            for c, call in enumerate(data["calls"])
            for slot, gradient in enumerate(call["gradients"])
            if gradient["of"] == v
        ]
        for i in range(len(value["index"]) if keys and value["gradient"] else 0):
            total = size = 0.0
            for key, call in keys:
                for j, told in data["terms"][key].get(str(i), []):
                    c = told[3] * now["v"][told[1]][told[2]] if told[0] == "f" else now["c"][key][told[3]]
                    product = now["g"][call["result"]][j] * c
                    total, size = total + product, size + abs(product)
            yield value["name"], now["g"][v][i], total, size


@pytest.mark.parametrize("moment", [0, 20, 40])
def test_the_terms_add_up(text, moment):
    found = list(sums(content(text), moment))
    assert len(found) > 20
    for name, gradient, total, size in found:
        assert abs(gradient - total) <= 2e-5 * size + 1e-9, name


def test_coefficients_that_are_elements_are_given_as_such(text):
    data = content(text)
    kinds = [told[0] for key, rows in data["terms"].items() for row in rows.values() for _, told in row]
    assert kinds.count("f") > 20
    tanh = next(str(c) for c, call in enumerate(data["calls"]) if call["name"] == "tanh")
    assert data["terms"][f"{tanh}:0"]["4"][0][1][1] == "(1 − h[1, 1]²)"


def test_a_relu_that_switches_is_followed_through_training():
    w = torch.tensor([[1.0], [-1.0]], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=1.5)
    x = torch.tensor([[1.0], [-2.0]])

    def step():
        optimizer.zero_grad()
        loss = ((torch.relu(x @ w.T) - 0.5) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    data = content(page(numpynet.explain(step, steps=6)))
    for moment in range(6):
        for name, gradient, total, size in sums(data, moment):
            assert abs(gradient - total) <= 2e-5 * size + 1e-9, name


def test_names_and_source_of_the_program_do_no_harm():
    w = torch.ones(1, requires_grad=True)
    scope = {"w": w}
    exec("def step():\n    y = w * 1  # </script><script>alert(1)</script>\n    return y.sum()", scope)
    text = page(numpynet.explain(scope["step"]))
    assert text.count("</script>") == 1


def test_infinite_and_undefined_numbers_are_words():
    w = torch.tensor([0.0, 1.0], requires_grad=True)
    data = content(page(numpynet.explain(lambda: (w / 0).sum())))
    assert {"nan", "inf"} <= {one for all_of in data["moments"][0]["v"] for one in all_of if isinstance(one, str)}


def test_a_large_model_is_shown_in_part():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(200, 300), nn.ReLU(), nn.Linear(300, 10))
    x, t = torch.randn(64, 200), torch.randint(0, 10, (64,))
    text = page(numpynet.explain(lambda: nn.functional.cross_entropy(model(x), t)))
    data = content(text)
    weight = next(one for one in data["values"] if one["name"] == "0.weight")
    assert (weight["whole"], weight["shape"]) == (False, [300, 200])
    assert 9 <= len(weight["index"]) <= 256
    assert data["moments"][0]["p"][data["values"].index(weight)][0].count("/") == 23
    assert len(text.encode()) < 1_500_000


def test_a_notebook_shows_it_in_a_frame_of_its_own(explanation):
    shown = explanation._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert 'sandbox="allow-scripts"' in shown
    assert f"<pre>{html.escape(repr(explanation))}</pre>" in shown


def test_it_is_saved_whole_or_not_at_all(explanation, tmp_path):
    explanation.save(tmp_path / "explain.html")
    assert (tmp_path / "explain.html").read_text().startswith("<!doctype html>")
    with pytest.raises(OSError, match="nowhere"):
        explanation.save(tmp_path / "nowhere" / "explain.html")
