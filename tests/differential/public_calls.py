"""A valid call of every public function and Tensor method that numpynet and torch have in common.

A call is the list of its arguments, each an expression over the names of `Operands`. Where a function and a method
share a name, the method takes what the function takes, but for the tensor it is called on.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

# What calls are made of. The last ones are for modules, optimizers and data.
OPERANDS = {
    "x": "torch.tensor([[0.5, 0.25, 0.75], [0.125, 0.5, 0.375]])",
    "y": "torch.tensor([[0.25, 0.5, 0.5], [0.75, 0.25, 0.125]])",
    "v": "torch.tensor([0.5, 0.25, 0.75])",
    "w": "torch.tensor([0.25, 0.75, 0.5])",
    "m": "torch.tensor([[0.5, 0.25, 0.0], [0.75, 0.5, 0.25], [0.0, 0.25, 1.0]])",
    "b": "torch.tensor([[[0.5, 0.25], [0.75, 0.5]], [[1.0, 0.5], [0.25, 0.75]]])",
    "c": "torch.tensor([[[0.25, 0.25], [0.5, 0.5]], [[0.0, 0.5], [0.75, 0.75]]])",
    "p": "torch.tensor(0.5)",
    "z": "torch.tensor([[0.5 + 0.25j, 0.25 - 0.5j, 0.75j], [0.125 + 0.0j, -0.5 + 1j, 0.375 - 1j]])",
    "r": "torch.tensor([[0.5, 0.25, 0.75], [0.125, 0.5, 0.375]], requires_grad=True)",
    "i": "torch.tensor([[0, 1, 1], [1, 0, 1]])",
    "j": "torch.tensor([[1, 0, 1], [1, 1, 0]])",
    "n": "torch.tensor([0, 1])",
    "k": "torch.tensor([[True, False, True], [False, True, True]])",
    "l": "torch.tensor([[False, False, True], [True, True, False]])",
    "line": "torch.nn.Linear(3, 2)",
    "leaf": "with_gradient(torch.ones(2, 3, requires_grad=True))",
    "optimizer": "torch.optim.SGD([leaf], 0.1, momentum=0.9)",
    "numbers": "type('Numbers', (torch.utils.data.IterableDataset,), {'__iter__': lambda self: iter((1, 2))})()",
}
_CODE = {name: compile(text, name, "eval") for name, text in OPERANDS.items()}


def _with_gradient(leaf: Any) -> Any:
    leaf.sum().backward()
    return leaf


class Operands(dict[str, Any]):
    """The names in a call's text: each operand is made, under one library, when it is first asked for."""

    def __init__(self, library: Any) -> None:
        super().__init__(torch=library, F=library.nn.functional, np=np, io=io, with_gradient=_with_gradient)

    def __missing__(self, name: str) -> Any:
        self[name] = operand = eval(_CODE[name], self)
        return operand


def _table(text: str) -> dict[str, list[str]]:
    """Lines of ``names: argument; argument`` as one list of arguments per name."""
    calls = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        names, _, arguments = line.partition(":")
        for name in names.split():
            calls[name] = [argument.strip() for argument in arguments.split(";") if argument.strip()]
    return calls


