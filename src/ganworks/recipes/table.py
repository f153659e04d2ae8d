"""Complete runs on rows of a table."""

from ..adversarial.objectives import Relativistic, Wasserstein
from ..adversarial.optimisers import Adam
from ..adversarial.reconstructions import AskedFor
from ..adversarial.regularisers import R1, R2, GradientPenalty
from ..networks import TabularDiscriminator, TabularGenerator
from ..schedule import Cosine
from ..settings import Tree
from ..training.run import Budget, Run
from .base import Recipe, Situation

TABLE: Tree = {"name": "table"}
BY_FREQUENCY: Tree = {"name": "table", "sampling": "log-frequency"}


def ctgan(situation: Situation) -> Run:
    """The paper's: packs of ten under a Wasserstein loss, one category asked of every row, rare ones as well.

    The weight decay of 1e-6 is left out, and what is asked is compared after the lots were drawn, not before.
    """
    adam = Adam(learning_rate=2e-4, beta1=0.5, beta2=0.9)
    return Run(
        recipe="ctgan",
        data=situation.data,
        domain=situation.domain,
        generator=TabularGenerator(keep=False),
        discriminator=TabularDiscriminator(),
        objective=Wasserstein(),
        terms=(GradientPenalty(weight=10.0), AskedFor()),
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        packing=10,
        batch=500,
        budget=Budget(minutes=20),
    )


def table(situation: Situation) -> Run:
    """The default objective on the tabular pair without batch normalisation, where asked columns are kept.

    Small tables are seen as often as large ones, which is what the two penalties and the average allow.
    """
    adam = Adam(learning_rate=Cosine(start=1e-3, end=0.0, begin=0.3), beta2=0.99)
    return Run(
        recipe="table",
        data=situation.data,
        domain=situation.domain,
        generator=TabularGenerator(latent=64, norm="none", activation="leaky_relu"),
        discriminator=TabularDiscriminator(dropout=0.0),
        objective=Relativistic(),
        terms=(R1(weight=0.05), R2(weight=0.05)),
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        half_life=20_000,
        share_fakes=True,
        batch=256,
        budget=Budget(minutes=20),
    )


RECIPES: dict[str, Recipe] = {
    "ctgan": Recipe(ctgan, 2019, "Xu et al.", "tabular, packs of 10", "Wasserstein + penalty + asked", BY_FREQUENCY),
    "table": Recipe(table, 2024, "Huang et al.", "tabular, no normalisation", "relativistic + R1 + R2", TABLE),
}
