"""A data set -> tar shards with an index, which can be stopped and gone on with."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from PIL import Image as PILImage

from ....settings import ConfigError, DataError
from ...base import Dataset, Notify, Raw, Source
from ..build import Progress
from .index import INDEX, Shard, ShardIndex, is_url, stored
from .tar import PARTIAL, ShardWriter

if TYPE_CHECKING:
    from ..domain import Image

SHARD_BYTES = 100_000_000
HELD_OUT = 10_000
"""Records at most in each held-out split whose share was not the source's own."""
LEAST_SHARD_BYTES = 10_000
COMPRESSION = 6
"""Of PNG, of 9: on 64 x 64 photographs a tenth smaller than 1 to 3, for a sixth more time."""
_AT_ONCE, _THREADS = 256, 2
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class Packed(NamedTuple):
    made: ShardIndex
    kept: int
    """Shards that were there already."""


def pack(
    image: "Image",
    data: str,
    folder: Path,
    shard_bytes: int = SHARD_BYTES,
    notify: Notify = lambda line: None,
    strict: bool = False,
) -> Packed:
    """Read data as training would, and write its records in a fixed random order; each split in shards of its own.

    Called again it goes on behind the last whole shard. Raises DataError when the data cannot be read or the folder
    holds shards of something else, ConfigError when it cannot be written.
    """
    if is_url(str(folder)):
        raise ConfigError(f"{folder}: shards are written to a folder of this machine; copy them there afterwards")
    if shard_bytes < LEAST_SHARD_BYTES:
        raise ConfigError(f"shard-bytes must be at least {LEAST_SHARD_BYTES:,}, got {shard_bytes:,}")
    dataset = _read(image, data, notify, strict)
    for note in dataset.notes:
        notify(note)
    if dataset.skipped:
        worst = dataset.skipped[0]
        notify(f"left out {len(dataset.skipped)} (--strict to stop): {worst.name}: {worst.reason}")
    if dataset.train.endless:
        raise DataError(f"{data}: its records are drawn without end; pack what `ganworks sample --shards` writes")
    sources = {split: source for split in SPLITS if len(source := getattr(dataset, split))}
    index = _begun(dataset, folder, {split: len(source) for split, source in sources.items()}, shard_bytes)
    kept = len(index.shards)
    progress = Progress(notify, index.records, "packed")
    progress.advance(sum(shard.records for shard in index.shards))
    for split, source in sources.items():
        done = sum(shard.records for shard in index.shards if shard.split == split)
        encoded = _encoded(source, done, index.mode)
        first = sum(shard.records for shard in index.shards)
        while shard := _shard(folder, len(index.shards), encoded, first, shard_bytes, split):
            first += shard.records
            progress.advance(shard.records)
            index = index.model_copy(update={"shards": (*index.shards, shard)})
            index.write(folder)
    index = index.model_copy(update={"complete": True})
    index.write(folder)
    return Packed(index, kept)


def members(pixels: Raw, mode: str, label: int | None = None) -> dict[str, bytes]:
    """A record's members by suffix, for a picture (H, W, C): a PNG, or an array where Pillow has no such PNG."""
    content = BytesIO()
    if mode == "n" or (pixels.dtype == np.uint16 and mode != "L"):
        np.lib.format.write_array(content, np.ascontiguousarray(pixels), allow_pickle=False)
        kind = "npy"
    else:
        plain = np.ascontiguousarray(pixels[..., 0] if mode == "L" else pixels)
        PILImage.fromarray(plain).save(content, "PNG", compress_level=COMPRESSION)
        kind = "png"
    found = {kind: content.getvalue()}
    return found if label is None or label < 0 else {**found, "cls": str(label).encode()}


def _read(image: "Image", data: str, notify: Notify, strict: bool) -> Dataset:
    """The data, with no more held out by shares than is ever looked at."""
    if image.attributes:
        raise ConfigError("shards keep classes, no attributes; train on the manifest itself")
    dataset = image.read(data, notify, strict)
    total = sum(len(getattr(dataset, split)) for split in SPLITS)
    most = HELD_OUT / max(total, HELD_OUT)
    shares = {"validation": min(image.validation, most), "test": min(image.test, most)}
    changed = image.model_copy(update=shares)
    return dataset if changed == image else changed.read(data, notify, strict)


def _begun(dataset: Dataset, folder: Path, counts: dict[Split, int], shard_bytes: int) -> ShardIndex:
    """The index as far as it came, or a new one."""
    facts, total = dataset.facts, sum(counts.values())
    index = ShardIndex(
        size=(facts["height"], facts["width"]),
        channels=facts["channels"],
        bits=facts["bits"],
        mode=facts["mode"],
        classes=dataset.classes,
        shares=(counts.get("validation", 0) / total, counts.get("test", 0) / total),
        source=f"{dataset.fingerprint} in shards of {shard_bytes} bytes",
        records=total,
        complete=False,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = stored(folder)
        others = [path.name for path in folder.glob("*.tar") if not path.name.startswith(PARTIAL)]
        if before is None and others:
            raise DataError(f"{folder}: holds {others[0]} but no {INDEX} that tells what it is; choose another folder")
        if before is not None:
            if before.source != index.source:
                raise DataError(f"{folder}: holds shards of other data, or of other settings; choose another folder")
            index = index.model_copy(update={"shards": _whole(before, folder)})
        for path in folder.glob(f"{PARTIAL}*"):
            path.unlink()
        index.write(folder)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written ({error.strerror or error}); choose another folder") from None
    return index


def _whole(before: ShardIndex, folder: Path) -> tuple[Shard, ...]:
    """The shards up to the first that is not there as it was written: those behind it begin elsewhere."""
    kept = []
    for shard in before.shards:
        path = folder / shard.name
        if not path.is_file() or path.stat().st_size != shard.bytes:
            break
        kept.append(shard)
    return tuple(kept)


def _encoded(source: Source, start: int, mode: str) -> Iterator[dict[str, bytes]]:
    """Members of each record from a place on. In random order: data often lies sorted by class, and training mixes no
    more than a few neighbouring shards."""
    order = source.order(0)
    with ThreadPoolExecutor(_THREADS) as pool:
        for place in range(start, len(source), _AT_ONCE):
            x, labels = source.fetch(order[place : place + _AT_ONCE])
            numbers = [None] * len(x) if labels is None else labels.tolist()
            yield from pool.map(members, x, [mode] * len(x), numbers)


def _shard(
    folder: Path, number: int, encoded: Iterator[dict[str, bytes]], first: int, shard_bytes: int, split: Split
) -> Shard | None:
    """The next shard; None when there is nothing left to write."""
    begin = list(islice(encoded, 1))
    if not begin:
        return None
    path = folder / f"{number:06d}.tar"
    try:
        writer = ShardWriter(path)
        try:
            writer.add(f"{first:08d}", begin[0])
            while writer.bytes < shard_bytes and (more := list(islice(encoded, 1))):
                writer.add(f"{first + writer.records:08d}", more[0])
            size, sha256 = writer.finish()
        except BaseException:
            writer.abandon()
            raise
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written ({(error.strerror or str(error)).lower()}); what is whole stays, and the same "
            "command goes on"
        ) from None
    return Shard(name=path.name, records=writer.records, bytes=size, sha256=sha256, split=split)
