"""The loss page runs, shows its figures and survives a hostile link; no browser needed."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import autoencoder, data
from core.autoencoder import Settings, State, runs
from core.autoencoder.store import Folder, Store
from tests.app import click, open_page, words

# --- Loss ---------------------------------------------------------------------------------------


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Folder]:
    """The only runs that there are: none yet."""
    folder = Folder(tmp_path)
    with closing(runs.Registry(runs.train, Store(folder))) as registry:
        monkeypatch.setattr(runs, "registry", lambda: registry)
        yield folder


def keep(shelf: Folder, settings: Settings, interior: float, border: float) -> None:
    """Put a run on the shelf whose loss is spread evenly over the original pixels and the ring."""
    ring = data.ring(28, 28, settings.pad_width)
    loss_map = np.where(ring, border / max(1, ring.sum()), interior / 784).astype(np.float32)
    # Black towards the edge, as MNIST is.
    entropy_map = np.pad(np.full((20, 20), 45.53 / 400, np.float32), 4 + settings.pad_width)
    sample = np.zeros((1, *ring.shape), np.uint8)
    none = np.empty(0, np.float32)
    checkpoints = tuple(
        autoencoder.Checkpoint(
            *(position, position / settings.train_size, 0.1),
            *(loss_map, loss_map / 10, 1 - loss_map / 10, entropy_map),
            *(sample, sample, sample, None),
        )
        for position in autoencoder.checkpoint_positions(settings, 20_000)
    )
    shelf.write(
        settings, State(20_000, none, none, none, 0.0, 0.0, (), checkpoints, 40.0, "a test")
    )


def live(**changes: Any) -> Settings:
    return autoencoder.canonical(replace(autoencoder.LIVE.settings, **changes))


def test_loss_converts_before_there_are_any_runs(shelf: Folder) -> None:
    app = open_page("loss", guess="0")
    assert not app.exception
    assert not app.error
    assert app.header[0].value == "Per pixel 24.2 % lower, in total 1.1 % lower"
    rows = app.dataframe[0].value
    assert rows["per pixel"][:2].tolist() == [0.099, 0.075]
    assert rows["total"][:2].tolist() == [77.616, 76.8]
    labels = [button.label for button in app.button]
    assert "Train the 6 missing runs" in labels
    assert "Train the 27 missing runs" in labels


def test_loss_says_what_the_runs_say(shelf: Folder) -> None:
    for seed, shift in enumerate((0.0, 0.1, 0.2)):
        keep(shelf, live(seed=seed), 78.4 + shift, 0.0)
        keep(shelf, live(seed=seed, pad_width=2), 78.4 + 2 * shift, 0.1)
        keep(shelf, live(seed=seed, pad_width=2, pad_mode="noise"), 90.0 + shift, 170.0)
    app = open_page("loss", guess="about 0.06")
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "You guessed *about 0.06*: right. The greys alone cost **0.0581**" in said
    assert "58 % of the unpadded loss is a floor, 0.13 % of the padded loss lies on the" in said
    assert "It is **59 %** of the famous 0.099" in said
    assert "T / (28 + 2p)² foretells the loss per pixel to within 0.25 %" in said
    assert "Per pixel: better. On the pixels both arms share: cannot tell" in said
    assert "the explanation holds for 1 of 2 borders" in said
    trials = app.table[0].value
    # 240 greys that can only be guessed, each at 0.65123 nats, on top of the unpadded 78.5.
    assert trials.loc["Noise border", "on the border, predicted"] == "156.29"
    assert trials.loc["Noise border", "per pixel, predicted"] == f"{(78.5 + 156.294) / 1024:.4f}"
    assert trials.loc["Noise border", "off by"] == f"{100 * (260.1 / 234.794 - 1):+.1f} %"
    assert trials["it"].tolist() == ["holds", "fails"]
    whole, shared = app.table[1].value, app.table[2].value
    assert whole["padded is"].tolist() == ["better"] * 4
    assert shared["padded is"].tolist() == ["cannot tell"] * 4


def test_loss_reads_rows_from_the_link_and_refuses_nonsense_beside_them(shelf: Folder) -> None:
    rows = "28,28,,77.616;-3,32,0.1,;32,2.5,0.1,;32,32,nan,;x,32,0.1,;10,10,1e999,;1,1,1,1;,,,,,,9"
    app = open_page("loss", rows=rows, pair="mirror", seeds=99)
    assert not app.exception
    shown = app.dataframe[0].value
    assert shown.loc[0, "per pixel"] == 77.616 / 784
    told = shown["check"].tolist()
    assert told[0] == ""
    assert told[1] == "height must be a whole number from 1 to 1000000, not '-3'"
    assert told[2] == "width must be a whole number from 1 to 1000000, not '2.5'"
    assert told[3] == "one of per_pixel and total must be given, and not both"
    assert told[4] == "height must be given: a whole number from 1 to 1000000"
    assert told[5] == "per_pixel must be a number from 0 to 1e+30, not 'inf'"
    warnings = "\n".join(warning.value for warning in app.warning)
    assert "seeds must be a whole number from 1 to 10, not '99'. Showing 3." in warnings
    assert "The link's pair must be one of" in warnings


def test_loss_trains_what_is_missing_and_stops(shelf: Folder) -> None:
    app = open_page("loss", seeds=1)
    click(app, "Train the 2 missing runs")
    assert any(button.label == "Stop" for button in app.button)
    click(app, "Stop")
    assert "Train the 2 missing runs" in [button.label for button in app.button]
