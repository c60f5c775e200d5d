"""A valid call of every public name that numpynet and torch have in common beyond functions and Tensor methods.

A line is ``names: argument; argument | then; then``. What comes after the bar is done with the result: a module is
called, an optimizer steps, a distribution is sampled from. Its arguments are tried as well. The operands are those of
`public_calls`.
"""

from __future__ import annotations

from typing import NamedTuple


class Call(NamedTuple):
    """The arguments of a call, and what is done with its result: texts such as ``.step`` with arguments of theirs."""

    arguments: list[str]
    then: list[tuple[str, list[str]]]


def _arguments(text: str) -> list[str]:
    return [one.strip() for one in text.split(";") if one.strip()]


def _table(text: str) -> dict[str, Call]:
    calls = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        names, _, rest = line.partition(":")
        first, *others = rest.split(" | ")
        then = [
            (attribute.strip(), _arguments(given)) for attribute, _, given in (one.partition("<") for one in others)
        ]
        for name in names.split():
            calls[name] = Call(_arguments(first), then)
    return calls


LINALG = _table(
    """
    cond det inv matrix_exp matrix_norm matrix_rank norm pinv qr slogdet svd svdvals eigh eigvalsh: m
    diagonal: m
    cholesky cholesky_ex: m @ m.T + torch.eye(3)
    inv_ex lu lu_factor lu_factor_ex eig eigvals: m
    householder_product: m; v
    lu_solve: m; torch.ones(3, dtype=torch.int32); m
    solve_ex: m; m
    cross: m; m
    lstsq solve: m; m
    tensorsolve: torch.eye(4).reshape(2, 2, 4) + 1; x[:, :2]
    matmul: x; m
    matrix_power: m; 2
    multi_dot: [x, m]
    solve_triangular: m.tril() + torch.eye(3); m; upper=False
    tensorinv: torch.eye(4).reshape(2, 2, 4)
    vander: v
    vecdot: x; y
    vector_norm: x; 2
    """
)

FFT = _table(
    """
    fft ifft hfft irfft: v
    rfft ihfft: v; 3
    fft2 ifft2 irfft2 rfft2: x
    fftn ifftn irfftn rfftn: x; (2, 3)
    fftfreq rfftfreq: 4; 0.5
    fftshift ifftshift: x; 1
    """
)

SPECIAL = _table(
    """
    digamma entr erf erfc erfinv exp2 expit expm1 gammaln log1p logit ndtr ndtri psi round sinc: x
    gammainc gammaincc xlog1py xlogy: x; y
    zeta: x + 1; y
    log_softmax softmax logsumexp: x; 1
    polygamma: 1; x
    """
)

