"""Complete runs on sound: its mel spectrum as a picture, which is drawn best, or the waveform, as it was done first."""

import math

from ..adversarial.latents import Uniform
from ..adversarial.objectives import Wasserstein
from ..adversarial.optimisers import Adam
from ..adversarial.regularisers import GradientPenalty
from ..networks import WaveDiscriminator, WaveGenerator
from ..schedule import Cosine
from ..training.run import Budget, Run
from .base import Recipe, Situation
from .modern import lean_run


def audio(situation: Situation) -> Run:
    """The default pair on mel spectra, by class where recordings have one; gamma in proportion to the side."""
    start = math.sqrt(math.prod(situation.spec.axes)) / 32
    gamma = Cosine(start=start, end=0.3 * start, until=0.5)
    return lean_run(situation, "audio", width=16, gamma=gamma, rate=1e-3, minutes=45)


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
