"""Networks for the tests, random and well known, and the same run by torch, independently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from core.check.graph import (
    Adaptive,
    Add,
    Concatenate,
    Crop,
    Flatten,
    Global,
    Graph,
    Input,
    Linear,
    Multiply,
    Node,
    Operation,
    Pad,
    Pass,
    Resize,
    Transposed,
    Window,
)
from core.layers import UPSAMPLING, Layer

# --- Building ------------------------------------------------------------------------------------


class Build:
    """A graph, node by node; each reads the last one where nothing else is said."""

    def __init__(self, channels: int = 3) -> None:
        self.nodes = [Node("input", Input(channels))]

    def __call__(self, operation: Operation, *reads: str) -> str:
        name = f"{type(operation).__name__.lower()}{len(self.nodes)}"
        self.nodes.append(Node(name, operation, reads or (self.nodes[-1].name,)))
        return name

    def conv(self, kernel: int, channels: int, *reads: str, **more: Any) -> str:
        layer = Layer("conv", kernel, channels, **more)
        return self(Window(layer, layer), *reads)

    def pool(self, kernel: int, stride: int, padding: int = 0, kind: str = "maxpool") -> str:
        layer = Layer(kind, kernel, stride=stride, padding=padding)
        return self(Window(layer, layer))

    @property
    def graph(self) -> Graph:
        return Graph(tuple(self.nodes))


def unet(deep: int = 2) -> Graph:
    """Ronneberger et al. 2015, arXiv 1505.04597, with zero padding."""
    build = Build(1)
    skips = []
    for level in range(deep):
        skips.append(build.conv(3, 8 << level, padding=1))
        build.pool(2, 2)
    build.conv(3, 8 << deep, padding=1)
    for level in reversed(range(deep)):
        up = build(Transposed((2, 2), 8 << level, (2, 2)))
        build(Concatenate(), skips[level], up)
        build.conv(3, 8 << level, padding=1)
    build.conv(1, 1)
    return build.graph


@st.composite
def graphs(draw: DrawFn, longest: int = 6) -> Graph:
    """Random networks with branches whose parts may or may not fit together."""
    build = Build(draw(st.integers(1, 2)))
    for _ in range(draw(st.integers(1, longest))):
        names = [node.name for node in build.nodes]
        name = draw(st.sampled_from(names[-3:]))
        if len(names) > 2 and draw(st.integers(0, 2)) == 0:
            other = draw(st.sampled_from(names))
            joins: list[Operation] = [Add(), Concatenate(), Multiply()]
            build(draw(st.sampled_from(joins)), name, other)
        else:
            build(draw(operations()), name)
    return build.graph


def operations() -> st.SearchStrategy[Operation]:
    small = st.integers(0, 2)

    def pairs(values: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, int]]:
        return st.tuples(values, values)

    def convolution(
        kernels: tuple[int, int],
        strides: tuple[int, int],
        dilation: int,
        padding: str | int,
        mode: str,
        channels: int,
    ) -> Window:
        rows, columns = (
            Layer("conv", kernel, channels, stride, dilation, padding, mode)
            for kernel, stride in zip(kernels, strides, strict=True)
        )
        return Window(rows, columns)

    def window(layer: Layer) -> Window:
        return Window(layer, layer)

    modes = st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"])
    paddings = st.sampled_from(["same", "valid", "full", 1, 1, 2])
    ones = pairs(st.just(1))
    return st.one_of(
        # Those that keep the size stand more often, so that more joins fit.
        st.builds(
            convolution,
            st.sampled_from([(3, 3), (1, 3), (5, 3)]),
            ones,
            st.integers(1, 2),
            st.just("same"),
            modes,
            st.integers(1, 2),
        ),
        st.builds(
            convolution,
            pairs(st.integers(1, 4)),
            pairs(st.integers(1, 3)),
            st.integers(1, 2),
            paddings,
            modes,
            st.integers(1, 2),
        ),
        st.builds(
            lambda kernel, stride, padding: window(
                Layer("avgpool", kernel, stride=stride, padding=padding)
            ),
            st.integers(2, 3),
            st.integers(1, 3),
            st.sampled_from(["same", "valid", 1]),
        ),
        st.builds(lambda factor: window(Layer(UPSAMPLING, factor)), st.integers(1, 3)),
        st.builds(Pad, small, small, small, small, modes),
        st.builds(Crop, small, small, small, small),
        # Every output reads something: see `core.check.findings.contaminated`.
        st.builds(
            Transposed,
            kernel=pairs(st.integers(2, 4)),
            channels=st.integers(1, 2),
            stride=pairs(st.integers(1, 2)),
            padding=st.one_of(st.just("same"), st.just("valid"), pairs(st.integers(0, 1))),
            dilation=st.sampled_from([(1, 1), (1, 1), (3, 1)]),
        ),
        st.builds(lambda scale: Resize(scale=(scale, scale)), st.sampled_from([0.5, 1.5, 2.0])),
        st.just(Pass("ReLU")),
        st.just(Global()),
    )


# --- Running, by torch ---------------------------------------------------------------------------

Images = torch.Tensor
"""Shape (1, channels, height, width), double precision."""
Weights = Callable[[tuple[int, ...]], torch.Tensor]


class Run:
    """A network run by torch on an image: every node's values, by name.

    ones: weights of a layer of the given shape; all ones unless said otherwise.
    means: whether averages are means; otherwise they are sums, as paths are counted.
    marks: whether padded cells hold a 1, whatever their mode, so that on a black image the values
        that are not 0 are those that see padding.
    """

    def __init__(
        self,
        graph: Graph,
        image: Images,
        weights: Weights = lambda shape: torch.ones(shape, dtype=torch.float64),
        means: bool = False,
        marks: bool = False,
    ) -> None:
        self.weights, self.means, self.marks = weights, means, marks
        self.values: dict[str, Images] = {}
        for node in graph.nodes:
            read = [self.values[name] for name in node.inputs]
            self.values[node.name] = self.run(node.operation, read) if read else image

    def run(self, operation: Operation, read: list[Images]) -> Images:
        x = read[0]
        match operation:
            case Window(rows, columns) if rows.kind == UPSAMPLING:
                return x.repeat_interleave(rows.kernel, 2).repeat_interleave(columns.kernel, 3)
            case Window(rows, columns):
                return self.window(x, rows, columns, operation.groups)
            case Pad(top, bottom, left, right, mode):
                return self.pad(x, (left, right, top, bottom), mode)
            case Crop(top, bottom, left, right):
                return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]
            case Transposed():
                return self.transposed(x, operation)
            case Resize(scale, size, mode):
                height, width = x.shape[2:]
                wanted = size or read[-1].shape[2:]
                if scale is not None:
                    wanted = (int(height * scale[0]), int(width * scale[1]))
                return F.interpolate(x, tuple(wanted), mode=mode)
            case Pass():
                return x
            case Add():
                return sum(read[1:], x)
            case Multiply():  # each factor counts as if the others were ones
                return sum(read[1:], x)
            case Concatenate():
                return torch.cat(read, 1)
            case Global():
                return x.mean((2, 3), keepdim=True) if self.means else x.sum((2, 3), keepdim=True)
            case Adaptive((int(height), int(width))):
                return F.adaptive_avg_pool2d(x, (height, width))
            case Flatten():
                return x.flatten(1)[:, :, None, None]
            case Linear(features):
                return F.conv2d(x, self.weights((features, x.shape[1], 1, 1)))
        raise AssertionError(operation)

    def pad(self, x: Images, sides: tuple[int, int, int, int], mode: str) -> Images:
        """Pad by (left, right, top, bottom)."""
        if self.marks:
            return F.pad(x, sides, value=1.0)
        if mode == "zeros":
            return F.pad(x, sides)
        return F.pad(x, sides, mode=mode)

    def window(self, x: Images, rows: Layer, columns: Layer, groups: int) -> Images:
        sides = [
            side
            for layer, length in ((columns, x.shape[3]), (rows, x.shape[2]))
            for side in pads(layer, length)
        ]
        around = (sides[0], sides[1], sides[2], sides[3])
        real, x = x, self.pad(x, around, rows.padding_mode)
        stride, dilation = (rows.stride, columns.stride), (rows.dilation, columns.dilation)
        kernel = (rows.kernel, columns.kernel)
        if rows.kind == "conv":
            weights = self.weights((rows.channels, x.shape[1] // groups, *kernel))
            return F.conv2d(x, weights, None, stride, 0, dilation, groups)
        if self.means and rows.padding == "same":  # Keras leaves padded cells out of the mean
            inside = self.pad(torch.ones_like(real), around, "zeros")
            return F.avg_pool2d(x, kernel, stride) / F.avg_pool2d(inside, kernel, stride)
        return F.avg_pool2d(x, kernel, stride, divisor_override=None if self.means else 1)

    def transposed(self, x: Images, operation: Transposed) -> Images:
        far = (0, 0)
        if self.marks:  # as many cells around it as any output could reach
            far = (20, 20)
            x = F.pad(x, (20,) * 4, value=1.0)
        height, width = x.shape[2:]
        weights = self.weights((x.shape[1], operation.channels, *operation.kernel))
        whole = F.conv_transpose2d(x, weights, None, operation.stride, 0, 0, 1, operation.dilation)
        cut = []
        for axis, length in ((0, height), (1, width)):
            start, size = kept(operation, axis, length - 2 * far[axis])
            cut.append(slice(start + far[axis] * operation.stride[axis], None))
            short = cut[-1].start + size - whole.shape[2 + axis]
            if short > 0:  # Keras with a kernel shorter than its stride
                sides = (0, 0, 0, short) if axis == 0 else (0, short, 0, 0)
                whole = F.pad(whole, sides)
            cut[-1] = slice(cut[-1].start, cut[-1].start + size)
        return whole[:, :, cut[0], cut[1]]


def pads(layer: Layer, length: int) -> tuple[int, int]:
    """Before and after, by TensorFlow's and PyTorch's documentation."""
    span = layer.dilation * (layer.kernel - 1) + 1
    if layer.padding == "same":
        output = -(-length // layer.stride)
        total = max(0, (output - 1) * layer.stride + span - length)
        return total // 2, total - total // 2
    if layer.padding == "full":
        return span - 1, span - 1
    return (0, 0) if layer.padding == "valid" else (int(layer.padding), int(layer.padding))


def kept(operation: Transposed, axis: int, length: int) -> tuple[int, int]:
    """Where a transposed convolution's output starts in the whole one, and how long it is."""
    stride = operation.stride[axis]
    span = operation.dilation[axis] * (operation.kernel[axis] - 1) + 1
    if operation.padding == "same":
        return max(0, span - stride) // 2, length * stride
    if operation.padding == "valid":
        return 0, length * stride + max(0, span - stride)
    padding = operation.padding[axis]
    more = operation.output_padding[axis]
    return padding, (length - 1) * stride + span - 2 * padding + more
