"""Steps: records of series (B, C, T) in the user's units <-> samples; what was learnt of each channel."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ...settings import ConfigError, Settings
from ...spec import Batch, Span, Spec
from ..base import Codec, Raw
from .drawing import chart
from .laws import Combinations, Pasts

LEVELS = 2
"""Channels a scaled series brings beside: its middle and the logarithm of its half-range."""
TINY = 1e-6
"""Smallest half-range of a series, in shares of the channel's own scale."""


class Channel(Settings):
    """One column: a number encoded as (value - centre) / scale, or a category."""

    name: str
    categories: tuple[str, ...] = ()
    """Words by number; empty for a number."""
    centre: float = 0.0
    scale: float = 1.0
    low: float = 0.0
    high: float = 1.0
    """Range over the training split."""
    decimals: int | None = None
    """Digits after the point that every value has; None for any."""
    gaps: bool = False
    """Whether values are missing, so that a channel beside says where."""
    level: tuple[float, float] | None = None
    """Of series scaled by themselves: middle and half-width of the logarithms of half-ranges."""

    @property
    def width(self) -> int:
        return len(self.categories) or 1


class _Place(NamedTuple):
    """Where a channel of the record stands in the sample."""

    row: int
    start: int
    channel: Channel
    static: bool


class Steps(Codec):
    """Numbers between their bounds, categories as one of many, gaps and ends as channels of their own."""

    preview_count: ClassVar[int] = 36
    channels: tuple[Channel, ...]
    attributes: tuple[Channel, ...] = ()
    """Same all along a series; the last channels of a record."""
    window: int
    """Steps of a record, at most."""
    ends: bool = False
    """Whether series end before that, so that a channel says where."""
    bounded: bool = True
    """Whether numbers stay within the range of the training split."""
    per_series: bool = False
    past: int = 0
    """Steps that are given."""
    given: Literal["none", "past", "attributes"] = "none"
    pasts: Pasts | None = None
    combinations: Combinations | None = None

    @property
    def spec(self) -> Spec:
        condition = None
        if self.given == "past":
            count = self._width * self.past
            condition = Spec(shape=(count,), spans=(Span(channels=count, kind="linear"),))
        elif self.given == "attributes":
            spans = tuple(_span(each, self.bounded) for each in self.attributes)
            condition = Spec(shape=(sum(each.channels for each in spans),), spans=spans)
        return Spec(
            shape=(self._width, self.window - self.past), spans=tuple(_joined(self._spans())), condition=condition
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the channels of a record."""
        return tuple(each.name for each in (*self.channels, *self.attributes))

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        x = x.double()
        inner = x[:, : len(self.channels)]
        parts: list[Tensor] = []
        for place in self._places():
            values = x[:, place.row]
            if place.static:
                values = values[:, :1].expand(-1, x.shape[2])
            parts += self._encoded(place, values)
        if self.ends:
            # A series is over after the last step at which anything is known.
            known = (~inner.isnan()).any(1).flip(1).long().cummax(1).values.flip(1)
            parts.append(known[:, None])
        whole = torch.cat([each.float() for each in parts], dim=1)
        if self.given == "past" and whole.shape[2] == self.window:
            return Batch(whole[:, :, self.past :], whole[:, :, : self.past].flatten(1))
        return Batch(whole, self.row(x[:, len(self.channels) :, 0]) if self.given == "attributes" else None)

    def row(self, attributes: Tensor) -> Tensor:
        """Attributes (B, A) in the user's units -> conditions (B, R)."""
        columns = [_value(each, attributes[:, i, None]) for i, each in enumerate(self.attributes)]
        return torch.cat([each[:, :, 0] for each in columns], dim=1).float()

    def _encoded(self, place: _Place, values: Tensor) -> Iterator[Tensor]:
        """Channels (B, ., T) of one channel of the record (B, T)."""
        channel = place.channel
        if self._levelled(place):
            known = ~values.isnan()
            low = torch.where(known, values, torch.inf).amin(1, keepdim=True)
            high = torch.where(known, values, -torch.inf).amax(1, keepdim=True)
            none = ~known.any(1, keepdim=True)
            low, high = (torch.where(none, channel.centre, each) for each in (low, high))
            middle, half = (low + high) / 2, ((high - low) / 2).clamp_min(TINY * channel.scale)
            yield torch.where(known, (values - middle) / half, 0.0)[:, None]
            assert channel.level is not None
            wide = (half.log() - channel.level[0]) / channel.level[1]
            beside = torch.cat([(middle - channel.centre) / channel.scale, wide], dim=1)
            yield beside[:, :, None].expand(-1, -1, values.shape[1])
        else:
            yield _value(channel, values)
        if channel.gaps:
            yield (~values.isnan())[:, None]

    def decode(self, x: Tensor) -> Raw:
        x = x.detach().double().cpu()
        records = torch.full((len(x), len(self.names), x.shape[2]), torch.nan, dtype=torch.float64)
        for place in self._places():
            part = x[:, place.start :]
            if place.static:
                part = part.mean(2, keepdim=True).expand(-1, -1, x.shape[2])
            records[:, place.row] = self._decoded(place, part)
        if self.ends:
            alive = x[:, -1] >= 0.5
            alive[:, 0] = True
            records[(alive.long().cumprod(1) == 0)[:, None].expand_as(records)] = torch.nan
        return records.numpy()

    def _decoded(self, place: _Place, part: Tensor) -> Tensor:
        """One channel of the record (B, T) from the sample's channels from its own on."""
        channel, width = place.channel, place.channel.width
        if channel.categories:
            found = part[:, :width].argmax(1).double()
        elif self._levelled(place):
            assert channel.level is not None
            beside = part[:, 1 : 1 + LEVELS].mean(2, keepdim=True)
            half = (beside[:, 1] * channel.level[1] + channel.level[0]).exp()
            found = beside[:, 0] * channel.scale + channel.centre + part[:, 0] * half
            width += LEVELS
        else:
            found = part[:, 0] * channel.scale + channel.centre
        if not channel.categories:
            found = found.clamp(channel.low, channel.high) if self.bounded else found
            found = found if channel.decimals is None else found.round(decimals=channel.decimals)
        return torch.where(part[:, width] >= 0.5, found, torch.nan) if channel.gaps else found

    def some_conditions(self, count: int, generator: torch.Generator) -> Tensor:
        if self.pasts is not None:
            return self.pasts.draw(count, generator)
        if self.combinations is not None:
            return self.row(self.combinations.draw(count, generator))
        return super().some_conditions(count, generator)

    def conditions(self, words: Sequence[str], drawn: Tensor | None = None) -> Tensor:
        """Each word is a file whose last steps are the past, or attributes as in `region=north,size=3`."""
        if self.given == "past":
            from .asked import past_of  # noqa: PLC0415  it reads files, for which it needs the codec

            return torch.cat([past_of(self, word) for word in words])
        if self.given == "none":
            raise ConfigError("this model was trained without conditions; train with --set domain.condition=past")
        from .asked import attributes_of  # noqa: PLC0415

        return attributes_of(self, words, drawn)

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        path = folder / f"series-{first:06d}.csv"
        every = (*self.channels, *self.attributes)
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["series", "step", *self.names])
            for number, record in enumerate(records, first):
                for step in range(_length(record[: len(self.channels)]) if self.ends else record.shape[1]):
                    told = [_told(each, value) for each, value in zip(every, record[:, step], strict=True)]
                    rows.writerow([number, step + self.past, *told])
        return [path]

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        lows = [0.0 if each.categories else each.low for each in self.channels]
        highs = [max(1.0, len(each.categories) - 1.0) if each.categories else each.high for each in self.channels]
        return chart(records[:, : len(self.channels)], np.array(lows), np.array(highs), columns)

    @property
    def _width(self) -> int:
        return sum(span.channels for span in self._spans())

    def _levelled(self, place: _Place) -> bool:
        return self.per_series and not place.static and not place.channel.categories

    def _drawn(self) -> Iterator[tuple[int, Channel, bool]]:
        """What the sample holds: number in the record, channel, whether it stays the same."""
        for i, each in enumerate(self.channels):
            yield i, each, False
        if self.given != "attributes":
            for i, each in enumerate(self.attributes, len(self.channels)):
                yield i, each, True

    def _places(self) -> Iterator[_Place]:
        start = 0
        for index, channel, static in self._drawn():
            place = _Place(index, start, channel, static)
            yield place
            start += channel.width + LEVELS * self._levelled(place) + channel.gaps

    def _spans(self) -> Iterator[Span]:
        for place in self._places():
            yield _span(place.channel, self.bounded or self._levelled(place))
            if self._levelled(place):
                yield Span(channels=LEVELS, kind="tanh" if self.bounded else "linear")
            if place.channel.gaps:
                yield Span(channels=1, kind="sigmoid")
        if self.ends:
            yield Span(channels=1, kind="sigmoid")


