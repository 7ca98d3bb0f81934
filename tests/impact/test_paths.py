"""Impact maps are exact: against autograd, the published tables and the literature's facts."""

import json
import math
import subprocess
import sys
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from core.__main__ import main
from core.impact import Lean, Settings, impact, lost_detail, reach, report, touches
from core.layers import Convention, Layer, Stack, parse_layer, parse_stack
from core.settings import InputError
from tests.strategies import convolutions, unless_refused


def square(text: str, size: int, convention: Convention = "either") -> np.ndarray:
    return impact(parse_stack(text), size, size, convention).map


# Scheidl's setting, 28×28 and 3×3: layers; corner, mid-edge, centre; corner share, pixels at full.
SAME = [
    (1, (4, 6, 9), 0.444, 0.862),
    (2, (25, 45, 81), 0.309, 0.735),
    (3, (169, 351, 729), 0.232, 0.617),
    (4, (1225, 2835, 6561), 0.187, 0.510),
    (5, (9216, 23328, 59049), 0.156, 0.413),
]
VALID = [
    (1, (1, 3, 9), 0.111, 0.735),
    (2, (1, 9, 81), 0.0123, 0.510),
    (3, (1, 27, 729), 0.00137, 0.327),
    (4, (1, 81, 6561), 0.000152, 0.184),
    (5, (1, 243, 59049), 0.000017, 0.082),
]


@pytest.mark.parametrize(
    ("padding", "layers", "counts", "corner", "full"),
    [("same", *row) for row in SAME] + [("valid", *row) for row in VALID],
)
def test_table(
    padding: str, layers: int, counts: tuple[int, ...], corner: float, full: float
) -> None:
    found = impact(parse_stack(f"conv3:{padding} " * layers), 28, 28)
    assert (found.map[0, 0], found.map[0, 14], found.map[14, 14]) == counts
    assert found.corner_to_max == counts[0] / counts[2]
    assert found.corner_to_max == pytest.approx(corner, rel=0.02)
    assert found.corner_to_centre == found.corner_to_max
    assert found.at_full == pytest.approx(full, abs=0.0005)


def test_five_layers_shares() -> None:
    valid, same = (
        impact(parse_stack(f"conv3:{padding} " * 5), 28, 28) for padding in ("valid", "same")
    )
    assert valid.below_tenth == pytest.approx(0.40, abs=0.005)
    assert valid.below_half == pytest.approx(0.60, abs=0.005)
    assert same.below_half == pytest.approx(0.14, abs=0.005)
    assert same.below_tenth == 0


def test_first_figure() -> None:
    ramp = [1, 2, 3, 3, 3, 3, 3, 3, 2, 1]
    np.testing.assert_array_equal(square("conv3", 10), np.multiply.outer(ramp, ramp))
    edges = [2, 3, 3, 3, 3, 3, 3, 3, 3, 2]
    np.testing.assert_array_equal(square("conv3:same", 10), np.multiply.outer(edges, edges))


@pytest.mark.parametrize(
    "text",
    ["conv3:full " * 5, "conv3:same/circular " * 5, "conv5:same/symmetric", "conv3:same/replicate"],
)
def test_uniform_maps(text: str) -> None:
    """Alsallakh et al. 2021, and replicate padding as long as the kernel is 3×3."""
    counts = square(text, 10)
    kernel = parse_stack(text).layers[0].kernel
    assert (counts == kernel ** (2 * len(parse_stack(text)))).all()


@pytest.mark.parametrize("text", ["conv3:same/reflect", "conv3:same/partial"])
def test_the_second_ring_is_overcounted(text: str) -> None:
    counts = square(text, 10)
    assert counts[1, 5] > counts[5, 5] > counts[0, 5]


def test_replicate_overcounts_the_border_with_five() -> None:
    counts = square("conv5:same/replicate", 10)
    assert counts[0, 5] == 30
    assert counts[5, 5] == 25


def test_lopsided_stride() -> None:
    row = [1, 4, 3, 5, 2, 5, 3, 4] * 3 + [1, 2, 1, 1]
    torch_rows = square("conv3s2:1 conv3s2:1 conv3s2:1", 28, "torch")
    keras_rows = square("conv3s2:same conv3s2:same conv3s2:same", 28, "keras")
    assert torch_rows[0].tolist() == row
    assert keras_rows[-1].tolist() == row[::-1]


def test_an_indivisible_stride_is_lopsided_at_224_and_not_at_225() -> None:
    stack = "conv7s2:3 maxpool3s2:1 conv3s2:1 conv3s2:1 conv3s2:1"
    uneven, even = square(stack, 224, "torch"), square(stack, 225, "torch")
    assert (even == even[::-1, ::-1]).all()
    assert (uneven != uneven[::-1, ::-1]).any()


