"""Clips -> three splits of windows: by whole clips, or of few clips by stretches of them."""

import hashlib
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import DataError
from ..base import Fetched, Indices, Raw, Skipped, Source
from ..image.decode import content_hash
from ..image.splits import assigned

FEW = 10
"""With fewer clips than this, stretches of them are what the splits are made of."""
STRETCH = 3
"""Windows that a stretch is long."""


class Clip(NamedTuple):
    """One clip, or volume, as read and brought to size."""

    name: str
    frames: Raw
    """(T, H, W, C)"""
    label: int = 0
    official: int = 0
    """2 where its source calls it test data."""


class Windows(Source):
    """Windows of `length` frames, each `every` frames after the last, by where they start in one array (F, H, W, C)."""

    def __init__(self, array: Raw, starts: Indices, labels: Indices, length: int, every: int):
        self.array, self.starts, self.labels, self.length, self.every = array, starts, labels, length, every

    def __len__(self) -> int:
        return len(self.starts)

    def fetch(self, indices: Indices) -> Fetched:
        steps = np.arange(0, self.length * self.every, self.every)
        return Fetched(self.array[self.starts[indices][:, None] + steps], self.labels[indices])


class Cut(NamedTuple):
    """The windows of all clips, in splits."""

    splits: tuple[Windows, Windows, Windows]
    fingerprint: str
    notes: tuple[str, ...]


def cut(clips: list[Clip], length: int, every: int, stride: int, shares: tuple[float, float], words: str) -> Cut:
    """Windows of clips that are all long enough. `shares` are those of validation and test; `words` what else decides.

    Raises DataError when nothing is left to train on.
    """
    reach = (length - 1) * every + 1
    notes = []
    parts = clips
    if len(clips) < FEW:
        parts = [part for each in clips for part in _stretches(each, STRETCH * reach, reach)]
        if len(parts) > len(clips):
            notes.append(f"{len(clips)} clips are too few to be held out whole: stretches of them are")
    hashes = np.frombuffer(b"".join(content_hash(each.frames) for each in parts), np.uint8).reshape(-1, 16)
    official = np.array([each.official for each in parts], np.int8)
    splits = assigned(hashes, official, *shares) if parts is clips else _ranked(hashes, *shares)
    array = parts[0].frames if len(parts) == 1 else np.concatenate([each.frames for each in parts])
    found: list[list[Indices]] = [[], [], []]
    labels: list[list[Indices]] = [[], [], []]
    begin = 0
    for part, split in zip(parts, splits.tolist(), strict=True):
        starts = begin + np.arange(0, len(part.frames) - reach + 1, stride)
        found[split].append(starts)
        labels[split].append(np.full(len(starts), part.label))
        begin += len(part.frames)
    empty = np.empty(0, np.int64)
    sources = [
        Windows(array, np.concatenate([empty, *starts]), np.concatenate([empty, *own]), length, every)
        for starts, own in zip(found, labels, strict=True)
    ]
    if not len(sources[0]):
        raise DataError("no clip is left to train on; add clips, or set smaller domain.validation and domain.test")
    digest = hashlib.sha256(f"{length} {every} {stride} {words}".encode() + hashes.tobytes())
    for source in sources:
        digest.update(source.starts.astype("<i8").tobytes() + source.labels.astype("<i8").tobytes())
    return Cut((sources[0], sources[1], sources[2]), digest.hexdigest(), tuple(notes))


def long_enough(clips: list[Clip], length: int, every: int, skipped: list[Skipped], strict: bool) -> list[Clip]:
    """Clips that a window fits in; the others are listed. Raises DataError when none is, or, with `strict`, one is
    not."""
    reach = (length - 1) * every + 1
    kept = []
    for each in clips:
        if len(each.frames) >= reach:
            kept.append(each)
            continue
        apart = f", {every} apart," if every > 1 else ""
        reason = f"{len(each.frames)} frames are shorter than a window of {length}{apart} which takes {reach}"
        if strict:
            raise DataError(f"{each.name}: {reason}; set domain.frames")
        skipped.append(Skipped(each.name, f"{reason}; set domain.frames"))
    if not kept:
        why = f"; {skipped[0].name}: {skipped[0].reason}" if skipped else ""
        raise DataError(f"found no clip of at least {reach} frames{why}")
    return kept


def _ranked(hashes: Raw, validation: float, test: float) -> npt.NDArray[np.int8]:
    """Splits of few stretches, so that none is empty by chance: by the order of their hashes, at least one for each."""
    count = len(hashes)
    splits = np.zeros(count, np.int8)
    held_out = [max(1, round(share * count)) if share and count > 2 else 0 for share in (test, validation)]
    order = np.lexsort(hashes.T[::-1])
    splits[order[: held_out[0]]] = 2
    splits[order[held_out[0] : sum(held_out)]] = 1
    return splits


def _stretches(clip: Clip, length: int, least: int) -> list[Clip]:
    """Parts of about this length, none below `least`."""
    count = max(1, len(clip.frames) // max(length, least))
    edges = np.linspace(0, len(clip.frames), count + 1).astype(int)
    return [
        clip._replace(name=f"{clip.name} from {low}", frames=clip.frames[low:high]) for low, high in pairwise(edges)
    ]
