"""One digit in a black frame that is dragged wider: the loss per pixel falls, the total does not.

Streamlit's slider would draw the page again for every pixel of the way. So this is a component: it
holds every width, draws by itself, and tells Python where it came to rest.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.autoencoder import Checkpoint
from core.loss import Framed
from pages.shared import charts
from pages.shared.verdict import figures
from pages.shared.words import change, percent

SAMPLE = 3  # of the ten digits that every run keeps

HTML = """
<div class="widening-frame">
  <div class="pictures">
    <figure>
      <div class="image">
        <canvas data-part="noisy" role="img"></canvas><i class="own"></i><i class="framed"></i>
      </div>
      <figcaption>goes in</figcaption>
    </figure>
    <figure>
      <div class="image">
        <canvas data-part="output" role="img"></canvas><i class="own"></i><i class="framed"></i>
      </div>
      <figcaption>comes out</figcaption>
    </figure>
  </div>
  <div class="figures">
    <p class="label">Loss per pixel: what Keras and PyTorch print</p>
    <output class="counter" data-part="counter"></output>
    <p class="label" data-part="total"></p>
    <div class="bar" aria-hidden="true">
      <i data-part="interior"></i><i data-part="border"></i>
      <i data-part="before"></i>
    </div>
    <p class="label">The mark: the total without a frame</p>
  </div>
  <label class="width">
    <span data-part="label"></span>
    <input data-part="width" type="range" step="1" aria-label="Width of the black frame, pixels">
  </label>
  <p class="sentence" data-part="sentence" aria-live="polite"></p>
