"""What the shapes page says: each sentence from the layers it speaks of, true for any of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.layers import Axis, Convention
from core.shapes import NO_WINDOW, REFUSED
from core.steps import Step, formula
from pages.shared.words import listed


def by(size: Sequence[int]) -> str:
    """A size in words: "28 × 28 × 1"."""
    return " × ".join(map(str, size))


def count(number: int, thing: str) -> str:
    """A number of things: "1 row", "2 rows"."""
    return f"{number:,} {thing}{'s' if number != 1 else ''}"


SYNTAX = {
    "keras": "Padding: `same` or `valid`; for a convolution also a number (Keras's "
    "`ZeroPadding2D`) and a mode, as in `conv3:same/reflect`.",
    "torch": "Padding: `valid` or a number; for a convolution also `full` and a mode, as in "
    "`conv3:1/reflect`, and at stride 1 `same`; for a pool also `ceil`, as in `maxpool2:ceil`, "
    "and at most half its size.",
}
"""What may stand behind the colon, by whose rules hold."""


def syntax(convention: Convention) -> str:
    """How a stack is written."""
    return (
        "`conv3x16s2d1` is a 3 × 3 convolution to 16 channels, stride 2, dilation 1. `maxpool2`, "
        f"`avgpool3s2`, `up2`. {SYNTAX[convention]}"
    )


def finding(steps: Sequence[Step]) -> str:
    """What a stack does to a size, in one line."""
    first, last = steps[0], steps[-1]
    sizes = f"{by(first.input)} becomes {by(last.output)}"
    rows, columns = len(first.unseen_rows), len(first.unseen_columns)
    if not rows and not columns:
        idle = sum(bool(len(step.rows.idle) or len(step.columns.idle)) for step in steps)
        but = f", but padding stays unused in {count(idle, 'layer')}" if idle else ""
        return f"{sizes}, and every pixel is seen{but}"
    if rows == first.rows.length or columns == first.columns.length:
        return f"{sizes}, and no pixel is ever seen"
    lost = [count(rows, "row")] if rows else []
    lost += [count(columns, "column")] if columns else []
    verb = "is" if rows + columns == 1 else "are"
    return f"{sizes}, and {' and '.join(lost)} of the image {verb} never seen"


def layer_row(step: Step, *, alike: bool) -> dict[str, str]:
    """One layer's row in the table; `alike` where rows and columns do the same in all layers."""
    formulas = {"formula": formula(step.rows)}
    if not alike:
        formulas = {"formula, height": formula(step.rows), "width": formula(step.columns)}
    return {
        "layer": str(step.layer),
        "in": by(step.input),
        "out": by(step.output),
        **formulas,
        "pads (top, bottom)": f"{step.rows.before}, {step.rows.after}",
        "pads (left, right)": f"{step.columns.before}, {step.columns.after}",
        "parameters": f"{step.parameters:,}" if step.parameters else "",
        "unused rows, columns": unused(step),
    }


def unused(step: Step) -> str:
    """Rows and columns that a layer's windows miss; nothing where there are none."""
    missed = len(step.rows.unused), len(step.columns.unused)
    return f"{missed[0]}, {missed[1]}" if any(missed) else ""


def parameters(steps: Sequence[Step]) -> str:
    """What the table's last columns add up to and mean."""
    said = f"{count(sum(step.parameters for step in steps), 'parameter')} in all."
    if any(unused(step) for step in steps):
        said += (
            " *Unused* are rows and columns of a layer's own input that none of its windows reads."
        )
    return said


def ends(axes: Sequence[Axis]) -> str:
    """The picture of the layers' ends in words, layer by layer."""
    return "; ".join(
        f"{axis.layer}: {axis.length} to {axis.output}, padded by {axis.before} before and "
        f"{axis.after} after, {count(len(axis.unused), 'pixel')} missed"
        for axis in axes
    )


def legend(kinds: Collection[str]) -> str:
    """What the layers' ends show; `kinds` of marks that are drawn (`ends.strip`)."""
    said = []
    if {"padding", "idle"} & set(kinds):
        said.append("dashed cells are padding")
    said.append("the frames are the first and the last window")
    if "unseen" in kinds:
        said.append("× marks a pixel that the last layer never sees")
    if "idle" in kinds:
        said.append("a dash marks a padded cell that no window uses")
    row = said[0] if len(said) == 1 else f"{', '.join(said[:-1])}, and {said[-1]}"
    return f"Each strip is one line of a layer's input, from its start to its end: {row}."


