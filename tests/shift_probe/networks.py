"""Networks for the tests of the probe."""

from typing import Any

from core.settings import InputError
from core.shift_probe import Network, Settings


def network(**settings: Any) -> Network:
    """The network with these settings, the others at their default."""
    return Network(Settings(**settings))


def fits(**settings: Any) -> bool:
    """Whether there is such a network: its layers fit the image."""
    try:
        network(**settings)
    except InputError:
        return False
    return True
