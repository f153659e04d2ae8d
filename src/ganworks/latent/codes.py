"""What a generator's codes came to mean: nobody told it, so it is measured.

A category is compared with the classes of the data under the matching of values to classes that fits best. A number is
told by how much it moves a picture, and by which of a few plain measures of shape follows it while the others do not.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..domains import Dataset
from ..domains.base import Notify
from ..model import Model
from ..settings import ConfigError, DataError
from ..spec import Span
from .classifier import classifier, drawn, named
from .space import codes_of, pictures_of

COUNT = 5000
PAIRS = 500
"""Latents at which a number is moved from -1 to 1."""


class Category(NamedTuple):
    """One discrete code."""

    values: int
    accuracy: float | None
    """Share of samples whose class is the one that their value was matched with; None where nobody names classes."""
    classes: tuple[str | None, ...]
    """What each value was matched with."""


class Number(NamedTuple):
    """One continuous code."""

    change: float
    """Mean absolute change of a pixel from -1 to 1, as a share of what two samples differ by."""
    follows: str
    """The measure of shape that follows it most."""
    correlation: float
    """Of the two, all else held as it is."""
    others: float
    """The largest correlation, without its sign, that another number has with that measure."""
    correlations: dict[str, float]


class CodeReport(NamedTuple):
    categories: tuple[Category, ...]
    numbers: tuple[Number, ...]
    samples: int
    judge: str | None
    note: str = ""

    def record(self) -> dict[str, Any]:
        """Plain values, as evaluation.json has them."""
        plain = self._asdict()
        plain |= {name: [each._asdict() for each in getattr(self, name)] for name in ("categories", "numbers")}
        return plain

    def lines(self) -> list[str]:
        """What was found, a sentence each."""
        said = [self.note] if self.note else []
        for place, each in enumerate(self.categories, 1):
            if each.accuracy is not None:
                told = ", ".join(f"{value}: {name}" for value, name in enumerate(each.classes))
                said.append(
                    f"category {place} names the class of {each.accuracy:.1%} of {self.samples:,} samples by "
                    f"{self.judge} ({told})"
                )
        for place, number in enumerate(self.numbers, 1):
            said.append(
                f"number {place} changes pixels by {number.change:.0%} of what two samples differ by; {number.follows} "
                f"follows it (r = {number.correlation:+.2f}, of the other numbers at most {number.others:.2f})"
            )
        return said


def measure(
    model: Model, dataset: Dataset | None, count: int = COUNT, seed: int = 0, notify: Notify = lambda line: None
) -> CodeReport:
    """Judge the codes of a model on samples of its own.

    Categories need a classifier: that of digits, or one learnt from the data's classes; without either, and without a
    dataset, they have no accuracy. Raises ConfigError where the latents have no codes, or draw no pictures.
    """
    pictures_of(model)
    spec, judge, note = codes_of(model), None, ""
    if dataset is not None:
        try:
            judge = classifier(model, dataset, notify)
        except DataError as error:
            note = str(error)
    notify(f"drawing {count:,} samples to see what their codes mean")
    inputs = model.inputs(count, seed)
    labels = None if judge is None else named(judge, drawn(model, inputs))
    place = model.run.generator.latent - spec.channels
    categories: list[Category] = []
    places: list[int] = []
    for span in spec.spans:
        if span.kind == "softmax":
            values = inputs[:, place : place + span.channels].argmax(1)
            categories.append(_category(span, values, labels, () if judge is None else judge.classes))
        else:
            places += range(place, place + span.channels)
        place += span.channels
    return CodeReport(
        tuple(categories), _numbers(model, inputs[:PAIRS], places), count, judge.name if judge else None, note
    )


def matched(values: Tensor, labels: Tensor, sizes: tuple[int, int]) -> tuple[float, list[int | None]]:
    """Share of samples whose label (N,) is what their value (N,) was matched with, and the match of each value.

    The matching is one to one and the best there is: Kuhn (1955), the Hungarian method.
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  slow to import

    together = torch.bincount(values * sizes[1] + labels, minlength=sizes[0] * sizes[1]).view(sizes)
    ones, others = linear_sum_assignment(together.numpy(), maximize=True)
    found: list[int | None] = [None] * sizes[0]
    for one, other in zip(ones, others, strict=True):
        found[one] = int(other)
    return float(together[ones, others].sum()) / len(values), found


