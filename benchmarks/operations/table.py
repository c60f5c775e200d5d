"""The table: all rows, by family."""

from __future__ import annotations

from benchmarks.operations.programs import PROGRAMS
from benchmarks.operations.row import Mode, Row, code
from benchmarks.operations.steps import STEPS

ALL: tuple[Mode, ...] = ("", "recorded", "backward")

ROWS: tuple[Row, ...] = (
    *code("arithmetic", "x + y\n m + n\n m * n\n m / q", modes=ALL, terms=0),
    *code(
        "arithmetic",
        """
        x * 2
        1 - x
        x - y
        -m
        m + r
        m * c
        s * s
        x // 0.5
        x % 0.75
        m.abs()
        torch.add(x, y)
        torch.maximum(m, n)
        torch.round(m)
        m.sign()
        k + 1
        k * k
        x += y
        x *= -1
        x.add_(y)
        x.copy_(y)
        m.zero_()
        """,
        terms=0,
    ),
    *code("arithmetic", "m**2\n m.sqrt()\n q.log()\n m.exp()\n m.clamp(-1, 1)", modes=("", "backward")),
    *code("arithmetic", "m**3\n q**0.5\n q.rsqrt()\n m.sin()\n m.cos()\n q.log1p()\n m.erf()\n m.square()\n x.pow(2)"),
    *code("arithmetic", "(x - 1) ** 2 / 2\n torch.lerp(x, y, 0.3)\n torch.addcmul(m, m, n)\n m.sub_(n, alpha=0.01)"),
    *code(
        "comparison",
        """
        x == y
        x > 0
        m < n
        m >= 0.5
        (m > 0) & (n > 0)
        ~mask
        mask.any()
        mask.all()
        torch.equal(x, x)
        torch.allclose(x, x)
        torch.isnan(m)
        torch.isclose(x, y)
        (m.argmax(1) == classes).float().mean()
        """,
    ),
    *code("activation", "torch.relu(m)\n torch.sigmoid(m)\n torch.tanh(m)", modes=ALL),
    *code("activation", "F.gelu(m)\n F.softmax(m, dim=1)\n F.log_softmax(m, 1)", modes=("", "backward"), terms=32),
    *code("activation", "F.silu(m)\n F.softplus(m)\n F.leaky_relu(m, 0.1)\n F.elu(m)\n F.logsigmoid(m)\n relu(m)"),
    *code("reduction", "m.sum()\n m.mean()\n m.sum(0)", modes=ALL, terms=1024),
    *code("reduction", "m.std()\n m.var(0)\n m.max()\n m.norm()\n m.logsumexp(1)", modes=("", "backward"), terms=1024),
    *code(
        "reduction",
        """
        x.sum()
        x.mean()
        m.mean(1)
        m.sum(1, keepdim=True)
        m.mean(0, keepdim=True)
        m.std(0, keepdim=True)
        m.var(0, keepdim=True, unbiased=False)
        m.std(1)
        m.min()
        m.max(1)
        m.max(dim=0, keepdim=True)
        m.amax(1)
        m.argmax()
        m.argmax(1)
        m.argmin(dim=1)
        x.prod()
        x.cumsum(0)
        m.cumsum(1)
        x.norm()
        m.median()
        m.sum().item()
        k.sum()
        torch.count_nonzero(mask)
        """,
        terms=1024,
    ),
    *code("order", "m.sort()\n m.sort(1, descending=True)\n m.topk(5)\n m.argsort(1)\n x.sort()\n x.topk(3)", terms=0),
    *code("order", "torch.bincount(k)\n torch.unique(k)\n x.flip(0)", terms=0),
    *code("shape", "m.T\n m.view(-1)\n m.reshape(16, 64)\n x.unsqueeze(1)", modes=("", "recorded"), terms=0),
    *code(
        "shape",
        """
        m.t()
        m.view(4, 8, 32)
        m.transpose(0, 1)
        m.T.contiguous()
        m.permute(1, 0)
        m.flatten()
        c.squeeze()
        x[None]
        x.expand(10, 10)
        r.repeat(4, 1)
        m.tril()
        torch.triu(m)
        m.diagonal()
        m.roll(1, 0)
        m.unbind(0)
        m.split(8)
        m.chunk(4)
        x.shape
        x.size(0)
        x.dim()
        x.numel()
        len(m)
        m.shape[0]
        m.dtype
        m.device
        m.is_contiguous()
        torch.broadcast_to(r, (32, 32))
        """,
        terms=0,
    ),
    *code("joining", "torch.cat([m, n], 1)\n torch.stack([x, y])", modes=ALL, terms=0),
    *code(
        "joining",
        "torch.cat([x, y])\n torch.stack([m, n], dim=1)\n torch.vstack([x, y])\n torch.hstack((x, y))",
        terms=0,
    ),
    *code("products", "m @ n\n inputs @ inputs.T\n b @ b", modes=ALL, terms=64),
    *code(
        "products",
        """
        x @ y
        x.dot(y)
        m @ r
        m.matmul(n)
        torch.mm(m, n)
        torch.bmm(b, b)
        torch.outer(x, y)
        torch.einsum("ij,jk->ik", m, n)
        torch.einsum("i,j->ij", x, y)
        torch.einsum("bij,bjk->bik", b, b)
        torch.addmm(r, m, n)
        """,
        terms=64,
    ),
    *code("indexing", "x[3]\n m[1, 2]\n m[idx]\n m[:, 1:3]", modes=ALL, terms=0),
    *code(
        "indexing",
        """
        m[3]
        x[-1]
        x[2:5]
        x[::2]
        m[:, 0]
        m[1:3, 4:6]
        m[..., None]
        m[mask]
        x[few]
        m[idx, idx]
        P[classes[0] % 27, 3]
        x[3] = 1.0
        m[1, 2] = 0.5
        m[:, 0] = 0.0
        m[mask] = 0.0
        x[few] = y[few]
        m[idx] = 0.0
        m[1] = r
        N[3, 4] += 1
        x[3] += 1.0
        list(x)
        [v.item() for v in x]
        for row in m: pass
        for a, b in zip(x, y): a * b
        sum(x)
        torch.where(mask, m, n)
        torch.where(m > 0, m, 0.0)
        m.masked_fill(mask, 0.0)
        m.gather(1, places)
        torch.index_select(m, 0, idx)
        m.scatter(1, places, 1.0)
        m[torch.arange(32), classes]
        torch.nonzero(few)
        F.one_hot(classes, 32)
        F.one_hot(classes, num_classes=32).float()
        """,
        terms=10,
    ),
    *code(
        "creation",
        """
        torch.zeros(10)
        torch.zeros(32, 32)
        torch.ones(32, 32)
        torch.zeros((27, 27), dtype=torch.int32)
        torch.full((32, 32), 0.5)
        torch.arange(10)
        torch.arange(0, 1, 0.1)
        torch.linspace(-1, 1, 100)
        torch.eye(10)
        torch.empty(32, 32).zero_()
        torch.tensor(3.0)
        torch.tensor([1.0, 2.0, 3.0])
        torch.tensor(numbers)
        torch.tensor([1, 2, 3])
        torch.tensor(array)
        torch.from_numpy(array)
        torch.as_tensor(array)
        torch.tensor([1.0, 2.0], requires_grad=True)
        torch.zeros_like(m)
        torch.ones_like(m)
        torch.full_like(m, 2.0)
        m.new_zeros(3)
        torch.meshgrid(x, y, indexing="ij")
        """,
    ),
    *code(
        "random",
        """
        torch.manual_seed(0).initial_seed()
        torch.rand(10)
        torch.rand(32, 32)
        torch.randn(10)
        torch.randn(3, 3)
        torch.randn(32, 32)
        torch.randint(0, 10, (32,))
        torch.randint(0, 1000, (32, 32))
        torch.randperm(10)
        torch.randperm(150)
        torch.multinomial(probabilities, 1, replacement=True)
        torch.multinomial(probabilities, 20, replacement=True)
        torch.bernoulli(q)
        torch.normal(0.0, 0.01, (32, 2))
        m.normal_()
        m.uniform_(-1, 1)
        torch.randn_like(m)
        torch.rand_like(m)
        F.dropout(m, 0.5)
        dropout(m)
        nn.Linear(32, 32)
        nn.init.kaiming_normal_(m)
        nn.init.xavier_uniform_(m)
        """,
        terms=0,
    ),
    *code("losses", "F.mse_loss(m, n)\n F.cross_entropy(m, classes)", modes=ALL, terms=1024),
    *code(
        "losses",
        """
        F.l1_loss(m, n)
        F.binary_cross_entropy_with_logits(m, targets)
        F.binary_cross_entropy(q, targets)
        F.nll_loss(m, classes)
        F.huber_loss(m, n)
        F.smooth_l1_loss(m, n)
        cross_entropy(m, classes)
        -F.log_softmax(m, 1)[torch.arange(32), classes].mean()
        """,
        modes=("", "backward"),
        terms=1024,
    ),
    *code("layers", "linear(m)\n batch_norm(m)\n layer_norm(m)\n net(inputs)", modes=ALL, terms=1024),
    *code("layers", "embedding(idx)\n F.linear(m, n, r)", modes=("", "backward"), terms=64),
    *code("layers", "F.layer_norm(m, (32,))\n F.embedding(idx, m)\n F.normalize(m)", terms=64),
    *code("layers", "list(net.parameters())\n net.state_dict()\n net.train()\n net.eval()"),
    *code("optimizers", "sgd.step()\n momentum.step()\n adam.step()\n adamw.step()\n rmsprop.step()\n adagrad.step()"),
    *code("optimizers", "sgd.zero_grad()\n net.zero_grad()"),
    *code("optimizers", "nn.utils.clip_grad_norm_(trained.parameters(), 1.0)", terms=4225),
    *code("optimizers", "with torch.no_grad(): m -= 0.01 * n\n m.data += -0.01 * n"),
    *code("data", "list(loader)\n list(shuffled)\n next(iter(loader))", terms=0),
    *code(
        "tensor",
        """
        s.item()
        x[3].item()
        float(s)
        bool(s)
        int(k[0])
        x.tolist()
        m.tolist()
        m.numpy()
        m.detach()
        m.clone()
        m.detach().clone()
        m.requires_grad_()
        m.float()
        m.double()
        k.float()
        m.to(torch.float64)
        m.type(torch.float32)
        m.data
        m.grad
        m.requires_grad
        x.requires_grad
        repr(s)
        repr(x)
        repr(m)
        print(x, file=sink)
        f"{s:.4f}"
        f"{s.item():.4f}"
        with torch.no_grad(): x + y
        """,
    ),
    *code(
        "graphs",
        """
        ((x * y + x) ** 2).sum()
        ((s * s + s) * s).tanh()
        (torch.tanh(inputs[:, :32] @ m + r) @ n).mean()
        ((m @ r - r) ** 2).mean()
        x[0] * y[0] + x[1] * y[1]
        """,
        modes=("recorded", "backward"),
        terms=1024,
    ),
    *code(
        "elementwise",
        """
        X + Y
        X * Y
        X / 3
        M + R
        X += Y
        torch.relu(M)
        M.clamp(-1, 1)
        X.abs()
        X > 0
        torch.where(mask, M, W)
        torch.maximum(M, W)
        M[mask]
        """,
        size="large",
        terms=0,
    ),
    *code(
        "elementwise",
        """
        X.exp()
        Q.log()
        Q.sqrt()
        X.sin()
        X**2
        X.tanh()
        torch.sigmoid(M)
        F.gelu(M)
        X.erf()
        F.silu(M)
        """,
        size="large",
    ),
    *code(
        "reduction",
        """
        X.sum()
        M.sum(0)
        M.sum(1)
        X.mean()
        M.mean(0)
        X.std()
        M.std(0)
        M.var(1)
        X.norm()
        M.max(1)
        M.argmax(1)
        X.max()
        X.cumsum(0)
        M.cumsum(1)
        F.softmax(M, 1)
        F.log_softmax(M, 1)
        M.logsumexp(1)
        F.layer_norm(M, (1000,))
        F.cross_entropy(M, classes)
        F.mse_loss(M, targets)
        """,
        size="large",
        terms=1_000_000,
    ),
    *code("order", "D.sort()\n D.topk(10)\n E.topk(5)\n E.sort(1)\n D.argsort()", size="large", terms=0),
    *code("shape", "M.T.contiguous()\n torch.cat([M, W])\n X.clone()\n M[G]\n M.T.reshape(-1)", size="large", terms=0),
    *code("products", "M @ R\n M @ W\n network(M)", size="large", terms=1000),
    *code(
        "random",
        """
        torch.rand(1000000)
        torch.randn(1000000)
        torch.randperm(1000000)
        torch.randint(0, 100, (1000000,))
        torch.bernoulli(Q)
        X.normal_()
        F.dropout(M, 0.5)
        """,
        size="large",
        terms=0,
    ),
    *code(
        "creation",
        "torch.zeros(1000000)\n torch.arange(1000000)\n torch.full((1000, 1000), 0.5)",
        size="large",
        terms=0,
    ),
    *code(
        "gradients",
        """
        X * Y
        X.exp().sum()
        torch.relu(M)
        torch.sigmoid(M)
        X.mean()
        F.softmax(M, 1)
        F.cross_entropy(M, classes)
        F.layer_norm(M, (1000,))
        M + R
        """,
        size="large",
        modes=("backward",),
        terms=1_000_000,
    ),
    *STEPS,
    *PROGRAMS,
)
