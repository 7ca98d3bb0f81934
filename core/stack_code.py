"""A stack as Keras and as PyTorch code to copy and run.

Where a framework has no word for what a layer does (PyTorch for 'same' with a stride, both for
symmetric or partial padding), the code pads by hand with the very numbers that the page shows, and
brings the few lines it needs along. Activations are left out: they change no size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from core.layers import CONVOLUTION, MAX_POOL, UPSAMPLING
from core.steps import Step

TORCH_HELPERS = {
    "SymmetricPad2d": '''\
class SymmetricPad2d(nn.Module):
    """Mirror the border with its own row and column, as numpy.pad does."""

    def __init__(self, pads):
        super().__init__()
        self.pads = pads

    def forward(self, x):
        left, right, top, bottom = self.pads
        rows = np.pad(np.arange(x.shape[2]), (top, bottom), mode="symmetric")
        columns = np.pad(np.arange(x.shape[3]), (left, right), mode="symmetric")
        return x[:, :, rows][:, :, :, columns]
''',
    "PartialConv2d": '''\
class PartialConv2d(nn.Conv2d):
    """Zeros around, the output rescaled by kernel area / covered area (Liu et al. 2018)."""

    def __init__(self, *sizes, pads, **options):
        super().__init__(*sizes, **options)
        self.pads = pads

    def forward(self, x):
        def convolve(cells, weight):
            cells = F.pad(cells, self.pads)
            return F.conv2d(cells, weight, stride=self.stride, dilation=self.dilation)

        ones = torch.ones_like(self.weight[:1, :1])
        covered = convolve(torch.ones_like(x[:, :1]), ones).clamp(min=1)
        return convolve(x, self.weight) * (ones.sum() / covered) + self.bias[:, None, None]
''',
    "InsideAvgPool2d": '''\
class InsideAvgPool2d(nn.Module):
    """Average pooling that leaves the padded cells out of the mean."""

    def __init__(self, kernel, stride, pads):
        super().__init__()
        self.kernel, self.stride, self.pads = kernel, stride, pads

    def forward(self, x):
        def mean(cells):
            return F.avg_pool2d(F.pad(cells, self.pads), self.kernel, self.stride)

        return mean(x) / mean(torch.ones_like(x))
''',
}

KERAS_HELPERS = {
    "CopyPadding2D": '''\
class CopyPadding2D(layers.Layer):
    """Pad with copies of pixels, in one of numpy.pad's modes."""

    def __init__(self, pads, mode):
        super().__init__()
        self.pads, self.mode = pads, mode

    def call(self, x):
        rows = np.pad(np.arange(x.shape[1]), self.pads[0], mode=self.mode)
        columns = np.pad(np.arange(x.shape[2]), self.pads[1], mode=self.mode)
        return ops.take(ops.take(x, rows, axis=1), columns, axis=2)
''',
    "PartialConv2D": '''\
class PartialConv2D(layers.Layer):
    """Zeros around, the output rescaled by kernel area / covered area (Liu et al. 2018)."""

    def __init__(self, filters, kernel, pads, strides=1, dilation_rate=1):
        super().__init__()
        self.conv = layers.Conv2D(filters, kernel, dilation_rate=dilation_rate, use_bias=False)
        self.bias = self.add_weight(shape=(filters,), initializer="zeros")
        self.kernel, self.pads, self.strides = kernel, pads, strides
        self.dilation_rate = dilation_rate

    def call(self, x):
        pads = ((0, 0), *self.pads, (0, 0))
        ones = ops.ones((self.kernel, self.kernel, 1, 1))
        inside = ops.pad(ops.ones_like(x[..., :1]), pads)
        covered = ops.conv(inside, ones, padding="valid", dilation_rate=self.dilation_rate)
        y = self.conv(ops.pad(x, pads)) * (self.kernel**2 / ops.maximum(covered, 1))
        return y[:, :: self.strides, :: self.strides] + self.bias
''',
    "InsideAveragePooling2D": '''\
class InsideAveragePooling2D(layers.Layer):
    """Average pooling that leaves the padded cells out of the mean."""

    def __init__(self, kernel, strides, pads):
        super().__init__()
        self.kernel, self.strides, self.pads = kernel, strides, pads

    def call(self, x):
        def mean(cells):
            cells = ops.pad(cells, ((0, 0), *self.pads, (0, 0)))
            return ops.average_pool(cells, self.kernel, self.strides)

        return mean(x) / mean(ops.ones_like(x))
