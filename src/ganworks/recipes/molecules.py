"""Complete runs on molecules: likelihood and then the game; the likelihood alone; and a reward to be reached."""

from ..adversarial.language import Likelihood
from ..adversarial.objectives import Relativistic
from ..adversarial.optimisers import Adam
from ..adversarial.regularisers import R1, R2
from ..adversarial.rewards import Reward
from ..adversarial.turn import Term
from ..networks import AutoregressiveGenerator, PhrasesDiscriminator
from ..schedule import Cosine, Linear, Number
from ..training.health import Health
from ..training.run import Budget, Run
from .base import Recipe, Situation

LIKELY, WARM = 0.85, 0.9
"""Share of the run in which the generator only learns what is likely, and after which the game counts in full."""

BEGIN = 0.4
"""Share after which a reward is paid."""


def molecules(situation: Situation) -> Run:
    """A GRU over SELFIES under maximum likelihood, then a reader of phrases beside it."""
    likelihood = Likelihood(weight=Linear(start=1.0, end=0.5, begin=LIKELY, until=WARM))
    gamma = 0.1
    return _run(
        situation, "molecules", (likelihood, R1(weight=gamma), R2(weight=gamma)),
        Linear(start=0.0, end=0.2, begin=LIKELY, until=WARM),
    )  # fmt: skip


def likely(situation: Situation) -> Run:
    """The first stage alone, to the end."""
    # Nothing is judged, so the estimator is idle; that of `molecules-goal` lets such a run begin from this one.
    return _run(situation, "molecules-likelihood", (Likelihood(),), 0.0, estimator="score")


def goal(situation: Situation) -> Run:
    """The likelihood first; then a reward comes in and the likelihood of real molecules stays as the anchor.

    With --from RUN it begins with the weights of a run of `molecules-likelihood`.
    """
    run = _run(situation, "molecules-goal", (Likelihood(weight=1.0), Reward(weight=risen(1.4))), 0.0, estimator="score")
    # The generator nearest to the data is the one from before the reward.
    health = run.health.model_copy(update={"choose_by": "last"})
    return run.model_copy(update={"budget": Budget(minutes=20), "health": health})


def risen(weight: float) -> Linear:
    """A weight that is nothing at first."""
    return Linear(start=0.0, end=weight, begin=BEGIN, until=BEGIN + 0.1)


def _run(
    situation: Situation, name: str, terms: tuple[Term, ...], adversarial: Number, estimator: str = "gumbel"
) -> Run:
    return Run(
        recipe=name,
        data=situation.data,
        domain=situation.domain,
        generator=AutoregressiveGenerator.from_tree({"width": 256, "dropout": 0.2, "estimator": estimator}),
        discriminator=PhrasesDiscriminator(),
        objective=Relativistic(),
        adversarial=adversarial,
        terms=terms,
        generator_optimiser=Adam(learning_rate=Cosine(start=2e-3, end=1e-4), beta1=0.9, beta2=0.99),
        discriminator_optimiser=Adam(learning_rate=5e-4, beta1=0.0, beta2=0.99),
        half_life=2_000,
        batch=64,
        share_fakes=True,
        health=Health(samples=128, remedies=0),
        budget=Budget(minutes=30),
    )


RECIPES: dict[str, Recipe] = {
    "molecules": Recipe(
        molecules, 2020, "Krenn et al.", "GRU over SELFIES, phrases", "likelihood, then relativistic + R1 + R2",
        {"name": "molecules"},
    ),
    "molecules-likelihood": Recipe(
        likely, 2018, "Segler et al.", "GRU over SELFIES", "likelihood", {"name": "molecules"}
    ),
    "molecules-goal": Recipe(
        goal, 2017, "Guimaraes et al.", "GRU over SELFIES", "likelihood and a reward", {"name": "molecules"}
    ),
}  # fmt: skip
