"""A trained classifier at the border: digits moved there, pixel by pixel. The face; no torch.

`core.classifier.training` trains.
"""

from core.classifier.experiment import DISTANCES as DISTANCES
from core.classifier.experiment import PADDINGS as PADDINGS
from core.classifier.experiment import SEEDS as SEEDS
from core.classifier.experiment import SIDES as SIDES
from core.classifier.experiment import Measured as Measured
from core.classifier.experiment import Settings as Settings
from core.classifier.experiment import cells as cells
from core.classifier.experiment import report as report
