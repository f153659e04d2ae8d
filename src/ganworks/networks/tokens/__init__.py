"""Networks of tokens: writers that put one token after the other, and a reader that judges phrases."""

from .coded import CodesGenerator
from .phrases import PhrasesDiscriminator
from .writer import AutoregressiveGenerator

__all__ = ["AutoregressiveGenerator", "CodesGenerator", "PhrasesDiscriminator"]
