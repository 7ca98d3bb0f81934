"""Objects that a script keeps its settings in: a namespace, what argparse reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.check.reading.objects import Arguments, Builtin, Thing, Unknown


class Record(Thing):
    """Values by name, as attributes and as items."""

    def __init__(self, values: Mapping[str, Any], name: str = "settings") -> None:
        self.attributes = dict(values)
        self.name = name

    def __str__(self) -> str:
        return self.name

    def set(self, name: str, value: Any) -> None:
        self.attributes[name] = value

    def attribute(self, reader: Any, name: str, line: int | None) -> Any:
        return self.attributes.get(name, Unknown(f"{self}.{name}", line))

    def item(self, reader: Any, key: Any, line: int | None) -> Any:
        return self.attribute(reader, key, line) if isinstance(key, str) else Unknown("…", line)


class Parser(Thing):
    """argparse.ArgumentParser: every argument has its default, as on a command line without any."""

    def __init__(self) -> None:
        self.defaults: dict[str, Any] = {}

    def attribute(self, reader: Any, name: str, line: int | None) -> Any:
        if name.startswith("add_") and name.endswith("_group"):
            return Builtin(name, lambda *_, **__: self)
        if name == "set_defaults":
            return Builtin(name, lambda **named: self.defaults.update(named))
        parsed = Record(self.defaults, "args")
        found = {"parse_args": parsed, "parse_known_args": (parsed, [])}.get(name)
        if found is not None:
            return Builtin(name, lambda *_, **__: found)
        return Asked(self, line) if name == "add_argument" else Unknown(f"parser.{name}", line)


class Asked(Thing):
    """A parser's `add_argument`."""

    def __init__(self, parser: Parser, line: int | None) -> None:
        self.parser = parser

    def call(self, reader: Any, given: Arguments, line: int | None) -> Any:
        names = [name for name in given.positional if isinstance(name, str)]
        long = next((name for name in names if name.startswith("--")), names[-1] if names else "")
        name = given.named.get("dest", long.lstrip("-").replace("-", "_"))
        switch = {"store_true": False, "store_false": True}.get(str(given.named.get("action")))
        default = given.named.get("default", switch)
        if default is None and (given.named.get("required") or not long.startswith("-")):
            default = Unknown(f"args.{name}", line)
        if isinstance(name, str):
            self.parser.defaults[name] = default
        return None
