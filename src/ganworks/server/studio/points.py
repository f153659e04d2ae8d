"""Places in a model's latent space, as a page names them: a sample of a seed, moved on a plane through it."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Literal
from weakref import WeakKeyDictionary

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from ...domains.base import Raw
from ...latent import truncate
from ...latent.directions import Directions, principal
from ...latent.space import Space
from ...model import Model
from ...settings import ConfigError, Settings
from ...training import sampling
from ...training.feed import derive
from ..conditions import asked
from .described import MOST_DIRECTIONS, kind

Share = Annotated[float, Field(ge=-1, le=1)]
Seed = Annotated[int, Field(ge=0, lt=1 << 53)]
"""A page counts in floating point: beyond this its whole numbers are none."""
REACH = 3.0
"""Deviations along a found direction that the edge of a plane is."""
TURN = math.pi / 2
"""Angle on the shell of latents that the edge of a plane of random directions is."""

_FOUND: WeakKeyDictionary[Model, Directions] = WeakKeyDictionary()


class Axes(Settings):
    """Which two directions a plane has."""

    kind: Literal["random", "found"] = "random"
    """random: towards other latents, at right angles; found: those that change samples most."""
    across: int = Field(default=0, ge=0, lt=1 << 31)
    """Which one goes to the right: a seed, or the number of a found direction."""
    up: int = Field(default=1, ge=0, lt=1 << 31)
    """Which one goes up."""


class Drawing(Settings):
    """How samples are drawn, whichever they are."""

    condition: str | None = Field(default=None, max_length=2000)
    """What all of them shall be; unset: as the training data has them."""
    truncation: float = Field(default=1.0, ge=0, le=1)
    """1 changes nothing, 0 makes all alike."""
    temperature: float | None = Field(default=None, gt=0, le=100)
    """Of models that draw tokens."""

    def told(self) -> dict[str, str]:
        """What of it differs from plain drawing, for a mark."""
        found = {}
        if self.truncation != 1:
            found["truncation"] = repr(self.truncation)
        if self.temperature is not None:
            found["temperature"] = repr(self.temperature)
        return found


class Place(Drawing):
    """One sample: where its latent lies, and how it is drawn."""

    seed: Seed = 0
    index: int = Field(default=0, ge=0, lt=1 << 31)
    """Which sample of the seed."""
    axes: Axes = Axes()
    x: Share = 0.0
    """To the right on the plane, from -1 to 1."""
    y: Share = 0.0
    """Up."""

    def told(self) -> dict[str, str]:
        """What differs from drawing the sample of this seed and number, for a mark; of one that was moved, all."""
        moved = self.x or self.y
        return super().told() | ({"explore": f"place {self.model_dump_json(exclude_defaults=True)}"} if moved else {})


def drawn(model: Model, drawing: Drawing, count: int, seed: int, first: int) -> Raw:
    """Records of a seed. Raises ConfigError for a condition that is not known or not for a page to name."""
    word = asked(model.codec, drawing.condition)
    with heated(model, drawing.temperature):
        if drawing.truncation != 1:
            return truncate.generate(model, count, drawing.truncation, seed, first, word)
        return model.generate(count, seed, first, condition=word)


def records(model: Model, places: Sequence[Place]) -> Raw:
    """Records of places, one for each: where nothing was moved, the bytes of the sample of that seed and number."""
    space = Space(model)
    if all(each.temperature is None for each in places):
        return space.records(torch.cat([point(model, each) for each in places]))
    found = []
    for each in places:
        with heated(model, each.temperature):
            found.append(space.records(point(model, each)))
    return np.concatenate(found)


def glimpsed(model: Model, places: Sequence[Place]) -> Raw:
    """The same for the eye, many times faster for a few: computed in a batch of just those, so rounded otherwise."""
    space, found = Space(model), torch.cat([point(model, each) for each in places])
    drawn = sampling.in_parts(space.network, space.render, found, len(found))
    return np.concatenate([model.codec.decode(x) for x in drawn])


def point(model: Model, place: Place) -> Tensor:
    """The point (1, P) of a place. Raises ConfigError for axes that the model does not have."""
    space = Space(model)
    word = asked(model.codec, place.condition)
    start = space.enter(model.inputs(1, place.seed, place.index, word), place.truncation)
    if not place.x and not place.y:
        return start
    check_plane(model)
    if place.axes.kind == "found":
        known, axes = directions(model), place.axes
        for number, share in ((axes.across, place.x), (axes.up, place.y)):
            if number >= len(known.vectors):
                raise ConfigError(f"directions are numbered from 0 to {len(known.vectors) - 1}, got {number}")
            start = known.by(start, number, share * REACH)
        return start
    return _turned(space, start, place)


def directions(model: Model) -> Directions:
    """The model's found directions, looked for once. Up to 4,096 samples are drawn for it."""
    check_plane(model)
    if model not in _FOUND:
        _FOUND[model] = principal(model, min(MOST_DIRECTIONS, Space(model).free))
    return _FOUND[model]


