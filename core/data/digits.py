"""Generated digits, in MNIST's frame, for a machine that has neither MNIST nor a network.

A digit is a letterform from the fonts that matplotlib ships, drawn once at several times the final
resolution, then read through a random affine and elastic warp. It is framed as MNIST's digits are
(http://yann.lecun.com/exdb/mnist): scaled to fit 20×20 with its aspect ratio kept, then moved by
whole pixels so that its centre of mass comes to the centre of 28×28.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from core.arrays import Bytes, Float64

Places = NDArray[np.intp]

VERSION = 1  # raise it with every change to what is drawn

SIZE = 28  # height and width of an image, pixels
BOX = 20  # height and width of the frame around the ink, pixels

# The faces, and the widths that a pen adds all around their outlines, in image pixels: thin
# strokes would vanish at this size, and a round pen makes print look more like handwriting.
PENS = {
    "DejaVuSans": (0.2, 0.6),
    "DejaVuSans-Oblique": (0.2, 0.6),
    "DejaVuSerif-Italic": (0.2,),
    "STIXGeneral": (0.4, 0.8),
    "STIXGeneralItalic": (0.4, 0.8),
    "STIXGeneralBol": (0.2,),
    "cmr10": (0.6, 0.9),
    "cmss10": (0.4, 0.8),
    "cmti10": (0.6, 0.9),
    "cmtt10": (0.4, 0.8),
    "cmmi10": (0.6, 0.9),
}
BARE = ("DejaVuSans", "DejaVuSans-Oblique", "cmss10")  # 1 is one stroke in these: an l

FINE = 5  # glyph pixels per image pixel
MARGIN = 3  # black around a glyph, image pixels
GLYPH = (BOX + 2 * MARGIN) * FINE  # height and width of a glyph bitmap
BLUR = 0.6  # standard deviation of the anti-aliasing, image pixels

OUTLINE = (48, 108)  # the grey at which a blurred glyph's ink ends: low for a bold hand
CONTRAST = 1.65  # steepness of the edge, grey levels per grey level of the blurred glyph

TURN = 0.20  # greatest rotation either way, radians
LEAN, SHEAR = 0.10, 0.32  # handwriting leans to the right; greatest shear either way
NARROW, SQUEEZE = -0.06, 0.20  # print is narrower than handwriting; greatest squeeze either way
WAVE = 0.07  # greatest amplitude of each wave of the elastic warp, half boxes

REACH = 1.6  # how far from its centre a warped glyph may extend, half boxes
SCAN = 36  # rows and columns of the scan that finds a warped glyph's ink

BLOCK = 64  # digits drawn together: few enough that the work stays in the processor's cache


def fonts() -> Path:
    """The folder of matplotlib's fonts, found without importing matplotlib."""
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"


@lru_cache(maxsize=1)
def content() -> str:
    """What decides the pixels: this module's version, Pillow's and the font files."""
    digest = hashlib.sha256(f"{VERSION} {PIL.__version__} {PENS}".encode())
    for face in PENS:
        digest.update((fonts() / f"{face}.ttf").read_bytes())
    return digest.hexdigest()


def _glyph(face: str, pen: float, digit: int) -> Bytes:
    """A digit in white on black, (GLYPH, GLYPH), its longer side BOX image pixels."""
    letter = "l" if digit == 1 and face in BARE else str(digit)
    font = ImageFont.truetype(fonts() / f"{face}.ttf", BOX * FINE)
    left, top, right, bottom = font.getbbox(letter)
    font = font.font_variant(size=font.size * BOX * FINE / max(right - left, bottom - top))
    left, top, right, bottom = font.getbbox(letter)
    image = Image.new("L", (GLYPH, GLYPH))
    ImageDraw.Draw(image).text(
        ((GLYPH - left - right) / 2, (GLYPH - top - bottom) / 2),
        letter,
        fill=255,
        font=font,
        stroke_width=pen * FINE,
    )
    return np.asarray(image.filter(ImageFilter.GaussianBlur(BLUR * FINE)))


@lru_cache(maxsize=1)
def glyphs() -> Bytes:
    """Every digit in every face and pen: (10, variants, GLYPH, GLYPH)."""
    variants = [(face, pen) for face, pens in PENS.items() for pen in pens]
    return np.array([[_glyph(*variant, digit) for variant in variants] for digit in range(10)])


def _basis(positions: Float64) -> Float64:
    """1, t, sin πt, cos πt at `positions` (…, n) in half boxes from the centre: (…, n, 4)."""
    angle = np.pi * positions
    return np.stack([np.ones_like(positions), positions, np.sin(angle), np.cos(angle)], axis=-1)


