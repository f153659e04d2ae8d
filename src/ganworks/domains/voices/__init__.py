"""One kind of sound into another, unpaired: recordings of A and of B <-> pictures of their mel spectra."""

from .codec import Converted
from .domain import Voices
from .pieces import in_pieces
from .spectra import Spectra

__all__ = ["Converted", "Spectra", "Voices", "in_pieces"]
