"""Inversion: the latent, and the class where there are some, whose picture is nearest to a given one.

Adam on several starts at once, the best of many random ones; two thirds of them are given up twice on the way. The loss
is the squared error of pixels and the distance in features of a random network, with a pull to where latents lie: a
generator knows nothing of other places, and edits lead nowhere from there. Zhu et al. (2016); Karras et al. (2020).
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..domains.base import Raw
from ..domains.image import Image, Pictures
from ..domains.image.attributes import number_of
from ..domains.image.decode import Unreadable, decode
from ..domains.image.resize import Plan, background_colour, conform, resized
from ..metrics.features.backbones import open_backbone
from ..metrics.features.backbones.base import Backbone, Maps
from ..metrics.pictures import psnr
from ..model import Model
from ..settings import ConfigError, DataError, printable
from ..training import sampling
from .directions import principal
from .space import Space, pictures_of

BACKBONE, SHALLOW = "random:vgg:0", "random:shallow:0"
CANDIDATES, STARTS, STEPS = 512, 12, 300
PHASES = (0.25, 0.25, 0.5)
"""Of the steps, between which two thirds of the starts are given up; in the first pixels alone are compared."""
RATE, FEATURES, PULL = 0.05, 0.1, 0.1
"""Step of Adam in deviations of a latent; weights of the features' distance and of the pull."""
Notify = Callable[[str], None]


class Inverted(NamedTuple):
    """What was found."""

    point: Tensor
    """(P,) of the space: latent with codes and condition, or style."""
    space: str
    records: Raw
    """The picture as the model reads it, and the reconstruction, (2, H, W, C)."""
    psnr: float
    distance: float
    """Relative difference of features, by `backbone`."""
    radius: float
    """Root mean square of the latent over what the prior has; 1 is where latents lie."""
    condition: str | None
    """The class that was given, or found."""
    backbone: str


def picture(path: Path, model: Model) -> Raw:
    """A file as the model's own data is read, (H, W, C). Raises DataError in one line when it cannot be."""
    codec = pictures_of(model)
    domain = model.run.domain if isinstance(model.run.domain, Image) else Image()
    size = codec.height, codec.width
    plan = Plan(fitted=size, height=size[0], width=size[1], channels=codec.channels, bits=codec.bits, mode=codec.mode)
    try:
        found = decode(path.read_bytes())
    except (OSError, Unreadable) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise DataError(f"{printable(str(path))}: wanted a picture, {reason or error}") from None
    if found.pixels.dtype == np.uint16 and codec.bits == 8:
        found = found._replace(pixels=np.rint(found.pixels / 257).astype(np.uint8))
    pixels = conform(found, plan, background_colour(domain.background))
    return resized(pixels, plan, domain.reshape, found.alpha and codec.channels in (2, 4))


def invert(
    model: Model,
    record: Raw,
    condition: str | None = None,
    seed: int = 0,
    steps: int = STEPS,
    notify: Notify = lambda line: None,
) -> Inverted:
    """Find what draws a record (H, W, C). The same seed finds the same.

    Without a condition that is looked for, too: classes among the starts, attributes together with the latent.
    """
    codec, space = pictures_of(model), Space(model)
    inputs = model.inputs(CANDIDATES, seed, 0, condition)
    kinds = inputs[:, _categories(space)]
    points = space.enter(inputs)
    movable = torch.ones(points.shape[1], dtype=torch.bool) if space.styled else ~_categories(space)
    target = codec.encode(torch.from_numpy(record[None].astype(np.int32))).x
    search = _Search(space, target, movable, points)
    first = _starts(search.losses(points, plain=True), kinds)
    number, point = search.run(points[first], steps, notify)
    found = condition or _condition_of(codec, inputs[first[number]] if space.styled else point)
    records = np.stack([record, space.records(point[None])[0]])
    pair = [torch.from_numpy(each[None] / codec.white).permute(0, 3, 1, 2) for each in records]
    return Inverted(
        point, space.name, records, psnr(*pair, most=99).mean, search.apart(point), search.radius(point),
        found, search.eye.name,
    )  # fmt: skip


