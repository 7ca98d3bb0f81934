"""What a layer does to the pixels along one axis: sizes, pads, and who touches whom.

Every layer here treats rows and columns alike and independently, so one axis says it all: an
image's height and width are two calls of `fit`. Two things come out of one line of text such as

    conv3x16:same maxpool2:same conv3x8:same up2 conv3x1:valid

a `Stack` of `Layer`s (the language, the same in the URL, a text field and on the command line),
and, for a given length and convention, an `Axis` for each layer (the arithmetic).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.settings import InputError

Convention = Literal["either", "keras", "torch"]
CONVENTIONS: tuple[Convention, ...] = ("either", "keras", "torch")

CONVOLUTION, MAX_POOL, AVERAGE_POOL, UPSAMPLING = ("conv", "maxpool", "avgpool", "up")
PADDINGS = ("same", "valid", "full")
PADDING_MODES = ("zeros", "reflect", "replicate", "circular", "symmetric", "partial")

MAX_LAYERS = 100
MAX_KERNEL = 64
MAX_CHANNELS = 4096
MAX_PADDING = 512
MAX_LENGTH = 8192

Indices = npt.NDArray[np.intp]
OPTIONS = {"x": "channels", "s": "stride", "d": "dilation"}
MOST = {"x": MAX_CHANNELS, "s": MAX_KERNEL, "d": MAX_KERNEL}

# For each kind, the letters of its options in order, and what may follow its size.
POOL_SYNTAX = ("s", "s<stride>, :<padding> in this order")
SYNTAX = {
    CONVOLUTION: ("xsd", "x<channels>, s<stride>, d<dilation>, :<padding> in this order"),
    MAX_POOL: POOL_SYNTAX,
    AVERAGE_POOL: POOL_SYNTAX,
    UPSAMPLING: ("", "nothing after the factor, as in 'up2'"),
}

OUTSIDE = -1  # the source of a padded cell that copies no pixel


@dataclass(frozen=True)
class Layer:
    """One layer. `str(layer)` is its word in the layer language.

    kind: "conv", "maxpool", "avgpool" or "up" (nearest-neighbour upsampling).
    kernel: height and width of the window in pixels; for "up" the factor.
    padding: "same", "valid", "full" (a window for every overlap; not for pools), or pixels on
        every side.
    padding_mode: what a convolution finds in the padded cells: PyTorch's four terms,
        "symmetric" (NumPy's) and "partial" (zeros, the output rescaled by kernel area / covered
        area: Liu et al. 2018, arXiv 1811.11718). Pools ignore it: see `Axis.mean_counts`.
    ceil: PyTorch's `ceil_mode`, for pools.
    spelt: options written out although they equal the default, so that text prints back.
    """

    kind: str
    kernel: int
    channels: int = 1
    stride: int = 1
    dilation: int = 1
    padding: str | int = "valid"
    padding_mode: str = "zeros"
    ceil: bool = False
    spelt: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    @property
    def span(self) -> int:
        """Pixels from the first to the last that one window covers, both included."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def is_pool(self) -> bool:
        return self.kind in (MAX_POOL, AVERAGE_POOL)

    def __str__(self) -> str:
        defaults = {"channels": 1, "stride": self.kernel if self.is_pool else 1, "dilation": 1}
        word = f"{self.kind}{self.kernel}"
        if self.kind == UPSAMPLING:
            return word
        for letter, option in OPTIONS.items():
            value = getattr(self, option)
            if value != defaults[option] or option in self.spelt:
                word += f"{letter}{value}"
        if self.ceil:
            return word + (":ceil" if self.padding == "valid" else f":{self.padding}/ceil")
        mode = self.padding_mode != "zeros" or "padding_mode" in self.spelt
        if mode or self.padding != "valid" or "padding" in self.spelt:
            word += f":{self.padding}"
        return word + (f"/{self.padding_mode}" if mode else "")


