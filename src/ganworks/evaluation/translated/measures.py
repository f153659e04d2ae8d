"""Measures of outputs beside their targets: which there are, how they are spelled, and on what they are taken."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from ...adversarial.reconstructions.features import gram
from ...domains.base import Raw
from ...domains.image.codec import Pictures
from ...domains.translations import Translations
from ...metrics import pictures
from ...metrics.features.backbones import Backbone
from ...metrics.features.backbones.base import Maps
from ...metrics.pictures import Measured
from ...metrics.pictures.ssim import scales_of

CEILING = 100.0
"""Decibels of a picture that is met exactly."""
STROKES, PLACES = "random:shallow", "random:vgg"
"""Random networks that see style and that see content, but for their seed."""
CONTENT = 1
"""Which map of the latter is content: `relu2_2`."""


class Sides(NamedTuple):
    """Targets and outputs of the same inputs, as files of them hold them."""

    target: Tensor
    """(B, C, H, W) in 0..1, float64."""
    output: Tensor
    mask: Tensor | None = None
    """(B, H, W) bool, True in holes."""
    crop: int = 0
    """Pixels cut at each border, where the whole picture is measured."""
    backbone: Backbone | None = None
    maps: Maps = ()
    """Of the targets, by the backbone."""
    style: "Style | None" = None
    """Where outputs are to have the style of one picture and no target of their own."""


class Style(NamedTuple):
    """What a style is measured by."""

    eye: Backbone
    grams: Maps
    """Of the picture, (1, F, F) for each map of the eye."""

    @classmethod
    def of(cls, eye: Backbone, picture: Backbone, like: Tensor) -> "Style":
        """Of a picture as large as it is aimed at beside pictures like (B, C, H, W)."""
        (wanted,) = picture(like.float())
        return cls(eye, tuple(gram(each) for each in eye(wanted)))


class Measure(NamedTuple):
    label: str
    better: Literal["lower", "higher"]
    ideal: float | None
    take: Callable[[Sides], Measured]
    wanted: Callable[[Sides], bool]
    """Whether it means anything for such pictures."""


def unit(records: Raw, codec: Pictures) -> Tensor:
    """Pictures (B, H, W, C) as stored -> (B, C, H, W) float64 in 0..1."""
    return torch.from_numpy(records.astype("float64")).permute(0, 3, 1, 2) / codec.white


def holes_in(codec: Translations, c: Tensor) -> Tensor:
    """Where inputs c (B, C, H, W) have holes, (B, h, w) bool without the padding that networks need."""
    top, _, left, _ = codec.output.padding
    inner = c[:, -1, top : top + codec.output.height, left : left + codec.output.width]
    return inner > 0


@torch.no_grad()
def maps_of(backbone: Backbone | None, x: Tensor) -> Maps:
    """Feature maps of pictures x (B, C, H, W) in 0..1; none without a backbone."""
    return () if backbone is None else backbone((x * 2 - 1).float())


def measured(sides: Sides) -> dict[str, Measured]:
    """Every number that means something for these pictures."""
    return {name: each.take(sides) for name, each in MEASURES.items() if each.wanted(sides)}


def _always(sides: Sides) -> bool:
    return sides.style is None


def _styled(sides: Sides) -> bool:
    return sides.style is not None


def _coloured(sides: Sides) -> bool:
    return _always(sides) and sides.target.shape[1] in (3, 4)


def _holed(sides: Sides) -> bool:
    return sides.mask is not None


def _large(sides: Sides) -> bool:
    return _always(sides) and min(sides.target.shape[2:]) >= 22 + 2 * sides.crop and scales_of(sides.target) > 1


def _features(sides: Sides) -> Measured:
    assert sides.backbone is not None
    return pictures.relative(sides.maps, maps_of(sides.backbone, sides.output), sides.backbone.name)


def _style(sides: Sides) -> Measured:
    """Squared difference of Gram matrices over the square of those aimed at. Gatys et al. (2016)."""
    assert sides.style is not None
    grams = [gram(each) for each in maps_of(sides.style.eye, sides.output)]
    apart = [_share(each, aim) for each, aim in zip(grams, sides.style.grams, strict=True)]
    return Measured(torch.stack(apart).mean(0).double(), f"Gram matrices of {sides.style.eye.name}, relative")


def _content(sides: Sides) -> Measured:
    assert sides.backbone is not None
    found = maps_of(sides.backbone, sides.output)
    layer = min(CONTENT, len(found) - 1)
    apart = _share(found[layer], sides.maps[layer])
    return Measured(apart.double(), f"map {layer} of {sides.backbone.name}, squared difference, relative")


def _share(found: Tensor, aim: Tensor) -> Tensor:
    """|found - aim|^2 over |aim|^2, (B,)."""
    return (found - aim).square().flatten(1).sum(1) / aim.square().flatten(1).sum(1).clamp(min=1e-6)


MEASURES: Mapping[str, Measure] = {
    "psnr": Measure(
        "PSNR (dB)", "higher", None,
        lambda s: pictures.psnr(s.target, s.output, crop=s.crop, most=CEILING), _always,
    ),
    "psnr-y": Measure(
        "PSNR of luma (dB)", "higher", None,
        lambda s: pictures.psnr(s.target, s.output, on="y", crop=s.crop, most=CEILING), _coloured,
    ),
    "ssim": Measure(
        "SSIM", "higher", 1.0, lambda s: pictures.ssim(s.target, s.output, crop=s.crop), _always
    ),
    "ms-ssim": Measure(
        "MS-SSIM", "higher", 1.0, lambda s: pictures.ms_ssim(s.target, s.output, crop=s.crop), _large
    ),
    "l1": Measure(
        "mean absolute error", "lower", 0.0, lambda s: pictures.absolute(s.target, s.output, crop=s.crop), _always
    ),
    "hole-psnr": Measure(
        "PSNR in holes (dB)", "higher", None,
        lambda s: pictures.psnr(s.target, s.output, mask=s.mask, most=CEILING), _holed,
    ),
    "hole-ssim": Measure(
        "SSIM in holes", "higher", 1.0, lambda s: pictures.ssim(s.target, s.output, mask=s.mask), _holed
    ),
    "hole-l1": Measure(
        "mean absolute error in holes", "lower", 0.0,
        lambda s: pictures.absolute(s.target, s.output, mask=s.mask), _holed,
    ),
    "spectrum": Measure(
        "spectral error", "lower", 0.0, lambda s: pictures.spectral(s.target, s.output, crop=s.crop), _always
    ),
    "features": Measure(
        "feature distance", "lower", 0.0, _features, lambda s: _always(s) and s.backbone is not None
    ),
    "style": Measure("distance from the style", "lower", 0.0, _style, _styled),
    "content": Measure("distance from the content", "lower", 0.0, _content, _styled),
}  # fmt: skip
