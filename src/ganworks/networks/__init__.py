"""Networks: z -> x and x -> logits, as settings that build modules; a family a file, a line each in the tables."""

from .base import Discriminator, Generator
from .dcgan import Conv28Discriminator, Conv28Generator, DcganDiscriminator, DcganGenerator
from .layers import Activate, Grid, MinibatchStd, base_grid
from .lean import LeanDiscriminator, LeanGenerator
from .perceptron import MlpDiscriminator, MlpGenerator
from .r3 import R3Discriminator, R3Generator
from .resnet import ResnetDiscriminator, ResnetGenerator

__all__ = [
    "DISCRIMINATORS", "GENERATORS", "Activate", "Conv28Discriminator", "Conv28Generator", "DcganDiscriminator",
    "DcganGenerator", "Discriminator", "Generator", "Grid", "LeanDiscriminator", "LeanGenerator", "MinibatchStd",
    "MlpDiscriminator", "MlpGenerator", "R3Discriminator", "R3Generator", "ResnetDiscriminator", "ResnetGenerator",
    "base_grid",
]  # fmt: skip

_GENERATORS: tuple[type[Generator], ...] = (
    MlpGenerator, Conv28Generator, DcganGenerator, ResnetGenerator, LeanGenerator, R3Generator,
)  # fmt: skip
_DISCRIMINATORS: tuple[type[Discriminator], ...] = (
    MlpDiscriminator, Conv28Discriminator, DcganDiscriminator, ResnetDiscriminator, LeanDiscriminator, R3Discriminator,
)  # fmt: skip

GENERATORS: dict[str, type[Generator]] = {each.model_fields["name"].default: each for each in _GENERATORS}
"""Every generator a user may name."""
DISCRIMINATORS: dict[str, type[Discriminator]] = {each.model_fields["name"].default: each for each in _DISCRIMINATORS}
"""Every discriminator a user may name."""