@dataclass(frozen=True)
class Stack:
    """Layers in the order in which they are applied. `str(stack)` is its text."""

    layers: tuple[Layer, ...]

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __str__(self) -> str:
        return " ".join(map(str, self.layers))


@dataclass(frozen=True)
class StackText:
    """The layer language as the domain of a setting (see `core.settings.Domain`)."""

    def parse(self, text: str) -> Stack:
        return parse_stack(text)

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, Stack)

    def __str__(self) -> str:
        return "layers such as 'conv3x16:same maxpool2 up2'"


# --- The language ---------------------------------------------------------------------------


def parse_stack(text: str) -> Stack:
    """The stack that `text` spells; InputError names the word and what belongs in its place."""
    words = text.split(maxsplit=MAX_LAYERS)
    if not words:
        raise InputError("layers: expected at least one layer, as in 'conv3:same'")
    if len(words) > MAX_LAYERS:
        raise InputError(f"layers: expected at most {MAX_LAYERS} layers")
    return Stack(tuple(map(parse_layer, words)))


def parse_layer(word: str) -> Layer:
    """The layer that `word` spells; InputError names what is wrong and what would be right."""
    head, colon, tail = word.partition(":")
    found = re.match("(conv|maxpool|avgpool|up)(?=[0-9])", head)
    if not found:
        raise misspelt(word, word, "conv, maxpool, avgpool or up with its size, as in 'conv3'")
    kind = found[0]
    letters, expected = SYNTAX[kind]
    numbers, rest = read_numbers(head[len(kind) :], letters)
    if rest:
        raise misspelt(word, rest, expected)
    if kind == UPSAMPLING:
        if colon:
            raise misspelt(word, ":" + tail, expected)
        return Layer(kind, bounded(word, "the factor", numbers["kernel"], MAX_KERNEL))

    kernel = bounded(word, "the kernel", numbers.pop("kernel"), MAX_KERNEL)
    options: dict[str, Any] = {"stride": kernel if kind != CONVOLUTION else 1}
    given = {
        OPTIONS[letter]: bounded(word, f"the {OPTIONS[letter]}", digits, MOST[letter])
        for letter, digits in numbers.items()
    }
    if colon:
        given |= (parse_padding if kind == CONVOLUTION else parse_pool_padding)(word, tail)
    return Layer(kind, kernel, **(options | given), spelt=frozenset(given))


def read_numbers(text: str, letters: str) -> tuple[dict[str, str], str]:
    """The digits of the kernel and after each of `letters`, in order, and the text left over."""
    pattern = "(?P<kernel>[0-9]+)" + "".join(f"(?:{c}(?P<{c}>[0-9]+))?" for c in letters)
    found = re.match(pattern, text)
    assert found, "the caller has seen a digit"
    given = {name: digits for name, digits in found.groupdict().items() if digits}
    return given, text[found.end() :]


def parse_padding(word: str, tail: str) -> dict[str, Any]:
    """A convolution's `<padding>[/<padding_mode>]`."""
    padding, slash, mode = tail.partition("/")
    options: dict[str, Any] = {"padding": parse_amount(word, padding, "same, valid, full")}
    if slash:
        if mode not in PADDING_MODES:
            raise misspelt(word, mode, f"one of {', '.join(PADDING_MODES)}")
        options["padding_mode"] = mode
    return options


def parse_pool_padding(word: str, tail: str) -> dict[str, Any]:
    """A pool's `<padding>`, `ceil` or `<pixels>/ceil`."""
    if tail == "ceil":
        return {"ceil": True}
    padding, slash, mode = tail.partition("/")
    amount = parse_amount(word, padding, "same, valid, ceil")
    if amount == "full":
        raise misspelt(word, padding, f"same, valid, ceil or a number from 0 to {MAX_PADDING}")
    if slash and (mode != "ceil" or not isinstance(amount, int)):
        raise misspelt(word, "/" + mode, "a pool's padding alone, ceil, or a number and /ceil")
    return {"padding": amount, "ceil": bool(slash)}