def _category(span: Span, values: Tensor, labels: Tensor | None, names: tuple[str, ...]) -> Category:
    if labels is None:
        return Category(span.channels, None, (None,) * span.channels)
    accuracy, found = matched(values, labels, (span.channels, len(names)))
    return Category(span.channels, accuracy, tuple(None if each is None else names[each] for each in found))


def _numbers(model: Model, inputs: Tensor, places: list[int]) -> tuple[Number, ...]:
    """Each number set to -1, 0 and 1 while all else stays."""
    if not places:
        return ()
    plain = drawn(model, inputs)
    apart = float((plain - plain.roll(1, 0)).abs().mean())
    if not apart:
        raise ConfigError("all samples of this model are alike, so no code changes anything; it has collapsed")
    levels = torch.linspace(-1, 1, 3)
    changes, followed = [], []
    for place in places:
        moved = inputs.repeat(len(levels), 1)
        moved[:, place] = levels.repeat_interleave(len(inputs))
        x = drawn(model, moved)
        changes.append(float((x[-len(inputs) :] - x[: len(inputs)]).abs().mean()) / apart)
        followed.append(_following(levels, shapes(x)))
    found = []
    for number, mine in enumerate(followed):
        best = max(mine, key=lambda name: abs(mine[name]))
        others = [abs(each[best]) for place, each in enumerate(followed) if place != number]
        found.append(Number(changes[number], best, mine[best], max(others, default=0.0), mine))
    return tuple(found)


def _following(levels: Tensor, measures: Mapping[str, Tensor]) -> dict[str, float]:
    """Correlation of a level with each measure (V N,), levels one after the other, less each latent's own mean.

    1: the measure moves with the level by as much at every latent; 0: as often up as down.
    """
    found = {}
    for name, each in measures.items():
        rows = each.view(len(levels), -1)
        rows = rows - rows.mean(0)
        size = rows.square().sum().sqrt() * (levels.square().sum() * rows.shape[1]).sqrt()
        found[name] = float((levels[:, None] * rows).sum() / size) if size > 0 else 0.0
    return found


def shapes(x: Tensor) -> dict[str, Tensor]:
    """Plain measures of pictures (N, C, H, W) in -1..1, (N,) each: moments of how far pixels are from the border's.

    mass: how much is there; across, down: where its middle is; width, height: its spread, in pixels; slant: how far it
    leans to the right a pixel upwards.
    """
    x = x.double().mean(1)
    border = torch.cat([x[:, 0], x[:, -1], x[:, :, 0], x[:, :, -1]], 1).median(1).values
    ink = (x - border[:, None, None]).abs()
    mass = ink.sum((1, 2)).clamp(min=1e-9)
    down, across = (torch.arange(side, dtype=torch.float64) for side in x.shape[1:])
    middle_down, middle_across = (ink.sum(2) @ down) / mass, (ink.sum(1) @ across) / mass
    off_down, off_across = down - middle_down[:, None], across - middle_across[:, None]
    high = (ink.sum(2) * off_down.square()).sum(1) / mass
    wide = (ink.sum(1) * off_across.square()).sum(1) / mass
    lean = torch.einsum("nhw,nh,nw->n", ink, off_down, off_across) / mass
    return {
        "mass": mass / x[0].numel(),
        "across": middle_across,
        "down": middle_down,
        "width": wide.sqrt(),
        "height": high.sqrt(),
        "slant": -lean / high.clamp(min=1e-9),
    }
