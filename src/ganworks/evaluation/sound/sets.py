"""The sets of sounds that are compared: generated, held out, and those that show what a number is worth."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...domains import Source
from ...domains.audio import Sounds
from ...domains.base import Indices, Raw
from ...settings import DataError
from ...training import sampling
from ...training.feed import held
from ..own_kind import Ask
from ..subject import Subject

QUICK, FULL = 48, 1000
"""Sounds in a set, where the data has as many held out: after a training, and when evidence is wanted."""
SEEDS, FLOORS = 3, 3
"""Regenerations, and draws of real recordings, whose mean is told."""
NOISE = 0.005
"""Deviation of what a copycat adds, in shares of a clip's peak."""
LEARNT = 5000
"""Recordings that a listener learns from, at most."""


class Set(NamedTuple):
    """Sounds (N, T) in -1..1, mixed to one channel, and the class each was asked for or has."""

    x: Tensor
    labels: Tensor | None


class Sets(NamedTuple):
    generated: list[Set]
    """One a seed."""
    held: Set
    """Of the split that is scored against."""
    floors: list[Set]
    """Training recordings, drawn again and again."""
    copycat: Set
    noise: Set
    """Noise with the mean spectrum of recordings, as long and as loud as they are."""
    there_and_back: Set | None
    """Other held-out recordings, or training ones, turned into spectra and back: what the way back costs by itself."""
    learnt: Set
    """Training recordings for a listener."""


def sets(subject: Subject, ask: Ask) -> Sets:
    """Every set of the same number of sounds. Raises DataError for too few."""
    codec, data = subject.codec, subject.dataset
    assert isinstance(codec, Sounds)
    source = data.test if ask.split == "test" else data.validation
    most = min(len(source), len(data.train), ask.count or (FULL if ask.learn else QUICK), FULL if ask.learn else QUICK)
    if most < 2:
        raise DataError(
            f"{len(source)} recordings in the {ask.split} split and {len(data.train)} to train on are too few"
        )
    held_out = _real(codec, source, source.some(most, 1))
    floors = [_real(codec, data.train, data.train.some(most, 11 + i)) for i in range(FLOORS)]
    seeds = min(SEEDS, ask.repeats) if ask.learn else 1
    generated = []
    for seed in range(seeds):
        ask.notify(f"drawing {most:,} sounds to listen to, {seed + 1} of {seeds}")
        generated.append(_generated(subject, codec, most, seed))
    return Sets(
        generated, held_out, floors, _copied(floors[0]), _noise(floors[0]), _back(codec, data.train, most, ask.learn),
        _real(codec, data.train, data.train.some(LEARNT, 3)),
    )  # fmt: skip


def mono(records: Raw) -> Tensor:
    """int16 (N, C, T) -> (N, T) in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(records)).float().mean(1) / 32768


def _real(codec: Sounds, source: Source, rows: Indices) -> Set:
    fetched = source.fetch(rows)
    labels = None if fetched.labels is None or not codec.shares else torch.from_numpy(fetched.labels)
    return Set(mono(fetched.x[..., : codec.length]), labels)


def _generated(subject: Subject, codec: Sounds, count: int, seed: int) -> Set:
    inputs = subject.model.inputs(count, seed)
    asked = sampling.classes(codec, count, seed)
    return Set(mono(subject.model.decode(inputs)), None if asked is None else asked.argmax(1))


def _copied(real: Set) -> Set:
    noise = torch.randn(real.x.shape, generator=torch.Generator().manual_seed(5))
    return Set(real.x + NOISE * real.x.abs().amax(1, keepdim=True) * noise, real.labels)


def _noise(real: Set) -> Set:
    """Each as long as one of the recordings and as loud, with the mean spectrum of all."""
    mean = torch.fft.rfft(real.x).abs().square().mean(0).sqrt()
    drawn = torch.randn(real.x.shape, generator=torch.Generator().manual_seed(7))
    shaped = torch.fft.irfft(torch.fft.rfft(drawn) * mean, real.x.shape[1])
    places = torch.arange(1, real.x.shape[1] + 1)
    shaped = shaped * (places <= (real.x.ne(0) * places).amax(1, keepdim=True))
    power = (real.x.square().mean(1) / shaped.square().mean(1).clamp_min(1e-12)).sqrt()
    return Set(shaped * power[:, None], real.labels)


def _back(codec: Sounds, source: Source, count: int, learn: bool) -> Set | None:
    if codec.view == "wave" or not learn:
        return None
    rows = source.some(count, 11)
    labels = source.fetch(rows).labels
    known = None if labels is None or not codec.shares else torch.from_numpy(labels)
    return Set(mono(codec.decode(held(source, rows, codec).x)), known)
