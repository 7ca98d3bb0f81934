"""The same network with another padding in every layer."""

from __future__ import annotations

from dataclasses import replace

from core.check.graph import Graph, Node, Pad, PadMode, PadSame, Window
from core.layers import CONVOLUTION, PADDING_MODES, UPSAMPLING, Layer

CURES = ("circular", "reflect", "replicate", "symmetric", "valid", "full")
"""Paddings that might not leak, tried in this order."""

TORCH, TENSORFLOW = FRAMEWORKS = ("PyTorch", "TensorFlow")
"""How each pads a layer that is padded at all: by ⌊k / 2⌋ on both sides, and by 'same'."""


def padded_with(graph: Graph, padding: str) -> Graph:
    """The same network with `padding`, one of CURES or FRAMEWORKS, in every layer.

    A mode keeps every layer's pads and changes what is in them. A pool's padding is replaced like
    a convolution's, as by a line of padding before it. `valid` and `full` leave lines of padding
    out; the frameworks' rules keep them, but for one that pads by the other's rule, and leave
    layers alone that are not padded.
    """
    return replace(graph, nodes=tuple(repadded(node, padding) for node in graph.nodes))


def repadded(node: Node, padding: str) -> Node:
    match node.operation:
        case Window(rows, columns) as window if rows.kind != UPSAMPLING:
            changed = [repadded_layer(layer, padding) for layer in (rows, columns)]
            operation = replace(window, rows=changed[0], columns=changed[1], convention="either")
            return replace(node, operation=operation)
        case PadSame(spans) as same if padding == TORCH:
            high, wide = (span // 2 for span in spans)
            return replace(node, operation=Pad(high, high, wide, wide, same.mode))
        case Pad() | PadSame() if padding in ("valid", "full"):
            return replace(node, operation=Pad(0, 0, 0, 0))
        case (Pad() | PadSame()) as pad if padding in PADDING_MODES:
            mode: PadMode = padding  # type: ignore[assignment]  # "partial" is no cure
            return replace(node, operation=replace(pad, mode=mode))
    return node


def repadded_layer(layer: Layer, padding: str) -> Layer:
    """`layer` with one of CURES or FRAMEWORKS."""
    convolves = layer.kind == CONVOLUTION
    if padding == "valid":
        return replace(layer, padding="valid", padding_mode="zeros", ceil=False)
    if padding == "full":
        return replace(layer, padding="full", padding_mode="zeros") if convolves else layer
    if padding in FRAMEWORKS:
        if layer.padding in ("valid", 0):
            return layer
        around: str | int = "same"
        if padding == TORCH:
            around = layer.span // 2 if convolves else layer.kernel // 2
        return replace(layer, padding=around, ceil=False)
    return replace(layer, padding_mode=padding)
