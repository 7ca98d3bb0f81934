"""What the page says of the network's depth is true at every depth, width and size."""

from dataclasses import replace
from itertools import product

import pytest

from core import data
from core.autoencoder import Settings, arms, layers, parameter_count
from pages.sections.autoencoder.depth import layer_words, network_words, size_words

NETWORKS = [
    Settings(pad_width=pad_width, depth=depth, channels=channels)
    for pad_width, depth, channels in product(range(9), range(1, 5), (8, 16, 32, 64))
]


@pytest.mark.parametrize("settings", NETWORKS, ids=str)
def test_a_crop_is_named_where_the_layers_have_one(settings: Settings) -> None:
    words = layer_words(*arms(settings))
    for arm in set(arms(settings)):
        (said,) = (line for line in words if line.startswith(f"{arm.size} is "))
        table = layers(arm)
        assert ("cropped" in said) == ("not divisible" in said) == (table[-1].name == "Crop")
        # The trail holds each size that the table has, in order.
        trail = said.split(": ")[1].split(".")[0]
        resized = [row.output[0] for row in table if row.name.startswith(("Max", "Up"))]
        assert [int(size) for size in trail.split(" → ")] == [arm.size, *resized]
        if "cropped" in said:
            end = resized[-1]
            assert f"an output of {end} × {end} with images of {arm.size} × {arm.size}" in said
            assert f"last {end - arm.size} rows and columns" in said
    assert any("The Keras blog" in line for line in words) == (settings.depth == 3)
    assert any("the post padded" in line for line in words) == (settings.depth >= 3)


@pytest.mark.parametrize("settings", NETWORKS, ids=str)
def test_a_network_that_is_not_the_post_s_says_so(settings: Settings) -> None:
    said = network_words(settings)
    same = settings.depth == 2 and settings.channels == 32
    assert (said == "") == same == (parameter_count(settings) == 28_353)
    if not same:
        assert f"{parameter_count(settings):,} parameters instead of 28,353" in said
        assert ("pooling" in said) == (settings.depth != 2)
        assert ("channels" in said) == (settings.channels != 32)


def test_words() -> None:
    assert size_words(28, 1) == (
        "28 is divisible by 2, so one pooling and one upsampling lead back to it: 28 → 14 → 28."
    )
    assert size_words(28, 3) == (
        "28 is not divisible by 8: 28 → 14 → 7 → 4 → 8 → 16 → 32. With these layers Keras would "
        "refuse to compare an output of 32 × 32 with images of 28 × 28; here the output's last 4 "
        "rows and columns are cropped."
    )
    assert network_words(Settings(depth=1, channels=8)).endswith(
        "one pooling instead of two, 8 channels instead of 32, and 737 parameters instead of "
        "28,353."
    )


def test_the_kept_example_is_the_blog_s() -> None:
    """28 pooled three times, and one convolution of the decoder without padding (Keras blog)."""
    from core.layers import fit_stack, parse_stack

    blog = "maxpool2:same maxpool2:same maxpool2:same up2 up2 conv3 up2"
    sizes = [axis.output for axis in fit_stack(parse_stack(blog), data.SIZE)]
    assert sizes == [14, 7, 4, 8, 16, 14, 28]


def test_the_default_page_says_both_sizes() -> None:
    first, second = layer_words(*arms(Settings(pad_width=2)))
    assert first.startswith("28 is divisible by 4")
    assert second.startswith("32 is divisible by 4")
    (only,) = layer_words(*arms(replace(Settings(), pad_width=0)))
    assert only == first
