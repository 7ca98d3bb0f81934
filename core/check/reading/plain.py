"""The little of Python that is computed on a text's behalf: arithmetic and a few functions.

Everything is bounded before it is made.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from core.check.reading.objects import (
    MAX_ITEMS,
    Builtin,
    Class,
    Name,
    Thing,
    Unknown,
    Unreadable,
    limited,
)

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


NUMBERS = (bool, int, float)


PLAIN = (*NUMBERS, str, type(None))


def repeated(items: Any, times: Any) -> bool:
    """Whether `items * times` stays small enough to be made."""
    return (
        isinstance(items, list | tuple | str)
        and type(times) is int
        and len(items) * max(times, 0) <= MAX_ITEMS
    )


def compared(sign: ast.cmpop, left: Any, right: Any) -> bool | None:
    """A comparison's outcome; None where it cannot be told."""
    if right is None and isinstance(left, Unknown) and isinstance(sign, ast.Is | ast.IsNot):
        # Only what a class makes, nn.Parameter say, is something for certain.
        made = re.search(r"(^|\.)[A-Z]\w*[a-z]\w*$", left.text) and not left.fault
        return isinstance(sign, ast.IsNot) if made else None
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, Thing) and isinstance(sign, ast.Eq | ast.NotEq | ast.Gt):
        unequal = left.unequal(right)
        if unequal is not None and not isinstance(left, Name | Class):
            return unequal is not isinstance(sign, ast.Eq)
    if isinstance(left, Name | Class) and isinstance(right, Name | Class):
        same = left == right
        return {ast.Eq: same, ast.Is: same, ast.NotEq: not same, ast.IsNot: not same}.get(
            type(sign)
        )
    if isinstance(sign, ast.Is | ast.IsNot):
        if (
            left is not None
            and right is not None
            and not (isinstance(left, bool) and isinstance(right, bool))
        ):
            return None
        return (left is right) is isinstance(sign, ast.Is)
    if isinstance(sign, ast.In | ast.NotIn):
        if not isinstance(left, PLAIN) or not isinstance(right, list | tuple | dict | str):
            return None
        if isinstance(right, str):
            inside = isinstance(left, str) and left in right
        else:
            inside = any(isinstance(item, PLAIN) and item == left for item in right)
        return inside is isinstance(sign, ast.In)
    if not (flat(left) and flat(right)):
        return None
    try:
        return bool(COMPARISONS[type(sign)](left, right))
    except TypeError:
        return None


def flat(value: Any) -> bool:
    """A plain value, or a few of them in a row."""
    if isinstance(value, list | tuple):
        return all(isinstance(item, PLAIN) for item in value)
    return isinstance(value, PLAIN)


def extender(owner: list[Any], line: int | None) -> Callable[[Any], None]:
    def extend(items: Any) -> None:
        more = items.members() if isinstance(items, Thing) else items
        if not isinstance(more, list | tuple):
            raise Unreadable(line, "'extend' expects a list written out")
        owner.extend(more)
        limited(owner, line)

    return extend


DICTIONARY: dict[str, Callable[[dict[Any, Any]], Callable[..., Any]]] = {
    "items": lambda owner: lambda: list(owner.items()),
    "keys": lambda owner: lambda: list(owner),
    "values": lambda owner: lambda: list(owner.values()),
    "get": lambda owner: owner.get,
    "update": lambda owner: owner.update,
}


def listed(value: Any) -> list[Any]:
    parts = value.members() if isinstance(value, Thing) else value
    if not isinstance(parts, list | tuple | str | dict):
        raise TypeError
    return list(parts)


def whole_range(*bounds: Any) -> list[int]:
    return list(range(*bounds)[: MAX_ITEMS + 1])  # one too many is refused by its line


def numbers_of(values: tuple[Any, ...]) -> list[Any]:
    found = listed(values[0]) if len(values) == 1 else list(values)
    if not all(isinstance(value, NUMBERS) for value in found):
        raise TypeError
    return found


def truths(values: Any) -> list[bool]:
    found = listed(values)
    if any(isinstance(value, Unknown) for value in found):
        raise TypeError
    return [isinstance(value, Thing) or bool(value) for value in found]


def plain_text(value: Any) -> str:
    if not isinstance(value, PLAIN):
        raise TypeError
    return str(value)


SIMPLE: dict[str, Callable[..., Any]] = {
    "range": whole_range,
    "len": lambda value: len(listed(value)),
    "list": lambda value=(): listed(value),
    "tuple": lambda value=(): tuple(listed(value)),
    "reversed": lambda value: listed(value)[::-1],
    "enumerate": lambda value, start=0: [(start + i, item) for i, item in enumerate(listed(value))],
    "zip": lambda *values, strict=False: list(zip(*map(listed, values), strict=False)),
    "int": lambda value: int(*numbers_of((value,) * 2)[:1]),
    "float": lambda value: float(*numbers_of((value,) * 2)[:1]),
    "round": lambda value: round(*numbers_of((value,) * 2)[:1]),
    "abs": lambda value: abs(*numbers_of((value,) * 2)[:1]),
    "max": lambda *values: max(numbers_of(values)),
    "min": lambda *values: min(numbers_of(values)),
    "sum": lambda value: sum(numbers_of((listed(value),))),
    "str": plain_text,
    "bool": lambda value: bool(value) if flat(value) else None,
    "dict": lambda *pairs, **named: dict(*pairs, **named),
    "all": lambda values: all(truths(values)),
    "any": lambda values: any(truths(values)),
    "set": lambda values=(): list(dict.fromkeys(listed(values))),
}


BUILTINS = {name: Builtin(name, function) for name, function in SIMPLE.items()}
