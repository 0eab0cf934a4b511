"""A network of two layers, small enough to check by hand."""

import torch
from torch import nn


class SimpleNet(nn.Module):
    """Ten measurements in, a score for each of three classes out."""

    def __init__(self) -> None:
        """Make the two layers with PyTorch's own starting weights."""
        super().__init__()
        self.fc1 = nn.Linear(10, 16)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(16, 3)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return the scores [batch, 3] for `input` [batch, 10]."""
        return self.fc2(self.relu(self.fc1(input)))