def parse_amount(word: str, text: str, names: str) -> str | int:
    """One of PADDINGS or a number of pixels; `names` is what to expect beside a number."""
    if text in PADDINGS:
        return text
    if re.fullmatch("[0-9]+", text) and len(text) <= 4 and int(text) <= MAX_PADDING:
        return int(text)
    raise misspelt(word, text, f"{names} or a number from 0 to {MAX_PADDING}")


def bounded(word: str, what: str, digits: str, most: int) -> int:
    """The number that `digits` spell, from 1 to `most`."""
    value = int(digits) if len(digits) <= 5 else most + 1
    if not 1 <= value <= most:
        raise refused(word, f"{what} must be from 1 to {most}, not {shorten(digits)}")
    return value


def misspelt(word: str, part: str, expected: str) -> InputError:
    """The error for a `part` of `word` where something else was expected."""
    where = "" if part == word else f"in {shorten(word)!r}, "
    found = repr(shorten(part)) if part else "nothing"
    return InputError(f"layers: {where}expected {expected}; found {found}")


def refused(word: object, why: str) -> InputError:
    """The error for a word that parses and cannot be."""
    return InputError(f"layers: {shorten(str(word))!r}: {why}")


def shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


# --- The arithmetic -------------------------------------------------------------------------


@dataclass(frozen=True)
class Axis:
    """A layer laid along one axis of an image; made by `fit`.

    length, output: pixels in and out.
    before, after: padded cells at the start (top, left) and at the end (bottom, right). With
        `ceil` the windows' overhang is among them.
    A *cell* is a place in the padded input, counted from 0; a *tap* is a place in the kernel.
    """

    layer: Layer
    length: int
    before: int
    after: int
    output: int

    @cached_property
    def cells(self) -> Indices:
        """The pixel that each padded cell shows, OUTSIDE where it shows none.

        Shape (before + length + after,).
        """
        pixels: Indices = np.arange(-self.before, self.length + self.after)
        last = self.length - 1
        # One bounce or one turn is enough: `fit` refuses pads longer than that.
        match self.layer.padding_mode:
            case "reflect":
                pixels = last - np.abs(last - np.abs(pixels))
            case "symmetric":
                pixels = np.where(pixels < 0, -1 - pixels, pixels)
                pixels = np.where(pixels > last, 2 * last + 1 - pixels, pixels)
            case "replicate":
                pixels = np.clip(pixels, 0, last)
            case "circular":
                pixels = pixels % self.length
            case _:
                pixels[(pixels < 0) | (pixels > last)] = OUTSIDE
        return pixels

    @cached_property
    def windows(self) -> Indices:
        """The cell that each tap of each output reads: shape (output, taps)."""
        if self.layer.kind == UPSAMPLING:
            return np.arange(self.output)[:, None] // self.layer.kernel
        starts = np.arange(self.output) * self.layer.stride
        taps = np.arange(self.layer.kernel) * self.layer.dilation
        return np.add.outer(starts, taps)

    @cached_property
    def sources(self) -> Indices:
        """The linear map: the pixel each tap of each output reads, or OUTSIDE.

        Shape (output, taps). The layer with an all-ones kernel sums along the second axis.
        """
        return self.cells[self.windows]

    @cached_property
    def touches(self) -> Indices:
        """How often each tap of the kernel meets each pixel: shape (length, taps)."""
        taps = self.sources.shape[1]
        counts = np.zeros((self.length, taps), np.intp)
        for tap in range(taps):
            pixels = self.sources[:, tap]
            counts[:, tap] = np.bincount(pixels[pixels != OUTSIDE], minlength=self.length)
        return counts

    @cached_property
    def covered(self) -> Indices:
        """How many taps of each output lie on a pixel: shape (output,)."""
        return np.asarray((self.sources != OUTSIDE).sum(axis=1))

    @property
    def ratios(self) -> list[Fraction]:
        """What each output is multiplied by: 1, except with `partial` padding.

        There it is kernel / covered; the two axes' ratios multiply to Liu et al.'s kernel area /
        covered area. 0 where the window covers no pixel at all.
        """
        if self.layer.padding_mode != "partial":
            return [Fraction(1)] * self.output
        return [Fraction(self.layer.kernel, int(n)) if n else Fraction(0) for n in self.covered]

    @cached_property
    def mean_counts(self) -> Indices:
        """How many cells an average pool divides by, along this axis: shape (output,).

        Keras ('same') leaves padded cells out of the mean; PyTorch (a number) counts them as
        zeros, its `count_include_pad`, but never the overhang of `ceil_mode`.
        """
        if isinstance(self.layer.padding, str):
            return self.covered
        counted = self.before + self.length + self.layer.padding
        return np.asarray((self.windows < counted).sum(axis=1))

    @cached_property
    def unused(self) -> Indices:
        """Pixels that no output reads, in order."""
        return np.setdiff1d(np.arange(self.length), self.sources)

    @cached_property
    def idle(self) -> Indices:
        """Padded cells that no window reads, in order."""
        cells = np.setdiff1d(np.arange(len(self.cells)), self.windows)
        return cells[(cells < self.before) | (cells >= self.before + self.length)]

    @property
    def unused_padding(self) -> tuple[int, int]:
        """How many padded cells no window reads, before and after (Alsallakh et al. 2021)."""
        before = int((self.idle < self.before).sum())
        return before, len(self.idle) - before

    def pull_back(self, values: npt.NDArray[Any], combine: np.ufunc = np.add) -> npt.NDArray[Any]:
        """Carry one value per output back to the pixels that it reads: the map's transpose.

        values: shape (output,); an object array keeps Python's integers exact.
        combine: how a pixel joins the values it receives; `np.add` counts paths.
        Returns shape (length,); 0 where no output reads the pixel.
        """
        if self.layer.kind == UPSAMPLING:
            return np.asarray(combine.reduce(values.reshape(self.length, -1), axis=1))
        padded = np.zeros(len(self.cells), values.dtype)
        for tap in self.windows.T:  # one tap meets a cell at most once, so plain indexing adds up
            padded[tap] = combine(padded[tap], values)
        pixels = padded[self.before : self.before + self.length].copy()
        ring = np.r_[: self.before, self.before + self.length : len(self.cells)]
        ring = ring[self.cells[ring] != OUTSIDE]
        combine.at(pixels, self.cells[ring], padded[ring])
        return pixels


