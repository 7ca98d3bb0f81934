"""A visitor's own digit, drawn or uploaded, through both networks, and moved toward the border.

A component of its own draws: a canvas for finger, mouse or keys, and what both networks make of the
digit at every position, computed at once by `core.autoencoder.own_digit`. So its slider asks
nothing of the server, and follows live.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import numpy as np
import streamlit as st

from core.arrays import Bytes
from core.autoencoder import Checkpoint, Settings
from core.autoencoder.own_digit import FARTHEST, Tried, moved, tried
from core.data import SIZE, digits
from core.data.picture import read_picture
from core.settings import InputError
from pages.sections.autoencoder.finding import nats
from pages.shared import charts, controls
from pages.shared.heat import Scale
from pages.shared.tested import LEGEND
from pages.shared.words import TEXT, capitalized, change

HTML = """
<div class="own-digit">
  <div class="draw">
    <div class="paper">
      <canvas data-part="paper" width="28" height="28" tabindex="0" role="application"></canvas>
      <i data-part="pen" hidden></i>
    </div>
    <button type="button" data-part="clear">Clear</button>
  </div>
  <div class="both" data-part="both"></div>
  <label class="shift">
    <span data-part="label"></span>
    <input data-part="shift" type="range" min="0" step="1" aria-label="Shift to the right, pixels">
  </label>
  <p class="sentence" data-part="sentence" role="status"></p>
