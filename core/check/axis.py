"""One operation along one axis of the image: how long it gets, what it pads, what reads what.

Everything here treats rows and columns independently. `lay` is arithmetic alone, so that hundreds
of input sizes can be tried; `trace` lists what each output reads, for the size that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import floor
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.check.graph import (
    Adaptive,
    Add,
    Concatenate,
    Crop,
    Cut,
    Flatten,
    Global,
    Input,
    Linear,
    Match,
    Multiply,
    Operation,
    Pad,
    PadSame,
    Pass,
    Resize,
    Transposed,
    Unknown,
    Window,
)
from core.layers import (
    AVERAGE_POOL,
    CONVOLUTION,
    MAX_LENGTH,
    OUTSIDE,
    UPSAMPLING,
    Axis,
    Convention,
    Indices,
    Layer,
    fit,
    pads,
    refuse_pads,
)
from core.settings import InputError

ROWS, COLUMNS = 0, 1
NOTHING = -2
"""The source of a tap that an output does not have."""

Sides = tuple[int, int]
"""Cells before (top, left) and after (bottom, right)."""


# --- An operation, cut down to one axis ------------------------------------------------------


@dataclass(frozen=True)
class Start:
    """The image itself."""


@dataclass(frozen=True)
class Windowed:
    layer: Layer
    convention: Convention
    inside: bool = False


@dataclass(frozen=True)
class Padded:
    before: int
    after: int
    mode: str

    def sides(self, length: int) -> Sides:
        """Cells laid before and after `length` pixels."""
        return self.before, self.after


@dataclass(frozen=True)
class PaddedSame:
    """Padding for windows of this span and stride, as 'same' pads."""

    span: int
    stride: int
    mode: str

    def sides(self, length: int) -> Sides:
        """Cells laid before and after `length` pixels."""
        return pads(Layer(CONVOLUTION, self.span, stride=self.stride, padding="same"), length)


@dataclass(frozen=True)
class Cropped:
    before: int
    after: int


@dataclass(frozen=True)
class Matched:
    """Padding or cropping to the length of the second node that is read."""

    cut: Cut = "more"

    def sides(self, lengths: tuple[int, ...]) -> Sides:
        """Cells laid before and after; negative where they are cut off."""
        length, wanted = lengths
        missing = wanted - length
        match self.cut:
            case "end":
                return 0, min(0, missing)
            case "less" if missing > 0:
                raise InputError(f"cuts {wanted} pixels out of {length}: expected no more")
            case "less":
                before = -(-missing // 2)
            case "even" if missing < 0:
                before = -round(-missing / 2)
            case _:
                before = missing // 2
        return before, missing - before


@dataclass(frozen=True)
class Stretched:
    """A transposed convolution; the fields are those of `Transposed`."""

    kernel: int
    stride: int
    padding: int | Literal["same", "valid"]
    output_padding: int
    dilation: int

    @property
    def span(self) -> int:
        return self.dilation * (self.kernel - 1) + 1

    @property
    def cut(self) -> int:
        """Outputs cut off at the start."""
        if self.padding == "same":  # Keras: the gradient of a convolution with 'same'
            return max(0, self.span - self.stride) // 2
        return 0 if self.padding == "valid" else self.padding

    def output(self, length: int) -> int:
        if isinstance(self.padding, int):
            grown = (length - 1) * self.stride + self.span + self.output_padding
            return grown - 2 * self.padding
        more = 0 if self.padding == "same" else max(0, self.span - self.stride)
        return length * self.stride + more


@dataclass(frozen=True)
class Scaled:
    """Resizing; with neither scale nor size, to the size of the second node that is read."""

    scale: Fraction | None
    size: int | None
    blends: bool
    align: bool


@dataclass(frozen=True)
class Fixed:
    """Adaptive pooling."""

    size: int


@dataclass(frozen=True)
class Kept:
    """What leaves everything in its place."""


@dataclass(frozen=True)
class Joined:
    """Nodes added, multiplied or stacked; `spreads` where a single row or column serves all."""

    spreads: bool


@dataclass(frozen=True)
class Whole:
    """What reads the whole map and leaves no place: global pooling, flatten, linear."""


@dataclass(frozen=True)
class Stopped:
    """What could not be read: nothing is known behind it."""


AxisOperation = (
    Start
    | Windowed
    | Padded
    | PaddedSame
    | Cropped
    | Matched
    | Stretched
    | Scaled
    | Fixed
    | Kept
    | Joined
    | Whole
    | Stopped
)


def along(operation: Operation, axis: int) -> AxisOperation:
    """`operation` as it acts along ROWS or COLUMNS."""
    match operation:
        case Input():
            return Start()
        case Window(rows, columns):
            return Windowed((rows, columns)[axis], operation.convention, operation.inside)
        case Pad(top, bottom, left, right, mode):
            before, after = ((top, bottom), (left, right))[axis]
            return Padded(before, after, mode)
        case PadSame(spans, strides, mode):
            return PaddedSame(spans[axis], strides[axis], mode)
        case Crop(top, bottom, left, right):
            return Cropped(*((top, bottom), (left, right))[axis])
        case Match(cut):
            return Matched(cut)
        case Transposed(kernel, _, stride, padding, more, dilation):
            pad = padding if isinstance(padding, str) else padding[axis]
            return Stretched(kernel[axis], stride[axis], pad, more[axis], dilation[axis])
        case Resize(scale, size, mode, align):
            factor = None if scale is None else Fraction(scale[axis]).limit_denominator(MAX_LENGTH)
            return Scaled(factor, size and size[axis], mode == "bilinear", align)
        case Adaptive((1, 1)):
            return Whole()
        case Adaptive(size):
            wanted = size[axis]
            return Kept() if wanted is None else Fixed(wanted)
        case Pass():
            return Kept()
        case Add() | Multiply():
            return Joined(spreads=True)
        case Concatenate():
            return Joined(spreads=False)
        case Global() | Flatten() | Linear():
            return Whole()
        case Unknown():
            return Stopped()


# --- Sizes and pads --------------------------------------------------------------------------


class Mismatch(Exception):
    """The nodes that a join reads differ in length."""

    def __init__(self, lengths: tuple[int, ...]) -> None:
        super().__init__(lengths)
        self.lengths = lengths


@dataclass(frozen=True, slots=True)
class Laid:
    """An operation laid along one axis.

    lengths: of what it reads; output: its own.
    pads: the padded cells around what it reads, its own and those that a line of padding before
        it laid there.
    used: those of them that a window really reads (Alsallakh et al. 2021, arXiv 2010.02178).
    carried: padded cells among its outputs, which a line of padding left for the next to read.
    """

    lengths: tuple[int, ...]
    output: int
    pads: Sides = (0, 0)
    used: Sides = (0, 0)
    carried: Sides = (0, 0)

    @property
    def lopsided(self) -> bool:
        return self.used[0] != self.used[1]


def lay(
    operation: AxisOperation,
    lengths: tuple[int, ...],
    carried: Sides = (0, 0),
    start: int = 1,
) -> Laid:
    """Lay `operation` along nodes of `lengths`.

    carried: the `Laid.carried` of the only node that is read.
    start: the length of the image.
    Raises InputError where it does not fit, and Mismatch.
    """
    match operation:
        case Start():
            return Laid((), start)
        case Kept():
            return Laid(lengths, lengths[0], carried=carried)
        case Windowed(layer, convention):
            return lay_window(layer, lengths, carried, convention)
        case Joined(spreads):
            wanted = max(lengths)
            if any(length != wanted and not (spreads and length == 1) for length in lengths):
                raise Mismatch(lengths)
            return Laid(lengths, wanted)
        case Whole():
            return Laid(lengths, 1)
        case Padded() | PaddedSame():
            before, after = operation.sides(lengths[0])
            refuse_pads(padding_layer(operation.mode), lengths[0], max(before, after))
            around = (carried[0] + before, carried[1] + after)
            return Laid(lengths, bounded(lengths[0] + before + after), carried=around)
        case Cropped(before, after):
            left = (max(0, carried[0] - before), max(0, carried[1] - after))
            return Laid(lengths, bounded(lengths[0] - before - after), carried=left)
        case Matched():
            before, after = operation.sides(lengths)
            output = bounded(lengths[0] + before + after)
            return Laid(lengths, output, carried=(max(0, before), max(0, after)))
        case Stretched():
            output = bounded(operation.output(lengths[0]))
            implied = beyond(operation, lengths[0], output)
            return Laid(lengths, output, implied, implied)
        case Scaled(scale, size):
            if scale is not None:
                size = floor(lengths[0] * scale)
            return Laid(lengths, bounded(lengths[1] if size is None else size))
        case Fixed(size):
            return Laid(lengths, size)
        case Stopped():
            raise AssertionError("nothing is laid behind what could not be read")


def lay_window(
    layer: Layer, lengths: tuple[int, ...], carried: Sides, convention: Convention
) -> Laid:
    """Lay a convolution, a pool or upsampling."""
    if layer.kind == UPSAMPLING:
        return Laid(lengths, bounded(lengths[0] * layer.kernel))
    axis = fit(layer, lengths[0], convention)
    pads = (axis.before + carried[0], axis.after + carried[1])
    if pads == (0, 0):
        return Laid(lengths, axis.output)
    cells = axis.before + axis.length + axis.after
    if layer.stride == 1 and axis.output >= layer.dilation:
        used = pads  # every cell is read
    elif layer.dilation == 1 and layer.kernel >= layer.stride:
        read = min(cells, (axis.output - 1) * layer.stride + layer.kernel)
        used = (min(pads[0], read), max(0, read - (cells - pads[1])))
    else:  # windows with gaps between their taps, or between them
        used = (
            read_of(axis, np.arange(pads[0])),
            read_of(axis, np.arange(cells - pads[1], cells)),
        )
    return Laid(lengths, axis.output, pads, used)


def read_of(axis: Axis, cells: Indices) -> int:
    """How many of these cells some window reads."""
    starts = np.subtract.outer(cells, np.arange(axis.layer.kernel) * axis.layer.dilation)
    windows, rest = np.divmod(starts, axis.layer.stride)
    read = (rest == 0) & (windows >= 0) & (windows < axis.output)
    return int(read.any(axis=1).sum())


def bounded(length: int) -> int:
    """`length`, or InputError where nothing is left or it outgrows what is analysed."""
    if not 1 <= length <= MAX_LENGTH:
        raise InputError(f"comes out {length} pixels long: expected from 1 to {MAX_LENGTH}")
    return length


def padding_layer(mode: str) -> Layer:
    """A line of padding as a layer: a kernel of 1 reads each cell, padded or not."""
    return Layer(CONVOLUTION, 1, padding_mode=mode)


def beyond(operation: Stretched, length: int, output: int) -> Sides:
    """The places before and after its input that a transposed convolution reads as zeros.

    It spreads the input's pixels `stride` apart and sums a window of them; near the border the
    window reaches places where the next pixel would have stood.
    """
    if operation.dilation <= output:  # all places from the first to the last are read
        before = (operation.span - 1 - operation.cut) // operation.stride
        after = (output - 1 + operation.cut) // operation.stride - (length - 1)
        return max(0, before), max(0, after)
    places = np.unique(stretched_places(operation, output)[0])
    return int((places < 0).sum()), int((places >= length).sum())


def stretched_places(operation: Stretched, output: int) -> tuple[Indices, npt.NDArray[np.bool_]]:
    """The place in its input that each tap of each output would read, and whether there is one.

    Both of shape (output, taps); between two pixels there is none.
    """
    taps = np.arange(operation.kernel) * operation.dilation
    spread = np.subtract.outer(np.arange(output) + operation.cut, taps)
    return spread // operation.stride, spread % operation.stride == 0


# --- What reads what -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Trace:
    """What each output of an operation reads, along one axis.

    length: of what is read.
    sources: shape (output, taps): the pixel that is read; OUTSIDE for a padded cell that shows
        none, NOTHING for a tap that this output does not have.
    padded: the same shape: whether the tap lies on a padded cell, whatever it shows.
    fresh: whether each tap has a weight of its own to learn.
    weights: otherwise what the taps weigh, shape (output, taps); None where all weigh 1.
    ratios: what each output is multiplied by, with `partial` padding only.
    """

    length: int
    sources: Indices
    padded: npt.NDArray[np.bool_]
    fresh: bool = False
    weights: npt.NDArray[np.object_] | None = None
    ratios: tuple[Fraction, ...] | None = None

    @property
    def output(self) -> int:
        return len(self.sources)

    @cached_property
    def read(self) -> npt.NDArray[np.bool_]:
        """Which pixels are read at all: shape (length,)."""
        found = np.zeros(self.length, bool)
        found[self.sources[self.sources >= 0]] = True
        return found

    @cached_property
    def taps(self) -> tuple[tuple[Indices, Indices], ...]:
        """For each tap, the outputs where it lies on a pixel, and those pixels."""
        columns = self.sources.T
        return tuple((np.flatnonzero(column >= 0), column[column >= 0]) for column in columns)

    @property
    def matrix(self) -> npt.NDArray[np.float64]:
        """How often each output reads each pixel, times its ratio: shape (output, length)."""
        counts = np.zeros((self.output, self.length))
        for outputs, pixels in self.taps:
            counts[outputs, pixels] += 1
        return counts if self.ratios is None else counts * np.array(self.ratios, float)[:, None]

    def spread(self, marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """The outputs that read a padded cell or a `marked` pixel: shape (output,)."""
        pixels = np.where(self.sources >= 0, self.sources, 0)
        return np.asarray((self.padded | (marked[pixels] & (self.sources >= 0))).any(axis=1))

    def pull(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Carry one value per output back to the pixels that it reads, and add up there.

        values: shape (output,); an object array keeps Python's integers exact.
        """
        found = np.zeros(self.length, values.dtype)
        for outputs, pixels in self.taps:
            np.add.at(found, pixels, values[outputs])
        return found