def fit(layer: Layer, length: int, convention: Convention = "either") -> Axis:
    """Lay `layer` along an axis of `length` pixels.

    convention: whose rules hold. "keras" and "torch" refuse what that framework refuses in a
        layer; "either" takes whatever one of them takes. What a line before the layer can pad is
        refused by none: a number in Keras (ZeroPadding2D), a mode that the framework lacks.
        'same' follows TensorFlow, tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2:
        output ⌈length / stride⌉, the odd padded pixel at the end.

    Raises InputError, naming the layer, where the layer does not fit.
    """
    refuse(layer, convention)
    if layer.kind == UPSAMPLING:
        return within_limit(Axis(layer, length, 0, 0, length * layer.kernel))
    before, after = pads(layer, length)
    refuse_pads(layer, length, max(before, after))
    room = before + length + after - layer.span
    output = room // layer.stride + 1
    if layer.ceil:
        output = -(-room // layer.stride) + 1
        # PyTorch: the last window must start inside the input or the padding before it.
        if (output - 1) * layer.stride >= length + before:
            output -= 1
        after = max(after, (output - 1) * layer.stride + layer.span - length - before)
    if output < 1:
        raise refused(
            layer,
            f"its window spans {layer.span} pixels, its padded input has "
            f"{before + length + after}: expected a smaller kernel or more padding",
        )
    return within_limit(Axis(layer, length, before, after, output))


def fit_stack(stack: Stack, length: int, convention: Convention = "either") -> tuple[Axis, ...]:
    """Lay each layer along what the one before it leaves of `length` pixels. Raises InputError."""
    axes = []
    for layer in stack:
        axes.append(fit(layer, length, convention))
        length = axes[-1].output
    return tuple(axes)


def pads(layer: Layer, length: int) -> tuple[int, int]:
    """Padded cells (before, after) an axis of `length` pixels, without the overhang of `ceil`."""
    if layer.padding == "same":
        total = max(0, layer.span - 1 - (length - 1) % layer.stride)
        return total // 2, total - total // 2
    if layer.padding == "full":
        return layer.span - 1, layer.span - 1
    if isinstance(layer.padding, int):
        return layer.padding, layer.padding
    return 0, 0


def sides(rows: tuple[int, int], columns: tuple[int, int]) -> dict[str, int]:
    """A pair along each axis, under the names of the image's sides."""
    return {"top": rows[0], "bottom": rows[1], "left": columns[0], "right": columns[1]}


def refuse(layer: Layer, convention: Convention) -> None:
    """Raise InputError for what the framework of `convention` does not offer."""
    torch, keras = convention == "torch", convention == "keras"
    if layer.is_pool:
        refuse_pool(layer, torch, keras)
        return
    strided_same = layer.padding == "same" and layer.stride > 1
    strided_dilated = layer.stride > 1 and layer.dilation > 1
    if torch and strided_same:
        raise refused(layer, "PyTorch refuses 'same' with a stride: expected a number or valid")
    if keras and layer.padding == "full":
        raise refused(
            layer,
            "Keras has no 'full' padding: expected same, valid or a number, here "
            f"{layer.span - 1} (a ZeroPadding2D before the layer)",
        )
    if keras and strided_dilated:
        raise refused(
            layer, "Keras refuses a stride together with a dilation: expected one of them to be 1"
        )
    if strided_same and strided_dilated:
        raise refused(
            layer,
            "PyTorch refuses 'same' with a stride, and Keras a stride with a dilation: "
            "expected a number or valid",
        )


def refuse_pool(layer: Layer, torch: bool, keras: bool) -> None:
    """Raise InputError for a pool that the framework, or either of them, does not offer."""
    if layer.padding == "full":
        raise refused(
            layer, "no framework pads a pool by 'full': expected same, valid, ceil or a number"
        )
    if torch and layer.padding == "same":
        raise refused(layer, "PyTorch's pools take a number or ceil: expected one of them")
    if keras and (layer.ceil or isinstance(layer.padding, int)):
        raise refused(layer, "Keras's pools take same or valid: expected one of them")
    if isinstance(layer.padding, int) and layer.padding > layer.kernel // 2:
        raise refused(
            layer,
            "PyTorch pads a pool by at most half its kernel: "
            f"expected a number from 0 to {layer.kernel // 2}",
        )


def refuse_pads(layer: Layer, length: int, longest: int) -> None:
    """Raise InputError where the pixels to copy into the padding run out, as PyTorch does."""
    supply = {"reflect": length - 1, "circular": length, "symmetric": length}
    most = supply.get(layer.padding_mode, math.inf)
    if longest > most:
        raise refused(
            layer,
            f"{layer.padding_mode} padding of {longest} on an input of {length}: "
            f"expected at most {most}",
        )


def within_limit(axis: Axis) -> Axis:
    """`axis` itself, or InputError where it outgrows MAX_LENGTH."""
    longest = max(axis.output, axis.before + axis.length + axis.after)
    if longest > MAX_LENGTH:
        raise refused(axis.layer, f"grows to {longest} pixels: expected at most {MAX_LENGTH}")
    return axis
