"""Complete runs on lines of tokens: maximum likelihood first, then the game; the likelihood alone; and by codes."""

from ..adversarial.language import Likelihood
from ..adversarial.objectives import Relativistic
from ..adversarial.optimisers import Adam
from ..adversarial.regularisers import R1, R2
from ..networks import AutoregressiveGenerator, CodesGenerator, MlpDiscriminator, PhrasesDiscriminator
from ..schedule import Cosine, Linear
from ..training.health import Health
from ..training.run import Budget, Run
from .base import Recipe, Situation

LIKELY = 0.8
"""Share of the run in which the generator only learns what is likely."""
WARM = 0.85
"""Share after which the discriminator's word counts in full."""
FEW = Health(judgements=10, samples=128, remedies=0)
"""A judgement holds four times as many records, each with a number for every token at every step."""


def text(situation: Situation) -> Run:
    """A GRU under maximum likelihood; then a reader of phrases comes in, straight through Gumbel draws.

    The likelihood stays at a quarter, so that the adversarial stage cannot run away from the language.
    """
    return _staged(situation, "text", LIKELY)


def likelihood(situation: Situation) -> Run:
    """The first stage alone, to the end: what every adversarial text generator has to be held against."""
    return _staged(situation, "text-likelihood", None)


def _staged(situation: Situation, name: str, until: float | None) -> Run:
    # A penalty is on the slope by every token at every step, and embeddings share it out among all of them.
    gamma = 64 / situation.spec.channels
    rate = Cosine(start=2e-3, end=1e-4, until=until or 1.0)
    return Run(
        recipe=name,
        data=situation.data,
        domain=situation.domain,
        generator=AutoregressiveGenerator(),
        discriminator=PhrasesDiscriminator(),
        objective=Relativistic(),
        adversarial=0.0 if until is None else Linear(start=0.0, end=1.0, begin=until, until=WARM),
        terms=(
            Likelihood(weight=1.0 if until is None else Linear(start=1.0, end=0.25, begin=until, until=WARM)),
            R1(weight=gamma),
            R2(weight=gamma),
        ),
        generator_optimiser=Adam(learning_rate=rate, beta1=0.9, beta2=0.99),
        discriminator_optimiser=Adam(learning_rate=5e-4, beta1=0.0, beta2=0.99),
        half_life=Linear(start=500, end=10_000, until=0.2),
        batch=64,
        share_fakes=True,
        health=FEW,
        budget=Budget(minutes=15),
    )


def latent(situation: Situation) -> Run:
    """An autoencoder of lines for the first half; then both its parts stand still, and a small generator learns to
    draw codes against two dense layers. Donahue and Rumshisky (2018)."""
    gamma = 0.3
    return Run(
        recipe="text-latent",
        data=situation.data,
        domain=situation.domain,
        generator=CodesGenerator(),
        discriminator=MlpDiscriminator(widths=(256, 256)),
        objective=Relativistic(),
        adversarial=Linear(start=0.0, end=1.0, begin=LIKELY, until=LIKELY + 0.001),
        terms=(Likelihood(weight=Linear(start=1.0, end=0.0, begin=LIKELY, until=LIKELY + 0.001)), R1(weight=gamma),
               R2(weight=gamma)),
        generator_optimiser=Adam(learning_rate=Cosine(start=2e-3, end=2e-4), beta1=0.5, beta2=0.99),
        discriminator_optimiser=Adam(learning_rate=1e-3, beta1=0.0, beta2=0.99),
        half_life=2_000,
        batch=64,
        share_fakes=True,
        health=FEW,
        budget=Budget(minutes=15),
    )  # fmt: skip


RECIPES: dict[str, Recipe] = {
    "text": Recipe(
        text, 2019, "Nie et al.", "GRU, phrases", "likelihood, then relativistic + R1 + R2", {"name": "tokens"}
    ),
    "text-likelihood": Recipe(likelihood, 2020, "Caccia et al.", "GRU", "likelihood", {"name": "tokens"}),
    "text-latent": Recipe(
        latent, 2018, "Donahue and Rumshisky", "autoencoder, dense on codes", "likelihood, then relativistic",
        {"name": "tokens"},
    ),
}  # fmt: skip