def trace(operation: AxisOperation, laid: Laid, which: int = 0) -> Trace | None:
    """What the outputs of `operation` read of the node that it reads as number `which`.

    None where each output reads the pixel in its own place.
    """
    length, output = laid.lengths[which], laid.output
    match operation:
        case Windowed(layer, convention, pixels_only):
            return trace_window(layer, length, convention, pixels_only)
        case Padded() | PaddedSame():
            before, after = operation.sides(length)
            cells = Axis(padding_layer(operation.mode), length, before, after, output)
            places = np.arange(-before, length + after)
            return Trace(length, cells.cells[:, None], ((places < 0) | (places >= length))[:, None])
        case Cropped(before):
            return unpadded(length, np.arange(before, before + output)[:, None])
        case Matched() if which == 0 and output != length:
            places = np.arange(output) - operation.sides(laid.lengths)[0]
            outside = (places < 0) | (places >= length)
            return Trace(length, np.where(outside, OUTSIDE, places)[:, None], outside[:, None])
        case Stretched():
            places, there = stretched_places(operation, output)
            inside = (places >= 0) & (places < length)
            sources = np.where(there, np.where(inside, places, OUTSIDE), NOTHING)
            return Trace(length, sources, there & ~inside, fresh=True)
        case Scaled() if which == 0 and output != length:
            return trace_scaled(operation, length, output)
        case Fixed() if output != length:
            return averages(length, *bins(length, output))
        case Whole() if length > 1:
            return averages(length, np.zeros(1, np.intp), np.array([length]))
        case Joined() if output != length:
            return unpadded(length, np.zeros((output, 1), np.intp))
        case Scaled() | Matched() if which:  # only its size is read
            return unpadded(length, np.full((output, 1), NOTHING))
    return None


