"""Both arms compared, and other metrics than the loss."""

import pytest

from core.autoencoder import Checkpoint
from core.loss import changes, measures, split_of
from core.loss.comparison import compare
from core.loss.quality import metrics
from tests.made_up import checkpoint


def test_compare(trained: tuple[Checkpoint, Checkpoint]) -> None:
    unpadded, padded = trained
    found = compare(unpadded, padded)
    assert 1 + found.per_pixel == pytest.approx((1 + found.total) * 784 / 1024)
    assert found.border == pytest.approx(padded.border / padded.total)
    assert changes({4: trained}) == {4: found}


def test_the_parts_of_a_change_add_up_to_what_was_compared(
    trained: tuple[Checkpoint, Checkpoint],
) -> None:
    parts, found = split_of(*trained), compare(*trained)
    assert parts.per_pixel == pytest.approx(found.per_pixel)
    assert parts.total == pytest.approx(found.total)
    assert parts.shared == pytest.approx(found.shared)
    assert (parts.pixels, parts.padded_pixels) == (784, 1024)


def test_metrics(trained: tuple[Checkpoint, Checkpoint]) -> None:
    _, padded = trained
    whole, shared = metrics(padded), metrics(padded, shared=True)
    assert whole.cross_entropy == pytest.approx(padded.per_pixel)
    assert shared.cross_entropy == pytest.approx(padded.interior / 784)
    assert shared.squared_error == pytest.approx(padded.squared_error_map[2:30, 2:30].mean())
    assert 10 ** (-whole.psnr / 10) == pytest.approx(whole.squared_error)
    assert shared.accuracy == pytest.approx(padded.accuracy_map[2:30, 2:30].mean())


def test_measures_judge_the_errors_of_the_pre_set_seeds() -> None:
    pairs = {
        seed: (checkpoint(0, 78.4, 0.0), checkpoint(2, 78.4 * (1.02 + seed / 1000), 0.1))
        for seed in (0, 1, 2, 3, 4, 17)
    }
    whole = measures(pairs, range(5), shared=False)
    shared = measures(pairs, range(5), shared=True)
    assert list(shared) == ["cross_entropy", "squared_error", "psnr", "accuracy"]
    for quantity in shared.values():
        # The seventeenth seed is nobody's evidence. In a made-up run all errors go with the loss.
        assert quantity.change.interval is not None
        assert quantity.change.interval.mean == pytest.approx(0.022, abs=1e-5)
        assert (quantity.change.runs, quantity.change.of, quantity.change.outcome) == (
            5,
            5,
            "different",
        )
    assert shared["cross_entropy"].padded == pytest.approx(0.1 * 1.022)
    assert shared["psnr"].unpadded > shared["psnr"].padded
    assert whole["psnr"].change.sign == whole["squared_error"].change.sign == -1


def test_measures_of_too_few_seeds_are_not_judged() -> None:
    pairs = {0: (checkpoint(0, 78.4, 0.0), checkpoint(2, 80.0, 0.1))}
    assert measures({}, range(5), shared=True) == {}
    assert measures(pairs, range(1, 5), shared=True) == {}
    found = measures(pairs, range(5), shared=True)["squared_error"].change
    assert (found.outcome, found.runs, found.of) == ("undecided", 1, 5)