</div>
"""

CSS = """
.widening-frame {
  display: grid; grid-template-columns: auto 1fr; gap: 1.25rem 2.5rem; align-items: center;
  font-family: var(--st-font); color: var(--st-text-color);

  .pictures { display: flex; gap: 1rem; }
  figure { margin: 0; text-align: center; }
  figcaption, .label { font-size: 0.95rem; margin: 0; }
  .image { position: relative; }
  .image i { position: absolute; pointer-events: none; border: 1px solid var(--st-border-color); }
  .image .own { border: 1.5px dashed; }
  canvas {
    display: block; width: min(220px, 40vw); touch-action: pan-y; cursor: ew-resize;
    image-rendering: pixelated;
  }
  .counter {
    display: block; font-size: 4.5rem; line-height: 1.15; font-weight: 600;
    font-variant-numeric: tabular-nums; margin-bottom: 1rem;
  }
  .bar { position: relative; display: flex; height: 1.6rem; margin: 0.6rem 0; }
  .bar [data-part=before] {
    position: absolute; top: -0.3rem; bottom: -0.3rem; border-right: 2px solid;
  }
  .width { display: grid; gap: 0.4rem; grid-column: 1 / -1; max-width: 30rem; font-weight: 600; }
  .width input { accent-color: var(--st-primary-color); min-height: 24px; margin: 0; }
  .width input:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 3px; }
  .sentence {
    grid-column: 1 / -1; margin: 0; max-width: 44rem; font-size: 1.15rem; line-height: 1.5;
    min-height: 4.5em;
  }
  @media (max-width: 700px) {
    grid-template-columns: 1fr;
    .counter { font-size: 3.5rem; margin-bottom: 0.5rem; }
  }
}
"""

JS = """
export default function ({ parentElement, data, setStateValue }) {
  const part = (name) => parentElement.querySelector(`[data-part=${name}]`);
  const slider = part("width");
  const widest = data.frames.at(-1).size;
  const most = Math.max(...data.frames.map((frame) => frame.interior + frame.border));

  function paint(canvas, pixels, frame) {
    canvas.width = canvas.height = widest;
    const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
    const image = new ImageData(frame.size, frame.size);
    bytes.forEach((grey, i) => image.data.set([grey, grey, grey, 255], 4 * i));
    const outside = (widest - frame.size) / 2;
    canvas.getContext("2d").putImageData(image, outside, outside);
    // In pixels of the image, as shares of the canvas: the digit's own, and those with the frame.
    for (const [name, size] of [["own", data.frames[0].size], ["framed", frame.size]]) {
      const edge = `${(50 * (widest - size)) / widest}%`;
      canvas.parentElement.querySelector(`.${name}`).style.inset = edge;
    }
  }

  function draw() {
    const frame = data.frames[slider.value];
    for (const name of ["noisy", "output"]) {
      paint(part(name), frame[name], frame);
      part(name).ariaLabel = `${data.names[name]}, ${frame.size} × ${frame.size} pixels`;
    }
    part("counter").textContent = frame.counter;
    part("total").textContent = frame.total;
    part("label").textContent = frame.label;
    part("sentence").textContent = frame.sentence;
    for (const name of ["interior", "border"]) {
      part(name).style.width = `${(100 * frame[name]) / most}%`;
      part(name).style.background = data.colours[name];
    }
  }

  const before = data.frames[0].interior;
  part("before").style.left = `${(100 * before) / most}%`;
  parentElement.querySelectorAll(".own").forEach((own) => {
    own.style.borderColor = data.colours.border;
  });
  slider.max = data.frames.length - 1;
  if (slider.dataset.drawn === undefined) slider.value = data.width;
  slider.dataset.drawn = "";
  slider.oninput = draw;
  slider.onchange = () => setStateValue("width", Number(slider.value));
  for (const name of ["noisy", "output"]) {
    const canvas = part(name);
    canvas.onpointerdown = (event) => {
      canvas.setPointerCapture(event.pointerId);
      canvas.onpointermove(event);
    };
    canvas.onpointermove = (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const box = canvas.getBoundingClientRect();
      const fromMiddle = Math.abs(event.clientX - box.x - box.width / 2);
      slider.value = Math.round((fromMiddle * widest) / box.width - data.frames[0].size / 2);
      draw();
    };
    canvas.onpointerup = () => slider.onchange();
  }
  draw();
}
"""

_component = st.components.v2.component(
    "widening_frame", html=HTML, css=CSS, js=JS, isolate_styles=False
)


def show(frames: Sequence[Mapping[str, Any]], width: int) -> int:
    """The frame, at first `width` pixels wide; the width that it was dragged to.

    `frames` are `drawn`, one for each width.
    """
    colours = charts.palette()
    data = {
        "frames": frames,
        "width": width,
        "names": {"noisy": "The noisy digit", "output": "What the network makes of it"},
        "colours": {"interior": colours.unpadded, "border": colours.padded},
    }
    found = _component(
        data=data, key="frame", default={"width": width}, on_width_change=lambda: None
    )
    moved = found["width"]
    return moved if moved in range(len(frames)) else width


def drawn(frame: Framed, plain: Framed, tested: Checkpoint) -> dict[str, Any]:
    """Everything that the component shows at one width.

    `plain` is the network without a frame, `tested` one in this frame and its samples.
    """
    return {
        "size": frame.size,
        "noisy": base64.b64encode(tested.noisy[SAMPLE].tobytes()).decode(),
        "output": base64.b64encode(tested.denoised[SAMPLE].tobytes()).decode(),
        "interior": frame.interior,
        "border": frame.border,
        "counter": f"{frame.per_pixel:.3f}",
        "total": total(frame),
        "label": f"Width of the black frame: {frame.pad_width} px",
        "sentence": sentence(frame, plain),
    }


def total(frame: Framed) -> str:
    """The total of an image, and what of it lies on the frame, in words."""
    words = f"Total loss of an image: {frame.total:.1f} nats"
    return words if not frame.pad_width else f"{words}, {frame.border:.2f} of them on the frame"


def sentence(frame: Framed, plain: Framed) -> str:
    """What became of the two losses, by the figures of these runs."""
    if not frame.pad_width:
        return (
            f"A network learns to take the noise off digits of {frame.size} × {frame.size} pixels. "
            "Now drag the frame wider."
        )
    judged = frame.change_of_total(plain)
    answer = {1: "No", 0: "That stays open", -1: "By this much"}[judged.sign]
    on_frame, more = frame.border / frame.total, 1 - (plain.size / frame.size) ** 2
    return (
        f"In this frame the loss per pixel is {change(frame.per_pixel / plain.per_pixel - 1)}. "
        f"Is the network better? {answer}: an image's total loss changes by {figures(judged)} "
        f"(95 % interval, {judged.of} seeds). Of the total {percent(on_frame)} lies on the frame, "
        f"whose pixels are {percent(more)} of those that it is divided by."
    )