FUNCTIONS = _table(
    """
    abs absolute acos arccos asin arcsin asinh arcsinh atan arctan atanh arctanh ceil cos cosh deg2rad erf exp exp2: x
    expm1 fix floor frac isfinite isinf isnan log log10 log1p log2 logical_not nan_to_num neg negative rad2deg: x
    is_inference: x
    reciprocal relu round rsqrt sigmoid sign sin sinh sqrt square tan tanh trunc clone numel is_complex: x
    is_floating_point is_tensor ravel fliplr flipud t trace msort nonzero argwhere corrcoef cov median mean sum prod: x
    nansum nanmean any all amax amin aminmax argmax argmin max min std var std_mean var_mean count_nonzero unique: x
    unique_consecutive norm atleast_1d atleast_2d empty_like ones_like zeros_like rand_like randn_like sort argsort: x
    abs_ ceil_ cos_ detach_ exp_ expm1_ floor_ log10_ log1p_ log2_ log_ nan_to_num_ neg_ reciprocal_ relu_ round_: x
    rsqrt_ sigmoid_ sin_ sqrt_ square_ tan_ tanh_ trunc_ zero_: x
    fill_: x; 0.5
    clamp_ clip_: x; 0.25; 0.5
    resize_as_: x; y
    range: 0; 3
    is_same_size: x; y
    celu celu_ hardshrink rrelu rrelu_ selu selu_ logit: x
    copysign cosine_similarity fmax fmin hinge_embedding_loss pairwise_distance xlogy: x; y
    margin_ranking_loss triplet_margin_loss: x; y; y
    cosine_embedding_loss: x; y; n
    kl_div: x; y; 1
    poisson_nll_loss: x; y; True; False; 1e-8; 1
    ctc_loss: b.log_softmax(2); i[:, :1]; (2, 2); (1, 1); 0; 1
    threshold threshold_: x; 0.25; 0.5
    prelu: x; v
    histogram: v; 3
    histogramdd: x; 2
    acosh arccosh: x + 1
    angle: x
    conj imag is_conj real resolve_conj view_as_real: z
    view_as_complex: torch.ones(3, 2)
    complex polar: x; y
    bartlett_window blackman_window hann_window: 5; False
    hamming_window: 5; True; 0.5; 0.4
    kaiser_window: 5; True; 6.0
    bitwise_not: i
    is_nonzero: p
    add atan2 arctan2 div divide eq equal floor_divide fmod ge greater greater_equal gt hypot isclose allclose le: x; y
    less less_equal logaddexp lt maximum minimum mul multiply ne not_equal pow remainder rsub sub subtract: x; y
    true_divide logical_and logical_or logical_xor dist isin: x; y
    bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor: i; j
    inner: x; y
    dot vdot outer: v; w
    mm: x; m
    mv: x; v
    matmul: x; m
    bmm: b; c
    addmm: x; x; m
    addmv: w[:2]; x; v
    baddbmm: b; b; c
    addcmul addcdiv: x; y; x
    lerp: x; y; 0.5
    cdist: x; y
    tensordot: x; m; 1
    einsum: 'ij,jk->ik'; x; m
    matrix_power: m; 2
    det inverse logdet matrix_exp slogdet cholesky_inverse qr svd: m
    cholesky: m @ m.T
    cholesky_solve: m; m
    cross: m; m; 0
    pinverse: x
    kron: x; m
    addr: x; v[:2]; w
    addbmm: b[0]; b; c
    ger: v; w
    chain_matmul: x; m
    block_diag: x; m
    cartesian_prod: v; w
    combinations vander trapezoid trapz cumulative_trapezoid: v
    digamma erfc erfinv lgamma sinc signbit isneginf isposinf isreal positive frexp nanmedian: x
    logaddexp2 igamma igammac heaviside nextafter ldexp float_power: x; y
    gcd lcm: i; j
    logcumsumexp: x; 0
    mvlgamma: x + 1; 2
    polygamma: 1; x
    poisson: x
    binomial: x; y
    where: k; x; y
    clamp clip: x; 0.25; 0.5
    clamp_min clamp_max: x; 0.5
    bincount: n
    bucketize: x; v
    searchsorted: v; x
    histc: x; 4
    cummax cummin cumsum cumprod: x; 0
    logsumexp: x; 1
    softmax log_softmax: x; 1
    kthvalue topk: x; 1
    mode: x; 0
    nanquantile quantile: x; 0.5
    adjoint atleast_3d gradient: x
    dsplit: b; 2
    hsplit: m; 3
    vsplit: x; 2
    renorm: x; 2; 0; 1.0
    diagonal_scatter: m; v
    erfc_ logit_ sgn sinc_: x
    gcd_ lcm_: i; j
    ldexp_ xlogy_: x; y
    index_copy: x; 0; n; y
    index_fill: x; 0; n; 0.5
    index_put index_put_: x; (n,); y
    masked_scatter: x; k; y
    put: x; n; w[:2]
    index_reduce: x; 0; n; y; 'amax'
    scatter_reduce: x; 1; i; y; 'sum'
    pdist: x
    alias_copy diagonal_copy slice_copy squeeze_copy t_copy unbind_copy: x
    as_strided as_strided_copy: x; (2, 2); (1, 2)
    expand_copy: x; (2, 2, 3)
    narrow_copy: x; 1; 0; 2
    permute_copy: x; (1, 0)
    select_copy transpose_copy: x; 0; 1
    split_copy: x; 1
    split_with_sizes_copy: x; (1, 1)
    unfold_copy: x; 1; 2; 1
    unsqueeze_copy: x; 0
    view_copy: x; (3, 2)
    detach get_device is_distributed is_neg is_signed typename: x
    fill: x; 0.5
    segment_reduce: v[:1]; 'sum'; lengths=n
    select_scatter: x; v; 0; 0
    slice_scatter: x; y; 0; 0; 2
    split_with_sizes unsafe_split_with_sizes: x; (1, 1)
    unravel_index: n; (2, 3)
    unsafe_chunk: m; 3
    unsafe_split: x; 1
    diag diagflat diag_embed: v
    diagonal tril triu: x; 0
    diff: x
    flatten: x; 0; 1
    flip: x; [0]
    roll: x; 1; 0
    rot90: x; 1; [0, 1]
    narrow: x; 1; 0; 2
    select: x; 0; 1
    squeeze: x; 0
    unsqueeze: x; 0
    permute: x; (1, 0)
    reshape: x; (3, 2)
    movedim moveaxis swapaxes swapdims transpose: x; 0; 1
    tile: x; (2, 1)
    broadcast_to: x; (2, 2, 3)
    unflatten: x; 1; (3, 1)
    repeat_interleave: x; 2; 0
    chunk split: x; 2; 1
    tensor_split: x; 2; 1
    unbind: x; 0
    gather: x; 1; i
    take: x; i
    take_along_dim: x; i; 1
    index_select: x; 0; n
    index_add: x; 0; n; y
    scatter: x; 1; i; y
    scatter_add: x; 1; i; y
    masked_fill: x; k; 0.5
    masked_select: x; k
    cat concat concatenate stack: [x, y]; 0
    column_stack dstack hstack row_stack vstack: [x, y]
    broadcast_tensors meshgrid: v; w
    broadcast_shapes: (2, 1); (1, 3)
    can_cast promote_types: torch.float32; torch.float64
    result_type: x; i
    tensor: [0.5, 0.25]
    as_tensor asarray: [0.5, 0.25]
    scalar_tensor: 0.5
    from_numpy: np.ones(2)
    is_storage: x
    empty ones zeros rand randn: 2; 3
    full: (2, 3); 0.5
    full_like: x; 0.5
    arange: 0; 5; 2
    linspace logspace: 0; 1; 5
    eye: 2; 3
    tril_indices triu_indices: 2; 3; 0
    randint: 0; 5; (2, 3)
    randint_like: x; 0; 5
    randperm: 4
    normal: x; y
    bernoulli: x
    multinomial: v; 2
    Generator:
    Size: (2, 3)
    Tensor: [0.5, 0.25]
    device: 'cpu'
    finfo: torch.float32
    iinfo: torch.int64
    conv1d: b; torch.ones(3, 2, 1)
    conv2d: b[None]; torch.ones(3, 2, 1, 1)
    conv3d: b[None, None]; torch.ones(3, 1, 1, 1, 1)
    conv_transpose1d: b; torch.ones(2, 3, 1)
    conv_transpose2d: b[None]; torch.ones(2, 3, 1, 1)
    conv_transpose3d: b[None, None]; torch.ones(1, 3, 1, 1, 1)
    avg_pool1d max_pool1d max_pool2d: b; 2
    max_pool3d: b[None]; 2
    adaptive_avg_pool1d adaptive_max_pool1d: b; 1
    geqrf lu: m
    lu_solve: m; m; torch.tensor([1, 2, 3]).int()
    lu_unpack: m; torch.tensor([1, 2, 3]).int()
    orgqr: m; v
    ormqr: m; v; m
    triangular_solve: m; m
    channel_shuffle: b[None]; 2
    pixel_shuffle: torch.ones(4, 2, 2); 2
    pixel_unshuffle: torch.ones(1, 2, 2); 2
    """
)

