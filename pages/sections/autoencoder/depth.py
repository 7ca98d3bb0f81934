"""How deep the network is, and what that asks of an image's size, in words."""

from __future__ import annotations

from core.autoencoder import Settings, parameter_count, sizes_along
from pages.shared.sources import CROSS_VALIDATED, KERAS_BLOG, cite

TIMES = {1: "one", 2: "two", 3: "three", 4: "four"}


def layer_words(unpadded: Settings, padded: Settings) -> list[str]:
    """Paragraphs about the network of both arms, in Markdown."""
    sizes = sorted({unpadded.size, padded.size})
    paragraphs = [network_words(padded), *(size_words(size, padded.depth) for size in sizes)]
    if cropped(unpadded):
        paragraphs.append(deeper_words(unpadded))
    return [paragraph for paragraph in paragraphs if paragraph]


def network_words(settings: Settings) -> str:
    """How the network differs from the post's; nothing where it does not."""
    post = Settings()
    parts = []
    if settings.depth != post.depth:
        noun = "pooling" if settings.depth == 1 else "poolings"
        parts.append(f"{TIMES[settings.depth]} {noun} instead of {TIMES[post.depth]}")
    if settings.channels != post.channels:
        parts.append(f"{settings.channels} channels instead of {post.channels}")
    if not parts:
        return ""
    return (
        f"This is not the network of {cite(CROSS_VALIDATED, 'the post')}: {', '.join(parts)}, and "
        f"{parameter_count(settings):,} parameters instead of {parameter_count(post):,}."
    )


def size_words(size: int, depth: int) -> str:
    """Whether pooling and upsampling lead an image of `size` × `size` back to its size."""
    sizes = sizes_along(size, depth)
    end, trail = sizes[-1], " → ".join(map(str, sizes))
    if end == size:
        times = TIMES[depth]
        plural = "" if depth == 1 else "s"
        return (
            f"{size} is divisible by {2**depth}, so {times} pooling{plural} and {times} "
            f"upsampling{plural} lead back to it: {trail}."
        )
    return (
        f"{size} is not divisible by {2**depth}: {trail}. With these layers Keras would refuse to "
        f"compare an output of {end} × {end} with images of {size} × {size}; here the output's "
        f"last {end - size} rows and columns are cropped."
    )


def deeper_words(unpadded: Settings) -> str:
    """What others did where the unpadded image needs a crop."""
    words = (
        "A deeper autoencoder is simpler to build where every size halves evenly, as 32 does five "
        "times: that is why the post padded 28 to 32."
    )
    if unpadded.depth == 3:
        words += (
            f" {cite(KERAS_BLOG, 'The Keras blog')} pools 28 three times, too, and leaves out the "
            "padding of one convolution in the decoder: it takes 16 to 14, and doubling gives 28."
        )
    return words


def cropped(settings: Settings) -> bool:
    """Whether the network's output is larger than the image, and is cropped."""
    return sizes_along(settings.size, settings.depth)[-1] != settings.size
