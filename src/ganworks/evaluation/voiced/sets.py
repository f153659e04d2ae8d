"""The sets of sounds that are compared: what was converted, what it was made from, and what needs no network."""

from typing import NamedTuple

import torch
from torch import Tensor

from ...domains.base import Source
from ...domains.paired.sources import Unrelated
from ...domains.voices import Converted
from ...domains.voices.codec import FULL
from ...settings import ConfigError, DataError
from ..subject import Notify, Subject

COUNT, QUICK, LEARNT = 200, 24, 1000
"""Held-out recordings of a set, as many after a training, and recordings of each side that a listener learns from."""
LEAST = 4
"""Held-out recordings of each side."""
MODEL, COPY, BACK, EQUALISER, TARGET, FLOOR = (
    "converted", "copy-input", "input, there and back", "equaliser", "target, there and back", "floor",
)  # fmt: skip
LINES = {
    MODEL: "this run, of held-out recordings of A",
    COPY: "the same recordings of A as they are",
    BACK: "the same, turned into spectra and back: what the way costs by itself",
    EQUALISER: "the same with the mean spectrum of B's training recordings: what needs no network",
    TARGET: "held-out recordings of B, turned into spectra and back: no converter can be asked for more",
    FLOOR: "recordings of B that were trained on",
}


class Sets(NamedTuple):
    made: dict[str, Tensor]
    """Sounds (N, T) by name; the first four were made from the same recordings."""
    held: Tensor
    """Held-out recordings of B (N, T)."""
    learnt: tuple[Tensor, Tensor]
    """Training recordings of A and of B, for a listener."""


def sets(subject: Subject, count: int | None, split: str, quick: bool, notify: Notify) -> Sets:
    """Raises ConfigError or DataError with one line."""
    codec, sources = subject.codec, {"test": subject.dataset.test, "validation": subject.dataset.validation}
    assert isinstance(codec, Converted)
    if split not in sources:
        raise ConfigError(f"split must be test or validation, got '{split}'")
    source, train = sources[split], subject.dataset.train
    assert isinstance(source, Unrelated) and isinstance(train, Unrelated)
    few = min(len(source.inputs), len(source.targets))
    if few < LEAST:
        raise DataError(f"the {split} split has {few} recordings of a side, at least {LEAST} are needed; add some")
    if count is not None and count < LEAST:
        raise ConfigError(f"count must be at least {LEAST}, got {count}")
    most = min(few, len(train.targets), count or (QUICK if quick else COUNT))
    a, b = (_sounds(codec, each, most) for each in (source.inputs, source.targets))
    learnt = [_sounds(codec, each, LEARNT) for each in (train.inputs, train.targets)]
    notify(f"converting {most} held-out recordings")
    return Sets(_made(subject, codec, a, b, learnt), b, (learnt[0], learnt[1]))


def _made(subject: Subject, codec: Converted, a: Tensor, b: Tensor, learnt: list[Tensor]) -> dict[str, Tensor]:
    target, network = codec.target, subject.model.network.eval()
    c = target.pictures(a)
    with torch.no_grad():
        drawn = torch.cat([network(part.new_zeros(len(part), 0), part) for part in torch.split(c, 64)])
    means = [target.bands(target.pictures(each)) for each in learnt]
    shift = _audible(means[1], target.quietest) - _audible(means[0], target.quietest)
    bands = target.bands(c)
    # Silence stays silent, whatever the means differ by.
    shifted = torch.where(bands > target.quietest + 1e-3, bands + shift[:, None], bands)
    equalised = shifted.clamp(target.quietest, target.loudest)
    return {
        MODEL: target.heard(target.bands(drawn)),
        COPY: a,
        BACK: target.heard(bands),
        EQUALISER: target.heard(equalised),
        TARGET: target.heard(target.bands(target.pictures(b))),
        FLOOR: learnt[1][: len(b)],
    }


def _sounds(codec: Converted, source: Source, count: int) -> Tensor:
    """The loudest windows of recordings (N, length) in -1..1, in an order that the seed alone decides."""
    whole = torch.from_numpy(source.fetch(source.some(count, 1)).x.astype("float32") / FULL)
    windows = whole.unfold(1, codec.target.length, codec.mel.hop)
    loudest = windows.square().sum(2).argmax(1)
    found: Tensor = windows[torch.arange(len(windows)), loudest]
    return found


def _audible(bands: Tensor, quietest: float) -> Tensor:
    """The mean of each band (bands,) over frames in which there is sound."""
    heard = (bands > quietest + 1e-3).any(1, keepdim=True).to(bands)
    found: Tensor = (bands * heard).sum((0, 2)) / heard.sum().clamp_min(1)
    return found
