"""Walks: what one code, one attribute, one class or one direction changes while all else stays."""

import torch
from torch import Tensor

from ..model import Model
from ..settings import ConfigError
from ..training import sampling
from .directions import principal
from .sheets import Grid
from .space import Space, codes_of, pictures_of

ROWS, STEPS, REACH = 4, 9, 2.0
"""Latents that each walk is shown for; pictures of a row; how far it goes both ways, as Chen et al. (2016) did."""
MOST_CLASSES = 32
DIRECTIONS = 6
"""Shown of a model that has neither codes nor conditions."""


def traverse(model: Model, seed: int = 0, condition: str | None = None, psi: float = 1.0) -> list[Grid]:
    """A grid for each thing that a model was trained to obey: codes, attributes, classes; else its main directions."""
    codec = pictures_of(model)
    grids: list[Grid] = []
    if model.run.latents.codes is not None:
        grids += codes(model, seed, condition, psi)
    if codec.attributes is not None:
        grids += attributes(model, seed, condition, psi)
    elif codec.shares and condition is None:
        grids += classes(model, seed, psi)
    return grids or directions(model, min(DIRECTIONS, Space(model).free), seed, condition, psi)


def codes(model: Model, seed: int = 0, condition: str | None = None, psi: float = 1.0) -> list[Grid]:
    """Each value of a category in a column, and each number from -2 to 2 in a row, for a few latents.

    Numbers were drawn from -1 to 1 while training; beyond that is the generator's own guess.
    """
    spec, inputs = codes_of(model), _few(model, seed, condition)
    place, grids, named = model.run.generator.latent - spec.channels, [], {"softmax": 0, "linear": 0}
    for span in spec.spans:
        if span.kind == "softmax":
            named["softmax"] += 1
            values = torch.eye(span.channels)
            caption = f"category {named['softmax']}: each of its {span.channels} values a column, a latent a row"
            grids.append(_walk(model, inputs, place, values, psi, caption))
        for number in range(span.channels if span.kind != "softmax" else 0):
            named["linear"] += 1
            values = torch.linspace(-REACH, REACH, STEPS)[:, None]
            caption = f"number {named['linear']}: from -2 to 2 (trained on -1 to 1), a latent a row"
            grids.append(_walk(model, inputs, place + number, values, psi, caption))
        place += span.channels
    return grids


def attributes(model: Model, seed: int = 0, condition: str | None = None, psi: float = 1.0) -> list[Grid]:
    """Each attribute from two deviations below its mean to two above, the others as drawn, for a few latents."""
    known, grids = pictures_of(model).attributes, []
    if known is None:
        raise ConfigError("this model was not trained on attributes")
    inputs = _few(model, seed, condition)
    for number, name in enumerate(known.names):
        low, high = (known.means[number] + each * known.deviations[number] for each in (-REACH, REACH))
        values = torch.linspace(-REACH, REACH, STEPS)[:, None]
        caption = f"{name} from {low:.4g} to {high:.4g}, all else as it is, a latent a row"
        grids.append(_walk(model, inputs, model.run.generator.latent + number, values, psi, caption))
    return grids


def classes(model: Model, seed: int = 0, psi: float = 1.0) -> list[Grid]:
    """Each class in a column, a latent a row; the first 32 of many."""
    codec = pictures_of(model)
    if not codec.shares:
        raise ConfigError("this model was not trained on classes; train with --set domain.condition=class")
    values, names = torch.eye(len(codec.shares))[:MOST_CLASSES], codec.classes[:MOST_CLASSES]
    caption = f"classes {', '.join(names)}: one a column, a latent a row"
    return [_walk(model, _few(model, seed, None), model.run.generator.latent, values, psi, caption)]


def between(model: Model, first: str, second: str, seed: int = 0, psi: float = 1.0, rows: int = 6) -> list[Grid]:
    """On the way from one class, or set of attributes, to another, at one latent a row.

    Conditions are mixed where a generator takes them as they are, styles where it has them.
    """
    space, ends = Space(model), []
    for name in (first, second):
        condition = pictures_of(model).conditions([name])
        z = model.inputs(rows, seed)[:, : space.latent]
        ends.append(space.enter(sampling.joined(z, condition.expand(rows, -1)), psi))
    share = torch.linspace(0, 1, STEPS)[:, None]
    points = torch.cat([torch.lerp(a[None], b[None], share) for a, b in zip(*ends, strict=True)])
    return [Grid(f"from {first} to {second}, a latent a row", space.records(points), STEPS)]


def directions(model: Model, count: int, seed: int = 0, condition: str | None = None, psi: float = 1.0) -> list[Grid]:
    """Each principal direction from -2 to 2 deviations, for two latents."""
    pictures_of(model)
    found, space, grids = principal(model, count), Space(model), []
    points = space.enter(model.inputs(2, seed, 0, condition), psi)
    reach = torch.linspace(-REACH, REACH, STEPS)
    for number in range(count):
        walked = [found.at(point.expand(STEPS, -1), number, reach) for point in points]
        caption = f"direction {number + 1}: {found.shares[number]:.0%} of the change, from -2 to 2 deviations"
        grids.append(Grid(caption, space.records(torch.cat(walked)), STEPS))
    return grids


def _few(model: Model, seed: int, condition: str | None) -> Tensor:
    return model.inputs(ROWS, seed, 0, condition)


def _walk(model: Model, inputs: Tensor, place: int, values: Tensor, psi: float, caption: str) -> Grid:
    """Inputs (R, L), each with every row of values (V, n) put from `place` on: R rows of V pictures."""
    walked = inputs.repeat_interleave(len(values), 0)
    walked[:, place : place + values.shape[1]] = values.repeat(len(inputs), 1)
    space = Space(model)
    return Grid(caption, space.records(space.enter(walked, psi)), len(values))