MODULES = _table(
    """
    AdaptiveAvgPool1d AdaptiveMaxPool1d: 1 | < b
    AdaptiveAvgPool2d AdaptiveMaxPool2d: 1 | < b[None]
    AdaptiveAvgPool3d AdaptiveMaxPool3d: 1 | < b[None, None]
    AvgPool1d MaxPool1d: 2 | < b
    AvgPool2d MaxPool2d: 2 | < b[None]
    AvgPool3d MaxPool3d: 2 | < b[None, None]
    LPPool1d: 2; 2 | < b
    LPPool2d: 2; 2 | < b[None]
    LPPool3d: 2; 2 | < b[None, None]
    MaxUnpool1d: 2 | < x[None]; i[None]
    MaxUnpool2d: 2 | < b[None]; torch.zeros(1, 2, 2, 2).long()
    MaxUnpool3d: 2 | < b[None, None]; torch.zeros(1, 1, 2, 2, 2).long()
    AdaptiveLogSoftmaxWithLoss: 3; 4; [2] | < x; n | .log_prob< x | .predict< x
    BCELoss BCEWithLogitsLoss MSELoss L1Loss SmoothL1Loss HuberLoss KLDivLoss PoissonNLLLoss SoftMarginLoss: | < x; y
    MultiLabelSoftMarginLoss HingeEmbeddingLoss: | < x; y
    GaussianNLLLoss MarginRankingLoss TripletMarginLoss TripletMarginWithDistanceLoss: | < x; y; y
    CosineEmbeddingLoss: | < x; y; n
    CrossEntropyLoss NLLLoss MultiMarginLoss: | < x; n
    CTCLoss: | < b.log_softmax(2); i[:, :1]; (2, 2); (1, 1)
    CosineSimilarity PairwiseDistance: | < x; y
    BatchNorm1d: 3 | < x
    BatchNorm2d InstanceNorm2d: 1 | < b[:, None]
    BatchNorm3d InstanceNorm3d: 1 | < b[None, None]
    InstanceNorm1d: 2 | < b
    GroupNorm: 1; 2 | < b
    LayerNorm RMSNorm: 3 | < x
    AlphaDropout FeatureAlphaDropout: 0.0 | < b
    ChannelShuffle: 1 | < b[None]
    LazyInstanceNorm1d: | < b
    LazyInstanceNorm2d: | < b[:, None]
    LazyInstanceNorm3d: | < b[None, None]
    LocalResponseNorm: 2 | < b
    MultiLabelMarginLoss: | < x; i
    PixelShuffle: 1 | < b[None]
    PixelUnshuffle: 2 | < b[None]
    DataParallel: line | < x
    Linear: 3; 2 | < x
    Bilinear: 3; 3; 2 | < x; y
    Identity: | < x
    Conv1d ConvTranspose1d: 2; 3; 1 | < b
    Conv2d ConvTranspose2d: 1; 3; 1 | < b[:, None]
    Conv3d ConvTranspose3d: 1; 3; 1 | < b[None, None]
    LazyLinear: 2 | < x
    LazyConv1d LazyConvTranspose1d: 3; 1 | < b
    LazyConv2d LazyConvTranspose2d: 3; 1 | < b[:, None]
    LazyConv3d LazyConvTranspose3d: 3; 1 | < b[None, None]
    LazyBatchNorm1d: | < x
    LazyBatchNorm2d: | < b[:, None]
    LazyBatchNorm3d: | < b[None, None]
    CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish ReLU ReLU6 SELU: | < b
    SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink RReLU PReLU: | < b
    LogSoftmax Softmax Softmin: 1 | < x
    Softmax2d: | < b
    Threshold: 0.25; 0.5 | < x
    Dropout Dropout1d: 0.0 | < b
    Dropout2d: 0.0 | < b[None]
    Dropout3d: 0.0 | < b[None, None]
    ConstantPad1d: 1; 0.5 | < b
    ConstantPad2d: 1; 0.5 | < b[None]
    ConstantPad3d: 1; 0.5 | < b[None, None]
    CircularPad1d ReflectionPad1d ReplicationPad1d ZeroPad1d: 1 | < b
    CircularPad2d ReflectionPad2d ReplicationPad2d ZeroPad2d: 1 | < b[None]
    CircularPad3d ReflectionPad3d ReplicationPad3d ZeroPad3d: 1 | < b[None, None]
    Embedding: 4; 3 | < i
    EmbeddingBag: 4; 3 | < i
    Flatten: | < b
    Unflatten: 1; (3, 1) | < x
    Fold: (2, 2); 2 | < torch.ones(1, 4, 1)
    Unfold: 2 | < b[None]
    Upsample UpsamplingNearest2d UpsamplingBilinear2d: 2 | < b[None]
    RNN GRU LSTM: 2; 3 | < b
    RNNCell GRUCell LSTMCell: 3; 2 | < x
    RNNBase: 'LSTM'; 2; 3
    RNNCellBase: 2; 3; True; 1
    MultiheadAttention: 2; 1 | < b; b; c
    Transformer: 2; 1; 1; 1; 2 | < b; c
    TransformerDecoder: torch.nn.TransformerDecoderLayer(2, 1, 2); 1 | < b; c
    TransformerEncoder: torch.nn.TransformerEncoderLayer(2, 1, 2); 1 | < b
    TransformerDecoderLayer: 2; 1; 2 | < b; c
    TransformerEncoderLayer: 2; 1; 2 | < b
    Parameter: x; True
    UninitializedParameter UninitializedBuffer:
    Buffer: x
    Module: | .register_buffer< 'p'; x; True | .register_parameter< 'p'; None | .add_module< 'p'; None \
        | .get_submodule< '' | .to< torch.float64 | .train< True | .requires_grad_< True | .load_state_dict< {} \
        | .apply< lambda one: None | .type< torch.float64 | .register_forward_hook< print | .zero_grad< True \
        | .register_forward_pre_hook< print | .register_full_backward_hook< print | .parameters< True \
        | .named_parameters< ''; True | .state_dict | .half | .float | .double | .cpu | .eval | .children \
        | .named_modules | .named_buffers | .extra_repr | .share_memory
    Sequential: line; torch.nn.ReLU() | < x | .append< line | .insert< 0; line | .extend< [line] | .__getitem__< 0 \
        | .pop< 0 | .__delitem__< 0 | .__setitem__< 0; line | .__add__< torch.nn.Sequential(line)
    ModuleList: [line] | .append< line | .insert< 0; line | .extend< [line] | .__getitem__< 0 | .pop< 0 \
        | .__setitem__< 0; line
    ModuleDict: {'a': line} | .update< {'b': line} | .__getitem__< 'a' | .pop< 'a' | .__setitem__< 'b'; line | .keys
    ParameterList: [leaf] | .append< leaf | .extend< [leaf] | .__getitem__< 0 | .__setitem__< 0; leaf
    ParameterDict: {'a': leaf} | .update< {'b': leaf} | .__getitem__< 'a' | .pop< 'a' | .__setitem__< 'b'; leaf \
        | .get< 'a'; None | .setdefault< 'a'; leaf | .fromkeys< ['a']; leaf
    """
)

