"""Baselines: which classical restoration stands beside a model, and the one number that each is tuned by."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ...domains.degraded import DegradedPictures, Step, known_kernel
from ...domains.translations import Translations, pictured
from ...metrics.pictures import psnr
from . import classical

VARIATION = (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.11, 0.16)
AMOUNTS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
DEVIATIONS = (0.6, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5)
STEPS = (5.0, 10.0, 20.0, 40.0, 80.0)
EXPONENTS = (0.25, 0.33, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
BLURS = {"blur", "motion", "defocus", "sinc"}
NOISES = {"noise", "poisson", "resize-noise", "jpeg"}


class Given(NamedTuple):
    """An input as a classical method reads it: enlarged to the target's size, in the target's channels."""

    pictures: Tensor
    """(B, C, H, W) in 0..1."""
    mask: Tensor | None = None
    """(B, 1, H, W) bool, True in holes."""
    small: Tensor | None = None
    """As it came, (B, C, h, w) in 0..1, where it was enlarged."""
    scale: int = 1


class Baseline(NamedTuple):
    name: str
    line: str
    """What it is and what it knows."""
    restore: Callable[[Given, float], Tensor]
    """Pictures in 0..1, with its one number."""
    choices: tuple[float, ...] = ()
    """What that number is chosen from on validation pictures; empty: it has none."""

    def drawn(self, codec: Translations, c: Tensor, setting: float = 0.0) -> Tensor:
        """What it makes of inputs c, as samples (B, C, H, W) in -1..1, composed as a network's output is.

        Raises ConfigError when it needs a library that is not installed.
        """
        return codec.compose(self.restore(given(codec, c), setting) * 2 - 1, c)

    def tuned(self, codec: Translations, c: Tensor, x: Tensor) -> float:
        """The choice of the highest mean PSNR on inputs c and their targets x, both as encoded; 0 without choices."""
        if not self.choices:
            return 0.0
        found = given(codec, c)
        wanted = (x + 1) / 2
        return max(self.choices, key=lambda each: psnr(wanted, self.restore(found, each), most=100).mean)


def given(codec: Translations, c: Tensor) -> Given:
    """Inputs c (B, C, H, W) in -1..1 for a classical method."""
    channels = codec.output.channels
    seen = c.mean(1, keepdim=True) if channels == 1 and c.shape[1] == 3 else pictured(c, channels)
    mask = c[:, -1:] > 0 if fills_holes(codec) else None
    small = (seen.float() + 1).clamp(0, 2) / 2
    return Given(classical.bicubic(small, codec.scale), mask, small, codec.scale)


def steps_of(codec: Translations) -> tuple[Step, ...]:
    """The degradations that a codec makes, in order; none where the data brings its own inputs."""
    return codec.steps if isinstance(codec, DegradedPictures) else ()


def fills_holes(codec: Translations) -> bool:
    return isinstance(codec, DegradedPictures) and codec.holes


def baselines_for(codec: Translations) -> tuple[Baseline, ...]:
    """What is fair beside a model of this codec: methods for its degradations by their names, and the input itself."""
    steps = steps_of(codec)
    names = {step.name for step in steps}
    if fills_holes(codec):
        return HOLES
    if steps and not codec.paired:
        return COPY, ANOTHER
    found = [BICUBIC, SHARP] if codec.scale > 1 else [GREY if "grey" in names else COPY]
    if names & NOISES:
        found.append(VARIATION_DENOISING)
    if names & BLURS:
        found += [UNSHARP, _deconvolution(steps)]
    if "low-light" in names:
        found += [BRIGHTENED, EQUALISED]
    return tuple(found)


def _deconvolution(steps: Sequence[Step]) -> Baseline:
    """With the kernel itself where one blur is all that happened to every picture alike, else with a Gaussian's."""
    kernel = None if any(step.name == "downscale" for step in steps) else known_kernel(steps)
    if kernel is None:
        return Baseline(
            "richardson-lucy",
            "Richardson-Lucy deconvolution that does not know the kernel: a Gaussian of the width that does best on "
            "validation pictures",
            lambda given, width: classical.richardson_lucy(given.pictures, classical.gaussian(width)),
            DEVIATIONS,
        )
    return Baseline(
        "richardson-lucy",
        "Richardson-Lucy deconvolution that knows the kernel; its number of steps chosen on validation pictures",
        lambda given, count: classical.richardson_lucy(given.pictures, kernel, int(count)),
        STEPS,
    )


def _filled(method: str) -> Callable[[Given, float], Tensor]:
    def restore(given: Given, setting: float) -> Tensor:
        return classical.inpainted(given.pictures, _mask(given), method)

    return restore


def _mask(given: Given) -> Tensor:
    mask = given.mask
    return torch.zeros_like(given.pictures[:, :1], dtype=torch.bool) if mask is None else mask


COPY = Baseline("copy-input", "the input as it is", lambda given, _: given.pictures)
ANOTHER = Baseline(
    "another-picture",
    "another input in its place: what an output that kept nothing of its own would get",
    lambda given, _: given.pictures.roll(1, 0),
)
GREY = Baseline("grey-input", "the grey input in every channel", lambda given, _: given.pictures)
BICUBIC = Baseline("bicubic", "the input enlarged by a cubic filter (a = -1/2)", lambda given, _: given.pictures)
SHARP = Baseline(
    "bicubic-sharp",
    "the input enlarged by the sharper cubic filter of OpenCV and torch (a = -3/4)",
    lambda given, _: classical.bicubic(given.pictures if given.small is None else given.small, given.scale, sharp=True),
)
VARIATION_DENOISING = Baseline(
    "total-variation",
    "total variation denoising (Chambolle, 2004), its weight chosen on validation pictures",
    lambda given, weight: classical.total_variation(given.pictures, weight),
    VARIATION,
)
UNSHARP = Baseline(
    "unsharp",
    "unsharp masking of 1.5 pixels, its amount chosen on validation pictures",
    lambda given, amount: classical.unsharp(given.pictures, amount),
    AMOUNTS,
)
BRIGHTENED = Baseline(
    "gamma",
    "stretched to the full range and raised to the power that does best on validation pictures",
    lambda given, exponent: classical.brightened(given.pictures, exponent),
    EXPONENTS,
)
EQUALISED = Baseline(
    "equalised", "histogram equalisation of the brightness", lambda given, _: classical.equalised(given.pictures)
)
HOLES = (
    Baseline(
        "mean-colour",
        "holes in the mean of the known pixels",
        lambda given, _: classical.mean_colour(given.pictures, _mask(given)),
    ),
    Baseline("telea", "holes filled inwards by Telea (2004), OpenCV, radius 3", _filled("telea")),
    Baseline(
        "navier-stokes",
        "holes filled along level lines by Bertalmio et al. (2001), OpenCV, radius 3",
        _filled("navier-stokes"),
    ),
)
