"""Every way in which a line becomes tokens, by its name."""

from .selfies import Selfies
from .vocabulary import Characters, Spaced, Subwords, Words

WORDS: dict[str, type[Words]] = {
    "words": Spaced, "characters": Characters, "subwords": Subwords, "selfies": Selfies,
}  # fmt: skip
