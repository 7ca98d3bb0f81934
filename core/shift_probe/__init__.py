"""Can a "shift-invariant" network tell where a pixel is? The topic's face; no torch."""

from core.shift_probe.any_stack import experiment as experiment
from core.shift_probe.any_stack import positions_told_apart as positions_told_apart
from core.shift_probe.comparison import EVERY_PADDING as EVERY_PADDING
from core.shift_probe.comparison import Row as Row
from core.shift_probe.comparison import compare_one as compare_one
from core.shift_probe.comparison import report as report
from core.shift_probe.comparison import windows_met as windows_met
from core.shift_probe.network import Network as Network
from core.shift_probe.network import Position as Position
from core.shift_probe.network import Settings as Settings
from core.shift_probe.proof import Proof as Proof
from core.shift_probe.proof import class_positions as class_positions
from core.shift_probe.proof import prove as prove
from core.shift_probe.proof import touch_rank as touch_rank
from core.shift_probe.training import Snapshot as Snapshot
from core.shift_probe.training import Training as Training
from core.shift_probe.training import torch_difference as torch_difference
from core.shift_probe.training import train as train
