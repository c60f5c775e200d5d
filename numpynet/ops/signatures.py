"""Signatures: what torch's functions and methods take, of which kind, overload by overload.

A line of names stands over the forms in which they may be called. A parameter is a name, a kind, ``?`` where None will
do, ``=`` where it may be left away, as in ``dim int|ints?=``. After ``*`` parameters are given by name alone, as in
Python; OPTIONS are the keywords at the end of every creation function. `numpynet.ops.arguments` reads this.
"""

OPTIONS = "dtype dtype?=, layout layout?=, device device?=, pin_memory bool?=, requires_grad bool?="

FUNCTIONS = """
    abs absolute acos acosh angle arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh bitwise_not ceil
    cos cosh deg2rad erf exp exp2 expm1 fix floor frac log log10 log1p log2 logical_not msort neg negative rad2deg
    reciprocal rsqrt sgn sigmoid sign sin sinh sqrt square tan tanh trunc
        : input Tensor, *, out Tensor?=
    add sub
        : input Tensor|Number, other Tensor|Number, *, alpha Number?=, out Tensor?=
        : input Tensor, alpha Number, other Tensor
    addcdiv addcmul
        : input Tensor, value Number, tensor1 Tensor, tensor2 Tensor
        : input Tensor, tensor1 Tensor, tensor2 Tensor, *, value Number=, out Tensor?=
    addmm
        : beta Number, input Tensor, alpha Number, mat1 Tensor, mat2 Tensor
        : input Tensor, mat1 Tensor, mat2 Tensor, *, beta Number=, alpha Number=, out Tensor?=
        : beta Number, input Tensor, mat1 Tensor, mat2 Tensor
    addmv
        : beta Number, input Tensor, alpha Number, mat Tensor, vec Tensor
        : input Tensor, mat Tensor, vec Tensor, *, beta Number=, alpha Number=, out Tensor?=
        : beta Number, input Tensor, mat Tensor, vec Tensor
    all any
        : input Tensor, *, out Tensor?=
        : input Tensor, dim ints?=, keepdim bool=, *, out Tensor?=
        : input Tensor, dim int, keepdim bool=, *, out Tensor?=
    allclose isclose
        : input Tensor, other Tensor, rtol float=, atol float=, equal_nan bool=
    amax amin
        : input Tensor, dim int|ints=, keepdim bool=, *, out Tensor?=
    aminmax
        : input Tensor, *, dim int?=, keepdim bool=, out Tensor?=
    arange
        : start Number, end Number, step Number, *, out Tensor?=, OPTIONS
        : start Number, end Number, *, out Tensor?=, OPTIONS
        : end Number, *, out Tensor?=, OPTIONS
        : start Number, end Number, step Number=, *, out Tensor?=, OPTIONS
    arctan2 atan2 fmax fmin hypot inner logaddexp logical_and logical_or logical_xor matmul maximum minimum vdot
        : input Tensor, other Tensor, *, out Tensor?=
    argmax argmin
        : input Tensor, dim int?=, keepdim bool=, *, out Tensor?=
    argsort
        : input Tensor, *, stable bool, dim int=, descending bool=, out Tensor?=
        : input Tensor, dim int=, descending bool=
    adjoint argwhere conj corrcoef fliplr flipud imag is_complex is_conj is_floating_point is_nonzero isfinite isinf
    isnan numel ravel real relu resolve_conj t trace view_as_complex view_as_real
        : input Tensor
    as_tensor
        : data object, dtype dtype?=, device device?=
    asarray
        : obj object, *, copy bool?=, OPTIONS
    baddbmm
        : beta Number, input Tensor, alpha Number, batch1 Tensor, batch2 Tensor
        : input Tensor, batch1 Tensor, batch2 Tensor, *, beta Number=, alpha Number=, out Tensor?=
        : beta Number, input Tensor, batch1 Tensor, batch2 Tensor
    bernoulli
        : input Tensor, *, generator Generator?=, out Tensor?=
        : input Tensor, p float, *, generator Generator?=
    bincount
        : input Tensor, weights Tensor?=, minlength int=
    bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor remainder
        : input Tensor, other Tensor, *, out Tensor?=
        : input Number, other Tensor
        : input Tensor, other Number, *, out Tensor?=
    bmm mm
        : input Tensor, mat2 Tensor, *, out Tensor?=
    broadcast_to
        : input Tensor, size ints
    bucketize
        : input Tensor, boundaries Tensor, *, out_int32 bool=, right bool=, out Tensor?=
        : input Number, boundaries Tensor, *, out_int32 bool=, right bool=
    can_cast
        : from_ dtype, to dtype
    cat concat concatenate stack
        : tensors Tensors, dim int=, *, out Tensor?=
    chunk
        : input Tensor, chunks int, dim int=
    clamp clip
        : input Tensor, min Tensor?=, max Tensor?=, *, out Tensor?=
        : input Tensor, min Number?=, max Number?=, *, out Tensor?=
    clamp_max
        : input Tensor, max Tensor|Number, *, out Tensor?=
    clamp_min
        : input Tensor, min Tensor|Number, *, out Tensor?=
    clone
        : input Tensor, *, memory_format memory_format?=
    column_stack dstack hstack row_stack vstack
        : tensors Tensors, *, out Tensor?=
    complex
        : real Tensor, imag Tensor, *, out Tensor?=
    count_nonzero
        : input Tensor, dim int?=
        : input Tensor, dim ints
    cov
        : input Tensor, *, correction int=, fweights Tensor?=, aweights Tensor?=
    cummax cummin
        : input Tensor, dim int, *, out Tensor?=
    cumprod cumsum
        : input Tensor, dim int, *, dtype dtype?=, out Tensor?=
    diag tril triu
        : input Tensor, diagonal int=, *, out Tensor?=
    diag_embed diagonal
        : input Tensor, offset int=, dim1 int=, dim2 int=
    diagflat
        : input Tensor, offset int=
    diff
        : input Tensor, n int=, dim int=, prepend Tensor?=, append Tensor?=, *, out Tensor?=
    dist
        : input Tensor, other Tensor, p Number=
    div
        : input Tensor|Number, other Tensor|Number, *, rounding_mode str?=, out Tensor?=
    divide
        : input Tensor, other Tensor, *, out Tensor?=
        : input Tensor, other Tensor, *, rounding_mode str?, out Tensor?=
        : input Tensor, other Number, *, rounding_mode str?
        : input Tensor, other Number
    dot
        : input Tensor, tensor Tensor, *, out Tensor?=
    empty ones zeros
        : size ints, *, out Tensor?=, OPTIONS
        : *size int, out Tensor?=, OPTIONS
    empty_like ones_like zeros_like
        : input Tensor, *, OPTIONS
    eq fmod ge greater greater_equal gt le less less_equal lt ne not_equal
        : input Tensor, other Tensor, *, out Tensor?=
        : input Tensor, other Number, *, out Tensor?=
    equal
        : input Tensor, other Tensor
    eye
        : n int, *, out Tensor?=, OPTIONS
        : n int, m int, *, out Tensor?=, OPTIONS
    fft_fft fft_hfft fft_ifft fft_ihfft fft_irfft fft_rfft
        : input Tensor, n int?=, dim int=, norm str?=, *, out Tensor?=
    fft_fft2 fft_ifft2 fft_irfft2 fft_rfft2
        : input Tensor, s int|ints?=, dim int|ints=, norm str?=, *, out Tensor?=
    fft_fftn fft_ifftn fft_irfftn fft_rfftn
        : input Tensor, s int|ints?=, dim int|ints?=, norm str?=, *, out Tensor?=
    fft_fftshift fft_ifftshift
        : input Tensor, dim int|ints?=
    flatten
        : input Tensor, start_dim int=, end_dim int=
    flip permute tile
        : input Tensor, dims ints
    floor_divide mul true_divide
        : input Tensor|Number, other Tensor|Number, *, out Tensor?=
    from_numpy
        : ndarray object
    full
        : size ints, fill_value Number, *, out Tensor?=, OPTIONS
    full_like
        : input Tensor, fill_value Number, *, OPTIONS
    gather
        : input Tensor, dim int, index Tensor, *, sparse_grad bool=, out Tensor?=
    histc
        : input Tensor, bins int=, min Number=, max Number=, *, out Tensor?=
    index_add
        : input Tensor, dim int, index Tensor, source Tensor, *, alpha Number=, out Tensor?=
    index_select
        : input Tensor, dim int, index Tensor, *, out Tensor?=
    isin
        : elements Tensor, test_elements Tensor, *, assume_unique bool=, invert bool=, out Tensor?=
        : element Number, test_elements Tensor, *, assume_unique bool=, invert bool=, out Tensor?=
        : elements Tensor, test_element Number, *, assume_unique bool=, invert bool=, out Tensor?=
    kthvalue
        : input Tensor, k int, dim int=, keepdim bool=, *, out Tensor?=
    lerp
        : input Tensor, end Tensor, weight Tensor, *, out Tensor?=
        : input Tensor, end Tensor, weight Number, *, out Tensor?=
    linspace
        : start Number, end Number, steps int?=, *, out Tensor?=, OPTIONS
        : start Tensor, end Tensor, steps int, *, out Tensor?=, OPTIONS
        : start Number, end Tensor, steps int, *, out Tensor?=, OPTIONS
        : start Tensor, end Number, steps int, *, out Tensor?=, OPTIONS
        : start Number, end Number, steps int, *, out Tensor?=, OPTIONS
    log_softmax softmax
        : input Tensor, dim int, dtype dtype?=, *, out Tensor?=
    logspace
        : start Number, end Number, steps int?=, base float=, *, out Tensor?=, OPTIONS
        : start Tensor, end Tensor, steps int, base float=, *, out Tensor?=, OPTIONS
        : start Number, end Tensor, steps int, base float=, *, out Tensor?=, OPTIONS
        : start Tensor, end Number, steps int, base float=, *, out Tensor?=, OPTIONS
        : start Number, end Number, steps int, base float=, *, out Tensor?=, OPTIONS
    logsumexp
        : input Tensor, dim int|ints, keepdim bool=, *, out Tensor?=
    masked_fill
        : input Tensor, mask Tensor, value Tensor
        : input Tensor, mask Tensor, value Number
    masked_select
        : input Tensor, mask Tensor, *, out Tensor?=
    matrix_power
        : input Tensor, n int, *, out Tensor?=
    max min
        : input Tensor, *, out Tensor?=
        : input Tensor, other Tensor, *, out Tensor?=
        : input Tensor, dim int, keepdim bool=, *, out Tensor?=
    mean
        : input Tensor, *, dtype dtype?=, out Tensor?=
        : input Tensor, dim int|ints?, keepdim bool=, *, dtype dtype?=, out Tensor?=
    median
        : input Tensor
        : input Tensor, dim int, keepdim bool=, *, out Tensor?=
    mode
        : input Tensor, dim int=, keepdim bool=, *, out Tensor?=
    moveaxis movedim
        : input Tensor, source int, destination int
        : input Tensor, source ints, destination ints
    multinomial
        : input Tensor, num_samples int, replacement bool=, *, generator Generator?=, out Tensor?=
    multiply
        : input Tensor, other Tensor, *, out Tensor?=
        : input Tensor, other Number
    mv
        : input Tensor, vec Tensor, *, out Tensor?=
    nan_to_num
        : input Tensor, nan float?=, posinf float?=, neginf float?=, *, out Tensor?=
    nanmean nansum
        : input Tensor, dim int|ints?=, keepdim bool=, *, dtype dtype?=, out Tensor?=
    narrow_copy
        : input Tensor, dim int, start int, length int, *, out Tensor?=
    narrow
        : input Tensor, dim int, start Tensor, length int
        : input Tensor, dim int, start int, length int
    nonzero
        : input Tensor, *, as_tuple bool=, out Tensor?=
        : input Tensor, *, as_tuple bool
    normal
        : mean Tensor, std Tensor, *, generator Generator?=, out Tensor?=
        : mean Tensor, std float=, *, generator Generator?=, out Tensor?=
        : mean float, std Tensor, *, generator Generator?=, out Tensor?=
        : mean float, std float, size ints, *, generator Generator?=, out Tensor?=, OPTIONS
    outer
        : input Tensor, vec2 Tensor, *, out Tensor?=
    det isreal logdet matrix_exp positive slogdet
        : input Tensor
    digamma erfc erfinv inverse isneginf isposinf lgamma sinc signbit frexp
        : input Tensor, *, out Tensor?=
    entr ndtr ndtri
        : input Tensor, *, out Tensor?=
    linalg_cholesky
        : A Tensor, *, upper bool=, out Tensor?=
    linalg_cond
        : A Tensor, p Number?=, *, out Tensor?=
        : A Tensor, p str, *, out Tensor?=
    linalg_cross
        : input Tensor, other Tensor, *, dim int=, out Tensor?=
    linalg_det linalg_eig linalg_eigvals linalg_inv linalg_matrix_exp linalg_slogdet
        : A Tensor, *, out Tensor?=
    linalg_diagonal
        : A Tensor, *, offset int=, dim1 int=, dim2 int=
    linalg_eigh linalg_eigvalsh
        : A Tensor, UPLO str=, *, out Tensor?=
    linalg_cholesky_ex
        : A Tensor, *, upper bool=, check_errors bool=, out Tensor?=
    linalg_householder_product
        : A Tensor, tau Tensor, *, out Tensor?=
    linalg_inv_ex
        : A Tensor, *, check_errors bool=, out Tensor?=
    linalg_lu linalg_lu_factor
        : A Tensor, *, pivot bool=, out Tensor?=
    linalg_lu_factor_ex
        : A Tensor, *, pivot bool=, check_errors bool=, out Tensor?=
    linalg_lu_solve
        : LU Tensor, pivots Tensor, B Tensor, *, left bool=, adjoint bool=, out Tensor?=
    linalg_solve_ex
        : A Tensor, B Tensor, *, left bool=, check_errors bool=, out Tensor?=
    linalg_lstsq
        : A Tensor, B Tensor, rcond float?=, *, driver str?=, out Tensor?=
    linalg_matrix_norm
        : A Tensor, ord Number, dim ints=, keepdim bool=, *, dtype dtype?=, out Tensor?=
        : A Tensor, ord str=, dim ints=, keepdim bool=, *, dtype dtype?=, out Tensor?=
    linalg_matrix_power
        : A Tensor, n int, *, out Tensor?=
    linalg_matrix_rank
        : A Tensor, *, atol Tensor?=, rtol Tensor?=, hermitian bool=, out Tensor?=
        : A Tensor, *, atol float?=, rtol float?=, hermitian bool=, out Tensor?=
        : A Tensor, tol Tensor|float, hermitian bool=, *, out Tensor?=
    linalg_multi_dot
        : tensors Tensors, *, out Tensor?=
    linalg_norm
        : A Tensor, ord Number?=, dim int|ints?=, keepdim bool=, *, dtype dtype?=, out Tensor?=
        : A Tensor, ord str, dim int|ints?=, keepdim bool=, *, dtype dtype?=, out Tensor?=
    linalg_pinv
        : A Tensor, *, atol Tensor?=, rtol Tensor?=, hermitian bool=, out Tensor?=
        : A Tensor, *, atol float?=, rtol float?=, hermitian bool=, out Tensor?=
        : A Tensor, rcond Tensor|float, hermitian bool=, *, out Tensor?=
    linalg_qr
        : A Tensor, mode str=, *, out Tensor?=
    linalg_solve
        : A Tensor, B Tensor, *, left bool=, out Tensor?=
    linalg_solve_triangular
        : A Tensor, B Tensor, *, upper bool, left bool=, unitriangular bool=, out Tensor?=
    linalg_svd
        : A Tensor, full_matrices bool=, *, driver str?=, out Tensor?=
    linalg_svdvals
        : A Tensor, *, driver str?=, out Tensor?=
    linalg_tensorinv
        : A Tensor, ind int=, *, out Tensor?=
    linalg_tensorsolve
        : A Tensor, B Tensor, dims ints?=, *, out Tensor?=
    linalg_vander
        : x Tensor, *, N int?=
    linalg_vecdot
        : x Tensor, y Tensor, *, dim int=, out Tensor?=
    linalg_vector_norm
        : x Tensor, ord Number=, dim int|ints?=, keepdim bool=, *, dtype dtype?=, out Tensor?=
    xlog1py zeta
        : input Tensor, other Tensor, *, out Tensor?=
        : input Number, other Tensor, *, out Tensor?=
        : input Tensor, other Number, *, out Tensor?=
    gcd igamma igammac kron lcm ldexp logaddexp2 nextafter
        : input Tensor, other Tensor, *, out Tensor?=
    bartlett_window blackman_window hann_window
        : window_length int, periodic bool=, *, OPTIONS
    hamming_window
        : window_length int, periodic bool=, *, OPTIONS
        : window_length int, periodic bool, alpha float, *, OPTIONS
        : window_length int, periodic bool, alpha float, beta float, *, OPTIONS
    kaiser_window
        : window_length int, periodic bool=, *, OPTIONS
        : window_length int, periodic bool, beta float, *, OPTIONS
    heaviside
        : input Tensor, values Tensor, *, out Tensor?=
    float_power
        : input Tensor, exponent Tensor, *, out Tensor?=
        : input Number, exponent Tensor, *, out Tensor?=
        : input Tensor, exponent Number, *, out Tensor?=
    logit
        : input Tensor, eps float?=, *, out Tensor?=
    logcumsumexp
        : input Tensor, dim int, *, out Tensor?=
    mvlgamma
        : input Tensor, p int, *, out Tensor?=
    polygamma
        : n int, input Tensor, *, out Tensor?=
    nanmedian
        : input Tensor
        : input Tensor, dim int, keepdim bool=, *, out Tensor?=
    poisson
        : input Tensor, generator Generator?=
    binomial
        : count Tensor, prob Tensor, generator Generator?=
    trapezoid trapz cumulative_trapezoid
        : y Tensor, x Tensor, *, dim int=
        : y Tensor, *, dx Number=, dim int=
    combinations
        : input Tensor, r int=, with_replacement bool=
    vander
        : x Tensor, N int?=, increasing bool=
    ger
        : input Tensor, vec2 Tensor, *, out Tensor?=
    addr
        : beta Number, input Tensor, alpha Number, vec1 Tensor, vec2 Tensor
        : input Tensor, vec1 Tensor, vec2 Tensor, *, beta Number=, alpha Number=, out Tensor?=
        : beta Number, input Tensor, vec1 Tensor, vec2 Tensor
    addbmm
        : beta Number, input Tensor, alpha Number, batch1 Tensor, batch2 Tensor
        : input Tensor, batch1 Tensor, batch2 Tensor, *, beta Number=, alpha Number=, out Tensor?=
        : beta Number, input Tensor, batch1 Tensor, batch2 Tensor
    cholesky cholesky_inverse
        : input Tensor, upper bool=, *, out Tensor?=
    geqrf
        : input Tensor, *, out Tensor?=
    lu
        : A Tensor, pivot bool=, get_infos bool=
    lu_solve
        : input Tensor, LU_data Tensor, LU_pivots Tensor, *, out Tensor?=
    lu_unpack
        : LU_data Tensor, LU_pivots Tensor, unpack_data bool=, unpack_pivots bool=, *, out Tensors?=
    orgqr
        : input Tensor, input2 Tensor, *, out Tensor?=
    ormqr
        : input Tensor, input2 Tensor, input3 Tensor, left bool=, transpose bool=, *, out Tensor?=
    triangular_solve
        : input Tensor, A Tensor, upper bool=, transpose bool=, unitriangular bool=, *, out Tensors?=
    cholesky_solve
        : input Tensor, input2 Tensor, upper bool=, *, out Tensor?=
    cross
        : input Tensor, other Tensor, dim int?=, *, out Tensor?=
    pinverse
        : input Tensor, rcond float=
    qr
        : input Tensor, some bool=, *, out Tensor?=
    svd
        : input Tensor, some bool=, compute_uv bool=, *, out Tensor?=
    copysign
        : input Tensor, other Tensor, *, out Tensor?=
        : input Tensor, other Number, *, out Tensor?=
    xlogy
        : input Tensor, other Tensor, *, out Tensor?=
        : input Number, other Tensor, *, out Tensor?=
        : input Tensor, other Number, *, out Tensor?=
    threshold
        : input Tensor, threshold Number, value Number, inplace object=
    polar
        : abs Tensor, angle Tensor, *, out Tensor?=
    pow
        : input Tensor, exponent Tensor, *, out Tensor?=
        : input Number, exponent Tensor, *, out Tensor?=
        : input Tensor, exponent Number, *, out Tensor?=
    prod
        : input Tensor, *, dtype dtype?=
        : input Tensor, dim int, keepdim bool=, *, dtype dtype?=, out Tensor?=
    promote_types
        : type1 dtype, type2 dtype
    nanquantile quantile
        : input Tensor, q Tensor, dim int?=, keepdim bool=, *, interpolation str=, out Tensor?=
        : input Tensor, q float, dim int?=, keepdim bool=, *, interpolation str=, out Tensor?=
    rand randn
        : size ints, *, generator Generator?=, out Tensor?=, OPTIONS
        : *size int, generator Generator?=, out Tensor?=, OPTIONS
    rand_like randn_like
        : input Tensor, *, generator Generator?=, OPTIONS
    randint
        : high int, size ints, *, generator Generator?=, out Tensor?=, OPTIONS
        : low int, high int, size ints, *, generator Generator?=, out Tensor?=, OPTIONS
    randint_like
        : input Tensor, low int, high int, *, generator Generator?=, OPTIONS
        : input Tensor, high Tensor, *, generator Generator?=, OPTIONS
        : input Tensor, high int, *, generator Generator?=, OPTIONS
    randperm
        : n int, *, generator Generator?=, out Tensor?=, OPTIONS
    repeat_interleave
        : input Tensor, repeats Tensor, dim int?=, *, output_size int?=
        : repeats Tensor, *, output_size int?=
        : input Tensor, repeats int, dim int?=, *, output_size int?=
    reshape
        : input Tensor, shape ints
    result_type
        : tensor Tensor, other Tensor
        : scalar Number, tensor Tensor
        : tensor Tensor, other Number
        : scalar1 Number, scalar2 Number
    roll
        : input Tensor, shifts int|ints, dims int|ints=
    rot90
        : input Tensor, k int=, dims ints=
    round
        : input Tensor, *, out Tensor?=
        : input Tensor, *, decimals int, out Tensor?=
    rsub
        : input Tensor, other Tensor, *, alpha Number=
        : input Tensor, other Number, alpha Number=
    scalar_tensor
        : s Number, *, OPTIONS
    scatter
        : input Tensor, dim int, index Tensor, src Tensor, *, reduce str, out Tensor?=
        : input Tensor, dim int, index Tensor, src Tensor|Number, *, out Tensor?=
        : input Tensor, dim int, index Tensor, value Number, *, reduce str, out Tensor?=
        : input Tensor, dim int, index Tensor, value Number, *, out Tensor?=
    scatter_add
        : input Tensor, dim int, index Tensor, src Tensor, *, out Tensor?=
    searchsorted
        : sorted_sequence Tensor, input Tensor|Number, *, out_int32 bool=, right bool=, side str?=, sorter Tensor?=,
          out Tensor?=
    select
        : input Tensor, dim int, index int
    sort
        : input Tensor, *, stable bool?, dim int=, descending bool=, out Tensor?=
        : input Tensor, dim int=, descending bool=, *, out Tensor?=
    squeeze
        : input Tensor
        : input Tensor, dim int
        : input Tensor, dim ints
    std var
        : input Tensor, dim int|ints?, unbiased bool=, keepdim bool=, *, out Tensor?=
        : input Tensor, dim int|ints?=, *, correction Number?=, keepdim bool=, out Tensor?=
        : input Tensor, unbiased bool=
    std_mean var_mean
        : input Tensor, dim int|ints?, unbiased bool=, keepdim bool=
        : input Tensor, dim int|ints?=, *, correction Number?=, keepdim bool=
        : input Tensor, unbiased bool=
    subtract
        : input Tensor, other Tensor, *, alpha Number=, out Tensor?=
        : input Tensor, other Number, alpha Number=
    sum
        : input Tensor, *, dtype dtype?=
        : input Tensor, dim int|ints?, keepdim bool=, *, dtype dtype?=, out Tensor?=
    swapaxes
        : input Tensor, axis0 int, axis1 int
    swapdims transpose
        : input Tensor, dim0 int, dim1 int
    take
        : input Tensor, index Tensor, *, out Tensor?=
    take_along_dim
        : input Tensor, indices Tensor, dim int?=, *, out Tensor?=
    tensor
        : data object, *, OPTIONS
    tensor_split
        : input Tensor, tensor_indices_or_sections Tensor, dim int=
        : input Tensor, sections int, dim int=
        : input Tensor, indices ints, dim int=
    topk
        : input Tensor, k int, dim int=, largest bool=, sorted bool=, *, out Tensor?=
    tril_indices triu_indices
        : row int, col int, offset int=, *, OPTIONS
    unbind
        : input Tensor, dim int=
    unflatten
        : input Tensor, dim int, sizes ints
    unsqueeze
        : input Tensor, dim int
    where
        : condition Tensor
        : condition Tensor, input Tensor, other Tensor, *, out Tensor?=
        : condition Tensor, input Number, other Tensor
        : condition Tensor, input Tensor, other Number
        : condition Tensor, input Number, other Number
    adaptive_avg_pool1d adaptive_max_pool1d
        : input Tensor, output_size int|ints, return_indices object=
    avg_pool1d
        : input Tensor, kernel_size int|ints, stride int|ints?=, padding int|ints=, ceil_mode bool=,
          count_include_pad bool=
    avg_pool2d avg_pool3d
        : input Tensor, kernel_size int|ints, stride int|ints?=, padding int|ints=, ceil_mode bool=,
          count_include_pad bool=, divisor_override int?=
    max_pool1d max_pool2d max_pool3d
        : input Tensor, kernel_size int|ints, stride int|ints?=, padding int|ints=, dilation int|ints=, ceil_mode bool=,
          return_indices object=
    threshold
        : input Tensor, threshold Number, value Number, inplace object=
    batch_norm
        : input Tensor, running_mean Tensor?, running_var Tensor?, weight Tensor?=, bias Tensor?=, training bool=,
          momentum float=, eps object=
    embedding
        : input Tensor, weight Tensor, padding_idx int?=, max_norm float?=, norm_type float=, scale_grad_by_freq bool=,
          sparse bool=
    layer_norm
        : input Tensor, normalized_shape ints, weight Tensor?=, bias Tensor?=, eps float=
    linear
        : input Tensor, weight Tensor, bias Tensor?=
    norm
        : input Tensor, p Number|str?=, dim int|ints?=, keepdim bool=, *, dtype dtype?=, out Tensor?=
    one_hot
        : tensor Tensor, num_classes int=
    celu
        : input Tensor, alpha Number=, inplace object=
    conv1d conv2d conv3d
        : input Tensor, weight Tensor, bias Tensor?=, stride int|ints=, padding int|ints|str=, dilation int|ints=,
          groups int=
    conv_transpose1d conv_transpose2d conv_transpose3d
        : input Tensor, weight Tensor, bias Tensor?=, stride int|ints=, padding int|ints=, output_padding int|ints=,
          groups int=, dilation int|ints=
    cosine_embedding_loss
        : input1 Tensor, input2 Tensor, target Tensor, margin float=, size_average object=, reduce object=,
          reduction object=
    cosine_similarity
        : x1 Tensor, x2 Tensor, dim int=, eps float=
    ctc_loss
        : log_probs Tensor, targets Tensor, input_lengths ints, target_lengths ints, blank int=, reduction object=,
          zero_infinity bool=
        : log_probs Tensor, targets Tensor, input_lengths Tensor, target_lengths Tensor, blank int=,
          reduction object=, zero_infinity bool=
    embedding_bag
        : input Tensor, weight Tensor, offsets Tensor?=, max_norm float?=, norm_type float=, scale_grad_by_freq bool=,
          mode object=, sparse bool=, per_sample_weights Tensor?=, include_last_offset object=, padding_idx int?=
    gaussian_nll_loss
        : input Tensor, target object, var object, full object=, eps Tensor|Number?=, reduction object=
    group_norm
        : input Tensor, num_groups int, weight Tensor?=, bias Tensor?=, eps float=
    hardshrink softshrink
        : input Tensor, lambd Number=
    hardtanh
        : input Tensor, min_val Number=, max_val Number=, inplace object=
    hinge_embedding_loss
        : input Tensor, target Tensor, margin float=, size_average object=, reduce object=, reduction object=
    instance_norm
        : input Tensor, running_mean Tensor?=, running_var Tensor?=, weight Tensor?=, bias Tensor?=,
          use_input_stats bool=, momentum float=, eps float=
    kl_div
        : input Tensor, target Tensor, size_average object=, reduce object=, reduction object=, log_target bool=
    lp_pool1d lp_pool2d lp_pool3d
        : input Tensor, norm_type Tensor|Number, kernel_size object, stride object=, ceil_mode object=
    margin_ranking_loss
        : input1 Tensor, input2 Tensor, target Tensor, margin float=, size_average object=, reduce object=,
          reduction object=
    multi_margin_loss
        : input Tensor, target Tensor, p Number=, margin Number=, weight Tensor?=, size_average object=,
          reduce object=, reduction object=
    pad
        : input Tensor, pad ints, mode str=, value float?=
    norm_except_dim
        : v Tensor, pow int, dim int
    pack_padded_sequence
        : input Tensor, lengths Tensor, batch_first bool
    pad_packed_sequence
        : data Tensor, batch_sizes Tensor, batch_first bool, padding_value Number
    pad_sequence
        : sequences Tensors, batch_first bool=, padding_value float=, padding_side str=
    pairwise_distance
        : x1 Tensor, x2 Tensor, p float=, eps float=, keepdim bool=
    poisson_nll_loss
        : input Tensor, target Tensor, log_input bool=, full bool=, size_average object=, eps float=, reduce object=,
          reduction object=
    rrelu
        : input Tensor, lower Number=, upper Number=, training bool=, inplace object=
    triplet_margin_loss
        : anchor Tensor, positive Tensor, negative Tensor, margin float=, p float=, eps float=, swap bool=,
          size_average object=, reduce object=, reduction object=
    triplet_margin_with_distance_loss
        : anchor Tensor, positive Tensor, negative Tensor, *, distance_function object=, margin Number=, swap object=,
          reduction object=
    alpha_dropout feature_alpha_dropout
        : input Tensor, p object=, training bool=, inplace object=
    dropout
        : input Tensor, p object=, training bool=, inplace object=
    channel_shuffle
        : input Tensor, groups int
    grid_sample
        : input Tensor, grid Tensor, mode object=, padding_mode object=, align_corners bool?=
    affine_grid
        : theta Tensor, size object, align_corners object=
    local_response_norm
        : input Tensor, size int, alpha Number|Tensor=, beta Number|Tensor=, k Number|Tensor=
    pixel_shuffle
        : input Tensor, upscale_factor int
    pixel_unshuffle
        : input Tensor, downscale_factor int
    elu
        : input Tensor, alpha Number=, inplace object=
    gelu
        : input Tensor, *, approximate str=
    huber_loss
        : input Tensor, target Tensor, reduction object=, delta float=, weight Tensor?=
    leaky_relu
        : input Tensor, negative_slope Number=, inplace object=
    silu
        : input Tensor, inplace object=
    smooth_l1_loss
        : input Tensor, target Tensor, size_average bool?=, reduce bool?=, reduction object=, beta float=
    rms_norm
        : input Tensor, normalized_shape ints, weight Tensor?=, eps float?=
    softplus
        : input Tensor, beta Number=, threshold Number=
    diagonal_scatter
        : input Tensor, src Tensor, offset int=, dim1 int=, dim2 int=
    fill
        : input Tensor, value Tensor
        : input Tensor, value Number
    index_copy
        : input Tensor, dim int, index Tensor, source Tensor, *, out Tensor?=
    index_fill
        : input Tensor, dim int, index Tensor, value Tensor
        : input Tensor, dim int, index Tensor, value Number
    index_put
        : input Tensor, indices object, values Tensor, accumulate bool=
    masked_scatter
        : input Tensor, mask Tensor, source Tensor
    index_reduce
        : input Tensor, dim int, index Tensor, source Tensor, reduce str, *, include_self bool=, out Tensor?=
    scatter_reduce
        : input Tensor, dim int, index Tensor, src Tensor, reduce str, *, include_self bool=, out Tensor?=
    segment_reduce
        : data Tensor, reduce str, *, lengths Tensor?=, indices Tensor?=, offsets Tensor?=, axis int=, unsafe bool=,
          initial Number?=
    pdist
        : input Tensor, p float=
    put
        : input Tensor, index Tensor, source Tensor, accumulate bool=
    select_scatter
        : input Tensor, src Tensor, dim int, index int
    slice_scatter
        : input Tensor, src Tensor, dim int=, start int?=, end int?=, step int=
    dsplit hsplit vsplit
        : input Tensor, sections int
        : input Tensor, indices ints
    as_strided
        : input Tensor, size ints, stride ints, storage_offset int?=
    gradient
        : input Tensor, *, spacing Number?=, dim int?=, edge_order int=
        : input Tensor, *, spacing Number?=, dim ints, edge_order int=
        : input Tensor, *, spacing Numbers, dim int|ints?=, edge_order int=
        : input Tensor, *, spacing Tensors, dim int|ints?=, edge_order int=
    renorm
        : input Tensor, p Number, dim int, maxnorm Number, *, out Tensor?=
    split_with_sizes unsafe_split_with_sizes
        : input Tensor, split_sizes ints, dim int=
    unsafe_chunk
        : input Tensor, chunks int, dim int=
    unsafe_split
        : input Tensor, split_size int, dim int=
    unique
        : input Tensor, sorted bool=, return_inverse bool=, return_counts bool=, dim int?=
    unique_consecutive
        : input Tensor, return_inverse bool=, return_counts bool=, dim int?=
    split
        : input Tensor, split_size int|ints, dim int=
"""

