"""What the impact page says holds for any two stacks on any image."""

import itertools
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.impact import Impact, Lean, impact, reach
from core.impact.measured import Beside
from core.layers import Layer, Stack, fit_stack, parse_stack
from core.shift_probe import positions_told_apart
from pages.sections.impact import words
from pages.sections.impact.sides import Side
from tests.strategies import convolutions, stacks, unless_refused

SIZES = st.integers(1, 12)


def side(stack: Stack | str, height: int, width: int | None = None, name: str = "left") -> Side:
    stack = parse_stack(stack) if isinstance(stack, str) else stack
    width = height if width is None else width
    return Side(name, stack, height, width, impact(stack, height, width))


def fitting(stack: Stack, height: int, width: int, name: str = "left") -> Side:
    """The side, or another draw where the stack does not fit."""
    with unless_refused():
        return side(stack, height, width, name)


def value(text: str) -> float:
    """The number that was written: "1,024", "2.5", "7.18 × 10⁴⁷"."""
    text = text.removesuffix(" %").replace(",", "")
    mantissa, times, exponent = text.partition(" × 10")
    plain = exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(mantissa) * (10.0 ** int(plain) if times else 1)


def agrees(text: str, exact: Fraction | float) -> bool:
    """Whether a percentage is `exact` to three digits, and 0 and 100 only where it is."""
    if text == "over 99.9 %":
        return 0.999 < exact < 1
    if text == "over 100 %":
        return 1 < exact < 1.01
    if (text == "0 %") != (exact == 0) or (text == "100 %") != (exact == 1):
        return False
    return value(text) == pytest.approx(float(100 * Fraction(exact)), rel=0.0051)


@given(st.fractions(0, 2))
@example(Fraction(9_999_999, 10_000_000))
@example(Fraction(10_000_001, 10_000_000))
@example(Fraction(1, 10**400))
@example(Fraction(10**400))
@example(Fraction(9_996, 1_000))
@example(Fraction(99_951, 100_000))
def test_percentages(share: Fraction) -> None:
    written = words.exact_percent(share)
    assert written.endswith(" %")
    if 1e-300 < share < 1e300 or not share:
        assert agrees(written, share), written
    assert not re.search(r"e[+-]\d", written)


@pytest.mark.parametrize(
    ("number", "denominator", "text"),
    [
        (0, 1, "0"),
        (59_049, 1, "59,049"),
        (25, 4, "6.25"),
        (10**12 - 1, 1, "999,999,999,999"),
        (10**12, 1, "1.00 × 10¹²"),
        (7_179_999 * 10**41, 1, "7.18 × 10⁴⁷"),
        (10**400 + 1, 3, "3.33 × 10³⁹⁹"),
        (12_345_678, 7, "1,763,668"),
        (1, 3_000_000, "3.33 × 10⁻⁷"),
    ],
)
def test_paths_in_writing(number: int, denominator: int, text: str) -> None:
    assert words.written(number, denominator) == text


def titles_of(text: str, height: int, width: int | None = None) -> str:
    return words.title(side(text, height, width).impact)


@pytest.mark.parametrize(
    ("text", "height", "width", "title"),
    [
        ("conv3:same", 10, 10, "A corner counts 44.4 % of the centre"),
        ("conv1s20:8", 4, 4, "No pixel is ever seen"),
        ("conv3:same", 1, 1, "The only pixel has 1 path"),
        ("conv3:full", 1, 1, "The only pixel has 9 paths"),
        ("conv3:full/partial", 1, 1, "The only pixel has 81 paths"),
        ("conv3:full", 4, 7, "Every pixel counts alike"),
        ("maxpool2", 8, 7, "14.3 % of the pixels are never seen"),
        ("conv3s2:1", 28, 28, "5 % more paths above than below"),
        ("conv3s2:1", 27, 28, "5 % more paths left than right"),
        ("conv3s2:same", 28, 28, "5 % more paths below than above"),
        ("conv5:same/replicate", 10, 10, "The corners count most"),
        ("conv3:same", 2, 9, "A corner counts 66.7 % of the centre"),
        ("conv2:same", 2, 2, "Twice as many paths below as above"),
        ("conv1:2/circular", 5, 5, "64 % of the pixels count most, the corners among them"),
        ("conv3s2:same", 1, 6, "A corner counts 50 % of the maximum"),
        ("conv3s2:same/circular", 4, 4, "The corners count from 25 % to 100 % of the maximum"),
        ("conv3:same/reflect", 3, 3, "A corner counts 16 % of the centre"),
    ],
)
def test_titles(text: str, height: int, width: int, title: str) -> None:
    assert titles_of(text, height, width) == title


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (Fraction(2001, 2000), "0.05 % more paths left than right"),
        (Fraction(2), "Twice as many paths left as right"),
        (Fraction(7, 3), "2.33 times as many paths left as right"),
        (Fraction(12_345), "12,345 times as many paths left as right"),
        (Fraction(10**40), "1.00 × 10⁴⁰ times as many paths left as right"),
        (None, "Lopsided: no paths right"),
    ],
)
def test_leaning(factor: Fraction | None, said: str) -> None:
    assert words.leaning(Lean("left", "right", factor)) == said


