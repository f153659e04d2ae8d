"""Pictures into other pictures: of pairs, and of two collections that nobody paired."""

import math

from ..adversarial.objectives import LeastSquares, NonSaturating, Objective
from ..adversarial.optimisers import Adam
from ..adversarial.reconstructions import L1, Cycle, FeatureMatching, Identity, PatchNce
from ..adversarial.turn import Term
from ..networks import Discriminator, Generator
from ..networks.translation import (
    CycleGenerator,
    PatchCycleDiscriminator,
    PatchDiscriminator,
    PatchScalesDiscriminator,
    ResnetTranslationGenerator,
    UnetGenerator,
)
from ..schedule import Linear
from ..settings import Tree
from ..training.health import Health
from ..training.run import Budget, Run
from .base import Recipe, Situation

SMALL = 96
"""Sides up to which patches of 34 pixels are judged: a patch of 70 is then most of the picture."""
LONG = Budget(samples=400_000)
"""Off a CPU."""
PAIRS: Tree = {"name": "pairs", "flip": True}
UNPAIRED: Tree = {"name": "unpaired", "flip": True}


def pix2pix(situation: Situation) -> Run:
    """U-Net and patches of input and output side by side, L1 at a hundred times the objective."""
    generator = UnetGenerator(width=_width(situation, 64))
    judge = PatchDiscriminator(width=_width(situation, 64), layers=_layers(situation))
    return _run(situation, "pix2pix", (generator, judge), NonSaturating(), (L1(weight=100.0),))


def pix2pix_hd(situation: Situation) -> Run:
    """Residual blocks, judges at two scales, and their own features compared; small enough for pictures of 256."""
    generator = ResnetTranslationGenerator(width=_width(situation, 64), halvings=3 if _side(situation) >= 128 else 2)
    judge = PatchScalesDiscriminator(width=_width(situation, 64), layers=_layers(situation))
    # A judge that has learnt nothing yet has no features worth matching.
    matching = FeatureMatching(weight=Linear(start=0.0, end=10.0, until=0.05))
    return _run(situation, "pix2pix-hd", (generator, judge), LeastSquares(), (matching,))


def cut(situation: Situation) -> Run:
    """One generator for one direction; each place of the output must resemble its own place of the input most."""
    return _contrastive(situation, "cut", PatchNce(weight=1.0), LONG)


def fastcut(situation: Situation) -> Run:
    """The same without the identity pass: half the work, the contrast ten times as dear."""
    return _contrastive(
        situation, "fastcut", PatchNce(weight=10.0, identity=False, mirrored=True), Budget(samples=200_000)
    )


def cyclegan(situation: Situation) -> Run:
    """Two generators and two judges at once; what was translated there and back must be what it was."""
    generator = CycleGenerator(width=_width(situation, 64), blocks=_blocks(situation), residual=True)
    judge = PatchCycleDiscriminator(width=_width(situation, 64), layers=_layers(situation))
    run = _run(
        situation, "cyclegan", (generator, judge), LeastSquares(),
        # The papers' 10 and 5 keep generators that begin at the picture itself there.
        (Cycle(weight=5.0), Identity(weight=1.0, stacked=True)), unpaired=True,
    )  # fmt: skip
    return run.model_copy(update={"pool": 50})


def style_collection(situation: Situation) -> Run:
    """Photographs into the manner of a collection of pictures: `cut`, whose identity pass keeps the colours."""
    return _contrastive(situation, "style-collection", PatchNce(weight=1.0), LONG)


def _contrastive(situation: Situation, name: str, term: PatchNce, budget: Budget) -> Run:
    blocks = _blocks(situation)
    # The picture, the two halvings, and two depths of the blocks, as the paper spreads its five.
    depths = (0, 1, 2, 3, 3 + blocks // 2)
    generator = ResnetTranslationGenerator(
        width=_width(situation, 64), blocks=blocks, antialias=True, heads=256, heads_at=depths,
        residual=_alike(situation),
    )  # fmt: skip
    judge = PatchDiscriminator(width=_width(situation, 64), layers=_layers(situation), sees="output")
    return _run(situation, name, (generator, judge), LeastSquares(), (term,), budget=budget, unpaired=True)


def _run(
    situation: Situation,
    name: str,
    networks: tuple[Generator, Discriminator],
    objective: Objective,
    terms: tuple[Term, ...],
    *,
    budget: Budget = LONG,
    unpaired: bool = False,
) -> Run:
    # A few hundred steps are all that half an hour of a CPU has.
    rate = 1e-3 if unpaired and situation.device.type == "cpu" else 2e-4
    adam, judges = (
        Adam(learning_rate=Linear(start=each, end=0.0, begin=0.5), beta1=0.5, beta2=0.999)
        for each in (rate, max(rate / 2, 2e-4))
    )
    return Run(
        recipe=name,
        data=situation.data,
        domain=situation.domain,
        generator=networks[0],
        discriminator=networks[1],
        objective=objective,
        terms=terms,
        generator_optimiser=adam,
        discriminator_optimiser=judges,
        half_life=1_000,
        batch=4 if situation.device.type == "cpu" else 16,
        share_fakes=True,
        health=Health(judgements=20, samples=128, remedies=0),
        budget=Budget(minutes=30) if situation.device.type == "cpu" else budget,
    )


def _side(situation: Situation) -> float:
    return math.sqrt(math.prod(situation.spec.axes))


def _layers(situation: Situation) -> int:
    return 2 if _side(situation) <= SMALL else 3


def _blocks(situation: Situation) -> int:
    """Residual blocks: the papers' six at 128 pixels and nine at 256."""
    return 9 if _side(situation) >= 256 else 6 if situation.device.type != "cpu" else 4


def _alike(situation: Situation) -> bool:
    """Whether both sides have as many channels: the way to another collection then begins at the picture itself."""
    given = situation.spec.condition
    return given is not None and given.channels == situation.spec.channels


def _width(situation: Situation, full: int) -> int:
    """Half the papers' width on a CPU, which then sees four times as many pictures."""
    return full // 2 if situation.device.type == "cpu" else full


RECIPES: dict[str, Recipe] = {
    "pix2pix": Recipe(pix2pix, 2017, "Isola et al.", "U-Net, patches", "non-saturating + L1", PAIRS),
    "pix2pix-hd": Recipe(
        pix2pix_hd, 2018, "Wang et al.", "resnet, patches at 2 scales", "least squares + matching", PAIRS
    ),
    "cyclegan": Recipe(
        cyclegan, 2017, "Zhu et al.", "2 resnets, 2 x patches", "least squares + cycle", {**UNPAIRED, "cycle": True}
    ),
    "cut": Recipe(cut, 2020, "Park et al.", "resnet, patches", "least squares + PatchNCE", UNPAIRED),
    "fastcut": Recipe(fastcut, 2020, "Park et al.", "resnet, patches", "least squares + PatchNCE", UNPAIRED),
    "style-collection": Recipe(
        style_collection, 2020, "Park et al.", "resnet, patches", "least squares + PatchNCE", UNPAIRED
    ),
}
