"""What the probe's page says, as functions of what was computed: no setting makes it false."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.shift_probe import Network, Position, Proof, Row, Settings, Snapshot, Training, touch_rank
from core.shift_probe.classes import Leak
from core.shift_probe.equivariance import Shift
from core.shift_probe.seeds import Spread, spread
from core.shift_probe.touching import Signs, untouched_ends
from pages.shared import signed
from pages.shared.words import capitalized, listed, percent

GUESSES = ("no, it cannot", "better than chance", "perfectly")
CORNERS = ("upper left", "upper right", "lower left", "lower right")
TERMS = 6  # of a mixture are written out


def some(number: int, noun: str) -> str:
    """ "1 step", "16 steps", "2 classes"."""
    return f"{number} {noun}" + ("" if number == 1 else "es" if noun.endswith("s") else "s")


def capped_percent(share: float) -> str:
    """A share in percent; what is not all never rounds to 100, what is not none never to 0."""
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    return f"{min(max(100 * share, 0.1), 99.9):.1f} %"


def number(value: float) -> str:
    """A score: whole where it is, else with three digits."""
    text = f"{value:,.0f}" if value == round(value) else f"{value:.3g}"
    return text.replace("-", "−")


def sample(pixel: Position, output: NDArray[np.floating]) -> str:
    """An image with one white pixel and what a network makes of it, in words."""
    ends = dict.fromkeys(f"{value:.2g}".replace("-", "−") for value in (output.min(), output.max()))
    return (
        f"A white pixel in row {pixel[0]}, column {pixel[1]}, and the output image: "
        f"{' to '.join(ends)}"
    )


def named(padding: str, padding_mode: str) -> str:
    """A padding in words; 'valid' pads nothing, so it has no mode."""
    if padding == "valid":
        return "“valid” padding"
    if padding_mode == "zeros":
        return f"“{padding}” padding with zeros"
    return f"{padding_mode} “{padding}” padding"


def place(position: Position, size: int) -> str:
    """A position in words."""
    last = size - 1
    if {*position} <= {0, last}:
        return f"the {CORNERS[2 * (position[0] > 0) + (position[1] > 0)]} corner"
    return f"row {position[0]}, column {position[1]}"


def headline(network: Network, run: Training, proof: Proof) -> str:
    """The finding of this run in one line."""
    settings = network.settings
    single = settings.layers == 1
    if network.distinct_scores == 1:
        return "No: on this image every position always has the same score"
    if alike := network.others_alike:
        get = "gets" if alike == 1 else "get"
        return f"Not this position: {some(alike, 'other position')} always {get} its score"
    if proof.separable is False:
        return f"Not this position: no {'kernel singles' if single else 'kernels single'} it out"
    if proof.separable is None:
        return "Open: no kernels found that can, and no proof that there are none"
    if run.perfect:
        after = f"after {some(run.steps, 'step')}" if run.steps else "with its initial weights"
        return f"Yes: {after} it tells {place(settings.target, settings.size)} from all others"
    exist = "A kernel exists" if single else "Kernels exist"
    return f"{exist} that could, but training from this seed did not get there"


def verdict(network: Network, run: Training) -> Iterator[str]:
    """What the run says, in sentences."""
    final, settings = run.final, network.settings
    positions = settings.size**2
    yield (
        f"With {named(settings.padding, settings.padding_mode)}, trained on all {positions} "
        f"positions, it classifies {capped_percent(final.accuracy)} of them rightly."
    )
    if not run.perfect:
        yield (
            f"To answer 0 every time would be right in {capped_percent(1 - 1 / positions)}. So "
            f"look at the balanced accuracy, the mean of target and others: "
            f"{capped_percent(final.balanced_accuracy)}, where always answering 0 has 50 %."
        )
    untouched = network.free_weights
    if settings.layers == 1 and untouched:
        touch = "touches" if untouched == 1 else "touch"
        yield (
            f"{untouched} of the {settings.kernel**2} weights {touch} other positions and never "
            "the target: there the kernel can say no to these without saying no to it."
        )
    if network.distinct_scores > 1:
        yield (
            f"Of the {positions} positions the network can tell "
            f"{network.distinct_scores} classes apart; without a border there would be one."
        )


def classes_headline(network: Network) -> str:
    if network.distinct_scores == 1:
        return "All positions of this image are one class"
    return f"{network.distinct_scores} classes of positions, whatever the weights"


def classes_text(network: Network) -> Iterator[str]:
    settings = network.settings
    yield "Positions are in one class when no weights at all can give them different scores:"
    yield (
        "with one layer, when the same weights touch them equally often."
        if settings.layers == 1
        else "with several layers, when the same paths through the kernels lead from them to the "
        "output equally often."
    )
    if settings.padding_mode == "partial" and settings.kernel > 1:
        yield "With partial padding each touch counts as much as its output is scaled by."
    if network.distinct_scores == 1:
        yield (
            "So it is on an image of any size: the network is invariant to shifts."
            if settings.always_invariant
            else f"That is so on {settings.size} × {settings.size} pixels only because the image "
            "is small: on a large one this padding gives the place away."
        )


def proof_headline(proof: Proof) -> str:
    return {
        True: "Proved: weights exist that single out the target",
        False: "Proved: no weights single out the target",
        None: "Open: neither weights nor a proof that there are none",
    }[proof.separable]


def reasons(network: Network, proof: Proof) -> Iterator[str]:
    """The certificate in words and numbers."""
    settings = network.settings
    if proof.separable and proof.kernels is not None:
        scores = network.scores(proof.kernels, proof.bias)
        others = scores[~network.is_target]
        if settings.layers == 1:
            yield "This needs no training: exact arithmetic finds weights."
        else:
            yield (
                "The proof are kernels, found by training, rounded to whole numbers and checked in "
                "exact arithmetic."
            )
        yield (
            f"They score the target {number(scores[settings.target])} and every other position "
            f"{number(others.max())} or less. The margin, the smallest size of a score "
            + ("for weights" if settings.layers == 1 else "when each layer has weights")
            + f" of length 1, is **{proof.margin:.3g}**."
        )
    elif proof.mixture is not None:
        yield impossible(network, proof)
    elif proof.only_corners:
        yield (
            "With 2 × 2 kernels, nothing padded and no bias only a corner can be singled out. The "
            "table of scores is a product of the kernels, each a + b·x + c·y + d·x·y, and of "
            "factors that are all positive. If the target, inside or on an edge, had the only "
            "score above zero, then where that product is below zero for positive x and y would "
            "be one connected region that reaches out in all four directions. No kernel changes "
            "its sign there, so its four weights have one sign; then so have all scores, the "
            "target's too."
        )
    else:
        yield (
            "With several layers a score is made of products of weights, and these are not free. "
            "Free values in place of the products would separate, but training from many starts "
            "found no kernels that do. So this page does not know."
        )
    yield f"The network can tell {some(network.distinct_scores, 'class')} of positions apart."
    if settings.layers == 1 and settings.kernel > 1:
        rank = touch_rank(network)
        yield (
            f"Of the {settings.kernel**2} counts of touching weights, **{rank}** "
            f"{'is' if rank == 1 else 'are'} independent (their rank)."
        )


def impossible(network: Network, proof: Proof) -> str:
    """The target's score as a mixture of others'."""
    assert proof.mixture is not None
    terms = [
        ("" if amount == 1 else f"{amount} · ") + f"s({row}, {column})"
        for (row, column), amount in proof.mixture.items()
    ]
    row, column = network.settings.target
    more = f" + … ({len(terms) - TERMS} more)" if len(terms) > TERMS else ""
    mixed = " + ".join(terms[:TERMS]) + more
    alone = len(terms) == 1 and 1 in proof.mixture.values()
    ending = (
        "the two positions are in one class, and get one answer."
        if alone
        else "the amounts are positive, so the target cannot be above zero while all others are "
        "below."
    )
    return f"Whatever the weights, the scores obey s({row}, {column}) = {mixed}: {ending}"


def agreement(run: Training, proof: Proof) -> str:
    """Whether the training says the same as the proof."""
    steps = some(run.steps, "step")
    if run.perfect and proof.separable:
        return f"Training agrees: it is perfect after {steps}."
    if run.perfect:
        return (
            "Training is perfect as far as floating point goes, but its scores are too close to "
            "zero to be sure of their signs."
        )
    if proof.separable:
        return (
            f"Training from this seed stopped after {steps} and has not found what exists: try "
            "another seed."
        )
    if proof.separable is False:
        return (
            f"Training agrees: after {steps} it is at "
            f"{capped_percent(run.final.balanced_accuracy)} balanced accuracy, and no longer "
            "training would make it perfect."
        )
    return f"Training from this seed stopped after {steps}."


def padding_headline(rows: Sequence[Row], settings: Settings) -> str:
    """Which paddings tell nothing, on this image."""
    if settings.kernel == 1:
        return "A 1 × 1 kernel needs no padding: every padding is safe"
    fitting = [row for row in rows if not row.refusal]
    safe = [row for row in fitting if not row.leaks]
    names = " and ".join(f"{row.padding} with {row.padding_mode}" for row in safe)
    return f"{len(safe)} of {len(fitting)} are safe: {names}" if safe else "None is safe"


def row_verdict(row: Row) -> str:
    if row.refusal:
        return f"does not fit: {row.refusal}"
    if not row.leaks:
        return (
            "invariant: tells no position from another"
            if row.always_invariant
            else "tells no positions apart on so small an image; on a large one it does"
        )
    if row.separable is None:
        return "leaks; whether it can single out this target is open"
    if not row.separable:
        return "leaks, but no weights single out this target"
    if row.steps is None:
        return "can single out the target; training has not found how"
    return "singles out the target"


def padding_text(rows: Sequence[Row], met: tuple[int, int] | None, settings: Settings) -> str:
    """What the table shows. met: windows that meet a corner and at most, with one valid layer."""
    full = {row.padding_mode: row for row in rows if row.padding == "full" and not row.refusal}
    copied = [mode for mode in ("reflect", "replicate", "circular", "symmetric") if mode in full]
    leaking = [mode for mode in copied if full[mode].leaks]
    even = [mode for mode in copied if not full[mode].leaks]
    sentences = ["“valid” pads nothing, and is no control for padding:", valid_text(met, settings)]
    sentences.append(
        "“Same” circular padding has no border; full padding with zeros lets every weight meet "
        "every pixel exactly once. These two cannot tell, however long the training."
    )
    if leaking:
        sentences.append(
            f"Full padding that *copies* pixels ({', '.join(leaking)}) meets some more often than "
            "others."
        )
    if even:
        sentences.append(
            f"Full padding with {' or '.join(even)} copies pixels, too, but on {settings.size} × "
            f"{settings.size} all equally often, which a larger image would end."
        )
    sentences.append(
        "And a uniform impact map is not enough: one “same” layer with replicate and a 3 × 3 "
        "kernel meets every pixel nine times, but not with the same weights."
    )
    return " ".join(sentences)


def valid_text(met: tuple[int, int] | None, settings: Settings) -> str:
    """Why an unpadded layer tells places, on this image."""
    size = f"{settings.size} × {settings.size}"
    if met is None:
        return f"its {settings.kernel} × {settings.kernel} window does not fit {size} pixels."
    corner, most = met
    if corner == most:
        return (
            f"on {size} pixels every one is met by {some(corner, 'window')}, but each by another "
            "weight of the kernel, which tells its place just as well."
        )
    return (
        f"without a padded cell a pixel in the corner is met by {some(corner, 'window')}, an inner "
        f"one by up to {most}, which tells its place just as well."
    )


def depth_headline(leaks: Mapping[int, Leak]) -> str:
    if not any(each.depth for each in leaks.values()):
        return "With one to five linear layers the border shows nowhere"
    first, last = min(leaks), max(leaks)
    return (
        f"On a large image one layer shows the border {leaks[first].depth} px deep, "
        f"{ {4: 'four', 5: 'five'}.get(last, last) } layers {leaks[last].depth} px"
    )


def depth_text(network: Network, leaks: Mapping[int, Leak]) -> Iterator[str]:
    settings = network.settings
    size = f"{settings.size} × {settings.size}"
    missing = any(each.missing for each in leaks.values())
    more = any(each.more for each in leaks.values())
    counted = (
        f"Counted here for {settings.kernel} × {settings.kernel} kernels and "
        f"{named(settings.padding, settings.padding_mode)}, for any weights, on an image large "
        "enough."
    )
    if not (missing or more):
        yield (
            "A stack can tell a position from the centre only where its kernel paths differ from "
            "the centre's; here the same paths lead from every position to the output."
        )
        yield counted
        return
    what = {
        (True, True): "some paths are missing and others count for more",
        (True, False): "some paths are missing",
        (False, True): "some paths count for more",
    }[missing, more]
    yield (
        "Far enough from the border every position is met by the same kernel paths. Nearer to it "
        f"{what}. A stack can tell a position from the centre where its paths differ from the "
        "centre's."
    )
    yield counted
    yield (
        f"(The image above, {size}, is too small to show it: all its positions are alike.)"
        if network.distinct_scores == 1
        else f"(The image above has {size}.)"
    )


def relu_text(seen: Mapping[int, int]) -> str:
    """What biases and ReLUs do to full padding. seen: how deep it was seen to leak, by layers."""
    linear = "In a linear stack a bias adds the same constant to every score and tells nothing."
    if not any(seen.values()):
        return (
            f"{linear} With a ReLU after each layer it can; with these settings no random weights "
            "showed it."
        )
    return (
        f"{linear} With a ReLU after each layer it does: it lights up the ring that full padding "
        "has added, and the next layer sees where the ring ends. The last row was found by trying "
        "random weights: what was seen is proved, but better weights may reach deeper."
    )


def readout_headline(deepest: Mapping[str, Spread], layers: int, seeds: int) -> str:
    """What a readout of random stacks finds. deepest: R² after so many `layers`, by padding."""
    best = max(deepest, key=lambda name: deepest[name].mean)
    mean, low, high = deepest[best]
    rest = max(abs(r2) for name, found in deepest.items() if name != best for r2 in found[1:])
    return (
        f"With {best}, {mean:.2f} of the coordinates' variance can be read after {layers} layers "
        f"({low:.2f} to {high:.2f} over {seeds} seeds); with any other padding the R² of no seed "
        f"is larger in size than {math.ceil(100 * rest) / 100:.2f}"
    )


def r2_range(mean: float, low: float, high: float) -> str:
    """ "0.318 (0.301 to 0.332)"."""
    return f"{mean:.3f} ({low:.3f} to {high:.3f})".replace("-", "−")


def red_green_headline(dissimilar: Mapping[str, Spread]) -> str:
    """Which padding is right on swapped places. dissimilar: that test's accuracy, by padding."""
    low, high = (found(each.mean for each in dissimilar.values()) for found in (min, max))
    if low == high:
        return f"On swapped places every padding is right in {percent(high, 0)} of the images"
    best, worst = (
        " and ".join(name for name, found in dissimilar.items() if found.mean == bound)
        for bound in (high, low)
    )
    return (
        f"On swapped places {best}: right in {percent(high, 0)} of the images; {worst}: in "
        f"{percent(low, 0)}"
    )


