"""Every degradation by name, and the usual lists of them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from ...settings import Chosen, Settings, merge
from .blur import Blur, Defocus, Motion, Sinc
from .holes import Holes
from .jpeg import Jpeg
from .light import Grey, LowLight
from .noise import Noise, Poisson
from .resample import Downscale, ResizeNoise
from .step import Step, Untouched

STEPS: dict[str, type[Step]] = {
    "downscale": Downscale,
    "noise": Noise,
    "poisson": Poisson,
    "resize-noise": ResizeNoise,
    "blur": Blur,
    "motion": Motion,
    "defocus": Defocus,
    "sinc": Sinc,
    "jpeg": Jpeg,
    "low-light": LowLight,
    "grey": Grey,
    "holes": Holes,
    "none": Untouched,
}

Steps = tuple[Annotated[Step, Chosen(STEPS, "step")], ...]
"""What is done to a clean picture, one after the other."""


def consistent(steps: Sequence[Step]) -> None:
    """Raises ValueError when steps cannot stand in this order."""
    if not steps:
        raise ValueError(f"needs at least one, of {', '.join(STEPS)}")
    early = [i for i, step in enumerate(steps[:-1]) if isinstance(step, Holes)]
    if early:
        raise ValueError(f"holes must be the last step, so that known pixels stay as they are; it is step {early[0]}")


def from_preset(steps: Any) -> bool:
    """Whether steps, as values or plain trees, are some preset's, untouched."""
    if not isinstance(steps, Sequence):
        return False
    trees = [each.tree() if isinstance(each, Settings) else each for each in steps]
    return any(_same(trees, [step.tree() for step in preset]) for preset in PRESETS.values())


def changed(steps: Sequence[Step], changes: Mapping[str, Any]) -> list[Any]:
    """Trees of steps after changes by their number. Raises ValueError when there is no such step."""
    trees: list[Any] = [step.tree() for step in steps]
    for number, change in changes.items():
        if not number.isdecimal() or int(number) >= len(trees):
            raise ValueError(f"steps has entries 0 to {len(trees) - 1}, got '{number}'")
        trees[int(number)] = merge(trees[int(number)], change)
    return trees


def _same(trees: Sequence[Any], preset: Sequence[Mapping[str, Any]]) -> bool:
    return len(trees) == len(preset) and all(tree == each for tree, each in zip(trees, preset, strict=True))


_REAL_V1: tuple[Step, ...] = (
    Blur(sigma=(0.2, 2.0), stretch=(1.0, 2.0), angle=(0.0, 180.0), chance=0.9),
    Sinc(chance=0.1),
    ResizeNoise(factor=(0.5, 1.0), sigma=(1.0, 20.0)),
    Poisson(peak=(100.0, 2000.0), grey=0.4, chance=0.4),
    Jpeg(quality=(30.0, 95.0)),
    Blur(sigma=(0.2, 1.0), stretch=(1.0, 2.0), angle=(0.0, 180.0), chance=0.5),
    ResizeNoise(factor=(0.6, 1.0), sigma=(1.0, 12.0), chance=0.8),
    Jpeg(quality=(30.0, 95.0)),
)
"""Twice blurred, resized, noisy and compressed, in the order of Wang et al. (2021); milder, for small pictures."""

PRESETS: dict[str, tuple[Step, ...]] = {
    "mild": (Blur(sigma=(0.4, 0.8)), Noise(sigma=(2.0, 6.0))),
    "bicubic-x2": (Downscale(factor=2),),
    "bicubic-x4": (Downscale(factor=4),),
    "denoise-25": (Noise(sigma=25.0),),
    "deblur": (Blur(sigma=(0.8, 2.0)), Noise(sigma=2.0)),
    "deblur-motion": (Motion(length=(5.0, 15.0)), Noise(sigma=2.0)),
    "jpeg": (Jpeg(quality=(10.0, 50.0)),),
    "low-light": (LowLight(),),
    "real-v1": _REAL_V1,
    "inpaint": (Holes(),),
    "inpaint-thin": (Holes(kind="irregular", share=(0.05, 0.2), thickness=(0.02, 0.05)),),
    "inpaint-wide": (Holes(kind="irregular", share=(0.15, 0.4), thickness=(0.12, 0.3)),),
    "colorize": (Grey(),),
    "none": (Untouched(),),
}
