"""What the shapes page says holds for any stack, size and convention."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core import shapes
from core.layers import Axis, Layer, Stack, fit, fit_stack, parse_layer, parse_stack
from core.settings import InputError
from core.shapes import feature_map, pool, window_shapes
from core.steps import Step, formula, walk
from pages.sections.shapes import words
from pages.sections.shapes.ends import drawn, place, strip
from tests.strategies import convolutions, pools, stacks, unless_refused

SIZES = st.integers(1, 14)
LAYERS = st.one_of(convolutions(), pools(), st.builds(Layer, st.just("up"), st.integers(1, 3)))
CONVENTIONS = st.sampled_from(["keras", "torch"])


def fitting(stack: Stack, height: int, width: int, convention: Any = "either") -> tuple[Step, ...]:
    """The steps, or another draw where the stack does not fit."""
    with unless_refused():
        return walk(stack, height, width, 1, convention)


@settings(max_examples=400)
@given(LAYERS, st.integers(1, 40))
def test_any_formula_computes(layer: Layer, length: int) -> None:
    with unless_refused():
        axis = fit(layer, length)
    left, equals, right = formula(axis).rpartition(" = ")
    python = left.replace("−", "-").replace("·", "*")
    for opened, closed, function in (("⌊", "⌋", "floor"), ("⌈", "⌉", "ceil")):
        python = python.replace(opened, f"{function}(").replace(closed, ")")
    assert equals
    assert eval(python, {"floor": math.floor, "ceil": math.ceil}) == int(right) == axis.output


@settings(max_examples=400)
@given(stacks(), SIZES, SIZES, CONVENTIONS)
def test_any_finding_is_true(stack: Stack, height: int, width: int, convention: str) -> None:
    steps = fitting(stack, height, width, convention)
    said = words.finding(steps)
    seen = [looked_at(stack, length, convention) for length in (height, width)]
    rows, columns = (int((~lit).sum()) for lit in seen)
    idle = sum(
        any(read_padding(axis) < axis.before + axis.after for axis in (step.rows, step.columns))
        for step in steps
    )
    start = f"{height} × {width} × 1 becomes {' × '.join(map(str, steps[-1].output))}, and "
    assert said.startswith(start)
    rest = said.removeprefix(start)
    if not rows and not columns:
        layers = "1 layer" if idle == 1 else f"{idle} layers"
        but = f", but padding stays unused in {layers}" if idle else ""
        assert rest == f"every pixel is seen{but}"
    elif not (seen[0].any() and seen[1].any()):
        assert rest == "no pixel is ever seen"
    else:
        part = re.fullmatch(
            r"(?:(\d+) rows?)?(?: and )?(?:(\d+) columns?)? of the image (is|are) never seen", rest
        )
        assert part, rest
        assert (int(part[1] or 0), int(part[2] or 0)) == (rows, columns)
        assert (part[3] == "is") == (rows + columns == 1)


def looked_at(stack: Stack, length: int, convention: Any) -> np.ndarray:
    """Which of `length` pixels reach some output, by lighting each alone."""
    lit = np.eye(length, dtype=bool)
    for axis in fit_stack(stack, length, convention):
        lit = np.any(np.hstack([lit, np.zeros((length, 1), bool)])[:, axis.sources], axis=2)
    return np.asarray(np.any(lit, axis=1))


def read_padding(axis: Axis) -> int:
    """How many padded cells some window reads."""
    read = set(axis.windows.ravel().tolist())
    return sum(not axis.before <= cell < axis.before + axis.length for cell in read)


@pytest.mark.parametrize(
    ("text", "height", "width", "said"),
    [
        ("maxpool2", 8, 7, "8 × 7 × 1 becomes 4 × 3 × 1, and 1 column of the image is never seen"),
        ("maxpool2", 7, 7, "and 1 row and 1 column of the image are never seen"),
        ("conv1s20:8", 4, 4, "and no pixel is ever seen"),
        ("conv3s2:1", 8, 7, "and every pixel is seen, but padding stays unused in 1 layer"),
        ("up2", 3, 4, "3 × 4 × 1 becomes 6 × 8 × 1, and every pixel is seen"),
    ],
)
def test_findings(text: str, height: int, width: int, said: str) -> None:
    assert said in words.finding(walk(parse_stack(text), height, width, 1, "either"))


@settings(max_examples=200)
@given(stacks(), SIZES, SIZES)
def test_any_table_row_is_true(stack: Stack, height: int, width: int) -> None:
    steps = fitting(stack, height, width)
    alike = all(step.rows == step.columns for step in steps)
    for step in steps:
        row = words.layer_row(step, alike=alike)
        formulas = [row["formula"]] if alike else [row["formula, height"], row["width"]]
        assert formulas == [formula(step.rows), formula(step.columns)][: len(formulas)]
        missed = [
            axis.length - len(set(axis.sources.ravel().tolist()) - {-1})
            for axis in (step.rows, step.columns)
        ]
        assert row["unused rows, columns"] == (f"{missed[0]}, {missed[1]}" if any(missed) else "")
    caption = words.parameters(steps)
    assert ("*Unused*" in caption) == any(
        words.layer_row(step, alike=alike)["unused rows, columns"] for step in steps
    )


@settings(max_examples=200)
@given(st.one_of(convolutions(), pools()), CONVENTIONS)
def test_the_syntax_says_what_is_accepted(layer: Layer, convention: Any) -> None:
    """At a length where every kernel fits, what is refused is what the words leave out."""
    said = words.SYNTAX[convention]
    number = isinstance(layer.padding, int)
    if convention == "keras":
        both = not layer.is_pool and layer.stride > 1 and layer.dilation > 1
        named = layer.padding in ("same", "valid") or (number and not layer.is_pool)
        expected = named and not layer.ceil and not both
        assert "`same` or `valid`" in said
        assert "for a convolution also a number" in said
    elif layer.is_pool:
        expected = layer.padding == "valid" or number
        assert "`valid` or a number" in said
    else:
        expected = layer.padding != "same" or layer.stride == 1
        assert "at stride 1 `same`" in said
    try:
        fit(layer, 64, convention)
    except InputError:
        assert not expected
    else:
        assert expected


# --- Both ends ----------------------------------------------------------------------------------


@settings(max_examples=200)
@given(stacks(), st.integers(1, 40), st.integers(1, 40))
def test_the_drawn_ends_are_those_of_the_axis(stack: Stack, height: int, width: int) -> None:
    for step in drawn(fitting(stack, height, width)):
        for wide, axis, unseen in (
            (False, step.rows, step.unseen_rows),
            (True, step.columns, step.unseen_columns),
        ):
            marks = list(strip(step, 0, wide))
            total = len(axis.cells)
            where = {place(cell, total): cell for cell in range(total)}
            read = set(axis.windows.ravel().tolist())
            for mark in marks:
                cell = where.get(int(mark.left), 0)
                inside = axis.before <= cell < axis.before + axis.length
                true = {
                    "pixel": inside,
                    "padding": not inside and cell in read,
                    "idle": not inside and cell not in read,
                    "unseen": inside and cell - axis.before in unseen,
                }
                assert true.get(mark.kind, mark.kind in ("title", "window", "gap"))
            frames = [mark for mark in marks if mark.kind == "window"]
            assert min(frame.left for frame in frames) == 0
            if total <= 17:
                ends = {(start, start + axis.layer.span) for start in (0, int(axis.windows[-1, 0]))}
                assert {(frame.left, frame.right) for frame in frames} == ends
            assert all(frame.left < frame.right for frame in frames)


@settings(max_examples=200)
@given(stacks(), SIZES)
def test_any_ends_in_words_are_those_of_the_axes(stack: Stack, length: int) -> None:
    axes = [step.rows for step in fitting(stack, length, length)]
    layers = words.ends(axes).split("; ")
    for said, axis in zip(layers, axes, strict=True):
        numbers = [int(number) for number in re.findall(r"\d+", said.removeprefix(str(axis.layer)))]
        assert numbers == [axis.length, axis.output, axis.before, axis.after, len(axis.unused)]


@settings(max_examples=200)
@given(stacks(), SIZES)
def test_any_legend_names_what_is_drawn(stack: Stack, length: int) -> None:
    steps = fitting(stack, length, length)
    chosen = drawn(steps)
    assume(chosen)
    kinds = {mark.kind for step in chosen for mark in strip(step, 0, False)}
    axes = [step.rows for step in chosen]
    said = words.legend(kinds)
    padded = any(axis.before or axis.after for axis in axes)
    assert ("dashed cells are padding" in said) == padded
    # On axes this short nothing is left out between the ends.
    assume(all(len(axis.cells) <= 17 for axis in axes))
    assert ("× marks" in said) == any(len(step.unseen_rows) for step in chosen)
    assert ("a dash marks" in said) == any(len(axis.idle) for axis in axes)
    uneven = [
        len([c for c in axis.idle if c < axis.before])
        != len([c for c in axis.idle if c > axis.before])
        for axis in axes
    ]
    assert words.uneven(axes) == any(uneven)


# --- Keras and PyTorch --------------------------------------------------------------------------


def torch_size(layer: Layer, length: int, padding: int, ceil: bool = False) -> int | None:
    """The size that PyTorch itself gives, None where it gives none."""
    pixels = torch.zeros(1, 1, length)
    try:
        if layer.is_pool:
            found = F.max_pool1d(pixels, layer.kernel, layer.stride, padding, ceil_mode=ceil)
        else:
            kernel = torch.zeros(1, 1, layer.kernel)
            found = F.conv1d(
                pixels, kernel, stride=layer.stride, padding=padding, dilation=layer.dilation
            )
    except RuntimeError:
        return None
    return int(found.shape[-1])


@settings(max_examples=400)
@given(st.one_of(convolutions(), pools()), st.integers(1, 30))
def test_any_way_is_the_framework_s(layer: Layer, length: int) -> None:
    for way, outcome in shapes.ways(layer, length).items():
        if way.startswith("Keras"):
            both = not layer.is_pool and layer.stride > 1 and layer.dilation > 1
            assert (outcome == shapes.REFUSED) == both
            if way == "Keras “same”" and not both:
                assert outcome.startswith(f"{-(-length // layer.stride)} (")
            continue
        padding = layer.kernel // 2 if "⌊k/2⌋" in way else 0
        size = torch_size(layer, length, padding, ceil="ceil" in way)
        assert outcome.split(" (")[0] == (shapes.NO_WINDOW if size is None else str(size))


@settings(max_examples=400)
@given(stacks(), st.integers(1, 30), st.integers(1, 30))
def test_the_frameworks_part_where_their_windows_differ(
    stack: Stack, height: int, width: int
) -> None:
    steps = fitting(stack, height, width)
    found = shapes.differences(steps)
    for step in steps:
        bare = replace(step.layer, padding="valid", ceil=False, spelt=frozenset())
        for length in (step.rows.length, step.columns.length):
            if step.layer.kind == "up" or step.layer.stride == 1:
                continue
            row = shapes.ways(step.layer, length)
            part = row["Keras “same”"] != row["PyTorch padding=⌊k/2⌋"]
            assert (found.get(f"{bare} on {length}") == row) == part
    if not found:
        return
    said = words.about_differences(found)
    outcomes = [outcome for row in found.values() for outcome in row.values()]
    assert ("refuses a stride together with a dilation" in said) == (shapes.REFUSED in outcomes)
    assert ("no window" in said) == (shapes.NO_WINDOW in outcomes)
    assert ("ceil_mode" in said) == any(
        " ceil_mode" in way for row in found.values() for way in row
    )


# --- Why pad at all, and what the last windows hold ---------------------------------------------


@pytest.mark.parametrize("kernel", range(1, 8))
def test_why_pad(kernel: int) -> None:
    same, valid = (fit(Layer("conv", kernel, padding=p), 7) for p in ("same", "valid"))
    said = words.why_pad(same, valid)
    assert same.output == 7
    assert "The output has the **same** size, 7" in said
    assert "⌈7 / 2⌉ = 4" in said
    assert fit(Layer("conv", kernel, stride=2, padding="same"), 7).output == 4
    if kernel == 1:
        assert "nothing hangs over the edge" in said
        assert "7 pixels give 7" in said
    elif kernel % 2:
        outer = kernel // 2
        assert f"needs {outer} cell{'s' * (outer > 1)} outside the image" in said
        assert f"`7 − {kernel} + 1 = {8 - kernel}`" in said
        assert (same.before, same.after) == (outer, outer)
        lost = "outermost pixel at each end is" if outer == 1 else f"outer {outer} pixels"
        assert lost in said
    else:
        assert f"over the edge by {kernel // 2 - 1} at the start and by {kernel // 2} at" in said
        assert (same.before, same.after) == (kernel // 2 - 1, kernel // 2)


def test_the_smallest_remainder() -> None:
    from pages.sections.shapes.remainder import EXAMPLE

    same, valid = parse_layer("maxpool2:same"), parse_layer("maxpool2")
    assert pool(EXAMPLE, valid).tolist() == [[5], [11]]
    assert pool(EXAMPLE, same).tolist() == [[5, -3], [11, -9]]
    said = words.remainder(EXAMPLE, pool(EXAMPLE, same))
    assert "4 rows, 3 columns. “valid” gives 2 × 1" in said
    assert "of −3 and −6 and two padded cells the largest is −3, a pixel" in said


@given(st.integers(1, 20), st.integers(1, 20))
def test_windows_in_words(height: int, width: int) -> None:
    rows, columns = (fit(parse_layer("maxpool2:same"), length) for length in (height, width))
    held = window_shapes(rows, columns)
    said = words.windows((height, width), held)
    for size, how_many in held.items():
        assert f"{how_many} of {size[0]} × {size[1]}" in said
    whole = rows.output * columns.output
    assert f"{whole} window{'s' * (whole > 1)}: " in said


def test_zeros_would_change_the_last_row_and_column_only() -> None:
    from pages.sections.shapes.fill import BIAS
    from pages.shared.example import digit

    same = parse_layer("maxpool2:same")
    image = pool(pool(digit(), same), same)
    for pixels, layer in (
        (feature_map(image, BIAS), same),
        (1 - image, parse_layer("avgpool2:same")),
    ):
        differs = pool(pixels, layer) != pool(pixels, layer, padded_as=0.0)
        assert differs.any()
        assert not differs[:-1, :-1].any()