</div>
"""

CSS = """
.own-digit {
  display: grid; grid-template-columns: 232px 1fr; gap: 1rem 2.5rem; align-items: start;
  font-family: var(--st-font); color: var(--st-text-color);

  canvas { display: block; image-rendering: pixelated; }
  .paper { position: relative; width: 232px; }
  .paper canvas {
    width: 232px; height: 232px; background: #000; cursor: crosshair; touch-action: none;
    border: 1px solid var(--st-border-color); box-sizing: border-box;
  }
  .paper canvas:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
  .paper i {
    position: absolute; width: calc(100% / 28); height: calc(100% / 28); pointer-events: none;
    outline: 2px solid;
  }
  button {
    margin-top: 0.5rem; min-height: 2.25rem; padding: 0 1rem; font: inherit; cursor: pointer;
    color: inherit; background: none; border: 1px solid var(--st-border-color); border-radius: 4px;
  }
  button:hover { border-color: currentColor; }
  button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
  .both { display: grid; gap: 1rem; }
  .both.waiting { opacity: 0.45; }
  .arm { display: grid; grid-template-columns: repeat(3, minmax(0, 132px)) 1fr; gap: 0.75rem; }
  figure { margin: 0; }
  .image { position: relative; }
  .image canvas { width: 100%; }
  .image i { position: absolute; border: 1.5px solid; pointer-events: none; }
  figcaption { font-size: 0.85rem; }
  .name { margin: 0; font-weight: 600; grid-column: 1 / -1; }
  .figures { align-self: center; }
  .figures p { margin: 0; font-size: 0.9rem; }
  .figures .large {
    font-size: 1.6rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums;
  }
  .shift { grid-column: 1 / -1; display: grid; gap: 0.3rem; max-width: 30rem; font-weight: 600; }
  .shift input { accent-color: var(--st-primary-color); min-height: 24px; margin: 0; }
  .shift input:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 3px; }
  .sentence { grid-column: 1 / -1; margin: 0; max-width: 44rem; min-height: 3em; }
  @media (max-width: 700px) {
    grid-template-columns: minmax(0, 1fr);
    .arm { grid-template-columns: repeat(3, minmax(0, 1fr)); }
    .figures {
      grid-column: 1 / -1; display: grid; grid-template-columns: auto 1fr; gap: 0 0.75rem;
      align-items: baseline;
    }
  }
}
"""

JS = """
export default function ({ parentElement, data, setStateValue }) {
  const SIZE = 28;
  const part = (name) => parentElement.querySelector(`[data-part=${name}]`);
  const paper = part("paper");
  const pen = part("pen");
  const shift = part("shift");
  const both = part("both");
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const element = (tag, name = "", text = "") => {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = text;
    return made;
  };

  // What is drawn outlives a new call of this function, which comes with every answer.
  const state = (paper.drawing ??= { digit: new Uint8Array(SIZE * SIZE), row: 13, column: 13 });
  if (state.version !== data.version) {
    state.version = data.version;
    state.digit = bytes(data.digit);
    state.sent = data.digit;
    state.fresh = data.fresh;
  }
  paper.ariaLabel = data.paper;

  function paint(canvas, greys, size, colour) {
    canvas.width = canvas.height = size;
    const image = new ImageData(size, size);
    greys.forEach((grey, at) => image.data.set([...colour(grey), 255], 4 * at));
    canvas.getContext("2d").putImageData(image, 0, 0);
  }
  const grey = (value) => [value, value, value];
  const colours = bytes(data.scale);
  const heat = (value) => colours.subarray(3 * value, 3 * value + 3);

  const drawPaper = () => paint(paper, state.digit, SIZE, grey);

  // A pen a little wider than a pixel, whose edge is soft, as MNIST's strokes are.
  function dot(x, y) {
    if (state.fresh) clear();
    for (let row = 0; row < SIZE; row++) {
      for (let column = 0; column < SIZE; column++) {
        const away = Math.hypot(column + 0.5 - x, row + 0.5 - y);
        const ink = Math.round(255 * Math.max(0, Math.min(1, 1.9 - away)));
        const at = row * SIZE + column;
        if (ink > state.digit[at]) state.digit[at] = ink;
      }
    }
  }
  function stroke(from, to) {
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
    for (let step = 0; step <= steps; step++) {
      const part = step / steps;
      dot(from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1]));
    }
    drawPaper();
  }
  function clear() {
    state.digit = new Uint8Array(SIZE * SIZE);
    state.fresh = false;
    drawPaper();
  }
  function send() {
    const digit = btoa(String.fromCharCode(...state.digit));
    if (digit === state.sent) return;
    state.sent = digit;
    both.classList.add("waiting");
    setStateValue("digit", digit);
  }

  const place = (event) => {
    const box = paper.getBoundingClientRect();
    return [
      (SIZE * (event.clientX - box.x)) / box.width, (SIZE * (event.clientY - box.y)) / box.height,
    ];
  };
  paper.onpointerdown = (event) => {
    paper.setPointerCapture(event.pointerId);
    state.last = place(event);
    pen.hidden = true;
    stroke(state.last, state.last);
  };
  paper.onpointermove = (event) => {
    if (!paper.hasPointerCapture(event.pointerId)) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      const here = place(each);
      stroke(state.last, here);
      state.last = here;
    }
  };
  paper.onpointerup = paper.onpointercancel = send;

  const STEPS = {
    ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
  };
  const within = (number) => Math.max(0, Math.min(SIZE - 1, number));
  function showPen() {
    pen.hidden = false;
    pen.style.color = data.colours.padded;
    pen.style.inset = `${(100 * state.row) / SIZE}% auto auto ${(100 * state.column) / SIZE}%`;
  }
  const ink = () => stroke(
    [state.column + 0.5, state.row + 0.5], [state.column + 0.5, state.row + 0.5]
  );
  paper.onkeydown = (event) => {
    const step = STEPS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (step) {
      [state.row, state.column] = [within(state.row + step[0]), within(state.column + step[1])];
      if (state.down) ink();
    } else if (event.key === " ") {
      state.down = true;
      ink();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      clear();
      send();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    showPen();
  };
  paper.onkeyup = (event) => {
    if (event.key !== " ") return;
    state.down = false;
    send();
  };
  paper.onblur = () => {
    pen.hidden = true;
    if (state.down) send();
    state.down = false;
  };
  part("clear").onclick = () => {
    clear();
    send();
  };

  const names = Object.keys(data.arms);
  if (both.children.length !== names.length) {
    both.replaceChildren(...names.map((name) => {
      const arm = element("div", "arm");
      arm.append(element("p", "name"));
      for (const kind of data.kinds) {
        const figure = element("figure");
        const image = element("div", "image");
        const canvas = element("canvas");
        canvas.setAttribute("role", "img");
        image.append(canvas, element("i"));
        figure.append(image, element("figcaption", "", kind));
        arm.append(figure);
      }
      const figures = element("div", "figures");
      figures.append(element("p", "large"), element("p"), element("p", "large"), element("p"));
      arm.append(figures);
      return arm;
    }));
  }

  function draw() {
    const at = Number(shift.value);
    names.forEach((name, index) => {
      const { size, title, places } = data.arms[name];
      const arm = both.children[index];
      const here = places[at];
      arm.querySelector(".name").textContent = title;
      arm.querySelectorAll("canvas").forEach((canvas, nth) => {
        paint(canvas, bytes(here.pictures[nth]), size, nth === 2 ? heat : grey);
        canvas.ariaLabel = `${data.kinds[nth]}, ${name}: ${here.said}`;
        const frame = canvas.nextSibling;
        frame.hidden = size === SIZE;
        frame.style.color = data.colours.padded;
        frame.style.inset = `${(50 * (size - SIZE)) / size}%`;
      });
      arm.querySelectorAll(".figures p").forEach((line, nth) => {
        line.textContent = here.figures[nth];
      });
    });
    part("label").textContent = data.labels[at];
    part("sentence").textContent = data.sentences[at];
  }
  shift.max = data.labels.length - 1;
  if (shift.dataset.drawn === undefined) shift.value = 0;
  shift.dataset.drawn = "";
  shift.oninput = draw;
  if (state.sent === data.digit) both.classList.remove("waiting");
  drawPaper();
  draw();
}
"""

_component = st.components.v2.component(
    "own_digit", html=HTML, css=CSS, js=JS, isolate_styles=False
)

BOARD, UPLOAD, HELD = "own_digit", "own_upload", "_own_digit"  # in the session

KINDS = ("goes in", "comes out", "loss")


def show(tested: Mapping[str, Checkpoint], settings: Mapping[str, Settings]) -> None:
    """Draw or upload a digit, and see what both tested networks make of it; `settings` by arm."""
    if any(network.weights is None for network in tested.values()):
        st.markdown(NO_WEIGHTS, width=TEXT)
        return
    st.markdown(INTRODUCTION, width=TEXT)
    for name in (BOARD, UPLOAD, HELD):
        controls.remember(name)
    digit, version = held()
    given = drawn(tuple(tested.items()), tuple(settings.items()), digit)
    highest = given["highest"]
    _component(
        data=given
        | {
            "digit": base64.b64encode(digit).decode(),
            "version": version,
            "fresh": digit == example(),
            "colours": {"padded": charts.palette().padded},
        },
        key=BOARD,
        on_digit_change=take_drawing,
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Loss: 0", width="content")
        st.image(LEGEND, width=200, alt="From dark for no loss to bright for the most")
        st.caption(f"{highest:.2f} nats per pixel or more", width="content")
    st.file_uploader(
        "Or upload one, PNG or JPEG",
        type=["png", "jpg", "jpeg"],
        key=UPLOAD,
        on_change=take_upload,
        help="Its middle is scaled to 28 × 28 pixels, made grey, and turned white on black where "
        "its edge is light. It is shown to you alone, and not kept.",
    )
    if refused := st.session_state.pop(REFUSED, ""):
        st.error(refused)
    st.caption(reading(settings["padded"]), width=TEXT)


REFUSED = "_own_refused"  # in the session: what was wrong with an upload

INTRODUCTION = (
    "Draw into the black square, with a finger, the mouse or the keys: arrows move the pen, the "
    "space bar draws, Delete clears. An example stands there until you do. Then shift it toward "
    "the border."
)
NO_WEIGHTS = (
    "At this point of these runs only the figures are kept, not the networks themselves; at the "
    "end of a run that is trained here they are."
)


@cache
def example() -> bytes:
    """The digit that stands there until one is drawn: a generated three."""
    drawn: bytes = digits.draw(3)[0][2].tobytes()
    return drawn


def reading(settings: Settings) -> str:
    """What is done to a digit on its way, for the padded arm's settings."""
    words = [
        "The digit is shifted within its 28 × 28 pixels, before padding and noise: what passes "
        "the right edge is gone, and black follows from the left."
    ]
    if settings.variation == "inverted":
        words.append("Then it is inverted, as the digits of these runs are.")
    if settings.variation == "cropped":
        words.append(
            "The digits of these runs are enlarged until their strokes reach the edge; yours is "
            "taken as you draw it."
        )
    if settings.noise_factor:
        words.append(
            "The noise stays the same wherever the digit is, and on the pixels that both networks "
            "have it is the same for both."
        )
    return " ".join([*words, "One digit decides nothing."])


