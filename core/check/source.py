"""Where a network comes from: a line of layers, code, a name, or a module of one's own."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from core.check.code import read
from core.check.graph import Graph, chain
from core.check.networks import NETWORKS, network
from core.check.reading.python import MAX_TEXT
from core.layers import Stack, StackText
from core.settings import Choice, InputError, Maybe, check, setting


@dataclass(frozen=True)
class Words:
    """Any text of at most `most` characters; `what` says what it spells."""

    what: str
    most: int = 1000

    def parse(self, text: str) -> str:
        return text

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and 0 < len(value) <= self.most

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Source:
    """One of these says which network is meant."""

    layers: Stack | None = setting(None, Maybe(StackText()), "a line of layers")
    code: str | None = setting(
        None,
        Maybe(Words("the name of a file")),
        "a file with PyTorch or Keras code, which is not run",
    )
    torch: str | None = setting(
        None,
        Maybe(Words("package.module:callable, as in torchvision.models:resnet18")),
        "a module that is imported and taken apart",
    )
    network: str | None = setting(None, Maybe(Choice(tuple(NETWORKS))), "a ready-made network")

    def __post_init__(self) -> None:
        check(self)


def network_of(source: Source, channels: int) -> tuple[Graph, tuple[str, ...]]:
    """The network that `source` names, for an image of `channels`, and what its reader says.

    A module is imported and run, as its user asked; code is only read. Raises InputError where no
    network is named, or more than one.
    """
    given = [field.name for field in fields(source) if getattr(source, field.name) is not None]
    if len(given) != 1:
        found = "none" if not given else " and ".join(f"--{name}" for name in given)
        raise InputError(
            "network: expected one of --layers, --code, --torch and --network; found " + found
        )
    if source.layers is not None:
        return chain(source.layers, channels), ()
    if source.code is not None:
        reading = read(text_of(source.code), channels)
    elif source.network is not None:
        reading = network(source.network)
    else:
        from core.check import module  # it takes torch

        assert source.torch is not None
        reading = module.take_apart(module.load(source.torch), source.torch, channels)
    return reading.graph, tuple(map(str, reading.notes))


def text_of(name: str) -> str:
    """The text of a file of code. Raises InputError."""
    try:
        with Path(name).open(encoding="utf-8") as file:
            text = file.read(MAX_TEXT + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a text in UTF-8"
        raise InputError(f"code: {name[:80]!r} cannot be read: {why}") from None
    if len(text) > MAX_TEXT:
        raise InputError(f"code: {name[:80]!r}: expected at most {MAX_TEXT:,} characters")
    return text
