"""Pasted Python, read as text: a small part of the language, followed and never run.

`Reader` walks the syntax tree and keeps its own values: numbers, strings, tuples, lists,
dictionaries, functions and classes that the text itself defines, and `Thing`s, which a library of
layers supplies (see `core.check.reading.names`). It calls nothing of Python's on the text's behalf
but arithmetic on bounded numbers; a name that the text does not define stands for nothing but
itself.

What it cannot follow becomes `Unknown`, which is an error only where the network needs it: data
sets, optimizers and training loops pass by. Every size is bounded beforehand, so that no text
takes more than about a second, or much memory.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from core.check.reading.objects import (
    MAX_ITEMS,
    MAX_NUMBER,
    REQUIRED,
    Arguments,
    Builtin,
    Class,
    Function,
    Jump,
    Length,
    Library,
    Marked,
    Parameter,
    Return,
    Scope,
    Shaped,
    Super,
    Thing,
    Unknown,
    Unreadable,
    limited,
    owned,
    shortened,
)
from core.check.reading.plain import (
    BINARY,
    BUILTINS,
    DICTIONARY,
    NUMBERS,
    PLAIN,
    compared,
    extender,
    repeated,
)
from core.settings import InputError

MAX_TEXT = 80_000


MAX_DEPTH = 60


MAX_STEPS = 60_000


MAX_CALLS = 25


def in_one(node: ast.If) -> ast.stmt | None:
    """An `if` that sets one name or gives back one of two values, as the one line that it is."""
    match node.body, node.orelse:
        case [ast.Assign([ast.Name(name)], yes)], [ast.Assign([ast.Name(other)] as targets, no)]:
            line = ast.Assign(targets, ast.copy_location(ast.IfExp(node.test, yes, no), node))
            return ast.copy_location(line, node) if name == other else None
        case [ast.Return(ast.expr() as yes)], [ast.Return(ast.expr() as no)]:
            choice = ast.copy_location(ast.IfExp(node.test, yes, no), node)
            return ast.copy_location(ast.Return(choice), node)
    return None


def numbers(values: Sequence[Any]) -> bool:
    """Whether all are numbers, those among them that are known only once the image is."""
    return all(isinstance(value, (*NUMBERS, Length)) for value in values)


def program_in(text: str) -> ast.Module:
    """The syntax tree of a pasted text without what surrounds a program: a notebook's commands,
    prompts, a fence. The lines keep their numbers. Raises SyntaxError, of the whole text.
    """
    lines = textwrap.dedent(text).split("\n")
    try:
        return ast.parse(plain_lines(lines))
    except SyntaxError:
        for way in (fenced, prompted, within_cells):
            if (inner := way(lines)).strip():
                with suppress(SyntaxError):
                    return ast.parse(inner)
        raise


def plain_lines(lines: list[str]) -> str:
    return "\n".join("" if line.startswith(("!", "%")) else line for line in lines)


def fenced(lines: list[str]) -> str:
    """What stands between Markdown's fences."""
    inside, found = False, []
    for line in lines:
        fence = line.lstrip().startswith("```")
        inside ^= fence
        found.append(line if inside and not fence else "")
    return plain_lines(found)


PROMPT = re.compile(r"(>>>|\.\.\.|In \[\d*\]:|\s*\.\.\.:)( |$)")


def prompted(lines: list[str]) -> str:
    """What stands behind the prompts of Python's or IPython's console."""
    return "\n".join(line[m.end() :] if (m := PROMPT.match(line)) else "" for line in lines)


def within_cells(lines: list[str]) -> str:
    """A notebook's commands as nothing: `%time`, `x = !ls`, `model?`."""
    shell = re.compile(r"^(\s*)(\w+\s*=\s*)?([!%]\S.*|\?+[\w.]+|[\w.]+\?+)$")
    return "\n".join(shell.sub(r"\1pass", line.rstrip()) for line in lines)


