"""numpynet: the core of PyTorch in plain NumPy, every backward pass readable.

torch's names stand at torch's places. The mathematics is in `numpynet.ops`, the tape in
`numpynet.core`; what torch does not have (the trainer, the studies) is imported by its own name.
"""

from math import e, inf, nan, pi
from sys import modules as _modules
from typing import TYPE_CHECKING as _TYPE_CHECKING

from numpynet import autograd, backends, cuda, nn, optim, utils
from numpynet import methods as _methods  # which gives Tensor its methods
from numpynet.autograd import (
    enable_grad,
    inference_mode,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from numpynet.composite import *
from numpynet.core import return_types
from numpynet.core.absence import absence as _absence
from numpynet.core.absence import imported as _imported
from numpynet.core.device import device
from numpynet.core.dtypes import (
    bfloat16,
    can_cast,
    cdouble,
    cfloat,
    chalf,
    complex32,
    complex64,
    complex128,
    double,
    dtype,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    result_type,
    set_default_dtype,
    short,
    uint8,
    uint16,
    uint32,
    uint64,
)
from numpynet.core.dtypes import bool_ as bool
from numpynet.core.dtypes import float_ as float
from numpynet.core.dtypes import int_ as int
from numpynet.core.freed_memory import keep_freed_memory as _keep_freed_memory
from numpynet.core.functions import OVERWRITING as _OVERWRITING
from numpynet.core.functions import function as _function
from numpynet.core.functions import of_method as _of_method
from numpynet.core.homes import open_homes as _open_homes
from numpynet.core.printing import get_printoptions, set_printoptions
from numpynet.core.settings import *
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.core.type_info import finfo, iinfo
from numpynet.creation import *
from numpynet.ops import *
from numpynet.ops.form import Op as _Op
from numpynet.ops.layout import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    strided,
)
from numpynet.random import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from numpynet.version import __version__

newaxis = None

if _TYPE_CHECKING:
    from numpynet.serialization import load, save

# What a program does not ask for is neither made nor imported: the functions of operations, names with the module that
# has them, methods as functions, and modules.
_OPERATIONS = {name: member for name, member in globals().items() if isinstance(member, _Op)}
for _name in _OPERATIONS:
    del globals()[_name]
