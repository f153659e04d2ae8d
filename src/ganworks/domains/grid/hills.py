"""Built-in levels `hills`: ground that rises and falls, gaps, pipes, coins and walkers, by laws that are known."""

import numpy as np

from .legend import Codes, Legend, Tile

LEGEND = Legend(
    tiles=(
        Tile(symbol="-", tags=("passable", "empty")),
        Tile(symbol="X", tags=("solid", "ground")),
        Tile(symbol="<", tags=("solid", "top-left pipe", "pipe")),
        Tile(symbol=">", tags=("solid", "top-right pipe", "pipe")),
        Tile(symbol="[", tags=("solid", "left pipe", "pipe")),
        Tile(symbol="]", tags=("solid", "right pipe", "pipe")),
        Tile(symbol="E", tags=("enemy", "damaging", "hazard", "moving")),
        Tile(symbol="o", tags=("coin", "collectable", "passable")),
    )
)
HEIGHT, LENGTH, LEVELS = 14, 72, 24
GAP, PIPE, ENEMY, COINS = 0.08, 0.12, 0.1, 0.1
"""Chances, at each step of two columns, that the ground is missing, or carries what they name."""
_SKY, _GROUND, _LEFT_TOP, _RIGHT_TOP, _LEFT, _RIGHT, _WALKER, _COIN = range(8)


def levels(seed: int, height: int = HEIGHT, count: int = LEVELS, length: int = LENGTH) -> list[Codes]:
    """So many levels, each crossed by a jump of four tiles and with all pipes whole."""
    random = np.random.default_rng(seed)
    return [_level(random, height, length) for _ in range(count)]


def _level(random: np.random.Generator, height: int, length: int) -> Codes:
    level = np.zeros((height, length), np.uint8)
    ground, gap = 1, False
    for left in range(0, length - 1, 2):
        edge = left < 4 or left > length - 6
        gap = not edge and not gap and random.random() < GAP
        if gap:
            continue
        ground = 1 if edge else int(np.clip(ground + random.choice([0, 0, 0, 1, -1]), 1, 3))
        level[height - ground :, left : left + 2] = _GROUND
        if edge:
            continue
        chance, top = random.random(), height - ground - 1
        if chance < PIPE:
            tall = int(random.integers(1, 3))
            level[top - tall : top + 1, left], level[top - tall : top + 1, left + 1] = _LEFT, _RIGHT
            level[top - tall, left : left + 2] = _LEFT_TOP, _RIGHT_TOP
        elif chance < PIPE + ENEMY:
            level[top, left] = _WALKER
        elif chance < PIPE + ENEMY + COINS:
            level[top - 2, left : left + 2] = _COIN
    return level
