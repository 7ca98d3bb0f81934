"""What the reader of pasted code keeps in place of Python's own objects."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.settings import InputError

if TYPE_CHECKING:
    from core.check.reading.python import Reader

MAX_ITEMS = 2_000


MAX_STRING = 2_000


MAX_NUMBER = 10**12


class Unreadable(InputError):
    """What cannot be followed: a line of the text, and what would be right."""

    def __init__(self, line: int | None, why: str) -> None:
        self.line = line
        super().__init__(why if line is None else f"line {line}: {why}")


class Thing:
    """A value of the library's; the class itself knows nothing and does nothing."""

    def __str__(self) -> str:
        return type(self).__name__.lower()

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        return Unknown(f"{self}.{name}", line)

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        return Unknown(f"{self}()", line)

    def item(self, reader: Reader, key: Any, line: int | None) -> Any:
        return Unknown(f"{self}[…]", line)

    def holds(self) -> bool | None:
        """Whether an `if` takes it for true; None where that cannot be told."""
        return True

    def unequal(self, other: Any) -> bool | None:
        """Whether it differs from `other`; None where that cannot be told."""
        return None

    def members(self) -> list[Any] | None:
        """What a loop goes through; None for what has no such parts."""
        return None


class Length(Thing):
    """A number that is known only once the image is."""


class Shaped(Thing):
    """A tensor that is no layer's output, and of which the shape is known."""

    shape: tuple[int, ...]


@dataclass(frozen=True)
class Unknown(Thing):
    """A value that was not followed.

    text: how the code calls it.
    fault: why, where that is an error; None for a name from elsewhere.
    """

    text: str
    line: int | None
    fault: Unreadable | None = None

    def __str__(self) -> str:
        return self.text

    def holds(self) -> bool | None:
        return None

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        return Unknown(shortened(f"{self.text}.{name}"), line, self.fault)

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        return reader.library.unknown_call(reader, self, given, line)

    def item(self, reader: Reader, key: Any, line: int | None) -> Any:
        return Unknown(self.text, line, self.fault)


@dataclass(frozen=True)
class Name(Thing):
    """A dotted name from outside the text, such as torch.nn.Conv2d."""

    path: str

    def __str__(self) -> str:
        return self.path

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        return reader.library.name(f"{self.path}.{name}")

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        return reader.library.call(reader, self.path, given, line)


@dataclass(frozen=True)
class Arguments:
    """What stands between the brackets of a call."""

    positional: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)

    def every(self) -> list[Any]:
        return [*self.positional, *self.named.values()]


@dataclass(frozen=True)
class Parameter:
    name: str
    default: Any
    kind: str = ""  # "*" and "**" gather what is left over; "only" can be given by name alone


REQUIRED = object()


def bind(
    what: str, parameters: Sequence[Parameter], given: Arguments, line: int | None
) -> dict[str, Any]:
    """Each parameter's value. Raises Unreadable as Python raises TypeError."""
    values: dict[str, Any] = {}
    left = list(given.positional)
    named = dict(given.named)
    for parameter in parameters:
        if parameter.kind == "*":
            values[parameter.name], left = tuple(left), []
        elif parameter.kind == "**":
            values[parameter.name], named = named, {}
        elif left and parameter.kind != "only":
            values[parameter.name] = left.pop(0)
            if parameter.name in named:
                raise Unreadable(line, f"{what}: '{parameter.name}' is given twice")
        elif parameter.name in named:
            values[parameter.name] = named.pop(parameter.name)
        elif parameter.default is REQUIRED:
            raise Unreadable(line, f"{what}: '{parameter.name}' is missing")
        else:
            values[parameter.name] = parameter.default
    names = ", ".join(parameter.name for parameter in parameters)
    if left:
        raise Unreadable(
            line, f"{what}: too many values, {len(given.positional)}: expected {names or 'none'}"
        )
    if named:
        raise Unreadable(
            line, f"{what}: no argument '{next(iter(named))}': expected {names or 'none'}"
        )
    return values


@dataclass(eq=False)
class Scope:
    """Names and what they stand for; `outer` is asked where a name is not here."""

    names: dict[str, Any]
    outer: Scope | None = None

    def find(self, name: str) -> Any:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return REQUIRED


@dataclass(frozen=True, eq=False)
class Function(Thing):
    """A function that the text defines."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Sequence[ast.stmt] | ast.expr
    scope: Scope
    owner: Class | None = None

    def __str__(self) -> str:
        return self.name

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        names = bind(f"{self.name}()", self.parameters, given, line)
        with reader.called(line):
            scope = Scope(names, self.scope)
            if isinstance(self.body, ast.expr):
                return reader.evaluate(self.body, scope)
            names["__owner__"] = self.owner
            if reader.calls == 1 and self.owner is None and not given.every():
                reader.inside.append(names)  # main(), say
            outcome = reader.run(self.body, scope)
        return outcome.value if isinstance(outcome, Return) else None


@dataclass(frozen=True, eq=False)
class Method(Thing):
    """A function with the object that it belongs to."""

    function: Function
    instance: Thing

    def __str__(self) -> str:
        return self.function.name

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        with_self = Arguments((self.instance, *given.positional), given.named)
        return self.function.call(reader, with_self, line)


@dataclass(frozen=True, eq=False)
class Builtin(Thing):
    """One of the few functions of Python's own that are followed, or a method of a list."""

    name: str
    function: Callable[..., Any]

    def __str__(self) -> str:
        return self.name

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        for value in given.every():
            if isinstance(value, Unknown) and value.fault:
                raise value.fault
        try:
            return limited(self.function(*given.positional, **given.named), line)
        except Unreadable:
            raise
        except Exception:  # the arguments are the text's: whatever does not fit is its mistake
            if any(isinstance(value, Length) for value in given.positional):
                return reader.library.computed(self.name, given.positional, line)
            return Unknown(f"{self.name}()", line)


