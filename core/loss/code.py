"""The conversion as a program to copy and run. Where a loss comes from, a run's own says."""

from __future__ import annotations

from core.loss.conversion import Settings


def program(given: Settings) -> str:
    """Say the loss both ways, in plain Python; what was given comes first."""
    if given.per_pixel is not None:
        known = f"per_pixel = {given.per_pixel!r}  # the mean over images and pixels"
        wanted = "total = per_pixel * pixels  # the sum over an image's pixels, a mean over images"
    else:
        known = f"total = {given.total!r}  # the sum over an image's pixels, a mean over images"
        wanted = "per_pixel = total / pixels  # the mean over images and pixels"
    return f"""\
pixels = {given.height} * {given.width}
{known}
{wanted}
print("per pixel", per_pixel, "in total", total)
"""
