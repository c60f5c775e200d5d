"""The pages of the documentation: each name with its signature, its docstring as it stands, and its gradients."""

import html
import re

import pytest

pytest.importorskip("pdoc")

from tests.pages import PLACES, main, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("pages")
    write(place / "made")
    return place / "made"


def told(folder, place, name):
    """What the page of a place says about a name, without spaces."""
    page = (folder / f"{place.replace('.', '/')}.html").read_text(encoding="utf-8")
    (part,) = re.findall(rf'<(?:section|div) id="{name}".*?(?=<section id=|<div id="[A-Z])', page, re.DOTALL)
    part = re.sub(r'<div class="pdoc-code.*?</pre></div>', "", part, flags=re.DOTALL)  # its source
    return spaceless(html.unescape(re.sub(r"<[^>]+>", "", part)))


def spaceless(text):
    return "".join(text.split())


def test_every_place_has_its_page(folder):
    pages = {str(path.relative_to(folder)) for path in folder.rglob("*.*") if path.is_file()}
    assert pages == {"index.html", "search.js", *(f"{place.replace('.', '/')}.html" for place in PLACES)}


@pytest.mark.parametrize(
    ("place", "name", "words"),
    [
        (
            "numpynet.nn.functional",
            "linear",
            [
                "linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:",
                "y = x wᵀ + b x (..., I), w (O, I), b (O,) or None -> y (..., O)",
                ">>> import numpynet.nn.functional as F >>> F.linear(",
                "linear.gradients, given dy = ∂L/∂y: x: dy.dot(w) w: dy.T.dot(x)",
            ],
        ),
        ("numpynet.ops", "linear", ["linear(input, weight, bias=None)", "y = x wᵀ + b", "w: dy.T.dot(x)"]),
        ("numpynet", "tanh", ["tanh(input, *, out=None)", "y = tanh x;  y′ = 1 − y².", "x: dy * (1 - y * y)"]),
        ("numpynet.nn", "Linear", ["class Linear(numpynet.nn.Module)", "y = x Wᵀ + b"]),
        ("numpynet.nn", "Linear.__init__", ["in_features: int, out_features: int, bias: bool = True"]),
        ("numpynet", "Tensor", ["class Tensor"]),
        (
            "numpynet",
            "Tensor.backward",
            ["backward(self,", "retain_graph: bool | None = None", "create_graph: bool = False"],
        ),
    ],
)
def test_a_name_is_told_of(folder, place, name, words):
    found = told(folder, place, name)
    for one in words:
        assert spaceless(one) in found


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("sys.argv", ["pages", str(tmp_path / "file" / "pages")])
    with pytest.raises(NotADirectoryError):
        main()
