"""What the impact page says: each sentence from the maps it speaks of, true for any of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from core import shift_probe
from core.impact import Impact, Lean, corner_touches, unevenly_padded
from core.impact.measured import Beside
from core.layers import CONVOLUTION, fit_stack
from core.shift_probe.classes import convolutions
from pages.sections.impact.sides import Side, label
from pages.shared import sources
from pages.shared.sources import cite

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def scientific(number: Fraction | int) -> str:
    """Three significant digits and a power of ten: "7.18 × 10⁴⁷"."""
    with localcontext() as context:
        context.prec = 3
        exact = Fraction(number)
        value = Decimal(exact.numerator) / Decimal(exact.denominator)
        exponent = value.adjusted()
        return f"{value.scaleb(-exponent):.2f} × 10{str(exponent).translate(RAISED)}"


def exact_percent(share: Fraction | float) -> str:
    """A share with three significant digits: "15.6 %", "1.69 × 10⁻³ %".

    What is not 0 is not written as 0, nor as 100 % what is less or more.
    """
    hundredths = 100 * Fraction(share)
    if not hundredths:
        return "0 %"
    if not Fraction(1, 1000) <= hundredths < 10**9:
        return f"{scientific(hundredths)} %"
    number = float(hundredths)
    if number >= 999.5:
        return f"{number:,.0f} %"
    if f"{number:.3g}" == "100" and hundredths != 100:
        return "over 100 %" if hundredths > 100 else "over 99.9 %"
    return f"{number:.3g} %"


def written(number: int, denominator: int = 1) -> str:
    """A number of paths: in full up to twelve digits, then as "7.18 × 10⁴⁷"."""
    paths = Fraction(number, denominator)
    if paths >= 10**12 or 0 < paths < Fraction(1, 1000):
        return scientific(paths)
    if paths.denominator == 1:
        return f"{paths.numerator:,}"
    return f"{float(paths):,.6g}" if paths < 10**6 else f"{float(paths):,.0f}"


def all_in_full(map_: Impact) -> NDArray[np.object_]:
    """Every pixel's paths as text: a browser's numbers are exact only up to 2⁵³."""

    def text(number: int) -> str:
        return f"{number:,}" if map_.denominator == 1 else written(number, map_.denominator)

    return np.array([[text(number) for number in row] for row in map_.numerators], object)


def share(part: int, whole: int) -> Fraction:
    """part / whole, and 0 of nothing."""
    return Fraction(part, whole) if whole else Fraction(0)


def title(map_: Impact) -> str:
    """What a map shows, in one line."""
    if not map_.maximum:
        return "No pixel is ever seen"
    if map_.numerators.size == 1:
        paths = Fraction(map_.maximum, map_.denominator)
        return f"The only pixel has {written(map_.maximum, map_.denominator)} {noun(paths)}"
    if map_.at_full == 1:
        return "Every pixel counts alike"
    if map_.unseen:
        return f"{exact_percent(map_.unseen)} of the pixels are never seen"
    if map_.lean is not None:
        return leaning(map_.lean)
    corner = map_.corners[0]
    if set(map_.corners) != {corner}:
        least = exact_percent(share(min(map_.corners), map_.maximum))
        most = exact_percent(share(max(map_.corners), map_.maximum))
        return f"The corners count from {least} to {most} of the maximum"
    if corner == map_.maximum:
        at_most = int(np.count_nonzero(map_.numerators == corner))
        if at_most == len(map_.corners):
            return "The corners count most"
        return f"{exact_percent(map_.at_full)} of the pixels count most, the corners among them"
    if set(map_.middle) == {map_.middle[0]}:
        return f"A corner counts {exact_percent(share(corner, map_.middle[0]))} of the centre"
    return f"A corner counts {exact_percent(share(corner, map_.maximum))} of the maximum"


def leaning(lean: Lean) -> str:
    """Which half of the image counts more, and by how much."""
    if lean.times is None:
        return f"Lopsided: no paths {lean.less}"
    if lean.times >= 2:
        often = "Twice" if lean.times == 2 else f"{times(lean.times)} times"
        return f"{often} as many paths {lean.more} as {lean.less}"
    return f"{exact_percent(lean.times - 1)} more paths {lean.more} than {lean.less}"


def times(factor: Fraction) -> str:
    """A factor of 2 or more: "2.5", "1,024", "7.18 × 10⁴⁷"."""
    if factor >= 10**6:
        return scientific(factor)
    return f"{float(factor):,.0f}" if factor >= 100 else f"{float(factor):.3g}"


def noun(paths: Fraction) -> str:
    """What such a number counts; with `partial` padding paths have weights."""
    return "path" if paths == 1 else "paths" if paths.denominator == 1 else "weighted paths"


def caption(side: Side) -> str:
    """What stands under a map: the stack, the size, and what some of its layers do."""
    unseen = "; grey pixels are never seen" if side.impact.unseen else ""
    said = [f"`{side.label}` on {side.height} × {side.width}{unseen}"]
    if any(layer.padding_mode == "partial" for layer in side.stack):
        said.append(
            "partial: zeros around, and each output multiplied by kernel area / covered area "
            f"({cite(sources.LIU)})"
        )
    if uneven := unevenly_padded(side.stack, side.height, side.width):
        layers = len(side.stack)
        where = "its only layer" if layers == 1 else f"{uneven} of its {layers} layers"
        said.append(
            f"in {where} the windows use more of the padding at one end than at the other "
            f"({cite(sources.MIND_THE_PAD)})"
        )
    return "; ".join(said)


def through(sides: Sequence[Side]) -> str:
    """The title of the cut through the maps: the row that it follows."""
    rows = {side.height // 2: side.name for side in sides}
    if len(rows) == 1:
        return f"Through row {next(iter(rows))}"
    return "Through row " + " and ".join(f"{row} ({name})" for row, name in rows.items())


def cut(sides: Sequence[Side]) -> str:
    """The cut through the maps in words: from which share at its ends to which in its middle."""
    parts = []
    for side in sides:
        shares = side.impact.shares[side.height // 2]
        ends = " and ".join(exact_percent(float(end)) for end in (shares[0], shares[-1]))
        middle = exact_percent(float(shares[side.width // 2]))
        parts.append(f"{side.name}: {ends} of the maximum at its ends, {middle} in its middle")
    return f"{through(sides)}. {'; '.join(parts).capitalize()}"


def pictures(own: bool, map_: Impact) -> tuple[str, str]:
    """The picture as it is, and each pixel as bright as it counts, in words; `own`: a visitor's."""
    what = "Your picture" if own else "A digit that reaches the edge"
    return f"{what}, as it is", f"The same, each pixel as bright as it counts. {title(map_)}"


