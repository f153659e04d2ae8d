"""Complete runs: one function each."""

import math

from . import (
    classics,
    conditional,
    few,
    grid,
    modern,
    points,
    private,
    restoration,
    series,
    style,
    style_picture,
    table,
    translation,
    video,
)
from .base import Recipe, Situation

RECIPES: dict[str, Recipe] = {
    **classics.RECIPES, **conditional.RECIPES, **modern.RECIPES, **points.RECIPES,
    **few.RECIPES, **style.RECIPES, **restoration.RECIPES, **translation.RECIPES,
    **style_picture.RECIPES, **video.RECIPES, **series.RECIPES, **grid.RECIPES,
    **table.RECIPES, **private.RECIPES,
}  # fmt: skip


BY_DOMAIN = {
    "pairs": ("pix2pix", "each picture has the one it should become"),
    "unpaired": ("cut", "two collections without pairs, one direction"),
    "clips": ("video-enhance", "frames of videos, spoilt on the fly; name the repair you want for a better one"),
    "grid": ("level", "tiles, of which neighbours have to agree"),
    "series": ("series", "windows of a table in time"),
    "table": ("table", "rows of columns of any kind, asked for by any of them"),
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
