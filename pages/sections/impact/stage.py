"""The talk about influence: how often each pixel counts, after one layer and after five."""

from __future__ import annotations

from functools import partial

from core.impact import Impact
from pages.sections.impact import words
from pages.sections.impact.article import ARTICLE, SHARES
from pages.sections.impact.sides import impact_of
from pages.shared import charts, slide, svg
from pages.shared.charts import Palette
from pages.shared.slide import Shot, Step

SIDE = 320  # units


def show(layers: str) -> None:
    """Both paddings' maps of the article for so many layers."""
    maps = {
        name.removeprefix(f"{layers}, "): impact_of(stack, size, size)
        for name, (stack, size) in ARTICLE.items()
        if name.startswith(layers)
    }
    said = sentence(maps)
    picture = both(maps, charts.palette())
    slide.show([Shot(picture, said)], name=layers, alt=f"Paths from each pixel, {layers}. {said}")


def both(maps: dict[str, Impact], colours: Palette) -> str:
    """The maps beside each other, each from dark for none to bright for its most."""
    parts = []
    for number, (padding, map_) in enumerate(maps.items()):
        left = 470.0 * number
        size = len(map_.numerators)
        parts += [
            svg.image(left, 0, SIDE, charts.inline(SHARES.pixels(map_.shares))),
            svg.text(left, SIDE + 38, f"“{padding}”, {size} × {size}", colours.ink),
            svg.text(left, SIDE + 76, counts(map_), colours.muted),
        ]
    return svg.picture(*parts)


def counts(map_: Impact) -> str:
    """How many paths the corner and the centre have."""
    corner, centre = (
        words.written(paths, map_.denominator) for paths in (map_.corners[0], map_.middle[-1])
    )
    return f"corner {corner}, centre {centre}"


def sentence(maps: dict[str, Impact]) -> str:
    """How much more the centre counts than a corner, for each padding."""
    (first, one), *others = maps.items()
    told = [f"with “{padding}” {ratio(map_)}" for padding, map_ in others]
    has = f"With “{first}” the centre has {ratio(one)} as many paths as a corner"
    return ", ".join([has, *told]) + "."


def ratio(map_: Impact) -> str:
    """The centre's paths over the corner's: "9 times"."""
    corner, centre = map_.corners[0], map_.middle[-1]
    if not corner:
        return "infinitely many times" if centre else "0 times"
    share = words.share(centre, corner)
    return f"{float(share):,.0f} times" if share.denominator == 1 else f"{float(share):,.3g} times"


STEPS = (
    Step(
        "one_layer",
        "impact",
        "One layer: how often does it count each pixel?",
        partial(show, "one layer"),
    ),
    Step("five_layers", "impact", "And five layers?", partial(show, "five layers")),
)
