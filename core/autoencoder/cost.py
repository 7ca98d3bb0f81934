"""What a run costs, estimated before it begins, and the command that trains it elsewhere."""

from __future__ import annotations

import dataclasses
import math

from core.autoencoder.experiment import Length, Run, Settings, layers, steps_taken
from core.autoencoder.progress import work
from core.limits import limits
from core.settings import Switch

# Measured on one thread of an AMD EPYC (Zen 4), for all of an image's way there and back: seconds
# a multiplication and a value of a feature map, and seconds that a step takes beside its images.
MULTIPLICATION, VALUE, STEP = 10e-12, 3.4e-9, 2e-3
SLOW_BF16 = 10  # times as long, where the processor has to imitate it


def seconds(run: Run, *, slow_bf16: bool = True) -> float:
    """How long one core trains `run` from its start, tests included; right within a factor of two.

    slow_bf16: whether bf16 is imitated by the processor, see `training.bf16_pays`.
    """
    settings, images = run
    multiplications = values = 0
    for layer in layers(settings):
        height, width, channels = layer.output
        # A bias is counted as a weight: it is one in 289.
        multiplications += height * width * layer.parameters
        values += height * width * channels
    image = multiplications * MULTIPLICATION + values * VALUE
    if settings.precision == "bf16" and slow_bf16:
        image *= SLOW_BF16
    return image * work(settings, images) + STEP * steps_taken(settings, images)


def refusal(run: Run, *, slow_bf16: bool = True) -> str:
    """Why no visitor may train `run` here, a sentence without its full stop; else nothing."""
    minutes, most = seconds(run, slow_bf16=slow_bf16) / 60, limits().run_minutes
    if minutes <= most:
        return ""
    return (
        f"Training this here would keep a core busy for about {math.ceil(minutes):,} minutes, "
        f"and {most:,} are allowed: ask for fewer images seen, a larger batch, less padding or "
        "fewer channels, or train it at home"
    )


def command(run: Run) -> str:
    """What trains `run`, or the whole epochs that hold it, on somebody's own computer."""
    words = ["python -m core autoencoder"]
    for field in dataclasses.fields(Settings):
        value = getattr(run.settings, field.name)
        if value == field.default:
            continue
        flag = "--" + field.name.replace("_", "-")
        words.append(flag if isinstance(field.metadata["domain"], Switch) else f"{flag} {value}")
    epochs = math.ceil(run.images / run.settings.train_size)
    if epochs != Length.epochs:
        words.append(f"--epochs {epochs}")
    return " ".join(words)
