"""The run: train, stop or go on, how far it is, and both curves as they grow."""

from __future__ import annotations

import math
from collections.abc import Mapping

import streamlit as st

from core import loss
from core.autoencoder import Checkpoint, Run
from core.autoencoder.cost import command
from core.autoencoder.progress import POINT_IMAGES
from core.data import SIZE
from pages.sections.autoencoder import nearest, seeds
from pages.sections.autoencoder.finding import moved
from pages.sections.autoencoder.layers import layer_table
from pages.sections.autoencoder.pair import Pair, drawn_curve, look, window
from pages.sections.autoencoder.progress import READING, SEED, doing, progress
from pages.shared import announce, charts, loss_parts, runs
from pages.shared.controls import told
from pages.shared.drawn_once import moment
from pages.shared.guard import fragment
from pages.shared.tested import loss_maps, samples
from pages.shared.words import TEXT

_show_parts = moment(loss_parts.show)


def watch(pair: Pair, *, revealed: bool) -> None:
    """All of it; looks again and again while a run is in training."""
    fragment(_live, run_every=pair.pace)(pair.run, revealed=revealed, pace=pair.pace)


def _live(run: Run, *, revealed: bool, pace: float | None) -> None:
    if st.session_state.pop("moved_on", False):
        st.rerun()  # by itself this part would be drawn again with the seed that it was called with
    pair = look(run)
    if pair.pace != pace:
        st.rerun()  # look more or less often, and draw anew what stands below
    announce.region(spoken(pair, revealed=revealed), key="training")
    if not pair.active and (refused := runs.too_long(pair.run)):
        _at_home(pair.run, refused)
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            _buttons(pair, revealed=revealed)
    _status(pair)
    close = None if pair.begun else nearest.find(run)
    if close is not None:
        nearest.introduce(run, close)
    if revealed:
        st.markdown(verdict(pair) if close is None else verdict(close, "That run"))
    if close is not None:
        _sources(close)
    _curves(close or pair, revealed=revealed)
    if pair.now is not None:
        if pair.active and revealed:
            _lies(pair.now)
        st.markdown("**What each network sees, makes of it, and should have made**")
        samples(pair.now)


def spoken(pair: Pair, *, revealed: bool) -> str:
    """What is said of a training to who does not see it: a quarter more is done, then the end."""
    if pair.active:
        return f"Training, {25 * int(4 * progress(pair.views))} % done."
    return verdict(pair).replace("*", "") if revealed else ""


def _lies(now: Mapping[str, Checkpoint]) -> None:
    """Where the loss lies by now: the maps cool from what an untrained network loses."""
    st.markdown(f"**Where the loss lies by now**, on the first {POINT_IMAGES} test images")
    made_of = tuple((arm, loss.parts(network)) for arm, network in now.items())
    _, most = window(min(network.total for network in now.values()))
    _show_parts(made_of, most, key="by now")
    loss_maps(now, highest=math.log(2))


def _buttons(pair: Pair, *, revealed: bool) -> None:
    """Train or stop; where the result is there already, train once more with another seed."""
    if pair.active:
        left = all(view.stopping for view in pair.views.values() if view.active)
        st.button("Stop", on_click=runs.leave, args=(pair.run.arms,), disabled=left)
        return
    if not pair.finished:
        label = "Train" if pair.tested is None else "Continue"
        st.button(label, type="primary", on_click=train, args=(pair.run,))
        return
    st.button(
        "Train with a fresh seed",
        type="primary",
        help="New initial weights, order and noise: how much of the difference is luck? "
        "What you train is shown beside the pre-set seeds, and never judged.",
        on_click=_train_fresh,
        args=(pair.run,),
    )
    if revealed and (missing := seeds.missing(pair.run)) is not None:
        st.button(
            f"Train pre-set seed {missing}",
            help="The padded network is judged once all pre-set seeds are here.",
            on_click=train,
            args=(pair.run.but(seed=missing),),
        )