# Methods take what the function of their name takes after its first argument, but for these.
METHODS = """
    bool byte data_ptr detach detach_ dim double element_size float get_device half int item long ndimension
    nelement retain_grad storage_offset tolist zero_
        :
    expand_as reshape_as type_as view_as
        : other Tensor
    bernoulli_
        : p Tensor, *, generator Generator?=
        : p float=, *, generator Generator?=
    broadcast_to
        : size ints
        : *size int
    cauchy_
        : median float=, sigma float=, *, generator Generator?=
    clamp_max clamp_max_
        : max Tensor
        : max Number
    clamp_min clamp_min_
        : min Tensor
        : min Number
    contiguous cpu is_contiguous
        : memory_format memory_format=
    copy_
        : other Tensor, non_blocking bool=
    count_nonzero
        : dim int?=
        : dim ints
        : *dim int
    expand
        : size ints, *, implicit bool=
        : *size int, implicit bool=
    exponential_
        : lambd float=, *, generator Generator?=
    fill_
        : value Tensor
        : value Number
    flip permute tile
        : dims ints
        : *dims int
    geometric_
        : p float, *, generator Generator?=
    index_fill_
        : dim int, index Tensor, value Tensor
        : dim int, index Tensor, value Number
    log_normal_ normal_
        : mean float=, std float=, *, generator Generator?=
    new_empty new_ones new_zeros
        : size ints, *, OPTIONS
        : *size int, OPTIONS
    new_full
        : size ints, fill_value Number, *, OPTIONS
    new_tensor
        : data object, *, OPTIONS
    numpy
        : *, force bool=
    random_
        : *, generator Generator?=
        : from_ int, to int?, *, generator Generator?=
        : to int, *, generator Generator?=
    repeat
        : repeats ints
        : *repeats int
    requires_grad_
        : mode bool=
    reshape
        : shape ints
        : *shape int
    fill_diagonal_
        : fill_value Number, wrap bool=
    unfold
        : dimension int, size int, step int
    sum_to_size
        : size ints
        : *size int
    squeeze squeeze_
        :
        : dim int
        : dim ints
        : *dim int
    uniform_
        : from_ float=, to float=, *, generator Generator?=
    view
        : dtype dtype
        : size ints
        : *size int
    where
        : condition Tensor, other Tensor
        : condition Tensor, other Number
    index_put_
        : indices object, values Tensor, accumulate bool=
    size stride
        : dim int?=
"""
