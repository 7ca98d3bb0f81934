"""Small pictures that are images."""

import numpy as np

from pages.shared.bitmap import EDGE, framed


def test_pixels_stay_squares_and_stand_in_a_frame() -> None:
    drawn = framed(np.array([[0, 255], [255, 0]], np.uint8), 5)
    assert drawn.shape == (10, 10, 3)
    inside = drawn[1:-1, 1:-1]
    assert (inside[:4, :4] == 0).all()
    assert (inside[:4, 4:] == 255).all()
    for side in (drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]):
        assert (side == EDGE).all()
