"""What only lines of tokens have: BLEU against all references, variety, copies, and tables of n-grams."""

from .bleu import ORDERS, References, bleu, self_bleu
from .copies import Copies, Training
from .ngrams import NGrams
from .variety import distinct

__all__ = ["ORDERS", "Copies", "NGrams", "References", "Training", "bleu", "distinct", "self_bleu"]
