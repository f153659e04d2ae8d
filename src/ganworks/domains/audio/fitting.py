"""What encoding needs to know of recordings, learnt from the training split."""

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from ...settings import ConfigError
from ...spectra import Mel, log_mel
from ..base import Dataset
from .codec import FULL, Sounds

if TYPE_CHECKING:
    from .domain import Audio

MOST = 2000
"""Recordings that are looked at."""
FRAMES, LEAST_FRAMES = 64, 16
PER_FRAME = 64
"""Samples of a frame at least, before there are fewer frames."""
LOUD = 0.9999
"""Quantile of all bands that is called the loudest."""


def fit(domain: "Audio", dataset: Dataset) -> Sounds:
    rate, length = int(dataset.facts["rate"]), int(dataset.facts["length"])
    mel = _mel(domain, rate, length)
    rows = dataset.train.spread(MOST)
    seen = dataset.train.fetch(rows)
    waves = torch.from_numpy(np.ascontiguousarray(seen.x[..., :length])).to(torch.float32) / FULL
    bands = torch.cat([log_mel(part.flatten(0, 1), mel).flatten() for part in torch.split(waves, 64)])
    # A quantile by rank: torch's refuses so many numbers.
    rank = max(1, round((1 - LOUD) * len(bands)))
    loudest = float(bands.topk(rank).values[-1])
    peak = float(waves.abs().amax())
    whole = length if domain.view == "wave" else mel.hop * mel.frames(length)
    return Sounds(
        view=domain.view, rate=rate, channels=domain.channels, length=whole,
        mel=mel.model_copy(update={"floor": math.exp(loudest - domain.decibels / 20 * math.log(10))}),
        loudest=loudest, gain=1 / min(max(peak, 1e-3), 1.0), iterations=domain.iterations,
        classes=dataset.classes, shares=_shares(domain, dataset),
    )  # fmt: skip


def _shares(domain: "Audio", dataset: Dataset) -> tuple[float, ...]:
    """Of each class among the training records; none where there are no classes."""
    labels = dataset.train.fetch(np.arange(len(dataset.train))).labels if dataset.classes else None
    if labels is None or domain.labels == "none":
        return ()
    counts = np.bincount(labels, minlength=len(dataset.classes)) + 1e-9
    return tuple(float(share) for share in counts / counts.sum())


def _mel(domain: "Audio", rate: int, length: int) -> Mel:
    """Windows of four hops, so many hops as frames are wanted."""
    frames = domain.frames or FRAMES
    while domain.frames is None and frames > LEAST_FRAMES and length < frames * PER_FRAME:
        frames //= 2
    hop = 2 * math.ceil(length / frames / 2)
    bands = domain.bands or frames
    if bands > hop * 2:
        raise ConfigError(
            f"{bands} bands from windows of {4 * hop} samples: wanted at most {2 * hop}; lower domain.bands or frames"
        )
    if hop * frames - length >= hop * frames // 8:
        raise ConfigError(f"{frames} frames do not fit {length} samples; lower domain.frames")
    return Mel(rate=rate, window=4 * hop, hop=hop, bands=bands, floor=1e-9)
