"""Complete runs on series: windows of a table in time."""

import math

from ..adversarial.objectives import Relativistic
from ..adversarial.optimisers import Adam
from ..adversarial.regularisers import R1, R2
from ..networks import (
    Discriminator,
    Generator,
    MlpDiscriminator,
    MlpGenerator,
    SequenceDiscriminator,
    SequenceGenerator,
)
from ..schedule import Cosine, Geometric, Linear
from ..training.run import Budget, Run
from .base import Recipe, Situation

DENSE = 1024
"""Numbers in a window up to which dense layers learn it better than convolutions, and in less time."""

MOVES = 10.0
"""How much louder moves from step to step are shown to the discriminator: windows of prices tremble otherwise."""


def series(situation: Situation) -> Run:
    """The default objective on two dense layers for short windows, on convolutions over time for long ones.

    Tuned on windows of 24 steps of stock prices. As on points, gamma falls by equal factors, so that what a window has
    in detail comes after its course.
    """
    gamma = Geometric(start=0.3, end=0.03, until=0.7)
    adam = Adam(learning_rate=Cosine(start=1e-3, end=0.0, begin=0.4), beta2=0.99)
    generator, discriminator = _players(situation)
    return Run(
        recipe="series",
        data=situation.data,
        domain=situation.domain,
        generator=generator,
        discriminator=discriminator,
        objective=Relativistic(),
        terms=(R1(weight=gamma), R2(weight=gamma)),
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        half_life=Linear(start=500, end=20_000, until=0.2),
        batch=128,
        share_fakes=True,
        budget=Budget(samples=4_000 * 128),
    )


def _players(situation: Situation) -> tuple[Generator, Discriminator]:
    # What comes hangs on the past in other ways than by a sum, which is all that a projection knows.
    way = "input" if situation.spec.condition is not None else "projection"
    if math.prod(situation.spec.shape) <= DENSE:
        return (
            MlpGenerator(latent=32, widths=(256, 256)),
            MlpDiscriminator.from_tree({"widths": [256, 256], "condition": way, "moves": MOVES}),
        )
    return (
        SequenceGenerator(width=32, widest=128),
        SequenceDiscriminator.from_tree({"width": 16, "widest": 64, "hidden": 64, "condition": way, "moves": MOVES}),
    )


RECIPES: dict[str, Recipe] = {
    "series": Recipe(
        series, 2024, "Huang et al.", "dense, or convolutions over time", "relativistic + R1 + R2", {"name": "series"}
    ),
}
