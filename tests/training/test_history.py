"""The history: its tables, its files, its figure."""

import csv
import json
import math
import os
import stat
import subprocess
import sys
import xml.etree.ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpynet.training import History


def filled(epochs=3, steps=4, *, validation=True, norms=False, unfinished=0):
    history = History()
    for epoch in range(epochs):
        for step in range(steps):
            history.record_step(1.0 / (1 + epoch * steps + step), 0.1 / (epoch + 1), 2.5 if norms else None)
        history.record_epoch(0.5 / (epoch + 1), 0.25 / (epoch + 1) if validation else None)
    for _ in range(unfinished):
        history.record_step(0.01, 0.01, 2.5 if norms else None)
    return history


def test_steps_know_their_epochs():
    table = filled(2, 3, unfinished=2).steps
    assert table["step"] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert table["epoch"] == [1, 1, 1, 2, 2, 2, 3, 3]


@given(lengths=st.lists(st.integers(1, 5), max_size=6), unfinished=st.integers(0, 4))
def test_tables_are_rectangular_and_agree(lengths, unfinished):
    history = History()
    for length in lengths:
        for _ in range(length):
            history.record_step(1.0, 0.1)
        history.record_epoch(1.0)
    for _ in range(unfinished):
        history.record_step(1.0, 0.1)
    steps, epochs = history.steps, history.epochs
    assert {len(column) for column in steps.values()} == {sum(lengths) + unfinished}
    assert {len(column) for column in epochs.values()} == {len(lengths)}
    for epoch, end in zip(epochs["epoch"], epochs["step"], strict=True):
        assert steps["epoch"][end - 1] == epoch
        assert steps["epoch"].count(epoch) == lengths[epoch - 1]


def test_columns_are_there_when_there_is_something_in_them():
    assert list(filled(norms=True).steps) == ["step", "epoch", "loss", "learning_rate", "gradient_norm"]
    assert list(filled(norms=False).steps) == ["step", "epoch", "loss", "learning_rate"]
    assert list(filled().epochs) == ["epoch", "step", "train_loss", "validation_loss", "learning_rate"]
    assert list(filled(validation=False).epochs) == ["epoch", "step", "train_loss", "learning_rate"]


def test_tables_are_copies():
    history = filled()
    history.steps["loss"].clear()
    history.epochs["train_loss"].clear()
    assert len(history.losses) == 12
    assert len(history.train_losses) == 3


def test_the_dictionary_survives_json():
    history = filled(norms=True)
    history.interrupted = True
    once = history.to_dict()
    assert json.loads(json.dumps(once)) == once
    assert once["interrupted"] is True


@pytest.mark.parametrize("per", ["step", "epoch"])
def test_csv_reads_back_to_the_same_numbers(tmp_path, per):
    history = filled(norms=True, unfinished=1)
    history.losses[0] = math.nan
    history.losses[1] = 0.1 + 0.2
    history.to_csv(tmp_path / "history.csv", per)
    table = history.steps if per == "step" else history.epochs
    with open(tmp_path / "history.csv", newline="", encoding="utf-8") as file:
        headings, *rows = csv.reader(file)
    assert headings == list(table)
    for column, values in enumerate(table.values()):
        read = [float(row[column]) for row in rows]
        assert all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(read, values, strict=True))


def test_an_empty_history_has_files_and_a_figure(tmp_path):
    pytest.importorskip("matplotlib")
    history = History()
    history.to_csv(tmp_path / "history.csv")
    assert (tmp_path / "history.csv").read_text() == "step,epoch,loss,learning_rate\n"
    history.plot(tmp_path / "history.png")
    assert repr(history) == "History(0 epochs, 0 steps)"


def test_an_unknown_table_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="per must be"):
        filled().to_csv(tmp_path / "history.csv", "batch")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("old")
    history = filled()
    history.losses[3] = Unwritable()
    with pytest.raises(RuntimeError, match="disk full"):
        history.to_csv(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["history.csv"]


class Unwritable:
    def __str__(self):
        raise RuntimeError("disk full")


def test_files_have_ordinary_permissions_and_links_stay_links(tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    mask = os.umask(0o027)
    try:
        filled().to_csv(target)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    os.chmod(target, 0o604)
    link.symlink_to(target)
    filled(epochs=1).to_csv(link)
    assert link.is_symlink()
    assert len(target.read_text().splitlines()) == 5
    assert stat.S_IMODE(target.stat().st_mode) == 0o604


def test_impossible_places_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        filled().to_csv(tmp_path / "missing" / "history.csv")
    with pytest.raises(IsADirectoryError):
        filled().to_csv(tmp_path)


def test_the_figure_shows_every_series(tmp_path):
    pytest.importorskip("matplotlib")
    figure = filled(norms=True).plot(tmp_path / "history.png")
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["Loss", "Learning rate", "Gradient norm before clipping"]
    shown = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert shown == ["batch", "train, epoch mean", "validation"]
    assert os.listdir(tmp_path) == ["history.png"]


@pytest.mark.parametrize(("name", "start"), [("a.svg", b"<?xml"), ("a.pdf", b"%PDF"), ("plain", b"\x89PNG")])
def test_the_ending_names_the_format(tmp_path, name, start):
    pytest.importorskip("matplotlib")
    filled().plot(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_an_unknown_ending_is_refused(tmp_path):
    pytest.importorskip("matplotlib")
    with pytest.raises(ValueError, match="png"):
        filled().plot(tmp_path / "history.docx")
    assert os.listdir(tmp_path) == []


def test_a_loss_of_zero_or_below_is_drawn_on_a_linear_axis(tmp_path):
    pytest.importorskip("matplotlib")
    history = filled()
    assert history.plot(tmp_path / "a.png").axes[0].get_yscale() == "log"
    history.losses[0] = -1.0
    assert history.plot(tmp_path / "b.png").axes[0].get_yscale() == "linear"


def test_without_a_path_the_figure_is_one_of_pyplots():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure = filled().plot()
    assert figure.number in pyplot.get_fignums()
    pyplot.close(figure)


def test_the_package_can_be_imported_and_trained_without_matplotlib():
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from numpynet.training import History\n"
        "try: History().plot()\n"
        "except ModuleNotFoundError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install matplotlib, or numpynet-backprop[studies]" in done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_the_summary_is_short():
    history = filled()
    assert repr(history) == (
        "History(3 epochs, 12 steps, train_loss=0.1667, validation_loss=0.08333, learning_rate=0.03333)"
    )
    history.interrupted = True
    assert repr(history).endswith(", interrupted)")


def test_a_notebook_shows_a_curve_and_the_last_epochs():
    history = History()
    for epoch in range(12):
        for step in range(40):
            history.record_step(float("nan") if epoch == step == 3 else 10.0 - epoch + step / 100, learning_rate=0.1)
        history.record_epoch(train_loss=10.0 - epoch)
    tree = xml.etree.ElementTree.fromstring(f"<div>{history._repr_html_()}</div>")
    assert tree.find("p").text == repr(history)
    assert len(tree.find(".//polyline").get("points").split()) == 149  # of 150 one has a loss that is NaN
    assert [row.find("td").text for row in tree.iterfind(".//tbody/tr")] == [str(epoch) for epoch in range(3, 13)]
    assert tree.find(".//caption").text == "the last 10 of 12 epochs"
    assert "polyline" not in History()._repr_html_()