def summary(map_: Impact) -> dict[str, str]:
    """A map's counts and shares, each under its name."""
    corner, centre = map_.corners[0], map_.middle[-1]
    return {
        "most paths": written(map_.maximum, map_.denominator),
        "top left corner": written(corner, map_.denominator),
        "this corner to the centre": exact_percent(share(corner, centre)) if centre else "–",
        "this corner to the maximum": exact_percent(share(corner, map_.maximum)),
        "pixels at the maximum": exact_percent(map_.at_full if map_.maximum else 0),
        "pixels under half of it": exact_percent(map_.below_half),
        "pixels under a tenth": exact_percent(map_.below_tenth),
        "pixels no output sees": exact_percent(map_.unseen),
    }


def where_to_click(sides: Sequence[Side], largest: int) -> str:
    """Which maps take a click: those of at most `largest` pixels."""
    taking = [side.name for side in sides if side.pixels <= largest]
    if not taking:
        return ""
    which = "a map" if len(taking) == len(sides) else f"the {taking[0]} map"
    return f"or click a pixel of {which} above"


def outside(side: Side) -> str:
    """Why a side says nothing of the chosen pixel."""
    return (
        f"`{side.label}`: the pixel lies outside, rows and columns end at {side.height - 1} and "
        f"{side.width - 1}."
    )


def reached(side: Side, pixel: tuple[int, int], outputs: int) -> str:
    """How many paths lead from a pixel to how many of the last layer's outputs."""
    height, width = (fit_stack(side.stack, n)[-1].output for n in (side.height, side.width))
    number = side.impact.numerators[pixel]
    if not number:
        return f"Pixel {pixel}: no path leads to any of the {height} × {width} outputs"
    paths = Fraction(int(number), side.impact.denominator)
    lead = "leads" if paths == 1 else "lead"
    return (
        f"Pixel {pixel}: **{written(int(number), side.impact.denominator)}** {noun(paths)} {lead} "
        f"to **{outputs:,}** of {height} × {width} outputs"
    )


