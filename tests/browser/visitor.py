"""A visitor who uses every control of a page and looks for what it changes.

The controls are found in the page itself (visitor.js), so a new one is used without a line here;
one of an unknown kind is a complaint until it is taught. Each is used on a page that shows what its
address shows when opened: the last use is undone, and where that does not lead back to the same
picture the address is opened anew. What a use brings on screen for the first time (behind a
popover, *Stop* after *Train*) is used next, there.
"""

from __future__ import annotations

import contextlib
import io
import re
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlparse

from PIL import Image
from playwright.sync_api import (
    ConsoleMessage,
    ElementHandle,
    Error,
    FilePayload,
    Page,
    TimeoutError,
)

SCRIPT = Path(__file__).with_suffix(".js")

DEADLINE = 10_000  # milliseconds in which a control answers; most do in a tenth of that
REST = 5_000  # milliseconds: what has not come to rest by then plays on
BRIEF = 1.0  # seconds in which nobody sees a change that comes and goes

# On a deep link the browser asks below the page first: Streamlit's own.
STREAMLITS = re.compile(r"https?://[^/]+/\w+/_stcore/(health|host-config)")
FAILURE = re.compile(r"Traceback|Exception|\b(ERROR|CRITICAL)\b")

CHANGED = """([before, control, plays, later]) =>
    later ? !visitor.find(control) : visitor.changed(before, control, plays)"""

ARRIVED = "before => !visitor.changed(before, null, false) || visitor.still()"

ROW = 35  # pixels of a row in a table that is written into

GUESS = "guess"  # the key of a page's guess: what it reveals is the business of the page after it


class Control(NamedTuple):
    """One control of a page.

    `nth` counts those of the same kind and label; `key` is Streamlit's, of a link the page that it
    leads to.
    """

    kind: str
    label: str
    nth: int
    key: str

    def __str__(self) -> str:
        return f"{self.kind} “{self.label}”" + (f" ({self.nth + 1})" if self.nth else "")

    @property
    def family(self) -> tuple[str, str]:
        """What it belongs to: the options of one choice, the steppers of one number, …"""
        if self.kind in ("option", "stepper"):
            return self.kind, self.label.rpartition(": ")[0]
        return self.kind, self.key if self.kind == "link" else self.label


Steps = tuple[Control, ...]  # used one after another from the page as its address shows it
Look = dict[str, Any]  # the address, the words and the pictures on screen
Undo = Callable[[], None]


class Dead(Exception):
    """A control that does not do what it is there for."""


class Used(NamedTuple):
    """What using a control has led to: whether its effect has been seen already, and a way back."""

    seen: bool = False
    undo: Undo | None = None