def test_fifty_layers_are_exact() -> None:
    counts = square("conv3 " * 50, 224)
    # The middle pixel can take every tap of every layer; the corner only ever the first.
    assert counts[112, 112] == 9**50
    assert counts[0, 0] == 1
    # Every output has 9⁵⁰ paths to the input.
    assert counts.sum() == 9**50 * (224 - 100) ** 2
    assert type(counts[112, 112]) is int


@given(st.integers(1, 40), st.sampled_from(["same", "full", "valid", "same/reflect"]))
def test_counts_stay_python_integers(depth: int, padding: str) -> None:
    counts = square(f"conv3:{padding} " * depth, 96)
    assert {type(count) for count in counts.ravel()} == {int}


LAYERS = st.one_of(
    convolutions(),
    st.builds(
        Layer,
        kind=st.sampled_from(["maxpool", "avgpool"]),
        kernel=st.integers(1, 4),
        stride=st.integers(1, 4),
        padding=st.sampled_from([0, 1, "same"]),
        ceil=st.just(False),
    ),
    st.builds(
        Layer,
        kind=st.just("maxpool"),
        kernel=st.integers(2, 4),
        stride=st.integers(1, 4),
        padding=st.integers(0, 1),
        ceil=st.just(True),
    ),
    st.builds(Layer, st.just("up"), st.integers(1, 3)),
)
STACKS = st.lists(LAYERS, min_size=1, max_size=4).map(lambda layers: Stack(tuple(layers)))


def surround(x: torch.Tensor, layer: Layer) -> tuple[torch.Tensor, torch.Tensor]:
    """`x` of shape (1, 1, h, w) padded as PyTorch or NumPy do, and a mask of its real cells."""

    def sides(length: int) -> tuple[int, int]:
        span = layer.dilation * (layer.kernel - 1)
        if layer.padding == "same":
            steps = math.ceil(length / layer.stride) - 1
            total = max(0, steps * layer.stride + span + 1 - length)
            return total // 2, total - total // 2
        named = {"valid": 0, "full": span}
        amount = layer.padding if isinstance(layer.padding, int) else named[layer.padding]
        if not layer.ceil:
            return amount, amount
        # A surplus of padding that only whole windows inside the rule may use.
        steps = math.ceil((length + 2 * amount - layer.kernel) / layer.stride)
        if steps * layer.stride >= length + amount:
            steps -= 1
        return amount, max(amount, steps * layer.stride + layer.kernel - length - amount)

    rows, columns = sides(x.shape[-2]), sides(x.shape[-1])
    pads = (*columns, *rows)
    mask = F.pad(torch.ones_like(x), pads)
    if layer.padding_mode in ("reflect", "replicate", "circular"):
        return F.pad(x, pads, mode=layer.padding_mode), torch.ones_like(mask)
    if layer.padding_mode == "symmetric":
        places = [
            np.pad(np.arange(length), side, mode="symmetric")
            for length, side in zip(x.shape[-2:], (rows, columns), strict=True)
        ]
        return x[:, :, places[0]][..., places[1]], torch.ones_like(mask)
    return F.pad(x, pads), mask


def sum_of_output(stack: Stack, x: torch.Tensor) -> torch.Tensor:
    """The stack with all weights 1, pools summing their window."""
    for layer in stack:
        if layer.kind == "up":
            x = F.interpolate(x, scale_factor=layer.kernel, mode="nearest")
            continue
        padded, mask = surround(x, layer)
        ones = torch.ones(1, 1, layer.kernel, layer.kernel, dtype=x.dtype)
        add_up = partial(F.conv2d, weight=ones, stride=layer.stride, dilation=layer.dilation)
        x = add_up(padded)
        if layer.padding_mode == "partial":
            covered = add_up(mask)
            x = x * torch.where(covered > 0, layer.kernel**2 / covered.clamp(min=1), 0)
    return x.sum()