INIT = _table(
    """
    calculate_gain: 'leaky_relu'; 0.1
    constant constant_: x; 0.5
    dirac dirac_: b
    eye eye_ ones_ zeros_: x
    kaiming_normal kaiming_normal_ kaiming_uniform kaiming_uniform_: x; 0; 'fan_in'; 'relu'
    normal normal_ uniform uniform_ trunc_normal_: x; 0.0; 1.0
    orthogonal orthogonal_: x; 2.0
    sparse sparse_: x; 0.5; 1.0
    xavier_normal xavier_normal_ xavier_uniform xavier_uniform_: x; 1.0
    """
)

OPTIM = _table(
    """
    ASGD Adadelta Adagrad Adam AdamW Adamax NAdam RAdam RMSprop Rprop: [leaf]; 0.1 | .step
    LBFGS: [leaf]; 0.1 | .step< lambda: leaf.sum()
    SGD: [leaf]; 0.1; 0.9 | .step | .zero_grad< True | .add_param_group< {'params': [torch.ones(2).requires_grad_()]} \
        | .load_state_dict< torch.optim.SGD([leaf], 0.1).state_dict() | .state_dict
    Optimizer: [leaf]; {'lr': 0.1} | .zero_grad
    """
)

SCHEDULERS = _table(
    """
    ConstantLR LinearLR PolynomialLR: optimizer | .step
    CosineAnnealingLR CosineAnnealingWarmRestarts: optimizer; 3 | .step
    CyclicLR: optimizer; 0.1; 0.2; 3 | .step
    ExponentialLR: optimizer; 0.5 | .step
    LambdaLR MultiplicativeLR: optimizer; lambda epoch: 0.5 | .step
    MultiStepLR: optimizer; [1, 2] | .step
    OneCycleLR: optimizer; 0.2; 10 | .step
    ReduceLROnPlateau: optimizer; 'min'; 0.5; 0 | .step< 1.0
    StepLR: optimizer; 2; 0.5 | .step | .load_state_dict< {'step_size': 3} | .state_dict | .get_last_lr
    SequentialLR: optimizer; [torch.optim.lr_scheduler.StepLR(optimizer, 2) for _ in 'ab']; [1] | .step
    ChainedScheduler: [torch.optim.lr_scheduler.StepLR(optimizer, 2)]; optimizer | .step
    """
)

AVERAGES = _table(
    """
    AveragedModel: line | .update_parameters< line | < x
    SWALR: optimizer; 0.05; 2 | .step
    get_ema_avg_fn get_ema_multi_avg_fn: 0.5
    get_swa_avg_fn get_swa_multi_avg_fn:
    update_bn: [x]; torch.nn.BatchNorm1d(3)
    """
)