NETWORKS = _table(
    """
    relu sigmoid silu tanh gelu elu leaky_relu logsigmoid softplus normalize pdist: x
    cosine_similarity pairwise_distance kl_div poisson_nll_loss hinge_embedding_loss soft_margin_loss: x; y
    multilabel_soft_margin_loss: x; y
    gaussian_nll_loss triplet_margin_loss triplet_margin_with_distance_loss margin_ranking_loss: x; y; y
    cosine_embedding_loss: x; y; n
    multi_margin_loss: x; n
    celu celu_ elu_ hardshrink hardsigmoid hardswish hardtanh hardtanh_ leaky_relu_ mish relu6 relu_ rrelu rrelu_: x
    selu selu_ softshrink softsign tanhshrink gumbel_softmax: x
    threshold threshold_: x; 0.25; 0.5
    prelu: x; v
    glu: x; 0
    softmin: x; 1
    softmax log_softmax: x; 1
    dropout: x; 0.0
    linear: x; m; v
    embedding embedding_bag: i; x
    bilinear: n.float(); n.float(); torch.ones(3, 2, 2)
    ctc_loss: b.log_softmax(2); i[:, :1]; (2, 2); (1, 1)
    rms_norm: x; (3,); v
    scaled_dot_product_attention: b; b; c
    multi_head_attention_forward: b; b; c; 2; 1; torch.ones(6, 2); None; None; None; False; 0.0; torch.ones(2, 2); None
    lp_pool1d lp_pool2d: b; 2; 2
    lp_pool3d: b[None]; 2; 2
    max_unpool1d: x; i; 2
    max_unpool2d: b; torch.zeros(2, 2, 2).long(); 2
    max_unpool3d: b[None]; torch.zeros(1, 2, 2, 2).long(); 2
    one_hot: n; 3
    mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy binary_cross_entropy_with_logits: x; y
    cross_entropy nll_loss: x; n
    layer_norm: x; (3,); v; w
    batch_norm: x; v; w
    conv1d: b; torch.ones(3, 2, 1)
    conv2d: b[None]; torch.ones(3, 2, 1, 1)
    conv3d: b[None, None]; torch.ones(3, 1, 1, 1, 1)
    conv_transpose1d: b; torch.ones(2, 3, 1)
    conv_transpose2d: b[None]; torch.ones(2, 3, 1, 1)
    conv_transpose3d: b[None, None]; torch.ones(1, 3, 1, 1, 1)
    avg_pool1d avg_pool2d max_pool1d max_pool2d: b; 2
    avg_pool3d max_pool3d: b[None]; 2
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool1d adaptive_max_pool2d: b; 1
    adaptive_avg_pool3d adaptive_max_pool3d: b[None]; 1
    dropout1d: b; 0.0
    dropout2d: b[None]; 0.0
    dropout3d: b[None, None]; 0.0
    fold: torch.ones(1, 4, 1); (2, 2); 2
    unfold: b[None]; 2
    group_norm: b; 2
    instance_norm: b
    alpha_dropout feature_alpha_dropout: x; 0.0; False
    channel_shuffle: b[None]; 2
    pixel_shuffle: torch.ones(4, 2, 2); 2
    pixel_unshuffle: torch.ones(1, 2, 2); 2
    local_response_norm: b; 2
    multilabel_margin_loss: x; i
    interpolate upsample upsample_nearest: b; 4
    upsample_bilinear: b[None]; 4
    grid_sample: b[None]; c[None]
    affine_grid: x[None]; (1, 1, 2, 3)
    pad: x; (1, 1)
    """
)

