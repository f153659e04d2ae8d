"""Every name a user may write, in one table."""

from collections.abc import Mapping
from typing import Any

from .adversarial import AUGMENTATIONS, CONSTRAINTS, ENGINES, LATENTS, OBJECTIVES, OPTIMISERS, TERMS
from .domains import DOMAINS
from .networks import DISCRIMINATORS, GENERATORS
from .recipes import RECIPES
from .schedule import SCHEDULES

CATALOGUE: dict[str, Mapping[str, Any]] = {
    "recipe": RECIPES,
    "domain": DOMAINS,
    "generator": GENERATORS,
    "discriminator": DISCRIMINATORS,
    "objective": OBJECTIVES,
    "term": TERMS,
    "constraint": CONSTRAINTS,
    "engine": ENGINES,
    "augmentation": AUGMENTATIONS,
    "latents": LATENTS,
    "optimiser": OPTIMISERS,
    "schedule": SCHEDULES,
}
