"""The page in a real browser: what it lights up, shows and hides, asks, and how it looks."""

import re

import pytest
from browser import Browser, executable
from program import training

import numpynet
import numpynet as torch
from numpynet import nn

pytestmark = pytest.mark.skipif(executable() is None, reason="no Chromium here: apt-get install chromium")


@pytest.fixture(scope="module")
def explanation():
    return numpynet.explain(training()[1], steps=41)


@pytest.fixture(scope="module")
def page(explanation, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "explain.html"
    explanation.save(path)
    return path


@pytest.fixture(scope="module")
def browser():
    opened = Browser()
    yield opened
    opened.close()


def lit(browser, kind):
    """The cells of that class, as (value or gradient, name, index)."""
    script = f"""[...document.querySelectorAll("td.{kind}")].map(({{ dataset }}) =>
        [dataset.kind, values[dataset.value].name, values[dataset.value].index[dataset.i].join()])"""
    return {tuple(one) for one in browser.run(script)}


def why(browser):
    return browser.run("document.getElementById('why').innerText")


def test_nothing_is_fetched_and_nothing_complained_of(browser, page):
    browser.open(page, "cell=hidden.weight:1,0")
    for _ in range(9):
        browser.press("ArrowLeft")
    assert browser.messages == []
    assert {one.split("#")[0] for one in browser.requests} <= {f"file://{page}", "about:blank"}


def test_a_cell_lights_exactly_the_cells_that_its_sum_names(browser, page, explanation):
    browser.open(page, "cell=hidden.weight:1,0")
    (use,) = explanation.number("hidden.weight[1, 0]").uses
    assert lit(browser, "asked") == {("g", "hidden.weight", "1,0")}
    assert lit(browser, "term") == {("g", "z", f"{n},1") for n in range(4)}
    assert lit(browser, "term") == {("g", "z", ",".join(map(str, term.at))) for term in use.terms}
    assert lit(browser, "factor") == {("v", "x", f"{n},0") for n in range(4)}
    rows = browser.run("[...document.querySelectorAll('table.sum tr:not(.total)')].map(row => row.innerText)")
    assert [re.findall(r"∂z\[\d, 1\]|x\[\d, 0\]", row) for row in rows] == [
        [f"∂z[{n}, 1]", f"x[{n}, 0]"] for n in range(4)
    ]


def test_an_expression_lights_the_elements_it_is_made_of(browser, page):
    browser.open(page, "cell=z:2,1")
    assert (lit(browser, "term"), lit(browser, "factor")) == ({("g", "h", "2,1")}, {("v", "h", "2,1")})
    assert "(1 − h[2, 1]²)" in why(browser)


@pytest.mark.parametrize("moment", [0, 7, 40])
def test_the_terms_shown_add_up_at_every_training_step(browser, page, explanation, moment):
    browser.open(page, f"cell=hidden.weight:1,0&train={moment}")
    script = "termsOf(uses[asked.v][0], asked.i).map(term => term.d * term.c).reduce((a, b) => a + b)"
    gradient = explanation.moments[moment].graph.find("hidden.weight").gradient[1, 0]
    assert browser.run(script) == pytest.approx(gradient, rel=1e-4, abs=1e-7)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The page of a model with parts that repeat, tensors too large to be written out, and values used twice."""
    torch.manual_seed(0)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.a, self.b = nn.LayerNorm(20), nn.Linear(20, 30), nn.Linear(30, 20)

        def forward(self, x):
            h = torch.relu(self.a(self.norm(x)))
            return x + self.b(h)

    model = nn.Sequential(*(Block() for _ in range(6)), nn.Linear(20, 3))
    x, target = torch.randn(40, 20), torch.randint(0, 3, (40,))
    path = tmp_path_factory.mktemp("page") / "large.html"
    numpynet.explain(lambda: nn.functional.cross_entropy(model(x), target)).save(path)
    return path


def test_parts_that_repeat_are_folded_until_they_are_asked_for(browser, large):
    browser.open(large, "at=1")
    assert browser.messages == []
    assert browser.run("stops.length") == 4
    assert "0 to 5, x 6" in browser.run("document.getElementById('where').textContent")
    assert "6 times in all" in why(browser)
    folded = browser.run("document.querySelectorAll('.card:not([hidden])').length")
    assert browser.run(OVERLAPS) == []
    browser.run("document.querySelector('button.fold').click()")
    assert browser.run("stops.length") == 33
    assert browser.run("document.querySelectorAll('.card:not([hidden])').length") > folded + 50
    assert browser.run("document.querySelector('button.fold').getAttribute('aria-expanded')") == "true"
    assert browser.run(OVERLAPS) == []
    assert browser.run("document.getElementById('where').textContent").startswith("forward 1 of 33: layer_norm")


def test_what_is_left_out_of_a_large_tensor_is_said(browser, large):
    browser.open(large, "cell=6.weight:0,0")
    assert "terms of numbers not written out" in why(browser)
    assert re.search(r"\d+ of 60 written out", browser.run("document.querySelector('#stages').innerText"))


@pytest.mark.parametrize("which", ["page", "large"])
def test_gradients_appear_when_all_their_uses_have_been_visited(browser, request, which):
    browser.open(request.getfixturevalue(which), "at=0")
    browser.run("(runs.forEach(run => { run.folded = false; }), layStops(), paint())")
    stops = browser.run("stops.length")
    for at in range(2 * stops + 1):
        shown = browser.run("""[...document.querySelectorAll(".card")].filter(card =>
            [...card.querySelectorAll("td.g")].some(cell => cell.textContent)).map(card => +card.dataset.value)""")
        visited = browser.run("[...backCalls()]")
        uses = browser.run("uses.map(all => all.map(use => use.call))")
        gradients = browser.run("values.map(one => one.gradient)")
        expected = [
            v for v, all_uses in enumerate(uses) if gradients[v] and at >= stops and set(all_uses) <= set(visited)
        ]
        assert sorted(shown) == expected
        painted = browser.run("""[...document.querySelectorAll(".card")].filter(card =>
            card.querySelector("canvas.g")?.checkVisibility({ visibilityProperty: true }))
            .map(card => +card.dataset.value)""")
        assert set(painted) <= set(expected)
        known = browser.run("""[...document.querySelectorAll(".card")].filter(card =>
            card.querySelector("td.v").textContent).length""")
        assert known == len(uses) - stops + min(at, stops)
        browser.press("ArrowRight")


def test_the_running_line_is_marked(browser, page):
    browser.open(page, "at=2")
    assert browser.run("document.querySelector('#sources .now').textContent.trim()") == "h = torch.tanh(z)"
    browser.open(page, "at=8")
    assert browser.run("document.querySelector('#sources .now').textContent.trim()") == "z = self.hidden(x)"
    assert "numpynet/ops/linear.py" in browser.run("document.getElementById('origin').innerText")


def verdict(browser, answer):
    browser.run("(document.getElementById('answer').value = '', document.getElementById('answer').focus())")
    browser.write(f"{answer:.6g}")
    return browser.run("[document.getElementById('verdict').className, document.getElementById('verdict').textContent]")


def test_the_question_tells_answers_apart(browser, page, explanation):
    browser.open(page, "at=7")  # the tanh, backward
    name, index = browser.run("""(() => { const text = document.querySelector("label[for=answer]").textContent;
        return [text.match(/∂loss\\/∂(\\w+)/)[1], text.match(/\\[(.*)\\]/)[1]]; })()""")
    at = tuple(map(int, index.split(",")))
    right = float(explanation.gradient(name)[at])
    above, h = float(explanation.gradient("h")[at]), float(explanation.graph.find("h").array[at])
    assert verdict(browser, right) == ["right", "Right."]
    assert verdict(browser, -right)[1] == "The size is right, the sign is not."
    assert verdict(browser, above)[1] == f"That is ∂h alone: multiply by (1 − h[{at[0]}, {at[1]}]²)."
    assert verdict(browser, 1 - h * h)[1] == "That is the derivative alone: multiply by what arrives, ∂h."
    assert verdict(browser, 77)[1].startswith("Not yet.")
    browser.open(page, "at=8")  # a product, hidden.weight[1, 1]
    dz, x = explanation.gradient("z")[:, 1], explanation.graph.find("x").array[:, 1]
    assert "∂loss/∂hidden.weight[1, 1]" in why(browser)
    assert verdict(browser, float(dz[3] * x[3]))[1].startswith("That is one of 4 terms")
    assert verdict(browser, float(dz.sum()))[1].startswith("Those are the ∂z added up")
    assert verdict(browser, float(dz @ x)) == ["right", "Right."]


def test_a_term_is_followed_with_a_trail(browser, page):
    browser.open(page, "cell=hidden.weight:1,0")
    browser.run("document.querySelector('table.sum button').click()")
    assert lit(browser, "asked") == {("g", "z", "0,1")}
    browser.run("document.querySelector('table.sum button').click()")
    assert lit(browser, "asked") == {("g", "h", "0,1")}
    assert [one for one in why(browser).split("\n") if "∂" in one][:3]
    assert browser.run("[...document.querySelectorAll('.trail button')].map(one => one.textContent)") == [
        "∂hidden.weight[1, 0]", "∂z[0, 1]",
    ]  # fmt: skip
    browser.run("document.querySelector('.trail button').click()")
    assert lit(browser, "asked") == {("g", "hidden.weight", "1,0")}


def test_the_keyboard_alone_reaches_everything(browser, page):
    browser.open(page, "at=8")
    reached = []
    for _ in range(60):
        browser.press("Tab")
        reached.append(browser.run("document.activeElement.id || document.activeElement.getAttribute('aria-label')"))
        if browser.run(
            "document.activeElement.matches('td.g') && document.activeElement.closest('.card').dataset.value"
        ) == browser.run("String(values.findIndex(one => one.name === 'hidden.weight'))"):
            break
    assert {"moment", "first", "previous"} <= set(reached)
    for key in ("ArrowDown", "Enter"):
        browser.press(key)
    assert lit(browser, "asked") == {("g", "hidden.weight", "1,0")}
    browser.press("Escape")
    assert lit(browser, "asked") == set()
    browser.run("document.activeElement.blur()")
    for key, place in (("Home", "start"), ("ArrowRight", "forward 1 of 4: linear"), ("End", "backward 4 of 4: linear")):
        browser.press(key)
        assert browser.run("document.getElementById('where').textContent") == place
    browser.press("ArrowUp")
    assert browser.run("document.getElementById('moment-number').textContent") == "1"


def test_everything_has_an_accessible_name(browser, page):
    browser.open(page, "cell=hidden.weight:1,0")
    nameless = browser.run("""[...document.querySelectorAll("button, input, td, table.grid, section, nav, canvas, svg")]
        .filter(one => !one.closest("table.sum") && one.getAttribute("aria-hidden") !== "true")
        .filter(one => !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length))
        .map(one => one.outerHTML.slice(0, 80))""")
    assert nameless == []


def test_terms_and_formulas_with_long_names_are_not_cut(browser, tmp_path):
    torch.manual_seed(0)
    convolution, norm = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)
    image = torch.randn(2, 1, 5, 5)

    def step():
        filtered = convolution(image)
        standard = norm(filtered)
        return (standard**2).sum()

    numpynet.explain(step).save(tmp_path / "wide.html")
    for width in (1280, 375):
        for cell in ("convolution.weight:0,0,1,1", "filtered:0,0,1,1"):
            browser.open(tmp_path / "wide.html", f"cell={cell}", width=width)
            too_wide = "[...document.querySelectorAll('.sum-frame, .formula')].map(e => e.scrollWidth - e.clientWidth)"
            found = browser.run(too_wide)
            assert len(found) >= 2
            assert max(found) <= 1
            assert "=" in browser.run("document.querySelector('table.sum').innerText")


def test_the_operation_at_work_is_brought_into_view(browser, large):
    inside = """(() => {
        const card = document.querySelector(".card.given:not([hidden]), .card.made:not([hidden])");
        const box = card.getBoundingClientRect(), frame = document.getElementById("graph").getBoundingClientRect();
        return box.left >= frame.left && box.left < frame.right && box.top >= frame.top && box.top < frame.bottom;
    })()"""
    browser.open(large, "at=1")
    assert browser.run(inside)
    for _ in range(4):
        browser.press("ArrowRight")
        assert browser.run(inside)
    browser.open(large, "at=5")
    assert browser.run(inside)


def test_where_the_transpose_comes_from(browser, tmp_path):
    torch.manual_seed(0)
    x, w = torch.randn(4, 2, requires_grad=True), torch.randn(2, 3, requires_grad=True)

    def step():
        y = x @ w
        return (y * y).sum()

    numpynet.explain(step).save(tmp_path / "product.html")
    for cell, pairs, product in (
        ("x:1,0", "a number of w with one of ∂y in the same column", "∂y 4×3 times wᵀ 3×2 gives 4×2, the shape of x"),
        ("w:1,0", "a number of x with one of ∂y in the same row", "xᵀ 2×4 times ∂y 4×3 gives 2×3, the shape of w"),
    ):
        browser.open(tmp_path / "product.html", f"cell={cell}")
        text = browser.run("document.querySelector('#why').innerText")
        assert pairs in text
        assert product in text


CONTRAST = """(() => {
    const parse = text => {
        const found = text.match(/[\\d.]+/g).map(Number), scale = text.startsWith("color(srgb") ? 255 : 1;
        return [...found.slice(0, 3).map(one => one * scale), found[3] ?? 1];
    };
    const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
    const behind = one => { const layers = [];
        for (let at = one; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
        return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]); };
    const linear = one => one <= .03928 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4;
    const light = color => {
        const [r, g, b] = color.map(one => linear(one / 255));
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const low = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const one = walk.currentNode.parentElement;
        if (!walk.currentNode.textContent.trim() || !one.checkVisibility()) continue;
        if (one.closest("script, noscript, :disabled")) continue;
        const back = behind(one), front = over(parse(getComputedStyle(one).color), back);
        const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
        const ratio = (a + .05) / (b + .05);
        if (ratio < 4.5) low.push([ratio.toFixed(2), walk.currentNode.textContent.trim().slice(0, 30), one.className]);
    }
    return low;
})()"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("state", ["at=0", "at=6", "cell=hidden.weight:1,0", "cell=v:h:0,0", "at=7&answer=5"])
def test_text_has_contrast(browser, page, dark, state):
    browser.open(page, state, dark=dark)
    assert browser.run(CONTRAST) == []


OVERLAPS = """(() => {
    const boxes = [...document.querySelectorAll(".card:not([hidden]), header > *, main > section")];
    const found = [];
    boxes.forEach((one, i) => boxes.slice(i + 1).forEach(other => {
        if (one.contains(other) || other.contains(one)) return;
        const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
        const inside = one.closest("main > section") !== other.closest("main > section");
        if (inside && (one.matches(".card") || other.matches(".card"))) return;
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
            found.push([one.outerHTML.slice(0, 60), other.outerHTML.slice(0, 60)]);
    }));
    return found;
})()"""


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (375, 720)])
@pytest.mark.parametrize("state", ["at=5", "cell=hidden.weight:1,0"])
def test_nothing_overlaps_or_overflows(browser, page, width, height, state):
    browser.open(page, state, width=width, height=height)
    assert browser.run(OVERLAPS) == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    cut = browser.run(
        """[...document.querySelectorAll("td.cell")].filter(cell => cell.scrollWidth > cell.clientWidth + 1).length"""
    )
    assert cut == 0