_SAME = """
    abs absolute acos acosh add addcdiv addcmul addmm addmv all allclose amax amin aminmax any arccos arccosh
    arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort argwhere asin asinh atan atan2 atanh baddbmm
    bernoulli bincount bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor bmm
    broadcast_to ceil chunk clamp clamp_max clamp_min clip clone corrcoef cos cosh count_nonzero cov cummax cummin
    cumprod cumsum deg2rad diag diag_embed diagflat diagonal diff dist div divide dot eq equal erf exp exp2 expm1
    fix flatten flip fliplr flipud floor floor_divide fmod frac gather ge greater greater_equal gt histc histogram
    hypot index_add index_select inner is_complex is_floating_point is_inference is_nonzero isclose isfinite isinf
    isnan kthvalue le lerp less less_equal log log10 log1p log2 log_softmax logaddexp logical_and logical_not
    logical_or logical_xor logsumexp lt masked_fill masked_select matmul matrix_power max maximum mean median min
    minimum mm mode moveaxis movedim multinomial msort mul multiply mv nan_to_num nanmean nansum narrow ne neg negative
    nonzero norm not_equal numel outer permute pow prod quantile rad2deg ravel reciprocal relu remainder
    repeat_interleave reshape roll rot90 round rsqrt scatter scatter_add select sigmoid sign sin sinh softmax sort
    split sqrt square squeeze std sub subtract sum swapaxes swapdims t take take_along_dim tan tanh tensor_split
    tile topk trace transpose tril triu true_divide trunc unbind unflatten unique unique_consecutive unsqueeze var
    vdot det inverse logdet matrix_exp slogdet cholesky_inverse qr svd cholesky cholesky_solve cross pinverse kron addr
    addbmm ger digamma erfc erfinv lgamma sinc signbit isneginf isposinf isreal positive frexp nanmedian logaddexp2
    igamma igammac heaviside nextafter ldexp float_power gcd lcm logcumsumexp mvlgamma copysign fmax fmin logit xlogy
    geqrf lu lu_solve orgqr ormqr triangular_solve
    as_strided narrow_copy sgn diagonal_scatter index_copy index_fill index_put index_reduce masked_scatter put
    select_scatter slice_scatter hardshrink prelu scatter_reduce adjoint dsplit hsplit nanquantile renorm
    split_with_sizes unsafe_chunk unsafe_split unsafe_split_with_sizes vsplit
"""