def accuracy(shares: Sequence[float]) -> str:
    """The mean in percent, and the range where there are several."""
    if not shares:
        return "not trained yet"
    mean, low, high = spread(shares)
    over_seeds = f" ({100 * low:.1f} to {100 * high:.1f})" if len(shares) > 1 else ""
    return percent(mean) + over_seeds


def sum_in_words(network: Network, snapshot: Snapshot, position: Position) -> str:
    """Where the score of a position comes from."""
    weights = network.settings.kernel**2
    counts = network.touches(position)
    touching = int((counts > 0).sum())
    score = signed.text(snapshot.scores[position])
    if network.settings.layers > 1:
        return (
            f"In the first layer {some_touch(touching, weights)} it; what comes of it goes "
            f"on through the other layers and adds up to a score of **{score}**."
        )
    bias = " and the bias at every output" if network.settings.bias else ""
    often = "" if (counts[counts > 0] == 1).all() else "as often as it touches,"
    if touching == 1:
        said = f"That weight{often and f', {often}'}{bias} make{'' if bias else 's'} its score"
    else:
        said = f"Their sum{often and f', each {often}'}{bias} is its score"
    return f"{capitalized(some_touch(touching, weights))} it. {said}: **{score}**."


def touching_headline(network: Network) -> str:
    touching = int((network.touches(network.settings.target) > 0).sum())
    return f"{capitalized(some_touch(touching, network.settings.kernel**2))} the target"


