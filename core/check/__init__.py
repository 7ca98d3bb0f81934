"""What does padding do in my network? The topic's face; no torch."""

from core.check.graph import Graph as Graph
from core.check.graph import Node as Node
from core.check.graph import chain as chain
from core.check.report import FAULTS as FAULTS
from core.check.report import Report as Report
from core.check.report import Settings as Settings
from core.check.report import describe as describe
from core.check.report import parse_faults as parse_faults
from core.check.source import Source as Source
from core.check.source import network_of as network_of
