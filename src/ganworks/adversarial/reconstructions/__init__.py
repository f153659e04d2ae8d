"""Terms that tie what is drawn to what was wanted: pixels, frequencies, features, places, cycles."""

from ..turn import Term
from .asked import AskedFor
from .contrast import PatchNce
from .cycle import Cycle, Identity
from .features import Content, Extracting, FeatureMatching, Gram, Perceptual
from .frequency import Frequency
from .mel import MelL1
from .neighbours import Neighbours
from .pixel import L1, L2, Charbonnier
from .temporal import Flow, Temporal

RECONSTRUCTIONS: dict[str, type[Term]] = {
    "l1": L1,
    "l2": L2,
    "charbonnier": Charbonnier,
    "frequency": Frequency,
    "mel-l1": MelL1,
    "feature-matching": FeatureMatching,
    "perceptual": Perceptual,
    "content": Content,
    "gram": Gram,
    "patch-nce": PatchNce,
    "cycle": Cycle,
    "identity": Identity,
    "flow": Flow,
    "temporal": Temporal,
    "asked": AskedFor,
    "neighbours": Neighbours,
}

__all__ = [
    "L1", "L2", "RECONSTRUCTIONS", "AskedFor", "Charbonnier", "Content", "Cycle", "Extracting", "FeatureMatching",
    "Flow", "Frequency", "Gram", "Identity", "MelL1", "Neighbours", "PatchNce", "Perceptual", "Temporal",
]  # fmt: skip
