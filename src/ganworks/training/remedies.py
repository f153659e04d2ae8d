"""Remedies: what may be done to a run that fares badly, mildest first. Each turns a Run into another Run.

The run's own settings stay as the user wrote them: the names of the remedies taken are part of the run's state, and the
game is built from the settings with those remedies applied.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..adversarial import Augmentation, Optimiser, Term
from ..adversarial.augment import Colour, Cutout, Noise, Translate
from ..schedule import scaled
from .run import Run

# Adaptive augmentation: where it begins, how far it goes, its step, and the held-out gap it steers to.
FIRST, LARGEST, STEP, TARGET = 0.2, 0.8, 0.1, 0.15
# Deviation of instance noise on samples that lie in -1..1 or have unit variance.
NOISE = 0.1
PACK = 2


class Case(NamedTuple):
    """What a remedy has to know beside the run."""

    axes: int
    """Axes of a sample: 2 of a picture."""
    strength: float = FIRST
    """Of adaptive augmentation."""


class Remedy(NamedTuple):
    change: Callable[[Run, Case], Run]
    told: str
    fits: Callable[[Run], bool] = lambda run: True


def treated(run: Run, names: Sequence[str], case: Case) -> Run:
    """The run with these remedies applied in their order; one that is named twice counts twice."""
    for name in names:
        run = REMEDIES[name].change(run, case)
    return run


def choose(verdict: str, run: Run, taken: Sequence[str]) -> str | None:
    """The next remedy for a verdict on the run as the user wrote it, None when nothing is left that fits."""
    fitting = [name for name in PRESCRIPTIONS.get(verdict, ()) if REMEDIES[name].fits(run)]
    untried = [name for name in fitting if name not in taken]
    repeated = [name for name in fitting if name in _REPEATED]
    return next(iter(untried + repeated), None)


def steered(strength: float, gap: float | None) -> float:
    """The next strength of adaptive augmentation from the discriminator's held-out gap: 0 when it treats held-out
    records as training ones, 1 when as generated ones.

    The gap needs differences of logits only, so relativistic objectives may use it. Karras et al. (2020), equation 1.
    """
    if gap is None:
        return strength
    return round(min(LARGEST, max(0.0, strength + (STEP if gap > TARGET else -STEP))), 6)


def _slower(optimiser: Optimiser) -> Optimiser:
    return optimiser.model_copy(update={"learning_rate": scaled(optimiser.learning_rate, 0.5)})


def _halve_generator(run: Run, case: Case) -> Run:
    return run.model_copy(update={"generator_optimiser": _slower(run.generator_optimiser)})


def _halve_discriminator(run: Run, case: Case) -> Run:
    return run.model_copy(update={"discriminator_optimiser": _slower(run.discriminator_optimiser)})


def _double_gamma(run: Run, case: Case) -> Run:
    def doubled(term: Term) -> Term:
        of_the_judge = term.player == "discriminator"
        return term.model_copy(update={"weight": scaled(term.weight, 2.0)}) if of_the_judge else term

    return run.model_copy(update={"terms": tuple(doubled(term) for term in run.terms)})


def _augment(run: Run, case: Case) -> Run:
    more: tuple[Augmentation, ...] = (Noise(deviation=2 * NOISE, strength=case.strength),)
    if case.axes == 2:
        more = tuple(kind(strength=case.strength) for kind in (Translate, Colour, Cutout))
    return run.model_copy(update={"augmentations": (*run.augmentations, *more)})


def _sees_samples_alone(run: Run) -> bool:
    """A discriminator that compares a picture with the one it was made from must see both alike."""
    return run.domain.given == "nothing"


def _add_noise(run: Run, case: Case) -> Run:
    return run.model_copy(update={"augmentations": (*run.augmentations, Noise(deviation=NOISE))})


def _pack(run: Run, case: Case) -> Run:
    return run.model_copy(update={"packing": PACK})


def _can_pack(run: Run) -> bool:
    return not run.domain.conditional and run.packing == 1 and run.batch % PACK == 0 and (run.part or PACK) % PACK == 0


REMEDIES: dict[str, Remedy] = {
    "halve-generator-rate": Remedy(_halve_generator, "the generator's learning rate is halved"),
    "halve-discriminator-rate": Remedy(_halve_discriminator, "the discriminator's learning rate is halved"),
    "double-gamma": Remedy(
        _double_gamma,
        "the discriminator's penalties count twice",
        lambda run: any(term.player == "discriminator" for term in run.terms),
    ),
    "augment": Remedy(
        _augment, "the discriminator sees samples changed, as often as its held-out gap asks for", _sees_samples_alone
    ),
    "noise": Remedy(_add_noise, "the discriminator sees samples through noise", _sees_samples_alone),
    "pack": Remedy(_pack, f"a new discriminator judges {PACK} samples together", _can_pack),
}

PRESCRIPTIONS: dict[str, tuple[str, ...]] = {
    "diverged": ("halve-generator-rate", "halve-discriminator-rate", "double-gamma"),
    "oscillating": ("halve-generator-rate", "halve-discriminator-rate", "double-gamma"),
    "collapsed": ("double-gamma", "halve-generator-rate", "noise", "pack"),
    "discriminator-overfitting": ("augment", "double-gamma", "noise"),
}
"""Remedies for a verdict, in the order in which they are tried."""
ROLLS_BACK = ("diverged", "collapsed")
"""Verdicts on weights that are not worth going on with."""
_REPEATED = ("halve-generator-rate", "double-gamma")
