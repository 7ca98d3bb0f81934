"""Everything that is found about a network at one size, for the page and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import isqrt
from typing import Any

from core.check import sizes
from core.check.axis import COLUMNS, ROWS
from core.check.findings import (
    Lopsided,
    Reached,
    Unused,
    contaminated,
    drift,
    lopsided,
    shift,
    unseen,
    unused,
)
from core.check.graph import Flatten, Graph, Linear, Node, Pass, Transposed, Unknown, Window
from core.check.leaks import Leak, cures, leak
from core.check.paths import Counts, count
from core.check.walk import Place, Walk, misled, walk
from core.layers import CONVOLUTION, Indices, sides
from core.settings import InputError, Maybe, Whole, check, setting

FAULTS = ("unused", "lopsided", "mismatch")
"""What `--fail-on` can ask for."""


MAX_SIZE = 4096
"""The longest side of an image; half of what a map may grow to."""


@dataclass(frozen=True)
class Settings:
    size: int = setting(224, Whole(1, MAX_SIZE), "height of the image, in pixels")
    width: int | None = setting(
        None, Maybe(Whole(1, MAX_SIZE)), "its width, where it is not square"
    )
    channels: int = setting(3, Whole(1, 4096), "channels of the image")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Misfit:
    """Maps that differ where they would have to agree.

    at: the join; or the output, where a network that comes back to the image's scale does not
        come back to its size.
    sizes: (height, width, channels) of each.
    stops: whether the network cannot run: a join, not an output.
    """

    at: str
    line: int | None
    sizes: tuple[tuple[int, int, int], ...]
    stops: bool


@lru_cache(16)
def report(graph: Graph, height: int, width: int, said: tuple[str, ...] = ()) -> Report:
    """The `Report` of a network, kept for who asks again."""
    return Report(graph, height, width, said)


class Report:
    """What padding does in `graph` on an image of height × width; each finding computed once.

    said: what whoever read the network has to say about it, in sentences.
    Raises InputError, naming the layer, where the network cannot be laid over the image.
    """

    def __init__(self, graph: Graph, height: int, width: int, said: Sequence[str] = ()) -> None:
        self.graph, self.height, self.width = graph, height, width
        self.said = tuple(said)
        self.walk: Walk = walk(graph, height, width)

    @cached_property
    def mismatches(self) -> tuple[Misfit, ...]:
        found = [
            Misfit(str(unfit.node), unfit.node.line, unfit.sizes, stops=True)
            for unfit in self.walk.mismatches
        ]
        end = self.mirror
        if end is not None and end.output[:2] != (self.height, self.width):
            image = (self.height, self.width, end.channels)
            found.append(Misfit(str(end.node), end.node.line, (end.output, image), stops=False))
        return tuple(found)

    @cached_property
    def mirror(self) -> Place | None:
        """The output of a network that shrinks the image and grows it back to its scale."""
        if not self.walk.complete or len(self.walk.ends) != 1 or self.walk.ends[0].flat:
            return None
        (end,) = self.walk.ends
        shrinks = False
        for axis in (ROWS, COLUMNS):
            steps = drift(self.walk, axis)
            if set(steps[end.node.name]) != {Fraction(1)}:
                return None
            shrinks |= any(step > 1 for found in steps.values() for step in found)
        return end if shrinks else None

    @cached_property
    def fitting_sizes(self) -> tuple[int, ...]:
        """The sizes nearest to this one at which everything fits; of the height alone, where the
        image is not square."""
        return self.search.nearest(self.height, self.unfit, axis=self.one_axis)

    @cached_property
    def fitting_widths(self) -> tuple[int, ...]:
        if self.one_axis is None:
            return self.fitting_sizes
        return self.search.nearest(self.width, self.unfit, axis=COLUMNS)

    @property
    def unfit(self) -> sizes.Fault:
        end = None if self.mirror is None else self.graph.nodes.index(self.mirror.node)
        return sizes.other_end(end)

    @cached_property
    def even_sizes(self) -> tuple[int, ...]:
        """The ten sizes nearest to this one at which nothing is lopsided; of the height alone,
        where the image is not square."""
        return self.search.nearest(self.height, sizes.lopsided, axis=self.one_axis)

    @cached_property
    def even_widths(self) -> tuple[int, ...]:
        if self.one_axis is None:
            return self.even_sizes
        return self.search.nearest(self.width, sizes.lopsided, axis=COLUMNS)

    @cached_property
    def misled(self) -> tuple[tuple[Node, int, int], ...]:
        """The linear layers made for another number of values: (node, expected, what comes in)."""
        return misled(self.walk)

    @cached_property
    def head_sizes(self) -> tuple[int, ...]:
        """The few square sizes nearest to this one that a linear layer which refuses it fits.

        In order; of a single such layer behind a flattened map, where that map would be square.
        """
        wrong = self.misled
        place = self.walk.places[wrong[0][0].inputs[0]] if len(wrong) == 1 else None
        while place is not None and isinstance(place.node.operation, Pass):
            place = self.walk.places[place.node.inputs[0]]
        if place is None or not isinstance(place.node.operation, Flatten):
            return ()
        last = self.walk.places[place.node.inputs[0]]
        side = isqrt(wrong[0][1] // last.channels)
        if side * side * last.channels != wrong[0][1]:
            return ()
        other = sizes.other_length(self.graph.nodes.index(last.node), side)
        return tuple(sorted(self.search.nearest(self.height, other, how_many=4)))

    @property
    def search(self) -> sizes.Search:
        return sizes.Search(self.graph)

    @property
    def one_axis(self) -> int | None:
        return None if self.height == self.width else ROWS

    @cached_property
    def unused(self) -> tuple[Unused, ...]:
        return unused(self.walk)

    @cached_property
    def unseen(self) -> tuple[Indices, Indices]:
        return unseen(self.walk)

    @cached_property
    def lopsided(self) -> tuple[Lopsided, ...]:
        return lopsided(self.walk)

    @cached_property
    def shift(self) -> tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]:
        """The least and the most shift of rows and of columns, in the image's pixels."""
        return shift(self.walk, ROWS), shift(self.walk, COLUMNS)

    @cached_property
    def contaminated(self) -> tuple[Reached, ...]:
        return contaminated(self.walk)

    @cached_property
    def leak(self) -> Leak:
        return leak(self.walk)

    @cached_property
    def cures(self) -> tuple[str, ...]:
        return cures(self.walk) if self.leak.leaks else ()

    @cached_property
    def counts(self) -> Counts | None:
        """How much each pixel counts; None where that is too much to count."""
        try:
            return count(self.walk)
        except InputError:
            return None

    @cached_property
    def unread(self) -> tuple[tuple[Node, str], ...]:
        """The nodes at which what is known ends, and what stands there."""
        behind: set[str] = set()
        found = []
        for node in self.graph.nodes:
            follows = behind.isdisjoint(node.inputs)
            if follows and isinstance(node.operation, Unknown):
                found.append((node, node.operation.what))
            if not follows or isinstance(node.operation, Unknown):
                behind.add(node.name)
        return tuple(found)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What the answer leaves out, in sentences; first what the network's reader said."""
        found = list(self.said)
        found += [
            f"{node.place}: {what} is not followed. The answer holds up to there; what comes "
            "behind it is left out."
            for node, what in self.unread
        ]
        wrong = self.misled
        fitting = f" {fits(self.head_sizes)}" if wrong and self.head_sizes else ""
        found += [
            f"{node.place} is made for {expected:,} values, and {given:,} come in: PyTorch refuses "
            f"this size.{fitting}"
            for node, expected, given in wrong
        ]
        behind = len(self.graph.nodes) - len(self.walk.places)
        if self.walk.mismatches:
            found.append(
                f"Sizes that do not fit stop the network: {behind} of its layers are left out."
            )
        if self.counts is None:
            found.append(
                "How much each pixel counts is not followed: the image is too large for it, or the "
                "network too deep."
            )
        if self.dense:
            found.append(
                "A linear layer on a flattened map has a weight for every place: what leaks is "
                "said of the maps before it, summed."
            )
        return tuple(found)

    @property
    def dense(self) -> bool:
        """Whether a map with places left is flattened, or read by a linear layer."""
        return any(
            isinstance(place.node.operation, Flatten | Linear)
            and max(place.rows.lengths + place.columns.lengths) > 1
            for place in self.walk.places.values()
        )

    @cached_property
    def faults(self) -> frozenset[str]:
        """Which of FAULTS the network has at this size."""
        has = {
            "unused": bool(self.unused or any(places.size for places in self.unseen)),
            "lopsided": bool(self.lopsided),
            "mismatch": bool(self.mismatches),
        }
        return frozenset(name for name in FAULTS if has[name])