class _Search:
    """Points that come nearer and nearer to a target (1, C, H, W), in the numbers that are movable."""

    def __init__(self, space: Space, target: Tensor, movable: Tensor, points: Tensor):
        self.space, self.device = space, next(space.network.parameters()).device
        self.target, self.movable = target.to(self.device), movable.to(self.device)
        drawn = points[:, movable].to(self.device)
        self.centre, self.deviation = drawn.mean(0), (drawn - drawn.mean(0)).square().mean().sqrt()
        self.eye, self.maps = _seen(self.target)

    @torch.no_grad()
    def losses(self, points: Tensor, plain: bool = False) -> Tensor:
        """Of points (N, P), (N,) on the CPU."""
        return torch.cat(
            [self._loss(part.to(self.device), plain).cpu() for part in torch.split(points, sampling.BATCH)]
        )

    def run(self, points: Tensor, steps: int, notify: Notify) -> tuple[int, Tensor]:
        """The place of the start that ends nearest, and where it ends."""
        left, done = torch.arange(len(points)), 0.0
        for phase, share in enumerate(PHASES):
            done += share
            last = phase == len(PHASES) - 1
            points = self._descended(points, max(1, round(steps * share)), plain=phase == 0, last=last)
            losses = self.losses(points)
            best = losses.argsort()[: -(-len(points) // 3)]
            points, left = points[best], left[best]
            notify(f"{done:.0%} of the way: loss {float(losses.min()):.4f}")
        return int(left[0]), points[0]

    def apart(self, point: Tensor) -> float:
        with torch.no_grad():
            return float(self._features(self.space.render(point[None].to(self.device))))

    def radius(self, point: Tensor) -> float:
        return float(self._radius(point[None].to(self.device)))

    def _descended(self, points: Tensor, steps: int, plain: bool, last: bool) -> Tensor:
        """Points after so many steps of Adam, which the last time runs down to zero by a cosine."""
        start, rate = points.to(self.device), RATE * float(self.deviation)
        moved = start[:, self.movable].clone().requires_grad_()
        optimiser = torch.optim.Adam([moved], lr=rate)
        for step in range(steps):
            if last:
                optimiser.param_groups[0]["lr"] = rate * (1 + math.cos(math.pi * step / steps)) / 2
            whole = start.clone()
            whole[:, self.movable] = moved
            loss = self._loss(whole, plain)
            optimiser.zero_grad()
            loss.sum().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        start[:, self.movable] = moved.detach()
        return start.cpu()

    def _loss(self, points: Tensor, plain: bool) -> Tensor:
        """(N,)"""
        drawn = self.space.render(points)
        loss = (drawn - self.target).square().flatten(1).mean(1) + PULL * (self._radius(points) - 1).square()
        return loss if plain else loss + FEATURES * self._features(drawn)

    def _features(self, drawn: Tensor) -> Tensor:
        """Absolute difference of maps over the size of the target's, mean over layers, (N,)."""
        total = drawn.new_zeros(len(drawn))
        for mine, wanted in zip(self.eye(drawn), self.maps, strict=True):
            total = total + (mine - wanted).abs().flatten(1).mean(1) / wanted.abs().mean().clamp(min=1e-12)
        return total / len(self.maps)

    def _radius(self, points: Tensor) -> Tensor:
        """(N,)"""
        away = (points[:, self.movable] - self.centre) / self.deviation
        return away.square().mean(1).add(1e-12).sqrt()


def _seen(target: Tensor) -> tuple[Backbone, Maps]:
    """The random network that is looked through, the shallow one for pictures too small for the other, and what it
    sees of the target."""
    for name in (BACKBONE, SHALLOW):
        eye = open_backbone(name)
        try:
            with torch.no_grad():
                return eye, eye(target)
        except DataError:
            if name == SHALLOW:
                raise
    raise AssertionError


def _categories(space: Space) -> Tensor:
    """Which numbers of an input are of categories or classes, and so not to be moved a little; (L + R,) bool."""
    codes, wanted = space.model.run.latents.codes, space.model.codec.spec.condition
    spans = [*(codes.spans if codes else ()), *(wanted.spans if wanted and space.numbers else ())]
    kinds = [False] * (space.latent - space.codes)
    for span in spans:
        kinds += [span.kind == "softmax"] * span.channels
    return torch.tensor(kinds)


def _starts(losses: Tensor, kinds: Tensor) -> list[int]:
    """The best of each class first, then the best of all."""
    order: list[int] = losses.argsort().tolist()
    best: dict[tuple[float, ...], int] = {}
    for each in order:
        best.setdefault(tuple(kinds[each].tolist()), each)
    first = list(best.values())[: STARTS - STARTS // 4]
    return (first + [each for each in order if each not in first])[:STARTS]


def _condition_of(codec: Pictures, inputs: Tensor) -> str | None:
    if codec.attributes is not None:
        values = codec.attributes.decode(inputs[-len(codec.attributes.names) :])
        return ",".join(f"{name}={value:.4g}" for name, value in zip(codec.attributes.names, values, strict=True))
    return codec.classes[int(inputs[-len(codec.shares) :].argmax())] if codec.shares else None


def edited(model: Model, point: Tensor, words: list[str]) -> Tensor:
    """A point moved as `2=1.5` (direction 2 by 1.5 deviations), `class=NAME` or `age=30` ask, one after the other.

    Raises ConfigError for a word that is none of these, or what the model has not.
    """
    space, moved = Space(model), point[None]
    for word in words:
        name, _, value = (each.strip() for each in word.partition("="))
        by = number_of(value) if name.isdecimal() and int(name) else None
        if by is not None:
            moved = principal(model, int(name)).by(moved, int(name) - 1, by)
        elif space.numbers and not space.styled and value and not name.isdecimal():
            asked = value if name == "class" else word
            c = pictures_of(model).conditions([asked], moved[:, space.latent :])
            moved = torch.cat([moved[:, : space.latent], c], 1)
        else:
            raise ConfigError(
                "an edit is written DIRECTION=DEVIATIONS such as 1=2, or class=NAME or ATTRIBUTE=VALUE where a model "
                f"without styles has them, got '{word}'"
            )
    return moved[0]
