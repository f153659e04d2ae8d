"""Repair: a degraded picture back into the clean one. A pixel stage, then an adversarial one, and both are kept.

The pixel stage finds the mean of what the picture may have been, which is the best in decibels and blurred; the
adversarial stage pays decibels for a picture that could have been. Ledig et al. (2017), Wang et al. (2018), figure 2.
"""

import math
from functools import partial

from ..adversarial.objectives import Relativistic
from ..adversarial.optimisers import Adam
from ..adversarial.reconstructions import L1, Charbonnier, Frequency, Perceptual
from ..adversarial.regularisers import R1, R2
from ..adversarial.turn import Term
from ..networks import Discriminator, Generator
from ..networks.translation import HolesGenerator, PatchDiscriminator, RestorationGenerator, UnetGenerator
from ..schedule import Cosine, Linear
from ..settings import Tree
from ..training.health import Health
from ..training.run import Budget, Run
from .base import Recipe, Situation

PIXELS = 0.6
"""Share of the run that is its pixel stage."""
WARM = 0.7
"""Share after which the adversarial stage pays in full."""


def repair(situation: Situation, *, name: str, adversarial: float = 0.01) -> Run:
    """Residual blocks without normalisation that add what is missing; the input is the first guess."""
    on_cpu = situation.device.type == "cpu"
    scale = _scale(situation)
    generator = RestorationGenerator(
        width=32 if on_cpu else 64, blocks=8 if on_cpu else 16, fold=2 if scale == 1 and on_cpu else 1,
        tail="direct" if on_cpu else "full",
    )  # fmt: skip
    return _staged(situation, name, generator, (Charbonnier(weight=1.0),), adversarial)


def inpaint(situation: Situation) -> Run:
    """Gated convolutions that see which pixels are known; those come back bit for bit."""
    on_cpu = situation.device.type == "cpu"
    generator = HolesGenerator(width=24 if on_cpu else 48, depth=6 if on_cpu else 8)
    return _staged(situation, "inpaint", generator, (L1(weight=1.0, where="hole"),), 0.02)


def colorize(situation: Situation) -> Run:
    """Luminance in, colour out."""
    generator = UnetGenerator(width=32 if situation.device.type == "cpu" else 64, dropout=0.0, norm="instance")
    return _staged(situation, "colorize", generator, (L1(weight=1.0),), 0.02)


def _staged(situation: Situation, name: str, generator: Generator, pixel: tuple[Term, ...], adversarial: float) -> Run:
    textures = (Frequency(weight=risen(0.05)), Perceptual(weight=risen(0.1), extractor="random:vgg:0"))
    judge = PatchDiscriminator(width=32 if situation.device.type == "cpu" else 64, layers=2, norm="none")
    return staged(situation, name, (generator, judge), (*pixel, *textures), adversarial)


def staged(
    situation: Situation,
    name: str,
    networks: tuple[Generator, Discriminator],
    terms: tuple[Term, ...],
    adversarial: float,
) -> Run:
    """A pixel stage, then an adversarial one; the judge's logits are for patches."""
    rate = Cosine(start=1e-3 if situation.device.type == "cpu" else 2e-4, end=1e-4, until=PIXELS)
    # A penalty is on the slope of all logits together, and there is one for every four pixels each way, every frame.
    gamma = 16 / math.prod(situation.spec.axes)
    return Run(
        recipe=name,
        data=situation.data,
        domain=situation.domain,
        generator=networks[0],
        discriminator=networks[1],
        objective=Relativistic(),
        adversarial=risen(adversarial),
        terms=(*terms, R1(weight=gamma), R2(weight=gamma)),
        generator_optimiser=Adam(learning_rate=rate, beta1=0.9, beta2=0.99),
        discriminator_optimiser=Adam(learning_rate=2e-4, beta1=0.0, beta2=0.99),
        half_life=2_000,
        batch=16,
        share_fakes=True,
        health=Health(judgements=20, samples=128, remedies=0),
        budget=Budget(minutes=30),
    )


def risen(weight: float) -> Linear:
    """A weight that is nothing in the pixel stage."""
    return Linear(start=0.0, end=weight, begin=PIXELS, until=WARM)


def _scale(situation: Situation) -> int:
    given = situation.spec.condition
    return 1 if given is None else situation.spec.axes[0] // given.axes[0]


def _preset(name: str) -> Tree:
    return {"name": "degraded", "preset": name, "longest": 128, "crop": 64}


_REPAIRS = {
    "super-resolution-x2": ("bicubic-x2", 2017, "Ledig et al."),
    "super-resolution-x4": ("bicubic-x4", 2017, "Ledig et al."),
    "denoise": ("denoise-25", 2018, "Wang et al."),
    "deblur": ("deblur", 2018, "Wang et al."),
    "deblur-motion": ("deblur-motion", 2018, "Wang et al."),
    "jpeg-repair": ("jpeg", 2018, "Wang et al."),
    "enhance-light": ("low-light", 2018, "Wang et al."),
    "enhance": ("real-v1", 2021, "Wang et al."),
}

RECIPES: dict[str, Recipe] = {
    **{
        name: Recipe(
            partial(repair, name=name), year, paper, "residual, patches", "pixels, then relativistic", _preset(preset)
        )
        for name, (preset, year, paper) in _REPAIRS.items()
    },
    "inpaint": Recipe(inpaint, 2019, "Yu et al.", "gated, patches", "pixels, then relativistic", _preset("inpaint")),
    "colorize": Recipe(
        colorize, 2017, "Isola et al.", "U-Net, patches", "pixels, then relativistic", _preset("colorize")
    ),
}
