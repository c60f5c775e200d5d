"""What torch has and numpynet lacks says so; the README counts it; names that libraries only mention are there."""

import configparser
import copy
import importlib
import pickle
import re
import warnings
from types import ModuleType

import pytest

import numpynet
from numpynet.core.torch_names import HOMES, MODULES, NAMES
from tests.coverage.names import LIST, README, ROOT, at, table, text_of_list


def test_the_list_of_names_is_torchs():
    torch = pytest.importorskip("torch")
    assert text_of_list(torch) == LIST.read_text(), "write it anew by python -m tests.coverage"


def test_the_table_in_the_readme():
    assert table() in README.read_text(), "write it anew by python -m tests.coverage"


@pytest.mark.parametrize("place", [place for place in NAMES if place != "Tensor"])
def test_a_name_that_is_missing_says_so(place):
    owner = at(numpynet, place)
    for name in (NAMES[place] + MODULES.get(place, "")).split():
        if not hasattr(owner, name):
            with pytest.raises(AttributeError, match=re.escape(f"torch.{place}".rstrip(".") + " has it, numpynet")):
                getattr(owner, name)


@pytest.mark.parametrize("home", HOMES)
def test_the_modules_that_torch_divides_its_packages_into(home):
    package = importlib.import_module(f"numpynet.{home}".rpartition(".")[0])
    of_package = {name: getattr(package, name, None) for name in HOMES[home].split()}
    there = [name for name, one in of_package.items() if not isinstance(one, ModuleType | None)]
    if not there:
        return
    module = importlib.import_module(f"numpynet.{home}")
    for name in there:
        assert getattr(module, name) is getattr(package, name), name


def test_homes_are_modules_like_others():
    from numpynet.distributions.normal import Normal

    assert Normal is numpynet.distributions.Normal
    with pytest.raises(ImportError, match="Usual"):
        from numpynet.distributions.normal import Usual  # noqa: F401
    with pytest.raises(ModuleNotFoundError, match="usual"):
        importlib.import_module("numpynet.distributions.usual")


@pytest.mark.parametrize("place", [place for place in NAMES if place != "Tensor"])
def test_completion_shows_what_torch_has_too(place):
    owner = at(numpynet, place)
    assert {name for name in NAMES[place].split() if name[0] != "_" and hasattr(owner, name)} <= set(dir(owner))


def test_what_torch_does_not_have_either():
    with pytest.raises(AttributeError, match=r"^module 'numpynet\.nn' has no attribute 'Konv2d'$"):
        numpynet.nn.Konv2d  # noqa: B018
    assert not hasattr(numpynet, "__wrapped__")


def test_the_nearest_is_named(monkeypatch):
    with pytest.raises(AttributeError, match=r"the nearest that it has is numpynet\.nn\.BatchNorm\dd$"):
        numpynet.nn.SyncBatchNorm  # noqa: B018
    monkeypatch.delattr(numpynet, "sigmoid")
    monkeypatch.delitem(numpynet._OPERATIONS, "sigmoid")
    with pytest.raises(AttributeError, match=r"the nearest that it has is numpynet\.nn\.functional\.sigmoid$"):
        numpynet.sigmoid  # noqa: B018


def test_versions(library):
    version = library.__version__
    assert isinstance(version, str)
    assert version.startswith("2.13.0")
    assert version >= "2.4"
    assert version > "1.10.0"
    assert not version < "2.9"
    assert version >= (2, 13)
    assert not version <= (2, 12, 5)
    assert version != "2.1"
    assert [int(one) for one in version.split("+")[0].split(".")] == [2, 13, 0]
    assert library.version.__version__ == version
    assert library.version.cuda is None


def test_numpynets_own_version_stands_in_one_place():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert setup["metadata"]["version"] == "attr: numpynet.version.numpynet"
    assert re.fullmatch(r"\d+\.\d+\.\d+", numpynet.version.numpynet)


def test_small_attributes_are_torchs(library):
    x = library.ones(2, 3)
    true = {name for name in dir(x) if name.startswith("is_") and getattr(x, name) is True}
    assert true == {"is_cpu", "is_leaf"}
    assert x.layout is library.strided
    assert x.output_nr == 0
    assert x.is_signed()
    assert not x.byte().is_signed()
    never = (x.is_shared, x.is_pinned, x.is_conj, x.is_neg, x.is_distributed)
    assert [ask() for ask in never] == [False] * 5
    assert x.is_same_size(library.zeros(2, 3))
    assert not x.is_same_size(library.zeros(3, 2))
    assert x.is_set_to(x.detach())
    assert not x.is_set_to(x[0])
    assert not x.is_set_to(x.clone())
    assert x.share_memory_() is x
    assert x.real is x
    assert x.H.shape == x.mH.shape == (3, 2)
    with pytest.raises(RuntimeError, match=r"tensor\.H is only supported on matrices"):
        library.ones(3).H  # noqa: B018
    with pytest.raises(RuntimeError, match=r"tensor\.mH is only supported on matrices"):
        library.ones(3).mH  # noqa: B018


