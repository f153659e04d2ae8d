"""Networks: z -> x, c -> x, x -> logits, as settings that build modules; a family a file, a line each in the tables."""

from .base import Discriminator, Generator
from .dcgan import Conv28Discriminator, Conv28Generator, DcganDiscriminator, DcganGenerator
from .layers import Activate, Grid, MinibatchStd, base_grid
from .lean import LeanDiscriminator, LeanGenerator
from .light import LightDiscriminator, LightGenerator
from .listening import ListeningDiscriminator
from .motion import MotionDiscriminator, MotionGenerator
from .perceptron import MlpDiscriminator, MlpGenerator
from .r3 import R3Discriminator, R3Generator
from .resnet import ResnetDiscriminator, ResnetGenerator
from .sequence import SequenceDiscriminator, SequenceGenerator
from .style import StyleGenerator
from .tabular import TabularDiscriminator, TabularGenerator
from .tiles import TilesDiscriminator, TilesGenerator
from .tokens import AutoregressiveGenerator, CodesGenerator, PhrasesDiscriminator
from .translation import FRAME_JUDGES, JUDGES, RECURRENT, TRANSLATORS, Translator
from .vocoder import HifiGenerator, VocosGenerator
from .volume import VolumeDiscriminator, VolumeGenerator
from .wave import WaveDiscriminator, WaveGenerator

__all__ = [
    "DISCRIMINATORS", "GENERATORS", "Activate", "AutoregressiveGenerator", "CodesGenerator", "Conv28Discriminator",
    "Conv28Generator", "DcganDiscriminator", "DcganGenerator", "Discriminator", "Generator", "Grid",
    "LeanDiscriminator", "LeanGenerator", "LightDiscriminator", "LightGenerator", "MinibatchStd", "MlpDiscriminator",
    "MlpGenerator", "MotionDiscriminator", "MotionGenerator", "PhrasesDiscriminator", "R3Discriminator",
    "R3Generator", "ResnetDiscriminator", "ResnetGenerator", "SequenceDiscriminator", "SequenceGenerator",
    "StyleGenerator", "TabularDiscriminator", "TabularGenerator", "TilesDiscriminator", "TilesGenerator",
    "Translator", "VolumeDiscriminator", "VolumeGenerator", "WaveDiscriminator", "WaveGenerator", "base_grid",
]  # fmt: skip

_GENERATORS: tuple[type[Generator], ...] = (
    MlpGenerator, Conv28Generator, DcganGenerator, ResnetGenerator, LeanGenerator, R3Generator, StyleGenerator,
    LightGenerator, SequenceGenerator, TabularGenerator, TilesGenerator, WaveGenerator, *TRANSLATORS, *RECURRENT,
    VocosGenerator, HifiGenerator, AutoregressiveGenerator, CodesGenerator, MotionGenerator, VolumeGenerator,
)  # fmt: skip
_DISCRIMINATORS: tuple[type[Discriminator], ...] = (
    MlpDiscriminator, Conv28Discriminator, DcganDiscriminator, ResnetDiscriminator, LeanDiscriminator, R3Discriminator,
    LightDiscriminator, SequenceDiscriminator, TabularDiscriminator, TilesDiscriminator, WaveDiscriminator,
    *JUDGES, *FRAME_JUDGES,
    ListeningDiscriminator, PhrasesDiscriminator, MotionDiscriminator, VolumeDiscriminator,
)  # fmt: skip

GENERATORS: dict[str, type[Generator]] = {each.model_fields["name"].default: each for each in _GENERATORS}
"""Every generator a user may name."""
DISCRIMINATORS: dict[str, type[Discriminator]] = {each.model_fields["name"].default: each for each in _DISCRIMINATORS}
"""Every discriminator a user may name."""
