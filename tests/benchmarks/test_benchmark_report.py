"""What is told about a run: table, history, changes and chart, on figures made up for the purpose."""

from __future__ import annotations

import json

import pytest

from benchmarks import history
from benchmarks.report import amount, factor, report
from benchmarks.results import Comparison, Run

MACHINE = {
    "time": "2026-01-01T00:00:00+00:00",
    "commit": "0123456789ab",
    "processor": "A processor",
    "cores": 2,
    "load": 0.1,
    "system": "Linux x86_64",
    "python": "3.11.7",
    "versions": {"numpy": "2.4.6", "torch": None},
}


def comparison(numpynet, torch, threads=1, **others):
    return Comparison(
        "iris",
        "4-8-1, batch 150",
        threads,
        figures={"numpynet eager": numpynet, "torch eager": torch, **others},
        missing={"JAX jit": "jax is not installed"},
        pools=[{"user_api": "blas", "internal_api": "openblas", "version": "0.3", "num_threads": 1}],
    )


def run(*comparisons):
    return Run(MACHINE, {"rounds": 4}, list(comparisons))


@pytest.fixture
def measured():
    return run(comparison([1e-4, 1e-4, 2e-4, 1e-4], [4e-4, 5e-4, 8e-4, 3e-4], autograd=[1e-3, 1e-3, 2e-3, 1e-3]))


def test_ratios_to_torch_eager(measured):
    one = measured.comparisons[0]
    assert one.baseline == "torch eager"
    spread = one.ratio("numpynet eager")
    assert (spread.low, spread.median, spread.high) == pytest.approx((3.75, 4.0, 4.25))
    assert one.ratio("torch eager").median == 1


def test_without_torch_numpynet_is_the_measure():
    one = comparison([1.0, 2.0], [2.0, 2.0])
    del one.figures["torch eager"]
    assert one.baseline == "numpynet eager"
    one.figures.clear()
    assert one.baseline is None
    assert one.ratio("numpynet eager") is None


def test_the_table_tells_everything(measured):
    text = report(measured, {})
    lines = text.splitlines()
    assert lines[0].startswith("A processor, 2 cores")
    assert "commit 0123456789ab" in lines[0]
    assert lines[1] == "Python 3.11.7, numpy 2.4.6"
    assert "iris: 4-8-1, batch 150, 1 thread" in lines
    table = {line[2:18].strip(): line.split()[-6:] for line in lines if line.startswith("  ") and "median" not in line}
    assert list(table) == ["numpynet eager", "torch eager", "autograd", "JAX jit"]
    assert table["numpynet eager"] == ["100", "µs", "4.00", "3.75", "to", "4.25"]
    assert "jax is not installed" in text


def test_a_comparison_of_which_nothing_was_measured_is_reported():
    text = report(run(Comparison("iris", "4-8-1", 1, missing={"JAX jit": "jax is not installed"})), {})
    assert "jax is not installed" in text


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (2.1e-6, "s", "2.10 µs"),
        (1.5e-7, "s", "0.15 µs"),
        (0.0123, "s", "12.3 ms"),
        (130.0, "s", "130 s"),
        (3212.4, "MiB", "3,212 MiB"),
    ],
)
def test_amounts(value, unit, shown):
    assert amount(value, unit) == shown


def test_factors():
    assert [factor(value) for value in (0.456, 4.56, 45.6, 456.0)] == ["0.46", "4.56", "45.6", "456"]


def test_a_history_gives_back_its_last_run(tmp_path, measured):
    file = tmp_path / "history.jsonl"
    history.append(run(), file)
    history.append(measured, file)
    assert len(file.read_text().splitlines()) == 2
    assert history.latest(file) == measured


def test_a_file_of_one_run_is_read_too(tmp_path, measured):
    file = tmp_path / "run.json"
    file.write_text(json.dumps(measured.to_dict(), indent=2))
    assert history.latest(file) == measured


@pytest.mark.parametrize("text", ["", "{}", "no JSON", '{"machine": {}, "options": {}, "comparisons": [1]}', "[1, 2]"])
def test_other_files_are_refused(tmp_path, text):
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(ValueError, match="holds no results"):
        history.latest(file)


def test_changes_beyond_the_quartiles_are_marked(measured):
    torch = [4e-4, 4e-4, 4e-4, 4e-4]
    before = run(comparison([1e-4] * 4, torch, autograd=[1e-3] * 4, only_before=torch))
    now = run(
        comparison([0.9e-4, 1e-4, 1.1e-4, 1e-4], torch, autograd=[2e-3] * 4, only_now=torch),
        comparison(torch, torch, 2),
    )
    found = history.against(now, before)
    assert list(found) == [("iris", 1)]  # the comparison on 2 threads is new
    changes = found["iris", 1]
    assert set(changes) == {"numpynet eager", "autograd"}
    assert not changes["numpynet eager"].is_beyond_quartiles
    assert changes["autograd"].is_beyond_quartiles
    text = report(now, found)
    assert "SLOWER than before: 0.40 (0.40 to 0.40)" in text
    assert "as before (4.00)" in text
    assert "FASTER than before" in report(before, history.against(before, now))


def test_nothing_is_said_of_changes_when_the_measures_differ(measured):
    without_torch = run(comparison([1e-4, 1e-4], [1e-4, 1e-4]))
    del without_torch.comparisons[0].figures["torch eager"]
    assert history.against(without_torch, measured) == {("iris", 1): {}}


def test_the_chart_is_written(tmp_path, measured):
    pytest.importorskip("matplotlib")
    from benchmarks.chart import draw, grid_of, names_of

    measured.comparisons.append(comparison([1.0], [0.5], 2))
    measured.comparisons.append(Comparison("memory", "peak memory", 1, "MiB", {"numpynet": [1.0], "torch": [2.0]}))
    grid = grid_of(measured)
    assert [[one.threads for one in row] for row in grid] == [[1, 2]]
    assert names_of(grid[0]) == ["numpynet eager", "autograd", "JAX jit"]
    draw(measured, tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="nothing can be drawn"):
        draw(run(), tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
