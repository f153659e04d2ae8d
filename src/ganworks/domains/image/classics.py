"""The two binary formats of the classic picture sets: IDX (MNIST and its kin) and CIFAR-10 batches."""

import gzip
import re
import zlib
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path

import numpy as np

from ...settings import DataError
from ..base import Indices, Raw
from .arrays import Arrays, Part, numbered

CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR10_FOLDER = "cifar-10-batches-bin"
_IDX = re.compile(r"(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(\.gz)?")
_BATCH = re.compile(r"(data_batch_\d+|test_batch)\.bin")
_RECORD = 1 + 3 * 32 * 32


def idx_files(folder: Path) -> list[Path]:
    """The picture and label files of an MNIST-like set in this folder; none without training pictures."""
    files = {name: path for path in sorted(folder.iterdir()) if (name := _idx_part(path)) is not None}
    return list(files.values()) if ("train", "images") in files else []


def idx_set(files: Sequence[Path]) -> Arrays:
    """Raises DataError when a file is cut short or does not match its partner."""
    by_part = {_idx_part(path): path for path in files}
    parts, notes = [], []
    for split in ("train", "test"):
        images, labels = by_part.get((split, "images")), by_part.get((split, "labels"))
        if images is None:
            notes.append(f"there is no {split} set beside the files")
            continue
        x, y = idx(images, 3), None
        if labels is not None:
            y = idx(labels, 1).astype(np.int64)
            if len(y) != len(x):
                raise DataError(f"{labels}: wanted {len(x)} labels, one a picture, got {len(y)}")
        parts.append(Part(x, y, split if split == "test" else None))
    return Arrays(parts, numbered(parts), tuple(notes))


def idx(path: Path, axes: int | None = None) -> Raw:
    """One IDX file of bytes, packed or not. Raises DataError."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] != 8 or not 1 <= head[3] <= 4:
                raise DataError(
                    f"{path}: wanted an IDX file of bytes (it begins 00 00 08), got {head.hex(' ') or 'nothing'}"
                )
            if axes not in (None, head[3]):
                raise DataError(f"{path}: wanted {axes} axes, got {head[3]}")
            sides = file.read(4 * head[3]).ljust(4 * head[3], b"\0")
            shape = [int(side) for side in np.frombuffer(sides, ">u4")]
            wanted = int(np.prod(shape, dtype=np.float64))
            data = _at_most(file, wanted + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error})") from None
    if len(data) != wanted:
        raise DataError(f"{path}: wanted {wanted} bytes of data as its header says, got {_count(data, wanted)}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def cifar_files(folder: Path) -> list[Path]:
    """CIFAR-10 batches in this folder or in `cifar-10-batches-bin` below it, and the file of their class names."""
    for home in (folder, folder / CIFAR10_FOLDER):
        batches = [path for path in sorted(home.iterdir()) if _BATCH.fullmatch(path.name)] if home.is_dir() else []
        if batches:
            names = home / "batches.meta.txt"
            return [*batches, names] if names.is_file() else batches
    return []


def cifar_set(files: Sequence[Path]) -> Arrays:
    """Raises DataError when a file holds no whole number of records."""
    batches = {path.name: path.read_bytes() for path in files if path.suffix == ".bin"}
    names = next((path.read_text("utf-8", "replace").split() for path in files if path.suffix == ".txt"), None)
    return cifar_batches(batches, tuple(names) if names and len(names) == 10 else CIFAR10)


def cifar_batches(batches: dict[str, bytes], classes: tuple[str, ...] = CIFAR10) -> Arrays:
    """Batches by file name, as read; a lone file is one undivided set."""
    parts = []
    for name, data in batches.items():
        x, labels = _cifar(data, name)
        parts.append(Part(x, labels, "test" if name == "test_batch.bin" and len(batches) > 1 else None))
    whole = {f"data_batch_{number}.bin" for number in range(1, 6)} | {"test_batch.bin"}
    missing = sorted(whole - set(batches))
    notes = (
        (f"only {len(batches)} of the 6 CIFAR-10 batches are there; without {', '.join(missing)}",) if missing else ()
    )
    return Arrays(parts, classes, notes)


def _cifar(data: bytes, name: str) -> tuple[Raw, Indices]:
    if not data or len(data) % _RECORD:
        raise DataError(
            f"{name}: wanted CIFAR-10 records of {_RECORD} bytes, got {len(data)} bytes, no multiple of that"
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, _RECORD)
    labels = records[:, 0].astype(np.int64)
    if labels.max() > 9:
        raise DataError(f"{name}: wanted CIFAR-10 labels 0 to 9, got {labels.max()}")
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels


def _idx_part(path: Path) -> tuple[str, str] | None:
    match = _IDX.fullmatch(path.name)
    return ("train" if match[1] == "train" else "test", match[2]) if match else None


def _at_most(file: gzip.GzipFile | BufferedReader, count: int) -> bytes:
    """By the block, because the count comes from a header and may be any lie."""
    blocks = []
    while count > 0 and (block := file.read(min(count, 1 << 24))):
        blocks.append(block)
        count -= len(block)
    return b"".join(blocks)


def _count(data: bytes, wanted: int) -> str:
    return "more" if len(data) > wanted else str(len(data))