PRINTED = re.compile(r"^ *\(\w+\): \w+\(", re.M)
"""A line of a model as PyTorch prints it."""


def hint(text: str, error: SyntaxError) -> str:
    """What a text that is no program seems to be, and what is expected instead."""
    if PRINTED.search(text):
        return "this is a model as it is printed: expected the code that makes it"
    found = re.sub(r" \(.*\)$", "", error.msg or "invalid syntax")
    part = "unindent" in found or "unexpected indent" in found
    more = ": expected the whole class, from its line 'class' on" if part else ""
    return f"no valid Python: {shortened(found, 90)}{more}"


def parse(text: str) -> ast.Module:
    """The syntax tree of `text`, shallow enough to walk. Raises InputError, Unreadable."""
    if len(text) > MAX_TEXT:
        raise InputError(
            f"the code has {len(text):,} characters: expected at most {MAX_TEXT:,}, the model alone"
        )
    try:
        tree = program_in(text)
    except SyntaxError as error:
        raise Unreadable(error.lineno or 1, hint(text, error)) from None
    except (MemoryError, RecursionError):
        raise InputError(
            f"the code is nested too deeply: expected at most {MAX_DEPTH} brackets or blocks, "
            "one within another"
        ) from None
    except ValueError as error:  # a null byte, half a character
        raise InputError(f"the code is no valid Python text: {shortened(str(error))}") from None
    level: list[tuple[ast.AST, int]] = [(tree, 1)]
    for _ in range(MAX_DEPTH):
        level = [
            (child, getattr(child, "lineno", line))
            for node, line in level
            for child in ast.iter_child_nodes(node)
        ]
    if level:
        raise Unreadable(
            level[0][1],
            f"nested too deeply: expected at most {MAX_DEPTH} steps, one within another",
        )
    return tree


