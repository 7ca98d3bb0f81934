"""What does padding do in my network? The topic's face; no torch."""

from core.check.graph import Graph as Graph
from core.check.graph import Node as Node
from core.check.graph import chain as chain
