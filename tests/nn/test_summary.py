"""The summary of a module, and what notebooks show of it."""

import xml.etree.ElementTree

from numpynet import nn


def model():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Sequential(nn.Linear(8, 1, bias=False)))


def test_parts_shapes_and_counts():
    assert repr(model().summary()) == (
        "Sequential\n"
        "  0    Linear(in_features=4, out_features=8, bias=True)   weight 8×4, bias 8  40\n"
        "  1    ReLU()                                                                  0\n"
        "  2.0  Linear(in_features=8, out_features=1, bias=False)  weight 1×8           8\n"
        "48 parameters, 192 bytes"
    )


def test_shared_and_frozen_parameters():
    shared = nn.Linear(2, 2)
    twice = nn.ModuleList([shared, nn.Linear(2, 2)])
    twice[1].weight = shared.weight
    shared.bias.requires_grad_(False)
    assert [row.numbers for row in twice.summary().rows] == [6, 2]
    assert twice.summary().total == "8 parameters, 2 of them frozen, 32 bytes"


def test_parameters_of_a_module_with_parts():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(1, 1)
            self.scale = nn.Parameter(self.inner.weight.detach()[0, 0])

    assert [(row.path, row.what, row.shapes) for row in Scaled().summary().rows] == [
        ("", "Scaled", "scale ()"),
        ("inner", "Linear(in_features=1, out_features=1, bias=True)", "weight 1×1, bias 1"),
    ]


def test_notebooks_show_text_and_table():
    shown = f"<div>{model()._repr_html_()}</div>"
    tree = xml.etree.ElementTree.fromstring(shown)
    assert tree.find("pre").text == repr(model())
    assert [cell.text for cell in tree.iterfind(".//tbody/tr/td[4]")] == ["40", "0", "8"]


def test_a_part_called_summary_is_the_users_own():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.summary = nn.Linear(1, 1)

    assert "summary" in Own()._repr_html_()
    assert isinstance(Own().summary, nn.Linear)
