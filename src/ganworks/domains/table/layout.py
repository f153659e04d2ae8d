"""Where each column stands in a sample, and encoding and decoding of all columns at once."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...settings import Settings
from ...spec import Span
from .cells import Floats
from .learnt import Categories, Numbers
from .schema import Seen

REACH = 4.0
"""Deviations of a mode that are -1..1. Xu et al. (2019)."""
_CERTAIN, _NONE = 1e6, -1e9


class Learnt(Settings):
    """A column that records have a number for."""

    seen: Seen
    numbers: Numbers | None = None
    categories: Categories | None = None
    lacking: float = 0.0
    """Share of the training records that have no value."""


class Place(NamedTuple):
    """Channels of one column; those it has none of are -1."""

    missing: int
    """First of two: there, missing."""
    scalar: int
    choice: int
    """First of its modes or categories."""
    choices: int
    end: int
    """One behind its last."""


def places(columns: tuple[Learnt, ...]) -> tuple[Place, ...]:
    found, at = [], 0
    for column in columns:
        missing, at = (at, at + 2) if column.seen.missing else (-1, at)
        wide = column.numbers is not None and column.numbers.wide
        scalar, at = (at, at + 1) if wide else (-1, at)
        count = column.numbers.modes if column.numbers else column.categories.entries if column.categories else 0
        choice, at = (at, at + count) if count > 1 else (-1, at)
        found.append(Place(missing, scalar, choice, count if choice >= 0 else 0, at))
    return tuple(found)


def spans(columns: tuple[Learnt, ...]) -> tuple[Span, ...]:
    found = []
    for place in places(columns):
        if place.missing >= 0:
            found.append(Span(channels=2, kind="softmax"))
        if place.scalar >= 0:
            found.append(Span(channels=1, kind="tanh"))
        if place.choice >= 0:
            found.append(Span(channels=place.choices, kind="softmax"))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Layout:
    """Every number that encoding needs, as tensors: a step encodes all columns with a handful of operations.

    Columns without a scalar, or without a choice, write into one channel too many at the end, which is cut off.
    """

    channels: int
    numbers: Tensor
    """Which columns of a record are numbers (A,)."""
    centre: Tensor
    """Of each mode (A, M)."""
    deviation: Tensor
    prior: Tensor
    """Logarithm of weight over deviation (A, M); very low where there is no such mode."""
    pointed: Tensor
    """Whether a mode has no width (A, M)."""
    usual: Tensor
    """The mode a missing value stands in (A,)."""
    scalar_at: Tensor
    mode_at: Tensor
    moded: Tensor
    """1 where there is more than one mode (A,)."""
    ranked: tuple[tuple[int, Tensor], ...]
    """Of columns by quantiles: which of the numbers, and the quantiles."""
    categories: Tensor
    category_at: Tensor
    entry: Tensor
    """Entry of each code, all columns behind one another."""
    begins: Tensor
    """Where each column's entries begin in that."""
    usual_code: Tensor
    masked: Tensor
    """Which columns may be missing."""
    mask_at: Tensor
    owner: Tensor
    """The column each channel belongs to (C,)."""
    spanned: Tensor
    """The column each span belongs to (S,)."""

    @classmethod
    def of(cls, columns: tuple[Learnt, ...], device: torch.device) -> "Layout":
        at = places(columns)
        channels = at[-1].end
        numbers = [(i, column.numbers, at[i]) for i, column in enumerate(columns) if column.numbers]
        categories = [(i, column.categories, at[i]) for i, column in enumerate(columns) if column.categories]
        masked = [i for i, place in enumerate(at) if place.missing >= 0]
        ends = [0, *(place.end for place in at)]
        entries = [list(each.entry) or list(range(len(each.shares))) or [0] for _, each, _ in categories]
        modes = _modes([each for _, each, _ in numbers])

        def whole(values: list[int]) -> Tensor:
            return torch.tensor(values, dtype=torch.int64, device=device)

        return cls(
            channels=channels,
            numbers=whole([i for i, _, _ in numbers]),
            **{name: torch.from_numpy(each).to(device) for name, each in modes.items()},
            usual=whole([int(np.argmax(each.weights)) for _, each, _ in numbers]),
            scalar_at=whole([place.scalar if place.scalar >= 0 else channels for _, _, place in numbers]),
            mode_at=whole([place.choice if place.choice >= 0 else channels for _, _, place in numbers]),
            moded=whole([int(place.choice >= 0) for _, _, place in numbers]),
            ranked=tuple(
                (k, torch.tensor(each.knots, dtype=torch.float64, device=device))
                for k, (_, each, _) in enumerate(numbers)
                if each.uniform
            ),
            categories=whole([i for i, _, _ in categories]),
            category_at=whole([place.choice if place.choice >= 0 else channels for _, _, place in categories]),
            entry=whole([number for each in entries for number in each]),
            begins=whole(np.cumsum([0, *(len(each) for each in entries)])[:-1].tolist()),
            usual_code=whole([int(np.argmax(each.shares)) if each.shares else 0 for _, each, _ in categories]),
            masked=whole(masked),
            mask_at=whole([at[i].missing for i in masked]),
            owner=whole([i for i in range(len(at)) for _ in range(ends[i + 1] - ends[i])]),
            spanned=whole([i for i, column in enumerate(columns) for _ in spans((column,))]),
        )

    def encode(self, x: Tensor, fixed: bool) -> Tensor:
        """Records x (B, columns), NaN where missing -> samples (B, C). Modes are drawn from what they may be, or with
        `fixed` the likeliest one is taken; lots come from torch's global generator of the CPU."""
        out = torch.zeros(len(x), self.channels + 1, dtype=torch.float32, device=x.device)
        if len(self.numbers):
            self._numbers(x[:, self.numbers].double(), out, fixed)
        if len(self.categories):
            codes = x[:, self.categories]
            known = torch.where(codes.isnan(), self.usual_code.to(codes.dtype), codes).long()
            places = self.category_at + self.entry[self.begins + known] * (self.category_at < self.channels)
            out.scatter_(1, places, 1.0)
        if len(self.masked):
            out.scatter_(1, self.mask_at + x[:, self.masked].isnan().long(), 1.0)
        return out[:, :-1]

    def _numbers(self, values: Tensor, out: Tensor, fixed: bool) -> None:
        gaps = values.isnan()
        known = torch.where(gaps, self.centre.gather(1, self.usual[:, None]).squeeze(1), values)
        away = (known[:, :, None] - self.centre) / self.deviation  # (B, A, M)
        at_point = torch.where(away == 0, _CERTAIN, -_CERTAIN - away.abs())
        likely = torch.where(self.pointed, at_point, (self.prior - away.square() / 2).clamp(min=-_CERTAIN / 10))
        likely = torch.where(self.prior <= _NONE, _NONE * 2, likely)
        if not fixed:
            lots = torch.rand(likely.shape, dtype=torch.float32).clamp_(1e-7, 1 - 1e-7)
            likely = likely - torch.log(-torch.log(lots)).to(likely.device)
        mode = torch.where(gaps, self.usual, likely.argmax(2))
        scalar = away.gather(2, mode[:, :, None]).squeeze(2) / REACH
        for column, knots in self.ranked:
            scalar[:, column] = _rank(known[:, column], knots, fixed)
        plain = gaps | self.pointed.expand(len(mode), -1, -1).gather(2, mode[:, :, None]).squeeze(2)
        out.scatter_(1, self.scalar_at.expand(len(out), -1), scalar.masked_fill(plain, 0).clamp(-1, 1).float())
        out.scatter_(1, self.mode_at + mode * self.moded, 1.0)


