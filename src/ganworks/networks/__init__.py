"""Networks: z -> x, c -> x, x -> logits, as settings that build modules; a family a file, a line each in the tables."""

from .base import Discriminator, Generator
from .dcgan import Conv28Discriminator, Conv28Generator, DcganDiscriminator, DcganGenerator
from .layers import Activate, Grid, MinibatchStd, base_grid
from .lean import LeanDiscriminator, LeanGenerator
from .light import LightDiscriminator, LightGenerator
from .perceptron import MlpDiscriminator, MlpGenerator
from .r3 import R3Discriminator, R3Generator
from .resnet import ResnetDiscriminator, ResnetGenerator
from .sequence import SequenceDiscriminator, SequenceGenerator
from .style import StyleGenerator
from .tabular import TabularDiscriminator, TabularGenerator
from .tiles import TilesDiscriminator, TilesGenerator
from .translation import FRAME_JUDGES, JUDGES, RECURRENT, TRANSLATORS, Translator

__all__ = [
    "DISCRIMINATORS", "GENERATORS", "Activate", "Conv28Discriminator", "Conv28Generator", "DcganDiscriminator",
    "DcganGenerator", "Discriminator", "Generator", "Grid", "LeanDiscriminator", "LeanGenerator", "LightDiscriminator",
    "LightGenerator", "MinibatchStd", "MlpDiscriminator", "MlpGenerator", "R3Discriminator", "R3Generator",
    "ResnetDiscriminator", "ResnetGenerator", "SequenceDiscriminator", "SequenceGenerator", "StyleGenerator",
    "TabularDiscriminator", "TabularGenerator", "TilesDiscriminator", "TilesGenerator", "Translator", "base_grid",
]  # fmt: skip

_GENERATORS: tuple[type[Generator], ...] = (
    MlpGenerator, Conv28Generator, DcganGenerator, ResnetGenerator, LeanGenerator, R3Generator, StyleGenerator,
    LightGenerator, SequenceGenerator, TabularGenerator, TilesGenerator, *TRANSLATORS, *RECURRENT,
)  # fmt: skip
_DISCRIMINATORS: tuple[type[Discriminator], ...] = (
    MlpDiscriminator, Conv28Discriminator, DcganDiscriminator, ResnetDiscriminator, LeanDiscriminator, R3Discriminator,
    LightDiscriminator, SequenceDiscriminator, TabularDiscriminator, TilesDiscriminator, *JUDGES, *FRAME_JUDGES,
)  # fmt: skip

GENERATORS: dict[str, type[Generator]] = {each.model_fields["name"].default: each for each in _GENERATORS}
"""Every generator a user may name."""
DISCRIMINATORS: dict[str, type[Discriminator]] = {each.model_fields["name"].default: each for each in _DISCRIMINATORS}
"""Every discriminator a user may name."""