class Visitor:
    """Uses every control of the page at `address`.

    `log` is what the server writes to. By Streamlit's keys, each with its reason: `later` are the
    choices whose effect is seen only with another control's, `refuses` the controls that the page
    may answer with an error, `fleeting` those that come up and go by chance, which other tests use
    where they stay. `passed` holds the links that need not be tried again, by page and
    label; it grows.
    """

    def __init__(
        self,
        page: Page,
        address: str,
        log: Path,
        *,
        later: Mapping[str, str] | None = None,
        refuses: Mapping[str, str] | None = None,
        fleeting: Mapping[str, str] | None = None,
        passed: set[tuple[str, str]] | None = None,
    ) -> None:
        self.page, self.address, self.log = page, address, log
        self._passed = set() if passed is None else passed
        self.later, self.refuses, self.fleeting = later or {}, refuses or {}, fleeting or {}
        self.used: list[str] = []
        self.complaints: list[str] = []
        self._known: set[tuple[str, str]] = set()
        self._steps: Steps | None = None  # None: somewhere unknown
        self._undo: list[Undo | None] = []  # for each of the steps
        self._looks: dict[Steps, Look | None] = {}  # None where the page moves by itself
        self._errors: list[str] = []
        self._logged = log.stat().st_size
        page.add_init_script(path=SCRIPT)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self._errors.append(str(error)))

    def guess(self) -> str | None:
        """Make the first guess of the page; the address that it leads to, and None without one."""
        self._stand(())
        guess = next((control for control in self._controls() if control.key == GUESS), None)
        if guess is None:
            return None
        self._act(guess)
        self.page.wait_for_url(f"**?*{GUESS}=*", timeout=DEADLINE)
        return self.page.url

    def pass_by(self) -> None:
        """Learn what there is: where it comes up again it is nothing new."""
        self._steps = None
        self._stand(())
        self._learn(self._controls())

    def use_everything(self) -> list[str]:
        """Use every control there is, and those that come up; what there is to complain of."""
        self._steps = None
        self._stand(())
        self._notice("the page as it opens", None)
        controls = self._controls()
        self._learn(controls)
        here = urlparse(self.address).path
        for control in controls:
            if control.kind != "link":
                self._use((), control)
            elif (here, control.label) not in self._passed:
                self._passed.add((here, control.label))
                self._use((), control)
        self._leave()
        return self.complaints

    # --- One control ----------------------------------------------------------------------------

    def _use(self, steps: Steps, control: Control) -> None:
        name = " → ".join(map(str, (*steps, control)))
        self.used.append(name)
        try:
            used = self._try(steps, control)
        except (Dead, Error) as problem:
            self.complaints.append(f"{name}: {str(problem).splitlines()[0]}")
            self._steps = None
            return
        self._notice(name, control)
        if used.seen:
            return
        self._steps = (*steps, control)
        self._undo.append(used.undo)
        if control.kind != "link" and control.key != GUESS:
            there = (one for one in self._controls() if one.key not in self.fleeting)
            new = [one for one in there if one.family not in self._known]
            self._learn(new)
            for one in new:
                self._use((*steps, control), one)

    def _try(self, steps: Steps, control: Control) -> Used:
        """Use a control, if need be twice: a busy browser may skip what plays for a moment."""
        try:
            self._stand(steps)
            return self._see(steps, control)
        except (Dead, Error):
            self._steps = None
            self._stand(steps)
            return self._see(steps, control)

    def _see(self, steps: Steps, control: Control) -> Used:
        """Use a control and see what it changes; raises where it changes nothing that stays."""
        plays = self._looks[steps] is None
        before = self._look(control, plays=plays)
        used = self._act(control)
        if used.seen:
            return used
        later = control.key in self.later
        given = [before, control._asdict(), plays, later]
        began = time.monotonic()
        rests, lasting = False, False
        while not lasting:
            left = DEADLINE - 1000 * (time.monotonic() - began)
            try:
                self.page.wait_for_function(CHANGED, arg=given, polling=50, timeout=max(left, 1))
            except TimeoutError:
                raise Dead("changes nothing that stays on screen") from None
            changed = time.monotonic()
            rests = self._rests(REST)
            # What plays to its end may end where it began; what flickers is not seen.
            lasting = not rests or plays or later or time.monotonic() - changed > BRIEF
            lasting = lasting or self._look(control) != before
        self._looks[(*steps, control)] = self._look() if rests else None
        return used

    def _notice(self, name: str, control: Control | None) -> None:
        """Complain of errors on screen, in the browser's console and in the server's log."""
        with self.log.open() as log:
            log.seek(self._logged)
            lines = log.read()
            self._logged = log.tell()
        refused = control is not None and control.key in self.refuses
        said = [] if refused else self.page.evaluate("visitor.complaints()")
        errors = [f"the page says “{words}”" for words in said]
        errors += [f"the console says “{words}”" for words in self._errors]
        errors += [
            f"the server's log says “{line}”" for line in lines.splitlines() if FAILURE.search(line)
        ]
        self.complaints += [f"{name}: {words}" for words in dict.fromkeys(errors)]
        self._errors.clear()

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not STREAMLITS.fullmatch(message.location["url"]):
            self._errors.append(message.text)

    # --- The page -------------------------------------------------------------------------------

    def _stand(self, steps: Steps) -> None:
        """Have the page as it is after `steps`: by going back, or else from its address on."""
        while self._steps is not None and self._steps != steps[: len(self._steps)]:
            self._back()
        if self._steps is None:
            self._open()
        for control in steps[len(self._steps or ()) :]:
            self._act(control)
            self._rests(REST)
            self._steps = (*(self._steps or ()), control)
            self._undo.append(None)

    def _open(self) -> None:
        self._leave()
        self.page.goto(self.address)
        if not self._rests(6 * DEADLINE):
            raise AssertionError(f"{self.address} does not come to rest")
        self._steps, self._undo = (), []
        self._looks[()] = self._look()

    def _back(self) -> None:
        """Undo the last step, if that leads back to what was on screen before it."""
        assert self._steps is not None
        before = self._steps[:-1]
        undo, look = self._undo.pop(), self._looks[before]
        self._steps = None
        if undo is None or look is None:
            return
        try:
            undo()
            self.page.evaluate("visitor.forget()")
            self.page.wait_for_function(ARRIVED, arg=look, polling=200, timeout=REST)
        except Error:
            return
        if self.page.evaluate("before => visitor.changed(before, null, false)", look):
            return  # it leads elsewhere
        self._steps = before

    def _leave(self) -> None:
        """Let nothing run on that was started."""
        main = self.page.get_by_test_id("stMain")
        stop = main.get_by_role("button", name="Stop", exact=True, disabled=False)
        for button in stop.all():
            with contextlib.suppress(TimeoutError):  # what has just been left is about to stop
                button.click(timeout=DEADLINE)

    def _rests(self, milliseconds: int) -> bool:
        try:
            self.page.evaluate("visitor.forget()")
            self.page.wait_for_function("visitor.still()", polling=100, timeout=milliseconds)
        except TimeoutError:
            return False
        return True

    def _look(self, control: Control | None = None, *, plays: bool = False) -> Look:
        given = [control and control._asdict(), plays]
        look: Look = self.page.evaluate("([control, plays]) => visitor.look(control, plays)", given)
        return look

    def _controls(self) -> list[Control]:
        return [Control(**found) for found in self.page.evaluate("visitor.controls()")]

    def _learn(self, controls: list[Control]) -> None:
        self._known |= {control.family for control in controls}

    # --- What is done with a control of each kind -----------------------------------------------

    def _act(self, control: Control) -> Used:
        act = getattr(self, f"_use_{control.kind}", None)
        if act is None:
            raise Dead("is of a kind that this test does not know: teach it")
        for last in (False, False, True):
            found = self._again(control)
            try:
                if control.kind != "cell":
                    found.scroll_into_view_if_needed(timeout=DEADLINE)
                used: Used = act(found, control)
                return used
            except Error as error:
                # What plays may draw a control anew while the mouse is on its way.
                if last or "not attached" not in str(error):
                    raise
        raise AssertionError

    def _click(self, found: ElementHandle) -> None:
        found.click(timeout=DEADLINE)

    def _again(self, control: Control) -> ElementHandle:
        found = self.page.evaluate_handle("visitor.find", control._asdict()).as_element()
        if found is None:
            raise Dead("is not there any more")
        return found

    def _use_button(self, found: ElementHandle, control: Control) -> Used:
        marked = found.evaluate_handle("visitor.chosenBeside").as_element()
        self._click(found)
        return Used(undo=(lambda: self._click(marked)) if marked else None)

    def _use_tab(self, found: ElementHandle, control: Control) -> Used:
        self._click(found)
        return Used()

    def _use_stepper(self, found: ElementHandle, control: Control) -> Used:
        field = found.evaluate_handle("visitor.fieldOf").as_element()
        assert field is not None
        before = field.input_value()
        self._click(found)
        return Used(undo=lambda: self._type(field, before))

    def _use_expander(self, found: ElementHandle, control: Control) -> Used:
        self._click(found)
        return Used(undo=lambda: self._click(self._again(control)))

    def _use_popover(self, found: ElementHandle, control: Control) -> Used:
        self._click(found)
        return Used(undo=lambda: self.page.keyboard.press("Escape"))

    def _use_link(self, found: ElementHandle, control: Control) -> Used:
        href = str(found.evaluate("link => link.href"))
        if urlparse(href).netloc != urlparse(self.address).netloc:
            # The tests reach no other server.
            if found.evaluate("link => link.target") != "_blank":
                raise Dead("leaves the app in its own tab")
            return Used(seen=True)
        if found.evaluate("link => link.target") == "_blank":
            with self.page.expect_popup(timeout=DEADLINE) as opened:
                self._click(found)
            opened.value.close()
            return Used(seen=True)
        self._click(found)
        self.page.wait_for_url(
            lambda url: urlparse(url).path == urlparse(href).path, timeout=DEADLINE
        )
        # Back leads to the page, but not to the settings that its address held.
        return Used(undo=None if urlparse(self.address).query else self._go_back)

    def _go_back(self) -> None:
        self.page.go_back()

    def _use_option(self, found: ElementHandle, control: Control) -> Used:
        # Chosen before; where nothing was, a second click takes the choice back.
        before = found.evaluate_handle("visitor.chosenBeside").as_element() or found
        self._click(found)
        return Used(undo=lambda: self._click(before))

    def _use_switch(self, found: ElementHandle, control: Control) -> Used:
        switch = found.evaluate_handle("input => input.closest('label') ?? input").as_element()
        assert switch is not None
        self._click(switch)
        return Used(undo=lambda: self._click(switch))

    def _use_slider(self, found: ElementHandle, control: Control) -> Used:
        there, back = "ArrowRight", "ArrowLeft"
        if found.evaluate("slider => slider.value === slider.max"):
            there, back = back, there
        found.press(there)
        return Used(undo=lambda: self._again(control).press(back))

    def _use_board(self, found: ElementHandle, control: Control) -> Used:
        found.press("ArrowRight")
        return Used(undo=lambda: self._again(control).press("ArrowLeft"))

    def _use_drawing(self, found: ElementHandle, control: Control) -> Used:
        found.press("Space")
        return Used()

    def _use_select(self, found: ElementHandle, control: Control) -> Used:
        before = found.input_value()
        self._click(found)
        options = self.page.get_by_role("option")
        options.first.wait_for(timeout=DEADLINE)
        names = options.all_inner_texts()
        other = names[(names.index(before) + 1) % len(names)] if before in names else names[0]
        options.get_by_text(other, exact=True).click(timeout=DEADLINE)

        def undo() -> None:
            self._click(self._again(control))
            options.get_by_text(before, exact=True).click(timeout=DEADLINE)

        return Used(undo=undo)

    def _use_number(self, found: ElementHandle, control: Control) -> Used:
        before = found.input_value()
        # An empty field takes the number of one like it, a step on.
        number = Decimal(before or str(found.evaluate("visitor.numberAlike")))
        step, highest = (found.evaluate(f"field => field.{limit}") for limit in ("step", "max"))
        number += Decimal(step)
        if highest and number > Decimal(highest):
            number -= 2 * Decimal(step)
        self._type(found, f"{number}")
        return Used(undo=lambda: self._type(self._again(control), before))

    def _use_text(self, found: ElementHandle, control: Control) -> Used:
        before = found.input_value()
        # What holds for words in a row holds for all but the last, and mostly for one said twice.
        *most, last = before.split() or ["1"]
        self._type(found, " ".join(most or [last, last]))
        return Used(undo=lambda: self._type(self._again(control), before))

    def _type(self, field: ElementHandle, text: str) -> None:
        field.fill(text, timeout=DEADLINE)
        lines = field.evaluate("field => field.tagName") == "TEXTAREA"
        field.press("Control+Enter" if lines else "Enter")

    def _use_cell(self, found: ElementHandle, control: Control) -> Used:
        number = Decimal(found.inner_text() or "1")
        changed = number + 1 if number == int(number) else number / 2
        canvas = found.evaluate_handle("cell => cell.closest('canvas')").as_element()
        assert canvas is not None
        canvas.evaluate("canvas => canvas.scrollIntoView({block: 'center'})")
        box = canvas.bounding_box()
        assert box is not None
        wanted = "#" + found.evaluate("cell => cell.id") + "[aria-selected=true]"
        for last in (False, False, True):
            # Drawn, it has no place of its own: to the first one, and on from there.
            self.page.mouse.click(box["x"] + 20, box["y"] + 1.5 * ROW)
            for _ in range(int(found.evaluate("cell => cell.ariaColIndex")) - 1):
                self.page.keyboard.press("ArrowRight")
            try:
                self.page.locator(wanted).wait_for(state="attached", timeout=DEADLINE / 5)
                break
            except TimeoutError:  # a click that only takes the focus from elsewhere
                if last:
                    raise
        self.page.keyboard.press("Enter")
        editor = self.page.locator("#portal input, #portal textarea").first
        editor.fill(f"{changed}", timeout=DEADLINE)
        editor.press("Enter")
        return Used()

    def _use_picture(self, found: ElementHandle, control: Control) -> Used:
        """Click beside the middle, where a default is seldom chosen already."""
        box = found.bounding_box()
        assert box is not None
        found.click(position={"x": 0.4 * box["width"], "y": 0.4 * box["height"]}, timeout=DEADLINE)
        return Used()

    def _use_upload(self, found: ElementHandle, control: Control) -> Used:
        accepted = found.evaluate("input => input.accept")
        suffix = next((one for one in FILES if one in accepted), None)
        if suffix is None:
            raise Dead(f"takes only {accepted}: teach the test what to upload")
        file = FilePayload(name=f"tried{suffix}", mimeType="", buffer=FILES[suffix]())
        found.set_input_files(file, timeout=DEADLINE)
        return Used()

    def _use_download(self, found: ElementHandle, control: Control) -> Used:
        with self.page.expect_download(timeout=3 * DEADLINE) as coming:
            self._click(found)
        name, content = coming.value.suggested_filename, coming.value.path().read_bytes()
        if not BEGINNINGS.get(Path(name).suffix, re.compile(b".")).search(content):
            raise Dead(f"gives {name} of {len(content)} bytes, which is none")
        return Used(seen=True)

    def _use_code(self, found: ElementHandle, control: Control) -> Used:
        found.hover(timeout=DEADLINE)
        copy = found.query_selector("[aria-label='Copy to clipboard']")
        if copy is None:
            raise Dead("cannot be copied")
        self.page.evaluate("navigator.clipboard.writeText('')")
        copy.dispatch_event("click")  # its own tooltip may lie over it
        code = str(found.evaluate("code => code.querySelector('code').innerText")).strip()
        self.page.wait_for_function(
            "async code => (await navigator.clipboard.readText()).trim() === code",
            arg=code,
            timeout=DEADLINE,
        )
        return Used(seen=True)


def _png() -> bytes:
    content = io.BytesIO()
    Image.linear_gradient("L").resize((28, 28)).save(content, "PNG")
    return content.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    ".png": _png,
    ".py": lambda: b"import torch\n\nmodel = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3))\n",
}
"""What is uploaded, by an ending that the control accepts."""

BEGINNINGS = {
    ".png": re.compile(rb"\A\x89PNG"),
    ".svg": re.compile(rb"<svg"),
    ".csv": re.compile(rb"\A[^\n]*\w[^\n]*\n.*\w"),
}
"""What a file with this ending holds."""
