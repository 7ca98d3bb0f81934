"""The same network at another size, in the other framework and with another padding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.check.graph import Graph
from core.check.repad import TENSORFLOW, TORCH, padded_with
from core.check.report import Report, report
from core.settings import InputError
from pages.sections.check import words
from pages.shared.controls import escaped
from pages.shared.words import TEXT, percent


@dataclass(frozen=True)
class Other:
    """One way in which the network might be: its report, or why it cannot be."""

    name: str
    report: Report | None
    refused: str = ""


def others(found: Report, size: int, padding: str) -> Iterator[Other]:
    """The network as it is, at another size, padded by each framework, and with `padding`."""
    height, width = found.height, found.width
    here = f"{height} × {width}"
    yield Other(f"as it is, {here}", found)
    yield other(f"as it is, {size} × {size}", found.graph, size, size)
    for framework, how in ((TORCH, "padding=⌊k/2⌋"), (TENSORFLOW, "padding='same'")):
        graph = padded_with(found.graph, framework)
        yield other(f"{framework}, {how}, {here}", graph, height, width)
    yield other(f"{padding}, {here}", padded_with(found.graph, padding), height, width)


def other(name: str, graph: Graph, height: int, width: int) -> Other:
    try:
        return Other(name, report(graph, height, width))
    except InputError as error:
        return Other(name, None, str(error))


def row(item: Other) -> dict[str, str]:
    """One line of the table."""
    found = item.report
    if found is None:
        return {"network": item.name, "last map": "does not fit"}
    last = found.walk.last_maps[-1]
    reached = found.contaminated[-1] if found.contaminated else None
    low, high = (words.sides(*shift) for shift in words.shifts(found))
    rows, columns = map(len, found.unseen)
    depth = found.leak.depth
    return {
        "network": item.name,
        "last map": words.size(last) + (" (does not fit)" if found.mismatches else ""),
        "uneven layers": str(len(found.lopsided)),
        "unseen rows, columns": f"{rows}, {columns}",
        "sees padding": percent(float(reached.share), 0) if reached else "–",
        "leaks from the border": f"{depth} px" if depth else "no",
        "corner": "–" if found.counts is None else words.part(found.counts.corner_to_max),
        "shift, pixels": low if low == high else f"{low} to {high}",
    }


def show(found: Report, size: int, padding: str) -> None:
    """The table, and why what cannot be cannot be."""
    compared = list(others(found, size, padding))
    table = pd.DataFrame([row(item) for item in compared]).fillna("")
    st.table(table.replace(r" (?=[×%])|(?<=×) ", "\u00a0", regex=True), hide_index=True)
    for item in compared:
        if item.refused:
            st.caption(escaped(f"{item.name}: {item.refused}."), width=TEXT)
    st.caption(
        "A framework's way to pad replaces that of every layer that is padded at all; *sees "
        "padding* is the share of the outputs of the last layer that computes a map.",
        width=TEXT,
    )
