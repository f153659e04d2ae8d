"""Complete runs on levels and other grids of tiles."""

from ..adversarial.objectives import Relativistic
from ..adversarial.optimisers import Adam
from ..adversarial.reconstructions import Neighbours
from ..adversarial.regularisers import R1, R2
from ..networks import TilesDiscriminator, TilesGenerator
from ..schedule import Cosine, Linear
from ..training.health import Health
from ..training.run import Budget, Run
from .base import Recipe, Situation


def level(situation: Situation) -> Run:
    """Convolutions at full size under the default objective, and a price for tiles that never meet in the data.

    Small batches: what matters on so little data is the number of steps. The fast rate is halved away over the second
    half, in which patterns settle: misplaced tiles fell from 46 % to 33 % of levels then, without the price.
    """
    gamma = Cosine(start=0.3, end=0.1, until=0.5)
    adam = Adam(learning_rate=Cosine(start=2e-3, end=0.0, begin=0.5), beta2=0.99)
    return Run(
        recipe="level",
        data=situation.data,
        domain=situation.domain,
        generator=TilesGenerator(),
        discriminator=TilesDiscriminator(minibatch_std=4),
        objective=Relativistic(),
        terms=(R1(weight=gamma), R2(weight=gamma), Neighbours()),
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        half_life=Linear(start=500, end=10_000, until=0.2),
        batch=32,
        share_fakes=True,
        budget=Budget(minutes=15),
        # Whole levels are held out, and no two levels are alike: what looks like records known by heart is that.
        health=Health(remedies=0),
    )


RECIPES: dict[str, Recipe] = {
    "level": Recipe(
        level, 2024, "Huang et al.", "tiles, convolutions at full size", "relativistic + R1 + R2", {"name": "grid"}
    ),
}
