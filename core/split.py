"""Why the loss per pixel changed: on shared pixels, by a border, or by dividing by more pixels.

The unpadded network's total loss U is divided by N₀ pixels. The padded one's is I on these same
pixels and B on the border, and is divided by N. The change of the loss per pixel is exactly

    (I + B) / N − U / N₀  =  (I − U) / N₀  +  B / N₀  +  (I + B) (1 / N − 1 / N₀).

The first part compares like with like, the second is what the new pixels cost, the third is no
property of either network.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Split:
    """The change of the loss per pixel in three parts, each as a share of the unpadded loss.

    They are shares of the same loss per pixel, so they add up: 0.007 + 0.001 − 0.237 = −0.229 is
    22.9 % less. `shared` is also the change of the loss on the shared pixels.
    """

    shared: float  # (I − U) / U, any sign
    border: float  # B / U, never negative
    division: float  # (I + B) / U · (N₀ / N − 1), never positive
    pixels: int  # N₀
    padded_pixels: int  # N

    @property
    def per_pixel(self) -> float:
        """The change of the loss per pixel, a share of the unpadded one: the sum of the parts."""
        return self.shared + self.border + self.division

    @property
    def total(self) -> float:
        """The change of the total loss, a share of the unpadded one."""
        return self.shared + self.border


def split(unpadded: float, shared: float, border: float, pixels: int, padded_pixels: int) -> Split:
    """Split a change; `unpadded`, `shared` and `border` are U, I and B in nats an image.

    Raises ValueError for losses that no two networks can have: U must be positive, I and B not
    negative, and padding adds pixels.
    """
    if not (unpadded > 0 and shared >= 0 and border >= 0 and padded_pixels >= pixels > 0):
        raise ValueError(
            f"no change to split: {unpadded=}, {shared=}, {border=}, {pixels=}, {padded_pixels=}"
        )
    return Split(
        shared=(shared - unpadded) / unpadded,
        border=border / unpadded,
        division=(shared + border) / unpadded * (pixels - padded_pixels) / padded_pixels,
        pixels=pixels,
        padded_pixels=padded_pixels,
    )
