"""What only molecules have: shares with their denominators, fingerprints, scaffolds, fragments, properties.

Sets are lists of canonical SMILES; definitions are those of MOSES (Polykovskiy et al., 2020), written anew.
"""

from .alike import Fingerprints, fingerprints, internal_diversity, nearest
from .pieces import cosine, fragments, scaffolds
from .properties import compared, values
from .shares import Share, novelty, radicals, uniqueness, validity

__all__ = [
    "Fingerprints", "Share", "compared", "cosine", "fingerprints", "fragments", "internal_diversity", "nearest",
    "novelty", "radicals", "scaffolds", "uniqueness", "validity", "values",
]  # fmt: skip
