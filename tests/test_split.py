"""The three parts of a change add up, exactly where numbers are exact."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.split import split

losses = st.floats(1e-3, 1e4)
pad_widths = st.integers(0, 8)


@given(losses, losses, st.just(0.0) | losses, pad_widths)
def test_the_parts_add_up(u: float, i: float, b: float, pad_width: int) -> None:
    n0, n = 28**2, (28 + 2 * pad_width) ** 2
    parts = split(u, i, b, n0, n)
    change = ((i + b) / n) / (u / n0) - 1
    scale = 1 + (i + b) / u
    assert parts.per_pixel == pytest.approx(change, abs=1e-12 * scale)
    assert parts.total == pytest.approx((i + b) / u - 1, abs=1e-12 * scale)
    # Each part is what the formula in the module's text says, as a share of U / N₀.
    exact_u, exact_i, exact_b = map(Fraction, (u, i, b))
    first = (exact_i - exact_u) / n0
    second = exact_b / n0
    third = (exact_i + exact_b) * (Fraction(1, n) - Fraction(1, n0))
    assert first + second + third == (exact_i + exact_b) / n - exact_u / n0
    for part, exact in zip(
        (parts.shared, parts.border, parts.division), (first, second, third), strict=True
    ):
        assert part == pytest.approx(float(exact / (exact_u / n0)), abs=1e-12 * scale)
    assert parts.border >= 0
    assert parts.division <= 0
    assert (parts.division == 0) == (pad_width == 0)


def test_the_post() -> None:
    """77.616 and 76.8 nats an image: the border's share is not known, and counts as shared."""
    parts = split(77.616, 76.8, 0.0, 784, 1024)
    assert parts.per_pixel == pytest.approx(0.075 / 0.099 - 1)
    assert parts.shared == pytest.approx(-0.0105, abs=1e-4)
    assert parts.division == pytest.approx(-0.2319, abs=1e-4)


@pytest.mark.parametrize(
    "given_losses",
    [
        (0.0, 1.0, 0.0, 784, 1024),
        (1.0, -1.0, 0.0, 784, 1024),
        (1.0, 1.0, -0.1, 784, 1024),
        (1.0, 1.0, 0.0, 784, 783),
        (float("nan"), 1.0, 0.0, 784, 1024),
    ],
)
def test_what_no_networks_can_have_is_refused(given_losses: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="no change to split"):
        split(*given_losses)  # type: ignore[arg-type]
