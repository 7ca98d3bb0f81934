"""`python -m core TOPIC …`: one JSON object on stdout, words on stderr, exit 2 on bad input.

With `--code` a topic prints, instead, a program to copy that finds the same by itself.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

from core import settings

if TYPE_CHECKING:
    from core.autoencoder.runs import Registry, View


@dataclass(frozen=True)
class Fault:
    """An answer to print, and an exit status of 1: a fault was found, or a run has failed."""

    answer: dict[str, Any]


Answer = dict[str, Any] | str | Fault  # for JSON, or a program
Command = Callable[[argparse.Namespace], Answer]
Declared = TypeVar("Declared")


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are InputErrors of one line that can be read."""

    def error(self, message: str) -> NoReturn:
        raise settings.InputError(textwrap.shorten(message, 300))


def add_settings(parser: argparse.ArgumentParser, declared: Any) -> None:
    """One option for each setting of the settings class `declared`, left as text."""
    for field in dataclasses.fields(declared):
        if "domain" not in field.metadata:
            continue
        allowed = field.metadata["domain"]
        flag = "--" + field.name.replace("_", "-")
        about = f"{field.metadata['help']}: {allowed}"
        if field.default is not None:
            about += f" (default {field.default})"
        if isinstance(allowed, settings.Switch):
            parser.add_argument(flag, action="store_const", const="true", help=about)
        elif isinstance(allowed, settings.Pixel):
            parser.add_argument(flag, nargs=2, metavar=("ROW", "COL"), help=about)
        else:
            parser.add_argument(flag, metavar="VALUE", help=about)


def read_settings(declared: Any, arguments: argparse.Namespace) -> Any:
    """The settings that the command line spells, checked."""
    spelt = {
        field.name: settings.parse(
            declared, field.name, given if isinstance(given, str) else " ".join(given)
        )
        for field in dataclasses.fields(declared)
        if (given := getattr(arguments, field.name, None)) is not None
    }
    return declared(**spelt)


def settings_command(
    parser: argparse.ArgumentParser,
    declared: type[Declared],
    report: Callable[[Declared], dict[str, Any]],
    code: Callable[[Declared], str],
) -> Command:
    """The command of a topic whose settings say it all."""
    add_settings(parser, declared)
    add_code(parser)

    def answer(arguments: argparse.Namespace) -> Answer:
        given: Declared = read_settings(declared, arguments)
        return code(given) if arguments.code else report(given)

    return answer


def add_code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--code", action="store_true", help="print a program that finds the same")


def shift_probe(parser: argparse.ArgumentParser) -> Command:
    from core import shift_probe
    from core.shift_probe.code import program

    return settings_command(parser, shift_probe.Settings, shift_probe.report, program)


def impact(parser: argparse.ArgumentParser) -> Command:
    from core import impact
    from core.impact.code import program_of

    return settings_command(parser, impact.Settings, impact.report, program_of)


def shapes(parser: argparse.ArgumentParser) -> Command:
    from core import shapes

    return settings_command(parser, shapes.Settings, shapes.report, shapes.program)


def check(parser: argparse.ArgumentParser) -> Command:
    from core import check

    add_settings(parser, check.Settings)
    add_settings(parser, check.Source)
    parser.add_argument(
        "--fail-on",
        metavar="FAULTS",
        default="",
        help=f"exit with 1 where one of these is found: {','.join(check.FAULTS)}",
    )

    def answer(arguments: argparse.Namespace) -> Answer:
        asked = check.parse_faults(arguments.fail_on)
        chosen = read_settings(check.Settings, arguments)
        graph, notes = check.network_of(read_settings(check.Source, arguments), chosen.channels)
        found = check.Report(graph, chosen.size, chosen.width or chosen.size, notes)
        told = check.describe(found)
        return Fault(told) if found.faults & frozenset(asked) else told

    return answer


def autoencoder(parser: argparse.ArgumentParser) -> Command:
    from core.autoencoder import Length, Run, Settings, canonical, report
    from core.autoencoder.code import program
    from core.autoencoder.runs import finish, registry

    add_settings(parser, Settings)
    add_settings(parser, Length)
    add_code(parser)

    def answer(arguments: argparse.Namespace) -> Answer:
        chosen = canonical(read_settings(Settings, arguments))
        length = read_settings(Length, arguments)
        wanted = Run(chosen, length.epochs * chosen.train_size)
        if arguments.code:
            return program(wanted, both=False)
        (view,) = finish(registry(), [wanted], show_progress)
        assert view.state is not None
        return report(wanted, view.state) | {"source": view.source}

    return answer


