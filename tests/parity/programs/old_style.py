"""As tutorials of the first years wrote it: Variables, typed tensors, .data, size_average, volatile losses."""

import warnings

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.init as init
from torch.autograd import Variable

warnings.simplefilter("ignore")
torch.manual_seed(1)
dtype = torch.FloatTensor

x = torch.Tensor(5, 3).zero_()
print(x.size(), x)
y = torch.Tensor([[1, 2, 3], [4, 5, 6]])
print(y, y.type(), torch.LongTensor([1, 2]).type(), torch.ByteTensor(2).fill_(1))
print(y.type(torch.LongTensor), y.type("torch.DoubleTensor"), isinstance(y, torch.FloatTensor))
print(torch.IntTensor(np.arange(4)), torch.DoubleTensor(2, 2).fill_(0.5), y.new(2, 2).fill_(7), y.new([1, 2]))
print(torch.range(1, 4), y.numel(), y.dim(), torch.is_tensor(y))
a = torch.ones(5)
b = a.numpy()
a.add_(1)
print(a, b)

N, D_in, H, D_out = 16, 10, 8, 4
x = Variable(torch.randn(N, D_in).type(dtype), requires_grad=False)
y = Variable(torch.randn(N, D_out).type(dtype), requires_grad=False)
w1 = Variable(torch.randn(D_in, H).type(dtype), requires_grad=True)
w2 = Variable(torch.randn(H, D_out).type(dtype), requires_grad=True)
for t in range(30):
    loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
    if t % 10 == 0:
        print(t, "%.3f" % loss.data.item())
    loss.backward()
    w1.data -= 1e-3 * w1.grad.data
    w2.data -= 1e-3 * w2.grad.data
    w1.grad.data.zero_()
    w2.grad.data.zero_()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(1, 10)
        self.predict = torch.nn.Linear(10, 1)
        init.xavier_uniform(self.hidden.weight)
        init.constant(self.hidden.bias, 0.1)

    def forward(self, x):
        return self.predict(F.relu(self.hidden(x)))


x = torch.unsqueeze(torch.linspace(-1, 1, 20), dim=1)
y = x.pow(2) + 0.2 * torch.rand(x.size())
x, y = Variable(x), Variable(y)
net = Net()
print(net)
optimizer = torch.optim.SGD(net.parameters(), lr=0.2)
loss_func = torch.nn.MSELoss(size_average=True)
for t in range(21):
    loss = loss_func(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if t % 10 == 0:
        print("Loss=%.4f" % loss.data.numpy())
print(F.sigmoid(torch.Tensor([0])), F.tanh(torch.Tensor([1])), F.softmax(torch.Tensor([1, 2])))
criterion = nn.CrossEntropyLoss(size_average=False)
print(criterion(Variable(torch.Tensor([[1, 2], [3, 1]])), Variable(torch.LongTensor([1, 0]))))
print(torch.nn.utils.clip_grad_norm(net.parameters(), 0.1))
out = net(x)
_, predicted = torch.max(torch.cat((out, -out), 1).data, 1)
print(predicted.sum(), (predicted == 0).sum().item())
hidden = Variable(torch.zeros(1, 1, 4))
rnn = nn.RNN(3, 4, 1)
out, hidden = rnn(Variable(torch.randn(2, 1, 3)), hidden)
print(out.size(), hidden.data[0][0])
print(torch.__version__.split(".")[0] >= "1", torch.manual_seed(1), type(x), x.is_leaf, x.storage_offset())
torch.set_default_tensor_type(torch.DoubleTensor)
print(torch.zeros(2), torch.rand(1).dtype)
torch.set_default_tensor_type("torch.FloatTensor")