# The first argument is the tensor that the method is called on.
METHODS = {name: FUNCTIONS[name] for name in _SAME.split()} | _table(
    """
    abs_ ceil_ cos_ exp_ expm1_ floor_ log10_ log1p_ log2_ log_ nan_to_num_ neg_ reciprocal_ relu_ round_ rsqrt_: x
    sigmoid_ sign_ sin_ sqrt_ square_ tan_ tanh_ trunc_ zero_ detach_ t_ squeeze_ requires_grad_: x
    add_ div_ divide_ mul_ multiply_ pow_ remainder_ fmod_ sub_ subtract_ copy_: x; y
    addcmul_ addcdiv_: x; y; y
    lerp_: x; y; 0.5
    clamp_ clip_: x; 0.25; 0.5
    digamma_ erfc_ erfinv_ lgamma_ sinc_ logit_: x
    copysign_ heaviside_ igamma_ igammac_ nextafter_ xlogy_: x; y
    polygamma: x; 1
    fill_: x; 0.5
    masked_fill_: x; k; 0.5
    index_add_: x; 0; n; y
    scatter_ scatter_add_: x; 1; i; y
    transpose_: x; 0; 1
    unsqueeze_: x; 0
    tril_ triu_: x; 0
    sum_to_size: x; 1; 3
    fill_diagonal_: m; 0.5
    apply_: x; abs
    map_: x; y; max
    addbmm_: b[0]; b; c
    addr_: x; v[:2]; w
    float_power_: x.double(); y
    gcd_ lcm_: i; j
    index_copy_: x; 0; n; y
    index_fill_: x; 0; n; 0.5
    index_put_: x; (n,); y
    ldexp_: x; y
    masked_scatter_: x; k; y
    mvlgamma_: x + 1; 2
    polygamma_: x; 1
    put_: x; n; w[:2]
    index_reduce_: x; 0; n; y; 'amax'
    scatter_reduce_: x; 1; i; y; 'sum'
    unfold: x; 1; 2; 1
    sgn_: x
    renorm_: x; 2; 0; 1.0
    bernoulli_: x; 0.5
    uniform_: x; 0; 1
    normal_ log_normal_ cauchy_: x; 0; 1
    exponential_: x; 1
    geometric_: x; 0.5
    random_: x; 0; 5
    backward: r.sum()
    retain_grad: r.exp()
    register_hook: r; lambda g: g
    register_post_accumulate_grad_hook: r; lambda t: None
    angle cdouble cfloat conj resolve_conj: x
    bool byte contiguous cpu data_ptr detach dim double element_size float get_device half int is_contiguous long: x
    ndimension nelement numpy storage_offset stride tolist size type to: x
    char short storage untyped_storage is_conj is_distributed is_neg is_pinned is_shared is_signed share_memory_: x
    is_same_size is_set_to resize_as_: x; y
    new resize_: x; 2; 2
    item: p
    expand: x; 2; 2; 3
    expand_as: v; x
    repeat: x; 2; 1
    view: x; 3; 2
    view_as reshape_as type_as: x; y
    where: x; k; y
    new_empty new_ones new_zeros: x; 2; 3
    new_full: x; (2, 3); 0.5
    new_tensor: x; [0.5, 0.25]
    __add__ __sub__ __mul__ __truediv__ __floordiv__ __mod__ __pow__ __radd__ __rsub__ __rmul__ __rtruediv__: x; y
    __rfloordiv__ __rmod__ __rpow__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __contains__: x; y
    __iadd__ __isub__ __imul__ __itruediv__ __imod__ __ipow__: x; y
    __and__ __or__ __xor__ __rand__ __ror__ __rxor__ __iand__ __ior__ __ixor__: i; j
    __matmul__ __rmatmul__: m; m
    __getitem__: x; 0
    __setitem__: x; 0; 0.5
    __len__ __iter__ __invert__ __neg__ __pos__ __abs__ __hash__ __repr__ __str__: i
    __bool__ __float__ __int__ __index__: i[0, 0]
    __format__: p; '.2f'
    """
)