def loss(parser: argparse.ArgumentParser) -> Command:
    from core import loss
    from core.loss.code import program

    return settings_command(parser, loss.Settings, loss.report, program)


def classifier(parser: argparse.ArgumentParser) -> Command:
    from core.classifier import Settings, report

    add_settings(parser, Settings)
    parser.add_argument(
        "--ship", action="store_true", help="train what the repository ships and is not there"
    )

    def answer(arguments: argparse.Namespace) -> dict[str, Any]:
        from core.classifier import runs

        if arguments.ship:
            return {"runs": runs.ship(show_count)}
        settings = read_settings(Settings, arguments)
        test, source = runs.measured(settings)
        return report(settings, test) | {"source": source}

    return answer


def warm(parser: argparse.ArgumentParser) -> Command:
    from core import data
    from core.autoencoder import runs
    from core.autoencoder.presets import every_run

    parser.add_argument("--list", action="store_true", help="say what is there, train nothing")
    add_cluster(parser)
    parser.add_argument(
        "--sweep",
        metavar="GRID",
        help="what to train in place of the presets: settings with their values, such as "
        "'pad_width=0..8 seed=0..9' or 'pad_mode=edge,reflect epochs=1..3'",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        help="where a sweep takes the settings from that it does not name: live (default), or "
        "original",
    )
    parser.add_argument(
        "--csv",
        metavar="FILE",
        help="write a sweep's results there, a row each: losses of the test set in nats",
    )

    def answer(arguments: argparse.Namespace) -> Answer:
        if arguments.sweep is not None:
            return swept(arguments)
        for name in ("preset", "csv"):
            if getattr(arguments, name) is not None:
                raise settings.InputError(f"--{name} belongs to a sweep: give --sweep, too")
        wanted = list(every_run())
        with trainer(arguments) as (registry, fatal, _, _):
            if not arguments.list:
                runs.finish_each(registry, wanted, show_progress, fatal=fatal)
                try:
                    data.load("mnist")  # downloads it where it is missing: fresh seeds need it
                except data.MissingData as error:
                    print(error, file=sys.stderr)
            views = [registry.look(*run) for run in wanted]
        told = {"mnist": data.available(), "runs": [describe(view) for view in views]}
        return Fault(told) if any(view.error for view in views) else told

    return answer


def swept(arguments: argparse.Namespace) -> Answer:
    """The runs of a grid, trained where they are missing: a row each."""
    from core.autoencoder import results, sweep

    of = sweep.read(arguments.sweep, arguments.preset or "live")
    with trainer(arguments) as (registry, fatal, cores, bf16_pays):
        table = results.carry_out(
            of,
            registry,
            lambda words: print(f"{words}.", file=sys.stderr),
            show_progress,
            path=None if arguments.csv is None else Path(arguments.csv),
            cores=cores,
            slow_bf16=of.has("precision", "bf16") and not bf16_pays(),
            only_list=arguments.list,
            fatal=fatal,
        )
    told = {"sweep": of.text, "preset": of.preset, "runs": table.rows()}
    return Fault(told) if table.failures else told


class Trainer(NamedTuple):
    """What trains: here, or on a cluster."""

    registry: Registry
    fatal: tuple[type[Exception], ...]  # what fails in one run, and would in every other
    cores: int
    bf16_pays: Callable[[], bool | None]


@contextmanager
def trainer(arguments: argparse.Namespace) -> Iterator[Trainer]:
    """What the command line says is to train."""
    from core.autoencoder import runs, sweep
    from core.data import MissingData

    if arguments.cluster is None or arguments.list:
        pays = runs.process().bf16_pays
        yield Trainer(runs.registry(), (MissingData,), sweep.cores(), pays)
        return
    from core.autoencoder.cluster import Lost, registry_at

    with registry_at(arguments.cluster) as (cluster, registry):
        yield Trainer(registry, (Lost,), cluster.threads, cluster.bf16_pays)


