"""Repair of videos: a network that goes from frame to frame and takes its last output along.

As the repair of pictures, a pixel stage and then an adversarial one, but the judge sees frames in a row, and two more
terms look after time: `flow` teaches the sense of motion, `temporal` asks what stays to stay. Sajjadi et al. (2018).
"""

from functools import partial

from ..adversarial.reconstructions import Charbonnier, Flow, Temporal
from ..networks.translation import FramesDiscriminator, RecurrentGenerator
from ..settings import Tree
from ..training.health import Health
from ..training.run import Run
from .base import Recipe, Situation
from .restoration import staged


def restore(situation: Situation, *, name: str) -> Run:
    """Residual blocks on the input and the last output, moved; the input is the first guess."""
    on_cpu = situation.device.type == "cpu"
    given = situation.spec.condition
    scale = 1 if given is None else situation.spec.axes[1] // given.axes[1]
    frames = situation.spec.axes[0]
    generator = RecurrentGenerator(
        width=32 if on_cpu else 64, blocks=6 if on_cpu else 10, fold=2 if on_cpu and scale == 1 else 1,
        tail="direct" if on_cpu else "full", motion_width=12 if on_cpu else 24, motion_levels=2 if scale > 1 else 3,
    )  # fmt: skip
    judge = FramesDiscriminator(width=32 if on_cpu else 64, layers=2, norm="none", stack=min(3, frames))
    terms = (Charbonnier(weight=1.0), Flow(weight=0.5), Temporal(weight=0.2))
    health = Health(judgements=20, samples=64, remedies=0, extractor="random")
    changes = {"half_life": 1_000, "batch": 4 if on_cpu else 8, "health": health}
    return staged(situation, name, (generator, judge), terms, 0.01).model_copy(update=changes)


def _preset(name: str) -> Tree:
    return {"name": "clips", "preset": name, "longest": 128, "crop": 48}


_PRESETS = {
    "video-denoise": "denoise-25",
    "video-super-resolution-x2": "bicubic-x2",
    "video-enhance": "real-v1",
    "video-inpaint": "inpaint",
}

RECIPES: dict[str, Recipe] = {
    name: Recipe(
        partial(restore, name=name), 2018, "Sajjadi et al.", "frame-recurrent, frames", "pixels, then relativistic",
        _preset(preset),
    )
    for name, preset in _PRESETS.items()
}  # fmt: skip
