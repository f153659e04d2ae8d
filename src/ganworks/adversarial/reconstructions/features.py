"""Terms that compare features: those of the discriminator, or those of a frozen network that `extractor` names.

`random:vgg:0`, `random:alexnet:0`, `random:shallow:0`: untrained, the same everywhere. `self:FILE`: learnt from your
own pictures. `file:FILE`: published weights of VGG16, VGG19, AlexNet or SqueezeNet 1.0.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

import torch
from pydantic import Field, field_validator
from torch import Tensor
from torch.nn.functional import normalize

from ...schedule import Number
from ...settings import ConfigError
from ..turn import Term, Turn
from .pixel import sample_mean

Layers = tuple[int, ...]
KINDS = ("random", "self", "file")
UNTRAINED = "random:"
PICTURE = "picture:"
"""The extractor `picture:FILE` has one map: the picture in the file, (1, C, h, w)."""
FAINT = 1e-3
"""A size of features that counts as none; real ones are hundreds of times as large."""


class FeatureMatching(Term):
    """Mean absolute difference of the discriminator's features of fake and real, averaged over its layers.

    Wang et al. (2018), equation 3; Suvorov et al. (2022). A discriminator that has learnt nothing yet has nothing to
    compare, so let the weight rise from 0: `weight={name="linear", start=0, end=10, until=0.1}`. An augmentation that
    moves pixels moves real and fake differently, and spoils the comparison.
    """

    name: Literal["feature-matching"] = "feature-matching"
    player = "generator"
    notices: ClassVar[bool] = True
    weight: Number = 10.0
    """Factor of the cost; may be a schedule over the run."""

    def cost(self, turn: Turn) -> Tensor:
        fake = turn.noticed(turn.fake_logits).features
        with torch.no_grad():  # what is aimed at stands still
            logits = turn.judge(turn.real, turn.c) if turn.real_logits is None else turn.real_logits
            real = [each.detach().float() for each in turn.noticed(logits).features]
        if not fake:
            raise ConfigError("feature-matching found no rectifier in the discriminator to listen to; choose another")
        return _mean(sample_mean((a.float() - b).abs()) for a, b in zip(fake, real, strict=True))


class Extracting(Term):
    """What terms with a frozen extractor have in common: its name, and which of its maps they read."""

    extractor: str = "random:vgg:0"
    """`random:vgg:SEED`, `random:alexnet:SEED`, `random:shallow:SEED`, `self:FILE` or `file:FILE`."""

    @field_validator("extractor")
    @classmethod
    def _is_of_a_kind(cls, text: str) -> str:
        kind, colon, rest = text.partition(":")
        if kind not in KINDS or not colon or not rest:
            raise ValueError(
                f"wanted random:vgg:SEED, self:FILE or file:FILE, got '{text}'; an extractor is never guessed"
            )
        return text

    @property
    def wants(self) -> tuple[str, ...]:
        """Everything that turns must be able to extract for it."""
        picture = getattr(self, "picture", "")
        return (self.extractor, PICTURE + picture) if picture else (self.extractor,)

    @property
    def trained(self) -> bool:
        return not self.extractor.startswith(UNTRAINED)

    def maps(self, turn: Turn, x: Tensor, layers: Layers) -> list[Tensor]:
        """Those maps of x, (B, F, h, w) each. Raises ConfigError when the extractor has no such layer."""
        found = turn.extract(self.extractor, x)
        if beyond := [each for each in layers if each >= len(found)]:
            raise ConfigError(f"{self.name}: {self.extractor} has layers 0 to {len(found) - 1}, got {beyond[0]}")
        return [found[each] for each in layers] if layers else list(found)

    def aims(self, turn: Turn, x: Tensor, layers: Layers) -> list[Tensor]:
        """The same of what is aimed at, without gradients."""
        with torch.no_grad():
            return self.maps(turn, x, layers)


class Perceptual(Extracting):
    """Distance in the features of a frozen network, averaged over layers.

    Trained extractors: directions of the feature vectors compared at each place, as Zhang et al. (2018) do before they
    weigh channels; 0 to 4. Untrained ones: absolute difference over the size of real's features, which told blurs from
    warps at every seed where directions did not always.
    """

    name: Literal["perceptual"] = "perceptual"
    player = "generator"
    layers: Layers = ()
    """Which maps, from 0, the finest; empty: all."""

    @field_validator("extractor")
    @classmethod
    def _sees_deep(cls, text: str) -> str:
        if text.startswith("random:shallow"):  # it calls 1 blur in 100 worse than a warp, L1 17: docs/terms.md
            raise ValueError(f"perceptual wants a deep network, such as random:vgg:0, got '{text}'; gram can read it")
        return text

    def cost(self, turn: Turn) -> Tensor:
        real = self.aims(turn, turn.real, self.layers)
        fake = self.maps(turn, turn.fake, self.layers)
        compare = angular if self.trained else relative
        return _mean(compare(a, b) for a, b in zip(fake, real, strict=True))


class Content(Extracting):
    """Mean squared difference of one map. Johnson et al. (2016), equation 2.

    Compared with the target, or with the input where `input`, which is how a picture keeps its content while its style
    changes.
    """

    name: Literal["content"] = "content"
    player = "generator"
    layer: int = Field(default=1, ge=0)
    """Which map, from 0, the finest. Of VGG, 1 is `relu2_2`."""
    input: bool = False
    """Whether the input is what is kept; it must have as many channels and pixels as the output."""
    relative: bool = True
    """Over the mean square of what is aimed at, so that a weight means the same for every extractor. False: the plain
    mean square, to which the weights in papers belong."""

    def cost(self, turn: Turn) -> Tensor:
        wanted = turn.real
        if self.input:
            if turn.c is None or turn.c.shape != turn.fake.shape:
                came = "none" if turn.c is None else tuple(turn.c.shape[1:])
                raise ConfigError(
                    f"content.input wants inputs of shape {tuple(turn.fake.shape[1:])} like the outputs, got {came}; "
                    "set input=false"
                )
            wanted = turn.c
        (aim,) = self.aims(turn, wanted, (self.layer,))
        (fake,) = self.maps(turn, turn.fake, (self.layer,))
        return _squared(fake, aim, self.relative)


class Gram(Extracting):
    """Style: squared difference of the Gram matrices of features, averaged over layers. Gatys et al. (2016).

    Which features go together, wherever they are: texture and colour without places. Compared with the target, or with
    one picture for all.
    """

    name: Literal["gram"] = "gram"
    player = "generator"
    layers: Layers = ()
    """Which maps, from 0, the finest; empty: all."""
    picture: str = ""
    """A file whose style is aimed at; empty: that of each target."""
    relative: bool = True
    """Over the mean square of the Gram matrix aimed at, so that a weight means the same for every extractor. False: the
    plain mean square of Johnson et al. (2016), to which the weights in papers belong."""

    def cost(self, turn: Turn) -> Tensor:
        wanted = turn.extract(PICTURE + self.picture, turn.real)[0] if self.picture else turn.real
        aims = [gram(each) for each in self.aims(turn, wanted, self.layers)]
        fakes = [gram(each) for each in self.maps(turn, turn.fake, self.layers)]
        if not self.relative:  # the papers divide by the number of features too
            aims, fakes = ([each / each.shape[1] for each in side] for side in (aims, fakes))
        return _mean(_squared(a, b.expand_as(a), self.relative) for a, b in zip(fakes, aims, strict=True))


def relative(fake: Tensor, real: Tensor) -> Tensor:
    """|fake - real| over |real|, each summed over the sample: (B, F, h, w) twice -> (B,)."""
    return sample_mean((fake - real).abs()) / sample_mean(real.abs()).clamp(min=FAINT)


def angular(fake: Tensor, real: Tensor) -> Tensor:
    """Squared distance of the feature vectors at unit length, averaged over places: (B, F, h, w) twice -> (B,)."""
    fake, real = (normalize(each, dim=1, eps=FAINT) for each in (fake, real))
    return (fake - real).square().sum(1).mean((1, 2))


def gram(x: Tensor) -> Tensor:
    """Feature maps (B, F, h, w) -> (B, F, F): the mean over places of products of features."""
    flat = x.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def _squared(fake: Tensor, aim: Tensor, over_aim: bool) -> Tensor:
    squared = sample_mean((fake - aim).square())
    return squared / sample_mean(aim.square()).clamp(min=FAINT**2) if over_aim else squared


def _mean(costs: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(costs)).mean(0)
