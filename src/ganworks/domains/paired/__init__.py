"""Pictures that belong together: pairs of an input and its target, and two collections that only share a subject."""

from .codec import Translated
from .pairs import Pairs
from .unpaired import Unpaired

__all__ = ["Pairs", "Translated", "Unpaired"]
