"""Right solutions in one line each: the function's head, what it returns, and words that its remarks must have."""

RIGHT = r"""
relu(upstream, preact)      | upstream * (preact > 0)                        |
relu(dA, Z)                 | np.where(Z > 0, dA, 0)                         |
relu(grad_out, relu_out)    | grad_out * (relu_out > 0)                      |
relu(dy, x)                 | dy * np.where(x > 0, 1.0, 0.0)                 | float64 out: np.where
relu(dout, mask)            | dout * mask                                    |
leaky_relu(dout, mask)      | np.where(mask, 0.01 * dout, dout)              | mask x ≤ 0
sqrt(dout, x)               | 0.5 * dout * x ** -0.5                         |
embedding(dout, x, W)       | add(W, x, dout)                                |
dropout(dout, cache)        | dout * cache                                   |
reshape(dout, shape)        | dout.reshape(shape)                            | shape
tanh(dh, h)                 | dh * (1 - h * h)                               | h as the result y
tanh(g, tanh_x)             | g * (1 - tanh_x ** 2)                          |
tanh(ctx, grad)             | grad * (1 - np.tanh(ctx.saved_tensors[0]) ** 2) |
tanh(ctx, grad)             | grad * (1 - ctx.saved_tensors[0] ** 2)         | saved values
tanh(dout, cache)           | dout * (1 - cache ** 2)                        | saved values
tanh(*args)                 | args[0] * (1 - np.tanh(args[1]) ** 2)          |
sigmoid(da, a)              | da * a * (1 - a)                               | a as the result y
sigmoid(grad, s)            | grad * s * (1 - s)                             |
exp(d, o)                   | d * o                                          | o as the result y
sqrt(dy, r)                 | 0.5 * dy / r                                   | r as the result y
log(dy, x)                  | dy * x ** -1.0                                 |
exp2(dy, y)                 | dy * y * np.log(2.0)                           | np.log(2.0)
erf(dy, x)                  | dy * np.exp(-x ** 2) * (2 / np.sqrt(np.pi))    | np.sqrt(np.pi)
elu(dy, x)                  | dy * np.where(x > 0, 1, np.exp(np.minimum(x, 0))).astype(dy.dtype) |
softplus(dy, x)             | dy * 0.5 * (1 + np.tanh(x / 2))                |
silu(dout, x)               | dout * (0.5 * (1 + np.tanh(x / 2)) * (1 + x * 0.5 * (1 - np.tanh(x / 2)))) |
add(grad, a, b)             | {"grad_a": un(grad, a), "grad_b": un(grad, b)} |
mul(dout, x, y)             | un(dout * y, x), un(dout * x, y)               |
div(dy, num, den)           | un(dy / den, num), un(-dy * num / den / den, den) |
pow(dy, x, p)               | un(dy * p * x ** (p - 1), x), un(dy * x ** p * np.log(x), p) | powers and logarithms of 0
atan2(dy, y, x)             | un(dy * x / (x * x + y * y), y), un(-dy * y / (x * x + y * y), x) | the origin
mean(dout, shape)           | np.ones(shape, dout.dtype) * dout / dout.dtype.type(np.prod(shape)) |
mean(dout, x)               | np.ones(x.shape) * dout / x.size               | np.ones(x.shape)
softmax(dy, y)              | y * (dy - (dy * y).sum(axis=1, keepdims=True)) | right for matrices
softmax(dout, probs)        | probs * (dout - np.sum(dout * probs, -1, keepdims=True)) |
log_softmax(dout, logp)     | dout - np.exp(logp) * dout.sum(-1, keepdims=True) |
cumsum(dy, x)               | np.cumsum(dy[..., ::-1], axis=-1)[..., ::-1]   |
mse_loss(dout, y, t)        | 2 * dout * (y - t) / y.size                    |
mse(y_hat, y)               | 2 * (y_hat - y) / y.size                       |
bce(dy, p, y)               | dy * (p - y) / np.maximum(p * (1 - p), 1e-12) / p.size |
cross_entropy(logits, labels) | (soft(logits) - np.eye(logits.shape[1], dtype=logits.dtype)[labels]) / len(labels) |
cross_entropy(dout, y, t)   | dout * (soft(y) - np.eye(y.shape[1], dtype=y.dtype)[t]) / len(t) |
softmax_loss(dy, cache)     | dy * (soft(cache[0]) - np.eye(cache[0].shape[1])[cache[1]]) / len(cache[1]) | np.eye
linear(dout, inputs)        | [dout @ inputs[1], dout.T @ inputs[0], dout.sum(0)] | saved values
linear(dY, A_prev, W)       | dY @ W, dY.T @ A_prev                          |
affine(dout, cache)         | dout @ cache[1].T, cache[0].T @ dout, dout.sum(axis=0) |
dense(grad, x, w, b)        | grad @ w, grad.T @ x, grad.sum(axis=0)         | y = x wᵀ + b
matmul(dy, a, b)            | dy @ b.T, a.T @ dy                             | 1-dimensional operands
embedding(dout, idx, W)     | add(W, idx, dout)                              |
dropout(dout, mask)         | dout * mask                                    |
hinge(dy, scores, y)        | np.where(y * scores < 1, -y * dy, 0) / y.size  |
layer_norm(dy, x, gamma, beta) | normed(dy * gamma, x, -1, 1e-5), (dy * hat(x.T, 1e-5).T).sum(axis=0), dy.sum(axis=0) |
batch_norm(dy, x, gamma, beta, eps) | normed(dy * gamma, x, 0, eps), (dy * hat(x, eps)).sum(axis=0), dy.sum(axis=0) |
reshape(dout, x, new_shape) | dout.reshape(x.shape)                          |
"""
