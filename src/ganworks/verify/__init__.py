"""`ganworks verify`: which model and seed made a file, and the proof: the sample made again."""

from .models import Models
from .verify import GOOD, Verdict, files_of, hidden, verify

__all__ = ["GOOD", "Models", "Verdict", "files_of", "hidden", "verify"]
