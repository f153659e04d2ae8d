"""Networks that turn pictures into pictures, and judges of patches: a family a file, the tables here."""

from ..base import Discriminator, Generator
from .holes import HolesGenerator
from .patch import PatchCycleDiscriminator, PatchDiscriminator, PatchScalesDiscriminator
from .recurrent import FramesDiscriminator, RecurrentGenerator
from .resnet import CycleGenerator, ResnetTranslationGenerator
from .restoration import RestorationGenerator
from .translator import Translator
from .unet import UnetGenerator

__all__ = [
    "FRAME_JUDGES", "JUDGES", "RECURRENT", "TRANSLATORS", "CycleGenerator", "FramesDiscriminator", "HolesGenerator",
    "PatchCycleDiscriminator", "PatchDiscriminator", "PatchScalesDiscriminator", "RecurrentGenerator",
    "ResnetTranslationGenerator", "RestorationGenerator", "Translator", "UnetGenerator",
]  # fmt: skip

TRANSLATORS: tuple[type[Generator], ...] = (
    UnetGenerator, ResnetTranslationGenerator, RestorationGenerator, HolesGenerator, CycleGenerator,
)  # fmt: skip
"""Generators that build a Translator."""
JUDGES: tuple[type[Discriminator], ...] = (PatchDiscriminator, PatchScalesDiscriminator, PatchCycleDiscriminator)
"""Discriminators whose logits are for patches."""
RECURRENT: tuple[type[Generator], ...] = (RecurrentGenerator,)
"""Generators of clips from clips, frame by frame."""
FRAME_JUDGES: tuple[type[Discriminator], ...] = (FramesDiscriminator,)
"""Discriminators of the frames of clips."""