def _modes(numbers: list[Numbers]) -> dict[str, Floats]:
    """Modes of all columns, side by side, filled up to as many as the richest has."""
    most = max((each.modes for each in numbers), default=1)
    centre, deviation = np.zeros((len(numbers), most)), np.ones((len(numbers), most))
    prior, pointed = np.full((len(numbers), most), _NONE), np.zeros((len(numbers), most), bool)
    for i, each in enumerate(numbers):
        points, count = len(each.points), each.modes
        centre[i, :count] = [*each.points, *each.means]
        deviation[i, points:count] = each.deviations
        deviation[i, :points] = max((each.maximum - each.minimum) / 1e3, 1e-9)
        prior[i, :count] = np.log(np.maximum(each.weights, 1e-12)) - np.log(deviation[i, :count])
        pointed[i, :points] = True
    return {"centre": centre, "deviation": deviation, "prior": prior, "pointed": pointed}


def _rank(values: Tensor, knots: Tensor, fixed: bool) -> Tensor:
    """Ranks of values among quantiles, -1..1; of one that fills several, any of them, or with `fixed` the middle."""
    last = len(knots) - 1
    low = torch.searchsorted(knots, values.contiguous(), right=False).clamp(1, last)
    high = torch.searchsorted(knots, values.contiguous(), right=True).clamp(1, last)
    width = (knots[low] - knots[low - 1]).clamp(min=1e-300)
    inside = (low - 1) + ((values - knots[low - 1]) / width).clamp(0, 1)
    until = torch.where(high > low, (high - 1).double(), inside)
    share = 0.5 if fixed else torch.rand(values.shape).to(values.device, values.dtype)
    ranks: Tensor = (inside + share * (until - inside)) * (2 / last) - 1
    return ranks
