"""How much does each input pixel count? The topic's face; no torch."""

from core.impact.border import corner_touches as corner_touches
from core.impact.border import unevenly_padded as unevenly_padded
from core.impact.paths import Impact as Impact
from core.impact.paths import Lean as Lean
from core.impact.paths import Settings as Settings
from core.impact.paths import Touch as Touch
from core.impact.paths import impact as impact
from core.impact.paths import lost_detail as lost_detail
from core.impact.paths import reach as reach
from core.impact.paths import report as report
from core.impact.paths import touches as touches