@dataclass(frozen=True, eq=False)
class Class(Thing):
    """A class that the text defines."""

    name: str
    bases: tuple[Any, ...]
    scope: Scope
    line: int

    def __str__(self) -> str:
        return self.name

    def lineage(self) -> list[Class]:
        """The class and those of the text's that it inherits from, nearest first."""
        found: list[Class] = [self]
        for base in self.bases:
            if isinstance(base, Class):
                found += [other for other in base.lineage() if other not in found]
        return found

    def foreign(self) -> list[str]:
        """The dotted names among its ancestors."""
        return [
            str(base)
            for ancestor in self.lineage()
            for base in ancestor.bases
            if not isinstance(base, Class)
        ]

    def find(self, name: str, after: Class | None = None) -> Any:
        """A method or a value of the class; `after`, of those only that come after it."""
        lineage = self.lineage()
        if after is not None:
            lineage = lineage[lineage.index(after) + 1 :] if after in lineage else []
        for ancestor in lineage:
            if name in ancestor.scope.names:
                return ancestor.scope.names[name]
        return REQUIRED

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        found = self.find(name)
        if isinstance(found, Marked) and found.mark == "classmethod":
            return Method(found.function, self)
        return Unknown(f"{self.name}.{name}", line) if found is REQUIRED else found

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        return reader.library.instance(reader, self, given, line)


@dataclass(frozen=True)
class Super(Thing):
    """`super()`: an object seen as one of the class after `owner`."""

    owner: Class
    instance: Any

    def __str__(self) -> str:
        return "super()"

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        found = self.instance.kind.find(name, after=self.owner)
        if isinstance(found, Function):
            return Method(found, self.instance)
        if found is not REQUIRED:
            return found
        return reader.library.inherited(self.instance, name, line)


@dataclass(frozen=True)
class Return:
    value: Any


@dataclass(frozen=True)
class Jump:
    """`break` or `continue`."""

    word: str


class Library:
    """What the reader does not know of itself: the frameworks' names."""

    def name(self, path: str) -> Any:
        """What a dotted name from outside stands for."""
        return Name(path)

    def bare(self, name: str) -> Any:
        """What a name stands for that the text never defines; REQUIRED for nothing."""
        return REQUIRED

    def call(self, reader: Reader, path: str, given: Arguments, line: int | None) -> Any:
        return Unknown(path, line)

    def computed(self, name: str, values: Sequence[Any], line: int | None) -> Any:
        """What a plain function makes of values with a `Length` among them."""
        return Unknown(f"{name}()", line)

    def unknown_call(
        self, reader: Reader, what: Unknown, given: Arguments, line: int | None
    ) -> Any:
        return Unknown(what.text, line, what.fault)

    def instance(self, reader: Reader, kind: Class, given: Arguments, line: int | None) -> Any:
        return Unknown(kind.name, line)

    def inherited(self, instance: Any, name: str, line: int | None) -> Any:
        return Unknown(f"super().{name}", line)

    def combine(
        self, reader: Reader, sign: type[ast.operator], a: Any, b: Any, line: int | None
    ) -> Any:
        """`a` and `b` around an operator, where one of them is a Thing."""
        return Unknown("…", line)


def shortened(text: str, most: int = 60) -> str:
    """A piece of the text, as one line of readable length."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def limited(value: Any, line: int | None) -> Any:
    """`value`, where it is of a size that the reader keeps; Unreadable otherwise."""
    if type(value) is int and abs(value) > MAX_NUMBER:
        raise Unreadable(line, f"a number beyond {MAX_NUMBER:,}")
    if isinstance(value, float) and not math.isfinite(value):
        return Unknown(str(value), line)
    if isinstance(value, str) and len(value) > MAX_STRING:
        raise Unreadable(line, f"a text of more than {MAX_STRING:,} characters")
    if isinstance(value, list | tuple | dict) and len(value) > MAX_ITEMS:
        raise Unreadable(line, f"more than {MAX_ITEMS:,} values in a row")
    return value


@dataclass(frozen=True, eq=False)
class Marked(Thing):
    """A function under @property, @staticmethod or @classmethod."""

    mark: str
    function: Function

    def __str__(self) -> str:
        return self.function.name

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        return self.function.call(reader, given, line)


def owned(method: Any, owner: Class) -> Any:
    """A class's method knows its class, for `super()`."""
    if isinstance(method, Function):
        return Function(method.name, method.parameters, method.body, method.scope, owner)
    if isinstance(method, Marked):
        return Marked(method.mark, owned(method.function, owner))
    return method
