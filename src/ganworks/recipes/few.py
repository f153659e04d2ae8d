"""For few pictures, a hundred to some thousand: a pair that learns from little, under augmentation from the start.

Liu et al. (2021) for the networks and the self-supervision, Zhao et al. (2020) for the augmentation.
"""

from ..adversarial.augment import Augmentation, Colour, Cutout, Translate
from ..adversarial.objectives import Relativistic
from ..adversarial.optimisers import Adam
from ..adversarial.regularisers import R1, R2
from ..adversarial.self_supervision import SelfSupervision
from ..networks import LightDiscriminator, LightGenerator
from ..networks.layers import base_grid
from ..schedule import Cosine, Linear
from ..training.run import Budget, Run
from .base import Recipe, Situation
from .modern import lean_gamma


def light(situation: Situation) -> Run:
    """Skip-layer excitation against a discriminator that has to draw real pictures again from its own features."""
    gamma = lean_gamma(situation)
    adam = Adam(learning_rate=Cosine(start=1e-3, end=0.0, begin=0.5), beta2=0.99)
    remembers = len(situation.spec.axes) == 2 and base_grid(situation.spec.axes).stages >= 2
    return Run(
        recipe="light",
        data=situation.data,
        domain=situation.domain,
        generator=LightGenerator(),
        discriminator=LightDiscriminator(decoders=remembers),
        objective=Relativistic(),
        terms=(R1(weight=gamma), R2(weight=gamma), *([SelfSupervision()] if remembers else [])),
        augmentations=AUGMENTED,
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        half_life=Linear(start=200, end=5_000, until=0.2),
        batch=16,
        share_fakes=True,
        budget=Budget(minutes=30) if situation.device.type == "cpu" else Budget(samples=1_000_000),
    )


AUGMENTED: tuple[Augmentation, ...] = (Translate(strength=0.5), Colour(strength=0.5), Cutout(strength=0.5, reach=0.4))
"""Every real and every fake picture is as likely changed as not, each way by itself, from the first step on."""

RECIPES: dict[str, Recipe] = {
    "light": Recipe(light, 2021, "Liu et al.", "light: excitation, self-supervision", "relativistic + R1 + R2"),
}