def add_cluster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="train on the workers of the Dask scheduler there, such as tcp://10.0.0.1:8786, or "
        "start one on this computer's cores: local",
    )


def ship(parser: argparse.ArgumentParser) -> Command:
    from core.autoencoder import runs
    from core.autoencoder.presets import every_run

    add_cluster(parser)

    def answer(arguments: argparse.Namespace) -> dict[str, Any]:
        wanted = list(every_run())
        if arguments.cluster is None:
            views = runs.ship(wanted, show_progress)
        else:
            from core.autoencoder.cluster import connected

            with connected(arguments.cluster) as cluster:
                views = runs.ship(
                    wanted, show_progress, trainer=cluster.train, bounds=cluster.bounds
                )
        return {"runs": [describe(view) for view in views]}

    return answer


def describe(view: View) -> dict[str, Any]:
    """A run of the cache, and what is there of it."""
    told = {"images": view.target, "images_seen": view.images_seen, "status": view.status}
    failure = {} if view.error is None else {"message": str(view.error)}
    return dataclasses.asdict(view.settings) | told | {"source": view.source} | failure


def show_progress(views: Sequence[View]) -> None:
    """A progress bar for all `views` together, where somebody sits at a terminal."""
    if not sys.stderr.isatty():
        return
    done = sum(min(view.images_seen, view.target) for view in views)
    share = done / sum(view.target for view in views)
    finished = sum(view.status == "finished" for view in views)
    doing = [view.activity for view in views if view.status == "training"]
    activity = "" if "" in doing else next(iter(doing), "")  # of what has no images to count
    line = f"[{'#' * round(30 * share):<30}] {share:4.0%}, {finished} of {len(views)} runs"
    end = "\n" if finished == len(views) else ""
    # Back to the line's start, over what stands there, and clear the rest of it.
    print(f"\r{line}  {activity[:40]}\x1b[K", end=end, file=sys.stderr, flush=True)


def show_count(done: int, of: int) -> None:
    """How many runs are there, where somebody sits at a terminal."""
    if sys.stderr.isatty():
        end = "\n" if done == of else ""
        print(f"\r{done} of {of} runs\x1b[K", end=end, file=sys.stderr, flush=True)


# A topic's module is imported when its command is asked for: only some need torch.
TOPICS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], Command]]] = {
    "autoencoder": ("train one arm, and say where its loss comes from", autoencoder),
    "shift_probe": ('whether a "shift-invariant" network can tell where a pixel is', shift_probe),
    "impact": ("how much each input pixel counts", impact),
    "loss": ("one loss, per pixel and in total", loss),
    "shapes": ("what a stack does to a size, layer by layer", shapes),
    "check": ("what padding does in a network of your own", check),
    "classifier": ("train a classifier of digits, and move them to the border", classifier),
    "warm": ("fill the cache with every run that the pages offer", warm),
    "ship": ("rebuild every run that the repository ships", ship),
}


class Terminated(BaseException):
    """The process was asked to end, by SIGTERM."""


@contextmanager
def sigterm_raised() -> Iterator[None]:
    """Within, SIGTERM is raised where the command stands, as Ctrl-C is; a second one kills."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise Terminated

    if threading.current_thread() is not threading.main_thread():  # only that one hears signals
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0, 2 on bad input, 130 at Ctrl-C, 143 at SIGTERM.

    1 where an answer is a `Fault`.
    """
    parser = Parser(prog="python -m core", description=__doc__)
    topics = parser.add_subparsers(dest="topic", required=True, metavar="TOPIC")
    words = list(sys.argv[1:] if words is None else words)
    try:
        commands = {}
        for name, (about, prepare) in TOPICS.items():
            topic = topics.add_parser(name, help=about, description=about)
            if name in words:
                commands[name] = prepare(topic)
        arguments = parser.parse_args(words)
        with sigterm_raised():
            answer = commands[arguments.topic](arguments)
    except settings.InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, Terminated) as end:
        print("\nStopped. What has been trained is kept.", file=sys.stderr)
        return 130 if isinstance(end, KeyboardInterrupt) else 143
    status = 0
    if isinstance(answer, Fault):
        answer, status = answer.answer, 1
    sys.stdout.write(answer if isinstance(answer, str) else json.dumps(answer) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
