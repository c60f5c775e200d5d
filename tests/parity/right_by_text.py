"""Right solutions as students write them: a name, what is particular, and words that a remark must have."""

RIGHT = r'''
@@ linear_saito_affine | y = xW + b, grads kept on self, dx returned
class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b
        self.x = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx

@@ linear_autograd_function | torch.autograd.Function style, ctx
class Linear:
    @staticmethod
    def forward(ctx, input, weight, bias=None):
        ctx.save_for_backward(input, weight, bias)
        return input @ weight.T + bias

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        return grad_output @ weight, grad_output.T @ input, grad_output.sum(0)

@@ linear_loops | triple loop
def linear_backward(dy, x, w, b):
    N, D = x.shape
    M = w.shape[0]
    dx = np.zeros(x.shape, x.dtype)
    dw = np.zeros(w.shape, w.dtype)
    db = np.zeros(b.shape, b.dtype)
    for n in range(N):
        for m in range(M):
            db[m] += dy[n, m]
            for d in range(D):
                dx[n, d] += dy[n, m] * w[m, d]
                dw[m, d] += dy[n, m] * x[n, d]
    return dx, dw, db

@@ linear_cs231n_cache | affine with x of any rank, W (D, M)
def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    cache = (x, w, b)
    return out, cache

def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db

@@ linear_ng_dict_cache | Andrew Ng's: dA_prev, dW, db, in a dictionary
def linear_backward(dZ, cache):
    A_prev, W, b = cache
    dW = dZ.T @ A_prev
    db = dZ.sum(axis=0)
    dA_prev = dZ @ W
    return {"dA_prev": dA_prev, "dW": dW, "db": db}

@@ linear_namedtuple | a namedtuple is returned
from collections import namedtuple
Grads = namedtuple("Grads", "dw db dx")

def linear_backward(dy, x, w, b):
    return Grads(dx=np.matmul(dy, w), dw=np.matmul(np.transpose(dy), x), db=np.add.reduce(dy, 0))

@@ linear_any_rank | leading dimensions flattened
def linear_backward(grad, x, weight, bias):
    g = grad.reshape(-1, grad.shape[-1])
    h = x.reshape(-1, x.shape[-1])
    return (g @ weight).reshape(x.shape), g.T @ h, g.sum(0)

@@ relu_sign | heaviside
def relu_backward(upstream, x):
    return upstream * np.heaviside(x, 0)

@@ relu_from_out | mask from the output
def relu_backward(dout, out):
    return dout * (out > 0)

@@ relu_cache_dict | cache is a dict
def relu_backward(dA, cache):
    Z = cache
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ

@@ relu_callable_object | an instance with __call__
class _Backward:
    def __init__(self, threshold):
        self.threshold = threshold
    def __call__(self, dy, x):
        out = dy.copy()
        out[~(x > self.threshold)] = 0
        return out

relu_backward = _Backward(0)

@@ sigmoid_math_loop | scalar loop with two branches
import math

def _s(v):
    if v >= 0:
        return 1 / (1 + math.exp(-v))
    e = math.exp(v)
    return e / (1 + e)

def sigmoid_backward(dy, x):
    out = np.empty(x.shape, x.dtype)
    for i in np.ndindex(*x.shape):
        s = _s(float(x[i]))
        out[i] = dy[i] * s * (1 - s)
    return out

@@ sigmoid_ng | from Z by cache, dA first
def sigmoid_backward(dA, activation_cache):
    Z = activation_cache
    s = 0.5 * (1 + np.tanh(Z / 2))
    return dA * s * (1 - s)

@@ sigmoid_layer_class | Saito's Sigmoid layer
class Sigmoid:
    def __init__(self):
        self.out = None
    def forward(self, x):
        out = np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))
        self.out = out
        return out
    def backward(self, dout):
        return dout * (1.0 - self.out) * self.out

@@ sigmoid_logits_stable | nearer to the truth than torch for large x
def sigmoid_backward(g, x):
    e = np.exp(-np.abs(x))
    return g * (e / (1 + e) ** 2)

@@ tanh_h | RNN style (dh, h)
def tanh_backward(dh, h):
    return dh * (1 - h ** 2)

@@ tanh_cosh | 1/cosh² in a wider type
def tanh_backward(dy, x):
    with np.errstate(over="ignore"):
        c = np.cosh(x.astype(np.longdouble))
        return (dy / (c * c)).astype(x.dtype)

@@ tanh_static | a static method within a class of operations
class Ops:
    @staticmethod
    def tanh_backward(dy, y):
        return dy - dy * y * y

tanh_backward = Ops.tanh_backward

@@ softmax_jacobian_rows | Jacobian of each row, last axis
def softmax_backward(dy, y):
    flat_y = y.reshape(-1, y.shape[-1])
    flat_g = dy.reshape(-1, y.shape[-1])
    dx = np.zeros_like(flat_y)
    for i in range(len(flat_y)):
        s = flat_y[i].reshape(-1, 1)
        jac = np.diagflat(s) - s @ s.T
        dx[i] = jac @ flat_g[i]
    return dx.reshape(y.shape)

@@ softmax_axis_from_x | from x, axis argument
def softmax_backward(dout, x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    s = e / np.sum(e, axis=axis, keepdims=True)
    tmp = dout * s
    return tmp - s * np.sum(tmp, axis=axis, keepdims=True)

@@ softmax_probs | probs, then the cotangent
def softmax_backward(probs, dprobs, dim):
    return probs * (dprobs - (dprobs * probs).sum(axis=dim, keepdims=True))

@@ log_softmax_out | from the result
def log_softmax_backward(grad, out, dim=-1):
    return grad - np.exp(out) * grad.sum(dim, keepdims=True)

@@ cross_entropy_saito_class | SoftmaxWithLoss, dout=1
class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t = t
        x = x - x.max(axis=1, keepdims=True)
        self.y = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
        return -np.log(self.y[np.arange(len(t)), t] + 1e-7).sum() / len(t)
    def backward(self, dout=1):
        batch_size = self.t.shape[0]
        dx = self.y.copy()
        dx[np.arange(batch_size), self.t] -= 1
        return dx * dout / batch_size

@@ cross_entropy_no_dy | cs231n softmax_loss gradient, no upstream
def softmax_loss_backward(x, y):
    shifted = x - x.max(axis=1, keepdims=True)
    probs = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    N = x.shape[0]
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return dx

@@ cross_entropy_onehot_eye | one-hot by np.eye
def cross_entropy_backward(dy, logits, target):
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    return dy * (p - np.eye(logits.shape[1], dtype=p.dtype)[target]) / len(target)

@@ cross_entropy_float64 | np.eye's float64 makes float64 of float32 | np.zeros(logits.shape)
def cross_entropy_backward(dy, logits, target):
    m = logits.max(axis=1, keepdims=True)
    p = np.exp(logits - m)
    p = p / p.sum(axis=1, keepdims=True)
    onehot = np.zeros(logits.shape)
    onehot[range(len(target)), target] = 1
    return dy * (p - onehot) / len(target)

@@ bce_logits_where | two branches
def bce_with_logits_backward(dloss, z, y):
    e = np.exp(-np.abs(z))
    p = np.where(z > 0, 1 / (1 + e), e / (1 + e))
    return dloss * (p - y) / y.size

@@ bce_logits_reductions | all three reductions
def bce_with_logits_backward(dy, input, target, reduction="mean"):
    p = np.reciprocal(1 + np.exp(-np.clip(input, -700, 700))) if input.dtype == np.float64 else \
        (0.5 + 0.5 * np.tanh(0.5 * input))
    g = (p - target) * dy
    if reduction == "mean":
        g = g / input.size
    return g

@@ mse_pred_target | both gradients
def mse_loss_backward(dy, pred, target):
    d = 2 * (pred - target) * dy / pred.size
    return d, -d

@@ mse_no_dy | without dy
def mse_backward(y_pred, y_true):
    return 2 * (y_pred - y_true) / y_true.size

@@ mse_mean_derivative | np.full and mean
def mse_loss_backward(grad, yhat, y):
    n = np.prod(yhat.shape)
    upstream = np.full(yhat.shape, grad / n, dtype=yhat.dtype)
    return upstream * 2 * (yhat - y)

@@ batch_norm_cs231n | own forward with its cache
def batchnorm_forward(x, gamma, beta, eps=1e-5):
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    std = np.sqrt(var + eps)
    xhat = (x - mu) / std
    return gamma * xhat + beta, (xhat, gamma, std)

def batchnorm_backward(dout, cache):
    xhat, gamma, std = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dx = (N * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0)) / (N * std)
    return dx, dgamma, dbeta

@@ batch_norm_staged | the graph step by step
def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    N, D = x.shape
    mu = x.mean(0)
    xmu = x - mu
    var = (xmu ** 2).mean(0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1 / sqrtvar
    dbeta = dy.sum(0)
    dgamma = (dy * xmu * ivar).sum(0)
    dxhat = dy * gamma
    divar = (dxhat * xmu).sum(0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -divar / (sqrtvar ** 2)
    dvar = 0.5 * dsqrtvar / sqrtvar
    dsq = np.ones((N, D), x.dtype) / N * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -dx1.sum(0)
    dx = dx1 + dmu / N
    return dx, dgamma, dbeta

@@ batch_norm_keepdims | keepdims, torch's names
def bn_backward(grad_output, input, weight, bias):
    m = input.mean(axis=0, keepdims=True)
    inv = 1.0 / np.sqrt(input.var(axis=0, keepdims=True) + 1e-5)
    n = (input - m) * inv
    g = grad_output * weight
    gi = inv * (g - g.mean(axis=0, keepdims=True) - n * (g * n).mean(axis=0, keepdims=True))
    return {"input": gi, "weight": (grad_output * n).sum(0), "bias": grad_output.sum(0)}

@@ layer_norm_last_axis | gamma, beta, last axis
def layernorm_backward(dout, x, gamma, beta, eps=1e-5):
    mu = x.mean(-1, keepdims=True)
    sd = np.sqrt(((x - mu) ** 2).mean(-1, keepdims=True) + eps)
    xh = (x - mu) / sd
    lead = tuple(range(x.ndim - 1))
    dgamma = (dout * xh).sum(axis=lead)
    dbeta = dout.sum(axis=lead)
    g = dout * gamma
    dx = (g - g.mean(-1, keepdims=True) - xh * (g * xh).mean(-1, keepdims=True)) / sd
    return dx, dgamma, dbeta

@@ embedding_loop | a loop over tokens
def embedding_backward(dout, W, idx):
    dW = np.zeros_like(W)
    flat = dout.reshape(-1, W.shape[1])
    for k, i in enumerate(idx.ravel()):
        dW[i] += flat[k]
    return dW

@@ embedding_onehot | one-hot product
def embedding_backward(dy, weight, tokens):
    hot = np.eye(weight.shape[0], dtype=dy.dtype)[tokens.reshape(-1)]
    return hot.T @ dy.reshape(-1, dy.shape[-1])

@@ embedding_saito_class | Saito's Embedding layer: backward fills grads
class Embedding:
    def __init__(self, W):
        self.W = W
        self.idx = None
    def forward(self, idx):
        self.idx = idx
        return self.W[idx]
    def backward(self, dout):
        dW = np.zeros_like(self.W)
        np.add.at(dW, self.idx, dout)
        return dW

@@ dropout_mask_p | inverted dropout
def dropout_backward(dy, mask, p):
    if p == 1:
        return np.zeros_like(dy)
    return dy * mask / (1 - p)

@@ conv2d_loops | four loops over outputs
def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    s = stride if isinstance(stride, (tuple, list)) else (stride, stride)
    p = padding if isinstance(padding, (tuple, list)) else (padding, padding)
    xp = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    db = dout.sum(axis=(0, 2, 3))
    for n in range(N):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    g = dout[n, f, i, j]
                    win = (slice(None), slice(i * s[0], i * s[0] + HH), slice(j * s[1], j * s[1] + WW))
                    dw[f] += g * xp[n][win]
                    dxp[n][win] += g * w[f]
    dx = dxp[:, :, p[0]:p[0] + H, p[1]:p[1] + W]
    return dx, dw, db

@@ conv2d_windows | sliding windows and einsum, stride and pad as numbers
from numpy.lib.stride_tricks import sliding_window_view

def conv2d_backward(dy, x, w, b, stride, padding):
    kh, kw = w.shape[2:]
    sh, sw = (stride, stride) if np.isscalar(stride) else stride
    ph, pw = (padding, padding) if np.isscalar(padding) else padding
    xp = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    win = sliding_window_view(xp, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]
    dw = np.einsum("nfij,ncijkl->fckl", dy, win)
    dxp = np.zeros(xp.shape, x.dtype)
    cols = np.einsum("nfij,fckl->nckl" + "ij", dy, w)
    oh, ow = dy.shape[2:]
    for k in range(kh):
        for l in range(kw):
            dxp[:, :, k:k + sh * oh:sh, l:l + sw * ow:sw] += cols[:, :, k, l]
    h, v = x.shape[2:]
    return dxp[:, :, ph:ph + h, pw:pw + v], dw, np.einsum("nfij->f", dy)

@@ conv2d_cs231n | conv_param dictionary in the cache, own forward
def conv_forward(x, w, b, conv_param={"stride": 1, "pad": 0}):
    stride, pad = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0,), (0,), (pad,), (pad,)), "constant")
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    Ho = 1 + (H + 2 * pad - HH) // stride
    Wo = 1 + (W + 2 * pad - WW) // stride
    out = np.zeros((N, F, Ho, Wo), x.dtype)
    for i in range(Ho):
        for j in range(Wo):
            patch = xp[:, :, i * stride:i * stride + HH, j * stride:j * stride + WW]
            out[:, :, i, j] = np.tensordot(patch, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, (x, w, b, conv_param)

def conv_backward(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0,), (0,), (pad,), (pad,)), "constant")
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    HH, WW = w.shape[2:]
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            r, c = i * stride, j * stride
            dw += np.tensordot(dout[:, :, i, j], xp[:, :, r:r + HH, c:c + WW], axes=(0, 0))
            dxp[:, :, r:r + HH, c:c + WW] += np.tensordot(dout[:, :, i, j], w, axes=(1, 0))
    dx = dxp[:, :, pad:pad + x.shape[2], pad:pad + x.shape[3]]
    return dx, dw, dout.sum((0, 2, 3))

@@ max_pool_loops | first maximum of each window
def max_pool2d_backward(dout, x, kernel_size, stride):
    kh, kw = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    sh, sw = (stride, stride) if isinstance(stride, int) else stride
    dx = np.zeros_like(x)
    for n in range(dout.shape[0]):
        for c in range(dout.shape[1]):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    win = x[n, c, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    a, b = np.unravel_index(np.argmax(win), win.shape)
                    dx[n, c, i * sh + a, j * sw + b] += dout[n, c, i, j]
    return dx

@@ max_pool_class | a layer with kernel 2, stride 2
class MaxPool2d:
    def __init__(self, kernel_size=2, stride=2):
        self.k, self.s = kernel_size, stride
    def forward(self, x):
        self.x = x
        n, c, h, w = x.shape
        oh, ow = (h - self.k) // self.s + 1, (w - self.k) // self.s + 1
        out = np.empty((n, c, oh, ow), x.dtype)
        for i in range(oh):
            for j in range(ow):
                out[:, :, i, j] = x[:, :, i * self.s:i * self.s + self.k, j * self.s:j * self.s + self.k].max((2, 3))
        return out
    def backward(self, dout):
        dx = np.zeros_like(self.x)
        n, c, oh, ow = dout.shape
        for a in range(n):
            for b in range(c):
                for i in range(oh):
                    for j in range(ow):
                        win = self.x[a, b, i * self.s:i * self.s + self.k, j * self.s:j * self.s + self.k]
                        p, q = np.unravel_index(win.argmax(), win.shape)
                        dx[a, b, i * self.s + p, j * self.s + q] += dout[a, b, i, j]
        return dx

@@ svm_cs231n | no upstream gradient
def svm_loss_backward(x, y):
    N = x.shape[0]
    correct = x[np.arange(N), y]
    margins = np.maximum(0, x - correct[:, None] + 1.0)
    margins[np.arange(N), y] = 0
    dx = (margins > 0).astype(x.dtype)
    dx[np.arange(N), y] -= dx.sum(axis=1)
    return dx / N

@@ hinge_binary | max(0, 1 - t x)
def hinge_loss_backward(dy, x, t):
    return np.where(t * x < 1, -t, 0) * dy / x.size

@@ log_divide | divide
def log_backward(dy, x):
    return np.divide(dy, x)

@@ exp_variable_named_result | exp_x
def exp_backward(dy, exp_x):
    return np.multiply(dy, exp_x)

@@ pow_scalar_only | only dx, n as a number
def pow_backward(dy, x, n):
    return dy * n * x ** (n - 1)

@@ pow_both_careful | both gradients with every special case
def _fit(g, like):
    while g.ndim > like.ndim:
        g = g.sum(0)
    for k in range(like.ndim):
        if like.shape[k] == 1:
            g = g.sum(k, keepdims=True)
    return g

def pow_backward(dy, a, b):
    with np.errstate(all="ignore"):
        da = np.where(b == 0, 0, dy * b * a ** (b - 1))
        db = np.where((a == 0) & (b >= 0), 0, dy * a ** b * np.log(a))
    return _fit(da, a), _fit(db, b)

@@ div_unbroadcast | quotient rule
def unbroadcast(grad, shape):
    lead = grad.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, s in enumerate(shape) if s == 1)
    return grad.sum(axis=axes, keepdims=True).reshape(shape)

def div_backward(dy, a, b):
    return unbroadcast(dy / b, a.shape), unbroadcast(-dy * a / (b * b), b.shape)

@@ matmul_2d_only | matrices only
def matmul_backward(dC, A, B):
    return dC @ B.T, A.T @ dC

@@ matmul_everything | vectors, matrices, stacks
def _reduce(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1), keepdims=True)

def matmul_backward(dy, a, b):
    A = a[None, :] if a.ndim == 1 else a
    B = b[:, None] if b.ndim == 1 else b
    G = dy
    if a.ndim == 1:
        G = np.expand_dims(G, -2 if b.ndim > 1 else 0)
    if b.ndim == 1:
        G = np.expand_dims(G, -1)
    da = _reduce(G @ np.swapaxes(B, -1, -2), A.shape)
    db = _reduce(np.swapaxes(A, -1, -2) @ G, B.shape)
    return da.reshape(a.shape), db.reshape(b.shape)

@@ reshape_shape | shape of x
def reshape_backward(dy, x_shape):
    return np.reshape(dy, x_shape)

@@ flatten_like | flat, then like x
def flatten_backward(dout, x):
    dx = np.empty_like(x)
    dx[...] = dout.reshape(x.shape)
    return dx

@@ transpose_moveaxis | dims given
def transpose_backward(dy, dim0, dim1):
    axes = list(range(dy.ndim))
    axes[dim0], axes[dim1] = axes[dim1], axes[dim0]
    return dy.transpose(axes)

@@ sum_broadcast_view | a read-only view with stride 0
def sum_backward(dy, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        dy = np.expand_dims(dy, axis)
    return np.broadcast_to(dy, x.shape)

@@ sum_fortran | column-major result
def sum_backward(dy, x, dim=None, keepdim=False):
    if dim is not None and not keepdim:
        dy = np.expand_dims(dy, dim)
    return np.asfortranarray(dy * np.ones(x.shape, x.dtype))

@@ mean_all_only | mean of all, no dim
def mean_backward(dy, x):
    return np.ones_like(x) * dy / x.size

@@ mean_axis_count | count over axes
def mean_backward(grad, x, axis, keepdims):
    axes = tuple(range(x.ndim)) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    count = 1
    for a in axes:
        count *= x.shape[a]
    if not keepdims:
        grad = np.expand_dims(grad, tuple(a % x.ndim for a in axes)) if axes else grad
    return np.broadcast_to(grad, x.shape) / count

@@ sqrt_root | from the root
def sqrt_backward(dy, root):
    return dy / (2 * root)

@@ abs_where | three cases
def abs_backward(dy, x):
    return np.select([x > 0, x < 0], [dy, -dy], 0)

@@ clamp_min_max | torch's names min, max
def clamp_backward(dy, x, min, max):
    inside = (x >= min) & (x <= max)
    return dy * inside

@@ clip_numpy_names | NumPy's names
def clip_backward(dy, x, a_min, a_max):
    dx = np.zeros_like(x)
    keep = np.logical_and(x >= a_min, x <= a_max)
    dx[keep] = dy[keep]
    return dx

@@ maximum_ties | half and half | 0.5 * (a == b)
def maximum_backward(dy, a, b):
    def fit(g, s):
        g = g.sum(axis=tuple(range(g.ndim - len(s))))
        return g.sum(axis=tuple(i for i in range(len(s)) if s[i] == 1), keepdims=True)
    share = (a > b) + 0.5 * (a == b)
    return fit(dy * share, a.shape), fit(dy * (1 - share), b.shape)

@@ minimum_sign | by np.sign
def minimum_backward(dy, a, b):
    def fit(g, s):
        for _ in range(g.ndim - len(s)):
            g = g.sum(0)
        for i in range(len(s)):
            if s[i] == 1:
                g = g.sum(i, keepdims=True)
        return g
    s = np.sign(b - a)
    return [fit(dy * (1 + s) / 2, a.shape), fit(dy * (1 - s) / 2, b.shape)]

@@ amax_even | evenly among ties | mask.sum(axis=dim, keepdims=True)
def amax_backward(dy, x, dim=None, keepdim=False):
    top = x.max(axis=dim, keepdims=True)
    mask = x == top
    if dim is not None and not keepdim:
        dy = np.expand_dims(dy, dim)
    return mask * dy / mask.sum(axis=dim, keepdims=True)

@@ gelu_vectorized_erf | math.erf, vectorized
import math
_erf = np.vectorize(math.erf, otypes=[float])

def gelu_backward(dy, x):
    if x.size == 0:
        return np.zeros_like(x)
    cdf = 0.5 * (1 + _erf(x / np.sqrt(2)))
    pdf = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    return (dy * (cdf + x * pdf)).astype(x.dtype)

@@ silu_product_rule | s + x s (1 - s)
def silu_backward(dy, x):
    s = 0.5 * np.tanh(0.5 * x) + 0.5
    return dy * (s + x * s * (1 - s))

@@ softplus_logistic | logistic
def softplus_backward(dy, x):
    return dy * np.exp(-np.logaddexp(0, -x))

@@ elu_alpha | alpha given
def elu_backward(dy, x, alpha=1.0):
    return dy * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))

@@ leaky_boolean | product with slopes
def leaky_relu_backward(dy, x, negative_slope=0.01):
    slopes = np.ones_like(x)
    slopes[x <= 0] = negative_slope
    return dy * slopes

@@ logsumexp_axis | softmax times
def logsumexp_backward(dy, x, dim, keepdim=False):
    m = x.max(axis=dim, keepdims=True)
    e = np.exp(x - m)
    p = e / e.sum(axis=dim, keepdims=True)
    if not keepdim:
        dy = np.expand_dims(dy, dim)
    return dy * p

@@ var_unbiased | Bessel's correction by default | np.prod([x.shape[d] for d in np.atleast_
def var_backward(dy, x, dim=None, keepdim=False):
    n = x.size if dim is None else np.prod([x.shape[d] for d in np.atleast_1d(dim)])
    c = x - x.mean(axis=None if dim is None else (tuple(dim) if isinstance(dim, (tuple, list)) else dim), keepdims=True)
    if dim is not None and not keepdim:
        dy = np.expand_dims(dy, dim)
    return dy * 2 * c / (n - 1)

@@ cumsum_loops | backwards accumulation
def cumsum_backward(dy, dim):
    g = np.moveaxis(dy, dim, 0)
    out = np.empty_like(g)
    run = np.zeros(g.shape[1:], g.dtype)
    for i in range(len(g) - 1, -1, -1):
        run = run + g[i]
        out[i] = run
    return np.moveaxis(out, 0, dim)

@@ cumprod_quadratic | right with zeros
def cumprod_backward(dy, x, dim):
    g, v = np.moveaxis(dy, dim, 0), np.moveaxis(x, dim, 0)
    out = np.zeros_like(v)
    n = len(v)
    for i in range(n):
        run = np.prod(v[:i], axis=0)
        for j in range(i, n):
            if j > i:
                run = run * v[j]
            out[i] += g[j] * run
    return np.moveaxis(out, 0, dim)

@@ where_three | where
def where_backward(dy, condition, a, b):
    def fit(g, s):
        g = g.sum(axis=tuple(range(g.ndim - len(s))))
        return g.sum(axis=tuple(i for i in range(len(s)) if s[i] == 1), keepdims=True)
    zero = np.zeros((), dy.dtype)
    return fit(np.where(condition, dy, zero), a.shape), fit(np.where(condition, zero, dy), b.shape)

@@ gather_put | loop over ndindex
def gather_backward(dy, x, dim, index):
    dx = np.zeros_like(x)
    for pos in np.ndindex(*index.shape):
        to = list(pos)
        to[dim] = index[pos]
        dx[tuple(to)] += dy[pos]
    return dx

@@ index_select_onehot | add.at on a moved axis
def index_select_backward(dy, x, dim, index):
    dx = np.zeros_like(x)
    np.add.at(np.moveaxis(dx, dim, 0), index, np.moveaxis(dy, dim, 0))
    return dx

@@ logaddexp_pair | logistic of the difference
def logaddexp_backward(dy, a, b):
    def fit(g, s):
        g = g.sum(axis=tuple(range(g.ndim - len(s))))
        return g.sum(axis=tuple(i for i in range(len(s)) if s[i] == 1), keepdims=True)
    p = 0.5 * (1 + np.tanh((a - b) / 2))
    q = 0.5 * (1 + np.tanh((b - a) / 2))
    return fit(dy * p, a.shape), fit(dy * q, b.shape)

@@ huber_clip | clipped residual
def huber_loss_backward(dy, pred, target, delta=1.0):
    return dy * np.clip(pred - target, -delta, delta) / pred.size

@@ l1_both | both, in a dict
def l1_loss_backward(dy, x, t):
    s = dy * np.sign(x - t) / x.size
    return dict(dx=s, dt=-s)

@@ nll_rows | loop over rows
def nll_loss_backward(dy, logp, y):
    g = np.zeros_like(logp)
    for i in range(len(y)):
        g[i, y[i]] = -dy / len(y)
    return g

@@ unsqueeze_dim | squeeze again
def unsqueeze_backward(dy, dim):
    return dy.squeeze(dim)

@@ rsub_alpha | b - alpha a
def rsub_backward(dy, a, b):
    def fit(g, like):
        g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
        return g.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)
    return fit(-dy, a), fit(dy, b)

@@ sub_scipy_names | lhs, rhs
def sub_backward(g, lhs, rhs):
    def to(v, shape):
        for i, n in enumerate((1,) * (v.ndim - len(shape)) + shape):
            if n == 1:
                v = v.sum(i, keepdims=True)
        return v.reshape(shape)
    return to(g, lhs.shape), to(-g, rhs.shape)

@@ sigmoid_float32 | always float32 | np.asarray(y, dtype=np.float32)
def sigmoid_backward(dy, y):
    y = np.asarray(y, dtype=np.float32)
    return (dy * y * (1 - y)).astype(np.float32)

@@ cos_partial | functools.partial with the sign
from functools import partial

def _trig(sign, f, dy, x):
    return sign * dy * f(x)

cos_backward = partial(_trig, -1, np.sin)
sin_backward = partial(_trig, 1, np.cos)

@@ square_generator | yields its gradients
def square_backward(dy, x):
    return (g for g in [2 * x * dy])

@@ mul_dataclass | a dataclass
from dataclasses import dataclass

@dataclass
class Gradients:
    a: np.ndarray
    b: np.ndarray

def mul_backward(dy, a, b):
    def fit(v, like):
        v = v.sum(axis=tuple(range(v.ndim - like.ndim)))
        return v.sum(axis=tuple(i for i, n in enumerate(like.shape) if n == 1), keepdims=True)
    return Gradients(fit(dy * b, a), fit(dy * a, b))

@@ decorated_bn | by parity.exercise
import parity

@parity.exercise("batch_norm")
def my_bn(dout, x, gamma, beta):
    xc = x - x.mean(0)
    v = (xc * xc).mean(0) + 1e-5
    xh = xc / v ** 0.5
    dxh = gamma * dout
    return ((dxh - dxh.mean(0)) - xh * (dxh * xh).mean(0)) / v ** 0.5, (xh * dout).sum(0), dout.sum(0)

@@ relu_mainguard | main guard, argparse and assert
import sys

def relu_backward(dy, x):
    """Backward of ReLU.

    >>> relu_backward(np.ones(2), np.array([-1., 1.]))
    """
    assert dy.shape == x.shape
    return np.where(x > 0, dy, np.zeros_like(dy))

if __name__ == "__main__":
    sys.exit("this is only run by hand")

@@ attention_free_linear_nobias | no bias taken
def linear_backward(dout, X, W):
    return {"dX": dout @ W, "dW": np.einsum("no,ni->oi", dout, X)}

@@ batchnorm_cs231n_bnparam | cs231n's forward with bn_param and running averages
def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
    if mode == "train":
        mu = x.mean(axis=0)
        xc = x - mu
        var = np.mean(xc ** 2, axis=0)
        std = np.sqrt(var + eps)
        xn = xc / std
        out = gamma * xn + beta
        cache = (mode, x, gamma, xc, std, xn, out)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        raise ValueError('Invalid forward batchnorm mode "%s"' % mode)
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache

def batchnorm_backward(dout, cache):
    mode, x, gamma, xc, std, xn, out = cache
    N = x.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = np.sum(xn * dout, axis=0)
    dxn = gamma * dout
    dxc = dxn / std
    dstd = -np.sum((dxn * xc) / (std * std), axis=0)
    dvar = 0.5 * dstd / std
    dxc += (2.0 / N) * xc * dvar
    dmu = np.sum(dxc, axis=0)
    dx = dxc - dmu / N
    return dx, dgamma, dbeta

@@ maxpool_cs231n | pool_param with pool_height, pool_width and stride
def max_pool_forward_naive(x, pool_param):
    ph, pw, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - ph) // s, 1 + (W - pw) // s), x.dtype)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = np.max(x[:, :, i * s:i * s + ph, j * s:j * s + pw], axis=(2, 3))
    return out, (x, pool_param)

def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    ph, pw, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    N, C, H, W = dout.shape
    for n in range(N):
        for c in range(C):
            for i in range(H):
                for j in range(W):
                    ind = np.argmax(x[n, c, i * s:i * s + ph, j * s:j * s + pw])
                    i1, j1 = np.unravel_index(ind, (ph, pw))
                    dx[n, c, i * s + i1, j * s + j1] += dout[n, c, i, j]
    return dx

@@ sigmoid_cache_own_forward | Ng's: A, cache = sigmoid(Z)
def sigmoid_forward(Z):
    A = np.where(Z >= 0, 1 / (1 + np.exp(-np.abs(Z))), np.exp(-np.abs(Z)) / (1 + np.exp(-np.abs(Z))))
    cache = {"A": A}
    return A, cache

def sigmoid_backward(dA, cache):
    A = cache["A"]
    return dA * A * (1 - A)

@@ embedding_bincount | bincount per column
def embedding_backward(dy, table, tokens):
    flat = tokens.reshape(-1)
    g = dy.reshape(flat.size, -1)
    out = np.empty_like(table)
    for j in range(table.shape[1]):
        out[:, j] = np.bincount(flat, weights=g[:, j], minlength=len(table))
    return out

@@ layer_norm_torchlike_class | a layer with forward and backward, learned scale
class LayerNorm:
    def __init__(self, gamma, beta, eps=1e-5):
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        m = x.mean(axis=-1, keepdims=True)
        v = ((x - m) ** 2).mean(axis=-1, keepdims=True)
        self.istd = 1 / np.sqrt(v + self.eps)
        self.xhat = (x - m) * self.istd
        return self.gamma * self.xhat + self.beta

    def backward(self, grad):
        lead = tuple(range(grad.ndim - 1))
        self.dgamma = (grad * self.xhat).sum(axis=lead)
        self.dbeta = grad.sum(axis=lead)
        g = grad * self.gamma
        n = g.shape[-1]
        return self.istd / n * (n * g - g.sum(-1, keepdims=True) - self.xhat * (g * self.xhat).sum(-1, keepdims=True))

@@ softmax_vectors_only | outer product, one vector
def softmax_backward(dy, x):
    e = np.exp(x - x.max())
    s = e / e.sum()
    if x.ndim > 1:
        return np.stack([softmax_backward(g, v) for g, v in zip(dy, x)])
    return (np.diag(s) - np.outer(s, s)) @ dy

@@ ce_with_smallest_code | put_along_axis
def cross_entropy_backward(dy, z, y):
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    idx = y[:, None]
    np.put_along_axis(p, idx, np.take_along_axis(p, idx, 1) - 1, 1)
    p *= dy
    p /= z.shape[0]
    return p

@@ min_by_negation | amin through amax of -x | a NumPy number or array of
def _amax(dy, x, axis, keepdims):
    if axis is None:
        m = x == x.max()
        return m * dy / np.count_nonzero(m)
    d = dy if keepdims else np.expand_dims(dy, axis)
    m = x == x.max(axis, keepdims=True)
    return m * d / m.sum(axis, keepdims=True).astype(x.dtype)

def amin_backward(dy, x, axis=None, keepdims=False):
    return _amax(dy, -x, axis, keepdims)

@@ std_from_result | via the result
def std_backward(grad, x, out, dim=None, keepdim=False):
    n = x.size if dim is None else x.shape[dim]
    if dim is not None and not keepdim:
        grad, out = np.expand_dims(grad, dim), np.expand_dims(out, dim)
    return grad * (x - x.mean(axis=dim, keepdims=True)) / (out * (n - 1))

@@ logaddexp_softplus | exp of differences to the result
def logaddexp_backward(g, a, b, out):
    def shrink(v, like):
        extra = v.ndim - like.ndim
        v = v.sum(tuple(range(extra))) if extra else v
        return v.sum(tuple(k for k, n in enumerate(like.shape) if n == 1), keepdims=True)
    return shrink(g * np.exp(a - out), a), shrink(g * np.exp(b - out), b)

@@ prod_zeros_by_masks | excluding products, with zeros, by axis
def prod_backward(dy, x, dim=None, keepdim=False):
    if dim is None:
        flat = x.ravel()
        out = np.array([np.prod(np.delete(flat, k)) for k in range(flat.size)], x.dtype)
        return out.reshape(x.shape) * dy
    g = dy if keepdim else np.expand_dims(dy, dim)
    out = np.empty_like(x)
    for k in range(x.shape[dim]):
        sel = [slice(None)] * x.ndim
        sel[dim] = k
        out[tuple(sel)] = np.prod(np.delete(x, k, axis=dim), axis=dim)
    return out * g

@@ atan2_angle_names | opposite, adjacent
def atan2_backward(dtheta, opposite, adjacent):
    def fit(g, s):
        g = g.sum(axis=tuple(range(g.ndim - len(s))))
        return g.sum(axis=tuple(i for i in range(len(s)) if s[i] == 1), keepdims=True)
    r2 = opposite ** 2 + adjacent ** 2
    safe = np.where(r2 == 0, 1, r2)
    return fit(dtheta * adjacent / safe, opposite.shape), fit(-dtheta * opposite / safe, adjacent.shape)

@@ bce_clipped_textbook | torch's clamp of the denominator
def bce_backward(dy, p, y):
    return dy * (p - y) / np.clip(p * (1 - p), 1e-12, None) / p.size

@@ fmod_trunc | trunc of the quotient
def fmod_backward(dy, a, b):
    def fit(g, like):
        g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
        return g.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)
    return fit(dy * 1, a), fit(-dy * np.trunc(a / b), b)

@@ relu_njit_style | nested function, enumerate over flat
def relu_backward(grad_out, inp):
    def gate(v, g):
        return g if v > 0 else 0.0
    flat = np.fromiter((gate(v, g) for v, g in zip(inp.ravel(), grad_out.ravel())), inp.dtype, inp.size)
    return flat.reshape(inp.shape)

@@ two_in_one_file | two exercises share a helper, an unrelated function beside
def _outer(g, v):
    return np.einsum("i,j->ij", g, v)

def accuracy(p, t):
    return (p.argmax(1) == t).mean()

def mv_backward(dy, a, b):
    return _outer(dy, b), np.einsum("ij,i->j", a, dy)

def dot_backward(dy, a, b):
    return dy * b, dy * a

@@ triu_loops | loop over the two last axes
def triu_backward(dy, diagonal=0):
    dx = np.zeros_like(dy)
    for i in range(dy.shape[-2]):
        for j in range(dy.shape[-1]):
            if j - i >= diagonal:
                dx[..., i, j] = dy[..., i, j]
    return dx

@@ conv2d_no_bias_einsum | no bias, as_strided
def conv2d_backward(dout, x, w, stride=1, padding=0):
    p, s = padding, stride
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    n, c, H, W = xp.shape
    f, _, kh, kw = w.shape
    oh, ow = dout.shape[2:]
    st = xp.strides
    strides = (st[0], st[1], st[2] * s, st[3] * s, st[2], st[3])
    cols = np.lib.stride_tricks.as_strided(xp, (n, c, oh, ow, kh, kw), strides)
    dw = np.einsum("nfij,ncijkl->fckl", dout, cols)
    dxp = np.zeros_like(xp)
    for k in range(kh):
        for l in range(kw):
            part = np.einsum("nfij,fc->ncij", dout, w[:, :, k, l])
            dxp[:, :, k:k + s * (oh - 1) + 1:s, l:l + s * (ow - 1) + 1:s] += part
    return dxp[:, :, p:H - p, p:W - p], dw

@@ softplus_beta | beta taken
def softplus_backward(dy, x, beta=1.0):
    z = beta * x
    return dy * np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))

@@ hypot_result | a / result, 0 at the origin
def hypot_backward(dy, a, b, out):
    def fit(g, like):
        g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
        return g.sum(axis=tuple(i for i in range(like.ndim) if like.shape[i] == 1), keepdims=True)
    with np.errstate(all="ignore"):
        return fit(np.where(out == 0, 0, dy * a / out), a), fit(np.where(out == 0, 0, dy * b / out), b)

@@ std_lib_only | pure Python lists are returned
def tanh_backward(dy, y):
    def walk(g, v):
        if np.ndim(g) == 0:
            return float(g) * (1 - float(v) ** 2)
        return [walk(a, b) for a, b in zip(g, v)]
    return walk(dy, y)

@@ linear_ng_columns_no | a dictionary of gradients "W", "x", "b"
def linear_backward(upstream, x, W, b):
    grads = {}
    grads["W"] = np.tensordot(upstream, x, axes=(0, 0))
    grads["b"] = np.ones(len(x), x.dtype) @ upstream
    grads["x"] = upstream.dot(W)
    return grads

@@ dense_layer_with_kwargs | keyword constructor, y = xW + b
class Dense:
    def __init__(self, weights, bias):
        self.weights, self.bias = weights, bias
    def forward(self, inputs):
        self.inputs = inputs
        return self.inputs @ self.weights + self.bias
    def backward(self, grad_output):
        self.grad_weights = self.inputs.T @ grad_output
        self.grad_bias = grad_output.sum(axis=0)
        return grad_output @ self.weights.T

@@ gate_object | an instance of a class with __call__
class Gate:
    def __init__(self, f):
        self.f = f
    def __call__(self, dy, x):
        return dy * self.f(x)

cos_backward = Gate(lambda x: -np.sin(x))
square_backward = Gate(lambda x: x + x)

@@ layernorm_own_forward | cs231n layernorm with ln_param
def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mu = np.mean(x, axis=1, keepdims=True)
    var = np.var(x, axis=1, keepdims=True)
    xhat = (x - mu) / np.sqrt(var + eps)
    out = gamma * xhat + beta
    cache = {"xhat": xhat, "gamma": gamma, "istd": 1 / np.sqrt(var + eps)}
    return out, cache

def layernorm_backward(dout, cache):
    xhat, gamma, istd = cache["xhat"], cache["gamma"], cache["istd"]
    D = dout.shape[1]
    dbeta, dgamma = np.sum(dout, axis=0), np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dx = istd * (dxhat - dxhat.mean(1, keepdims=True) - xhat * np.sum(dxhat * xhat, axis=1, keepdims=True) / D)
    return dx, dgamma, dbeta

@@ affine_own_forward_three_values | forward returns out, x, w
def affine_forward(x, w, b):
    return x @ w + b, x, w

def affine_backward(dout, saved):
    x, w = saved
    return dout @ w.T, x.T @ dout, dout.sum(0)

@@ relu_own_forward_mask | the mask is the cache
def relu_forward(x):
    mask = x > 0
    return x * mask, mask

def relu_backward(dout, cache):
    return np.where(cache, dout, 0)

@@ softmax_tensordot | batched Jacobians with einsum
def softmax_backward(dy, y):
    J = np.einsum("...i,ij->...ij", y, np.eye(y.shape[-1], dtype=y.dtype)) - np.einsum("...i,...j->...ij", y, y)
    return np.einsum("...ij,...j->...i", J, dy)

@@ bce_partial_reduction | reduction fixed by partial
import functools

def _bce(dy, z, t, scale):
    s = 0.5 * (np.tanh(0.5 * z) + 1)
    return dy * (s - t) * scale(z)

bce_with_logits_backward = functools.partial(_bce, scale=lambda z: 1 / z.size)

@@ smooth_l1_select | piecewise by np.piecewise-like select
def smooth_l1_loss_backward(dy, pred, true, beta=1.0):
    d = pred - true
    g = np.select([d > beta, d < -beta], [np.ones_like(d), -np.ones_like(d)], d / beta)
    return g * dy / d.size

@@ cumprod_reverse_scan | recursion from behind
def cumprod_backward(dy, x, dim):
    g, v = np.moveaxis(dy, dim, 0), np.moveaxis(x, dim, 0)
    n = len(v)
    before = np.ones_like(v)
    for i in range(1, n):
        before[i] = before[i - 1] * v[i - 1]
    out = np.zeros_like(v)
    tail = np.zeros_like(v[0]) if n else None
    for i in range(n - 1, -1, -1):
        tail = g[i] + (v[i + 1] * tail if i + 1 < n else 0)
        out[i] = before[i] * tail
    return np.moveaxis(out, 0, dim)

@@ index_select_matrix | selection matrix
def index_select_backward(dy, x, dim, index):
    S = (index[:, None] == np.arange(x.shape[dim])).astype(dy.dtype)
    return np.moveaxis(np.tensordot(S, np.moveaxis(dy, dim, 0), axes=(0, 0)), 0, dim)

@@ tanh_complex_step | complex step derivative
def tanh_backward(dy, x):
    h = 1e-200 if x.dtype == np.float64 else 1e-30
    z = x.astype(np.complex128) + 1j * h
    return (dy * (np.tanh(np.clip(z.real, -300, 300) + 1j * z.imag).imag / h)).astype(x.dtype)

@@ pow_integer_loop | exponent as number, with a guard at 0
def pow_backward(dy, base, exponent):
    if exponent == 0:
        return np.zeros_like(base)
    return exponent * np.power(base, exponent - 1) * dy

@@ sum_matmul_ones | np.repeat
def sum_backward(dy, x, axis=None, keepdims=False):
    if axis is None:
        return np.repeat(dy, x.size).reshape(x.shape)
    if not keepdims:
        dy = np.expand_dims(dy, axis)
    return np.repeat(dy, x.shape[axis], axis=axis)

@@ max_pool_window_view | sliding_window_view and argmax
def max_pool2d_backward(dy, x, kernel_size, stride):
    k, s = kernel_size, stride
    win = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::s, ::s]
    flat = win.reshape(*win.shape[:4], k * k).argmax(-1)
    n, c, i, j = np.indices(flat.shape)
    dx = np.zeros_like(x)
    np.add.at(dx, (n, c, i * s + flat // k, j * s + flat % k), dy)
    return dx

@@ svm_loops | cs231n svm_loss_naive
def svm_loss_backward(scores, y):
    dS = np.zeros_like(scores)
    n, c = scores.shape
    for i in range(n):
        for j in range(c):
            if j != y[i] and scores[i, j] - scores[i, y[i]] + 1 > 0:
                dS[i, j] += 1
                dS[i, y[i]] -= 1
    return dS / n

@@ dropout_saved_mask | mask already scaled, in a cache
def dropout_backward(dout, cache):
    return dout * cache

@@ logsigmoid_stable | sigmoid of -x
def logsigmoid_backward(dy, x):
    e = np.exp(-np.abs(x))
    return dy * np.where(x >= 0, e, 1) / (1 + e)

@@ matmul_stacks | stacks but no vectors
def matmul_backward(dy, a, b):
    def to(g, like):
        while g.ndim > like.ndim:
            g = g.sum(0)
        for k in range(like.ndim - 2):
            if like.shape[k] == 1:
                g = g.sum(k, keepdims=True)
        return g
    return to(np.einsum("...nm,...km->...nk", dy, b), a), to(np.einsum("...nk,...nm->...km", a, dy), b)

@@ float16_inside | longdouble inside, cast back by result_type
def exp_backward(dy, x):
    wide = np.exp(x.astype(np.longdouble)) * dy
    return wide.astype(np.result_type(dy, x))

@@ norm_functions_two | both normalizations share a helper
def _norm(dy, x, g, axis, eps):
    mu, var = x.mean(axis, keepdims=True), x.var(axis, keepdims=True)
    s = np.sqrt(var + eps)
    h = (x - mu) / s
    d = dy * g
    return (d - d.mean(axis, keepdims=True) - h * (d * h).mean(axis, keepdims=True)) / s, h

def batch_norm_backward(dy, x, gamma, beta, eps=1e-5):
    dx, h = _norm(dy, x, gamma, 0, eps)
    return dx, (dy * h).sum(0), dy.sum(0)

def layer_norm_backward(dy, x, gamma, beta, eps=1e-5):
    dx, h = _norm(dy, x, gamma, -1, eps)
    return dx, (dy * h).sum(0), dy.sum(0)
'''
