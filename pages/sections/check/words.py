"""What the page says of a network: sentences for every state that a report can be in."""

from __future__ import annotations

from fractions import Fraction

from core.check.axis import COLUMNS, ROWS
from core.check.report import Report
from core.check.walk import Place
from pages.shared.controls import escaped
from pages.shared.words import listed, percent


def counted(number: int, thing: str) -> str:
    """A number of things: "no rows", "1 row", "2 rows"."""
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"


def size(place: Place) -> str:
    height, width, _ = place.output
    return f"{height} × {width}"


def summary(found: Report) -> str:
    """The report in one line."""
    begins = "As far as it is followed, at" if found.unread else "At"
    at = f"{begins} {found.height} × {found.width}"
    faults = []
    stops = [misfit for misfit in found.mismatches if misfit.stops]
    if stops:
        faults.append(f"{counted(len(stops), 'join')} of maps that differ in size")
    elif found.mismatches:
        faults.append("an output that differs in size from the image")
    if found.misled:
        faults.append(f"{counted(len(found.misled), 'linear layer')} made for another size")
    if "unused" in found.faults:
        faults.append("rows or columns that are left out")
    if found.lopsided:
        faults.append(f"{counted(len(found.lopsided), 'layer')} padded unevenly")
    if not faults:
        return f"{at} everything fits, nothing is left out, and padding is even"
    return f"{at}: {listed(faults)}"


def mismatch(found: Report) -> str:
    """The first misfit, as a title."""
    misfit = found.mismatches[0]
    if not misfit.stops:
        made, image = (f"{height} × {width}" for height, width, _ in misfit.sizes)
        return f"The output is {made}, the image {image}"
    apart = list(dict.fromkeys(f"{height} × {width}" for height, width, _ in misfit.sizes))
    if len(apart) == 1:
        channels = list(dict.fromkeys(str(many) for _, _, many in misfit.sizes))
        return f"{escaped(misfit.at)} joins maps of {listed(channels)} channels"
    return f"{escaped(misfit.at)} joins maps of {listed(apart)}"


def unused(found: Report) -> str:
    """What is left out, as a title."""
    rows, columns = map(len, found.unseen)
    if rows or columns:
        return (
            f"No output ever sees {counted(rows, 'row')} and {counted(columns, 'column')} "
            "of the image"
        )
    item = found.unused[0]
    left = f"{counted(len(item.rows), 'row')} and {counted(len(item.columns), 'column')}"
    return f"{escaped(item.node)} leaves out {left} of its input"


def unused_more(found: Report) -> str:
    """Every layer that leaves something out, in a sentence; nothing where there is none."""
    if not found.unused:
        return ""
    each = [
        f"{escaped(item.node)} ({len(item.rows)} and {len(item.columns)})" for item in found.unused
    ]
    shown = each[:6] + ([f"{len(each) - 6} more"] if len(each) > 6 else [])
    return (
        "Rows and columns of its input that a layer reads by no window, and no other layer either: "
        f"{listed(shown)}."
    )


def pixels(number: Fraction) -> str:
    """A length in pixels: "15.5 pixels", "1 pixel"."""
    return f"{float(number):g} pixel{'' if number == 1 else 's'}"


def aside(rows: Fraction, columns: Fraction) -> str:
    """A shift in words: "15.5 pixels up and 15.5 pixels left"; nothing for none."""
    parts = []
    for amount, before, after in ((rows, "up", "down"), (columns, "left", "right")):
        if amount:
            parts.append(f"{pixels(abs(amount))} {before if amount < 0 else after}")
    return listed(parts)


def sides(rows: Fraction, columns: Fraction) -> str:
    """A shift of so many pixels in a table: "15.5 up, 15.5 left"; "none" for none."""
    parts = aside(rows, columns).replace(" pixels", "").replace(" pixel", "")
    return parts.replace(" and ", ", ") or "none"


