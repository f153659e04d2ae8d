"""Levels that keep the rules, by drawing until they do; and whole levels, put together from segments that fit."""

from typing import NamedTuple

import numpy as np
import torch

from ..domains.base import Raw
from ..domains.grid import Checker, Left, Tiles
from ..model import Model
from ..settings import ConfigError
from ..training import sampling

PATIENCE = 50
"""Samples drawn for one that is wanted, before the search is given up."""
TOGETHER = 256
"""Segments among which the one that fits best is looked for."""
OVERLAP = 4
"""Columns in which a segment and the one before it have to agree."""


class Kept(NamedTuple):
    """Levels that keep the rules."""

    records: Raw
    drawn: int
    """Levels that were drawn for them."""


def tiles_of(model: Model) -> Tiles:
    """The codec of a model of levels. Raises ConfigError for any other."""
    if not isinstance(model.codec, Tiles):
        raise ConfigError(f"this run draws {model.run.domain.name}, not levels; use ganworks sample")
    return model.codec


def checker_of(model: Model) -> Checker:
    """Who knows the rules. Raises ConfigError where there are none."""
    checker = tiles_of(model).checker
    if checker is None:
        raise ConfigError("this run knows no rules; train with --set domain.rules=FILE, or draw with --raw")
    return checker


def kept(model: Model, count: int, seed: int = 0, condition: str | None = None) -> Kept:
    """The first `count` levels of a seed that break no rule.

    Raises ConfigError when fewer than one level in PATIENCE does, or there are no rules.
    """
    if count < 1 or seed < 0:
        raise ConfigError(f"count must be at least 1 and seed at least 0, got {count} and {seed}")
    checker = checker_of(model)
    found: list[Raw] = []
    drawn = have = 0
    for records in model.stream(PATIENCE * count, seed, at_once=TOGETHER, condition=condition):
        sound = ~checker.broken(records).any
        need = count - have
        if sound.sum() >= need:  # counted up to the last that was needed, not to the end of the batch
            drawn += int(np.flatnonzero(sound)[need - 1]) + 1
            found.append(records[sound][:need])
            return Kept(np.concatenate(found), drawn)
        drawn, have = drawn + len(records), have + int(sound.sum())
        found.append(records[sound])
    raise ConfigError(
        f"{have} of {drawn} levels keep the rules, {count} are wanted; train longer, ask for something else, or --raw"
    )


def assembled(model: Model, length: int, seed: int = 0) -> Raw:
    """A whole level (H, length): each segment agrees with the end of the one before, and no rule is broken anywhere.

    Of many segments the one is taken whose first columns differ in the fewest tiles from the last ones so far. A model
    that was trained with condition=left is given those columns, so that few have to be drawn.
    Raises ConfigError when nothing fits.
    """
    codec = tiles_of(model)
    if length < codec.width:
        raise ConfigError(f"a whole level is at least one segment of {codec.width} columns long, got {length}")
    overlap = codec.asked.columns if isinstance(codec.asked, Left) else min(OVERLAP, codec.width // 2)
    level: Raw = _sound(model, _drawn(model, seed, 0, None))[0]
    number = 1
    while level.shape[1] < length:
        level = _longer(model, level, overlap, length, seed, number)
        number += 1
    return level


def _longer(model: Model, level: Raw, overlap: int, length: int, seed: int, number: int) -> Raw:
    """The level with one more segment, or as much of it as is still wanted."""
    checker = tiles_of(model).checker
    for attempt in range(4):
        segments = _drawn(model, seed, number + 1000 * attempt, level)
        apart = (segments[:, :, :overlap] != level[None, :, -overlap:]).sum(axis=(1, 2))
        for i in np.argsort(apart, kind="stable")[:32]:
            longer = np.concatenate([level, segments[i][:, overlap:]], axis=1)[:, :length]
            # Only what is near the seam is new; a walker has to come all the way.
            if checker is None or not checker.broken(longer[None]).any[0]:
                return longer
    raise ConfigError(f"no segment goes on after column {level.shape[1]} without breaking a rule; try another --seed")


def _drawn(model: Model, seed: int, number: int, level: Raw | None) -> Raw:
    """Many segments, (TOGETHER, H, W), given the columns they follow where the model takes them."""
    codec = tiles_of(model)
    inputs = model.inputs(TOGETHER, seed, number * TOGETHER)
    if isinstance(codec.asked, Left) and level is not None:
        latents = inputs[:, : model.run.generator.latent]
        inputs = sampling.joined(latents, codec.asked.after(level).expand(len(latents), -1))
    with torch.no_grad():
        return model.decode(inputs)


def _sound(model: Model, segments: Raw) -> Raw:
    checker = tiles_of(model).checker
    whole = segments if checker is None else segments[~checker.broken(segments).any]
    if not len(whole):
        raise ConfigError(f"none of {len(segments)} segments keeps the rules; train longer")
    return whole
