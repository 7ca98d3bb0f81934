"""The paddings that the loss page compares with none."""

from __future__ import annotations

from core.autoencoder import presets

AS_ASKED = next(iter(presets.PADDED))

ORIGINAL_PROTOCOL = "The original protocol: 60,000 images, 10 epochs"

EXPERIMENTS = presets.PADDED | {ORIGINAL_PROTOCOL: presets.ORIGINAL_PADDED}
"""The padded runs that can be chosen, by name."""

_LABELS = {AS_ASKED: "2 px (as asked)", ORIGINAL_PROTOCOL: "2 px (original protocol)"}


def in_order() -> dict[str, str]:
    """Every experiment's name by the short one that stands in figures: narrow paddings first."""
    widths = [name for name in EXPERIMENTS if name.endswith("px")]
    rest = [name for name in EXPERIMENTS if name not in (*widths, AS_ASKED, ORIGINAL_PROTOCOL)]
    names = [widths[0], AS_ASKED, ORIGINAL_PROTOCOL, *widths[1:], *rest]
    return {_LABELS.get(name, name): name for name in names}