''',
}

TORCH_PADS = {
    "zeros": "nn.ZeroPad2d",
    "reflect": "nn.ReflectionPad2d",
    "replicate": "nn.ReplicationPad2d",
    "circular": "nn.CircularPad2d",
    "symmetric": "SymmetricPad2d",
}
NUMPY_MODES = {
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
    "symmetric": "symmetric",
}


def torch_code(steps: Sequence[Step]) -> str:
    """A script that builds `model` in PyTorch, an `nn.Sequential`, and prints its output's shape.

    Each layer's last line carries its output size, height × width × channels.
    """
    height, width, channels = steps[0].input
    return torch_script(
        {"model": steps},
        f"""\
image = torch.zeros(1, {channels}, {height}, {width})
print(sum(weights.numel() for weights in model.parameters()), "parameters")
print(tuple(model(image).shape))  # (batch, channels, height, width)
""",
    )


def torch_script(models: Mapping[str, Sequence[Step]], rest: str) -> str:
    """A script that builds each of `models` under its name and goes on with `rest`.

    `rest` may use `torch` and `nn`.
    """
    writers = {CONVOLUTION: torch_convolution, UPSAMPLING: torch_upsampling}
    lines = []
    for name, steps in models.items():
        lines += [f"{name} = nn.Sequential(", *body(steps, writers, torch_pool), ")"]
    helpers = needed(TORCH_HELPERS, lines)
    imports = ["import torch", "from torch import nn"]
    if "np." in helpers:
        imports = ["import numpy as np", *imports]
    if "F." in helpers:
        imports.append("from torch.nn import functional as F")
    return "\n".join([*imports, "", helpers + "\n".join(lines), rest])


def keras_code(steps: Sequence[Step]) -> str:
    """A script that builds `model` in Keras 3, a `Sequential`, and prints its summary.

    Each layer's last line carries its output size, height × width × channels.
    """
    lines = body(steps, {CONVOLUTION: keras_convolution, UPSAMPLING: keras_upsampling}, keras_pool)
    helpers = needed(KERAS_HELPERS, lines)
    imports = ["import numpy as np"] if "np." in helpers else []
    imports.append("import keras")
    used_ops = ", ops" if "ops." in helpers + "".join(lines) else ""
    return "\n".join(
        [
            *imports,
            f"from keras import layers{used_ops}",
            "",
            helpers + "model = keras.Sequential([",
            f"    keras.Input({steps[0].input}),",
            *lines,
            "])",
            "model.summary()",
            "",
        ]
    )


SHARED = 3  # equal layers in a row that share a line
Writer = Callable[[Step], list[str]]


def body(steps: Sequence[Step], writers: Mapping[str, Writer], pool: Writer) -> list[str]:
    """The lines between a model's brackets, each step's last with its output size.

    Three or more equal layers in a row, each of one call, share a line.
    """
    written = [(writers.get(step.layer.kind, pool)(step), step) for step in steps]
    lines = []
    for calls, group in groupby(written, itemgetter(0)):
        alike = [size(step) for _, step in group]
        if len(calls) == 1 and len(alike) >= SHARED:
            several = f"*[{calls[0]} for _ in range({len(alike)})]"
            sizes = " to ".join(dict.fromkeys((alike[0], alike[-1])))
            lines.append(f"    {several},  # {sizes}")
            continue
        for output in alike:
            lines += [f"    {call}," for call in calls]
            lines[-1] += f"  # {output}"
    return lines


def size(step: Step) -> str:
    """A step's output: "28×28×1"."""
    return "×".join(map(str, step.output))


def needed(helpers: dict[str, str], lines: Sequence[str]) -> str:
    """The definitions that `lines` use."""
    text = "\n".join(lines)
    return "".join(f"\n{source}\n\n" for name, source in helpers.items() if f"{name}(" in text)


def call(name: str, *arguments: object, **options: object) -> str:
    """The text of a call; an option that is None is left out."""
    given = [f"{key}={show(value)}" for key, value in options.items() if value is not None]
    return f"{name}({', '.join([*map(str, arguments), *given])})"


def show(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def unless(value: Any, default: Any) -> Any:
    """`value`, or None where it equals what the framework assumes anyway."""
    return None if value == default else value


def row_and_column_pads(step: Step) -> tuple[tuple[int, int], tuple[int, int]]:
    """((top, bottom), (left, right)), as Keras and NumPy write it."""
    rows, columns = step.rows, step.columns
    return (rows.before, rows.after), (columns.before, columns.after)


def torch_pads(step: Step) -> tuple[int, int, int, int]:
    """(left, right, top, bottom), as PyTorch writes it."""
    rows, columns = row_and_column_pads(step)
    return *columns, *rows


def even_padding(step: Step) -> int | tuple[int, int] | None:
    """What a PyTorch layer's `padding` can say: one number, one an axis, or None for neither."""
    (top, bottom), (left, right) = row_and_column_pads(step)
    if (top, left) != (bottom, right):
        return None
    return top if top == left else (top, left)


def torch_convolution(step: Step) -> list[str]:
    layer, pads, padding = step.layer, torch_pads(step), even_padding(step)
    sizes = (step.channels, layer.channels, layer.kernel)
    options: dict[str, Any] = {
        "stride": unless(layer.stride, 1),
        "dilation": unless(layer.dilation, 1),
    }
    if not any(pads):
        return [call("nn.Conv2d", *sizes, **options)]
    if layer.padding_mode == "partial":
        return [call("PartialConv2d", *sizes, pads=pads, **options)]
    if padding is None or layer.padding_mode == "symmetric":
        return [call(TORCH_PADS[layer.padding_mode], pads), call("nn.Conv2d", *sizes, **options)]
    options["padding"] = "same" if layer.padding == "same" and layer.stride == 1 else padding
    options["padding_mode"] = unless(layer.padding_mode, "zeros")
    return [call("nn.Conv2d", *sizes, **options)]


def torch_upsampling(step: Step) -> list[str]:
    return [call("nn.Upsample", scale_factor=step.layer.kernel)]


def torch_pool(step: Step) -> list[str]:
    layer, pads, padding = step.layer, torch_pads(step), even_padding(step)
    maximum = layer.kind == MAX_POOL
    name = "nn.MaxPool2d" if maximum else "nn.AvgPool2d"
    options: dict[str, Any] = {"stride": unless(layer.stride, layer.kernel)}
    if layer.ceil or isinstance(layer.padding, int):
        options["padding"] = unless(layer.padding, 0) if layer.padding != "valid" else None
        return [call(name, layer.kernel, **options, ceil_mode=layer.ceil or None)]
    if not any(pads):
        return [call(name, layer.kernel, **options)]
    if padding is not None and max(pads) <= layer.kernel // 2:
        options["padding"] = padding
        return [call(name, layer.kernel, **options, count_include_pad=None if maximum else False)]
    if maximum:
        return [call("nn.ConstantPad2d", pads, "-torch.inf"), call(name, layer.kernel, **options)]
    return [call("InsideAvgPool2d", layer.kernel, layer.stride, pads)]


def keras_convolution(step: Step) -> list[str]:
    layer, pads = step.layer, row_and_column_pads(step)
    sizes = (layer.channels, layer.kernel)
    padded = any(map(any, pads))
    options: dict[str, Any] = {
        "strides": unless(layer.stride, 1),
        "dilation_rate": unless(layer.dilation, 1),
    }
    if padded and layer.padding_mode == "partial":
        return [call("PartialConv2D", *sizes, pads, **options)]
    # Keras refuses a stride on a dilated convolution: take every stride-th output instead.
    both = layer.stride > 1 and layer.dilation > 1
    thin = f"layers.Lambda(lambda x: x[:, ::{layer.stride}, ::{layer.stride}])"
    if both:
        options["strides"] = None
    calls = []
    if padded and layer.padding == "same" and layer.padding_mode == "zeros" and not both:
        options["padding"] = "same"
    elif padded:
        calls.append(keras_padding(pads, layer.padding_mode))
    calls.append(call("layers.Conv2D", *sizes, **options))
    return [*calls, thin] if both else calls


def keras_padding(pads: tuple[tuple[int, int], tuple[int, int]], mode: str) -> str:
    if mode == "zeros":
        return call("layers.ZeroPadding2D", pads)
    return call("CopyPadding2D", pads, mode=NUMPY_MODES[mode])


def keras_upsampling(step: Step) -> list[str]:
    return [call("layers.UpSampling2D", step.layer.kernel)]


def keras_pool(step: Step) -> list[str]:
    layer, pads = step.layer, row_and_column_pads(step)
    maximum = layer.kind == MAX_POOL
    name = "layers.MaxPooling2D" if maximum else "layers.AveragePooling2D"
    options: dict[str, Any] = {"strides": unless(layer.stride, layer.kernel)}
    if layer.padding == "same" or not any(map(any, pads)):
        padding = "same" if layer.padding == "same" else None
        return [call(name, layer.kernel, **options, padding=padding)]
    if maximum:
        around = ((0, 0), *pads, (0, 0))
        padder = f'layers.Lambda(lambda x: ops.pad(x, {around}, constant_values=-float("inf")))'
        return [padder, call(name, layer.kernel, **options)]
    # PyTorch counts the cells it was told to pad as zeros, but not the overhang of ceil_mode.
    counted = layer.padding if isinstance(layer.padding, int) else 0
    overhang = tuple((before - counted, after - counted) for before, after in pads)
    calls = [call("layers.ZeroPadding2D", counted)] if counted else []
    if any(map(any, overhang)):
        inside = call("InsideAveragePooling2D", layer.kernel, layer.stride, overhang)
        return [*calls, inside]
    return [*calls, call(name, layer.kernel, **options)]
