"""Real networks of PyTorch and Keras, and the sizes that their layers really put out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import nn

from core.check.graph import Graph
from core.check.module import imported
from core.check.walk import walk

Size = tuple[int, ...]


def torchvision_models() -> Any:
    """torchvision.models, also where torchvision was built for another PyTorch."""
    return imported("torchvision.models")


def torch_sizes(module: nn.Module, channels: int, height: int, width: int) -> dict[str, Size]:
    """What each layer puts out on its first use, without the batch: (channels, height, width).

    The module runs on the meta device: sizes without numbers.
    """
    found: dict[str, Size] = {}

    def record(name: str) -> Any:
        def hook(_: nn.Module, __: Any, output: torch.Tensor) -> None:
            found.setdefault(name, bare(output.shape[1:]))

        return hook

    hooks = [
        layer.register_forward_hook(record(name))
        for name, layer in module.named_modules()
        if not isinstance(layer, nn.Sequential) and not any(True for _ in layer.children())
    ]
    with torch.no_grad():
        image = torch.zeros(1, channels, height, width, device="meta")
        outputs = module.to("meta").eval()(image)
    for hook in hooks:
        hook.remove()
    values = outputs.values() if isinstance(outputs, dict) else [outputs]
    return found | outputs_of([bare(output.shape[1:]) for output in values])


def graph_sizes(graph: Graph, height: int, width: int) -> dict[str, Size]:
    """What the graph says of each node, and of its outputs, in the same form."""
    laid = walk(graph, height, width)
    assert laid.complete, (laid.mismatches, [n for n in graph.nodes if n.name not in laid.places])
    found = {}
    for name, place in laid.places.items():
        rows, columns, channels = place.output
        found[name] = bare((channels, rows, columns))
    return found | outputs_of([found[place.node.name] for place in laid.ends])


def bare(size: Sequence[int]) -> Size:
    """A size without its last two axes where they are 1 × 1: a vector, or as good as one."""
    return tuple(size[:1]) if tuple(size[1:]) in ((), (1, 1)) else tuple(size)


def outputs_of(sizes: list[Size]) -> dict[str, Size]:
    """What comes out, in order of size: the two sides may list their outputs in another order."""
    return {f"output {number}": size for number, size in enumerate(sorted(sizes))}


def same_sizes(graph: Graph, module: nn.Module, channels: int, height: int, width: int) -> None:
    """Assert that every layer of the module has in the graph the size that it really has."""
    expected = torch_sizes(module, channels, height, width)
    found = graph_sizes(graph, height, width)
    assert {name: found.get(name) for name in expected} == expected


def keras() -> Any:
    """Keras, where it is installed: it is no requirement."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return pytest.importorskip("keras", reason="Keras is no requirement: checked where it is")
