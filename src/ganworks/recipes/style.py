"""The style generator, with path length; Karras et al. (2020)."""

from ..adversarial.objectives import Relativistic
from ..adversarial.optimisers import Adam
from ..adversarial.path import PathLength
from ..adversarial.regularisers import R1, R2
from ..networks import LeanDiscriminator, R3Discriminator, StyleGenerator
from ..schedule import Cosine, Linear
from ..training.run import Budget, Run
from .base import Recipe, Situation
from .modern import for_so_many, lean_gamma


def style(situation: Situation) -> Run:
    """Mapping, modulation, noise and path length, judged by the default discriminator of the device."""
    gamma = lean_gamma(situation)
    on_cpu = situation.device.type == "cpu"
    # The generator's weights have unit variance, so that it needs a larger rate than its opponent.
    slow, fast = (Cosine(start=rate, end=0.0, begin=0.5) for rate in (1e-3, 3e-3))
    return Run(
        recipe="style",
        data=situation.data,
        domain=situation.domain,
        generator=StyleGenerator() if on_cpu else StyleGenerator(latent=256, style=256, width=64, widest=512),
        discriminator=LeanDiscriminator() if on_cpu else R3Discriminator(size="small"),
        objective=Relativistic(),
        terms=(R1(weight=gamma), R2(weight=gamma), PathLength()),
        augmentations=for_so_many(situation.count),
        generator_optimiser=Adam(learning_rate=fast, beta2=0.99),
        discriminator_optimiser=Adam(learning_rate=slow, beta2=0.99),
        half_life=Linear(start=200, end=5_000, until=0.2),
        batch=32 if on_cpu else 128,
        share_fakes=True,
        budget=Budget(minutes=30) if on_cpu else Budget(samples=10_000_000),
    )


RECIPES: dict[str, Recipe] = {
    "style": Recipe(
        style, 2020, "Karras et al.", "style: mapping, modulation, noise", "relativistic + R1 + R2 + path length"
    ),
}