def uneven(axes: Sequence[Axis]) -> bool:
    """Whether some layer leaves more padded cells unused at one end than at the other."""
    return any(axis.unused_padding[0] != axis.unused_padding[1] for axis in axes)


def about_differences(found: Mapping[str, Mapping[str, str]]) -> str:
    """What the table of `core.shapes.differences` shows."""
    said = [
        "Sizes, with the cells padded before and after. TensorFlow, whose rule Keras's “same” is, "
        "puts an odd padded cell at the end. A number in PyTorch pads both ends alike; “same” it "
        "refuses where there is a stride."
    ]
    outcomes = {outcome for row in found.values() for outcome in row.values()}
    if REFUSED in outcomes:
        said.append("Keras refuses a stride together with a dilation.")
    if any("PyTorch ceil_mode" in row for row in found.values()):
        said.append("What a window of `ceil_mode` has beyond the input counts as padded here.")
    if NO_WINDOW in outcomes:
        said.append("“no window”: the window is longer than its padded input.")
    return " ".join(said)


def why_pad(same: Axis, valid: Axis) -> str:
    """Why a kernel hangs over the edge, and why such padding is called same.

    same, valid: one convolution with stride 1 and either padding, on the same pixels.
    """
    kernel, pixels = same.layer.kernel, same.length
    end = (
        f" The output has the **same** size, {same.output}: hence the name. It holds at stride 1; "
        f"with a stride s, “same” gives ⌈n / s⌉ of n pixels, so at stride 2 "
        f"⌈{pixels} / 2⌉ = {-(-pixels // 2)}."
    )
    if kernel == 1:
        return (
            f"A kernel of 1 is its own centre: nothing hangs over the edge, “same” pads nothing, "
            f"and {pixels} pixels give {valid.output}, padded or not.{end}"
        )
    without = f"`{formula(valid)}`"
    if kernel % 2 == 0:
        return (
            f"A kernel of {kernel} has no pixel in its centre. Without padding it fits in "
            f"{valid.output} places, {without}. “same” still gives one output for each pixel: the "
            f"kernel hangs over the edge by {same.before} at the start and by {same.after} at the "
            f"end.{end}"
        )
    cells = count(same.before, "cell")
    ends = "the outermost pixel" if same.before == 1 else f"the outer {same.before} pixels"
    return (
        f"What a kernel finds is written to the place of its centre. Centred on the first pixel, "
        f"a kernel of {kernel} needs {cells} outside the image. Without padding it cannot get "
        f"there: {without}, and {ends} at each end {'is' if same.before == 1 else 'are'} never "
        f"a centre. “same” adds {cells} at each end.{end}"
    )


def remainder(image: NDArray[np.float64], same: NDArray[np.float64]) -> str:
    """The smallest example: an image, (4, 3), and its 'same' pooling, (2, 2)."""
    last = image[:2, -1]
    shown = " and ".join(number(value) for value in last)
    return (
        f"The smallest example: {image.shape[0]} rows, {image.shape[1]} columns. “valid” gives "
        f"2 × 1: the third column is in no window. “same” pads a column and gives "
        f"{by(same.shape)}. Its right windows hold only 2 × 1 real pixels: of {shown} and two "
        f"padded cells the largest is {number(same[0, -1])}, a pixel. A padded cell counts as −∞ "
        "and never wins, not even over a negative number."
    )


def number(value: float) -> str:
    """A whole number with a typeset minus."""
    return f"{value:g}".replace("-", "−")


def windows(size: Sequence[int], held: Mapping[tuple[int, int], int]) -> str:
    """How many of the windows on an image of `size` hold how many real pixels.

    held: as `core.shapes.window_shapes` counts them.
    """
    parts = [f"{how_many} of {by(real)}" for real, how_many in held.items()]
    return (
        f"On {by(size)} pixels “same” lays {count(sum(held.values()), 'window')}: {listed(parts)}."
    )