def held() -> tuple[bytes, str]:
    """The digit that is shown, and which canvas it has come from: none has drawn the example."""
    found: tuple[bytes, str] = st.session_state.get(HELD, (example(), "example"))
    return found


def take_drawing() -> None:
    """Hold what was drawn; what no canvas sends is passed over."""
    digit = decoded(st.session_state[BOARD].get("digit"))
    if digit is not None:
        _, version = held()
        st.session_state[HELD] = digit, version  # the canvas shows it already


def decoded(sent: object) -> bytes | None:
    """The 28 × 28 greys that a canvas has sent; None for anything else."""
    try:
        digit = base64.b64decode(sent, validate=True) if isinstance(sent, str) else b""
    except (binascii.Error, ValueError):
        return None
    return digit if len(digit) == SIZE * SIZE else None


def take_upload() -> None:
    """Hold an uploaded picture in place of the drawing, or say why it cannot be."""
    file = st.session_state[UPLOAD]
    if file is None:
        return
    try:
        picture = read_picture(file.getvalue(), SIZE, SIZE)
    except InputError as error:
        st.session_state[REFUSED] = f"{capitalized(controls.plain(error))}."
        return
    edge = np.concatenate([picture[[0, -1]].ravel(), picture[:, [0, -1]].ravel()])
    grey = 1 - picture if edge.mean() > 0.5 else picture
    st.session_state[HELD] = np.rint(255 * grey).astype(np.uint8).tobytes(), file.file_id


