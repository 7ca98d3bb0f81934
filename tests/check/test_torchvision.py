"""Real architectures, by torchvision: quick answers, and ways counted as autograd counts them."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.check import Report, describe
from core.check.module import take_apart
from tests.check.real import torchvision_models


class SumPool(nn.Module):
    """A pool that counts every pixel of its window once."""

    def __init__(self, pool: Any) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pool = self.pool
        return F.avg_pool2d(x, pool.kernel_size, pool.stride, pool.padding, divisor_override=1)


def counting(module: nn.Module) -> nn.Module:
    """The module with every weight 1 and nothing that is not linear."""
    for name, part in module.named_children():
        if isinstance(part, nn.Conv2d):
            part.weight.data = torch.ones_like(part.weight, dtype=torch.float64)
            part.bias = None
        elif isinstance(part, nn.MaxPool2d | nn.AvgPool2d):
            setattr(module, name, SumPool(part))
        elif isinstance(part, nn.BatchNorm2d | nn.ReLU | nn.ReLU6 | nn.Dropout):
            setattr(module, name, nn.Identity())
        else:
            counting(part)
    return module


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_ways_are_those_of_autograd(name: str) -> None:
    models = torchvision_models()
    found = Report(take_apart(getattr(models, name)(weights=None)).graph, 97, 96)
    module = counting(getattr(models, name)(weights=None)).eval()
    head = "fc" if name == "resnet18" else "classifier"
    setattr(module, head, nn.Identity())
    image = torch.ones((1, 3, 97, 96), dtype=torch.float64, requires_grad=True)
    (ways,) = torch.autograd.grad(module(image).sum(), image)
    expected = ways[0, 0].numpy() / float(ways.max())
    assert found.counts is not None
    np.testing.assert_allclose(found.counts.shares, expected, rtol=1e-9)
    assert found.counts.error < 1e-11


@pytest.mark.parametrize("name", ["resnet18", "vgg16", "mobilenet_v2", "densenet121", "deeplabv3"])
def test_an_architecture_is_answered_within_two_seconds(name: str) -> None:
    models = torchvision_models()
    from torchvision.models.segmentation import deeplabv3_resnet50

    with torch.device("meta"):
        if name == "deeplabv3":
            module = deeplabv3_resnet50(weights=None, weights_backbone=None).backbone
        else:
            module = getattr(models, name)(weights=None)
    start = time.process_time()
    answer = describe(Report(take_apart(module).graph, 224, 224))
    assert time.process_time() - start < 2
    assert len(answer["even_sizes"]) == 10
    nearest = {"vgg16": 224}.get(name, 225)
    assert answer["even_sizes"][0] == nearest
    assert answer["faults"] == ([] if name == "vgg16" else ["lopsided"])