def _span(channel: Channel, bounded: bool) -> Span:
    if channel.categories:
        return Span(channels=len(channel.categories), kind="softmax")
    return Span(channels=1, kind="tanh" if bounded else "linear")


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """Neighbours that are activated alike become one; categories stay on their own."""
    last: Span | None = None
    for span in spans:
        if last is not None and last.kind == span.kind != "softmax":
            last = Span(channels=last.channels + span.channels, kind=span.kind)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _value(channel: Channel, values: Tensor) -> Tensor:
    """(B, T) in the user's units -> (B, width, T); a gap is the middle, or no category."""
    if not channel.categories:
        return torch.nan_to_num((values - channel.centre) / channel.scale, nan=0.0)[:, None]
    known = ~values.isnan()
    codes = torch.nan_to_num(values, nan=0.0).long().clamp(0, channel.width - 1)
    return one_hot(codes, channel.width).transpose(1, 2) * known[:, None]


def _length(record: Raw) -> int:
    """Steps up to the last at which anything is known."""
    known = np.flatnonzero(~np.isnan(record).all(0))
    return int(known[-1]) + 1 if len(known) else 1


def _told(channel: Channel, value: float) -> str:
    if np.isnan(value):
        return ""
    if channel.categories:
        return channel.categories[int(value)]
    return f"{value:.9g}" if channel.decimals is None else f"{value:.{max(0, channel.decimals)}f}"
