"""LeNet learns handwritten digits from mini-batches, is evaluated, saved, and loaded again."""

import io

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=3)
        self.norm = nn.BatchNorm2d(16)
        self.fc1 = nn.Linear(16, 32)
        self.dropout = nn.Dropout(0.2)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(F.relu(self.norm(self.conv2(x))), 2)
        x = torch.flatten(x, 1)
        return self.fc2(self.dropout(F.relu(self.fc1(x))))


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.from_numpy(digits.target).long()
print(images.shape, labels.bincount())
training, validation = random_split(TensorDataset(images[:400], labels[:400]), [320, 80])
loader = DataLoader(training, batch_size=32, shuffle=True, drop_last=True)

model = LeNet()
print(model)
for name, parameter in model.named_parameters():
    print(f"{name:14s} {tuple(parameter.shape)!s:18s} {parameter.norm().item():.4f}")
criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, total_steps=3 * len(loader))
for epoch in range(3):
    model.train()
    running = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        scheduler.step()
        running += loss.item() * len(x)
    model.eval()
    with torch.inference_mode():
        x, y = validation[:]
        accuracy = (model(x).argmax(1) == y).float().mean()
    print(f"epoch {epoch} loss {running / 320:.4f} accuracy {accuracy:.2%} lr {scheduler.get_last_lr()[0]:.5f}")

print(model.norm.running_mean[:4], model.norm.num_batches_tracked)
file = io.BytesIO()
torch.save(model.state_dict(), file)
file.seek(0)
again = LeNet()
print(again.load_state_dict(torch.load(file)))
again.eval()
with torch.no_grad():
    print(torch.equal(again(x), model(x)))
try:
    model(x)
except RuntimeError as error:
    print(str(error).split(".")[0])

features = {}
handle = model.conv1.register_forward_hook(lambda module, inputs, output: features.update(conv1=output.detach()))
model(images[:1])
handle.remove()
print(features["conv1"].shape, features["conv1"][0, 0, :2])
windows = F.unfold(images[:2], 3, padding=1)
by_hand = (model.conv1.weight.view(6, -1) @ windows + model.conv1.bias.view(1, -1, 1)).view(2, 6, 8, 8)
print(torch.allclose(by_hand, model.conv1(images[:2]), atol=1e-6))
