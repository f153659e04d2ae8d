"""Sentences of a small grammar: a built-in data set, every line of which can be told right from wrong."""

import itertools
import re

import numpy as np

from .reading import Line

SENTENCES = "sentences"
SIZES, COLOURS = ("small", "big", "old", "young"), ("red", "green", "grey", "white", "black")
BEASTS, DEEDS = ("cat", "dog", "bird", "horse", "fox", "mouse"), ("sees", "follows", "hears", "meets", "likes")
PLACES = ("in the garden", "near the river", "at night", "behind the house")
_BEAST = f"(a|the)( ({'|'.join(SIZES)}))?( ({'|'.join(COLOURS)}))? ({'|'.join(BEASTS)})"
GRAMMAR = re.compile(f"^{_BEAST} ({'|'.join(DEEDS)}) {_BEAST}( ({'|'.join(PLACES)}))?$")
COUNT = 4000


def sentences(seed: int) -> list[Line]:
    """Lines such as `the old cat sees a red bird at night`."""
    rng = np.random.default_rng(seed)

    def pick(words: tuple[str, ...]) -> str:
        return words[int(rng.integers(len(words)))]

    def beast() -> list[str]:
        maybe = itertools.chain(
            [pick(SIZES)] if rng.random() < 0.4 else [], [pick(COLOURS)] if rng.random() < 0.4 else []
        )
        return [pick(("a", "the")), *maybe, pick(BEASTS)]

    found = []
    for number in range(1, COUNT + 1):
        words = [*beast(), pick(DEEDS), *beast(), *([pick(PLACES)] if rng.random() < 0.5 else [])]
        found.append(Line(" ".join(words), number))
    return found
