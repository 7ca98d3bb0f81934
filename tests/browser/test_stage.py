"""The talk in a real browser: by keys, in any window, with a hall that votes."""

import re

import pytest
from playwright.sync_api import Page, expect

from pages.sections.stage.sequence import STEPS
from pages.shared.words import unbroken
from tests.browser.conftest import settle
from tests.browser.test_accessible import found
from tests.browser.test_links import Visit

WINDOWS = [(1024, 768, False), (1024, 768, True), (1440, 900, False), (1920, 1080, True)]

FAULTS = """() => {
    const faults = [], slide = document.querySelector(".st-key-slide");
    const seen = [...slide.querySelectorAll("h1, p, text, image, figure rect, button")]
        .filter((part) => part.getClientRects().length && !part.closest("button p"));
    for (const part of seen) {
        const words = (part.textContent || part.nodeName).trim().slice(0, 30);
        const box = part.getBoundingClientRect();
        if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1
            || box.bottom > innerHeight + 1) faults.push(`${words} is outside`);
        const scale = part.nodeName === "text" ? part.getScreenCTM().a : 1;
        const size = scale * parseFloat(getComputedStyle(part).fontSize);
        if (["H1", "P", "text"].includes(part.nodeName) && !part.closest("button")
            && size < 28) faults.push(`${words} has ${size} px`);
    }
    const title = slide.querySelector("h1").getBoundingClientRect();
    const figure = slide.querySelector("figure").getBoundingClientRect();
    const sentence = slide.querySelector(".shot p").getBoundingClientRect();
    if (title.bottom > figure.top + 1) faults.push("the question lies over the picture");
    if (figure.bottom > sentence.top + 1) faults.push("the picture lies over the sentence");
    for (const box of document.querySelectorAll("html, [data-testid=stMain]")) {
        if (box.scrollHeight > box.clientHeight + 1) faults.push(`${box.nodeName} scrolls`);
        if (box.scrollWidth > box.clientWidth + 1) faults.push(`${box.nodeName} scrolls across`);
    }
    return faults;
}"""


def drawn(page: Page, name: str) -> None:
    """Wait until the slide of this name is there, its foot too."""
    question = next(step.question for step in STEPS if step.name == name)
    expect(page.get_by_role("heading", name=unbroken(question), exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/stage\?step={name}\b"))
    number = [step.name for step in STEPS].index(name) + 1
    expect(page.get_by_role("img", name=f"Slide {number} of {len(STEPS)}")).to_be_visible()
    expect(page.locator("figure svg")).to_have_count(1)
    settle(page)


@pytest.mark.parametrize(("width", "height", "dark"), WINDOWS)
def test_keys_lead_through_all_slides_and_each_fits_the_window(
    app: str, visit: Visit, width: int, height: int, dark: bool
) -> None:
    page = visit(app, width=width, dark=dark)
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{app}/?stage=1")
    for number, step in enumerate(STEPS):
        drawn(page, step.name)
        assert page.evaluate(FAULTS) == [], step.name
        page.keyboard.press(("PageDown", "ArrowRight")[number % 2])
    drawn(page, STEPS[-1].name)
    for key, step in (("PageUp", STEPS[-2]), ("ArrowLeft", STEPS[-3]), ("Home", STEPS[0])):
        page.keyboard.press(key)
        drawn(page, step.name)


def test_a_topic_leads_to_its_first_slide_and_escape_back(app: str, visit: Visit) -> None:
    page = visit(f"{app}/impact?stage=1")
    drawn(page, "one_layer")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/impact$"))
    settle(page)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "16px"
    page.get_by_role("link", name="On stage").click()
    drawn(page, "one_layer")


def test_the_frame_is_dragged_wider(app: str, visit: Visit) -> None:
    page = visit(f"{app}/stage?step=frame", width=1024)
    counter = page.locator("figure text").nth(1)
    expect(counter).to_have_text("0.110")
    box = page.locator("figure").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 100, steps=5)
    expect(counter).to_have_text("0.048")
    page.mouse.up()
    page.keyboard.press("ArrowDown")
    expect(counter).to_have_text("0.052")
    expect(page.locator(".shot p")).to_contain_text("In a black frame of 7")


def test_the_recording_plays_point_by_point(app: str, visit: Visit) -> None:
    page = visit(f"{app}/stage?step=falls")
    drawn(page, "falls")
    page.evaluate("""() => {
        window.said = new Set();
        const look = () => window.said.add(document.querySelector(".shot p")?.textContent);
        new MutationObserver(look).observe(document.body, {subtree: true, childList: true,
            characterData: true});
    }""")
    page.keyboard.press("PageDown")
    drawn(page, "total")
    page.keyboard.press("PageDown")
    drawn(page, "train")
    sentence = page.locator(".shot p")
    expect(sentence).to_contain_text("A recording, after 20,000 images")
    told = page.evaluate("[...window.said].filter((one) => one?.startsWith('A recording'))")
    assert len(told) > 20
    assert "after 32 images" in told[0]


def test_a_key_of_clickers_blanks_the_screen(app: str, visit: Visit) -> None:
    page = visit(f"{app}/stage?step=divide")
    drawn(page, "divide")
    for shown in (False, True):
        page.keyboard.press(".")
        expect(page.locator("figure")).to_be_visible(visible=shown)


def test_who_wants_no_motion_sees_the_end(app: str, visit: Visit) -> None:
    page = visit(app)
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{app}/stage?step=learns")
    drawn(page, "learns")
    expect(page.locator(".shot p")).to_contain_text("Yes: after 16 steps")


def test_three_visitors_vote_and_the_bars_grow(app: str, visit: Visit) -> None:
    speaker = visit(f"{app}/stage?step=better", width=1024)
    drawn(speaker, "better")
    counts = speaker.locator("figure text").filter(has_text=re.compile(r"^\d+$"))
    expect(counts).to_have_text(["0", "0", "0"])
    room = re.search(r"room=(\w+)", speaker.url)
    assert room is not None
    voters = [visit(f"{app}/stage?vote={room[1]}&step=better", width=400) for _ in range(3)]
    for voter, choice in zip(voters, ("better", "worse", "worse"), strict=True):
        voter.get_by_role("button", name=choice).click()
        expect(voter.get_by_text("You guessed")).to_be_in_viewport()
    expect(counts).to_have_text(["1", "0", "2"])
    voters[0].get_by_role("button", name="the same").click()
    expect(counts).to_have_text(["0", "1", "2"])
    expect(speaker.get_by_text("3 votes")).to_be_visible()
    assert found(voters[0]) == []
    assert speaker.evaluate(FAULTS) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_on_slides(app: str, visit: Visit, dark: bool) -> None:
    page = visit(app, width=1024, dark=dark)
    page.emulate_media(reduced_motion="reduce")
    for name in ("frame", "better", "train", "learns", "answer", "five_layers", "remember"):
        page.goto(f"{app}/stage?step={name}")
        drawn(page, name)
        assert found(page) == [], name


def test_a_lesson_s_link_hides_controls(app: str, visit: Visit) -> None:
    page = visit(f"{app}/shapes?guess=3&hide=presets,size&size=9")
    expect(page.locator(".st-key-convention")).to_be_visible()
    expect(page.locator(".st-key-size")).to_be_hidden()
    expect(page.locator(".st-key-presets")).to_be_hidden()
    expect(page.get_by_label("Height, pixels", exact=True)).to_have_value("9")
    expect(page).to_have_url(re.compile("hide=presets"))