def lopsided(found: Report) -> str:
    """Uneven padding and what it adds up to, as a title."""
    layers = f"{counted(len(found.lopsided), 'layer')} padded unevenly"
    low, high = shifts(found)
    if low != high:
        return f"{layers}: by some ways through the network what is seen is off the centre"
    off = aside(*low)
    if not off:
        return f"{layers}: what it shifts adds up to nothing"
    return f"{layers}: the last map sees {off} of the centre"


def shifts(found: Report) -> tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]:
    """The least and the most shift over all ways, (rows, columns) each."""
    rows, columns = found.shift[ROWS], found.shift[COLUMNS]
    return (rows[0], columns[0]), (rows[1], columns[1])


def lopsided_more(found: Report) -> str:
    """What the shift is, and its bounds where ways differ."""
    low, high = shifts(found)
    said = (
        "Counted are padded cells that a window really reads. The shift is that of the centre of "
        "what all outputs of the last map see together, against the centre of the image, dropped "
        "rows and columns included."
    )
    if low != high:
        said += (
            f" It depends on the way through the network: from {aside(*low) or 'nothing'} to "
            f"{aside(*high) or 'nothing'}."
        )
    return said


def reach(found: Report) -> str:
    """How far the padding reaches, as a title."""
    for reached in found.contaminated:
        if reached.share == 1:
            return f"Every output of {escaped(reached.node)} sees padding"
    most = max(found.contaminated, key=lambda item: item.share)
    return f"Padding reaches up to {percent(float(most.share))} of a map, in {escaped(most.node)}"


def reach_more(found: Report) -> str:
    first = next(item for item in found.contaminated if item.share)
    return (
        "The share of a layer's outputs whose receptive field holds padded cells, along any way "
        f"from the image. It begins with {percent(float(first.share))} in {escaped(first.node)}."
    )


def leak(found: Report) -> str:
    """Whether position leaks, as a title."""
    leaked = found.leak
    if not leaked.leaks:
        if nothing_to_compare(found):
            stride = counted(max(leaked.stride), "pixel")
            return f"The image is no longer than the network's stride, {stride}"
        return "Padding tells no place from another"
    if any(
        deep >= length // 2 > 0 for deep, length in zip(leaked.depths, leaked.length, strict=True)
    ):
        return "Where something lies leaks, up to the middle of the image"
    deep = counted(leaked.depth, "pixel")
    return f"Where something lies leaks, up to {deep} in from the border"


def nothing_to_compare(found: Report) -> bool:
    rows, columns = found.leak.stride
    return found.height <= rows and found.width <= columns


def leak_more(found: Report) -> str:
    leaked = found.leak
    if nothing_to_compare(found):
        return "So no two places can be compared that the strides alone do not tell apart."
    stride = max(leaked.stride)
    places = "different places"
    if stride > 1:
        places = f"places that lie whole strides apart, multiples of {stride} pixels,"
    said = f"White pixels on black at {places} give the summed last map "
    if not leaked.leaks:
        return said + (
            "the same score, whatever the weights, without bias and activation. "
            "A bias can still betray the border of a padding with zeros."
        )
    told = f" {escaped(leaked.layer)} is the first layer that tells." if leaked.layer else ""
    return said + "different scores for some weights." + told


def corner(found: Report) -> str:
    """What a corner counts, as a title."""
    assert found.counts is not None
    share = found.counts.corner_to_max
    if share == 1:
        return "A corner counts as much as any pixel"
    if share == 0:
        return "The top left corner does not count at all"
    return f"A corner counts {part(share)} of the pixel that counts most"


def part(share: float) -> str:
    """A share with two significant digits, three from 99 % on: "0.88 %", "69 %", "99.9 %"."""
    return f"{100 * share:.2g} %" if share < 0.99 else f"{100 * share:.3g} %"


def corner_more(found: Report) -> str:
    assert found.counts is not None
    how = "exact, in whole numbers"
    if found.counts.error:
        how = f"within {found.counts.error:.0e} of the exact share"
    return (
        "The ways from each pixel through all taps and channels to the output, every weight set to "
        f"1, over the most that any pixel has; {how}."
    )
