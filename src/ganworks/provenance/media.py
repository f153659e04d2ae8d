"""Marks in WAV, MP4, Parquet and NPZ. The functions are as those for pictures."""

import struct
from collections.abc import Iterator
from io import BytesIO

from ..extras import library
from ..settings import DataError
from .mark import AIGC, KEY, MOST, Words, packet, unpacked
from .pictures import CUT, riff, riffed

_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_NAMES = {b"ICMT": KEY, b"AIGC": AIGC}
_MAKER = b"ISFT"


def wav_with(data: bytes, said: Words) -> bytes:
    """An INFO list at the end: the comment is the mark, the software ganworks."""
    kept = [(kind, body) for kind, body in riff(data, b"WAVE") if not (kind == b"LIST" and _info(body))]
    items = [
        (_MAKER, b"ganworks\0"),
        *((name, said[key].encode() + b"\0") for name, key in _NAMES.items() if key in said),
    ]
    body = b"".join(name + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2) for name, text in items)
    return riffed(b"WAVE", [*kept, (b"LIST", b"INFO" + body)])


def wav_words(data: bytes) -> Words:
    return next((found for kind, body in riff(data, b"WAVE") if kind == b"LIST" and (found := _info(body))), {})


def mp4_with(data: bytes, said: Words) -> bytes:
    """A box at the end that holds an XMP packet, where Adobe's programs put it too."""
    kept = [data[start:end] for kind, start, end in _boxes(data) if not (kind == b"uuid" and _xmp(data[start:end]))]
    whole = packet(said)
    return b"".join([*kept, struct.pack(">I", 24 + len(whole)), b"uuid", _XMP_BOX, whole])


def mp4_words(data: bytes) -> Words:
    boxes = (data[start:end] for kind, start, end in _boxes(data) if kind == b"uuid" and end - start < 2 * MOST)
    return next((found for box in boxes if (found := _xmp(box))), {})


def npz_with(data: bytes, said: Words) -> bytes:
    """The comment of the zip file that an NPZ is."""
    end, _ = _zip_end(data)
    comment = packet(said)
    return data[: end + 20] + struct.pack("<H", len(comment)) + comment


def npz_words(data: bytes) -> Words:
    return unpacked(_zip_end(data)[1])


def parquet_with(data: bytes, said: Words) -> bytes:
    """Key-value metadata of the file. Columns are written anew, with the same values."""
    parquet = library("pyarrow.parquet", "Parquet files", "tabular")
    with _guarded(data) as file:
        metadata = dict(file.schema_arrow.metadata or {})
        schema = file.schema_arrow.with_metadata({**metadata, **{key.encode(): text for key, text in said.items()}})
        out = BytesIO()
        with parquet.ParquetWriter(out, schema) as writer:
            for group in range(file.num_row_groups):
                writer.write_table(file.read_row_group(group).cast(schema))
    return out.getvalue()


def parquet_words(data: bytes) -> Words:
    with _guarded(data) as file:
        found = file.metadata.metadata or {}
        return {key: found[key.encode()].decode() for key in (KEY, AIGC) if key.encode() in found}


class _guarded:
    """A Parquet file; whatever pyarrow says of a damaged one is DataError."""

    def __init__(self, data: bytes):
        self._arrow = library("pyarrow", "Parquet files", "tabular")
        parquet = library("pyarrow.parquet", "Parquet files", "tabular")
        try:
            self._file = parquet.ParquetFile(BytesIO(data))
        except (self._arrow.ArrowException, OSError, ValueError) as error:
            raise DataError(f"no Parquet file that can be read ({str(error).splitlines()[0]})") from None

    def __enter__(self):  # type: ignore[no-untyped-def]
        return self._file

    def __exit__(self, kind, error, trace) -> None:  # type: ignore[no-untyped-def]
        self._file.close()


def _info(body: bytes) -> Words:
    """What an INFO list of ours says; nothing for another's."""
    found: Words = {}
    place = 4
    while body[:4] == b"INFO" and place + 8 <= len(body):
        name, size = body[place : place + 4], int.from_bytes(body[place + 4 : place + 8], "little")
        text = body[place + 8 : place + 8 + size].rstrip(b"\0").decode("utf-8", "replace")
        if name in _NAMES and text.startswith("{"):
            found[_NAMES[name]] = text
        place += 8 + size + size % 2
    return found if KEY in found else {}


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte and end of each box at the top."""
    if data[4:8] != b"ftyp":
        raise DataError("no MP4 file, whatever its name says")
    place = 0
    while place < len(data):
        size, kind = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        if size == 1:
            size = int.from_bytes(data[place + 8 : place + 16])
        end = len(data) if size == 0 else place + size
        if end > len(data) or end < place + 8:
            raise DataError(CUT)
        yield kind, place, end
        place = end


def _xmp(box: bytes) -> Words:
    return unpacked(box[24:]) if box[8:24] == _XMP_BOX else {}


def _zip_end(data: bytes) -> tuple[int, bytes]:
    """Where a zip file's last record begins, and its comment."""
    place = data.rfind(b"PK\x05\x06", max(0, len(data) - 22 - 65535))
    if data[:2] != b"PK" or place < 0 or place + 22 > len(data):
        raise DataError("no NPZ file that can be read")
    return place, data[place + 22 :]
