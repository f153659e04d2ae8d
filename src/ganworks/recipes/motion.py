"""Complete runs on clips, and on volumes, which share their shape: channels over three axes."""

import math

from ..adversarial.objectives import Relativistic
from ..adversarial.optimisers import Adam
from ..adversarial.regularisers import R1, R2
from ..networks import MotionDiscriminator, MotionGenerator, VolumeDiscriminator, VolumeGenerator
from ..networks.base import Discriminator, Generator
from ..schedule import Cosine, Linear
from ..settings import Tree
from ..training.health import Health
from ..training.run import Budget, Run
from .base import Recipe, Situation


def video(situation: Situation) -> Run:
    """The default objective on a canvas that moves, judged by frames and by clips.

    Batches are small: a clip is as many pictures as it has frames, and what is learnt from is steps.
    """
    side = math.sqrt(math.prod(situation.spec.axes[1:]))
    generator = MotionGenerator(width=32, layers=2 if side > 40 else 1)
    judge = MotionDiscriminator(width=16, clip_width=24)
    return _run(situation, "video", (generator, judge), gamma=side / 28)


def volume(situation: Situation) -> Run:
    """The default objective on convolutions over three axes."""
    side = math.prod(situation.spec.axes) ** (1 / 3)
    players = VolumeGenerator(), VolumeDiscriminator()
    return _run(situation, "volume", players, gamma=side / 16)


def _run(situation: Situation, name: str, players: tuple[Generator, Discriminator], *, gamma: float) -> Run:
    weight = Cosine(start=gamma, end=0.3 * gamma, until=0.5)
    adam = Adam(learning_rate=Cosine(start=1e-3, end=0.0, begin=0.5), beta2=0.99)
    return Run(
        recipe=name,
        data=situation.data,
        domain=situation.domain,
        generator=players[0],
        discriminator=players[1],
        objective=Relativistic(),
        terms=(R1(weight=weight), R2(weight=weight)),
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        half_life=Linear(start=500, end=5_000, until=0.2),
        batch=16,
        share_fakes=True,
        budget=Budget(minutes=45),
        # Drawing clips to judge takes many times what a picture does.
        health=Health(judgements=20, samples=128, remedies=0, extractor="random"),
    )


_CLIPS: Tree = {"name": "video"}

RECIPES: dict[str, Recipe] = {
    "video": Recipe(video, 2018, "Tulyakov et al.", "motion, frames and clips", "relativistic + R1 + R2", _CLIPS),
    "volume": Recipe(
        volume, 2016, "Wu et al.", "volume, convolutions over 3 axes", "relativistic + R1 + R2",
        {"name": "video", "source": "volumes"},
    ),
}  # fmt: skip
