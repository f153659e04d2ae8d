"""How far apart two pictures are to a network: the relative distance of its feature maps."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...settings import DataError
from .measured import Measured


def relative(target: Sequence[Tensor], output: Sequence[Tensor], name: str) -> Measured:
    """Absolute difference of feature maps over the size of the target's, mean over layers; one number a picture.

    target and output: maps (B, ...) of one extractor, layer by layer. 0 is best, and values compare only within one
    extractor. Networks of random weights tell blur from a slight shift this way, and not with features of unit length.
    Raises DataError when the maps differ in shape or hold a number that is not finite.
    """
    if not target or [each.shape for each in target] != [each.shape for each in output]:
        raise DataError(f"{name}: features to compare must have one shape in every layer; use one extractor for both")
    total = torch.zeros(len(target[0]), dtype=torch.float64)
    for wanted, came in zip(target, output, strict=True):
        real, fake = (each.detach().to("cpu", torch.float64).flatten(1) for each in (wanted, came))
        # A layer that is silent on a target has no size to compare with.
        total += (fake - real).abs().mean(1) / real.abs().mean(1).clamp(min=1e-12)
    values = total / len(target)
    if not values.isfinite().all():
        raise DataError(f"{name}: features hold numbers that are not finite; the generator has diverged")
    return Measured(values, f"relative absolute difference of the maps of {name}, mean over {len(target)} layers")