class Reader:
    """Follows a syntax tree. Raises Unreadable, and InputError past MAX_STEPS."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.scope = Scope({})
        self.steps = 0
        self.calls = 0
        self.line = 1
        self.alone: list[Any] = []
        """The values of the expressions that stood alone."""
        self.inside: list[dict[str, Any]] = []
        """The names within functions that were called from outside with nothing."""

    # --- Statements -----------------------------------------------------------------------------

    def follow(self, tree: ast.Module) -> None:
        """The whole text. A statement that fails leaves what it names Unknown, with the reason."""
        for statement in tree.body:
            self.attempt(statement)

    def attempt(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.If) and is_main(statement.test):
            for inner in statement.body:
                self.attempt(inner)
            return
        try:
            self.run([statement], self.scope)
        except Unreadable as error:
            for name in touched(statement):
                known = self.scope.names.get(name)
                failed = isinstance(known, Unknown) and known.fault is not None
                # What is asked in an `if` out here is mostly the machine: a GPU, an argument.
                kept = isinstance(statement, ast.If) and known is not None
                if not (failed or kept):
                    self.scope.names[name] = Unknown(name, error.line, error)

    def run(self, body: Sequence[ast.stmt], scope: Scope) -> Return | Jump | None:
        for statement in body:
            outcome = self.execute(statement, scope)
            if outcome is not None:
                return outcome
        return None

    def execute(self, node: ast.stmt, scope: Scope) -> Return | Jump | None:
        self.step(node)
        line = node.lineno
        match node:
            case ast.Expr():
                value = self.evaluate(node.value, scope)
                if scope is self.scope:
                    self.alone.append(value)
            case ast.Assign():
                value = self.evaluate(node.value, scope)
                for target in node.targets:
                    self.assign(target, value, scope)
            case ast.AnnAssign():
                if node.value is not None:
                    self.assign(node.target, self.evaluate(node.value, scope), scope)
            case ast.AugAssign():
                old = self.evaluate(node.target, scope)
                new = self.evaluate(node.value, scope)
                if isinstance(old, list) and isinstance(new, list | tuple):
                    old.extend(new)
                    limited(old, line)
                else:
                    old = self.binary(type(node.op), old, new, line)
                self.assign(node.target, old, scope)
            case ast.Return():
                return Return(None if node.value is None else self.evaluate(node.value, scope))
            case ast.If() if one := in_one(node):
                return self.execute(one, scope)
            case ast.If():
                chosen = node.body if self.decided(node, scope) else node.orelse
                return self.run(chosen, scope)
            case ast.For():
                return self.loop(node, scope)
            case ast.While():
                while self.truth(node.test, scope):
                    outcome = self.run(node.body, scope)
                    if isinstance(outcome, Return):
                        return outcome
                    if isinstance(outcome, Jump) and outcome.word == "Break":
                        return None
                return self.run(node.orelse, scope)
            case ast.FunctionDef():
                scope.names[node.name] = self.function(node, scope)
                self.attach(node, scope)
            case ast.ClassDef():
                scope.names[node.name] = self.define(node, scope)
            case ast.Import() | ast.ImportFrom():
                self.bring_in(node, scope)
            case ast.With():
                for item in node.items:
                    value = self.evaluate(item.context_expr, scope)
                    if item.optional_vars is not None:
                        self.assign(item.optional_vars, value, scope)
                return self.run(node.body, scope)
            case ast.Try():
                return self.run(node.body, scope)
            case ast.Break() | ast.Continue():
                return Jump(type(node).__name__)
            case ast.Raise():
                raise Unreadable(line, "the code itself stops here with an error ('raise')")
            case ast.Pass() | ast.Assert() | ast.Delete() | ast.Global() | ast.Nonlocal():
                pass
            case _:
                kind = type(node).__name__.lower()
                raise Unreadable(line, f"'{kind}' is not followed: expected plain layers and loops")
        return None

    def loop(self, node: ast.For, scope: Scope) -> Return | Jump | None:
        for value in self.items(node.iter, scope):
            self.step(node)
            self.assign(node.target, value, scope)
            outcome = self.run(node.body, scope)
            if isinstance(outcome, Return):
                return outcome
            if isinstance(outcome, Jump) and outcome.word == "Break":
                break
        else:
            return self.run(node.orelse, scope)
        return None

    def bring_in(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                path = ".".join(filter(None, ("." * (node.level - 1), node.module, alias.name)))
                scope.names[alias.asname or alias.name] = self.library.name(path)
            elif alias.asname:
                scope.names[alias.asname] = self.library.name(alias.name)
            else:
                root = alias.name.partition(".")[0]
                scope.names[root] = self.library.name(root)

    def assign(self, target: ast.expr, value: Any, scope: Scope) -> None:
        line = target.lineno
        match target:
            case ast.Name():
                scope.names[target.id] = value
            case ast.Tuple() | ast.List():
                self.unpack(target.elts, value, scope)
            case ast.Starred():
                self.assign(target.value, value, scope)
            case ast.Attribute():
                owner = self.evaluate(target.value, scope)
                if isinstance(getattr(owner, "attributes", None), dict):
                    owner.set(target.attr, value)
            case ast.Subscript():
                owner = self.evaluate(target.value, scope)
                key = self.evaluate(target.slice, scope)
                keyed = isinstance(owner, dict) and isinstance(key, PLAIN)
                if isinstance(key, str) and isinstance(owner, Thing):
                    keep = owner.attribute(self, "add_module", line)
                    keep.call(self, Arguments((key, value)), line)
                elif keyed or (isinstance(owner, list) and key in range(-len(owner), len(owner))):
                    owner[key] = value
                elif not isinstance(owner, Unknown | Shaped):  # whose numbers nobody follows
                    raise Unreadable(line, f"'{written(target)} = …' is not followed")

    def unpack(self, targets: list[ast.expr], value: Any, scope: Scope) -> None:
        line = targets[0].lineno if targets else self.line
        if isinstance(value, Thing):
            value = self.library_items(value, len(targets), line)
        if not isinstance(value, list | tuple):
            raise Unreadable(line, "expected as many values as names to the left of '='")
        values = list(value)
        stars = [i for i, target in enumerate(targets) if isinstance(target, ast.Starred)]
        if stars:
            after = len(targets) - stars[0] - 1
            middle = values[stars[0] : len(values) - after]
            values = [*values[: stars[0]], middle, *values[len(values) - after :]]
        if len(values) != len(targets):
            raise Unreadable(
                line, f"{len(value)} values for {len(targets)} names to the left of '='"
            )
        for target, item in zip(targets, values, strict=True):
            self.assign(target, item, scope)

    def library_items(self, value: Thing, count: int, line: int | None) -> Any:
        if isinstance(value, Unknown):
            return [value] * count
        return [value.item(self, i, line) for i in range(count)]

    def function(self, node: ast.FunctionDef, scope: Scope) -> Any:
        found: Any = Function(node.name, self.parameters(node.args, scope), node.body, scope)
        for decorator in node.decorator_list:
            mark = written(decorator).partition("(")[0].rpartition(".")[2]
            if mark in ("property", "staticmethod", "classmethod"):
                found = Marked(mark, found)
            elif not PASSING_DECORATORS.search(mark):
                text = f"@{written(decorator)}"
                fault = Unreadable(
                    node.lineno, f"'{node.name}' is wrapped by {text}, which is not followed"
                )
                return Unknown(node.name, node.lineno, fault)
        return found

    def attach(self, node: ast.FunctionDef, scope: Scope) -> None:
        """@add_to_class(Net), as "Dive into Deep Learning" spreads a class over several cells."""
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and written(mark.func).endswith("add_to_class"):
                for value in self.several(mark.args, scope):
                    if isinstance(value, Class):
                        value.scope.names[node.name] = owned(scope.names[node.name], value)

    def parameters(self, args: ast.arguments, scope: Scope) -> tuple[Parameter, ...]:
        plain = [*args.posonlyargs, *args.args]
        missing = len(plain) - len(args.defaults)
        defaults = [REQUIRED] * missing + [self.evaluate(d, scope) for d in args.defaults]
        found = [Parameter(a.arg, d) for a, d in zip(plain, defaults, strict=True)]
        if args.vararg:
            found.append(Parameter(args.vararg.arg, (), "*"))
        for argument, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            value = REQUIRED if default is None else self.evaluate(default, scope)
            found.append(Parameter(argument.arg, value, "only"))
        if args.kwarg:
            found.append(Parameter(args.kwarg.arg, {}, "**"))
        return tuple(found)

    def define(self, node: ast.ClassDef, scope: Scope) -> Class:
        bases = tuple(self.evaluate(base, scope) for base in node.bases)
        inner = Scope({}, scope)
        found = Class(node.name, bases, inner, node.lineno)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                method = self.function(statement, scope)
                inner.names[statement.name] = owned(method, found)
            else:
                self.execute(statement, inner)
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    inner.names.setdefault(statement.target.id, REQUIRED)
        return found

    # --- Expressions ----------------------------------------------------------------------------

    def step(self, node: ast.stmt | ast.expr) -> None:
        self.tick(node.lineno)

    def tick(self, line: int | None) -> None:
        """One more step. Raises TooLong after MAX_STEPS."""
        self.line = line or self.line
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooLong(
                f"line {line}: more than {MAX_STEPS:,} steps to follow: "
                "expected fewer or smaller loops"
            )

    def called(self, line: int | None) -> Calls:
        return Calls(self, line)

    def evaluate(self, node: ast.expr, scope: Scope) -> Any:
        self.step(node)
        line = node.lineno
        match node:
            case ast.Constant():
                if isinstance(node.value, PLAIN):
                    return limited(node.value, line)
                return Unknown("…" if node.value is ... else written(node), line)
            case ast.Name():
                return self.look_up(node, scope)
            case ast.Attribute():
                return self.attribute(self.evaluate(node.value, scope), node.attr, line)
            case ast.Call():
                return self.call(node, scope)
            case ast.BinOp():
                left = self.evaluate(node.left, scope)
                right = self.evaluate(node.right, scope)
                return self.binary(type(node.op), left, right, line)
            case ast.UnaryOp():
                return self.unary(node, scope)
            case ast.BoolOp():
                return self.either(node, scope)
            case ast.Compare():
                return self.compare(node, scope)
            case ast.IfExp():
                return self.choice(node, scope)
            case ast.Tuple():
                return tuple(self.several(node.elts, scope))
            case ast.List() | ast.Set():
                return self.several(node.elts, scope)
            case ast.Dict():
                return self.dictionary(node, scope)
            case ast.Subscript():
                return self.subscript(node, scope)
            case ast.ListComp() | ast.GeneratorExp():
                return list(self.comprehension(node.generators, node.elt, scope))
            case ast.DictComp():
                pair = ast.Tuple([node.key, node.value], ast.Load())
                ast.copy_location(pair, node)
                pairs = self.comprehension(node.generators, pair, scope)
                return {key: value for key, value in pairs if isinstance(key, PLAIN)}
            case ast.JoinedStr():
                return self.joined(node, scope)
            case ast.Lambda():
                return Function("lambda", self.parameters(node.args, scope), node.body, scope)
            case ast.Slice():
                parts = (node.lower, node.upper, node.step)
                return slice(*(None if p is None else self.evaluate(p, scope) for p in parts))
            case ast.NamedExpr():
                value = self.evaluate(node.value, scope)
                self.assign(node.target, value, scope)
                return value
        return Unknown(written(node), line)

    def look_up(self, node: ast.Name, scope: Scope) -> Any:
        found = scope.find(node.id)
        if found is REQUIRED:
            found = BUILTINS.get(node.id, REQUIRED)
        if found is REQUIRED:
            found = self.library.bare(node.id)
        if found is REQUIRED:
            fault = Unreadable(node.lineno, f"'{shortened(node.id)}' is not defined in this text")
            return Unknown(node.id, node.lineno, fault)
        return found

    def attribute(self, owner: Any, name: str, line: int | None) -> Any:
        if isinstance(owner, Thing):
            return owner.attribute(self, name, line)
        if isinstance(owner, list) and name in ("append", "extend", "insert", "pop", "reverse"):
            return Builtin(
                name, getattr(owner, name) if name != "extend" else extender(owner, line)
            )
        if isinstance(owner, dict) and name in ("items", "keys", "values", "get", "update"):
            return Builtin(name, DICTIONARY[name](owner))
        if isinstance(owner, NUMBERS) and name == "item":
            return Builtin(name, lambda: owner)
        if isinstance(owner, list) and name in ("tolist", "copy"):
            return Builtin(name, lambda: list(owner))
        if isinstance(owner, str) and name in ("lower", "upper", "split", "strip", "startswith"):
            return Builtin(name, getattr(owner, name))
        return Unknown(f"….{name}", line)

    def call(self, node: ast.Call, scope: Scope) -> Any:
        line = node.lineno
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return self.superior(scope, line)
        function = self.evaluate(node.func, scope)
        positional: list[Any] = self.several(node.args, scope)
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scope)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, dict):
                named |= {str(key): item for key, item in value.items()}
        self.line = line
        if isinstance(function, Thing):
            return function.call(self, Arguments(tuple(positional), named), line)
        return Unknown(written(node), line)

    def superior(self, scope: Scope, line: int | None) -> Any:
        owner, instance = scope.find("__owner__"), scope.find("self")
        if isinstance(owner, Class) and isinstance(getattr(instance, "kind", None), Class):
            return Super(owner, instance)
        return Unknown("super()", line)

    def several(self, nodes: Sequence[ast.expr], scope: Scope) -> list[Any]:
        values: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                values += self.items(node.value, scope)
            else:
                values.append(self.evaluate(node, scope))
            limited(values, node.lineno)
        return values

    def items(self, node: ast.expr, scope: Scope) -> list[Any]:
        """The values that a loop or a star goes through."""
        value = self.evaluate(node, scope)
        if isinstance(value, dict):
            return list(value)
        if isinstance(value, list | tuple | str):
            return list(value)
        if isinstance(value, Thing) and value.members() is not None:
            return value.members() or []
        if isinstance(value, Unknown) and value.fault:
            raise value.fault
        raise Unreadable(
            node.lineno,
            f"'{written(node)}' is not known here: expected a range or a list written out",
        )

    def dictionary(self, node: ast.Dict, scope: Scope) -> Any:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            item = self.evaluate(value, scope)
            if key is None:
                found |= item if isinstance(item, dict) else {}
            else:
                name = self.evaluate(key, scope)
                if isinstance(name, PLAIN):
                    found[name] = item
        return limited(found, node.lineno)

    def subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        owner = self.evaluate(node.value, scope)
        key = self.evaluate(node.slice, scope)
        if isinstance(owner, Thing):
            return owner.item(self, key, node.lineno)
        try:
            return owner[key]
        except Exception:
            return Unknown(written(node), node.lineno)

    def comprehension(
        self, generators: list[ast.comprehension], element: ast.expr, scope: Scope
    ) -> Iterator[Any]:
        if not generators:
            yield self.evaluate(element, scope)
            return
        first, *rest = generators
        inner = Scope({}, scope)
        made = 0
        for value in self.items(first.iter, scope):
            self.assign(first.target, value, inner)
            if all(self.truth(condition, inner) for condition in first.ifs):
                for item in self.comprehension(rest, element, inner):
                    yield item
                    made += 1
                    if made > MAX_ITEMS:
                        raise Unreadable(element.lineno, f"more than {MAX_ITEMS:,} values in a row")

    def joined(self, node: ast.JoinedStr, scope: Scope) -> Any:
        text = ""
        for part in node.values:
            value = part
            if isinstance(part, ast.FormattedValue):
                value = self.evaluate(part.value, scope)
                if part.format_spec is not None or not isinstance(value, PLAIN):
                    return Unknown(written(node), node.lineno)
                text += str(value)
            elif isinstance(part, ast.Constant):
                text += str(part.value)
        return limited(text, node.lineno)

    def truth(self, node: ast.expr, scope: Scope) -> bool:
        """Whether a condition holds; Unreadable where that cannot be told."""
        value = self.evaluate(node, scope)
        if isinstance(value, Unknown) and value.fault:
            raise value.fault
        holds = value.holds() if isinstance(value, Thing) else bool(value)
        if holds is None:
            raise Unreadable(
                node.lineno, f"whether '{written(node)}' holds cannot be told without running it"
            )
        return holds

    def choice(self, node: ast.IfExp, scope: Scope) -> Any:
        """One of two values; of two numbers between which a map's size decides, both."""
        holds = self.asked_of_size(node.test, scope)
        undecided: Unreadable | None = None
        first, second = node.body, node.orelse
        try:
            if not self.truth(node.test, scope):
                first, second = second, first
        except Unreadable as error:
            if holds is None:
                raise
            undecided = error
        value = self.evaluate(first, scope)
        # A layer that is not taken is not read: it would stand in the graph.
        if holds is not None and numbers([value]):
            other = self.evaluate(second, scope)
            if numbers([other]):
                outcomes = (value, other) if first is node.body else (other, value)
                return self.library.computed("where", (holds, *outcomes), node.lineno)
        if undecided is not None:
            raise undecided
        return value

    def asked_of_size(self, test: ast.expr, scope: Scope) -> Any:
        """A comparison of a map's size with a number, at every size; None for anything else."""
        if not isinstance(test, ast.Compare) or len(test.ops) > 1:
            return None
        sides = self.several([test.left, *test.comparators], scope)
        if sum(isinstance(side, Length) for side in sides) != 1 or not numbers(sides):
            return None
        return self.library.computed(type(test.ops[0]).__name__, sides, test.lineno)

    def decided(self, node: ast.If, scope: Scope) -> bool:
        """Which way an `if` goes: where that cannot be told, not to an error of the code's own."""
        try:
            return self.truth(node.test, scope)
        except Unreadable:
            if not isinstance(node.body[-1], ast.Raise):
                raise
            return False

    def unary(self, node: ast.UnaryOp, scope: Scope) -> Any:
        if isinstance(node.op, ast.Not):
            return not self.truth(node.operand, scope)
        value = self.evaluate(node.operand, scope)
        if isinstance(value, NUMBERS):
            if isinstance(node.op, ast.USub):
                return -value
            if isinstance(node.op, ast.UAdd):
                return value
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Thing) and isinstance(node.op, ast.USub):
            return self.library.combine(self, ast.Mult, value, -1, node.lineno)
        return Unknown(written(node), node.lineno)

    def either(self, node: ast.BoolOp, scope: Scope) -> Any:
        stop = isinstance(node.op, ast.Or)
        value: Any = None
        for part in node.values:
            value = self.evaluate(part, scope)
            if isinstance(value, Unknown):
                return value
            if (isinstance(value, Thing) or bool(value)) is stop:
                return value
        return value

    def compare(self, node: ast.Compare, scope: Scope) -> Any:
        left = self.evaluate(node.left, scope)
        for sign, other in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(other, scope)
            outcome = compared(sign, left, right)
            if outcome is None:
                return Unknown(written(node), node.lineno)
            if not outcome:
                return False
            left = right
        return True

    def binary(self, sign: type[ast.operator], left: Any, right: Any, line: int | None) -> Any:
        for value in (left, right):
            if isinstance(value, Unknown) and value.fault:
                return value
        if isinstance(left, Thing) or isinstance(right, Thing):
            return self.library.combine(self, sign, left, right, line)
        numbers = isinstance(left, NUMBERS) and isinstance(right, NUMBERS)
        joins = (
            sign is ast.Add and type(left) is type(right) and isinstance(left, list | tuple | str)
        )
        repeats = sign is ast.Mult and (repeated(left, right) or repeated(right, left))
        powers = sign is ast.Pow and numbers and (abs(right) > 64 or abs(left) > MAX_NUMBER)
        if sign not in BINARY or powers or not (numbers or joins or repeats):
            return Unknown("…", line)
        try:
            return limited(BINARY[sign](left, right), line)
        except (ArithmeticError, TypeError, ValueError):
            raise Unreadable(line, "this arithmetic has no result") from None


