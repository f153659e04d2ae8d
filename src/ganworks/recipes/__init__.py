"""Complete runs: one function each."""

import math

from . import (
    audio,
    classics,
    conditional,
    few,
    grid,
    modern,
    molecules,
    motion,
    points,
    private,
    restoration,
    series,
    style,
    style_picture,
    table,
    tokens,
    translation,
    video,
    vocoder,
    voices,
)
from .base import Recipe, Situation

RECIPES: dict[str, Recipe] = {
    **classics.RECIPES, **conditional.RECIPES, **modern.RECIPES, **points.RECIPES,
    **few.RECIPES, **style.RECIPES, **restoration.RECIPES, **translation.RECIPES,
    **style_picture.RECIPES, **video.RECIPES, **series.RECIPES, **grid.RECIPES,
    **molecules.RECIPES, **tokens.RECIPES, **table.RECIPES, **private.RECIPES, **vocoder.RECIPES,
    **audio.RECIPES, **motion.RECIPES, **voices.RECIPES,
}  # fmt: skip


BY_DOMAIN = {
    "audio": ("audio", "recordings; their mel spectra are drawn, and heard by Griffin and Lim's way back"),
    "pairs": ("pix2pix", "each picture has the one it should become"),
    "unpaired": ("cut", "two collections without pairs, one direction"),
    "clips": ("video-enhance", "frames of videos, spoilt on the fly; name the repair you want for a better one"),
    "grid": ("level", "tiles, of which neighbours have to agree"),
    "series": ("series", "windows of a table in time"),
    "molecules": ("molecules", "molecules as SELFIES: what is likely first, then the game"),
    "tokens": ("text", "lines of tokens: what is likely first, then the game"),
    "table": ("table", "rows of columns of any kind, asked for by any of them"),
    "vocoder": ("vocoder", "sound from its mel spectrum; denoise-sound and bandwidth begin from spoilt sound"),
    "video": ("video", "clips: a canvas that moves, judged by frames and by clips"),
    "voices": ("convert-sound", "recordings of two kinds without pairs, one becomes the other"),
    "degraded": ("enhance", "clean pictures, spoilt on the fly; name the repair you want for a better one"),
}


def choose(situation: Situation) -> tuple[str, str]:
    """Name of the recipe for a situation, and the choice explained in one line."""
    if situation.domain.name in BY_DOMAIN:
        name, why = BY_DOMAIN[situation.domain.name]
        return name, f"{name}: {why}"
    if not situation.spec.axes:
        return "mixture", "mixture: points have no axes to convolve over"
    height, width = situation.spec.axes[-2:]
    side = math.sqrt(height * width)
    what = f"{situation.count:,} pictures of {height} x {width}"
    if situation.device.type == "cpu":
        name = "lean-28" if side <= 30 else "lean-32" if side <= 48 else "lean-64"
        return name, f"{name}: {what} on a CPU, where plain strided convolutions learn most in a minute"
    name = "r3-tiny" if situation.count < 2_000 else "r3-small"
    return name, f"{name}: {what} on {situation.device.type}, where residual networks without normalisation draw best"


__all__ = ["RECIPES", "Recipe", "Situation", "choose"]