def reach_map(side: Side, reached: NDArray[np.integer]) -> str:
    """The map of how many outputs each pixel can reach, in words."""
    least, most = int(reached.min()), int(reached.max())
    if least == most:
        return f"{side.name.capitalize()}: every pixel reaches {most:,} {outputs(most)}"
    return (
        f"{side.name.capitalize()}: the top left corner reaches {int(reached[0, 0]):,}; all pixels "
        f"from {least:,} to {most:,} {outputs(most)}"
    )


def outputs(number: int) -> str:
    """The noun behind a number."""
    return "output" if number == 1 else "outputs"


def uniform_is_not_invariant(sides: Sequence[Side], told_apart: Sequence[int | None]) -> list[str]:
    """The answer to whether a uniform map leaks nothing, and what each side leaks.

    told_apart: for each side, how many sums a white pixel's positions can have at best
        (`core.shift_probe.positions_told_apart`).
    """
    example = any(
        side.uniform and sums is not None and sums > 1
        for side, sums in zip(sides, told_apart, strict=True)
    )
    lead = "No. A map counts paths, as if every weight were one; a network's weights differ."
    if not example:
        lead += (
            " With replicate padding every pixel of a 3 × 3 layer counts alike, and position "
            "still leaks: the preset “Uniform, and yet” shows how."
        )
    said = [leak(side, sums) for side, sums in zip(sides, told_apart, strict=True)]
    linear = any(sums is not None for sums in told_apart)
    end = [
        "This is decided for the layers alone, with no activation between them. A bias then adds "
        "the same to every sum."
    ]
    return [lead, *dict.fromkeys(said), *(end if linear else [])]


def leak(side: Side, sums: int | None) -> str:
    """Whether the position of a white pixel leaks from this very stack."""
    name = f"`{side.label}` on {side.height} × {side.width}"
    if sums is None:
        return f"{name} has max pooling, which is not linear: what it leaks is not decided here."
    if side.pixels == 1:
        return f"{name} has a single pixel, and so no position to tell."
    if not side.impact.maximum:
        return f"{name} sees no pixel at all, and so tells no position."
    alike = "counts every pixel alike" if side.uniform else "does not count every pixel alike"
    if sums == 1:
        link = "and" if side.uniform else "and still"
        return (
            f"{name} {alike}, {link} leaks nothing: under any weights its output adds up to the "
            "same sum wherever the one white pixel lies."
        )
    link = "and still" if side.uniform else "and"
    return (
        f"{name} {alike}, {link} leaks: there are weights that give the {side.pixels:,} positions "
        f"of one white pixel {sums:,} different sums.{corner_of_one_layer(side)}"
    )


def corner_of_one_layer(side: Side) -> str:
    """How much of a kernel the first pixel meets, where one convolution is all there is."""
    layer = side.stack.layers[0]
    if len(side.stack) > 1 or layer.kind != CONVOLUTION:
        return ""
    touches = corner_touches(layer, side.height, side.width)
    met, weights = int(np.count_nonzero(touches)), touches.size
    if met == weights:
        return ""
    if not met:
        return f" The top left pixel meets none of the kernel's {weights} weights."
    often = ", some of them several times" if touches.max() > 1 else ""
    return f" The top left pixel meets only {met} of the kernel's {weights} weights{often}."


def probe(settings: shift_probe.Settings) -> str:
    """The label of a link to the probe."""
    layers = (settings.kernel, settings.layers, settings.padding, settings.padding_mode)
    return f"Probe {label(convolutions(*layers))}"


def lost(detail: float | None) -> str:
    """What a picture loses on pixels that hardly count."""
    if detail is None:
        return "This picture has one grey everywhere: no detail to lose"
    return f"{exact_percent(detail)} of its detail lies on pixels that count under a tenth"


def measured(beside: Beside) -> str:
    """A measured amount with its standard error, where there is one."""
    if beside.error is None:
        return f"{beside.measured:.3g} (one draw)"
    return f"{beside.measured:.3g} ± {beside.error:.1g}"


def measured_map(values: NDArray[np.floating], what: str) -> str:
    """A map of `what` in words: its corner, its centre, and its most."""
    height, width = values.shape
    corner, centre, most = values[0, 0], values[height // 2, width // 2], values.max()
    return f"{what}: top left corner {corner:.2g}, centre {centre:.2g}, most {most:.2g}"
