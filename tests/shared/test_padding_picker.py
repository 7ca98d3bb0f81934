"""Each padding mode's picture shows what that mode does, and no two modes share one."""

from itertools import combinations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core import autoencoder, shift_probe
from core.data import PAD_MODES
from core.layers import PADDING_MODES
from core.settings import Choice
from pages.shared import charts
from pages.shared.padding_picker import IMAGE, MEANING, OWN, RING, corner, picture

CHOICES = {
    "image": PAD_MODES.options,
    "layers": PADDING_MODES,
}
SHOWN = RING + OWN
TORCH_S = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate"} | {
    "circular": "circular"
}


@pytest.mark.parametrize("mode", TORCH_S)
def test_a_layer_s_picture_is_torch_s_padding(mode: str) -> None:
    image = torch.from_numpy(IMAGE.astype(float))[None, None]
    padded = F.pad(image, (RING,) * 4, TORCH_S[mode])[0, 0].numpy()
    grey, there = corner(mode, 0.0)
    assert np.array_equal(grey, padded[:SHOWN, :SHOWN])
    assert there.all()


@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap"])
def test_an_image_s_picture_is_numpy_s_padding(mode: str) -> None:
    padded = np.pad(IMAGE, RING, mode)  # type: ignore[call-overload]
    assert np.array_equal(corner(mode, 0.0)[0], padded[:SHOWN, :SHOWN])


def test_constant_has_the_level_that_was_chosen_and_partial_has_nothing() -> None:
    assert (corner("constant", 0.6)[0][:RING] == 153).all()
    assert not corner("partial", 0.0)[1][:RING].any()
    assert corner("partial", 0.0)[1][RING:, RING:].all()


@pytest.mark.parametrize("modes", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("colours", [charts.LIGHT, charts.DARK])
def test_modes_that_differ_have_pictures_that_differ(
    modes: tuple[str, ...], colours: charts.Palette
) -> None:
    drawn = [picture(mode, 0.0, colours) for mode in modes]
    assert not any(np.array_equal(*pair) for pair in combinations(drawn, 2))
    assert len({MEANING[mode] for mode in modes}) == len(modes)


def test_every_mode_that_can_be_chosen_has_a_meaning() -> None:
    fields = (
        (autoencoder.Settings, "pad_mode"),
        (autoencoder.Settings, "padding_mode"),
        (shift_probe.Settings, "padding_mode"),
    )
    for declared, name in fields:
        allowed = declared.__dataclass_fields__[name].metadata["domain"]
        assert isinstance(allowed, Choice)
        assert set(allowed.options) <= MEANING.keys()
