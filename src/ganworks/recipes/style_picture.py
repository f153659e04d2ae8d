"""Photographs in the manner of one picture: a network that paints them in one pass. Johnson et al. (2016)."""

from ..adversarial.objectives import LeastSquares
from ..adversarial.optimisers import Adam
from ..adversarial.reconstructions import Content, Gram
from ..networks.translation import PatchDiscriminator, ResnetTranslationGenerator
from ..schedule import Linear
from ..training.health import Health
from ..training.run import Budget, Run
from .base import Recipe, Situation


def style_picture(situation: Situation) -> Run:
    """The style of `terms.0.picture` over the content of each photograph; nobody judges, so there is no game."""
    on_cpu = situation.device.type == "cpu"
    adam = Adam(learning_rate=Linear(start=2e-3 if on_cpu else 1e-3, end=0.0, begin=0.5), beta1=0.9, beta2=0.999)
    return Run(
        recipe="style-picture",
        data=situation.data,
        domain=situation.domain,
        # Statistics of each picture by itself: Ulyanov et al. (2016). Filters against the grain of strided ones.
        generator=ResnetTranslationGenerator(
            width=16 if on_cpu else 32, blocks=3 if on_cpu else 5, norm="instance", antialias=True
        ),
        discriminator=PatchDiscriminator(width=8, layers=2),
        objective=LeastSquares(),
        adversarial=0.0,
        terms=(Gram(extractor="random:shallow:0", picture="waves"), Content(weight=0.2)),
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        half_life=1_000,
        batch=4,
        # Distance from the photographs says nothing about what is meant to leave them.
        health=Health(judgements=0),
        budget=Budget(minutes=15) if on_cpu else Budget(samples=160_000),
    )


RECIPES = {
    "style-picture": Recipe(
        style_picture, 2016, "Johnson et al.", "resnet", "none: content and Gram",
        {"name": "degraded", "preset": "none", "longest": 160, "crop": 96},
    ),
}  # fmt: skip
