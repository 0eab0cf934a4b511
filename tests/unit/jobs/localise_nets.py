"""Models for the search of a layer: every way in which modules hang together."""

import torch
from torch import nn
from torch.nn import functional


class Cnn(nn.Module):
    """Convolutions that exporters join with the normalisation behind them, and a skip."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.c2 = nn.Conv2d(8, 8, 3, padding=1)
        self.b2 = nn.BatchNorm2d(8)
        self.drop = nn.Dropout()
        self.fc = nn.Linear(8, 5)
        for norm in (self.stem[1], self.b2):
            drawn = {"running_mean": torch.randn(8), "running_var": torch.rand(8) + 0.5}
            norm.load_state_dict(drawn, strict=False)

    def forward(self, x):
        x = self.stem(x)
        y = functional.relu(self.b2(self.c2(x)) + x)
        return self.fc(self.drop(y.mean((2, 3))))


class Encoder(nn.Module):
    """A transformer encoder with a mask, which is -inf where a key is left out."""

    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(50, 16)
        layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(16, 7)

    def forward(self, ids, mask):
        return self.head(self.enc(self.emb(ids) * 4.0, src_key_padding_mask=mask))


class Recurrent(nn.Module):
    """A module with several outputs."""

    def __init__(self):
        super().__init__()
        self.emb = nn.Linear(4, 6)
        self.rnn = nn.LSTM(6, 8, num_layers=2, batch_first=True)
        self.out = nn.Linear(8, 3)

    def forward(self, x):
        y, (hidden, _) = self.rnn(self.emb(x))
        return self.out(y), hidden


class Shared(nn.Module):
    """Modules that are called twice."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.act = nn.LeakyReLU()
        self.out = nn.Linear(8, 4)

    def forward(self, x):
        return self.act(self.out(self.act(self.fc(self.act(self.fc(x))))))


class Unet(nn.Module):
    """Skip connections, and steps between modules."""

    def __init__(self):
        super().__init__()
        self.down1 = nn.Conv2d(1, 4, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.down2 = nn.Conv2d(4, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 4, 2, 2)
        self.up1 = nn.Conv2d(8, 4, 3, padding=1)
        self.out = nn.Conv2d(4, 1, 1)

    def forward(self, x):
        skip = torch.relu(self.down1(x))
        deep = torch.relu(self.down2(self.pool(skip)))
        both = torch.cat([self.up(deep), skip], 1)
        return torch.sigmoid(self.out(torch.relu(self.up1(both))))
