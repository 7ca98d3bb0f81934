"""Real architectures, by torchvision: quick answers, and ways counted as autograd counts them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
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


NETWORKS = ("resnet18", "vgg16", "mobilenet_v2", "densenet121", "deeplabv3")


def made(name: str) -> Any:
    """A network of torchvision's, without memory for its weights; of deeplabv3 the backbone."""
    models = torchvision_models()
    from torchvision.models.segmentation import deeplabv3_resnet50

    with torch.device("meta"):
        if name == "deeplabv3":
            return deeplabv3_resnet50(weights=None, weights_backbone=None).backbone
        return getattr(models, name)(weights=None)


@pytest.mark.parametrize("name", NETWORKS)
def test_ways_are_those_of_autograd(name: str) -> None:
    module = made(name)
    module = module.features if name == "vgg16" else module
    found = Report(take_apart(module).graph, 97, 96)
    for head in ("fc", "classifier"):
        if hasattr(module, head):
            setattr(module, head, nn.Identity())
    counted = counting(module.to_empty(device="cpu")).eval()
    image = torch.ones((1, 3, 97, 96), dtype=torch.float64, requires_grad=True)
    out = counted(image)
    out = out["out"] if isinstance(out, dict) else out
    (ways,) = torch.autograd.grad(out.sum(), image)
    expected = ways[0, 0].numpy() / float(ways.max())
    assert found.counts is not None
    np.testing.assert_allclose(found.counts.shares, expected, rtol=1e-9)
    assert found.counts.error < 1e-11


@pytest.mark.parametrize("name", NETWORKS)
def test_an_architecture_is_answered_within_two_seconds(name: str) -> None:
    module = made(name)
    start = time.process_time()
    answer = describe(Report(take_apart(module).graph, 224, 224))
    assert time.process_time() - start < 2
    assert len(answer["even_sizes"]) == 10
    nearest = {"vgg16": 224}.get(name, 225)
    assert answer["even_sizes"][0] == nearest
    assert answer["faults"] == ([] if name == "vgg16" else ["lopsided"])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells a process's memory")
def test_the_command_stays_within_500_mb() -> None:
    torchvision_models()
    command = "import sys; from core.__main__ import main; main(sys.argv[1:])"
    command += "; print(open('/proc/self/status').read().partition('VmHWM:')[2], file=sys.stderr)"
    asked = ["check", "--torch", "torchvision.models:densenet121", "--size", "224"]
    done = subprocess.run(
        [sys.executable, "-c", command, *asked],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert json.loads(done.stdout)["faults"] == ["lopsided"]
    assert int(done.stderr.split()[0]) < 500 * 1024  # kB
