"""Any number of losses, each typed one way and shown both ways: per pixel and in total."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core import loss
from core.settings import InputError
from pages.sections.loss.words import converter_title
from pages.shared import charts, svg
from pages.shared.drawn_once import drawn_once
from pages.shared.fold import fold
from pages.shared.words import TEXT

WAYS = {"per pixel": "per_pixel", "total": "total"}
COLUMNS = ["height", "width", *WAYS]
POST = pd.DataFrame([(28, 28, 0.099, np.nan), (32, 32, 0.075, np.nan)], columns=COLUMNS)
BLANK = pd.DataFrame(np.nan, index=range(3), columns=COLUMNS)
MAX_ROWS = 100


def show() -> None:
    """Any number of losses, each typed one way and shown both ways."""
    given = typed()
    found = pd.DataFrame([converted(row) for row in given.to_dict("records")])
    right = found[found.check.eq("") & found.total.notna()].drop(columns="check")
    st.header(title(given, right))
    st.markdown(
        "Keras and PyTorch print the mean over all pixels. Times the pixels of an image it is the "
        "total: what one image costs. Type a size and either loss; the other follows.",
        width=TEXT,
    )
    shown = written(given, found)
    to_scale(tuple(map(tuple, right[COLUMNS[:3]].head(2).to_numpy().tolist())))
    st.data_editor(
        shown,
        key="converter",
        hide_index=True,
        num_rows="fixed",
        placeholder="",
        alt="The size of images, and one loss per pixel and in total",
        column_config=CONVERTER_COLUMNS,
    )
    with st.container(horizontal=True):
        st.button("More rows", on_click=more_rows, disabled=len(given) >= MAX_ROWS)
        st.download_button(
            "Download CSV",
            lambda: right.to_csv(index=False).encode(),
            "losses.csv",
            "text/csv",
            on_click="ignore",
        )
    fold(
        "as_text",
        "The table as text; the reductions' names in Keras and PyTorch",
        partial(text, shown.loc[right.index, right.columns]),
    )


SIDE = 120  # screen pixels of the longest side


@drawn_once
def to_scale(images: tuple[tuple[float, float, float], ...]) -> None:
    """Two images, (height, width, loss per pixel) each, as areas whose ink is what they cost."""
    if drawn := areas(images, charts.palette().ink):
        st.image(
            drawn,
            caption="The first two to scale: a pixel's ink is its loss, all ink the total.",
            alt="The first two images to scale, with more ink where a pixel loses more",
        )


def areas(images: Sequence[tuple[float, float, float]], ink: str) -> str:
    """SVG of both images, (height, width, loss per pixel) each; darkest where a pixel loses most.

    Nothing where there are not two, or no loss.
    """
    most = max((loss for *_, loss in images), default=0)
    if len(images) != 2 or not 0 < most < math.inf:
        return ""
    scale = SIDE / max(max(height, width) for height, width, _ in images)
    parts, left, tallest = [], 0.0, max(height for height, *_ in images) * scale
    for height, width, per_pixel in images:
        top = tallest - height * scale
        shade = {"fill_opacity": f"{0.8 * per_pixel / most:.3f}"}
        parts.append(svg.rectangle(left, top, width * scale, height * scale, ink, **shade))
        left += width * scale + 24
    size = f'width="{max(left - 24, 1):.0f}" height="{max(tallest, 1):.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'


def text(right: pd.DataFrame) -> None:
    """The rows and the reductions' names."""
    st.code(as_text(right), language=None)
    reductions()


@drawn_once
def reductions() -> None:
    """The reductions' names in Keras and PyTorch, and both as code."""
    st.markdown(REDUCTIONS)
    for place, (name, code) in zip(st.columns(2), CODE.items(), strict=True):
        with place:
            st.caption(name)
            st.code(code, language="python")


CONVERTER_COLUMNS = {
    "height": st.column_config.NumberColumn(format="%.6g", width=72),
    "width": st.column_config.NumberColumn(format="%.6g", width=72),
    "per pixel": st.column_config.NumberColumn(
        format="%.6g", width=92, help="The mean over pixels: reduction='mean'."
    ),
    "total": st.column_config.NumberColumn(
        format="%.6g", width=72, help="The mean over images of the sum over pixels."
    ),
    "check": st.column_config.TextColumn(disabled=True, width="large"),
}


def typed() -> pd.DataFrame:
    """What has been typed: of the two losses in a row the last, the other one is blank."""
    editor = st.session_state.get("converter")
    if editor is None:
        # A first visit, or a return from another page: the editor has forgotten its edits.
        linked = st.query_params.get("rows")
        start = st.session_state.get("rows", POST if linked is None else from_link(linked))
        rows, edits = with_blanks(start), {}
    else:
        rows, edits = st.session_state["rows"].copy(), editor["edited_rows"]
    # The editor repeats its edits until it is shown them as data: only a new one counts.
    known = st.session_state.get("edits", {}) if editor is not None else {}
    for row, changes in edits.items():
        for column, value in changes.items():
            if column in COLUMNS and row in rows.index and known.get(row, {}).get(column) != value:
                if column in WAYS:
                    rows.loc[row, list(WAYS)] = np.nan
                rows.loc[row, column] = as_number(value)
    st.session_state["edits"] = {row: dict(changes) for row, changes in edits.items()}
    remember(rows)
    return rows