class TooLong(InputError):
    """More steps than the reader follows. It ends the reading, wherever it happens."""


class Calls:
    """A call of one of the text's functions, within those that called it."""

    def __init__(self, reader: Reader, line: int | None) -> None:
        self.reader = reader
        self.line = line

    def __enter__(self) -> None:
        if self.reader.calls >= MAX_CALLS:
            raise Unreadable(
                self.line,
                f"more than {MAX_CALLS} calls within one another: something calls itself",
            )
        self.reader.calls += 1

    def __exit__(self, *_: object) -> None:
        self.reader.calls -= 1


PASSING_DECORATORS = re.compile(
    "register|add_to_class|handle_legacy|deprecat|export|ignore|unused|typechecked|cache"
    "|^(no_grad|inference_mode|override|overload|function|script|final)$"
)
"""Decorators that change nothing about what a function computes."""


def written(node: ast.AST) -> str:
    """A piece of the tree as the text has it, cut to a readable length."""
    return shortened(ast.unparse(node), 40)


def is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and written(test).startswith("__name__ == ")


MUTATING = ("add", "append", "extend", "insert", "add_module", "register_module")


def touched(statement: ast.stmt) -> set[str]:
    """The names that a statement assigns, or whose methods it calls."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            root = node.func.value
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and node.func.attr in MUTATING:
                names.add(root.id)
    return names
