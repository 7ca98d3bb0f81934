"""What the border does in a stack, counted by hand."""

import numpy as np

from core.impact import corner_touches, impact, unevenly_padded
from core.layers import parse_layer, parse_stack


def test_resnet_s_strides_pad_224_unevenly_and_225_evenly() -> None:
    stack = parse_stack("conv7x64s2:3 maxpool3s2:1 conv3x128s2:1 conv3x256s2:1 conv3x512s2:1")
    assert [unevenly_padded(stack, size, size) for size in (224, 225)] == [5, 0]
    assert unevenly_padded(stack, 225, 224) == 5
    assert unevenly_padded(parse_stack("maxpool2:ceil"), 7, 7) == 0


def test_the_weights_that_meet_the_corner() -> None:
    assert corner_touches(parse_layer("conv3:same"), 10, 10).tolist() == [
        [1, 1, 0],
        [1, 1, 0],
        [0, 0, 0],
    ]
    replicate = corner_touches(parse_layer("conv3:same/replicate"), 10, 10)
    assert replicate.tolist() == [[4, 2, 0], [2, 1, 0], [0, 0, 0]]


def test_paths_in_floating_point_end_where_floats_do() -> None:
    partial = impact(parse_stack("conv3:same/partial"), 4, 4)
    assert partial.floats is not None
    np.testing.assert_array_equal(partial.floats, partial.map)
    np.testing.assert_array_equal(impact(parse_stack("conv3"), 3, 3).floats, 1.0)
    assert impact(parse_stack("conv64:same " * 100), 256, 256).floats is None