def describe(found: Report) -> dict[str, Any]:
    """What the command line prints; sizes are [height, width, channels]."""
    image = found.walk.graph.nodes[0]
    rows, columns = found.unseen
    counts = found.counts
    layer = found.leak.layer
    return {
        "input": [found.height, found.width, found.walk.places[image.name].channels],
        "layers": layers(found.walk),
        "mismatches": [
            {
                "layer": misfit.at,
                "line": misfit.line,
                "sizes": [list(size) for size in misfit.sizes],
            }
            for misfit in found.mismatches
        ],
        "fitting_sizes": list(found.fitting_sizes) if found.mismatches else None,
        "unused": [
            {"layer": "input", "rows": len(rows), "columns": len(columns)},
            *(
                {"layer": str(item.node), "rows": len(item.rows), "columns": len(item.columns)}
                for item in found.unused
            ),
        ],
        "lopsided": [
            {"layer": str(item.node)}
            | sides(item.rows, item.columns)
            | {"shift": [float(item.shift[ROWS]), float(item.shift[COLUMNS])]}
            for item in found.lopsided
        ],
        "shift": {
            "rows": [float(bound) for bound in found.shift[ROWS]],
            "columns": [float(bound) for bound in found.shift[COLUMNS]],
        },
        "even_sizes": list(found.even_sizes),
        "even_widths": list(found.even_widths),
        "contaminated": [
            {"layer": str(item.node), "share": float(item.share)} for item in found.contaminated
        ],
        "leaks": found.leak.leaks,
        "depth": found.leak.depth,
        "leaks_at": None if layer is None else str(layer),
        "would_not_leak": list(found.cures),
        "corner_to_max": None if counts is None else counts.corner_to_max,
        "corner_to_max_error": None if counts is None else counts.error,
        "faults": sorted(found.faults),
        "notes": list(found.notes),
    }