def trace_window(
    layer: Layer, length: int, convention: Convention, pixels_only: bool = False
) -> Trace | None:
    """What a convolution, a pool or upsampling reads; None where each output reads its own."""
    axis = fit(layer, length, convention)
    if layer.kernel == 1 and axis.output == length and axis.before == 0:
        return None
    if layer.kind == UPSAMPLING:
        return unpadded(length, axis.sources)
    padded = (axis.windows < axis.before) | (axis.windows >= axis.before + length)
    weights = None
    if layer.kind == AVERAGE_POOL:
        counts = axis.covered if pixels_only else axis.mean_counts
        shares = [Fraction(1, max(1, int(count))) for count in counts]
        weights = np.array([[share] * layer.kernel for share in shares], object)
    ratios = tuple(axis.ratios) if layer.padding_mode == "partial" else None
    return Trace(length, axis.sources, padded, layer.kind == CONVOLUTION, weights, ratios)


def unpadded(length: int, sources: Indices) -> Trace:
    return Trace(length, sources, np.zeros(sources.shape, bool))


def averages(length: int, starts: Indices, ends: Indices) -> Trace:
    """Means over the pixels from each start to before each end."""
    longest = int((ends - starts).max())
    places = np.add.outer(starts, np.arange(longest))
    inside = places < ends[:, None]
    shares = [Fraction(1, int(count)) for count in ends - starts]
    weights = np.array([[share] * longest for share in shares], object)
    return replace(unpadded(length, np.where(inside, places, NOTHING)), weights=weights)