def _warps(uniform: Float64) -> Float64:
    """Random maps from image to glyph, both in half boxes from their centres.

    A map has, for the glyph's row and column, the coefficients of the products of `_basis` of the
    image's row with `_basis` of its column. `uniform`: (n, 19) in [-1, 1). Returns (2, n, 4, 4).
    """
    turn, shear, squeeze = (uniform[:, :3] * (TURN, SHEAR, SQUEEZE)).T
    warps = np.zeros((2, len(uniform), 4, 4))
    warps[0, :, 1, 0] = np.cos(turn)
    warps[0, :, 0, 1] = np.sin(turn)
    warps[1, :, 1, 0] = LEAN - np.sin(turn) - shear
    warps[1, :, 0, 1] = np.cos(turn) + NARROW + squeeze
    waves = (uniform[:, 3:] * WAVE).reshape(-1, 2, 8).swapaxes(0, 1)
    warps[:, :, 2:, 2:] = waves[:, :, :4].reshape(2, -1, 2, 2)
    warps[:, :, 2:, 0] = waves[:, :, 4:6]
    warps[:, :, 0, 2:] = waves[:, :, 6:8]
    return warps


class _Reader:
    """Reads glyphs through warps, on `size` × `size` positions, into memory that it reuses.

    To allocate afresh for each block takes longer than all the arithmetic.
    """

    def __init__(self, size: int) -> None:
        self.place = np.empty((2, BLOCK, size, size))
        self.index = np.empty((BLOCK, size, size), np.intp)
        self.grey = np.empty((BLOCK, size, size), np.uint8)

    def read(self, glyph: Places, warps: Float64, rows: Float64, columns: Float64) -> Bytes:
        """What the glyphs show where the warps send the positions; valid until the next call."""
        across = np.ascontiguousarray(_basis(columns).swapaxes(-1, -2))
        np.matmul(_basis(rows) @ warps, across, out=self.place)
        self.place *= BOX / 2 * FINE
        self.place += GLYPH / 2
        np.clip(self.place, 0, GLYPH - 1, out=self.place)
        np.floor(self.place, out=self.place)
        row, column = self.place
        row *= GLYPH
        row += column
        row += (glyph * GLYPH**2)[:, None, None]
        np.copyto(self.index, row, casting="unsafe")
        # Without a mode other than "raise", take would write to a copy first.
        return glyphs().ravel().take(self.index, out=self.grey, mode="clip")


def _extent(counts: Bytes) -> tuple[Float64, Float64, Float64]:
    """First edge, last edge and mean of the ink on one axis, from its `counts` (n, SCAN)."""
    inked = counts > 0
    pitch = 2 * REACH / SCAN
    first = inked.argmax(axis=1)
    last = SCAN - inked[:, ::-1].argmax(axis=1)
    mean: Float64 = counts @ (np.arange(SCAN) + 0.5) / np.maximum(counts.sum(axis=1), 1)
    return first * pitch - REACH, last * pitch - REACH, mean * pitch - REACH


def _positions(first: Float64, last: Float64, mean: Float64, pixel: Float64) -> Float64:
    """Where the image's pixels lie on one axis, (n, SIZE), when `pixel` is a pixel's width."""
    length = (last - first) / pixel
    offset = np.clip(np.rint(SIZE / 2 - (mean - first) / pixel), 0, SIZE - length)
    places: Float64 = (np.arange(SIZE) + 0.5 - offset[:, None]) * pixel[:, None]
    return places + first[:, None]


def _block(seed: int, block: int, scanner: _Reader, reader: _Reader) -> tuple[Bytes, Bytes]:
    """The `block`-th BLOCK images and labels of a seed."""
    uniform = np.random.default_rng([seed, block]).random((BLOCK, 22))
    variants = glyphs().shape[1]
    labels = (uniform[:, 0] * 10).astype(np.uint8)
    glyph = labels * np.intp(variants) + (uniform[:, 1] * variants).astype(np.intp)
    level = np.interp(uniform[:, 2], (0, 1), OUTLINE).astype(np.float32)[:, None, None]
    warps = _warps(2 * uniform[:, 3:] - 1)

    scan = REACH * ((2 * np.arange(SCAN) + 1) / SCAN - 1)[None]
    ink = (scanner.read(glyph, warps, scan, scan) > level).view(np.uint8)
    rows = _extent(np.add.reduce(ink, axis=2, dtype=np.uint8))
    columns = _extent(np.add.reduce(ink, axis=1, dtype=np.uint8))
    pixel = np.maximum(rows[1] - rows[0], columns[1] - columns[0]) / BOX

    grey = reader.read(glyph, warps, _positions(*rows, pixel), _positions(*columns, pixel))
    sharp = (grey - level) * np.float32(CONTRAST)
    return np.clip(sharp, 0, 255, out=sharp).astype(np.uint8), labels


def draw(n: int, seed: int = 0) -> tuple[Bytes, Bytes]:
    """`n` digits, (n, 28, 28), and their labels, (n,). Digit i is the same for every `n`."""
    images = np.empty((n, SIZE, SIZE), np.uint8)
    labels = np.empty(n, np.uint8)
    scanner, reader = _Reader(SCAN), _Reader(SIZE)
    for start in range(0, n, BLOCK):
        some, theirs = _block(seed, start // BLOCK, scanner, reader)
        images[start : start + BLOCK] = some[: n - start]
        labels[start : start + BLOCK] = theirs[: n - start]
    return images, labels