def traverse(model: Model, place: Place, number: int, steps: int) -> tuple[Raw, list[float]]:
    """Records along a found direction through a place, from -REACH to REACH deviations, and those numbers."""
    known = directions(model)
    if number >= len(known.vectors):
        raise ConfigError(f"directions are numbered from 0 to {len(known.vectors) - 1}, got {number}")
    reach = torch.linspace(-REACH, REACH, steps)
    walked = known.at(point(model, place).expand(steps, -1), number, reach)
    return Space(model).records(walked), reach.tolist()


def between(model: Model, start: Place, end: Place, steps: int) -> Raw:
    """Records on the way from one place to another: on the shell of latents; styles and conditions in a line."""
    check_plane(model)
    space, share = Space(model), torch.linspace(0, 1, steps)[:, None]
    a, b = point(model, start), point(model, end)
    way = torch.lerp(a, b, share)
    if not space.styled:
        way[:, : space.free] = _great_circle(a[0, : space.free], b[0, : space.free], share)
    return space.records(way)


def check_plane(model: Model) -> None:
    """Raises ConfigError for models whose latents are not walked on a page."""
    found = kind(model.codec)
    if found in ("rows", "lines", "molecules", "translation", "voice"):
        raise ConfigError(f"this model draws {model.run.domain.name}; there is no plane of latents to walk on")


@contextmanager
def heated(model: Model, temperature: float | None) -> Iterator[None]:
    """Draws at another temperature meanwhile; one thread draws, so nobody sees it but who asked.

    Raises ConfigError where a model has none.
    """
    if temperature is None:
        yield
        return
    network = model.network
    if not hasattr(network, "temperature"):
        raise ConfigError(f"temperature is for models that draw tokens, this one draws {model.run.domain.name}")
    before = network.temperature
    network.temperature = temperature  # type: ignore[assignment]
    try:
        yield
    finally:
        network.temperature = before


def _turned(space: Space, start: Tensor, place: Place) -> Tensor:
    """The point turned towards two other latents at right angles, so that it stays as far from the middle as it was.

    A latent of two numbers is a plane itself, and moved over in a straight line.
    """
    here = start[0, : space.free] - space.centre
    if len(here) <= 2:
        found = start.clone()
        found[0, : len(here)] += REACH * torch.tensor([place.x, place.y])[: len(here)]
        return found
    others = [_other(space, place, number) for number in (place.axes.across, place.axes.up)]
    right, up = _orthonormal(here, others)
    away = math.hypot(place.x, place.y)
    ahead = (place.x * right + place.y * up) / away
    angle = min(away, 1.0) * TURN
    moved = math.cos(angle) * here + math.sin(angle) * here.norm() * ahead
    if space.model.run.latents.name == "uniform":  # type: ignore[attr-defined]  # every law has its name
        moved = moved.clamp(-1, 1)
    found = start.clone()
    found[0, : space.free] = moved + space.centre
    return found


def _other(space: Space, place: Place, number: int) -> Tensor:
    inputs = space.model.inputs(1, derive("plane", number) >> 10, 0, asked(space.model.codec, place.condition))
    return space.enter(inputs)[0, : space.free] - space.centre


def _orthonormal(here: Tensor, others: Sequence[Tensor]) -> list[Tensor]:
    """Each of others (free,) at right angles to `here` and to those before it, of length 1."""
    known, found = [here / here.norm().clamp_min(1e-12)], []
    for other in others:
        rest = other.clone()
        for axis in known:
            rest -= (rest @ axis) * axis
        if rest.norm() < 1e-6 * other.norm():
            raise ConfigError("the two directions of a plane must differ; choose another one")
        known.append(rest / rest.norm())
        found.append(known[-1])
    return found


def _great_circle(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    """From a (L,) to b (L,) by shares (N, 1), since the length of latents is what a generator knows (White, 2016)."""
    angle = torch.arccos(torch.clamp(torch.dot(a, b) / (a.norm() * b.norm()).clamp_min(1e-12), -1, 1))
    if angle.abs() < 1e-4 or (angle - math.pi).abs() < 1e-4:
        return torch.lerp(a, b, share)
    return (torch.sin((1 - share) * angle) * a + torch.sin(share * angle) * b) / torch.sin(angle)
