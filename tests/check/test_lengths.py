"""Padding that pasted code computes from a map's size, and convolutions of its own."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from core.check.axis import Matched, PaddedSame, lay, shift_of, trace
from core.check.code import read
from core.check.graph import Match, Pad, PadSame, Unknown, Window
from core.check.repad import TENSORFLOW, TORCH, padded_with
from core.check.report import Report
from core.check.walk import walk
from core.settings import InputError
from pages.sections.check.words import summary

HEAD = "import math\nimport torch\nfrom torch import nn\nimport torch.nn.functional as F\n"

FUNCTION = """
def get_pad(x, k, s, d):
    return max((math.ceil(x / s) - 1) * s + (k - 1) * d + 1 - x, 0)
def pad_same(x, k, s, d):
    ih, iw = x.size()[-2:]
    pad_h, pad_w = get_pad(ih, k[0], s[0], d[0]), get_pad(iw, k[1], s[1], d[1])
    return F.pad(x, (pad_w // 2, pad_w - pad_w // 2, pad_h // 2, pad_h - pad_h // 2), value=0.0)
class Same(nn.Conv2d):
    def __init__(self, a, b, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True):
        super().__init__(a, b, kernel_size, stride, 0, dilation, groups, bias)
    def forward(self, x):
        x = pad_same(x, self.kernel_size, self.stride, self.dilation)
        return F.conv2d(x, self.weight, self.bias, self.stride, (0, 0), self.dilation, self.groups)
"""

INLINE = """
class Same(nn.Conv2d):
    def forward(self, x):
        ih, iw = x.shape[2:]
        kh, kw = self.weight.size()[-2:]
        oh, ow = math.ceil(ih / self.stride[0]), math.ceil(iw / self.stride[1])
        high = max((oh - 1) * self.stride[0] + (kh - 1) * self.dilation[0] + 1 - ih, 0)
        wide = max((ow - 1) * self.stride[1] + (kw - 1) * self.dilation[1] + 1 - iw, 0)
        if high > 0 or wide > 0:
            x = F.pad(x, [wide // 2, wide - wide // 2, high // 2, high - high // 2])
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation)
"""

INNER = """
class Same(nn.Module):
    def __init__(self, a, b, kernel_size, stride, dilation):
        super().__init__()
        self.conv = nn.Conv2d(a, b, kernel_size, stride, dilation=dilation)
        self.span = [d * (k - 1) + 1 for k, d in zip(kernel_size, dilation)]
    def forward(self, x):
        sides = []
        for length, span, step in zip(x.shape[-2:], self.span, self.conv.stride):
            whole = -(-length // step)
            more = max(0, step * (whole - 1) + span - length)
            sides = [int(more / 2), more - int(more / 2)] + sides
        return self.conv(F.pad(x, sides))
"""

GUIDE = """
class Same(nn.Conv2d):
    def forward(self, x):
        height, width = x.shape[2], x.shape[3]
        (kh, kw), (sh, sw), (dh, dw) = self.kernel_size, self.stride, self.dilation
        kh, kw = (kh - 1) * dh + 1, (kw - 1) * dw + 1
        if height % sh == 0:
            high = max(kh - sh, 0)
        else:
            high = max(kh - (height % sh), 0)
        wide = max(kw - sw, 0) if 0 == width % sw else max(kw - width % sw, 0)
        top, left = high // 2, wide // 2
        x = F.pad(x, (left, wide - left, top, high - top))
        return super().forward(x)
"""

BY_LENGTH = """
def pad_of(length, span, step):
    if length % step != 0:
        return max(span - (length % step), 0)
    else:
        return max(span - step, 0)
class Same(nn.Module):
    def __init__(self, a, b, k, stride, dilation):
        super().__init__()
        self.conv = nn.Conv2d(a, b, k, stride, dilation=dilation)
        self.span = tuple(d * (n - 1) + 1 for n, d in zip(k, dilation))
    def forward(self, x):
        high = pad_of(x.size(2), self.span[0], self.conv.stride[0])
        wide = pad_of(x.size(3), self.span[1], self.conv.stride[1])
        top, left = math.floor(high / 2), math.floor(wide / 2)
        return self.conv(F.pad(x, (left, wide - left, top, high - top)))
"""

SPELLINGS = {
    "a function": FUNCTION,
    "in the layer": INLINE,
    "a layer within": INNER,
    "TensorFlow's guide": GUIDE,
    "a function of the rest": BY_LENGTH,
}


def network(spelling: str, kernel: Any, stride: Any, dilation: Any) -> str:
    made = f"model = Same(3, 4, {kernel}, stride={stride}, dilation={dilation})"
    return HEAD + SPELLINGS[spelling] + made


def pairs(most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(1, most), st.integers(1, most))


@pytest.mark.parametrize("spelling", SPELLINGS)
@settings(deadline=None, max_examples=25)
@given(pairs(7), pairs(4), pairs(3), st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_same_by_hand_is_told_and_fits_as_torch_does(
    spelling: str,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    size: tuple[int, int],
) -> None:
    text = network(spelling, kernel, stride, dilation)
    graph = read(text).graph
    (laid,) = (node.operation for node in graph.nodes if isinstance(node.operation, PadSame))
    for axis in (0, 1):
        span = dilation[axis] * (kernel[axis] - 1) + 1
        # A window of one pixel needs no padding, whatever its stride.
        assert laid.spans[axis] == span
        assert laid.strides[axis] == (stride[axis] if span > 1 else 1)
    names: dict[str, Any] = {}
    exec(text, names)  # this test's own text
    with torch.no_grad():
        real = names["model"](torch.zeros(1, 3, *size)).shape
    rows, columns, channels = walk(graph, *size).ends[0].output
    assert (channels, rows, columns) == tuple(real[1:])


@given(st.integers(1, 9), st.integers(1, 6), st.integers(1, 40))
def test_what_it_lays_reads_what_torch_reads(span: int, stride: int, length: int) -> None:
    operation = PaddedSame(span, stride, "zeros")
    more = max((-(-length // stride) - 1) * stride + span - length, 0)
    found = lay(operation, (length,))
    assert found.carried == (more // 2, more - more // 2)
    assert found.output == length + more
    through = trace(operation, found)
    assert through is not None
    sources = torch.from_numpy(through.sources[:, 0])
    expected = F.pad(torch.arange(1, length + 1), found.carried) - 1
    assert sources.clamp(min=-1).tolist() == expected.tolist()
    assert shift_of(operation, found) == (found.carried[1] - found.carried[0]) / 2


def test_it_pads_unevenly_at_even_sizes_as_tensorflow_does() -> None:
    graph = read(network("a function", (3, 3), (2, 2), (1, 1))).graph
    assert "lopsided" in Report(graph, 224, 224).faults
    assert "lopsided" not in Report(graph, 225, 225).faults


OTHERS = {
    "the odd cell first": "(w - w // 2, w // 2, h - h // 2, h // 2)",
    "a row too many": "(w // 2, w - w // 2, h // 2, h - h // 2 + 1)",
    "the sides exchanged": "(h // 2, h - h // 2, w // 2, w - w // 2)",
    "a number from elsewhere": "(w // 2, margin, h // 2, h - h // 2)",
    "by a fraction": "(w / 3, w - w / 3, h / 3, h - h / 3)",
    "by a list": "(max([w, 0]), w, h, h)",
    "by nothing": "(w // 0, w - w // 0, h, h)",
    "by much": "(w ** 9, w * 10 ** 12, 2 ** h, h)",
    "by steps without end": "(grown, grown, grown, grown)",
}


@pytest.mark.parametrize("amounts", OTHERS.values(), ids=list(OTHERS))
def test_padding_by_another_formula_is_refused_where_it_stands(amounts: str) -> None:
    text = f"""{HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 2)
    def forward(self, x):
        w = max((math.ceil(x.shape[3] / 2) - 1) * 2 + 3 - x.shape[3], 0)
        h = max((math.ceil(x.shape[2] / 2) - 1) * 2 + 3 - x.shape[2], 0)
        grown = w
        for _ in range(300):
            grown = grown + grown
        return self.conv(F.pad(x, {amounts}))
model = Net()
"""
    start = time.perf_counter()
    with pytest.raises(InputError, match=r"line 16: F\.pad: .*expected"):
        read(text)
    assert time.perf_counter() - start < 5


def test_the_difference_of_two_maps_however_it_is_spelled() -> None:
    text = f"""{HEAD}
class Up(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(3, 3, 3, 2)
    def forward(self, x):
        y = F.interpolate(self.down(x), scale_factor=2)
        y = F.relu(y)
        high = x.shape[2] - y.shape[2]
        wide = x.shape[3] - y.shape[3]
        top, left = math.floor(high / 2), math.floor(wide / 2)
        return torch.cat((x, F.pad(y, (left, wide - left, top, high - top))), 1)
model = Up()
"""
    graph = read(text).graph
    assert [node.operation for node in graph.nodes if isinstance(node.operation, Match)] == [
        Match()
    ]
    assert walk(graph, 37, 50).complete


OWN = """
class Standard(nn.Conv2d):
    def forward(self, x):
        w = self.weight
        v, m = torch.var_mean(w, dim=[1, 2, 3], keepdim=True)
        w = (w.clone() - m) / torch.sqrt(v + 1e-10)
        return F.conv2d(x, w, self.bias, self.stride, self.padding, self.dilation, self.groups)
class Masked(nn.Conv2d):
    def __init__(self, kind, *args, **kwargs):
        super(Masked, self).__init__(*args, **kwargs)
        self.register_buffer("mask", self.weight.data.clone())
        _, _, height, width = self.weight.size()
        self.mask.fill_(1)
        self.mask[:, :, height // 2, width // 2 + (kind == "B"):] = 0
        self.mask[:, :, height // 2 + 1:] = 0
    def forward(self, x):
        self.weight.data *= self.mask
        return super(Masked, self).forward(x)
class Bare(nn.Conv2d):
    pass
class Conv(nn.Conv2d):
    def forward(self, x):
        return self._conv_forward(x, self.weight, self.bias)
class Pool(nn.MaxPool2d):
    def forward(self, x):
        return F.max_pool2d(x, self.kernel_size, self.stride, self.padding)
model = nn.Sequential(
    Standard(3, 16, 3, 2, 1, groups=1), Masked("A", 16, 32, 7, padding=3), Bare(32, 8, 3),
    Conv(8, 8, (1, 3), padding="same"), Pool(2, 2, 1),
)
"""


def test_layers_of_the_text_s_own_are_those_that_they_inherit_from() -> None:
    graph = read(HEAD + OWN).graph
    windows = [node.operation for node in graph.nodes if isinstance(node.operation, Window)]
    told = [
        (one.rows.kernel, one.columns.kernel, one.rows.stride, one.rows.padding, one.rows.channels)
        for one in windows
    ]
    assert told == [
        (3, 3, 2, 1, 16),
        (7, 7, 1, 3, 32),
        (3, 3, 1, 0, 8),
        (1, 3, 1, "same", 8),
        (2, 2, 2, 1, 1),
    ]
    names: dict[str, Any] = {}
    exec(HEAD + OWN, names)  # this test's own text
    with torch.no_grad():
        real = names["model"](torch.zeros(1, 3, 61, 40)).shape
    rows, columns, channels = walk(graph, 61, 40).ends[0].output
    assert (channels, rows, columns) == tuple(real[1:])


@pytest.mark.parametrize(
    "done",
    ["F.conv2d(x, self.weight[:4])", "F.conv2d(x, kernel)", "F.conv2d(x, self.weight.flatten(1))"],
)
def test_weights_of_no_known_shape_end_what_is_known(done: str) -> None:
    text = f"{HEAD}class A(nn.Conv2d):\n    def forward(self, x):\n        return {done}\n"
    reading = read(text + "model = A(3, 8, 3)")
    assert isinstance(reading.graph.nodes[-1].operation, Unknown)
    assert any("the shape of its weights is not known" in note.text for note in reading.notes)


def test_another_padding_takes_the_place_of_what_is_computed() -> None:
    graph = read(network("a function", (5, 3), (2, 2), (1, 1))).graph
    for padding, expected in {
        "valid": Pad(0, 0, 0, 0),
        "circular": PadSame((5, 3), (2, 2), "circular"),
        TORCH: Pad(2, 2, 1, 1),
        TENSORFLOW: PadSame((5, 3), (2, 2)),
    }.items():
        assert padded_with(graph, padding).by_name["pad"].operation == expected


def test_patches_flattened_into_tokens_are_followed_up_to_there() -> None:
    text = f"""{HEAD}
class Embed(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Conv2d(3, 8, 16, 16)
    def forward(self, x):
        tokens = self.proj(x).flatten(2).transpose(1, 2)
        return torch.einsum("bnc,bmc->bnm", tokens, tokens)
model = Embed()
"""
    reading = read(text)
    found = Report(reading.graph, 224, 224, tuple(note.text for note in reading.notes))
    assert found.walk.places["proj"].output == (14, 14, 8)
    assert summary(found).startswith("As far as it is followed, at 224 × 224 everything fits")
    ends = [note for note in found.notes if "The answer holds up to there" in note]
    assert len(ends) == 1  # nothing is said of what comes behind
    assert "'flatten' (line 11)" in ends[0]
    with pytest.raises(InputError, match=r"joins the images of a batch: expected 'start_dim' 1"):
        read(text.replace("flatten(2)", "flatten()"))


CROPS = {
    "out of the middle": "top, left = (H - h) // 2, (W - w) // 2\n"
    "        return x[:, :, top:top + h, left:left + w]",
    "out of the middle, by halves": "top, left = int((H - h) / 2), int((W - w) / 2)\n"
    "        return x[..., top:(top + h), left:(left + w)]",
    "from the start": "return x[:, :, :h, :w]",
    "from the start, shortly": "return x[..., 0:y.size(2), 0:y.size(3)]",
}


@pytest.mark.parametrize("crop", CROPS.values(), ids=list(CROPS))
@settings(deadline=None, max_examples=25)
@given(st.tuples(st.integers(1, 5), st.integers(1, 5)), st.tuples(*[st.integers(9, 40)] * 2))
def test_a_slice_to_another_map_s_size_keeps_what_torch_keeps(
    crop: str, kernel: tuple[int, int], size: tuple[int, int]
) -> None:
    text = f"""{HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, {kernel})
    def cut(self, x, y):
        _, _, H, W = x.size()
        h, w = y.shape[-2:]
        {crop}
    def forward(self, x):
        y = self.conv(x)
        return self.cut(x, y) + 0 * y
model = Net()
"""
    names: dict[str, Any] = {}
    exec(text, names)  # this test's own text
    places = torch.arange(size[0] * size[1], dtype=torch.float32).view(1, 1, *size)
    with torch.no_grad():
        kept = names["model"](places)[0, 0].long()
    laid = walk(read(text).graph, *size)
    (name,) = (n.name for n in laid.graph.nodes if isinstance(n.operation, Match))
    assert laid.places[name].output[:2] == tuple(kept.shape)
    for axis, real in ((0, kept[:, 0] // size[1]), (1, kept[0] % size[1])):
        through = trace(laid.operation(name, axis), laid.laid(name, axis))
        sources = np.arange(size[axis]) if through is None else through.sources[:, 0]
        assert sources.tolist() == real.tolist()


def test_a_slice_of_more_than_there_is_says_so() -> None:
    operation = Matched("less")
    with pytest.raises(InputError, match="cuts 9 pixels out of 8: expected no more"):
        lay(operation, (8, 9))
    assert lay(Matched("end"), (8, 9)).output == 8


SLICED = {
    "YOLO's focus": (
        "torch.cat([x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)], 1)",
        "nn.Conv2d(12, 8, 3, padding=1)",
    ),
    "every third row": ("x[:, :, 2::3]", "nn.Conv2d(3, 8, 3, padding=1)"),
    "twice as large": (
        "F.interpolate(x, size=(2 * x.shape[2], x.shape[3] * 3), mode='bilinear')",
        "nn.Conv2d(3, 8, 3, padding=1)",
    ),
    "as large as it is": (
        "F.interpolate(x, size=(int(x.shape[2]), int(x.shape[3])))",
        "nn.Conv2d(3, 8, 3, padding=1)",
    ),
}


@pytest.mark.parametrize(("done", "conv"), SLICED.values(), ids=list(SLICED))
def test_sizes_that_follow_from_the_map_s_own(done: str, conv: str) -> None:
    text = f"""{HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = {conv}
    def forward(self, x):
        return self.conv({done})
model = Net()
"""
    names: dict[str, Any] = {}
    exec(text, names)  # this test's own text
    for size in ((24, 36), (30, 18)):
        with torch.no_grad():
            real = names["model"](torch.zeros(1, 3, *size)).shape
        rows, columns, channels = walk(read(text).graph, *size).ends[0].output
        assert (channels, rows, columns) == tuple(real[1:])


@pytest.mark.parametrize("test", ["x.shape[2] % 2 == 0", "x.size(3) % 4 != 0"])
def test_a_layer_that_a_size_does_not_choose_is_not_read(test: str) -> None:
    text = f"""{HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3)
        self.b = nn.Conv2d(3, 8, 5)
    def forward(self, x):
        if {test}:
            x = self.a(x)
        else:
            x = self.b(x)
        return x
model = Net()
"""
    taken = "b" if "==" in test else "a"
    assert [node.name for node in read(text).graph.nodes] == ["input", taken]
