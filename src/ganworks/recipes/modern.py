"""The defaults: one objective, relativistic with R1 and R2 on every step, on networks for CPUs and for GPUs.

Huang et al. (2024), "The GAN is dead; long live the GAN!", for the objective, the schedules and the r3 networks.
"""

import math
from functools import partial

from ..adversarial.augment import Augmentation, Colour, Cutout, Translate
from ..adversarial.objectives import Relativistic
from ..adversarial.optimisers import Adam
from ..adversarial.regularisers import R1, R2
from ..networks import LeanDiscriminator, LeanGenerator, R3Discriminator, R3Generator
from ..networks.r3 import Size
from ..schedule import Cosine, Linear
from ..training.run import Budget, Run
from .base import Recipe, Situation

# With fewer pictures than this, a discriminator learns them by heart within minutes unless it sees them changed.
FEW = 1_200


def lean(situation: Situation, *, name: str, width: int) -> Run:
    """Plain strided convolutions: over ten times as many pictures a second on a CPU as residual blocks."""
    # Fast steps make digits in a minute; on larger pictures in colour they ended in collapse.
    rate = 2e-3 if _side(situation) <= 30 and situation.spec.channels == 1 else 1e-3
    return lean_run(situation, name, width, lean_gamma(situation), rate, minutes=10)


def lean_run(situation: Situation, name: str, width: int, gamma: Cosine, rate: float, minutes: float) -> Run:
    """The pair of plain strided convolutions, under one penalty on both sides; fast steps, halved away at the end."""
    adam = Adam(learning_rate=Cosine(start=rate, end=0.0, begin=0.5), beta2=0.99)
    return Run(
        recipe=name,
        data=situation.data,
        domain=situation.domain,
        generator=LeanGenerator(width=2 * width),
        discriminator=LeanDiscriminator(width=width),
        objective=Relativistic(),
        terms=(R1(weight=gamma), R2(weight=gamma)),
        augmentations=for_so_many(situation.count),
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        half_life=Linear(start=500, end=10_000, until=0.2),
        batch=64,
        share_fakes=True,
        budget=Budget(minutes=minutes),
    )


def r3(situation: Situation, *, size: Size) -> Run:
    """The residual networks without normalisation that the objective was published with."""
    rate = Cosine(start=2e-4, end=5e-5, until=0.2)
    gamma = _r3_gamma(situation)
    adam = Adam(learning_rate=rate, beta2=Cosine(start=0.9, end=0.99, until=0.2))
    on_cpu = situation.device.type == "cpu"
    return Run(
        recipe=f"r3-{size}",
        data=situation.data,
        domain=situation.domain,
        generator=R3Generator(size=size),
        discriminator=R3Discriminator(size=size),
        objective=Relativistic(),
        terms=(R1(weight=gamma), R2(weight=gamma)),
        augmentations=for_so_many(situation.count),
        generator_optimiser=adam,
        discriminator_optimiser=adam,
        half_life=Cosine(start=0.0, end=20_000 if on_cpu else 500_000, until=0.2),
        batch=64 if on_cpu else 256,
        budget=Budget(minutes=60) if on_cpu else Budget(samples=10_000_000),
    )


def lean_gamma(situation: Situation) -> Cosine:
    """Down to a third over the first half; in proportion to the side, as found on 8 x 8 and 28 x 28 digits."""
    start = _side(situation) / 28
    return Cosine(start=start, end=0.3 * start, until=0.5)


def _r3_gamma(situation: Situation) -> Cosine:
    """The paper's start values by size of picture; one-coloured ones need the value of its stacked digits."""
    side = _side(situation)
    colourful = 0.05 if side <= 40 else 2.0 * (side / 64) ** 3
    start = max(1.0, colourful) if situation.spec.channels == 1 else colourful
    return Cosine(start=start, end=start / 10, until=0.2)


def _side(situation: Situation) -> float:
    """Of the square with as many pixels."""
    return math.sqrt(math.prod(situation.spec.axes))


def for_so_many(count: int) -> tuple[Augmentation, ...]:
    """Moves, blocks and colours, the more the fewer pictures there are. No flips: whether the data has a handedness
    is not known here."""
    if count >= FEW:
        return ()
    ramp = Cosine(start=0.0, end=0.5, until=0.2)
    return (Translate(strength=ramp), Colour(strength=ramp), Cutout(strength=ramp, reach=0.4))


def _recipes() -> dict[str, Recipe]:
    objective = "relativistic + R1 + R2"
    table = {
        f"lean-{side}": Recipe(
            partial(lean, name=f"lean-{side}", width=width), 2024, "Huang et al.", f"lean, width {width}", objective
        )
        for side, width in ((28, 16), (32, 24), (64, 16))
    }
    sizes: tuple[Size, ...] = ("nano", "tiny", "small", "base")
    return table | {
        f"r3-{size}": Recipe(partial(r3, size=size), 2024, "Huang et al.", f"r3 {size}", objective) for size in sizes
    }


RECIPES: dict[str, Recipe] = _recipes()