_OF = "| .sample< (2,) | .log_prob< {value} | .expand< (2, 3)"
_SMOOTH = _OF + " | .entropy | .rsample< (2,)"
DISTRIBUTIONS = _table(
    f"""
    Normal Laplace Cauchy LogNormal: x; y {_SMOOTH.format(value="y")} | .cdf< y | .icdf< x
    Uniform: x; x + 1 {_SMOOTH.format(value="x + 0.5")} | .cdf< x + 0.5 | .icdf< x
    Beta: x; y {_SMOOTH.format(value="y")}
    Gamma: x; y {_SMOOTH.format(value="y")} | .cdf< y
    Exponential HalfNormal: x {_SMOOTH.format(value="y")} | .cdf< y | .icdf< x
    Chi2: x {_SMOOTH.format(value="y")} | .cdf< y
    Poisson: x {_OF.format(value="j.float()")}
    Geometric: x {_OF.format(value="j.float()")} | .entropy
    Bernoulli: x {_OF.format(value="k.float()")} | .entropy | .enumerate_support< True
    Binomial: 3; x {_OF.format(value="j.float()")} | .entropy | .enumerate_support< True
    Categorical: x | .sample< (2,) | .log_prob< torch.tensor([0, 1]) | .entropy | .expand< (2, 2) | .enumerate_support
    OneHotCategorical: x | .sample< (2,) | .log_prob< torch.eye(3)[:2] | .entropy | .expand< (2, 2)
    Multinomial: 2; v | .sample< (2,) | .log_prob< torch.tensor([1.0, 1.0, 0.0]) | .expand< (2,)
    Dirichlet: v | .sample< (2,) | .log_prob< v / v.sum() | .entropy | .expand< (2,)
    MultivariateNormal: v; m @ m.T + torch.eye(3) | .sample< (2,) | .log_prob< w | .entropy | .expand< (2,)
    Independent: torch.distributions.Normal(x, y); 1 | .sample< (2,) | .log_prob< y | .entropy | .expand< (2, 2)
    MixtureSameFamily: torch.distributions.Categorical(v); torch.distributions.Normal(v, w) \
        | .sample< (2,) | .log_prob< p | .cdf< p | .expand< (2,)
    LowRankMultivariateNormal: v; m; w.exp() \
        | .sample< (2,) | .rsample< (2,) | .log_prob< w | .entropy | .expand< (2,)
    NegativeBinomial: 3; x {_OF.format(value="j.float()")}
    ContinuousBernoulli: x {_SMOOTH.format(value="x")} | .cdf< x | .icdf< x
    FisherSnedecor InverseGamma: x; y {_OF.format(value="y")}
    Gumbel Weibull Kumaraswamy: x; y {_SMOOTH.format(value="x")} | .cdf< x | .icdf< x
    Pareto: x; y {_SMOOTH.format(value="x + 1")} | .cdf< x + 1 | .icdf< x
    GeneralizedPareto: x; y; x {_SMOOTH.format(value="x + 1")} | .cdf< x + 1 | .icdf< x \
        | .log_cdf< x + 1 | .log_survival_function< x + 1
    HalfCauchy: x {_SMOOTH.format(value="y")} | .cdf< y | .icdf< x
    StudentT: 3; x; y {_SMOOTH.format(value="y")}
    VonMises: x; y {_OF.format(value="y")}
    LogisticNormal: v; w.exp() | .sample< (2,) | .log_prob< torch.full((4,), 0.25) | .expand< (2,)
    OneHotCategoricalStraightThrough: x | .sample< (2,) | .log_prob< torch.eye(3)[:2] | .rsample< (2,)
    RelaxedBernoulli: torch.tensor(0.5); x {_OF.format(value="x")} | .rsample< (2,)
    RelaxedOneHotCategorical: torch.tensor(0.5); x | .sample< (2,) | .log_prob< torch.ones(3) / 3 | .rsample< (2,)
    TransformedDistribution: torch.distributions.Normal(x, y); torch.distributions.ExpTransform() \
        {_OF.format(value="y")} | .rsample< (2,) | .cdf< y | .icdf< x
    AbsTransform: | < x | .with_cache< 1
    ExpTransform SigmoidTransform SoftplusTransform TanhTransform: \
        | < x | .log_abs_det_jacobian< x; x | .forward_shape< (2, 3) | .inverse_shape< (2, 3) | .with_cache< 1
    PowerTransform: x | < x | .log_abs_det_jacobian< x; x | .forward_shape< (2, 3)
    AffineTransform: x; y | < x | .log_abs_det_jacobian< x; x | .forward_shape< (2, 3) | .inverse_shape< (2, 3)
    CumulativeDistributionTransform: torch.distributions.Normal(x, y) | < x | .log_abs_det_jacobian< x; x
    ComposeTransform: [torch.distributions.ExpTransform()] | < x | .log_abs_det_jacobian< x; x
    IndependentTransform: torch.distributions.ExpTransform(); 1 | < x | .log_abs_det_jacobian< x; x
    CatTransform: [torch.distributions.ExpTransform()]; 0; [2] | < x | .log_abs_det_jacobian< x; x
    StackTransform: [torch.distributions.ExpTransform(), torch.distributions.TanhTransform()] \
        | < x | .log_abs_det_jacobian< x; x
    LowerCholeskyTransform PositiveDefiniteTransform: | < m
    CorrCholeskyTransform SoftmaxTransform StickBreakingTransform: | < x | .forward_shape< (2, 3)
    ReshapeTransform: (3,); (1, 3) | < x | .forward_shape< (2, 3) | .log_abs_det_jacobian< x; x
    identity_transform: x
    biject_to transform_to: torch.distributions.constraints.positive
    Distribution: (2,); (3,)
    kl_divergence: torch.distributions.Normal(x, y); torch.distributions.Normal(y, x)
    register_kl: torch.distributions.Normal; torch.distributions.Uniform
    """
)