def some_touch(touching: int, weights: int) -> str:
    """How many of a kernel's weights touch, to be followed by what they touch."""
    if weights == 1:
        return "the only weight touches"
    return f"{touching} of the {weights} weights touch{'es' if touching == 1 else ''}"


def never(ends: tuple[tuple[int, int], tuple[int, int]] | None) -> str:
    """Which rows and columns of the kernel never touch, in words; "" where no whole ones do."""
    if ends is None:
        return ""
    (top, bottom), (left, right) = ends
    columns = [(left, "left", "column"), (right, "right", "column")]
    named_ends = [*columns, (top, "top", "row"), (bottom, "bottom", "row")]
    found = [
        f"the {side} {what}" if count == 1 else f"the {count} {side} {what}s"
        for count, side, what in named_ends
        if count
    ]
    return listed(found)


def touching_text(
    network: Network, now: Signs, ended: Signs, perfect: Sequence[Signs], seeds: int
) -> Iterator[str]:
    """The weights that touch the target and their signs: now, over seeds, and in the end."""
    settings = network.settings
    where = place(settings.target, settings.size)
    if apart := never(untouched_ends(network)):
        yield (
            f"In the kernel as PyTorch writes it, {apart} never "
            f"{'touches' if now.apart == 1 else 'touch'} the pixel "
            f"{'in' if 'corner' in where else 'at'} {where}."
        )
    single = now.touching == 1
    yield (
        "At the step where this training ended "
        + (
            f"the only weight that touches it is {positive(now)}"
            if single
            else f"{now.touching_above} of the {now.touching} weights that touch it "
            f"{'is' if now.touching_above == 1 else 'are'} positive"
        )
        + others(now)
        + "."
    )
    if not perfect:
        return
    all_positive = sum(each.as_in_the_article for each in perfect)
    yield (
        f"{'Training' if single else 'Only their sum has to be positive: training'} stops as soon "
        f"as every answer is right, and of {seeds} seeds {len(perfect)} got there, {all_positive} "
        f"of them with {'this weight' if single else 'all of these weights'} positive."
    )
    yield (
        "Trained on until no step helps, "
        + (
            f"it is {positive(ended)}"
            if single
            else f"{ended.touching_above} of {ended.touching} "
            f"{'is' if ended.touching_above == 1 else 'are'} positive"
        )
        + (
            ", as in the article's figure,"
            if ended.as_in_the_article
            else " (not all, otherwise than in the article's figure)"
        )
        + others(ended)
        + "."
    )