@settings(max_examples=600)
@given(stacks(), SIZES, SIZES)
def test_any_title_is_true(stack: Stack, height: int, width: int) -> None:
    found = fitting(stack, height, width).impact
    assert_title(words.title(found), found)


def assert_title(title: str, found: Impact) -> None:
    counts = found.numerators
    height, width = counts.shape
    corners = [counts[r, c] for r, c in itertools.product((0, -1), (0, -1))]
    top = counts.max()
    first = Fraction(int(counts[0, 0]))
    if title == "No pixel is ever seen":
        assert not counts.any()
        return
    assert counts.any()
    if title.startswith("The only pixel has"):
        assert counts.size == 1
        number = title.split()[4]
        assert value(number) == pytest.approx(float(Fraction(int(top), found.denominator)), 1e-5)
        assert (title.split()[-1] == "path") == (top == found.denominator)
    elif title == "Every pixel counts alike":
        assert (counts == top).all()
        assert counts.size > 1
    elif part := re.fullmatch("(.*) of the pixels are never seen", title):
        assert agrees(part[1], Fraction(int((counts == 0).sum()), counts.size))
    elif part := re.fullmatch(
        "(.*?) ?(more|(?:times )?as many) paths (.*) (?:than|as) (.*)", title
    ):
        halves = {
            "above": counts[: height // 2].sum(),
            "below": counts[(height + 1) // 2 :].sum(),
            "left": counts[:, : width // 2].sum(),
            "right": counts[:, (width + 1) // 2 :].sum(),
        }
        ratio = Fraction(int(halves[part[3]]), int(halves[part[4]]))
        if part[2] == "more":
            assert agrees(part[1], ratio - 1)
        elif part[1] == "Twice":
            assert ratio == 2
        else:
            assert value(part[1]) == pytest.approx(float(ratio), rel=0.0051)
    elif title == "The corners count most":
        assert all(corner == top for corner in corners)
        assert (counts == top).sum() == min(height, 2) * min(width, 2)
    elif part := re.fullmatch("(.*) of the pixels count most, the corners among them", title):
        assert all(corner == top for corner in corners)
        assert agrees(part[1], Fraction(int((counts == top).sum()), counts.size))
    elif part := re.fullmatch("A corner counts (.*) of the centre", title):
        assert len(set(corners)) == 1
        inner = counts[(height - 1) // 2 : height // 2 + 1, (width - 1) // 2 : width // 2 + 1]
        assert len(set(inner.ravel())) == 1
        assert agrees(part[1], first / int(inner[0, 0]))
    elif part := re.fullmatch("The corners count from (.*) to (.*) of the maximum", title):
        assert agrees(part[1], Fraction(int(min(corners)), int(top)))
        assert agrees(part[2], Fraction(int(max(corners)), int(top)))
        assert min(corners) < max(corners)
    else:
        part = re.fullmatch("A corner counts (.*) of the maximum", title)
        assert part, title
        assert agrees(part[1], first / int(top))
        assert len(set(corners)) == 1


@settings(max_examples=200)
@given(stacks(), SIZES, SIZES)
def test_any_summary_is_true(stack: Stack, height: int, width: int) -> None:
    found = fitting(stack, height, width).impact
    counts, said = found.numerators, words.summary(found)
    top, corner = int(counts.max()), int(counts[0, 0])
    centre = int(counts[height // 2, width // 2])
    assert agrees(said["this corner to the maximum"], Fraction(corner, top) if top else 0)
    if centre:
        assert agrees(said["this corner to the centre"], Fraction(corner, centre))
    else:
        assert said["this corner to the centre"] == "–"
    shares = {
        "pixels at the maximum": (counts == top) & (counts > 0),
        "pixels under half of it": 2 * counts < top,
        "pixels under a tenth": 10 * counts < top,
        "pixels no output sees": counts == 0,
    }
    for name, where in shares.items():
        assert agrees(said[name], Fraction(int(np.count_nonzero(where)), counts.size)), name


@settings(max_examples=200)
@given(stacks(), SIZES, SIZES)
def test_a_caption_names_uneven_padding_where_it_is(stack: Stack, height: int, width: int) -> None:
    left = fitting(stack, height, width)
    uneven = 0
    for layer, *axes in zip(stack, *(fit_stack(stack, n) for n in (height, width)), strict=True):
        lopsided = False
        for axis in axes:
            used = set(axis.windows.ravel().tolist())
            start = len(used & set(range(axis.before)))
            end = len(used & set(range(axis.before + axis.length, len(axis.cells))))
            lopsided |= start != end and not layer.ceil
        uneven += lopsided
    said = words.caption(left)
    assert ("padding at one end" in said) == (uneven > 0)
    if uneven and len(stack) > 1:
        assert f"in {uneven} of its {len(stack)} layers" in said
    assert ("grey pixels" in said) == bool((left.impact.numerators == 0).any())
    assert ("partial: zeros around" in said) == ("partial" in str(stack))


def test_captions_of_the_presets() -> None:
    resnet = "conv7x64s2:3 maxpool3s2:1 conv3x128s2:1 conv3x256s2:1 conv3x512s2:1"
    assert "in 5 of its 5 layers the windows use more" in words.caption(side(resnet, 224))
    assert "the windows use more" not in words.caption(side(resnet, 225))
    assert "in its only layer the windows" in words.caption(side("conv3s2:same", 28))


def test_the_cut_s_title_names_its_row() -> None:
    sides = [side("conv3", 10), side("conv3", 10, name="right")]
    assert words.through(sides) == words.through(sides[:1]) == "Through row 5"
    sides[1] = side("conv3", 7, name="right")
    assert words.through(sides) == "Through row 5 (left) and 3 (right)"


@settings(max_examples=200)
@given(stacks(), SIZES, SIZES)
def test_any_cut_in_words_is_that_of_the_map(stack: Stack, height: int, width: int) -> None:
    left = fitting(stack, height, width)
    row = left.impact.shares[height // 2]
    said = re.search(
        r"Left: (.*) and (.*) of the maximum at its ends, (.*) in its middle$", words.cut([left])
    )
    assert said is not None
    for text, share in zip(said.groups(), (row[0], row[-1], row[width // 2]), strict=True):
        assert agrees(text, float(share))


@settings(max_examples=200)
@given(stacks(), SIZES, SIZES)
def test_any_map_of_reach_in_words_is_true(stack: Stack, height: int, width: int) -> None:
    left = fitting(stack, height, width)
    reached = reach(left.stack, height, width)
    said = [
        int(number.replace(",", ""))
        for number in re.findall(r"[\d,]+", words.reach_map(left, reached))
    ]
    least, most = int(reached.min()), int(reached.max())
    assert said == ([most] if least == most else [int(reached[0, 0]), least, most])


def test_pictures_in_words() -> None:
    found = side("conv3", 10).impact
    as_it_is, counted = words.pictures(False, found)
    assert as_it_is == "A digit that reaches the edge, as it is"
    assert counted.endswith(words.title(found))
    assert words.pictures(True, found)[0] == "Your picture, as it is"
    values = np.array([[0.5, 1.0], [2.0, 0.25]])
    said = "mean gradient: top left corner 0.5, centre 0.25, most 2"
    assert words.measured_map(values, "mean gradient") == said


def test_clicks_are_offered_where_a_map_takes_them() -> None:
    small, large = side("conv3", 10), side("conv3", 10, 300, name="right")
    assert words.where_to_click([small, small], 2304) == "or click a pixel of a map above"
    assert words.where_to_click([small, large], 2304) == "or click a pixel of the left map above"
    assert words.where_to_click([large], 2304) == ""


@settings(max_examples=200)
@given(stacks(), SIZES, SIZES, st.data())
def test_any_pixel_s_reach_is_true(
    stack: Stack, height: int, width: int, data: st.DataObject
) -> None:
    left = fitting(stack, height, width)
    pixel = data.draw(st.tuples(st.integers(0, height - 1), st.integers(0, width - 1)))
    outputs = int(reach(stack, height, width)[pixel])
    said = words.reached(left, pixel, outputs)
    last = " × ".join(str(fit_stack(stack, n)[-1].output) for n in (height, width))
    if not outputs:
        assert said == f"Pixel {pixel}: no path leads to any of the {last} outputs"
        return
    part = re.fullmatch(
        r"Pixel \(\d+, \d+\): \*\*(.*)\*\* (path|paths|weighted paths) (leads|lead) to "
        rf"\*\*{outputs:,}\*\* of {last} outputs",
        said,
    )
    assert part, said
    paths = Fraction(int(left.impact.numerators[pixel]), left.impact.denominator)
    assert value(part[1]) == pytest.approx(float(paths), rel=0.0051)
    assert (part[2] == "path") == (part[3] == "leads") == (paths == 1)
    assert (part[2] == "weighted paths") == (paths.denominator > 1)


# --- Uniform is not invariant -------------------------------------------------------------------


def said_of(text: str, size: int = 10) -> str:
    left = side(text, size)
    return words.leak(left, positions_told_apart(left.stack, size, size))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("conv1:same/replicate", "counts every pixel alike, and leaks nothing"),
        ("conv1:same", "counts every pixel alike, and leaks nothing"),
        ("conv1", "counts every pixel alike, and leaks nothing"),
        ("conv3:5", "counts every pixel alike, and leaks nothing"),
        ("conv3:full", "counts every pixel alike, and leaks nothing"),
        ("conv3:same/circular", "counts every pixel alike, and leaks nothing"),
        (
            "conv3:same/replicate",
            "counts every pixel alike, and still leaks: there are weights that give the 100 "
            "positions of one white pixel 9 different sums. The top left pixel meets only 4 of "
            "the kernel's 9 weights, some of them several times.",
        ),
        ("conv3:full/replicate", "does not count every pixel alike, and leaks: there are"),
        ("conv3:same", "9 different sums. The top left pixel meets only 4 of the kernel's 9"),
        ("conv3", "25 different sums. The top left pixel meets only 1 of the kernel's 9 weights."),
        ("conv1s5:2", "The top left pixel meets none of the kernel's 1 weights."),
        ("conv3:same maxpool2", "is not decided here"),
        ("conv1s20:5", "sees no pixel at all, and so tells no position"),
    ],
)
def test_what_known_stacks_leak(text: str, said: str) -> None:
    assert said in said_of(text)


def test_one_pixel_has_no_position() -> None:
    assert "has a single pixel" in said_of("conv3:same", 1)


@settings(max_examples=200)
@given(st.lists(convolutions(), min_size=1, max_size=2), st.integers(2, 6), st.integers(2, 6))
def test_what_leaks_is_what_random_kernels_tell_apart(
    layers: list[Layer], height: int, width: int
) -> None:
    left = fitting(Stack(tuple(layers)), height, width)
    said = words.leak(left, positions_told_apart(left.stack, height, width))
    if not left.impact.maximum:
        assert "sees no pixel at all" in said
        return
    sums = len(np.unique(random_sums(left).round(6)))
    assert ("leaks nothing" in said) == (sums == 1)
    if sums > 1:
        assert f"of one white pixel {sums:,} different sums" in said
    assert (" counts every pixel alike" in said) == (len(np.unique(left.impact.numerators)) == 1)


def random_sums(left: Side) -> np.ndarray:
    """The output's sum for one white pixel at each position, kernels drawn at random."""
    draw = np.random.default_rng(1)
    axes = [fit_stack(left.stack, n) for n in (left.height, left.width)]
    values = np.ones((axes[0][-1].output, axes[1][-1].output))
    for rows, columns in zip(*(reversed(axis) for axis in axes), strict=True):
        kernel = draw.normal(size=(rows.layer.kernel,) * 2)
        values = values * np.multiply.outer(
            np.array(rows.ratios, float), np.array(columns.ratios, float)
        )
        # One more row and column take what reads no pixel.
        carried = np.zeros((rows.length + 1, columns.length + 1))
        for (tap, other), weight in np.ndenumerate(kernel):
            places = np.ix_(rows.sources[:, tap], columns.sources[:, other])
            np.add.at(carried, places, weight * values)
        values = carried[:-1, :-1]
    return values


def test_the_answer_gives_an_example_where_there_is_none_beside_it() -> None:
    plain, copied = side("conv3:same", 10), side("conv3:same/replicate", 10, name="right")
    answer = words.uniform_is_not_invariant([plain, copied], [9, 9])
    assert answer[0] == (
        "No. A map counts paths, as if every weight were one; a network's weights differ."
    )
    assert answer[-1].startswith("This is decided for the layers alone")
    answer = words.uniform_is_not_invariant([plain, plain], [9, 9])
    assert "the preset “Uniform, and yet” shows how" in answer[0]
    assert len(answer) == 3  # what holds of both is said once
    pooled = side("conv3:same maxpool2", 10)
    assert len(words.uniform_is_not_invariant([pooled], [None])) == 2


# --- Pictures and measurements ------------------------------------------------------------------


def test_a_flat_picture_has_no_detail() -> None:
    assert words.lost(None) == "This picture has one grey everywhere: no detail to lose"
    assert words.lost(0.25) == "25 % of its detail lies on pixels that count under a tenth"


def test_one_draw_has_no_error() -> None:
    assert words.measured(Beside(1, 0.5, None)) == "0.5 (one draw)"
    assert words.measured(Beside(1, 0.51234, 0.0178)) == "0.512 ± 0.02"