@lru_cache(16)  # some 200 kB each
def drawn(
    tested: tuple[tuple[str, Checkpoint], ...],
    settings: tuple[tuple[str, Settings], ...],
    digit: bytes,
) -> dict[str, Any]:
    """What the component shows of a digit at every position, but for the theme."""
    of = dict(settings)
    found = {arm: _everywhere(network, of[arm], digit) for arm, network in tested}
    # One pixel far off would leave all others dark.
    losses = np.concatenate([each.loss_map.ravel() for arm in found.values() for each in arm])
    highest = float(np.quantile(losses, 0.99))
    unpadded, padded = found.values()
    return {
        "kinds": KINDS,
        "paper": "Your digit, 28 × 28 pixels: arrow keys move the pen, the space bar draws",
        "arms": {
            arm: {
                "title": f"{arm.capitalize()}, {of[arm].size} × {of[arm].size}",
                "size": of[arm].size,
                "places": [place(each, highest) for each in each_place],
            }
            for arm, each_place in found.items()
        },
        "labels": [f"Shift to the right: {by} px" for by in range(FARTHEST + 1)],
        "sentences": [sentence(*pair) for pair in zip(unpadded, padded, strict=True)],
        "highest": highest,
        "scale": base64.b64encode(COLOURS).decode(),
    }


@lru_cache(32)
def _everywhere(network: Checkpoint, settings: Settings, digit: bytes) -> list[Tried]:
    """The digit at every position through one network: of two pairs they may share one."""
    assert network.weights is not None
    places = moved(np.frombuffer(digit, np.uint8).reshape(SIZE, SIZE))
    return tried(network.weights, settings, places)


def place(here: Tried, highest: float) -> dict[str, Any]:
    """One network's pictures and figures of the digit at one position."""
    losses = np.rint(255 * np.minimum(here.loss_map / highest, 1)).astype(np.uint8)
    total = f"nats in total{f', {here.border:.2g} on the border' if here.pad_width else ''}"
    return {
        "pictures": [encoded(each) for each in (here.noisy, here.denoised, losses)],
        "figures": [f"{here.per_pixel:.4f}", "nats per pixel", f"{here.total:.1f}", total],
        "said": f"{nats(here.total)} in total",
    }


def encoded(pixels: Bytes) -> str:
    return base64.b64encode(pixels.tobytes()).decode()


def sentence(unpadded: Tried, padded: Tried) -> str:
    """Both losses of the padded network beside those of the unpadded one, on this digit."""
    if not padded.pad_width:
        return "Nothing is padded: both networks are one and the same."
    per_pixel = padded.per_pixel / unpadded.per_pixel - 1
    total = padded.total / unpadded.total - 1
    words = (
        "Compared with the unpadded network, the padded one's loss per pixel is "
        f"{change(per_pixel)}, its total {change(total)}."
    )
    if per_pixel < 0 <= total:
        words += " Only the division by more pixels makes it look better."
    return words


COLOURS = Scale((0, 1), "nats per pixel").pixels(np.linspace(0, 1, 256)).tobytes()
"""Red, green and blue of a loss from none to the most, in 256 steps."""
