"""Real PyTorch modules, taken apart by torch.fx: sizes layer by layer as PyTorch has them."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.check.graph import Crop, Flatten, PadSame, Resize, Unknown, Window
from core.check.module import load, take_apart
from core.settings import InputError
from tests.check.real import graph_sizes, same_sizes, torch_sizes, torchvision_models

ARCHITECTURES = ["resnet18", "vgg16", "mobilenet_v2", "densenet121"]
MORE = ["googlenet", "efficientnet_b0", "mnasnet1_0", "shufflenet_v2_x0_5"]


@pytest.mark.parametrize("size", [(224, 224), (225, 161)])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_torchvisions_architectures(name: str, size: tuple[int, int]) -> None:
    torchvision_models()
    module = load(f"torchvision.models:{name}")
    reading = take_apart(module, name)
    assert reading.whole
    assert not reading.notes
    same_sizes(reading.graph, module, 3, *size)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("name", MORE)
def test_more_of_torchvisions_architectures(name: str) -> None:
    torchvision_models()
    module = load(f"torchvision.models:{name}")
    reading = take_apart(module, name)
    assert reading.whole
    same_sizes(reading.graph, module, 3, 224, 192)


@pytest.mark.parametrize("size", [(224, 224), (129, 200)])
def test_a_backbone_with_a_dictionary_for_an_output(size: tuple[int, int]) -> None:
    torchvision_models()
    from torchvision.models.segmentation import deeplabv3_resnet50

    with torch.device("meta"):
        module = deeplabv3_resnet50(weights=None, weights_backbone=None, aux_loss=True)
    backbone = take_apart(module.backbone)
    assert backbone.whole
    same_sizes(backbone.graph, module.backbone, 3, *size)
    assert len(backbone.graph.outputs) == 2
    whole = take_apart(module)
    assert whole.whole
    same_sizes(whole.graph, module, 3, *size)


class Same(nn.Conv2d):
    """A convolution that lays 'same' around the map by its size."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        (height, width), (sh, sw) = self.kernel_size, self.stride
        whole = -(-x.shape[2] // sh), math.ceil(x.shape[3] / sw)
        high = (whole[0] - 1) * sh + height - x.shape[2]
        wide = (whole[1] - 1) * sw + width - x.shape[3]
        x = F.pad(x, [wide // 2, wide - wide // 2, high // 2, high - high // 2])
        weight = self.weight / self.weight.abs().sum()
        return F.conv2d(x, weight, self.bias, self.stride, (0, 0), (1, 1), self.groups)


@pytest.mark.parametrize("size", [(224, 224), (33, 50)])
def test_convolutions_of_the_user_s_own(size: tuple[int, int]) -> None:
    module = nn.Sequential(Same(3, 8, 3, 2), Same(8, 8, (5, 4), (2, 3), groups=8))
    reading = take_apart(module)
    assert reading.whole
    kinds = [type(node.operation) for node in reading.graph.nodes[1:]]
    assert kinds == [PadSame, Window, PadSame, Window]
    last = graph_sizes(reading.graph, *size)["output 0"]
    assert last == torch_sizes(module, 3, *size)["output 0"]


class Odd(nn.Module):
    """What the architectures above do not have."""

    def __init__(self) -> None:
        super().__init__()
        self.pad = nn.ReflectionPad2d((1, 2, 3, 4))
        self.conv = nn.Conv2d(1, 8, (3, 5), stride=(2, 1), padding=(1, 0), padding_mode="circular")
        self.pool = nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)
        self.up = nn.ConvTranspose2d(8, 8, 3, 2, 1, output_padding=1, groups=2)
        self.wide = nn.Conv2d(8, 6, 3, padding="same", dilation=2)
        self.scale = nn.Parameter(torch.ones(6, 1, 1))

    def forward(self, x: torch.Tensor) -> Any:
        x = self.conv(self.pad(x))
        y = self.up(F.leaky_relu(self.pool(x), 0.1))
        y = F.interpolate(y, size=x.shape[-2:], mode="bilinear", align_corners=False)
        z = self.wide(F.max_pool2d(torch.add(x, y), 2)[..., 1:-1, 2:])
        z = z * self.scale
        squeezed = z.mean(dim=(2, 3), keepdim=True).sigmoid()
        a, b = (z * squeezed).chunk(2, dim=1)
        return [torch.cat((a, b, a), 1), F.pad(b, (1, 1, -1, 0)).flatten(1)]


@pytest.mark.parametrize("size", [(32, 32), (33, 29)])
def test_pads_crops_joins_and_shapes(size: tuple[int, int]) -> None:
    module = Odd()
    reading = take_apart(module, "Odd")
    assert reading.whole
    expected = torch_sizes(Listed(module), 1, *size)
    found = graph_sizes(reading.graph, *size)
    layers = [name for name in expected if name.startswith("inner.")]
    assert {name: found[name.removeprefix("inner.")] for name in layers} == {
        name: expected[name] for name in layers
    }
    assert found["output 0"] == expected["output 0"]
    assert found["output 1"] == expected["output 1"]
    kinds = [type(node.operation) for node in reading.graph.nodes]
    assert kinds.count(Crop) == 2
    assert Resize in kinds
    assert Flatten in kinds


class Listed(nn.Module):
    """A module's outputs under names."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {str(i): output for i, output in enumerate(self.inner(x))}


class Deciding(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


class Two(nn.Module):
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x + y


class Sequence(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.attention = nn.MultiheadAttention(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        found: torch.Tensor = self.attention(x, x, x)[0]
        return found


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (Deciding(), "Deciding: torch.fx cannot take it apart: TraceError"),
        (Two(), "a second input, 'y': expected a module that reads one image"),
        (
            nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(9, 8, 3)),
            r"1 \(nn.Conv2d\): 'in_channels' is 9, but 8 channels come in",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 3)),
            "expected nn.Flatten between them",
        ),
    ],
)
def test_what_cannot_be_taken_apart_is_a_sentence(module: nn.Module, says: str) -> None:
    with pytest.raises(InputError, match=says):
        take_apart(module, type(module).__name__)


def test_a_layer_that_is_not_known_ends_the_analysis_and_is_named() -> None:
    reading = take_apart(Sequence())
    assert not reading.whole
    assert not reading.notes
    assert reading.graph.by_name["attention"].operation == Unknown("nn.MultiheadAttention")


USERS = """
import torch
from torch import nn

print("hello")
ready = nn.Sequential(nn.Conv2d(1, 2, 3))


def small():
    return nn.Sequential(nn.Conv2d(3, 2, 3), nn.MaxPool2d(2))


def counting():
    layer = nn.Conv2d(3, int(torch.ones(1).item()), 3)
    return nn.Sequential(layer)


def needy(width):
    return nn.Conv2d(3, width, 3)


def nothing():
    return 3
"""


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the user's own in the folder where the command runs."""
    (tmp_path / "users_own_networks.py").write_text(USERS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return "users_own_networks"


def test_the_users_own_module(users: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name, channels in (("ready", 1), ("small", 3), ("counting", 3)):
        module = load(f"{users}:{name}")
        same_sizes(take_apart(module).graph, module, channels, 16, 12)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("needy", r"calling 'users_own_networks:needy' failed: TypeError: needy\(\) missing"),
        ("nothing", "gave a int: expected an nn.Module"),
        ("absent", "AttributeError: .* has no attribute 'absent'"),
    ],
)
def test_what_is_no_module_is_a_sentence(users: str, name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        load(f"{users}:{name}")


def test_a_name_that_does_not_exist_is_refused_before_torch_is_loaded() -> None:
    words = [
        sys.executable,
        "-X",
        "importtime",
        "-m",
        "core",
        "check",
        "--torch",
        "no_such_name.a:b",
    ]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "no module named 'no_such_name'" in ended.stderr
    assert "| torch\n" not in ended.stderr


@pytest.mark.parametrize("target", ["", "torchvision.models", ":x", "no_such_package_at_all:x"])
def test_a_target_that_is_none_says_what_is(target: str) -> None:
    with pytest.raises(InputError, match=r"expected package\.module:callable"):
        load(target)
