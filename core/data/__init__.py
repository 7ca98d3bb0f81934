"""Images: MNIST, generated digits, a visitor's own picture; padded and made noisy."""

from core.data.images import BLOCK as BLOCK
from core.data.images import DATASETS as DATASETS
from core.data.images import NOISE_FACTORS as NOISE_FACTORS
from core.data.images import PAD_LEVELS as PAD_LEVELS
from core.data.images import PAD_MODES as PAD_MODES
from core.data.images import PAD_WIDTHS as PAD_WIDTHS
from core.data.images import SIZE as SIZE
from core.data.images import TEST_SIZE as TEST_SIZE
from core.data.images import TRAIN_SIZES as TRAIN_SIZES
from core.data.images import VARIATIONS as VARIATIONS
from core.data.images import Images as Images
from core.data.images import MissingData as MissingData
from core.data.images import NoisySet as NoisySet
from core.data.images import Stopped as Stopped
from core.data.images import add_noise as add_noise
from core.data.images import available as available
from core.data.images import content as content
from core.data.images import load as load
from core.data.images import noise as noise
from core.data.images import noisy_set as noisy_set
from core.data.images import pad as pad
from core.data.images import ring as ring
from core.data.images import vary as vary