def test_reprs(library):
    generator = library.Generator()
    assert re.fullmatch(r"<torch\._C\.Generator object at 0x[0-9a-f]+>", repr(generator))
    names = [
        "bfloat16",
        "complex32",
        "complex64",
        "complex128",
        "cfloat",
        "cdouble",
        "chalf",
        "uint16",
        "uint32",
        "uint64",
    ]
    kinds = [getattr(library, name) for name in names]
    assert " ".join(map(repr, kinds)) == (
        "torch.bfloat16 torch.complex32 torch.complex64 torch.complex128 torch.complex64 torch.complex128 "
        "torch.complex32 torch.uint16 torch.uint32 torch.uint64"
    )
    assert [kind.itemsize for kind in kinds] == [2, 4, 8, 16, 8, 16, 4, 2, 4, 8]
    assert [kind.is_floating_point for kind in kinds] == [True] + [False] * 9
    assert [kind.is_complex for kind in kinds] == [False] + [True] * 6 + [False] * 3
    assert [kind.is_signed for kind in kinds] == [True] * 7 + [False] * 3
    assert all(pickle.loads(pickle.dumps(kind)) is copy.deepcopy(kind) is kind for kind in kinds)


@pytest.mark.parametrize("name", ["bfloat16", "complex32", "uint16"])
def test_a_dtype_without_tensors_is_refused(name):
    kind = getattr(numpynet, name)
    x = numpynet.ones(2)
    calls = [
        *(lambda: x.to(kind), lambda: x.type(kind), lambda: numpynet.zeros(2, dtype=kind), lambda: x.sum(dtype=kind)),
        *(lambda: numpynet.tensor([1], dtype=kind), lambda: numpynet.nn.Linear(1, 1, dtype=kind)),
        *(lambda: numpynet.nn.Linear(1, 1).to(kind), lambda: x.new_zeros(2, dtype=kind), lambda: numpynet.finfo(kind)),
    ]
    for call in calls:
        with pytest.raises((NotImplementedError, TypeError), match=name):
            call()
    with pytest.raises((NotImplementedError, TypeError)):
        numpynet.set_default_dtype(kind)
    assert numpynet.get_default_dtype() is numpynet.float32


def test_a_device_as_a_context(library):
    with library.device("cpu") as device:
        assert library.ones(1).device == device
    with pytest.raises(RuntimeError):
        numpynet.device("cuda").__enter__()


@pytest.mark.parametrize("room", ["compiler", "_dynamo"])
def test_hints_to_the_compiler_are_taken(room, library):
    hints = importlib.import_module(f"{library.__name__}.{room}")

    def function(x):
        return x + 1

    for marked in (
        hints.disable(function),
        hints.disable(recursive=False)(function),
        hints.allow_in_graph(function),
        hints.assume_constant_result(function),
    ):
        assert marked(1) == 2
    assert not hints.is_compiling()
    hints.reset()
    if room == "_dynamo":
        config = importlib.import_module(f"{library.__name__}._dynamo.config")
        assert config is library._dynamo.config
        assert (config.verbose, config.suppress_errors, config.cache_size_limit) == (False, False, 8)
        x = library.ones(2)
        hints.mark_dynamic(x, 0)
        hints.maybe_mark_dynamic(x, 0)
        hints.mark_static(x)
        assert not isinstance(library.nn.Linear(1, 1), hints.OptimizedModule)


def test_rooms_that_libraries_mention(library):
    name = library.__name__
    jit, distributed = (importlib.import_module(f"{name}.{room}") for room in ("jit", "distributed"))
    assert not jit.is_scripting()

    def function():
        return 1

    assert jit.unused(function) is function
    assert jit.ignore(function) is function
    assert not isinstance(library.nn.Linear(1, 1), jit.ScriptModule)
    if library is numpynet:
        assert not distributed.is_available()
    assert not (distributed.is_available() and distributed.is_initialized())
    for function in (distributed.get_rank, distributed.get_world_size):
        with pytest.raises(ValueError, match="Default process group has not been initialized"):
            function()
    assert library.accelerator.is_available() is False
    assert library.accelerator.current_accelerator() is None
    assert importlib.import_module(f"{name}.types").Number == int | float | bool
    assert importlib.import_module(f"{name}.futures").Future
    assert importlib.import_module(f"{name}.multiprocessing").get_start_method()
    assert importlib.import_module(f"{name}.utils.data.distributed").DistributedSampler
    x = library.ones(1, requires_grad=True)
    handle = importlib.import_module(f"{name}.utils.hooks").RemovableHandle
    assert isinstance(x.register_hook(print), handle)


@pytest.mark.parametrize(
    "call",
    [
        lambda: numpynet.jit.ScriptModule(),
        lambda: numpynet.jit.ScriptFunction(),
        lambda: numpynet.distributed.init_process_group("gloo"),
        lambda: numpynet.futures.Future(),
        lambda: numpynet.futures.wait_all([]),
        lambda: numpynet.futures.collect_all([]),
        lambda: numpynet.profiler.profile(),
        lambda: numpynet.profiler.schedule(wait=1, warmup=1, active=1),
        lambda: numpynet.profiler.tensorboard_trace_handler("folder"),
        lambda: numpynet.utils.data.distributed.DistributedSampler([1]),
    ],
)
def test_what_is_only_mentioned_raises_when_used(call):
    with pytest.raises(RuntimeError, match=r"numpynet|distributed package"):
        call()