@settings(deadline=None, max_examples=200)
@given(STACKS, st.integers(1, 12), st.integers(1, 12))
def test_maps_agree_with_autograd(stack: Stack, height: int, width: int) -> None:
    with unless_refused():
        found = impact(stack, height, width)
    pixels = torch.zeros(1, 1, height, width, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(sum_of_output(stack, pixels), pixels)
    expected = gradient[0, 0].numpy()
    np.testing.assert_allclose(np.asarray(found.map, float), expected, rtol=1e-12)
    top = expected.max()
    if top:
        np.testing.assert_allclose(found.shares, expected / top, rtol=1e-12)
    if found.denominator == 1:
        assert found.below_half == np.mean(2 * expected < top)
        assert found.below_tenth == np.mean(10 * expected < top)
        assert found.unseen == np.mean(expected == 0)


@settings(deadline=None)
@given(STACKS, st.integers(1, 9), st.integers(1, 9))
def test_leaning_corners_and_middle(stack: Stack, height: int, width: int) -> None:
    with unless_refused():
        found = impact(stack, height, width)
    counts = found.numerators
    assert set(found.corners) == {counts[r, c] for r in (0, -1) for c in (0, -1)}
    assert len(found.corners) == min(height, 2) * min(width, 2)
    inner = counts[(height - 1) // 2 : height // 2 + 1, (width - 1) // 2 : width // 2 + 1]
    assert list(found.middle) == inner.ravel().tolist()
    halves = {
        "above": counts[: height // 2].sum(),
        "below": counts[(height + 1) // 2 :].sum(),
        "left": counts[:, : width // 2].sum(),
        "right": counts[:, (width + 1) // 2 :].sum(),
    }
    lean = found.lean
    if lean is None:
        assert halves["above"] == halves["below"]
        assert halves["left"] == halves["right"]
        return
    more, less = halves[lean.more], halves[lean.less]
    assert {lean.more, lean.less} in ({"above", "below"}, {"left", "right"})
    assert more > less
    # Along one axis all paths have the other's factor, which may be 0.
    assert lean.times == (Fraction(more, less) if less else None)


def test_tensorflow_s_padding_leans_the_other_way() -> None:
    torch_map = impact(parse_stack("conv3s2:1"), 28, 28)
    keras_map = impact(parse_stack("conv3s2:same"), 28, 28)
    assert torch_map.lean == Lean("above", "below", Fraction(21, 20))
    assert keras_map.lean == Lean("below", "above", Fraction(21, 20))
    assert impact(parse_stack("conv1s9"), 4, 5).lean == Lean("above", "below", None)
    assert impact(parse_stack("conv3:same"), 4, 5).lean is None
    assert impact(parse_stack("conv1s2:same conv1s3:1"), 1, 5).lean is None  # no pixel is seen


def test_a_share_beyond_a_float_is_infinite_and_null_in_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "conv64s64:512/replicate " * 100
    assert impact(parse_stack(text), 200, 200).corner_to_centre == math.inf
    assert main(["impact", "--size", "200", "--layers", text]) == 0
    assert '"corner_to_centre": null' in capsys.readouterr().out


def test_lost_detail_is_the_contrast_on_faint_pixels() -> None:
    image = np.zeros((4, 4))
    image[:, 2:] = 1
    faint = np.zeros((4, 4), bool)
    assert lost_detail(image, faint) == 0
    faint[:, :2] = True  # the edge lies on columns 1 and 2 alike
    assert lost_detail(image, faint) == 0.5
    assert lost_detail(image, ~np.zeros((4, 4), bool)) == 1
    assert lost_detail(np.ones((4, 4)), faint) is None
    assert lost_detail(np.ones((1, 1)), np.ones((1, 1), bool)) is None


def test_lost_detail_of_one_row() -> None:
    assert lost_detail(np.array([[0.0, 0, 1, 1]]), np.array([[True, True, False, False]])) == 0.5


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**16))
def test_lost_detail_parts_add_up(height: int, width: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    image, faint = draw.random((height, width)), draw.random((height, width)) < 0.5
    here, there = lost_detail(image, faint), lost_detail(image, ~faint)
    assert (here is None) == (there is None) == (image.size == 1)
    if here is not None and there is not None:
        assert here + there == pytest.approx(1)


def test_partial_is_an_outer_product_of_fractions() -> None:
    """Kernel area / covered area at a corner is 9/4, at an edge 9/6."""
    found = impact(parse_stack("conv3:same/partial"), 4, 4)
    assert Fraction(found.numerators[0, 0], found.denominator) == Fraction(9, 4) + 3 + 1
    assert found.map[0, 0] == 6.25
    assert found.map.dtype == float


def test_partial_without_padding_stays_whole() -> None:
    assert square("conv3:valid/partial", 5).tolist() == square("conv3", 5).tolist()


def test_no_pixel_seen() -> None:
    found = impact(parse_stack("conv1s20:8"), 4, 4)
    assert found.map.tolist() == [[0] * 4] * 4
    assert (found.unseen, found.corner_to_max, found.below_half) == (1, 0, 0)
    assert not found.shares.any()


@settings(deadline=None)
@given(STACKS, st.integers(1, 8), st.integers(1, 8))
def test_reach_counts_the_outputs_a_pixel_changes(stack: Stack, height: int, width: int) -> None:
    with unless_refused():
        found = reach(stack, height, width)
    seen = impact(stack, height, width).numerators
    assert ((found > 0) == (seen > 0)).all()
    # One output at a time, a map has a path exactly from the pixels in its reach.
    rows, columns = outputs_of_each_pixel(stack, height), outputs_of_each_pixel(stack, width)
    expected = [[len(row) * len(column) for column in columns] for row in rows]
    assert found.tolist() == expected


def outputs_of_each_pixel(stack: Stack, length: int) -> list[set[int]]:
    """The outputs that a white pixel on one axis lights up, found by looking."""
    from core.layers import fit_stack

    lit = np.eye(length, dtype=bool)
    for axis in fit_stack(stack, length):
        lit = np.any(np.hstack([lit, np.zeros((length, 1), bool)])[:, axis.sources], axis=2)
    return [set(np.flatnonzero(row)) for row in lit]


def test_reach_of_two_layers() -> None:
    assert reach(parse_stack("conv3:same conv3:same"), 10, 10)[0].tolist() == [
        9,
        12,
        *[15] * 6,
        12,
        9,
    ]


@pytest.mark.parametrize(
    ("word", "pixel", "positions"),
    [
        ("conv3", (0, 0), [((0, 0), (0, 0))]),
        ("conv3", (0, 1), [((0, 0), (0, 1)), ((0, 1), (0, 0))]),
        ("conv3:same", (0, 0), [((0, 0), (1, 1)), ((0, 1), (1, 0)), ((1, 0), (0, 1))]),
    ],
)
def test_touches_step_through_the_outputs(
    word: str, pixel: tuple[int, int], positions: list[tuple[tuple[int, int], tuple[int, int]]]
) -> None:
    found = touches(parse_layer(word), (5, 5), pixel)
    assert [(touch.output, touch.tap) for touch in found][: len(positions)] == positions
    assert all(touch.cell == pixel for touch in found)


def test_a_mirrored_pixel_is_touched_where_its_copy_lies() -> None:
    copies = [touch.cell for touch in touches(parse_layer("conv3:same/reflect"), (5, 5), (2, 1))]
    assert (2, -1) in copies
    assert len(copies) == 12


@settings(deadline=None)
@given(LAYERS, st.integers(1, 8), st.integers(1, 8), st.data())
def test_touches_sum_to_the_impact(
    layer: Layer, height: int, width: int, data: st.DataObject
) -> None:
    with unless_refused():
        found = impact(Stack((layer,)), height, width)
    pixel = data.draw(st.tuples(st.integers(0, height - 1), st.integers(0, width - 1)))
    steps = touches(layer, (height, width), pixel)
    total = steps[-1].total if steps else 0
    assert total == Fraction(found.numerators[pixel], found.denominator)
    assert [step.output for step in steps] == sorted(step.output for step in steps)


@pytest.mark.parametrize(
    ("word", "pixel", "message"),
    [
        ("conv3", (5, 0), "row must be from 0 to 4, not 5"),
        ("conv3", (0, -1), "column must be from 0 to 4, not -1"),
        ("conv64:512/replicate", (0, 0), "expected at most 10000 to step through"),
    ],
)
def test_touches_refuse(word: str, pixel: tuple[int, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        touches(parse_layer(word), (5, 5), pixel)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("conv64:same/partial " * 100, "fractions of 'partial' padding grow too long"),
        ("conv5:same/partial " + "conv63:same/circular " * 99, "outgrow a float"),
    ],
)
def test_partial_is_bounded(layers: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        report(Settings(size=70, layers=parse_stack(layers)))


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", "--size", "224", "--width", "3", "--layers", "conv3:same " * 50]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (len(answer["impact"]), len(answer["impact"][0])) == (224, 3)
    assert max(map(max, answer["impact"])) > 2**64
    assert all(type(count) is int for count in answer["impact"][0])
    assert {"corner_to_max", "below_half", "below_tenth"} <= answer.keys()


def test_command_line_gives_floats_for_partial(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", "--size", "4", "--layers", "conv3:same/partial"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["impact"][0] == [6.25, 8.75, 8.75, 6.25]
    assert answer["corner_to_max"] == 25 / 49


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--size", "0"], "size must be a whole number from 1 to 512, not '0'"),
        (["--size", "513"], "size must be"),
        (["--width", "nan"], "width must be a whole number from 1 to 512, not 'nan'"),
        (["--layers", "conf3"], "found 'conf3'"),
        (["--size", "2", "--layers", "conv3"], "its window spans 3 pixels"),
        (["--convention", "torch", "--layers", "conv3s2:same"], "PyTorch refuses 'same'"),
    ],
)
def test_command_line_refuses(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["impact", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_sizes_and_impact_work_without_torch() -> None:
    """A missing torch must not matter, and its import would cost a second."""
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "import core.impact.measured, core.stack_code\n"
        "from core.__main__ import main\n"
        "sys.exit(main(['impact']) or main(['shapes']))"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
