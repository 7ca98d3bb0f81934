"""The runs that the repository ships, at their end."""

from core.autoencoder import Checkpoint, Run
from core.autoencoder.record import State
from core.autoencoder.runs import SHIPPED
from core.autoencoder.store import Folder


def state(run: Run) -> State:
    """A shipped run, which has reached what is asked for."""
    found = Folder(SHIPPED).read(run.settings)
    assert found is not None
    assert found.images_seen == run.images
    return found


def checkpoint(run: Run) -> Checkpoint:
    """Its last test."""
    return state(run).checkpoints[-1]


def pair(padded: Run) -> tuple[Checkpoint, Checkpoint]:
    """The last tests of both arms of an experiment."""
    unpadded, with_border = map(checkpoint, padded.arms)
    return unpadded, with_border