def test_mixed_precision_is_off_without_a_graphics_card(library):
    amp = importlib.import_module(f"{library.__name__}.cuda.amp")
    w = library.ones(2, requires_grad=True)
    optimizer = library.optim.SGD([w], lr=0.5)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        scaler = amp.GradScaler()
        with amp.autocast():
            loss = (w * w).sum()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
        modern = library.amp.GradScaler("cuda")

        @library.autocast("cuda")
        def half(x):
            return x / 2

        assert half(2) == 1
    kinds = [one.category for one in seen]
    assert kinds == [FutureWarning, UserWarning, FutureWarning, UserWarning, UserWarning, UserWarning]
    assert w.tolist() == [0, 0]
    assert scaler.get_scale() == 1
    asked = (scaler.is_enabled, modern.is_enabled, library.is_autocast_enabled)
    assert [ask() for ask in asked] == [False] * 3
    assert scaler.state_dict() == {}
    with library.autocast("cpu", enabled=False):
        assert library.ones(1).dtype is library.float32


def test_mixed_precision_on_the_cpu_is_refused():
    with pytest.raises(NotImplementedError, match="bfloat16"):
        numpynet.autocast("cpu")
    with pytest.raises(NotImplementedError, match="GradScaler"):
        numpynet.amp.GradScaler("cpu")


def test_padded_sequences(library):
    rnn = importlib.import_module(f"{library.__name__}.nn.utils.rnn")
    parts = [library.tensor([1.0, 2.0, 3.0]), library.tensor([4.0], requires_grad=True)]
    padded = rnn.pad_sequence(parts)
    assert padded.tolist() == [[1, 4], [2, 0], [3, 0]]
    assert padded.is_contiguous()
    assert rnn.pad_sequence(parts, True, -1).tolist() == [[1, 2, 3], [4, -1, -1]]
    assert rnn.pad_sequence(parts, True, padding_side="left").tolist() == [[1, 2, 3], [0, 0, 4]]
    assert rnn.pad_sequence([library.ones(2, 2), library.ones(1, 2)], True).shape == (2, 2, 2)
    (padded * library.tensor([[1.0, 7.0]])).sum().backward()
    assert parts[1].grad.tolist() == [7]
    lengths = library.tensor([3, 1])
    assert [one.tolist() for one in rnn.unpad_sequence(padded, lengths)] == [[1, 2, 3], [4]]
    for wrong in ([], [library.ones(2), library.ones(1, 2)], [library.tensor(1.0)]):
        with pytest.raises(RuntimeError):
            rnn.pad_sequence(wrong)
    with pytest.raises(RuntimeError, match="padding_side"):
        rnn.pad_sequence(parts, padding_side="up")
    with pytest.raises(TypeError, match="expected Tensor as element 1"):
        rnn.pad_sequence([parts[0], 3])


def test_trees(library):
    pytree = importlib.import_module(f"{library.__name__}.utils._pytree")
    tree = {"b": [1, (2, 3)], "a": None}
    leaves, spec = pytree.tree_flatten(tree)
    assert leaves == [1, 2, 3, None]
    assert spec.num_leaves == 4
    assert pytree.tree_unflatten(leaves, spec) == tree
    assert pytree.tree_leaves(tree, is_leaf=lambda one: isinstance(one, tuple)) == [1, (2, 3), None]
    assert pytree.tree_map(lambda a, b: a + b, [1, (2,)], [10, (20,)]) == [11, (22,)]
    assert pytree.tree_map_only(int, lambda a: -a, tree) == {"b": [-1, (-2, -3)], "a": None}
    sorted_ = pytree.tree_map(lambda one: one, numpynet.core.return_types.aminmax(1, 2))
    assert type(sorted_).__name__ == "aminmax"
    with pytest.raises(ValueError, match="holds"):
        pytree.tree_unflatten([1], spec)
    with pytest.raises(ValueError, match=r"."):
        pytree.tree_map(max, [1], [1, 2])


def test_modules_of_torchs_are_attributes_of_their_packages():
    import subprocess
    import sys

    code = """
import numpynet
print(numpynet.distributions.normal.Normal is numpynet.distributions.Normal, numpynet.nn.modules.batchnorm.BatchNorm1d)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.startswith("True <class")


def test_rooms_that_few_need_are_not_imported():
    rooms = [
        "_dynamo",
        "accelerator",
        "amp",
        "compiler",
        "creation.old_types",
        "core.torch_names",
        "distributed",
        "futures",
        "distributions",
        "jit",
        "fft",
        "linalg",
        "nn.functional.activations",
        "nn.init",
        "nn.modules.module",
        "ops.linear_algebra",
        "ops.special",
        "profiler",
        "sparse",
        "special",
        "types",
    ]
    code = f"import sys, numpynet; print([one for one in {rooms} if 'numpynet.' + one in sys.modules])"
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
