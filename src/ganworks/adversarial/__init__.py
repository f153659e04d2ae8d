"""The game: objectives, terms, players, turns. Knows no domain and no network."""

from .augment import AUGMENTATIONS, Augmentation
from .constraints import CONSTRAINTS, Constraint
from .engines import ENGINES, Engine
from .game import Game, Rules
from .language import LANGUAGE
from .latents import LATENTS, Latents
from .objectives import OBJECTIVES, Objective
from .optimisers import OPTIMISERS, Optimiser
from .path import PathLength
from .player import Player, backward
from .recognition import RECOGNITION
from .reconstructions import RECONSTRUCTIONS
from .regularisers import REGULARISERS
from .rewards import REWARDS
from .self_supervision import SelfSupervision
from .turn import Term, Turn

TERMS: dict[str, type[Term]] = {
    **REGULARISERS,
    **RECONSTRUCTIONS,
    **RECOGNITION,
    **LANGUAGE,
    **REWARDS,
    "path-length": PathLength,
    "self-supervision": SelfSupervision,
}

__all__ = [
    "AUGMENTATIONS", "CONSTRAINTS", "ENGINES", "LATENTS", "OBJECTIVES", "OPTIMISERS", "TERMS", "Augmentation",
    "Constraint", "Engine", "Game", "Latents", "Objective", "Optimiser", "Player", "Rules", "Term", "Turn", "backward",
]  # fmt: skip
