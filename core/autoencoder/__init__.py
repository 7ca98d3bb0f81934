"""A denoising autoencoder on images padded more or less: what it is, and what its runs left.

The topic's face; no torch. `core.autoencoder.runs` trains and keeps.
"""

from core.autoencoder.experiment import LIVE as LIVE
from core.autoencoder.experiment import MATHEMATICS as MATHEMATICS
from core.autoencoder.experiment import MAX_EPOCHS as MAX_EPOCHS
from core.autoencoder.experiment import ORIGINAL as ORIGINAL
from core.autoencoder.experiment import Length as Length
from core.autoencoder.experiment import Run as Run
from core.autoencoder.experiment import Settings as Settings
from core.autoencoder.experiment import arms as arms
from core.autoencoder.experiment import canonical as canonical
from core.autoencoder.experiment import checkpoint_positions as checkpoint_positions
from core.autoencoder.experiment import layers as layers
from core.autoencoder.experiment import next_checkpoint as next_checkpoint
from core.autoencoder.experiment import parameter_count as parameter_count
from core.autoencoder.experiment import sizes_along as sizes_along
from core.autoencoder.record import Checkpoint as Checkpoint
from core.autoencoder.record import Point as Point
from core.autoencoder.record import report as report
