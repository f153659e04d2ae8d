"""Complete runs on points in the plane."""

from ..adversarial.objectives import NonSaturating, Relativistic
from ..adversarial.optimisers import Adam
from ..adversarial.regularisers import R1, R2
from ..networks import MlpDiscriminator, MlpGenerator
from ..schedule import Cosine, Geometric
from ..training.run import Budget, Run
from .base import Recipe, Situation


def mixture(situation: Situation) -> Run:
    """The default objective on three layers of 128, tuned on the ring of 8 and the grid of 25.

    Two things decide. Units of the generator that switch off altogether (relu): with leaky ones on the grid it cannot
    let go of the ground between modes, and evenness is lost before precision comes (40 % instead of 95 % of samples
    good after 8,000 steps). And a gamma that falls by equal factors, so that the generator keeps up with it.
    """
    gamma = Geometric(start=0.1, end=0.0015, until=0.8)
    adam = Adam(learning_rate=Cosine(start=2e-3, end=0.0, begin=0.3), beta2=0.99)
    return Run(
        recipe="mixture",
        data=situation.data,
        domain=situation.domain,
        generator=MlpGenerator(latent=2, widths=(128, 128, 128), activation="relu"),
        discriminator=MlpDiscriminator(widths=(128, 128, 128)),
        objective=Relativistic(),
        terms=(R1(weight=gamma), R2(weight=gamma)),
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        half_life=20_000,
        batch=256,
        budget=Budget(samples=14_000 * 256),
    )


def mixture_2014(situation: Situation) -> Run:
    """The same networks under the loss of 2014 and nothing else: it loses modes, which is the point."""
    plain = {"recipe": "mixture-2014", "objective": NonSaturating(), "terms": ()}
    return mixture(situation).model_copy(update=plain)


RECIPES: dict[str, Recipe] = {
    "mixture": Recipe(mixture, 2024, "Huang et al.", "3 layers of 128", "relativistic + R1 + R2"),
    "mixture-2014": Recipe(mixture_2014, 2014, "Goodfellow et al.", "3 layers of 128", "non-saturating"),
}
