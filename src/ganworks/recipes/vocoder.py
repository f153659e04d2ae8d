"""Sound from spectra: a vocoder, and its siblings whose spectra are those of spoilt sound.

HiFi-GAN's recipe (Kong et al., 2020): least squares, feature matching of weight 2 summed over layers, mel L1 of 45. The
generator learns from the spectra alone at first, which is most of the way and costs no judge.
"""

from functools import partial

from ..adversarial.objectives import LeastSquares
from ..adversarial.optimisers import Adam
from ..adversarial.reconstructions import FeatureMatching, MelL1
from ..networks.listening import ListeningDiscriminator
from ..networks.vocoder import VocosGenerator
from ..schedule import Cosine, Linear
from ..training.health import Health
from ..training.run import Budget, Run
from .base import Recipe, Situation

ALONE, TOGETHER = 0.6, 0.7
"""Shares of the run after which the judges begin to play, and after which they count in full."""
MATCHED = 2.0
"""The paper's weight of feature matching, of the sum over all layers."""


def vocoder(situation: Situation, *, name: str = "vocoder") -> Run:
    """Frames of spectra through ConvNeXt blocks and an inverse transform; judges at periods and windows."""
    on_cpu = situation.device.type == "cpu"
    given, length = situation.spec.condition, situation.spec.axes[0]
    hop = length // given.axes[0] if given is not None else length // 32
    windows = tuple(each for each in (hop, 2 * hop, 4 * hop, 8 * hop) if 32 <= each <= length // 2)
    judge = ListeningDiscriminator(width=8 if on_cpu else 32, windows=windows[:3])
    rate = Cosine(start=1e-3 if on_cpu else 5e-4, end=5e-5)
    return Run(
        recipe=name,
        data=situation.data,
        domain=situation.domain,
        generator=VocosGenerator(width=192 if on_cpu else 512, blocks=4 if on_cpu else 8),
        discriminator=judge,
        objective=LeastSquares(),
        adversarial=Linear(start=0.0, end=1.0, begin=ALONE, until=TOGETHER),
        terms=(
            MelL1(weight=45.0, windows=windows, rate=getattr(situation.domain, "rate", None) or 16_000),
            FeatureMatching(
                weight=Linear(start=0.0, end=MATCHED * judge.rectifiers, begin=ALONE, until=TOGETHER),
            ),
        ),
        generator_optimiser=Adam(learning_rate=rate, beta1=0.8, beta2=0.99),
        discriminator_optimiser=Adam(learning_rate=Cosine(start=5e-4, end=5e-5), beta1=0.8, beta2=0.99),
        half_life=2_000,
        batch=16,
        share_fakes=True,
        health=Health(judgements=20, samples=128, remedies=0),
        budget=Budget(minutes=30),
    )


def _recipe(name: str, spoil: str) -> Recipe:
    return Recipe(
        partial(vocoder, name=name), 2020, "Kong et al.", "frames (Vocos), periods and windows",
        "least squares + mel L1 + features", {"name": "vocoder", "spoil": spoil},
    )  # fmt: skip


RECIPES: dict[str, Recipe] = {
    "vocoder": _recipe("vocoder", "nothing"),
    "denoise-sound": _recipe("denoise-sound", "noise"),
    "bandwidth": _recipe("bandwidth", "low-pass"),
}