def bins(length: int, output: int) -> tuple[Indices, Indices]:
    """Where PyTorch's adaptive pooling starts and ends each of its windows: shape (output,)."""
    places = np.arange(output)
    return places * length // output, -(-(places + 1) * length // output)


def trace_scaled(operation: Scaled, length: int, output: int) -> Trace:
    """What PyTorch's interpolation reads, docs.pytorch.org, nn.functional.interpolate."""
    step = 1 / operation.scale if operation.scale else Fraction(length, output)
    if not operation.blends:
        places = [min(length - 1, floor(place * step)) for place in range(output)]
        return unpadded(length, np.array(places)[:, None])
    if operation.align:
        step = Fraction(length - 1, max(1, output - 1))
        exact = [place * step for place in range(output)]
    else:
        exact = [
            min(Fraction(length - 1), max(Fraction(0), (place + Fraction(1, 2)) * step - HALF))
            for place in range(output)
        ]
    first = [floor(place) for place in exact]
    over = [place - below for place, below in zip(exact, first, strict=True)]
    sources = np.array(
        [(below, below + 1 if more else NOTHING) for below, more in zip(first, over, strict=True)]
    )
    weights = np.array([(1 - more, more) for more in over], object)
    return replace(unpadded(length, sources), weights=weights)


HALF = Fraction(1, 2)


