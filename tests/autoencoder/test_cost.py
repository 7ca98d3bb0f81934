"""What a run costs, which runs visitors may train, and the command that trains it at home."""

import argparse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.__main__ import add_settings, read_settings
from core.autoencoder import LIVE, Length, Run, Settings
from core.autoencoder.cost import command, refusal, seconds
from core.autoencoder.presets import ORIGINAL_PADDED, every_run
from core.data import PAD_WIDTHS


def test_every_preset_may_be_trained() -> None:
    assert not any(map(refusal, every_run()))


@pytest.mark.parametrize("pad_width", range(PAD_WIDTHS.high + 1))
def test_the_original_protocol_may_be_trained_at_any_pad_width(pad_width: int) -> None:
    assert refusal(ORIGINAL_PADDED.but(pad_width=pad_width)) == ""


def test_what_would_hold_the_workers_may_not() -> None:
    endless = ORIGINAL_PADDED.but(pad_width=8, batch_size=8)
    assert refusal(endless) == (
        "Training this here would keep a core busy for about 12 minutes, and 10 are allowed: ask "
        "for fewer images seen, a larger batch, less padding or fewer channels, or train it at home"
    )
    assert refusal(ORIGINAL_PADDED.but(channels=64))
    imitated = ORIGINAL_PADDED.but(precision="bf16")
    assert refusal(imitated)
    assert not refusal(imitated, slow_bf16=False)


def test_more_of_anything_costs_more() -> None:
    plain = seconds(LIVE)
    dearer = [
        LIVE.but(pad_width=1),
        LIVE.but(channels=64),
        LIVE.but(depth=4),
        LIVE.but(batch_size=8),
        LIVE.but(precision="bf16"),
        Run(LIVE.settings, LIVE.images + LIVE.settings.train_size),
    ]
    assert all(seconds(run) > plain for run in dearer)


@settings(max_examples=50)
@given(
    noise_first=st.booleans(),
    pad_width=st.integers(0, 8),
    learning_rate=st.sampled_from([1e-3, 3e-3, 0.00012]),
    output_bias=st.sampled_from([0.0, -2.1]),
    train_size=st.sampled_from([1_000, 20_000, 60_000]),
    images=st.sampled_from([20_000, 60_000, 600_000]),
)
def test_the_command_trains_that_run(images: int, **changes: object) -> None:
    run = Run(Settings(), images).but(**changes)
    parser = argparse.ArgumentParser()
    for declared in (Settings, Length):
        add_settings(parser, declared)
    words = command(run).split()
    assert words[:4] == ["python", "-m", "core", "autoencoder"]
    arguments = parser.parse_args(words[4:])
    assert read_settings(Settings, arguments) == run.settings
    if images <= run.settings.max_images:
        assert read_settings(Length, arguments).epochs * run.settings.train_size >= run.images