def positive(signs: Signs) -> str:
    """The sign of the only weight that touches."""
    return "positive" if signs.touching_above else "not positive"


def others(signs: Signs) -> str:
    return f" and {signs.apart_below} of the {signs.apart} others negative" if signs.apart else ""


def shift_headline(moved: Shift) -> str:
    if not moved.differing:
        return "The output moves with the image"
    return "At the border the output no longer moves with the image"


def shift_text(network: Network, moved: Shift) -> Iterator[str]:
    """What the pictures show of this shift."""
    if not moved.down and not moved.right:
        yield "The pattern lies in the middle. Move it: the output should move along."
    elif not moved.differing:
        yield (
            f"Moved by {way(moved)}, the pattern gives the same output as before, moved by as "
            "much: the difference is zero everywhere, and the sum has not changed."
        )
    else:
        yield (
            f"Moved by {way(moved)}, output and moved output differ at {moved.differing} of "
            f"{some(moved.output.size, 'pixel')}, no deeper than {moved.depth} px from the border."
        )
        yield (
            "The differences add up to zero: here the sum does not betray the place."
            if not moved.sum_change
            else f"The differences add up to {number(float(f'{moved.sum_change:.3g}'))}: by so "
            "much the sum has changed, and that is what gives the place away."
        )
    if network.settings.always_invariant:
        yield "With this padding they never differ, wherever the pattern goes."


def way(moved: Shift) -> str:
    """ "3 px up and 2 px right"."""
    steps = ((moved.down, "up", "down"), (moved.right, "left", "right"))
    return " and ".join(f"{abs(by)} px {words[by > 0]}" for by, *words in steps if by)