def fits(sides: Sequence[int]) -> str:
    """Which square images a linear layer fits, one at least; there may be others."""
    *most, last = map(str, sides)
    if not most:
        return f"It fits {last} × {last} pixels."
    return f"It fits a square image with a side of {', '.join(most)} or {last} pixels."


def layers(laid: Walk) -> list[dict[str, Any]]:
    """The report's `layers`: all nodes but the image, those that could not be laid without sizes.

    `branch` is None for a layer that every way through the network passes, and otherwise the
    first layer of its branch.
    """
    heads = branches(laid.graph)
    dropped = {item.node.name: (len(item.rows), len(item.columns)) for item in unused(laid)}
    found = []
    for node in laid.graph.nodes[1:]:
        place = laid.places.get(node.name)
        told: dict[str, Any] = {
            "layer": str(node),
            "operation": type(node.operation).__name__.lower(),
            "reads": [str(laid.graph.by_name[name]) for name in node.inputs],
            "branch": heads[node.name],
            "line": node.line,
        }
        if place is not None:
            before = laid.places[node.inputs[0]]
            rows, columns = dropped.get(node.name, (0, 0))
            told |= {
                "input": list(before.output),
                "output": list(place.output),
                "pad": sides(place.rows.pads, place.columns.pads),
                "used_padding": sides(place.rows.used, place.columns.used),
                "unused": {"rows": rows, "columns": columns},
                "parameters": parameters(place, before),
            }
        found.append(told)
    return found


def parameters(place: Place, before: Place) -> int:
    """Weights and one bias for each channel out; what only lets values through is not counted."""
    match place.node.operation:
        case Window(rows, columns, groups, multiplier) if rows.kind == CONVOLUTION:
            read = 1 if multiplier is not None else before.channels // groups
            return (rows.kernel * columns.kernel * read + 1) * place.channels
        case Transposed(kernel, channels, groups=groups):
            return kernel[0] * kernel[1] * before.channels * (channels // groups) + channels
        case Linear(features):
            return (before.channels + 1) * features
    return 0


def branches(graph: Graph) -> dict[str, str | None]:
    """For each node the first node of its branch; None on the trunk, which every way passes."""
    ways_to = {graph.nodes[0].name: 1}
    for node in graph.nodes[1:]:
        ways_to[node.name] = sum(ways_to[name] for name in node.inputs)
    ways_on: dict[str, int] = {}
    for node in reversed(graph.nodes):
        readers = graph.readers[node.name]
        ways_on[node.name] = (
            sum(ways_on[reader.name] * reader.inputs.count(node.name) for reader in readers) or 1
        )
    everything = ways_on[graph.nodes[0].name]
    found: dict[str, str | None] = {}
    for node in graph.nodes:
        if ways_to[node.name] * ways_on[node.name] == everything:
            found[node.name] = None
            continue
        inherited = found[node.inputs[0]] if len(node.inputs) == 1 else None
        found[node.name] = inherited or str(node)
    return found


def parse_faults(words: str) -> Sequence[str]:
    """The faults that `--fail-on` names, separated by commas; InputError for another word."""
    names = [word.strip() for word in words.split(",") if word.strip()]
    for name in names:
        if name not in FAULTS:
            raise InputError(
                f"fail_on must be {', '.join(FAULTS)} or several of them, separated by commas, "
                f"not {name[:40]!r}"
            )
    return names