def remember(rows: pd.DataFrame) -> None:
    """Keep the rows for a return to this page, and in the URL unless they are the post's."""
    st.session_state["rows"] = rows
    link = to_link(rows)
    if link != to_link(POST):
        st.query_params["rows"] = link
    elif "rows" in st.query_params:
        del st.query_params["rows"]


def with_blanks(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that hold something, and three blank ones."""
    return pd.concat([rows.dropna(how="all"), BLANK], ignore_index=True)


def more_rows() -> None:
    """Three more rows to fill."""
    rows = st.session_state["rows"]
    st.session_state["rows"] = pd.concat([rows, BLANK], ignore_index=True)


def to_link(rows: pd.DataFrame) -> str:
    """The rows as the URL spells them: "28,28,0.099,;32,32,,76.8"."""
    kept = rows.dropna(how="all").to_numpy()
    return ";".join(",".join("" if np.isnan(v) else f"{v:.12g}" for v in row) for row in kept)


def from_link(text: str) -> pd.DataFrame:
    """The rows that a URL spells; what is no number is left blank."""
    rows = [row.split(",")[: len(COLUMNS)] for row in text[:10_000].split(";")[:MAX_ROWS]]
    cells = [[*map(as_number, row), *[np.nan] * (len(COLUMNS) - len(row))] for row in rows]
    return pd.DataFrame(cells, columns=COLUMNS)


def as_number(value: Any) -> float:
    """A number that was typed or linked; NaN, which is blank, where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.nan


def converted(row: dict[str, float]) -> dict[str, Any]:
    """A row with its loss both ways, or with what is wrong with it."""
    given: dict[str, Any] = {
        WAYS.get(name, name): whole(v) for name, v in row.items() if not np.isnan(v)
    }
    if not given:
        return row | {"check": ""}
    try:
        found = loss.convert(loss.Settings(**given))
    except InputError as error:
        return row | {"check": str(error)}
    return row | {"per pixel": found.per_pixel, "total": found.total, "check": ""}


def written(given: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The rows as they are shown: what follows from a loss has the digits that it bears.

    These are one more than were typed, and at least three.
    """
    shown = found.copy()
    for row, losses in given[list(WAYS)].iterrows():
        for way, other in (tuple(WAYS), tuple(WAYS)[::-1]):
            if not np.isnan(losses[way]) and not np.isnan(found.loc[row, other]):
                typed = f"{losses[way]:.12g}".split("e")[0].replace(".", "").lstrip("0")
                digits = max(3, len(typed) + 1)
                shown.loc[row, other] = float(f"{found.loc[row, other]:.{digits}g}")
    return shown


def whole(value: float) -> float | int:
    """A cell's number, as a whole one where it is: sizes must be."""
    return int(value) if value.is_integer() else value


def title(given: pd.DataFrame, right: pd.DataFrame) -> str:
    """The first two losses compared both ways."""
    pairs = [(float(row[0]), float(row[1])) for row in right[list(WAYS)].to_numpy()[:2]]
    first, second = [*pairs, None, None][:2]
    post = to_link(given.dropna(how="all")[:2]) == to_link(POST)
    return converter_title(first, second, post=post)


def as_text(right: pd.DataFrame) -> str:
    """The table in Markdown."""
    cells = [list(right.columns), ["---"] * len(right.columns)]
    cells += [[f"{value:.6g}" for value in row] for row in right.to_numpy()]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


REDUCTIONS = """
| the number | what it is | Keras | PyTorch | × this is the total |
| --- | --- | --- | --- | --- |
| per pixel | mean over batch and pixels | `reduction='sum_over_batch_size'` (default) | \
`reduction='mean'` (default) | height × width |
| total | mean over the batch of each image's sum | sum in the loss, see below | \
`reduction='sum'` / batch | 1 |
| sum | sum over batch and pixels | `reduction='sum'` | `reduction='sum'` | 1 / batch |
| none | a loss for each pixel | `reduction='none'` | `reduction='none'` | – |
"""

KERAS = """\
# images: (batch, height, width, 1)
total = per_pixel * height * width

# trains on the total and prints it
def total_loss(target, output):
    # (batch, height, width)
    loss = keras.losses.binary_crossentropy(
        target, output)
    return keras.ops.sum(loss, axis=(1, 2))
model.compile("adam", loss=total_loss)
"""

PYTORCH = """\
# images: (batch, 1, height, width)
total = per_pixel * height * width

# the same, from the network's output
loss = F.binary_cross_entropy(
    output, target, reduction="sum")
total = loss / len(target)
per_pixel = loss / target.numel()
"""

CODE = {"Keras": KERAS, "PyTorch": PYTORCH}
