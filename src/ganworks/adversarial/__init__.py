"""The game: objectives, terms, players, turns. Knows no domain and no network."""

from .augment import AUGMENTATIONS, Augmentation
from .constraints import CONSTRAINTS, Constraint
from .engines import ENGINES, Engine
from .game import Game, Rules
from .latents import LATENTS, Latents
from .objectives import OBJECTIVES, Objective
from .optimisers import OPTIMISERS, Optimiser
from .player import Player, backward
from .regularisers import REGULARISERS
from .turn import Term, Turn

TERMS: dict[str, type[Term]] = {**REGULARISERS}

__all__ = [
    "AUGMENTATIONS", "CONSTRAINTS", "ENGINES", "LATENTS", "OBJECTIVES", "OPTIMISERS", "TERMS", "Augmentation",
    "Constraint", "Engine", "Game", "Latents", "Objective", "Optimiser", "Player", "Rules", "Term", "Turn", "backward",
]  # fmt: skip