# What has no call in the tables, and why.
LEFT_OUT = {
    "it sets or asks a state of the whole library, and takes no tensor": """
        are_deterministic_algorithms_enabled enable_grad get_default_device get_default_dtype
        get_float32_matmul_precision get_num_threads get_rng_state inference_mode initial_seed
        is_anomaly_check_nan_enabled is_anomaly_enabled is_grad_enabled is_inference_mode_enabled manual_seed no_grad
        seed set_default_device set_default_dtype set_float32_matmul_precision set_grad_enabled set_num_threads
        set_printoptions set_rng_state use_deterministic_algorithms
    """,
    "it reads or writes files": "from_file load save",
    "it is a class that cannot be called": "dtype layout memory_format sparse_coo",
    "it needs a CUDA device": "cuda",
    "it is an old name or reads buffers, and tests/creation/test_old_names.py calls it in many ways": """
        BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor ShortTensor
        TypedStorage UntypedStorage frombuffer set_default_tensor_type
    """,
    "it makes sparse tensors, and tests/sparse calls it in many ways": "sparse_coo_tensor spmm to_dense to_sparse",
    "it is mentioned in annotations": "Future",
    "it asks for mixed precision, which there is not": "autocast is_autocast_enabled",
    "it takes a program": "compile vmap",
    "its form that overwrites nothing is in the table": """
        absolute_ acos_ acosh_ addmm_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan2_ arctan_ arctanh_ asin_
        asinh_ atan2_ atan_ atanh_ baddbmm_ bitwise_and_ bitwise_left_shift_ bitwise_not_ bitwise_or_
        bitwise_right_shift_ bitwise_xor_ clamp_max_ clamp_min_ cosh_ cumprod_ cumsum_ deg2rad_ eq_ erf_ exp2_ fix_
        floor_divide_ frac_ ge_ greater_ greater_equal_ gt_ hypot_ is_sparse le_ less_
        less_equal_ logical_and_ logical_not_ logical_or_ logical_xor_ lt_ ne_ negative_ not_equal_ rad2deg_ sinh_
        swapaxes_ swapdims_ true_divide_
    """,
    "what is no method, but a property": """
        H T mH mT data device dtype grad grad_fn is_cpu is_cuda is_ipu is_leaf is_maia is_meta is_mkldnn is_mps is_mtia
        imag is_nested is_quantized is_sparse_csr is_vulkan is_xla is_xpu output_nr real volatile
        itemsize nbytes ndim requires_grad retains_grad shape
    """,
}
