"""Runs that keep what they know of any one record within a budget."""

from ..adversarial.objectives import NonSaturating
from ..adversarial.optimisers import Adam
from ..networks import DcganDiscriminator, DcganGenerator, MlpDiscriminator, MlpGenerator
from ..networks.base import Discriminator, Generator
from ..networks.layers import picture_grid
from ..settings import ConfigError
from ..training.health import Health
from ..training.run import Budget, Run
from .base import Recipe, Situation


def private(situation: Situation) -> Run:
    """Networks and settings that `--dp` can be kept with: no normalisation over the batch in the discriminator, no
    penalty, many of its turns for one of the generator.

    Small networks on purpose: the noise grows with the root of the number of weights, what a record may say does not.
    Without `--dp` it is the same run with no noise, which tells what the noise costs.
    """
    networks: tuple[Generator, Discriminator] = MlpGenerator(latent=64, widths=(256, 256)), MlpDiscriminator()
    if _convolves(situation):
        networks = DcganGenerator(width=32), DcganDiscriminator(norm="none", width=32)
    adam = Adam(learning_rate=2e-4, beta1=0.5, beta2=0.999)
    batch = max(1, min(256, situation.count // 16))
    return Run(
        recipe="private",
        data=situation.data,
        domain=situation.domain,
        generator=networks[0],
        discriminator=networks[1],
        objective=NonSaturating(),
        generator_optimiser=adam.model_copy(update={"learning_rate": 1e-3}),
        discriminator_optimiser=adam,
        half_life=20 * batch,
        discriminator_turns=20,
        batch=batch,
        budget=Budget(samples=1000 * batch),
        health=Health(judgements=0),
    )


def _convolves(situation: Situation) -> bool:
    """Whether samples are pictures of a size that strided convolutions come out even with."""
    try:
        picture_grid(situation.spec, "dcgan", longest=7)
    except ConfigError:
        return False
    return True


RECIPES: dict[str, Recipe] = {
    "private": Recipe(private, 2023, "Bie et al.", "small, no batch norm in D", "non-saturating, many D turns"),
}