# --- Where things lie ------------------------------------------------------------------------


def step_of(operation: AxisOperation, laid: Laid) -> Fraction | None:
    """Pixels of what is read from one output to the next; None where a whole map is read."""
    match operation:
        case Windowed(layer):
            up = layer.kind == UPSAMPLING
            return Fraction(1, layer.kernel) if up else Fraction(layer.stride)
        case Stretched(_, stride):
            return Fraction(1, stride)
        case Scaled(scale):
            return 1 / scale if scale else Fraction(laid.lengths[0], laid.output)
        case Fixed():
            return Fraction(laid.lengths[0], laid.output)
        case Whole():
            return None
        case _:
            return Fraction(1)


def shift_of(operation: AxisOperation, laid: Laid) -> Fraction:
    """How far what the outputs read lies off the centre of the image that is read, in its pixels.

    It is the mean, over all outputs, of the middle of the window, minus the image's own middle;
    negative where it lies towards the start (up, left). A window with stride s whose padded and
    read cells are `used` before and after is off by (after − before) / 2.
    """
    length, output = (laid.lengths or (laid.output,))[0], laid.output
    middle = Fraction(output - 1, 2)
    match operation:
        case Windowed(layer, convention) if layer.kind != UPSAMPLING:
            before = fit(layer, length, convention).before
            centre = middle * layer.stride - before + Fraction(layer.span - 1, 2)
        case Padded() | PaddedSame():
            centre = middle - operation.sides(length)[0]
        case Cropped(before):
            centre = middle + before
        case Matched():
            centre = middle - operation.sides(laid.lengths)[0]
        case Stretched(_, stride):
            centre = (middle + operation.cut - Fraction(operation.span - 1, 2)) / stride
        case Scaled(_, _, blends) if not blends and output != length:
            read = trace_scaled(operation, length, output).sources
            centre = Fraction(int(read.sum()), output)
        case Scaled(scale, _, _, align) if scale and not align:
            centre = (middle + HALF) / scale - HALF
        case _:
            return Fraction(0)
    return centre - Fraction(length - 1, 2)
