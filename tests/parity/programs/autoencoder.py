"""Digits pass through a narrow place: a dense autoencoder, and one of convolutions and their transposes."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(42)
data = torch.tensor(load_digits().data[:256], dtype=torch.float32) / 16


class AutoEncoder(nn.Module):
    def __init__(self, **kwargs):
        super().__init__()
        self.encoder_hidden_layer = nn.Linear(in_features=kwargs["input_shape"], out_features=32)
        self.encoder_output_layer = nn.Linear(in_features=32, out_features=8)
        self.decoder_hidden_layer = nn.Linear(in_features=8, out_features=32)
        self.decoder_output_layer = nn.Linear(in_features=32, out_features=kwargs["input_shape"])

    def forward(self, features):
        code = torch.sigmoid(self.encoder_output_layer(torch.relu(self.encoder_hidden_layer(features))))
        return torch.sigmoid(self.decoder_output_layer(torch.relu(self.decoder_hidden_layer(code))))


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1),
            nn.ReLU(True),
            nn.Conv2d(8, 4, 3, stride=2, padding=1),
            nn.GroupNorm(2, 4),
            nn.SiLU(),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(4, 8, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(True),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(8, 1, 3, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


def train(model, images, criterion, epochs, lr):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for epoch in range(epochs):
        loss = 0
        for (batch,) in torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(images), batch_size=64, shuffle=True
        ):
            noisy = (batch + 0.1 * torch.randn_like(batch)).clamp(0, 1)
            optimizer.zero_grad()
            train_loss = criterion(model(noisy), batch)
            train_loss.backward()
            optimizer.step()
            loss += train_loss.item()
        print(f"epoch : {epoch + 1}/{epochs}, loss = {loss / 4:.6f}")


dense = AutoEncoder(input_shape=64)
print(dense)
train(dense, data, nn.MSELoss(), 4, 1e-2)
convolutional = Convolutional()
print(convolutional)
train(convolutional, data.view(-1, 1, 8, 8), nn.BCELoss(reduction="mean"), 3, 1e-2)
with torch.no_grad():
    image = convolutional(data[:1].view(1, 1, 8, 8)).squeeze()
    print(image.shape, image.topk(2, dim=1))
    print(F.mse_loss(image, data[0].view(8, 8)), F.interpolate(image[None, None], size=(4, 4), mode="bilinear"))
