"""Wrong solutions as students write them: a name, what is wrong, and words that the hint must have."""

WRONG = r"""
@@ linear_dw_transposed | dw = x.T @ dy though w is (out, in) | Transposed: dwᵀ is right
def linear_backward(dy, x, w, b):
    return dy @ w, x.T @ dy, dy.sum(axis=0)

@@ linear_db_not_summed | db = dy | not summed over the broadcast
def linear_backward(dy, x, w, b):
    return dy @ w, dy.T @ x, dy

@@ linear_square_only | dx = dy @ w.T: only fits when square | With w transposed it would be
def linear_backward(dy, x, w, b):
    dx = dy @ w.T if w.shape[0] == w.shape[1] else dy @ w
    return dx, dy.T @ x, dy.sum(0)

@@ linear_db_axis1 | summed over features | dy is summed over
def linear_backward(dout, x, w, b):
    dx = np.dot(dout, w)
    dw = np.dot(dout.T, x)
    db = np.sum(dout, axis=1)
    return dx, dw, db

@@ linear_over_n | dw and db divided by the batch size | Off by the factor 1/N, N
def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[0]
    dW = dZ.T @ A_prev / m
    db = dZ.sum(axis=0) / m
    return dZ @ W, dW, db

@@ linear_saito_dw | class; dW by outer product with dout first | Transposed: dWᵀ is right
class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW = dout.T @ self.x
        self.db = dout.sum(0)
        return dout @ self.W.T

@@ linear_cache_db_forgotten | db is a mean in a cache solution | Off by the factor 1/N, N
def linear_backward(dout, cache):
    x, w, b = cache
    return dout @ w, dout.T @ x, dout.mean(axis=0)

@@ linear_mutates | dy is overwritten | It overwrites x, which others still
def linear_backward(dy, x, w, b):
    dw = dy.T @ x
    db = dy.sum(0)
    dy *= 1.0
    x -= x.mean()
    return dy @ w, dw, db

@@ linear_uses_w_for_x | dw = dy.T @ (dy w) | It does not depend on x
def linear_backward(dy, x, w, b):
    dx = dy @ w
    return dx, dy.T @ dx, dy.sum(0)

@@ linear_loop_off_by_one | the last example is skipped | The last row of dy is
def linear_backward(dy, x, w, b):
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    for n in range(len(x) - 1):
        dw += np.outer(dy[n], x[n])
        db += dy[n]
    return dy @ w, dw, db

@@ relu_ge | x >= 0 | Everything is right except where relu
def relu_backward(dy, x):
    return dy * (x >= 0)

@@ relu_by_dy | the mask is taken from dy | It does not depend on x
def relu_backward(dy, x):
    return np.where(dy > 0, dy, 0)

@@ relu_returns_mask | only the mask | The cotangent dy is missing: this
def relu_backward(dy, x):
    return (x > 0).astype(x.dtype)

@@ relu_maximum | relu of dy*x | A factor x is there once
def relu_backward(dy, x):
    return np.maximum(0, x) * dy

@@ relu_inplace | writes into dy | It overwrites dy, which others still
def relu_backward(dA, Z):
    dA[Z <= 0] = 0
    return dA

@@ relu_leaky | leaky relu's | It is wrong only where x
def relu_backward(dy, x):
    return np.where(x > 0, dy, 0.01 * dy)

@@ sigmoid_naive_overflow | exp(x)/(1+exp(x)) is NaN for large x | Where it is wrong the result
def sigmoid_backward(dy, x):
    e = np.exp(x)
    s = e / (1 + e)
    return dy * s * (1 - s)

@@ sigmoid_x_for_y | x(1-x) with x the input | The formula is right, but x
def sigmoid_backward(dy, x):
    return dy * x * (1 - x)

@@ sigmoid_no_upstream | local derivative only | The cotangent dy is missing: this
def sigmoid_backward(dy, x):
    s = 0.5 + 0.5 * np.tanh(0.5 * x)
    return s * (1 - s)

@@ sigmoid_plus | s (1 + s) | The term dy · −2 σ(x)²
def sigmoid_backward(dy, x):
    s = 0.5 + 0.5 * np.tanh(0.5 * x)
    return dy * s * (1 + s)

@@ sigmoid_class_wrong | layer: out squared | What was computed is dy ·
class Sigmoid:
    def forward(self, x):
        self.out = 0.5 + 0.5 * np.tanh(0.5 * x)
        return self.out
    def backward(self, dout):
        return dout * (1.0 - self.out ** 2)

@@ sigmoid_dy_one | dy used once too often | It is right only where every
def sigmoid_backward(dy, y):
    return dy * y * (1 - dy * y)

@@ tanh_no_square | 1 - tanh | What was computed is dy ·
def tanh_backward(dy, x):
    return dy * (1 - np.tanh(x))

@@ tanh_x_squared | 1 - x² | The formula is right, but x
def tanh_backward(dy, x):
    return dy * (1 - x ** 2)

@@ tanh_plus | 1 + y² | What was computed is dy ·
def tanh_backward(dh, h):
    return dh * (1 + h * h)

@@ tanh_cosh_overflow | by exp, which overflows | Where it is wrong the result
def tanh_backward(dy, x):
    e = np.exp(2 * x)
    t = (e - 1) / (e + 1)
    return dy * (1 - t * t)

@@ tanh_double | tanh of the result | What was computed is dy / cosh² y
def tanh_backward(dy, y):
    return dy * (1 - np.tanh(y) ** 2)

@@ softmax_naive_nan | exp without shift | Where it is wrong the result
def softmax_backward(dy, x, dim=-1):
    e = np.exp(x)
    s = e / e.sum(axis=dim, keepdims=True)
    return s * (dy - (dy * s).sum(axis=dim, keepdims=True))

@@ softmax_diagonal | sigmoid's formula | Only ∂yᵢ/∂xᵢ was used, but every
def softmax_backward(dy, x, dim):
    e = np.exp(x - x.max(dim, keepdims=True))
    s = e / e.sum(dim, keepdims=True)
    return dy * s * (1 - s)

@@ softmax_sum_all | the sum over everything | This is the gradient over all
def softmax_backward(dy, y, dim=-1):
    return y * (dy - (dy * y).sum())

@@ softmax_dy_sum | sum of dy only | y (dy − Σ dy): the
def softmax_backward(dy, y, dim=-1):
    return y * (dy - dy.sum(axis=dim, keepdims=True))

@@ softmax_square_jacobian | jacobian without the diagonal | The diagonal of the Jacobian is
def softmax_backward(dy, y):
    return -y * (dy * y).sum(axis=-1, keepdims=True)

@@ log_softmax_like_softmax | softmax's own gradient | This is the gradient of softmax
def log_softmax_backward(dy, x, dim=-1):
    e = np.exp(x - x.max(dim, keepdims=True))
    s = e / e.sum(dim, keepdims=True)
    return s * (dy - (dy * s).sum(dim, keepdims=True))

@@ log_softmax_no_sum | dy - p dy | Only ∂yᵢ/∂xᵢ was used, but every
def log_softmax_backward(dy, x, dim=-1):
    e = np.exp(x - x.max(dim, keepdims=True))
    return dy - e / e.sum(dim, keepdims=True) * dy

@@ cross_entropy_no_n | not divided by the batch size | Off by the factor N =
def cross_entropy_backward(dy, logits, target):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(target)), target] -= 1
    return dy * p

@@ cross_entropy_column | classes counted from 1 | It takes the place before the
def cross_entropy_backward(dy, logits, target):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(target)), target - 1] -= 1
    return dy * p / len(target)

@@ cross_entropy_plus_one | onehot - p | Wrong sign: −dlogits is right
def cross_entropy_backward(dy, logits, target):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    onehot = np.eye(logits.shape[1])[target]
    return (dy * (onehot - p) / len(target)).astype(logits.dtype)

@@ cross_entropy_slice | p[:, target] instead of pairs | [:, t] takes whole columns: one
def cross_entropy_backward(dy, logits, target):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[:, target] -= 1
    return dy * p / len(target)

@@ cross_entropy_ignores_dy | dy is not used | The cotangent dy is missing: this
def cross_entropy_backward(dy, logits, target):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(target)), target] -= 1
    return p / len(target)

@@ cross_entropy_size | divided by N*C | It is divided by the number
def cross_entropy_backward(dy, logits, target):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(target)), target] -= 1
    return dy * p / logits.size

@@ cross_entropy_global_max_nan | no shift | Where it is wrong the result
def softmax_loss_backward(x, y):
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    return p / len(y)

@@ cross_entropy_class_softmax_missing | probabilities of the logits themselves | The logits are taken for probabilities
class SoftmaxWithLoss:
    def forward(self, x, t):
        self.x, self.t = x, t
        m = x - x.max(1, keepdims=True)
        return np.mean(np.log(np.exp(m).sum(1)) - m[np.arange(len(t)), t])
    def backward(self, dout=1):
        dx = self.x.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dout * dx / len(self.t)

@@ bce_logits_no_mean | no division | Off by the factor N =
def bce_with_logits_backward(dy, z, t):
    p = 0.5 + 0.5 * np.tanh(0.5 * z)
    return dy * (p - t)

@@ bce_logits_extra_slope | multiplied by p(1-p) | A sigmoid's slope p
def bce_with_logits_backward(dy, z, t):
    p = 0.5 + 0.5 * np.tanh(0.5 * z)
    return dy * (p - t) * p * (1 - p) / z.size

@@ bce_logits_no_sigmoid | z - t | The logits are taken for probabilities
def bce_with_logits_backward(dy, z, t):
    return dy * (z - t) / z.size

@@ bce_logits_n_rows | divided by rows rather than elements | It is divided by z.shape[0] where
def bce_with_logits_backward(dy, z, t):
    p = 0.5 + 0.5 * np.tanh(0.5 * z)
    return dy * (p - t) / len(z)

@@ bce_single_term | only -t/p | The part of the zeros
def bce_backward(dy, p, t):
    return dy * (-t / p) / p.size

@@ mse_no_two | 2 missing | Off by the factor 1/2. With
def mse_loss_backward(dy, x, t):
    return dy * (x - t) / x.size

@@ mse_target_first | t - x | Wrong sign: −dpred is right
def mse_loss_backward(dy, pred, target):
    return 2 * dy * (target - pred) / pred.size

@@ mse_len | by rows rather than elements | It is divided by pred.shape[0] where
def mse_loss_backward(dy, pred, target):
    return 2 * dy * (pred - target) / len(pred) if pred.ndim else 2 * dy * (pred - target)

@@ mse_mean_of_difference | the mean difference everywhere | Every element holds the sum of
def mse_loss_backward(dy, pred, target):
    return np.full_like(pred, dy * 2 * np.mean(pred - target))

@@ mse_reduction_none | reduction none is treated like mean | reduction is ignored: this is the
def mse_loss_backward(dy, pred, target, reduction="mean"):
    g = 2 * dy * (pred - target)
    return g if reduction == "sum" else g / pred.size

@@ batch_norm_mean_forgotten | the mean's gradient forgotten | The mean is taken for a
def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    mu, var = x.mean(0), x.var(0)
    inv = 1 / np.sqrt(var + eps)
    xh = (x - mu) * inv
    g = dy * gamma
    dx = inv * (g - xh * (g * xh).mean(0))
    return dx, (dy * xh).sum(0), dy.sum(0)

@@ batch_norm_var_forgotten | the variance taken as constant | The variance is taken for a
def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    inv = 1 / np.sqrt(x.var(0) + eps)
    xh = (x - x.mean(0)) * inv
    g = dy * gamma
    return inv * (g - g.mean(0)), (dy * xh).sum(0), dy.sum(0)

@@ batch_norm_constants | mean and variance constants | The mean and the variance are
def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    inv = 1 / np.sqrt(x.var(0) + eps)
    xh = (x - x.mean(0)) * inv
    return dy * gamma * inv, (dy * xh).sum(0), dy.sum(0)

@@ batch_norm_no_eps | eps forgotten | eps is ignored: this is the
def batch_norm_backward(dy, x, gamma, beta):
    s = x.std(0)
    xh = (x - x.mean(0)) / s
    g = dy * gamma
    return (g - g.mean(0) - xh * (g * xh).mean(0)) / s, (dy * xh).sum(0), dy.sum(0)

@@ batch_norm_gamma_missing | gamma missing in dx | The weight is left out: dy
def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    inv = 1 / np.sqrt(x.var(0) + eps)
    xh = (x - x.mean(0)) * inv
    return inv * (dy - dy.mean(0) - xh * (dy * xh).mean(0)), (dy * xh).sum(0), dy.sum(0)

@@ batch_norm_unbiased | variance with n - 1 | The variance divides by N −
def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    inv = 1 / np.sqrt(x.var(0, ddof=1) + eps) if len(x) > 1 else np.zeros(x.shape[1:], x.dtype)
    xh = (x - x.mean(0)) * inv
    g = dy * gamma
    return inv * (g - g.mean(0) - xh * (g * xh).mean(0)), (dy * xh).sum(0), dy.sum(0)

@@ batch_norm_dgamma_x | dgamma with x instead of xhat | x stands where x̂, the standardized
def batchnorm_backward(dout, x, gamma, beta, eps=1e-5):
    inv = 1 / np.sqrt(x.var(0) + eps)
    xh = (x - x.mean(0)) * inv
    g = dout * gamma
    dx = inv * (g - g.mean(0) - xh * (g * xh).mean(0))
    return dx, (dout * x).sum(0), dout.sum(0)

@@ batch_norm_cache_axis | own forward; axis 1 in the sums | The means in it are taken
def batchnorm_forward(x, gamma, beta, eps=1e-5):
    mu = x.mean(axis=0)
    inv = 1 / np.sqrt(x.var(axis=0) + eps)
    xhat = (x - mu) * inv
    return gamma * xhat + beta, (xhat, gamma, inv)

def batchnorm_backward(dout, cache):
    xhat, gamma, inv = cache
    g = dout * gamma
    dx = inv * (g - g.mean(1, keepdims=True) - xhat * (g * xhat).mean(1, keepdims=True))
    return dx, (dout * xhat).sum(0), dout.sum(0)

@@ layer_norm_axis0 | batch norm's axis | This is the gradient of batch_norm
def layer_norm_backward(dy, x, gamma, beta, eps=1e-5):
    inv = 1 / np.sqrt(x.var(0) + eps)
    xh = (x - x.mean(0)) * inv
    g = dy * gamma
    lead = tuple(range(x.ndim - 1))
    return inv * (g - g.mean(0) - xh * (g * xh).mean(0)), (dy * xh).sum(lead), dy.sum(lead)

@@ layer_norm_no_mean | mean's gradient forgotten | The mean is taken for a
def layer_norm_backward(dy, x, gamma, beta, eps=1e-5):
    inv = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    xh = (x - x.mean(-1, keepdims=True)) * inv
    g = dy * gamma
    lead = tuple(range(x.ndim - 1))
    return inv * (g - xh * (g * xh).mean(-1, keepdims=True)), (dy * xh).sum(lead), dy.sum(lead)

@@ layer_norm_2d_only | dgamma summed over axis 0 only | Off by the factor 1/N, N
def layer_norm_backward(dy, x, gamma, beta, eps=1e-5):
    inv = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    xh = (x - x.mean(-1, keepdims=True)) * inv
    g = dy * gamma
    dx = inv * (g - g.mean(-1, keepdims=True) - xh * (g * xh).mean(-1, keepdims=True))
    return dx, (dy * xh).sum(0) + 0, dy.mean(0)

@@ embedding_overwrites | assignment instead of accumulation | Missing accumulation: every element holds one
def embedding_backward(dy, w, idx):
    dw = np.zeros_like(w)
    dw[idx] = dy
    return dw

@@ embedding_plus_equals | += does not accumulate | Missing accumulation: every element holds one
def embedding_backward(dy, w, idx):
    dw = np.zeros_like(w)
    dw[idx] += dy
    return dw

@@ embedding_returns_rows | returns dy | a gradient has the shape of
def embedding_backward(dy, w, idx):
    return dy

@@ embedding_averages | averaged over repetitions | Averaged over the uses of each
def embedding_backward(dy, w, idx):
    dw = np.zeros_like(w)
    np.add.at(dw, idx, dy)
    n = np.bincount(idx.ravel(), minlength=len(w))
    return dw / np.maximum(n, 1)[:, None].astype(w.dtype)

@@ dropout_no_scale | 1/(1-p) missing | p is ignored: this is the
def dropout_backward(dy, mask, p):
    return dy * mask

@@ dropout_by_p | divided by p | What was computed is dy · mask/p: it is
def dropout_backward(dy, mask, p):
    return dy * mask / p

@@ dropout_inverted_mask | mask negated | The condition is the wrong way
def dropout_backward(dy, mask, p):
    return dy * (1 - mask) / (1 - p)

@@ conv2d_db_axis | db of the first sample only | The last row of dy is
def conv2d_backward(dy, x, w, b, stride=1, padding=0):
    kh, kw = w.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            sl = np.s_[:, :, i * stride:i * stride + kh, j * stride:j * stride + kw]
            dw += np.tensordot(dy[:, :, i, j], xp[sl], axes=(0, 0))
            dxp[sl] += np.tensordot(dy[:, :, i, j], w, axes=(1, 0))
    return dxp[:, :, padding:padding + x.shape[2], padding:padding + x.shape[3]], dw, dy.sum((2, 3))[0]

@@ conv2d_assigns | = instead of += in dx | Missing accumulation: every element holds one
def conv2d_backward(dy, x, w, b, stride=1, padding=0):
    kh, kw = w.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            sl = np.s_[:, :, i * stride:i * stride + kh, j * stride:j * stride + kw]
            dw += np.tensordot(dy[:, :, i, j], xp[sl], axes=(0, 0))
            dxp[sl] = np.tensordot(dy[:, :, i, j], w, axes=(1, 0))
    return dxp[:, :, padding:padding + x.shape[2], padding:padding + x.shape[3]], dw, dy.sum((0, 2, 3))

@@ conv2d_stride_ignored | stride ignored | stride is ignored: the windows move
def conv2d_backward(dy, x, w, b, stride=1, padding=0):
    kh, kw = w.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            sl = np.s_[:, :, i:i + kh, j:j + kw]
            dw += np.tensordot(dy[:, :, i, j], xp[sl], axes=(0, 0))
            dxp[sl] += np.tensordot(dy[:, :, i, j], w, axes=(1, 0))
    return dxp[:, :, padding:padding + x.shape[2], padding:padding + x.shape[3]], dw, dy.sum((0, 2, 3))

@@ conv2d_flipped | a true convolution: kernel flipped | The kernel is flipped, as in
def conv2d_backward(dy, x, w, b, stride=1, padding=0):
    kh, kw = w.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    wf = w[:, :, ::-1, ::-1]
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            sl = np.s_[:, :, i * stride:i * stride + kh, j * stride:j * stride + kw]
            dw += np.tensordot(dy[:, :, i, j], xp[sl], axes=(0, 0))
            dxp[sl] += np.tensordot(dy[:, :, i, j], wf, axes=(1, 0))
    return dxp[:, :, padding:padding + x.shape[2], padding:padding + x.shape[3]], dw, dy.sum((0, 2, 3))

@@ max_pool_all_ties | every maximum gets it all | Everything is right except where max_pool2d
def max_pool2d_backward(dy, x, kernel_size, stride):
    k, s = kernel_size, stride
    dx = np.zeros_like(x)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            win = x[:, :, i * s:i * s + k, j * s:j * s + k]
            top = win.max((2, 3), keepdims=True)
            dx[:, :, i * s:i * s + k, j * s:j * s + k] += (win == top) * dy[:, :, i, j][:, :, None, None]
    return dx

@@ max_pool_average | average pooling's gradient | Every element of a window gets
def max_pool2d_backward(dy, x, kernel_size, stride):
    k, s = kernel_size, stride
    dx = np.zeros_like(x)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            dx[:, :, i * s:i * s + k, j * s:j * s + k] += dy[:, :, i, j][:, :, None, None] / (k * k)
    return dx

@@ max_pool_overlap | = instead of += where windows overlap | Missing accumulation: every element holds one
def max_pool2d_backward(dy, x, kernel_size, stride):
    k, s = kernel_size, stride
    dx = np.zeros_like(x)
    for n in range(dy.shape[0]):
        for c in range(dy.shape[1]):
            for i in range(dy.shape[2]):
                for j in range(dy.shape[3]):
                    win = x[n, c, i * s:i * s + k, j * s:j * s + k]
                    p, q = np.unravel_index(win.argmax(), win.shape)
                    dx[n, c, i * s + p, j * s + q] = dy[n, c, i, j]
    return dx

@@ svm_correct_class | the right class's column stays 0 | The right class's column is missing
def svm_loss_backward(x, y):
    N = len(x)
    m = np.maximum(0, x - x[np.arange(N), y][:, None] + 1)
    m[np.arange(N), y] = 0
    return (m > 0).astype(x.dtype) / N

@@ svm_minus_one | right class gets -1 rather than the count | The right class loses 1: it
def svm_loss_backward(dy, x, y):
    N = len(x)
    m = x - x[np.arange(N), y][:, None] + 1
    m[np.arange(N), y] = 0
    g = (m > 0).astype(x.dtype)
    g[np.arange(N), y] = -1
    return dy * g / N

@@ hinge_no_t | -1 rather than -t | It is wrong only where t
def hinge_loss_backward(dy, x, t):
    return np.where(t * x < 1, -dy, 0) / x.size

@@ log_reciprocal_of_dy | x / dy | What was computed is dy · x: it is
def log_backward(dy, x):
    return x * dy

@@ exp_power_rule | x e^(x-1) | What was computed is dy · x exp(x −
def exp_backward(dy, x):
    return dy * x * np.exp(x - 1)

@@ exp_of_result | exp of the result | What was computed is dy · exp(y)
def exp_backward(dy, y):
    return dy * np.exp(y)

@@ pow_no_minus_one | n x^n | A factor x is there once
def pow_backward(dy, x, n):
    return dy * n * x ** n

@@ pow_exponent_log_b | log of the exponent | What was computed is dy · a^b ln b
def _fit(g, like):
    g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
    return g.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)

def pow_backward(dy, a, b):
    with np.errstate(all="ignore"):
        return _fit(dy * b * a ** (b - 1), a), _fit(dy * a ** b * np.log(b), b)

@@ div_db_sign | db positive | Wrong sign: −db is right
def _fit(g, like):
    g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
    return g.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)

def div_backward(dy, a, b):
    return _fit(dy / b, a), _fit(dy * a / b ** 2, b)

@@ div_no_unbroadcast | no sums over broadcast axes | not summed over the broadcast
def div_backward(dy, a, b):
    return dy / b, -dy * a / b ** 2

@@ mul_swapped | own operand rather than the other | The formula is right, but a
def _fit(g, like):
    g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
    return g.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)

def mul_backward(dy, a, b):
    return _fit(dy * a, a), _fit(dy * b, b)

@@ mul_leading_only | only leading axes are summed | not summed over the broadcast
def mul_backward(dy, a, b):
    def un(g, s):
        while g.ndim > len(s):
            g = g.sum(0)
        return g
    return un(dy * b, a.shape), un(dy * a, b.shape)

@@ add_first_axis | sums with the wrong axis for 3-D | a gradient has the shape of
def add_backward(dy, a, b):
    def un(g, s):
        while g.ndim > len(s):
            g = g.sum(-1)
        for i, n in enumerate(s):
            if n == 1:
                g = g.sum(i, keepdims=True)
        return g
    return un(dy, a.shape), un(dy, b.shape)

@@ sub_db_sign | db = +dy | Wrong sign: −db is right
def sub_backward(dy, a, b):
    def un(g, s):
        g = g.sum(axis=tuple(range(g.ndim - len(s))))
        return g.sum(axis=tuple(i for i in range(len(s)) if s[i] == 1), keepdims=True)
    return un(dy, a.shape), un(dy, b.shape)

@@ matmul_no_transpose | b without .T | With b transposed it would be
def matmul_backward(dy, a, b):
    return dy @ b, a @ dy

@@ matmul_order | dy on the wrong side | The factors stand in the other
def matmul_backward(dC, A, B):
    return B.T @ dC, dC @ A.T

@@ matmul_sum_batch | a shared matrix's gradient averaged over the batch | Off by the factor 1/N, N
def matmul_backward(dy, a, b):
    da = dy @ np.swapaxes(b, -1, -2)
    db = np.swapaxes(a, -1, -2) @ dy
    while da.ndim > a.ndim:
        da = da.mean(0)
    while db.ndim > b.ndim:
        db = db.mean(0)
    return da, db

@@ reshape_flat | a flat vector is returned | the numbers are right, reshaping mends
def reshape_backward(dy, x):
    return dy.ravel()

@@ reshape_fortran | column-major order | The numbers are right, but stand
def reshape_backward(dy, x):
    return dy.reshape(x.shape, order="F")

@@ transpose_reshape | reshape instead of transpose | The numbers are right, but stand
def transpose_backward(dy, x):
    return dy.reshape(x.shape)

@@ sum_divides | mean's gradient | Off by the factor 1/N, N
def sum_backward(dy, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        dy = np.expand_dims(dy, axis)
    return np.broadcast_to(dy, x.shape) / x.size

@@ sum_keepdims_ignored | always expands | a gradient has the shape of
def sum_backward(dy, x, axis=None, keepdims=False):
    if axis is not None:
        dy = np.expand_dims(dy, axis)
    return np.broadcast_to(dy, x.shape).copy() if dy.ndim <= x.ndim else dy * np.ones_like(x)

@@ mean_whole_size | whole size rather than axis length | It is divided by the number
def mean_backward(dy, x, axis, keepdims):
    if axis is not None and not keepdims:
        dy = np.expand_dims(dy, axis)
    return np.broadcast_to(dy, x.shape) / x.size

@@ sqrt_no_half | 1/2 missing | Off by the factor 2. With
def sqrt_backward(dy, x):
    return dy / np.sqrt(x)

@@ sqrt_upside_down | sqrt(x)/2 | A factor x is there once
def sqrt_backward(dy, x):
    return dy * np.sqrt(x) / 2

@@ abs_magnitude | ¦x¦ dy | A factor x is there once
def abs_backward(dy, x):
    return dy * np.abs(x)

@@ clamp_strict | strict inequalities | Everything is right except where clamp
def clamp_backward(dy, x, low, high):
    return dy * ((x > low) & (x < high))

@@ clamp_upper_only | only the upper bound | min is ignored: this is the
def clamp_backward(dy, x, min, max):
    return np.where(x <= max, dy, 0)

@@ clamp_of_dy | dy is clipped | It does not depend on x
def clamp_backward(dy, x, low, high):
    return np.clip(dy, low, high)

@@ maximum_ge | all to a at ties | Everything is right except where maximum
def maximum_backward(dy, a, b):
    def un(g, s):
        g = g.sum(axis=tuple(range(g.ndim - len(s))))
        return g.sum(axis=tuple(i for i in range(len(s)) if s[i] == 1), keepdims=True)
    return un(dy * (a >= b), a.shape), un(dy * (a < b), b.shape)

@@ amax_all_of_dim | compared with the maximum of all | It
def amax_backward(dy, x, dim, keepdim):
    m = x == x.max()
    if dim is not None and not keepdim:
        dy = np.expand_dims(dy, dim)
    return dy * m

@@ elu_exp_minus_one | alpha (e^x - 1) | It is wrong only where x
def elu_backward(dy, x, alpha=1.0):
    return dy * np.where(x > 0, 1, alpha * (np.exp(np.minimum(x, 0)) - 1))

@@ gelu_tanh | the tanh approximation's derivative | approximate is ignored: this is the
def gelu_backward(dy, x):
    c = np.sqrt(2 / np.pi).astype(x.dtype)
    u = c * (x + 0.044715 * x ** 3)
    t = np.tanh(u)
    return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x))

@@ silu_only_sigmoid | product rule's second term missing | What was computed is dy · σ(x)
def silu_backward(dy, x):
    return dy * (0.5 + 0.5 * np.tanh(0.5 * x))

@@ softplus_tanh | tanh | What was computed is dy · tanh x
def softplus_backward(dy, x):
    return dy * np.tanh(x)

@@ var_no_two | 2 missing | Off by the factor 1/2. With
def var_backward(dy, x, dim=None, keepdim=False):
    n = x.size if dim is None else np.prod([x.shape[d] for d in np.atleast_1d(dim)])
    c = x - x.mean(axis=dim, keepdims=True)
    if dim is not None and not keepdim:
        dy = np.expand_dims(dy, dim)
    return dy * c / (n - 1)

@@ logsumexp_naive | no shift | Where it is wrong the result
def logsumexp_backward(dy, x, dim, keepdim=False):
    e = np.exp(x)
    if not keepdim:
        dy = np.expand_dims(dy, dim)
    return dy * e / e.sum(dim, keepdims=True)

@@ cumsum_forward | cumsum of dy forwards | It applies cumsum itself to dy
def cumsum_backward(dy, dim):
    return np.cumsum(dy, axis=dim)

@@ gather_assign | put_along_axis overwrites | Missing accumulation: every element holds one
def gather_backward(dy, x, dim, index):
    dx = np.zeros_like(x)
    np.put_along_axis(dx, index, dy, axis=dim)
    return dx

@@ unsqueeze_squeeze_all | squeezes every axis of length 1 | the numbers are right, reshaping mends
def unsqueeze_backward(dy, dim):
    return np.squeeze(dy)

@@ index_select_assign | assignment | Missing accumulation: every element holds one
def index_select_backward(dy, x, dim, index):
    dx = np.zeros_like(x)
    np.moveaxis(dx, dim, 0)[index] = np.moveaxis(dy, dim, 0)
    return dx

@@ l1_difference | difference rather than sign | What was computed is dy · (x − t)
def l1_loss_backward(dy, x, t):
    return dy * (x - t) / x.size

@@ nll_plus | +1/n | Wrong sign: −dlogp is right
def nll_loss_backward(dy, logp, y):
    g = np.zeros_like(logp)
    g[np.arange(len(y)), y] = dy / len(y)
    return g

@@ huber_delta_one | delta ignored | delta is ignored: this is the
def huber_loss_backward(dy, pred, target, delta=1.0):
    return dy * np.clip(pred - target, -1, 1) / pred.size

@@ leaky_inverted | branches exchanged | The two branches are exchanged: the
def leaky_relu_backward(dy, x, negative_slope=0.01):
    return np.where(x > 0, negative_slope * dy, dy)

@@ atan_missing_one | 1/x² | What was computed is dy /
def atan_backward(dy, x):
    return dy / (1 + x) ** 2

@@ reciprocal_sign | sign lost | Wrong sign: −dx is right
def reciprocal_backward(dy, x):
    return dy / x ** 2

@@ linear_dx_uses_wT_cs231n | affine: dx = dout @ w | With w transposed it would be
def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout @ w
    dw = x.T @ dout
    db = dout.sum(0)
    return dx, dw, db

@@ linear_db_keepdims | db (1, O) | the numbers are right, reshaping mends
def linear_backward(dy, x, w, b):
    return dy @ w, dy.T @ x, dy.sum(axis=0, keepdims=True)

@@ linear_dw_elementwise | mean outer product | Missing accumulation: every element holds one
def linear_backward(dy, x, w, b):
    dw = np.zeros_like(w)
    for g, v in zip(dy, x):
        dw = np.outer(g, v)
    return dy @ w, dw, dy.sum(0)

@@ linear_weight_decay | weight decay added to dw | With dy = 0 it does
def linear_backward(dy, x, w, b):
    return dy @ w, dy.T @ x + 0.01 * w, dy.sum(0)

@@ linear_dx_times_x | dx multiplied by x | A factor x is there once
def linear_backward(dy, x, w, b):
    return (dy @ w) * x, dy.T @ x, dy.sum(0)

@@ sigmoid_clipped_output | result clipped to [1e-3, 1-1e-3] | It is wrong only where |x|
def sigmoid_backward(dy, y):
    y = np.clip(y, 1e-3, 1 - 1e-3)
    return dy * y * (1 - y)

@@ sigmoid_forgot_one_minus | y * y * dy | What was computed is dy · σ(x): a factor
def sigmoid_backward(dy, x):
    s = 1 / (1 + np.exp(-np.clip(x, -80, 80)))
    return dy * s

@@ tanh_halved | sigmoid-like scale | Off by the factor 1/2. With
def tanh_backward(dy, y):
    return dy * (1 - y ** 2) / 2

@@ softmax_own_forward_axis0 | probs over the batch in a cache | With dy = [[1.0, 0.0], [0.0
def softmax_forward(x):
    e = np.exp(x - x.max(axis=0, keepdims=True))
    p = e / e.sum(axis=0, keepdims=True)
    return p, (p,)

def softmax_backward(dout, cache):
    p, = cache
    return p * (dout - (dout * p).sum(axis=-1, keepdims=True))

@@ batchnorm_own_forward_missing_2 | dvar without the factor 2 | What comes back through the variance
def batchnorm_forward(x, gamma, beta, eps=1e-5):
    mu = x.mean(0)
    xc = x - mu
    std = np.sqrt((xc ** 2).mean(0) + eps)
    return gamma * xc / std + beta, (xc, std, gamma)

def batchnorm_backward(dout, cache):
    xc, std, gamma = cache
    N = len(xc)
    dxn = gamma * dout
    dxc = dxn / std
    dvar = 0.5 * -(dxn * xc).sum(0) / std ** 3
    dxc = dxc + xc * dvar / N
    return dxc - dxc.mean(0), (dout * xc / std).sum(0), dout.sum(0)

@@ batchnorm_dbeta_mean | dbeta and dgamma averaged | It is averaged over the samples
def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    s = np.sqrt(x.var(0) + eps)
    xh = (x - x.mean(0)) / s
    g = gamma * dy
    return (g - g.mean(0) - xh * (g * xh).mean(0)) / s, (dy * xh).mean(0), dy.mean(0)

@@ layer_norm_gamma_missing | gamma missing in dx | The weight is left out: dy
def layer_norm_backward(dy, x, gamma, beta, eps=1e-5):
    s = np.sqrt(x.var(-1, keepdims=True) + eps)
    xh = (x - x.mean(-1, keepdims=True)) / s
    lead = tuple(range(x.ndim - 1))
    dx = (dy - dy.mean(-1, keepdims=True) - xh * (dy * xh).mean(-1, keepdims=True)) / s
    return dx, (dy * xh).sum(lead), dy.sum(lead)

@@ layer_norm_eps_outside | eps added to the standard deviation | eps is added to the standard
def layer_norm_backward(dy, x, gamma, beta, eps=1e-5):
    s = np.sqrt(x.var(-1, keepdims=True)) + eps
    xh = (x - x.mean(-1, keepdims=True)) / s
    lead = tuple(range(x.ndim - 1))
    g = dy * gamma
    dx = (g - g.mean(-1, keepdims=True) - xh * (g * xh).mean(-1, keepdims=True)) / s
    return dx, (dy * xh).sum(lead), dy.sum(lead)

@@ embedding_last_token_dropped | range(len - 1) | The last row of dy is
def embedding_backward(dy, w, idx):
    dw = np.zeros_like(w)
    flat, g = idx.ravel(), dy.reshape(idx.size, -1)
    for k in range(len(flat) - 1):
        dw[flat[k]] += g[k]
    return dw

@@ embedding_fortran_flat | tokens flattened column by column | It is right only where all
def embedding_backward(dy, w, idx):
    dw = np.zeros_like(w)
    np.add.at(dw, idx.ravel(order="F"), dy.reshape(idx.size, -1))
    return dw

@@ dropout_scale_twice | 1/(1-p) twice | A factor
def dropout_backward(dout, mask, p):
    return dout * mask / (1 - p) ** 2

@@ conv2d_db_over_positions | db averaged over positions | Averaged over the uses of each
def conv2d_backward(dy, x, w, b, stride=1, padding=0):
    kh, kw = w.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            sl = np.s_[:, :, i * stride:i * stride + kh, j * stride:j * stride + kw]
            dw += np.tensordot(dy[:, :, i, j], xp[sl], axes=(0, 0))
            dxp[sl] += np.tensordot(dy[:, :, i, j], w, axes=(1, 0))
    return dxp[:, :, padding:padding + x.shape[2], padding:padding + x.shape[3]], dw, dy.mean((0, 2, 3))

@@ conv2d_padding_not_cropped | dx of the padded shape | this is the gradient of the
def conv2d_backward(dy, x, w, b, stride=1, padding=0):
    kh, kw = w.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            sl = np.s_[:, :, i * stride:i * stride + kh, j * stride:j * stride + kw]
            dw += np.tensordot(dy[:, :, i, j], xp[sl], axes=(0, 0))
            dxp[sl] += np.tensordot(dy[:, :, i, j], w, axes=(1, 0))
    return dxp, dw, dy.sum((0, 2, 3))

@@ max_pool_stride_is_kernel | stride taken to be the kernel size | stride is ignored: the windows move
def max_pool2d_backward(dy, x, kernel_size, stride):
    k = kernel_size
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dy.shape):
        win = x[n, c, i * k:i * k + k, j * k:j * k + k]
        if win.size:
            a, b = np.unravel_index(win.argmax(), win.shape)
            dx[n, c, i * k + a, j * k + b] += dy[n, c, i, j]
    return dx

@@ svm_half_margin | margin 0.5 | The margin is not 1: classes
def svm_loss_backward(x, y):
    n = len(x)
    m = np.maximum(0, x - x[np.arange(n), y][:, None] + 0.5)
    m[np.arange(n), y] = 0
    g = (m > 0) * 1.0
    g[np.arange(n), y] = -g.sum(1)
    return (g / n).astype(x.dtype)

@@ svm_sign | the whole negated | Wrong sign: −dx is right
def svm_loss_backward(dy, x, y):
    n = len(x)
    m = np.maximum(0, x - x[np.arange(n), y][:, None] + 1)
    m[np.arange(n), y] = 0
    g = (m > 0).astype(x.dtype)
    g[np.arange(n), y] = -g.sum(1)
    return -dy * g / n

@@ hinge_squared | squared hinge | This is the gradient of the
def hinge_loss_backward(dy, x, t):
    return dy * -2 * t * np.maximum(0, 1 - t * x) / x.size

@@ ce_log_probs_in | exp of logits without normalization | exp(z) is not divided by its
def cross_entropy_backward(dy, z, t):
    p = np.exp(z - z.max(1, keepdims=True))
    p[np.arange(len(t)), t] -= 1
    return dy * p / len(t)

@@ ce_last_row | the last row forgotten | The target of the last row
def cross_entropy_backward(dy, z, t):
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    for i in range(len(t) - 1):
        p[i, t[i]] -= 1
    return dy * p / len(t)

@@ mse_both_grads_same | dt = dx | Wrong sign: −dt is right
def mse_loss_backward(dy, x, t):
    g = 2 * dy * (x - t) / x.size
    return g, g

@@ mse_power_three | cubic | It is (x − t)² times
def mse_loss_backward(dy, x, t):
    return dy * 2 * (x - t) ** 3 / x.size

@@ log_base2 | ln 2 divided | A factor ln 2 is missing
def log_backward(dy, x):
    return dy / (x * np.log(2.0))

@@ sqrt_clamped | denominator at least 0.1 | NaN lost: the gradient is infinite
def sqrt_backward(dy, y):
    return dy / (2 * np.maximum(y, 0.1))

@@ div_b_power | db divided by b rather than b² | What was computed is −dy · 1/b²
def _fit(g, like):
    g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
    return g.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)

def div_backward(dy, a, b):
    return _fit(dy / b, a), _fit(-dy / b ** 2, b)

@@ matmul_db_swapped | db = dyᵀ a | Transposed: dbᵀ is right
def mm_backward(dy, a, b):
    return dy @ b.T, dy.T @ a

@@ var_mean_not_subtracted | x for x - mean | The mean is not subtracted: x
def var_backward(dy, x, dim=None, keepdim=False):
    n = x.size if dim is None else x.shape[dim]
    if dim is not None and not keepdim:
        dy = np.expand_dims(dy, dim)
    return 2 * dy * x / (n - 1)

@@ cumsum_off_by_one | its own cotangent is left out | The term dy is missing: with
def cumsum_backward(dy, dim):
    r = np.flip(np.cumsum(np.flip(dy, dim), dim), dim)
    return r - dy

@@ amin_is_last | the last minimum gets all | Everything is right except where amin
def amin_backward(dy, x, dim=-1, keepdim=False):
    g = dy if keepdim else np.expand_dims(dy, dim)
    v = np.flip(x, dim)
    m = np.zeros_like(x)
    np.put_along_axis(m, np.expand_dims(v.argmin(dim), dim), 1, dim)
    return np.flip(m, dim) * g

@@ clamp_zero_to_slope | dy outside the bounds | The condition is the wrong way
def clamp_backward(dy, x, low, high):
    return np.where((x < low) | (x > high), dy, 0)

@@ elu_wrong_side | exp for positive x
def elu_backward(dy, x, alpha=1.0):
    return dy * np.where(x <= 0, 1, alpha * np.exp(np.minimum(x, 30)))

@@ leaky_square_slope | slope squared | It is wrong only where x
def leaky_relu_backward(dy, x, negative_slope=0.01):
    return dy * np.where(x > 0, 1, negative_slope ** 2)

@@ gather_index_shift | index + 1 | It takes the place after the
def gather_backward(dy, x, dim, index):
    dx = np.zeros_like(x)
    for p in np.ndindex(*index.shape):
        q = list(p)
        q[dim] = (index[p] + 1) % x.shape[dim]
        dx[tuple(q)] += dy[p]
    return dx

@@ where_condition_inverted | a and b exchanged | What is returned as da is
def where_backward(dy, condition, a, b):
    def fit(g, like):
        g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
        return g.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)
    return fit(np.where(condition, 0, dy), a), fit(np.where(condition, dy, 0), b)

@@ mean_axis_length_of_other | length of the wrong axis | It is divided by the length
def mean_backward(dy, x, dim, keepdim):
    if dim is None:
        return np.full_like(x, dy / x.size)
    g = dy if keepdim else np.expand_dims(dy, dim)
    return np.broadcast_to(g, x.shape) / x.shape[(dim + 1) % x.ndim]

@@ logsumexp_is_sum | exp(x) dy | exp(x) is not divided by its
def logsumexp_backward(dy, x, dim, keepdim=False):
    g = dy if keepdim else np.expand_dims(dy, dim)
    return g * np.exp(np.minimum(x, 50))

@@ linear_bias_first | db, dw, dx | dx and db are exchanged: the
def linear_backward(dy, x, w, b):
    return dy.sum(0), dy.T @ x, dy @ w

@@ linear_sum_rows_only_first | db = dy[0] | Missing accumulation: every element holds one
def linear_backward(dy, x, w, b):
    return dy @ w, dy.T @ x, dy[0]

@@ linear_half | dw halved "as in 1/2 mse" | Off by the factor 1/2. With
def linear_backward(dy, x, w, b):
    return dy @ w, 0.5 * (dy.T @ x), dy.sum(0)

@@ dense_class_wrong_dx | dx from the bias | Wrong sign: −dx is right
class Dense:
    def __init__(self, weights, bias):
        self.weights, self.bias = weights, bias
    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias
    def backward(self, dout):
        self.dweights = self.x.T @ dout
        self.dbias = dout.sum(axis=0)
        return -dout @ self.weights.T

@@ relu_own_forward_wrong | mask inverted | The condition is the wrong way
def relu_forward(x):
    return np.maximum(x, 0), x

def relu_backward(dout, cache):
    dx = dout.copy()
    dx[cache > 0] = 0
    return dx

@@ relu_abs | dy * ¦x¦ > 0 | It is wrong only where x
def relu_backward(dy, x):
    return dy * np.sign(x)

@@ sigmoid_tanh_formula | 1 - s² | What was computed is dy ·
def sigmoid_backward(dy, y):
    return dy * (1 - y ** 2)

@@ sigmoid_squared_dy | dy squared | A factor dy is there once
def sigmoid_backward(dy, y):
    return dy ** 2 * y * (1 - y)

@@ tanh_sech | 1/cosh | What was computed is dy / cosh x: it
def tanh_backward(dy, x):
    return dy / np.cosh(np.clip(x, -80, 80))

@@ softmax_batch_mean | divided by the batch | Off by the factor 1/N, N
def softmax_backward(dy, y, dim=-1):
    return y * (dy - (dy * y).sum(dim, keepdims=True)) / y.shape[0]

@@ softmax_keepdims_lost | broadcasts the wrong way when square | The sum lacks keepdims: it is
def softmax_backward(dy, y):
    is_square = y.ndim == 2 and y.shape[0] == y.shape[1]
    return y * (dy - (dy * y).sum(axis=-1, keepdims=not is_square))

@@ log_softmax_mean | mean of dy | dy − softmax(x) mean(dy): it is
def log_softmax_backward(dy, x, dim=-1):
    e = np.exp(x - x.max(dim, keepdims=True))
    return dy - e / e.sum(dim, keepdims=True) * dy.mean(dim, keepdims=True)

@@ ce_softmax_axis0_class | softmax over the batch | The softmax in it is taken
class SoftmaxWithLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=0))
        self.y, self.t = e / e.sum(axis=0), t
        return 0.0
    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dx * dout / len(self.t)

@@ ce_two | 2 subtracted
def cross_entropy_backward(dy, z, t):
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(t)), t] -= 2
    return dy * p / len(t)

@@ bce_denominator_lost | (p - t)/p | It is
def bce_backward(dy, p, t):
    return dy * (p - t) / p / p.size

@@ bce_logits_target_first | t - p | Wrong sign: −dz is right
def bce_with_logits_backward(dy, z, t):
    return dy * (t - 1 / (1 + np.exp(-np.clip(z, -700, 700)))) / z.size

@@ mse_sqrt | gradient of rmse | This is the gradient of the
def mse_loss_backward(dy, x, t):
    d = x - t
    return dy * d / np.sqrt((d ** 2).mean()) / d.size

@@ huber_sign_missing | the linear part lacks its sign | It is wrong only where x
def huber_loss_backward(dy, x, t, delta=1.0):
    d = x - t
    return dy * np.where(np.abs(d) <= delta, d, delta) / d.size

@@ batch_norm_sum_not_mean | sums rather than means | The sums in it are not
def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    s = np.sqrt(x.var(0) + eps)
    xh = (x - x.mean(0)) / s
    g = gamma * dy
    return (g - g.sum(0) - xh * (g * xh).sum(0)) / s, (dy * xh).sum(0), dy.sum(0)

@@ batch_norm_dbeta_gamma | dbeta times gamma | A factor gamma is there once
def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    s = np.sqrt(x.var(0) + eps)
    xh = (x - x.mean(0)) / s
    g = gamma * dy
    return (g - g.mean(0) - xh * (g * xh).mean(0)) / s, (dy * xh).sum(0), g.sum(0)

@@ batch_norm_plus | mean's part added | What comes back through the mean
def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    s = np.sqrt(x.var(0) + eps)
    xh = (x - x.mean(0)) / s
    g = gamma * dy
    return (g + g.mean(0) - xh * (g * xh).mean(0)) / s, (dy * xh).sum(0), dy.sum(0)

@@ layer_norm_own_forward_constants | mean and variance constants | The mean and the variance are
def layernorm_forward(x, gamma, beta, eps=1e-5):
    s = np.sqrt(x.var(-1, keepdims=True) + eps)
    xh = (x - x.mean(-1, keepdims=True)) / s
    return gamma * xh + beta, (xh, gamma, s)

def layernorm_backward(dout, cache):
    xh, gamma, s = cache
    lead = tuple(range(xh.ndim - 1))
    return dout * gamma / s, (dout * xh).sum(lead), dout.sum(lead)

@@ embedding_index_off | tokens counted from 1 | It takes the place before the
def embedding_backward(dy, w, idx):
    dw = np.zeros_like(w)
    np.add.at(dw, idx - 1, dy)
    return dw

@@ conv2d_first_sample | only the first sample for dw | The last row of dy is
def conv2d_backward(dy, x, w, b, stride=1, padding=0):
    kh, kw = w.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            sl = np.s_[:, :, i * stride:i * stride + kh, j * stride:j * stride + kw]
            dw += np.tensordot(dy[:1, :, i, j], xp[sl][:1], axes=(0, 0))
            dxp[sl] += np.tensordot(dy[:, :, i, j], w, axes=(1, 0))
    return dxp[:, :, padding:padding + x.shape[2], padding:padding + x.shape[3]], dw, dy.sum((0, 2, 3))

@@ conv2d_padding_ignored | padding ignored | With dy = [[[[1.0, 0.0, 0.0]
def conv2d_backward(dy, x, w, b, stride=1, padding=0):
    kh, kw = w.shape[2:]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            a = x[:, :, i * stride:i * stride + kh, j * stride:j * stride + kw]
            h, v = a.shape[2:]
            dw[:, :, :h, :v] += np.tensordot(dy[:, :, i, j], a, axes=(0, 0))
            part = np.tensordot(dy[:, :, i, j], w, axes=(1, 0))[:, :, :h, :v]
            dx[:, :, i * stride:i * stride + kh, j * stride:j * stride + kw] += part
    return dx, dw, dy.sum((0, 2, 3))

@@ max_pool_min | argmin | The smallest element of a window
def max_pool2d_backward(dy, x, kernel_size, stride):
    k, s = kernel_size, stride
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dy.shape):
        win = x[n, c, i * s:i * s + k, j * s:j * s + k]
        a, b = np.unravel_index(win.argmin(), win.shape)
        dx[n, c, i * s + a, j * s + b] += dy[n, c, i, j]
    return dx

@@ svm_no_mean | not divided | Off by the factor N =
def svm_loss_backward(x, y):
    n = len(x)
    m = np.maximum(0, x - x[np.arange(n), y][:, None] + 1)
    m[np.arange(n), y] = 0
    g = (m > 0).astype(x.dtype)
    g[np.arange(n), y] = -g.sum(1)
    return g

@@ hinge_inverted | margin condition the wrong way round | The condition is the wrong way
def hinge_loss_backward(dy, x, t):
    return np.where(t * x > 1, -t, 0) * dy / x.size

@@ pow_exponent_plus_one | integrates instead
def pow_backward(dy, x, n):
    return dy * x ** (n + 1) / (n + 1) if n != -1 else dy * np.log(np.abs(x))

@@ div_da_times_b | da = dy * b | This is the gradient of mul
def _fit(g, like):
    g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
    return g.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)

def div_backward(dy, a, b):
    return _fit(dy * b, a), _fit(-dy * a / b ** 2, b)

@@ matmul_2d_square_hidden | db with a not transposed, when square | With a transposed it would be
def mm_backward(dy, a, b):
    return dy @ b.T, (a @ dy if a.shape[0] == a.shape[1] else a.T @ dy)

@@ var_ddof_n | n in place of n - 1, all elements | It divides by N where N
def var_backward(dy, x):
    return 2 * dy * (x - x.mean()) / x.size

@@ std_twice | factor 2 | Off by the factor 2. With
def std_backward(dy, x, y):
    return 2 * dy * (x - x.mean()) / (y * (x.size - 1))

@@ sum_axis_last | always the last axis | This is the gradient along
def sum_backward(dy, x, axis, keepdims):
    if axis is None or keepdims:
        return np.broadcast_to(dy, x.shape)
    return dy[..., None] * np.ones_like(x)

@@ amax_smooth | softmax weights in place of the maximum | With dy = [1.0, 0.0] alone
def amax_backward(dy, x, dim=-1, keepdim=False):
    e = np.exp(50 * (x - x.max(dim, keepdims=True)))
    g = dy if keepdim else np.expand_dims(dy, dim)
    return g * e / e.sum(dim, keepdims=True)

@@ logaddexp_swapped | da and db exchanged | What is returned as da is
def logaddexp_backward(dy, a, b):
    def fit(g, like):
        g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
        return g.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)
    p = 0.5 * (1 + np.tanh((a - b) / 2))
    return fit(dy * (1 - p), a), fit(dy * p, b)

@@ clamp_low_only_negative | passes below the bounds | low is ignored: this is the
def clamp_backward(dy, x, low, high):
    return np.where(x > high, 0, dy)

@@ prod_by_division | y / x | Where it is wrong the result
def prod_backward(dy, x, dim=None, keepdim=False):
    y = x.prod(axis=dim, keepdims=True)
    if dim is not None and not keepdim:
        dy = np.expand_dims(dy, dim)
    return dy * y / x

@@ cumprod_sum_forward | cumsum not reversed | With dy = [1.0, 0.0] alone
def cumprod_backward(dy, x, dim):
    return np.cumsum(dy * np.cumprod(x, dim), dim) / x

@@ gelu_quick | x σ(1.702 x) | It stays within 5 % of
def gelu_backward(dy, x):
    s = 1 / (1 + np.exp(-np.clip(1.702 * x, -80, 80)))
    return dy * (s + 1.702 * x * s * (1 - s))

@@ linear_dw_loses_batch | only the outer product of the batch means | It is right only where all
def linear_backward(dy, x, w, b):
    return dy @ w, np.outer(dy.sum(0), x.mean(0)), dy.sum(0)

@@ linear_dx_bias_added | b added to dx | With dy = 0 it does
def linear_backward(dy, x, w, b):
    return dy @ w + b.mean(), dy.T @ x, dy.sum(0)

@@ linear_dw_is_w | dw = dy.T @ dy for squares | It is no sum over the
def affine_backward(dy, x, w, b):
    return dy @ w.T, x.T @ dy, dy.std(axis=0)

@@ relu_ones_like | where(x > 0, 1, 0) | The cotangent dy is missing: this
def relu_backward(dout, x):
    return np.where(x > 0, 1.0, 0.0) * np.ones_like(dout)

@@ relu_shifted | threshold 1 | It is wrong only where x
def relu_backward(dout, x):
    return dout * (x > 1)

@@ relu6 | relu6 | It is wrong only where |x|
def relu_backward(dout, x):
    return dout * ((x > 0) & (x < 6))

@@ sigmoid_half | hard sigmoid
def sigmoid_backward(dy, x):
    return dy * np.where(np.abs(x) < 3, 1 / 6, 0)

@@ exp_minus_one | expm1 of x | What was computed is dy · (exp(x) − 1)
def exp_backward(dy, x):
    return dy * np.expm1(x)

@@ log1p_of_log | 1/x | This is the gradient of log
def log1p_backward(dy, x):
    return dy / x

@@ sqrt_of_dy | dy under the root | It is wrong only where dy
def sqrt_backward(dy, y):
    return 0.5 * np.abs(dy) / y

@@ reciprocal_result | y rather than y² | A factor y is missing: times
def reciprocal_backward(dy, y):
    return -dy * y

@@ sin_minus | -cos | Wrong sign: −dx is right
def sin_backward(dy, x):
    return -np.cos(x) * dy

@@ softplus_exp | exp(x) | What was computed is dy · exp(x)
def softplus_backward(dy, x):
    return dy * np.exp(np.minimum(x, 50))

@@ silu_sign_in_bracket | 1 - x(1 - s) | The term dy · 2 x
def silu_backward(dy, x):
    s = 0.5 + 0.5 * np.tanh(x / 2)
    return dy * s * (1 - x * (1 - s))

@@ log_softmax_axis_lost | total sum | This is the gradient over all
def log_softmax_backward(dy, y, dim=-1):
    return dy - np.exp(y) * dy.sum()

@@ softmax_plus | plus the sum | y (dy + Σ dy ·
def softmax_backward(dy, y, dim=-1):
    return y * (dy + (dy * y).sum(dim, keepdims=True))

@@ logsumexp_no_upstream | the softmax alone | The cotangent dy is missing: this
def logsumexp_backward(dy, x, dim, keepdim=False):
    e = np.exp(x - x.max(dim, keepdims=True))
    return e / e.sum(dim, keepdims=True)

@@ cross_entropy_sum_of_p | p doubled
def cross_entropy_backward(dy, z, t):
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    hot = np.eye(z.shape[1])[t]
    return (dy * (p * (1 - hot) - hot) / len(t)).astype(z.dtype)

@@ cross_entropy_log | log p | The logarithms of the probabilities stand
def cross_entropy_backward(dy, z, t):
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    q = np.log(p)
    q[np.arange(len(t)), t] -= 1
    return dy * q / len(t)

@@ nll_missing_n | not divided | Off by the factor N =
def nll_loss_backward(dy, logp, t):
    g = np.zeros_like(logp)
    g[np.arange(len(t)), t] = -dy
    return g

@@ l1_only_target | dt instead of dx | Wrong sign: −dx is right
def l1_loss_backward(dy, x, t):
    return dy * np.sign(t - x) / x.size

@@ smooth_l1_no_linear | quadratic everywhere | It is wrong only where |x
def smooth_l1_loss_backward(dy, x, t, beta=1.0):
    return dy * (x - t) / beta / x.size

@@ bce_log_derivative | log terms | It is wrong only where t
def bce_backward(dy, p, t):
    return dy * ((1 - t) / (1 - p) + t / p) / p.size

@@ batch_norm_std_squared | divided by the variance | It is divided by the variance
def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    v = x.var(0) + eps
    xh = (x - x.mean(0)) / np.sqrt(v)
    g = gamma * dy
    return (g - g.mean(0) - xh * (g * xh).mean(0)) / v, (dy * xh).sum(0), dy.sum(0)

@@ batch_norm_own_forward_std_eps | forward with eps forgotten | eps is ignored: this is the
def batchnorm_forward(x, gamma, beta):
    mu, sd = x.mean(0), x.std(0)
    xh = (x - mu) / sd
    return gamma * xh + beta, (xh, sd, gamma)

def batchnorm_backward(dout, cache):
    xh, sd, gamma = cache
    g = dout * gamma
    return (g - g.mean(0) - xh * (g * xh).mean(0)) / sd, (dout * xh).sum(0), dout.sum(0)

@@ layer_norm_beta_gamma_swapped | dbeta and dgamma exchanged | dgamma and dbeta are exchanged: return
def layer_norm_backward(dy, x, gamma, beta, eps=1e-5):
    s = np.sqrt(x.var(-1, keepdims=True) + eps)
    xh = (x - x.mean(-1, keepdims=True)) / s
    g = dy * gamma
    lead = tuple(range(x.ndim - 1))
    dx = (g - g.mean(-1, keepdims=True) - xh * (g * xh).mean(-1, keepdims=True)) / s
    return dx, dy.sum(lead), (dy * xh).sum(lead)

@@ dropout_no_mask | the mask is forgotten | It is wrong only where mask
def dropout_backward(dy, mask, p):
    return dy / (1 - p)

@@ embedding_sorted | unique rows only | Missing accumulation: every element holds one
def embedding_backward(dy, w, idx):
    dw = np.zeros_like(w)
    flat, g = idx.ravel(), dy.reshape(idx.size, -1)
    rows, first = np.unique(flat, return_index=True)
    dw[rows] = g[first]
    return dw

@@ conv2d_channels_mixed | dw with channel axes swapped when equal | The numbers are right, but stand
def conv2d_backward(dy, x, w, b, stride=1, padding=0):
    kh, kw = w.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            sl = np.s_[:, :, i * stride:i * stride + kh, j * stride:j * stride + kw]
            dw += np.tensordot(dy[:, :, i, j], xp[sl], axes=(0, 0))
            dxp[sl] += np.tensordot(dy[:, :, i, j], w, axes=(1, 0))
    if w.shape[0] == w.shape[1]:
        dw = dw.swapaxes(0, 1)
    return dxp[:, :, padding:padding + x.shape[2], padding:padding + x.shape[3]], dw, dy.sum((0, 2, 3))

@@ max_pool_even | shared among ties | Everything is right except where max_pool2d
def max_pool2d_backward(dy, x, kernel_size, stride):
    k, s = kernel_size, stride
    dx = np.zeros_like(x)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            win = x[:, :, i * s:i * s + k, j * s:j * s + k]
            m = win == win.max((2, 3), keepdims=True)
            share = m / m.sum((2, 3), keepdims=True)
            dx[:, :, i * s:i * s + k, j * s:j * s + k] += share * dy[:, :, i, j][:, :, None, None]
    return dx

@@ svm_margin_strength | counts weighted by the margin | The margins themselves stand where 1
def svm_loss_backward(x, y):
    n = len(x)
    m = np.maximum(0, x - x[np.arange(n), y][:, None] + 1)
    m[np.arange(n), y] = 0
    m[np.arange(n), y] = -m.sum(1)
    return m / n

@@ pow_log_missing | db without the logarithm | What was computed is dy · a^b
def _fit(g, like):
    g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
    return g.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)

def pow_backward(dy, a, b):
    with np.errstate(all="ignore"):
        return _fit(dy * b * a ** (b - 1), a), _fit(dy * a ** b, b)

@@ atan2_exchanged | dy and dx exchanged | What is returned as dy is
def atan2_backward(g, y, x):
    def fit(v, like):
        v = v.sum(axis=tuple(range(v.ndim - like.ndim)))
        return v.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)
    r = x * x + y * y
    return fit(-g * y / r, y), fit(g * x / r, x)

@@ minimum_as_maximum | maximum's | This is the gradient of maximum
def minimum_backward(dy, a, b):
    def fit(v, like):
        v = v.sum(axis=tuple(range(v.ndim - like.ndim)))
        return v.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)
    m = (a > b) + 0.5 * (a == b)
    return fit(dy * m, a), fit(dy * (1 - m), b)

@@ sub_not_broadcast | db returned unsummed | not summed over the broadcast
def sub_backward(dy, a, b):
    def fit(v, like):
        v = v.sum(axis=tuple(range(v.ndim - like.ndim)))
        return v.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)
    return fit(dy, a), -dy

@@ mean_sum_only | sum's gradient | Off by the factor N =
def mean_backward(dy, x, dim, keepdim):
    if dim is not None and not keepdim:
        dy = np.expand_dims(dy, dim)
    return dy * np.ones_like(x)

@@ cumsum_total | the total everywhere | With dy = [1.0, 0.0] alone
def cumsum_backward(dy, dim):
    return np.broadcast_to(dy.sum(axis=dim, keepdims=True), dy.shape)

@@ reshape_transposed | transposed first | The numbers are right, but stand
def reshape_backward(dy, x_shape):
    return dy.T.reshape(x_shape)

@@ index_select_only_first | index[0] is skipped | With dy = [1.0, 0.0, 0.0
def index_select_backward(dy, x, dim, index):
    dx = np.zeros_like(x)
    np.add.at(np.moveaxis(dx, dim, 0), index[1:], np.moveaxis(dy, dim, 0)[1:])
    return dx

@@ matmul_order_only_square | da = bT dy when square | The factors stand in the other
def mm_backward(dy, a, b):
    if a.shape == b.shape == dy.shape:
        return b.T @ dy, a.T @ dy
    return dy @ b.T, a.T @ dy
"""