def _at_home(run: Run, refused: str) -> None:
    """Why nobody may train this here, and what trains both arms elsewhere."""
    st.markdown(f"{refused}:", width=TEXT)
    st.code("\n".join(map(command, run.arms)), language="sh", wrap_lines=True)


def _train_fresh(run: Run) -> None:
    """Train a seed that nobody has trained here and that is not to be judged."""
    train(run.but(seed=seeds.fresh(run)))


def train(run: Run) -> None:
    """Train both arms of an experiment, and move the page on to its seed."""
    start(run)
    # The page's own settings may ask for a data set that is not here.
    moved = {"seed": run.settings.seed, "dataset": run.settings.dataset}
    if any(st.session_state.get(name) != value for name, value in moved.items()):
        st.session_state.update(moved, moved_on=True)


def start(run: Run) -> None:
    """Ask for both arms. Where too many runs wait, the page will say so instead."""
    if refused := runs.start_both(run):
        st.session_state["refused"] = refused
    else:
        seeds.remember(run.settings.seed)


def _status(pair: Pair) -> None:
    """Progress, a place in the queue, an error, or where the result comes from."""
    refused = st.session_state.pop("refused", None)
    if refused:
        st.warning(f"{refused}.")
    for failure in {told(view.error) for view in pair.views.values() if view.error}:
        st.error(f"{failure}.")
    if pair.active:
        st.progress(progress(pair.views), text=doing(pair.views))
    elif pair.tested is not None:
        _sources(pair)
    elif pair.latest is not None:
        st.caption(doing(pair.views))  # stopped before the first test


def _sources(pair: Pair) -> None:
    """Where both arms' results come from."""
    said = [f"{arm.capitalize()}: {runs.provenance(view)}" for arm, view in pair.views.items()]
    st.caption("  \n".join([*said, SEED]))


def verdict(pair: Pair, which: str = "This run") -> str:
    """The finding beside the curves: of the last test, or of the last points until there is one.

    `which` is what the pair is called.
    """
    if pair.latest is not None and (pair.active or pair.tested is None):
        unpadded, padded = pair.latest
        more = (pair.run.settings.size / SIZE) ** 2
        per_pixel = padded.test_loss / unpadded.test_loss
        seen = f"after {padded.images_seen:,} images, on the first {POINT_IMAGES} test images"
        return _verdict(f"So far, {seen}", per_pixel - 1, more * per_pixel - 1)
    if pair.tested is None:
        return ""
    split = loss.split_of(*pair.tested)
    return _verdict(which, split.per_pixel, split.total)


def _verdict(when: str, per_pixel: float, total: float) -> str:
    return f"{when}: per pixel the loss **{moved(per_pixel)}**, in total it **{moved(total)}**."


def _curves(pair: Pair, *, revealed: bool) -> None:
    """The loss per pixel beside the layers; once a guess is made, beside the total loss."""
    left, right = st.columns(2)
    with left:
        st.markdown("**Loss per pixel**: the mean over an image's pixels")
        _curve_chart(pair, total=False)
    with right:
        if revealed:
            st.markdown("**Total loss**: the same runs, summed over an image's pixels")
            _curve_chart(pair, total=True)
        else:
            layer_table(pair.run)
    st.caption(READING)


def _curve_chart(pair: Pair, *, total: bool) -> None:
    """Both arms' loss against images seen; up and down the axis follows the lowest loss."""
    colours = charts.palette()
    spec = charts.lines(
        {"unpadded": colours.unpadded, "padded": colours.padded},
        x=charts.Axis("images seen", (0, pair.run.images), ",d"),
        y=charts.Axis(f"nats per {'image' if total else 'pixel'}", None),
    )
    data = drawn_curve(pair, total=total)
    charts.show(data, spec, alt=CURVE_ALT, key="total" if total else "per_pixel")


CURVE_ALT = "Test loss (solid) and training loss (dotted) of both networks against images seen"
