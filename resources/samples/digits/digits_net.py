"""A small convolutional network that reads handwritten digits."""

import torch
from torch import nn


class DigitsNet(nn.Module):
    """A grey picture of 8 by 8 pixels in, a score for each of the digits 0 to 9 out."""

    def __init__(self) -> None:
        """Make the layers with PyTorch's own starting weights."""
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(32)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.dropout = nn.Dropout(0.25)
        self.fc1 = nn.Linear(32 * 2 * 2, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the scores [batch, 10] for `image` [batch, 1, 8, 8], grey values 0 to 1."""
        x = self.pool(self.relu(self.bn1(self.conv1(image))))
        x = self.pool(self.relu(self.bn2(self.conv2(x))))
        x = self.dropout(torch.flatten(x, 1))
        return self.fc2(self.relu(self.fc1(x)))
