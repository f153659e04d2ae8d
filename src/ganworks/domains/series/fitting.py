"""What encoding needs to know of series, learnt from the training split."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from ..base import Dataset, Raw
from .cells import Column, Values
from .codec import TINY, Channel, Steps
from .laws import Combinations, Pasts

if TYPE_CHECKING:
    from .domain import Series

MOST = 20_000
"""Windows that are looked at: bounds are of all steps in them."""


def fit(domain: "Series", dataset: Dataset) -> Steps:
    count = len(dataset.train)
    rows = np.arange(count) if count <= MOST else np.unique(np.linspace(0, count - 1, MOST).astype(np.int64))
    records = dataset.train.fetch(rows).x
    columns: tuple[Column, ...] = dataset.facts["columns"]
    inner = len(columns) - int(dataset.facts["static"])
    found = [_channel(domain, each, records[:, i], i < inner) for i, each in enumerate(columns)]
    # Series taken whole end where nothing is known any more; of a window, that is a gap.
    ends = domain.window == 0 and bool(np.isnan(records[:, :inner]).all(1).any())
    channels = tuple(found[:inner])
    if ends:
        channels = tuple(_before_ends(each, records[:, :inner], i) for i, each in enumerate(channels))
    past = (domain.past or domain.window // 2) if domain.condition == "past" else 0
    codec = Steps(
        channels=channels, attributes=tuple(found[inner:]), window=records.shape[2], ends=ends,
        bounded=domain.scaling == "minmax", per_series=domain.per_series, past=past, given=domain.condition,
    )  # fmt: skip
    if domain.condition == "past":
        seen = codec.encode(torch.from_numpy(np.ascontiguousarray(records))).c
        assert seen is not None
        return codec.model_copy(update={"pasts": Pasts.of(seen, 1.0 if codec.bounded else None)})
    if domain.condition == "attributes":
        chosen = torch.tensor([bool(each.categories) for each in codec.attributes])
        law = Combinations.of(torch.from_numpy(records[:, inner:, 0]), chosen)
        return codec.model_copy(update={"combinations": law})
    return codec


def _channel(domain: "Series", column: Column, records: Raw, inner: bool) -> Channel:
    known = records[~np.isnan(records)]
    gaps = inner and len(known) < records.size
    if column.categories:
        return Channel(name=column.name, categories=column.categories, gaps=gaps)
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if domain.scaling == "minmax":
        centre, scale = (low + high) / 2, (high - low) / 2
    else:
        centre, scale = (float(known.mean()), float(known.std())) if len(known) else (0.0, 1.0)
    scale = scale if scale > TINY * max(1.0, abs(centre)) * TINY else 1.0
    level = _level(records, scale) if domain.per_series and inner else None
    return Channel(
        name=column.name, centre=centre, scale=scale, low=low, high=high, decimals=_decimals(known), gaps=gaps,
        level=level,
    )  # fmt: skip


def _before_ends(channel: Channel, records: Raw, index: int) -> Channel:
    """Gaps after a series' end are no gaps."""
    known: npt.NDArray[np.bool_] = ~np.isnan(records)
    steps = np.asarray(known.any(1))
    alive = np.maximum.accumulate(steps[:, ::-1], 1)[:, ::-1]
    return channel.model_copy(update={"gaps": bool((alive & ~known[:, index]).any())})


def _level(records: Raw, scale: float) -> tuple[float, float]:
    """Middle and half-width of the logarithms of half-ranges."""
    some = records[~np.isnan(records).all(1)]
    half = np.log(np.maximum((np.nanmax(some, 1) - np.nanmin(some, 1)) / 2, TINY * scale))
    return float(half.max() + half.min()) / 2, max(TINY, float(half.max() - half.min()) / 2)


def _decimals(known: Values) -> int | None:
    """Digits after the point that all values have, if few do."""
    some = known[:: max(1, len(known) // 20_000)]
    for digits in range(5):
        if np.allclose(np.round(some, digits), some, rtol=1e-12, atol=1e-9 * 10.0**-digits):
            return digits
    return None
