"""What the pages explain and lean on: each text declared once, linked where it is used, and listed.

`cite` gives the link that stands in a sentence, `at_end` the list below a page. A page says only
what the text it cites says, or what it computes itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.shared.words import TEXT


@dataclass(frozen=True)
class Source:
    """A text to cite.

    authors: as they stand in a sentence, "Islam et al." from three on.
    venue: where it appeared, with its number there.
    address: where it can be read.
    also: a further address of the same work.
    """

    authors: str
    year: int
    title: str
    venue: str
    address: str
    also: str = ""


CROSS_VALIDATED = Source(
    "Cross Validated",
    2020,
    "Why does padding affect my results?",
    "question 454768, with its answer",
    "https://stats.stackexchange.com/questions/454768",
)
KERAS_BLOG = Source(
    "Chollet",
    2016,
    "Building Autoencoders in Keras",
    "The Keras Blog",
    "https://blog.keras.io/building-autoencoders-in-keras.html",
)
STACK_OVERFLOW = Source(
    "Stack Overflow",
    2019,
    "Why use same padding with max pooling?",
    "a question on the Keras blog's autoencoder, with its answers, as copied by exchangetuts.com",
    "https://exchangetuts.com/why-use-same-padding-with-max-pooling-1640577364706518",
)
SCHEIDL = Source(
    "Scheidl",
    2021,
    "Does padding matter in deep learning models?",
    "Medium",
    "https://harald-scheidl.medium.com/does-padding-matter-in-deep-learning-models-176ed68fa348",
)
ISLAM = Source(
    "Islam et al.",
    2020,
    "How Much Position Information Do Convolutional Neural Networks Encode?",
    "ICLR 2020, arXiv 2001.08248",
    "https://arxiv.org/abs/2001.08248",
)
KAYHAN = Source(
    "Kayhan and van Gemert",
    2020,
    "On Translation Invariance in CNNs: Convolutional Layers Can Exploit Absolute Spatial Location",
    "CVPR 2020, arXiv 2003.07064",
    "https://arxiv.org/abs/2003.07064",
)
MIND_THE_PAD = Source(
    "Alsallakh et al.",
    2021,
    "Mind the Pad – CNNs Can Develop Blind Spots",
    "ICLR 2021, arXiv 2010.02178",
    "https://arxiv.org/abs/2010.02178",
    also="https://mind-the-pad.github.io",
)
MIND_THE_POOL = Source(
    "Alsallakh et al.",
    2023,
    "Mind the Pool: Convolutional Neural Networks Can Overfit Input Size",
    "ICLR 2023",
    "https://openreview.net/forum?id=cWmtUcsYC3V",
)
LUO = Source(
    "Luo et al.",
    2016,
    "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks",
    "NIPS 2016, arXiv 1701.04128",
    "https://arxiv.org/abs/1701.04128",
)
LIU = Source(
    "Liu et al.",
    2018,
    "Partial Convolution based Padding",
    "arXiv 1811.11718",
    "https://arxiv.org/abs/1811.11718",
)
LIN = Source(
    "Lin et al.",
    2022,
    "Unveiling The Mask of Position-Information Pattern Through the Mist of Image Features",
    "arXiv 2206.01202",
    "https://arxiv.org/abs/2206.01202",
)
ARAUJO = Source(
    "Araujo et al.",
    2019,
    "Computing Receptive Fields of Convolutional Neural Networks",
    "Distill, doi 10.23915/distill.00021",
    "https://doi.org/10.23915/distill.00021",
)
ZHANG = Source(
    "Zhang",
    2019,
    "Making Convolutional Networks Shift-Invariant Again",
    "ICML 2019, arXiv 1904.11486",
    "https://arxiv.org/abs/1904.11486",
)
SCHUIRMANN = Source(
    "Schuirmann",
    1987,
    "A Comparison of the Two One-Sided Tests Procedure and the Power Approach for Assessing the "
    "Equivalence of Average Bioavailability",
    "Journal of Pharmacokinetics and Biopharmaceutics 15 (6), doi 10.1007/BF01068419",
    "https://doi.org/10.1007/BF01068419",
)

PAGES: dict[str, tuple[Source, ...]] = {
    "start": (CROSS_VALIDATED,),
    "autoencoder": (CROSS_VALIDATED, KERAS_BLOG),
    "loss": (CROSS_VALIDATED, SCHUIRMANN),
    "shift_probe": (SCHEIDL, ISLAM, LIN, KAYHAN, LIU),
    "impact": (SCHEIDL, MIND_THE_PAD, LIU, ARAUJO, LUO),
    "shapes": (KERAS_BLOG, STACK_OVERFLOW, MIND_THE_PAD, MIND_THE_POOL, ZHANG),
    "check": (MIND_THE_PAD, SCHEIDL, ZHANG),
}
"""For each topic, what its page cites, in the order in which it is listed."""


def cite(source: Source, words: str = "") -> str:
    """A link to `source` in Markdown, to stand in a sentence; `words` instead of its name."""
    return f"[{words or f'{source.authors} {source.year}'}]({source.address})"


def entry(source: Source) -> str:
    """`source` in full, as it stands in a list, in Markdown."""
    also = f" [{source.also.removeprefix('https://')}]({source.also})." if source.also else ""
    title = source.title if source.title[-1] in ".?!" else f"{source.title}."
    return f"{source.authors} ({source.year}). [{title}]({source.address}) {source.venue}.{also}"


def at_end(topic: str) -> None:
    """The list of a page's sources, for below its last part."""
    st.header("Sources")
    listed = "\n".join(f"- {entry(source)}" for source in PAGES[topic])
    st.markdown(listed, width=TEXT)
