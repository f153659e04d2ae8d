"""Truncation: latents pulled to their mean, for samples that are safer and less diverse. Karras et al. (2019), B.

Styles are pulled to the mean style. Without a mapping network z itself is shortened, z * psi: Brock et al. (2019)
redraw what lies far out instead, number by number. Both leave the shell that normal latents lie in, and a generator
that was not trained for that may draw paler rather than better. Codes and conditions stay as they are.
"""

from ..domains.base import Raw
from ..model import Model
from ..settings import ConfigError
from .space import Space


def check(psi: float) -> None:
    """Raises ConfigError for a factor that is none."""
    if not 0 <= psi <= 1:
        raise ConfigError(f"truncation must be from 0 (all alike) to 1 (none), got {psi:g}")


def generate(model: Model, count: int, psi: float, seed: int = 0, first: int = 0, condition: str | None = None) -> Raw:
    """Records as `Model.generate` draws them, truncated by psi; with 1 nothing is changed.

    Raises ConfigError when psi is not from 0 to 1, or the condition is not known.
    """
    check(psi)
    if count < 1 or seed < 0 or first < 0:
        raise ConfigError(f"count must be at least 1, seed and first at least 0, got {count}, {seed} and {first}")
    space = Space(model)
    return space.records(space.enter(model.inputs(count, seed, first, condition), psi))
