"""python -m parity run: a file of one's own under both libraries."""

import json
import sys

import pytest

from parity.__main__ import main
from parity.run.command import report
from parity.run.comparison import Line, compare, compare_lines, excuse
from parity.run.names import missing_names
from parity.run.running import Ran, Run, Runs
from parity.run.source import read
from parity.run.verdict import judge


def notebook(path, *cells, version=4):
    sources = [{"cell_type": "code", "source" if version == 4 else "input": cell} for cell in cells]
    sources.insert(1, {"cell_type": "markdown", "source": "# words"})
    content = {"cells": sources} if version == 4 else {"worksheets": [{"cells": sources}]}
    path.write_text(json.dumps({"nbformat": version, "metadata": {}, **content}), encoding="utf-8")
    return path


# --- reading ----------------------------------------------------------------------------------------------


def test_a_notebook_is_its_cells_without_magics(tmp_path):
    path = notebook(
        tmp_path / "a.ipynb",
        ["%matplotlib inline\n", "import torch\n", "if True:\n", "    !pip install x\n", "torch.ones(1)?"],
        "%%bash\nls",
        "%%time\nx = 1",
        "text = '''\n!kept % here\n'''",
    )
    source = read(path)
    assert [piece.name for piece in source.pieces] == ["cell 1", "cell 3", "cell 4"]
    assert source.pieces[0].text == "pass\nimport torch\nif True:\n    pass\npass"
    assert source.pieces[1].text == "\nx = 1"
    assert "!kept" in source.pieces[2].text
    assert source.notes == [
        "cell 1, line 1 was skipped: %matplotlib inline",
        "cell 1, line 4 was skipped: !pip install x",
        "cell 1, line 5 was skipped: torch.ones(1)?",
        "cell 2 was skipped, it is not Python: %%bash",
        "cell 3, line 1 was skipped: %%time",
    ]


def test_older_notebooks_are_read_too(tmp_path):
    assert read(notebook(tmp_path / "a.ipynb", "x = 1", version=3)).pieces[0].text == "x = 1"


@pytest.mark.parametrize("content", ["not json", "[1]", '{"cells": 3}', '{"cells": []}'])
def test_what_is_no_notebook(tmp_path, content, capsys):
    path = tmp_path / "a.ipynb"
    path.write_text(content)
    assert main(["run", str(path)]) == 2
    assert "parity run: " in capsys.readouterr().err
    assert main(["run", str(tmp_path / "none.py")]) == 2


def test_missing_names_are_found_by_reading(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(
        "import torch\nimport torch.nn as nn\nfrom torch.nn import functional as F, Conv47d\n"
        "import torch.nowhere.at_all\nimport numpy as np\n"
        "x = nn.Linear(2, 3)\ny = nn.Sequential(nn.Transformer47())\nF.relu(x)\nnp.nothing\ntorch.Tensor.whatever\n"
        "F.gridded(x)\nF.gridded(y)\nwith torch.no_grad():\n    torch.optim.lr_scheduler.Never\n"
    )
    assert missing_names(read(path)) == {
        "torch.nn.Conv47d": ["line 3"],
        "torch.nowhere": ["line 4"],
        "torch.nn.Transformer47": ["line 7"],
        "torch.nn.functional.gridded": ["line 11", "line 12"],
        "torch.optim.lr_scheduler.Never": ["line 14"],
    }


# --- comparing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "digits", "within"),
    [
        ("same", "same", None, True),
        ("loss 0.5001", "loss 0.5002", 3, True),
        ("loss 0.51", "loss 0.52", 1, False),
        ("loss 0.5", "Loss 0.5", 0, False),
        ("step 3", "step 4", 0, False),
        ("1e-05", "1.0001e-05", 4, True),
        ("tensor([ 0.1000, -0.2000])", "tensor([ 0.1000, 0.2000])", 0, False),
        ("tensor([-1e-09,  2.0])", "tensor([1e-09, 2.0])", 0, True),
        ("nan", "nan", None, True),
        ("x = nan", "x = 1.0", 0, False),
        ("inf 1.00001", "inf 1.00002", 5, True),
        ("[1.0, 2.0]", "[1.0, 2.0, 3.0]", 0, False),
        ("lr 1e4", "lr 10000.0", None, True),
        ("fc1 0.5", "fc2 0.5", 0, False),
        ("<a.b.Generator object at 0x7f12ab34>", "<c._C.Generator object at 0x7f8fee25>", None, True),
        ("<function f at 0x7f12ab34>", "<function f at 0x7f12ab3f>", None, True),
        ("<a.Generator object at 0x7f12ab34>", "<a.Tensor object at 0x7f12ab34>", 0, False),
    ],
)
def test_lines(ours, theirs, digits, within):
    assert compare_lines(ours, theirs, 1e-3) == (digits, within)
    assert compare_lines(theirs, ours, 1e-3) == (digits, within)


