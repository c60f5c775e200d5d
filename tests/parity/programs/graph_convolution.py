"""A graph convolutional network on a small social network, with a sparse adjacency matrix and few labels."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.parameter import Parameter

torch.manual_seed(42)
EDGES = """0 1;0 2;0 3;1 2;1 3;2 3;3 4;4 5;4 6;5 6;5 7;6 7;7 8;8 9;8 10;9 10;9 11;10 11;11 12;2 12;12 13;13 9"""
pairs = [tuple(map(int, pair.split())) for pair in EDGES.split(";")]
n = 14


def normalized(pairs, n):
    """D^-1/2 (A + I) D^-1/2 as a sparse matrix."""
    index = torch.tensor(pairs).t()
    index = torch.cat([index, index.flip(0), torch.arange(n).repeat(2, 1)], dim=1)
    adjacency = torch.sparse_coo_tensor(index, torch.ones(index.shape[1]), (n, n)).coalesce()
    degree = torch.sparse.mm(adjacency, torch.ones(n, 1)).squeeze(1)
    row, col = adjacency.indices()
    values = degree[row].rsqrt() * adjacency.values() * degree[col].rsqrt()
    return torch.sparse_coo_tensor(adjacency.indices(), values, adjacency.size())


class GraphConvolution(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(torch.FloatTensor(in_features, out_features))
        if bias:
            self.bias = Parameter(torch.FloatTensor(out_features))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        stdv = 1.0 / math.sqrt(self.weight.size(1))
        self.weight.data.uniform_(-stdv, stdv)
        if self.bias is not None:
            self.bias.data.uniform_(-stdv, stdv)

    def forward(self, input, adj):
        output = torch.spmm(adj, torch.mm(input, self.weight))
        return output if self.bias is None else output + self.bias

    def __repr__(self):
        return f"{self.__class__.__name__} ({self.in_features} -> {self.out_features})"


class GCN(nn.Module):
    def __init__(self, nfeat, nhid, nclass, dropout):
        super().__init__()
        self.gc1, self.gc2 = GraphConvolution(nfeat, nhid), GraphConvolution(nhid, nclass, bias=False)
        self.dropout = dropout

    def forward(self, x, adj):
        x = F.dropout(F.relu(self.gc1(x, adj)), self.dropout, training=self.training)
        return F.log_softmax(self.gc2(x, adj), dim=1)


adj = normalized(pairs, n)
print(adj.is_sparse, adj.size(), adj._nnz(), adj.to_dense().sum(1)[:4])
features, labels = torch.eye(n), torch.tensor([0] * 7 + [1] * 7)
known = torch.tensor([0, 13])
model = GCN(n, 8, 2, 0.2)
print(model)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05, weight_decay=5e-4)
for epoch in range(40):
    model.train()
    optimizer.zero_grad()
    loss = F.nll_loss(model(features, adj)[known], labels[known])
    loss.backward()
    optimizer.step()
    if epoch % 10 == 9:
        model.eval()
        with torch.no_grad():
            correct = (model(features, adj).max(1)[1] == labels).double().mean()
        print(f"epoch {epoch}: loss {loss.item():.4f}, accuracy {correct.item():.3f}")
attention = torch.tensor([[0.0, 2, 0], [1, 0, 3]]).to_sparse().requires_grad_(False)
weight = torch.randn(3, 2, requires_grad=True)
(attention @ weight).pow(2).sum().backward()
print(weight.grad, attention.t())