_LATER = {
    "numpynet.alias": "as_torch",
    "numpynet.amp": "autocast is_autocast_enabled",
    "numpynet.compiler": "CompileError compile ensemble",
    "numpynet.composite.combinatorics": "cartesian_prod combinations unravel_index",
    "numpynet.composite.complex_numbers": "conj imag is_conj real resolve_conj",
    "numpynet.composite.copies": """
        alias_copy as_strided_copy diagonal_copy expand_copy narrow_copy permute_copy select_copy slice_copy split_copy
        split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy unsqueeze_copy view_copy
    """,
    "numpynet.composite.floating_point": "float_power frexp isneginf isposinf isreal ldexp positive sgn",
    "numpynet.composite.group_reduction": "index_reduce scatter_reduce segment_reduce",
    "numpynet.composite.integrals": "cumulative_trapezoid trapezoid trapz",
    "numpynet.composite.pieces": """
        dsplit hsplit split_with_sizes unsafe_chunk unsafe_split unsafe_split_with_sizes vsplit
    """,
    "numpynet.composite.placing": "fill index_copy index_fill index_put put select_scatter slice_scatter",
    "numpynet.composite.queries": "typename",
    "numpynet.composite.slopes": "gradient",
    "numpynet.composite.special": "mvlgamma polygamma",
    "numpynet.composite.strided": "as_strided",
    "numpynet.core.storage": "TypedStorage UntypedStorage",
    "numpynet.creation.by_rejection": "binomial poisson",
    "numpynet.creation.from_memory": "from_file frombuffer is_storage",
    "numpynet.creation.histograms": "histogram histogramdd",
    "numpynet.creation.old_types": """
        BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor ShortTensor
        set_default_tensor_type
    """,
    "numpynet.creation.windows": "bartlett_window blackman_window hamming_window hann_window kaiser_window",
    "numpynet.func": "vmap",
    "numpynet.futures": "Future",
    "numpynet.linalg.factoring": "geqrf lu lu_solve lu_unpack orgqr ormqr triangular_solve",
    "numpynet.linalg.norms": "norm",
    "numpynet.linalg.functions": """
        addbmm addr block_diag chain_matmul cholesky cholesky_inverse cholesky_solve cross det ger inverse kron logdet
        matrix_exp matrix_power pinverse qr slogdet svd vander
    """,
    "numpynet.nn.functional": """
        celu celu_ cosine_similarity hardshrink pairwise_distance prelu rrelu rrelu_ selu selu_ threshold threshold_
    """,
    "numpynet.nn.functional.numbered_reductions": """
        cosine_embedding_loss ctc_loss hinge_embedding_loss kl_div margin_ranking_loss poisson_nll_loss
        triplet_margin_loss
    """,
    "numpynet.ops.complex_numbers": "angle complex polar view_as_complex view_as_real",
    "numpynet.ops.divisors": "gcd lcm",
    "numpynet.ops.floating_point": "copysign fmax fmin heaviside nextafter signbit",
    "numpynet.ops.placing": "diagonal_scatter masked_scatter",
    "numpynet.ops.shuffling": "channel_shuffle pixel_shuffle pixel_unshuffle",
    "numpynet.ops.special": "digamma erfc erfinv igamma igammac lgamma logaddexp2 logcumsumexp logit sinc xlogy",
    "numpynet.serialization": "load save",
    "numpynet.sparse": "spmm",
    "numpynet.sparse.coordinates": "sparse_coo sparse_coo_tensor",
    "numpynet.training.sweep": "sweep",
}
_SOURCES = {name: module for module, names in _LATER.items() for name in names.split()}
_METHODS = (  # that are functions too
    *_OVERWRITING,
    *("detach", "erfc_", "gcd_", "get_device", "index_put_", "is_distributed", "is_neg", "is_signed", "lcm_", "ldexp_"),
    *("logit_", "sinc_", "xlogy_"),
)
_open_homes()
_keep_freed_memory()
_ROOMS = (
    *(
        "__config__",
        "_dynamo",
        "accelerator",
        "amp",
        "distributed",
        "distributions",
        "explain",
        "fft",
        "func",
        "futures",
    ),
    *("jit", "linalg", "multiprocessing", "profiler", "safetensors", "sparse", "special", "types"),
)


def __getattr__(name: str) -> object:
    """What is made or imported when it is first asked for."""
    if name in _OPERATIONS:
        globals()[name] = _function(_OPERATIONS[name])
        return globals()[name]
    if name in _SOURCES:
        member = getattr(_imported(_SOURCES[name]), name)
        globals()[name] = _function(member) if isinstance(member, _Op) else member
        return globals()[name]
    if name in _METHODS:
        globals()[name] = _of_method(name)
        return globals()[name]
    if name in _ROOMS:
        return _imported(f"numpynet.{name}")
    if name == "__all__":  # as torch's, without the rooms
        own = {*_ROOMS, *(one.removeprefix("numpynet.") for one in _modules)}
        return [one for one in __dir__() if not one.startswith("_") and one not in own]
    if name.startswith("_foreach_"):
        each = _imported("numpynet.composite.foreach")
        if each.exists(name.removeprefix("_foreach_")):
            return each.foreach(name.removeprefix("_foreach_"))
    raise _absence(__name__, name)


def __dir__() -> list[str]:
    """What completion shows: the names of torch, and numpynet's own, but not the rooms that they come from."""
    rooms = {"composite", "core", "creation", "methods", "serialization"}
    names = {*globals(), *_OPERATIONS, *_SOURCES, *_METHODS, *_ROOMS} - rooms
    return sorted(name for name in names if name.startswith("__") or not name.startswith("_"))
