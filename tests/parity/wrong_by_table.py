"""Wrong solutions in one line each: the function's head, what it returns, and words that the hint must have.

Words between bars are alternatives.
"""

WRONG = r"""
relu(dy, x)                 | dy * (x > 0) * x                               | factor x
relu(dy, x)                 | dy * (x < 0)                                   | another operand|x
relu(dy, x)                 | np.where(x > 0, dy, -dy)                       | only where x
relu(dy, x)                 | np.minimum(dy * (x > 0), 6)                    | large
relu(dy, x)                 | dy * (np.abs(x) > 0)                           | only where x < 0
tanh(dy, y)                 | dy * (1 + y ** 2)                              | (1 + y²)
tanh(dy, y)                 | 1 - y ** 2                                     | dy
tanh(dy, x)                 | dy * (1 - np.tanh(x))                          | tanh x
tanh(dy, x)                 | dy / np.cosh(x)                                | cosh x
tanh(dy, x)                 | dy * (1 - x ** 2)                              | belongs|x²
sigmoid(dy, y)              | dy * y * (1 + y)                               | (1 + y)
sigmoid(dy, y)              | dy * y * y                                     | y²
sigmoid(dy, y)              | dy * (y - y ** 3)                              | y (1 − y²)
sigmoid(dy, x)              | dy * np.exp(-np.abs(x))                        | exp(−|x|)
exp(dy, y)                  | dy / y                                         | dy / y
exp(dy, x)                  | dy * np.exp(-x)                                | exp(−x)
exp(dy, x)                  | dy * np.exp(np.minimum(x, 10))                 | large
exp2(dy, x)                 | dy * 2 ** x / np.log(2)                        | ln 2
log(dy, x)                  | dy / (x + 1)                                   | gradient of log1p
log(dy, x)                  | dy / x ** 2                                    | factor x
log(dy, x)                  | dy / (x + 1e-7)                                | 1e-07 is added
log1p(dy, x)                | dy / (1 + 2 * x)                               | dy / (1 + 2x)
log10(dy, x)                | dy / x                                         | ln 10
sqrt(dy, y)                 | dy / y                                         | factor 2
sqrt(dy, x)                 | dy * np.sqrt(x) / 2                            | x
square(dy, x)               | dy * x                                         | 1/2
reciprocal(dy, x)           | dy / x ** 2                                    | sign
rsqrt(dy, x)                | -dy / x ** 1.5                                 | factor 2
sin(dy, x)                  | dy * np.sin(x)                                 | sin x
cos(dy, y)                  | -dy * y                                        | sign|y
softplus(dy, x)             | dy * np.exp(x) / (1 + np.exp(x))               | overflows
silu(dy, x)                 | dy / (1 + np.exp(-x))                          | missing|σ(x)
leaky_relu(dy, x, negative_slope) | np.where(x > 0, dy, 0)                   | negative_slope is ignored
elu(dy, x, alpha)           | np.where(x > 0, dy, dy * np.exp(x))            | alpha is ignored
clamp(dy, x, low, high)     | dy * (x >= low)                                | high is ignored
abs(dy, x)                  | dy * x                                         | x
mul(dy, a, b)               | un(dy * b, a), un(dy, b)                       | factor a
div(dy, a, b)               | un(dy / b, a), un(-dy * a / b, b)              | b
sub(dy, a, b)               | un(dy, a), un(dy, b)                           | sign
pow(dy, x, n)               | dy * n * x ** n                                | factor x
maximum(dy, a, b)           | un(dy * (a > b), a), un(dy * (b >= a), b)      | tie
atan2(dy, a, b)             | un(dy * b / np.hypot(a, b), a), un(-dy * a / np.hypot(a, b), b) | √(a² + b²)
fmod(dy, a, b)              | un(dy, a), un(dy * 0, b)                       | 0 where the gradient is not
where(dy, condition, a, b)  | un(np.where(condition, dy, 0), a), un(dy, b)   | missing|whatever
sum(dy, x, axis, keepdims)  | spread(dy, x, axis, keepdims) / x.size         | 1/N
mean(dy, x)                 | np.full_like(x, dy / len(x))                   | divided by x.shape[0]
var(dy, x)                  | dy * (x - x.mean()) / (x.size - 1)             | 1/2
softmax(dy, y)              | y * (dy - (dy * y).sum())                      | sum|axis|vectors
log_softmax(dy, y)          | dy - np.exp(y) * dy                            | terms|∂y
cumsum(dy, x, axis)         | np.cumsum(dy, axis)                            | other|stand|order|cotangent
mse_loss(dy, x, t)          | dy * (x - t) ** 2 / x.size                     | x − t
mse_loss(dy, x, t)          | 2 * dy * (t - x) / x.size                      | sign
l1_loss(dy, x, t)           | dy * (x - t) / x.size                          | x − t
huber(dy, x, t, delta)      | dy * np.clip(x - t, -1, 1) / x.size            | delta is ignored
bce_with_logits(dy, z, t)   | dy * (z - t) / z.size                          | sigmoid is missing
bce_with_logits(dy, z, t)   | dy * (0.5 * (1 + np.tanh(z / 2)) + t) / z.size | t is added
nll_loss(dy, x, t)          | dy * x / len(t)                                | target|x
cross_entropy(dy, z, t)     | dy * (soft(z) - np.eye(z.shape[1], dtype=z.dtype)[t]) | mean
cross_entropy(z, t)         | (soft(z) - np.eye(z.shape[1], dtype=z.dtype)[t]) * len(t) | factor
linear(dy, x, w, b)         | dy @ w, x.T @ dy, dy.sum(axis=0)               | ransposed
linear(dy, x, w, b)         | dy @ w.T, x.T @ dy, dy.sum(axis=0)             | y = x w + b
linear(dy, x, w, b)         | dy @ w, dy.T @ x, dy.sum(axis=1)               | shape|axis
linear(dy, x, w, b)         | dy @ w, dy.T @ x / len(x), dy.mean(axis=0)     | x.shape[0]
linear(dy, cache)           | dy @ cache[1], dy.T @ cache[0]                 | b
affine(dy, x, w, b)         | dy @ w.T, dy.T @ x, dy.sum(axis=0)             | ransposed
mm(dy, a, b)                | dy @ b.T, (a.T @ dy).T                         | ransposed
dropout(dy, mask, p)        | dy * mask                                      | p is ignored
dropout(dy, x, mask, p)     | dy * mask * (1 - p)                            | p
embedding(dy, w, index)     | put(w, index, dy)                              | ccumulat
hinge_loss(dy, x, t)        | dy * np.where(t * x > 0, 0, -t) / x.size       | part|only where
batch_norm(dy, x, w, b, eps) | dy * w / std(x, eps), (dy * hat(x, eps)).sum(0), dy.sum(0) | taken for constants
layer_norm(dy, x, w, b)     | dy, (dy * hat(x.T, 1e-5).T).sum(axis=0), dy.sum(axis=0) | dy
reshape(dy, x_shape)        | dy.reshape(x_shape, order="F")                 | other places|ransposed
transpose(dy, x, dim0, dim1) | dy.swapaxes(-1, -2)                           | ransposed|shape
"""
