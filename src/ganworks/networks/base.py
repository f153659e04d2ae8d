"""What every network promises: settings that build a module for a spec."""

from abc import ABC, abstractmethod

from pydantic import Field
from torch import nn

from ..settings import Settings
from ..spec import Spec
from .conditions import ToDiscriminator


class Generator(Settings, ABC):
    """Settings that build a module z (B, latent), c -> x (B, *spec.shape).

    A condition that is a row may also come as the last numbers of z; one that is a picture only as c.
    """

    latent: int = Field(default=64, ge=0)
    """Length of the latent vector."""

    @abstractmethod
    def build(self, spec: Spec) -> nn.Module:
        """A freshly initialised module; draws from torch's global generator.

        Raises ConfigError when the spec is one the family cannot draw, naming what it can.
        """

    def judged(self, spec: Spec) -> Spec:
        """What a discriminator is shown of a sample: the sample itself, or what the module's `seen(x)` makes of it.

        In training such a module draws what is judged, and samples otherwise.
        """
        return spec


class Discriminator(Settings, ABC):
    """Settings that build a module x (B, *spec.shape), c -> logits (B, K), higher is more real."""

    condition: ToDiscriminator = "projection"
    """How a class or attributes reach the logit: a projection of the features, beside the sample, or not at all (where
    they are recognised instead)."""

    @abstractmethod
    def build(self, spec: Spec) -> nn.Module:
        """A freshly initialised module; draws from torch's global generator.

        Raises ConfigError when the spec is one the family cannot judge, naming what it can.
        """
