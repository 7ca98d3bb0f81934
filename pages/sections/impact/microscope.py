"""A kernel under the pointer: what it reads near one pixel, padding mode beside padding mode.

A component of its own: it holds every position, so that a move asks nothing of the server. All
numbers come from `core.impact.microscope`; the browser only shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import streamlit as st

from core.impact.microscope import Microscope, Window, image, in_every_mode, magnify
from core.layers import CONVOLUTION, Layer, parse_layer
from core.settings import InputError, domain
from pages.sections.impact.settings import Settings
from pages.sections.impact.sides import Side
from pages.shared import charts
from pages.shared.controls import plain
from pages.shared.words import TEXT

FALLBACK = parse_layer("conv3:same")

HTML = """
<div class="microscope">
  <div class="boards" data-part="boards" role="application" tabindex="0"></div>
  <p class="spoken" data-part="spoken" role="status"></p>
</div>
"""

CSS = """
.microscope {
  font-family: var(--st-font); color: var(--st-text-color); font-size: 0.95rem;

  .boards {
    display: grid; gap: 1.5rem 1rem; padding: 4px; margin: -4px;
    grid-template-columns: repeat(auto-fill, minmax(132px, 1fr));
  }
  .boards:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 4px; }
  .name { margin: 0; font-weight: 600; }
  .about { margin: 0 0 0.4rem; opacity: 0.75; font-size: 0.85rem; }
  .grids { max-width: 240px; }
  .cells {
    position: relative; display: grid; user-select: none; font-variant-numeric: tabular-nums;
  }
  .values { cursor: crosshair; touch-action: pan-y; }
  .cells i {
    aspect-ratio: 1; box-sizing: border-box; line-height: 1; display: grid;
    place-items: center; font-style: normal; min-width: 0;
    font-size: clamp(0.6rem, 0.8rem, 3.4vw); box-shadow: inset 0 0 0 0.5px var(--st-border-color);
  }
  .cells i.padded { box-shadow: none; border: 1px dashed; opacity: 0.85; }
  .values i.under { font-weight: 700; }
  .values i.chosen, .counts i.chosen { outline: 2px solid; outline-offset: -2px; }
  .window { position: absolute; pointer-events: none; border: 2.5px solid; z-index: 1; }
  .sum { margin: 0.4rem 0 0; font-weight: 600; min-height: 1.5em; }
  .padding, .pixel { margin: 0; font-size: 0.8rem; min-height: 1.6em; }
  .pixel { white-space: nowrap; }
  .counts { margin-top: 0.5rem; }
  .counts i { font-size: clamp(0.5rem, 0.65rem, 3vw); }
  .refused { margin: 0; font-size: 0.85rem; }
  .spoken {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
    margin: 0; white-space: nowrap;
  }
}
"""

JS = """
export default function ({ parentElement, data, setStateValue }) {
  const part = (name) => parentElement.querySelector(`[data-part=${name}]`);
  const boards = part("boards");
  const { panels, rows, columns, colours } = data;
  boards.ariaLabel = data.label;

  const element = (tag, name, text = "") => {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = text;
    return made;
  };

  const mix = (colour, percent) => `color-mix(in srgb, ${colour} ${percent}%, transparent)`;

  // Panels stand so that the same pixel is at the same height in all of them, where that has room.
  const shown = panels.filter((panel) => !panel.refused);
  const [top, left] = ["top", "left"].map((side) => Math.min(...shown.map((panel) => panel[side])));
  const widest = Math.max(...shown.map((panel) => panel.width));
  const reach = Math.max(...shown.map((panel) => panel.left - left + panel.width));
  const aligned = reach <= widest + 4;
  const across = aligned ? reach : widest;

  function grid(panel, kind, texts) {
    const cells = element("div", `cells ${kind}`);
    cells.ariaHidden = "true";
    const drawn = texts.flatMap((text, at) => (text === null ? [] : [at]));
    const inRow = new Set(drawn.map((at) => at % panel.width));
    const start = Math.min(...inRow) + (aligned ? panel.left - left : 0);
    cells.style.gridTemplateColumns = `repeat(${inRow.size}, 1fr)`;
    cells.style.width = `${(100 * inRow.size) / across}%`;
    cells.style.marginLeft = `${(100 * start) / across}%`;
    for (const at of drawn) {
      const cell = element("i", panel.padded[at] ? "padded" : "own", texts[at]);
      if (panel.padded[at]) cell.style.borderColor = colours.padded;
      if (kind === "counts") cell.style.background = mix(colours.unpadded, 55 * panel.shades[at]);
      if (at === panel.chosen) cell.classList.add("chosen");
      if (at === panel.chosen) cell.style.outlineColor = colours.unpadded;
      cells.append(cell);
    }
    return cells;
  }

  function board(panel) {
    const made = element("div", "panel");
    made.append(element("p", "name", panel.name), element("p", "about", panel.about));
    if (panel.refused) {
      made.append(element("p", "refused", panel.refused));
      return made;
    }
    const values = grid(panel, "values", panel.values);
    const frame = element("b", "window");
    frame.style.borderColor = colours.padded;
    values.append(frame);
    if (aligned) values.style.marginTop = `${(100 * (panel.top - top)) / across}%`;
    const grids = element("div", "grids");
    grids.append(values);
    for (const name of ["sum", "padding", "pixel"]) grids.append(element("p", name));
    grids.append(grid(panel, "counts", panel.counts));
    made.append(grids);
    values.onpointerdown = (event) => values.setPointerCapture(event.pointerId);
    values.onpointermove = (event) => {
      if (event.pointerType === "touch" && !values.hasPointerCapture(event.pointerId)) return;
      const box = values.getBoundingClientRect();
      const cell = box.width / panel.width;
      move(
        nearest(rows, panel.top + Math.floor((event.clientY - box.y) / cell)),
        nearest(columns, panel.left + Math.floor((event.clientX - box.x) / cell))
      );
    };
    values.addEventListener("pointerdown", values.onpointermove);
    return made;
  }

  const nearest = (places, wanted) => {
    const away = places.map((place) => Math.abs(place - wanted));
    return away.indexOf(Math.min(...away));
  };

  function show(panel, made) {
    if (panel.refused) return;
    const seen = panel.windows[`${rows[at.row]} ${columns[at.column]}`];
    const cells = made.querySelectorAll(".values i");
    cells.forEach((cell) => cell.classList.remove("under"));
    const frame = made.querySelector(".window");
    frame.hidden = !seen;
    for (const name of ["sum", "padding", "pixel"]) {
      made.querySelector(`.${name}`).textContent = seen ? seen[name] : "";
    }
    if (!seen) {
      made.querySelector(".sum").textContent = data.nothing;
      return;
    }
    const placed = seen.cells.map((cell) => [Math.floor(cell / panel.width), cell % panel.width]);
    const [first, last] = [placed[0], placed.at(-1)];
    const height = panel.values.length / panel.width;
    frame.style.inset = [
      (100 * first[0]) / height, 100 - (100 * (last[1] + 1)) / panel.width,
      100 - (100 * (last[0] + 1)) / height, (100 * first[1]) / panel.width,
    ].map((share) => `${share}%`).join(" ");
    cells.forEach((cell) => (cell.style.background = ""));
    for (const cell of seen.cells) {
      cells[cell].classList.add("under");
      cells[cell].style.background = mix(colours.padded, 28);
    }
  }

  const clamp = (index, places) => Math.max(0, Math.min(places.length - 1, index));

  function move(row, column, speak = false) {
    [at.row, at.column] = [clamp(row, rows), clamp(column, columns)];
    boards.dataset.row = rows[at.row];
    boards.dataset.column = columns[at.column];
    panels.forEach((panel, index) => show(panel, boards.children[index]));
    if (!speak) return;
    const found = panels.filter((panel) => !panel.refused).map((panel) => {
      const seen = panel.windows[`${rows[at.row]} ${columns[at.column]}`];
      return `${panel.about}: ${seen ? `${seen.sum}, ${seen.padding}` : data.nothing}`;
    });
    part("spoken").textContent =
      `Row ${rows[at.row]}, column ${columns[at.column]}. ${found.join("; ")}`;
  }

  const held = boards.dataset.shown === data.name;
  const at = {
    row: nearest(rows, held ? Number(boards.dataset.row) : data.row),
    column: nearest(columns, held ? Number(boards.dataset.column) : data.column),
  };
  boards.dataset.shown = data.name;
  boards.replaceChildren(...panels.map(board));
  const STEPS = {
    ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
  };
  const choose = (row, column) => {
    const inside = row >= 0 && row < data.height && column >= 0 && column < data.width;
    if (inside) setStateValue("pixel", [row, column]);
  };
  boards.onkeydown = (event) => {
    const step = STEPS[event.key];
    const chosen = event.key === "Enter";
    if (!(step || chosen) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (step) move(at.row + step[0], at.column + step[1], true);
    else choose(rows[at.row], columns[at.column]);
  };
  move(at.row, at.column);
}
"""

_component = st.components.v2.component(
    "microscope", html=HTML, css=CSS, js=JS, isolate_styles=False
)


def show(sides: Sequence[Side], pixel: tuple[int, int]) -> None:
    """The first layers of `sides`, every padding mode beside the others, near `pixel`."""
    st.markdown(INTRODUCTION, width=TEXT)
    named = layers(sides)
    alike = len({size for _, size in named}) == 1
    panels = [
        panel(layer, size, pixel, names if alike else (*names, f"{size[0]} × {size[1]}"))
        for (layer, size), names in named.items()
    ]
    if all("refused" in each for each in panels):
        st.caption(plain(panels[0]["refused"]))
        return
    _component(
        data=drawn(panels, pixel, charts.palette())
        # What is chosen must lie in every image.
        | {"height": min(size[0] for _, size in named), "width": min(size[1] for _, size in named)},
        key=BOARD,
        on_pixel_change=choose_middle,
    )
    st.caption(READING)


def choose_middle() -> None:
    """Take the pixel under the kernel's middle for the chosen one; padding has none."""
    sent = st.session_state[BOARD].get("pixel")
    if isinstance(sent, list) and len(sent) == 2 and all(each in PIXELS for each in sent):
        st.session_state["row"], st.session_state["column"] = sent


BOARD = "microscope"  # in the session
PIXELS = domain(Settings, "row")

INTRODUCTION = (
    "**One layer under the microscope.** Move the kernel with the pointer, a finger or the arrow "
    "keys. Its weights are all 1: it adds up what it lies on. Enter takes the pixel in its middle."
)
READING = (
    "Above: the values near the pixel, which is framed; dashed cells are padding. Below: how often "
    "the layer counts each pixel, over all its positions; the stronger the blue, the more."
)


def layers(sides: Sequence[Side]) -> dict[tuple[Layer, tuple[int, int]], tuple[str, ...]]:
    """The sides' first layers in every mode, each on its image, and the sides that have it so.

    Where none begins with a convolution, an ordinary one on the first side's image.
    """
    found: dict[tuple[Layer, tuple[int, int]], tuple[str, ...]] = {}
    begins = [(side.name, side.stack.layers[0], (side.height, side.width)) for side in sides]
    convolutions = [each for each in begins if each[1].kind == CONVOLUTION]
    for name, first, size in convolutions or [("", FALLBACK, begins[0][2])]:
        layer = replace(first, channels=1, spelt=frozenset())
        for mode in in_every_mode(layer):
            found.setdefault((mode, size), ())
        if name:
            found[layer, size] += (name,)
    return found


@lru_cache(256)
def panel(
    layer: Layer, size: tuple[int, int], pixel: tuple[int, int], names: tuple[str, ...]
) -> dict[str, Any]:
    """Everything that the component shows of one layer; `names` stand beside the layer's word."""
    unpadded = len(in_every_mode(layer)) == 1
    said = {
        "name": "no padding" if unpadded else layer.padding_mode,
        "about": ", ".join((str(layer), *names)),
    }
    try:
        seen = magnify(layer, image(*size), pixel)
    except InputError as error:
        return said | {"refused": f"{error}.", "middles": []}
    width = seen.values.shape[1]
    row, column = (at - first for at, first in zip(pixel, seen.first, strict=True))
    return said | {
        "top": seen.first[0],
        "left": seen.first[1],
        "width": width,
        "chosen": row * width + column,
        "values": [str(value) for value in seen.values.ravel()],
        "padded": seen.padded.ravel().tolist(),
        "counts": [
            None if padded else short(count)
            for count, padded in zip(seen.counts.ravel(), seen.padded.ravel(), strict=True)
        ],
        "shades": [float(count / seen.most) if seen.most else 0 for count in seen.counts.ravel()],
        "windows": {key(window.middle): words(seen, window) for window in seen.windows},
        "middles": [window.middle for window in seen.windows],
    }


def key(place: tuple[int, int]) -> str:
    """The name of a kernel's position."""
    return f"{place[0]} {place[1]}"


def words(seen: Microscope, window: Window) -> dict[str, Any]:
    """One position: the cells that the kernel lies on, and what is said of it."""
    width, taps = seen.values.shape[1], len(window.cells)
    total = written(window.sum * window.factor)
    return {
        "cells": [row * width + column for row, column in window.cells],
        "sum": f"Sum {window.sum}"
        if window.factor == 1
        else f"Sum {window.sum} × {window.factor} = {total}",
        "padding": f"{window.padded or 'none'} of {taps} on padding",
        "pixel": f"pixel {written(window.pixel)} × here, {written(seen.pixel)} × in all",
    }


def written(number: Fraction | int) -> str:
    """A count or a sum, with up to two digits after the point."""
    return f"{float(number):,.2f}".rstrip("0").rstrip(".")


def short(count: Fraction) -> str:
    """A count in a narrow cell."""
    return f"{float(count):.3g}" if count < 10 else f"{float(count):.1f}".removesuffix(".0")


def drawn(
    panels: Sequence[dict[str, Any]], pixel: tuple[int, int], colours: charts.Palette
) -> dict[str, Any]:
    """What the component is given: the panels, and all the places that a kernel's middle can be."""
    middles = [middle for panel in panels for middle in panel["middles"]]
    rows, columns = ({middle[axis] for middle in middles} for axis in (0, 1))
    return {
        "name": f"{pixel} {[panel['about'] for panel in panels]}",
        "label": f"A kernel near pixel {pixel}: arrow keys move it",
        "nothing": "no window here",
        "panels": [{k: v for k, v in panel.items() if k != "middles"} for panel in panels],
        "rows": sorted(rows),
        "columns": sorted(columns),
        "row": pixel[0],
        "column": pixel[1],
        "colours": {"unpadded": colours.unpadded, "padded": colours.padded},
    }
