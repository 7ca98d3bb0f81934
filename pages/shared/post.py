"""What the post reports, whose question the app starts from."""

from __future__ import annotations

from typing import NamedTuple


class Post(NamedTuple):
    """Its figures; losses are training losses per pixel in nats."""

    parameters: int
    unpadded: float
    padded: float

    @property
    def fell(self) -> str:
        """By how much its loss per pixel fell, in percent."""
        return f"{100 * (1 - self.padded / self.unpadded):.1f} %"


POST = Post(parameters=28_353, unpadded=0.099, padded=0.075)
"""Cross Validated 454768, "Why does padding affect my results?"."""
