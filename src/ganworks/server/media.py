"""Records -> the bytes of an answer: one file, or many in an archive, each with its mark."""

import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..domains.base import Codec, Raw
from ..domains.image import Pictures
from ..domains.table import Coded
from ..domains.table.writing import opened
from ..domains.translations import Translations
from ..model import Model
from ..provenance import CARRIERS, Mark, stamp_all, stamped
from ..settings import ConfigError, no_such

if TYPE_CHECKING:
    from .hosted import Served

LEVEL = 1
"""How hard PNG is packed, of 9: more costs as much time as drawing, and saves a tenth."""
QUALITY = 92
"""Of JPEG and WebP."""
OWN, SHEET = "own", "sheet"
"""The data's own kind of file; one picture that shows all samples."""


def made(model: Model) -> Codec:
    """The codec of what a model makes: of pictures from pictures, that of the pictures that come out."""
    return model.codec.output if isinstance(model.codec, Translations) else model.codec


def formats(model: Model) -> tuple[str, ...]:
    """What the samples of a model can be asked for as; the first unless anything is said."""
    codec = made(model)
    if isinstance(codec, Coded):
        return ("csv", "json", "parquet", OWN)
    if isinstance(codec, Pictures):
        if codec.bits == 8 and codec.mode in ("L", "RGB"):
            return ("png", "jpeg", "webp", SHEET, OWN)
        return ("png", SHEET, OWN) if codec.mode != "n" else (OWN, SHEET)
    return (OWN, SHEET)


def checked(model: Model, form: str) -> str:
    """The format that was asked for. Raises ConfigError, with what there is, for another."""
    known = formats(model)
    if form and form not in known:
        raise ConfigError(no_such("format", form, known))
    return form or known[0]


def encoded(served: "Served", records: Raw, form: str, marks: Sequence[Mark]) -> tuple[bytes, str]:
    """The bytes and the media type of records (N, ...), with a mark for each: one file, or a zip archive of several.

    Sheets and tables are one file and carry the first mark; a CSV file and JSON cannot, see `Mark` in the headers.
    Raises ConfigError for a format that these records do not have.
    """
    model, form = served.model, checked(served.model, form)
    codec = made(model)
    if form == SHEET:
        return stamped(png(codec.preview(records)), ".png", whole(marks, "grid")), "image/png"
    if isinstance(codec, Coded) and form != OWN:
        return _table(codec, records, form, whole(marks, "rows"))
    if isinstance(codec, Pictures) and form in ("png", "jpeg", "webp") and codec.mode != "n":
        pairs = enumerate(zip(records, marks, strict=True), marks[0].index or 0)
        files = [(f"{place:06d}.{form}", picture(codec, each, form, mark)) for place, (each, mark) in pairs]
    else:
        files = _own(model, records, marks)
    if len(files) == 1:
        name, data = files[0]
        return data, MEDIA.get(Path(name).suffix.lower(), "application/octet-stream")
    return archive(files), "application/zip"


def picture(codec: Pictures, pixels: Raw, form: str, mark: Mark) -> bytes:
    """One picture file of pixels (H, W, C), with its mark."""
    if form == "png" and pixels.dtype == np.uint8:
        return stamped(png(pixels), ".png", mark)
    if form == "png":
        from ..domains.image.writing import write_picture  # noqa: PLC0415

        with tempfile.TemporaryDirectory() as folder:
            return stamped(write_picture(pixels, Path(folder) / "0", codec.mode).read_bytes(), ".png", mark)
    held = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[..., 0] if codec.mode == "L" else pixels)).save(
        held, form, quality=QUALITY
    )
    return stamped(held.getvalue(), f".{form}", mark)


def png(pixels: Raw) -> bytes:
    """Pixels (H, W, C) uint8 as PNG, packed quickly: a third of the time that a picture library takes."""
    height, width, channels = pixels.shape
    rows = np.zeros((height, width * channels + 1), np.uint8)  # a nought before each row: it is not filtered
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOURS[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.data, LEVEL)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
        for kind, data in chunks
    )


def archive(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A zip archive of files that are packed already; the same bytes for the same files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as written:
        for name, data in files:
            written.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return held.getvalue()


def suffix_of(media: str) -> str:
    """How the name of a file of this media type ends; nothing for a type that names no kind."""
    return next((suffix for suffix, kind in MEDIA.items() if kind.partition(";")[0] == media.partition(";")[0]), "")


def whole(marks: Sequence[Mark], word: str = "count") -> Mark:
    """The mark of a file that holds all of them: the first one's, and how many under a word that `verify` knows."""
    first = marks[0]
    if len(marks) == 1 and word == "count":
        return first
    return first.model_copy(update={"asked": {**first.asked, word: str(len(marks))}})


def _own(model: Model, records: Raw, marks: Sequence[Mark]) -> list[tuple[str, bytes]]:
    """Files as the codec writes them, marked in themselves or by a list beside them."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        paths = model.codec.write(records, folder, marks[0].index or 0)
        each = list(marks) if len(paths) == len(marks) else [whole(marks)] * len(paths)
        stamp_all(list(zip(paths, each, strict=True)))
        if len(paths) == 1 and paths[0].suffix.lower() in CARRIERS:
            return [(paths[0].name, paths[0].read_bytes())]
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        return [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in found]


def _table(codec: Coded, records: Raw, form: str, mark: Mark) -> tuple[bytes, str]:
    if form == "json":
        frame: Any = codec.frame(records)
        rows = frame.to_json(orient="records", date_format="iso")
        return f'{{"mark":{mark.text()},"rows":{rows}}}'.encode(), MEDIA[".json"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows.{form}"
        with opened(path, codec) as file:
            file.add(records, 0)
        data = path.read_bytes()
    return (stamped(data, path.suffix, mark) if path.suffix in CARRIERS else data), MEDIA[path.suffix]


_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}
MEDIA = {
    ".png": "image/png", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif",
    ".tif": "image/tiff", ".tiff": "image/tiff", ".wav": "audio/wav", ".flac": "audio/flac", ".mp4": "video/mp4",
    ".csv": "text/csv; charset=utf-8", ".tsv": "text/tab-separated-values; charset=utf-8", ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet", ".txt": "text/plain; charset=utf-8", ".zip": "application/zip",
    ".smi": "text/plain; charset=utf-8", ".npy": "application/octet-stream",
}  # fmt: skip