CONSTRAINTS = _table(
    """
    greater_than greater_than_eq less_than: 0.5 | .check< x
    integer_interval interval half_open_interval: 0; 1 | .check< x
    cat stack: [torch.distributions.constraints.positive, torch.distributions.constraints.real] | .check< x
    dependent:
    dependent_property: lambda one: one
    multinomial: 1 | .check< x
    independent: torch.distributions.constraints.real; 1 | .check< x
    is_dependent: torch.distributions.constraints.real
    """
)

FUNC = _table(
    """
    functional_call: line; {'bias': torch.ones(2)}; (x,)
    grad grad_and_value hessian jacfwd jacrev: lambda one: (one * one).sum(); 0 | < v
    jvp: torch.sin; (v,); (w,)
    stack_module_state: [line, line]
    linearize vjp: torch.sin; v
    vmap: torch.sin; 0; 0 | < x
    """
)

DERIVATIVES = _table(
    """
    hessian: lambda one: (one * one).sum(); v
    hvp vhp: lambda one: (one * one).sum(); v; w
    jacobian: torch.sin; v
    jvp vjp: torch.sin; v; w
    """
)

AUTOGRAD = _table(
    """
    Variable: x; True
    backward: r.sum()
    grad: r.sum(); [r]
    gradcheck gradgradcheck: torch.sin; (torch.ones(2, dtype=torch.float64, requires_grad=True),)
    detect_anomaly inference_mode: True
    no_grad enable_grad: | < lambda: 0
    """
)

GRAPH = _table(
    """
    disable_saved_tensors_hooks: 'none'
    get_gradient_edge: r
    increment_version: x
    save_on_cpu: False
    saved_tensors_hooks: lambda one: one; lambda one: one
    """
)

NN_UTILS = _table(
    """
    clip_grad_norm clip_grad_norm_: [leaf]; 1.0; 2.0
    clip_grad_value_: [leaf]; 1.0
    clip_grads_with_norm_: [leaf]; 1.0; p
    get_total_norm: [x, y]; 2.0
    parameters_to_vector: [leaf]
    vector_to_parameters: torch.ones(6); [leaf]
    spectral_norm weight_norm: line; 'weight' | < x
    remove_weight_norm: torch.nn.utils.weight_norm(line); 'weight' | < x
    remove_spectral_norm: torch.nn.utils.spectral_norm(line); 'weight' | < x
    fuse_conv_bn_eval: torch.nn.Conv2d(1, 2, 2).eval(); torch.nn.BatchNorm2d(2).eval()
    fuse_conv_bn_weights: torch.ones(3, 1, 2, 2); v; v; v; 0.5; v; v
    fuse_linear_bn_eval: line.eval(); torch.nn.BatchNorm1d(2).eval()
    fuse_linear_bn_weights: m; v; v; v; 0.5; v; v
    """
)

SEQUENCES = _table(
    """
    PackedSequence: torch.ones(3, 2); torch.tensor([2, 1])
    invert_permutation: n
    pack_padded_sequence: b; n + 1; True; False
    pack_sequence: [v, w[:2]]; True
    pad_packed_sequence: torch.nn.utils.rnn.pack_sequence([v, w[:2]]); True; 0.5
    pad_sequence: [v, w[:2]]; True; 0.5
    unpack_sequence: torch.nn.utils.rnn.pack_sequence([v, w[:2]])
    unpad_sequence: b; n + 1; True
    """
)

PARAMETRIZE = _table(
    """
    is_parametrized: line; 'weight'
    register_parametrization: line; 'weight'; torch.nn.ReLU() | < x
    remove_parametrizations: torch.nn.utils.parametrizations.weight_norm(line); 'weight'; True | < x
    type_before_parametrizations: line
    """
)

PARAMETRIZATIONS = _table(
    """
    orthogonal spectral_norm weight_norm: line; 'weight' | < x
    """
)

