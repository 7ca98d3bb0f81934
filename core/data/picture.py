"""A visitor's own picture: a file of unknown content in, a small grey image out."""

from __future__ import annotations

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.settings import InputError

FORMATS = ("PNG", "JPEG")
MAX_PIXELS = 25_000_000  # of the file's picture: 75 MB once unpacked


def read_picture(content: bytes, height: int, width: int) -> NDArray[np.float64]:
    """The middle of a PNG or JPEG picture, scaled to (height, width), grey in [0, 1].

    What the file is decides its first bytes, not its name. Raises InputError for anything else,
    for a damaged file and for more than MAX_PIXELS.
    """
    wrong = InputError("the file must be a PNG or JPEG picture, and this one cannot be read as one")
    try:
        with warnings.catch_warnings():
            # Pillow only warns of a large picture; its size is judged below, before it is unpacked.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise InputError(
                f"the picture must have at most {MAX_PIXELS // 10**6} million pixels, "
                f"not {picture.width} × {picture.height}"
            )
        # A JPEG is unpacked at a fraction of its size where that is enough.
        picture.draft("L", (4 * width, 4 * height))
        upright = ImageOps.exif_transpose(picture)
        grey = flatten(upright).convert("L")
    except InputError:
        raise
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
        raise wrong from None
    small = ImageOps.fit(grey, (width, height), Image.Resampling.BOX)
    return np.asarray(small, np.float64) / 255


def flatten(picture: Image.Image) -> Image.Image:
    """The picture on white, where it is transparent."""
    if not picture.has_transparency_data:
        return picture
    layer = picture.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer)
