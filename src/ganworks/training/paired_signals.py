"""How near outputs are to their targets, for a run that chooses its best generator by that."""

from typing import Literal

import torch
from torch import Tensor

from ..metrics import pictures
from ..metrics.pictures import Measured
from ..spectra import magnitude, stft

BETTER: dict[str, Literal["higher", "lower"]] = {"psnr": "higher", "ssim": "higher", "l1": "lower"}
CEILING = 100.0
"""Decibels of a picture that is met exactly."""
WINDOW = 256
"""Samples of sound that are looked at together."""


def paired_values(outputs: Tensor, targets: Tensor, masks: Tensor | None = None) -> dict[str, Tensor]:
    """Each of BETTER for every picture, (B,) float64: outputs and targets (B, C, H, W) as encoded, -1..1.

    With masks (B, H, W) bool, True in holes, of the holes alone. Of clips (B, C, T, H, W) the mean over their frames;
    of sounds (B, C, T) of the logarithms of their spectra.
    Raises DataError when shapes differ, a mask has no hole, or a number is not finite.
    """
    if outputs.ndim == 3 and targets.ndim == 3:  # phases are no fault: sounds are compared by their spectra
        outputs, targets = _spectra(outputs), _spectra(targets)
    if outputs.ndim == 5 and targets.ndim == 5:
        frames = outputs.shape[2]
        single = paired_values(*(each.movedim(2, 1).flatten(0, 1) for each in (outputs, targets)))
        return {name: each.view(-1, frames).mean(1) for name, each in single.items()}
    x, y = ((each.clamp(-1, 1) + 1) / 2 for each in (targets, outputs))
    found: dict[str, Measured] = {
        "psnr": pictures.psnr(x, y, mask=masks, most=CEILING),
        "ssim": pictures.ssim(x, y, mask=masks),
        "l1": pictures.absolute(x, y, mask=masks),
    }
    return {name: each.values for name, each in found.items()}


def paired_numbers(outputs: Tensor, targets: Tensor, masks: Tensor | None = None) -> dict[str, float]:
    """The means of `paired_values` over pictures: psnr in decibels, ssim, and l1 as a share of the full range."""
    return {name: float(each.mean()) for name, each in paired_values(outputs, targets, masks).items()}


def _spectra(x: Tensor) -> Tensor:
    """Sounds (B, C, T) -> pictures (B, C, F, frames) in -1..1: magnitudes from a ten-thousandth to a hundred."""
    sizes = magnitude(stft(x.float().flatten(0, 1), WINDOW, WINDOW // 4))
    seen: Tensor = torch.unflatten((sizes.clamp(1e-4, 1e2).log10() + 1) / 3, 0, x.shape[:2])
    return seen
