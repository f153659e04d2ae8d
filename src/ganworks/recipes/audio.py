"""Complete runs on sound: its mel spectrum as a picture, which is drawn best, or the waveform, as it was done first."""

import math

from ..adversarial.latents import Uniform
from ..adversarial.objectives import Relativistic, Wasserstein
from ..adversarial.optimisers import Adam
from ..adversarial.regularisers import R1, R2, GradientPenalty
from ..networks import LeanDiscriminator, LeanGenerator, WaveDiscriminator, WaveGenerator
from ..schedule import Cosine, Linear
from ..training.run import Budget, Run
from .base import Recipe, Situation
from .modern import for_so_many


def audio(situation: Situation) -> Run:
    """The default pair on mel spectra, by class where recordings have one; gamma in proportion to the side."""
    start = math.sqrt(math.prod(situation.spec.axes)) / 32
    gamma = Cosine(start=start, end=0.3 * start, until=0.5)
    adam = Adam(learning_rate=Cosine(start=1e-3, end=0.0, begin=0.5), beta2=0.99)
    return Run(
        recipe="audio",
        data=situation.data,
        domain=situation.domain,
        generator=LeanGenerator(width=32),
        discriminator=LeanDiscriminator(width=16),
        objective=Relativistic(),
        terms=(R1(weight=gamma), R2(weight=gamma)),
        augmentations=for_so_many(situation.count),
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        half_life=Linear(start=500, end=10_000, until=0.2),
        batch=64,
        share_fakes=True,
        budget=Budget(minutes=45),
    )


def wavegan(situation: Situation) -> Run:
    """The waveform itself, by the paper's settings; its networks four times as narrow, which a CPU can train."""
    adam = Adam(learning_rate=1e-4, beta1=0.5, beta2=0.9)
    return Run(
        recipe="wavegan",
        data=situation.data,
        domain=situation.domain,
        generator=WaveGenerator(),
        discriminator=WaveDiscriminator(),
        objective=Wasserstein(),
        terms=(GradientPenalty(weight=10.0),),
        latents=Uniform(),
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        discriminator_turns=5,
        batch=64,
        budget=Budget(minutes=120),
    )


RECIPES: dict[str, Recipe] = {
    "audio": Recipe(
        audio, 2024, "Huang et al.", "lean, on mel spectra", "relativistic + R1 + R2", {"name": "audio", "view": "mel"}
    ),
    "wavegan": Recipe(
        wavegan, 2019, "Donahue et al.", "wave, phase shuffle", "Wasserstein + gradient penalty",
        {"name": "audio", "view": "wave"},
    ),
}  # fmt: skip
