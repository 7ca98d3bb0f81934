"""A visitor's picture: read, shrunk and grey, or refused in a sentence."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from core.data.picture import read_picture
from core.settings import InputError


def file_of(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG file that claims a size and holds nothing."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    checked = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    empty = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return b"\x89PNG\r\n\x1a\n" + checked + empty


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_scaled_and_grey(kind: str) -> None:
    halves = np.zeros((40, 60, 3), np.uint8)
    halves[:, 30:] = 255
    found = read_picture(file_of(Image.fromarray(halves), kind), 10, 10)
    assert found.shape == (10, 10)
    assert found[:, :5].max() < 0.05
    assert found[:, 5:].min() > 0.95


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert (read_picture(file_of(clear, "PNG"), 4, 4) == 1).all()


def test_a_photograph_stands_upright() -> None:
    pixels = np.zeros((4, 8), np.uint8)
    pixels[:, :4] = 255  # left, which the tag says is up
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: to be turned by 90° clockwise
    content = file_of(Image.fromarray(pixels), "PNG", exif=exif)
    found = read_picture(content, 8, 4)
    assert found[:4].min() == 1
    assert found[4:].max() == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        png_header(10, 10),
        file_of(Image.new("L", (64, 64), 9), "PNG")[:60],
        file_of(Image.new("L", (8, 8)), "GIF"),
        file_of(Image.new("L", (8, 8)), "BMP"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
    ids=["empty", "text", "torn header", "no pixels", "cut off", "GIF", "BMP", "SVG"],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="must be a PNG or JPEG"):
        read_picture(content, 10, 10)


@pytest.mark.parametrize("size", [(2_001, 2_000), (20_000, 20_000), (65_000, 65_000), (10_001, 1)])
def test_a_huge_picture_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"at most 4,000,000 pixels and sides of at most 10,000"):
        read_picture(png_header(*size), 10, 10)


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "L", "P", "LA", "1", "I;16"])
def test_a_large_picture_is_shrunk_in_any_mode(mode: str) -> None:
    white = Image.new("L", (1_000, 800), 255)
    content = file_of(white.convert(mode) if mode != "I;16" else white, "PNG")
    found = read_picture(content, 16, 16)
    assert found.shape == (16, 16)
    assert found.min() == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_large_picture_takes_little_more_than_itself() -> None:
    content = file_of(Image.new("RGBA", (2_000, 2_000), (9, 9, 9, 99)), "PNG")
    code = (
        "import re, sys; from pathlib import Path; from core.data.picture import read_picture\n"
        "content = sys.stdin.buffer.read()\n"
        # The process's own peak; getrusage would count that of the process that started it.
        "status = lambda: Path('/proc/self/status').read_text()\n"
        "used = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', status())[1])\n"
        "before = used(); read_picture(content, 28, 28); print(used() - before)"
    )
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, input=content, capture_output=True, check=True)
    assert 0 < int(found.stdout) < 40 * 1024  # kB; unpacked the picture has 16 MB
