"""What a loss counts, what it is made of, and what follows from it; the topic's face, no torch.

All losses are binary cross-entropies in nats. *Per pixel* is the mean over an image's pixels,
*total* the sum over them; both are means over images.
"""

from core.loss.border import predict as predict
from core.loss.comparison import Comparison as Comparison
from core.loss.comparison import Pairs as Pairs
from core.loss.comparison import changes as changes
from core.loss.comparison import split_of as split_of
from core.loss.composition import Parts as Parts
from core.loss.composition import floor_per_pixel as floor_per_pixel
from core.loss.composition import means as means
from core.loss.composition import parts as parts
from core.loss.conversion import Settings as Settings
from core.loss.conversion import convert as convert
from core.loss.conversion import report as report
from core.loss.explanation import Finding as Finding
from core.loss.explanation import Law as Law
from core.loss.explanation import Trial as Trial
from core.loss.explanation import finding as finding
from core.loss.explanation import law_of as law_of
from core.loss.explanation import trial_of as trial_of
from core.loss.explanation import widths as widths
from core.loss.frames import Framed as Framed
from core.loss.frames import framed as framed
from core.loss.frames import framed_run as framed_run
from core.loss.frames import framed_runs as framed_runs
from core.loss.quality import Measure as Measure
from core.loss.quality import measures as measures