PRUNE = _table(
    """
    custom_from_mask: line; 'weight'; torch.ones(2, 3) | < x
    global_unstructured: [(line, 'weight')]; torch.nn.utils.prune.L1Unstructured; amount=0.5
    identity: line; 'weight' | < x
    is_pruned: line
    l1_unstructured random_unstructured: line; 'weight'; 0.5 | < x
    ln_structured: line; 'weight'; 0.5; 2; 0 | < x
    random_structured: line; 'weight'; 0.5; 0 | < x
    remove: torch.nn.utils.prune.identity(line, 'weight'); 'weight' | < x
    CustomFromMask: torch.ones(2, 3) | .prune< x
    Identity: | .prune< x
    L1Unstructured RandomUnstructured: 0.5 | .prune< x
    LnStructured: 0.5; 2; 0 | .prune< x
    RandomStructured: 0.5; 0 | .prune< x
    """
)

DATA = _table(
    """
    BatchSampler: torch.utils.data.SequentialSampler([1, 2, 3]); 2; True | .__iter__ | .__len__
    ChainDataset: [numbers] | .__iter__
    ConcatDataset: [[1, 2], [3]] | .__getitem__< 1 | .__len__
    DataLoader: [1, 2, 3]; 2 | .__iter__().__next__ | .__len__
    Dataset get_worker_info:
    DistributedSampler: [1, 2, 3]; 2; 1; True; 0; False | .__iter__().__next__ | .__len__ | .set_epoch< 1
    RandomSampler: [1, 2, 3]; True; 2 | .__iter__().__next__ | .__len__
    Sampler:
    SequentialSampler: [1, 2, 3] | .__iter__().__next__ | .__len__
    StackDataset: [1, 2]; [3, 4] | .__getitem__< 1 | .__len__
    Subset: [1, 2, 3]; [0, 1] | .__getitem__< 1 | .__len__
    SubsetRandomSampler: [0, 1] | .__iter__().__next__ | .__len__
    TensorDataset: x; y | .__getitem__< 1 | .__len__
    WeightedRandomSampler: [0.5, 0.5]; 2; True | .__iter__().__next__ | .__len__
    default_collate default_convert: [1, 2]
    random_split: [1, 2, 3]; [2, 1]
    """
)

GENERATOR = _table(
    """
    Generator: 'cpu' | .manual_seed< 1 | .set_state< torch.Generator().get_state() | .get_state | .initial_seed | .seed
    """
)

RANDOM = _table(
    """
    manual_seed: 1
    fork_rng: [] | .__enter__
    get_rng_state initial_seed seed:
    set_rng_state: torch.get_rng_state()
    """
)

# Where torch has each room, and its calls.
ROOMS = {
    "linalg": LINALG,
    "fft": FFT,
    "special": SPECIAL,
    "nn": MODULES,
    "nn.init": INIT,
    "optim": OPTIM,
    "optim.lr_scheduler": SCHEDULERS,
    "optim.swa_utils": AVERAGES,
    "distributions": DISTRIBUTIONS,
    "distributions.constraints": CONSTRAINTS,
    "func": FUNC,
    "autograd": AUTOGRAD,
    "autograd.functional": DERIVATIVES,
    "autograd.graph": GRAPH,
    "nn.utils": NN_UTILS,
    "nn.utils.rnn": SEQUENCES,
    "nn.utils.parametrize": PARAMETRIZE,
    "nn.utils.parametrizations": PARAMETRIZATIONS,
    "nn.utils.prune": PRUNE,
    "utils.data": DATA,
    "": GENERATOR,
    "random": RANDOM,
}

# What has no call in the tables, and why.
LEFT_OUT = {
    "it is an exception": "linalg.LinAlgError",
    "it sets a state of the whole library": "autograd.set_detect_anomaly autograd.set_grad_enabled",
    "it is derived from, and never called": """
        autograd.Function autograd.graph.Node distributions.Transform distributions.constraints.Constraint
        distributions.constraints.MixtureSameFamilyConstraint optim.lr_scheduler.LRScheduler utils.data.IterableDataset
    """,
    "it is what torch returns": "autograd.graph.GradientEdge",
    "it is in the table of torch itself": "random.Generator",
    "it is of what is private to torch's module": """
        nn.utils.parametrize.ParametrizationList nn.utils.parametrize.cached nn.utils.prune.BasePruningMethod
        nn.utils.prune.PruningContainer
    """,
}