def lines(*texts, place="line 1"):
    return [Line(place, text) for text in texts]


def test_lines_that_only_one_prints():
    pairs = compare(lines("a", "c", "d 1.0"), lines("a", "b", "c", "d 1.5"), 1e-3)
    assert [pair.verdict for pair in pairs] == ["equal", "only torch", "equal", "differs"]
    assert [pair.verdict for pair in compare(lines("a", "b"), lines("a"), 0)] == ["equal", "only numpynet"]
    assert compare([], [], 0) == []


def test_a_difference_is_excused_by_torchs_own():
    ours, theirs = lines("loss 3.5", "loss 0.3", "loss 0.9"), lines("loss 0.2", "loss 0.2", "loss 0.2")
    others = [lines("loss 3.6", "loss 0.2", "loss 0.25"), lines("one line")]
    pairs = excuse(compare(ours, theirs, 1e-3), others)
    assert [pair.verdict for pair in pairs] == ["torch varies", "differs", "differs"]
    assert pairs[0].otherwise == ("loss 3.6",)
    words = excuse(compare(lines("yes 1.0"), lines("no 1.0"), 1e-3), [lines("yes 1.0")])
    assert words[0].verdict == "differs"  # text is not a matter of rounding


def test_an_excuse_is_shown_for_what_it_is(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("print(1.0)")
    ours, theirs = Ran("numpynet", end={}), Ran("torch", end={})
    excused = excuse(compare(lines("loss 3.5"), lines("loss 0.2"), 1e-3), [lines("loss 3.6")])
    equal = compare(lines("a"), lines("a"), 0)
    shown = report(read(path), ours, theirs, {"": equal + excused}, brief=False, tolerance=1e-3)
    assert "AGREE as far as torch agrees with itself: 2 lines: 1 equal, 1 torch varies (tolerance 0.001)" in shown
    assert "and torch loss 3.6" in shown
    assert "--strict counts them as differences" in shown
    assert judge(ours, theirs, {"": excused}) == (3, "UNDECIDED (torch itself varies in everything that was compared)")


def test_of_long_lines_the_difference_is_shown(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("print(1.0)")
    ours, theirs = "0.5, " * 400 + "0.25" + ", 0.5" * 100, "0.5, " * 400 + "0.75" + ", 0.5" * 100
    ended = Ran("numpynet", end={}), Ran("torch", end={})
    shown = report(read(path), *ended, {"": compare(lines(ours), lines(theirs), 0)}, brief=True, tolerance=0)
    assert "0.5, 0.25, 0.5" in shown
    assert "0.5, 0.75, 0.5" in shown
    assert max(map(len, shown.splitlines())) < 250


RAISED = {"type": "ValueError", "message": "no", "place": "line 3", "missing": None}
EQUAL, DIFFERENT = compare(lines("a"), lines("a"), 0), compare(lines("a"), lines("b"), 0)


@pytest.mark.parametrize(
    ("ours", "theirs", "printed", "code", "words"),
    [
        ({"end": {}}, {"end": {}}, EQUAL, 0, "AGREE"),
        ({"end": {}}, {"end": {}}, DIFFERENT, 1, "DO NOT AGREE"),
        ({"end": {}}, {"end": {}}, [], 3, "nothing was printed or written"),
        ({"end": {}, "uses_torch": False}, {"end": {}}, EQUAL, 3, "uses nothing of torch"),
        ({"end": {}, "uses_torch": False}, {"end": {}}, DIFFERENT, 3, "uses nothing of torch"),
        ({"end": RAISED, "uses_torch": False}, {"end": {}}, EQUAL, 1, "DO NOT AGREE"),
        ({"end": {}}, {"end": {}, "imports_numpynet": True}, EQUAL, 3, "imports numpynet itself"),
        ({"end": RAISED}, {"end": RAISED}, EQUAL, 3, "does not run to its end with torch either"),
        ({"end": RAISED}, {"end": RAISED}, DIFFERENT, 1, "DO NOT AGREE"),
        ({"end": RAISED}, {"end": {}}, EQUAL, 1, "DO NOT AGREE"),
        ({"end": {}}, {"end": RAISED}, EQUAL, 1, "DO NOT AGREE"),
        ({"end": {**RAISED, "type": "KeyError"}}, {"end": RAISED}, EQUAL, 1, "DO NOT AGREE"),
        ({"end": {**RAISED, "place": "line 4"}}, {"end": RAISED}, EQUAL, 1, "DO NOT AGREE"),
        ({"stopped": "code 3: a"}, {"stopped": "code 3: b"}, EQUAL, 3, "does not run to its end with torch either"),
        ({"stopped": "code 3: a"}, {"stopped": "code 4: a"}, EQUAL, 1, "DO NOT AGREE"),
        ({"stopped": "time", "cut": True}, {"end": {}}, EQUAL, 1, "DO NOT AGREE"),
        ({"end": {}}, {"stopped": "time", "cut": True}, EQUAL, 3, "does not run to its end with torch either"),
        ({"stopped": "interrupted", "cut": True}, {"end": {}}, DIFFERENT, 130, "INTERRUPTED"),
    ],
)
def test_verdicts(ours, theirs, printed, code, words):
    found, told = judge(Ran("numpynet", **ours), Ran("torch", **theirs), {"": printed})
    assert found == code
    assert words in told


def test_names_of_files_alone_are_no_agreement():
    ended = Ran("numpynet", end={}), Ran("torch", end={})
    assert judge(*ended, {"": [], "a.png": EQUAL})[0] == 3
    assert judge(*ended, {"": [], "a.txt": EQUAL + EQUAL})[0] == 0
    assert judge(*ended, {"": EQUAL, "a.png": DIFFERENT})[0] == 1


# --- running ----------------------------------------------------------------------------------------------

SCRIPT = """\
import sys, random, warnings
import numpy as np, numpynet
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset
import torch.nn
assert torch.nn.Linear is nn.Linear is torch.nn.modules.Linear
assert isinstance(torch.ones(1), torch.Tensor) and torch.Tensor is numpynet.Tensor
print(torch.rand(1), random.random() == random.Random(5).random(), np.random.rand() < 1)

def shown():
    print("from inside", end=" ")
    sys.stdout.write("in pieces\\n")
    warnings.warn("not compared")
    print("not compared", file=sys.stderr)

shown()
print("progress\\r50 %\\r100 %")
print(__name__, __file__.endswith("script.py"), sys.argv[1:])
print("no end", end="")
raise SystemExit
"""


def numpynet_alone(path, *arguments, timeout=60):
    return Runs(path, 5, arguments).together([Run("numpynet")], timeout)[0]


def test_a_script_runs_untouched_with_its_imports_redirected(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    ran = numpynet_alone(path)
    assert ran.went_well, ran.trouble()
    assert ran.uses_torch
    assert path.read_text() == SCRIPT
    assert [(line.place, line.text) for line in ran.lines] == [
        ("line 10", "tensor([0.8303]) True True"),
        ("line 13", "from inside in pieces"),
        ("line 19", "100 %"),
        ("line 20", "__main__ True []"),
        ("line 21", "no end"),
    ]


@pytest.mark.parametrize(
    ("text", "place", "missing", "kind"),
    [
        ("import torch\n\ntorch.nn.Conv47d(1)", "line 3", "torch.nn.Conv47d", "AttributeError"),
        ("from torch.nn import Conv47d", "line 1", "torch.nn.Conv47d", "ImportError"),
        ("import torch.nowhere", "line 1", "torch.nowhere", "ModuleNotFoundError"),
        ("import torch\nx = torch.ones(1)\nx.no_such_method()", "line 3", "Tensor.no_such_method", "AttributeError"),
        ("import nowhere_at_all", "line 1", None, "ModuleNotFoundError"),
        ("x = [\n1,\n2", "line 1", None, "SyntaxError"),
        ("input('?')", "line 1", None, "EOFError"),
    ],
)
def test_what_is_missing_is_named_with_its_place(tmp_path, text, place, missing, kind):
    path = tmp_path / "script.py"
    path.write_text(text)
    ran = numpynet_alone(path)
    assert (ran.end["type"], ran.end["place"], ran.end["missing"]) == (kind, place, missing)
    if missing:
        assert f"numpynet: {place}: numpynet lacks {missing}. " in ran.trouble()


def test_an_endless_loop_and_a_crash_are_reported(tmp_path):
    path = tmp_path / "script.py"
    path.write_text("print('first')\nwhile True: pass")
    ran = numpynet_alone(path, timeout=3)
    assert not ran.went_well
    assert "stopped after 3 s" in ran.trouble()
    assert [line.text for line in ran.lines] == ["first"]
    path.write_text("import os\nprint('first')\nos._exit(3)")
    ran = numpynet_alone(path)
    assert "ended with code 3" in ran.trouble()
    assert [line.text for line in ran.lines] == ["first"]


CELLS = (
    "%matplotlib inline\nimport torch\nfrom torch import nn\nimport torch.nn.functional as F\ntorch.manual_seed(3)",
    "x = torch.randn(8, 3)\nx.shape, x.sum() > 0",
    "model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))\nmodel",
    "for step in range(2):\n    loss = F.mse_loss(model(x), x[:, :1])\n    print(f'{step} {loss.item():.4f}')",
    "model[0].weight;",
)


def test_a_notebook_under_both(tmp_path, capsys):
    pytest.importorskip("torch")
    path = notebook(tmp_path / "lesson.ipynb", *CELLS)
    code = main(["run", str(path), "--seed", "1"])
    shown = capsys.readouterr().out
    assert code == 0, shown
    assert "cell 1, line 1 was skipped: %matplotlib inline" in shown
    assert "equal  cell 2, line 2  (torch.Size([8, 3]), tensor(" in shown
    assert "Linear(in_features=3, out_features=4, bias=True)" in shown
    assert "equal  cell 4, line 3  0 " in shown
    assert "AGREE: " in shown
    assert "differs" not in shown


def test_a_script_that_differs(tmp_path, capsys):
    pytest.importorskip("torch")
    path = tmp_path / "script.py"
    path.write_text(
        "import torch\nprint(1.0)\nprint(torch.__name__ + ' ' + torch.ones(1).__class__.__module__)\n"
        "print('seconds: 3.14' if torch.Tensor.__module__ == 'torch' else 'seconds: 2.71')\ntorch.no_such_name\n"
    )
    code = main(["run", str(path), "--brief", "--strict", "--ignore", "seconds"])
    shown = capsys.readouterr().out
    assert code == 1
    assert "differs  line 3  numpynet  torch numpynet" in shown
    assert "seconds" not in shown
    assert "torch: line 5: AttributeError" in shown
    assert "numpynet: line 5: numpynet lacks torch.no_such_name. AttributeError" in shown
    assert "named but missing in numpynet: torch.no_such_name (line 5)" in shown
    assert "DO NOT AGREE: 2 lines: 1 equal, 1 differs" in shown
    assert sys.stdout.write  # the test's own output was never replaced


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import numpynet as torch\nprint(torch.rand(1))", "imports numpynet itself"),
        ("import torch\nimport time\nprint(time.perf_counter())", "uses nothing of torch"),
        ("import torch\nprint(torch.rand(1))\nopen('missing')\nprint(2)", "does not run to its end with torch either"),
    ],
)
def test_a_comparison_that_shows_nothing_is_no_agreement(tmp_path, text, words, capsys):
    pytest.importorskip("torch")
    path = tmp_path / "script.py"
    path.write_text(text)
    assert main(["run", str(path)]) == 3
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("UNDECIDED (")
    assert words in last


def test_arguments_are_passed_on(tmp_path, capsys):
    path = tmp_path / "script.py"
    path.write_text("import sys\nprint(sys.argv[1:])")
    assert numpynet_alone(path, "--lr", "0.1").lines[0].text == "['--lr', '0.1']"
    pytest.importorskip("torch")
    main(["run", "--seed", "1", str(path), "--strict", "--", "--seed", "2", "--", "x"])
    assert "['--seed', '2', '--', 'x']" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["grade", str(path), "--", "x"])
    assert "only run takes arguments" in capsys.readouterr().err


def test_help_tells_the_exit_codes(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    shown = capsys.readouterr().out
    for words in ("0    AGREE", "1    DO NOT AGREE", "2    nothing was run", "3    UNDECIDED", "130  INTERRUPTED"):
        assert words in shown


@pytest.mark.parametrize("wrong", [["--tolerance", "-1"], ["--tolerance", "x"], ["--ignore", "["], []])
def test_usage_errors(wrong, capsys):
    with pytest.raises(SystemExit) as error:
        main(["run", *(["x.py"] if wrong else []), *wrong])
    assert error.value.code == 2
    assert "usage" in capsys.readouterr().err
