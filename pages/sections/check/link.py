"""Code in an address: compressed, and bounded whatever an address claims to hold."""

from __future__ import annotations

import base64
import binascii
import zlib

MAX_CODE = 20_000
"""Characters of code that are read on the page."""
MAX_LINK = 6_000
"""Characters of an address that code may take: browsers and servers cut longer ones."""


def packed(text: str) -> str | None:
    """`text` as letters, digits, - and _ for an address; None where it would take too many."""
    squeezed = zlib.compress(text.encode(), 9)
    link = base64.urlsafe_b64encode(squeezed).decode().rstrip("=")
    return link if len(link) <= MAX_LINK else None


def unpacked(link: str) -> str | None:
    """The text that `packed` made `link` of; None for anything else, and for too long a text."""
    if len(link) > MAX_LINK:
        return None
    try:
        squeezed = base64.b64decode(link + "=" * (-len(link) % 4), altchars=b"-_", validate=True)
        opened = zlib.decompressobj()
        text = opened.decompress(squeezed, 4 * MAX_CODE)  # a few bytes can claim gigabytes
        return text.decode() if opened.eof and len(text.decode()) <= MAX_CODE else None
    except (binascii.Error, ValueError, zlib.error):
        return None
