"""Tokens: lines of text, by words, characters or pieces, <-> samples (tokens, steps)."""

from .codec import Sequences
from .domain import Tokens
from .reading import Reading, Wanted
from .vocabulary import Vocabulary, Words

__all__ = ["Reading", "Sequences", "Tokens", "Vocabulary", "Wanted", "Words"]
