"""A visitor's own picture: a file of unknown content in, a small grey image out."""

from __future__ import annotations

import io
import warnings
from functools import lru_cache

import numpy as np
from PIL import Image, ImageOps

from core.arrays import Float64
from core.limits import limits
from core.settings import InputError

FORMATS = ("PNG", "JPEG")


@lru_cache(maxsize=2)  # a page asks again at every change, once for each of two sizes
def read_picture(content: bytes, height: int, width: int) -> Float64:
    """The middle of a PNG or JPEG picture, scaled to (height, width), grey in [0, 1], read-only.

    What the file is decides its first bytes, not its name. Raises InputError for anything else,
    for a damaged file and for more pixels or longer sides than `core.limits` has, before it is
    unpacked.
    """
    wrong = InputError("the file must be a PNG or JPEG picture, and this one cannot be read as one")
    try:
        with warnings.catch_warnings():
            # Pillow only warns of a large picture; its size is judged below, before it is unpacked.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
        pixels, side = picture.width * picture.height, max(picture.size)
        if pixels > limits().picture_pixels or side > limits().picture_side:
            raise too_large(f"{picture.width} × {picture.height}")
        # A JPEG is unpacked at a fraction of its size where that is enough.
        picture.draft("L", (4 * width, 4 * height))
        upright = ImageOps.exif_transpose(shrunk(picture, 4 * max(height, width)))
        grey = flatten(upright).convert("L")
    except InputError:
        raise
    except Image.DecompressionBombError:  # Pillow's own bound, at opening
        raise too_large("many times as many") from None
    except (OSError, ValueError, SyntaxError, MemoryError):
        raise wrong from None
    small = ImageOps.fit(grey, (width, height), Image.Resampling.BOX)
    found = np.asarray(small, np.float64) / 255
    found.flags.writeable = False
    return found


def too_large(size: str) -> InputError:
    return InputError(
        f"the picture must have at most {limits().picture_pixels:,} pixels and sides of at most "
        f"{limits().picture_side:,}, not {size}: make it smaller first"
    )


def shrunk(picture: Image.Image, side: int) -> Image.Image:
    """The picture reduced by a whole factor, its shorter side still `side` pixels or more.

    What comes after it then handles few pixels.
    """
    factor = min(picture.size) // side
    if factor < 2:
        return picture
    if picture.mode not in ("L", "RGB", "RGBA"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return picture.reduce(factor)


def flatten(picture: Image.Image) -> Image.Image:
    """The picture on white, where it is transparent."""
    if not picture.has_transparency_data:
        return picture
    layer = picture.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer)
