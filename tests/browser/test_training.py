"""Training as a visitor sees it: it moves, it can be stopped, it ends with words."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.servers import serving

Visit = Callable[..., Page]

SMALL = "dataset=digits&train_size=5000&batch_size=64&guess=better"  # a run of one test


def test_both_arms_train_and_the_verdict_appears(app: str, visit: Visit) -> None:
    # A seed that no other test of this session has trained.
    page = visit(f"{app}/autoencoder?{SMALL}&images=5000&seed=77")
    region = page.locator(".st-key-announced_training [role=status]")
    region.evaluate("region => (region.stayed = true)")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(region).to_contain_text("% done")
    expect(page.get_by_text("images", exact=False).first).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    fresh = page.get_by_role("button", name="Train with a fresh seed")
    expect(fresh).to_be_visible(timeout=300_000)
    expect(page.get_by_text("on the 784 pixels that both networks have")).to_be_visible()
    expect(
        page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")
    ).to_have_count(4)  # both curves, the parts of the change, and the seeds
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(region).to_contain_text("This run: per pixel the loss")
    assert region.evaluate("region => region.stayed")  # else a screen reader says nothing


def test_a_new_visitors_first_click_on_a_fresh_server(
    browser: Browser, visit: Visit, tmp_path: Path
) -> None:
    with serving(tmp_path, PADDING_LAB_CACHE=str(tmp_path / "cache")) as address:
        page = visit(f"{address}/autoencoder?{SMALL}&images=5000")
        page.get_by_role("button", name="Train", exact=True).click()
        fresh = page.get_by_role("button", name="Train with a fresh seed")
        fresh.click(timeout=300_000)
        # A seed of the visitor's own: the first five are those that a judgement rests on.
        expect(page).to_have_url(re.compile("seed=5"))
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_text(re.compile("^unpadded: .*padded: "))).to_be_visible()
        expect(page.get_by_text("generated digits · seed 5 · trained here")).to_be_visible(
            timeout=300_000
        )
        expect(page.get_by_text("on the 784 pixels that both networks have")).to_be_visible()
        expect(page.get_by_text("In this run (seed 5, 5,000 images)")).to_be_visible()
        expect(page.get_by_text("this run, seed 5, is not one of them")).to_be_visible()
        expect(page.get_by_text("hollow dots: seeds trained here")).to_be_visible()
        fresh.click()
        expect(page).to_have_url(re.compile("seed=6"))
        expect(page.get_by_role("progressbar")).to_be_visible()


def test_stop_keeps_what_there_is(app: str, visit: Visit) -> None:
    page = visit(f"{app}/autoencoder?{SMALL}&seed=5&images=600000")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    # Half a second on a quiet machine, whether or not a step has been taken.
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=10_000)
    expect(page.get_by_test_id("stMain").get_by_role("button", name="Stop")).to_have_count(0)


def test_a_stopped_run_says_how_far_it_got(app: str, visit: Visit) -> None:
    page = visit(f"{app}/autoencoder?{SMALL}&seed=8&images=600000")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("So far, after")).to_be_visible(timeout=30_000)
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=10_000)
    said = page.get_by_text(re.compile("padded: [0-9,]+ images, stopped")).or_(
        page.get_by_text("Padded: MNIST")  # tested meanwhile
    )
    expect(said.first).to_be_visible()


def test_no_sideways_scrolling_on_a_phone(app: str, visit: Visit) -> None:
    page = visit(f"{app}/autoencoder?guess=better", width=400, dark=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_small_print_is_no_wider_than_the_text(app: str, visit: Visit) -> None:
    page = visit(f"{app}/autoencoder?guess=better", width=1440)
    told = page.get_by_text("A seed fixes the initial weights")
    expect(told).to_be_visible()
    width = "caption => caption.getBoundingClientRect().width"
    assert told.evaluate(width) <= 620
    assert page.get_by_text("Unpadded, 20,000 images").evaluate(width) > 620  # as its image
